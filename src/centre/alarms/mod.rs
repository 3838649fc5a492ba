//! The alarm book: what stands, since when, who has seen it.
//!
//! Knows: pictures of the loop, the store's health. Must not know: HTTP; who may acknowledge.
//!
//! ```text
//!  picture ─► causes that stand now ─┐
//!  decisions ─► causes for a while ──┴─► book: one alarm a cause ─► rows, documents for the store
//!
//!               raise                acknowledge
//!    (nothing) ──────► open ─────────────────────► acknowledged
//!                      │  ▲ end of shelving            │
//!                shelve│  │                     shelve │
//!                      ▼  │                            ▼
//!                     shelved ◄────────────────────────┘        from each of them, when the cause is gone: cleared
//! ```
//! A cause that comes back within ten minutes is the same alarm again, counted, not another line; alarms of one kind on one
//! corridor share a group, so that a flood is one line. What has a state (a link, a cabinet's mode) is read off each picture, so
//! that a picture that was left out leaves no alarm standing; what is told once stands until the cabinet runs what it was sent,
//! or for a day.

mod causes;
mod words;

pub(super) use words::Kind;

use crate::control::Decision;
use crate::corridor::{Name, Network};
use crate::service::Picture;
use crate::store::{Document, Health, Reader, Write};
use crate::units::{Moment, Tenths};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const DOCUMENT: &str = "alarm";
/// A cause that comes back within this time is the same alarm.
const AGAIN: Tenths = Tenths::from_seconds(600);
/// A push that failed is tried again: told once and not again, it stands so long.
const FADES: Tenths = Tenths::from_seconds(900);
/// What else is told once stands until it is taken back, or for a day.
const LASTS: Tenths = Tenths::from_seconds(86_400);
/// Most cleared alarms kept; the ones that cleared first go first.
const MOST_CLEARED: usize = 1000;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    High,
    Medium,
    Low,
}

/// What somebody has done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Open,
    Acknowledged,
    Shelved,
    Cleared,
}

/// What is wrong, where: the same cause is the same alarm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Cause {
    pub(super) kind: Kind,
    /// Id of the intersection, or empty.
    pub(super) place: String,
    /// A detector's channel; 0 otherwise.
    pub(super) channel: u16,
}

/// One alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Alarm {
    id: u64,
    cause: Cause,
    /// More about it, in the words of the trade.
    detail: String,
    /// Came up first.
    at: Moment,
    /// Came up last, or cleared.
    last: Moment,
    count: u32,
    state: State,
    by: Option<String>,
    shelved_until: Option<Moment>,
    why: Option<String>,
}

/// An alarm as it is told.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct AlarmPage {
    pub(super) id: u64,
    at: f64,
    last: f64,
    count: u32,
    severity: Severity,
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    intersection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    corridor: Option<String>,
    text: Text,
    state: State,
    /// Who acknowledged or shelved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shelved_until: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    group: String,
}

/// A text in both languages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Text {
    zh: String,
    en: String,
}

/// All alarms.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    all: BTreeMap<u64, Alarm>,
    by_cause: BTreeMap<Cause, u64>,
    next: u64,
    /// Causes told once, until when they stand.
    told: BTreeMap<Cause, (Moment, String)>,
    missed: Option<(u64, Moment)>,
    changed: BTreeSet<u64>,
    gone: Vec<u64>,
}

impl Alarms {
    /// What the store remembers; what cannot be read is raised again by the next picture.
    pub(super) fn load(reader: &Reader) -> Alarms {
        let mut alarms = Alarms::default();
        for document in reader.documents(DOCUMENT).unwrap_or_default() {
            let Ok(alarm) = serde_json::from_str::<Alarm>(&document.body) else { continue };
            alarms.next = alarms.next.max(alarm.id);
            alarms.by_cause.insert(alarm.cause.clone(), alarm.id);
            alarms.all.insert(alarm.id, alarm);
        }
        alarms
    }

