//! A made-up city for the network optimiser: two-way arterials that cross in a grid, other signals in series between the
//! crossings and beyond the edges, platoons of a main and a side stream on every link. Facts as in the literature: saturation
//! flows of 0.45 to 0.53 veh/s a lane, 120 to 900 m, 36 to 66 km/h, loaded to 0.45 to 0.85.

use greenwave::optimise::{DelayLink, DelayProblem, Tail};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// `signals` in all on `rows` west-east and `columns` south-north arterials, offsets in whole seconds.
pub(crate) fn city(cycle_s: usize, rows: usize, columns: usize, signals: usize, seed: u64) -> DelayProblem {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let at = |row: usize, column: usize| row * columns + column;
    // Streets between crossings, and beyond the grid's edges: ends, and whether they run north.
    let mut streets: Vec<(usize, Option<usize>, bool)> = Vec::new();
    for row in 0..rows {
        streets.extend((1..columns).map(|c| (at(row, c - 1), Some(at(row, c)), false)));
        streets.extend([(at(row, 0), None, false), (at(row, columns - 1), None, false)]);
    }
    for column in 0..columns {
        streets.extend((1..rows).map(|r| (at(r - 1, column), Some(at(r, column)), true)));
        streets.extend([(at(0, column), None, true), (at(rows - 1, column), None, true)]);
    }
    let mut between = vec![0_usize; streets.len()];
    for _ in rows * columns..signals {
        // Three in four stand between crossings.
        let inside = random.random_range(0..4) > 0;
        let fits: Vec<usize> = (0..streets.len()).filter(|&s| streets[s].1.is_some() == inside).collect();
        between[fits[random.random_range(0..fits.len())]] += 1;
    }
    let mut pairs = Vec::new();
    let mut next = rows * columns;
    for (&(from, to, north), many) in streets.iter().zip(between) {
        let mut last = from;
        for _ in 0..many {
            pairs.push((last, next, north));
            last = next;
            next += 1;
        }
        pairs.extend(to.map(|to| (last, to, north)));
    }
    let cycle = cycle_s as f64;
    let norths: Vec<f64> = (0..next).map(|_| (cycle * random.random_range(0.35..0.55)).floor().max(12.0)).collect();
    let mut links = Vec::new();
    for (one, other, north) in pairs {
        for (from, to) in [(one, other), (other, one)] {
            let green_s = if north { norths[to] } else { cycle - norths[to] } - 4.0;
            let green_start_s = if north { 0.0 } else { norths[to] };
            links.push(link(&mut random, (from, to), cycle_s, (green_start_s, green_s)));
        }
    }
    let (alpha, beta) = (0.35, 0.8);
    DelayProblem { nodes: next, cycle_s, grid_s: 1, alpha, beta, stop_penalty_s: 0.0, tail: Tail::MEAN, links }
}

/// A link whose platoon fills a part of the upstream green, most of it at its head, turners spread over the cycle.
fn link(random: &mut Pcg64Mcg, ends: (usize, usize), cycle_s: usize, green: (f64, f64)) -> DelayLink {
    let lanes = [1.0, 1.0, 2.0, 2.0, 3.0][random.random_range(0..5)];
    let sat_veh_s: f64 = lanes * random.random_range(0.45..0.53);
    let vehicles = random.random_range(0.45..0.85) * sat_veh_s * green.1;
    let main = vehicles * (1.0 - random.random_range(0.05..0.25));
    let travel_s = (random.random_range(120.0..900.0_f64) / (random.random_range(36.0..66.0) / 3.6)).round();
    let upstream = ((cycle_s as f64 * random.random_range(0.3..0.6)) as usize).max(5);
    let head = ((main * 0.6 / sat_veh_s) as usize).clamp(1, upstream - 1);
    let start = random.random_range(0..cycle_s);
    let mut profile = vec![(vehicles - main) / cycle_s as f64; cycle_s];
    for t in 0..upstream {
        let (share, lasts) = if t < head { (0.6, head) } else { (0.4, upstream - head) };
        profile[(start + t) % cycle_s] += share * main / lasts as f64;
    }
    DelayLink {
        from: ends.0,
        to: ends.1,
        travel_s,
        sat_veh_s,
        green_start_s: green.0,
        green_s: green.1,
        profiles_veh_s: vec![profile],
    }
}
