//! Driving joint changes: from "somebody is not at its target" to "everybody runs what was meant".

use super::change::{JointChange, Member, Phase};
use super::coordinator::Coordinator;
use super::decision::Decision;
use super::event::Output;
use super::mode::Mode;
use crate::corridor::IntersectionIndex;
use crate::corridor::profile::Carrier;
use crate::field::{self, FieldFault, Link, Push, Why};
use crate::safety::{Change, admit, admit_release};
use crate::transition::step;
use crate::units::{Moment, Tenths};

/// Time a joint change has for staging, canary and commits; its activation lies this much more than a cycle ahead.
const PROTOCOL: Tenths = Tenths::from_seconds(12);
/// After a change was given up, nothing is tried for this long.
const RETRY: Tenths = Tenths::from_seconds(30);
/// A cycle start may lie this far from where it is foretold, when the cabinet's clock was corrected or drifts.
const UNSURE: Tenths = Tenths::from_seconds(2);
/// An activation is put off by this much at most to be clear of cycle starts.
const CLEAR_WITHIN_S: u32 = 20;
/// After its planned moment a cabinet has this long to show that it changed.
const GRACE: Tenths = Tenths::from_seconds(15);
/// A plan that has run this long is sent again, long before it expires in the cabinet.
const RENEW: Tenths = Tenths::from_seconds(2 * 3600);
/// Epoch of this writer; leases come with many machines.
const EPOCH: u32 = 1;

impl Coordinator {
    /// The first activation instant a joint change begun now may have: a whole longest cycle after its commits, and not
    /// before the step that runs has done its part.
    pub(super) fn opportunity(&self, now: Moment, longest: Tenths) -> Moment {
        let earliest = now + longest + PROTOCOL;
        self.next_opportunity.map_or(earliest, |planned| planned.max(earliest))
    }

    /// Moves the joint change on, or begins one where somebody is not at its target.
    pub(super) fn drive(&mut self, now: Moment, out: &mut Output) {
        if !self.setup.armed || matches!(self.mode, Mode::Standby | Mode::Released) {
            return;
        }
        self.release_the_lost(now, out);
        match self.change.take() {
            Some(change) => self.change = self.advance(now, change, out),
            None if self.retry_after.is_none_or(|t| now >= t) => self.begin(now, out),
            None => {}
        }
        self.await_activations(now, out);
    }

    fn release_the_lost(&mut self, now: Moment, out: &mut Output) {
        for index in self.setup.network.indices() {
            let session = &self.sessions[index.0];
            let ours = session.running().is_some_and(|r| r.generation != 0) && !self.memories[index.0].told;
            if session.clock_is_wrong() && ours {
                // A clock is stepped in local mode only; until then its plan is out of step with everybody's.
                self.memories[index.0].release = Some("its clock is wrong");
            }
            let why = self.memories[index.0].release.take_if(|_| session.link() == Link::Up);
            if let Some(why) = why {
                if !self.sessions[index.0].release(&admit_release(index, now)) {
                    continue;
                }
                self.memories[index.0].told =
                    self.sessions[index.0].status().is_some_and(|s| s.mode == field::Mode::Centre);
                out.decisions.push(Decision::Released { intersection: self.id(index), why });
            }
        }
    }

    /// Whether a cabinet has to be sent something: it runs its own plan, not its target, or its plan wants renewing.
    fn is_mover(&self, now: Moment, index: IntersectionIndex) -> bool {
        let session = &self.sessions[index.0];
        let Some(running) = session.running().filter(|_| session.may_push()) else { return false };
        if self.aim_of(index).is_none() || self.orders.is_given_back(index) || self.is_escorted(now, index) {
            return false;
        }
        let due = self.memories[index.0].activated.is_none_or(|then| now.elapsed_since(then) >= RENEW);
        running.generation == 0 || due || session.is_of_yesterday(now) || !self.is_target(index, &running.plan)
    }

    /// Whether the cabinet can be told when to change: its clock is right, and its cycles start where its plan says, up to
    /// what it takes in within a cycle when its clock moves (they do not while it is finding its own step).
    fn may_be_moved(&self, index: IntersectionIndex) -> bool {
        let session = &self.sessions[index.0];
        !session.clock_is_doubtful() && (self.finds_its_way(index) || self.is_in_place(index))
    }

