//! Stage requests: what each kind does to the greens, what is refused, what ends one.

use crate::calls::{Corner, actuated, legs, with_plan};
use crate::kit::*;
use greenwave_sim::cabinet::*;
use greenwave_sim::signal::Lamp;

pub(crate) const HOLD: u16 = 1;
pub(crate) const EXTEND: u16 = 2;
pub(crate) const END_EARLY: u16 = 3;
pub(crate) const SKIP: u16 = 4;

/// A request block with its check.
pub(crate) fn request(counter: u16, kind: u16, stage: u16, until: i64, expiry: i64) -> Vec<u16> {
    let mut w = vec![counter, kind, stage, 0];
    w.extend(quarters(until));
    w.extend(quarters(expiry));
    w.extend([0, 0]);
    check(&mut w);
    w
}

fn check(w: &mut [u16]) {
    let bytes: Vec<u8> = w[..3].iter().chain(&w[4..12]).flat_map(|w| w.to_be_bytes()).collect();
    w[12..14].copy_from_slice(&halves(crc32fast::hash(&bytes)));
}

/// Writes one; returns register 22.
pub(crate) fn ask(cabinet: &mut Cabinet, counter: u16, kind: u16, stage: u16, until: i64, expiry: i64) -> u16 {
    cabinet.write(650, &request(counter, kind, stage, until, expiry)).unwrap();
    status(cabinet).refusal
}

pub(crate) fn carried(cabinet: &Cabinet) -> u16 {
    cabinet.read(35, 1).unwrap()[0]
}

/// Greens of the stages from the cycle at `START` on, as (stage, start, end) after `START`: by the vehicles of that stage alone.
fn greens(cabinet: &mut Cabinet, until: i64) -> Vec<(u16, i64, i64)> {
    let mut found = Vec::new();
    let mut green = None;
    let mut at = status(cabinet).clock;
    while at <= START + until {
        cabinet.advance(at, &[]);
        let w = cabinet.read(7, 2).unwrap();
        let here = (w[1] == 0).then_some(w[0]);
        if green.map(|(stage, _)| stage) != here {
            found.extend(green.map(|(stage, from)| (stage, from - START, at - START)));
            green = here.map(|stage| (stage, at));
        }
        at += 1;
    }
    found
}

/// The programme's, for comparison: 42, 14 and 29 s, 5 s between.
const PROGRAMMED: [(u16, i64, i64); 4] = [(1, 0, 420), (2, 470, 610), (3, 660, 950), (1, 1000, 1420)];

#[test]
fn without_a_request_the_programme_runs() {
    assert_eq!(greens(&mut centre(), 1430), PROGRAMMED);
}

#[test]
fn a_held_green_is_given_back_by_those_after_it() {
    let mut cabinet = centre();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 1, START + 600, START + 700), 0);
    assert_eq!(carried(&cabinet), 1);
    assert_eq!(cabinet.read(9, 1).unwrap(), [600]);
    // Stage 2 gives down to its 7 s, stage 3 to its 22 s, stage 1 of the next cycle the rest.
    let held = [(1, 0, 600), (2, 650, 720), (3, 770, 990), (1, 1040, 1420), (2, 1470, 1610)];
    assert_eq!(greens(&mut cabinet, 1620), held);
    assert_eq!(carried(&cabinet), 0, "over with its green");
    assert_eq!(status(&cabinet).cycle_start, START + 1000, "the programme never moved");
}

#[test]
fn a_hold_is_bounded_by_what_one_round_gives_back() {
    let mut cabinet = centre();
    assert_eq!(ask(&mut cabinet, 1, EXTEND, 1, START + 1150, START + 1150), 0);
    let held = [(1, 0, 790), (2, 840, 910), (3, 960, 1180), (1, 1230, 1420)];
    assert_eq!(greens(&mut cabinet, 1430), held);
    // A stage's own maximum comes first.
    let mut spec = spec();
    spec.stages[0].max_green = 500;
    let mut cabinet = Cabinet::new(spec, T).unwrap();
    assert_eq!(push(&mut cabinet, 5, &GREENS, START), 0);
    cabinet.advance(START, &[]);
    assert_eq!(ask(&mut cabinet, 1, HOLD, 1, START + 1150, START + 1150), 0);
    assert_eq!(greens(&mut cabinet, 510)[0], (1, 0, 500));
}

