//! The engine as a whole: nothing vanishes, nobody overlaps, turns come out as drawn, the same run gives the same bytes.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::collections::BTreeMap;
use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Demand, Departure, EntryFlow, TurnShares};
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::{Measures, Window};
use greenwave_sim::random::{Entity, Stream};
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{Movement, Street};
use greenwave_sim::traffic::{Sample, Traffic};

const HOUR: Window = Window { start_s: 0.0, from_s: 0.0, to_s: 3600.0 };

fn no_overlap(samples: &[Sample]) -> usize {
    let mut by_lane: BTreeMap<(u64, usize, usize), Vec<&Sample>> = BTreeMap::new();
    for s in samples {
        by_lane.entry(((s.at_s * 2.0) as u64, s.link, s.lane)).or_default().push(s);
    }
    for ((at, link, lane), list) in &by_lane {
        for w in list.windows(2) {
            let gap = w[1].position_m - w[1].length_m - w[0].position_m;
            assert!(gap > 0.0, "overlap {gap} m at half second {at}, link {link}, lane {lane}: {w:?}");
        }
    }
    by_lane.len()
}

/// Random lamps: every group flips through green, yellow, red by its own draws. Conflicts do not matter to the engine.
struct RandomLamps {
    draws: Stream,
    left: Vec<u32>,
    lamps: Vec<Lamp>,
}

impl RandomLamps {
    fn new(groups: usize, seed: u64) -> RandomLamps {
        RandomLamps {
            draws: Stream::new(seed, Entity::Cabinet(9)),
            left: vec![0; groups],
            lamps: vec![Lamp::Red; groups],
        }
    }

    fn step(&mut self) -> &[Lamp] {
        for (left, lamp) in self.left.iter_mut().zip(&mut self.lamps) {
            if *left == 0 {
                (*lamp, *left) = match *lamp {
                    Lamp::Green => (Lamp::Yellow, 6),
                    Lamp::Yellow => (Lamp::Red, 4 + self.draws.below(80) as u32),
                    _ if self.draws.uniform() < 0.1 => (Lamp::Dark, 40),
                    _ => (Lamp::Green, 4 + self.draws.below(80) as u32),
                };
            }
            *left -= 1;
        }
        &self.lamps
    }
}

#[test]
fn nobody_overlaps_or_vanishes_under_random_lamps() {
    let street = Arc::new(kit::dongchang());
    let all: Vec<usize> = (0..street.links().len()).collect();
    for seed in 1..=3 {
        let departures = Arrivals::draw(&street, &kit::demand(1.1, 0.2), seed, 0.0, 720.0);
        let wished = departures.len();
        let mut traffic = Traffic::new(street.clone(), departures, seed, HOUR);
        let mut lamps = RandomLamps::new(street.groups(), seed);
        traffic.record_links(&all);
        let mut seen = 0;
        for step in 0..2400 {
            traffic.step(lamps.step());
            seen += no_overlap(&traffic.take_samples());
            let known = traffic.on_road() + traffic.waiting_outside() + traffic.tally().departed as usize;
            assert_eq!(known, traffic.arrived(), "a vehicle vanished at step {step}");
        }
        assert!(seen > 50_000 && traffic.tally().departed > 500, "{seen}, {}", traffic.tally().departed);
        println!(
            "seed {seed}: {wished} wished, guard {}, missed {}",
            traffic.tally().guarded,
            traffic.tally().missed_turns
        );
    }
}

fn run(level: f64, seed: u64) -> (Measures, Traffic, usize) {
    let street = Arc::new(kit::dongchang());
    let departures = Arrivals::draw(&street, &kit::demand(level, 0.5), seed, 0.0, 1800.0);
    let wished = departures.len();
    let mut traffic = Traffic::new(street.clone(), departures, seed, HOUR);
    let plan = kit::FixedTime::standard();
    let mut lamps = vec![Lamp::Red; street.groups()];
    while !traffic.idle() && traffic.now_s() < 5400.0 {
        plan.lamps(traffic.now_s(), &mut lamps);
        traffic.step(&lamps);
    }
    (traffic.clone().finish(), traffic, wished)
}

#[test]
fn the_same_run_gives_the_same_bytes_and_serves_everybody() {
    let (a, ta, wished) = run(0.5, 11);
    let (b, tb, _) = run(0.5, 11);
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
    assert_eq!(format!("{:?}", ta.loops()), format!("{:?}", tb.loops()));
    let (c, _, _) = run(0.5, 12);
    assert_ne!(format!("{a:?}"), format!("{c:?}"));
    assert_eq!(a.all.wished as usize, wished);
    assert_eq!(a.all.unserved, 0);
    assert!(f64::from(a.missed_turns) < 0.005 * wished as f64, "{} missed turns of {wished}", a.missed_turns);
    assert!(a.guarded < 20, "the guard acted {} times", a.guarded);
}

