//! Whether a change pays. A change costs everybody a transition, so a candidate must beat the targets by a margin, and
//! changes keep their distance from each other.

use super::decision::Verdict;
use super::event::{Candidate, Origin};
use crate::units::{Moment, Tenths};
use serde::Serialize;

/// When to change. Defaults from the trade (plan changes 15-30 min apart, trade.md 1.3) and from training days in the plant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Policy {
    /// How far ahead a change takes effect: a transition takes most of it.
    pub look_ahead: Tenths,
    /// How long a change should serve from then on: planned for is the busier of the flows at either end.
    pub serve: Tenths,
    /// Plans are made for this multiple of the expected flows.
    pub margin: f64,
    /// Least saving of a change to a neighbouring period's day plan, which has proved itself, in percent.
    pub neighbour_percent: f64,
    /// Least saving of a change by small moves from the targets or the day plan, in percent.
    pub polish_percent: f64,
    /// Least saving of a change to plans nobody has seen run, in percent.
    pub fresh_percent: f64,
    /// Least time between two changes that the calendar did not ask for.
    pub spacing: Tenths,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            look_ahead: Tenths::from_seconds(480),
            serve: Tenths::from_seconds(900),
            margin: 1.0,
            neighbour_percent: 5.0,
            polish_percent: 12.0,
            fresh_percent: 25.0,
            spacing: Tenths::from_seconds(900),
        }
    }
}

impl Policy {
    /// The least saving of a candidate by where it comes from, in percent.
    fn needed_percent(&self, origin: Origin) -> f64 {
        match origin {
            Origin::Keep | Origin::DayPlan | Origin::Neighbour => self.neighbour_percent,
            Origin::Polished | Origin::PolishedDayPlan => self.polish_percent,
            Origin::Fresh => self.fresh_percent,
        }
    }
}

/// What is known beside the candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Occasion {
    pub(super) now: Moment,
    /// When the last change was decided.
    pub(super) last_change: Option<Moment>,
    /// A change is under way.
    pub(super) busy: bool,
    /// The calendar has turned to another period since the last scheduled change.
    pub(super) new_period: bool,
}

/// The best candidate against the base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) verdict: Verdict,
    /// What would be done without a better candidate.
    pub(super) base: usize,
    /// Index of the best candidate beside the base; the base itself where nothing else is on offer.
    pub(super) best: usize,
    pub(super) saving_percent: f64,
    pub(super) needed_percent: f64,
}

impl Choice {
    /// The candidate to aim at, if any.
    pub(super) fn aim(&self) -> Option<usize> {
        match self.verdict {
            Verdict::Adopted => Some(self.best),
            Verdict::Scheduled => Some(self.base),
            _ => None,
        }
    }
}

/// Weighs candidates. Without a better one the targets are kept, or at a new period its day plan is taken: the calendar
/// asks for it, as it would of the cabinets themselves. `None` when there is nothing to weigh.
pub(super) fn weigh(candidates: &[Candidate], policy: &Policy, occasion: &Occasion) -> Option<Choice> {
    let of = |origin: Origin| candidates.iter().position(|c| c.origin == origin);
    let base = if occasion.new_period { of(Origin::DayPlan) } else { None }.or_else(|| of(Origin::Keep))?;
    let value = |c: &Candidate| c.cost.objective_veh_s_per_h + c.cost.flattery_veh_s_per_h;
    let kept = value(&candidates[base]);
    let saving = |c: &Candidate| if kept > 0.0 { 100.0 * (kept - value(c)) / kept } else { 0.0 };
    let margin = |i: usize| saving(&candidates[i]) - policy.needed_percent(candidates[i].origin);
    let others = (0..candidates.len()).filter(|&i| i != base);
    let best = others.max_by(|&a, &b| margin(a).total_cmp(&margin(b)).then(b.cmp(&a))).unwrap_or(base);
    let too_soon = occasion.last_change.is_some_and(|then| occasion.now.elapsed_since(then) < policy.spacing);
    let verdict = match () {
        () if occasion.busy => Verdict::Busy,
        () if best == base || margin(best) < 0.0 => {
            if occasion.new_period {
                Verdict::Scheduled
            } else {
                Verdict::SavesTooLittle
            }
        }
        () if too_soon && !occasion.new_period => Verdict::TooSoon,
        () => Verdict::Adopted,
    };
    Some(Choice {
        verdict,
        base,
        best,
        saving_percent: saving(&candidates[best]),
        needed_percent: policy.needed_percent(candidates[best].origin),
    })
}
