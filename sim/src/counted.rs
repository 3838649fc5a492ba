//! Days around one counted hour: a street of which somebody published real counts, and nothing else.
//!
//! Knows: the hour's counts by approach and movement, and how days around it differ by chance (assumed, not counted).
//! Must not know: vehicles, lamps, the engine, where files lie.
//!
//! Outside the hour nothing is known: there the hour's mean flow times `outside_share` is taken, so that a street can fill
//! before the hour begins and the rest of the day exists. Chance has the form of [`crate::day`]: the whole day busier or
//! quieter, each approach's left share, each approach by 5 minutes as an AR(1) process.

use serde::Deserialize;

use crate::bus::BusLineFacts;
use crate::closure::ClosureFacts;
use crate::counts::{Approach, Counts};
use crate::day::DayKind;
use crate::driving::{self, DrivingFacts};
use crate::emergency::EmergencyFacts;
use crate::event::EventFacts;
use crate::random::{Entity, Stream};
use crate::reversal::ReversalFacts;
use crate::scenario::ScenarioError;
use crate::scene::Scene;
use crate::street::Movement;
use crate::weather::RainFacts;

const DAY_S: f64 = 86_400.0;

/// A counted scenario's file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    kind: String,
    name: String,
    heavy_share: f64,
    counted: HourFacts,
    noise: NoiseFacts,
    kinds: KindFacts,
    #[serde(default)]
    closure: Vec<ClosureFacts>,
    #[serde(default)]
    incident: Vec<ClosureFacts>,
    #[serde(default)]
    driving: Vec<DrivingFacts>,
    #[serde(default)]
    emergency: Vec<EmergencyFacts>,
    #[serde(default)]
    bus_line: Vec<BusLineFacts>,
    #[serde(default)]
    event: Vec<EventFacts>,
    #[serde(default)]
    rain: Vec<RainFacts>,
    #[serde(default)]
    reversed_lane: Vec<ReversalFacts>,
}

impl Facts {
    fn scene(&self) -> Scene {
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
}

/// The hour.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct HourFacts {
    /// The counts file, beside the scenario's.
    counts: String,
    /// Flow before and after the counts, as a share of their mean.
    outside_share: f64,
}

/// How days differ.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoiseFacts {
    volume_log_sd: f64,
    left_turn_log_sd: f64,
    source_log_sd: f64,
    source_memory: f64,
}

/// Special days.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindFacts {
    tidal: Tidal,
    surge: Surge,
}

/// What comes from west and south grows by the share, what comes from east and north shrinks by it, or the other way round.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tidal {
    tide: f64,
}

/// An event floods one intersection for a while.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Surge {
    factor: f64,
    half_width_min: f64,
}

/// A counted hour and the days around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    facts: Facts,
    /// As counted, on the day's own bins.
    hour: Counts,
}

/// The kinds of day that can be drawn around a counted hour.
pub const KINDS: [DayKind; 4] = [DayKind::Counted, DayKind::Workday, DayKind::Tidal, DayKind::Surge];

