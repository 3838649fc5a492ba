//! One cabinet's conversation. The push is drawn in `push`, the line in `line`, the clock in `drift`.
//!
//! ```text
//! every tick:  queued writes ─► poll ─► limits (once a boot, then seldom) ─► mirror (when what runs is not known) ─► clock, beat (when due)
//!
//! known:  Unheard ──poll──► Heard ──limits read (or not told)──► Identified ──mirror agrees with status──► Known
//!                             ▲                                     │ differs from the definition: told, no push
//!                             └──────────── a restart ──────────────┘
//! ```
//! A lost cabinet is only polled, and ever more seldom. A beat is sent only on the ticks the core completes, so liveness is never
//! faked. Nothing at all is written to a cabinet that is not known to be well: not heard yet, lost, in a fault, in start-up, in
//! flash, in somebody's hands, or in another writer's. A release is the one write that may also go out blind, because it only
//! gives back.

use super::drift::ClockWatch;
use super::limits::{Difference, LIMITS_EVERY, OwnLimits};
use super::line::{Line, Link};
use super::map::{RegisterMap, identity};
use super::news::News;
use super::plan_block::RunningPlan;
use super::push::{InHand, Push, Why};
use super::reads::{Gathering, Read, checked, limits, poll};
use super::request::{Answer, Ask, FieldFault, Op, Request};
use super::stage_request::{StageAsked, counter};
use super::status::Status;
use super::writers::Writers;
use crate::corridor::profile::CabinetMode;
use crate::corridor::{Intersection, IntersectionIndex, Network};
use crate::detection::Reading;
use crate::plan::Plan;
use crate::safety::{Release, Safe, StageRequest};
use crate::units::{Moment, Shift, Tenths};
use std::collections::VecDeque;

/// A beat is sent when the last one is this old.
const BEAT_EVERY: Tenths = Tenths::from_seconds(4);
/// Minutes after its activation until a plan nobody renews ends by itself. A running controller renews long before.
const EXPIRY_MIN: u16 = 240;
/// Polls in a row that show neither pending nor running before an unconfirmed commit counts as failed.
const CONFIRM_WITHIN: u32 = 2;
/// A release that was not acknowledged is asked for this many times in all.
const RELEASE_TRIES: u32 = 4;
/// Mirrors in a row that are not what was meant before it is told: one may be read while the plan changes, or bent.
const UNINTENDED_AFTER: u32 = 3;
/// Reads of one kind that may be out at once; more were never answered, and the oldest are forgotten.
const MOST_OUT: usize = 4;

/// One cabinet's conversation.
#[derive(Debug, Clone)]
pub struct Session {
    index: IntersectionIndex,
    map: RegisterMap,
    line: Line,
    status: Option<Status>,
    mirror: Option<RunningPlan>,
    /// The cabinet's own limits, once read; `Some(None)` where it does not tell them.
    limits: Option<Option<OwnLimits>>,
    /// When they were asked for last.
    limits_asked: Option<Moment>,
    differences: Vec<Difference>,
    push: Push,
    /// What was last committed: under its generation nothing else may run.
    meant: Option<InHand>,
    unintended: u32,
    writers: Writers,
    clock: ClockWatch,
    queue: Vec<Request>,
    gathering: Vec<(Ask, VecDeque<Gathering>)>,
    last_beat: Option<Moment>,
    /// Times a release may still be asked for.
    release_tries: u32,
    asked: StageAsked,
    /// Counter of the last stage request.
    counter: Option<u16>,
    news: Vec<News>,
}

impl Session {
    /// A session with a cabinet of the network that has heard nothing yet.
    pub fn new(network: &Network, index: IntersectionIndex) -> Self {
        Session::by(RegisterMap::of(network, index), index)
    }

    /// A session by a register map.
    pub fn by(map: RegisterMap, index: IntersectionIndex) -> Self {
        Session {
            index,
            line: Line::new(index),
            status: None,
            mirror: None,
            limits: map.profile().limits.is_none().then_some(None),
            limits_asked: None,
            map,
            differences: Vec::new(),
            push: Push::Idle,
            meant: None,
            unintended: 0,
            writers: Writers::default(),
            clock: ClockWatch::default(),
            queue: Vec::new(),
            gathering: Vec::new(),
            last_beat: None,
            release_tries: 0,
            asked: StageAsked::Idle,
            counter: None,
            news: Vec::new(),
        }
    }

