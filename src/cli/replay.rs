//! `greenwave replay`.

use super::args::{Format, Replay};
use super::{count, files, progress, say, table, tell};
use crate::control::Policy;
use crate::optimise::Settings;
use crate::replay::{Arm, Book, BusKind, Results, Shared, Study, Training, means, train};
use crate::units::clock;
use anyhow::{Result, anyhow, bail};
use serde::Serialize;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

/// The report as JSON (contract 21).
#[derive(Debug, Serialize)]
struct Report<'a> {
    schema: &'static str,
    provenance: Provenance,
    #[serde(flatten)]
    results: &'a Results,
}

/// Where the numbers come from. What lies in here may differ between two runs of the same results.
#[derive(Debug, Serialize)]
struct Provenance {
    version: &'static str,
    commit: &'static str,
    definition: String,
    counts: String,
    scenario: String,
    plans: Option<String>,
    command: String,
    bus: &'static str,
}

pub(super) fn run(args: &Replay) -> Result<ExitCode> {
    let (from_s, to_s) = if args.whole_day { (6 * 3600, 21 * 3600) } else { (args.from, args.to) };
    if from_s >= to_s {
        bail!("--from is not before --to");
    }
    [&args.json, &args.csv, &args.journal].into_iter().flatten().try_for_each(|path| files::writable(path))?;
    let network = Arc::new(files::network(&args.paths)?);
    let profile = files::profile(&network, &args.paths, args.demand.counts.as_deref())?;
    let scenario = files::scenario(&network, &args.paths, args.demand.scenario.as_deref())?;
    let plans = files::day_plans(&network, &args.paths, args.plans.as_deref())?;
    let settings = Settings::default();
    let fixed = match &plans {
        Some(book) => book.value.clone(),
        None => {
            tell(
                "There is no day plan book for this network: `fixed` is the model's optimum, not improved in the plant.",
            );
            let training = Training { rounds: 0, threads: 1, within: None };
            train(&network, &profile.value, None, &settings, &training, &mut |_| ())?
        }
    };
    let book = Book::new(&network, &profile.value, fixed, &settings)
        .ok_or_else(|| anyhow!("some intersection has no plan of its own within its limits"))?;
    let study = Study {
        arms: args.arms.clone(),
        days: args.days.0.clone(),
        seeds_per_day: args.seeds,
        from_s,
        to_s,
        bus: args.bus,
        threads: files::threads(args.threads),
    };
    let shared = Shared { network: network.clone(), profile: profile.value, book, settings, policy: policy_hack() };
    let bar = progress::bar(study.arms.len() * study.pairs().len(), "replaying");
    let (results, journals) = study.run(&shared, &scenario.value, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let report = Report {
        schema: "greenwave-replay/1",
        provenance: Provenance {
            version: env!("CARGO_PKG_VERSION"),
            commit: env!("GREENWAVE_COMMIT"),
            definition: network.fingerprint().to_string(),
            counts: profile.hash,
            scenario: scenario.hash,
            plans: plans.as_ref().map(|p| p.hash.clone()),
            command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
            bus: match args.bus {
                BusKind::Tcp => "tcp",
                BusKind::Memory => "memory",
            },
        },
        results: &results,
    };
    let json = serde_json::to_string_pretty(&report)?;
    if let Some(path) = &args.json {
        files::write(path, json.as_bytes())?;
    }
    if let Some(path) = &args.csv {
        files::write(path, raw_rows(&results).as_bytes())?;
    }
    if let Some(path) = &args.journal {
        let place = study.arms.iter().position(|a| *a == Arm::Greenwave);
        let lines = place.map(|a| journal(&study, &journals[a])).unwrap_or_default();
        files::write(path, lines.as_bytes())?;
    }
    match args.format {
        Format::Json => say(&json),
        Format::Text => {
            let corridors = network.corridors().iter().map(|c| format!("{} {}", c.name.zh, c.name.en));
            let source = plans.map_or("computed".to_string(), |p| p.path.display().to_string());
            say(&format!(
                "{}: {} x {}, {} to {}, day plans {source}\n",
                corridors.collect::<Vec<_>>().join(", "),
                count(study.days.len(), "day"),
                count(study.seeds_per_day as usize, "seed"),
                clock(from_s),
                clock(to_s)
            ));
            say(table::results(&results).trim_end());
        }
    }
    let unsafe_runs = results.arms.iter().any(|r| r.seeds.iter().any(|s| s.violations > 0));
    Ok(if unsafe_runs { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Raw measures, a row a run.
fn raw_rows(results: &Results) -> String {
    let mut text = String::from("arm,day,seed");
    let one = |row: &crate::replay::Row, run: usize| {
        means(&crate::replay::Row { arm: row.arm, seeds: vec![row.seeds[run].clone()] })
    };
    if let Some(row) = results.arms.iter().find(|r| !r.seeds.is_empty()) {
        for (name, unit, _) in one(row, 0) {
            let _ = if unit == "1" { write!(text, ",{name}") } else { write!(text, ",\"{name}, {unit}\"") };
        }
    }
    for row in &results.arms {
        for (place, run) in row.seeds.iter().enumerate() {
            let _ = write!(text, "\n{},{},{}", row.arm, run.day, run.seed);
            for (_, _, value) in one(row, place) {
                let _ = write!(text, ",{}", value.map_or(String::new(), |v| v.to_string()));
            }
        }
    }
    text.push('\n');
    text
}

/// Journals of the arm with the core, each line with its run.
fn journal(study: &Study, journals: &[crate::journal::Journal]) -> String {
    let mut text = String::new();
    for ((day, seed), journal) in study.pairs().iter().zip(journals) {
        for line in journal.lines() {
            let rest = line.strip_prefix('{').unwrap_or(line);
            let _ = writeln!(text, "{{\"day\":\"{day}\",\"seed\":{seed},{rest}");
        }
    }
    text
}

fn policy_hack() -> Policy {
    let mut p = Policy::default();
    if let Ok(v) = std::env::var("GW_POLICY") {
        let n: Vec<f64> = v.split(',').filter_map(|x| x.parse().ok()).collect();
        p.neighbour_percent = n[5];
        p.serve = crate::units::Tenths::from_seconds(n[6] as u32);
        p.polish_percent = n[0];
        p.fresh_percent = n[1];
        p.spacing = crate::units::Tenths::from_seconds(n[2] as u32);
        p.margin = n[3];
        p.look_ahead = crate::units::Tenths::from_seconds(n[4] as u32);
    }
    p
}
