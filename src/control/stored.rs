//! Cabinets that have their plans stored: which of them comes nearest to what is wanted. And those that find their way to an
//! offset by themselves, which are told the plan and watched until they are there.

use super::coordinator::Coordinator;
use super::decision::Decision;
use super::event::Output;
use crate::corridor::IntersectionIndex;
use crate::corridor::profile::Carrier;
use crate::plan::{Plan, Split};
use crate::units::{Shift, Tenths};

/// A cycle may start this far from its plan, in tenths, when the cabinet's clock was corrected or drifts; it mends itself.
pub(super) const CLOCK_MOVES: u64 = 20;

/// The stored plan of the wanted cycle that is nearest: in its offset first, then in its order, then in its greens.
fn nearest<'a>(stored: &'a [(u16, Plan)], wanted: &Plan) -> Option<&'a Plan> {
    let away = |(number, plan): &&(u16, Plan)| {
        let (is, wants) = (plan.offset.since_zero().count(), wanted.offset.since_zero().count());
        let offset = plan.cycle.shorter_way(Shift::new(i64::from(is) - i64::from(wants))).magnitude();
        let away = |s: &Split| s.green.count().abs_diff(wanted.green_of(s.stage).count());
        let greens: u32 = plan.splits.iter().map(away).sum();
        let other_order = !plan.order().eq(wanted.order());
        (offset, other_order, greens, *number)
    };
    stored.iter().filter(|(_, plan)| plan.cycle == wanted.cycle).min_by_key(away).map(|(_, plan)| plan)
}

impl Coordinator {
    /// What a cabinet is brought to where a plan is wanted: the plan, or of those it has stored the one nearest to it. `None` where
    /// none of that cycle is stored.
    pub(super) fn within_reach(&self, index: IntersectionIndex, wanted: &Plan) -> Option<Plan> {
        let map = self.sessions[index.0].map();
        if map.selects() { nearest(map.stored(), wanted).cloned() } else { Some(wanted.clone()) }
    }

    /// What a cabinet is to be brought to.
    pub(super) fn aim_of(&self, index: IntersectionIndex) -> Option<Plan> {
        self.within_reach(index, &self.targets[index.0])
    }

    /// Whether a cabinet finds its way to an offset by itself.
    pub(super) fn finds_its_way(&self, index: IntersectionIndex) -> bool {
        self.setup.network.intersection(index).cabinet.profile.transitions != Carrier::Centre
    }

    /// Whether a cabinet's cycles start where its plan says, up to what it takes in when its clock moves.
    pub(super) fn is_in_place(&self, index: IntersectionIndex) -> bool {
        let (session, at) = (&self.sessions[index.0], self.setup.network.intersection(index));
        session.running().zip(session.status()).is_some_and(|(running, status)| {
            let late = running.plan.cycle_start(at).position(status.cycle_start).later();
            running.plan.cycle.shorter_way(late).magnitude() <= CLOCK_MOVES
        })
    }

    /// Tells once who has no stored plan of the cycle that is wanted, and hands back who still runs one of another.
    pub(super) fn note_unserved(&mut self, out: &mut Output) {
        for index in self.setup.network.indices() {
            let none = self.aim_of(index).is_none();
            let cycle = none.then(|| self.targets[index.0].cycle.length());
            let before = std::mem::replace(&mut self.memories[index.0].unserved, cycle);
            let Some(cycle) = cycle.filter(|_| before != cycle) else { continue };
            out.decisions.push(Decision::NoStoredPlan { intersection: self.id(index), cycle });
            if self.sessions[index.0].running().is_some_and(|r| r.generation != 0) {
                self.memories[index.0].release = Some("none of its stored plans has the cycle");
            }
        }
    }

    /// The step of time that every cabinet can run.
    pub(super) fn common_step(&self) -> Tenths {
        let steps: Vec<Tenths> = self.sessions.iter().map(|s| s.map().step()).collect();
        let coarsest = steps.iter().copied().max().unwrap_or(Tenths::new(1));
        // Steps are whole parts of a second, so ten times the coarsest is enough.
        let mut common = (1..=10).map(|k| Tenths::new(k * coarsest.count()));
        common.find(|c| steps.iter().all(|&step| c.is_multiple_of(step))).unwrap_or(coarsest)
    }

    /// How far all offsets may be turned together, as near as can be to what would be best: by whole steps of every cabinet,
    /// and not at all where plans are stored, which count from where they were made for.
    pub(super) fn turnable(&self, best: Shift) -> Shift {
        let step = i64::from(self.common_step().count());
        if self.sessions.iter().any(|s| s.map().selects()) {
            return Shift::default();
        }
        let half = if best.count() < 0 { -step / 2 } else { step / 2 };
        Shift::new((best.count() + half) / step * step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::{StageIndex, sample};

    #[test]
    fn between_plans_of_one_offset_the_order_that_is_wanted_counts_more_than_greens() {
        let at = &sample::arterial(&[400.0]).intersections()[0].clone();
        let plan = |greens: [u32; 4], offset: i64| {
            Plan::from_greens(at, &greens.map(Tenths::from_seconds), Shift::new(offset)).unwrap()
        };
        let turned = |plan: Plan| plan.in_order(&[0, 3, 2, 1].map(StageIndex)).unwrap();
        let (own, other) = (plan([40, 10, 20, 10], 70), plan([36, 12, 20, 12], 70));
        let stored = [(1, own.clone()), (2, turned(other.clone())), (3, turned(plan([40, 10, 20, 10], 170)))];
        assert_eq!(nearest(&stored, &own), Some(&own));
        assert_eq!(nearest(&stored, &turned(own.clone())), Some(&turned(other)));
        assert_eq!(nearest(&stored, &turned(own.at_offset(Shift::new(160)))), Some(&stored[2].1));
        assert_eq!(nearest(&stored, &plan([50, 10, 20, 10], 70)), None, "another cycle");
    }
}
