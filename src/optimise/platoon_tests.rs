//! The nine-node network of Gartner, Little and Gabbay (Transportation Science 9, 1975, Tables I to IV), and single platoons.

use super::super::network::{Budget, OffsetLink, OffsetProblem, solve_offsets};
use super::*;

const CYCLE_S: f64 = 80.0;

/// Green of the east-west and the north-south phase at each node, s.
const GREENS_S: [[f64; 2]; 9] = [
    [24.0, 46.4],
    [24.8, 45.6],
    [24.0, 46.4],
    [30.4, 40.8],
    [31.2, 40.0],
    [32.8, 38.4],
    [38.4, 32.0],
    [39.2, 31.2],
    [38.4, 32.0],
];

/// From node, to node (counted from 1), phase (0 east-west), travel s, flow veh/s, saturation veh/s, platoon in cycles, published
/// offset s.
const LINKS: [([usize; 3], [f64; 5]); 16] = [
    ([2, 1, 0], [18.6, 0.152, 0.835, 0.335, 21.6]),
    ([3, 2, 0], [24.79, 0.152, 0.835, 0.344, 27.2]),
    ([5, 4, 0], [18.6, 0.152, 0.835, 0.418, 64.0]),
    ([4, 5, 0], [14.61, 0.22, 0.835, 0.407, 16.0]),
    ([6, 5, 0], [24.79, 0.152, 0.835, 0.463, 47.2]),
    ([5, 6, 0], [19.48, 0.22, 0.835, 0.444, 32.8]),
    ([7, 8, 0], [14.61, 0.25, 0.6, 0.515, 16.8]),
    ([8, 9, 0], [19.48, 0.25, 0.6, 0.56, 25.6]),
    ([1, 4, 1], [28.41, 0.175, 0.5, 0.701, 26.4]),
    ([4, 1, 1], [24.35, 0.11, 0.5, 0.608, 53.6]),
    ([4, 7, 1], [15.63, 0.175, 0.5, 0.532, 32.8]),
    ([7, 4, 1], [13.39, 0.11, 0.5, 0.425, 47.2]),
    ([5, 2, 1], [24.35, 0.12, 0.36, 0.595, 16.8]),
    ([8, 5, 1], [13.39, 0.12, 0.36, 0.414, 47.2]),
    ([3, 6, 1], [28.41, 0.175, 0.5, 0.701, 46.4]),
    ([6, 9, 1], [15.63, 0.175, 0.5, 0.503, 24.0]),
];

/// When a phase starts after its node's zero: north-south first, half the lost time before the other.
fn start_s(node: usize, phase: usize) -> f64 {
    let [east_west, north_south] = GREENS_S[node - 1];
    if phase == 1 { 0.0 } else { north_south + (CYCLE_S - east_west - north_south) / 2.0 }
}

fn platoon(link: usize) -> RectangularPlatoon {
    let ([_, to, phase], [_, flow_veh_s, sat_veh_s, length_cycles, _]) = LINKS[link];
    let circle = Circle::new(CYCLE_S).unwrap();
    RectangularPlatoon { circle, flow_veh_s, length_cycles, sat_veh_s, green_s: GREENS_S[to - 1][phase] }
}

#[test]
fn the_published_offsets_and_the_optimum_of_the_nine_nodes() {
    let published: f64 = (0..16)
        .map(|l| {
            let (_, [travel_s, .., offset_s]) = LINKS[l];
            platoon(l).delay_veh_s(travel_s - offset_s) / CYCLE_S
        })
        .sum();
    assert!((published - 23.340).abs() < 0.001 * 23.340, "{published}");
    let link = |l: usize| {
        let ([from, to, phase], [travel, ..]) = LINKS[l];
        let first_s = travel - start_s(to, phase) + start_s(from, phase);
        OffsetLink { ends: [from - 1, to - 1], prices: platoon(l).prices(first_s, 100) }
    };
    let problem = OffsetProblem::new(100, vec![vec![0.0]; 9], (0..16).map(link).collect()).unwrap();
    let answer = solve_offsets(&problem, &Budget::default());
    assert!(answer.proof);
    assert!((answer.cost - 22.713).abs() < 0.001 * 22.713, "{}", answer.cost);
}

#[test]
fn a_platoon_waits_what_small_steps_say() {
    for link in 0..16 {
        let platoon = platoon(link);
        for after_s in [-31.0, 0.0, 3.7, 25.0, 47.3, 79.9] {
            let (mut queue, mut waited, step) = (0.0_f64, 0.0, 0.001);
            let head = platoon.circle.wrap(after_s);
            let rate = platoon.flow_veh_s / platoon.length_cycles;
            for k in 0..160_000 {
                let t = platoon.circle.wrap((f64::from(k) + 0.5) * step);
                let here = platoon.circle.wrap(t - head) < platoon.length_cycles * CYCLE_S;
                let open = if t < platoon.green_s { platoon.sat_veh_s } else { 0.0 };
                queue = (queue + step * (if here { rate } else { 0.0 } - open)).max(0.0);
                waited += if k >= 80_000 { queue * step } else { 0.0 };
            }
            let exact = platoon.delay_veh_s(after_s);
            assert!((exact - waited).abs() < 1e-3 * waited + 0.05, "{link} {after_s}: {exact} {waited}");
        }
    }
}
