//! `greenwave plan`.

use super::args::{Format, Plan as Args};
use super::front::Case;
use super::table::wrapped;
use super::timing::text;
use super::{coupling, files, progress, recent, say, tell};
use crate::calendar::Calendar;
use crate::corridor::Network;
use crate::demand::DayProfile;
use crate::optimise::{Brief, Coupling, Grouping, OffsetBound, Prediction, Settings};
use crate::plan::Plan;
use crate::replay::{Training, train};
use crate::safety::{Limits, judge};
use crate::units::{Tenths, clock};
use anyhow::{Result, bail};
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    args.out.as_deref().map_or(Ok(()), files::writable)?;
    let network = files::network(&args.paths)?;
    let profile = files::profile(&network, &args.paths, args.demand.counts.as_deref())?.value;
    let mut settings = Settings::default();
    settings.search.grouping = Grouping::Groups;
    settings.objective.pedestrian_weight = args.walkers;
    recent::set(args, &mut settings);
    let days = recent::days(args, &network)?;
    if !args.day {
        return one_period(args, &network, (&profile, &days), &settings);
    }
    let network = Arc::new(network);
    let training = Training {
        rounds: args.rounds.unwrap_or(0),
        threads: files::threads(args.threads),
        within: args.within,
        days: &days,
    };
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
    let walkers = if args.walkers > 0.0 { format!(" --walkers {}", args.walkers) } else { String::new() };
    let made_by =
        format!("greenwave {} plan --day{rounds}{within}{walkers}{}", env!("CARGO_PKG_VERSION"), recent::named(args));
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
    (profile, days): (&DayProfile, &[DayProfile]),
    settings: &Settings,
) -> Result<ExitCode> {
    let calendar = Calendar::new(network);
    let number = args.on.map_or_else(|| calendar.period_of(args.at), |date| calendar.period_on(date, args.at));
    if args.front {
        return front(args, network, profile, number);
    }
    let (period, settings) = (&network.periods()[number], &settings.weighing(network.weights(number)));
    let samples = recent::samples(profile, days, period);
    let brief = Brief::new(network, &samples, settings);
    let proposal = brief.propose(None)?;
    for (at, plan) in network.intersections().iter().zip(&proposal.plans) {
        if let Some(breach) = judge(at, plan, &Limits::default()).first() {
            bail!("the plan made for {} is not safe: {breach}", at.id);
        }
    }
    let predicted = brief.predict(&proposal.plans);
    let bound = brief.offset_bound(&proposal.plans);
    match args.format {
        Format::Json => {
            let proven = (bound, proposal.coupling.as_ref());
            report(network, number, (&proposal.plans, &proposal.predicted), proven)?;
        }
        Format::Text => {
            text(network, period, &proposal.plans, predicted.as_ref());
            recent::text(&proposal.predicted, settings.objective.tail);
            bound.iter().for_each(proven);
            if let Some(decided) = &proposal.coupling {
                coupling::text(network, decided);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What wider bands cost, or the plans of one choice.
fn front(args: &Args, network: &Network, profile: &DayProfile, number: usize) -> Result<ExitCode> {
    let case = Case::new(network, profile, number, (args.corridor.as_deref(), &args.street))?;
    let period = &network.periods()[number];
    if let Some(chosen) = args.choice {
        let front = case.one(&args.street)?;
        let choice = Case::choice(&front, chosen as usize)?;
        match args.format {
            Format::Json => report(network, number, (&choice.plans, &choice.predicted), (None, None))?,
            Format::Text => text(network, period, &choice.plans, Some(&choice.predicted)),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let told = case.told(&args.street)?;
    match args.format {
        Format::Json => {
            let plan = |i: usize, plan: &Plan| plan_json((&network.intersections()[i], plan));
            let report = json!({
                "schema": "greenwave-front/1",
                "definition": network.fingerprint(),
                "day_plan": network.day_plan_of(number).id,
                "period": period,
                "front": case.json(&told, &plan),
            });
            say(&serde_json::to_string_pretty(&report)?);
        }
        Format::Text => {
            let cycles: std::collections::BTreeSet<Tenths> = case.plans.iter().map(|p| p.cycle.length()).collect();
            let cycles: Vec<String> = cycles.into_iter().map(|c| c.to_string()).collect();
            let times = format!("{} to {}, cycle {}", clock(period.from_s), clock(period.to_s), cycles.join(", "));
            say(&format!("{} {}, {times}", period.name.zh, period.name.en));
            case.print(&told);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is proven of the plans' offsets.
fn proven(bound: &OffsetBound) {
    say(&wrapped(&format!(
        "Proven: with these platoons no other offsets, in steps of about a second, and no order of stages cost less than {:.1} \
         vehicle hours an hour, {:.2} % below these plans. Cycles and splits were searched; for them there is no such bound.",
        bound.bound / 3600.0,
        100.0 * bound.gap
    )));
}

/// Prints plans for programs.
fn report(
    network: &Network,
    number: usize,
    (plans, predicted): (&[Plan], &Prediction),
    (bound, decided): (Option<OffsetBound>, Option<&Coupling>),
) -> Result<()> {
    let plans: Vec<_> = network.intersections().iter().zip(plans).map(plan_json).collect();
    let report = json!({
        "schema": "greenwave-plan/1",
        "definition": network.fingerprint(),
        "day_plan": network.day_plan_of(number).id,
        "period": network.periods()[number],
        "plans": plans,
        "predicted": predicted,
        "offset_bound": bound,
        "coupling": decided.map(|decided| coupling::value(network, decided)),
    });
    say(&serde_json::to_string_pretty(&report)?);
    Ok(())
}

fn plan_json((at, plan): (&crate::corridor::Intersection, &Plan)) -> serde_json::Value {
    json!({
        "intersection": at.id,
        "cycle_s": plan.cycle.seconds(),
        "offset_s": plan.offset.since_zero().seconds(),
        "reference_phase": at.phases[at.reference_phase.0].id,
        "order": plan.order().map(|stage| stage.0 + 1).collect::<Vec<_>>(),
        "green_s": plan.stage_greens().into_iter().map(Tenths::seconds).collect::<Vec<_>>(),
    })
}
