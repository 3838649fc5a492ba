//! The blocks of a profile word for word: each reads its place and the places of its values.
//!
//! Knows: the keys of blocks. Must not know: how blocks rest on each other; `check` does.

use super::super::problem::Findings;
use super::super::reader::Table;
use super::super::rule::Rule;
use super::super::values;
use super::area::{Area, Holds};
use super::blocks::{Access, Blocks};
use super::read::codes;
use super::{
    Block, CabinetMode, ClockBlock, CommitBlock, CyclePlace, DetectorBlock, HeartbeatBlock, LimitsBlock, PlanForm,
    ReleaseBlock, SelectBlock, StageRequestBlock, StatusBlock,
};

/// Modes, by their words; which of them a controller must have.
const MODES: [(&str, CabinetMode, bool); 6] = [
    ("start-up", CabinetMode::StartUp, false),
    ("local", CabinetMode::Local, true),
    ("centre", CabinetMode::Centre, true),
    ("flash", CabinetMode::Flash, false),
    ("manual", CabinetMode::Manual, false),
    ("preempt", CabinetMode::Preempt, false),
];

/// What values of a profile have to hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widths {
    /// An instant.
    pub(super) instant: Holds,
    /// The generation of a downloaded plan, or the number of a stored one.
    pub(super) plan: Holds,
}

/// A block's table with its place, for its values to be read.
fn open<'t>(
    findings: &mut Findings,
    table: Option<Table<'t>>,
    blocks: &mut Blocks,
    access: Access,
) -> Option<(Table<'t>, Option<Block>, Area)> {
    let mut table = table?;
    let block = blocks.read(findings, &mut table, access);
    let area = Area::new(block.map(|block| block.words));
    Some((table, block, area))
}

/// The table of a block that must be there.
fn must<'t>(findings: &mut Findings, table: &mut Table<'t>, key: &'static str) -> Option<Table<'t>> {
    let subject = format!("{}, {key}", table.subject);
    table.need_table(findings, key, subject)
}

/// The table of a block that a controller may have.
fn may<'t>(findings: &mut Findings, table: &mut Table<'t>, key: &'static str) -> Option<Table<'t>> {
    let subject = format!("{}, {key}", table.subject);
    table.table(findings, key, subject)
}

pub(super) fn status(
    findings: &mut Findings,
    table: &mut Table<'_>,
    blocks: &mut Blocks,
    widths: Widths,
) -> Option<StatusBlock> {
    let inner = must(findings, table, "status");
    let (mut inner, block, mut area) = open(findings, inner, blocks, Access::Read)?;
    let (t, a) = (&mut inner, &mut area);
    let any = Holds::Any;
    let marks = a.marks(findings, t, false);
    let identity = a.may(findings, t, "identity", Holds::Check);
    let mode = a.need(findings, t, "mode", any);
    let modes = codes(findings, t, "modes", &MODES);
    let fault = a.may(findings, t, "fault", any);
    let boots = a.may(findings, t, "boots", any);
    let stage = a.may(findings, t, "stage", any);
    let interval = a.may(findings, t, "interval", any);
    let remaining = a.may(findings, t, "remaining", any);
    let running = a.need(findings, t, "running", widths.plan);
    let running_check = a.may(findings, t, "running_check", Holds::Check);
    let pending = a.need(findings, t, "pending", widths.plan);
    let activation = a.may(findings, t, "activation", widths.instant);
    let staged_check = a.may(findings, t, "staged_check", Holds::Check);
    let refusal = a.may(findings, t, "refusal", any);
    let clock = a.may(findings, t, "clock", widths.instant);
    let cycle = if t.has("cycle_elapsed") {
        if t.refuses("cycle_start") {
            let message = format!("{}: cycle_elapsed stands beside cycle_start", t.subject);
            findings.tell(
                t.place("cycle_start"),
                Rule::KeysExclude,
                message,
                "Keep the one that the controller tells.",
            );
        }
        a.need(findings, t, "cycle_elapsed", any).map(CyclePlace::Elapsed)
    } else {
        a.need(findings, t, "cycle_start", widths.instant).map(CyclePlace::Start)
    };
    let heartbeat = a.may(findings, t, "heartbeat", any);
    let heartbeat_left = a.may(findings, t, "heartbeat_left", any);
    let commits = a.may(findings, t, "commits", any);
    let channels = a.may(findings, t, "channels", any);
    let request = a.may(findings, t, "request", any);
    inner.close(findings);
    Some(StatusBlock {
        block: block?,
        marks: marks?,
        identity,
        mode: mode?,
        modes: modes?,
        fault,
        boots,
        stage,
        interval,
        remaining,
        running: running?,
        running_check,
        pending: pending?,
        activation,
        staged_check,
        refusal,
        clock,
        cycle: cycle?,
        heartbeat,
        heartbeat_left,
        commits,
        channels,
        request,
    })
}

