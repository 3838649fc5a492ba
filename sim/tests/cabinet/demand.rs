//! Actuated operation under random calls: the monitor stays silent, whoever calls is served in time, and coordination keeps its
//! cycle and its coordinated green to the tenth.

use crate::calls::*;
use crate::kit::*;
use crate::requests::{END_EARLY, EXTEND, HOLD, request};
use greenwave_sim::cabinet::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Act {
    /// Loops covered (bit k: channel k) for so many half seconds.
    Cover(u32, usize),
    Press(usize),
    /// A plan of the centre with these greens, for the next start of the cycle, run in this operation (word 13 of its block) and one
    /// of the orders.
    Push([i64; 4], u16, usize),
    Release,
    Manual(bool),
    Preempt(bool),
    Flash,
    Reboot,
    Clock(i64),
    /// A stage request: kind, stage, until and expiry from now.
    Ask(u16, u16, i64, i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let greens = (150i64..500, 60i64..300, 220i64..400, 60i64..300).prop_map(|(a, b, c, d)| [a, b, c, d]);
    let act = prop_oneof![
        20 => (any::<u32>(), any::<u32>(), 1usize..120).prop_map(|(a, b, n)| Act::Cover(a & b, n)),
        6 => (0usize..8, 1usize..120).prop_map(|(p, n)| Act::Cover(1 << p, n)),
        2 => (1usize..200).prop_map(|n| Act::Cover(u32::MAX, n)),
        2 => (1usize..200).prop_map(|n| Act::Cover(0, n)),
        4 => (PN..=PE).prop_map(Act::Press),
        4 => (greens, 0u16..3, 0usize..6).prop_map(|(greens, operation, order)| Act::Push(greens, operation, order)),
        1 => Just(Act::Release),
        1 => prop::bool::weighted(0.3).prop_map(Act::Manual),
        1 => prop::bool::weighted(0.3).prop_map(Act::Preempt),
        1 => Just(Act::Flash),
        1 => Just(Act::Reboot),
        1 => (-20i64..=20).prop_map(Act::Clock),
        8 => (1u16..=4, 1u16..=4, 1i64..1200, 1i64..1200).prop_map(|(k, s, u, e)| Act::Ask(k, s, u, e)),
    ];
    prop::collection::vec(act, 1..80)
}

/// Stages, overlapping stages, stages with late starts and early cuts, rings.
fn layouts() -> impl Strategy<Value = CabinetSpec> {
    prop_oneof![Just(legs()), Just(shifted()), Just(overlapping()), Just(rings())]
}

/// Late starts and early cuts in the arterial's stages.
pub(crate) fn shifted() -> CabinetSpec {
    let mut spec = legs();
    spec.stages[1].early_cuts = vec![(WL, 25)];
    spec.stages[1].late_starts = vec![(EL, 30)];
    spec.stages[1].min_green = 100;
    spec.stages[0].late_starts = vec![(ET, 20), (PN, 10)];
    spec.stages[0].early_cuts = vec![(PS, 20)];
    spec.stages[0].min_green = 180;
    spec
}

/// ST runs on into the stage of its own left turn; NL, whom it meets, goes with that of the arterial's.
pub(crate) fn overlapping() -> CabinetSpec {
    let mut spec = legs();
    spec.stages[3].phases = vec![ST, SL];
    spec.stages[3].min_green = 80;
    // NL has no stage of its own: it goes where nobody is in its way.
    for p in 0..12 {
        if ![ST, NT, SL].contains(&p) {
            spec.conflicts[NL] &= !(1 << p);
            spec.conflicts[p] &= !(1 << NL);
        }
    }
    spec.stages[1].phases.push(NL);
    (spec.intergreens[ST][PN], spec.intergreens[ST][PS]) = (50, 50);
    spec
}

fn plans() -> impl Strategy<Value = LocalPlan> {
    let recalls = prop::collection::vec(0usize..4, 0..3);
    (prop::option::of(0..CYCLE), recalls, prop::option::of(0usize..4), 10i64..50).prop_map(
        |(offset, recalls, rest, passage)| LocalPlan {
            actuation: Some(Actuation { recalls, rest, passage, ..actuation() }),
            ..actuated(&PROGRAMME, offset)
        },
    )
}

fn specs() -> impl Strategy<Value = CabinetSpec> {
    (layouts(), plans(), prop::bool::ANY, prop::collection::vec(prop::bool::ANY, 4), 0usize..12).prop_map(
        |(spec, plan, centre, buttons, draw)| {
            let mut spec = with_plan(spec, plan);
            if draw < 6 {
                spec.intergreens.iter_mut().flatten().for_each(|gap| *gap = (*gap).min(50));
                spec = in_all_orders(spec);
                let rings = !spec.rings.is_empty();
                spec.day_plan[0].plan.sequence = if rings { 0 } else { draw % (spec.sequences.len() + 1) };
            }
            spec.id = "dc01".into();
            spec.centre_actuation = centre.then(actuation);
            spec.on_request = (!centre).then(actuation);
            (PN..=PE).zip(buttons).for_each(|(p, on_call)| spec.phases[p].on_call = on_call);
            spec
        },
    )
}

fn act(corner: &mut Corner, act: &Act, generation: &mut u32) {
    match act {
        Act::Cover(covered, steps) => (0..*steps).for_each(|_| corner.step(*covered)),
        Act::Press(phase) => corner.cabinet.press(*phase),
        Act::Push(greens, operation, order) => {
            *generation += 1;
            let cycle: i64 = greens.iter().map(|g| g + 50).sum();
            let start = status(&corner.cabinet).cycle_start + i64::from(corner.cabinet.read(208, 1).unwrap()[0]);
            let order = order_of(corner.cabinet.spec(), *order);
            let mut words = block_in(&order, *generation, 1, greens, start.rem_euclid(cycle));
            words[13] = *operation;
            seal(&mut words);
            corner.cabinet.write(400, &words).unwrap();
            corner.cabinet.write(600, &commit(&words, start, 20)).unwrap();
            corner.cabinet.write(620, &[*generation as u16, 6000]).unwrap();
        }
        Act::Release => corner.cabinet.write(640, &[0x5245, 0]).unwrap(),
        Act::Manual(on) => corner.cabinet.set_manual(*on),
        Act::Preempt(on) => corner.cabinet.set_preempt(*on),
        Act::Flash => {
            corner.cabinet.set_flash(true, Fault::Conflict);
            corner.step(0);
            corner.cabinet.set_flash(false, Fault::None);
        }
        Act::Reboot => corner.cabinet.reboot(),
        Act::Clock(by) => {
            let clock = corner.cabinet.clock() + by;
            corner.cabinet.write(630, &quarters(clock)).unwrap();
        }
        Act::Ask(kind, stage, until, expiry) => {
            *generation += 1;
            let now = corner.cabinet.clock();
            let until = if matches!(*kind, HOLD | EXTEND) { now + until.min(expiry) } else { 0 };
            corner.cabinet.write(650, &request(*generation as u16, *kind, *stage, until, now + expiry)).unwrap();
        }
    }
}

/// The programme begins PN late in stage 1, but not so late that ST, whose green the calls ended, has cleared by then.
#[test]
fn a_programme_takes_heads_over_when_its_late_starters_find_everybody_cleared() {
    let plan = LocalPlan {
        actuation: Some(Actuation { passage: 26, rest: None, ..actuation() }),
        ..actuated(&PROGRAMME, None)
    };
    let mut spec = with_plan(shifted(), plan);
    spec.id = "dc01".into();
    for (phase, on_call) in [(PN, true), (PS, false), (PW, false), (PE, false)] {
        spec.phases[phase].on_call = on_call;
    }
    let mut corner = Corner::new(spec);
    let mut generation = 0;
    let story = [
        Act::Cover(1 << WL, 59),
        Act::Cover(u32::MAX, 188),
        Act::Cover(1 << NL, 47),
        Act::Push([180, 100, 220, 60], 0, 0),
        Act::Cover(1 << NL, 25),
        Act::Cover(0, 275),
    ];
    for it in &story {
        act(&mut corner, it, &mut generation);
    }
    // ST's green ends at 211.1 s, PN needs six seconds from there. The centre's cycle begins at 216.0 s and would have PN walk at
    // 217.0 s; a tenth later he would have no time to clear. So he walks in the next one.
    assert_eq!(corner.cabinet.cycle_start(), Some(T + 2160 + 760));
    let greens = corner.greens(&[ST, PN]);
    assert!(greens.contains(&(ST, 1891, 2111)));
    let walks: Vec<i64> = greens.iter().filter(|g| g.0 == PN).map(|g| g.1).collect();
    assert_eq!(walks, [2160 + 760 + 10]);
}

/// Pedestrians were told to clear by the calls 0.4 s before a programme, which shows the same stage, would tell them: it does not take
/// over then, or their clearance would last as much longer.
#[test]
fn a_clearance_that_has_begun_lasts_as_long_as_it_should_whoever_takes_over() {
    let mut spec = overlapping();
    spec.intergreens.iter_mut().flatten().for_each(|gap| *gap = (*gap).min(50));
    spec.sequences = vec![vec![0, 1, 3, 2]];
    let actuation = Some(Actuation { passage: 36, rest: None, ..actuation() });
    let mut spec = with_plan(spec, LocalPlan { sequence: 1, actuation, ..actuated(&PROGRAMME, None) });
    spec.id = "dc01".into();
    spec.on_request = Some(crate::calls::actuation());
    for phase in PN..=PE {
        spec.phases[phase].on_call = false;
    }
    let mut corner = Corner::new(spec);
    let mut generation = 0;
    let story = [
        Act::Cover(u32::MAX, 76),
        Act::Cover(1 << WL, 31),
        Act::Cover(1 << SL, 53),
        Act::Cover(0, 84),
        Act::Push([150, 60, 220, 80], 0, 0),
        Act::Cover(0, 203),
    ];
    for it in &story {
        act(&mut corner, it, &mut generation);
    }
    assert_eq!(status(&corner.cabinet).running, 1);
    assert_eq!((corner.judge(), corner.lingering()), (Vec::new(), Vec::new()));
}

/// The calls left the cross street late, so that stage 1 began 7 s after the programme's, which took it over. Asked to end it at once, it
/// counts the minimum, walk and clearance from when the heads began.
#[test]
fn a_green_that_was_taken_over_late_has_its_minimum_from_its_own_beginning() {
    let plan = LocalPlan { actuation: Some(Actuation { rest: None, ..actuation() }), ..actuated(&PROGRAMME, None) };
    let mut corner = Corner::new(CabinetSpec { id: "dc01".into(), ..with_plan(legs(), plan) });
    corner.until(CYCLE - 345, 1 << WT);
    // ST's minimum with the pedestrians beside him ends after the programme has begun.
    corner.cabinet.press(PW);
    act(&mut corner, &Act::Push(PROGRAMME, 0, 0), &mut 0);
    corner.until(CYCLE - 5, 1 << ST);
    assert!(corner.green(ST) && status(&corner.cabinet).cycle_start == T);
    let mut begun = 0;
    while begun == 0 {
        corner.step(0);
        begun = if corner.green(PN) { corner.now } else { 0 };
    }
    assert_eq!((status(&corner.cabinet).running, status(&corner.cabinet).cycle_start), (1, T + CYCLE));
    assert!((T + CYCLE + 50..T + CYCLE + 150).contains(&begun), "{}", begun - T - CYCLE);
    corner.cabinet.write(650, &request(1, END_EARLY, 1, 0, begun + 600)).unwrap();
    assert_eq!(status(&corner.cabinet).refusal, 0);
    corner.until(begun - T + 300, 0);
    let first = |greens: Vec<(usize, i64, i64)>| *greens.iter().find(|g| g.1 >= CYCLE).unwrap();
    let (_, from, to) = first(corner.greens(&[PN]));
    assert_eq!(to - from, 70);
    let (_, from, to) = first(corner.greens(&[WT]));
    assert_eq!(to - from, 150, "walk and clearance of those beside him");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_monitor_stays_silent(spec in specs(), story in acts()) {
        let mut corner = Corner::new(spec);
        let mut generation = 0;
        for (k, it) in story.iter().enumerate() {
            act(&mut corner, it, &mut generation);
            prop_assert_eq!(corner.judge(), [], "after act {}: {:?}", k, it);
        }
        prop_assert_eq!(corner.lingering(), []);
    }

    /// Somebody stands on a loop without ever going away, whatever the others do: he is served, free within one round of
    /// maxima, coordinated within two cycles.
    #[test]
    fn whoever_calls_is_served(spec in specs(), waits in 0usize..8, story in acts()) {
        let bound = match spec.day_plan[0].plan.offset {
            Some(_) => 2 * CYCLE + 300,
            // Four maxima, each with the clearance of 15 s and its late start, and changes of 6 s.
            None => 450 + 200 + 300 + 200 + 4 * (150 + 30 + 60) + 220,
        };
        let waits = if spec.inputs.iter().any(|i| i.phase == waits) { waits } else { ST };
        let mut corner = Corner::new(spec);
        let mut since = corner.now;
        for it in &story {
            let Act::Cover(covered, steps) = it else { continue };
            for _ in 0..*steps {
                corner.step(covered | 1 << waits);
                if corner.green(waits) {
                    since = corner.now;
                }
                prop_assert!(corner.now - since <= bound, "{waits} waits since {} s", (corner.now - since) / 10);
            }
        }
    }

    /// Whatever is called, cycles begin every 108 s, and the reference phase is green from its programmed start to its yield
    /// point at the least.
    #[test]
    fn coordination_keeps_its_cycle(spec in layouts(), story in acts()) {
        let plan = actuated(&PROGRAMME, Some(T.rem_euclid(CYCLE)));
        let late = spec.stages[0].late_starts.len() as i64 * 20;
        let mut corner = Corner::new(with_plan(spec, plan));
        for it in &story {
            let Act::Cover(covered, steps) = it else { continue };
            for _ in 0..*steps {
                corner.step(*covered);
                let into = (corner.now - T).rem_euclid(CYCLE);
                prop_assert_eq!(corner.cabinet.cycle_start(), Some(corner.now - into));
                if (late..PROGRAMME[0]).contains(&into) {
                    prop_assert!(corner.green(WT), "{into} into the cycle");
                }
            }
        }
    }

    /// When everybody always calls, vehicles see a coordinated plan of stages as the fixed-time one it is made of.
    #[test]
    fn full_demand_is_the_programme(spec in layouts(), offset in 0..CYCLE) {
        prop_assume!(spec.rings.is_empty());
        let changes = |actuation: Option<Actuation>| {
            let plan = LocalPlan { actuation, ..actuated(&PROGRAMME, Some(offset)) };
            let mut corner = Corner::new(with_plan(spec.clone(), plan));
            corner.until(2 * CYCLE, u32::MAX);
            corner.cabinet.lamp_changes();
            let mut greens = corner.greens(&[WT, ET, WL, EL, ST, NT, SL, NL]);
            greens.retain(|g| g.1 > CYCLE && g.2 > 0);
            greens
        };
        prop_assert_eq!(changes(None), changes(Some(actuation())));
    }

    /// Long strides see what short ones see while nobody calls anew.
    #[test]
    fn strides_do_not_matter(spec in specs(), covered in any::<u32>(), time in 1i64..3000) {
        let changes = |strides: bool| {
            let mut corner = Corner::new(spec.clone());
            for _ in 0..200 {
                corner.step(covered);
            }
            corner.step(0);
            if strides {
                for t in 1..time {
                    corner.cabinet.advance(corner.now + t, &[]);
                }
            }
            corner.cabinet.advance(corner.now + time, &[]);
            corner.cabinet.lamp_changes()
        };
        prop_assert_eq!(changes(false), changes(true));
    }
}
