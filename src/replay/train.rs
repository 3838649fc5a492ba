//! The strongest fixed plan we can make (contract 16): day plans optimised by the model on the mean day, then improved in
//! the plant on training days, which are never reporting days (contract 17).
//!
//! ```text
//! per period:  model's optimum for the mean flows × each of FACTORS ──plant──► the best of them
//!              rounds: every intersection's greens and offset, small moves ──plant──► kept where all training days together
//!                      gain, and confirmed on days not used for choosing
//! ```
//! Where intersections may run halves, doubles or a cycle of their own, the best such plans are candidates too; the confirming days must
//! agree. Then those that coordination is worth least to are tried free by themselves.
//! Last, how much traffic a period must have for the plans to beat free operation, each on lighter copies of the same days.
//!
//! A plan for the mean of the flows is not the best plan on average: near saturation a busier day costs more than a quiet
//! one saves, so the plant decides how much busier a day the plan should be made for.

use super::arms::{actuation, isolated_plans, phase_at_start};
use super::study::in_parallel;
use crate::corridor::{Intersection, IntersectionIndex, Network, Period};
use crate::demand::{DayProfile, Flows};
use crate::optimise::{Brief, Grouping, NoProposal, Samples, Settings, free, worth_of_coordination};
use crate::plan::{DayPlans, Operation, Plan};
use crate::rig::{DayKind, DayName, Demand, LocalEntry, Rig, RigProblem, Run, Scenario};
use crate::units::{CycleLength, Tenths};

/// Demands the model's optimum is made for, as multiples of the mean day.
const FACTORS: [f64; 5] = [1.0, 1.08, 1.16, 1.24, 1.32];
/// Cycles tried beside the model's own choice, as multiples of it.
const CYCLES: [f64; 4] = [0.88, 1.0, 1.12, 1.25];
/// Decisions of several cycles tried for each demand.
const ALTERNATIVES: usize = 1;
/// Training days that choose …
const CHOOSING: [u64; 4] = [1, 2, 3, 4];
/// … and those that confirm a round.
const CONFIRMING: [u64; 4] = [11, 12, 13, 14];
/// Intersections tried free by themselves, those that coordination is worth least to.
const FREE_TRIES: usize = 3;
/// Shares of a training day's vehicles at which free operation is tried, busiest first.
const LEVELS: [f64; 7] = [1.15, 1.0, 0.85, 0.7, 0.55, 0.4, 0.25];
/// Longest piece of a period that is simulated.
const LONGEST_S: u32 = 80 * 60;
/// Warm-up of a training run.
const WARM_UP_S: u32 = 900;
/// What a stop is worth, in seconds of delay; the optimiser's own default.
const STOP_S: f64 = 8.0;
/// Moves of a green or an offset, in seconds.
const MOVES_S: [u32; 1] = [3];

