//! Everything beside pushes: clocks that are wrong, people at the cabinet, lying detectors, dry runs and the end of control.

use crate::IDS;
use crate::kit::{Fate, START, Street, plans};
use greenwave::control::{Decision, Event, Mode as CoreMode};
use greenwave::corridor::IntersectionIndex;
use greenwave::detection::Health;
use greenwave::field::Ask;
use greenwave_sim::cabinet::{Cabinet, Fault, Mode};

#[test]
fn clocks_that_are_wrong_and_drift_are_put_right_and_controlled() {
    let errors: [i64; 3] = [10, -10, 8];
    let mut street = Street::begin_after(true, 200, |rig| {
        for (k, (error, (device, unit))) in errors.into_iter().zip(rig.devices()).enumerate() {
            let wrong = rig.moment(START).count() + error;
            let words: Vec<u16> = [48, 32, 16, 0].map(|shift| (wrong >> shift) as u16).to_vec();
            device.write(unit, 630, &words).unwrap();
            rig.faults().at(IntersectionIndex(k), |c| c.set_drift([50, -50, 50][k]));
        }
    });
    let error = |street: &Street, k: usize| street.at(k, Cabinet::clock) - street.rig.moment(street.second - 1).count();
    street.tick();
    assert!((0..3).all(|k| (error(&street, k) - errors[k]).abs() <= 1), "{:?}", [0, 1, 2].map(|k| error(&street, k)));
    street.run_until_in_step(1500);
    let network = street.network.clone();
    for round in 0..6 {
        street.wish = Some(plans(&network, 100 + 10 * (round % 3), [0, 300 + i64::from(round) * 40, 777]));
        street.run(900);
        assert!((0..3).all(|k| error(&street, k).abs() <= 6), "{:?}", [0, 1, 2].map(|k| error(&street, k)));
        assert_eq!(street.modes(), [Mode::Centre; 3]);
    }
    assert_eq!(street.violations, 0);
    let failed: Vec<_> = street.diary.iter().filter(|(_, d)| matches!(d, Decision::PushFailed { .. })).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(street.core.changes() >= 6);
}

#[test]
fn a_fast_clock_keeps_nobody_from_changing_together() {
    let mut street = Street::begin(true);
    street.run_until_in_step(1500);
    // A tenth of a second a cycle: hardly a cycle starts where its plan says.
    (0..3).for_each(|k| street.harm(k, |c| c.set_drift([1000, -1000, 1000][k])));
    for round in 0..6 {
        let place = street.diary.len();
        street.wish = Some(plans(&street.network.clone(), [120, 100][round % 2], [0, 300 + 70 * round as i64, 777]));
        street.run(900);
        let first = street.diary[place..].iter().find_map(|(_, d)| match d {
            Decision::Staging { intersections, .. } => Some(intersections.len()),
            _ => None,
        });
        assert_eq!(first, Some(3), "{:#?}", &street.diary[place..]);
    }
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
}

#[test]
fn a_clock_far_off_is_set_before_anything_is_sent() {
    // A minute off on its own plan; and set back under our plan, as an old write delivered late after a release would.
    let set = |street: &Street, k: usize, by: i64| {
        let wrong = street.rig.moment(street.second).count() + by;
        let words: Vec<u16> = [48, 32, 16, 0].map(|shift| (wrong >> shift) as u16).to_vec();
        street.harm(k, |c| c.write(630, &words).unwrap());
    };
    let error = |street: &Street, k: usize| street.at(k, Cabinet::clock) - street.rig.moment(street.second - 1).count();
    let mut street = Street::begin(true);
    street.tick();
    set(&street, 1, -600);
    street.run_until_in_step(1500);
    assert_eq!(error(&street, 1), 0);
    // It is released by hand, its clock put back, and the centre's plan comes upon it: pending already.
    let place = street.diary.len();
    street.harm(2, |c| c.set_manual(true));
    street.run(3);
    street.harm(2, |c| c.set_manual(false));
    set(&street, 2, 3000);
    street.run_until("all are back", 1500, |s| {
        s.modes() == [Mode::Centre; 3] && s.decided(place, |d| *d == Decision::InStep)
    });
    assert_eq!((error(&street, 2), street.violations), (0, 0));
    // A clock that runs away under our plan is noticed, however it came about.
    street.harm(0, |c| c.set_drift(60_000));
    let place = street.diary.len();
    let named = |d: &Decision| matches!(d, Decision::Released { intersection, why: "its clock is wrong" } if intersection == IDS[0]);
    street.run_until("it is released", 900, |s| s.decided(place, named));
    street.harm(0, |c| c.set_drift(0));
    street.run_until("it is back", 1500, |s| s.modes() == [Mode::Centre; 3] && error(s, 0).abs() < 5);
    assert_eq!(street.violations, 0);
}

