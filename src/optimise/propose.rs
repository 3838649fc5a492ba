//! The proposal: cycle, splits and offsets together, for the whole network.
//!
//! Knows: all solvers of the room. Must not know: what runs now beyond the `start` it is given, or whether a plan is safe.
//!
//! ```text
//!  for each common cycle: splits by critical movements -> offsets exact per link -> cost
//!  the best few (and the start): climb                  -> the best: neighbouring cycles -> climb to the end of the work
//! ```

use super::brief::Brief;
use super::climb::{Climb, Reach};
use super::cycle_length::{candidates, common_range};
use super::delay::{Prediction, prediction};
use super::grid::on_the_grid;
use super::offsets;
use super::scene::{RoadKind, Scene};
use super::settings::Settings;
use super::splits::Alone;
use super::state::{Judge, State};
use crate::corridor::Network;
use crate::demand::Flows;
use crate::plan::Plan;
use crate::units::{CycleLength, Shift, Tenths};
use serde::Serialize;

/// Move sizes of a whole climb and of a polish, steps of the resolution.
const SIZES: [u32; 4] = [8, 4, 2, 1];
const POLISH_SIZES: [u32; 2] = [2, 1];
/// Candidates that are climbed from.
const CLIMBED: usize = 3;

/// Plans for every intersection, with what they promise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    /// One plan an intersection, in the network's order, all of one cycle.
    pub plans: Vec<Plan>,
    /// The common cycle.
    pub cycle: CycleLength,
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
    /// The start's plans do not share one cycle, or hold a stage outside its least and longest green.
    #[error("the start is no coordinated plan within minima and maxima, so it cannot be polished")]
    NotCoordinated,
}

struct Candidate {
    plans: Vec<Plan>,
    cost: f64,
}

/// [`Brief::propose`] for one set of flows.
pub fn propose(
    network: &Network,
    flows: &Flows,
    start: Option<&[Plan]>,
    settings: &Settings,
) -> Result<Proposal, NoProposal> {
    Brief { network, samples: &flows.clone().into(), settings, stop: &|| false }.propose(start)
}

/// [`Brief::polish`] for one set of flows.
pub fn polish(network: &Network, flows: &Flows, plans: &[Plan], settings: &Settings) -> Result<Proposal, NoProposal> {
    Brief { network, samples: &flows.clone().into(), settings, stop: &|| false }.polish(plans)
}

