//! The coordinator of one network: state, and one step of it.

use super::adapt::{Occasion, Policy, weigh};
use super::adopt::Aim;
use super::change::JointChange;
use super::decision::{Decision, Verdict};
use super::escort::Run;
use super::event::{Event, Finding, Output, Work};
use super::free::FreeChoice;
use super::mode::Mode;
use super::order::EndedBy;
use super::overrides::Orders;
use crate::calendar::Calendar;
use crate::corridor::{IntersectionIndex, Network};
use crate::demand::{DayProfile, Estimator, Platoon};
use crate::detection::Health;
use crate::field::{self, Link, News, Session};
use crate::plan::{Operation, Plan};
use crate::safety::{Limits, admit_release, judge};
use crate::transition::{Bounds, rotation, same_wave};
use crate::units::{CycleLength, Moment, Shift, Tenths};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A question to the optimiser older than this is forgotten and asked again.
const WORK_PATIENCE: Tenths = Tenths::from_seconds(120);

/// What a coordinator is given once.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The checked definitions.
    pub network: Arc<Network>,
    /// Flows of the mean day.
    pub profile: DayProfile,
    /// Day plans: for each period of the network one plan an intersection, all of them judged by safety already.
    pub day_plans: Vec<Vec<Plan>>,
    /// By period, how each intersection follows its plan; missing: in fixed time. Some may run free while others are coordinated.
    pub operation: Vec<Vec<Operation>>,
    /// By period, when the cabinets do better on their own; `None` or missing: never.
    pub free: Vec<Option<FreeChoice>>,
    /// What the guard allows a change.
    pub limits: Limits,
    /// How far a step of a transition goes.
    pub bounds: Bounds,
    /// When a change pays.
    pub policy: Policy,
    /// Without arming nothing is written: every run is a dry run.
    pub armed: bool,
}

/// What the core remembers of a cabinet beyond its session.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    link: Option<Link>,
    mode: Option<field::Mode>,
    /// When the plan that runs was activated by us.
    pub(super) activated: Option<Moment>,
    /// To be released as soon as it answers, and why.
    pub(super) release: Option<&'static str>,
    /// The cycle of which it has no plan stored.
    pub(super) unserved: Option<Tenths>,
    /// The plan outside its own limits that was last told.
    pub(super) outside: Option<Plan>,
    /// Released by us: its return to its own plan is no news.
    pub(super) told: bool,
}

/// The core of one network.
#[derive(Debug, Clone)]
pub struct Coordinator {
    pub(super) setup: Setup,
    pub(super) calendar: Calendar,
    pub(super) mode: Mode,
    pub(super) sessions: Vec<Session>,
    pub(super) memories: Vec<Memory>,
    pub(super) targets: Vec<Plan>,
    pub(super) change: Option<JointChange>,
    /// Changes that everybody has committed, until the last activation.
    pub(super) awaited: Vec<JointChange>,
    pub(super) next_opportunity: Option<Moment>,
    pub(super) retry_after: Option<Moment>,
    pub(super) in_step: bool,
    /// The targets whose platoons the estimator folds.
    watched: Vec<Plan>,
    /// Generation of the last push.
    pub(super) generation: u32,
    pub(super) remembered: Option<Aim>,
    pub(super) estimator: Estimator,
    pub(super) orders: Orders,
    pub(super) escorts: Vec<Run>,
    health: BTreeMap<(usize, u16), Health>,
    pub(super) last_change: Option<Moment>,
    /// Period of the day plan last taken from the calendar.
    pub(super) scheduled: usize,
    /// The question that is out: its number, when it was asked, the period it was asked for.
    asked: Option<(u64, Moment, usize)>,
    questions: u64,
    steps: u64,
    pub(super) changes: usize,
}

