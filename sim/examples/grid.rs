//! Drives an hour on a grid of 100 signals that all meet, in one piece, and prints what it cost on one thread or several.
//!
//! `cargo run --release -p greenwave-sim --example grid [-- THREADS [FLOW]]`
#![expect(clippy::print_stdout, reason = "a bench prints")]

mod kit;
#[path = "kit/machine.rs"]
mod machine;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use greenwave_sim::arrivals::Arrivals;
use greenwave_sim::city::City;
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use kit::grid;

const N: usize = 10;

#[expect(clippy::disallowed_methods, reason = "a bench measures the machine's time")]
fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<f64>().unwrap_or(1.0));
    let threads = args.next().unwrap_or(1.0) as usize;
    let flow = args.next().unwrap_or(800.0);
    let street = Arc::new(grid::street(N));
    let departures = Arrivals::draw(&street, &grid::demand(&street, flow, 1.0), 1, 0.0, 3600.0);
    let wished = departures.len();
    let window = Window { start_s: 0.0, from_s: 600.0, to_s: 3600.0 };
    let mut city = City::new(street.clone(), departures, 1, window);
    let begun = std::time::Instant::now();
    city.drive(4800.0, threads, &|t, groups: &[usize], lamps: &mut [Lamp]| grid::lamps(N, t, groups, lamps));
    let wall = begun.elapsed().as_secs_f64();
    let most = city.most_on_road();
    let mut exits = DefaultHasher::new();
    for e in city.take_exits() {
        (e.vehicle, e.at_s.to_bits(), e.stops).hash(&mut exits);
    }
    let m = city.finish();
    let (cpu, peak) = machine::cost(threads);
    println!("intersections {}, vehicles {wished} (most at once {most}), threads {threads}", street.nodes());
    println!("vehicle-seconds {:.0}, CPU {cpu:.2} s, driving {wall:.3} s of wall time", m.vehicle_seconds);
    println!("vehicle-seconds per CPU second {:.2} million, peak memory {peak:.1} MB", m.vehicle_seconds / cpu / 1e6);
    println!("delay {:?} s, exits {:016x}", m.all.mean_delay_s, exits.finish());
}
