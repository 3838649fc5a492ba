//! One running cycle: when it began and how long each green is; every lamp follows from the time within it.
//!
//! ```text
//!  start                                                        start + length = start of the next
//!  | green 1 | yellow 1 | all red 1 | green 2 | ...  | all red n |
//! ```
//! One stage may be absent: left out with its yellow and all red, its neighbours meeting.
//!
//! Knows: the stage table and true time. Must not know: why these greens, plans, clocks, registers. Nothing is counted up:
//! lamps are derived from `now - start`, and the next moment at which anything changes is looked up.

use super::order::Order;
use super::spec::{PhaseKind, Table, Tenths};
use crate::signal::Lamp;

/// A green that lasts until somebody ends it.
const HELD: Tenths = 1 << 40;

/// The part of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interval {
    Green = 0,
    Yellow = 1,
    AllRed = 2,
}

/// Where a moment lies within the cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Stage index.
    pub(super) stage: usize,
    pub(super) interval: Interval,
    /// Time since the interval began.
    pub(super) into: Tenths,
    /// Time until it ends.
    pub(super) left: Tenths,
    /// The stages before and after it as the cycle runs them.
    pub(super) before: usize,
    pub(super) after: usize,
}

/// A cycle as it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cycle {
    /// True time of its start.
    pub(super) start: Tenths,
    /// Whether it is a step of the cabinet's own transition towards its offset.
    pub(super) stretched: bool,
    /// By stage.
    greens: Vec<Tenths>,
    /// In which of the table's orders they come.
    order: usize,
    /// Stage left out; never the first.
    absent: Option<usize>,
    /// Stage that ran last in the cycle before.
    follows: usize,
    length: Tenths,
    /// Moments within the cycle at which a lamp or an interval changes, ascending; the last is the length.
    breaks: Vec<Tenths>,
    /// Stage held by hand, and the green it has by its plan.
    held: Option<(usize, Tenths)>,
}

impl Cycle {
    /// A cycle of these greens, by stage, in one of the table's orders.
    pub(super) fn new(table: &Table, start: Tenths, (greens, order): (Vec<Tenths>, usize), stretched: bool) -> Self {
        let (follows, breaks) = (table.orders[order].before(0), Vec::new());
        let mut cycle = Self { start, stretched, greens, order, absent: None, follows, length: 0, breaks, held: None };
        cycle.lay_out(table);
        cycle
    }

    /// The same after another cycle, which may have left its last stage out.
    pub(super) fn after(self, table: &Table, before: &Cycle) -> Cycle {
        Cycle { follows: before.present(table).last().unwrap_or(before.follows), ..self }
    }

