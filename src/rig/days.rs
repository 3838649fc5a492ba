//! Days of demand: which one, of what kind, and how it becomes flows of the plant's street.

use super::plant::RigProblem;
use super::translate::Translated;
use crate::corridor::Network;
use greenwave_sim::closure::{self, Closure, ClosureFacts};
use greenwave_sim::counted::{self, Counted};
use greenwave_sim::counts::{Counts, CountsError};
use greenwave_sim::driving::{self, DrivingFacts};
use greenwave_sim::street::Street;
use greenwave_sim::weather::Weather;
use greenwave_sim::{arrivals, day, scenario};
use serde::Serialize;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

pub use greenwave_sim::day::DayKind;
pub use greenwave_sim::scenario::ScenarioError as ScenarioProblem;

/// A window of the day and the days to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usual {
    /// First second of the window.
    pub from_s: u32,
    /// First second after it.
    pub to_s: u32,
    /// Ten days.
    pub days: Vec<DayName>,
}

/// What days are drawn from.
#[derive(Debug, Clone)]
pub enum Scenario {
    /// One arterial, by the pattern of its day.
    Pattern(Box<scenario::Scenario>),
    /// Any street, by an hour that was counted there.
    Counted(Box<Counted>),
}

impl Scenario {
    /// Reads a scenario; `file` is for messages, `beside` reads a file that lies beside it.
    ///
    /// # Errors
    /// The first thing wrong, with its line.
    pub fn parse(
        file: &str,
        text: &str,
        beside: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<Scenario, ScenarioProblem> {
        // Which form it has is told by its table of counts; everything else is told by the form's own reader.
        if text.lines().any(|line| line.trim() == "[counted]") {
            return Counted::parse(file, text, beside).map(|c| Scenario::Counted(Box::new(c)));
        }
        scenario::Scenario::parse(file, text).map(|s| Scenario::Pattern(Box::new(s)))
    }

    /// Where people drive otherwise, on all its days.
    fn driving(&self) -> Vec<DrivingFacts> {
        match self {
            Scenario::Pattern(scenario) => scenario.driving.clone(),
            Scenario::Counted(hour) => hour.driving().to_vec(),
        }
    }

    /// What of it is replayed when nobody says otherwise: the morning peak or the counted hour, on reporting days of every kind
    /// that differs in the window.
    pub fn usual(&self) -> Usual {
        let days = |of: &[(DayKind, RangeInclusive<u64>)]| {
            of.iter().flat_map(|(kind, seeds)| seeds.clone().map(|seed| DayName { seed, kind: *kind })).collect()
        };
        use DayKind::{Counted as Hour, Shifted, Surge, Tidal, Workday};
        match self {
            Scenario::Pattern(_) => Usual {
                from_s: 6 * 3600 + 1800,
                to_s: 9 * 3600,
                days: days(&[
                    (Workday, 1001..=1004),
                    (Tidal, 1005..=1006),
                    (Shifted, 1007..=1008),
                    (Surge, 1009..=1010),
                ]),
            },
            Scenario::Counted(hour) => {
                let (from_s, to_s) = hour.window_s();
                let days =
                    days(&[(Hour, 1001..=1001), (Workday, 1002..=1006), (Tidal, 1007..=1008), (Surge, 1009..=1010)]);
                Usual { from_s, to_s, days }
            }
        }
    }
}

/// Names one day: a seed and a kind, written `1001` (a workday) or `1001:tidal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayName {
    /// The day's seed: 1..=99 for training, 1001..=1099 for reporting (contract 17).
    pub seed: u64,
    /// What kind of day.
    pub kind: DayKind,
}

impl fmt::Display for DayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seed, self.kind.name())
    }
}

impl Serialize for DayName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for DayName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (seed, kind) = text.split_once(':').unwrap_or((text, "workday"));
        let seed = seed.parse().map_err(|_| format!("`{seed}` is no day number"))?;
        let kind = DayKind::parse(kind).ok_or_else(|| {
            format!("`{kind}` is no kind of day: workday, saturday, tidal, surge, shifted, school, rain, counted")
        })?;
        Ok(DayName { seed, kind })
    }
}

/// Five-minute bins in half an hour.
const HALF_HOUR: usize = 6;

/// One day's demand, ready for any street of the network.
#[derive(Debug, Clone)]
pub struct Demand {
    flows: Flows,
    factor: f64,
    weather: Weather,
    /// Lanes closed that day, and whether by an incident.
    closures: Vec<(ClosureFacts, bool)>,
    /// Where people drive otherwise.
    driving: Vec<DrivingFacts>,
}

#[derive(Debug, Clone)]
enum Flows {
    Entries(day::DayCounts),
    Counts(Counts, f64),
}

