//! The program as an engineer runs it: what it prints, what it writes, and how it says no.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const STREET: &str = "corridors/dongchang-road.toml";
const THREE: &str = "corridors/three.toml";
/// A replay of seconds.
const SHORT: [&str; 7] = ["replay", THREE, "--days=1001", "--from=06:30", "--to=06:40", "--bus=tcp", "--threads=2"];

/// Runs the program in the repository's root.
fn greenwave(args: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Command::new(env!("CARGO_BIN_EXE_greenwave")).args(args).current_dir(root).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What it prints when it succeeds.
fn prints(args: &[&str]) -> String {
    let output = greenwave(args);
    assert!(output.status.success(), "{args:?}: {}", err(&output));
    out(&output)
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&prints(args)).unwrap()
}

/// Fails with this exit code and these words on standard error, and prints nothing on standard output.
fn fails(args: &[&str], code: i32, words: &[&str]) {
    let output = greenwave(args);
    let said = err(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{args:?} does not say `{word}`:\n{said}");
    }
    assert!(!said.contains("panicked") && out(&output).is_empty(), "{args:?}:\n{said}{}", out(&output));
}

/// An empty folder of this test's own.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn path(folder: &tempfile::TempDir, name: &str) -> (PathBuf, String) {
    let path = folder.path().join(name);
    (path.clone(), path.to_str().unwrap().to_owned())
}

#[test]
fn every_command_explains_itself_with_examples() {
    let help = prints(&["--help"]);
    for command in ["check", "plan", "optimise", "diagram", "replay", "emulate", "serve", "account", "audit", "store"] {
        assert!(help.contains(command), "{help}");
        let help = prints(&[command, "--help"]);
        assert!(help.contains(&format!("Examples:\n  greenwave {command} ")), "{help}");
        assert!(help.contains("Usage:"), "{help}");
    }
    assert!(prints(&["--version"]).starts_with("greenwave "));
}

#[test]
fn check_tells_what_is_there() {
    let text = prints(&["check", STREET]);
    assert!(text.contains("1 file checked") && text.contains("12 intersections, no problems"), "{text}");
    // profiles are no network, and are checked all the same
    let text = prints(&["check", "corridors/profiles"]);
    assert!(text.contains("3 profiles checked: plan-select, plc, reference, no problems"), "{text}");
    assert_eq!(json(&["check", "corridors/profiles", "--format", "json"])["profiles"][1], "plc");
    let table = prints(&["check", "--registers", "plc"]);
    assert_eq!(table, prints(&["check", "--registers", "corridors/profiles/plc.toml"]));
    assert_eq!(table, std::fs::read_to_string("corridors/profiles/plc.md").unwrap());
    fails(
        &["check", "--registers", "nobody"],
        3,
        &["neither a shipped profile (reference, plc, plan-select) nor a file"],
    );
    fails(&["check", "--registers", THREE], 3, &["is a network, not a register profile"]);
    // a folder is read as one network; what is no definition in it is passed over
    let folder = folder();
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(THREE), path(&folder, "three.toml").0).unwrap();
    std::fs::write(path(&folder, "notes.txt").0, "no definition").unwrap();
    let report = json(&["check", folder.path().to_str().unwrap(), "--format", "json"]);
    assert_eq!(report["schema"], "greenwave-check/1");
    assert_eq!(report["network"]["intersections"], 3);
    assert_eq!(report["network"]["corridors"], serde_json::json!(["three"]));
    assert_eq!(report["problems"], serde_json::json!([]));
    assert_eq!(report["network"]["fingerprint"].as_str().unwrap().len(), 64);
}

