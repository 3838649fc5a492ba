//! One red under even arrivals, vehicle by vehicle: what the plant does, and kinematic waves for the same vehicles.
//!
//! Knows: one lane of default cars, when each passes the stop line with the red and without it. Must not know: whole streets.

use std::sync::Arc;

use greenwave_sim::arrivals::Departure;
use greenwave_sim::driver::{CAR_LENGTH_M, Driver, STANDSTILL_GAP_M};
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::traffic::{STEP_S, Traffic};

use super::single;

/// Flow, veh/h, and red, s, of the cases shown.
pub const CASES: [(f64, f64); 6] =
    [(300.0, 48.0), (450.0, 48.0), (600.0, 48.0), (600.0, 70.0), (900.0, 48.0), (1200.0, 48.0)];
/// Length of the approach, m.
const APPROACH_M: f32 = 900.0;
/// When the red begins, s.
const BEGUN_S: f64 = 200.0;

/// From this vehicle of a queue on discharge is steady: the lost time is that of the first four (HCM).
const STEADY: usize = 4;

/// A vehicle on its way over the stop line.
#[derive(Debug, Clone, Copy)]
pub struct Passage {
    /// When its front would pass without the red, s after green.
    pub free_s: f64,
    /// When it passes, s after green.
    pub passed_s: f64,
    /// Where it stands, m from the stop line to its front; `None` = it never stands.
    pub stands_m: Option<f64>,
}

/// The queue of one red, averaged over the arrivals' place in the cycle.
#[derive(Debug, Clone, Copy, Default)]
pub struct Queue {
    /// Vehicles that are delayed, by the lines through those that are for certain.
    pub vehicles: f64,
    /// Where they reach to, m from the stop line to the last rear.
    pub reach_m: f64,
    /// When the queue has cleared, s after green.
    pub cleared_s: f64,
    /// Largest difference between any vehicle's passage and the wave's, from the fourth of the queue on, s.
    pub off_s: f64,
}

/// What is measured, and kinematic waves for the same vehicles: those who meet the red pass at saturation flow after the lost
/// time until somebody would come later anyhow (Newell 1993: whoever waits is his leader, later and further back).
pub fn queue(flow: f64, red: f64, saturation: f64, lost: f64) -> (Queue, Queue) {
    let (shifts, gap, headway) = (24, 3600.0 / flow, 3600.0 / saturation);
    let spacing = f64::from(CAR_LENGTH_M + STANDSTILL_GAP_M);
    let (mut met, mut waves) = (Queue::default(), Queue::default());
    let share = 1.0 / f64::from(shifts);
    for shift in 0..shifts {
        let all = passages(flow, red, gap * f64::from(shift) * share);
        // Who meets the red has no other choice; when he would have come is exact.
        let first = all.iter().position(|p| p.passed_s > 0.0 && p.free_s < 0.0).expect("somebody meets the red");
        let queue = &all[first..];
        let number = |k: usize| (k + 1) as f64;
        // Theory: the line of discharge meets the line of arrivals.
        let meets = (lost + headway - queue[0].free_s) / (gap - headway);
        let by_wave = |k: usize| (lost + headway * number(k)).max(queue[k].free_s);
        let place = queue[0].stands_m.expect("the first one stands") + f64::from(CAR_LENGTH_M);
        waves.vehicles += share * (1.0 + meets);
        waves.reach_m += share * (place + spacing * meets);
        waves.cleared_s += share * (lost + headway * (1.0 + meets));
        // Measured: the same lines through the vehicles that wait longer than a headway, and through those that stand.
        let waits = (0..queue.len()).take_while(|&k| queue[k].passed_s - queue[k].free_s > headway);
        let steady = waits.clone().filter(|&k| k + 1 >= STEADY);
        let came = line(steady.clone().map(|k| (number(k), queue[k].free_s)), gap);
        let passed = line(steady.map(|k| (number(k), queue[k].passed_s)), headway);
        let stands = line(waits.filter_map(|k| Some((number(k), queue[k].stands_m?))), spacing);
        let vehicles = (came.0 - passed.0) / (passed.1 - came.1);
        met.vehicles += share * vehicles;
        met.cleared_s += share * (passed.0 + passed.1 * vehicles);
        met.reach_m += share * (stands.0 + stands.1 * vehicles + f64::from(CAR_LENGTH_M));
        let off = (STEADY - 1..queue.len()).map(|k| (queue[k].passed_s - by_wave(k)).abs());
        met.off_s = off.fold(met.off_s, f64::max);
    }
    (met, waves)
}

/// Least squares: value at 0 and slope, which is as given where there are too few points for one.
fn line(points: impl Iterator<Item = (f64, f64)> + Clone, slope: f64) -> (f64, f64) {
    let n = points.clone().count() as f64;
    let (x, y) = points.clone().fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
    let (xx, xy) = points.fold((0.0, 0.0), |s, p| (s.0 + (p.0 - x).powi(2), s.1 + (p.0 - x) * (p.1 - y)));
    let slope = if n < 3.0 { slope } else { xy / xx };
    (y - slope * x, slope)
}

/// Every vehicle around one red of `red` seconds; the first enters at `first_s`.
pub fn passages(flow: f64, red: f64, first_s: f64) -> Vec<Passage> {
    let (free, met) = (drive(flow, None, first_s), drive(flow, Some(red), first_s));
    let green = BEGUN_S + red;
    let both = free.iter().zip(&met);
    both.map(|(f, m)| Passage { free_s: f.0 - green, passed_s: m.0 - green, stands_m: m.1 }).collect()
}

/// When each passes the stop line, and where it stood.
fn drive(flow: f64, red: Option<f64>, first_s: f64) -> Vec<(f64, Option<f64>)> {
    let count = (flow * 0.2) as usize;
    let at = |i: usize| first_s + 3600.0 / flow * i as f64;
    let car = |i| Departure { at_s: at(i), route: vec![0, 1], driver: Driver::CAR };
    let window = Window { start_s: 0.0, from_s: 0.0, to_s: 3600.0 };
    let departures: Vec<_> = (0..count).map(car).collect();
    let mut traffic = Traffic::new(Arc::new(single(1, APPROACH_M)), departures, 1, window);
    traffic.record_links(&[0, 1]);
    let mut out = vec![(f64::NAN, None); count];
    let mut before = vec![0.0_f32; count];
    while !traffic.idle() && traffic.now_s() < 1200.0 {
        let shows_red = red.is_some_and(|r| (BEGUN_S..BEGUN_S + r).contains(&traffic.now_s()));
        traffic.step(&[if shows_red { Lamp::Red } else { Lamp::Green }]);
        for s in traffic.take_samples() {
            let (passed, stood) = &mut out[s.vehicle as usize];
            let before = &mut before[s.vehicle as usize];
            if s.link == 0 {
                *before = s.position_m;
                if s.speed_m_s == 0.0 {
                    *stood = Some(f64::from(APPROACH_M - s.position_m));
                }
            } else if passed.is_nan() {
                let share = f64::from((APPROACH_M - *before) / (APPROACH_M - *before + s.position_m));
                *passed = s.at_s - STEP_S * (1.0 - share);
            }
        }
    }
    out
}