impl Demand {
    /// The mean workday of a scenario.
    pub fn mean(scenario: &Scenario) -> Demand {
        let flows = match scenario {
            Scenario::Pattern(scenario) => Flows::Entries(day::mean_day(scenario)),
            Scenario::Counted(hour) => Flows::Counts(hour.mean(), hour.heavy_share()),
        };
        Demand { flows, factor: 1.0, weather: Weather::Dry, closures: closures(scenario), driving: scenario.driving() }
    }

    /// A day drawn by its name.
    ///
    /// # Errors
    /// When the scenario has no days of this kind.
    pub fn of(scenario: &Scenario, name: DayName) -> Result<Demand, RigProblem> {
        let flows = match scenario {
            Scenario::Pattern(scenario) => Flows::Entries(day::day(scenario, name.seed, name.kind)),
            Scenario::Counted(hour) if counted::KINDS.contains(&name.kind) => {
                Flows::Counts(hour.day(name.seed, name.kind), hour.heavy_share())
            }
            Scenario::Counted(hour) => return Err(no_such_day(hour, name)),
        };
        let weather = match scenario {
            Scenario::Pattern(scenario) => day::weather(scenario, name.kind),
            Scenario::Counted(_) => Weather::Dry,
        };
        Ok(Demand { flows, factor: 1.0, weather, closures: closures(scenario), driving: scenario.driving() })
    }

    /// What somebody who counts every movement through the day would write down: a counts file, in half hours.
    ///
    /// # Errors
    /// When the scenario has no days of this kind.
    pub fn counted(scenario: &Scenario, name: DayName) -> Result<String, RigProblem> {
        match (scenario, Demand::of(scenario, name)?.flows) {
            (Scenario::Pattern(scenario), Flows::Entries(day)) => Ok(day::counts_csv(scenario, &day, HALF_HOUR)),
            (_, Flows::Counts(counts, _)) => {
                // Whole approaches are for the plant's entries.
                let mut counts = counts.coarser(HALF_HOUR);
                counts.series.retain(|(_, _, movement), _| movement.is_some());
                Ok(counts.to_csv())
            }
            (Scenario::Counted(hour), _) => Err(no_such_day(hour, name)),
        }
    }

    /// The same day with so much of the vehicles at every entry; people on foot stay as they are.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Demand {
        Demand { factor: self.factor * factor, ..self }
    }

    /// How the day's drivers drive.
    pub(super) fn weather(&self) -> Weather {
        self.weather
    }

    /// Its closed lanes on this street.
    pub(super) fn closed_lanes(&self, network: &Network, built: &Translated) -> Result<Vec<Closure>, RigProblem> {
        let mut problems = Vec::new();
        let closed = self.closures.iter().filter_map(|(c, incident)| {
            let link = built.approach_link(network, &c.intersection, c.approach);
            if link.is_none() {
                let (id, letter) = (&c.intersection, c.approach.letter());
                problems.push(format!("the street has no approach {id} {letter}; name one it has"));
            }
            Some(c.on(link?, *incident))
        });
        let closed: Vec<Closure> = closed.collect();
        if let Err(found) = closure::check(&built.street, &closed) {
            problems.extend(found.iter().map(ToString::to_string));
        }
        if problems.is_empty() { Ok(closed) } else { Err(RigProblem::Closures(problems.join("\n"))) }
    }

    /// The street as people drive on it that day.
    pub(super) fn driven(&self, network: &Network, built: &Translated) -> Result<Street, RigProblem> {
        let link_of = |id: &str, approach| built.approach_link(network, id, approach);
        driving::on(built.street.clone(), &self.driving, link_of).map_err(|p| RigProblem::Driving(p.join("\n")))
    }

    pub(super) fn on(&self, network: &Network, built: &Translated) -> Result<arrivals::Demand, CountsError> {
        let street: &Street = &built.street;
        let mut demand = match &self.flows {
            Flows::Entries(day) => day.demand(|id, approach| built.approach_link(network, id, approach)),
            Flows::Counts(counts, heavy) => {
                counts.demand(street, *heavy, |id, approach| built.approach_link(network, id, approach))?
            }
        };
        demand.entries.iter_mut().flat_map(|e| &mut e.vehicles).for_each(|vehicles| *vehicles *= self.factor);
        Ok(demand)
    }
}

/// Lanes closed on every day of a scenario.
fn closures(scenario: &Scenario) -> Vec<(ClosureFacts, bool)> {
    let (works, incidents) = match scenario {
        Scenario::Pattern(scenario) => (&scenario.closure[..], &scenario.incident[..]),
        Scenario::Counted(hour) => hour.closures(),
    };
    let all = works.iter().map(|c| (c, false)).chain(incidents.iter().map(|c| (c, true)));
    all.map(|(c, incident)| (c.clone(), incident)).collect()
}

fn no_such_day(hour: &Counted, name: DayName) -> RigProblem {
    let kinds: Vec<&str> = counted::KINDS.iter().map(|k| k.name()).collect();
    RigProblem::NoSuchDay(name.to_string(), hour.name().to_owned(), kinds.join(", "))
}
