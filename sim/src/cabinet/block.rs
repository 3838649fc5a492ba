//! The plan block read and written by the map, this cabinet's own reading of a register table. Reference layout:
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
use super::map::{DownloadMap, FormMap, Item};
use super::spec::{ClockZero, Table, Tenths};

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
    /// Start-up, flash, manual or preemption.
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
    /// In which of the table's orders they come.
    pub(super) order: usize,
    /// Cycle length.
    pub(super) cycle: Tenths,
    /// Start of cycle after the clock zero, modulo the cycle; `None` = wherever it happens to start.
    anchor: Option<Tenths>,
    /// The clock zero is the local midnight of this time zone (s), instead of the epoch.
    daily: Option<i32>,
}

impl Plan {
    /// A plan of these greens in one of the table's orders, whose `reference` stage begins its green at `offset` modulo the cycle.
    pub(super) fn new(
        table: &Table,
        (greens, order): (Vec<Tenths>, usize),
        reference: usize,
        offset: Option<Tenths>,
    ) -> Self {
        let cycle = table.cycle_of(&greens);
        let lead = table.lead(&table.orders[order], &greens, reference);
        Self { anchor: offset.map(|o| (o - lead).rem_euclid(cycle)), greens, order, cycle, daily: None }
    }

    /// The same with offsets from the last local midnight.
    pub(super) fn since_midnight(self, utc_offset_s: i32) -> Self {
        Self { daily: Some(utc_offset_s), ..self }
    }

