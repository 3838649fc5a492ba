//! Sums over the last minutes.

use crate::units::{Moment, Tenths};
use std::collections::VecDeque;

/// How long a bin lasts.
const BIN: Tenths = Tenths::from_seconds(60);
/// Bins kept beside the one that fills: what is told is of the last five to six minutes.
const BINS: usize = 5;

/// What is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Sums {
    /// Vehicles that came to the line.
    pub(super) vehicles: f64,
    /// Of them while it was green, joining those who stood before them or not.
    pub(super) on_green: f64,
    /// Vehicle-seconds of waiting.
    pub(super) waited_s: f64,
    /// Seconds of green.
    pub(super) green_s: f64,
    /// Seconds watched, loops believed.
    pub(super) watched_s: f64,
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Sums) {
        self.vehicles += other.vehicles;
        self.on_green += other.on_green;
        self.waited_s += other.waited_s;
        self.green_s += other.green_s;
        self.watched_s += other.watched_s;
    }
}

/// Sums by minute.
#[derive(Debug, Clone, Default)]
pub(super) struct Minutes {
    bins: VecDeque<Sums>,
    ends: Option<Moment>,
    now: Sums,
}

impl Minutes {
    pub(super) fn add(&mut self, now: Moment, sums: Sums) {
        let ends = *self.ends.get_or_insert(now + BIN);
        if now >= ends {
            self.bins.push_back(std::mem::take(&mut self.now));
            if self.bins.len() > BINS {
                self.bins.pop_front();
            }
            self.ends = Some(now + BIN);
        }
        self.now += sums;
    }

    pub(super) fn total(&self) -> Sums {
        let mut all = self.now;
        self.bins.iter().for_each(|bin| all += *bin);
        all
    }
}
