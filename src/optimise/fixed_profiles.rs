//! The best offsets, and orders of the stages where there is a choice, with every departure held as it is in some state.
//!
//! Knows: a scene, a state, the plans each intersection may have at one offset. Must not know: whether the whole evaluation agrees.
//!
//! ```text
//!  each link:  departures of the near end in each of its orders x greens of the far end in each of its, and back
//!              --> prices by later shift, unrolled to the circle that all cycles of the part go into
//!  each part:  network::solve_offsets   --> order and shift of everybody, bound
//! ```
//! Cabinets that can only pick among stored plans stay where they are; the rest is set around them.

use super::link_price::{self, common_circle, unrolled};
use super::network::{Budget, OffsetLink, OffsetProblem, Prices, solve_offsets};
use super::scene::{Joint, Scene};
use super::state::{Judge, State};
use crate::plan::Plan;
use std::collections::BTreeSet;

/// Room of the search where links close rings: a round of many, so a bound with a gap serves where it does not suffice.
const PICTURES: usize = 400_000;
/// A link stays as it is unless that costs this share more: equals would move without end.
const STAY: f64 = 1e-9;
/// What it costs to move two against each other that both stay: more than any street.
const NEVER: f64 = 1e10;

/// A link's price for every later shift of its far end, in steps, and the shift that serves the network best.
#[derive(Debug, Clone)]
pub(super) struct LinkPrice {
    pub(super) joint: Joint,
    /// With everybody's plan as it is.
    pub(super) price: Vec<f64>,
    /// For every plan of the near and the far end.
    prices: Prices,
    pub(super) chosen: usize,
    /// What it costs as chosen.
    cost: f64,
}

impl LinkPrice {
    /// What the choice saves on this link.
    pub(super) fn gain(&self) -> f64 {
        self.price[0] - self.cost
    }
}

/// The fixed-profile optimum.
#[derive(Debug, Clone)]
pub(super) struct Fixed {
    pub(super) links: Vec<LinkPrice>,
    /// By how much of its cycle each intersection goes later.
    pub(super) later: Vec<f64>,
    /// Which of its plans each intersection has.
    pub(super) plan: Vec<usize>,
    /// No offsets and plans cost less with these profiles.
    pub(super) bound: f64,
}

/// Prices every link for every shift under the state's departure profiles, and chooses. `plans` has for each intersection the
/// plans it may have, the state's own first, all of one cycle and with the reference green where it shall be at no shift.
pub(super) fn fixed_profiles(scene: &Scene, judge: &Judge, state: &mut State, plans: &[Vec<Plan>]) -> Fixed {
    let links: Vec<Joint> = scene.joints().into_iter().filter(|j| state.coupled(j.ends.0, j.ends.1)).collect();
    // What samples count for is settled here, or prices of different plans could not be compared.
    state.settle_weights(judge);
    let mut own: Vec<Vec<f64>> = vec![vec![0.0]; plans.len()];
    let mut states: Vec<Vec<State>> = vec![Vec::new(); plans.len()];
    if plans.iter().any(|p| p.len() > 1) {
        let met = |r: usize, i: usize| {
            let over =
                |j: &Joint| [j.ends, (j.ends.1, j.ends.0)].iter().any(|&(a, b)| b == i && scene.comes_from(r, a));
            links.iter().any(over)
        };
        for (i, plans) in plans.iter().enumerate() {
            states[i] = plans[1..].iter().map(|plan| turned(scene, judge, state, i, plan)).collect();
            let alone = |of: &State| -> f64 {
                let roads = scene.roads_at[i].iter().filter(|&&r| !met(r, i));
                let walkers = judge.objective.pedestrian_weight * of.walkers[i].0;
                roads.map(|&r| of.cost_of(scene, r, judge)).sum::<f64>() + walkers
            };
            let now = alone(state);
            own[i].extend(states[i].iter().map(|turned| alone(turned) - now));
        }
    }
    let price = |joint: Joint| link(scene, judge, state, &states, joint);
    let mut links: Vec<LinkPrice> = links.into_iter().map(price).collect();
    let steps: Vec<usize> = (0..plans.len()).map(|i| state.steps(i)).collect();
    let held: Vec<bool> = scene.network.intersections().iter().map(|at| !at.stored_plans.is_empty()).collect();
    let (later, plan, gain) = choose(&mut links, &steps, &own, &held);
    state.settled = None;
    Fixed { links, later, plan, bound: state.total(judge) - gain }
}

/// The state with another plan of one intersection.
fn turned(scene: &Scene, judge: &Judge, state: &mut State, i: usize, plan: &Plan) -> State {
    let mut turned = state.clone();
    turned.set_plan(scene, i, plan);
    turned.refresh(scene, judge);
    let touched = turned.take_touched();
    turned.put_touched(touched);
    state.work += turned.work - state.work;
    turned
}

/// A link for every plan of its ends.
fn link(scene: &Scene, judge: &Judge, state: &mut State, states: &[Vec<State>], joint: Joint) -> LinkPrice {
    let (near, far) = joint.ends;
    let (mut into_far, mut into_near) = (Vec::new(), Vec::new());
    let mut price = |state: &mut State| {
        link_price::row(scene, judge, state, near, far, &mut into_far);
        link_price::row(scene, judge, state, far, near, &mut into_near);
        link_price::both(&into_far, &into_near)
    };
    let now = price(state);
    let choices = [1 + states[near].len(), 1 + states[far].len()];
    let mut prices = Prices::zero(choices, now.len());
    prices.row_mut(0, 0).copy_from_slice(&now);
    for a in 0..choices[0] {
        for b in (0..choices[1]).filter(|b| a + b > 0) {
            let mut pair = state.clone();
            let before = pair.work;
            for (end, choice) in [(near, a), (far, b)] {
                if choice > 0 {
                    pair.copy_from(&states[end][choice - 1], scene, &scene.roads_at[end], &[end]);
                }
            }
            let row = price(&mut pair);
            state.work += pair.work - before;
            prices.row_mut(a, b).copy_from_slice(&row);
        }
    }
    LinkPrice { joint, cost: now[0], price: now, prices, chosen: 0 }
}

