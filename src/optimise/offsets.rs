//! Offsets that are optimal for given profiles: a link's cost then depends on the difference of its ends' offsets only, so
//! the exact optimum is one minimum a link on a street, and the network's search where links close rings. Profiles change
//! downstream, hence the iteration; only what a whole evaluation confirms is accepted.
//!
//! Knows: a scene under plans. Must not know: splits or cycles as variables.

use super::brief::Brief;
use super::delay::{Prediction, prediction};
use super::fixed_profiles::{LinkPrice, fixed_profiles};
use super::grid::Grid;
use super::scene::{Joint, Scene};
use super::seeds::stored;
use super::settings::Settings;
use super::state::{Judge, State};
use crate::corridor::Network;
use crate::demand::Flows;
use crate::plan::Plan;
use crate::units::Shift;
use serde::Serialize;

/// The most rounds of profile and optimum.
const MOST_ROUNDS: usize = 12;

/// Offsets, with what is proven about them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OffsetAnswer {
    /// The plans at their new offsets.
    pub plans: Vec<Plan>,
    /// What they bring.
    pub predicted: Prediction,
    /// Least objective of the problem with the answer's profiles held fixed, vehicle seconds an hour: no offsets on the
    /// grid can do better unless they change a downstream platoon for the better.
    pub bound: f64,
    /// Objective less bound as a share of the objective; at least zero.
    pub gap: f64,
    /// Rounds of profile and optimum that were confirmed.
    pub rounds: usize,
}

/// The best offsets for the plans' cycles and splits, exact for fixed profiles and iterated. `None` when there is not one
/// plan an intersection.
pub fn optimise_offsets(network: &Network, flows: &Flows, plans: &[Plan], settings: &Settings) -> Option<OffsetAnswer> {
    if plans.len() != network.intersections().len() {
        return None;
    }
    let grid = Grid::new(network, settings);
    let scene = Scene::new(network, flows, &settings.model);
    let judge = Judge::new(&settings.objective);
    let mut plans = plans.to_vec();
    let mut state = State::new(&scene, &plans, &judge);
    let rounds = improve(&scene, &judge, &mut state, &mut plans, (&grid, Turn::Offsets), MOST_ROUNDS);
    let fixed = fixed_profiles(&scene, &judge, &mut state, &plans.iter().map(|p| vec![p.clone()]).collect::<Vec<_>>());
    let value = state.total(&judge);
    let gap = ((value - fixed.bound) / value.max(1e-9)).max(0.0);
    Some(OffsetAnswer { predicted: prediction(&scene, &state, &judge), plans, bound: fixed.bound, gap, rounds })
}

/// What is proven about plans' offsets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OffsetBound {
    /// What the plans cost, vehicle seconds an hour.
    pub objective: f64,
    /// No offsets in whole steps of the model (about a second) from these, and no orders of stages, cost less with these plans'
    /// platoons held fixed.
    pub bound: f64,
    /// Objective less bound as a share of the objective; at least zero.
    pub gap: f64,
}

impl Brief<'_> {
    /// The bound on offsets and orders under the plans' own platoons. `None` when there is not one plan an intersection.
    pub fn offset_bound(&self, plans: &[Plan]) -> Option<OffsetBound> {
        if plans.len() != self.network.intersections().len() {
            return None;
        }
        let scene = self.scene();
        let judge = Judge::new(&self.settings.objective);
        let mut state = State::new(&scene, plans, &judge);
        let turn = if self.settings.search.reorder { Turn::Orders } else { Turn::Offsets };
        let variants: Vec<Vec<Plan>> = (0..plans.len()).map(|i| variants(&scene, i, &plans[i], turn)).collect();
        let bound = fixed_profiles(&scene, &judge, &mut state, &variants).bound;
        let objective = state.total(&judge);
        Some(OffsetBound { objective, bound, gap: ((objective - bound) / objective.max(1e-9)).max(0.0) })
    }
}

/// What a round may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Offsets.
    Offsets,
    /// Offsets, and the order of the stages where another is permitted.
    Orders,
}

