//! Whether a change pays. A change costs everybody a transition, so a candidate must beat the targets by a margin, and
//! changes keep their distance from each other.

use super::decision::Verdict;
use super::event::{Candidate, Origin};
use crate::units::{Moment, Tenths};
use serde::Serialize;

/// When to change. Defaults from the trade (plan changes 15-30 min apart, trade.md 1.3) and from the plant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Policy {
    /// How far ahead demand is planned for.
    pub look_ahead: Tenths,
    /// Least saving of a change that keeps cycle and is reached by small moves, in percent of all delay.
    pub polish_percent: f64,
    /// Least saving of a change of cycle or to another plan, in percent of all delay.
    pub change_percent: f64,
    /// Least time between two changes.
    pub spacing: Tenths,
    /// Value of a stop avoided, in seconds of delay.
    pub stop_s: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            look_ahead: Tenths::from_seconds(600),
            polish_percent: 2.0,
            change_percent: 3.0,
            spacing: Tenths::from_seconds(600),
            stop_s: 8.0,
        }
    }
}

/// The best candidate against keeping.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) verdict: Verdict,
    /// Index of the best candidate beside keeping.
    pub(super) best: usize,
    pub(super) saving_percent: f64,
    pub(super) needed_percent: f64,
}

/// Weighs candidates; the first is keeping the targets. `None` when there is nothing to weigh.
pub(super) fn weigh(
    candidates: &[Candidate],
    policy: &Policy,
    now: Moment,
    last_change: Option<Moment>,
    busy: bool,
) -> Option<Choice> {
    let (keep, others) = candidates.split_first()?;
    let value = |c: &Candidate| c.cost.delay_veh_s_per_h + policy.stop_s * c.cost.stops_per_h;
    let saving = |c: &Candidate| if value(keep) > 0.0 { 100.0 * (value(keep) - value(c)) / value(keep) } else { 0.0 };
    let needed = |c: &Candidate| {
        let same_cycle = c.plans.iter().zip(&keep.plans).all(|(a, b)| a.cycle == b.cycle);
        if same_cycle && c.origin != Origin::Fresh { policy.polish_percent } else { policy.change_percent }
    };
    let margin = |c: &Candidate| saving(c) - needed(c);
    let best = (0..others.len()).max_by(|&a, &b| margin(&others[a]).total_cmp(&margin(&others[b])).then(b.cmp(&a)))?;
    let candidate = &others[best];
    let too_soon = last_change.is_some_and(|then| now.elapsed_since(then) < policy.spacing);
    let verdict = match () {
        () if margin(candidate) < 0.0 => Verdict::SavesTooLittle,
        () if busy => Verdict::Busy,
        () if too_soon => Verdict::TooSoon,
        () => Verdict::Adopted,
    };
    Some(Choice {
        verdict,
        best: best + 1,
        saving_percent: saving(candidate),
        needed_percent: needed(candidate),
    })
}
