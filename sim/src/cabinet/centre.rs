//! The centre's hand on the cabinet: stage, commit, activate, expire, release, and silence.
//!
//! ```text
//!            write 400      commit 600                cycle start >= activation, both plans start there
//!  nothing ------> staged ------------> pending ------------------------------------------> running (mode 2)
//!            (checked, kept      |  ^ replaced by a larger     | not both: dropped, 10          | release, expiry,
//!             for read-back)     |    generation               | over: dropped, 16              | silence: "leave"
//!                                v                             | release, silence: dropped      v at the cycle's end
//!                        refused (register 22)                                           local plan (mode 1)
//! ```
//!
//! A cabinet whose plans are stored is told a number instead: pending until the end of its cycle, then running. One that carries
//! its own transitions takes a plan over at any cycle start and brings itself to its offset.
//!
//! Knows: blocks, refusals, the cabinet's clock. Must not know: lamps, sockets. A commit is judged on the staged block as
//! it lies in memory at that moment, never on an earlier verdict, and copies it: what is written later can not reach a plan
//! that is pending or runs, so a torn write can never run.

use super::block::{Decoded, Refusal, blank_beside, crc, decode};
use super::calendar::midnight;
use super::clock::SLEW;
use super::map::{Area, DownloadMap, HeartbeatMap, Map, Near};
use super::request::Requests;
use super::spec::{ClockZero, Table, Tenths};
use std::ops::RangeInclusive;

/// Farthest activation ahead of the clock: one hour.
const HORIZON: Tenths = 36_000;
pub(super) const MINUTE: Tenths = 600;
/// How long a plan may last that nobody renews, minutes.
pub(super) const MINUTES: RangeInclusive<Tenths> = 1..=1440;

/// A plan that the centre committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CentrePlan {
    pub(super) decoded: Decoded,
    /// The block word for word.
    pub(super) block: Vec<u16>,
    /// Clock time of the activation.
    pub(super) activation: Tenths,
    /// Clock time from which it may not begin another cycle.
    pub(super) expires: Tenths,
}

/// What survives a power cut.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kept {
    /// Restarts, wrapping.
    pub(super) boots: u16,
    /// Epoch and generation of the last accepted plan.
    pub(super) last: (u32, u32),
}

/// What lies in memory of the centre's control; gone after a restart.
#[derive(Debug, Clone, Default)]
pub(super) struct Centre {
    /// The staged blocks as they lie in memory, by slot; `None` = nothing staged.
    pub(super) staged: Vec<Option<Vec<u16>>>,
    /// The slot written last.
    pub(super) slot: usize,
    pub(super) pending: Option<CentrePlan>,
    pub(super) running: Option<CentrePlan>,
    /// The running plan ends with its cycle.
    pub(super) leave: bool,
    /// Register 22.
    pub(super) refusal: u16,
    /// Accepted commits, wrapping.
    pub(super) commits: u16,
    /// Heartbeat words as last written.
    pub(super) heartbeat: Vec<u16>,
    /// Timeout as last written; 0 = never.
    timeout: Tenths,
    /// Stage requests.
    pub(super) requests: Requests,
    /// Clock words as last accepted.
    pub(super) clock_words: Vec<u16>,
    /// Selection as last accepted.
    pub(super) selection: Vec<u16>,
    /// True time of the last beat, or since when one is awaited.
    beat: Tenths,
}

/// The first cycle start of the running plan at or after an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// Clock time.
    pub(super) at: Tenths,
    /// How far it may lie from a cycle start of the new plan.
    pub(super) tolerance: Tenths,
    /// The cabinet brings itself to the new plan's offset: any start will do.
    pub(super) any: bool,
}

impl Start {
    /// A cycle start at clock time `at`, `late` against the running plan's anchor, after the clock moved by `moved`. What is
    /// said in whole steps is met within one.
    pub(super) fn new(map: &Map, at: Tenths, late: Tenths, moved: Tenths) -> Self {
        let late = if late.abs() <= SLEW { late.abs() } else { 0 };
        Self { at, tolerance: map.step + late.max(moved.abs()), any: map.own_transition.is_some() }
    }

