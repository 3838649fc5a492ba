//! One intersection's timing plan: cycle, stage sequence, splits, offset; and where its greens lie on the circle.

use crate::corridor::profile::OperationKind;
use crate::corridor::{Intersection, PhaseIndex, StageIndex};
use crate::units::{Arc, CycleLength, Moment, Offset, Shift, Tenths};
use serde::{Deserialize, Serialize};

/// One stage's share of the cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Split {
    /// The stage.
    pub stage: StageIndex,
    /// Green (pedestrian clearance included).
    pub green: Tenths,
    /// Yellow; the cabinet's own value, carried so that both sides can compare.
    pub yellow: Tenths,
    /// All red; the cabinet's own value.
    pub all_red: Tenths,
}

impl Split {
    /// Green, yellow and all red.
    pub fn length(&self) -> Tenths {
        self.green + self.yellow + self.all_red
    }
}

/// How a cabinet's signal heads follow a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// To the tenth.
    #[default]
    FixedTime,
    /// Coordinated-actuated: the splits' ends are force-offs, a stage ends earlier when nobody comes any more and is left out when
    /// nobody calls, and what is left over goes to the reference stage. Cycle and offset hold.
    Actuated,
    /// Free: stages are served as the detectors call them; the greens are the longest, cycle and offset only those of the programme
    /// the cabinet keeps behind.
    Free,
}

impl Operation {
    /// Whether it is fixed time.
    pub const fn is_fixed_time(&self) -> bool {
        matches!(self, Operation::FixedTime)
    }

    /// The same in the words of a register profile.
    pub const fn kind(self) -> OperationKind {
        match self {
            Operation::FixedTime => OperationKind::FixedTime,
            Operation::Free => OperationKind::Free,
            Operation::Actuated => OperationKind::Actuated,
        }
    }

    /// The same where the intersection's controller can follow a plan so, and in fixed time where not.
    #[must_use]
    pub fn where_it_can(self, at: &Intersection) -> Operation {
        let can = at.cabinet.profile.operations.iter().any(|(kind, _)| *kind == self.kind());
        if can { self } else { Operation::FixedTime }
    }

    /// Whether it is free.
    pub const fn is_free(self) -> bool {
        matches!(self, Operation::Free)
    }
}

/// A timing plan for one intersection, by any author and not yet judged: only `safety` says whether it may run.
///
/// The cycle starts with the green of the first split. The offset is that of the reference phase's programmed start of
/// green, in tenths after the Unix epoch UTC modulo the cycle.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Plan {
    /// Cycle length; a safe plan's splits sum to it exactly.
    pub cycle: CycleLength,
    /// Programmed start of the reference phase's green.
    pub offset: Offset,
    /// The stages in their order.
    pub splits: Vec<Split>,
    /// How the heads follow it.
    #[serde(skip_serializing_if = "Operation::is_fixed_time")]
    pub operation: Operation,
}

impl Plan {
    /// The plan that runs the intersection's stages in their programmed order with the given greens, its cycle the sum,
    /// its reference green starting `offset` (taken modulo the cycle) after the clock's zero. `None` without stages or
    /// when the greens are not one a stage.
    pub fn from_greens(at: &Intersection, greens: &[Tenths], offset: Shift) -> Option<Plan> {
        let programmed = (0..at.stages.len()).map(StageIndex);
        Plan::of_order(at, programmed, greens, offset)
    }

    /// The same in another order of the stages; the greens are by stage, not by place in the order. `None` as in
    /// [`Plan::from_greens`], and where the order names a stage that is not there. Whether the order is permitted is not judged here.
    pub fn from_greens_in(at: &Intersection, order: &[StageIndex], greens: &[Tenths], offset: Shift) -> Option<Plan> {
        Plan::of_order(at, order.iter().copied(), greens, offset)
    }

    fn of_order(
        at: &Intersection,
        order: impl Iterator<Item = StageIndex>,
        greens: &[Tenths],
        offset: Shift,
    ) -> Option<Plan> {
        if greens.len() != at.stages.len() {
            return None;
        }
        let split = |stage: StageIndex| {
            let (own, &green) = (at.stages.get(stage.0)?, greens.get(stage.0)?);
            Some(Split { stage, green, yellow: own.yellow, all_red: own.all_red })
        };
        let splits = order.map(split).collect::<Option<Vec<_>>>()?;
        let cycle = CycleLength::new(splits.iter().map(Split::length).sum())?;
        Some(Plan { cycle, offset: cycle.offset(offset), splits, operation: Operation::FixedTime })
    }

