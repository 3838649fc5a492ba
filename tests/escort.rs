//! The binary escorts a vehicle on the tutorial street: faster, safe, by itself at its end, and the same bytes whatever the bus.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use serde_json::Value;
use std::process::Command;

fn escort(seeds: &str, more: &[&str]) -> (Option<i32>, Vec<u8>) {
    let street = concat!(env!("CARGO_MANIFEST_DIR"), "/corridors/three.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenwave"));
    let out = command.args(["escort", street, "--seeds", seeds, "--format", "json"]).args(more).output().unwrap();
    assert!(out.status.code() != Some(3), "{}", String::from_utf8_lossy(&out.stderr));
    (out.status.code(), out.stdout)
}

#[test]
fn an_escorted_vehicle_is_faster_and_nobody_is_endangered() {
    for way in ["outbound", "inbound"] {
        let (code, bytes) = escort("2", &["--direction", way]);
        let report: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((code, &report["unsafe_intervals"]), (Some(0), &Value::from(0)));
        assert!(report["recovery_cycles_most"].as_u64().unwrap() <= 3);
        let travel =
            report["comparisons"].as_array().unwrap().iter().find(|c| c["measure"] == "travel time of the vehicle");
        assert!(travel.unwrap()["mean"].as_f64().unwrap() < 0.0, "{way}: {travel:?}");
        assert_eq!(report["pairs"].as_array().unwrap().len(), 2);
        assert!(report["pairs"].as_array().unwrap().iter().all(|p| p["ended_by_itself"] == true), "{way}");
    }
}

#[test]
fn memory_and_tcp_give_the_same_report() {
    let results = |bus: &str| {
        let mut report: Value = serde_json::from_slice(&escort("1", &["--bus", bus]).1).unwrap();
        report.as_object_mut().unwrap().remove("provenance");
        report
    };
    assert_eq!(results("memory"), results("tcp"));
}

#[test]
fn a_way_that_is_none_is_refused_with_its_place() {
    let street = concat!(env!("CARGO_MANIFEST_DIR"), "/corridors/three.toml");
    let out =
        Command::new(env!("CARGO_BIN_EXE_greenwave")).args(["escort", street, "--route", "t1,t3"]).output().unwrap();
    assert_eq!(out.status.code(), Some(3));
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("t1 - t3: they are not neighbours"), "{said}");
}