#[test]
fn check_tells_every_problem_with_its_place() {
    let folder = folder();
    let (bad, name) = path(&folder, "bad.toml");
    let good = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(THREE)).unwrap();
    std::fs::write(&bad, good.replace("utc_offset_h = 8", "utc_offset_h = 88\ncolour = \"green\"")).unwrap();
    let output = greenwave(&["check", &name]);
    assert_eq!(output.status.code(), Some(1));
    let text = out(&output);
    assert!(text.contains("bad.toml:") && text.contains("colour") && text.contains("2 problems"), "{text}");
    let output = greenwave(&["check", &name, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["network"], Value::Null);
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2);
    for problem in problems {
        assert!(problem["line"].as_u64().unwrap() > 1 && problem["rule"].is_string(), "{problem}");
    }
    // the other commands refuse the same file with the same words, as an error
    for command in ["plan", "diagram", "replay"] {
        fails(&[command, &name], 3, &["2 problems in the definitions", "bad.toml:", "colour"]);
    }
    fails(&["check", "no/such/file.toml"], 3, &["cannot read no/such/file.toml"]);
    fails(&["check", "tests/house"], 3, &["tests/house holds no .toml file"]);
}

#[test]
fn plan_gives_one_plan_an_intersection() {
    let text = prints(&["plan", STREET, "--at", "07:30"]);
    assert!(text.contains("morning peak, 07:10 to 08:30, cycle"), "{text}");
    assert!(text.contains("协调 coupled") && text.contains("dc01 - dc02"), "{text}");
    let report = json(&["plan", STREET, "--at", "07:30", "--format", "json"]);
    assert_eq!(report["schema"], "greenwave-plan/1");
    let coupling = &report["coupling"];
    assert_eq!(coupling["links"].as_array().unwrap().len(), 11);
    assert_eq!(coupling["intersections"][0]["intersection"], "dc01");
    assert!(coupling["links"][0]["saves_veh_s_per_h"].as_f64().unwrap() > 0.0, "{coupling}");
    let wait = |report: &serde_json::Value| report["predicted"]["pedestrian_wait_s"].as_f64().unwrap();
    let walkers = json(&["plan", STREET, "--at", "07:30", "--format", "json", "--walkers", "5"]);
    assert!(wait(&walkers) < wait(&report), "{} {}", wait(&walkers), wait(&report));
    fails(&["plan", STREET, "--walkers", "101"], 2, &["no weight between 0 and 100"]);
    let plans = report["plans"].as_array().unwrap();
    assert_eq!(plans.len(), 12);
    for plan in plans {
        let (cycle, offset) = (plan["cycle_s"].as_f64().unwrap(), plan["offset_s"].as_f64().unwrap());
        assert!(cycle >= 30.0 && (0.0..cycle).contains(&offset), "{plan}");
        assert!(text.contains(plan["intersection"].as_str().unwrap()));
        assert!(plan["green_s"].as_array().unwrap().iter().map(|g| g.as_f64().unwrap()).sum::<f64>() < cycle);
    }
}

#[test]
fn a_book_that_was_planned_is_drawn_and_replayed() {
    let folder = folder();
    let ((book, book_name), (svg, svg_name)) = (path(&folder, "book.toml"), path(&folder, "wave.svg"));
    assert_eq!(prints(&["plan", THREE, "--day", "--out", &book_name]), "");
    let text = std::fs::read_to_string(&book).unwrap();
    assert!(text.contains("kind = \"plans\"") && text.contains("[period.at]"), "{text}");
    assert_eq!(prints(&["diagram", THREE, "--plans", &book_name, "--out", &svg_name]), "");
    assert!(std::fs::read_to_string(&svg).unwrap().contains("from the day plan book"));
    // a book for other definitions is worse than none
    fails(&["diagram", STREET, "--plans", &book_name], 3, &["made for other definitions"]);
    fails(&["diagram", THREE, "--plans", "no/book.toml"], 3, &["cannot read no/book.toml"]);
}

/// Panics unless every element that is opened is closed, in order, and every attribute has its quotes.
fn well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        let (tag, after) = rest[at + 1..].split_once('>').unwrap();
        let name = |tag: &'_ str| tag.trim_start_matches('/').split([' ', '/']).next().unwrap().len();
        match tag.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed)),
            None if tag.ends_with('/') => {}
            None => open.push(&tag[..name(tag)]),
        }
        assert!(tag.matches('"').count().is_multiple_of(2), "<{tag}>");
        rest = after;
    }
    assert!(open.is_empty(), "{open:?} left open");
}