    /// Whether it is at or after the activation.
    pub(super) fn reaches(&self, activation: Tenths) -> bool {
        self.at + self.tolerance >= activation
    }

    /// Whether a plan can begin here: one of its own cycles does, and it is not over yet.
    pub(super) fn fits(&self, plan: &CentrePlan) -> Result<(), Refusal> {
        if !self.any && plan.decoded.plan.late(self.at).abs() > self.tolerance {
            Err(Refusal::Activation)
        } else if self.at >= plan.expires {
            Err(Refusal::Expiry)
        } else {
            Ok(())
        }
    }
}

impl Centre {
    /// Memory after power-on at true time `now`.
    pub(super) fn new(map: &Map, now: Tenths) -> Self {
        let blank = |area: Option<Area>| area.map(|a| a.blank()).unwrap_or_default();
        Self {
            beat: now,
            staged: vec![None; map.download().map_or(0, |load| usize::from(load.slots))],
            heartbeat: map.heartbeat.area.blank(),
            clock_words: blank(map.clock.map(|c| c.area)),
            selection: blank(map.select().map(|s| s.area)),
            requests: Requests::new(blank(map.request.map(|r| r.area))),
            ..Self::default()
        }
    }

    /// Timeout in force.
    pub(super) fn timeout(&self, table: &Table) -> Tenths {
        if self.timeout == 0 { table.spec.heartbeat_timeout } else { self.timeout }
    }

    /// Whether silence matters.
    fn watched(&self) -> bool {
        self.pending.is_some() || (self.running.is_some() && !self.leave)
    }

    /// Time until silence counts, 0 when it does not matter or already has.
    pub(super) fn heartbeat_left(&self, table: &Table, now: Tenths) -> Tenths {
        if self.watched() { (self.beat + self.timeout(table) - now).max(0) } else { 0 }
    }

    /// Drops the pending plan and leaves the running one when the heartbeat has been silent for too long.
    pub(super) fn watch(&mut self, table: &Table, now: Tenths) {
        if self.watched() && now - self.beat >= self.timeout(table) {
            self.give_back();
        }
    }

    /// Release, silence: no pending plan, and the running one ends with its cycle.
    pub(super) fn give_back(&mut self) {
        self.pending = None;
        self.requests.now = None;
        self.leave = self.running.is_some();
    }

    /// A hand at the cabinet wins at once.
    pub(super) fn cut_off(&mut self) {
        self.pending = None;
        self.running = None;
        self.requests.now = None;
        self.leave = false;
    }

    /// A heartbeat write: a changed counter is a beat, the timeout holds from now on.
    pub(super) fn beat(&mut self, map: &Map, now: Tenths, words: Vec<u16>) {
        let HeartbeatMap { counter, timeout, .. } = map.heartbeat;
        if map.get(&words, counter) != map.get(&self.heartbeat, counter) {
            self.beat = now;
        }
        self.timeout = timeout.map_or(0, |item| map.time(&words, 0, item));
        self.heartbeat = words;
    }

    /// Judges the block staged in a slot as it lies in memory now.
    pub(super) fn judge(
        &self,
        table: &Table,
        load: &DownloadMap,
        kept: &Kept,
        slot: usize,
    ) -> Result<Decoded, Refusal> {
        let block = self.staged[slot].as_ref().ok_or(Refusal::Empty)?;
        let decoded = decode(table, &load.form, block)?;
        let known = [&self.running, &self.pending];
        let newest = known.into_iter().flatten().map(|p| p.decoded.generation).max().unwrap_or(0);
        if decoded.epoch < kept.last.0 {
            return Err(Refusal::Epoch);
        }
        // A late copy of an old stage and commit must not come back after a release: within one epoch generations only grow.
        let seen = if decoded.epoch == kept.last.0 { kept.last.1 } else { 0 };
        if decoded.generation <= newest.max(seen) || load.slot_of(decoded.generation) != slot {
            return Err(Refusal::Generation);
        }
        Ok(decoded)
    }

