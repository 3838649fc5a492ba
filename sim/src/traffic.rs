//! The engine: vehicles in, one step after another under given lamps, measures out.
//!
//! Knows: the street, its vehicles, its lamps. Must not know: cabinets, registers, plans, wall clocks.
//!
//! ```text
//!  step(lamps):  admit ──> change, follow ──> approach ──> make room, move ──> cross ──> loops, walkers, queues
//!  reads         queues    positions          lamps,       positions, speeds   ends      positions
//!  writes        lanes     lanes, acc         acc          acc, pos, vel       lanes     counters
//!  by            entry     link               lane         link                lane      loop, crossing
//! ```
//! Phases side by side in one pass see nothing beyond their link, so a link goes through both while it is at hand.

mod border;
mod buses;
mod closures;
mod doors;
mod guests;
mod lines;
mod motion;
mod reversals;
mod sirens;

use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) use self::border::{Border, Sent};
use self::guests::Guests;
use self::lines::Ends;
use self::reversals::Changing;
use crate::arrivals::Departure;
use crate::bikes::{BikeMeasure, Bikes};
use crate::cars::Cars;
use crate::closure::Closure;
use crate::coming::Coming;
use crate::conflicts::Conflicts;
use crate::emission;
use crate::giveway::{self, View};
use crate::lanes::LaneMap;
use crate::loops::{LoopState, Loops};
use crate::measure::{Measures, Tally, Trip, Window};
use crate::queue::REACH_STEPS;
use crate::signal::Lamp;
use crate::stopline::{self, Heads};
use crate::street::Street;
use crate::walkers::{CrossingMeasure, Walkers};
use crate::weather::{Rain, Weather};

/// Length of a step, s.
pub const STEP_S: f64 = 0.5;
const DT: f32 = STEP_S as f32;
/// A vehicle that has blocked a green this long in the wrong lane gives up its turn, s.
pub const GIVES_UP_S: f64 = 40.0;
/// A stop begins below this speed, m/s (5 km/h).
const STOP_BEGINS_M_S: f32 = 5.0 / 3.6;
/// A stop ends above this speed, m/s (15 km/h).
const STOP_ENDS_M_S: f32 = 15.0 / 3.6;
/// Room kept for what is seen of a lane that another drives.
const SEEN_ROOM: usize = 12;
/// The no-overlap guard's distance, m.
const GUARD_M: f32 = 0.3;

/// One sample of the trajectory recorder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Time, s of the day.
    pub at_s: f64,
    /// Link.
    pub link: usize,
    /// Lane of the link, from the median.
    pub lane: usize,
    /// Front bumper, m from the link's start.
    pub position_m: f32,
    /// Speed, m/s.
    pub speed_m_s: f32,
    /// Vehicle length, m.
    pub length_m: f32,
    /// Index of the vehicle's departure.
    pub vehicle: u32,
    /// Whether it is a heavy vehicle.
    pub heavy: bool,
}

/// A vehicle that has left the street.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exit {
    /// Index of its departure.
    pub vehicle: u32,
    /// When its front passed the end of its last link, s of the day.
    pub at_s: f64,
    /// Stops it made.
    pub stops: u16,
}

#[derive(Debug, Clone)]
struct Door {
    link: usize,
    /// Who waits outside, with his number.
    waiting: VecDeque<(u32, Departure)>,
}

#[derive(Debug, Clone)]
struct Recorder {
    links: Vec<bool>,
    samples: Vec<Sample>,
}

