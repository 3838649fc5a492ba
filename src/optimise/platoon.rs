//! A rectangular platoon at a fixed-time signal: its delay in closed form (Gartner, Little and Gabbay, Transportation Science 9,
//! 1975, without their linearisation).
//!
//! Knows: one link in continuous time. Must not know: networks.

use super::network::Prices;
use crate::units::Circle;

/// A platoon of even flow that comes once a cycle, and the green it meets. All of it passes within a cycle, or its queue
/// has no periodic state: `flow_veh_s * cycle <= sat_veh_s * green_s`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RectangularPlatoon {
    /// The cycle.
    pub circle: Circle,
    /// Mean flow over the cycle, veh/s.
    pub flow_veh_s: f64,
    /// Length of the platoon as a share of the cycle; above 0, at most 1.
    pub length_cycles: f64,
    /// Saturation flow, veh/s.
    pub sat_veh_s: f64,
    /// Length of green, s.
    pub green_s: f64,
}

impl RectangularPlatoon {
    /// Vehicle seconds waited in a cycle, with the head arriving `after_s` after the start of green; exact.
    pub fn delay_veh_s(&self, after_s: f64) -> f64 {
        let cycle = self.circle.seconds();
        let head = self.circle.wrap(after_s);
        let length = self.length_cycles.clamp(1e-9, 1.0) * cycle;
        let rate = self.flow_veh_s * cycle / length;
        let mut turns = [0.0, self.green_s.clamp(0.0, cycle), head, self.circle.wrap(head + length), cycle];
        turns.sort_unstable_by(f64::total_cmp);
        let (mut queue, mut waited) = (0.0, 0.0);
        // Started empty, a cycle ends with its periodic queue; the second round counts.
        for _ in 0..2 {
            waited = 0.0;
            for turn in turns.windows(2) {
                let lasts = turn[1] - turn[0];
                let middle = turn[0] + lasts / 2.0;
                let arriving = if self.circle.wrap(middle - head) < length { rate } else { 0.0 };
                let growth = arriving - if middle < self.green_s { self.sat_veh_s } else { 0.0 };
                let end: f64 = queue + growth * lasts;
                if end >= 0.0 {
                    waited += lasts * (queue + end) / 2.0;
                } else {
                    // Empty before the end: a triangle.
                    waited += queue * queue / (-2.0 * growth);
                }
                queue = end.max(0.0);
            }
        }
        waited
    }

    /// Mean queue (vehicle seconds a second) for every difference of the ends' offsets on a grid of `steps` a cycle:
    /// `first_s` is when the head arrives after the start of green at difference zero.
    pub fn prices(&self, first_s: f64, steps: usize) -> Prices {
        let cycle = self.circle.seconds();
        let mean = |d: usize| self.delay_veh_s(first_s - d as f64 * cycle / steps as f64) / cycle;
        Prices::single((0..steps).map(mean).collect())
    }
}

#[cfg(test)]
#[path = "platoon_tests.rs"]
mod tests;
