//! The JSON Schema (draft 2020-12) of the definition language, made of what the reader asks for (`record`).
//!
//! Knows: how ways to write tables become schemas. Must not know: any key. What holds between values is not in it: a schema says
//! which keys there are and what stands under them, `load` says the rest.

use super::definition::{self, KINDS};
use super::probe::Probes;
use super::problem::{Findings, Spot};
use super::reader::Table;
use super::record::{Answer, Place, Recorder, Under, Way};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Bound on the runs of one kind.
const RUNS: usize = 20_000;

/// What was noted of the language's tables, by path.
#[derive(Default)]
struct Noted {
    ways: BTreeMap<String, Vec<Way>>,
    maps: BTreeMap<String, Under>,
}

/// The schema of a definition file of any kind, as TOML decoded to JSON (dates as texts).
pub fn schema() -> Value {
    let mut noted = Noted::default();
    for kind in KINDS {
        explore(kind, &mut noted);
    }
    let mut emitter = Emitter { noted: &noted, defs: Map::new() };
    let kinds: Vec<Value> = KINDS.iter().map(|kind| emitter.table(kind)).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "greenwave definition file",
        "description": "Which keys there are and what stands under them. What holds between values, `greenwave check` tells.",
        "oneOf": kinds,
        "$defs": emitter.defs,
    })
}

/// Reads a file of a kind that is not there, once for every combination of answers that matters.
fn explore(kind: &'static str, noted: &mut Noted) {
    let mut words = BTreeSet::new();
    // the answers of one table matter once, whatever was answered above it
    let mut tried: BTreeSet<(String, BTreeMap<Place, Answer>)> = BTreeSet::new();
    let mut queue = VecDeque::from([BTreeMap::new()]);
    let nothing = toml::de::DeTable::default();
    for _ in 0..RUNS {
        let Some(answers) = queue.pop_front() else { return };
        let Some(probes) = Probes::new(&words) else { return };
        let recorder = Recorder::begin(kind, answers, &probes);
        let spot = Spot { file: 0, start: 0, end: 0 };
        let table = Table::recording(&nothing, spot, recorder.clone());
        let mut findings = Findings::new(Vec::new());
        definition::read_kind(&mut findings, table, kind);
        recorder.settle(findings.count());
        let (notes, next, known) = recorder.end();
        for (path, way) in notes.ways {
            let ways = noted.ways.entry(path).or_default();
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        noted.maps.extend(notes.maps);
        words.extend(known);
        for answers in next {
            let Some(deepest) = answers.keys().map(|(path, _)| path.clone()).max_by_key(String::len) else { continue };
            let own = answers.iter().filter(|((path, _), _)| *path == deepest);
            let own = own.map(|(place, answer)| (place.clone(), answer.clone())).collect();
            if tried.insert((deepest, own)) {
                queue.push_back(answers);
            }
        }
    }
}

struct Emitter<'n> {
    noted: &'n Noted,
    defs: Map<String, Value>,
}

impl Emitter<'_> {
    fn under(&mut self, under: &Under) -> Value {
        match under {
            Under::Plain(schema) => schema.clone(),
            Under::Table(path) => self.table(path),
            Under::Tables(path) => json!({ "type": "array", "items": self.table(path) }),
        }
    }

    /// A reference to the schema of a table; equal tables of one name share it.
    fn table(&mut self, path: &str) -> Value {
        let noted = self.noted;
        let schema = match (noted.ways.get(path), noted.maps.get(path)) {
            (Some(ways), _) => self.object(ways),
            (None, Some(under)) => {
                let under = self.under(under);
                return json!({ "type": "object", "additionalProperties": under });
            }
            (None, None) => return json!({ "type": "object" }),
        };
        let parts: Vec<&str> = path.split('.').filter(|part| *part != "*").collect();
        for from in (0..parts.len()).rev() {
            let name = parts[from..].join("_");
            match self.defs.get(&name) {
                Some(there) if *there != schema => {}
                _ => {
                    self.defs.insert(name.clone(), schema);
                    return json!({ "$ref": format!("#/$defs/{name}") });
                }
            }
        }
        schema
    }

    /// The ways to write a table as one object: all keys, those always required, and where ways differ the choice.
    fn object(&mut self, ways: &[Way]) -> Value {
        let within = |a: &Way, b: &Way| {
            a.keys.keys().all(|key| b.keys.contains_key(key))
                && b.required.iter().all(|key| a.required.contains(key))
                && b.words.iter().all(|(key, word)| a.words.get(key) == Some(word))
        };
        let covered = |k: usize| {
            (0..ways.len()).any(|o| o != k && within(&ways[k], &ways[o]) && (o < k || !within(&ways[o], &ways[k])))
        };
        let ways: Vec<&Way> = (0..ways.len()).filter(|&k| !covered(k)).map(|k| &ways[k]).collect();
        let mut properties = Map::new();
        for (key, under) in ways.iter().flat_map(|way| &way.keys) {
            if !properties.contains_key(*key) {
                let schema = self.under(under);
                properties.insert((*key).to_owned(), schema);
            }
        }
        let always = |key: &&&str| ways.iter().all(|way| way.required.contains(**key));
        let required: Vec<&str> = ways.iter().take(1).flat_map(|way| &way.required).filter(always).copied().collect();
        let mut schema = json!({ "type": "object", "additionalProperties": false, "required": required });
        if ways.len() > 1 {
            let choice = ways.iter().map(|way| {
                let more: Vec<&&str> = way.required.iter().filter(|key| !required.contains(*key)).collect();
                let none = properties.keys().filter(|key| !way.keys.contains_key(key.as_str()));
                let mut none: Map<String, Value> = none.map(|key| (key.clone(), json!(false))).collect();
                none.extend(way.words.iter().map(|(key, word)| ((*key).to_owned(), json!({ "enum": [word] }))));
                json!({ "required": more, "properties": none })
            });
            schema["anyOf"] = choice.collect();
        }
        schema["properties"] = Value::Object(properties);
        schema
    }
}
