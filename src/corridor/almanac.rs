//! The days of a network: its day plans, and which of them holds on which day.
//!
//! Knows: day plans, weekdays, dated special days, school terms. Must not know: local time; `calendar` asks with a date.

use super::model::Name;
use crate::units::Date;
use serde::Serialize;
use std::ops::Range;

/// The id of the day plan that the file's `[[period]]`s make.
pub const ORDINARY: &str = "ordinary";

/// A day plan: periods that cover the day. A day plan with school periods is two of these, one for days in school terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayPlan {
    /// Its id; the one for days in school terms ends in `+school`.
    pub id: String,
    /// For people.
    pub name: Name,
    /// Its periods, indices into the network's.
    pub periods: Range<usize>,
    /// The day plan that takes its place in school terms.
    pub in_term: Option<usize>,
}

/// Dates, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Dates {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Dates {
    /// Whether a day lies in them.
    pub fn hold(&self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }

    /// Whether some day lies in both.
    pub fn meet(&self, other: &Dates) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// Holidays, make-up workdays, events: days that do not follow their weekday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Special {
    /// For people.
    pub name: Name,
    /// When.
    pub dates: Dates,
    /// The day plan, an index into [`Almanac::plans`].
    pub plan: usize,
}

/// Which day plan holds when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Almanac {
    /// The day plans; the first is the ordinary one.
    pub plans: Vec<DayPlan>,
    /// The day plan of each weekday from Monday, indices into `plans`.
    pub weekdays: [usize; 7],
    /// Special days, which outrank weekdays; no two on one date.
    pub special: Vec<Special>,
    /// School terms.
    pub terms: Vec<Dates>,
}

impl Almanac {
    /// One day plan of so many periods, every day.
    pub fn every_day(periods: usize) -> Almanac {
        let name = Name { zh: "平日".into(), en: "ordinary day".into() };
        let plan = DayPlan { id: ORDINARY.into(), name, periods: 0..periods, in_term: None };
        Almanac { plans: vec![plan], weekdays: [0; 7], special: Vec::new(), terms: Vec::new() }
    }

    /// The day plan of a date: a special day's, else its weekday's; in school terms with its school periods.
    pub fn plan_on(&self, date: Date) -> &DayPlan {
        let special = self.special.iter().find(|special| special.dates.hold(date));
        let plan = &self.plans[special.map_or(self.weekdays[date.weekday()], |special| special.plan)];
        let in_term = plan.in_term.filter(|_| self.terms.iter().any(|term| term.hold(date)));
        in_term.map_or(plan, |k| &self.plans[k])
    }
}
