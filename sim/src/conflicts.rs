//! The table of who gives way to whom, made once from the street.
//!
//! Knows: turns, lanes, crossings, and where their paths meet. Must not know: who drives, what the lamps show.
//!
//! The plant has no lanes inside an intersection. A vehicle that may have to give way stays the head of its approach lane
//! until it passes its *gate*, some metres beyond the stop line; so whoever follows it waits behind it, as on the road, and
//! a lane holds as many waiting inside the intersection as fit between line and gate.
//!
//! ```text
//!    approach lane           | gate of a right turn 6 m: one waits, its rear behind the line
//!    ========================|......gate|== 19..24 m: crossing of a left turn's exit ====> exit lane
//!                       stop line     8 m: two left turners wait (HCM: two sneakers a cycle)
//! ```

use crate::cars::{Cars, GOES};
use crate::driver::brake_needed;
use crate::lanes::{LaneMap, has_rule};
use crate::street::{Control, GiveWay, Movement, Street, WaitingArea};
use crate::walkers::Strip;

/// Gates by movement, m beyond the stop line.
const LEFT_GATE_M: f32 = 8.0;
const RIGHT_GATE_M: f32 = 6.0;
/// Where the crossing of the exit begins on a left turn or a U-turn's way, m beyond its stop line: a car that waits before
/// it has cleared the way of straight traffic.
const FAR_CROSSING_M: f32 = 19.0;
/// Who would have to brake harder than this before the gate goes on, m/s2.
pub(crate) const TOO_LATE_M_S2: f32 = 4.0;
/// Depth of a crossing, m.
const CROSSING_DEPTH_M: f32 = 5.0;
/// Where the way of straight traffic is met, m beyond its stop line.
pub(crate) const MEETS_M: f32 = 10.0;

/// A strip of a crossing or of a bicycles' way, and where a vehicle is when it is on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Zone {
    /// The vehicle's lane behind the intersection.
    pub(crate) to_lane: usize,
    /// Its approach lane, and its gate beyond the stop line, m.
    pub(crate) lane: usize,
    pub(crate) gate_m: f32,
    /// Whether the strip lies before the gate.
    pub(crate) own: bool,
    /// From here to there beyond the stop line, m.
    pub(crate) from_m: f32,
    pub(crate) to_m: f32,
}

impl Zone {
    /// Whether a vehicle that turns is on it.
    fn taken(&self, map: &LaneMap, cars: &[Cars]) -> bool {
        let c = &cars[self.to_lane];
        // Who can not stop any more is let pass: before a strip beyond the gate, and before the gate.
        let comes = |left: f32, v: f32| left < 10.0 && brake_needed(v, left) > TOO_LATE_M_S2;
        let beyond = (0..c.len()).take_while(|&i| c[i].pos - c[i].len < self.to_m).any(|i| {
            let left = self.from_m - c[i].pos;
            c[i].flags & GOES != 0 && (left < 0.0 || comes(left, c[i].vel))
        });
        let (c, end) = (&cars[self.lane], map.lanes[self.lane].end);
        beyond
            || c.len().checked_sub(1).is_some_and(|i| {
                let left = end + self.gate_m - c[i].pos;
                (self.own && c[i].pos > end) || (c[i].flags & GOES != 0 && comes(left, c[i].vel))
            })
    }
}

/// Vehicles that have priority over a turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rival {
    pub(crate) lane: usize,
    pub(crate) turn: u8,
    pub(crate) to_lane: usize,
    /// Whether both go to the same lane: then one follows the other there.
    pub(crate) merges: bool,
}

/// What one turn of one lane must heed.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) lane: usize,
    pub(crate) to_lane: usize,
    pub(crate) control: Control,
    pub(crate) speed: f32,
    /// Where it leaves its approach lane, m beyond the stop line.
    pub(crate) gate_m: f32,
    pub(crate) area: Option<WaitingArea>,
    /// Strips at its exit and before its own stop line: indices into zones and strips.
    pub(crate) exit: Vec<usize>,
    pub(crate) own: Vec<usize>,
    pub(crate) rivals: Vec<Rival>,
    /// Bicycle lanes.
    pub(crate) bikes: Vec<usize>,
}

/// All rules and all places where a turning vehicle meets somebody on foot or on a bicycle.
#[derive(Debug, Clone)]
pub(crate) struct Conflicts {
    pub(crate) rules: Vec<Rule>,
    /// Zones on crossings, each with its strip.
    pub(crate) zones: Vec<Zone>,
    pub(crate) strips: Vec<Strip>,
    taken: Vec<bool>,
    /// Zones on the way of bicycles, with the bicycle lane.
    bike_zones: Vec<(usize, Zone)>,
    bikes_held: Vec<bool>,
}

