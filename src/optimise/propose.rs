//! The proposal: cycle, splits and offsets together, for the whole network.
//!
//! Knows: all solvers of the room. Must not know: what runs now beyond the `start` it is given, or whether a plan is safe.
//!
//! ```text
//!  for each common cycle: splits by critical movements -> offsets exact per link -> cost
//!  where asked for, the best coupling decisions the same  -> cost
//!  the best few (and the start): climb                  -> the best: neighbouring cycles -> climb to the end of the work
//! ```

use super::brief::Brief;
use super::climb::{Climb, Reach};
use super::coupling::Coupling;
use super::cycle_length::candidates;
use super::cycle_prices::{CyclePrices, cycles_of};
use super::delay::{Prediction, prediction};
use super::grid::Grid;
use super::multiple::Rhythm;
use super::offsets::{self, Turn};
use super::scene::{RoadKind, Scene};
use super::seeds::Seeds;
use super::settings::{Grouping, Settings};
use super::splits::Alone;
use super::state::{Judge, State};
use crate::corridor::Network;
use crate::demand::Flows;
use crate::plan::Plan;
use crate::units::{CycleLength, Tenths};
use serde::Serialize;

/// Move sizes of a whole climb and of a polish, steps of the resolution.
const SIZES: [u32; 4] = [8, 4, 2, 1];
const POLISH_SIZES: [u32; 2] = [2, 1];
/// Candidates that are climbed from.
const CLIMBED: usize = 3;
/// By what share plans of unrelated cycles must beat others: in the model vehicles come evenly from a neighbour whose cycle does
/// not fit, in the street in platoons at ever other moments.
const FLATTERED: f64 = 0.02;
/// Coupling decisions that the whole evaluation is asked about.
const DECISIONS: usize = 4;

/// Plans for every intersection, with what they promise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    /// One plan an intersection, in the network's order: of one cycle, or of its halves and doubles where the start's are or the
    /// search's grouping allows, and of several where that allows groups.
    pub plans: Vec<Plan>,
    /// The common cycle; where there are several, that of the most intersections.
    pub cycle: CycleLength,
    /// Who shares a cycle with whom, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupling: Option<Coupling>,
    /// What they bring under the model.
    pub predicted: Prediction,
    /// What the start brings under the model, if one was given.
    pub start: Option<Prediction>,
    /// The common cycles tried, each with the best objective seen at it.
    pub tried: Vec<(CycleLength, f64)>,
    /// Work spent: approaches evaluated.
    pub work: u64,
}

impl Proposal {
    /// What the objective loses against the start, as a share of the start's; `None` without a start.
    pub fn gain(&self) -> Option<f64> {
        let start = self.start.as_ref()?.objective;
        (start > 0.0).then(|| 1.0 - self.predicted.objective / start)
    }
}

/// Why there is no proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoProposal {
    /// The start does not have one plan for every intersection.
    #[error("{given} plans for {needed} intersections")]
    PlanCount {
        /// Plans given.
        given: usize,
        /// Intersections.
        needed: usize,
    },
    /// No cycle lies in the search's range and every intersection's, minima and maxima included.
    #[error("no cycle length suits every intersection and the search's range; widen cycle_min..cycle_max")]
    NoCommonCycle,
    /// A plan of the start is outside its intersection's range of cycles, or holds a stage outside its least and longest green.
    #[error("the start's plans are not within minima and maxima, so they cannot be polished")]
    NotCoordinated,
}

struct Candidate {
    plans: Vec<Plan>,
    cost: f64,
}

impl Candidate {
    /// What it counts for among others: neighbours of unrelated cycles must gain more than what the model flatters them by.
    fn rank(&self) -> f64 {
        if Rhythm::of_plans(&self.plans).is_one() { self.cost } else { self.cost * (1.0 + FLATTERED) }
    }
}

/// [`Brief::propose`] for one set of flows.
pub fn propose(
    network: &Network,
    flows: &Flows,
    start: Option<&[Plan]>,
    settings: &Settings,
) -> Result<Proposal, NoProposal> {
    Brief::new(network, &flows.clone().into(), settings).propose(start)
}

