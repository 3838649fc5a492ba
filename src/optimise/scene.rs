//! The street as the evaluation model sees it: roads (one approach each) with their lane groups, and who feeds whom.
//!
//! Knows: the network and one set of flows. Must not know: plans. Built once, evaluated many times.

use super::lanes::{LaneGroup, lane_groups};
use super::settings::Model;
use crate::corridor::{Arm, Carriageway, Direction, IntersectionIndex, Movement, Network, turn_yields};
use crate::demand::Flows;
use crate::units::{Metres, Tenths};
use std::ops::Range;

/// Whose delay the delay on a road is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoadKind {
    /// Carries a corridor (its index) in a direction.
    Corridor(usize, Direction),
    /// Crosses it, or belongs to none.
    Side,
}

/// A part of some lane group's departures that enters a road.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Feeder {
    /// Index of the lane group.
    pub(super) group: usize,
    /// Index of its road.
    pub(super) road: usize,
    /// Share of the group's departures that comes here.
    pub(super) share: f64,
    /// Whether the feeding road is evaluated before this one; otherwise its mean flow arrives evenly.
    pub(super) known: bool,
}

/// Arrivals as measured less those of the model under the plans they were measured under.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Correction {
    /// The cycle at both ends.
    pub(super) cycle: Tenths,
    /// Where on the clock's circle the upstream intersection's reference green began, steps.
    pub(super) upstream: f64,
    /// Vehicles a step.
    pub(super) more: Vec<f64>,
}

/// A lane group some of whose vehicles give way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filtering {
    /// The group.
    pub(super) own: usize,
    /// The share of its flow that gives way.
    pub(super) share: f64,
    /// Groups with who goes first, and how many of those are in the way, veh/s.
    pub(super) first: Vec<(usize, f64)>,
}

/// What arrives from the neighbour.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Feed {
    /// The upstream intersection.
    pub(super) from: usize,
    /// Cruise time over the link, s.
    pub(super) travel_s: f64,
    /// Who comes.
    pub(super) feeders: Vec<Feeder>,
}

/// One approach under one sample of flows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Road {
    /// The sample.
    pub(super) sample: usize,
    /// Its intersection.
    pub(super) at: usize,
    /// Where its traffic comes from.
    pub(super) from: Arm,
    /// Whose delay it counts as.
    pub(super) kind: RoadKind,
    /// Its lane groups, indices into [`Scene::groups`].
    pub(super) groups: Range<usize>,
    /// Flow wanted, veh/s.
    pub(super) flow: f64,
    /// Part of the flow that arrives evenly, veh/s.
    pub(super) even: f64,
    /// The neighbour's platoons.
    pub(super) feed: Option<Feed>,
    /// Roads that this one feeds.
    pub(super) feeds: Vec<usize>,
    /// What loops count more, or less, than the model expects.
    pub(super) correction: Option<Correction>,
}

/// A network under flows; under several samples of them its roads are there once for each, in that order, and signals
/// are what they share.
#[derive(Debug, Clone)]
pub(super) struct Scene<'a> {
    pub(super) network: &'a Network,
    pub(super) model: Model,
    pub(super) roads: Vec<Road>,
    pub(super) groups: Vec<LaneGroup>,
    /// Of each intersection the groups that give way, each with those who go first.
    pub(super) filtering: Vec<Vec<Filtering>>,
    /// Roads upstream first.
    pub(super) order: Vec<usize>,
    /// Roads of each intersection, of all samples.
    pub(super) roads_at: Vec<Vec<usize>>,
    /// How many samples of flows.
    pub(super) samples: usize,
}

/// A link of a corridor, for those who set offsets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Joint {
    /// The member nearer the corridor's start, and the other.
    pub(super) ends: (usize, usize),
}

