//! What `deploy/` says of the program is true: metrics that rules, dashboard and handbook name are registered, every registered one
//! is explained, options of the unit are options of `serve`, commands of the handbook are commands.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use greenwave::service::Metrics;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// What every name of ours begins with.
const OURS: &str = "greenwave_";
/// What names of recorded series begin with.
const RECORDED: &str = "greenwave:";

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every Rust file below a folder.
fn sources(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(std::fs::read_to_string(path).unwrap());
        }
    }
    all
}

/// What the string literals of a source say, and the code between each and the next.
fn literals(source: &str) -> Vec<(String, String)> {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let (mut all, mut open): (Vec<(String, String)>, Option<String>) = Default::default();
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match (&mut open, c) {
            (Some(said), '\\') => said.extend(chars.next()),
            (Some(_), '"') => all.push((open.take().unwrap_or_default(), String::new())),
            (Some(said), c) => said.push(c),
            (None, '"') => open = Some(String::new()),
            (None, c) => all.last_mut().into_iter().for_each(|(_, after)| after.push(c)),
        }
    }
    all
}

/// A metric stands in a source as its name and the sentence that explains it.
fn named_in(source: &str) -> BTreeSet<String> {
    let is_name = |text: &str| {
        let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(part)
    };
    let all = literals(source);
    let pairs = all.windows(2).filter(|pair| {
        let [(name, between), (help, _)] = pair else { return false };
        is_name(name) && between.trim() == "," && help.ends_with('.')
    });
    pairs.map(|pair| format!("{OURS}{}", pair[0].0)).collect()
}

/// Every metric that the program registers.
fn registered() -> BTreeSet<String> {
    let all = sources(&Path::new(ROOT).join("src"));
    all.iter().filter(|source| source.contains("use prometheus::")).flat_map(|source| named_in(source)).collect()
}

/// Those that are there from the start, with their kinds; a metric with labels is there once it has a value.
fn at_the_start() -> BTreeMap<String, String> {
    let text = Metrics::new(true).unwrap().text().unwrap();
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    kinds.filter_map(|line| line.split_once(' ')).map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
}

/// Words of a text that may be names of series.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    text.split(move |c: char| !part(c)).map(|word| word.trim_matches(':'))
}

/// Words of a text that look like metrics of ours and are none.
fn unknown<'t>(text: &'t str, registered: &BTreeSet<String>, recorded: &BTreeSet<String>) -> Vec<&'t str> {
    let kinds = at_the_start();
    let of_histogram = |word: &str| {
        let parts = ["_bucket", "_sum", "_count"];
        let base = parts.iter().find_map(|part| word.strip_suffix(part));
        base.is_some_and(|base| kinds.get(base).is_some_and(|kind| kind == "histogram"))
    };
    let known = |word: &&str| registered.contains(*word) || recorded.contains(*word) || of_histogram(word);
    words(text).filter(|w| w.starts_with(OURS) || w.starts_with(RECORDED)).filter(|w| !known(w)).collect()
}

fn recorded(rules: &str) -> BTreeSet<String> {
    let names = rules.lines().filter_map(|line| line.trim().strip_prefix("- record: "));
    names.map(str::to_owned).collect()
}

#[test]
fn the_reader_finds_what_is_registered() {
    let source = "// counter(\"no\", \"A comment.\")\nlet a = counter(\"steps_total\", \"Steps, \\\"all\\\" of them.\")?;\n\
                  Opts::new(\n  \"mode\",\n  \"0 or 1.\",\n), &[\"ask\", \"result\"]";
    assert_eq!(named_in(source), BTreeSet::from(["greenwave_mode", "greenwave_steps_total"].map(str::to_owned)));
    let registered = registered();
    let unread: Vec<_> = at_the_start().into_keys().filter(|name| !registered.contains(name)).collect();
    assert!(unread.is_empty(), "registered, and not found in the sources: {unread:?}");
}

