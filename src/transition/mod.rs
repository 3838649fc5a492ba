//! The way from the plan that runs to the plan that is wanted: one bounded step at a time.
//!
//! Knows: plans and the intersection's minima, maxima and cycle range.
//! Must not know: why the target is wanted, how a step travels, or whether it is safe (safety judges every step).
//!
//! A step is a whole plan with a cycle somewhat longer or shorter than the target's. Because plans change at a cycle start
//! only, and a step begins exactly where the running cycle ends, running it for k cycles moves the intersection by k times
//! the difference, and the last cycle ends where a cycle of the target begins:
//!
//! ```text
//! running ──|──C──|──C──|─ C+x ─|─ C+x ─|──C──|──C──   target's cycle starts
//!                 ^ activation          ^ in step with the target
//! ```

mod rotate;
mod step;
mod stretch;

pub use rotate::{rotation, same_wave, turned_like};
pub use step::{Bounds, Step, step};
pub use stretch::stretch;
