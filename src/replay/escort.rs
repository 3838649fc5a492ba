//! Escorts tried on the plant: the same day, seed and emergency vehicle with the core's help and without, so that what differs is the help.
//!
//! ```text
//!  day, seed ─┬─ core as ever, the vehicle alone ───────────────────────────┐
//!             └─ the same to the tenth until it starts, then an escort, ────┴─► paired differences
//!                its position told every 2 s
//! ```

use super::arms::Arm;
use super::run::{Beside, BusKind, RunProblem, Shared, run_beside};
use super::study::in_parallel;
use crate::control::{Decision, Escort, Event, Intervention, Leg, Order, Place, Row, Vehicle};
use crate::corridor::{Direction, IntersectionIndex};
use crate::rig::gain::{self, Comparison, Estimate};
use crate::rig::{DayName, Demand, Measures, Rig, Run, Scenario, siren};
use crate::units::{Metres, Tenths};
use serde::Serialize;

/// The core runs for so long before the vehicle starts, s: its plans are in step then.
const BEFORE_S: u32 = 1800;
/// Measured from so long before it starts, and demand comes for so long after, s.
const MEASURED_BEFORE_S: u32 = 600;
const AFTER_S: u32 = 1800;
/// Between two positions told, s.
const TOLD_EVERY_S: u32 = 2;
/// Number of the escort's order.
const ORDER: u64 = 1;

/// What to try.
#[derive(Debug, Clone)]
pub struct EscortStudy {
    /// The vehicle's way.
    pub legs: Vec<Leg>,
    /// Second of the day at which it starts.
    pub at_s: u32,
    /// Days.
    pub days: Vec<DayName>,
    /// Runs a day.
    pub seeds_per_day: u64,
    /// How the core reaches the cabinets.
    pub bus: BusKind,
    /// Runs at the same time.
    pub threads: usize,
}

/// One run: with or without help.
#[derive(Debug, Clone, Serialize)]
pub struct EscortSide {
    /// From the wish to enter to the last stop line of its way; absent where it did not get there.
    pub travel_s: Option<f64>,
    /// Its stops.
    pub stops: u16,
    /// Intervals in which the conflict monitors saw anything.
    pub violations: usize,
    /// Delay of everybody else.
    pub others_delay_veh_h: f64,
    /// Mean speed along corridors.
    pub corridor_km_h: Option<f64>,
    /// Mean delay on side streets.
    pub side_delay_s: Option<f64>,
    /// Mean delay of the worst side approach.
    pub side_worst_s: Option<f64>,
    /// Mean wait of pedestrians.
    pub pedestrians_wait_s: Option<f64>,
}

/// One pair of runs.
#[derive(Debug, Clone, Serialize)]
pub struct EscortPair {
    /// The day.
    pub day: DayName,
    /// Seed of arrivals and drivers.
    pub seed: u64,
    /// With the escort.
    pub with: EscortSide,
    /// Without.
    pub without: EscortSide,
    /// Requests sent.
    pub requests_sent: u32,
    /// Requests the guard or a cabinet refused.
    pub requests_refused: u32,
    /// Cycles of recovery, by intersection where anything was asked.
    pub recovery_cycles: Vec<u32>,
    /// Whether the core ended it by itself, the vehicle through.
    pub ended_by_itself: bool,
    /// Every intersection on the way, as the core saw it.
    pub rows: Vec<Row>,
}

/// Everything an escort study gave.
#[derive(Debug, Clone, Serialize)]
pub struct EscortResults {
    /// Pairs, by day and seed.
    pub pairs: Vec<EscortPair>,
    /// Paired differences, with less without.
    pub comparisons: Vec<Comparison>,
    /// Unsafe intervals in all runs; must be 0.
    pub unsafe_intervals: usize,
    /// The longest recovery of any intersection in any run.
    pub recovery_cycles_most: Option<u32>,
    /// Mean over all intersections that were asked anything.
    pub recovery_cycles_mean: Option<f64>,
}

/// The escort beside a run.
struct Helper<'a> {
    study: &'a EscortStudy,
    helps: bool,
    seen: Option<(usize, u32)>,
    sent: u32,
    refused: u32,
    rows: Vec<Row>,
    done: bool,
}