    /// Takes a picture and the store's health; tells the alarms that are other than before.
    pub(super) fn take(&mut self, picture: &Picture, store: &Health) -> Vec<AlarmPage> {
        let now = picture.at;
        picture.decisions.iter().for_each(|decision| self.hear(decision, now));
        let standing = causes::standing(picture, store, &mut self.missed);
        let back = causes::in_centre(picture);
        let back = |cause: &Cause| cause.kind == Kind::LeftCentre && back.contains(&cause.place.as_str());
        self.told.retain(|cause, (until, _)| now < *until && !back(cause));
        let told = self.told.iter().map(|(cause, (_, detail))| (cause.clone(), detail.clone()));
        let causes: BTreeMap<Cause, String> = standing.into_iter().chain(told).collect();
        for (cause, detail) in &causes {
            self.raise(cause, detail, now);
        }
        let over = |alarm: &&Alarm| alarm.state != State::Cleared && !causes.contains_key(&alarm.cause);
        let over: Vec<u64> = self.all.values().filter(over).map(|alarm| alarm.id).collect();
        over.into_iter().for_each(|id| self.clear(id, now));
        self.unshelve(now);
        self.forget();
        self.changed.iter().filter_map(|id| self.all.get(id)).map(|a| a.page(&picture.network)).collect()
    }

    /// What the store is to keep since the last call.
    pub(super) fn writes(&mut self) -> Vec<Write> {
        let key = |id: u64| format!("{id:012}");
        let gone = std::mem::take(&mut self.gone).into_iter();
        let mut writes: Vec<Write> = gone.map(|id| Write::Remove { kind: DOCUMENT.to_owned(), key: key(id) }).collect();
        for alarm in std::mem::take(&mut self.changed).iter().filter_map(|id| self.all.get(id)) {
            // Plain data: it always has a JSON form.
            let Ok(body) = serde_json::to_string(alarm) else { continue };
            writes.push(Write::Put(Document { kind: DOCUMENT.to_owned(), key: key(alarm.id), at: alarm.last, body }));
        }
        writes
    }

    fn hear(&mut self, decision: &Decision, now: Moment) {
        if let Some((cause, detail)) = causes::told(decision) {
            let long = if cause.kind == Kind::PushFailed { FADES } else { LASTS };
            self.told.insert(cause, (now + long, detail));
        }
        // A cabinet that runs what it was sent has none of these any more.
        if let Decision::Activated { intersection, .. } = decision {
            self.told.retain(|cause, _| cause.place != *intersection || cause.kind == Kind::Detector);
        }
        if let Some(cause) = causes::taken_back(decision) {
            self.told.remove(&cause);
        }
    }

    fn raise(&mut self, cause: &Cause, detail: &str, now: Moment) {
        let known = self.by_cause.get(cause).and_then(|id| self.all.get_mut(id));
        match known {
            Some(alarm) if alarm.state != State::Cleared => {
                if alarm.detail != detail {
                    detail.clone_into(&mut alarm.detail);
                    self.changed.insert(alarm.id);
                }
            }
            Some(alarm) if now.elapsed_since(alarm.last) < AGAIN => {
                // Shelved against flapping, it stays so.
                let shelved = alarm.shelved_until.is_some_and(|until| now < until);
                alarm.state = if shelved { State::Shelved } else { State::Open };
                alarm.count = alarm.count.saturating_add(1);
                alarm.last = now;
                detail.clone_into(&mut alarm.detail);
                self.changed.insert(alarm.id);
            }
            _ => {
                self.next += 1;
                let (id, detail) = (self.next, detail.to_owned());
                let cause = cause.clone();
                self.by_cause.insert(cause.clone(), id);
                let (state, by, shelved_until, why) = (State::Open, None, None, None);
                let alarm = Alarm { id, cause, detail, at: now, last: now, count: 1, state, by, shelved_until, why };
                self.all.insert(id, alarm);
                self.changed.insert(id);
            }
        }
    }

    fn clear(&mut self, id: u64, now: Moment) {
        if let Some(alarm) = self.all.get_mut(&id) {
            (alarm.state, alarm.last) = (State::Cleared, now);
            self.changed.insert(id);
        }
    }

    fn unshelve(&mut self, now: Moment) {
        for alarm in self.all.values_mut().filter(|a| a.state == State::Shelved) {
            if alarm.shelved_until.is_none_or(|until| now >= until) {
                (alarm.state, alarm.shelved_until, alarm.by, alarm.why) = (State::Open, None, None, None);
                self.changed.insert(alarm.id);
            }
        }
    }