#[test]
fn turning_counts_come_out_as_drawn() {
    let street = Arc::new(kit::dongchang());
    let departures = Arrivals::draw(&street, &kit::demand(0.5, 0.5), 4, 0.0, 1800.0);
    let mut drawn: BTreeMap<u32, u32> = BTreeMap::new();
    for d in &departures {
        for l in d.route.iter().filter(|&&l| street.links()[l as usize].node.is_some()) {
            *drawn.entry(*l).or_default() += 1;
        }
    }
    let (m, traffic, _) = run(0.5, 4);
    assert_eq!(m.missed_turns, 0);
    for (link, n) in drawn {
        let row = m.approaches.iter().find(|a| a.link == street.links()[link as usize].name).expect("an approach");
        assert_eq!(row.vehicles, n, "{}", row.link);
        // Stop-line loops see what passes, but for lane changes right over them.
        let sites = street.loops().iter().zip(traffic.loops());
        let counted: u32 = sites
            .filter(|(s, _)| s.link == link as usize && street.links()[s.link].length_m - s.position_m < 5.0)
            .map(|(_, l)| l.count)
            .sum();
        assert_eq!(counted, n, "loops of {}", row.link);
    }
}

#[test]
fn shares_and_flows_are_those_of_the_demand() {
    let street = kit::dongchang();
    let demand = kit::demand(1.0, 20.0);
    let departures = Arrivals::draw(&street, &demand, 5, 0.0, 72_000.0);
    let west: Vec<&Departure> = departures.iter().filter(|d| d.route[0] == 0).collect();
    assert!((west.len() as f64 / 40_000.0 - 1.0).abs() < 0.02, "{}", west.len());
    let left = street.leads_to(0, Movement::Left).expect("dc01 W turns left") as u32;
    let share = west.iter().filter(|d| d.route[1] == left).count() as f64 / west.len() as f64;
    assert!((share - 0.08).abs() < 0.005, "{share}");
    let heavy = departures.iter().filter(|d| d.driver.heavy).count() as f64 / departures.len() as f64;
    assert!((heavy - 0.06).abs() < 0.004, "{heavy}");
    // A shorter draw of the same seed is a part of the longer one: the warm-up does not change who comes.
    let part = Arrivals::draw(&street, &demand, 5, 3600.0, 7200.0);
    let same: Vec<Departure> = departures.into_iter().filter(|d| (3600.0..7200.0).contains(&d.at_s)).collect();
    assert_eq!(part, same);
}

#[test]
fn a_blocked_exit_fills_the_street_and_clears_again() {
    // Two signals in a row; the second stays red.
    let through = |g, to| vec![kit::lane(0.0, &[(Movement::Through, g, to)])];
    let mut a = kit::link("a", Some(0), 200.0, through(0, 1));
    a.entry = true;
    let links = vec![
        a,
        kit::link("b", Some(1), 150.0, through(1, 2)),
        kit::link("out", None, 200.0, vec![kit::lane(0.0, &[])]),
    ];
    let street = Arc::new(Street::new(links, 2, vec![], vec![], 2).unwrap());
    let departures: Vec<Departure> =
        (0..80).map(|i| Departure { at_s: 4.0 * f64::from(i), route: vec![0, 1, 2], driver: Driver::CAR }).collect();
    let mut traffic = Traffic::new(street, departures, 1, HOUR);
    traffic.record_links(&[0, 1]);
    while traffic.now_s() < 420.0 {
        traffic.step(&[Lamp::Green, Lamp::Red]);
        no_overlap(&traffic.take_samples().split_off(0));
    }
    traffic.step(&[Lamp::Green, Lamp::Red]);
    let standing = traffic.take_samples();
    let on = |link| standing.iter().filter(|s| s.link == link).count();
    println!("{:?}", standing.iter().filter(|s| s.link == 1).map(|s| s.position_m).collect::<Vec<_>>());
    // 150 m less what is kept clear, at 6.8 m a car; then the first link, then outside.
    assert!((19..=21).contains(&on(1)), "{} on the blocked link", on(1));
    assert!((28..=30).contains(&on(0)), "{} on the link before", on(0));
    assert!(
        standing.iter().filter(|s| s.link == 1).all(|s| s.position_m - s.length_m > 0.0),
        "the intersection is clear"
    );
    assert_eq!(traffic.waiting_outside(), 80 - on(0) - on(1));
    assert!(standing.iter().all(|s| s.speed_m_s < 0.05));
    while !traffic.idle() && traffic.now_s() < 1000.0 {
        traffic.step(&[Lamp::Green, Lamp::Green]);
    }
    assert!(traffic.idle());
    let m = traffic.finish();
    assert_eq!((m.all.out, m.all.unserved), (80, 0));
}

