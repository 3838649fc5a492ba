//! Theory, published optima and exhaustive search against the sweep.

use super::super::testing::Stream;
use super::*;

/// Widths the answer attains, measured as geometry.
fn attained(problem: &BandProblem, offsets: &[f64], patterns: &[usize]) -> [f64; 2] {
    problem.attained(offsets, patterns).map(|band| band.map_or(0.0, |b| b.length_s))
}

fn street(cycle: f64, greens: &[f64], lengths: &[f64], speed: f64) -> BandProblem {
    BandProblem {
        circle: Circle::new(cycle).unwrap(),
        signals: greens
            .iter()
            .map(|g| vec![BandPattern { start_s: [-g * cycle / 2.0; 2], green_s: [g * cycle; 2] }])
            .collect(),
        links: lengths.iter().map(|l| [l / speed; 2]).collect(),
    }
}

const TEXTBOOK: ([f64; 5], [f64; 4]) = ([0.45, 0.50, 0.60, 0.40, 0.55], [680.0, 520.0, 360.0, 660.0]);

#[test]
fn the_textbook_corridor() {
    let (greens, gaps) = TEXTBOOK;
    for (half_cycle_m, width) in [(520.0, 0.2962 * 90.0), (510.0, 27.75), (500.0, 25.2), (450.0, 17.25)] {
        let problem = street(90.0, &greens, &gaps, half_cycle_m / 45.0);
        let answer = widest(&problem, Aim::Proportional { k: 1.0 }).unwrap();
        assert!((answer.value - width).abs() < 0.01, "{half_cycle_m} m: {} against {width}", answer.value);
        let real = attained(&problem, &answer.offsets_s, &answer.patterns);
        assert!(real[0] >= answer.widths_s[0] - 1e-6 && real[1] >= answer.widths_s[1] - 1e-6);
        assert_eq!(widest(&problem, Aim::Ratio { k: 1.0 }).unwrap().widths_s[0], answer.value);
    }
    // The plain sum at 36 km/h collapses to one way; a least width each way forbids it.
    let problem = street(90.0, &greens, &gaps, 10.0);
    let one_way = widest(&problem, Aim::Sum { weights: [1.0; 2], least_s: [0.0; 2] }).unwrap();
    assert!((one_way.value - 36.0).abs() < 0.01 && one_way.widths_s.iter().any(|&b| b < 1e-6), "{one_way:?}");
    let both = widest(&problem, Aim::Sum { weights: [1.0; 2], least_s: [15.0; 2] }).unwrap();
    assert!((both.value - 34.5).abs() < 0.01 && both.widths_s.iter().all(|&b| b >= 15.0 - 1e-9), "{both:?}");
    assert!(widest(&problem, Aim::Sum { weights: [1.0; 2], least_s: [18.0; 2] }).is_none());
}

#[test]
fn euclid_avenue() {
    let greens = [0.53, 0.60, 0.60, 0.53, 0.52, 0.58, 0.60, 0.60, 0.60, 0.58];
    let lengths = [168.0, 213.0, 335.0, 213.0, 244.0, 198.0, 122.0, 213.0, 137.0];
    for (cycle, share) in [(65.0, 0.2081), (55.0, 0.1699), (60.0, 0.1889), (70.0, 0.1770), (75.0, 0.2220)] {
        let problem = street(cycle, &greens, &lengths, 15.65);
        let answer = widest(&problem, Aim::Proportional { k: 1.0 }).unwrap();
        assert!((answer.value / cycle - share).abs() < 1e-4, "{cycle} s: {} against {share}", answer.value / cycle);
        let sum = widest(&problem, Aim::Sum { weights: [1.0; 2], least_s: [0.0; 2] }).unwrap();
        assert!((sum.value / cycle - 0.52).abs() < 1e-9);
    }
}

#[test]
fn eight_signals() {
    let greens = [0.50, 0.66, 0.52, 0.75, 0.75, 0.50, 0.66, 0.50];
    let feet = [1320.0, 1320.0, 990.0, 660.0, 990.0, 1320.0, 1320.0];
    let answer = widest(&street(60.0, &greens, &feet, 44.0), Aim::Proportional { k: 1.0 }).unwrap();
    assert!((answer.value - 30.0).abs() < 1e-6);
}

