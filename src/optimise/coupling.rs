//! The coupling decision: which neighbours share a cycle (or run a half or the double of it), which groups run one of their own, and
//! what coordination is worth to each intersection.
//!
//! Knows: prices of links and intersections by cycle. Must not know: how offsets are found, or what runs now.
//!
//! Every intersection chooses a cycle; it costs by itself, and every link costs by the choices of its ends: what its platoons suffer at
//! the best offset where cycles meet, what the same vehicles suffer coming evenly where they do not. That is the offset problem
//! with choices and a circle of one step, so [`super::network`] solves it: exact on a street and where streets close few rings, with a bound
//! otherwise. What is decided is an estimate; only the whole evaluation of plans says what it brings.

use super::cycle_prices::{Between, CyclePrices, cycles_of, meet};
use super::grid::Grid;
use super::multiple::{Multiple, Rhythm};
use super::network::{Budget, OffsetLink, OffsetProblem, Prices, solve_offsets};
use super::propose::NoProposal;
use super::scene::Scene;
use super::seeds::Seeds;
use super::settings::Settings;
use super::splits::Alone;
use super::state::{Judge, State};
use crate::corridor::{Direction, IntersectionIndex, Network};
use crate::demand::Flows;
use crate::plan::Plan;
use crate::units::CycleLength;
use serde::Serialize;

/// A link whose platoons save less than this share of what it costs is not coupled: the model is not that exact.
const LEAST_SHARE: f64 = 0.02;
/// Room of the search where streets close rings.
const PICTURES: usize = 400_000;
/// Metres of a mile, in which the handbooks' index counts.
const MILE_M: f64 = 1609.344;

/// Who shares a cycle with whom, and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coupling {
    /// Every pair of neighbours.
    pub links: Vec<LinkCoupling>,
    /// Who runs together: joined by coupled links.
    pub groups: Vec<CycleGroup>,
    /// Every intersection, in the network's order.
    pub intersections: Vec<IntersectionCoupling>,
    /// What the cheapest choice of cycles costs by the links' prices, vehicle seconds an hour.
    pub estimate: f64,
    /// No choice among the same cycles costs less by these prices; equal to `estimate` where that is proven.
    pub bound: f64,
}

/// Two neighbours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkCoupling {
    /// The member nearer the corridor's start, and the other.
    pub ends: [IntersectionIndex; 2],
    /// Whether their cycles meet and that is worth something.
    pub coupled: bool,
    /// What platoons save against the same vehicles coming evenly, at the cycles decided, vehicle seconds an hour; `None` where the
    /// cycles do not meet.
    pub saves_veh_s_per_h: Option<f64>,
    /// What the two alone would lose if each ran its own best cycle and what it gets from the other came evenly, against both
    /// coupled at the cycles best for the pair, vehicle seconds an hour; negative where they are better apart, `None` where no
    /// cycles of theirs meet.
    pub worth_veh_s_per_h: Option<f64>,
    /// The handbooks' coupling index, for comparison: vehicles of both directions in thousands an hour over the square of the
    /// distance in miles. FHWA, *Signal Timing on a Shoestring* (2005), after Hook and Albers (1999): couple above 50, consider from 1 to 50, and any
    /// neighbours closer than 2500 ft.
    pub index: f64,
}

/// Intersections of one rhythm, joined by coupled links.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CycleGroup {
    /// The cycle that most of them run.
    pub cycle: CycleLength,
    /// Who belongs to it.
    pub members: Vec<IntersectionIndex>,
}

/// One intersection's part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IntersectionCoupling {
    /// Its cycle.
    pub cycle: CycleLength,
    /// Which multiple of its group's cycle that is.
    pub multiple: Multiple,
    /// Its group.
    pub group: usize,
    /// What coordination is worth: the savings of its links, vehicle seconds an hour. Those for whom it is least are worth trying free.
    pub worth_veh_s_per_h: f64,
    /// Whether none of its links is coupled, so that nothing is lost by leaving it to its detectors. Whether free operation pays is
    /// found in the plant, not here.
    pub free: bool,
}

/// A choice of cycles with what it costs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decision {
    /// By intersection its choice.
    pub(super) choices: Vec<usize>,
    pub(super) cost: f64,
    pub(super) bound: f64,
}

/// The coupling decision for a network under flows, by estimates; [`propose`](fn@super::propose) with
/// [`Grouping`](super::Grouping) goes on from the best few and says what they bring.
///
/// # Errors
/// Where some intersection has no cycle at all.
pub fn couple(network: &Network, flows: &Flows, settings: &Settings) -> Result<Coupling, NoProposal> {
    let grid = Grid::new(network, settings);
    let scene = Scene::new(network, flows, &settings.model);
    let alone: Vec<Alone> = network.indices().map(|i| Alone::new(network, i, flows, settings)).collect();
    let seeds = Seeds::new(network, &alone, grid);
    let judge = Judge::new(&settings.objective);
    let cycles = cycles_of(&seeds, network.intersections().len(), &settings.search);
    let prices = CyclePrices::new(&scene, &judge, &seeds, &cycles, &|| false).ok_or(NoProposal::NoCommonCycle)?;
    let decision = prices.decide(&|_, _| true).ok_or(NoProposal::NoCommonCycle)?;
    let savings: Vec<Saving> = prices.links.iter().map(|link| prices.saving(link, &decision)).collect();
    Ok(prices.told(&scene, &prices.cycles_of(&decision), &savings))
}

