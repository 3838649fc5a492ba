//! What theory says of one signalled approach, and what the plant does there: measured for the model card and its tests.
//!
//! Knows: closed forms of queueing and traffic flow, default cars, one approach. Must not know: whole streets.

use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Demand, Departure, EntryFlow};
use greenwave_sim::driver::{CAR_LENGTH_M, Driver, STANDSTILL_GAP_M};
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::Street;
use greenwave_sim::traffic::{STEP_S, Traffic};

use super::{LIMIT, single};

/// Cycle, green and yellow, s.
pub const CYCLE_S: f64 = 90.0;
pub const GREEN_S: f64 = 42.0;
pub const YELLOW_S: f64 = 3.0;
/// Length of the approach of the delay measurements, m.
const APPROACH_M: f32 = 900.0;
const WINDOW: Window = Window { start_s: 0.0, from_s: 0.0, to_s: 3600.0 };

/// Moments after green at which the fronts of a standing queue of default cars pass the stop line, s.
pub fn discharge(cars: usize) -> Vec<f64> {
    standing(cars).1
}

/// Length of a standing queue of default cars, m from the stop line to the last rear, and its [`discharge`].
pub fn standing(cars: usize) -> (f64, Vec<f64>) {
    standing_of(Driver::CAR, cars)
}

/// The same of this driver's like.
pub fn standing_of(driver: Driver, cars: usize) -> (f64, Vec<f64>) {
    standing_on(Arc::new(single(1, 600.0)), driver, cars)
}

/// The same on a street made of [`single`]'s of 600 m.
pub fn standing_on(street: Arc<Street>, driver: Driver, cars: usize) -> (f64, Vec<f64>) {
    let departures: Vec<Departure> =
        (0..cars).map(|i| Departure { at_s: 3.0 * i as f64, route: vec![0, 1], driver }).collect();
    let mut traffic = Traffic::new(street, departures, 1, WINDOW);
    while traffic.now_s() < 240.0 {
        traffic.step(&[Lamp::Red]);
    }
    assert_eq!(traffic.on_road(), cars, "the queue stands");
    traffic.record_links(&[0, 1]);
    let green = traffic.now_s();
    while traffic.now_s() < green + 80.0 {
        traffic.step(&[Lamp::Green]);
    }
    let samples = traffic.take_samples();
    let rear = samples.iter().take(cars).map(|s| s.position_m - s.length_m).fold(f32::INFINITY, f32::min);
    let mut passed = Vec::new();
    for id in 0..cars as u32 {
        let mine: Vec<_> = samples.iter().filter(|s| s.vehicle == id).collect();
        let first = mine.iter().find(|s| s.link == 1).expect("everybody passes");
        let before = mine.iter().rev().find(|s| s.link == 0);
        let from = before.map_or(599.0, |s| s.position_m);
        let share = f64::from((600.0 - from) / (600.0 - from + first.position_m));
        passed.push(first.at_s - STEP_S * (1.0 - share) - green);
    }
    (f64::from(600.0 - rear), passed)
}

/// The same by theory: cars at their spacing, and the discharge as a wave at saturation flow after the lost time.
pub fn standing_wave(cars: usize, saturation: f64, lost: f64) -> (f64, f64) {
    let spacing = f64::from(CAR_LENGTH_M + STANDSTILL_GAP_M);
    (cars as f64 * spacing, lost + cars as f64 * 3600.0 / saturation)
}

/// Saturation flow, veh/h, and start-up lost time, s, of a discharge: vehicles 5 to 20, the headways that end with their
/// passage.
pub fn saturation(passed: &[f64]) -> (f64, f64) {
    let headway = (passed[19] - passed[3]) / 16.0;
    (3600.0 / headway, passed[3] - 4.0 * headway)
}

/// Arrivals at one lane over `hours`: default cars, evenly spaced, the first at `first_s`.
fn even(flow: f64, hours: f64, first_s: f64) -> Vec<Departure> {
    let at = |i: usize| first_s + 3600.0 / flow * i as f64;
    (0..(hours * flow) as usize).map(|i| Departure { at_s: at(i), route: vec![0, 1], driver: Driver::CAR }).collect()
}

/// The same at random. Default cars: on one lane, slow drivers hold up the others, which is no control delay.
fn random(street: &Street, flow: f64, hours: f64, seed: u64) -> Vec<Departure> {
    let entries = vec![EntryFlow { link: 0, vehicles: vec![hours * flow] }];
    let demand = Demand { start_s: 0.0, bin_s: 3600.0 * hours, entries, shares: vec![], heavy_share: 0.0 };
    let drawn = Arrivals::draw(street, &demand, seed, 0.0, 3600.0 * hours).into_iter();
    drawn.map(|d| Departure { driver: Driver::CAR, ..d }).collect()
}

fn lamp(t: f64, green: f64) -> Lamp {
    match t % CYCLE_S {
        at if at < green => Lamp::Green,
        at if at < green + YELLOW_S => Lamp::Yellow,
        _ => Lamp::Red,
    }
}

/// What an hour of arrivals met, means over its vehicles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Met {
    /// Delay against free flow at the stop line, s.
    pub delay_s: f64,
    /// What the same vehicles lose to each other when it is always green, s.
    pub without_signal_s: f64,
    /// Vehicles per hour.
    pub flow: f64,
}

