//! Days of a street: from a scenario's facts to 5-minute entry flows and turning shares, by kind of day and seed.
//!
//! Knows: the scenario's facts, kinds of day, how days differ by chance. Must not know: vehicles, lamps, the engine.
//!
//! A day is drawn from streams of its own seed: one for what is common to the day, one for each entry's fluctuation, so two
//! days of one seed and different kinds are independent. The fluctuation of an entry is an AR(1) process in 5-minute bins.

use crate::arrivals::{Demand, EntryFlow, Shares, TurnShares};
use crate::counts::{Approach, Counts};
use crate::random::{Entity, Stream};
use crate::scenario::{CrossSide, IntersectionFacts, Scenario};
use crate::street::Movement;
use crate::weather::Weather;

/// Width of a bin, s.
pub const BIN_S: f64 = 300.0;
const BINS: usize = 288;

/// What kind of day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayKind {
    /// An ordinary workday.
    Workday,
    /// Flatter and quieter.
    Saturday,
    /// The tide stronger, or turned.
    Tidal,
    /// An event floods one intersection.
    Surge,
    /// Peaks earlier or later.
    Shifted,
    /// School run at some intersections.
    School,
    /// Rain.
    Rain,
    /// As it was counted, without chance (a scenario of counts); elsewhere the mean workday.
    Counted,
}

impl DayKind {
    /// All kinds, in the order of their stream numbers.
    pub const ALL: [DayKind; 8] = [
        DayKind::Workday,
        DayKind::Saturday,
        DayKind::Tidal,
        DayKind::Surge,
        DayKind::Shifted,
        DayKind::School,
        DayKind::Rain,
        DayKind::Counted,
    ];

