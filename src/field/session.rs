//! One cabinet's conversation.
//!
//! ```text
//! push:  Idle ──stage──► Staging ──written, read back, equal──► Staged ──commit──► Committing
//!          ▲                │ anything else                       │ drop             │ status shows it pending or running
//!          │                ▼                                     ▼                  ▼
//!          └──────────── Failed(why) ◄──status shows neither── Unknown ◄─silence─ (Confirmed)
//! ```
//! `Unknown` is not a failure: after a commit without an answer the cabinet is asked what it has before anything else.
//! Every session polls once a tick; a beat is sent only on the ticks the core completes, so liveness is never faked. Nothing
//! at all is written to a cabinet that is not known to be well: not heard yet, lost, in a fault, in start-up, in flash, or in
//! somebody's hands. A release is the one write that may also go out blind, because it only gives back.

use super::profile::{
    CLOCK, COMMIT, HEARTBEAT, PLAN_WORDS, RELEASE, RELEASE_WORD, RUNNING, STAGED, STATUS, STATUS_WORDS,
};
use super::registers::{
    Mode, RunningPlan, Status, decode_plan, decode_status, encode_clock, encode_commit, encode_plan, identity,
};
use super::request::{Answer, Ask, FieldFault, Op, Request};
use crate::corridor::profile::RegisterTable;
use crate::corridor::{Intersection, IntersectionIndex};
use crate::detection::Reading;
use crate::plan::Plan;
use crate::safety::{Release, Safe};
use crate::units::{Moment, Shift, Tenths};
use serde::Serialize;

/// Polls in a row without an answer before a link counts as lost.
const LOST_AFTER: u32 = 3;
/// A beat is sent when the last one is this old.
const BEAT_EVERY: Tenths = Tenths::from_seconds(4);
/// Minutes after its activation until a plan nobody renews ends by itself. A running controller renews long before.
const EXPIRY_MIN: u16 = 240;
/// Polls in a row that show neither pending nor running before an unconfirmed commit counts as failed.
const CONFIRM_WITHIN: u32 = 2;
/// A release that was not acknowledged is asked for this many times in all.
const RELEASE_TRIES: u32 = 4;
/// A clock is set when it is off by this much. Less may be the way of the answer.
const CLOCK_OFF: u64 = 5;
/// Most a cabinet takes in at the end of a cycle without its plan noticing. More is set in local mode only.
const CLOCK_SLEW: u64 = 20;
/// Polls in a row after which a clock that would have to be stepped counts as wrong: one bent word is not enough.
const CLOCK_WRONG_AFTER: u32 = 3;
/// A correction takes effect at a cycle's end: until then it is not repeated.
const CLOCK_EVERY: Tenths = Tenths::from_seconds(300);

/// Whether the cabinet answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// Not heard yet.
    New,
    /// Answers.
    Up,
    /// Silent since the moment.
    Lost(Moment),
}

/// How far a push has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// None under way.
    Idle,
    /// The block is on its way into the staging area and back.
    Staging(InHand),
    /// The cabinet holds exactly what was meant; nothing runs yet.
    Staged(InHand),
    /// The commit is sent; the status has not shown it yet. Polls that contradicted it so far.
    Committing(InHand, u32),
    /// Pending or running, as the cabinet itself says.
    Confirmed(InHand),
    /// It did not come about; what runs is what ran.
    Failed(Why),
}

/// The plan a push carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InHand {
    safe: Safe<Plan>,
    generation: u32,
    block: Vec<u16>,
}

impl InHand {
    /// The plan and its moment.
    pub fn safe(&self) -> &Safe<Plan> {
        &self.safe
    }

    /// Its generation.
    pub fn generation(&self) -> u32 {
        self.generation
    }
}

/// Why a push failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The line or the device.
    #[error("{0}")]
    Fault(FieldFault),
    /// The read-back differs from what was written.
    #[error("read-back differs")]
    ReadBack,
    /// The cabinet refused, with its reason (register 22).
    #[error("refused with reason {0}")]
    Refused(u16),
    /// The cabinet is in no mode to be written to.
    #[error("mode forbids")]
    Mode,
    /// The plan does not fit the register table.
    #[error("does not fit the registers")]
    Unfit,
}

/// One cabinet's conversation.
#[derive(Debug, Clone)]
pub struct Session {
    index: IntersectionIndex,
    link: Link,
    misses: u32,
    status: Option<Status>,
    mirror: Option<RunningPlan>,
    push: Push,
    queue: Vec<Request>,
    last_beat: Option<Moment>,
    /// Times a release may still be asked for.
    release_tries: u32,
    /// When the status was last asked for, and how far its clock was off then.
    polled: Option<Moment>,
    clock_error: Shift,
    /// Polls in a row that found it too far off to be taken in at a cycle's end.
    clock_wrong: u32,
    last_clock: Option<Moment>,
}

