//! Arrivals over the cycle: what the loops upstream of an approach count, folded at the cycle of the plans in force.
//!
//! Knows: the network's loops, increments of counts, the cycle. Must not know: why plans are what they are, or who will use it.
//!
//! Polled once a second, a counter says when a platoon passes to the second. Folded over some cycles of unchanged plans that is the
//! cyclic flow profile which a model of dispersion can only guess.

use crate::corridor::{Arm, DetectorKind, IntersectionIndex, Network};
use crate::detection::Increment;
use crate::units::{CycleLength, Moment, Shift, Tenths};

/// Cycles that must have been seen before a profile says anything.
const LEAST_CYCLES: f64 = 8.0;
/// Older cycles fade so that about this many count.
const MEMORY_CYCLES: f64 = 25.0;
/// A poll that tells of more than this says nothing about when.
const LONGEST_POLL: Tenths = Tenths::from_seconds(3);
/// Loops occupied for more than this share of any ten seconds of the cycle lie under a queue, which hides who arrives.
const QUEUED: f64 = 0.75;
/// Over how many seconds occupancy is looked at.
const QUEUED_OVER_S: f64 = 10.0;

/// The mean arrivals of one approach over the cycle, as its upstream loops count them.
#[derive(Debug, Clone, PartialEq)]
pub struct Platoon {
    /// The intersection.
    pub at: IntersectionIndex,
    /// The approach.
    pub from: Arm,
    /// The cycle.
    pub cycle: CycleLength,
    /// Flow in each of so many equal steps of the cycle, the first from the Unix epoch on, veh/s.
    pub flow_veh_s: Vec<f64>,
}

/// One loop's share.
#[derive(Debug, Clone, PartialEq)]
struct Lane {
    channel: usize,
    vehicles: Vec<f64>,
    occupied_s: Vec<f64>,
    watched_s: Vec<f64>,
}

/// One approach with a loop upstream on every lane.
#[derive(Debug, Clone, PartialEq)]
struct Approach {
    at: IntersectionIndex,
    from: Arm,
    cycle: Option<CycleLength>,
    lanes: Vec<Lane>,
    /// When the oldest part fades next.
    fades: Moment,
}

/// All approaches that are watched.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Watch {
    approaches: Vec<Approach>,
}

impl Watch {
    /// Watches every approach whose lanes all have a loop upstream.
    pub(super) fn new(network: &Network) -> Watch {
        let mut approaches = Vec::new();
        for (index, at) in network.indices().zip(network.intersections()) {
            for approach in &at.approaches {
                let channel = |lane: usize| {
                    let mut here = at.detectors.iter();
                    here.find(|d| d.from == approach.from && d.lane == lane && d.kind == DetectorKind::Advance)
                        .map(|d| usize::from(d.channel) - 1)
                };
                let lanes: Option<Vec<Lane>> = (0..approach.lanes.len()).map(|l| channel(l).map(Lane::new)).collect();
                let Some(lanes) = lanes.filter(|lanes| !lanes.is_empty()) else { continue };
                let fades = Moment::new(0);
                approaches.push(Approach { at: index, from: approach.from, cycle: None, lanes, fades });
            }
        }
        Watch { approaches }
    }

    /// Begins anew: from now on intersections run these cycles, and whatever shapes their platoons stays as it is; `None` where
    /// that is not so.
    pub(super) fn begin(&mut self, now: Moment, cycles: Option<&[CycleLength]>) {
        for approach in &mut self.approaches {
            approach.cycle = cycles.map(|cycles| cycles[approach.at.0]);
            approach.fades = now;
            let empty = vec![0.0; approach.cycle.map_or(0, steps_of)];
            for lane in &mut approach.lanes {
                lane.vehicles.clone_from(&empty);
                lane.occupied_s.clone_from(&empty);
                lane.watched_s.clone_from(&empty);
            }
        }
    }

    /// Takes what a channel counted up to `until`.
    pub(super) fn hear(&mut self, at: IntersectionIndex, channel: usize, until: Moment, increment: &Increment) {
        if increment.over > LONGEST_POLL || increment.over == Tenths::ZERO {
            return;
        }
        for approach in self.approaches.iter_mut().filter(|a| a.at == at) {
            let Some(cycle) = approach.cycle else { continue };
            let Some(lane) = approach.lanes.iter_mut().find(|lane| lane.channel == channel) else { continue };
            let tenths = increment.over.count();
            let part = 1.0 / f64::from(tenths);
            let steps = lane.vehicles.len() as f64;
            for tenth in 0..tenths {
                let moment = until - Tenths::new(tenth + 1);
                let place = cycle.wrap(Shift::new(moment.count())).seconds() / cycle.seconds() * steps;
                let step = (place as usize).min(lane.vehicles.len() - 1);
                lane.vehicles[step] += f64::from(increment.vehicles) * part;
                lane.occupied_s[step] += increment.occupied.seconds() * part;
                lane.watched_s[step] += 0.1;
            }
        }
    }

