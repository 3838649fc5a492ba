//! Early return to green: what a coordinated-actuated cabinet makes of a plan when its other stages need less than they have.
//!
//! Knows: one intersection, its plan, the lane groups of one sample of flows. Must not know: platoons; a stage's queue is taken to
//! have come evenly. Force-offs hold, so the reference green ends on time and only begins early (FHWA Signal Timing Manual, 2nd
//! ed., 7.3.4, "early return to green").

use super::lanes::LaneGroup;
use super::settings::{EarlyReturn, Model};
use crate::corridor::{Intersection, PhaseIndex};
use crate::plan::{Plan, Split};
use crate::units::{Shift, Tenths};

/// The plan as it is followed under these lane groups' flows; unchanged where its cabinet has no loops to follow it by.
pub(super) fn followed<'a>(
    at: &Intersection,
    plan: &Plan,
    groups: impl Iterator<Item = &'a LaneGroup> + Clone,
    model: &Model,
    early: EarlyReturn,
) -> Plan {
    let serves = |split: &Split, phase: PhaseIndex| {
        at.stages.get(split.stage.0).is_some_and(|stage| stage.phases.contains(&phase))
    };
    let n = plan.splits.len();
    let reference = |split: &Split| serves(split, at.reference_phase);
    let first = (0..n).find(|&p| reference(&plan.splits[p]) && !reference(&plan.splits[(p + n - 1) % n]));
    let Some(first) = first.filter(|_| at.may_be_actuated()) else { return plan.clone() };
    let cycle = plan.cycle.seconds();
    let mut splits = plan.splits.clone();
    let mut saved = Tenths::ZERO;
    for split in splits.iter_mut().filter(|split| !reference(split)) {
        let Some(stage) = at.stages.get(split.stage.0) else { continue };
        let of_stage = groups.clone().filter(|g| g.phase.is_some_and(|phase| serves(split, phase)));
        let needed = of_stage.map(|g| {
            let green = g.phase.and_then(|p| plan.green_in_cycle(at, p)).map_or(0.0, |(_, green)| green.seconds());
            // What came while it was red leaves at saturation flow, and whoever joins it meanwhile.
            let clears = if g.flow < g.saturation { g.flow * (cycle - green) / (g.saturation - g.flow) } else { cycle };
            if g.flow > 0.0 { model.startup_loss_s + clears + early.passage_s } else { 0.0 }
        });
        let needed = Tenths::parse_seconds((needed.fold(0.0, f64::max) * 10.0).ceil() / 10.0).unwrap_or(split.green);
        let used = needed.max(stage.min_green).min(split.green);
        saved += split.green - used;
        split.green = used;
    }
    splits[first].green += saved;
    let offset = plan.offset.since_zero().later() + Shift::new(-i64::from(saved.count()));
    Plan { splits, ..plan.clone() }.at_offset(offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::{Serves, sample};

    fn group(phase: usize, flow: f64) -> LaneGroup {
        LaneGroup { phase: Some(PhaseIndex(phase)), flows: [0.0, 0.0, flow, 0.0], flow, saturation: 0.5, lanes: 1 }
    }

    #[test]
    fn what_side_stages_do_not_need_comes_before_the_reference_green() {
        let at = sample::arterials(1, &[400.0]).intersections()[0].clone();
        let greens = [30, 20, 40, 30].map(Tenths::from_seconds);
        let plan = Plan::from_greens(&at, &greens, Shift::new(70)).unwrap();
        let south = at.stages[2].phases.iter().find(|p| matches!(at.phases[p.0].serves, Serves::Vehicles { .. }));
        let early = EarlyReturn { passage_s: 2.0 };
        let model = Model { startup_loss_s: 2.0, ..Model::default() };
        let groups = [group(south.unwrap().0, 0.05), group(0, 0.2)];
        let followed = followed(&at, &plan, groups.iter(), &model, early);
        // 140 s: 100 s of red bring 5 vehicles, gone after 100 * 0.05 / 0.45 = 11.1 s; 15.2 s with loss and passage.
        let least = |stage: usize| at.stages[stage].min_green;
        let third = Tenths::new(152).max(least(2));
        assert_eq!(followed.greens()[1..], [least(1), third, least(3)]);
        assert_eq!(followed.cycle, plan.cycle);
        let end = |plan: &Plan| {
            plan.green(&at, at.reference_phase).map(|green| green.start().shifted(green.length().later()))
        };
        assert_eq!(end(&followed), end(&plan), "the force-off of the reference green holds");
        assert!(followed.greens()[0] > plan.greens()[0]);
    }

    #[test]
    fn a_stage_that_needs_all_it_has_keeps_it() {
        let at = sample::arterials(1, &[400.0]).intersections()[0].clone();
        let greens = [30, 20, 40, 30].map(Tenths::from_seconds);
        let plan = Plan::from_greens(&at, &greens, Shift::new(0)).unwrap();
        let full: Vec<LaneGroup> = (0..at.phases.len()).map(|phase| group(phase, 0.6)).collect();
        let early = EarlyReturn { passage_s: 2.0 };
        assert_eq!(followed(&at, &plan, full.iter(), &Model::default(), early), plan);
    }
}
