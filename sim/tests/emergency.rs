//! Emergency vehicles: free-flow trips, what making way is worth to them and costs others, what nobody may do for them.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::collections::BTreeMap;
use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Departure};
use greenwave_sim::closure::Closure;
use greenwave_sim::driver::Driver;
use greenwave_sim::emergency::Emergency;
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{Movement, Street};
use greenwave_sim::traffic::Traffic;

const WINDOW: Window = Window { start_s: 0.0, from_s: 0.0, to_s: 7200.0 };

/// Straight through the Dongchang Road, eastward.
fn eastward(street: &Street) -> Vec<u32> {
    let mut route = vec![kit::approach(0, 0)];
    while let Some(to) = street.leads_to(route[route.len() - 1], Movement::Through) {
        route.push(to);
    }
    route.into_iter().map(|l| l as u32).collect()
}

#[test]
fn on_an_empty_street_it_drives_its_free_flow_time() {
    let street = Arc::new(kit::dongchang());
    for speed_factor in [1.0, 1.2] {
        let mut traffic = Traffic::new(street.clone(), Vec::new(), 1, WINDOW);
        let route = eastward(&street);
        let free: f64 =
            route.iter().map(|&l| f64::from(street.links()[l as usize].length_m / kit::LIMIT / speed_factor)).sum();
        traffic.send_emergency(Emergency { speed_factor, ..Emergency::new("e1", 60.25, route) });
        let green = vec![Lamp::Green; street.groups()];
        let mut seconds = Vec::new();
        while !traffic.idle() {
            traffic.step(&green);
            seconds.extend(traffic.emergencies()[0].trail.place);
        }
        let trail = &traffic.emergencies()[0].trail;
        let travel = trail.travel_s().expect("it is out");
        println!("speed factor {speed_factor}: {travel:.3} s, free flow {free:.3} s, {} places told", seconds.len());
        assert!((travel - free).abs() < 0.01 && (trail.free_s - free).abs() < 1e-3, "{travel} instead of {free}");
        assert_eq!((trail.entered_s, trail.stops, trail.passed.len()), (Some(60.25), 0, 12));
        // Each line is passed when the links before it have been driven.
        let mut at = 60.25;
        for p in &trail.passed {
            at += f64::from(street.links()[p.link].length_m / kit::LIMIT / speed_factor);
            assert!((p.at_s - at).abs() < 0.01, "{p:?} instead of {at}");
        }
        assert!(seconds.windows(2).all(|w| w[0].link != w[1].link || w[0].position_m < w[1].position_m));
        assert!(seconds.len() as f64 * 0.5 > free - 1.0, "a place for every step");
    }
}

/// What a run gave: the emergency vehicle's travel time, a car's over the same links on average (first and last link at free
/// flow), the others' whole delay, missed turns, guard.
struct Gave {
    travel_s: f64,
    car_s: f64,
    others_s: f64,
    vehicles: u32,
    missed: u32,
    guarded: u64,
}

/// The street at 0.7 of the peak under its plan, the arterial's through groups always green if `escorted`, and an emergency
/// vehicle that others see at `sight_m` (`None` = nobody comes).
fn run(street: &Arc<Street>, seed: u64, escorted: bool, sight_m: Option<f32>) -> Gave {
    let departures = Arrivals::draw(street, &kit::demand(0.7, 0.5), seed, 0.0, 1800.0);
    let mut traffic = Traffic::new(street.clone(), departures, seed, WINDOW);
    if let Some(sight_m) = sight_m {
        let at_s = 600.0 + 25.0 * (seed % 4) as f64;
        traffic.send_emergency(Emergency { sight_m, ..Emergency::new("e1", at_s, eastward(street)) });
    }
    traffic.record_links(&(0..street.links().len()).collect::<Vec<_>>());
    let (plan, mut lamps) = (kit::FixedTime::standard(), vec![Lamp::Red; street.groups()]);
    while !traffic.idle() && traffic.now_s() < 5400.0 {
        plan.lamps(traffic.now_s(), &mut lamps);
        if escorted {
            (0..kit::N).for_each(|i| lamps[i * kit::GROUPS_A_NODE] = Lamp::Green);
        }
        traffic.step(&lamps);
        let known = traffic.on_road() + traffic.waiting_outside() + traffic.tally().departed as usize;
        assert_eq!(known, traffic.arrived(), "a vehicle vanished");
        let mut lanes: BTreeMap<(usize, usize), Vec<(f32, f32)>> = BTreeMap::new();
        for s in traffic.take_samples() {
            lanes.entry((s.link, s.lane)).or_default().push((s.position_m, s.length_m));
        }
        for lane in lanes.values() {
            assert!(lane.windows(2).all(|w| w[1].0 - w[1].1 > w[0].0), "overlap at {}: {lane:?}", traffic.now_s());
        }
    }
    assert!(traffic.idle(), "{} still there", traffic.on_road());
    let (travel_s, own_s) = match traffic.emergencies() {
        [e] => (e.trail.travel_s().expect("it is out"), e.trail.delay_s().expect("it is out")),
        _ => (0.0, 0.0),
    };
    let (missed, guarded) = (traffic.tally().missed_turns, traffic.tally().guarded);
    let measures = traffic.finish();
    let (all, through) = (measures.all, &measures.end_to_end[0]);
    let car_s = through.seconds / f64::from(through.vehicles) + 900.0 / f64::from(kit::LIMIT);
    let vehicles = all.wished - u32::from(sight_m.is_some());
    Gave { travel_s, car_s, others_s: all.delay_s - own_s, vehicles, missed, guarded }
}

