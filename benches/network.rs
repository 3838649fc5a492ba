//! Delay on fixed profiles: bare problems of streets and cities (tables, search and proof), and the front of band and delay.
//!
//!     cargo bench --bench network

#[path = "../tests/kit/city.rs"]
mod city;

use criterion::{Criterion, criterion_group, criterion_main};
use greenwave::optimise::{
    BandPattern, BandProblem, Budget, DelayProblem, FrontProblem, RectangularPlatoon, front, solve_delay, solve_offsets,
};
use greenwave::units::Circle;

const CYCLE_S: usize = 90;

/// Both directions of a street of `n` signals; the grid's only street.
fn street(n: usize) -> DelayProblem {
    city::city(CYCLE_S, 1, n, n, 1)
}

fn streets(c: &mut Criterion) {
    for n in [5, 10, 20, 30] {
        let problem = street(n);
        c.bench_function(&format!("delay/street/{n}"), |b| {
            b.iter(|| solve_delay(&problem, &Budget::default()));
        });
    }
}

fn cities(c: &mut Criterion) {
    let mut group = c.benchmark_group("delay/city");
    group.sample_size(10);
    for seed in [1, 2, 3] {
        for grid_s in [1, 2] {
            let problem = DelayProblem { grid_s, ..city::city(CYCLE_S, 4, 5, 140, seed) };
            group.bench_function(format!("140 signals, seed {seed}, {grid_s} s"), |b| {
                b.iter(|| solve_delay(&problem, &Budget::default()));
            });
        }
    }
    let Ok(priced) = city::city(CYCLE_S, 4, 5, 140, 1).priced() else { return };
    group.bench_function("140 signals, seed 1, 1 s, search alone", |b| {
        b.iter(|| solve_offsets(&priced, &Budget::default()));
    });
    group.finish();
}

fn fronts(c: &mut Criterion) {
    let Some(circle) = Circle::new(CYCLE_S as f64) else { return };
    for n in [5, 10, 20, 30] {
        let street = street(n);
        let Ok(delay) = street.priced() else { continue };
        // The bands' greens and travel times are those of the links (both directions share a signal's green here).
        let green = |signal: usize| street.links.iter().find(|l| l.to == signal);
        let pattern = |signal: usize| BandPattern {
            start_s: [green(signal).map_or(0.0, |l| l.green_start_s); 2],
            green_s: [green(signal).map_or(0.0, |l| l.green_s); 2],
        };
        let links = street.links.chunks(2).map(|both| [both[0].travel_s - 0.3, both[1].travel_s + 0.4]).collect();
        let bands = BandProblem { circle, signals: (0..n).map(|s| vec![pattern(s)]).collect(), links };
        let problem = FrontProblem { bands: &bands, delay: &delay, inbound_share: 1.0, level_s: 1.0 };
        c.bench_function(&format!("front/{n}"), |b| b.iter(|| front(&problem, &|| false)));
    }
}

fn platoons(c: &mut Criterion) {
    let Some(circle) = Circle::new(80.0) else { return };
    let platoon =
        RectangularPlatoon { circle, flow_veh_s: 0.152, length_cycles: 0.335, sat_veh_s: 0.835, green_s: 24.0 };
    c.bench_function("platoon/100", |b| b.iter(|| platoon.prices(18.6, 100)));
}

criterion_group!(network, streets, cities, fronts, platoons);
criterion_main!(network);
