//! The bare delay problem: nodes, links with fixed cyclic profiles, one offset a node in whole seconds; solved exactly.
//!
//! Knows: the definitions of the exchange format (steps of a second, Robertson's dispersion, vertical queue, stops).
//! Must not know: corridors, plans, files. The searches are those of [`network`](super::network), as everywhere in this room.

use super::delay_tables::{Stretch, capacity, costs};
use super::network::{Budget, OffsetLink, OffsetProblem, Prices, Setting, solve_offsets};
use super::tail::Tail;
use crate::units::Circle;
use serde::Serialize;

/// Longest cycle of a problem, steps of a second.
const MOST_STEPS: usize = 3600;

/// Nodes and links under one cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct DelayProblem {
    /// How many nodes there are.
    pub nodes: usize,
    /// The cycle, s: the number of steps of every profile.
    pub cycle_s: usize,
    /// Offsets are whole multiples of this, s; divides the cycle.
    pub grid_s: usize,
    /// Robertson's alpha: dispersion per second of travel.
    pub alpha: f64,
    /// Robertson's beta: the fastest vehicle's share of the mean travel time.
    pub beta: f64,
    /// What a stop costs, s of delay.
    pub stop_penalty_s: f64,
    /// How several samples of a link's profile are judged, link by link and difference by difference. Links are not bad on the
    /// same days, so the sum over links is an upper bound of the network's.
    pub tail: Tail,
    /// The links, in any order; both directions of a street are two links.
    pub links: Vec<DelayLink>,
}

/// A link: what leaves `from` arrives at `to`.
#[derive(Debug, Clone, PartialEq)]
pub struct DelayLink {
    /// The upstream node.
    pub from: usize,
    /// The downstream node.
    pub to: usize,
    /// Mean travel time, s.
    pub travel_s: f64,
    /// Saturation flow of the stop line at `to`, veh/s.
    pub sat_veh_s: f64,
    /// Start of green after the local zero of `to`, s.
    pub green_start_s: f64,
    /// Length of green, s.
    pub green_s: f64,
    /// Departures in each second of the cycle after the local zero of `from`, veh/s: one profile, or one for each of several
    /// sample days.
    pub profiles_veh_s: Vec<Vec<f64>>,
}

/// The best offsets found, with what is proven about them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DelayAnswer {
    /// Offset of every node's local zero, s; the first node of each connected part stands at zero.
    pub theta_s: Vec<usize>,
    /// Delay and priced stops of all links over a cycle, veh s.
    pub cost: f64,
    /// No offsets on the grid cost less, veh s.
    pub bound: f64,
    /// Whether the two are equal: the offsets are optimal.
    pub proof: bool,
}

/// Why a problem is none. Every number must be finite.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DelayFault {
    /// The cycle.
    #[error("cycle_s {cycle_s} is no whole number of steps from 1 to {MOST_STEPS}. Set cycle_s within them.")]
    Cycle {
        /// As given.
        cycle_s: usize,
    },
    /// The grid.
    #[error("grid_s {grid_s} does not divide the cycle of {cycle_s} s. Set grid_s to a divisor of it, such as 1.")]
    Grid {
        /// As given.
        grid_s: usize,
        /// The cycle.
        cycle_s: usize,
    },
    /// A number of the whole problem.
    #[error("{name} {value} is not {must_be}. Set {name} within that.")]
    Setting {
        /// The key.
        name: &'static str,
        /// As given.
        value: f64,
        /// What it must be.
        must_be: &'static str,
    },
    /// A node that is not there.
    #[error(
        "links[{link}].{name}: there is no node {node} among {nodes}. Nodes count from 0; set nodes or the link right."
    )]
    Node {
        /// The link.
        link: usize,
        /// The key.
        name: &'static str,
        /// As given.
        node: usize,
        /// How many there are.
        nodes: usize,
    },
    /// A number of a link.
    #[error("links[{link}].{name} {value} is not {must_be}. Set it within that.")]
    Link {
        /// The link.
        link: usize,
        /// The key.
        name: &'static str,
        /// As given.
        value: f64,
        /// What it must be.
        must_be: &'static str,
    },
    /// A profile of another length or with negative or infinite flow, or none at all.
    #[error(
        "links[{link}].profile_veh_s: sample {sample} is no row of {cycle_s} flows of at least 0. \
         Give one flow for each second of the cycle."
    )]
    Profile {
        /// The link.
        link: usize,
        /// Which of its samples.
        sample: usize,
        /// The cycle.
        cycle_s: usize,
    },
    /// More arrives than can leave: the queue has no periodic state.
    #[error(
        "links[{link}]: {arrivals_veh:.2} vehicles a cycle (sample {sample}) meet a capacity of {capacity_veh:.2}; the queue grows \
         without end. Lengthen green_s or lower profile_veh_s."
    )]
    Overload {
        /// The link.
        link: usize,
        /// Which of its samples.
        sample: usize,
        /// Vehicles a cycle.
        arrivals_veh: f64,
        /// Vehicles a cycle that green lets pass.
        capacity_veh: f64,
    },
}