    /// The same greens, cycle, offset of the reference phase and operation with the stages in another order; `None` unless the
    /// order is made of the plan's stages.
    pub fn in_order(&self, order: &[StageIndex]) -> Option<Plan> {
        let of = |stage: &StageIndex| self.splits.iter().find(|split| split.stage == *stage).copied();
        let splits = order.iter().map(of).collect::<Option<Vec<_>>>()?;
        let mut stages: Vec<StageIndex> = order.to_vec();
        stages.sort_unstable();
        stages.dedup();
        (stages.len() == self.splits.len() && order.len() == self.splits.len()).then(|| Plan { splits, ..self.clone() })
    }

    /// The same plan with other greens, in the plan's own order (see [`Plan::greens`]), and the cycle that they make; the offset is taken
    /// modulo that. `None` unless there is one for every stage of the plan.
    pub fn with_greens(&self, greens: &[Tenths]) -> Option<Plan> {
        if greens.len() != self.splits.len() {
            return None;
        }
        let splits: Vec<Split> =
            self.splits.iter().zip(greens).map(|(split, &green)| Split { green, ..*split }).collect();
        let cycle = CycleLength::new(splits.iter().map(Split::length).sum())?;
        Some(Plan { cycle, offset: cycle.offset(self.offset.since_zero().later()), splits, ..*self })
    }

