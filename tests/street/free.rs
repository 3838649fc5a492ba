//! Light traffic: cabinets are let run free by their own detectors, under the centre's eyes, and are coordinated again.

use crate::kit::{Street, plans, setup};
use greenwave::control::{Coordinator, Decision, FreeChoice, Mode as CoreMode, Setup};
use greenwave::field::Ask;
use greenwave::plan::{Operation, Plan};
use greenwave::units::{Shift, Tenths};
use greenwave_sim::cabinet::{Cabinet, Mode};

/// The tutorial's street with free operation on offer below so many vehicles an hour.
fn with_choice(street: &Street, below_veh_h: f64) -> Setup {
    let greens = [vec![45, 15, 35, 15], vec![60, 15, 35], vec![45, 15, 35, 15]];
    let free = |(at, greens): (&greenwave::corridor::Intersection, Vec<u32>)| {
        let greens: Vec<Tenths> = greens.into_iter().map(Tenths::from_seconds).collect();
        Plan::from_greens(at, &greens, Shift::new(0)).unwrap().run(Operation::Free)
    };
    let plans: Vec<Plan> = street.network.intersections().iter().zip(greens).map(free).collect();
    let choice = FreeChoice { below_veh_h, plans };
    Setup { free: vec![Some(choice); street.network.periods().len()], ..setup(&street.network, true) }
}

fn freed(street: &Street, from: usize) -> Vec<bool> {
    let operations = street.diary[from..].iter().filter_map(|(_, d)| match d {
        Decision::Operation { free, .. } => Some(*free),
        _ => None,
    });
    operations.collect()
}

/// Greens a cabinet's first stage began in so many seconds.
fn cycles(street: &mut Street, seconds: u32) -> usize {
    let mut begun = 0;
    let mut before = 0;
    for _ in 0..seconds {
        street.tick();
        let now = street.at(0, |c| c.read(7, 1)).unwrap()[0];
        begun += usize::from(now == 1 && before != 1);
        before = now;
    }
    begun
}

#[test]
fn light_traffic_runs_free_and_is_coordinated_again() {
    let mut street = Street::begin(true);
    let now = street.rig.moment(street.second);
    // the kit's traffic is a fraction of the mean day's, which is above 9,000 passages an hour
    street.core = Coordinator::new(with_choice(&street, 6_000.0), now);
    street.run_until("let run free", 3 * 3600, |s| freed(s, 0) == [true]);
    street.run_until("all free", 1500, |s| {
        (0..3).all(|k| s.at(k, |c| c.read(200 + 13, 1)).unwrap() == [1] && s.at(k, Cabinet::mode) == Mode::Centre)
    });
    street.run(300);
    assert!(street.core.targets().iter().all(|p| p.operation.is_free()));
    assert_eq!(street.violations, 0);
    // with hardly anybody coming a programme of 130 s and more is never used up
    let fixed = 1800 / 130;
    assert!(cycles(&mut street, 1800) > fixed, "free operation serves whoever comes");
    let staged = street.written(street.second - 1800, Ask::Stage).len();
    assert_eq!(staged, 0, "who runs free is left alone");

    // another core, for whom this is no time to run free, takes over and coordinates
    let from = street.diary.len();
    street.core = Coordinator::new(setup(&street.network, true), street.rig.moment(street.second));
    street.run_until("in control", 60, |s| s.core.mode() == CoreMode::Coordinated);
    assert!(street.decided(from, |d| matches!(d, Decision::TookOver { intersections: 3 })));
    street.run_until("coordinated again", 1500, |s| freed(s, from) == [false]);
    let place = street.diary.len();
    street.run_until("in step", 3000, |s| s.decided(place, |d| *d == Decision::InStep));
    assert!(street.core.targets().iter().all(|p| p.operation.is_fixed_time()));
    assert!((0..3).all(|k| street.at(k, |c| c.read(200 + 13, 1)).unwrap() == [0]));
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
}

