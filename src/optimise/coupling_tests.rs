//! Decisions match exhaustive search under the same prices; neighbours that gain are coupled, others not; halves are confirmed.

use super::super::testing::{self, Stream};
use super::super::{Grouping, predict, propose};
use super::*;
use crate::corridor::{Arm, Movement, sample};
use crate::units::{Tenths, VehiclesPerHour};

fn coarse(step_s: u32) -> Settings {
    let mut settings = Settings::default();
    settings.search.cycle_step = Tenths::from_seconds(step_s);
    settings
}

fn with_prices(network: &Network, flows: &Flows, settings: &Settings, then: impl FnOnce(&Scene, &CyclePrices)) {
    let scene = Scene::new(network, flows, &settings.model);
    let alone: Vec<Alone> = network.indices().map(|i| Alone::new(network, i, flows, settings)).collect();
    let seeds = Seeds::new(network, &alone, Grid::new(network, settings));
    let cycles = cycles_of(&seeds, network.intersections().len(), &settings.search);
    let judge = Judge::new(&settings.objective);
    then(&scene, &CyclePrices::new(&scene, &judge, &seeds, &cycles, &|| false).unwrap());
}

/// The least of all assignments, one after the other.
fn exhaustive(prices: &CyclePrices, allowed: &dyn Fn(usize, CycleLength) -> bool) -> f64 {
    let mut least = f64::INFINITY;
    let counts: Vec<usize> = prices.choices.iter().map(Vec::len).collect();
    let mut chosen = vec![0; counts.len()];
    loop {
        let fits = |(i, &k): (usize, &usize)| allowed(i, prices.cycles[prices.choices[i][k].cycle]);
        if chosen.iter().enumerate().all(fits) {
            let own: f64 = chosen.iter().zip(&prices.choices).map(|(&k, all)| all[k].own).sum();
            let links: f64 = prices.links.iter().map(|l| l.price(chosen[l.ends[0]], chosen[l.ends[1]])).sum();
            least = least.min(own + links);
        }
        let Some(next) = (0..counts.len()).find(|&i| chosen[i] + 1 < counts[i]) else { return least };
        chosen[next] += 1;
        chosen[..next].fill(0);
    }
}

#[test]
fn the_decision_is_the_best_of_all_assignments() {
    let mut random = Stream(33);
    let mut apart = 0;
    for case in 0..10 {
        let network = if case % 3 == 2 {
            sample::block([(); 4].map(|()| random.between(150.0, 900.0).round()))
        } else {
            let spacings: Vec<f64> = (0..1 + case % 3).map(|_| random.between(150.0, 2500.0).round()).collect();
            sample::arterial(&spacings)
        };
        let (west, east) = (random.between(200.0, 2000.0), random.between(200.0, 2000.0));
        let mut flows = testing::flows(&network, west, east, random.between(60.0, 600.0));
        // Some crossings are much lighter than others.
        for i in 0..network.intersections().len() {
            let factor = random.between(0.1, 1.0);
            for (from, movement) in Arm::ALL.into_iter().flat_map(|a| Movement::ALL.map(|m| (a, m))) {
                let flow = flows.get(IntersectionIndex(i), from, movement).get() * factor;
                flows.set(IntersectionIndex(i), from, movement, VehiclesPerHour::new(flow).unwrap());
            }
        }
        let (network, flows) = match case {
            9 => (far_pair(), crossings(&far_pair(), &[true, true, false])),
            _ => (network, flows),
        };
        with_prices(&network, &flows, &coarse(40), |_, prices| {
            let all = |_: usize, _: CycleLength| true;
            let decision = prices.decide(&all).unwrap();
            let least = exhaustive(prices, &all);
            assert!((decision.cost - least).abs() < 1e-6 * least, "{} {least}", decision.cost);
            assert!((decision.bound - least).abs() < 1e-6 * least);
            let cycles = prices.cycles_of(&decision);
            apart += usize::from(cycles.windows(2).any(|w| !meet(w[0], w[1])));
            let base = *prices.cycles.last().unwrap();
            let some = |_: usize, cycle: CycleLength| Multiple::between(cycle, base).is_some();
            let decision = prices.decide(&some).unwrap();
            let least = exhaustive(prices, &some);
            assert!((decision.cost - least).abs() < 1e-6 * least);
            assert!(prices.cycles_of(&decision).iter().all(|&c| some(0, c)));
        });
    }
    assert!(apart > 0, "some network is better in parts");
}

