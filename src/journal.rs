//! The journal: every decision of the core, one line of JSON each, in the order in which they were made.
//!
//! Knows: decisions and moments. Must not know: who reads. The same bytes come from the same inputs, in replay and in
//! service; wall time and bus are not in it.

use crate::calendar::Calendar;
use crate::control::Decision;
use crate::units::Moment;
use serde::Serialize;

/// One line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    /// Local time, for people.
    clock: String,
    /// Tenths since the Unix epoch UTC.
    at: Moment,
    #[serde(flatten)]
    decision: &'a Decision,
}

/// An append-only journal in memory; the edge writes its lines where it wants them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    lines: Vec<String>,
}

impl Journal {
    /// Adds decisions made at a moment.
    pub fn add(&mut self, calendar: &Calendar, at: Moment, decisions: &[Decision]) {
        for decision in decisions {
            let line = Line { clock: calendar.clock(at), at, decision };
            // A decision is plain data: it always has a JSON form.
            self.lines.extend(serde_json::to_string(&line).ok());
        }
    }

    /// The lines so far.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The lines, handed over.
    pub fn into_lines(self) -> Vec<String> {
        self.lines
    }
}
