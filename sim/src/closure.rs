//! Lane closures and incidents: where, when, and whether a street can bear them.
//!
//! Knows: lanes of approaches, times of day. Must not know: who drives, or how anybody gets past.

use serde::Deserialize;

use crate::counts::Approach;
use crate::lanes::ROOM_TO_RETURN_M;
use crate::street::{Street, full_lanes};

/// The shortest stretch that can be closed, m.
const SHORTEST_M: f64 = 5.0;
/// A stretch begins at least this far behind the beginning of its link, m, so that who has just come onto it can stop.
const BEHIND_START_M: f32 = 60.0;

/// A closure as scenario files have it: `[[closure]]`, or `[[incident]]`, in which those stand who were there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosureFacts {
    /// Id of the intersection.
    pub intersection: String,
    /// Where the approach's traffic comes from.
    pub approach: Approach,
    /// The lane, from the median, pockets counted, the first is 1.
    pub lane: usize,
    /// Where the stretch begins, m before the stop line.
    pub from_m: f64,
    /// Where it ends, m before the stop line; 0 = at the line.
    pub to_m: f64,
    /// When it begins, hours of the day.
    pub from_h: f64,
    /// When it ends, hours of the day.
    pub to_h: f64,
    /// Speed of default drivers beside it; absent = as ever.
    pub passing_km_h: Option<f64>,
}

/// A stretch of one lane of a street, closed for a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Closure {
    /// The approach link.
    pub link: usize,
    /// Its lane, from the median, pockets counted, the first is 0.
    pub lane: usize,
    /// Where the stretch begins, m before the stop line.
    pub from_m: f32,
    /// Where it ends, m before the stop line.
    pub to_m: f32,
    /// When it begins, s of the day.
    pub from_s: f64,
    /// When it ends, s of the day.
    pub to_s: f64,
    /// Speed of default drivers in the other lanes beside it, m/s; `None` = as ever.
    pub passing_m_s: Option<f32>,
    /// Whether those who are in it when it begins stand until it ends.
    pub incident: bool,
}

/// Why a street can not bear a closure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{link}, lane {lane}: {problem}")]
pub struct ClosureError {
    /// Name of the link.
    pub link: String,
    /// The lane, the first is 1.
    pub lane: usize,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl ClosureFacts {
    /// The keys out of range, and why.
    pub(crate) fn problems(&self) -> Vec<String> {
        let day = |h: f64| (0.0..=24.0).contains(&h);
        let checks = [
            (self.lane >= 1, "lane: counts from the median, the first is 1; give at least 1"),
            (self.to_m >= 0.0, "to_m: lies at the stop line or before it; give at least 0"),
            (
                self.from_m - self.to_m >= SHORTEST_M,
                "from_m: a stretch begins further from the stop line than it ends and is at least 5 m long; give at least to_m + 5",
            ),
            (
                day(self.from_h) && day(self.to_h) && self.from_h < self.to_h,
                "from_h: a closure begins before to_h, both within 0 to 24; close a night as two closures",
            ),
            (
                self.passing_km_h.is_none_or(|v| (5.0..=120.0).contains(&v)),
                "passing_km_h: must lie between 5 and 120; leave it out when nobody slows down",
            ),
        ];
        checks.into_iter().filter(|c| !c.0).map(|c| c.1.to_owned()).collect()
    }

    /// The closure of a street that calls this approach `link`.
    pub fn on(&self, link: usize, incident: bool) -> Closure {
        Closure {
            link,
            lane: self.lane - 1,
            from_m: self.from_m as f32,
            to_m: self.to_m as f32,
            from_s: 3600.0 * self.from_h,
            to_s: 3600.0 * self.to_h,
            passing_m_s: self.passing_km_h.map(|v| (v / 3.6) as f32),
            incident,
        }
    }
}

/// Whether a street bears all of these: every lane there, and every movement and pocket with a way past.
///
/// # Errors
/// Every closure it does not bear, with what to do.
pub fn check(street: &Street, closures: &[Closure]) -> Result<(), Vec<ClosureError>> {
    let errors = closures.iter().filter_map(|c| {
        let name = street.links().get(c.link).map_or("?", |l| &l.name);
        refuses(street, closures, c).map(|problem| ClosureError { link: name.to_owned(), lane: c.lane + 1, problem })
    });
    let errors: Vec<ClosureError> = errors.collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn refuses(street: &Street, all: &[Closure], c: &Closure) -> Option<String> {
    let link = street.links().get(c.link).filter(|l| l.node.is_some());
    let Some(link) = link else { return Some("only lanes of approaches can be closed; name an approach".to_owned()) };
    let Some(lane) = link.lanes.get(c.lane) else {
        return Some(format!("the approach has {} lanes; give one of them", link.lanes.len()));
    };
    let begins = link.length_m - c.from_m;
    let first = if lane.start_m > 0.0 { lane.start_m } else { BEHIND_START_M };
    if begins < first {
        let most = (link.length_m - first).floor();
        return Some(format!("from_m: the stretch begins at most {most} m before the stop line here; begin it later"));
    }
    let at_once: Vec<&Closure> =
        all.iter().filter(|o| o.link == c.link && o.from_s < c.to_s && o.to_s > c.from_s).collect();
    let closed = |lane: usize| at_once.iter().any(|o| o.lane == lane);
    let to_line = |lane: usize| at_once.iter().any(|o| o.lane == lane && o.to_m < ROOM_TO_RETURN_M);
    let whole = full_lanes(&link.lanes);
    if !whole.clone().any(|l| !closed(l)) {
        return Some("no lane of full length stays open at the same time; leave one open".to_owned());
    }
    let numbered = || link.lanes.iter().enumerate();
    for turn in &lane.turns {
        let leads = |(l, lane): (usize, &crate::street::Lane)| {
            !to_line(l) && lane.turns.iter().any(|t| t.to_link == turn.to_link)
        };
        if !numbered().any(leads) {
            return Some(format!(
                "no lane is left at the stop line for {:?} ({}); end the stretch at least {ROOM_TO_RETURN_M} m before the line, or leave another lane for it open",
                turn.movement,
                street.links()[turn.to_link].name
            ));
        }
    }
    // A pocket is reached from the lane beside it, after its mouth.
    let beside = [c.lane.checked_sub(1), Some(c.lane + 1)];
    for pocket in beside.into_iter().flatten().filter(|p| !whole.contains(p) && !closed(*p)) {
        let Some(mouth) = link.lanes.get(pocket).map(|l| l.start_m) else { continue };
        if begins - mouth < ROOM_TO_RETURN_M && c.to_m < ROOM_TO_RETURN_M {
            return Some(format!(
                "nobody could reach lane {} beside it; end the stretch at least {ROOM_TO_RETURN_M} m before the line, or begin it that far behind the pocket's mouth",
                pocket + 1
            ));
        }
    }
    None
}