impl Counted {
    /// Reads a scenario with a `[counted]` table; `file` is for messages, `beside` reads a file that lies beside it.
    ///
    /// # Errors
    /// The first thing wrong, with its line; of the counts file as well.
    pub fn parse(
        file: &str,
        text: &str,
        beside: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<Counted, ScenarioError> {
        let line_of = |key: &str| text.lines().position(|l| l.trim_start().starts_with(key)).map_or(1, |l| l + 1);
        let error = |line: usize, problem: String| ScenarioError { file: file.to_owned(), line, problem };
        let facts: Facts = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |s| s.start.min(text.len()));
            error(1 + text[..at].matches('\n').count(), e.message().to_owned())
        })?;
        let (noise, kinds) = (&facts.noise, &facts.kinds);
        let spread = |sd: f64| (0.0..=1.0).contains(&sd);
        let checks: [(&str, bool, &str); 10] = [
            ("kind", facts.kind == "scenario", "must be \"scenario\""),
            ("heavy_share", (0.0..=1.0).contains(&facts.heavy_share), "must lie between 0 and 1"),
            ("outside_share", (0.0..=2.0).contains(&facts.counted.outside_share), "must lie between 0 and 2"),
            ("volume_log_sd", spread(noise.volume_log_sd), "must lie between 0 and 1"),
            ("left_turn_log_sd", spread(noise.left_turn_log_sd), "must lie between 0 and 1"),
            ("source_log_sd", spread(noise.source_log_sd), "must lie between 0 and 1"),
            ("source_memory", (0.0..1.0).contains(&noise.source_memory), "must lie between 0 and 1, 1 excluded"),
            ("tide", (0.0..1.0).contains(&kinds.tidal.tide), "must lie between 0 and 1, 1 excluded"),
            ("factor", (0.0..=10.0).contains(&kinds.surge.factor), "must lie between 0 and 10"),
            ("half_width_min", kinds.surge.half_width_min > 0.0, "must be above 0"),
        ];
        if let Some((key, _, why)) = checks.into_iter().find(|c| !c.1) {
            return Err(error(line_of(key), format!("{key}: {why}")));
        }
        facts.scene().check(file, text)?;
        if let Some((line, problem)) = driving::problem(text, &facts.driving) {
            return Err(error(line, problem));
        }
        let name = &facts.counted.counts;
        let counts = beside(name).map_err(|why| error(line_of("counts"), format!("counts: {why}")))?;
        let hour = Counts::parse(name, &counts).map_err(|why| error(line_of("counts"), why.to_string()))?;
        if hour.start_s % hour.bin_s != 0.0 || DAY_S % hour.bin_s != 0.0 || hour.end_s() > DAY_S {
            let problem = "the counts' bins do not divide the day";
            return Err(error(line_of("counts"), format!("{name}: {problem}")));
        }
        Ok(Counted { facts, hour })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.facts.name
    }

    /// First second of the day that was counted, and the first after it.
    pub fn window_s(&self) -> (u32, u32) {
        (self.hour.start_s as u32, self.hour.end_s() as u32)
    }

    /// What happens on all its days besides.
    pub fn scene(&self) -> Scene {
        self.facts.scene()
    }

    /// Where people drive otherwise.
    pub fn driving(&self) -> &[DrivingFacts] {
        &self.facts.driving
    }

    /// Share of heavy vehicles.
    pub fn heavy_share(&self) -> f64 {
        self.facts.heavy_share
    }

    /// The hour as it was counted, and what is assumed around it.
    pub fn mean(&self) -> Counts {
        self.around(|_, _, _| 1.0)
    }

    /// One day of this kind and seed; the counted hour itself where nothing can be drawn ([`KINDS`]).
    pub fn day(&self, seed: u64, kind: DayKind) -> Counts {
        if !matches!(kind, DayKind::Workday | DayKind::Tidal | DayKind::Surge) {
            return self.mean();
        }
        let (noise, kinds) = (&self.facts.noise, &self.facts.kinds);
        let mut common = Stream::new(seed, Entity::Day(kind as u32));
        let volume = (noise.volume_log_sd * common.normal()).exp();
        let sign = if common.uniform() < 0.5 { -1.0 } else { 1.0 };
        let middle_s = common.between(self.hour.start_s, self.hour.end_s());
        let mut ids: Vec<&str> = self.hour.series.keys().map(|(id, ..)| id.as_str()).collect();
        ids.dedup();
        let flooded = ids[common.below(ids.len())];
        let mut approaches: Vec<(&str, Approach)> =
            self.hour.series.keys().map(|(id, from, _)| (id.as_str(), *from)).collect();
        approaches.dedup();
        let bins = (DAY_S / self.hour.bin_s) as usize;
        let chance: Vec<(f64, Vec<f64>)> = (0..approaches.len())
            .map(|k| {
                let mut draws = Stream::new(seed, Entity::Source(kind as u32 * 1024 + k as u32));
                let left = (noise.left_turn_log_sd * draws.normal()).exp();
                let fresh_sd = noise.source_log_sd * (1.0 - noise.source_memory.powi(2)).sqrt();
                let mut level = noise.source_log_sd * draws.normal();
                let wave = (0..bins).map(|_| {
                    let now = level.exp();
                    level = noise.source_memory * level + fresh_sd * draws.normal();
                    now
                });
                (left, wave.collect())
            })
            .collect();
        self.around(|(id, from, movement), bin, at_s| {
            let place = approaches.iter().position(|a| *a == (id.as_str(), *from)).unwrap_or_default();
            let (left, wave) = &chance[place];
            let tide = match (kind, from) {
                (DayKind::Tidal, Approach::W | Approach::S) => 1.0 + sign * kinds.tidal.tide,
                (DayKind::Tidal, Approach::E | Approach::N) => 1.0 - sign * kinds.tidal.tide,
                _ => 1.0,
            };
            let met = kind == DayKind::Surge && id == flooded;
            let surge = met && (at_s - middle_s).abs() < 60.0 * kinds.surge.half_width_min;
            let turn = if *movement == Some(Movement::Left) { *left } else { 1.0 };
            volume * wave[bin] * tide * turn * if surge { kinds.surge.factor } else { 1.0 }
        })
    }

    /// A day of the hour's counts, each bin times a factor by series, bin of the day and the bin's middle.
    fn around(&self, factor: impl Fn(&crate::counts::Key, usize, f64) -> f64) -> Counts {
        let (bin_s, first) = (self.hour.bin_s, (self.hour.start_s / self.hour.bin_s) as usize);
        let bins = (DAY_S / bin_s) as usize;
        let series = self.hour.series.iter().map(|(key, hour)| {
            let mean = hour.iter().sum::<f64>() / hour.len() as f64;
            let outside = mean * self.facts.counted.outside_share;
            let level = |bin: usize| bin.checked_sub(first).and_then(|b| hour.get(b)).copied().unwrap_or(outside);
            let day = (0..bins).map(|bin| level(bin) * factor(key, bin, bin_s * (bin as f64 + 0.5)));
            (key.clone(), day.collect())
        });
        Counts { start_s: 0.0, bin_s, series: series.collect() }
    }
}
