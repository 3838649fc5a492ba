//! Joint changes under stress: death of the core, restarts, lies and silence at every point of a push, storms.

use crate::IDS;
use crate::kit::{Fate, START, Street, plans, setup_of};
use crate::ordered::ordered;
use greenwave::control::{Decision, Mode as CoreMode};
use greenwave::corridor::{Intersection, IntersectionIndex};
use greenwave::field::{Ask, FieldFault, Op, Request, Why};
use greenwave::plan::Plan;
use greenwave_sim::cabinet::{Cabinet, Mode};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

/// The definition's heartbeat timeout.
const TIMEOUT_S: u32 = 15;

fn is_of(request: &Request, cabinet: usize) -> bool {
    request.cabinet().0 == cabinet
}

fn activation(commit: &[u16]) -> i64 {
    commit[4..8].iter().fold(0, |sum, &word| sum << 16 | i64::from(word))
}

#[test]
fn the_core_dies_and_every_cabinet_goes_home_in_time() {
    // In standby, while staging, committed and pending, in the midst of activations, in transition, in step.
    for killed_after in [3, 7, 40, 130, 190, 420, 900] {
        let mut street = Street::begin(true);
        street.run(killed_after);
        let death = street.second - 1;
        let mut home = [None; 3];
        for _ in 0..TIMEOUT_S + 160 {
            street.leave_alone();
            for (k, home) in home.iter_mut().enumerate() {
                if street.at(k, Cabinet::mode) == Mode::Local && street.at(k, Cabinet::running_generation).is_none() {
                    home.get_or_insert(street.second - 1);
                } else {
                    *home = None;
                }
            }
        }
        let midnight = street.rig.moment(0).count();
        for (k, home) in home.into_iter().enumerate() {
            let home = home.unwrap_or_else(|| panic!("killed after {killed_after}: {} never came home", IDS[k]));
            // The timeout, and the rest of the cycle that runs when it is over.
            let cycle_s = 150;
            assert!(home <= death + TIMEOUT_S + cycle_s, "{}", IDS[k]);
            if home > death + TIMEOUT_S + 1 {
                // It came home with the first cycle that began after the timeout.
                let start = street.at(k, Cabinet::cycle_start).unwrap() - midnight;
                assert!(start >= i64::from(home - 1) * 10, "{}: home at {home}, cycle start {start}", IDS[k]);
            }
        }
        assert_eq!(street.violations, 0, "killed after {killed_after}");
    }
}

#[test]
fn a_cabinet_restarted_at_any_point_of_a_push_runs_nothing_mixed_and_is_brought_back() {
    // When: before this request arrives, so many seconds later.
    let points =
        [(Ask::Stage, 0), (Ask::ReadBack, 0), (Ask::Commit, 0), (Ask::Commit, 1), (Ask::Commit, 20), (Ask::Commit, 60)];
    for (victim, id) in IDS.into_iter().enumerate() {
        for (ask, later) in points {
            let mut street = Street::begin(true);
            let rig = street.rig.clone();
            let (mut due, mut done) = (None, false);
            street.line.hook = Box::new(move |request, second| {
                if is_of(request, victim) && request.ask() == ask && due.is_none() {
                    due = Some(second + later);
                }
                if !done && due.is_some_and(|at| second >= at) {
                    rig.faults().at(IntersectionIndex(victim), Cabinet::reboot);
                    done = true;
                }
                Fate::Pass
            });
            let mut last = [None; 3];
            let mut back = 0;
            for second in 0..1500 {
                street.tick();
                street.assert_nothing_mixed();
                let runs = [0, 1, 2].map(|k| street.at(k, Cabinet::running_generation));
                if runs != last {
                    (last, back) = (runs, second);
                }
            }
            let case = format!("{id} restarted {later} s after {ask:?}");
            assert_eq!(street.modes(), [Mode::Centre; 3], "{case}: {:#?}", street.diary);
            assert!(street.decided(0, |d| *d == Decision::InStep), "{case}");
            assert!(back < 1400, "{case}: still moving");
            assert_eq!(street.violations, 0, "{case}");
            assert_eq!(street.core.mode(), CoreMode::Coordinated);
        }
    }
}