impl Session {
    /// A session that has heard nothing yet.
    pub fn new(index: IntersectionIndex) -> Self {
        Session {
            index,
            link: Link::New,
            misses: 0,
            status: None,
            mirror: None,
            push: Push::Idle,
            queue: Vec::new(),
            last_beat: None,
            release_tries: 0,
            polled: None,
            clock_error: Shift::default(),
            clock_wrong: 0,
            last_clock: None,
        }
    }

    /// Whether the cabinet answers.
    pub fn link(&self) -> Link {
        self.link
    }

    /// The last status heard.
    pub fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    /// The running plan, when the mirror agrees with the last status.
    pub fn running(&self) -> Option<&RunningPlan> {
        let (status, mirror) = (self.status.as_ref()?, self.mirror.as_ref()?);
        (mirror.generation == status.running && mirror.crc == status.running_crc).then_some(mirror)
    }

    /// How far the push has come.
    pub fn push(&self) -> &Push {
        &self.push
    }

    /// Whether the cabinet is known to be well: it answers, and no person, flash, start-up or fault forbids writing.
    pub fn may_write(&self) -> bool {
        self.link == Link::Up
            && self.status.as_ref().is_some_and(|s| s.fault == 0 && matches!(s.mode, Mode::Local | Mode::Centre))
    }

    /// Whether the cabinet's clock is so far off, poll after poll, that no plan of ours would be where it is meant to be.
    pub fn clock_is_wrong(&self) -> bool {
        self.clock_wrong >= CLOCK_WRONG_AFTER
    }

    /// Whether the last poll found the clock so far off: reason enough to send no plan now.
    pub fn clock_is_doubtful(&self) -> bool {
        self.clock_wrong > 0
    }

    /// Starts a push: the plan block in one write, then read back. Refused at once where the mode forbids.
    pub fn stage(&mut self, at: &Intersection, safe: Safe<Plan>, generation: u32, epoch: u32) {
        self.push = if !self.may_write() || safe.intersection() != self.index {
            Push::Failed(Why::Mode)
        } else if let Some(block) = encode_plan(at, safe.value(), generation, epoch) {
            self.ask(Ask::Stage, Op::Write { address: STAGED, words: block.clone() });
            self.ask(
                Ask::ReadBack,
                Op::Read { table: RegisterTable::Holding, address: STAGED, count: PLAN_WORDS as u16 },
            );
            Push::Staging(InHand { safe, generation, block })
        } else {
            Push::Failed(Why::Unfit)
        };
    }

    /// Commits what is staged, for the given activation instant; does nothing unless a plan is staged and verified.
    pub fn commit(&mut self, activation: Moment) {
        let Push::Staged(hand) = &self.push else { return };
        match encode_commit(&hand.block, activation, EXPIRY_MIN) {
            _ if !self.may_write() => self.push = Push::Failed(Why::Mode),
            None => self.push = Push::Failed(Why::Unfit),
            Some(words) => {
                self.push = Push::Committing(hand.clone(), 0);
                self.ask(Ask::Commit, Op::Write { address: COMMIT, words });
            }
        }
    }

    /// Forgets a push: what is staged stays unused, what is pending comes about by itself.
    pub fn clear_push(&mut self) {
        self.push = Push::Idle;
        self.queue.retain(|r| !matches!(r.ask(), Ask::Stage | Ask::ReadBack | Ask::Commit));
    }

    /// Hands the cabinet back to its local plan; tells whether there is anything to hand back. Not where a person, a flash
    /// or a fault already took it from us, nor where nothing of ours can be because it was never heard.
    pub fn release(&mut self, safe: &Safe<Release>) -> bool {
        self.clear_push();
        let here = safe.intersection() == self.index && self.may_release();
        if here {
            self.release_tries = RELEASE_TRIES;
            self.ask_release();
        }
        here
    }

    fn may_release(&self) -> bool {
        self.status.as_ref().is_some_and(|s| s.fault == 0 && matches!(s.mode, Mode::Local | Mode::Centre))
    }

    fn ask_release(&mut self) {
        self.release_tries -= 1;
        self.ask(Ask::Release, Op::Write { address: RELEASE, words: vec![RELEASE_WORD, 0] });
    }

