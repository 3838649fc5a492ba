//! Actuated operation: who is green, for how long, and who is next, by calls.
//!
//! ```text
//!               calls elsewhere              minimum over, and gap-out, max-out or force-off
//!  green (rests) ------------> green (opposed) ----------------------------------------------> change --> green
//!   walk rests                  walk ends, clearance                        yellow, intergreens     of the next called
//!
//!  free:         maximum counts from the first opposing call; next is the next called slot in the programme's order, uncalled ones
//!                are left out
//!  coordinated:  windows.rs; the coordinated slot ends at its yield point only, and whatever is left over is its own
//!  rings:        each ring goes its own way between barriers; a barrier is crossed when all rings may end at once
//! ```
//!
//! Knows: the installation, calls, the programmed cycle. Must not know: registers, the centre, loops. The cycle that the plan
//! programmes runs on behind it, so that cycle starts and activations stay where the registers say.
//! Sources: NEMA TS 2-2003 section 3.5, NTCIP 1202 v03, FHWA Signal Timing Manual 2nd ed. chapters 5 to 7.
//!
//! Deliberate deviations: a gap-out is never remembered (simultaneous gap-out in one ring too: an arrival while the ring
//! waits takes it back); pedestrians rest in walk until somebody opposes; those without a button always call (pedestrian
//! recall) and walk whenever their slot runs.

mod rules;
mod steer;
mod windows;

use super::actuation::Actuation;
use super::bend::Wish;
use super::calls::Calls;
use super::cycle::{Cycle, Interval};
use super::heads::{Head, earliest};
use super::order::Order;
use super::request::Kind;
use super::slots::bits;
use super::spec::{PhaseKind, Table, Tenths};
use windows::Windows;

/// Most decisions at one moment; more would be a loop.
const PASSES: usize = 8;

/// How the running plan is run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aim<'a> {
    /// By calls alone.
    Free(&'a Actuation),
    /// By calls within the programme.
    Coordinated(&'a Actuation),
    /// As programmed: to be steered into step and then handed over.
    Fixed,
}

/// What a decision is made on.
pub(super) struct Scene<'a> {
    pub(super) table: &'a Table,
    pub(super) cycle: &'a Cycle,
    pub(super) aim: Aim<'a>,
    /// A stage request.
    pub(super) asked: Option<Wish>,
    pub(super) now: Tenths,
    /// Nobody moves: a hand at the panel.
    pub(super) held: bool,
}

impl Scene<'_> {
    /// The order in which the programme runs the stages.
    fn order(&self) -> &Order {
        self.cycle.order(self.table)
    }
}

/// One ring.
#[derive(Debug, Clone)]
struct Ring {
    slot: usize,
    /// Start of its green; ahead of now during the change to it.
    from: Tenths,
    /// Since when somebody waits whom this green keeps waiting.
    opposed: Option<Tenths>,
}

/// Rings in operation.
#[derive(Debug, Clone, Default)]
pub(super) struct Engine {
    /// Empty until the heads have been taken over.
    rings: Vec<Ring>,
    windows: Option<Windows>,
    /// Of the order in which the slots were gone to that are shown: its number.
    order: usize,
}

impl Engine {
    /// Decides all there is to decide now. True when the heads are in step with a fixed-time programme.
    pub(super) fn run(&mut self, scene: &Scene<'_>, heads: &mut [Head], calls: &mut Calls) -> bool {
        let actuation = match scene.aim {
            Aim::Fixed => {
                self.rings.clear();
                return steer::steer(scene, heads);
            }
            Aim::Free(actuation) => {
                self.windows = None;
                actuation
            }
            Aim::Coordinated(actuation) => {
                self.windows = Some(Windows::new(scene.table, scene.cycle));
                actuation
            }
        };
        for _ in 0..PASSES {
            if !self.pass(scene, actuation, heads, calls) {
                break;
            }
        }
        false
    }

