//! What a replay leaves to others: a report that can be verified.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Runs the program in the repository's root.
fn greenwave(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_greenwave")).args(args).current_dir(ROOT).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A replay of seconds, with one more way out.
fn replay(street: &str, more: &[&str]) -> String {
    let mut args = vec!["replay", street, "--days=1001", "--from=06:30", "--to=06:40", "--bus=memory", "--threads=2"];
    args.extend(more);
    let output = greenwave(&args);
    assert!(output.status.success(), "{}", err(&output));
    out(&output)
}

fn copied(folder: &Path, name: &str, from: &str) -> String {
    let to = folder.join(name);
    std::fs::copy(Path::new(ROOT).join(from), &to).unwrap();
    to.to_str().unwrap().to_owned()
}

/// Panics unless the bins of each direction add up to its whole.
fn bins_add_up(measures: &serde_json::Value) {
    for direction in 0..2 {
        let (whole, bins) = (&measures["corridor"][direction], &measures["corridor_over_time"][direction]);
        for of in ["metres", "seconds"] {
            let sum: f64 = bins[of].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).sum();
            let all = whole[of].as_f64().unwrap();
            assert!(all > 0.0 && (sum - all).abs() < 1e-6 * all, "{of} of {direction}: {sum} of {all}");
        }
    }
}

/// Panics unless both ways of the three intersections have arrivals, fewer of them on green, and green for part of the time.
fn arrivals_are_counted(measures: &serde_json::Value) {
    let rows = measures["progression"].as_array().unwrap();
    let links: Vec<&str> = rows.iter().map(|r| r["link"].as_str().unwrap()).collect();
    assert_eq!(links, ["t1.E", "t2.W", "t2.E", "t3.W"], "approaches behind another signal of the corridor");
    for row in rows {
        let number = |name: &str| row[name].as_f64().unwrap();
        assert!(number("arrivals") > 20.0 && number("on_green") <= number("arrivals"), "{row}");
        assert!(number("seconds") == 600.0 && (100.0..500.0).contains(&number("green_s")), "{row}");
    }
    // speed by link is the corridor's, taken apart
    for direction in 0..2 {
        let mine = || rows.iter().filter(|r| r["direction"] == direction);
        for (of, whole) in [("metres", "metres"), ("driven_s", "seconds")] {
            let sum: f64 = mine().map(|r| r[of].as_f64().unwrap()).sum();
            let all = measures["corridor"][direction][whole].as_f64().unwrap();
            assert!((sum - all).abs() < 1e-6 * all, "{of} of {direction}: {sum} of {all}");
        }
    }
}

#[test]
fn a_report_is_verified_and_what_was_changed_in_it_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let street = copied(folder.path(), "street.toml", "corridors/three.toml");
    let counts = copied(folder.path(), "counts.csv", "sim/scenarios/three/mean-workday.csv");
    let scenario = copied(folder.path(), "scenario.toml", "sim/scenarios/three.toml");
    let report = folder.path().join("report.json");
    let name = report.to_str().unwrap();
    replay(&street, &["--counts", &counts, "--scenario", &scenario, "--json", name]);
    let made: serde_json::Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    for arm in made["arms"].as_array().unwrap() {
        bins_add_up(&arm["seeds"][0]["measures"]);
        arrivals_are_counted(&arm["seeds"][0]["measures"]);
    }
    // as it was made, and over the other bus
    let same = greenwave(&["replay", "--verify", name, "--bus=tcp"]);
    assert_eq!(same.status.code(), Some(0), "{}{}", out(&same), err(&same));
    assert_eq!(out(&same), "the same, byte for byte: 4 arms, 1 day x 1 seed, 06:30 to 06:40\n");
    // a figure that somebody made nicer, in its last digit
    let text = std::fs::read_to_string(&report).unwrap();
    let place = text.find("\"metres\": ").unwrap() + "\"metres\": ".len();
    let forged = format!("{}9{}", &text[..place], &text[place..]);
    std::fs::write(&report, forged).unwrap();
    let other = greenwave(&["replay", "--verify", name]);
    assert_eq!(other.status.code(), Some(1), "{}", err(&other));
    assert!(out(&other).starts_with("NOT the same: 1 difference\n  arms[0].seeds[0].measures.corridor[0].metres: "));
    // the files are those of the report, or it says so
    std::fs::write(&report, &text).unwrap();
    for (file, what) in [(&street, "the definition"), (&counts, "the counts file"), (&scenario, "the scenario")] {
        let was = std::fs::read_to_string(file).unwrap();
        std::fs::write(file, format!("{was}\n")).unwrap();
        let changed = greenwave(&["replay", "--verify", name]);
        assert_eq!(changed.status.code(), Some(3), "{what}: {}", err(&changed));
        let said = err(&changed);
        assert!(said.contains(&format!("{what} {file} is not the one the report was made from")), "{said}");
        std::fs::write(file, was).unwrap();
    }
    for (bad, why) in [("no json", "is no JSON"), ("{\"schema\": \"other\"}", "is no report of a replay")] {
        std::fs::write(&report, bad).unwrap();
        let refused = greenwave(&["replay", "--verify", name]);
        assert!(refused.status.code() == Some(3) && err(&refused).contains(why), "{}", err(&refused));
    }
}