impl DelayProblem {
    /// All that is wrong.
    pub fn faults(&self) -> Vec<DelayFault> {
        let mut faults = Vec::new();
        if !(1..=MOST_STEPS).contains(&self.cycle_s) {
            faults.push(DelayFault::Cycle { cycle_s: self.cycle_s });
        } else if self.grid_s == 0 || !self.cycle_s.is_multiple_of(self.grid_s) {
            faults.push(DelayFault::Grid { grid_s: self.grid_s, cycle_s: self.cycle_s });
        }
        let at_least_0 = "a number of at least 0";
        for (name, value, right, must_be) in [
            ("alpha", self.alpha, self.alpha >= 0.0, at_least_0),
            ("beta", self.beta, self.beta >= 0.0, at_least_0),
            ("stop_penalty_s", self.stop_penalty_s, self.stop_penalty_s >= 0.0, at_least_0),
            ("tail weight", self.tail.weight, (0.0..=1.0).contains(&self.tail.weight), "a share from 0 to 1"),
            ("tail share", self.tail.share, self.tail.share > 0.0 && self.tail.share <= 1.0, "above 0 and at most 1"),
        ] {
            if !(right && value.is_finite()) {
                faults.push(DelayFault::Setting { name, value, must_be });
            }
        }
        for (link, of) in self.links.iter().enumerate() {
            of.faults(link, self, &mut faults);
        }
        faults
    }

    /// The prices of all links, as a problem for the search; all faults where there are any.
    pub fn priced(&self) -> Result<OffsetProblem, Vec<DelayFault>> {
        let faults = self.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let links = self.links.iter().map(|link| OffsetLink { ends: [link.from, link.to], prices: self.prices(link) });
        let steps = self.cycle_s / self.grid_s;
        // Without faults everything fits, but for costs beyond all numbers.
        OffsetProblem::new(steps, vec![vec![0.0]; self.nodes], links.collect()).ok_or(faults)
    }

    fn prices(&self, link: &DelayLink) -> Prices {
        let stretch = Stretch::robertson(link.travel_s, self.alpha, self.beta);
        let capacity = link.capacity(self.cycle_s);
        let sampled: Vec<Vec<f64>> = link
            .profiles_veh_s
            .iter()
            .map(|profile| costs(&stretch.arrivals(profile), &capacity, self.stop_penalty_s))
            .collect();
        let judged = |d: usize| {
            let mut samples: Vec<f64> = sampled.iter().map(|costs| costs[d]).collect();
            self.tail.judge(&mut samples)
        };
        Prices::single((0..self.cycle_s).step_by(self.grid_s).map(judged).collect())
    }
}

impl DelayLink {
    fn capacity(&self, n: usize) -> Vec<f64> {
        let start = Circle::new(n as f64).map_or(0.0, |circle| circle.wrap(self.green_start_s));
        capacity(n, start, self.green_s, self.sat_veh_s)
    }

    fn faults(&self, link: usize, of: &DelayProblem, faults: &mut Vec<DelayFault>) {
        for (name, node) in [("from", self.from), ("to", self.to)] {
            if node >= of.nodes {
                faults.push(DelayFault::Node { link, name, node, nodes: of.nodes });
            }
        }
        let before = faults.len();
        let cycle = of.cycle_s as f64;
        for (name, value, right, must_be) in [
            ("travel_s", self.travel_s, (0.0..=1e6).contains(&self.travel_s), "a time from 0 to 1000000 s"),
            ("sat_veh_s", self.sat_veh_s, self.sat_veh_s >= 0.0, "a flow of at least 0"),
            ("green_start_s", self.green_start_s, self.green_start_s.is_finite(), "a time"),
            ("green_s", self.green_s, (0.0..=cycle).contains(&self.green_s), "a time from 0 to the cycle"),
        ] {
            if !(right && value.is_finite()) {
                faults.push(DelayFault::Link { link, name, value, must_be });
            }
        }
        let sound = |p: &Vec<f64>| p.len() == of.cycle_s && p.iter().all(|q| q.is_finite() && *q >= 0.0);
        if self.profiles_veh_s.is_empty() {
            faults.push(DelayFault::Profile { link, sample: 0, cycle_s: of.cycle_s });
        }
        for (sample, profile) in self.profiles_veh_s.iter().enumerate() {
            let arrivals_veh: f64 = profile.iter().sum();
            let capacity_veh = self.green_s * self.sat_veh_s;
            if !sound(profile) {
                faults.push(DelayFault::Profile { link, sample, cycle_s: of.cycle_s });
            } else if faults.len() == before && arrivals_veh > capacity_veh * (1.0 + 1e-9) {
                faults.push(DelayFault::Overload { link, sample, arrivals_veh, capacity_veh });
            }
        }
    }
}

/// The least delay and stops, proven, or the best answer that the budget allows with its bound; all faults of a problem that
/// is none.
pub fn solve_delay(problem: &DelayProblem, budget: &Budget<'_>) -> Result<DelayAnswer, Vec<DelayFault>> {
    let priced = problem.priced()?;
    let solution = solve_offsets(&priced, budget);
    let zeros = priced.zeros(&solution.settings);
    let n = priced.steps();
    let later = |(setting, zero): (&Setting, &usize)| (setting.offset + n - zero) % n * problem.grid_s;
    let theta_s = solution.settings.iter().zip(&zeros).map(later).collect();
    Ok(DelayAnswer { theta_s, cost: solution.cost, bound: solution.bound, proof: solution.proof })
}

#[cfg(test)]
#[path = "delay_problem_tests.rs"]
mod tests;
