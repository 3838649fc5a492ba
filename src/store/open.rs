//! Opening: check, set damage aside, go on.
//!
//! ```text
//!  no file, anchor says nothing or 0 ------------------------------> new file
//!  no file, anchor says more ------------------> new file after the anchored head, "store-missing" is its first entry
//!  file, structure wrong --> renamed, documents saved --> new file after the anchored head, "store-set-aside"
//!  file, chain wrong ----> audit table renamed --> new table after the later of anchor and table, "audit-set-aside"
//!  file, all well ------------------------------------------------> go on
//! ```

use super::anchor::{Anchor, Anchorer};
use super::apply::{Applier, head, put};
use super::chain::Head;
use super::check::{Verdict, examine};
use super::database;
use super::file;
use super::health::{Health, Trouble};
use super::key;
use super::read::documents_of;
use super::row::{Document, Entry, Write};
use super::settings::{Settings, StoreError};
use crate::units::Moment;
use rusqlite::{Connection, TransactionBehavior};
use std::fs::File;
use std::path::Path;

/// Who opens the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// The service: one at a time, and it alone sets damage aside.
    Service,
    /// Somebody at the local console, perhaps while the service runs.
    Console,
}

/// An open store.
pub(super) struct Opened {
    pub(super) db: Connection,
    pub(super) anchorer: Anchorer,
    pub(super) health: Health,
    /// Held for as long as the service runs.
    pub(super) lock: Option<File>,
}

/// What a file that is there turned out to be.
enum Found {
    Good(Connection),
    Structure(String),
    Chain(Connection, Box<Verdict>),
}

pub(super) fn open(settings: &Settings, opener: Opener, now: Moment) -> Result<Opened, StoreError> {
    std::fs::create_dir_all(&settings.folder).map_err(StoreError::file(&settings.folder))?;
    let lock = match opener {
        Opener::Service => Some(take(settings)?),
        Opener::Console => None,
    };
    let path = settings.database();
    if opener == Opener::Console && !path.exists() {
        return Err(StoreError::Missing(path));
    }
    let anchorer = Anchorer::new(settings, key::read_or_make(&settings.key)?);
    let anchor = anchorer.read()?;
    if !path.exists() {
        let db = after_nothing(settings, &anchorer, anchor, now)?;
        return Ok(opened(settings, db, anchorer, lock));
    }
    let damaged = |why: String| StoreError::Damaged { path: path.clone(), why };
    let db = match (look(settings, &anchorer, anchor)?, opener) {
        (Found::Good(db), _) => db,
        (Found::Structure(why), Opener::Console) => return Err(damaged(why)),
        (Found::Chain(_, verdict), Opener::Console) => return Err(damaged(verdict.words())),
        (Found::Structure(why), Opener::Service) => file_aside(settings, &anchorer, anchor, &why, now)?,
        (Found::Chain(mut db, verdict), Opener::Service) => {
            audit_aside(&mut db, &anchorer, anchor, &verdict, now).map_err(StoreError::database(&path))?;
            db
        }
    };
    Ok(opened(settings, db, anchorer, lock))
}

fn take(settings: &Settings) -> Result<File, StoreError> {
    let path = settings.lock();
    let file = File::options().create(true).append(true).open(&path).map_err(StoreError::file(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Taken(settings.folder.clone())),
        Err(std::fs::TryLockError::Error(error)) => Err(StoreError::File { path, error }),
    }
}

fn opened(settings: &Settings, db: Connection, anchorer: Anchorer, lock: Option<File>) -> Opened {
    let mut set_aside = file::set_aside_before(&settings.database());
    set_aside.extend(audits_aside(&db).unwrap_or_default());
    let bytes = database::size(&db).map_or(0, |(_, file)| file);
    Opened { db, anchorer, health: Health { set_aside, bytes, ..Health::default() }, lock }
}

/// Opens a file that is there, and looks whether it is what it was.
fn look(settings: &Settings, anchorer: &Anchorer, anchor: Anchor) -> Result<Found, StoreError> {
    let path = settings.database();
    let looked = (|| -> rusqlite::Result<(Connection, Result<Option<Verdict>, String>, i64)> {
        let mut db = database::open(&path, settings.most_bytes)?;
        let (judged, version) = judge(&mut db, anchorer, anchor)?;
        Ok((db, judged, version))
    })();
    match looked {
        Ok((_, Ok(_), found)) if found > database::VERSION => {
            Err(StoreError::Newer { path, found, known: database::VERSION })
        }
        Ok((db, Ok(None), _)) => Ok(Found::Good(db)),
        Ok((db, Ok(Some(verdict)), _)) => Ok(Found::Chain(db, Box::new(verdict))),
        Ok((_, Err(why), _)) => Ok(Found::Structure(why)),
        // A full, failing or busy disk is no damage: nobody renames a good file for that.
        Err(error) => match Trouble::of(&error) {
            Some(Trouble::Full | Trouble::Busy | Trouble::Disk) => Err(StoreError::Database { path, error }),
            _ => Ok(Found::Structure(error.to_string())),
        },
    }
}

/// What is wrong with the structure (`Err`) or the chain (`Some`), and the schema's version; older schemas are brought up to date.
fn judge(
    db: &mut Connection,
    anchorer: &Anchorer,
    anchor: Anchor,
) -> rusqlite::Result<(Result<Option<Verdict>, String>, i64)> {
    if let Some(why) = database::quick_check(db)? {
        return Ok((Err(why), 0));
    }
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if database::version(db)? == 0 && tables == 0 {
        // Killed between the first byte and the first transaction.
        create(db, anchorer, anchor.head().unwrap_or(Head::START), &[])?;
    }
    let version = database::version(db)?;
    if database::meta(db, "schema")? != Some(version.to_string()) {
        return Ok((Err("the schema's version does not read".to_owned()), version));
    }
    if version > database::VERSION {
        return Ok((Ok(None), version));
    }
    if version < database::VERSION {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        database::migrate(&tx)?;
        tx.commit()?;
    }
    let verdict = examine(db, &anchorer.key, anchor)?;
    Ok((Ok((!verdict.is_good()).then_some(verdict)), version))
}

