//! VIP tasks: one task, one plan, one report. Made beforehand, rehearsed on a simulated street, approved by two, started, reported.
//!
//! ```text
//!  Draft ──rehearse, minutes──► Rehearsed ──approve, by two──► Approved ──start──► Running ──► Ended
//!    ▲                     │ again
//!    └─────────────────────┘  what was rehearsed anew wants approving anew
//! ```
//! What runs is an escort like any other; a task is how it came about.

use super::asked::EscortAsk;
use crate::control::Escort;
use crate::corridor::Network;
use crate::store::{Document, Write};
use crate::units::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Kind of the documents in the store.
pub(super) const KIND: &str = "task";
/// Tasks that are kept.
const MOST: usize = 200;
/// Persons who must approve.
pub(super) const APPROVERS: usize = 2;

/// A simulated street on which an escort can be tried. It is handed in from where the plant is known.
pub trait Rehearsal: Send + Sync {
    /// Tries an escort at its time of day, with it and without. Takes a while.
    ///
    /// # Errors
    /// Why it can not be tried, for people.
    fn rehearse(&self, network: &Network, escort: &Escort) -> Result<Rehearsed, String>;
}

/// What a rehearsal showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rehearsed {
    /// Over its way, with the escort.
    pub travel_s: Option<f64>,
    /// The same without.
    pub without_s: Option<f64>,
    /// Stops, with the escort.
    pub stops: f64,
    /// Intervals in which the monitors saw anything; must be 0.
    pub unsafe_intervals: usize,
    /// The longest way back to the programme of any intersection.
    pub recovery_cycles: Option<u32>,
    /// What it cost all others.
    pub extra_delay_veh_h: f64,
    /// Runs it is the mean of.
    pub runs: usize,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Approval {
    pub(super) by: String,
    pub(super) at: f64,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) ask: EscortAsk,
    pub(super) made_by: String,
    pub(super) made: Moment,
    pub(super) rehearsal: Option<Rehearsed>,
    /// A rehearsal is under way; a restart forgets it.
    #[serde(skip)]
    pub(super) rehearsing: bool,
    /// Why the last one could not be carried out.
    #[serde(default)]
    pub(super) not_rehearsed: Option<String>,
    pub(super) approvals: Vec<Approval>,
    /// The escort it became.
    pub(super) escort: Option<u64>,
}

/// All tasks.
#[derive(Debug, Default)]
pub(super) struct Tasks(BTreeMap<u64, Task>);

impl Tasks {
    /// What was written down.
    pub(super) fn remembered(documents: &[Document]) -> Tasks {
        let tasks = documents.iter().filter_map(|d| serde_json::from_str::<Task>(&d.body).ok());
        Tasks(tasks.map(|task| (task.id, task)).collect())
    }

    /// The newest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Task> {
        self.0.values().rev()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Task> {
        self.0.get(&id)
    }

    /// A new one; what is to be written down.
    pub(super) fn make(&mut self, name: String, ask: EscortAsk, made_by: String, made: Moment) -> (u64, Vec<Write>) {
        let id = self.0.keys().next_back().map_or(1, |last| last + 1);
        let task = Task {
            id,
            name,
            ask,
            made_by,
            made,
            rehearsal: None,
            rehearsing: false,
            not_rehearsed: None,
            approvals: Vec::new(),
            escort: None,
        };
        self.0.insert(id, task);
        let mut writes = self.kept(id);
        while self.0.len() > MOST {
            let Some((oldest, _)) = self.0.pop_first() else { break };
            writes.push(Write::Remove { kind: KIND.into(), key: oldest.to_string() });
        }
        (id, writes)
    }

    /// Changes one; what is to be written down.
    pub(super) fn change(&mut self, id: u64, change: impl FnOnce(&mut Task)) -> Vec<Write> {
        if let Some(task) = self.0.get_mut(&id) {
            change(task);
        }
        self.kept(id)
    }

    fn kept(&self, id: u64) -> Vec<Write> {
        let put = |task: &Task| {
            let body = serde_json::to_string(task).ok()?;
            Some(Write::Put(Document { kind: KIND.into(), key: id.to_string(), at: task.made, body }))
        };
        self.0.get(&id).and_then(put).into_iter().collect()
    }
}
