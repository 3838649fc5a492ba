//! What orders that stand make of the core's own will. Read anew whenever an order comes or goes; without orders nothing here
//! changes anything.
//!
//! Pinned is not only an intersection a person gave a plan to, but everybody a corridor ties to it: a wave of which one member
//! stands still is moved by nobody else either. When the pins end, the calendar's plan is aimed at.

use super::coordinator::Coordinator;
use super::decision::Decision;
use super::event::Output;
use super::mode::Mode;
use super::order::{Intervention, Standing};
use crate::corridor::{Conditions, Intersection, IntersectionIndex, LaneUse, Network, PhaseIndex, Serves};
use crate::field::{Link, Mode as CabinetMode};
use crate::plan::Plan;
use crate::safety::{Breach, judge};
use crate::transition::rotation;
use crate::units::{Moment, Tenths};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A cabinet that is given back and still runs our plan is told so again after this long.
const AGAIN: Tenths = Tenths::from_seconds(300);

/// The orders that stand and what they come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Orders {
    pub(super) standing: Vec<Standing>,
    /// Something came or went since what follows was made of them.
    pub(super) changed: bool,
    /// Lanes and weather as told.
    pub(super) conditions: Conditions,
    /// The network as defined; `None` as long as it is as it was given.
    defined: Option<Arc<Network>>,
    /// Channels put out of use.
    excluded: BTreeSet<(IntersectionIndex, u16)>,
    /// Given back by a person.
    local: BTreeSet<IntersectionIndex>,
    /// Given back because no plan agrees with the lanes.
    barred: BTreeSet<IntersectionIndex>,
    /// When a cabinet was last told that it is given back.
    told: BTreeMap<IntersectionIndex, Moment>,
    /// The plans of persons that are aimed at.
    pins: BTreeMap<IntersectionIndex, Plan>,
    /// Whom these pin.
    pinned: BTreeSet<IntersectionIndex>,
    /// Targets as they were before green that would be for nobody was taken out.
    whole: BTreeMap<IntersectionIndex, Plan>,
    /// Targets as they were before their offset was moved for an escort.
    shifted: BTreeMap<IntersectionIndex, Plan>,
}

impl Orders {
    /// Whether a cabinet is given back and nothing is sent to it.
    pub(super) fn is_given_back(&self, index: IntersectionIndex) -> bool {
        self.local.contains(&index) || self.barred.contains(&index)
    }

    /// Whether no plan agrees with the lanes of an intersection.
    pub(super) fn is_barred(&self, index: IntersectionIndex) -> bool {
        self.barred.contains(&index)
    }

    /// Whether an intersection's target is a person's, or tied to one.
    pub(super) fn is_pinned(&self, index: IntersectionIndex) -> bool {
        self.pinned.contains(&index)
    }

    fn stands(&self, kind: fn(&Intervention) -> bool) -> bool {
        self.standing.iter().any(|s| kind(&s.what))
    }

    /// Nothing new is decided: so a person wants it, or an escort for which an offset was moved.
    pub(super) fn holds(&self) -> bool {
        !self.shifted.is_empty() || self.stands(|what| *what == Intervention::Hold)
    }

    /// Whether the offset of an intersection may be moved for an escort: no person's plan is there, nor another escort's.
    pub(super) fn may_shift(&self, index: IntersectionIndex) -> bool {
        !self.is_pinned(index) && !self.is_given_back(index) && !self.shifted.contains_key(&index)
    }

    /// An offset was moved; what it was is kept.
    pub(super) fn shift(&mut self, index: IntersectionIndex, before: Plan) {
        self.shifted.insert(index, before);
    }

    /// The plan to go back to, where an offset was moved and nothing else was aimed at since.
    pub(super) fn unshift(&mut self, index: IntersectionIndex) -> Option<Plan> {
        self.shifted.remove(&index)
    }

    /// The calendar is followed and nothing else.
    pub(super) fn freezes(&self) -> bool {
        self.stands(|what| *what == Intervention::Freeze)
    }
}

/// Everybody a corridor ties to one of these, and they themselves.
fn tied(network: &Network, some: impl IntoIterator<Item = IntersectionIndex>) -> BTreeSet<IntersectionIndex> {
    let mut all: BTreeSet<IntersectionIndex> = some.into_iter().collect();
    loop {
        let before = all.len();
        for corridor in network.corridors() {
            if corridor.members.iter().any(|m| all.contains(&m.intersection)) {
                all.extend(corridor.members.iter().map(|m| m.intersection));
            }
        }
        // Grows at most once for every intersection.
        if all.len() == before {
            return all;
        }
    }
}