impl Coordinator {
    /// A coordinator that starts at `now`, its targets the day plan of that time.
    pub fn new(mut setup: Setup, now: Moment) -> Self {
        for (plans, operations) in setup.day_plans.iter_mut().zip(&setup.operation) {
            for ((plan, operation), at) in plans.iter_mut().zip(operations).zip(setup.network.intersections()) {
                plan.operation = operation.where_it_can(at);
            }
        }
        for choice in setup.free.iter_mut().flatten() {
            for (plan, at) in choice.plans.iter_mut().zip(setup.network.intersections()) {
                plan.operation = plan.operation.where_it_can(at);
            }
        }
        let calendar = Calendar::new(&setup.network);
        let targets = setup.day_plans[calendar.period(now)].clone();
        Coordinator {
            mode: Mode::Standby,
            sessions: setup.network.indices().map(|i| Session::new(&setup.network, i)).collect(),
            memories: vec![Memory::default(); setup.network.intersections().len()],
            targets,
            change: None,
            awaited: Vec::new(),
            next_opportunity: None,
            retry_after: None,
            in_step: false,
            watched: Vec::new(),
            generation: 0,
            remembered: None,
            estimator: Estimator::new(&setup.network, setup.profile.clone()),
            orders: Orders::default(),
            escorts: Vec::new(),
            health: BTreeMap::new(),
            last_change: None,
            scheduled: calendar.period(now),
            asked: None,
            questions: 0,
            steps: 0,
            changes: 0,
            calendar,
            setup,
        }
    }

    /// The core's mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Joint changes that were carried through so far, steps of transitions included.
    pub fn changes(&self) -> usize {
        self.changes
    }

    /// The plans aimed at, one an intersection.
    pub fn targets(&self) -> &[Plan] {
        &self.targets
    }

    /// The sessions, one an intersection.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// One step: takes what happened, says what to do. `now` never goes back.
    pub fn step(&mut self, now: Moment, events: &[Event]) -> Output {
        let mut out = Output::default();
        for event in events {
            match event {
                Event::Answer { cabinet, ask, answer } => {
                    let at = self.setup.network.intersection(*cabinet);
                    if let Some(reading) = self.sessions[cabinet.0].hear(at, *ask, answer, now) {
                        self.estimator.hear(*cabinet, &reading);
                        out.readings.push((*cabinet, reading));
                    }
                }
                Event::Found(finding) => self.found(now, finding, &mut out),
                Event::Aim(plans) => self.ordered(now, plans, &mut out),
                Event::Order(order) => self.order(now, order, &mut out),
                Event::Stop => self.stop(now, &mut out),
            }
        }
        self.note_cabinets(&mut out);
        self.update_mode(now, &mut out);
        self.expire(now, &mut out);
        self.carry_out_orders(now, &mut out);
        if self.estimator.advance(now) {
            self.note_detectors(&mut out);
            match (self.orders.holds(), self.orders.freezes()) {
                (true, _) => {}
                (false, true) => self.follow_calendar(now, &mut out),
                (false, false) => {
                    if !self.choose_operation(now, &mut out) {
                        self.ask(now, &mut out);
                    }
                }
            }
        }
        self.drive(now, &mut out);
        self.escort_waves(now, &mut out);
        self.steps += 1;
        // In standby nothing is written, not even a beat: who knows whose plan it would keep alive.
        let armed = self.setup.armed && !matches!(self.mode, Mode::Standby | Mode::Released);
        for (session, at) in self.sessions.iter_mut().zip(self.setup.network.intersections()) {
            let beat = armed.then_some((self.steps, at.cabinet.heartbeat_timeout));
            out.requests.extend(session.tick(now, beat));
        }
        out
    }

    pub(super) fn id(&self, index: IntersectionIndex) -> String {
        self.setup.network.intersection(index).id.clone()
    }

    fn set_mode(&mut self, to: Mode, why: &'static str, out: &mut Output) {
        out.decisions.push(Decision::Mode { from: self.mode, to, why });
        self.mode = to;
    }

