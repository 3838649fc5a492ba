//! Heads that leave the fixed-time programme for a stage request, and how they get back into its step.
//!
//! ```text
//!  programme  | green 1    |y| green 2     |y| green 3      |y| green 1    |y| ...     never moves: cycle starts, activations
//!  heads      | green 1 ------held-- |y| gr. 2 |y| green 3  |y| green 1    |y| ...     minima give the time back
//!             | green 1 |y| green 2 ---------|y| green 3    |y|                        ended early: the next one takes it
//! ```
//! One rule: a green ends where the programme ends it, but not before its minimum (and, once it runs, its clearance) nor
//! after its maximum. A request moves the end of one green only, and never farther from the programme than one round of
//! stages gives or takes back by that rule. A programme that has taken the heads over in the midst of a stage may have found greens
//! that began later than it would have begun them: their minimum counts from when they did.
//!
//! Knows: two cycles, a wish, and since when each head is green. Must not know: registers, calls, modes. All is derived anew from
//! the programme whenever it is asked, so that nothing adds up; only what the heads began to show is kept.

use super::block::Plan;
use super::cycle::{Cycle, Interval};
use super::heads::{Head, floor};
use super::request::Kind;
use super::room::Room;
use super::spec::{Table, Tenths};

/// What is asked of the heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) kind: Kind,
    pub(super) stage: usize,
    /// True time; hold and extend.
    pub(super) until: Tenths,
}

/// The heads' own cycle beside the programme's.
#[derive(Debug, Clone)]
pub(super) struct Bend {
    /// What the heads show.
    pub(super) shown: Cycle,
    /// The programmed cycle that it is.
    target: Cycle,
}

impl Bend {
    /// Heads in step.
    pub(super) fn new(programme: &Cycle) -> Bend {
        Bend { shown: programme.clone(), target: programme.clone() }
    }

    /// A cycle of the programme begins: heads that were ahead already are in it.
    pub(super) fn turned(&mut self, table: &Table, programme: &Cycle) {
        if self.target.start >= programme.start {
            // Of another order: stages that the heads have shown already would come again, so they keep theirs to its end. A cycle of
            // the same greens is as long in any order.
            self.target = programme.clone().in_order(table, self.shown.order_number());
        }
    }

    /// The heads begin their next cycle when this one is over, by the programme's or the plan's. The stage that was left out of
    /// the one that is over.
    pub(super) fn next(&mut self, table: &Table, programme: &Cycle, plan: &Plan, now: Tenths) -> Option<usize> {
        if now < self.shown.end() {
            return None;
        }
        let skipped = self.shown.absent();
        let start = self.target.end();
        self.target = match programme.start == start {
            true => programme.clone(),
            false => Cycle::new(table, start, (plan.greens.clone(), plan.order), false),
        };
        let like = (self.target.greens().to_vec(), self.target.order_number());
        self.shown = Cycle::new(table, self.shown.end(), like, false).after(table, &self.shown);
        skipped
    }

    /// Lays the rest of the heads' cycle: by the programme, and by what is asked.
    pub(super) fn lay(&mut self, table: &Table, heads: &[Head], now: Tenths, room: Room, wish: Option<&Wish>) {
        let absent = self.absence(table, now, room, wish);
        let mut greens = self.shown.greens().to_vec();
        let mut at = self.shown.start;
        let order = self.shown.order(table);
        for k in order.stages().iter().copied().filter(|&k| Some(k) != absent) {
            if self.open(table, k, at, absent, now) {
                let next = order.after_without(k, absent);
                let told = || (now + table.clearance_before(k, next)).max(floor(table, heads, k, next));
                let least = (at + table.spec.stages[k].min_green).max(if at <= now { told() } else { at });
                let programmed = self.programmed_end(table, k);
                let wanted = match wish.filter(|w| w.stage == k) {
                    Some(Wish { kind: Kind::Hold | Kind::Extend, until, .. }) => programmed.max(*until),
                    Some(Wish { kind: Kind::EndEarly, .. }) => least,
                    _ => programmed,
                };
                let wanted = wanted.clamp(programmed - room.earlier, programmed + room.later);
                // The end in the programme's own bounds first: a green that came late enough to pass its maximum ends there.
                greens[k] = wanted.min(at + table.spec.stages[k].max_green).max(least) - at;
            }
            at += greens[k] + table.spec.stages[k].yellow + table.spec.stages[k].all_red;
        }
        if greens != self.shown.greens() || absent != self.shown.absent() {
            self.shown.lay(table, greens, absent);
        }
    }