pub(super) fn detectors(findings: &mut Findings, table: &mut Table<'_>, blocks: &mut Blocks) -> Option<DetectorBlock> {
    let inner = may(findings, table, "detectors");
    let (mut inner, block, _) = open(findings, inner, blocks, Access::Read)?;
    let t = &mut inner;
    let stride = t.need(findings, "stride", values::whole(values::REGISTERS));
    let channels = t.need(findings, "channels", values::whole(values::CHANNELS));
    let mut record = Area::new(stride.as_ref().map(|stride| stride.value));
    let count = record.need(findings, t, "count", Holds::Any);
    let occupied = record.may(findings, t, "occupied", Holds::Any);
    let subject = t.subject.clone();
    inner.close(findings);
    let (block, stride, channels) = (block?, stride?.value, channels?);
    let needed = u32::from(stride) * u32::from(channels.value);
    if needed > u32::from(block.words) {
        let message = format!(
            "{}: {} channels of {stride} registers take {needed}, and the block has {}",
            subject, channels.value, block.words
        );
        findings.tell(channels.spot, Rule::Records, message, "Mend words, stride or channels.");
    }
    Some(DetectorBlock { block, stride, channels: channels.value, count: count?, occupied })
}

/// The place of a block's records: its first register and the registers of each, which hold `record`.
struct Records {
    first: u16,
    stride: u16,
}

/// Reads `first` and `stride`; the records lie behind `header` and at least `least` of them fit `block`.
fn records(
    findings: &mut Findings,
    t: &mut Table<'_>,
    header: &Area,
    block: Option<Block>,
    least: u16,
) -> (Option<Records>, Area) {
    let first = t.need(findings, "first", values::whole(values::REGISTER));
    let stride = t.need(findings, "stride", values::whole(values::REGISTERS));
    let area = Area::new(stride.as_ref().map(|stride| stride.value));
    let Some((first, stride)) = first.zip(stride) else { return (None, area) };
    if first.value < header.used() {
        let message =
            format!("{}: records begin at {}, inside the header up to {}", t.subject, first.value, header.used() - 1);
        findings.tell(first.spot, Rule::Records, message, format!("Set first = {} or more.", header.used()));
    }
    let end = u32::from(first.value) + u32::from(stride.value) * u32::from(least);
    if let Some(block) = block.filter(|block| end > u32::from(block.words)) {
        let message = format!(
            "{}: {least} records of {} registers from {} on end at {}, and the block has {}",
            t.subject,
            stride.value,
            first.value,
            end - 1,
            block.words
        );
        findings.tell(stride.spot, Rule::Records, message, "Mend first, stride or the block's words.");
    }
    (Some(Records { first: first.value, stride: stride.value }), area)
}

