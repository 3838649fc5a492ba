//! What actuated operation is told: which loop calls whom, gaps, maxima, recalls.
//!
//! Knows: plain data. Must not know: what is green, what time it is. Terms as in NEMA TS 2-2003 section 3.5 (phase timing),
//! NTCIP 1202 v03 (`phaseTable`, `vehicleDetectorTable`) and FHWA Signal Timing Manual, 2nd ed. (NCHRP Report 812), chapters 5 and 6.

use super::spec::Tenths;

/// How one channel acts on one phase; a channel may have several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Detector channel, from 0.
    pub channel: usize,
    /// Phase index.
    pub phase: usize,
    /// `Some`: what is on the loop calls the phase while it is not green. NTCIP 1202 `vehicleDetectorOptions` call.
    pub call: Option<Memory>,
    /// `Some`: what is on the loop keeps the green; it counts as being there this much longer, 0.1 s, before the passage time
    /// begins. NTCIP 1202 `vehicleDetectorExtend`.
    pub stretch: Option<Tenths>,
}

/// Whether a call outlives the vehicle on the loop. NTCIP 1202 `phaseOptions` non-locking memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// Gone when the loop is free again: for stop-line loops, on which whoever waits stands.
    NonLocking,
    /// Kept until the phase is green: for loops that vehicles pass.
    Locking,
}

/// How a plan runs when it is actuated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actuation {
    /// Gap-out: a green past its minimum ends when every lane of the phases that end has been free for this long, 0.1 s.
    /// FHWA STM: 2 to 4 s with presence loops of that length; the maximum allowable headway less the time over the loop.
    pub passage: Tenths,
    /// Longest green of each stage after the first opposing call, 0.1 s; coordination uses force-offs instead (maximum
    /// inhibit). A phase of a ring takes the sum over the stages it runs through.
    pub max_greens: Vec<Tenths>,
    /// Stages served in turn without a call (minimum recall).
    pub recalls: Vec<usize>,
    /// Stage that is gone to when nobody calls; `None`: whatever is green stays.
    pub rest: Option<usize>,
}

impl Actuation {
    /// Whether it speaks of so many stages.
    pub(super) fn fits(&self, stages: usize) -> bool {
        self.max_greens.len() == stages && self.recalls.iter().chain(&self.rest).all(|&k| k < stages)
    }
}
