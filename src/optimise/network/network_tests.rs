//! The search against exhaustion, and against another method where exhaustion does not reach.

use super::super::testing::Stream;
use super::*;
use std::cell::Cell;

fn prices(random: &mut Stream, choices: [usize; 2], steps: usize) -> Prices {
    let mut prices = Prices::zero(choices, steps);
    let (flat, rough) = (random.index(4) == 0, random.index(3) == 0);
    for a in 0..choices[0] {
        for b in 0..choices[1] {
            let (top, sharp) = (random.between(0.0, steps as f64), random.between(0.5, 3.0));
            for (d, price) in prices.row_mut(a, b).iter_mut().enumerate() {
                let away = (d as f64 - top).abs();
                let smooth = sharp * away.min(steps as f64 - away);
                *price = if flat { 2.0 } else { smooth + if rough { random.between(0.0, 9.0) } else { 0.0 } };
            }
        }
    }
    prices
}

fn problem(random: &mut Stream, steps: usize, choices: &[usize], links: &[[usize; 2]]) -> OffsetProblem {
    let own = |&many: &usize| (0..many).map(|_| random.between(0.0, 4.0)).collect();
    let signals: Vec<Vec<f64>> = choices.iter().map(own).collect();
    let link = |ends: &[usize; 2]| OffsetLink { ends: *ends, prices: prices(random, ends.map(|e| choices[e]), steps) };
    let links = links.iter().map(link).collect();
    OffsetProblem::new(steps, signals, links).unwrap()
}

/// Every setting of every signal, the first one's offset at zero.
fn exhausted(problem: &OffsetProblem) -> f64 {
    let steps = problem.steps();
    let mut settings = vec![Setting::default(); problem.signals()];
    let mut least = f64::INFINITY;
    loop {
        least = least.min(problem.cost(&settings).unwrap());
        let mut signal = problem.signals();
        loop {
            if signal == 0 {
                return least;
            }
            signal -= 1;
            let s = &mut settings[signal];
            s.offset += 1;
            if signal > 0 && s.offset < steps {
                break;
            }
            s.offset = 0;
            s.choice += 1;
            if s.choice < problem.signals[signal].len() {
                break;
            }
            s.choice = 0;
        }
    }
}

fn check(problem: &OffsetProblem, least: f64) {
    let answer = solve_offsets(problem, &Budget::default());
    assert!(answer.proof, "{answer:?}");
    assert!((answer.cost - least).abs() <= 1e-9 * least.abs().max(1.0), "{} against {least}", answer.cost);
    assert!((problem.cost(&answer.settings).unwrap() - answer.cost).abs() <= 1e-9 * least.abs().max(1.0));
    assert!(answer.bound <= least * (1.0 + 1e-9) + 1e-9, "{} over {least}", answer.bound);
}

#[test]
fn thousands_of_small_networks_agree_with_exhaustion() {
    let mut random = Stream(11);
    for _ in 0..3000 {
        let count = 1 + random.index(4);
        let choices: Vec<usize> = (0..count).map(|_| 1 + random.index(2)).collect();
        let steps = 1 + random.index(if count == 4 { 6 } else { 9 });
        // Any links: none, parallel, opposite, onto themselves, all four joined to all.
        let many = random.index(count * count + 2);
        let links: Vec<[usize; 2]> = (0..many).map(|_| [random.index(count), random.index(count)]).collect();
        let problem = problem(&mut random, steps, &choices, &links);
        check(&problem, exhausted(&problem));
    }
}

#[test]
fn five_joined_to_each_other_agree_with_exhaustion() {
    let mut random = Stream(12);
    let all: Vec<[usize; 2]> = (0..5).flat_map(|a| (a + 1..5).map(move |b| [a, b])).collect();
    for round in 0..200 {
        let choices: &[usize] = if round % 2 == 0 { &[1; 5] } else { &[2, 1, 2, 1, 1] };
        let steps = 2 + random.index(5);
        let problem = problem(&mut random, steps, choices, &all);
        check(&problem, exhausted(&problem));
    }
}

/// A grid column by column: all offsets of a column against all of the next. Another method, without bounds or folds.
fn by_columns(problem: &OffsetProblem, rows: usize, columns: usize) -> f64 {
    let n = problem.steps();
    let pictures = n.pow(rows as u32);
    let offset = |picture: usize, row: usize| picture / n.pow(row as u32) % n;
    let link = |near: usize, far: usize, from: usize, to: usize| -> f64 {
        let same = problem.links().iter().filter(|l| l.ends == [near, far]);
        same.map(|l| l.prices.row(0, 0)[(to + n - from) % n]).sum()
    };
    let within = |column: usize, picture: usize| -> f64 {
        let at = |row: usize| column * rows + row;
        (1..rows).map(|r| link(at(r - 1), at(r), offset(picture, r - 1), offset(picture, r))).sum()
    };
    let own: f64 = problem.signals.iter().map(|own| own[0]).sum();
    let mut cost: Vec<f64> = (0..pictures).map(|p| within(0, p)).collect();
    for column in 1..columns {
        let rung = |r: usize, from: usize, to: usize| link((column - 1) * rows + r, column * rows + r, from, to);
        let rungs: Vec<Vec<f64>> = (0..rows).map(|r| (0..n * n).map(|k| rung(r, k / n, k % n)).collect()).collect();
        let next = |to: usize| {
            let before = (0..pictures).map(|from| {
                let between = (0..rows).map(|r| rungs[r][offset(from, r) * n + offset(to, r)]).sum::<f64>();
                cost[from] + between
            });
            before.fold(f64::INFINITY, f64::min) + within(column, to)
        };
        cost = (0..pictures).map(next).collect();
    }
    own + cost.into_iter().fold(f64::INFINITY, f64::min)
}