/// Runs into a joint change with a cabinet that keeps it from being verified: nobody may commit until that is over.
fn nobody_commits(
    case: &str,
    victim: usize,
    break_it: impl Fn(&mut Street),
    mend_it: impl Fn(&mut Street),
    why: impl Fn(Why) -> bool,
) {
    let mut street = Street::begin(true);
    break_it(&mut street);
    street.run(200);
    assert!(!street.written(START, Ask::Stage).is_empty(), "{case}");
    assert_eq!(street.written(START, Ask::Commit), [], "{case}: {:#?}", street.diary);
    assert!(street.decided(0, |d| matches!(d, Decision::Abandoned { .. })), "{case}");
    let named = |d: &Decision| matches!(d, Decision::PushFailed { intersection, why: w } if intersection == IDS[victim] && why(*w));
    assert!(street.decided(0, named), "{case}: {:#?}", street.diary);
    assert_eq!(street.modes(), [Mode::Local; 3]);
    mend_it(&mut street);
    street.run_until_in_step(900);
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0), "{case}");
}

#[test]
fn nobody_commits_while_one_can_not_be_verified() {
    for victim in [0, 2] {
        let pass = |s: &mut Street| s.line.hook = Box::new(|_, _| Fate::Pass);
        nobody_commits(
            "a lying read-back",
            victim,
            |s| s.harm(victim, |c| c.lie_about_staged(true)),
            |s| s.harm(victim, |c| c.lie_about_staged(false)),
            |why| why == Why::ReadBack,
        );
        nobody_commits(
            "a stuck register",
            victim,
            |s| s.harm(victim, |c| c.stick(421, Some(7))),
            |s| s.harm(victim, |c| c.stick(421, None)),
            |why| why == Why::ReadBack,
        );
        nobody_commits(
            "silence while verifying",
            victim,
            |s| {
                s.line.hook =
                    Box::new(
                        move |r, _| {
                            if is_of(r, victim) && r.ask() == Ask::ReadBack { Fate::Silent } else { Fate::Pass }
                        },
                    );
            },
            pass,
            |why| why == Why::Fault(FieldFault::Silence),
        );
        nobody_commits(
            "no to the stage",
            victim,
            |s| {
                s.line.hook =
                    Box::new(
                        move |r, _| if is_of(r, victim) && r.ask() == Ask::Stage { Fate::No(3) } else { Fate::Pass },
                    );
            },
            pass,
            |why| why == Why::Fault(FieldFault::Exception(3)),
        );
        nobody_commits(
            "one bit",
            victim,
            |s| {
                s.line.hook = Box::new(move |r, second| {
                    let mine = is_of(r, victim) && r.ask() == Ask::ReadBack;
                    if mine { Fate::Bent(Box::new(move |w| w[second as usize % 116] ^= 1)) } else { Fate::Pass }
                });
            },
            pass,
            |why| why == Why::ReadBack,
        );
    }
}

#[test]
fn one_lost_after_its_commit_is_reported_and_released_and_the_rest_run_on() {
    // The commit arrives, or not; then a minute and a half of nothing.
    for (victim, arrives) in [(0, true), (1, true), (2, true), (2, false), (0, false)] {
        let mut street = Street::begin(true);
        let mut since = None;
        street.line.hook = Box::new(move |request, second| {
            if is_of(request, victim) && request.ask() == Ask::Commit && since.is_none() {
                since = Some(second);
                return if arrives { Fate::Lost } else { Fate::Silent };
            }
            let dark = since.is_some_and(|at| second < at + 90);
            if is_of(request, victim) && dark { Fate::Silent } else { Fate::Pass }
        });
        street.run(60);
        let case = format!("{}, commit arrives: {arrives}", IDS[victim]);
        let of = |name: &str| name == IDS[victim];
        assert!(street.decided(0, |d| matches!(d, Decision::LinkLost { intersection } if of(intersection))), "{case}");
        let failed = |d: &Decision| matches!(d, Decision::PushFailed { intersection, .. } if of(intersection));
        assert!(street.decided(0, failed), "{case}: {:#?}", street.diary);
        if victim == 0 {
            // The canary: nobody else commits in this change.
            assert!(street.decided(0, |d| matches!(d, Decision::Abandoned { .. })), "{case}");
        }
        street.run(90);
        let released = |d: &Decision| matches!(d, Decision::Released { intersection, .. } if of(intersection));
        let back = |d: &Decision| matches!(d, Decision::LinkBack { intersection } if of(intersection));
        assert!(street.decided(0, back) && street.decided(0, released), "{case}: {:#?}", street.diary);
        // The rest run on meanwhile, and all are brought together again.
        let others: Vec<usize> = (0..3).filter(|&k| k != victim).collect();
        let limit = if victim == 0 { 400 } else { 150 };
        street.run_until("the rest run", limit, |s| others.iter().all(|&k| s.modes()[k] == Mode::Centre));
        street.run_until_in_step(1200);
        for _ in 0..200 {
            street.tick();
            street.assert_nothing_mixed();
            assert_eq!(street.modes(), [Mode::Centre; 3], "{case}");
        }
        assert_eq!(street.violations, 0, "{case}");
    }
}

