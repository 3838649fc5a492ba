//! `kind = "city"` word for word, and the days (UTC offset, periods) that a city's or a corridor's file states.
//!
//! Knows: the keys. Must not know: how the day is covered, which file's day the network takes; `day` does.

use super::definition::name;
use super::model::Name;
use super::problem::{At, Findings, Spot};
use super::reader::{Fault, Table};
use super::rule::Rule;
use super::values;

/// What holds for all files of a network.
pub(super) struct CityDef {
    pub(super) days: DaysDef,
}

/// Local time and the day plan, as one file states them.
pub(super) struct DaysDef {
    /// Where to say that something is missing: the file's id, or its beginning.
    pub(super) spot: Spot,
    /// The file's beginning.
    pub(super) top: Spot,
    /// The subject of messages, and `the corridor` or `the city`.
    pub(super) subject: String,
    pub(super) what: &'static str,
    pub(super) utc_offset_h: Option<At<f64>>,
    /// Whether the key is there, read or refused.
    pub(super) says_offset: bool,
    pub(super) periods: Vec<PeriodDef>,
}

/// A period of the day plan.
pub(super) struct PeriodDef {
    pub(super) spot: Spot,
    pub(super) name: Option<Name>,
    pub(super) from: Option<At<u32>>,
    pub(super) to: Option<At<u32>>,
}

/// Reads a city's file.
pub(super) fn city(findings: &mut Findings, mut table: Table<'_>) -> CityDef {
    table.subject = "the city".to_owned();
    name(findings, &mut table);
    let spot = table.spot;
    let days = days(findings, &mut table, spot, "the city");
    table.close(findings);
    CityDef { days }
}

/// Reads the days of a file that describes `what`.
pub(super) fn days(findings: &mut Findings, table: &mut Table<'_>, spot: Spot, what: &'static str) -> DaysDef {
    let utc_offset_h = table.may(findings, "utc_offset_h", |value| {
        let hours = values::number(values::UTC_OFFSET)(value)?;
        if (hours * 4.0).fract() == 0.0 {
            return Ok(hours);
        }
        Err(Fault::new(
            Rule::Range,
            format!("is {hours} h, no whole quarters of an hour"),
            "Give hours such as 8 or 5.5.",
        ))
    });
    let says_offset = table.has("utc_offset_h");
    let periods =
        table.tables(findings, "period", |n| format!("period {n}")).into_iter().map(|t| period(findings, t)).collect();
    DaysDef { spot, top: table.spot, subject: table.subject.clone(), what, utc_offset_h, says_offset, periods }
}

fn period(findings: &mut Findings, mut table: Table<'_>) -> PeriodDef {
    let spot = table.spot;
    let name = name(findings, &mut table);
    let from = table.need(findings, "from", values::clock_time);
    let to = table.need(findings, "to", values::clock_time);
    table.close(findings);
    PeriodDef { spot, name, from, to }
}