    /// How the cabinet's registers are read.
    pub fn map(&self) -> &RegisterMap {
        &self.map
    }

    /// Whether the cabinet answers.
    pub fn link(&self) -> Link {
        self.line.link
    }

    /// The last status heard.
    pub fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    /// The running plan, when it agrees with the last status.
    pub fn running(&self) -> Option<&RunningPlan> {
        let (status, mirror) = (self.status.as_ref()?, self.mirror.as_ref()?);
        let same = status.running_crc.is_none_or(|crc| crc == mirror.crc);
        (mirror.generation == status.running && same).then_some(mirror)
    }

    /// How far the push has come.
    pub fn push(&self) -> &Push {
        &self.push
    }

    /// Whether the plan of a confirmed push runs.
    pub fn runs_what_was_pushed(&self) -> bool {
        match (&self.push, self.running()) {
            (Push::Confirmed(hand), Some(running)) => running.generation == hand.generation,
            _ => false,
        }
    }

    /// The cabinet's own limits, where it told them.
    pub fn limits(&self) -> Option<&OwnLimits> {
        self.limits.as_ref()?.as_ref()
    }

    /// Whether the cabinet told of itself what it has to tell.
    pub fn is_identified(&self) -> bool {
        self.limits.is_some()
    }

    /// What is new since the last time this was asked.
    pub fn news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// Whether the cabinet is known to be well: it answers, no person, flash, start-up or fault forbids writing, and nobody
    /// else writes to it.
    pub fn may_write(&self) -> bool {
        self.line.link == Link::Up && self.may_release() && self.writers.other().is_none()
    }

    /// Whether a plan may be pushed: beyond that, the cabinet is the one that was defined.
    pub fn may_push(&self) -> bool {
        self.may_write() && self.is_identified() && self.differences.is_empty()
    }

    /// Whether the cabinet itself permits a plan, as far as it told.
    pub fn permits(&self, plan: &Plan) -> bool {
        self.limits().is_none_or(|limits| limits.permit(plan))
    }

    /// Somebody else's plan that runs or waits.
    pub fn other_writer(&self) -> Option<u32> {
        self.writers.other()
    }

    /// The cabinet's clock less ours, as the last poll found it.
    pub fn clock_off(&self) -> Shift {
        self.clock.off
    }

    /// How fast the cabinet's clock gains on ours, parts in a million, once it was watched for long enough.
    pub fn clock_ppm(&self) -> Option<i64> {
        self.clock.ppm(self.map.step())
    }

    /// The cabinet's clock, where it tells the day too.
    pub fn dated_clock(&self) -> Option<Moment> {
        self.status.as_ref()?.clock.filter(|_| self.map.tells_the_date())
    }

    /// Whether the cabinet's clock is so far off, poll after poll, that no plan of ours would be where it is meant to be.
    pub fn clock_is_wrong(&self) -> bool {
        self.clock.is_wrong()
    }

    /// Whether the last poll found the clock so far off: reason enough to send no plan now.
    pub fn clock_is_doubtful(&self) -> bool {
        self.clock.is_doubtful()
    }

    /// Whether under our generation something else runs than was meant.
    pub fn runs_unintended(&self) -> bool {
        self.unintended >= UNINTENDED_AFTER
    }

    /// Whether what runs stands in the cabinet with an offset from a midnight that has passed since.
    pub fn is_of_yesterday(&self, now: Moment) -> bool {
        self.running().is_some_and(|running| self.map.is_of_yesterday(running, now))
    }

    /// Starts a push. By download: the plan block in one write, then read back. By number: the stored plan that is this one.
    /// Refused at once where the mode, the cabinet's own limits or another writer forbid.
    pub fn stage(&mut self, at: &Intersection, safe: Safe<Plan>, generation: u32, epoch: u32) {
        let higher = self.mirror.as_ref().is_some_and(|m| m.generation != 0 && m.epoch > epoch);
        self.push = match () {
            () if self.writers.other().is_some() || higher => Push::Failed(Why::OtherWriter),
            () if !self.may_write() || safe.intersection() != self.index => Push::Failed(Why::Mode),
            () if !self.differences.is_empty() || !self.is_identified() => Push::Failed(Why::Differs),
            () if !self.permits(safe.value()) => Push::Failed(Why::Limits),
            () if self.map.selects() => self.choose(safe),
            () => self.download(at, safe, generation, epoch),
        };
    }

