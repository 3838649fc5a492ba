//! When a coordinated plan lets each slot run: force-offs and yield points on its cycle.
//!
//! ```text
//!  programme  | coordinated green      |y| stage 2   |y| stage 3        |y| coordinated green
//!                                      ^ yield point ^ force-off 2      ^ force-off 3
//!  a stage may begin while its minimum ends before its force-off (its permissive period); what is left over goes to the
//!  coordinated stage, which begins early and ends at its yield point all the same
//! ```
//! Knows: the running cycle as programmed. Must not know: calls, lamps. NTCIP 1202 fixed force-offs (`coordForceMode` 3);
//! FHWA STM chapter 7: coordinated phase, yield point, permissive period, early return to green.

use crate::cabinet::cycle::Cycle;
use crate::cabinet::order::Order;
use crate::cabinet::slots::Slot;
use crate::cabinet::spec::{Table, Tenths};

/// The programme of the running cycle by slots.
#[derive(Debug, Clone)]
pub(super) struct Windows {
    cycle: Tenths,
    /// Place in the cycle at a moment: `now - start`.
    start: Tenths,
    /// Programmed start and length of each slot's green.
    greens: Vec<(Tenths, Tenths)>,
    /// The coordinated slot of each ring.
    pub(super) coordinated: Vec<usize>,
}

impl Windows {
    pub(super) fn new(table: &Table, cycle: &Cycle) -> Windows {
        let (layout, order) = (&table.layout, cycle.order(table));
        let mut greens: Vec<_> =
            layout.slots.iter().map(|slot| programmed(table, order, cycle.greens(), slot)).collect();
        let coordinated = coordinated(table, order, &greens);
        // A ring that rests meanwhile goes with the others.
        let reference = coordinated.iter().copied().find(|&s| layout.slots[s].has(table.spec.reference_phase));
        for &s in coordinated.iter().filter(|&&s| layout.slots[s].members == 0) {
            greens[s] = reference.map_or(greens[s], |reference| greens[reference]);
        }
        Windows { cycle: cycle.length(), start: cycle.start, greens, coordinated }
    }

    /// Time since the last yield point of a ring.
    pub(super) fn since_yield(&self, ring: usize, now: Tenths) -> Tenths {
        let (start, length) = self.greens[self.coordinated[ring]];
        (now - self.start - start - length).rem_euclid(self.cycle)
    }

    /// Time until the next yield point of a ring.
    pub(super) fn until_yield(&self, ring: usize, now: Tenths) -> Tenths {
        self.cycle - self.since_yield(ring, now)
    }

    /// Force-off of a slot after its ring's yield point.
    pub(super) fn force_off(&self, table: &Table, slot: usize) -> Tenths {
        let (start, length) = self.greens[slot];
        let (c_start, c_length) = self.greens[self.coordinated[table.layout.slots[slot].ring]];
        (start + length - c_start - c_length).rem_euclid(self.cycle)
    }

    /// Programmed start of a slot after its ring's yield point.
    pub(super) fn start_of(&self, slot: usize, ring: usize) -> Tenths {
        let (c_start, c_length) = self.greens[self.coordinated[ring]];
        (self.greens[slot].0 - c_start - c_length).rem_euclid(self.cycle)
    }

    /// How much of a slot's programmed green is left; `None` outside it.
    pub(super) fn within(&self, slot: usize, now: Tenths) -> Option<Tenths> {
        let (start, length) = self.greens[slot];
        let into = (now - self.start - start).rem_euclid(self.cycle);
        (into < length).then(|| length - into)
    }

    /// The next programmed start of a slot after now.
    pub(super) fn next_start(&self, slot: usize, now: Tenths) -> Tenths {
        let since = (now - self.start - self.greens[slot].0).rem_euclid(self.cycle);
        now + self.cycle - since
    }

    /// Cycle length.
    pub(super) fn cycle(&self) -> Tenths {
        self.cycle
    }
}

/// Where a slot's green lies in the cycle of these greens: a stage's own; a phase's from the stage it begins with through
/// those it runs on into.
fn programmed(table: &Table, order: &Order, greens: &[Tenths], slot: &Slot) -> (Tenths, Tenths) {
    if let Some(k) = slot.stage {
        return (table.lead(order, greens, k), greens[k]);
    }
    let serves = |k: usize| table.members[k] & slot.members != 0;
    let first = order.stages().iter().copied().find(|&k| serves(k) && !serves(order.before(k))).unwrap_or(0);
    let mut length = greens[first];
    let mut k = first;
    while serves(order.after(k)) && order.after(k) != first {
        length += table.spec.stages[k].yellow + table.spec.stages[k].all_red + greens[order.after(k)];
        k = order.after(k);
    }
    (table.lead(order, greens, first), length)
}

/// The slot of the reference phase, and in other rings the longest of the same group (the first of equals).
fn coordinated(table: &Table, order: &Order, greens: &[(Tenths, Tenths)]) -> Vec<usize> {
    let layout = &table.layout;
    let reference = match layout.slots.iter().position(|s| s.stage == Some(order.reference)) {
        Some(slot) => slot,
        None => layout.slots.iter().position(|s| s.has(table.spec.reference_phase)).unwrap_or(0),
    };
    let (ring, group) = (layout.slots[reference].ring, layout.slots[reference].group);
    let longest =
        |r: usize| layout.of(r, group).max_by_key(|&s| (greens[s].1, std::cmp::Reverse(s))).unwrap_or(reference);
    (0..layout.rings).map(|r| if r == ring { reference } else { longest(r) }).collect()
}
