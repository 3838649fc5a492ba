//! A layout word for word: the approaches, phases, stages and matrices that intersections of one build share.
//!
//! Knows: the keys under `[layout.NAME]`.
//! Must not know: how values relate to each other; `signals` does.

use super::definition::{by_name, name, subject};
use super::model::{Arm, Movements, Name};
use super::operation::{Half, RightTurn};
use super::problem::{At, Findings, Spot};
use super::reader::{Fault, Table};
use super::rings::{self, RingsDef};
use super::rule::Rule;
use super::values;
use crate::units::{Metres, MetresPerSecond, Tenths, VehiclesPerHour};

/// A list whose wrong entries, already told, stand as `None`.
pub(super) type List<T> = Option<At<Vec<Option<At<T>>>>>;

/// A phase and those it conflicts with.
pub(super) type ConflictRow = (At<String>, Vec<At<String>>);

/// An intersection's geometry and signals.
pub(super) struct LayoutDef {
    pub(super) name: At<String>,
    pub(super) cycle_min: Option<At<Tenths>>,
    pub(super) cycle_max: Option<At<Tenths>>,
    pub(super) reference_phase: Option<At<String>>,
    pub(super) local_green: List<Tenths>,
    pub(super) approaches: Vec<ApproachDef>,
    pub(super) phases: Vec<PhaseDef>,
    pub(super) stages: Vec<StageDef>,
    pub(super) conflicts_at: Spot,
    /// `None` where the matrix could not be read whole.
    pub(super) conflicts: Option<Vec<ConflictRow>>,
    pub(super) intergreens: Vec<IntergreenDef>,
    /// Who gives way to whom; `None` where it could not be read whole.
    pub(super) gives_way: Option<Vec<ConflictRow>>,
    pub(super) rings: Option<RingsDef>,
    pub(super) sequences: List<Vec<u16>>,
    pub(super) actuation: Option<ActuationDef>,
}

/// What a local plan that asks its detectors says.
pub(super) struct ActuationDef {
    pub(super) spot: Spot,
    pub(super) passage: Option<At<Tenths>>,
    pub(super) max_green: List<Tenths>,
    pub(super) recalls: List<u16>,
    pub(super) rest: Option<At<u16>>,
}

/// One arm's incoming traffic.
pub(super) struct ApproachDef {
    pub(super) spot: Spot,
    pub(super) from: Option<At<Arm>>,
    pub(super) lanes: List<Movements>,
    pub(super) pocket: List<Metres>,
    pub(super) saturation: List<VehiclesPerHour>,
    pub(super) speed: Option<At<MetresPerSecond>>,
    pub(super) entry: Option<At<Metres>>,
    pub(super) stop_line_channels: List<u16>,
    pub(super) advance_channels: List<u16>,
    pub(super) advance: Option<At<Metres>>,
    pub(super) exit_channels: List<u16>,
    pub(super) exit: Option<At<Metres>>,
    pub(super) bike_channel: Option<At<u16>>,
    pub(super) right_turn: Option<At<RightTurn>>,
    pub(super) bike_lane: Option<At<BikeLaneDef>>,
    pub(super) waiting_areas: Vec<WaitingDef>,
}

/// A bicycles' lane.
pub(super) struct BikeLaneDef {
    pub(super) width: Option<At<Metres>>,
    pub(super) bikes_per_h: Option<At<f64>>,
    pub(super) e_bike_share: Option<At<f64>>,
}

/// A waiting area beyond a lane's stop line.
pub(super) struct WaitingDef {
    pub(super) lane: Option<At<u16>>,
    pub(super) length: Option<At<Metres>>,
    pub(super) opens_with: Option<At<String>>,
}

/// One signal group: of vehicles (`from`, `movements`) or of pedestrians (`across`).
pub(super) struct PhaseDef {
    pub(super) id: Option<At<String>>,
    pub(super) serves: Option<ServesDef>,
    pub(super) min_green: Option<At<Tenths>>,
}