/// How much training.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// Rounds of small moves in the plant, after the demand the plan is made for was chosen there.
    pub rounds: usize,
    /// Runs at the same time.
    pub threads: usize,
    /// Only periods that touch these seconds of the day are improved; all if absent.
    pub within: Option<(u32, u32)>,
    /// The days that the model's plans are made for together; the mean day where there are none.
    pub days: &'a [DayProfile],
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum TrainProblem {
    /// Some period has no plan at all.
    #[error(transparent)]
    NoProposal(#[from] NoProposal),
    /// The plant can not be built.
    #[error(transparent)]
    Rig(#[from] RigProblem),
}

/// Makes the day plans of a network. `scenario` draws the training days; without it nothing is chosen or
/// improved in the plant. `tell` hears about progress.
///
/// # Errors
/// When some period has no plan, or the plant can not be built.
pub fn train(
    network: &Network,
    profile: &DayProfile,
    scenario: Option<&Scenario>,
    settings: &Settings,
    training: &Training<'_>,
    tell: &mut dyn FnMut(String),
) -> Result<DayPlans, TrainProblem> {
    let mut plans: Vec<Vec<Plan>> = Vec::new();
    let (mut isolated_demand, mut free_below, mut actuated) = (Vec::new(), Vec::new(), Vec::new());
    let mut own = Vec::new();
    for (number, period) in network.periods().iter().enumerate() {
        let settings = &settings.weighing(network.weights(number));
        let of = |day: &DayProfile| day.mean(period.from_s, period.to_s);
        let flows = of(profile);
        let samples = Samples::new(training.days.iter().map(of).collect()).unwrap_or_else(|| flows.clone().into());
        let touched = training.within.is_none_or(|(from, to)| period.from_s < to && from < period.to_s);
        let chosen = match scenario.filter(|_| touched) {
            None => {
                isolated_demand.push(1.0);
                free_below.push(0.0);
                actuated.push(false);
                own.push(vec![None; network.intersections().len()]);
                Brief::new(network, &samples, settings).propose(None)?.plans
            }
            Some(scenario) => {
                let candidates = candidates(network, &samples, settings)?;
                let yard = Yard { network, scenario, period, threads: training.threads };
                isolated_demand.push(yard.isolated_demand(&flows, settings, tell)?);
                let plans = yard.improve(candidates, training.rounds, tell)?;
                let by_detectors = yard.actuated(&plans, tell)?;
                actuated.push(by_detectors);
                let followed = if by_detectors { Operation::Actuated } else { Operation::FixedTime };
                let asked: Vec<Plan> = plans.iter().map(|plan| plan.clone().run(followed)).collect();
                let asked = yard.free_alone(asked, &flows, settings, tell)?;
                own.push(asked.iter().map(|plan| Some(plan.operation).filter(|o| o.is_free())).collect());
                free_below.push(yard.free_below(&asked, &flows, settings, tell)?);
                asked.into_iter().map(|plan| plan.run(Operation::FixedTime)).collect()
            }
        };
        plans.push(chosen);
    }
    let book = DayPlans::new(network, plans).and_then(|book| book.with_isolated_demand(&isolated_demand));
    let book =
        book.and_then(|book| book.with_free_below(&free_below)?.with_actuated(&actuated)?.with_own_operations(own));
    book.ok_or(TrainProblem::NoProposal(NoProposal::NoCommonCycle))
}

/// What the model thinks best for several demands and cycles; where the settings let intersections run halves, doubles or a
/// cycle of their own, for each demand the best such decisions as well.
fn candidates(network: &Network, samples: &Samples, settings: &Settings) -> Result<Vec<Candidate>, NoProposal> {
    let mut candidates = Vec::new();
    let mut common = settings.clone();
    common.search.grouping = Grouping::Common;
    for factor in FACTORS {
        let samples = &samples.scaled(factor);
        let own = Brief::new(network, samples, &common).propose(None)?;
        for multiple in CYCLES {
            let seconds = (own.cycle.seconds() * multiple).round();
            let Some(cycle) = Tenths::parse_seconds(seconds).and_then(CycleLength::new) else { continue };
            let mut fixed = common.clone();
            (fixed.search.cycle_min, fixed.search.cycle_max) = (cycle, cycle);
            // Not every cycle suits every intersection.
            let found =
                if multiple == 1.0 { Ok(own.clone()) } else { Brief::new(network, samples, &fixed).propose(None) };
            candidates.extend(found.map(|p| Candidate { factor, plans: p.plans }));
        }
        if !settings.search.grouping.is_common() {
            let mixed = Brief::new(network, samples, settings).alternatives(ALTERNATIVES).into_iter();
            candidates.extend(mixed.map(|plans| Candidate { factor, plans }));
        }
    }
    Ok(candidates)
}

/// Plans and the demand they were made for, as a multiple of the mean day.
struct Candidate {
    factor: f64,
    plans: Vec<Plan>,
}

impl Candidate {
    fn is_common(&self) -> bool {
        self.plans.windows(2).all(|w| w[0].cycle == w[1].cycle)
    }
}

/// Where plans of one period are tried.
struct Yard<'a> {
    network: &'a Network,
    scenario: &'a Scenario,
    period: &'a Period,
    threads: usize,
}

impl Yard<'_> {
    /// The demand for which isolated plans do best: the baseline is given the same care as the coordinated plans.
    fn isolated_demand(
        &self,
        flows: &Flows,
        settings: &Settings,
        tell: &mut dyn FnMut(String),
    ) -> Result<f64, RigProblem> {
        let mut best = (f64::INFINITY, 1.0);
        for factor in FACTORS {
            let Some(plans) = isolated_plans(self.network, &flows.scaled(factor), settings) else { continue };
            let costs = in_parallel(self.threads, CHOOSING.len(), |d| self.day_cost(&plans, CHOOSING[d], true));
            let cost: f64 = costs.into_iter().sum::<Result<f64, _>>()?;
            if cost < best.0 {
                best = (cost, factor);
            }
        }
        tell(format!(
            "{}: isolated plans best made for {} of the mean day, cost {:.0}",
            self.period.name.en, best.1, best.0
        ));
        Ok(best.1)
    }

    /// Whether the plans cost less when their cabinets follow them coordinated-actuated, on the days that choose and on those
    /// that confirm.
    fn actuated(&self, plans: &[Plan], tell: &mut dyn FnMut(String)) -> Result<bool, RigProblem> {
        if !self.network.intersections().iter().all(Intersection::may_be_actuated) {
            return Ok(false);
        }
        let asked: Vec<Plan> = plans.iter().map(|plan| plan.clone().run(Operation::Actuated)).collect();
        let (held, followed) = (self.costs_at(plans, 1.0)?, self.costs_at(&asked, 1.0)?);
        let (sum, with) = (held.iter().sum::<f64>(), followed.iter().sum::<f64>());
        tell(format!("{}: plans cost {sum:.0} in fixed time, {with:.0} coordinated-actuated", self.period.name.en));
        Ok(saves(&held, &followed))
    }

    /// What plans cost at so much of the mean day's demand, on each day that chooses, then on each that confirms.
    fn costs_at(&self, plans: &[Plan], level: f64) -> Result<Vec<f64>, RigProblem> {
        let days: Vec<u64> = CHOOSING.into_iter().chain(CONFIRMING).collect();
        in_parallel(self.threads, days.len(), |d| self.run_cost(plans, days[d], false, level)).into_iter().collect()
    }

    /// The plans with those intersections free that cost less so, on the days that choose and on those that confirm; tried one by
    /// one where coordination is worth least.
    fn free_alone(
        &self,
        mut plans: Vec<Plan>,
        flows: &Flows,
        settings: &Settings,
        tell: &mut dyn FnMut(String),
    ) -> Result<Vec<Plan>, RigProblem> {
        let worth = worth_of_coordination(self.network, flows, &plans, settings).unwrap_or_default();
        let mut order: Vec<IntersectionIndex> = self.network.indices().collect();
        order.sort_by(|a, b| worth[a.0].total_cmp(&worth[b.0]));
        let able = |index: &IntersectionIndex| {
            Operation::Free.where_it_can(self.network.intersection(*index)) == Operation::Free
        };
        let mut held = None;
        for index in order.into_iter().filter(able).take(FREE_TRIES) {
            let Some(free) = free(self.network, index, flows, settings) else { continue };
            let before = match held.take() {
                Some(costs) => costs,
                None => self.costs_at(&plans, 1.0)?,
            };
            let mut tried = plans.clone();
            tried[index.0] = free;
            let after = self.costs_at(&tried, 1.0)?;
            let pays = saves(&before, &after);
            tell(format!(
                "{}: {} free by itself: cost {:.0} to {:.0}{}",
                self.period.name.en,
                self.network.intersection(index).id,
                before.iter().sum::<f64>(),
                after.iter().sum::<f64>(),
                if pays { "" } else { ", not kept" }
            ));
            if pays {
                plans = tried;
            }
            held = Some(if pays { after } else { before });
        }
        Ok(plans)
    }

    /// The share of the mean day's demand below which free operation costs less than the plans, on the days that choose and
    /// on those that confirm, at that share and every smaller one; 0 where it never does or a cabinet can not.
    fn free_below(
        &self,
        plans: &[Plan],
        flows: &Flows,
        settings: &Settings,
        tell: &mut dyn FnMut(String),
    ) -> Result<f64, RigProblem> {
        let mut best = 0.0;
        let free: Option<Vec<Plan>> = self.network.indices().map(|i| free(self.network, i, flows, settings)).collect();
        let Some(free) = free else { return Ok(best) };
        for &level in LEVELS.iter().rev() {
            let (held, freed) = (self.costs_at(plans, level)?, self.costs_at(&free, level)?);
            let (sum, freed_sum) = (held.iter().sum::<f64>(), freed.iter().sum::<f64>());
            tell(format!(
                "{}: at {level} of the mean day plans cost {sum:.0}, free operation {freed_sum:.0}",
                self.period.name.en
            ));
            if !saves(&held, &freed) {
                break;
            }
            best = level;
        }
        Ok(best)
    }

    fn improve(
        &self,
        candidates: Vec<Candidate>,
        rounds: usize,
        tell: &mut dyn FnMut(String),
    ) -> Result<Vec<Plan>, RigProblem> {
        let costs = candidates.iter().map(|c| self.cost(&c.plans, &CHOOSING)).collect::<Result<Vec<_>, _>>()?;
        let best = self.confirmed(&candidates, &costs, tell)?;
        let (mut plans, mut cost) = (candidates[best].plans.clone(), costs[best]);
        let name = &self.period.name.en;
        tell(format!(
            "{name}: best made for {} of the mean day with cycle {}: cost {cost:.0} veh s, mean day's own {:.0}",
            candidates[best].factor,
            plans.iter().map(|plan| plan.cycle).max().unwrap_or(plans[0].cycle),
            costs[1.min(costs.len() - 1)]
        ));
        let mut confirmed = self.cost(&plans, &CONFIRMING)?;
        for round in 1..=rounds {
            let (tried, tried_cost) = self.round(plans.clone(), cost)?;
            let check = self.cost(&tried, &CONFIRMING)?;
            tell(format!(
                "{name}, round {round}: chosen {cost:.0} to {tried_cost:.0}, confirming {confirmed:.0} to {check:.0}"
            ));
            if check >= confirmed || tried_cost >= cost {
                break;
            }
            (plans, cost, confirmed) = (tried, tried_cost, check);
        }
        Ok(plans)
    }

    /// The cheapest candidate on the days that choose; one of several cycles only if the days that confirm agree.
    fn confirmed(
        &self,
        candidates: &[Candidate],
        costs: &[f64],
        tell: &mut dyn FnMut(String),
    ) -> Result<usize, RigProblem> {
        let least = |common: bool| {
            let fit = (0..costs.len()).filter(|&c| !common || candidates[c].is_common());
            fit.min_by(|&a, &b| costs[a].total_cmp(&costs[b])).unwrap_or(0)
        };
        let (best, common) = (least(false), least(true));
        if candidates[best].is_common() {
            return Ok(best);
        }
        let mixed = self.cost(&candidates[best].plans, &CONFIRMING)?;
        let one = self.cost(&candidates[common].plans, &CONFIRMING)?;
        tell(format!(
            "{}: several cycles cost {:.0}, one {:.0}; confirming {mixed:.0} and {one:.0}",
            self.period.name.en, costs[best], costs[common]
        ));
        Ok(if mixed < one { best } else { common })
    }

    /// One pass over all intersections, busiest moves first in nothing but their order along the street.
    fn round(&self, mut plans: Vec<Plan>, mut cost: f64) -> Result<(Vec<Plan>, f64), RigProblem> {
        for index in self.network.indices() {
            for size in MOVES_S {
                // Moves of one intersection are tried at the same time, each on all days one after the other.
                let moves = moves(self.network, index, &plans[index.0], Tenths::from_seconds(size));
                let tried = in_parallel(self.threads, moves.len(), |m| {
                    let mut tried = plans.clone();
                    tried[index.0] = moves[m].clone();
                    self.cost_on_one_thread(&tried, &CHOOSING).map(|c| (c, tried))
                });
                for result in tried {
                    let (tried_cost, tried) = result?;
                    if tried_cost < cost {
                        (cost, plans) = (tried_cost, tried);
                    }
                }
            }
        }
        Ok((plans, cost))
    }

    fn cost(&self, plans: &[Plan], days: &[u64]) -> Result<f64, RigProblem> {
        let costs = in_parallel(self.threads, days.len(), |d| self.day_cost(plans, days[d], false));
        costs.into_iter().sum()
    }

    fn cost_on_one_thread(&self, plans: &[Plan], days: &[u64]) -> Result<f64, RigProblem> {
        days.iter().map(|&day| self.day_cost(plans, day, false)).sum()
    }

    /// Delay and stops of everybody who wished to enter in the period, in vehicle seconds.
    fn day_cost(&self, plans: &[Plan], day: u64, alone: bool) -> Result<f64, RigProblem> {
        self.run_cost(plans, day, alone, 1.0)
    }

    /// The same with so much of the day's vehicles.
    fn run_cost(&self, plans: &[Plan], day: u64, alone: bool, level: f64) -> Result<f64, RigProblem> {
        let from_s = self.period.from_s;
        let to_s = self.period.to_s.min(from_s + LONGEST_S);
        let demand = Demand::of(self.scenario, DayName { seed: day, kind: DayKind::Workday })?.scaled(level);
        let start_s = from_s.saturating_sub(WARM_UP_S);
        let run = Run { demand: &demand, day, seed: day * 1000 + 1, start_s, from_s, to_s };
        let entry = |(index, plan): (IntersectionIndex, &Plan)| {
            let alone = (alone || plan.operation.is_free()).then(|| phase_at_start(plan, run.seed, index));
            let by_detectors = !plan.operation.is_fixed_time();
            let actuation = by_detectors.then(|| actuation(self.network.intersection(index), plan.stage_greens()));
            vec![LocalEntry { from_s: 0, plan: plan.clone(), alone, actuation }]
        };
        let own: Vec<Vec<LocalEntry>> = self.network.indices().zip(plans).map(entry).collect();
        let rig = Rig::new(self.network, &own, &run)?;
        let mut second = start_s;
        while second < to_s + 900 && !(second >= to_s && rig.idle()) {
            second += 60;
            rig.advance_to(second);
        }
        let measures = rig.finish();
        Ok(measures.all.delay_s + STOP_S * measures.all.stops as f64)
    }
}