/// Flows of heavy crossings that need a long cycle, and of light ones.
fn crossings(network: &Network, heavy: &[bool]) -> Flows {
    let mut flows = Flows::none(network);
    for (i, &heavy) in heavy.iter().enumerate() {
        let of = |from: Arm| match (heavy, matches!(from, Arm::W | Arm::E)) {
            (true, true) => (1350.0, 270.0),
            (true, false) => (930.0, 270.0),
            (false, true) => (350.0, 40.0),
            (false, false) => (380.0, 40.0),
        };
        for from in Arm::ALL {
            for (movement, flow) in [(Movement::Through, of(from).0), (Movement::Left, of(from).1)] {
                flows.set(IntersectionIndex(i), from, movement, VehiclesPerHour::new(flow).unwrap());
            }
        }
    }
    flows
}

/// Two close neighbours and one far from them.
fn far_pair() -> Network {
    sample::arterial(&[260.0, 4000.0])
}

#[test]
fn a_light_crossing_between_heavy_ones_runs_half_their_cycle_and_the_whole_evaluation_confirms_it() {
    let network = sample::arterial(&[500.0, 500.0]);
    let flows = crossings(&network, &[true, false, true]);
    let mut settings = Settings::default();
    settings.search.work = 60_000;
    let common = propose(&network, &flows, None, &settings).unwrap();
    assert!(common.coupling.is_none());
    settings.search.grouping = Grouping::Multiples;
    let mixed = propose(&network, &flows, None, &settings).unwrap();
    let cycles: Vec<u32> = mixed.plans.iter().map(|p| p.cycle.length().count()).collect();
    assert_eq!((cycles[0], cycles[2]), (2 * cycles[1], 2 * cycles[1]), "{cycles:?}");
    assert!(cycles.iter().all(|c| c.is_multiple_of(10)), "whole steps: {cycles:?}");
    let again = predict(&network, &flows, &mixed.plans, &settings).unwrap();
    assert!((again.objective - mixed.predicted.objective).abs() < 1e-6 * again.objective);
    assert!(again.objective < 0.99 * common.predicted.objective, "{} {}", again.objective, common.predicted.objective);
    let told = mixed.coupling.as_ref().unwrap();
    assert_eq!(told.intersections[1].multiple, Multiple::Half);
    assert!(told.links.iter().all(|l| l.coupled), "{told:?}");
    // The online search and the polish leave the halves as they are.
    settings.search.grouping = Grouping::Common;
    let busier = flows.scaled(1.05);
    for kept in [
        propose(&network, &busier, Some(&mixed.plans), &settings).unwrap(),
        super::super::polish(&network, &busier, &mixed.plans, &settings).unwrap(),
    ] {
        let cycles: Vec<u32> = kept.plans.iter().map(|p| p.cycle.length().count()).collect();
        assert_eq!((cycles[0], cycles[2]), (2 * cycles[1], 2 * cycles[1]), "{cycles:?}");
        assert!(kept.gain().unwrap() >= 0.0);
    }
}

#[test]
fn close_neighbours_with_heavy_platoons_are_coupled_and_far_ones_are_not() {
    let network = far_pair();
    let flows = crossings(&network, &[true, true, false]);
    let coupling = couple(&network, &flows, &Settings::default()).unwrap();
    let [near, far] = &coupling.links[..] else { panic!("two links: {coupling:?}") };
    assert!(near.coupled && !far.coupled, "{coupling:?}");
    assert!(near.worth_veh_s_per_h > far.worth_veh_s_per_h && near.index > 50.0 && far.index < 1.0, "{coupling:?}");
    assert_eq!(coupling.groups.len(), 2);
    assert!(coupling.intersections[2].free && !coupling.intersections[0].free);
    assert!(coupling.bound <= coupling.estimate && coupling.estimate <= coupling.bound * (1.0 + 1e-9));
    let mut settings = Settings::default();
    settings.search.work = 60_000;
    let common = propose(&network, &flows, None, &settings).unwrap();
    settings.search.grouping = Grouping::Groups;
    let grouped = propose(&network, &flows, None, &settings).unwrap();
    assert!(grouped.predicted.objective <= common.predicted.objective);
}
