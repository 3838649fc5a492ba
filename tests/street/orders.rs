//! Stages in other orders, and an intersection that runs half the cycle of its neighbours: pushed, in step, changed, taken over.

use crate::kit::{START, Street, setup_of};
use crate::ordered::ordered;
use greenwave::control::{Coordinator, Decision, Event, Mode as CoreMode};
use greenwave::corridor::StageIndex;
use greenwave::field::Ask;
use greenwave::plan::{Plan, band};
use greenwave::transition::{same_wave, turned_like};
use greenwave::units::{Shift, Tenths};
use greenwave_sim::cabinet::{Cabinet, Mode};
use std::sync::Arc;

/// Orders of the three intersections' stages.
type Orders = [&'static [usize]; 3];

const PROGRAMMED: Orders = [&[0, 1, 2, 3], &[0, 1, 2], &[0, 1, 2, 3]];
const TURNED: Orders = [&[0, 3, 2, 1], &[0, 2, 1], &[0, 2, 3, 1]];
const OTHERS: Orders = [&[0, 1, 3, 2], &[0, 1, 2], &[0, 3, 1, 2]];

/// The street's plans: 140 s at the crossroads, 70 s at the T-junction between them.
fn plans(street: &greenwave::corridor::Network, orders: Orders, offsets: [i64; 3]) -> Vec<Plan> {
    let greens = [vec![70, 14, 27, 10], vec![24, 8, 22], vec![66, 16, 27, 12]];
    let plan = |(((at, greens), order), offset): (((&greenwave::corridor::Intersection, _), &[usize]), i64)| {
        let greens: Vec<Tenths> = Vec::into_iter(greens).map(Tenths::from_seconds).collect();
        let order: Vec<StageIndex> = order.iter().copied().map(StageIndex).collect();
        Plan::from_greens_in(at, &order, &greens, Shift::new(offset)).unwrap()
    };
    let plans: Vec<Plan> = street.intersections().iter().zip(greens).zip(orders).zip(offsets).map(plan).collect();
    assert_eq!(plans.iter().map(|p| p.cycle.length().count()).collect::<Vec<_>>(), [1400, 700, 1400]);
    plans
}

fn begin(orders: Orders) -> Street {
    let network = Arc::new(ordered());
    let plans = plans(&network, orders, [0, 274, 648]);
    Street::of(setup_of(&network, plans, true), START, 0, |_| ())
}

/// For two of the longest cycles every cabinet shows, second by second, the stage and the interval that its target has there.
fn assert_shows_targets(street: &mut Street, what: &str) {
    let mut compared = [0; 3];
    for _ in 0..280 {
        let now = street.rig.moment(street.second);
        street.tick();
        for (k, target) in street.core.targets().iter().enumerate() {
            let at = &street.network.intersections()[k];
            let into = target.cycle_start(at).position(now).count();
            let mut edge = 0;
            let mut there = None;
            let mut near = into < 6;
            for split in &target.splits {
                for (interval, part) in [split.green, split.yellow, split.all_red].into_iter().enumerate() {
                    if into >= edge {
                        there = Some([split.stage.0 as u16 + 1, interval as u16]);
                    }
                    edge += part.count();
                    // What arrived stands up to half a second from where it was meant.
                    near |= into.abs_diff(edge) < 6;
                }
            }
            if !near {
                compared[k] += 1;
                let shown = street.at(k, |c| c.read(7, 2)).unwrap();
                assert_eq!(Some(shown), there.map(Vec::from), "{what}: cabinet {k}, {} s into its cycle", into / 10);
            }
        }
    }
    assert!(compared.iter().all(|&n| n > 150), "{compared:?}");
}

/// Targets may be turned together: the waves are those that were asked for.
fn assert_same_wave(street: &Street, wanted: &[Plan]) {
    assert!(same_wave(street.core.targets(), wanted), "{:?}", street.core.targets());
    let corridor = &street.network.corridors()[0];
    for direction in greenwave::corridor::Direction::BOTH {
        let width =
            |plans: &[Plan]| band::measure(&street.network, corridor, plans, 0..3, direction).map(|b| b.width_s);
        let (is, was) = (width(street.core.targets()).unwrap_or(0.0), width(wanted).unwrap_or(0.0));
        assert!((is - was).abs() < 1e-6, "{is} against {was}");
    }
}

#[test]
fn half_a_cycle_and_other_orders_come_into_step_and_change_into_each_other() {
    for (first, second) in [(PROGRAMMED, TURNED), (TURNED, OTHERS)] {
        let mut street = begin(first);
        street.run_until_in_step(3000);
        assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
        assert_shows_targets(&mut street, "first");
        assert_same_wave(&street, &plans(&street.network, first, [0, 274, 648]));
        for (orders, offsets) in [(second, [0, 300, 700]), (first, [0, 300, 700]), (second, [500, 100, 0])] {
            let wanted = plans(&street.network, orders, offsets);
            street.tell(Event::Aim(wanted.clone()));
            let place = street.diary.len();
            street.run_until("in step again", 3000, |s| s.decided(place, |d| *d == Decision::InStep));
            assert_shows_targets(&mut street, "changed");
            assert_same_wave(&street, &wanted);
            assert!(!street.decided(place, |d| matches!(d, Decision::Refused { .. } | Decision::PushFailed { .. })));
            street.assert_nothing_mixed();
        }
        assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
    }
}

#[test]
fn every_member_of_a_joint_change_begins_with_its_own_first_cycle_after_the_activation() {
    let mut street = begin(PROGRAMMED);
    street.run_until_in_step(3000);
    let place = street.diary.len();
    let offsets = street.core.targets().iter().map(|p| i64::from(p.offset.since_zero().count())).collect::<Vec<_>>();
    let before = street.core.targets().to_vec();
    // Nothing but the orders changes, so nobody has a way to go.
    street.tell(Event::Aim(plans(&street.network, TURNED, [offsets[0], offsets[1], offsets[2]])));
    street.run_until("committed", 600, |s| s.decided(place, |d| matches!(d, Decision::Committed { .. })));
    let activation = street.diary[place..].iter().find_map(|(_, d)| match d {
        Decision::Staging { activation, .. } => Some(*activation),
        _ => None,
    });
    let activation = activation.unwrap();
    let mut begun = [None; 3];
    let generation = street.at(0, Cabinet::pending_generation).unwrap();
    for _ in 0..400 {
        street.tick();
        for (k, begun) in begun.iter_mut().enumerate() {
            if begun.is_none() && street.at(k, Cabinet::running_generation) == Some(generation) {
                *begun = street.at(k, Cabinet::cycle_start);
            }
        }
    }
    for (k, begun) in begun.into_iter().enumerate() {
        let at = &street.network.intersections()[k];
        let first = before[k].next_cycle_start(at, activation).count();
        assert!((begun.unwrap() - first).abs() <= 5, "{k}: {begun:?} against {first}");
        assert!(begun.unwrap() - activation.count() < i64::from(before[k].cycle.length().count()) + 5);
    }
    assert!(street.decided(place, |d| *d == Decision::InStep));
    assert_shows_targets(&mut street, "in one change");
    assert_eq!(street.violations, 0);
}

#[test]
fn a_core_that_comes_back_takes_over_mixed_cycles_and_orders() {
    let mut street = begin(TURNED);
    street.run_until_in_step(3000);
    let running = |street: &Street| [0, 1, 2].map(|k| street.at(k, Cabinet::running_generation));
    let before = running(&street);
    // Knowing the day plan; and knowing another one, so that what runs is nobody's but a whole.
    for known in [TURNED, OTHERS] {
        (0..8).for_each(|_| street.leave_alone());
        let setup = setup_of(&street.network, plans(&street.network, known, [0, 274, 648]), true);
        street.core = Coordinator::new(setup, street.rig.moment(street.second));
        let (from, second) = (street.diary.len(), street.second);
        street.run_until("in control", 60, |s| s.core.mode() == CoreMode::Coordinated);
        assert!(street.decided(from, |d| matches!(d, Decision::TookOver { intersections: 3 })), "{known:?}");
        street.run(30);
        assert_shows_targets(&mut street, "taken over");
        assert_eq!((running(&street), street.violations), (before, 0));
        assert!(street.written(second, Ask::Stage).is_empty());
    }
}

#[test]
fn who_fell_back_joins_at_half_the_cycle_again() {
    let mut street = begin(TURNED);
    street.run_until_in_step(3000);
    street.harm(1, Cabinet::reboot);
    (0..8).for_each(|_| street.leave_alone());
    let setup = setup_of(&street.network, plans(&street.network, TURNED, [0, 274, 648]), true);
    street.core = Coordinator::new(setup, street.rig.moment(street.second));
    let from = street.diary.len();
    street.run_until("in control", 60, |s| s.core.mode() == CoreMode::Coordinated);
    assert!(street.decided(from, |d| matches!(d, Decision::TookOver { intersections: 2 })));
    street.run_until("all in step", 3000, |s| s.decided(from, |d| *d == Decision::InStep));
    assert_shows_targets(&mut street, "joined");
    // What runs was taken as it was found, up to half a second from where it was meant.
    let targets: Vec<Option<Plan>> = street.core.targets().iter().cloned().map(Some).collect();
    let wanted = plans(&street.network, TURNED, [0, 274, 648]);
    assert!(turned_like(&wanted, &targets, Tenths::new(10)).is_some(), "{targets:?}");
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
}
