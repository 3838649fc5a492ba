//! Several samples together: as one where they are equal, their tail weighed where they differ; stopped searches.

use super::super::brief::Brief;
use super::super::settings::{EarlyReturn, Settings};
use super::super::tail::Tail;
use super::super::testing;
use super::*;
use crate::corridor::{Network, load, sample};
use crate::optimise::predict;
use crate::plan::Plan;
use crate::units::Shift;
use std::cell::Cell;

const NEVER: &dyn Fn() -> bool = &|| false;

fn local(network: &Network) -> Vec<Plan> {
    let plan =
        |at: &crate::corridor::Intersection| Plan::from_greens(at, &at.local_plan.greens, Shift::new(0)).unwrap();
    network.intersections().iter().map(plan).collect()
}

#[test]
fn equal_samples_are_worth_what_one_is() {
    let network = sample::arterial(&[420.0, 350.0, 610.0]);
    let flows = testing::flows(&network, 1500.0, 900.0, 350.0);
    let plans = local(&network);
    for (settings, tail) in [(Settings::default(), Tail::MEAN), (Settings::default(), Tail { weight: 0.7, share: 0.4 })]
    {
        let mut settings = settings;
        settings.objective.tail = tail;
        let one = predict(&network, &flows, &plans, &settings).unwrap();
        let samples = Samples::new(vec![flows.clone(); 5]).unwrap();
        let five = Brief { network: &network, samples: &samples, settings: &settings, measured: None, stop: NEVER }
            .predict(&plans)
            .unwrap();
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
        assert!(near(five.objective, one.objective) && near(five.delay_veh_s_per_h, one.delay_veh_s_per_h));
        assert!(near(five.stops_per_h, one.stops_per_h) && near(five.side_veh_s_per_h, one.side_veh_s_per_h));
        assert_eq!(five.approaches.len(), one.approaches.len());
        assert_eq!(five.objective_by_sample.len(), 5);
        assert!((samples.mean().total() - flows.total()).abs() < 1e-6);
    }
}

#[test]
fn weighing_the_tail_makes_bad_days_better_at_the_cost_of_the_mean() {
    let network = sample::arterial(&[400.0, 520.0, 300.0]);
    // Four days run west to east, the fifth the other way and busier.
    let mut days = vec![testing::flows(&network, 1500.0, 500.0, 250.0); 4];
    days.push(testing::flows(&network, 600.0, 1900.0, 450.0));
    let samples = Samples::new(days).unwrap();
    let with = |tail: Tail| {
        let mut settings = Settings::default();
        settings.objective.tail = tail;
        settings.search.work = 60_000;
        settings.search.cycle_step = crate::units::Tenths::from_seconds(20);
        let brief = Brief { network: &network, samples: &samples, settings: &settings, measured: None, stop: NEVER };
        let proposal = brief.propose(None).unwrap();
        let days = proposal.predicted.objective_by_sample.clone();
        let mean = days.iter().sum::<f64>() / days.len() as f64;
        (mean, days.into_iter().fold(0.0, f64::max), proposal)
    };
    let (mean, worst, plain) = with(Tail::MEAN);
    let (safe_mean, safe_worst, safe) = with(Tail { weight: 1.0, share: 0.2 });
    assert!(safe_worst < worst * 0.98, "{safe_worst} {worst}");
    assert!(mean < safe_mean, "{mean} {safe_mean}");
    assert!((plain.predicted.objective - mean).abs() < 1e-6 * mean);
    assert!((safe.predicted.objective - safe_worst).abs() < 1e-6 * safe_worst);
}

#[test]
fn a_search_told_to_stop_gives_the_best_it_has() {
    let network = sample::arterial(&[400.0, 520.0, 300.0, 450.0]);
    let samples = Samples::from(testing::flows(&network, 1500.0, 700.0, 300.0));
    let settings = Settings::default();
    let start = local(&network);
    let asked = Cell::new(0_u64);
    let after = |limit: u64| {
        asked.set(0);
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() > limit
        };
        let brief = Brief { network: &network, samples: &samples, settings: &settings, measured: None, stop: &stop };
        (brief.propose(Some(&start)).unwrap(), brief.polish(&start).unwrap())
    };
    let (at_once, polished) = after(0);
    assert_eq!((&at_once.plans, &polished.plans), (&start, &start));
    let mut before = f64::INFINITY;
    for limit in [0, 100, 400, 1_600, u64::MAX] {
        let (proposal, _) = after(limit);
        let cost = proposal.predicted.objective;
        assert!(cost <= before * (1.0 + 1e-9), "{limit}: {cost} {before}");
        assert!(limit == u64::MAX || asked.get() <= limit + 200, "ends soon after: {} of {limit}", asked.get());
        before = cost;
    }
    assert!(before < at_once.predicted.objective * 0.95);
    // Without a start there is a whole answer all the same.
    let brief = Brief { network: &network, samples: &samples, settings: &settings, measured: None, stop: &|| true };
    assert_eq!(brief.propose(None).unwrap().plans.len(), 5);
}

#[test]
fn early_return_serves_the_arterial_and_shows_in_the_offsets() {
    let text = include_bytes!("../../corridors/three.toml");
    let network = load(&[("three.toml".to_owned(), text.to_vec())]).unwrap_or_else(|p| panic!("{p:?}"));
    let flows = testing::flows(&network, 1200.0, 900.0, 120.0);
    let plans = local(&network);
    let mut settings = Settings::default();
    let held = predict(&network, &flows, &plans, &settings).unwrap();
    settings.model.early_return = Some(EarlyReturn { passage_s: 1.7 });
    let followed = predict(&network, &flows, &plans, &settings).unwrap();
    let arterial = |p: &crate::optimise::Prediction| p.corridor_veh_s_per_h[0].iter().sum::<f64>();
    assert!(arterial(&followed) < arterial(&held), "{} {}", arterial(&followed), arterial(&held));
    assert!(followed.side_veh_s_per_h > held.side_veh_s_per_h, "what the arterial wins early, side streets give");
}
