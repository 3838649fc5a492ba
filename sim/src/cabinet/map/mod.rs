//! Where a cabinet's registers lie and in what form: handed over at installation, so that one cabinet speaks any layout.
//!
//! ```text
//!  Map (addresses, forms, codes) --+--> registers: what a read shows, what a write means
//!                                  +--> block: the plan block, in tenths inside, in the map's steps outside
//! ```
//!
//! Knows: places, widths, word order, steps of time. Must not know: what is read or written, the controller's own description:
//! whoever installs the cabinet translates that. [`Map::reference`] is this side's own reading of `src/field/registers.md`.

mod fits;
mod reference;

use super::spec::{ClockZero, Tenths};
use super::{Mode, calendar};

/// A register layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// Of a value of several registers the low word comes first.
    pub low_first: bool,
    /// Most registers of one read.
    pub most_read: u16,
    /// Most registers of one write.
    pub most_written: u16,
    /// Unit of durations and instants, 0.1 s.
    pub step: Tenths,
    /// What instants and the offsets of plans count from; of an offset the local midnight at or before the activation.
    pub zero: ClockZero,
    /// Offsets count to the end of the reference stage's green instead of its start.
    pub to_green_end: bool,
    /// The cabinet brings the centre's plans to their offset by itself; `None`: the centre does.
    pub own_transition: Option<Stretch>,
    /// Code of a plan followed in fixed time.
    pub fixed_time: u16,
    /// Code of a plan followed free, where it is offered.
    pub free: Option<u16>,
    /// Code of a plan followed coordinated-actuated, where it is offered.
    pub coordinated: Option<u16>,
    /// What it tells of itself.
    pub status: StatusMap,
    /// Detector values.
    pub detectors: Option<DetectorMap>,
    /// The cabinet's limits.
    pub limits: Option<LimitsMap>,
    /// How plans come.
    pub plans: PlansMap,
    /// The centre's sign of life.
    pub heartbeat: HeartbeatMap,
    /// Where the clock is set.
    pub clock: Option<ClockMap>,
    /// Where it is handed back: marks are written, all else is 0.
    pub release: Marked,
    /// Where stages are asked for.
    pub request: Option<RequestMap>,
}

/// How far a cycle may be bent on the way to an offset, in percent of the plan's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Shortest.
    pub shortest_percent: Tenths,
    /// Longest.
    pub longest_percent: Tenths,
}

/// The two tables of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Registers {
    /// Read with FC03, written with FC16.
    #[default]
    Holding,
    /// Read with FC04.
    Input,
}

/// Registers that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First register, zero-based.
    pub at: u16,
    /// How many.
    pub words: u16,
    /// In which table.
    pub table: Registers,
}

/// A value's place in its area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// First register, counted from the area's.
    pub word: u16,
    /// Registers it takes: 1, 2 or 4.
    pub width: u16,
}

/// An area with registers of one value: `(register of the area, value)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Where.
    pub area: Area,
    /// The values.
    pub marks: Vec<(u16, u16)>,
}

/// The status area; what is `None` is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusMap {
    /// Where, and what tells the layout.
    pub block: Marked,
    /// CRC-32 of the id.
    pub identity: Option<Item>,
    /// Who is in charge.
    pub mode: Item,
    /// Its codes. Preemption without a code of its own shows as manual.
    pub modes: Vec<(Mode, u16)>,
    /// Latched fault.
    pub fault: Option<Item>,
    /// Restarts.
    pub boots: Option<Item>,
    /// Stage green now or last.
    pub stage: Option<Item>,
    /// Part of the stage.
    pub interval: Option<Item>,
    /// Time left of it.
    pub remaining: Option<Item>,
    /// Generation or number of the running plan.
    pub running: Item,
    /// Check of the running plan's block.
    pub running_check: Option<Item>,
    /// Generation or number of the plan that waits.
    pub pending: Item,
    /// Its activation, an instant.
    pub activation: Option<Item>,
    /// Check over the slot written last.
    pub staged_check: Option<Item>,
    /// Why something was refused.
    pub refusal: Option<Item>,
    /// The clock, an instant.
    pub clock: Option<Item>,
    /// Start of the running cycle, an instant.
    pub cycle_start: Option<Item>,
    /// Time since the start of the running cycle.
    pub cycle_elapsed: Option<Item>,
    /// The last heartbeat counter.
    pub heartbeat: Option<Item>,
    /// Time until silence counts.
    pub heartbeat_left: Option<Item>,
    /// Commits accepted.
    pub commits: Option<Item>,
    /// Detector channels.
    pub channels: Option<Item>,
    /// Counter of the stage request being carried out.
    pub request: Option<Item>,
}