/// The plan without green for nobody: stages all of whose vehicles' lanes are closed keep their least green, the reference stage
/// takes the rest, then whoever has room. Cycle and offset stay.
fn fitted(at: &Intersection, plan: &Plan) -> Plan {
    let idle = |p: &PhaseIndex| at.lanes.idle.contains(p);
    let vehicles = |p: &&PhaseIndex| matches!(at.phases[p.0].serves, Serves::Vehicles { .. });
    let for_nobody = |stage: &crate::corridor::Stage| {
        let mut phases = stage.phases.iter().filter(vehicles).peekable();
        phases.peek().is_some() && phases.all(idle)
    };
    let step = at.cabinet.profile.time.step.count().max(1);
    let mut greens = plan.greens();
    let mut spare = 0;
    for (green, split) in greens.iter_mut().zip(&plan.splits) {
        let Some(stage) = at.stages.get(split.stage.0).filter(|stage| for_nobody(stage)) else { continue };
        let least = stage.min_green.count().div_ceil(step) * step;
        let given = green.count().saturating_sub(least);
        spare += given;
        *green = Tenths::new(green.count() - given);
    }
    if spare == 0 {
        return plan.clone();
    }
    let reference = |k: &usize| !at.stages[plan.splits[*k].stage.0].phases.contains(&at.reference_phase);
    let mut takers: Vec<usize> =
        (0..greens.len()).filter(|&k| !for_nobody(&at.stages[plan.splits[k].stage.0])).collect();
    takers.sort_by_key(reference);
    for k in takers {
        let room = at.stages[plan.splits[k].stage.0].max_green.saturating_sub(greens[k]).count() / step * step;
        let taken = spare.min(room);
        spare -= taken;
        greens[k] += Tenths::new(taken);
    }
    plan.with_greens(&greens).filter(|_| spare == 0).unwrap_or_else(|| plan.clone())
}

impl Coordinator {
    /// Makes what stands so. In standby nothing is aimed at yet: then only what is known changes.
    pub(super) fn carry_out_orders(&mut self, now: Moment, out: &mut Output) {
        if std::mem::take(&mut self.orders.changed) {
            self.note_conditions(out);
            let local = |s: &Standing| match &s.what {
                Intervention::Local(all) => all.clone(),
                _ => Vec::new(),
            };
            self.orders.local = self.orders.standing.iter().flat_map(local).collect();
        }
        if self.orders.local.is_empty() && self.orders.barred.is_empty() {
            self.orders.told.clear();
        } else {
            self.give_back(now);
        }
        if matches!(self.mode, Mode::Coordinated | Mode::Hold) {
            self.pin(now);
        }
    }

    fn note_conditions(&mut self, out: &mut Output) {
        let mut conditions = Conditions::default();
        let mut excluded = BTreeSet::new();
        for standing in &self.orders.standing {
            match standing.what {
                Intervention::Lane { intersection, from, lane, state } => {
                    conditions.lanes.push(LaneUse { intersection, from, lane, state });
                }
                Intervention::Weather(weather) => conditions.weather = weather,
                Intervention::Exclude { intersection, channel } => {
                    excluded.insert((intersection, channel));
                }
                _ => {}
            }
        }
        let before = std::mem::replace(&mut self.orders.excluded, excluded);
        for &(at, channel) in before.symmetric_difference(&self.orders.excluded) {
            self.estimator.exclude(at, channel, !before.contains(&(at, channel)));
        }
        if before != self.orders.excluded {
            self.note_detectors(out);
        }
        if conditions == self.orders.conditions {
            return;
        }
        let lanes = conditions.lanes != self.orders.conditions.lanes;
        let defined = self.orders.defined.get_or_insert_with(|| self.setup.network.clone()).clone();
        self.setup.network = if conditions.are_usual() { defined } else { Arc::new(defined.under(&conditions)) };
        self.orders.conditions = conditions;
        if lanes {
            self.note_lanes(out);
        }
    }

    /// Other targets were taken over: what lanes make of them is found anew.
    pub(super) fn fit_taken_over(&mut self, out: &mut Output) {
        self.orders.whole.clear();
        if !self.orders.conditions.lanes.is_empty() {
            self.note_lanes(out);
        }
    }

