//! What a detector said and how far it may be believed.
//!
//! Knows: counter registers, restarts, wraps; what silence, sticking and chattering look like.
//! Must not know: plans, flows, who reads. No reading is not zero: an absent or unbelievable one is `None`.

mod health;
mod reading;

pub use health::{Channel, Health, Increment};
pub use reading::{ChannelWords, Reading};
