//! Storms of stage requests, and what storms found: greens that meet where a stage between them is left out.

use crate::calls::{Corner, ET, NT, PE, PS, PW, ST, actuated, legs, with_plan};
use crate::demand::{overlapping, shifted};
use crate::kit::*;
use crate::requests::*;
use greenwave_sim::cabinet::*;
use greenwave_sim::signal::Lamp;
use proptest::prelude::*;

/// Any stage but the first may be left out.
pub(crate) fn skippable() -> CabinetSpec {
    let mut spec = legs();
    spec.intergreens.iter_mut().flatten().for_each(|gap| *gap = (*gap).min(50));
    spec
}

/// Stage 2 is left out; stage 3 runs when its turn would have been.
#[test]
fn a_stage_that_is_left_out_stays_out_whatever_is_asked_afterwards() {
    for (kind, stage) in [(SKIP, 3), (SKIP, 4), (HOLD, 2), (END_EARLY, 2), (0, 0)] {
        let (mut corner, start) = served_by(skippable(), 0);
        assert_eq!(ask(&mut corner.cabinet, 1, SKIP, 2, 0, start + 1000), 0);
        run(&mut corner, start + 500, 0);
        assert_eq!(shows(&corner), (3, 0));
        let until = if kind == HOLD { start + 900 } else { 0 };
        assert_eq!(ask(&mut corner.cabinet, 2, kind, stage, until, start + 1100), 0);
        run(&mut corner, start + 505, 0);
        assert_eq!(shows(&corner), (3, 0), "kind {kind} stage {stage}");
        run(&mut corner, start + 2400, 0);
        assert_eq!(corner.judge(), [], "kind {kind} stage {stage}");
    }
}

#[test]
fn a_stage_asked_for_too_late_is_left_out_of_the_next_cycle() {
    let (mut corner, start) = served_by(skippable(), 0);
    assert_eq!(ask(&mut corner.cabinet, 1, SKIP, 2, 0, start + 1000), 0);
    run(&mut corner, start + 500, 0);
    assert_eq!(ask(&mut corner.cabinet, 2, SKIP, 4, 0, start + 1700), 0);
    run(&mut corner, start + 985, 0);
    assert_eq!((shows(&corner), carried(&corner.cabinet)), ((4, 0), 2), "one stage a cycle");
    run(&mut corner, start + 1180 + 800, 0);
    assert_eq!(carried(&corner.cabinet), 0, "expired on the way");
    assert_eq!(ask(&mut corner.cabinet, 3, SKIP, 4, 0, start + 2 * 1180 + 800), 0);
    run(&mut corner, start + 2 * 1180 - 195, 0);
    assert_eq!(shows(&corner), (4, 0), "pedestrians were told at 78 s");
    run(&mut corner, start + 3 * 1180 - 195, 0);
    assert_ne!(shows(&corner).0, 4);
    run(&mut corner, start + 3 * 1180 + 5, 0);
    assert_eq!((shows(&corner), carried(&corner.cabinet)), ((1, 0), 0));
    assert_eq!(corner.judge(), []);
}

#[test]
fn a_skip_that_is_replaced_in_time_leaves_out_the_other_one() {
    let (mut corner, start) = served_by(skippable(), 0);
    assert_eq!(ask(&mut corner.cabinet, 1, SKIP, 2, 0, start + 1000), 0);
    run(&mut corner, start + 100, 0);
    assert_eq!(ask(&mut corner.cabinet, 2, SKIP, 4, 0, start + 1100), 0);
    run(&mut corner, start + 435, 0);
    assert_eq!(shows(&corner), (2, 0));
    run(&mut corner, start + 985, 0);
    assert_ne!(shows(&corner).0, 4);
    run(&mut corner, start + 1185, 0);
    assert_eq!((shows(&corner), carried(&corner.cabinet)), ((1, 0), 0));
    assert_eq!(corner.judge(), []);
}

/// Whoever is green in the last stage and the first goes on when the stage between is left out, though he begins late else.
#[test]
fn a_green_that_runs_on_into_the_next_cycle_does_not_begin_late_in_it() {
    let (mut corner, start) = served_by(through(), 0);
    assert!(!corner.green(ET), "late, after stage 4");
    assert_eq!(ask(&mut corner.cabinet, 1, SKIP, 4, 0, start + 1200), 0);
    run(&mut corner, start + 630, 0);
    while corner.now < start + 1180 + 380 {
        assert!(corner.green(ET), "{} after the start", corner.now - start);
        corner.step(0);
    }
    assert_eq!(corner.judge(), []);
}

