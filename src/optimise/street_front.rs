//! Band and delay of a real street: what each width of its two-way bands costs in delay and stops, for plans whose cycles and
//! splits stay.
//!
//! Knows: the network, plans, flows, the front of bare problems. Must not know: cycles or splits as variables.
//!
//! What is exact: with the platoons of one set of plans held fixed, the least cost for every width ([`front`]). What is confirmed:
//! offsets change platoons, so every choice is valued by the whole evaluation; fronts are found under the platoons of several choices
//! (least delay, widest band, between them), and of all offsets found those stay that nothing beats in both.

use super::bandwidth::{Aim, BandProblem, widest};
use super::delay::{Prediction, prediction};
use super::grid::Grid;
use super::link_price::{self, unrolled};
use super::network::{OffsetLink, OffsetProblem, Prices, Setting};
use super::pareto::{FrontProblem, front};
use super::scene::{Joint, Scene};
use super::settings::Settings;
use super::state::{Judge, State, steps_of};
use super::street::band_problem;
use crate::corridor::{Corridor, Direction, Network};
use crate::demand::Flows;
use crate::plan::Plan;
use crate::plan::band::{Band, common_cycle, measure};
use crate::units::{Shift, Tenths};
use serde::Serialize;
use std::ops::Range;

/// Widths are told apart by whole multiples of this, s.
const LEVEL_S: f64 = 1.0;
/// Choices under whose platoons a front is found, at most.
const MOST_PRICED: usize = 4;
/// Widths that differ by less are one, s.
const SAME_S: f64 = 1e-6;

/// Which street, and what a pair of bands is.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontStreet {
    /// Index of the corridor.
    pub corridor: usize,
    /// Members the bands run through, two at least; the others go along with the end that is next to them.
    pub members: Range<usize>,
    /// Width of the inbound band for each second of the outbound band; 0 leaves the inbound band free.
    pub inbound_share: f64,
}

/// The choices between least delay and widest bands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreetFront {
    /// Members the bands run through.
    pub members: Range<usize>,
    /// From the least objective to the widest bands, each dearer and wider than the one before; never empty.
    pub choices: Vec<FrontChoice>,
}

/// One choice an engineer has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FrontChoice {
    /// The outbound band is at least this wide, the inbound band at least the share of it, s.
    pub guarantee_s: f64,
    /// The bands of the plans, measured: outbound, inbound; `None` where there is none.
    pub bands: [Option<Band>; 2],
    /// Objective under the platoons of the first choice held fixed, vehicle seconds an hour.
    pub fixed_cost: f64,
    /// Under these platoons no offsets on the grid with bands as wide cost less: proven.
    pub fixed_bound: f64,
    /// What the whole evaluation says of the plans.
    pub predicted: Prediction,
    /// One plan an intersection of the network.
    pub plans: Vec<Plan>,
}

/// Why there is no front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoFront {
    /// There is not one plan for every intersection.
    #[error("there is not one plan for every intersection")]
    PlanCount,
    /// The members are no part of a corridor.
    #[error("a front needs two neighbouring members of a corridor or more")]
    Members,
    /// Bands need cycles that go into the longest a whole number of times, and a green for traffic that goes straight on.
    #[error(
        "the cycles of the members do not go into the longest, or one has no green for traffic that goes straight on"
    )]
    NoBands,
    /// Somebody said stop.
    #[error("stopped before it was found")]
    Stopped,
}