    fn choose(&self, safe: Safe<Plan>) -> Push {
        match self.map.stored().iter().find(|(_, plan)| plan == safe.value()) {
            Some(&(number, _)) => Push::Staged(InHand { safe, generation: u32::from(number), block: Vec::new() }),
            None => Push::Failed(Why::Unfit),
        }
    }

    fn download(&mut self, at: &Intersection, safe: Safe<Plan>, generation: u32, epoch: u32) -> Push {
        let block = self.map.plan_block(at, safe.value(), safe.from(), generation, epoch);
        let (Some(block), Some(staged)) = (block, self.map.staged(generation)) else { return Push::Failed(Why::Unfit) };
        self.writers.own(generation);
        self.ask(Ask::Stage, Op::Write { address: staged.at, words: block.clone() });
        self.gather(Ask::ReadBack, checked(self.map.profile(), staged));
        Push::Staging(InHand { safe, generation, block })
    }

    /// Commits what is staged, for the given activation instant; does nothing unless a plan is staged and verified. A stored
    /// plan is chosen at once: it takes effect at the cabinet's next cycle start.
    pub fn commit(&mut self, activation: Moment) {
        let Push::Staged(hand) = &self.push else { return };
        let mut hand = hand.clone();
        let number = u16::try_from(hand.generation).unwrap_or(0);
        let op = match self.map.selects() {
            true => self.map.select(number, EXPIRY_MIN),
            false => self.map.commit(&hand.block, hand.generation, activation, EXPIRY_MIN),
        };
        let Some(op) = op.filter(|_| self.may_write()) else {
            self.push = Push::Failed(if self.may_write() { Why::Unfit } else { Why::Mode });
            return;
        };
        let read_back = self.map.select_block().map(|form| checked(self.map.profile(), form.block));
        if let (Op::Write { words, .. }, Some(_)) = (&op, &read_back) {
            hand.block.clone_from(words);
        }
        self.writers.choose(hand.generation);
        self.unintended = 0;
        self.meant = Some(hand.clone());
        self.push = Push::Committing(hand, 0);
        self.ask(Ask::Commit, op);
        if let Some(reads) = read_back {
            self.gather(Ask::ReadBack, reads);
        }
    }

    /// Forgets a push: what is staged stays unused, what is pending comes about by itself.
    pub fn clear_push(&mut self) {
        self.push = Push::Idle;
        self.queue.retain(|r| !matches!(r.ask(), Ask::Stage | Ask::ReadBack | Ask::Commit));
        self.gathering.retain(|(ask, _)| *ask != Ask::ReadBack);
    }

    /// Hands the cabinet back to its local plan; tells whether there is anything to hand back. Not where a person, a flash
    /// or a fault already took it from us, nor where nothing of ours can be because it was never heard, or is another's.
    pub fn release(&mut self, safe: &Safe<Release>) -> bool {
        self.clear_push();
        let here = safe.intersection() == self.index && self.may_release() && self.writers.other().is_none();
        if here {
            self.release_tries = RELEASE_TRIES;
            // A release ends what was asked.
            self.asked = StageAsked::Idle;
            self.queue.retain(|r| r.ask() != Ask::StageRequest);
            self.ask_release();
        }
        here
    }

    /// Asks something of a stage, one request at a time: a later one replaces it. Refused where the profile has no such requests, while
    /// the centre's plan does not run, and after its expiry. Tells whether it was sent.
    pub fn request_stage(&mut self, safe: &Safe<StageRequest>, now: Moment) -> bool {
        let centre = self.status.as_ref().is_some_and(|s| s.mode == CabinetMode::Centre);
        let number = counter(self.counter, now);
        let here = safe.intersection() == self.index && now < safe.value().expiry;
        let op = self.map.stage_request(safe.value(), number);
        let Some(op) = op.filter(|_| here && centre && self.may_push()) else { return false };
        self.send(number, op);
        self.asked = StageAsked::Asked { safe: safe.clone(), counter: number, written: false, unseen: 0 };
        true
    }

