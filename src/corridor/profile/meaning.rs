//! What each register means, in few words, for the tables that are made of profiles: one row a value.
//!
//! Knows: names and meanings. Must not know: how tables are drawn. The semantics at length are `src/field/registers.md`.

use super::{
    CabinetMode, ClockBlock, CommitBlock, CyclePlace, DetectorBlock, HeartbeatBlock, Item, LimitsBlock, Mark,
    OperationKind, PlanForm, Plans, RegisterProfile, SelectBlock, StageRequestBlock, StatusBlock,
};

/// How a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nothing, or what its meaning says.
    Plain,
    /// A length of time, in steps.
    Time,
    /// A point in time, in steps from the clock's zero.
    Instant,
    /// Minutes.
    Minutes,
    /// A CRC-32.
    Check,
}

/// A value's row.
pub(super) struct Row {
    pub(super) item: Item,
    /// Its key in the file.
    pub(super) name: &'static str,
    /// What operators call it in Chinese.
    pub(super) zh: &'static str,
    pub(super) unit: Unit,
    pub(super) says: String,
}

/// Rows of values, those that are not there left out.
struct Rows(Vec<Row>);

impl Rows {
    fn new(marks: &[Mark]) -> Self {
        let row = |mark: &Mark| Row {
            item: Item { word: mark.word, form: super::Form::U16 },
            name: "mark",
            zh: "标记",
            unit: Unit::Plain,
            says: format!("always {:#06X}", mark.is).replace("0X", "0x"),
        };
        Rows(marks.iter().map(row).collect())
    }

    fn may(
        mut self,
        item: Option<Item>,
        name: &'static str,
        zh: &'static str,
        unit: Unit,
        says: impl Into<String>,
    ) -> Self {
        self.0.extend(item.map(|item| Row { item, name, zh, unit, says: says.into() }));
        self
    }

    fn row(self, item: Item, name: &'static str, zh: &'static str, unit: Unit, says: impl Into<String>) -> Self {
        self.may(Some(item), name, zh, unit, says)
    }

    /// In the order of registers.
    fn sorted(mut self) -> Vec<Row> {
        self.0.sort_by_key(|row| row.item.word);
        self.0
    }
}

/// A mode in words.
fn mode(mode: CabinetMode) -> &'static str {
    match mode {
        CabinetMode::StartUp => "start-up",
        CabinetMode::Local => "local plan",
        CabinetMode::Centre => "centre's plan",
        CabinetMode::Flash => "flash",
        CabinetMode::Manual => "manual",
        CabinetMode::Preempt => "preempted",
    }
}

/// An operation in words.
fn operation(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::FixedTime => "fixed time",
        OperationKind::Actuated => "by detectors in the plan's cycle (coordinated-actuated)",
        OperationKind::Free => "by detectors without a cycle (free)",
    }
}

/// Codes in words: `0 start-up, 1 local plan`.
fn codes<T: Copy>(codes: &[(T, u16)], word: fn(T) -> &'static str) -> String {
    let mut codes: Vec<_> = codes.iter().map(|(means, code)| (*code, word(*means))).collect();
    codes.sort_unstable();
    codes.iter().map(|(code, word)| format!("{code} {word}")).collect::<Vec<_>>().join(", ")
}

/// The operations of a profile, with their codes.
pub(super) fn operations(profile: &RegisterProfile) -> String {
    codes(&profile.operations, operation)
}

