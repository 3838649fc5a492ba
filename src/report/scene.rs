//! What happened on a corridor, as numbers ready to be drawn: lamps as they were shown, vehicles as they drove, queues.
//!
//! Knows: plain times and chainages. Must not know: pixels (`trace` draws), the plant.

use super::Axes;
use crate::corridor::{Direction, Name};
use serde::Serialize;

/// What a head shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Light {
    /// Stop.
    Red,
    /// Stop if you can.
    Yellow,
    /// Go.
    Green,
    /// Nothing anybody could follow.
    Dark,
}

/// Standing vehicles before a stop line at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Queue {
    /// Second of the day.
    pub at_s: f64,
    /// Chainage of the first one's front, m.
    pub front_m: f64,
    /// Chainage of the last one's rear, m.
    pub back_m: f64,
}

/// One direction at one intersection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Side {
    /// What the corridor's through traffic was shown: from when, s of the day.
    pub lights: Vec<(f64, Light)>,
    /// Its standing queue, in steps of a second.
    pub queue: Vec<Queue>,
}

/// One intersection.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Name,
    /// Where it stands, m from the corridor's start.
    pub chainage_m: f64,
    /// Outbound and inbound.
    pub sides: [Side; 2],
}

/// One vehicle's way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drive {
    /// Which way.
    pub direction: Direction,
    /// Its number: the same vehicle in every arm.
    pub vehicle: u32,
    /// Second of the day and chainage, m, in steps of a second.
    pub points: Vec<(f64, f64)>,
}

/// A stretch of time on a corridor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scene {
    /// The corridor.
    pub name: Name,
    /// Whose scene it is.
    pub caption: String,
    /// Second of the day from which …
    pub from_s: f64,
    /// … until which.
    pub to_s: f64,
    /// Intersections in outbound order.
    pub places: Vec<Place>,
    /// Vehicles, by direction and number.
    pub drives: Vec<Drive>,
}

/// How a scene is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Which axis is which.
    pub axes: Axes,
    /// Directions that are drawn.
    pub directions: Vec<Direction>,
    /// Whether standing queues are drawn.
    pub queues: bool,
    /// Every how many-th vehicle is drawn; at least 1.
    pub every: u32,
    /// Pixels of the time axis.
    pub long: f64,
}

impl Scene {
    /// Every how many-th vehicle to draw so that no direction has more than `most` ways.
    pub fn every(&self, most: usize) -> u32 {
        let ways = |d: Direction| self.drives.iter().filter(|way| way.direction == d).count();
        let ways = Direction::BOTH.into_iter().map(ways).max().unwrap_or(0);
        u32::try_from(ways.div_ceil(most.max(1))).unwrap_or(u32::MAX).max(1)
    }

    /// The scene as a self-contained SVG picture.
    pub fn svg(&self, view: &View) -> String {
        super::trace::draw(self, view)
    }
}
