//! The service's time: anchored once, carried by the monotonic clock, led back to the wall clock a little at a time.

use crate::units::{Moment, Shift};
use std::time::Duration;

/// A moment for every instant of the monotonic clock; never goes back.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    anchor: Moment,
    since: Duration,
    scale: u32,
    last: Moment,
}

impl Timeline {
    /// Time is `anchor` at `since` and goes `scale` times as fast as the monotonic clock.
    pub(super) fn new(anchor: Moment, since: Duration, scale: u32) -> Self {
        Timeline { anchor, since, scale, last: anchor }
    }

    /// The moment at a time of the monotonic clock.
    pub(super) fn at(&mut self, elapsed: Duration) -> Moment {
        let tenths = elapsed.saturating_sub(self.since).as_millis() * u128::from(self.scale) / 100;
        let now = self.anchor + Shift::new(i64::try_from(tenths).unwrap_or(i64::MAX / 2));
        self.last = self.last.max(now);
        self.last
    }

    /// Moves a tenth of a second towards the wall clock; gives how far it is still ahead. Called every tenth second this is
    /// at most a second in a hundred, less than a cabinet's clock takes in at the end of a cycle.
    pub(super) fn follow(&mut self, now: Moment, utc: Moment) -> Shift {
        let ahead = utc.since(now).count();
        self.anchor = self.anchor + Shift::new(ahead.signum());
        Shift::new(ahead - ahead.signum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: Moment = Moment::new(17_000_000_000);

    #[test]
    fn time_goes_with_the_monotonic_clock_times_the_scale() {
        let mut line = Timeline::new(ZERO, Duration::from_secs(5), 10);
        assert_eq!(line.at(Duration::from_secs(5)), ZERO);
        assert_eq!(line.at(Duration::from_millis(5_250)), ZERO + Shift::new(25));
        assert_eq!(line.at(Duration::from_secs(1)), ZERO + Shift::new(25), "never back");
    }

    #[test]
    fn a_wall_clock_that_is_set_is_followed_slowly_and_time_never_goes_back() {
        for jump in [-315_576_000_i64, -10, 0, 10, 36_000] {
            let mut line = Timeline::new(ZERO, Duration::ZERO, 1);
            let mut last = ZERO;
            for second in 1..=1000_u64 {
                let now = line.at(Duration::from_secs(second));
                let step = now.since(last).count();
                assert!((9..=11).contains(&step), "{jump}: {step} tenths in a second");
                if second % 10 == 0 {
                    line.follow(now, ZERO + Shift::new(second as i64 * 10 + jump));
                }
                last = now;
            }
            let moved = last.since(ZERO).count() - 10_000;
            assert_eq!(moved, jump.clamp(-99, 99), "{jump}");
        }
    }
}
