//! Every offset on a coarse grid against the corners.

use super::super::bandwidth::BandPattern;
use super::super::testing::Stream;
use super::*;

fn street(random: &mut Stream, n: usize, cycle: f64) -> BandProblem {
    BandProblem {
        circle: Circle::new(cycle).unwrap(),
        signals: (0..n)
            .map(|_| {
                let green_s = [0, 1].map(|_| random.between(0.35, 0.65) * cycle);
                let mut pattern =
                    || BandPattern { start_s: [random.between(0.0, 9.0), random.between(0.0, 9.0)], green_s };
                vec![pattern(), pattern()]
            })
            .collect(),
        links: (1..n).map(|_| [random.between(5.0, 40.0), random.between(5.0, 40.0)]).collect(),
    }
}

#[test]
fn no_offsets_on_the_grid_are_better() {
    let mut random = Stream(4);
    for case in 0..300 {
        let (n, cycle, step) = [(2, 30.0, 1.0), (3, 24.0, 2.0), (3, 30.0, 3.0), (4, 32.0, 4.0)][case % 4];
        let problem = street(&mut random, n, cycle);
        for aim in [
            Aim::Sum { weights: [1.0, 2.0], least_s: [0.0; 2] },
            Aim::Sum { weights: [1.0, 1.0], least_s: [2.0, 3.0] },
            Aim::Proportional { k: 1.0 },
            Aim::Ratio { k: 0.5 },
            Aim::Ratio { k: 2.0 },
        ] {
            let found = widest_on_grid(&problem, aim, step);
            let n_steps = (cycle / step) as usize;
            let mut best: Option<f64> = None;
            for code in 0..n_steps.pow(n as u32 - 1) * (1 << n) {
                let patterns: Vec<usize> = (0..n).map(|i| code >> i & 1).collect();
                let mut rest = code >> n;
                let mut offsets = vec![0.0; n];
                for offset in &mut offsets[1..] {
                    *offset = (rest % n_steps) as f64 * step;
                    rest /= n_steps;
                }
                let widths = problem.attained(&offsets, &patterns).map(|b| b.map_or(0.0, |b| b.length_s));
                if let Some((score, _)) = aim.score(widths) {
                    best = Some(best.map_or(score.value, |b: f64| b.max(score.value)));
                }
            }
            assert_eq!(found.is_some(), best.is_some(), "case {case} {aim:?}");
            let Some(found) = found else { continue };
            assert!((found.value - best.unwrap()).abs() < 1e-6, "case {case} {aim:?}: {} {best:?}", found.value);
            let real = problem.attained(&found.offsets_s, &found.patterns).map(|b| b.map_or(0.0, |b| b.length_s));
            assert!(real.iter().zip(found.widths_s).all(|(real, told)| *real >= told - 1e-6), "case {case} {aim:?}");
            assert!(found.offsets_s.iter().all(|o| (o / step - (o / step).round()).abs() < 1e-9));
        }
    }
}
