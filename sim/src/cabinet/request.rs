//! Stage requests: the centre asks for one green to be held, extended or ended early, or for a stage nobody calls to be left
//! out.
//!
//! ```text
//!            write 650, sound, in the centre's mode
//!  nothing ---------------------------------------> carried out (register 35 shows its counter)
//!     ^                                                 |  replaced by a later one
//!     +-------------------------------------------------+
//!       its green is over or its stage was left out; withdrawn; expired; silence, release, a person, flash, power
//! ```
//! Knows: the block's words, calls, the heads' stage. Must not know: how greens are laid (`bend`, `actuated`).

use super::bend::{Bend, Wish};
use super::block::{Plan, Refusal, blank_beside, crc};
use super::cycle::{Cycle, Interval};
use super::map::{Map, Near};
use super::room::Room;
use super::spec::{Table, Tenths};
use super::{Aim, Cabinet, Mode, Signal};

/// Farthest expiry ahead of the clock: two minutes. So long a counter is remembered too.
const HORIZON: Tenths = 1_200;

/// What is asked for; the numbers of word 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Hold = 1,
    Extend = 2,
    EndEarly = 3,
    Skip = 4,
}

/// A request that is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) counter: u16,
    kind: Kind,
    stage: usize,
    /// Clock times.
    until: Tenths,
    expiry: Tenths,
    /// Its green has begun.
    begun: bool,
}

/// What is remembered of requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Requests {
    /// The one that is carried out.
    pub(super) now: Option<Request>,
    /// As last accepted.
    pub(super) words: Vec<u16>,
    /// True time of the last accepted one.
    at: Option<Tenths>,
}

impl Requests {
    /// Nothing yet, in so many words.
    pub(super) fn new(words: Vec<u16>) -> Self {
        Self { words, ..Self::default() }
    }

    /// Judges a block by itself: `None` withdraws.
    fn read(&self, table: &Table, now: Tenths, clock: Tenths, words: &[u16]) -> Result<Option<Request>, Refusal> {
        let map = &table.spec.map;
        let place = map.request.ok_or(Refusal::Request)?;
        let small = |words: &[u16], item| u16::try_from(map.get(words, item)).unwrap_or(u16::MAX);
        let (counter, number) = (small(words, place.counter), small(words, place.stage));
        let kind = match map.get(words, place.kind) {
            0 => None,
            1 => Some(Kind::Hold),
            2 => Some(Kind::Extend),
            3 => Some(Kind::EndEarly),
            4 => Some(Kind::Skip),
            _ => return Err(Refusal::Request),
        };
        let timed = matches!(kind, Some(Kind::Hold | Kind::Extend));
        let bound = [place.counter, place.kind, place.stage, place.until, place.expiry];
        let items = bound.into_iter().chain([place.check]).map(Some).collect::<Vec<_>>();
        let idle = !timed && map.get(words, place.until) != 0 || kind.is_none() && number != 0;
        if counter == 0 || idle || !blank_beside(words, &[], &items) {
            return Err(Refusal::Request);
        }
        let check = crc(bound.into_iter().flat_map(|item| Map::raw(words, item)).copied());
        if map.get(words, place.check) != u64::from(check) {
            return Err(Refusal::RequestCheck);
        }
        let ahead = counter.wrapping_sub(small(&self.words, place.counter));
        if self.at.is_some_and(|at| now - at <= HORIZON) && !(1..=32_767).contains(&ahead) {
            return Err(Refusal::Counter);
        }
        let when = |item| {
            let at = map.instant(words, item, table.spec.utc_offset_s, Near::From(clock));
            at.ok_or(Refusal::RequestTime)
        };
        let until = if timed { when(place.until)? } else { 0 };
        let expiry = when(place.expiry)?;
        if expiry <= clock || expiry > clock + HORIZON || timed && (until <= clock || until > expiry) {
            return Err(Refusal::RequestTime);
        }
        let Some(kind) = kind else { return Ok(None) };
        let stage = usize::from(number).checked_sub(1).filter(|&k| k < table.stages());
        let stage = stage.ok_or(Refusal::RequestStage)?;
        Ok(Some(Request { counter, kind, stage, until, expiry, begun: false }))
    }
}

impl Cabinet {
    /// A request block was written.
    pub(super) fn request(&mut self, words: &[u16]) -> Result<(), Refusal> {
        let request = self.centre.requests.read(&self.table, self.now, self.clock(), words)?;
        if let Some(request) = &request {
            if self.mode() != Mode::Centre || self.centre.leave {
                return Err(Refusal::RequestMode);
            }
            self.permitted(request)?;
        }
        let requests = &mut self.centre.requests;
        requests.words = words.to_vec();
        requests.at = Some(self.now);
        requests.now = request;
        self.act();
        Ok(())
    }

    /// Whether what runs takes such a request.
    fn permitted(&self, request: &Request) -> Result<(), Refusal> {
        let table = &self.table;
        let order = self.plan().order;
        let (k, reference) = (request.stage, request.stage == table.orders[order].reference);
        if table.spec.countdown {
            return Err(Refusal::RequestOperation);
        }
        match (request.kind, self.aim()) {
            (_, Aim::Free(_) | Aim::Coordinated(_)) if table.layout.rings > 1 => Err(Refusal::RequestOperation),
            (Kind::EndEarly, Aim::Coordinated(_)) if reference => Err(Refusal::RequestOperation),
            (Kind::Skip, _) if k == 0 || reference || table.stages() < 3 => Err(Refusal::RequestStage),
            (Kind::Skip, aim) if self.called(k) || recalled(&aim, k) || !table.optional(order, k) => {
                Err(Refusal::Called)
            }
            _ => Ok(()),
        }
    }