#[test]
fn loops_count_and_are_covered_for_the_right_time() {
    let street = Arc::new(kit::single(1, 400.0));
    let departures: Vec<Departure> =
        (0..50).map(|i| Departure { at_s: 5.0 * f64::from(i), route: vec![0, 1], driver: Driver::CAR }).collect();
    let mut traffic = Traffic::new(street.clone(), departures.clone(), 1, HOUR);
    while !traffic.idle() {
        traffic.step(&[Lamp::Green]);
    }
    // Free flow: each car covers a 2 m loop for (4.8 + 2) / 13.889 s; also the loop at the stop line, half left behind.
    let ideal = 50.0 * 6.8 / f64::from(kit::LIMIT);
    for l in traffic.loops() {
        assert_eq!(l.count, 50);
        assert!((l.occupied_s / ideal - 1.0).abs() < 0.02, "{} s instead of {ideal} s", l.occupied_s);
    }
    let mut standing = Traffic::new(street, departures, 1, HOUR);
    while standing.now_s() < 400.0 {
        standing.step(&[Lamp::Red]);
    }
    assert!(standing.loops()[0].occupied && standing.loops()[0].count == 1);
    assert!(standing.loops()[0].occupied_s > 360.0);
}

#[test]
fn a_left_pocket_serves_its_left_turners() {
    let street = Arc::new(kit::dongchang());
    // dc06 from the west: 1,500 veh/h on three lanes, 14 % of them left, into the 100 m pocket.
    let link = kit::approach(5, 2);
    let demand = Demand {
        start_s: 0.0,
        bin_s: 3600.0,
        entries: vec![EntryFlow { link, vehicles: vec![1500.0] }],
        shares: vec![TurnShares { link, by_bin: vec![[0.14, 0.72, 0.14]] }],
        heavy_share: 0.06,
    };
    for seed in 1..=3 {
        let departures = Arrivals::draw(&street, &demand, seed, 0.0, 3600.0);
        let mut traffic = Traffic::new(street.clone(), departures, seed, HOUR);
        let (through, left) = (5 * kit::GROUPS_A_NODE + 4, 5 * kit::GROUPS_A_NODE + 5);
        let mut lamps = vec![Lamp::Green; street.groups()];
        while !traffic.idle() && traffic.now_s() < 5400.0 {
            let at = traffic.now_s() % 90.0;
            lamps[through] = if at < 35.0 {
                Lamp::Green
            } else if at < 38.0 {
                Lamp::Yellow
            } else {
                Lamp::Red
            };
            lamps[left] = if (40.0..58.0).contains(&at) {
                Lamp::Green
            } else if (58.0..61.0).contains(&at) {
                Lamp::Yellow
            } else {
                Lamp::Red
            };
            traffic.step(&lamps);
        }
        let m = traffic.finish();
        let delay = m.approaches.iter().find(|a| a.link == "dc06.S").and_then(|a| a.mean_delay_s);
        println!("seed {seed}: missed {}, delay {delay:?}, guard {}", m.missed_turns, m.guarded);
        assert_eq!((m.missed_turns, m.all.unserved), (0, 0));
    }
}

#[test]
fn dark_signals_serve_all_sides_slowly() {
    let street = Arc::new(kit::single(2, 300.0));
    let departures: Vec<Departure> =
        (0..40).map(|i| Departure { at_s: f64::from(i), route: vec![0, 1], driver: Driver::CAR }).collect();
    let mut traffic = Traffic::new(street, departures, 1, HOUR);
    while !traffic.idle() && traffic.now_s() < 1000.0 {
        traffic.step(&[Lamp::Dark]);
    }
    println!("40 cars over 2 dark lanes in {} s", traffic.now_s());
    assert!(traffic.idle() && traffic.now_s() > 90.0, "one a lane in 4 s at most");
}

#[test]
fn a_plan_cannot_change_who_arrives() {
    let street = Arc::new(kit::dongchang());
    let departures = Arrivals::draw(&street, &kit::demand(0.6, 0.25), 21, 0.0, 900.0);
    let wishes = |cycle_shift: f64| {
        let mut traffic = Traffic::new(street.clone(), departures.clone(), 21, HOUR);
        let mut plan = kit::FixedTime::standard();
        plan.offsets.iter_mut().enumerate().for_each(|(i, o)| *o += cycle_shift * i as f64);
        let mut lamps = vec![Lamp::Red; street.groups()];
        let mut arrived = Vec::new();
        while !traffic.idle() && traffic.now_s() < 3600.0 {
            plan.lamps(traffic.now_s(), &mut lamps);
            traffic.step(&lamps);
            arrived.push(traffic.arrived());
        }
        let m = traffic.finish();
        let classes: Vec<u32> = m.classes.iter().map(|c| c.wished).collect();
        (arrived[..1800].to_vec(), classes, m.missed_turns, m.all.mean_delay_s)
    };
    let (a, b) = (wishes(0.0), wishes(37.0));
    assert_eq!((&a.0, &a.1, a.2, b.2), (&b.0, &b.1, 0, 0));
    assert_ne!(a.3, b.3, "the plan does change the delay");
}
