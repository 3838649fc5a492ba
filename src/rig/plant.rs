//! A plant set up for one run, shared between whoever drives its time and whoever asks its cabinets.

use super::days::Demand;
use super::layout::registers;
use super::translate::{self, LocalEntry, Translated};
use crate::bus::{Device, SharedDevice};
use crate::corridor::profile::RegisterTable;
use crate::corridor::{Intersection, IntersectionIndex, Network, Operation, Serves};
use crate::units::{Date, Moment};
use greenwave_sim::cabinet::{Cabinet, Mode, SpecError};
use greenwave_sim::counts::CountsError;
use greenwave_sim::emergency::Underway;
use greenwave_sim::measure::{Measures, Window};
use greenwave_sim::monitor::{MonitorSpec, Violation, WatchedPhase};
use greenwave_sim::scene::SceneMeasures;
use greenwave_sim::street::StreetError;
use greenwave_sim::world::{Installation, World};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Local midnight of day 0 of all runs: Monday 2026-03-02. The day of seed n is n days later, so that clock zeros differ.
const DAY_ZERO: i64 = 20_514;
/// A phase without green for this long is reported as starved: two of the longest cycles in use and more.
const STARVED_S: i64 = 600;
/// The same of vehicles where the centre may ask for operation by detectors: whom nobody calls is left out.
const UNCALLED_S: i64 = 3600;

/// The date of a run's day, for definitions whose plans depend on it.
pub fn date_of(day: u64) -> Date {
    Date::from_days(DAY_ZERO + (day % 10_000) as i64)
}

/// What a plant can not be built from.
#[derive(Debug, thiserror::Error)]
pub enum RigProblem {
    /// The geometry.
    #[error("the plant can not build this street: {0}")]
    Street(#[from] StreetError),
    /// A cabinet.
    #[error("the plant can not install this cabinet: {0}")]
    Cabinet(#[from] SpecError),
    /// The counts.
    #[error("the plant can not draw these days: {0}")]
    Counts(#[from] CountsError),
    /// What is to happen besides.
    #[error("the plant can not have this happen:\n{0}")]
    Scene(String),
    /// The lanes where people drive otherwise.
    #[error("nobody can drive on these lanes as the scenario says:\n{0}")]
    Driving(String),
    /// The trips.
    #[error("these are no trips of this street:\n{0}")]
    Trips(String),
    /// The kind of day.
    #[error("{1} has no day {0}; its kinds: {2}")]
    NoSuchDay(String, String, String),
}

/// One run: whose traffic, when.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The day's demand.
    pub demand: &'a Demand,
    /// Day number, which decides the date.
    pub day: u64,
    /// Seed of arrivals and drivers.
    pub seed: u64,
    /// Second of the day at which the run starts, before anything is measured.
    pub start_s: u32,
    /// From here it is measured.
    pub from_s: u32,
    /// Until here demand comes.
    pub to_s: u32,
}

/// A plant in operation.
#[derive(Clone)]
pub struct Rig {
    world: Arc<Mutex<World>>,
    midnight: i64,
    units: Vec<u8>,
}

impl Rig {
    /// Builds the plant of a network; `own` gives each cabinet's own day plan (empty = the definition's local plan).
    ///
    /// # Errors
    /// When the plant refuses the street or a cabinet.
    pub fn new(network: &Network, own: &[Vec<LocalEntry>], run: &Run<'_>) -> Result<Rig, RigProblem> {
        let translated = translate::street(network)?;
        let scene = run.demand.staged(network, &translated)?;
        let street = Arc::new(run.demand.driven(network, &translated)?);
        let (start_s, to_s) = (f64::from(run.start_s), f64::from(run.to_s));
        let coming = run.demand.coming(network, &translated, &street, (run.seed, start_s, to_s))?;
        let window = Window { start_s, from_s: f64::from(run.from_s), to_s };
        let midnight = ((DAY_ZERO + (run.day % 10_000) as i64) * 86_400 - i64::from(network.utc_offset_s())) * 10;
        let installations = installations(network, own, &translated, Moment::new(midnight));
        let mut world = World::new(street, coming, run.seed, window, installations, midnight)?;
        world.stage(scene.within(start_s, to_s));
        let units = network.intersections().iter().map(|i| i.cabinet.unit).collect();
        Ok(Rig { world: Arc::new(Mutex::new(world)), midnight, units })
    }

    fn world(&self) -> MutexGuard<'_, World> {
        // Whoever panicked while holding the plant has ended the run already.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the plant that only this room may.
    pub(super) fn with_world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.world())
    }

    /// The core's moment of a second of the day.
    pub fn moment(&self, second_of_day: u32) -> Moment {
        Moment::new(self.midnight + i64::from(second_of_day) * 10)
    }

    /// Drives on to a second of the day.
    pub fn advance_to(&self, second_of_day: u32) {
        self.world().advance_to(f64::from(second_of_day));
    }

    /// Drives on to a time of the day in seconds; the plant goes in steps of half a second.
    pub(super) fn advance_to_time(&self, second_of_day: f64) {
        self.world().advance_to(second_of_day);
    }

    /// Vehicles on the road, and what each cabinet is doing.
    pub(super) fn look(&self) -> (usize, Vec<Mode>) {
        let world = self.world();
        (world.traffic().on_road(), world.cabinets().iter().map(Cabinet::mode).collect())
    }

