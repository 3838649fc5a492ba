//! Reads fields out of JSON values and notes down whatever is wrong with them, all of it.
//!
//! Knows: types, ranges, paths. Must not know: what the fields mean.

use super::fault::{Fault, Rule};
use serde_json::{Map, Value};

/// An object of JSON with the path that leads to it.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) map: &'a Map<String, Value>,
    pub(super) path: &'a str,
}

impl Table<'_> {
    /// The path of a key.
    pub(super) fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }
}

/// Where a number may lie.
#[derive(Clone, Copy)]
pub(super) enum Span {
    /// Zero or more.
    NotNegative,
    /// From zero to a most, both included.
    UpTo(f64),
    /// More than zero, to a most.
    PositiveUpTo(f64),
    /// From a least to a most, both included.
    Between(f64, f64),
}

impl Span {
    fn holds(self, x: f64) -> bool {
        match self {
            Span::NotNegative => x >= 0.0,
            Span::UpTo(most) => (0.0..=most).contains(&x),
            Span::PositiveUpTo(most) => x > 0.0 && x <= most,
            Span::Between(least, most) => (least..=most).contains(&x),
        }
    }

    fn words(self) -> String {
        match self {
            Span::NotNegative => "at least 0".into(),
            Span::UpTo(most) => format!("from 0 to {most}"),
            Span::PositiveUpTo(most) => format!("above 0 and at most {most}"),
            Span::Between(least, most) => format!("from {least} to {most}"),
        }
    }
}

/// Reads one problem.
pub(super) struct Fields<'a> {
    pub(super) source: &'a str,
    pub(super) problem: String,
    pub(super) faults: Vec<Fault>,
}

impl Fields<'_> {
    pub(super) fn fault(&mut self, field: String, rule: Rule, message: String, mend: String) {
        let (source, problem) = (self.source.to_owned(), self.problem.clone());
        self.faults.push(Fault { source, problem, field, rule, message, mend });
    }

    /// Refuses keys that are not among the known ones.
    pub(super) fn known(&mut self, table: Table<'_>, keys: &[&str]) {
        for key in table.map.keys() {
            if key != "comment" && !key.starts_with('_') && !keys.contains(&key.as_str()) {
                let mend = format!("Take it out or name one of: {}.", keys.join(", "));
                self.fault(table.at(key), Rule::Unknown, "nobody knows this key here".into(), mend);
            }
        }
    }

    /// A value that must be there.
    pub(super) fn need<'v>(&mut self, table: Table<'v>, key: &str, mend: &str) -> Option<&'v Value> {
        let value = table.map.get(key);
        if value.is_none() {
            self.fault(table.at(key), Rule::Missing, "is missing".into(), mend.to_owned());
        }
        value
    }

    /// A number; `default` where the key is not there.
    pub(super) fn number(&mut self, table: Table<'_>, key: &str, span: Span, default: Option<f64>) -> Option<f64> {
        if !table.has(key) && default.is_some() {
            return default;
        }
        let value = self.need(table, key, &format!("Give {key}, a number {}.", span.words()))?;
        self.number_in(value, table.at(key), span)
    }

    fn number_in(&mut self, value: &Value, path: String, span: Span) -> Option<f64> {
        let Some(x) = value.as_f64() else {
            self.typed(path, "a number", value);
            return None;
        };
        if !span.holds(x) {
            self.fault(path, Rule::Range, format!("{x} is not {}", span.words()), format!("Set it {}.", span.words()));
            return None;
        }
        Some(x)
    }

    /// A whole number.
    pub(super) fn whole(&mut self, table: Table<'_>, key: &str, default: Option<usize>) -> Option<usize> {
        if !table.has(key) && default.is_some() {
            return default;
        }
        let value = self.need(table, key, &format!("Give {key}, a whole number."))?;
        // 90.0 is as good as 90.
        let whole = value.as_f64().filter(|x| x.fract() == 0.0 && (0.0..1e9).contains(x));
        if whole.is_none() {
            self.typed(table.at(key), "a whole number of at least 0", value);
        }
        whole.map(|x| x as usize)
    }

    /// A list of numbers, of a given length where there is one.
    pub(super) fn numbers(
        &mut self,
        table: Table<'_>,
        key: &str,
        span: Span,
        length: Option<usize>,
    ) -> Option<Vec<f64>> {
        let value = self.need(table, key, &format!("Give {key}, a list of numbers {}.", span.words()))?;
        let list = self.list(value, table.at(key))?;
        if let Some(length) = length.filter(|&l| l != list.len()) {
            let message = format!("{} numbers where {length} belong", list.len());
            self.fault(table.at(key), Rule::Length, message, format!("Give {length}."));
            return None;
        }
        let before = self.faults.len();
        let read: Vec<Option<f64>> =
            list.iter().enumerate().map(|(i, v)| self.number_in(v, format!("{}[{i}]", table.at(key)), span)).collect();
        (self.faults.len() == before).then(|| read.into_iter().flatten().collect())
    }

    pub(super) fn list<'v>(&mut self, value: &'v Value, path: String) -> Option<&'v [Value]> {
        let list = value.as_array();
        if list.is_none() {
            self.typed(path, "a list", value);
        }
        list.map(Vec::as_slice)
    }

    pub(super) fn object<'v>(&mut self, value: &'v Value, path: &str) -> Option<&'v Map<String, Value>> {
        let object = value.as_object();
        if object.is_none() {
            self.typed(path.to_owned(), "an object", value);
        }
        object
    }

    /// The words of a list, each one of the choices.
    pub(super) fn words<T: Copy>(&mut self, table: Table<'_>, key: &str, choices: &[(&str, T)]) -> Option<Vec<T>> {
        let names: Vec<&str> = choices.iter().map(|c| c.0).collect();
        let value = self.need(table, key, &format!("Give a list of: {}.", names.join(", ")))?;
        let list = self.list(value, table.at(key))?;
        if list.is_empty() {
            let mend = format!("Name at least one of: {}.", names.join(", "));
            self.fault(table.at(key), Rule::Length, "is an empty list".into(), mend);
            return None;
        }
        let mut words = Vec::new();
        for (i, value) in list.iter().enumerate() {
            match value.as_str().and_then(|word| choices.iter().find(|c| c.0 == word)) {
                Some(choice) => words.push(choice.1),
                None => {
                    let mend = format!("Take one of: {}.", names.join(", "));
                    self.fault(format!("{}[{i}]", table.at(key)), Rule::Choice, format!("{value} is no choice"), mend);
                }
            }
        }
        (words.len() == list.len()).then_some(words)
    }

    fn typed(&mut self, path: String, wanted: &str, found: &Value) {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "another number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.fault(path, Rule::Type, format!("{found} where {wanted} belongs"), format!("Give {wanted}."));
    }
}
