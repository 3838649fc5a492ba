//! Text to questions: one problem, an array of them, or one after the other.
//!
//! Knows: JSON. Must not know: what problems mean; it tells the two kinds apart by their keys.

use super::answer::Question;
use super::fault::{Fault, Rule};
use super::fields::{Fields, Table};
use super::{band, delay};
use serde_json::{Deserializer, Value};

/// All questions of a text in their order; or everything that is wrong with it.
///
/// # Errors
/// Every fault of every problem: nothing is solved of a text that is not sound.
pub fn read(source: &str, text: &str) -> Result<Vec<Question>, Vec<Fault>> {
    let mut problems = Vec::new();
    let mut faults = Vec::new();
    for value in Deserializer::from_str(text).into_iter::<Value>() {
        match value {
            Ok(Value::Array(list)) => problems.extend(list),
            Ok(value) => problems.push(value),
            Err(error) => {
                faults.push(Fault {
                    source: source.to_owned(),
                    problem: format!("#{}", problems.len() + 1),
                    field: String::new(),
                    rule: Rule::Syntax,
                    message: error.to_string(),
                    mend: "Write one JSON object a problem, in an array or one after the other.".into(),
                });
            }
        }
    }
    let mut questions = Vec::new();
    for (number, value) in problems.iter().enumerate() {
        let named = match value.get("id") {
            Some(Value::String(id)) => format!("{id:?}"),
            Some(id @ Value::Number(_)) => id.to_string(),
            _ => format!("#{}", number + 1),
        };
        let mut fields = Fields { source, problem: named, faults: Vec::new() };
        questions.extend(one(&mut fields, value).unwrap_or_default());
        faults.append(&mut fields.faults);
    }
    if problems.is_empty() && faults.is_empty() {
        let mend = "Give at least one problem.".into();
        let mut fields = Fields { source, problem: "#1".into(), faults: Vec::new() };
        fields.fault(String::new(), Rule::Missing, "the text holds no problem".into(), mend);
        faults.append(&mut fields.faults);
    }
    if faults.is_empty() { Ok(questions) } else { Err(faults) }
}

fn one(fields: &mut Fields<'_>, value: &Value) -> Option<Vec<Question>> {
    let table = Table { map: fields.object(value, "")?, path: "" };
    let id = fields.need(table, "id", "Give an id, a text or a number; answers carry it.").cloned();
    if let Some(id) = id.as_ref().filter(|id| !id.is_string() && !id.is_number()) {
        let mend = "Give a text or a number.".into();
        fields.fault("id".into(), Rule::Type, format!("{id} is no id"), mend);
    }
    let id = id.unwrap_or_default();
    if table.has("signals") {
        band::questions(fields, table, &id)
    } else if table.has("nodes") {
        delay::question(fields, table, &id).map(|question| vec![question])
    } else {
        let mend = "Give signals (a bandwidth problem) or nodes (a delay problem).";
        fields.fault(String::new(), Rule::Missing, "neither signals nor nodes".into(), mend.into());
        None
    }
}
