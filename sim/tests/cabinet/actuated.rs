//! Actuated operation by hand-worked examples: stages, rings, coordination.

use crate::calls::*;
use crate::kit::*;
use greenwave_sim::cabinet::*;
use greenwave_sim::signal::Lamp;

const fn on(phase: usize) -> u32 {
    1 << phase
}

fn free() -> Corner {
    Corner::new(legs())
}

fn coordinated(spec: CabinetSpec) -> Corner {
    // The cycle starts at T.
    Corner::new(with_plan(spec, actuated(&PROGRAMME, Some(T.rem_euclid(CYCLE)))))
}

#[test]
fn nobody_calls_and_it_rests_with_walk() {
    let mut corner = free();
    corner.until(6000, 0);
    assert!([WT, ET, PN, PS].into_iter().all(|p| corner.green(p)));
    assert_eq!(corner.cabinet.read(7, 3).unwrap(), [1, 0, u16::MAX], "nothing ends it of itself");
    assert_eq!(corner.greens(&[WT, WL, ST, SL]), [(WT, 0, 0)]);
}

#[test]
fn a_call_ends_the_rest_skips_what_nobody_called_and_gaps_out() {
    let mut corner = free();
    corner.until(1000, 0);
    // A car on the cross street at T + 100 s; it stands on its loop until 3 s of green, then is gone.
    corner.until(1000 + 130 + 30, on(ST));
    corner.until(6000, 0);
    let greens = corner.greens(&[WT, WL, ST, SL, PN, PW]);
    // The call is known at 100.5 s: walk ends, 8 s of clearance, then 5 s of change (the left turns are left out).
    // The car has its minimum of 8 s, nobody pressed a button. Back to rest after 6 s, what ST needs before PN.
    let story = [(WT, 0, 1085), (PN, 0, 1005), (ST, 1135, 1215), (WT, 1275, 0), (PN, 1275, 0)];
    assert_eq!(greens, story);
}

#[test]
fn passage_extends_and_the_last_vehicle_gaps_out() {
    let mut corner = free();
    corner.until(500, 0);
    // The left turn is called at 50.5 s and green from 50.5 + 8 + 5 = 63.5 s; somebody is on the loop until 75 s. The
    // cross street waits all the time, so the maximum of 20 s runs too.
    corner.until(750, on(WL) | on(ST));
    corner.until(2000, on(ST));
    assert_eq!(corner.greens(&[WL, ST])[..1], [(WL, 635, 775)], "2.5 s after the last half second of cover");
}

#[test]
fn a_maximum_begins_with_the_first_opposing_call() {
    let mut spec = legs();
    (spec.phases[PN].on_call, spec.phases[PS].on_call) = (true, true);
    let mut corner = Corner::new(spec);
    corner.until(500, 0);
    corner.until(800, on(WL));
    // Left turns since 55.5 s (nobody walked), and nobody else waits. At 80.5 s somebody does.
    corner.until(2000, on(WL) | on(SL));
    let greens = corner.greens(&[WL, SL]);
    assert_eq!(greens[0], (WL, 555, 1005), "20 s after 80.5 s");
    assert_eq!(greens[1].1, 1055);
}

#[test]
fn a_called_button_lengthens_the_stage_and_an_uncalled_one_does_not() {
    // The car gaps out 2.5 s after it was last on its loop, at 70 s; walk and clearance take 7 + 15 s.
    for (pressed, length) in [(false, 90), (true, 220)] {
        let mut corner = free();
        corner.until(500, 0);
        if pressed {
            corner.cabinet.press(PW);
        }
        corner.until(700, on(NT));
        corner.until(2000, 0);
        let greens = corner.greens(&[NT, PW, PE]);
        assert_eq!((greens[0].0, greens[0].2 - greens[0].1), (NT, length));
        let walked: Vec<_> = greens.iter().filter(|g| g.0 != NT).map(|g| (g.0, g.2 - g.1)).collect();
        assert_eq!(walked, if pressed { vec![(PW, 70)] } else { vec![] });
    }
}

#[test]
fn locking_memory_keeps_a_call_and_non_locking_forgets_it() {
    for (memory, served) in [(Memory::NonLocking, false), (Memory::Locking, true)] {
        let mut spec = legs();
        spec.inputs[SL].call = Some(memory);
        let mut corner = Corner::new(spec);
        corner.until(500, 0);
        // While the cross street's call is served, somebody passes the left turn's loop for half a second.
        corner.until(700, on(ST));
        corner.step(on(SL));
        corner.until(3000, 0);
        assert_eq!(corner.greens(&[SL]).len() == 1, served);
    }
}

