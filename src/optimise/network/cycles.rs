//! A lower bound that knows rings: every link's price is shared out among the shortest rings it lies on, every ring is solved by
//! itself, and the shares are moved until the rings' least costs add up to as much as they will.
//!
//! Knows: the core's links and rings. Must not know: the search. Sharing out by min-marginals never lowers the sum
//! (block-coordinate ascent of the dual). Links on no ring stand for themselves.

use super::problem::{OffsetProblem, Prices, series};
use super::rings::{Ring, basis};

/// The shares.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    /// The rings; a link on no ring is a ring of one.
    pub(super) rings: Vec<Ring>,
    /// Each ring's share of each of its links, as the link is walked.
    pub(super) share: Vec<Vec<Prices>>,
    /// The least all links can cost together; signals' own costs are not in it.
    pub(super) bound: f64,
    /// For each link its places: ring and position.
    places: Vec<Vec<(usize, usize)>>,
}

impl Shares {
    /// Equal shares.
    pub(super) fn equal(core: &OffsetProblem) -> Shares {
        let mut rings = basis(core);
        let mut places: Vec<Vec<(usize, usize)>> = vec![Vec::new(); core.links.len()];
        for (r, ring) in rings.iter().enumerate() {
            for (p, &(l, _)) in ring.iter().enumerate() {
                places[l].push((r, p));
            }
        }
        for (l, places) in places.iter_mut().enumerate().filter(|(_, places)| places.is_empty()) {
            places.push((rings.len(), 0));
            rings.push(vec![(l, true)]);
        }
        let part = |&(l, forward): &(usize, bool)| {
            let mut prices = core.links[l].prices.clone();
            prices.scale(1.0 / places[l].len() as f64);
            if forward { prices } else { prices.turned() }
        };
        let share = rings.iter().map(|ring| ring.iter().map(part).collect()).collect();
        let mut shares = Shares { rings, share, bound: 0.0, places };
        shares.bound = shares.sum();
        shares
    }

    /// Moves shares for at most so many rounds, as long as the bound gains; `false` when told to stop.
    pub(super) fn raise(&mut self, rounds: usize, stop: &dyn Fn() -> bool) -> bool {
        for _ in 0..rounds {
            if stop() {
                return false;
            }
            for l in 0..self.places.len() {
                self.level(l);
            }
            let bound = self.sum();
            let gained = bound - self.bound;
            self.bound = bound;
            if gained <= 1e-9 * bound.abs() {
                break;
            }
        }
        true
    }

    fn sum(&self) -> f64 {
        (0..self.rings.len()).map(|r| self.marginal(r, 0).least()).sum()
    }

    /// The least cost of a ring for every price of one of its links, as that link is walked.
    fn marginal(&self, r: usize, place: usize) -> Prices {
        let share = &self.share[r];
        let n = share.len();
        let mut others = (1..n).map(|k| &share[(place + k) % n]);
        let Some(first) = others.next() else { return share[place].clone() };
        let rest = others.fold(first.clone(), |sum, next| series(&sum, next));
        // The rest is walked from this link's far end to its near end.
        let mut all = rest.turned();
        all.add(&share[place]);
        all
    }

    /// Gives every ring of a link the same marginal.
    fn level(&mut self, l: usize) {
        let places = &self.places[l];
        if places.len() < 2 {
            return;
        }
        let forward = |at: &(usize, usize)| self.rings[at.0][at.1].1;
        let along = |at: &(usize, usize)| {
            let marginal = self.marginal(at.0, at.1);
            if forward(at) { marginal } else { marginal.turned() }
        };
        let marginals: Vec<Prices> = places.iter().map(along).collect();
        let mut mean = marginals[0].clone();
        marginals[1..].iter().for_each(|m| mean.add(m));
        mean.scale(1.0 / places.len() as f64);
        for (at, marginal) in places.iter().zip(marginals) {
            let mut change = mean.clone();
            change.all_mut().iter_mut().zip(marginal.all()).for_each(|(c, m)| *c -= m);
            let change = if forward(at) { change } else { change.turned() };
            self.share[at.0][at.1].add(&change);
        }
    }
}
