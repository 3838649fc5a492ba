//! The field bus: the only room that names the Modbus library.
//!
//! Knows: how a request travels to a cabinet and an answer back: in memory, over Modbus TCP, RTU over TCP, serial lines or TLS.
//! Must not know: what a register means, who asks, or the plant: it reaches a device through [`Device`].
//!
//! ```text
//!  service ──► LiveBus: a task a line ─┐                                        ┌─ frames (strict) ◄─ faults, on purpose
//!  replay  ──► TcpBus ─────────────────┴─► wire: library's client ═ strict ═ line ═ server ──► Device
//!  replay  ──► MemoryBus ──────────────────────────────────────────────────────────────────────► Device
//! ```
//! Requests to one cabinet are answered in their order; cabinets are asked at the same time; answers come back in the order
//! of the requests, whatever the line did. After anything but a clean answer the connection is dropped, never reused.

mod client;
mod faults;
pub mod frame;
mod line;
mod live;
mod memory;
mod server;
mod strict;
pub mod tls;
mod wire;

pub use client::TcpBus;
pub use faults::{LineFault, LineFaults, Struck};
pub use live::{LiveBus, LiveSettings, News};
pub use memory::MemoryBus;
pub use server::{Serving, TcpServer};

use crate::corridor::profile::RegisterTable;
use crate::field::{Answer, Request};
use std::sync::Arc;

/// A thing with registers. Exceptions are Modbus exception codes.
pub trait Device: Send + Sync {
    /// FC03 or FC04 for a unit, by the table.
    ///
    /// # Errors
    /// The exception code the device answers with.
    fn read(&self, unit: u8, table: RegisterTable, address: u16, count: u16) -> Result<Vec<u16>, u8>;

    /// FC16 for a unit.
    ///
    /// # Errors
    /// The exception code the device answers with.
    fn write(&self, unit: u8, address: u16, words: &[u16]) -> Result<(), u8>;
}

/// A device that others hold too.
pub type SharedDevice = Arc<dyn Device>;

/// The bus itself failed: not a cabinet's silence, which is an [`Answer`], but something that ends the run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bus is stuck: {0}")]
pub struct Stuck(pub String);

/// A way to ask cabinets.
pub trait Bus {
    /// Asks, and waits for every answer. Answers are in the order of the requests.
    ///
    /// # Errors
    /// [`Stuck`] when the bus itself failed.
    fn exchange(&mut self, requests: &[Request]) -> impl Future<Output = Result<Vec<Answer>, Stuck>>;
}
