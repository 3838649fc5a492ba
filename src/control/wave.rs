//! The wave before an escorted vehicle: stage requests that open the greens in time, and let go behind it.
//!
//! For every intersection within sight the arrival is held against the programme and what the heads show:
//!
//! ```text
//!  its green runs   ends after the arrival by programme ─► nothing      can be held till then ─► hold
//!                   neither ─► is let go, and brought back as below
//!  another runs     its own begins in time by programme ─► nothing      not ─► the others end early, or are left out,
//!                                                                             as late as still brings it in time
//! ```
//! In time is before the queue that stands there has to start for the vehicle to find it gone. Every request passes the guard, and
//! what a cabinet makes of it is the cabinet's; nothing here shortens a minimum or knows a way to.

use super::coordinator::Coordinator;
use super::decision::Decision;
use super::escort::{Progress, Row, Run};
use super::event::Output;
use super::mode::Mode;
use super::order::{EndedBy, Intervention};
use super::programme::{View, on_step};
use super::route::Leg;
use crate::corridor::{IntersectionIndex, PhaseIndex};
use crate::demand::Flows;
use crate::field::{Link, Mode as CabinetMode, StageAsked};
use crate::plan::Plan;
use crate::safety::{Asked, LONGEST_REQUEST, StageAsk, StageRequest, admit_stage_request, judge_request};
use crate::units::{Moment, Tenths};

/// Arrivals farther ahead are left to the programme: a request reaches two minutes, and so does what is foretold.
const SIGHT: Tenths = Tenths::from_seconds(120);
/// A green opens this much before the queue must start, and stays this long after the arrival, and a tenth of the time until then.
const BEFORE: Tenths = Tenths::from_seconds(4);
const AFTER: Tenths = Tenths::from_seconds(4);
/// Start-up lost time of a queue, s, and the longest a queue is waited for, s.
const START_UP_S: f64 = 2.0;
const LONGEST_QUEUE_S: f64 = 45.0;
/// A hold is asked for when the green would end within this time.
const HOLD_WITHIN: Tenths = Tenths::from_seconds(30);
/// Between two requests to one cabinet, unless its stage changed.
const REST: Tenths = Tenths::from_seconds(2);
/// A request that is not a hold is forgotten after this long.
const EARLY: Tenths = Tenths::from_seconds(20);
/// A stage is asked to be left out when the one before it ends within this time.
const SKIPS: Tenths = Tenths::from_seconds(6);
/// Two escorts meet where they come within this time of each other.
const MEET: Tenths = Tenths::from_seconds(60);
/// Whoever comes this far ahead may have a plan's offset moved for it where no request is taken: a change takes most of it.
const PLANNED: Tenths = Tenths::from_seconds(600);

/// What an intersection is asked for, and what it shows then.
struct Wanted {
    /// By programme the green would come too late.
    late: bool,
    ask: Option<(usize, StageAsk)>,
    green: (Moment, Option<Moment>),
    progress: Progress,
}

impl Coordinator {
    /// The escorts under way, and those whose signals are still finding back.
    pub fn escorts(&self) -> impl Iterator<Item = &Run> {
        self.escorts.iter()
    }

    /// Whether a cabinet's plan is left alone because an escort needs, or has just needed, its signals.
    pub(super) fn is_escorted(&self, now: Moment, index: IntersectionIndex) -> bool {
        self.escorts.iter().any(|run| {
            run.rows.iter().any(|row| {
                let near = run.is_under_way() && row.passed.is_none() && row.predicted.elapsed_since(now) < SIGHT;
                row.intersection == index && (near || row.signal.released.is_some() && row.recovery_cycles.is_none())
            })
        })
    }

