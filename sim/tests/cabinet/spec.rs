//! Installations that can not be: each rule of the specification by its own mutant.

use crate::kit::*;
use greenwave_sim::cabinet::{Breach, Cabinet, CabinetSpec, PhaseKind, SpecError};

fn refused(mutate: impl Fn(&mut CabinetSpec)) -> SpecError {
    let mut spec = spec();
    mutate(&mut spec);
    Cabinet::new(spec, T).expect_err("the mutant must be refused")
}

#[test]
fn each_rule_has_its_mutant() {
    let unsafe_ = SpecError::Unsafe;
    let day = |breach| SpecError::DayPlan { line: 0, breach };
    let shape = |what| SpecError::Shape { what };
    assert_eq!(refused(|s| s.stages.clear()), SpecError::Count { what: "stages", count: 0, most: 16 });
    assert_eq!(refused(|s| s.detectors = 33), SpecError::Count { what: "detector channels", count: 33, most: 32 });
    assert_eq!(
        refused(|s| s.day_plan.clear()),
        SpecError::Count { what: "day plan lines", count: 0, most: usize::MAX }
    );
    assert_eq!(refused(|s| s.intergreens[2].truncate(3)), shape("intergreens"));
    assert_eq!(refused(|s| s.conflicts[0] |= 1 << 9), shape("conflicts"));
    assert_eq!(refused(|s| s.stages[0].phases.push(6)), shape("stages"));
    assert_eq!(refused(|s| s.reference_phase = 6), shape("reference phase"));
    assert_eq!(refused(|s| s.day_plan[0].plan.greens.truncate(2)), shape("day plan"));
    assert_eq!(refused(|s| s.conflicts[1] = 0), SpecError::Conflicts(1, 2));
    assert_eq!(refused(|s| s.conflicts[1] |= 1 << 1), SpecError::Conflicts(1, 1));
    assert_eq!(refused(|s| s.day_plan[0].from_s = 86_400), SpecError::DayOrder(0));
    assert_eq!(refused(|s| s.day_plan.extend(s.day_plan.clone())), SpecError::DayOrder(1));
    assert_eq!(refused(|s| s.stages[0].phases = vec![0, 4]), SpecError::Unserved(1));
    assert!(matches!(refused(|s| s.intergreens[0][1] = -1), SpecError::Time { .. }));
    assert!(matches!(refused(|s| s.stages[1].max_green = 69), SpecError::Time { .. }));
    assert!(matches!(refused(|s| s.cycle_max = 70_000), SpecError::Time { .. }));
    for wrong in [vec![0, 1], vec![0, 1, 3], vec![1, 0, 2], vec![0, 1, 2], vec![0, 2, 2], vec![]] {
        assert_eq!(refused(|s| s.sequences = vec![wrong.clone()]), shape("sequences"), "{wrong:?}");
    }
    assert_eq!(refused(|s| s.sequences = vec![vec![0, 2, 1]; 2]), shape("sequences"));
    assert_eq!(refused(|s| s.day_plan[0].plan.sequence = 1), shape("orders of day plan"));
    // In the programmed order stage 1 does not follow stage 2, in the other one it does.
    let turned = |s: &mut CabinetSpec| (s.intergreens[2][1], s.sequences) = (51, vec![vec![0, 2, 1]]);
    assert_eq!(refused(turned), unsafe_(Breach::Intergreen(2, 1)));
    assert_eq!(refused(|s| s.stages[0].phases.push(3)), unsafe_(Breach::Conflict(0, 3)));
    assert_eq!(refused(|s| s.phases[2].min_green = 71), unsafe_(Breach::Minimum { stage: 1, phase: 2 }));
    let longer = PhaseKind::Pedestrian { walk: 71, clearance: 120 };
    assert_eq!(refused(|s| s.phases[4].kind = longer), unsafe_(Breach::Minimum { stage: 0, phase: 4 }));
    assert_eq!(refused(|s| s.intergreens[3][1] = 51), unsafe_(Breach::Intergreen(3, 1)));
    // Over the stage between: stage 2 gives 5 + 7 + 5 s.
    assert_eq!(refused(|s| s.intergreens[1][3] = 171), unsafe_(Breach::Intergreen(1, 3)));
    assert_eq!(refused(|s| (s.stages[1].yellow, s.stages[1].all_red) = (0, 50)), unsafe_(Breach::Yellow(1)));
    assert_eq!(refused(|s| s.day_plan[0].plan.greens[0] = 189), day(Breach::Green(0)));
    assert_eq!(refused(|s| s.day_plan[0].plan.greens[1] = 401), day(Breach::Green(1)));
    assert_eq!(refused(|s| s.cycle_max = 999), day(Breach::Cycle));
    assert_eq!(refused(|s| s.day_plan[0].plan.offset = Some(1000)), day(Breach::Offset));
}
