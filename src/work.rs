//! Carries out the core's questions to the optimiser, off the control loop. Replay and service use the same function, so
//! what was rehearsed is what runs.

use crate::control::{Candidate, Cost, Finding, FreeChoice, Origin, Work};
use crate::corridor::{Network, Period};
use crate::demand::DayProfile;
use crate::optimise::{Brief, Measured, Prediction, Samples, Settings, free, one_rhythm};
use crate::plan::{DayPlans, Plan};
use crate::transition::same_wave;

/// When each period's traffic is better served by free operation, as its book says; never where a cabinet can not.
pub fn free_choices(
    network: &Network,
    profile: &DayProfile,
    book: &DayPlans,
    settings: &Settings,
) -> Vec<Option<FreeChoice>> {
    let choice = |(period, below): (&Period, f64)| {
        let flows = profile.mean(period.from_s, period.to_s);
        let plans = network.indices().map(|index| free(network, index, &flows, settings)).collect::<Option<Vec<_>>>();
        plans.filter(|_| below > 0.0).map(|plans| FreeChoice { below_veh_h: below * flows.total(), plans })
    };
    network.periods().iter().zip(book.free_below()).map(choice).collect()
}

/// Bound on each search, in approaches evaluated: about a tenth of a second for twelve intersections.
const WORK: u64 = 100_000;

/// Answers a question: the targets as they are, the day plan, then everything else there is to choose from. A candidate the
/// optimiser can not make is left out. Every search is bounded by its work; told to stop before, it gives the best it has, and none
/// is begun.
pub fn carry_out(network: &Network, work: &Work, settings: &Settings, stop: &dyn Fn() -> bool) -> Finding {
    // Lanes and weather are as they are today; what was promised of the day plan on the mean day stays a promise of usual streets.
    let today = (!work.conditions.are_usual()).then(|| network.under(&work.conditions));
    let network = today.as_ref().unwrap_or(network);
    let (flows, reference) = (&Samples::from(work.flows.clone()), &Samples::from(work.reference.clone()));
    let mut settings = settings.weighing(network.weights(work.period));
    settings.search.work = settings.search.work.min(WORK);
    // Nobody is regrouped in the midst of a day: halves and doubles stay, and so do groups of their own cycles.
    settings.search.change_cycle &= one_rhythm(&work.day_plan);
    let (current, day_plan) = (&work.current, &work.day_plan);
    // Counts correct the model at the cycles they were counted at and nowhere else, so all that is compared must run them.
    let as_counted = |plans: &Vec<Plan>| plans.iter().zip(current).all(|(a, b)| a.cycle == b.cycle);
    let measured = Some(Measured { platoons: &work.platoons, under: current })
        .filter(|m| settings.model.measured_platoons && !m.platoons.is_empty())
        .filter(|_| as_counted(day_plan) && work.neighbours.iter().all(as_counted));
    settings.search.change_cycle &= measured.is_none();
    let settings = &settings;
    let brief = Brief { network, samples: flows, settings, measured, stop };
    // Who always runs free in the period keeps its longest greens.
    let kept = |plans: Vec<Plan>| -> Vec<Plan> {
        plans
            .into_iter()
            .zip(day_plan)
            .map(|(new, day)| if day.operation.is_free() { day.clone() } else { new })
            .collect()
    };
    let made = |plans: &[Plan]| (!stop()).then(|| brief.polish(plans).ok()).flatten().map(|p| kept(p.plans));
    let mut sets = vec![(Origin::Keep, Some(current.clone())), (Origin::DayPlan, Some(day_plan.clone()))];
    let apart = |plans: &&Vec<Plan>| !same_wave(plans, current) && !same_wave(plans, day_plan);
    sets.extend(work.neighbours.iter().filter(apart).map(|plans| (Origin::Neighbour, Some(plans.clone()))));
    sets.push((Origin::Polished, made(current)));
    if !same_wave(current, day_plan) {
        sets.push((Origin::PolishedDayPlan, made(day_plan)));
    }
    let fresh = (!stop()).then(|| brief.propose(Some(day_plan)).ok()).flatten();
    sets.push((Origin::Fresh, fresh.map(|p| kept(p.plans))));
    let on_mean_day =
        |plans: &[Plan]| Brief { samples: reference, measured: None, ..brief }.predict(plans).map(|p| p.objective);
    let proven = on_mean_day(day_plan);
    let candidate = |(origin, plans): (Origin, Option<Vec<Plan>>)| {
        let plans = plans?;
        let prediction = brief.predict(&plans)?;
        let flattery = proven.zip(on_mean_day(&plans)).map_or(0.0, |(proven, promised)| (proven - promised).max(0.0));
        Some(Candidate { origin, cost: cost(&prediction, flattery), plans })
    };
    Finding { id: work.id, candidates: sets.into_iter().filter_map(candidate).collect() }
}

fn cost(prediction: &Prediction, flattery: f64) -> Cost {
    Cost {
        objective_veh_s_per_h: prediction.objective,
        delay_veh_s_per_h: prediction.delay_veh_s_per_h,
        stops_per_h: prediction.stops_per_h,
        side_delay_veh_s_per_h: prediction.side_veh_s_per_h,
        worst_saturation: prediction.worst_saturation,
        flattery_veh_s_per_h: flattery,
    }
}
