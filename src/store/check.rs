//! Whether the audit is what was written: every record, in order, to the anchored head.

use super::anchor::Anchor;
use super::chain::{Head, Key, link};
use super::database;
use super::key;
use super::read::{AUDIT_COLUMNS, audit_row};
use super::settings::{Settings, StoreError};
use rusqlite::Connection;
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// Findings told; a chain that is wrong throughout is wrong.
const MOST: usize = 100;

/// What is wrong with the audit, at which record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "finding")]
pub enum Finding {
    /// Records are gone from the middle.
    Missing {
        /// The first that is gone.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A record does not say what it said when it was chained.
    Edited {
        /// Which.
        seq: u64,
    },
    /// A record was chained by somebody without the key.
    Forged {
        /// Which.
        seq: u64,
    },
    /// The end is gone: the anchor knows later records.
    Truncated {
        /// The first that is gone.
        from: u64,
        /// The anchored one.
        to: u64,
    },
    /// The record the anchor names has another hash there.
    AnchorDiffers {
        /// Which.
        seq: u64,
    },
    /// There is no anchor.
    AnchorMissing,
    /// The anchor does not read, or is not signed by this key.
    AnchorBad,
    /// What says where the chain begins is gone or not signed by this key.
    BaseBad,
}

impl Finding {
    /// The record it is about; `None` for the anchor itself.
    pub fn record(&self) -> Option<u64> {
        match self {
            Finding::Missing { from, .. } | Finding::Truncated { from, .. } => Some(*from),
            Finding::Edited { seq } | Finding::Forged { seq } | Finding::AnchorDiffers { seq } => Some(*seq),
            Finding::AnchorMissing | Finding::AnchorBad | Finding::BaseBad => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = |f: &mut fmt::Formatter<'_>, from: &u64, to: &u64, what: &str| match from == to {
            true => write!(f, "record {from} {what}"),
            false => write!(f, "records {from} to {to} {what}"),
        };
        match self {
            Finding::Missing { from, to } => range(f, from, to, "missing"),
            Finding::Edited { seq } => write!(f, "record {seq} changed"),
            Finding::Forged { seq } => write!(f, "record {seq} not chained by this key"),
            Finding::Truncated { from, to } => range(f, from, to, "cut off the end"),
            Finding::AnchorDiffers { seq } => write!(f, "record {seq} is not the anchored one"),
            Finding::AnchorMissing => f.write_str("the anchor is missing"),
            Finding::AnchorBad => f.write_str("the anchor does not read or has another key's signature"),
            Finding::BaseBad => f.write_str("where the chain begins does not read or has another key's signature"),
        }
    }
}

/// What a check of the audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Records in the chain.
    pub records: u64,
    /// The last of them, or where the chain begins.
    pub head: Head,
    /// The anchored head.
    pub anchored: Option<Head>,
    /// What is wrong, in the order of the records; a hundred at most.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings in a line.
    pub fn words(&self) -> String {
        self.findings.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}

/// Checks the chain of an open database.
pub(super) fn examine(db: &Connection, key: &Key, anchor: Anchor) -> rusqlite::Result<Verdict> {
    let mut findings = Vec::new();
    let base = database::base(db, key)?;
    let mut head = base.unwrap_or(Head::START);
    if base.is_none() {
        findings.push(Finding::BaseBad);
    }
    let anchored = anchor.head();
    let mut at_anchor = anchored.filter(|a| a.seq == head.seq).map(|_| head.hash);
    let mut records = 0;
    let mut statement = db.prepare(&format!("SELECT {AUDIT_COLUMNS} FROM audit ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let seq = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
        records += 1;
        let record = audit_row(row).ok();
        let follows = seq == head.seq + 1;
        if !follows && seq > head.seq {
            findings.push(Finding::Missing { from: head.seq + 1, to: seq - 1 });
        }
        // After a gap the record before it is not known; that the hash is ours is.
        let earlier = seq <= head.seq;
        let linked =
            !earlier && record.as_ref().is_some_and(|(r, _)| !follows || link(&head.hash, seq, &r.entry) == r.hash);
        let vouched = record.as_ref().is_some_and(|(r, mac)| key.vouches("record", &[&r.hash.0], mac));
        if !linked {
            findings.push(Finding::Edited { seq });
        } else if !vouched {
            findings.push(Finding::Forged { seq });
        }
        let hash = record.as_ref().map_or(super::chain::Hash::NONE, |(r, _)| r.hash);
        if anchored.is_some_and(|a| a.seq == seq) {
            at_anchor = Some(hash);
        }
        head = Head { seq, hash, at: record.map_or(head.at, |(r, _)| r.entry.at) };
        if findings.len() >= MOST {
            break;
        }
    }
    match (anchor, anchored) {
        (Anchor::Missing, _) => findings.push(Finding::AnchorMissing),
        (_, None) => findings.push(Finding::AnchorBad),
        (_, Some(a)) if a.seq > head.seq && findings.len() < MOST => {
            findings.push(Finding::Truncated { from: head.seq + 1, to: a.seq });
        }
        // Before the base nothing is left to compare: what was set aside then is in its own table or file.
        (_, Some(a)) if at_anchor.is_some_and(|hash| hash != a.hash) => {
            let seq = a.seq;
            if !findings.iter().any(|f| f.record() == Some(seq)) {
                findings.push(Finding::AnchorDiffers { seq });
            }
        }
        _ => {}
    }
    Ok(Verdict { records, head, anchored, findings })
}

/// Checks a store's audit against its anchor; the service may be running.
pub fn verify(settings: &Settings) -> Result<Verdict, StoreError> {
    verify_file(&settings.database(), &settings.anchor, &settings.key)
}

/// Checks the audit of a database file, a backup for one, against an anchor.
pub fn verify_file(database: &Path, anchor: &Path, key: &Path) -> Result<Verdict, StoreError> {
    if !database.exists() {
        return Err(StoreError::Missing(database.to_owned()));
    }
    let key = key::read(key)?;
    // Read first: entries written meanwhile are then later than it, never missing before it.
    let anchor = Anchor::read(anchor, &key)?;
    let db = database::open_to_read(database).map_err(StoreError::database(database))?;
    examine(&db, &key, anchor).map_err(StoreError::database(database))
}
