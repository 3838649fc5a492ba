//! An emergency vehicle sent over a way that the core's language names, and where it is.
//!
//! Knows: arms and movements of the network, the plant's vehicles known by name. Must not know: who helps it on.

use super::plant::Rig;
use crate::corridor::{Arm, Movement};
use greenwave_sim::counts::Approach;
use greenwave_sim::emergency::{EmergencyFacts, SPEED_FACTOR};
use greenwave_sim::route::{From, Move};
use greenwave_sim::scene::Scene;

/// Desired speed of an emergency vehicle as a share of the design speed.
pub const SIREN_SPEED: f64 = SPEED_FACTOR as f64;

/// Where a vehicle known by name is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Whereabouts {
    /// Stop lines it has passed.
    pub passed: usize,
    /// Metres to the next one; `None` before it is on the road and after it has left.
    pub left_m: Option<f64>,
}

/// A scene in which one emergency vehicle wishes to enter at a second of the day, by an approach at the street's edge, and does this
/// at its stop lines, then goes straight on.
pub fn siren(id: &str, at_s: u32, (intersection, from): (&str, Arm), movements: &[Movement]) -> Scene {
    let approach = match from {
        Arm::N => Approach::N,
        Arm::E => Approach::E,
        Arm::S => Approach::S,
        Arm::W => Approach::W,
    };
    let turn = |movement: &Movement| match movement {
        Movement::UTurn => Move::U,
        Movement::Left => Move::L,
        Movement::Through => Move::T,
        Movement::Right => Move::R,
    };
    let vehicle = EmergencyFacts {
        id: id.to_owned(),
        at_h: f64::from(at_s) / 3600.0,
        from: From { intersection: intersection.to_owned(), approach },
        to: None,
        movements: movements.iter().map(turn).collect(),
        speed_factor: None,
        length_m: None,
        sight_m: None,
        passes_red_km_h: None,
    };
    Scene { kind: "scene".to_owned(), name: id.to_owned(), emergency: vec![vehicle], ..Scene::default() }
}

impl Rig {
    /// Where the last emergency vehicle that was sent is; `None` where none was.
    pub fn whereabouts(&self) -> Option<Whereabouts> {
        self.with_world(|world| {
            let traffic = world.traffic();
            let trail = &traffic.emergencies().last()?.trail;
            let left = |place: greenwave_sim::trail::Place| {
                let length = traffic.street().links().get(place.link)?.length_m;
                Some(f64::from((length - place.position_m).max(0.0)))
            };
            Some(Whereabouts { passed: trail.passed.len(), left_m: trail.place.and_then(left) })
        })
    }
}
