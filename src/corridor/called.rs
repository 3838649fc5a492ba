//! Whether a cabinet hears enough to follow its plans by detectors.
//!
//! Knows: lanes and loops. Must not know: how detectors time a stage.

use super::model::{Arm, Detector, DetectorKind, Intersection, Lane, Movement, PhaseIndex, Serves};
use super::operation::RightTurn;

impl Intersection {
    /// Whether the cabinet can serve its stages by its detectors: a loop at the stop line or upstream on every lane that a
    /// phase serves, right turns that go on red excepted.
    pub fn is_called_everywhere(&self) -> bool {
        let heard = |from: Arm, lane: usize| self.is_heard(from, lane);
        self.approaches.iter().all(|approach| {
            let goes_on_red = |lane: &Lane| lane.movements.iter().all(|m| m == Movement::Right);
            let excepted = approach.right_turn != RightTurn::Signal;
            let mut lanes = approach.lanes.iter().enumerate();
            lanes.all(|(k, lane)| heard(approach.from, k) || (excepted && goes_on_red(lane)))
        })
    }

    /// Whether a phase is served only when somebody calls: a button for pedestrians, a loop on every lane the phase serves.
    pub fn is_called_by_somebody(&self, phase: PhaseIndex) -> bool {
        match self.phases[phase.0].serves {
            Serves::Pedestrians { on_call, .. } => on_call,
            Serves::Vehicles { from, movements } => self.approach(from).is_some_and(|approach| {
                let mut lanes = approach.lanes.iter().enumerate().filter(|(_, lane)| lane.movements.meets(movements));
                lanes.all(|(k, _)| self.is_heard(from, k))
            }),
        }
    }

    fn is_heard(&self, from: Arm, lane: usize) -> bool {
        let here = |d: &Detector| d.from == from && d.lane == lane;
        let calls = |d: &Detector| matches!(d.kind, DetectorKind::StopLine | DetectorKind::Advance);
        self.detectors.iter().any(|d| here(d) && calls(d))
    }

    /// Whether plans here may be followed by detectors: every lane is heard, and no countdown tells when greens end.
    pub fn may_be_actuated(&self) -> bool {
        self.is_called_everywhere() && !self.cabinet.countdown
    }
}
