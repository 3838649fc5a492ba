//! The centre's hand: when plans begin and end, silence, release, expiry, clock, step plans.

use crate::kit::*;
use greenwave_sim::cabinet::*;
use greenwave_sim::signal::Lamp;

/// The greens phase 3 (green in stage 3 only) showed, as (start, length).
fn side_greens(cabinet: &mut Cabinet) -> Vec<(i64, i64)> {
    let changes: Vec<LampChange> = cabinet.lamp_changes().into_iter().filter(|c| c.phase == 3).collect();
    let pairs = changes.windows(2).filter(|w| w[0].lamp == Lamp::Green);
    pairs.map(|w| (w[0].at, w[1].at - w[0].at)).collect()
}

#[test]
fn a_plan_begins_at_a_cycle_start_only() {
    let mut cabinet = cabinet();
    let words = block(5, 1, &GREENS, START % 1000);
    cabinet.write(400, &words).unwrap();
    // The activation lies in the midst of a cycle: the plan waits for the next start, 32.1 s later.
    cabinet.write(600, &commit(&words, START - 321, 60)).unwrap();
    for t in T..START {
        cabinet.advance(t, &[]);
        assert_eq!(status(&cabinet).running, 0, "at {}", t - T);
    }
    cabinet.advance(START, &[]);
    let s = status(&cabinet);
    assert_eq!((s.running, s.pending, s.cycle_start), (5, 0, START));
    cabinet.advance(START + 2000, &[]);
    let lengths: Vec<i64> = side_greens(&mut cabinet).iter().map(|g| g.1).collect();
    assert_eq!(lengths, [271, 300, 290, 290], "what was left at T, one local cycle, then two of the centre's");
}

#[test]
fn a_later_commit_replaces_a_pending_plan() {
    let mut cabinet = cabinet();
    assert_eq!(push(&mut cabinet, 5, &GREENS, START), 0);
    assert_eq!(push(&mut cabinet, 6, &OTHER, START), 0);
    assert_eq!(status(&cabinet).pending, 6);
    cabinet.advance(START + 100, &[]);
    assert_eq!((status(&cabinet).running, status(&cabinet).commits), (6, 2));
}

#[test]
fn silence_gives_the_street_back_at_the_end_of_the_cycle() {
    let mut cabinet = centre();
    cabinet.write(620, &[1, 300]).unwrap();
    cabinet.advance(START + 299, &[]);
    assert_eq!(status(&cabinet).left, 1);
    assert_eq!(push(&mut cabinet, 6, &OTHER, START + 1000), 0);
    cabinet.advance(START + 300, &[]);
    let s = status(&cabinet);
    assert_eq!((s.pending, s.running, s.mode, s.left), (0, 5, 2, 0), "dropped at once; the cycle is finished");
    // A beat does not bring it back.
    cabinet.write(620, &[2, 300]).unwrap();
    cabinet.advance(START + 999, &[]);
    assert_eq!(status(&cabinet).mode, 2);
    cabinet.advance(START + 1000, &[]);
    assert_eq!((status(&cabinet).mode, status(&cabinet).running), (1, 0));
    // A commit does.
    assert_eq!(push(&mut cabinet, 7, &GREENS, START + 2000), 0);
    cabinet.advance(START + 2000, &[]);
    assert_eq!(status(&cabinet).running, 0, "the commit alone is no beat: 30 s later the pending plan was dropped");
    assert_eq!(push(&mut cabinet, 8, &GREENS, START + 3000), 0);
    for beat in 0..4 {
        cabinet.advance(START + 2000 + 250 * i64::from(beat), &[]);
        cabinet.write(620, &[10 + beat, 300]).unwrap();
    }
    cabinet.advance(START + 3000, &[]);
    assert_eq!(status(&cabinet).running, 8);
}

#[test]
fn an_unchanged_counter_is_no_beat() {
    let mut cabinet = centre();
    cabinet.write(620, &[9, 100]).unwrap();
    for t in (0..1000).step_by(10) {
        cabinet.advance(START + t, &[]);
        cabinet.write(620, &[9, 100]).unwrap();
    }
    cabinet.advance(START + 1000, &[]);
    assert_eq!(status(&cabinet).mode, 1);
}

