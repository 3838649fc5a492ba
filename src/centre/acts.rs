//! What people asked of the core, and what became of it: the ledger of interventions and escorts.
//!
//! ```text
//!  route ──plan──► Scheduled ──its time──┐
//!  route ──ask──► Asked ◄────────────────┘   ──Began──► Standing ──Ended──► Ended
//!                   └────RefusedOrder──► Refused
//! ```
//! Written down at every change, so that a core that begins anew (a restart, other definitions) is handed again what stood.

use super::asked::{EscortAsk, InterventionAsk};
use super::live::seconds;
use super::problem::Fault;
use crate::control::{Decision, EndedBy, Event, Intervention, Order, Row, Run};
use crate::corridor::Network;
use crate::service::Picture;
use crate::store::{Document, Write};
use crate::units::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Kind of the documents in the store.
pub(super) const KIND: &str = "act";
/// Acts that are remembered once they are over.
const MOST: usize = 500;

/// How far an act has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// It begins later.
    Scheduled,
    /// Handed to the core.
    Asked,
    /// It stands.
    Standing,
    /// It is over.
    Ended,
    /// The core refused it.
    Refused,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Asked {
    Intervention(InterventionAsk),
    Escort(EscortAsk),
}

/// One thing that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Act {
    pub(super) id: u64,
    pub(super) asked: Asked,
    pub(super) by: String,
    /// Who confirmed.
    pub(super) second: Option<String>,
    pub(super) from: Moment,
    pub(super) until: Moment,
    pub(super) state: State,
    pub(super) ended: Option<Moment>,
    pub(super) ended_by: Option<String>,
    pub(super) problems: Vec<Fault>,
    /// Of an escort that is over.
    pub(super) report: Option<Report>,
}

/// One intersection of an escort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct EscortRow {
    pub(super) intersection: String,
    /// As first foretold.
    foretold: f64,
    /// As it stands now.
    predicted: f64,
    green_from: Option<f64>,
    green_until: Option<f64>,
    passed: Option<f64>,
    /// `ahead`, `asked`, `green`, `passed`, `yields`, `countdown`, `no-requests`, `local`, `lost`.
    state: String,
    /// The escort that comes first here.
    yields_to: Option<u64>,
    /// It is expected to stop there.
    stops: bool,
    requests_sent: u32,
    requests_refused: u32,
    recovery_cycles: Option<u32>,
}

/// What became of an escort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Report {
    /// From its start to the last stop line; absent when it ended before.
    travel_s: Option<f64>,
    requests_sent: u32,
    requests_refused: u32,
    /// The longest of any intersection.
    recovery_cycles: Option<u32>,
    pub(super) rows: Vec<EscortRow>,
}

/// The ledger.
#[derive(Debug, Default)]
pub(super) struct Acts {
    acts: BTreeMap<u64, Act>,
    /// Escorts under way, as the last picture has them.
    pub(super) runs: Vec<Run>,
    writes: Vec<Write>,
}

fn row(network: &Network, row: &Row) -> EscortRow {
    let progress = serde_json::to_value(row.progress).unwrap_or_default();
    EscortRow {
        intersection: network.intersection(row.intersection).id.clone(),
        foretold: seconds(row.foretold),
        predicted: seconds(row.predicted),
        green_from: row.green_from.map(seconds),
        green_until: row.green_until.map(seconds),
        passed: row.passed.map(seconds),
        state: progress["state"].as_str().unwrap_or_default().to_owned(),
        yields_to: progress["to"].as_u64(),
        stops: row.stops,
        requests_sent: row.sent,
        requests_refused: row.refused,
        recovery_cycles: row.recovery_cycles,
    }
}

/// Rows of an escort, for people.
pub(super) fn rows(network: &Network, rows: &[Row]) -> Vec<EscortRow> {
    rows.iter().map(|r| row(network, r)).collect()
}

impl Act {
    /// The order for the core; where there is none, the act is over, or refused.
    fn order(&mut self, network: &Network, now: Moment) -> Option<Event> {
        let what = match &self.asked {
            Asked::Intervention(ask) => ask.read(network).map(|(what, _)| what),
            Asked::Escort(ask) => ask.read(network, self.from).map(|(escort, _)| Intervention::Escort(escort)),
        };
        match what {
            Ok(what) if self.until > now => {
                self.state = State::Asked;
                return Some(Event::Order(Order::Begin { id: self.id, what, until: self.until }));
            }
            Ok(_) => (self.state, self.ended, self.ended_by) = (State::Ended, Some(self.until), Some("expiry".into())),
            Err(problems) => (self.state, self.ended, self.problems) = (State::Refused, Some(now), problems),
        }
        None
    }
}

impl Acts {
    /// What was written down by an earlier service.
    pub(super) fn remembered(documents: &[Document]) -> Acts {
        let acts = documents.iter().filter_map(|d| serde_json::from_str::<Act>(&d.body).ok());
        Acts { acts: acts.map(|act| (act.id, act)).collect(), ..Acts::default() }
    }

    /// All of them, the newest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Act> {
        self.acts.values().rev()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Act> {
        self.acts.get(&id)
    }