    /// Takes back what was asked of a stage, if anything still is; tells whether.
    pub fn withdraw(&mut self, now: Moment) -> bool {
        let number = counter(self.counter, now);
        let open = self.asked.is_open() && self.may_write();
        let Some(op) = self.map.withdrawal(number, now).filter(|_| open) else { return false };
        self.send(number, op);
        self.asked = StageAsked::Idle;
        true
    }

    fn send(&mut self, number: u16, op: Op) {
        self.queue.retain(|r| r.ask() != Ask::StageRequest);
        self.counter = Some(number);
        self.ask(Ask::StageRequest, op);
    }

    /// How far a stage request has come.
    pub fn stage_asked(&self) -> &StageAsked {
        &self.asked
    }

    fn may_release(&self) -> bool {
        let ours = |s: &Status| s.fault == 0 && matches!(s.mode, CabinetMode::Local | CabinetMode::Centre);
        self.status.as_ref().is_some_and(ours)
    }

    fn ask_release(&mut self) {
        self.release_tries -= 1;
        if let Some(op) = self.map.release() {
            self.ask(Ask::Release, op);
        }
    }

    /// The requests of this tick: what is queued, the poll, the limits and the mirror where they are not known, a beat when due,
    /// and the clock where it is off. `beat` is the count of steps the core has completed and the silence after which the cabinet
    /// gives up on us; without it neither beat nor clock is written.
    pub fn tick(&mut self, now: Moment, beat: Option<(u64, Tenths)>) -> Vec<Request> {
        if self.line.poll(now) {
            self.gather(Ask::Poll, poll(self.map.profile()));
        }
        if self.line.link == Link::Up {
            self.look(now);
        }
        if let Some((steps, timeout)) = beat.filter(|_| self.may_write()) {
            self.keep(now, steps, timeout);
        }
        std::mem::take(&mut self.queue)
    }

    /// Asks for what is not known.
    fn look(&mut self, now: Moment) {
        if let Some(form) = self.map.profile().limits.filter(|_| self.limits_due(now)) {
            self.limits_asked = Some(now);
            let reads = limits(self.map.profile(), &form);
            self.gather(Ask::Limits, reads);
        }
        let unknown = self.status.is_some() && self.running().is_none();
        if let Some(running) = self.map.download().map(|d| d.running).filter(|_| unknown) {
            let reads = checked(self.map.profile(), running);
            self.gather(Ask::Mirror, reads);
        }
    }

    /// Sets the clock and beats, where due.
    fn keep(&mut self, now: Moment, steps: u64, timeout: Tenths) {
        let idle = self.push == Push::Idle && self.status.as_ref().is_some_and(|s| s.pending == 0);
        let local = self.status.as_ref().is_some_and(|s| s.mode == CabinetMode::Local);
        let told = self.status.as_ref().is_some_and(|s| s.clock.is_some());
        let due = told && self.clock.due(self.map.step(), now, idle, local);
        if let Some(op) = self.map.clock(now).filter(|_| due) {
            self.ask(Ask::Clock, op);
            self.clock.was_set(now);
        }
        let due = self.last_beat.is_none_or(|then| now.elapsed_since(then) >= BEAT_EVERY);
        if let Some(op) = self.map.beat(steps, timeout).filter(|_| due) {
            self.ask(Ask::Beat, op);
            self.last_beat = Some(now);
        }
    }

    /// Takes an answer; gives the reading when there is one.
    pub fn hear(&mut self, at: &Intersection, ask: Ask, answer: &Answer, now: Moment) -> Option<Reading> {
        if let Err(fault) = answer {
            self.line.fault(ask, *fault, &mut self.news);
        }
        if matches!(ask, Ask::Poll | Ask::Mirror | Ask::Limits | Ask::ReadBack) {
            let whole = self.gathered(ask, answer)?;
            if whole.misfits() {
                // Perhaps an answer was lost, and each is taken for the one before: begin anew.
                self.out(ask).clear();
                self.line.fault(ask, FieldFault::Garbled, &mut self.news);
            }
            match ask {
                Ask::Poll => return self.hear_poll(at, &whole, now),
                Ask::Limits => self.hear_limits(at, &whole),
                Ask::Mirror => self.hear_mirror(at, &whole),
                _ => self.hear_read_back(&whole),
            }
            return None;
        }
        match (ask, answer) {
            (Ask::Stage, Err(fault)) if matches!(self.push, Push::Staging(_)) => {
                self.push = Push::Failed(Why::Fault(*fault));
            }
            // "No" is an answer; silence is not: the status will tell.
            (Ask::Commit, Err(fault @ FieldFault::Exception(_))) if matches!(self.push, Push::Committing(..)) => {
                self.push = Push::Failed(Why::Fault(*fault));
            }
            (Ask::StageRequest, answer) => self.asked.hear(answer.as_ref().map(|_| ()).map_err(|fault| *fault)),
            (Ask::Release, Ok(_)) => self.release_tries = 0,
            (Ask::Release, Err(_)) if self.release_tries > 0 && self.may_release() => self.ask_release(),
            _ => {}
        }
        None
    }

