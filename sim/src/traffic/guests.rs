//! Vehicles known by name: how they come into a run, and what is written down of them.
//!
//! Knows: their numbers, the lines they pass, where they are. Must not know: how others treat them (`sirens`).
//!
//! Guests have numbers after all others', so nobody else's draws or turns to think change because they come. While there are
//! none, none of this is asked.

use std::collections::VecDeque;

use super::Traffic;
use super::buses::InBay;
use crate::arrivals::Departure;
use crate::bus::Bus;
use crate::cars::{BUS, EMERGENCY, ORDINARY, TURNING};
use crate::driver::root;
use crate::emergency::{Emergency, Underway};
use crate::scene::{SceneMeasures, Staged};
use crate::trail::{Passing, Place, Trail};
use crate::weather::Weather;

/// The number of the first guest: nobody else has one so high.
const FIRST: u32 = 1 << 31;

/// Everybody known by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Guests {
    pub(super) emergencies: Vec<Underway>,
    pub(super) buses: Vec<Bus>,
    /// Buses off the road.
    pub(super) bays: Vec<InBay>,
    /// Lines sent so far.
    pub(super) lines: u32,
    /// Those still to come, in order of time.
    pub(super) coming: VecDeque<(u32, Departure)>,
    /// How many there are, under way or not.
    pub(super) invited: u32,
}

impl Guests {
    pub(super) fn is_empty(&self) -> bool {
        self.emergencies.is_empty() && self.buses.is_empty()
    }

    /// The number of the next to be invited.
    fn first(&self) -> u32 {
        FIRST + self.invited
    }

    /// The next to come, if he has by `now`.
    pub(super) fn take(&mut self, now: f64) -> Option<(u32, Departure)> {
        self.coming.front().filter(|(_, d)| d.at_s <= now)?;
        self.coming.pop_front()
    }

    /// How many have come.
    pub(super) fn come(&self) -> usize {
        self.invited as usize - self.coming.len()
    }

    /// Whether a bus stands at a stop.
    pub(super) fn calls(&self, vehicle: u32) -> bool {
        self.buses.iter().any(|b| b.trail.vehicle == vehicle && b.until_s.is_some())
    }

    /// The class of a vehicle.
    pub(super) fn class_of(&self, vehicle: u32) -> u8 {
        if self.emergencies.iter().any(|e| e.trail.vehicle == vehicle) {
            EMERGENCY
        } else if self.buses.iter().any(|b| b.trail.vehicle == vehicle) {
            BUS
        } else {
            ORDINARY
        }
    }

    /// The account of a vehicle.
    pub(super) fn trail(&mut self, vehicle: u32) -> Option<&mut Trail> {
        self.trails().find(|t| t.vehicle == vehicle)
    }

    fn trails(&mut self) -> impl Iterator<Item = &mut Trail> {
        self.emergencies.iter_mut().map(|e| &mut e.trail).chain(self.buses.iter_mut().map(|b| &mut b.trail))
    }

    /// A vehicle passes the line of `link` onto another.
    pub(super) fn passes(&mut self, vehicle: u32, link: usize, to: usize, at_s: f64) {
        if let Some(trail) = self.trail(vehicle) {
            trail.passed.push(Passing { link, at_s });
            trail.on = Some(to);
        }
    }

    /// A vehicle leaves the street.
    pub(super) fn leaves(&mut self, vehicle: u32, stops: u16, at_s: f64) {
        if let Some(trail) = self.trail(vehicle) {
            (trail.left_s, trail.stops, trail.on, trail.place) = (Some(at_s), stops, None, None);
        }
    }
}

impl Traffic {
    /// Has a scene happen from now on, besides what was staged before; who wished to come earlier comes now.
    pub fn stage(&mut self, scene: Staged) {
        self.close_lanes(scene.closures);
        self.reverse_lanes(scene.reversals);
        for vehicle in scene.emergencies {
            self.send_emergency(vehicle);
        }
        scene.bus_lines.iter().for_each(|line| self.send_buses(line));
        for (k, event) in (0..).zip(&scene.events) {
            self.invite(event.draw(self.seed, k));
        }
        self.rains.extend(scene.rains);
    }