/// Heads that a request has moved are anywhere when the plan changes; an actuated one takes them over in the midst of a yellow.
#[test]
fn an_actuated_plan_takes_over_heads_that_a_request_has_moved() {
    for flags in [1, 2] {
        for until in (1000..1180).step_by(5) {
            let (mut corner, start) = served(0);
            run(&mut corner, start + 600, 0);
            let end = start + until;
            assert_eq!(ask(&mut corner.cabinet, 1, HOLD, 3, end, end), 0);
            let mut words = block(8, 1, &[380, 150, 300, 150], start.rem_euclid(1180));
            words[13] = flags;
            seal(&mut words);
            corner.cabinet.write(400, &words).unwrap();
            corner.cabinet.write(600, &commit(&words, start + 1180, 60)).unwrap();
            assert_eq!(status(&corner.cabinet).refusal, 0);
            run(&mut corner, start + 1180 + 300, 1 << ST);
            assert_eq!((status(&corner.cabinet).running, corner.judge()), (8, Vec::new()), "{until}");
            let mut served = false;
            while corner.now < start + 3 * 1180 {
                corner.step(1 << ST);
                served |= corner.green(ST);
            }
            assert!(served, "held until {until}: whoever calls is served");
        }
    }
}

#[derive(Debug, Clone)]
struct Storm {
    kind: u16,
    stage: u16,
    until: i64,
    expiry: i64,
    pause: i64,
}

fn storms() -> impl Strategy<Value = Vec<Storm>> {
    let one = (0u16..=4, 1u16..=4, 1i64..1400, 0i64..1300, prop_oneof![1i64..60, 1i64..900]);
    let one = one.prop_map(|(kind, stage, until, expiry, pause)| Storm { kind, stage, until, expiry, pause });
    prop::collection::vec(one, 1..60)
}

/// Greens of four stages that a plan may have on the legs.
fn plans() -> impl Strategy<Value = [i64; 4]> {
    (150i64..700, 60i64..400, 220i64..500, 60i64..400).prop_map(|(a, b, c, d)| [a, b, c, d])
}

/// Stages, stages with late starts and early cuts, overlapping stages.
fn layouts() -> impl Strategy<Value = CabinetSpec> {
    prop_oneof![Just(legs()), Just(skippable()), Just(shifted()), Just(overlapping()), Just(through())]
}