/// A street full of traffic.
#[derive(Debug, Clone)]
pub struct Traffic {
    street: Arc<Street>,
    map: LaneMap,
    cars: Vec<Cars>,
    coming: Coming,
    /// Accounts of those on the road, and the places of those who have left.
    trips: Vec<Trip>,
    vacant: Vec<u32>,
    doors: Vec<Door>,
    door_of: Vec<usize>,
    heads: Heads,
    loops: Loops,
    rules: Conflicts,
    walkers: Walkers,
    bikes: Bikes,
    tally: Tally,
    queued: Vec<u32>,
    recorder: Option<Recorder>,
    exits: Vec<Exit>,
    ends: Ends,
    closures: Vec<Closure>,
    /// Until then what is shut stays as it is, s of the day.
    closures_hold_s: f64,
    guests: Guests,
    reversals: Vec<Changing>,
    rains: Vec<Rain>,
    weather: Weather,
    /// The links that are driven here: all of them, unless others drive the rest.
    own: Vec<usize>,
    first: bool,
    /// By lane of another's link: how many of its vehicles are theirs.
    strangers: Vec<u32>,
    seed: u64,
    start_s: f64,
    steps: u32,
    on_road: usize,
}

impl Traffic {
    /// A street without vehicles at `window.start_s`. Who comes is a list in order of time, or drawn as time goes; each route
    /// begins at an entry link of this street (panics otherwise: the caller drew them from another street). `seed` is for
    /// pedestrians and second thoughts of vehicles.
    pub fn new(street: Arc<Street>, coming: impl Into<Coming>, seed: u64, window: Window) -> Traffic {
        let (coming, links) = (coming.into(), street.links());
        coming.given().iter().for_each(|d| begins_here(&street, d));
        let map = LaneMap::new(&street);
        let rules = Conflicts::new(&street, &map);
        let mut doors = Vec::new();
        let mut door_of = vec![usize::MAX; links.len()];
        for (i, _) in links.iter().enumerate().filter(|(_, l)| l.entry) {
            door_of[i] = doors.len();
            doors.push(Door { link: i, waiting: VecDeque::with_capacity(64) });
        }
        let room = |l: &crate::lanes::LaneInfo| ((l.end - l.start) / 6.0) as usize + 2;
        Traffic {
            cars: map.lanes.iter().map(|l| Cars::with_room(room(l))).collect(),
            trips: Vec::with_capacity(1024),
            vacant: Vec::with_capacity(1024),
            doors,
            door_of,
            heads: Heads::new(
                street.groups(),
                street.nodes(),
                map.lanes.iter().map(|l| links[l.link].node.unwrap_or(0)).collect(),
            ),
            loops: Loops::new(&street, &map),
            walkers: Walkers::new(
                &street,
                &rules.watched(street.crossings().len()),
                seed,
                (window.start_s, window.from_s),
                window.to_s,
            ),
            bikes: Bikes::new(&street, seed, window.start_s, window.from_s, window.to_s),
            rules,
            tally: Tally::new(&street, window),
            queued: vec![0; links.len()],
            recorder: None,
            exits: Vec::with_capacity(64),
            ends: Ends::new(map.lanes.len()),
            closures: Vec::new(),
            closures_hold_s: f64::NEG_INFINITY,
            guests: Guests::default(),
            reversals: Vec::new(),
            rains: Vec::new(),
            weather: Weather::Dry,
            own: (0..links.len()).collect(),
            first: true,
            strangers: Vec::new(),
            seed,
            start_s: window.start_s,
            steps: 0,
            on_road: 0,
            map,
            coming,
            street,
        }
    }

    /// Time after the last step, s of the day.
    pub fn now_s(&self) -> f64 {
        self.start_s + f64::from(self.steps) * STEP_S
    }

    /// Advances by [`STEP_S`] under these lamps, one a signal group of the street.
    pub fn step(&mut self, lamps: &[Lamp]) {
        assert!(lamps.len() >= self.street.groups(), "a step needs one lamp a signal group");
        self.begin(lamps);
        self.go_on();
        self.cross();
        self.end(lamps);
    }