pub(super) fn status(profile: &RegisterProfile) -> Vec<Row> {
    let s: &StatusBlock = &profile.status;
    use Unit::{Check, Instant, Plain, Time};
    let download = matches!(profile.plans, Plans::Download(_));
    let (running, pending) = if download {
        ("generation of the running plan; 0 = the cabinet's own runs", "generation committed and waiting; 0 = none")
    } else {
        ("number of the running plan; 0 = the cabinet's own choice", "number chosen and waiting; 0 = none")
    };
    let rows = Rows::new(&s.marks)
        .may(s.identity, "identity", "路口标识", Check, "CRC-32 of the intersection id's UTF-8 bytes")
        .row(s.mode, "mode", "控制模式", Plain, codes(&s.modes, mode))
        .may(s.fault, "fault", "故障", Plain, "0 none; else the controller's own code")
        .may(s.boots, "boots", "重启次数", Plain, "counts restarts, wraps; a change says that counters began anew")
        .may(s.stage, "stage", "当前阶段", Plain, "number, from 1, of the stage that is green or was last")
        .may(s.interval, "interval", "灯色步", Plain, "0 green, 1 yellow, 2 all red")
        .may(s.remaining, "remaining", "剩余时间", Time, "time left of the interval; all ones: nothing ends it yet")
        .row(s.running, "running", "运行方案", Plain, running)
        .may(s.running_check, "running_check", "运行方案校验", Check, "content check of the running plan block")
        .row(s.pending, "pending", "待生效方案", Plain, pending)
        .may(s.activation, "activation", "生效时刻", Instant, "when what is pending begins; 0 = nothing is")
        .may(
            s.staged_check,
            "staged_check",
            "暂存方案校验",
            Check,
            "computed by the cabinet over the staged block as it lies in its memory, of the slot written last; 0 = nothing staged",
        )
        .may(
            s.refusal,
            "refusal",
            "拒绝原因",
            Plain,
            "why the last stage, commit, clock value or stage request was refused; 0 = accepted",
        )
        .may(s.clock, "clock", "时钟", Instant, "the cabinet's clock")
        .may(s.heartbeat, "heartbeat", "心跳", Plain, "the last heartbeat counter written")
        .may(s.heartbeat_left, "heartbeat_left", "心跳剩余", Time, "time until it falls back to its own plan; 0 in local mode")
        .may(s.commits, "commits", "提交次数", Plain, "counts accepted commits, wraps")
        .may(s.channels, "channels", "检测器数", Plain, "number of detector channels")
        .may(s.request, "request", "阶段请求", Plain, "counter of the stage request being carried out; 0 = none");
    match s.cycle {
        CyclePlace::Start(item) => rows.row(item, "cycle_start", "周期起点", Instant, "start of the running cycle"),
        CyclePlace::Elapsed(item) => {
            rows.row(item, "cycle_elapsed", "周期已过", Time, "time since the running cycle began")
        }
    }
    .sorted()
}

pub(super) fn detectors(d: &DetectorBlock) -> Vec<Row> {
    Rows::new(&[])
        .row(d.count, "count", "车辆数", Unit::Plain, "counts vehicles, wraps; begins at 0 after a restart")
        .may(
            d.occupied,
            "occupied",
            "占用时间",
            Unit::Time,
            "sums the time occupied, wraps; begins at 0 after a restart",
        )
        .sorted()
}

/// The header of the limits, and of a stage's record.
pub(super) fn limits(l: &LimitsBlock) -> [Vec<Row>; 2] {
    let header = Rows::new(&[])
        .row(l.cycle_min, "cycle_min", "最短周期", Unit::Time, "shortest cycle it runs")
        .row(l.cycle_max, "cycle_max", "最长周期", Unit::Time, "longest cycle it runs")
        .row(l.stages, "stages", "阶段数", Unit::Plain, "number of its stages");
    let record = Rows::new(&[])
        .row(l.min_green, "min_green", "最小绿灯", Unit::Time, "least green")
        .row(l.max_green, "max_green", "最大绿灯", Unit::Time, "longest green")
        .row(l.yellow, "yellow", "黄灯", Unit::Time, "yellow")
        .row(l.all_red, "all_red", "全红", Unit::Time, "all red");
    [header.sorted(), record.sorted()]
}

