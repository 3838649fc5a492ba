//! Housekeeping: samples rolled up to hours and days, what is old let go, and the size kept within its bound.
//!
//! A sample that comes after its hour was rolled up (it waited for a full disk) sets the mark back, and the hour is rolled up again.

use super::apply::{Applier, floor};
use super::database;
use super::read;
use super::row::{Sample, Span};
use super::settings::{DAY, Settings};
use crate::units::{Moment, Tenths};
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::BTreeMap;

/// Samples may come so late before their hour is rolled up twice.
const LATE: Tenths = Tenths::from_seconds(900);
/// Most that one call rolls up: a day of hours, a month of days.
const MOST_HOURS: Tenths = Tenths::from_seconds(86_400);
const MOST_DAYS: Tenths = Tenths::from_seconds(30 * 86_400);
/// Most events that one call lets go.
const MOST_EVENTS: u32 = 20_000;
/// Days of samples that one call lets go for want of room.
const MOST_TRIMS: u32 = 4;

/// One call's work; tells whether samples went because of the size.
pub(super) fn tidy(
    db: &mut Connection,
    applier: &mut Applier,
    settings: &Settings,
    now: Moment,
) -> rusqlite::Result<bool> {
    roll(db, applier, settings, now, Span::FiveMinutes, Span::Hour)?;
    roll(db, applier, settings, now, Span::Hour, Span::Day)?;
    let before = |days: u32| now.count() - i64::from(days) * i64::from(DAY.count());
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let keep = settings.keep;
    for (span, days) in [(Span::FiveMinutes, keep.fine_days), (Span::Hour, keep.hour_days), (Span::Day, keep.day_days)]
    {
        samples_before(&tx, span, before(days))?;
    }
    events_before(&tx, before(keep.event_days))?;
    tx.commit()?;
    let (used, _) = database::size(db)?;
    if used < settings.most_bytes / 100 * 85 {
        return Ok(false);
    }
    trim(db, settings)
}

fn samples_before(db: &Connection, span: Span, before: i64) -> rusqlite::Result<usize> {
    let (all, _) = read::series(db)?;
    let mut statement = db.prepare("DELETE FROM samples WHERE series = ?1 AND span = ?2 AND at < ?3")?;
    all.keys().try_fold(0, |gone, id| Ok(gone + statement.execute(params![id, span.length().count(), before])?))
}

fn events_before(db: &Connection, before: i64) -> rusqlite::Result<usize> {
    db.execute(
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < ?1 ORDER BY id LIMIT ?2)",
        params![before, MOST_EVENTS],
    )
}

/// Where the oldest sample of a span lies.
fn oldest(db: &Connection, span: Span) -> rusqlite::Result<Option<i64>> {
    let (all, _) = read::series(db)?;
    let mut statement = db.prepare("SELECT min(at) FROM samples WHERE series = ?1 AND span = ?2")?;
    let mut least = None;
    for id in all.keys() {
        let at: Option<i64> = statement.query_row(params![id, span.length().count()], |row| row.get(0))?;
        least = [least, at].into_iter().flatten().min();
    }
    Ok(least)
}

/// Lets the oldest day of samples go, then the oldest events, until there is room again; tells whether anything went.
pub(super) fn trim(db: &mut Connection, settings: &Settings) -> rusqlite::Result<bool> {
    let mut went = false;
    for _ in 0..MOST_TRIMS {
        let (used, _) = database::size(db)?;
        if used < settings.most_bytes / 100 * 80 {
            break;
        }
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let gone = match oldest(&tx, Span::FiveMinutes)? {
            Some(at) => samples_before(&tx, Span::FiveMinutes, at + i64::from(DAY.count()))?,
            None => tx.execute(
                "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?1)",
                [MOST_EVENTS],
            )?,
        };
        tx.commit()?;
        went |= gone > 0;
        if gone == 0 {
            break;
        }
    }
    Ok(went)
}

fn roll(
    db: &mut Connection,
    applier: &mut Applier,
    settings: &Settings,
    now: Moment,
    from: Span,
    to: Span,
) -> rusqlite::Result<()> {
    let (mark, most) = match to {
        Span::Day => ("rolled_days", MOST_DAYS),
        _ => ("rolled_hours", MOST_HOURS),
    };
    let midnight = settings.midnight.count();
    let marked = database::meta(db, mark)?.and_then(|text| text.parse().ok());
    let Some(begin) = marked.or(oldest(db, from)?) else { return Ok(()) };
    let begin = floor(Moment::new(begin), to, midnight);
    let ready = match to {
        // Days are made of hours, as far as those are made.
        Span::Day => database::meta(db, "rolled_hours")?.and_then(|text| text.parse().ok()).map_or(begin, Moment::new),
        _ => now - LATE,
    };
    let end = floor(ready, to, midnight).min(begin + most);
    if end <= begin {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (all, _) = read::series(&tx)?;
    for (id, name) in &all {
        for sample in gathered(&tx, *id, name, from, to, (begin, end), midnight)? {
            applier.sample(&tx, &sample)?;
        }
    }
    database::set_meta(&tx, mark, &end.count().to_string())?;
    tx.commit()
}

/// A series' samples of the shorter span gathered into the longer one; damaged rows are left out.
fn gathered(
    db: &Connection,
    id: i64,
    name: &(String, String),
    from: Span,
    to: Span,
    (begin, end): (Moment, Moment),
    midnight: i64,
) -> rusqlite::Result<Vec<Sample>> {
    let mut statement = db.prepare(
        "SELECT at, n, sum, least, most, crc FROM samples WHERE series = ?1 AND span = ?2 AND at >= ?3 AND at < ?4 ORDER BY at",
    )?;
    let mut rows = statement.query(params![id, from.length().count(), begin.count(), end.count()])?;
    let mut sums: BTreeMap<Moment, Sample> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let Some(sample) = read::sample(row, id, name, from)? else { continue };
        let at = floor(sample.at, to, midnight);
        match sums.get_mut(&at) {
            Some(sum) => sum.add(&sample),
            None => drop(sums.insert(at, Sample { at, span: to, ..sample })),
        }
    }
    Ok(sums.into_values().collect())
}
