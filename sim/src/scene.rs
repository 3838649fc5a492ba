//! Scenes: what happens on a street besides its ordinary days, from scenario files or files of their own.
//!
//! Knows: the tables that name closures, incidents and vehicles of their own. Must not know: what each does to traffic.
//!
//! Every table may stand in a scenario file, where it holds on all its days, or in a file with `kind = "scene"` and a `name`,
//! which is laid over any scenario.

use serde::{Deserialize, Serialize};

use crate::bus::{BusLine, BusLineFacts, BusMeasure};
use crate::closure::{self, Closure, ClosureFacts};
use crate::emergency::{Emergency, EmergencyFacts, EmergencyMeasure};
use crate::event::{Event, EventFacts};
use crate::reversal::{Reversal, ReversalFacts};
use crate::route::Names;
use crate::scenario::ScenarioError;
use crate::street::Street;
use crate::weather::{Rain, RainFacts};

/// The tables of a scene.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// Always `scene`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Lanes closed for works.
    #[serde(default)]
    pub closure: Vec<ClosureFacts>,
    /// Lanes blocked by incidents.
    #[serde(default)]
    pub incident: Vec<ClosureFacts>,
    /// Emergency vehicles.
    #[serde(default)]
    pub emergency: Vec<EmergencyFacts>,
    /// Bus lines.
    #[serde(default)]
    pub bus_line: Vec<BusLineFacts>,
    /// Trips to and from events.
    #[serde(default)]
    pub event: Vec<EventFacts>,
    /// Rain for a part of the day.
    #[serde(default)]
    pub rain: Vec<RainFacts>,
    /// Lanes that the other direction has for a time.
    #[serde(default)]
    pub reversed_lane: Vec<ReversalFacts>,
}

/// A scene on one street.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Staged {
    /// Closures and incidents.
    pub closures: Vec<Closure>,
    /// Emergency vehicles.
    pub emergencies: Vec<Emergency>,
    /// Bus lines.
    pub bus_lines: Vec<BusLine>,
    /// Events.
    pub events: Vec<Event>,
    /// Rain.
    pub rains: Vec<Rain>,
    /// Reversed lanes.
    pub reversals: Vec<Reversal>,
}

/// What a run tells of its scene.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SceneMeasures {
    /// Emergency vehicles, in the order of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emergencies: Vec<EmergencyMeasure>,
    /// Buses, line by line in the order of their departures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buses: Vec<BusMeasure>,
}

impl Scene {
    /// An empty scene of this name.
    pub(crate) fn named(name: &str) -> Scene {
        Scene { kind: "scene".to_owned(), name: name.to_owned(), ..Scene::default() }
    }