/// Whom a phase serves, with the keys that only such a phase has.
pub(super) enum ServesDef {
    /// Vehicles.
    Vehicles {
        from: Option<At<Arm>>,
        movements: Option<At<Movements>>,
        yellow: Option<At<Tenths>>,
        all_red: Option<At<Tenths>>,
    },
    /// Pedestrians.
    Pedestrians {
        across: Option<At<Arm>>,
        walk: Option<At<Tenths>>,
        clearance: Option<At<Tenths>>,
        per_hour: Option<At<f64>>,
        half: Option<At<Half>>,
        on_call: bool,
    },
}

/// Phases that are green together.
pub(super) struct StageDef {
    pub(super) spot: Spot,
    pub(super) name: Option<Name>,
    pub(super) phases: List<String>,
    pub(super) max_green: Option<At<Tenths>>,
    pub(super) late_starts: Vec<(At<String>, At<Tenths>)>,
    pub(super) early_cuts: Vec<(At<String>, At<Tenths>)>,
}

/// An exception in the intergreen matrix.
pub(super) struct IntergreenDef {
    pub(super) spot: Spot,
    pub(super) from: Option<At<String>>,
    pub(super) to: Option<At<String>>,
    pub(super) length: Option<At<Tenths>>,
}

impl LayoutDef {
    /// Reads a layout's table.
    pub(super) fn read(findings: &mut Findings, name: At<String>, mut table: Table<'_>) -> LayoutDef {
        if let Err(fault) = values::id_form(&name.value) {
            findings.tell(name.spot, fault.rule, format!("layout: its name {}", fault.message), fault.mend);
        }
        let of = table.subject.clone();
        let cycle_min = table.need(findings, "cycle_min_s", values::seconds(values::CYCLE));
        let cycle_max = table.need(findings, "cycle_max_s", values::seconds(values::CYCLE));
        let reference_phase = table.need(findings, "reference_phase", values::id);
        let local_green = table.need_list(findings, "local_green_s", values::seconds(values::GREEN));
        let actuation = actuation(findings, &mut table);
        let sequences = table.may_list(findings, "sequences", values::numbers);
        let rings = table.table(findings, "rings", format!("{of}, rings")).map(|t| rings::read(findings, t));
        if rings.is_some() && table.has("stage") {
            let message = format!("{of}: stages and rings both say what is green together");
            findings.tell(table.spot, Rule::KeysExclude, message, "Keep the stages or the rings; rings make stages.");
        }
        let ringed = table.has("rings");
        let mut list = |findings: &mut Findings, key: &'static str| {
            let left_out = key == "stage" && ringed;
            if !table.has(key) && !left_out {
                table.need(findings, key, values::text);
            }
            table.tables(findings, key, |n| format!("{of}, {key} {n}"))
        };
        let approaches = list(findings, "approach");
        let phases = list(findings, "phase");
        let stages = list(findings, "stage");
        let approaches = approaches.into_iter().map(|t| approach(findings, t, &of)).collect();
        let phases = phases.into_iter().map(|t| phase(findings, t, &of)).collect();
        let stages: Vec<StageDef> = stages.into_iter().map(|t| stage(findings, t)).collect();
        let stages = match &rings {
            Some(rings) if stages.is_empty() => rings::expand(rings),
            _ => stages,
        };
        let intergreens = table
            .tables(findings, "intergreen", |n| format!("{of}, intergreen {n}"))
            .into_iter()
            .map(|t| intergreen(findings, t))
            .collect();
        if !table.has("conflicts") {
            table.need(findings, "conflicts", values::text);
        }
        let conflicts = table.table(findings, "conflicts", format!("{of}, conflicts"));
        let conflicts_at = conflicts.as_ref().map_or(table.spot, |t| t.spot);
        let conflicts = conflicts.and_then(|table| rows(findings, table));
        let gives_way = match table.table(findings, "gives_way", format!("{of}, gives_way")) {
            Some(table) => rows(findings, table),
            None => (!table.has("gives_way")).then(Vec::new),
        };
        table.close(findings);
        LayoutDef {
            name,
            cycle_min,
            cycle_max,
            reference_phase,
            local_green,
            approaches,
            phases,
            stages,
            conflicts_at,
            conflicts,
            intergreens,
            gives_way,
            rings,
            sequences,
            actuation,
        }
    }

    /// How messages name it.
    pub(super) fn subject(&self) -> String {
        format!("layout {}", self.name.value.escape_debug())
    }
}

