//! Local time, dates, and the periods of the day plans. The only room, beside screens, where local time exists.
//!
//! Knows: the network's difference from UTC, its periods and its almanac.
//! Must not know: the machine's clock (time is an argument), plans, traffic.

use crate::corridor::{Almanac, DayPlan, Network};
use crate::units::{Date, Moment, clock};
use std::ops::Range;

/// Seconds of a day.
pub const DAY_S: u32 = 86_400;

/// Turns moments into local times and periods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    utc_offset_s: i32,
    /// First second of each period; ascending within each day plan, whose first is 0.
    starts: Vec<u32>,
    almanac: Almanac,
}

impl Calendar {
    /// The calendar of a network.
    pub fn new(network: &Network) -> Self {
        Calendar {
            utc_offset_s: network.utc_offset_s(),
            starts: network.periods().iter().map(|p| p.from_s).collect(),
            almanac: network.almanac().clone(),
        }
    }

    fn local(&self, now: Moment) -> i64 {
        now.unix_seconds() + i64::from(self.utc_offset_s)
    }

    /// Seconds after local midnight, below [`DAY_S`].
    pub fn second_of_day(&self, now: Moment) -> u32 {
        self.local(now).rem_euclid(i64::from(DAY_S)) as u32
    }

    /// The local date.
    pub fn date(&self, now: Moment) -> Date {
        Date::from_days(self.local(now).div_euclid(i64::from(DAY_S)))
    }

    /// Index of the period of the ordinary day plan that a second of the day lies in.
    pub fn period_of(&self, second_of_day: u32) -> usize {
        self.within(self.almanac.plans[0].periods.clone(), second_of_day)
    }

    /// Index of the period that a second of a date lies in, by that date's day plan.
    pub fn period_on(&self, date: Date, second_of_day: u32) -> usize {
        self.within(self.periods_on(date), second_of_day)
    }

    fn within(&self, periods: Range<usize>, second_of_day: u32) -> usize {
        let first = periods.start;
        let starts = self.starts.get(periods).unwrap_or_default();
        first + starts.iter().rposition(|&start| start <= second_of_day).unwrap_or(0)
    }

    /// The day plan of a date.
    pub fn day_plan(&self, date: Date) -> &DayPlan {
        self.almanac.plan_on(date)
    }

    /// The periods of a date.
    pub fn periods_on(&self, date: Date) -> Range<usize> {
        self.day_plan(date).periods.clone()
    }

    /// Index of the period now.
    pub fn period(&self, now: Moment) -> usize {
        self.period_on(self.date(now), self.second_of_day(now))
    }

    /// The periods before and after a period, in its day plan; the day's first follows its last.
    pub fn neighbours(&self, period: usize) -> [usize; 2] {
        let found = self.almanac.plans.iter().find(|plan| plan.periods.contains(&period));
        let Range { start, end } = found.unwrap_or(&self.almanac.plans[0]).periods.clone();
        [if period == start { end - 1 } else { period - 1 }, if period + 1 == end { start } else { period + 1 }]
    }

    /// `07:05` or `07:05:30`, for people.
    pub fn clock(&self, now: Moment) -> String {
        let s = self.second_of_day(now);
        if s.is_multiple_of(60) { clock(s) } else { format!("{}:{:02}", clock(s), s % 60) }
    }
}
