//! A corridor changes together: one joint change of several cabinets (contract 8).
//!
//! ```text
//! Verifying ──all hold exactly what was meant──► Canary ──it says so itself──► Rest ──all have answered──► awaited ──► done
//!     │ anyone does not                            │ it does not
//!     ▼                                            ▼
//!  abandoned: nobody commits                    abandoned: it alone is released
//! ```
//! Every member changes at its first own cycle start at or after the same activation instant, which lies at least a cycle
//! ahead of the commits, so that all have committed before the first one changes.

use crate::corridor::IntersectionIndex;
use crate::units::Moment;

/// How far a joint change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Staged everywhere, being read back.
    Verifying,
    /// The first member is committed, the others wait for its confirmation.
    Canary,
    /// Everybody is committed, confirmations come in. When all are in, the change is over for this machine and its activations
    /// are awaited, which does not keep others from changing.
    Rest,
}

/// One member of a joint change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) index: IntersectionIndex,
    /// When it changes: its first cycle start from the activation instant on.
    pub(super) at: Moment,
    /// Whether it reaches its target with this step.
    pub(super) arrives: bool,
    /// Whether it is still part of the change.
    pub(super) active: bool,
}

/// A joint change under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JointChange {
    pub(super) phase: Phase,
    pub(super) since: Moment,
    pub(super) activation: Moment,
    /// Until when this step is meant to run; the next joint change aims at it.
    pub(super) until: Moment,
    pub(super) generation: u32,
    pub(super) members: Vec<Member>,
}

impl JointChange {
    /// Members still part of it.
    pub(super) fn active(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|m| m.active)
    }

    /// Takes a member out.
    pub(super) fn drop(&mut self, index: IntersectionIndex) {
        for member in self.members.iter_mut().filter(|m| m.index == index) {
            member.active = false;
        }
    }
}
