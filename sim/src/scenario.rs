//! Scenario files: the facts of a street's days, read from TOML and checked.
//!
//! Knows: the file's keys and their ranges. Must not know: how a day is drawn from them (`day`), or lamps.

use serde::Deserialize;

use crate::bus::BusLineFacts;
use crate::closure::ClosureFacts;
use crate::driving::{self, DrivingFacts};
use crate::emergency::EmergencyFacts;
use crate::event::EventFacts;
use crate::reversal::ReversalFacts;
use crate::scene::Scene;
use crate::weather::{self, Weather};

/// A whole scenario file; keys carry their units.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Always `scenario`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Speed limit, for travel times between counts.
    pub speed_limit_km_h: f64,
    /// Length of the arterial's entries.
    pub entry_length_m: f64,
    /// Length of the crossing streets' entries.
    pub cross_length_m: f64,
    /// Share of heavy vehicles.
    pub heavy_share: f64,
    /// Peak flows and patterns.
    pub demand: DemandFacts,
    /// Turning shares by approach.
    pub turning_shares_ltr: TurningFacts,
    /// How days of one kind differ.
    pub noise: NoiseFacts,
    /// What makes a special day special.
    pub kinds: KindFacts,
    /// From west to east.
    pub intersection: Vec<IntersectionFacts>,
    /// Lanes closed for works, every day.
    #[serde(default)]
    pub closure: Vec<ClosureFacts>,
    /// Lanes blocked by incidents, every day.
    #[serde(default)]
    pub incident: Vec<ClosureFacts>,
    /// Where people drive otherwise.
    #[serde(default)]
    pub driving: Vec<DrivingFacts>,
    /// Emergency vehicles, every day.
    #[serde(default)]
    pub emergency: Vec<EmergencyFacts>,
    /// Bus lines, every day.
    #[serde(default)]
    pub bus_line: Vec<BusLineFacts>,
    /// Trips to and from events, every day.
    #[serde(default)]
    pub event: Vec<EventFacts>,
    /// Rain for a part of every day.
    #[serde(default)]
    pub rain: Vec<weather::RainFacts>,
    /// Lanes that the other direction has for a time of every day.
    #[serde(default)]
    pub reversed_lane: Vec<ReversalFacts>,
}

/// Peak flows and their pattern over the day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandFacts {
    /// Flow into the west end at pattern 1 and eastward share `peak_share`.
    pub west_entry_peak_veh_h: f64,
    /// Flow into the east end at pattern 1 and westward share `peak_share`.
    pub east_entry_peak_veh_h: f64,
    /// See above.
    pub peak_share: f64,
    /// Share of the peak, 48 values.
    pub pattern_half_hours: Vec<f64>,
    /// Share of the arterial demand that enters in the west, 48 values.
    pub eastward_share_half_hours: Vec<f64>,
}

/// Left, through, right shares by approach.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(non_snake_case, reason = "keys are compass letters, as in counts files")]
pub struct TurningFacts {
    /// From the west.
    pub W: [f64; 3],
    /// From the east.
    pub E: [f64; 3],
    /// From the south.
    pub S: [f64; 3],
    /// From the north.
    pub N: [f64; 3],
}

/// Standard deviations of what differs between days of one kind.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseFacts {
    /// Of the logarithm of the day's volume.
    pub volume_log_sd: f64,
    /// Of the day's shift.
    pub shift_sd_min: f64,
    /// Of what is added to the eastward share.
    pub tide_sd: f64,
    /// Of the logarithm of each approach's left share.
    pub left_turn_log_sd: f64,
    /// Of the logarithm of each entry's flow.
    pub source_log_sd: f64,
    /// Correlation of that with the bin before.
    pub source_memory: f64,
}

/// Special days.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindFacts {
    /// Saturday.
    pub saturday: SaturdayFacts,
    /// A stronger or reversed tide.
    pub tidal: TidalFacts,
    /// An event at one intersection.
    pub surge: SurgeFacts,
    /// Peaks earlier or later.
    pub shifted: ShiftedFacts,
    /// School run.
    pub school: SchoolFacts,
    /// Rain: fewer vehicles, and how they drive.
    pub rain: RainFacts,
}

/// Saturday: flatter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaturdayFacts {
    /// Factor on all flows.
    pub volume: f64,
    /// Weight of the flat level against the workday's pattern.
    pub flat_weight: f64,
    /// Time of the pattern that gives the flat level.
    pub flat_at_h: f64,
    /// Start of the flat window.
    pub flat_from_h: f64,
    /// End of the flat window.
    pub flat_to_h: f64,
    /// Share of the flat level outside the window.
    pub flat_outside: f64,
}

/// Tidal day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TidalFacts {
    /// Added to the eastward share, sign drawn.
    pub tide: f64,
}

/// Surge day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurgeFacts {
    /// Factor on all flows.
    pub volume: f64,
    /// Factor on the entries of the intersection met.
    pub factor: f64,
    /// Earliest middle of the surge.
    pub from_h: f64,
    /// Latest middle of the surge.
    pub to_h: f64,
    /// Half its duration.
    pub half_width_min: f64,
}

