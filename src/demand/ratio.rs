//! How today's flow compares with the mean day's: a two-state Kalman filter.
//!
//! The ratio is 1 on the mean day. It is the sum of a slow part (this day is busier, earlier, or turns more) and a quick
//! part that comes and goes within a quarter of an hour:
//!
//! ```text
//! ratio = slow + quick      slow: random walk,   quick: AR(1) with PERSISTENCE an interval
//! counted / expected = ratio + noise, noise variance = ratio / expected   (Poisson counts)
//! ```
//! Without observations the filter only predicts: the quick part dies out, the slow part returns to the mean day, and the
//! variance grows: an old estimate knows that it is old.

use nalgebra::{Matrix2, RowVector2, Vector2};

/// Share of the quick part that lives on after an interval of five minutes.
const PERSISTENCE: f64 = 0.85;
/// How a ratio is expected to behave: standard deviations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Habit {
    /// Of the quick part.
    quick_sd: f64,
    /// Of a day's slow part before anything is counted.
    slow_sd: f64,
    /// Of the slow part's walk in one interval.
    walk_sd: f64,
}

/// All approaches from one arm together: a day may be busier, run early or late, or have another tide.
pub(super) const TOGETHER: Habit = Habit { quick_sd: 0.03, slow_sd: 0.15, walk_sd: 0.03 };
/// One lane group against all from its arm: it may turn more, and has its own quarter of an hour.
pub(super) const OWN: Habit = Habit { quick_sd: 0.06, slow_sd: 0.12, walk_sd: 0.008 };

/// Share of the slow part that lives on after an interval without observations.
const FORGETTING: f64 = 0.9;
/// A count this many standard deviations off what was expected says that the day has changed, not that chance was unkind …
const SURPRISE_SD: f64 = 4.0;
/// … and then this share of the surprise's square is added to the slow part's variance, so that the estimate follows it.
const SURPRISE_SHARE: f64 = 0.5;
/// The ratio is believed between these bounds whatever detectors say (promise S5: bounded influence).
const BOUNDS: (f64, f64) = (0.3, 2.5);

/// A ratio within the bounds that every estimate keeps.
pub(super) fn bounded(ratio: f64) -> f64 {
    ratio.clamp(BOUNDS.0, BOUNDS.1)
}

/// The filter's state for one lane group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ratio {
    habit: Habit,
    state: Vector2<f64>,
    variance: Matrix2<f64>,
}

impl Ratio {
    /// A ratio of which nothing is known yet but its habit.
    pub(super) fn new(habit: Habit) -> Self {
        let variance = Matrix2::from_diagonal(&Vector2::new(habit.slow_sd.powi(2), habit.quick_sd.powi(2)));
        Ratio { habit, state: Vector2::new(1.0, 0.0), variance }
    }

    /// One interval on, with what was counted against what the mean day expects; `None` when nothing believable was counted.
    pub(super) fn advance(&mut self, counted: Option<f64>, expected: f64) {
        let slow = if counted.is_some() { 1.0 } else { FORGETTING };
        let f = Matrix2::new(slow, 0.0, 0.0, PERSISTENCE);
        let quick = self.habit.quick_sd.powi(2) * (1.0 - PERSISTENCE * PERSISTENCE);
        let q = Matrix2::from_diagonal(&Vector2::new(self.habit.walk_sd.powi(2), quick));
        self.state = f * self.state + Vector2::new(1.0 - slow, 0.0);
        self.variance = f * self.variance * f.transpose() + q;
        let Some(counted) = counted.filter(|_| expected > 0.0) else { return };
        let h = RowVector2::new(1.0, 1.0);
        let noise = self.now().max(BOUNDS.0) / expected;
        // One lying count moves the estimate no further than the bounds.
        let seen = bounded(counted / expected);
        let surprise = seen - (h * self.state)[0];
        let spread = (h * self.variance * h.transpose())[0] + noise;
        if surprise * surprise > SURPRISE_SD * SURPRISE_SD * spread {
            self.variance[(0, 0)] += SURPRISE_SHARE * surprise * surprise;
        }
        let gain = self.variance * h.transpose() / ((h * self.variance * h.transpose())[0] + noise);
        self.state += gain * surprise;
        self.variance -= gain * h * self.variance;
    }

    /// The ratio now.
    pub(super) fn now(&self) -> f64 {
        self.ahead(0.0)
    }

    /// The ratio some intervals ahead.
    pub(super) fn ahead(&self, intervals: f64) -> f64 {
        bounded(self.state[0] + PERSISTENCE.powf(intervals) * self.state[1])
    }

    /// Its standard deviation now.
    pub(super) fn sd(&self) -> f64 {
        self.variance.sum().max(0.0).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busier_day_is_learnt_and_forgotten_without_detectors() {
        let mut ratio = Ratio::new(TOGETHER);
        for _ in 0..24 {
            ratio.advance(Some(60.0 * 1.3), 60.0);
        }
        assert!((ratio.now() - 1.3).abs() < 0.03, "{}", ratio.now());
        let sure = ratio.sd();
        for _ in 0..40 {
            ratio.advance(None, 60.0);
        }
        assert!((ratio.now() - 1.0).abs() < 0.02 && ratio.sd() > sure);
    }

    #[test]
    fn a_surge_is_followed_within_two_intervals() {
        let mut ratio = Ratio::new(TOGETHER);
        for _ in 0..12 {
            ratio.advance(Some(60.0), 60.0);
        }
        ratio.advance(Some(120.0), 60.0);
        ratio.advance(Some(120.0), 60.0);
        assert!(ratio.now() > 1.8, "{}", ratio.now());
    }

    #[test]
    fn a_liar_is_bounded() {
        let mut ratio = Ratio::new(TOGETHER);
        for _ in 0..100 {
            ratio.advance(Some(1e9), 60.0);
        }
        assert!(ratio.now() <= 2.5);
    }

    #[test]
    fn few_vehicles_move_the_estimate_less_than_many() {
        let (mut few, mut many) = (Ratio::new(TOGETHER), Ratio::new(TOGETHER));
        few.advance(Some(8.0), 4.0);
        many.advance(Some(200.0), 100.0);
        assert!(few.now() < many.now());
    }
}