    /// The stages in the order in which they come.
    pub fn order(&self) -> impl ExactSizeIterator<Item = StageIndex> + Clone + '_ {
        self.splits.iter().map(|split| split.stage)
    }

    /// Whether the stages come in the programmed order: 1, 2, 3 and so on.
    pub fn is_programmed_order(&self) -> bool {
        self.order().eq((0..self.splits.len()).map(StageIndex))
    }

    /// The green of a stage; zero where the plan does not have it.
    pub fn green_of(&self, stage: StageIndex) -> Tenths {
        self.splits.iter().find(|split| split.stage == stage).map_or(Tenths::ZERO, |split| split.green)
    }

    /// The greens by stage, from stage 1, whatever the order in which they come.
    pub fn stage_greens(&self) -> Vec<Tenths> {
        (0..self.splits.len()).map(|k| self.green_of(StageIndex(k))).collect()
    }

    /// The same timing with its reference green at another offset (taken modulo the cycle).
    #[must_use]
    pub fn at_offset(&self, offset: Shift) -> Plan {
        Plan { offset: self.cycle.offset(offset), ..self.clone() }
    }

    /// The same times, followed in another way.
    #[must_use]
    pub fn run(self, operation: Operation) -> Plan {
        Plan { operation, ..self }
    }

    /// Time from the cycle's start to the start of the given position in the sequence.
    fn start_of(&self, position: usize) -> Tenths {
        self.splits[..position].iter().map(Split::length).sum()
    }

    /// Time from the cycle's start to the programmed green of the phase, and that green's length with every stage it runs
    /// on through, late start and early cut taken off; `None` if no stage of the plan serves it. The one place that says when
    /// a phase is green.
    pub fn green_in_cycle(&self, at: &Intersection, phase: PhaseIndex) -> Option<(Tenths, Tenths)> {
        let n = self.splits.len();
        let serves = |position: usize| {
            at.stages.get(self.splits[position].stage.0).is_some_and(|stage| stage.phases.contains(&phase))
        };
        if (0..n).all(serves) {
            return (n > 0).then_some((Tenths::ZERO, self.cycle.length()));
        }
        let first = (0..n).find(|&p| serves(p) && !serves((p + n - 1) % n))?;
        let stage = |position: usize| &at.stages[self.splits[position].stage.0];
        let late = stage(first).late_start(phase);
        let (mut green, mut cut) = (Tenths::ZERO, Tenths::ZERO);
        for step in 0..n {
            let position = (first + step) % n;
            let split = &self.splits[position];
            green += split.green;
            if !serves((position + 1) % n) {
                cut = stage(position).early_cut(phase);
                break;
            }
            green += split.yellow + split.all_red;
        }
        Some((self.start_of(first) + late, green.saturating_sub(late + cut)))
    }

    /// The programmed green of a phase on the clock's circle; `None` if the plan does not serve it.
    pub fn green(&self, at: &Intersection, phase: PhaseIndex) -> Option<Arc> {
        let (start, length) = self.green_in_cycle(at, phase)?;
        Arc::new(self.cycle_start(at).shifted(start.later()), length)
    }

    /// When the cycle starts: the offset less the reference phase's place in the cycle.
    pub fn cycle_start(&self, at: &Intersection) -> Offset {
        let reference = self.green_in_cycle(at, at.reference_phase).map_or(Tenths::ZERO, |(start, _)| start);
        self.offset.shifted(-reference.later())
    }

    /// The plan with this timing whose cycle starts exactly at `start`.
    #[must_use]
    pub fn starting_at(&self, at: &Intersection, start: Moment) -> Plan {
        let reference = self.green_in_cycle(at, at.reference_phase).map_or(Tenths::ZERO, |(place, _)| place);
        self.at_offset(Shift::new((start + reference).count()))
    }

    /// The first start of a cycle of this plan at or after `now`.
    pub fn next_cycle_start(&self, at: &Intersection, now: Moment) -> Moment {
        self.cycle_start(at).next(now)
    }

    /// The greens in the plan's own order: not one by one those of stage 1, 2, 3 where it is another than the programmed
    /// ([`Plan::stage_greens`] are).
    pub fn greens(&self) -> Vec<Tenths> {
        self.splits.iter().map(|s| s.green).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::sample;

    /// Greens of 30, 10, 20, 8 s and intergreens of 5 s; the cycle starts with WT (phase 0), ET is phase 2, ST phase 4.
    fn plan(change: impl FnOnce(&mut Intersection)) -> (Intersection, Plan) {
        let mut at = sample::arterial(&[400.0]).intersections()[0].clone();
        change(&mut at);
        let greens = [30, 10, 20, 8].map(Tenths::from_seconds);
        let plan = Plan::from_greens(&at, &greens, Shift::new(0)).unwrap();
        (at, plan)
    }

    fn window(at: &Intersection, plan: &Plan, phase: usize) -> (f64, f64) {
        let (start, green) = plan.green_in_cycle(at, PhaseIndex(phase)).unwrap();
        (start.seconds(), green.seconds())
    }

    #[test]
    fn a_late_start_and_an_early_cut_take_green_from_their_phase_alone() {
        let (at, plain) = plan(|_| ());
        assert_eq!([0, 2, 4].map(|p| window(&at, &plain, p)), [(0.0, 30.0), (0.0, 30.0), (50.0, 20.0)]);
        let (at, plan) = plan(|at| {
            at.stages[0].late_starts = vec![(PhaseIndex(2), Tenths::from_seconds(4))];
            at.stages[0].early_cuts = vec![(PhaseIndex(2), Tenths::from_seconds(3))];
            at.stages[2].early_cuts = vec![(PhaseIndex(4), Tenths::from_seconds(6))];
        });
        assert_eq!([0, 2, 4].map(|p| window(&at, &plan, p)), [(0.0, 30.0), (4.0, 23.0), (50.0, 14.0)]);
        assert_eq!(plan.cycle_start(&at), plain.cycle_start(&at), "the reference phase starts on time");
    }

    #[test]
    fn in_another_order_every_stage_keeps_its_green_and_the_reference_its_offset() {
        let (at, plan) = plan(|at| at.reference_phase = PhaseIndex(4));
        let order = [0, 3, 2, 1].map(StageIndex);
        let turned = plan.run(Operation::Actuated).at_offset(Shift::new(123)).in_order(&order).unwrap();
        // 30 + 5, 8 + 5 s before the reference stage's green of 20 s, instead of 30 + 5, 10 + 5.
        assert_eq!(window(&at, &turned, 4), (48.0, 20.0));
        assert_eq!((turned.offset.since_zero(), turned.operation), (Tenths::new(123), Operation::Actuated));
        assert_eq!(turned.green(&at, PhaseIndex(4)).unwrap().start(), turned.offset);
        assert_eq!(turned.stage_greens(), [30, 10, 20, 8].map(Tenths::from_seconds));
        assert_eq!(turned.greens(), [30, 8, 20, 10].map(Tenths::from_seconds));
        let greens = [30, 10, 20, 8].map(Tenths::from_seconds);
        let made = Plan::from_greens_in(&at, &order, &greens, Shift::new(123)).unwrap();
        assert_eq!(made.clone().run(Operation::Actuated), turned);
        assert_eq!(turned.with_greens(&turned.greens()).unwrap(), turned);
        assert!(!turned.is_programmed_order() && turned.order().eq(order));
        for wrong in [&order[..3], &[0, 3, 2, 2].map(StageIndex), &[0, 3, 2, 4].map(StageIndex)] {
            assert_eq!(turned.in_order(wrong), None, "{wrong:?}");
        }
        assert_eq!(Plan::from_greens_in(&at, &[4].map(StageIndex), &greens, Shift::new(0)), None);
    }

    #[test]
    fn a_green_that_runs_on_is_late_at_its_beginning_and_cut_at_its_end() {
        let (at, plan) = plan(|at| {
            at.stages[1].phases.push(PhaseIndex(2));
            at.stages[0].late_starts = vec![(PhaseIndex(2), Tenths::from_seconds(4))];
            at.stages[1].early_cuts = vec![(PhaseIndex(2), Tenths::from_seconds(3))];
        });
        // 30 s, 5 s between, 10 s
        assert_eq!(window(&at, &plan, 2), (4.0, 45.0 - 7.0));
        // what is not left is no green, not a negative one
        let (at, plan) = super::tests::plan(|at| {
            at.stages[3].late_starts = vec![(PhaseIndex(5), Tenths::from_seconds(9))];
        });
        assert_eq!(window(&at, &plan, 5).1, 0.0);
    }
}