#[test]
fn release_and_expiry_return_at_the_end_of_the_cycle() {
    let mut cabinet = centre();
    assert_eq!(push(&mut cabinet, 6, &OTHER, START + 1000), 0);
    cabinet.advance(START + 10, &[]);
    cabinet.write(640, &[0x5245, 0]).unwrap();
    assert_eq!((status(&cabinet).pending, status(&cabinet).running), (0, 5));
    cabinet.advance(START + 999, &[]);
    assert_eq!(status(&cabinet).mode, 2);
    cabinet.advance(START + 1000, &[]);
    assert_eq!((status(&cabinet).mode, status(&cabinet).cycle_start), (1, START + 1000));

    let words = block(7, 1, &GREENS, START % 1000);
    cabinet.write(400, &words).unwrap();
    cabinet.write(600, &commit(&words, START + 2000, 2)).unwrap();
    cabinet.advance(START + 3999, &[]);
    assert_eq!(status(&cabinet).running, 7, "expires 120 s after the activation, in the second cycle");
    cabinet.advance(START + 4000, &[]);
    assert_eq!(status(&cabinet).mode, 1);
}

#[test]
fn step_plans_move_the_offset() {
    let mut cabinet = centre();
    // Each step plan has its own cycle and starts where the running one ends.
    let mut start = START;
    let mut cycle = 1000;
    for (generation, greens) in [(6, [400, 140, 290]), (7, [400, 140, 280]), (8, GREENS), (9, GREENS)] {
        cabinet.advance(start + 100, &[]);
        start += cycle;
        assert_eq!(push(&mut cabinet, generation, &greens, start), 0);
        cycle = greens.iter().map(|g| g + 50).sum();
        cabinet.advance(start, &[]);
        let s = status(&cabinet);
        assert_eq!((s.running, s.cycle_start), (generation, start));
    }
    assert_eq!(start, START + 1000 + 980 + 970 + 1000);
}

#[test]
fn a_calendar_change_in_between_drops_the_plan() {
    // Local midnight is 16:00 UTC; a day-plan line begins 150 s after T, which is 08:00 local.
    let later = coordinated(&[400, 150, 300], 777);
    let spec = with_day(&[(0, free(&[400, 150, 300], 679)), (8 * 3600 + 150, later)]);
    let mut cabinet = Cabinet::new(spec, T).unwrap();
    assert_eq!(push(&mut cabinet, 5, &GREENS, START + 3000), 10, "the calendar is known: it stretches then");
    assert_eq!(push(&mut cabinet, 6, &GREENS, START), 0);
    // A clock step in local mode makes the new line begin earlier than foretold: the boundary is no longer the plan's.
    let far = T + 200;
    cabinet.advance(far, &[]);
    cabinet.write(630, &quarters(far + 530)).unwrap();
    cabinet.advance(START + 4000, &[]);
    let s = status(&cabinet);
    assert_eq!((s.running, s.pending, s.refusal, s.mode), (0, 0, 10, 1));
}

#[test]
fn while_it_stretches_it_refuses() {
    let mut cabinet = Cabinet::new(with_day(&[(0, coordinated(&[400, 150, 300], 0))]), T).unwrap();
    cabinet.write(630, &quarters(T + 300)).unwrap();
    cabinet.advance(T + 1000, &[]);
    assert!(cabinet.in_transition());
    let start = status(&cabinet).cycle_start + 1000;
    assert_eq!(push(&mut cabinet, 5, &GREENS, start), 10);
    cabinet.advance(T + 10_000, &[]);
    assert!(!cabinet.in_transition());
    let s = status(&cabinet);
    assert_eq!(s.cycle_start % 1000, 0, "back in step");
    assert_eq!(push(&mut cabinet, 6, &GREENS, s.cycle_start + 1000), 0);
}

#[test]
fn the_clock_is_slewed_at_cycle_ends_and_the_lattice_kept() {
    let mut cabinet = centre();
    cabinet.advance(START + 100, &[]);
    cabinet.write(630, &quarters(START + 100 + 20)).unwrap();
    assert_eq!(push(&mut cabinet, 6, &GREENS, START + 1000), 0, "the correction widens the tolerance");
    cabinet.advance(START + 999, &[]);
    assert_eq!(cabinet.clock(), START + 999);
    cabinet.advance(START + 1000, &[]);
    assert_eq!((cabinet.clock(), status(&cabinet).running), (START + 1020, 6));
    cabinet.advance(START + 1980, &[]);
    assert_eq!(status(&cabinet).cycle_start, START + 2000, "one cycle 2 s shorter brings the plan back to its offset");
    let mut monitor = watch(&spec(), T);
    assert_eq!(judge(&mut monitor, &mut cabinet, START + 1980), []);
}

