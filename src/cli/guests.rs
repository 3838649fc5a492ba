//! What a replay tells of the vehicles that its scene knows by name, arm by arm.

use crate::replay::{Results, Row};
use crate::rig::{BusMeasure, EmergencyMeasure};
use std::fmt::Write as _;

/// The table of them; empty where there are none.
pub(super) fn told(results: &Results) -> String {
    let mut text = String::new();
    let mut ids: Vec<&str> = results.arms.iter().flat_map(emergencies).map(|e| e.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let mine = |row| emergencies(row).filter(|e| e.id == id).collect::<Vec<_>>();
        let free = results.arms.iter().flat_map(mine).map(|e| e.free_s).next().unwrap_or_default();
        let _ = writeln!(text, "emergency vehicle {id}, free flow {free:.0} s");
        for row in &results.arms {
            let runs = mine(row);
            let out: Vec<f64> = runs.iter().filter_map(|e| e.travel_s).collect();
            let stops: u32 = runs.iter().filter(|e| e.travel_s.is_some()).map(|e| u32::from(e.stops)).sum();
            let n = out.len().max(1) as f64;
            let (travel, stops) = (out.iter().sum::<f64>() / n, f64::from(stops) / n);
            let _ = match out.len() {
                0 => writeln!(text, "  {:<20} not out in any run", row.arm.name()),
                k => writeln!(
                    text,
                    "  {:<20} {travel:.1} s, {stops:.1} stops, out in {k} of {} runs",
                    row.arm.name(),
                    runs.len()
                ),
            };
        }
    }
    let mut lines: Vec<&str> = results.arms.iter().flat_map(buses).map(|b| b.line.as_str()).collect();
    lines.sort_unstable();
    lines.dedup();
    for line in lines {
        let mine = |row| buses(row).filter(|b| b.line == line).collect::<Vec<_>>();
        let free = results.arms.iter().flat_map(mine).map(|b| b.free_s).next().unwrap_or_default();
        let _ = writeln!(text, "bus line {line}, free flow without stops {free:.0} s");
        for row in &results.arms {
            let all = mine(row);
            let out: Vec<(f64, f64)> = all.iter().filter_map(|b| Some((b.travel_s?, b.dwell_s))).collect();
            let n = out.len().max(1) as f64;
            let (travel, dwell) =
                out.iter().fold((0.0, 0.0), |(t, d), (travel, dwell)| (t + travel / n, d + dwell / n));
            let (called, stops) = all.iter().fold((0, 0), |(c, s), b| (c + b.called, s + b.stops));
            let _ = match out.len() {
                0 => writeln!(text, "  {:<20} not out in any run", row.arm.name()),
                k => writeln!(
                    text,
                    "  {:<20} {travel:.1} s, {dwell:.1} s of it at stops; {k} of {} out\n  {:20} called at {called} of {stops} stops",
                    row.arm.name(),
                    all.len(),
                    ""
                ),
            };
        }
    }
    text
}

fn buses(row: &Row) -> impl Iterator<Item = &BusMeasure> {
    row.seeds.iter().filter_map(|run| run.scene.as_ref()).flat_map(|scene| &scene.buses)
}

fn emergencies(row: &Row) -> impl Iterator<Item = &EmergencyMeasure> {
    row.seeds.iter().filter_map(|run| run.scene.as_ref()).flat_map(|scene| &scene.emergencies)
}
