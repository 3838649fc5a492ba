//! From a layout as written to the approaches, phases, stages and matrices every intersection of it has.
//!
//! Knows: how the parts of one intersection must fit together.
//! Must not know: corridors, links, cabinets. `conflicts` and `timing` hold the rules of the matrices and of the times.

use super::actuation;
use super::approaches;
use super::conflicts::{self, Matrices};
use super::layout::{ApproachDef, LayoutDef, List, PhaseDef, ServesDef};
use super::model::{
    Approach, CycleRange, Detector, DetectorKind, Lane, Movement, Movements, Phase, PhaseIndex, Serves, Stage,
    StageIndex,
};
use super::operation::{LocalPlan, RightTurn, Rings};
use super::problem::{At, Findings, Spot};
use super::rings;
use super::rule::Rule;
use super::sequence;
use super::served;
use super::timing;
use crate::units::{Metres, Tenths, VehiclesPerHour};
use std::collections::BTreeMap;

/// A layout whose every promise is kept.
pub(super) struct Layout {
    pub(super) approaches: Vec<Approach>,
    pub(super) phases: Vec<Phase>,
    pub(super) stages: Vec<Stage>,
    pub(super) matrices: Matrices,
    pub(super) reference_phase: PhaseIndex,
    pub(super) cycle: CycleRange,
    pub(super) detectors: Vec<Detector>,
    pub(super) local_plan: LocalPlan,
    pub(super) sequences: Vec<Vec<StageIndex>>,
    pub(super) rings: Option<Rings>,
}

/// What the rules of a layout's parts look its phases up in.
pub(super) struct Signals<'d> {
    /// How messages name the layout.
    pub(super) subject: &'d str,
    /// Phases by id.
    pub(super) ids: &'d BTreeMap<&'d str, usize>,
    /// As written.
    pub(super) phases: &'d [PhaseDef],
}

impl Signals<'_> {
    /// Whether a phase serves vehicles, or may once its mistakes are mended.
    pub(super) fn vehicles(&self, phase: usize) -> bool {
        !matches!(self.phases[phase].serves, Some(ServesDef::Pedestrians { .. }))
    }
}

