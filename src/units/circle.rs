//! The circle for formulas: a cycle measured in seconds as a real number, where geometry (bands, travel times) is exact and
//! nothing is a plan yet. The integer circle that plans live on is [`CycleLength`].

use super::cycle::CycleLength;

/// A cycle of some seconds, not necessarily whole tenths; finite and above zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circle(f64);

impl Circle {
    /// A circle of `seconds`; `None` unless finite and above zero.
    pub fn new(seconds: f64) -> Option<Self> {
        (seconds.is_finite() && seconds > 0.0).then_some(Circle(seconds))
    }

    /// Seconds once round.
    pub const fn seconds(self) -> f64 {
        self.0
    }

    /// Where on the circle a time in seconds lies: `0 <= result < seconds`.
    pub fn wrap(self, seconds: f64) -> f64 {
        let wrapped = seconds.rem_euclid(self.0);
        // A tiny negative number rounds up to the whole circle, which is its start.
        if wrapped < self.0 { wrapped } else { 0.0 }
    }

    /// The shortest way round to a time in seconds, backwards below zero: `-seconds / 2 <= result < seconds / 2`.
    pub fn nearest(self, seconds: f64) -> f64 {
        let half = self.0 / 2.0;
        self.wrap(seconds + half) - half
    }
}

impl From<CycleLength> for Circle {
    fn from(cycle: CycleLength) -> Circle {
        Circle(cycle.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrap_stays_on_the_circle() {
        let circle = Circle::new(57.93).unwrap();
        for t in [-1e-18, -57.93, 57.93, 0.0, 1e6, -1e6, 57.929_999] {
            assert!((0.0..57.93).contains(&circle.wrap(t)), "{t}");
            assert!((-28.965..28.965).contains(&circle.nearest(t)), "{t}");
        }
        assert!(Circle::new(0.0).is_none() && Circle::new(f64::NAN).is_none());
    }
}
