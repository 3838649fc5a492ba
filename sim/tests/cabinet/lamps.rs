//! What the heads show: the cabinet's own plans, its transition, start-up, flash, a hand at the panel.

use crate::kit::*;
use greenwave_sim::cabinet::*;
use greenwave_sim::signal::Lamp::{self, Dark, Green, Red, Yellow, YellowFlash};

/// The lamps of all phases at a moment.
fn at(cabinet: &mut Cabinet, time: i64) -> Vec<Lamp> {
    cabinet.advance(time, &[]);
    cabinet.lamps().to_vec()
}

/// A cabinet whose cycle starts at T: stage 1 green 0..400, stage 2 450..600, stage 3 650..950.
fn from_start() -> Cabinet {
    Cabinet::new(with_day(&[(0, free(&[400, 150, 300], 0))]), T).unwrap()
}

/// Cycle starts seen from now on until `end`.
fn starts(cabinet: &mut Cabinet, end: i64) -> Vec<i64> {
    let mut seen: Vec<i64> = cabinet.cycle_start().into_iter().collect();
    for time in T.. {
        if time > end {
            break;
        }
        cabinet.advance(time, &[]);
        seen.extend(cabinet.cycle_start());
        seen.dedup();
    }
    seen
}

#[test]
fn one_cycle_lamp_by_lamp() {
    let mut c = from_start();
    let story: [(i64, [Lamp; 6]); 14] = [
        (0, [Green, Green, Red, Red, Green, Red]),
        (279, [Green, Green, Red, Red, Green, Red]),
        (280, [Green, Green, Red, Red, Yellow, Red]),
        (399, [Green, Green, Red, Red, Yellow, Red]),
        // Phase 0 runs on into stage 2: no yellow.
        (400, [Green, Yellow, Red, Red, Red, Red]),
        (430, [Green, Red, Red, Red, Red, Red]),
        (450, [Green, Red, Green, Red, Red, Red]),
        (600, [Yellow, Red, Yellow, Red, Red, Red]),
        (630, [Red, Red, Red, Red, Red, Red]),
        (650, [Red, Red, Red, Green, Red, Green]),
        (800, [Red, Red, Red, Green, Red, Yellow]),
        (950, [Red, Red, Red, Yellow, Red, Red]),
        (980, [Red, Red, Red, Red, Red, Red]),
        (1000, [Green, Green, Red, Red, Green, Red]),
    ];
    for (time, lamps) in story {
        assert_eq!(at(&mut c, T + time), lamps, "at {time}");
    }
    // One long step sees the same changes at the same times as many short ones.
    let mut long = from_start();
    long.advance(T + 1000, &[]);
    assert_eq!(long.lamp_changes(), c.lamp_changes());
    let mut again = from_start();
    for time in 0..=1000 {
        again.advance(T + time, &[]);
    }
    let changes = again.lamp_changes();
    assert_eq!(changes.len(), 6 + 6 * 3, "every phase at the beginning, then three changes each");
    assert!(changes.windows(2).all(|w| w[0].at <= w[1].at));
}

#[test]
fn stage_interval_and_time_left_are_told() {
    let mut c = from_start();
    for (time, words) in [(0, [1, 0, 400]), (400, [1, 1, 30]), (435, [1, 2, 15]), (450, [2, 0, 150]), (999, [3, 2, 1])]
    {
        c.advance(T + time, &[]);
        assert_eq!(c.read(7, 3).unwrap(), words);
    }
}

#[test]
fn a_coordinated_plan_begins_in_step_and_stays() {
    for offset in [0, 1, 433, 999] {
        let c = Cabinet::new(with_day(&[(0, coordinated(&[400, 150, 300], offset))]), T).unwrap();
        assert!(c.cycle_start().unwrap() <= T && c.cycle_start().unwrap() > T - 1000);
        assert_eq!(c.cycle_start().unwrap().rem_euclid(1000), offset);
        assert_eq!(i64::from(c.read(200, 116).unwrap()[9]), offset);
    }
    // The offset means the reference phase's start of green; phase 3 is green in stage 3, 65.0 s into the cycle.
    let spec = CabinetSpec { reference_phase: 3, ..with_day(&[(0, coordinated(&[400, 150, 300], 100))]) };
    let mut c = Cabinet::new(spec, T).unwrap();
    c.advance(T + 1000, &[]);
    assert_eq!((c.cycle_start().unwrap() + 650).rem_euclid(1000), 100);
    let block = c.read(200, 116).unwrap();
    assert_eq!((block[9], block[11]), (100, 3));
}