/// The fewest parts of a corridor that have two-way bands, the outbound at least `least_s` wide and the inbound at least its share of
/// it; among as few parts the ones with the most band carried (the lesser width times the travel time it covers). Parts may be single
/// members. Empty where cycles differ or a through green is missing.
pub fn banded_parts(
    network: &Network,
    corridor: usize,
    plans: &[Plan],
    inbound_share: f64,
    least_s: f64,
) -> Vec<Range<usize>> {
    let n = network.corridors().get(corridor).map_or(0, |c| c.members.len());
    let aim = Aim::Sum { weights: [1.0, 1.0], least_s: [least_s, least_s * inbound_share] };
    // best[end]: parts and band carried of the members before `end`, and where their last part begins.
    let mut best: Vec<(usize, f64, usize)> = vec![(0, 0.0, 0)];
    for end in 1..=n {
        let mut choice: Option<(usize, f64, usize)> = None;
        for begin in (0..end).rev() {
            let Some(problem) = band_problem(network, corridor, plans, begin..end) else { return Vec::new() };
            let widths = match widest(&problem, aim) {
                Some(answer) => answer.widths_s,
                None if end - begin == 1 => [0.0; 2],
                // What has no bands has none with one member more.
                None => break,
            };
            let covered: f64 = problem.links.iter().map(|link| link[0] + link[1]).sum();
            let (parts, carried, _) = best[begin];
            let new = (parts + 1, carried + widths[0].min(widths[1]) * covered, begin);
            if choice.is_none_or(|c| new.0 < c.0 || (new.0 == c.0 && new.1 > c.1 + SAME_S)) {
                choice = Some(new);
            }
        }
        best.extend(choice);
    }
    let mut parts = Vec::new();
    let mut end = n;
    while end > 0 {
        parts.push(best[end].2..end);
        end = best[end].2;
    }
    parts.reverse();
    parts
}

/// The front of a street under plans, whose offsets alone are changed. Offsets stand on the resolution where the cycle is a whole
/// number of its steps, and otherwise on the model's steps, rounded; told are the widths that the rounded plans have.
pub fn street_front(
    network: &Network,
    flows: &Flows,
    plans: &[Plan],
    settings: &Settings,
    street: &FrontStreet,
    stop: &dyn Fn() -> bool,
) -> Result<StreetFront, NoFront> {
    if plans.len() != network.intersections().len() {
        return Err(NoFront::PlanCount);
    }
    let grid = Grid::new(network, settings);
    let scene = Scene::new(network, flows, &settings.model);
    let judge = Judge::new(&settings.objective);
    let ground = Ground::new(&scene, plans, street, grid.common())?;
    let mut found = vec![ground.choice(&judge, ground.still())];
    let mut priced: Vec<Vec<usize>> = Vec::new();
    while let Some(next) = next_to_price(&found, &priced) {
        if stop() {
            return Err(NoFront::Stopped);
        }
        let problem = ground.priced(&judge, &found[next]).ok_or(NoFront::NoBands)?;
        let points = ground.front(&problem, stop).ok_or(NoFront::Stopped)?;
        priced.push(found[next].shifts.clone());
        for (settings, _) in points {
            let shifts: Vec<usize> = settings.iter().map(|s| s.offset).collect();
            let shifts = ground.turned(&shifts);
            if !found.iter().any(|f| f.shifts == shifts) {
                found.push(ground.choice(&judge, shifts));
            }
        }
        found = best(found);
    }
    let problem = ground.priced(&judge, &found[0]).ok_or(NoFront::NoBands)?;
    let exact = ground.front(&problem, stop).ok_or(NoFront::Stopped)?;
    let tell = |choice: Found| {
        let least = exact.iter().find(|(_, wide)| *wide >= choice.guarantee_s - SAME_S).map(|(settings, _)| settings);
        let cost = |settings: &[Setting]| problem.cost(settings).unwrap_or(choice.cost);
        let fixed_cost = cost(&choice.shifts.iter().map(|&offset| Setting { offset, choice: 0 }).collect::<Vec<_>>());
        FrontChoice {
            guarantee_s: choice.guarantee_s,
            bands: choice.bands,
            fixed_cost,
            fixed_bound: least.map_or(fixed_cost, |settings| cost(settings)),
            predicted: prediction(&scene, &choice.state, &judge),
            plans: choice.plans,
        }
    };
    Ok(StreetFront { members: street.members.clone(), choices: found.into_iter().map(tell).collect() })
}

/// Offsets, valued.
struct Found {
    /// How much later each member goes than in the plans given, steps; the first stays.
    shifts: Vec<usize>,
    plans: Vec<Plan>,
    state: State,
    /// The whole evaluation's objective.
    cost: f64,
    bands: [Option<Band>; 2],
    guarantee_s: f64,
}

