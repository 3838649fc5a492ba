//! The stop line: who may go, who must stop, how fast a turn is taken, whether there is room behind the intersection.
//!
//! Knows: lamps, turns, the head of each lane and the tail of the next. Must not know: routes, measures, who set the lamps.

use crate::cars::{COMMITTED, Cars, EMERGENCY, GOES, LEAVES, RELEASED, Seen, TURNING, WRONG_LANE};
use crate::change::last_point;
use crate::driver::{
    COMFORT_BRAKE_M_S2, GREEN_REACTION_S, HARDEST_BRAKE_M_S2, STANDSTILL_GAP_M, YELLOW_BRAKE_M_S2, YELLOW_REACH_S,
    YELLOW_REACTION_S, approach_speed, brake_needed,
};
use crate::giveway::{self, View};
use crate::lanes::LaneMap;
use crate::signal::Lamp;

/// Vehicles further from the stop line than this do not look at it, m (stops from 20 m/s at 3 m/s2).
pub(crate) const LOOK_M: f32 = 75.0;
/// Where the wall of a red signal stands beyond the line, m: vehicles stop this much less than their standstill gap before it.
pub(crate) const WALL_M: f32 = 1.0;
/// Depth of the intersection area kept clear of standing vehicles, m.
const KEEP_CLEAR_M: f32 = 12.0;
/// A tail that brakes harder than this is about to stand, for the keep-clear rule, m/s2 ...
const BRAKES_M_S2: f32 = 0.3;
/// ... and so is one slower than this, m/s, that does not speed up by this, m/s2.
const STANDS: (f32, f32) = (3.0, 0.2);
/// How far behind the line the curve of a turn reaches, m.
pub(crate) const CURVE_M: f32 = 15.0;
/// Where a turning vehicle's rear has left the last crossing, m behind the line.
const CROSSED_M: f32 = 25.0;
/// A dark signal lets one vehicle a lane go in this time, s (all-way yield; HCM chapter 21 has 3.9 to 4.5 s).
const DARK_HEADWAY_S: f32 = 4.0;
/// Vehicles of different lanes leave a dark intersection at least this far apart, s.
const DARK_APART_S: f32 = 1.0;

/// Lamps with their age, and when dark intersections let the last one go.
#[derive(Debug, Clone)]
pub(crate) struct Heads {
    lamp: Vec<Lamp>,
    age: Vec<f32>,
    lane_let: Vec<f32>,
    node_let: Vec<f32>,
    node_of: Vec<usize>,
}

impl Heads {
    pub(crate) fn new(groups: usize, nodes: usize, node_of: Vec<usize>) -> Heads {
        Heads {
            lamp: vec![Lamp::Red; groups],
            age: vec![1e6; groups],
            lane_let: vec![1e6; node_of.len()],
            node_let: vec![1e6; nodes],
            node_of,
        }
    }

    pub(crate) fn show(&mut self, lamps: &[Lamp], step_s: f32) {
        for ((lamp, age), &now) in self.lamp.iter_mut().zip(&mut self.age).zip(lamps) {
            *age = if *lamp == now { *age + step_s } else { 0.0 };
            *lamp = now;
        }
        for t in self.lane_let.iter_mut().chain(&mut self.node_let) {
            *t += step_s;
        }
    }

    pub(crate) fn green(&self, group: usize) -> bool {
        self.lamp[group] == Lamp::Green
    }

    pub(crate) fn lamp(&self, group: usize) -> Lamp {
        self.lamp[group]
    }

    /// Whether somebody who brakes for a yellow light may still think better of it, as others must reckon with.
    pub(crate) fn may_go_yet(&self, group: usize, v: f32, d: f32) -> bool {
        v > 2.0 && v * (YELLOW_REACTION_S - self.age[group]).max(0.0) + v * v / (2.0 * YELLOW_BRAKE_M_S2) + 2.0 > d
    }

    /// Whether vehicle `i` of `lane`, `d` before the line, passes it under its lamp; notes decisions in its flags.
    pub(crate) fn passes(&mut self, cars: &mut Cars, lane: usize, group: usize, i: usize, d: f32) -> bool {
        let head = i + 1 == cars.len();
        let c = &mut cars[i];
        let v = c.vel;
        match self.lamp[group] {
            Lamp::Green => {
                c.flags &= !COMMITTED;
                !(self.age[group] < GREEN_REACTION_S && v < 0.2)
            }
            Lamp::Yellow => {
                // Whoever decided to go goes on unless his leader has slowed him down; who decided to stop brakes at once.
                let needed = brake_needed(v, d);
                if c.flags & COMMITTED != 0 {
                    return needed > 1.0;
                }
                let age = self.age[group];
                let late = v * (YELLOW_REACTION_S - age).max(0.0) + v * v / (2.0 * YELLOW_BRAKE_M_S2) > d;
                let goes = late && (v * (YELLOW_REACH_S - age) > d || needed > YELLOW_BRAKE_M_S2);
                if goes {
                    c.flags |= COMMITTED;
                }
                goes
            }
            Lamp::Red => {
                let needed = brake_needed(v, d);
                needed > HARDEST_BRAKE_M_S2
                    || (c.flags & COMMITTED != 0 && needed > YELLOW_BRAKE_M_S2)
                    || (c.class == EMERGENCY && c.flags & RELEASED != 0)
            }
            Lamp::Dark | Lamp::YellowFlash => {
                let node = self.node_of[lane];
                let waits = c.flags & RELEASED == 0 && v < 0.5 && d < 4.0 && head;
                if waits && self.lane_let[lane] >= DARK_HEADWAY_S && self.node_let[node] >= DARK_APART_S {
                    c.flags |= RELEASED;
                    (self.lane_let[lane], self.node_let[node]) = (0.0, 0.0);
                }
                c.flags & RELEASED != 0 || brake_needed(v, d) > HARDEST_BRAKE_M_S2
            }
        }
    }
}

