//! Prints the saturation flow of the plant by kind of lane, with varied drivers and 6 % heavy vehicles: what a signal
//! engineer would measure at the stop line and write into a definition's `saturation_veh_h`.
//!
//!     cargo run --release -p greenwave-sim --example saturation

#![expect(clippy::print_stdout, reason = "prints a table")]

mod kit;

use greenwave_sim::arrivals::{Arrivals, Demand, EntryFlow, TurnShares};
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{Crossing, GiveWay, Lane, Movement, Street, Turn};
use greenwave_sim::traffic::Traffic;
use std::sync::Arc;

const QUEUES: u64 = 60;

/// Pedestrians an hour on the crossing that right turns drive over; they have waited 70 s and get 12 s of walk.
const WALKERS_PER_H: f32 = 80.0;

fn street(turns: &[Movement], walkers_per_h: f32) -> Street {
    let all = [Movement::Left, Movement::Through, Movement::Right];
    let to = |m: Movement| 1 + all.iter().position(|&a| a == m).unwrap_or(0);
    let turn = |&m: &Movement| {
        let walks = m == Movement::Right && walkers_per_h > 0.0;
        let yields = walks.then_some(GiveWay::Exit { crossing: 0, at_m: 1.6 }).into_iter().collect();
        Turn { yields, ..Turn::protected(m, 0, to(m)) }
    };
    let lane = Lane::new(0.0, turns.iter().map(turn).collect());
    let mut entry = kit::link("in", Some(0), 500.0, vec![lane]);
    entry.entry = true;
    let exits = (0..3).map(|k| kit::link(&format!("out{k}"), None, 400.0, vec![kit::lane(0.0, &[])]));
    let links = std::iter::once(entry).chain(exits).collect();
    let line = greenwave_sim::street::LoopSite { link: 0, lane: 0, position_m: 499.0, length_m: 1.0 };
    let crossing =
        Crossing { name: String::new(), node: 0, group: 1, pedestrians_per_h: walkers_per_h, length_m: 19.5 };
    Street::new(links, 1, vec![line], vec![crossing], 2).expect("a valid street")
}

/// Saturation flow over the 5th to the 20th vehicle and the start-up lost time, means over many queues.
fn measure(turns: &[Movement], shares: [f64; 3], walkers_per_h: f32) -> (f64, f64) {
    let street = Arc::new(street(turns, walkers_per_h));
    let (mut headway, mut fourth) = (0.0, 0.0);
    for seed in 1..=QUEUES {
        let demand = Demand {
            start_s: 0.0,
            bin_s: 300.0,
            entries: vec![EntryFlow { link: 0, vehicles: vec![60.0] }],
            shares: vec![TurnShares { link: 0, by_bin: vec![shares] }],
            heavy_share: 0.06,
        };
        let departures = Arrivals::draw(&street, &demand, seed, 0.0, 300.0);
        let window = Window { start_s: 0.0, from_s: 0.0, to_s: 900.0 };
        let mut traffic = Traffic::new(street.clone(), departures, seed, window);
        while traffic.now_s() < 400.0 {
            traffic.step(&[Lamp::Red, if traffic.now_s() < 330.0 { Lamp::Green } else { Lamp::Red }]);
        }
        let (green, mut before) = (traffic.now_s(), 0);
        let (mut fourth_at, mut twentieth_at) = (0.0, 0.0);
        while twentieth_at == 0.0 {
            let walk = if traffic.now_s() < green + 12.0 { Lamp::Green } else { Lamp::Yellow };
            traffic.step(&[Lamp::Green, walk]);
            let count = traffic.loops()[0].count;
            // The first vehicle stands on the loop already: it is counted before green.
            if before < 4 && count >= 4 {
                fourth_at = traffic.now_s() - green;
            }
            if before < 20 && count >= 20 {
                twentieth_at = traffic.now_s() - green;
            }
            before = count;
        }
        headway += (twentieth_at - fourth_at) / 16.0;
        fourth += fourth_at;
    }
    let headway = headway / QUEUES as f64;
    (3600.0 / headway, fourth / QUEUES as f64 - 4.0 * headway)
}

fn main() {
    use Movement::{Left, Right, Through};
    let lanes: [(&str, &[Movement], [f64; 3]); 6] = [
        ("left", &[Left], [1.0, 0.0, 0.0]),
        ("through", &[Through], [0.0, 1.0, 0.0]),
        ("through + 26 % right", &[Through, Right], [0.0, 0.74, 0.26]),
        ("through + 40 % right", &[Through, Right], [0.0, 0.60, 0.40]),
        ("through + 57 % right", &[Through, Right], [0.0, 0.43, 0.57]),
        ("right", &[Right], [0.0, 0.0, 1.0]),
    ];
    println!("lane                    veh/h   start-up lost time, s   with {WALKERS_PER_H} walkers/h");
    for (name, turns, shares) in lanes {
        let (flow, lost) = measure(turns, shares, 0.0);
        let (walked, late) = measure(turns, shares, WALKERS_PER_H);
        println!("{name:<22} {flow:>6.0}   {lost:>21.2}   {walked:>6.0} and {late:.2} s");
    }
}
