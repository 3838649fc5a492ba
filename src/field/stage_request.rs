//! One stage request at a time, as a value, and its words.
//!
//! ```text
//!  Idle ──request──► Asked ──status shows its counter──► Carried ──status shows none──► Over
//!                      │  ▲ no answer: the status tells        │ withdraw, release
//!                      ▼                                       ▼
//!                  Failed(why) ◄── refused, or not shown     Idle
//! ```
//! A request runs out by itself at its expiry whatever becomes of us, so one that is lost is not sent again: who asked for it may.

use super::map::RegisterMap;
use super::push::Why;
use super::request::{FieldFault, Op};
use super::status::Status;
use super::words::crc;
use crate::safety::{Safe, StageAsk, StageRequest};
use crate::units::{Moment, Tenths};

/// Polls in a row that show neither the request nor a refusal before it counts as over or failed.
const SHOWN_WITHIN: u32 = 2;
/// How long a withdrawal may travel.
const WITHDRAWAL: Tenths = Tenths::from_seconds(60);

/// How far a stage request has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StageAsked {
    /// None.
    #[default]
    Idle,
    /// Sent, not shown yet.
    Asked {
        /// What was judged safe.
        safe: Safe<StageRequest>,
        /// Its counter.
        counter: u16,
        /// Whether the write was answered.
        written: bool,
        /// Polls that did not show it.
        unseen: u32,
    },
    /// The cabinet carries it out.
    Carried {
        /// What was judged safe.
        safe: Safe<StageRequest>,
        /// Its counter.
        counter: u16,
    },
    /// The cabinet took it, and it is over.
    Over,
    /// It did not come about.
    Failed(Why),
}

impl StageAsked {
    /// Whether the cabinet may be carrying something out for us.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, StageAsked::Asked { .. } | StageAsked::Carried { .. })
    }

    /// The answer to the write: "no" is one, silence is not, the status will tell.
    pub(super) fn hear(&mut self, answer: Result<(), FieldFault>) {
        let StageAsked::Asked { written, .. } = self else { return };
        match answer {
            Ok(()) => *written = true,
            Err(fault @ FieldFault::Exception(_)) => *self = StageAsked::Failed(Why::Fault(fault)),
            Err(_) => {}
        }
    }

    /// What a status says of it.
    pub(super) fn settle(&mut self, status: &Status) {
        match self {
            StageAsked::Asked { counter, safe, written, unseen } => {
                let next = match () {
                    () if status.request == u32::from(*counter) => {
                        StageAsked::Carried { safe: safe.clone(), counter: *counter }
                    }
                    () if *written && status.refusal != 0 => StageAsked::Failed(Why::Refused(status.refusal)),
                    () if *unseen + 1 < SHOWN_WITHIN => {
                        *unseen += 1;
                        return;
                    }
                    // Taken and done between two polls.
                    () if *written => StageAsked::Over,
                    () => StageAsked::Failed(Why::Fault(FieldFault::Silence)),
                };
                *self = next;
            }
            StageAsked::Carried { counter, .. } if status.request != u32::from(*counter) => *self = StageAsked::Over,
            _ => {}
        }
    }
}

/// The counter of the next request: the seconds of its moment, so that it grows through restarts of ours, and past the last one's.
pub(super) fn counter(last: Option<u16>, now: Moment) -> u16 {
    let by_time = (now.unix_seconds().unsigned_abs() % 65_535) as u16 + 1;
    match last {
        // Not ahead of the last one by half a round: two within one second.
        Some(last) if !(1..=32_767).contains(&by_time.wrapping_sub(last)) => last.wrapping_add(1).max(1),
        _ => by_time,
    }
}

impl RegisterMap {
    /// A request's block; `None` where the profile has none.
    pub(super) fn stage_request(&self, request: &StageRequest, counter: u16) -> Option<Op> {
        let kind = match request.ask {
            StageAsk::Hold { .. } => 1,
            StageAsk::Extend { .. } => 2,
            StageAsk::EndEarly => 3,
            StageAsk::Skip => 4,
        };
        let stage = u64::try_from(request.stage.0).ok()? + 1;
        self.request_block(counter, kind, stage, request.ask.until(), request.expiry)
    }

    /// The block that takes back what was asked.
    pub(super) fn withdrawal(&self, counter: u16, now: Moment) -> Option<Op> {
        self.request_block(counter, 0, 0, None, now + WITHDRAWAL)
    }

    fn request_block(&self, counter: u16, kind: u64, stage: u64, until: Option<Moment>, expiry: Moment) -> Option<Op> {
        let form = self.profile.stage_request?;
        let mut words = vec![0; usize::from(form.block.words)];
        self.put(&mut words, form.counter, u64::from(counter))?;
        self.put(&mut words, form.kind, kind)?;
        self.put(&mut words, form.stage, stage)?;
        if let Some(until) = until {
            self.put_instant(&mut words, form.until, until)?;
        }
        self.put_instant(&mut words, form.expiry, expiry)?;
        let items = [form.counter, form.kind, form.stage, form.until, form.expiry];
        let bound: Option<Vec<&[u16]>> = items.into_iter().map(|item| self.registers(&words, item)).collect();
        let check = crc(bound?.into_iter().flatten());
        self.put(&mut words, form.check, u64::from(check))?;
        Some(Op::Write { address: form.block.at, words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_grow_within_a_second_over_the_end_and_after_hours() {
        let at = |second: i64| Moment::from_unix_seconds(second);
        assert_eq!((counter(None, at(65_534)), counter(None, at(65_535))), (65_535, 1));
        assert_eq!(counter(Some(7), at(6)), 8, "within one second");
        assert_eq!(counter(Some(8), at(6)), 9);
        assert_eq!(counter(Some(65_535), at(65_534)), 1, "0 is none");
        assert_eq!(counter(Some(65_535), at(65_535)), 1);
        assert_eq!(counter(Some(7), at(16)), 17);
    }
}
