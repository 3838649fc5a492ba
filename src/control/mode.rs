//! What the core as a whole is doing.
//!
//! ```text
//!            every cabinet that answers is known        half the links lost
//!   Standby ────────────────────────────► Coordinated ─────────────────► Hold
//!                                              ▲  │                        │
//!                                              └──┼──── links back ────────┘
//!                                                 │ stop
//!                                                 ▼
//!                                             Released   (from any mode; final)
//! ```
//! - **Standby**: listens only, so that a start never writes before it knows what runs.
//! - **Coordinated**: follows the demand and keeps every cabinet at its target.
//! - **Hold**: too little is heard to judge demand; targets are kept and renewed, nothing new is decided.
//! - **Released**: every cabinet was handed back; the core says nothing more.

use serde::Serialize;

/// The core's mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Listening, not yet in control.
    Standby,
    /// In control.
    Coordinated,
    /// Keeps what runs.
    Hold,
    /// Handed back.
    Released,
}
