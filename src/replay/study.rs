//! A study: arms × days × seeds, run in parallel, compared in pairs.
//!
//! Every (day, seed) is one pair: all arms meet the same arrivals. Results are put where they belong by their place in the
//! list of runs, so they do not depend on the number of threads.

use super::arms::Arm;
use super::run::{BusKind, Outcome, RunProblem, Shared, film, run_arm_watched};
use crate::corridor::Corridor;
use crate::journal::Journal;
use crate::rig::gain::{self, Comparison, Estimate};
use crate::rig::{DayName, Demand, Film, Measures, Run, Scenario, SceneMeasures, WayMeasure, Ways};
use serde::Serialize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Warm-up before anything is measured (contract 15).
const WARM_UP_S: u32 = 900;

/// What to run.
#[derive(Debug, Clone)]
pub struct Study {
    /// Arms, in the order in which they are reported.
    pub arms: Vec<Arm>,
    /// Reporting days.
    pub days: Vec<DayName>,
    /// Runs a day.
    pub seeds_per_day: u64,
    /// Measured from this second of the day …
    pub from_s: u32,
    /// … to this one.
    pub to_s: u32,
    /// How much of the scenario's vehicles come, in all arms alike; plans stay those for the whole of them.
    pub demand: f64,
    /// The bus of the arm that has one.
    pub bus: BusKind,
    /// Runs at the same time.
    pub threads: usize,
}

/// Who writes the ways of one run's vehicles, by arm, day and seed.
pub type Writer<'a> = dyn Fn(Arm, DayName, u64) -> Result<Option<Ways>, RunProblem> + Sync + 'a;

/// One run's result.
#[derive(Debug, Clone, Serialize)]
pub struct RunResult {
    /// The day.
    pub day: DayName,
    /// The seed of arrivals and drivers.
    pub seed: u64,
    /// What the monitors saw; must be 0.
    pub violations: usize,
    /// Joint changes of plans, steps of transitions included.
    pub plan_changes: usize,
    /// Everything measured.
    pub measures: Measures,
    /// What is told of those known by name; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene: Option<SceneMeasures>,
}

/// Runs of one arm, in the order of days and seeds.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The arm.
    pub arm: Arm,
    /// Its runs.
    pub seeds: Vec<RunResult>,
}

/// Everything a study gave: the bytes of this do not depend on bus, threads or machine.
#[derive(Debug, Clone, Serialize)]
pub struct Results {
    /// Raw measures.
    pub arms: Vec<Row>,
    /// Paired comparisons.
    pub comparisons: Vec<Comparison>,
    /// Side-street approaches that lost too much against `fixed` (contract 18): more than 5 % and 3 s, by the lower ends.
    pub side_street_breaches: Vec<String>,
}

impl Results {
    /// Whether any approach carries no corridor: in a network of crossing arterials there may be no side street at all.
    pub fn has_side_streets(&self) -> bool {
        let runs = self.arms.iter().flat_map(|row| &row.seeds);
        runs.flat_map(|run| &run.measures.approaches).any(|approach| approach.side)
    }
}

impl Study {
    /// Every (day, seed), in order.
    pub fn pairs(&self) -> Vec<(DayName, u64)> {
        let seeds = |day: &DayName| (1..=self.seeds_per_day).map(move |k| day.seed * 1000 + k).collect::<Vec<_>>();
        self.days.iter().flat_map(|day| seeds(day).into_iter().map(|s| (*day, s)).collect::<Vec<_>>()).collect()
    }