    fn begin(&mut self, now: Moment, out: &mut Output) {
        self.note_unserved(out);
        let mut movers: Vec<_> = self.setup.network.indices().filter(|&i| self.is_mover(now, i)).collect();
        if !self.awaited.is_empty() {
            // Those who changed already go on with the others.
            movers.retain(|&i| self.runs_its_own(i) && !self.awaits(i));
        }
        if movers.is_empty() && !self.awaited.is_empty() {
            return;
        }
        if movers.is_empty() {
            // Who finds its way by itself has arrived when its cycles start where they should.
            let on_the_way = |&i: &IntersectionIndex| {
                let ours = self.sessions[i.0].running().is_some_and(|r| r.generation != 0);
                self.finds_its_way(i) && ours && self.sessions[i.0].may_push() && !self.is_in_place(i)
            };
            let arrived = !self.setup.network.indices().any(|i| on_the_way(&i));
            if arrived && !self.in_step && self.sessions.iter().any(|s| s.link() == Link::Up) {
                self.in_step = true;
                self.watch_platoons(now);
                out.decisions.push(Decision::InStep);
            }
            return;
        }
        self.in_step = false;
        self.forget_platoons(now);
        let movers: Vec<_> = movers.into_iter().filter(|&i| self.may_be_moved(i)).collect();
        if movers.is_empty() {
            return;
        }
        let longest = self.longest_cycle();
        let activation = self.clear_of_starts(self.opportunity(now, longest), &movers);
        // Activations are over one longest cycle later; the next joint change needs a protocol time and a cycle more.
        let until = activation + longest + GRACE + longest + PROTOCOL;
        let generation = u32::try_from(now.unix_seconds()).unwrap_or(u32::MAX);
        self.generation = generation;
        let mut members = Vec::new();
        for index in movers {
            members.extend(self.stage_one(index, activation, until, generation, out));
        }
        if members.is_empty() {
            self.retry_after = Some(now + RETRY);
            return;
        }
        out.decisions.push(Decision::Staging {
            intersections: members.iter().map(|m| self.id(m.index)).collect(),
            activation,
            arriving: members.iter().filter(|m| m.arrives).count(),
        });
        self.change = Some(JointChange { phase: Phase::Verifying, since: now, activation, until, generation, members });
    }

    /// The activation, put off a little where it lies so close to a cycle start of a cabinet of coarse steps that cabinet and core may
    /// not mean the same one by the first start from then on.
    fn clear_of_starts(&self, activation: Moment, movers: &[IntersectionIndex]) -> Moment {
        let clear = |moment: &Moment| {
            movers.iter().all(|&index| {
                let (session, at) = (&self.sessions[index.0], self.setup.network.intersection(index));
                let step = session.map().step();
                let coarse = step > self.setup.bounds.tolerance && !self.finds_its_way(index);
                let Some(running) = session.running().filter(|_| coarse) else { return true };
                let (into, margin) = (running.plan.cycle_start(at).position(*moment), step + UNSURE);
                into >= margin && running.plan.cycle.length() - into >= margin
            })
        };
        (0..=CLEAR_WITHIN_S).map(|s| activation + Tenths::from_seconds(s)).find(clear).unwrap_or(activation)
    }

    fn stage_one(
        &mut self,
        index: IntersectionIndex,
        activation: Moment,
        until: Moment,
        generation: u32,
        out: &mut Output,
    ) -> Option<Member> {
        let at = self.setup.network.intersection(index);
        let running = &self.sessions[index.0].running()?.plan;
        let moment = running.next_cycle_start(at, activation);
        let next = step(at, running, &self.aim_of(index)?, moment, until, &self.setup.bounds)?;
        if !self.sessions[index.0].permits(&next.plan) {
            let told = self.memories[index.0].outside.replace(next.plan.clone());
            if told.as_ref() != Some(&next.plan) {
                out.decisions.push(Decision::PushFailed { intersection: self.id(index), why: Why::Limits });
            }
            return None;
        }
        let change = Change { running, plan: &next.plan, moment };
        // On its own way to an offset a cabinet's cycle may last longer than its plan's before the next begins.
        let at_latest = match at.cabinet.profile.transitions {
            Carrier::Centre => moment,
            Carrier::Cabinet { longest_percent, .. } => {
                activation + Tenths::new(running.cycle.length().count() * u32::from(longest_percent) / 100)
            }
        };
        match admit(&self.setup.network, index, change, &self.setup.limits) {
            Ok(safe) => {
                self.sessions[index.0].stage(at, safe, generation, EPOCH);
                Some(Member { index, at: at_latest, arrives: next.arrives, active: true })
            }
            Err(breaches) => {
                out.decisions.push(Decision::Refused { intersection: self.id(index), breaches });
                None
            }
        }
    }

