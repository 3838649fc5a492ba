//! The arms: what a cabinet has of its own, and whether the core speaks to it. All arms meet the same arrivals.

use super::offsets::{Method, Methods, Task};
use crate::corridor::{Actuation, Intersection, IntersectionIndex, Network, Stage, StageIndex};
use crate::demand::{DayProfile, Flows};
use crate::optimise::{self, Settings};
use crate::plan::{DayPlans, Operation, Plan};
use crate::rig::{LocalEntry, PASSAGE};
use crate::units::Tenths;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Serialize;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Who controls the corridor (contract 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// Each intersection's own best fixed plan for the mean day's period, own cycle, phase drawn per seed; no bus.
    Isolated,
    /// Each intersection by its own detectors: gap-out and skips, maxima from the same optimum as `Isolated`; no bus.
    Actuated,
    /// Coordinated day plans, the strongest we can make from training days; in the cabinets, no bus.
    Fixed,
    /// `Fixed`, followed coordinated-actuated in every period: what the cabinets' own detectors add to it.
    FixedLoops,
    /// Starts from `Fixed`, sees only detectors over the bus, adapts.
    Greenwave,
    /// The same, and what loops upstream count over the cycle corrects its model of platoons.
    GreenwaveMeasured,
    /// `Fixed`'s cycles and splits with offsets drawn at random (seed 1): the placebo.
    PlaceboA,
    /// The same with seed 2.
    PlaceboB,
    /// `Fixed`'s cycles and splits with the offsets that are worst by the model: the harm.
    Harm,
    /// `Fixed`'s cycles and splits with the offsets that the optimiser finds for the mean day.
    OffsetsExact,
    /// The same, refined by the whole evaluation as `plan` does.
    OffsetsRefined,
    /// The same cycles and splits with offsets found by coordinate descent: intersection after intersection, until nobody moves.
    OffsetsDescent,
    /// With offsets found by the pairwise greedy method: each next intersection by its one link.
    OffsetsPairwise,
}

impl Arm {
    /// The arms a report compares.
    pub const REPORTED: [Arm; 4] = [Arm::Isolated, Arm::Actuated, Arm::Fixed, Arm::Greenwave];

    /// The name in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Arm::Isolated => "isolated",
            Arm::Actuated => "actuated",
            Arm::Fixed => "fixed",
            Arm::FixedLoops => "fixed-loops",
            Arm::Greenwave => "greenwave",
            Arm::GreenwaveMeasured => "greenwave-measured",
            Arm::PlaceboA => "placebo-a",
            Arm::PlaceboB => "placebo-b",
            Arm::Harm => "harm",
            Arm::OffsetsExact => "offsets-exact",
            Arm::OffsetsRefined => "offsets-refined",
            Arm::OffsetsDescent => "offsets-descent",
            Arm::OffsetsPairwise => "offsets-pairwise",
        }
    }

    const ALL: [Arm; 13] = [
        Arm::Isolated,
        Arm::Actuated,
        Arm::Fixed,
        Arm::FixedLoops,
        Arm::Greenwave,
        Arm::GreenwaveMeasured,
        Arm::PlaceboA,
        Arm::PlaceboB,
        Arm::Harm,
        Arm::OffsetsExact,
        Arm::OffsetsRefined,
        Arm::OffsetsDescent,
        Arm::OffsetsPairwise,
    ];
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Arm {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Arm::ALL.into_iter().find(|a| a.name() == text).ok_or_else(|| {
            let names: Vec<_> = Arm::ALL.iter().map(|a| a.name()).collect();
            format!("`{text}` is no arm: {}", names.join(", "))
        })
    }
}

