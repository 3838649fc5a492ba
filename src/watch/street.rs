//! The whole street: what is told of approaches and corridors.

use super::lamps::{Green, Lamps, Seen};
use super::minutes::Sums;
use super::queue::{LaneQueue, Loops};
use crate::corridor::{Arm, Corridor, Direction, IntersectionIndex, Movement, Network, PhaseIndex};
use crate::detection::Reading;
use crate::units::{Moment, Tenths};
use serde::Serialize;
use std::sync::Arc;

/// Longest step that is believed to be one; after a longer gap nothing is integrated over it.
const LONGEST_STEP: Tenths = Tenths::from_seconds(5);
/// An approach is said to fill up when the trend reaches its link's beginning within this time.
const WARN_WITHIN_S: f64 = 600.0;
/// ... and the queue covers this share: the trend of a short queue is noise;
const TREND_SHARE: f64 = 0.3;
/// ... or its queue already covers this share of the link.
const WARN_SHARE: f64 = 0.7;

/// A vehicle that came to a stop line, on a lane with a loop upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneArrival {
    /// Where.
    pub at: IntersectionIndex,
    /// On which approach.
    pub from: Arm,
    /// When it reached the line, or would have with nobody before it.
    pub when: Moment,
}

/// What an approach shows, over the last five to six minutes where it is a mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApproachState {
    /// Where the traffic comes from.
    pub from: String,
    /// Vehicles an hour; `None` while no loop is believed.
    pub flow_veh_h: Option<f64>,
    /// Share of arrivals on green, at the line or at the end of the queue.
    pub arrivals_on_green: Option<f64>,
    /// That share over the share of green: 1 is chance (HCM platoon ratio).
    pub platoon_ratio: Option<f64>,
    /// Waiting at the line, s a vehicle.
    pub delay_s: Option<f64>,
    /// Longest queue of its lanes now, m before the line.
    pub queue_m: Option<f64>,
    /// Share of the road between the neighbour and here that it covers.
    pub share_full: Option<f64>,
    /// By its trend over the last greens the road is full in so many seconds; `None`: it does not grow, or not soon.
    pub full_in_s: Option<f64>,
}

impl ApproachState {
    /// Whether somebody should be told before the road jams.
    pub fn warns(&self) -> bool {
        let covers = |least: f64| self.share_full.is_some_and(|share| share >= least);
        covers(WARN_SHARE) || (self.full_in_s.is_some() && covers(TREND_SHARE))
    }
}

/// One way along a corridor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DirectionState {
    /// Mean speed from first to last stop line, waiting included (sum of metres over sum of seconds of all who go straight
    /// on), km/h; `None` where a link has no loops.
    pub speed_km_h: Option<f64>,
    /// The same if nobody waited, km/h.
    pub free_flow_km_h: f64,
    /// Waiting, s a vehicle and stop line.
    pub delay_s: Option<f64>,
    /// Share of arrivals on green.
    pub arrivals_on_green: Option<f64>,
}

/// A corridor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CorridorState {
    /// Its id.
    pub id: String,
    /// From the first intersection to the last.
    pub outbound: DirectionState,
    /// Back.
    pub inbound: DirectionState,
}

/// What is told of the whole street.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct Street {
    /// By corridor, in file order.
    pub corridors: Vec<CorridorState>,
    /// By intersection, approaches in the definition's order.
    pub approaches: Vec<Vec<ApproachState>>,
}

/// Watches a network.
#[derive(Debug, Clone)]
pub struct Watch {
    network: Arc<Network>,
    lamps: Vec<Lamps>,
    loops: Vec<Loops>,
    /// By intersection and approach.
    queues: Vec<Vec<Vec<LaneQueue>>>,
    last: Option<Moment>,
}

impl Watch {
    /// A watch that has seen nothing yet.
    pub fn new(network: Arc<Network>) -> Watch {
        let places = || network.indices().zip(network.intersections());
        let queues = places()
            .map(|(index, at)| {
                let lanes = |a: &crate::corridor::Approach| {
                    (0..a.lanes.len()).filter_map(|lane| LaneQueue::new(index, at, a, lane)).collect()
                };
                at.approaches.iter().map(lanes).collect()
            })
            .collect();
        let lamps = places().map(|(index, at)| Lamps::new(index, at)).collect();
        let loops = network.intersections().iter().map(Loops::new).collect();
        Watch { lamps, loops, queues, last: None, network }
    }

    /// Takes a cabinet's reading.
    pub fn hear(&mut self, at: IntersectionIndex, reading: &Reading) {
        let increments = self.loops[at.0].hear(reading);
        self.queues[at.0].iter_mut().flatten().for_each(|lane| lane.hear(reading.at, &increments));
    }