/// Iterates profile and optimum at most `rounds` times; `state` and `plans` agree before and after and never get worse.
/// Returns the rounds that were confirmed.
pub(super) fn improve(
    scene: &Scene,
    judge: &Judge,
    state: &mut State,
    plans: &mut Vec<Plan>,
    (grid, turn): (&Grid, Turn),
    rounds: usize,
) -> usize {
    let mut best = state.total(judge);
    let joints = scene.joints();
    for round in 0..rounds {
        let variants: Vec<Vec<Plan>> = (0..plans.len()).map(|i| variants(scene, i, &plans[i], turn)).collect();
        let fixed = fixed_profiles(scene, judge, state, &variants);
        let chosen: Vec<&LinkPrice> = fixed.links.iter().filter(|l| l.chosen != 0).collect();
        let turned: Vec<usize> = (0..plans.len()).filter(|&i| fixed.plan[i] != 0).collect();
        if chosen.is_empty() && turned.is_empty() {
            return round;
        }
        let before = best;
        let ordered: Vec<Plan> = variants.iter().zip(&fixed.plan).map(|(all, &k)| all[k].clone()).collect();
        let moved = shifted(&ordered, &fixed.later, grid);
        if !confirm(scene, judge, state, plans, &mut best, moved) {
            // Together they spoil each other's platoons: the most promising ones alone, one after the other.
            let mut single = chosen;
            single.sort_by(|a, b| b.gain().total_cmp(&a.gain()));
            let steps: Vec<usize> = (0..plans.len()).map(|i| state.steps(i)).collect();
            for link in single {
                let moved = shifted(plans, &behind(&joints, &steps, link), grid);
                confirm(scene, judge, state, plans, &mut best, moved);
            }
            for i in turned {
                let mut moved = plans.clone();
                let variant = &variants[i][fixed.plan[i]];
                // An order at the offset as it now is; a stored plan has its own.
                let at = &scene.network.intersections()[i];
                let now = plans[i].offset.since_zero().later();
                moved[i] = if at.stored_plans.is_empty() { variant.at_offset(now) } else { variant.clone() };
                confirm(scene, judge, state, plans, &mut best, moved);
            }
        }
        if best > before - 1e-9 * before.abs() {
            return round;
        }
    }
    rounds
}

/// The plans an intersection may have, its own first; a cabinet that picks among stored plans has those.
fn variants(scene: &Scene, i: usize, plan: &Plan, turn: Turn) -> Vec<Plan> {
    let at = &scene.network.intersections()[i];
    let mut all = vec![plan.clone()];
    all.extend(stored(at).into_iter().filter(|other| other.cycle == plan.cycle && other != plan));
    if turn == Turn::Orders && at.stored_plans.is_empty() {
        let others = at.orders().filter(|order| !plan.order().eq(order.iter().copied()));
        all.extend(others.filter_map(|order| plan.in_order(&order)));
    }
    all
}

/// Takes the plans if the whole evaluation is better with them.
fn confirm(
    scene: &Scene,
    judge: &Judge,
    state: &mut State,
    plans: &mut Vec<Plan>,
    best: &mut f64,
    moved: Vec<Plan>,
) -> bool {
    let changed: Vec<usize> = (0..plans.len()).filter(|&i| moved[i] != plans[i]).collect();
    let not_stored = |i: &usize| {
        let at = &scene.network.intersections()[*i];
        !at.stored_plans.is_empty() && !stored(at).contains(&moved[*i])
    };
    if changed.iter().any(not_stored) {
        return false;
    }
    for &i in &changed {
        state.set_plan(scene, i, &moved[i]);
    }
    let cost = state.refresh(scene, judge);
    let better = cost < *best - 1e-9 * best.abs();
    if better {
        *best = cost;
        *plans = moved;
    } else {
        for &i in &changed {
            state.set_plan(scene, i, &plans[i]);
        }
        *best = state.refresh(scene, judge);
    }
    better
}

/// Each plan later by a share of its cycle, in whole steps of its own.
fn shifted(plans: &[Plan], later: &[f64], grid: &Grid) -> Vec<Plan> {
    let moved = |(i, (plan, later)): (usize, (&Plan, &f64))| {
        let resolution = f64::from(grid.own(i).count().max(1));
        let cycle = f64::from(plan.cycle.length().count());
        let by = ((cycle * later / resolution).round() * resolution) as i64;
        if by == 0 { plan.clone() } else { plan.at_offset(plan.offset.since_zero().later() + Shift::new(by)) }
    };
    plans.iter().zip(later).enumerate().map(moved).collect()
}

