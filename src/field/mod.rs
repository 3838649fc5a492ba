//! The field protocol, pure: register layouts both ways and one cabinet's conversation as a state machine.
//!
//! Knows: register profiles, `Safe` values, readings.
//! Must not know: sockets, tokio, why a plan is sent, what a flow is. Nothing here waits: a session is told what came back
//! and when, and says what to ask next.
//!
//! ```text
//!  RegisterProfile ─► map: words, zero (instants) ─► status, plan_block, commit, limits    values <-> registers
//!                                  reads (batches) ─┐            │
//!                                                   ▼            ▼
//!            requests ◄───────────────── session: line, drift (clock), writers, push ◄─── answers, Safe<…>
//! ```
//!
//! The reference layout, as a PLC programmer would implement it:
#![doc = include_str!("registers.md")]

mod commit;
mod drift;
mod limits;
mod line;
mod map;
mod news;
mod plan_block;
mod push;
mod reads;
mod request;
mod session;
mod stage_request;
mod status;
mod words;
mod writers;
mod zero;

pub use crate::corridor::profile::CabinetMode as Mode;
pub use limits::{Difference, OwnLimits, OwnStage};
pub use line::Link;
pub use map::{RegisterMap, identity};
pub use news::{FaultCount, News};
pub use plan_block::RunningPlan;
pub use push::{InHand, Push, Why};
pub use request::{Answer, Ask, FieldFault, Op, Request};
pub use session::Session;
pub use stage_request::StageAsked;
pub use status::Status;
