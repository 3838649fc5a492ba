//! A controller model's registers as data: where each thing lives, in what form, and what the controller can do.
//!
//! Knows: places and forms. Must not know: values, sessions, what is done with them; `field` reads and writes by it.

use super::super::{ClockZero, Name};
use crate::units::Tenths;
use serde::Serialize;

/// A register profile: everything the field protocol has to know of a controller model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegisterProfile {
    /// What definitions call it.
    pub id: String,
    /// For people.
    pub name: Name,
    /// How values take registers.
    pub words: Words,
    /// How times and instants are counted.
    pub time: TimeBase,
    /// What a plan's offset counts to.
    pub offset: OffsetEdge,
    /// Who brings a plan to its offset.
    pub transitions: Carrier,
    /// How heads may follow a plan, each with its code in the plan block; fixed time is always among them.
    pub operations: Vec<(OperationKind, u16)>,
    /// Whether a plan may run the stages in another order than the programmed one (of those the definition permits).
    pub sequences: bool,
    /// What the cabinet says of itself.
    pub status: StatusBlock,
    /// Detector values.
    pub detectors: Option<DetectorBlock>,
    /// The cabinet's own limits, where it tells them.
    pub limits: Option<LimitsBlock>,
    /// How a plan gets there.
    pub plans: Plans,
    /// The centre's sign of life.
    pub heartbeat: HeartbeatBlock,
    /// Where the clock is set.
    pub clock: Option<ClockBlock>,
    /// Where the cabinet is handed back.
    pub release: ReleaseBlock,
    /// Where stages are asked for, second by second.
    pub stage_request: Option<StageRequestBlock>,
}

impl RegisterProfile {
    /// Most stages of an intersection it has room for; `None` where nothing bounds them.
    pub fn most_stages(&self) -> Option<u16> {
        let plan = match &self.plans {
            Plans::Download(download) => Some(download.form.most_stages),
            Plans::Select(_) => None,
        };
        let told = self.limits.map(|limits| (limits.block.words - limits.first) / limits.stride);
        plan.into_iter().chain(told).min()
    }

    /// Whether its instants are wide enough to count from `zero`.
    pub fn tells_instants_from(&self, zero: ClockZero) -> bool {
        let most = TimeBase { zero, ..self.time }.most_instant();
        let commit = match &self.plans {
            Plans::Download(download) => Some(download.commit.activation),
            Plans::Select(_) => None,
        };
        let cycle = match self.status.cycle {
            CyclePlace::Start(item) => Some(item),
            CyclePlace::Elapsed(_) => None,
        };
        let asked = self.stage_request.map(|request| [request.until, request.expiry]).into_iter().flatten();
        let told = [self.status.clock, self.status.activation, commit, cycle, self.clock.map(|clock| clock.instant)];
        told.into_iter().flatten().chain(asked).all(|item| item.form.most() >= most)
    }
}

/// How values take registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Of a value of several registers, which comes first.
    pub order: WordOrder,
    /// Most registers of one read, at most 125.
    pub most_read: u16,
    /// Most registers of one write, at most 123.
    pub most_written: u16,
}

/// The order of a value's registers. Within a register Modbus has the high byte first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum WordOrder {
    /// High word first.
    HighFirst,
    /// Low word first, as many PLCs have it.
    LowFirst,
}

/// How times are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TimeBase {
    /// The unit of durations and instants: the step of time the controller runs.
    pub step: Tenths,
    /// What instants and offsets count from. A definition may say otherwise for one cabinet.
    pub zero: ClockZero,
}

impl TimeBase {
    /// The largest instant that comes to be told, in steps: until the year 2100, or within a day.
    pub const fn most_instant(&self) -> u64 {
        let seconds = match self.zero {
            ClockZero::UnixEpoch => 4_102_444_800,
            ClockZero::LocalMidnight => 86_400,
        };
        seconds * 10 / self.step.count() as u64
    }
}

/// What a plan's offset counts to: an edge of the programmed green of the plan's reference stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum OffsetEdge {
    /// Its start.
    GreenStart,
    /// Its end.
    GreenEnd,
}

/// Who brings a plan to its offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Carrier {
    /// The centre, by plans of stretched cycles, one after the other.
    Centre,
    /// The cabinet, by cycles of its own, which it makes no longer and no shorter than so many percent of the plan's.
    Cabinet {
        /// Shortest.
        shortest_percent: u16,
        /// Longest.
        longest_percent: u16,
    },
}

