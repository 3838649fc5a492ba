//! Pictures and pages of what was planned and measured, as self-contained text.
//!
//! Knows: plans, their bands, the corridor. Must not know: who made a plan, files, the clock, the plant.

mod diagram;
mod svg;

pub use diagram::{Diagram, DiagramBand, Row, Show};
