//! The way between any two sound plans: every step is admitted by the guard, the lattice of cycles is contiguous, and it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

mod kit;
#[path = "kit/orders.rs"]
mod orders;

use greenwave::corridor::{IntersectionIndex, Network};
use greenwave::plan::{Plan, Split};
use greenwave::safety::{Change, Limits, admit};
use greenwave::transition::{Bounds, rotation, step, stretch};
use greenwave::units::{CycleLength, Moment, Shift, Tenths};
use kit::{any_plan, chance, cycles, everywhere, network, plan_of};
use rand::RngExt;

const T: Moment = Moment::new(17_724_096_000);

/// Goes from one plan to another as the core does, one joint change after the other: the number of steps.
fn walk(network: &Network, index: IntersectionIndex, from: &Plan, target: &Plan) -> usize {
    walk_beside(network, index, from, target, Tenths::ZERO)
}

/// The same where another intersection's cycle may be longer.
fn walk_beside(network: &Network, index: IntersectionIndex, from: &Plan, target: &Plan, beside: Tenths) -> usize {
    const MOST: usize = 40;
    let at = network.intersection(index);
    let (bounds, limits) = (Bounds::default(), Limits::default());
    let mut running = from.clone();
    let mut activation = T;
    for steps in 1..=MOST {
        let longest = running.cycle.length().max(target.cycle.length()).max(beside);
        let until = activation + longest + longest + Tenths::from_seconds(27);
        let start = running.next_cycle_start(at, activation);
        let next = step(at, &running, target, start, until, &bounds)
            .unwrap_or_else(|| panic!("{}: no step from {running:?} to {target:?}", at.id));
        let change = Change { running: &running, plan: &next.plan, moment: start };
        let safe = admit(network, index, change, &limits)
            .unwrap_or_else(|b| panic!("{}: a step is refused: {b:?}\n{running:?}\n{:?}", at.id, next.plan));
        // The lattice is contiguous: the step begins exactly where a cycle of the running plan ends.
        assert_eq!((running.next_cycle_start(at, start), next.plan.next_cycle_start(at, start)), (start, start));
        assert_eq!(safe.from(), start);
        if next.arrives {
            assert_eq!(next.plan.splits, target.splits);
            let late = target.cycle.shorter_way(target.cycle_start(at).position(start).later());
            assert!(late.magnitude() <= u64::from(bounds.leaves(at).count()), "{late:?}");
            return steps;
        }
        (running, activation) = (next.plan, until);
    }
    panic!("{}: {MOST} steps do not lead from {from:?} to {target:?}", at.id);
}

#[test]
fn every_way_between_two_sound_plans_is_admitted_and_ends() {
    let mut chance = chance(3);
    let mut most = 0;
    everywhere(|network, index, at| {
        for round in 0..30 {
            let from = any_plan(at, &mut chance);
            let target = match round % 3 {
                0 => any_plan(at, &mut chance),
                1 => plan_of(at, from.cycle.length(), &mut chance),
                _ => from.at_offset(Shift::new(chance.random_range(0..2000))),
            };
            most = most.max(walk(network, index, &from, &target));
        }
    });
    assert!(most <= 12, "{most} steps");
}

#[test]
fn the_worst_ways_are_admitted_and_end() {
    let mut chance = chance(4);
    let mut most = 0;
    everywhere(|network, index, at| {
        let range = cycles(at);
        let ends = [*range.start(), *range.end()].map(Tenths::new);
        for a in ends {
            for b in ends {
                let (from, target) = (plan_of(at, a, &mut chance), plan_of(at, b, &mut chance));
                // From every tenth part of the cycle.
                for part in 0..10_i64 {
                    let turned = target.at_offset(Shift::new(i64::from(b.count()) * part / 10));
                    most = most.max(walk(network, index, &from, &turned));
                }
            }
        }
    });
    assert!(most <= 16, "{most} steps");
}

#[test]
fn a_stretched_plan_keeps_sum_minima_and_maxima() {
    let mut chance = chance(5);
    everywhere(|_, _, at| {
        for _ in 0..100 {
            let plan = any_plan(at, &mut chance);
            let resolution = Tenths::new([1, 5, 10][chance.random_range(0..3_usize)]);
            let by =
                chance.random_range(-900..=900_i64) / i64::from(resolution.count()) * i64::from(resolution.count());
            let room = |stretch_up: bool| -> u32 {
                let unit = resolution.count();
                let room = |(s, g): (&greenwave::corridor::Stage, Tenths)| {
                    let room = if stretch_up { s.max_green.saturating_sub(g) } else { g.saturating_sub(s.min_green) };
                    room.count() / unit * unit
                };
                at.stages.iter().zip(plan.greens()).map(room).sum()
            };
            let possible = by.unsigned_abs() <= u64::from(room(by > 0));
            match stretch(at, &plan, Shift::new(by), resolution) {
                None => assert!(!possible, "{}: {by} of {plan:?}", at.id),
                Some(made) => {
                    assert!(possible);
                    assert_eq!(i64::from(made.cycle.length().count()), i64::from(plan.cycle.length().count()) + by);
                    assert_eq!(made.splits.iter().map(Split::length).sum::<Tenths>(), made.cycle.length());
                    for ((stage, was), is) in at.stages.iter().zip(plan.greens()).zip(made.greens()) {
                        assert!(is >= stage.min_green && is <= stage.max_green);
                        assert!(if by > 0 { is >= was } else { is <= was }, "a stage moved the wrong way");
                        let moved = is.count().abs_diff(was.count());
                        assert_eq!(moved % resolution.count(), 0);
                    }
                }
            }
        }
    });
    let network = network("three");
    let plan = any_plan(&network.intersections()[0], &mut chance);
    assert_eq!(stretch(&network.intersections()[0], &plan, Shift::new(3), Tenths::new(5)), None);
}

