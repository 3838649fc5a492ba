//! `greenwave serve`.

use super::live::Serve;
use super::relay::Relay;
use super::{count, files, tell};
use crate::bus::tls::TlsClient;
use crate::clock::SystemClock;
use crate::control::{Policy, Setup};
use crate::optimise::Settings;
use crate::replay::{Training, train};
use crate::safety::Limits;
use crate::service::{Ended, Options, Sinks, StateFile, serve};
use crate::transition::Bounds;
use crate::work::free_choices;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

pub(super) fn run(args: &Serve) -> Result<ExitCode> {
    if !args.http.ip().is_loopback() && !args.listen_any {
        bail!(
            "--http {} is not this machine's loopback: metrics would be open, and unencrypted, to whoever reaches it. \
             Serve them there with --listen-any, if that is what you want",
            args.http
        );
    }
    let mut console = Relay::new("the console", std::io::stderr());
    let mut note = |text: &str| {
        let _ = writeln!(console, "{text}");
    };
    let network = Arc::new(files::network(&args.paths)?);
    args.papers.needed_by(&network)?;
    let security = args.papers.read(TlsClient::new)?;
    let profile = files::profile(&network, &args.paths, args.counts.as_deref())?.value;
    let mut settings = Settings::default();
    settings.model.measured_platoons = args.measured_platoons;
    let day_plans = match files::day_plans(&network, &args.paths, args.plans.as_deref())? {
        Some(book) => book.value,
        None => {
            note("There is no day plan book for this network: the day plans are the model's optimum.");
            train(
                &network,
                &profile,
                None,
                &settings,
                &Training { rounds: 0, threads: 1, within: None, days: &[] },
                &mut |_| (),
            )?
        }
    };
    let journal = args.journal.as_deref().map(open).transpose()?;
    let state = args.state.clone().map(state).transpose()?;
    let cabinets = count(network.intersections().len(), "cabinet");
    note(&if args.arm {
        format!("ARMED: plans are written to {cabinets}.")
    } else {
        format!("DRY RUN: {cabinets} read, nothing is written to any. Control them with --arm.")
    });
    let free = free_choices(&network, &profile, &day_plans, &settings);
    let setup = Setup {
        network,
        profile,
        day_plans: day_plans.periods().to_vec(),
        operation: day_plans.operations().collect(),
        free,
        limits: Limits::default(),
        bounds: Bounds::default(),
        policy: Policy::default(),
        armed: args.arm,
    };
    let options = Options { settings, scale: args.time_scale, http: args.http, security, hold: args.hold };
    let sinks = Sinks { journal, console: Box::new(console), state };
    Ok(match serve(setup, &options, Arc::new(SystemClock::new()), sinks)? {
        Ended::Stopped => ExitCode::SUCCESS,
        Ended::AtOnce => {
            tell("ended by a second signal; cabinets that were not handed back go back when their heartbeat runs out");
            ExitCode::from(3)
        }
    })
}

/// The state file, read now and written whole from now on.
fn state(path: PathBuf) -> Result<StateFile> {
    files::writable(&path)?;
    let before = match std::fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        read => Some(read.with_context(|| format!("cannot read {}", path.display()))?),
    };
    let write = move |bytes: &[u8]| files::write(&path, bytes).map_err(std::io::Error::other);
    Ok(StateFile { before, write: Box::new(write) })
}

/// A file to append to.
fn open(path: &Path) -> Result<Box<dyn Write>> {
    let file = File::options().create(true).append(true).open(path);
    Ok(Box::new(Relay::new("the journal", file.with_context(|| format!("cannot write {}", path.display()))?)))
}
