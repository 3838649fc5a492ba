//! Offsets matter only against each other: the whole set may be turned on the circle without changing any wave. Turned
//! well, the transition is shortest.
//!
//! ```text
//! cycles 100, 50, 100 s      one family, on the circle of 100 s: the signal of 50 s is in place at two turns of it
//! cycles 100, 90, 45 s       two: what runs 100 s meets nobody twice alike, and is turned by itself
//! ```

use crate::corridor::{IntersectionIndex, Network};
use crate::plan::Plan;
use crate::units::{CycleLength, Moment, Shift, Tenths};

/// The circle each plan is turned on, with all those whose cycles fit into it a whole number of times: the longest such cycle.
/// Free plans have none.
fn circles(plans: &[Plan]) -> Vec<Option<CycleLength>> {
    let mut cycles: Vec<CycleLength> = plans.iter().filter(|p| !p.operation.is_free()).map(|p| p.cycle).collect();
    cycles.sort_unstable();
    cycles.dedup();
    let holds = |whole: &CycleLength, part: CycleLength| whole.length().is_multiple_of(part.length());
    let of = |plan: &Plan| cycles.iter().rev().find(|whole| holds(whole, plan.cycle)).copied();
    plans.iter().map(|plan| if plan.operation.is_free() { None } else { of(plan) }).collect()
}

/// How a family was turned: by how much, as far as one that goes around in so much knows.
type Turned = (CycleLength, Tenths);

/// By how much the second set of plans is the first, turned; `None` where they differ by more, or some turn by more than `within`
/// otherwise than their family. Families of cycles turn each by itself.
fn turned(a: &[Plan], b: &[Plan], within: Tenths) -> Option<Vec<(CycleLength, Turned)>> {
    let mut families: Vec<(CycleLength, Turned)> = Vec::new();
    // Those of the longest cycles know most of their family's turn.
    let mut pairs: Vec<_> =
        a.iter().zip(b).zip(circles(a)).filter_map(|(pair, circle)| Some((pair, circle?))).collect();
    pairs.sort_by_key(|((plan, _), _)| std::cmp::Reverse(plan.cycle));
    let apart = |cycle: CycleLength, a: Shift, b: Shift| cycle.shorter_way(a + -b).magnitude();
    for ((a, b), circle) in pairs {
        let shift = Shift::new(i64::from(b.offset.since_zero().count()) - i64::from(a.offset.since_zero().count()));
        if a.cycle != b.cycle || a.splits != b.splits || a.operation != b.operation {
            return None;
        }
        match families.iter().find(|(of, _)| *of == circle) {
            None => families.push((circle, (a.cycle, a.cycle.wrap(shift)))),
            Some((_, (_, turn))) if apart(a.cycle, turn.later(), shift) <= u64::from(within.count()) => {}
            Some(_) => return None,
        }
    }
    Some(families)
}

/// Whether two sets of plans differ by a common turn on the circle only; free ones by nothing that matters, wherever they stand.
pub fn same_wave(a: &[Plan], b: &[Plan]) -> bool {
    alike(a, b) && turned(a, b, Tenths::ZERO).is_some()
}

/// Whether the same of both are free, and those alike.
fn alike(a: &[Plan], b: &[Plan]) -> bool {
    let free = |(a, b): (&Plan, &Plan)| {
        a.operation.is_free() == b.operation.is_free() && (!a.operation.is_free() || a.splits == b.splits)
    };
    a.len() == b.len() && a.iter().zip(b).all(free)
}

/// A set of plans turned as some of it were turned already: `known` are those, as they are. `None` where they differ from the
/// set by more than a turn, up to `within`. Who is of a family of which nobody is known stays as it is.
pub fn turned_like(plans: &[Plan], known: &[Option<Plan>], within: Tenths) -> Option<Vec<Plan>> {
    let pairs = || plans.iter().zip(known).filter_map(|(plan, known)| Some((plan.clone(), known.clone()?)));
    let (before, after): (Vec<Plan>, Vec<Plan>) = pairs().unzip();
    let families = turned(&before, &after, within).filter(|_| alike(&before, &after))?;
    let turn = |(plan, known): (&Plan, &Option<Plan>)| {
        let fits = |(_, (cycle, _)): &&(CycleLength, Turned)| {
            cycle.length().is_multiple_of(plan.cycle.length()) || plan.cycle.length().is_multiple_of(cycle.length())
        };
        let turn = families.iter().find(fits).map_or(Shift::default(), |(_, (_, turn))| turn.later());
        known.clone().unwrap_or_else(|| plan.at_offset(plan.offset.since_zero().later() + turn))
    };
    Some(plans.iter().zip(known).map(turn).collect())
}

