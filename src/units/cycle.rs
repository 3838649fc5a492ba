//! The circle: cycle length, offset and arcs of the cycle. The one file that takes a time modulo a cycle.
//!
//! A green is an [`Arc`]: a start and a *length*, never a start and an end, so that a green that runs over the end of the
//! cycle is nothing special. Signal state is derived from a [`Moment`], never counted up.

use super::time::{Moment, Shift, Tenths};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The length of a signal cycle; never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Tenths", into = "Tenths")]
pub struct CycleLength(Tenths);

/// A cycle of no length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cycle length of zero")]
pub struct ZeroCycle;

impl CycleLength {
    /// A cycle length; `None` for zero.
    pub const fn new(length: Tenths) -> Option<Self> {
        if length.count() == 0 { None } else { Some(CycleLength(length)) }
    }

    /// The length of one cycle.
    pub const fn length(self) -> Tenths {
        self.0
    }

    /// Seconds, for formulas.
    pub fn seconds(self) -> f64 {
        self.0.seconds()
    }

    /// Where on the circle a signed time lies: `0 <= result < cycle`.
    pub fn wrap(self, shift: Shift) -> Tenths {
        let wrapped = shift.count().rem_euclid(i64::from(self.0.count()));
        Tenths::new(u32::try_from(wrapped).expect("a remainder of a u32 is a u32"))
    }

    /// The same shift taken the shorter way round: `-cycle/2 < result <= cycle/2`.
    pub fn shorter_way(self, shift: Shift) -> Shift {
        let forward = i64::from(self.wrap(shift).count());
        let cycle = i64::from(self.0.count());
        Shift::new(if 2 * forward > cycle { forward - cycle } else { forward })
    }

    /// The offset that `shift` is, counted from the clock's zero.
    pub fn offset(self, shift: Shift) -> Offset {
        Offset { since_zero: self.wrap(shift), cycle: self }
    }
}

impl TryFrom<Tenths> for CycleLength {
    type Error = ZeroCycle;
    fn try_from(length: Tenths) -> Result<Self, ZeroCycle> {
        CycleLength::new(length).ok_or(ZeroCycle)
    }
}

impl From<CycleLength> for Tenths {
    fn from(cycle: CycleLength) -> Tenths {
        cycle.0
    }
}

impl fmt::Display for CycleLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// When in its cycle an event recurs, counted from the core's clock zero (Unix epoch, UTC): `0 <= offset < cycle`,
/// larger = later. An offset knows its cycle, because without one it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Offset {
    #[serde(rename = "tenths")]
    since_zero: Tenths,
    cycle: CycleLength,
}

impl Offset {
    /// An offset within its cycle; `None` when it is not below the cycle.
    pub fn new(since_zero: Tenths, cycle: CycleLength) -> Option<Self> {
        (since_zero < cycle.length()).then_some(Offset { since_zero, cycle })
    }

    /// Time after the clock's zero, modulo the cycle.
    pub const fn since_zero(self) -> Tenths {
        self.since_zero
    }

    /// The cycle this offset lives in.
    pub const fn cycle(self) -> CycleLength {
        self.cycle
    }

    /// The offset of an event that comes `shift` later in the same cycle.
    pub fn shifted(self, shift: Shift) -> Offset {
        self.cycle.offset(self.since_zero.later() + shift)
    }

    /// How far into its cycle the event's circle is at `now`: zero when the event happens.
    pub fn position(self, now: Moment) -> Tenths {
        self.cycle.wrap(Shift::new(now.count() - i64::from(self.since_zero.count())))
    }

    /// The first occurrence of the event at or after `now`.
    pub fn next(self, now: Moment) -> Moment {
        let into = self.position(now);
        if into == Tenths::ZERO { now } else { now + (self.cycle.length() - into) }
    }
}

/// A piece of the circle: where it starts and how long it lasts (at most one whole cycle).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Arc {
    start: Offset,
    length: Tenths,
}

impl Arc {
    /// An arc from `start` lasting `length`; `None` when longer than the cycle.
    pub fn new(start: Offset, length: Tenths) -> Option<Self> {
        (length <= start.cycle.length()).then_some(Arc { start, length })
    }

    /// Where the arc begins.
    pub const fn start(self) -> Offset {
        self.start
    }

    /// How long it lasts.
    pub const fn length(self) -> Tenths {
        self.length
    }

    /// Whether the arc covers the moment: its start is inside, its end is not.
    pub fn covers(self, now: Moment) -> bool {
        self.start.position(now) < self.length
    }

    /// The same arc `shift` later.
    pub fn shifted(self, shift: Shift) -> Arc {
        Arc { start: self.start.shifted(shift), length: self.length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(tenths: u32) -> CycleLength {
        CycleLength::new(Tenths::new(tenths)).unwrap()
    }

    #[test]
    fn wrap_is_the_identity_inside_the_cycle_and_periodic_outside() {
        for c in 1..=40 {
            let circle = cycle(c);
            for t in -100..=100_i64 {
                let w = circle.wrap(Shift::new(t));
                assert!(w < circle.length());
                assert_eq!((t - i64::from(w.count())).rem_euclid(i64::from(c)), 0);
                if (0..i64::from(c)).contains(&t) {
                    assert_eq!(i64::from(w.count()), t);
                }
            }
        }
    }

    #[test]
    fn a_shift_keeps_the_green() {
        for c in 1..=12_u32 {
            for start in 0..c {
                for length in 0..=c {
                    let arc =
                        Arc::new(Offset::new(Tenths::new(start), cycle(c)).unwrap(), Tenths::new(length)).unwrap();
                    for by in -15..=15_i64 {
                        let moved = arc.shifted(Shift::new(by));
                        assert_eq!(moved.length(), arc.length());
                        let covered = (0..i64::from(c)).filter(|&t| moved.covers(Moment::new(t))).count();
                        assert_eq!(covered, length as usize);
                        for t in -20..20_i64 {
                            assert_eq!(arc.covers(Moment::new(t)), moved.covers(Moment::new(t + by)));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_shorter_way_is_the_shortest_and_arrives() {
        for c in 1..=30_u32 {
            for t in -70..=70_i64 {
                let way = cycle(c).shorter_way(Shift::new(t));
                assert_eq!((way.count() - t).rem_euclid(i64::from(c)), 0);
                assert!(2 * way.count() > -i64::from(c) && 2 * way.count() <= i64::from(c));
            }
        }
    }

    #[test]
    fn next_is_the_first_occurrence_not_before() {
        let offset = Offset::new(Tenths::new(67), cycle(100)).unwrap();
        for t in -250..250_i64 {
            let next = offset.next(Moment::new(t));
            assert!(next.count() >= t && next.count() < t + 100);
            assert_eq!(offset.position(next), Tenths::ZERO);
        }
    }

    #[test]
    fn an_offset_outside_its_cycle_is_no_offset() {
        assert!(Offset::new(Tenths::new(900), cycle(900)).is_none());
        assert!(Offset::new(Tenths::new(899), cycle(900)).is_some());
        assert!(CycleLength::new(Tenths::ZERO).is_none());
    }
}
