//! The device in the cabinet as a network knows it: how it is reached, by which registers, how long it waits for us.
//!
//! Knows: what a definition says of it. Must not know: what is said to it.

use super::operation::ClockZero;
use super::profile::RegisterProfile;
use crate::units::Tenths;
use serde::{Serialize, Serializer};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// How a cabinet is reached and what it can do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cabinet {
    /// The way to it.
    pub line: Line,
    /// Modbus unit id; cabinets on one line differ in it.
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

/// The way to a cabinet. Several may lie on one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Modbus TCP.
    Tcp {
        /// Of the cabinet, or of a gateway to several.
        address: SocketAddr,
    },
    /// RTU frames over TCP, as serial servers without a Modbus gateway carry them.
    RtuOverTcp {
        /// Of the serial server.
        address: SocketAddr,
    },
    /// Modbus/TCP Security: TLS with mutual certificates.
    Tls {
        /// Of the cabinet, or of a gateway to several.
        address: SocketAddr,
    },
    /// RTU on a serial line of this machine: 8 data bits, and as many stop bits as make 11 with the parity (Modbus over serial
    /// line V1.02, 2.5.1: 1 with parity, 2 without).
    Serial {
        /// The line's device, such as `/dev/ttyS1`.
        device: String,
        /// Bits a second.
        baud: u32,
        /// Its parity.
        parity: Parity,
    },
}

/// The parity of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parity {
    /// None, with two stop bits.
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

impl Line {
    /// Where to connect to; `None` on a serial line.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Line::Tcp { address } | Line::RtuOverTcp { address } | Line::Tls { address } => Some(*address),
            Line::Serial { .. } => None,
        }
    }

    /// The transport's word in definitions.
    pub const fn transport(&self) -> &'static str {
        match self {
            Line::Tcp { .. } => "tcp",
            Line::RtuOverTcp { .. } => "rtu-over-tcp",
            Line::Tls { .. } => "tls",
            Line::Serial { .. } => "serial",
        }
    }
}

impl fmt::Display for Line {
    /// The address or the device.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::Serial { device, .. } => f.write_str(device),
            Line::Tcp { address } | Line::RtuOverTcp { address } | Line::Tls { address } => address.fmt(f),
        }
    }
}

impl Cabinet {
    /// Where to connect to; `None` on a serial line.
    pub fn address(&self) -> Option<SocketAddr> {
        self.line.address()
    }

    /// What its clock counts cycles, offsets and instants from.
    pub fn zero(&self) -> ClockZero {
        self.clock_zero.unwrap_or(self.profile.time.zero)
    }
}

/// A profile by its id.
fn named<S: Serializer>(profile: &Arc<RegisterProfile>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&profile.id)
}