/// What a link's platoons save, and what it would cost without them.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Saving {
    saves: Option<f64>,
    apart: f64,
}

/// A link under plans.
fn saving_of(scene: &Scene, judge: &Judge, state: &mut State, [near, far]: [usize; 2]) -> Saving {
    let (mut apart, mut together) = (0.0, 0.0);
    for (from, to) in [(near, far), (far, near)] {
        for &road in scene.roads_at[to].iter().filter(|&&r| scene.comes_from(r, from)) {
            together += state.cost_of(scene, road, judge);
            apart += state.cost_apart(scene, road, judge);
        }
    }
    Saving { saves: state.coupled(near, far).then_some(apart - together), apart }
}

/// What coordination is worth to each intersection under plans (one an intersection): how much more its links would cost if what
/// comes over them came evenly, vehicle seconds an hour. `None` when there is not one plan an intersection.
pub fn worth_of_coordination(
    network: &Network,
    flows: &Flows,
    plans: &[Plan],
    settings: &Settings,
) -> Option<Vec<f64>> {
    if plans.len() != network.intersections().len() {
        return None;
    }
    let scene = Scene::new(network, flows, &settings.model);
    let judge = Judge::new(&settings.objective);
    let mut state = State::new(&scene, plans, &judge);
    let mut worth = vec![0.0; plans.len()];
    for joint in scene.joints() {
        let ends = [joint.ends.0, joint.ends.1];
        let saves = saving_of(&scene, &judge, &mut state, ends).saves.unwrap_or(0.0);
        ends.iter().for_each(|&end| worth[end] += saves);
    }
    Some(worth)
}

impl CyclePrices {
    /// The cheapest choice of cycles among those allowed (by intersection and cycle); `None` where somebody is allowed none.
    pub(super) fn decide(&self, allowed: &dyn Fn(usize, CycleLength) -> bool) -> Option<Decision> {
        let places: Vec<Vec<usize>> = self
            .choices
            .iter()
            .enumerate()
            .map(|(i, all)| (0..all.len()).filter(|&k| allowed(i, self.cycles[all[k].cycle])).collect())
            .collect();
        let own = places.iter().zip(&self.choices).map(|(p, all)| p.iter().map(|&k| all[k].own).collect()).collect();
        let link = |between: &Between| {
            let [near, far] = between.ends.map(|e| &places[e]);
            let mut prices = Prices::zero([near.len(), far.len()], 1);
            for (a, &place) in near.iter().enumerate() {
                for (b, &other) in far.iter().enumerate() {
                    prices.row_mut(a, b)[0] = between.price(place, other);
                }
            }
            OffsetLink { ends: between.ends, prices }
        };
        let problem = OffsetProblem::new(1, own, self.links.iter().map(link).collect())?;
        let solution = solve_offsets(&problem, &Budget { most_pictures: PICTURES, ..Budget::default() });
        let choices = solution.settings.iter().zip(&places).map(|(s, places)| places[s.choice]).collect();
        Some(Decision { choices, cost: solution.cost, bound: solution.bound })
    }

    /// The best few decisions, cheapest first: for every common cycle the best halves, wholes and doubles of it, and with
    /// `groups` the best of all. Decisions in which everybody runs one cycle are left out, and none comes twice.
    pub(super) fn best(&self, most: usize, groups: bool, range: (CycleLength, CycleLength)) -> Vec<Decision> {
        let within = |base: &&CycleLength| (range.0..=range.1).contains(*base);
        let multiples =
            self.cycles.iter().filter(within).filter_map(|&base| {
                self.decide(&|_, cycle| Multiple::between(cycle, base).is_some() && meet(cycle, base))
            });
        let free = if groups { self.decide(&|_, _| true) } else { None };
        let mut all: Vec<Decision> = multiples.chain(free).filter(|d| !self.is_common(d)).collect();
        all.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        let mut best: Vec<Decision> = Vec::new();
        for decision in all {
            if best.len() < most && !best.iter().any(|b| b.choices == decision.choices) {
                best.push(decision);
            }
        }
        best
    }

    fn is_common(&self, decision: &Decision) -> bool {
        self.cycles_of(decision).windows(2).all(|w| w[0] == w[1])
    }

    /// The cycle of every intersection.
    pub(super) fn cycles_of(&self, decision: &Decision) -> Vec<CycleLength> {
        decision.choices.iter().zip(&self.choices).map(|(&k, all)| self.cycles[all[k].cycle]).collect()
    }