/// The tables, where the chain begins, and what was saved: one transaction.
fn create(db: &mut Connection, anchorer: &Anchorer, base: Head, saved: &[Document]) -> rusqlite::Result<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    database::migrate(&tx)?;
    database::set_base(&tx, &anchorer.key, &base)?;
    saved.iter().try_for_each(|document| put(&tx, document))?;
    tx.commit()
}

fn first_entry(db: &mut Connection, anchorer: &Anchorer, entry: Entry) -> rusqlite::Result<()> {
    let mut applier = Applier::new(anchorer.key.clone());
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    applier.apply(&tx, &Write::Audit(entry))?;
    tx.commit()
}

/// The first entry is anchored with the next one at the latest; an anchor that cannot be written now is no reason not to start.
fn anchor_now(db: &Connection, anchorer: &Anchorer) {
    if let Ok(head) = head(db, &anchorer.key) {
        let _ = anchorer.write(&head);
    }
}

fn body(why: &str, anchor: Anchor) -> String {
    let head = anchor.head().map(|h| serde_json::json!({ "seq": h.seq, "hash": h.hash.to_string() }));
    serde_json::json!({ "why": why, "anchored": head }).to_string()
}

fn after_nothing(
    settings: &Settings,
    anchorer: &Anchorer,
    anchor: Anchor,
    now: Moment,
) -> Result<Connection, StoreError> {
    let path = settings.database();
    let base = anchor.head().unwrap_or(Head::START);
    if anchor == Anchor::Missing {
        // An anchor stands before the first entry does, so that a missing one always means something.
        anchorer.write(&Head::START)?;
    }
    let make = || -> rusqlite::Result<Connection> {
        let mut db = database::open(&path, settings.most_bytes)?;
        create(&mut db, anchorer, base, &[])?;
        if base.seq > 0 || anchor == Anchor::Bad {
            let body = body("there was an anchor and no database", anchor);
            first_entry(&mut db, anchorer, Entry::system(now, "store-missing", "greenwave.db", body))?;
        }
        Ok(db)
    };
    let db = make().map_err(StoreError::database(&path))?;
    if base.seq > 0 || anchor == Anchor::Bad {
        anchor_now(&db, anchorer);
    }
    Ok(db)
}

fn file_aside(
    settings: &Settings,
    anchorer: &Anchorer,
    anchor: Anchor,
    why: &str,
    now: Moment,
) -> Result<Connection, StoreError> {
    let path = settings.database();
    let new_name = file::set_aside(&path, now.unix_seconds())?;
    let saved = save(&new_name);
    if anchor == Anchor::Missing {
        anchorer.write(&Head::START)?;
    }
    let make = || -> rusqlite::Result<Connection> {
        let mut db = database::open(&path, settings.most_bytes)?;
        create(&mut db, anchorer, anchor.head().unwrap_or(Head::START), &saved)?;
        let name = new_name.file_name().unwrap_or_default().to_string_lossy().into_owned();
        first_entry(&mut db, anchorer, Entry::system(now, "store-set-aside", &name, body(why, anchor)))?;
        Ok(db)
    };
    let db = make().map_err(StoreError::database(&path))?;
    anchor_now(&db, anchorer);
    Ok(db)
}

/// Documents that can be read out of a damaged file with a right checksum.
fn save(path: &Path) -> Vec<Document> {
    let Ok(db) = database::open_to_read(path) else { return Vec::new() };
    let mut saved = Vec::new();
    // What comes before the damaged page from the front, and what comes after it from the back.
    for order in ["ASC", "DESC"] {
        let _ = documents_of(&db, order, |document| {
            if let Some(document) = document.filter(|d| !saved.contains(d)) {
                saved.push(document);
            }
        });
    }
    saved
}

/// Names of audit tables set aside in a database.
fn audits_aside(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'audit_aside_%' ORDER BY name")?;
    let names = statement.query_map([], |row| row.get(0))?;
    names.collect()
}

fn audit_aside(
    db: &mut Connection,
    anchorer: &Anchorer,
    anchor: Anchor,
    verdict: &Verdict,
    now: Moment,
) -> rusqlite::Result<()> {
    let aside = audits_aside(db)?.len();
    let last = head(db, &anchorer.key)?;
    // After the later of both, so that no number is given twice.
    let base = anchor.head().filter(|anchored| anchored.seq >= last.seq).unwrap_or(last);
    let name = format!("audit_aside_{}_{}", now.unix_seconds().max(0), aside + 1);
    let tables = "CREATE TABLE audit(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL, origin TEXT NOT NULL,
    action TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, outcome TEXT NOT NULL, hash BLOB NOT NULL, mac BLOB NOT NULL) STRICT;";
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(&format!("ALTER TABLE audit RENAME TO {name}; {tables}"))?;
    database::set_base(&tx, &anchorer.key, &base)?;
    let mut applier = Applier::new(anchorer.key.clone());
    let entry = Entry::system(now, "audit-set-aside", &name, body(&verdict.words(), anchor));
    applier.apply(&tx, &Write::Audit(entry))?;
    tx.commit()?;
    anchor_now(db, anchorer);
    Ok(())
}
