//! Buses: how they get to their stops, stand there, and come away.
//!
//! Knows: their next stops, the lanes there. Must not know: timetables, passengers.
//!
//! ```text
//!   250 m before: towards the kerb lane ─► stands at the stop ─┬─ in its lane: a stretch that is shut, others drive round it
//!                                                              └─ in a bay: off the road, back by gap
//! ```

use super::{STEP_S, Traffic};
use crate::bus::{BusLine, kerb_lane};
use crate::cars::Car;
use crate::change;
use crate::driver::{Driver, STANDSTILL_GAP_M};
use crate::lanes::Shut;
use crate::stopline::stop;

/// From here before its stop a bus makes for the kerb lane, m.
const MAKES_FOR_M: f32 = 250.0;
/// Nobody changes lanes in the intersection area, m from the link's start to the rear bumper.
const BOX_M: f32 = 10.0;
/// A bus has come to its stop when it is so near and so slow, m and m/s.
const THERE: (f32, f32) = (1.5, 0.6);
/// A bus that stands beside its stop in another lane for this long passes it, s.
const PATIENCE_S: f64 = 30.0;
/// Room of a standing bus before and behind it, m.
const ROOM_M: (f32, f32) = (0.5, 1.0);
/// Who follows a bus out of its bay brakes no harder than this after this reaction, m/s2 and s.
const LETS_OUT: (f32, f32) = (2.5, 0.6);

/// A bus off the road.
#[derive(Debug, Clone)]
pub(super) struct InBay {
    bus: usize,
    lane: usize,
    pub(super) car: Car,
}

impl Traffic {
    /// Sends a line's buses onto their ways. Panics when its route does not begin at an entry of this street.
    pub fn send_buses(&mut self, line: &BusLine) {
        let drive = |&at_s: &f64| crate::arrivals::Departure { at_s, route: line.route.clone(), driver: Driver::HEAVY };
        let first = self.invite(line.departures_s.iter().map(drive).collect());
        let buses = line.buses(&self.street, self.seed, self.guests.lines, first);
        self.guests.lines += 1;
        self.guests.buses.extend(buses);
    }

    /// Has every bus do what its next stop asks for.
    pub(super) fn serve_stops(&mut self) {
        let now = self.now_s();
        self.leave_bays(now);
        for k in 0..self.guests.buses.len() {
            let bus = &self.guests.buses[k];
            let Some(call) = bus.calls.get(bus.next).copied() else { continue };
            let Some((lane, i)) = self.find_bus(k) else { continue };
            let (link, me) = (self.map.lanes[lane].link, self.cars[lane][i]);
            if link != call.stop.link {
                continue;
            }
            if let Some(until) = bus.until_s {
                if now >= until {
                    let bus = &mut self.guests.buses[k];
                    bus.calls[bus.next].left_s = Some(now);
                    self.go_on_from_stop(k, lane, i);
                }
                continue;
            }
            let kerb = self.map.lane(link, kerb_lane(&self.street, &call.stop));
            let left = self.map.lanes[lane].end - call.stop.before_m - me.pos;
            let near = left < THERE.0 && me.vel < THERE.1;
            if left < -THERE.0 || (near && lane != kerb && self.impatient(k)) {
                self.go_on_from_stop(k, lane, i);
            } else if near && lane == kerb {
                self.arrive(k, lane, i, now);
            } else if left < MAKES_FOR_M {
                self.make_for(lane, i, kerb, left);
            }
        }
    }

    /// Buses under way to a stop near by brake for it, and those at one stand.
    pub(super) fn stop_at_stops(&mut self) {
        for k in 0..self.guests.buses.len() {
            let bus = &self.guests.buses[k];
            let (Some(call), stands) = (bus.calls.get(bus.next).copied(), bus.until_s.is_some()) else { continue };
            let Some((lane, i)) = self.find_bus(k) else { continue };
            let (info, me) = (&self.map.lanes[lane], self.cars[lane][i]);
            let at = info.end - call.stop.before_m;
            if info.link == call.stop.link && stands {
                self.cars[lane][i].acc = -1.0;
            } else if info.link == call.stop.link && at - me.pos < MAKES_FOR_M {
                let target = if me.side == 0 { None } else { info.beside(me.side) };
                stop(&mut self.cars[lane], i, at + STANDSTILL_GAP_M);
                target.into_iter().for_each(|target| self.let_over(lane, i, target));
            }
        }
    }

