//! Lane changes: who moves over, and who makes room for whom.
//!
//! Knows: lanes, neighbours, what lane a movement needs. Must not know: lamps, routes beyond the next link.
//!
//! Mandatory changes (the lane does not permit the wanted movement) go towards the nearest lane that does, at any gap that
//! is safe by Gipps' (1986) kinematics, with decelerations that grow with urgency. A driver who finds no gap falls in behind
//! his leader-to-be, and the follower-to-be lets him in; so pockets fill from their tail and a full pocket blocks its mouth.
//! Discretionary changes follow MOBIL (Kesting, Treiber and Helbing 2007) among lanes that permit the movement.

use crate::driver::follow;
use crate::lanes::{Cars, GOES, LaneMap};

/// Advantage a discretionary change must bring, m/s2 (MOBIL: 0.1 to 0.3).
const THRESHOLD_M_S2: f32 = 0.3;
/// Weight of what the new follower loses (MOBIL politeness: 0.2 to 0.5).
const POLITENESS: f32 = 0.25;
/// Nobody changes lanes in the intersection area, m from the link's start to the rear bumper.
const BOX_M: f32 = 10.0;
/// Nobody changes by choice this near to the stop line, m.
const SETTLED_M: f32 = 40.0;
/// Urgency of a mandatory change begins this far (a lane) before the last point, m.
const URGENT_FROM_M: f32 = 200.0;
/// Room at the stop line where the last point for a change lies, m a lane.
const LAST_POINT_M: f32 = 8.0;
/// Smallest gap in front and behind after a change, m.
const SMALLEST_GAP_M: f32 = 1.0;
/// Steps (0.5 s) between two changes of one vehicle: by choice, and on the way to its lane.
const PAUSE_STEPS: (u32, u32) = (12, 4);

/// How pressing a mandatory change is, 0 to 1.
fn urgency(map: &LaneMap, lane: usize, pos: f32, side: i8) -> f32 {
    let left = (map.lanes[lane].end - pos - LAST_POINT_M) / f32::from(side.unsigned_abs());
    ((URGENT_FROM_M - left) / 160.0).clamp(0.0, 1.0)
}

/// The position beyond which a vehicle that must still move `side` lanes waits, m.
pub(crate) fn last_point(map: &LaneMap, lane: usize, side: i8) -> f32 {
    map.lanes[lane].end - LAST_POINT_M * f32::from(side.unsigned_abs())
}

/// Whether `ahead` of speed `lead` leaves a driver of speed `v` a gap he can live with.
fn safe(gap: f32, v: f32, lead: f32, brake: f32, reaction: f32) -> bool {
    let closing = ((v * v - lead * lead) / (2.0 * brake)).max(0.0);
    gap >= SMALLEST_GAP_M + v * reaction + closing
}

/// Moves over everybody who can and wants to; reads positions of the step before, writes lane membership.
pub(crate) fn change(map: &LaneMap, cars: &mut [Cars], step: u32) {
    for lane in 0..cars.len() {
        let info = &map.lanes[lane];
        if cars[lane].len() == 0 || (info.left.is_none() && info.right.is_none()) {
            continue;
        }
        for i in (0..cars[lane].len()).rev() {
            let c = &cars[lane];
            let turn = step.wrapping_add(c[i].id);
            let must = c[i].side != 0;
            let mine = if must { turn & 1 == 0 } else { turn & 3 == 0 };
            if !mine || step < c[i].hold || c[i].pos < c[i].len + BOX_M || c[i].flags & GOES != 0 {
                continue;
            }
            let target = if must { mandatory(map, cars, lane, i) } else { by_choice(map, cars, lane, i) };
            let Some(target) = target else { continue };
            let mut car = cars[lane].remove(i);
            (car.turn, car.side) = map.wish(target, car.next);
            car.hold = step + if must { PAUSE_STEPS.1 } else { PAUSE_STEPS.0 };
            let at = cars[target].leader_of(car.pos);
            cars[target].insert(at, car);
        }
    }
}

