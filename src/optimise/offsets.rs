//! Offsets that are optimal for given profiles: on a street a link's cost depends on the difference of its ends' offsets
//! only, so the exact optimum is one minimum a link. Profiles change downstream, hence the iteration; only what a whole
//! evaluation confirms is accepted.
//!
//! Knows: a scene under plans. Must not know: splits or cycles as variables.
//!
//! Where corridors cross and links close a loop, the loop's last link is priced but not chosen: the bound (the sum of all
//! link minima) stays a bound, and the gap says what the choice may have missed.

use super::delay::{Prediction, prediction};
use super::grid::on_the_grid;
use super::scene::{Joint, Scene};
use super::settings::Settings;
use super::state::{Judge, State};
use crate::corridor::Network;
use crate::demand::Flows;
use crate::plan::Plan;
use crate::units::{Shift, Tenths};
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

/// A link's price for every later shift of its far end, in steps.
#[derive(Debug, Clone)]
struct LinkPrice {
    joint: Joint,
    price: Vec<f64>,
    least: usize,
}

/// The fixed-profile optimum.
#[derive(Debug, Clone)]
struct Fixed {
    links: Vec<LinkPrice>,
    bound: f64,
}

/// The best offsets for the plans' cycles and splits, exact for fixed profiles and iterated. `None` when there is not one
/// plan an intersection.
pub fn optimise_offsets(network: &Network, flows: &Flows, plans: &[Plan], settings: &Settings) -> Option<OffsetAnswer> {
    if plans.len() != network.intersections().len() {
        return None;
    }
    let settings = &on_the_grid(network, settings);
    let scene = Scene::new(network, flows, &settings.model);
    let judge = Judge::new(&settings.objective);
    let mut plans = plans.to_vec();
    let mut state = State::new(&scene, &plans, &judge);
    let rounds = improve(&scene, &judge, &mut state, &mut plans, settings.search.resolution, MOST_ROUNDS);
    let fixed = fixed_profiles(&scene, &judge, &mut state);
    let value = state.total(&judge);
    let gap = ((value - fixed.bound) / value.max(1e-9)).max(0.0);
    Some(OffsetAnswer { predicted: prediction(&scene, &state, &judge), plans, bound: fixed.bound, gap, rounds })
}

/// Iterates profile and optimum at most `rounds` times; `state` and `plans` agree before and after and never get worse.
/// Returns the rounds that were confirmed.
pub(super) fn improve(
    scene: &Scene,
    judge: &Judge,
    state: &mut State,
    plans: &mut Vec<Plan>,
    resolution: Tenths,
    rounds: usize,
) -> usize {
    let mut best = state.total(judge);
    for round in 0..rounds {
        let fixed = fixed_profiles(scene, judge, state);
        let chosen: Vec<&LinkPrice> = fixed.links.iter().filter(|l| l.least != 0).collect();
        if chosen.is_empty() {
            return round;
        }
        let before = best;
        if !confirm(scene, judge, state, plans, &mut best, &fixed.links, resolution) {
            // Together they spoil each other's platoons: the most promising ones alone, one after the other.
            let mut single = chosen;
            single.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
            for link in single {
                let alone = [link.clone()];
                confirm(scene, judge, state, plans, &mut best, &alone, resolution);
            }
        }
        if best > before - 1e-9 * before.abs() {
            return round;
        }
    }
    rounds
}

fn gain(link: &LinkPrice) -> f64 {
    link.price[0] - link.price[link.least]
}

/// Moves the intersections as the links ask and keeps the move if the whole evaluation is better.
fn confirm(
    scene: &Scene,
    judge: &Judge,
    state: &mut State,
    plans: &mut Vec<Plan>,
    best: &mut f64,
    links: &[LinkPrice],
    resolution: Tenths,
) -> bool {
    let all = scene.joints();
    let shifts = shifts(&all, plans, links, resolution);
    let moved: Vec<Plan> = plans
        .iter()
        .zip(&shifts)
        .map(
            |(plan, &by)| {
                if by == 0 { plan.clone() } else { plan.at_offset(plan.offset.since_zero().later() + Shift::new(by)) }
            },
        )
        .collect();
    for (i, plan) in moved.iter().enumerate().filter(|(i, _)| shifts[*i] != 0) {
        state.set_plan(scene, i, plan);
    }
    let cost = state.refresh(scene, judge);
    let better = cost < *best - 1e-9 * best.abs();
    if better {
        *best = cost;
        *plans = moved;
    } else {
        for (i, plan) in plans.iter().enumerate().filter(|(i, _)| shifts[*i] != 0) {
            state.set_plan(scene, i, plan);
        }
        *best = state.refresh(scene, judge);
    }
    better
}

/// How much later each intersection goes, tenths, so that every chosen link gets its least price: outwards from the first
/// intersection of each connected part, links that close a loop left out.
fn shifts(all: &[Joint], plans: &[Plan], links: &[LinkPrice], resolution: Tenths) -> Vec<i64> {
    let mut shift: Vec<Option<i64>> = vec![None; plans.len()];
    let wish = |joint: &Joint| {
        let link = links.iter().find(|l| l.joint == *joint);
        link.map_or(0, |l| {
            let n = l.price.len();
            let cycle = i64::from(plans[joint.ends.1].cycle.length().count());
            let tenths = (cycle * l.least as i64 + n as i64 / 2) / n as i64;
            let resolution = i64::from(resolution.count().max(1));
            (tenths + resolution / 2) / resolution * resolution
        })
    };
    for root in 0..plans.len() {
        if shift[root].is_some() {
            continue;
        }
        shift[root] = Some(0);
        // Each round reaches the intersections one link further out.
        for _ in 0..all.len() {
            let mut reached = false;
            for joint in all {
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
    shift.into_iter().map(|s| s.unwrap_or(0)).collect()
}

/// Prices every link for every shift under the state's departure profiles.
fn fixed_profiles(scene: &Scene, judge: &Judge, state: &mut State) -> Fixed {
    let mut links = Vec::new();
    let mut bound = state.total(judge);
    let mut buffer = Vec::new();
    for joint in scene.joints() {
        let (near, far) = joint.ends;
        let n = state.steps(near);
        if n != state.steps(far) {
            continue;
        }
        let mut price = vec![0.0; n];
        for (from, to) in [(near, far), (far, near)] {
            let fed = |r: &&usize| scene.roads[**r].feed.as_ref().is_some_and(|f| f.from == from);
            for &road in scene.roads_at[to].iter().filter(fed) {
                buffer.clear();
                buffer.resize(n, 0.0);
                state.cost_by_delay_of_green(scene, road, judge, &mut buffer);
                if to == far {
                    price.iter_mut().zip(&buffer).for_each(|(p, b)| *p += b);
                } else {
                    // The far end later means this end's green earlier.
                    price[0] += buffer[0];
                    price[1..].iter_mut().zip(buffer[1..].iter().rev()).for_each(|(p, b)| *p += b);
                }
            }
        }
        let mut least = 0;
        for k in 1..n {
            if price[k] < price[least] - 1e-9 * price[least].abs() {
                least = k;
            }
        }
        bound += price[least] - price[0];
        links.push(LinkPrice { joint, price, least });
    }
    Fixed { links, bound }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Stream};
    use super::*;
    use crate::corridor::sample;
    use crate::optimise::predict;

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
