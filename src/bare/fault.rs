//! What is wrong with a problem: which one, which field, which rule, and the mend.
//!
//! Knows: how it is told. Must not know: what the fields mean.

use serde::Serialize;
use std::fmt;

/// The rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The text is no JSON.
    Syntax,
    /// A field is not there.
    Missing,
    /// A field nobody knows.
    Unknown,
    /// A value of another type.
    Type,
    /// A value outside of its range.
    Range,
    /// A list of another length.
    Length,
    /// A word that is none of the choices.
    Choice,
    /// The solver refuses the problem as it stands.
    Solver,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rule::Syntax => "syntax",
            Rule::Missing => "missing",
            Rule::Unknown => "unknown",
            Rule::Type => "type",
            Rule::Range => "range",
            Rule::Length => "length",
            Rule::Choice => "choice",
            Rule::Solver => "solver",
        })
    }
}

/// One thing wrong with a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where the text came from.
    pub source: String,
    /// The problem's id, or its number among those of the text, from 1.
    pub problem: String,
    /// The field, as a path from the problem; empty for the whole.
    pub field: String,
    /// The rule.
    pub rule: Rule,
    /// What is wrong, ending without a full stop.
    pub message: String,
    /// What to do about it: a whole sentence.
    pub mend: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { source, problem, field, rule, message, mend } = self;
        let gap = if field.is_empty() { "" } else { ": " };
        write!(f, "{source}: problem {problem}: [{rule}] {field}{gap}{message}. {mend}")
    }
}
