//! Emergency vehicles: how others make way, which lane they take, when they pass red.
//!
//! Knows: who is ahead of an emergency vehicle, in its lane and beside it. Must not know: why it is sent, what lamps will show.
//!
//! ```text
//!   beside:   keeps its lane while the emergency vehicle comes  ──────────────► ─►
//!   its lane:  E ►  · · ·  within sight: changes to where it may go on, or can come back from  ─► the rest drives on
//!   beside:   lets in who steps aside                           ◄──────────────
//! ```
//! Where nobody may change (one lane, a full queue) nobody moves aside: there is no room between lanes here.

use super::Traffic;
use crate::cars::{Car, EMERGENCY, GOES, LEAVES, RELEASED, TURNING, WRONG_LANE};
use crate::change;
use crate::driver::approach_speed;
use crate::lanes::NO_RULE;
use crate::signal::Lamp;

/// Nobody steps aside in the intersection area, m from the link's start to the rear bumper.
const BOX_M: f32 = 10.0;
/// Who steps aside into a lane that does not permit what it wants has this far to the line for each lane back, m.
const BACK_M: f32 = 150.0;
/// Brakes and reaction that those accept who step aside, as in the most urgent of other changes, m/s2 and s.
const URGENT: (f32, f32) = (3.5, 0.2);
/// How hard those brake who let others step aside, and those who step aside while faster than this, m/s2 and m/s.
const LETS_IN_M_S2: f32 = 2.5;
const FALLS_IN_M_S2: f32 = 1.0;
const WALKS_M_S: f32 = 4.0;
/// Who must change lanes may do so in front of it when slower than this or nearer to his last point, m/s and m.
const STANDS_M_S: f32 = 2.0;
const PRESSED_M: f32 = 60.0;
/// Steps for which nobody who stepped aside thinks of a change, and an emergency vehicle after one.
const PAUSE_STEPS: (u32, u32) = (12, 4);
/// An emergency vehicle looks this far ahead for the freest lane, m, and does not change nearer to the line than this, m.
const LOOKS_M: f32 = 150.0;
const SETTLED_M: f32 = 15.0;
/// It changes when the other lane is freer by so many vehicles that stand, or will.
const FREER: f32 = 0.5;
/// Red is passed from this near to the line, m, having slowed down until so far before it, m, when for this long nobody comes
/// who may drive, s, and nobody is in the first metres of what leads away, m.
const RED_FROM_M: f32 = 25.0;
const RED_SLOW_M: f32 = 15.0;
const RED_CLEAR_S: f32 = 4.0;
const RED_CLEAR_M: f32 = 25.0;

/// Somebody in the way of an emergency vehicle: lane, place, and where to.
struct InTheWay {
    lane: usize,
    i: usize,
}

impl Traffic {
    /// Emergency vehicles take the freest lane, and those ahead of them step aside who find room.
    pub(super) fn make_way(&mut self) {
        for k in 0..self.guests.emergencies.len() {
            let Some((lane, i)) = self.siren(k) else { continue };
            let (lane, i) = self.take_freest(k, lane, i);
            self.at_red(k, lane, i);
            let sight = self.guests.emergencies[k].vehicle.sight_m;
            self.keep_beside(lane, i, sight);
            let in_the_way = self.in_the_way(lane, i, sight);
            for InTheWay { lane, i } in in_the_way {
                let target =
                    self.aside(lane, i).find(|&t| change::fits(&self.map, &self.cars, lane, i, t, URGENT.0, URGENT.1));
                if let Some(target) = target {
                    change::move_over(&self.map, &mut self.cars, lane, i, target, self.steps + PAUSE_STEPS.0);
                }
            }
        }
    }

    /// Those beside let in who could not step aside yet, and these fall in behind their leaders-to-be.
    pub(super) fn let_step_aside(&mut self) {
        for k in 0..self.guests.emergencies.len() {
            let Some((lane, i)) = self.siren(k) else { continue };
            let sight = self.guests.emergencies[k].vehicle.sight_m;
            for InTheWay { lane, i } in self.in_the_way(lane, i, sight) {
                let Some(target) = self.aside(lane, i).next() else { continue };
                self.let_over(lane, i, target);
            }
        }
    }

