//! Taking over what runs: a core that was killed and starts again finds its plans in the cabinets and goes on with them, so
//! that the street does not notice (a restart is no reason for a plan change).
//!
//! What runs is taken over only when it is a whole: the cabinets that run centre plans run those of a day plan, whose others then
//! find their place in it (lost, or fallen back); or all run plans, and in every corridor their cycles go into the longest a whole
//! number of times. Every plan passes the guard. Otherwise (killed in the midst of a transition) the calendar's day plan is aimed at, as at any start, unless the
//! first core's aim was written down: it holds as long as no cabinet knows a newer push than it does.

use super::coordinator::Coordinator;
use super::decision::Decision;
use super::event::Output;
use crate::field::Session;
use crate::plan::Plan;
use crate::transition::turned_like;
use crate::units::{Moment, Tenths};

/// What a core was about: told to the next one, that goes on with it even in the midst of a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aim {
    /// The plans aimed at, one an intersection.
    pub targets: Vec<Plan>,
    /// Generation of the last push; 0 before any.
    pub generation: u32,
}

impl Coordinator {
    /// Whether no joint change is under way: somebody else may take over now.
    pub fn is_still(&self) -> bool {
        self.change.is_none() && self.awaited.is_empty()
    }

    /// What this core is about.
    pub fn purpose(&self) -> Aim {
        Aim { targets: self.targets.clone(), generation: self.generation }
    }

    /// Tells a core that has not begun yet what an earlier one was about.
    pub fn resume(&mut self, aim: Aim) {
        self.remembered = Some(aim);
    }

    /// What was remembered, if it is the last word: plans of it run, and nothing newer does or waits.
    fn recalled(&mut self) -> Option<Vec<Plan>> {
        let aim = self.remembered.take()?;
        let known = self.sessions.iter().filter_map(|s| s.status()).map(|s| s.running.max(s.pending));
        let newest = known.max().filter(|&newest| newest != 0)?;
        (newest <= aim.generation && aim.targets.len() == self.targets.len()).then_some(aim.targets)
    }

    /// Makes the running centre plans the targets, if they are a whole.
    pub(super) fn adopt(&mut self, now: Moment, out: &mut Output) {
        let running: Vec<Option<Plan>> = self
            .sessions
            .iter()
            .map(|s| s.running().filter(|r| r.generation != 0 && s.may_write()).map(|r| r.plan.clone()))
            .collect();
        let recalled = self.recalled().map(|plans| (plans, None));
        let Some((plans, period)) = recalled.or_else(|| self.whole(&running)) else { return };
        if !self.may_be_aimed_at(&plans, &mut Output::default()) {
            return;
        }
        for (session, memory) in self.sessions.iter().zip(&mut self.memories) {
            // A generation is the Unix second of its push, so it tells when the plan wants renewing.
            // A number of a stored plan tells nothing: it wants renewing as if it were new.
            let pushed = session.running().filter(|r| r.generation != 0).map(|r| i64::from(r.generation) * 10);
            memory.activated = pushed.map(|pushed| if session.map().selects() { now } else { Moment::new(pushed) });
        }
        self.targets = plans;
        self.scheduled = period.unwrap_or(self.scheduled);
        self.last_change = Some(now);
        let ours = |s: &&Session| s.status().is_some_and(|status| status.running != 0 || status.pending != 0);
        let intersections = self.sessions.iter().filter(ours).count();
        out.decisions.push(Decision::TookOver { intersections });
    }

    /// The running plans, completed from the day plan they belong to, and that day plan's period.
    fn whole(&self, running: &[Option<Plan>]) -> Option<(Vec<Plan>, Option<usize>)> {
        if running.iter().all(Option::is_none) {
            return None;
        }
        // Everybody stands up to so much from where the whole was meant to be.
        let leaves = self.setup.network.intersections().iter().map(|at| self.setup.bounds.leaves(at));
        let within = leaves.max().map_or(Tenths::ZERO, |leaves| leaves + leaves);
        let now_first = |&period: &usize| period != self.scheduled;
        let mut periods: Vec<usize> = (0..self.setup.day_plans.len()).collect();
        periods.sort_by_key(now_first);
        let booked =
            periods.into_iter().find_map(|p| Some((turned_like(&self.setup.day_plans[p], running, within)?, Some(p))));
        booked.or_else(|| {
            let fits = self.setup.network.corridors().iter().all(|corridor| {
                let ran = corridor.members.iter().filter_map(|m| running[m.intersection.0].as_ref());
                let ran = || ran.clone().filter(|p| !p.operation.is_free()).map(|p| p.cycle.length());
                let longest = ran().max().unwrap_or_default();
                ran().all(|cycle| longest.is_multiple_of(cycle))
            });
            let all = running.iter().cloned().collect::<Option<Vec<Plan>>>().filter(|_| fits);
            all.map(|plans| (plans, None))
        })
    }
}
