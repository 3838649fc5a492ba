//! A file's day plans and calendar: which day plan holds on which day, every one of them used and nothing said twice.
//!
//! Knows: day plans by id, weekdays, dates. Must not know: other files; `day` compares them.

use super::almanac::{Almanac, Dates, DayPlan, ORDINARY, Special};
use super::city::{CalendarDef, DatesDef, DaysDef, PeriodDef, WEEKDAYS};
use super::day;
use super::model::{Name, Period};
use super::problem::{At, Findings, Spot};
use super::rule::Rule;
use super::served::nearest;
use super::signals::once;
use std::collections::BTreeMap;

/// A file's periods of all day plans, and its almanac; `None` where something is missing or wrong.
pub(super) fn compile(findings: &mut Findings, def: &DaysDef) -> Option<(Vec<Period>, Almanac)> {
    let mut book = Book { periods: Vec::new(), plans: Vec::new(), whole: true };
    let name = Name { zh: "平日".into(), en: "ordinary day".into() };
    book.add(findings, ORDINARY, Some(name), &def.periods, &def.school);
    let mut ids: BTreeMap<String, Spot> = BTreeMap::new();
    for plan in &def.day_plans {
        let Some(id) = &plan.id else {
            book.whole = false;
            continue;
        };
        once(findings, &mut ids, id.value.clone(), id.spot, "day plan");
        if id.value == ORDINARY {
            let message = "day plan ordinary: that is the one that the file's own [[period]]s make";
            findings.tell(id.spot, Rule::IdTwice, message, "Give it another id.");
        }
        if plan.periods.is_empty() {
            let message = format!("day plan {} has no period", id.value);
            let mend = "Add [[day_plan.period]] tables that cover 00:00 to 24:00.";
            findings.tell(plan.spot, Rule::PeriodsCover, message, mend);
        }
        book.add(findings, &id.value, plan.name.clone(), &plan.periods, &plan.school);
    }
    let calendar = calendar(findings, def, &ids);
    terms(findings, def);
    if !book.whole {
        return None;
    }
    let (weekdays, special, terms) = calendar?;
    let index = |id: &str| book.plans.iter().position(|plan| plan.id == id);
    let mut almanac = Almanac { plans: Vec::new(), weekdays: [0; 7], special: Vec::new(), terms };
    for (day, id) in weekdays.iter().enumerate() {
        almanac.weekdays[day] = index(id)?;
    }
    for (name, dates, id) in special {
        almanac.special.push(Special { name, dates, plan: index(&id)? });
    }
    almanac.plans = book.plans;
    Some((book.periods, almanac))
}

/// Day plans as they are gathered.
struct Book {
    periods: Vec<Period>,
    plans: Vec<DayPlan>,
    whole: bool,
}

impl Book {
    /// Adds a day plan, and what it is in school terms.
    fn add(&mut self, findings: &mut Findings, id: &str, name: Option<Name>, base: &[PeriodDef], school: &[PeriodDef]) {
        let periods = day::periods(findings, base);
        let laid = day::with_school(findings, periods.as_deref(), school);
        let (Some(name), Some(periods)) = (name, periods) else {
            self.whole = false;
            return;
        };
        self.whole &= laid.is_some() || school.is_empty();
        let first = self.plans.len();
        self.push(id.to_owned(), name.clone(), periods);
        if let Some(laid) = laid {
            self.plans[first].in_term = Some(first + 1);
            let name = Name { zh: format!("{}（上学）", name.zh), en: format!("{}, school day", name.en) };
            self.push(format!("{id}+school"), name, laid);
        }
    }

    fn push(&mut self, id: String, name: Name, periods: Vec<Period>) {
        let first = self.periods.len();
        self.periods.extend(periods);
        self.plans.push(DayPlan { id, name, periods: first..self.periods.len(), in_term: None });
    }
}

/// Day plans by weekday, special days with theirs, terms.
type Parts = (Vec<String>, Vec<(Name, Dates, String)>, Vec<Dates>);

