//! Closed lanes and incidents: what gets past, that nobody is where nobody may be, that it recovers.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::collections::BTreeSet;
use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Departure};
use greenwave_sim::closure::{Closure, check};
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::Window;
use greenwave_sim::scenario::Scenario;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::Street;
use greenwave_sim::traffic::Traffic;

const WINDOW: Window = Window { start_s: 0.0, from_s: 0.0, to_s: 7200.0 };

/// A stretch from 120 to 60 m before the line, for half an hour.
const WORKS: Closure = Closure {
    link: 0,
    lane: 0,
    from_m: 120.0,
    to_m: 60.0,
    from_s: 1200.0,
    to_s: 3000.0,
    passing_m_s: None,
    incident: false,
};

/// Vehicles out a second under an always green lamp, default cars that never cease, in 10 minutes each.
fn flow_past(lanes: usize, closed: &[Closure]) -> Vec<f64> {
    let street = Arc::new(kit::single(lanes, 900.0));
    let each = 3600.0 / (2100.0 * lanes as f64);
    let at = |i: usize| Departure { at_s: each * i as f64, route: vec![0, 1], driver: Driver::CAR };
    let departures: Vec<_> = (0..(5400.0 / each) as usize).map(at).collect();
    let mut traffic = Traffic::new(street, departures, 1, WINDOW);
    traffic.close_lanes(closed.iter().copied());
    let mut out = Vec::new();
    for k in 1..=9 {
        let before = traffic.tally().departed;
        while traffic.now_s() < 600.0 * f64::from(k) {
            traffic.step(&[Lamp::Green]);
        }
        out.push(f64::from(traffic.tally().departed - before) * 6.0);
    }
    assert_eq!(traffic.on_road() + traffic.waiting_outside() + traffic.tally().departed as usize, traffic.arrived());
    out
}

#[test]
fn a_closed_lane_of_two_halves_the_flow_for_its_time() {
    let (free, closed) = (flow_past(2, &[]), flow_past(2, &[WORKS]));
    println!("two lanes: {free:.0?} veh/h, one of them closed for half an hour: {closed:.0?}");
    // The other lane and what merging costs: work zones of one lane left pass 1,400 to 1,600 vehicles an hour.
    assert!((1400.0..1600.0).contains(&closed[3]) && (1400.0..1600.0).contains(&closed[4]), "{closed:?}");
    assert!(closed[..2] == free[..2], "before it begins nothing is different");
    assert!((closed[6] / free[6] - 1.0).abs() < 0.01, "it recovers: {closed:?}");
    let to_line = flow_past(2, &[Closure { to_m: 0.0, ..WORKS }]);
    assert!((to_line[4] / closed[4] - 1.0).abs() < 0.05, "{to_line:?}");
}

#[test]
fn what_gets_past_an_incident_is_what_the_hcm_says() {
    let incident = Closure { incident: true, passing_m_s: Some(24.0 / 3.6), ..WORKS };
    for (lanes, share) in [(2, 0.35), (3, 0.49), (4, 0.58)] {
        let past = flow_past(lanes, &[incident])[4] / flow_past(lanes, &[])[4];
        let works = flow_past(lanes, &[WORKS])[4] / (lanes - 1) as f64;
        println!("{lanes} lanes: {past:.3} of the flow, HCM 2010 {share}; past works {works:.0} veh/h and open lane");
        assert!((past - share).abs() < 0.03, "{lanes} lanes: {past} instead of {share}");
    }
}

#[test]
fn who_is_in_an_incident_stands_until_it_ends() {
    let street = Arc::new(kit::single(2, 600.0));
    let at = |i: usize| Departure { at_s: 2.0 * i as f64, route: vec![0, 1], driver: Driver::CAR };
    let mut traffic = Traffic::new(street, (0..150).map(at).collect::<Vec<_>>(), 1, WINDOW);
    let incident = Closure { from_s: 100.0, to_s: 400.0, from_m: 200.0, to_m: 60.0, incident: true, ..WORKS };
    traffic.close_lanes([incident]);
    traffic.record_links(&[0]);
    while traffic.now_s() < 500.0 {
        traffic.step(&[Lamp::Green]);
    }
    let samples = traffic.take_samples();
    let inside = |at_s: f64| {
        let here =
            samples.iter().filter(move |s| s.at_s == at_s && s.lane == 0 && (400.0..=540.0).contains(&s.position_m));
        here.map(|s| (s.vehicle, s.position_m)).collect::<Vec<_>>()
    };
    assert!(!inside(130.0).is_empty() && inside(130.0).iter().all(|s| s.1 > 400.0));
    assert_eq!(inside(130.0), inside(399.5), "nobody comes and nobody goes");
    assert!(traffic.idle(), "{} are still there", traffic.on_road());
    assert_eq!((traffic.tally().guarded, traffic.tally().missed_turns), (0, 0));
}