    /// Reads a file of its own; `file` is for messages.
    ///
    /// # Errors
    /// What is wrong, with its lines.
    pub fn parse(file: &str, text: &str) -> Result<Scene, ScenarioError> {
        let error = |line: usize, problem: String| ScenarioError { file: file.to_owned(), line, problem };
        let scene: Scene = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |s| s.start.min(text.len()));
            error(1 + text[..at].matches('\n').count(), e.message().to_owned())
        })?;
        if scene.kind != "scene" {
            let line = text.lines().position(|l| l.trim_start().starts_with("kind")).map_or(1, |l| l + 1);
            return Err(error(line, "kind must be \"scene\"".to_owned()));
        }
        scene.check(file, text).map(|()| scene)
    }

    /// Whether every key of every table is in range.
    ///
    /// # Errors
    /// The first that is not, with its line; the others follow in its text.
    pub(crate) fn check(&self, file: &str, text: &str) -> Result<(), ScenarioError> {
        let mut found = Vec::new();
        let mut look = |table: &str, each: Vec<Vec<String>>| {
            let lines =
                text.lines().enumerate().filter(|(_, l)| l.trim_start().starts_with(table)).map(|(at, _)| at + 1);
            let places = lines.map(Some).chain(std::iter::repeat(None));
            for (problems, line) in each.into_iter().zip(places) {
                found.extend(problems.into_iter().map(|p| (line.unwrap_or(1), format!("{table}: {p}"))));
            }
        };
        let closed = |facts: &[ClosureFacts]| facts.iter().map(|f| f.problems()).collect();
        look("[[closure]]", closed(&self.closure));
        look("[[incident]]", closed(&self.incident));
        look("[[emergency]]", self.emergency.iter().map(EmergencyFacts::problems).collect());
        look("[[bus_line]]", self.bus_line.iter().map(BusLineFacts::problems).collect());
        look("[[event]]", self.event.iter().map(EventFacts::problems).collect());
        look("[[rain]]", self.rain.iter().map(RainFacts::problems).collect());
        look("[[reversed_lane]]", self.reversed_lane.iter().map(ReversalFacts::problems).collect());
        found.sort_by_key(|f| f.0);
        let mut found = found.into_iter();
        let Some((line, mut problem)) = found.next() else { return Ok(()) };
        for (line, more) in found {
            problem.push_str(&format!("\n{file}:{line}: {more}"));
        }
        Err(ScenarioError { file: file.to_owned(), line, problem })
    }

    /// Whether it has nothing in it.
    pub fn is_empty(&self) -> bool {
        self.contents().is_empty()
    }

    /// What is in it, by the names of its tables and how many there are.
    pub fn contents(&self) -> Vec<(&'static str, usize)> {
        let all = [
            ("closure", self.closure.len()),
            ("incident", self.incident.len()),
            ("emergency vehicle", self.emergency.len()),
            ("bus line", self.bus_line.len()),
            ("event", self.event.len()),
            ("rain", self.rain.len()),
            ("reversed lane", self.reversed_lane.len()),
        ];
        all.into_iter().filter(|c| c.1 > 0).collect()
    }

    /// The scene on a street, checked against it.
    ///
    /// # Errors
    /// Everything the street can not bear or does not have, with what to do.
    pub fn on(&self, street: &Street, names: Names<'_>) -> Result<Staged, Vec<String>> {
        let (mut staged, mut problems) = (Staged::default(), Vec::new());
        let closed = self.closure.iter().map(|c| (c, false)).chain(self.incident.iter().map(|c| (c, true)));
        for (c, incident) in closed {
            match (names.approach)(&c.intersection, c.approach) {
                Some(link) => staged.closures.push(c.on(link, incident)),
                None => {
                    let (id, letter) = (&c.intersection, c.approach.letter());
                    problems.push(format!("the street has no approach {id} {letter}; name one it has"));
                }
            }
        }
        for e in &self.emergency {
            match e.on(street, names) {
                Ok(vehicle) => staged.emergencies.push(vehicle),
                Err(problem) => problems.push(format!("emergency vehicle {}: {problem}", e.id)),
            }
        }
        for line in &self.bus_line {
            match line.on(street, names) {
                Ok(line) => staged.bus_lines.push(line),
                Err(found) => problems.extend(found.iter().map(|p| format!("bus line {}: {p}", line.id))),
            }
        }
        for event in &self.event {
            match event.on(street, names) {
                Ok(event) => staged.events.push(event),
                Err(found) => problems.extend(found.iter().map(|p| format!("event {}: {p}", event.name))),
            }
        }
        staged.rains.extend(self.rain.iter().map(RainFacts::rain));
        for reversal in &self.reversed_lane {
            match reversal.on(names) {
                Ok(reversal) => staged.reversals.push(reversal),
                Err(found) => problems.extend(found.iter().map(|p| format!("reversed lane: {p}"))),
            }
        }
        let reversed = staged.reversals.iter().flat_map(|r| r.stretches);
        let closed: Vec<Closure> = staged.closures.iter().copied().chain(reversed).collect();
        if let Err(found) = closure::check(street, &closed) {
            problems.extend(found.iter().map(ToString::to_string));
        }
        if problems.is_empty() { Ok(staged) } else { Err(problems) }
    }
}

impl Staged {
    /// Adds another scene's.
    pub fn and(&mut self, more: Staged) {
        self.closures.extend(more.closures);
        self.emergencies.extend(more.emergencies);
        self.bus_lines.extend(more.bus_lines);
        self.events.extend(more.events);
        self.rains.extend(more.rains);
        self.reversals.extend(more.reversals);
    }

    /// Whether it rains twice at once.
    pub fn rains_twice(&self) -> bool {
        let before = |(k, r): (usize, &Rain)| self.rains[..k].iter().any(|o| o.meets(r));
        self.rains.iter().enumerate().any(before)
    }

    /// Only who wishes to enter from `from_s` until before `to_s`.
    #[must_use]
    pub fn within(mut self, from_s: f64, to_s: f64) -> Staged {
        let holds = |at_s: &f64| (from_s..to_s).contains(at_s);
        self.emergencies.retain(|e| holds(&e.at_s));
        self.bus_lines.iter_mut().for_each(|line| line.departures_s.retain(holds));
        self.events.iter_mut().for_each(|event| event.window_s = (from_s, to_s));
        self
    }
}
