//! What the loop shows after each step, and whom it shows it to.

use crate::control::{Coordinator, Decision, Event, Finding, Mode, Run, Setup};
use crate::corridor::{Intersection, IntersectionIndex, Network, StageIndex};
use crate::detection::Reading;
use crate::field::{Link, RunningPlan, Session, Status};
use crate::plan::Plan;
use crate::units::{Moment, Shift};
use crate::watch::{Green, LaneArrival, Seen, Street, Watch};
use std::sync::Arc;
use std::time::Duration;

/// Steps between two sums over the whole street: they are means over minutes.
const STREET_EVERY: u64 = 5;

/// Who looks at the loop and tells it what people want. Neither call may wait: they are part of the step.
pub trait Desk {
    /// A step is complete. `false` where nobody looks any more.
    fn show(&mut self, picture: Picture) -> bool;
    /// What people want since the last time.
    fn orders(&mut self) -> Vec<Event>;
    /// Other definitions to go by from now on, if there are some. Asked for where nothing is under way only.
    fn replacement(&mut self) -> Option<Box<Setup>>;
}

/// One cabinet as the loop knows it.
#[derive(Debug, Clone)]
pub struct CabinetState {
    /// Whether it answers.
    pub link: Link,
    /// What it said last.
    pub status: Option<Status>,
    /// The plan that runs.
    pub running: Option<RunningPlan>,
    /// How much later than by its plan the running cycle started, by the cabinet's clock.
    pub offset_error: Option<Shift>,
    /// Start of a cycle, by our clock.
    pub cycle_start: Option<Moment>,
    /// Its clock less ours.
    pub clock_off: Shift,
    /// What its clock gains, parts in a million.
    pub clock_ppm: Option<i64>,
    /// Time its last answer took.
    pub answered_in: Option<Duration>,
    /// Whether it runs the core's target.
    pub on_target: bool,
}

/// The loop after a step.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The definitions the loop goes by.
    pub network: Arc<Network>,
    /// Steps completed.
    pub step: u64,
    /// The step's time.
    pub at: Moment,
    /// Seconds of the loop a second of the machine's.
    pub scale: u32,
    /// Whether anything is written.
    pub armed: bool,
    /// What the core does.
    pub mode: Mode,
    /// Joint changes carried through.
    pub changes: usize,
    /// Cabinets in network order.
    pub cabinets: Vec<CabinetState>,
    /// Plans aimed at, in network order.
    pub targets: Vec<Plan>,
    /// Escorts under way, and those whose signals are finding back.
    pub escorts: Vec<Run>,
    /// What the street does.
    pub street: Arc<Street>,
    /// Greens that ended in this step.
    pub greens: Vec<Green>,
    /// Vehicles that came to stop lines in this step.
    pub arrivals: Vec<LaneArrival>,
    /// What loops said in this step.
    pub readings: Vec<(IntersectionIndex, Reading)>,
    /// What was decided in this step.
    pub decisions: Vec<Decision>,
    /// Candidates that were weighed in this step.
    pub finding: Option<Finding>,
    /// Lines of the journal of this step.
    pub journal: Vec<String>,
    /// Steps that came too late since the start.
    pub missed: u64,
}

/// Makes pictures.
pub(super) struct Painter {
    watch: Watch,
    street: Arc<Street>,
    answered: Vec<Option<Duration>>,
}

/// What a step adds to the picture beside the core's state.
pub(super) struct Step {
    pub(super) number: u64,
    pub(super) at: Moment,
    pub(super) scale: u32,
    pub(super) armed: bool,
    pub(super) missed: u64,
    pub(super) readings: Vec<(IntersectionIndex, Reading)>,
    pub(super) decisions: Vec<Decision>,
    pub(super) finding: Option<Finding>,
    pub(super) journal: Vec<String>,
}

impl Painter {
    pub(super) fn new(network: &Arc<Network>) -> Painter {
        let answered = vec![None; network.intersections().len()];
        Painter { watch: Watch::new(network.clone()), street: Arc::default(), answered }
    }

    /// How long cabinets took to answer, by index.
    pub(super) fn answered(&mut self, times: &[(usize, Duration)]) {
        for &(index, took) in times {
            if let Some(place) = self.answered.get_mut(index) {
                *place = Some(took);
            }
        }
    }

    /// The picture of a step.
    pub(super) fn paint(&mut self, network: &Arc<Network>, core: &Coordinator, step: Step) -> Picture {
        step.readings.iter().for_each(|(at, reading)| self.watch.hear(*at, reading));
        let sessions = core.sessions();
        let starts: Vec<Option<Moment>> = sessions.iter().map(cycle_start).collect();
        let seen: Vec<Option<Seen<'_>>> = sessions.iter().zip(&starts).map(|(s, start)| seen(s, *start)).collect();
        let (greens, arrivals) = self.watch.see(step.at, &seen);
        if step.number.is_multiple_of(STREET_EVERY) {
            self.street = Arc::new(self.watch.street());
        }
        let all =
            network.intersections().iter().zip(sessions).zip(core.targets()).zip(starts.iter().zip(&self.answered));
        let cabinets = all.map(|(((at, session), target), (start, answered))| CabinetState {
            link: session.link(),
            status: session.status().cloned(),
            running: session.running().cloned(),
            offset_error: late(session, at),
            cycle_start: *start,
            clock_off: session.clock_off(),
            clock_ppm: session.clock_ppm(),
            answered_in: *answered,
            on_target: session.running().is_some_and(|r| r.plan == *target),
        });
        Picture {
            network: network.clone(),
            step: step.number,
            at: step.at,
            scale: step.scale,
            armed: step.armed,
            mode: core.mode(),
            changes: core.changes(),
            cabinets: cabinets.collect(),
            targets: core.targets().to_vec(),
            escorts: core.escorts().cloned().collect(),
            street: self.street.clone(),
            greens,
            arrivals,
            readings: step.readings,
            decisions: step.decisions,
            finding: step.finding,
            journal: step.journal,
            missed: step.missed,
        }
    }
}

/// Start of a cycle by our clock.
fn cycle_start(session: &Session) -> Option<Moment> {
    let status = session.status()?;
    Some(if status.clock.is_some() { status.cycle_start + -session.clock_off() } else { status.cycle_start })
}

fn seen(session: &Session, start: Option<Moment>) -> Option<Seen<'_>> {
    if session.link() != Link::Up {
        return None;
    }
    let (status, running) = (session.status()?, session.running()?);
    Some(Seen {
        plan: &running.plan,
        cycle_start: start?,
        stage: status.stage.checked_sub(1).map(|s| StageIndex(usize::from(s))),
        by_stage: status.stage != 0 && (status.request != 0 || !running.plan.operation.is_fixed_time()),
    })
}

/// How much later than its plan says the running cycle started.
pub(super) fn late(session: &Session, at: &Intersection) -> Option<Shift> {
    let (status, running) = (session.status()?, session.running()?);
    let position = running.plan.cycle_start(at).position(status.cycle_start);
    Some(running.plan.cycle.shorter_way(position.later()))
}