    /// Judges a commit at a clock time by its words and the staged block; when it can take effect is not asked yet, and
    /// its offset counts from no midnight yet.
    pub(super) fn examine(
        &self,
        table: &Table,
        load: &DownloadMap,
        kept: &Kept,
        clock: Tenths,
        words: &[u16],
    ) -> Result<CentrePlan, Refusal> {
        let (map, commit) = (&table.spec.map, &load.commit);
        let utc_offset_s = table.spec.utc_offset_s;
        let generation = map.get(words, commit.generation) as u32;
        let slot = load.slot_of(generation);
        let decoded = self.judge(table, load, kept, slot)?;
        if generation != decoded.generation {
            return Err(Refusal::Generation);
        }
        let bound = crc([commit.generation, commit.activation].into_iter().flat_map(|i| Map::raw(words, i)).copied());
        if map.get(words, commit.key) != u64::from(decoded.crc ^ bound) {
            return Err(Refusal::Key);
        }
        let items = [commit.generation, commit.key, commit.activation, commit.expiry].map(Some);
        if !blank_beside(words, &[], &items) {
            return Err(Refusal::Layout);
        }
        let minutes = Tenths::try_from(map.get(words, commit.expiry)).unwrap_or(0);
        if !MINUTES.contains(&minutes) {
            return Err(Refusal::Expiry);
        }
        let activation = map.instant(words, commit.activation, utc_offset_s, Near::From(clock));
        let activation = activation.filter(|&at| at >= map.whole(clock) && at <= clock + HORIZON);
        let activation = activation.ok_or(Refusal::Activation)?;
        let block = self.staged[slot].clone().ok_or(Refusal::Empty)?;
        Ok(CentrePlan { decoded, block, activation, expires: activation + minutes * MINUTE })
    }

    /// Counts the offset of an examined plan from the local midnight before the cycle start at which it takes effect, where the map's
    /// clock knows no other zero; `start` is that cycle start, where it can be foretold.
    pub(super) fn place(table: &Table, plan: &mut CentrePlan, start: Option<Start>) {
        if table.spec.map.zero == ClockZero::LocalMidnight {
            // A start may lie a little before the activation it reaches.
            let at = start.map_or(plan.activation, |start| start.at.max(plan.activation));
            plan.decoded.plan = plan.decoded.plan.clone().counted_from(midnight(table.spec.utc_offset_s, at));
        }
    }

    /// Makes an examined plan pending. Silence is counted from here when it did not matter before.
    pub(super) fn accept(&mut self, kept: &mut Kept, now: Tenths, plan: CentrePlan) {
        if !self.watched() {
            self.beat = now;
        }
        kept.last = (plan.decoded.epoch, plan.decoded.generation);
        self.commits = self.commits.wrapping_add(1);
        self.pending = Some(plan);
    }

    /// A cycle of the running plan starts: a pending plan whose activation has come takes over, or is dropped for good.
    pub(super) fn turn(&mut self, start: Start) {
        if let Some(plan) = self.pending.take_if(|p| start.reaches(p.activation)) {
            match start.fits(&plan) {
                Err(refusal) => self.refusal = refusal as u16,
                Ok(()) => {
                    self.running = Some(plan);
                    self.leave = false;
                }
            }
        }
        let over = |p: &CentrePlan| start.at >= p.expires;
        if self.leave || self.running.as_ref().is_some_and(over) {
            self.running = None;
            self.leave = false;
        }
    }

    /// Lays words into the memory of a slot as far as they came.
    pub(super) fn lay(&mut self, load: &DownloadMap, slot: usize, words: &[u16]) {
        let staged = self.staged[slot].get_or_insert_with(|| load.staged.blank());
        staged[..words.len()].copy_from_slice(words);
        self.slot = slot;
    }
}
