//! `greenwave audit`.

use super::args::Format;
use super::{count, say};
use crate::store::{Settings, verify_file};
use anyhow::Result;
use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Where a store lies.
#[derive(Debug, ClapArgs)]
pub(super) struct Place {
    /// The folder of the store.
    #[arg(long = "store", value_name = "FOLDER", default_value = "greenwave-store", global = true)]
    folder: PathBuf,
    /// The audit's anchor (default: FOLDER/audit.anchor).
    #[arg(long, value_name = "FILE", global = true)]
    anchor: Option<PathBuf>,
    /// The key that signs it (default: FOLDER/audit.key).
    #[arg(long, value_name = "FILE", global = true)]
    key: Option<PathBuf>,
}

impl Place {
    pub(super) fn settings(&self) -> Settings {
        let usual = Settings::new(&self.folder);
        Settings {
            anchor: self.anchor.clone().unwrap_or(usual.anchor),
            key: self.key.clone().unwrap_or(usual.key),
            ..Settings::new(&self.folder)
        }
    }
}

/// Check that the record of who did what is whole: nothing edited, deleted, reordered or cut off.
///
/// Each entry's hash takes in the entry before it, and the last one's stands, signed, in a second file, the anchor. The service
/// may be running. A backup is checked by naming it with --database.
///
/// Exit code 0: whole; 1: not, and where.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave audit verify --store /var/lib/greenwave\n  greenwave audit verify --store /var/lib/greenwave --anchor /mnt/other-disk/audit.anchor --format json\n  greenwave audit verify --store /var/lib/greenwave --database backup.db"
)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check every record of the chain against the anchor.
    Verify {
        /// A database elsewhere, such as a backup (default: the store's).
        #[arg(long, value_name = "FILE")]
        database: Option<PathBuf>,
        /// How it is told.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

pub(super) fn run(args: &Audit) -> Result<ExitCode> {
    let Command::Verify { database, format } = &args.command;
    let settings = args.place.settings();
    let database = database.clone().unwrap_or_else(|| settings.database());
    let verdict = verify_file(&database, &settings.anchor, &settings.key)?;
    match format {
        Format::Json => say(&serde_json::to_string_pretty(&json!({
            "schema": "greenwave-audit/1",
            "whole": verdict.is_good(),
            "records": verdict.records,
            "last": verdict.head.seq,
            "hash": verdict.head.hash.to_string(),
            "anchored": verdict.anchored.map(|head| head.seq),
            "findings": verdict.findings.iter().map(|f| json!({ "record": f.record(), "text": f.to_string() })).collect::<Vec<_>>(),
        }))?),
        Format::Text => {
            let records = usize::try_from(verdict.records).unwrap_or(usize::MAX);
            let anchored = verdict.anchored.map_or("no anchor".to_owned(), |head| format!("anchored at {}", head.seq));
            let last = format!(
                "{}, the last {} ({}), {anchored}",
                count(records, "record"),
                verdict.head.seq,
                verdict.head.hash
            );
            say(&match verdict.is_good() {
                true => format!("审计完整 audit whole: {last}"),
                false => format!("审计不完整 AUDIT NOT WHOLE: {last}"),
            });
            verdict.findings.iter().for_each(|finding| say(&format!("  {finding}")));
        }
    }
    Ok(if verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
