//! What every intersection costs at every cycle, and every link at every pair of its ends' cycles.
//!
//! Knows: a scene, splits and profiles at each cycle. Must not know: who shall share a cycle with whom.
//!
//! ```text
//!  for each cycle: everybody's splits at it, offsets once round --State--> approaches without neighbours, departures
//!  for each link and pair of cycles that meet:     departures at the one, greens at the other --> least over all offsets
//!  for each link and cycle:                        the same vehicles coming evenly            --> apart
//! ```
//! A link's price is the least over the offsets of its ends alone: on a street all links can have theirs at once, where streets
//! close rings the sum is a lower bound.

use super::link_price;
use super::offsets;
use super::scene::Scene;
use super::seeds::Seeds;
use super::state::{Judge, State, steps_of};
use crate::plan::Plan;
use crate::units::{CycleLength, Tenths};
use std::collections::BTreeSet;

/// Rounds of offsets before departures are taken.
const ROUNDS: usize = 1;

/// An intersection at one of its cycles.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// Its place among all cycles.
    pub(super) cycle: usize,
    /// What it would run.
    pub(super) plan: Plan,
    /// Cost of its walkers and of approaches that no link feeds.
    pub(super) own: f64,
}

/// A link at every pair of its ends' choices.
#[derive(Debug, Clone)]
pub(super) struct Between {
    /// The near and the far intersection.
    pub(super) ends: [usize; 2],
    /// By choice of the near end, then of the far end: cost of what comes over the link, if it came evenly.
    pub(super) apart: Vec<Vec<f64>>,
    /// The same at the offsets that suit it best; `None` where the cycles do not meet.
    pub(super) together: Vec<Vec<Option<f64>>>,
}

impl Between {
    /// What the link costs: together where cycles meet, apart where not.
    pub(super) fn price(&self, near: usize, far: usize) -> f64 {
        self.together[near][far].unwrap_or(self.apart[near][far])
    }
}

/// All of it.
#[derive(Debug, Clone)]
pub(super) struct CyclePrices {
    /// The cycles, shortest first.
    pub(super) cycles: Vec<CycleLength>,
    /// By intersection.
    pub(super) choices: Vec<Vec<Choice>>,
    /// The links.
    pub(super) links: Vec<Between>,
    /// Roads evaluated.
    pub(super) work: u64,
}

impl CyclePrices {
    /// The prices at these cycles (in ascending order), of which each intersection may run those that it has a plan for. `None` where
    /// one has none at all, or when told to stop before.
    pub(super) fn new(
        scene: &Scene,
        judge: &Judge,
        seeds: &Seeds,
        cycles: &[CycleLength],
        stop: &dyn Fn() -> bool,
    ) -> Option<CyclePrices> {
        let count = scene.network.intersections().len();
        let plans = |i: usize| -> Vec<(usize, Plan)> {
            cycles.iter().enumerate().filter_map(|(k, &c)| seeds.plan(i, c).map(|plan| (k, plan))).collect()
        };
        let plans: Vec<Vec<(usize, Plan)>> = (0..count).map(plans).collect();
        if plans.iter().any(Vec::is_empty) {
            return None;
        }
        // Whoever cannot run a cycle runs the nearest that it can.
        let at = |k: usize| -> Vec<Plan> {
            let away = |j: usize| cycles[j].length().count().abs_diff(cycles[k].length().count());
            let nearest = |own: &Vec<(usize, Plan)>| own.iter().min_by_key(|(j, _)| away(*j)).map(|(_, p)| p.clone());
            plans.iter().filter_map(nearest).collect()
        };
        // The state of the longest has room for all.
        let mut longest = at(cycles.len() - 1);
        let roomy = State::new(scene, &longest, judge);
        let mut work = roomy.work;
        let mut states: Vec<State> = Vec::with_capacity(cycles.len());
        for k in 0..cycles.len() {
            if stop() {
                return None;
            }
            let mut state = roomy.clone();
            let mut plans = if k + 1 == cycles.len() { std::mem::take(&mut longest) } else { at(k) };
            for (i, plan) in plans.iter().enumerate() {
                state.set_plan(scene, i, plan);
            }
            state.refresh(scene, judge);
            let turn = (seeds.grid(), offsets::Turn::Offsets);
            offsets::improve(scene, judge, &mut state, &mut plans, turn, ROUNDS);
            work += state.work - roomy.work;
            states.push(state);
        }
        let own = |i: usize, k: usize| {
            let unfed = scene.roads_at[i].iter().filter(|&&r| scene.roads[r].feed.is_none());
            let waiting = judge.objective.pedestrian_weight * states[k].walkers[i].0;
            unfed.map(|&r| states[k].cost_of(scene, r, judge)).sum::<f64>() + waiting
        };
        let choices: Vec<Vec<Choice>> = plans
            .into_iter()
            .enumerate()
            .map(|(i, own_plans)| {
                own_plans.into_iter().map(|(cycle, plan)| Choice { cycle, plan, own: own(i, cycle) }).collect()
            })
            .collect();
        let mut links: Vec<Between> = Vec::new();
        for joint in scene.joints() {
            if stop() {
                return None;
            }
            let ends = [joint.ends.0, joint.ends.1];
            links.push(between(scene, judge, &states, cycles, &choices, ends, &mut work));
        }
        Some(CyclePrices { cycles: cycles.to_vec(), choices, links, work })
    }
}