/// Checks a layout as far as it can be read; every problem is told.
pub(super) fn compile(findings: &mut Findings, def: &LayoutDef) -> Option<Layout> {
    let subject = def.subject();
    let approaches: Vec<_> = def.approaches.iter().map(|a| approach(findings, &subject, a)).collect();
    let mut seen = BTreeMap::new();
    for from in def.approaches.iter().filter_map(|a| a.from.as_ref()) {
        once(findings, &mut seen, from.value.to_string(), from.spot, &format!("{subject}: approach"));
    }
    let detectors = detectors(findings, &subject, &def.approaches);
    let phases: Vec<_> = def.phases.iter().map(|p| phase(findings, &subject, p)).collect();
    let mut ids = BTreeMap::new();
    for (index, id) in def.phases.iter().enumerate().filter_map(|(i, p)| Some((i, p.id.as_ref()?))) {
        once(findings, &mut ids, id.value.clone(), id.spot, &format!("{subject}: phase"));
        if index == 64 {
            let message = format!("{subject}: {} phases are more than 64", def.phases.len());
            findings.tell(id.spot, Rule::TooMany, message, "Join phases that are always green together.");
        }
    }
    if def.phases.len() > 64 {
        return None;
    }
    let ids: BTreeMap<&str, usize> = def
        .phases
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(index, phase)| Some((phase.id.as_ref()?.value.as_str(), index)))
        .collect();
    served::check(findings, &subject, def);
    let matrices = conflicts::compile(findings, def, &phases, &ids);
    let shown = served::stages(findings, &subject, def, &ids);
    if let Some(matrices) = &matrices {
        conflicts::stages(findings, &subject, &def.stages, &shown, &def.phases, matrices);
    }
    let signals = Signals { subject: &subject, ids: &ids, phases: &def.phases };
    let rings = def.rings.as_ref().map(|rings| rings::check(findings, rings, &signals, matrices.as_ref()));
    let orders = sequence::orders(findings, def, def.stages.len());
    let known = sequence::shown(&shown);
    let known = known.as_ref().filter(|_| !def.stages.is_empty()).map(|shown| (orders.as_slice(), shown));
    let reference = timing::reference(findings, &signals, def, known);
    if let Some(known) = known {
        timing::within_green(findings, &signals, def, reference, known);
    }
    let areas: Vec<_> =
        def.approaches.iter().map(|a| approaches::waiting_areas(findings, &signals, a, &phases, known)).collect();
    let stages: Vec<_> = def
        .stages
        .iter()
        .zip(&shown)
        .enumerate()
        .map(|(index, (stage, shown))| {
            timing::stage(findings, &signals, index, stage, shown, &phases, matrices.as_ref())
        })
        .collect();
    let stages: Option<Vec<Stage>> = if stages.is_empty() { None } else { stages.into_iter().collect() };
    let operation = actuation::compile(findings, def, stages.as_deref()?);
    let times =
        timing::Times { min: def.cycle_min.as_ref(), max: def.cycle_max.as_ref(), greens: def.local_green.as_ref() };
    let plan = timing::plan(findings, &subject, stages.as_deref()?, &times);
    let mut approaches: Vec<Approach> = approaches.into_iter().collect::<Option<_>>()?;
    for (approach, areas) in approaches.iter_mut().zip(areas) {
        for (lane, area) in approach.lanes.iter_mut().zip(areas?) {
            lane.waiting_area = area;
        }
    }
    let phases: Vec<Phase> = phases.into_iter().collect::<Option<_>>()?;
    let (stages, detectors, operation) = (stages?, detectors?, operation?);
    actuation::called(findings, def, &operation, (&approaches, &phases, &stages, &detectors));
    let (cycle, greens) = plan?;
    Some(Layout {
        approaches,
        phases,
        stages,
        matrices: matrices?,
        reference_phase: reference?,
        cycle,
        detectors,
        local_plan: LocalPlan { greens, operation },
        sequences: sequence::alternatives(&orders),
        rings: match rings {
            Some(rings) => Some(rings?),
            None => None,
        },
    })
}

/// Tells when `id` was seen before.
pub(super) fn once(findings: &mut Findings, seen: &mut BTreeMap<String, Spot>, id: String, spot: Spot, what: &str) {
    if let Some(first) = seen.get(&id) {
        let message = format!("{what} {id} is there already, at {}", findings.locate(*first));
        findings.tell(spot, Rule::IdTwice, message, "Give each its own, or remove one.");
    } else {
        seen.insert(id, spot);
    }
}

/// The entries of a list that goes with `count` lanes or stages; `None` when one was refused or the length is wrong.
pub(super) fn per<T: Clone>(
    findings: &mut Findings,
    subject: &str,
    key: &str,
    list: &At<Vec<Option<At<T>>>>,
    (count, what): (usize, &str),
) -> Option<Vec<At<T>>> {
    if list.value.len() != count {
        let message =
            format!("{subject}: {key} has {} for {count} {what}", count_of(list.value.len(), "entry", "entries"));
        findings.tell(list.spot, Rule::ListLength, message, format!("Give {count} entries, one for each."));
        return None;
    }
    list.value.iter().cloned().collect()
}