    /// Lets vehicles in and has everybody change lanes and follow his leader.
    pub(crate) fn begin(&mut self, lamps: &[Lamp]) {
        self.heads.show(lamps, DT);
        if !self.rains.is_empty() {
            self.rain();
        }
        if !self.guests.is_empty() {
            self.serve_stops();
        }
        if !self.reversals.is_empty() {
            self.change_hands();
        }
        if !self.closures.is_empty() || !self.guests.is_empty() || !self.reversals.is_empty() {
            self.shut_and_open();
        }
        self.admit();
        if !self.guests.is_empty() {
            self.make_way();
        }
        for &link in &self.own {
            crate::change::change(&self.map, &mut self.cars, link, self.steps);
            let lanes = self.map.all_lanes(link);
            match self.map.driving.get(lanes.clone()) {
                None => self.cars[lanes].iter_mut().for_each(motion::follow_leaders),
                Some(ways) => motion::follow_in_their_ways(&mut self.cars[lanes], ways),
            }
        }
    }

    /// Has everybody look over his stop line, and move.
    pub(crate) fn go_on(&mut self) {
        self.stop_at_closures();
        let view = View { map: &self.map, rules: &self.rules, walkers: &self.walkers, bikes: &self.bikes };
        stopline::approach(view, &mut self.cars, &mut self.heads, &self.own);
        giveway::beyond_gates(view, &mut self.cars);
        if !self.guests.is_empty() {
            self.stop_at_stops();
            self.let_step_aside();
        }
        self.advance();
        if self.tally.fuel.is_some() {
            let mine = self.own.iter().flat_map(|&link| &self.cars[self.map.all_lanes(link)]);
            emission::burn(mine, &mut self.trips);
        }
        self.steps += 1;
    }

    /// Counts what the step has brought.
    pub(crate) fn end(&mut self, lamps: &[Lamp]) {
        self.loops.update(&self.map, &self.cars, DT);
        self.rules.look(&self.map, &self.cars);
        let now = self.now_s();
        if self.first {
            self.walkers.step(lamps, now, &self.rules.strips, self.rules.taken());
            self.bikes.step(lamps, now, self.rules.bikes_held());
            self.loops.bikes(&self.bikes, STEP_S);
        }
        self.tally.vehicle_seconds += self.on_road as f64 * STEP_S;
        self.tally.queues(self.now_s(), &self.queued);
        if !self.guests.is_empty() {
            self.note_guests();
        }
        if self.steps.is_multiple_of(REACH_STEPS) {
            self.reaches();
        }
        self.record();
    }

    /// Loops, in the order of the street's loop sites.
    pub fn loops(&self) -> &[LoopState] {
        self.loops.states()
    }

    /// By signal group, whether a pedestrian waits for it.
    pub fn calls(&self) -> &[bool] {
        self.walkers.calls()
    }

