//! Demand on the sample arterial for this room's tests.

use crate::corridor::{Arm, IntersectionIndex, Movement, Network};
use crate::demand::Flows;
use crate::units::VehiclesPerHour;

/// Flows on the sample arterial, consistent along it: `west` and `east` enter at the ends, `cross` on every cross approach
/// (twice that on every third), with the turning shares of `dongchang`.
pub(super) fn flows(network: &Network, west: f64, east: f64, cross: f64) -> Flows {
    let shares = |from: Arm| match from {
        Arm::W | Arm::E => [0.0, 0.08, 0.84, 0.08],
        Arm::S => [0.0, 0.16, 0.60, 0.24],
        Arm::N => [0.0, 0.24, 0.60, 0.16],
    };
    let n = network.intersections().len();
    let side = |i: usize| if i % 3 == 2 { 2.0 * cross } else { cross };
    let mut flows = Flows::none(network);
    let mut set = |i: usize, from: Arm, flow: f64| {
        for movement in Movement::ALL {
            let part = VehiclesPerHour::new(flow * shares(from)[movement as usize]).unwrap();
            flows.set(IntersectionIndex(i), from, movement, part);
        }
    };
    let (mut eastward, mut westward) = (west, east);
    for i in 0..n {
        set(i, Arm::W, eastward);
        set(i, Arm::S, side(i));
        set(i, Arm::N, side(i));
        eastward = 0.84 * eastward + side(i) * (0.24 + 0.24);
    }
    for i in (0..n).rev() {
        set(i, Arm::E, westward);
        westward = 0.84 * westward + side(i) * (0.16 + 0.16);
    }
    flows
}

/// A small deterministic stream of numbers in `0.0..1.0` (splitmix64), for random cases without a dependency.
pub(super) struct Stream(pub(super) u64);

impl Stream {
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as f64 / 18_446_744_073_709_551_616.0
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }

    pub(super) fn index(&mut self, n: usize) -> usize {
        ((self.next() * n as f64) as usize).min(n - 1)
    }
}