/// One link alone gets its chosen difference: everything behind it goes later by as much, in shares of its own cycle,
/// outwards from the first intersection of each connected part; a link that closes a ring takes what comes.
fn behind(joints: &[Joint], steps: &[usize], link: &LinkPrice) -> Vec<f64> {
    let count = steps.len();
    let wish = |joint: &Joint| {
        if *joint == link.joint { link.chosen as f64 / link.price.len() as f64 } else { 0.0 }
    };
    let mut shift: Vec<Option<f64>> = vec![None; count];
    for root in 0..count {
        if shift[root].is_some() {
            continue;
        }
        shift[root] = Some(0.0);
        // Each round reaches the intersections one link further out.
        for _ in 0..joints.len() {
            let mut reached = false;
            for joint in joints {
                let (near, far) = joint.ends;
                match (shift[near], shift[far]) {
                    (Some(at), None) => shift[far] = Some(at + wish(joint)),
                    (None, Some(at)) => shift[near] = Some(at - wish(joint)),
                    _ => continue,
                }
                reached = true;
            }
            if !reached {
                break;
            }
        }
    }
    // Shares of the link's circle; an intersection's own may be a part or a multiple of it.
    let own = |(s, &steps): (Option<f64>, &usize)| s.unwrap_or(0.0) * (link.price.len() as f64 / steps as f64);
    shift.into_iter().zip(steps).map(own).collect()
}

