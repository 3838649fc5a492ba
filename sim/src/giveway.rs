//! Giving way: turns that need more than their lamp, decided by their drivers.
//!
//! Knows: rules of turns, lamps, who comes and when. Must not know: routes, measures, why a street has its rules.
//!
//! ```text
//!  before the line:  lamp green, or waiting area open, or on red with nobody in the way ─► over the line
//!  before the gate:  walkers, bicycles, rivals leave room ─► GOES, leaves its lane at the gate;  else stands before the gate
//! ```
//! Gap acceptance: a driver goes when nobody to whom he gives way will be where their ways meet until he has come to the
//! gate and [`LEFT_LAG_S`] (or [`MERGE_LAG_S`]) more, times a factor of his own, that of his time gap in following. Nobody waits for
//! somebody who himself stands and waits to give way, so there is no circle of waiting.

use crate::bikes::Bikes;
use crate::cars::{COMMITTED, Cars, GOES, LEAVES, RELEASED, WRONG_LANE};
use crate::conflicts::{Conflicts, MEETS_M, Rival, Rule, TOO_LATE_M_S2};
use crate::driver::{HARDEST_BRAKE_M_S2, HEADWAY_S, YELLOW_BRAKE_M_S2};
use crate::driver::{approach_speed, brake_needed};
use crate::lanes::{LaneMap, NO_RULE};
use crate::signal::Lamp;
use crate::stopline::{Heads, LOOK_M, WALL_M, no_room, stop, wrong_lane_wall};
use crate::street::Control;
use crate::walkers::Walkers;

/// Least time from the gate to the next rival when turning across him, s (calibrated with the permitted left turn of the HCM:
/// critical headway 4.5 s, follow-up 2.5 s).
const LEFT_LAG_S: f32 = 2.7;
/// The same when turning into his lane (calibrated with HCM: critical headway 6.2 s, follow-up 3.3 s from a minor street).
const MERGE_LAG_S: f32 = 2.9;
/// Whoever clears the way no earlier than this before a vehicle comes is still in it, s.
pub(crate) const MARGIN_S: f32 = 0.4;
/// Drivers decide whether to give way from this far before the line, m.
pub(crate) const DECIDES_M: f32 = 20.0;
/// Who is faster than this in a waiting area when its lamp turns yellow leaves it, m/s.
const AREA_CLEARS_M_S: f32 = 2.0;
/// Room between the gate and the far side of a rival's way, m.
const CROSSES_M: f32 = 6.0;
/// A turn on red goes when it is slower than this, m/s, and nearer to the line than this, m.
const NEARLY_STOPPED: (f32, f32) = (2.5, 6.0);

/// Everything a driver looks at.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) map: &'a LaneMap,
    pub(crate) rules: &'a Conflicts,
    pub(crate) walkers: &'a Walkers,
    pub(crate) bikes: &'a Bikes,
}

/// Seconds to drive `distance` from speed `v`, accelerating by `a` up to `limit`.
fn reach(distance: f32, v: f32, limit: f32, a: f32) -> f32 {
    if distance <= 0.0 {
        return 0.0;
    }
    let end = (v * v + 2.0 * a * distance).sqrt();
    if end <= limit {
        return (end - v) / a;
    }
    // Who is faster will not be slower by much when he comes.
    let limit = limit.max(v);
    let rising = (limit - v) / a;
    rising + (distance - 0.5 * (v + limit) * rising).max(0.0) / limit
}

