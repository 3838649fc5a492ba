//! Scenes driven through `greenwave replay`: closures and vehicles known by name, told of in the report, verified, refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use serde_json::Value;
use std::path::Path;
use std::process::Command;

const THREE: &str = "corridors/three.toml";
const SCENE: &str = "sim/scenarios/three-scene.toml";

/// Exit code, standard output and standard error of the program, run in the repository's root.
fn greenwave(args: &[&str]) -> (Option<i32>, String, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_greenwave")).args(args).current_dir(root).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn replay<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let short = ["replay", THREE, "--days=1001", "--from=06:30", "--to=07:00", "--bus=memory", "--threads=2"];
    let arms = ["--arms", "fixed,greenwave"];
    short.into_iter().chain(arms).chain(more.iter().copied()).collect()
}

fn report(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_scene_is_driven_told_of_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["with.json", "without.json"].map(|name| folder.path().join(name));
    let [with, without] = paths.each_ref().map(|path| path.to_str().unwrap());
    let (code, table, said) = greenwave(&replay(&["--scene", SCENE, "--json", with]));
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "scene a morning: 1 x closure, 1 x emergency vehicle, 1 x bus line, 1 x event,",
        "bus line B1, free flow without stops",
        "emergency vehicle ambulance, free flow",
        "out in 1 of 1 runs",
        "conflict monitors: 0 violations",
    ] {
        assert!(table.contains(words), "`{words}` is missing:\n{table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let (code, table, said) = greenwave(&replay(&["--json", without]));
    assert_eq!(code, Some(0), "{said}");
    assert!(!table.contains("scene") && !table.contains("emergency"), "{table}");
    let [with_scene, plain] = paths.each_ref().map(|path| report(path));
    assert_eq!(
        with_scene["study"]["scenes"][0],
        "a morning: 1 x closure, 1 x emergency vehicle, 1 x bus line, 1 x event, 1 x rain"
    );
    assert_eq!(with_scene["provenance"]["scene"].as_str().unwrap().len(), 64);
    assert!(plain["study"].get("scenes").is_none() && plain["provenance"].get("scene").is_none());
    for (with, plain) in with_scene["arms"].as_array().unwrap().iter().zip(plain["arms"].as_array().unwrap()) {
        let (with, plain) = (&with["seeds"][0], &plain["seeds"][0]);
        assert!(plain.get("scene").is_none());
        let ambulance = &with["scene"]["emergencies"][0];
        assert_eq!(ambulance["passed"].as_array().unwrap().len(), 3, "{ambulance}");
        assert_eq!(ambulance["passed"][0][0], "t1.W");
        let (travel, free) = (ambulance["travel_s"].as_f64().unwrap(), ambulance["free_s"].as_f64().unwrap());
        assert!(travel >= free && travel < free + 200.0, "{travel} s, free flow {free} s");
        let buses = with["scene"]["buses"].as_array().unwrap();
        assert_eq!(buses.len(), 5);
        assert!(buses.iter().all(|b| b["travel_s"].as_f64() > b["free_s"].as_f64()), "{buses:?}");
        // The stop before the works may be passed while they are there.
        let called: u64 = buses.iter().map(|b| b["called"].as_u64().unwrap()).sum();
        assert!((8..=10).contains(&called), "{buses:?}");
        // Everybody else is who he was; besides, one ambulance, the buses after the warm-up and about 40 of the shift drove.
        let wished = |run: &Value| run["measures"]["all"]["wished"].as_u64().unwrap();
        assert!((20..70).contains(&(wished(with) - wished(plain))), "{} {}", wished(with), wished(plain));
        assert_ne!(with["measures"]["all"]["delay_s"], plain["measures"]["all"]["delay_s"]);
    }
    let (code, table, said) = greenwave(&["replay", "--verify", with, "--bus", "memory"]);
    assert!(code == Some(0) && table.contains("the same, byte for byte"), "{table}{said}");
}

#[test]
fn what_a_street_does_not_have_is_refused_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.toml");
    let file = path.to_str().unwrap();
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(SCENE)).unwrap();
    let says = |text: String, all: &[&str]| {
        std::fs::write(&path, text).unwrap();
        let (code, out, said) = greenwave(&replay(&["--scene", file]));
        assert!(code == Some(3) && out.is_empty(), "{code:?} {out}");
        // Long messages are wrapped.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        all.iter().for_each(|words| assert!(said.contains(words), "`{words}` is missing: {said}"));
    };
    says(
        text.replace("\"t2\"", "\"t9\"").replace("arm = \"E\"", "arm = \"W\"").replace("\"t3\"", "\"t2\""),
        &["the street has no approach t9 W", "nobody leaves the street from t2 to W"],
    );
    says(
        text.replace("to_m = 60.0", "to_m = 119.0").replace("at_h = 6.7", "at_h = 25.0"),
        &["scene.toml:8: [[closure]]: from_m", "scene.toml:18: [[emergency]]: at_h: must lie within 0 to 24"],
    );
    says(text.replace("kind = \"scene\"", "kind = \"scenario\""), &["scene.toml:4: kind must be \"scene\""]);
    says(text.replace("approach = \"W\"\nlane", "approach = \"W\"\nlain"), &["unknown field `lain`"]);
}
