//! `greenwave escort`: an emergency vehicle on the plant, with the core's help and without. And rehearsals of tasks, which are the same.

use super::args::{DayList, DemandFiles, Format, clock, days};
use super::inputs::Inputs;
use super::record::Provenance;
use super::{count, files, progress, say, table};
use crate::centre::{Rehearsal, Rehearsed};
use crate::control::{Ends, Escort as Wish, Leg, route};
use crate::corridor::{Direction, IntersectionIndex, Network};
use crate::replay::{BusKind, EscortResults, EscortStudy, along};
use crate::rig::SIREN_SPEED;
use crate::units::{MetresPerSecond, clock as of_day};
use anyhow::{Result, anyhow, bail};
use clap::Args as ClapArgs;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Names the form of the report.
const SCHEMA: &str = "greenwave-escort/1";
/// Runs of a rehearsal.
const REHEARSED: u64 = 3;

/// Escort an emergency vehicle on the simulated street, and say what it gained and what it cost others.
///
/// The same day, arrivals and emergency vehicle twice: the core as ever, and the core with an escort, the vehicle's position told
/// to it every 2 seconds. Others make way for the vehicle in both. Differences are paired. Exit code 0: done; 1: a conflict
/// monitor saw a violation, or some intersection took more than 3 cycles to recover.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave escort corridors/dongchang-road.toml --seeds 20\n  greenwave escort corridors/dongchang-road.toml --direction inbound --at 17:15 --seeds 5 --json escort.json\n  greenwave escort corridors/dongchang-road.toml --route dc01..dc06 --days 1001-1004"
)]
pub(super) struct Escort {
    /// Definition files or folders of them; together they are one network.
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) demand: DemandFiles,
    /// Day plan book (default: plans/CORRIDOR.toml beside the definition; if there is none, the model's optimum is used).
    #[arg(long, value_name = "FILE")]
    pub(super) plans: Option<PathBuf>,
    /// Intersections on the way, in order, by their ids with commas between; `a..b` is the corridor from one to the other. It enters
    /// at the first, from the street's edge.
    #[arg(long, value_name = "IDS", conflicts_with_all = ["corridor", "direction"])]
    pub(super) route: Option<String>,
    /// The whole of this corridor (default: the first).
    #[arg(long, value_name = "ID")]
    pub(super) corridor: Option<String>,
    /// Which way along the corridor.
    #[arg(long, value_name = "WAY", value_parser = ["outbound", "inbound"], default_value = "outbound")]
    pub(super) direction: String,
    /// When it starts.
    #[arg(long, value_name = "HH:MM", value_parser = clock, default_value = "07:45")]
    pub(super) at: u32,
    /// Days by number, ranges with a dash, kinds after a colon, as in replay.
    #[arg(long, value_name = "DAYS", value_parser = days, default_value = "1001:workday")]
    pub(super) days: DayList,
    /// Runs a day, each with its own arrivals and drivers.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=999))]
    pub(super) seeds: u64,
    /// How the core reaches the cabinets.
    #[arg(long, value_enum, default_value_t = BusKind::Memory)]
    pub(super) bus: BusKind,
    /// Runs at the same time (default: the machine's cores). Results do not depend on it.
    #[arg(long)]
    pub(super) threads: Option<usize>,
    /// Write the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// text: the table; json: the report on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// The report.
#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    provenance: Provenance,
    route: Vec<&'a str>,
    at_s: u32,
    days: Vec<String>,
    seeds_per_day: u64,
    #[serde(flatten)]
    results: &'a EscortResults,
}