    /// One decision; false when there is none left.
    fn pass(&mut self, scene: &Scene<'_>, actuation: &Actuation, heads: &mut [Head], calls: &mut Calls) -> bool {
        if self.rings.is_empty() {
            let Some(picks) = self.first(scene, heads) else { return false };
            self.go(scene, &picks, heads, calls);
            return true;
        }
        let rules = rules::Rules { engine: self, scene, actuation, heads, calls };
        let (called, rests) = rules.called();
        let opposed = rules.opposed(&called, rests);
        let walks = rules.walks(&called, &opposed, rests);
        let picks = if scene.held { None } else { rules.next(&called, &opposed) };
        for (ring, opposed) in self.rings.iter_mut().zip(opposed) {
            ring.opposed = opposed;
        }
        for (p, begins) in &walks {
            match scene.table.spec.phases[*p].kind {
                PhaseKind::Pedestrian { .. } if *begins => {
                    heads[*p] = Head { from: scene.now, ends: None, red: scene.now };
                    calls.serve(*p);
                }
                PhaseKind::Pedestrian { clearance, .. } => heads[*p].end(scene.now, clearance),
                PhaseKind::Vehicle => {}
            }
        }
        if let Some(picks) = &picks {
            self.go(scene, picks, heads, calls);
        }
        picks.is_some() || !walks.is_empty()
    }

    /// Slots to begin with, from the programme's stage, once every green that does not go on may end.
    fn first(&self, scene: &Scene<'_>, heads: &mut [Head]) -> Option<Vec<Option<usize>>> {
        let (table, now) = (scene.table, scene.now);
        let place = scene.cycle.place(table, now);
        let stage = if place.interval == Interval::Green { place.stage } else { place.after };
        let layout = &table.layout;
        let shown = |s: &usize| layout.slots[*s].members & table.members[stage] != 0;
        let group = (0..layout.slots.len()).find(shown).map_or(0, |s| layout.slots[s].group);
        let pick = |r| layout.of(r, group).find(shown).or_else(|| layout.of(r, group).last());
        let picks: Vec<_> = (0..layout.rings).map(pick).collect();
        let wanted = picks.iter().flatten().fold(0, |all, &s| all | layout.slots[s].members);
        let ended = bits(wanted).all(|p| heads[p].going() || heads[p].is_red(now));
        (steer::clear_for(table, heads, wanted, now) && ended).then_some(picks)
    }

    /// Ends what does not go on and schedules the picked slots (`None`: the ring stays as it is).
    fn go(&mut self, scene: &Scene<'_>, picks: &[Option<usize>], heads: &mut [Head], calls: &mut Calls) {
        let (table, now) = (scene.table, scene.now);
        self.order = scene.cycle.order_number();
        let slots = &table.layout.slots;
        let current = |r: usize| self.rings.get(r).map(|ring| ring.slot);
        let next = |r: usize| picks[r].or_else(|| current(r));
        let wanted = (0..picks.len()).filter_map(next).fold(0, |all, s| all | slots[s].members);
        let mut from = now;
        for s in (0..picks.len()).filter(|&r| picks[r].is_some()).filter_map(current) {
            from = from.max(self.end_slot(table, s, wanted, now, heads));
        }
        // Whatever is left of another layout or of a programme.
        for p in (0..heads.len()).filter(|&p| wanted >> p & 1 == 0) {
            if heads[p].going() && !self.rings.iter().any(|ring| slots[ring.slot].has(p)) {
                heads[p].end(now, table.yellow(p));
            }
        }
        let mut begin = Vec::new();
        for &s in picks.iter().flatten() {
            for p in slots[s].phases().filter(|&p| !heads[p].going()) {
                let walks = !table.spec.phases[p].on_call || calls.call(p);
                if table.vehicle(p) || walks {
                    let late = slots[s].stage.map_or(0, |k| table.late_start(k, p));
                    from = from.max(earliest(table, heads, p, now) - late);
                    begin.push((p, late));
                }
            }
        }
        for (p, late) in begin {
            heads[p] = Head { from: from + late, ends: None, red: now };
            calls.serve(p);
        }
        if self.rings.is_empty() {
            let ring = |&slot: &Option<usize>| Ring { slot: slot.unwrap_or(0), from, opposed: None };
            self.rings = picks.iter().map(ring).collect();
        } else {
            for (ring, pick) in self.rings.iter_mut().zip(picks) {
                if let Some(slot) = *pick {
                    *ring = Ring { slot, from, opposed: None };
                }
            }
        }
    }

