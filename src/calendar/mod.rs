//! Local time of day and the periods of the day plan. The only room, beside screens, where local time exists.
//!
//! Knows: the network's difference from UTC and its periods.
//! Must not know: the machine's clock (time is an argument), plans, traffic.

use crate::corridor::Network;
use crate::units::{Moment, clock};

/// Seconds of a day.
pub const DAY_S: u32 = 86_400;

/// Turns moments into local times and periods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    utc_offset_s: i32,
    /// First second of each period, ascending; the first is 0.
    starts: Vec<u32>,
}

impl Calendar {
    /// The calendar of a network.
    pub fn new(network: &Network) -> Self {
        Calendar { utc_offset_s: network.utc_offset_s(), starts: network.periods().iter().map(|p| p.from_s).collect() }
    }

    /// Seconds after local midnight, below [`DAY_S`].
    pub fn second_of_day(&self, now: Moment) -> u32 {
        let local = now.unix_seconds() + i64::from(self.utc_offset_s);
        local.rem_euclid(i64::from(DAY_S)) as u32
    }

    /// Index of the period that a second of the day lies in; 0 where the network has no periods.
    pub fn period_of(&self, second_of_day: u32) -> usize {
        self.starts.iter().rposition(|&start| start <= second_of_day).unwrap_or(0)
    }

    /// Index of the period now.
    pub fn period(&self, now: Moment) -> usize {
        self.period_of(self.second_of_day(now))
    }

    /// `07:05` or `07:05:30`, for people.
    pub fn clock(&self, now: Moment) -> String {
        let s = self.second_of_day(now);
        if s.is_multiple_of(60) { clock(s) } else { format!("{}:{:02}", clock(s), s % 60) }
    }
}
