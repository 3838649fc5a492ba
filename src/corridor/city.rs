//! `kind = "city"` word for word, and the days (UTC offset, day plans, calendar) that a city's or a corridor's file states.
//!
//! Knows: the keys. Must not know: how the day is covered, which file's day the network takes; `day` does.

use super::definition::{name, subject};
use super::model::Name;
use super::problem::{At, Findings, Spot};
use super::reader::{Fault, Table};
use super::rule::Rule;
use super::values;
use crate::units::Date;

/// The weekdays' keys, from Monday.
pub(super) const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

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
    /// The ordinary day plan's periods, and those of school days that lie over them.
    pub(super) periods: Vec<PeriodDef>,
    pub(super) school: Vec<PeriodDef>,
    pub(super) day_plans: Vec<DayPlanDef>,
    pub(super) calendar: Option<CalendarDef>,
}

/// A day plan beside the ordinary one.
pub(super) struct DayPlanDef {
    pub(super) spot: Spot,
    pub(super) id: Option<At<String>>,
    pub(super) name: Option<Name>,
    pub(super) periods: Vec<PeriodDef>,
    pub(super) school: Vec<PeriodDef>,
}

/// Which day plan holds when.
pub(super) struct CalendarDef {
    pub(super) spot: Spot,
    /// By weekday from Monday.
    pub(super) weekdays: Vec<Option<At<String>>>,
    pub(super) special: Vec<SpecialDef>,
    pub(super) terms: Vec<DatesDef>,
}

/// Days that do not follow their weekday.
pub(super) struct SpecialDef {
    pub(super) name: Option<Name>,
    pub(super) dates: DatesDef,
    pub(super) day_plan: Option<At<String>>,
}

/// Dates, both ends included.
pub(super) struct DatesDef {
    /// What messages call them.
    pub(super) subject: String,
    pub(super) from: Option<At<Date>>,
    pub(super) to: Option<At<Date>>,
}

/// A period of a day plan.
pub(super) struct PeriodDef {
    pub(super) spot: Spot,
    /// What messages call it.
    pub(super) subject: String,
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
    let says_offset = table.holds("utc_offset_h");
    let periods = self::periods(findings, table, "period", "period");
    let school = self::periods(findings, table, "school_period", "school period");
    let day_plans = table
        .tables(findings, "day_plan", |n| format!("day plan {n}"))
        .into_iter()
        .map(|t| day_plan(findings, t))
        .collect();
    let calendar = table.table(findings, "calendar", "the calendar").map(|t| calendar(findings, t));
    let (top, subject) = (table.spot, table.subject.clone());
    DaysDef { spot, top, subject, what, utc_offset_h, says_offset, periods, school, day_plans, calendar }
}

fn periods(findings: &mut Findings, table: &mut Table<'_>, key: &'static str, what: &str) -> Vec<PeriodDef> {
    let tables = table.tables(findings, key, |n| format!("{what} {n}"));
    tables.into_iter().map(|t| period(findings, t)).collect()
}

fn day_plan(findings: &mut Findings, mut table: Table<'_>) -> DayPlanDef {
    subject(&mut table, "day plan");
    let spot = table.spot;
    let id = table.need(findings, "id", values::id);
    let name = name(findings, &mut table);
    let of = table.subject.clone();
    let periods = self::periods(findings, &mut table, "period", &format!("{of}, period"));
    let school = self::periods(findings, &mut table, "school_period", &format!("{of}, school period"));
    table.close(findings);
    DayPlanDef { spot, id, name, periods, school }
}

fn calendar(findings: &mut Findings, mut table: Table<'_>) -> CalendarDef {
    let spot = table.spot;
    let weekdays = WEEKDAYS.map(|day| table.may(findings, day, values::id)).to_vec();
    let special = table
        .tables(findings, "special", |n| format!("special day {n}"))
        .into_iter()
        .map(|t| special(findings, t))
        .collect();
    let terms =
        table.tables(findings, "term", |n| format!("school term {n}")).into_iter().map(|t| term(findings, t)).collect();
    table.close(findings);
    CalendarDef { spot, weekdays, special, terms }
}

fn special(findings: &mut Findings, mut table: Table<'_>) -> SpecialDef {
    let name = name(findings, &mut table);
    if let Some(name) = &name {
        table.subject = format!("special days {}", name.en);
    }
    let subject = table.subject.clone();
    // one day by `date`, several by `from` and `to`
    let range = table.has("from") || table.has("to");
    if range && table.has("date") {
        let message = format!("{subject}: date stands beside from or to");
        findings.tell(table.spot, Rule::KeysExclude, message, "Keep date for one day, from and to for several.");
    }
    let [from, to] = if range {
        [table.need(findings, "from", values::date), table.need(findings, "to", values::date)]
    } else {
        let date = table.need(findings, "date", values::date);
        [date.clone(), date]
    };
    let day_plan = table.need(findings, "day_plan", values::id);
    table.close(findings);
    SpecialDef { name, dates: DatesDef { subject, from, to }, day_plan }
}

fn term(findings: &mut Findings, mut table: Table<'_>) -> DatesDef {
    if let Some(name) = name(findings, &mut table) {
        table.subject = format!("school term {}", name.en);
    }
    let subject = table.subject.clone();
    let (from, to) = (table.need(findings, "from", values::date), table.need(findings, "to", values::date));
    table.close(findings);
    DatesDef { subject, from, to }
}

fn period(findings: &mut Findings, mut table: Table<'_>) -> PeriodDef {
    let spot = table.spot;
    let name = name(findings, &mut table);
    let from = table.need(findings, "from", values::clock_time);
    let to = table.need(findings, "to", values::clock_time);
    let mut subject = table.subject.clone();
    if let Some(name) = &name {
        subject = format!("{subject} ({})", name.en);
    }
    table.close(findings);
    PeriodDef { spot, subject, name, from, to }
}