/// The turns of the targets, one an intersection and the same for all of a family, that bring them closest to where the
/// intersections will stand: `starts` holds, for each moved intersection, its index and the cycle start at which it may change.
///
/// Minimises the sum of distances the shorter way round; one of the turns that puts some intersection exactly in place is
/// optimal, because the sum is piecewise linear with its kinks there. Whose cycle is a part of the family's is in place at several.
pub fn rotation(network: &Network, targets: &[Plan], starts: &[(IntersectionIndex, Moment)]) -> Vec<Shift> {
    let circles = circles(targets);
    let mut families: Vec<CycleLength> = circles.iter().flatten().copied().collect();
    families.sort_unstable();
    families.dedup();
    let best = |circle: &CycleLength| (*circle, of_family(network, targets, starts, &circles, *circle));
    let turns: Vec<(CycleLength, Shift)> = families.iter().map(best).collect();
    let turn = |circle: &Option<CycleLength>| turns.iter().find(|(of, _)| Some(*of) == *circle).map(|(_, turn)| *turn);
    circles.iter().map(|circle| turn(circle).unwrap_or_default()).collect()
}

fn of_family(
    network: &Network,
    targets: &[Plan],
    starts: &[(IntersectionIndex, Moment)],
    circles: &[Option<CycleLength>],
    circle: CycleLength,
) -> Shift {
    let error = |&(index, start): &(IntersectionIndex, Moment)| {
        let (at, target) = (network.intersection(index), &targets[index.0]);
        target.cycle.shorter_way(target.cycle_start(at).position(start).later())
    };
    let of_it = starts.iter().filter(|(index, _)| circles[index.0] == Some(circle));
    let errors: Vec<(Shift, &Plan)> = of_it.map(|s| (error(s), &targets[s.0.0])).collect();
    let cost = |turn: Shift| -> u64 {
        errors.iter().map(|(error, target)| target.cycle.shorter_way(*error + -turn).magnitude()).sum()
    };
    let in_place = |(error, target): &(Shift, &Plan)| {
        let (length, times) = (target.cycle.length().count(), circle.length().count() / target.cycle.length().count());
        let (error, length) = (error.count(), i64::from(length));
        (0..i64::from(times)).map(move |k| circle.shorter_way(Shift::new(error + k * length)))
    };
    let candidates = errors.iter().flat_map(in_place).chain([Shift::default()]);
    candidates.min_by_key(|&turn| (cost(turn), turn.magnitude(), turn)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::sample;
    use crate::plan::Operation;

    /// Plans of these cycles, in seconds, at these offsets in tenths.
    fn plans(cycles_s: &[u32], offsets: &[i64]) -> (Network, Vec<Plan>) {
        let network = sample::arterial(&vec![400.0; cycles_s.len() - 1]);
        let plan = |((at, cycle), offset): ((&crate::corridor::Intersection, &u32), &i64)| {
            let greens = [cycle - 20 - 30, 10, 10, 10].map(Tenths::from_seconds);
            Plan::from_greens(at, &greens, Shift::new(*offset)).unwrap()
        };
        let plans = network.intersections().iter().zip(cycles_s).zip(offsets).map(plan).collect();
        (network, plans)
    }

    fn moved(plans: &[Plan], by: &[i64]) -> Vec<Plan> {
        plans.iter().zip(by).map(|(p, by)| p.at_offset(p.offset.since_zero().later() + Shift::new(*by))).collect()
    }

    #[test]
    fn a_signal_of_half_the_cycle_turns_with_the_others() {
        let (_, plans) = plans(&[120, 60, 120], &[0, 100, 800]);
        for (by, same) in [
            ([50, 50, 50], true),
            ([50, 650, 50], true),
            ([650, 50, 650], true),
            ([50, 650, 650], false),
            ([50, 51, 50], false),
        ] {
            assert_eq!(same_wave(&plans, &moved(&plans, &by)), same, "{by:?}");
        }
        // Who is not known turns with them.
        let known: Vec<Option<Plan>> = moved(&plans, &[50, 650, 50]).into_iter().map(Some).collect();
        let some = [None, known[1].clone(), known[2].clone()];
        assert_eq!(turned_like(&plans, &some, Tenths::ZERO), Some(moved(&plans, &[50; 3])));
        assert_eq!(turned_like(&plans, &[known[0].clone(), None, None], Tenths::ZERO), Some(moved(&plans, &[50; 3])));
        let other = [known[0].clone(), moved(&plans, &[0; 3])[1].clone().into(), None];
        assert_eq!(turned_like(&plans, &other, Tenths::new(49)), None);
        assert!(turned_like(&plans, &other, Tenths::new(50)).is_some());
    }

    #[test]
    fn cycles_that_do_not_fit_turn_each_by_themselves() {
        let (_, mut plans) = plans(&[120, 90, 60, 90], &[0, 100, 300, 800]);
        assert!(same_wave(&plans, &moved(&plans, &[50, 7, 650, 907])));
        assert!(!same_wave(&plans, &moved(&plans, &[50, 7, 50, 8])));
        assert!(!same_wave(&plans, &moved(&plans, &[50, 7, 51, 7])));
        // Free ones stand anywhere, and are not taken for coordinated ones.
        plans[0] = plans[0].clone().run(Operation::Free);
        assert!(same_wave(&plans, &moved(&plans, &[33, 0, 0, 0])));
        let mut held = plans.clone();
        held[0] = held[0].clone().run(Operation::FixedTime);
        assert!(!same_wave(&plans, &held) && !same_wave(&held, &plans));
    }
}