#[test]
fn a_person_at_the_cabinet_is_never_written_to() {
    let mut street = Street::begin(true);
    street.run_until_in_step(1200);
    type Hand = fn(&mut Cabinet);
    let episodes: [(usize, Hand, Hand); 2] = [
        (1, |c| c.set_manual(true), |c| c.set_manual(false)),
        (2, |c| c.set_flash(true, Fault::Conflict), |c| c.set_flash(false, Fault::None)),
    ];
    for (victim, begin, end) in episodes {
        street.harm(victim, begin);
        let place = street.diary.len();
        street.run(2); // what was under way when it happened; a second until it is heard
        let from = street.second;
        street.wish = Some(plans(&street.network.clone(), 110, [50, 60, 70]));
        street.run(400); // no longer, or a green held by hand starves the others
        let written: Vec<_> = street.line.writes.iter().filter(|w| w.0 >= from && w.1.0 == victim).collect();
        assert!(written.is_empty(), "{written:?}");
        let left = |d: &Decision| matches!(d, Decision::LeftCentre { intersection, .. } if intersection == IDS[victim]);
        assert!(street.decided(place, left), "{:#?}", &street.diary[place..]);
        assert!(
            (0..3).filter(|&k| k != victim).all(|k| street.modes()[k] == Mode::Centre),
            "the others are controlled"
        );
        street.harm(victim, end);
        street.run_until("it is back", 1200, |s| s.modes() == [Mode::Centre; 3]);
    }
    assert_eq!(street.violations, 0);
}

#[test]
fn a_dry_run_writes_nothing_at_all() {
    let mut street = Street::begin(false);
    street.wish = Some(plans(&street.network.clone(), 120, [100, 900, 333]));
    street.run(1800);
    street.tell(Event::Stop);
    street.run(30);
    assert_eq!(street.line.writes, []);
    assert!(street.works.len() >= 5 && street.core.mode() == CoreMode::Released);
    assert_eq!((street.modes(), street.violations), ([Mode::Local; 3], 0));
}

#[test]
fn a_stop_hands_every_cabinet_back() {
    // In step; in the midst of a change; in standby.
    for after in [600, 20, 4, 0] {
        let mut street = Street::begin(true);
        street.run(after);
        street.tell(Event::Stop);
        let from = street.second;
        street.run(1);
        if after > 0 {
            assert_eq!(street.written(from, Ask::Release).len(), 3, "{after}");
        }
        assert_eq!(street.core.mode(), CoreMode::Released);
        street.run(160);
        let others = street.line.writes.iter().filter(|w| w.0 >= from && w.2 != Ask::Release).count();
        assert_eq!(others, 0, "silent from then on");
        assert_eq!((street.modes(), street.violations), ([Mode::Local; 3], 0), "{after}");
        assert!((0..3).all(|k| street.at(k, Cabinet::running_generation).is_none()));
    }
}

#[test]
fn lying_detectors_are_named_and_move_the_estimate_no_further_than_its_bounds() {
    let mut street = Street::begin(true);
    // t1: channel 17 stuck, 18 chattering, 19 silent; t3: every channel chatters.
    street.line.hook = Box::new(|request, second| {
        let cabinet = request.cabinet().0;
        if request.ask() != Ask::Poll || cabinet == 1 || second < START + 60 {
            return Fate::Pass;
        }
        Fate::Bent(Box::new(move |words| {
            let second = second as u16;
            if cabinet == 0 {
                (words[40 + 32], words[41 + 32]) = (7, second.wrapping_mul(10));
                words[40 + 34] = second.wrapping_mul(40);
                (words[40 + 36], words[41 + 36]) = (0, 0);
            } else {
                (0..32).for_each(|k| words[40 + 2 * k] = second.wrapping_mul(999 + k as u16));
            }
        }))
    });
    street.run(2700);
    let named = |id: &str, ch: u16, h: Health| {
        street.decided(0, |d| matches!(d, Decision::Detector { intersection, channel, health } if intersection == id && *channel == ch && *health == h))
    };
    assert!(named("t1", 17, Health::Stuck) && named("t1", 18, Health::Chattering), "{:#?}", street.diary);
    assert!(named("t1", 19, Health::Silent) && named("t3", 1, Health::Chattering));
    assert!(!street.decided(0, |d| matches!(d, Decision::Detector { intersection, health: Health::Chattering | Health::Stuck, .. } if intersection == "t2")));
    assert!(street.works.len() >= 7);
    for work in &street.works {
        for (index, at) in street.network.indices().zip(street.network.intersections()) {
            for approach in &at.approaches {
                let mut of_arm = None;
                for movement in approach.movements().iter() {
                    let [flow, mean] =
                        [&work.flows, &work.reference].map(|f| f.get(index, approach.from, movement).get());
                    assert!(
                        flow.is_finite() && flow >= 0.0 && flow <= 2.5 * mean + 1e-6,
                        "{}: {flow} of {mean}",
                        at.id
                    );
                    // Nothing is believed of t3: it has what all approaches from an arm share, and nothing of its own.
                    if index.0 == 2 && mean > 0.0 {
                        let shared = *of_arm.get_or_insert(flow / mean);
                        assert!((flow / mean - shared).abs() <= 0.02, "{}: {flow} of {mean}, shared {shared}", at.id);
                    }
                }
            }
        }
    }
    assert_eq!(street.violations, 0);
}
