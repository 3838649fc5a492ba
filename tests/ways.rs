//! Trips of a file in a replay, and vehicles' ways out of one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const THREE: &str = "corridors/three.toml";
const SHORT: [&str; 6] = ["replay", THREE, "--from=06:30", "--to=06:36", "--bus=memory", "--threads=2"];

fn greenwave(args: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Command::new(env!("CARGO_BIN_EXE_greenwave")).args(args).current_dir(root).output().unwrap()
}

fn runs(more: &[&str]) {
    let output = greenwave(&[&SHORT[..], more].concat());
    assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn arms(path: &str) -> Value {
    let report: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    report["arms"].clone()
}

#[test]
fn trajectories_are_written_beside_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (plain, with) = (at("plain.json"), at("with.json"));
    runs(&["--days=1001", "--arms=fixed,greenwave", "--json", &plain]);
    let within = "--trajectories-within=06:31-06:33";
    runs(&["--days=1001", "--arms=fixed,greenwave", "--json", &with, "--trajectories", &at("ways.csv"), within]);
    assert_eq!(arms(&plain), arms(&with));
    for arm in ["fixed", "greenwave"] {
        let text = std::fs::read_to_string(at(&format!("ways.{arm}.1001-workday.1001001.csv"))).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
        assert_eq!(rows[0], ["time_s", "vehicle", "class", "link", "lane", "position_m", "speed_m_s"]);
        let second = |row: &Vec<&str>| row[0].parse::<u32>().unwrap();
        let seconds: std::collections::BTreeSet<u32> = rows[1..].iter().map(second).collect();
        // Every second of the window, in order, and no other.
        assert_eq!(seconds.iter().copied().collect::<Vec<_>>(), (23_460..23_580).collect::<Vec<_>>());
        assert!(rows[1..].is_sorted_by_key(second) && rows.len() > 1000, "{} rows", rows.len());
        // A vehicle on one link moves by what its speed says.
        let mut last = std::collections::BTreeMap::new();
        let mut checked = 0;
        for row in &rows[1..] {
            let [at, speed] = [5, 6].map(|k| row[k].parse::<f64>().unwrap());
            if let Some((link, t, before, fast)) = last.insert(row[1], (row[3], second(row), at, speed))
                && link == row[3]
                && t + 1 == second(row)
            {
                checked += 1;
                let wanted = 0.5 * (fast + speed);
                assert!((at - before - wanted).abs() < 1.5, "{row:?}: moved {} at {wanted}", at - before);
            }
        }
        assert!(checked > 500, "{checked}");
    }
    runs(&["--days=1001", "--arms=fixed", "--trajectories", &at("one.jsonl"), "--trajectories-within=06:31-06:32"]);
    let lines = std::fs::read_to_string(at("one.jsonl")).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(first["time_s"] == 23_460 && first["link"].is_string() && first["speed_m_s"].is_number(), "{first}");
}

#[test]
fn the_trips_of_a_file_are_driven_verified_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (trips, report) = (at("trips.csv"), at("report.json"));
    let mut text = String::from("depart_s,entry,exit,class\n");
    for k in 0..120 {
        text += &format!("{},t1.W,t3.E,{}\n", 23_400 + 3 * k, if k % 10 == 0 { "heavy" } else { "car" });
    }
    std::fs::write(&trips, &text).unwrap();
    runs(&["--arms=fixed,greenwave", "--trips", &trips, "--json", &report]);
    for arm in arms(&report).as_array().unwrap() {
        assert_eq!(arm["seeds"].as_array().unwrap().len(), 1, "one day");
        let measures = &arm["seeds"][0]["measures"];
        assert_eq!((&measures["all"]["wished"], &measures["all"]["out"]), (&120.into(), &120.into()));
        assert_eq!(measures["classes"][0]["wished"], 120, "all go through");
    }
    let verified = greenwave(&["replay", "--verify", &report]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    std::fs::write(&trips, text.replace("23400", "23401")).unwrap();
    let other = greenwave(&["replay", "--verify", &report]);
    assert!(!other.status.success() && String::from_utf8_lossy(&other.stderr).contains("the trips file"));
    std::fs::write(&trips, "depart_s,entry,exit\n23400,t9.W,t3.E\n23401,t1.W,t3.E\n23402,t1.W,t2.W\n").unwrap();
    let refused = greenwave(&[&SHORT[..], &["--trips", &trips]].concat());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{said}");
    for word in ["trips.csv:2: `t9.W` is no entry", "trips.csv:4: `t2.W` is no exit"] {
        assert!(said.contains(word), "{said}");
    }
    std::fs::write(&trips, "depart_s,entry,exit\n100,t1.W,t3.E\n").unwrap();
    let none = greenwave(&[&SHORT[..], &["--trips", &trips]].concat());
    assert!(String::from_utf8_lossy(&none.stderr).contains("begins from 06:30 to 06:36"));
}
