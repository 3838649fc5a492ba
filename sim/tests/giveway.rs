//! Giving way: right turns and walkers, permitted lefts, right on red, waiting areas, each against what it should be.

#[path = "../examples/kit/mod.rs"]
mod kit;

use greenwave_sim::arrivals::{Arrivals, Demand, EntryFlow};
use greenwave_sim::measure::{Measures, Window};
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{Control, GiveWay, Lane, Movement, WaitingArea};
use greenwave_sim::traffic::Traffic;
use kit::cross::{Crossroads, E, GROUPS, LEFT, LENGTH, N, PED, S, W, lamp, ruled, traffic, walk};

const C: f64 = 90.0;

/// Runs for so many cycles under lamps given by the time; the first two cycles are not counted. Gives loop 0's count an hour.
fn capacity(mut t: Traffic, cycles: usize, show: impl Fn(f64, &mut [Lamp])) -> f64 {
    let mut lamps = vec![Lamp::Red; GROUPS];
    let mut before = 0;
    while t.now_s() < C * cycles as f64 {
        if t.now_s() == 2.0 * C {
            before = t.loops()[0].count;
        }
        show(t.now_s(), &mut lamps);
        t.step(&lamps);
    }
    f64::from(t.loops()[0].count - before) * 3600.0 / (C * (cycles - 2) as f64)
}

/// Right turns of an own lane into an arm with `exits` lanes, 40 s of green with 20 s of walk in it.
fn rights(exits: usize, walkers_per_h: f32) -> f64 {
    let mut x = Crossroads::new(exits);
    x.walkers_per_h = walkers_per_h;
    let right = Crossroads::turn(W, Movement::Right, W);
    x.lanes[W] = vec![Lane::new(0.0, vec![ruled(right, Control::Signal, vec![x.at_exit(W, Movement::Right)])])];
    let street = x.build();
    let runs = (1..=3).map(|seed| {
        capacity(traffic(&street, &[(W, 1500.0, [0.0, 0.0, 1.0])], 1.5, seed), 60, |t, lamps| {
            lamps[W] = lamp(t, C, 0.0, 40.0);
            lamps[PED + S] = walk(t, C, 0.0, 20.0, 40.0);
        })
    });
    runs.sum::<f64>() / 3.0
}

#[test]
fn walkers_cost_right_turns_about_what_the_hcm_says() {
    // f_Rpb for a lane that only turns right (FHWA-RD-98-106, chapter 4.2; HCM 2000 chapter 16, appendix D).
    for exits in [1, 3] {
        let free = rights(exits, 0.0);
        for walkers in [50.0, 100.0, 200.0, 400.0] {
            let per_green = f64::from(walkers) * C / 20.0;
            let occupancy: f64 = if per_green <= 1000.0 { per_green / 2000.0 } else { 0.4 + per_green / 10_000.0 };
            let f = 1.0 - if exits > 1 { 0.6 } else { 1.0 } * occupancy * 20.0 / 40.0;
            let got = rights(exits, walkers) / free;
            println!("exits {exits}, {walkers} walkers/h: {got:.3} of {free:.0} veh/h, HCM {f:.3}");
            assert!((got - f).abs() < 0.12, "{got:.3} against {f:.3}");
        }
    }
}

/// Permitted lefts of an own lane against `opposing` veh/h on `lanes` lanes: 40 s of green for both.
fn lefts(lanes: usize, opposing: f64) -> f64 {
    let mut x = Crossroads::new(lanes.max(2));
    let left = Crossroads::turn(W, Movement::Left, W);
    let ways = vec![Crossroads::oncoming(W, Movement::Through)];
    x.lanes[W] = vec![Lane::new(0.0, vec![ruled(left, Control::Signal, ways)])];
    x.lanes[E] = vec![Lane::new(0.0, vec![Crossroads::turn(E, Movement::Through, E)]); lanes];
    let street = x.build();
    let runs = (1..=3).map(|seed| {
        let flows = [(W, 1500.0, [1.0, 0.0, 0.0]), (E, opposing, [0.0, 1.0, 0.0])];
        capacity(traffic(&street, &flows, 1.5, seed), 60, |t, lamps| {
            lamps[W] = lamp(t, C, 0.0, 40.0);
            lamps[E] = lamp(t, C, 0.0, 40.0);
        })
    });
    runs.sum::<f64>() / 3.0
}

