//! Where a plan's stages lie around now, and where the heads are in it: what an escort reckons with.
//!
//! Knows: one running plan, the stage the heads were last seen to show. Must not know: escorts, requests.

use crate::corridor::{Intersection, PhaseIndex, Serves, StageIndex};
use crate::plan::{Plan, Split};
use crate::units::{Moment, Shift, Tenths};

/// One intersection's programme, and its heads.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) at: &'a Intersection,
    pub(super) plan: &'a Plan,
    pub(super) now: Moment,
    /// Position in the plan of the stage that is or was green, and since when it was seen.
    pub(super) shown: (usize, Moment),
}

impl View<'_> {
    fn n(&self) -> usize {
        self.plan.splits.len()
    }

    /// The stage at a position.
    pub(super) fn stage(&self, position: usize) -> StageIndex {
        self.plan.splits[position].stage
    }

    /// Whether a position serves a phase.
    pub(super) fn serves(&self, position: usize, phase: PhaseIndex) -> bool {
        self.at.stages[self.stage(position).0].phases.contains(&phase)
    }

    /// Time since a position's green last began by programme.
    fn since_start(&self, position: usize) -> Tenths {
        let lead: Tenths = self.plan.splits[..position].iter().map(Split::length).sum();
        self.plan.cycle_start(self.at).shifted(lead.later()).position(self.now)
    }

    /// The position whose green or clearance the programme is in.
    pub(super) fn programmed(&self) -> usize {
        (0..self.n()).min_by_key(|&k| self.since_start(k)).unwrap_or(0)
    }

    /// How near the programme is to a change of stages.
    pub(super) fn nearest_change(&self) -> Tenths {
        let near = |k| {
            let since = self.since_start(k);
            let green = self.plan.splits[k].green;
            let to = |moment: Tenths| self.plan.cycle.shorter_way(since.later() + -moment.later()).magnitude();
            to(Tenths::ZERO).min(to(green))
        };
        let near = (0..self.n()).map(near).min().unwrap_or(0);
        Tenths::new(u32::try_from(near).unwrap_or(u32::MAX))
    }

    /// How much later than programmed a green may end: what one round of stages gives back.
    pub(super) fn gives(&self) -> Tenths {
        let gives = |s: &Split| s.green.saturating_sub(self.at.stages[s.stage.0].min_green);
        let half = Tenths::new(self.plan.cycle.length().count() / 2);
        self.plan.splits.iter().map(gives).sum::<Tenths>().min(half)
    }

    /// When the green of a position that runs, or comes next, ends by programme.
    pub(super) fn ends(&self, position: usize) -> Moment {
        let start = self.now - self.since_start(position);
        let end = start + self.plan.splits[position].green;
        let (shown, since) = self.shown;
        // Past its programmed end it may be held; who began after that end began early, and has the next one's.
        let held = shown == position && since <= end && self.now < end + self.gives();
        if end >= self.now || held { end } else { end + self.plan.cycle.length() }
    }

    /// When a position's green begins next by programme.
    pub(super) fn begins(&self, position: usize) -> Moment {
        self.now + self.plan.cycle.length() - self.since_start(position)
    }

    /// When the shown stage is over at the earliest, with its clearance.
    pub(super) fn over(&self) -> Moment {
        let (shown, since) = self.shown;
        let split = &self.plan.splits[shown];
        let stage = &self.at.stages[split.stage.0];
        let left = stage.min_green.saturating_sub(self.now.elapsed_since(since));
        // Who walks is given the clearance first.
        let clearance = stage.phases.iter().map(|p| match self.at.phases[p.0].serves {
            Serves::Pedestrians { clearance, .. } => clearance,
            Serves::Vehicles { .. } => Tenths::ZERO,
        });
        let clearance = clearance.max().unwrap_or_default();
        let programmed = self.ends(shown).elapsed_since(self.now);
        let soon = left.max(clearance).max(Tenths::from_seconds(1));
        self.now + soon.min(programmed.max(left)) + split.yellow + split.all_red
    }

    /// The next position after the shown one that serves a phase (not those that go on serving it now), and the earliest its green
    /// can begin: everybody before it has the least green.
    pub(super) fn earliest(&self, phase: PhaseIndex) -> Option<(usize, Moment)> {
        let n = self.n();
        let (shown, _) = self.shown;
        let mut at = self.over();
        let mut left = !self.serves(shown, phase);
        for step in 1..=n {
            let position = (shown + step) % n;
            let split = &self.plan.splits[position];
            if left && self.serves(position, phase) {
                return Some((position, at));
            }
            left |= !self.serves(position, phase);
            at = at + self.at.stages[split.stage.0].min_green + split.yellow + split.all_red;
        }
        None
    }

    /// The last position of the run of stages that serve a phase, from the shown one on; `None` where all do.
    pub(super) fn last(&self, phase: PhaseIndex) -> Option<usize> {
        let n = self.n();
        (0..n).map(|step| (self.shown.0 + step) % n).find(|&k| !self.serves((k + 1) % n, phase))
    }

    /// How long a phase is red, by programme.
    pub(super) fn red(&self, phase: PhaseIndex) -> Tenths {
        let green = self.plan.green_in_cycle(self.at, phase).map_or(Tenths::ZERO, |(_, green)| green);
        self.plan.cycle.length().saturating_sub(green)
    }

    /// Whether a phase is green at a moment, by programme.
    pub(super) fn green_at(&self, phase: PhaseIndex, moment: Moment) -> bool {
        self.plan.green(self.at, phase).is_some_and(|green| green.covers(moment))
    }

    /// The plan whose green of a phase begins at a moment.
    pub(super) fn with_green_at(&self, phase: PhaseIndex, moment: Moment) -> Option<Plan> {
        let green = self.plan.green(self.at, phase)?;
        let late = green.start().position(moment);
        Some(self.plan.at_offset(self.plan.offset.since_zero().later() + late.later()))
    }
}

/// The moment brought forward to a step of the cabinet's, or put off to it.
pub(super) fn on_step(at: &Intersection, moment: Moment, later: bool) -> Moment {
    let step = at.cabinet.profile.time.step;
    let Some(grid) = crate::units::CycleLength::new(step) else { return moment };
    let over = grid.wrap(Shift::new(moment.count()));
    match (over, later) {
        (Tenths::ZERO, _) => moment,
        (over, true) => moment + (step - over),
        (over, false) => moment - over,
    }
}