/// How heads may follow a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum OperationKind {
    /// In fixed time.
    FixedTime,
    /// By detectors, in the plan's cycle.
    Actuated,
    /// By detectors, without a cycle.
    Free,
}

/// The Modbus table a block lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum RegisterTable {
    /// Holding registers: read with FC03, written with FC16.
    Holding,
    /// Input registers: read with FC04.
    Input,
}

/// Registers that are read or written together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Zero-based protocol address of the first.
    pub at: u16,
    /// How many.
    pub words: u16,
    /// In which table; what is written is always [`RegisterTable::Holding`].
    pub table: RegisterTable,
}

/// A value's place in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its first register, counted from the block's.
    pub word: u16,
    /// How many registers it takes.
    pub form: Form,
}

/// How many registers an unsigned value takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Form {
    /// One.
    U16,
    /// Two.
    U32,
    /// Four.
    U64,
}

impl Form {
    /// Registers taken.
    pub const fn words(self) -> u16 {
        match self {
            Form::U16 => 1,
            Form::U32 => 2,
            Form::U64 => 4,
        }
    }

    /// The largest value held.
    pub const fn most(self) -> u64 {
        u64::MAX >> (64 - 16 * self.words())
    }
}

/// A register that always holds one value: read to know the layout, written to be taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Which register of the block.
    pub word: u16,
    /// What it holds.
    pub is: u16,
}

/// What a cabinet is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CabinetMode {
    /// Starting up.
    StartUp,
    /// Its own plan.
    Local,
    /// The centre's plan.
    Centre,
    /// Flashing.
    Flash,
    /// A person at the cabinet.
    Manual,
    /// Somebody else's priority: a fire station's button, a level crossing.
    Preempt,
}

/// The status block. What a controller does not tell is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusBlock {
    /// Where.
    pub block: Block,
    /// Registers that tell the layout; a reply without them is garbled.
    pub marks: Vec<Mark>,
    /// CRC-32 of the intersection id's UTF-8 bytes.
    pub identity: Option<Item>,
    /// What it is doing.
    pub mode: Item,
    /// The codes of the mode. A code that is not among them makes the reply garbled.
    pub modes: Vec<(CabinetMode, u16)>,
    /// Fault code, 0 = none.
    pub fault: Option<Item>,
    /// Counts restarts, wrapping.
    pub boots: Option<Item>,
    /// Field number of the stage that is or was green.
    pub stage: Option<Item>,
    /// What of the stage is shown: 0 green, 1 yellow, 2 all red.
    pub interval: Option<Item>,
    /// Time left of the interval.
    pub remaining: Option<Item>,
    /// What runs: generation of a downloaded plan, number of a selected one; 0 = the cabinet's own.
    pub running: Item,
    /// Content check of the running plan block.
    pub running_check: Option<Item>,
    /// What is committed and waits: generation or number; 0 = nothing.
    pub pending: Item,
    /// When what waits is to begin, an instant; 0 = nothing waits.
    pub activation: Option<Item>,
    /// Content check of the staged block as it lies in memory, of the slot written last; 0 = nothing.
    pub staged_check: Option<Item>,
    /// Why the last stage, commit, clock value or stage request was refused; 0 = accepted.
    pub refusal: Option<Item>,
    /// The cabinet's clock.
    pub clock: Option<Item>,
    /// Where the running cycle is.
    pub cycle: CyclePlace,
    /// The last heartbeat counter written.
    pub heartbeat: Option<Item>,
    /// Time until the cabinet falls back for want of a heartbeat.
    pub heartbeat_left: Option<Item>,
    /// Counts accepted commits, wrapping.
    pub commits: Option<Item>,
    /// Number of detector channels; where it is not told, the profile's most.
    pub channels: Option<Item>,
    /// The stage request being carried out: its counter; 0 = none.
    pub request: Option<Item>,
}

/// How a cabinet tells where its running cycle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CyclePlace {
    /// The instant of its start.
    Start(Item),
    /// The time since its start.
    Elapsed(Item),
}

/// Detector values: channel k (from 1) begins at register `stride * (k - 1)` of the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DetectorBlock {
    /// Where.
    pub block: Block,
    /// Registers a channel.
    pub stride: u16,
    /// Most channels.
    pub channels: u16,
    /// Place of the vehicle count within a channel; it wraps with its form.
    pub count: Item,
    /// Place of the occupied time within a channel, in steps; it wraps with its form.
    pub occupied: Option<Item>,
}

