//! The estimator: readings in, flows out.

use super::flows::Flows;
use super::platoons::{Platoon, Watch};
use super::profile::DayProfile;
use super::ratio::{OWN, Ratio, TOGETHER, bounded};
use crate::calendar::Calendar;
use crate::corridor::{Arm, DetectorKind, Intersection, IntersectionIndex, Movements, Network};
use crate::detection::{Channel, Health, Reading};
use crate::units::{CycleLength, Moment, Tenths, VehiclesPerHour};

/// The estimator's interval: counts are weighed every five minutes of the clock.
pub const INTERVAL: Tenths = Tenths::from_seconds(300);
/// An interval counts only if the detectors of a lane group were believed for at least this share of it.
const COVERAGE: f64 = 0.8;
/// Upstream loops of a lane group occupied for more than this share of an interval lie under a standing queue: what they
/// count is what the signal let through, and more wanted to pass.
const QUEUE_OCCUPANCY: f64 = 0.55;
/// How much more, at least, as a multiple of what was counted.
const QUEUE_FACTOR: f64 = 1.10;
/// A flow of the mean day is never taken as less than this, so that a first vehicle at night is no surprise without end.
const LEAST_EXPECTED_VEH_H: f64 = 6.0;

/// Lanes of one approach that share movements, and therefore can not be counted apart.
#[derive(Debug, Clone)]
struct Group {
    at: IntersectionIndex,
    from: Arm,
    movements: Movements,
    /// Per lane: the channels that can count it, the best first.
    lanes: Vec<Vec<usize>>,
    ratio: Ratio,
}

/// One channel's share of the running interval.
#[derive(Debug, Clone, Default)]
struct Tally {
    channel: Channel,
    vehicles: u32,
    occupied: Tenths,
    believed: Tenths,
}

/// Estimates the flows of a network from its detectors.
#[derive(Debug, Clone)]
pub struct Estimator {
    profile: DayProfile,
    calendar: Calendar,
    groups: Vec<Group>,
    /// By arm: all approaches from it together.
    together: [Ratio; 4],
    /// `[intersection][channel - 1]`; `None` where the definition has no loop on the channel.
    tallies: Vec<Vec<Option<Tally>>>,
    interval_end: Option<Moment>,
    watch: Watch,
}

impl Estimator {
    /// An estimator that knows the mean day and nothing of today.
    pub fn new(network: &Network, profile: DayProfile) -> Self {
        let mut groups = Vec::new();
        let mut tallies = Vec::new();
        for (index, at) in network.indices().zip(network.intersections()) {
            groups.extend(lane_groups(index, at));
            let channels = at.detectors.iter().map(|d| usize::from(d.channel)).max().unwrap_or(0);
            let mut here = vec![None; channels];
            at.detectors.iter().for_each(|d| here[usize::from(d.channel) - 1] = Some(Tally::default()));
            tallies.push(here);
        }
        Estimator {
            profile,
            calendar: Calendar::new(network),
            groups,
            together: [(); 4].map(|()| Ratio::new(TOGETHER)),
            tallies,
            interval_end: None,
            watch: Watch::new(network),
        }
    }

    /// Takes one cabinet's reading.
    pub fn hear(&mut self, at: IntersectionIndex, reading: &Reading) {
        for (channel, (tally, words)) in self.tallies[at.0].iter_mut().zip(&reading.channels).enumerate() {
            let Some(tally) = tally else { continue };
            if let Some(increment) = tally.channel.hear(reading.at, reading.boots, *words) {
                tally.vehicles += u32::from(increment.vehicles);
                tally.occupied += increment.occupied;
                tally.believed += increment.over;
                self.watch.hear(at, channel, reading.at, &increment);
            }
        }
    }

    /// Closes the interval when its end has come; tells whether it did, because that is when flows change.
    pub fn advance(&mut self, now: Moment) -> bool {
        self.watch.advance(now);
        let boundary = |after: Moment| Moment::new((after.count().div_euclid(3000) + 1) * 3000);
        let end = *self.interval_end.get_or_insert_with(|| boundary(now));
        if now < end {
            return false;
        }
        self.interval_end = Some(boundary(now));
        let middle = self.calendar.second_of_day(end - Tenths::from_seconds(150));
        let expected = self.profile.at(middle);
        let per_interval = INTERVAL.seconds() / 3600.0;
        let seen: Vec<(Option<f64>, f64)> = self
            .groups
            .iter()
            .map(|group| {
                let mean = group_flow(&expected, group).max(LEAST_EXPECTED_VEH_H) * per_interval;
                (counted(&self.tallies[group.at.0], &group.lanes), mean)
            })
            .collect();
        // First what all approaches from an arm share, which many vehicles tell; then what is each lane group's own.
        for (arm, together) in Arm::ALL.into_iter().zip(&mut self.together) {
            let mine = self.groups.iter().zip(&seen).filter(|(g, (counted, _))| g.from == arm && counted.is_some());
            let (counted, mean) = mine.fold((0.0, 0.0), |(c, m), (g, (counted, mean))| {
                // What is a group's own already must not be taken for everybody's, nor one liar's word for more than it may be.
                let share = bounded(counted.unwrap_or(0.0) / mean) / g.ratio.now();
                (c + share * mean, m + mean)
            });
            together.advance((mean > 0.0).then_some(counted), mean);
        }
        for (group, (counted, mean)) in self.groups.iter_mut().zip(&seen) {
            group.ratio.advance(*counted, mean * self.together[group.from as usize].now());
        }
        for tally in self.tallies.iter_mut().flatten().flatten() {
            tally.vehicles = 0;
            tally.occupied = Tenths::ZERO;
            tally.believed = Tenths::ZERO;
        }
        true
    }

