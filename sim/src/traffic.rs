//! The engine: vehicles in, one step after another under given lamps, measures out.
//!
//! Knows: the street, its vehicles, its lamps. Must not know: cabinets, registers, plans, wall clocks.
//!
//! ```text
//!  step(lamps):  admit ──> change ──> follow ──> approach ──> make room ──> move ──> cross ──> loops, walkers, queues
//!  reads         queues    positions  positions  lamps,       positions     speeds   ends      positions
//!  writes        lanes     lanes      acc        acc          acc           pos,vel  lanes     counters
//! ```
//! One pass over the lanes a phase; a phase that reads neighbours writes only accelerations, so order does not matter there.

mod doors;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::arrivals::Departure;
use crate::bikes::Bikes;
use crate::conflicts::Conflicts;
use crate::driver::{follow, free};
use crate::giveway::{self, View};
use crate::lanes::{ARRIVED, Cars, GOES, LEAVES, LaneMap, NO_RULE, NOWHERE, QUEUED, TURNING, WRONG_LANE};
use crate::loops::{LoopState, Loops};
use crate::measure::{Measures, Tally, Trip, Window};
use crate::progression::STILL_STARTING_M;
use crate::random::{Entity, Stream};
use crate::signal::Lamp;
use crate::stopline::{self, Heads};
use crate::street::{Movement, Street};
use crate::walkers::Walkers;

/// Length of a step, s.
pub const STEP_S: f64 = 0.5;
const DT: f32 = STEP_S as f32;
/// A vehicle that has blocked a green this long in the wrong lane gives up its turn, s.
pub const GIVES_UP_S: f64 = 40.0;
/// A stop begins below this speed, m/s (5 km/h).
const STOP_BEGINS_M_S: f32 = 5.0 / 3.6;
/// A stop ends above this speed, m/s (15 km/h).
const STOP_ENDS_M_S: f32 = 15.0 / 3.6;
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
    waiting: VecDeque<u32>,
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
    departures: Vec<Departure>,
    trips: Vec<Trip>,
    arrived: usize,
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
    seed: u64,
    start_s: f64,
    steps: u32,
    on_road: usize,
}

impl Traffic {
    /// A street without vehicles at `window.start_s`. `departures` must be sorted by time, each route beginning at an entry
    /// link of this street (panics otherwise: the caller drew them from another street). `seed` is for pedestrians and
    /// second thoughts of vehicles.
    pub fn new(street: Arc<Street>, departures: Vec<Departure>, seed: u64, window: Window) -> Traffic {
        let links = street.links();
        for d in &departures {
            assert!(
                d.route.first().is_some_and(|&l| links.get(l as usize).is_some_and(|l| l.entry))
                    && d.route.iter().all(|&l| (l as usize) < links.len()),
                "a departure's route does not begin at an entry of this street"
            );
        }
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
            trips: departures.iter().map(|d| Trip::new(d.at_s)).collect(),
            arrived: 0,
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
            seed,
            start_s: window.start_s,
            steps: 0,
            on_road: 0,
            map,
            departures,
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
        self.heads.show(lamps, DT);
        self.admit();
        crate::change::change(&self.map, &mut self.cars, self.steps);
        self.cars.iter_mut().for_each(follow_leaders);
        let view = View { map: &self.map, rules: &self.rules, walkers: &self.walkers, bikes: &self.bikes };
        stopline::approach(view, &mut self.cars, &mut self.heads);
        giveway::beyond_gates(view, &mut self.cars);
        crate::change::make_room(&self.map, &mut self.cars);
        self.advance();
        self.steps += 1;
        self.cross();
        self.loops.update(&self.map, &self.cars, DT);
        self.rules.look(&self.map, &self.cars);
        let now = self.now_s();
        self.walkers.step(lamps, now, &self.rules.strips, self.rules.taken());
        self.bikes.step(lamps, now, self.rules.bikes_held());
        self.loops.bikes(&self.bikes, STEP_S);
        self.tally.vehicle_seconds += self.on_road as f64 * STEP_S;
        self.tally.queues(self.now_s(), &self.queued);
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
        self.arrived
    }

