//! Emergency vehicles: which way, when, how fast, and what a run tells of them.
//!
//! Knows: one vehicle's task. Must not know: how others give way to it (`traffic::sirens`), who has sent it.

use serde::{Deserialize, Serialize};

use crate::driver::Driver;
use crate::route::{From, Move, Names, To};
use crate::street::Street;
use crate::trail::Trail;

/// Others make way when it is nearer behind them than this, m; SUMO's blue light device has 25 m, seen and heard along a
/// straight street it is more (assumed).
pub const SIGHT_M: f32 = 100.0;
/// Desired speed as a share of the limit (assumed).
pub const SPEED_FACTOR: f32 = 1.2;
/// Length of an ambulance, m.
pub const LENGTH_M: f32 = 6.0;

/// An emergency vehicle as scenario files have it: `[[emergency]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyFacts {
    /// Its id, for reports.
    pub id: String,
    /// When it wishes to enter, hours of the day.
    pub at_h: f64,
    /// Where it enters.
    pub from: From,
    /// Where it leaves, by the shortest way; without it `movements` say the way.
    pub to: Option<To>,
    /// What it does at its stop lines, then straight on.
    #[serde(default)]
    pub movements: Vec<Move>,
    /// Desired speed as a share of the limit.
    pub speed_factor: Option<f64>,
    /// Length, m.
    pub length_m: Option<f64>,
    /// Others make way when it is nearer behind them than this.
    pub sight_m: Option<f64>,
    /// With this speed at most it passes red when nobody comes; absent = it stops at red.
    pub passes_red_km_h: Option<f64>,
}

/// An emergency vehicle of a street.
#[derive(Debug, Clone, PartialEq)]
pub struct Emergency {
    /// Its id, for reports.
    pub id: String,
    /// When it wishes to enter, s of the day.
    pub at_s: f64,
    /// The links it drives, entry to exit.
    pub route: Vec<u32>,
    /// Desired speed as a share of the limit.
    pub speed_factor: f32,
    /// Length, m.
    pub length_m: f32,
    /// Others make way when it is nearer behind them than this, m; 0 = nobody does.
    pub sight_m: f32,
    /// With this speed at most it passes red when nobody comes, m/s; `None` = it stops at red.
    pub passes_red_m_s: Option<f32>,
}

impl Emergency {
    /// One with the usual parameters.
    pub fn new(id: &str, at_s: f64, route: Vec<u32>) -> Emergency {
        Emergency {
            id: id.to_owned(),
            at_s,
            route,
            speed_factor: SPEED_FACTOR,
            length_m: LENGTH_M,
            sight_m: SIGHT_M,
            passes_red_m_s: None,
        }
    }

    /// Who drives what: the default car's time gap and acceleration.
    pub(crate) fn driver(&self) -> Driver {
        Driver { speed_factor: self.speed_factor, length_m: self.length_m, ..Driver::CAR }
    }
}

impl EmergencyFacts {
    /// The keys out of range, and why.
    pub(crate) fn problems(&self) -> Vec<String> {
        let within = |x: Option<f64>, lo: f64, hi: f64| x.is_none_or(|x| (lo..=hi).contains(&x));
        let checks = [
            (!self.id.trim().is_empty(), "id: reports name it by this; give one"),
            ((0.0..=24.0).contains(&self.at_h), "at_h: must lie within 0 to 24"),
            (self.to.is_none() || self.movements.is_empty(), "movements: say the way, or to its end; leave one out"),
            (within(self.speed_factor, 0.5, 2.0), "speed_factor: must lie between 0.5 and 2; leave it out for 1.2"),
            (within(self.length_m, 3.0, 18.0), "length_m: must lie between 3 and 18; leave it out for 6"),
            (within(self.sight_m, 0.0, 300.0), "sight_m: must lie between 0 and 300; leave it out for 100"),
            (
                within(self.passes_red_km_h, 5.0, 40.0),
                "passes_red_km_h: must lie between 5 and 40; leave it out when it stops at red",
            ),
        ];
        checks.into_iter().filter(|c| !c.0).map(|c| c.1.to_owned()).collect()
    }

    /// The vehicle on a street.
    ///
    /// # Errors
    /// When the street has no such way.
    pub fn on(&self, street: &Street, names: Names<'_>) -> Result<Emergency, String> {
        let route = names.way(street, &self.from, self.to.as_ref(), &self.movements)?;
        let or = |x: Option<f64>, usual: f32| x.map_or(usual, |x| x as f32);
        Ok(Emergency {
            id: self.id.clone(),
            at_s: 3600.0 * self.at_h,
            route,
            speed_factor: or(self.speed_factor, SPEED_FACTOR),
            length_m: or(self.length_m, LENGTH_M),
            sight_m: or(self.sight_m, SIGHT_M),
            passes_red_m_s: self.passes_red_km_h.map(|v| (v / 3.6) as f32),
        })
    }
}

/// An emergency vehicle of a run, and its account so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Underway {
    /// The vehicle.
    pub vehicle: Emergency,
    /// What it has met.
    pub trail: Trail,
    /// Reds it has passed.
    pub reds: u16,
    /// No change of lane by choice before this step.
    pub(crate) hold: u32,
}

/// What a report says of an emergency vehicle.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmergencyMeasure {
    /// Its id.
    pub id: String,
    /// When it wished to enter, s of the day.
    pub wish_s: f64,
    /// When it came onto the road.
    pub entered_s: Option<f64>,
    /// When it left the street.
    pub left_s: Option<f64>,
    /// From the wish until it left, s; absent when it was still there at the end of the run.
    pub travel_s: Option<f64>,
    /// Free-flow time of its route, s.
    pub free_s: f64,
    /// Stops.
    pub stops: u16,
    /// Reds it passed.
    pub reds: u16,
    /// The stop lines it passed, by link, and when, s of the day.
    pub passed: Vec<(String, f64)>,
}

impl Underway {
    pub(crate) fn measure(&self, street: &Street) -> EmergencyMeasure {
        let Trail { wish_s, entered_s, left_s, free_s, stops, .. } = self.trail;
        let travel_s = self.trail.travel_s();
        let passed = self.trail.passed.iter().map(|p| (street.links()[p.link].name.clone(), p.at_s)).collect();
        EmergencyMeasure {
            id: self.vehicle.id.clone(),
            wish_s,
            entered_s,
            left_s,
            travel_s,
            free_s,
            stops,
            reds: self.reds,
            passed,
        }
    }
}