#[test]
fn permitted_lefts_meet_the_hcm() {
    for (lanes, opposing) in [
        (1, 0.0),
        (1, 200.0),
        (1, 400.0),
        (1, 600.0),
        (1, 800.0),
        (2, 400.0),
        (2, 800.0),
        (2, 1000.0),
        (2, 1200.0),
        (2, 1400.0),
    ] {
        let (s, v) = (1900.0 * lanes as f64, f64::max(opposing, 1.0) / 3600.0);
        let unblocked = (40.0 - opposing * (C - 40.0) / (s - opposing)).max(0.0);
        let saturation = 3600.0 * v * (-v * 4.5).exp() / (1.0 - (-v * 2.5).exp());
        let theory = saturation * unblocked / C + 2.0 * 3600.0 / C;
        let got = lefts(lanes, opposing);
        println!("{opposing} veh/h on {lanes} lanes: {got:.0} veh/h, HCM {theory:.0}");
        assert!((got - theory).abs() < 60.0, "{got:.0} against {theory:.0}");
    }
}

/// Right turns on red against `crossing` veh/h in one lane, which has green all the time.
fn merging(crossing: f64, control: Control) -> f64 {
    let mut x = Crossroads::new(1);
    let right = Crossroads::turn(W, Movement::Right, W);
    let ways = vec![GiveWay::Vehicles { link: N, to_link: 4 + S }, x.at_exit(W, Movement::Right)];
    x.lanes[W] = vec![Lane::new(0.0, vec![ruled(right, control, ways)])];
    let street = x.build();
    let flows = [(W, 1500.0, [0.0, 0.0, 1.0]), (N, crossing, [0.0, 1.0, 0.0])];
    capacity(traffic(&street, &flows, 1.5, 1), 60, |_, lamps| lamps[N] = Lamp::Green)
}

#[test]
fn right_turns_on_red_meet_the_hcm_and_free_ones_beat_it() {
    for crossing in [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0] {
        let v = f64::max(crossing, 1.0) / 3600.0;
        let theory = 3600.0 * v * (-v * 6.2).exp() / (1.0 - (-v * 3.3).exp());
        let (red, free) = (merging(crossing, Control::OnRed), merging(crossing, Control::Free));
        println!("crossing {crossing}: on red {red:.0}, free {free:.0}, HCM {theory:.0}");
        assert!((red - theory).abs() < 90.0, "{red:.0} against {theory:.0}");
        assert!(free > red && free < 1450.0, "{free:.0}");
    }
    assert!(merging(0.0, Control::Signal) == 0.0, "nobody turns on red where it is not allowed");
}

#[test]
fn a_right_turner_who_waits_blocks_those_behind_him() {
    // One lane straight on and right; somebody walks all the time, so who turns right never gets through.
    let through = |walkers: f32| {
        let mut x = Crossroads::new(1);
        x.walkers_per_h = walkers;
        let right =
            ruled(Crossroads::turn(W, Movement::Right, W), Control::Signal, vec![x.at_exit(W, Movement::Right)]);
        x.lanes[W] = vec![Lane::new(0.0, vec![Crossroads::turn(W, Movement::Through, W), right])];
        let flows = [(W, 900.0, [0.0, 0.95, 0.05])];
        capacity(traffic(&x.build(), &flows, 1.5, 1), 60, |_, lamps| {
            lamps[W] = Lamp::Green;
            lamps[PED + S] = Lamp::Green;
        })
    };
    let (free, some, blocked) = (through(0.0), through(500.0), through(6000.0));
    println!("shared lane, always green: {free:.0}, 500 walkers/h {some:.0}, 6,000 walkers/h {blocked:.0} veh/h");
    assert!(free > 850.0 && some > 700.0 && blocked < 0.5 * free);
}

