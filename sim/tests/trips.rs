//! Trips files: the trips that are named, on the way that is named, and every bad row told.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::traffic::Traffic;
use greenwave_sim::trips::Trips;
use greenwave_sim::weather::Weather;

const WAYS: &str = "\
id,depart_s,class,route,entry,exit
a,20.0,heavy,,dc01.W,exit.E
b,10.5,car,dc01.W dc02.W dc02.exitS,,
c,10.5,,,dc05.S,dc05.exitN
d,30.0,,,dc05.S,exit.W
";

#[test]
fn trips_drive_when_and_where_they_are_said_to() {
    let street = Arc::new(kit::dongchang());
    let trips = Arc::new(Trips::parse(&street, WAYS).unwrap_or_else(|p| panic!("{p:?}")));
    assert_eq!((trips.within(0.0, 100.0), trips.within(10.5, 20.0), trips.within(20.0, 30.0)), (4, 2, 1));
    let all: Vec<_> = trips.coming(7, 0.0, Weather::Dry, (0.0, 100.0)).collect();
    let name = |l: &u32| street.links()[*l as usize].name.clone();
    let ways: Vec<Vec<String>> = all.iter().map(|d| d.route.iter().map(name).collect()).collect();
    assert_eq!(all.iter().map(|d| d.at_s).collect::<Vec<_>>(), [10.5, 10.5, 20.0, 30.0]);
    assert_eq!(ways[0], ["dc01.W", "dc02.W", "dc02.exitS"]);
    assert_eq!(ways[1], ["dc05.S", "dc05.exitN"]);
    assert_eq!((ways[2].len(), ways[2][11].as_str(), ways[2][12].as_str()), (13, "dc12.W", "exit.E"));
    assert_eq!(ways[3], ["dc05.S", "dc04.E", "dc03.E", "dc02.E", "dc01.E", "exit.W"]);
    assert_eq!(all.iter().map(|d| d.driver.heavy).collect::<Vec<_>>(), [false, false, true, false]);
    // Who comes later is the same driver whether the run begins before or after those before him.
    let late: Vec<_> = trips.coming(7, 0.0, Weather::Dry, (15.0, 25.0)).collect();
    assert_eq!(late, all[2..3]);
    assert_ne!(trips.coming(8, 0.0, Weather::Dry, (15.0, 25.0)).next().map(|d| d.driver), Some(all[2].driver));
    let mut traffic = Traffic::new(
        street.clone(),
        trips.coming(7, 0.0, Weather::Dry, (0.0, 100.0)),
        7,
        Window { start_s: 0.0, from_s: 0.0, to_s: 100.0 },
    );
    while !traffic.idle() && traffic.now_s() < 1800.0 {
        traffic.step(&vec![Lamp::Green; street.groups()]);
    }
    let all = traffic.finish().all;
    assert_eq!((all.wished, all.out), (4, 4));
}

#[test]
fn every_bad_row_is_told_with_its_line_and_a_mend() {
    let street = kit::dongchang();
    let bad = "\
depart_s,class,route,entry,exit
1,,,dc01.W,exit.E
-1,,,dc01.W,exit.E
noon,,,dc01.W,exit.E
90000,,,dc01.W,exit.E
2,bus,,dc01.W,exit.E
3,,,,
4,,dc01.W exit.E,dc01.W,exit.E
5,,,dc02.W,exit.E
6,,,dc01.W,dc02.W
7,,dc01.W dc03.W,,
8,,dc01.W dc02.W,,
9,,dc01.W nowhere,,
10,,dc02.W dc03.W,,
11,,,dc01.W,
";
    let problems = Trips::parse(&street, bad).expect_err("bad rows");
    let wanted = [
        (3, "number from 0"),
        (4, "`noon` is no second"),
        (5, "below 86400"),
        (6, "neither car nor heavy"),
        (7, "give route, or entry and exit"),
        (8, "not both"),
        (9, "`dc02.W` is no entry of the street; entries are dc01.W, "),
        (10, "`dc02.W` is no exit of the street; exits are exit.W, exit.E"),
        (11, "no turn leads from dc01.W to dc03.W; from there go to "),
        (12, "not on dc02.W; go on to an exit"),
        (13, "no link `nowhere`"),
        (14, "`dc02.W` is no entry"),
        (15, "give route, or entry and exit"),
    ];
    assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
    for (problem, (line, says)) in problems.iter().zip(wanted) {
        assert_eq!(problem.line, line, "{problem}");
        assert!(problem.problem.contains(says), "{problem}");
    }
    let head = |text: &str| Trips::parse(&street, text).expect_err("a bad header").swap_remove(0).to_string();
    assert!(head("depart,entry,exit\n").contains("no column `depart`; columns are"));
    assert!(head("entry,exit\n").contains("depart_s is missing"));
}