#[test]
fn making_way_is_worth_much_to_it_and_costs_others_little() {
    let street = Arc::new(kit::dongchang());
    for escorted in [false, true] {
        let (mut seen_s, mut blind_s, mut car_s, mut cost_s, mut others) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let seeds = 4;
        for seed in 1..=seeds {
            let [nobody, blind, seen] = [None, Some(0.0), Some(100.0)].map(|sight| run(&street, seed, escorted, sight));
            assert_eq!(nobody.vehicles, seen.vehicles, "the others are the same");
            let share = 1.0 / seeds as f64;
            seen_s += share * seen.travel_s;
            blind_s += share * blind.travel_s;
            car_s += share * nobody.car_s;
            cost_s += share * (seen.others_s - nobody.others_s);
            others += share * f64::from(seen.vehicles);
            // Conflicting greens of the escort alone make the guard act.
            assert!(seen.missed <= nobody.missed + 2 && seen.guarded <= nobody.guarded + 20);
        }
        let lamps = if escorted { "green all along" } else { "the plan's lamps" };
        println!(
            "{lamps}: cars {car_s:.1} s, an emergency vehicle nobody minds {blind_s:.1} s, one for whom others make way \
             {seen_s:.1} s; the others {:+.2} s each, {others:.0} of them",
            cost_s / others
        );
        assert!((cost_s / others).abs() < 0.5, "{cost_s} s more for {others}");
        assert!(seen_s < blind_s - 10.0 && blind_s < car_s, "{seen_s}, {blind_s}, {car_s}");
        if escorted {
            assert!(seen_s < 1.05 * 370.2, "{seen_s} s where free flow is 370.2 s");
        }
    }
}

/// Cars one behind the other at 30 km/h over two lanes of one green street: an emergency vehicle comes from behind.
fn platoon(sight_m: f32, lanes: usize) -> f64 {
    let street = Arc::new(kit::single(lanes, 1500.0));
    let slow = Driver { speed_factor: 0.6, ..Driver::CAR };
    let cars = (0..40).map(|i| Departure { at_s: 3.0 * f64::from(i / 2), route: vec![0, 1], driver: slow });
    let mut traffic = Traffic::new(street, cars.collect::<Vec<_>>(), 1, WINDOW);
    traffic.send_emergency(Emergency { sight_m, ..Emergency::new("e1", 61.0, vec![0, 1]) });
    while !traffic.idle() {
        traffic.step(&[Lamp::Green]);
    }
    assert_eq!(traffic.tally().guarded, 0);
    traffic.emergencies()[0].trail.travel_s().expect("it is out")
}

#[test]
fn those_ahead_leave_its_lane_where_there_is_another() {
    let free = 2000.0 / f64::from(kit::LIMIT) / 1.2;
    let (two, blind, one) = (platoon(100.0, 2), platoon(0.0, 2), platoon(100.0, 1));
    println!(
        "past 40 slow cars: {two:.1} s where they make way, {blind:.1} s where not, one lane {one:.1} s, free {free:.1} s"
    );
    assert!(two < 1.1 * free, "{two} against {free}");
    assert!(blind > two + 20.0 && one > two + 20.0, "{blind} and {one} against {two}");
}