#[test]
fn an_early_end_keeps_minimum_and_clearance_and_the_next_takes_it() {
    let mut cabinet = centre();
    cabinet.advance(START + 700, &[]);
    assert_eq!(ask(&mut cabinet, 9, END_EARLY, 3, 0, START + 1500), 0);
    // Its 22 s of minimum first; then stage 1 begins 7 s before the programme's cycle and ends with it.
    assert_eq!(greens(&mut cabinet, 1430), [(3, 700, 880), (1, 930, 1420)]);
    let mut late = centre();
    late.advance(START + 790, &[]);
    assert_eq!(ask(&mut late, 9, END_EARLY, 3, 0, START + 1500), 0);
    assert_eq!(greens(&mut late, 1430)[0], (3, 790, 940), "the 15 s of clearance from now");
    let mut told = centre();
    told.advance(START + 801, &[]);
    assert_eq!(ask(&mut told, 9, END_EARLY, 3, 0, START + 1500), 0);
    assert_eq!(greens(&mut told, 1430)[0], (3, 801, 950), "pedestrians were told already");
    let mut told = centre();
    told.advance(START + 301, &[]);
    assert_eq!(ask(&mut told, 10, HOLD, 1, START + 600, START + 600), 0);
    assert_eq!(greens(&mut told, 430), [(1, 301, 420)], "nor are those on stage 1 told otherwise");
}

#[test]
fn a_request_for_a_later_stage_waits_for_its_green() {
    let mut cabinet = centre();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 2, START + 700, START + 1000), 0);
    assert_eq!(greens(&mut cabinet, 1010), [(1, 0, 420), (2, 470, 700), (3, 750, 970)]);
    let mut cabinet = centre();
    assert_eq!(ask(&mut cabinet, 1, END_EARLY, 3, 0, START + 640), 0);
    assert_eq!(greens(&mut cabinet, 1430), PROGRAMMED, "it expired before its stage came");
}

#[test]
fn it_ends_when_withdrawn_replaced_or_silent() {
    let mut cabinet = centre();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 1, START + 700, START + 700), 0);
    cabinet.advance(START + 500, &[]);
    assert_eq!(ask(&mut cabinet, 2, 0, 0, 0, START + 700), 0);
    assert_eq!(carried(&cabinet), 0);
    assert_eq!(greens(&mut cabinet, 700)[0], (1, 500, 620), "the pedestrians' 12 s of clearance");
    let mut cabinet = centre();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 1, START + 700, START + 700), 0);
    assert_eq!(ask(&mut cabinet, 2, HOLD, 1, START + 500, START + 700), 0);
    assert_eq!((carried(&cabinet), greens(&mut cabinet, 510)[0]), (2, (1, 0, 500)));
    // Silence: the beat lasts 30 s.
    let mut cabinet = centre();
    cabinet.write(620, &[77, 300]).unwrap();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 1, START + 700, START + 700), 0);
    cabinet.advance(START + 310, &[]);
    assert_eq!(carried(&cabinet), 0);
    assert_eq!(greens(&mut cabinet, 430)[0], (1, 310, 430), "at the programme's end or the clearance from now");
    assert_eq!(ask(&mut cabinet, 2, HOLD, 2, START + 700, START + 700), 23, "it is leaving the centre's plan");
}

#[test]
fn a_release_shows_at_once() {
    let mut cabinet = centre();
    cabinet.lamp_changes();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 2, START + 700, START + 700), 0);
    cabinet.advance(START + 650, &[]);
    cabinet.write(640, &[0x5245, 0]).unwrap();
    cabinet.advance(START + 652, &[]);
    let yellow = cabinet.lamp_changes().into_iter().find(|c| c.phase == 2 && c.lamp == Lamp::Yellow).unwrap();
    assert_eq!(yellow.at, START + 650, "nobody on stage 2 has a clearance to wait for");
    assert_eq!(greens(&mut cabinet, 960)[0], (3, 700, 950));
}

