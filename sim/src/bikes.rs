//! Bicycles and e-bikes: a stream of their own beside each approach that has a lane for them.
//!
//! Knows: bicycle lanes, their lamps, whether a turning vehicle stands in the way. Must not know: vehicles, routes.
//!
//! ```text
//!  Poisson ─► ride at own speed ─► queue at the line ─► leave in bulk, width x 0.5/s ─┬─► straight on, gone
//!             (seen by detectors)  (no lane order: fast ones overtake)                └─► left: second queue, the hook lane's
//! ```
//! A cyclist who rides up to a green light does not stop. Those who wait start with the lamp itself: they watch it, and
//! a foot is quicker than a car, so they are in the intersection before the first vehicle (early start).

use std::collections::VecDeque;

use serde::Serialize;

use crate::giveway::MARGIN_S;
use crate::loops::LoopState;
use crate::random::{Entity, Stream};
use crate::signal::Lamp;
use crate::street::Street;

/// Discharge at the stop line, 1/s and metre of width: 1,800 bicycles/h and m. (HCM 2000 chapter 19: 2,000 an hour for a
/// lane; Jin et al. 2015: 2,348 an hour and metre on the open path with 70 % e-bikes.)
pub const DISCHARGE_PER_S_M: f64 = 0.5;
/// Speeds: mean, deviation and bounds, m/s: e-bikes 20 km/h, bicycles 14 km/h. (Hangzhou, mixed flow: 17.1 and 13.5 km/h,
/// Adv. Mech. Eng. 2015; free riding is faster.)
const E_BIKE_M_S: (f64, f64, f64, f64) = (5.56, 0.9, 3.3, 7.0);
const BICYCLE_M_S: (f64, f64, f64, f64) = (3.89, 0.7, 2.2, 5.6);
/// Mean speed over the intersection of those who start from a stand, m/s.
const START_M_S: f32 = 3.3;
/// Where turning vehicles cross their way, m beyond the stop line, and where they have left it.
const MET_M: (f32, f32) = (4.0, 9.0);
/// Where they have crossed, m beyond the stop line.
const ACROSS_M: f32 = 30.0;
/// How far ahead arrivals are drawn, s: longer than the slowest needs from the furthest detector.
const DRAWN_AHEAD_S: f64 = 20.0;
/// Room of one that stands, m2 (2.0 m by 1.0 m).
const STANDS_ON_M2: f64 = 2.0;
/// Length of a bicycle and of its detector together, m.
const COVERS_M: f64 = 1.9 + 1.0;
/// One that will be there this soon after a vehicle is still in its way, s.
const AFTER_S: f32 = 1.0;

/// What the bicycles of an approach met, over those that reached its stop line in the measuring window.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct BikeMeasure {
    /// Name of the approach link.
    pub link: String,
    /// Bicycles and e-bikes that have crossed (the left turners: in both stages).
    pub served: u32,
    /// Of these, e-bikes.
    pub e_bikes: u32,
    /// Still waiting at the end.
    pub waiting: u32,
    /// Mean wait of those served, both stages together, s; absent when there were none.
    pub mean_wait_s: Option<f64>,
    /// Longest wait of those served, s.
    pub max_wait_s: f64,
}

#[derive(Debug, Clone, Copy)]
struct Bike {
    /// When it reaches the line, if nothing stops it, s.
    at_s: f64,
    speed: f32,
    e_bike: bool,
    left: bool,
    /// The lane it came by.
    home: usize,
    /// What it has waited so far, s.
    waited_s: f64,
    /// When it first reached a line.
    came_s: f64,
}

#[derive(Debug, Clone, Copy)]
struct Rider {
    bike: Bike,
    gone: f32,
    speed: f32,
}