    /// Writes that are due.
    pub(super) fn take_writes(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.writes)
    }

    /// Enters something new; the order for the core.
    pub(super) fn enter(
        &mut self,
        asked: Asked,
        what: Intervention,
        (by, second): (String, Option<String>),
        (now, until): (Moment, Moment),
    ) -> (u64, Event) {
        let id = self.insert(asked, (by, second), (now, until), State::Asked);
        (id, Event::Order(Order::Begin { id, what, until }))
    }

    /// Enters something that begins later.
    pub(super) fn plan(
        &mut self,
        asked: Asked,
        (by, second): (String, Option<String>),
        (from, until): (Moment, Moment),
    ) -> u64 {
        self.insert(asked, (by, second), (from, until), State::Scheduled)
    }

    fn insert(
        &mut self,
        asked: Asked,
        (by, second): (String, Option<String>),
        (from, until): (Moment, Moment),
        state: State,
    ) -> u64 {
        // Grows through restarts, as the generation of a push does.
        let by_time = u64::try_from(from.unix_seconds()).unwrap_or(0);
        let id = self.acts.keys().next_back().map_or(1, |last| last + 1).max(by_time);
        let (ended, ended_by, report) = (None, None, None);
        let act = Act { id, asked, by, second, from, until, state, ended, ended_by, problems: Vec::new(), report };
        self.acts.insert(id, act);
        self.keep(id);
        id
    }

    /// Orders whose time has come.
    pub(super) fn due(&mut self, network: &Network, now: Moment) -> Vec<Event> {
        let due = |act: &&Act| act.state == State::Scheduled && act.from <= now;
        let due: Vec<u64> = self.acts.values().filter(due).map(|act| act.id).collect();
        let mut events = Vec::new();
        for id in due {
            let Some(act) = self.acts.get_mut(&id) else { continue };
            act.state = State::Asked;
            events.extend(act.order(network, now));
            self.keep(id);
        }
        events
    }

    /// Takes back what has not begun.
    pub(super) fn take_back(&mut self, id: u64, by: &str, now: Moment) -> bool {
        let Some(act) = self.acts.get_mut(&id).filter(|act| act.state == State::Scheduled) else { return false };
        (act.state, act.ended, act.ended_by) = (State::Ended, Some(now), Some(by.to_owned()));
        self.keep(id);
        true
    }

    /// Notes who wants something ended.
    pub(super) fn ended_by(&mut self, id: u64, by: &str) {
        if let Some(act) = self.acts.get_mut(&id) {
            act.ended_by = Some(by.to_owned());
        }
    }

    fn keep(&mut self, id: u64) {
        let Some(act) = self.acts.get(&id) else { return };
        let Ok(body) = serde_json::to_string(act) else { return };
        let at = act.ended.unwrap_or(act.from);
        self.writes.push(Write::Put(Document { kind: KIND.into(), key: id.to_string(), at, body }));
        let over = |act: &&Act| matches!(act.state, State::Ended | State::Refused);
        while self.acts.len() > MOST {
            let Some(oldest) = self.acts.values().find(over).map(|act| act.id) else { return };
            self.acts.remove(&oldest);
            self.writes.push(Write::Remove { kind: KIND.into(), key: oldest.to_string() });
        }
    }

    /// Takes the loop's next picture; whether something changed.
    pub(super) fn take(&mut self, picture: &Picture) -> Vec<u64> {
        self.runs.clone_from(&picture.escorts);
        let mut changed = Vec::new();
        for decision in &picture.decisions {
            let (order, change): (u64, &dyn Fn(&mut Act)) = match decision {
                Decision::Began { order, .. } => (*order, &|act| act.state = State::Standing),
                Decision::Ended { order, by, .. } => (*order, &|act| {
                    act.state = State::Ended;
                    act.ended = Some(picture.at);
                    act.ended_by = match by {
                        EndedBy::Person => act.ended_by.take(),
                        EndedBy::Expiry => Some("expiry".into()),
                        EndedBy::Done => Some("done".into()),
                        // The core stops; the next one is handed it again.
                        EndedBy::Stop => {
                            act.state = State::Standing;
                            act.ended = None;
                            None
                        }
                    };
                }),
                Decision::RefusedOrder { order, problems, .. } => (*order, &|act| {
                    if act.state == State::Asked {
                        act.state = State::Refused;
                        act.ended = Some(picture.at);
                    }
                    act.problems = problems.iter().map(Fault::from).collect();
                }),
                Decision::EscortReport { order, travel, sent, refused, recovery_cycles, rows: all, .. } => {
                    (*order, &|act| {
                        act.report = Some(Report {
                            travel_s: travel.map(|t| t.seconds()),
                            requests_sent: *sent,
                            requests_refused: *refused,
                            recovery_cycles: *recovery_cycles,
                            rows: rows(&picture.network, all),
                        });
                    })
                }
                _ => continue,
            };
            let Some(act) = self.acts.get_mut(&order) else { continue };
            change(act);
            changed.push(order);
            self.keep(order);
        }
        changed
    }

    /// Orders for a core that knows none: everything that stood and is not over yet.
    pub(super) fn again(&mut self, network: &Network, now: Moment) -> Vec<Event> {
        let mut events = Vec::new();
        let mut over = Vec::new();
        for act in self.acts.values_mut().filter(|act| matches!(act.state, State::Asked | State::Standing)) {
            events.extend(act.order(network, now));
            over.push(act.id);
        }
        over.into_iter().for_each(|id| self.keep(id));
        events
    }
}
