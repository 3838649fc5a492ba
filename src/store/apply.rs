//! Writes, carried out within a transaction.

use super::chain::{Head, Key, link};
use super::database;
use super::row::{Document, Entry, Event, Field, Sample, Span, Write, checksum};
use crate::units::Moment;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// What a run of writes needs to remember from one to the next.
#[derive(Debug)]
pub(super) struct Applier {
    key: Key,
    /// Numbers of series; forgotten when a transaction is taken back.
    series: BTreeMap<(String, String), i64>,
    /// The audit's head within this transaction; read from the database at its first entry, since others may write too.
    head: Option<Head>,
}

/// The tenths since the epoch at which the span that a moment lies in begins.
pub(super) fn floor(at: Moment, span: Span, midnight: i64) -> Moment {
    let length = i64::from(span.length().count());
    let shift = if span == Span::Day { midnight } else { 0 };
    Moment::new((at.count() - shift).div_euclid(length) * length + shift)
}

/// Up to where samples of 5 minutes are rolled up, if that lies after `at`.
fn roll_again(db: &Connection, at: Moment) -> rusqlite::Result<()> {
    // Hours and days that have been rolled up without this sample are rolled up anew.
    for span in ["rolled_hours", "rolled_days"] {
        let until: Option<i64> = database::meta(db, span)?.and_then(|text| text.parse().ok());
        if until.is_some_and(|until| at.count() < until) {
            database::set_meta(db, span, &at.count().to_string())?;
        }
    }
    Ok(())
}

pub(super) fn sample_checksum(series: i64, s: &Sample) -> i64 {
    let numbers = [series, i64::from(s.span.length().count()), s.at.count(), i64::from(s.n)];
    let reals = [s.sum, s.least, s.most];
    let fields: Vec<Field<'_>> =
        numbers.into_iter().map(Field::Number).chain(reals.into_iter().map(Field::Real)).collect();
    checksum("samples", &fields)
}

pub(super) fn event_checksum(e: &Event) -> i64 {
    checksum(
        "events",
        &[Field::Text(&e.kind), Field::Number(e.at.count()), Field::Text(&e.place), Field::Text(&e.body)],
    )
}

pub(super) fn document_checksum(d: &Document) -> i64 {
    checksum(
        "documents",
        &[Field::Text(&d.kind), Field::Text(&d.key), Field::Number(d.at.count()), Field::Text(&d.body)],
    )
}

pub(super) fn series_checksum(id: i64, measure: &str, place: &str) -> i64 {
    checksum("series", &[Field::Number(id), Field::Text(measure), Field::Text(place)])
}

/// The last record of the audit, or the base.
pub(super) fn head(db: &Connection, key: &Key) -> rusqlite::Result<Head> {
    let last = db
        .query_row("SELECT seq, hash, at FROM audit ORDER BY seq DESC LIMIT 1", [], |row| {
            let hash: [u8; 32] = row.get(1)?;
            Ok(Head {
                seq: u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0),
                hash: super::chain::Hash(hash),
                at: Moment::new(row.get(2)?),
            })
        })
        .optional()?;
    match last {
        Some(head) => Ok(head),
        None => Ok(database::base(db, key)?.unwrap_or(Head::START)),
    }
}

impl Applier {
    pub(super) fn new(key: Key) -> Self {
        Applier { key, series: BTreeMap::new(), head: None }
    }

    /// A transaction was taken back.
    pub(super) fn forget(&mut self) {
        self.head = None;
        self.series.clear();
    }

    /// A transaction begins: others may have written to the audit since.
    pub(super) fn head_forgotten(&mut self) {
        self.head = None;
    }

    /// The head after this transaction's audit entries, if it had any.
    pub(super) fn commit(&mut self) -> Option<Head> {
        self.head.take()
    }

    pub(super) fn apply(&mut self, db: &Connection, write: &Write) -> rusqlite::Result<()> {
        match write {
            Write::Sample(sample) => {
                if sample.span == Span::FiveMinutes {
                    roll_again(db, sample.at)?;
                }
                self.sample(db, sample)
            }
            Write::Event(event) => event_row(db, event),
            Write::Put(document) => put(db, document),
            Write::Remove { kind, key } => {
                db.execute("DELETE FROM documents WHERE kind = ?1 AND key = ?2", [kind, key]).map(|_| ())
            }
            Write::Audit(entry) => self.audit(db, entry),
        }
    }

    pub(super) fn sample(&mut self, db: &Connection, sample: &Sample) -> rusqlite::Result<()> {
        let series = self.series(db, &sample.measure, &sample.place)?;
        // SQLite keeps no negative zero; the checksum must not know one either.
        let s = Sample { sum: sample.sum + 0.0, least: sample.least + 0.0, most: sample.most + 0.0, ..sample.clone() };
        db.prepare("INSERT OR REPLACE INTO samples(series, span, at, n, sum, least, most, crc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![
                series,
                s.span.length().count(),
                s.at.count(),
                s.n,
                s.sum,
                s.least,
                s.most,
                sample_checksum(series, &s)
            ])
            .map(|_| ())
    }

    fn series(&mut self, db: &Connection, measure: &str, place: &str) -> rusqlite::Result<i64> {
        let name = (measure.to_owned(), place.to_owned());
        if let Some(id) = self.series.get(&name) {
            return Ok(*id);
        }
        let known = db
            .query_row("SELECT id FROM series WHERE measure = ?1 AND place = ?2", [measure, place], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => {
                let id: i64 = db.query_row("SELECT coalesce(max(id), 0) + 1 FROM series", [], |row| row.get(0))?;
                let crc = series_checksum(id, measure, place);
                db.execute(
                    "INSERT INTO series(id, measure, place, crc) VALUES (?1, ?2, ?3, ?4)",
                    params![id, measure, place, crc],
                )?;
                id
            }
        };
        self.series.insert(name, id);
        Ok(id)
    }

    fn audit(&mut self, db: &Connection, entry: &Entry) -> rusqlite::Result<()> {
        let before = match self.head {
            Some(head) => head,
            None => head(db, &self.key)?,
        };
        let seq = before.seq + 1;
        let hash = link(&before.hash, seq, entry);
        let mac = self.key.sign("record", &[&hash.0]);
        let [who, role, from, action, subject, body, outcome] = entry.texts();
        db.prepare(
            "INSERT INTO audit(seq, at, who, role, origin, action, subject, body, outcome, hash, mac)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            seq.cast_signed(),
            entry.at.count(),
            who,
            role,
            from,
            action,
            subject,
            body,
            outcome,
            hash.0,
            mac.0
        ])?;
        self.head = Some(Head { seq, hash, at: entry.at });
        Ok(())
    }
}

fn event_row(db: &Connection, e: &Event) -> rusqlite::Result<()> {
    db.prepare("INSERT INTO events(kind, at, place, body, crc) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![e.kind, e.at.count(), e.place, e.body, event_checksum(e)])
        .map(|_| ())
}

pub(super) fn put(db: &Connection, d: &Document) -> rusqlite::Result<()> {
    db.prepare("INSERT OR REPLACE INTO documents(kind, key, at, body, crc) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![d.kind, d.key, d.at.count(), d.body, document_checksum(d)])
        .map(|_| ())
}