/// Applies stop lines, turning speeds and what lies behind the intersection; reads positions, lowers accelerations.
pub(crate) fn approach(view: View<'_>, cars: &mut [Cars], heads: &mut Heads, links: &[usize]) {
    for &link in links {
        for lane in view.map.all_lanes(link) {
            if !cars[lane].is_empty() {
                approach_lane(view, cars, heads, lane);
            }
        }
    }
}

#[inline]
fn approach_lane(view: View<'_>, cars: &mut [Cars], heads: &mut Heads, lane: usize) {
    let map = view.map;
    let info = &map.lanes[lane];
    let n = cars[lane].len();
    if cars[lane].turned || info.special {
        straighten(&mut cars[lane], info.end - giveway::DECIDES_M);
    }
    if info.exit {
        return;
    }
    if info.special {
        return giveway::approach_lane(view, cars, heads, lane);
    }
    for i in (0..n).rev() {
        let d = info.end - cars[lane][i].pos;
        if d > LOOK_M {
            break;
        }
        let turn = cars[lane][i].turn;
        if turn == LEAVES {
            continue;
        }
        if turn == WRONG_LANE {
            wrong_lane_wall(map, &mut cars[lane], lane, i);
            break;
        }
        let t = info.turns[usize::from(turn)];
        if !heads.passes(&mut cars[lane], lane, t.group, i, d) {
            stop(&mut cars[lane], i, info.end + WALL_M);
            break;
        }
        if t.speed.is_finite() {
            let c = &mut cars[lane];
            c[i].v0 = c[i].want.min(approach_speed(t.speed, d));
        }
        if i + 1 == n
            && let Some(tail) = cars[t.to_lane].tail()
        {
            let c = &mut cars[lane];
            let a = c[i].follows(c[i].v0, d + tail.rear, tail.vel);
            c[i].acc = c[i].acc.min(a);
            if no_room(c, i, tail) && brake_needed(c[i].vel, d) < HARDEST_BRAKE_M_S2 {
                stop(c, i, info.end + WALL_M);
                break;
            }
        }
    }
}

/// Whether the last vehicle behind the intersection stands, or will stand, where vehicle `i` has no room behind it.
pub(crate) fn no_room(c: &Cars, i: usize, tail: Seen) -> bool {
    let needs = KEEP_CLEAR_M + c[i].len + STANDSTILL_GAP_M;
    let stands = tail.acc < -BRAKES_M_S2 || (tail.vel < STANDS.0 && tail.acc < STANDS.1);
    let room = tail.rear + brake_needed(tail.vel, 1.0) / COMFORT_BRAKE_M_S2;
    stands && room < needs
}

/// Who cannot turn from his lane waits where he can still change it.
pub(crate) fn wrong_lane_wall(map: &LaneMap, c: &mut Cars, lane: usize, i: usize) {
    let wall = last_point(map, lane, c[i].side).max(c[i].pos) + WALL_M;
    stop(c, i, wall);
}

pub(crate) fn stop(c: &mut Cars, i: usize, wall: f32) {
    let a = c[i].follows(c[i].v0, wall - c[i].pos, 0.0);
    c[i].acc = c[i].acc.min(a);
}

/// Vehicles that have left their curve take up speed, and forget whom they gave way to; `next` = where they look again.
fn straighten(cars: &mut Cars, next: f32) {
    let mut still = false;
    for c in cars.iter_mut().take_while(|c| c.pos <= CURVE_M + 45.0) {
        if c.flags & (TURNING | GOES) == 0 {
            continue;
        }
        if c.flags & TURNING != 0 && c.pos > CURVE_M {
            c.flags &= !TURNING;
            c.v0 = c.want;
        }
        if c.pos > CROSSED_M + c.len && c.pos < next {
            c.flags &= !GOES;
        }
        still |= c.flags & (TURNING | GOES) != 0;
    }
    cars.turned = still;
}