/// Whether the second costs are lower, on the days that choose and on those that confirm.
fn saves(before: &[f64], after: &[f64]) -> bool {
    let sum = |costs: &[f64]| costs.iter().sum::<f64>();
    let (chosen, confirmed) = (0..CHOOSING.len(), CHOOSING.len()..before.len());
    [chosen, confirmed].into_iter().all(|part| sum(&after[part.clone()]) < sum(&before[part]))
}

/// Small moves of one plan: a green given from one stage to another, or a later or earlier offset.
fn moves(network: &Network, index: IntersectionIndex, plan: &Plan, size: Tenths) -> Vec<Plan> {
    let at = network.intersection(index);
    let offset = plan.offset.since_zero().later();
    let mut moves = vec![plan.at_offset(offset + size.later()), plan.at_offset(offset + -size.later())];
    let greens = plan.greens();
    for give in 0..greens.len() {
        for take in (0..greens.len()).filter(|&t| t != give) {
            let (giver, taker) = (&at.stages[plan.splits[give].stage.0], &at.stages[plan.splits[take].stage.0]);
            if greens[give] < giver.min_green + size || greens[take] + size > taker.max_green {
                continue;
            }
            let mut moved = greens.clone();
            moved[give] = moved[give] - size;
            moved[take] += size;
            moves.extend(plan.with_greens(&moved).map(|moved| moved.run(Operation::FixedTime)));
        }
    }
    moves
}