    /// Plans of a decision; offsets are still to be found.
    pub(super) fn plans(&self, decision: &Decision) -> Vec<Plan> {
        decision.choices.iter().zip(&self.choices).map(|(&k, all)| all[k].plan.clone()).collect()
    }

    /// The coupling that plans stand for: what links save is taken at the plans' own cycles and offsets.
    pub(super) fn of_plans(&self, scene: &Scene, judge: &Judge, plans: &[Plan]) -> Coupling {
        let mut state = State::new(scene, plans, judge);
        let savings: Vec<Saving> =
            self.links.iter().map(|link| saving_of(scene, judge, &mut state, link.ends)).collect();
        let cycles: Vec<CycleLength> = plans.iter().map(|plan| plan.cycle).collect();
        self.told(scene, &cycles, &savings)
    }

    fn saving(&self, link: &Between, decision: &Decision) -> Saving {
        let (a, b) = (decision.choices[link.ends[0]], decision.choices[link.ends[1]]);
        let apart = link.apart[a][b];
        Saving { saves: link.together[a][b].map(|together| apart - together), apart }
    }

    /// Cycles and savings as they are told.
    fn told(&self, scene: &Scene, cycles: &[CycleLength], savings: &[Saving]) -> Coupling {
        let links: Vec<LinkCoupling> =
            self.links.iter().zip(savings).map(|(link, saving)| self.link(scene, link, *saving)).collect();
        let mut part: Vec<usize> = (0..cycles.len()).collect();
        for link in links.iter().filter(|l| l.coupled) {
            let [a, b] = link.ends.map(|e| part[e.0]);
            part.iter_mut().filter(|p| **p == a.max(b)).for_each(|p| *p = a.min(b));
        }
        let mut groups = Vec::new();
        let mut intersections: Vec<Option<IntersectionCoupling>> = vec![None; cycles.len()];
        for first in 0..cycles.len() {
            let members: Vec<usize> = (0..cycles.len()).filter(|&i| part[i] == first).collect();
            if members.is_empty() {
                continue;
            }
            let rhythm = Rhythm::of_cycles(&members.iter().map(|&i| cycles[i]).collect::<Vec<_>>());
            for (place, &i) in members.iter().enumerate() {
                let own = || links.iter().filter(|l| l.ends.contains(&IntersectionIndex(i)));
                intersections[i] = Some(IntersectionCoupling {
                    cycle: cycles[i],
                    multiple: Multiple::between(cycles[i], rhythm.cycles[0]).unwrap_or(rhythm.of[place].1),
                    group: groups.len(),
                    worth_veh_s_per_h: own().filter_map(|l| l.saves_veh_s_per_h).sum(),
                    free: !own().any(|l| l.coupled),
                });
            }
            let members = members.into_iter().map(IntersectionIndex).collect();
            groups.push(CycleGroup { cycle: rhythm.cycles[0], members });
        }
        let intersections = intersections.into_iter().flatten().collect();
        let (estimate, bound) = self.decide(&|_, _| true).map_or((f64::INFINITY, 0.0), |d| (d.cost, d.bound));
        Coupling { links, groups, intersections, estimate, bound }
    }

    fn link(&self, scene: &Scene, link: &Between, Saving { saves, apart }: Saving) -> LinkCoupling {
        let [near, far] = link.ends;
        let (mut alone, mut coupled) = (f64::INFINITY, f64::INFINITY);
        for (a, here) in self.choices[near].iter().enumerate() {
            for (b, there) in self.choices[far].iter().enumerate() {
                let own = here.own + there.own;
                alone = alone.min(own + link.apart[a][b]);
                coupled = link.together[a][b].map_or(coupled, |together| coupled.min(own + together));
            }
        }
        LinkCoupling {
            ends: link.ends.map(IntersectionIndex),
            coupled: saves.is_some_and(|saves| saves > LEAST_SHARE * apart),
            saves_veh_s_per_h: saves,
            worth_veh_s_per_h: coupled.is_finite().then_some(alone - coupled),
            index: index(scene, near, far),
        }
    }
}

/// The handbooks' index of a link.
fn index(scene: &Scene, near: usize, far: usize) -> f64 {
    let flow = |from: usize, to: usize| {
        let fed = scene.roads_at[to].iter().filter(|&&r| scene.comes_from(r, from));
        fed.map(|&r| scene.roads[r].flow * 3600.0).sum::<f64>() / scene.samples as f64
    };
    let length = |c: &crate::corridor::Corridor| {
        let at = c.members.windows(2).position(|w| (w[0].intersection.0, w[1].intersection.0) == (near, far))?;
        let both = Direction::BOTH.map(|d| c.links[at].carriageway(d).distance.get());
        Some((both[0] + both[1]) / 2.0)
    };
    let miles = scene.network.corridors().iter().find_map(length).unwrap_or(f64::INFINITY) / MILE_M;
    (flow(near, far) + flow(far, near)) / 1000.0 / (miles * miles)
}

#[cfg(test)]
#[path = "coupling_tests.rs"]
mod tests;