#[test]
fn the_rotation_is_the_best_there_is() {
    let mut chance = chance(6);
    let network = network("three");
    for _ in 0..60 {
        let cycle = CycleLength::new(Tenths::new(chance.random_range(700..=1500))).unwrap();
        let targets: Vec<Plan> =
            network.intersections().iter().map(|at| plan_of(at, cycle.length(), &mut chance)).collect();
        let moved = chance.random_range(1..=3_usize);
        let starts: Vec<_> =
            network.indices().take(moved).map(|i| (i, T + Tenths::new(chance.random_range(0..5000)))).collect();
        let cost = |turn: i64| -> u64 {
            let error = |&(index, start): &(IntersectionIndex, Moment)| {
                let target = &targets[index.0];
                let turned = target.at_offset(target.offset.since_zero().later() + Shift::new(turn));
                let late = turned.cycle_start(network.intersection(index)).position(start);
                cycle.shorter_way(late.later()).magnitude()
            };
            starts.iter().map(error).sum()
        };
        let best = (0..i64::from(cycle.length().count())).map(cost).min().unwrap();
        let turns = rotation(&network, &targets, &starts);
        assert_eq!(turns, [turns[0]; 3]);
        assert_eq!(cost(turns[0].count()), best);
    }
}

#[test]
fn cycles_that_fit_into_each_other_are_turned_together_as_well_as_can_be() {
    let mut chance = chance(7);
    let network = network("three");
    for _ in 0..60 {
        // The T-junction at half the cycle of its neighbours, or these at half of its own.
        let half = Tenths::new(chance.random_range(710..=750));
        let cycles =
            if chance.random_range(0..2) == 0 { [half + half, half, half + half] } else { [half, half + half, half] };
        let plan = |(at, cycle): (&greenwave::corridor::Intersection, Tenths)| plan_of(at, cycle, &mut chance);
        let targets: Vec<Plan> = network.intersections().iter().zip(cycles).map(plan).collect();
        let starts: Vec<_> = network.indices().map(|i| (i, T + Tenths::new(chance.random_range(0..5000)))).collect();
        let cost = |turn: i64| -> u64 {
            let error = |&(index, start): &(IntersectionIndex, Moment)| {
                let target = &targets[index.0];
                let turned = target.at_offset(target.offset.since_zero().later() + Shift::new(turn));
                let late = turned.cycle_start(network.intersection(index)).position(start);
                target.cycle.shorter_way(late.later()).magnitude()
            };
            starts.iter().map(error).sum()
        };
        let best = (0..i64::from((half + half).count())).map(cost).min().unwrap();
        let turns = rotation(&network, &targets, &starts);
        assert_eq!(turns, [turns[0]; 3]);
        assert_eq!(cost(turns[0].count()), best, "{cycles:?}");
    }
}

/// A step keeps the order that is aimed at, whatever runs.
#[test]
fn the_way_to_a_plan_of_another_order_is_walked_in_that_order() {
    let mut chance = chance(8);
    let network = orders::ordered();
    for index in network.indices() {
        let at = network.intersection(index);
        let permitted: Vec<_> = at.orders().collect();
        for (from, to) in permitted.iter().flat_map(|from| permitted.iter().map(move |to| (from, to))) {
            let from = any_plan(at, &mut chance).in_order(from).unwrap();
            let to = any_plan(at, &mut chance).in_order(to).unwrap();
            assert!(walk(&network, index, &from, &to) <= 40);
            let by = Shift::new(i64::from(chance.random_range(-50..=50)));
            if let Some(longer) = stretch(at, &to, by, Tenths::new(1)) {
                assert!(longer.order().eq(to.order()));
                let base = to.in_order(&permitted[0]).unwrap();
                assert_eq!(longer.cycle, stretch(at, &base, by, Tenths::new(1)).unwrap().cycle);
            }
        }
    }
}

/// A plan of whole seconds.
fn whole_seconds(at: &greenwave::corridor::Intersection, chance: &mut impl rand::Rng) -> Plan {
    loop {
        let green = |s: &greenwave::corridor::Stage| {
            let (low, high) = (s.min_green.count() / 10, s.max_green.count() / 10);
            Tenths::from_seconds(chance.random_range(low..=high))
        };
        let greens: Vec<Tenths> = at.stages.iter().map(green).collect();
        let cycle: Tenths = greens.iter().copied().sum::<Tenths>() + at.lost_to_intergreens();
        if cycles(at).contains(&cycle.count()) {
            let offset = Shift::new(i64::from(chance.random_range(0..cycle.count() / 10)) * 10);
            return Plan::from_greens(at, &greens, offset).unwrap();
        }
    }
}

#[test]
fn a_cabinet_of_whole_seconds_arrives_within_one_of_them() {
    let network = network("examples/makes");
    let (index, at) = (IntersectionIndex(1), &network.intersections()[1]);
    assert_eq!(at.cabinet.profile.time.step, Tenths::from_seconds(1));
    let mut chance = chance(7);
    let mut most = [0, 0];
    for round in 0..2000 {
        let from = whole_seconds(at, &mut chance);
        let target = match round % 2 {
            0 => whole_seconds(at, &mut chance),
            _ => from.at_offset(from.offset.since_zero().later() + Shift::new(10 * chance.random_range(-5..=5))),
        };
        // Alone, and beside a corridor of long cycles, for which every step lasts more cycles of this one.
        for (most, beside) in most.iter_mut().zip([Tenths::ZERO, Tenths::from_seconds(200)]) {
            *most = walk_beside(&network, index, &from, &target, beside).max(*most);
        }
    }
    assert!(most[0] <= 8 && most[1] <= 8, "{most:?} steps");
}