#[test]
fn rules_and_dashboard_name_metrics_that_are_there() {
    let (registered, rules) = (registered(), read("deploy/prometheus/rules.yml"));
    let recorded = recorded(&rules);
    assert!(!recorded.is_empty());
    for path in ["deploy/prometheus/rules.yml", "deploy/prometheus/rules.test.yml", "deploy/grafana/greenwave.json"] {
        let text = read(path);
        assert!(words(&text).any(|w| w.starts_with(OURS)), "{path} names nothing");
        let unknown = unknown(&text, &registered, &recorded);
        assert!(unknown.is_empty(), "{path} names what nobody registers or records: {unknown:?}");
    }
    let wrong =
        "rate(greenwave_stepz_total[1m]) > greenwave_mode_count + greenwave_step_seconds_bucket + greenwave:x:y";
    let expected = ["greenwave_stepz_total", "greenwave_mode_count", "greenwave:x:y"];
    assert_eq!(unknown(wrong, &registered, &recorded), expected);
}

#[test]
fn the_handbook_explains_every_metric_and_no_other() {
    let text = read("deploy/README.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `greenwave_"));
    let told: Vec<String> =
        rows.filter_map(|row| row.split_once('`')).map(|(name, _)| format!("{OURS}{name}")).collect();
    let set: BTreeSet<String> = told.iter().cloned().collect();
    assert_eq!(told.len(), set.len(), "told twice");
    assert_eq!(set, registered());
}

#[test]
fn every_alert_says_how_bad_what_and_what_to_do_in_both_languages() {
    let rules = read("deploy/prometheus/rules.yml");
    let alerts: Vec<&str> = rules.split("- alert: ").skip(1).collect();
    assert!(!alerts.is_empty());
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for alert in alerts {
        let name = alert.lines().next().unwrap();
        let value = |key: &str| {
            let line = alert.lines().find_map(|line| line.trim().strip_prefix(key));
            line.unwrap_or_else(|| panic!("{name} has no {key}")).trim()
        };
        value("for:");
        let severity = value("labels: { severity:").trim_end_matches([' ', '}']);
        assert!(["high", "medium", "low"].contains(&severity), "{name}: {severity}");
        for key in ["summary", "mend"] {
            assert!(chinese(value(&format!("{key}_zh:"))), "{name}: {key}_zh");
            let english = value(&format!("{key}_en:"));
            assert!(!chinese(english) && english.len() > 10, "{name}: {key}_en");
        }
        let tests = read("deploy/prometheus/rules.test.yml");
        assert!(words(&tests).any(|word| word == name), "no test fires {name}");
    }
}

#[test]
fn the_dashboard_is_whole() {
    let board: serde_json::Value = serde_json::from_str(&read("deploy/grafana/greenwave.json")).unwrap();
    assert_eq!(board["uid"], "greenwave");
    let variables = board["templating"]["list"].as_array().unwrap();
    assert!(variables.iter().any(|v| v["name"] == "datasource" && v["type"] == "datasource"));
    let panels = board["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "two panels have one id");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{} asks nothing", panel["title"]);
        for asked in targets.iter().chain([panel]) {
            assert_eq!(asked["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        }
    }
}

/// What a command's help says, if there is such a command.
fn help(command: &[&str]) -> Option<String> {
    let run = Command::new(env!("CARGO_BIN_EXE_greenwave")).args(command).arg("--help").output().unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    (run.status.success() && said.contains(&format!("Usage: greenwave {}", command.join(" ")))).then_some(said)
}

/// Options that a text uses and a help does not know.
fn strange<'t>(words: impl Iterator<Item = &'t str>, help: &str) -> Vec<&'t str> {
    let known: BTreeSet<&str> = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).collect();
    let option = |word: &&str| word.starts_with("--") && word.len() > 2;
    words.map(|w| w.split('=').next().unwrap_or(w)).filter(option).filter(|w| !known.contains(w)).collect()
}