    /// One run of the study.
    fn of<'d>(&self, demand: &'d Demand, day: DayName, seed: u64) -> Run<'d> {
        let start_s = self.from_s.saturating_sub(WARM_UP_S);
        Run { demand, day: day.seed, seed, start_s, from_s: self.from_s, to_s: self.to_s }
    }

    /// Films one corridor from one second of the day to another, in one day's run of some arms: the very runs of the study.
    ///
    /// # Errors
    /// The first run that could not be carried out.
    pub fn films(
        &self,
        shared: &Shared,
        scenario: &Scenario,
        arms: &[Arm],
        (day, seed): (DayName, u64),
        (corridor, window): (&Corridor, (u32, u32)),
    ) -> Result<Vec<Film>, RunProblem> {
        let demand = Demand::of(scenario, day)?.scaled(self.demand);
        let run = self.of(&demand, day, seed);
        let films = in_parallel(self.threads, arms.len(), |k| film(shared, arms[k], &run, corridor, window));
        films.into_iter().collect()
    }

    /// Runs everything; `done` is called after each run. Journals are given back beside the results, by arm and pair.
    ///
    /// # Errors
    /// The first run that could not be carried out.
    pub fn run(
        &self,
        shared: &Shared,
        scenario: &Scenario,
        done: &(dyn Fn() + Sync),
    ) -> Result<(Results, Vec<Vec<Journal>>), RunProblem> {
        self.run_written(shared, scenario, done, &|_, _, _| Ok(None))
    }

    /// The same, and vehicles' ways written where `ways` wants them.
    ///
    /// # Errors
    /// As [`Study::run`], and the first that can not be written.
    pub fn run_written(
        &self,
        shared: &Shared,
        scenario: &Scenario,
        done: &(dyn Fn() + Sync),
        ways: &Writer<'_>,
    ) -> Result<(Results, Vec<Vec<Journal>>), RunProblem> {
        let pairs = self.pairs();
        // The arm with the bus takes longest: begin with it, so that the threads end together.
        let mut jobs: Vec<(usize, usize)> =
            (0..self.arms.len()).flat_map(|a| (0..pairs.len()).map(move |p| (a, p))).collect();
        jobs.sort_by_key(|&(a, p)| (self.arms[a] != Arm::Greenwave, p, a));
        let outcomes = in_parallel(self.threads, jobs.len(), |job| {
            let (a, p) = jobs[job];
            let (day, seed) = pairs[p];
            let demand = Demand::of(scenario, day)?.scaled(self.demand);
            let ways = ways(self.arms[a], day, seed)?;
            let outcome = run_arm_watched(shared, self.arms[a], &self.of(&demand, day, seed), self.bus, ways);
            done();
            outcome
        });
        let mut table: Vec<Vec<Option<Outcome>>> = vec![vec![None; pairs.len()]; self.arms.len()];
        for ((a, p), outcome) in jobs.into_iter().zip(outcomes) {
            table[a][p] = Some(outcome?);
        }
        let mut journals = Vec::new();
        let mut arms = Vec::new();
        for (arm, outcomes) in self.arms.iter().zip(table) {
            let (mut seeds, mut diaries) = (Vec::new(), Vec::new());
            for ((day, seed), outcome) in pairs.iter().zip(outcomes) {
                let Some(outcome) = outcome else { continue };
                diaries.push(outcome.journal);
                seeds.push(RunResult {
                    day: *day,
                    seed: *seed,
                    violations: outcome.violations,
                    plan_changes: outcome.changes,
                    measures: outcome.measures,
                    scene: outcome.scene,
                });
            }
            journals.push(diaries);
            arms.push(Row { arm: *arm, seeds });
        }
        let (comparisons, side_street_breaches) = comparisons(&arms);
        Ok((Results { arms, comparisons, side_street_breaches }, journals))
    }
}

