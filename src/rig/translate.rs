//! The one translator: the core's network, plans and tenths into the plant's street, cabinets and SI units.

use crate::corridor::{Arm, DetectorKind, Direction, Intersection, IntersectionIndex, Movement, Network, Serves};
use crate::plan::Plan;
use crate::units::{Metres, MetresPerSecond, Tenths};
use greenwave_sim::cabinet::{CabinetSpec, DayEntry, LocalPlan, PhaseKind, PhaseSpec, StageSpec};
use greenwave_sim::counts::Approach as SimApproach;
use greenwave_sim::street::{self, ApproachClass, Crossing, LoopSite, Street, StreetError, Turn};
use std::collections::BTreeMap;

/// Length of a loop along the lane, in metres (the usual 2 m).
const LOOP_M: f32 = 2.0;

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
    let mut links = Vec::with_capacity(count);
    for (index, at) in network.intersections().iter().enumerate() {
        for approach in &at.approaches {
            let road = fed.get(&(index, approach.from));
            let (length, speed) = road.copied().unwrap_or((approach.entry, approach.speed));
            let lanes = approach.lanes.iter().map(|lane| street::Lane {
                start_m: lane.pocket.map_or(0.0, |pocket| (length.get() - pocket.get()) as f32),
                turns: lane
                    .movements
                    .iter()
                    .filter_map(|movement| {
                        let phase = at.phase_for(approach.from, movement)?;
                        let to_link = leads_to(index, approach.from.exit(movement));
                        Some(Turn::protected(sim_movement(movement), lamps[index] + phase.0, to_link))
                    })
                    .collect(),
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
        let full = like.lanes.iter().filter(|l| l.pocket.is_none()).count().max(1);
        links.push(street::Link {
            name: format!("{}.{arm}.out", at.id),
            node: None,
            entry: false,
            length_m: like.entry.get() as f32,
            limit_m_s: like.speed.get() as f32,
            lanes: vec![street::Lane::new(0.0, Vec::new()); full],
            corridor: None,
            approach_class: class_of(network, *index, arm.opposite()),
        });
    }
    let mut loops = Vec::new();
    let mut channels = Vec::new();
    for (index, at) in network.intersections().iter().enumerate() {
        let most = at.detectors.iter().map(|d| usize::from(d.channel)).max().unwrap_or(0);
        let mut here = vec![None; most];
        for detector in &at.detectors {
            // The plant has no loops on exits and in bicycles' lanes: their channels stay silent.
            if !matches!(detector.kind, DetectorKind::StopLine | DetectorKind::Advance) {
                continue;
            }
            let link = approaches[&(index, detector.from)];
            let position = links[link].length_m - detector.distance.get() as f32;
            // A stop-line loop ends at its distance; an advance loop's distance is to its downstream edge too.
            here[usize::from(detector.channel) - 1] = Some(loops.len());
            loops.push(LoopSite { link, lane: detector.lane, position_m: position, length_m: LOOP_M });
        }
        channels.push(here);
    }
    let crossings = crossings(network, &lamps);
    let street = Street::new(links, network.intersections().len(), loops, crossings, groups)?;
    Ok(Translated { street, channels, approaches })
}

fn crossings(network: &Network, lamps: &[usize]) -> Vec<Crossing> {
    let mut crossings = Vec::new();
    for (index, at) in network.intersections().iter().enumerate() {
        for (phase, group) in at.phases.iter().zip(lamps[index]..) {
            if let Serves::Pedestrians { across, per_hour, .. } = phase.serves {
                crossings.push(Crossing {
                    name: format!("{}.{across}.crossing", at.id),
                    node: index,
                    group,
                    pedestrians_per_h: per_hour as f32,
                });
            }
        }
    }
    crossings
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

fn tenths(time: Tenths) -> i64 {
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
}

/// The installation of one cabinet.
pub(super) fn cabinet(network: &Network, at: &Intersection, own: &[LocalEntry]) -> CabinetSpec {
    let own: Vec<DayEntry> = if own.is_empty() {
        let greens = at.local_plan.greens.iter().map(|&g| tenths(g)).collect();
        vec![DayEntry { from_s: 0, plan: LocalPlan { greens, offset: None, initial_phase: 0 } }]
    } else {
        own.iter().map(day_entry).collect()
    };
    CabinetSpec {
        id: at.id.clone(),
        phases: at
            .phases
            .iter()
            .map(|p| PhaseSpec {
                kind: match p.serves {
                    Serves::Vehicles { .. } => PhaseKind::Vehicle,
                    Serves::Pedestrians { walk, clearance, .. } => {
                        PhaseKind::Pedestrian { walk: tenths(walk), clearance: tenths(clearance) }
                    }
                },
                min_green: tenths(p.min_green),
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
            })
            .collect(),
        conflicts: at.conflicts.clone(),
        intergreens: at.intergreens.iter().map(|row| row.iter().map(|&t| tenths(t)).collect()).collect(),
        cycle_min: tenths(at.cycle.min.length()),
        cycle_max: tenths(at.cycle.max.length()),
        reference_phase: at.reference_phase.0,
        day_plan: own,
        utc_offset_s: network.utc_offset_s(),
        detectors: at.detectors.iter().map(|d| usize::from(d.channel)).max().unwrap_or(0),
        drift_ppm: 0,
        clock_error: 0,
        startup_flash: 0,
        startup_all_red: 0,
        heartbeat_timeout: tenths(at.cabinet.heartbeat_timeout),
    }
}

fn day_entry(entry: &LocalEntry) -> DayEntry {
    DayEntry {
        from_s: entry.from_s,
        plan: LocalPlan {
            greens: entry.plan.greens().into_iter().map(tenths).collect(),
            offset: entry.alone.is_none().then(|| tenths(entry.plan.offset.since_zero())),
            initial_phase: entry.alone.map_or(0, tenths),
        },
    }
}
