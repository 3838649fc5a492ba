//! The front of the sample street against exhaustion, and against what it says of its plans.

use super::super::testing::{self, Stream};
use super::*;
use crate::corridor::sample;
use crate::optimise::predict;

fn plans(network: &Network, greens: [f64; 4]) -> Vec<Plan> {
    let greens = greens.map(|s| Tenths::parse_seconds(s).unwrap());
    network.intersections().iter().map(|at| Plan::from_greens(at, &greens, Shift::new(0)).unwrap()).collect()
}

fn whole(members: usize) -> FrontStreet {
    FrontStreet { corridor: 0, members: 0..members, inbound_share: 1.0 }
}

fn widths(choice: &FrontChoice) -> [f64; 2] {
    choice.bands.map(|band| band.map_or(0.0, |b| b.width_s))
}

const NEVER: &dyn Fn() -> bool = &|| false;

#[test]
fn two_intersections_agree_with_exhaustion() {
    // Arrivals at the ends are even, so platoons do not depend on the offset and the front is the whole truth.
    let mut random = Stream(71);
    let settings = Settings::default();
    let mut choices = 0;
    for case in 0..8 {
        let network = sample::arterial(&[random.between(150.0, 900.0).round()]);
        let flows = testing::flows(&network, random.between(500.0, 1900.0), random.between(500.0, 1900.0), 300.0);
        let base = plans(&network, [30.0 + random.index(20) as f64, 10.0, 24.0, 9.0]);
        let street = FrontStreet { inbound_share: [1.0, 0.5, 0.0][case % 3], ..whole(2) };
        let front = street_front(&network, &flows, &base, &settings, &street, NEVER).unwrap();
        let corridor = &network.corridors()[0];
        let mut all = Vec::new();
        for offset in 0..i64::from(base[0].cycle.length().count()) / 10 {
            let moved = vec![base[0].clone(), base[1].at_offset(Shift::new(10 * offset))];
            let width = |d| measure(&network, corridor, &moved, 0..2, d).map_or(0.0, |b| b.width_s);
            let cost = predict(&network, &flows, &moved, &settings).unwrap().objective;
            all.push((Direction::BOTH.map(width), cost));
        }
        let wide = |w: [f64; 2], level: f64| w[0] >= level - 1e-6 && w[1] >= level * street.inbound_share - 1e-6;
        for level in 0..90 {
            let level = f64::from(level);
            let least = all.iter().filter(|(w, _)| wide(*w, level)).map(|(_, c)| *c).fold(f64::INFINITY, f64::min);
            let answer = front.choices.iter().find(|c| wide(widths(c), level));
            let answered = answer.map_or(f64::INFINITY, |c| c.predicted.objective);
            assert!(answered == least || (answered / least - 1.0).abs() < 1e-6, "{case} {level}: {answered} {least}");
        }
        choices += front.choices.len();
    }
    assert!(choices > 30, "{choices}");
}

#[test]
fn every_choice_is_what_it_says() {
    let network = sample::arterial(&[420.0, 350.0, 610.0, 280.0]);
    let settings = Settings::default();
    // In whole seconds, and a cycle that is no whole number of them.
    for greens in [[44.0, 10.0, 23.0, 9.0], [44.5, 10.0, 23.0, 9.0]] {
        let base = plans(&network, greens);
        let flows = testing::flows(&network, 1400.0, 1100.0, 350.0);
        let front = street_front(&network, &flows, &base, &settings, &whole(5), NEVER).unwrap();
        assert!(front.choices.len() > 2, "{}", front.choices.len());
        for choice in &front.choices {
            let again = predict(&network, &flows, &choice.plans, &settings).unwrap();
            assert_eq!(again, choice.predicted);
            for (d, band) in Direction::BOTH.into_iter().zip(choice.bands) {
                assert_eq!(measure(&network, &network.corridors()[0], &choice.plans, 0..5, d), band);
            }
            assert!(widths(choice).iter().all(|w| *w >= choice.guarantee_s - 1e-6));
            assert!(choice.fixed_cost >= choice.fixed_bound - 1e-6 * choice.fixed_cost);
            assert!(choice.plans.iter().zip(&base).all(|(a, b)| a.splits == b.splits));
            assert!(choice.plans.iter().all(|p| p.offset.since_zero().is_multiple_of(Tenths::from_seconds(1))));
        }
        for pair in front.choices.windows(2) {
            assert!(pair[1].predicted.objective >= pair[0].predicted.objective);
            assert!(pair[1].guarantee_s > pair[0].guarantee_s);
        }
        let least = &front.choices[0];
        assert!((least.fixed_cost / least.predicted.objective - 1.0).abs() < 1e-9, "its own platoons are held");
    }
}

