//! Bands on the sample arterial, measured on the plans.

use super::*;
use crate::corridor::sample;

fn plans(network: &Network, greens: [u32; 4]) -> Vec<Plan> {
    let greens = greens.map(Tenths::from_seconds);
    network.intersections().iter().map(|at| Plan::from_greens(at, &greens, Shift::new(0)).unwrap()).collect()
}

const SECOND: Tenths = Tenths::from_seconds(1);

#[test]
fn what_is_claimed_is_attained_up_to_rounding() {
    let network = sample::arterial(&[420.0, 350.0, 610.0]);
    let plans = plans(&network, [45, 9, 27, 9]);
    let bands = widest_bands(&network, 0, &plans, Aim::Proportional { k: 1.0 }, SECOND).unwrap();
    let part = &bands.parts[0];
    for d in 0..2 {
        let attained = part.attained[d].map_or(0.0, |b| b.width_s);
        assert!(part.optimum_s[d] > 10.0);
        assert!(attained >= part.optimum_s[d] - 1.0, "{attained} of {}", part.optimum_s[d]);
        let again = measure(&network, &network.corridors()[0], &bands.plans, 0..4, Direction::BOTH[d]);
        assert_eq!(again, part.attained[d]);
    }
}

#[test]
fn a_long_street_falls_into_parts_that_have_both_bands() {
    let spacings = [420.0, 350.0, 610.0, 280.0, 530.0, 720.0, 390.0, 470.0, 310.0, 650.0, 540.0];
    let network = sample::arterial(&spacings);
    let plans = plans(&network, [42, 10, 24, 10]);
    let aim = Aim::Sum { weights: [1.0; 2], least_s: [8.0; 2] };
    assert!(widest_bands(&network, 0, &plans, aim, SECOND).is_none(), "no two-way band through all 12");
    let bands = partition(&network, 0, &plans, [1.0; 2], 8.0, SECOND).unwrap();
    assert!(bands.parts.len() > 1 && bands.parts.len() < 7, "{}", bands.parts.len());
    let mut next = 0;
    for part in &bands.parts {
        assert_eq!(part.members.start, next);
        next = part.members.end;
        for band in part.attained {
            assert!(band.unwrap().width_s >= 7.0);
        }
    }
    assert_eq!(next, 12);
}

#[test]
fn the_wave_is_never_handed_to_the_minor_direction() {
    let spacings = [420.0, 350.0, 610.0, 280.0, 530.0, 720.0, 390.0, 470.0, 310.0, 650.0, 540.0];
    let network = sample::arterial(&spacings);
    for greens in [[42, 10, 24, 10], [30, 9, 18, 9], [50, 12, 30, 12]] {
        let plans = plans(&network, greens);
        for (weights, major) in [([2.0, 1.0], 0), ([1.0, 2.0], 1), ([1.0, 1.2], 1)] {
            let bands = partition(&network, 0, &plans, weights, 6.0, SECOND).unwrap();
            for part in bands.parts.iter().filter(|p| p.members.len() > 1) {
                let width = |d: usize| part.attained[d].map_or(0.0, |b| b.width_s);
                assert!(width(major) >= width(1 - major) - 1e-9, "{weights:?}: {:?}", part);
                assert!(width(1 - major) >= 5.0 - 1e-9, "{weights:?}: {:?}", part);
                // What was rounded is at most a step away from what is possible.
                for d in 0..2 {
                    assert!(width(d) <= part.optimum_s[0].max(part.optimum_s[1]) + 1e-9);
                }
            }
        }
    }
}
