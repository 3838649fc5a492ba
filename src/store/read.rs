//! Reading: a connection of its own; rows whose checksum is wrong are left out and counted.

use super::apply::{document_checksum, event_checksum, sample_checksum, series_checksum};
use super::chain::Hash;
use super::database;
use super::row::{Document, Entry, Event, Sample, Span};
use super::settings::StoreError;
use crate::units::Moment;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) const AUDIT_COLUMNS: &str = "seq, at, who, role, origin, action, subject, body, outcome, hash, mac";

/// An audit entry as it stands in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number.
    pub seq: u64,
    /// What was done.
    pub entry: Entry,
    /// Its hash.
    pub hash: Hash,
}

/// An event with the number it was stored under; numbers grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The number.
    pub id: i64,
    /// What happened.
    pub event: Event,
}

/// Reads the store.
#[derive(Debug)]
pub struct Reader {
    db: Connection,
    path: PathBuf,
    damaged: Arc<AtomicU64>,
}

pub(super) fn audit_row(row: &Row<'_>) -> rusqlite::Result<(AuditRecord, [u8; 32])> {
    let entry = Entry {
        at: Moment::new(row.get(1)?),
        who: row.get(2)?,
        role: row.get(3)?,
        from: row.get(4)?,
        action: row.get(5)?,
        subject: row.get(6)?,
        body: row.get(7)?,
        outcome: row.get(8)?,
    };
    let seq = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
    Ok((AuditRecord { seq, entry, hash: Hash(row.get(9)?) }, row.get(10)?))
}

fn document(row: &Row<'_>) -> rusqlite::Result<Option<Document>> {
    let document = Document { kind: row.get(0)?, key: row.get(1)?, at: Moment::new(row.get(2)?), body: row.get(3)? };
    Ok((row.get::<_, i64>(4)? == document_checksum(&document)).then_some(document))
}

