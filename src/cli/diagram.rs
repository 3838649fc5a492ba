//! `greenwave diagram`.

use super::args::{AxesArg, Diagram as Args, DiagramFormat, Ways};
use super::front::Case;
use super::inputs::Inputs;
use super::{files, say, scene};
use crate::calendar::Calendar;
use crate::corridor::{Corridor, Direction, Network};
use crate::optimise::{FrontChoice, Settings, propose};
use crate::plan::Plan;
use crate::replay::{BusKind, Study};
use crate::report::{Axes, Diagram, Pair, Panel, View};
use crate::safety::{Limits, judge};
use crate::units::clock;
use anyhow::{Result, anyhow, bail};
use serde_json::json;
use std::process::ExitCode;

/// A window that nobody named.
const QUARTER_S: u32 = 900;
/// Measured before a window that lies outside of what `replay` measures.
const LEAD_S: u32 = 1800;
/// Longest window that is drawn.
const LONGEST_S: u32 = 7200;
/// Ways of vehicles a direction that a picture can bear.
const MOST_WAYS: usize = 300;
/// Pixels of the time axis.
const LONG: f64 = 1180.0;

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    args.out.as_deref().map_or(Ok(()), files::writable)?;
    let text = if args.replay { driven(args)? } else { planned(args)? };
    match &args.out {
        Some(path) => files::write(path, text.as_bytes())?,
        None => say(text.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

fn axes(args: &Args) -> Axes {
    match args.axes {
        AxesArg::TimeDistance => Axes::TimeDistance,
        AxesArg::DistanceTime => Axes::DistanceTime,
    }
}

/// What happens on the plant, seen by the one who measures and not by the core.
fn driven(args: &Args) -> Result<String> {
    let inputs = Inputs::read(&args.paths, &args.demand, args.plans.as_deref())?;
    let corridor = files::corridor(&inputs.network, args.corridor.as_deref())?;
    let usual = inputs.scenario.value.usual();
    let middle = (usual.from_s + usual.to_s - QUARTER_S) / 2;
    let from = args.from.unwrap_or(middle / QUARTER_S * QUARTER_S);
    let to = args.to.unwrap_or(from + QUARTER_S);
    if from >= to || to - from > LONGEST_S {
        bail!("--from is not before --to, or more than two hours before it");
    }
    let (from_s, to_s) = match from >= usual.from_s && to <= usual.to_s {
        true => (usual.from_s, usual.to_s),
        false => (from.saturating_sub(LEAD_S), to),
    };
    let study = Study {
        arms: vec![args.arm],
        days: vec![args.day],
        seeds_per_day: args.seed,
        from_s,
        to_s,
        demand: 1.0,
        bus: BusKind::Memory,
        threads: 1,
    };
    let pair = *study.pairs().last().ok_or_else(|| anyhow!("no run"))?;
    let mut scenes = scene::scenes(&inputs.shared()?, &inputs.scenario.value, &study, pair, (corridor, (from, to)))?;
    let scene = scenes.pop().ok_or_else(|| anyhow!("no run"))?;
    let directions = match args.direction {
        Ways::Both => Direction::BOTH.to_vec(),
        Ways::Outbound => vec![Direction::Outbound],
        Ways::Inbound => vec![Direction::Inbound],
    };
    let every = args.every.unwrap_or_else(|| scene.every(MOST_WAYS));
    let view = View { axes: axes(args), directions, queues: args.queues, every, long: LONG };
    Ok(match args.format {
        DiagramFormat::Svg => scene.svg(&view),
        DiagramFormat::Json => serde_json::to_string_pretty(&json!({
            "schema": "greenwave-scene/1",
            "definition": inputs.network.fingerprint(),
            "corridor": corridor.id,
            "scene": scene,
        }))?,
    })
}

/// What is planned.
fn planned(args: &Args) -> Result<String> {
    let network = files::network(&args.paths)?;
    let corridor = files::corridor(&network, args.corridor.as_deref())?;
    let calendar = Calendar::new(&network);
    let number = args.on.map_or_else(|| calendar.period_of(args.at), |date| calendar.period_on(date, args.at));
    let period = &network.periods()[number];
    if let Some(numbers) = args.front {
        return two(args, &network, number, numbers);
    }
    let (plans, source) = plans(args, &network, number)?;
    let caption =
        format!("{} {}, {} to {}, {source}", period.name.zh, period.name.en, clock(period.from_s), clock(period.to_s));
    let diagram = Diagram::new(&network, corridor, &plans, &caption)
        .ok_or_else(|| anyhow!("{} has a member without a plan", corridor.id))?;
    Ok(match args.format {
        DiagramFormat::Svg => diagram.svg(axes(args)),
        DiagramFormat::Json => serde_json::to_string_pretty(&json!({
            "schema": "greenwave-diagram/1",
            "definition": network.fingerprint(),
            "corridor": corridor.id,
            "period": period,
            "diagram": diagram,
        }))?,
    })
}

/// Two choices of the front.
fn two(args: &Args, network: &Network, number: usize, numbers: [usize; 2]) -> Result<String> {
    let profile = files::profile(network, &args.paths, args.demand.counts.as_deref())?.value;
    let case = Case::new(network, &profile, number, (args.corridor.as_deref(), &args.street))?;
    let front = case.one(&args.street)?;
    let whole = case.corridor();
    // The members the bands run through, as a corridor of their own.
    let links = whole.links[front.members.start..front.members.end - 1].to_vec();
    let part = Corridor { members: whole.members[front.members.clone()].to_vec(), links, ..whole.clone() };
    let period = &network.periods()[number];
    let caption = format!(
        "{} {}, {} to {}, {}: two choices between least delay and widest bands, cycle and splits the same",
        period.name.zh,
        period.name.en,
        clock(period.from_s),
        clock(period.to_s),
        case.named(&front.members)
    );
    let mut panels = Vec::new();
    for number in numbers {
        let choice = Case::choice(&front, number)?;
        let diagram = Diagram::new(network, &part, &choice.plans, &caption)
            .ok_or_else(|| anyhow!("{} has a member without a plan", whole.id))?;
        let heading = format!("方案 {number} · choice {number} of {}", front.choices.len());
        panels.push((Panel { diagram, heading, lines: case.lines(&front, choice) }, choice));
    }
    if args.format == DiagramFormat::Json {
        let told = |(n, (panel, choice)): (&usize, &(Panel, &FrontChoice))| {
            json!({
                "number": n, "diagram": panel.diagram, "predicted": choice.predicted,
            })
        };
        let choices: Vec<_> = numbers.iter().zip(&panels).map(told).collect();
        return Ok(serde_json::to_string_pretty(&json!({
            "schema": "greenwave-choices/1",
            "definition": network.fingerprint(),
            "corridor": whole.id,
            "period": period,
            "choices": choices,
        }))?);
    }
    let mut panels = panels.into_iter().map(|(panel, _)| panel);
    let (Some(left), Some(right)) = (panels.next(), panels.next()) else { bail!("two choices are drawn") };
    Ok(Pair { name: whole.name.clone(), caption, panels: [left, right] }.svg(axes(args)))
}

/// The period's plans out of the book, or else computed for the mean day; and which of the two, for the subtitle.
fn plans(args: &Args, network: &Network, period: usize) -> Result<(Vec<Plan>, &'static str)> {
    let book = files::day_plans(network, &args.paths, args.plans.as_deref())?;
    if let Some(plans) = book.and_then(|book| book.value.periods().get(period).cloned()) {
        return Ok((plans, "from the day plan book"));
    }
    let profile = files::profile(network, &args.paths, args.demand.counts.as_deref())?.value;
    let times = &network.periods()[period];
    let flows = profile.mean(times.from_s, times.to_s);
    let plans = propose(network, &flows, None, &Settings::default().weighing(network.weights(period)))?.plans;
    for (at, plan) in network.intersections().iter().zip(&plans) {
        if let Some(breach) = judge(at, plan, &Limits::default()).first() {
            bail!("the plan made for {} is not safe: {breach}", at.id);
        }
    }
    Ok((plans, "computed for the mean day"))
}
