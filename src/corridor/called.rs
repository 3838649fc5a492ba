//! Whether a cabinet hears enough to follow its plans by detectors.
//!
//! Knows: lanes and loops. Must not know: how detectors time a stage.

use super::model::{Arm, Detector, DetectorKind, Intersection, Lane, Movement};
use super::operation::RightTurn;

impl Intersection {
    /// Whether the cabinet can serve its stages by its detectors: a loop at the stop line or upstream on every lane that a
    /// phase serves, right turns that go on red excepted.
    pub fn is_called_everywhere(&self) -> bool {
        let heard = |from: Arm, lane: usize| {
            let here = |d: &Detector| d.from == from && d.lane == lane;
            let calls = |d: &Detector| matches!(d.kind, DetectorKind::StopLine | DetectorKind::Advance);
            self.detectors.iter().any(|d| here(d) && calls(d))
        };
        self.approaches.iter().all(|approach| {
            let goes_on_red = |lane: &Lane| lane.movements.iter().all(|m| m == Movement::Right);
            let excepted = approach.right_turn != RightTurn::Signal;
            let mut lanes = approach.lanes.iter().enumerate();
            lanes.all(|(k, lane)| heard(approach.from, k) || (excepted && goes_on_red(lane)))
        })
    }

    /// Whether plans here may be followed by detectors: every lane is heard, and no countdown tells when greens end.
    pub fn may_be_actuated(&self) -> bool {
        self.is_called_everywhere() && !self.cabinet.countdown
    }
}