#[test]
fn drift_stays_in_step_with_its_own_clock() {
    let mut cabinet = Cabinet::new(CabinetSpec { drift_ppm: -200, ..spec() }, T).unwrap();
    assert_eq!(push(&mut cabinet, 5, &GREENS, START), 0);
    let mut monitor = watch(&spec(), T);
    for k in 1..400 {
        cabinet.advance(START + 500 * k, &[]);
        cabinet.write(620, &[k as u16, 6000]).unwrap();
        let s = status(&cabinet);
        if s.running == 5 {
            let late = (s.cycle_start - START).rem_euclid(1000);
            assert!(late <= 1 || late >= 999, "off by {late}");
        }
        assert_eq!(judge(&mut monitor, &mut cabinet, START + 500 * k), []);
    }
    let lost = START + 500 * 399 - cabinet.clock();
    assert!((39..=41).contains(&lost), "200 ppm of 19 950 s are 4 s, {lost}");
}

#[test]
fn another_drift_begins_when_it_begins() {
    let mut cabinet = cabinet();
    let mut true_time = T;
    for (ppm, ahead) in [(1000, 35..=36), (0, 35..=36), (-1000, -1..=1), (500, 16..=18)] {
        cabinet.set_drift(ppm);
        true_time += 36_000;
        cabinet.advance(true_time, &[]);
        assert!(ahead.contains(&(cabinet.clock() - true_time)), "{ppm}: {}", cabinet.clock() - true_time);
    }
}

/// When the cabinet's cycles will start if nobody touches it.
fn future_starts(cabinet: &Cabinet, until: i64) -> Vec<i64> {
    let mut twin = cabinet.clone();
    let mut starts = vec![twin.cycle_start().unwrap()];
    for time in starts[0]..until {
        twin.advance(time, &[]);
        starts.extend(twin.cycle_start());
        starts.dedup();
    }
    starts.split_off(1)
}

#[test]
fn a_cycle_start_behind_a_transition_is_not_promised() {
    let later = coordinated(&[400, 150, 300], 777);
    let spec = with_day(&[(0, free(&[400, 150, 300], 679)), (8 * 3600 + 150, later)]);
    let cabinet = Cabinet::new(spec, T).unwrap();
    let starts = future_starts(&cabinet, T + 12_000);
    let mut answers = Vec::new();
    for start in starts {
        answers.push(push(&mut cabinet.clone(), 5, &GREENS, start));
    }
    // The stretched cycle begins at the third start; the first three are sure, and where it ends is foretold to nobody.
    assert_eq!(answers[..4], [0, 0, 0, 10]);
    assert!(answers[3..].iter().all(|a| *a == 10), "{answers:?}");
    // From within the transition neither.
    let mut cabinet = cabinet;
    cabinet.advance(T + 2500, &[]);
    assert!(cabinet.in_transition());
    let next = future_starts(&cabinet, T + 5000)[0];
    assert_eq!(push(&mut cabinet, 5, &GREENS, next), 10);
}

#[test]
fn what_comes_after_release_or_expiry_is_foretold() {
    // The centre's plan has 85 s cycles, the local one 100 s.
    let mut cabinet = cabinet();
    assert_eq!(push(&mut cabinet, 5, &[300, 100, 300], START), 0);
    cabinet.advance(START + 10, &[]);
    let mut expiring = cabinet.clone();
    cabinet.write(640, &[0x5245, 0]).unwrap();
    assert_eq!(status(&cabinet).left, 0, "nobody waits for a beat any more");
    let mut at_once = cabinet.clone();
    assert_eq!(push(&mut cabinet, 6, &GREENS, START + 1700), 10);
    assert_eq!(push(&mut cabinet, 7, &GREENS, START + 1850), 0);
    cabinet.advance(START + 850, &[]);
    assert_eq!(status(&cabinet).running, 0);
    cabinet.advance(START + 1850, &[]);
    assert_eq!(status(&cabinet).running, 7);
    // A commit for the very end of the released plan's cycle takes over from it.
    assert_eq!(push(&mut at_once, 6, &GREENS, START + 850), 0);
    at_once.advance(START + 3000, &[]);
    assert_eq!(status(&at_once).running, 6);
    // Expires after 60 minutes: 42 cycles of 85 s, 36 000 tenths; the local plan follows at 36 550.
    expiring.write(620, &[1, 6000]).unwrap();
    for beat in 2..16 {
        expiring.advance(START + 2500 * i64::from(beat - 1), &[]);
        expiring.write(620, &[beat, 6000]).unwrap();
    }
    let end = START + 850 * 43;
    assert_eq!(push(&mut expiring, 6, &GREENS, end + 850), 10);
    assert_eq!(push(&mut expiring, 7, &GREENS, end + 1000), 0);
}

