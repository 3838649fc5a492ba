//! The search: signals are taken in one after the other; of all settings that leave the same picture at the front only the
//! cheapest is kept (so nothing is lost), and none whose cost so far and bound for the rest reach the best answer known.
//!
//! Knows: the core, an order, shares for the bound. Must not know: how long it may run, beyond the room it is given.
//! Where there is no room for all, the most promising stay, and what was let go is remembered as a bound.
//!
//! Only differences count, so a picture is kept with its first signal's offset at zero.

use super::cycles::Shares;
use super::order::Stage;
use super::outlook::{Outlook, outlook};
use super::picture::{Doubled, Entry, Packing};
use super::problem::{OffsetProblem, Prices, Setting, least, lowest};

/// Rows worked off between two questions whether to stop.
const ROWS_UNASKED: usize = 64;

/// What a pass found.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    /// Settings below the ceiling, the best within what was kept; `None` where there are none.
    pub(super) found: Option<Vec<Setting>>,
    /// No settings below the ceiling cost less than the found ones or than this.
    pub(super) let_go: f64,
}

/// A stage with its prices.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) stage: Stage,
    /// For each slot of the front before: whether it stays, and its slot among those who stay or go.
    slots: Vec<(bool, usize)>,
    /// What each value of the signal costs by itself, with the constant part of the bound.
    pub(super) own: Vec<f64>,
    /// From each of those who go to the signal.
    gone: Vec<Doubled>,
    /// From slots of those who stay to the signal, the bound after included.
    rest: Vec<(usize, Doubled)>,
    /// The bound before: between slots of the front before.
    bound_before: Vec<(usize, usize, Doubled)>,
    /// The bound after: between slots of those who stay.
    bound_rest: Vec<(usize, usize, Doubled)>,
}

/// A picture of the front before a stage, as the stage sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Those who stay, the first at offset zero.
    pub(super) rest: u128,
    /// Cost so far, without any bound for what is to come.
    pub(super) cost: f64,
    /// How much the first of those who stay had to be moved.
    shift: usize,
    /// Its place in the table.
    entry: usize,
}

/// The search, ready to be run with any ceiling and room.
#[derive(Debug, Clone)]
pub(super) struct Sweep {
    pub(super) packing: Packing,
    pub(super) stages: Vec<Prepared>,
    start: f64,
}

impl Sweep {
    /// Prepares; `None` where the front is too wide to be packed.
    pub(super) fn new(core: &OffsetProblem, order: Vec<Stage>, shares: &Shares) -> Option<Sweep> {
        let choices = core.signals.iter().map(Vec::len).max().unwrap_or(1);
        let widest = order.iter().map(|s| s.before.len() + 1).max().unwrap_or(0);
        let packing = Packing::new(core.steps, choices, widest)?;
        let mut inside = vec![false; core.signals.len()];
        let mut before = outlook(core, shares, &inside, &[]);
        let start = before.constant;
        let mut stages = Vec::with_capacity(order.len());
        for stage in order {
            inside[stage.signal] = true;
            let after = outlook(core, shares, &inside, &stage.after());
            stages.push(prepare(core, stage, before, after.clone()));
            before = after;
        }
        Some(Sweep { packing, stages, start })
    }

    /// One pass that keeps at most `room` pictures a stage and none that reaches `ceiling`. `None` when told to stop.
    pub(super) fn pass(&self, ceiling: f64, room: usize, stop: &dyn Fn() -> bool) -> Option<Pass> {
        let mut keeper = Keeper { ceiling, room, limit: ceiling, let_go: f64::INFINITY, kept: Vec::new() };
        let mut tables: Vec<Vec<Entry>> = vec![vec![(0, self.start)]];
        for prepared in &self.stages {
            self.advance(prepared, tables.last()?, &mut keeper, stop)?;
            let after = keeper.take();
            if after.is_empty() {
                return Some(Pass { found: None, let_go: keeper.let_go });
            }
            tables.push(after);
        }
        Some(Pass { found: Some(self.trace(&tables)), let_go: keeper.let_go })
    }

