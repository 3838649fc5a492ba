//! One intersection's timing plan: cycle, stage sequence, splits, offset; and where its greens lie on the circle.

use crate::corridor::{Intersection, PhaseIndex, StageIndex};
use crate::units::{Arc, CycleLength, Moment, Offset, Shift, Tenths};
use serde::Serialize;

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
}

impl Plan {
    /// The plan that runs the intersection's stages in their programmed order with the given greens, its cycle the sum,
    /// its reference green starting `offset` (taken modulo the cycle) after the clock's zero. `None` without stages or
    /// when the greens are not one a stage.
    pub fn from_greens(at: &Intersection, greens: &[Tenths], offset: Shift) -> Option<Plan> {
        if greens.len() != at.stages.len() {
            return None;
        }
        let splits: Vec<Split> = at
            .stages
            .iter()
            .zip(greens)
            .enumerate()
            .map(|(index, (stage, &green))| Split {
                stage: StageIndex(index),
                green,
                yellow: stage.yellow,
                all_red: stage.all_red,
            })
            .collect();
        let cycle = CycleLength::new(splits.iter().map(Split::length).sum())?;
        Some(Plan { cycle, offset: cycle.offset(offset), splits })
    }

    /// The same timing with its reference green at another offset (taken modulo the cycle).
    #[must_use]
    pub fn at_offset(&self, offset: Shift) -> Plan {
        Plan { offset: self.cycle.offset(offset), ..self.clone() }
    }

    /// Time from the cycle's start to the start of the given position in the sequence.
    fn start_of(&self, position: usize) -> Tenths {
        self.splits[..position].iter().map(Split::length).sum()
    }

    /// Time from the cycle's start to the programmed green of the phase, and that green's length with every stage it runs
    /// on through; `None` if no stage of the plan serves it.
    pub fn green_in_cycle(&self, at: &Intersection, phase: PhaseIndex) -> Option<(Tenths, Tenths)> {
        let n = self.splits.len();
        let serves = |position: usize| {
            at.stages.get(self.splits[position].stage.0).is_some_and(|stage| stage.phases.contains(&phase))
        };
        if (0..n).all(serves) {
            return (n > 0).then_some((Tenths::ZERO, self.cycle.length()));
        }
        let first = (0..n).find(|&p| serves(p) && !serves((p + n - 1) % n))?;
        let mut green = Tenths::ZERO;
        for step in 0..n {
            let position = (first + step) % n;
            let split = &self.splits[position];
            green += split.green;
            if !serves((position + 1) % n) {
                break;
            }
            green += split.yellow + split.all_red;
        }
        Some((self.start_of(first), green))
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

    /// The greens in sequence order.
    pub fn greens(&self) -> Vec<Tenths> {
        self.splits.iter().map(|s| s.green).collect()
    }
}
