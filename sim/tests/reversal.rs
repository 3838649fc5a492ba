//! Reversed lanes: one direction or the other has the stretch, never both, and it carries what a lane carries.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::Departure;
use greenwave_sim::closure::Closure;
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::Window;
use greenwave_sim::reversal::Reversal;
use greenwave_sim::scene::Staged;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{Movement, Street};
use greenwave_sim::traffic::Traffic;

const WINDOW: Window = Window { start_s: 0.0, from_s: 0.0, to_s: 9000.0 };

/// Two directions of one road, three lanes each, of which the one at the median is the same asphalt for 600 m.
fn road() -> Street {
    let lanes = |group, to| vec![kit::lane(0.0, &[(Movement::Through, group, to)]); 3];
    let out = || vec![kit::lane(0.0, &[]); 3];
    let mut links = vec![
        kit::link("W", Some(0), 900.0, lanes(0, 2)),
        kit::link("E", Some(1), 900.0, lanes(1, 3)),
        kit::link("E.out", None, 300.0, out()),
        kit::link("W.out", None, 300.0, out()),
    ];
    links.iter_mut().take(2).for_each(|l| l.entry = true);
    Street::new(links, 2, vec![], vec![], 2).expect("it is sound")
}

fn stretch(link: usize) -> Closure {
    let (from_m, to_m) = (700.0, 100.0);
    Closure { link, lane: 0, from_m, to_m, from_s: 0.0, to_s: 86_400.0, passing_m_s: None, incident: false }
}

#[test]
fn one_direction_or_the_other_has_it_and_it_carries_a_lane() {
    let street = Arc::new(road());
    // More than two lanes pass past a closed one, in both directions.
    let car = |i: u32, k: u32| Departure { at_s: 0.68 * f64::from(i), route: vec![k, k + 2], driver: Driver::CAR };
    let cars: Vec<Departure> = (0..8000).flat_map(|i| [car(i, 0), car(i, 1)]).collect();
    let reversal = Reversal { stretches: [stretch(0), stretch(1)], from_s: 1800.0, to_s: 3600.0, clearing_s: 60.0 };
    let mut traffic = Traffic::new(street, cars, 1, WINDOW);
    traffic.stage(Staged { reversals: vec![reversal], ..Staged::default() });
    traffic.record_links(&[0, 1]);
    let (mut flows, mut changes, mut had) = (Vec::new(), Vec::new(), [true, false]);
    let mut both_ways = [0_u32; 2];
    for k in 1..=9 {
        let mut out = [0_u32; 2];
        while traffic.now_s() < 600.0 * f64::from(k) {
            traffic.step(&[Lamp::Green, Lamp::Green]);
            traffic.exits().iter().for_each(|e| out[e.vehicle as usize % 2] += 1);
            let has = traffic.reversed_lanes().next().expect("there is one");
            if has != had {
                changes.push((traffic.now_s(), has));
                had = has;
            }
            let mut inside = [0_u32; 2];
            for s in traffic.take_samples().iter().filter(|s| s.lane == 0) {
                inside[s.link] += u32::from(s.position_m > 200.0 && s.position_m - s.length_m < 800.0);
            }
            assert!(inside[0] == 0 || inside[1] == 0, "{inside:?} at {}", traffic.now_s());
            assert!(has != [true, true]);
            // Nobody is in a stretch that the others have.
            assert!(
                (0..2).all(|side| inside[side] == 0 || !has[1 - side]),
                "{inside:?} {has:?} at {}",
                traffic.now_s()
            );
            (0..2).for_each(|side| both_ways[side] += inside[side]);
        }
        flows.push(out.map(|n| n * 6));
        let known = traffic.on_road() + traffic.waiting_outside() + traffic.tally().departed as usize;
        assert_eq!(known, traffic.arrived(), "a vehicle vanished");
    }
    println!("veh/h by ten minutes, giving and taking: {flows:?}; changes {changes:?}");
    assert!(both_ways[0] > 10_000 && both_ways[1] > 10_000, "both have driven there: {both_ways:?}");
    let has: Vec<[bool; 2]> = changes.iter().map(|c| c.1).collect();
    assert_eq!(has, [[false, false], [false, true], [false, false], [true, false]]);
    for (change, due) in changes.iter().zip([1800.0, 1860.0, 3600.0, 3660.0]) {
        assert!((0.0..=90.0).contains(&(change.0 - due)), "{changes:?}");
    }
    // Ten minutes well within each state: who gives it loses about a lane, who takes it wins one, and back again.
    let [before, during, after] = [flows[2], flows[5], flows[8]];
    assert!(before[0] > 4500 && during[1] > 4500, "{flows:?}");
    assert!((3200..4000).contains(&before[1]) && (3200..4000).contains(&during[0]), "{flows:?}");
    assert!(after[0] > 4500 && (3200..4000).contains(&after[1]), "{flows:?}");
    assert_eq!((traffic.tally().guarded, traffic.tally().missed_turns), (0, 0));
}
