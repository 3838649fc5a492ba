//! The one translator: the core's network, plans and tenths into the plant's street, cabinets and SI units.

use super::give_way::{self, Numbers, Ways, green};
use super::layout;
use crate::corridor::{
    Actuation, Approach, Arm, Detector, DetectorKind, Direction, Intersection, IntersectionIndex, Movement, Network,
    Operation, PhaseIndex, Serves, StageIndex, StoredPlan,
};
use crate::plan::Plan;
use crate::units::{Metres, MetresPerSecond, Moment, Shift, Tenths};
use greenwave_sim::cabinet::{self, CabinetSpec, DayEntry, Input, LocalPlan, Memory, PhaseKind, PhaseSpec, StageSpec};
use greenwave_sim::counts::Approach as SimApproach;
use greenwave_sim::street::{self, ApproachClass, BikeSite, Control, LoopSite, Street, StreetError, Turn};
use std::collections::BTreeMap;

/// Length of a loop along the lane, in metres (the usual 2 m).
const LOOP_M: f32 = 2.0;
/// Depth of an intersection from a stop line to where the exit begins, in metres.
const BOX_M: f32 = 24.0;

/// A street with the names the rig needs to find its way in it.
#[derive(Debug, Clone)]
pub(super) struct Translated {
    pub(super) street: Street,
    /// Per intersection and channel (from 1): the loop.
    pub(super) channels: Vec<Vec<Option<usize>>>,
    approaches: BTreeMap<(usize, Arm), usize>,
}

/// A neighbour along a corridor: where an exit leads, and what road it takes.
struct Road {
    to: IntersectionIndex,
    distance: Metres,
    speed: MetresPerSecond,
}

/// Roads out of each intersection by exit arm.
fn roads(network: &Network) -> BTreeMap<(usize, Arm), Road> {
    let mut roads = BTreeMap::new();
    for corridor in network.corridors() {
        for (pair, link) in corridor.members.windows(2).zip(&corridor.links) {
            for direction in Direction::BOTH {
                let (from, to) = match direction {
                    Direction::Outbound => (pair[0].intersection, pair[1].intersection),
                    Direction::Inbound => (pair[1].intersection, pair[0].intersection),
                };
                let way = link.carriageway(direction);
                let exit = corridor.comes_from(direction).opposite();
                roads.insert((from.0, exit), Road { to, distance: way.distance, speed: way.speed });
            }
        }
    }
    roads
}

/// Builds the plant's street.
///
/// # Errors
/// When the plant refuses the geometry (a link too short for it, a loop outside its lane).
pub(super) fn street(network: &Network) -> Result<Translated, StreetError> {
    let roads = roads(network);
    let mut fed: BTreeMap<(usize, Arm), (Metres, MetresPerSecond)> = BTreeMap::new();
    for ((_, exit), road) in &roads {
        fed.insert((road.to.0, exit.opposite()), (road.distance, road.speed));
    }
    let mut lamps = Vec::new();
    let mut groups = 0;
    for at in network.intersections() {
        lamps.push(groups);
        groups += at.phases.len();
    }
    // Links: every approach first, then the exits that lead out of the network.
    let mut approaches = BTreeMap::new();
    let mut exits = BTreeMap::new();
    let mut count = 0;
    for (index, at) in network.intersections().iter().enumerate() {
        for approach in &at.approaches {
            approaches.insert((index, approach.from), count);
            count += 1;
        }
    }
    for (index, at) in network.intersections().iter().enumerate() {
        for arm in Arm::ALL {
            let used = at.approaches.iter().any(|a| a.movements().iter().any(|m| a.from.exit(m) == arm));
            if used && !roads.contains_key(&(index, arm)) {
                exits.insert((index, arm), count);
                count += 1;
            }
        }
    }
    let leads_to = |index: usize, exit: Arm| match roads.get(&(index, exit)) {
        Some(road) => approaches[&(road.to.0, exit.opposite())],
        None => exits[&(index, exit)],
    };
    let leaving = |index: usize, exit: Arm| match roads.get(&(index, exit)) {
        Some(road) => network.intersections()[road.to.0].approach(exit.opposite()).map_or(1, full),
        None => exit_lanes(&network.intersections()[index], exit),
    };
    let numbers = Numbers { lamps: &lamps, approaches: &approaches, leaving: &leaving, leads_to: &leads_to };
    let ways = Ways::new(network, &numbers);
    let mut links = Vec::with_capacity(count);
    for (index, at) in network.intersections().iter().enumerate() {
        for approach in &at.approaches {
            let road = fed.get(&(index, approach.from));
            let (length, speed) = road.copied().unwrap_or((approach.entry, approach.speed));
            let lanes = approach.lanes.iter().enumerate().map(|(k, lane)| street::Lane {
                start_m: lane.pocket.map_or(0.0, |pocket| (length.get() - pocket.get()) as f32),
                turns: lane
                    .movements
                    .iter()
                    .filter_map(|movement| {
                        let control = give_way::control(approach, movement);
                        let phase = at.phase_for(approach.from, movement);
                        // A free right turn has no phase; what it would have to heed is that of its neighbours.
                        let phase = phase.or_else(|| (control == Control::Free).then(|| green(at, approach))?)?;
                        Some(Turn {
                            movement: sim_movement(movement),
                            group: lamps[index] + phase.0,
                            to_link: leads_to(index, approach.from.exit(movement)),
                            control,
                            yields: ways.yields((index, at), &numbers, (approach, k), movement, phase),
                        })
                    })
                    .collect(),
                waiting: give_way::waiting(lane.waiting_area, lamps[index]),
            });
            links.push(street::Link {
                name: format!("{}.{}", at.id, approach.from),
                node: Some(index),
                entry: road.is_none(),
                length_m: length.get() as f32,
                limit_m_s: speed.get() as f32,
                lanes: lanes.collect(),
                corridor: road.and_then(|_| direction_of(network, index, approach.from)),
                approach_class: class_of(network, index, approach.from),
            });
        }
    }
    for (index, arm) in exits.keys() {
        let at = &network.intersections()[*index];
        // An exit is as long and as wide as the road on its own arm; a one-way exit without an approach takes the others'.
        let like = at.approach(*arm).unwrap_or(&at.approaches[0]);
        links.push(street::Link {
            name: exit_name(&at.id, &arm.to_string()),
            node: None,
            entry: false,
            length_m: like.entry.get() as f32,
            limit_m_s: like.speed.get() as f32,
            lanes: vec![street::Lane::new(0.0, Vec::new()); exit_lanes(at, *arm)],
            corridor: None,
            approach_class: class_of(network, *index, arm.opposite()),
        });
    }
    let (loops, bike_sites, channels) = detectors(network, &links, &numbers, &ways);
    let (nodes, Ways { crossings, bike_lanes, .. }) = (network.intersections().len(), ways);
    let street = Street::with_bikes(links, nodes, loops, crossings, groups, bike_lanes, bike_sites)?;
    Ok(Translated { street, channels, approaches })
}