/// Panics unless every element that is opened is closed, in order, and every attribute has its quotes.
fn well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let style = html.find("</style>").unwrap();
    let mut rest = &html[style + "</style>".len()..];
    while let Some(at) = rest.find('<') {
        let (tag, after) = rest[at + 1..].split_once('>').unwrap();
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        match tag.strip_prefix('/') {
            Some("head" | "html") if open.is_empty() => {}
            Some(closed) => assert_eq!(open.pop(), Some(closed), "{}", &rest[..at.min(200)]),
            None if tag.ends_with('/') => {}
            None => open.push(name),
        }
        assert!(tag.matches('"').count().is_multiple_of(2), "<{tag}>");
        rest = after;
    }
    assert!(open.is_empty(), "{open:?} left open");
}

#[test]
fn a_page_stands_alone_and_says_everything() {
    let folder = tempfile::tempdir().unwrap();
    let street = folder.path().join("street.toml");
    // a name that would break a page which takes it as it comes
    let text = std::fs::read_to_string(Path::new(ROOT).join("corridors/three.toml")).unwrap();
    std::fs::write(&street, text.replace("Example Road", "A & B <i>Road</i>")).unwrap();
    let page = folder.path().join("page.html");
    let (counts, scenario) = ("sim/scenarios/three/mean-workday.csv", "sim/scenarios/three.toml");
    let files = ["--counts", counts, "--scenario", scenario, "--html", page.to_str().unwrap()];
    replay(street.to_str().unwrap(), &files);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>"));
    well_formed(&html);
    assert!(html.contains("A &amp; B &lt;i&gt;Road&lt;/i&gt;") && !html.contains("<i>Road"));
    for words in [
        "corridor speed, outbound",
        "干线行程车速",
        "greenwave against fixed",
        "Side streets, worst first",
        "Time-space diagram",
        "Plan changes",
        "绿灯到达 Arrivals on green",
        "上行 outbound: fixed",
        "上行 outbound: greenwave",
        "下行 inbound: greenwave",
        "the same vehicles, one scale",
        "0 violations in 4 runs",
        "unserved vehicles over all runs",
        "1001:workday",
        "no interval",
        "prefers-color-scheme: dark",
        "replay --verify",
    ] {
        assert!(html.contains(words), "`{words}` is missing");
    }
    assert!(!html.contains("not defined"), "a measure without its definition");
    assert!(!html.contains("NaN") && !html.contains("inf\""), "a number that is none");
    // nothing is fetched
    for outside in ["src=", "href=", "url(http", "@import", "<script"] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn shells_and_manuals_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = greenwave(&["completions", shell]);
        assert!(output.status.success(), "{}", err(&output));
        let script = out(&output);
        for word in ["replay", "diagram", "verify", "completions"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    assert_eq!(greenwave(&["completions", "abacus"]).status.code(), Some(2));
    let output = greenwave(&["man"]);
    let pages = out(&output);
    assert!(output.status.success() && pages.starts_with(".ie"), "{}", err(&output));
    for title in [".TH greenwave 1", ".TH greenwave-replay 1", ".TH greenwave-check 1", ".TH greenwave-man 1"] {
        assert!(pages.contains(title), "no {title}");
    }
    assert!(pages.contains("\\-\\-verify"));
}

/// Seconds by which a head may have been red when somebody is seen behind the stop line: what lies between two samples.
const BETWEEN_SAMPLES_S: f64 = 1.0;

/// What a head showed at a moment.
fn light(side: &serde_json::Value, at_s: f64) -> String {
    let mut lights = side["lights"].as_array().unwrap().iter();
    let last = lights.rfind(|l| l[0].as_f64().unwrap() <= at_s).unwrap();
    last[1].as_str().unwrap().to_owned()
}

#[test]
fn a_scene_shows_what_happened() {
    let args = ["diagram", "corridors/three.toml", "--replay", "--arm=fixed", "--from=06:35", "--to=06:45"];
    let scene = |more: &[&str]| {
        let output = greenwave(&[&args, more].concat());
        assert!(output.status.success(), "{}", err(&output));
        out(&output)
    };
    let report: serde_json::Value = serde_json::from_str(&scene(&["--format=json"])).unwrap();
    assert_eq!(report["schema"], "greenwave-scene/1");
    let scene_of = &report["scene"];
    let places = scene_of["places"].as_array().unwrap();
    let drives = scene_of["drives"].as_array().unwrap();
    assert!(places.len() == 3 && drives.len() > 100, "{} drives", drives.len());
    let mut crossings = 0;
    for drive in drives {
        let (side, sign) = if drive["direction"] == "outbound" { (0, 1.0) } else { (1, -1.0) };
        let points: Vec<(f64, f64)> = drive["points"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (p[0].as_f64().unwrap(), sign * p[1].as_f64().unwrap()))
            .collect();
        for step in points.windows(2) {
            assert!(step[1].1 >= step[0].1 - 0.01, "nobody drives back: {step:?}");
            for place in places {
                let line = sign * place["chainage_m"].as_f64().unwrap();
                if step[0].1 < line - 0.2 && step[1].1 >= line + 0.2 {
                    crossings += 1;
                    let lights = [step[0].0 - BETWEEN_SAMPLES_S, step[1].0].map(|at| light(&place["sides"][side], at));
                    assert!(lights.iter().any(|l| l != "red"), "over {} at red: {step:?}", place["id"]);
                }
            }
        }
    }
    assert!(crossings > 200, "{crossings}");
    // somebody stands at some red, before the stop line of that side
    let mut queued = 0;
    for place in places {
        for (side, sign) in [(0, 1.0), (1, -1.0)] {
            for queue in place["sides"][side]["queue"].as_array().unwrap() {
                let [front, back, line] =
                    [&queue["front_m"], &queue["back_m"], &place["chainage_m"]].map(|m| sign * m.as_f64().unwrap());
                // who turns and gives way waits up to 8 m beyond it
                assert!(back < front && front <= line + 8.0, "{queue} at {}", place["id"]);
                queued += 1;
            }
        }
    }
    assert!(queued > 100, "{queued}");
    // the pictures: the same bytes each time, both orders of the axes, one direction, with queues and without
    let whole = scene(&["--queues"]);
    assert_eq!(whole, scene(&["--queues"]));
    well_formed(&format!("<style></style>{whole}"));
    assert!(whole.contains("standing queue") && whole.contains("outbound") && whole.contains("inbound"));
    let other = scene(&["--axes=distance-time", "--direction=inbound"]);
    well_formed(&format!("<style></style>{other}"));
    assert!(!other.contains("standing queue") && !other.contains("outbound") && other.contains("inbound"));
    for (bad, why) in [
        (vec!["diagram", "corridors/three.toml", "--queues"], "--replay"),
        (vec!["diagram", "corridors/three.toml", "--replay", "--at=07:00"], "--at"),
        (vec!["diagram", "corridors/three.toml", "--replay", "--from=07:00", "--to=10:00"], "more than two hours"),
        (vec!["diagram", "corridors/three.toml", "--replay", "--corridor=nowhere"], "there is no corridor nowhere"),
    ] {
        let refused = greenwave(&bad);
        assert!(!refused.status.success() && err(&refused).contains(why), "{bad:?}: {}", err(&refused));
    }
}