    fn forget(&mut self) {
        let mut cleared: Vec<(Moment, u64)> =
            self.all.values().filter(|a| a.state == State::Cleared).map(|a| (a.last, a.id)).collect();
        cleared.sort_unstable();
        let over = cleared.len().saturating_sub(MOST_CLEARED);
        for (_, id) in cleared.into_iter().take(over) {
            if let Some(alarm) = self.all.remove(&id)
                && self.by_cause.get(&alarm.cause) == Some(&id)
            {
                self.by_cause.remove(&alarm.cause);
            }
            self.changed.remove(&id);
            self.gone.push(id);
        }
    }

    /// Alarms that stand, or all that are remembered, the newest first.
    pub(super) fn pages(&self, network: &Network, all: bool) -> Vec<AlarmPage> {
        let wanted = |alarm: &&Alarm| all || alarm.state != State::Cleared;
        self.all.values().rev().filter(wanted).map(|alarm| alarm.page(network)).collect()
    }

    /// One alarm.
    pub(super) fn page(&self, network: &Network, id: u64) -> Option<AlarmPage> {
        self.all.get(&id).map(|alarm| alarm.page(network))
    }

    /// Somebody has seen an alarm; `false` where there is none that is open.
    pub(super) fn acknowledge(&mut self, id: u64, by: &str) -> bool {
        let Some(alarm) = self.all.get_mut(&id).filter(|a| a.state == State::Open) else { return false };
        (alarm.state, alarm.by) = (State::Acknowledged, Some(by.to_owned()));
        self.changed.insert(id);
        true
    }

    /// Somebody has seen all open alarms of a group; tells how many.
    pub(super) fn acknowledge_group(&mut self, network: &Network, group: &str, by: &str) -> usize {
        let open = self.all.values().filter(|a| a.state == State::Open && a.group(network).0 == group);
        let ids: Vec<u64> = open.map(|a| a.id).collect();
        ids.iter().filter(|id| self.acknowledge(**id, by)).count()
    }

    /// Puts an alarm away until then; `false` where there is none that stands.
    pub(super) fn shelve(&mut self, id: u64, until: Moment, why: &str, by: &str) -> bool {
        let Some(alarm) = self.all.get_mut(&id).filter(|a| a.state != State::Cleared) else { return false };
        alarm.state = State::Shelved;
        (alarm.by, alarm.why) = (Some(by.to_owned()), Some(why.to_owned()));
        alarm.shelved_until = Some(until);
        self.changed.insert(id);
        true
    }
}

impl Alarm {
    /// The group, and the corridor it is of.
    fn group(&self, network: &Network) -> (String, Option<String>) {
        let index = network.indices().find(|i| network.intersection(*i).id == self.cause.place);
        let on = |c: &&crate::corridor::Corridor| c.members.iter().any(|m| Some(m.intersection) == index);
        let corridor = network.corridors().iter().find(on).map(|c| c.id.clone());
        let kind = self.cause.kind.word();
        (corridor.as_ref().map_or_else(|| kind.to_owned(), |c| format!("{kind}/{c}")), corridor)
    }

    fn page(&self, network: &Network) -> AlarmPage {
        let (group, corridor) = self.group(network);
        let at = network.intersections().iter().find(|i| i.id == self.cause.place);
        let name = at.map(|i| i.name.clone());
        let Name { zh, en } = words::text(&self.cause, name.as_ref(), &self.detail);
        AlarmPage {
            id: self.id,
            at: super::live::seconds(self.at),
            last: super::live::seconds(self.last),
            count: self.count,
            severity: self.cause.kind.severity(),
            kind: self.cause.kind,
            intersection: (!self.cause.place.is_empty()).then(|| self.cause.place.clone()),
            corridor,
            text: Text { zh, en },
            state: self.state,
            by: self.by.clone(),
            shelved_until: self.shelved_until.map(super::live::seconds),
            why: self.why.clone(),
            group,
        }
    }
}

#[cfg(test)]
mod tests;