#[test]
fn recalled_stages_and_phases_without_loops_are_served_in_every_round() {
    let mut spec = legs();
    spec.inputs.retain(|i| ![SL, NL].contains(&i.phase));
    let mut plan = actuated(&PROGRAMME, None);
    if let Some(actuation) = &mut plan.actuation {
        actuation.recalls = vec![0, 1];
    }
    let mut corner = Corner::new(with_plan(spec, plan));
    corner.until(4000, 0);
    let greens = corner.greens(&[WT, WL, ST, SL]);
    let lengths: Vec<_> = greens[..6].iter().map(|g| (g.0, g.2 - g.1)).collect();
    // The blind left turn keeps its green to its maximum; recalled ones have their minimum (walk and clearance: 15 s).
    assert_eq!(lengths, [(WT, 150), (WL, 60), (SL, 200), (WT, 150), (WL, 60), (SL, 200)]);
}

#[test]
fn early_cuts_and_late_starts_hold_in_fixed_and_in_actuated_stages() {
    for actuation in [None, Some(Actuation { recalls: vec![0, 1, 2, 3], ..actuation() })] {
        let mut spec = legs();
        spec.stages[1].late_starts = vec![(EL, 20)];
        spec.stages[1].early_cuts = vec![(WL, 15)];
        spec.stages[1].min_green = 80;
        let plan = LocalPlan { actuation: actuation.clone(), ..actuated(&PROGRAMME, None) };
        let mut corner = Corner::new(with_plan(spec, plan));
        corner.until(5000, on(WT) | on(ST));
        let greens = corner.greens(&[WL, EL]);
        let length = if actuation.is_some() { 95 } else { 120 };
        let (w, e) = (greens[0], greens[1]);
        assert_eq!((w.0, e.0, e.1 - w.1, e.2 - w.2), (WL, EL, 20, 15), "{greens:?}");
        assert_eq!(e.2 - w.1, length, "late start, minimum of 6 s, then the early cut");
        let mut corner = Corner::new(legs());
        corner.until(100, 0);
        assert_eq!(corner.judge(), []);
    }
}

#[test]
fn coordination_forces_off_skips_and_gives_back() {
    // Everybody always calls: the programme to the tenth.
    let mut corner = coordinated(legs());
    corner.until(2 * CYCLE, u32::MAX);
    let greens = corner.greens(&[WT, WL, ST, SL]);
    let programme = [(WT, 0, 400), (WL, 450, 570), (ST, 620, 860), (SL, 910, 1030), (WT, 1080, 1480)];
    assert_eq!(greens[..5], programme);
    // Nobody calls: the coordinated stage keeps it all, and walks again at each programmed start.
    let mut corner = coordinated(legs());
    corner.until(3 * CYCLE, 0);
    assert_eq!(corner.greens(&[WT, WL, ST, SL]), [(WT, 0, 0)]);
    let mut corner = coordinated(legs());
    corner.until(3 * CYCLE, 0);
    assert_eq!(corner.greens(&[PN]), [(PN, 0, 320), (PN, 1080, 1400), (PN, 2160, 2480), (PN, 3240, 0)]);
}

#[test]
fn an_early_return_leaves_the_yield_point_where_it_is() {
    let mut corner = coordinated(legs());
    // Left turn called before the yield point at 40 s, nobody on the loop any more from 48 s on.
    corner.until(480, on(WL));
    corner.until(1000, 0);
    // Long after it returned, and before its own window closes, the cross street calls: it waits for the next yield point.
    corner.until(1700, on(ST));
    corner.until(2 * CYCLE, 0);
    let greens = corner.greens(&[WT, WL, ST]);
    // 48 s + 2.5 s is before the left turn's minimum ends: 45 + 6 = 51 s. Back 6 s later: the left turn from the east and the
    // crossing in its way need one more than the stage's own 5 s. Yield at 108 + 40 s.
    assert_eq!(greens[..3], [(WT, 0, 400), (WL, 450, 510), (WT, 570, 1480)]);
    assert_eq!((greens[3].0, greens[3].1), (ST, 1530));
    assert_eq!(status(&corner.cabinet).cycle_start, T + CYCLE * 2, "the cycle runs on as programmed");
}

#[test]
fn a_late_call_is_served_while_its_minimum_ends_before_its_force_off() {
    // Cross left: force-off at 103 s, minimum 6 s, change 5 s: the last moment to leave the coordinated stage is 92 s.
    for (called, served) in [(915, true), (925, false)] {
        let mut corner = coordinated(legs());
        corner.until(called - 5, 0);
        corner.until(CYCLE, on(SL));
        corner.until(CYCLE + 300, 0);
        let greens = corner.greens(&[SL]);
        assert_eq!(greens, if served { vec![(SL, called + 50, 1030)] } else { vec![] }, "{called}");
    }
}