#[test]
fn the_diagram_holds_both_bands() {
    let svg = prints(&["diagram", STREET, "--at", "07:30"]);
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    well_formed(&svg);
    let report = json(&["diagram", STREET, "--at", "07:30", "--format", "json"]);
    assert_eq!(report["schema"], "greenwave-diagram/1");
    assert_eq!(report["diagram"]["rows"].as_array().unwrap().len(), 12);
    let bands = report["diagram"]["bands"].as_array().unwrap();
    for (way, colour) in [("outbound", "#1f6fb4"), ("inbound", "#8a3fa0")] {
        let mine: Vec<&Value> = bands.iter().filter(|b| b["direction"] == way).collect();
        assert!(!mine.is_empty(), "no {way} band");
        assert!(mine.iter().all(|b| b["width_s"].as_f64().unwrap() > 0.0));
        assert!(svg.contains(&format!("fill=\"{colour}\" fill-opacity=\".16\"")), "no {way} band is drawn");
    }
    for row in report["diagram"]["rows"].as_array().unwrap() {
        assert!(svg.contains(row["id"].as_str().unwrap()));
    }
    fails(&["diagram", STREET, "--corridor", "nowhere"], 3, &["there is no corridor nowhere; there is dongchang-road"]);
}

#[test]
fn the_front_tells_what_bands_cost_and_two_choices_are_drawn() {
    let told = prints(&["plan", STREET, "--at", "07:30", "--front"]);
    assert!(
        told.contains("No two-way band runs through dc01-dc12") && told.contains("greenwave diagram --front"),
        "{told}"
    );
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    let part = ["--members", "dc03-dc07"];
    let plan = |more: &[&str]| {
        json(&[&["plan", STREET, "--at", "07:30", "--front", "--format", "json"], &part[..], more].concat())
    };
    let report = plan(&[]);
    assert_eq!(
        (&report["schema"], &report["front"]["corridor"]),
        (&"greenwave-front/1".into(), &"dongchang-road".into())
    );
    let front = &report["front"]["fronts"][0];
    assert_eq!(front["members"], serde_json::json!(["dc03", "dc04", "dc05", "dc06", "dc07"]));
    let choices = front["choices"].as_array().unwrap();
    assert!(choices.len() > 3, "{}", choices.len());
    let both = |c: &Value| ["outbound", "inbound"].map(|way| c[way]["width_s"].as_f64().unwrap());
    for pair in choices.windows(2) {
        let objective = |c: &Value| c["predicted"]["objective"].as_f64().unwrap();
        assert!(objective(&pair[1]) >= objective(&pair[0]));
        assert!(both(&pair[1]).iter().all(|w| *w >= pair[1]["guarantee_s"].as_f64().unwrap() - 1e-6));
    }
    // The plans of a choice are those of the front, whichever way they are asked for.
    let last = choices.len().to_string();
    let chosen = plan(&["--choice", &last]);
    assert_eq!(chosen["plans"], choices[choices.len() - 1]["plans"]);
    let svg = prints(&[&["diagram", STREET, "--at", "07:30", "--front", &format!("1,{last}")], &part[..]].concat());
    well_formed(&svg);
    let [out, inbound] = both(&choices[choices.len() - 1]);
    for words in
        ["方案 1 · choice 1 of ", &format!("方案 {last} · "), &format!("{out:.1} s ("), &format!("{inbound:.1} s (")]
    {
        assert!(svg.contains(words), "no {words}");
    }
    assert!(
        svg.contains("延误 delay") && svg.contains("least objective") && svg.contains("dc03") && !svg.contains("dc08")
    );
    let drawn = json(
        &[&["diagram", STREET, "--at", "07:30", "--front", &format!("1,{last}"), "--format", "json"], &part[..]]
            .concat(),
    );
    assert_eq!(drawn["choices"][1]["predicted"], choices[choices.len() - 1]["predicted"]);
    assert_eq!(drawn["choices"][1]["diagram"]["rows"].as_array().unwrap().len(), 5);
    // what is wrong, and what would be right
    let all = ["diagram", STREET, "--at", "07:30", "--front", "1,2"];
    fails(&all, 3, &["no two-way band runs through dc01-dc12", "--members, such as dc"]);
    fails(
        &[&all[..], &["--members", "dc07-dcx"]].concat(),
        3,
        &["`dc07-dcx` is no part of dongchang-road", "such as dc01-dc12"],
    );
    let beyond = [&["diagram", STREET, "--at", "07:30", "--front", "1,99"], &part[..]].concat();
    fails(&beyond, 3, &["there is no choice 99"]);
    fails(&["diagram", STREET, "--front", "1"], 2, &["is no pair of choices"]);
    fails(&["plan", STREET, "--members", "dc03-dc07"], 2, &["--front"]);
}

