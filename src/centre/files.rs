//! Definition files and changes to them: edited, checked, staged, approved, applied, undone.
//!
//! ```text
//!  text ─► check ─► staged ──approve (another engineer, or a typed confirmation)──► approved ──apply──► waiting ──► applied
//!            │                                                                        at a safe point of the loop    │ undo
//!            ▼ problems: nothing is kept                                                                             ▼
//!          told                                                                                                   undone
//! ```
//! What the loop goes by is always one of the versions that were checked whole: a file is checked together with all others as one
//! network, written whole or not at all, and the loop takes the new definitions where no change of plans is under way.

use super::live::{Name, seconds};
use super::problem::Fault;
use crate::control::Setup;
use crate::corridor::{Network, Problem, load};
use crate::units::Moment;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// Changes remembered.
const MOST: usize = 200;
/// Differences shown of one change.
const MOST_DIFFERENCES: usize = 200;

/// The definition files, and what is made of them; the command line's.
pub trait Workshop: Send + Sync {
    /// Every file of the network, by name, in the order in which they are read.
    ///
    /// # Errors
    /// When one can not be read.
    fn files(&self) -> Result<Vec<(String, Vec<u8>)>, String>;
    /// Writes one of them whole or not at all.
    ///
    /// # Errors
    /// When it can not be written; then it is as it was.
    fn write(&self, name: &str, text: &str) -> Result<(), String>;
    /// A core's setup for a network.
    ///
    /// # Errors
    /// When there is none, such as without counts of its streets.
    fn setup(&self, network: Arc<Network>) -> Result<Setup, String>;
    /// What the model expects of a network's own best plans for the mean day at a moment.
    fn effect(&self, network: &Network, now: Moment) -> Option<Expected>;
}

/// What the model expects of the best plans, at the mean day's flows of a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Delay of all vehicles, veh h/h.
    pub delay_veh_h_per_h: f64,
    /// Stops of all vehicles an hour.
    pub stops_per_h: f64,
    /// Highest degree of saturation of any lane group.
    pub worst_saturation: f64,
}

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Staged,
    Approved,
    /// Written; the loop takes it at the next safe point.
    Waiting,
    Applied,
    Undone,
}

/// One change of one file.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) id: u64,
    pub(super) file: String,
    pub(super) at: Moment,
    pub(super) by: String,
    pub(super) approved_by: Option<String>,
    pub(super) applied_at: Option<Moment>,
    pub(super) state: State,
    before: String,
    pub(super) text: String,
    differences: Vec<Difference>,
    predicted: Vec<Predicted>,
}

/// A place at which the network would be another.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Difference {
    place: String,
    before: Value,
    after: Value,
}

/// What the model expects before and after.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Predicted {
    measure: &'static str,
    name: Name,
    unit: &'static str,
    before: f64,
    after: f64,
}

/// A change, for pages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct ChangePage {
    id: u64,
    file: String,
    at: f64,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_at: Option<f64>,
    state: State,
    differences: Vec<Difference>,
    predicted: Vec<Predicted>,
}

/// What checking says of a text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Checked {
    ok: bool,
    /// Everything wrong, all at once.
    problems: Vec<Fault>,
    differences: Vec<Difference>,
    predicted: Vec<Predicted>,
}

/// A file, for pages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct FilePage {
    name: String,
    text: String,
    /// SHA-256 of all definitions together.
    fingerprint: String,
}

/// Why a change could not be moved on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stuck {
    /// There is no such change or file.
    NotThere,
    /// Not in the state it is in; what to do.
    NotNow(&'static str),
    /// The machine.
    Machine(String),
}

/// All changes.
pub(super) struct Files {
    shop: Arc<dyn Workshop>,
    changes: Vec<Change>,
    next: u64,
    /// For the loop's next safe point, with the change it comes from.
    ready: Option<(u64, Box<Setup>)>,
}

impl Files {
    pub(super) fn new(shop: Arc<dyn Workshop>) -> Files {
        Files { shop, changes: Vec::new(), next: 1, ready: None }
    }

    /// Names of the files.
    pub(super) fn names(&self) -> Result<Vec<String>, Stuck> {
        Ok(self.shop.files().map_err(Stuck::Machine)?.into_iter().map(|(name, _)| name).collect())
    }

