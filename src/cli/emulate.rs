//! `greenwave emulate`.

use super::live::Emulate;
use super::{count, files, tell};
use crate::bus::tls::{Roles, TlsServer};
use crate::clock::SystemClock;
use crate::rig::{Demand, Glance, Pace, Rig, Run, emulate};
use crate::units::clock;
use anyhow::{Result, bail};
use std::process::ExitCode;

/// Demand comes until midnight.
const DAY_S: u32 = 86_400;

pub(super) fn run(args: &Emulate) -> Result<ExitCode> {
    if args.from >= DAY_S {
        bail!("--from is the end of the day");
    }
    let network = files::network(&args.paths)?;
    args.papers.needed_by(&network)?;
    let security = args.papers.read(|papers| TlsServer::new(papers, Roles::default()))?;
    let abroad = network.intersections().iter().find(|i| i.cabinet.address().is_some_and(|a| !a.ip().is_loopback()));
    if let Some(at) = abroad.filter(|_| !args.listen_any) {
        bail!(
            "the cabinet of {} is at {}, which is not this machine's loopback. Cabinets obey whoever reaches them; listen \
             there with --listen-any, if that is what you want",
            at.id,
            at.cabinet.line
        );
    }
    let scenario = files::scenario(&network, &args.paths, args.scenario.as_deref())?;
    let demand = Demand::of(&scenario.value, args.day)?;
    let run = Run {
        demand: &demand,
        day: args.day.seed,
        seed: args.day.seed,
        start_s: args.from,
        from_s: args.from,
        to_s: DAY_S,
    };
    let rig = Rig::new(&network, &[], &run)?;
    let cabinets = network.intersections();
    if let (Some(first), Some(last)) = (cabinets.first(), cabinets.last()) {
        tell(&format!(
            "{} on {} to {}, {} x real time, day {} from {} (cabinets' clocks: UTC second {})",
            count(cabinets.len(), "cabinet"),
            first.cabinet.line,
            last.cabinet.line,
            args.time_scale,
            args.day,
            clock(args.from),
            rig.moment(args.from).unix_seconds()
        ));
    }
    let pace = Pace { from_s: args.from, scale: args.time_scale, seconds: args.seconds };
    let last =
        emulate(&network, &rig, pace, security.as_ref(), &SystemClock::new(), &mut |glance| tell(&line(glance)))?;
    tell(&line(&last));
    Ok(if last.violations > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn line(glance: &Glance) -> String {
    let Glance { second_of_day, vehicles, centre, local, other, violations } = *glance;
    format!(
        "{} {vehicles} vehicles on the road; cabinets: {centre} centre, {local} local, {other} other; conflict monitors: {}",
        clock(second_of_day),
        count(violations, "violation")
    )
}
