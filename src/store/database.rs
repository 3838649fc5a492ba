//! The database file: how it is opened, its tables, and how an older file becomes a newer one.
//!
//! Views with the names of what is kept (`counts`, `decisions`, `alarms` ..) are for engineers with `sqlite3`; the program reads tables.

use super::chain::{Hash, Head, Key};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction};
use std::path::Path;
use std::time::Duration;

/// How long a statement waits for somebody else's transaction.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of a page.
const PAGE: u64 = 4096;

/// What makes a schema of version n - 1 one of version n.
const STEPS: &[&str] = &["
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE series(id INTEGER PRIMARY KEY, measure TEXT NOT NULL, place TEXT NOT NULL, crc INTEGER NOT NULL,
    UNIQUE(measure, place)) STRICT;
-- span and at in tenths of a second; the mean is sum / n
CREATE TABLE samples(series INTEGER NOT NULL, span INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, sum REAL NOT NULL,
    least REAL NOT NULL, most REAL NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY(series, span, at)) STRICT, WITHOUT ROWID;
CREATE TABLE events(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, place TEXT NOT NULL, body TEXT NOT NULL,
    crc INTEGER NOT NULL) STRICT;
CREATE INDEX events_by_kind ON events(kind, at);
CREATE TABLE documents(kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY(kind, key)) STRICT, WITHOUT ROWID;
CREATE TABLE audit(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL, origin TEXT NOT NULL,
    action TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, outcome TEXT NOT NULL, hash BLOB NOT NULL, mac BLOB NOT NULL) STRICT;
CREATE VIEW measures AS SELECT measure, place, datetime(at / 10, 'unixepoch') AS utc, span / 10 AS span_s, n, sum / n AS mean, least, most
    FROM samples JOIN series ON series.id = samples.series;
CREATE VIEW counts AS SELECT place AS lane_group, utc, span_s, n * mean AS vehicles FROM measures WHERE measure = 'vehicles';
CREATE VIEW decisions AS SELECT datetime(at / 10, 'unixepoch') AS utc, place, body FROM events WHERE kind = 'decision';
CREATE VIEW plans AS SELECT datetime(at / 10, 'unixepoch') AS utc, place, body FROM events WHERE kind = 'plan';
CREATE VIEW handover AS SELECT datetime(at / 10, 'unixepoch') AS utc, body FROM events WHERE kind = 'handover';
CREATE VIEW alarms AS SELECT key AS id, datetime(at / 10, 'unixepoch') AS utc, body FROM documents WHERE kind = 'alarm';
CREATE VIEW accounts AS SELECT key AS name, datetime(at / 10, 'unixepoch') AS changed_utc, json_extract(body, '$.role') AS role
    FROM documents WHERE kind = 'account';
"];

/// The schema this program writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Opens a file to write, with everything flushed at each commit.
pub(super) fn open(path: &Path, most_bytes: u64) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    prepare(&db)?;
    let wal: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    debug_assert_eq!(wal, "wal");
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;")?;
    let _: i64 =
        db.query_row(&format!("PRAGMA max_page_count = {}", (most_bytes / PAGE).max(64)), [], |row| row.get(0))?;
    Ok(db)
}

/// Opens a file that is there to read.
pub(super) fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&db)?;
    Ok(db)
}

fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(PATIENCE)?;
    db.execute_batch("PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;")
}

/// The schema's version: 0 of an empty file.
pub(super) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Makes the tables of this version out of those of any earlier one.
pub(super) fn migrate(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let from = usize::try_from(version(tx)?).unwrap_or(0);
    for step in STEPS.iter().skip(from) {
        tx.execute_batch(step)?;
    }
    set_meta(tx, "schema", &VERSION.to_string())?;
    tx.execute_batch(&format!("PRAGMA user_version = {VERSION}"))
}

pub(super) fn meta(db: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()
}

pub(super) fn set_meta(db: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    db.execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?1, ?2)", [key, value]).map(|_| ())
}

fn base_code(seq: u64, hash: &Hash) -> [Vec<u8>; 2] {
    [seq.to_be_bytes().to_vec(), hash.0.to_vec()]
}

/// Where the chain of this file begins: after nothing, or after the head of a chain that was set aside.
pub(super) fn base(db: &Connection, key: &Key) -> rusqlite::Result<Option<Head>> {
    let Some(text) = meta(db, "base")? else { return Ok(None) };
    let words: Vec<&str> = text.split(' ').collect();
    let [seq, hash, code] = words[..] else { return Ok(None) };
    let parsed = seq.parse().ok().zip(Hash::parse(hash)).zip(Hash::parse(code));
    Ok(parsed.and_then(|((seq, hash), code)| {
        let [a, b] = base_code(seq, &hash);
        key.vouches("base", &[&a, &b], &code.0).then_some(Head { seq, hash, ..Head::START })
    }))
}

pub(super) fn set_base(db: &Connection, key: &Key, head: &Head) -> rusqlite::Result<()> {
    let [a, b] = base_code(head.seq, &head.hash);
    let code = key.sign("base", &[&a, &b]);
    set_meta(db, "base", &format!("{} {} {code}", head.seq, head.hash))
}

/// Bytes in use, and bytes of the file.
pub(super) fn size(db: &Connection) -> rusqlite::Result<(u64, u64)> {
    let number = |what: &str| db.query_row(&format!("PRAGMA {what}"), [], |row| row.get::<_, i64>(0));
    let (pages, free, page) = (number("page_count")?, number("freelist_count")?, number("page_size")?);
    let bytes = |pages: i64| u64::try_from(pages * page).unwrap_or(0);
    Ok((bytes(pages - free), bytes(pages)))
}

/// SQLite's own check of the file's structure: what is wrong, `None` when nothing is.
pub(super) fn quick_check(db: &Connection) -> rusqlite::Result<Option<String>> {
    let mut statement = db.prepare("PRAGMA quick_check(5)")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(row.get::<_, String>(0)?);
    }
    Ok((found != ["ok"]).then(|| found.join("; ")))
}