    fn advance(&self, prepared: &Prepared, before: &[Entry], to: &mut Keeper, stop: &dyn Fn() -> bool) -> Option<()> {
        let n = self.packing.steps;
        let stage = &prepared.stage;
        let mut seen: Vec<Seen> = (0..before.len()).map(|e| self.see(prepared, before, e)).collect();
        seen.sort_unstable_by_key(|s| (s.rest, s.entry));
        let mut cost = vec![0.0; prepared.own.len()];
        let mut outward = vec![0.0; prepared.own.len()];
        for (row, pictures) in seen.chunk_by(|a, b| a.rest == b.rest).enumerate() {
            if row.is_multiple_of(ROWS_UNASKED) && stop() {
                return None;
            }
            cost.fill(f64::INFINITY);
            for picture in pictures {
                self.spread(prepared, before, picture, &mut cost);
            }
            let rest = pictures[0].rest;
            self.outward(prepared, rest, &mut outward);
            cost.iter_mut().zip(&outward).for_each(|(c, o)| *c += o);
            if !stage.stays {
                to.offer(rest, lowest(&cost));
            } else if stage.rest.is_empty() {
                for (choice, costs) in cost.chunks(n).enumerate() {
                    to.offer(self.packing.at(0, choice * n), lowest(costs));
                }
            } else {
                for (value, &c) in cost.iter().enumerate() {
                    to.offer(rest | self.packing.at(stage.rest.len(), value), c);
                }
            }
        }
        Some(())
    }

    /// An entry as the stage sees it.
    pub(super) fn see(&self, prepared: &Prepared, table: &[Entry], entry: usize) -> Seen {
        let (key, cost) = table[entry];
        let value = |slot: usize| self.packing.value(key, slot);
        let bound: f64 = prepared.bound_before.iter().map(|(a, b, p)| p.at(value(*a), value(*b))).sum();
        let first = prepared.slots.iter().position(|slot| *slot == (true, 0));
        let shift = first.map_or(0, |slot| self.packing.offset(value(slot)));
        let mut rest = 0;
        for (slot, &(stays, to)) in prepared.slots.iter().enumerate() {
            if stays {
                rest |= self.packing.at(to, self.packing.earlier(value(slot), shift));
            }
        }
        Seen { rest, cost: cost - bound, shift, entry }
    }

    /// The values of those who go, in a picture.
    pub(super) fn gone(&self, prepared: &Prepared, table: &[Entry], picture: &Seen) -> impl Iterator<Item = usize> {
        let key = table[picture.entry].0;
        let goes = prepared.slots.iter().enumerate().filter(|(_, (stays, _))| !stays);
        goes.map(move |(slot, _)| self.packing.earlier(self.packing.value(key, slot), picture.shift))
    }

    /// Lowers `cost`, by value of the stage's signal, to what a picture offers.
    pub(super) fn spread(&self, prepared: &Prepared, table: &[Entry], picture: &Seen, cost: &mut [f64]) {
        let base = picture.cost;
        let mut going = self.gone(prepared, table, picture).zip(&prepared.gone);
        let (first, second) = (going.next(), going.next());
        for (choice, cost) in cost.chunks_mut(self.packing.steps).enumerate() {
            match (first, second, prepared.gone.len()) {
                (None, ..) => cost.iter_mut().for_each(|c| *c = least(*c, base)),
                (Some((value, one)), None, _) => {
                    for (c, p) in cost.iter_mut().zip(one.by_offset(value, choice)) {
                        *c = least(*c, base + p);
                    }
                }
                (Some((value, one)), Some((other_value, other)), 2) => {
                    let other = other.by_offset(other_value, choice);
                    for (c, (p, q)) in cost.iter_mut().zip(one.by_offset(value, choice).iter().zip(other)) {
                        *c = least(*c, base + (p + q));
                    }
                }
                _ => {
                    for (k, c) in cost.iter_mut().enumerate() {
                        let going = self.gone(prepared, table, picture).zip(&prepared.gone);
                        let sum: f64 = going.map(|(value, p)| p.by_offset(value, choice)[k]).sum();
                        *c = least(*c, base + sum);
                    }
                }
            }
        }
    }