pub(super) fn run(args: &Escort) -> Result<ExitCode> {
    args.json.iter().try_for_each(|path| files::writable(path))?;
    let inputs = Inputs::read(&args.paths, &args.demand, args.plans.as_deref())?;
    let network = &inputs.network;
    let shared = inputs.shared()?;
    let study = EscortStudy {
        legs: legs(network, args)?,
        at_s: args.at,
        days: args.days.0.clone(),
        seeds_per_day: args.seeds,
        bus: args.bus,
        threads: files::threads(args.threads),
    };
    let bar = progress::bar(study.days.len() * study.seeds_per_day as usize, "escorting");
    let results = study.run(&shared, &inputs.scenario.value, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let report = Report {
        schema: SCHEMA,
        provenance: Provenance::of(&inputs, &args.paths, args.bus),
        route: study.legs.iter().map(|leg| network.intersection(leg.intersection).id.as_str()).collect(),
        at_s: args.at,
        days: study.days.iter().map(ToString::to_string).collect(),
        seeds_per_day: study.seeds_per_day,
        results: &results,
    };
    let json = serde_json::to_string_pretty(&report)?;
    if let Some(path) = &args.json {
        files::write(path, json.as_bytes())?;
    }
    match args.format {
        Format::Json => say(&json),
        Format::Text => say(told(network, &study, &results).trim_end()),
    }
    let well = results.unsafe_intervals == 0 && results.recovery_cycles_most.is_none_or(|most| most <= 3);
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The way, at the speed of an emergency vehicle.
fn legs(network: &Network, args: &Escort) -> Result<Vec<Leg>> {
    let over = match &args.route {
        Some(text) => over(network, text)?,
        None => {
            let direction = if args.direction == "inbound" { Direction::Inbound } else { Direction::Outbound };
            along(files::corridor(network, args.corridor.as_deref())?, direction)
        }
    };
    let legs = route(network, &over, Ends::default())
        .map_err(|problems| anyhow!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    let faster =
        |leg: Leg| Leg { speed: MetresPerSecond::new(leg.speed.get() * SIREN_SPEED).unwrap_or(leg.speed), ..leg };
    Ok(legs.into_iter().map(faster).collect())
}

/// Intersections by their ids; `a..b` along a corridor.
fn over(network: &Network, text: &str) -> Result<Vec<IntersectionIndex>> {
    let find = |id: &str| network.find(id).ok_or_else(|| anyhow!("there is no intersection {id}"));
    let mut all = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let Some((a, b)) = part.split_once("..") else {
            all.push(find(part)?);
            continue;
        };
        let (a, b) = (find(a)?, find(b)?);
        let way = network.corridors().iter().find_map(|corridor| {
            let place = |index| corridor.members.iter().position(|m| m.intersection == index);
            let (from, to) = (place(a)?, place(b)?);
            let members = |k: usize| corridor.members[k].intersection;
            let way: Vec<_> =
                if from <= to { (from..=to).map(members).collect() } else { (to..=from).rev().map(members).collect() };
            Some(way)
        });
        match way {
            Some(way) => all.extend(way),
            None => bail!("{part}: they are on no corridor together. Name every intersection on the way"),
        }
    }
    Ok(all)
}

fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let all: Vec<f64> = values.flatten().collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

/// The report for people.
fn told(network: &Network, study: &EscortStudy, results: &EscortResults) -> String {
    let mut text = String::new();
    let id = |leg: Option<&Leg>| leg.map_or("", |leg| network.intersection(leg.intersection).id.as_str());
    let _ = writeln!(
        text,
        "{} to {}, {}, at {}: {} x {}\n",
        id(study.legs.first()),
        id(study.legs.last()),
        count(study.legs.len(), "intersection"),
        of_day(study.at_s),
        count(study.days.len(), "day"),
        count(study.seeds_per_day as usize, "seed")
    );
    let pairs = &results.pairs;
    let both = [
        ("with", mean(pairs.iter().map(|p| p.with.travel_s))),
        ("without", mean(pairs.iter().map(|p| p.without.travel_s))),
    ];
    for (name, travel) in both {
        let travel = travel.map_or("-".to_owned(), |t| format!("{t:.1} s"));
        let _ = writeln!(text, "travel time {name:<8} {travel}");
    }
    let _ = writeln!(text, "\nwith the escort against without: paired difference with 95 % interval");
    for comparison in &results.comparisons {
        let _ = writeln!(text, "{}", table::comparison(comparison));
    }
    let sent = mean(pairs.iter().map(|p| Some(f64::from(p.requests_sent)))).unwrap_or(0.0);
    let refused = mean(pairs.iter().map(|p| Some(f64::from(p.requests_refused)))).unwrap_or(0.0);
    let _ = writeln!(text, "\nstage requests a run: {sent:.1} sent, {refused:.1} refused");
    let cycles = results.recovery_cycles_most.zip(results.recovery_cycles_mean);
    if let Some((most, mean)) = cycles {
        let _ = writeln!(text, "recovery: {mean:.2} cycles in the mean, {most} at most, by intersection");
    }
    let done = pairs.iter().filter(|p| p.ended_by_itself).count();
    let _ = writeln!(text, "ended by itself: {done} of {}", pairs.len());
    let _ = writeln!(
        text,
        "conflict monitors: {} unsafe intervals in {}",
        results.unsafe_intervals,
        count(2 * pairs.len(), "run")
    );
    text
}

/// Tries tasks on the plant that the files beside the definitions describe.
pub(super) struct Stage {
    pub(super) paths: Vec<PathBuf>,
    pub(super) demand: DemandFiles,
    pub(super) plans: Option<PathBuf>,
}

impl Rehearsal for Stage {
    fn rehearse(&self, network: &Network, escort: &Wish) -> std::result::Result<Rehearsed, String> {
        let told = |error: anyhow::Error| format!("{error:#}");
        let inputs = Inputs::read(&self.paths, &self.demand, self.plans.as_deref()).map_err(told)?;
        if inputs.network.fingerprint() != network.fingerprint() {
            return Err("the definition files are not those the service runs by".to_owned());
        }
        let shared = inputs.shared().map_err(told)?;
        let second = crate::calendar::Calendar::new(network).second_of_day(escort.starts);
        let usual = inputs.scenario.value.usual();
        let days = usual.days.into_iter().take(1).collect();
        let study = EscortStudy {
            legs: escort.route.clone(),
            at_s: second,
            days,
            seeds_per_day: REHEARSED,
            bus: BusKind::Memory,
            threads: 1,
        };
        let results = study.run(&shared, &inputs.scenario.value, &|| ()).map_err(|problem| problem.to_string())?;
        let pairs = &results.pairs;
        let cost = |p: &crate::replay::EscortPair| Some(p.with.others_delay_veh_h - p.without.others_delay_veh_h);
        Ok(Rehearsed {
            travel_s: mean(pairs.iter().map(|p| p.with.travel_s)),
            without_s: mean(pairs.iter().map(|p| p.without.travel_s)),
            stops: mean(pairs.iter().map(|p| Some(f64::from(p.with.stops)))).unwrap_or(0.0),
            unsafe_intervals: results.unsafe_intervals,
            recovery_cycles: results.recovery_cycles_most,
            extra_delay_veh_h: mean(pairs.iter().map(cost)).unwrap_or(0.0),
            runs: pairs.len(),
        })
    }
}
