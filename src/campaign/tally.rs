//! What a campaign found.

use super::ledger::{Ledger, Wrongs};
use crate::units::Tenths;
use std::collections::BTreeMap;

/// How a group came back after a burst.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// What struck, and where.
    pub after: String,
    /// From the end of the last fault until every cabinet ran a plan of ours, or had it committed, and nothing was owed.
    pub took: Tenths,
    /// The cycle aimed at.
    pub cycle: Tenths,
    /// Whether it came back at all.
    pub back: bool,
}

/// What a campaign found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Plan blocks written to cabinets.
    pub pushes: u64,
    /// Of these, commits written.
    pub committed: u64,
    /// Plans that came to run.
    pub activated: u64,
    /// Pushes the core says failed.
    pub failed: u64,
    /// Plans that ran and must not.
    pub wrongs: Wrongs,
    /// What conflict monitors saw: conflicts, short greens, short clearances, starvation.
    pub violations: u64,
    /// Plans the guard refused: the campaign orders safe ones only.
    pub refused_by_guard: u64,
    /// Bursts of faults that struck.
    pub bursts: u64,
    /// Faults by name, as they struck.
    pub struck: BTreeMap<&'static str, u64>,
    /// How groups came back.
    pub recoveries: Vec<Recovery>,
    /// Kinds of faults by burst and link that the centre could see.
    pub visible: u64,
    /// Of these, those the journal does not name.
    pub unlogged: Vec<String>,
    /// Lines of all journals.
    pub journal_lines: u64,
    /// Simulated time.
    pub simulated: Tenths,
}

impl Report {
    /// Adds a cabinet's account.
    pub(super) fn add(&mut self, ledger: &Ledger) {
        self.pushes += ledger.staged;
        self.committed += ledger.committed;
        self.activated += ledger.activated;
        self.wrongs.add(ledger.wrongs);
    }

    /// Takes over what a group found on its way.
    pub(super) fn absorb(&mut self, other: Report) {
        self.failed += other.failed;
        self.violations += other.violations;
        self.refused_by_guard += other.refused_by_guard;
        self.bursts += other.bursts;
        self.visible += other.visible;
        self.journal_lines += other.journal_lines;
        self.recoveries.extend(other.recoveries);
        self.unlogged.extend(other.unlogged);
        for (kind, times) in other.struck {
            *self.struck.entry(kind).or_default() += times;
        }
    }

    /// Share of bursts after which a group was back within so many cycles, or within `or` if that is longer.
    pub fn back_within(&self, cycles: u32, or: Tenths) -> f64 {
        let soon = |r: &&Recovery| r.back && (r.took.count() <= cycles * r.cycle.count() || r.took <= or);
        let all = self.recoveries.len().max(1);
        self.recoveries.iter().filter(soon).count() as f64 / all as f64
    }

    /// The longest ways back, longest first.
    pub fn slowest(&self, most: usize) -> Vec<&Recovery> {
        let mut all: Vec<&Recovery> = self.recoveries.iter().collect();
        all.sort_by_key(|r| std::cmp::Reverse(r.took));
        all.truncate(most);
        all
    }

    /// Whether nothing happened that must never happen.
    pub fn is_clean(&self) -> bool {
        self.wrongs.total() == 0 && self.violations == 0 && self.unlogged.is_empty()
    }
}