    fn hear_read_back(&mut self, whole: &Gathering) {
        let (hand, committed) = match &self.push {
            Push::Staging(hand) => (hand.clone(), false),
            Push::Committing(hand, _) if self.map.selects() => (hand.clone(), true),
            _ => return,
        };
        let place = match self.map.select_block() {
            Some(form) => Some(form.block),
            None => self.map.staged(hand.generation),
        };
        let same = place.and_then(|place| whole.block(&place)).is_some_and(|words| words == hand.block);
        match whole.fault() {
            // Only the status tells what became of a commit.
            Some(_) if committed => {}
            None if same && committed => {}
            None if same => self.push = Push::Staged(hand),
            None => self.push = Push::Failed(Why::ReadBack),
            Some(fault) => self.push = Push::Failed(Why::Fault(fault)),
        }
    }

    /// Until they are known; then now and again, because one bent word in them would stay for ever.
    fn limits_due(&self, now: Moment) -> bool {
        let old = self.limits_asked.is_none_or(|then| now.elapsed_since(then) >= LIMITS_EVERY);
        self.limits.as_ref().is_none_or(|known| known.is_some() && old)
    }

    fn hear_limits(&mut self, at: &Intersection, whole: &Gathering) {
        let Some(form) = self.map.profile().limits else { return };
        // A cabinet without such registers (illegal function or address) has none to tell; any other fault is asked again.
        if let Some(FieldFault::Exception(1 | 2)) = whole.fault() {
            self.limits = Some(None);
        }
        let Some(block) = whole.block(&form.block) else { return };
        let Some(own) = self.map.limits(&block) else {
            return self.line.fault(Ask::Limits, FieldFault::Garbled, &mut self.news);
        };
        self.differ(own.differences(at));
        self.limits = Some(Some(own));
    }

    fn differ(&mut self, differences: Vec<Difference>) {
        if !differences.is_empty() && differences != self.differences {
            self.news.push(News::Differs { differences: differences.clone() });
        }
        self.differences = differences;
    }

    fn hear_mirror(&mut self, at: &Intersection, whole: &Gathering) {
        let (Some(running), Some(status)) = (self.map.download().map(|d| d.running), &self.status) else { return };
        let Some(words) = whole.block(&running) else { return };
        let plan = self.map.read_plan(at, &words, status.cycle_start);
        if plan.is_none() {
            self.line.fault(Ask::Mirror, FieldFault::Garbled, &mut self.news);
        }
        let meant = self.meant.as_ref().filter(|hand| hand.generation == status.running);
        let other = meant.is_some_and(|hand| hand.block != words);
        self.unintended = if other { self.unintended.saturating_add(1) } else { 0 };
        if self.unintended == UNINTENDED_AFTER {
            self.news.push(News::Unintended { generation: status.running });
        }
        // Not believed before it was seen again and again; then it is what runs, meant or not.
        self.mirror = plan.filter(|_| !other || self.unintended >= UNINTENDED_AFTER);
    }