    /// The same with its offset counted from an instant instead of the epoch.
    pub(super) fn counted_from(self, zero: Tenths) -> Self {
        Self { anchor: self.anchor.map(|anchor| (anchor + zero).rem_euclid(self.cycle)), ..self }
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

/// CRC-32 of registers, each high byte first.
pub(super) fn crc(words: impl IntoIterator<Item = u16>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for word in words {
        hasher.update(&word.to_be_bytes());
    }
    hasher.finalize()
}

/// The checksum of a block as it lies in memory: over all registers but its own.
pub(super) fn checksum(form: &FormMap, block: &[u16]) -> u32 {
    let own = form.check.range(0);
    crc(block[..own.start].iter().chain(&block[own.end..]).copied())
}

/// Whether every register that is neither a mark nor of an item is 0.
pub(super) fn blank_beside(words: &[u16], marks: &[(u16, u16)], items: &[Option<Item>]) -> bool {
    let used = |at: usize| {
        marks.iter().any(|m| usize::from(m.0) == at) || items.iter().flatten().any(|i| i.range(0).contains(&at))
    };
    words.iter().enumerate().all(|(at, &word)| word == 0 || used(at))
}

/// Reads a block against the installed table. Generation and epoch are the caller's to judge; the offset counts from the
/// epoch until [`Plan::counted_from`] says otherwise.
pub(super) fn decode(table: &Table, form: &FormMap, block: &[u16]) -> Result<Decoded, Refusal> {
    let map = &table.spec.map;
    // A block of another layout has its checksum elsewhere: what the status block is told by too is looked at first.
    let known = |of_status: bool| {
        let marks = form.marks.iter().filter(|m| map.status.block.marks.contains(m) == of_status);
        marks.into_iter().all(|&(at, is)| block[usize::from(at)] == is)
    };
    if !known(true) {
        return Err(Refusal::Layout);
    }
    let crc = checksum(form, block);
    if map.get(block, form.check) != u64::from(crc) {
        return Err(Refusal::Checksum);
    }
    if form.identity.is_some_and(|i| map.get(block, i) != u64::from(table.identity)) {
        return Err(Refusal::Identity);
    }
    let head = usize::from(form.first);
    let named = [Some(form.generation), Some(form.cycle), Some(form.offset), Some(form.stages), Some(form.check)];
    let named: Vec<_> =
        named.into_iter().chain([form.identity, form.epoch, form.reference_stage, form.operation]).collect();
    let code = form.operation.map_or(u64::from(map.fixed_time), |i| map.get(block, i));
    let by = |wanted: Option<u16>| wanted.map(u64::from) == Some(code);
    let detected = by(map.free) || by(map.coordinated);
    let offered = by(Some(map.fixed_time)) || detected && table.spec.on_request.is_some();
    if !known(false) || !offered || !blank_beside(&block[..head], &form.marks, &named) {
        return Err(Refusal::Layout);
    }
    let (cycle, offset) = (map.time(block, 0, form.cycle), map.time(block, 0, form.offset));
    if !(table.spec.cycle_min..=table.spec.cycle_max).contains(&cycle) {
        return Err(Refusal::Cycle);
    }
    if offset >= cycle {
        return Err(Refusal::Offset);
    }
    // An installed sequence, all of it, from the first stage on: any other would need its own intergreens.
    let n = table.stages();
    let reference = form.reference_stage.map_or(1, |i| usize::try_from(map.get(block, i)).unwrap_or(usize::MAX));
    if map.get(block, form.stages) != n as u64 || !(1..=n).contains(&reference) {
        return Err(Refusal::Stages);
    }
    let (greens, order) = records(table, form, &block[head..])?;
    // Rings keep their own order of phases, which is that of the programmed stages.
    if order != 0 && !table.spec.rings.is_empty() && (detected || table.spec.centre_actuation.is_some()) {
        return Err(Refusal::Stages);
    }
    match guard::greens(table, &table.orders[order], &greens) {
        Ok(()) if table.cycle_of(&greens) == cycle => {}
        Ok(()) | Err(guard::Breach::Cycle) => return Err(Refusal::Sum),
        Err(_) => return Err(Refusal::Green),
    }
    let asked = table.spec.on_request.as_ref().filter(|_| detected).map(|own| match by(map.free) {
        true => Asked::Free(Actuation { max_greens: greens.clone(), ..own.clone() }),
        false => Asked::Coordinated(own.clone()),
    });
    let to_edge = if map.to_green_end { greens[reference - 1] } else { 0 };
    let plan = Plan::new(table, (greens, order), reference - 1, Some(offset - to_edge));
    let [generation, epoch] = [Some(form.generation), form.epoch].map(|i| i.map_or(0, |i| map.get(block, i) as u32));
    Ok(Decoded { generation, epoch, crc, plan, asked })
}

/// The greens by stage, and the order in which they come.
fn records(table: &Table, form: &FormMap, words: &[u16]) -> Result<(Vec<Tenths>, usize), Refusal> {
    let map = &table.spec.map;
    let stride = usize::from(form.stride);
    let (used, unused) = words.split_at(table.stages() * stride);
    let items = [form.stage, form.green, form.yellow, form.all_red];
    let reserved = |r: &[u16]| !blank_beside(r, &[], &items.map(Some));
    if unused.iter().any(|&w| w != 0) || used.chunks(stride).any(reserved) {
        return Err(Refusal::Layout);
    }
    let named = || used.chunks(stride).map(|r| map.get(r, form.stage));
    let order = table.orders.iter().position(|order| named().eq(order.stages().iter().map(|&k| k as u64 + 1)));
    let order = order.ok_or(Refusal::Stages)?;
    let mut greens = vec![0; table.stages()];
    for (r, &k) in used.chunks(stride).zip(table.orders[order].stages()) {
        let own = &table.spec.stages[k];
        if map.time(r, 0, form.yellow) != own.yellow || map.time(r, 0, form.all_red) != own.all_red {
            return Err(Refusal::Clearance);
        }
        greens[k] = map.time(r, 0, form.green);
    }
    Ok((greens, order))
}

/// A local plan in the form of the block, one of whose cycles starts at clock time `start`: generation and epoch 0, the
/// offset from the epoch or the local midnight at or before `now`.
pub(super) fn encode_local(table: &Table, load: &DownloadMap, plan: &Plan, (start, now): (Tenths, Tenths)) -> Vec<u16> {
    let (map, form, mut block) = (&table.spec.map, &load.form, load.running.blank());
    form.marks.iter().for_each(|&(at, is)| block[usize::from(at)] = is);
    let order = &table.orders[plan.order];
    let reference = form.reference_stage.map_or(0, |_| order.reference);
    let to_edge = if map.to_green_end { plan.greens[reference] } else { 0 };
    let zero = match map.zero {
        ClockZero::UnixEpoch => 0,
        ClockZero::LocalMidnight => midnight(table.spec.utc_offset_s, now),
    };
    let offset = (start - zero + table.lead(order, &plan.greens, reference) + to_edge).rem_euclid(plan.cycle);
    if let Some(identity) = form.identity {
        map.put(&mut block, identity, u64::from(table.identity));
    }
    map.put_time(&mut block, 0, form.cycle, plan.cycle);
    map.put_time(&mut block, 0, form.offset, offset);
    map.put(&mut block, form.stages, table.stages() as u64);
    if let Some(item) = form.reference_stage {
        map.put(&mut block, item, reference as u64 + 1);
    }
    if let Some(item) = form.operation {
        map.put(&mut block, item, u64::from(map.fixed_time));
    }
    for (place, &k) in (0..).zip(order.stages()) {
        let (at, stage) = (form.first + form.stride * place, &table.spec.stages[k]);
        map.put_of(&mut block, at, form.stage, k as u64 + 1);
        map.put_time(&mut block, at, form.green, plan.greens[k]);
        map.put_time(&mut block, at, form.yellow, stage.yellow);
        map.put_time(&mut block, at, form.all_red, stage.all_red);
    }
    let crc = checksum(form, &block);
    map.put(&mut block, form.check, u64::from(crc));
    block
}