#[test]
fn the_transition_takes_the_quicker_way_within_its_steps() {
    // A new line of the day plan at T + 100 s (08:01:40 local) with another offset.
    let line = 8 * 3600 + 100;
    for (offset, expected) in [
        // 25 s late: two cycles shorter by at most 15 %.
        (750, vec![0, 1000, 1850, 2750]),
        // 35 s early: two longer ones by at most 20 %; the other way would take five.
        (350, vec![0, 1000, 2200, 3350]),
        // 2 s and less are absorbed at once.
        (20, vec![0, 1000, 2020]),
        (990, vec![0, 1000, 1990]),
    ] {
        let days = [(0, free(&[400, 150, 300], 0)), (line, coordinated(&[400, 150, 300], offset))];
        let mut c = Cabinet::new(with_day(&days), T).unwrap();
        let mut monitor = watch(&spec(), T);
        let seen: Vec<i64> = starts(&mut c, T + 4500).iter().map(|s| s - T).collect();
        assert_eq!(seen[..expected.len()], expected, "offset {offset}");
        assert!(seen[expected.len() - 1..].iter().all(|s| s.rem_euclid(1000) == offset), "{seen:?}");
        assert_eq!(judge(&mut monitor, &mut c, T + 4500), []);
    }
}

#[test]
fn minima_bind_the_transition() {
    // Greens at their minima can only be stretched.
    let days = [(0, free(&[190, 70, 220], 0)), (8 * 3600 + 60, coordinated(&[190, 70, 220], 500))];
    let mut c = Cabinet::new(with_day(&days), T).unwrap();
    let mut monitor = watch(&spec(), T);
    let lengths: Vec<i64> = starts(&mut c, T + 20_000).windows(2).map(|w| w[1] - w[0]).collect();
    assert!(lengths.iter().all(|l| (630..=630 + 126).contains(l)), "{lengths:?}");
    assert_eq!(c.cycle_start().unwrap().rem_euclid(630), 500);
    assert_eq!(judge(&mut monitor, &mut c, T + 20_000), []);
}

#[test]
fn maxima_bind_the_transition() {
    let mut spec = with_day(&[(0, free(&[400, 150, 300], 0)), (8 * 3600 + 60, coordinated(&[400, 150, 300], 600))]);
    spec.stages[1].max_green = 160;
    spec.stages[2].max_green = 310;
    let mut c = Cabinet::new(spec, T).unwrap();
    let lengths: Vec<i64> = starts(&mut c, T + 12_000).windows(2).map(|w| w[1] - w[0]).collect();
    assert!(lengths.contains(&1200), "all the rest goes to stage 1: {lengths:?}");
    let changes = c.lamp_changes();
    for (phase, most) in [(2, 160), (3, 310)] {
        let mine: Vec<&LampChange> = changes.iter().filter(|l| l.phase == phase).collect();
        let greens = mine.windows(2).filter(|w| w[0].lamp == Green).map(|w| w[1].at - w[0].at);
        assert_eq!(greens.max(), Some(most));
    }
}

#[test]
fn reds_come_before_greens_of_the_same_moment() {
    let mut spec = spec();
    for stage in &mut spec.stages {
        (stage.yellow, stage.all_red) = (50, 0);
    }
    let mut c = Cabinet::new(spec, T).unwrap();
    c.advance(T + 5000, &[]);
    let changes = c.lamp_changes().split_off(6);
    let mixed = changes.windows(2).filter(|w| w[0].at == w[1].at && w[0].lamp != w[1].lamp);
    assert!(mixed.clone().any(|w| w[1].lamp == Green));
    assert!(mixed.clone().all(|w| w[0].lamp != Green));
}

#[test]
fn the_day_plan_follows_local_time() {
    // T is 08:00 local.
    let days = [(6 * 3600, free(&[300, 100, 300], 0)), (20 * 3600, free(&[500, 100, 300], 0))];
    let mut c = Cabinet::new(with_day(&days), T).unwrap();
    for (hour, cycle) in [(0, 850), (11, 850), (13, 1050), (21, 1050), (23, 850)] {
        c.advance(T + hour * 36_000, &[]);
        assert_eq!(i64::from(c.read(208, 1).unwrap()[0]), cycle, "{hour} h later");
    }
}

