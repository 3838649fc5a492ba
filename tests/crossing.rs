//! Two corridors that cross (`tests/networks/cross`), from the files to the street: checked, planned, run by the core.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use greenwave::corridor::{Arm, Direction, Movement, Network, load};
use greenwave::demand::DayProfile;
use greenwave::optimise::{Aim, Search, Settings, predict, propose, widest_bands};
use greenwave::replay::{Arm as Policy, Book, BusKind, Shared, Training, run_arm, train};
use greenwave::rig::{Demand, Run, Scenario};
use greenwave::units::Tenths;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

const FROM_S: u32 = 25_200;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks/cross")
}

fn network() -> Network {
    let mut files: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &PathBuf| (path.display().to_string(), std::fs::read(path).unwrap());
    load(&files.iter().map(read).collect::<Vec<_>>()).unwrap_or_else(|p| panic!("{p:?}"))
}

/// An even day: the two ways of a street and the two streets differ, so that nothing can be mistaken for another.
fn counts(network: &Network) -> String {
    let mut csv = String::from("intersection,approach,movement,start_s,vehicles\n");
    for index in network.indices() {
        let at = network.intersection(index);
        for approach in &at.approaches {
            let hourly = match network.carried(index, approach.from) {
                Some((0, Direction::Outbound)) => 500.0,
                Some((0, Direction::Inbound)) => 400.0,
                Some((_, Direction::Outbound)) => 600.0,
                Some((_, Direction::Inbound)) => 450.0,
                None => 200.0,
            };
            for movement in approach.movements().iter() {
                let share = if movement == Movement::Through { 0.8 } else { 0.1 };
                for hour in 0..24 {
                    let start = hour * 3600;
                    writeln!(csv, "{},{},{movement},{start},{:.1}", at.id, approach.from, hourly * share).unwrap();
                }
            }
        }
    }
    csv
}

/// The hour from seven of these counts, in bins of five minutes.
fn hour(csv: &str) -> String {
    let mut hour = String::from("intersection,approach,movement,start_s,vehicles\n");
    for row in csv.lines().filter(|row| row.split(',').nth(3) == Some("25200")) {
        let [at, from, movement, _, vehicles] = row.split(',').collect::<Vec<_>>()[..] else { panic!("{row}") };
        for bin in 0..12 {
            let (start, share) = (FROM_S + 300 * bin, vehicles.parse::<f64>().unwrap() / 12.0);
            writeln!(hour, "{at},{from},{movement},{start},{share:.3}").unwrap();
        }
    }
    hour
}

#[test]
fn each_arm_carries_its_corridor() {
    let network = network();
    let [south_north, west_east] = network.corridors() else { panic!("two corridors") };
    assert_eq!((south_north.id.as_str(), west_east.id.as_str()), ("south-north", "west-east"));
    assert_eq!(network.intersections().len(), 5, "x is one intersection");
    let x = network.find("x").unwrap();
    let carried = [Arm::S, Arm::N, Arm::W, Arm::E].map(|from| network.carried(x, from).unwrap());
    let (out, back) = (Direction::Outbound, Direction::Inbound);
    assert_eq!(carried, [(0, out), (0, back), (1, out), (1, back)]);
    let w1 = network.find("w1").unwrap();
    assert_eq!((network.carried(w1, Arm::S), network.carried(w1, Arm::E)), (None, Some((1, back))));
    // The city's day holds for corridors that state none.
    assert_eq!((network.almanac().plans[0].periods.len(), network.utc_offset_s()), (2, 28_800));
    let order: Vec<_> = west_east.members.iter().map(|m| network.intersection(m.intersection).id.as_str()).collect();
    assert_eq!(order, ["w1", "x", "w3"]);
}

