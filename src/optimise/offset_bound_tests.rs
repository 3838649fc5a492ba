//! The bound on offsets and orders against every offset and order, for several samples of flows, their tail and walkers.

use super::super::brief::Brief;
use super::super::samples::Samples;
use super::super::settings::Settings;
use super::super::tail::Tail;
use super::super::testing::{self, Stream};
use crate::corridor::{Arm, IntersectionIndex, Movement, StageIndex, sample};
use crate::plan::Plan;
use crate::units::{Shift, Tenths, VehiclesPerHour};

#[test]
fn nothing_costs_less_than_the_bound_on_any_samples() {
    let mut random = Stream(21);
    let lead = [0, 3, 2, 1].map(StageIndex);
    let mut below = 0;
    for case in 0..10 {
        // The ends are fed evenly, so platoons do not depend on offsets, only on the order they leave in.
        let network = sample::permitting(sample::arterial(&[random.between(150.0, 700.0).round()]), &[0, 3, 2, 1]);
        let day = |random: &mut Stream| {
            let (west, east) = (random.between(300.0, 1600.0), random.between(300.0, 1600.0));
            let mut flows = testing::flows(&network, west, east, random.between(100.0, 350.0));
            let left = VehiclesPerHour::new(random.between(40.0, 190.0)).unwrap();
            flows.set(IntersectionIndex(1), Arm::W, Movement::Left, left);
            flows.set(IntersectionIndex(0), Arm::E, Movement::Left, left);
            flows
        };
        let count = 1 + random.index(4);
        let samples = Samples::new((0..count).map(|_| day(&mut random)).collect()).unwrap();
        let mut settings = Settings::default();
        settings.objective.tail = Tail::new(random.next(), random.between(0.2, 1.0)).unwrap();
        settings.objective.pedestrian_weight = random.next();
        let brief = Brief::new(&network, &samples, &settings);
        let greens = [34, 14, 24, 9].map(Tenths::from_seconds);
        let offset = Shift::new(10 * random.index(90) as i64);
        let plan = |at| Plan::from_greens(at, &greens, Shift::new(0)).unwrap();
        let mut first: Vec<Plan> = network.intersections().iter().map(plan).collect();
        first[1] = first[1].at_offset(offset);
        let told = brief.offset_bound(&first).unwrap();
        let mut least = f64::MAX;
        for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
            let of = |plan: &Plan, other: bool| if other { plan.in_order(&lead).unwrap() } else { plan.clone() };
            let mut tried = vec![of(&first[0], a), of(&first[1], b)];
            for step in 0..i64::from(tried[0].cycle.length().count() / 10) {
                tried[1] = tried[1].at_offset(Shift::new(10 * step));
                least = least.min(brief.predict(&tried).unwrap().objective);
            }
        }
        assert!(told.bound <= least * (1.0 + 1e-9), "case {case}, {count} samples: {} {least}", told.bound);
        let exact = count == 1 || settings.objective.tail.weight() <= 0.0;
        assert!(!exact || (told.bound - least).abs() < 1e-6 * least, "case {case}: {} {least}", told.bound);
        below += usize::from(told.bound < least * (1.0 - 1e-6));
    }
    assert!(below > 0, "a tail is convex, so its bound lies below somewhere");
}
