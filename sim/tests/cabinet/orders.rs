//! Plans in other orders of the stages: run, read back, refused, changed into each other.

use crate::demand::shifted;
use crate::kit::*;
use crate::requests::{END_EARLY, HOLD, SKIP, ask, carried, run, served_in, shows};
use crate::storms::skippable;
use greenwave_sim::cabinet::*;

/// The left from the west may lag: it comes last then, and the arterial's other phase goes on into the next cycle.
const LAGGING: [usize; 3] = [0, 2, 1];
/// Greens of 42, 14 and 29 s, 5 s between: a cycle of 100 s.
const CYCLE: i64 = 1000;

fn turning() -> CabinetSpec {
    CabinetSpec { sequences: vec![LAGGING.to_vec()], ..spec() }
}

/// A cabinet on which plan 5 runs since `START`, in the lagging order.
fn lagging() -> Cabinet {
    let mut cabinet = Cabinet::new(turning(), T).unwrap();
    assert_eq!(push_in(&mut cabinet, &LAGGING, 5, &GREENS, START), 0);
    cabinet.advance(START, &[]);
    assert_eq!((status(&cabinet).running, status(&cabinet).mode), (5, 2));
    cabinet
}

/// Green stages from `START` on until then, as (stage, start, end) after it.
fn greens(cabinet: &mut Cabinet, until: i64) -> Vec<(u16, i64, i64)> {
    let mut found: Vec<(u16, i64, i64)> = Vec::new();
    for at in status(cabinet).clock..=START + until {
        cabinet.advance(at, &[]);
        let w = cabinet.read(7, 2).unwrap();
        match found.last_mut() {
            Some(last) if w[1] == 0 && last.0 == w[0] && last.2 == at - START => last.2 = at - START + 1,
            _ if w[1] == 0 => found.push((w[0], at - START, at - START + 1)),
            _ => {}
        }
    }
    found
}

#[test]
fn a_plan_runs_in_its_own_order_and_is_read_back_as_it_was_sent() {
    let mut cabinet = lagging();
    assert_eq!(cabinet.read(200, 116).unwrap(), block_in(&LAGGING, 5, 1, &GREENS, START % CYCLE));
    let mut monitor = watch(&turning(), T);
    let shown = greens(&mut cabinet, 1499);
    assert_eq!(shown, [(1, 0, 420), (3, 470, 760), (2, 810, 950), (1, 1000, 1420), (3, 1470, 1500)]);
    assert_eq!(judge(&mut monitor, &mut cabinet, START + 1499), []);
}

#[test]
fn an_order_that_is_not_installed_is_refused() {
    for (spec, order, code) in [
        (spec(), [0, 2, 1], Refusal::Stages as u16),
        (turning(), [0, 2, 1], 0),
        (turning(), [1, 0, 2], Refusal::Stages as u16),
        (turning(), [0, 0, 1], Refusal::Stages as u16),
    ] {
        let mut cabinet = Cabinet::new(spec, T).unwrap();
        assert_eq!(push_in(&mut cabinet, &order, 5, &GREENS, START), code, "{order:?}");
    }
    // Yellow and all red are the stage's, wherever it comes.
    let mut spec = turning();
    spec.stages[1].all_red = 30;
    let mut cabinet = Cabinet::new(spec, T).unwrap();
    let mut words = block_in(&LAGGING, 5, 1, &GREENS, 0);
    (words[8], words[35]) = (words[8] + 10, 30);
    seal(&mut words);
    cabinet.write(400, &words).unwrap();
    assert_eq!(status(&cabinet).refusal, 0);
    (words[29], words[35]) = (30, 20);
    seal(&mut words);
    cabinet.write(400, &words).unwrap();
    assert_eq!(status(&cabinet).refusal, Refusal::Clearance as u16);
}

