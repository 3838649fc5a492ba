//! What plans are made for: the mean day, or several days together.

use super::args::Plan as Args;
use super::table::wrapped;
use super::{files, say};
use crate::corridor::{Network, Period};
use crate::demand::DayProfile;
use crate::optimise::{EarlyReturn, Prediction, Samples, Settings, Tail};
use crate::rig::{Demand, PASSAGE};
use anyhow::{Result, anyhow, bail};

/// The days asked for, by files of counts and by the scenario; none where plans are for the mean day.
pub(super) fn days(args: &Args, network: &Network) -> Result<Vec<DayProfile>> {
    let mut days = Vec::new();
    for path in &args.recent {
        days.push(files::counts(network, path)?.value);
    }
    if let Some(names) = &args.recent_days {
        // A book made for days it is reported on would be judged by what it knows (contract 17).
        if let Some(day) = names.0.iter().find(|name| name.seed > 99) {
            bail!("day {day} is for reporting; plans are made for training days, 1 to 99");
        }
        let scenario = files::scenario(network, &args.paths, args.demand.scenario.as_deref())?.value;
        for &name in &names.0 {
            let counted = Demand::counted(&scenario, name)?;
            let told = |problems: Vec<_>| anyhow!("day {name}: {} lines do not fit the definitions", problems.len());
            days.push(DayProfile::parse(network, counted.as_bytes()).map_err(told)?);
        }
    }
    Ok(days)
}

/// The settings as the options have them.
pub(super) fn set(args: &Args, settings: &mut Settings) {
    settings.objective.tail = args.tail.unwrap_or(Tail::MEAN);
    settings.model.early_return = args.early_return.then(|| EarlyReturn { passage_s: PASSAGE.seconds() });
}

/// The options as a book says how it was made.
pub(super) fn named(args: &Args) -> String {
    let files = args.recent.iter().map(|path| format!(" --recent {}", path.display()));
    let mut named: String = files.collect();
    if let Some(days) = &args.recent_days {
        let days: Vec<String> = days.0.iter().map(ToString::to_string).collect();
        named += &format!(" --recent-days {}", days.join(","));
    }
    if let Some(tail) = args.tail {
        named += &format!(" --tail {}:{}", tail.weight(), tail.share());
    }
    if args.early_return {
        named += " --early-return";
    }
    named
}

/// What a period's plans are made for.
pub(super) fn samples(mean: &DayProfile, days: &[DayProfile], period: &Period) -> Samples {
    let of = |day: &DayProfile| day.mean(period.from_s, period.to_s);
    Samples::new(days.iter().map(of).collect()).unwrap_or_else(|| of(mean).into())
}

/// What the plans cost on the days they were made for.
pub(super) fn text(predicted: &Prediction, tail: Tail) {
    let days = &predicted.objective_by_sample;
    if days.is_empty() {
        return;
    }
    let mean = days.iter().sum::<f64>() / days.len() as f64;
    let worst = days.iter().copied().fold(0.0, f64::max);
    let weighed = match tail.weight() > 0.0 {
        true => format!(", the worst {:.0} % of them weighing {:.0} %", 100.0 * tail.share(), 100.0 * tail.weight()),
        false => String::new(),
    };
    say(&wrapped(&format!(
        "Made for {} days together{weighed}: {:.0} vehicle hours an hour, stops included, on the mean of them, {:.0} on the worst.",
        days.len(),
        mean / 3600.0,
        worst / 3600.0,
    )));
}