#[test]
fn whoever_is_not_asked_keeps_his_place_beside_his_neighbour() {
    let network = sample::arterial(&[420.0, 350.0, 610.0, 280.0, 530.0]);
    let flows = testing::flows(&network, 1400.0, 1100.0, 350.0);
    let base: Vec<Plan> = plans(&network, [44.0, 10.0, 23.0, 9.0])
        .into_iter()
        .enumerate()
        .map(|(i, plan)| plan.at_offset(Shift::new(130 * i as i64)))
        .collect();
    let street = FrontStreet { members: 1..4, ..whole(6) };
    let front = street_front(&network, &flows, &base, &Settings::default(), &street, NEVER).unwrap();
    let later = |plans: &[Plan], i: usize| {
        let behind = -plans[i].offset.since_zero().later();
        plans[0].cycle.wrap(plans[i + 1].offset.since_zero().later() + behind)
    };
    let mut moved = false;
    for choice in &front.choices {
        for i in [0, 3, 4] {
            assert_eq!(later(&choice.plans, i), later(&base, i), "{i}");
        }
        moved |= later(&choice.plans, 1) != later(&base, 1);
        assert_eq!(choice.plans[0], base[0]);
    }
    assert!(moved && front.choices.len() > 1);
}

#[test]
fn a_long_street_without_a_two_way_band_has_one_choice() {
    let spacings = [420.0, 350.0, 610.0, 280.0, 530.0, 720.0, 390.0].repeat(3);
    let network = sample::arterial(&spacings[..19]);
    let flows = testing::flows(&network, 1100.0, 900.0, 300.0);
    let base = plans(&network, [42.0, 10.0, 18.0, 10.0]);
    let front = street_front(&network, &flows, &base, &Settings::default(), &whole(20), NEVER).unwrap();
    let before = predict(&network, &flows, &base, &Settings::default()).unwrap().objective;
    assert_eq!((front.choices.len(), front.choices[0].guarantee_s), (1, 0.0));
    assert!(front.choices[0].predicted.objective < before);
}

#[test]
fn the_fewest_parts_that_have_bands() {
    let spacings = [420.0, 350.0, 610.0, 280.0, 530.0, 720.0, 390.0].repeat(2);
    let network = sample::arterial(&spacings[..11]);
    let base = plans(&network, [42.0, 10.0, 24.0, 10.0]);
    for (share, least) in [(1.0, 8.0), (1.0, 14.0), (0.5, 20.0), (0.0, 25.0)] {
        let has = |members: Range<usize>| {
            let aim = Aim::Sum { weights: [1.0; 2], least_s: [least, least * share] };
            members.len() == 1 || widest(&band_problem(&network, 0, &base, members).unwrap(), aim).is_some()
        };
        let parts = banded_parts(&network, 0, &base, share, least);
        assert_eq!((parts[0].start, parts[parts.len() - 1].end), (0, 12));
        assert!(parts.windows(2).all(|w| w[0].end == w[1].start) && parts.iter().cloned().all(has), "{parts:?}");
        // From the left each as long as can be: no division has fewer.
        let (mut fewest, mut begin) = (0, 0);
        while begin < 12 {
            begin = (begin + 1..=12).rev().find(|&end| has(begin..end)).unwrap();
            fewest += 1;
        }
        assert_eq!(parts.len(), fewest);
        let shortest = parts.iter().map(Range::len).min().unwrap();
        assert!(fewest < 12 && shortest > 0);
    }
    assert!(banded_parts(&network, 1, &base, 1.0, 8.0).is_empty());
}