/// Reads the calendar; every day plan is named by it, and none that is not there.
fn calendar(findings: &mut Findings, def: &DaysDef, ids: &BTreeMap<String, Spot>) -> Option<Parts> {
    let none = CalendarDef { spot: def.spot, weekdays: vec![None; 7], special: Vec::new(), terms: Vec::new() };
    let calendar = def.calendar.as_ref().unwrap_or(&none);
    let mut used: Vec<&str> = Vec::new();
    let days = WEEKDAYS.iter().zip(&calendar.weekdays).filter_map(|(day, id)| Some((*day, id.as_ref()?)));
    let special = calendar.special.iter().filter_map(|s| Some((s.dates.subject.as_str(), s.day_plan.as_ref()?)));
    for (of, id) in days.chain(special) {
        used.push(&id.value);
        known(findings, of, id, ids);
    }
    used.push(ORDINARY);
    for (id, spot) in ids.iter().filter(|(id, _)| !used.contains(&id.as_str())) {
        let message = format!("day plan {id}: the calendar does not name it");
        findings.tell(*spot, Rule::DayPlanUnused, message, "Name it for a weekday or special days, or remove it.");
    }
    let ranges: Vec<_> = calendar.special.iter().map(|special| &special.dates).collect();
    let special_dates = dates(findings, &ranges);
    let terms = dates(findings, &calendar.terms.iter().collect::<Vec<_>>())?;
    let ordinary = || ORDINARY.to_owned();
    let weekdays =
        calendar.weekdays.iter().map(|id| id.as_ref().map_or_else(ordinary, |id| id.value.clone())).collect();
    let special = calendar.special.iter().zip(special_dates?);
    let special = special.map(|(s, dates)| Some((s.name.clone()?, dates, s.day_plan.as_ref()?.value.clone())));
    Some((weekdays, special.collect::<Option<_>>()?, terms))
}

fn known(findings: &mut Findings, of: &str, id: &At<String>, ids: &BTreeMap<String, Spot>) {
    if id.value == ORDINARY || ids.contains_key(&id.value) {
        return;
    }
    let message = format!("the calendar, {of}: there is no day plan {}", id.value);
    let mend = nearest(&id.value, ids.keys().map(String::as_str).chain([ORDINARY]));
    let mend = mend.unwrap_or_else(|| "Name a [[day_plan]] of this file, or ordinary.".to_owned());
    findings.tell(id.spot, Rule::Reference, message, mend);
}

/// Ranges in order of time that do not meet.
fn dates(findings: &mut Findings, defs: &[&DatesDef]) -> Option<Vec<Dates>> {
    let mut read: Vec<(&DatesDef, Spot, Dates)> = Vec::new();
    for def in defs {
        let (Some(from), Some(to)) = (&def.from, &def.to) else { continue };
        if from.value > to.value {
            let message = format!("{}: it ends on {} and begins on {}", def.subject, to.value, from.value);
            findings.tell(to.spot, Rule::DatesOrder, message, "Swap the dates.");
            continue;
        }
        let dates = Dates { from: from.value, to: to.value };
        if let Some((other, ..)) = read.iter().find(|(_, _, other)| other.meet(&dates)) {
            let message = format!("{}: some of its days are those of {}", def.subject, other.subject);
            findings.tell(from.spot, Rule::DatesTwice, message, "Give every date to one of them.");
        }
        read.push((def, from.spot, dates));
    }
    (read.len() == defs.len()).then(|| read.into_iter().map(|(_, _, dates)| dates).collect())
}

/// School periods and school terms need each other.
fn terms(findings: &mut Findings, def: &DaysDef) {
    let school = def.school.iter().chain(def.day_plans.iter().flat_map(|plan| &plan.school)).next();
    let term = def.calendar.as_ref().and_then(|calendar| calendar.terms.first());
    match (school, term) {
        (Some(period), None) => {
            let message = format!("{}: the calendar has no school term", period.subject);
            findings.tell(period.spot, Rule::SchoolPeriod, message, "Add [[calendar.term]] tables with from and to.");
        }
        (None, Some(term)) => {
            let spot = term.from.as_ref().or(term.to.as_ref()).map_or(def.spot, |date| date.spot);
            let message = format!("{}: no day plan has a school period", term.subject);
            findings.tell(spot, Rule::SchoolPeriod, message, "Add [[school_period]] tables, or remove the terms.");
        }
        _ => {}
    }
}