/// The header of a plan block, and of a stage's record.
pub(super) fn plan(form: &PlanForm, profile: &RegisterProfile) -> [Vec<Row>; 2] {
    use Unit::{Check, Plain, Time};
    let reference = "number of the stage whose green carries the offset";
    let header = Rows::new(&form.marks)
        .may(form.identity, "identity", "路口标识", Check, "CRC-32 of the intersection id's UTF-8 bytes")
        .row(form.generation, "generation", "代次", Plain, "of the push; grows with every one, never 0")
        .may(form.epoch, "epoch", "写入方纪元", Plain, "of the writer")
        .row(form.cycle, "cycle", "周期", Time, "cycle length, the sum of the splits")
        .row(form.offset, "offset", "相位差", Time, "below the cycle; counts as said above")
        .row(form.stages, "stages", "阶段数", Plain, "number of stage records used; the others are all 0")
        .may(form.reference_stage, "reference_stage", "基准阶段", Plain, reference)
        .may(form.operation, "operation", "运行方式", Plain, operations(profile))
        .row(form.check, "check", "校验", Check, "CRC-32 over all registers of the block but these two");
    let record = Rows::new(&[])
        .row(form.stage, "stage", "阶段号", Plain, "number of the k-th stage of the sequence, from 1")
        .row(form.green, "green", "绿灯", Time, "within the cabinet's minimum and maximum")
        .row(form.yellow, "yellow", "黄灯", Time, "equal to the cabinet's")
        .row(form.all_red, "all_red", "全红", Time, "equal to the cabinet's");
    [header.sorted(), record.sorted()]
}

pub(super) fn commit(c: &CommitBlock) -> Vec<Row> {
    let key = "the staged block's check XOR CRC-32 over the registers of generation and activation as they stand here";
    Rows::new(&[])
        .row(c.generation, "generation", "代次", Unit::Plain, "of the staged plan")
        .row(c.key, "key", "提交密钥", Unit::Check, key)
        .row(
            c.activation,
            "activation",
            "生效时刻",
            Unit::Instant,
            "the plan begins at the first cycle start at or after it",
        )
        .row(
            c.expiry,
            "expiry",
            "有效期",
            Unit::Minutes,
            "after activation, until the cabinet returns to its own plan by itself",
        )
        .sorted()
}

pub(super) fn select(s: &SelectBlock) -> Vec<Row> {
    let check = "CRC-32 over the registers of number and expiry as they stand here";
    Rows::new(&[])
        .row(s.number, "number", "方案号", Unit::Plain, "of the stored plan, from 1; 0 = the cabinet's own choice")
        .row(s.expiry, "expiry", "有效期", Unit::Minutes, "until the cabinet returns to its own choice by itself")
        .row(s.check, "check", "校验", Unit::Check, check)
        .sorted()
}

pub(super) fn heartbeat(h: &HeartbeatBlock) -> Vec<Row> {
    let timeout = "silence after which the cabinet returns to its own plan";
    Rows::new(&[])
        .row(h.counter, "counter", "心跳计数", Unit::Plain, "any change is a beat")
        .may(h.timeout, "timeout", "心跳超时", Unit::Time, timeout)
        .sorted()
}

pub(super) fn clock(c: &ClockBlock) -> Vec<Row> {
    Rows::new(&[]).row(c.instant, "instant", "校时", Unit::Instant, "the time it is").sorted()
}

pub(super) fn release(marks: &[Mark]) -> Vec<Row> {
    Rows::new(marks).sorted()
}

pub(super) fn stage_request(r: &StageRequestBlock) -> Vec<Row> {
    use Unit::{Check, Instant, Plain};
    Rows::new(&[])
        .row(r.counter, "counter", "请求计数", Plain, "grows with every request, never 0")
        .row(r.kind, "kind", "请求类型", Plain, "0 withdraw, 1 hold, 2 extend, 3 end early, 4 skip")
        .row(r.stage, "stage", "阶段号", Plain, "number of the stage it speaks of, from 1")
        .row(r.until, "until", "最迟", Instant, "hold and extend: until when its green may last at the most")
        .row(r.expiry, "expiry", "失效时刻", Instant, "after which the request is forgotten")
        .row(r.check, "check", "校验", Check, "CRC-32 over the registers of all values above, in this order")
        .sorted()
}
