//! How the store is: what others raise alarms from.

use super::settings::StoreError;
use serde::Serialize;
use std::fmt;

/// What keeps the store from writing. Rows wait in memory meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// No space is left, on the disk or within the database's largest size.
    Full,
    /// The disk does not do what it is told, or somebody took the permission away.
    Disk,
    /// Somebody else holds the database.
    Busy,
    /// The database is damaged; a restart sets it aside.
    Damaged,
    /// The audit's anchor cannot be written.
    Anchor,
}

impl Trouble {
    /// What a failed statement means; `None` where only this row was wrong.
    pub(super) fn of(error: &rusqlite::Error) -> Option<Trouble> {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code()? {
            Code::DiskFull => Some(Trouble::Full),
            Code::DatabaseBusy | Code::DatabaseLocked => Some(Trouble::Busy),
            Code::DatabaseCorrupt | Code::NotADatabase => Some(Trouble::Damaged),
            Code::SystemIoFailure
            | Code::CannotOpen
            | Code::ReadOnly
            | Code::PermissionDenied
            | Code::FileLockingProtocolFailed
            | Code::OutOfMemory => Some(Trouble::Disk),
            _ => None,
        }
    }
}

impl Trouble {
    /// What keeps a store from being opened that may mend itself; `None` where it will not.
    pub(super) fn at_start(error: &StoreError) -> Option<Trouble> {
        use std::io::ErrorKind as Kind;
        match error {
            StoreError::Database { error, .. } => Trouble::of(error).filter(|trouble| *trouble != Trouble::Damaged),
            StoreError::File { error, .. } => match error.kind() {
                Kind::StorageFull | Kind::QuotaExceeded => Some(Trouble::Full),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Trouble::Full => "no space is left",
            Trouble::Disk => "the disk fails",
            Trouble::Busy => "somebody else holds the database",
            Trouble::Damaged => "the database is damaged",
            Trouble::Anchor => "the audit's anchor cannot be written",
        })
    }
}

/// How the store is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// What keeps it from writing now.
    pub trouble: Option<Trouble>,
    /// The same in the words of whoever said so.
    pub words: String,
    /// Writes that wait in memory.
    pub waiting: usize,
    /// Rows that found the queue full and are lost. Acknowledged rows never are.
    pub lost: u64,
    /// Rows that could not be written whatever the disk does.
    pub refused: u64,
    /// Rows left out on reading because their checksum was wrong.
    pub damaged: u64,
    /// The database's size, bytes.
    pub bytes: u64,
    /// The size bound made history shorter than asked for.
    pub trimmed: bool,
    /// What was set aside as damaged, now and before.
    pub set_aside: Vec<String>,
    /// Transactions committed since the start.
    pub commits: u64,
}

impl Health {
    /// Whether writes go through now.
    pub fn is_writable(&self) -> bool {
        self.trouble.is_none()
    }
}
