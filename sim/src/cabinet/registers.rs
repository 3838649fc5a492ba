//! The registers: addresses, what they read, what a write does. This cabinet's own reading of `src/field/registers.md`.
//!
//! ```text
//!  0..39 status   40..103 detectors   200..315 running plan      read only
//!  400..515 staged   600..609 commit   620..621 heartbeat   630..633 clock   640..641 release
//!  650..663 stage request                                      written whole
//! ```
//!
//! Knows: the table, the cabinet's state. Must not know: frames, function codes, sockets (FC06 is the server's to refuse).

use super::block::{self, BLOCK, LAYOUT, Refusal, VERSION, split};
use super::clock::SLEW;
use super::cycle::Interval;
use super::request::WORDS;
use super::spec::{MAX_CHANNELS, Tenths};
use super::{Cabinet, Mode, Signal};

/// What a block reads.
type Content = fn(&Cabinet) -> Vec<u16>;

const STATUS: u16 = 0;
const STATUS_LEN: usize = 40;
const DETECTORS: u16 = 40;
const RUNNING: u16 = 200;
pub(super) const STAGED: u16 = 400;
const COMMIT: u16 = 600;
const COMMIT_LEN: usize = 10;
pub(super) const HEARTBEAT: u16 = 620;
const CLOCK: u16 = 630;
const RELEASE: u16 = 640;
const REQUEST: u16 = 650;
const RELEASE_WORD: u16 = 0x5245;
const MOST_READ: u16 = 125;
const MOST_WRITTEN: usize = 123;

/// A Modbus exception the cabinet answers with; the discriminant is its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[repr(u8)]
pub enum Exception {
    /// The function is not offered.
    #[error("illegal function (1)")]
    IllegalFunction = 1,
    /// No such register, a part of a block, or a register that can not be written.
    #[error("illegal data address (2)")]
    IllegalAddress = 2,
    /// A value or a count outside its range.
    #[error("illegal data value (3)")]
    IllegalValue = 3,
}

impl Exception {
    /// The code on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// Whether a write covers exactly one block.
pub(super) fn whole_block(addr: u16, count: usize) -> Result<(), Exception> {
    if count == 0 || count > MOST_WRITTEN {
        return Err(Exception::IllegalValue);
    }
    match (addr, count) {
        (STAGED, BLOCK) | (COMMIT, COMMIT_LEN) | (HEARTBEAT, 2) | (CLOCK, 4) | (RELEASE, 2) | (REQUEST, WORDS) => {
            Ok(())
        }
        _ => Err(Exception::IllegalAddress),
    }
}

impl Cabinet {
    /// Reads holding registers (FC03).
    pub fn read(&self, addr: u16, count: u16) -> Result<Vec<u16>, Exception> {
        if count == 0 || count > MOST_READ {
            return Err(Exception::IllegalValue);
        }
        let end = u32::from(addr) + u32::from(count);
        let mut words = Vec::with_capacity(usize::from(count));
        let blocks: [(u16, usize, Content); 9] = [
            (STATUS, STATUS_LEN, Cabinet::status_words),
            (DETECTORS, 2 * MAX_CHANNELS, Cabinet::detector_words),
            (RUNNING, BLOCK, Cabinet::running_words),
            (STAGED, BLOCK, Cabinet::staged_shown),
            (COMMIT, COMMIT_LEN, |_| vec![0; COMMIT_LEN]),
            (HEARTBEAT, 2, |c| c.centre.heartbeat.to_vec()),
            (CLOCK, 4, |c| c.centre.clock_words.to_vec()),
            (RELEASE, 2, |_| vec![0; 2]),
            (REQUEST, WORDS, |c| c.centre.requests.words.to_vec()),
        ];
        for (start, length, content) in blocks {
            let start = u32::from(start);
            let (from, to) = (u32::from(addr).max(start), end.min(start + length as u32));
            if from < to {
                words.extend_from_slice(&content(self)[(from - start) as usize..(to - start) as usize]);
            }
        }
        if words.len() != usize::from(count) {
            return Err(Exception::IllegalAddress);
        }
        for &(stuck, value) in &self.switches.stuck {
            if let Some(word) = stuck.checked_sub(addr).and_then(|at| words.get_mut(usize::from(at))) {
                *word = value;
            }
        }
        Ok(words)
    }

    /// Writes holding registers (FC16). A staged plan, a commit or a clock value that is refused for what it says is a
    /// completed write: register 22 tells.
    pub fn write(&mut self, addr: u16, words: &[u16]) -> Result<(), Exception> {
        whole_block(addr, words.len())?;
        match addr {
            STAGED => {
                self.centre.lay(words);
                let verdict = self.centre.judge(&self.table, &self.kept).map(|_| ());
                self.note(verdict);
            }
            COMMIT => {
                let verdict = self.commit(words);
                self.note(verdict);
            }
            HEARTBEAT if (50..=6000).contains(&words[1]) => self.centre.beat(self.now, [words[0], words[1]]),
            REQUEST => {
                let verdict = self.request(words);
                self.note(verdict);
            }
            RELEASE if words == [RELEASE_WORD, 0] => {
                self.centre.give_back();
                self.act();
            }
            CLOCK => {
                if let Err(refusal) = self.set_clock(words) {
                    self.note(Err(refusal));
                }
            }
            _ => return Err(Exception::IllegalValue),
        }
        Ok(())
    }

