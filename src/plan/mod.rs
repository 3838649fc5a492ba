//! Plans as immutable data, and the geometry they imply.
//!
//! Knows: the corridor model and the circle.
//! Must not know: who made a plan, whether it is safe, or how it travels.

pub mod band;
mod book;
mod timing;

pub use book::{DayPlans, NoBook};
pub use timing::{Operation, Plan, Split};
