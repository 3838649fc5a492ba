//! Cycle lengths: Webster's start for one intersection, and the candidates for a common cycle of all.
//!
//! Knows: cycle ranges, critical flow ratios. Must not know: offsets.

use super::settings::{Search, Settings};
use super::splits::Alone;
use crate::corridor::{IntersectionIndex, Network};
use crate::demand::Flows;
use crate::units::{CycleLength, Tenths};

/// Webster's cycle `(1.5 L + 5) / (1 - Y)` in seconds, for lost time `lost_s` and the sum of critical flow ratios; `None`
/// at `ratio >= 1`, where no cycle is long enough.
pub fn webster_s(lost_s: f64, ratio: f64) -> Option<f64> {
    (ratio < 1.0).then(|| (1.5 * lost_s + 5.0) / (1.0 - ratio))
}

/// An intersection's own cycle by Webster, seconds, not yet held to its range.
pub fn webster_of(network: &Network, index: IntersectionIndex, flows: &Flows, settings: &Settings) -> Option<f64> {
    let alone = Alone::new(network, index, flows, settings);
    webster_s(alone.lost_s(), alone.critical_ratio())
}

/// Cycles from `min` to `max` in steps, both ends included where they are whole steps apart.
pub(super) fn steps(min: CycleLength, max: CycleLength, step: Tenths) -> impl Iterator<Item = CycleLength> {
    let step = step.count().max(1);
    (min.length().count()..=max.length().count())
        .step_by(step as usize)
        .filter_map(|t| CycleLength::new(Tenths::new(t)))
}

/// Common cycles worth trying: the range in the search's steps, its upper end included; all multiples of `step`, in tenths, as the
/// range's ends are.
pub(super) fn candidates(range: (CycleLength, CycleLength), search: &Search, step: u32) -> Vec<CycleLength> {
    let wide = Tenths::new(search.cycle_step.count().max(1).div_ceil(step) * step);
    let mut all: Vec<CycleLength> = steps(range.0, range.1, wide).collect();
    if all.last().is_some_and(|&last| last < range.1) {
        all.push(range.1);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::corridor::sample;

    #[test]
    fn websters_cycle() {
        assert!((webster_s(12.0, 0.6).unwrap() - 57.5).abs() < 1e-9);
        assert!(webster_s(12.0, 1.0).is_none());
        let network = sample::arterial(&[400.0]);
        let settings = Settings::default();
        let of = |main: f64| {
            let flows = testing::flows(&network, main, main, 300.0);
            webster_of(&network, IntersectionIndex(0), &flows, &settings).unwrap()
        };
        assert!(of(400.0) < of(1200.0) && of(1200.0) < of(1800.0));
    }

    #[test]
    fn candidates_keep_the_range() {
        let cycle = |s| CycleLength::new(Tenths::from_seconds(s)).unwrap();
        let search = Search::default();
        let all = candidates((cycle(71), cycle(140)), &search, 10);
        assert_eq!(all.first(), Some(&cycle(71)));
        assert_eq!(all.last(), Some(&cycle(140)));
        assert_eq!(all.len(), 8);
    }
}
