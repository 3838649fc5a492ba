//! Plant, cabinets and a bus tied together: the only room that names the simulator crate.
//!
//! Knows: both sides' words. `translate` is the one place where tenths and registers meet metres and lamps.
//! Must not know: the control loop, arms, reports.

mod cabinets;
mod camera;
mod days;
mod emulate;
mod fault;
mod give_way;
mod layout;
mod plant;
mod siren;
mod translate;
mod ways;

pub use cabinets::Cabinets;
pub use camera::{Approach, Camera, Film, Shows, Standing, Track};
pub use days::{DayKind, DayName, Demand, Scenario, ScenarioProblem};
pub use emulate::{EmulateProblem, Faulty, Glance, Pace, Told, emulate};
pub use fault::{CabinetFault, Fault, FaultText, Injection, Injector, Notice, Target, fault_kinds};
pub use greenwave_sim::bus::BusMeasure;
pub use greenwave_sim::emergency::{EmergencyMeasure, Underway};
pub use greenwave_sim::gain;
pub use greenwave_sim::measure::{ApproachMeasure, Measures, WayMeasure};
pub use greenwave_sim::progression::ProgressionMeasure;
pub use greenwave_sim::scene::{Scene, SceneMeasures};
pub use greenwave_sim::series::WaySeries;
pub use plant::{Faults, Rig, RigProblem, Run, date_of};
pub use siren::{SIREN_SPEED, Whereabouts, siren};
pub use translate::LocalEntry;
pub(crate) use translate::PASSAGE;
pub use ways::{Ways, WaysForm};