/// Detector values by channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectorMap {
    /// Where.
    pub area: Area,
    /// Registers a channel.
    pub stride: u16,
    /// Most channels.
    pub channels: u16,
    /// Vehicles, within the channel's registers.
    pub count: Item,
    /// Time occupied.
    pub occupied: Option<Item>,
}

/// The cabinet's limits: a head, and a record a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitsMap {
    /// Where.
    pub area: Area,
    /// Shortest cycle.
    pub cycle_min: Item,
    /// Longest cycle.
    pub cycle_max: Item,
    /// Stages.
    pub stages: Item,
    /// First record's first register.
    pub first: u16,
    /// Registers a record.
    pub stride: u16,
    /// Of the record: least green.
    pub min_green: Item,
    /// Longest green.
    pub max_green: Item,
    /// Yellow.
    pub yellow: Item,
    /// All red.
    pub all_red: Item,
}

/// How plans come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlansMap {
    /// Word by word.
    Download(Box<DownloadMap>),
    /// By number of a stored one.
    Select(SelectMap),
}

/// Staging, running plan, commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadMap {
    /// The running plan.
    pub running: Area,
    /// The first slot for staging.
    pub staged: Area,
    /// Slots, one behind the other; a plan belongs in slot `generation mod slots`.
    pub slots: u16,
    /// The block.
    pub form: FormMap,
    /// Where it is committed.
    pub commit: CommitMap,
}

/// The plan block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormMap {
    /// Registers of one value.
    pub marks: Vec<(u16, u16)>,
    /// CRC-32 of the id.
    pub identity: Option<Item>,
    /// Of the push.
    pub generation: Item,
    /// Of the writer.
    pub epoch: Option<Item>,
    /// Cycle.
    pub cycle: Item,
    /// Offset.
    pub offset: Item,
    /// Records used.
    pub stages: Item,
    /// Field number of the stage that carries the offset; without it stage 1.
    pub reference_stage: Option<Item>,
    /// How heads follow.
    pub operation: Option<Item>,
    /// CRC-32 over all other registers of the block.
    pub check: Item,
    /// First record's first register.
    pub first: u16,
    /// Registers a record.
    pub stride: u16,
    /// Of the record: field number of the stage.
    pub stage: Item,
    /// Green.
    pub green: Item,
    /// Yellow.
    pub yellow: Item,
    /// All red.
    pub all_red: Item,
}

/// The commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitMap {
    /// Where.
    pub area: Area,
    /// Of the staged plan.
    pub generation: Item,
    /// Its check XOR the CRC-32 over the registers of generation and activation.
    pub key: Item,
    /// When, an instant.
    pub activation: Item,
    /// Minutes.
    pub expiry: Item,
}

/// Selection of a stored plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelectMap {
    /// Where.
    pub area: Area,
    /// Number from 1; 0 = the cabinet's own choice.
    pub number: Item,
    /// Minutes.
    pub expiry: Item,
    /// CRC-32 over the registers of number and expiry.
    pub check: Item,
}

/// The heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeartbeatMap {
    /// Where.
    pub area: Area,
    /// Any change is a beat.
    pub counter: Item,
    /// Timeout.
    pub timeout: Option<Item>,
}

/// Stage requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestMap {
    /// Where.
    pub area: Area,
    /// Grows with every request; never 0.
    pub counter: Item,
    /// What is asked for.
    pub kind: Item,
    /// Field number of the stage.
    pub stage: Item,
    /// Until when, an instant.
    pub until: Item,
    /// After which it is forgotten, an instant.
    pub expiry: Item,
    /// CRC-32 over the registers of the five before, in this order.
    pub check: Item,
}

/// The clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockMap {
    /// Where.
    pub area: Area,
    /// The instant.
    pub instant: Item,
}

impl Area {
    /// As many words of 0.
    pub(super) fn blank(&self) -> Vec<u16> {
        vec![0; usize::from(self.words)]
    }
}

impl Item {
    /// The registers it takes, of those of its area (or record) that begin at `from`.
    pub(super) fn range(self, from: u16) -> std::ops::Range<usize> {
        let start = usize::from(from) + usize::from(self.word);
        start..start + usize::from(self.width)
    }

    /// The largest value it holds.
    pub(super) fn most(self) -> u64 {
        u64::MAX >> (64 - 16 * u32::from(self.width.clamp(1, 4)))
    }
}