/// Longest greens of the actuated arm as a share of the isolated plan's, and its passage time: what cost least on training days
/// 1 to 4 in delay and stops, and was confirmed on 11 to 14, of 100, 112, 125, 150 and 200 % and of 1 to 3.5 s, with and without upstream loops extending
/// (FHWA Signal Timing Manual, 2nd ed., chapter 6, has 125 to 150 % of optimal fixed-time splits, and for the passage time the
/// longest headway allowed less the time over the loop). Longer ones keep a green through the thin end of a platoon while
/// full queues wait; 1 s cuts queues apart. The cabinets hear their loops every half second, which adds up to that much.
const MAX_GREEN_PERCENT: u32 = 125;

/// Everything the arms run on, made once for all runs of a study.
#[derive(Debug, Clone)]
pub struct Book {
    /// The coordinated day plans.
    pub fixed: DayPlans,
    /// Per period and intersection, each intersection's own best.
    isolated: Vec<Vec<Plan>>,
    /// Per period, the offsets that are worst.
    harm: Vec<Vec<Plan>>,
    /// The offsets that different methods find.
    methods: Methods,
}

impl Book {
    /// Prepares the arms from the coordinated day plans and the mean day. `None` when an intersection has no plan at all
    /// for some period, which a checked definition does not let happen.
    pub fn new(network: &Network, profile: &DayProfile, fixed: DayPlans, settings: &Settings) -> Option<Book> {
        let mut isolated = Vec::new();
        let mut harm = Vec::new();
        let mut tasks = Vec::new();
        for (number, ((period, plans), factor)) in
            network.periods().iter().zip(fixed.periods()).zip(fixed.isolated_demand()).enumerate()
        {
            let flows = profile.mean(period.from_s, period.to_s);
            isolated.push(isolated_plans(network, &flows.scaled(factor), settings)?);
            harm.push(worst_offsets(network, &flows, plans, settings));
            tasks.push(Task::new(flows, plans, settings.weighing(network.weights(number))));
        }
        Some(Book { fixed, isolated, harm, methods: Methods::new(tasks) })
    }

    /// How the book lets an intersection be followed in a period, where it is otherwise than the period.
    fn by_book(&self, period: usize, index: IntersectionIndex) -> Option<Operation> {
        *self.fixed.own_operations().get(period)?.get(index.0)?
    }

    /// What the cabinets of an arm have of their own in one run, on a day of these periods.
    pub fn own(&self, network: &Network, arm: Arm, seed: u64, today: Range<usize>) -> Vec<Vec<LocalEntry>> {
        let by_period = |plans: &[Vec<Plan>], index: IntersectionIndex, alone: &dyn Fn(&Plan) -> Option<Tenths>| {
            let entry = |(number, (period, plans)): (usize, (&crate::corridor::Period, &Vec<Plan>))| {
                let plan = plans[index.0].clone();
                let at = network.intersection(index);
                let actuation = match arm {
                    Arm::Actuated => Some(longer(at, &plan)),
                    // What the book lets run free has the longest greens for it, whatever the arm.
                    Arm::Isolated => None,
                    _ if self.by_book(number, index).is_some_and(Operation::is_free) => {
                        let phase = phase_at_start(&plan, seed, index);
                        let actuation = Some(actuation(at, plan.stage_greens()));
                        return LocalEntry { from_s: period.from_s, alone: Some(phase), plan, actuation };
                    }
                    Arm::FixedLoops if self.by_book(number, index) != Some(Operation::FixedTime) => {
                        Some(actuation(at, plan.stage_greens()))
                    }
                    _ => None,
                };
                LocalEntry { from_s: period.from_s, alone: alone(&plan), plan, actuation }
            };
            let all: Vec<_> = network.periods().iter().zip(plans).enumerate().collect();
            all.get(today.clone()).unwrap_or_default().iter().copied().map(entry).collect::<Vec<_>>()
        };
        network
            .indices()
            .map(|index| match arm {
                Arm::Isolated | Arm::Actuated => {
                    by_period(&self.isolated, index, &|plan| Some(phase_at_start(plan, seed, index)))
                }
                Arm::Fixed | Arm::FixedLoops | Arm::Greenwave | Arm::GreenwaveMeasured => {
                    by_period(self.fixed.periods(), index, &|_| None)
                }
                Arm::Harm => by_period(&self.harm, index, &|_| None),
                Arm::OffsetsExact => by_period(self.methods.by(network, Method::Exact), index, &|_| None),
                Arm::OffsetsRefined => by_period(self.methods.by(network, Method::Refined), index, &|_| None),
                Arm::OffsetsDescent => by_period(self.methods.by(network, Method::Descent), index, &|_| None),
                Arm::OffsetsPairwise => by_period(self.methods.by(network, Method::Pairwise), index, &|_| None),
                Arm::PlaceboA | Arm::PlaceboB => {
                    let draw = stream(if arm == Arm::PlaceboA { 1 } else { 2 } << 32 | seed, index).random::<f64>();
                    let moved = |plan: &Plan| plan.at_offset(share_of(plan, draw).later());
                    let plans: Vec<Vec<Plan>> =
                        self.fixed.periods().iter().map(|p| p.iter().map(moved).collect()).collect();
                    by_period(&plans, index, &|_| None)
                }
            })
            .collect()
    }
}