#[test]
fn unit_and_container_use_options_that_serve_has() {
    let help = help(&["serve"]).unwrap();
    let unit = read("deploy/greenwave.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/greenwave serve ")).unwrap();
    assert!(line.contains("--state") && line.contains("$GREENWAVE_OPTIONS"), "{line}");
    assert_eq!(strange(line.split(' '), &help), [""; 0]);

    let settings = read("deploy/greenwave.env");
    let lines = settings.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix("GREENWAVE_OPTIONS="));
    let lines: Vec<&str> = lines.collect();
    assert!(lines.iter().any(|line| line.contains("--arm")));
    lines.iter().for_each(|line| assert_eq!(strange(line.split(' '), &help), [""; 0], "{line}"));

    let https = read("deploy/systemd/https.conf");
    let line = https.lines().find_map(|line| line.strip_prefix("Environment=\"GREENWAVE_HTTPS=")).unwrap();
    assert!(line.contains("--https-certificate") && line.contains("--https-key"));
    assert_eq!(strange(line.trim_end_matches('"').split(' '), &help), [""; 0]);

    let image = read("deploy/Dockerfile");
    let line = image.lines().find(|line| line.starts_with("CMD [\"serve\"")).unwrap();
    assert_eq!(strange(line.split('"'), &help), [""; 0]);
    assert_eq!(strange("--state FILE --stat".split(' '), &help), ["--stat"]);
}

#[test]
fn a_loop_that_hangs_is_begun_anew_before_cabinets_of_the_shipped_streets_give_up() {
    let unit = read("deploy/greenwave.service");
    let seconds = |key: &str| -> f64 {
        let value = unit.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        value.parse().unwrap()
    };
    let street = read("corridors/dongchang-road.toml");
    let timeouts = street.split("heartbeat_timeout_s = ").skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        rest[..end].parse::<f64>().unwrap()
    });
    let least = timeouts.reduce(f64::min).unwrap();
    // Three seconds for the start: the first poll, and the first beat after it.
    assert!(seconds("WatchdogSec=") + seconds("RestartSec=") + 3.0 <= least, "{least}");
}

#[test]
fn commands_of_the_handbook_are_commands() {
    let text = read("deploy/README.md");
    let code = text.lines().filter(|line| line.starts_with("    "));
    let inline = text.lines().filter(|line| !line.starts_with("    ")).flat_map(|l| l.split('`').skip(1).step_by(2));
    let mut found = BTreeSet::new();
    for line in code.chain(inline) {
        let all: Vec<&str> = line.split_whitespace().take_while(|word| *word != "#").collect();
        for (at, _) in all.iter().enumerate().filter(|(_, word)| ["greenwave", "/usr/bin/greenwave"].contains(word)) {
            let rest = &all[at + 1..];
            // What comes after the name of an account, a service or an image is no command of ours.
            let is_command = |word: &&&str| **word != "greenwave" && word.chars().all(|c| c.is_ascii_lowercase());
            let Some(first) = rest.first().filter(is_command) else { continue };
            let said = help(&[first]).unwrap_or_else(|| panic!("there is no `greenwave {first}`: {line}"));
            let (command, said) = match said.contains("\nCommands:") {
                false => ((*first).to_owned(), said),
                true => {
                    let next = rest.get(1).unwrap_or_else(|| panic!("of {first} what? {line}"));
                    let said = help(&[first, next]).unwrap_or_else(|| panic!("no `greenwave {first} {next}`: {line}"));
                    (format!("{first} {next}"), said)
                }
            };
            assert_eq!(strange(rest.iter().copied(), &said), [""; 0], "{line}");
            found.insert(command);
        }
    }
    for command in ["serve", "store backup", "audit verify", "account add"] {
        assert!(found.contains(command), "the handbook does not tell of {command}: {found:?}");
    }
}

#[test]
fn the_package_takes_files_that_are_there() {
    let script = read("deploy/deb/build");
    let taken: Vec<&str> = script.lines().filter_map(|line| line.strip_prefix("put ")?.split(' ').next()).collect();
    assert!(taken.len() > 5, "{taken:?}");
    for path in taken {
        assert!(Path::new(ROOT).join(path).is_file(), "{path}");
    }
}