/// Random streets with everything on whole seconds, greens and speeds unequal, up to two patterns; now and then with
/// greens of other lengths in a pattern, or a direction that is never red.
fn random_street(random: &mut Stream, n: usize, cycle: usize) -> BandProblem {
    let mut whole = |low: usize, high: usize| (low + random.index(high - low + 1)) as f64;
    let mut signals = Vec::new();
    for _ in 0..n {
        let mut green = || if whole(0, 19) < 1.0 { cycle as f64 } else { whole(cycle / 3, cycle * 2 / 3) };
        let (one, other) = ([green(), green()], [green(), green()]);
        let same = whole(0, 3) > 0.0;
        signals.push(
            (0..whole(1, 2) as usize)
                .map(|k| {
                    let green_s = if same || k == 0 { one } else { other };
                    BandPattern { start_s: [whole(0, 9), whole(0, 9)], green_s }
                })
                .collect(),
        );
    }
    let links = (1..n).map(|_| [whole(5, 40), whole(5, 40)]).collect();
    BandProblem { circle: Circle::new(cycle as f64).unwrap(), signals, links }
}

/// The best value of each aim over all offsets in steps of `grid` and all patterns.
fn exhaustive(problem: &BandProblem, aims: &[Aim], grid: usize) -> Vec<Option<f64>> {
    let n = problem.signals.len();
    let steps = problem.circle.seconds() as usize / grid;
    let mut best = vec![None; aims.len()];
    let combinations: usize = problem.signals.iter().map(Vec::len).product();
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
        for code in 0..steps.pow(n as u32 - 1) {
            let mut offsets = vec![0.0; n];
            let mut rest = code;
            for offset in &mut offsets[1..] {
                *offset = (rest % steps * grid) as f64;
                rest /= steps;
            }
            let real = attained(problem, &offsets, &patterns);
            for (best, aim) in best.iter_mut().zip(aims) {
                if let Some((score, _)) = aim.score(real) {
                    *best = Some(best.map_or(score.value, |b: f64| b.max(score.value)));
                }
            }
        }
    }
    best
}

/// What the solver claims is attained, no grid has more, and a grid fine enough has as much.
fn agrees(case: usize, problem: &BandProblem, aims: &[Aim], grid: usize, coarse: &[f64]) {
    for ((aim, least), coarse) in aims.iter().zip(exhaustive(problem, aims, grid)).zip(coarse) {
        let found = widest(problem, *aim);
        match (&found, least) {
            (Some(answer), Some(least)) => {
                let real = attained(problem, &answer.offsets_s, &answer.patterns);
                let claimed = answer.widths_s;
                assert!(
                    real[0] >= claimed[0] - 1e-6 && real[1] >= claimed[1] - 1e-6,
                    "case {case} {aim:?}: claimed {claimed:?}, attained {real:?}"
                );
                assert!(answer.value >= least - 1e-6, "case {case} {aim:?}: {} under {least}", answer.value);
                assert!(answer.value <= least + coarse + 1e-6, "case {case} {aim:?}: {} above {least}", answer.value);
                let confirmed = answer.clone().confirmed(problem, *aim).unwrap();
                assert!((confirmed.value - answer.value).abs() < 1e-6);
            }
            (None, None) => {}
            (found, least) => panic!("case {case} {aim:?}: {found:?} against {least:?}"),
        }
    }
}

#[test]
fn exhaustive_search_agrees_on_thousands() {
    let mut random = Stream(1966);
    let aims = [
        Aim::Sum { weights: [1.0, 1.0], least_s: [0.0; 2] },
        Aim::Sum { weights: [2.0, 1.0], least_s: [2.0, 1.0] },
        Aim::Sum { weights: [1.0, 3.0], least_s: [4.0, 0.0] },
        Aim::Proportional { k: 1.0 },
        Aim::Ratio { k: 0.5 },
        Aim::Ratio { k: 2.0 },
    ];
    // With whole numbers the best sums have whole offsets; where a ratio cuts a second, a grid may miss so much of it.
    let coarse = [0.0, 0.0, 0.0, 0.5, 1.5, 1.5];
    for case in 0..2400 {
        let (n, cycle) = [(2, 40), (3, 14), (3, 18), (4, 8)][case % 4];
        let problem = random_street(&mut random, n, cycle);
        agrees(case, &problem, &aims, 1, &coarse);
    }
}

#[test]
fn equal_bands_agree_with_a_finer_grid() {
    // The equal optimum may lie on half seconds, and on nothing finer: double all numbers.
    let mut random = Stream(81);
    for case in 0..400 {
        let mut problem = random_street(&mut random, 3, 10);
        problem.circle = Circle::new(20.0).unwrap();
        for pattern in problem.signals.iter_mut().flatten() {
            pattern.start_s = pattern.start_s.map(|s| 2.0 * s);
            pattern.green_s = pattern.green_s.map(|s| 2.0 * s);
        }
        problem.links.iter_mut().for_each(|l| *l = l.map(|t| 2.0 * t));
        agrees(case, &problem, &[Aim::Proportional { k: 1.0 }, Aim::Ratio { k: 1.0 }], 1, &[0.0; 2]);
    }
}
