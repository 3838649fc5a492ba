//! Events: trips besides the day's, from entries to exits, that swell up to a peak and ebb away.
//!
//! Knows: how many come from where, and when most. Must not know: lamps, how vehicles then drive.
//!
//! Trips are Poisson with a triangular profile: nobody before `from_h`, most at `peak_h`, nobody after `to_h`. Who comes to an
//! event and who leaves it are two tables.

use serde::Deserialize;

use crate::arrivals::{self, Departure};
use crate::counts::Approach;
use crate::random::{Entity, Stream};
use crate::route::{self, From, Names, To};
use crate::street::Street;

/// An event as scenario files have it: `[[event]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventFacts {
    /// Its name, for messages.
    pub name: String,
    /// Expected number of vehicles.
    pub vehicles: f64,
    /// The first, hours of the day.
    pub from_h: f64,
    /// When most come.
    pub peak_h: f64,
    /// The last.
    pub to_h: f64,
    /// Where they enter.
    pub from: Vec<EntryFacts>,
    /// Where they leave, by the shortest way.
    pub to: Vec<ExitFacts>,
}

/// Where some of an event's vehicles enter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryFacts {
    /// Id of the intersection.
    pub intersection: String,
    /// Where the approach's traffic comes from.
    pub approach: Approach,
    /// How many of them, beside the others' shares.
    #[serde(default = "one")]
    pub share: f64,
}

/// Where some of an event's vehicles leave.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitFacts {
    /// Id of the intersection they leave from.
    pub intersection: String,
    /// The side they leave to.
    pub arm: Approach,
    /// How many of them, beside the others' shares.
    #[serde(default = "one")]
    pub share: f64,
}

fn one() -> f64 {
    1.0
}

/// An event of a street.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Expected number of vehicles.
    pub vehicles: f64,
    /// The first, the most, the last, s of the day.
    pub times_s: [f64; 3],
    /// Ways with their weights.
    pub ways: Vec<(Vec<u32>, f64)>,
    /// Only who comes from then until before then drives, s of the day.
    pub window_s: (f64, f64),
}

impl EventFacts {
    /// The keys out of range, and why.
    pub(crate) fn problems(&self) -> Vec<String> {
        let day = |h: f64| (0.0..=24.0).contains(&h);
        let shares = || self.from.iter().map(|f| f.share).chain(self.to.iter().map(|t| t.share));
        let checks = [
            (self.vehicles > 0.0 && self.vehicles <= 50_000.0, "vehicles: must lie above 0, up to 50000"),
            (
                day(self.from_h) && day(self.to_h) && self.from_h < self.to_h,
                "from_h: an event begins before to_h, both within 0 to 24",
            ),
            ((self.from_h..=self.to_h).contains(&self.peak_h), "peak_h: must lie within from_h to to_h"),
            (!self.from.is_empty() && !self.to.is_empty(), "from: name at least one entry, and in to one exit"),
            (shares().all(|s| s > 0.0 && s.is_finite()), "share: must be above 0; leave it out for equal shares"),
        ];
        checks.into_iter().filter(|c| !c.0).map(|c| c.1.to_owned()).collect()
    }

    /// The event on a street.
    ///
    /// # Errors
    /// Everything the street does not have.
    pub fn on(&self, street: &Street, names: Names<'_>) -> Result<Event, Vec<String>> {
        let (mut problems, mut ways) = (Vec::new(), Vec::new());
        let mut entries = Vec::new();
        for f in &self.from {
            let from = From { intersection: f.intersection.clone(), approach: f.approach };
            match names.entry(street, &from) {
                Ok(link) => entries.push((link, f.share)),
                Err(problem) => problems.push(problem),
            }
        }
        for t in &self.to {
            match names.way_out(&To { intersection: t.intersection.clone(), arm: t.arm }) {
                Ok(exit) => ways.extend(entries.iter().map(|(entry, share)| (*entry, exit, share * t.share))),
                Err(problem) => problems.push(problem),
            }
        }
        let ways = ways.into_iter().filter_map(|(entry, exit, share)| {
            let way = route::shortest(street, entry, exit);
            if way.is_none() {
                let (from, to) = (&street.links()[entry].name, &street.links()[exit].name);
                problems.push(format!("no turns lead from {from} to {to}; split the event in two"));
            }
            Some((way?, share))
        });
        let ways = ways.collect();
        let times_s = [self.from_h, self.peak_h, self.to_h].map(|h| 3600.0 * h);
        if problems.is_empty() {
            Ok(Event { vehicles: self.vehicles, times_s, ways, window_s: (0.0, 86_400.0) })
        } else {
            Err(problems)
        }
    }
}

impl Event {
    /// Its trips; `index` is its number among the events of a run. All cars.
    pub(crate) fn draw(&self, seed: u64, index: u32) -> Vec<Departure> {
        let mut draws = Stream::new(seed, Entity::Event(index));
        let [from, peak, to] = self.times_s;
        let all: f64 = self.ways.iter().map(|w| w.1).sum();
        let rising = (peak - from) / (to - from);
        let mut trips = Vec::new();
        let mut passed = draws.exponential();
        while passed < self.vehicles {
            let u = passed / self.vehicles;
            // The triangular distribution's quantile.
            let at_s = if u < rising {
                from + (u * (to - from) * (peak - from)).sqrt()
            } else {
                to - ((1.0 - u) * (to - from) * (to - peak)).sqrt()
            };
            let mut pick = draws.uniform() * all;
            let way = self.ways.iter().find(|(_, weight)| {
                pick -= weight;
                pick < 0.0
            });
            let driver = arrivals::driver(&mut draws, 0.0, None);
            let drives = (self.window_s.0..self.window_s.1).contains(&at_s);
            if let Some((route, _)) = way.or(self.ways.last()).filter(|_| drives) {
                trips.push(Departure { at_s, route: route.clone(), driver });
            }
            passed += draws.exponential();
        }
        trips
    }
}
