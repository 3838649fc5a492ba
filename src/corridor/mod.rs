//! Corridor definitions: the file word for word, and the network that keeps its promises.
//!
//! Knows: the definition language and the ground truth of intersections, links and corridors.
//! Must not know: plans, detectors' readings, time of day, the field or the plant.
//!
//! ```text
//! *.toml --definition--> Definition --compile--> Network        (or every Problem at once: place, rule, mend)
//! ```

mod model;
pub mod sample;

pub use model::*;
