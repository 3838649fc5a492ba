//! `greenwave campaign`.

use super::live::CampaignArgs;
use super::progress::bar;
use super::{count, say, tell};
use crate::campaign::{Campaign, Report, campaign};
use crate::units::Tenths;
use anyhow::Result;
use std::process::ExitCode;
use std::time::Duration;

/// What the promise says of coming back: so many cycles, or a minute.
const CYCLES: u32 = 3;
const MINUTE: Tenths = Tenths::from_seconds(60);
/// Pushes between two lines that say how far it has come.
const TELL_EVERY: u64 = 10_000;
/// Unlogged faults printed at the most.
const MOST_PRINTED: usize = 20;
/// The longest ways back that are printed.
const MOST_SLOW: usize = 8;

pub(super) fn run(args: &CampaignArgs) -> Result<ExitCode> {
    let order = Campaign {
        seed: args.seed,
        pushes: args.pushes,
        groups: args.groups as usize,
        members: args.members as usize,
        silence: Duration::from_millis(u64::from(args.silence_ms)),
    };
    tell(&format!(
        "{} of {} each over Modbus TCP on loopback, until {} plan blocks are written; seed {}",
        count(order.groups, "core"),
        count(order.members, "cabinet"),
        args.pushes,
        args.seed
    ));
    let mut told = 0;
    let progress = bar(usize::try_from(args.pushes)?, "pushes");
    let report = campaign(&order, &mut |pushes| {
        progress.set_position(pushes);
        // Where there is no bar a line now and then says that it goes on.
        if progress.is_hidden() && pushes / TELL_EVERY != told {
            told = pushes / TELL_EVERY;
            tell(&format!("{pushes} pushes so far"));
        }
    })?;
    progress.finish_and_clear();
    print(&report);
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(report: &Report) {
    let line = |name: &str, value: &str| say(&format!("{name:<44}{value:>14}"));
    line("plan blocks written (pushes)", &report.pushes.to_string());
    line("commits written", &report.committed.to_string());
    line("plans that came to run", &report.activated.to_string());
    line("pushes the cores say failed", &report.failed.to_string());
    line("simulated time, h", &format!("{:.1}", f64::from(report.simulated.count()) / 36_000.0));
    say("");
    line("conflict monitors: violations", &report.violations.to_string());
    line("torn plans that ran", &report.wrongs.torn.to_string());
    line("unintended plans that ran", &report.wrongs.unintended.to_string());
    line("older plans that came back", &report.wrongs.rolled_back.to_string());
    say("");
    line("bursts of faults", &report.bursts.to_string());
    for (kind, times) in &report.struck {
        line(&format!("  {kind}"), &times.to_string());
    }
    line("kinds a link could see, by burst and link", &report.visible.to_string());
    line("  not in the journal", &report.unlogged.len().to_string());
    report.unlogged.iter().take(MOST_PRINTED).for_each(|text| say(&format!("    {text}")));
    say("");
    let within = report.back_within(CYCLES, MINUTE);
    line("back within 3 cycles or 60 s of the last fault", &format!("{:.2} %", 100.0 * within));
    line("never came back", &report.recoveries.iter().filter(|r| !r.back).count().to_string());
    line("longest ways back, s (cycles)", "");
    for way in report.slowest(MOST_SLOW) {
        let cycles = f64::from(way.took.count()) / f64::from(way.cycle.count().max(1));
        let took = f64::from(way.took.count()) / 10.0;
        line(&format!("  {}", way.after), &format!("{took:.0} ({cycles:.1})"));
    }
}
