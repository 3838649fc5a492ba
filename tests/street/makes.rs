//! Controllers of three makes on one street: tenths from the epoch, whole seconds from local midnight, stored plans by number. What
//! their lamps show is measured against what the core aims at, in absolute time.

use crate::kit::{START, Street, makes, plans, setup_of};
use greenwave::control::{Decision, Event};
use greenwave::corridor::Network;
use greenwave::field::Ask;
use greenwave::plan::Plan;
use greenwave::units::Shift;
use greenwave_sim::cabinet::{Cabinet, Mode};
use greenwave_sim::signal::Lamp;
use std::sync::Arc;

/// Twenty minutes before midnight.
const LATE: u32 = MIDNIGHT - 1200;
const MIDNIGHT: u32 = 86_400;
/// What the steps of the three hide, in tenths.
const HIDDEN: [i64; 3] = [1, 10, 10];
const PLC: usize = 1;

/// Plans of 100 s; the third is the cabinet's stored plan 4.
fn hundred(network: &Network) -> Vec<Plan> {
    plans(network, 100, [123, 270, 650])
}

/// Plans of 110 s, which do not divide the day; the third is the cabinet's stored plan 5.
fn hundred_ten(network: &Network) -> Vec<Plan> {
    plans(network, 110, [457, 910, 300])
}

/// A street that was brought to these plans.
fn brought_to(plans: fn(&Network) -> Vec<Plan>, start_s: u32) -> Street {
    let network = Arc::new(makes());
    let plans = plans(&network);
    let mut street = Street::of(setup_of(&network, plans, true), start_s, 0, |_| ());
    street.run_until_in_step(2400);
    street
}

/// Runs on for some seconds. By cabinet, how late the reference phase's greens began that began meanwhile, against the core's
/// targets: of the lamps, to the tenth.
fn lateness(street: &mut Street, seconds: u32) -> [Vec<i64>; 3] {
    let mut late = [const { Vec::new() }; 3];
    for _ in 0..seconds {
        let until = street.rig.moment(street.second).count();
        for (k, late) in late.iter_mut().enumerate() {
            // Nobody writes to it before then: so this is what it will show.
            let mut twin = street.at(k, Cabinet::clone);
            twin.lamp_changes();
            twin.advance(until, &[]);
            let (at, target) = (&street.network.intersections()[k], &street.core.targets()[k]);
            let all = twin.lamp_changes().into_iter();
            let greens = all.filter(|c| c.phase == at.reference_phase.0 && c.lamp == Lamp::Green);
            let meant = i64::from(target.offset.since_zero().count());
            late.extend(greens.map(|c| target.cycle.shorter_way(Shift::new(c.at - meant)).count()));
        }
        street.tick();
    }
    late
}

/// Every green began where it was meant to.
fn assert_on_time(street: &mut Street, seconds: u32) {
    let from = street.second;
    for (k, late) in lateness(street, seconds).into_iter().enumerate() {
        let cycle = street.core.targets()[k].cycle.length().count() / 10;
        assert!(late.len() as u32 >= seconds / cycle, "cabinet {k}: {} greens in {seconds} s", late.len());
        assert!(late.iter().all(|l| l.abs() <= HIDDEN[k]), "cabinet {k}: {late:?} from {from}");
    }
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
}

fn no_push_failed(street: &Street) {
    let failed = |d: &&(u32, Decision)| matches!(d.1, Decision::PushFailed { .. } | Decision::Abandoned { .. });
    let failed: Vec<_> = street.diary.iter().filter(failed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn three_makes_run_one_wave_and_go_over_to_another() {
    let mut street = brought_to(hundred, START);
    let network = street.network.clone();
    assert_eq!(street.core.targets(), hundred(&network), "nothing is turned where plans are stored");
    assert_on_time(&mut street, 600);
    for next in [hundred_ten, hundred] {
        street.tell(Event::Aim(next(&network)));
        street.tick();
        assert_eq!(street.core.targets(), next(&network));
        street.run_until_in_step(2400);
        assert_on_time(&mut street, 600);
    }
    no_push_failed(&street);
}

#[test]
fn plans_are_renewed_and_the_wave_stays() {
    let mut street = brought_to(hundred, START);
    let from = street.second;
    assert_on_time(&mut street, 2 * 3600 + 600);
    let mut renewed: Vec<usize> = street.written(from, Ask::Commit).into_iter().map(|w| w.0).collect();
    renewed.sort_unstable();
    assert_eq!(renewed, [0, 1, 2]);
    no_push_failed(&street);
}

#[test]
fn at_midnight_nothing_moves() {
    let mut street = brought_to(hundred_ten, LATE);
    assert!(street.second < MIDNIGHT - 120, "in step only at {}", street.second);
    let on = MIDNIGHT + 1800 - street.second;
    assert_on_time(&mut street, on);
    // What stands in the cabinet that counts from midnight is sent again with the new day's offset, and in nobody else's.
    let sent: Vec<usize> = street.written(MIDNIGHT - 60, Ask::Commit).into_iter().map(|w| w.0).collect();
    assert_eq!(sent, [PLC]);
    no_push_failed(&street);
}

#[test]
fn a_change_may_lie_across_midnight() {
    let mut street = brought_to(hundred_ten, LATE);
    let network = street.network.clone();
    // The activation is a cycle and the protocol's time ahead: just before midnight, and the cabinets' cycle starts after it.
    street.run_until("it is time", 1200, |s| s.second == MIDNIGHT - 110 - 12 - 5);
    let from = street.diary.len();
    street.tell(Event::Aim(plans(&network, 110, [457, 310, 300])));
    street.tick();
    let activation = street.diary[from..].iter().find_map(|(_, d)| match d {
        Decision::Staging { activation, .. } => Some(*activation),
        _ => None,
    });
    let (activation, midnight) = (activation.unwrap(), street.rig.moment(MIDNIGHT));
    let running = street.core.sessions()[PLC].running().unwrap().plan.clone();
    let start = running.next_cycle_start(&network.intersections()[PLC], activation);
    assert!(activation < midnight && midnight <= start);
    street.run_until_in_step(1200);
    no_push_failed(&street);
    assert_on_time(&mut street, 600);
}

#[test]
fn an_activation_just_after_a_coarse_cycle_start_means_the_same_to_both() {
    let mut street = brought_to(hundred_ten, START);
    let network = street.network.clone();
    for (round, after) in [0, 5, 10, 20, 1090].into_iter().enumerate() {
        let into = |s: &Street| {
            let running = &s.core.sessions()[PLC].running().unwrap().plan;
            let activation = s.rig.moment(s.second + 110 + 12);
            running.cycle_start(&network.intersections()[PLC]).position(activation).count()
        };
        street.run_until("it is time", 1200, |s| into(s).abs_diff(after) < 10);
        street.tell(Event::Aim(plans(&network, 110, [457, [310, 910][round % 2], 300])));
        street.tick();
        street.run_until_in_step(1200);
        no_push_failed(&street);
    }
    assert_on_time(&mut street, 600);
}

#[test]
fn every_make_comes_back_after_a_restart() {
    for start in [START, LATE] {
        let mut street = brought_to(hundred_ten, start);
        for k in 0..3 {
            street.harm(k, Cabinet::reboot);
            street.tick();
            assert_eq!(street.at(k, Cabinet::running_generation), None);
            street.run_until("in the centre's hands again", 1200, |s| s.modes() == [Mode::Centre; 3]);
            street.run_until_in_step(1200);
            assert_on_time(&mut street, 300);
        }
    }
}