#[test]
#[should_panic(expected = "left open")]
fn an_open_element_is_found() {
    well_formed("<svg><g></g><text x=\"1\">");
}

#[test]
fn a_replay_reports_on_every_way_out() {
    let folder = folder();
    let files = ["report.json", "runs.csv", "journal.jsonl"].map(|name| path(&folder, name));
    let mut args = SHORT.to_vec();
    for (flag, (_, name)) in ["--json", "--csv", "--journal"].iter().zip(&files) {
        args.extend([*flag, name.as_str()]);
    }
    let output = greenwave(&args);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let table = out(&output);
    let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 80, "{widest} columns:\n{table}");
    for words in [
        "1 day x 1 seed, 06:30 to 06:40",
        "corridor speed, km/h",
        "greenwave against fixed",
        "greenwave against isolated",
        "n = 1",
        "no interval",
        "conflict monitors: 0 violations",
    ] {
        assert!(table.contains(words), "`{words}` is missing:\n{table}");
    }
    let text = files.each_ref().map(|(path, _)| std::fs::read_to_string(path).unwrap());
    let report: Value = serde_json::from_str(&text[0]).unwrap();
    assert_eq!(report["schema"], "greenwave-replay/1");
    assert_eq!(report["provenance"]["bus"], "tcp");
    assert_eq!(report["provenance"]["definition"].as_str().unwrap().len(), 64);
    let arms: Vec<&str> = report["arms"].as_array().unwrap().iter().map(|a| a["arm"].as_str().unwrap()).collect();
    assert_eq!(arms, ["isolated", "actuated", "fixed", "greenwave"]);
    let first = &report["comparisons"][0];
    for key in ["measure", "unit", "arm", "against", "mean", "lo", "hi", "n"] {
        assert!(first.get(key).is_some(), "{first}");
    }
    assert_eq!(first["lo"], Value::Null, "an absent value is absent, never 0");
    let rows: Vec<&str> = text[1].lines().collect();
    assert!(rows.len() == 5 && rows[0].starts_with("arm,day,seed,"), "{}", text[1]);
    assert!(rows[4].starts_with("greenwave,1001:workday,"));
    assert!(text[2].lines().count() > 3);
    for line in text[2].lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["decision"].is_string() && line["clock"].is_string() && line["day"] == "1001:workday", "{line}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing else is left behind");
    // standard output instead of the file: the same results
    let mut args = SHORT.to_vec();
    args.extend(["--format", "json"]);
    assert_eq!(json(&args)["arms"], report["arms"]);
}

