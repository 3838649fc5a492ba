//! What a cabinet's instants and offsets count from.
//!
//! A clock that counts from the Unix epoch tells the instant. A clock that only knows the time of day tells it up to whole
//! days: what it says is the moment nearest to now that has this time of day, which is right up to half a day either way.

use crate::corridor::ClockZero;
use crate::units::{CycleLength, Moment, Shift, Tenths};

/// A day.
const DAY: Tenths = Tenths::from_seconds(86_400);

/// A cabinet's zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    /// 1970-01-01 00:00:00 UTC.
    Epoch,
    /// The last midnight of a place whose local time is so much later than UTC.
    Midnight { utc_offset: Shift },
}

fn day() -> CycleLength {
    CycleLength::new(DAY).expect("a day is no zero")
}

impl Zero {
    /// The zero of a clock at a place whose local time is `utc_offset_s` seconds later than UTC.
    pub(super) fn new(zero: ClockZero, utc_offset_s: i32) -> Zero {
        match zero {
            ClockZero::UnixEpoch => Zero::Epoch,
            ClockZero::LocalMidnight => Zero::Midnight { utc_offset: Shift::new(i64::from(utc_offset_s) * 10) },
        }
    }

    /// The last zero at or before a moment.
    pub(super) fn before(self, at: Moment) -> Moment {
        match self {
            Zero::Epoch => Moment::new(0),
            Zero::Midnight { utc_offset } => at - day().wrap(Shift::new(at.count()) + utc_offset),
        }
    }

    /// The zero before a zero, if there is one.
    pub(super) fn earlier(self, zero: Moment) -> Option<Moment> {
        matches!(self, Zero::Midnight { .. }).then(|| zero - DAY)
    }

    /// The zeros after the first let cycles of this length begin at other places than the first did.
    pub(super) fn moves(self, cycle: CycleLength) -> bool {
        matches!(self, Zero::Midnight { .. }) && cycle.wrap(DAY.later()) != Tenths::ZERO
    }

    /// Tenths from the last zero to a moment; `None` before the epoch, when there were no signals to set.
    pub(super) fn count(self, at: Moment) -> Option<u64> {
        u64::try_from(at.since(self.before(at)).count()).ok()
    }

    /// The moment that lies so many tenths after its zero, the one nearest to `near`.
    pub(super) fn moment(self, count: u64, near: Moment) -> Option<Moment> {
        let count = i64::try_from(count).ok()?;
        match self {
            Zero::Epoch => Some(Moment::new(count)),
            Zero::Midnight { .. } if count >= i64::from(DAY.count()) => None,
            Zero::Midnight { .. } => {
                let here = near.since(self.before(near));
                Some(near + day().shorter_way(Shift::new(count) + -here))
            }
        }
    }

    /// Whether an instant on the wire says which day it is.
    pub(super) fn knows_the_day(self) -> bool {
        self == Zero::Epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHANGHAI: Zero = Zero::Midnight { utc_offset: Shift::new(8 * 36_000) };
    /// 2026-12-31 16:00:00 UTC, midnight of the new year in Shanghai.
    const NEW_YEAR: Moment = Moment::new(17_987_328_000);

    #[test]
    fn the_day_begins_at_local_midnight_in_every_zone() {
        for offset_h in -12..=14_i64 {
            let zero = Zero::Midnight { utc_offset: Shift::new(offset_h * 36_000 + 18_000) };
            let midnight = zero.before(NEW_YEAR);
            let local = midnight.count() + offset_h * 36_000 + 18_000;
            assert_eq!(local / 864_000 * 864_000, local, "whole days");
            for into in [0, 1, 431_999, 432_000, 863_999_u32] {
                let at = midnight + Tenths::new(into);
                assert_eq!((zero.before(at), zero.count(at)), (midnight, Some(u64::from(into))));
            }
            assert_eq!(zero.before(midnight - Tenths::new(1)), midnight - DAY);
        }
    }

    #[test]
    fn a_time_of_day_is_the_nearest_moment_that_has_it() {
        assert_eq!(SHANGHAI.before(NEW_YEAR), NEW_YEAR);
        for near in (-864_000..864_000_i64).step_by(997) {
            let near = NEW_YEAR + Shift::new(near);
            for off in [-431_999, -50, 0, 1, 400_000_i64] {
                let meant = near + Shift::new(off);
                assert_eq!(SHANGHAI.moment(SHANGHAI.count(meant).unwrap(), near), Some(meant), "{off}");
            }
        }
        assert_eq!(SHANGHAI.moment(864_000, NEW_YEAR), None);
        assert_eq!(Zero::Epoch.moment(u64::MAX, NEW_YEAR), None);
        assert_eq!(Zero::Epoch.moment(7, NEW_YEAR), Some(Moment::new(7)));
    }
}
