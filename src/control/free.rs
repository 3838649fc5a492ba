//! Coordinated or free: in light traffic a wave holds vehicles at red for nobody's sake, and cabinets that serve whoever comes
//! do better. Where the change pays was found out in the plant on training days, period by period; here it is only applied.

use super::coordinator::Coordinator;
use super::decision::Decision;
use super::event::Output;
use super::mode::Mode;
use crate::plan::Plan;
use crate::units::Moment;

/// Who runs free goes on so until this much more traffic than the bound: the bound itself is not known better than that.
const HYSTERESIS: f64 = 1.08;

/// When a period's traffic is better served by free operation.
#[derive(Debug, Clone, PartialEq)]
pub struct FreeChoice {
    /// Passages of all stop lines together, vehicles an hour, below which cabinets do better on their own.
    pub below_veh_h: f64,
    /// The plans of free operation, one an intersection.
    pub plans: Vec<Plan>,
}

impl Coordinator {
    /// Decides between coordinated and free operation. Whether that settles what is aimed at: otherwise plans are weighed.
    pub(super) fn choose_operation(&mut self, now: Moment, out: &mut Output) -> bool {
        if self.mode != Mode::Coordinated {
            return false;
        }
        let ahead = self.setup.policy.look_ahead;
        let period = self.calendar.period(now + ahead);
        // Who always runs free in the period is no sign of anything.
        let always = |period, index| self.own_operation(period, index).is_free();
        let indices = || self.setup.network.indices();
        let free = indices().any(|i| self.targets[i.0].operation.is_free() && !always(self.scheduled, i));
        let open = indices().any(|i| !always(period, i));
        let expected = self.expected(now, ahead);
        let choice = self.setup.free.get(period).and_then(Option::as_ref).filter(|_| open);
        let bound = choice.map_or(0.0, |c| c.below_veh_h);
        let wanted = choice.filter(|_| expected < bound * if free { HYSTERESIS } else { 1.0 }).map(|c| c.plans.clone());
        let busy = self.change.is_some() || !self.in_step;
        let too_soon = self.last_change.is_some_and(|then| now.elapsed_since(then) < self.setup.policy.spacing);
        let (plans, to_free) = match wanted {
            None if !free => return false,
            None => (self.setup.day_plans[period].clone(), false),
            Some(_) if free && period == self.scheduled => return true,
            // Traffic that falls is in no hurry.
            Some(_) if !free && too_soon => return false,
            Some(plans) => (plans, true),
        };
        if busy || !self.may_be_aimed_at(&plans, out) {
            return free;
        }
        if free != to_free {
            out.decisions.push(Decision::Operation { free: to_free, expected_veh_h: expected, bound_veh_h: bound });
        }
        self.scheduled = period;
        self.aim(now, plans);
        true
    }
}
