//! The plan that each intersection by itself would have at a given cycle, and the cycles for which it has one.
//!
//! Knows: splits of one intersection, and the plans that a cabinet has stored where it runs no others. Must not know: neighbours.

use super::grid::Grid;
use super::multiple::Rhythm;
use super::settings::Search;
use super::splits::Alone;
use crate::corridor::{Intersection, Network};
use crate::plan::Plan;
use crate::units::{CycleLength, Shift, Tenths};

/// Where candidates begin.
#[derive(Debug, Clone)]
pub(super) struct Seeds<'a> {
    network: &'a Network,
    alone: &'a [Alone<'a>],
    grid: Grid,
    /// By intersection the plans that its cabinet has stored, where the centre can only pick among them.
    stored: Vec<Vec<Plan>>,
}

impl<'a> Seeds<'a> {
    /// Seeds on a grid.
    pub(super) fn new(network: &'a Network, alone: &'a [Alone<'a>], grid: Grid) -> Seeds<'a> {
        Seeds { network, alone, grid, stored: network.intersections().iter().map(stored).collect() }
    }

    /// The steps of greens and offsets.
    pub(super) fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The plan of an intersection at a cycle: splits by critical movements and delay, or the best stored one. `None` where the
    /// intersection has none of that cycle.
    pub(super) fn plan(&self, i: usize, cycle: CycleLength) -> Option<Plan> {
        let (at, alone) = (&self.network.intersections()[i], &self.alone[i]);
        if !self.stored[i].is_empty() {
            let mut best: Option<(f64, &Plan)> = None;
            for plan in self.stored[i].iter().filter(|plan| plan.cycle == cycle) {
                let cost = alone.cost(&plan.stage_greens());
                if best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, plan));
                }
            }
            return best.map(|(_, plan)| plan.clone());
        }
        if !(at.cycle.min..=at.cycle.max).contains(&cycle) || !cycle.length().is_multiple_of(self.grid.own(i)) {
            return None;
        }
        let mut greens = alone.by_saturation(cycle, self.grid.own(i))?;
        alone.exchange(&mut greens, self.grid.own(i));
        Plan::from_greens(at, &greens, Shift::new(0))
    }

    /// The plan of an intersection carried to another cycle.
    pub(super) fn carried(&self, i: usize, plan: &Plan, cycle: CycleLength) -> Option<Plan> {
        if !self.stored[i].is_empty() {
            return self.plan(i, cycle);
        }
        let at = &self.network.intersections()[i];
        let greens = self.alone[i].carried(&plan.stage_greens(), cycle, self.grid.own(i))?;
        let order: Vec<_> = plan.order().collect();
        Plan::from_greens_in(at, &order, &greens, plan.offset.since_zero().later())
    }

    /// One plan an intersection at the cycles of a rhythm; `None` where one has none.
    pub(super) fn plans(&self, rhythm: &Rhythm) -> Option<Vec<Plan>> {
        (0..self.alone.len()).map(|i| self.plan(i, rhythm.cycle(i)?)).collect()
    }

    /// The cycles, in tenths, between which an intersection has plans; the cabinet's own that are stored among them.
    pub(super) fn range(&self, i: usize) -> (u32, u32) {
        let (at, alone) = (&self.network.intersections()[i], &self.alone[i]);
        let stored = self.stored[i].iter().map(|plan| plan.cycle.length().count());
        match (stored.clone().min(), stored.max()) {
            (Some(low), Some(high)) => (low, high),
            _ => (
                at.cycle.min.length().max(alone.shortest()).count(),
                at.cycle.max.length().min(alone.longest()).count(),
            ),
        }
    }

    /// The range of a group's cycle in which every member of it has its multiple, the search allows it and a plan can be made
    /// at the cabinets' resolution; `None` when there is none.
    pub(super) fn common_range(
        &self,
        rhythm: &Rhythm,
        group: usize,
        search: &Search,
    ) -> Option<(CycleLength, CycleLength)> {
        let mut low = search.cycle_min.length().count();
        let mut high = search.cycle_max.length().count();
        for (i, (_, multiple)) in rhythm.of.iter().enumerate().filter(|(_, of)| of.0 == group) {
            let (shortest, longest) = self.range(i);
            low = low.max((f64::from(shortest) / multiple.factor()).ceil() as u32);
            high = high.min((f64::from(longest) / multiple.factor()).floor() as u32);
        }
        let step = self.step(rhythm, group);
        let low = CycleLength::new(Tenths::new(low.div_ceil(step) * step))?;
        let high = CycleLength::new(Tenths::new(high / step * step))?;
        (low <= high).then_some((low, high))
    }

    /// What a group's cycle is a multiple of, in tenths: a step, or two where somebody runs half of it.
    pub(super) fn step(&self, rhythm: &Rhythm, group: usize) -> u32 {
        let step = self.grid.common().count().max(1);
        if rhythm.halves(group) { 2 * step } else { step }
    }

    /// The cycles of the plans that cabinets have stored.
    pub(super) fn stored_cycles(&self) -> impl Iterator<Item = CycleLength> + '_ {
        self.stored.iter().flatten().map(|plan| plan.cycle)
    }
}

/// The plans a cabinet has stored, where the centre can only pick among them.
pub(super) fn stored(at: &Intersection) -> Vec<Plan> {
    let plan = |stored: &crate::corridor::StoredPlan| {
        Plan::from_greens_in(at, &stored.order, &stored.greens, stored.offset.since_zero().later())
    };
    at.stored_plans.iter().filter_map(plan).collect()
}
