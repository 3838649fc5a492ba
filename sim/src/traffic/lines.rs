//! Stop lines crossed: into the next lane, or out of the street.
//!
//! Knows: the head of each lane, its turn and its gate. Must not know: why it was let go.

use super::{Exit, GIVES_UP_S, GUARD_M, STEP_S, Traffic};
use crate::cars::{ARRIVED, BUS, Cars, GOES, LEAVES, NOWHERE, ORDINARY, QUEUED, TURNING, WRONG_LANE};
use crate::lanes::NO_RULE;
use crate::random::{Entity, Stream};
use crate::street::Movement;

/// Who stands in the wrong lane, slower than this, is losing patience, m/s.
pub(super) const PATIENT_M_S: f32 = 0.5;

impl Traffic {
    /// Takes vehicles over stop lines into their next lane, or out.
    pub(crate) fn cross(&mut self) {
        let now = self.now_s();
        self.exits.clear();
        while let Some(lane) = self.ends.next() {
            let end = self.map.lanes[lane].end;
            while let Some(last) = self.cars[lane].len().checked_sub(1) {
                let c = &self.cars[lane];
                let over = c[last].pos - end;
                if over < 0.0 {
                    self.gives_up(lane, last);
                    break;
                }
                let id = c[last].trip as usize;
                let at = now - STEP_S * f64::from((over / c[last].moved.max(1e-3)).min(1.0));
                match c[last].turn {
                    LEAVES => {
                        let car = self.cars[lane].remove(last);
                        self.tally.leaves(&self.trips[id], car.stops, at, car.want);
                        self.trips[id].route = Vec::new();
                        self.vacant.push(car.trip);
                        if car.class != ORDINARY {
                            self.guests.leaves(car.id, car.stops, at);
                        }
                        self.exits.push(Exit { vehicle: car.id, at_s: at, stops: car.stops });
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
                        if car.class != ORDINARY {
                            self.guests.passes(car.id, link, to, at);
                        }
                        self.tally.green.crosses(link, lane - self.map.lane(link, 0), at);
                        self.map.goes(lane, &mut car);
                        trip.cursor += 1;
                        trip.blocks = 0;
                        car.next = trip.next();
                        (car.turn, car.side) = self.map.wish(t.to_lane, car.next, 0.0);
                        car.pos = over.min(limit);
                        car.want = self.map.lanes[t.to_lane].limit * trip.speed_factor;
                        car.flags &= QUEUED | GOES;
                        car.v0 = car.want;
                        if t.speed.is_finite() {
                            car.flags |= TURNING;
                            car.v0 = car.want.min(t.speed);
                        }
                        car.hold = self.steps;
                        self.loops.left(lane, t.to_lane, car.id);
                        if t.to_lane > lane && self.cars[t.to_lane].is_empty() {
                            self.ends.add(t.to_lane);
                        }
                        self.map.comes(t.to_lane, &mut car, Some(trip.cursor), self.seed);
                        self.cars[t.to_lane].insert(0, car);
                    }
                }
            }
        }
    }

    /// The head of a lane that has stood in the wrong lane while its lane had green takes what the lane permits.
    fn gives_up(&mut self, lane: usize, head: usize) {
        let c = &mut self.cars[lane];
        if !c[head].astray() || c[head].vel > PATIENT_M_S || self.map.shut_ahead(lane, c[head].pos).is_some() {
            return;
        }
        if c[head].class == BUS && self.guests.calls(c[head].id) {
            return;
        }
        let turns = &self.map.lanes[lane].turns;
        if !turns.iter().any(|t| self.heads.green(t.group)) {
            return;
        }
        let id = c[head].id;
        let trip = &mut self.trips[c[head].trip as usize];
        trip.blocks += 1;
        if f64::from(trip.blocks) * STEP_S < GIVES_UP_S {
            return;
        }
        let pick = Stream::new(self.seed, Entity::Vehicle(id)).below(turns.len());
        let route = &mut trip.route;
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
        debug_assert!(turns[pick].to_link != NOWHERE);
        c.redirect(head, turns[pick].to_link, pick as u8);
    }
}

/// Lanes whose head may have something to do at its end, in ascending order.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    words: Vec<u64>,
    at: usize,
}

impl Ends {
    pub(super) fn new(lanes: usize) -> Ends {
        Ends { words: vec![0; lanes.div_ceil(64)], at: 0 }
    }

    /// Adds a lane, during a round only one that is still to come.
    pub(super) fn add(&mut self, lane: usize) {
        self.words[lane / 64] |= 1 << (lane % 64);
    }

    /// The next lane of the round, which begins anew when there is none.
    fn next(&mut self) -> Option<usize> {
        while let Some(word) = self.words.get_mut(self.at) {
            if *word != 0 {
                let bit = word.trailing_zeros() as usize;
                *word &= *word - 1;
                return Some(64 * self.at + bit);
            }
            self.at += 1;
        }
        self.at = 0;
        None
    }
}

/// Sets the head of a lane back to the line it must not cross in this step, and those behind it after it.
fn hold_back(c: &mut Cars, end: f32) {
    let mut limit = end - 0.05;
    for i in (0..c.len()).rev() {
        if c[i].pos <= limit {
            break;
        }
        c.stand(0);
        let before = c[i].pos - c[i].moved;
        c[i].pos = limit.max(before);
        c[i].moved = c[i].pos - before;
        c[i].vel = 0.0;
        limit = c[i].pos - c[i].len - GUARD_M;
    }
}
