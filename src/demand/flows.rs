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