/// Runs jobs on some threads; the results are in the order of the jobs.
pub(super) fn in_parallel<T: Send>(threads: usize, jobs: usize, run: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(jobs));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, jobs.max(1)) {
            scope.spawn(|| {
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    if job >= jobs {
                        break;
                    }
                    let result = run(job);
                    results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((job, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(job, _)| *job);
    results.into_iter().map(|(_, result)| result).collect()
}

/// A measure that is compared: its name, unit, and how it is read from a run.
struct Measure {
    name: &'static str,
    unit: &'static str,
    read: fn(&Measures) -> Option<f64>,
}

fn speed(ways: &[WayMeasure], direction: Option<u8>) -> Option<f64> {
    let mine = ways.iter().filter(|w| direction.is_none_or(|d| w.direction == d));
    let (metres, seconds) = mine.fold((0.0, 0.0), |(m, s), w| (m + w.metres, s + w.seconds));
    (seconds > 0.0).then(|| 3.6 * metres / seconds)
}

/// The rows of the comparison table, in its order.
const MEASURES: [Measure; 13] = [
    Measure { name: "corridor speed", unit: "km/h", read: |m| speed(&m.corridor, None) },
    Measure { name: "corridor speed, outbound", unit: "km/h", read: |m| speed(&m.corridor, Some(0)) },
    Measure { name: "corridor speed, inbound", unit: "km/h", read: |m| speed(&m.corridor, Some(1)) },
    Measure { name: "end-to-end speed", unit: "km/h", read: |m| speed(&m.end_to_end, None) },
    Measure { name: "total delay of all vehicles", unit: "veh h", read: |m| Some(m.all.delay_s / 3600.0) },
    Measure { name: "mean delay of all vehicles", unit: "s", read: |m| m.all.mean_delay_s },
    Measure { name: "stops a vehicle", unit: "1", read: |m| m.all.mean_stops },
    Measure { name: "fuel", unit: "l", read: |m| m.fuel.map(|f| f.fuel_l) },
    Measure { name: "CO2", unit: "kg", read: |m| m.fuel.map(|f| f.co2_kg) },
    Measure { name: "side-street delay, mean", unit: "s", read: |m| m.side_streets.mean_delay_s },
    Measure { name: "side-street delay, worst", unit: "s", read: |m| m.side_streets.worst_delay_s },
    Measure { name: "pedestrian wait, mean", unit: "s", read: pedestrian_wait },
    Measure { name: "unserved vehicles", unit: "veh", read: |m| Some(f64::from(m.all.unserved)) },
];

pub(super) fn pedestrian_wait(measures: &Measures) -> Option<f64> {
    let served = measures.crossings.iter().filter_map(|c| Some((f64::from(c.served), c.mean_wait_s?)));
    let (n, sum) = served.fold((0.0, 0.0), |(n, sum), (served, wait)| (n + served, sum + served * wait));
    (n > 0.0).then(|| sum / n)
}

/// The means of an arm for every row of the table: name, unit, mean over runs.
pub fn means(row: &Row) -> Vec<(&'static str, &'static str, Option<f64>)> {
    let mean = |measure: &Measure| {
        let values: Option<Vec<f64>> = row.seeds.iter().map(|r| (measure.read)(&r.measures)).collect();
        values.filter(|v| !v.is_empty()).map(|v| v.iter().sum::<f64>() / v.len() as f64)
    };
    MEASURES.iter().map(|m| (m.name, m.unit, mean(m))).collect()
}

/// Compares every arm with every arm before it, pair by pair: relative differences (unit `1`), and absolute ones in the
/// measure's unit. Then the side streets that lost too much against `fixed`.
pub fn comparisons(arms: &[Row]) -> (Vec<Comparison>, Vec<String>) {
    let mut table = Vec::new();
    let mut breaches = Vec::new();
    for (place, row) in arms.iter().enumerate() {
        for base in arms[..place].iter().rev() {
            for measure in &MEASURES {
                let read = |row: &Row| row.seeds.iter().map(|r| (measure.read)(&r.measures)).collect::<Vec<_>>();
                let (mine, theirs) = (read(row), read(base));
                let named = |e: Estimate, unit: &str| e.named(measure.name, unit, row.arm.name(), base.arm.name());
                // A relative difference of something that is often zero says nothing, and its interval less.
                if theirs.iter().flatten().all(|v| *v != 0.0) {
                    table.push(named(gain::relative(&mine, &theirs), "1"));
                }
                table.push(named(gain::absolute(&mine, &theirs), measure.unit));
            }
            if base.arm == Arm::Fixed && row.arm == Arm::Greenwave {
                breaches = side_breaches(row, base);
            }
        }
    }
    (table, breaches)
}

/// Names of the side-street approaches whose delay rose by more than the contract lets it.
fn side_breaches(row: &Row, base: &Row) -> Vec<String> {
    let Some(first) = base.seeds.first() else { return Vec::new() };
    let sides = first.measures.approaches.iter().enumerate().filter(|(_, a)| a.side);
    sides
        .filter(|(place, _)| {
            let read = |row: &Row| {
                row.seeds.iter().map(|r| r.measures.approaches.get(*place)?.mean_delay_s).collect::<Vec<_>>()
            };
            let (mine, theirs) = (read(row), read(base));
            gain::side_street_breach(&gain::relative(&mine, &theirs), &gain::absolute(&mine, &theirs)) == Some(true)
        })
        .map(|(_, approach)| approach.link.clone())
        .collect()
}
