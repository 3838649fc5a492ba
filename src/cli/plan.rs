//! `greenwave plan`.

use super::args::{Format, Plan as Args};
use super::table::{WIDTH, columns, wrapped};
use super::{files, progress, say, tell};
use crate::calendar::Calendar;
use crate::corridor::Network;
use crate::optimise::{Prediction, Settings, predict, propose};
use crate::plan::Plan;
use crate::replay::{Training, train};
use crate::safety::{Limits, judge};
use crate::units::{Tenths, clock};
use anyhow::{Result, bail};
use serde_json::json;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    args.out.as_deref().map_or(Ok(()), files::writable)?;
    let network = files::network(&args.paths)?;
    let profile = files::profile(&network, &args.paths, args.demand.counts.as_deref())?.value;
    let settings = Settings::default();
    if !args.day {
        return one_period(args, &network, &profile, &settings);
    }
    let network = Arc::new(network);
    let training =
        Training { rounds: args.rounds.unwrap_or(0), threads: files::threads(args.threads), within: args.within };
    let scenario = match args.rounds {
        None => None,
        Some(_) => Some(files::scenario(&network, &args.paths, args.demand.scenario.as_deref())?.value),
    };
    let bar = progress::bar(0, "training");
    let mut journal = |line: String| if bar.is_hidden() { tell(&line) } else { bar.println(line) };
    let plans = train(&network, &profile, scenario.as_ref(), &settings, &training, &mut journal)?;
    bar.finish_and_clear();
    let within = args.within.map(|(a, b)| format!(" --within {}-{}", clock(a), clock(b))).unwrap_or_default();
    let rounds = args.rounds.map(|n| format!(" --rounds {n}")).unwrap_or_default();
    let made_by = format!("greenwave {} plan --day{rounds}{within}", env!("CARGO_PKG_VERSION"));
    let text = plans.to_toml(&network, &made_by);
    match &args.out {
        Some(path) => files::write(path, text.as_bytes())?,
        None => say(text.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

fn one_period(
    args: &Args,
    network: &Network,
    profile: &crate::demand::DayProfile,
    settings: &Settings,
) -> Result<ExitCode> {
    let period = &network.periods()[Calendar::new(network).period_of(args.at)];
    let flows = profile.mean(period.from_s, period.to_s);
    let proposal = propose(network, &flows, None, settings)?;
    for (at, plan) in network.intersections().iter().zip(&proposal.plans) {
        if let Some(breach) = judge(at, plan, &Limits::default()).first() {
            bail!("the plan made for {} is not safe: {breach}", at.id);
        }
    }
    let predicted = predict(network, &flows, &proposal.plans, settings);
    match args.format {
        Format::Json => {
            let plans: Vec<_> = network.intersections().iter().zip(&proposal.plans).map(plan_json).collect();
            let report = json!({
                "schema": "greenwave-plan/1",
                "definition": network.fingerprint(),
                "period": period,
                "plans": plans,
                "predicted": proposal.predicted,
            });
            say(&serde_json::to_string_pretty(&report)?);
        }
        Format::Text => text(network, period, &proposal.plans, predicted.as_ref()),
    }
    Ok(ExitCode::SUCCESS)
}

fn plan_json((at, plan): (&crate::corridor::Intersection, &Plan)) -> serde_json::Value {
    json!({
        "intersection": at.id,
        "cycle_s": plan.cycle.seconds(),
        "offset_s": plan.offset.since_zero().seconds(),
        "reference_phase": at.phases[at.reference_phase.0].id,
        "green_s": plan.greens().into_iter().map(Tenths::seconds).collect::<Vec<_>>(),
    })
}

/// The plans as a table: a block a corridor; of each intersection its cycle, its offset, and the split of every stage.
fn text(network: &Network, period: &crate::corridor::Period, plans: &[Plan], predicted: Option<&Prediction>) {
    let (from, to) = (clock(period.from_s), clock(period.to_s));
    let cycles: BTreeSet<Tenths> = plans.iter().map(|p| p.cycle.length()).collect();
    let cycles: Vec<String> = cycles.into_iter().map(|c| c.to_string()).collect();
    let word = if cycles.len() == 1 { "cycle" } else { "cycles" };
    say(&wrapped(&format!("{} {}, {from} to {to}, {word} {}", period.name.zh, period.name.en, cycles.join(", "))));
    for corridor in network.corridors() {
        say(&format!("\n{} {} ({})", corridor.name.zh, corridor.name.en, corridor.id));
        say("intersection chainage  cycle  offset  split of each stage");
        for member in &corridor.members {
            let (at, plan) = (network.intersection(member.intersection), &plans[member.intersection.0]);
            let head = format!(
                "{:<12} {:>5.0} m {:>7} {:>7}  ",
                at.id,
                member.chainage.get(),
                plan.cycle.to_string(),
                plan.offset.since_zero().to_string(),
            );
            say(&in_columns(&head, &splits(at, plan)));
        }
    }
    say("\nStages, in the order in which they run:");
    let mut told: Vec<String> = Vec::new();
    for at in network.intersections() {
        let names: Vec<String> = at.stages.iter().enumerate().map(|(k, s)| stage_name(k, &s.name)).collect();
        let line = names.join("; ");
        if !told.contains(&line) {
            let like = network.intersections().iter().filter(|o| {
                o.stages.len() == at.stages.len() && o.stages.iter().zip(&at.stages).all(|(a, b)| a.name == b.name)
            });
            let ids: Vec<&str> = like.map(|o| o.id.as_str()).collect();
            say(&wrapped(&format!("{}: {line}", ids.join(", "))));
            told.push(line);
        }
    }
    say(&wrapped(
        "\nSplit: green, yellow and all red of a stage; splits add up to the cycle. Offset: programmed start of green of the \
         reference phase after the Unix epoch UTC, modulo the cycle.",
    ));
    if let Some(p) = predicted {
        say(&wrapped(&format!(
            "The model expects: delay {:.1} s a vehicle and intersection, {:.2} stops, worst degree of saturation {:.2}.",
            p.mean_delay_s().unwrap_or(0.0),
            if p.passages_per_h > 0.0 { p.stops_per_h / p.passages_per_h } else { 0.0 },
            p.worst_saturation
        )));
    }
}

/// "1 东西直行 east-west through".
fn stage_name(place: usize, name: &crate::corridor::Name) -> String {
    format!("{} {} {}", place + 1, name.zh, name.en)
}

/// Split of each stage, s: its green and the intergreen after it.
fn splits(at: &crate::corridor::Intersection, plan: &Plan) -> Vec<String> {
    let stages = at.stages.iter().zip(plan.greens()).enumerate();
    stages.map(|(k, (stage, green))| format!("{}: {:<6}", k + 1, (green + stage.intergreen()).to_string())).collect()
}

/// Cells behind a head, as many a line as fit a terminal.
fn in_columns(head: &str, cells: &[String]) -> String {
    let (mut text, mut used) = (head.to_owned(), columns(head));
    for cell in cells {
        let wide = columns(cell) + 1;
        if used + wide > WIDTH + 1 {
            text = format!("{}\n{}", text.trim_end(), " ".repeat(columns(head)));
            used = columns(head);
        }
        text.push_str(cell);
        text.push(' ');
        used += wide;
    }
    text.trim_end().to_owned()
}