#[test]
fn a_plan_that_is_over_before_it_begins_is_dropped() {
    let mut cabinet = cabinet();
    let words = block(5, 1, &GREENS, START % 1000);
    cabinet.write(400, &words).unwrap();
    cabinet.write(600, &commit(&words, START, 1)).unwrap();
    assert_eq!(status(&cabinet).pending, 5);
    // The clock is set 200 s ahead: the same cycle start is the plan's, but after its expiry.
    cabinet.write(630, &quarters(T + 2000)).unwrap();
    cabinet.advance(START, &[]);
    let s = status(&cabinet);
    assert_eq!((s.running, s.pending, s.refusal), (0, 0, Refusal::Expiry as u16));
}

#[test]
fn a_correction_is_foretold_and_does_not_delay_an_activation() {
    // Forwards: the start will read 2 s later than it would have.
    let mut cabinet = cabinet();
    cabinet.write(630, &quarters(T + 20)).unwrap();
    assert_eq!(push(&mut cabinet, 5, &GREENS, START - 1000 + 42), 10);
    assert_eq!(push(&mut cabinet, 6, &GREENS, START - 1000 + 41), 0);
    // Backwards: the start reads 1 s before the activation, and is the one meant.
    let mut cabinet = centre();
    assert_eq!(push(&mut cabinet, 6, &OTHER, START + 1000), 0);
    cabinet.write(630, &quarters(START - 10)).unwrap();
    cabinet.advance(START + 1000, &[]);
    assert_eq!((cabinet.clock(), status(&cabinet).running), (START + 990, 6));
}

#[test]
fn a_plan_that_can_not_shorten_stays_late_and_reachable() {
    let least = [190, 70, 390];
    let mut cabinet = Cabinet::new(
        {
            let mut spec = spec();
            spec.stages[2].min_green = 390;
            spec.day_plan[0].plan = free(&least, 0);
            spec
        },
        T,
    )
    .unwrap();
    assert_eq!(push(&mut cabinet, 5, &least, T + 800), 0);
    cabinet.advance(T + 900, &[]);
    cabinet.write(630, &quarters(T + 920)).unwrap();
    cabinet.advance(T + 4100, &[]);
    let s = status(&cabinet);
    assert_eq!((s.running, (s.cycle_start - T) % 800), (5, 20), "2 s late for good: no green can give them");
    assert_eq!(push(&mut cabinet, 6, &least, s.cycle_start + 800 - 20), 0);
}

#[test]
fn far_out_of_step_is_no_excuse() {
    // Greens without any play: a local plan can not come back into step, and says so by refusing.
    let mut spec = with_day(&[(0, coordinated(&[400, 150, 300], 0))]);
    for (stage, green) in spec.stages.iter_mut().zip([400, 150, 300]) {
        (stage.min_green, stage.max_green) = (green, green);
    }
    let mut cabinet = Cabinet::new(spec, T).unwrap();
    cabinet.write(630, &quarters(T + 300)).unwrap();
    cabinet.advance(T + 3000, &[]);
    let next = status(&cabinet).cycle_start + 1000;
    assert_eq!(next % 1000, 300);
    assert_eq!(push(&mut cabinet, 5, &[400, 150, 300], next + 100), 10);
    assert_eq!(push(&mut cabinet, 6, &[400, 150, 300], next), 0);
}

#[test]
fn a_step_or_a_restart_forgets_the_correction() {
    let mut stepped = cabinet();
    stepped.write(630, &quarters(T + 10)).unwrap();
    stepped.write(630, &quarters(T + 500)).unwrap();
    stepped.advance(T + 2000, &[]);
    assert_eq!(stepped.clock(), T + 2500);
    let mut restarted = cabinet();
    restarted.write(630, &quarters(T + 20)).unwrap();
    restarted.reboot();
    restarted.advance(T + 3000, &[]);
    assert_eq!(restarted.clock(), T + 3000);
}
