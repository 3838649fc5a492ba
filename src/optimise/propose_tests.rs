//! Bounds kept, starts never worsened, exhaustive search matched, guards held.

use super::super::testing::{self, Stream};
use super::*;
use crate::corridor::{Network, sample};
use crate::optimise::{SideGuard, isolated, predict};
use crate::units::Shift;

fn legal(network: &Network, plans: &[Plan]) {
    for (at, plan) in network.intersections().iter().zip(plans) {
        assert_eq!(plan.cycle, plans[0].cycle);
        assert!((at.cycle.min..=at.cycle.max).contains(&plan.cycle));
        assert_eq!(plan.splits.iter().map(crate::plan::Split::length).sum::<Tenths>(), plan.cycle.length());
        for (split, stage) in plan.splits.iter().zip(&at.stages) {
            assert!((stage.min_green..=stage.max_green).contains(&split.green));
            assert!(split.green.is_multiple_of(Tenths::from_seconds(1)));
        }
        assert!(plan.offset.since_zero().is_multiple_of(Tenths::from_seconds(1)));
    }
}

#[test]
fn proposals_keep_every_bound_and_are_never_worse_than_their_start() {
    let mut random = Stream(2026);
    for case in 0..12 {
        let n = 1 + random.index(4);
        let spacings: Vec<f64> = (0..n).map(|_| random.between(180.0, 800.0).round()).collect();
        let network = sample::arterial(&spacings);
        let mut flows = |low: f64, high: f64| {
            let (w, e) = (random.between(low, high), random.between(low, high));
            testing::flows(&network, w, e, random.between(50.0, 700.0))
        };
        let (before, now) = (flows(0.0, 2500.0), flows(0.0, 2500.0));
        let mut settings = Settings::default();
        settings.search.work = 6_000;
        settings.search.cycle_step = Tenths::from_seconds(20);
        let first = propose(&network, &before, None, &settings).unwrap();
        legal(&network, &first.plans);
        assert!(first.start.is_none() && first.gain().is_none());
        let second = propose(&network, &now, Some(&first.plans), &settings).unwrap();
        legal(&network, &second.plans);
        assert!(second.predicted.objective <= second.start.as_ref().unwrap().objective, "case {case}");
        let again = propose(&network, &now, Some(&first.plans), &settings).unwrap();
        assert_eq!(second, again, "the same question has the same answer");
        let polished = polish(&network, &now, &first.plans, &settings).unwrap();
        legal(&network, &polished.plans);
        assert_eq!(polished.cycle, first.cycle);
        assert!(polished.gain().unwrap_or(0.0) >= 0.0);
        for (new, old) in polished.plans.iter().zip(&first.plans) {
            let by = new.offset.since_zero().later() + -old.offset.since_zero().later();
            assert!(new.cycle.shorter_way(by).magnitude() <= 40);
        }
    }
}

#[test]
fn the_climb_is_near_the_exhaustive_optimum_of_offsets() {
    // Three intersections, splits fixed by stages that have no room: 72 * 72 offsets, all evaluated.
    let network = sample::arterial(&[320.0, 540.0]);
    let mut settings = Settings::default();
    settings.search.cycle_min = CycleLength::new(Tenths::from_seconds(71)).unwrap();
    settings.search.cycle_max = settings.search.cycle_min;
    for (west, east) in [(700.0, 500.0), (400.0, 900.0)] {
        let flows = testing::flows(&network, west, east, 150.0);
        let found = propose(&network, &flows, None, &settings).unwrap();
        let scene = Scene::new(&network, &flows, &settings.model);
        let judge = Judge::new(&settings.objective);
        let mut plans = found.plans.clone();
        let mut state = State::new(&scene, &plans, &judge);
        let mut least = f64::MAX;
        for a in 0..71 {
            plans[1] = plans[1].at_offset(Shift::new(10 * a));
            state.set_plan(&scene, 1, &plans[1]);
            for b in 0..71 {
                plans[2] = plans[2].at_offset(Shift::new(10 * b));
                state.set_plan(&scene, 2, &plans[2]);
                least = least.min(state.refresh(&scene, &judge));
            }
        }
        assert!(found.predicted.objective <= least * 1.001, "{} against {least}", found.predicted.objective);
    }
}

#[test]
fn coordination_beats_isolated_plans_run_at_random_phase() {
    let network = sample::arterial(&[420.0, 350.0, 610.0, 280.0]);
    let flows = testing::flows(&network, 1500.0, 1200.0, 350.0);
    let settings = Settings::default();
    let alone: Vec<Plan> = network.indices().map(|i| isolated(&network, i, &flows, &settings).unwrap()).collect();
    let p = propose(&network, &flows, Some(&alone), &settings).unwrap();
    assert!(p.gain().unwrap() > 0.05, "{:?}", p.gain());
    assert!(p.predicted.worst_saturation < 0.95);
}

#[test]
fn the_guard_keeps_side_streets_whole() {
    let network = sample::arterial(&[420.0, 350.0, 610.0]);
    let mut settings = Settings::default();
    settings.search.work = 20_000;
    let start = propose(&network, &testing::flows(&network, 900.0, 900.0, 500.0), None, &settings).unwrap().plans;
    let now = testing::flows(&network, 2100.0, 1700.0, 480.0);
    settings.objective.corridor_weight = [4.0, 4.0];
    settings.objective.side_guard = Some(SideGuard::default());
    let guarded = propose(&network, &now, Some(&start), &settings).unwrap();
    let before = predict(&network, &now, &start, &settings).unwrap();
    for (new, old) in guarded.predicted.approaches.iter().zip(&before.approaches) {
        if let (None, Some(new), Some(old)) = (new.corridor, new.delay_s, old.delay_s) {
            assert!(new <= (old * 1.05).max(old + 3.0) + 0.5, "{new} against {old}");
        }
    }
}

#[test]
fn an_empty_street_still_has_a_plan() {
    let network = sample::arterial(&[420.0, 350.0]);
    let settings = Settings::default();
    let p = propose(&network, &crate::demand::Flows::none(&network), None, &settings).unwrap();
    legal(&network, &p.plans);
    assert_eq!((p.predicted.delay_veh_s_per_h, p.predicted.mean_delay_s()), (0.0, None));
}

#[test]
fn what_cannot_be_proposed_is_said() {
    let network = sample::arterial(&[420.0]);
    let flows = testing::flows(&network, 900.0, 900.0, 300.0);
    let mut settings = Settings::default();
    let one = propose(&network, &flows, None, &settings).unwrap().plans[..1].to_vec();
    assert_eq!(propose(&network, &flows, Some(&one), &settings), Err(NoProposal::PlanCount { given: 1, needed: 2 }));
    settings.search.cycle_max = CycleLength::new(Tenths::from_seconds(65)).unwrap();
    assert_eq!(propose(&network, &flows, None, &settings), Err(NoProposal::NoCommonCycle));
}