/// Works and incidents on the twelve signals: through lanes, a pocket, the kerb lane, two lanes at once, up to the line.
fn many(street: &Street) -> Vec<Closure> {
    let (from_s, to_s) = (300.0, 900.0);
    let at = |node: usize, side: usize, lane: usize, from_m: f32, to_m: f32| Closure {
        link: kit::approach(node, side),
        lane,
        from_m,
        to_m,
        from_s,
        to_s,
        ..WORKS
    };
    let closures = vec![
        at(0, 0, 1, 300.0, 200.0),
        at(1, 0, 2, 150.0, 0.0),
        Closure { incident: true, passing_m_s: Some(24.0 / 3.6), ..at(2, 0, 3, 120.0, 60.0) },
        at(4, 1, 1, 250.0, 130.0),
        at(4, 1, 2, 240.0, 140.0),
        at(5, 1, 0, 80.0, 40.0),
        Closure { incident: true, ..at(6, 2, 1, 180.0, 130.0) },
        at(7, 3, 2, 90.0, 30.0),
    ];
    assert_eq!(check(street, &closures), Ok(()));
    closures
}

#[test]
fn nobody_is_ever_in_a_closed_stretch_and_nobody_vanishes() {
    let street = Arc::new(kit::dongchang());
    let closures = many(&street);
    let links: Vec<usize> = closures.iter().map(|c| c.link).collect();
    for seed in 1..=2 {
        let departures = Arrivals::draw(&street, &kit::demand(0.7, 0.3), seed, 0.0, 1080.0);
        let wished = departures.len();
        let mut traffic = Traffic::new(street.clone(), departures, seed, WINDOW);
        traffic.close_lanes(closures.iter().copied());
        traffic.record_links(&links);
        let plan = kit::FixedTime::standard();
        let mut lamps = vec![Lamp::Red; street.groups()];
        // Who was in a stretch, or too near to stop, when it was closed may drive out of it.
        let (mut beside, mut early) = (0, vec![BTreeSet::new(); closures.len()]);
        while !traffic.idle() && traffic.now_s() < 5400.0 {
            plan.lamps(traffic.now_s(), &mut lamps);
            traffic.step(&lamps);
            let now = traffic.now_s();
            for s in traffic.take_samples() {
                for (k, c) in
                    closures.iter().enumerate().filter(|(_, c)| c.link == s.link && (c.from_s..=c.to_s).contains(&now))
                {
                    let end = street.links()[c.link].length_m;
                    if s.position_m <= end - c.from_m || s.position_m - s.length_m >= end - c.to_m {
                        continue;
                    }
                    if s.lane != c.lane {
                        beside += 1;
                    } else if now <= c.from_s + 3.5 {
                        early[k].insert(s.vehicle);
                    } else {
                        assert!(early[k].contains(&s.vehicle), "at {now}: {c:?}: {s:?}");
                    }
                }
            }
            let known = traffic.on_road() + traffic.waiting_outside() + traffic.tally().departed as usize;
            assert_eq!(known, traffic.arrived(), "a vehicle vanished");
        }
        let (missed, guarded) = (traffic.tally().missed_turns, traffic.tally().guarded);
        println!(
            "seed {seed}: {wished} vehicles, {beside} steps beside, {missed} missed turns, guard {guarded}, {}",
            traffic.now_s()
        );
        assert!(traffic.idle() && beside > 10_000, "{} still there, {beside}", traffic.on_road());
        assert!(f64::from(missed) < 0.005 * wished as f64 && guarded < 20, "{missed} missed, guard {guarded}");
    }
}

