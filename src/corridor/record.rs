//! What the reader asks for, noted down instead of read: the reader's own code, run over tables that are not there, says which
//! keys each table has. So the language and its schema cannot drift apart.
//!
//! Knows: keys, whether they must be there, and what their parsers say of probes. Must not know: what keys mean.
//!
//! Where the reader asks whether a key is there, or what word it holds, it may go on differently: each answer is tried in a run
//! of its own, and a run in which a problem was told is no way to write the table.

use super::probe::{Probes, taken};
use super::reader::Fault;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use toml::de::DeValue;

/// An answer tried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    /// The key is there, or not.
    There(bool),
    /// The key holds this word.
    Word(&'static str),
}

/// A table and a key of it.
pub(super) type Place = (String, &'static str);

/// What stands under a key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Under {
    /// A value of this schema.
    Plain(Value),
    /// The table of this path.
    Table(String),
    /// A list of such tables.
    Tables(String),
}

/// One way to write a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Way {
    pub(super) keys: BTreeMap<&'static str, Under>,
    pub(super) required: BTreeSet<&'static str>,
    /// Keys that hold this word: the way is open to no other.
    pub(super) words: BTreeMap<&'static str, &'static str>,
}

/// What was asked of one table in one run.
#[derive(Debug, Default)]
pub(super) struct Asked {
    path: String,
    way: Way,
    /// Keys of which it was asked whether they are there.
    forks: Vec<&'static str>,
    words: Vec<(&'static str, Vec<&'static str>)>,
    /// A problem was told.
    wrong: bool,
    /// A required key was answered not to be there.
    dead: bool,
}

/// One run's notes.
#[derive(Debug, Default)]
pub(super) struct Notes {
    answers: BTreeMap<Place, Answer>,
    tables: Vec<Rc<RefCell<Asked>>>,
    pub(super) ways: Vec<(String, Way)>,
    /// Tables whose keys are names: what stands under each.
    pub(super) maps: BTreeMap<String, Under>,
    last: Option<Rc<RefCell<Asked>>>,
    told: usize,
}

/// A table's end of the notes.
#[derive(Debug, Clone)]
pub(super) struct Recorder<'t> {
    notes: Rc<RefCell<Notes>>,
    here: Rc<RefCell<Asked>>,
    probes: &'t Probes<'t>,
}

impl<'t> Recorder<'t> {
    /// Notes of one run with these answers, and its first table.
    pub(super) fn begin(path: &str, answers: BTreeMap<Place, Answer>, probes: &'t Probes<'t>) -> Self {
        let notes = Rc::new(RefCell::new(Notes { answers, ..Notes::default() }));
        let here = Rc::new(RefCell::new(Asked::default()));
        Recorder { notes, here, probes }.at(path.to_owned())
    }

    fn at(&self, path: String) -> Self {
        let here = Rc::new(RefCell::new(Asked { path, ..Asked::default() }));
        self.notes.borrow_mut().tables.push(here.clone());
        Recorder { notes: self.notes.clone(), here, probes: self.probes }
    }

    fn child(&self, key: &str) -> Self {
        self.at(format!("{}.{key}", self.here.borrow().path))
    }

    /// What was told since the last question is told of the table that asked it.
    pub(super) fn settle(&self, told: usize) {
        let mut notes = self.notes.borrow_mut();
        if told > notes.told
            && let Some(last) = &notes.last
        {
            last.borrow_mut().wrong = true;
        }
        notes.told = told;
        notes.last = Some(self.here.clone());
    }

    fn answer(&self, key: &'static str) -> Option<Answer> {
        self.notes.borrow().answers.get(&(self.here.borrow().path.clone(), key)).cloned()
    }

    fn absent(&self, key: &'static str) -> bool {
        self.answer(key) == Some(Answer::There(false))
    }

    /// Whether the key is there, in this run; otherwise in another.
    pub(super) fn has(&self, key: &'static str) -> bool {
        let mut here = self.here.borrow_mut();
        if !here.forks.contains(&key) {
            here.forks.push(key);
        }
        drop(here);
        self.notes.borrow_mut().last = Some(self.here.clone());
        !self.absent(key)
    }

    fn note(&self, key: &'static str, under: Under, must: bool) {
        let mut here = self.here.borrow_mut();
        here.way.keys.insert(key, under);
        if must {
            here.way.required.insert(key);
        }
    }

