//! The device in the cabinet as a network knows it: how it is reached, by which registers, how long it waits for us.
//!
//! Knows: what a definition says of it. Must not know: what is said to it.

use super::operation::ClockZero;
use super::profile::RegisterProfile;
use crate::units::Tenths;
use serde::{Serialize, Serializer};
use std::net::SocketAddr;
use std::sync::Arc;

/// How a cabinet is reached and what it can do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cabinet {
    /// Modbus TCP address.
    pub address: SocketAddr,
    /// Modbus unit id.
    pub unit: u8,
    /// Its registers and what it can do: a shipped profile, or one of the network's files.
    #[serde(serialize_with = "named")]
    pub profile: Arc<RegisterProfile>,
    /// Silence after which the cabinet runs its local plan by itself.
    pub heartbeat_timeout: Tenths,
    /// What its clock counts cycles from, where that is not its profile's.
    pub clock_zero: Option<ClockZero>,
    /// Whether drivers see the seconds their light will last: then a green that was announced is kept.
    pub countdown: bool,
}

impl Cabinet {
    /// What its clock counts cycles, offsets and instants from.
    pub fn zero(&self) -> ClockZero {
        self.clock_zero.unwrap_or(self.profile.time.zero)
    }
}

/// A profile by its id.
fn named<S: Serializer>(profile: &Arc<RegisterProfile>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&profile.id)
}
