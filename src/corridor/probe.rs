//! What a parser takes, found out by asking it: values of every type, and its faults, which say what would have passed.
//!
//! Knows: types, and the faults' shapes. Must not know: keys.

use super::reader::Fault;
use super::rule::Rule;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use toml::de::DeValue;

/// What a parser lets pass, where its fault can say so.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A number between two, ends included.
    Range(f64, f64),
    /// A text of a form, as a regular expression.
    Pattern(&'static str),
    /// One of some words.
    Words(Vec<&'static str>),
}

/// Values of every type that no key takes but for its type, and words.
#[derive(Debug)]
pub(super) struct Probes<'t> {
    scalars: Vec<DeValue<'t>>,
    lists: Vec<DeValue<'t>>,
    table: DeValue<'t>,
    pub(super) words: BTreeMap<&'static str, DeValue<'t>>,
}

impl Probes<'static> {
    /// Probes, with those words that runs before have come upon.
    pub(super) fn new(words: &BTreeSet<&'static str>) -> Option<Self> {
        let parse = |text: &'static str| DeValue::parse(text).ok().map(toml::Spanned::into_inner);
        let scalars = ["\"\\u0001\"", "1000000000000000", "1e300", "true", "2026-10-01"];
        let lists = ["[\"\\u0001\"]", "[1000000000000000]", "[1e300]", "[true]", "[2026-10-01]", "[]"];
        let text = |word: &&'static str| (*word, DeValue::String(Cow::Borrowed(*word)));
        Some(Probes {
            scalars: scalars.into_iter().map(parse).collect::<Option<_>>()?,
            lists: lists.into_iter().map(parse).collect::<Option<_>>()?,
            table: parse("{}")?,
            words: words.iter().map(text).collect(),
        })
    }
}

/// What a parser takes, and the words it knows.
pub(super) fn taken<'t, T>(
    probes: &'t Probes<'t>,
    parse: &impl Fn(&'t DeValue<'t>) -> Result<T, Fault>,
) -> (Value, Vec<&'static str>) {
    let no_type = |found: &Result<T, Fault>| matches!(found, Err(fault) if fault.rule == Rule::Type);
    let scalar = |values: &'t [DeValue<'t>]| {
        let found: Vec<Result<T, Fault>> = values.iter().take(5).map(parse).collect();
        let shape = |k: usize| found[k].as_ref().err().and_then(|fault| fault.shape.clone());
        let mut schema = match (0..5).find(|&k| !no_type(&found[k])) {
            None => return None,
            Some(0) => json!({ "type": "string", "minLength": 1 }),
            Some(1) if no_type(&found[2]) => json!({ "type": "integer" }),
            Some(1 | 2) => json!({ "type": "number" }),
            Some(3) => json!({ "type": "boolean" }),
            Some(_) => json!({ "type": "string", "format": "date" }),
        };
        let mut words = Vec::new();
        match shape(0).filter(|_| !no_type(&found[0])).or_else(|| shape(1)) {
            Some(Shape::Range(low, high)) => {
                schema["minimum"] = number(low);
                schema["maximum"] = number(high);
            }
            Some(Shape::Pattern(pattern)) => schema = json!({ "type": "string", "pattern": pattern }),
            Some(Shape::Words(known)) => {
                schema = json!({ "enum": known });
                words = known;
            }
            None => {}
        }
        Some((schema, words))
    };
    if let Some(found) = scalar(&probes.scalars) {
        return found;
    }
    if !no_type(&parse(&probes.lists[5])) {
        let mut schema = json!({ "type": "array" });
        if let Some((items, _)) = scalar(&probes.lists) {
            schema["items"] = items;
        }
        if parse(&probes.lists[5]).is_err() {
            schema["minItems"] = json!(1);
        }
        return (schema, Vec::new());
    }
    let table = !no_type(&parse(&probes.table));
    (if table { json!({ "type": "object" }) } else { json!({}) }, Vec::new())
}

/// A bound without a needless `.0`.
fn number(x: f64) -> Value {
    if x.fract() == 0.0 { json!(x as i64) } else { json!(x) }
}