#[test]
fn a_corridor_changes_together_the_canary_first_each_at_its_own_cycle_start() {
    let mut street = Street::begin(true);
    street.run_until_in_step(1200);
    street.wish = Some(plans(&street.network.clone(), 120, [100, 900, 333]));
    let from = street.second;
    let mut before = [0, 1, 2].map(|k| (street.at(k, Cabinet::running_generation), street.at(k, Cabinet::cycle_start)));
    let mut changed: Vec<(usize, Option<u32>, i64, i64)> = Vec::new();
    let place = street.diary.len();
    street.run_until("a change", 900, |s| s.decided(place, |d| matches!(d, Decision::Staging { .. })));
    let place = street.diary.len();
    while !street.decided(place, |d| *d == Decision::InStep) {
        assert!(street.second < from + 3000);
        street.tick();
        for (k, before) in before.iter_mut().enumerate() {
            let now = (street.at(k, Cabinet::running_generation), street.at(k, Cabinet::cycle_start));
            if now.0 != before.0 {
                changed.push((k, now.0, before.1.unwrap(), now.1.unwrap()));
            }
            *before = now;
        }
    }
    let commits: Vec<(u32, usize, i64)> = street
        .line
        .writes
        .iter()
        .filter(|w| w.0 >= from && w.2 == Ask::Commit)
        .map(|w| (w.0, w.1.0, activation(&w.3)))
        .collect();
    let midnight = street.rig.moment(0).count();
    let joints: Vec<_> = commits.chunk_by(|a, b| a.2 == b.2).collect();
    assert!(joints.len() >= 2 && joints[0].len() == 3 && joints[1].len() == 3, "{commits:?}");
    for joint in joints {
        let (canary, others) = joint.split_first().unwrap();
        assert!(others.iter().all(|o| o.0 == canary.0 + 1), "the canary first, then the others at once: {joint:?}");
        // One instant for all, at least a whole cycle ahead of the commits.
        assert!(canary.2 - midnight >= i64::from(canary.0 + 1) * 10 + 1000, "{joint:?}");
        for &(_, k, instant) in joint {
            let mine = changed.iter().filter(|c| c.0 == k && c.2 < instant && c.3 >= instant);
            assert_eq!(mine.count(), 1, "{k} changed at its first cycle start from {instant} on: {changed:?}");
        }
    }
    assert_eq!(changed.len(), commits.len(), "nothing changed without a commit");
    assert_eq!(street.violations, 0);
}

#[test]
fn a_plan_takes_effect_at_a_cycle_start_only_through_a_long_run() {
    let mut street = Street::begin(true);
    let mut chance = Pcg64Mcg::seed_from_u64(7);
    let mut before = [None; 3];
    let mut changes = 0;
    for second in 0..7200 {
        if second % 900 == 0 {
            let offsets = [0, 0, 0].map(|_: i64| chance.random_range(0..1000));
            street.wish = Some(plans(&street.network.clone(), chance.random_range(100..=140), offsets));
        }
        street.tick();
        for (k, before) in before.iter_mut().enumerate() {
            let now = street.at(k, |c| (c.running_generation(), c.cycle_start()));
            if let Some((generation, start)) = before.replace(now)
                && generation != now.0
            {
                changes += 1;
                let age = street.rig.moment(street.second - 1).count() - now.1.unwrap();
                assert!(start != now.1 && age < 10, "{} changed {age} tenths into a cycle", IDS[k]);
            }
        }
        street.assert_nothing_mixed();
    }
    assert!(changes >= 30, "{changes}");
    assert_eq!(street.violations, 0);
    assert!(
        !street.decided(0, |d| matches!(d, Decision::Refused { .. } | Decision::PushFailed { .. })),
        "{:#?}",
        street.diary
    );
}