    /// Ends the phases of a slot that are not wanted; returns when the next slot may begin as far as this one is concerned.
    fn end_slot(&self, table: &Table, slot: usize, wanted: u64, now: Tenths, heads: &mut [Head]) -> Tenths {
        let slot = &table.layout.slots[slot];
        let ending: Vec<usize> = slot.phases().filter(|&p| wanted >> p & 1 == 0 && heads[p].going()).collect();
        let cut = |p: usize| slot.stage.map_or(0, |k| table.early_cut(k, p));
        let last = ending.iter().map(|&p| cut(p)).max().unwrap_or(0);
        for &p in &ending {
            heads[p].end(now + last - cut(p), table.yellow(p));
        }
        if ending.is_empty() { now } else { now + last + slot.change }
    }

    /// The next moment after now at which something may happen of itself.
    pub(super) fn next(&self, scene: &Scene<'_>, heads: &[Head], calls: &Calls) -> Option<Tenths> {
        let (table, now) = (scene.table, scene.now);
        let mut all: Vec<Tenths> = Vec::new();
        for (p, head) in heads.iter().enumerate() {
            all.extend([head.from, head.ends.unwrap_or(now), head.red]);
            all.push(match table.spec.phases[p].kind {
                PhaseKind::Vehicle => head.from + table.spec.phases[p].min_green,
                PhaseKind::Pedestrian { walk, .. } => head.from + walk,
            });
        }
        if let Aim::Free(actuation) | Aim::Coordinated(actuation) = scene.aim {
            all.extend((0..heads.len()).map(|p| calls.gap(p, actuation.passage)));
            all.extend(self.rings.iter().filter_map(|r| Some(r.opposed? + max_green(table, actuation, r.slot))));
        }
        all.extend(self.rings.iter().map(|r| r.from));
        all.extend(self.rings.iter().enumerate().filter_map(|(r, ring)| self.kept(scene, r, ring)));
        if let (Some(windows), Aim::Coordinated(_)) = (&self.windows, scene.aim) {
            for (r, &slot) in windows.coordinated.iter().enumerate() {
                let point = now + windows.until_yield(r, now);
                let start = windows.next_start(slot, now);
                all.extend([point, start, start - (self.back_at(scene, heads) - now)]);
                all.extend(
                    table.layout.slots[slot].phases().map(|p| point - table.before_end(&table.layout.slots[slot], p)),
                );
            }
            for s in 0..table.layout.slots.len() {
                let slot = &table.layout.slots[s];
                let off = windows.force_off(table, s) - windows.since_yield(slot.ring, now);
                let cut = |p| slot.stage.map_or(0, |k| table.early_cut(k, p));
                let ends = slot.phases().map(cut).chain([0]).map(|cut| now + (off - cut).rem_euclid(windows.cycle()));
                all.extend(ends);
            }
        }
        all.into_iter().filter(|&t| t > now).min()
    }

    /// When the coordinated greens could begin if everybody else ended now.
    fn back_at(&self, scene: &Scene<'_>, heads: &[Head]) -> Tenths {
        let Some(windows) = &self.windows else { return scene.now };
        let slots = windows.coordinated.iter().map(|&s| &scene.table.layout.slots[s]);
        let phases = slots.flat_map(|slot| slot.phases().map(|p| (slot.stage, p))).filter(|&(_, p)| !heads[p].going());
        let start = |(stage, p): (Option<usize>, usize)| {
            earliest(scene.table, heads, p, scene.now) - stage.map_or(0, |k| scene.table.late_start(k, p))
        };
        phases.map(start).fold(scene.now, Tenths::max)
    }

