//! Words to values and back, by the register table.

use super::profile::{DETECTORS, HEADER_WORDS, LAYOUT, MOST_STAGES, PLAN_WORDS, RECORD_WORDS, STATUS_WORDS, VERSION};
use crate::corridor::{Intersection, StageIndex};
use crate::detection::{ChannelWords, Reading};
use crate::plan::{Operation, Plan, Split};
use crate::units::{CycleLength, Moment, Offset, Tenths};
use serde::Serialize;

/// What a cabinet is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
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
}

/// The status block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Who answers: CRC-32 of the intersection's id.
    pub identity: u32,
    /// What it is doing.
    pub mode: Mode,
    /// Fault code, 0 = none.
    pub fault: u16,
    /// Restart counter.
    pub boots: u16,
    /// Field number of the stage that is or was green.
    pub stage: u16,
    /// Generation of the running centre plan; 0 = local.
    pub running: u32,
    /// Content check of the running plan.
    pub running_crc: u32,
    /// Generation waiting for its activation; 0 = none.
    pub pending: u32,
    /// Content check of the staged plan; 0 = nothing staged.
    pub staged_crc: u32,
    /// Why the last stage or commit was refused; 0 = accepted.
    pub refusal: u16,
    /// The cabinet's clock.
    pub clock: Moment,
    /// Start of the cycle now running, by the cabinet's clock.
    pub cycle_start: Moment,
}

/// A plan as a cabinet mirrors it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningPlan {
    /// Its generation; 0 = a local plan.
    pub generation: u32,
    /// Content check as the cabinet states it.
    pub crc: u32,
    /// The timing.
    pub plan: Plan,
}

/// The flags word of a plan block.
const fn flag(operation: Operation) -> u16 {
    match operation {
        Operation::FixedTime => 0,
        Operation::Free => 1,
        Operation::Actuated => 2,
    }
}

fn operation(flag: u16) -> Option<Operation> {
    [Operation::FixedTime, Operation::Free, Operation::Actuated].into_iter().find(|&o| self::flag(o) == flag)
}

/// The identity register pair of an intersection: CRC-32 of its id.
pub fn identity(id: &str) -> u32 {
    crc32fast::hash(id.as_bytes())
}

fn u32_at(words: &[u16], at: usize) -> u32 {
    u32::from(words[at]) << 16 | u32::from(words[at + 1])
}

fn u64_at(words: &[u16], at: usize) -> u64 {
    u64::from(u32_at(words, at)) << 32 | u64::from(u32_at(words, at + 2))
}

fn moment_at(words: &[u16], at: usize) -> Option<Moment> {
    i64::try_from(u64_at(words, at)).ok().map(Moment::new)
}

fn halves(value: u32) -> [u16; 2] {
    [(value >> 16) as u16, (value & 0xFFFF) as u16]
}

fn crc(words: impl IntoIterator<Item = u16>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for word in words {
        hasher.update(&word.to_be_bytes());
    }
    hasher.finalize()
}

/// The content check of a plan block: over everything but the check itself.
fn plan_crc(block: &[u16]) -> u32 {
    crc(block[..HEADER_WORDS - 2].iter().chain(&block[HEADER_WORDS..]).copied())
}

/// Reads status and detectors; `None` when the words are not of this layout, which makes the reply a garbled one.
pub(super) fn decode_status(words: &[u16], now: Moment) -> Option<(Status, Reading)> {
    if words.len() != usize::from(STATUS_WORDS) || words[0] != LAYOUT || words[1] != VERSION {
        return None;
    }
    let mode = match words[4] {
        0 => Mode::StartUp,
        1 => Mode::Local,
        2 => Mode::Centre,
        3 => Mode::Flash,
        4 => Mode::Manual,
        _ => return None,
    };
    let channels = usize::from(words[34]);
    if channels > 32 {
        return None;
    }
    let status = Status {
        identity: u32_at(words, 2),
        mode,
        fault: words[5],
        boots: words[6],
        stage: words[7],
        running: u32_at(words, 10),
        running_crc: u32_at(words, 12),
        pending: u32_at(words, 14),
        staged_crc: u32_at(words, 20),
        refusal: words[22],
        clock: moment_at(words, 23)?,
        cycle_start: moment_at(words, 30)?,
    };
    let channels = words[DETECTORS..]
        .chunks_exact(2)
        .take(channels)
        .map(|pair| ChannelWords { count: pair[0], occupied: pair[1] })
        .collect();
    Some((status, Reading { at: now, boots: words[6], channels }))
}

