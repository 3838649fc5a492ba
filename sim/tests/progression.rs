//! Arrivals on green where the answer is known: by chance, with every platoon on green, with every platoon on red.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::Departure;
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::Window;
use greenwave_sim::progression::ProgressionMeasure;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{ApproachClass, Movement, Street};
use greenwave_sim::traffic::Traffic;

const CYCLE_S: f64 = 90.0;
const GREEN_S: f64 = 36.0;
const FROM_S: f64 = 900.0;
const TO_S: f64 = 4500.0;
/// From the wish to enter to the stop line 800 m on, undisturbed: the default car wishes 50 km/h.
const DRIVE_S: f64 = 800.0 / 13.889;

/// An entry whose signal is always green, one link of a corridor, the way out.
fn street() -> Street {
    let straight = |group, to| vec![kit::lane(0.0, &[(Movement::Through, group, to)])];
    let mut entry = kit::link("in", Some(0), 200.0, straight(0, 1));
    entry.entry = true;
    let mut way = kit::link("way", Some(1), 600.0, straight(1, 2));
    way.corridor = Some(0);
    way.approach_class = ApproachClass::Arterial(0);
    let out = kit::link("out", None, 500.0, vec![kit::lane(0.0, &[])]);
    Street::new(vec![entry, way, out], 2, vec![], vec![], 2).expect("a valid street")
}

/// What is measured when cars arrive at the stop line at these times and green begins with every cycle.
fn measured(arrivals: impl Iterator<Item = f64>, green_s: f64) -> ProgressionMeasure {
    let departure = |at: f64| Departure { at_s: at - DRIVE_S, route: vec![0, 1, 2], driver: Driver::CAR };
    let departures: Vec<_> = arrivals.map(departure).collect();
    let window = Window { start_s: 0.0, from_s: FROM_S, to_s: TO_S };
    let mut traffic = Traffic::new(Arc::new(street()), departures, 1, window);
    while traffic.now_s() < TO_S + 300.0 {
        let at = traffic.now_s() % CYCLE_S;
        let lamp = if at < green_s { Lamp::Green } else { Lamp::Red };
        traffic.step(&[Lamp::Green, lamp]);
    }
    let rows = traffic.finish().progression;
    assert_eq!(rows.len(), 1, "of the three only the link behind a signal of the corridor counts");
    rows.into_iter().next().expect("one row")
}

/// Four cars a cycle, three seconds apart, the first so long after the cycle begins.
fn platoons(after_s: f64) -> impl Iterator<Item = f64> {
    (1..60).flat_map(move |k| (0..4).map(move |car| f64::from(k) * CYCLE_S + after_s + 3.0 * f64::from(car)))
}

#[test]
fn arrivals_by_chance_have_a_ratio_of_one() {
    // 13 s and 90 s have no common factor: arrivals lie everywhere in the cycle
    let m = measured((4..400).map(|k| 13.0 * f64::from(k)), GREEN_S);
    assert!((m.green_s / m.seconds - GREEN_S / CYCLE_S).abs() < 0.01, "{m:?}");
    assert!((f64::from(m.arrivals) - (TO_S - FROM_S) / 13.0).abs() <= 3.0, "everybody arrives once: {m:?}");
    let ratio = m.platoon_ratio().expect("there were arrivals");
    assert!((ratio - 1.0).abs() < 0.12, "{ratio}: {m:?}");
}

#[test]
fn a_platoon_that_meets_the_green_or_the_red_is_told_apart() {
    let green = measured(platoons(12.0), GREEN_S);
    assert!(green.arrivals >= 150 && green.on_green == green.arrivals, "{green:?}");
    let ratio = green.platoon_ratio().expect("there were arrivals");
    assert!((ratio - CYCLE_S / GREEN_S).abs() < 0.05, "{ratio}");
    let red = measured(platoons(50.0), GREEN_S);
    assert!(red.arrivals >= 150 && red.on_green == 0, "{red:?}");
    assert_eq!(red.platoon_ratio(), Some(0.0));
}

#[test]
fn a_longer_green_raises_the_share_and_not_the_ratio() {
    let m = measured((4..400).map(|k| 13.0 * f64::from(k)), CYCLE_S);
    assert_eq!((m.share_on_green(), m.platoon_ratio()), (Some(1.0), Some(1.0)));
    let nobody = measured(std::iter::empty(), GREEN_S);
    assert_eq!((nobody.arrivals, nobody.share_on_green(), nobody.platoon_ratio()), (0, None, None));
}
