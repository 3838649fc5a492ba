//! Offsets matter only against each other: the whole set may be turned on the circle without changing any wave. Turned
//! well, the transition is shortest.

use crate::corridor::{IntersectionIndex, Network};
use crate::plan::Plan;
use crate::units::{Moment, Shift};

/// Whether two sets of plans differ by a common turn on the circle only; free ones by nothing that matters, wherever they stand.
pub fn same_wave(a: &[Plan], b: &[Plan]) -> bool {
    let turn = |(a, b): (&Plan, &Plan)| {
        let shift = Shift::new(i64::from(b.offset.since_zero().count()) - i64::from(a.offset.since_zero().count()));
        (a.cycle == b.cycle && a.splits == b.splits && a.operation == b.operation).then(|| a.cycle.wrap(shift))
    };
    let free = |(a, b): &(&Plan, &Plan)| a.operation.is_free() && b.operation.is_free() && a.splits == b.splits;
    let mut turns = a.iter().zip(b).filter(|pair| !free(pair)).map(turn);
    a.len() == b.len() && turns.next().is_none_or(|first| first.is_some() && turns.all(|t| t == first))
}

/// The turn of all targets together that brings them closest to where the intersections will stand: `starts` holds, for
/// each moved intersection, its index and the cycle start at which it may change. Targets share one cycle.
///
/// Minimises the sum of distances the shorter way round; one of the turns that puts some intersection exactly in place is
/// optimal, because the sum is piecewise linear with its kinks there.
pub fn rotation(network: &Network, targets: &[Plan], starts: &[(IntersectionIndex, Moment)]) -> Shift {
    let error = |&(index, start): &(IntersectionIndex, Moment)| {
        let (at, target) = (network.intersection(index), &targets[index.0]);
        target.cycle.shorter_way(target.cycle_start(at).position(start).later())
    };
    let errors: Vec<(Shift, &Plan)> = starts.iter().map(|s| (error(s), &targets[s.0.0])).collect();
    let cost = |turn: Shift| -> u64 {
        errors.iter().map(|(error, target)| target.cycle.shorter_way(*error + -turn).magnitude()).sum()
    };
    let candidates = errors.iter().map(|(error, _)| *error).chain([Shift::default()]);
    candidates.min_by_key(|&turn| (cost(turn), turn.magnitude(), turn)).unwrap_or_default()
}