#[test]
fn a_hand_at_the_panel_flash_release_and_power_end_it() {
    type End = fn(&mut Cabinet);
    let ends: [(End, u16); 4] = [
        (|c| c.set_manual(true), 4),
        (|c| c.set_flash(true, Fault::Conflict), 3),
        (|c| c.write(640, &[0x5245, 0]).unwrap(), 2),
        (Cabinet::reboot, 0),
    ];
    for (end, mode) in ends {
        let mut cabinet = centre();
        assert_eq!(ask(&mut cabinet, 1, HOLD, 1, START + 700, START + 700), 0);
        cabinet.advance(START + 100, &[]);
        end(&mut cabinet);
        assert_eq!((carried(&cabinet), status(&cabinet).mode), (0, mode));
        assert_eq!(ask(&mut cabinet, 2, HOLD, 1, START + 700, START + 700), 23);
    }
}

#[test]
fn the_local_plan_takes_over_from_where_the_heads_are() {
    let mut cabinet = centre();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 3, START + 1100, START + 1100), 0);
    cabinet.advance(START + 920, &[]);
    cabinet.write(640, &[0x5245, 0]).unwrap();
    // Walk was on until the release: 15 s of clearance, then the cycle ends and the local plan begins its own.
    assert_eq!(greens(&mut cabinet, 1700), [(3, 920, 1070), (1, 1120, 1520), (2, 1570, 1720 - 20)][..2].to_vec());
    assert_eq!((status(&cabinet).mode, status(&cabinet).cycle_start), (1, START + 1120));
}

#[test]
fn a_pending_plan_starts_when_it_was_foretold() {
    let mut cabinet = centre();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 3, START + 1100, START + 1100), 0);
    assert_eq!(push(&mut cabinet, 6, &OTHER, START + 1000), 0);
    cabinet.advance(START + 1000, &[]);
    assert_eq!((status(&cabinet).running, status(&cabinet).cycle_start), (6, START + 1000));
    // OTHER gives 11 + 18 + 8 s a round.
    assert_eq!(greens(&mut cabinet, 1620), [(3, 1000, 1100), (1, 1150, 1340), (2, 1390, 1600)]);
    // A plan that has nothing to give takes nobody over who is late.
    let mut cabinet = centre();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 1, START + 780, START + 800), 0);
    assert_eq!(push(&mut cabinet, 6, &[220, 80, 550], START + 1000), 0, "3 s, 1 s and 33 s");
    let mut cabinet = centre();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 1, START + 780, START + 800), 0);
    cabinet.advance(START + 100, &[]);
    let tight = [190, 70, 590];
    assert_eq!(push(&mut cabinet, 6, &tight, START + 1000), 0);
    assert_eq!(greens(&mut cabinet, 800)[0], (1, 100, 780));
}

#[test]
fn refusals_have_their_codes() {
    let good = || request(1, HOLD, 1, START + 500, START + 600);
    let with = |at: usize, value: u16| {
        let mut w = good();
        w[at] = value;
        check(&mut w);
        w
    };
    let mut torn = good();
    torn[13] ^= 1;
    let far = START + 1201;
    let cases = [
        (18, with(0, 0)),
        (18, with(1, 5)),
        (18, with(3, 1)),
        (18, request(1, END_EARLY, 1, START + 5, START + 600)),
        (18, request(1, 0, 1, 0, START + 600)),
        (19, torn),
        (21, with(2, 0)),
        (21, with(2, 4)),
        (21, request(1, SKIP, 1, 0, START + 600)),
        (22, request(1, HOLD, 1, START, START + 600)),
        (22, request(1, HOLD, 1, START + 601, START + 600)),
        (22, request(1, END_EARLY, 1, 0, START)),
        (22, request(1, END_EARLY, 1, 0, far)),
        (22, request(1, 0, 0, 0, far)),
        (25, request(1, SKIP, 2, 0, START + 600)),
    ];
    let mut cabinet = centre();
    for (code, words) in &cases {
        cabinet.write(650, words).unwrap();
        assert_eq!((status(&cabinet).refusal, carried(&cabinet)), (*code, 0), "{words:?}");
        assert_eq!(cabinet.read(650, 14).unwrap(), [0; 14]);
    }
    cabinet.write(650, &good()).unwrap();
    assert_eq!((status(&cabinet).refusal, carried(&cabinet)), (0, 1));
    assert_eq!(cabinet.read(650, 14).unwrap(), good());
    // Not later: the same, an older one, one half round back; and what is running goes on.
    for counter in [1, 0xffff, 32_769] {
        assert_eq!(ask(&mut cabinet, counter, HOLD, 1, START + 500, START + 600), 20);
        assert_eq!(carried(&cabinet), 1);
    }
    assert_eq!(ask(&mut cabinet, 32_768, HOLD, 1, START + 500, START + 600), 0);
    cabinet.advance(START + 1210, &[]);
    assert_eq!(
        ask(&mut cabinet, 5, HOLD, 3, START + 1900, START + 1900),
        0,
        "two minutes later any other counter will do"
    );
    // Part of a block, no block.
    assert_eq!(cabinet.write(650, &good()[..13]), Err(Exception::IllegalAddress));
    assert_eq!(cabinet.write(651, &good()), Err(Exception::IllegalAddress));
    let mut counted = Cabinet::new(CabinetSpec { countdown: true, ..spec() }, T).unwrap();
    push(&mut counted, 5, &GREENS, START);
    counted.advance(START, &[]);
    assert_eq!(ask(&mut counted, 1, HOLD, 1, START + 500, START + 600), 24);
    assert_eq!(ask(&mut self::cabinet(), 1, HOLD, 1, T + 500, T + 600), 23, "on its own plan");
}

