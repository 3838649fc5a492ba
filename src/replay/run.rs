//! One run: a plant, perhaps a bus and the core, from the warm-up to the last vehicle.
//!
//! Time advances only when every answer due in a second is in; the bus is given all requests of a second at once and gives
//! the answers in their order. So memory and TCP agree byte for byte (contract 14).

use super::arms::{Arm, Book};
use crate::bus::{Bus, MemoryBus, Stuck, TcpBus, TcpServer};
use crate::calendar::Calendar;
use crate::control::{Coordinator, Decision, Event, Finding, Policy, Setup};
use crate::corridor::{Corridor, Network};
use crate::demand::DayProfile;
use crate::journal::Journal;
use crate::optimise::Settings;
use crate::rig::{Camera, Film, Measures, Rig, RigProblem, Run, SceneMeasures, Ways, date_of};
use crate::safety::Limits;
use crate::transition::Bounds;
use crate::work::{carry_out, free_choices};
use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Longest time after the demand has stopped (contract 15).
const DRAIN_S: u32 = 1800;
/// Time the optimiser is given, in simulated seconds.
const WORK_S: u32 = 5;
/// Wall time after which an answer that is still out ends the run.
const GUARD: Duration = Duration::from_secs(20);

/// Which bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BusKind {
    /// Modbus TCP over loopback, on free ports.
    Tcp,
    /// Devices asked directly.
    Memory,
}

/// What can end a run.
#[derive(Debug, thiserror::Error)]
pub enum RunProblem {
    /// The plant can not be built.
    #[error(transparent)]
    Rig(#[from] RigProblem),
    /// The bus.
    #[error(transparent)]
    Bus(#[from] Stuck),
    /// A socket.
    #[error("no loopback socket for an emulated cabinet: {0}")]
    Socket(#[from] std::io::Error),
    /// The file of vehicles' ways.
    #[error("the trajectories can not be written: {0}")]
    Ways(std::io::Error),
}

/// What a run gave.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What the plant measured.
    pub measures: Measures,
    /// What the core decided; empty without a core.
    pub journal: Journal,
    /// What the monitors saw; any is a failed run.
    pub violations: usize,
    /// Joint changes that were activated.
    pub changes: usize,
    /// What the plant tells of those known by name.
    pub scene: Option<SceneMeasures>,
}

/// What all runs of a study share.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The checked definitions.
    pub network: Arc<Network>,
    /// Flows of the mean day.
    pub profile: DayProfile,
    /// The arms' plans.
    pub book: Book,
    /// The optimiser's settings.
    pub settings: Settings,
    /// When a change pays.
    pub policy: Policy,
}

/// A stretch of a run that is filmed; the run ends with it.
#[derive(Debug)]
struct Watch {
    camera: Camera,
    from_s: u32,
    to_s: u32,
}

/// Who looks on: a film, which ends its run, somebody at the centre, and a writer of vehicles' ways.
type Eyes<'a> = (Option<&'a Watch>, &'a mut dyn Beside, Option<Ways>);

impl Watch {
    fn look(&self, rig: &Rig, second: u32) {
        if second == self.from_s {
            self.camera.start(rig);
        }
    }
}

/// Films one corridor in a run of one arm, from one second of the day to another: the same run as [`run_arm`]'s up to there.
///
/// # Errors
/// As [`run_arm`].
pub(super) fn film(
    shared: &Shared,
    arm: Arm,
    run: &Run<'_>,
    corridor: &Corridor,
    (from_s, to_s): (u32, u32),
) -> Result<Film, RunProblem> {
    let camera = Camera::on(&shared.network, corridor)?;
    let watch = Watch { camera, from_s: from_s.max(run.start_s + 1), to_s };
    let today = Calendar::new(&shared.network).periods_on(date_of(run.day));
    let rig = Rig::new(&shared.network, &shared.book.own(&shared.network, arm, run.seed, today), run)?;
    // results do not depend on the bus, so the quick one does
    drive(shared, arm, rig.clone(), run, BusKind::Memory, (Some(&watch), &mut Nobody, None))?;
    Ok(watch.camera.develop(&rig, f64::from(watch.from_s), f64::from(to_s)))
}

/// Runs one arm on one day with one seed.
///
/// # Errors
/// When the plant can not be built or the bus gets stuck; a cabinet's silence is no error.
pub fn run_arm(shared: &Shared, arm: Arm, run: &Run<'_>, bus: BusKind) -> Result<Outcome, RunProblem> {
    run_arm_watched(shared, arm, run, bus, None)
}

/// The same run, and vehicles' ways written while it goes.
///
/// # Errors
/// As [`run_arm`], and when they can not be written.
pub fn run_arm_watched(
    shared: &Shared,
    arm: Arm,
    run: &Run<'_>,
    bus: BusKind,
    ways: Option<Ways>,
) -> Result<Outcome, RunProblem> {
    let today = Calendar::new(&shared.network).periods_on(date_of(run.day));
    let rig = Rig::new(&shared.network, &shared.book.own(&shared.network, arm, run.seed, today), run)?;
    rig.meter_fuel();
    drive(shared, arm, rig, run, bus, (None, &mut Nobody, ways))
}

/// Somebody at the centre during a run: what he orders, and what he sees decided.
pub(super) trait Beside {
    /// Orders of a second, given before the core's step.
    fn events(&mut self, rig: &Rig, second: u32) -> Vec<Event>;
    /// What was decided in it.
    fn decided(&mut self, decisions: &[Decision]);
}

/// Nobody.
struct Nobody;

impl Beside for Nobody {
    fn events(&mut self, _: &Rig, _: u32) -> Vec<Event> {
        Vec::new()
    }