    /// What a row adds to every value of the stage's signal.
    pub(super) fn outward(&self, prepared: &Prepared, rest: u128, outward: &mut [f64]) {
        let value = |slot: usize| self.packing.value(rest, slot);
        let fixed: f64 = prepared.bound_rest.iter().map(|(a, b, p)| p.at(value(*a), value(*b))).sum();
        outward.iter_mut().zip(&prepared.own).for_each(|(o, own)| *o = own + fixed);
        for (choice, outward) in outward.chunks_mut(self.packing.steps).enumerate() {
            for (slot, prices) in &prepared.rest {
                outward.iter_mut().zip(prices.by_offset(value(*slot), choice)).for_each(|(o, p)| *o += p);
            }
        }
    }
}

/// Gathers what a stage needs.
fn prepare(core: &OffsetProblem, stage: Stage, before: Outlook, after: Outlook) -> Prepared {
    let n = core.steps;
    let v = stage.signal;
    let mut own: Vec<f64> = Vec::with_capacity(n * core.signals[v].len());
    for price in &core.signals[v] {
        own.extend(std::iter::repeat_n(price + after.constant - before.constant, n));
    }
    let link = |from: usize| {
        let link = core.links.iter().find(|l| l.ends == [from, v] || l.ends == [v, from])?;
        Some(if link.ends[0] == from { link.prices.clone() } else { link.prices.turned() })
    };
    let gone: Vec<Doubled> = stage.gone.iter().filter_map(|&g| Some(Doubled::new(&link(g)?, n))).collect();
    let mut rest: Vec<Option<Prices>> = stage.rest.iter().map(|&r| link(r)).collect();
    let mut bound_rest = Vec::new();
    // The signal's slot in the front after is the last, if it stays.
    let last = stage.rest.len();
    for (a, b, prices) in after.pairs {
        if a == last {
            for choice in 0..prices.choices()[0] {
                let closing = prices.row(choice, choice)[0];
                own[choice * n..(choice + 1) * n].iter_mut().for_each(|o| *o += closing);
            }
        } else if b == last {
            match &mut rest[a] {
                Some(there) => there.add(&prices),
                none => *none = Some(prices),
            }
        } else {
            bound_rest.push((a, b, Doubled::new(&prices, n)));
        }
    }
    let slot = |s: &usize| match stage.rest.iter().position(|r| r == s) {
        Some(to) => (true, to),
        None => (false, stage.gone.iter().position(|g| g == s).unwrap_or(0)),
    };
    Prepared {
        slots: stage.before.iter().map(slot).collect(),
        own,
        gone,
        rest: rest.iter().enumerate().filter_map(|(k, p)| Some((k, Doubled::new(p.as_ref()?, n)))).collect(),
        bound_before: before.pairs.iter().map(|(a, b, p)| (*a, *b, Doubled::new(p, n))).collect(),
        bound_rest,
        stage,
    }
}

/// Keeps the best pictures of a stage, and knows what it let go.
#[derive(Debug, Clone)]
struct Keeper {
    ceiling: f64,
    room: usize,
    /// What reaches this is let go.
    limit: f64,
    let_go: f64,
    kept: Vec<Entry>,
}

impl Keeper {
    fn offer(&mut self, key: u128, cost: f64) {
        if cost < self.limit {
            self.kept.push((key, cost));
            if self.kept.len() > 2 * self.room {
                self.cut();
            }
        } else if cost < self.ceiling {
            self.let_go = least(self.let_go, cost);
        }
    }

    fn cut(&mut self) {
        if self.kept.len() > self.room {
            self.kept.select_nth_unstable_by(self.room, |a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            self.limit = self.kept[self.room].1;
            self.let_go = least(self.let_go, self.limit);
            self.kept.truncate(self.room);
        }
    }

    fn take(&mut self) -> Vec<Entry> {
        self.cut();
        self.limit = self.ceiling;
        std::mem::take(&mut self.kept)
    }
}