    fn advance(&mut self, now: Moment, mut change: JointChange, out: &mut Output) -> Option<JointChange> {
        match change.phase {
            Phase::Verifying => {
                if let Some((index, why)) = self.first_failure(&change) {
                    out.decisions.push(Decision::PushFailed { intersection: self.id(index), why });
                    return self.abandon(now, &change, "a cabinet could not be staged and verified", out);
                }
                if now.elapsed_since(change.since) > PROTOCOL {
                    return self.abandon(now, &change, "staging took too long", out);
                }
                let all = change.active().all(|m| matches!(self.sessions[m.index.0].push(), Push::Staged(_)));
                if let Some(canary) = self.canary(&change).filter(|_| all) {
                    self.sessions[canary.0].commit(change.activation);
                    change.phase = Phase::Canary;
                    out.decisions.push(Decision::Canary { intersection: self.id(canary) });
                }
            }
            Phase::Canary => {
                let canary = self.canary(&change)?;
                match self.sessions[canary.0].push().clone() {
                    Push::Confirmed(_) if now.elapsed_since(change.since) > PROTOCOL => {
                        // The others would no longer be committed a cycle ahead. What the canary has is safe by itself.
                        return self.abandon(now, &change, "the canary took too long", out);
                    }
                    Push::Confirmed(_) => {
                        for member in change.active().copied().collect::<Vec<_>>() {
                            if member.index != canary && !self.is_picked(member.index) {
                                self.sessions[member.index.0].commit(change.activation);
                            }
                        }
                        change.phase = Phase::Rest;
                    }
                    Push::Failed(why) => {
                        self.failed(canary, why, out);
                        return self.abandon(now, &change, "the canary failed", out);
                    }
                    // Whether it has the commit only it can tell, and it is silent: the others are not kept waiting.
                    _ if now.elapsed_since(change.since) > PROTOCOL => {
                        self.failed(canary, Why::Fault(FieldFault::Silence), out);
                        return self.abandon(now, &change, "the canary went silent", out);
                    }
                    _ => {}
                }
            }
            Phase::Rest => {
                for member in change.active().copied().collect::<Vec<_>>() {
                    let session = &self.sessions[member.index.0];
                    let silent = matches!(session.link(), Link::Lost(_)) || now >= change.activation;
                    let why = match session.push() {
                        Push::Failed(why) => *why,
                        Push::Committing(..) if silent => Why::Fault(FieldFault::Silence),
                        _ => continue,
                    };
                    self.failed(member.index, why, out);
                    change.drop(member.index);
                }
                let settled = |m: &Member| match self.sessions[m.index.0].push() {
                    Push::Confirmed(_) => true,
                    Push::Staged(_) => self.is_picked(m.index),
                    _ => false,
                };
                if change.active().all(settled) {
                    out.decisions.push(Decision::Committed { intersections: change.active().count() });
                    self.awaited.push(change);
                    return None;
                }
            }
        }
        Some(change)
    }

    fn runs_its_own(&self, index: IntersectionIndex) -> bool {
        self.sessions[index.0].running().is_some_and(|running| running.generation == 0)
    }

    /// Whether a cabinet has committed and its activation is still to come.
    fn awaits(&self, index: IntersectionIndex) -> bool {
        self.awaited.iter().any(|change| change.active().any(|m| m.index == index))
    }

    /// Watches committed changes come about. Meanwhile others may be sent theirs: who fell out of a change, or came back, does not
    /// wait until everybody else has changed.
    fn await_activations(&mut self, now: Moment, out: &mut Output) {
        for mut change in std::mem::take(&mut self.awaited) {
            self.wait(now, &mut change, out);
            if change.active().next().is_some() {
                self.awaited.push(change);
            } else {
                self.next_opportunity = self.next_opportunity.max(Some(change.until));
                self.retry_after = None;
                self.changes += 1;
            }
        }
    }