impl Brief<'_> {
    /// Searches cycle, splits and offsets together. Never worse than `start` under the model where `start` is itself a
    /// coordinated plan (one cycle, within every intersection's ranges); otherwise `start` only sets the guard's limits and
    /// the comparison. The work bound may be passed by the seeds of the candidate cycles, never by more than those.
    pub fn propose(&self, start: Option<&[Plan]>) -> Result<Proposal, NoProposal> {
        let network = self.network;
        check_count(network, start)?;
        let settings = &*on_the_grid(network, self.settings);
        let brief = &Brief { settings, ..*self };
        let scene = Scene::over(network, self.samples.all(), &settings.model);
        let mean = self.samples.mean();
        let alone: Vec<Alone> = network.indices().map(|i| Alone::new(network, i, &mean, settings)).collect();
        let judge = judge(&scene, start, settings);
        let search = &settings.search;
        let range = common_range(&scene, &alone, search);
        let start_kept = start.filter(|plans| coordinated(network, plans));
        let mut cycles = match (start_kept, search.change_cycle, range) {
            (Some(plans), false, _) => vec![plans[0].cycle],
            (_, _, Some(range)) => candidates(range, search),
            (_, _, None) => return Err(NoProposal::NoCommonCycle),
        };
        if let (Some(plans), Some(range)) = (start_kept, range)
            && (range.0..=range.1).contains(&plans[0].cycle)
            && !cycles.contains(&plans[0].cycle)
        {
            cycles.push(plans[0].cycle);
        }
        let mut work = 0;
        let mut pool: Vec<Candidate> = Vec::new();
        for &cycle in &cycles {
            if (start_kept.is_some() || !pool.is_empty()) && (self.stop)() {
                break;
            }
            pool.extend(seed(&scene, &judge, &alone, cycle, settings, &mut work));
        }
        let mut tried: Vec<(CycleLength, f64)> = pool.iter().map(|c| (c.plans[0].cycle, c.cost)).collect();
        if let Some(plans) = start_kept {
            let state = State::new(&scene, plans, &judge);
            pool.push(Candidate { plans: plans.to_vec(), cost: state.total(&judge) });
        }
        // Stable: equal costs keep the order of the cycles.
        pool.sort_by(|a, b| a.cost.total_cmp(&b.cost));
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
        if let (true, Some(range)) = (search.change_cycle, range) {
            neighbours(&scene, &judge, &alone, range, brief, &mut best, &mut tried, &mut work);
        }
        let rest = search.work.saturating_sub(work);
        let mut last = Climb::new(&scene, &judge, best.plans.clone(), search.resolution, None, rest, self.stop);
        last.run(&SIZES);
        last.kicks(&SIZES[1..]);
        work += last.work();
        if last.cost < best.cost {
            best = Candidate { plans: last.plans, cost: last.cost };
            note(&mut tried, &best);
        }
        finish(&scene, &judge, best, start, tried, work)
    }

    /// Improves coordinated plans only in their neighbourhood: no green and no offset moves further than the search's
    /// `polish_reach`, the cycle stays. Never worse than `plans` under the model.
    pub fn polish(&self, plans: &[Plan]) -> Result<Proposal, NoProposal> {
        check_count(self.network, Some(plans))?;
        if !coordinated(self.network, plans) {
            return Err(NoProposal::NotCoordinated);
        }
        let settings = &*on_the_grid(self.network, self.settings);
        let brief = &Brief { settings, ..*self };
        let scene = Scene::over(self.network, self.samples.all(), &settings.model);
        let judge = judge(&scene, Some(plans), settings);
        let mut work = 0;
        let reach = Reach { from: plans.to_vec(), tenths: settings.search.polish_reach };
        let budget = settings.search.work;
        let best = climb(&scene, &judge, plans.to_vec(), &POLISH_SIZES, Some(reach), budget, brief, &mut work);
        let tried = vec![(plans[0].cycle, best.cost)];
        finish(&scene, &judge, best, Some(plans), tried, work)
    }
}

fn check_count(network: &Network, plans: Option<&[Plan]>) -> Result<(), NoProposal> {
    let needed = network.intersections().len();
    match plans {
        Some(plans) if plans.len() != needed => Err(NoProposal::PlanCount { given: plans.len(), needed }),
        _ => Ok(()),
    }
}

