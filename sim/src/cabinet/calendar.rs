//! Which line of which day plan holds: weekdays, dates, and the local time of day.
//!
//! Knows: dates as days since 1970-01-01, which was a Thursday. Must not know: plans, clocks. NTCIP 1201 `timeBaseScheduleTable`:
//! a schedule names days of the week or dates and the day plan they get; here the first that fits wins.

use super::spec::{CabinetSpec, DayEntry, Tenths};

pub(super) const DAY: Tenths = 864_000;

/// Which days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Days {
    /// Days of the week: `[Monday, …, Sunday]`.
    Weekdays([bool; 7]),
    /// Local dates, first and last, as days since 1970-01-01.
    Dates(i64, i64),
}

impl Days {
    /// Whether a local date, in days since 1970-01-01, is one of them.
    pub fn contain(&self, date: i64) -> bool {
        match self {
            Days::Weekdays(days) => days[(date + 3).rem_euclid(7) as usize],
            Days::Dates(first, last) => (*first..=*last).contains(&date),
        }
    }
}

/// A day plan of its own for some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayType {
    /// When.
    pub days: Days,
    /// Its lines, as of the ordinary day plan.
    pub day_plan: Vec<DayEntry>,
}

/// Local midnight at or before a clock time.
pub(super) fn midnight(utc_offset_s: i32, clock: Tenths) -> Tenths {
    clock - (clock + 10 * Tenths::from(utc_offset_s)).rem_euclid(DAY)
}

/// The line that holds at a clock time, counted through the ordinary day plan and then the day types' in order. Before the
/// first line of a day the last of the day before holds.
pub(super) fn line(spec: &CabinetSpec, clock: Tenths) -> usize {
    let local = clock + 10 * Tenths::from(spec.utc_offset_s);
    let (date, second) = (local.div_euclid(DAY), local.rem_euclid(DAY) / 10);
    let (first, lines) = plan_of(spec, date);
    match lines.iter().rposition(|e| Tenths::from(e.from_s) <= second) {
        Some(line) => first + line,
        None => {
            let (first, lines) = plan_of(spec, date - 1);
            first + lines.len() - 1
        }
    }
}

/// The day plan of a date, and the number of its first line.
fn plan_of(spec: &CabinetSpec, date: i64) -> (usize, &[DayEntry]) {
    let mut first = spec.day_plan.len();
    for kind in &spec.day_types {
        if kind.days.contain(date) {
            return (first, &kind.day_plan);
        }
        first += kind.day_plan.len();
    }
    (0, &spec.day_plan)
}
