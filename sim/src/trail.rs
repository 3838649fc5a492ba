//! The way of a vehicle that is known by name: when it came, what it passed when, where it is.
//!
//! Knows: what an emergency vehicle or a bus met. Must not know: how anybody drives, who reads it.

use serde::Serialize;

use crate::street::Street;

/// Where a vehicle is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Place {
    /// Its link.
    pub link: usize,
    /// Its lane there, from the median, the first is 0.
    pub lane: usize,
    /// Its front, m from the link's start.
    pub position_m: f32,
    /// Its speed, m/s.
    pub speed_m_s: f32,
}

/// A stop line passed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Passing {
    /// The link whose line it is.
    pub link: usize,
    /// When its front passed the line (where it gives way, the gate behind it), s of the day.
    pub at_s: f64,
}

/// The account of one vehicle.
#[derive(Debug, Clone, PartialEq)]
pub struct Trail {
    /// The number by which samples and exits know it.
    pub vehicle: u32,
    /// The links it means to drive.
    pub route: Vec<u32>,
    /// When it wished to enter, s of the day.
    pub wish_s: f64,
    /// Free-flow time of its route at its own desired speed, s; curves and stops are not in it.
    pub free_s: f64,
    /// When it came onto the road.
    pub entered_s: Option<f64>,
    /// When its front left the street.
    pub left_s: Option<f64>,
    /// Stops so far.
    pub stops: u16,
    /// Stop lines passed, in order.
    pub passed: Vec<Passing>,
    /// Where it is; `None` before it enters and after it has left.
    pub place: Option<Place>,
    /// The link it is on.
    pub(crate) on: Option<usize>,
}

impl Trail {
    pub(crate) fn new(street: &Street, vehicle: u32, route: &[u32], wish_s: f64, speed_factor: f32) -> Trail {
        let links = route.iter().filter_map(|&l| street.links().get(l as usize));
        let free_s = links.map(|l| f64::from(l.length_m) / f64::from(l.limit_m_s * speed_factor)).sum();
        Trail {
            vehicle,
            route: route.to_vec(),
            wish_s,
            free_s,
            entered_s: None,
            left_s: None,
            stops: 0,
            passed: Vec::with_capacity(route.len()),
            place: None,
            on: None,
        }
    }

    /// From the wish to enter until it left, s; `None` while it is under way.
    pub fn travel_s(&self) -> Option<f64> {
        Some(self.left_s? - self.wish_s)
    }

    /// What it lost against free flow, s; `None` while it is under way.
    pub fn delay_s(&self) -> Option<f64> {
        Some(self.travel_s()? - self.free_s)
    }
}
