//! The day plans' periods, one set for the network: covering the day, school periods laid over them; and which file's they are.
//!
//! Knows: the day from 00:00 to 24:00. `day_plans` says which day plan holds when.
//! Must not know: intersections, roads.

use super::almanac::Almanac;
use super::city::{CityDef, DaysDef, PeriodDef};
use super::day_plans;
use super::model::Period;
use super::problem::{Findings, Spot};
use super::rule::Rule;
use crate::units::clock;

/// The end of the day, in seconds after midnight.
const DAY_END: u32 = 86_400;

/// What a network takes from its files about the day.
pub(super) struct Days {
    /// Periods of all day plans, as the almanac counts them.
    pub(super) periods: Vec<Period>,
    pub(super) almanac: Almanac,
    /// Local time less UTC in seconds.
    pub(super) utc_offset: i32,
}

/// The city's days where there is one, else what every corridor states. `whole`: every file could be read.
pub(super) fn compile(
    findings: &mut Findings,
    cities: &[&CityDef],
    corridors: &[&DaysDef],
    whole: bool,
) -> Option<Days> {
    for city in cities.iter().skip(1) {
        let message = format!("this is another city; the first is {}", findings.locate(cities[0].days.top));
        findings.tell(city.days.top, Rule::CityTwice, message, "Keep one city file a network.");
    }
    let city = cities.first().map(|city| &city.days);
    let mut days = Vec::new();
    for (k, def) in city.into_iter().chain(corridors.iter().copied()).enumerate() {
        // Only the first file of a network with a city must say everything; a city file that was not read may hold it.
        let must = if city.is_some() { k == 0 } else { whole };
        if must && !def.says_offset {
            let message = format!("{}: utc_offset_h is missing", def.subject);
            findings.tell(def.top, Rule::KeyMissing, message, "Add utc_offset_h.");
        }
        let must = must || said(def).is_some();
        if must && def.periods.is_empty() {
            let message = format!("{} has no period", def.what);
            findings.tell(def.spot, Rule::PeriodsCover, message, "Add [[period]] tables that cover 00:00 to 24:00.");
        }
        days.push((def, day_plans::compile(findings, def)));
    }
    let (first, day) = days.first()?;
    for (def, other) in &days[1..] {
        agree(findings, (first, day.as_ref()), (def, other.as_ref()), city.is_some());
    }
    let (periods, almanac) = day.clone()?;
    Some(Days { periods, almanac, utc_offset: (first.utc_offset_h.as_ref()?.value * 3600.0) as i32 })
}

/// A file's periods and almanac, if they could be compiled.
type Compiled<'a> = (&'a DaysDef, Option<&'a (Vec<Period>, Almanac)>);

/// Tells where a file states other days than the first one; with a city, what a file does not state holds by the city.
fn agree(findings: &mut Findings, (first, day): Compiled<'_>, (def, other): Compiled<'_>, city: bool) {
    if let (Some(a), Some(b)) = (&first.utc_offset_h, &def.utc_offset_h)
        && a.value != b.value
    {
        let message = format!("utc_offset_h = {} is {} at {}", b.value, a.value, findings.locate(a.spot));
        findings.tell(b.spot, Rule::FilesDisagree, message, "Give one offset for the whole network.");
    }
    let (Some((periods, almanac)), Some((other_periods, other_almanac))) = (day, other) else { return };
    let mend = "in all files; if the files are no one network, name each by itself.";
    let ordinary = |periods: &[Period], almanac: &Almanac| -> Vec<(u32, u32)> {
        periods[almanac.plans[0].periods.clone()].iter().map(|p| (p.from_s, p.to_s)).collect()
    };
    let at = |def: &DaysDef| def.periods.first().map_or(def.spot, |p| p.spot);
    if ordinary(periods, almanac) != ordinary(other_periods, other_almanac) {
        let message = format!("the periods are not those at {}", findings.locate(at(first)));
        findings.tell(at(def), Rule::FilesDisagree, message, format!("Give the same times {mend}"));
    } else if (!city || said(def).is_some())
        && (times(periods), nameless(almanac)) != (times(other_periods), nameless(other_almanac))
    {
        let here = said(def).unwrap_or_else(|| at(def));
        let there = findings.locate(said(first).unwrap_or_else(|| at(first)));
        let message = format!("the day plans or the calendar are not those at {there}");
        findings.tell(here, Rule::FilesDisagree, message, format!("Give the same {mend}"));
    }
}