#[test]
fn orders_change_into_each_other_at_a_cycle_start() {
    let mut cabinet = lagging();
    let mut monitor = watch(&turning(), T);
    assert_eq!(push(&mut cabinet, 6, &GREENS, START + CYCLE), 0);
    cabinet.advance(START + CYCLE, &[]);
    assert_eq!(push_in(&mut cabinet, &LAGGING, 7, &GREENS, START + 2 * CYCLE), 0);
    let shown: Vec<u16> = greens(&mut cabinet, 3 * CYCLE).iter().map(|g| g.0).collect();
    assert_eq!(shown, [1, 2, 3, 1, 3, 2, 1]);
    assert_eq!(judge(&mut monitor, &mut cabinet, START + 3 * CYCLE), []);
}

#[test]
fn an_own_plan_in_another_order_keeps_the_offset_of_the_reference_phase() {
    // The reference phase begins with stage 2, which comes last, and goes on through stage 1.
    let own = LocalPlan { sequence: 1, ..coordinated(&GREENS, 0) };
    let spec = CabinetSpec { day_plan: vec![DayEntry { from_s: 0, plan: own }], ..turning() };
    let mut cabinet = Cabinet::new(spec.clone(), T).unwrap();
    let mut last = (cabinet.lamps().to_vec(), T);
    let mut begins = Vec::new();
    for at in T..T + 3 * CYCLE {
        cabinet.advance(at, &[]);
        let lamps = cabinet.lamps().to_vec();
        if lamps[0] != last.0[0] && lamps[0] == greenwave_sim::signal::Lamp::Green {
            begins.push(at.rem_euclid(CYCLE));
        }
        last = (lamps, at);
    }
    assert_eq!(begins, [0; 2], "green at the beginning already");
    let words = cabinet.read(200, 116).unwrap();
    assert_eq!((words[9], words[11], [words[20], words[26], words[32]]), (0, 2, [1, 3, 2]));
    // And so again after a power cut.
    cabinet.reboot();
    let mut now = T + 3 * CYCLE;
    while cabinet.mode() != Mode::Local || cabinet.in_transition() || status(&cabinet).cycle_start % CYCLE != 190 {
        now += 10;
        cabinet.advance(now, &[]);
        assert!(now < T + 40 * CYCLE);
    }
    assert_eq!(cabinet.read(200, 116).unwrap(), words);
}

#[test]
fn requests_speak_of_the_stages_as_they_come() {
    // Stage 3 follows stage 1 and gives first, then stage 2.
    let mut cabinet = lagging();
    assert_eq!(ask(&mut cabinet, 1, HOLD, 1, START + 520, START + 700), 0);
    let shown = greens(&mut cabinet, 1100);
    assert_eq!(shown, [(1, 0, 520), (3, 570, 790), (2, 840, 950), (1, 1000, 1101)]);
    // The stage on which the reference phase begins is never left out; it is stage 2 now. Stage 3 is, and its neighbours meet.
    let mut spec = turning();
    spec.phases[5].on_call = true;
    let mut cabinet = Cabinet::new(spec, T).unwrap();
    assert_eq!(push_in(&mut cabinet, &LAGGING, 5, &GREENS, START), 0);
    cabinet.advance(START, &[]);
    assert_eq!(ask(&mut cabinet, 1, SKIP, 2, 0, START + 900), Refusal::RequestStage as u16);
}