    /// The interval shown, how long it may still last (`None`: nothing ends it of itself), and the stage that is green.
    pub(super) fn shows(&self, scene: &Scene<'_>, heads: &[Head]) -> (Interval, Option<Tenths>, Option<usize>) {
        let (table, now) = (scene.table, scene.now);
        let begins = self.rings.iter().map(|r| r.from).chain(heads.iter().map(|h| h.from)).max();
        let Some(begins) = begins.filter(|&from| from > now) else {
            let limit = self.rings.iter().enumerate().filter_map(|(r, ring)| self.limit(scene, r, ring)).max();
            return (Interval::Green, limit.map(|l| l.max(0)), self.stage(table, heads, now));
        };
        let yellow = (0..heads.len()).any(|p| table.vehicle(p) && !heads[p].is_red(now) && !heads[p].going());
        (if yellow { Interval::Yellow } else { Interval::AllRed }, Some(begins - now), None)
    }

    /// Until when a request keeps the green of a ring, if it speaks of it: in coordination as long as the next stage can still
    /// have its minimum before its own force-off; never past the stage's own maximum.
    fn kept(&self, scene: &Scene<'_>, r: usize, ring: &Ring) -> Option<Tenths> {
        let stages = &scene.table.spec.stages;
        let k = scene.table.layout.slots[ring.slot].stage?;
        let wish = scene.asked.filter(|w| w.stage == k && matches!(w.kind, Kind::Hold | Kind::Extend))?;
        let most = wish.until.min(ring.from + stages[k].max_green);
        match (scene.aim, &self.windows) {
            (Aim::Free(_), _) => Some(most),
            (Aim::Coordinated(_), Some(w)) => {
                let off = w.force_off(scene.table, ring.slot) - w.since_yield(r, ring.from);
                let next = scene.order().after(k);
                let gives = (scene.cycle.greens()[next] - stages[next].min_green).max(0);
                Some(most.min(ring.from + off.rem_euclid(w.cycle()) + gives))
            }
            _ => None,
        }
    }

    fn limit(&self, scene: &Scene<'_>, r: usize, ring: &Ring) -> Option<Tenths> {
        let kept = self.kept(scene, r, ring).map(|until| until - scene.now);
        self.programmed_limit(scene, r, ring).map(|limit| kept.map_or(limit, |kept| limit.max(kept)))
    }

    fn programmed_limit(&self, scene: &Scene<'_>, r: usize, ring: &Ring) -> Option<Tenths> {
        let (table, now) = (scene.table, scene.now);
        match (scene.aim, &self.windows) {
            (Aim::Free(actuation), _) => Some(ring.opposed? + max_green(table, actuation, ring.slot) - now),
            (Aim::Coordinated(_), Some(w)) if w.coordinated[r] == ring.slot => Some(w.until_yield(r, now)),
            (Aim::Coordinated(_), Some(w)) => Some(w.force_off(table, ring.slot) - w.since_yield(r, now)),
            _ => None,
        }
    }

    /// The stage of the table that is green; in rings the first whose vehicle phases are.
    fn stage(&self, table: &Table, heads: &[Head], now: Tenths) -> Option<usize> {
        if let Some(stage) = self.rings.first().and_then(|r| table.layout.slots[r.slot].stage) {
            return Some(stage);
        }
        let green = |p: usize| !table.vehicle(p) || (heads[p].going() && heads[p].from <= now);
        (0..table.stages()).find(|&k| table.spec.stages[k].phases.iter().all(|&p| green(p)))
    }
}

/// Longest green of a slot once it is opposed.
fn max_green(table: &Table, actuation: &Actuation, slot: usize) -> Tenths {
    let slot = &table.layout.slots[slot];
    match slot.stage {
        Some(k) => actuation.max_greens[k],
        None => {
            (0..table.stages()).filter(|&k| table.members[k] & slot.members != 0).map(|k| actuation.max_greens[k]).sum()
        }
    }
}