    /// Takes what each cabinet shows now, in network order; gives the greens that ended and the vehicles that came.
    pub fn see(&mut self, now: Moment, seen: &[Option<Seen<'_>>]) -> (Vec<Green>, Vec<LaneArrival>) {
        let over = self.last.map(|then| now.elapsed_since(then)).filter(|o| *o <= LONGEST_STEP).unwrap_or_default();
        self.last = Some(now);
        let (mut ended, mut arrivals) = (Vec::new(), Vec::new());
        for (index, at) in self.network.indices().zip(self.network.intersections()) {
            let lamps = &mut self.lamps[index.0];
            lamps.see(at, now, seen.get(index.0).copied().flatten(), &mut ended);
            for (approach, lanes) in at.approaches.iter().zip(&mut self.queues[index.0]) {
                for lane in lanes {
                    let came = lane.advance(now, over, lamps.since(lane.phase));
                    arrivals.extend((0..came).map(|_| LaneArrival { at: lane.at, from: approach.from, when: now }));
                }
            }
        }
        (ended, arrivals)
    }

    /// Since when a phase is green.
    pub fn green_since(&self, at: IntersectionIndex, phase: PhaseIndex) -> Option<Moment> {
        self.lamps[at.0].since(phase)
    }

    /// What the street does now.
    pub fn street(&self) -> Street {
        let approaches = self
            .network
            .indices()
            .map(|index| {
                let at = self.network.intersection(index);
                at.approaches
                    .iter()
                    .zip(&self.queues[index.0])
                    .map(|(a, lanes)| self.approach(index, a.from, lanes))
                    .collect()
            })
            .collect();
        let corridors = self.network.corridors().iter();
        let corridors = corridors.map(|c| CorridorState {
            id: c.id.clone(),
            outbound: self.direction(c, Direction::Outbound),
            inbound: self.direction(c, Direction::Inbound),
        });
        Street { corridors: corridors.collect(), approaches }
    }

    /// The road before an approach, m, where a neighbour of its corridor stands at its other end.
    fn road_m(&self, at: IntersectionIndex, from: Arm) -> Option<f64> {
        let (corridor, direction) = self.network.carried(at, from)?;
        let corridor = &self.network.corridors()[corridor];
        let place = corridor.members.iter().position(|m| m.intersection == at)?;
        let link = match direction {
            Direction::Outbound => corridor.links.get(place.checked_sub(1)?)?,
            Direction::Inbound => corridor.links.get(place)?,
        };
        Some(link.carriageway(direction).distance.get())
    }

    fn approach(&self, at: IntersectionIndex, from: Arm, lanes: &[LaneQueue]) -> ApproachState {
        let sums = total(lanes.iter());
        let seen = sums.watched_s > 0.0;
        let entry = || self.network.intersection(at).approach(from).map_or(f64::INFINITY, |a| a.entry.get());
        let road = self.road_m(at, from).unwrap_or_else(entry);
        let on_road = || lanes.iter().filter(|lane| self.runs_whole_road(at, from, lane.lane));
        let reach =
            on_road().map(LaneQueue::reach_m).fold(None, |most: Option<f64>, m| Some(most.map_or(m, |x| x.max(m))));
        let full_in = |lane: &LaneQueue| {
            let grows = lane.grows_m_s().filter(|g| *g > 0.0)?;
            Some(((road - lane.reach_m()) / grows).max(0.0)).filter(|s| *s <= WARN_WITHIN_S)
        };
        let green_share = ratio(sums.green_s, sums.watched_s);
        let on_green = ratio(sums.on_green, sums.vehicles);
        ApproachState {
            from: from.to_string(),
            flow_veh_h: seen.then(|| sums.vehicles * 3600.0 * lanes.len() as f64 / sums.watched_s),
            arrivals_on_green: on_green,
            platoon_ratio: on_green.zip(green_share).filter(|(_, g)| *g > 0.0).map(|(a, g)| a / g),
            delay_s: ratio(sums.waited_s, sums.vehicles),
            queue_m: reach.filter(|_| seen),
            share_full: reach.filter(|_| seen && road.is_finite()).map(|m| (m / road).min(1.0)),
            full_in_s: on_road()
                .filter_map(full_in)
                .fold(None, |least: Option<f64>, s| Some(least.map_or(s, |x| x.min(s)))),
        }
    }

    fn runs_whole_road(&self, at: IntersectionIndex, from: Arm, lane: usize) -> bool {
        let approach = self.network.intersection(at).approach(from);
        approach.and_then(|a| a.lanes.get(lane)).is_some_and(|lane| lane.pocket.is_none())
    }

    fn direction(&self, corridor: &Corridor, direction: Direction) -> DirectionState {
        let from = corridor.comes_from(direction);
        let (mut metres, mut seconds, mut free) = (0.0, 0.0, [0.0; 2]);
        let (mut all, mut seen) = (Sums::default(), true);
        for (k, link) in corridor.links.iter().enumerate() {
            let end = match direction {
                Direction::Outbound => k + 1,
                Direction::Inbound => k,
            };
            let at = corridor.members[end].intersection;
            let road = link.carriageway(direction);
            let (length, time) = (road.distance.get(), road.speed.seconds_over(road.distance));
            free = [free[0] + length, free[1] + time];
            let sums = self.straight_on(at, from);
            match ratio(sums.waited_s, sums.vehicles) {
                Some(delay) => {
                    metres += length * sums.vehicles;
                    seconds += (time + delay) * sums.vehicles;
                    all += sums;
                }
                None => seen = false,
            }
        }
        DirectionState {
            speed_km_h: ratio(metres, seconds).filter(|_| seen).map(|speed| speed * 3.6),
            free_flow_km_h: ratio(free[0], free[1]).unwrap_or(0.0) * 3.6,
            delay_s: ratio(all.waited_s, all.vehicles),
            arrivals_on_green: ratio(all.on_green, all.vehicles),
        }
    }

    /// Sums of the lanes that go straight on.
    fn straight_on(&self, at: IntersectionIndex, from: Arm) -> Sums {
        let here = self.network.intersection(at);
        let place = here.approaches.iter().position(|a| a.from == from && a.movements().has(Movement::Through));
        place.map_or_else(Sums::default, |k| total(self.queues[at.0][k].iter().filter(|lane| lane.through)))
    }
}

fn total<'a>(lanes: impl Iterator<Item = &'a LaneQueue>) -> Sums {
    lanes.fold(Sums::default(), |mut all, lane| {
        all += lane.minutes.total();
        all
    })
}

fn ratio(a: f64, b: f64) -> Option<f64> {
    (b > 0.0).then(|| a / b)
}
