//! Whole tenths of a second: lengths, shifts and moments. Cabinets count so, therefore plans do.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// A length of time in whole tenths of a second; never negative. Up to 13 years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tenths(u32);

impl Tenths {
    /// No time at all.
    pub const ZERO: Tenths = Tenths(0);

    /// A length from a count of tenths of a second.
    pub const fn new(tenths: u32) -> Self {
        Tenths(tenths)
    }

    /// A length from whole seconds.
    pub const fn from_seconds(seconds: u32) -> Self {
        Tenths(seconds * 10)
    }

    /// The nearest tenth to a number of seconds; `None` when it is not a finite, non-negative length a `u32` can hold.
    pub fn parse_seconds(seconds: f64) -> Option<Self> {
        let tenths = (seconds * 10.0).round();
        (tenths.is_finite() && (0.0..=f64::from(u32::MAX)).contains(&tenths)).then_some(Tenths(tenths as u32))
    }

    /// The count of tenths of a second.
    pub const fn count(self) -> u32 {
        self.0
    }

    /// Seconds, for formulas and for people.
    pub fn seconds(self) -> f64 {
        f64::from(self.0) / 10.0
    }

    /// The length less `other`, or zero where `other` is longer.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Tenths(self.0.saturating_sub(other.0))
    }

    /// The same length seen as a shift to later.
    pub fn later(self) -> Shift {
        Shift(i64::from(self.0))
    }

    /// Whether the length is a whole number of steps of `resolution`.
    pub const fn is_multiple_of(self, resolution: Tenths) -> bool {
        resolution.0 != 0 && self.0.is_multiple_of(resolution.0)
    }
}

impl Add for Tenths {
    type Output = Tenths;
    fn add(self, other: Tenths) -> Tenths {
        Tenths(self.0 + other.0)
    }
}

impl AddAssign for Tenths {
    fn add_assign(&mut self, other: Tenths) {
        self.0 += other.0;
    }
}

impl Sub for Tenths {
    type Output = Tenths;
    /// Panics below zero: a bug, since lengths are compared before they are subtracted.
    fn sub(self, other: Tenths) -> Tenths {
        Tenths(self.0 - other.0)
    }
}

impl Sum for Tenths {
    fn sum<I: Iterator<Item = Tenths>>(iter: I) -> Tenths {
        iter.fold(Tenths::ZERO, Add::add)
    }
}

impl fmt::Display for Tenths {
    /// Seconds without a needless decimal: `90 s`, `3.5 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(10) {
            write!(f, "{} s", self.0 / 10)
        } else {
            write!(f, "{}.{} s", self.0 / 10, self.0 % 10)
        }
    }
}

/// A second of the day as people write it: `07:05`; seconds over the minute are left out, the day's end is `24:00`.
pub fn clock(second_of_day: u32) -> String {
    format!("{:02}:{:02}", second_of_day / 3600, second_of_day / 60 % 60)
}

/// A signed difference of time in tenths of a second; positive = later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shift(i64);

impl Shift {
    /// A difference from a signed count of tenths.
    pub const fn new(tenths: i64) -> Self {
        Shift(tenths)
    }

    /// The signed count of tenths.
    pub const fn count(self) -> i64 {
        self.0
    }

    /// How far, whichever way.
    pub const fn magnitude(self) -> u64 {
        self.0.unsigned_abs()
    }

    /// Seconds, positive = later.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 10.0
    }
}

impl Neg for Shift {
    type Output = Shift;
    fn neg(self) -> Shift {
        Shift(-self.0)
    }
}

impl Add for Shift {
    type Output = Shift;
    fn add(self, other: Shift) -> Shift {
        Shift(self.0 + other.0)
    }
}

/// A moment on the core's clock: tenths of a second since the Unix epoch, UTC, without leap seconds.
///
/// Offsets count from this clock's zero. Local time exists only in the calendar and on screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// A moment from its count of tenths since the epoch.
    pub const fn new(tenths_since_epoch: i64) -> Self {
        Moment(tenths_since_epoch)
    }

    /// A moment from whole seconds since the epoch.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Moment(seconds * 10)
    }

    /// Tenths since the epoch.
    pub const fn count(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(10)
    }

    /// How much later `self` is than `earlier`.
    pub fn since(self, earlier: Moment) -> Shift {
        Shift(self.0 - earlier.0)
    }

    /// The time that has gone by since `earlier`, zero if `earlier` lies ahead.
    pub fn elapsed_since(self, earlier: Moment) -> Tenths {
        Tenths(u32::try_from((self.0 - earlier.0).max(0)).unwrap_or(u32::MAX))
    }
}

impl Add<Tenths> for Moment {
    type Output = Moment;
    fn add(self, length: Tenths) -> Moment {
        Moment(self.0 + i64::from(length.0))
    }
}

impl Sub<Tenths> for Moment {
    type Output = Moment;
    fn sub(self, length: Tenths) -> Moment {
        Moment(self.0 - i64::from(length.0))
    }
}

impl Add<Shift> for Moment {
    type Output = Moment;
    fn add(self, shift: Shift) -> Moment {
        Moment(self.0 + shift.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_parse_to_the_nearest_tenth_and_refuse_what_is_no_length() {
        assert_eq!(Tenths::parse_seconds(3.04), Some(Tenths::new(30)));
        assert_eq!(Tenths::parse_seconds(0.0), Some(Tenths::ZERO));
        for bad in [f64::NAN, f64::INFINITY, -0.2, 1e12] {
            assert_eq!(Tenths::parse_seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn moments_before_the_epoch_round_towards_the_past() {
        assert_eq!(Moment::new(-1).unix_seconds(), -1);
        assert_eq!(Moment::new(-1) + Tenths::new(1), Moment::new(0));
    }
}