/// All documents of a file in an order, `None` for those whose checksum is wrong.
pub(super) fn documents_of(
    db: &Connection,
    order: &str,
    mut each: impl FnMut(Option<Document>),
) -> rusqlite::Result<()> {
    let mut statement =
        db.prepare(&format!("SELECT kind, key, at, body, crc FROM documents ORDER BY kind {order}, key {order}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(document(row).ok().flatten());
    }
    Ok(())
}

fn event(row: &Row<'_>) -> rusqlite::Result<Option<StoredEvent>> {
    let event = Event { kind: row.get(1)?, at: Moment::new(row.get(2)?), place: row.get(3)?, body: row.get(4)? };
    Ok((row.get::<_, i64>(5)? == event_checksum(&event)).then_some(StoredEvent { id: row.get(0)?, event }))
}

/// A row of `samples`, of a series known by its number.
pub(super) fn sample(
    row: &Row<'_>,
    series: i64,
    name: &(String, String),
    span: Span,
) -> rusqlite::Result<Option<Sample>> {
    let sample = Sample {
        measure: name.0.clone(),
        place: name.1.clone(),
        at: Moment::new(row.get(0)?),
        span,
        n: row.get(1)?,
        sum: row.get(2)?,
        least: row.get(3)?,
        most: row.get(4)?,
    };
    Ok((row.get::<_, i64>(5)? == sample_checksum(series, &sample)).then_some(sample))
}

/// Measure and place of each series, by its number.
pub(super) type Names = BTreeMap<i64, (String, String)>;

/// Every series by its number; those whose name is damaged are left out, with a count.
pub(super) fn series(db: &Connection) -> rusqlite::Result<(Names, u64)> {
    let mut statement = db.prepare("SELECT id, measure, place, crc FROM series")?;
    let mut rows = statement.query([])?;
    let (mut all, mut damaged) = (BTreeMap::new(), 0);
    while let Some(row) = rows.next()? {
        let (id, measure, place): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if row.get::<_, i64>(3)? == series_checksum(id, &measure, &place) {
            all.insert(id, (measure, place));
        } else {
            damaged += 1;
        }
    }
    Ok((all, damaged))
}

impl Reader {
    pub(super) fn open(path: &Path, damaged: Arc<AtomicU64>) -> Result<Self, StoreError> {
        let db = database::open_to_read(path).map_err(StoreError::database(path))?;
        Ok(Reader { db, path: path.to_owned(), damaged })
    }

    fn told<T>(&self, done: rusqlite::Result<T>) -> Result<T, StoreError> {
        done.map_err(StoreError::database(&self.path))
    }

    fn whole<T>(&self, rows: Vec<Option<T>>) -> Vec<T> {
        let all = rows.len();
        let good: Vec<T> = rows.into_iter().flatten().collect();
        self.damaged.fetch_add((all - good.len()) as u64, Ordering::Relaxed);
        good
    }

    /// Samples of a measure in `from..until`, of the places that are `place` or begin with `place/` (all, when it is empty), by place
    /// and time; at most `limit`.
    pub fn samples(
        &self,
        measure: &str,
        place: &str,
        span: Span,
        from: Moment,
        until: Moment,
        limit: usize,
    ) -> Result<Vec<Sample>, StoreError> {
        self.told((|| {
            let (all, damaged) = series(&self.db)?;
            self.damaged.fetch_add(damaged, Ordering::Relaxed);
            let below = format!("{place}/");
            let mut wanted: Vec<(i64, (String, String))> = all
                .into_iter()
                .filter(|(_, (m, p))| m == measure && (place.is_empty() || p == place || p.starts_with(&below)))
                .collect();
            wanted.sort_by(|a, b| a.1.cmp(&b.1));
            let mut statement = self.db.prepare(
                "SELECT at, n, sum, least, most, crc FROM samples
                 WHERE series = ?1 AND span = ?2 AND at >= ?3 AND at < ?4 ORDER BY at LIMIT ?5",
            )?;
            let mut found = Vec::new();
            for (id, name) in wanted {
                let left = i64::try_from(limit.saturating_sub(found.len())).unwrap_or(i64::MAX);
                let range = params![id, span.length().count(), from.count(), until.count(), left];
                let mut rows = statement.query(range)?;
                while let Some(row) = rows.next()? {
                    found.push(sample(row, id, &name, span)?);
                }
            }
            Ok(self.whole(found))
        })())
    }

    /// Measures and places that have samples.
    pub fn series(&self) -> Result<Vec<(String, String)>, StoreError> {
        let (all, damaged) = self.told(series(&self.db))?;
        self.damaged.fetch_add(damaged, Ordering::Relaxed);
        let mut names: Vec<(String, String)> = all.into_values().collect();
        names.sort();
        Ok(names)
    }

    /// Events of a kind in `from..until`, the newest first; at most `limit`.
    pub fn events(
        &self,
        kind: &str,
        from: Moment,
        until: Moment,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.told((|| {
            let mut statement = self.db.prepare(
                "SELECT id, kind, at, place, body, crc FROM events WHERE kind = ?1 AND at >= ?2 AND at < ?3
                 ORDER BY at DESC, id DESC LIMIT ?4",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = statement.query(params![kind, from.count(), until.count(), limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(event(row)?);
            }
            Ok(self.whole(found))
        })())
    }

    /// All documents of a kind, by key.
    pub fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError> {
        self.told((|| {
            let mut statement =
                self.db.prepare("SELECT kind, key, at, body, crc FROM documents WHERE kind = ?1 ORDER BY key")?;
            let mut rows = statement.query([kind])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(document(row)?);
            }
            Ok(self.whole(found))
        })())
    }

    /// One document.
    pub fn document(&self, kind: &str, key: &str) -> Result<Option<Document>, StoreError> {
        Ok(self.documents(kind)?.into_iter().find(|d| d.key == key))
    }

    /// Audit entries before a number (all, when `None`), the newest first; at most `limit`. They are shown as they stand; whether
    /// they are what was written is [`super::verify`]'s to say.
    pub fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        self.told((|| {
            let before = before.and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX);
            let mut statement = self
                .db
                .prepare(&format!("SELECT {AUDIT_COLUMNS} FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2"))?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![before, limit], |row| audit_row(row).map(|(record, _)| record))?;
            rows.collect()
        })())
    }
}
