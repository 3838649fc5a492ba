//! Demand: from readings to flows by approach and movement, with their uncertainty and age.
//!
//! Knows: the network, readings, the historical profile of the mean day.
//! Must not know: who will use the flows, plans, the field or the plant.
//!
//! ```text
//! counts CSV ──► DayProfile ──────────────┐ flow of the mean day at a time
//! Reading ──► Channel (health) ──► upstream loops folded at the cycle ──► Platoons
//!         ──► Channel (health) ──► lane-group counts ──► Ratio to the mean day (Kalman) ──► Flows now, Flows ahead
//! ```

mod estimate;
mod flows;
mod platoons;
mod profile;
mod ratio;

pub use estimate::{Estimator, INTERVAL};
pub use flows::Flows;
pub use platoons::Platoon;
pub use profile::{CountsProblem, DayProfile};