/// The choices that no other beats in both, cheapest first.
fn best(mut found: Vec<Found>) -> Vec<Found> {
    // Stable: of equals the one found first.
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(b.guarantee_s.total_cmp(&a.guarantee_s)));
    let mut widest = f64::NEG_INFINITY;
    found.retain(|f| {
        let wider = f.guarantee_s > widest + SAME_S;
        widest = widest.max(f.guarantee_s);
        wider
    });
    found
}

/// The choice under whose platoons the next front is found: the least, the widest, then the one amid the widest gap.
fn next_to_price(found: &[Found], priced: &[Vec<usize>]) -> Option<usize> {
    let last = found.len() - 1;
    let places = [0, last, last / 2, last / 4, 3 * last / 4];
    let new = |&k: &usize| !priced.contains(&found[k].shifts);
    places.into_iter().find(new).filter(|_| priced.len() < MOST_PRICED)
}

/// What stays the same in all choices.
struct Ground<'a> {
    scene: &'a Scene<'a>,
    corridor: &'a Corridor,
    street: &'a FrontStreet,
    plans: &'a [Plan],
    resolution: Tenths,
    /// Greens at the given offsets.
    bands: BandProblem,
    /// The longest cycle, into which all members' go a whole number of times.
    cycle: Tenths,
    /// Steps of the longest cycle in the model, and those on which offsets stand.
    modelled: usize,
    steps: usize,
    /// With which of the members each intersection goes.
    with: Vec<usize>,
}

impl<'a> Ground<'a> {
    fn new(
        scene: &'a Scene<'a>,
        plans: &'a [Plan],
        street: &'a FrontStreet,
        resolution: Tenths,
    ) -> Result<Ground<'a>, NoFront> {
        let corridor = scene.network.corridors().get(street.corridor).ok_or(NoFront::Members)?;
        let members = corridor.members.get(street.members.clone()).filter(|m| m.len() > 1).ok_or(NoFront::Members)?;
        let mut bands =
            band_problem(scene.network, street.corridor, plans, street.members.clone()).ok_or(NoFront::NoBands)?;
        for (member, patterns) in members.iter().zip(&mut bands.signals) {
            let offset = plans[member.intersection.0].offset.since_zero().seconds();
            patterns.iter_mut().for_each(|pattern| pattern.start_s.iter_mut().for_each(|start| *start += offset));
        }
        // The circle on which the bands come back, as the band problem has it.
        let cycle = common_cycle(corridor.members.iter().map(|m| plans[m.intersection.0].cycle));
        let cycle = cycle.ok_or(NoFront::NoBands)?.length();
        let modelled = steps_of(cycle);
        let whole = (cycle.count() / resolution.count().max(1)) as usize;
        let steps = if cycle.is_multiple_of(resolution) && whole <= modelled { whole } else { modelled };
        let with = with(scene, corridor, &street.members);
        Ok(Ground { scene, corridor, street, plans, resolution, bands, cycle, modelled, steps, with })
    }

    /// The given offsets.
    fn still(&self) -> Vec<usize> {
        vec![0; self.street.members.len()]
    }

    /// The same offsets, the first member where it was.
    fn turned(&self, shifts: &[usize]) -> Vec<usize> {
        let n = self.steps;
        shifts.iter().map(|s| (s + n - shifts[0]) % n).collect()
    }

    /// Values offsets.
    fn choice(&self, judge: &Judge, shifts: Vec<usize>) -> Found {
        let resolution = f64::from(self.resolution.count().max(1));
        let moved = |(plan, &with): (&Plan, &usize)| {
            let cycle = f64::from(self.cycle.count());
            let tenths = (cycle * shifts[with] as f64 / self.steps as f64 / resolution).round() * resolution;
            plan.at_offset(plan.offset.since_zero().later() + Shift::new(tenths as i64))
        };
        let plans: Vec<Plan> = self.plans.iter().zip(&self.with).map(moved).collect();
        let state = State::new(self.scene, &plans, judge);
        let network = self.scene.network;
        let bands = Direction::BOTH.map(|d| measure(network, self.corridor, &plans, self.street.members.clone(), d));
        let guarantee_s = self.guarantee(bands.map(|band| band.map_or(0.0, |b| b.width_s)));
        Found { cost: state.total(judge), shifts, plans, state, bands, guarantee_s }
    }

    /// What bands of these widths guarantee, in whole levels.
    fn guarantee(&self, widths_s: [f64; 2]) -> f64 {
        ((self.both(widths_s) + SAME_S) / LEVEL_S).floor() * LEVEL_S
    }

    /// The outbound width for which both bands suffice.
    fn both(&self, widths_s: [f64; 2]) -> f64 {
        let share = self.street.inbound_share;
        if share > 0.0 { widths_s[0].min(widths_s[1] / share) } else { widths_s[0] }
    }

    /// What differences of offsets cost under the platoons of a choice, counted from the given offsets; what is not on the street
    /// costs what it does.
    fn priced(&self, judge: &Judge, choice: &Found) -> Option<OffsetProblem> {
        let n = self.steps;
        let mut state = choice.state.clone();
        let mut links = Vec::new();
        let mut rest = choice.cost;
        for (k, pair) in self.corridor.members[self.street.members.clone()].windows(2).enumerate() {
            let ends = (pair[0].intersection.0, pair[1].intersection.0);
            let here = link_price::of(self.scene, judge, &mut state, ends)?;
            if !self.modelled.is_multiple_of(here.len()) {
                return None;
            }
            let here = unrolled(&here, self.modelled);
            rest -= here[0];
            let stands = choice.shifts[k + 1] + n - choice.shifts[k];
            let price: Vec<f64> = (0..n).map(|d| between(&here, (d + 2 * n - stands) % n, n)).collect();
            // Which of its greens a signal of half the cycle lends the bands costs nothing.
            let choices = [k, k + 1].map(|signal| self.bands.signals[signal].len());
            let mut prices = Prices::zero(choices, n);
            (0..choices[0]).for_each(|a| (0..choices[1]).for_each(|b| prices.row_mut(a, b).copy_from_slice(&price)));
            links.push(OffsetLink { ends: [k, k + 1], prices });
        }
        let mut own: Vec<Vec<f64>> = self.bands.signals.iter().map(|patterns| vec![0.0; patterns.len()]).collect();
        own[0].iter_mut().for_each(|cost| *cost = rest);
        OffsetProblem::new(n, own, links)
    }

    /// The exact front of priced differences: offsets, and the width for which both their bands suffice.
    fn front(&self, delay: &OffsetProblem, stop: &dyn Fn() -> bool) -> Option<Vec<(Vec<Setting>, f64)>> {
        let inbound_share = self.street.inbound_share;
        let points = front(&FrontProblem { bands: &self.bands, delay, inbound_share, level_s: LEVEL_S }, stop)?;
        Some(points.into_iter().map(|p| (p.settings, self.both(p.widths_s))).collect())
    }
}