/// [`Brief::polish`] for one set of flows.
pub fn polish(network: &Network, flows: &Flows, plans: &[Plan], settings: &Settings) -> Result<Proposal, NoProposal> {
    Brief::new(network, &flows.clone().into(), settings).polish(plans)
}

impl Brief<'_> {
    /// Searches cycle, splits and offsets together. Never worse than `start` under the model where `start` is itself a
    /// coordinated plan (one cycle and its halves and doubles, within every intersection's ranges): its intersections keep their
    /// multiples. Otherwise `start` only sets the guard's limits and the comparison, unless the cycle may not be changed. The work
    /// bound may be passed by the seeds of the candidate cycles and the prices of a coupling decision, never by more than those.
    pub fn propose(&self, start: Option<&[Plan]>) -> Result<Proposal, NoProposal> {
        let network = self.network;
        check_count(network, start)?;
        let (brief, settings) = (self, self.settings);
        let scene = brief.scene();
        let mean = self.samples.mean();
        let alone: Vec<Alone> = network.indices().map(|i| Alone::new(network, i, &mean, settings)).collect();
        let seeds = Seeds::new(network, &alone, Grid::new(network, self.settings));
        let judge = judge(&scene, start, settings);
        let search = &settings.search;
        let kept =
            |plans: &&[Plan]| valid(network, plans) && (!search.change_cycle || Rhythm::of_plans(plans).is_one());
        let start_kept = start.filter(kept);
        let (mut pool, prices, mut work) = self.pool(&scene, &judge, &seeds, start_kept, settings)?;
        let mut tried: Vec<(CycleLength, f64)> = Vec::new();
        pool.iter().for_each(|candidate| note(&mut tried, candidate));
        if let Some(plans) = start_kept {
            let state = State::new(&scene, plans, &judge);
            pool.push(Candidate { plans: plans.to_vec(), cost: state.total(&judge) });
        }
        // Stable: equal costs keep the order of the cycles.
        pool.sort_by(|a, b| a.rank().total_cmp(&b.rank()));
        // The start is always climbed from, whatever its rank: its neighbourhood is what a running street can reach soonest.
        if let Some(at) = start_kept.and_then(|s| pool.iter().position(|c| c.plans == s))
            && at >= CLIMBED
        {
            let own = pool.remove(at);
            pool.insert(CLIMBED - 1, own);
        }
        let share = search.work / 8;
        let mut best: Option<Candidate> = None;
        for candidate in pool.into_iter().take(CLIMBED) {
            let climbed = climb(&scene, &judge, candidate.plans, &SIZES, None, share, brief, &mut work);
            keep(&mut best, climbed, &mut tried);
        }
        let mut best = best.ok_or(NoProposal::NoCommonCycle)?;
        if search.change_cycle {
            neighbours(&scene, &judge, &seeds, brief, &mut best, &mut tried, &mut work);
        }
        let rest = search.work.saturating_sub(work);
        let grid = (seeds.grid().clone(), search.reorder);
        let mut last = Climb::new(&scene, &judge, best.plans.clone(), grid, None, rest, self.stop);
        last.run(&SIZES);
        last.kicks(&SIZES[1..]);
        work += last.work();
        if last.cost < best.cost {
            best = Candidate { plans: last.plans, cost: last.cost };
            note(&mut tried, &best);
        }
        let mut proposal = finish(&scene, &judge, best, start, start_kept.is_some(), tried, work)?;
        if let Some(prices) = prices {
            proposal.work += prices.work;
            proposal.coupling = Some(prices.of_plans(&scene, &judge, &proposal.plans));
        }
        Ok(proposal)
    }

    /// Where a search begins: every common cycle's own splits and offsets, and the best coupling decisions'; with the prices of
    /// those and the work spent on the rest.
    fn pool(
        &self,
        scene: &Scene,
        judge: &Judge,
        seeds: &Seeds,
        start: Option<&[Plan]>,
        settings: &Settings,
    ) -> Result<(Vec<Candidate>, Option<CyclePrices>, u64), NoProposal> {
        let search = &settings.search;
        let n = self.network.intersections().len();
        let rhythm = start.map_or_else(|| Rhythm::common(n, search.cycle_min), Rhythm::of_plans);
        let range = seeds.common_range(&rhythm, 0, search);
        let mut cycles = match (start, search.change_cycle, range) {
            (Some(_), false, _) => vec![rhythm.cycles[0]],
            (_, _, Some(range)) => candidates(range, search, seeds.step(&rhythm, 0)),
            (_, _, None) if search.grouping.is_common() => return Err(NoProposal::NoCommonCycle),
            (_, _, None) => Vec::new(),
        };
        let further: Vec<CycleLength> = start.iter().map(|_| rhythm.cycles[0]).chain(seeds.stored_cycles()).collect();
        for cycle in further {
            if range.is_some_and(|(low, high)| (low..=high).contains(&cycle)) && !cycles.contains(&cycle) {
                cycles.push(cycle);
            }
        }
        let mut work = 0;
        let mut pool: Vec<Candidate> = Vec::new();
        for &cycle in &cycles {
            if (start.is_some() || !pool.is_empty()) && (self.stop)() {
                break;
            }
            let plans = seeds.plans(&rhythm.with(0, cycle));
            pool.extend(plans.map(|plans| with_offsets(scene, judge, plans, 4, settings, &mut work)));
        }
        let decides = start.is_none() && !search.grouping.is_common() && !(self.stop)();
        let prices =
            if decides { CyclePrices::new(scene, judge, seeds, &cycles_of(seeds, n, search), self.stop) } else { None };
        let groups = search.grouping == Grouping::Groups;
        for decision in prices.iter().flat_map(|p| p.best(DECISIONS, groups, (search.cycle_min, search.cycle_max))) {
            let plans = prices.as_ref().map(|prices| prices.plans(&decision));
            pool.extend(plans.map(|plans| with_offsets(scene, judge, plans, 4, settings, &mut work)));
        }
        Ok((pool, prices, work))
    }

    /// Plans of the best few coupling decisions in which not everybody runs one cycle, each climbed from: for whoever can ask more
    /// than the model which of them are better. Halves and doubles, and with [`Grouping::Groups`] cycles of their own.
    pub fn alternatives(&self, most: usize) -> Vec<Vec<Plan>> {
        let (brief, settings) = (self, self.settings);
        let search = &settings.search;
        let scene = Scene::over(self.network, self.samples.all(), &settings.model);
        let mean = self.samples.mean();
        let alone: Vec<Alone> = self.network.indices().map(|i| Alone::new(self.network, i, &mean, settings)).collect();
        let seeds = Seeds::new(self.network, &alone, Grid::new(self.network, self.settings));
        let judge = judge(&scene, None, settings);
        let cycles = cycles_of(&seeds, self.network.intersections().len(), search);
        let Some(prices) = CyclePrices::new(&scene, &judge, &seeds, &cycles, self.stop) else { return Vec::new() };
        let groups = search.grouping == Grouping::Groups;
        let refined = |plans: Vec<Plan>| {
            let mut work = 0;
            let seeded = with_offsets(&scene, &judge, plans, 4, settings, &mut work);
            climb(&scene, &judge, seeded.plans, &SIZES, None, search.work, brief, &mut work).plans
        };
        let best = prices.best(most, groups, (search.cycle_min, search.cycle_max));
        best.iter().map(|decision| refined(prices.plans(decision))).collect()
    }

    /// Improves plans only in their neighbourhood: no green and no offset moves further than the search's
    /// `polish_reach`, the cycle stays. Never worse than `plans` under the model.
    pub fn polish(&self, plans: &[Plan]) -> Result<Proposal, NoProposal> {
        check_count(self.network, Some(plans))?;
        if !valid(self.network, plans) {
            return Err(NoProposal::NotCoordinated);
        }
        let (brief, settings) = (self, self.settings);
        let scene = brief.scene();
        let judge = judge(&scene, Some(plans), settings);
        let mut work = 0;
        let reach = Reach { from: plans.to_vec(), tenths: settings.search.polish_reach };
        let budget = settings.search.work;
        let best = climb(&scene, &judge, plans.to_vec(), &POLISH_SIZES, Some(reach), budget, brief, &mut work);
        let tried = vec![(plans[0].cycle, best.cost)];
        finish(&scene, &judge, best, Some(plans), true, tried, work)
    }
}