/// The plan block of the table. The caller has a plan of at most 16 stages whose times fit a register, which every safe
/// plan is; otherwise `None`.
pub(super) fn encode_plan(at: &Intersection, plan: &Plan, generation: u32, epoch: u32) -> Option<Vec<u16>> {
    if plan.splits.len() > MOST_STAGES {
        return None;
    }
    let word = |time: Tenths| u16::try_from(time.count()).ok();
    let (reference, _) = plan.green_in_cycle(at, at.reference_phase)?;
    let mut start = Tenths::ZERO;
    let reference_split = plan.splits.iter().find(|split| {
        let here = start == reference;
        start += split.length();
        here
    })?;
    let mut block = vec![LAYOUT, VERSION];
    block.extend(halves(identity(&at.id)));
    block.extend(halves(generation));
    block.extend(halves(epoch));
    block.extend([word(plan.cycle.length())?, word(plan.offset.since_zero())?]);
    block.extend([u16::try_from(plan.splits.len()).ok()?, field_number(reference_split.stage)?]);
    block.extend([1, flag(plan.operation), 0, 0, 0, 0, 0, 0]);
    for split in &plan.splits {
        block.extend([field_number(split.stage)?, word(split.green)?, word(split.yellow)?, word(split.all_red)?, 0, 0]);
    }
    block.resize(PLAN_WORDS, 0);
    let check = halves(plan_crc(&block));
    block[HEADER_WORDS - 2..HEADER_WORDS].copy_from_slice(&check);
    Some(block)
}

fn field_number(stage: StageIndex) -> Option<u16> {
    u16::try_from(stage.0 + 1).ok()
}

/// Reads a plan block back; `None` when it is none of this intersection, or its own check does not hold.
pub(super) fn decode_plan(at: &Intersection, block: &[u16]) -> Option<RunningPlan> {
    if block.len() != PLAN_WORDS || block[0] != LAYOUT || block[1] != VERSION || u32_at(block, 2) != identity(&at.id) {
        return None;
    }
    let crc = u32_at(block, HEADER_WORDS - 2);
    let stages = usize::from(block[10]);
    if crc != plan_crc(block) || stages > MOST_STAGES {
        return None;
    }
    let tenths = |word: u16| Tenths::new(u32::from(word));
    let cycle = CycleLength::new(tenths(block[8]))?;
    let splits = block[HEADER_WORDS..]
        .chunks_exact(RECORD_WORDS)
        .take(stages)
        .map(|record| {
            Some(Split {
                stage: StageIndex(usize::from(record[0]).checked_sub(1)?),
                green: tenths(record[1]),
                yellow: tenths(record[2]),
                all_red: tenths(record[3]),
            })
        })
        .collect::<Option<Vec<_>>>()?;
    let plan = Plan { cycle, offset: Offset::new(tenths(block[9]), cycle)?, splits, operation: operation(block[13])? };
    Some(RunningPlan { generation: u32_at(block, 4), crc, plan })
}

/// The clock block.
pub(super) fn encode_clock(now: Moment) -> Vec<u16> {
    // Before the epoch there were no signals to set.
    let now = u64::try_from(now.count()).unwrap_or(0);
    halves((now >> 32) as u32).into_iter().chain(halves((now & 0xFFFF_FFFF) as u32)).collect()
}

/// The commit block for a staged plan: its key binds content, generation and activation together.
pub(super) fn encode_commit(block: &[u16], activation: Moment, expiry_min: u16) -> Option<Vec<u16>> {
    if activation.count() < 0 {
        return None;
    }
    let generation = [block[4], block[5]];
    let instant = encode_clock(activation);
    let bound = crc(generation.into_iter().chain(instant.iter().copied()));
    let key = u32_at(block, HEADER_WORDS - 2) ^ bound;
    let mut commit = generation.to_vec();
    commit.extend(halves(key));
    commit.extend(instant);
    commit.extend([expiry_min, 0]);
    Some(commit)
}
