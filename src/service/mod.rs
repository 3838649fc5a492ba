//! The live service: the core in real time on real cabinets, a step a second.
//!
//! Knows: the core, the bus, the clock, how to show what is going on.
//! Must not know: traffic, plant, replay. It decides nothing: it carries the core's requests out and its answers back.
//!
//! ```text
//!        desk ─► orders
//!        tick ─► core.step ─► requests ─► bus ─► answers ─┐         loop: one thread, one step a second
//!          ▲        │  ▲                                  │
//!          │    work│  │finding (a later step's event)    └─► the next step's events
//!          │        ▼  │
//!          │      worker: a blocking thread               pulse, metrics, picture ─► desk: whoever shows them
//! ```
//! A heartbeat is a request of a step, so a loop that is stuck sends none. Time is the timeline's: it goes on with the
//! monotonic clock and follows the wall clock slowly; a wall clock that is set never makes a cycle jump.

mod instruments;
mod memory;
mod metrics;
mod picture;
mod run;
mod street_metrics;
mod timeline;
mod worker;

pub use instruments::{Instruments, Pulse};
pub use memory::{StateFile, Writer};
pub use metrics::Metrics;
pub use picture::{CabinetState, Desk, Picture};
pub use run::{Ended, Options, ServeProblem, Sinks, serve};