#[derive(Debug, Clone)]
struct Lane {
    group: usize,
    rate: f64,
    width: f64,
    per_s: f64,
    e_share: f64,
    left_share: f64,
    hook: usize,
    draws: Stream,
    next_s: f64,
    coming: VecDeque<Bike>,
    queue: VecDeque<Bike>,
    credit: f64,
    goes: bool,
    riders: Vec<Rider>,
    served: u32,
    e_bikes: u32,
    sum_s: f64,
    max_s: f64,
}

/// All bicycles of a street.
#[derive(Debug, Clone)]
pub(crate) struct Bikes {
    lanes: Vec<Lane>,
    from_s: f64,
    to_s: f64,
    now_s: f64,
}

impl Bikes {
    pub(crate) fn new(street: &Street, seed: u64, start_s: f64, from_s: f64, to_s: f64) -> Bikes {
        let lanes = street.bike_lanes().iter().enumerate().map(|(i, l)| {
            let mut draws = Stream::new(seed, Entity::Bikes(street.bike_ids()[i]));
            let per_s = f64::from(l.per_h) / 3600.0;
            Lane {
                group: l.group,
                rate: DISCHARGE_PER_S_M * f64::from(l.width_m),
                width: f64::from(l.width_m),
                per_s,
                e_share: f64::from(l.e_bike_share),
                left_share: f64::from(l.left_share),
                hook: l.hook.unwrap_or(i),
                next_s: if per_s > 0.0 { start_s + draws.exponential() / per_s } else { f64::INFINITY },
                draws,
                coming: VecDeque::with_capacity(64),
                queue: VecDeque::with_capacity(256),
                credit: 0.0,
                goes: false,
                riders: Vec::with_capacity(64),
                served: 0,
                e_bikes: 0,
                sum_s: 0.0,
                max_s: 0.0,
            }
        });
        Bikes { lanes: lanes.collect(), from_s, to_s, now_s: start_s }
    }

    /// One step: `held` says by lane whether a turning vehicle stands in the way.
    pub(crate) fn step(&mut self, lamps: &[Lamp], now_s: f64, held: &[bool]) {
        let step_s = now_s - self.now_s;
        self.now_s = now_s;
        for (i, &held) in held.iter().enumerate() {
            let l = &mut self.lanes[i];
            l.draw(i, now_s + DRAWN_AHEAD_S, self.to_s);
            while l.coming.front().is_some_and(|b| b.at_s <= now_s) {
                l.queue.extend(l.coming.pop_front());
            }
            l.goes = !matches!(lamps[l.group], Lamp::Red | Lamp::Yellow);
            if l.goes && !held {
                // What a street without a queue saves up is one row of cyclists, no more.
                l.credit = (l.credit + l.rate * step_s).min(l.width.max(1.0));
                while l.credit >= 1.0
                    && let Some(mut bike) = l.queue.pop_front()
                {
                    l.credit -= 1.0;
                    let wait = (now_s - bike.at_s - step_s).max(0.0);
                    bike.waited_s += wait;
                    let speed = if wait > 0.0 { bike.speed.min(START_M_S) } else { bike.speed };
                    l.riders.push(Rider { bike, gone: 0.0, speed });
                }
            }
            self.ride(i, step_s as f32, held);
        }
    }

    fn ride(&mut self, i: usize, step_s: f32, held: bool) {
        let mut k = 0;
        while k < self.lanes[i].riders.len() {
            let l = &mut self.lanes[i];
            let r = &mut l.riders[k];
            let ahead = r.speed * step_s;
            // Nobody rides into a vehicle that is already there.
            if !(held && r.gone <= MET_M.0 && r.gone + ahead > MET_M.0) {
                r.gone += ahead;
            }
            if r.gone < ACROSS_M {
                k += 1;
                continue;
            }
            let mut bike = l.riders.swap_remove(k).bike;
            if bike.left {
                (bike.left, bike.at_s) = (false, self.now_s);
                let hook = l.hook;
                self.lanes[hook].queue.push_front(bike);
            } else {
                let home = &mut self.lanes[bike.home];
                if bike.came_s >= self.from_s {
                    home.served += 1;
                    home.e_bikes += u32::from(bike.e_bike);
                    home.sum_s += bike.waited_s;
                    home.max_s = home.max_s.max(bike.waited_s);
                }
            }
        }
    }