    /// Whether a cabinet's plans are picked by number: they take effect at its next cycle start, so the number is written at the
    /// activation instant, and not before.
    fn is_picked(&self, index: IntersectionIndex) -> bool {
        self.sessions[index.0].map().selects()
    }

    /// Who is committed first: somebody who can be told when, if there is one.
    fn canary(&self, change: &JointChange) -> Option<IntersectionIndex> {
        let told_when = change.active().find(|m| !self.is_picked(m.index));
        told_when.or_else(|| change.active().next()).map(|m| m.index)
    }

    fn wait(&mut self, now: Moment, change: &mut JointChange, out: &mut Output) {
        for member in change.active().copied().collect::<Vec<_>>() {
            if self.is_gone(member.index) {
                self.failed(member.index, Why::Gone, out);
                change.drop(member.index);
                continue;
            }
            let in_place = !self.finds_its_way(member.index) || self.is_in_place(member.index);
            let session = &mut self.sessions[member.index.0];
            if now >= change.activation {
                session.commit(change.activation);
            }
            if let Push::Failed(why) = *session.push() {
                self.failed(member.index, why, out);
                change.drop(member.index);
                continue;
            }
            let running = session.running().filter(|_| session.runs_what_was_pushed());
            if let Some(running) = running {
                let (cycle, offset) = (running.plan.cycle.length(), running.plan.offset.since_zero());
                let generation = running.generation;
                session.clear_push();
                self.memories[member.index.0].activated = Some(now);
                let intersection = self.id(member.index);
                let arrived = member.arrives && in_place;
                out.decisions.push(Decision::Activated { intersection, generation, cycle, offset, arrived });
                change.drop(member.index);
            } else if now.elapsed_since(member.at) > GRACE {
                let refusal = session.status().map_or(0, |s| s.refusal);
                session.clear_push();
                let why = if refusal == 0 { Why::Fault(FieldFault::Silence) } else { Why::Refused(refusal) };
                self.failed(member.index, why, out);
                change.drop(member.index);
            }
        }
    }

    /// Whether a cabinet that had confirmed its plan runs nothing of ours and has nothing waiting: it restarted, or somebody took it.
    /// Both words are 0 then, which no single bent word makes them.
    fn is_gone(&self, index: IntersectionIndex) -> bool {
        let session = &self.sessions[index.0];
        let nothing = session.status().is_some_and(|s| s.running == 0 && s.pending == 0);
        nothing && matches!(session.push(), Push::Confirmed(_)) && !self.is_picked(index)
    }

    fn first_failure(&self, change: &JointChange) -> Option<(IntersectionIndex, Why)> {
        change.active().find_map(|m| match self.sessions[m.index.0].push() {
            Push::Failed(why) => Some((m.index, *why)),
            _ => None,
        })
    }

    /// Reports a failed push. One that may have committed without our knowing is released as soon as it answers.
    fn failed(&mut self, index: IntersectionIndex, why: Why, out: &mut Output) {
        out.decisions.push(Decision::PushFailed { intersection: self.id(index), why });
        let session = &mut self.sessions[index.0];
        let no_word = matches!(why, Why::Fault(fault) if !matches!(fault, FieldFault::Exception(_)));
        let unheard = no_word && session.link() != Link::Up;
        // What still waits in it would come about alone, at another time than was meant.
        let waits = session.status().is_some_and(|s| s.pending != 0);
        if unheard {
            self.memories[index.0].release = Some("it was lost after its commit");
        } else if waits {
            self.memories[index.0].release = Some("it did not change when it was meant to");
        }
        session.clear_push();
    }

    fn abandon(
        &mut self,
        now: Moment,
        change: &JointChange,
        why: &'static str,
        out: &mut Output,
    ) -> Option<JointChange> {
        for member in change.active() {
            self.sessions[member.index.0].clear_push();
        }
        self.retry_after = Some(now + RETRY);
        out.decisions.push(Decision::Abandoned { why });
        None
    }
}