/// A table of phases, each with a list of others; `None` where an entry was refused.
fn rows(findings: &mut Findings, table: Table<'_>) -> Option<Vec<ConflictRow>> {
    let before = findings.count();
    let rows = table.names().into_iter().map(|(phase, value)| {
        let others = value.list(findings, &phase, values::id);
        (phase, others)
    });
    let rows = rows.collect();
    (findings.count() == before).then_some(rows)
}

/// What goes with `local_operation = "actuated"`; the keys are unknown without it.
fn actuation(findings: &mut Findings, table: &mut Table<'_>) -> Option<ActuationDef> {
    let words = values::word(&[("fixed-time", false), ("actuated", true)]);
    let operation = table.may(findings, "local_operation", words)?;
    operation.value.then(|| ActuationDef {
        spot: operation.spot,
        passage: table.may(findings, "local_passage_s", values::seconds(values::PASSAGE)),
        max_green: table.may_list(findings, "local_max_green_s", values::seconds(values::GREEN)),
        recalls: table.may_list(findings, "local_recalls", values::whole(values::NUMBER)),
        rest: table.may(findings, "local_rest", values::whole(values::NUMBER)),
    })
}

fn bike_lane(findings: &mut Findings, mut table: Table<'_>) -> At<BikeLaneDef> {
    let width = table.need(findings, "width_m", values::metres(values::BIKE_LANE));
    let bikes_per_h = table.need(findings, "bikes_per_h", values::number(values::BIKES));
    let e_bike_share = table.need(findings, "e_bike_share", values::number(values::SHARE));
    let spot = table.spot;
    table.close(findings);
    At { value: BikeLaneDef { width, bikes_per_h, e_bike_share }, spot }
}

fn waiting_area(findings: &mut Findings, mut table: Table<'_>) -> WaitingDef {
    let lane = table.need(findings, "lane", values::whole(values::NUMBER));
    let length = table.need(findings, "length_m", values::metres(values::WAITING));
    let opens_with = table.need(findings, "opens_with", values::id);
    table.close(findings);
    WaitingDef { lane, length, opens_with }
}

fn approach(findings: &mut Findings, mut table: Table<'_>, of: &str) -> ApproachDef {
    let spot = table.spot;
    let from = table.need(findings, "from", values::arm);
    if let Some(from) = &from {
        table.subject = format!("{of}, approach {}", from.value);
    }
    let lanes = table.need_list(findings, "lanes", values::movements);
    let pocket = table.need_list(findings, "pocket_m", |value| {
        let metres = values::metres(values::POCKET)(value)?;
        if metres.get() == 0.0 || metres.get() >= 10.0 {
            return Ok(metres);
        }
        let message = format!("is {} m, too short for a vehicle and its gap", metres.get());
        Err(Fault::new(Rule::Range, message, "Give at least 10 m, or 0 for a lane that runs the whole link."))
    });
    let saturation = table.may_list(findings, "saturation_veh_h", values::saturation);
    let speed = table.need(findings, "speed_km_h", values::speed);
    let entry = table.need(findings, "entry_m", values::metres(values::ENTRY));
    let stop_line_channels = table.may_list(findings, "stop_line_channels", values::whole(values::CHANNEL));
    let advance_channels = table.may_list(findings, "advance_channels", values::whole(values::CHANNEL));
    let advance = if table.has("advance_channels") {
        table.need(findings, "advance_m", values::metres(values::ADVANCE))
    } else {
        None // then the key is unknown here: a distance of no loop
    };
    let exit_channels = table.may_list(findings, "exit_channels", values::whole(values::CHANNEL));
    let exit =
        if table.has("exit_channels") { table.need(findings, "exit_m", values::metres(values::EXIT)) } else { None };
    let bike_channel = table.may(findings, "bike_channel", values::whole(values::CHANNEL));
    let known = &[("signal", RightTurn::Signal), ("on-red", RightTurn::OnRed), ("channelised", RightTurn::Channelised)];
    let right_turn = table.may(findings, "right_turn", values::word(known));
    let subject = table.subject.clone();
    let bike_lane = table.table(findings, "bike_lane", format!("{subject}, bike_lane")).map(|t| bike_lane(findings, t));
    let waiting_areas = table
        .tables(findings, "waiting_area", |n| format!("{subject}, waiting area {n}"))
        .into_iter()
        .map(|t| waiting_area(findings, t))
        .collect();
    table.close(findings);
    ApproachDef {
        spot,
        from,
        lanes,
        pocket,
        saturation,
        speed,
        entry,
        stop_line_channels,
        advance_channels,
        advance,
        exit_channels,
        exit,
        bike_channel,
        right_turn,
        bike_lane,
        waiting_areas,
    }
}

