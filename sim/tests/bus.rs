//! Buses: what a stop costs them, what a bus at its stop costs others, bays, lanes, draws.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Departure};
use greenwave_sim::bus::{BusLine, BusStop};
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::Street;
use greenwave_sim::traffic::Traffic;

const WINDOW: Window = Window { start_s: 0.0, from_s: 0.0, to_s: 7200.0 };
const STOP: BusStop = BusStop { link: 0, before_m: 300.0, bay: false, dwell_mean_s: 20.0, dwell_sd_s: 0.0 };

fn line(departures_s: Vec<f64>, stops: Vec<BusStop>) -> BusLine {
    BusLine { id: "B1".to_owned(), route: vec![0, 1], departures_s, stops }
}

/// Drives a line over a single green link of so many lanes, with these cars.
fn drive(lanes: usize, line: &BusLine, cars: Vec<Departure>) -> Traffic {
    let street = Arc::new(kit::single(lanes, 900.0));
    assert_eq!(line.problems(&street), Vec::<String>::new());
    let mut traffic = Traffic::new(street, cars, 1, WINDOW);
    traffic.send_buses(line);
    while !traffic.idle() && traffic.now_s() < 7200.0 {
        traffic.step(&[Lamp::Green]);
        let known = traffic.on_road() + traffic.waiting_outside() + traffic.tally().departed as usize;
        assert_eq!(known, traffic.arrived(), "a vehicle vanished");
    }
    assert!(traffic.idle(), "{} still there", traffic.on_road());
    traffic
}

/// What braking to a stop and taking up speed costs a bus against free flow, s: comfortable brakes, its own acceleration.
fn lost_by_stopping() -> f64 {
    let v = f64::from(kit::LIMIT * Driver::HEAVY.speed_factor);
    0.5 * v / 2.0 + 0.5 * v / f64::from(Driver::HEAVY.acceleration_m_s2)
}

#[test]
fn alone_it_loses_its_dwell_and_what_stopping_costs() {
    for bay in [false, true] {
        let free = drive(2, &line(vec![10.0], vec![]), vec![]);
        assert!(free.buses()[0].trail.delay_s().expect("it is out").abs() < 0.01);
        let stops = vec![BusStop { bay, ..STOP }, BusStop { bay, before_m: 60.0, dwell_mean_s: 45.0, ..STOP }];
        let traffic = drive(2, &line(vec![10.0], stops), vec![]);
        let bus = &traffic.buses()[0];
        for call in &bus.calls {
            let (came, went) = (call.arrived_s.expect("it called"), call.left_s.expect("it left"));
            // Doors close within a step of the time.
            assert!((0.0..=0.5).contains(&(went - came - call.dwell_s)), "{call:?}");
        }
        let each = (bus.trail.delay_s().expect("it is out") - 65.0) / 2.0;
        println!(
            "bay {bay}: a stop costs {each:.1} s beside its dwell; braking and taking up speed {:.1} s",
            lost_by_stopping()
        );
        assert!(each > 0.8 * lost_by_stopping() && each < lost_by_stopping() + 7.0, "{each}");
        assert_eq!((bus.trail.stops, bus.trail.passed.len()), (2, 1));
    }
}

/// Cars evenly, one a lane every so many seconds.
fn cars(lanes: usize, each_s: f64, n: usize) -> Vec<Departure> {
    let at = |i: usize| Departure { at_s: each_s * (i / lanes) as f64, route: vec![0, 1], driver: Driver::CAR };
    (0..n).map(at).collect()
}

#[test]
fn in_the_lane_it_holds_up_others_in_a_bay_it_does_not() {
    let delay = |lanes: usize, bay: bool, dwell_mean_s: f64| {
        let stop = BusStop { bay, dwell_mean_s, ..STOP };
        let traffic = drive(lanes, &line(vec![100.0], vec![stop]), cars(lanes, 6.0, 60 * lanes));
        let own = traffic.buses()[0].trail.delay_s().expect("it is out");
        assert_eq!(traffic.tally().missed_turns, 0);
        (traffic.finish().all.delay_s - own, own)
    };
    for lanes in [1, 2, 3] {
        let ((lane, held), (bay, own)) = (delay(lanes, false, 60.0), delay(lanes, true, 60.0));
        println!(
            "{lanes} lanes, a minute's stop among 600 veh/h a lane: others {lane:.0} s, with a bay {bay:.0} s; the bus {own:.0} s"
        );
        assert!(lane > bay, "{lane} against {bay}");
        if lanes == 1 {
            // Kinematic waves: as long as the bus holds up the lane, q = 1/6 comes and then s = 1/1.9 veh/s leaves. Besides, all
            // start behind a slow vehicle.
            let waves = 0.5 * held * held / 6.0 / (1.0 - 1.9 / 6.0);
            println!("  by kinematic waves {waves:.0} s");
            assert!(lane - bay > 0.9 * waves && lane - bay < 1.4 * waves, "{} instead of {waves}", lane - bay);
        }
    }
    // A bay costs others only what the bus does when it slows down and takes up speed.
    assert!(delay(2, true, 60.0).0 < 1.2 * delay(2, true, 10.0).0 + 20.0);
}