#[test]
fn it_gets_past_a_closed_lane_when_everybody_does() {
    let street = Arc::new(kit::single(2, 400.0));
    let works = Closure {
        link: 0,
        lane: 1,
        from_m: 120.0,
        to_m: 60.0,
        from_s: 100.0,
        to_s: 3000.0,
        passing_m_s: None,
        incident: false,
    };
    for each in 0..24 {
        let cars = (0..200).map(|i| Departure { at_s: 2.9 * f64::from(i), route: vec![0, 1], driver: Driver::CAR });
        let mut traffic = Traffic::new(street.clone(), cars.collect::<Vec<_>>(), 1, WINDOW);
        traffic.close_lanes([works]);
        traffic.send_emergency(Emergency::new("e1", 240.0 + 3.5 * f64::from(each), vec![0, 1]));
        while !traffic.idle() && traffic.now_s() < 1200.0 {
            let green = traffic.now_s() % 80.0 < 45.0;
            traffic.step(&[if green { Lamp::Green } else { Lamp::Red }]);
        }
        let travel = traffic.emergencies()[0].trail.travel_s();
        assert!(traffic.idle() && travel.is_some_and(|s| s < 180.0), "{each}: {travel:?}, {} left", traffic.on_road());
    }
}

#[test]
fn until_it_comes_nothing_is_different() {
    let street = Arc::new(kit::dongchang());
    let run = |sends: bool| {
        let departures = Arrivals::draw(&street, &kit::demand(0.7, 0.2), 5, 0.0, 720.0);
        let mut traffic = Traffic::new(street.clone(), departures, 5, WINDOW);
        if sends {
            traffic.send_emergency(Emergency::new("e1", 600.0, eastward(&street)));
        }
        traffic.record_links(&[0, 4, 8, 17, 30]);
        let (plan, mut lamps) = (kit::FixedTime::standard(), vec![Lamp::Red; street.groups()]);
        let mut halves = [String::new(), String::new()];
        while traffic.now_s() < 900.0 {
            plan.lamps(traffic.now_s(), &mut lamps);
            traffic.step(&lamps);
            halves[usize::from(traffic.now_s() > 600.0)] += &format!("{:?}", traffic.take_samples());
        }
        halves
    };
    let (with, without) = (run(true), run(false));
    assert_eq!(with[0], without[0]);
    assert_ne!(with[1], without[1]);
}

/// A crossroads without turns, cars on the crossing street; when the emergency vehicle passed its red line.
fn at_red(passes_red_m_s: Option<f32>, each_s: f64) -> (f64, u16, f32) {
    let straight = |group, to| vec![kit::lane(0.0, &[(Movement::Through, group, to)]); 2];
    let mut links = vec![
        kit::link("W", Some(0), 400.0, straight(0, 2)),
        kit::link("S", Some(0), 400.0, straight(1, 3)),
        kit::link("E.out", None, 300.0, vec![kit::lane(0.0, &[]); 2]),
        kit::link("N.out", None, 300.0, vec![kit::lane(0.0, &[]); 2]),
    ];
    links.iter_mut().take(2).for_each(|l| l.entry = true);
    let street = Arc::new(Street::new(links, 1, vec![], vec![], 2).expect("it is sound"));
    let car = |i: usize| Departure { at_s: each_s * i as f64, route: vec![1, 3], driver: Driver::CAR };
    let mut traffic = Traffic::new(street, (0..(110.0 / each_s) as usize).map(car).collect::<Vec<_>>(), 1, WINDOW);
    traffic.send_emergency(Emergency { passes_red_m_s, ..Emergency::new("e1", 30.0, vec![0, 2]) });
    let mut fastest = 0.0_f32;
    while !traffic.idle() {
        let red = traffic.now_s() < 150.0;
        let lamps = if red { [Lamp::Red, Lamp::Green] } else { [Lamp::Green, Lamp::Red] };
        traffic.step(&lamps);
        let e = &traffic.emergencies()[0].trail;
        if let Some(place) = e.place.filter(|p| p.link == 0 && p.position_m > 380.0) {
            fastest = fastest.max(place.speed_m_s);
        }
    }
    let e = &traffic.emergencies()[0];
    (e.trail.passed[0].at_s, e.reds, fastest)
}

#[test]
fn it_stops_at_red_unless_it_may_pass_slowly_when_nobody_comes() {
    let (waits, reds, _) = at_red(None, 5.0);
    assert!(waits > 150.0 && reds == 0, "{waits} {reds}");
    let (alone, reds, fastest) = at_red(Some(20.0 / 3.6), 200.0);
    println!(
        "at red: waits until {waits:.1} s; passes alone at {alone:.1} s, {fastest:.1} m/s at most in the last 10 m"
    );
    assert!(alone < 70.0 && reds == 1 && fastest < 20.0 / 3.6 + 0.6, "{alone} {reds} {fastest}");
    // A car every 5 s leaves it no gap until they cease.
    let (after, reds, _) = at_red(Some(20.0 / 3.6), 5.0);
    println!("with a car every 5 s until 110 s it passes at {after:.1} s");
    assert!(after > 110.0 && after < 150.0 && reds == 1, "{after} {reds}");
}