    /// Where pedestrians are on a crossing, m from its first kerb; only crossings at which some turn gives way know.
    pub fn walkers_on(&self, crossing: usize) -> impl Iterator<Item = f32> + '_ {
        self.walkers.places(crossing)
    }

    /// Whether a bicycle of this lane is where turning vehicles cross its way, 4 to 9 m beyond its stop line.
    pub fn bikes_cross(&self, lane: usize) -> bool {
        self.bikes.on_strip(lane)
    }

    /// The street.
    pub fn street(&self) -> &Street {
        &self.street
    }

    /// Vehicles on the street.
    pub fn on_road(&self) -> usize {
        self.on_road
    }

    /// Vehicles that wished to enter and found no room yet.
    pub fn waiting_outside(&self) -> usize {
        self.doors.iter().map(|d| d.waiting.len()).sum()
    }

    /// Vehicles that have wished to enter so far.
    pub fn arrived(&self) -> usize {
        self.coming.come() as usize + self.guests.come()
    }

    /// Vehicles of which anything is kept: on the road (places of those who have left are used again), outside, and known
    /// to come.
    pub fn kept(&self) -> usize {
        self.trips.len() + self.waiting_outside() + self.coming.kept() + self.guests.coming.len()
    }

    /// Whether all demand has been served and the street is empty.
    pub fn idle(&self) -> bool {
        self.on_road == 0 && self.coming.over() && self.guests.coming.is_empty() && self.waiting_outside() == 0
    }

    /// Running sums.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Vehicles queueing on each link now (from below 5 km/h until above 15 km/h), waiting outside included.
    pub fn queued(&self) -> &[u32] {
        &self.queued
    }

    /// Who has left the street in the last step.
    pub fn exits(&self) -> &[Exit] {
        &self.exits
    }

    /// Meters fuel, to be asked for before the first step; the run's measures then say how much was burnt.
    pub fn meter_fuel(&mut self) {
        self.tally.fuel.get_or_insert_default();
    }

    /// Records trajectories on these links from now on.
    pub fn record_links(&mut self, links: &[usize]) {
        let mut mask = vec![false; self.street.links().len()];
        for &l in links {
            if let Some(slot) = mask.get_mut(l) {
                *slot = true;
            }
        }
        self.recorder = Some(Recorder { links: mask, samples: Vec::new() });
    }

    /// Records no more.
    pub fn stop_recording(&mut self) {
        self.recorder = None;
    }

    /// Takes what the recorder has, leaving it empty.
    pub fn take_samples(&mut self) -> Vec<Sample> {
        self.recorder.as_mut().map(|r| std::mem::take(&mut r.samples)).unwrap_or_default()
    }

    /// Closes the books: whoever is still on the road or outside is accounted as unserved.
    pub fn finish(self) -> Measures {
        let (street, now) = (self.street.clone(), self.now_s());
        let (tally, walkers, bikes) = self.close();
        tally.measures(&street, now, walkers, bikes)
    }

    pub(crate) fn close(mut self) -> (Tally, Vec<CrossingMeasure>, Vec<BikeMeasure>) {
        let now = self.now_s();
        let lanes = self.own.iter().flat_map(|&l| self.map.all_lanes(l));
        let bays = self.guests.bays.iter().map(|b| std::slice::from_ref(&b.car));
        for c in lanes.map(|lane| &self.cars[lane][..]).chain(bays).flatten() {
            self.tally.remains(&self.trips[c.trip as usize], c.stops, now, c.pos, c.want);
        }
        // Whoever would have wished to enter after the end of the run has not wished at all.
        let mut late = Vec::new();
        while let Some((_, d)) = self.coming.take(now).or_else(|| self.guests.take(now)) {
            late.push(d);
        }
        for d in self.doors.iter().flat_map(|d| &d.waiting).map(|(_, d)| d).chain(&late) {
            self.tally.never_in(d.at_s, &d.route, d.driver.heavy, now);
        }
        let walkers = self.walkers.measures(&self.street, now);
        let bikes = self.bikes.measures(&self.street);
        (self.tally, walkers, bikes)
    }

    fn record(&mut self) {
        let Some(recorder) = &mut self.recorder else { return };
        let at_s = self.start_s + f64::from(self.steps) * STEP_S;
        for (k, (c, info)) in self.cars.iter().zip(&self.map.lanes).enumerate() {
            if !recorder.links[info.link] {
                continue;
            }
            let lane = k - self.map.lane(info.link, 0);
            recorder.samples.extend((0..c.len()).map(|i| Sample {
                at_s,
                link: info.link,
                lane,
                position_m: c[i].pos,
                speed_m_s: c[i].vel,
                length_m: c[i].len,
                vehicle: c[i].id,
                heavy: self.trips[c[i].trip as usize].heavy,
            }));
        }
    }
}

/// Panics when a departure does not belong to this street.
fn begins_here(street: &Street, d: &Departure) {
    let links = street.links();
    assert!(
        d.route.first().is_some_and(|&l| links.get(l as usize).is_some_and(|l| l.entry))
            && d.route.iter().all(|&l| (l as usize) < links.len()),
        "a departure's route does not begin at an entry of this street"
    );
}
