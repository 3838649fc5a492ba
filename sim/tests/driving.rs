//! Lanes on which people drive otherwise, and streets with friction.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Departure};
use greenwave_sim::city::City;
use greenwave_sim::counts::Approach;
use greenwave_sim::driver::Driver;
use greenwave_sim::driving::{self, Driving, DrivingFacts};
use greenwave_sim::measure::Window;
use greenwave_sim::scenario::Scenario;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::Street;
use greenwave_sim::traffic::{STEP_S, Traffic};
use kit::{platoon, truth};

const NOTHING: DrivingFacts = DrivingFacts {
    intersection: None,
    approach: None,
    lane: None,
    saturation_veh_h: None,
    time_gap_s: None,
    acceleration_m_s2: None,
    standstill_gap_m: None,
    speed_share: None,
    friction: None,
};

/// One lane of which this is said.
fn said(facts: DrivingFacts) -> Arc<Street> {
    Arc::new(driving::on(kit::single(1, 600.0), &[facts], |_, _| None).expect("rows that hold everywhere"))
}

#[test]
fn a_lane_has_the_saturation_flow_that_is_said_of_it() {
    for wanted in [1300.0, 1500.0, 1700.0, 1898.7, 2000.0] {
        let street = said(DrivingFacts { saturation_veh_h: Some(wanted), ..NOTHING });
        let (flow, lost) = truth::saturation(&truth::standing_on(street, Driver::CAR, 26).1);
        println!("{wanted} veh/h wanted: {flow:.0}, lost {lost:.2} s");
        assert!((flow / wanted - 1.0).abs() < 0.01, "{flow} instead of {wanted}");
    }
    assert_eq!(driving::headway_for(1200.0), None);
    assert_eq!(driving::headway_for(2100.0), None);
}

#[test]
fn gaps_accelerations_and_speeds_are_the_lanes_own() {
    for gap in [1.5, 2.0, 3.5] {
        let street = said(DrivingFacts { standstill_gap_m: Some(gap), ..NOTHING });
        let (length, _) = truth::standing_on(street, Driver::CAR, 11);
        // One metre before the line, then ten cars at their gap.
        let wanted = 1.0 + 4.8 + 10.0 * (4.8 + gap);
        println!("gap {gap} m: {length:.2} m, {wanted:.2} wanted");
        // Who rolls to a stop behind a larger gap ends a little nearer.
        assert!((length / wanted - 1.0).abs() < 0.02, "{length} instead of {wanted}");
    }
    let passed = |a: f64| {
        let street = said(DrivingFacts { acceleration_m_s2: Some(a), ..NOTHING });
        truth::standing_on(street, Driver::CAR, 6).1[5]
    };
    assert!(passed(1.2) > passed(2.2) + 2.0, "{} against {}", passed(1.2), passed(2.2));
    for share in [0.7, 1.0, 1.2] {
        let street = said(DrivingFacts { speed_share: Some(share), ..NOTHING });
        let alone = vec![Departure { at_s: 0.0, route: vec![0, 1], driver: Driver::CAR }];
        let mut traffic = Traffic::new(street, alone, 1, Window { start_s: 0.0, from_s: 0.0, to_s: 600.0 });
        while !traffic.idle() {
            traffic.step(&[Lamp::Green]);
        }
        let all = traffic.finish().all;
        let (took, free) = (all.mean_travel_s.unwrap(), 1100.0 / f64::from(kit::LIMIT) / share);
        assert!((took - free).abs() < STEP_S, "{took} instead of {free} s");
        assert!(all.delay_s.abs() < STEP_S, "who drives as the lane lets him loses {} s", all.delay_s);
    }
}

fn driven(street: Street, window: Window) -> greenwave_sim::measure::Measures {
    let (street, plan) = (Arc::new(street), kit::FixedTime::standard());
    let drawn = Arrivals::new(street.clone(), kit::demand(0.8, 0.5), 3, 0.0, 1800.0);
    let mut traffic = Traffic::new(street.clone(), drawn, 3, window);
    let mut lamps = vec![Lamp::Red; street.groups()];
    while traffic.now_s() < 1800.0 {
        plan.lamps(traffic.now_s(), &mut lamps);
        traffic.step(&lamps);
    }
    traffic.finish()
}

const WINDOW: Window = Window { start_s: 0.0, from_s: 300.0, to_s: 1500.0 };

/// The Dongchang Road with one slow lane and friction everywhere.
fn rough() -> Street {
    let mut street = kit::dongchang();
    for link in 0..street.links().len() {
        for lane in 0..street.links()[link].lanes.len() {
            street.drive(link, lane, |usual| Driving { friction: 0.2, ..usual });
        }
    }
    street.drive(kit::approach(4, 0), 2, |usual| Driving { headway: 1.4, acceleration: 0.8, speed: 0.9, ..usual });
    street
}