    /// The requests of this tick: what is queued, the poll, the mirror where it is out of date, a beat when due, and the
    /// clock where it is off. `beat` is the count of steps the core has completed and the silence after which the cabinet
    /// gives up on us; without it neither beat nor clock is written.
    pub fn tick(&mut self, now: Moment, beat: Option<(u64, Tenths)>) -> Vec<Request> {
        self.polled = Some(now);
        self.ask(Ask::Poll, Op::Read { table: RegisterTable::Holding, address: STATUS, count: STATUS_WORDS });
        if self.status.is_some() && self.running().is_none() {
            self.ask(
                Ask::Mirror,
                Op::Read { table: RegisterTable::Holding, address: RUNNING, count: PLAN_WORDS as u16 },
            );
        }
        let beat = beat.filter(|_| self.may_write());
        if beat.is_some() && self.clock_due(now) {
            self.ask(Ask::Clock, Op::Write { address: CLOCK, words: encode_clock(now) });
            self.last_clock = Some(now);
        }
        if let Some((steps, timeout)) = beat.filter(|_| self.beat_due(now)) {
            let timeout = u16::try_from(timeout.count()).unwrap_or(u16::MAX);
            self.ask(Ask::Beat, Op::Write { address: HEARTBEAT, words: vec![(steps & 0xFFFF) as u16, timeout] });
            self.last_beat = Some(now);
        }
        std::mem::take(&mut self.queue)
    }

    fn beat_due(&self, now: Moment) -> bool {
        self.last_beat.is_none_or(|then| now.elapsed_since(then) >= BEAT_EVERY)
    }

    /// Whether the cabinet's clock is to be set: off by more than its way here explains, nothing of ours on its way into it,
    /// and, where a correction would be a step, only while it runs its own plan.
    fn clock_due(&self, now: Moment) -> bool {
        let off = self.clock_error.magnitude();
        let idle = self.push == Push::Idle && self.status.as_ref().is_some_and(|s| s.pending == 0);
        let local = self.status.as_ref().is_some_and(|s| s.mode == Mode::Local);
        let again = self.last_clock.is_none_or(|then| now.elapsed_since(then) >= CLOCK_EVERY);
        again && idle && off >= CLOCK_OFF && (off <= CLOCK_SLEW || local)
    }

    /// Takes an answer; gives the reading when there is one.
    pub fn hear(&mut self, at: &Intersection, ask: Ask, answer: &Answer, now: Moment) -> Option<Reading> {
        match ask {
            Ask::Poll => return self.hear_poll(at, answer, now),
            Ask::Mirror => self.mirror = answer.as_ref().ok().and_then(|words| decode_plan(at, words)),
            Ask::Stage => {
                if let (Push::Staging(_), Err(fault)) = (&self.push, answer) {
                    self.push = Push::Failed(Why::Fault(*fault));
                }
            }
            Ask::ReadBack => {
                if let Push::Staging(hand) = &self.push {
                    self.push = match answer {
                        Ok(words) if *words == hand.block => Push::Staged(hand.clone()),
                        Ok(_) => Push::Failed(Why::ReadBack),
                        Err(fault) => Push::Failed(Why::Fault(*fault)),
                    };
                }
            }
            // "No" is an answer; silence is not: the status will tell.
            Ask::Commit => {
                if let (Push::Committing(..), Err(fault @ FieldFault::Exception(_))) = (&self.push, answer) {
                    self.push = Push::Failed(Why::Fault(*fault));
                }
            }
            Ask::Release if answer.is_ok() => self.release_tries = 0,
            Ask::Release if self.release_tries > 0 && self.may_release() => self.ask_release(),
            Ask::Release | Ask::Beat | Ask::Clock => {}
        }
        None
    }

    fn hear_poll(&mut self, at: &Intersection, answer: &Answer, now: Moment) -> Option<Reading> {
        let heard = answer.as_ref().ok().and_then(|words| decode_status(words, now));
        let Some((status, reading)) = heard.filter(|(status, _)| status.identity == identity(&at.id)) else {
            self.misses += 1;
            if self.misses >= LOST_AFTER && !matches!(self.link, Link::Lost(_)) {
                self.link = Link::Lost(now);
            }
            return None;
        };
        self.misses = 0;
        self.link = Link::Up;
        if let Push::Committing(hand, contradicted) = &self.push {
            let shown = status.pending == hand.generation || status.running == hand.generation;
            self.push = if shown {
                Push::Confirmed(hand.clone())
            } else if status.refusal != 0 {
                Push::Failed(Why::Refused(status.refusal))
            } else if *contradicted + 1 >= CONFIRM_WITHIN {
                Push::Failed(Why::Fault(FieldFault::Silence))
            } else {
                Push::Committing(hand.clone(), contradicted + 1)
            };
        }
        self.clock_error = self.polled.map(|then| status.clock.since(then)).unwrap_or_default();
        let wrong = self.clock_error.magnitude() > CLOCK_SLEW;
        self.clock_wrong = if wrong { self.clock_wrong.saturating_add(1) } else { 0 };
        self.status = Some(status);
        Some(reading)
    }

    fn ask(&mut self, ask: Ask, op: Op) {
        self.queue.push(Request::new(self.index, ask, op));
    }
}
