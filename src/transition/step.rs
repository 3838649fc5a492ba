//! One step: the plan to run from a given cycle start until the next opportunity to change.

use super::stretch::stretch;
use crate::corridor::Intersection;
use crate::corridor::profile::Carrier;
use crate::plan::Plan;
use crate::units::{CycleLength, Moment, Shift, Tenths};

/// How far one step may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most a cycle is lengthened against the target's, in percent of it (field practice 17-22, trade.md 1.3).
    pub lengthen_percent: u32,
    /// Most a cycle is shortened, in percent (field practice 12).
    pub shorten_percent: u32,
    /// Most a cycle may differ from the one before it, in percent; inside what safety allows.
    pub jump_percent: u32,
    /// An error of offset this small is left as it is: the cabinet's resolution may not let it be closed. See [`Bounds::leaves`].
    pub tolerance: Tenths,
}

impl Bounds {
    /// The error of offset that is left as it is at an intersection: never less than its cabinet's step of time, because a step of a
    /// transition runs several cycles, each of which moves it by whole steps.
    pub fn leaves(&self, at: &Intersection) -> Tenths {
        self.tolerance.max(at.cabinet.profile.time.step)
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { lengthen_percent: 20, shorten_percent: 12, jump_percent: 50, tolerance: Tenths::new(5) }
    }
}

/// A step of a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The plan to run, beginning a cycle exactly at the given start.
    pub plan: Plan,
    /// Whether it is the target itself (within the tolerance of its offset).
    pub arrives: bool,
}

/// The step to run from `start`, a cycle start of `running`, on the way to `target`; it will run until the first of its
/// cycle starts at or after `until`.
///
/// `None` when the intersection's minima, maxima and cycle range leave no step at all, which a checked target never meets.
pub fn step(
    at: &Intersection,
    running: &Plan,
    target: &Plan,
    start: Moment,
    until: Moment,
    bounds: &Bounds,
) -> Option<Step> {
    // Who finds the way to an offset by itself is told the target and nothing else.
    if at.cabinet.profile.transitions != Carrier::Centre {
        return Some(Step { plan: target.clone(), arrives: true });
    }
    let cycle = target.cycle;
    let late = target.cycle_start(at).position(start);
    let reachable = reach(running.cycle, bounds);
    // Free operation has no place to be at.
    let leaves = bounds.leaves(at);
    let near = target.operation.is_free() || late <= leaves || cycle.length() - late <= leaves;
    if near && reachable.contains(&cycle.length().count()) {
        return Some(Step { plan: target.starting_at(at, start), arrives: true });
    }
    // Two ways round: wait for the target's next cycle start, or catch up the one that has gone by.
    let mut ways: Vec<(u32, i64, Plan)> = [(cycle.length() - late).later(), -late.later()]
        .into_iter()
        .filter_map(|way| bounded(at, target, way, start, until, bounds, &reachable))
        .collect();
    ways.sort_by_key(|(steps, rest, _)| (*steps, *rest));
    let plan = ways.into_iter().next()?.2;
    Some(Step { plan: plan.starting_at(at, start), arrives: false })
}

/// Cycle lengths one jump away from the running one, in tenths.
fn reach(running: CycleLength, bounds: &Bounds) -> std::ops::RangeInclusive<u32> {
    let now = running.length().count();
    let jump = now * bounds.jump_percent / 100;
    now - jump..=now + jump
}

/// The stretched target that takes most of `way` by `until`: how many such steps the whole way would need, what is left
/// after this one, and the plan.
fn bounded(
    at: &Intersection,
    target: &Plan,
    way: Shift,
    start: Moment,
    until: Moment,
    bounds: &Bounds,
    reachable: &std::ops::RangeInclusive<u32>,
) -> Option<(u32, i64, Plan)> {
    let base = i64::from(target.cycle.length().count());
    let resolution = at.cabinet.profile.time.step;
    let unit = i64::from(resolution.count());
    let (low, high) = (at.cycle.min.length().count(), at.cycle.max.length().count());
    let (low, high) = (low.max(*reachable.start()), high.min(*reachable.end()));
    let lengthen = base * i64::from(bounds.lengthen_percent) / 100;
    let shorten = base * i64::from(bounds.shorten_percent) / 100;
    // Coming from a far cycle the reachable range may lie wholly outside the usual stretch: then its nearest end rules.
    // Both ends are whole steps, so that the nearest end is one too.
    let high = i64::from(high).div_euclid(unit) * unit;
    let low = ((i64::from(low).max(base - shorten) + unit - 1).div_euclid(unit) * unit).min(high);
    let high = high.min(base + lengthen).max(low);
    let runs = |cycle: i64| {
        let length = until.since(start).count().max(1);
        (length + cycle - 1) / cycle
    };
    // Every cycle length on offer and how far it moves the intersection in the cycles it runs.
    let mut offered: Vec<(i64, i64)> = Vec::new();
    let mut cycle = low;
    while cycle <= high {
        if stretch(at, target, Shift::new(cycle - base), resolution).is_some() {
            offered.push((cycle, runs(cycle) * (cycle - base)));
        }
        cycle += unit;
    }
    let left = |&(cycle, moves): &(i64, i64)| ((way.count() - moves).abs(), (cycle - base).abs());
    let best = *offered.iter().min_by_key(|o| left(o))?;
    let leaves = i64::from(bounds.leaves(at).count());
    // Several cycles of whole steps may have no length for a short way: one of coarse steps that closes it together with the next is
    // better than a way around the whole circle that ends as short of it again.
    let coarse = unit > i64::from(bounds.tolerance.count()) && left(&best).0 > leaves;
    let closed = |moves: i64| offered.iter().any(|(_, next)| (way.count() - moves - next).abs() <= leaves);
    let first = offered.iter().filter(|(_, moves)| coarse && closed(*moves)).min_by_key(|o| left(o));
    let (cycle, _) = *first.unwrap_or(&best);
    let (rest, _) = left(first.unwrap_or(&best));
    let moved = (way.count().abs() - rest).max(0);
    let steps = if rest <= leaves {
        1
    } else if first.is_some() {
        2
    } else if moved == 0 {
        u32::MAX
    } else {
        u32::try_from((way.count().abs() + moved - 1) / moved).unwrap_or(u32::MAX)
    };
    Some((steps, rest, stretch(at, target, Shift::new(cycle - base), resolution)?))
}
