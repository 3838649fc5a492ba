//! The plan block: 116 registers read and written, this cabinet's own reading of the register table.
//!
//! ```text
//!  0 layout  1 version  2-3 identity  4-5 generation  6-7 epoch  8 cycle  9 offset  10 stages  11 reference stage
//!  12 resolution  13 flags  14-17 reserved  18-19 CRC over 0..=17 and 20..=115
//!  20+6k stage  21+6k green  22+6k yellow  23+6k all red  24+6k, 25+6k reserved      (k = 0..16)
//! ```
//!
//! Knows: words, the installed table, the refusal codes. Must not know: what runs, who wrote it, when.

use super::actuation::Actuation;
use super::calendar::midnight;
use super::guard;
use super::spec::{Table, Tenths};

/// Registers in a plan block.
pub(super) const BLOCK: usize = 116;
/// The layout word.
pub(super) const LAYOUT: u16 = 0x4757;
/// The version word.
pub(super) const VERSION: u16 = 1;
/// Flags: free, coordinated-actuated.
const FREE: u16 = 1;
const COORDINATED: u16 = 2;
const HEADER: usize = 20;
const RECORD: usize = 6;

/// Why a staged plan, a commit or a clock value was refused; the numbers of register 22.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Refusal {
    /// Not this cabinet's identity.
    Identity = 1,
    /// Layout, version, resolution, flags or a reserved word.
    Layout = 2,
    /// Generation not new, or not the staged one.
    Generation = 3,
    /// Epoch below the last accepted plan's.
    Epoch = 4,
    /// Checksum does not fit the words in memory.
    Checksum = 5,
    /// Cycle outside the limits.
    Cycle = 6,
    /// Offset not below the cycle.
    Offset = 7,
    /// Stage unknown, missing, repeated or out of order.
    Stages = 8,
    /// Green below minimum or above maximum, or the cabinet's own safety check says no.
    Green = 9,
    /// Activation in the past, too far ahead, or no cycle start of both plans.
    Activation = 10,
    /// Yellow or all red differ from the cabinet's own.
    Clearance = 11,
    /// Splits do not sum to the cycle.
    Sum = 12,
    /// Commit key does not fit plan and activation.
    Key = 13,
    /// Nothing is staged.
    Empty = 14,
    /// Start-up, flash or manual.
    Mode = 15,
    /// Expiry out of range, or over before the plan could take effect.
    Expiry = 16,
    /// Clock value too far from the cabinet's clock while it is coordinated.
    Clock = 17,
    /// Stage request: counter 0, a kind there is not, or a word that must be 0 is not.
    Request = 18,
    /// Stage request: its check does not fit.
    RequestCheck = 19,
    /// Stage request: its counter is not later than the last accepted one's.
    Counter = 20,
    /// Stage request: no such stage, or one that is never left out.
    RequestStage = 21,
    /// Stage request: until or expiry is past or too far.
    RequestTime = 22,
    /// Stage request: the centre is not in charge.
    RequestMode = 23,
    /// Stage request: not in this operation, or where a countdown stands.
    RequestOperation = 24,
    /// Stage request: the stage is called or always is, or its neighbours may not follow each other.
    Called = 25,
}

/// A timing plan as the cabinet runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Green of each stage.
    pub(super) greens: Vec<Tenths>,
    /// Cycle length.
    pub(super) cycle: Tenths,
    /// Start of cycle after the clock zero, modulo the cycle; `None` = wherever it happens to start.
    anchor: Option<Tenths>,
    /// The clock zero is the local midnight of this time zone (s), instead of the epoch.
    daily: Option<i32>,
}

impl Plan {
    /// A plan whose `reference` stage begins its green at `offset` modulo the cycle.
    pub(super) fn new(table: &Table, greens: Vec<Tenths>, reference: usize, offset: Option<Tenths>) -> Self {
        let cycle = table.cycle_of(&greens);
        let lead = table.lead(&greens, reference);
        Self { anchor: offset.map(|o| (o - lead).rem_euclid(cycle)), greens, cycle, daily: None }
    }

    /// The same with offsets from the last local midnight.
    pub(super) fn since_midnight(self, utc_offset_s: i32) -> Self {
        Self { daily: Some(utc_offset_s), ..self }
    }

    /// A start of cycle as it is meant at clock time `t`; `None` for an uncoordinated plan.
    pub(super) fn anchor(&self, t: Tenths) -> Option<Tenths> {
        let zero = self.daily.map_or(0, |utc_offset_s| midnight(utc_offset_s, t));
        self.anchor.map(|anchor| zero + anchor)
    }

    /// How late a cycle start at clock time `t` is, in (-cycle/2, cycle/2]; 0 for an uncoordinated plan.
    pub(super) fn late(&self, t: Tenths) -> Tenths {
        let Some(anchor) = self.anchor(t) else { return 0 };
        let late = (t - anchor).rem_euclid(self.cycle);
        if late * 2 > self.cycle { late - self.cycle } else { late }
    }
}

/// What a staged block says, once it was found sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) generation: u32,
    pub(super) epoch: u32,
    pub(super) crc: u32,
    pub(super) plan: Plan,
    /// Operation by detectors, if that is what the block asks for: free or coordinated.
    pub(super) asked: Option<Asked>,
}