    /// What lanes make of the targets: green for nobody is taken out, and who has no plan that agrees is given back.
    fn note_lanes(&mut self, out: &mut Output) {
        self.targets.iter_mut().enumerate().for_each(|(k, target)| {
            if let Some(whole) = self.orders.whole.remove(&IntersectionIndex(k)) {
                // It may have been turned since.
                *target = whole.at_offset(target.offset.since_zero().later());
            }
        });
        let was = std::mem::take(&mut self.orders.barred);
        for index in self.setup.network.indices() {
            let at = self.setup.network.intersection(index);
            if at.lanes.are_usual() {
                continue;
            }
            let target = self.targets[index.0].clone();
            // A person's plan is run as it was given.
            let fitted = if self.orders.pins.contains_key(&index) { target } else { self.fit(index, &target) };
            let breaches = judge(self.setup.network.intersection(index), &fitted, &self.setup.limits);
            let opposed: Vec<Breach> = breaches.into_iter().filter(|b| matches!(b, Breach::Opposed { .. })).collect();
            let (intersection, replaced) = (self.id(index), opposed.is_empty());
            if replaced && fitted != self.targets[index.0] {
                out.decisions.push(Decision::Lanes { intersection, breaches: Vec::new(), replaced: true });
                self.in_step = false;
            } else if !replaced {
                self.orders.barred.insert(index);
                if !was.contains(&index) {
                    out.decisions.push(Decision::Lanes { intersection, breaches: opposed, replaced: false });
                }
            }
            self.targets[index.0] = fitted;
        }
    }

    /// A plan of the calendar or the optimiser as the lanes of today want it; what it was is remembered.
    fn fit(&mut self, index: IntersectionIndex, plan: &Plan) -> Plan {
        let at = self.setup.network.intersection(index);
        self.orders.whole.remove(&index);
        if at.lanes.idle.is_empty() {
            return plan.clone();
        }
        let new = fitted(at, plan);
        if new != *plan && judge(at, &new, &self.setup.limits).is_empty() {
            self.orders.whole.insert(index, plan.clone());
            return new;
        }
        plan.clone()
    }

    /// Hands over who is given back and still runs, or will run, a plan of ours.
    fn give_back(&mut self, now: Moment) {
        let all: BTreeSet<IntersectionIndex> = self.orders.local.union(&self.orders.barred).copied().collect();
        self.orders.told.retain(|index, _| all.contains(index));
        for index in all {
            if let Some(change) = &mut self.change {
                change.drop(index);
            }
            self.awaited.iter_mut().for_each(|change| change.drop(index));
            let session = &self.sessions[index.0];
            let ours = session.status().is_some_and(|s| s.mode == CabinetMode::Centre || s.pending != 0);
            let told = self.orders.told.get(&index).is_some_and(|&then| now.elapsed_since(then) < AGAIN);
            if session.link() == Link::Up && ours && !told {
                self.orders.told.insert(index, now);
                let barred = self.orders.barred.contains(&index);
                self.memories[index.0].release =
                    Some(if barred { "no plan agrees with its lanes" } else { "a person gave it back" });
            }
        }
    }

    /// Aims at what persons want, and back at the calendar where they no longer do.
    fn pin(&mut self, now: Moment) {
        let mut pins = BTreeMap::new();
        for standing in &self.orders.standing {
            if let Intervention::Plans(plans) = &standing.what {
                pins.extend(plans.iter().cloned());
            }
        }
        if pins == self.orders.pins {
            return;
        }
        let network = self.setup.network.clone();
        let scope = tied(&network, pins.keys().copied());
        let left = tied(&network, self.orders.pins.keys().copied());
        let before = std::mem::replace(&mut self.orders.pins, pins);
        self.orders.pinned = scope;
        if left.len() == network.intersections().len() {
            self.scheduled = self.calendar.period(now + self.setup.policy.look_ahead);
        }
        let mut plans = self.targets.clone();
        let mut moved = BTreeSet::new();
        for index in network.indices() {
            let freed = left.contains(&index) && (before.contains_key(&index) || !self.orders.is_pinned(index));
            let new = match self.orders.pins.get(&index) {
                Some(pin) if before.get(&index) != Some(pin) => {
                    self.orders.whole.remove(&index);
                    pin.clone()
                }
                None if freed => {
                    let own = self.own_operation(self.scheduled, index);
                    let day = self.setup.day_plans[self.scheduled][index.0].clone();
                    let day = if day.operation.is_free() { day } else { day.run(own) };
                    self.fit(index, &day)
                }
                _ => continue,
            };
            moved.insert(index);
            plans[index.0] = new;
        }
        self.orders.shifted.retain(|index, _| !moved.contains(index));
        self.turn(now, &mut plans, &moved);
        self.targets = plans;
        self.last_change = Some(now);
        self.in_step = false;
        self.forget_platoons(now);
    }

