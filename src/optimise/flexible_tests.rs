//! The published arterial, and exhaustive search over cycles and speeds.

use super::super::testing::Stream;
use super::*;

const LENGTHS: [f64; 9] = [168.0, 213.0, 335.0, 213.0, 244.0, 198.0, 122.0, 213.0, 137.0];
const GREENS: [f64; 10] = [0.53, 0.60, 0.60, 0.53, 0.52, 0.58, 0.60, 0.60, 0.60, 0.58];

fn euclid(change: Option<f64>) -> FlexibleProblem {
    FlexibleProblem {
        cycle_s: [55.0, 75.0],
        signals: GREENS.iter().map(|&g| vec![BandPattern { start_s: [0.0; 2], green_s: [g; 2] }]).collect(),
        links: LENGTHS
            .iter()
            .map(|&length_m| FlexibleLink { length_m, speeds_m_s: [[13.4, 17.9]; 2], clearance_s: [0.0; 2] })
            .collect(),
        slowness_change_s_m: change,
    }
}

#[test]
fn euclid_avenue() {
    let aim = FlexibleAim::Through(Aim::Ratio { k: 1.0 });
    for (change, share, cycle) in [(Some(0.0121), 0.281_414, 57.93), (None, 0.285_516, 55.0)] {
        let answer = widest_flexible(&euclid(change), &aim, &|| false).unwrap();
        assert!((answer.value / 2.0 - share).abs() < 1e-6, "{}", answer.value / 2.0);
        assert!(answer.bound - answer.value < 1e-8, "{} to {}", answer.value, answer.bound);
        assert!((answer.fixed.circle.seconds() - cycle).abs() < 0.01);
        let Bands::Through(bands) = &answer.bands else { panic!() };
        let real = answer.fixed.attained(&bands.offsets_s, &bands.patterns).map(|b| b.unwrap().length_s);
        assert!(real.iter().all(|width| (width / answer.fixed.circle.seconds() - share).abs() < 1e-6));
        for pair in answer.speeds_m_s.windows(2) {
            let steps = pair[0].iter().zip(pair[1]).map(|(one, next)| (1.0 / next - 1.0 / one).abs());
            assert!(steps.fold(0.0, f64::max) <= change.unwrap_or(1.0) + 1e-9);
        }
    }
}

fn small_street(random: &mut Stream, n: usize) -> FlexibleProblem {
    let signals = (0..n)
        .map(|_| {
            let green_s = [0, 1].map(|_| random.between(0.3, 0.6));
            (0..1 + random.index(2))
                .map(|_| BandPattern { start_s: [random.between(0.0, 0.2), random.between(0.0, 0.2)], green_s })
                .collect()
        })
        .collect();
    let links = (1..n)
        .map(|_| {
            let mut limits = || [random.between(8.0, 11.0), random.between(12.0, 16.0)];
            let speeds_m_s = [limits(), limits()];
            FlexibleLink {
                length_m: random.between(150.0, 900.0),
                speeds_m_s,
                clearance_s: [random.between(0.0, 3.0), 0.0],
            }
        })
        .collect();
    let slowness_change_s_m = (random.index(2) == 0).then_some(0.006);
    FlexibleProblem { cycle_s: [60.0, 90.0], signals, links, slowness_change_s_m }
}

/// The best value over a grid of cycles and speeds, with the fixed solvers.
fn on_a_grid(problem: &FlexibleProblem, aim: &FlexibleAim, steps: usize) -> Option<f64> {
    let at = |[low, high]: [f64; 2], k: usize| low + (high - low) * k as f64 / steps as f64;
    let speeds = 2 * problem.links.len();
    let mut best: Option<f64> = None;
    for code in 0..(steps + 1).pow(speeds as u32 + 1) {
        let mut rest = code;
        let mut next = |limits: [f64; 2]| {
            let value = at(limits, rest % (steps + 1));
            rest /= steps + 1;
            value
        };
        let cycle_s = next(problem.cycle_s);
        // In even steps of slowness.
        let slowness = |s: [f64; 2]| [1.0 / s[1], 1.0 / s[0]];
        let slowness_s_m: Vec<[f64; 2]> =
            problem.links.iter().map(|l| [next(slowness(l.speeds_m_s[0])), next(slowness(l.speeds_m_s[1]))]).collect();
        let most = problem.slowness_change_s_m.unwrap_or(1.0);
        if slowness_s_m.windows(2).any(|w| (0..2).any(|d| (w[1][d] - w[0][d]).abs() > most)) {
            continue;
        }
        let (fixed, speeds) = problem.at(&Choice { cycle_s, slowness_s_m }).unwrap();
        if let Some(answer) = attained(fixed, speeds, aim) {
            best = Some(best.map_or(answer.value, |b: f64| b.max(answer.value)));
        }
    }
    best
}

#[test]
fn no_cycle_and_speeds_on_a_grid_are_better() {
    let mut random = Stream(66);
    for case in 0..60 {
        let n = 2 + case % 2;
        let problem = small_street(&mut random, n);
        for aim in [
            FlexibleAim::Through(Aim::Ratio { k: 1.0 }),
            FlexibleAim::Through(Aim::Ratio { k: 0.6 }),
            FlexibleAim::Through(Aim::Sum { weights: [1.0, 2.0], least_s: [6.0, 4.0] }),
            FlexibleAim::Links(vec![[1.0, 1.5]; n - 1]),
        ] {
            let found = widest_flexible(&problem, &aim, &|| false);
            let least = on_a_grid(&problem, &aim, if n == 2 { 12 } else { 4 });
            match (found, least) {
                (Ok(found), least) => {
                    let least = least.unwrap_or(0.0);
                    assert!(
                        found.bound - found.value < 1e-7,
                        "case {case} {aim:?}: {} to {}",
                        found.value,
                        found.bound
                    );
                    assert!(found.value >= least - 1e-7, "case {case} {aim:?}: {} under {least}", found.value);
                    // A step of the grid is a few hundredths of the cycle.
                    assert!(found.value <= least + 0.2, "case {case} {aim:?}: {} above {least}", found.value);
                }
                (Err(none), least) => assert!(least.is_none(), "case {case} {aim:?}: {none} against {least:?}"),
            }
        }
    }
}

#[test]
fn a_search_that_is_stopped_tells_its_gap() {
    let aim = FlexibleAim::Through(Aim::Ratio { k: 1.0 });
    let asked = std::cell::Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 4
    };
    let answer = widest_flexible(&euclid(Some(0.0121)), &aim, &stop).unwrap();
    assert!(
        answer.bound > answer.value + 1e-3 && answer.bound >= 2.0 * 0.281_413,
        "{} to {}",
        answer.value,
        answer.bound
    );
}

#[test]
fn what_cannot_be_is_said() {
    let mut street = euclid(None);
    let sum = FlexibleAim::Through(Aim::Sum { weights: [1.0; 2], least_s: [30.0; 2] });
    assert_eq!(widest_flexible(&street, &sum, &|| false), Err(NoFlexibleAnswer::Infeasible));
    street.signals[3].push(BandPattern { start_s: [0.0; 2], green_s: [0.4; 2] });
    assert_eq!(widest_flexible(&street, &sum, &|| false), Err(NoFlexibleAnswer::UnequalGreens));
    street.links.pop();
    assert_eq!(widest_flexible(&street, &sum, &|| false), Err(NoFlexibleAnswer::Malformed));
}