fn fits(map: &LaneMap, cars: &[Cars], lane: usize, i: usize, target: usize, brake: f32, reaction: f32) -> bool {
    let (me, c) = (cars[lane].seen(i), &cars[target]);
    if me.rear < map.lanes[target].start {
        return false;
    }
    let j = c.leader_of(me.pos);
    let ahead = j >= c.len() || {
        let o = c.seen(j);
        safe(o.rear - me.pos, me.vel, o.vel, brake, reaction)
    };
    ahead
        && (j == 0 || {
            let o = c.seen(j - 1);
            safe(me.rear - o.pos, o.vel, me.vel, brake, reaction)
        })
}

fn mandatory(map: &LaneMap, cars: &[Cars], lane: usize, i: usize) -> Option<usize> {
    let c = &cars[lane];
    let target = map.lanes[lane].beside(c[i].side)?;
    let u = urgency(map, lane, c[i].pos, c[i].side);
    fits(map, cars, lane, i, target, 2.0 + 1.5 * u, 0.6 - 0.4 * u).then_some(target)
}

fn by_choice(map: &LaneMap, cars: &[Cars], lane: usize, i: usize) -> Option<usize> {
    let c = &cars[lane];
    let info = &map.lanes[lane];
    if i + 1 == c.len() || c[i].vel < 2.0 || info.end - c[i].pos < SETTLED_M {
        return None;
    }
    let ahead = c.seen(i + 1);
    let (v, want, a, t) = (c[i].vel, c[i].want, c[i].accel, c[i].headway);
    let here = follow(v, want, ahead.rear - c[i].pos, ahead.vel, a, t);
    if crate::driver::free(v, want, a) - here < THRESHOLD_M_S2 {
        return None;
    }
    let mut best = None;
    let mut best_gain = THRESHOLD_M_S2;
    for target in [info.left, info.right].into_iter().flatten() {
        if map.lanes[target].start > 0.0 || map.wish(target, c[i].next).1 != 0 {
            continue;
        }
        if !fits(map, cars, lane, i, target, 2.0, 0.6) {
            continue;
        }
        let o = &cars[target];
        let j = o.leader_of(c[i].pos);
        let there = match j < o.len() {
            true => follow(v, want, o.seen(j).rear - c[i].pos, o[j].vel, a, t),
            false => crate::driver::free(v, want, a),
        };
        let lost = if j == 0 {
            0.0
        } else {
            let k = j - 1;
            let before = match j < o.len() {
                true => follow(o[k].vel, o[k].v0, o.seen(j).rear - o[k].pos, o[j].vel, o[k].accel, o[k].headway),
                false => crate::driver::free(o[k].vel, o[k].v0, o[k].accel),
            };
            let after = follow(o[k].vel, o[k].v0, c[i].pos - c[i].len - o[k].pos, v, o[k].accel, o[k].headway);
            (before - after).max(0.0)
        };
        let gain = there - here - POLITENESS * lost;
        if gain > best_gain {
            (best, best_gain) = (Some(target), gain);
        }
    }
    best
}

/// Makes those in the wrong lane fall in behind their leader-to-be, and their follower-to-be let them in; reads positions
/// and speeds, lowers accelerations.
pub(crate) fn make_room(map: &LaneMap, cars: &mut [Cars]) {
    for lane in 0..cars.len() {
        for i in 0..cars[lane].len() {
            let side = cars[lane][i].side;
            if side == 0 {
                continue;
            }
            let Some(target) = map.lanes[lane].beside(side) else { continue };
            let me = cars[lane].seen(i);
            let mouth = map.lanes[target].start;
            let u = urgency(map, lane, me.pos, side);
            if me.pos < mouth - 80.0 || (u <= 0.0 && mouth == 0.0) {
                continue;
            }
            let j = cars[target].leader_of(me.pos);
            if j < cars[target].len() {
                let o = cars[target].seen(j);
                let c = &mut cars[lane];
                let a = follow(me.vel, c[i].want, o.rear - me.pos, o.vel, c[i].accel, c[i].headway);
                c[i].acc = c[i].acc.min(a.max(-(1.0 + 2.0 * u)));
            }
            if j > 0 && me.rear > mouth {
                let o = &mut cars[target];
                let k = j - 1;
                let a = follow(o[k].vel, o[k].v0, me.rear - o[k].pos, me.vel, o[k].accel, o[k].headway);
                o[k].acc = o[k].acc.min(a.max(-(0.5 + 2.0 * u)));
            }
        }
    }
}
