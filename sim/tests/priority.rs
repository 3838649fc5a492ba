//! A crossroads where everybody meets everybody: nobody drives through anybody, and nobody waits for ever.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::collections::BTreeMap;
use std::sync::Arc;

use greenwave_sim::measure::Measures;
use greenwave_sim::random::{Entity, Stream};
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{GiveWay, Movement, Street};
use greenwave_sim::traffic::{Sample, Traffic};
use kit::cross::{E, EXIT_LANES, GROUPS, N, PED, S, W, everybody, everybody_lamps, exit, lamp, mixed, walk};

const C: f64 = 90.0;

/// Counts who met whom, from what can be seen from outside.
#[derive(Default)]
struct Watch {
    /// By vehicle: the approach it came from, the lane it entered behind the intersection.
    came: BTreeMap<u32, (usize, Option<usize>)>,
    on_foot: usize,
    on_bikes: usize,
    oncoming: usize,
    turned: usize,
}

impl Watch {
    fn look(&mut self, t: &Traffic, samples: &[Sample]) {
        for s in samples.iter().filter(|s| s.link < 4) {
            self.came.insert(s.vehicle, (s.link, None));
        }
        let beyond: Vec<(Sample, usize, usize)> = samples
            .iter()
            .filter(|s| s.link >= 4)
            .filter_map(|s| {
                let (from, lane) = self.came.get_mut(&s.vehicle)?;
                self.turned += usize::from(lane.is_none());
                Some((*s, *from, *lane.get_or_insert(s.lane)))
            })
            .collect();
        let covers = |s: &Sample, from: f32, to: f32| s.position_m > from && s.position_m - s.length_m < to;
        for (s, from, lane) in &beyond {
            let arm = s.link - 4;
            if arm == exit(*from, Movement::Through) {
                continue;
            }
            let right = arm == exit(*from, Movement::Right);
            let at = if right { 6.0 } else { 19.0 };
            if covers(s, at, at + 5.0) {
                let path = 3.3 * (EXIT_LANES as f32 - *lane as f32 - 0.5);
                self.on_foot += t.walkers_on(arm).filter(|w| (w - path).abs() < 1.1).count();
            }
            self.on_bikes += usize::from(right && covers(s, 6.0, 11.0) && t.bikes_cross(*from));
            if !right && arm != *from && covers(s, 9.0, 12.0) {
                let rival = exit(*from, Movement::Through);
                let meets =
                    |o: &&(Sample, usize, usize)| o.1 == rival && o.0.link == 4 + from && covers(&o.0, 9.5, 10.5);
                self.oncoming += beyond.iter().filter(meets).count();
            }
        }
    }
}

fn run(street: &Arc<Street>, seed: u64, level: f64) -> (Watch, Measures) {
    let flows = [W, E, S, N].map(|from| (from, 560.0 * level, [0.15, 0.65, 0.2]));
    let mut t = mixed(street, &flows, 1.0, seed, 0.06);
    t.record_links(&[0, 1, 2, 3, 4, 5, 6, 7]);
    let mut lamps = vec![Lamp::Red; GROUPS];
    let mut watch = Watch::default();
    // Two cycles more for the last bicycles.
    while (!t.idle() || t.now_s() < 3600.0 + 2.0 * C) && t.now_s() < 9000.0 {
        let now = t.now_s();
        everybody_lamps(now, &mut lamps);
        t.step(&lamps);
        let samples = t.take_samples();
        let mut last: Option<&Sample> = None;
        for s in &samples {
            if let Some(l) = last.filter(|l| (l.link, l.lane) == (s.link, s.lane)) {
                assert!(s.position_m - s.length_m > l.position_m, "overlap: {l:?} {s:?}");
            }
            last = Some(s);
        }
        watch.look(&t, &samples);
        let known = t.on_road() + t.waiting_outside() + t.tally().departed as usize;
        assert_eq!(known, t.arrived(), "a vehicle vanished");
    }
    (watch, t.finish())
}