    /// Sends an emergency vehicle onto its way and says by which number samples and exits know it. Panics when its route does
    /// not begin at an entry of this street.
    pub fn send_emergency(&mut self, vehicle: Emergency) -> u32 {
        let (at_s, route) = (vehicle.at_s.max(self.now_s()), vehicle.route.clone());
        let id = self.invite(vec![Departure { at_s, route, driver: vehicle.driver() }]);
        let trail = Trail::new(&self.street, id, &vehicle.route, at_s, vehicle.speed_factor);
        self.guests.emergencies.push(Underway { vehicle, trail, reds: 0, hold: 0 });
        id
    }

    /// The emergency vehicles of this run in the order they were sent, with what each has met so far and where it is.
    pub fn emergencies(&self) -> &[Underway] {
        &self.guests.emergencies
    }

    /// The buses of this run in the order of lines and departures, with what each has met so far.
    pub fn buses(&self) -> &[Bus] {
        &self.guests.buses
    }

    /// What is to be told of the scene; `None` when nobody known by name was sent.
    pub fn scene_measures(&self) -> Option<SceneMeasures> {
        let emergencies = self.guests.emergencies.iter().map(|e| e.measure(&self.street)).collect();
        let buses = self.guests.buses.iter().map(Bus::measure).collect();
        (!self.guests.is_empty()).then_some(SceneMeasures { emergencies, buses })
    }

    /// Has more vehicles come at their times; the number of the first, the others follow.
    pub(super) fn invite(&mut self, guests: Vec<Departure>) -> u32 {
        guests.iter().for_each(|d| super::begins_here(&self.street, d));
        let first = self.guests.first();
        self.guests.invited += guests.len() as u32;
        self.guests.coming.extend((first..).zip(guests));
        self.guests.coming.make_contiguous().sort_by(|a, b| a.1.at_s.total_cmp(&b.1.at_s));
        first
    }

    /// Where a vehicle of a link is: its lane and its place there.
    pub(super) fn find(&self, link: usize, vehicle: u32) -> Option<(usize, usize)> {
        let mut lanes = self.map.all_lanes(link);
        lanes.find_map(|lane| Some((lane, self.cars[lane].iter().position(|c| c.id == vehicle)?)))
    }

    /// Writes down where everybody known by name is.
    pub(super) fn note_guests(&mut self) {
        let mut guests = std::mem::take(&mut self.guests);
        for trail in guests.trails() {
            let Some((link, (lane, i))) = trail.on.and_then(|link| Some((link, self.find(link, trail.vehicle)?)))
            else {
                continue;
            };
            let c = &self.cars[lane][i];
            let lane = lane - self.map.lane(link, 0);
            trail.place = Some(Place { link, lane, position_m: c.pos, speed_m_s: c.vel });
            trail.stops = c.stops;
        }
        self.guests = guests;
    }

    /// Has everybody on the road drive as the weather of this moment is.
    pub(super) fn rain(&mut self) {
        let now = self.now_s();
        let falls = self.rains.iter().find(|r| (r.from_s..r.to_s).contains(&now)).map_or(Weather::Dry, |r| r.weather);
        if falls == self.weather {
            return;
        }
        let (speed, headway, acceleration) = falls.after(self.weather);
        self.weather = falls;
        let bays = self.guests.bays.iter_mut().map(|b| &mut b.car);
        for c in self.cars.iter_mut().flat_map(|lane| lane.iter_mut()).chain(bays) {
            (c.want, c.headway, c.accel) = (c.want * speed, c.headway * headway, c.accel * acceleration);
            (c.root, c.v0) = (root(c.accel), if c.flags & TURNING == 0 { c.want } else { c.v0 });
            self.trips[c.trip as usize].speed_factor *= speed;
        }
    }
}
