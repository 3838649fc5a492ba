//! What a session has to tell beside its state, each thing once.

use super::limits::Difference;
use super::request::{Ask, FieldFault};
use crate::units::Shift;
use serde::Serialize;

/// How often a fault came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FaultCount {
    /// Which.
    pub fault: FieldFault,
    /// How often.
    pub count: u32,
}

/// Something that happened in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A kind of fault came for the first time since the line was clean.
    LineFault {
        /// What was asked.
        ask: Ask,
        /// What went wrong.
        fault: FieldFault,
    },
    /// The line is clean again; what went wrong meanwhile.
    LineClear {
        /// By kind, in the order they came.
        faults: Vec<FaultCount>,
    },
    /// The cabinet is not the one that was defined.
    Differs {
        /// In what.
        differences: Vec<Difference>,
    },
    /// A plan runs or waits that neither we nor a predecessor sent: there is another writer.
    OtherWriter {
        /// Its plan's generation or number.
        generation: u32,
    },
    /// Under our generation something runs that is not, word for word, what was meant.
    Unintended {
        /// The generation.
        generation: u32,
    },
    /// The cabinet's clock is off by more than a second, or gains or loses more than 50 parts in a million.
    ClockDrift {
        /// The cabinet's clock less ours.
        off: Shift,
        /// Gain in parts in a million, where it was watched long enough to tell.
        ppm: Option<i64>,
    },
}
