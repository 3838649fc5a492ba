//! Lane changes: who moves over, and who makes room for whom.
//!
//! Knows: lanes, neighbours, what lane a movement needs. Must not know: lamps, routes beyond the next link.
//!
//! Mandatory changes (the lane does not permit the wanted movement) go towards the nearest lane that does, at any gap that
//! is safe by Gipps' (1986) kinematics, with decelerations that grow with urgency. A driver who finds no gap falls in behind
//! his leader-to-be, and the follower-to-be lets him in; so pockets fill from their tail and a full pocket blocks its mouth.
//! Discretionary changes follow MOBIL (Kesting, Treiber and Helbing 2007) among lanes that permit the movement.

use crate::cars::{Car, Cars, EMERGENCY, GOES};
use crate::lanes::{LaneMap, Shut};

/// Advantage a discretionary change must bring, m/s2 (MOBIL: 0.1 to 0.3).
const THRESHOLD_M_S2: f32 = 0.3;
/// Weight of what the new follower loses (MOBIL politeness: 0.2 to 0.5).
const POLITENESS: f32 = 0.25;
/// Nobody changes lanes in the intersection area, m from the link's start to the rear bumper.
const BOX_M: f32 = 10.0;
/// Nobody changes by choice who is slower than this, m/s.
const SLOWEST_M_S: f32 = 2.0;
/// Nobody changes by choice this near to the stop line, m.
const SETTLED_M: f32 = 40.0;
/// Urgency of a mandatory change begins this far (a lane) before the last point, m.
const URGENT_FROM_M: f32 = 200.0;
/// Room at the stop line where the last point for a change lies, m a lane.
const LAST_POINT_M: f32 = 8.0;
/// Smallest gap in front and behind after a change, m.
const SMALLEST_GAP_M: f32 = 1.0;
/// Whoever goes into a lane that is shut further on can stop before that with this, m/s2.
const SHUT_BRAKE_M_S2: f32 = 2.5;
/// Steps (0.5 s) between two changes of one vehicle: by choice, and on the way to its lane.
const PAUSE_STEPS: (u32, u32) = (12, 4);

/// How pressing a mandatory change is, 0 to 1.
fn urgency(map: &LaneMap, lane: usize, pos: f32, side: i8) -> f32 {
    let left = (map.goal(lane, pos) - pos - LAST_POINT_M) / f32::from(side.unsigned_abs());
    ((URGENT_FROM_M - left) / 160.0).clamp(0.0, 1.0)
}

/// The position beyond which a vehicle that must still move `side` lanes waits, m.
pub(crate) fn last_point(map: &LaneMap, lane: usize, side: i8) -> f32 {
    map.lanes[lane].end - LAST_POINT_M * f32::from(side.unsigned_abs())
}

/// Whether `ahead` of speed `lead` leaves a driver of speed `v` a gap he can live with.
pub(crate) fn safe(gap: f32, v: f32, lead: f32, brake: f32, reaction: f32) -> bool {
    let closing = ((v * v - lead * lead) / (2.0 * brake)).max(0.0);
    gap >= SMALLEST_GAP_M + v * reaction + closing
}

/// The foremost of these vehicles that thinks of a change in this step: each has its turn every other step when it must, every
/// fourth else.
fn thinks(cars: &mut [Car], step: u32, end: f32) -> Option<usize> {
    cars.iter_mut().rposition(|me| {
        if step < me.hold {
            return false;
        }
        let must = me.side != 0;
        let mask = if must { 1 } else { 3 };
        let early = 0_u32.wrapping_sub(step.wrapping_add(me.id)) & mask;
        if early != 0 {
            me.hold = step + early;
            return false;
        }
        me.hold = step + mask + 1;
        let able = (me.pos >= me.len + BOX_M) & (me.flags & GOES == 0);
        able & (must | ((me.vel >= SLOWEST_M_S) & (end - me.pos >= SETTLED_M)))
    })
}

/// Moves over everybody of a link who can and wants to; reads positions of the step before, writes lane membership.
pub(crate) fn change(map: &LaneMap, cars: &mut [Cars], link: usize, step: u32) {
    let lanes = map.all_lanes(link);
    if lanes.len() < 2 {
        return;
    }
    for lane in lanes {
        let c = &cars[lane];
        // Who stands changes lanes only when he must.
        let mut awake = c.len() - if c.strays() == 0 { c.standing() } else { 0 };
        while let Some(i) = thinks(&mut cars[lane][..awake], step, map.lanes[lane].end) {
            awake = i;
            let must = cars[lane][i].side != 0;
            let target = if must { mandatory(map, cars, lane, i) } else { by_choice(map, cars, lane, i) };
            let Some(target) = target else { continue };
            move_over(map, cars, lane, i, target, step + if must { PAUSE_STEPS.1 } else { PAUSE_STEPS.0 });
        }
    }
}

