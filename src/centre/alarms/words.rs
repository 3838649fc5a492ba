//! Kinds of alarms, how bad each is, and what it is called in both languages.

use super::{Cause, Severity};
use crate::corridor::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::centre) enum Kind {
    /// A cabinet does not answer.
    LinkLost,
    /// A cabinet says that it has a fault.
    Fault,
    /// A cabinet flashes.
    Flash,
    /// A person runs a cabinet by hand.
    Manual,
    /// A cabinet serves a priority of its own.
    Preempt,
    /// A cabinet left our plan without being told to.
    LeftCentre,
    /// A cabinet runs something else than was meant.
    Unintended,
    /// Somebody else writes to a cabinet.
    OtherWriter,
    /// A cabinet is not the one that was defined.
    Differs,
    /// A plan did not get into a cabinet.
    PushFailed,
    /// Plans disagree with the lanes as they are.
    Lanes,
    /// A cabinet's clock is off.
    Clock,
    /// The road before a stop line fills up.
    Full,
    /// A detector is not believed.
    Detector,
    /// Steps of the control loop came late.
    Late,
    /// The core waits with what runs.
    Hold,
    /// The store does not write.
    Store,
    /// Rows were lost or are damaged.
    StoreLoss,
    /// Something damaged was set aside.
    StoreAside,
    /// History is shorter than asked for.
    StoreShort,
}

impl Kind {
    /// The word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Kind::LinkLost => "link-lost",
            Kind::Fault => "fault",
            Kind::Flash => "flash",
            Kind::Manual => "manual",
            Kind::Preempt => "preempt",
            Kind::LeftCentre => "left-centre",
            Kind::Unintended => "unintended",
            Kind::OtherWriter => "other-writer",
            Kind::Differs => "differs",
            Kind::PushFailed => "push-failed",
            Kind::Lanes => "lanes",
            Kind::Clock => "clock",
            Kind::Full => "road-full",
            Kind::Detector => "detector",
            Kind::Late => "late",
            Kind::Hold => "hold",
            Kind::Store => "store",
            Kind::StoreLoss => "store-loss",
            Kind::StoreAside => "store-aside",
            Kind::StoreShort => "store-short",
        }
    }

    /// High: the street or its record is at stake; medium: a person should look today; low: to know.
    pub(super) const fn severity(self) -> Severity {
        match self {
            Kind::LinkLost
            | Kind::Fault
            | Kind::Flash
            | Kind::Unintended
            | Kind::OtherWriter
            | Kind::Differs
            | Kind::Store => Severity::High,
            Kind::Manual
            | Kind::LeftCentre
            | Kind::PushFailed
            | Kind::Lanes
            | Kind::Full
            | Kind::Late
            | Kind::Hold
            | Kind::StoreLoss
            | Kind::StoreAside => Severity::Medium,
            Kind::Preempt | Kind::Clock | Kind::Detector | Kind::StoreShort => Severity::Low,
        }
    }

    const fn said(self) -> (&'static str, &'static str) {
        match self {
            Kind::LinkLost => ("通信中断", "does not answer"),
            Kind::Fault => ("信号机故障", "the controller reports a fault"),
            Kind::Flash => ("黄闪", "flashes"),
            Kind::Manual => ("现场手动控制", "run by hand on the spot"),
            Kind::Preempt => ("本地优先", "serves a priority of its own"),
            Kind::LeftCentre => ("脱离中心控制", "left the centre's plan"),
            Kind::Unintended => ("运行了非预期方案", "ran a plan that was not meant"),
            Kind::OtherWriter => ("另有系统在写入方案", "somebody else writes plans"),
            Kind::Differs => ("与定义不符", "is not as defined"),
            Kind::PushFailed => ("方案下发失败", "a plan did not get in"),
            Kind::Lanes => ("方案与车道状态不符", "plans disagree with the lanes as they are"),
            Kind::Clock => ("时钟偏差", "the clock is off"),
            Kind::Full => ("路段即将排满", "the road fills up"),
            Kind::Detector => ("检测器不可信", "a detector is not believed"),
            Kind::Late => ("控制周期延迟", "the control loop came late"),
            Kind::Hold => ("自适应暂停，保持现有方案", "adaptation waits, plans are held"),
            Kind::Store => ("存储无法写入，记录在内存中等待", "the store does not write; records wait in memory"),
            Kind::StoreLoss => ("部分记录丢失或损坏", "some records were lost or are damaged"),
            Kind::StoreAside => ("损坏的数据已隔离", "damaged data was set aside"),
            Kind::StoreShort => ("空间不足，历史数据已缩短", "for want of room history is shorter than asked for"),
        }
    }
}

/// The alarm's text.
pub(super) fn text(cause: &Cause, place: Option<&Name>, detail: &str) -> Name {
    let (zh, en) = cause.kind.said();
    let more = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    match place {
        Some(name) => Name { zh: format!("{}：{zh}{more}", name.zh), en: format!("{}: {en}{more}", name.en) },
        None if !cause.place.is_empty() => {
            Name { zh: format!("{}：{zh}{more}", cause.place), en: format!("{}: {en}{more}", cause.place) }
        }
        None => Name { zh: format!("{zh}{more}"), en: format!("{en}{more}") },
    }
}