    fn note(&mut self, verdict: Result<(), Refusal>) {
        self.centre.refusal = verdict.map_or_else(|refusal| refusal as u16, |()| 0);
    }

    fn commit(&mut self, words: &[u16]) -> Result<(), Refusal> {
        if !matches!(self.mode(), Mode::Local | Mode::Centre) {
            return Err(Refusal::Mode);
        }
        let plan = self.centre.examine(&self.table, &self.kept, self.clock(), words)?;
        self.foretell(plan.activation).ok_or(Refusal::Activation)?.fits(&plan)?;
        if !self.takes_over(&plan.decoded.plan) {
            return Err(Refusal::Activation);
        }
        self.centre.accept(&mut self.kept, self.now, plan);
        Ok(())
    }

    fn set_clock(&mut self, words: &[u16]) -> Result<(), Refusal> {
        let wanted = Tenths::try_from(block::date(words)).map_err(|_| Refusal::Clock)?;
        let by = wanted.checked_sub(self.clock()).ok_or(Refusal::Clock)?;
        if by.abs() <= SLEW {
            self.clock.correct(by);
        } else if self.mode() == Mode::Local {
            self.clock.step(by);
        } else {
            return Err(Refusal::Clock);
        }
        self.centre.clock_words.copy_from_slice(words);
        Ok(())
    }

    fn status_words(&self) -> Vec<u16> {
        let mut w = vec![0; STATUS_LEN];
        let centre = &self.centre;
        w[0] = LAYOUT;
        w[1] = VERSION;
        put(&mut w, 2, self.table.identity);
        w[4] = self.mode() as u16;
        w[5] = self.switches.fault as u16;
        w[6] = self.kept.boots;
        w[7] = self.stage;
        w[8] = Interval::AllRed as u16;
        if let Signal::Running(cycle) = &self.signal {
            let (interval, left) = self.interval(cycle);
            w[8] = interval as u16;
            w[9] = left.and_then(|left| u16::try_from(left).ok()).unwrap_or(u16::MAX);
            put_date(&mut w, 30, self.clock.read(cycle.start));
        }
        put(&mut w, 10, self.running_generation().unwrap_or(0));
        put(&mut w, 12, block::checksum(&self.running_words()));
        if let Some(pending) = &centre.pending {
            put(&mut w, 14, pending.decoded.generation);
            put_date(&mut w, 16, pending.activation);
        }
        put(&mut w, 20, centre.staged.as_deref().map_or(0, block::checksum));
        w[22] = centre.refusal;
        put_date(&mut w, 23, self.clock());
        w[27] = centre.heartbeat[0];
        if self.mode() == Mode::Centre {
            w[28] = u16::try_from(centre.heartbeat_left(&self.table, self.now)).unwrap_or(u16::MAX);
        }
        w[29] = centre.commits;
        w[34] = self.table.spec.detectors as u16;
        w[35] = centre.requests.now.as_ref().map_or(0, |r| r.counter);
        w
    }

    fn detector_words(&self) -> Vec<u16> {
        let mut words = vec![0; 2 * MAX_CHANNELS];
        let pairs = self.detectors.iter().zip(&self.detector_zero);
        for (slot, (now, zero)) in words.chunks_mut(2).zip(pairs) {
            slot[0] = now.0.wrapping_sub(zero.0) as u16;
            // Whole tenths; the sliver keeps a sum of many 0.1 s steps from falling just short of one.
            slot[1] = ((now.1 - zero.1) * 10.0 + 1e-6) as u64 as u16;
        }
        words
    }

    fn running_words(&self) -> Vec<u16> {
        if let Some(plan) = &self.centre.running {
            return plan.block.clone();
        }
        let plan = self.plan();
        let start = match (&self.signal, plan.anchor(self.clock())) {
            (_, Some(anchor)) => anchor,
            (Signal::Running(cycle), None) => self.clock.read(cycle.start),
            _ => 0,
        };
        let lead = self.table.lead(&plan.greens, self.table.reference_stage);
        block::encode_local(&self.table, plan, (start + lead).rem_euclid(plan.cycle))
    }

    pub(super) fn staged_words(&self) -> Vec<u16> {
        self.centre.staged.clone().unwrap_or_else(|| vec![0; BLOCK])
    }

    fn staged_shown(&self) -> Vec<u16> {
        self.switches.stale_staged.clone().unwrap_or_else(|| self.staged_words())
    }
}

fn put(words: &mut [u16], at: usize, value: u32) {
    words[at..at + 2].copy_from_slice(&split(value));
}

fn put_date(words: &mut [u16], at: usize, value: Tenths) {
    let value = value.max(0) as u64;
    put(words, at, (value >> 32) as u32);
    put(words, at + 2, value as u32);
}