#[test]
fn what_is_said_of_no_lane_changes_nothing_and_what_is_said_changes_something() {
    let usual = driven(kit::dongchang(), WINDOW);
    let mut same = kit::dongchang();
    (0..4).for_each(|lane| same.drive(kit::approach(3, 0), lane, |usual| usual));
    assert_eq!(usual, driven(same, WINDOW));
    let rough = driven(rough(), WINDOW);
    assert_eq!(rough.guarded, 0);
    let speed = |m: &greenwave_sim::measure::Measures| m.corridor[0].speed_km_h.unwrap();
    assert!(speed(&rough) < 0.95 * speed(&usual), "{} against {}", speed(&rough), speed(&usual));
}

/// Friction hangs on the vehicle and the place on its route, not on how a street is cut up.
#[test]
fn a_street_with_friction_is_the_same_alone_and_in_a_city() {
    let (street, plan) = (Arc::new(rough()), kit::FixedTime::standard());
    let departures = Arrivals::draw(&street, &kit::demand(0.6, 0.2), 3, 0.0, 720.0);
    let mut whole = Traffic::new(street.clone(), departures.clone(), 3, WINDOW);
    let mut city = City::new(street.clone(), departures, 3, WINDOW);
    let mut lamps = vec![Lamp::Red; street.groups()];
    while whole.now_s() < 1800.0 {
        plan.lamps(whole.now_s(), &mut lamps);
        whole.step(&lamps);
    }
    city.drive(1800.0, 1, &|t, groups: &[usize], out: &mut [Lamp]| {
        let mut all = vec![Lamp::Red; street.groups()];
        plan.lamps(t, &mut all);
        groups.iter().zip(out).for_each(|(&g, lamp)| *lamp = all[g]);
    });
    assert_eq!(whole.finish(), city.finish());
}

/// TRANSYT's dispersion factor is 0.25 on streets without friction, 0.35 with some, 0.50 with much: reached at every distance.
#[test]
fn friction_spreads_platoons_as_far_as_transyt_has_it() {
    let alphas = |friction: f32| {
        let fits = platoon::fits(&platoon::profiles(0.08, friction, 3.0));
        println!("friction {friction}: {fits:?}");
        fits.iter().map(|fit| fit.alpha).collect::<Vec<_>>()
    };
    let (light, middle, heavy) = (alphas(0.0), alphas(0.2), alphas(0.4));
    for place in 0..3 {
        assert!(light[place] < 0.32, "{light:?}");
        assert!((0.30..0.50).contains(&middle[place]), "{middle:?}");
        assert!(heavy[place] > 0.48, "{heavy:?}");
    }
}

#[test]
fn rows_that_no_street_can_bear_are_refused() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/dongchang-road.toml")).unwrap();
    let with =
        |row: &str| Scenario::parse("s.toml", &format!("{text}\n[[driving]]\n{row}\n")).map_err(|e| e.to_string());
    for (row, says) in [
        ("lane = 2", "give its approach"),
        ("intersection = \"dc01\"", "give both, or none"),
        ("saturation_veh_h = 2400", "between 1261 and 2026"),
        ("saturation_veh_h = 1700\ntime_gap_s = 1.2", "give it or time_gap_s"),
        ("time_gap_s = 0.1", "between 0.5 and 4"),
        ("acceleration_m_s2 = 9", "between 0.5 and 5"),
        ("standstill_gap_m = 0.1", "between 1 and 5"),
        ("speed_share = 2", "between 0.3 and 1.5"),
        ("friction = -1", "between 0 and 1"),
        ("speed = 1", "unknown field"),
    ] {
        let error = with(row).unwrap_err();
        assert!(error.contains(says) && error.starts_with("s.toml:"), "{row}: {error}");
    }
    let line = 2 + text.lines().count();
    let error = with("friction = 0.2\n[[driving]]\nfriction = 3").unwrap_err();
    assert!(error.starts_with(&format!("s.toml:{}:", line + 2)), "{error}");
    let good = with("intersection = \"dc01\"\napproach = \"W\"\nlane = 9\n[[driving]]\nfriction = 0.1").unwrap();
    let nowhere = driving::on(kit::dongchang(), &good.driving, |_, a| (a == Approach::E).then_some(0)).unwrap_err();
    let beside = driving::on(kit::dongchang(), &good.driving, |_, _| Some(0)).unwrap_err();
    assert!(nowhere[0].contains("no approach dc01 W") && beside[0].contains("has 4 lanes"), "{nowhere:?} {beside:?}");
}