/// Whether the plans share one cycle that every intersection may run, and keep least and longest greens.
fn coordinated(network: &Network, plans: &[Plan]) -> bool {
    plans.windows(2).all(|w| w[0].cycle == w[1].cycle)
        && network.intersections().iter().zip(plans).all(|(at, plan)| {
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

/// A candidate at a cycle: splits by critical movements (and by delay alone), offsets exact for fixed profiles.
fn seed(
    scene: &Scene,
    judge: &Judge,
    alone: &[Alone],
    cycle: CycleLength,
    settings: &Settings,
    work: &mut u64,
) -> Option<Candidate> {
    let resolution = settings.search.resolution;
    let mut plans = Vec::with_capacity(alone.len());
    for (at, alone) in scene.network.intersections().iter().zip(alone) {
        let mut greens = alone.by_saturation(cycle, resolution)?;
        alone.exchange(&mut greens, resolution);
        plans.push(Plan::from_greens(at, &greens, Shift::new(0))?);
    }
    Some(with_offsets(scene, judge, plans, 4, settings, work))
}

fn with_offsets(
    scene: &Scene,
    judge: &Judge,
    mut plans: Vec<Plan>,
    rounds: usize,
    settings: &Settings,
    work: &mut u64,
) -> Candidate {
    let mut state = State::new(scene, &plans, judge);
    offsets::improve(scene, judge, &mut state, &mut plans, settings.search.resolution, rounds);
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
    let mut climb = Climb::new(scene, judge, plans, brief.settings.search.resolution, reach, budget, brief.stop);
    climb.run(sizes);
    *work += climb.work();
    Candidate { cost: climb.cost, plans: climb.plans }
}

fn keep(best: &mut Option<Candidate>, new: Candidate, tried: &mut Vec<(CycleLength, f64)>) {
    note(tried, &new);
    if best.as_ref().is_none_or(|b| new.cost < b.cost) {
        *best = Some(new);
    }
}

fn note(tried: &mut Vec<(CycleLength, f64)>, new: &Candidate) {
    let cycle = new.plans[0].cycle;
    match tried.iter_mut().find(|(c, _)| *c == cycle) {
        Some((_, cost)) => *cost = cost.min(new.cost),
        None => tried.push((cycle, new.cost)),
    }
}

/// Tries cycles near the best, nearer and nearer, the best's splits and offsets carried over.
#[expect(clippy::too_many_arguments, reason = "private; one caller")]
fn neighbours(
    scene: &Scene,
    judge: &Judge,
    alone: &[Alone],
    range: (CycleLength, CycleLength),
    brief: &Brief<'_>,
    best: &mut Candidate,
    tried: &mut Vec<(CycleLength, f64)>,
    work: &mut u64,
) {
    let settings = brief.settings;
    let search = &settings.search;
    let resolution = i64::from(search.resolution.count().max(1));
    let mut step = i64::from(search.cycle_step.count()) / 2 / resolution * resolution;
    let share = search.work / 16;
    while step >= resolution && *work < search.work {
        let mut improved = false;
        for signed in [-step, step] {
            let length = i64::from(best.plans[0].cycle.length().count()) + signed;
            let cycle = u32::try_from(length).ok().and_then(|t| CycleLength::new(Tenths::new(t)));
            let Some(cycle) = cycle.filter(|c| (range.0..=range.1).contains(c)) else { continue };
            if tried.iter().any(|(c, _)| *c == cycle) || *work >= search.work || (brief.stop)() {
                continue;
            }
            let Some(plans) = carried(scene, alone, &best.plans, cycle, search.resolution) else { continue };
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
            step = step / 2 / resolution * resolution;
        }
    }
}

/// The plans carried to another cycle: greens above their minima scaled, the remainder given where saturation is worst.
fn carried(
    scene: &Scene,
    alone: &[Alone],
    plans: &[Plan],
    cycle: CycleLength,
    resolution: Tenths,
) -> Option<Vec<Plan>> {
    let mut all = Vec::with_capacity(plans.len());
    for ((at, alone), plan) in scene.network.intersections().iter().zip(alone).zip(plans) {
        let greens = alone.carried(&plan.stage_greens(), cycle, resolution)?;
        let order: Vec<_> = plan.order().collect();
        all.push(Plan::from_greens_in(at, &order, &greens, plan.offset.since_zero().later())?);
    }
    Some(all)
}

fn finish(
    scene: &Scene,
    judge: &Judge,
    best: Candidate,
    start: Option<&[Plan]>,
    mut tried: Vec<(CycleLength, f64)>,
    work: u64,
) -> Result<Proposal, NoProposal> {
    let mut state = State::new(scene, &best.plans, judge);
    let mut plans = best.plans;
    let start_state = start.map(|plans| State::new(scene, plans, judge));
    // Whatever incremental evaluation believed: the answer is judged whole, and against the start.
    if let (Some(start), Some(start_state)) = (start, &start_state)
        && coordinated(scene.network, start)
        && start_state.total(judge) <= state.total(judge)
    {
        plans = start.to_vec();
        state = start_state.clone();
    }
    tried.sort_by_key(|t| t.0);
    let cycle = plans.first().ok_or(NoProposal::NoCommonCycle)?.cycle;
    Ok(Proposal {
        cycle,
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
