//! The field protocol, pure: register layouts both ways and one cabinet's conversation as a state machine.
//!
//! Knows: the register table (`registers.md`), `Safe` values, readings.
//! Must not know: sockets, tokio, why a plan is sent, what a flow is. Nothing here waits: a session is told what came back
//! and when, and says what to ask next.
//!
//! The reference layout, as a PLC programmer would implement it:
#![doc = include_str!("registers.md")]

mod profile;
mod registers;
mod request;
mod session;

pub use profile::Profile;
pub use registers::{Mode, RunningPlan, Status, identity};
pub use request::{Answer, Ask, FieldFault, Op, Request};
pub use session::{Link, Push, Session, Why};