    /// Somebody who wants over falls in behind his leader-to-be, and his follower-to-be lets him in.
    pub(super) fn let_over(&mut self, lane: usize, i: usize, target: usize) {
        let me = self.cars[lane].seen(i);
        let j = self.cars[target].leader_of(me.pos);
        if j < self.cars[target].len() && me.vel > WALKS_M_S {
            let ahead = self.cars[target].seen(j);
            let c = &mut self.cars[lane][i];
            c.acc = c.acc.min(c.follows(c.v0, ahead.rear - me.pos, ahead.vel).max(-FALLS_IN_M_S2));
        }
        if let Some(behind) = j.checked_sub(1) {
            let o = &mut self.cars[target][behind];
            if o.class != EMERGENCY {
                o.acc = o.acc.min(o.follows(o.v0, me.rear - o.pos, me.vel).max(-LETS_IN_M_S2));
            }
        }
    }

    /// Lane and place of an emergency vehicle that is on the road.
    fn siren(&self, k: usize) -> Option<(usize, usize)> {
        let trail = &self.guests.emergencies[k].trail;
        self.find(trail.on?, trail.vehicle)
    }

    /// Those within sight ahead of it, in its lane and in the one it drives into, foremost first.
    fn in_the_way(&self, lane: usize, i: usize, sight: f32) -> Vec<InTheWay> {
        let me = &self.cars[lane][i];
        let ahead = |lane: usize, from: usize, offset: f32| {
            let cars = &self.cars[lane];
            let near = move |j: &usize| cars[*j].pos - cars[*j].len + offset - me.pos < sight;
            let moves = move |j: &usize| {
                let c = &cars[*j];
                c.class != EMERGENCY && c.flags & GOES == 0 && c.pos >= c.len + BOX_M
            };
            (from..cars.len()).take_while(near).filter(moves).map(move |i| InTheWay { lane, i }).collect::<Vec<_>>()
        };
        let left = self.map.lanes[lane].end - me.pos;
        let mut all = ahead(lane, i + 1, 0.0);
        if me.turn < LEAVES && left < sight {
            all.extend(ahead(self.map.lanes[lane].turns[usize::from(me.turn)].to_lane, 0, left));
        }
        // Moving somebody over renumbers only those ahead of him.
        all.sort_by_key(|w| (w.lane, std::cmp::Reverse(w.i)));
        all
    }

    /// The lanes into which a vehicle may step aside: first where it may go on, to the right before the left.
    fn aside(&self, lane: usize, i: usize) -> impl Iterator<Item = usize> + use<> {
        let (map, me) = (&self.map, &self.cars[lane][i]);
        let left = map.lanes[lane].end - me.pos;
        let rank = |side: i8| {
            let target = map.lanes[lane].beside(side).filter(|_| left > 0.0)?;
            let back = map.wish(target, me.next, me.pos).1;
            let may = back == 0 || left > BACK_M * f32::from(back.unsigned_abs());
            may.then_some((back != 0, target))
        };
        let (right, other) = (rank(1), rank(-1));
        let swap = matches!((right, other), (Some((true, _)), Some((false, _))));
        let order = if swap { [other, right] } else { [right, other] };
        order.into_iter().flatten().map(|(_, target)| target)
    }

    /// Nobody beside an emergency vehicle changes lanes in front of it, unless he must now: those in its lane may be letting him in.
    fn keep_beside(&mut self, lane: usize, i: usize, sight: f32) {
        let me = self.cars[lane].seen(i);
        let until = self.steps + 2;
        for beside in [-1, 1].into_iter().filter_map(|side| self.map.lanes[lane].beside(side)) {
            let near = |c: &&mut Car| {
                let pressed = c.side != 0 && (c.vel < STANDS_M_S || self.map.goal(beside, c.pos) - c.pos < PRESSED_M);
                c.pos > me.rear - BOX_M && c.pos - c.len - me.pos < sight && !pressed
            };
            self.cars[beside].iter_mut().filter(near).for_each(|c| c.hold = c.hold.max(until));
        }
    }