#[test]
fn nobody_drives_through_anybody_and_nobody_waits_for_ever() {
    let street = everybody(|ways| ways);
    for seed in 1..=6 {
        let (w, m) = run(&street, seed, [0.5, 1.0, 1.0, 1.3][seed as usize % 4]);
        println!(
            "seed {seed}: {} vehicles, met on foot {}, by bicycle {}, oncoming {}, guard {}, delay {:.0} s, bikes {:?}",
            w.turned,
            w.on_foot,
            w.on_bikes,
            w.oncoming,
            m.guarded,
            m.all.mean_delay_s.expect("somebody drove"),
            m.bikes.iter().map(|b| (b.served, b.waiting)).collect::<Vec<_>>(),
        );
        assert!(w.turned > 1000);
        assert_eq!((w.on_foot, w.on_bikes, w.oncoming), (0, 0, 0));
        assert_eq!(m.all.unserved, 0);
        assert!(m.guarded < 20);
        assert!(m.bikes.iter().all(|b| b.served > 400 && b.waiting == 0 && b.max_wait_s < 2.0 * C));
    }
}

#[test]
fn the_watch_sees_those_who_do_not_give_way() {
    // The same crossings and bicycles are watched, but turners look at the wrong ones and at no vehicle.
    let careless = |ways: Vec<GiveWay>| {
        let other = |way| match way {
            GiveWay::Exit { crossing, at_m } => Some(GiveWay::Exit { crossing: crossing ^ 2, at_m }),
            GiveWay::Bikes { lane } => Some(GiveWay::Bikes { lane: lane ^ 2 }),
            _ => None,
        };
        ways.into_iter().filter_map(other).collect()
    };
    let (w, _) = run(&everybody(careless), 2, 1.0);
    println!("careless: met on foot {}, by bicycle {}, oncoming {}", w.on_foot, w.on_bikes, w.oncoming);
    assert!(w.on_foot > 20 && w.on_bikes > 20 && w.oncoming > 20);
}

#[test]
fn whatever_the_lamps_do_everybody_gets_away_in_the_end() {
    let street = everybody(|ways| ways);
    for seed in 1..=5 {
        let mut draws = Stream::new(seed, Entity::Cabinet(9));
        let mut t = mixed(&street, &[W, E, S, N].map(|from| (from, 400.0, [0.2, 0.6, 0.2])), 0.5, seed, 0.06);
        let mut lamps = vec![Lamp::Red; GROUPS];
        while t.now_s() < 1800.0 {
            for l in &mut lamps {
                *l = match draws.below(240) {
                    0..6 => Lamp::Green,
                    6..9 => Lamp::Yellow,
                    9..14 => Lamp::Red,
                    14 => Lamp::Dark,
                    _ => *l,
                };
            }
            t.step(&lamps);
            let known = t.on_road() + t.waiting_outside() + t.tally().departed as usize;
            assert_eq!(known, t.arrived(), "a vehicle vanished");
        }
        let left = t.on_road();
        while !t.idle() && t.now_s() < 7200.0 {
            let now = t.now_s();
            for (arms, from) in [([W, E], 0.0), ([S, N], 45.0)] {
                for arm in arms {
                    lamps[arm] = lamp(now, C, from, from + 39.0);
                    lamps[PED + (arm ^ 2)] = walk(now, C, from, from + 18.0, from + 36.0);
                }
            }
            t.step(&lamps);
        }
        println!("seed {seed}: {left} on the street at the end of disorder, all away at {:.0} s", t.now_s());
        assert!(t.idle());
    }
}

#[test]
fn the_same_crossroads_gives_the_same_bytes() {
    let (_, a) = run(&everybody(|ways| ways), 7, 0.7);
    let (_, b) = run(&everybody(|ways| ways), 7, 0.7);
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
}