/// `1 entry`, `2 entries`.
pub(super) fn count_of(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The saturation flow taken where none is written: a default to be measured and replaced.
fn default_saturation(movements: Movements) -> VehiclesPerHour {
    let only_through = movements.iter().all(|m| m == Movement::Through);
    VehiclesPerHour::new(if only_through { 1900.0 } else { 1750.0 }).unwrap_or(VehiclesPerHour::ZERO)
}

fn approach(findings: &mut Findings, subject: &str, def: &ApproachDef) -> Option<Approach> {
    let subject = match &def.from {
        Some(from) => format!("{subject}, approach {}", from.value),
        None => format!("{subject}, an approach"),
    };
    let lanes = def.lanes.as_ref()?;
    let count = (lanes.value.len(), "lanes");
    let pocket = def.pocket.as_ref().and_then(|list| per(findings, &subject, "pocket_m", list, count));
    let saturation = def.saturation.as_ref().map(|list| per(findings, &subject, "saturation_veh_h", list, count));
    let movements: Option<Vec<At<Movements>>> = lanes.value.iter().cloned().collect();
    let movements = movements?;
    let all: Movements = movements.iter().flat_map(|lane| lane.value.iter()).collect();
    approaches::right_turn(findings, &subject, def, all);
    let bike_lane = approaches::bike_lane(findings, &subject, def, all);
    for pair in movements.windows(2) {
        let (Some(outer), Some(inner)) = (pair[0].value.iter().last(), pair[1].value.iter().next()) else { continue };
        if outer > inner {
            let message =
                format!("{subject}: lane {} lies right of lane {}, so their paths cross", pair[1].value, pair[0].value);
            findings.tell(pair[1].spot, Rule::LaneOrder, message, "List the lanes from the median to the kerb.");
        }
    }
    for lane in pocket.iter().flatten() {
        if let Some(entry) = def.entry.as_ref().filter(|entry| lane.value >= entry.value) {
            let (pocket, entry) = (lane.value.get(), entry.value.get());
            let message = format!("{subject}: a pocket of {pocket} m is not shorter than entry_m = {entry}");
            findings.tell(lane.spot, Rule::PocketLength, message, "Write 0 for a lane that runs the whole road.");
        }
    }
    let saturation = match saturation {
        Some(list) => list?.into_iter().map(|at| at.value).collect(),
        None => movements.iter().map(|at| default_saturation(at.value)).collect::<Vec<_>>(),
    };
    let lanes = movements
        .into_iter()
        .zip(pocket?)
        .zip(saturation)
        .map(|((movements, pocket), saturation)| Lane {
            movements: movements.value,
            pocket: (pocket.value.get() > 0.0).then_some(pocket.value),
            saturation,
            waiting_area: None,
        })
        .collect();
    Some(Approach {
        from: def.from.as_ref()?.value,
        lanes,
        speed: def.speed.as_ref()?.value,
        entry: def.entry.as_ref()?.value,
        right_turn: def.right_turn.as_ref().map_or(RightTurn::Signal, |control| control.value),
        bike_lane,
    })
}

/// The loops of all approaches; `None` when something about them was told.
fn detectors(findings: &mut Findings, subject: &str, approaches: &[ApproachDef]) -> Option<Vec<Detector>> {
    let before = findings.count();
    let mut detectors = Vec::new();
    let mut channels: BTreeMap<u16, Spot> = BTreeMap::new();
    for def in approaches {
        let (Some(from), Some(lanes)) = (&def.from, &def.lanes) else { continue };
        let subject = format!("{subject}, approach {}", from.value);
        let loops: [(&str, &List<u16>, DetectorKind, Option<Metres>); 3] = [
            ("stop_line_channels", &def.stop_line_channels, DetectorKind::StopLine, Metres::new(0.0).ok()),
            ("advance_channels", &def.advance_channels, DetectorKind::Advance, def.advance.as_ref().map(|a| a.value)),
            ("exit_channels", &def.exit_channels, DetectorKind::Exit, def.exit.as_ref().map(|e| e.value)),
        ];
        for (key, list, kind, distance) in loops {
            let Some(list) = list else { continue };
            // how many lanes leave by the arm the road says, not the layout
            let count = if kind == DetectorKind::Exit { list.value.len() } else { lanes.value.len() };
            let Some(list) = per(findings, &subject, key, list, (count, "lanes")) else { continue };
            for (lane, channel) in list.into_iter().enumerate().filter(|(_, channel)| channel.value > 0) {
                one_channel(findings, &subject, &mut channels, &channel);
                if let Some(distance) = distance {
                    detectors.push(Detector { channel: channel.value, from: from.value, lane, kind, distance });
                }
            }
        }
        if let Some(channel) = def.bike_channel.as_ref().filter(|channel| channel.value > 0) {
            one_channel(findings, &subject, &mut channels, channel);
            if def.bike_lane.is_none() {
                let message = format!("{subject}: a loop of bicycles, and no bike_lane");
                findings.tell(channel.spot, Rule::BikeLane, message, "Describe the lane, or remove the channel.");
            }
            let (channel, distance) = (channel.value, Metres::new(0.0).ok()?);
            detectors.push(Detector { channel, from: from.value, lane: 0, kind: DetectorKind::Bikes, distance });
        }
        advance_place(findings, &subject, def);
    }
    (findings.count() == before).then_some(detectors)
}

/// A channel belongs to one loop.
fn one_channel(findings: &mut Findings, subject: &str, channels: &mut BTreeMap<u16, Spot>, channel: &At<u16>) {
    if let Some(first) = channels.get(&channel.value) {
        let at = findings.locate(*first);
        let message = format!("{subject}: channel {} belongs to another loop, at {at}", channel.value);
        findings.tell(channel.spot, Rule::ChannelTwice, message, "Give each loop its own channel, 1 to 32.");
    } else {
        channels.insert(channel.value, channel.spot);
    }
}

/// An advance loop lies within its pocket and within the entry; an exit loop within the road beyond, which is as long.
fn advance_place(findings: &mut Findings, subject: &str, def: &ApproachDef) {
    if let (Some(exit), Some(entry)) = (&def.exit, &def.entry)
        && exit.value >= entry.value
    {
        let (at, length) = (exit.value.get(), entry.value.get());
        let message = format!("{subject}: exit loops {at} m beyond the intersection lie outside the {length} m there");
        findings.tell(exit.spot, Rule::AdvancePlace, message, format!("Set exit_m below {length}."));
    }
    let (Some(advance), Some(channels)) = (&def.advance, &def.advance_channels) else { return };
    let tell = |findings: &mut Findings, what: &str, length: Metres| {
        let (at, length) = (advance.value.get(), length.get());
        let message = format!("{subject}: advance loops {at} m before the stop line lie outside {what} of {length} m");
        findings.tell(advance.spot, Rule::AdvancePlace, message, format!("Set advance_m below {length}."));
    };
    if let Some(entry) = def.entry.as_ref().filter(|entry| advance.value >= entry.value) {
        return tell(findings, "the entry", entry.value);
    }
    let pockets = def.pocket.iter().flat_map(|list| &list.value);
    let short = pockets
        .zip(&channels.value)
        .filter(|(_, channel)| channel.as_ref().is_some_and(|c| c.value > 0))
        .filter_map(|(pocket, _)| pocket.as_ref())
        .find(|pocket| pocket.value.get() > 0.0 && advance.value > pocket.value);
    if let Some(pocket) = short {
        tell(findings, "a pocket", pocket.value);
    }
}

fn phase(findings: &mut Findings, subject: &str, def: &PhaseDef) -> Option<Phase> {
    let id = def.id.as_ref()?.value.clone();
    match def.serves.as_ref()? {
        ServesDef::Vehicles { from, movements, yellow, all_red } => Some(Phase {
            id,
            serves: Serves::Vehicles { from: from.as_ref()?.value, movements: movements.as_ref()?.value },
            min_green: def.min_green.as_ref()?.value,
            yellow: yellow.as_ref()?.value,
            all_red: all_red.as_ref()?.value,
        }),
        ServesDef::Pedestrians { across, walk, clearance, per_hour, half, on_call } => {
            let (walk, clearance) = (walk.as_ref()?.value, clearance.as_ref()?.value);
            let least = walk + clearance;
            if let Some(min) = def.min_green.as_ref().filter(|min| min.value < least) {
                let message = format!(
                    "{subject}, phase {id}: min green {} is under walk {walk} + clearance {clearance}",
                    min.value
                );
                let mend = format!("Set min_green_s = {}, or leave it out.", least.seconds());
                findings.tell(min.spot, Rule::MinGreenPedestrian, message, mend);
            }
            Some(Phase {
                id,
                serves: Serves::Pedestrians {
                    across: across.as_ref()?.value,
                    walk,
                    clearance,
                    per_hour: per_hour.as_ref()?.value,
                    half: half.as_ref().map(|half| half.value),
                    on_call: *on_call,
                },
                min_green: def.min_green.as_ref().map_or(least, |min| min.value),
                yellow: Tenths::ZERO,
                all_red: Tenths::ZERO,
            })
        }
    }
}
