//! `greenwave plan`.

use super::args::{Format, Plan as Args};
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

fn text(network: &Network, period: &crate::corridor::Period, plans: &[Plan], predicted: Option<&Prediction>) {
    let cycle = plans.first().map(|p| p.cycle.to_string()).unwrap_or_default();
    say(&format!(
        "{} {}, {} to {}, cycle {cycle}\n",
        period.name.zh,
        period.name.en,
        clock(period.from_s),
        clock(period.to_s)
    ));
    say("intersection   chainage   offset   green by stage");
    for corridor in network.corridors() {
        if network.corridors().len() > 1 {
            say(&format!("{} {} {}", corridor.id, corridor.name.zh, corridor.name.en));
        }
        for member in &corridor.members {
            let (at, plan) = (network.intersection(member.intersection), &plans[member.intersection.0]);
            let greens: Vec<String> = plan.greens().into_iter().map(|g| format!("{:>5}", g.to_string())).collect();
            say(&format!(
                "{:<12} {:>8.0} m {:>8}   {}",
                at.id,
                member.chainage.get(),
                plan.offset.since_zero().to_string(),
                greens.join(" ")
            ));
        }
    }
    say("\nOffsets: programmed start of green of the reference phase after the Unix epoch UTC, modulo the cycle.");
    if let Some(p) = predicted {
        say(&format!(
            "The model expects: delay {:.1} s a vehicle and intersection, {:.2} stops, worst degree of saturation {:.2}.",
            p.mean_delay_s().unwrap_or(0.0),
            if p.passages_per_h > 0.0 { p.stops_per_h / p.passages_per_h } else { 0.0 },
            p.worst_saturation
        ));
    }
}
