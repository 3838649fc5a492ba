//! Cycle lengths: Webster's start for one intersection, and the candidates for a common cycle of all.
//!
//! Knows: cycle ranges, critical flow ratios. Must not know: offsets.

use super::scene::Scene;
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

/// The range of cycles that every intersection may run and the search allows; `None` when there is none.
pub(super) fn common_range(scene: &Scene, alone: &[Alone], search: &Search) -> Option<(CycleLength, CycleLength)> {
    let mut low = search.cycle_min.length();
    let mut high = search.cycle_max.length();
    for (at, alone) in scene.network.intersections().iter().zip(alone) {
        low = low.max(at.cycle.min.length()).max(alone.shortest());
        high = high.min(at.cycle.max.length()).min(alone.longest());
    }
    // A plan is made at its cabinet's resolution.
    let resolution = search.resolution.count().max(1);
    let low = CycleLength::new(Tenths::new(low.count().div_ceil(resolution) * resolution))?;
    let high = CycleLength::new(Tenths::new(high.count() / resolution * resolution))?;
    (low <= high).then_some((low, high))
}

/// Common cycles worth trying: the range in the search's steps, its upper end included.
pub(super) fn candidates(range: (CycleLength, CycleLength), search: &Search) -> Vec<CycleLength> {
    let mut all: Vec<CycleLength> = steps(range.0, range.1, search.cycle_step.max(search.resolution)).collect();
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
        let all = candidates((cycle(71), cycle(140)), &search);
        assert_eq!(all.first(), Some(&cycle(71)));
        assert_eq!(all.last(), Some(&cycle(140)));
        assert_eq!(all.len(), 8);
    }
}
