//! One push of one plan, as a value.
//!
//! ```text
//! download:  Idle ──stage──► Staging ──written, read back, equal──► Staged ──commit──► Committing
//!             ▲                │ anything else                       │ dropped          │ status shows it pending or running
//!             │                ▼                                     ▼                  ▼
//!             └──────────── Failed(why) ◄──status shows neither── (unknown) ◄─silence─ Confirmed
//!
//! by number: Idle ──the safe plan is one of the stored──► Staged ──the number written──► Committing ──► as above
//! ```
//! Unknown is not a failure: after a commit without an answer the cabinet is asked what it has before anything else.

use super::request::FieldFault;
use crate::plan::Plan;
use crate::safety::Safe;
use serde::Serialize;

/// How far a push has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// None under way.
    Idle,
    /// The block is on its way into the staging area and back.
    Staging(InHand),
    /// The cabinet holds exactly what was meant; nothing runs yet.
    Staged(InHand),
    /// The commit is sent; the status has not shown it yet. Polls that contradicted it so far.
    Committing(InHand, u32),
    /// Pending or running, as the cabinet itself says.
    Confirmed(InHand),
    /// It did not come about; what runs is what ran.
    Failed(Why),
}

/// The plan a push carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InHand {
    pub(super) safe: Safe<Plan>,
    pub(super) generation: u32,
    /// What the cabinet must read back: the staged block, or the number's.
    pub(super) block: Vec<u16>,
}

impl InHand {
    /// The plan and its moment.
    pub fn safe(&self) -> &Safe<Plan> {
        &self.safe
    }

    /// Its generation, or its number among the stored plans.
    pub fn generation(&self) -> u32 {
        self.generation
    }
}

/// Why a push failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The line or the device.
    #[error("{0}")]
    Fault(FieldFault),
    /// The read-back differs from what was written.
    #[error("read-back differs")]
    ReadBack,
    /// The cabinet refused, with its reason.
    #[error("refused with reason {0}, {reason}", reason = reason(*.0))]
    Refused(u16),
    /// The cabinet is in no mode to be written to.
    #[error("mode forbids")]
    Mode,
    /// The plan does not fit the registers, or is none of those stored.
    #[error("does not fit the registers")]
    Unfit,
    /// The cabinet had confirmed it and knows nothing of it any more: it restarted, or somebody took it from us.
    #[error("confirmed, and gone again")]
    Gone,
    /// The plan lies outside what the cabinet itself permits.
    #[error("outside the cabinet's own limits")]
    Limits,
    /// The cabinet is not the one that was defined.
    #[error("differs from its definition")]
    Differs,
    /// Somebody else writes to the cabinet.
    #[error("another writer")]
    OtherWriter,
}

/// The reference layout's reasons, by their register.
const fn reason(code: u16) -> &'static str {
    match code {
        1 => "identity",
        2 => "layout, version, resolution or flags",
        3 => "generation: another writer's is newer",
        4 => "epoch: another writer's is higher",
        5 => "checksum",
        6 => "cycle limits",
        7 => "offset not below the cycle",
        8 => "stages",
        9 => "green below minimum or above maximum",
        10 => "activation",
        11 => "yellow or all red",
        12 => "splits do not sum to the cycle",
        13 => "key",
        14 => "nothing staged",
        15 => "mode",
        16 => "expiry",
        18 => "stage request",
        19 => "stage request: check",
        20 => "stage request: counter",
        21 => "stage request: stage",
        22 => "stage request: until or expiry",
        23 => "stage request: the centre is not in charge",
        24 => "stage request: not in this operation, or a countdown",
        25 => "stage request: called",
        17 => "clock",
        _ => "which the layout does not know",
    }
}
