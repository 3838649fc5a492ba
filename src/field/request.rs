//! What is asked of a cabinet. Only this room makes a [`Request`], so nothing reaches the wire that did not pass through a
//! session, and no plan without a [`Safe`](crate::safety::Safe) value. Reading a request is open to all; making one or
//! putting other words into one is not (the twin examples differ in that one thing only):
//!
//! ```
//! # use greenwave::{corridor::IntersectionIndex, field::{Ask, Op, Request}};
//! fn look(cabinet: IntersectionIndex, ask: Ask, op: Op, request: Request) -> bool {
//!     request.cabinet() == cabinet && request.ask() == ask && *request.op() == op
//! }
//! ```
//! ```compile_fail,E0624
//! # use greenwave::{corridor::IntersectionIndex, field::{Ask, Op, Request}};
//! fn make(cabinet: IntersectionIndex, ask: Ask, op: Op) -> Request {
//!     Request::new(cabinet, ask, op)
//! }
//! ```
//! ```compile_fail,E0451
//! # use greenwave::{corridor::IntersectionIndex, field::{Ask, Op, Request}};
//! fn other_words(op: Op, request: Request) -> Request {
//!     Request { op, ..request }
//! }
//! ```

use crate::corridor::IntersectionIndex;
use crate::corridor::profile::RegisterTable;
use serde::{Deserialize, Serialize};

/// Why a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Status and detectors.
    Poll,
    /// The cabinet's own limits.
    Limits,
    /// The running plan.
    Mirror,
    /// Write a plan to the staging area.
    Stage,
    /// Read the staging area back.
    ReadBack,
    /// Make the staged plan pending.
    Commit,
    /// The heartbeat.
    Beat,
    /// Set the clock.
    Clock,
    /// Back to the local plan.
    Release,
    /// Ask something of a stage, or take it back.
    StageRequest,
}

/// What is asked, in registers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Op {
    /// FC03 of holding registers, FC04 of input registers.
    Read {
        /// In which table.
        table: RegisterTable,
        /// First register.
        address: u16,
        /// How many, at most 125.
        count: u16,
    },
    /// FC16.
    Write {
        /// First register.
        address: u16,
        /// The words, at most 123.
        words: Vec<u16>,
    },
}

/// One request to one cabinet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    cabinet: IntersectionIndex,
    ask: Ask,
    op: Op,
}

impl Request {
    pub(super) fn new(cabinet: IntersectionIndex, ask: Ask, op: Op) -> Self {
        Request { cabinet, ask, op }
    }

    /// The cabinet asked.
    pub fn cabinet(&self) -> IntersectionIndex {
        self.cabinet
    }

    /// Why.
    pub fn ask(&self) -> Ask {
        self.ask
    }

    /// What.
    pub fn op(&self) -> &Op {
        &self.op
    }
}

/// How a conversation fails. Expected; handled by session and mode. The device's "no" is not a broken line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum FieldFault {
    /// Nothing came back in time.
    #[error("no answer")]
    Silence,
    /// There is no connection: refused, lost, or not tried again yet. What was asked may have arrived.
    #[error("no connection")]
    Closed,
    /// The peer is not who it must be, or does not take us for who we are: certificates.
    #[error("not trusted")]
    Untrusted,
    /// What carries this line in this program failed and is begun anew.
    #[error("broken line")]
    Broken,
    /// The line is still busy with older requests; this one was not sent.
    #[error("busy line")]
    Busy,
    /// The device said no, with a Modbus exception code.
    #[error("exception {0}")]
    Exception(u8),
    /// Something came back that can not be the answer.
    #[error("garbled answer")]
    Garbled,
}

/// What came back: the words of a read, nothing for a write.
pub type Answer = Result<Vec<u16>, FieldFault>;