    /// Whether anybody of the stage calls, or could not be heard if he did.
    fn called(&self, stage: usize) -> bool {
        self.table.spec.stages[stage].phases.iter().any(|&p| self.calls.call(p))
    }

    /// What the request asks of the heads, in true time.
    pub(super) fn wish(&self) -> Option<Wish> {
        let request = self.centre.requests.now.as_ref()?;
        let until = self.now + request.until - self.clock();
        Some(Wish { kind: request.kind, stage: request.stage, until })
    }

    /// The moments at which requests want to be looked at.
    pub(super) fn request_event(&self) -> Option<Tenths> {
        let expiry = self.centre.requests.now.as_ref().map(|r| self.now + r.expiry - self.clock());
        let heads = self.bend.as_ref().and_then(|bend| bend.shown.next_change(self.now));
        expiry.into_iter().chain(heads).filter(|&t| t > self.now).min()
    }

    /// Ends a request whose time is over, and lays the heads' cycle where it is not the programme's.
    pub(super) fn attend(&mut self) {
        self.note_green();
        if self.centre.requests.now.is_some() && self.is_over() {
            self.centre.requests.now = None;
        }
        let Signal::Running(cycle) = &self.signal else {
            self.bend = None;
            return;
        };
        let asked = self.centre.requests.now.is_some();
        if self.engine.is_some() || (!asked && self.bend.is_none()) {
            self.bend = None;
            return;
        }
        let mut bend = self.bend.take().unwrap_or_else(|| Bend::new(cycle));
        let wish = self.wish();
        let skipped = bend.next(&self.table, cycle, self.plan(), self.now);
        if wish.is_some_and(|w| w.kind == Kind::Skip && skipped == Some(w.stage)) {
            self.centre.requests.now = None;
        }
        bend.lay(&self.table, &self.heads, self.now, self.room(), self.wish().as_ref());
        let done = self.centre.requests.now.is_none() && bend.in_step(cycle);
        self.bend = (!done).then_some(bend);
        self.note_green();
    }

    fn note_green(&mut self) {
        let green = self.green_stage();
        if let Some(request) = &mut self.centre.requests.now {
            request.begun |= green == Some(request.stage);
        }
    }

    /// Whether the request has nothing to wait for any more.
    fn is_over(&self) -> bool {
        let Some(request) = &self.centre.requests.now else { return true };
        let refused = self.mode() != Mode::Centre
            || self.centre.leave
            || self.permitted(request) == Err(Refusal::RequestOperation);
        if refused || self.clock() >= request.expiry {
            return true;
        }
        if request.kind == Kind::Skip {
            if !self.table.optional(self.plan().order, request.stage) {
                return true;
            }
            let settled = self.bend.as_ref().filter(|b| b.settled(&self.table, request.stage, self.now));
            let left_out = settled.is_some_and(|b| b.shown.absent() == Some(request.stage));
            return !left_out && self.called(request.stage);
        }
        request.begun && self.green_stage() != Some(request.stage)
    }

    /// The cycle that the heads show beside the programmed one.
    pub(super) fn shown<'a>(&'a self, programme: &'a Cycle) -> &'a Cycle {
        self.bend.as_ref().map_or(programme, |bend| &bend.shown)
    }

    /// The stage that is green now.
    fn green_stage(&self) -> Option<usize> {
        let cycle = self.cycle()?;
        match &self.engine {
            Some(engine) => {
                let (interval, _, stage) = engine.shows(&self.scene(cycle), &self.heads);
                stage.filter(|_| interval == Interval::Green)
            }
            None => {
                let place = self.shown(cycle).place(&self.table, self.now);
                (place.interval == Interval::Green).then_some(place.stage)
            }
        }
    }

    /// How far the heads may leave the programme: what every plan in sight takes back within one round.
    fn room(&self) -> Room {
        let room = Room::of(&self.table, &self.plan().greens);
        self.centre.pending.as_ref().map_or(room, |p| room.and(Room::of(&self.table, &p.decoded.plan.greens)))
    }

    /// Whether a plan could take the heads from where they are into its step within one round.
    pub(super) fn takes_over(&self, plan: &Plan) -> bool {
        let room = Room::of(&self.table, &plan.greens);
        let shift = self.bend.as_ref().map_or(0, |bend| bend.shift(&self.table, self.now));
        (-room.earlier..=room.later).contains(&shift)
    }

    /// The centre's plan is left while the heads are out of its step: their cycle becomes the cabinet's own, and the local
    /// plan finds its offset from there. True if so.
    pub(super) fn keep_heads(&mut self) -> bool {
        let Some(bend) = self.bend.take().filter(|bend| bend.shown.end() > self.now) else { return false };
        self.signal = Signal::Running(bend.shown.out_of_step());
        true
    }
}

fn recalled(aim: &Aim<'_>, stage: usize) -> bool {
    match aim {
        Aim::Free(actuation) | Aim::Coordinated(actuation) => {
            actuation.recalls.contains(&stage) || actuation.rest == Some(stage)
        }
        Aim::Fixed => false,
    }
}