/// Where a file states more than one day plan, if it does.
fn said(def: &DaysDef) -> Option<Spot> {
    let school = def.school.first().map(|period| period.spot);
    let plan = def.day_plans.first().map(|plan| plan.spot);
    school.or(plan).or(def.calendar.as_ref().map(|calendar| calendar.spot))
}

fn times(periods: &[Period]) -> Vec<(u32, u32)> {
    periods.iter().map(|p| (p.from_s, p.to_s)).collect()
}

/// An almanac without what is for people only.
fn nameless(almanac: &Almanac) -> Almanac {
    let mut almanac = almanac.clone();
    let none = super::Name { zh: String::new(), en: String::new() };
    almanac.plans.iter_mut().for_each(|plan| plan.name = none.clone());
    almanac.special.iter_mut().for_each(|special| special.name = none.clone());
    almanac
}

/// A day plan's periods, covering the day in order; `None` where they could not be read, or there are none.
pub(super) fn periods(findings: &mut Findings, defs: &[PeriodDef]) -> Option<Vec<Period>> {
    let mut until = Some(0);
    for period in defs {
        let of = &period.subject;
        let (Some(from), Some(to)) = (&period.from, &period.to) else {
            until = None;
            continue;
        };
        order(findings, period);
        if let Some(until) = until.filter(|&until| until != from.value) {
            let message =
                format!("{of} begins at {}, not at {} where the one before ends", clock(from.value), clock(until));
            findings.tell(from.spot, Rule::PeriodsCover, message, format!("Set from = \"{}\".", clock(until)));
        }
        until = Some(to.value);
    }
    let last = defs.last()?;
    if let Some(until) = until.filter(|&until| until != DAY_END) {
        let spot = last.to.as_ref().map_or(last.spot, |to| to.spot);
        let message = format!("the last period ends at {}, not at 24:00", clock(until));
        findings.tell(spot, Rule::PeriodsCover, message, "Add periods up to 24:00.");
    }
    defs.iter().map(read).collect()
}

/// A period ends after it begins.
fn order(findings: &mut Findings, period: &PeriodDef) {
    let (Some(from), Some(to)) = (&period.from, &period.to) else { return };
    if from.value >= to.value {
        let message = format!("{} ends at {} and begins at {}", period.subject, clock(to.value), clock(from.value));
        let mend = "Swap the times, or split what runs over midnight in two.";
        findings.tell(to.spot, Rule::PeriodOrder, message, mend);
    }
}

fn read(period: &PeriodDef) -> Option<Period> {
    let (from_s, to_s) = (period.from.as_ref()?.value, period.to.as_ref()?.value);
    Some(Period { name: period.name.clone()?, from_s, to_s })
}

/// School periods laid over those of a day plan, of which pieces remain before and after. `None` where there are none, or
/// something is wrong.
pub(super) fn with_school(findings: &mut Findings, base: Option<&[Period]>, defs: &[PeriodDef]) -> Option<Vec<Period>> {
    let before = findings.count();
    defs.iter().for_each(|period| order(findings, period));
    let mut school: Vec<(&PeriodDef, Period)> = defs.iter().filter_map(|def| Some((def, read(def)?))).collect();
    school.sort_by_key(|(_, period)| period.from_s);
    for pair in school.windows(2) {
        if pair[1].1.from_s < pair[0].1.to_s {
            let message = format!("{} begins before {} ends", pair[1].0.subject, pair[0].0.subject);
            findings.tell(pair[1].0.spot, Rule::SchoolPeriod, message, "Move one, or make them one.");
        }
    }
    if findings.count() > before || school.len() != defs.len() || school.is_empty() {
        return None;
    }
    let mut laid: Vec<Period> = school.iter().map(|(_, period)| period.clone()).collect();
    for period in base? {
        let mut from_s = period.from_s;
        for (_, over) in school.iter().filter(|(_, over)| over.from_s < period.to_s && over.to_s > period.from_s) {
            if over.from_s > from_s {
                laid.push(Period { from_s, to_s: over.from_s, ..period.clone() });
            }
            from_s = over.to_s;
        }
        if from_s < period.to_s {
            laid.push(Period { from_s, ..period.clone() });
        }
    }
    laid.sort_by_key(|period| period.from_s);
    Some(laid)
}
