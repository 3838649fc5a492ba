//! Corridor definitions: the files word for word, and the network that keeps its promises.
//!
//! Knows: the definition language and the ground truth of intersections, links and corridors.
//! Must not know: plans, detectors' readings, time of day, the field or the plant. Reads no file: it is handed bytes.
//!
//! ```text
//!  bytes --toml--> tree --reader, values--> definition, layout --compile--> Network
//!                                                |
//!              signals (approaches, served, geometry, conflicts, permissive, rings, sequence, timing, actuation)
//!              road · crossing · day
//!  every step tells into Findings --> every Problem of every file at once: place, rule, mend
//! ```

mod actuation;
mod almanac;
mod approaches;
mod cabinet;
mod called;
mod city;
mod compile;
mod conditions;
mod conflicts;
mod crossing;
mod day;
mod day_plans;
mod definition;
mod device;
mod fit;
mod geometry;
mod layout;
mod line;
mod model;
mod operation;
mod permissive;
mod position;
mod probe;
mod problem;
pub mod profile;
mod reader;
mod record;
mod rings;
mod road;
mod rule;
pub mod sample;
mod schema;
mod sequence;
mod served;
mod signals;
mod timing;
mod values;

pub use almanac::{Almanac, Dates, DayPlan, ORDINARY, Special};
pub use compile::{Checked, check, load};
pub use conditions::{Conditions, LaneState, LaneUse, Lanes, Weather};
pub use device::*;
pub(crate) use geometry::turn_yields;
pub use model::*;
pub use operation::*;
pub use position::Position;
pub use problem::Problem;
pub use rule::Rule;
pub use schema::schema;