impl Helper<'_> {
    fn begin(&self, rig: &Rig) -> Event {
        let starts = rig.moment(self.study.at_s);
        let escort = Escort { name: "120".into(), vehicle: Vehicle::Ambulance, route: self.study.legs.clone(), starts };
        let until = starts + Tenths::from_seconds(AFTER_S);
        Event::Order(Order::Begin { id: ORDER, what: Intervention::Escort(escort), until })
    }
}

impl Beside for Helper<'_> {
    fn events(&mut self, rig: &Rig, second: u32) -> Vec<Event> {
        if !self.helps || second < self.study.at_s {
            return Vec::new();
        }
        if second == self.study.at_s {
            return vec![self.begin(rig)];
        }
        let Some(whereabouts) = rig.whereabouts().filter(|_| !self.done) else { return Vec::new() };
        let (passed, told) = self.seen.unwrap_or((0, 0));
        let legs: Vec<IntersectionIndex> = self.study.legs.iter().map(|leg| leg.intersection).collect();
        let due = second >= told + TOLD_EVERY_S || whereabouts.passed != passed;
        let place = match (legs.get(whereabouts.passed), whereabouts.left_m.map(Metres::new)) {
            (Some(&intersection), Some(Ok(metres))) => Place::Before { intersection, metres },
            (None, _) => match legs.last() {
                Some(&intersection) => Place::Passed { intersection },
                None => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        if !due {
            return Vec::new();
        }
        self.seen = Some((whereabouts.passed, second));
        self.done = whereabouts.passed >= legs.len();
        vec![Event::Order(Order::Position { id: ORDER, at: rig.moment(second), place })]
    }

    fn decided(&mut self, decisions: &[Decision]) {
        for decision in decisions {
            if let Decision::EscortReport { sent, refused, rows, travel, .. } = decision {
                (self.sent, self.refused) = (*sent, *refused);
                self.rows.clone_from(rows);
                self.done = travel.is_some();
            }
        }
    }
}

impl EscortStudy {
    /// Runs every day and seed twice; `done` is called after each pair.
    ///
    /// # Errors
    /// The first run that could not be carried out.
    pub fn run(
        &self,
        shared: &Shared,
        scenario: &Scenario,
        done: &(dyn Fn() + Sync),
    ) -> Result<EscortResults, RunProblem> {
        let mut scenario = scenario.clone();
        let movements: Vec<_> = self.legs.iter().map(|leg| leg.movement).collect();
        if let Some(first) = self.legs.first() {
            let id = &shared.network.intersection(first.intersection).id;
            scenario.stage(siren("120", self.at_s, (id, first.from), &movements));
        }
        let seeds = |day: &DayName| (1..=self.seeds_per_day).map(|k| (*day, day.seed * 1000 + k)).collect::<Vec<_>>();
        let all: Vec<(DayName, u64)> = self.days.iter().flat_map(seeds).collect();
        let pairs = in_parallel(self.threads, all.len(), |k| {
            let pair = self.pair(shared, &scenario, all[k]);
            done();
            pair
        });
        Ok(results(pairs.into_iter().collect::<Result<Vec<_>, _>>()?))
    }

    fn pair(
        &self,
        shared: &Shared,
        scenario: &Scenario,
        (day, seed): (DayName, u64),
    ) -> Result<EscortPair, RunProblem> {
        let demand = Demand::of(scenario, day)?;
        let run = Run {
            demand: &demand,
            day: day.seed,
            seed,
            start_s: self.at_s.saturating_sub(BEFORE_S),
            from_s: self.at_s.saturating_sub(MEASURED_BEFORE_S),
            to_s: self.at_s + AFTER_S,
        };
        let side = |helps: bool| -> Result<(EscortSide, Helper<'_>), RunProblem> {
            let mut helper =
                Helper { study: self, helps, seen: None, sent: 0, refused: 0, rows: Vec::new(), done: false };
            let outcome = run_beside(shared, Arm::Greenwave, &run, self.bus, &mut helper)?;
            let vehicle = outcome.scene.as_ref().and_then(|scene| scene.emergencies.last());
            let travel = vehicle.and_then(|v| Some(v.passed.get(self.legs.len() - 1)?.1 - v.wish_s));
            let own = vehicle.and_then(|v| v.travel_s).map_or(0.0, |t| t - vehicle.map_or(0.0, |v| v.free_s));
            let measures = &outcome.measures;
            let side = EscortSide {
                travel_s: travel,
                stops: vehicle.map_or(0, |v| v.stops),
                violations: outcome.violations,
                others_delay_veh_h: (measures.all.delay_s - own) / 3600.0,
                corridor_km_h: corridor_speed(measures),
                side_delay_s: measures.side_streets.mean_delay_s,
                side_worst_s: measures.side_streets.worst_delay_s,
                pedestrians_wait_s: super::study::pedestrian_wait(measures),
            };
            Ok((side, helper))
        };
        let (without, _) = side(false)?;
        let (with, helper) = side(true)?;
        Ok(EscortPair {
            day,
            seed,
            with,
            without,
            requests_sent: helper.sent,
            requests_refused: helper.refused,
            recovery_cycles: helper.rows.iter().filter_map(|row| row.recovery_cycles).collect(),
            ended_by_itself: helper.done,
            rows: helper.rows,
        })
    }
}

fn corridor_speed(measures: &Measures) -> Option<f64> {
    let ways = measures.corridor.iter();
    let (metres, seconds) = ways.fold((0.0, 0.0), |(m, s), way| (m + way.metres, s + way.seconds));
    (seconds > 0.0).then(|| 3.6 * metres / seconds)
}

/// A measure of one side of a pair.
type Read = fn(&EscortSide) -> Option<f64>;

/// What is compared: name, unit, how it is read.
const COMPARED: [(&str, &str, Read); 7] = [
    ("travel time of the vehicle", "s", |s| s.travel_s),
    ("stops of the vehicle", "stops", |s| Some(f64::from(s.stops))),
    ("delay of all others", "veh h", |s| Some(s.others_delay_veh_h)),
    ("corridor speed", "km/h", |s| s.corridor_km_h),
    ("side-street delay, mean", "s", |s| s.side_delay_s),
    ("side-street delay, worst", "s", |s| s.side_worst_s),
    ("pedestrian wait, mean", "s", |s| s.pedestrians_wait_s),
];

fn results(pairs: Vec<EscortPair>) -> EscortResults {
    let of = |read: Read, side: fn(&EscortPair) -> &EscortSide| -> Vec<Option<f64>> {
        pairs.iter().map(|pair| read(side(pair))).collect()
    };
    let mut comparisons = Vec::new();
    for (name, unit, read) in COMPARED {
        let (with, without) = (of(read, |p| &p.with), of(read, |p| &p.without));
        let named = |e: Estimate, unit: &str| e.named(name, unit, "escort", "alone");
        comparisons.push(named(gain::absolute(&with, &without), unit));
        if without.iter().flatten().all(|v| *v != 0.0) && unit != "stops" {
            comparisons.push(named(gain::relative(&with, &without), "1"));
        }
    }
    let cycles: Vec<u32> = pairs.iter().flat_map(|pair| pair.recovery_cycles.iter().copied()).collect();
    let mean = (!cycles.is_empty()).then(|| cycles.iter().map(|c| f64::from(*c)).sum::<f64>() / cycles.len() as f64);
    EscortResults {
        unsafe_intervals: pairs.iter().map(|pair| pair.with.violations + pair.without.violations).sum(),
        recovery_cycles_most: cycles.iter().copied().max(),
        recovery_cycles_mean: mean,
        comparisons,
        pairs,
    }
}

/// The intersections of a corridor in the order of a direction.
pub fn along(corridor: &crate::corridor::Corridor, direction: Direction) -> Vec<IntersectionIndex> {
    let mut all: Vec<IntersectionIndex> = corridor.members.iter().map(|m| m.intersection).collect();
    if direction == Direction::Inbound {
        all.reverse();
    }
    all
}
