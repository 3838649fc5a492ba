//! Drives one hour on the Dongchang Road under fixed-time lamps and prints what it cost.
//!
//! `cargo run --release -p greenwave-sim --example bench_street [-- LEVEL [HOURS [SEED [fuel]]]]`; `fuel` meters fuel and CO2 as well.
#![expect(clippy::print_stdout, reason = "a bench prints")]

mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::Arrivals;
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::traffic::{STEP_S, Traffic};

#[expect(clippy::disallowed_methods, reason = "a bench measures the machine's time")]
fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<f64>().unwrap_or(1.0));
    let level = args.next().unwrap_or(0.75);
    let hours = args.next().unwrap_or(1.0);
    let seed = args.next().unwrap_or(1.0) as u64;
    let street = Arc::new(kit::dongchang());
    let begun = std::time::Instant::now();
    let departures = Arrivals::draw(&street, &kit::demand(level, hours), seed, 0.0, 3600.0 * hours);
    let wished = departures.len();
    let window = Window { start_s: 0.0, from_s: 900.0, to_s: 3600.0 * hours };
    let mut traffic = Traffic::new(street.clone(), departures, seed, window);
    if args.next().is_some() {
        traffic.meter_fuel();
    }
    let drawn = begun.elapsed().as_secs_f64();
    let plan = kit::FixedTime::standard();
    let mut lamps = vec![Lamp::Red; street.groups()];
    let begun = std::time::Instant::now();
    let mut most = 0;
    while !traffic.idle() && traffic.now_s() < 3600.0 * hours + 1800.0 {
        plan.lamps(traffic.now_s(), &mut lamps);
        traffic.step(&lamps);
        most = most.max(traffic.on_road());
    }
    let cpu = begun.elapsed().as_secs_f64();
    let (end, counted) = (traffic.now_s(), traffic.loops().iter().map(|l| l.count).sum::<u32>());
    let m = traffic.finish();
    println!("vehicles {wished} (most at once {most}), run {end:.0} s, step {STEP_S} s");
    println!("vehicle-seconds {:.0}, drawing {drawn:.3} s, driving {cpu:.3} s of one thread", m.vehicle_seconds);
    println!("vehicle-seconds per second: {:.2} million", m.vehicle_seconds / cpu / 1e6);
    for d in &m.corridor {
        println!("corridor direction {}: {:.1} km/h", d.direction, d.speed_km_h.unwrap_or(f64::NAN));
    }
    for d in &m.end_to_end {
        println!("end to end {}: {} vehicles, {:.1} km/h", d.direction, d.vehicles, d.speed_km_h.unwrap_or(f64::NAN));
    }
    for c in m.classes.iter().chain([&m.all]) {
        println!(
            "{:?}: {} wished, {} unserved, travel {:.1} s, delay {:.1} s, stops {:.2}",
            c.class,
            c.wished,
            c.unserved,
            c.mean_travel_s.unwrap_or(f64::NAN),
            c.mean_delay_s.unwrap_or(f64::NAN),
            c.mean_stops.unwrap_or(f64::NAN)
        );
    }
    if let Some(f) = m.fuel {
        println!("petrol {:.0} l, diesel {:.0} l, CO2 {:.0} kg", f.petrol_l, f.diesel_l, f.co2_kg);
    }
    println!("side streets {:?}", m.side_streets);
    println!("arterial {:?}", m.arterial_approaches);
    println!("missed turns {}, guard acted {}, loop counts {counted}", m.missed_turns, m.guarded);
}
