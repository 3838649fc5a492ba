//! `greenwave emulate`.

use super::live::Emulate;
use super::{count, files, tell};
use crate::bus::tls::{Roles, TlsServer};
use crate::clock::{Clock, SystemClock};
use crate::corridor::{Intersection, Network};
use crate::interrupt::Word;
use crate::rig::{DayName, Demand, Faulty, Glance, Injection, Pace, Rig, Run, Told, emulate};
use crate::units::clock;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Demand comes until midnight.
const DAY_S: u32 = 86_400;

pub(super) fn run(args: &Emulate) -> Result<ExitCode> {
    let network = files::network(&args.paths)?;
    args.papers.needed_by(&network)?;
    let security = args.papers.read(|papers| TlsServer::new(papers, Roles::default()))?;
    if let Some(at) = abroad(&network).filter(|_| !args.listen_any) {
        bail!(
            "the cabinet of {} is at {}, which is not this machine's loopback. Cabinets obey whoever reaches them; listen \
             there with --listen-any, if that is what you want",
            at.id,
            at.cabinet.line
        );
    }
    let rig = plant(&network, &args.paths, args.scenario.as_deref(), (args.day, args.from))?;
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
    let pace = Pace { from_s: args.from, scale: args.time_scale, seconds: args.seconds, until: Word::Operator };
    let faults = faults(args, &network)?;
    let faulty = Faulty { faults, seed: args.fault_seed };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let last = emulate(&network, &rig, pace, security.as_ref(), faulty, &clock, &mut |told| match told {
        Told::Glance(glance) => tell(&line(glance)),
        Told::Fault(notice) => tell(&notice.to_string()),
        Told::Struck(counts) if counts.is_empty() => {}
        Told::Struck(counts) => {
            let counts: Vec<String> = counts.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
            tell(&format!("faults struck: {}", counts.join(", ")));
        }
    })?;
    tell(&line(&last));
    Ok(if last.violations > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// An intersection whose cabinet does not lie on this machine's loopback.
pub(super) fn abroad(network: &Network) -> Option<&Intersection> {
    network.intersections().iter().find(|i| i.cabinet.address().is_some_and(|a| !a.ip().is_loopback()))
}

/// The street of a day, empty at a second of it; traffic comes until midnight.
pub(super) fn plant(
    network: &Network,
    paths: &[PathBuf],
    scenario: Option<&Path>,
    (day, from): (DayName, u32),
) -> Result<Rig> {
    if from >= DAY_S {
        bail!("--from is the end of the day");
    }
    let scenario = files::scenario(network, paths, scenario)?;
    let demand = Demand::of(&scenario.value, day)?;
    let (day, seed) = (day.seed, day.seed);
    let run = Run { demand: &demand, day, seed, start_s: from, from_s: from, to_s: DAY_S };
    Ok(Rig::new(network, &[], &run)?)
}

/// The faults of the command line and of files, all that are none told at once.
fn faults(args: &Emulate, network: &Network) -> Result<Vec<Injection>> {
    let (mut faults, mut wrong) = (Vec::new(), Vec::new());
    let mut take = |place: String, text: &str| match Injection::parse(text, network) {
        Ok(fault) => faults.push(fault),
        Err(problem) => wrong.push(format!("{place} {problem}.")),
    };
    args.faults.iter().for_each(|text| take("--fault".to_owned(), text));
    for path in &args.fault_files {
        let text = files::text(path)?;
        let lines = text.lines().zip(1..).map(|(line, number)| (line.split('#').next().unwrap_or("").trim(), number));
        lines.filter(|(line, _)| !line.is_empty()).for_each(|(line, n)| take(format!("{}:{n}", path.display()), line));
    }
    if wrong.is_empty() { Ok(faults) } else { bail!("{}", wrong.join("\n")) }
}

fn line(glance: &Glance) -> String {
    let Glance { second_of_day, vehicles, centre, local, other, violations } = *glance;
    format!(
        "{} {vehicles} vehicles on the road; cabinets: {centre} centre, {local} local, {other} other; conflict monitors: {}",
        clock(second_of_day),
        count(violations, "violation")
    )
}