#[test]
fn who_loses_its_confirmed_plan_is_sent_another_before_the_others_have_changed() {
    for (victim, id) in IDS.into_iter().enumerate() {
        let mut street = Street::begin(true);
        street.run_until("committed", 200, |s| s.decided(0, |d| matches!(d, Decision::Committed { .. })));
        let place = street.diary.len();
        street.harm(victim, Cabinet::reboot);
        let alone = |d: &Decision| matches!(d, Decision::Staging { intersections, .. } if *intersections == [id]);
        street.run_until("staged again, alone", 60, |s| s.decided(place, alone));
        let gone =
            |d: &Decision| matches!(d, Decision::PushFailed { intersection, why: Why::Gone } if intersection == id);
        assert!(street.decided(place, gone), "{:#?}", &street.diary[place..]);
        assert!(!street.decided(0, |d| matches!(d, Decision::Activated { .. })), "nobody had to be waited for");
        street.run_until_in_step(1500);
        assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
        street.assert_nothing_mixed();
    }
}

#[test]
fn in_a_storm_nothing_is_mixed_and_afterwards_all_are_together_again() {
    // The stages may come in other orders too, and do.
    let network = Arc::new(ordered());
    for seed in 1..=24 {
        let setup = setup_of(&network, plans(&network, 100, [0, 274, 648]), true);
        let mut street = Street::of(setup, START, 0, |_| ());
        let mut chance = Pcg64Mcg::seed_from_u64(seed);
        street.line.hook = Box::new(move |request, second| {
            let writes = matches!(request.op(), Op::Write { .. });
            match chance.random_range(0..100_u32) {
                _ if second >= START + 2400 => Fate::Pass,
                0..4 => Fate::Silent,
                4..7 => Fate::Lost,
                7..9 => Fate::No(if writes { 2 } else { 4 }),
                9..11 => Fate::Garbled,
                11..14 => Fate::Late(chance.random_range(1..300)),
                14..17 if !writes => {
                    let (word, bit) = (chance.random_range(0..104_usize), chance.random_range(0..16_u32));
                    Fate::Bent(Box::new(move |words| {
                        let length = words.len();
                        words[word % length.max(1)] ^= 1 << bit;
                    }))
                }
                _ => Fate::Pass,
            }
        });
        let mut shake = Pcg64Mcg::seed_from_u64(seed + 100);
        for second in 0..2400 {
            if second % 600 == 0 {
                let cycle = shake.random_range(100..=130);
                let wish = plans(&network, cycle, [0, 500, 900].map(|o| o + shake.random_range(0..99)));
                let turned = |(plan, at): (&Plan, &Intersection)| {
                    let orders: Vec<_> = at.orders().collect();
                    plan.in_order(&orders[shake.random_range(0..orders.len())]).unwrap()
                };
                street.wish = Some(wish.iter().zip(network.intersections()).map(turned).collect());
            }
            if shake.random_range(0..400_u32) == 0 {
                street.harm(shake.random_range(0..3), Cabinet::reboot);
            }
            street.tick();
            street.assert_nothing_mixed();
        }
        let place = street.diary.len();
        street.run(1500);
        assert_eq!(street.modes(), [Mode::Centre; 3], "seed {seed}: {:#?}", &street.diary[place..]);
        street.assert_nothing_mixed();
        assert!(!street.decided(0, |d| matches!(d, Decision::Refused { .. })), "seed {seed}");
        assert_eq!(street.violations, 0, "seed {seed}");
        let now = street.rig.moment(street.second - 1).count();
        assert_eq!([0, 1, 2].map(|k| street.at(k, Cabinet::clock) - now), [0; 3], "seed {seed}: clocks");
    }
}