#[test]
fn wrong_use_is_told_clearly() {
    fails(&[], 2, &["Usage: greenwave"]);
    fails(&["replay"], 2, &["<PATHS>"]);
    fails(&["fly", THREE], 2, &["fly"]);
    fails(&["plan", THREE, "--on", "2026-02-29"], 2, &["`2026-02-29` is no date; write YYYY-MM-DD"]);
    fails(&["plan", THREE, "--at", "7.30"], 2, &["`7.30` is no time of day; write HH:MM"]);
    fails(&["plan", THREE, "--day", "--within", "09:00-08:00"], 2, &["ends before it begins"]);
    fails(&["plan", THREE, "--rounds", "2"], 2, &["--day"]);
    fails(&["replay", THREE, "--days", "1001:sunny"], 2, &["`sunny` is no kind of day", "workday"]);
    fails(&["replay", THREE, "--days", "1005-1001"], 2, &["no range"]);
    fails(&["replay", THREE, "--arms", "isolated,magic"], 2, &["magic"]);
    fails(&["replay", THREE, "--seeds", "0"], 2, &["0"]);
    fails(&["replay", THREE, "--from", "09:00", "--to", "08:00"], 3, &["is not before --to 08:00"]);
    fails(&["replay", THREE, "--whole-day", "--from", "08:00"], 2, &["--whole-day"]);
    fails(&["emulate", THREE, "--time-scale", "61"], 2, &["61"]);
    fails(&["serve", THREE, "--time-scale", "0"], 2, &["0"]);
    fails(&["emulate", THREE, "--day", "1001:sunny"], 2, &["`sunny` is no kind of day"]);
    fails(
        &["serve", THREE, "--http", "0.0.0.0:9464"],
        3,
        &["0.0.0.0:9464 is not this machine's loopback", "--listen-any"],
    );
    fails(&["plan", THREE, "--counts", "no/counts.csv"], 3, &["--counts", "cannot read no/counts.csv"]);
    fails(&["replay", THREE, "--scenario", "no/scenario.toml"], 3, &["--scenario", "cannot read no/scenario.toml"]);
    fails(&["plan", THREE, "--counts", "README.md"], 3, &["in the counts", "README.md:"]);
}

#[test]
fn what_cannot_be_written_leaves_nothing_half_written() {
    let folder = folder();
    let (_, lost) = path(&folder, "no/such/place");
    let (_, here) = path(&folder, ".");
    for target in [&lost, &here] {
        for flag in ["--json", "--csv", "--journal"] {
            let mut args = SHORT.to_vec();
            args.extend([flag, target]);
            fails(&args, 3, &["cannot write", target]);
        }
        fails(&["diagram", THREE, "--out", target], 3, &["cannot write", target]);
        fails(&["plan", THREE, "--day", "--out", target], 3, &["cannot write", target]);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Command lines among indented lines that run the program, as arguments.
fn commands(text: &str, program: &str) -> Vec<Vec<String>> {
    let ours = text.lines().filter_map(|line| line.strip_prefix(' ')?.trim().strip_prefix(program)?.strip_prefix(' '));
    let words = |line: &str| line.split(['#', '>']).next().unwrap().split_whitespace().map(str::to_owned).collect();
    ours.map(words).collect()
}

/// Parses: with another file than its own, which is not there, it fails because of that and not with exit code 2.
fn parses(command: &[String], folder: &tempfile::TempDir) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if command[..2] == ["check", "--schema"] {
        assert_eq!(
            prints(&["check", "--schema"]),
            std::fs::read_to_string(root.join("corridors/schema.json")).unwrap()
        );
        return;
    }
    if command[..2] == ["check", "--registers"] {
        return assert!(prints(&["check", "--registers", &command[2]]).starts_with("# Registers of profile"));
    }
    if command[0] == "campaign" {
        // No file to miss: the shortest of campaigns.
        let short = ["--groups".to_owned(), "1".to_owned()];
        let pushes = command.iter().position(|word| word == "--pushes").unwrap() + 1;
        let given = command.iter().enumerate().map(|(i, word)| if i == pushes { "1" } else { word.as_str() });
        let given: Vec<&str> = given.chain(short.iter().map(String::as_str)).collect();
        return assert!(prints(&given).contains("plan blocks written (pushes)"));
    }
    if command[1] == "--verify" {
        return fails(&["replay", "--verify", "no/such/report.json"], 3, &["cannot read no/such/report.json"]);
    }
    assert!(root.join(&command[1]).exists(), "{command:?}");
    let given = command.iter().enumerate().map(|(i, word)| match word.as_str() {
        _ if i == 1 => "no/such/street.toml".to_owned(),
        _ if command[i - i.min(1)] == "--out" || word.contains(".json") => path(folder, "file").1,
        word => word.to_owned(),
    });
    let given: Vec<String> = given.collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    fails(&given, 3, &["cannot read no/such/street.toml"]);
}

#[test]
fn every_command_that_is_shown_parses() {
    let folder = folder();
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let shown = commands(&readme, "cargo run --release --");
    assert_eq!(shown[0], ["replay", STREET], "the first command");
    assert!(readme.contains("\n    cargo test --workspace --locked\n"), "the second command");
    for name in ["check", "plan", "diagram", "replay", "emulate", "serve", "demo", "campaign"] {
        assert!(shown.iter().any(|c| c[0] == name), "no example of {name}");
        let examples = commands(&prints(&[name, "--help"]), "greenwave");
        assert!(examples.len() > 1 && examples.iter().all(|c| c[0] == name), "{examples:?}");
        examples.iter().for_each(|c| parses(c, &folder));
    }
    for name in ["status", "plans", "override", "escort", "account", "audit", "store"] {
        assert!(prints(&[name, "--help"]).contains(&format!("Examples:\n  greenwave {name}")), "{name}");
    }
    shown.iter().for_each(|c| parses(c, &folder));
    assert_eq!(commands("  greenwave fly --high # x\ngreenwave no", "greenwave"), [["fly", "--high"]]);
}

#[test]
fn a_demo_speaks_to_no_cabinets_but_its_own() {
    let folder = folder();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("corridors/three.toml")).unwrap();
    let demo = |text: String, words: &[&str]| {
        let (_, file) = path(&folder, "street.toml");
        std::fs::write(&file, text).unwrap();
        let scenario = ["--scenario", "sim/scenarios/three.toml", "--http", "127.0.0.1:0"];
        fails(&[&["demo", file.as_str()][..], &scenario[..]].concat(), 3, words);
    };
    demo(text.replace("127.0.0.1:15102", "10.0.0.2:502"), &["t2 is at 10.0.0.2:502", "stays here"]);
    // somebody else listens where one of its cabinets should
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    demo(text.replace("127.0.0.1:15102", &taken), &["no cabinet can listen on", taken.as_str()]);
}

