//! Queues, distributions and the use of green, against what is known beforehand.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::Departure;
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::{Measures, Window};
use greenwave_sim::signal::Lamp;
use greenwave_sim::traffic::Traffic;
use kit::truth;

/// `cars` at `every_s` on one lane of 600 m under a signal of `green` in 90 s, measured until `until_s`.
fn run(cars: usize, every_s: f64, green: f64, until_s: f64) -> (Measures, Vec<f64>) {
    let at = |i: usize| Departure { at_s: every_s * i as f64, route: vec![0, 1], driver: Driver::CAR };
    let window = Window { start_s: 0.0, from_s: 0.0, to_s: until_s };
    let mut traffic = Traffic::new(Arc::new(kit::single(1, 600.0)), (0..cars).map(at).collect::<Vec<_>>(), 1, window);
    let mut took = Vec::new();
    while traffic.now_s() < until_s {
        let lamp = if traffic.now_s() % 90.0 < green { Lamp::Green } else { Lamp::Red };
        traffic.step(&[lamp]);
        took.extend(traffic.exits().iter().map(|e| e.at_s - every_s * f64::from(e.vehicle)));
    }
    (traffic.finish(), took)
}

#[test]
fn a_standing_queue_reaches_and_lasts_as_it_does() {
    let (m, _) = run(12, 3.0, 0.0, 600.0);
    let a = &m.approaches[0];
    let (length, _) = truth::standing(12);
    println!("{} m of {length} m, {} s, longest {} s", a.max_reach_m, a.queue_s, a.longest_queue_s);
    assert_eq!(a.max_queue, 12);
    assert!((f64::from(a.max_reach_m) - length).abs() < 1.0, "{} against {length}", a.max_reach_m);
    // The first stops after free driving and braking, and stays.
    assert!((545.0..557.0).contains(&a.queue_s), "{}", a.queue_s);
    assert_eq!(a.queue_s, a.longest_queue_s);
    let mean = a.mean_reach_m.expect("looked at");
    assert!(mean > 0.8 * length && mean < length, "{mean}");
    assert_eq!((a.lanes[0].green_use, m.all.travel), (None, None));
}

#[test]
fn queues_come_and_go_with_the_red() {
    let (m, _) = run(300, 6.0, 42.0, 1800.0);
    let a = &m.approaches[0];
    println!("queueing {} s, longest {} s, reach {} m", a.queue_s, a.longest_queue_s, a.max_reach_m);
    // Each of 20 cycles has a red of 48 s, and a queue for most of it and until it has driven off.
    assert!((40.0..75.0).contains(&a.longest_queue_s), "{}", a.longest_queue_s);
    assert!((16.0..21.0).contains(&(a.queue_s / a.longest_queue_s)), "{} of {}", a.queue_s, a.longest_queue_s);
    assert!((50.0..100.0).contains(&a.max_reach_m), "{}", a.max_reach_m);
}

#[test]
fn the_green_is_used_as_it_is_filled() {
    // Full greens lose their start and have no yellow here.
    for (every_s, wanted) in [(12.0, 300.0 / 887.0), (6.0, 600.0 / 887.0), (3.0, 0.95)] {
        let (m, _) = run((3600.0 / every_s) as usize, every_s, 42.0, 3600.0);
        let lane = &m.approaches[0].lanes[0];
        let used = lane.green_use.expect("there was green");
        println!("every {every_s} s: {} vehicles in {} s of green: {used:.3}", lane.vehicles, lane.green_s);
        assert_eq!(lane.green_s, 42.0 * 40.0);
        assert!((used - wanted).abs() < 0.06, "{used} instead of {wanted}");
    }
}

#[test]
fn travel_times_are_told_by_their_quantiles() {
    let (m, mut took) = run(300, 6.0, 42.0, 2400.0);
    took.sort_by(f64::total_cmp);
    let (spread, mine) = (m.all.travel.expect("they are out"), &m.classes[4]);
    assert_eq!(Some(spread), mine.travel, "all are of one class");
    for (got, share) in [(spread.p10_s, 0.10), (spread.p50_s, 0.50), (spread.p85_s, 0.85), (spread.p95_s, 0.95)] {
        let exact = took[(share * took.len() as f64) as usize];
        assert!((got / exact - 1.0).abs() < 0.02, "{share}: {got} instead of {exact}");
    }
}
