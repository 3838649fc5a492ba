//! Bare delay problems: against exhaustion over the priced links, what is refused, and what samples are worth.

use super::super::testing::Stream;
use super::*;

fn problem(random: &mut Stream, nodes: usize, cycle_s: usize, ends: &[[usize; 2]]) -> DelayProblem {
    let link = |ends: &[usize; 2]| {
        let green_s = (cycle_s as f64 * random.between(0.3, 0.7)).round();
        let sat_veh_s = random.between(0.4, 1.5);
        let mut profile: Vec<f64> = (0..cycle_s).map(|_| random.next().powi(3)).collect();
        let load = random.between(0.3, 0.95) * green_s * sat_veh_s / profile.iter().sum::<f64>();
        profile.iter_mut().for_each(|q| *q *= load);
        DelayLink {
            from: ends[0],
            to: ends[1],
            travel_s: random.between(5.0, 60.0).round(),
            sat_veh_s,
            green_start_s: random.between(-20.0, 60.0).round(),
            green_s,
            profiles_veh_s: vec![profile],
        }
    };
    let links = ends.iter().map(link).collect();
    let stop_penalty_s = [0.0, 10.0][random.index(2)];
    DelayProblem { nodes, cycle_s, grid_s: 1, alpha: 0.35, beta: 0.8, stop_penalty_s, tail: Tail::MEAN, links }
}

/// What offsets cost, link by link, from the tables of `delay_tables` (which are held against the definition there).
fn cost(problem: &DelayProblem, theta_s: &[usize]) -> f64 {
    let n = problem.cycle_s;
    let priced = problem.priced().unwrap();
    let price = |l: &OffsetLink| l.prices.row(0, 0)[(theta_s[l.ends[1]] + n - theta_s[l.ends[0]]) % n];
    priced.links().iter().map(price).sum()
}

#[test]
fn small_problems_agree_with_exhaustion() {
    let mut random = Stream(41);
    for _ in 0..150 {
        let nodes = 2 + random.index(3);
        let n = if nodes == 4 { 11 } else { 24 };
        let many = 1 + random.index(nodes * 2);
        let ends: Vec<[usize; 2]> = (0..many).map(|_| [random.index(nodes), random.index(nodes)]).collect();
        let mut problem = problem(&mut random, nodes, n, &ends);
        let answer = solve_delay(&problem, &Budget::default()).unwrap();
        assert!(answer.proof && answer.theta_s[0] == 0);
        assert!((cost(&problem, &answer.theta_s) - answer.cost).abs() < 1e-9 * answer.cost.max(1.0));
        let mut least = [f64::INFINITY; 2];
        for code in 0..n.pow(nodes as u32 - 1) {
            let theta_s: Vec<usize> =
                (0..nodes as u32).map(|i| if i == 0 { 0 } else { code / n.pow(i - 1) % n }).collect();
            let here = cost(&problem, &theta_s);
            least[0] = least[0].min(here);
            if theta_s.iter().all(|t| t % 4 == 0) {
                least[1] = least[1].min(here);
            }
        }
        assert!((answer.cost - least[0]).abs() < 1e-9 * least[0].max(1.0), "{} {}", answer.cost, least[0]);
        if n % 4 == 0 {
            problem.grid_s = 4;
            let coarse = solve_delay(&problem, &Budget::default()).unwrap();
            assert!(coarse.proof && coarse.theta_s.iter().all(|t| t % 4 == 0));
            assert!((coarse.cost - least[1]).abs() < 1e-9 * least[1].max(1.0));
        }
    }
}

#[test]
fn samples_count_by_mean_and_tail() {
    let tail = |weight, share| Tail { weight, share };
    let judge = |tail: Tail| tail.judge(&mut [4.0, 10.0, 2.0, 8.0]);
    assert!((judge(Tail::MEAN) - 6.0).abs() < 1e-12);
    assert!((judge(tail(1.0, 0.5)) - 9.0).abs() < 1e-12);
    assert!((judge(tail(1.0, 0.25)) - 10.0).abs() < 1e-12);
    assert!((judge(tail(1.0, 0.375)) - (10.0 + 0.5 * 8.0) / 1.5).abs() < 1e-12);
    assert!((judge(tail(0.5, 0.5)) - 7.5).abs() < 1e-12);
    assert!((judge(tail(1.0, 1.0)) - 6.0).abs() < 1e-12);
    let mut random = Stream(42);
    for _ in 0..20 {
        let ends = [[0, 1], [1, 0], [1, 2], [2, 0]];
        let mut problem = problem(&mut random, 3, 40, &ends);
        for link in &mut problem.links {
            let day = link.profiles_veh_s[0].clone();
            // Other days: the platoon early, late, and thin.
            for (shift, share) in [(6, 1.0), (34, 0.9), (12, 0.6)] {
                link.profiles_veh_s.push((0..40).map(|t| share * day[(t + shift) % 40]).collect());
            }
        }
        let mean = solve_delay(&problem, &Budget::default()).unwrap();
        problem.tail = tail(1.0, 0.25);
        let worst = solve_delay(&problem, &Budget::default()).unwrap();
        assert!(mean.proof && worst.proof);
        assert!(worst.cost >= mean.cost - 1e-9);
        // Each is best by its own measure.
        assert!(worst.cost <= cost(&problem, &mean.theta_s) + 1e-9);
        problem.tail = Tail::MEAN;
        assert!(mean.cost <= cost(&problem, &worst.theta_s) + 1e-9);
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let mut random = Stream(43);
    let mut bad = problem(&mut random, 2, 30, &[[0, 1], [1, 0], [0, 1], [1, 0]]);
    assert_eq!(bad.faults(), []);
    bad.grid_s = 7;
    bad.alpha = f64::NAN;
    bad.tail.share = 0.0;
    bad.links[0].to = 2;
    bad.links[1].profiles_veh_s[0].pop();
    bad.links[2].profiles_veh_s[0][3] = 100.0;
    bad.links[3].green_s = 31.0;
    let faults = solve_delay(&bad, &Budget::default()).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 7, "{told:#?}");
    for (told, piece) in told.iter().zip([
        "grid_s 7 does not divide",
        "alpha NaN is not",
        "tail share 0 is not",
        "links[0].to: there is no node 2 among 2",
        "links[1].profile_veh_s: sample 0 is no row of 30",
        "links[2]: 1",
        "links[3].green_s 31 is not a time from 0 to the cycle",
    ]) {
        assert!(told.contains(piece), "{told} has no {piece}");
        assert!(told.ends_with('.'), "{told}");
    }
    bad.cycle_s = 0;
    assert!(matches!(bad.faults()[0], DelayFault::Cycle { cycle_s: 0 }));
}