#[test]
#[should_panic(expected = "--height")]
fn a_command_that_does_not_parse_is_found() {
    let command = ["plan", STREET, "--height", "3"].map(str::to_owned);
    parses(&command, &folder());
}

#[test]
fn plans_are_made_for_several_days_and_for_the_worst_of_them() {
    let days = ["workday-1", "tidal-2"].map(|day| format!("--recent=sim/scenarios/dongchang-road/{day}.csv"));
    let plan = ["plan", STREET, "--at=07:30", &days[0], &days[1], "--format=json"];
    let costs = |answer: &Value| -> (f64, Vec<f64>) {
        let by_day = answer["predicted"]["objective_by_sample"].as_array().unwrap();
        (answer["predicted"]["objective"].as_f64().unwrap(), by_day.iter().map(|c| c.as_f64().unwrap()).collect())
    };
    let (mean, by_day) = costs(&json(&plan));
    assert_eq!(by_day.len(), 2);
    assert!((mean - by_day.iter().sum::<f64>() / 2.0).abs() < 1e-6 * mean);
    let (worst, judged) = costs(&json(&[&plan[..], &["--tail=1:0.5"]].concat()));
    assert!((worst - judged.iter().copied().fold(0.0, f64::max)).abs() < 1e-6 * worst);
    let drawn =
        prints(&["plan", STREET, "--at=07:30", "--recent-days=1-3,4:surge", "--tail=0.5:0.25", "--early-return"]);
    assert!(drawn.contains("Made for 4 days together, the worst 25 % of them weighing 50 %"), "{drawn}");
    fails(&["plan", STREET, "--tail=2:0.5"], 2, &["WEIGHT:SHARE"]);
    fails(&["plan", STREET, "--tail=0.5:0.5"], 2, &["--recent"]);
    fails(&["plan", STREET, "--recent-days=1001"], 3, &["1001", "reporting"]);
    fails(&["plan", STREET, "--recent=nowhere.csv"], 3, &["nowhere.csv"]);
    fails(&["plan", "corridors/jinan-r2.toml", "--recent-days=1:rain"], 3, &["rain", "tidal"]);
}