/// Which part of the network each intersection belongs to, joined by priced links: the number of the part's first.
fn parts(links: &[LinkPrice], count: usize) -> Vec<usize> {
    let mut part: Vec<usize> = (0..count).collect();
    for link in links {
        let (near, far) = link.joint.ends;
        let (low, high) = (part[near].min(part[far]), part[near].max(part[far]));
        part.iter_mut().filter(|p| **p == high).for_each(|p| *p = low);
    }
    part
}

/// The circle on which each intersection's part of the network is solved: the least one that all cycles of the part are whole
/// parts of. Where there is none each stands alone on its own.
fn circles(part: &[usize], steps: &[usize]) -> Vec<usize> {
    let circle = |of: &usize| common_circle(steps.iter().zip(part).filter(|(_, p)| *p == of).map(|(s, _)| *s));
    part.iter().zip(steps).map(|(of, &own)| circle(of).unwrap_or(own)).collect()
}

/// Chooses every link's shift and everybody's plan. `steps` are those of each intersection's cycle, `own` what each of its plans
/// costs more than the first, `held` who stays. Returns by how much of its cycle each intersection goes later, its plan, and the
/// most that can be gained.
fn choose(links: &mut [LinkPrice], steps: &[usize], own: &[Vec<f64>], held: &[bool]) -> (Vec<f64>, Vec<usize>, f64) {
    let count = steps.len();
    let (mut later, mut plan) = (vec![0.0; count], vec![0; count]);
    let mut gain = 0.0;
    let part = parts(links, count);
    let circles = circles(&part, steps);
    // A part without a circle keeps its offsets; what its links could gain at most is granted.
    let solved = |link: &LinkPrice, n: usize| {
        let (near, far) = link.joint.ends;
        circles[near] == n && circles[far] == n && n.is_multiple_of(link.price.len())
    };
    for &n in &circles.iter().copied().collect::<BTreeSet<usize>>() {
        let mut priced: Vec<OffsetLink> = links.iter().filter(|l| solved(l, n)).map(|l| on_circle(l, n)).collect();
        if priced.is_empty() {
            // Nobody's offset matters to anybody; an order or a stored plan may.
            for i in (0..count).filter(|&i| circles[i] == n) {
                let best = (0..own[i].len()).min_by(|&a, &b| own[i][a].total_cmp(&own[i][b])).unwrap_or(0);
                plan[i] = best;
                gain -= own[i][best];
            }
            continue;
        }
        let stay: Vec<usize> = (0..count).filter(|&i| held[i] && circles[i] == n).collect();
        for pair in stay.windows(2).filter(|pair| part[pair[0]] == part[pair[1]]) {
            let mut prices = Prices::zero([own[pair[0]].len(), own[pair[1]].len()], n);
            for a in 0..own[pair[0]].len() {
                for b in 0..own[pair[1]].len() {
                    prices.row_mut(a, b)[1..].fill(NEVER);
                }
            }
            priced.push(OffsetLink { ends: [pair[0], pair[1]], prices });
        }
        // Costs of a state are finite and rows are n long, so there is a problem.
        let own = (0..count).map(|i| if circles[i] == n { own[i].clone() } else { vec![0.0] }).collect();
        let Some(problem) = OffsetProblem::new(n, own, priced) else { continue };
        let solution = solve_offsets(&problem, &Budget { most_pictures: PICTURES, ..Budget::default() });
        let mut zeros = problem.zeros(&solution.settings);
        for &i in stay.iter().rev() {
            let zero = solution.settings[i].offset;
            zeros.iter_mut().zip(&part).filter(|(_, p)| **p == part[i]).for_each(|(z, _)| *z = zero);
        }
        let shift: Vec<usize> =
            solution.settings.iter().zip(&zeros).map(|(s, zero)| (s.offset + n - zero) % n).collect();
        for link in links.iter_mut().filter(|l| solved(l, n)) {
            let (near, far) = link.joint.ends;
            link.chosen = (shift[far] + n - shift[near]) % n % link.price.len();
            let row = link.prices.row(solution.settings[near].choice, solution.settings[far].choice);
            link.cost = row[link.chosen];
            gain += link.price[0];
        }
        gain -= solution.bound;
        for i in (0..count).filter(|&i| circles[i] == n) {
            let m = steps[i];
            later[i] += (shift[i] % m) as f64 / m as f64;
            plan[i] = solution.settings[i].choice;
        }
    }
    for link in links.iter().filter(|l| !circles.iter().any(|&n| solved(l, n))) {
        gain += link.price[0] - link.prices.least();
    }
    (later, plan, gain)
}

/// A link's prices on a circle that its own is a whole part of.
fn on_circle(link: &LinkPrice, n: usize) -> OffsetLink {
    let choices = link.prices.choices();
    let mut prices = Prices::zero(choices, n);
    for a in 0..choices[0] {
        for b in 0..choices[1] {
            prices.row_mut(a, b).copy_from_slice(&unrolled(link.prices.row(a, b), n));
        }
    }
    let now = &mut prices.row_mut(0, 0)[0];
    *now -= STAY * now.abs();
    OffsetLink { ends: [link.joint.ends.0, link.joint.ends.1], prices }
}
