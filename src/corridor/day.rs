//! The day plan's periods and the UTC offset, one of each for the network.
//!
//! Knows: the day from 00:00 to 24:00.
//! Must not know: intersections, roads.

use super::city::{CityDef, DaysDef, PeriodDef};
use super::model::Period;
use super::problem::Findings;
use super::rule::Rule;
use crate::units::clock;

/// The end of the day, in seconds after midnight.
const DAY_END: u32 = 86_400;

/// The periods and the UTC offset in seconds: the city's where there is one, else what every corridor states. `whole`: every
/// file could be read.
pub(super) fn compile(
    findings: &mut Findings,
    cities: &[&CityDef],
    corridors: &[&DaysDef],
    whole: bool,
) -> Option<(Vec<Period>, i32)> {
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
        days.push((def, periods(findings, def, must)));
    }
    let (first, day) = days.first()?;
    for (def, other) in &days[1..] {
        match (&first.utc_offset_h, &def.utc_offset_h) {
            (Some(a), Some(b)) if a.value != b.value => {
                let message = format!("utc_offset_h = {} is {} at {}", b.value, a.value, findings.locate(a.spot));
                findings.tell(b.spot, Rule::FilesDisagree, message, "Give one offset for the whole network.");
            }
            _ => {}
        }
        let times = |day: &Option<Vec<Period>>| {
            day.as_ref().map(|day| day.iter().map(|p| (p.from_s, p.to_s)).collect::<Vec<_>>())
        };
        match (times(day), times(other), def.periods.first()) {
            (Some(a), Some(b), Some(place)) if a != b => {
                let at = first.periods.first().map_or_else(String::new, |p| findings.locate(p.spot));
                let message = format!("the periods are not those at {at}");
                let mend = "Give the same times in all files; if the files are no one network, name each by itself.";
                findings.tell(place.spot, Rule::FilesDisagree, message, mend);
            }
            _ => {}
        }
    }
    Some((day.clone()?, (first.utc_offset_h.as_ref()?.value * 3600.0) as i32))
}

/// One file's periods, covering the day in order.
fn periods(findings: &mut Findings, def: &DaysDef, must: bool) -> Option<Vec<Period>> {
    if def.periods.is_empty() {
        if must {
            let message = format!("{} has no period", def.what);
            findings.tell(def.spot, Rule::PeriodsCover, message, "Add [[period]] tables that cover 00:00 to 24:00.");
        }
        return None;
    }
    let mut until = Some(0);
    for (index, period) in def.periods.iter().enumerate() {
        let (Some(from), Some(to)) = (&period.from, &period.to) else {
            until = None;
            continue;
        };
        let of = title(index, period);
        if from.value >= to.value {
            let message = format!("{of} ends at {} and begins at {}", clock(to.value), clock(from.value));
            findings.tell(
                to.spot,
                Rule::PeriodOrder,
                message,
                "Swap the times, or split what runs over midnight in two.",
            );
        }
        if let Some(until) = until.filter(|&until| until != from.value) {
            let message =
                format!("{of} begins at {}, not at {} where the one before ends", clock(from.value), clock(until));
            findings.tell(from.spot, Rule::PeriodsCover, message, format!("Set from = \"{}\".", clock(until)));
        }
        until = Some(to.value);
    }
    if let (Some(until), Some(last)) = (until.filter(|&until| until != DAY_END), def.periods.last()) {
        let spot = last.to.as_ref().map_or(last.spot, |to| to.spot);
        let message = format!("the last period ends at {}, not at 24:00", clock(until));
        findings.tell(spot, Rule::PeriodsCover, message, "Add periods up to 24:00.");
    }
    def.periods
        .iter()
        .map(|p| Some(Period { name: p.name.clone()?, from_s: p.from.as_ref()?.value, to_s: p.to.as_ref()?.value }))
        .collect()
}

fn title(index: usize, period: &PeriodDef) -> String {
    match &period.name {
        Some(name) => format!("period {} ({})", index + 1, name.en),
        None => format!("period {}", index + 1),
    }
}