    /// Takes a step towards the freest lane that permits what it wants; says where it is then.
    fn take_freest(&mut self, k: usize, lane: usize, i: usize) -> (usize, usize) {
        let (map, me) = (&self.map, self.cars[lane][i]);
        let info = &map.lanes[lane];
        // Towards the lane its turn needs it goes as everybody does.
        if me.side != 0 || me.flags & GOES != 0 {
            return (lane, i);
        }
        self.cars[lane][i].hold = self.steps + 1;
        let settled = info.end - me.pos < SETTLED_M || me.pos < me.len + BOX_M;
        if settled || self.steps < self.guests.emergencies[k].hold {
            return (lane, i);
        }
        let stands = |l: usize| {
            let ahead = self.cars[l].iter().filter(|c| c.pos > me.pos && c.pos < me.pos + LOOKS_M);
            // Who is bound for a lane beside will hardly step aside.
            ahead.map(|c| (1.0 - c.vel / me.want).max(0.0) + f32::from(c.side.signum().abs())).sum::<f32>()
        };
        let permits = |&l: &usize| {
            let (turn, side) = map.wish(l, me.next, me.pos);
            l != lane && map.lanes[l].start < me.pos - me.len && side == 0 && turn != WRONG_LANE
        };
        let others = map.all_lanes(info.link).filter(permits).map(|l| (stands(l), l));
        let best = others.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(there, _)| there + FREER < stands(lane));
        let Some((_, best)) = best else { return (lane, i) };
        let target = if best < lane { lane - 1 } else { lane + 1 };
        if !change::fits(map, &self.cars, lane, i, target, URGENT.0, URGENT.1) {
            return (lane, i);
        }
        let at = change::move_over(map, &mut self.cars, lane, i, target, self.steps + 1);
        self.guests.emergencies[k].hold = self.steps + PAUSE_STEPS.1;
        (target, at)
    }

    /// Slows down before red where it may pass it, and passes when nobody comes.
    fn at_red(&mut self, k: usize, lane: usize, i: usize) {
        let Some(speed) = self.guests.emergencies[k].vehicle.passes_red_m_s else { return };
        let (info, me) = (&self.map.lanes[lane], self.cars[lane][i]);
        if me.turn >= LEAVES {
            return;
        }
        let turn = info.turns[usize::from(me.turn)];
        let left = info.end - me.pos;
        if self.heads.lamp(turn.group) != Lamp::Red {
            if me.flags & TURNING == 0 {
                self.cars[lane][i].v0 = me.want;
            }
            return;
        }
        let head = i + 1 == self.cars[lane].len();
        let clear = me.flags & RELEASED == 0
            && head
            && left < RED_FROM_M
            && me.vel <= speed + 0.5
            && self.nobody_comes(info.link);
        let c = &mut self.cars[lane][i];
        c.v0 = c.v0.min(approach_speed(speed, left - RED_SLOW_M));
        if clear {
            c.flags |= RELEASED;
            self.guests.emergencies[k].reds += 1;
        }
    }

    /// Whether nobody of another approach will soon be where all meet, or has just been let in there.
    fn nobody_comes(&self, link: usize) -> bool {
        let links = self.street.links();
        let others = (0..links.len()).filter(|&l| l != link && links[l].node == links[link].node);
        let mut lanes = others.flat_map(|l| self.map.all_lanes(l));
        let comes = |lane: usize| {
            let info = &self.map.lanes[lane];
            self.cars[lane].last().is_some_and(|c| {
                let may = info.turns.get(usize::from(c.turn)).is_some_and(|t| {
                    matches!(self.heads.lamp(t.group), Lamp::Green | Lamp::Yellow) || t.rule != NO_RULE
                });
                may && info.end - c.pos < RED_CLEAR_S * c.vel.max(c.want / 2.0)
            }) || info.turns.iter().any(|t| {
                let beyond = &self.cars[t.to_lane];
                beyond.first().is_some_and(|c| c.pos - c.len < RED_CLEAR_M && c.vel > 1.0)
            })
        };
        !lanes.any(comes)
    }
}