    fn update_mode(&mut self, now: Moment, out: &mut Output) {
        let up = self.sessions.iter().filter(|s| s.link() == Link::Up).count();
        let known = self.sessions.iter().all(|s| match s.link() {
            Link::Up => s.is_identified() && s.running().is_some(),
            Link::New => false,
            Link::Lost(_) => true,
        });
        match self.mode {
            Mode::Standby if known && 2 * up > self.sessions.len() => {
                self.set_mode(Mode::Coordinated, "every cabinet that answers is known", out);
                self.adopt(now, out);
                self.fit_taken_over(out);
            }
            Mode::Coordinated if 2 * up <= self.sessions.len() => {
                self.set_mode(Mode::Hold, "half the links or more are lost", out);
            }
            Mode::Hold if 2 * up > self.sessions.len() => {
                self.set_mode(Mode::Coordinated, "most links are back", out);
            }
            _ => {}
        }
    }

    fn stop(&mut self, now: Moment, out: &mut Output) {
        if self.mode == Mode::Released {
            return;
        }
        self.end(|_| true, EndedBy::Stop, out);
        self.close_escorts(now);
        self.change = None;
        self.awaited.clear();
        for index in self.setup.network.indices() {
            if self.setup.armed && self.sessions[index.0].release(&admit_release(index, now)) {
                out.decisions.push(Decision::Released { intersection: self.id(index), why: "the core stops" });
            }
        }
        self.set_mode(Mode::Released, "told to stop", out);
    }

    fn note_cabinets(&mut self, out: &mut Output) {
        for index in self.setup.network.indices() {
            self.note_news(index, out);
            let session = &self.sessions[index.0];
            let (link, mode) = (session.link(), session.status().map(|s| s.mode));
            let memory = &mut self.memories[index.0];
            let (link_then, mode_then) = (memory.link.replace(link), memory.mode);
            memory.mode = mode.or(mode_then);
            let intersection = self.id(index);
            match (link_then, link) {
                (Some(Link::Up | Link::New), Link::Lost(_)) => out.decisions.push(Decision::LinkLost { intersection }),
                (Some(Link::Lost(_)), Link::Up) => out.decisions.push(Decision::LinkBack { intersection }),
                _ => {}
            }
            if let (Some(field::Mode::Centre), Some(mode)) = (mode_then, mode.filter(|m| *m != field::Mode::Centre)) {
                let told = std::mem::take(&mut self.memories[index.0].told);
                if self.mode != Mode::Released && !told {
                    out.decisions.push(Decision::LeftCentre { intersection: self.id(index), mode });
                }
            }
        }
    }

    fn note_news(&mut self, index: IntersectionIndex, out: &mut Output) {
        for news in self.sessions[index.0].news() {
            let intersection = self.id(index);
            out.decisions.push(match news {
                News::LineFault { ask, fault } => Decision::LineFault { intersection, ask, fault },
                News::LineClear { faults } => Decision::LineClear { intersection, faults },
                News::Differs { differences } => Decision::Differs { intersection, differences },
                News::OtherWriter { generation } => Decision::OtherWriter { intersection, generation },
                News::Unintended { generation } => {
                    self.memories[index.0].release = Some("it runs something else than was meant");
                    Decision::Unintended { intersection, generation }
                }
                News::ClockDrift { off, ppm } => Decision::ClockDrift { intersection, off, ppm },
            });
        }
    }

    pub(super) fn note_detectors(&mut self, out: &mut Output) {
        let now: BTreeMap<_, _> = self.estimator.unbelieved().map(|(at, ch, health)| ((at.0, ch), health)).collect();
        let recovered = self.health.keys().filter(|k| !now.contains_key(*k)).map(|k| (*k, Health::Good));
        let fell = now.iter().filter(|(k, h)| self.health.get(*k) != Some(*h)).map(|(k, h)| (*k, *h));
        for ((at, channel), health) in recovered.chain(fell) {
            let intersection = self.id(IntersectionIndex(at));
            out.decisions.push(Decision::Detector { intersection, channel, health });
        }
        self.health = now;
    }

    /// Platoons are folded from when everybody is in step until somebody changes.
    pub(super) fn watch_platoons(&mut self, now: Moment) {
        if self.watched != self.targets {
            let cycles: Vec<CycleLength> = self.targets.iter().map(|plan| plan.cycle).collect();
            self.estimator.watch_cycles(now, Some(&cycles));
            self.watched.clone_from(&self.targets);
        }
    }

