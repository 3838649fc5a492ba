//! How far a stage request may move the heads away from a programme: what one round of its stages takes back.
//!
//! Knows: greens and their limits. Must not know: what is asked.

use super::spec::{Table, Tenths};

/// How far heads may be from a programme: later and earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) later: Tenths,
    pub(super) earlier: Tenths,
}

impl Room {
    /// What one round of stages with these greens gives and takes, never more than half a cycle.
    pub(super) fn of(table: &Table, greens: &[Tenths]) -> Room {
        let half = table.cycle_of(greens) / 2;
        let all = || greens.iter().zip(&table.spec.stages);
        let later: Tenths = all().map(|(g, s)| (g - s.min_green).max(0)).sum();
        let earlier: Tenths = all().map(|(g, s)| (s.max_green - g).max(0)).sum();
        Room { later: later.min(half), earlier: earlier.min(half) }
    }

    /// The smaller of both.
    pub(super) fn and(self, other: Room) -> Room {
        Room { later: self.later.min(other.later), earlier: self.earlier.min(other.earlier) }
    }
}