#[test]
fn rings_time_their_own_phases_and_cross_barriers_together() {
    let mut corner = Corner::new(rings());
    corner.until(500, 0);
    // Only one left turn is called: its ring leaves the through phase, the other ring's through phase stays.
    corner.until(700, on(WL));
    corner.until(1200, 0);
    assert_eq!(corner.judge(), []);
    let mut corner = Corner::new(rings());
    corner.until(500, 0);
    corner.until(700, on(WL));
    corner.until(1200, 0);
    let greens = corner.greens(&[WT, ET, WL, EL]);
    assert_eq!(greens[..2], [(WT, 0, 0), (ET, 0, 585)], "PN walks with ET: 8 s of clearance first");
    assert_eq!((greens[2].0, greens[2].1), (WL, 635));
    // A call behind the barrier: both rings end at one moment, and the uncalled ring goes along (dual entry).
    let mut corner = Corner::new(rings());
    corner.until(500, 0);
    corner.until(800, on(NT));
    corner.until(3000, 0);
    let greens = corner.greens(&[WT, ET, ST, NT]);
    assert_eq!(greens[..2], [(WT, 0, 585), (ET, 0, 585)]);
    assert_eq!((greens[2].1, greens[3].1), (635, 635));
    assert_eq!(greens[2].2, greens[3].2);
}

#[test]
fn coordinated_rings_keep_the_programme() {
    let mut corner = coordinated(rings());
    corner.until(2 * CYCLE, u32::MAX);
    let greens = corner.greens(&[WT, WL, ST, SL]);
    let programme = [(WT, 0, 400), (WL, 450, 570), (ST, 620, 860), (SL, 910, 1030), (WT, 1080, 1480)];
    assert_eq!(greens[..5], programme);
    // Only one ring's left turn is called: the other ring's coordinated phase keeps its green.
    let mut corner = coordinated(rings());
    corner.until(480, on(WL));
    corner.until(CYCLE, 0);
    let greens = corner.greens(&[WT, ET, WL, EL]);
    assert_eq!(greens, [(WT, 0, 0), (ET, 0, 400), (WL, 450, 510), (ET, 560, 0)]);
}

#[test]
fn a_centre_plan_of_fixed_time_takes_over_from_free_operation_and_gives_back() {
    let mut spec = legs();
    spec.id = "dc01".into();
    let mut corner = Corner::new(spec);
    corner.until(900, on(SL) | on(WL));
    // The background cycle of the local plan runs since T: the commit is foretold on it.
    let words = plan_of_four(5, &PROGRAMME, (T + CYCLE).rem_euclid(CYCLE));
    corner.cabinet.write(400, &words).unwrap();
    corner.cabinet.write(600, &commit(&words, T + CYCLE, 60)).unwrap();
    assert_eq!(status(&corner.cabinet).refusal, 0);
    corner.until(CYCLE - 5, on(SL) | on(WL));
    assert_eq!(status(&corner.cabinet).running, 0);
    corner.until(CYCLE, on(SL));
    assert_eq!((status(&corner.cabinet).running, status(&corner.cabinet).cycle_start), (5, T + CYCLE));
    // In step within that cycle, and then to the tenth what the plan says, whoever calls.
    corner.until(2 * CYCLE, on(SL));
    assert_eq!(corner.judge(), []);
    corner.until(3 * CYCLE, on(ST));
    let greens = corner.greens(&[WT, WL, ST, SL]);
    let at = |k: i64| 2 * CYCLE + k;
    let since: Vec<_> = greens.into_iter().filter(|g| g.1 >= at(0)).collect();
    assert_eq!(
        since,
        [
            (WT, at(0), at(400)),
            (WL, at(450), at(570)),
            (ST, at(620), at(860)),
            (SL, at(910), at(1030)),
            (WT, at(CYCLE), 0)
        ]
    );
    corner.cabinet.write(640, &[0x5245, 0]).unwrap();
    corner.until(5 * CYCLE, 0);
    assert_eq!(status(&corner.cabinet).mode, Mode::Local as u16);
    assert!(corner.green(WT) && corner.cabinet.lamps()[WL] == Lamp::Red);
}

/// A plan block for four stages.
fn plan_of_four(generation: u32, greens: &[i64; 4], offset: i64) -> Vec<u16> {
    block(generation, 1, greens, offset)
}
