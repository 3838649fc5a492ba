//! Plans as immutable data, and the geometry they imply.
//!
//! Knows: the corridor model and the circle.
//! Must not know: who made a plan, whether it is safe, or how it travels.

mod book;
pub mod band;
mod timing;

pub use book::{DayPlans, NoBook};
pub use timing::{Plan, Split};
