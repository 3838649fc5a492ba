//! `greenwave diagram`.

use super::args::{Diagram as Args, DiagramFormat};
use super::{files, say};
use crate::calendar::Calendar;
use crate::corridor::{Corridor, Network};
use crate::optimise::{Settings, propose};
use crate::plan::Plan;
use crate::report::Diagram;
use crate::safety::{Limits, judge};
use crate::units::clock;
use anyhow::{Result, anyhow, bail};
use serde_json::json;
use std::process::ExitCode;

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let network = files::network(&args.paths)?;
    let corridor = corridor(&network, args.corridor.as_deref())?;
    let number = Calendar::new(&network).period_of(args.at);
    let period = &network.periods()[number];
    let (plans, source) = plans(args, &network, number)?;
    let caption =
        format!("{} {}, {} to {}, {source}", period.name.zh, period.name.en, clock(period.from_s), clock(period.to_s));
    let diagram = Diagram::new(&network, corridor, &plans, &caption)
        .ok_or_else(|| anyhow!("{} has a member without a plan", corridor.id))?;
    let text = match args.format {
        DiagramFormat::Svg => diagram.svg(),
        DiagramFormat::Json => serde_json::to_string_pretty(&json!({
            "schema": "greenwave-diagram/1",
            "definition": network.fingerprint(),
            "corridor": corridor.id,
            "period": period,
            "diagram": diagram,
        }))?,
    };
    match &args.out {
        Some(path) => files::write(path, text.as_bytes())?,
        None => say(text.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The corridor that was named, or the first.
fn corridor<'n>(network: &'n Network, id: Option<&str>) -> Result<&'n Corridor> {
    let all = network.corridors();
    let found = id.map_or(all.first(), |id| all.iter().find(|c| c.id == id));
    found.ok_or_else(|| {
        let there: Vec<&str> = all.iter().map(|c| c.id.as_str()).collect();
        anyhow!("there is no corridor {}; there is {}", id.unwrap_or_default(), there.join(", "))
    })
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
    let plans = propose(network, &flows, None, &Settings::default())?.plans;
    for (at, plan) in network.intersections().iter().zip(&plans) {
        if let Some(breach) = judge(at, plan, &Limits::default()).first() {
            bail!("the plan made for {} is not safe: {breach}", at.id);
        }
    }
    Ok((plans, "computed for the mean day"))
}