#[cfg(test)]
#[path = "offset_bound_tests.rs"]
mod bound_tests;

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Stream};
    use super::*;
    use crate::corridor::{Arm, IntersectionIndex, Movement, sample};
    use crate::optimise::predict;
    use crate::units::{Tenths, VehiclesPerHour};

    fn start(network: &Network, greens: [u32; 4]) -> Vec<Plan> {
        let greens = greens.map(Tenths::from_seconds);
        network.intersections().iter().map(|at| Plan::from_greens(at, &greens, Shift::new(0)).unwrap()).collect()
    }

    #[test]
    fn two_intersections_are_solved_exactly() {
        // The ends' arrivals are even, so profiles do not depend on the offset and one round is the whole truth.
        let mut random = Stream(7);
        for _ in 0..8 {
            let network = sample::arterial(&[random.between(150.0, 900.0).round()]);
            let (west, east) = (random.between(500.0, 1900.0), random.between(500.0, 1900.0));
            let flows = testing::flows(&network, west, east, random.between(100.0, 450.0));
            let settings = Settings::default();
            let mut plans = start(&network, [30 + random.index(20) as u32, 10, 24, 9]);
            let answer = optimise_offsets(&network, &flows, &plans, &settings).unwrap();
            let cycle = plans[0].cycle.length().count() / 10;
            let mut least = f64::MAX;
            for offset in 0..i64::from(cycle) {
                plans[1] = plans[1].at_offset(Shift::new(10 * offset));
                least = least.min(predict(&network, &flows, &plans, &settings).unwrap().objective);
            }
            assert!(answer.predicted.objective <= least * (1.0 + 1e-6), "{} {least}", answer.predicted.objective);
            assert!(answer.gap < 1e-6, "{}", answer.gap);
            assert!(answer.bound <= least * (1.0 + 1e-6));
        }
    }

    #[test]
    fn orders_and_offsets_of_two_intersections_are_solved_exactly_together() {
        let mut random = Stream(9);
        let lead = [0, 3, 2, 1].map(crate::corridor::StageIndex);
        let mut turned = 0;
        for case in 0..6 {
            let spacing = random.between(150.0, 700.0).round();
            let network = sample::permitting(sample::arterial(&[spacing]), &[0, 3, 2, 1]);
            let (west, east) = (random.between(500.0, 1500.0), random.between(500.0, 1500.0));
            let mut flows = testing::flows(&network, west, east, 300.0);
            let left = VehiclesPerHour::new(random.between(60.0, 190.0)).unwrap();
            flows.set(IntersectionIndex(1), Arm::W, Movement::Left, left);
            flows.set(IntersectionIndex(0), Arm::E, Movement::Left, left);
            let settings = Settings::default();
            let scene = Scene::new(&network, &flows, &settings.model);
            let judge = Judge::new(&settings.objective);
            let first = start(&network, [34, 14, 24, 9]);
            let mut least = [f64::MAX; 2];
            for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
                let of = |plan: &Plan, other: bool| if other { plan.in_order(&lead).unwrap() } else { plan.clone() };
                let mut tried = vec![of(&first[0], a), of(&first[1], b)];
                for offset in 0..i64::from(tried[0].cycle.length().count() / 10) {
                    tried[1] = tried[1].at_offset(Shift::new(10 * offset));
                    let cost = predict(&network, &flows, &tried, &settings).unwrap().objective;
                    least[usize::from(a || b)] = least[usize::from(a || b)].min(cost);
                }
            }
            let best = least[0].min(least[1]);
            let mut plans = first;
            let mut state = State::new(&scene, &plans, &judge);
            improve(
                &scene,
                &judge,
                &mut state,
                &mut plans,
                (&Grid::new(&network, &settings), Turn::Orders),
                MOST_ROUNDS,
            );
            let found = predict(&network, &flows, &plans, &settings).unwrap().objective;
            assert!(found <= best * (1.0 + 1e-6), "case {case}: {found} {least:?}");
            let other = plans.iter().any(|plan| !plan.is_programmed_order());
            assert_eq!(other, least[1] < least[0], "case {case}: {least:?}");
            turned += usize::from(least[1] < 0.995 * least[0]);
            let mut plans = start(&network, [34, 14, 24, 9]);
            let mut state = State::new(&scene, &plans, &judge);
            improve(
                &scene,
                &judge,
                &mut state,
                &mut plans,
                (&Grid::new(&network, &settings), Turn::Offsets),
                MOST_ROUNDS,
            );
            assert!(plans.iter().all(Plan::is_programmed_order));
        }
        assert!(turned > 0, "another order clearly wins somewhere");
    }

    #[test]
    fn halves_of_a_cycle_are_solved_exactly() {
        let network = sample::arterial(&[380.0]);
        let flows = testing::flows(&network, 900.0, 700.0, 300.0);
        let settings = Settings::default();
        let whole = start(&network, [60, 20, 40, 12]).remove(0);
        let greens = [18, 8, 22, 8].map(Tenths::from_seconds);
        let half = Plan::from_greens(&network.intersections()[1], &greens, Shift::new(110)).unwrap();
        assert_eq!(whole.cycle.length().count(), 2 * half.cycle.length().count());
        for flip in [false, true] {
            let mut plans = vec![whole.clone(), half.clone()];
            if flip {
                plans.swap(0, 1);
            }
            let answer = optimise_offsets(&network, &flows, &plans, &settings).unwrap();
            let mut least = f64::MAX;
            for offset in 0..76 {
                let at = usize::from(!flip);
                plans[at] = plans[at].at_offset(Shift::new(10 * offset));
                least = least.min(predict(&network, &flows, &plans, &settings).unwrap().objective);
            }
            assert!(answer.predicted.objective <= least * (1.0 + 1e-6), "{} {least}", answer.predicted.objective);
            assert!(answer.gap < 1e-6 && answer.bound <= least * (1.0 + 1e-6), "{answer:?}");
            assert_eq!(
                answer.plans.iter().map(|p| p.cycle).collect::<Vec<_>>(),
                plans.iter().map(|p| p.cycle).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn the_bound_of_plans_is_below_every_offset_under_their_platoons() {
        // Two intersections fed evenly from outside: profiles do not depend on offsets.
        let network = sample::arterial(&[430.0]);
        let flows = testing::flows(&network, 1300.0, 900.0, 300.0);
        let settings = Settings::default();
        let mut plans = start(&network, [36, 10, 24, 9]);
        let samples = flows.clone().into();
        let brief = Brief::new(&network, &samples, &settings);
        let told = brief.offset_bound(&plans).unwrap();
        let cost = |plans: &[Plan]| predict(&network, &flows, plans, &settings).unwrap().objective;
        assert!((told.objective - cost(&plans)).abs() < 1e-6 * told.objective);
        let mut least = f64::MAX;
        for offset in 0..i64::from(plans[0].cycle.length().count() / 10) {
            plans[1] = plans[1].at_offset(Shift::new(10 * offset));
            least = least.min(cost(&plans));
        }
        assert!((told.bound - least).abs() < 1e-6 * least, "{} {least}", told.bound);
        assert!((told.gap - (1.0 - told.bound / told.objective)).abs() < 1e-12 && told.gap > 0.0);
        assert!(brief.offset_bound(&plans[..1]).is_none());
    }

    #[test]
    fn a_ring_is_closed_at_its_best() {
        let network = sample::block([420.0, 380.0, 310.0, 260.0]);
        let mut flows = Flows::none(&network);
        for (i, from, flow) in [(0, Arm::W, 900.0), (1, Arm::E, 700.0), (2, Arm::W, 500.0), (3, Arm::E, 1000.0)] {
            for at in [i, i ^ 1] {
                flows.set(IntersectionIndex(at), from, Movement::Through, VehiclesPerHour::new(flow).unwrap());
            }
        }
        for (i, from, flow) in [(0, Arm::S, 500.0), (1, Arm::S, 400.0), (2, Arm::N, 600.0), (3, Arm::N, 450.0)] {
            for at in [i, i ^ 2] {
                flows.set(IntersectionIndex(at), from, Movement::Through, VehiclesPerHour::new(flow).unwrap());
            }
        }
        let settings = Settings::default();
        let mut plans = start(&network, [30, 8, 24, 8]);
        let scene = Scene::new(&network, &flows, &settings.model);
        let judge = Judge::new(&settings.objective);
        let mut state = State::new(&scene, &plans, &judge);
        let variants: Vec<Vec<Plan>> = plans.iter().map(|p| vec![p.clone()]).collect();
        let fixed = fixed_profiles(&scene, &judge, &mut state, &variants);
        assert_eq!(fixed.links.len(), 4);
        let total = state.total(&judge);
        let n = fixed.links[0].price.len();
        let at = |link: &LinkPrice, s: [usize; 4]| link.price[(s[link.joint.ends.1] + n - s[link.joint.ends.0]) % n];
        let mut least = f64::MAX;
        for a in 0..n {
            for b in 0..n {
                for c in 0..n {
                    least = least.min(fixed.links.iter().map(|l| at(l, [0, a, b, c]) - l.price[0]).sum());
                }
            }
        }
        assert!((fixed.bound - (total + least)).abs() < 1e-6 * total, "{} {}", fixed.bound, total + least);
        // Each link by itself would do better than any closed ring.
        let open: f64 = fixed.links.iter().map(|l| l.price.iter().copied().fold(f64::MAX, f64::min) - l.price[0]).sum();
        assert!(open < least - 1e-6 * total);
        let answer = optimise_offsets(&network, &flows, &plans, &settings).unwrap();
        assert!(answer.predicted.objective < total && answer.gap < 0.02, "{}", answer.gap);
        for (i, by) in [(0, 70), (2, 350)] {
            plans[i] = plans[i].at_offset(Shift::new(by));
        }
        let again = optimise_offsets(&network, &flows, &plans, &settings).unwrap();
        assert!((again.predicted.objective / answer.predicted.objective - 1.0).abs() < 0.02);
    }

    #[test]
    fn iteration_never_makes_it_worse_and_leaves_a_small_gap() {
        let network = sample::arterial(&[420.0, 350.0, 610.0, 280.0, 530.0]);
        let settings = Settings::default();
        for (west, east) in [(1700.0, 1100.0), (900.0, 900.0), (600.0, 1800.0)] {
            let flows = testing::flows(&network, west, east, 350.0);
            let plans = start(&network, [38, 10, 23, 9]);
            let before = predict(&network, &flows, &plans, &settings).unwrap();
            let answer = optimise_offsets(&network, &flows, &plans, &settings).unwrap();
            assert!(answer.predicted.objective < before.objective);
            assert!(answer.gap < 0.02, "{}", answer.gap);
            let again = predict(&network, &flows, &answer.plans, &settings).unwrap();
            assert!((again.objective - answer.predicted.objective).abs() < 1e-3 * again.objective);
        }
    }
}
