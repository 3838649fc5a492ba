//! Replays: the same core on the plant, arm against arm, day by day.
//!
//! Knows: the plant through rig, the core, the bus; how runs are paired and compared.
//! Must not know: how results are shown (cli, report).
//!
//! ```text
//! arm, day, seed ──► rig ──► run: plant ⇄ bus ⇄ core, second by second ──► Outcome
//! outcomes, paired by day and seed ──► sim::gain ──► comparisons
//! ```

mod arms;
mod escort;
mod offsets;
mod run;
mod study;
mod train;

pub use arms::{Arm, Book};
pub use escort::{EscortPair, EscortResults, EscortSide, EscortStudy, along};
pub use run::{BusKind, Outcome, RunProblem, Shared, run_arm, run_arm_watched};
pub use study::{Results, Row, RunResult, Study, Writer, comparisons, means};
pub use train::{TrainProblem, Training, train};