    /// Brings every escort on by one step.
    pub(super) fn escort_waves(&mut self, now: Moment, out: &mut Output) {
        if self.escorts.is_empty() {
            return;
        }
        let mut runs = std::mem::take(&mut self.escorts);
        let flows = self.estimator.flows(now, Tenths::ZERO);
        for run in &mut runs {
            self.look(now, run);
            if run.is_under_way() {
                let before = run.next;
                run.advance(now, |row| self.may_be_passed(now, row));
                self.note_passed(now, run, before, out);
                run.predict(now);
            }
        }
        self.meet(&mut runs, out);
        for run in runs.iter_mut().filter(|run| run.is_under_way()) {
            for k in run.next..run.rows.len() {
                self.serve(now, run.escort.route[k], &mut run.rows[k], &flows);
            }
        }
        let asked = |run: &Run| {
            let rows = run.rows.iter().filter(|row| row.signal.asked.is_some());
            rows.map(|row| (row.intersection, run.id)).collect::<Vec<_>>()
        };
        let asked: Vec<(IntersectionIndex, u64)> = runs.iter().flat_map(asked).collect();
        for run in &mut runs {
            self.find_back(now, run, &asked, out);
        }
        let through = |run: &&mut Run| run.over.is_none() && run.next == run.rows.len();
        let done: Vec<u64> = runs.iter_mut().filter(through).map(|run| run.id).collect();
        self.escorts = runs;
        if !done.is_empty() {
            self.end(|s| done.contains(&s.id), EndedBy::Done, out);
            self.close_escorts(now);
        }
        self.report(out);
    }

    /// Notes which stage every intersection shows.
    fn look(&self, now: Moment, run: &mut Run) {
        for row in &mut run.rows {
            let Some(status) = self.sessions[row.intersection.0].status() else { continue };
            let Some(stage) = usize::from(status.stage).checked_sub(1) else { continue };
            let stage = crate::corridor::StageIndex(stage);
            if row.signal.seen.is_none_or(|(seen, _)| seen != stage) {
                row.signal.seen = Some((stage, now));
            }
        }
    }