fn between(
    scene: &Scene,
    judge: &Judge,
    states: &[State],
    cycles: &[CycleLength],
    choices: &[Vec<Choice>],
    ends: [usize; 2],
    work: &mut u64,
) -> Between {
    let [near, far] = ends;
    let into_far = rows(scene, judge, states, cycles, choices, (near, far), work);
    let into_near = rows(scene, judge, states, cycles, choices, (far, near), work);
    let together = |a: usize, b: usize| {
        let (to_far, to_near) = (into_far[b][a].1.as_ref()?, into_near[a][b].1.as_ref()?);
        Some(link_price::both(to_far, to_near).into_iter().fold(f64::INFINITY, f64::min))
    };
    let pairs = |a: usize| (0..choices[far].len()).map(move |b| (a, b));
    let rows_of = 0..choices[near].len();
    Between {
        ends,
        apart: rows_of.clone().map(|a| pairs(a).map(|(a, b)| into_far[b][a].0 + into_near[a][b].0).collect()).collect(),
        together: rows_of.map(|a| pairs(a).map(|(a, b)| together(a, b)).collect()).collect(),
    }
}

/// Cost of what comes over a link if it came evenly, and for every later green where cycles meet.
type Row = (f64, Option<Vec<f64>>);

/// By choice of the end that is driven to, then of the other.
fn rows(
    scene: &Scene,
    judge: &Judge,
    states: &[State],
    cycles: &[CycleLength],
    choices: &[Vec<Choice>],
    (from, to): (usize, usize),
    work: &mut u64,
) -> Vec<Vec<Row>> {
    let mut all = Vec::with_capacity(choices[to].len());
    let mut out = Vec::new();
    for green in &choices[to] {
        let mut state = states[green.cycle].clone();
        let before = state.work;
        let mut row = Vec::with_capacity(choices[from].len());
        for sent in &choices[from] {
            // The departures of the one cycle before the greens of the other.
            state.copy_from(&states[sent.cycle], scene, &scene.roads_at[from], &[from]);
            let fed = scene.roads_at[to].iter().filter(|&&r| scene.comes_from(r, from));
            let apart = fed.map(|&r| state.cost_apart(scene, r, judge)).sum();
            let meets = meet(cycles[green.cycle], cycles[sent.cycle]);
            if meets {
                link_price::row(scene, judge, &mut state, from, to, &mut out);
            }
            row.push((apart, meets.then(|| out.clone())));
        }
        *work += state.work - before;
        all.push(row);
    }
    all
}

/// Whether one of both cycles is a half, the whole or the double of the other, in the model's steps as well.
pub(super) fn meet(a: CycleLength, b: CycleLength) -> bool {
    super::Multiple::between(a, b).is_some_and(|m| {
        let (a, b) = (steps_of(a.length()), steps_of(b.length()));
        match m {
            super::Multiple::Half => 2 * a == b,
            super::Multiple::One => true,
            super::Multiple::Double => a == 2 * b,
        }
    })
}

/// The cycles worth a price: the search's steps over all that anybody may run, and halves and doubles of them; cycles of stored
/// plans as well. Shortest first.
pub(super) fn cycles_of(seeds: &Seeds, count: usize, search: &super::settings::Search) -> Vec<CycleLength> {
    let ranges: Vec<(u32, u32)> = (0..count).map(|i| seeds.range(i)).collect();
    let shortest = ranges.iter().map(|r| r.0).min().unwrap_or(0).max(search.cycle_min.length().count());
    let longest = ranges.iter().map(|r| r.1).max().unwrap_or(0).min(search.cycle_max.length().count());
    let in_range = |c: &CycleLength| {
        let tenths = c.length().count();
        ranges.iter().any(|r| (r.0..=r.1).contains(&tenths))
    };
    let step = 2 * seeds.grid().common().count().max(1);
    // Whole steps of the search, so that what one finds in one range it finds in another.
    let wide = search.cycle_step.count().div_ceil(step) * step;
    let bases = (shortest.div_ceil(wide)..=longest / wide).map(|k| k * wide);
    // The ends of what all can run are worth a look: often the shortest is best.
    let (low, high) = ranges.iter().fold((shortest, longest), |a, r| (a.0.max(r.0), a.1.min(r.1)));
    let ends = [low.div_ceil(step) * step, high / step * step].into_iter().filter(|&t| low <= t && t <= high);
    let bases = bases.chain(ends).filter_map(|t| CycleLength::new(Tenths::new(t)));
    let multiples = bases.flat_map(|base| super::Multiple::ALL.into_iter().filter_map(move |m| m.of(base)));
    let all: BTreeSet<CycleLength> = multiples.chain(seeds.stored_cycles()).filter(in_range).collect();
    all.into_iter().collect()
}
