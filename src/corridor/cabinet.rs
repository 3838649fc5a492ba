//! Cabinets: who is reached where, and by which register profile.
//!
//! Knows: addresses and profiles across files. Must not know: what profiles say.

use super::compile::name;
use super::definition::{File, IntersectionDef};
use super::device::{Cabinet, Line};
use super::problem::{At, Findings, Spot};
use super::profile::{RegisterProfile, shipped};
use super::rule::Rule;
use super::served::nearest;
use super::signals::once;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The profiles that a network's cabinets may name: its files' and the shipped ones; `None` where a file's was refused.
pub(super) struct Profiles {
    files: Vec<(Option<String>, Option<Arc<RegisterProfile>>)>,
}

impl Profiles {
    /// The profiles of the files. One of them may be a shipped one, word for word; else its id is its own.
    pub(super) fn collect(findings: &mut Findings, read: &[File]) -> Self {
        let mut seen = BTreeMap::new();
        let mut files = Vec::new();
        for file in read {
            let File::Profile(def) = file else { continue };
            let profile = def.profile.as_ref().map(|profile| Arc::new(profile.clone()));
            let id = def.id.as_ref().map(|id| id.value.clone());
            if let Some(id) = &def.id {
                once(findings, &mut seen, id.value.clone(), id.spot, "profile");
                let same = shipped().iter().find(|shipped| shipped.id == id.value);
                if let (Some(shipped), Some(profile)) = (same, &profile)
                    && shipped != profile
                {
                    let message = format!("profile {}: a profile of this id is shipped, and differs", id.value);
                    let mend = "Give this one an id of its own, and name that in the cabinets.";
                    findings.tell(id.spot, Rule::IdTwice, message, mend);
                }
            }
            files.push((id, profile));
        }
        Profiles { files }
    }

    /// The files' profiles; `None` when one was refused.
    pub(super) fn own(&self) -> Option<Vec<Arc<RegisterProfile>>> {
        self.files.iter().map(|(_, profile)| profile.clone()).collect()
    }

    /// Ids of all, shipped ones first.
    fn ids(&self) -> impl Iterator<Item = &str> {
        let own = self.files.iter().filter_map(|(id, _)| id.as_deref());
        shipped().iter().map(|profile| profile.id.as_str()).chain(own)
    }

    /// The profile of an id; `None` where there is none, or it was refused.
    fn find(&self, id: &str) -> Option<&Arc<RegisterProfile>> {
        let own = self.files.iter().find(|(known, _)| known.as_deref() == Some(id)).map(|(_, profile)| profile);
        own.map_or_else(|| shipped().iter().find(|profile| profile.id == id), Option::as_ref)
    }
}

/// The cabinets of a network's files as they are compiled.
pub(super) struct Cabinets<'p> {
    profiles: &'p Profiles,
    whole: bool,
    seen: BTreeMap<(String, u16), Spot>,
    lines: BTreeMap<String, At<Line>>,
}

impl<'p> Cabinets<'p> {
    /// None seen yet; `whole` says that every file was read.
    pub(super) fn new(profiles: &'p Profiles, whole: bool) -> Self {
        Cabinets { profiles, whole, seen: BTreeMap::new(), lines: BTreeMap::new() }
    }

    /// The cabinet of an intersection.
    pub(super) fn compile(&mut self, findings: &mut Findings, at: &IntersectionDef) -> Option<Cabinet> {
        let def = at.cabinet.as_ref()?;
        let profile = self.profile(findings, at);
        self.alone(findings, at);
        Some(Cabinet {
            line: def.line.as_ref()?.value.clone(),
            unit: u8::try_from(def.unit.as_ref()?.value).ok()?,
            profile: profile?,
            heartbeat_timeout: def.heartbeat_timeout.as_ref()?.value,
            clock_zero: def.clock_zero.as_ref().map(|zero| zero.value),
            countdown: def.countdown,
        })
    }

    /// The profile it names.
    fn profile(&self, findings: &mut Findings, at: &IntersectionDef) -> Option<Arc<RegisterProfile>> {
        let wanted = at.cabinet.as_ref()?.profile.as_ref()?;
        if self.whole && !self.profiles.ids().any(|id| id == wanted.value) {
            let message = format!("{}: there is no register profile {}", name(at), wanted.value.escape_debug());
            let mut known: Vec<&str> = self.profiles.ids().collect();
            known.dedup();
            let mend = nearest(&wanted.value, known.iter().copied()).unwrap_or_else(|| {
                format!("There are {}; others are files of kind = \"profile\" among the paths.", known.join(", "))
            });
            findings.tell(wanted.spot, Rule::CabinetProfile, message, mend);
        }
        self.profiles.find(&wanted.value).cloned()
    }

    /// A cabinet belongs to one intersection; those that share a line agree how it is reached.
    fn alone(&mut self, findings: &mut Findings, at: &IntersectionDef) {
        let Some(def) = &at.cabinet else { return };
        let Some(line) = &def.line else { return };
        let (place, known) = (line.value.to_string(), self.lines.get(&line.value.to_string()));
        match known {
            None => drop(self.lines.insert(place.clone(), line.clone())),
            Some(first) if first.value != line.value => {
                let there = findings.locate(first.spot);
                let message = format!("{}: {place} is reached in another way at {there}", name(at));
                let mend = "Say the same transport, baud and parity of all cabinets on one line.";
                findings.tell(line.spot, Rule::CabinetLine, message, mend);
            }
            Some(_) => {}
        }
        let Some(unit) = &def.unit else { return };
        let key = (place, unit.value);
        let Some(first) = self.seen.get(&key) else {
            self.seen.insert(key, line.spot);
            return;
        };
        let there = findings.locate(*first);
        let message = format!("{}: cabinet {} unit {} is another intersection's, at {there}", name(at), key.0, key.1);
        findings.tell(line.spot, Rule::CabinetTwice, message, "Give each intersection its own address or unit.");
    }
}