#[test]
fn grids_agree_with_elimination_by_columns() {
    let mut random = Stream(13);
    for (rows, columns, steps, times) in [(2, 6, 12, 10), (3, 4, 6, 20), (3, 5, 5, 10), (4, 4, 4, 6)] {
        let at = |r: usize, c: usize| c * rows + r;
        let mut links = Vec::new();
        for c in 0..columns {
            links.extend((1..rows).map(|r| [at(r - 1, c), at(r, c)]));
            links.extend((0..rows).filter(|_| c > 0).map(|r| [at(r, c - 1), at(r, c)]));
        }
        for _ in 0..times {
            let problem = problem(&mut random, steps, &vec![1; rows * columns], &links);
            check(&problem, by_columns(&problem, rows, columns));
        }
    }
}

#[test]
fn a_street_is_one_least_price_a_link() {
    let mut random = Stream(14);
    let links: Vec<[usize; 2]> = (1..40).map(|k| if k % 3 == 0 { [k, k - 1] } else { [k - 1, k] }).collect();
    let problem = problem(&mut random, 90, &[1; 40], &links);
    let own: f64 = problem.signals.iter().map(|own| own[0]).sum();
    let least: f64 = problem.links().iter().map(|l| l.prices.row(0, 0).iter().copied().fold(f64::MAX, f64::min)).sum();
    check(&problem, own + least);
}

/// A grid that no bound helps: prices are noise.
fn noise(random: &mut Stream, side: usize, steps: usize) -> OffsetProblem {
    let mut links = Vec::new();
    for k in 0..side * side {
        links.extend((k % side > 0).then(|| [k - 1, k]));
        links.extend((k >= side).then(|| [k - side, k]));
    }
    let link =
        |ends| OffsetLink { ends, prices: Prices::single((0..steps).map(|_| random.between(0.0, 1.0)).collect()) };
    let links = links.into_iter().map(link).collect();
    OffsetProblem::new(steps, vec![vec![0.0]; side * side], links).unwrap()
}

#[test]
fn out_of_room_or_told_to_stop_the_bound_stays_a_bound() {
    let mut random = Stream(15);
    let problem = noise(&mut random, 5, 12);
    let optimum = solve_offsets(&problem, &Budget::default());
    assert!(optimum.proof);
    let mut gaps = 0;
    for most_pictures in [1, 10_000, 60_000] {
        let answer = solve_offsets(&problem, &Budget { most_pictures, ..Budget::default() });
        assert!(answer.bound <= optimum.cost + 1e-9 && answer.cost >= optimum.cost - 1e-9);
        assert!(answer.proof == (answer.bound == answer.cost));
        gaps += usize::from(!answer.proof);
    }
    assert!(gaps > 0, "no budget was too small");
    for asked in [0, 1, 5, 30, 200] {
        let left = Cell::new(asked);
        let stop = || {
            left.set(left.get().max(1) - 1);
            left.get() == 0
        };
        let answer = solve_offsets(&problem, &Budget { stop: &stop, ..Budget::default() });
        assert!(answer.bound <= optimum.cost + 1e-9 && answer.cost >= optimum.cost - 1e-9);
        assert!(!(answer.proof && answer.cost > optimum.cost + 1e-9));
    }
}

#[test]
fn what_does_not_fit_is_no_problem() {
    let link = |ends, prices| OffsetLink { ends, prices };
    assert!(OffsetProblem::new(0, vec![], vec![]).is_none());
    assert!(OffsetProblem::new(4, vec![vec![]], vec![]).is_none());
    assert!(OffsetProblem::new(4, vec![vec![0.0]], vec![link([0, 1], Prices::single(vec![0.0; 4]))]).is_none());
    assert!(OffsetProblem::new(4, vec![vec![0.0]; 2], vec![link([0, 1], Prices::single(vec![0.0; 3]))]).is_none());
    assert!(OffsetProblem::new(1, vec![vec![0.0]; 2], vec![link([0, 1], Prices::single(vec![f64::NAN]))]).is_none());
    assert!(OffsetProblem::new(1, vec![vec![0.0; 2]; 2], vec![link([0, 1], Prices::single(vec![0.0]))]).is_none());
    let nothing = OffsetProblem::new(5, vec![], vec![]).unwrap();
    assert!(solve_offsets(&nothing, &Budget::default()).proof);
}