#[test]
fn what_is_no_street_is_refused() {
    let network = sample::arterial(&[420.0, 350.0]);
    let flows = testing::flows(&network, 1100.0, 900.0, 300.0);
    let base = plans(&network, [42.0, 10.0, 24.0, 10.0]);
    let refused = |plans: &[Plan], street: FrontStreet, stop: &dyn Fn() -> bool| {
        street_front(&network, &flows, plans, &Settings::default(), &street, stop).unwrap_err()
    };
    assert_eq!(refused(&base[1..], whole(3), NEVER), NoFront::PlanCount);
    for members in [0..1, 2..4, 0..0] {
        assert_eq!(refused(&base, FrontStreet { members, ..whole(3) }, NEVER), NoFront::Members);
    }
    assert_eq!(refused(&base, FrontStreet { corridor: 1, ..whole(3) }, NEVER), NoFront::Members);
    assert_eq!(refused(&base, whole(3), &|| true), NoFront::Stopped);
    let mut mixed = base.clone();
    mixed[1] = plans(&network, [40.0, 10.0, 24.0, 10.0])[1].clone();
    assert_eq!(refused(&mixed, whole(3), NEVER), NoFront::NoBands);
}

#[test]
fn a_signal_of_half_the_cycle_lends_either_green() {
    let network = sample::arterial(&[420.0, 350.0, 610.0]);
    let flows = testing::flows(&network, 900.0, 700.0, 200.0);
    let mut base = plans(&network, [56.0, 10.0, 24.0, 10.0]);
    base[1] = plans(&network, [24.0, 6.0, 14.0, 6.0])[1].clone();
    let cycles = [0, 1].map(|i| base[i].cycle.length().count());
    base[1] = base[1].at_offset(Shift::new(70));
    assert_eq!(cycles, [1200, 700], "cycles that do not fit");
    let settings = Settings::default();
    assert_eq!(street_front(&network, &flows, &base, &settings, &whole(4), NEVER).unwrap_err(), NoFront::NoBands);
    base[1] = plans(&network, [18.0, 5.0, 12.0, 5.0])[1].clone();
    assert_eq!(base[1].cycle.length().count(), 600);
    let front = street_front(&network, &flows, &base, &settings, &whole(4), NEVER).unwrap();
    assert!(front.choices.len() > 1, "{}", front.choices.len());
    for choice in &front.choices {
        assert_eq!(predict(&network, &flows, &choice.plans, &settings).unwrap(), choice.predicted);
        assert!(widths(choice).iter().all(|w| *w >= choice.guarantee_s - 1e-6));
        assert!(choice.fixed_cost >= choice.fixed_bound - 1e-6 * choice.fixed_cost);
    }
}

#[test]
fn streets_that_join_go_along_with_whom_they_join() {
    // A block: two streets cross two others, so a ring stays; everybody is with somebody.
    let network = sample::block([420.0, 380.0, 310.0, 260.0]);
    let flows = testing::flows(&network, 700.0, 600.0, 300.0);
    let base = plans(&network, [30.0, 8.0, 24.0, 8.0]);
    let street = FrontStreet { members: 0..2, ..whole(2) };
    let front = street_front(&network, &flows, &base, &Settings::default(), &street, NEVER).unwrap();
    let members: Vec<usize> = network.corridors()[0].members.iter().map(|m| m.intersection.0).collect();
    for choice in &front.choices {
        let offsets: Vec<Tenths> = choice.plans.iter().map(|p| p.offset.since_zero()).collect();
        let ends = members.iter().map(|&m| offsets[m]).collect::<Vec<_>>();
        assert!(offsets.iter().all(|offset| ends.contains(offset)));
        let again = predict(&network, &flows, &choice.plans, &Settings::default()).unwrap();
        assert_eq!(again.objective, choice.predicted.objective);
    }
}
