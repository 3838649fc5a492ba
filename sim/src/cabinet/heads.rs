//! What one signal group shows, derived from when its green began, ended, and its red began.
//!
//! ```text
//!    red        | green or walk      | yellow or clearance | red
//!               ^ from               ^ ends                ^ red
//! ```
//! Knows: moments. Must not know: why they were chosen.

use super::spec::{PhaseKind, Table, Tenths};
use crate::signal::Lamp;

/// Before everything.
const LONG_AGO: Tenths = i64::MIN / 4;

/// One signal group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Start of its last green; may lie ahead.
    pub(super) from: Tenths,
    /// End of that green (of walk, for pedestrians); `None` = it is not ending.
    pub(super) ends: Option<Tenths>,
    /// Start of red after it.
    pub(super) red: Tenths,
}

impl Head {
    /// Red for as long as anybody knows.
    pub(super) const RED: Head = Head { from: LONG_AGO, ends: Some(LONG_AGO), red: LONG_AGO };

    /// Green, or about to be, and not ending.
    pub(super) fn going(&self) -> bool {
        self.ends.is_none()
    }

    /// Whether its red after the last green has come.
    pub(super) fn is_red(&self, now: Tenths) -> bool {
        !self.going() && now >= self.red
    }

    /// What it shows.
    pub(super) fn lamp(&self, now: Tenths) -> Lamp {
        match self.ends {
            _ if now < self.from => Lamp::Red,
            None => Lamp::Green,
            Some(ends) if now < ends => Lamp::Green,
            Some(_) if now < self.red => Lamp::Yellow,
            Some(_) => Lamp::Red,
        }
    }

    /// Ends its green `at`; yellow or clearance follows.
    pub(super) fn end(&mut self, at: Tenths, after: Tenths) {
        (self.ends, self.red) = (Some(at), at + after);
    }

    /// Leaves what comes next to somebody else, who shows the same now: what was to begin or to end later is not.
    pub(super) fn hand_over(&mut self, now: Tenths) {
        if now < self.from {
            *self = Head { from: self.red, ends: Some(self.red), red: self.red };
        } else if self.lamp(now) == Lamp::Green {
            self.ends = None;
        }
    }

    /// Notes what somebody else made it show from now on; its yellow or clearance lasts `warning`, whoever takes over meanwhile.
    pub(super) fn shown(&mut self, now: Tenths, lamp: Lamp, warning: Tenths) {
        match lamp {
            Lamp::Green => *self = Head { from: now, ends: None, red: now },
            Lamp::Yellow => self.end(now, warning),
            Lamp::Red if self.going() => self.end(now, 0),
            Lamp::Red => self.red = now,
            // Everybody's right of way: it ends with the flash.
            Lamp::YellowFlash | Lamp::Dark => *self = Head { from: now, ends: None, red: now },
        }
    }
}

/// When phase `p` has lost its right of way for good, and when its red began: from its head, or as if it were told to end at
/// `end`.
fn over(table: &Table, heads: &[Head], p: usize, end: Tenths) -> (Tenths, Tenths) {
    let head = heads[p];
    let (ends, red) = match head.ends {
        Some(ends) => (ends, head.red),
        None if table.vehicle(p) => (end, end + table.yellow(p)),
        None => (end, end),
    };
    if table.vehicle(p) { (ends, red) } else { (red, red) }
}

/// The first moment at which phase `q` may become green if every conflicting green still going ended at `end`.
pub(super) fn earliest(table: &Table, heads: &[Head], q: usize, end: Tenths) -> Tenths {
    after(table, heads, q, end, |_| true)
}

/// The first moment at which phase `q` may become green as far as those are concerned who have ended already.
pub(super) fn cleared(table: &Table, heads: &[Head], q: usize) -> Tenths {
    after(table, heads, q, LONG_AGO, |head| !head.going())
}

/// The first moment at which a stage's green may end when `next` comes after it: whoever ends with it has had his minimum, or walk and
/// clearance, from when his own green began, and whoever begins next finds those cleared who have ended.
pub(super) fn floor(table: &Table, heads: &[Head], stage: usize, next: usize) -> Tenths {
    let split = &table.spec.stages[stage];
    let ending = split.phases.iter().filter(|&&p| heads[p].going() && !table.serves(next, p));
    let minima = ending.map(|&p| heads[p].from + table.least(p) + table.early_cut(stage, p));
    let new = table.spec.stages[next].phases.iter().filter(|&&q| !table.serves(stage, q));
    let change = |q: usize| split.yellow + split.all_red + table.late_start(next, q);
    minima.chain(new.map(|&q| cleared(table, heads, q) - change(q))).fold(LONG_AGO, Tenths::max)
}

fn after(table: &Table, heads: &[Head], q: usize, end: Tenths, of: impl Fn(&Head) -> bool) -> Tenths {
    let own = if heads[q].going() { LONG_AGO } else { heads[q].red };
    let conflicting = (0..heads.len()).filter(|&p| table.spec.conflicts[p] >> q & 1 == 1 && of(&heads[p]));
    let needs = conflicting.map(|p| {
        let (ended, red) = over(table, heads, p, end);
        red.max(ended + table.spec.intergreens[p][q])
    });
    needs.fold(own, Tenths::max)
}

/// Whether phase `p`, still going, has had its minimum and, for pedestrians, its clearance.
pub(super) fn may_end(table: &Table, heads: &[Head], p: usize, now: Tenths) -> bool {
    match table.spec.phases[p].kind {
        PhaseKind::Vehicle => heads[p].is_red(now) || now >= heads[p].from + table.spec.phases[p].min_green,
        // Walk and clearance come before the vehicles' end is decided.
        PhaseKind::Pedestrian { .. } => heads[p].is_red(now),
    }
}