#[test]
fn a_waiting_area_is_filled_before_the_green_and_left_on_it() {
    let run = |waiting: Option<WaitingArea>| {
        let mut x = Crossroads::new(2);
        let mut lane = Lane::new(0.0, vec![Crossroads::turn(W, Movement::Left, LEFT + W)]);
        lane.waiting = waiting;
        x.lanes[W] = vec![lane];
        let street = x.build();
        let mut t = traffic(&street, &[(W, 1500.0, [1.0, 0.0, 0.0])], 1.5, 1);
        t.record_links(&[W]);
        let mut lamps = vec![Lamp::Red; GROUPS];
        let mut beyond = [0; 2];
        while t.now_s() < 60.0 * C {
            lamps[W] = lamp(t.now_s(), C, 0.0, 30.0);
            lamps[LEFT + W] = lamp(t.now_s(), C, 33.0, 50.0);
            t.step(&lamps);
            let at = t.now_s() % C;
            let over = t.take_samples().iter().filter(|s| s.position_m > LENGTH).count();
            beyond[0] = beyond[0].max(if at < 33.0 { over } else { 0 });
            beyond[1] = beyond[1].max(if at > 60.0 { over } else { 0 });
        }
        (t.tally().departed, beyond)
    };
    let area = WaitingArea { length_m: 15.0, group: W };
    let ((without, none), (with, beyond)) = (run(None), run(Some(area)));
    println!("left turners in 60 cycles: {without} without, {with} with an area of 15 m; beyond the line {beyond:?}");
    assert_eq!(none, [0, 0], "nobody passes the line on red");
    assert_eq!(beyond[0], 3, "three cars find room");
    assert!(beyond[1] <= 1, "who enters it at the end of yellow stays, the others have left");
    // They are 15 m further and moving: one or two more a cycle.
    assert!((without + 40..without + 130).contains(&with));
}

#[test]
fn a_pocket_at_the_kerb_serves_and_spills() {
    let run = |pocket_m: f32, rights: f64| {
        let mut x = Crossroads::new(2);
        x.lanes[W] = vec![
            Lane::new(0.0, vec![Crossroads::turn(W, Movement::Through, W)]),
            Lane::new(0.0, vec![Crossroads::turn(W, Movement::Through, W)]),
            Lane::new(LENGTH - pocket_m, vec![Crossroads::turn(W, Movement::Right, LEFT + W)]),
        ];
        let street = x.build();
        let share = rights / (600.0 + rights);
        let mut t = traffic(&street, &[(W, 600.0 + rights, [0.0, 1.0 - share, share])], 0.5, 1);
        let mut lamps = vec![Lamp::Red; GROUPS];
        while !t.idle() && t.now_s() < 7200.0 {
            lamps[W] = lamp(t.now_s(), C, 0.0, 40.0);
            lamps[LEFT + W] = lamp(t.now_s(), C, 45.0, 60.0);
            t.step(&lamps);
        }
        t.finish()
    };
    let (serves, spills, long) = (run(80.0, 120.0), run(15.0, 190.0), run(200.0, 190.0));
    let delay = |m: &Measures| m.all.mean_delay_s.expect("somebody drove");
    println!(
        "delay: served {:.0} s, spilling {:.0} s, long pocket {:.0} s",
        delay(&serves),
        delay(&spills),
        delay(&long)
    );
    for m in [&serves, &spills, &long] {
        assert_eq!(m.all.unserved, 0);
    }
    assert_eq!((serves.missed_turns, long.missed_turns), (0, 0));
    assert!(spills.missed_turns < 6, "{}", spills.missed_turns);
    assert!(delay(&serves) < 40.0 && delay(&spills) > 1.2 * delay(&long), "a pocket that spills delays the others");
}

#[test]
fn heavy_vehicles_count_as_two_cars() {
    // HCM 2000 equation 16-4: f_HV = 1 / (1 + P (E_T - 1)), E_T = 2.0.
    let rate = |heavy: f64| {
        let street = Crossroads::new(2).build();
        let runs = (1..=4).map(|seed| {
            let demand = Demand {
                start_s: 0.0,
                bin_s: 5400.0,
                entries: vec![EntryFlow { link: W, vehicles: vec![2250.0] }],
                shares: vec![],
                heavy_share: heavy,
            };
            let window = Window { start_s: 0.0, from_s: 0.0, to_s: 5400.0 };
            let t = Traffic::new(street.clone(), Arrivals::draw(&street, &demand, seed, 0.0, 5400.0), seed, window);
            capacity(t, 60, |t, lamps| lamps[W] = lamp(t, C, 0.0, 40.0))
        });
        runs.sum::<f64>() / 4.0
    };
    let (cars, mixed) = (rate(0.0), rate(0.2));
    let equivalent = (cars / mixed - 1.0) / 0.2 + 1.0;
    println!("{cars:.0} cars/h, {mixed:.0} veh/h with 20 % heavy: one is worth {equivalent:.2} cars");
    assert!((equivalent - 2.0).abs() < 0.4);
}
