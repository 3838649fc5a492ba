//! The greens of the next cycle: a plan's own, or bent a little to bring the cabinet into step.
//!
//! ```text
//!  late by e (cycle start less the plan's anchor)      every cycle decides anew, from time alone
//!    e = 0, or uncoordinated   -> the plan's greens
//!    |e| <= 2 s                -> absorbed at once within minima and maxima (clock corrections, drift)
//!    local plan, otherwise     -> transition: shorten <= 15 % or lengthen <= 20 % of the cycle, whichever is sooner there
//!    centre plan, otherwise    -> the plan's greens: the centre carries its own transitions
//! ```
//!
//! Knows: plans, limits, a clock time. Must not know: registers, modes, lamps.

use super::block::Plan;
use super::clock::SLEW;
use super::cycle::spread;
use super::spec::{Table, Tenths};

const LENGTHEN_PERCENT: Tenths = 20;
const SHORTEN_PERCENT: Tenths = 15;

/// The next cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) greens: Vec<Tenths>,
    pub(super) length: Tenths,
    /// Whether this is a step of the cabinet's own transition.
    pub(super) stretched: bool,
}

/// The cycle that begins at clock time `t` under a plan; `local` plans may be brought to their offset from any distance.
pub(super) fn shape(table: &Table, plan: &Plan, t: Tenths, local: bool) -> Shape {
    let late = plan.late(t);
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
        if !local || slewed.length == plan.cycle - late {
            return slewed;
        }
    }
    if !local {
        return bent(0, false);
    }
    let shorten = late.rem_euclid(plan.cycle);
    let lengthen = plan.cycle - shorten;
    let room = |most: Tenths, free: Tenths| (plan.cycle * most / 100).min(free);
    let least: Tenths = plan.greens.iter().zip(&limits).map(|(g, l)| g - l.0).sum();
    let most: Tenths = plan.greens.iter().zip(&limits).map(|(g, l)| l.1 - g).sum();
    let (down, up) = (room(SHORTEN_PERCENT, least), room(LENGTHEN_PERCENT, most));
    let cycles = |way: Tenths, step: Tenths| if step > 0 { (way + step - 1) / step } else { Tenths::MAX };
    match (cycles(shorten, down), cycles(lengthen, up)) {
        (Tenths::MAX, Tenths::MAX) => bent(0, false),
        (s, l) if s < l => bent(-shorten.min(down), true),
        _ => bent(lengthen.min(up), true),
    }
}