/// The cabinet's own limits; stage k (from 1) begins at register `first + stride * (k - 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LimitsBlock {
    /// Where.
    pub block: Block,
    /// Shortest cycle.
    pub cycle_min: Item,
    /// Longest cycle.
    pub cycle_max: Item,
    /// Number of stages.
    pub stages: Item,
    /// The first stage's first register.
    pub first: u16,
    /// Registers a stage.
    pub stride: u16,
    /// Within a stage: minimum green.
    pub min_green: Item,
    /// Within a stage: maximum green.
    pub max_green: Item,
    /// Within a stage: yellow.
    pub yellow: Item,
    /// Within a stage: all red.
    pub all_red: Item,
}

/// How a plan gets to the cabinet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Plans {
    /// Word by word: staged, read back, committed.
    Download(Download),
    /// By number, of those the cabinet has stored.
    Select(SelectBlock),
}

/// Plans by download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Download {
    /// The mirror of the running plan.
    pub running: Block,
    /// The staging area of the first slot, as long as the mirror.
    pub staged: Block,
    /// Staging areas, one behind the other; a push goes to slot (generation mod slots) + 1.
    pub slots: u16,
    /// What stands where in either.
    pub form: PlanForm,
    /// The commit.
    pub commit: CommitBlock,
}

/// The plan block: a header and a record a stage. The content check is CRC-32 over all its registers, each high byte first,
/// but the check's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanForm {
    /// Registers of one value: layout, version, resolution.
    pub marks: Vec<Mark>,
    /// CRC-32 of the intersection id.
    pub identity: Option<Item>,
    /// Of the push.
    pub generation: Item,
    /// Of the writer.
    pub epoch: Option<Item>,
    /// Cycle length.
    pub cycle: Item,
    /// Offset.
    pub offset: Item,
    /// Number of stage records used.
    pub stages: Item,
    /// Field number of the stage whose green carries the offset; without it, stage 1.
    pub reference_stage: Option<Item>,
    /// How heads follow.
    pub operation: Option<Item>,
    /// The content check.
    pub check: Item,
    /// The first record's first register.
    pub first: u16,
    /// Registers a record.
    pub stride: u16,
    /// Records there is room for.
    pub most_stages: u16,
    /// Within a record: field number of the stage.
    pub stage: Item,
    /// Within a record: green.
    pub green: Item,
    /// Within a record: yellow.
    pub yellow: Item,
    /// Within a record: all red.
    pub all_red: Item,
}

/// The commit. Its key is the staged block's check XOR CRC-32 over the registers of generation and activation, in this
/// order, as they stand in this block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CommitBlock {
    /// Where.
    pub block: Block,
    /// Of the staged plan.
    pub generation: Item,
    /// Bound to content, generation and activation.
    pub key: Item,
    /// When: the first cycle start at or after it.
    pub activation: Item,
    /// Minutes after activation until the cabinet returns to its own plan by itself.
    pub expiry: Item,
}

/// Plans by number. Its check is CRC-32 over the registers of number and expiry, in this order, as they stand in the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SelectBlock {
    /// Where; also read back.
    pub block: Block,
    /// The stored plan's number, from 1; 0 = the cabinet's own choice.
    pub number: Item,
    /// Minutes until the cabinet returns to its own choice by itself.
    pub expiry: Item,
    /// Bound to number and expiry.
    pub check: Item,
}

/// The heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HeartbeatBlock {
    /// Where.
    pub block: Block,
    /// Any change is a beat.
    pub counter: Item,
    /// Silence after which the cabinet gives up on the centre; without it the cabinet's own holds.
    pub timeout: Option<Item>,
}

/// Where the clock is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClockBlock {
    /// Where.
    pub block: Block,
    /// The instant.
    pub instant: Item,
}

/// Where the cabinet is handed back: the marks are written, everything else is 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseBlock {
    /// Where.
    pub block: Block,
    /// What is written.
    pub marks: Vec<Mark>,
}

/// Where stages are asked for. Its check is CRC-32 over the registers of all items before it, in the order of these fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StageRequestBlock {
    /// Where.
    pub block: Block,
    /// Grows with every request; never 0.
    pub counter: Item,
    /// 1 hold, 2 extend, 3 end early, 4 skip, 0 withdraw.
    pub kind: Item,
    /// Field number of the stage it speaks of.
    pub stage: Item,
    /// Hold and extend: until when its green may last at the most, an instant.
    pub until: Item,
    /// After which the request is forgotten, an instant.
    pub expiry: Item,
    /// Bound to the content.
    pub check: Item,
}
