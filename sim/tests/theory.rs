//! Control delay against closed forms.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Demand, Departure, EntryFlow};
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::Street;
use greenwave_sim::traffic::Traffic;

const CYCLE_S: f64 = 90.0;
const GREEN_S: f64 = 42.0;
const YELLOW_S: f64 = 3.0;

/// One lane at `flow` veh/h: even arrivals of default cars, or random ones.
fn departures(street: &Street, flow: f64, random: bool, seed: u64) -> Vec<Departure> {
    if random {
        let entries = vec![EntryFlow { link: 0, vehicles: vec![2.0 * flow] }];
        let demand = Demand { start_s: 0.0, bin_s: 7200.0, entries, shares: vec![], heavy_share: 0.0 };
        let drawn = Arrivals::draw(street, &demand, seed, 0.0, 7200.0).into_iter();
        // Default cars: on one lane, slow drivers hold up the others, which is no control delay.
        return drawn.map(|d| Departure { driver: Driver::CAR, ..d }).collect();
    }
    let n = (2.0 * flow) as usize;
    let at = |i: usize| 3600.0 / flow * i as f64;
    (0..n).map(|i| Departure { at_s: at(i), route: vec![0, 1], driver: Driver::CAR }).collect()
}

fn lamp(t: f64, green: f64) -> Lamp {
    match t % CYCLE_S {
        at if at < green => Lamp::Green,
        at if at < green + YELLOW_S => Lamp::Yellow,
        _ => Lamp::Red,
    }
}

/// Mean control delay over the last 90 minutes of two hours, and the flow realised in them, veh/h.
fn delay(flow: f64, random: bool, seed: u64) -> (f64, f64) {
    let street = Arc::new(kit::single(1, 900.0));
    let window = Window { start_s: 0.0, from_s: 1800.0, to_s: 7200.0 };
    let mut traffic = Traffic::new(street.clone(), departures(&street, flow, random, seed), seed, window);
    while !traffic.idle() && traffic.now_s() < 9000.0 {
        traffic.step(&[lamp(traffic.now_s(), GREEN_S)]);
    }
    let m = traffic.finish();
    let a = &m.approaches[0];
    (a.mean_delay_s.expect("vehicles passed"), f64::from(a.vehicles) / 1.5)
}

/// Vehicles an hour that an oversaturated approach discharges.
fn capacity(random: bool, green: f64) -> f64 {
    let street = Arc::new(kit::single(1, 900.0));
    let window = Window { start_s: 0.0, from_s: 0.0, to_s: 7200.0 };
    let mut traffic = Traffic::new(street.clone(), departures(&street, 1500.0, random, 9), 9, window);
    let mut before = 0;
    while traffic.now_s() < 80.0 * CYCLE_S {
        traffic.step(&[lamp(traffic.now_s(), green)]);
        if traffic.now_s() == 20.0 * CYCLE_S {
            before = traffic.loops()[0].count;
        }
    }
    f64::from(traffic.loops()[0].count - before) * 3600.0 / (60.0 * CYCLE_S)
}

/// HCM uniform delay d1 at the realised capacity, the effective green taken as the green.
fn d1(flow: f64, capacity: f64) -> f64 {
    let share = GREEN_S / CYCLE_S;
    0.5 * CYCLE_S * (1.0 - share).powi(2) / (1.0 - (flow / capacity).min(1.0) * share)
}

#[test]
fn uniform_delay_is_websters_first_term() {
    let capacity = capacity(false, GREEN_S);
    println!("capacity realised, default cars: {capacity:.0} veh/h");
    for flow in [150.0, 300.0, 450.0, 600.0] {
        let (measured, realised) = delay(flow, false, 1);
        let theory = d1(realised, capacity);
        println!("uniform {flow} veh/h: {measured:.1} s, d1 {theory:.1} s, ratio {:.3}", measured / theory);
        assert!((measured / theory - 1.0).abs() < 0.10, "{measured} against {theory}");
    }
}

#[test]
fn random_arrivals_come_near_hcm() {
    let capacity = capacity(true, GREEN_S);
    println!("capacity realised, random arrivals: {capacity:.0} veh/h");
    for x in [0.3, 0.5, 0.7, 0.8, 0.9] {
        let (mut measured, mut realised) = (0.0, 0.0);
        for seed in 1..=24 {
            let (d, f) = delay(x * capacity, true, seed);
            measured += d / 24.0;
            realised += f / 24.0;
        }
        let real: f64 = realised / capacity;
        let t: f64 = 1.5;
        let d2 = 900.0 * t * ((real - 1.0) + ((real - 1.0).powi(2) + 4.0 * real / (capacity * t)).sqrt());
        let theory = d1(realised, capacity) + d2;
        println!("x {real:.2}: {measured:.1} s, HCM d1+d2 {theory:.1} s, ratio {:.3}", measured / theory);
        assert!((measured / theory - 1.0).abs() < 0.08, "{measured} against {theory}");
    }
}

/// What a plan maker must know: effective green less displayed green, averaged over greens so that whole vehicles do not
/// matter.
#[test]
fn the_yellow_gives_back_what_the_start_loses() {
    for random in [false, true] {
        let greens: Vec<f64> = (0..24).map(|i| 30.0 + 0.5 * f64::from(i)).collect();
        let extra = |g: &f64| capacity(random, *g) * CYCLE_S / 1900.0 - g;
        let mean = greens.iter().map(extra).sum::<f64>() / greens.len() as f64;
        println!("random arrivals {random}: effective green less green {mean:.2} s at 1900 veh/h");
        assert!(mean.abs() < 1.0, "{mean}");
    }
}