    fn hear_poll(&mut self, at: &Intersection, whole: &Gathering, now: Moment) -> Option<Reading> {
        let near = self.line.polled().unwrap_or(now);
        let Some((status, reading)) = self.read_poll(whole, near, now) else {
            if whole.fault().is_none() && !whole.misfits() {
                self.line.fault(Ask::Poll, FieldFault::Garbled, &mut self.news);
            }
            self.line.missed(now);
            return None;
        };
        let defined = identity(&at.id);
        if let Some(cabinet) = status.identity.filter(|&cabinet| cabinet != defined) {
            self.line.fault(Ask::Poll, FieldFault::Garbled, &mut self.news);
            self.differ(vec![Difference::Identity { defined, cabinet }]);
            self.line.missed(now);
            return None;
        }
        let was_lost = self.line.answered(&mut self.news);
        let restarted = self.status.as_ref().is_some_and(|s| s.boots != status.boots);
        if restarted || was_lost {
            self.limits = self.map.profile().limits.is_none().then_some(None);
        }
        if restarted {
            self.clock.restart();
        }
        if self.differences.iter().any(|d| matches!(d, Difference::Identity { .. })) {
            self.differences.clear();
        }
        self.writers.hear(&status, self.map.selects(), &mut self.news);
        self.settle(&status);
        self.asked.settle(&status);
        if let Some(clock) = status.clock {
            self.clock.hear(clock.since(near), self.map.step(), now, &mut self.news);
        }
        if self.map.selects() {
            self.mirror = self.stored(at, &status);
        }
        self.status = Some(status);
        Some(reading)
    }

    fn read_poll(&self, whole: &Gathering, near: Moment, now: Moment) -> Option<(Status, Reading)> {
        let profile = self.map.profile();
        let block = whole.block(&profile.status.block)?;
        let detectors = match profile.detectors {
            Some(form) => Some(whole.block(&form.block)?),
            None => None,
        };
        let status = self.map.status(&block, near)?;
        let reading = self.map.reading(&block, detectors.as_deref(), now, status.boots)?;
        Some((status, reading))
    }

    /// What a status says of a push: whether a commit came about, and that another writer ends what is not committed.
    fn settle(&mut self, status: &Status) {
        let other = self.writers.other().is_some();
        self.push = match std::mem::replace(&mut self.push, Push::Idle) {
            Push::Staging(_) | Push::Staged(_) if other => Push::Failed(Why::OtherWriter),
            Push::Committing(hand, contradicted) => {
                let shown = status.pending == hand.generation || status.running == hand.generation;
                match () {
                    () if shown => Push::Confirmed(hand),
                    () if other => Push::Failed(Why::OtherWriter),
                    () if status.refusal != 0 => Push::Failed(Why::Refused(status.refusal)),
                    () if contradicted + 1 >= CONFIRM_WITHIN => Push::Failed(Why::Fault(FieldFault::Silence)),
                    () => Push::Committing(hand, contradicted + 1),
                }
            }
            push => push,
        };
    }

    /// The stored plan a status names; its own choice is the definition's local plan, where its cycle is.
    fn stored(&self, at: &Intersection, status: &Status) -> Option<RunningPlan> {
        let plan = match status.running {
            0 => Plan::from_greens(at, &at.local_plan.greens, Shift::default())?.starting_at(at, status.cycle_start),
            number => self.map.stored().iter().find(|(n, _)| u32::from(*n) == number)?.1.clone(),
        };
        let zero = self.map.zero.before(status.cycle_start);
        Some(RunningPlan { generation: status.running, epoch: 0, crc: 0, zero, plan })
    }

    fn ask(&mut self, ask: Ask, op: Op) {
        self.queue.push(Request::new(self.index, ask, op));
    }

    /// Asks for reads that make one answer.
    fn gather(&mut self, ask: Ask, reads: Vec<Read>) {
        for read in &reads {
            self.ask(ask, read.op());
        }
        let out = self.out(ask);
        out.push_back(Gathering::of(reads));
        while out.len() > MOST_OUT {
            out.pop_front();
        }
    }

    fn out(&mut self, ask: Ask) -> &mut VecDeque<Gathering> {
        let place = self.gathering.iter().position(|(a, _)| *a == ask).unwrap_or_else(|| {
            self.gathering.push((ask, VecDeque::new()));
            self.gathering.len() - 1
        });
        &mut self.gathering[place].1
    }

    /// Takes the answer to a read; all of them when it was the last. Answers come in the order of the reads.
    fn gathered(&mut self, ask: Ask, answer: &Answer) -> Option<Gathering> {
        let out = self.out(ask);
        if out.front_mut()?.hear(answer) { out.pop_front() } else { None }
    }
}