    /// What was folded is no more true once somebody changes.
    pub(super) fn forget_platoons(&mut self, now: Moment) {
        if !self.watched.is_empty() {
            self.estimator.watch_cycles(now, None);
            self.watched.clear();
        }
    }

    /// Platoons as counted, while every cabinet runs its target and nobody runs free: one that does not sends other platoons.
    fn platoons(&self) -> Vec<Platoon> {
        let as_aimed = |index: IntersectionIndex| {
            let session = &self.sessions[index.0];
            session.link() == Link::Up
                && !self.targets[index.0].operation.is_free()
                && session.running().is_some_and(|running| self.is_target(index, &running.plan))
        };
        let all = self.in_step && self.watched == self.targets && self.setup.network.indices().all(as_aimed);
        if all { self.estimator.platoons() } else { Vec::new() }
    }

    fn ask(&mut self, now: Moment, out: &mut Output) {
        let waiting = self.asked.is_some_and(|(_, since, _)| now.elapsed_since(since) < WORK_PATIENCE);
        let pinned = self.setup.network.indices().all(|index| self.orders.is_pinned(index));
        if self.mode != Mode::Coordinated || waiting || pinned {
            return;
        }
        let Policy { look_ahead: ahead, serve, margin, .. } = self.setup.policy;
        let book = &self.setup.day_plans;
        let period = self.calendar.period(now + ahead);
        let neighbours = self.calendar.neighbours(period).map(|p| book[p].clone());
        self.questions += 1;
        self.asked = Some((self.questions, now, period));
        out.work = Some(Work {
            id: self.questions,
            period,
            flows: self.estimator.flows(now, ahead).busier(&self.estimator.flows(now, ahead + serve)).scaled(margin),
            reference: self
                .estimator
                .mean_day(now, ahead)
                .busier(&self.estimator.mean_day(now, ahead + serve))
                .scaled(margin),
            platoons: self.platoons(),
            current: self.targets.clone(),
            day_plan: book[period].clone(),
            neighbours: neighbours.to_vec(),
            conditions: self.orders.conditions.clone(),
        });
    }

    fn found(&mut self, now: Moment, finding: &Finding, out: &mut Output) {
        let Some((_, _, period)) = self.asked.filter(|(id, ..)| *id == finding.id) else { return };
        self.asked = None;
        if self.mode != Mode::Coordinated || self.orders.holds() || self.orders.freezes() {
            return;
        }
        let occasion = Occasion {
            now,
            last_change: self.last_change,
            busy: self.change.is_some() || !self.in_step,
            new_period: period != self.scheduled,
        };
        let Some(choice) = weigh(&finding.candidates, &self.setup.policy, &occasion) else { return };
        let (base, best) = (&finding.candidates[choice.base], &finding.candidates[choice.best]);
        let aim = choice.aim().map(|i| &finding.candidates[i]);
        let safe = aim.is_none_or(|candidate| self.may_be_aimed_at(&candidate.plans, out));
        let cycle = |plans: &[Plan]| plans.iter().map(|p| p.cycle.length()).max().unwrap_or_default();
        out.decisions.push(Decision::Weighed {
            verdict: if safe { choice.verdict } else { Verdict::Unsafe },
            base: base.origin,
            best: best.origin,
            keep: base.cost,
            predicted: best.cost,
            saving_percent: choice.saving_percent,
            needed_percent: choice.needed_percent,
            cycle_from: cycle(&self.targets),
            cycle_to: cycle(&aim.unwrap_or(base).plans),
        });
        if let Some(candidate) = aim.filter(|_| safe) {
            self.scheduled = period;
            self.aim(now, candidate.plans.clone());
        }
    }

    fn ordered(&mut self, now: Moment, plans: &[Plan], out: &mut Output) {
        let taken = self.mode == Mode::Coordinated && self.may_be_aimed_at(plans, out);
        out.decisions.push(Decision::Ordered { taken });
        if taken {
            self.aim(now, plans.to_vec());
        }
    }