/// What a block may ask for beside fixed time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Free(Actuation),
    Coordinated(Actuation),
}

/// High word first.
pub(super) fn long(words: &[u16]) -> u32 {
    words.iter().take(2).fold(0, |all, &w| all << 16 | u32::from(w))
}

/// High word first, as a date.
pub(super) fn date(words: &[u16]) -> u64 {
    words.iter().take(4).fold(0, |all, &w| all << 16 | u64::from(w))
}

/// CRC-32 of registers, each high byte first.
pub(super) fn crc(words: impl IntoIterator<Item = u16>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for word in words {
        hasher.update(&word.to_be_bytes());
    }
    hasher.finalize()
}

/// The checksum of a block as it lies in memory.
pub(super) fn checksum(block: &[u16]) -> u32 {
    crc(block[..18].iter().chain(&block[HEADER..]).copied())
}

/// Reads a block against the installed table. Generation and epoch are the caller's to judge.
pub(super) fn decode(table: &Table, block: &[u16]) -> Result<Decoded, Refusal> {
    if block[0] != LAYOUT || block[1] != VERSION {
        return Err(Refusal::Layout);
    }
    let crc = checksum(block);
    if long(&block[18..]) != crc {
        return Err(Refusal::Checksum);
    }
    if long(&block[2..]) != table.identity {
        return Err(Refusal::Identity);
    }
    let flags = block[13] == 0 || matches!(block[13], FREE | COORDINATED) && table.spec.on_request.is_some();
    if block[12] != 1 || !flags || block[14..18].iter().any(|&w| w != 0) {
        return Err(Refusal::Layout);
    }
    let n = usize::from(block[10]);
    let cycle = Tenths::from(block[8]);
    if !(table.spec.cycle_min..=table.spec.cycle_max).contains(&cycle) {
        return Err(Refusal::Cycle);
    }
    if block[9] >= block[8] {
        return Err(Refusal::Offset);
    }
    // The sequence is the installed one, all of it, from the first stage on: any other would need its own intergreens.
    let reference = usize::from(block[11]);
    if n != table.stages() || !(1..=n).contains(&reference) {
        return Err(Refusal::Stages);
    }
    let greens = records(table, &block[HEADER..], n)?;
    match guard::greens(table, &greens) {
        Ok(()) if table.cycle_of(&greens) == cycle => {}
        Ok(()) | Err(guard::Breach::Cycle) => return Err(Refusal::Sum),
        Err(_) => return Err(Refusal::Green),
    }
    let asked = table.spec.on_request.as_ref().and_then(|own| match block[13] {
        FREE => Some(Asked::Free(Actuation { max_greens: greens.clone(), ..own.clone() })),
        COORDINATED => Some(Asked::Coordinated(own.clone())),
        _ => None,
    });
    let plan = Plan::new(table, greens, reference - 1, Some(Tenths::from(block[9])));
    Ok(Decoded { generation: long(&block[4..]), epoch: long(&block[6..]), crc, plan, asked })
}

fn records(table: &Table, words: &[u16], n: usize) -> Result<Vec<Tenths>, Refusal> {
    let (used, unused) = words.split_at(n * RECORD);
    let reserved = |r: &[u16]| r[4] != 0 || r[5] != 0;
    if unused.iter().any(|&w| w != 0) || used.chunks(RECORD).any(reserved) {
        return Err(Refusal::Layout);
    }
    if used.chunks(RECORD).enumerate().any(|(k, r)| usize::from(r[0]) != k + 1) {
        return Err(Refusal::Stages);
    }
    let mut records = used.chunks(RECORD).zip(&table.spec.stages);
    if records.any(|(r, s)| Tenths::from(r[2]) != s.yellow || Tenths::from(r[3]) != s.all_red) {
        return Err(Refusal::Clearance);
    }
    Ok(used.chunks(RECORD).map(|r| Tenths::from(r[1])).collect())
}

/// A local plan in the form of the block: generation and epoch 0, `offset` as given.
pub(super) fn encode_local(table: &Table, plan: &Plan, offset: Tenths) -> Vec<u16> {
    let word = |t: Tenths| u16::try_from(t).unwrap_or(u16::MAX);
    let mut block = vec![0; BLOCK];
    block[0] = LAYOUT;
    block[1] = VERSION;
    block[2..4].copy_from_slice(&split(table.identity));
    block[8] = word(plan.cycle);
    block[9] = word(offset);
    block[10] = table.stages() as u16;
    block[11] = table.reference_stage as u16 + 1;
    block[12] = 1;
    for (k, (stage, &green)) in table.spec.stages.iter().zip(&plan.greens).enumerate() {
        let at = HEADER + RECORD * k;
        let record = [k as u16 + 1, word(green), word(stage.yellow), word(stage.all_red)];
        block[at..at + 4].copy_from_slice(&record);
    }
    let crc = checksum(&block);
    block[18..20].copy_from_slice(&split(crc));
    block
}

/// A 32-bit value as two registers.
pub(super) fn split(value: u32) -> [u16; 2] {
    [(value >> 16) as u16, value as u16]
}