    /// The running plan, if it is ours, and the heads in it.
    fn view<'a>(&'a self, now: Moment, row: &Row) -> Option<View<'a>> {
        let session = &self.sessions[row.intersection.0];
        let at = self.setup.network.intersection(row.intersection);
        let plan = &session.running()?.plan;
        let seen = row.signal.seen.and_then(|(stage, since)| Some((plan.order().position(|s| s == stage)?, since)));
        let view = View { at, plan, now, shown: (0, now) };
        // Where no stage is told the programme is believed.
        Some(View { shown: seen.unwrap_or((view.programmed(), now)), ..view })
    }

    fn phase(&self, leg: &Leg) -> Option<PhaseIndex> {
        self.setup.network.intersection(leg.intersection).phase_for(leg.from, leg.movement)
    }

    /// Whether a vehicle nobody has heard of may be taken to have passed.
    fn may_be_passed(&self, now: Moment, row: &Row) -> bool {
        match (self.view(now, row), row.signal.phase) {
            (Some(view), Some(phase)) => view.serves(view.shown.0, phase),
            _ => true,
        }
    }

    fn note_passed(&mut self, now: Moment, run: &mut Run, before: usize, out: &mut Output) {
        for k in before..run.next {
            let row = &run.rows[k];
            let (intersection, order) = (self.id(row.intersection), run.id);
            let at = row.passed.unwrap_or(now);
            out.decisions.push(Decision::EscortPassed { order, intersection, at, foretold: row.foretold });
            self.let_go(now, &mut run.rows[k]);
        }
    }

    /// Withdraws what is asked, and begins to watch the way back.
    fn let_go(&mut self, now: Moment, row: &mut Row) {
        if row.signal.asked.take().is_some() {
            self.sessions[row.intersection.0].withdraw(now);
            row.signal.released = Some((now, now));
        }
        self.unshift(row.intersection);
    }

    /// Of two that meet the earlier is served; the later is told, once.
    fn meet(&mut self, runs: &mut [Run], out: &mut Output) {
        let mut coming: Vec<(IntersectionIndex, Moment, u64, Option<PhaseIndex>)> = Vec::new();
        for run in runs.iter().filter(|run| run.is_under_way()) {
            let rows = run.rows[run.next..].iter();
            coming.extend(rows.map(|row| (row.intersection, row.predicted, run.id, row.signal.phase)));
        }
        if runs.len() < 2 {
            return;
        }
        for run in runs.iter_mut().filter(|run| run.is_under_way()) {
            let id = run.id;
            for row in &mut run.rows[run.next..] {
                let mine = (row.predicted, id);
                let first = |c: &&(IntersectionIndex, Moment, u64, Option<PhaseIndex>)| {
                    let near = row.predicted.elapsed_since(c.1) < MEET;
                    c.0 == row.intersection && c.2 != id && (c.1, c.2) < mine && c.3 != row.signal.phase && near
                };
                let to = coming.iter().filter(first).map(|c| c.2).next();
                if let Some(to) = to.filter(|_| row.signal.yielded != to) {
                    let intersection = self.id(row.intersection);
                    out.decisions.push(Decision::EscortYields { order: id, to, intersection });
                }
                if to.is_some() && row.signal.asked.take().is_some() {
                    self.sessions[row.intersection.0].withdraw(row.predicted);
                }
                row.signal.yielded = to;
            }
        }
    }

    /// Sees to one intersection on the way.
    fn serve(&mut self, now: Moment, leg: Leg, row: &mut Row, flows: &Flows) {
        let session = &self.sessions[row.intersection.0];
        let at = self.setup.network.intersection(row.intersection);
        let ours = session.status().is_some_and(|s| s.mode == CabinetMode::Centre) && session.may_push();
        let reachable = row.predicted.elapsed_since(now) <= SIGHT;
        let silent = match () {
            () if matches!(session.link(), Link::Lost(_)) => Some(Progress::Lost),
            () if at.cabinet.countdown => Some(Progress::Countdown),
            () if at.cabinet.profile.stage_request.is_none() => Some(Progress::NoRequests),
            () if !ours || self.orders.is_given_back(row.intersection) => Some(Progress::Local),
            () => row.signal.yielded.map(|to| Progress::Yields { to }),
        };
        let phase = self.phase(&leg);
        row.stops = match (self.view(now, row), phase, &silent) {
            (Some(view), Some(phase), Some(_)) => !view.green_at(phase, row.predicted),
            (None, Some(_), _) => true,
            _ => row.signal.wait > AFTER,
        };
        if let Some(silent) = silent {
            row.progress = silent;
            if !matches!(row.progress, Progress::Yields { .. }) {
                row.signal.asked = None;
            }
            return;
        }
        let (Some(view), Some(phase)) = (self.view(now, row), phase) else { return };
        if !reachable {
            row.progress = Progress::Ahead;
            return;
        }
        let queue = queue(&view, &leg, phase, flows);
        let wanted = wanted(&view, phase, row.predicted, queue);
        (row.green_from, row.green_until) = (Some(wanted.green.0), wanted.green.1);
        row.signal.wait = (wanted.green.0 + queue).elapsed_since(row.predicted).min(SIGHT);
        row.progress = wanted.progress;
        let ask = wanted.ask.or_else(|| self.skip(&view, phase, wanted.late));
        let Some((position, ask)) = ask else { return };
        let expiry = match ask.until() {
            Some(until) => until + Tenths::from_seconds(2),
            None => now + EARLY,
        };
        let expiry = on_step(at, expiry.min(now + LONGEST_REQUEST), false);
        let request = StageRequest { stage: view.stage(position), ask, expiry };
        let plan = view.plan.clone();
        self.ask_stage(now, row, request, &plan);
    }

    /// The next stage left out, where that brings the green nearer and the shown one ends by itself now.
    fn skip(&self, view: &View<'_>, phase: PhaseIndex, late: bool) -> Option<(usize, StageAsk)> {
        let next = view.shown.0.checked_add(1).filter(|k| *k < view.plan.splits.len())?;
        let ends = view.ends(view.shown.0).elapsed_since(view.now);
        let expiry = on_step(view.at, view.now + EARLY, false);
        let request = StageRequest { stage: view.stage(next), ask: StageAsk::Skip, expiry };
        let asked = Asked { request: &request, running: view.plan, now: view.now };
        let helps = late && ends <= SKIPS && ends > Tenths::ZERO && !view.serves(next, phase);
        (helps && judge_request(view.at, &asked, &self.setup.limits).is_empty()).then_some((next, StageAsk::Skip))
    }

    /// Asks a cabinet, unless the same is asked already.
    fn ask_stage(&mut self, now: Moment, row: &mut Row, request: StageRequest, running: &Plan) {
        let index = row.intersection;
        let alike = |old: &StageRequest| {
            let more = |(a, b): (Moment, Moment)| a.since(b).magnitude() < 15;
            let until = old.ask.until().zip(request.ask.until()).is_none_or(more);
            old.stage == request.stage
                && std::mem::discriminant(&old.ask) == std::mem::discriminant(&request.ask)
                && until
        };
        let open = !matches!(
            self.sessions[index.0].stage_asked(),
            StageAsked::Over | StageAsked::Idle | StageAsked::Failed(_)
        );
        let asked = row.signal.asked;
        if matches!(self.sessions[index.0].stage_asked(), StageAsked::Failed(_))
            && asked.is_some_and(|(_, then)| now.elapsed_since(then) == REST)
        {
            row.refused += 1;
        }
        if asked.is_some_and(|(old, then)| {
            alike(&old) && open && now < old.expiry || now.elapsed_since(then) < REST && old.stage == request.stage
        }) || row.signal.rest_until.is_some_and(|until| now < until)
        {
            return;
        }
        let asked = Asked { request: &request, running, now };
        let sent = self.setup.armed
            && matches!(self.mode, Mode::Coordinated | Mode::Hold)
            && match admit_stage_request(&self.setup.network, index, asked, &self.setup.limits) {
                Ok(safe) => self.sessions[index.0].request_stage(&safe, now),
                Err(_) => false,
            };
        if sent {
            row.sent += 1;
            row.signal.asked = Some((request, now));
        } else {
            row.refused += 1;
            row.signal.rest_until = Some(now + REST + REST);
        }
    }

    /// Watches the heads find back to their programme behind the vehicle.
    fn find_back(&self, now: Moment, run: &mut Run, asked: &[(IntersectionIndex, u64)], out: &mut Output) {
        for row in &mut run.rows {
            let Some((since, differed)) = row.signal.released.filter(|_| row.recovery_cycles.is_none()) else {
                continue;
            };
            // Where the next escort asks already, the way back is watched behind that one.
            if asked.iter().any(|&(index, by)| index == row.intersection && by != run.id) {
                row.signal.released = None;
                continue;
            }
            let Some(view) = self.view(now, row) else {
                row.signal.released = None;
                continue;
            };
            // Polls are a second old, and a clock may stand half a second off.
            let near = view.nearest_change() <= Tenths::from_seconds(3);
            let differs = !near && view.shown.0 != view.programmed();
            let differed = if differs { now } else { differed };
            row.signal.released = Some((since, differed));
            if now.elapsed_since(differed) >= view.plan.cycle.length() {
                let out_of_step = differed.elapsed_since(since).count();
                let cycles = out_of_step.div_ceil(view.plan.cycle.length().count());
                row.recovery_cycles = Some(cycles);
                let intersection = self.id(row.intersection);
                out.decisions.push(Decision::EscortRecovered { order: run.id, intersection, cycles });
            }
        }
    }

    /// Lets go of escorts whose order is over.
    pub(super) fn close_escorts(&mut self, now: Moment) {
        let mut runs = std::mem::take(&mut self.escorts);
        let stands = |id: u64| self.orders.standing.iter().any(|s| s.id == id);
        let over: Vec<bool> = runs.iter().map(|run| run.over.is_none() && !stands(run.id)).collect();
        for (run, _) in runs.iter_mut().zip(over).filter(|(_, over)| *over) {
            run.over = Some(now);
            run.rows.iter_mut().for_each(|row| self.let_go(now, row));
        }
        self.escorts = runs;
    }

    /// Tells what became of escorts that are over, once their signals are where they were.
    fn report(&mut self, out: &mut Output) {
        let settled = |run: &Run| {
            let back = |row: &Row| row.signal.released.is_none() || row.recovery_cycles.is_some();
            run.over.is_some() && run.rows.iter().all(back)
        };
        for run in self.escorts.extract_if(.., |run| settled(run)) {
            out.decisions.push(Decision::EscortReport {
                order: run.id,
                name: run.escort.name.clone(),
                travel: run.travel(),
                sent: run.rows.iter().map(|row| row.sent).sum(),
                refused: run.rows.iter().map(|row| row.refused).sum(),
                recovery_cycles: run.rows.iter().filter_map(|row| row.recovery_cycles).max(),
                rows: run.rows,
            });
        }
    }

    /// Begins an escort: foretells it, and moves plans where no request is taken and there is time.
    pub(super) fn begin_escort(&mut self, now: Moment, id: u64, out: &mut Output) {
        let what = self.orders.standing.iter().find(|s| s.id == id).map(|s| s.what.clone());
        let Some(Intervention::Escort(escort)) = what else { return };
        let mut run = Run::new(id, escort);
        self.look(now, &mut run);
        for k in 0..run.rows.len() {
            let leg = run.escort.route[k];
            run.rows[k].signal.phase = self.phase(&leg);
            let at = self.setup.network.intersection(leg.intersection);
            if at.cabinet.countdown || at.cabinet.profile.stage_request.is_none() {
                self.shift(now, &mut run.rows[k]);
            }
        }
        let flows = Flows::none(&self.setup.network);
        for k in 0..run.rows.len() {
            let leg = run.escort.route[k];
            self.serve(now, leg, &mut run.rows[k], &flows);
        }
        out.decisions.push(Decision::EscortForetold { order: id, rows: run.rows.clone() });
        self.escorts.push(run);
    }

    /// Moves the offset of a plan so that its green meets the vehicle, where that can come about in time.
    fn shift(&mut self, now: Moment, row: &mut Row) {
        let Some(phase) = row.signal.phase.filter(|_| row.foretold.elapsed_since(now) >= PLANNED) else { return };
        let index = row.intersection;
        let (at, target) = (self.setup.network.intersection(index), &self.targets[index.0]);
        let view = View { at, plan: target, now, shown: (0, now) };
        let opens = row.foretold - BEFORE - Tenths::from_seconds(6);
        let turned = view.with_green_at(phase, on_step(at, opens, false));
        let Some(turned) = turned.filter(|_| self.orders.may_shift(index) && !view.green_at(phase, row.foretold))
        else {
            return;
        };
        let before = std::mem::replace(&mut self.targets[index.0], turned);
        self.orders.shift(index, before);
        self.in_step = false;
    }

    /// Puts a moved offset back.
    fn unshift(&mut self, index: IntersectionIndex) {
        if let Some(before) = self.orders.unshift(index) {
            self.targets[index.0] = before;
            self.in_step = false;
        }
    }
}

