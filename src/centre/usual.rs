//! What is usual: speeds at the same time on earlier days that run by the same day plan.

use crate::calendar::Calendar;
use crate::store::{Span, Store};
use crate::units::{Moment, Tenths};
use std::collections::BTreeMap;

/// Days looked back.
const DAYS: u32 = 28;
/// Around the same time of day, to either side.
const AROUND: Tenths = Tenths::from_seconds(900);
/// Fewer samples than this say nothing of what is usual.
const LEAST: u32 = 6;
/// Samples read of one day.
const MOST: usize = 10_000;
const DAY: Tenths = Tenths::from_seconds(86_400);

/// Mean speeds, km/h, by `corridor/direction`.
pub(super) type Usual = BTreeMap<String, f64>;

/// Reads what is usual now. Takes a while: not for a thread that serves.
pub(super) fn usual(store: &Store, calendar: &Calendar, now: Moment) -> Usual {
    let Ok(reader) = store.reader() else { return Usual::new() };
    let today = calendar.periods_on(calendar.date(now));
    let mut sums: BTreeMap<String, (u32, f64)> = BTreeMap::new();
    let mut then = now;
    for _ in 0..DAYS {
        then = then - DAY;
        if calendar.periods_on(calendar.date(then)) != today {
            continue;
        }
        let samples = reader.samples("speed_km_h", "", Span::FiveMinutes, then - AROUND, then + AROUND, MOST);
        for sample in samples.unwrap_or_default() {
            let Some(mean) = sample.mean() else { continue };
            let sum = sums.entry(sample.place).or_default();
            *sum = (sum.0 + 1, sum.1 + mean);
        }
    }
    let known = sums.into_iter().filter(|(_, (n, _))| *n >= LEAST);
    known.map(|(place, (n, sum))| (place, sum / f64::from(n))).collect()
}
