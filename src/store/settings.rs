//! Where the store lies, how long it keeps what, and why it could not be opened.

use crate::units::{Shift, Tenths};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// How long what is kept, in days. The audit is kept for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Samples of 5 minutes.
    pub fine_days: u32,
    /// Samples of an hour.
    pub hour_days: u32,
    /// Samples of a day.
    pub day_days: u32,
    /// Events: decisions, plans, notes.
    pub event_days: u32,
}

impl Default for Keep {
    /// Six months at least of everything.
    fn default() -> Self {
        Keep { fine_days: 190, hour_days: 800, day_days: 3660, event_days: 400 }
    }
}

/// Where the store lies and how large it may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder of the database.
    pub folder: PathBuf,
    /// The audit's anchor; a second disk or machine is better than the default, `FOLDER/audit.anchor`.
    pub anchor: PathBuf,
    /// The key that signs the anchor, mode 0600; made when it is not there. Default `FOLDER/audit.key`.
    pub key: PathBuf,
    /// How long what is kept.
    pub keep: Keep,
    /// The database's largest size, bytes. From 85 % of it on the oldest samples go, with a sign in the health.
    pub most_bytes: u64,
    /// Most writes that wait in memory.
    pub most_waiting: usize,
    /// How much later than at UTC midnight a day of the roll-ups begins: -8 h for Beijing.
    pub midnight: Shift,
}

impl Settings {
    /// A store in a folder, everything else as usual.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Settings {
            anchor: folder.join("audit.anchor"),
            key: folder.join("audit.key"),
            keep: Keep::default(),
            most_bytes: 4 << 30,
            most_waiting: 20_000,
            midnight: Shift::new(0),
            folder,
        }
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.folder.join("greenwave.db")
    }

    /// The file a service locks, so that two do not share a store.
    pub(super) fn lock(&self) -> PathBuf {
        self.folder.join("service.lock")
    }
}

/// A day.
pub(super) const DAY: Tenths = Tenths::from_seconds(86_400);

/// Why the store did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// SQLite said no.
    #[error("{}: {error}", path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        error: rusqlite::Error,
    },
    /// Another service uses the folder.
    #[error("{} is used by another service that runs", .0.display())]
    Taken(PathBuf),
    /// The file was written by a later version.
    #[error("{} was written by a later version of greenwave (schema {found}, known {known}); start that version", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The database or its audit is damaged, and only a service sets damage aside.
    #[error("{} is damaged: {why}. Starting the service sets it aside and goes on", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// There is no database.
    #[error("{} is not there", .0.display())]
    Missing(PathBuf),
    /// A backup that does not verify.
    #[error("the backup {} does not verify: {why}", path.display())]
    BadBackup {
        /// Which file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
}

impl StoreError {
    pub(super) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |error| StoreError::File { path: path.to_owned(), error }
    }

    pub(super) fn database(path: &Path) -> impl FnOnce(rusqlite::Error) -> Self + '_ {
        move |error| StoreError::Database { path: path.to_owned(), error }
    }
}
