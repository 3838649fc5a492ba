//! How vehicles move along their lane: whom they follow, and where a step takes them.
//!
//! Knows: one lane at a time. Must not know: lamps, neighbours, routes.

use super::lines::PATIENT_M_S;
use super::{DT, GUARD_M, STEP_S, STOP_BEGINS_M_S, STOP_ENDS_M_S, Traffic};
use crate::cars::{ARRIVED, Car, Cars, QUEUED};
use crate::change;
use crate::driver::{STANDSTILL_GAP_M, free};
use crate::driving::Driving;
use crate::measure::Tally;
use crate::progression::STILL_STARTING_M;
use crate::stopline::Heads;

/// Car following inside one lane: everybody but the head behind his leader, the head free.
pub(super) fn follow_leaders(cars: &mut Cars) {
    follow_at(cars, STANDSTILL_GAP_M);
}

/// The same in lanes where people drive in ways of their own; apart, so that the usual way stays as small as it is.
#[cold]
#[inline(never)]
pub(super) fn follow_in_their_ways(cars: &mut [Cars], ways: &[Driving]) {
    cars.iter_mut().zip(ways).for_each(|(cars, way)| follow_at(cars, way.standstill_gap_m));
}

#[inline(always)]
fn follow_at(cars: &mut Cars, s0: f32) {
    let awake = cars.len() - cars.standing();
    let Some((head, others)) = cars.split_last_mut() else { return };
    head.acc = free(head.vel, head.v0, head.accel);
    let awake = awake.min(others.len());
    let leader = others.get(awake).unwrap_or(head);
    let mut ahead = (leader.pos - leader.len, leader.vel);
    for c in others[..awake].iter_mut().rev() {
        c.acc = c.follows_at(c.v0, ahead.0 - c.pos, ahead.1, s0);
        ahead = (c.pos - c.len, c.vel);
    }
}

impl Traffic {
    /// Makes room for those who must change lanes, and moves everybody by the accelerations found; ballistic, never
    /// backwards, never into the leader.
    pub(super) fn advance(&mut self) {
        let now = self.now_s();
        self.tally.progression.shown(&self.heads, now, STEP_S);
        self.tally.green.shown(&self.heads, now, STEP_S);
        for &link in &self.own {
            let queued = &mut self.queued[link];
            change::make_room(&self.map, &mut self.cars, link);
            *queued = 0;
            for lane in self.map.all_lanes(link) {
                let cars = &mut self.cars[lane];
                let mut mover = Mover { link, now, queued, tally: &mut self.tally, heads: &self.heads };
                mover.drive(cars);
                let end = self.map.lanes[lane].end;
                if cars.last().is_some_and(|c| c.pos >= end || (c.vel <= PATIENT_M_S && c.astray())) {
                    self.ends.add(lane);
                }
            }
        }
        for d in &self.doors {
            self.queued[d.link] += d.waiting.len() as u32;
        }
    }
}

impl Traffic {
    /// Notes how far back queues reach: to the rear of the last vehicle that queues for its own stop line.
    pub(super) fn reaches(&mut self) {
        let now = self.now_s();
        for &link in &self.own {
            let lanes = self.map.all_lanes(link).map(|lane| (&self.cars[lane], self.map.lanes[lane].end));
            let reach = lanes.filter_map(|(cars, end)| {
                let last = cars.iter().find(|c| c.flags & (QUEUED | ARRIVED) == QUEUED | ARRIVED)?;
                Some(end - last.pos + last.len)
            });
            self.tally.reaches(now, link, reach.fold(0.0, f32::max));
        }
    }
}

/// What one lane's drive writes besides its vehicles.
struct Mover<'a> {
    link: usize,
    now: f64,
    queued: &'a mut u32,
    tally: &'a mut Tally,
    heads: &'a Heads,
}

impl Mover<'_> {
    fn drive(&mut self, cars: &mut Cars) {
        let stood = cars.standing().max(1);
        let Some((head, others)) = cars.split_last_mut() else { return };
        let mut on = self.step(head, f32::INFINITY, 0.0);
        // Whoever stood behind the head stands on; only whether he will in the next step hangs on the head.
        let mut standing = if on { stood } else { 0 };
        *self.queued += stood as u32 - 1;
        let (awake, asleep) = others.split_at_mut(others.len() + 1 - stood);
        let leader = asleep.first().unwrap_or(head);
        let (mut rear, mut lead) = (leader.pos - leader.len, leader.vel);
        for c in awake.iter_mut().rev() {
            on &= self.step(c, rear, lead);
            standing += usize::from(on);
            (rear, lead) = (c.pos - c.len, c.vel);
        }
        cars.stand(standing);
    }

    /// Moves a vehicle behind a leader whose rear is at `rear` and whose speed is `lead`. Whether it has stood, and will as
    /// long as its leader does.
    fn step(&mut self, c: &mut Car, rear: f32, lead: f32) -> bool {
        let (v, a, before) = (c.vel, c.acc, c.pos);
        let mut after = v + a * DT;
        let mut dx = 0.5 * (v + after) * DT;
        if after < 0.0 {
            after = 0.0;
            dx = -0.5 * v * v / a;
        }
        let mut x = before + dx;
        let limit = rear - GUARD_M;
        let guarded = x > limit;
        if guarded {
            x = limit.max(before);
            after = after.min(lead);
            self.tally.guarded += 1;
        }
        c.moved = x - before;
        c.pos = x;
        c.vel = after;
        if after < STOP_BEGINS_M_S {
            if c.flags & ARRIVED == 0 && x > STILL_STARTING_M {
                c.flags |= ARRIVED;
                self.tally.progression.arrives(self.link, c.next, self.heads, self.now);
            }
            if c.flags & QUEUED == 0 {
                c.flags |= QUEUED;
                c.stops += 1;
            }
        } else if after > STOP_ENDS_M_S {
            c.flags &= !QUEUED;
        }
        *self.queued += u32::from(c.flags & QUEUED != 0);
        // From a stand the model accelerates nobody who is nearer than his standstill gap.
        let near = rear == f32::INFINITY || rear - x <= STANDSTILL_GAP_M;
        v == 0.0 && after == 0.0 && x == before && !guarded && near
    }
}
