//! Signals that need no search: those at the end of one link, and those between two, folded away exactly.
//!
//! Knows: prices. Must not know: searches. What is left is the core: every signal has three neighbours or more.

use super::problem::{OffsetLink, OffsetProblem, Prices, Setting, lowest, series};
use std::collections::BTreeMap;

/// One folding, to be undone from the last to the first.
#[derive(Debug, Clone)]
enum Fold {
    /// A signal without links.
    Alone { signal: usize, own: Vec<f64> },
    /// A signal with one neighbour; prices from the neighbour, its own included.
    End { signal: usize, at: usize, prices: Prices },
    /// A signal between two neighbours; prices from each, its own included in the first.
    Between { signal: usize, at: [usize; 2], prices: [Prices; 2] },
}

/// A problem without its foldable signals.
#[derive(Debug, Clone)]
pub(super) struct Reduced {
    folds: Vec<Fold>,
    /// What is left, renumbered; may be empty.
    pub(super) core: OffsetProblem,
    /// The number in the original of each signal of the core.
    pub(super) original: Vec<usize>,
    /// Cost of what was folded away completely.
    pub(super) folded: f64,
}

/// Folds all there is to fold.
pub(super) fn reduce(problem: &OffsetProblem) -> Reduced {
    let count = problem.signals.len();
    let mut own = problem.signals.clone();
    let mut joined: Vec<BTreeMap<usize, Prices>> = vec![BTreeMap::new(); count];
    let mut folded = 0.0;
    for link in &problem.links {
        let [near, far] = link.ends;
        if near == far {
            // A link onto itself: one difference, zero, and a price of the choice.
            own[near].iter_mut().enumerate().for_each(|(c, o)| *o += link.prices.row(c, c)[0]);
        } else {
            join(&mut joined, near, far, &link.prices);
        }
    }
    let mut folds = Vec::new();
    let mut here: Vec<bool> = vec![true; count];
    let mut waiting: Vec<usize> = (0..count).rev().collect();
    while let Some(signal) = waiting.pop() {
        if !here[signal] || joined[signal].len() > 2 {
            continue;
        }
        let own_here = std::mem::take(&mut own[signal]);
        let mut neighbours = std::mem::take(&mut joined[signal]).into_iter();
        match (neighbours.next(), neighbours.next()) {
            (None, _) => {
                folded += lowest(&own_here);
                folds.push(Fold::Alone { signal, own: own_here });
            }
            (Some((at, away)), None) => {
                joined[at].remove(&signal);
                let mut prices = away.turned();
                prices.add_far(&own_here);
                let choices = prices.choices()[1];
                for (a, own) in own[at].iter_mut().enumerate() {
                    *own += (0..choices).map(|b| lowest(prices.row(a, b))).fold(f64::INFINITY, f64::min);
                }
                folds.push(Fold::End { signal, at, prices });
                waiting.push(at);
            }
            (Some((one, to_one)), Some((other, to_other))) => {
                joined[one].remove(&signal);
                joined[other].remove(&signal);
                let mut from_one = to_one.turned();
                from_one.add_far(&own_here);
                let both = series(&from_one, &to_other);
                join(&mut joined, one, other, &both);
                folds.push(Fold::Between { signal, at: [one, other], prices: [from_one, to_other.turned()] });
                waiting.push(one);
                waiting.push(other);
            }
        }
        here[signal] = false;
    }
    let original: Vec<usize> = (0..count).filter(|&s| here[s]).collect();
    let mut number = vec![0; count];
    original.iter().enumerate().for_each(|(new, &old)| number[old] = new);
    let mut links = Vec::new();
    for &near in &original {
        for (&far, prices) in joined[near].range(near..) {
            links.push(OffsetLink { ends: [number[near], number[far]], prices: prices.clone() });
        }
    }
    let signals = original.iter().map(|&s| std::mem::take(&mut own[s])).collect();
    Reduced { folds, core: OffsetProblem { steps: problem.steps, signals, links }, original, folded }
}

/// Adds a link to both ends' lists.
fn join(joined: &mut [BTreeMap<usize, Prices>], near: usize, far: usize, prices: &Prices) {
    for (a, b, prices) in [(near, far, prices.clone()), (far, near, prices.turned())] {
        match joined[a].get_mut(&b) {
            Some(there) => there.add(&prices),
            None => {
                joined[a].insert(b, prices);
            }
        }
    }
}

impl Reduced {
    /// The settings of all signals, from those of the core.
    pub(super) fn unfold(&self, core: &[Setting]) -> Vec<Setting> {
        let n = self.core.steps;
        let mut all = vec![Setting::default(); self.original.len() + self.folds.len()];
        self.original.iter().zip(core).for_each(|(&s, &setting)| all[s] = setting);
        for fold in self.folds.iter().rev() {
            let (signal, setting) = match fold {
                Fold::Alone { signal, own } => {
                    let choice = (0..own.len()).min_by(|&a, &b| own[a].total_cmp(&own[b])).unwrap_or(0);
                    (*signal, Setting { offset: 0, choice })
                }
                Fold::End { signal, at, prices } => (*signal, best(&[(all[*at], prices)], n)),
                Fold::Between { signal, at, prices } => {
                    (*signal, best(&[(all[at[0]], &prices[0]), (all[at[1]], &prices[1])], n))
                }
            };
            all[signal] = setting;
        }
        all
    }
}

/// The best setting of a signal among neighbours that stand; prices from each neighbour.
fn best(neighbours: &[(Setting, &Prices)], n: usize) -> Setting {
    let mut best = (f64::INFINITY, Setting::default());
    for choice in 0..neighbours[0].1.choices()[1] {
        for offset in 0..n {
            let price = |(at, prices): &(Setting, &Prices)| prices.row(at.choice, choice)[(offset + n - at.offset) % n];
            let cost = neighbours.iter().map(price).sum();
            if cost < best.0 {
                best = (cost, Setting { offset, choice });
            }
        }
    }
    best.1
}
