//! Arrivals drawn as time goes: the very vehicles of all drawn at once, and nothing kept that grows with the day.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Demand, Departure, EntryFlow, Shares, TurnShares};
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::Window;
use greenwave_sim::random::{Entity, Stream};
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{Movement, Street};
use greenwave_sim::traffic::Traffic;

/// All departures of the day drawn entry by entry, then sorted: what the plant did before it drew them as they come.
fn all_at_once(street: &Street, demand: &Demand, seed: u64, from_s: f64, to_s: f64) -> Vec<Departure> {
    let mut shares: Vec<&[Shares]> = vec![&[]; street.links().len()];
    for s in &demand.shares {
        shares[s.link] = &s.by_bin;
    }
    let mut out = Vec::new();
    for entry in &demand.entries {
        let mut times = Stream::new(seed, Entity::EntryTimes(entry.link as u32));
        let mut who = Stream::new(seed, Entity::EntryDrivers(entry.link as u32));
        let mut next = times.exponential();
        let mut passed = 0.0;
        for (bin, &flow) in entry.vehicles.iter().enumerate() {
            while next < passed + flow {
                let at_s = demand.start_s + demand.bin_s * (bin as f64 + (next - passed) / flow);
                next += times.exponential();
                let driver = driver(&mut who, demand.heavy_share);
                let route = route(street, demand, &shares, &mut who, entry.link, at_s);
                if at_s >= from_s && at_s < to_s {
                    out.push(Departure { at_s, route, driver });
                }
            }
            passed += flow;
        }
    }
    out.sort_by(|a, b| a.at_s.total_cmp(&b.at_s).then(a.route[0].cmp(&b.route[0])));
    out
}

fn driver(who: &mut Stream, heavy_share: f64) -> Driver {
    let heavy = who.uniform() < heavy_share;
    let base = if heavy { Driver::HEAVY } else { Driver::CAR };
    let speed = who.normal_within(1.0, 0.08, 0.8, 1.2) as f32;
    let headway = who.normal_within(1.0, 0.10, 0.75, 1.25) as f32;
    let accel = who.normal_within(1.0, 0.10, 0.75, 1.25) as f32;
    Driver {
        speed_factor: if heavy { speed.min(1.0) * base.speed_factor } else { speed },
        headway_s: base.headway_s * headway,
        acceleration_m_s2: base.acceleration_m_s2 * accel,
        ..base
    }
}

fn route(
    street: &Street,
    demand: &Demand,
    shares: &[&[Shares]],
    who: &mut Stream,
    entry: usize,
    at_s: f64,
) -> Vec<u32> {
    let (mut route, mut link, mut clock) = (Vec::new(), entry, at_s);
    loop {
        route.push(link as u32);
        let here = &street.links()[link];
        if here.node.is_none() {
            return route;
        }
        clock += f64::from(here.length_m / here.limit_m_s);
        let bin = ((clock - demand.start_s) / demand.bin_s) as usize;
        let u = who.uniform();
        let movement = match shares[link] {
            [] => Movement::Through,
            by_bin => {
                let [l, t, r] = by_bin[bin.min(by_bin.len() - 1)];
                match u * (l + t + r) {
                    at if at < l => Movement::Left,
                    at if at < l + t => Movement::Through,
                    _ => Movement::Right,
                }
            }
        };
        let order = [movement, Movement::Through, Movement::Right, Movement::Left];
        match order.into_iter().find_map(|m| street.leads_to(link, m)) {
            Some(to) => link = to,
            None => return route,
        }
    }
}

/// Flows that rise, fall and stop, and turning shares that change by the bin.
fn uneven() -> Demand {
    let mut demand = kit::demand(1.0, 1.0);
    demand.start_s = 600.0;
    demand.bin_s = 300.0;
    for (k, e) in demand.entries.iter_mut().enumerate() {
        let hour = e.vehicles[0];
        e.vehicles = [0.5, 1.4, 0.0, 0.0, 1.0, 0.3].iter().map(|x| x * hour / 12.0 * (1.0 + 0.01 * k as f64)).collect();
    }
    for TurnShares { by_bin, .. } in &mut demand.shares {
        let [l, t, r] = by_bin[0];
        *by_bin = vec![[l, t, r], [r, t, l], [l, 2.0 * t, 0.0]];
    }
    demand
}

#[test]
fn who_comes_does_not_hang_on_when_he_is_drawn() {
    let street = Arc::new(kit::dongchang());
    let demand = uneven();
    for seed in [1, 2, 77] {
        for (from_s, to_s) in [(0.0, 1e5), (950.0, 1900.0), (1900.0, 1910.0)] {
            let before = all_at_once(&street, &demand, seed, from_s, to_s);
            let now: Vec<Departure> = Arrivals::new(street.clone(), demand.clone(), seed, from_s, to_s).collect();
            assert!(before.len() > 3, "{} vehicles", before.len());
            assert_eq!(before, now, "seed {seed}, {from_s} to {to_s}");
        }
    }
}

#[test]
fn a_run_is_the_same_whether_its_vehicles_are_given_or_drawn() {
    let (street, demand, plan) = (Arc::new(kit::dongchang()), uneven(), kit::FixedTime::standard());
    let window = Window { start_s: 600.0, from_s: 900.0, to_s: 1800.0 };
    let given = all_at_once(&street, &demand, 5, 600.0, 1800.0);
    let drawn = Arrivals::new(street.clone(), demand, 5, 600.0, 1800.0);
    let mut runs = [Traffic::new(street.clone(), given, 5, window), Traffic::new(street.clone(), drawn, 5, window)];
    let mut lamps = vec![Lamp::Red; street.groups()];
    for traffic in &mut runs {
        while !traffic.idle() && traffic.now_s() < 2100.0 {
            plan.lamps(traffic.now_s(), &mut lamps);
            traffic.step(&lamps);
        }
    }
    let [a, b] = runs.map(|t| (t.arrived(), t.finish()));
    assert!(a.0 > 500 && a.1.all.out > 100, "{} came", a.0);
    assert_eq!(a, b);
}

#[test]
fn what_is_kept_does_not_grow_with_the_day() {
    let street = Arc::new(kit::single(2, 400.0));
    let day = |hours: usize| {
        let entries = vec![EntryFlow { link: 0, vehicles: vec![1000.0; hours] }];
        let demand = Demand { start_s: 0.0, bin_s: 3600.0, entries, shares: vec![], heavy_share: 0.0 };
        let to_s = 3600.0 * hours as f64;
        let arrivals = Arrivals::new(street.clone(), demand, 4, 0.0, to_s);
        let mut traffic = Traffic::new(street.clone(), arrivals, 4, Window { start_s: 0.0, from_s: 0.0, to_s });
        let mut most = 0;
        while !traffic.idle() {
            let lamp = if traffic.now_s() % 80.0 < 40.0 { Lamp::Green } else { Lamp::Red };
            traffic.step(&[lamp]);
            most = most.max(traffic.kept());
        }
        (traffic.arrived(), most)
    };
    let ((few, short), (many, long)) = (day(2), day(20));
    println!("{few} vehicles: at most {short} kept; {many} vehicles: {long}");
    assert!(many > 19_000 && few < 2_200);
    assert!(long < 2 * short && long < 100, "{long} against {short}");
}
