//! Flows by intersection, approach and movement: the one currency between counting and optimising.

use crate::corridor::{Arm, IntersectionIndex, Movement, Network};
use crate::units::VehiclesPerHour;
use serde::Serialize;

/// Vehicles an hour that want to pass, for every movement of every approach of a network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flows {
    /// `[intersection][arm N E S W][movement U L T R]`.
    table: Vec<[[VehiclesPerHour; 4]; 4]>,
}

impl Flows {
    /// No traffic anywhere.
    pub fn none(network: &Network) -> Flows {
        Flows { table: vec![[[VehiclesPerHour::ZERO; 4]; 4]; network.intersections().len()] }
    }

    /// The flow of a movement.
    pub fn get(&self, at: IntersectionIndex, from: Arm, movement: Movement) -> VehiclesPerHour {
        self.table[at.0][from as usize][movement as usize]
    }

    /// Sets the flow of a movement.
    pub fn set(&mut self, at: IntersectionIndex, from: Arm, movement: Movement, flow: VehiclesPerHour) {
        self.table[at.0][from as usize][movement as usize] = flow;
    }

    /// The flow of an approach: the sum of its movements.
    pub fn approach(&self, at: IntersectionIndex, from: Arm) -> f64 {
        self.table[at.0][from as usize].iter().map(|f| f.get()).sum()
    }
}

impl Flows {
    /// Every flow multiplied by a factor, which is taken as 1 where it is not a number above zero.
    pub fn scaled(&self, factor: f64) -> Flows {
        let factor = if factor.is_finite() && factor > 0.0 { factor } else { 1.0 };
        let mut flows = self.clone();
        for flow in flows.table.iter_mut().flatten().flatten() {
            *flow = VehiclesPerHour::new(flow.get() * factor).unwrap_or(*flow);
        }
        flows
    }

    /// Movement by movement the larger of two flows.
    pub fn busier(&self, other: &Flows) -> Flows {
        let mut flows = self.clone();
        for (mine, theirs) in flows.table.iter_mut().flatten().flatten().zip(other.table.iter().flatten().flatten()) {
            if theirs.get() > mine.get() {
                *mine = *theirs;
            }
        }
        flows
    }

    /// All flows together: passages of all stop lines, vehicles an hour.
    pub fn total(&self) -> f64 {
        self.table.iter().flatten().flatten().map(|flow| flow.get()).sum()
    }

    /// Between two flows: `share` 0 is `self`, 1 is `other`.
    pub fn blend(&self, other: &Flows, share: f64) -> Flows {
        let mut table = self.table.clone();
        let pairs = table.iter_mut().flatten().flatten().zip(other.table.iter().flatten().flatten());
        for (mine, theirs) in pairs {
            if let Ok(mixed) = VehiclesPerHour::new(mine.get() + share * (theirs.get() - mine.get())) {
                *mine = mixed;
            }
        }
        Flows { table }
    }
}