fn check_count(network: &Network, plans: Option<&[Plan]>) -> Result<(), NoProposal> {
    let needed = network.intersections().len();
    match plans {
        Some(plans) if plans.len() != needed => Err(NoProposal::PlanCount { given: plans.len(), needed }),
        _ => Ok(()),
    }
}

/// Whether every intersection may run its plan's cycle, and least and longest greens are kept.
fn valid(network: &Network, plans: &[Plan]) -> bool {
    network.intersections().iter().zip(plans).all(|(at, plan)| {
        (at.cycle.min..=at.cycle.max).contains(&plan.cycle)
            && plan.splits.iter().map(crate::plan::Split::length).sum::<Tenths>() == plan.cycle.length()
            && plan.splits.iter().all(|split| {
                let stage = at.stages.get(split.stage.0);
                stage.is_some_and(|s| (s.min_green..=s.max_green).contains(&split.green))
            })
    })
}

/// The judge, with the guard's limits taken from the start.
fn judge(scene: &Scene, start: Option<&[Plan]>, settings: &Settings) -> Judge {
    let mut judge = Judge::new(&settings.objective);
    if let (Some(guard), Some(plans)) = (settings.objective.side_guard, start) {
        let state = State::new(scene, plans, &judge);
        let limits = scene
            .roads
            .iter()
            .map(|road| {
                let delay: f64 = state.suffered[road.groups.clone()].iter().map(|s| s.delay).sum();
                let mean = if road.flow > 0.0 { delay / (road.flow * 3600.0) } else { 0.0 };
                match road.kind {
                    RoadKind::Side => (mean * (1.0 + guard.share)).max(mean + guard.seconds),
                    RoadKind::Corridor(..) => f64::INFINITY,
                }
            })
            .collect();
        judge.limits = Some((limits, guard.penalty));
    }
    judge
}