    /// Whether all demand has been served and the street is empty.
    pub fn idle(&self) -> bool {
        self.on_road == 0 && self.arrived == self.departures.len() && self.waiting_outside() == 0
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

    /// Takes what the recorder has, leaving it empty.
    pub fn take_samples(&mut self) -> Vec<Sample> {
        self.recorder.as_mut().map(|r| std::mem::take(&mut r.samples)).unwrap_or_default()
    }

    /// Closes the books: whoever is still on the road or outside is accounted as unserved.
    pub fn finish(mut self) -> Measures {
        let now = self.now_s();
        for c in &self.cars {
            for i in 0..c.len() {
                let id = c[i].id as usize;
                self.tally.remains(&self.trips[id], &self.departures[id].route, now, c[i].pos, c[i].want);
            }
        }
        let outside: Vec<usize> = self.doors.iter().flat_map(|d| &d.waiting).map(|&id| id as usize).collect();
        for id in outside.into_iter().chain(self.arrived..self.departures.len()) {
            // Whoever would have wished to enter after the end of the run has not wished at all.
            if self.departures[id].at_s <= now {
                self.tally.never_in(self.departures[id].at_s, &self.departures[id].route, now);
            }
        }
        self.tally.measures(
            &self.street,
            now,
            self.walkers.measures(&self.street, now),
            self.bikes.measures(&self.street),
        )
    }

    /// Moves everybody by the accelerations found; ballistic, never backwards, never into the leader.
    fn advance(&mut self) {
        let now = self.now_s();
        self.tally.progression.shown(&self.heads, now, STEP_S);
        self.queued.fill(0);
        for d in &self.doors {
            self.queued[d.link] = d.waiting.len() as u32;
        }
        for (c, info) in self.cars.iter_mut().zip(&self.map.lanes) {
            let mut limit = f32::INFINITY;
            let mut lead = 0.0;
            let mut queued = 0;
            for i in (0..c.len()).rev() {
                let (v, a) = (c[i].vel, c[i].acc);
                let mut after = v + a * DT;
                let mut dx = 0.5 * (v + after) * DT;
                if after < 0.0 {
                    after = 0.0;
                    dx = -0.5 * v * v / a;
                }
                let mut x = c[i].pos + dx;
                if x > limit {
                    x = limit.max(c[i].pos);
                    after = after.min(lead);
                    self.tally.guarded += 1;
                }
                c[i].moved = x - c[i].pos;
                c[i].pos = x;
                c[i].vel = after;
                limit = x - c[i].len - GUARD_M;
                lead = after;
                if after < STOP_BEGINS_M_S && c[i].flags & ARRIVED == 0 && x > STILL_STARTING_M {
                    c[i].flags |= ARRIVED;
                    self.tally.progression.arrives(info.link, c[i].next, &self.heads, now);
                }
                if c[i].flags & QUEUED == 0 {
                    if after < STOP_BEGINS_M_S {
                        c[i].flags |= QUEUED;
                        self.trips[c[i].id as usize].stops += 1;
                    }
                } else if after > STOP_ENDS_M_S {
                    c[i].flags &= !QUEUED;
                }
                queued += u32::from(c[i].flags & QUEUED != 0);
            }
            self.queued[info.link] += queued;
        }
    }

    /// Takes vehicles over stop lines into their next lane, or out.
    fn cross(&mut self) {
        let now = self.now_s();
        self.exits.clear();
        for lane in 0..self.cars.len() {
            let end = self.map.lanes[lane].end;
            while let Some(last) = self.cars[lane].len().checked_sub(1) {
                let c = &self.cars[lane];
                let over = c[last].pos - end;
                if over < 0.0 {
                    self.gives_up(lane, last);
                    break;
                }
                let id = c[last].id as usize;
                let at = now - STEP_S * f64::from((over / c[last].moved.max(1e-3)).min(1.0));
                match c[last].turn {
                    LEAVES => {
                        let car = self.cars[lane].remove(last);
                        self.tally.leaves(&self.trips[id], &self.departures[id].route, at, car.want);
                        self.exits.push(Exit { vehicle: car.id, at_s: at, stops: self.trips[id].stops });
                        self.on_road -= 1;
                    }
                    WRONG_LANE => {
                        hold_back(&mut self.cars[lane], end);
                        break;
                    }
                    turn => {
                        let t = self.map.lanes[lane].turns[usize::from(turn)];
                        let mut gate = 0.0;
                        if t.rule != NO_RULE {
                            gate = self.rules.rules[usize::from(t.rule)].gate_m;
                            if over < gate {
                                break;
                            }
                            if c[last].flags & GOES == 0 {
                                hold_back(&mut self.cars[lane], end + gate);
                                break;
                            }
                        }
                        let at = now - STEP_S * f64::from(((over - gate) / c[last].moved.max(1e-3)).min(1.0));
                        let limit = self.cars[t.to_lane].tail().map_or(f32::INFINITY, |s| s.rear - GUARD_M);
                        if limit < gate {
                            self.tally.guarded += 1;
                            hold_back(&mut self.cars[lane], end + gate);
                            break;
                        }
                        let mut car = self.cars[lane].remove(last);
                        let (link, to) = (self.map.lanes[lane].link, t.to_link as usize);
                        if car.flags & ARRIVED == 0 {
                            self.tally.progression.arrives(link, car.next, &self.heads, at);
                        }
                        let trip = &mut self.trips[id];
                        self.tally.crosses(trip, link, to, t.movement, at, car.want);
                        trip.cursor += 1;
                        trip.blocks = 0;
                        car.next = trip.next(&self.departures[id].route);
                        (car.turn, car.side) = self.map.wish(t.to_lane, car.next);
                        car.pos = over.min(limit);
                        car.want = self.map.lanes[t.to_lane].limit * self.departures[id].driver.speed_factor;
                        car.flags &= QUEUED | GOES;
                        car.v0 = car.want;
                        if t.speed.is_finite() {
                            car.flags |= TURNING;
                            car.v0 = car.want.min(t.speed);
                        }
                        car.hold = self.steps;
                        self.loops.left(lane, t.to_lane, car.id);
                        self.cars[t.to_lane].insert(0, car);
                    }
                }
            }
        }
    }

    /// The head of a lane that has stood in the wrong lane while its lane had green takes what the lane permits.
    fn gives_up(&mut self, lane: usize, head: usize) {
        let c = &mut self.cars[lane];
        if c[head].side == 0 && c[head].turn != WRONG_LANE || c[head].vel > 0.5 {
            return;
        }
        let turns = &self.map.lanes[lane].turns;
        if !turns.iter().any(|t| self.heads.green(t.group)) {
            return;
        }
        let id = c[head].id;
        let trip = &mut self.trips[id as usize];
        trip.blocks += 1;
        if f64::from(trip.blocks) * STEP_S < GIVES_UP_S {
            return;
        }
        let pick = Stream::new(self.seed, Entity::Vehicle(id)).below(turns.len());
        let route = &mut self.departures[id as usize].route;
        route.truncate(usize::from(trip.cursor) + 1);
        let mut link = turns[pick].to_link as usize;
        route.push(link as u32);
        while let Some(to) = [Movement::Through, Movement::Right, Movement::Left, Movement::UTurn]
            .into_iter()
            .find_map(|m| self.street.leads_to(link, m))
            .filter(|_| route.len() < 400)
        {
            route.push(to as u32);
            link = to;
        }
        trip.blocks = 0;
        self.tally.missed_turns += 1;
        (c[head].next, c[head].turn, c[head].side) = (turns[pick].to_link, pick as u8, 0);
        debug_assert!(c[head].next != NOWHERE);
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
            }));
        }
    }
}

/// Car following inside one lane: everybody but the head behind his leader, the head free.
fn follow_leaders(cars: &mut Cars) {
    let mut ahead: Option<(f32, f32)> = None;
    for c in cars.iter_mut().rev() {
        c.acc = match ahead {
            Some((rear, vel)) => follow(c.vel, c.v0, rear - c.pos, vel, c.accel, c.headway),
            None => free(c.vel, c.v0, c.accel),
        };
        ahead = Some((c.pos - c.len, c.vel));
    }
}

/// Sets the head of a lane back to the line it must not cross in this step, and those behind it after it.
fn hold_back(c: &mut Cars, end: f32) {
    let mut limit = end - 0.05;
    for i in (0..c.len()).rev() {
        if c[i].pos <= limit {
            break;
        }
        let before = c[i].pos - c[i].moved;
        c[i].pos = limit.max(before);
        c[i].moved = c[i].pos - before;
        c[i].vel = 0.0;
        limit = c[i].pos - c[i].len - GUARD_M;
    }
}
