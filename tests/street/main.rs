//! The street under stress: whatever fails, the monitors see nothing, no cabinet runs a mixture, and order comes back.
//!
//! `push`: joint changes, and what may happen to a cabinet in the midst of one. `restart`: another core takes over. `care`: clocks,
//! people, detectors, beginning and end of control. `makes`: controllers of several makes, one of each shipped profile. `orders`: stages in
//! other orders, and an intersection at half the cycle of its neighbours. `interventions`: orders of people. `escorts`: waves before single vehicles.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

mod care;
mod escorts;
mod free;
mod interventions;
#[path = "../kit/street.rs"]
mod kit;
mod makes;
#[path = "../kit/orders.rs"]
mod ordered;
mod orders;
mod push;
mod restart;

/// The intersections' ids, in order.
const IDS: [&str; 3] = ["t1", "t2", "t3"];
