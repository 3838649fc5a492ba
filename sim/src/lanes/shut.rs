//! Stretches of lanes that are shut for now: who must leave his lane, and where to.
//!
//! Knows: the lane table, which stretches are shut. Must not know: why, since when, who drives.
//!
//! Nothing of this is asked while no stretch is shut.

use super::LaneMap;
use crate::cars::{Car, WRONG_LANE};

/// A stretch that ends nearer to the stop line than this, m, leaves no room to come back into its lane.
pub(crate) const ROOM_TO_RETURN_M: f32 = 25.0;
/// A pocket is a way around a stretch only when its mouth lies this far before it, m.
const MOUTH_M: f32 = 20.0;
/// Stretches of two lanes nearer to each other than this, m, are passed in a third lane.
const BETWEEN_M: f32 = 20.0;
/// Whoever is nearer to the stretch than this is beside it, m.
const BESIDE_M: f32 = 2.0;

/// A stretch of a lane that is shut now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shut {
    pub(crate) lane: usize,
    /// Where it begins and ends, m from the link's start.
    pub(crate) from: f32,
    pub(crate) to: f32,
    /// Whether those stand who were in it when it was shut.
    pub(crate) stands: bool,
    /// Speed beside it, m/s; infinite = as ever.
    pub(crate) passing: f32,
    /// Whether it was shut so lately that somebody may be too near to stop.
    pub(crate) fresh: bool,
}

impl LaneMap {
    /// The stretch before which somebody at `pos` of `lane` must leave it.
    pub(crate) fn shut_ahead(&self, lane: usize, pos: f32) -> Option<&Shut> {
        let ahead = self.shut.iter().filter(|s| s.lane == lane && s.from >= pos);
        ahead.min_by(|a, b| a.from.total_cmp(&b.from))
    }

    /// Up to where somebody at `pos` may drive in this lane, m.
    pub(crate) fn goal(&self, lane: usize, pos: f32) -> f32 {
        if self.shut.is_empty() {
            return self.lanes[lane].end;
        }
        self.shut_ahead(lane, pos).map_or(self.lanes[lane].end, |s| s.from)
    }

    /// [`LaneMap::wish`] where stretches are shut.
    pub(super) fn wish_around(&self, lane: usize, next: u32, pos: f32) -> (u8, i8) {
        let here = self.turn(lane, next);
        let away = |l: usize| (l as i32 - lane as i32).abs();
        let leads = |l: usize| self.turn(l, next).is_some() && !self.shut_to_the_line(l);
        let lanes = self.all_lanes(self.lanes[lane].link).filter(|&l| l != lane);
        let target = match self.shut_ahead(lane, pos) {
            Some(shut) => {
                let beside = |s: &&Shut| s.to > shut.from - BETWEEN_M && s.from < shut.to + BETWEEN_M;
                let open = |l: usize| !self.shut.iter().filter(beside).any(|s| s.lane == l);
                let ways = lanes.filter(|&l| self.lanes[l].start + MOUTH_M <= shut.from && open(l));
                let returns = self.lanes[lane].end - shut.to >= ROOM_TO_RETURN_M;
                ways.min_by_key(|&l| {
                    if returns { (away(l), !leads(l)) } else { (1000 * i32::from(!leads(l)) + away(l), false) }
                })
            }
            None if here.is_some() => None,
            None => lanes.filter(|&l| leads(l)).min_by_key(|&l| away(l)),
        };
        (here.unwrap_or(WRONG_LANE), target.map_or(0, |l| l as i32 - lane as i32) as i8)
    }

    fn shut_to_the_line(&self, lane: usize) -> bool {
        self.shut.iter().any(|s| s.lane == lane && self.lanes[lane].end - s.to < ROOM_TO_RETURN_M)
    }

    /// Whether a shut stretch keeps somebody from changing from `lane` to `target`: he stands in one, is beside one, or would
    /// have to come back before it.
    pub(crate) fn keeps(&self, me: &Car, lane: usize, target: usize) -> bool {
        let stands = |s: &Shut| s.lane == lane && s.stands && me.pos > s.from && me.pos <= s.to;
        let useless = |s: &Shut| {
            s.lane == target
                && me.pos - me.len < s.to
                && (me.pos > s.from - BESIDE_M
                    || self.wish_around(target, me.next, me.pos).1.signum() != me.side.signum())
        };
        self.shut.iter().any(|s| stands(s) || useless(s))
    }
}