#[test]
fn both_corridors_are_planned_together() {
    let network = network();
    let profile = DayProfile::parse(&network, counts(&network).as_bytes()).unwrap();
    let settings = Settings { search: Search { work: 40_000, ..Search::default() }, ..Settings::default() };
    let flows = profile.at(FROM_S);
    let proposal = propose(&network, &flows, None, &settings).unwrap();
    assert!(proposal.plans.iter().all(|plan| plan.cycle == proposal.cycle), "one cycle over the crossing");
    let of =
        |direction: Direction, corridor: usize| proposal.predicted.corridor_veh_s_per_h[corridor][direction as usize];
    assert!(Direction::BOTH.iter().all(|&d| of(d, 0) > 0.0 && of(d, 1) > 0.0));
    // At the crossing no approach is a side street, and coordination pays: all offsets at zero are worse.
    let x = network.find("x").unwrap();
    let sides = proposal.predicted.approaches.iter().filter(|a| a.intersection == x && a.corridor.is_none());
    assert_eq!(sides.count(), 0);
    let zero: Vec<_> = proposal.plans.iter().map(|plan| plan.at_offset(greenwave::units::Shift::new(0))).collect();
    let unturned = predict(&network, &flows, &zero, &settings).unwrap();
    assert!(
        proposal.predicted.objective < 0.98 * unturned.objective,
        "{} {}",
        proposal.predicted.objective,
        unturned.objective
    );
    for corridor in 0..2 {
        let aim = Aim::Sum { weights: [1.0; 2], least_s: [0.0; 2] };
        let bands = widest_bands(&network, corridor, &proposal.plans, aim, Tenths::from_seconds(1)).unwrap();
        let other = network.corridors()[1 - corridor].members.iter().filter(|m| m.intersection != x);
        for member in other {
            let k = member.intersection.0;
            assert_eq!(bands.plans[k], proposal.plans[k], "the other corridor's own stay as they were");
        }
    }
}

#[test]
fn the_core_runs_them_and_no_monitor_sees_anything() {
    let network = Arc::new(network());
    let csv = counts(&network);
    let profile = DayProfile::parse(&network, csv.as_bytes()).unwrap();
    let settings = Settings { search: Search { work: 20_000, ..Search::default() }, ..Settings::default() };
    let training = Training { rounds: 0, threads: 1, within: None, days: &[] };
    let fixed = train(&network, &profile, None, &settings, &training, &mut |_| ()).unwrap();
    let book = Book::new(&network, &profile, fixed, &settings).unwrap();
    let shared = Shared { network, profile, book, settings, policy: Default::default() };
    let scenario = include_str!("../sim/scenarios/jinan-r2.toml");
    let counted = Scenario::parse("jinan-r2.toml", scenario, |_| Ok(hour(&csv))).unwrap();
    let demand = Demand::mean(&counted);
    let run = Run { demand: &demand, day: 1001, seed: 1, start_s: FROM_S - 600, from_s: FROM_S, to_s: FROM_S + 900 };
    let outcomes = [Policy::Fixed, Policy::Greenwave].map(|arm| run_arm(&shared, arm, &run, BusKind::Memory).unwrap());
    for outcome in &outcomes {
        assert_eq!(outcome.violations, 0);
        assert_eq!(outcome.measures.all.wished, outcomes[0].measures.all.wished, "the same arrivals");
        assert!(outcome.measures.all.wished > 700, "{}", outcome.measures.all.wished);
        for (direction, whole) in Direction::BOTH.into_iter().zip(&outcome.measures.end_to_end) {
            // Vehicles that drove a whole corridor drove 850 m or 900 m, not both.
            let each = whole.metres / f64::from(whole.vehicles);
            assert!(whole.vehicles > 50 && (850.0..=900.0).contains(&each), "{direction:?}: {each} m");
        }
    }
    assert!(outcomes[1].changes > 0, "the core took the cabinets over");
    let lines = outcomes[1].journal.lines().join("\n");
    assert!(!lines.contains("\"refused\"") && lines.contains("\"in-step\""), "{lines}");
}

#[test]
fn the_program_checks_and_plans_the_folder() {
    let greenwave = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_greenwave")).args(args).output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{args:?}: {out}{err}");
        out
    };
    let folder = folder();
    let here = folder.to_str().unwrap();
    assert!(
        greenwave(&["check", here])
            .contains("4 files checked: 南北大街 South-North Street, 东西大街 West-East Avenue, 5 inter")
    );
    let scratch = tempfile::tempdir().unwrap();
    let csv = scratch.path().join("counts.csv");
    std::fs::write(&csv, counts(&network())).unwrap();
    let plan = greenwave(&["plan", here, "--at=08:00", "--counts", csv.to_str().unwrap()]);
    let (corridors, coupling) = plan.split_once("\nCoupling").unwrap();
    let lines: Vec<&str> = corridors.lines().filter(|line| line.starts_with("x ")).collect();
    assert_eq!(lines.len(), 2, "the crossing stands in both corridors:\n{plan}");
    let links = coupling.lines().filter(|line| line.contains(" - ") && line.split(' ').any(|word| word == "x"));
    assert_eq!(links.count(), 4, "and has four neighbours:\n{plan}");
    let offset = |line: &str| line.split_whitespace().nth(3).unwrap().to_owned();
    assert_eq!(offset(lines[0]), offset(lines[1]), "with one offset:\n{plan}");
}