fn cabinet() -> Cabinet {
    crate::kit::cabinet()
}

/// The legs with loops under a plan of the centre's, `flags` as word 13 of its block, in its first cycle.
pub(crate) fn served(flags: u16) -> (Corner, i64) {
    served_by(legs(), flags)
}

/// The same of another installation of four stages.
pub(crate) fn served_by(spec: CabinetSpec, flags: u16) -> (Corner, i64) {
    served_in(spec, &[0, 1, 2, 3], flags)
}

/// The same in an order of the stages.
pub(crate) fn served_in(spec: CabinetSpec, order: &[usize], flags: u16) -> (Corner, i64) {
    let mut spec = with_plan(spec, LocalPlan { actuation: None, ..actuated(&[380, 150, 300, 150], Some(0)) });
    spec.id = "dc01".into();
    spec.on_request = Some(crate::calls::actuation());
    for p in &mut spec.phases {
        p.on_call = matches!(p.kind, PhaseKind::Pedestrian { .. });
    }
    let mut corner = Corner::new(spec);
    let start = status(&corner.cabinet).cycle_start + 1180;
    let mut words = block_in(order, 7, 1, &[380, 150, 300, 150], start.rem_euclid(1180));
    words[13] = flags;
    seal(&mut words);
    corner.cabinet.write(400, &words).unwrap();
    corner.cabinet.write(600, &commit(&words, start, 60)).unwrap();
    assert_eq!(status(&corner.cabinet).refusal, 0);
    while corner.now < start {
        corner.step(0);
    }
    assert_eq!(status(&corner.cabinet).running, 7);
    (corner, start)
}

/// Runs to a moment with some loops covered.
pub(crate) fn run(corner: &mut Corner, until: i64, covered: u32) {
    while corner.now < until {
        corner.step(covered);
    }
}

pub(crate) fn shows(corner: &Corner) -> (u16, u16) {
    let w = corner.cabinet.read(7, 2).unwrap();
    (w[0], w[1])
}

#[test]
fn an_uncalled_stage_is_left_out_and_the_next_takes_its_time() {
    let (mut corner, start) = served(0);
    assert_eq!(ask(&mut corner.cabinet, 1, SKIP, 2, 0, start + 1000), 0);
    run(&mut corner, start + 425, 0);
    assert_eq!(shows(&corner), (1, 2));
    run(&mut corner, start + 430, 0);
    assert_eq!(shows(&corner), (3, 0), "stage 3 begins 20 s early");
    run(&mut corner, start + 925, 0);
    assert_eq!((shows(&corner), carried(&corner.cabinet)), ((3, 0), 1));
    run(&mut corner, start + 1185, 0);
    assert_eq!((shows(&corner), carried(&corner.cabinet)), ((1, 0), 0));
    run(&mut corner, start + 1180 + 435, 0);
    assert_eq!(shows(&corner), (2, 0), "the next cycle has it again");
    assert_eq!(corner.judge(), []);
}