/// The name of the link that leads out of the network from an intersection to this side.
fn exit_name(id: &str, arm: &str) -> String {
    format!("{id}.{arm}.out")
}

/// Lanes of full length.
fn full(approach: &Approach) -> usize {
    approach.lanes.iter().filter(|l| l.pocket.is_none()).count().max(1)
}

/// Lanes of an exit that leads out of the network.
fn exit_lanes(at: &Intersection, arm: Arm) -> usize {
    full(at.approach(arm).unwrap_or(&at.approaches[0]))
}

/// Loops, detectors in bicycle lanes, and by intersection and channel the state that belongs to it.
fn detectors(
    network: &Network,
    links: &[street::Link],
    numbers: &Numbers<'_>,
    ways: &Ways,
) -> (Vec<LoopSite>, Vec<BikeSite>, Vec<Vec<Option<usize>>>) {
    let (mut loops, mut bikes, mut channels) = (Vec::new(), Vec::new(), Vec::new());
    let mut bike_channels = Vec::new();
    for (index, at) in network.intersections().iter().enumerate() {
        let most = at.detectors.iter().map(|d| usize::from(d.channel)).max().unwrap_or(0);
        let mut here = vec![None; most];
        for detector in &at.detectors {
            let (channel, distance) = (usize::from(detector.channel) - 1, detector.distance.get() as f32);
            let (link, lane, position_m) = match detector.kind {
                // A stop-line loop ends at its distance; an advance loop's distance is to its downstream edge too.
                DetectorKind::StopLine | DetectorKind::Advance => {
                    let link = numbers.approaches[&(index, detector.from)];
                    (link, detector.lane, links[link].length_m - distance)
                }
                // The link begins at the stop line behind, so the exit begins where the box ends.
                DetectorKind::Exit => {
                    let used = |a: &Approach| a.movements().iter().any(|m| a.from.exit(m) == detector.from);
                    if !at.approaches.iter().any(used) {
                        continue;
                    }
                    let link = (numbers.leads_to)(index, detector.from);
                    let pockets = links[link].lanes.iter().take_while(|l| l.start_m > 0.0).count();
                    (link, pockets + detector.lane, (BOX_M + distance + LOOP_M).min(links[link].length_m))
                }
                DetectorKind::Bikes => {
                    if let Some(lane) = ways.bike_lane(index, detector.from) {
                        bike_channels.push((index, channel, bikes.len()));
                        bikes.push(BikeSite { lane, before_m: distance });
                    }
                    continue;
                }
            };
            here[channel] = Some(loops.len());
            loops.push(LoopSite { link, lane, position_m, length_m: LOOP_M });
        }
        channels.push(here);
    }
    // The plant counts the bicycles after its loops.
    for (index, channel, site) in bike_channels {
        channels[index][channel] = Some(loops.len() + site);
    }
    (loops, bikes, channels)
}

