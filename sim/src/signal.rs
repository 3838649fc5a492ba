//! What a signal head shows, as road users see it.
//!
//! Knows: the five pictures a head can show. Must not know: plans, stages, registers, who decides.

/// The picture of one signal group in one step.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lamp {
    /// Stop. For pedestrians: do not start.
    #[default]
    Red = 0,
    /// Stop if you comfortably can. For a pedestrian group: flashing clearance, do not start, finish.
    Yellow = 1,
    /// Go. For a pedestrian group: walk.
    Green = 2,
    /// No light at all: drivers treat the intersection as a yield from every side.
    Dark = 3,
    /// Flashing yellow: as dark.
    YellowFlash = 4,
}
