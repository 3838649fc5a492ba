//! Carries out the core's questions to the optimiser, off the control loop. Replay and service use the same function, so
//! what was rehearsed is what runs.

use crate::control::{Candidate, Cost, Finding, Origin, Work};
use crate::corridor::Network;
use crate::optimise::{Prediction, Settings, polish, predict, propose};
use crate::plan::Plan;

/// Answers a question: the targets as they are, then everything there is to choose from. A candidate the optimiser can not
/// make is left out.
pub fn carry_out(network: &Network, work: &Work, settings: &Settings) -> Finding {
    let flows = &work.flows;
    let judged = |origin, plans: &[Plan]| {
        let prediction = predict(network, flows, plans, settings)?;
        Some(Candidate { origin, plans: plans.to_vec(), cost: cost(&prediction) })
    };
    let made = |origin, proposal: Result<crate::optimise::Proposal, _>| {
        proposal.ok().map(|p| Candidate { origin, cost: cost(&p.predicted), plans: p.plans })
    };
    let other_day_plan = work.day_plan != work.current;
    let mut candidates: Vec<Candidate> = judged(Origin::Keep, &work.current).into_iter().collect();
    candidates.extend(made(Origin::Polished, polish(network, flows, &work.current, settings)));
    if other_day_plan {
        candidates.extend(judged(Origin::DayPlan, &work.day_plan));
        candidates.extend(made(Origin::PolishedDayPlan, polish(network, flows, &work.day_plan, settings)));
    }
    candidates.extend(made(Origin::Fresh, propose(network, flows, Some(&work.day_plan), settings)));
    Finding { id: work.id, candidates }
}

fn cost(prediction: &Prediction) -> Cost {
    Cost {
        delay_veh_s_per_h: prediction.delay_veh_s_per_h,
        stops_per_h: prediction.stops_per_h,
        side_delay_veh_s_per_h: prediction.side_veh_s_per_h,
        worst_saturation: prediction.worst_saturation,
    }
}
