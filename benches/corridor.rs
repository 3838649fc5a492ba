//! Offsets, the front of band and delay, and whole plans of a corridor, from flows: what `plan` asks.
//!
//!     cargo bench --bench corridor

use criterion::{Criterion, criterion_group, criterion_main};
use greenwave::corridor::{Arm, IntersectionIndex, Movement, Network, sample};
use greenwave::demand::Flows;
use greenwave::optimise::{
    FrontStreet, Search, Settings, banded_parts, couple, descend_offsets, optimise_offsets, pairwise_offsets,
    partition, polish, predict, propose, street_front,
};
use greenwave::plan::Plan;
use greenwave::units::{Shift, Tenths, VehiclesPerHour};

/// Distances between neighbours, m, over and over: near to half a cycle's way at 50 km/h, so that the longest street has a band.
const SPACINGS_M: [f64; 7] = [640.0, 750.0, 690.0, 735.0, 650.0, 760.0, 700.0];
/// Greens of the stages, s; with the intergreens a cycle of 100 s.
const GREENS_S: [u32; 4] = [36, 10, 25, 9];
/// Vehicles an hour from each arm: left, through, right.
const FLOWS: [(Arm, [f64; 3]); 4] = [
    (Arm::W, [100.0, 900.0, 80.0]),
    (Arm::E, [90.0, 800.0, 100.0]),
    (Arm::S, [60.0, 250.0, 90.0]),
    (Arm::N, [90.0, 230.0, 60.0]),
];

/// A street of `n` signals, its flows, and plans that start all at once.
fn street(n: usize) -> Option<(Network, Flows, Vec<Plan>)> {
    let spacings: Vec<f64> = SPACINGS_M.into_iter().cycle().take(n - 1).collect();
    let network = sample::arterial(&spacings);
    let mut flows = Flows::none(&network);
    for index in 0..n {
        for (from, wanted) in FLOWS {
            for (movement, flow) in [Movement::Left, Movement::Through, Movement::Right].into_iter().zip(wanted) {
                flows.set(IntersectionIndex(index), from, movement, VehiclesPerHour::new(flow).ok()?);
            }
        }
    }
    let greens = GREENS_S.map(Tenths::from_seconds);
    let plans = network.intersections().iter().map(|at| Plan::from_greens(at, &greens, Shift::new(0)));
    let plans = plans.collect::<Option<Vec<_>>>()?;
    Some((network, flows, plans))
}

fn offsets(c: &mut Criterion) {
    let settings = Settings::default();
    for n in [5, 10, 20, 30] {
        let Some((network, flows, plans)) = street(n) else { continue };
        let mut bench = |name: &str, run: &dyn Fn() -> bool| {
            c.bench_function(&format!("corridor/{name}/{n}"), |b| b.iter(run));
        };
        bench("predict", &|| predict(&network, &flows, &plans, &settings).is_some());
        bench("offsets exact", &|| optimise_offsets(&network, &flows, &plans, &settings).is_some());
        bench("offsets pairwise", &|| pairwise_offsets(&network, &flows, &plans, &settings).is_some());
        bench("parts", &|| banded_parts(&network, 0, &plans, 1.0, 8.0).is_empty());
        bench("partition", &|| partition(&network, 0, &plans, [1.0; 2], 8.0, settings.search.resolution).is_some());
        let street = FrontStreet { corridor: 0, members: 0..n, inbound_share: 1.0 };
        bench("front", &|| street_front(&network, &flows, &plans, &settings, &street, &|| false).is_ok());
    }
}

fn searches(c: &mut Criterion) {
    let mut group = c.benchmark_group("corridor");
    group.sample_size(10);
    for n in [5, 10, 20, 30] {
        let Some((network, flows, plans)) = street(n) else { continue };
        // Work is counted, so each size does the same on any machine.
        let search = Search { work: 50_000, ..Search::default() };
        let settings = Settings { search, ..Settings::default() };
        group.bench_function(format!("offsets descent/{n}"), |b| {
            b.iter(|| descend_offsets(&network, &flows, &plans, &settings));
        });
        group.bench_function(format!("coupling/{n}"), |b| {
            b.iter(|| couple(&network, &flows, &settings));
        });
        group.bench_function(format!("propose, 50000 approaches/{n}"), |b| {
            b.iter(|| propose(&network, &flows, None, &settings));
        });
        // What can not be polished is refused at once, which would be no figure.
        if polish(&network, &flows, &plans, &settings).is_ok() {
            group.bench_function(format!("polish/{n}"), |b| {
                b.iter(|| polish(&network, &flows, &plans, &settings));
            });
        }
    }
    group.finish();
}

criterion_group!(corridor, offsets, searches);
criterion_main!(corridor);