impl Translated {
    /// The link of an intersection's approach.
    pub(super) fn link_of(&self, index: IntersectionIndex, from: Arm) -> Option<usize> {
        self.approaches.get(&(index.0, from)).copied()
    }

    /// The approach link of an intersection as the plant's counts name it.
    pub(super) fn approach_link(&self, network: &Network, id: &str, approach: SimApproach) -> Option<usize> {
        let arm = Arm::ALL.into_iter().find(|a| a.letter().to_string() == approach.letter())?;
        self.approaches.get(&(network.find(id)?.0, arm)).copied()
    }

    /// The link that leads out of the network from an intersection to this side.
    pub(super) fn exit_link(&self, id: &str, arm: SimApproach) -> Option<usize> {
        self.street.link(&exit_name(id, arm.letter()))
    }
}

fn sim_movement(movement: Movement) -> street::Movement {
    match movement {
        Movement::UTurn => street::Movement::UTurn,
        Movement::Left => street::Movement::Left,
        Movement::Through => street::Movement::Through,
        Movement::Right => street::Movement::Right,
    }
}

fn direction_of(network: &Network, index: usize, from: Arm) -> Option<u8> {
    network.carried(IntersectionIndex(index), from).map(|(_, direction)| direction as u8)
}

fn class_of(network: &Network, index: usize, from: Arm) -> ApproachClass {
    direction_of(network, index, from).map_or(ApproachClass::Side, ApproachClass::Arterial)
}

pub(super) fn tenths(time: Tenths) -> i64 {
    i64::from(time.count())
}

/// What one line of a cabinet's own day plan says.
#[derive(Debug, Clone)]
pub struct LocalEntry {
    /// Seconds after local midnight.
    pub from_s: u32,
    /// The timing.
    pub plan: Plan,
    /// `None`: coordinated by the plan's offset. `Some`: alone, starting this far into its cycle.
    pub alone: Option<Tenths>,
    /// `Some`: by its detectors; the plan's greens are then what it would run without them.
    pub actuation: Option<Actuation>,
}

/// The installation of one cabinet; `midnight` is the local one of the run's day.
pub(super) fn cabinet(network: &Network, at: &Intersection, own: &[LocalEntry], midnight: Moment) -> CabinetSpec {
    let clock_zero = layout::zero(&at.cabinet);
    let daily = clock_zero == cabinet::ClockZero::LocalMidnight;
    let own: Vec<DayEntry> = if own.is_empty() {
        let greens = at.local_plan.greens.iter().map(|&g| tenths(g)).collect();
        let actuation = match &at.local_plan.operation {
            Operation::FixedTime => None,
            Operation::Actuated(actuation) => Some(actuated(actuation)),
        };
        vec![DayEntry { from_s: 0, plan: LocalPlan { greens, sequence: 0, offset: None, initial_phase: 0, actuation } }]
    } else {
        own.iter().map(|entry| day_entry(at, entry, daily.then_some(midnight))).collect()
    };
    let shifts = |list: &[(PhaseIndex, Tenths)]| list.iter().map(|&(p, t)| (p.0, tenths(t))).collect();
    let index = |phases: &Vec<PhaseIndex>| phases.iter().map(|p| p.0).collect::<Vec<_>>();
    CabinetSpec {
        map: layout::map(&at.cabinet),
        id: at.id.clone(),
        phases: at
            .phases
            .iter()
            .map(|p| {
                let (kind, on_call) = match p.serves {
                    Serves::Vehicles { .. } => (PhaseKind::Vehicle, false),
                    Serves::Pedestrians { walk, clearance, on_call, .. } => {
                        (PhaseKind::Pedestrian { walk: tenths(walk), clearance: tenths(clearance) }, on_call)
                    }
                };
                PhaseSpec { kind, min_green: tenths(p.min_green), yellow: tenths(p.yellow), on_call }
            })
            .collect(),
        stages: at
            .stages
            .iter()
            .map(|s| StageSpec {
                phases: s.phases.iter().map(|p| p.0).collect(),
                min_green: tenths(s.min_green),
                max_green: tenths(s.max_green),
                yellow: tenths(s.yellow),
                all_red: tenths(s.all_red),
                late_starts: shifts(&s.late_starts),
                early_cuts: shifts(&s.early_cuts),
            })
            .collect(),
        sequences: at.sequences.iter().map(|order| order.iter().map(|stage| stage.0).collect()).collect(),
        conflicts: at.conflicts.clone(),
        intergreens: at.intergreens.iter().map(|row| row.iter().map(|&t| tenths(t)).collect()).collect(),
        cycle_min: tenths(at.cycle.min.length()),
        cycle_max: tenths(at.cycle.max.length()),
        reference_phase: at.reference_phase.0,
        day_plan: own,
        stored_plans: at.stored_plans.iter().map(|plan| stored(at, plan)).collect(),
        day_types: Vec::new(),
        clock_zero,
        utc_offset_s: network.utc_offset_s(),
        detectors: at.detectors.iter().map(|d| usize::from(d.channel)).max().unwrap_or(0),
        inputs: at.detectors.iter().flat_map(|d| inputs(at, d)).collect(),
        rings: at.rings.iter().flat_map(|r| &r.rings).map(|ring| ring.iter().map(index).collect()).collect(),
        centre_actuation: None,
        on_request: at.may_be_actuated().then(|| on_request(at)),
        drift_ppm: 0,
        clock_error: 0,
        startup_flash: 0,
        startup_all_red: 0,
        heartbeat_timeout: tenths(at.cabinet.heartbeat_timeout),
        countdown: at.cabinet.countdown,
    }
}