/// How the actuated arm runs an intersection of this isolated plan.
fn longer(at: &Intersection, plan: &Plan) -> Actuation {
    let longest = |(green, stage): (Tenths, &Stage)| {
        let longer = Tenths::new(green.count() * MAX_GREEN_PERCENT / 100);
        longer.max(stage.min_green).min(stage.max_green)
    };
    actuation(at, plan.stage_greens().into_iter().zip(&at.stages).map(longest).collect())
}

/// Free operation with these longest greens: loops at the stop line and upstream call and extend, no stage is recalled but by
/// whom no loop sees, and the arterial rests in green.
pub(super) fn actuation(at: &Intersection, max_greens: Vec<Tenths>) -> Actuation {
    let rest = at.stages.iter().position(|s| s.phases.contains(&at.reference_phase)).map(StageIndex);
    Actuation { passage: PASSAGE, max_greens, recalls: Vec::new(), rest }
}

/// Each intersection's own best plan for these flows; `None` when one has none within its limits.
pub(super) fn isolated_plans(network: &Network, flows: &Flows, settings: &Settings) -> Option<Vec<Plan>> {
    network.indices().map(|index| optimise::isolated(network, index, flows, settings)).collect()
}

/// How far into its cycle an isolated intersection starts in a run.
pub(super) fn phase_at_start(plan: &Plan, seed: u64, index: IntersectionIndex) -> Tenths {
    share_of(plan, stream(seed, index).random::<f64>())
}

/// A random stream of its own for every intersection and run, so that no arm's draws shift another's.
fn stream(seed: u64, index: IntersectionIndex) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ index.0 as u64)
}

/// A share of a plan's cycle, in tenths.
fn share_of(plan: &Plan, share: f64) -> Tenths {
    Tenths::parse_seconds(plan.cycle.seconds() * share.min(0.999)).unwrap_or_default()
}

/// Moves each intersection's offset in turn to where the model's delay is worst: a coarse search is bad enough.
fn worst_offsets(network: &Network, flows: &Flows, plans: &[Plan], settings: &Settings) -> Vec<Plan> {
    const STEPS: u32 = 12;
    let mut plans = plans.to_vec();
    for index in 1..plans.len() {
        let cycle = plans[index].cycle.length().count();
        let delay = |step: u32, plans: &[Plan]| {
            let mut tried = plans.to_vec();
            tried[index] = tried[index].at_offset(Tenths::new(cycle * step / STEPS).later());
            let cost = optimise::predict(network, flows, &tried, settings).map_or(0.0, |p| p.delay_veh_s_per_h);
            (cost, tried)
        };
        let worst = (0..STEPS).map(|step| delay(step, &plans)).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, tried)) = worst {
            plans = tried;
        }
    }
    plans
}