#[test]
fn somebody_who_calls_is_not_left_out() {
    const WL_LOOP: u32 = 1 << crate::calls::WL;
    let (mut corner, start) = served(0);
    assert_eq!(ask(&mut corner.cabinet, 1, SKIP, 2, 0, start + 1000), 0);
    run(&mut corner, start + 100, 0);
    run(&mut corner, start + 105, WL_LOOP);
    assert_eq!(carried(&corner.cabinet), 0);
    assert_eq!(ask(&mut corner.cabinet, 2, SKIP, 2, 0, start + 1000), 25);
    run(&mut corner, start + 435, 0);
    assert_eq!(shows(&corner), (2, 0));
    assert_eq!(ask(&mut corner.cabinet, 3, SKIP, 1, 0, start + 1000), 21);
    assert_eq!(corner.judge(), []);
}

#[test]
fn coordinated_actuated_greens_are_held_while_the_next_has_its_minimum() {
    // Stage 2 and 3 are called all the time; force-off of stage 2 is 58.0 s, stage 3 gives 30 - 22 s.
    let called = 1 << crate::calls::WL | 1 << crate::calls::ST;
    let end_of_two = |kind: u16, covered_late: u32| {
        let (mut corner, start) = served(2);
        run(&mut corner, start + 435, called);
        assert_eq!(shows(&corner), (2, 0));
        if kind != 0 {
            let until = start + 900;
            assert_eq!(ask(&mut corner.cabinet, 1, kind, 2, if kind == END_EARLY { 0 } else { until }, until), 0);
        }
        while shows(&corner) == (2, 0) {
            corner.step(covered_late);
        }
        let end = corner.now - start;
        run(&mut corner, start + 1185, called);
        assert_eq!((shows(&corner), corner.judge()), ((1, 0), Vec::new()), "the coordinated green is back");
        end
    };
    let away = 1 << crate::calls::ST;
    assert_eq!(end_of_two(0, called), 580);
    assert_eq!(end_of_two(HOLD, called), 660);
    assert_eq!(end_of_two(HOLD, away), 660, "though nobody comes any more");
    assert_eq!(end_of_two(EXTEND, called), 660);
    let gap = end_of_two(0, away);
    assert!(gap < 580);
    assert_eq!(end_of_two(EXTEND, away), gap, "an extension is for those who come");
    assert_eq!(end_of_two(END_EARLY, called), 490, "its minimum of 6 s, and no more");
    let (mut corner, start) = served(2);
    assert_eq!(ask(&mut corner.cabinet, 1, END_EARLY, 1, 0, start + 900), 24, "it has its yield point");
}

#[test]
fn free_greens_are_held_to_their_maximum_and_ended_for_somebody() {
    let (mut corner, start) = served(1);
    let from = start; // at rest in stage 1 since the local plan's green
    run(&mut corner, from + 50, 0);
    assert_eq!(shows(&corner), (1, 0));
    assert_eq!(ask(&mut corner.cabinet, 1, END_EARLY, 1, 0, start + 1100), 0);
    run(&mut corner, from + 300, 0);
    assert_eq!((shows(&corner), carried(&corner.cabinet)), ((1, 0), 1), "nobody waits");
    let both = 1 << crate::calls::WT | 1 << crate::calls::WL;
    run(&mut corner, from + 305, both);
    assert_eq!(shows(&corner), (1, 1), "somebody does, and those who keep coming have had their turn");
    run(&mut corner, from + 400, both);
    assert_eq!((shows(&corner), carried(&corner.cabinet)), ((2, 0), 0));
    let green = corner.now;
    assert_eq!(ask(&mut corner.cabinet, 2, HOLD, 2, green + 1000, green + 1000), 0);
    run(&mut corner, from + 355 + 395, 1 << crate::calls::WT);
    assert_eq!(shows(&corner), (2, 0), "40 s are its maximum");
    run(&mut corner, from + 355 + 405, 1 << crate::calls::WT);
    assert_eq!(shows(&corner).1, 1);
    assert_eq!(corner.judge(), []);
}

#[test]
fn rings_have_no_stages_to_hold() {
    let mut spec =
        with_plan(crate::calls::rings(), LocalPlan { actuation: None, ..actuated(&[380, 150, 300, 150], Some(0)) });
    spec.id = "dc01".into();
    spec.centre_actuation = Some(crate::calls::actuation());
    let mut corner = Corner::new(spec);
    let start = status(&corner.cabinet).cycle_start + 1180;
    assert_eq!(push(&mut corner.cabinet, 7, &[380, 150, 300, 150], start), 0);
    run(&mut corner, start + 10, 0);
    assert_eq!(ask(&mut corner.cabinet, 1, HOLD, 1, start + 500, start + 500), 24);
}
