//! Backups while the service runs: copied by SQLite page by page, then checked like the original before they get their name.

use super::anchor::Anchor;
use super::check::examine;
use super::database;
use super::file::sync_folder;
use super::key;
use super::settings::{Settings, StoreError};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// A backup that was made and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Audit records in it.
    pub records: u64,
}

/// Copies the database to a file that must not be there yet. The key and the anchor are not in it: keep them apart, or keep none.
pub fn back_up(settings: &Settings, out: &Path) -> Result<Backup, StoreError> {
    let path = settings.database();
    if !path.exists() {
        return Err(StoreError::Missing(path));
    }
    if out.exists() {
        let there = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "is there already");
        return Err(StoreError::File { path: out.to_owned(), error: there });
    }
    let key = key::read(&settings.key)?;
    let anchor = Anchor::read(&settings.anchor, &key)?;
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = out.with_file_name(name);
    if new.exists() {
        std::fs::remove_file(&new).map_err(StoreError::file(&new))?;
    }
    let copy = || -> rusqlite::Result<(Option<String>, super::check::Verdict)> {
        let from = database::open_to_read(&path)?;
        let mut to = Connection::open(&new)?;
        rusqlite::backup::Backup::new(&from, &mut to)?.step(-1)?;
        // A file that is whole by itself, without a journal beside it.
        let _: String = to.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        Ok((database::quick_check(&to)?, examine(&to, &key, anchor)?))
    };
    let (structure, verdict) = copy().map_err(StoreError::database(&new))?;
    if let Some(why) = structure.or_else(|| (!verdict.is_good()).then(|| verdict.words())) {
        return Err(StoreError::BadBackup { path: new, why });
    }
    let file = std::fs::File::open(&new).map_err(StoreError::file(&new))?;
    file.sync_all().map_err(StoreError::file(&new))?;
    let bytes = file.metadata().map_err(StoreError::file(&new))?.len();
    std::fs::rename(&new, out).map_err(StoreError::file(out))?;
    sync_folder(out)?;
    Ok(Backup { path: out.to_owned(), bytes, records: verdict.records })
}
