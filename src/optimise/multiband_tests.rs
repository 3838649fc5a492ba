//! Geometry and exhaustive search against the cutting planes.

use super::super::bandwidth::BandPattern;
use super::super::testing::Stream;
use super::*;

/// The best value offsets and patterns can have, from geometry alone: each direction's centre line is tried at every
/// position where its value can turn (edges and centres of greens, and half-way between any two of them).
fn attained(problem: &BandProblem, offsets: &[f64], patterns: &[usize], weights: &[[f64; 2]]) -> Option<f64> {
    let n = problem.signals.len();
    let whole = problem.circle.seconds();
    let mut total = 0.0;
    for d in 0..2 {
        // Start of each green in the frame of the first signal the direction meets.
        let greens: Vec<(f64, f64)> = (0..n)
            .map(|i| {
                let links = if d == 0 { &problem.links[..i] } else { &problem.links[i..] };
                let travelled: f64 = links.iter().map(|l| l[d]).sum();
                let pattern = problem.signals[i][patterns[i]];
                (problem.circle.wrap(offsets[i] + pattern.start_s[d] - travelled), pattern.green_s[d])
            })
            .collect();
        let edges: Vec<f64> = greens.iter().flat_map(|&(s, g)| [s, s + g]).collect();
        let mut tries = Vec::new();
        for a in &edges {
            for b in &edges {
                tries.extend([f64::midpoint(*a, *b), f64::midpoint(*a, *b) + whole / 2.0]);
            }
        }
        let value = |u: f64| {
            let reach: Option<Vec<f64>> = greens
                .iter()
                .map(|&(s, g)| {
                    let into = problem.circle.wrap(u - s + 1e-9) - 1e-9;
                    (into <= g + 1e-9).then_some(into.min(g - into).max(0.0))
                })
                .collect();
            let reach = reach?;
            Some((0..n - 1).map(|l| weights[l][d] * 2.0 * reach[l].min(reach[l + 1])).sum::<f64>())
        };
        total += tries.into_iter().filter_map(value).max_by(f64::total_cmp)?;
    }
    Some(total / (n - 1) as f64)
}

fn street(random: &mut Stream, n: usize, cycle: usize) -> (BandProblem, Vec<[f64; 2]>) {
    let mut whole = |low: usize, high: usize| (low + random.index(high - low + 1)) as f64;
    let problem = BandProblem {
        circle: Circle::new(cycle as f64).unwrap(),
        signals: (0..n)
            .map(|_| {
                let green_s = [whole(cycle / 4, cycle * 2 / 3), whole(cycle / 4, cycle * 2 / 3)];
                (0..whole(1, 2) as usize)
                    .map(|_| BandPattern { start_s: [whole(0, 9), whole(0, 9)], green_s })
                    .collect()
            })
            .collect(),
        links: (1..n).map(|_| [whole(5, 40), whole(5, 40)]).collect(),
    };
    let weights = (1..n).map(|_| [whole(0, 3), whole(1, 3)]).collect();
    (problem, weights)
}

fn exhaustive(problem: &BandProblem, weights: &[[f64; 2]]) -> Option<f64> {
    let n = problem.signals.len();
    let cycle = problem.circle.seconds() as usize;
    let combinations: usize = problem.signals.iter().map(Vec::len).product();
    let mut best: Option<f64> = None;
    for combination in 0..combinations {
        let mut rest = combination;
        let patterns: Vec<usize> = problem
            .signals
            .iter()
            .map(|p| {
                let chosen = rest % p.len();
                rest /= p.len();
                chosen
            })
            .collect();
        for code in 0..cycle.pow(n as u32 - 1) {
            let mut offsets = vec![0.0; n];
            let mut rest = code;
            for offset in &mut offsets[1..] {
                *offset = (rest % cycle) as f64;
                rest /= cycle;
            }
            if let Some(value) = attained(problem, &offsets, &patterns, weights) {
                best = Some(best.map_or(value, |b: f64| b.max(value)));
            }
        }
    }
    best
}

#[test]
fn exhaustive_search_agrees() {
    let mut random = Stream(1991);
    let (mut same, mut none) = (0, 0);
    for case in 0..400 {
        let (n, cycle) = [(2, 30), (3, 12), (3, 16), (4, 8)][case % 4];
        let (problem, weights) = street(&mut random, n, cycle);
        let found = widest_links(&problem, &weights);
        let least = exhaustive(&problem, &weights);
        match (&found, least) {
            (Ok(found), _) => {
                assert!(found.bound - found.value < 1e-6, "case {case}: {} to {}", found.value, found.bound);
                let real = attained(&problem, &found.offsets_s, &found.patterns, &weights).unwrap_or(-1.0);
                assert!((real - found.value).abs() < 1e-6, "case {case}: claimed {}, attained {real}", found.value);
                if let Some(least) = least {
                    // Between whole seconds there may be more: at most a second a band.
                    let most = 2.0 * weights.iter().flatten().sum::<f64>() / weights.len() as f64;
                    assert!(found.value >= least - 1e-6, "case {case}: {} under {least}", found.value);
                    assert!(found.value <= least + most, "case {case}: {} above {least}", found.value);
                    same += usize::from((found.value - least).abs() < 1e-6);
                }
            }
            (Err(error), None) => {
                assert_eq!(*error, NoLinkBands::NoCentreLines);
                none += 1;
            }
            (Err(error), Some(least)) => panic!("case {case}: {error} against {least}"),
        }
    }
    assert!(same > 200 && none < 120, "{same} the same, {none} without");
}

#[test]
fn equal_weights_on_two_signals_are_the_widest_sum() {
    let green_s = [40.0, 44.0];
    let problem = BandProblem {
        circle: Circle::new(90.0).unwrap(),
        signals: vec![vec![BandPattern { start_s: [0.0; 2], green_s }]; 2],
        links: vec![[30.0, 25.0]],
    };
    // One link's bands are through bands.
    let links = widest_links(&problem, &[[1.0, 1.0]]).unwrap();
    let whole =
        super::super::widest(&problem, super::super::Aim::Sum { weights: [1.0; 2], least_s: [0.1; 2] }).unwrap();
    assert!((links.value - whole.value).abs() < 1e-6, "{} against {}", links.value, whole.value);
}
