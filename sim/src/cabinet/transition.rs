//! The greens of the next cycle: a plan's own, or bent a little to bring the cabinet into step.
//!
//! ```text
//!  late by e (cycle start less the plan's anchor)      every cycle decides anew, from time alone
//!    e = 0, or uncoordinated   -> the plan's greens
//!    |e| <= 2 s                -> absorbed at once within minima and maxima (clock corrections, drift)
//!    local plan, otherwise     -> transition: shorten <= 15 % or lengthen <= 20 % of the cycle, whichever is sooner there
//!    centre plan, otherwise    -> the plan's greens: the centre carries its own transitions; or a transition as far as the map says
//! ```
//!
//! Knows: plans, limits, a clock time. Must not know: registers, modes, lamps.

use super::block::Plan;
use super::clock::SLEW;
use super::cycle::spread;
use super::map::Stretch;
use super::spec::{Table, Tenths};

/// Of own plans where the map says nothing.
const OWN: Stretch = Stretch { shortest_percent: 85, longest_percent: 120 };

/// The next cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) greens: Vec<Tenths>,
    pub(super) length: Tenths,
    /// Whether this is a step of the cabinet's own transition.
    pub(super) stretched: bool,
}

/// The cycle that begins at clock time `t` under a plan; the cabinet's own plans may be brought to their offset from any distance,
/// and the centre's where the cabinet carries transitions.
pub(super) fn shape(table: &Table, plan: &Plan, t: Tenths, local: bool) -> Shape {
    let late = plan.late(t);
    let stretch = table.spec.map.own_transition.or(local.then_some(OWN));
    let limits: Vec<(Tenths, Tenths)> = table.spec.stages.iter().map(|s| (s.min_green, s.max_green)).collect();
    let bent = |by: Tenths, stretched: bool| {
        let (greens, rest) = spread(&plan.greens, &limits, by);
        let length = plan.cycle + by - rest;
        Shape { greens, length, stretched }
    };
    if late == 0 {
        return bent(0, false);
    }
    if late.abs() <= SLEW {
        let slewed = bent(-late, false);
        if stretch.is_none() || slewed.length == plan.cycle - late {
            return slewed;
        }
    }
    let Some(stretch) = stretch else { return bent(0, false) };
    let shorten = late.rem_euclid(plan.cycle);
    let lengthen = plan.cycle - shorten;
    let room = |most: Tenths, free: Tenths| (plan.cycle * most / 100).min(free);
    let least: Tenths = plan.greens.iter().zip(&limits).map(|(g, l)| g - l.0).sum();
    let most: Tenths = plan.greens.iter().zip(&limits).map(|(g, l)| l.1 - g).sum();
    let (down, up) = (room(100 - stretch.shortest_percent, least), room(stretch.longest_percent - 100, most));
    let cycles = |way: Tenths, step: Tenths| if step > 0 { (way + step - 1) / step } else { Tenths::MAX };
    match (cycles(shorten, down), cycles(lengthen, up)) {
        (Tenths::MAX, Tenths::MAX) => bent(0, false),
        (s, l) if s < l => bent(-shorten.min(down), true),
        _ => bent(lengthen.min(up), true),
    }
}
