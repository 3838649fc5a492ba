//! `greenwave store`.

use super::audit::Place;
use super::{count, say};
use crate::clock::{Clock, SystemClock};
use crate::store::{Opener, Settings, Store, back_up, survived, write_until_killed};
use anyhow::{Context, Result, bail};
use clap::{Args as ClapArgs, Subcommand};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Look after the store: check it, back it up while the service runs.
///
/// Exit code 0: done; 1: something is damaged or was set aside.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave store check --store /var/lib/greenwave\n  greenwave store backup --store /var/lib/greenwave --out /mnt/backup/greenwave-monday.db\n  greenwave store campaign --kills 100"
)]
pub(super) struct StoreArgs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check structure and audit, and tell what was set aside as damaged. Changes nothing.
    Check,
    /// Copy the database to a file, checked before it gets its name. The service may be running.
    Backup {
        /// The file to make; it must not be there.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Kill a writer again and again at random moments, in folders of its own, and look for everything it was promised.
    Campaign {
        /// How often.
        #[arg(long, default_value_t = 1000)]
        kills: u32,
        /// Where chance begins.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// The writer of the campaign.
    #[command(hide = true)]
    Writer {
        /// The first number to write.
        #[arg(long)]
        first: u64,
    },
}

pub(super) fn run(args: &StoreArgs) -> Result<ExitCode> {
    let settings = args.place.settings();
    match &args.command {
        Command::Check => check(&settings),
        Command::Backup { out } => {
            let backup = back_up(&settings, out)?;
            let records = usize::try_from(backup.records).unwrap_or(usize::MAX);
            let (path, bytes) = (backup.path.display(), backup.bytes);
            say(&format!(
                "备份完成 backed up to {path}: {bytes} bytes, {} of audit, checked",
                count(records, "record")
            ));
            Ok(ExitCode::SUCCESS)
        }
        Command::Campaign { kills, seed } => campaign(*kills, *seed),
        Command::Writer { first } => {
            let say = |n: u64| {
                let mut out = std::io::stdout().lock();
                writeln!(out, "{n}").and_then(|()| out.flush()).is_ok()
            };
            write_until_killed(&settings, SystemClock::new().utc(), *first, say)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(settings: &Settings) -> Result<ExitCode> {
    let store = match Store::open(settings, Opener::Console, SystemClock::new().utc()) {
        Ok(store) => store,
        Err(error @ crate::store::StoreError::Damaged { .. }) => {
            say(&format!("已损坏 DAMAGED: {error}"));
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error.into()),
    };
    let health = store.health();
    let records = store.verify()?.records;
    let records = count(usize::try_from(records).unwrap_or(usize::MAX), "record");
    say(&format!("存储完好 store whole: {} bytes, {records} of audit", health.bytes));
    for name in &health.set_aside {
        say(&format!("  曾隔离 set aside earlier: {name}"));
    }
    Ok(if health.set_aside.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// SplitMix64 (Steele, Lea, Flood 2014): when to kill, reproducible by its seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

/// Kills on one folder before a new one is begun, so that checking the chain stays quick.
const A_FOLDER: u32 = 100;

fn campaign(kills: u32, seed: u64) -> Result<ExitCode> {
    let mut chance = Chance(seed);
    let (mut promised, mut lost, mut broken, mut aside) = (0_u64, 0_usize, 0_u32, 0_u32);
    let root = std::env::temp_dir().join(format!("greenwave-kills-{}", std::process::id()));
    let (mut acknowledged, mut first) = (BTreeSet::new(), 1);
    for kill in 0..kills {
        let folder = root.join((kill / A_FOLDER).to_string());
        if kill.is_multiple_of(A_FOLDER) {
            (acknowledged, first) = (BTreeSet::new(), 1);
        }
        let before = acknowledged.len();
        killed(&folder, first, &mut chance, &mut acknowledged)?;
        promised += (acknowledged.len() - before) as u64;
        let found = survived(&Settings::new(&folder), SystemClock::new().utc(), &acknowledged)
            .with_context(|| format!("after kill {}", kill + 1))?;
        lost += found.lost.len();
        broken += u32::from(!found.verifies);
        aside += u32::from(found.set_aside);
        first = found.last + 1;
    }
    let _ = std::fs::remove_dir_all(&root);
    say(&format!(
        "{kills} kills: {promised} records acknowledged, {lost} lost; chain broken {broken} times, set aside {aside} times"
    ));
    Ok(if lost == 0 && broken == 0 && aside == 0 && promised > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One writer, killed after a random number of acknowledgements and a random while, or in the midst of its start.
fn killed(folder: &Path, first: u64, chance: &mut Chance, acknowledged: &mut BTreeSet<u64>) -> Result<()> {
    let mut child: Child = Process::new(std::env::current_exe()?)
        .args(["store", "writer", "--first", &first.to_string(), "--store"])
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()?;
    let Some(out) = child.stdout.take() else { bail!("the writer has no output") };
    let (tell, told) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let numbers = BufReader::new(out).lines().map_while(Result::ok);
        // A number cut off by the kill was not told whole: only lines that ended count, and they parse.
        numbers.filter_map(|line| line.parse::<u64>().ok()).for_each(|n| tell.send(n).unwrap_or(()));
    });
    let wanted = chance.below(40);
    for _ in 0..wanted {
        // A writer that fails ends its output, and this with it.
        let Ok(n) = told.recv_timeout(Duration::from_secs(30)) else { break };
        acknowledged.insert(n);
    }
    // Anywhere between two acknowledgements; without any, anywhere in the start.
    let while_us = chance.below(if wanted == 0 { 60_000 } else { 6_000 });
    if let Ok(n) = told.recv_timeout(Duration::from_micros(while_us)) {
        acknowledged.insert(n);
    }
    child.kill()?;
    child.wait()?;
    if reader.join().is_err() {
        bail!("the reader of the writer's output died");
    }
    acknowledged.extend(told.try_iter());
    Ok(())
}
