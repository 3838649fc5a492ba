//! The static table of lanes: where each lies, who neighbours whom, what it permits.
//!
//! Knows: geometry and turns, flat and ready for the engine, and what is shut for now. Must not know: who drives, how anybody decides.

mod shut;

pub(crate) use self::shut::{ROOM_TO_RETURN_M, Shut};
use crate::cars::{Car, LEAVES, NOWHERE, WRONG_LANE};
use crate::driver::{LEFT_SPEED_M_S, RIGHT_SPEED_M_S, U_TURN_SPEED_M_S};
use crate::driving::{Driving, hampered};
use crate::street::{Control, Lane, Movement, Street, Turn, full_lanes};

/// `rule` of a turn that gives way to nobody and has no waiting area.
pub(crate) const NO_RULE: u16 = u16::MAX;

/// One permitted movement, ready for the engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TurnTo {
    pub(crate) movement: Movement,
    pub(crate) group: usize,
    pub(crate) to_link: u32,
    pub(crate) to_lane: usize,
    /// Speed in the curve, m/s; infinite straight on.
    pub(crate) speed: f32,
    /// Index of its rule of giving way, or [`NO_RULE`].
    pub(crate) rule: u16,
}

/// One lane's fixed facts.
#[derive(Debug, Clone)]
pub(crate) struct LaneInfo {
    pub(crate) link: usize,
    pub(crate) start: f32,
    pub(crate) end: f32,
    pub(crate) limit: f32,
    pub(crate) left: Option<usize>,
    pub(crate) right: Option<usize>,
    pub(crate) exit: bool,
    /// Whether any of its turns has a rule.
    pub(crate) special: bool,
    pub(crate) turns: Vec<TurnTo>,
}

impl LaneInfo {
    /// The neighbour on the side of `sign` (negative = towards the median).
    pub(crate) fn beside(&self, sign: i8) -> Option<usize> {
        if sign < 0 { self.left } else { self.right }
    }
}

/// All lanes, flat, with the first lane and first full lane of each link.
#[derive(Debug, Clone)]
pub(crate) struct LaneMap {
    pub(crate) lanes: Vec<LaneInfo>,
    first: Vec<usize>,
    full: Vec<std::ops::Range<usize>>,
    /// Stretches that are shut now; mostly none.
    pub(crate) shut: Vec<Shut>,
    /// By lane, how people drive there; empty = everywhere in their own way.
    pub(crate) driving: Vec<Driving>,
}

/// Whether a turn gives way to nobody and goes by its lamp.
pub(crate) fn is_plain(turn: &Turn) -> bool {
    turn.yields.is_empty() && turn.control == Control::Signal
}

/// Whether a turn needs more than its lamp.
pub(crate) fn has_rule(lane: &Lane, turn: &Turn) -> bool {
    !is_plain(turn) || lane.waiting.is_some()
}

impl LaneMap {
    pub(crate) fn new(street: &Street) -> LaneMap {
        let (mut first, mut full, mut count) = (Vec::new(), Vec::new(), 0);
        for link in street.links() {
            first.push(count);
            let lanes = full_lanes(&link.lanes);
            full.push(count + lanes.start..count + lanes.end);
            count += link.lanes.len();
        }
        first.push(count);
        let mut lanes = Vec::with_capacity(count);
        let mut rules = 0;
        for (k, link) in street.links().iter().enumerate() {
            for (i, lane) in link.lanes.iter().enumerate() {
                let here = first[k] + i;
                let left_turns_before =
                    link.lanes[..i].iter().filter(|l| l.turns.iter().any(|t| t.movement == Movement::Left)).count();
                let turns = lane.turns.iter().map(|t| {
                    let (a, b) = (full[t.to_link].start, full[t.to_link].end);
                    let at = match t.movement {
                        Movement::Through => here.saturating_sub(full[k].start),
                        Movement::Left | Movement::UTurn => left_turns_before,
                        Movement::Right => b - a - 1 - (link.lanes.len() - 1 - i).min(b - a - 1),
                    };
                    let rule = if has_rule(lane, t) { rules } else { NO_RULE };
                    rules += u16::from(rule != NO_RULE);
                    TurnTo {
                        rule,
                        movement: t.movement,
                        group: t.group,
                        to_link: t.to_link as u32,
                        to_lane: a + at.min(b - a - 1),
                        speed: match t.movement {
                            Movement::Through => f32::INFINITY,
                            Movement::Left => LEFT_SPEED_M_S,
                            Movement::Right => RIGHT_SPEED_M_S,
                            Movement::UTurn => U_TURN_SPEED_M_S,
                        },
                    }
                });
                lanes.push(LaneInfo {
                    link: k,
                    start: lane.start_m,
                    end: link.length_m,
                    limit: link.limit_m_s,
                    left: (i > 0).then(|| here - 1),
                    right: (i + 1 < link.lanes.len()).then_some(here + 1),
                    exit: link.node.is_none(),
                    special: lane.turns.iter().any(|t| has_rule(lane, t)),
                    turns: turns.collect(),
                });
            }
        }
        LaneMap { lanes, first, full, shut: Vec::new(), driving: street.driving() }
    }

    /// Somebody comes onto a lane as the vehicle at `place` of its route, or stays on his link (`None`): he drives as one does there.
    pub(crate) fn comes(&self, lane: usize, car: &mut Car, place: Option<u16>, seed: u64) {
        let Some(here) = self.driving.get(lane) else { return };
        if let Some(place) = place.filter(|_| here.friction > 0.0) {
            let slower = hampered(here.friction, seed, car.id, place);
            (car.want, car.v0) = (car.want * slower, car.v0.min(car.want * slower));
        }
        car.adapt(here, true);
    }

    /// Somebody leaves a lane.
    pub(crate) fn goes(&self, lane: usize, car: &mut Car) {
        if let Some(here) = self.driving.get(lane) {
            car.adapt(here, false);
        }
    }

    /// The full-length lanes of a link, as a range of flat indices.
    pub(crate) fn full_lanes(&self, link: usize) -> std::ops::Range<usize> {
        self.full[link].clone()
    }

    /// All lanes of a link, pockets included.
    pub(crate) fn all_lanes(&self, link: usize) -> std::ops::Range<usize> {
        self.first[link]..self.first[link + 1]
    }

    /// Flat index of lane `lane` of `link`.
    pub(crate) fn lane(&self, link: usize, lane: usize) -> usize {
        self.first[link] + lane
    }

    /// For a vehicle at `pos` of `lane` that wants `next`: its turn there, and how many lanes it must move (negative = left).
    pub(crate) fn wish(&self, lane: usize, next: u32, pos: f32) -> (u8, i8) {
        let info = &self.lanes[lane];
        if info.exit || next == NOWHERE {
            return (LEAVES, 0);
        }
        if !self.shut.is_empty() {
            return self.wish_around(lane, next, pos);
        }
        if let Some(t) = self.turn(lane, next) {
            return (t, 0);
        }
        let range = self.first[info.link]..self.first[info.link + 1];
        let lanes = range.filter(|&l| self.turn(l, next).is_some());
        let side = lanes.map(|l| l as i32 - lane as i32).min_by_key(|d| d.abs()).unwrap_or(0);
        (WRONG_LANE, side as i8)
    }

    fn turn(&self, lane: usize, next: u32) -> Option<u8> {
        self.lanes[lane].turns.iter().position(|t| t.to_link == next).map(|t| t as u8)
    }
}