    pub(super) fn may_be_aimed_at(&self, plans: &[Plan], out: &mut Output) -> bool {
        if plans.len() != self.targets.len() {
            return false;
        }
        let mut safe = true;
        for (index, plan) in self.setup.network.indices().zip(plans) {
            // Who is given back because of its lanes is sent nothing, whatever is aimed at.
            if self.orders.is_barred(index) {
                continue;
            }
            // Judged is what would be sent; who has nothing to be sent stays on its own plan.
            let Some(plan) = self.within_reach(index, plan) else { continue };
            let breaches = judge(self.setup.network.intersection(index), &plan, &self.setup.limits);
            if !breaches.is_empty() {
                safe = false;
                out.decisions.push(Decision::Refused { intersection: self.id(index), breaches });
            }
        }
        safe
    }

    /// Passages of all stop lines expected so far ahead, vehicles an hour.
    pub(super) fn expected(&self, now: Moment, ahead: Tenths) -> f64 {
        self.estimator.flows(now, ahead).total()
    }

    /// Makes the plans the targets, turned together on the circle so that the way there is shortest.
    pub(super) fn aim(&mut self, now: Moment, plans: Vec<Plan>) {
        let follow = |(plan, index): (Plan, IntersectionIndex)| {
            let own = self.own_operation(self.scheduled, index);
            if plan.operation.is_free() { plan } else { plan.run(own) }
        };
        let plans: Vec<Plan> = plans.into_iter().zip(self.setup.network.indices()).map(follow).collect();
        let plans = self.under_orders(plans);
        if same_wave(&plans, &self.targets) {
            return;
        }
        let activation = self.opportunity(now, self.longest_cycle());
        let starts: Vec<(IntersectionIndex, Moment)> = self
            .setup
            .network
            .indices()
            .filter(|index| !self.orders.is_pinned(*index))
            .filter_map(|index| {
                let running = self.sessions[index.0].running()?;
                Some((index, running.plan.next_cycle_start(self.setup.network.intersection(index), activation)))
            })
            .collect();
        let turns = rotation(&self.setup.network, &plans, &starts);
        let turned = |((plan, turn), index): ((&Plan, Shift), IntersectionIndex)| {
            let turn = if self.orders.is_pinned(index) { Shift::default() } else { self.turnable(turn) };
            plan.at_offset(plan.offset.since_zero().later() + turn)
        };
        self.targets = plans.iter().zip(turns).zip(self.setup.network.indices()).map(turned).collect();
        self.last_change = Some(now);
        self.in_step = false;
        self.forget_platoons(now);
    }

    /// How an intersection follows its plan in a period, as far as its controller can.
    pub(super) fn own_operation(&self, period: usize, index: IntersectionIndex) -> Operation {
        let of_period = self.setup.operation.get(period).and_then(|all| all.get(index.0));
        of_period.copied().unwrap_or_default().where_it_can(self.setup.network.intersection(index))
    }

    /// The longest cycle that runs or is aimed at anywhere.
    pub(super) fn longest_cycle(&self) -> Tenths {
        let running = self.sessions.iter().filter_map(|s| s.running()).map(|r| r.plan.cycle.length());
        running.chain(self.targets.iter().map(|p| p.cycle.length())).max().unwrap_or_default()
    }

    /// Whether a running plan is its target, up to what the resolution lets a transition close.
    pub(super) fn is_target(&self, index: IntersectionIndex, running: &Plan) -> bool {
        let Some(target) = self.aim_of(index) else { return true };
        let error = target.cycle.shorter_way(Shift::new(
            i64::from(running.offset.since_zero().count()) - i64::from(target.offset.since_zero().count()),
        ));
        let leaves = self.setup.bounds.leaves(self.setup.network.intersection(index));
        let in_place = target.operation.is_free() || error.magnitude() <= u64::from(leaves.count());
        running.splits == target.splits && running.operation == target.operation && in_place
    }
}
