//! The monitor catches each violation, and nothing else.

use greenwave_sim::monitor::{Monitor, MonitorSpec, Violation, ViolationKind, ViolationKind::*, WatchedPhase};
use greenwave_sim::signal::Lamp::{self, Dark, Green, Red, Yellow, YellowFlash};

/// Two conflicting vehicle groups and a pedestrian group that conflicts with group 1.
fn monitor(starved_after: Option<i64>) -> Monitor {
    let vehicle = WatchedPhase { pedestrian: None, min_green: 70, yellow: 30, starved_after };
    let walk = WatchedPhase { pedestrian: Some((70, 120)), min_green: 190, yellow: 0, starved_after };
    let intergreens = vec![vec![0, 50, 0], vec![60, 0, 60], vec![0, 20, 0]];
    let spec =
        MonitorSpec { phases: vec![vehicle.clone(), vehicle, walk], conflicts: vec![0b010, 0b101, 0b010], intergreens };
    let mut monitor = Monitor::new(spec, 0);
    for group in 0..3 {
        monitor.observe(0, group, Red);
    }
    monitor
}

fn findings(story: &[(i64, usize, Lamp)]) -> Vec<(i64, ViolationKind, Vec<usize>)> {
    let mut monitor = monitor(None);
    for &(at, group, lamp) in story {
        monitor.observe(at, group, lamp);
    }
    let found = monitor.violations(10_000);
    found.into_iter().map(|Violation { time, kind, phases }| (time, kind, phases)).collect()
}

#[test]
fn a_sound_cycle_is_silent() {
    let story = [
        (100, 0, Green),
        (100, 2, Green),
        (170, 2, Yellow),
        (290, 2, Red),
        (290, 0, Yellow),
        (320, 0, Red),
        (340, 1, Green),
        (410, 1, Yellow),
        (440, 1, Red),
        (470, 0, Green),
        (470, 2, Green),
    ];
    assert_eq!(findings(&story), []);
}

#[test]
fn conflicting_greens() {
    assert_eq!(findings(&[(100, 0, Green), (200, 1, Green)]), [(200, Conflict, vec![0, 1])]);
    assert_eq!(findings(&[(100, 1, Green), (200, 2, Green)]), [(200, Conflict, vec![1, 2])]);
}

#[test]
fn green_against_yellow_and_against_walkers() {
    let found = findings(&[(100, 0, Green), (200, 0, Yellow), (229, 1, Green), (230, 0, Red)]);
    assert_eq!(found, [(229, ShortClearance, vec![0, 1]), (229, Conflict, vec![0, 1])]);
    let found = findings(&[(100, 2, Green), (200, 2, Yellow), (229, 1, Green), (320, 2, Red)]);
    assert_eq!(found, [(229, Conflict, vec![1, 2])]);
}

#[test]
fn changes_of_one_moment_are_judged_together() {
    // Group 1 goes at the very moment group 0 ends; only the clearance is wrong, whatever the order of the two changes.
    let short = [(200, ShortYellow, vec![0]), (200, ShortClearance, vec![0, 1])];
    assert_eq!(findings(&[(100, 0, Green), (200, 0, Red), (200, 1, Green)]), short);
}

#[test]
fn short_green() {
    assert_eq!(findings(&[(100, 0, Green), (169, 0, Yellow), (199, 0, Red)]), [(169, ShortGreen, vec![0])]);
}

#[test]
fn short_clearance() {
    let story = |go| [(100, 0, Green), (200, 0, Yellow), (230, 0, Red), (go, 1, Green)];
    assert_eq!(findings(&story(249)), [(249, ShortClearance, vec![0, 1])]);
    assert_eq!(findings(&story(250)), []);
    // Walkers' clearance ends with red.
    let story = |go| [(100, 2, Green), (200, 2, Yellow), (320, 2, Red), (go, 1, Green)];
    assert_eq!(findings(&story(339)), [(339, ShortClearance, vec![2, 1])]);
    assert_eq!(findings(&story(340)), []);
}

#[test]
fn short_yellow() {
    assert_eq!(findings(&[(100, 0, Green), (200, 0, Yellow), (229, 0, Red)]), [(229, ShortYellow, vec![0])]);
    assert_eq!(findings(&[(100, 0, Green), (200, 0, Red)]), [(200, ShortYellow, vec![0])]);
}

#[test]
fn short_walk_and_clearance() {
    let found = findings(&[(100, 2, Green), (169, 2, Yellow), (290, 2, Red)]);
    assert_eq!(found, [(169, ShortWalk, vec![2])]);
    let found = findings(&[(100, 2, Green), (180, 2, Yellow), (299, 2, Red)]);
    assert_eq!(found, [(299, ShortPedestrianClearance, vec![2])]);
    let found = findings(&[(100, 2, Green), (169, 2, Yellow), (289, 2, Red)]);
    assert_eq!(found, [(169, ShortWalk, vec![2]), (289, ShortGreen, vec![2])]);
    assert_eq!(findings(&[(100, 2, Green), (300, 2, Red)]), [(300, ShortPedestrianClearance, vec![2])]);
}

#[test]
fn flash_excuses_what_it_ends_but_not_what_follows() {
    let story = |go| {
        [
            (100, 0, Green),
            (110, 0, YellowFlash),
            (110, 1, YellowFlash),
            (110, 2, Dark),
            (200, 0, Red),
            (200, 1, Red),
            (200, 2, Red),
            (go, 0, Green),
            (go + 70, 0, Yellow),
            (go + 100, 0, Red),
        ]
    };
    assert_eq!(findings(&story(259)), [(259, ShortClearance, vec![1, 0])]);
    assert_eq!(findings(&story(260)), []);
}

#[test]
fn starved() {
    let mut monitor = monitor(Some(1000));
    monitor.observe(500, 0, Green);
    assert_eq!(monitor.violations(1000), []);
    let found = monitor.violations(1001);
    assert_eq!(found.iter().map(|v| v.phases[0]).collect::<Vec<_>>(), [1, 2]);
    assert!(found.iter().all(|v| v.kind == Starved && v.time == 1001));
    assert_eq!(monitor.violations(5000), [], "told once; group 0 is green");
    monitor.observe(5000, 0, Yellow);
    monitor.observe(5030, 0, Red);
    monitor.observe(5060, 1, Green);
    assert_eq!(monitor.violations(6000), []);
    assert_eq!(monitor.violations(6001).len(), 1, "again since its last green");
    monitor.observe(6100, 1, Yellow);
    monitor.observe(6130, 1, Red);
    assert_eq!(monitor.violations(7200).len(), 1, "and told again");
}

#[test]
fn what_began_before_the_watch_is_not_judged() {
    let vehicle = WatchedPhase { pedestrian: None, min_green: 70, yellow: 30, starved_after: None };
    let spec = MonitorSpec { phases: vec![vehicle], conflicts: vec![0], intergreens: vec![vec![0]] };
    let mut monitor = Monitor::new(spec, 0);
    monitor.observe(0, 0, Green);
    monitor.observe(10, 0, Yellow);
    monitor.observe(40, 0, Red);
    monitor.observe(50, 7, Green);
    assert_eq!(monitor.violations(100), []);
}