/// The time the queue that stands before the vehicle takes to clear: what comes on a lane while it is red, at saturation flow.
fn queue(view: &View<'_>, leg: &Leg, phase: PhaseIndex, flows: &Flows) -> Tenths {
    let lanes = view.at.approach(leg.from).map_or(&[][..], |approach| &approach.lanes[..]);
    let mine = lanes.iter().filter(|lane| lane.movements.has(leg.movement));
    let (count, saturation) = mine.fold((0.0, 0.0), |(n, s), lane| (n + 1.0, s + lane.saturation.per_second()));
    let flow = flows.get(leg.intersection, leg.from, leg.movement).per_second();
    if count == 0.0 || saturation <= 0.0 {
        return Tenths::ZERO;
    }
    let spare = (saturation - flow).max(0.2 * saturation);
    let clears = START_UP_S + flow * view.red(phase).seconds() / spare;
    Tenths::parse_seconds(clears.min(LONGEST_QUEUE_S)).unwrap_or_default()
}

/// What to ask of one intersection now.
fn wanted(view: &View<'_>, phase: PhaseIndex, arrival: Moment, queue: Tenths) -> Wanted {
    let now = view.now;
    let ahead = arrival.elapsed_since(now);
    let slack = Tenths::new(ahead.count() / 10);
    let (open, close) = (arrival - queue - BEFORE, arrival + AFTER + slack);
    let (shown, since) = view.shown;
    let runs = view.serves(shown, phase);
    if runs {
        let Some(last) = view.last(phase) else {
            return Wanted { late: false, ask: None, green: (since, None), progress: Progress::Green };
        };
        let end = view.ends(last);
        let begun = if last == shown { since } else { now };
        let longest = view.at.stages[view.stage(last).0].max_green;
        let programmed = end - view.plan.splits[last].green;
        let most = (end + view.gives()).min(begun + longest).min(programmed + longest);
        if end >= close {
            return Wanted { late: false, ask: None, green: (since, Some(end)), progress: Progress::Green };
        }
        if arrival + Tenths::from_seconds(1) <= most.max(end) {
            let until = on_step(view.at, close.min(most), false);
            let due = end.elapsed_since(now) <= HOLD_WITHIN && until > now && until > end && last == shown;
            let ask = due.then_some((last, StageAsk::Hold { until }));
            return Wanted { late: false, ask, green: (since, Some(until.max(end))), progress: Progress::Green };
        }
    }
    let Some((position, earliest)) = view.earliest(phase) else {
        return Wanted { late: false, ask: None, green: (since, None), progress: Progress::Green };
    };
    let begins = view.begins(position);
    // Who was put off has its programmed begin behind it.
    let programmed = if view.ends(shown) <= now && !runs { earliest } else { begins };
    let late = programmed > open;
    let green = (if late { earliest.max(open.max(now)) } else { programmed }, None);
    let due = late && earliest + Tenths::from_seconds(1) >= open;
    let still = view.ends(shown) > now + Tenths::from_seconds(1);
    let ask = (due && still).then_some((shown, StageAsk::EndEarly));
    Wanted { late, ask, green, progress: if late && due { Progress::Asked } else { Progress::Ahead } }
}
