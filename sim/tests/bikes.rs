//! Bicycles: how a queue of them discharges, what the second stage costs those who turn left, what the detector counts.

#[path = "../examples/kit/mod.rs"]
mod kit;

use greenwave_sim::bikes::DISCHARGE_PER_S_M;
use greenwave_sim::measure::Measures;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{BikeLane, Control, GiveWay, Lane, Movement};
use greenwave_sim::traffic::Traffic;
use kit::cross::{Crossroads, E, GROUPS, S, W, lamp, ruled, traffic};

const C: f64 = 90.0;

/// Bicycles from the west, those that turn left go on with the green of the south.
fn crossroads(per_h: f32, left_share: f32, width_m: f32) -> Crossroads {
    let mut x = Crossroads::new(2);
    let lane = BikeLane { link: W, group: W, width_m, per_h, e_bike_share: 0.6, left_share, hook: Some(1) };
    x.bikes = vec![lane.clone(), BikeLane { link: S, group: S, per_h: 0.0, left_share: 0.0, hook: None, ..lane }];
    x
}

/// Half of the cycle for each street.
fn ride(mut t: Traffic, until: f64) -> (Measures, u32) {
    let mut lamps = vec![Lamp::Red; GROUPS];
    while t.now_s() < until {
        for (arm, from) in [(W, 0.0), (E, 0.0), (S, 45.0)] {
            lamps[arm] = lamp(t.now_s(), C, from, from + 39.0);
        }
        t.step(&lamps);
    }
    let seen = t.loops().last().map_or(0, |l| l.count) + t.loops()[t.loops().len() - 2].count;
    (t.finish(), seen)
}

#[test]
fn a_queue_of_bicycles_leaves_in_bulk() {
    for width_m in [2.0, 3.5] {
        let street = crossroads(6000.0, 0.0, width_m).build();
        let (m, _) = ride(traffic(&street, &[], 1.0, 1), 3600.0);
        let wanted = DISCHARGE_PER_S_M * f64::from(width_m) * 39.0 / C * 3600.0;
        println!("{width_m} m: {} bicycles/h, {wanted:.0} by the rate and the green", m.bikes[0].served);
        assert!((f64::from(m.bikes[0].served) / wanted - 1.0).abs() < 0.05);
        assert!(m.bikes[0].waiting > 500, "the rest waits");
    }
}

#[test]
fn all_are_served_and_counted_and_a_left_turn_takes_two_stages() {
    let (straight, seen) = ride(traffic(&crossroads(400.0, 0.0, 2.5).build(), &[], 1.0, 2), 4200.0);
    let (left, _) = ride(traffic(&crossroads(400.0, 1.0, 2.5).build(), &[], 1.0, 2), 4200.0);
    let (a, b) = (&straight.bikes[0], &left.bikes[0]);
    println!("straight on {:?} s, left {:?} s", a.mean_wait_s, b.mean_wait_s);
    assert_eq!((a.served, a.waiting), (seen, 0), "the detector 20 m before the line has seen every one");
    assert_eq!((b.served, b.waiting), (seen, 0));
    let share = f64::from(a.e_bikes) / f64::from(a.served);
    assert!((share - 0.6).abs() < 0.08, "{share}");
    // Random arrivals wait red^2 / 2C = 14.5 s, and a little more for the queue; the second stage waits its own part.
    let (a, b) = (a.mean_wait_s.expect("they wait"), b.mean_wait_s.expect("they wait"));
    assert!((14.0..22.0).contains(&a) && b > a + 15.0, "{a} and {b}");
}

#[test]
fn bicycles_straight_on_hold_up_right_turns() {
    let rights = |per_h: f32| {
        let mut x = crossroads(per_h, 0.0, 2.5);
        let right = Crossroads::turn(W, Movement::Right, W);
        x.lanes[W] = vec![Lane::new(0.0, vec![ruled(right, Control::Signal, vec![GiveWay::Bikes { lane: 0 }])])];
        ride(traffic(&x.build(), &[(W, 1200.0, [0.0, 0.0, 1.0])], 1.0, 1), 3600.0).0.all.out
    };
    let (none, some, many) = (rights(0.0), rights(300.0), rights(1200.0));
    println!("right turns an hour: {none}, {some} beside 300 bicycles/h, {many} beside 1,200");
    // FHWA-RD-98-106: occupancy 0.02 + v C / g / 2700, so 0.28 and, above 1,900 an hour of green, at least 0.72.
    let share = |n: u32| f64::from(n) / f64::from(none);
    assert!((share(some) - 0.72).abs() < 0.12, "{}", share(some));
    assert!(share(many) < 0.45, "{}", share(many));
}