/// Runs the program with a line on standard input.
fn told(args: &[&str], line: &str) -> Output {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_greenwave"))
        .args(args)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn accounts_are_looked_after_at_the_console_and_audited() {
    let folder = folder();
    let (store, name) = path(&folder, "store");
    let at = |args: &[&str], line: &str| told(&[args, &["--store", &name]].concat(), line);
    fails(&["account", "list", "--store", &name], 3, &["is not there"]);
    let short = at(&["account", "add", "boss", "--role", "admin"], "too short\n");
    assert!(
        err(&short).contains("口令至少 12 个字符") && err(&short).contains("at least 12 characters"),
        "{}",
        err(&short)
    );
    let made = at(&["account", "add", "boss", "--role", "admin"], "Ravine-Otter-417\n");
    assert!(out(&made).contains("完成 done: account-add boss"), "{}{}", out(&made), err(&made));
    assert!(at(&["account", "add", "Li.Na", "--role", "operator"], "Ravine-Otter-418").status.success());
    let twice = at(&["account", "add", "li.na", "--role", "viewer"], "Ravine-Otter-418\n");
    assert!(
        twice.status.code() == Some(1) && err(&twice).contains("用户名已存在 there is an account"),
        "{}",
        err(&twice)
    );
    let last = at(&["account", "role", "boss", "viewer"], "");
    assert!(last.status.code() == Some(1) && err(&last).contains("last administrator"), "{}", err(&last));
    for args in [
        &["account", "role", "li.na", "engineer"][..],
        &["account", "unlock", "li.na"],
        &["account", "disable", "li.na"],
    ] {
        assert!(at(args, "").status.success(), "{args:?}");
    }
    let list = out(&at(&["account", "list"], ""));
    let line = |name: &str| {
        list.lines().find(|l| l.starts_with(name)).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!((line("boss"), line("li.na")), ("boss admin".into(), "li.na engineer 停用 disabled".into()));
    // all of it is in the audit, and the audit is whole
    let whole = out(&at(&["audit", "verify"], ""));
    assert!(
        whole.contains("审计完整 audit whole: 5 records, the last 5") && whole.contains("anchored at 5"),
        "{whole}"
    );
    assert!(out(&at(&["store", "check"], "")).contains("store whole"));
    let (copy, backup) = path(&folder, "backup.db");
    assert!(out(&at(&["store", "backup", "--out", &backup], "")).contains("5 records of audit, checked"));
    assert!(out(&at(&["audit", "verify", "--database", &backup], "")).contains("whole"));
    let db = rusqlite::Connection::open(store.join("greenwave.db")).unwrap();
    assert_eq!(
        db.query_row("SELECT count(*) FROM audit WHERE who = 'console'", [], |r| r.get::<_, i64>(0)).unwrap(),
        5
    );
    // somebody makes himself an administrator and covers it
    db.execute("UPDATE audit SET subject = 'somebody' WHERE seq = 3", []).unwrap();
    let verdict = at(&["audit", "verify"], "");
    assert_eq!(verdict.status.code(), Some(1));
    assert!(
        out(&verdict).contains("AUDIT NOT WHOLE") && out(&verdict).contains("record 3 changed"),
        "{}",
        out(&verdict)
    );
    let told: Value = serde_json::from_slice(&at(&["audit", "verify", "--format", "json"], "").stdout).unwrap();
    assert_eq!((&told["whole"], &told["findings"][0]["record"]), (&Value::from(false), &Value::from(3)));
    let check = at(&["store", "check"], "");
    assert!(
        check.status.code() == Some(1) && out(&check).contains("DAMAGED") && out(&check).contains("record 3 changed")
    );
    assert!(copy.exists());
}

#[test]
fn a_killed_writer_loses_nothing_it_acknowledged() {
    let text = prints(&["store", "campaign", "--kills", "15", "--seed", "7"]);
    assert!(
        text.starts_with("15 kills: ") && text.contains(", 0 lost; chain broken 0 times, set aside 0 times"),
        "{text}"
    );
}
