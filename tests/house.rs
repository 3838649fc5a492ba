//! The house rules a compiler does not hold: who may name whom, who may ask the machine, who owns the circle, how long a
//! file may be. Each rule is a function from files to findings; each is shown to find something in a bad file.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

#[path = "house/read.rs"]
mod read;

use read::{File, sources};
use std::collections::{BTreeMap, BTreeSet};

/// A name and who may use it. An allowance nobody uses is a finding too: the table says what is, not what might be.
type Table<'a> = &'a [(&'a str, &'a [&'a str])];

/// Each room, and the rooms it may name. Every room but the root file, `main` and `lib`, stands here.
const ROOMS: Table<'static> = &[
    ("units", &[]),
    ("corridor", &["units"]),
    ("calendar", &["corridor", "units"]),
    ("detection", &["units"]),
    ("demand", &["calendar", "corridor", "detection", "units"]),
    ("plan", &["corridor", "units"]),
    ("optimise", &["corridor", "demand", "plan", "units"]),
    ("safety", &["corridor", "plan", "units"]),
    ("transition", &["corridor", "plan", "units"]),
    ("field", &["corridor", "detection", "plan", "safety", "units"]),
    // what the street does, from greens and counts; judges nothing
    ("watch", &["corridor", "detection", "plan", "units"]),
    ("control", &["calendar", "corridor", "demand", "detection", "field", "plan", "safety", "transition", "units"]),
    // edges
    ("bare", &["optimise", "units"]),
    ("bus", &["clock", "corridor", "field", "units"]),
    ("journal", &["calendar", "control", "units"]),
    ("report", &["corridor", "plan", "units"]),
    // what must still be there tomorrow, and who may come in; time and chance are arguments
    ("store", &["units"]),
    ("people", &["store", "units"]),
    // the machine itself: what time it is, and that somebody wants to stop; nobody else may ask
    ("clock", &["units"]),
    ("interrupt", &[]),
    // `emulate` paces the plant by the clock until it is told to stop
    ("rig", &["bus", "clock", "corridor", "plan", "interrupt", "units"]),
    // cores, bare cabinets and lines that go wrong, to try the field link
    (
        "campaign",
        &[
            "bus",
            "calendar",
            "clock",
            "control",
            "corridor",
            "demand",
            "field",
            "journal",
            "plan",
            "rig",
            "safety",
            "transition",
            "units",
        ],
    ),
    // the live shell: drives the core over the bus; knows neither rig nor replay
    (
        "service",
        &[
            "bus",
            "calendar",
            "clock",
            "control",
            "corridor",
            "detection",
            "field",
            "journal",
            "optimise",
            "plan",
            "interrupt",
            "units",
            "watch",
            "work",
        ],
    ),
    // the HTTP interface and the pages; looks at the loop's pictures, hands it what people want
    (
        "centre",
        &[
            "calendar",
            "clock",
            "control",
            "corridor",
            "detection",
            "field",
            "people",
            "plan",
            "service",
            "store",
            "units",
            "watch",
        ],
    ),
    ("work", &["control", "corridor", "demand", "optimise", "plan", "transition"]),
    (
        "replay",
        &[
            "bus",
            "calendar",
            "control",
            "corridor",
            "demand",
            "journal",
            "optimise",
            "plan",
            "rig",
            "safety",
            "transition",
            "units",
            "work",
        ],
    ),
    (
        "cli",
        &[
            "bare",
            "bus",
            "calendar",
            "campaign",
            "centre",
            "clock",
            "control",
            "corridor",
            "demand",
            "interrupt",
            "journal",
            "optimise",
            "people",
            "plan",
            "replay",
            "report",
            "rig",
            "safety",
            "service",
            "store",
            "transition",
            "units",
            "work",
        ],
    ),
];

/// What lies outside the crate and does not belong everywhere: a path's beginning, and the rooms that may name it.
const OUTSIDE: Table<'static> = &[
    ("greenwave_sim", &["rig"]),
    ("tokio_modbus", &["bus"]),
    ("tokio_rustls", &["bus", "centre"]),
    ("tokio_serial", &["bus"]),
    ("rustls", &["bus", "centre"]),
    ("tokio", &["bus", "campaign", "centre", "replay", "rig", "service", "interrupt"]),
    ("axum", &["centre"]),
    ("schemars", &["centre", "people"]),
    ("hyper", &["centre"]),
    ("hyper_util", &["centre"]),
    ("prometheus", &["service"]),
    ("clap", &["cli", "replay"]),
    ("indicatif", &["cli"]),
    ("ureq", &["centre", "cli"]),
    ("sd_notify", &["service"]),
    ("anyhow", &["cli"]),
    ("rand", &["bus", "campaign", "replay"]),
    ("rand_pcg", &["bus", "campaign", "replay"]),
    ("argon2", &["people"]),
    ("crc32fast", &["field", "store"]),
    ("getrandom", &["store"]),
    ("hmac", &["store"]),
    ("rusqlite", &["store"]),
    ("std::fs", &["cli", "store"]),
    ("std::env", &["cli"]),
    ("std::thread", &["centre", "cli", "replay", "store"]),
    ("std::process", &["cli", "main"]),
    ("std::time::Duration", &["bus", "campaign", "centre", "cli", "clock", "replay", "rig", "service", "store"]),
];

/// What stands nowhere in the core or the plant, unless the file is named beside it, with the reason.
const NOWHERE: &[(&str, Table<'static>)] = &[
    ("Instant::now", &[("src/clock.rs", &["it is the clock"])]),
    ("SystemTime::now", &[("src/clock.rs", &["it is the clock"])]),
    ("thread::sleep", &[]),
    ("HashMap", &[]),
    ("HashSet", &[]),
    ("RandomState", &[]),
    ("rand::rng(", &[]),
    ("rand::random", &[]),
    ("thread_rng", &[]),
    ("from_os_rng", &[]),
    ("from_entropy", &[]),
    ("OsRng", &[]),
    ("SysRng", &[]),
    ("println!", &[]),
    ("print!", &[]),
    ("eprint!", &[]),
    ("dbg!", &[]),
    ("#[allow(", &[]),
    ("#![allow(", &[]),
    ("todo!", &[]),
    ("unimplemented!", &[]),
];

/// The same without a single exception: the plant has no clock.
fn nowhere_at_all() -> Vec<(&'static str, Table<'static>)> {
    NOWHERE.iter().map(|(what, _)| (*what, &[] as Table<'_>)).collect()
}

/// Files that may take a remainder on times: the circle itself, and the day.
const CIRCLES: &[&str] = &["src/units/circle.rs", "src/units/cycle.rs", "src/units/time.rs", "src/calendar/mod.rs"];

/// Remainders elsewhere whose divisor does not say by its name that it counts things, and what it counts.
const COUNTS: &[(&str, &str, &str)] = &[
    ("src/field/stage_request.rs", "65_535", "a register's numbers without 0, gone through with the seconds; no cycle"),
    ("src/transition/stretch.rs", "total", "weights of stages, the largest remainder method"),
];

/// Remainders a file may take: the divisor is a small literal, a length, or a name of a count.
fn is_count(divisor: &str) -> bool {
    let literal: Option<u64> = divisor.replace('_', "").parse().ok();
    literal.is_some_and(|n| n < 60 || n == 10_000) || divisor.ends_with(".len()") || matches!(divisor, "n" | "m")
}

fn imports(files: &[File], rooms: Table<'_>) -> Vec<String> {
    let table: BTreeMap<&str, &[&str]> = rooms.iter().copied().collect();
    let mut found = Vec::new();
    let mut used: BTreeSet<(&str, String)> = BTreeSet::new();
    for file in files.iter().filter(|f| !matches!(f.room(), "main" | "lib")) {
        let room = file.room();
        let Some(allowed) = table.get(room) else {
            found.push(format!("{}: the room `{room}` is not on the table", file.path));
            continue;
        };
        for (line, named) in file.paths_after("crate") {
            if named != room && !allowed.contains(&named.as_str()) {
                found.push(format!("{}:{line}: `{room}` must not name `{named}`", file.path));
            }
            used.insert((room, named));
        }
        // Steps up that end at a room, or the crate by its own name, would pass the table by.
        let up = file.paths_after("super").into_iter().filter(|(_, name)| table.contains_key(name.as_str()));
        let ways = up.map(|(line, _)| line).chain(file.find("greenwave::"));
        found.extend(ways.map(|line| format!("{}:{line}: name other rooms as `crate::room`", file.path)));
    }
    for (room, allowed) in rooms {
        let unused = allowed.iter().filter(|a| !used.contains(&(*room, (**a).to_owned())));
        found.extend(unused.map(|a| format!("the table lets `{room}` name `{a}`, which it does not")));
        if !files.iter().any(|f| f.room() == *room) {
            found.push(format!("the table has a room `{room}` that is not there"));
        }
    }
    found
}

fn outside(files: &[File], table: Table<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, rooms) in table {
        let mut used = BTreeSet::new();
        for file in files {
            for line in file.find_path(name) {
                used.insert(file.room());
                if !rooms.contains(&file.room()) {
                    found.push(format!("{}:{line}: only {rooms:?} may name `{name}`", file.path));
                }
            }
        }
        let unused = rooms.iter().filter(|r| !used.contains(**r));
        found.extend(unused.map(|r| format!("the table lets `{r}` name `{name}`, which it does not")));
    }
    found
}

fn nowhere(files: &[File], banned: &[(&str, Table<'_>)]) -> Vec<String> {
    let mut found = Vec::new();
    for (what, exceptions) in banned {
        for file in files.iter().filter(|f| !exceptions.iter().any(|(path, _)| *path == f.path)) {
            found.extend(file.find(what).into_iter().map(|line| format!("{}:{line}: `{what}`", file.path)));
        }
        let unused =
            exceptions.iter().filter(|(path, _)| !files.iter().any(|f| f.path == *path && !f.find(what).is_empty()));
        found.extend(unused.map(|(path, _)| format!("{path} may use `{what}`, and does not")));
    }
    found
}

/// Every remainder outside the circle must divide by something that counts: a remainder by a time is the circle's.
fn remainders(files: &[File], exceptions: &[(&str, &str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut used = BTreeSet::new();
    for file in files.iter().filter(|f| !CIRCLES.contains(&f.path.as_str()) && !f.is_test()) {
        for word in ["rem_euclid", "checked_rem", "wrapping_rem"] {
            let lines = file.find(word).into_iter();
            found.extend(lines.map(|line| format!("{}:{line}: `{word}`: the circle is in src/units", file.path)));
        }
        for (line, divisor) in file.divisors() {
            let exception = exceptions.iter().position(|(path, d, _)| *path == file.path && *d == divisor);
            used.extend(exception);
            if exception.is_none() && !is_count(&divisor) {
                let path = &file.path;
                found.push(format!("{path}:{line}: a remainder by `{divisor}`: if it is a time, ask src/units"));
            }
        }
    }
    let unused = (0..exceptions.len()).filter(|i| !used.contains(i));
    found.extend(unused.map(|i| format!("an exception nobody needs: {:?}", exceptions[i])));
    found
}

fn shape(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        if !file.text.starts_with("//!") && !file.text.starts_with("#![doc = include_str!") {
            found.push(format!("{}: does not open with `//!`", file.path));
        }
        for (line, attribute) in file.expectations() {
            if !attribute.contains("reason =") {
                found.push(format!("{}:{line}: an expectation without its reason", file.path));
            }
        }
        if file.lines() > 600 {
            found.push(format!("{}: {} lines want to be two files", file.path, file.lines()));
        }
    }
    let share = |most: usize| files.iter().filter(|f| f.lines() <= most).count() as f64 / files.len() as f64;
    for (most, least) in [(470, 0.9), (150, 0.5)] {
        if share(most) < least {
            found.push(format!("only {:.0} % of the files have at most {most} lines", 100.0 * share(most)));
        }
    }
    found
}

/// Dependencies of a manifest, all tables of them.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let manifest: toml::Table = toml::from_str(manifest).unwrap();
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    tables.iter().filter_map(|t| manifest.get(*t)?.as_table()).flat_map(|t| t.keys().cloned()).collect()
}

fn clean(found: Vec<String>) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn rooms_name_only_whom_they_may() {
    clean(imports(&sources("src"), ROOMS));
    clean(outside(&sources("src"), OUTSIDE));
}

#[test]
fn the_plant_does_not_know_the_core() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let its = dependencies(&std::fs::read_to_string(root.join("sim/Cargo.toml")).unwrap());
    assert!(!its.contains("greenwave") && its.contains("rand"), "{its:?}");
    clean(nowhere(&sources("sim"), &[("greenwave::", &[])]));
}

#[test]
fn nobody_asks_the_machine_or_talks_past_the_command_line() {
    clean(nowhere(&sources("src"), NOWHERE));
    clean(nowhere(&sources("sim/src"), &nowhere_at_all()));
}

#[test]
fn the_circle_is_owned() {
    clean(remainders(&sources("src"), COUNTS));
}

#[test]
fn files_are_small_and_say_what_they_are() {
    let mut files = sources("src");
    files.extend(sources("sim/src"));
    assert!(files.len() > 100, "{}", files.len());
    clean(shape(&files));
}

// The checker checked: what each rule finds, and what it leaves alone.

fn file(path: &str, text: &str) -> Vec<File> {
    vec![File::new(path, text)]
}

#[test]
fn imports_are_found_however_they_are_written() {
    let rooms: Table<'_> = &[("plan", &["units"]), ("units", &[])];
    let units = File::new("src/units/mod.rs", "//! x");
    let check = |text: &str| imports(&[File::new("src/plan/band.rs", text), units.clone()], rooms);
    for bad in [
        "use crate::safety::Safe;",
        "use crate::{units::Tenths, safety::{self, Safe}};",
        "use crate::{\n    safety,\n    units,\n};",
        "fn f() { let x = crate::safety::judge(); }",
        "pub(in crate::safety) fn f() {}",
        "use super::super::units;",
        "use super::super::{units::Tenths, band};",
        "use greenwave::units;",
        "macro_rules! m { () => { $crate::safety::x() } }",
        "use crate :: safety;",
        "let c = '\"'; use crate::safety::Safe; let d = '\"';",
    ] {
        assert!(!check(&format!("use crate::units::Tenths; {bad}")).is_empty(), "{bad}");
    }
    for good in [
        "use crate::plan::Plan;",
        "//! [`crate::safety`]",
        "/* crate::safety */",
        "let s = \"crate::safety\";",
        "let s = r#\"use \"crate::safety\" \"#;",
        "use super::timing;",
    ] {
        assert_eq!(check(&format!("use crate::units::Tenths;\n{good}")), Vec::<String>::new(), "{good}");
    }
    assert_eq!(check("").len(), 1, "an allowance nobody uses");
    assert!(imports(&file("src/attic/mod.rs", ""), rooms).iter().any(|f| f.contains("not on the table")));
    assert!(
        imports(&file("src/clock.rs", "use super::units;"), &[("clock", &[]), ("units", &[])])
            .iter()
            .any(|f| f.contains(":1:"))
    );
}

#[test]
fn the_rest_of_the_world_is_found() {
    let table: Table<'_> = &[("tokio", &["bus"])];
    assert_eq!(outside(&file("src/bus/mod.rs", "use tokio::net;"), table), Vec::<String>::new());
    for bad in ["use tokio::net;", "tokio::spawn(x)", "use {tokio::net, std::fmt};", "use tokio;", "use tokio as t;"] {
        let found =
            outside(&[File::new("src/plan/mod.rs", bad), File::new("src/bus/mod.rs", "use tokio::net;")], table);
        assert_eq!(found.len(), 1, "{bad}");
    }
    assert_eq!(outside(&file("src/bus/mod.rs", "use tokio_modbus::client;"), table).len(), 1, "another crate");
}

#[test]
fn what_stands_nowhere_is_found() {
    let banned = nowhere_at_all();
    for (what, _) in NOWHERE {
        assert!(!nowhere(&file("src/plan/mod.rs", what), &banned).is_empty(), "{what}");
        assert!(nowhere(&file("src/plan/mod.rs", &format!("// {what}")), &banned).is_empty(), "{what}");
    }
    let lifted: &[(&str, Table<'_>)] = &[("Instant::now", &[("src/clock.rs", &["it is the clock"])])];
    assert!(nowhere(&file("src/clock.rs", "Instant::now()"), lifted).is_empty());
    assert_eq!(nowhere(&file("src/clock.rs", ""), lifted).len(), 1, "an exception nobody needs");
}

#[test]
fn remainders_by_times_are_found() {
    for bad in
        ["t % cycle", "t % self.cycle.count()", "t%cycle", "t %= period_s", "t % 90", "t % 86_400", "t % (a + b)"]
    {
        assert_eq!(remainders(&file("src/plan/mod.rs", bad), &[]).len(), 1, "{bad}");
    }
    assert_eq!(remainders(&file("src/plan/mod.rs", "t.rem_euclid(90)"), &[]).len(), 1);
    for good in ["i % n", "(i + 1) % stages.len()", "k % 4", "\"10 % more\"", "// t % cycle"] {
        assert!(remainders(&file("src/plan/mod.rs", good), &[]).is_empty(), "{good}");
    }
    assert!(remainders(&file("src/units/cycle.rs", "t % cycle"), &[]).is_empty());
    assert_eq!(remainders(&file("src/plan/mod.rs", ""), &[("src/plan/mod.rs", "k", "why")]).len(), 1);
}

#[test]
fn shapeless_files_are_found() {
    let long = |lines: usize| format!("//! x\n{}", "x\n".repeat(lines));
    assert!(shape(&file("src/plan/mod.rs", &long(100))).is_empty());
    assert_eq!(shape(&file("src/plan/mod.rs", &long(200))).len(), 1, "more than half over 150");
    assert_eq!(shape(&file("src/plan/mod.rs", &long(500))).len(), 2, "and more than a tenth over 470");
    assert_eq!(shape(&file("src/plan/mod.rs", &long(700))).len(), 3, "and one past 600");
    assert_eq!(shape(&file("src/plan/mod.rs", "use x;")).len(), 1);
    let expects = |why: &str| shape(&file("src/plan/mod.rs", &format!("//! x\n#[expect(\n    clippy::x{why}\n)]")));
    assert_eq!((expects("").len(), expects(", reason = \"so\"").len()), (1, 0));
    assert!(dependencies("[dev-dependencies]\ngreenwave = { path = \"..\" }").contains("greenwave"));
}
