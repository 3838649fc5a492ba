//! `greenwave serve`.

use super::args::Format;
use super::live::Serve;
use super::pages::Beside;
use super::relay::Relay;
use super::workshop::Shop;
use super::{count, files, tell};
use crate::bus::tls::TlsClient;
use crate::clock::{Clock, SystemClock};
use crate::service::{Ended, Instruments, Options, Sinks, StateFile, serve};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

pub(super) fn run(args: &Serve) -> Result<ExitCode> {
    args.pages.check()?;
    let mut console = Relay::new("the console", std::io::stderr());
    let json = args.log == Format::Json;
    let mut note = |text: &str| {
        let line = if json { serde_json::json!({ "note": text }).to_string() } else { text.to_owned() };
        let _ = writeln!(console, "{line}");
    };
    let network = Arc::new(files::network(&args.paths)?);
    args.papers.needed_by(&network)?;
    let security = args.papers.read(TlsClient::new)?;
    let (setup, settings) = args.knowledge.prepare(&network, &args.paths, args.arm, &mut note)?;
    let journal = args.journal.as_deref().map(open).transpose()?;
    let state = args.state.clone().map(state).transpose()?;
    let cabinets = count(network.intersections().len(), "cabinet");
    note(&if args.arm {
        format!("ARMED: plans are written to {cabinets}.")
    } else {
        format!("DRY RUN: {cabinets} read, nothing is written to any. Control them with --arm.")
    });
    let shop = Shop {
        paths: args.paths.clone(),
        knowledge: args.knowledge.clone(),
        armed: args.arm,
        settings: settings.clone(),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let instruments = Arc::new(Instruments::new(args.arm, clock.clone())?);
    let place = args.place.settings();
    let beside = Beside { network: &network, instruments: &instruments, clock: &clock, place: &place, fleeting: false };
    let centre = args.pages.open(&beside, shop, &mut note)?;
    note(&format!("Pages: {}", args.pages.link(centre.address())));
    let options = Options { settings, scale: args.time_scale, security, hold: args.hold };
    let sinks = Sinks {
        journal,
        console: Box::new(console),
        notes_as_json: json,
        state,
        instruments,
        desk: Some(Box::new(centre)),
    };
    Ok(match serve(setup, &options, clock, sinks)? {
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
