//! Pictures and pages of what was planned and measured, as self-contained text.
//!
//! Knows: plans, their bands, the corridor. Must not know: who made a plan, files, the clock, the plant.

mod diagram;
mod frame;
mod page;
mod pair;
mod scene;
mod svg;
mod thin;
mod trace;
mod words;

pub use diagram::{Diagram, DiagramBand, Row, Show};
pub use frame::Axes;
pub use page::{Arrivals, BeforeAfter, Difference, Mark, Page, PageRow, RunChanges, SideStreet, SpeedLine};
pub use pair::{Pair, Panel};
pub use scene::{Drive, Light, Place, Queue, Scene, Side, View};

/// Text that means itself in SVG and HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