/// Pedestrians who walk in stages 1 and 3, and vehicles who are green in stages 3 and 1, beginning late, but in no other: they go
/// on where the stage between is left out.
fn through() -> CabinetSpec {
    let mut spec = skippable();
    spec.stages[2].phases.push(PS);
    spec.stages[2].phases.push(ET);
    spec.stages[0].late_starts = vec![(ET, 20)];
    for (free, with) in [(PS, vec![ST, NT, PW, PE]), (ET, vec![ST, NT, PW, PE])] {
        for other in with {
            spec.conflicts[free] &= !(1 << other);
            spec.conflicts[other] &= !(1 << free);
        }
    }
    spec
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Thousands of requests of all kinds: no conflict, no short green, no long one, the programme's cycle starts as if nothing
    /// had been asked; once the last is over, within three cycles the heads are the programme's again.
    #[test]
    fn storms_break_nothing(
        layout in layouts(),
        storm in storms(),
        plan in plans(),
        covered in 0u32..256,
        silent in any::<bool>(),
        (first, second, when) in (0usize..6, 0usize..6, 0usize..20),
    ) {
        let layout = in_all_orders(layout);
        let orders = [first, second].map(|draw| order_of(&layout, draw));
        let plan: [i64; 4] = std::array::from_fn(|k| plan[k].max(layout.stages[k].min_green));
        let cycle: i64 = plan.iter().map(|g| g + 50).sum();
        prop_assume!((690..=2000).contains(&cycle));
        let mut spec = with_plan(layout, LocalPlan { actuation: None, ..actuated(&plan, Some(0)) });
        spec.id = "dc01".into();
        for p in &mut spec.phases {
            p.on_call = matches!(p.kind, PhaseKind::Pedestrian { .. });
        }
        let limits: Vec<(i64, i64)> = spec.stages.iter().map(|s| (s.min_green, s.max_green)).collect();
        let mut corner = Corner::new(spec);
        let start = status(&corner.cabinet).cycle_start + cycle;
        prop_assert_eq!(push_in(&mut corner.cabinet, &orders[0], 7, &plan, start), 0);
        run(&mut corner, start, 0);
        let mut beats = 0u16;
        let mut greens: Vec<(u16, i64, i64)> = Vec::new();
        let mut last_asked = corner.now;
        let until = |corner: &mut Corner, to: i64, covered: u32, beats: &mut u16, greens: &mut Vec<(u16, i64, i64)>| {
            while corner.now < to {
                corner.step(covered);
                *beats = beats.wrapping_add(1);
                corner.cabinet.write(620, &[*beats, 300]).unwrap();
                let (stage, interval) = shows(corner);
                match greens.last_mut() {
                    Some(g) if interval == 0 && g.0 == stage && g.2 == corner.now - 5 => g.2 = corner.now,
                    _ if interval == 0 => greens.push((stage, corner.now, corner.now)),
                    _ => {}
                }
                assert_eq!(corner.cabinet.cycle_start(), Some(corner.now - (corner.now - start).rem_euclid(cycle)));
            }
        };
        let mut order = &orders[0];
        for (k, s) in storm.iter().enumerate() {
            let now = corner.now;
            if k == when {
                // The same greens in another order, wherever requests have brought the heads.
                let begins = status(&corner.cabinet).cycle_start + cycle;
                if push_in(&mut corner.cabinet, &orders[1], 8, &plan, begins) == 0 {
                    order = &orders[1];
                }
            }
            let timed = matches!(s.kind, HOLD | EXTEND);
            let words = request(
                k as u16 + 1,
                s.kind,
                if s.kind == 0 { 0 } else { s.stage },
                if timed { now + s.until.min(s.expiry) } else { 0 },
                now + s.expiry,
            );
            corner.cabinet.write(650, &words).unwrap();
            let refused = status(&corner.cabinet).refusal;
            prop_assert!([0, 21, 22, 25].contains(&refused), "{}", refused);
            let expected = if s.kind == 0 { 0 } else { k as u16 + 1 };
            prop_assert!(refused != 0 || carried(&corner.cabinet) == expected);
            last_asked = now;
            until(&mut corner, now + s.pause, covered & (0x55 << (k % 2)), &mut beats, &mut greens);
            if refused == 0 && corner.now >= now + s.expiry {
                prop_assert_eq!(carried(&corner.cabinet), 0, "expired");
            }
            prop_assert_eq!(corner.judge(), []);
        }
        if silent {
            corner.cabinet.write(620, &[beats, 300]).unwrap();
            let silence = corner.now + 300;
            run(&mut corner, silence, 0);
            prop_assert_eq!(carried(&corner.cabinet), 0);
            while corner.cabinet.running_generation().is_some() {
                corner.step(0);
                // Looked at every half second.
                prop_assert!(corner.now < silence + cycle + 5);
            }
            let local = corner.now + 2 * cycle;
            run(&mut corner, local, covered);
            prop_assert_eq!((corner.judge(), corner.lingering()), (Vec::new(), Vec::new()));
            return Ok(());
        }
        while carried(&corner.cabinet) != 0 {
            prop_assert!(corner.now - last_asked <= 1205);
            let next = corner.now + 5;
            until(&mut corner, next, 0, &mut beats, &mut greens);
        }
        // One round from the end of its green, which came half a cycle early at the most; then the cycle's end.
        let settled = (corner.now - start + cycle / 2 + 2 * cycle) / cycle * cycle + start;
        until(&mut corner, settled, 0, &mut beats, &mut greens);
        for &(stage, from, to) in &greens[1..greens.len() - 1] {
            // Seen every half second.
            let (least, most) = limits[usize::from(stage) - 1];
            prop_assert!(to - from + 9 >= least && to - from <= most, "{} {} {}", stage, from, to);
        }
        prop_assert_eq!(carried(&corner.cabinet), 0);
        let w = corner.cabinet.read(7, 3).unwrap();
        let left = plan[0] - (corner.now - settled);
        prop_assert_eq!(&w[..], &[1, 0, left as u16][..], "in step at the cycle's start");
        let mut shown: Vec<usize> = Vec::new();
        while corner.now < settled + cycle {
            let next = corner.now + 5;
            until(&mut corner, next, 0, &mut beats, &mut greens);
            let (stage, interval) = shows(&corner);
            if interval == 0 && corner.now < settled + cycle && shown.last() != Some(&(usize::from(stage) - 1)) {
                shown.push(usize::from(stage) - 1);
            }
        }
        prop_assert_eq!(&shown, order);
        prop_assert_eq!((corner.judge(), corner.lingering()), (Vec::new(), Vec::new()));
        for phase in 0..8 {
            prop_assert!(corner.cabinet.lamps()[phase] != Lamp::Dark);
        }
    }
}