    /// A key with a parser; the word it holds, in runs that try words.
    pub(super) fn value<T>(
        &self,
        key: &'static str,
        must: bool,
        parse: &impl Fn(&'t DeValue<'t>) -> Result<T, Fault>,
    ) -> Option<T> {
        if self.absent(key) {
            self.here.borrow_mut().dead |= must;
            return None;
        }
        let (schema, words) = taken(self.probes, parse);
        self.note(key, Under::Plain(schema), must);
        if !words.is_empty() {
            self.here.borrow_mut().words.push((key, words));
        }
        let Some(Answer::Word(word)) = self.answer(key) else { return None };
        let way = &mut self.here.borrow_mut().way;
        way.words.insert(key, word);
        way.required.insert(key);
        self.probes.words.get(word).and_then(|probe| parse(probe).ok())
    }

    /// A key with a list.
    pub(super) fn list<T>(&self, key: &'static str, must: bool, parse: &impl Fn(&'t DeValue<'t>) -> Result<T, Fault>) {
        if self.absent(key) {
            self.here.borrow_mut().dead |= must;
            return;
        }
        let mut schema = json!({ "type": "array", "items": taken(self.probes, parse).0 });
        if must {
            schema["minItems"] = json!(1);
        }
        self.note(key, Under::Plain(schema), must);
    }

    /// A key with a table, or with a list of tables, that must be there.
    pub(super) fn need_table(&self, key: &'static str, many: bool) -> Option<Self> {
        let child = self.table(key, many)?;
        self.here.borrow_mut().way.required.insert(key);
        Some(child)
    }

    /// A key with a table, or with a list of tables.
    pub(super) fn table(&self, key: &'static str, many: bool) -> Option<Self> {
        if self.absent(key) {
            return None;
        }
        let child = self.child(key);
        let path = child.here.borrow().path.clone();
        self.note(key, if many { Under::Tables(path) } else { Under::Table(path) }, false);
        Some(child)
    }

    fn under_names(&self, under: Under) {
        let path = self.here.borrow().path.clone();
        self.notes.borrow_mut().maps.insert(path, under);
    }

    /// The table under a name.
    pub(super) fn named_table(&self) -> Self {
        let child = self.child("*");
        self.under_names(Under::Table(child.here.borrow().path.clone()));
        child
    }

    /// The value, or the list of values, under a name.
    pub(super) fn named<T>(&self, many: bool, parse: &impl Fn(&'t DeValue<'t>) -> Result<T, Fault>) {
        let schema = taken(self.probes, parse).0;
        self.under_names(Under::Plain(if many { json!({ "type": "array", "items": schema }) } else { schema }));
    }

    /// The table is read to its end.
    pub(super) fn close(&self) {
        let here = self.here.borrow();
        if here.wrong || here.dead {
            return;
        }
        let mut way = here.way.clone();
        // keys that the reader went another way for
        way.required.extend(here.forks.iter().filter(|key| way.keys.contains_key(**key)));
        self.notes.borrow_mut().ways.push((here.path.clone(), way));
    }

    /// The end of the run: its notes, the answers still to be tried, the words come upon.
    pub(super) fn end(self) -> (Notes, Vec<BTreeMap<Place, Answer>>, BTreeSet<&'static str>) {
        let notes = self.notes.take();
        let (mut next, mut known) = (Vec::new(), BTreeSet::new());
        for asked in notes.tables.iter().map(|table| table.borrow()) {
            let above = |place: &&Place| {
                let rest = asked.path.strip_prefix(place.0.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            let base: BTreeMap<Place, Answer> =
                notes.answers.iter().filter(|(place, _)| above(place)).map(|(p, a)| (p.clone(), a.clone())).collect();
            let forks = asked.forks.iter().map(|key| (*key, Answer::There(false)));
            let words = asked.words.iter().flat_map(|(key, words)| words.iter().map(|word| (*key, Answer::Word(word))));
            for (key, answer) in forks.chain(words) {
                if let Answer::Word(word) = answer {
                    known.insert(word);
                }
                let place = (asked.path.clone(), key);
                if !base.contains_key(&place) {
                    let mut tried = base.clone();
                    tried.insert(place, answer);
                    next.push(tried);
                }
            }
        }
        (notes, next, known)
    }
}
