//! The least cost along a street whose signals may only stand at some offsets.
//!
//! Knows: prices between neighbours. Must not know: why an offset is allowed.

use super::super::network::{OffsetProblem, Prices, Setting};

/// For each value (choice and offset) of each signal whether it is allowed, 64 to a word.
pub(super) type Allowed = Vec<u64>;

/// A street's prices, ready to be walked.
pub(super) struct Walk<'a> {
    delay: &'a OffsetProblem,
    /// First value of each signal, and the number of all values.
    first: Vec<usize>,
    /// Prices from each signal to the next, twice in a row: for each choice at the near and the far end.
    onward: Vec<Vec<f64>>,
}

impl<'a> Walk<'a> {
    /// Prepares; `None` where a link does not join neighbours or choices differ.
    pub(super) fn new(delay: &'a OffsetProblem, choices: &[usize]) -> Option<Walk<'a>> {
        let n = delay.steps();
        if choices.iter().enumerate().any(|(s, &many)| delay.own(s).len() != many) {
            return None;
        }
        let mut joined: Vec<Prices> = choices.windows(2).map(|pair| Prices::zero([pair[0], pair[1]], n)).collect();
        for link in delay.links() {
            match link.ends {
                [near, far] if near + 1 == far => joined[near].add(&link.prices),
                [near, far] if far + 1 == near => joined[far].add(&link.prices.turned()),
                _ => return None,
            }
        }
        let mut first = vec![0];
        for &many in choices {
            first.push(first.last().copied().unwrap_or(0) + many * n);
        }
        let onward = joined.iter().map(|prices| prices.all().chunks(n).flat_map(|row| [row, row].concat()).collect());
        Some(Walk { delay, first, onward: onward.collect() })
    }

    /// No offset allowed anywhere.
    pub(super) fn nothing(&self) -> Allowed {
        vec![0; self.first.last().map_or(0, |all| all.div_ceil(64))]
    }

    /// Every offset allowed.
    pub(super) fn everything(&self) -> Allowed {
        vec![u64::MAX; self.first.last().map_or(0, |all| all.div_ceil(64))]
    }

    /// Allows the offsets of a choice that lie in both arcs (from, to; s); whether there are any.
    pub(super) fn allow(
        &self,
        allowed: &mut Allowed,
        signal: usize,
        choice: usize,
        arcs: [(f64, f64); 2],
        step_s: f64,
    ) -> bool {
        let n = self.delay.steps();
        // Grid steps of an arc: the first, and how many; all where it goes round.
        let steps = arcs.map(|(from, to)| {
            let (from, to) = ((from / step_s).ceil(), (to / step_s).floor());
            let many = (to - from + 1.0).clamp(0.0, n as f64) as usize;
            let turns = (from / n as f64).floor() * n as f64;
            ((from - turns) as usize % n, many)
        });
        let [(from, many), (other, others)] = steps;
        let mut any = false;
        for k in 0..many {
            let offset = (from + k) % n;
            if (offset + n - other) % n < others {
                let value = self.first[signal] + choice * n + offset;
                allowed[value >> 6] |= 1 << (value & 63);
                any = true;
            }
        }
        any
    }

    /// The least cost over allowed offsets, and who gets it; `None` where there are none.
    pub(super) fn least(&self, allowed: &Allowed) -> Option<(f64, Vec<Setting>)> {
        let n = self.delay.steps();
        let signals = self.delay.signals();
        let may = |value: usize| (allowed[value >> 6] >> (value & 63)) & 1 == 1;
        let mut tables: Vec<Vec<f64>> = Vec::with_capacity(signals);
        for signal in 0..signals {
            let own = self.delay.own(signal);
            let mut table = match tables.last() {
                None => vec![0.0; own.len() * n],
                Some(before) => self.step(signal - 1, before, own.len()),
            };
            for (value, cost) in table.iter_mut().enumerate() {
                *cost = if may(self.first[signal] + value) { *cost + own[value / n] } else { f64::INFINITY };
            }
            tables.push(table);
        }
        let last = tables.last()?;
        let mut value = (0..last.len()).min_by(|&a, &b| last[a].total_cmp(&last[b]))?;
        let cost = last[value];
        if cost == f64::INFINITY {
            return None;
        }
        let mut settings = vec![Setting { offset: value % n, choice: value / n }];
        for signal in (0..signals - 1).rev() {
            let onward = |near: usize| {
                let row = 2 * n * (near / n * self.delay.own(signal + 1).len() + value / n);
                tables[signal][near] + self.onward[signal][row + n - near % n + value % n]
            };
            value = (0..tables[signal].len()).min_by(|&a, &b| onward(a).total_cmp(&onward(b)))?;
            settings.push(Setting { offset: value % n, choice: value / n });
        }
        settings.reverse();
        Some((cost, settings))
    }

    /// The least cost of every value of the next signal.
    fn step(&self, signal: usize, before: &[f64], choices: usize) -> Vec<f64> {
        let n = self.delay.steps();
        let mut table = vec![f64::INFINITY; choices * n];
        for (near, &cost) in before.iter().enumerate().filter(|(_, cost)| cost.is_finite()) {
            for (choice, table) in table.chunks_mut(n).enumerate() {
                let from = 2 * n * (near / n * choices + choice) + n - near % n;
                for (t, p) in table.iter_mut().zip(&self.onward[signal][from..from + n]) {
                    let here = cost + p;
                    *t = if here < *t { here } else { *t };
                }
            }
        }
        table
    }
}