/// Shifted day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftedFacts {
    /// By how much, sign drawn.
    pub shift_min: f64,
}

/// School day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchoolFacts {
    /// Ids of the intersections concerned.
    pub intersections: Vec<String>,
    /// When, hours of the day.
    pub windows_h: Vec<[f64; 2]>,
    /// Factor on their entries.
    pub factor: f64,
}

/// Rainy day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RainFacts {
    /// Factor on all flows.
    pub volume: f64,
    /// How hard it rains: `dry` (who drives as ever), `light-rain`, `rain`, `heavy-rain`.
    #[serde(default)]
    pub weather: Weather,
}

/// One intersection.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntersectionFacts {
    /// Its id, as in definitions and counts.
    pub id: String,
    /// Flow of each crossing approach at pattern 1.
    pub cross_peak_veh_h: f64,
    /// The side a T-junction's one crossing street comes from; absent at a crossroads, which has both.
    pub only_cross: Option<CrossSide>,
    /// Distance to the next stop line eastward; absent at the last.
    pub next_m: Option<f64>,
}

/// The side of the arterial a crossing street comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum CrossSide {
    /// From the south only.
    S,
    /// From the north only.
    N,
}

/// What is wrong with a scenario file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct ScenarioError {
    /// File as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

impl Scenario {
    /// Reads and checks a scenario; `file` is for messages.
    pub fn parse(file: &str, text: &str) -> Result<Scenario, ScenarioError> {
        let error = |line: usize, problem: String| ScenarioError { file: file.to_owned(), line, problem };
        let scenario: Scenario = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |s| s.start.min(text.len()));
            error(1 + text[..at].matches('\n').count(), e.message().to_owned())
        })?;
        if let Some((line, problem)) = driving::problem(text, &scenario.driving) {
            return Err(error(line, problem));
        }
        match scenario.problem() {
            None => scenario.scene().check(file, text).map(|()| scenario),
            Some((key, problem)) => {
                let line = text.lines().position(|l| l.trim_start().starts_with(key)).map_or(1, |l| l + 1);
                Err(error(line, problem))
            }
        }
    }

    /// What happens on all its days besides.
    pub fn scene(&self) -> Scene {
        Scene {
            closure: self.closure.clone(),
            incident: self.incident.clone(),
            emergency: self.emergency.clone(),
            bus_line: self.bus_line.clone(),
            event: self.event.clone(),
            rain: self.rain.clone(),
            reversed_lane: self.reversed_lane.clone(),
            ..Scene::named(&self.name)
        }
    }

    /// The first key out of range: its name and why.
    fn problem(&self) -> Option<(&'static str, String)> {
        let d = &self.demand;
        let unit = |x: f64| (0.0..=1.0).contains(&x);
        let checks: [(&'static str, bool, &str); 13] = [
            ("kind", self.kind == "scenario", "kind must be \"scenario\""),
            ("speed_limit_km_h", self.speed_limit_km_h > 0.0, "must be above 0"),
            ("entry_length_m", self.entry_length_m > 0.0, "must be above 0"),
            ("cross_length_m", self.cross_length_m > 0.0, "must be above 0"),
            ("heavy_share", unit(self.heavy_share), "must lie between 0 and 1"),
            ("peak_share", d.peak_share > 0.0 && d.peak_share <= 1.0, "must lie above 0, up to 1"),
            ("pattern_half_hours", d.pattern_half_hours.len() == 48, "needs 48 values, one a half hour"),
            ("pattern_half_hours", d.pattern_half_hours.iter().all(|x| *x >= 0.0), "values must be at least 0"),
            ("eastward_share_half_hours", d.eastward_share_half_hours.len() == 48, "needs 48 values, one a half hour"),
            (
                "eastward_share_half_hours",
                d.eastward_share_half_hours.iter().all(|x| unit(*x)),
                "values must lie between 0 and 1",
            ),
            ("source_memory", (0.0..1.0).contains(&self.noise.source_memory), "must lie between 0 and 1, 1 excluded"),
            ("from_h", self.kinds.surge.from_h < self.kinds.surge.to_h, "must be before to_h"),
            ("[[intersection]]", self.intersection.len() >= 2, "there must be at least two intersections"),
        ];
        if let Some((key, _, why)) = checks.into_iter().find(|c| !c.1) {
            return Some((key, format!("{key}: {why}")));
        }
        let last = self.intersection.len() - 1;
        for (i, x) in self.intersection.iter().enumerate() {
            if x.next_m.is_none_or(|m| m <= 0.0) != (i == last) || x.next_m.is_some_and(|m| m <= 0.0) {
                return Some((
                    "[[intersection]]",
                    format!("{}: every intersection but the last has next_m above 0", x.id),
                ));
            }
        }
        let known = |id: &String| self.intersection.iter().any(|x| x.id == *id);
        let school = self.kinds.school.intersections.iter().find(|id| !known(id))?;
        Some(("intersections", format!("{school} is not an intersection of this file")))
    }
}