    /// Turns groups that are moved as a whole so that their way is shortest; a group of which somebody stays is not turned.
    fn turn(&self, now: Moment, plans: &mut [Plan], moved: &BTreeSet<IntersectionIndex>) {
        let network = &self.setup.network;
        let activation = self.opportunity(now, self.longest_cycle());
        let mut done = BTreeSet::new();
        for &first in moved {
            let group = tied(network, [first]);
            if !done.insert(group.first().copied()) || !group.iter().all(|index| moved.contains(index)) {
                continue;
            }
            let start = |&index: &IntersectionIndex| {
                let running = self.sessions[index.0].running()?;
                Some((index, running.plan.next_cycle_start(network.intersection(index), activation)))
            };
            let starts: Vec<(IntersectionIndex, Moment)> = group.iter().filter_map(start).collect();
            let turns = rotation(network, plans, &starts);
            for index in group {
                let (plan, turn) = (&mut plans[index.0], self.turnable(turns[index.0]));
                *plan = plan.at_offset(plan.offset.since_zero().later() + turn);
            }
        }
    }

    /// What would be aimed at, as orders let it be: pinned targets stay as they are, the others are fitted to the lanes.
    pub(super) fn under_orders(&mut self, plans: Vec<Plan>) -> Vec<Plan> {
        self.orders.shifted.clear();
        if self.orders.pinned.is_empty() && self.orders.conditions.lanes.is_empty() {
            return plans;
        }
        let indices = self.setup.network.indices();
        let of = |(index, plan): (IntersectionIndex, Plan)| {
            if self.orders.is_pinned(index) { self.targets[index.0].clone() } else { self.fit(index, &plan) }
        };
        indices.zip(plans).map(of).collect()
    }

    /// Follows the calendar while adaptation is frozen.
    pub(super) fn follow_calendar(&mut self, now: Moment, out: &mut Output) {
        let period = self.calendar.period(now + self.setup.policy.look_ahead);
        let busy = self.change.is_some() || !self.in_step;
        if self.mode != Mode::Coordinated || period == self.scheduled || busy {
            return;
        }
        let plans = self.setup.day_plans[period].clone();
        if self.may_be_aimed_at(&plans, out) {
            self.scheduled = period;
            out.decisions.push(Decision::Calendar { period: self.setup.network.periods()[period].name.clone() });
            self.aim(now, plans);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::{Arm, LaneState, sample};
    use crate::units::Shift;

    #[test]
    fn green_for_nobody_goes_to_the_reference_stage_and_then_to_whoever_has_room() {
        let uses = [Arm::W, Arm::E].map(|from| LaneUse {
            intersection: IntersectionIndex(0),
            from,
            lane: 0,
            state: LaneState::Closed,
        });
        let conditions = Conditions { lanes: uses.to_vec(), ..Conditions::default() };
        let network = sample::arterial(&[400.0]).under(&conditions);
        let mut at = network.intersections()[0].clone();
        let plan = Plan::from_greens(&at, &[30, 12, 24, 8].map(Tenths::from_seconds), Shift::new(123)).unwrap();
        assert_eq!(fitted(&at, &plan).greens(), [35, 7, 24, 8].map(Tenths::from_seconds));
        assert_eq!(fitted(&at, &plan).offset, plan.offset);
        at.stages[0].max_green = Tenths::from_seconds(32);
        assert_eq!(fitted(&at, &plan).greens(), [32, 7, 27, 8].map(Tenths::from_seconds));
        at.stages.iter_mut().for_each(|s| s.max_green = Tenths::ZERO);
        assert_eq!(fitted(&at, &plan), plan, "nobody has room");
        let open = sample::arterial(&[400.0]);
        assert_eq!(fitted(&open.intersections()[0], &plan), plan);
    }

    #[test]
    fn who_shares_a_corridor_is_tied() {
        let network = sample::arterials(2, &[400.0, 300.0]);
        let all = tied(&network, [IntersectionIndex(4)]);
        assert_eq!(all.into_iter().map(|i| i.0).collect::<Vec<_>>(), [3, 4, 5]);
    }
}
