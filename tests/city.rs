//! Cities of crossing arterials: offsets proven optimal, nothing that one signal or one street could still gain.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

#[path = "kit/city.rs"]
mod city;

use greenwave::optimise::{Budget, OffsetProblem, Setting, solve_delay};

/// Cost of offsets.
fn cost(priced: &OffsetProblem, theta_s: &[usize]) -> f64 {
    let settings: Vec<Setting> = theta_s.iter().map(|&offset| Setting { offset, choice: 0 }).collect();
    priced.cost(&settings).unwrap()
}

#[test]
fn cities_are_solved_with_proof() {
    for seed in 1..=6 {
        let mut problem = city::city(90, 4, 5, 140, seed);
        assert_eq!(problem.nodes, 140);
        let answer = solve_delay(&problem, &Budget::default()).unwrap();
        assert!(answer.proof, "seed {seed}: {} against {}", answer.bound, answer.cost);
        let n = problem.cycle_s;
        let priced = problem.priced().unwrap();
        assert!((cost(&priced, &answer.theta_s) / answer.cost - 1.0).abs() < 1e-9);
        // The sum of all links' least prices is below it, by little: platoons are what is won, rings what is lost.
        let streets = (0..problem.links.len() / 2).map(|k| {
            let (there, back) = (&priced.links()[2 * k].prices, &priced.links()[2 * k + 1].prices);
            let both = |d: usize| there.row(0, 0)[d] + back.row(0, 0)[(n - d) % n];
            (0..n).map(both).fold(f64::INFINITY, f64::min)
        });
        let open: f64 = streets.sum();
        assert!(answer.cost > open && answer.cost < 1.02 * open, "{} {open}", answer.cost);
        // No signal by itself does better, nor do all from one on together.
        for signal in 0..problem.nodes {
            for by in [1, 2, 5, 13, 45, 88] {
                let turned = |k: usize, theta: usize| if k >= signal { (theta + by) % n } else { theta };
                let together: Vec<usize> = answer.theta_s.iter().enumerate().map(|(k, &t)| turned(k, t)).collect();
                let mut alone = answer.theta_s.clone();
                alone[signal] = together[signal];
                for moved in [alone, together] {
                    assert!(cost(&priced, &moved) >= answer.cost * (1.0 - 1e-9));
                }
            }
        }
        problem.grid_s = 2;
        let coarse = solve_delay(&problem, &Budget::default()).unwrap();
        assert!(coarse.proof && coarse.cost >= answer.cost && coarse.cost < 1.01 * answer.cost);
        assert!(coarse.theta_s.iter().all(|t| t % 2 == 0));
    }
}

#[test]
fn a_city_may_be_told_to_stop() {
    let problem = city::city(90, 7, 7, 200, 3);
    let best = solve_delay(&problem, &Budget::default()).unwrap();
    assert!(best.proof);
    let hurried = solve_delay(&problem, &Budget { stop: &|| true, ..Budget::default() }).unwrap();
    assert!(hurried.bound <= best.cost * (1.0 + 1e-9) && hurried.cost >= best.cost * (1.0 - 1e-9));
    assert!(hurried.cost - hurried.bound < 0.05 * hurried.cost);
}
