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
//! Knows: blocks, refusals, the cabinet's clock. Must not know: lamps, sockets. A commit is judged on the staged block as
//! it lies in memory at that moment, never on an earlier verdict, and copies it: what is written later can not reach a plan
//! that is pending or runs, so a torn write can never run.

use super::block::{BLOCK, Decoded, Refusal, crc, date, decode, long};
use super::clock::SLEW;
use super::request::Requests;
use super::spec::{Table, Tenths};

/// Farthest activation ahead of the clock: one hour.
const HORIZON: Tenths = 36_000;
const MINUTE: Tenths = 600;

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
    /// The staged block as it lies in memory; `None` = nothing staged.
    pub(super) staged: Option<Vec<u16>>,
    pub(super) pending: Option<CentrePlan>,
    pub(super) running: Option<CentrePlan>,
    /// The running plan ends with its cycle.
    pub(super) leave: bool,
    /// Register 22.
    pub(super) refusal: u16,
    /// Accepted commits, wrapping.
    pub(super) commits: u16,
    /// Heartbeat words as last written.
    pub(super) heartbeat: [u16; 2],
    /// Stage requests.
    pub(super) requests: Requests,
    /// Clock words as last accepted.
    pub(super) clock_words: [u16; 4],
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
}

impl Start {
    /// A cycle start at clock time `at`, `late` against the running plan's anchor, after the clock moved by `moved`.
    pub(super) fn new(at: Tenths, late: Tenths, moved: Tenths) -> Self {
        let late = if late.abs() <= SLEW { late.abs() } else { 0 };
        Self { at, tolerance: 1 + late.max(moved.abs()) }
    }

    /// Whether it is at or after the activation.
    pub(super) fn reaches(&self, activation: Tenths) -> bool {
        self.at + self.tolerance >= activation
    }

    /// Whether a plan can begin here: one of its own cycles does, and it is not over yet.
    pub(super) fn fits(&self, plan: &CentrePlan) -> Result<(), Refusal> {
        if plan.decoded.plan.late(self.at).abs() > self.tolerance {
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
    pub(super) fn new(now: Tenths) -> Self {
        Self { beat: now, ..Self::default() }
    }

    /// Timeout in force.
    pub(super) fn timeout(&self, table: &Table) -> Tenths {
        match self.heartbeat[1] {
            0 => table.spec.heartbeat_timeout,
            word => Tenths::from(word),
        }
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
    pub(super) fn beat(&mut self, now: Tenths, words: [u16; 2]) {
        if words[0] != self.heartbeat[0] {
            self.beat = now;
        }
        self.heartbeat = words;
    }

    /// Judges the staged block as it lies in memory now.
    pub(super) fn judge(&self, table: &Table, kept: &Kept) -> Result<Decoded, Refusal> {
        let block = self.staged.as_ref().ok_or(Refusal::Empty)?;
        let decoded = decode(table, block)?;
        let known = [&self.running, &self.pending];
        let newest = known.into_iter().flatten().map(|p| p.decoded.generation).max().unwrap_or(0);
        if decoded.epoch < kept.last.0 {
            return Err(Refusal::Epoch);
        }
        // A late copy of an old stage and commit must not come back after a release: within one epoch generations only grow.
        let seen = if decoded.epoch == kept.last.0 { kept.last.1 } else { 0 };
        if decoded.generation <= newest.max(seen) {
            return Err(Refusal::Generation);
        }
        Ok(decoded)
    }

    /// Judges a commit at a clock time by its words and the staged block; when it can take effect is not asked yet.
    pub(super) fn examine(
        &self,
        table: &Table,
        kept: &Kept,
        clock: Tenths,
        words: &[u16],
    ) -> Result<CentrePlan, Refusal> {
        let decoded = self.judge(table, kept)?;
        if long(words) != decoded.generation {
            return Err(Refusal::Generation);
        }
        let bound = crc(words[..2].iter().chain(&words[4..8]).copied());
        if long(&words[2..]) != decoded.crc ^ bound {
            return Err(Refusal::Key);
        }
        if words[9] != 0 {
            return Err(Refusal::Layout);
        }
        if !(1..=1440).contains(&words[8]) {
            return Err(Refusal::Expiry);
        }
        let activation = Tenths::try_from(date(&words[4..])).map_err(|_| Refusal::Activation)?;
        if activation < clock || activation > clock + HORIZON {
            return Err(Refusal::Activation);
        }
        let block = self.staged.clone().ok_or(Refusal::Empty)?;
        let expires = activation + Tenths::from(words[8]) * MINUTE;
        Ok(CentrePlan { decoded, block, activation, expires })
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

    /// Lays words into the staged memory as far as they came.
    pub(super) fn lay(&mut self, words: &[u16]) {
        let staged = self.staged.get_or_insert_with(|| vec![0; BLOCK]);
        staged[..words.len()].copy_from_slice(words);
    }
}
