//! `greenwave replay --verify`: runs again what a report says was run, and compares every byte of its results.

use super::args::{DemandFiles, Replay};
use super::inputs::Inputs;
use super::record::{Asked, Provenance, SCHEMA};
use super::{count, files, progress, say};
use crate::replay::Study;
use crate::units::clock;
use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

/// The parts of a report that must come out again.
const PARTS: [&str; 3] = ["arms", "comparisons", "side_street_breaches"];
/// Differences that are told.
const TOLD: usize = 10;

pub(super) fn run(report: &Path, args: &Replay) -> Result<ExitCode> {
    let there = report.display();
    let bytes = std::fs::read(report).with_context(|| format!("cannot read {there}"))?;
    let old: Value = serde_json::from_slice(&bytes).with_context(|| format!("{there} is no JSON"))?;
    if old["schema"] != SCHEMA {
        bail!("{there} is no report of a replay: its `schema` is not {SCHEMA}");
    }
    let asked: Asked = part(&old, "study").with_context(|| format!("{there} does not say what was run"))?;
    let made: Provenance =
        part(&old, "provenance").with_context(|| format!("{there} does not say what it was made from"))?;
    let inputs = same_files(&made, args)?;
    let study = Study {
        arms: parsed(&asked.arms)?,
        days: parsed(&asked.days)?,
        seeds_per_day: asked.seeds_per_day,
        from_s: asked.from_s,
        to_s: asked.to_s,
        demand: asked.demand,
        bus: args.bus,
        threads: files::threads(args.threads),
    };
    let bar = progress::bar(study.arms.len() * study.pairs().len(), "verifying");
    let (results, _) = study.run(&inputs.shared()?, &inputs.scenario.value, &|| bar.inc(1))?;
    bar.finish_and_clear();
    // through text, as the report went: numbers are compared as they are written
    let new: Value = serde_json::from_str(&serde_json::to_string(&results)?)?;
    let mut found = Vec::new();
    PARTS.iter().for_each(|name| differences(name, &old[*name], &new[*name], &mut found));
    if found.is_empty() {
        say(&format!(
            "the same, byte for byte: {}, {} x {}, {} to {}",
            count(study.arms.len(), "arm"),
            count(study.days.len(), "day"),
            count(study.seeds_per_day as usize, "seed"),
            clock(study.from_s),
            clock(study.to_s)
        ));
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("NOT the same: {}", count(found.len(), "difference")));
    found.iter().take(TOLD).for_each(|line| say(&format!("  {line}")));
    if found.len() > TOLD {
        say(&format!("  and {} more", found.len() - TOLD));
    }
    let mine = env!("GREENWAVE_COMMIT");
    if made.commit != mine {
        say(&format!("The report was made by commit {}; this program was built from {mine}.", made.commit));
    }
    Ok(ExitCode::FAILURE)
}

fn part<T: serde::de::DeserializeOwned>(report: &Value, name: &str) -> Result<T> {
    serde_json::from_value(report[name].clone()).with_context(|| format!("in `{name}`"))
}

fn parsed<T: std::str::FromStr<Err = String>>(names: &[String]) -> Result<Vec<T>> {
    names.iter().map(|name| name.parse().map_err(|e: String| anyhow!(e))).collect()
}

/// The files the report was made from, from where they lay or from where the arguments say they lie now.
fn same_files(made: &Provenance, args: &Replay) -> Result<Inputs> {
    let lay = &made.files;
    let paths = if args.paths.is_empty() { &lay.definitions } else { &args.paths };
    let demand = DemandFiles {
        counts: Some(args.demand.counts.clone().unwrap_or_else(|| lay.counts.clone())),
        scenario: Some(args.demand.scenario.clone().unwrap_or_else(|| lay.scenario.clone())),
    };
    let book = args.plans.as_deref().or(lay.plans.as_deref());
    let trips = args.trips.as_deref().or(lay.trips.as_deref());
    let mut inputs = Inputs::read(paths, &demand, book)?.with_trips(trips)?;
    if book.is_none() {
        // the report was made without a book: one that came since is not what was run
        inputs.plans = None;
    }
    if let Some(scene) = args.scene.as_ref().or(lay.scene.as_ref()) {
        inputs.stage(scene)?;
    }
    let definitions = paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
    unchanged("the definition", &definitions, &made.definition, inputs.network.fingerprint())?;
    unchanged("the counts file", &inputs.profile.path.display().to_string(), &made.counts, &inputs.profile.hash)?;
    unchanged("the scenario", &inputs.scenario.path.display().to_string(), &made.scenario, &inputs.scenario.hash)?;
    if let Some(scene) = &inputs.scene {
        let was = made.scene.as_deref().unwrap_or("absent");
        unchanged("the scene", &scene.path.display().to_string(), was, &scene.hash)?;
    }
    if let Some((hash, path)) = &inputs.trips {
        let was = made.trips.as_deref().unwrap_or("absent");
        unchanged("the trips file", &path.display().to_string(), was, hash)?;
    }
    if let Some(book) = &inputs.plans {
        let was = made.plans.as_deref().unwrap_or("absent");
        unchanged("the day plan book", &book.path.display().to_string(), was, &book.hash)?;
    }
    Ok(inputs)
}

fn unchanged(what: &str, path: &str, was: &str, is: &str) -> Result<()> {
    if was != is {
        bail!("{what} {path} is not the one the report was made from: its hash was {was}, is {is}");
    }
    Ok(())
}

/// Every place where two values differ, as text.
fn differences(place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    match (old, new) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (k, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{place}[{k}]"), a, b, found);
            }
        }
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for (key, a) in a {
                differences(&format!("{place}.{key}"), a, &b[key], found);
            }
        }
        _ => {
            // as text: -0.0 is not 0.0
            let (old, new) = (old.to_string(), new.to_string());
            if old != new {
                found.push(format!("{place}: the report says {}, now {}", short(&old), short(&new)));
            }
        }
    }
}

/// A text's beginning.
fn short(text: &str) -> String {
    if text.chars().count() <= 60 {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(60).collect::<String>())
    }
}