/// The heads are a stage ahead of the programme when it changes its order: they end that cycle in their own, and the next one is
/// the plan's.
#[test]
fn heads_that_are_ahead_when_the_order_changes_end_their_cycle_as_they_began_it() {
    let spec = in_all_orders(skippable());
    let orders: Vec<Vec<usize>> = (0..=spec.sequences.len()).map(|k| order_of(&spec, k)).collect();
    assert!(orders.len() >= 3, "{orders:?}");
    for from in &orders {
        for to in &orders {
            let (mut corner, start) = served_in(spec.clone(), from, 0);
            let last = from[from.len() - 1] as u16 + 1;
            run(&mut corner, start + 50, 0);
            if ask(&mut corner.cabinet, 1, SKIP, last, 0, start + 1190) != 0 {
                continue;
            }
            assert_eq!(push_in(&mut corner.cabinet, to, 8, &[380, 150, 300, 150], start + 1180), 0);
            run(&mut corner, start + 2 * 1180, 0);
            let mut shown: Vec<usize> = Vec::new();
            while corner.now < start + 3 * 1180 {
                let (stage, interval) = shows(&corner);
                if interval == 0 && shown.last() != Some(&(usize::from(stage) - 1)) {
                    shown.push(usize::from(stage) - 1);
                }
                corner.step(0);
            }
            assert_eq!((&shown, corner.judge()), (to, Vec::new()), "{from:?} to {to:?}");
        }
    }
}

/// Stage 4 may be left out between stages 3 and 1, but not between stages 2 and 1: the left from the east must be over for 6 s when
/// pedestrians walk, and stage 2 gives 5.
#[test]
fn a_skip_taken_in_one_order_is_over_with_the_order_that_does_not_let_it() {
    let to = [0, 2, 1, 3];
    let spec = in_all_orders(shifted());
    assert!(spec.sequences.contains(&to.to_vec()));
    let (mut corner, start) = served_in(spec.clone(), &[0, 1, 2, 3], 0);
    run(&mut corner, start + 1100, 0);
    assert_eq!(shows(&corner), (4, 0));
    assert_eq!(ask(&mut corner.cabinet, 1, SKIP, 4, 0, start + 2295), 0);
    assert_eq!(push_in(&mut corner.cabinet, &to, 8, &[380, 150, 300, 150], start + 1180), 0);
    run(&mut corner, start + 1175, 0);
    assert_eq!(carried(&corner.cabinet), 1, "of the next cycle");
    run(&mut corner, start + 1180, 0);
    assert_eq!(carried(&corner.cabinet), 0);
    run(&mut corner, start + 2 * 1180 - 100, 0);
    assert_eq!(shows(&corner), (4, 0));
    assert_eq!(ask(&mut corner.cabinet, 2, SKIP, 4, 0, start + 3000), Refusal::Called as u16);
    run(&mut corner, start + 4 * 1180, 0);
    assert_eq!(corner.judge(), []);
}

/// The heads are ahead and end their cycle in the order they began it, while the plan is of another already: a stage is left out of it
/// only if their order lets it.
#[test]
fn a_skip_waits_for_heads_whose_order_does_not_let_it() {
    let spec = in_all_orders(shifted());
    let orders: Vec<Vec<usize>> = (0..=spec.sequences.len()).map(|k| order_of(&spec, k)).collect();
    let mut taken = 0;
    for (from, to) in orders.iter().flat_map(|from| orders.iter().map(move |to| (from, to))) {
        for late in 2..=4 {
            let (mut corner, start) = served_in(spec.clone(), from, 0);
            assert_eq!(push_in(&mut corner.cabinet, to, 8, &[380, 150, 300, 150], start + 1180), 0);
            let last = from[from.len() - 1];
            run(&mut corner, start + 1180 - [380, 150, 300, 150][last] - 45, 0);
            assert_eq!(ask(&mut corner.cabinet, 1, END_EARLY, last as u16 + 1, 0, start + 1190), 0);
            run(&mut corner, start + 1175, 0);
            assert_eq!((shows(&corner), status(&corner.cabinet).running), ((1, 0), 7), "they are ahead");
            run(&mut corner, start + 1185, 0);
            assert_eq!(status(&corner.cabinet).running, 8);
            taken += u16::from(ask(&mut corner.cabinet, 2, SKIP, late, 0, start + 2380) == 0);
            run(&mut corner, start + 4 * 1180, 0);
            assert_eq!(corner.judge(), [], "{from:?} to {to:?} without {late}");
        }
    }
    assert!(taken > 10, "{taken}");
}
