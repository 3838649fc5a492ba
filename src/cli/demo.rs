//! `greenwave demo`: a street, its cabinets, the core and the pages in one program.

use super::args::clock;
use super::emulate::{abroad, plant};
use super::pages::{Beside, Pages};
use super::prepare::Knowledge;
use super::workshop::Shop;
use super::{count, files, tell};
use crate::clock::{Clock, SystemClock};
use crate::corridor::Network;
use crate::interrupt::Switch;
use crate::rig::{DayName, Faulty, Glance, Pace, Told, emulate};
use crate::service::{Ended, Instruments, Options, Sinks, serve};
use crate::store::Settings;
use anyhow::{Result, anyhow, bail};
use clap::Args as ClapArgs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

/// Try the command centre on this machine: simulated traffic, emulated cabinets over Modbus TCP, the core in control of them,
/// and the pages, all in one program.
///
/// The cabinets listen on the definitions' addresses, which must be this machine's loopback. Nothing is kept unless --store names
/// a folder. Runs until SIGINT or SIGTERM. Exit code 0: done; 1: a conflict monitor saw a violation.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave demo corridors/dongchang-road.toml\n  greenwave demo corridors/dongchang-road.toml --time-scale 10 --day 1005:tidal --from 07:00\n  greenwave demo corridors/jinan --time-scale 2"
)]
pub(super) struct Demo {
    /// Definition files or folders of them; together they are one network.
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// The scenario that draws days (default: ../sim/scenarios/CORRIDOR.toml from the definition).
    #[arg(long, value_name = "FILE")]
    pub(super) scenario: Option<PathBuf>,
    /// The day, by number and kind.
    #[arg(long, value_name = "DAY", default_value = "1001:workday")]
    pub(super) day: DayName,
    /// Time of day at which it begins, with an empty street.
    #[arg(long, value_name = "HH:MM", value_parser = clock, default_value = "06:45")]
    pub(super) from: u32,
    /// Seconds of the street a second of yours.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(super) time_scale: u32,
    /// Keep accounts and history in this folder; without it nothing is kept.
    #[arg(long, value_name = "FOLDER")]
    pub(super) store: Option<PathBuf>,
    #[command(flatten)]
    pub(super) knowledge: Knowledge,
    #[command(flatten)]
    pub(super) pages: Pages,
}

pub(super) fn run(args: &Demo) -> Result<ExitCode> {
    args.pages.check()?;
    let network = Arc::new(files::network(&args.paths)?);
    let kept = match &args.store {
        Some(_) => None,
        None => Some(Fleeting::new()?),
    };
    let folder = args.store.clone().or(kept.as_ref().map(|k| k.0.clone())).unwrap_or_default();
    let machine: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let (switch, street) = street(args, &network, &machine)?;
    let (setup, settings) = args.knowledge.prepare(&network, &args.paths, true, &mut tell)?;
    let shop =
        Shop { paths: args.paths.clone(), knowledge: args.knowledge.clone(), armed: true, settings: settings.clone() };
    let instruments = Arc::new(Instruments::new(true, machine.clone())?);
    let centre = {
        let place = Settings::new(&folder);
        let beside =
            Beside { network: &network, instruments: &instruments, clock: &machine, place: &place, fleeting: true };
        args.pages.open(&beside, shop, &mut tell)?
    };
    tell(&format!("Pages: {}", args.pages.link(centre.address())));
    let options = Options { settings, scale: Some(args.time_scale), security: None, hold: false };
    let console: Box<dyn std::io::Write> = Box::new(std::io::sink());
    let sinks =
        Sinks { journal: None, console, notes_as_json: false, state: None, instruments, desk: Some(Box::new(centre)) };
    let ended = serve(setup, &options, machine, sinks);
    switch.stop();
    let last = street.join().map_err(|_| anyhow!("the emulated street broke down"))??;
    tell(&format!("conflict monitors: {}", count(last.violations, "violation")));
    Ok(match ended? {
        _ if last.violations > 0 => ExitCode::FAILURE,
        Ended::Stopped => ExitCode::SUCCESS,
        Ended::AtOnce => ExitCode::from(3),
    })
}

/// A folder that goes with the program.
struct Fleeting(PathBuf);

impl Fleeting {
    fn new() -> Result<Fleeting> {
        let folder = std::env::temp_dir().join(format!("greenwave-demo-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Fleeting(folder))
    }
}

impl Drop for Fleeting {
    fn drop(&mut self) {
        // What is left in a folder for temporary files is no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The street and its cabinets, on a thread of their own until the switch says stop.
fn street(args: &Demo, network: &Arc<Network>, clock: &Arc<dyn Clock>) -> Result<(Switch, JoinHandle<Result<Glance>>)> {
    // The core is armed: it must find nobody's cabinets but these.
    if let Some(at) = abroad(network) {
        bail!(
            "the cabinet of {} is at {}, which is not this machine's loopback: a demo stays here",
            at.id,
            at.cabinet.line
        );
    }
    let rig = plant(network, &args.paths, args.scenario.as_deref(), (args.day, args.from))?;
    let (switch, until) = Switch::new();
    let pace = Pace { from_s: args.from, scale: args.time_scale, seconds: None, until };
    let (network, clock) = (network.clone(), clock.clone());
    let (listening, listens) = mpsc::channel();
    let street = move || {
        let mut tell = |_: &Told| {
            // Heard once; later nobody listens.
            let _ = listening.send(());
        };
        emulate(&network, &rig, pace, None, Faulty::default(), &clock, &mut tell).map_err(anyhow::Error::from)
    };
    let street = std::thread::Builder::new().name("street".into()).spawn(street)?;
    // Nobody is spoken to before it is our cabinets that listen.
    if listens.recv().is_err() {
        street.join().map_err(|_| anyhow!("the emulated street broke down"))??;
        bail!("the emulated street ended at once");
    }
    Ok((switch, street))
}