/// Plans at their best offsets for fixed profiles, so many rounds of them.
fn with_offsets(
    scene: &Scene,
    judge: &Judge,
    mut plans: Vec<Plan>,
    rounds: usize,
    settings: &Settings,
    work: &mut u64,
) -> Candidate {
    let mut state = State::new(scene, &plans, judge);
    let turn = if settings.search.reorder { Turn::Orders } else { Turn::Offsets };
    offsets::improve(scene, judge, &mut state, &mut plans, (&Grid::new(scene.network, settings), turn), rounds);
    *work += state.work;
    Candidate { cost: state.total(judge), plans }
}

#[expect(clippy::too_many_arguments, reason = "private; a struct for one call would hide what a climb needs")]
fn climb(
    scene: &Scene,
    judge: &Judge,
    plans: Vec<Plan>,
    sizes: &[u32],
    reach: Option<Reach>,
    budget: u64,
    brief: &Brief<'_>,
    work: &mut u64,
) -> Candidate {
    let grid = (Grid::new(scene.network, brief.settings), brief.settings.search.reorder);
    let mut climb = Climb::new(scene, judge, plans, grid, reach, budget, brief.stop);
    climb.run(sizes);
    *work += climb.work();
    Candidate { cost: climb.cost, plans: climb.plans }
}

fn keep(best: &mut Option<Candidate>, new: Candidate, tried: &mut Vec<(CycleLength, f64)>) {
    note(tried, &new);
    if best.as_ref().is_none_or(|b| new.rank() < b.rank()) {
        *best = Some(new);
    }
}