fn hour(street: &Arc<Street>, departures: Vec<Departure>) -> Met {
    let drive = |departures: Vec<Departure>, signal: bool| {
        let window = Window { start_s: 0.0, from_s: 0.0, to_s: 3600.0 };
        let mut traffic = Traffic::new(street.clone(), departures, 1, window);
        while !traffic.idle() && traffic.now_s() < 7200.0 {
            traffic.step(&[if signal { lamp(traffic.now_s(), GREEN_S) } else { Lamp::Green }]);
        }
        let a = traffic.finish().approaches.swap_remove(0);
        (a.mean_delay_s.expect("vehicles passed"), f64::from(a.vehicles))
    };
    let (without_signal_s, _) = drive(departures.clone(), false);
    let (delay_s, flow) = drive(departures, true);
    Met { delay_s, without_signal_s, flow }
}

/// An hour of even arrivals.
pub fn even_delay(flow: f64) -> Met {
    hour(&Arc::new(single(1, APPROACH_M)), even(flow, 1.0, 0.0))
}

/// An hour of random arrivals from an empty road, the analysis period of the HCM, over seeds 1 to `seeds`.
pub fn random_delay(flow: f64, seeds: u64) -> Met {
    let street = Arc::new(single(1, APPROACH_M));
    let mut sum = Met::default();
    for seed in 1..=seeds {
        let met = hour(&street, random(&street, flow, 1.0, seed));
        sum.delay_s += met.delay_s * met.flow;
        sum.without_signal_s += met.without_signal_s * met.flow;
        sum.flow += met.flow;
    }
    Met {
        delay_s: sum.delay_s / sum.flow,
        without_signal_s: sum.without_signal_s / sum.flow,
        flow: sum.flow / seeds as f64,
    }
}

/// Vehicles an hour that an oversaturated approach discharges in `green` seconds a cycle.
pub fn capacity(random_arrivals: bool, green: f64) -> f64 {
    let street = Arc::new(single(1, APPROACH_M));
    let departures = if random_arrivals { random(&street, 1500.0, 2.0, 9) } else { even(1500.0, 2.0, 0.0) };
    let mut traffic = Traffic::new(street, departures, 9, Window { start_s: 0.0, from_s: 0.0, to_s: 7200.0 });
    let mut before = 0;
    while traffic.now_s() < 80.0 * CYCLE_S {
        traffic.step(&[lamp(traffic.now_s(), green)]);
        if traffic.now_s() == 20.0 * CYCLE_S {
            before = traffic.loops()[0].count;
        }
    }
    f64::from(traffic.loops()[0].count - before) * 3600.0 / (60.0 * CYCLE_S)
}

/// HCM uniform delay d1, s, at the realised capacity, the effective green taken as the green.
pub fn d1(flow: f64, capacity: f64) -> f64 {
    let share = GREEN_S / CYCLE_S;
    0.5 * CYCLE_S * (1.0 - share).powi(2) / (1.0 - (flow / capacity).min(1.0) * share)
}

/// HCM incremental delay d2, s, over an analysis period of one hour at an isolated fixed-time signal (k = 0.5, I = 1).
pub fn d2(flow: f64, capacity: f64) -> f64 {
    let x = flow / capacity;
    900.0 * ((x - 1.0) + ((x - 1.0).powi(2) + 4.0 * x / capacity).sqrt())
}

/// A queue under even arrivals as an onlooker might count it: whoever is slower than half the limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Queue {
    /// Furthest rear of a vehicle that falls below half the limit, m before the stop line.
    pub reach_m: f64,
    /// When the last of them passes the stop line, s after green.
    pub cleared_s: f64,
}

/// The queue of one cycle with `red` seconds of red and even arrivals, averaged over the arrivals' place in the cycle.
pub fn queue(flow: f64, red: f64) -> Queue {
    let street = Arc::new(single(1, APPROACH_M));
    let (shifts, gap) = (24, 3600.0 / flow);
    let mut mean = Queue::default();
    for shift in 0..shifts {
        let first = gap * f64::from(shift) / f64::from(shifts);
        let mut traffic = Traffic::new(street.clone(), even(flow, 0.2, first), 1, WINDOW);
        let begun = 200.0;
        while traffic.now_s() < begun {
            traffic.step(&[Lamp::Green]);
        }
        traffic.record_links(&[0]);
        let mut queued = std::collections::BTreeMap::new();
        let (mut reach, mut cleared) = (0.0_f32, 0.0_f64);
        while traffic.now_s() < begun + red + 90.0 {
            traffic.step(&[if traffic.now_s() < begun + red { Lamp::Red } else { Lamp::Green }]);
            let now = traffic.now_s();
            let samples = traffic.take_samples();
            for s in samples.iter().filter(|s| s.speed_m_s < 0.5 * LIMIT && s.position_m > 100.0) {
                reach = reach.max(APPROACH_M - s.position_m + s.length_m);
                queued.insert(s.vehicle, ());
            }
            let ahead = samples.iter().map(|s| s.vehicle).min().unwrap_or(u32::MAX);
            if queued.keys().next_back().is_some_and(|last| *last >= ahead) {
                cleared = now - begun - red;
            }
        }
        mean.reach_m += f64::from(reach) / f64::from(shifts);
        mean.cleared_s += cleared / f64::from(shifts);
    }
    mean
}
