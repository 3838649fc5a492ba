//! Days of demand: which one, of what kind, and how it becomes flows of the plant's street.

use super::plant::RigProblem;
use super::translate::{self, Translated};
use crate::corridor::Network;
use greenwave_sim::coming::Coming;
use greenwave_sim::counted::{self, Counted};
use greenwave_sim::counts::{Approach, Counts, CountsError};
use greenwave_sim::driving::{self, DrivingFacts};
use greenwave_sim::route::Names;
use greenwave_sim::scene::{Scene, Staged};
use greenwave_sim::street::Street;
use greenwave_sim::trips::Trips;
use greenwave_sim::weather::Weather;
use greenwave_sim::{arrivals, day, scenario};
use serde::Serialize;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;

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

/// What days are drawn from, and what happens on them besides.
#[derive(Debug, Clone)]
pub struct Scenario {
    facts: Facts,
    scenes: Vec<Scene>,
    /// The trips of a file instead of its own vehicles.
    trips: Option<Arc<Trips>>,
}

/// The form of a scenario.
#[derive(Debug, Clone)]
enum Facts {
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
        let (scene, facts) = if text.lines().any(|line| line.trim() == "[counted]") {
            let hour = Counted::parse(file, text, beside)?;
            (hour.scene(), Facts::Counted(Box::new(hour)))
        } else {
            let pattern = scenario::Scenario::parse(file, text)?;
            (pattern.scene(), Facts::Pattern(Box::new(pattern)))
        };
        Ok(Scenario { facts, scenes: vec![scene], trips: None })
    }

    /// Lays a scene over all its days: closures, incidents and vehicles of a file of their own.
    pub fn stage(&mut self, scene: Scene) {
        self.scenes.push(scene);
    }

    /// Whether anything happens besides the ordinary day, and what: names of scenes with what is in them.
    pub fn scenes(&self) -> Vec<String> {
        let told = |scene: &Scene| {
            let contents: Vec<String> = scene.contents().iter().map(|(what, n)| format!("{n} x {what}")).collect();
            format!("{}: {}", scene.name, contents.join(", "))
        };
        self.scenes.iter().filter(|s| !s.is_empty()).map(told).collect()
    }

    /// The same with the trips of a file instead of its own vehicles.
    ///
    /// # Errors
    /// Every row that is no trip of this network's street; `file` is for messages.
    pub fn with_trips(self, network: &Network, file: &str, text: &str) -> Result<Scenario, RigProblem> {
        let trips = Trips::parse(&translate::street(network)?.street, text).map_err(|problems| {
            let told = problems.iter().take(TOLD).map(|p| format!("{file}:{p}"));
            let more = problems.len().saturating_sub(TOLD);
            let more = (more > 0).then(|| format!("and {more} more rows"));
            RigProblem::Trips(told.chain(more).collect::<Vec<_>>().join("\n"))
        })?;
        Ok(Scenario { trips: Some(Arc::new(trips)), ..self })
    }

    /// How many trips of its file begin in a window; `None` = it has no file.
    pub fn trips_within(&self, from_s: u32, to_s: u32) -> Option<usize> {
        self.trips.as_ref().map(|trips| trips.within(f64::from(from_s), f64::from(to_s)))
    }

    /// Where people drive otherwise, on all its days.
    fn driving(&self) -> Vec<DrivingFacts> {
        match &self.facts {
            Facts::Pattern(scenario) => scenario.driving.clone(),
            Facts::Counted(hour) => hour.driving().to_vec(),
        }
    }

    /// What of it is replayed when nobody says otherwise: the morning peak or the counted hour, on reporting days of every kind
    /// that differs in the window.
    pub fn usual(&self) -> Usual {
        let days = |of: &[(DayKind, RangeInclusive<u64>)]| {
            of.iter().flat_map(|(kind, seeds)| seeds.clone().map(|seed| DayName { seed, kind: *kind })).collect()
        };
        use DayKind::{Counted as Hour, Shifted, Surge, Tidal, Workday};
        match &self.facts {
            Facts::Pattern(_) => Usual {
                from_s: 6 * 3600 + 1800,
                to_s: 9 * 3600,
                days: days(&[
                    (Workday, 1001..=1004),
                    (Tidal, 1005..=1006),
                    (Shifted, 1007..=1008),
                    (Surge, 1009..=1010),
                ]),
            },
            Facts::Counted(hour) => {
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
/// Bad rows of a trips file that are told one by one.
const TOLD: usize = 40;

/// One day's demand, ready for any street of the network.
#[derive(Debug, Clone)]
pub struct Demand {
    flows: Flows,
    factor: f64,
    weather: Weather,
    /// What happens that day besides.
    scenes: Vec<Scene>,
    /// Where people drive otherwise.
    driving: Vec<DrivingFacts>,
    /// Who drives instead of those of the flows.
    trips: Option<Arc<Trips>>,
}

#[derive(Debug, Clone)]
enum Flows {
    Entries(day::DayCounts),
    Counts(Counts, f64),
}

impl Demand {
    /// The mean workday of a scenario.
    pub fn mean(scenario: &Scenario) -> Demand {
        let flows = match &scenario.facts {
            Facts::Pattern(scenario) => Flows::Entries(day::mean_day(scenario)),
            Facts::Counted(hour) => Flows::Counts(hour.mean(), hour.heavy_share()),
        };
        let (scenes, driving, trips) = (scenario.scenes.clone(), scenario.driving(), scenario.trips.clone());
        Demand { flows, factor: 1.0, weather: Weather::Dry, scenes, driving, trips }
    }

    /// A day drawn by its name.
    ///
    /// # Errors
    /// When the scenario has no days of this kind.
    pub fn of(scenario: &Scenario, name: DayName) -> Result<Demand, RigProblem> {
        let flows = match &scenario.facts {
            Facts::Pattern(scenario) => Flows::Entries(day::day(scenario, name.seed, name.kind)),
            Facts::Counted(hour) if counted::KINDS.contains(&name.kind) => {
                Flows::Counts(hour.day(name.seed, name.kind), hour.heavy_share())
            }
            Facts::Counted(hour) => return Err(no_such_day(hour, name)),
        };
        let weather = match &scenario.facts {
            Facts::Pattern(scenario) => day::weather(scenario, name.kind),
            Facts::Counted(_) => Weather::Dry,
        };
        let (scenes, driving, trips) = (scenario.scenes.clone(), scenario.driving(), scenario.trips.clone());
        Ok(Demand { flows, factor: 1.0, weather, scenes, driving, trips })
    }

    /// What somebody who counts every movement through the day would write down: a counts file, in half hours.
    ///
    /// # Errors
    /// When the scenario has no days of this kind.
    pub fn counted(scenario: &Scenario, name: DayName) -> Result<String, RigProblem> {
        match (&scenario.facts, Demand::of(scenario, name)?.flows) {
            (Facts::Pattern(scenario), Flows::Entries(day)) => Ok(day::counts_csv(scenario, &day, HALF_HOUR)),
            (_, Flows::Counts(counts, _)) => {
                // Whole approaches are for the plant's entries.
                let mut counts = counts.coarser(HALF_HOUR);
                counts.series.retain(|(_, _, movement), _| movement.is_some());
                Ok(counts.to_csv())
            }
            (Facts::Counted(hour), _) => Err(no_such_day(hour, name)),
        }
    }

    /// The same day with so much of the vehicles at every entry; people on foot stay as they are.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Demand {
        Demand { factor: self.factor * factor, ..self }
    }

    /// What happens on this street besides.
    pub(super) fn staged(&self, network: &Network, built: &Translated) -> Result<Staged, RigProblem> {
        let approach = |id: &str, from| built.approach_link(network, id, from);
        let exit = |id: &str, arm: Approach| built.exit_link(id, arm);
        let names = Names { approach: &approach, exit: &exit };
        let (mut all, mut problems) = (Staged::default(), Vec::new());
        for scene in &self.scenes {
            match scene.on(&built.street, names) {
                Ok(staged) => all.and(staged),
                Err(found) => problems.extend(found),
            }
        }
        if all.rains_twice() || (!all.rains.is_empty() && self.weather != Weather::Dry) {
            problems.push("rain: it rains already; leave one of them out, or replay another kind of day".to_owned());
        }
        if problems.is_empty() { Ok(all) } else { Err(RigProblem::Scene(problems.join("\n"))) }
    }

    /// The street as people drive on it that day.
    pub(super) fn driven(&self, network: &Network, built: &Translated) -> Result<Street, RigProblem> {
        let link_of = |id: &str, approach| built.approach_link(network, id, approach);
        driving::on(built.street.clone(), &self.driving, link_of).map_err(|p| RigProblem::Driving(p.join("\n")))
    }

    /// Everybody who comes that day in a window, on a street built of the network.
    pub(super) fn coming(
        &self,
        network: &Network,
        built: &Translated,
        street: &Arc<Street>,
        (seed, from_s, to_s): (u64, f64, f64),
    ) -> Result<Coming, CountsError> {
        let demand = self.on(network, built)?;
        Ok(match &self.trips {
            Some(trips) => trips.coming(seed, demand.heavy_share, self.weather, (from_s, to_s)).into(),
            None => arrivals::Arrivals::new(street.clone(), demand, seed, from_s, to_s).in_weather(self.weather).into(),
        })
    }

    fn on(&self, network: &Network, built: &Translated) -> Result<arrivals::Demand, CountsError> {
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

fn no_such_day(hour: &Counted, name: DayName) -> RigProblem {
    let kinds: Vec<&str> = counted::KINDS.iter().map(|k| k.name()).collect();
    RigProblem::NoSuchDay(name.to_string(), hour.name().to_owned(), kinds.join(", "))
}