    /// Whether a bicycle of `lane` will be where a turning vehicle crosses its way when that comes to it in `in_s` seconds, or
    /// right after.
    pub(crate) fn in_the_way(&self, lane: usize, in_s: f32) -> bool {
        let l = &self.lanes[lane];
        let soon = in_s + AFTER_S;
        let meets = |enters: f32, leaves: f32| leaves > 0.0 && enters < soon && leaves > in_s - MARGIN_S;
        let rides = l.riders.iter().any(|r| meets((MET_M.0 - r.gone) / r.speed, (MET_M.1 - r.gone) / r.speed));
        if rides || !l.goes {
            return rides;
        }
        !l.queue.is_empty()
            || l.coming.iter().take_while(|b| ((b.at_s - self.now_s) as f32) < soon).any(|b| {
                let until = (b.at_s - self.now_s) as f32;
                meets(until + MET_M.0 / b.speed, until + MET_M.1 / b.speed)
            })
    }

    /// Whether a bicycle of `lane` is where turning vehicles cross its way.
    pub(crate) fn on_strip(&self, lane: usize) -> bool {
        self.lanes[lane].riders.iter().any(|r| r.gone > MET_M.0 && r.gone < MET_M.1)
    }

    /// Brings a detector's state up to now: `before_m` before the line of `lane`, over a step of `step_s`.
    pub(crate) fn detect(&self, lane: usize, before_m: f32, step_s: f64, state: &mut LoopState) {
        let l = &self.lanes[lane];
        let (before, queue_m) = (f64::from(before_m), l.queue.len() as f64 * STANDS_ON_M2 / l.width);
        let mut covered: f64 = 0.0;
        // The last step brought those to the detector who would have been at the line this much later.
        for b in l.coming.iter().chain(l.queue.iter().rev()).chain(l.riders.iter().map(|r| &r.bike)) {
            let at = b.came_s - before / f64::from(b.speed);
            if b.home == lane && at > self.now_s - step_s && at <= self.now_s {
                state.count += 1;
                covered += COVERS_M / f64::from(b.speed);
            }
        }
        let stands = queue_m > before && !l.queue.is_empty();
        state.occupied = stands || covered > 0.0;
        state.occupied_s += if stands { step_s } else { covered.min(step_s) };
    }

    pub(crate) fn measures(&self, street: &Street) -> Vec<BikeMeasure> {
        let still = |home: usize| {
            let here = |l: &Lane| {
                let all = l.queue.iter().chain(l.riders.iter().map(|r| &r.bike));
                all.filter(|b| b.home == home && b.came_s >= self.from_s).count() as u32
            };
            self.lanes.iter().map(here).sum()
        };
        let rows = self.lanes.iter().zip(street.bike_lanes()).enumerate().map(|(i, (l, at))| BikeMeasure {
            link: street.links()[at.link].name.clone(),
            served: l.served,
            e_bikes: l.e_bikes,
            waiting: still(i),
            mean_wait_s: (l.served > 0).then(|| l.sum_s / f64::from(l.served)),
            max_wait_s: l.max_s,
        });
        rows.collect()
    }
}

impl Lane {
    fn draw(&mut self, home: usize, until_s: f64, to_s: f64) {
        while self.next_s <= until_s && self.next_s < to_s {
            let e_bike = self.draws.uniform() < self.e_share;
            let (mean, sd, lo, hi) = if e_bike { E_BIKE_M_S } else { BICYCLE_M_S };
            let speed = self.draws.normal_within(mean, sd, lo, hi) as f32;
            let left = self.draws.uniform() < self.left_share;
            let at_s = self.next_s;
            self.coming.push_back(Bike { at_s, speed, e_bike, left, home, waited_s: 0.0, came_s: at_s });
            self.next_s += self.draws.exponential() / self.per_s;
        }
    }
}
