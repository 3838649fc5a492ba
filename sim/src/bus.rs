//! Bus lines: which way, when, where they stop for how long, and what a run tells of each bus.
//!
//! Knows: routes, timetables, stops. Must not know: how a bus gets to its stop, or who drives round it (`traffic::buses`).

use serde::{Deserialize, Serialize};

use crate::counts::Approach;
use crate::driver::{Driver, HEAVY_LENGTH_M};
use crate::lanes::ROOM_TO_RETURN_M;
use crate::random::{Entity, Stream};
use crate::route::{From, Move, Names, To};
use crate::street::Street;
use crate::trail::Trail;

/// A bus has this much of its link behind it at a stop, besides its length, m: who comes onto the link can stop.
const BEHIND_START_M: f32 = 60.0;
/// A lane is the kerb lane of a stop when it begins this far before it, besides a bus's length, m.
const MOUTH_M: f32 = 20.0;
/// Nobody waits for a bus longer than this at once, s.
const LONGEST_DWELL_S: f64 = 600.0;
/// At most so many buses a line and day.
const MOST_RUNS: usize = 1000;

/// A bus line as scenario files have it: `[[bus_line]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusLineFacts {
    /// Its id, for reports.
    pub id: String,
    /// Where its buses enter.
    pub from: From,
    /// Where they leave, by the shortest way; without it `movements` say the way.
    pub to: Option<To>,
    /// What they do at their stop lines, then straight on.
    #[serde(default)]
    pub movements: Vec<Move>,
    /// When each bus wishes to enter, hours of the day; absent where `headway_min` says it.
    #[serde(default)]
    pub timetable_h: Vec<f64>,
    /// Time between two buses, min.
    pub headway_min: Option<f64>,
    /// The first bus of a headway, hours of the day.
    pub from_h: Option<f64>,
    /// No bus of a headway from here on, hours of the day.
    pub to_h: Option<f64>,
    /// Where it stops, in the order of its way.
    #[serde(default)]
    pub stop: Vec<BusStopFacts>,
}

/// A stop of a line: `[[bus_line.stop]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusStopFacts {
    /// Id of the intersection behind the stop.
    pub intersection: String,
    /// The approach it lies on.
    pub approach: Approach,
    /// Where the front of a bus stands, m before the stop line.
    pub before_m: f64,
    /// Whether it has a bay; without one buses stand in the kerb lane.
    #[serde(default)]
    pub bay: bool,
    /// Mean dwell time, doors and all, s.
    pub dwell_mean_s: f64,
    /// Its standard deviation, s.
    pub dwell_sd_s: f64,
}

/// A bus line of a street.
#[derive(Debug, Clone, PartialEq)]
pub struct BusLine {
    /// Its id, for reports.
    pub id: String,
    /// The links its buses drive, entry to exit.
    pub route: Vec<u32>,
    /// When they wish to enter, s of the day.
    pub departures_s: Vec<f64>,
    /// Where they stop, in the order of the route.
    pub stops: Vec<BusStop>,
}

/// A stop of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BusStop {
    /// The approach link it lies on.
    pub link: usize,
    /// Where the front of a bus stands, m before the stop line.
    pub before_m: f32,
    /// Whether it has a bay.
    pub bay: bool,
    /// Mean dwell time, s.
    pub dwell_mean_s: f64,
    /// Its standard deviation, s.
    pub dwell_sd_s: f64,
}

impl BusLineFacts {
    /// The keys out of range, and why.
    pub(crate) fn problems(&self) -> Vec<String> {
        let day = |h: f64| (0.0..=24.0).contains(&h);
        let every = (self.headway_min, self.from_h, self.to_h);
        let mut checks = vec![
            (!self.id.trim().is_empty(), "id: reports name it by this; give one"),
            (self.to.is_none() || self.movements.is_empty(), "movements: say the way, or to its end; leave one out"),
            (
                self.timetable_h.is_empty() == self.headway_min.is_some(),
                "headway_min: buses come by it or by timetable_h; give one of them",
            ),
            (self.timetable_h.iter().all(|&h| day(h)), "timetable_h: must lie within 0 to 24"),
            (
                self.timetable_h.len() <= MOST_RUNS && self.headway_min.is_none_or(|m| (1.5..=240.0).contains(&m)),
                "headway_min: must lie between 1.5 and 240; a timetable has at most 1000 buses",
            ),
            (
                match every {
                    (Some(_), Some(from), Some(to)) => day(from) && day(to) && from < to,
                    (Some(_), ..) => false,
                    (None, from, to) => from.is_none() && to.is_none(),
                },
                "from_h: a headway holds from from_h to to_h, both within 0 to 24; a timetable has neither",
            ),
        ];
        for s in &self.stop {
            checks.extend([
                (s.before_m >= 0.0, "stop: before_m must be at least 0"),
                ((0.0..=LONGEST_DWELL_S).contains(&s.dwell_mean_s), "stop: dwell_mean_s must lie between 0 and 600"),
                (
                    s.dwell_sd_s >= 0.0 && s.dwell_sd_s <= s.dwell_mean_s,
                    "stop: dwell_sd_s must lie between 0 and dwell_mean_s; 0.6 of it is usual",
                ),
            ]);
        }
        checks.into_iter().filter(|c| !c.0).map(|c| c.1.to_owned()).collect()
    }