/// Moves vehicle `i` of a lane over to another, with no thought of a change before step `hold`; says its place there.
#[inline]
pub(crate) fn move_over(map: &LaneMap, cars: &mut [Cars], lane: usize, i: usize, target: usize, hold: u32) -> usize {
    let mut car = cars[lane].remove(i);
    map.goes(lane, &mut car);
    map.comes(target, &mut car, None, 0);
    (car.turn, car.side) = map.wish(target, car.next, car.pos);
    car.hold = hold;
    let at = cars[target].leader_of(car.pos);
    cars[target].insert(at, car);
    at
}

/// Whether there is room for vehicle `i` of `lane` in `target`, for itself and for who would follow it.
pub(crate) fn fits(
    map: &LaneMap,
    cars: &[Cars],
    lane: usize,
    i: usize,
    target: usize,
    brake: f32,
    reaction: f32,
) -> bool {
    let (me, c) = (cars[lane].seen(i), &cars[target]);
    if me.rear < map.lanes[target].start || (!map.shut.is_empty() && shut_off(map, &cars[lane][i], lane, target)) {
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

/// Whether a shut stretch keeps somebody out of `target`, or he could not stop before it there.
fn shut_off(map: &LaneMap, me: &Car, lane: usize, target: usize) -> bool {
    let stops = |s: &Shut| safe(s.from - me.pos, me.vel, 0.0, SHUT_BRAKE_M_S2, 0.6);
    map.keeps(me, lane, target) || map.shut_ahead(target, me.pos).is_some_and(|s| !stops(s))
}

fn mandatory(map: &LaneMap, cars: &[Cars], lane: usize, i: usize) -> Option<usize> {
    let c = &cars[lane];
    let target = map.lanes[lane].beside(c[i].side)?;
    let u = urgency(map, lane, c[i].pos, c[i].side);
    fits(map, cars, lane, i, target, 2.0 + 1.5 * u, 0.6 - 0.4 * u).then_some(target)
}

fn by_choice(map: &LaneMap, cars: &[Cars], lane: usize, i: usize) -> Option<usize> {
    let (me, ahead) = (&cars[lane][i], cars[lane].get(i + 1)?);
    let info = &map.lanes[lane];
    let open = crate::driver::free(me.vel, me.want, me.accel);
    let here = me.follows(me.want, ahead.pos - ahead.len - me.pos, ahead.vel);
    if open - here < THRESHOLD_M_S2 {
        return None;
    }
    let mut best = None;
    let mut best_gain = THRESHOLD_M_S2;
    for target in [info.left, info.right].into_iter().flatten() {
        if map.lanes[target].start > 0.0 || map.wish(target, me.next, me.pos).1 != 0 {
            continue;
        }
        if !fits(map, cars, lane, i, target, 2.0, 0.6) {
            continue;
        }
        let o = &cars[target];
        let j = o.leader_of(me.pos);
        let (there, before) = match o.get(j) {
            Some(lead) => {
                let rear = lead.pos - lead.len;
                let before = j.checked_sub(1).map(|k| o[k].follows(o[k].v0, rear - o[k].pos, lead.vel));
                (me.follows(me.want, rear - me.pos, lead.vel), before)
            }
            None => {
                let before = j.checked_sub(1).map(|k| crate::driver::free(o[k].vel, o[k].v0, o[k].accel));
                (open, before)
            }
        };
        let lost = before.map_or(0.0, |before| {
            let k = &o[j - 1];
            (before - k.follows(k.v0, me.pos - me.len - k.pos, me.vel)).max(0.0)
        });
        let gain = there - here - POLITENESS * lost;
        if gain > best_gain {
            (best, best_gain) = (Some(target), gain);
        }
    }
    best
}

/// Makes those of a link in the wrong lane fall in behind their leader-to-be, and their follower-to-be let them in; reads
/// positions and speeds, lowers accelerations.
pub(crate) fn make_room(map: &LaneMap, cars: &mut [Cars], link: usize) {
    for lane in map.all_lanes(link) {
        if cars[lane].strays() == 0 {
            continue;
        }
        for i in 0..cars[lane].len() {
            let side = cars[lane][i].side;
            if side == 0 {
                continue;
            }
            let Some(target) = map.lanes[lane].beside(side) else { continue };
            if !map.shut.is_empty() && map.keeps(&cars[lane][i], lane, target) {
                continue;
            }
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
                let a = c[i].follows(c[i].want, o.rear - me.pos, o.vel);
                c[i].acc = c[i].acc.min(a.max(-(1.0 + 2.0 * u)));
            }
            // An emergency vehicle lets nobody in.
            if j > 0 && me.rear > mouth && cars[target][j - 1].class != EMERGENCY {
                let o = &mut cars[target];
                let k = j - 1;
                let a = o[k].follows(o[k].v0, me.rear - o[k].pos, me.vel);
                o[k].acc = o[k].acc.min(a.max(-(0.5 + 2.0 * u)));
            }
        }
    }
}