#[test]
fn out_of_a_bay_it_comes_by_gap() {
    let stop = BusStop { bay: true, ..STOP };
    let alone = drive(1, &line(vec![100.0], vec![stop]), vec![]);
    let dense = drive(1, &line(vec![100.0], vec![stop]), cars(1, 2.4, 150));
    let waits = |t: &Traffic| {
        let call = t.buses()[0].calls[0];
        call.left_s.expect("it left") - call.arrived_s.expect("it came") - call.dwell_s
    };
    println!("out of a bay: {:.1} s alone, {:.1} s beside a car every 2.4 s until 360 s", waits(&alone), waits(&dense));
    assert!(waits(&alone) <= 0.5 && waits(&dense) > 60.0);
    assert_eq!(dense.tally().guarded, 0);
}

#[test]
fn lines_on_the_street_call_at_their_stops_and_move_nobody_elses_draws() {
    let street = Arc::new(kit::dongchang());
    let mut route = vec![kit::approach(0, 0) as u32];
    while let Some(to) = street.leads_to(route[route.len() - 1] as usize, greenwave_sim::street::Movement::Through) {
        route.push(to as u32);
    }
    let stop = |node: usize, before_m: f32, bay: bool| BusStop {
        link: kit::approach(node, 0),
        before_m,
        bay,
        dwell_mean_s: 20.0,
        dwell_sd_s: 12.0,
    };
    let stops = vec![stop(1, 60.0, false), stop(3, 200.0, true), stop(5, 150.0, false), stop(8, 80.0, true)];
    let line =
        BusLine { id: "B1".to_owned(), route, departures_s: (0..12).map(|k| 150.0 * f64::from(k)).collect(), stops };
    assert_eq!(line.problems(&street), Vec::<String>::new());
    for seed in 1..=3 {
        let run = |buses: bool| {
            let departures = Arrivals::draw(&street, &kit::demand(0.7, 0.5), seed, 0.0, 1800.0);
            let wished = departures.len();
            let mut traffic = Traffic::new(street.clone(), departures, seed, WINDOW);
            if buses {
                traffic.send_buses(&line);
            }
            let (plan, mut lamps) = (kit::FixedTime::standard(), vec![Lamp::Red; street.groups()]);
            while !traffic.idle() && traffic.now_s() < 5400.0 {
                plan.lamps(traffic.now_s(), &mut lamps);
                traffic.step(&lamps);
                let known = traffic.on_road() + traffic.waiting_outside() + traffic.tally().departed as usize;
                assert_eq!(known, traffic.arrived(), "a vehicle vanished");
            }
            assert!(traffic.idle(), "{} still there", traffic.on_road());
            (wished, traffic)
        };
        let ((wished, with), (_, without)) = (run(true), run(false));
        let called: usize = with.buses().iter().map(|b| b.calls.iter().filter(|c| c.arrived_s.is_some()).count()).sum();
        let (missed, before) = (with.tally().missed_turns, without.tally().missed_turns);
        assert!(called >= 47, "{called} of 48 calls");
        assert!(missed <= before + 4 && with.tally().guarded < without.tally().guarded + 10, "{missed}, {before}");
        // What a bus does at its stops is its own: the same with every seed's traffic, another with another seed.
        let dwells: Vec<f64> = with.buses().iter().flat_map(|b| b.calls.iter().map(|c| c.dwell_s)).collect();
        let mean = dwells.iter().sum::<f64>() / dwells.len() as f64;
        assert!((mean - 20.0).abs() < 6.0 && dwells.iter().all(|d| (5.0..=56.0).contains(d)), "{mean}");
        let (own, all, plain) = (
            with.buses().iter().filter_map(|b| b.trail.delay_s()).sum::<f64>() / 12.0,
            with.finish().all,
            without.finish().all,
        );
        println!(
            "seed {seed}: {called} of 48 calls, a bus loses {own:.0} s, {missed} and {before} missed turns, all {:.1} and {:.1} s",
            all.mean_delay_s.expect("somebody drove"),
            plain.mean_delay_s.expect("somebody drove")
        );
        assert_eq!(all.wished as usize, wished + 12);
        assert!(all.delay_s > plain.delay_s);
    }
}

#[test]
fn stops_that_a_street_can_not_bear_are_refused_all_at_once() {
    let street: Street = kit::single(2, 900.0);
    let stops = vec![
        BusStop { before_m: 10.0, ..STOP },
        BusStop { link: 7, ..STOP },
        BusStop { before_m: 880.0, ..STOP },
        BusStop { before_m: 400.0, ..STOP },
        BusStop { before_m: 500.0, ..STOP },
    ];
    let said = line(vec![0.0], stops).problems(&street);
    for words in ["before_m must lie between 25 and 828 on in", "does not come by there", "comes too late in the list"]
    {
        assert!(said.iter().any(|s| s.contains(words)), "{words}: {said:?}");
    }
    assert!(said.len() >= 4, "{said:?}");
}