impl Conflicts {
    pub(crate) fn new(street: &Street, map: &LaneMap) -> Conflicts {
        let mut all = Conflicts {
            rules: Vec::new(),
            zones: Vec::new(),
            strips: Vec::new(),
            taken: Vec::new(),
            bike_zones: Vec::new(),
            bikes_held: vec![false; street.bike_lanes().len()],
        };
        for (k, link) in street.links().iter().enumerate() {
            for (i, lane) in link.lanes.iter().enumerate() {
                let here = map.lane(k, i);
                for (t, to) in lane.turns.iter().zip(&map.lanes[here].turns).filter(|(t, _)| has_rule(lane, t)) {
                    let gate_m = match t.movement {
                        _ if t.yields.is_empty() && t.control == Control::Signal => 0.0,
                        Movement::Right => RIGHT_GATE_M,
                        _ => LEFT_GATE_M,
                    };
                    let mut rule = Rule {
                        lane: here,
                        to_lane: to.to_lane,
                        control: t.control,
                        speed: to.speed.min(map.lanes[here].limit),
                        gate_m: gate_m.max(lane.waiting.map_or(0.0, |w| w.length_m)),
                        area: lane.waiting,
                        exit: Vec::new(),
                        own: Vec::new(),
                        rivals: Vec::new(),
                        bikes: Vec::new(),
                    };
                    for y in &t.yields {
                        all.give_way(map, &mut rule, t.movement, t.to_link, *y);
                    }
                    all.rules.push(rule);
                }
            }
        }
        all.taken = vec![false; all.zones.len()];
        all
    }

    fn give_way(&mut self, map: &LaneMap, rule: &mut Rule, movement: Movement, to_link: usize, way: GiveWay) {
        let far = if movement == Movement::Right { rule.gate_m } else { FAR_CROSSING_M.max(rule.gate_m) };
        let (lane, to_lane, gate_m) = (rule.lane, rule.to_lane, rule.gate_m);
        let zone = |from_m: f32| Zone { to_lane, lane, gate_m, own: false, from_m, to_m: from_m + CROSSING_DEPTH_M };
        match way {
            GiveWay::Exit { crossing, at_m } => {
                rule.exit.push(self.zones.len());
                self.zones.push(zone(far));
                self.strips.push(Strip { crossing, at_m });
            }
            GiveWay::Own { crossing, at_m } => {
                rule.own.push(self.zones.len());
                self.zones.push(Zone { own: true, ..zone(0.0) });
                self.strips.push(Strip { crossing, at_m });
            }
            GiveWay::Vehicles { link, to_link: theirs } => {
                for lane in map.all_lanes(link) {
                    let turns = map.lanes[lane].turns.iter().enumerate();
                    for (turn, t) in turns.filter(|(_, t)| t.to_link as usize == theirs) {
                        let merges = theirs == to_link;
                        if !merges || t.to_lane == rule.to_lane {
                            rule.rivals.push(Rival { lane, turn: turn as u8, to_lane: t.to_lane, merges });
                        }
                    }
                }
            }
            GiveWay::Bikes { lane } => {
                rule.bikes.push(lane);
                let from_m =
                    if movement == Movement::Right { rule.gate_m } else { FAR_CROSSING_M - 2.0 * CROSSING_DEPTH_M };
                self.bike_zones.push((lane, zone(from_m.max(rule.gate_m))));
            }
        }
    }

    /// By crossing, whether some turn gives way there.
    pub(crate) fn watched(&self, crossings: usize) -> Vec<bool> {
        (0..crossings).map(|k| self.strips.iter().any(|s| s.crossing == k)).collect()
    }

    /// Looks which zones hold a vehicle, after everybody has moved.
    pub(crate) fn look(&mut self, map: &LaneMap, cars: &[Cars]) {
        for (taken, zone) in self.taken.iter_mut().zip(&self.zones) {
            *taken = zone.taken(map, cars);
        }
        self.bikes_held.fill(false);
        for (lane, zone) in &self.bike_zones {
            self.bikes_held[*lane] |= zone.taken(map, cars);
        }
    }

    /// By strip, whether a turning vehicle is on it.
    pub(crate) fn taken(&self) -> &[bool] {
        &self.taken
    }

    /// By bicycle lane, whether a turning vehicle is in its way.
    pub(crate) fn bikes_held(&self) -> &[bool] {
        &self.bikes_held
    }
}