    /// The line on a street.
    ///
    /// # Errors
    /// Everything the street does not have or bear.
    pub fn on(&self, street: &Street, names: Names<'_>) -> Result<BusLine, Vec<String>> {
        let mut problems = Vec::new();
        let route = names.way(street, &self.from, self.to.as_ref(), &self.movements).map_err(|p| problems.push(p));
        let stops = self.stop.iter().filter_map(|s| {
            let link = (names.approach)(&s.intersection, s.approach);
            if link.is_none() {
                let (id, letter) = (&s.intersection, s.approach.letter());
                problems.push(format!("stop: the street has no approach {id} {letter}; name one it has"));
            }
            let before_m = s.before_m as f32;
            Some(BusStop { link: link?, before_m, bay: s.bay, dwell_mean_s: s.dwell_mean_s, dwell_sd_s: s.dwell_sd_s })
        });
        let stops: Vec<BusStop> = stops.collect();
        let departures_s = match (self.headway_min, self.from_h, self.to_h) {
            (Some(headway), Some(from), Some(to)) => {
                let runs = (((to - from) * 60.0 / headway).ceil() as usize).min(MOST_RUNS);
                (0..runs).map(|k| 3600.0 * from + 60.0 * headway * k as f64).collect()
            }
            _ => self.timetable_h.iter().map(|h| 3600.0 * h).collect(),
        };
        let Ok(route) = route else { return Err(problems) };
        let line = BusLine { id: self.id.clone(), route, departures_s, stops };
        problems.extend(line.problems(street));
        if problems.is_empty() { Ok(line) } else { Err(problems) }
    }
}

impl BusLine {
    /// What a street can not bear of it, with what to do.
    pub fn problems(&self, street: &Street) -> Vec<String> {
        let mut problems = Vec::new();
        let mut last = (0, 0.0);
        for s in &self.stops {
            let Some((place, link)) = self
                .route
                .iter()
                .position(|&l| l as usize == s.link)
                .and_then(|place| Some((place, street.links().get(s.link)?)))
            else {
                problems.push("stop: its line does not come by there; name an approach on its way".to_owned());
                continue;
            };
            let (name, at) = (&link.name, link.length_m - s.before_m);
            let least = if s.bay { 15.0 } else { ROOM_TO_RETURN_M };
            let most = link.length_m - BEHIND_START_M - HEAVY_LENGTH_M;
            if s.before_m < least || s.before_m > most || link.node.is_none() {
                problems.push(format!("stop: before_m must lie between {least} and {most:.0} on {name}"));
            }
            if (place, at) <= last {
                problems.push(format!("stop: the one on {name} comes too late in the list; order them by the way"));
            }
            last = (place, at);
        }
        problems
    }

    /// Its buses' accounts: `first` is the number of the first, `index` that of the line.
    pub(crate) fn buses(&self, street: &Street, seed: u64, index: u32, first: u32) -> Vec<Bus> {
        let bus = |(k, &at_s): (usize, &f64)| {
            // What a bus does at its stops hangs on nothing else.
            let mut draws = Stream::new(seed, Entity::Bus(index * 1024 + k as u32));
            let call = |stop: &BusStop| {
                let (mean, sd) = (stop.dwell_mean_s, stop.dwell_sd_s);
                let dwell_s = draws.normal_within(mean, sd, 0.25 * mean, mean + 3.0 * sd);
                Call { stop: *stop, dwell_s, arrived_s: None, left_s: None }
            };
            Bus {
                line: self.id.clone(),
                trail: Trail::new(street, first + k as u32, &self.route, at_s, Driver::HEAVY.speed_factor),
                calls: self.stops.iter().map(call).collect(),
                next: 0,
                until_s: None,
                waits: 0,
            }
        };
        self.departures_s.iter().enumerate().map(bus).collect()
    }
}

/// A bus of a run, and its account so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Bus {
    /// Its line.
    pub line: String,
    /// What it has met.
    pub trail: Trail,
    /// Its stops.
    pub calls: Vec<Call>,
    /// The stop it comes to next.
    pub(crate) next: usize,
    /// Until when it stands at a stop.
    pub(crate) until_s: Option<f64>,
    /// Steps for which it has stood beside its stop in another lane.
    pub(crate) waits: u32,
}

/// One call at a stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Call {
    /// The stop.
    pub stop: BusStop,
    /// How long doors stay open and people change, s.
    pub dwell_s: f64,
    /// When it stood; absent before, and where it passed the stop because it did not get into its lane.
    pub arrived_s: Option<f64>,
    /// When it was on the road again.
    pub left_s: Option<f64>,
}

/// What a report says of a bus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BusMeasure {
    /// Its line.
    pub line: String,
    /// When it wished to enter, s of the day.
    pub wish_s: f64,
    /// When it left the street.
    pub left_s: Option<f64>,
    /// From the wish until it left, s; absent when it was still there at the end of the run.
    pub travel_s: Option<f64>,
    /// Free-flow time of its route without stops, s.
    pub free_s: f64,
    /// Time at its stops as drawn, those it has called at, s.
    pub dwell_s: f64,
    /// Stops it has called at, and those it has.
    pub called: usize,
    /// See `called`.
    pub stops: usize,
}

impl Bus {
    pub(crate) fn measure(&self) -> BusMeasure {
        let called = || self.calls.iter().filter(|c| c.arrived_s.is_some());
        BusMeasure {
            line: self.line.clone(),
            wish_s: self.trail.wish_s,
            left_s: self.trail.left_s,
            travel_s: self.trail.travel_s(),
            free_s: self.trail.free_s,
            dwell_s: called().map(|c| c.dwell_s).sum(),
            called: called().count(),
            stops: self.calls.len(),
        }
    }
}

/// The lane beside the kerb where a stop lies, the first is 0.
pub(crate) fn kerb_lane(street: &Street, stop: &BusStop) -> usize {
    let link = &street.links()[stop.link];
    let from = link.length_m - stop.before_m - HEAVY_LENGTH_M - MOUTH_M;
    link.lanes.iter().rposition(|l| l.start_m <= from).unwrap_or(0)
}
