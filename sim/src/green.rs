//! What became of the green of each lane: who crossed its stop line, and what share of the green they needed.
//!
//! Knows: which signal groups a lane's turns have, who crossed. Must not know: plans, splits.
//!
//! The share is vehicles times the saturation headway of default cars over the seconds of green: 1 is a full green, more is one whose
//! yellow was used as well. A lane of several groups has green while any of them has.

use serde::Serialize;

use crate::measure::Window;
use crate::stopline::Heads;
use crate::street::Street;

/// Saturation headway of default cars, s: 1,900 veh/h (`tests/discharge.rs`).
const HEADWAY_S: f64 = 3600.0 / 1900.0;

#[derive(Debug, Clone)]
struct Lane {
    groups: Vec<usize>,
    vehicles: u32,
    green_s: f64,
}

/// Running sums by link and lane.
#[derive(Debug, Clone)]
pub(crate) struct GreenUse {
    window: Window,
    links: Vec<Vec<Lane>>,
}

impl GreenUse {
    pub(crate) fn new(street: &Street, window: Window) -> GreenUse {
        let lane = |l: &crate::street::Lane| {
            let mut groups: Vec<usize> = l.turns.iter().map(|t| t.group).collect();
            groups.sort_unstable();
            groups.dedup();
            Lane { groups, vehicles: 0, green_s: 0.0 }
        };
        GreenUse { window, links: street.links().iter().map(|l| l.lanes.iter().map(lane).collect()).collect() }
    }

    /// A step of `step_s` under these heads, at `now`.
    pub(crate) fn shown(&mut self, heads: &Heads, now: f64, step_s: f64) {
        if self.window.holds(now) {
            for lane in self.links.iter_mut().flatten() {
                lane.green_s += if lane.groups.iter().any(|&g| heads.green(g)) { step_s } else { 0.0 };
            }
        }
    }

    /// Somebody crosses the stop line of a lane at `now`.
    pub(crate) fn crosses(&mut self, link: usize, lane: usize, now: f64) {
        if self.window.holds(now) {
            self.links[link][lane].vehicles += 1;
        }
    }

    /// Takes over what was counted on a piece of the street; `links` tells what they are called there and here.
    pub(crate) fn take(&mut self, piece: &GreenUse, links: impl Iterator<Item = (usize, usize)>) {
        for (there, here) in links {
            for (lane, more) in self.links[here].iter_mut().zip(&piece.links[there]) {
                (lane.vehicles, lane.green_s) = (more.vehicles, more.green_s);
            }
        }
    }

    pub(crate) fn measures(&self, link: usize) -> Vec<LaneMeasure> {
        let lanes = self.links[link].iter().map(|l| LaneMeasure {
            vehicles: l.vehicles,
            green_s: l.green_s,
            green_use: (l.green_s > 0.0).then(|| f64::from(l.vehicles) * HEADWAY_S / l.green_s),
        });
        lanes.collect()
    }
}

/// One lane of an approach.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LaneMeasure {
    /// Vehicles that crossed its stop line in the window.
    pub vehicles: u32,
    /// Seconds of green in the window.
    pub green_s: f64,
    /// Share of the green that these vehicles needed at the saturation flow of default cars; `None` = no green.
    pub green_use: Option<f64>,
}