fn phase(findings: &mut Findings, mut table: Table<'_>, of: &str) -> PhaseDef {
    subject(&mut table, &format!("{of}, phase"));
    let spot = table.spot;
    let id = table.need(findings, "id", values::id);
    let (vehicles, pedestrians) = (table.has("from"), table.has("across"));
    let (serves, min_green) = match (vehicles, pedestrians) {
        (true, false) => {
            let serves = ServesDef::Vehicles {
                from: table.need(findings, "from", values::arm),
                movements: table.need(findings, "movements", values::movements),
                yellow: table.need(findings, "yellow_s", values::seconds(values::YELLOW)),
                all_red: table.need(findings, "all_red_s", values::seconds(values::ALL_RED)),
            };
            (Some(serves), table.need(findings, "min_green_s", values::seconds(values::MIN_GREEN)))
        }
        (false, true) => {
            let serves = ServesDef::Pedestrians {
                across: table.need(findings, "across", values::arm),
                walk: table.need(findings, "walk_s", values::seconds(values::WALK)),
                clearance: table.need(findings, "clearance_s", values::seconds(values::CLEARANCE)),
                per_hour: table.need(findings, "pedestrians_per_h", values::number(values::PEDESTRIANS)),
                half: table.may(findings, "half", values::word(&[("near", Half::Near), ("far", Half::Far)])),
                on_call: table.may(findings, "on_call", values::flag).is_some_and(|call| call.value),
            };
            (Some(serves), table.may(findings, "min_green_s", values::seconds(values::MIN_GREEN)))
        }
        (both, _) => {
            let (rule, found) = if both {
                (Rule::KeysExclude, "both from (vehicles) and across (pedestrians)")
            } else {
                (Rule::KeyMissing, "neither from (vehicles) nor across (pedestrians)")
            };
            let message = format!("{} has {found}", table.subject);
            findings.tell(spot, rule, message, "Give from and movements, or across.");
            return PhaseDef { id, serves: None, min_green: None };
        }
    };
    table.close(findings);
    PhaseDef { id, serves, min_green }
}

fn stage(findings: &mut Findings, mut table: Table<'_>) -> StageDef {
    let spot = table.spot;
    let name = name(findings, &mut table);
    let phases = table.need_list(findings, "phases", values::id);
    let max_green = table.need(findings, "max_green_s", values::seconds(values::GREEN));
    let late_starts = by_name(findings, &mut table, "late_start_s", values::seconds(values::WITHIN_GREEN));
    let early_cuts = by_name(findings, &mut table, "early_cut_s", values::seconds(values::WITHIN_GREEN));
    table.close(findings);
    StageDef { spot, name, phases, max_green, late_starts, early_cuts }
}

fn intergreen(findings: &mut Findings, mut table: Table<'_>) -> IntergreenDef {
    let spot = table.spot;
    let from = table.need(findings, "from", values::id);
    let to = table.need(findings, "to", values::id);
    let length = table.need(findings, "length_s", values::seconds(values::INTERGREEN));
    table.close(findings);
    IntergreenDef { spot, from, to, length }
}
