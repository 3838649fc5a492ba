//! The core dies and another one starts: what runs goes on, and only what has fallen away is sent anew.

use crate::kit::{START, Street, plans, setup};
use greenwave::control::{Coordinator, Decision, Mode as CoreMode};
use greenwave::field::Ask;
use greenwave_sim::cabinet::{Cabinet, Mode};

/// Nobody speaks for some seconds, then another core begins, knowing nothing of the first.
fn another_core_after(street: &mut Street, seconds: u32) -> usize {
    (0..seconds).for_each(|_| street.leave_alone());
    street.core = Coordinator::new(setup(&street.network, true), street.rig.moment(street.second));
    street.diary.len()
}

fn took_over(street: &Street, from: usize) -> Option<usize> {
    street.diary[from..].iter().find_map(|(_, d)| match d {
        Decision::TookOver { intersections } => Some(*intersections),
        _ => None,
    })
}

#[test]
fn a_core_that_comes_back_goes_on_with_what_runs() {
    let mut street = Street::begin(true);
    street.run_until_in_step(1500);
    // plans that no calendar knows
    street.wish = Some(plans(&street.network.clone(), 120, [0, 330, 777]));
    street.run(1500);
    let running = |street: &Street| [0, 1, 2].map(|k| street.at(k, Cabinet::running_generation));
    let (before, targets) = (running(&street), street.core.targets().to_vec());
    let from = another_core_after(&mut street, 8);
    let second = street.second;
    let needed = street.run_until("in control", 60, |s| s.core.mode() == CoreMode::Coordinated);
    assert!(needed <= 4, "in control after {needed} s");
    assert_eq!(took_over(&street, from), Some(3));
    street.run(1200);
    for (now, then) in street.core.targets().iter().zip(&targets) {
        assert_eq!((now.cycle, &now.splits), (then.cycle, &then.splits));
        let moved = i64::from(now.offset.since_zero().count()) - i64::from(then.offset.since_zero().count());
        assert!(moved.abs() <= 5, "what runs stands up to half a second from where it was meant, not {moved}");
    }
    assert_eq!((street.modes(), running(&street)), ([Mode::Centre; 3], before));
    assert!(street.written(second, Ask::Stage).is_empty() && street.written(second, Ask::Commit).is_empty());
    // what was taken over is still renewed before it expires in the cabinets
    street.run_until("renewed", 2 * 3600, |s| running(s).iter().zip(&before).all(|(now, then)| now > then));
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
    street.assert_nothing_mixed();
}

#[test]
fn who_fell_back_meanwhile_joins_the_others_plan() {
    let mut street = Street::begin(true);
    street.run_until_in_step(1500);
    street.harm(1, |c| c.reboot());
    let from = another_core_after(&mut street, 8);
    let second = street.second;
    street.run_until("in control", 60, |s| s.core.mode() == CoreMode::Coordinated);
    assert_eq!(took_over(&street, from), Some(2));
    street.run_until("all in the centre's hands again", 1500, |s| s.modes() == [Mode::Centre; 3]);
    street.run(600);
    let staged = street.written(second, Ask::Stage);
    assert!(!staged.is_empty() && staged.iter().all(|(at, _)| *at == 1), "{staged:?}");
    assert_eq!(street.violations, 0);
}

#[test]
fn a_transition_cut_short_goes_on_when_its_aim_was_remembered() {
    let mut street = Street::begin(true);
    street.run_until_in_step(1500);
    let place = street.diary.len();
    street.wish = Some(plans(&street.network.clone(), 120, [0, 730, 177]));
    street.run_until("under way", 1500, |s| {
        s.decided(place, |d| matches!(d, Decision::Activated { arrived: false, .. }))
    });
    let aim = street.core.purpose();
    let from = another_core_after(&mut street, 8);
    street.core.resume(aim.clone());
    street.run_until_in_step(3000);
    assert!(took_over(&street, from).is_some());
    assert_eq!(street.core.targets(), aim.targets);
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
    // what is remembered does not outvote a newer push
    let mut old = aim;
    old.generation -= 1_000_000;
    let now = street.core.targets().to_vec();
    another_core_after(&mut street, 8);
    old.targets = plans(&street.network.clone(), 110, [0, 0, 0]);
    street.core.resume(old);
    street.run(60);
    assert_eq!(street.core.targets()[0].cycle, now[0].cycle);
}

#[test]
fn a_transition_cut_short_is_led_to_the_calendars_plan() {
    let mut street = Street::begin(true);
    street.run_until_in_step(1500);
    let place = street.diary.len();
    street.wish = Some(plans(&street.network.clone(), 100, [0, 774, 148]));
    street.run_until("under way", 1500, |s| {
        s.decided(place, |d| matches!(d, Decision::Activated { arrived: false, .. }))
    });
    street.run(100);
    let from = another_core_after(&mut street, 8);
    street.run_until_in_step(3000);
    assert!(street.decided(from, |d| matches!(d, Decision::InStep)));
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
    assert!(street.second > START);
    street.assert_nothing_mixed();
}