    /// Its name in files and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            DayKind::Workday => "workday",
            DayKind::Saturday => "saturday",
            DayKind::Tidal => "tidal",
            DayKind::Surge => "surge",
            DayKind::Shifted => "shifted",
            DayKind::School => "school",
            DayKind::Rain => "rain",
            DayKind::Counted => "counted",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<DayKind> {
        DayKind::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// Demand of one day in 5-minute bins from midnight, before anything drives.
#[derive(Debug, Clone, PartialEq)]
pub struct DayCounts {
    /// Flow into each entry: intersection id, approach, vehicles a bin.
    pub entries: Vec<(String, Approach, Vec<f64>)>,
    /// Left, through, right shares of each approach, all day.
    pub shares: Vec<(String, Approach, Shares)>,
    /// Share of heavy vehicles.
    pub heavy_share: f64,
}

/// What differs between days.
struct Chance {
    volume: f64,
    shift_s: f64,
    tide: f64,
    surge: Option<(f64, usize)>,
    left: Vec<[f64; 4]>,
}

/// The workday without chance.
pub fn mean_day(scenario: &Scenario) -> DayCounts {
    let left = vec![[1.0; 4]; scenario.intersection.len()];
    draw(scenario, DayKind::Workday, Chance { volume: 1.0, shift_s: 0.0, tide: 0.0, surge: None, left }, None)
}

/// The weather of a day of this kind.
pub fn weather(scenario: &Scenario, kind: DayKind) -> Weather {
    match kind {
        DayKind::Rain => scenario.kinds.rain.weather,
        _ => Weather::Dry,
    }
}

/// One day of this kind and seed.
pub fn day(scenario: &Scenario, seed: u64, kind: DayKind) -> DayCounts {
    if kind == DayKind::Counted {
        return mean_day(scenario);
    }
    let (noise, kinds) = (&scenario.noise, &scenario.kinds);
    let mut s = Stream::new(seed, Entity::Day(kind as u32));
    let factor = match kind {
        DayKind::Saturday => kinds.saturday.volume,
        DayKind::Surge => kinds.surge.volume,
        DayKind::Rain => kinds.rain.volume,
        _ => 1.0,
    };
    let volume = factor * (noise.volume_log_sd * s.normal()).exp();
    let sign = if s.uniform() < 0.5 { -1.0 } else { 1.0 };
    let shifted = if kind == DayKind::Shifted { sign * kinds.shifted.shift_min } else { 0.0 };
    let shift_s = 60.0 * (noise.shift_sd_min * s.normal() + shifted);
    let tidal = if kind == DayKind::Tidal { sign * kinds.tidal.tide } else { 0.0 };
    let tide = noise.tide_sd * s.normal() + tidal;
    let met = (3600.0 * s.between(kinds.surge.from_h, kinds.surge.to_h), s.below(scenario.intersection.len()));
    let surge = (kind == DayKind::Surge).then_some(met);
    let mut lefts = || [(); 4].map(|()| (noise.left_turn_log_sd * s.normal()).exp());
    let left = scenario.intersection.iter().map(|_| lefts()).collect();
    draw(scenario, kind, Chance { volume, shift_s, tide, surge, left }, Some(seed))
}

fn draw(scenario: &Scenario, kind: DayKind, chance: Chance, seed: Option<u64>) -> DayCounts {
    let last = scenario.intersection.len() - 1;
    let mut sources = vec![(0, Approach::W), (last, Approach::E)];
    sources.extend((0..=last).flat_map(|i| [(i, Approach::S), (i, Approach::N)]));
    let there = sources.iter().enumerate().filter(|(_, (i, approach))| exists(&scenario.intersection[*i], *approach));
    let entries = there.map(|(k, &(i, approach))| {
        let mut wave =
            seed.map(|seed| Wave::new(scenario, Stream::new(seed, Entity::Source(kind as u32 * 1024 + k as u32))));
        let flow = |b: usize| {
            let at_s = BIN_S * (b as f64 + 0.5);
            let level = mean_flow(scenario, kind, &chance, i, approach, at_s);
            level * wave.as_mut().map_or(1.0, Wave::next) * BIN_S / 3600.0
        };
        (scenario.intersection[i].id.clone(), approach, (0..BINS).map(flow).collect())
    });
    let turning = &scenario.turning_shares_ltr;
    let shares = scenario.intersection.iter().zip(&chance.left).flat_map(|(x, left)| {
        let base = [turning.W, turning.E, turning.S, turning.N];
        let each = move |k: usize| {
            let possible = turns(x, Approach::ALL[k]);
            let shares = [base[k][0] * left[k], base[k][1], base[k][2]];
            (x.id.clone(), Approach::ALL[k], [0, 1, 2].map(|m| if possible[m] { shares[m] } else { 0.0 }))
        };
        (0..4).filter(|&k| exists(x, Approach::ALL[k])).map(each)
    });
    DayCounts { entries: entries.collect(), shares: shares.collect(), heavy_share: scenario.heavy_share }
}

/// Whether an intersection has this approach.
fn exists(at: &IntersectionFacts, approach: Approach) -> bool {
    !matches!((at.only_cross, approach), (Some(CrossSide::S), Approach::N) | (Some(CrossSide::N), Approach::S))
}

/// Which of left, through and right lead anywhere: not into the side a T-junction lacks.
fn turns(at: &IntersectionFacts, approach: Approach) -> [bool; 3] {
    match (at.only_cross, approach) {
        (Some(CrossSide::S), Approach::W) | (Some(CrossSide::N), Approach::E) => [false, true, true],
        (Some(CrossSide::S), Approach::E) | (Some(CrossSide::N), Approach::W) => [true, true, false],
        (Some(_), _) => [true, false, true],
        (None, _) => [true; 3],
    }
}

/// Flow into an entry without its fluctuation, vehicles/h.
fn mean_flow(scenario: &Scenario, kind: DayKind, chance: &Chance, i: usize, approach: Approach, at_s: f64) -> f64 {
    let (d, kinds, hour) = (&scenario.demand, &scenario.kinds, at_s / 3600.0);
    let east = (at(&d.eastward_share_half_hours, at_s - chance.shift_s) + chance.tide).clamp(0.1, 0.9);
    let mut pattern = at(&d.pattern_half_hours, at_s - chance.shift_s);
    if kind == DayKind::Saturday {
        let s = &kinds.saturday;
        let inside = (s.flat_from_h..=s.flat_to_h).contains(&hour);
        let flat = at(&d.pattern_half_hours, 3600.0 * s.flat_at_h) * if inside { 1.0 } else { s.flat_outside };
        pattern = (1.0 - s.flat_weight) * pattern + s.flat_weight * flat;
    }
    let peak = match approach {
        Approach::W => d.west_entry_peak_veh_h * east / d.peak_share,
        Approach::E => d.east_entry_peak_veh_h * (1.0 - east) / d.peak_share,
        Approach::S | Approach::N => scenario.intersection[i].cross_peak_veh_h,
    };
    let surge = match chance.surge {
        Some((middle, k)) if k == i && (at_s - middle).abs() < 60.0 * kinds.surge.half_width_min => kinds.surge.factor,
        _ => 1.0,
    };
    let school = kind == DayKind::School
        && kinds.school.intersections.contains(&scenario.intersection[i].id)
        && kinds.school.windows_h.iter().any(|w| hour > w[0] && hour < w[1]);
    peak * pattern * chance.volume * surge * if school { kinds.school.factor } else { 1.0 }
}

/// An entry's fluctuation: the exponential of an AR(1) process.
struct Wave {
    draws: Stream,
    level: f64,
    memory: f64,
    sd: f64,
}

impl Wave {
    fn new(scenario: &Scenario, mut draws: Stream) -> Wave {
        let (memory, sd) = (scenario.noise.source_memory, scenario.noise.source_log_sd);
        Wave { level: sd * draws.normal(), draws, memory, sd }
    }

    fn next(&mut self) -> f64 {
        let fresh = self.sd * (1.0 - self.memory * self.memory).sqrt() * self.draws.normal();
        self.level = self.memory * self.level + fresh;
        self.level.exp()
    }
}

/// A table of half hours at second `t`: its values hold in the middle of each half hour, linear between, around midnight.
fn at(table: &[f64], t: f64) -> f64 {
    let x = t / 1800.0 - 0.5;
    let (whole, part) = (x.floor(), x - x.floor());
    let k = (whole as i64).rem_euclid(table.len() as i64) as usize;
    table[k] * (1.0 - part) + table[(k + 1) % table.len()] * part
}

/// Expected counts at every stop line: entry flows and turning shares carried along the street at free flow, so this is
/// demand, not an observation of delay. 5-minute bins from midnight; what would pass after midnight is dropped.
pub fn passages(scenario: &Scenario, day: &DayCounts) -> Counts {
    let speed = scenario.speed_limit_km_h / 3.6;
    let n = scenario.intersection.len();
    let entry = |i: usize, a: Approach| {
        let id = &scenario.intersection[i].id;
        let found = day.entries.iter().find(|e| e.0 == *id && e.1 == a);
        let metres =
            if matches!(a, Approach::W | Approach::E) { scenario.entry_length_m } else { scenario.cross_length_m };
        found.map_or_else(|| vec![0.0; BINS], |e| later(&e.2, metres / speed))
    };
    let share = |i: usize, a: Approach| {
        let id = &scenario.intersection[i].id;
        let s = day.shares.iter().find(|s| s.0 == *id && s.1 == a).map_or([0.0, 1.0, 0.0], |s| s.2);
        let sum: f64 = s.iter().sum();
        s.map(|x| x / sum)
    };
    let mut at_line = vec![[const { Vec::new() }; 4]; n];
    for (i, flows) in at_line.iter_mut().enumerate() {
        flows[2] = entry(i, Approach::S);
        flows[3] = entry(i, Approach::N);
    }
    // Eastward: what goes through from the west, right from the south and left from the north. Westward mirrors it.
    for (west, order) in [(true, (0..n).collect::<Vec<_>>()), (false, (0..n).rev().collect())] {
        let (own, a) = if west { (0, Approach::W) } else { (1, Approach::E) };
        let (from_s, from_n) = if west { (2, 0) } else { (0, 2) };
        let mut arriving = entry(order[0], a);
        for (k, &i) in order.iter().enumerate() {
            let (through, s, north) = (share(i, a)[1], share(i, Approach::S)[from_s], share(i, Approach::N)[from_n]);
            let leaving: Vec<f64> =
                (0..BINS).map(|b| arriving[b] * through + at_line[i][2][b] * s + at_line[i][3][b] * north).collect();
            at_line[i][own] = arriving;
            let gap = order.get(k + 1).map(|&j| scenario.intersection[i.min(j)].next_m.unwrap_or(0.0));
            arriving = later(&leaving, gap.unwrap_or(0.0) / speed);
        }
    }
    let mut series = std::collections::BTreeMap::new();
    for (i, flows) in at_line.iter().enumerate() {
        let x = &scenario.intersection[i];
        for (k, a) in Approach::ALL.into_iter().enumerate().filter(|(_, a)| exists(x, *a)) {
            let (s, possible) = (share(i, a), turns(x, a));
            let movements = [Movement::Left, Movement::Through, Movement::Right].into_iter().enumerate();
            for (m, movement) in movements.filter(|(m, _)| possible[*m]) {
                let key = (scenario.intersection[i].id.clone(), a, Some(movement));
                series.insert(key, flows[k].iter().map(|v| v * s[m]).collect());
            }
        }
    }
    Counts { start_s: 0.0, bin_s: BIN_S, series }
}

/// The expected passages of a day as CSV, in bins of `bins` times 5 minutes.
pub fn counts_csv(scenario: &Scenario, day: &DayCounts, bins: usize) -> String {
    passages(scenario, day).coarser(bins).to_csv()
}

/// The same flow `by_s` seconds later, bins split in proportion.
fn later(flow: &[f64], by_s: f64) -> Vec<f64> {
    let (whole, part) = ((by_s / BIN_S).floor() as usize, (by_s / BIN_S).fract());
    let value = |b: Option<usize>| b.and_then(|b| flow.get(b)).copied().unwrap_or(0.0);
    (0..flow.len())
        .map(|b| value(b.checked_sub(whole)) * (1.0 - part) + value(b.checked_sub(whole + 1)) * part)
        .collect()
}

impl DayCounts {
    /// Demand of a street whose approach links `link_of` names; approaches it does not name are left out.
    pub fn demand(&self, link_of: impl Fn(&str, Approach) -> Option<usize>) -> Demand {
        let entries = self
            .entries
            .iter()
            .filter_map(|(id, a, flow)| link_of(id, *a).map(|link| EntryFlow { link, vehicles: flow.clone() }));
        let shares = self
            .shares
            .iter()
            .filter_map(|(id, a, s)| link_of(id, *a).map(|link| TurnShares { link, by_bin: vec![*s] }));
        Demand {
            start_s: 0.0,
            bin_s: BIN_S,
            entries: entries.collect(),
            shares: shares.collect(),
            heavy_share: self.heavy_share,
        }
    }
}
