//! What the store promises: acknowledged is there, damage is found and kept, a full disk costs nothing that was there, and no
//! tampering with the audit goes unseen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use greenwave::store::{
    Document, Entry, Event, Finding, Opener, Sample, Settings, Span, Store, Trouble, Unrecorded, Verdict, Write,
    back_up, verify, verify_file,
};
use greenwave::units::{Moment, Shift};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;

const NOW: Moment = Moment::from_unix_seconds(1_790_000_000);
const SOON: Duration = Duration::from_secs(20);

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn service(folder: &Path) -> Store {
    Store::open(&Settings::new(folder), Opener::Service, NOW).unwrap()
}

fn entry(n: u64) -> Entry {
    let body = format!("{{\"n\":{n}}}");
    Entry {
        who: "li".into(),
        role: "operator".into(),
        from: "10.0.0.7".into(),
        ..Entry::system(NOW, "hold", "dc01", body)
    }
}

fn event(n: i64) -> Write {
    let at = Moment::new(NOW.count() + n);
    Write::Event(Event { kind: "decision".into(), at, place: "dc01".into(), body: format!("decision {n}") })
}

fn document(key: &str, body: &str) -> Write {
    Write::Put(Document { kind: "account".into(), key: key.into(), at: NOW, body: body.into() })
}

/// A store with some of everything, closed.
fn filled(folder: &Path, audits: u64, others: i64) {
    let store = service(folder);
    for n in 1..=audits {
        store.audit(entry(n));
    }
    for n in 0..others {
        store.offer(event(n));
        let at = Moment::new(NOW.count() + n * 3000);
        store.offer(Write::Sample(Sample::one("vehicles", "dc01/W/T", at, n as f64 / 3.0)));
        store.offer(document(&format!("name{n}"), &format!("{{\"role\":\"viewer\",\"n\":{n}}}")));
    }
    store.flush(SOON).unwrap();
}

fn all_time() -> (Moment, Moment) {
    (Moment::new(i64::MIN / 2), Moment::new(i64::MAX / 2))
}