/// Number of an order for a cabinet: 0 the programmed one. One that is not permitted is a number the cabinet refuses.
fn sequence(at: &Intersection, order: impl Iterator<Item = StageIndex> + Clone) -> usize {
    at.orders().position(|permitted| order.clone().eq(permitted)).unwrap_or(usize::MAX)
}

fn stored(at: &Intersection, plan: &StoredPlan) -> cabinet::StoredPlan {
    cabinet::StoredPlan {
        number: plan.number,
        greens: plan.greens.iter().map(|&t| tenths(t)).collect(),
        sequence: sequence(at, plan.order.iter().copied()),
        offset: tenths(plan.offset.since_zero()),
    }
}

/// Whom a loop calls and extends: every phase that serves a movement of its lane. A stop-line loop calls while somebody stands
/// on it; an advance loop remembers who passed it.
fn inputs(at: &Intersection, detector: &Detector) -> Vec<Input> {
    let memory = match detector.kind {
        DetectorKind::StopLine => Memory::NonLocking,
        DetectorKind::Advance => Memory::Locking,
        DetectorKind::Exit | DetectorKind::Bikes => return Vec::new(),
    };
    let lane = at.approach(detector.from).and_then(|a| a.lanes.get(detector.lane));
    let movements = lane.map(|lane| lane.movements.iter().collect::<Vec<_>>()).unwrap_or_default();
    let mut phases: Vec<PhaseIndex> =
        movements.into_iter().filter_map(|movement| at.phase_for(detector.from, movement)).collect();
    phases.sort();
    phases.dedup();
    let channel = usize::from(detector.channel) - 1;
    let input = |p: PhaseIndex| Input { channel, phase: p.0, call: Some(memory), stretch: Some(0) };
    phases.into_iter().map(input).collect()
}

/// Gap-out of cabinets whose definition says none; see the arm `actuated`.
pub(crate) const PASSAGE: Tenths = Tenths::new(17);

/// How a cabinet follows plans by its detectors when the centre asks for it.
fn on_request(at: &Intersection) -> cabinet::Actuation {
    match &at.local_plan.operation {
        Operation::Actuated(own) => actuated(own),
        Operation::FixedTime => cabinet::Actuation {
            passage: tenths(PASSAGE),
            max_greens: at.stages.iter().map(|s| tenths(s.max_green)).collect(),
            recalls: Vec::new(),
            rest: at.stages.iter().position(|s| s.phases.contains(&at.reference_phase)),
        },
    }
}

fn actuated(actuation: &Actuation) -> cabinet::Actuation {
    cabinet::Actuation {
        passage: tenths(actuation.passage),
        max_greens: actuation.max_greens.iter().map(|&t| tenths(t)).collect(),
        recalls: actuation.recalls.iter().map(|k| k.0).collect(),
        rest: actuation.rest.map(|k| k.0),
    }
}

/// `zero`: what the cabinet counts offsets from, where that is not the epoch.
fn day_entry(at: &Intersection, entry: &LocalEntry, zero: Option<Moment>) -> DayEntry {
    let offset = match zero {
        None => entry.plan.offset,
        Some(zero) => entry.plan.cycle.offset(Shift::new(entry.plan.offset.next(zero).count() - zero.count())),
    };
    DayEntry {
        from_s: entry.from_s,
        plan: LocalPlan {
            greens: entry.plan.stage_greens().into_iter().map(tenths).collect(),
            sequence: sequence(at, entry.plan.order()),
            offset: entry.alone.is_none().then(|| tenths(offset.since_zero())),
            initial_phase: entry.alone.map_or(0, tenths),
            actuation: entry.actuation.as_ref().map(actuated),
        },
    }
}
