//! `greenwave replay`.

use super::args::{Format, Replay};
use super::inputs::Inputs;
use super::record::{Asked, Provenance, Report, SCHEMA};
use super::{count, files, guests, page, progress, say, table, verify};
use crate::replay::{Arm, Results, RunProblem, Shared, Study, means};
use crate::rig::{DayName, Ways, WaysForm};
use crate::units::clock;
use anyhow::{Result, bail};
use std::fmt::Write as _;
use std::process::ExitCode;

pub(super) fn run(args: &Replay) -> Result<ExitCode> {
    if let Some(report) = &args.verify {
        return verify::run(report, args);
    }
    let outs = [&args.json, &args.csv, &args.html, &args.journal, &args.trajectories];
    outs.into_iter().flatten().try_for_each(|path| files::writable(path))?;
    let mut inputs =
        Inputs::read(&args.paths, &args.demand, args.plans.as_deref())?.with_trips(args.trips.as_deref())?;
    args.scene.iter().try_for_each(|scene| inputs.stage(scene))?;
    let scenes = inputs.scenario.value.scenes();
    let usual = inputs.scenario.value.usual();
    let (from_s, to_s) = match args.whole_day {
        true => (6 * 3600, 21 * 3600),
        false => (args.from.unwrap_or(usual.from_s), args.to.unwrap_or(usual.to_s)),
    };
    if from_s >= to_s {
        bail!("--from {} is not before --to {}", clock(from_s), clock(to_s));
    }
    if let (Some(0), Some((_, path))) = (inputs.scenario.value.trips_within(from_s, to_s), &inputs.trips) {
        bail!("no trip of {} begins from {} to {}; name --from and --to", path.display(), clock(from_s), clock(to_s));
    }
    let shared = inputs.shared()?;
    let corridor = files::corridor(&inputs.network, args.corridor.as_deref())?;
    // The same trips come every day: one is enough.
    let usual_days = if inputs.trips.is_some() { usual.days[..1].to_vec() } else { usual.days };
    let study = Study {
        arms: args.arms.clone(),
        days: args.days.as_ref().map_or(usual_days, |days| days.0.clone()),
        seeds_per_day: args.seeds,
        from_s,
        to_s,
        demand: args.factor,
        bus: args.bus,
        threads: files::threads(args.threads),
    };
    let bar = progress::bar(study.arms.len() * study.pairs().len(), "replaying");
    let ways = |arm: Arm, day: DayName, seed: u64| tracks(args, &study, &shared, (arm, day, seed));
    let (results, journals) = study.run_written(&shared, &inputs.scenario.value, &|| bar.inc(1), &ways)?;
    bar.finish_and_clear();
    let provenance = Provenance::of(&inputs, &args.paths, args.bus);
    if let Some(path) = &args.html {
        let ran = (&results, journals.as_slice());
        let page = page::of(&shared, &inputs.scenario.value, corridor, &study, ran, &provenance)?;
        files::write(path, page.html().as_bytes())?;
    }
    let report = Report { schema: SCHEMA, provenance, study: Asked::of(&study, scenes.clone()), results: &results };
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
            let corridors = inputs.network.corridors().iter().map(|c| format!("{} {}", c.name.zh, c.name.en));
            let source = inputs.plans.map_or("computed".to_string(), |p| p.path.display().to_string());
            let run = format!(
                "{} x {}, {} to {}, {}day plans {source}",
                count(study.days.len(), "day"),
                count(study.seeds_per_day as usize, "seed"),
                clock(from_s),
                clock(to_s),
                table::lighter(&study)
            );
            let names = corridors.collect::<Vec<_>>().join(", ");
            say(&format!("{}\n{}", table::wrapped(&names), table::wrapped(&run)));
            scenes.iter().for_each(|scene| say(&table::wrapped(&format!("scene {scene}"))));
            say("");
            say(table::results(&results).trim_end());
            if !scenes.is_empty() {
                say(guests::told(&results).trim_end());
            }
        }
    }
    let unsafe_runs = results.arms.iter().any(|r| r.seeds.iter().any(|s| s.violations > 0));
    Ok(if unsafe_runs { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Where the ways of one run's vehicles are written, if that is asked for.
fn tracks(
    args: &Replay,
    study: &Study,
    shared: &Shared,
    (arm, day, seed): (Arm, DayName, u64),
) -> Result<Option<Ways>, RunProblem> {
    let Some(asked) = &args.trajectories else { return Ok(None) };
    let form = match asked.extension().and_then(|e| e.to_str()) {
        Some("jsonl") => WaysForm::JsonLines,
        _ => WaysForm::Csv,
    };
    let mut path = asked.clone();
    if study.arms.len() * study.pairs().len() > 1 {
        let ending = asked.extension().map_or(String::new(), |e| format!(".{}", e.to_string_lossy()));
        let stem = asked.file_stem().unwrap_or_default().to_string_lossy();
        let day = day.to_string().replace(':', "-");
        path.set_file_name(format!("{stem}.{arm}.{day}.{seed}{ending}"));
    }
    let out = files::create(&path).map_err(RunProblem::Ways)?;
    let (from_s, to_s) = args.trajectories_within.unwrap_or((study.from_s, study.to_s));
    Ok(Some(Ways::new(&shared.network, from_s..to_s, form, Box::new(out))?))
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
