//! Bands: fixed cycle and speeds (sum, ratio, link bands, on the resolution), and with a choice of cycle and speeds.
//!
//!     cargo bench --bench bandwidth

use criterion::{Criterion, criterion_group, criterion_main};
use greenwave::optimise::{
    Aim, BandPattern, BandProblem, FlexibleAim, FlexibleLink, FlexibleProblem, widest, widest_flexible, widest_links,
    widest_on_grid,
};
use greenwave::units::Circle;
use std::hint::black_box;

const CYCLE_S: f64 = 90.0;

/// A small deterministic stream of numbers (splitmix64).
struct Stream(u64);

impl Stream {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (high - low) * ((z ^ (z >> 31)) as f64 / 18_446_744_073_709_551_616.0)
    }
}

/// Signals with left turns in both directions and all four sequences, for a cycle of `cycle_s`.
fn signals(random: &mut Stream, n: usize, cycle_s: f64) -> Vec<Vec<BandPattern>> {
    (0..n)
        .map(|_| {
            let group = random.between(0.42, 0.7) * cycle_s;
            let [out, inbound] = [0, 1].map(|_| random.between(0.07, 0.16) * cycle_s);
            let green_s = [group - inbound, group - out];
            [[inbound, 0.0], [0.0, out], [inbound, out], [0.0, 0.0]]
                .map(|start_s| BandPattern { start_s, green_s })
                .into()
        })
        .collect()
}

/// Sixteen streets a size, so that no single one decides.
fn streets(n: usize) -> Vec<BandProblem> {
    let mut random = Stream(n as u64);
    let circle = Circle::new(CYCLE_S);
    (0..16)
        .filter_map(|_| {
            let signals = signals(&mut random, n, CYCLE_S);
            let mut link = || {
                let length = random.between(150.0, 700.0);
                [length / random.between(11.0, 15.0), length / random.between(11.0, 15.0)]
            };
            Some(BandProblem { circle: circle?, signals, links: (1..n).map(|_| link()).collect() })
        })
        .collect()
}

fn fixed(c: &mut Criterion) {
    let sum = Aim::Sum { weights: [1.0; 2], least_s: [0.0; 2] };
    let ratio = Aim::Ratio { k: 1.0 };
    for n in [5, 10, 20, 30] {
        let streets = streets(n);
        let weights: Vec<[f64; 2]> = (1..n).map(|l| [1.0 + (l % 3) as f64 / 2.0, 1.0]).collect();
        let mut next = streets.iter().cycle();
        let mut bench = |name: &str, solve: &dyn Fn(&BandProblem)| {
            c.bench_function(&format!("bands/{name}/{n}"), |b| b.iter(|| next.next().map(solve)));
        };
        bench("sum", &|street| drop(black_box(widest(street, sum))));
        bench("ratio", &|street| drop(black_box(widest(street, ratio))));
        bench("links", &|street| drop(black_box(widest_links(street, &weights))));
        bench("ratio on whole seconds", &|street| drop(black_box(widest_on_grid(street, ratio, 1.0))));
    }
}

fn flexible(c: &mut Criterion) {
    let mut group = c.benchmark_group("bands/flexible");
    group.sample_size(10);
    for n in [5, 10, 20, 30] {
        let mut random = Stream(n as u64);
        let streets: Vec<FlexibleProblem> = (0..16)
            .map(|_| {
                let signals = signals(&mut random, n, 1.0);
                let mut link = || {
                    let limits = [random.between(9.0, 11.0), random.between(13.0, 15.0)];
                    let length_m = random.between(150.0, 700.0);
                    FlexibleLink { length_m, speeds_m_s: [limits; 2], clearance_s: [0.0; 2] }
                };
                let links = (1..n).map(|_| link()).collect();
                FlexibleProblem { cycle_s: [70.0, 110.0], signals, links, slowness_change_s_m: Some(0.01) }
            })
            .collect();
        let mut next = streets.iter().cycle();
        let ratio = FlexibleAim::Through(Aim::Ratio { k: 1.0 });
        group.bench_function(format!("ratio/{n}"), |b| {
            b.iter(|| next.next().map(|street| widest_flexible(street, &ratio, &|| false)));
        });
        if n <= 10 {
            let links = FlexibleAim::Links(vec![[1.0, 1.2]; n - 1]);
            group.bench_function(format!("links/{n}"), |b| {
                b.iter(|| next.next().map(|street| widest_flexible(street, &links, &|| false)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, fixed, flexible);
criterion_main!(benches);