#[test]
fn a_closure_that_is_over_changes_no_byte() {
    let street = Arc::new(kit::dongchang());
    let run = |closures: &[Closure]| {
        let departures = Arrivals::draw(&street, &kit::demand(0.6, 0.2), 3, 0.0, 720.0);
        let mut traffic = Traffic::new(street.clone(), departures, 3, WINDOW);
        traffic.close_lanes(closures.iter().copied());
        let plan = kit::FixedTime::standard();
        let mut lamps = vec![Lamp::Red; street.groups()];
        while traffic.now_s() < 900.0 {
            plan.lamps(traffic.now_s(), &mut lamps);
            traffic.step(&lamps);
        }
        format!("{:?}", traffic.finish())
    };
    let never = Closure { from_s: 80_000.0, to_s: 81_000.0, ..WORKS };
    assert_eq!(run(&[]), run(&[never]));
    assert_ne!(run(&[]), run(&[Closure { from_s: 100.0, ..never }]));
}

#[test]
fn what_a_street_can_not_bear_is_refused_with_what_to_do() {
    let street = kit::dongchang();
    let ok = Closure { link: kit::approach(3, 0), lane: 1, ..WORKS };
    let said = |all: &[Closure]| match check(&street, all) {
        Ok(()) => "nothing".to_owned(),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    assert_eq!(said(&[ok]), "nothing");
    let all = [
        Closure { lane: 9, ..ok },
        Closure { from_m: 700.0, to_m: 650.0, ..ok },
        Closure { lane: 0, from_m: 60.0, to_m: 0.0, ..ok },
        Closure { from_m: 200.0, to_m: 0.0, ..ok },
    ];
    let said_of_all: Vec<String> = all.iter().map(|c| said(&[*c])).collect();
    for (said, wanted) in said_of_all.iter().zip([
        "dc04.W, lane 10: the approach has 4 lanes; give one of them",
        "dc04.W, lane 2: from_m: the stretch begins at most 550 m before the stop line here; begin it later",
        "dc04.W, lane 1: no lane is left at the stop line for Left (dc04.exitN); end the stretch at least 25 m before the line",
        "dc04.W, lane 2: nobody could reach lane 1 beside it; end the stretch at least 25 m before the line",
    ]) {
        assert!(said.starts_with(wanted), "{said}");
    }
    assert_eq!(said(&all[..2]).lines().count(), 2, "all at once");
    let across = |lane| Closure { lane, ..ok };
    assert!(said(&[across(1), across(2), across(3)]).contains("no lane of full length stays open"));
    assert_eq!(said(&[across(1), across(2), Closure { from_s: 3000.0, to_s: 3600.0, ..across(3) }]), "nothing");
}

#[test]
fn a_scenario_names_closures_and_says_where_one_is_wrong() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let text = std::fs::read_to_string(folder.join("three.toml")).expect("the scenario is checked in");
    let table =
        "intersection = \"t2\"\napproach = \"W\"\nlane = 2\nfrom_m = 120.0\nto_m = 60.0\nfrom_h = 7.5\nto_h = 8.0\n";
    let good = format!("{text}\n[[closure]]\n{table}\n[[incident]]\n{table}passing_km_h = 24.0\n");
    let scenario = Scenario::parse("x.toml", &good).expect("it is sound");
    let closure = scenario.incident[0].on(5, true);
    assert_eq!((closure.lane, closure.from_s, closure.to_s, closure.incident), (1, 27_000.0, 28_800.0, true));
    assert!((closure.passing_m_s.expect("it is given") - 24.0 / 3.6).abs() < 1e-4);
    assert_eq!(scenario.closure[0].passing_km_h, None);
    let line = 2 + text.lines().count();
    for (old, new, wanted) in [
        ("to_m = 60.0", "to_m = 118.0", "[[closure]]: from_m: a stretch begins further"),
        ("lane = 2", "lane = 0", "[[closure]]: lane: counts from the median"),
        ("to_h = 8.0", "to_h = 7.0", "[[closure]]: from_h: a closure begins before to_h"),
    ] {
        let e = Scenario::parse("x.toml", &good.replacen(old, new, 1)).expect_err("it is wrong").to_string();
        assert!(e.starts_with(&format!("x.toml:{line}: {wanted}")), "{e}");
    }
    let e = Scenario::parse("x.toml", &good.replace("24.0", "1.0")).expect_err("it is wrong").to_string();
    assert!(e.contains("[[incident]]: passing_km_h: must lie between 5 and 120"), "{e}");
}
