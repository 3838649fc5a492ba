//! Offsets as they are set without a proof: link by link, or intersection by intersection. They are here to be measured
//! against, in the model and in the plant.
//!
//! Knows: a scene under plans. Must not know: the exact search.

use super::grid::Grid;
use super::link_price;
use super::scene::Scene;
use super::settings::Settings;
use super::state::{Judge, State};
use crate::corridor::Network;
use crate::demand::Flows;
use crate::plan::Plan;
use crate::units::{Shift, Tenths};

/// The most rounds of a descent; some five to ten are needed.
const MOST_ROUNDS: usize = 60;
/// An offset is left only for one that costs this share less: equals would move without end.
const LEAST_GAIN: f64 = 1e-9;

/// Coordinate descent over the whole evaluation: intersection after intersection takes the offset that costs least while all
/// others stay, round after round until nobody moves. Never worse than `plans` under the model. `None` when there is not
/// one plan an intersection.
pub fn descend_offsets(network: &Network, flows: &Flows, plans: &[Plan], settings: &Settings) -> Option<Vec<Plan>> {
    if plans.len() != network.intersections().len() {
        return None;
    }
    let grid = Grid::new(network, settings);
    let scene = Scene::new(network, flows, &settings.model);
    let judge = Judge::new(&settings.objective);
    let mut found = plans.to_vec();
    let mut least = State::new(&scene, plans, &judge).total(&judge);
    for _ in 0..MOST_ROUNDS {
        // Made anew every round, so that what incremental evaluation leaves out does not add up.
        let mut state = State::new(&scene, &found, &judge);
        let mut next = found.clone();
        for (i, own) in next.iter_mut().enumerate() {
            let (mut best, mut cost) = (None, state.total(&judge));
            for plan in everywhere(own, grid.common()) {
                state.set_plan(&scene, i, &plan);
                let new = state.refresh(&scene, &judge);
                if new < cost * (1.0 - LEAST_GAIN) {
                    (best, cost) = (Some(plan), new);
                }
            }
            if let Some(plan) = best {
                *own = plan;
            }
            state.set_plan(&scene, i, own);
            state.refresh(&scene, &judge);
        }
        let cost = State::new(&scene, &next, &judge).total(&judge);
        if cost >= least * (1.0 - LEAST_GAIN) {
            break;
        }
        (found, least) = (next, cost);
    }
    Some(found)
}

/// A plan at every step of the resolution within its cycle.
fn everywhere(plan: &Plan, resolution: Tenths) -> impl Iterator<Item = Plan> {
    let step = i64::from(resolution.count().max(1));
    let steps = i64::from(plan.cycle.length().count()) / step;
    let plan = plan.clone();
    (0..steps).map(move |k| plan.at_offset(Shift::new(k * step)))
}

/// The pairwise greedy method: along each corridor every next intersection takes the offset that is best for the link to the
/// one before it, both ways, under the platoons as they are by then; nothing is looked at twice. `None` when there is not one
/// plan an intersection.
pub fn pairwise_offsets(network: &Network, flows: &Flows, plans: &[Plan], settings: &Settings) -> Option<Vec<Plan>> {
    if plans.len() != network.intersections().len() {
        return None;
    }
    let grid = Grid::new(network, settings);
    let scene = Scene::new(network, flows, &settings.model);
    let judge = Judge::new(&settings.objective);
    let resolution = f64::from(grid.common().count().max(1));
    let mut found = plans.to_vec();
    let mut state = State::new(&scene, plans, &judge);
    let mut placed = vec![false; plans.len()];
    for corridor in network.corridors() {
        let members: Vec<usize> = corridor.members.iter().map(|m| m.intersection.0).collect();
        placed[members[0]] = true;
        for pair in members.windows(2) {
            let (near, far) = (pair[0], pair[1]);
            if std::mem::replace(&mut placed[far], true) {
                continue;
            }
            let Some(price) = link_price::of(&scene, &judge, &mut state, (near, far)) else { continue };
            let Some(best) = (0..price.len()).min_by(|&a, &b| price[a].total_cmp(&price[b])) else { continue };
            // A price is told on the longer of both ends' circles.
            let circle = found[near].cycle.max(found[far].cycle).length();
            let later = f64::from(circle.count()) * best as f64 / price.len() as f64;
            let offset = ((found[far].offset.since_zero().seconds() * 10.0 + later) / resolution).round() * resolution;
            found[far] = found[far].at_offset(Shift::new(offset as i64));
            state.set_plan(&scene, far, &found[far]);
            state.refresh(&scene, &judge);
        }
    }
    Some(found)
}

#[cfg(test)]
#[path = "heuristics_tests.rs"]
mod tests;
