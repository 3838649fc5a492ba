//! How platoons spread behind a signal, and Robertson's recurrence (1969) fitted to it.
//!
//! Knows: flow profiles over a cycle, drivers' desired speeds. Must not know: what uses the fit.

use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Demand, Departure, EntryFlow};
use greenwave_sim::driver::Driver;
use greenwave_sim::driving::Driving;
use greenwave_sim::measure::Window;
use greenwave_sim::random::{Entity, Stream};
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{LoopSite, Movement, Street};
use greenwave_sim::traffic::Traffic;

use super::{lane, link};

/// Where platoons are watched, m behind the stop line; the first is where they come from.
pub const PLACES_M: [f32; 4] = [15.0, 215.0, 415.0, 815.0];
const CYCLE_S: usize = 120;
const GREEN_S: usize = 40;
const LANES: usize = 3;

/// One fit: what arrives a second later is `F` of what left `lag_s` before and the rest of what arrived.
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    /// Metres from the first place.
    pub distance_m: f32,
    /// Mean travel time, s.
    pub travel_s: f64,
    /// Smoothing factor at steps of 1 s.
    pub f: f64,
    /// Whole seconds of pure shift.
    pub lag_s: usize,
    /// `F = 1 / (1 + alpha lag)`.
    pub alpha: f64,
    /// Share of the variance explained.
    pub r2: f64,
}

/// Mean profiles over the cycle, veh/s, at each place behind a signal; desired speeds vary by `speed_sd` of the limit, and the
/// street has this `friction`.
pub fn profiles(speed_sd: f64, friction: f32, hours: f64) -> [Vec<f64>; 4] {
    let mut entry = link("in", Some(0), 500.0, vec![lane(0.0, &[(Movement::Through, 0, 1)]); LANES]);
    entry.entry = true;
    let out = link("out", None, 1000.0, vec![lane(0.0, &[]); LANES]);
    let site = |position_m: f32, lane: usize| LoopSite { link: 1, lane, position_m, length_m: 2.0 };
    let loops = PLACES_M.iter().flat_map(|&p| (0..LANES).map(move |k| site(p, k))).collect();
    let mut street = Street::new(vec![entry, out], 1, loops, vec![], 1).expect("a valid street");
    (0..LANES).for_each(|lane| street.drive(1, lane, |usual| Driving { friction, ..usual }));
    let street = Arc::new(street);
    let demand = Demand {
        start_s: 0.0,
        bin_s: 3600.0 * hours,
        entries: vec![EntryFlow { link: 0, vehicles: vec![1200.0 * hours] }],
        shares: vec![],
        heavy_share: 0.0,
    };
    let mut draws = Stream::new(1, Entity::EntryDrivers(7));
    let drawn = Arrivals::draw(&street, &demand, 1, 0.0, 3600.0 * hours).into_iter();
    let departures = drawn.map(|d| {
        let speed_factor = draws.normal_within(1.0, speed_sd, 0.5, 1.5) as f32;
        Departure { driver: Driver { speed_factor, ..d.driver }, ..d }
    });
    let window = Window { start_s: 0.0, from_s: 0.0, to_s: 3600.0 * hours };
    let mut traffic = Traffic::new(street, departures.collect::<Vec<_>>(), 1, window);
    let mut profiles = [(); 4].map(|()| vec![0.0; CYCLE_S]);
    let mut before = vec![0; LANES * PLACES_M.len()];
    let cycles = (3600.0 * hours) as usize / CYCLE_S;
    for second in 0..cycles * CYCLE_S {
        let lamp = match second % CYCLE_S {
            s if s < GREEN_S => Lamp::Green,
            s if s < GREEN_S + 3 => Lamp::Yellow,
            _ => Lamp::Red,
        };
        traffic.step(&[lamp]);
        traffic.step(&[lamp]);
        for (k, state) in traffic.loops().iter().enumerate() {
            let passed = f64::from(state.count - before[k]);
            profiles[k / LANES][second % CYCLE_S] += if second < 10 * CYCLE_S { 0.0 } else { passed };
            before[k] = state.count;
        }
    }
    let counted = (cycles - 10) as f64;
    profiles.map(|p| p.iter().map(|x| x / counted).collect())
}

/// Fits the recurrence from the first place to each of the others.
pub fn fits(profiles: &[Vec<f64>; 4]) -> Vec<Fit> {
    let from = &profiles[0];
    let places = profiles.iter().zip(PLACES_M).skip(1);
    places.map(|(to, place)| fit(from, to, place - PLACES_M[0])).collect()
}

fn fit(from: &[f64], to: &[f64], distance_m: f32) -> Fit {
    let n = from.len();
    let mean = to.iter().sum::<f64>() / n as f64;
    let total: f64 = to.iter().map(|x| (x - mean).powi(2)).sum();
    let mut best = Fit { distance_m, travel_s: travel(from, to), f: 0.0, lag_s: 0, alpha: 0.0, r2: f64::NEG_INFINITY };
    for lag_s in 1..n {
        for f in (1..=400).map(|k| f64::from(k) / 400.0) {
            let missed: f64 = spread(from, f, lag_s).iter().zip(to).map(|(a, b)| (a - b).powi(2)).sum();
            let r2 = 1.0 - missed / total;
            if r2 > best.r2 {
                let alpha = (1.0 / f - 1.0) / lag_s as f64;
                best = Fit { f, lag_s, alpha, r2, ..best };
            }
        }
    }
    best
}

/// Robertson's recurrence over a cycle that repeats for ever.
fn spread(from: &[f64], f: f64, lag_s: usize) -> Vec<f64> {
    let n = from.len();
    let mut out = vec![0.0; n];
    let mut last = from.iter().sum::<f64>() / n as f64;
    for t in 0..4 * n {
        last = f * from[(t + n - lag_s) % n] + (1.0 - f) * last;
        out[t % n] = last;
    }
    out
}

/// How much later the second profile's middle comes than the first's, s: the shift of their circular means.
fn travel(from: &[f64], to: &[f64]) -> f64 {
    let n = from.len() as f64;
    let turn = std::f64::consts::TAU / n;
    let middle = |p: &[f64]| {
        let at = |g: fn(f64) -> f64| p.iter().enumerate().map(|(t, x)| x * g(turn * t as f64)).sum::<f64>();
        at(f64::sin).atan2(at(f64::cos)) / turn
    };
    (middle(to) - middle(from)).rem_euclid(n)
}