    /// Stretches that buses at their stops shut now.
    pub(super) fn shut_by_buses(&self) -> impl Iterator<Item = Shut> + '_ {
        let now = self.now_s();
        let standing = self.guests.buses.iter().enumerate().filter(|(_, b)| b.until_s.is_some());
        standing.filter_map(move |(k, bus)| {
            let (lane, i) = self.find_bus(k)?;
            let (me, since) = (&self.cars[lane][i], bus.calls[bus.next].arrived_s?);
            let (from, to) = (me.pos - me.len - ROOM_M.1, me.pos + ROOM_M.0);
            Some(Shut {
                lane,
                from,
                to,
                stands: true,
                passing: f32::INFINITY,
                fresh: now < since + super::closures::FRESH_S,
            })
        })
    }

    /// Moves a bus a lane towards the kerb where there is room, the more urgently the nearer its stop is.
    fn make_for(&mut self, lane: usize, i: usize, kerb: usize, left: f32) {
        let side = (kerb as i32 - lane as i32) as i8;
        let me = self.cars[lane][i];
        self.cars[lane].aim(i, (me.turn, side));
        let Some(target) = (side != 0).then(|| self.map.lanes[lane].beside(side)).flatten() else { return };
        let u = ((MAKES_FOR_M - left) / MAKES_FOR_M).clamp(0.0, 1.0);
        if me.pos > me.len + BOX_M && change::fits(&self.map, &self.cars, lane, i, target, 2.0 + 1.5 * u, 0.6 - 0.4 * u)
        {
            let at = change::move_over(&self.map, &mut self.cars, lane, i, target, self.steps + 2);
            let turn = self.cars[target][at].turn;
            self.cars[target].aim(at, (turn, (kerb as i32 - target as i32) as i8));
        }
    }

    fn find_bus(&self, k: usize) -> Option<(usize, usize)> {
        let trail = &self.guests.buses[k].trail;
        self.find(trail.on?, trail.vehicle)
    }

    fn impatient(&mut self, k: usize) -> bool {
        let bus = &mut self.guests.buses[k];
        bus.waits += 1;
        f64::from(bus.waits) * STEP_S >= PATIENCE_S
    }

    fn arrive(&mut self, k: usize, lane: usize, i: usize, now: f64) {
        let bus = &mut self.guests.buses[k];
        let call = &mut bus.calls[bus.next];
        call.arrived_s = Some(now);
        bus.until_s = Some(now + call.dwell_s);
        let bay = call.stop.bay;
        self.cars[lane][i].vel = 0.0;
        let wish = self.map.wish(lane, self.cars[lane][i].next, self.cars[lane][i].pos);
        self.cars[lane].aim(i, (wish.0, 0));
        if bay {
            let car = self.cars[lane].remove(i);
            self.guests.bays.push(InBay { bus: k, lane, car });
        } else {
            self.shut_anew();
        }
    }

    /// The stop is behind it: from here on it drives as everybody does.
    fn go_on_from_stop(&mut self, k: usize, lane: usize, i: usize) {
        let bus = &mut self.guests.buses[k];
        bus.next += 1;
        bus.waits = 0;
        if bus.until_s.take().is_some() {
            self.shut_anew();
        }
        let me = self.cars[lane][i];
        self.cars[lane].aim(i, self.map.wish(lane, me.next, me.pos));
    }

    /// Those whose time in a bay is over come back onto the road where there is a gap.
    fn leave_bays(&mut self, now: f64) {
        let mut bays = std::mem::take(&mut self.guests.bays);
        bays.retain(|InBay { bus: k, lane, car }| {
            if self.guests.buses[*k].until_s.is_none_or(|until| now < until) || !self.gap(*lane, car) {
                return true;
            }
            let bus = &mut self.guests.buses[*k];
            bus.calls[bus.next].left_s = Some(now);
            let mut car = *car;
            (car.moved, car.acc, car.vel) = (0.0, 0.0, 0.0);
            let at = self.cars[*lane].leader_of(car.pos);
            self.cars[*lane].insert(at, car);
            self.go_on_from_stop(*k, *lane, at);
            false
        });
        self.guests.bays = bays;
    }

    /// Whether somebody who stands beside a lane finds room in it.
    fn gap(&self, lane: usize, me: &Car) -> bool {
        let cars = &self.cars[lane];
        let j = cars.leader_of(me.pos);
        let ahead = j >= cars.len() || cars.seen(j).rear - me.pos > ROOM_M.1;
        ahead
            && j.checked_sub(1).is_none_or(|k| {
                let o = cars.seen(k);
                change::safe(me.pos - me.len - o.pos, o.vel, 0.0, LETS_OUT.0, LETS_OUT.1)
            })
    }
}
