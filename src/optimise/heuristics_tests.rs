//! The heuristics against the exact method, and against what they say of themselves.

use super::super::testing;
use super::*;
use crate::corridor::sample;
use crate::optimise::{optimise_offsets, predict};

fn street(spacings: &[f64]) -> (Network, Vec<Plan>) {
    let network = sample::arterial(spacings);
    let greens = [38, 10, 23, 9].map(Tenths::from_seconds);
    let plans = network.intersections().iter().map(|at| Plan::from_greens(at, &greens, Shift::new(0)).unwrap());
    let plans = plans.collect();
    (network, plans)
}

const SPACINGS: [f64; 5] = [420.0, 350.0, 610.0, 280.0, 530.0];
const FLOWS: [(f64, f64); 3] = [(1700.0, 1100.0), (900.0, 900.0), (600.0, 1800.0)];

#[test]
fn two_intersections_are_set_alike_by_all_methods() {
    // Profiles do not depend on the offset, so every method sees the whole truth.
    let (network, plans) = street(&[430.0]);
    let settings = Settings::default();
    for (west, east) in FLOWS {
        let flows = testing::flows(&network, west, east, 300.0);
        let cost = |plans: &[Plan]| predict(&network, &flows, plans, &settings).unwrap().objective;
        let exact = optimise_offsets(&network, &flows, &plans, &settings).unwrap().predicted.objective;
        for found in [descend_offsets, pairwise_offsets].map(|f| f(&network, &flows, &plans, &settings).unwrap()) {
            assert!((cost(&found) / exact - 1.0).abs() < 1e-6, "{} {exact}", cost(&found));
        }
        assert!(exact < cost(&plans));
    }
}

#[test]
fn no_method_beats_the_exact_one_while_profiles_hold() {
    let (network, plans) = street(&SPACINGS);
    let settings = Settings::default();
    for (west, east) in FLOWS {
        let flows = testing::flows(&network, west, east, 350.0);
        let scene = Scene::new(&network, &flows, &settings.model);
        let judge = Judge::new(&settings.objective);
        for method in [descend_offsets, pairwise_offsets] {
            let found = method(&network, &flows, &plans, &settings).unwrap();
            // The method's own platoons are held: what does each link's best difference cost, and what its own?
            let mut state = State::new(&scene, &found, &judge);
            let total = state.total(&judge);
            let mut gain = 0.0;
            for joint in scene.joints() {
                let price = link_price::of(&scene, &judge, &mut state, joint.ends).unwrap();
                gain += price[0] - price.iter().copied().fold(f64::INFINITY, f64::min);
            }
            let bound = optimise_offsets(&network, &flows, &found, &settings).unwrap();
            assert!(gain >= 0.0 && bound.bound <= total + 1e-6 * total, "{} {total}", bound.bound);
            assert!(bound.predicted.objective <= total * (1.0 + 1e-9));
        }
    }
}

#[test]
fn a_descent_is_never_worse_than_its_start_and_ends_where_no_single_move_helps() {
    let (network, plans) = street(&SPACINGS);
    let settings = Settings::default();
    let mut random = testing::Stream(5);
    for (west, east) in FLOWS {
        let flows = testing::flows(&network, west, east, 350.0);
        let cost = |plans: &[Plan]| predict(&network, &flows, plans, &settings).unwrap().objective;
        let start: Vec<Plan> = plans.iter().map(|p| p.at_offset(Shift::new(10 * random.index(100) as i64))).collect();
        let found = descend_offsets(&network, &flows, &start, &settings).unwrap();
        let least = cost(&found);
        assert!(least < cost(&start));
        for i in 0..found.len() {
            for plan in everywhere(&found[i], Tenths::from_seconds(1)) {
                let mut moved = found.clone();
                moved[i] = plan;
                // Incremental evaluation leaves out what changes departures by next to nothing.
                assert!(cost(&moved) > least * (1.0 - 1e-4), "{i}");
            }
        }
        assert!(found.iter().zip(&start).all(|(a, b)| a.splits == b.splits));
    }
}

#[test]
fn the_greedy_method_takes_each_links_best_in_turn_and_keeps_the_first_where_it_is() {
    let (network, plans) = street(&SPACINGS);
    let settings = Settings::default();
    let flows = testing::flows(&network, 1500.0, 1000.0, 350.0);
    let found = pairwise_offsets(&network, &flows, &plans, &settings).unwrap();
    assert_eq!(found[0], plans[0]);
    // What was found does not hang on the offsets of those who come later, but on their departures inbound: the first link,
    // whose far end is fed evenly from the side it has not met, is at the best of its price under all others' old offsets.
    let scene = Scene::new(&network, &flows, &settings.model);
    let judge = Judge::new(&settings.objective);
    let mut state = State::new(&scene, &plans, &judge);
    let price = link_price::of(&scene, &judge, &mut state, scene.joints()[0].ends).unwrap();
    let taken = (found[1].offset.since_zero().seconds() - plans[1].offset.since_zero().seconds()).round() as usize;
    assert!(price.iter().all(|p| *p >= price[taken]));
    assert!(pairwise_offsets(&network, &flows, &plans[1..], &settings).is_none());
}