/// The price `k` of `m` steps later, where it is known for as many steps as there are prices.
fn between(price: &[f64], k: usize, m: usize) -> f64 {
    let at = k as f64 * price.len() as f64 / m as f64;
    let (low, share) = (at.floor() as usize, at.fract());
    let next = price[(low + 1) % price.len()];
    if share > 0.0 { price[low] * (1.0 - share) + next * share } else { price[low] }
}

/// With which of some members of a corridor each intersection goes, so that no other link's difference changes: with the next
/// along the corridor, or over streets that join it there. Where streets close a ring, with whom is reached first.
fn with(scene: &Scene, corridor: &Corridor, members: &Range<usize>) -> Vec<usize> {
    let count = scene.network.intersections().len();
    let mut with: Vec<Option<usize>> = vec![None; count];
    let mut reached = Vec::new();
    for (k, member) in corridor.members.iter().enumerate() {
        with[member.intersection.0] = Some(k.clamp(members.start, members.end - 1) - members.start);
        reached.push(member.intersection.0);
    }
    let joints = scene.joints();
    let mut next = 0;
    while let Some(&here) = reached.get(next) {
        for &Joint { ends: (a, b) } in joints.iter().filter(|j| j.ends.0 == here || j.ends.1 == here) {
            let there = if a == here { b } else { a };
            if with[there].is_none() {
                with[there] = with[here];
                reached.push(there);
            }
        }
        next += 1;
    }
    with.into_iter().map(|w| w.unwrap_or(0)).collect()
}

#[cfg(test)]
#[path = "street_front_tests.rs"]
mod tests;
