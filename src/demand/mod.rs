//! Demand: from readings to flows by approach and movement, with their uncertainty and age.
//!
//! Knows: the network, readings, the historical profile of the mean day.
//! Must not know: who will use the flows, plans, the field or the plant.

mod flows;

pub use flows::Flows;