impl<'a> Scene<'a> {
    /// The scene of a network under flows.
    pub(super) fn new(network: &'a Network, flows: &Flows, model: &Model) -> Scene<'a> {
        Scene::over(network, std::slice::from_ref(flows), model)
    }

    /// The scene of a network under samples of flows.
    pub(super) fn over(network: &'a Network, samples: &[Flows], model: &Model) -> Scene<'a> {
        let mut scene = Scene {
            network,
            model: model.clone(),
            roads: Vec::new(),
            groups: Vec::new(),
            filtering: Vec::new(),
            order: Vec::new(),
            roads_at: vec![Vec::new(); network.intersections().len()],
            samples: samples.len(),
        };
        for (sample, flows) in samples.iter().enumerate() {
            scene.add_sample(sample, flows);
        }
        scene.filtering = network.indices().map(|index| scene.filtering_at(index)).collect();
        scene.settle_order();
        scene
    }

    /// The groups of an intersection some of whose vehicles give way while others are green, under each sample.
    fn filtering_at(&self, index: IntersectionIndex) -> Vec<Filtering> {
        let at = self.network.intersection(index);
        let mut filtering = Vec::new();
        for sample in 0..self.samples {
            let mine = || self.roads_at[index.0].iter().map(|&r| &self.roads[r]).filter(|r| r.sample == sample);
            let all = || mine().flat_map(|road| road.groups.clone().map(|group| (road.from, group)));
            for (from, own) in all() {
                let mut yielding = [false; 4];
                let mut first = Vec::new();
                for (other_from, other) in all() {
                    let phases = self.groups[own].phase.zip(self.groups[other].phase);
                    if !phases.is_some_and(|pair| at.permissive.contains(&pair)) {
                        continue;
                    }
                    let mut in_the_way = 0.0;
                    for y in Movement::ALL {
                        let meets = |x: &Movement| turn_yields((from, *x), (other_from, y));
                        let turns: Vec<Movement> = Movement::ALL.into_iter().filter(meets).collect();
                        in_the_way += if turns.is_empty() { 0.0 } else { self.groups[other].flows[y as usize] };
                        turns.into_iter().for_each(|x| yielding[x as usize] = true);
                    }
                    first.push((other, in_the_way));
                }
                let group = &self.groups[own];
                let turning: f64 = group.flows.iter().zip(yielding).filter(|(_, y)| *y).map(|(f, _)| f).sum();
                if turning > 0.0 {
                    filtering.push(Filtering { own, share: turning / group.flow, first });
                }
            }
        }
        filtering
    }

    fn add_sample(&mut self, sample: usize, flows: &Flows) {
        let network = self.network;
        for index in network.indices() {
            for approach in &network.intersection(index).approaches {
                self.add_road(index, approach.from, sample, flows);
            }
        }
        for corridor in network.corridors() {
            for (k, link) in corridor.links.iter().enumerate() {
                let near = corridor.members[k].intersection.0;
                let far = corridor.members[k + 1].intersection.0;
                let into = corridor.outbound_from;
                self.join(sample, near, far, into, link.carriageway(Direction::Outbound));
                self.join(sample, far, near, into.opposite(), link.carriageway(Direction::Inbound));
            }
        }
    }

    fn add_road(&mut self, index: IntersectionIndex, from: Arm, sample: usize, flows: &Flows) {
        let at = self.network.intersection(index);
        let Some(approach) = at.approach(from) else { return };
        let by_movement = Movement::ALL.map(|m| flows.get(index, from, m).per_second());
        let kind = self.network.carried(index, from).map_or(RoadKind::Side, |(c, way)| RoadKind::Corridor(c, way));
        let first = self.groups.len();
        self.groups.extend(lane_groups(at, approach, by_movement));
        let groups = first..self.groups.len();
        let flow = self.groups[groups.clone()].iter().map(|g| g.flow).sum();
        self.roads_at[index.0].push(self.roads.len());
        self.roads.push(Road {
            sample,
            at: index.0,
            from,
            kind,
            groups,
            flow,
            even: flow,
            feed: None,
            feeds: Vec::new(),
            correction: None,
        });
    }

    /// Joins the road into `to` from arm `into` to all movements at `from` that leave towards it.
    fn join(&mut self, sample: usize, from: usize, to: usize, into: Arm, carriageway: Carriageway) {
        let Some(road) = self.road(sample, to, into) else { return };
        let mut feeders = Vec::new();
        let mut coming = 0.0;
        for &upstream in self.roads_at[from].iter().filter(|&&r| self.roads[r].sample == sample) {
            for movement in Movement::ALL {
                if self.roads[upstream].from.exit(movement) != into.opposite() {
                    continue;
                }
                for group in self.roads[upstream].groups.clone() {
                    let flow = self.groups[group].flows[movement as usize];
                    if flow > 0.0 {
                        coming += flow;
                        let share = self.groups[group].share(movement);
                        feeders.push(Feeder { group, road: upstream, share, known: false });
                    }
                }
            }
        }
        // Counts on both ends never agree exactly: what is missing joins between them, what is too much has left.
        let flow = self.roads[road].flow;
        if coming > flow {
            feeders.iter_mut().for_each(|f| f.share *= flow / coming);
        }
        for feeder in &feeders {
            if !self.roads[feeder.road].feeds.contains(&road) {
                self.roads[feeder.road].feeds.push(road);
            }
        }
        let slow = Metres::new(carriageway.distance.get() / self.model.cruise_share.max(0.05));
        let travel_s = slow.map_or(0.0, |distance| carriageway.speed.seconds_over(distance));
        self.roads[road].even = (flow - coming).max(0.0);
        self.roads[road].feed = Some(Feed { from, travel_s, feeders });
    }

    /// Orders roads upstream first. Where traffic can go round in a ring (turns between both directions, crossing
    /// corridors) the ring is cut at its road with most of its feeding flow known.
    fn settle_order(&mut self) {
        let n = self.roads.len();
        let mut placed = vec![false; n];
        let a_sample = n / self.samples.max(1);
        for turn in 0..n {
            let known = |road: &Road| {
                let feeders = road.feed.as_ref().map_or(&[][..], |f| &f.feeders[..]);
                let flow = |f: &Feeder| f.share * self.groups[f.group].flow;
                let all: f64 = feeders.iter().map(flow).sum();
                let got: f64 = feeders.iter().filter(|f| placed[f.road]).map(flow).sum();
                if all > 0.0 { got / all } else { 1.0 }
            };
            let mut best: Option<(usize, f64)> = None;
            // Sample after sample: nobody feeds another's roads.
            let first = turn / a_sample * a_sample;
            for r in (first..first + a_sample).filter(|&r| !placed[r]) {
                let k = known(&self.roads[r]);
                if best.is_none_or(|(_, b)| k > b + 1e-9) {
                    best = Some((r, k));
                }
            }
            let Some((next, _)) = best else { break };
            placed[next] = true;
            self.order.push(next);
        }
        let mut place = vec![0; n];
        for (position, &road) in self.order.iter().enumerate() {
            place[road] = position;
        }
        for (r, road) in self.roads.iter_mut().enumerate() {
            for feeder in road.feed.iter_mut().flat_map(|f| &mut f.feeders) {
                feeder.known = place[feeder.road] < place[r];
            }
        }
    }

    /// Whether a road's platoons come from an intersection.
    pub(super) fn comes_from(&self, road: usize, from: usize) -> bool {
        self.roads[road].feed.as_ref().is_some_and(|f| f.from == from)
    }

    /// The road of a sample into an intersection from an arm.
    pub(super) fn road(&self, sample: usize, at: usize, from: Arm) -> Option<usize> {
        self.roads_at[at].iter().copied().find(|&r| self.roads[r].from == from && self.roads[r].sample == sample)
    }

    /// What lies behind a link of a corridor, the link between its members `from - 1` and `from`: moved together, it changes
    /// that link's difference only. Where streets close a ring around the link, the corridor's own tail.
    pub(super) fn behind(&self, corridor: usize, from: usize) -> Vec<usize> {
        let members: Vec<usize> = self.network.corridors()[corridor].members.iter().map(|m| m.intersection.0).collect();
        let cut = (members[from - 1], members[from]);
        let joints = self.joints();
        let mut behind = vec![cut.1];
        let mut next = 0;
        while let Some(&here) = behind.get(next) {
            for &Joint { ends: (a, b) } in joints.iter().filter(|j| j.ends != cut && j.ends != (cut.1, cut.0)) {
                let there = if a == here { b } else { a };
                if (a == here || b == here) && !behind.contains(&there) {
                    behind.push(there);
                }
            }
            next += 1;
        }
        if behind.contains(&cut.0) { members[from..].to_vec() } else { behind }
    }

    /// All links, each pair of neighbours once.
    pub(super) fn joints(&self) -> Vec<Joint> {
        let mut joints: Vec<Joint> = Vec::new();
        for corridor in self.network.corridors() {
            for pair in corridor.members.windows(2) {
                let ends = (pair[0].intersection.0, pair[1].intersection.0);
                if !joints.iter().any(|j| j.ends == ends || j.ends == (ends.1, ends.0)) {
                    joints.push(Joint { ends });
                }
            }
        }
        joints
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::corridor::sample;

    #[test]
    fn a_link_is_fed_by_through_left_and_right() {
        let network = sample::arterial(&[400.0, 500.0]);
        let flows = testing::flows(&network, 1200.0, 900.0, 400.0);
        let scene = Scene::new(&network, &flows, &Model { cruise_share: 1.0, ..Model::default() });
        let road = &scene.roads[scene.road(0, 1, Arm::W).unwrap()];
        let feed = road.feed.as_ref().unwrap();
        assert_eq!(feed.from, 0);
        let mut arms: Vec<Arm> = feed.feeders.iter().map(|f| scene.roads[f.road].from).collect();
        arms.sort();
        assert_eq!(arms, [Arm::N, Arm::S, Arm::W]);
        assert!(feed.feeders.iter().all(|f| f.known));
        assert!((feed.travel_s - 28.8).abs() < 1e-9);
        let end = &scene.roads[scene.road(0, 0, Arm::W).unwrap()];
        assert!(end.feed.is_none() && (end.even - end.flow).abs() < 1e-12);
        assert_eq!(scene.joints().len(), 2);
    }
}