/// Lanes with rules: who crosses the line, who passes the gate.
pub(crate) fn approach_lane(view: View<'_>, cars: &mut [Cars], heads: &mut Heads, lane: usize) {
    let info = &view.map.lanes[lane];
    let n = cars[lane].len();
    for i in (0..n).rev() {
        let d = info.end - cars[lane][i].pos;
        if d > LOOK_M {
            break;
        }
        match cars[lane][i].turn {
            LEAVES => continue,
            WRONG_LANE => {
                wrong_lane_wall(view.map, &mut cars[lane], lane, i);
                break;
            }
            _ => (),
        }
        let t = info.turns[usize::from(cars[lane][i].turn)];
        let rule = (t.rule != NO_RULE).then(|| &view.rules.rules[usize::from(t.rule)]);
        if d > 0.0 && !over_line(view, cars, heads, (lane, i, d), t.group, rule) {
            stop(&mut cars[lane], i, info.end + WALL_M);
            break;
        }
        let c = &mut cars[lane];
        if t.speed.is_finite() {
            c[i].v0 = c[i].want.min(approach_speed(t.speed, d));
        }
        // At the second line of a waiting area its own lamp counts; who has passed the first on yellow goes on.
        if let Some(area) = rule.and_then(|r| r.area)
            && !(heads.lamp(t.group) == Lamp::Yellow && d <= 0.0 && c[i].vel > AREA_CLEARS_M_S)
            && !heads.passes(c, lane, t.group, i, d + area.length_m)
        {
            c[i].flags &= !GOES;
            stop(c, i, info.end + area.length_m + WALL_M);
            continue;
        }
        if i + 1 < n {
            continue;
        }
        if let Some(tail) = cars[t.to_lane].tail() {
            let c = &mut cars[lane];
            let a = c[i].follows(c[i].v0, d + tail.rear, tail.vel);
            c[i].acc = c[i].acc.min(a);
            if d > 0.0 && no_room(c, i, tail) && brake_needed(c[i].vel, d) < HARDEST_BRAKE_M_S2 {
                stop(c, i, info.end + WALL_M);
                break;
            }
        }
        if let Some(rule) = rule.filter(|_| d < DECIDES_M) {
            at_gate(view, cars, heads, rule, i, d);
        }
    }
}

/// Whether the head of a lane at `d` before the line may leave it at its gate, or must stop there.
fn at_gate(view: View<'_>, cars: &mut [Cars], heads: &Heads, rule: &Rule, i: usize, d: f32) {
    let left = d + rule.gate_m;
    let c = &cars[rule.lane];
    let late = c[i].flags & GOES != 0 && brake_needed(c[i].vel, left) > TOO_LATE_M_S2;
    let room = d > 0.0 || cars[rule.to_lane].tail().is_none_or(|tail| !no_room(c, i, tail) || tail.rear > 30.0);
    let goes = late || (room && clear(view, cars, heads, rule, i, left));
    let c = &mut cars[rule.lane];
    if goes {
        c[i].flags |= GOES;
    } else {
        c[i].flags &= !GOES;
        stop(c, i, c[i].pos + left + WALL_M);
    }
}

/// Whether vehicle `i`, `d` before the line, passes it.
fn over_line(
    view: View<'_>,
    cars: &mut [Cars],
    heads: &mut Heads,
    (lane, i, d): (usize, usize, f32),
    group: usize,
    rule: Option<&Rule>,
) -> bool {
    let head = i + 1 == cars[lane].len();
    // Behind somebody who waits inside the intersection only those follow who will wait there too.
    if !head {
        let c = &cars[lane];
        if c[i + 1].pos > view.map.lanes[lane].end && c[i].turn != c[i + 1].turn {
            return brake_needed(c[i].vel, d) > HARDEST_BRAKE_M_S2;
        }
    }
    let Some(rule) = rule else { return heads.passes(&mut cars[lane], lane, group, i, d) };
    if rule.area.is_some_and(|area| heads.lamp(area.group) == Lamp::Green) {
        return true;
    }
    match rule.control {
        Control::Signal => heads.passes(&mut cars[lane], lane, group, i, d),
        Control::Free => own_clear(view, &cars[lane], rule, i, d),
        Control::OnRed => {
            if heads.lamp(group) != Lamp::Red {
                return heads.passes(&mut cars[lane], lane, group, i, d);
            }
            let c = &cars[lane];
            let (v, flags) = (c[i].vel, c[i].flags);
            let slow = v < NEARLY_STOPPED.0 && d < NEARLY_STOPPED.1;
            let goes = head
                && (slow || flags & RELEASED != 0)
                && own_clear(view, c, rule, i, d)
                && clear(view, cars, heads, rule, i, d + rule.gate_m);
            let c = &mut cars[lane];
            if goes {
                c[i].flags |= RELEASED;
                return true;
            }
            if flags & RELEASED != 0 && brake_needed(v, d) > TOO_LATE_M_S2 {
                return true;
            }
            c[i].flags &= !RELEASED;
            heads.passes(c, lane, group, i, d)
        }
    }
}

/// Whether nobody walks before the vehicle's own line.
fn own_clear(view: View<'_>, c: &Cars, rule: &Rule, i: usize, d: f32) -> bool {
    let in_s = reach(d, c[i].vel, rule.speed, c[i].accel);
    let clear = rule.own.iter().all(|&z| {
        let s = view.rules.strips[z];
        !view.walkers.in_the_way(s.crossing, s.at_m, in_s)
    });
    clear || brake_needed(c[i].vel, d) > TOO_LATE_M_S2
}