#[test]
fn without_the_core_a_free_cabinet_goes_home() {
    let mut street = Street::begin(true);
    let now = street.rig.moment(street.second);
    street.core = Coordinator::new(with_choice(&street, 6_000.0), now);
    street.run_until("let run free", 3 * 3600, |s| freed(s, 0) == [true]);
    street.run_until("all free", 1500, |s| (0..3).all(|k| s.at(k, |c| c.read(200 + 13, 1)).unwrap() == [1]));
    (0..200).for_each(|_| street.leave_alone());
    assert_eq!((street.modes(), street.violations), ([Mode::Local; 3], 0));
}

/// Seconds of so many in which a cabinet's first stage, the arterial's, is the one that is green or was last.
fn arterial(street: &mut Street, seconds: u32) -> u32 {
    (0..seconds)
        .map(|_| {
            street.tick();
            u32::from(street.at(0, |c| c.read(7, 1)).unwrap()[0] == 1)
        })
        .sum()
}

#[test]
fn what_nobody_uses_goes_to_the_arterial_and_the_programme_holds() {
    let mut held = Street::begin(true);
    held.run_until_in_step(1500);
    let in_fixed_time = arterial(&mut held, 3000);

    let mut street = Street::begin(true);
    let periods = street.network.periods().len();
    let followed = Setup { operation: vec![vec![Operation::Actuated; 3]; periods], ..setup(&street.network, true) };
    street.core = Coordinator::new(followed, street.rig.moment(street.second));
    street.run_until_in_step(1500);
    assert!((0..3).all(|k| street.at(k, |c| c.read(200 + 13, 1)).unwrap() == [2]));
    let by_detectors = arterial(&mut street, 3000);
    assert!(by_detectors > in_fixed_time + 300, "{by_detectors} s of 3000 against {in_fixed_time} s in fixed time");
    // cycle and offset are the plan's to the tenth, whatever the heads do
    for (k, plan) in street.core.targets().iter().enumerate() {
        let start = street.at(k, Cabinet::cycle_start).unwrap();
        let at = &street.network.intersections()[k];
        let late = plan.cycle_start(at).position(greenwave::units::Moment::new(start));
        assert!(late.count().min(plan.cycle.length().count() - late.count()) <= 5, "{k}: {late}");
    }
    // plans the optimiser finds are followed in the same way as the day's own
    street.wish = Some(plans(&street.network.clone(), 120, [0, 330, 777]));
    street.run_until("another plan", 3000, |s| s.core.targets()[0].cycle.length() == Tenths::from_seconds(120));
    assert!(street.core.targets().iter().all(|p| p.operation == Operation::Actuated));
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
}

#[test]
fn some_run_free_while_the_others_are_coordinated() {
    let mut street = Street::begin(true);
    let own = [Operation::FixedTime, Operation::Free, Operation::Actuated];
    let periods = street.network.periods().len();
    // Free operation is on offer for all too, at far less traffic than comes.
    let offered = Setup { operation: vec![own.to_vec(); periods], ..with_choice(&street, 1.0) };
    street.core = Coordinator::new(offered, street.rig.moment(street.second));
    street.run_until_in_step(1500);
    let flags = |street: &Street| [0, 1, 2].map(|k| street.at(k, |c| c.read(200 + 13, 1)).unwrap()[0]);
    assert_eq!(flags(&street), [0, 1, 2]);
    let second = street.second;
    street.run(1800);
    assert_eq!((flags(&street), street.modes(), street.violations), ([0, 1, 2], [Mode::Centre; 3], 0));
    assert!(street.written(second, Ask::Stage).is_empty(), "nobody is sent anything anew");
    assert!(freed(&street, 0).is_empty(), "nor does it count as free operation");
    // Another plan is followed in the same way, by each its own.
    street.wish = Some(plans(&street.network.clone(), 120, [0, 330, 777]));
    street.run_until("another plan", 3000, |s| s.core.targets()[0].cycle.length() == Tenths::from_seconds(120));
    let place = street.diary.len();
    street.run_until("in step", 3000, |s| s.decided(place, |d| *d == Decision::InStep));
    assert_eq!((flags(&street), street.violations), ([0, 1, 2], 0));
}