pub(super) fn limits(findings: &mut Findings, table: &mut Table<'_>, blocks: &mut Blocks) -> Option<LimitsBlock> {
    let inner = may(findings, table, "limits");
    let (mut inner, block, mut area) = open(findings, inner, blocks, Access::Read)?;
    let (t, any) = (&mut inner, Holds::Any);
    let cycle_min = area.need(findings, t, "cycle_min", any);
    let cycle_max = area.need(findings, t, "cycle_max", any);
    let stages = area.need(findings, t, "stages", any);
    let (records, mut record) = records(findings, t, &area, block, 1);
    let min_green = record.need(findings, t, "min_green", any);
    let max_green = record.need(findings, t, "max_green", any);
    let yellow = record.need(findings, t, "yellow", any);
    let all_red = record.need(findings, t, "all_red", any);
    inner.close(findings);
    let Records { first, stride } = records?;
    Some(LimitsBlock {
        block: block?,
        cycle_min: cycle_min?,
        cycle_max: cycle_max?,
        stages: stages?,
        first,
        stride,
        min_green: min_green?,
        max_green: max_green?,
        yellow: yellow?,
        all_red: all_red?,
    })
}

/// The mirror of the running plan.
pub(super) fn running(findings: &mut Findings, table: &mut Table<'_>, blocks: &mut Blocks) -> Option<Block> {
    let inner = must(findings, table, "running");
    let (inner, block, _) = open(findings, inner, blocks, Access::Read)?;
    inner.close(findings);
    block
}

/// The staging areas, each as long as the mirror.
pub(super) fn staged(
    findings: &mut Findings,
    table: &mut Table<'_>,
    blocks: &mut Blocks,
    running: Option<Block>,
) -> Option<(Block, u16)> {
    let mut t = must(findings, table, "staged")?;
    let at = t.need(findings, "at", values::whole(values::REGISTER));
    let slots = t.need(findings, "slots", values::whole(values::SLOTS));
    let subject = t.subject.clone();
    t.close(findings);
    let (at, slots) = (at?, slots?.value);
    let block = Block { at: at.value, words: running?.words, table: super::RegisterTable::Holding };
    blocks.add(subject, at.spot, block, Access::Written, slots);
    Some((block, slots))
}

/// What stands where in a plan block of so many words.
pub(super) fn plan(
    findings: &mut Findings,
    table: &mut Table<'_>,
    running: Option<Block>,
    widths: Widths,
) -> Option<PlanForm> {
    let mut inner = must(findings, table, "plan")?;
    let (t, any) = (&mut inner, Holds::Any);
    let mut area = Area::new(running.map(|running| running.words));
    let a = &mut area;
    let marks = a.marks(findings, t, false);
    let identity = a.may(findings, t, "identity", Holds::Check);
    let generation = a.need(findings, t, "generation", widths.plan);
    let epoch = a.may(findings, t, "epoch", Holds::UpTo(u64::from(u32::MAX), "epochs"));
    let cycle = a.need(findings, t, "cycle", any);
    let offset = a.need(findings, t, "offset", any);
    let stages = a.need(findings, t, "stages", any);
    let reference_stage = a.may(findings, t, "reference_stage", any);
    let operation = a.may(findings, t, "operation", any);
    let check = a.need(findings, t, "check", Holds::Check);
    let most_stages = t.need(findings, "most_stages", values::whole(values::NUMBER));
    let most = most_stages.as_ref().map_or(1, |most| most.value);
    let (records, mut record) = records(findings, t, &area, running, most);
    let stage = record.need(findings, t, "stage", any);
    let green = record.need(findings, t, "green", any);
    let yellow = record.need(findings, t, "yellow", any);
    let all_red = record.need(findings, t, "all_red", any);
    inner.close(findings);
    let Records { first, stride } = records?;
    Some(PlanForm {
        marks: marks?,
        identity,
        generation: generation?,
        epoch,
        cycle: cycle?,
        offset: offset?,
        stages: stages?,
        reference_stage,
        operation,
        check: check?,
        first,
        stride,
        most_stages: most_stages?.value,
        stage: stage?,
        green: green?,
        yellow: yellow?,
        all_red: all_red?,
    })
}