    /// A file's text.
    pub(super) fn read(&self, name: &str, network: &Network) -> Result<FilePage, Stuck> {
        let files = self.shop.files().map_err(Stuck::Machine)?;
        let (name, bytes) = files.into_iter().find(|(file, _)| file == name).ok_or(Stuck::NotThere)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(FilePage { name, text, fingerprint: network.fingerprint().to_owned() })
    }

    /// Checks a text in a file's place, as one network with all others.
    pub(super) fn check(&self, name: &str, text: &str, network: &Network, now: Moment) -> Result<Checked, Stuck> {
        let none = |problems| Checked { ok: false, problems, differences: Vec::new(), predicted: Vec::new() };
        Ok(match self.built(name, text)? {
            Err(problems) => none(problems),
            Ok(built) => {
                let differences = differences(network, &built);
                let predicted = self.predicted(network, &built, now);
                Checked { ok: true, problems: Vec::new(), differences, predicted }
            }
        })
    }

    fn built(&self, name: &str, text: &str) -> Result<Result<Network, Vec<Fault>>, Stuck> {
        let mut files = self.shop.files().map_err(Stuck::Machine)?;
        let file = files.iter_mut().find(|(file, _)| file == name).ok_or(Stuck::NotThere)?;
        file.1 = text.as_bytes().to_vec();
        Ok(load(&files).map_err(|problems| problems.iter().map(fault).collect()))
    }

    fn predicted(&self, before: &Network, after: &Network, now: Moment) -> Vec<Predicted> {
        let (Some(a), Some(b)) = (self.shop.effect(before, now), self.shop.effect(after, now)) else {
            return Vec::new();
        };
        let row = |measure, zh: &str, en: &str, unit, of: fn(&Expected) -> f64| Predicted {
            measure,
            name: Name { zh: zh.into(), en: en.into() },
            unit,
            before: of(&a),
            after: of(&b),
        };
        vec![
            row("delay", "总延误", "delay of all", "veh h/h", |e| e.delay_veh_h_per_h),
            row("stops", "停车次数", "stops", "1/h", |e| e.stops_per_h),
            row("worst-saturation", "最大饱和度", "highest degree of saturation", "", |e| e.worst_saturation),
        ]
    }

    /// Keeps a text that is in order.
    pub(super) fn stage(
        &mut self,
        name: &str,
        text: &str,
        by: &str,
        network: &Network,
        now: Moment,
    ) -> Result<Result<ChangePage, Vec<Fault>>, Stuck> {
        let before = self.read(name, network)?.text;
        let checked = self.check(name, text, network, now)?;
        if !checked.ok {
            return Ok(Err(checked.problems));
        }
        let change = Change {
            id: self.next,
            file: name.to_owned(),
            at: now,
            by: by.to_owned(),
            approved_by: None,
            applied_at: None,
            state: State::Staged,
            before,
            text: text.to_owned(),
            differences: checked.differences,
            predicted: checked.predicted,
        };
        self.next += 1;
        let page = page(&change);
        self.changes.push(change);
        if self.changes.len() > MOST {
            self.changes.remove(0);
        }
        Ok(Ok(page))
    }

    fn find(&mut self, id: u64) -> Result<&mut Change, Stuck> {
        self.changes.iter_mut().find(|change| change.id == id).ok_or(Stuck::NotThere)
    }

    /// Who staged it, and of which file, for whoever asks whether a second person approves.
    pub(super) fn author(&self, id: u64) -> Option<(&str, &str)> {
        self.changes.iter().find(|change| change.id == id).map(|change| (change.by.as_str(), change.file.as_str()))
    }

    /// Approves a staged change.
    pub(super) fn approve(&mut self, id: u64, by: &str) -> Result<ChangePage, Stuck> {
        let change = self.find(id)?;
        if change.state != State::Staged {
            return Err(Stuck::NotNow("only a staged change can be approved"));
        }
        change.state = State::Approved;
        change.approved_by = Some(by.to_owned());
        Ok(page(change))
    }

    /// Writes an approved change and hands it to the loop.
    pub(super) fn apply(&mut self, id: u64) -> Result<ChangePage, Stuck> {
        let change = self.find(id)?.clone();
        if change.state != State::Approved {
            return Err(Stuck::NotNow("only an approved change can be applied"));
        }
        self.put(&change.file, &change.before, &change.text, id)?;
        let change = self.find(id)?;
        change.state = State::Waiting;
        Ok(page(change))
    }

