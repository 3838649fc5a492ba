//! Entries: vehicles that wish to enter queue outside, upright, until a lane has room for them.
//!
//! Knows: entry links, their outside queues, the tails of their lanes. Must not know: lamps, what happens further on.

use super::{DT, STEP_S, STOP_ENDS_M_S, Traffic};
use crate::arrivals::Departure;
use crate::cars::{Car, EMERGENCY, NOWHERE, ORDINARY, QUEUED};
use crate::driver::{STANDSTILL_GAP_M, root};
use crate::measure::Trip;

impl Traffic {
    /// Lets in, at every entry, whoever has wished to enter and finds room.
    pub(super) fn admit(&mut self) {
        let now = self.now_s();
        while let Some((id, departure)) = self.coming.take(now) {
            self.doors[self.door_of[departure.route[0] as usize]].waiting.push_back((id, departure));
        }
        while let Some((id, departure)) = self.guests.take(now) {
            let waiting = &mut self.doors[self.door_of[departure.route[0] as usize]].waiting;
            // Outside, too, others let an emergency vehicle pass.
            if self.guests.class_of(id) == EMERGENCY {
                waiting.push_front((id, departure));
            } else {
                waiting.push_back((id, departure));
            }
        }
        for k in 0..self.doors.len() {
            while let Some((id, departure)) = self.doors[k].waiting.pop_front() {
                if let Err(departure) = self.enter(self.doors[k].link, id, departure, now) {
                    self.doors[k].waiting.push_front((id, departure));
                    break;
                }
            }
        }
    }

    /// Puts vehicle `id` at the beginning of the best lane of its entry link, if any has room; gives it back otherwise.
    fn enter(&mut self, link: usize, id: u32, d: Departure, now: f64) -> Result<(), Departure> {
        let driver = self.weather.with(d.driver);
        let next = d.route.get(1).copied().unwrap_or(NOWHERE);
        let mut best: Option<(f32, usize, f32, f32)> = None;
        for lane in self.map.full_lanes(link) {
            let want = self.map.lanes[lane].limit * driver.speed_factor;
            let late = (now - d.at_s) as f32;
            let head_start = if late < DT { want * late } else { 0.0 };
            let (gap, lead) = self.cars[lane].tail().map_or((1e3, want), |t| (t.rear, t.vel));
            // With no room for a running start it begins at the line.
            let pos = if gap > head_start + STANDSTILL_GAP_M + want * driver.headway_s { head_start } else { 0.0 };
            let room = gap - pos - STANDSTILL_GAP_M;
            if room < 0.5 {
                continue;
            }
            let vel = want.min(room / driver.headway_s).min((lead * lead + 4.0 * room).sqrt());
            if vel < 0.8 * want.min(lead) {
                continue;
            }
            let (_, side) = self.map.wish(lane, next, 0.0);
            let score = gap.min(150.0) - 40.0 * f32::from(side.unsigned_abs());
            if best.is_none_or(|b| score > b.0) {
                best = Some((score, lane, pos, vel));
            }
        }
        let Some((_, lane, pos, vel)) = best else { return Err(d) };
        let want = self.map.lanes[lane].limit * driver.speed_factor;
        let (turn, side) = self.map.wish(lane, next, 0.0);
        let waited = now - d.at_s >= 2.0 * STEP_S;
        let flags = if waited && vel < STOP_ENDS_M_S { QUEUED } else { 0 };
        let class = if self.guests.is_empty() { ORDINARY } else { self.guests.class_of(id) };
        if let Some(trail) = (class != ORDINARY).then(|| self.guests.trail(id)).flatten() {
            let at = if now - d.at_s < STEP_S { d.at_s } else { now };
            (trail.entered_s, trail.on) = (Some(at), Some(link));
        }
        let place = self.open(Trip::new(d.at_s, d.route, driver));
        let mut car = Car {
            pos,
            vel,
            v0: want,
            want,
            headway: driver.headway_s,
            accel: driver.acceleration_m_s2,
            root: root(driver.acceleration_m_s2),
            len: driver.length_m,
            acc: 0.0,
            moved: 0.0,
            id,
            trip: place,
            stops: u16::from(waited),
            next,
            turn,
            side,
            flags,
            class,
            hold: self.steps + 4,
        };
        self.map.comes(lane, &mut car, Some(0), self.seed);
        self.cars[lane].insert(0, car);
        self.on_road += 1;
        Ok(())
    }

    /// A place for the account of somebody who comes onto the road.
    pub(super) fn open(&mut self, trip: Trip) -> u32 {
        match self.vacant.pop() {
            Some(place) => {
                self.trips[place as usize] = trip;
                place
            }
            None => {
                self.trips.push(trip);
                self.trips.len() as u32 - 1
            }
        }
    }
}