impl Marked {
    /// A blank area with its marks.
    pub(super) fn words(&self) -> Vec<u16> {
        let mut words = self.area.blank();
        self.marks.iter().for_each(|&(at, is)| words[usize::from(at)] = is);
        words
    }
}

impl Map {
    /// A value.
    pub(super) fn get(&self, words: &[u16], item: Item) -> u64 {
        self.get_of(words, 0, item)
    }

    /// A value of the record that begins at `from`.
    pub(super) fn get_of(&self, words: &[u16], from: u16, item: Item) -> u64 {
        let word = |all: u64, &w: &u16| all << 16 | u64::from(w);
        let words = &words[item.range(from)];
        if self.low_first { words.iter().rev().fold(0, word) } else { words.iter().fold(0, word) }
    }

    /// A duration in tenths.
    pub(super) fn time(&self, words: &[u16], from: u16, item: Item) -> Tenths {
        Tenths::try_from(self.get_of(words, from, item)).unwrap_or(Tenths::MAX).saturating_mul(self.step)
    }

    /// Puts a value; of a larger one what fits.
    pub(super) fn put(&self, words: &mut [u16], item: Item, value: u64) {
        self.put_of(words, 0, item, value);
    }

    /// Puts a value into the record that begins at `from`.
    pub(super) fn put_of(&self, words: &mut [u16], from: u16, item: Item, value: u64) {
        for (k, word) in words[item.range(from)].iter_mut().enumerate() {
            let place = if self.low_first { k } else { usize::from(item.width) - 1 - k };
            *word = (value >> (16 * place)) as u16;
        }
    }

    /// Puts a duration, at most what fits, down to a whole step.
    pub(super) fn put_time(&self, words: &mut [u16], from: u16, item: Item, time: Tenths) {
        let steps = time.max(0).div_euclid(self.step) as u64;
        self.put_of(words, from, item, steps.min(item.most()));
    }

    /// Puts an instant: since the epoch, or the time of the local day.
    pub(super) fn put_instant(&self, words: &mut [u16], item: Item, utc_offset_s: i32, at: Tenths) {
        let since = match self.zero {
            ClockZero::UnixEpoch => at.max(0),
            ClockZero::LocalMidnight => at - calendar::midnight(utc_offset_s, at),
        };
        self.put(words, item, since.div_euclid(self.step) as u64);
    }

    /// The instant that was written, read at a clock time: a time of day is the one nearest to `near`, not before `first`.
    pub(super) fn instant(&self, words: &[u16], item: Item, utc_offset_s: i32, near: Near) -> Option<Tenths> {
        let steps = Tenths::try_from(self.get(words, item)).ok()?;
        let since = steps.checked_mul(self.step)?;
        if self.zero == ClockZero::UnixEpoch {
            return Some(since);
        }
        if since >= calendar::DAY {
            return None;
        }
        let first = match near {
            Near::From(clock) => self.whole(clock),
            Near::Around(clock) => clock - calendar::DAY / 2,
        };
        let today = calendar::midnight(utc_offset_s, first) + since;
        Some(if today < first { today + calendar::DAY } else { today })
    }

    /// Plans by download.
    pub(super) fn download(&self) -> Option<&DownloadMap> {
        match &self.plans {
            PlansMap::Download(load) => Some(load),
            PlansMap::Select(_) => None,
        }
    }

    /// Plans by number.
    pub(super) fn select(&self) -> Option<&SelectMap> {
        match &self.plans {
            PlansMap::Select(select) => Some(select),
            PlansMap::Download(_) => None,
        }
    }

    /// The last whole step at or before a time.
    pub(super) fn whole(&self, time: Tenths) -> Tenths {
        time.div_euclid(self.step) * self.step
    }

    /// The registers of an item as they stand.
    pub(super) fn raw(words: &[u16], item: Item) -> &[u16] {
        &words[item.range(0)]
    }
}

impl DownloadMap {
    /// Where a plan belongs.
    pub(super) fn slot_of(&self, generation: u32) -> usize {
        generation as usize % usize::from(self.slots)
    }

    /// A slot for staging.
    pub(super) fn slot(&self, slot: u16) -> Area {
        Area { at: self.staged.at.saturating_add(slot.saturating_mul(self.staged.words)), ..self.staged }
    }
}

/// Which of the days a time of day means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Near {
    /// The first at or after this clock time.
    From(Tenths),
    /// The nearest to it.
    Around(Tenths),
}