    /// Puts back what was before an applied change.
    pub(super) fn undo(&mut self, id: u64) -> Result<ChangePage, Stuck> {
        let change = self.find(id)?.clone();
        match change.state {
            State::Staged | State::Approved => {}
            State::Waiting | State::Applied => self.put(&change.file, &change.text, &change.before, id)?,
            State::Undone => return Err(Stuck::NotNow("it was undone already")),
        }
        let change = self.find(id)?;
        change.state = State::Undone;
        Ok(page(change))
    }

    /// Replaces a text by another; refused where somebody else changed the file meanwhile.
    fn put(&mut self, file: &str, from: &str, to: &str, id: u64) -> Result<(), Stuck> {
        let files = self.shop.files().map_err(Stuck::Machine)?;
        let now = files.iter().find(|(name, _)| name == file).ok_or(Stuck::NotThere)?;
        if now.1 != from.as_bytes() {
            return Err(Stuck::NotNow("the file was changed meanwhile; look at it and stage anew"));
        }
        let network =
            self.built(file, to)?.map_err(|_| Stuck::NotNow("with the other files of now it is not in order"))?;
        let setup = self.shop.setup(Arc::new(network)).map_err(Stuck::Machine)?;
        self.shop.write(file, to).map_err(Stuck::Machine)?;
        self.ready = Some((id, Box::new(setup)));
        Ok(())
    }

    /// For the loop, at a safe point.
    pub(super) fn take_ready(&mut self, now: Moment) -> Option<Box<Setup>> {
        let (id, setup) = self.ready.take()?;
        if let Some(change) = self.changes.iter_mut().find(|c| c.id == id && c.state == State::Waiting) {
            change.state = State::Applied;
            change.applied_at = Some(now);
        }
        Some(setup)
    }

    /// What was changed on disk by other means, checked and handed to the loop; problems where it is not in order. `going_by`: the
    /// fingerprint of the definitions the loop goes by.
    pub(super) fn reload(&mut self, going_by: &str) -> Result<bool, Vec<Fault>> {
        let machine = |why: String| vec![Fault { place: "files".into(), rule: why, mend: "make them readable".into() }];
        let files = self.shop.files().map_err(machine)?;
        let network = load(&files).map_err(|problems| problems.iter().map(fault).collect::<Vec<_>>())?;
        if network.fingerprint() == going_by || self.ready.is_some() {
            return Ok(false);
        }
        let setup = self.shop.setup(Arc::new(network)).map_err(machine)?;
        self.ready = Some((0, Box::new(setup)));
        Ok(true)
    }

    /// All changes, the newest first.
    pub(super) fn changes(&self) -> Vec<ChangePage> {
        self.changes.iter().rev().map(page).collect()
    }
}

fn page(change: &Change) -> ChangePage {
    ChangePage {
        id: change.id,
        file: change.file.clone(),
        at: seconds(change.at),
        by: change.by.clone(),
        approved_by: change.approved_by.clone(),
        applied_at: change.applied_at.map(seconds),
        state: change.state,
        differences: change.differences.clone(),
        predicted: change.predicted.clone(),
    }
}

fn fault(problem: &Problem) -> Fault {
    Fault {
        place: format!("{}:{}:{}", problem.file, problem.line, problem.column),
        rule: problem.message.clone(),
        mend: problem.mend.clone(),
    }
}

/// Where two networks are not the same.
fn differences(a: &Network, b: &Network) -> Vec<Difference> {
    let mut found = Vec::new();
    let values = serde_json::to_value(a).ok().zip(serde_json::to_value(b).ok());
    if let Some((a, b)) = values {
        differ("", &a, &b, &mut found);
    }
    found.retain(|d| d.place != "fingerprint");
    found
}

fn differ(place: &str, a: &Value, b: &Value, found: &mut Vec<Difference>) {
    if a == b || found.len() >= MOST_DIFFERENCES {
        return;
    }
    let below = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys: std::collections::BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for key in keys {
                differ(&below(key), x.get(key).unwrap_or(&Value::Null), y.get(key).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(x), Value::Array(y)) => {
            for k in 0..x.len().max(y.len()) {
                // What has an id is named by it.
                let id = [y.get(k), x.get(k)].into_iter().flatten().find_map(|v| v.get("id")?.as_str());
                let key = id.map_or_else(|| (k + 1).to_string(), str::to_owned);
                differ(&below(&key), x.get(k).unwrap_or(&Value::Null), y.get(k).unwrap_or(&Value::Null), found);
            }
        }
        _ => found.push(Difference { place: place.to_owned(), before: a.clone(), after: b.clone() }),
    }
}