    /// From now on intersections run these cycles, one each, under plans that stay as they are: arrivals are folded anew at them.
    /// `None`: plans are about to change, so what was folded is no more true.
    pub fn watch_cycles(&mut self, now: Moment, cycles: Option<&[CycleLength]>) {
        self.watch.begin(now, cycles);
    }

    /// Arrivals over the cycle where loops upstream have seen enough of them, and no queue stood over the loops.
    pub fn platoons(&self) -> Vec<Platoon> {
        self.watch.platoons()
    }

    /// The flows expected `ahead` of now: the mean day at that time, scaled by how today compares with it.
    pub fn flows(&self, now: Moment, ahead: Tenths) -> Flows {
        let mut flows = self.profile.at(self.calendar.second_of_day(now + ahead));
        for group in &self.groups {
            let intervals = ahead.seconds() / INTERVAL.seconds();
            let ratio = bounded(self.together[group.from as usize].ahead(intervals) * group.ratio.ahead(intervals));
            for movement in group.movements.iter() {
                let mean = flows.get(group.at, group.from, movement).get();
                if let Ok(flow) = VehiclesPerHour::new(mean * ratio) {
                    flows.set(group.at, group.from, movement, flow);
                }
            }
        }
        flows
    }

    /// The flows of the mean day `ahead` of now: what the day plans were made for.
    pub fn mean_day(&self, now: Moment, ahead: Tenths) -> Flows {
        self.profile.at(self.calendar.second_of_day(now + ahead))
    }

    /// The largest relative standard error of any lane group's ratio, with the number of groups: how sure the estimate is.
    pub fn uncertainty(&self) -> f64 {
        self.groups.iter().map(|g| g.ratio.sd()).fold(0.0, f64::max)
    }

    /// Puts a channel out of use, or back: meanwhile its lane is counted by another loop, or its flows are those of the mean day and of
    /// what all approaches from its arm share. Tells whether there is such a channel.
    pub fn exclude(&mut self, at: IntersectionIndex, channel: u16, excluded: bool) -> bool {
        let here = usize::from(channel).checked_sub(1).and_then(|k| self.tallies.get_mut(at.0)?.get_mut(k));
        let Some(Some(tally)) = here else { return false };
        tally.channel.exclude(excluded);
        true
    }

    /// Channels that are not believed now: intersection, channel, health.
    pub fn unbelieved(&self) -> impl Iterator<Item = (IntersectionIndex, u16, Health)> + '_ {
        self.tallies.iter().enumerate().flat_map(|(at, channels)| {
            channels.iter().enumerate().filter_map(move |(channel, tally)| {
                let health = tally.as_ref()?.channel.health();
                (health != Health::Good).then_some((IntersectionIndex(at), channel as u16 + 1, health))
            })
        })
    }
}

/// How many vehicles of a lane group wanted to pass in the interval, scaled to its whole length; `None` if some lane was not
/// seen enough. Under a standing queue that is more than were counted.
fn counted(tallies: &[Option<Tally>], lanes: &[Vec<usize>]) -> Option<f64> {
    let (mut vehicles, mut occupancy) = (0.0, 0.0);
    for channels in lanes {
        let seen = |channel: &usize| {
            let tally = tallies.get(*channel)?.as_ref()?;
            let share = tally.believed.seconds() / INTERVAL.seconds();
            (share >= COVERAGE)
                .then(|| (f64::from(tally.vehicles) / share, tally.occupied.seconds() / tally.believed.seconds()))
        };
        let (counted, occupied) = channels.iter().find_map(seen)?;
        vehicles += counted;
        occupancy += occupied / lanes.len() as f64;
    }
    Some(if occupancy > QUEUE_OCCUPANCY { vehicles * QUEUE_FACTOR } else { vehicles })
}

fn group_flow(flows: &Flows, group: &Group) -> f64 {
    group.movements.iter().map(|m| flows.get(group.at, group.from, m).get()).sum()
}

/// Lanes of each approach joined as long as they share a movement; only lanes with a detector can be in a counted group,
/// and a group with an uncounted lane is left to the mean day.
fn lane_groups(index: IntersectionIndex, at: &Intersection) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for approach in &at.approaches {
        let first = groups.len();
        for (number, lane) in approach.lanes.iter().enumerate() {
            let counts = |kind| matches!(kind, DetectorKind::StopLine | DetectorKind::Advance);
            let mut channels: Vec<_> = (at.detectors.iter())
                .filter(|d| d.from == approach.from && d.lane == number && counts(d.kind))
                .collect();
            // Upstream loops see demand; a stop-line loop sees only what the signal let through.
            channels.sort_by_key(|d| (d.kind == DetectorKind::StopLine, d.channel));
            let channels = channels.iter().map(|d| usize::from(d.channel) - 1).collect();
            let mut joined = Group {
                at: index,
                from: approach.from,
                movements: lane.movements,
                lanes: vec![channels],
                ratio: Ratio::new(OWN),
            };
            let mut kept = Vec::new();
            for group in groups.drain(first..) {
                if group.movements.meets(joined.movements) {
                    joined.movements = group.movements.iter().chain(joined.movements.iter()).collect();
                    joined.lanes.extend(group.lanes);
                } else {
                    kept.push(group);
                }
            }
            groups.extend(kept);
            groups.push(joined);
        }
    }
    groups
}
