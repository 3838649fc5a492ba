//! Half, whole and double cycles: how the cycles of a network hang together.
//!
//! Knows: lengths of cycles. Must not know: why somebody runs which.

use crate::plan::Plan;
use crate::units::{CycleLength, Tenths};
use serde::Serialize;

/// How an intersection's cycle relates to its group's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Multiple {
    /// Two cycles in one of the group's.
    Half,
    /// The group's cycle.
    One,
    /// One cycle in two of the group's.
    Double,
}

impl Multiple {
    /// All of them.
    pub const ALL: [Multiple; 3] = [Multiple::Half, Multiple::One, Multiple::Double];

    /// This multiple of a cycle; `None` where a half is no whole number of tenths.
    pub fn of(self, base: CycleLength) -> Option<CycleLength> {
        let tenths = base.length().count();
        let length = match self {
            Multiple::Half if tenths.is_multiple_of(2) => tenths / 2,
            Multiple::Half => return None,
            Multiple::One => tenths,
            Multiple::Double => tenths.checked_mul(2)?,
        };
        CycleLength::new(Tenths::new(length))
    }

    /// Which multiple of `base` a cycle is; `None` where it is none of them.
    pub fn between(cycle: CycleLength, base: CycleLength) -> Option<Multiple> {
        Multiple::ALL.into_iter().find(|m| m.of(base) == Some(cycle))
    }

    /// As a factor.
    pub fn factor(self) -> f64 {
        match self {
            Multiple::Half => 0.5,
            Multiple::One => 1.0,
            Multiple::Double => 2.0,
        }
    }
}

/// Whether all plans that do not run free run one cycle, or its half or double.
pub fn one_rhythm(plans: &[Plan]) -> bool {
    Rhythm::of_plans(plans).cycles.len() <= 1
}

/// Who runs which multiple of which group's cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rhythm {
    /// Of each intersection its group and its multiple.
    pub(super) of: Vec<(usize, Multiple)>,
    /// Each group's cycle.
    pub(super) cycles: Vec<CycleLength>,
}

impl Rhythm {
    /// Everybody on one cycle.
    pub(super) fn common(count: usize, cycle: CycleLength) -> Rhythm {
        Rhythm { of: vec![(0, Multiple::One); count], cycles: vec![cycle] }
    }

    /// How the cycles of some intersections hang together: the one that most run with all its halves and doubles, then the
    /// one that most of the rest run, and so on; among equals the shorter.
    pub(super) fn of_cycles(each: &[CycleLength]) -> Rhythm {
        let mut of: Vec<Option<(usize, Multiple)>> = vec![None; each.len()];
        let mut cycles = Vec::new();
        loop {
            let left: Vec<CycleLength> = each.iter().zip(&of).filter(|(_, o)| o.is_none()).map(|(c, _)| *c).collect();
            let many = |cycle: &CycleLength| left.iter().filter(|c| *c == cycle).count();
            let Some(base) = left.iter().copied().max_by_key(|c| (many(c), std::cmp::Reverse(*c))) else { break };
            for (of, &cycle) in of.iter_mut().zip(each).filter(|(of, _)| of.is_none()) {
                *of = Multiple::between(cycle, base).map(|m| (cycles.len(), m));
            }
            cycles.push(base);
        }
        Rhythm { of: of.into_iter().map(|o| o.unwrap_or((0, Multiple::One))).collect(), cycles }
    }

    /// The same of plans. Whoever runs free follows the first group's cycle for all it matters.
    pub(super) fn of_plans(plans: &[Plan]) -> Rhythm {
        let bound: Vec<CycleLength> = plans.iter().filter(|p| !p.operation.is_free()).map(|p| p.cycle).collect();
        let first = Rhythm::of_cycles(&bound).cycles.first().copied();
        let cycle = |plan: &Plan| first.filter(|_| plan.operation.is_free()).unwrap_or(plan.cycle);
        Rhythm::of_cycles(&plans.iter().map(cycle).collect::<Vec<_>>())
    }

    /// Whether all run multiples of one cycle.
    pub(super) fn is_one(&self) -> bool {
        self.cycles.len() == 1
    }

    /// Whether nobody runs a half or a double.
    pub(super) fn is_plain(&self) -> bool {
        self.of.iter().all(|of| of.1 == Multiple::One)
    }

    /// The cycle of an intersection; `None` where a half is no whole number of tenths.
    pub(super) fn cycle(&self, i: usize) -> Option<CycleLength> {
        let (group, multiple) = self.of[i];
        multiple.of(self.cycles[group])
    }

    /// The same with another cycle of one group.
    pub(super) fn with(&self, group: usize, cycle: CycleLength) -> Rhythm {
        let mut other = self.clone();
        other.cycles[group] = cycle;
        other
    }

    /// Whether somebody of a group runs half of its cycle.
    pub(super) fn halves(&self, group: usize) -> bool {
        self.of.contains(&(group, Multiple::Half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(tenths: u32) -> CycleLength {
        CycleLength::new(Tenths::new(tenths)).unwrap()
    }

    #[test]
    fn cycles_are_told_apart_by_what_most_run() {
        let each = [900, 900, 450, 1800, 700, 350].map(cycle);
        let rhythm = Rhythm::of_cycles(&each);
        assert_eq!(rhythm.cycles, [cycle(900), cycle(350)]);
        let multiples: Vec<Multiple> = rhythm.of.iter().map(|o| o.1).collect();
        let (half, one, double) = (Multiple::Half, Multiple::One, Multiple::Double);
        assert_eq!(multiples, [one, one, half, double, double, one]);
        assert!((0..6).all(|i| rhythm.cycle(i) == Some(each[i])));
        assert!(rhythm.halves(0) && !rhythm.halves(1) && !rhythm.is_one());
        assert_eq!(rhythm.with(0, cycle(1001)).cycle(2), None, "half of it is no tenth");
        assert!(Rhythm::of_cycles(&[cycle(800); 3]) == Rhythm::common(3, cycle(800)));
    }
}