pub(super) fn commit(
    findings: &mut Findings,
    table: &mut Table<'_>,
    blocks: &mut Blocks,
    widths: Widths,
) -> Option<CommitBlock> {
    let inner = must(findings, table, "commit");
    let (mut t, block, mut a) = open(findings, inner, blocks, Access::Written)?;
    let generation = a.need(findings, &mut t, "generation", widths.plan);
    let key = a.need(findings, &mut t, "key", Holds::Check);
    let activation = a.need(findings, &mut t, "activation", widths.instant);
    let expiry = a.need(findings, &mut t, "expiry", Holds::Any);
    t.close(findings);
    Some(CommitBlock { block: block?, generation: generation?, key: key?, activation: activation?, expiry: expiry? })
}

pub(super) fn select(findings: &mut Findings, table: &mut Table<'_>, blocks: &mut Blocks) -> Option<SelectBlock> {
    let inner = may(findings, table, "select");
    let (mut t, block, mut a) = open(findings, inner, blocks, Access::Written)?;
    let number = a.need(findings, &mut t, "number", Holds::Any);
    let expiry = a.need(findings, &mut t, "expiry", Holds::Any);
    let check = a.need(findings, &mut t, "check", Holds::Check);
    t.close(findings);
    Some(SelectBlock { block: block?, number: number?, expiry: expiry?, check: check? })
}

pub(super) fn heartbeat(findings: &mut Findings, table: &mut Table<'_>, blocks: &mut Blocks) -> Option<HeartbeatBlock> {
    let inner = must(findings, table, "heartbeat");
    let (mut t, block, mut a) = open(findings, inner, blocks, Access::Written)?;
    let counter = a.need(findings, &mut t, "counter", Holds::Any);
    let timeout = a.may(findings, &mut t, "timeout", Holds::Any);
    t.close(findings);
    Some(HeartbeatBlock { block: block?, counter: counter?, timeout })
}

pub(super) fn clock(
    findings: &mut Findings,
    table: &mut Table<'_>,
    blocks: &mut Blocks,
    widths: Widths,
) -> Option<ClockBlock> {
    let inner = may(findings, table, "clock");
    let (mut t, block, mut a) = open(findings, inner, blocks, Access::Written)?;
    let instant = a.need(findings, &mut t, "instant", widths.instant);
    t.close(findings);
    Some(ClockBlock { block: block?, instant: instant? })
}

pub(super) fn release(findings: &mut Findings, table: &mut Table<'_>, blocks: &mut Blocks) -> Option<ReleaseBlock> {
    let inner = must(findings, table, "release");
    let (mut t, block, mut a) = open(findings, inner, blocks, Access::Written)?;
    let marks = a.marks(findings, &mut t, true);
    t.close(findings);
    Some(ReleaseBlock { block: block?, marks: marks? })
}

pub(super) fn stage_request(
    findings: &mut Findings,
    table: &mut Table<'_>,
    blocks: &mut Blocks,
    widths: Widths,
) -> Option<StageRequestBlock> {
    let inner = may(findings, table, "stage_request");
    let (mut inner, block, mut area) = open(findings, inner, blocks, Access::Written)?;
    let (t, a) = (&mut inner, &mut area);
    let counter = a.need(findings, t, "counter", Holds::Any);
    let kind = a.need(findings, t, "kind", Holds::Any);
    let stage = a.need(findings, t, "stage", Holds::Any);
    let until = a.need(findings, t, "until", widths.instant);
    let expiry = a.need(findings, t, "expiry", widths.instant);
    let check = a.need(findings, t, "check", Holds::Check);
    inner.close(findings);
    Some(StageRequestBlock {
        block: block?,
        counter: counter?,
        kind: kind?,
        stage: stage?,
        until: until?,
        expiry: expiry?,
        check: check?,
    })
}