#[test]
fn what_is_acknowledged_is_there_after_opening_again() {
    let folder = folder();
    let store = service(folder.path());
    let first = store.audit(entry(1)).wait(SOON).unwrap().head.unwrap();
    let receipt = store.write(vec![document("li", "{}"), event(1), Write::Audit(entry(2)), Write::Audit(entry(3))]);
    let second = receipt.wait(SOON).unwrap().head.unwrap();
    assert_eq!((first.seq, second.seq), (1, 3));
    assert_eq!(store.write(vec![event(2)]).wait(SOON).unwrap().head, None, "no audit entry, no head");
    let remove = Write::Remove { kind: "account".into(), key: "li".into() };
    store.write(vec![document("wang", "{}"), remove]).wait(SOON).unwrap();
    assert!(store.health().is_writable() && store.health().commits >= 4);
    drop(store);
    let store = service(folder.path());
    let reader = store.reader().unwrap();
    let audit = reader.audit(None, 10).unwrap();
    assert_eq!(audit.iter().map(|r| r.seq).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!((audit[2].entry.clone(), audit[2].hash), (entry(1), first.hash));
    assert_eq!(reader.audit(Some(3), 1).unwrap()[0].seq, 2);
    let (from, until) = all_time();
    let events = reader.events("decision", from, until, 10).unwrap();
    assert_eq!(events.iter().map(|e| e.event.body.as_str()).collect::<Vec<_>>(), ["decision 2", "decision 1"]);
    assert_eq!(reader.documents("account").unwrap().iter().map(|d| d.key.as_str()).collect::<Vec<_>>(), ["wang"]);
    assert!(store.verify().unwrap().is_good());
    assert_eq!(store.audit(entry(4)).wait(SOON).unwrap().head.unwrap().seq, 4);
}

#[test]
fn files_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    service(folder.path()).audit(entry(1)).wait(SOON).unwrap();
    for name in ["audit.key", "audit.anchor"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn one_service_a_folder_and_a_console_beside_it() {
    let folder = folder();
    let settings = Settings::new(folder.path());
    assert!(Store::open(&settings, Opener::Console, NOW).is_err(), "a console makes no store");
    let service = service(folder.path());
    let taken = Store::open(&settings, Opener::Service, NOW).unwrap_err();
    assert!(taken.to_string().contains("another service"), "{taken}");
    let console = Store::open(&settings, Opener::Console, NOW).unwrap();
    // both write to one chain, in turns
    let receipts: Vec<_> = (0..40).map(|n| if n % 2 == 0 { &service } else { &console }.audit(entry(n))).collect();
    for receipt in receipts {
        receipt.wait(SOON).unwrap();
    }
    let verdict = service.verify().unwrap();
    assert!(verdict.is_good(), "{verdict:?}");
    assert_eq!((verdict.records, verdict.anchored.unwrap().seq), (40, 40));
}

#[test]
fn offers_never_wait_and_what_finds_the_queue_full_is_counted() {
    let folder = folder();
    let settings = Settings { most_waiting: 100, ..Settings::new(folder.path()) };
    let store = Store::open(&settings, Opener::Service, NOW).unwrap();
    store.flush(SOON).unwrap();
    let other = Connection::open(settings.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let receipt = store.audit(entry(1));
    assert_eq!(receipt.wait(Duration::from_millis(300)), Err(Unrecorded::Waiting));
    for n in 0..300 {
        store.offer(event(n));
    }
    let health = store.health();
    assert_eq!(health.lost, 200);
    // what people do has room of its own
    let urgent = store.audit(entry(2));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(receipt.wait(SOON).unwrap().head.unwrap().seq, 1);
    assert_eq!(urgent.wait(SOON).unwrap().head.unwrap().seq, 2);
    let (from, until) = all_time();
    assert_eq!(store.reader().unwrap().events("decision", from, until, 1000).unwrap().len(), 100);
    store.offer(Write::Sample(Sample::one("speed_km_h", "dc01", NOW, f64::NAN)));
    assert_eq!(store.health().refused, 1, "no number");
}

#[test]
fn a_row_that_cannot_be_is_refused_alone() {
    let folder = folder();
    let store = service(folder.path());
    store.flush(SOON).unwrap();
    Connection::open(store.settings().database()).unwrap().execute_batch("DROP TABLE events").unwrap();
    let (good, bad, after) =
        (store.audit(entry(1)), store.write(vec![Write::Audit(entry(2)), event(1)]), store.audit(entry(3)));
    assert_eq!(good.wait(SOON).unwrap().head.unwrap().seq, 1);
    assert_eq!(bad.wait(SOON), Err(Unrecorded::Refused));
    assert_eq!(after.wait(SOON).unwrap().head.unwrap().seq, 2, "the refused group left nothing behind");
    assert_eq!((store.health().refused, store.health().trouble), (1, None));
}

#[test]
fn samples_roll_up_to_hours_and_local_days_and_late_ones_count() {
    let folder = folder();
    let settings = Settings { midnight: Shift::new(-8 * 36_000), ..Settings::new(folder.path()) };
    let store = Store::open(&settings, Opener::Service, NOW).unwrap();
    // local midnight of a day in Beijing
    let midnight = Moment::from_unix_seconds(1_789_948_800 - 8 * 3600);
    let sample = |i: i64, value: f64| {
        let at = Moment::new(midnight.count() + i * 3000);
        Write::Sample(Sample {
            n: 2,
            sum: value * 2.0,
            least: value - 1.0,
            most: value + 1.0,
            ..Sample::one("speed_km_h", "main/outbound", at, value)
        })
    };
    for i in (0..288 + 12).filter(|i| *i != 5) {
        store.offer(sample(i, (i / 12) as f64));
    }
    let later = Moment::new(midnight.count() + 26 * 36_000);
    let read = |span: Span| {
        let (from, until) = all_time();
        store.reader().unwrap().samples("speed_km_h", "main", span, from, until, 10_000).unwrap()
    };
    let tidied = || {
        for _ in 0..4 {
            store.tidy(later);
            store.flush(SOON).unwrap();
        }
    };
    tidied();
    let hours = read(Span::Hour);
    assert_eq!((hours.len(), hours[0].n, hours[1].n, hours[3].mean()), (25, 22, 24, Some(3.0)));
    let days = read(Span::Day);
    assert_eq!((days.len(), days[0].at, days[0].n), (1, midnight, 2 * 287));
    assert_eq!((days[0].least, days[0].most), (-1.0, 24.0));
    // the one that waited for a full disk
    store.offer(sample(5, 100.0));
    tidied();
    let hours = read(Span::Hour);
    assert_eq!((hours[0].n, hours[0].most), (24, 101.0));
    assert_eq!((read(Span::Day)[0].n, read(Span::Day)[0].most), (2 * 288, 101.0));
    // other places, and the place itself only as a whole word
    store.offer(Write::Sample(Sample::one("speed_km_h", "mainly", midnight, 1.0)));
    store.flush(SOON).unwrap();
    assert_eq!(read(Span::FiveMinutes).len(), 300);
    assert_eq!(store.reader().unwrap().series().unwrap().len(), 2);
}

#[test]
fn what_is_older_than_asked_goes_and_hours_stay() {
    let folder = folder();
    let store = service(folder.path());
    let day = |d: i64| Moment::new(NOW.count() - d * 864_000);
    for d in [0, 100, 189, 191, 300, 399, 401, 900] {
        store.offer(Write::Sample(Sample::one("vehicles", "dc01", day(d), 1.0)));
        store.offer(Write::Event(Event {
            kind: "decision".into(),
            at: day(d),
            place: String::new(),
            body: d.to_string(),
        }));
    }
    // eight calls a day's work each reach from the oldest sample to now
    for _ in 0..1000 {
        store.tidy(day(-1));
        store.flush(SOON).unwrap();
    }
    let (from, until) = all_time();
    let reader = store.reader().unwrap();
    let fine = reader.samples("vehicles", "dc01", Span::FiveMinutes, from, until, 100).unwrap();
    assert_eq!(fine.iter().map(|s| s.at).collect::<Vec<_>>(), [day(189), day(100), day(0)], "190 days");
    assert_eq!(reader.events("decision", from, until, 100).unwrap().len(), 6, "400 days");
    assert!(!store.health().trimmed);
}

#[test]
fn a_full_database_lets_old_samples_go_and_never_the_audit() {
    let folder = folder();
    let settings = Settings { most_bytes: 600 * 4096, ..Settings::new(folder.path()) };
    let store = Store::open(&settings, Opener::Service, NOW).unwrap();
    for n in 0..60_i64 {
        store.audit(entry(n.cast_unsigned())).wait(SOON).unwrap();
        for k in 0..1500 {
            let at = Moment::new(NOW.count() + (n * 1500 + k) * 3000);
            store.offer(Write::Sample(Sample::one("vehicles", "dc01", at, 1.0)));
        }
        store.flush(SOON).unwrap();
    }
    let health = store.health();
    assert!(health.trimmed && health.trouble.is_none() && health.bytes <= 600 * 4096, "{health:?}");
    let verdict = store.verify().unwrap();
    assert!(verdict.is_good() && verdict.records == 60, "{verdict:?}");
    let (from, until) = all_time();
    let samples = store.reader().unwrap().samples("vehicles", "", Span::FiveMinutes, from, until, 1_000_000).unwrap();
    assert_eq!(samples.last().unwrap().at.count(), NOW.count() + (60 * 1500 - 1) * 3000, "the newest stay");
    assert!(samples.len() > 5000 && samples.len() < 89_000, "{}", samples.len());
}

#[test]
fn a_backup_is_whole_while_the_service_writes() {
    let (folder, elsewhere) = (folder(), folder());
    filled(folder.path(), 30, 50);
    let store = service(folder.path());
    let out = elsewhere.path().join("backup.db");
    let receipts: Vec<_> = (0..200).map(|n| store.audit(entry(n))).collect();
    let backup = back_up(store.settings(), &out).unwrap();
    assert!(backup.records >= 30 && backup.bytes > 10_000, "{backup:?}");
    assert!(receipts.iter().all(|r| r.wait(SOON).is_ok()));
    let taken = back_up(store.settings(), &out).unwrap_err().to_string();
    assert!(taken.contains("is there already"), "{taken}");
    // later heads are anchored by now: the copy is an honest, shorter chain, and is told to be one
    let settings = store.settings();
    let verdict = verify_file(&out, &settings.anchor, &settings.key).unwrap();
    assert_eq!(verdict.records, backup.records);
    assert!(verdict.findings.iter().all(|f| matches!(f, Finding::Truncated { .. })), "{verdict:?}");
    // restored in an empty folder with key and no anchor, it is used and says that the anchor is missing
    let restored = Settings::new(elsewhere.path().join("restored"));
    std::fs::create_dir(&restored.folder).unwrap();
    std::fs::copy(&out, restored.database()).unwrap();
    std::fs::copy(&settings.key, &restored.key).unwrap();
    let store = Store::open(&restored, Opener::Service, NOW).unwrap();
    assert_eq!(store.reader().unwrap().documents("account").unwrap().len(), 50);
    let first = &store.reader().unwrap().audit(None, 10).unwrap()[0];
    assert_eq!((first.entry.action.as_str(), first.seq), ("audit-set-aside", backup.records + 1));
    assert!(first.entry.body.contains("the anchor is missing"), "{first:?}");
    assert!(store.verify().unwrap().is_good());
}

#[test]
fn a_lost_database_goes_on_counting_after_the_anchor() {
    let folder = folder();
    filled(folder.path(), 5, 3);
    let settings = Settings::new(folder.path());
    std::fs::remove_file(settings.database()).unwrap();
    let store = service(folder.path());
    let audit = store.reader().unwrap().audit(None, 10).unwrap();
    assert_eq!((audit.len(), audit[0].seq, audit[0].entry.action.as_str()), (1, 6, "store-missing"));
    assert_eq!(store.audit(entry(9)).wait(SOON).unwrap().head.unwrap().seq, 7);
    assert!(store.verify().unwrap().is_good());
}

#[test]
fn an_anchor_that_cannot_be_written_delays_the_acknowledgement_only() {
    let (folder, elsewhere) = (folder(), folder());
    let away = elsewhere.path().join("disk");
    std::fs::create_dir(&away).unwrap();
    let settings = Settings { anchor: away.join("audit.anchor"), ..Settings::new(folder.path()) };
    let store = Store::open(&settings, Opener::Service, NOW).unwrap();
    store.audit(entry(1)).wait(SOON).unwrap();
    std::fs::rename(&away, elsewhere.path().join("unplugged")).unwrap();
    let receipt = store.audit(entry(2));
    assert_eq!(receipt.wait(Duration::from_millis(700)), Err(Unrecorded::Waiting));
    assert_eq!(store.health().trouble, Some(Trouble::Anchor));
    std::fs::rename(elsewhere.path().join("unplugged"), &away).unwrap();
    assert_eq!(receipt.wait(SOON).unwrap().head.unwrap().seq, 2);
    assert_eq!(store.health().trouble, None);
    assert!(store.verify().unwrap().is_good());
}

#[test]
fn a_store_that_cannot_be_opened_yet_is_opened_when_it_can() {
    let folder = folder();
    filled(folder.path(), 3, 2);
    let settings = Settings::new(folder.path());
    let other = Connection::open(settings.database()).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE meta SET value = value; COMMIT")
        .unwrap();
    assert!(Store::open(&settings, Opener::Service, NOW).is_err());
    let store = Store::open_patiently(&settings, NOW).unwrap();
    assert_eq!(store.health().trouble, Some(Trouble::Busy));
    let receipt = store.audit(entry(4));
    assert_eq!(receipt.wait(Duration::from_millis(700)), Err(Unrecorded::Waiting));
    assert!(store.reader().is_err() || store.reader().unwrap().audit(None, 1).is_err());
    drop(other);
    assert_eq!(receipt.wait(SOON).unwrap().head.unwrap().seq, 4);
    assert!(store.health().is_writable() && store.verify().unwrap().is_good());
    // what cannot mend itself is told at once
    assert!(Store::open_patiently(&settings, NOW).unwrap_err().to_string().contains("another service"));
}

// Damage.

fn copy(from: &Path, to: &Path) {
    for file in std::fs::read_dir(from).unwrap().map(|f| f.unwrap()).filter(|f| f.file_type().unwrap().is_file()) {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Damages a store's database at random and opens it: it starts, or says clearly why not, and never reads anything wrong.
fn corruptions(seed: u64, trials: u32) -> [u32; 3] {
    let (original, mut rng) = (folder(), Pcg64Mcg::seed_from_u64(seed));
    filled(original.path(), 40, 150);
    let [mut clean, mut aside, mut refused] = [0; 3];
    for trial in 0..trials {
        let folder = folder();
        copy(original.path(), folder.path());
        let settings = Settings::new(folder.path());
        let mut bytes = std::fs::read(settings.database()).unwrap();
        let at = rng.random_range(0..bytes.len());
        match trial % 5 {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes.iter_mut().skip(at).take(rng.random_range(1..2000)).for_each(|b| *b = rng.random()),
            2 => bytes.truncate(at),
            3 => bytes[at / 4096 * 4096..].iter_mut().take(4096).for_each(|b| *b = 0),
            _ => (0..20).for_each(|_| bytes[rng.random_range(0..at + 1)] = rng.random()),
        }
        std::fs::write(settings.database(), &bytes).unwrap();
        let store = match Store::open(&settings, Opener::Service, NOW) {
            Ok(store) => store,
            Err(error) => {
                assert!(error.to_string().contains("greenwave.db"), "{error}");
                refused += 1;
                continue;
            }
        };
        *(if store.health().set_aside.is_empty() { &mut clean } else { &mut aside }) += 1;
        if store.health().set_aside.iter().any(|name| name.contains("damaged")) {
            let kept = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().path());
            let kept =
                kept.filter(|p| p.to_str().unwrap().contains("db.damaged") && std::fs::read(p).unwrap() == bytes);
            assert_eq!(kept.count(), 1, "the damaged file is kept as it was");
        }
        let reader = store.reader().unwrap();
        let (from, until) = all_time();
        for found in reader.events("decision", from, until, 10_000).unwrap_or_default() {
            let n = found.event.at.count() - NOW.count();
            assert_eq!((Write::Event(found.event), (0..150).contains(&n)), (event(n), true));
        }
        for found in reader.documents("account").unwrap_or_default() {
            let n = found.key.strip_prefix("name").unwrap().to_owned();
            assert_eq!(Write::Put(found), document(&format!("name{n}"), &format!("{{\"role\":\"viewer\",\"n\":{n}}}")));
        }
        for found in reader.samples("vehicles", "", Span::FiveMinutes, from, until, 10_000).unwrap_or_default() {
            let n = (found.at.count() - NOW.count()) / 3000;
            assert_eq!(found, Sample::one("vehicles", "dc01/W/T", Moment::new(NOW.count() + n * 3000), n as f64 / 3.0));
        }
        for record in reader.audit(None, 1000).unwrap() {
            let ours = record.entry == entry(record.seq) && record.seq <= 40;
            assert!(ours || (record.seq > 40 && record.entry.action.ends_with("-set-aside")), "{record:?}");
        }
        // and goes on
        let next = store.audit(entry(0)).wait(SOON);
        assert!(next.is_ok_and(|r| r.head.unwrap().seq > 40) || !store.health().is_writable(), "trial {trial}");
        assert!(store.verify().unwrap().is_good(), "trial {trial}");
    }
    [clean, aside, refused]
}

#[test]
fn a_damaged_database_is_set_aside_and_nothing_wrong_is_read() {
    let [clean, aside, refused] = corruptions(1, 150);
    assert!(aside > 60 && refused < 10, "{clean} {aside} {refused}");
}

/// Damages `GREENWAVE_TRIALS` copies (1,000 if not said) of a store and prints what became of them.
#[test]
#[ignore = "minutes; run by hand"]
fn campaign_of_corruptions() {
    let trials = std::env::var("GREENWAVE_TRIALS").map_or(1000, |t| t.parse().unwrap());
    let [clean, aside, refused] = corruptions(2, trials);
    println!(
        "{trials} corruptions: {clean} without effect on structure or chain, {aside} set aside, {refused} refused, 0 wrong reads"
    );
}

#[test]
fn accounts_are_saved_from_a_damaged_file() {
    let folder = folder();
    filled(folder.path(), 3, 400);
    let settings = Settings::new(folder.path());
    // the page of the first table's root goes
    let mut bytes = std::fs::read(settings.database()).unwrap();
    let db = Connection::open(settings.database()).unwrap();
    let root: usize = db
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'samples'", [], |r| r.get::<_, i64>(0))
        .unwrap() as usize;
    drop(db);
    bytes[(root - 1) * 4096..][..200].fill(0xFF);
    std::fs::write(settings.database(), bytes).unwrap();
    assert!(Store::open(&settings, Opener::Console, NOW).unwrap_err().to_string().contains("Starting the service"));
    let store = service(folder.path());
    assert_eq!(store.health().set_aside, [format!("greenwave.db.damaged-{}", NOW.unix_seconds())]);
    assert_eq!(store.reader().unwrap().documents("account").unwrap().len(), 400);
    let first = &store.reader().unwrap().audit(None, 10).unwrap()[0];
    assert_eq!((first.seq, first.entry.action.as_str(), first.entry.who.as_str()), (4, "store-set-aside", "greenwave"));
}

#[test]
fn a_file_of_a_later_version_is_refused_and_left_alone() {
    let folder = folder();
    filled(folder.path(), 1, 1);
    let settings = Settings::new(folder.path());
    let db = Connection::open(settings.database()).unwrap();
    db.execute_batch("UPDATE meta SET value = '99' WHERE key = 'schema'; PRAGMA user_version = 99;").unwrap();
    drop(db);
    let error = Store::open(&settings, Opener::Service, NOW).unwrap_err().to_string();
    assert!(error.contains("later version") && error.contains("schema 99"), "{error}");
}

// Tampering.

/// A record as the database has it.
type Raw = (i64, i64, [String; 7], Vec<u8>, Vec<u8>);

fn raw(db: &Connection) -> Vec<Raw> {
    let mut all = db
        .prepare("SELECT seq, at, who, role, origin, action, subject, body, outcome, hash, mac FROM audit ORDER BY seq")
        .unwrap();
    let text = |row: &rusqlite::Row<'_>, i: usize| row.get::<_, String>(i).unwrap();
    let rows = all.query_map([], |row| {
        let texts = [2, 3, 4, 5, 6, 7, 8].map(|i| text(row, i));
        Ok((row.get(0)?, row.get(1)?, texts, row.get(9)?, row.get(10)?))
    });
    rows.unwrap().map(|r| r.unwrap()).collect()
}

fn put_raw(db: &Connection, rows: &[Raw]) {
    db.execute("DELETE FROM audit", []).unwrap();
    for (seq, at, t, hash, mac) in rows {
        db.execute(
            "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            rusqlite::params![seq, at, t[0], t[1], t[2], t[3], t[4], t[5], t[6], hash, mac],
        )
        .unwrap();
    }
}

/// The chain's hash as its page describes it, written a second time.
fn hash(before: &[u8], (seq, at, texts, ..): &Raw) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(b"greenwave-audit/1");
    hasher.update(seq.to_be_bytes());
    hasher.update(at.to_be_bytes());
    for text in texts {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().to_vec()
}

/// Tampers with an audit of 40 records in one way; tells the first record that is not what it was.
fn tamper(rows: &mut Vec<Raw>, rng: &mut Pcg64Mcg) -> (i64, &'static str) {
    let n = rows.len();
    let k = rng.random_range(0..n);
    let edit = |rows: &mut Vec<Raw>, k: usize, rng: &mut Pcg64Mcg| match rng.random_range(0..3) {
        0 => rows[k].1 += rng.random_range(1..1000),
        1 => rows[k].2[rng.random_range(0..7)].push('!'),
        _ => {
            // the same letters in other columns
            let moved = rows[k].2[0].pop().unwrap();
            rows[k].2[1].insert(0, moved);
        }
    };
    match rng.random_range(0..8) {
        0 => {
            edit(rows, k, rng);
            (k as i64 + 1, "edited")
        }
        1 => {
            let most = (n - k).min(5);
            let end = k + rng.random_range(1..=most);
            rows.drain(k..end);
            (k as i64 + 1, "deleted, at the end too")
        }
        2 => {
            let other = (k + rng.random_range(1..n)) % n;
            let (a, b) = (rows[k].clone(), rows[other].clone());
            rows[k] = (a.0, b.1, b.2, b.3, b.4);
            rows[other] = (b.0, a.1, a.2, a.3, a.4);
            (k.min(other) as i64 + 1, "reordered")
        }
        3 => {
            rows.truncate(k);
            (k as i64 + 1, "truncated")
        }
        4 => {
            // edited, and everything after it chained anew, without the key
            edit(rows, k, rng);
            for i in k..n {
                let before = if i == 0 { vec![0; 32] } else { rows[i - 1].3.clone() };
                rows[i].3 = hash(&before, &rows[i]);
            }
            (k as i64 + 1, "rewritten to the end")
        }
        5 => {
            // deleted, renumbered and chained anew
            rows.remove(k);
            for i in k..n - 1 {
                rows[i].0 = i as i64 + 1;
                let before = if i == 0 { vec![0; 32] } else { rows[i - 1].3.clone() };
                rows[i].3 = hash(&before, &rows[i]);
            }
            (k as i64 + 1, "deleted and renumbered")
        }
        6 => {
            let mut new = rows[n - 1].clone();
            new.0 += 1;
            new.3 = hash(&rows[n - 1].3, &new);
            rows.push(new);
            (n as i64 + 1, "forged at the end")
        }
        _ => {
            let column = if rng.random_bool(0.5) { &mut rows[k].3 } else { &mut rows[k].4 };
            let byte = rng.random_range(0..32);
            column[byte] ^= 1 << rng.random_range(0..8);
            (k as i64 + 1, "a bit of a hash or its code")
        }
    }
}

fn tamperings(seed: u64, trials: u32) {
    let folder = folder();
    {
        let store = service(folder.path());
        let receipts: Vec<_> = (1..=40).map(|n| store.audit(entry(n))).collect();
        assert!(receipts.iter().all(|r| r.wait(SOON).is_ok()));
    }
    let settings = Settings::new(folder.path());
    let db = Connection::open(settings.database()).unwrap();
    db.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let original = raw(&db);
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    for _ in 0..trials {
        let mut rows = original.clone();
        let (first, how) = tamper(&mut rows, &mut rng);
        db.execute_batch("BEGIN").unwrap();
        put_raw(&db, &rows);
        db.execute_batch("COMMIT").unwrap();
        let verdict: Verdict = verify(&settings).unwrap();
        let found = verdict.findings.first().and_then(Finding::record);
        assert_eq!(found, Some(first.cast_unsigned()), "{how}: {verdict:?}");
    }
    db.execute_batch("BEGIN").unwrap();
    put_raw(&db, &original);
    db.execute_batch("COMMIT").unwrap();
    assert!(verify(&settings).unwrap().is_good(), "put back, it verifies");
}

#[test]
fn tampering_is_found_at_the_right_record() {
    tamperings(1, 2000);
}

/// The figure of the promise.
#[test]
#[ignore = "minutes; run by hand"]
fn campaign_of_tamperings() {
    tamperings(2, 10_000);
    println!("10000 tamperings: 10000 found, each at the right record");
}

#[test]
fn anchors_and_beginnings_are_signed() {
    let folder = folder();
    filled(folder.path(), 10, 0);
    let settings = Settings::new(folder.path());
    let anchor = std::fs::read_to_string(&settings.anchor).unwrap();
    let findings = || verify(&settings).unwrap().findings;
    for k in 0..anchor.len() - 1 {
        let mut bytes = anchor.clone().into_bytes();
        bytes[k] = if bytes[k] == b'0' { b'1' } else { b'0' };
        std::fs::write(&settings.anchor, &bytes).unwrap();
        assert_eq!(findings(), [Finding::AnchorBad], "byte {k}");
    }
    std::fs::remove_file(&settings.anchor).unwrap();
    assert_eq!(findings(), [Finding::AnchorMissing]);
    std::fs::write(&settings.anchor, anchor).unwrap();
    assert_eq!(findings(), []);
    // the front cut off, and the beginning moved to hide it
    let db = Connection::open(settings.database()).unwrap();
    let third: Vec<u8> = db.query_row("SELECT hash FROM audit WHERE seq = 3", [], |r| r.get(0)).unwrap();
    let third: String = third.iter().map(|b| format!("{b:02x}")).collect();
    let base: String = db.query_row("SELECT value FROM meta WHERE key = 'base'", [], |r| r.get(0)).unwrap();
    let code = base.rsplit(' ').next().unwrap();
    db.execute("DELETE FROM audit WHERE seq <= 3", []).unwrap();
    db.execute("UPDATE meta SET value = ?1 WHERE key = 'base'", [format!("3 {third} {code}")]).unwrap();
    assert_eq!(findings().first(), Some(&Finding::BaseBad));
    assert!(findings().contains(&Finding::Missing { from: 1, to: 3 }));
    drop(db);
    // a service puts the chain aside and begins a new one after the anchored head
    let store = service(folder.path());
    assert!(store.verify().unwrap().is_good());
    assert_eq!(store.health().set_aside.len(), 1);
    assert_eq!(store.reader().unwrap().audit(None, 1).unwrap()[0].seq, 11);
    drop(store);
    assert!(service(folder.path()).verify().unwrap().is_good(), "once is enough");
}

/// A real full disk: 16 MiB of memory as a file system, filled up from outside. Needs the right to mount.
#[test]
#[ignore = "mounts a file system; run as root"]
fn a_full_file_system_costs_nothing_and_ends_by_itself() {
    let folder = folder();
    let mount = |args: &[&str]| std::process::Command::new(args[0]).args(&args[1..]).status().unwrap().success();
    let disk = folder.path().to_str().unwrap().to_owned();
    assert!(mount(&["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", &disk]), "may we mount?");
    let result = std::panic::catch_unwind(|| {
        let store = service(Path::new(&disk));
        for n in 0..50 {
            store.audit(entry(n)).wait(SOON).unwrap();
        }
        let filler = Path::new(&disk).join("filler");
        let mut rounds = 0;
        for round in 0..5_u64 {
            let mut file = std::fs::File::create(&filler).unwrap();
            while std::io::Write::write_all(&mut file, &[7; 4096]).is_ok() {}
            let mut waiting = Vec::new();
            for n in 0..3000 {
                waiting.push(store.write(vec![Write::Audit(entry(round * 10_000 + n)), event(n.cast_signed())]));
            }
            let last = waiting.last().unwrap().wait(Duration::from_secs(3));
            let health = store.health();
            rounds += u32::from(last == Err(Unrecorded::Waiting) && health.trouble.is_some());
            assert!(health.lost == 0 && health.refused == 0, "{health:?}");
            assert!(store.reader().unwrap().audit(None, 100_000).unwrap().len() >= 50);
            drop(file);
            std::fs::remove_file(&filler).unwrap();
            assert!(waiting.iter().all(|r| r.wait(SOON).is_ok()));
            assert!(store.health().is_writable());
            assert!(store.verify().unwrap().is_good());
        }
        // a service that starts while it is full
        drop(store);
        let mut file = std::fs::File::create(&filler).unwrap();
        while std::io::Write::write_all(&mut file, &[7; 512]).is_ok() {}
        let store = Store::open_patiently(&Settings::new(&disk), NOW).unwrap();
        let receipt = store.audit(entry(1));
        println!("started on a full disk: {:?}, {:?}", store.health().trouble, receipt.wait(Duration::from_secs(2)));
        drop(file);
        std::fs::remove_file(&filler).unwrap();
        receipt.wait(SOON).unwrap();
        assert!(store.verify().unwrap().is_good());
        println!("5 times full, {rounds} with writes waiting: all recorded once there was space, chain verifies");
        assert!(rounds >= 3, "it was really full");
    });
    assert!(mount(&["umount", "-l", &disk]));
    result.unwrap();
}
