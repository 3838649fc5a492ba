//! What the street does, told from greens and counts: when phases were green, who arrived on green, what waiting costs, how
//! fast a corridor runs, and which approach will be full soon.
//!
//! Knows: the network, the running plans and where their cycles stand, increments of loops.
//! Must not know: why plans are what they are, the plant, or anybody's truth: what no loop saw is `None`.
//!
//! ```text
//! status ─► Lamps: greens as they begin and end ───────────┐
//!                                                          ▼
//! words ─► Channel ─► increments ─► LaneQueue: arrivals at the line, queue in, queue out ─► minutes ─► Street
//! ```
//! The queue is counted in and out (input-output): upstream loops say who comes, the green says who may leave at the lane's
//! saturation flow. Both errors of such a count are bounded by loops: an upstream loop that stays covered says the queue is
//! at least that long, a stop-line loop that stays free in green says there is none.
//!
//! Deliberate deviation: the Highway Capacity Manual's queue count (exhibit 31-49) is taken by observers every 10 to 20 s;
//! here a step a second is counted, and arrivals are projected from the upstream loop at the design speed.

mod lamps;
mod minutes;
mod queue;
mod street;

pub use lamps::{Green, Seen};
pub use street::{ApproachState, CorridorState, DirectionState, LaneArrival, Street, Watch};
