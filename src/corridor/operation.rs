//! What an intersection can do beyond stages that begin and end together: how turns, bicycles and pedestrians are let
//! through, in which orders the stages may come, and how the cabinet runs on its own.
//!
//! Knows: the small types [`model`](super::model) is made of.
//! Must not know: the definition language, how a cabinet carries any of this out.

use super::model::{PhaseIndex, StageIndex};
use crate::units::{Metres, Offset, Tenths};
use serde::Serialize;

/// A waiting area (待行区) beyond the stop line of a lane: its vehicles may advance into it, and wait there for their own
/// green, while another phase is green.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WaitingArea {
    /// From the stop line to the far end of the area.
    pub length: Metres,
    /// While this phase is green, vehicles of the lane may advance into the area.
    pub opens_with: PhaseIndex,
}

/// How the right turns of an approach are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum RightTurn {
    /// Only while the phase that serves them is green.
    #[default]
    Signal,
    /// While their phase is green, and on red after stopping and giving way to whoever has the right of way.
    OnRed,
    /// By a free slip lane without a lamp, giving way at its end and to pedestrians who cross it; no phase serves them.
    Channelised,
}

/// A lane of bicycles and e-bikes beside the kerb lane of an approach. They ride with the approach's through phase; those
/// who turn left cross in two stages: with the through phase to the far corner, and from there with that side's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BikeLane {
    /// Width.
    pub width: Metres,
    /// Bicycles and e-bikes an hour, for the plant and for reports.
    pub bikes_per_h: f64,
    /// Which part of them are e-bikes, 0 to 1.
    pub e_bike_share: f64,
}

/// Half of a crossing with a refuge on the median, crossed in two stages; each half has a phase of its own. An arm is
/// crossed by one phase over its whole width or by two over its halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Half {
    /// From the kerb to the refuge over the lanes of traffic that enters the intersection by this arm: it meets the arm's
    /// own approach.
    Near,
    /// Over the lanes of traffic that leaves by this arm: it meets the streams of other approaches that exit here.
    Far,
}

/// Phases in NEMA's dual-ring manner. All rings cross a barrier together; between barriers each ring goes through its own
/// phases at its own pace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rings {
    /// `rings[r][g]`: the phases of ring r between barrier g and the next, in order, each once; empty where the ring rests.
    /// Every ring has as many groups; only vehicle phases stand in rings, pedestrians walk with the phases they share a
    /// stage with.
    pub rings: Vec<Vec<Vec<PhaseIndex>>>,
}

/// Which moment a cabinet's clock counts cycles and offsets from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ClockZero {
    /// 1970-01-01 00:00:00 UTC.
    UnixEpoch,
    /// The last local midnight.
    LocalMidnight,
}

/// The plan a cabinet falls back to when nobody gives it a better one: greens of its stages in order; always a sum of
/// greens and intergreens that lies in the cycle range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocalPlan {
    /// Green of each stage; under [`Operation::Actuated`] what it runs while its detectors are not believed.
    pub greens: Vec<Tenths>,
    /// Whether the cabinet asks its detectors.
    pub operation: Operation,
}

/// A plan that a cabinet has stored and runs when its number is picked; only of cabinets whose profile picks plans by number.
/// It keeps what a local plan keeps, in steps of the profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredPlan {
    /// What the cabinet calls it, from 1.
    pub number: u16,
    /// Start of green of the reference phase, after the Unix epoch modulo the cycle, like any plan's; its cycle is the sum of
    /// the splits.
    pub offset: Offset,
    /// Green of each stage.
    pub greens: Vec<Tenths>,
    /// The order in which the stages come.
    pub order: Vec<StageIndex>,
}

/// How a cabinet on its own times its stages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub enum Operation {
    /// The greens of the local plan, cycle after cycle.
    #[default]
    FixedTime,
    /// By its detectors.
    Actuated(Actuation),
}

/// Vehicle-actuated operation: a stage that is called gets at least its least green, goes on while vehicles keep coming
/// less than `passage` apart, and ends at its longest green when others wait; a stage nobody calls is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Actuation {
    /// Gap-out: a green past its minimum ends when no vehicle passes for this long.
    pub passage: Tenths,
    /// Longest green of each stage while others wait.
    pub max_greens: Vec<Tenths>,
    /// Stages served in every cycle without a call.
    pub recalls: Vec<StageIndex>,
    /// The stage that stays green while nobody calls; `None`: the one that was green last.
    pub rest: Option<StageIndex>,
}