    fn decided(&mut self, _: &[Decision]) {}
}

/// As [`run_arm`], with somebody at the centre.
///
/// # Errors
/// As [`run_arm`].
pub(super) fn run_beside(
    shared: &Shared,
    arm: Arm,
    run: &Run<'_>,
    bus: BusKind,
    beside: &mut dyn Beside,
) -> Result<Outcome, RunProblem> {
    let today = Calendar::new(&shared.network).periods_on(date_of(run.day));
    let rig = Rig::new(&shared.network, &shared.book.own(&shared.network, arm, run.seed, today), run)?;
    drive(shared, arm, rig, run, bus, (None, beside, None))
}

fn drive(
    shared: &Shared,
    arm: Arm,
    rig: Rig,
    run: &Run<'_>,
    bus: BusKind,
    eyes: Eyes<'_>,
) -> Result<Outcome, RunProblem> {
    let mut shared = Cow::Borrowed(shared);
    match arm {
        Arm::Greenwave => {}
        Arm::GreenwaveMeasured => shared.to_mut().settings.model.measured_platoons = true,
        _ => return alone(rig, run, eyes),
    }
    let shared = &*shared;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match bus {
            BusKind::Memory => with_core(shared, rig.clone(), run, eyes, MemoryBus::new(rig.devices())).await,
            BusKind::Tcp => {
                let mut servers = Vec::new();
                let mut cabinets = Vec::new();
                for (device, unit) in rig.devices() {
                    let server = TcpServer::serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), device).await?;
                    cabinets.push((server.address(), unit));
                    servers.push(server);
                }
                with_core(shared, rig, run, eyes, TcpBus::guarded(cabinets, GUARD)).await
            }
        }
    })
}

/// Cabinets on their own plans.
fn alone(rig: Rig, run: &Run<'_>, (watch, _, mut ways): Eyes<'_>) -> Result<Outcome, RunProblem> {
    let mut second = run.start_s;
    let mut violations = 0;
    // a film begins at any second
    let step = if watch.is_some() { 1 } else { 60 };
    while !over(&rig, run, second, watch) {
        let before = second;
        second += step;
        if let Some(ways) = &mut ways {
            for second in before + 1..=second {
                rig.advance_to(second);
                ways.look(&rig, second).map_err(RunProblem::Ways)?;
            }
        }
        rig.advance_to(second);
        watch.iter().for_each(|w| w.look(&rig, second));
        violations += rig.violations().len();
    }
    ways.map_or(Ok(()), Ways::finish).map_err(RunProblem::Ways)?;
    let scene = rig.scene();
    Ok(Outcome { measures: rig.finish(), journal: Journal::default(), violations, changes: 0, scene })
}

fn over(rig: &Rig, run: &Run<'_>, second: u32, watch: Option<&Watch>) -> bool {
    if let Some(watch) = watch {
        return second > watch.to_s;
    }
    second >= run.to_s && (rig.idle() || second >= run.to_s + DRAIN_S)
}

/// The closed loop: counts in, plans out, second by second.
async fn with_core(
    shared: &Shared,
    rig: Rig,
    run: &Run<'_>,
    (watch, beside, mut ways): Eyes<'_>,
    mut bus: impl Bus,
) -> Result<Outcome, RunProblem> {
    let calendar = Calendar::new(&shared.network);
    let setup = Setup {
        network: shared.network.clone(),
        profile: shared.profile.clone(),
        day_plans: shared.book.fixed.periods().to_vec(),
        operation: shared.book.fixed.operations().collect(),
        free: free_choices(&shared.network, &shared.profile, &shared.book.fixed, &shared.settings),
        limits: Limits::default(),
        bounds: Bounds::default(),
        policy: shared.policy,
        armed: true,
    };
    let mut core = Coordinator::new(setup, rig.moment(run.start_s));
    let mut journal = Journal::default();
    let mut events: Vec<Event> = Vec::new();
    let mut found: Option<(u32, Finding)> = None;
    let (mut second, mut violations) = (run.start_s, 0);
    while !over(&rig, run, second, watch) {
        rig.advance_to(second);
        watch.iter().for_each(|w| w.look(&rig, second));
        if let Some(ways) = &mut ways {
            ways.look(&rig, second).map_err(RunProblem::Ways)?;
        }
        let now = rig.moment(second);
        if let Some((_, finding)) = found.take_if(|(due, _)| *due <= second) {
            events.push(Event::Found(finding));
        }
        events.extend(beside.events(&rig, second));
        let out = core.step(now, &events);
        beside.decided(&out.decisions);
        journal.add(&calendar, now, &out.decisions);
        if let Some(work) = &out.work {
            found = Some((second + WORK_S, carry_out(&shared.network, work, &shared.settings, &|| false)));
        }
        let answers = bus.exchange(&out.requests).await?;
        events.clear();
        events.extend(out.requests.iter().zip(answers).map(|(request, answer)| Event::Answer {
            cabinet: request.cabinet(),
            ask: request.ask(),
            answer,
        }));
        violations += rig.violations().len();
        second += 1;
    }
    ways.map_or(Ok(()), Ways::finish).map_err(RunProblem::Ways)?;
    let changes = core.changes();
    let scene = rig.scene();
    Ok(Outcome { measures: rig.finish(), journal, violations, changes, scene })
}