    /// When the programme ends stage `k`'s green in the heads' cycle.
    fn programmed_end(&self, table: &Table, k: usize) -> Tenths {
        let greens = self.target.greens();
        self.target.start + table.lead(self.target.order(table), greens, k) + greens[k]
    }

    /// Whether the end of a green that begins `at` may still be moved: it is ahead, and nobody has been told yet.
    fn open(&self, table: &Table, k: usize, at: Tenths, absent: Option<usize>, now: Tenths) -> bool {
        let order = self.shown.order(table);
        let old = table.clearance_before(k, order.after_without(k, self.shown.absent()));
        let new = table.clearance_before(k, order.after_without(k, absent));
        at > now || now < at + self.shown.greens()[k] - old.max(new)
    }

    /// The stage to leave out of this cycle. One cycle leaves out one stage: once that is decided, no other can be asked for
    /// and it can not come back; until then the wish of the moment holds.
    fn absence(&self, table: &Table, now: Tenths, room: Room, wish: Option<&Wish>) -> Option<usize> {
        let decided = self.shown.absent().filter(|&k| self.settled(table, k, now));
        let wanted = wish.filter(|w| w.kind == Kind::Skip).map(|w| w.stage).filter(|&k| {
            let split = &table.spec.stages[k];
            // The heads may be in another order than that in which the wish was taken.
            table.optional(self.shown.order_number(), k)
                && self.target.greens()[k] + split.yellow + split.all_red <= room.earlier
                && !self.settled(table, k, now)
        });
        decided.or(wanted)
    }

    /// Whether stage `k` can be left out of this cycle no more, nor be brought back: another one is for good, or those before it
    /// have been told by whatever comes first, with it or without it.
    pub(super) fn settled(&self, table: &Table, k: usize, now: Tenths) -> bool {
        let order = self.shown.order(table);
        let told = |k: usize| {
            let before = order.before(k);
            let start = self.shown.start_of(table, before);
            let clearance = |next| table.clearance_before(before, next);
            let earliest = clearance(k).max(clearance(order.after(k)));
            start <= now && now >= start + self.shown.greens()[before] - earliest
        };
        // The stage before `k` may be the one that is left out, and then has no green to end.
        self.shown.absent().is_some_and(|gone| gone != k && told(gone)) || told(k)
    }

    /// Whether the heads show the programme again, cycle for cycle.
    pub(super) fn in_step(&self, programme: &Cycle) -> bool {
        let (a, b) = (&self.shown, programme);
        let same = (a.start, a.greens(), a.order_number(), a.follows())
            == (b.start, b.greens(), b.order_number(), b.follows());
        same && a.absent().is_none()
    }

    /// How much later than the programme the green that runs or comes next will end; negative: earlier.
    pub(super) fn shift(&self, table: &Table, now: Tenths) -> Tenths {
        let place = self.shown.place(table, now);
        let k = match place.interval {
            Interval::Green => place.stage,
            _ => place.after,
        };
        let order = self.shown.order(table);
        if order.place(k) < order.place(place.stage) {
            return self.shown.end() - self.target.end();
        }
        self.shown.start_of(table, k) + self.shown.greens()[k] - self.programmed_end(table, k)
    }
}