/// Whether nobody to whom it gives way needs the room when the vehicle, `left` before its gate, turns now.
fn clear(view: View<'_>, cars: &[Cars], heads: &Heads, rule: &Rule, i: usize, left: f32) -> bool {
    let c = &cars[rule.lane];
    let in_s = |beyond_gate: f32| reach(left + beyond_gate, c[i].vel, rule.speed, c[i].accel);
    let walkers = rule.exit.iter().all(|&z| {
        let (zone, s) = (view.rules.zones[z], view.rules.strips[z]);
        !view.walkers.in_the_way(s.crossing, s.at_m, in_s(zone.from_m - rule.gate_m))
    });
    if !walkers || rule.bikes.iter().any(|&b| view.bikes.in_the_way(b, in_s(0.0))) {
        return false;
    }
    let own = c[i].headway / HEADWAY_S;
    rule.rivals.iter().all(|r| {
        if r.merges {
            return !rival_comes(view, cars, heads, r, in_s(0.0) + own * MERGE_LAG_S);
        }
        // Whoever is long or slow needs until his rear has left the rival's way.
        let need = (in_s(0.0) + own * LEFT_LAG_S).max(in_s(CROSSES_M + c[i].len) + 0.5);
        !rival_comes(view, cars, heads, r, need) && !rival_passes(cars, r, in_s(0.0), need)
    })
}

/// Whether a rival on his approach will be where the ways meet within `need` seconds.
fn rival_comes(view: View<'_>, cars: &[Cars], heads: &Heads, r: &Rival, need: f32) -> bool {
    let (c, info) = (&cars[r.lane], &view.map.lanes[r.lane]);
    let t = info.turns[usize::from(r.turn)];
    let lamp = heads.lamp(t.group);
    for j in (0..c.len()).rev() {
        let d = info.end - c[j].pos;
        if d + MEETS_M > need * 1.2 * info.limit {
            return false;
        }
        if c[j].turn != r.turn {
            continue;
        }
        let going = match lamp {
            _ if d <= 0.0 => c[j].flags & GOES != 0,
            Lamp::Green => t.rule == NO_RULE || c[j].flags & GOES != 0 || c[j].vel > 1.0,
            Lamp::Yellow => c[j].flags & COMMITTED != 0 || heads.may_go_yet(t.group, c[j].vel, d),
            Lamp::Red => brake_needed(c[j].vel, d) > YELLOW_BRAKE_M_S2 && c[j].vel > 2.0,
            Lamp::Dark | Lamp::YellowFlash => c[j].flags & RELEASED != 0,
        };
        if going {
            return reach(d + MEETS_M, c[j].vel, c[j].v0.max(1.0), c[j].accel) < need;
        }
    }
    false
}

/// Whether a rival who has crossed his line is, or will be, where the ways meet.
fn rival_passes(cars: &[Cars], r: &Rival, in_s: f32, need: f32) -> bool {
    let c = &cars[r.to_lane];
    for k in 0..c.len() {
        let rear = c[k].pos - c[k].len;
        if rear > MEETS_M {
            return false;
        }
        // He enters as soon as he can, and leaves no later than at the speed he has.
        let enters = reach(MEETS_M - c[k].pos, c[k].vel, c[k].v0, c[k].accel);
        let leaves = (MEETS_M - rear) / c[k].vel.max(0.1);
        if enters < need && leaves > in_s - MARGIN_S {
            return true;
        }
    }
    false
}

/// Those who have passed their gate stop before a crossing further on while somebody is on it.
pub(crate) fn beyond_gates(view: View<'_>, cars: &mut [Cars]) {
    for rule in &view.rules.rules {
        for &z in &rule.exit {
            let (zone, s) = (view.rules.zones[z], view.rules.strips[z]);
            if zone.from_m <= rule.gate_m || !view.walkers.on_strip(s.crossing, s.at_m) {
                continue;
            }
            let c = &mut cars[rule.to_lane];
            for i in 0..c.len() {
                let left = zone.from_m - c[i].pos;
                if left <= 0.0 {
                    break;
                }
                if c[i].flags & GOES != 0 && brake_needed(c[i].vel, left) < HARDEST_BRAKE_M_S2 {
                    stop(c, i, zone.from_m + WALL_M);
                }
            }
        }
    }
}