fn note(tried: &mut Vec<(CycleLength, f64)>, new: &Candidate) {
    let cycle = Rhythm::of_plans(&new.plans).cycles[0];
    match tried.iter_mut().find(|(c, _)| *c == cycle) {
        Some((_, cost)) => *cost = cost.min(new.cost),
        None => tried.push((cycle, new.cost)),
    }
}

/// Tries cycles near the best, nearer and nearer, the best's splits and offsets carried over; of each group of cycles in turn.
fn neighbours(
    scene: &Scene,
    judge: &Judge,
    seeds: &Seeds,
    brief: &Brief<'_>,
    best: &mut Candidate,
    tried: &mut Vec<(CycleLength, f64)>,
    work: &mut u64,
) {
    let settings = brief.settings;
    let search = &settings.search;
    let share = search.work / 16;
    for group in 0..Rhythm::of_plans(&best.plans).cycles.len() {
        // Cycles of this group already seen; those of the whole network where there is one group only.
        let mut seen: Vec<CycleLength> = Vec::new();
        let mut step = search.cycle_step.count() / 2;
        loop {
            let rhythm = Rhythm::of_plans(&best.plans);
            let Some(range) = rhythm.cycles.get(group).and_then(|_| seeds.common_range(&rhythm, group, search)) else {
                break;
            };
            let resolution = seeds.step(&rhythm, group);
            step = step / resolution * resolution;
            if step < resolution || *work >= search.work {
                break;
            }
            let mut improved = false;
            for signed in [-i64::from(step), i64::from(step)] {
                let length = i64::from(rhythm.cycles[group].length().count()) + signed;
                let cycle = u32::try_from(length).ok().and_then(|t| CycleLength::new(Tenths::new(t)));
                let Some(cycle) = cycle.filter(|c| (range.0..=range.1).contains(c)) else { continue };
                let known = if rhythm.is_one() && rhythm.is_plain() {
                    tried.iter().any(|(c, _)| *c == cycle)
                } else {
                    seen.contains(&cycle)
                };
                if known || *work >= search.work || (brief.stop)() {
                    continue;
                }
                seen.push(cycle);
                let Some(plans) = carried(seeds, &best.plans, &rhythm.with(group, cycle)) else { continue };
                let seeded = with_offsets(scene, judge, plans, 2, settings, work);
                let new = climb(scene, judge, seeded.plans, &SIZES[1..], None, share, brief, work);
                note(tried, &new);
                if new.cost < best.cost {
                    *best = new;
                    improved = true;
                    break;
                }
            }
            if !improved {
                step /= 2;
            }
        }
    }
}

/// The plans carried to the cycles of a rhythm: greens above their minima scaled, the remainder given where saturation is worst.
fn carried(seeds: &Seeds, plans: &[Plan], rhythm: &Rhythm) -> Option<Vec<Plan>> {
    plans.iter().enumerate().map(|(i, plan)| seeds.carried(i, plan, rhythm.cycle(i)?)).collect()
}

fn finish(
    scene: &Scene,
    judge: &Judge,
    best: Candidate,
    start: Option<&[Plan]>,
    kept: bool,
    mut tried: Vec<(CycleLength, f64)>,
    work: u64,
) -> Result<Proposal, NoProposal> {
    let mut state = State::new(scene, &best.plans, judge);
    let mut plans = best.plans;
    let start_state = start.map(|plans| State::new(scene, plans, judge));
    // Whatever incremental evaluation believed: the answer is judged whole, and against the start.
    if let (Some(start), Some(start_state)) = (start, &start_state)
        && kept
        && start_state.total(judge) <= state.total(judge)
    {
        plans = start.to_vec();
        state = start_state.clone();
    }
    tried.sort_by_key(|t| t.0);
    let cycle = *Rhythm::of_plans(&plans).cycles.first().ok_or(NoProposal::NoCommonCycle)?;
    Ok(Proposal {
        cycle,
        coupling: None,
        predicted: prediction(scene, &state, judge),
        start: start_state.map(|s| prediction(scene, &s, judge)),
        plans,
        tried,
        work,
    })
}

#[cfg(test)]
#[path = "propose_tests.rs"]
mod tests;