    /// Whether everybody has arrived.
    pub fn idle(&self) -> bool {
        self.world().idle()
    }

    /// The cabinets as devices, in network order, each with its unit id.
    pub fn devices(&self) -> Vec<(SharedDevice, u8)> {
        let device = |(cabinet, &unit): (usize, &u8)| {
            let port: SharedDevice = Arc::new(Port { world: self.world.clone(), cabinet, unit });
            (port, unit)
        };
        self.units.iter().enumerate().map(device).collect()
    }

    /// The cabinets' faults.
    pub fn faults(&self) -> Faults<'_> {
        Faults(self)
    }

    /// What the conflict monitors have seen since they were last asked.
    pub fn violations(&self) -> Vec<(IntersectionIndex, Violation)> {
        self.world().violations().into_iter().map(|(k, v)| (IntersectionIndex(k), v)).collect()
    }

    /// Looks at a cabinet.
    pub fn cabinet<T>(&self, index: IntersectionIndex, look: impl FnOnce(&Cabinet) -> T) -> T {
        look(&self.world().cabinets()[index.0])
    }

    /// Meters fuel, from before the first step.
    pub fn meter_fuel(&self) {
        self.world().traffic_mut().meter_fuel();
    }

    /// The emergency vehicles of the run, in the order they were sent: what each has passed, and where it is now.
    pub fn emergencies(&self) -> Vec<Underway> {
        self.world().traffic().emergencies().to_vec()
    }

    /// What is to be told of those known by name; `None` when there are none.
    pub fn scene(&self) -> Option<SceneMeasures> {
        self.world().traffic().scene_measures()
    }

    /// Ends the run.
    pub fn finish(self) -> Measures {
        self.world().clone().finish()
    }
}

/// Faults of cabinets, for tests and emulation.
pub struct Faults<'a>(&'a Rig);

impl Faults<'_> {
    /// Does something to a cabinet that a centre can not.
    pub fn at<T>(&self, index: IntersectionIndex, harm: impl FnOnce(&mut Cabinet) -> T) -> T {
        harm(self.0.world().cabinet_mut(index.0))
    }
}

fn installations(
    network: &Network,
    own: &[Vec<LocalEntry>],
    street: &Translated,
    midnight: Moment,
) -> Vec<Installation> {
    let none = Vec::new();
    network
        .intersections()
        .iter()
        .enumerate()
        .map(|(index, at)| Installation {
            cabinet: translate::cabinet(network, at, own.get(index).unwrap_or(&none), midnight),
            monitor: monitor(at, own.get(index).unwrap_or(&none)),
            channels: street.channels[index].clone(),
        })
        .collect()
}

/// What the conflict monitor of an intersection watches.
pub(super) fn monitor(at: &Intersection, own: &[LocalEntry]) -> MonitorSpec {
    let row = |row: &Vec<crate::units::Tenths>| row.iter().map(|t| i64::from(t.count())).collect();
    MonitorSpec {
        phases: at.phases.iter().map(|p| watched(p, patience(at, own))).collect(),
        conflicts: at.conflicts.clone(),
        intergreens: at.intergreens.iter().map(row).collect(),
    }
}

/// How long a phase may go without green that is served by call: for ever where the cabinet's own plans do so, long where the
/// centre may let it run free.
fn patience(at: &Intersection, own: &[LocalEntry]) -> Option<i64> {
    let installed = own.is_empty() && matches!(at.local_plan.operation, Operation::Actuated(_));
    if installed || own.iter().any(|entry| entry.actuation.is_some()) {
        return None;
    }
    Some(if at.may_be_actuated() { UNCALLED_S } else { STARVED_S })
}

fn watched(phase: &crate::corridor::Phase, patience: Option<i64>) -> WatchedPhase {
    // Whom nobody calls is left out and not starved; pedestrians without a button are never left out.
    let always = matches!(phase.serves, Serves::Pedestrians { on_call: false, .. });
    let tenths = |t: crate::units::Tenths| i64::from(t.count());
    WatchedPhase {
        pedestrian: match phase.serves {
            Serves::Vehicles { .. } => None,
            Serves::Pedestrians { walk, clearance, .. } => Some((tenths(walk), tenths(clearance))),
        },
        min_green: tenths(phase.min_green),
        yellow: tenths(phase.yellow),
        starved_after: if always { Some(STARVED_S * 10) } else { patience.map(|s| s * 10) },
    }
}

/// One cabinet's Modbus port.
struct Port {
    world: Arc<Mutex<World>>,
    cabinet: usize,
    unit: u8,
}

/// Gateway target device failed to respond: no such unit behind this port.
const NO_SUCH_UNIT: u8 = 11;

impl Port {
    fn world(&self, unit: u8) -> Result<MutexGuard<'_, World>, u8> {
        if unit == self.unit {
            Ok(self.world.lock().unwrap_or_else(PoisonError::into_inner))
        } else {
            Err(NO_SUCH_UNIT)
        }
    }
}

impl Device for Port {
    fn read(&self, unit: u8, table: RegisterTable, address: u16, count: u16) -> Result<Vec<u16>, u8> {
        self.world(unit)?.read(self.cabinet, registers(table), address, count).map_err(|e| e as u8)
    }

    fn write(&self, unit: u8, address: u16, words: &[u16]) -> Result<(), u8> {
        self.world(unit)?.write(self.cabinet, address, words).map_err(|e| e as u8)
    }
}