    /// The order in which its stages come.
    pub(super) fn order<'a>(&self, table: &'a Table) -> &'a Order {
        &table.orders[self.order]
    }

    /// Number of that order among the table's.
    pub(super) fn order_number(&self) -> usize {
        self.order
    }

    /// Stage that ran last in the cycle before.
    pub(super) fn follows(&self) -> usize {
        self.follows
    }

    /// The same cycle with other greens, and a stage left out or none.
    pub(super) fn lay(&mut self, table: &Table, greens: Vec<Tenths>, absent: Option<usize>) {
        (self.greens, self.absent) = (greens, absent);
        self.lay_out(table);
    }

    /// The stage left out.
    pub(super) fn absent(&self) -> Option<usize> {
        self.absent
    }

    /// The stages it runs, as they come.
    pub(super) fn present<'a>(&self, table: &'a Table) -> impl Iterator<Item = usize> + use<'a> {
        let absent = self.absent;
        self.order(table).stages().iter().copied().filter(move |&k| Some(k) != absent)
    }

    /// The stage after `k` as this cycle runs them.
    fn next(&self, table: &Table, k: usize) -> usize {
        self.order(table).after_without(k, self.absent)
    }

    fn lay_out(&mut self, table: &Table) {
        self.breaks.clear();
        let mut at = 0;
        for (k, stage) in self.present(table).map(|k| (k, &table.spec.stages[k])) {
            for &p in &stage.phases {
                let end = at + self.greens[k] - table.early_cut(k, p);
                match table.spec.phases[p].kind {
                    PhaseKind::Pedestrian { clearance, .. } => self.breaks.extend([end - clearance, end]),
                    PhaseKind::Vehicle => self.breaks.extend([end, end + stage.yellow]),
                }
                self.breaks.push(at + table.late_start(k, p));
            }
            for part in [self.greens[k], stage.yellow, stage.all_red] {
                at += part;
                self.breaks.push(at);
            }
        }
        self.length = at;
        self.breaks.sort_unstable();
        self.breaks.dedup();
    }

    /// True time at which stage `k`'s green starts.
    pub(super) fn start_of(&self, table: &Table, k: usize) -> Tenths {
        let order = self.order(table);
        let before = self.present(table).take_while(|&j| order.place(j) < order.place(k));
        let splits = before.map(|j| (j, &table.spec.stages[j]));
        self.start + splits.map(|(j, s)| self.greens[j] + s.yellow + s.all_red).sum::<Tenths>()
    }

    /// True time of its end.
    pub(super) fn end(&self) -> Tenths {
        self.start + self.length
    }

    /// True time of the first change after `now`.
    pub(super) fn next_change(&self, now: Tenths) -> Option<Tenths> {
        let at = now - self.start;
        let first = self.breaks.partition_point(|&b| b <= at);
        self.breaks.get(first).map(|b| self.start + b)
    }

    /// Where a moment lies; at and after the end, in the last interval.
    pub(super) fn place(&self, table: &Table, now: Tenths) -> Place {
        let mut at = (now - self.start).clamp(0, self.length - 1);
        let (mut before, mut last) = (self.follows, 0);
        for (stage, s) in self.present(table).map(|k| (k, &table.spec.stages[k])) {
            let after = self.next(table, stage);
            let parts =
                [(Interval::Green, self.greens[stage]), (Interval::Yellow, s.yellow), (Interval::AllRed, s.all_red)];
            for (interval, length) in parts {
                if at < length {
                    return Place { stage, interval, into: at, left: length - at, before, after };
                }
                at -= length;
            }
            last = before;
            before = stage;
        }
        Place { stage: before, interval: Interval::AllRed, into: 0, left: 0, before: last, after: 0 }
    }

    /// What a phase shows at a place of the cycle.
    pub(super) fn lamp(table: &Table, phase: usize, place: &Place) -> Lamp {
        if !table.serves(place.stage, phase) {
            return Lamp::Red;
        }
        let begins = !table.serves(place.before, phase);
        if begins && place.interval == Interval::Green && place.into < table.late_start(place.stage, phase) {
            return Lamp::Red;
        }
        if table.serves(place.after, phase) {
            return Lamp::Green;
        }
        // Time since the phase's own green ended, and before it ends.
        let cut = table.early_cut(place.stage, phase);
        let (over, left) = match place.interval {
            Interval::Green => (cut - place.left, place.left - cut),
            Interval::Yellow => (cut + place.into, 0),
            Interval::AllRed => return Lamp::Red,
        };
        match table.spec.phases[phase].kind {
            PhaseKind::Pedestrian { .. } if left <= 0 => Lamp::Red,
            PhaseKind::Pedestrian { clearance, .. } if left <= clearance => Lamp::Yellow,
            PhaseKind::Vehicle if over >= table.spec.stages[place.stage].yellow => Lamp::Red,
            PhaseKind::Vehicle if left <= 0 => Lamp::Yellow,
            _ => Lamp::Green,
        }
    }

    /// The same greens in another of the table's orders.
    pub(super) fn in_order(mut self, table: &Table, order: usize) -> Cycle {
        if self.order != order {
            self.order = order;
            self.lay_out(table);
        }
        self
    }

    /// The same cycle, known to be off its programme.
    pub(super) fn out_of_step(self) -> Cycle {
        Cycle { stretched: true, ..self }
    }

    /// Greens by stage.
    pub(super) fn greens(&self) -> &[Tenths] {
        &self.greens
    }

    /// Its length.
    pub(super) fn length(&self) -> Tenths {
        self.length
    }

    /// Holds the running green, or the next one when this one is already ending, until [`Cycle::let_go`].
    pub(super) fn hold(&mut self, table: &Table, now: Tenths) {
        let place = self.place(table, now);
        let clearance = table.clearance_before(place.stage, place.after);
        let here = place.interval == Interval::Green && (clearance == 0 || place.left > clearance);
        let stage = if here { place.stage } else { place.after };
        let order = self.order(table);
        if self.held.is_none() && (here || order.place(stage) > order.place(place.stage)) {
            self.held = Some((stage, self.greens[stage]));
            self.greens[stage] = HELD;
            self.lay_out(table);
        }
    }

    /// Ends a hold: the green ends when its plan says, or as soon as pedestrians on it have had their clearance.
    pub(super) fn let_go(&mut self, table: &Table, now: Tenths) {
        let Some((stage, planned)) = self.held.take() else { return };
        let place = self.place(table, now);
        let elapsed = if place.stage == stage { place.into } else { 0 };
        self.greens[stage] = planned.max(elapsed + table.clearance_before(stage, self.next(table, stage)));
        self.lay_out(table);
    }
}

/// Spreads `by` over `greens` in proportion to them, each within its limits. Returns the greens and what could not be placed.
pub(super) fn spread(greens: &[Tenths], limits: &[(Tenths, Tenths)], by: Tenths) -> (Vec<Tenths>, Tenths) {
    let mut out = greens.to_vec();
    let mut rest = by.abs();
    let room = |out: &[Tenths], k: usize| if by > 0 { limits[k].1 - out[k] } else { out[k] - limits[k].0 };
    // Each pass fills a green to its limit or leaves less than one tenth a green, which the one-by-one pass places.
    for _ in 0..=greens.len() {
        let open: Vec<usize> = (0..out.len()).filter(|&k| room(&out, k) > 0).collect();
        let weight: Tenths = open.iter().map(|&k| greens[k]).sum();
        if weight <= 0 {
            break;
        }
        let shared = rest;
        for &k in &open {
            let share = (shared * greens[k] / weight).min(room(&out, k));
            out[k] += share * by.signum();
            rest -= share;
        }
    }
    let mut order: Vec<usize> = (0..out.len()).collect();
    order.sort_by_key(|&k| (-greens[k], k));
    for _ in 0..=greens.len() {
        for &k in &order {
            if rest > 0 && room(&out, k) > 0 {
                out[k] += by.signum();
                rest -= 1;
            }
        }
    }
    (out, rest * by.signum())
}
