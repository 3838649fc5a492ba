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

/// The tutorial street with cabinets that pick among stored plans: two of 100 s each, and one of 110 s that the middle one has not.
fn stored_street() -> Network {
    let text =
        include_str!("../../corridors/three.toml").replace("profile = \"reference\"", "profile = \"plan-select\"");
    // So many channels such a cabinet does not have.
    let mut text: String =
        text.lines().filter(|line| !line.starts_with("advance_")).map(|line| format!("{line}\n")).collect();
    let greens = ["10, 25, 10", "10, 24", "10, 25, 10"];
    for (k, first) in [36, 50, 36].into_iter().enumerate() {
        let plan = |number: usize, offset: usize, more: usize| {
            let green = first + more;
            format!(
                "[[intersection.stored_plan]]\nnumber = {number}\noffset_s = {offset}\ngreen_s = [{green}, {}]\n",
                greens[k]
            )
        };
        let third = if k == 1 { String::new() } else { plan(3, 0, 10) };
        let stored = plan(1, 27 * k, 0) + &plan(2, 80 - 27 * k, 0) + &third;
        let from = text.find(&format!("id = \"t{}\"", k + 1)).unwrap();
        let end = text[from..].find("\n\n").map(|at| from + at + 1).unwrap();
        text.insert_str(end, &stored);
    }
    crate::corridor::load(&[("three.toml".to_owned(), text.into_bytes())]).unwrap_or_else(|p| panic!("{p:?}"))
}

#[test]
fn who_picks_among_stored_plans_is_proposed_the_best_of_them() {
    let network = stored_street();
    let settings = Settings::default();
    for (west, east) in [(1100.0, 700.0), (600.0, 1200.0)] {
        let flows = testing::flows(&network, west, east, 300.0);
        let found = propose(&network, &flows, None, &settings).unwrap();
        let stored: Vec<Vec<Plan>> = network.intersections().iter().map(super::super::seeds::stored).collect();
        for (plan, stored) in found.plans.iter().zip(&stored) {
            assert!(stored.contains(plan), "{plan:?}");
        }
        assert_eq!(found.cycle.length(), Tenths::from_seconds(100));
        let mut least = f64::MAX;
        for (a, b, c) in (0..8).map(|k| (k / 4, k / 2 % 2, k % 2)) {
            let plans = [stored[0][a].clone(), stored[1][b].clone(), stored[2][c].clone()];
            least = least.min(predict(&network, &flows, &plans, &settings).unwrap().objective);
        }
        assert!(found.predicted.objective <= least * (1.0 + 1e-9), "{} {least}", found.predicted.objective);
    }
}

#[test]
fn the_order_of_the_stages_is_part_of_the_search_and_a_polish_leaves_it() {
    let lead = [0, 3, 2, 1].map(crate::corridor::StageIndex);
    let network = sample::permitting(sample::arterial(&[300.0, 360.0]), &[0, 3, 2, 1]);
    let flows = testing::flows(&network, 1300.0, 1000.0, 350.0);
    let mut settings = Settings::default();
    settings.search.work = 40_000;
    settings.search.reorder = false;
    let fixed = propose(&network, &flows, None, &settings).unwrap();
    assert!(fixed.plans.iter().all(Plan::is_programmed_order));
    let turned: Vec<Plan> = fixed.plans.iter().map(|plan| plan.in_order(&lead).unwrap()).collect();
    settings.search.reorder = true;
    let polished = polish(&network, &flows, &turned, &settings).unwrap();
    assert!(polished.plans.iter().all(|plan| plan.order().eq(lead)));
    let free = propose(&network, &flows, Some(&turned), &settings).unwrap();
    assert!(free.predicted.objective < polished.predicted.objective, "lefts that lag serve the platoon they come with");
    assert!(free.plans.iter().any(Plan::is_programmed_order));
}
