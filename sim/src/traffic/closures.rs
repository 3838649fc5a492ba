//! Closed lanes: when stretches are shut and opened, who stops before them, how fast others drive past.
//!
//! Knows: closures by time, vehicles of the links concerned. Must not know: who closes a lane, or why.
//!
//! A stretch is a wall at its beginning for its own lane. When it is shut whoever can not stop any more with the deceleration
//! of a yellow light drives on through it; in an incident he and those already in it stop, and stand until it ends.

use super::Traffic;
use crate::cars::TURNING;
use crate::closure::Closure;
use crate::driver::{HARDEST_BRAKE_M_S2, YELLOW_BRAKE_M_S2, approach_speed, brake_needed};
use crate::lanes::Shut;
use crate::stopline::{WALL_M, stop};

/// For this long after it was shut somebody may be too near to a stretch to stop, s.
pub(super) const FRESH_S: f64 = 3.0;
/// Drivers slow down for what they pass from here, m before it.
const SLOWS_M: f32 = 100.0;

impl Traffic {
    /// Closes these stretches at their times, besides those named before.
    pub fn close_lanes(&mut self, closures: impl IntoIterator<Item = Closure>) {
        self.closures.extend(closures);
        self.closures_hold_s = f64::NEG_INFINITY;
    }

    /// Has what is shut looked at again in this step.
    pub(super) fn shut_anew(&mut self) {
        self.closures_hold_s = f64::NEG_INFINITY;
    }

    /// Shuts what is to be shut now, opens the rest, and has drivers beside slow down.
    pub(super) fn shut_and_open(&mut self) {
        let now = self.now_s();
        if now >= self.closures_hold_s {
            self.reshut(now);
        }
        for s in self.map.shut.iter().filter(|s| s.passing.is_finite()) {
            let beside = self.map.all_lanes(self.map.lanes[s.lane].link).filter(|&l| l != s.lane);
            beside.for_each(|l| slow_down(&mut self.cars[l], s, self.map.lanes[l].limit));
        }
    }

    fn reshut(&mut self, now: f64) {
        let moments = self.closures.iter().flat_map(|c| [c.from_s, c.from_s + FRESH_S, c.to_s]);
        self.closures_hold_s = moments.filter(|&t| t > now).fold(f64::INFINITY, f64::min);
        let (before, mut links) = (std::mem::take(&mut self.map.shut), Vec::new());
        for c in self.closures.iter().filter(|c| now >= c.from_s && now < c.to_s) {
            let end = self.street.links()[c.link].length_m;
            self.map.shut.push(Shut {
                lane: self.map.lane(c.link, c.lane),
                from: end - c.from_m,
                to: end - c.to_m,
                stands: c.incident,
                passing: c.passing_m_s.unwrap_or(f32::INFINITY),
                fresh: now < c.from_s + FRESH_S,
            });
        }
        if !self.guests.buses.is_empty() || !self.reversals.is_empty() {
            let more: Vec<Shut> = self.shut_by_buses().chain(self.shut_by_reversals()).collect();
            // Somebody near what has just been shut may be too near to stop.
            if more.iter().any(|s| s.fresh) {
                self.closures_hold_s = self.closures_hold_s.min(now + FRESH_S);
            }
            self.map.shut.extend(more);
        }
        let same = |a: &Shut, b: &Shut| (a.lane, a.from, a.to) == (b.lane, b.from, b.to);
        let changed = self.map.shut.iter().filter(|s| !before.iter().any(|b| same(b, s)));
        links.extend(changed.map(|s| self.map.lanes[s.lane].link));
        let opened = before.iter().filter(|b| !self.map.shut.iter().any(|s| same(b, s)));
        links.extend(opened.map(|s| self.map.lanes[s.lane].link));
        for lane in links.into_iter().flat_map(|link| self.map.all_lanes(link)) {
            let cars = &mut self.cars[lane];
            for i in 0..cars.len() {
                let wish = self.map.wish(lane, cars[i].next, cars[i].pos);
                cars.aim(i, wish);
                if cars[i].flags & TURNING == 0 {
                    cars[i].v0 = cars[i].want;
                }
            }
        }
    }

    /// Stops the first before each shut stretch, and those who stand in it.
    pub(super) fn stop_at_closures(&mut self) {
        for s in &self.map.shut {
            let cars = &mut self.cars[s.lane];
            // From the foremost back to the first who can still stop.
            let mut stops = |end: f32, after: f32, brake: f32| {
                let upstream = cars.leader_of(end);
                let able = |i: &usize| !s.fresh || brake_needed(cars[*i].vel, end - cars[*i].pos) <= brake;
                if let Some(i) = (0..upstream).rev().take_while(|&i| cars[i].pos > after).find(able) {
                    stop(cars, i, end + WALL_M);
                }
            };
            stops(s.from, f32::NEG_INFINITY, YELLOW_BRAKE_M_S2);
            if s.stands {
                stops(s.to, s.from, HARDEST_BRAKE_M_S2);
            }
        }
    }
}

/// Drivers look at what they pass, each at his own share of the speed; who has passed takes up speed again.
fn slow_down(cars: &mut crate::cars::Cars, s: &Shut, limit: f32) {
    for c in cars.iter_mut() {
        let rear = c.pos - c.len;
        if rear <= s.to && s.from - c.pos <= SLOWS_M {
            c.v0 = c.v0.min(approach_speed(s.passing * c.want / limit, s.from - c.pos));
        } else if rear > s.to && rear - c.moved <= s.to && c.flags & TURNING == 0 {
            c.v0 = c.want;
        }
    }
}
