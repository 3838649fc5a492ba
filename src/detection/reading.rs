//! One poll of one cabinet's detectors, as the registers had it.

use crate::units::Moment;
use serde::{Deserialize, Serialize};

/// The two counters of a channel; both wrap at 65,536 and begin at 0 after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelWords {
    /// Vehicles.
    pub count: u16,
    /// Time occupied, 0.1 s.
    pub occupied: u16,
}

/// What a cabinet's detectors said at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When the core heard it.
    pub at: Moment,
    /// The cabinet's restart counter: a change means that the counters began again.
    pub boots: u16,
    /// Channels from 1.
    pub channels: Vec<ChannelWords>,
}
