//! Days of demand: which one, of what kind, and how it becomes flows of the plant's street.

use super::translate::Translated;
use crate::corridor::Network;
use greenwave_sim::arrivals;
use greenwave_sim::day;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

pub use greenwave_sim::day::DayKind;
pub use greenwave_sim::scenario::{Scenario, ScenarioError as ScenarioProblem};

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
            format!("`{kind}` is no kind of day: workday, saturday, tidal, surge, shifted, school, rain")
        })?;
        Ok(DayName { seed, kind })
    }
}

/// One day's demand, ready for any street of the network.
#[derive(Debug, Clone)]
pub struct Demand(day::DayCounts);

impl Demand {
    /// The mean workday of a scenario.
    pub fn mean(scenario: &Scenario) -> Demand {
        Demand(day::mean_day(scenario))
    }

    /// A day drawn by its name.
    pub fn of(scenario: &Scenario, name: DayName) -> Demand {
        Demand(day::day(scenario, name.seed, name.kind))
    }

    pub(super) fn on(&self, network: &Network, street: &Translated) -> arrivals::Demand {
        self.0.demand(|id, approach| street.approach_link(network, id, approach))
    }
}