    /// Lets old cycles fade.
    pub(super) fn advance(&mut self, now: Moment) {
        for approach in &mut self.approaches {
            let Some(cycle) = approach.cycle else { continue };
            if now < approach.fades + cycle.length() {
                continue;
            }
            approach.fades = now;
            for lane in &mut approach.lanes {
                let all = lane.vehicles.iter_mut().chain(&mut lane.occupied_s).chain(&mut lane.watched_s);
                all.for_each(|value| *value *= 1.0 - 1.0 / MEMORY_CYCLES);
            }
        }
    }

    /// The profiles that are known well enough.
    pub(super) fn platoons(&self) -> Vec<Platoon> {
        self.approaches.iter().filter_map(Approach::platoon).collect()
    }
}

impl Lane {
    fn new(channel: usize) -> Lane {
        Lane { channel, vehicles: Vec::new(), occupied_s: Vec::new(), watched_s: Vec::new() }
    }

    /// Whether a queue stands over the loop in some part of the cycle.
    fn is_queued(&self, window: usize) -> bool {
        let n = self.vehicles.len();
        let share = |first: usize| {
            let steps = (first..first + window).map(|s| s % n);
            let (occupied, watched) =
                steps.fold((0.0, 0.0), |(o, w), s| (o + self.occupied_s[s], w + self.watched_s[s]));
            occupied / watched
        };
        (0..n).any(|first| share(first) > QUEUED)
    }
}

impl Approach {
    fn platoon(&self) -> Option<Platoon> {
        let cycle = self.cycle?;
        let steps = steps_of(cycle);
        let step_s = cycle.seconds() / steps as f64;
        let window = ((QUEUED_OVER_S / step_s) as usize).clamp(1, steps);
        let known = |lane: &Lane| lane.watched_s.iter().all(|&s| s >= LEAST_CYCLES * step_s);
        if !self.lanes.iter().all(|lane| known(lane) && !lane.is_queued(window)) {
            return None;
        }
        let flow = |step: usize| self.lanes.iter().map(|lane| lane.vehicles[step] / lane.watched_s[step]).sum();
        Some(Platoon { at: self.at, from: self.from, cycle, flow_veh_s: (0..steps).map(flow).collect() })
    }
}

/// Steps of about a second.
fn steps_of(cycle: CycleLength) -> usize {
    (cycle.seconds().round() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::load;

    fn street() -> Network {
        let text = include_bytes!("../../corridors/three.toml");
        load(&[("three.toml".to_owned(), text.to_vec())]).unwrap_or_else(|p| panic!("{p:?}"))
    }

    /// Vehicles at three seconds of a cycle of 60 s on every lane of every approach, polled once a second for so many cycles.
    fn watched(cycles: i64, occupied: Tenths) -> Watch {
        let network = street();
        let mut watch = Watch::new(&network);
        let cycle = CycleLength::new(Tenths::from_seconds(60)).unwrap();
        let begin = Moment::new(36_000_000);
        watch.begin(begin, Some(&vec![cycle; network.intersections().len()]));
        for second in 1..=60 * cycles {
            let now = begin + Tenths::new(10 * second as u32);
            watch.advance(now);
            for at in network.indices() {
                for channel in 0..64 {
                    let passes = matches!(second % 60, 11..=13);
                    let increment = Increment {
                        vehicles: u16::from(passes),
                        occupied: if passes { occupied } else { Tenths::ZERO },
                        over: Tenths::from_seconds(1),
                    };
                    watch.hear(at, channel, now, &increment);
                }
            }
        }
        watch
    }

    #[test]
    fn counts_fold_to_the_second_they_came_in() {
        let platoons = watched(12, Tenths::new(4)).platoons();
        assert!(!platoons.is_empty());
        for platoon in &platoons {
            let lanes = platoon.flow_veh_s[12];
            assert!(lanes >= 1.0 && lanes.fract().abs() < 1e-9);
            for (second, &flow) in platoon.flow_veh_s.iter().enumerate() {
                let expected = if (10..13).contains(&second) { lanes } else { 0.0 };
                assert!((flow - expected).abs() < 1e-9, "{second}: {flow}");
            }
        }
    }

    #[test]
    fn too_few_cycles_a_queue_or_changed_plans_say_nothing() {
        assert!(watched(7, Tenths::new(4)).platoons().is_empty());
        let mut watch = watched(12, Tenths::new(4));
        watch.begin(Moment::new(40_000_000), None);
        assert!(watch.platoons().is_empty());
        let mut queued = watched(12, Tenths::new(10));
        for lane in queued.approaches.iter_mut().flat_map(|a| &mut a.lanes) {
            lane.occupied_s[5..15].copy_from_slice(&lane.watched_s[5..15]);
        }
        assert!(queued.platoons().is_empty());
    }
}