#[test]
fn start_up_flashes_then_shows_red() {
    let spec = CabinetSpec { startup_flash: 100, startup_all_red: 20, ..spec() };
    let mut c = Cabinet::new(spec, T).unwrap();
    assert_eq!(at(&mut c, T), [YellowFlash, YellowFlash, YellowFlash, YellowFlash, Dark, Dark]);
    assert_eq!(c.mode(), Mode::StartUp);
    assert_eq!(at(&mut c, T + 100), [Red; 6]);
    // Never shorter than the longest intergreen after a flash.
    assert_eq!(at(&mut c, T + 149), [Red; 6]);
    assert_eq!(at(&mut c, T + 150), [Green, Green, Red, Red, Green, Red]);
    assert_eq!(c.mode(), Mode::Local);
}

#[test]
fn flash_and_power_cuts() {
    let mut c = from_start();
    let mut monitor = watch(&spec(), T);
    c.advance(T + 100, &[]);
    c.set_flash(true, Fault::Conflict);
    assert_eq!(c.lamps()[..2], [YellowFlash; 2]);
    c.advance(T + 2000, &[]);
    assert_eq!((c.mode(), status(&c).fault), (Mode::Flash, 1));
    c.set_flash(false, Fault::None);
    c.advance(T + 2010, &[]);
    assert_eq!(c.lamps(), [Red; 6]);
    c.advance(T + 2300, &[]);
    assert_eq!(c.mode(), Mode::Local);
    c.power_off();
    assert_eq!(c.lamps(), [Dark; 6]);
    c.advance(T + 2400, &[]);
    assert!(!c.is_powered());
    c.power_on();
    c.power_on();
    c.advance(T + 4000, &[]);
    assert_eq!((c.mode(), status(&c).boots), (Mode::Local, 1));
    assert_eq!(judge(&mut monitor, &mut c, T + 4000), []);
}

#[test]
fn a_hand_at_the_panel_wins_at_once() {
    let mut c = from_start();
    let mut monitor = watch(&spec(), T);
    assert_eq!(push(&mut c, 5, &[400, 150, 300], T + 1000), 0);
    c.advance(T + 1100, &[]);
    assert_eq!(push(&mut c, 6, &[400, 150, 300], T + 2000), 0);
    c.set_manual(true);
    let s = status(&c);
    assert_eq!((s.mode, s.running, s.pending), (4, 0, 0));
    // The green is held with its pedestrians' walk; let go, they have their clearance, then the cycle goes on.
    assert_eq!(at(&mut c, T + 5000), [Green, Green, Red, Red, Green, Red]);
    c.set_manual(false);
    assert_eq!(at(&mut c, T + 5001)[4], Yellow);
    assert_eq!(at(&mut c, T + 5120), [Green, Yellow, Red, Red, Red, Red]);
    assert_eq!(c.mode(), Mode::Local);
    // In a clearance or an intergreen, the next green is the one held.
    c.advance(T + 5121, &[]);
    c.set_manual(true);
    assert_eq!(at(&mut c, T + 7000), [Green, Red, Green, Red, Red, Red]);
    c.set_manual(false);
    c.advance(T + 7060, &[]);
    // Stage 3's clearance: the hold waits for stage 1 of the next cycle.
    let next = c.cycle_start().unwrap();
    c.advance(T + 7000 + 50 + 160, &[]);
    assert_eq!(c.lamps()[5], Yellow);
    c.set_manual(true);
    assert_eq!(at(&mut c, T + 9000), [Green, Green, Red, Red, Green, Red]);
    assert!(c.cycle_start().unwrap() > next);
    c.set_manual(false);
    c.advance(T + 10_000, &[]);
    let starved = |v: &greenwave_sim::monitor::Violation| v.kind == greenwave_sim::monitor::ViolationKind::Starved;
    let found: Vec<_> = judge(&mut monitor, &mut c, T + 10_000).into_iter().filter(|v| !starved(v)).collect();
    assert_eq!(found, []);
}
