//! The rules, one function each. Adding a rule means: a function, a [`Breach`], a line in [`TARGET_RULES`] or
//! [`CHANGE_RULES`], and a mutant in `tests/safety.rs` that only this rule refuses.

use super::admit::Change;
use crate::corridor::profile::Carrier;
use crate::corridor::{Intersection, PhaseIndex, StageIndex};
use crate::plan::{Operation, Plan, Split};
use crate::units::{Moment, Tenths};
use serde::Serialize;

/// What the engineer lets a change do, beyond the intersection's own limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Most a cycle may differ from the one running before it, in percent of the latter: a change to another plan and a step
    /// on the way to its offset may come together.
    pub cycle_change_percent: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { cycle_change_percent: 60 }
    }
}

/// One way in which a plan breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum Breach {
    /// A time no cabinet can hold: longer than a register. Nothing else is judged then.
    #[error("{time} is longer than a register holds, {most}")]
    TooLong {
        /// The time.
        time: Tenths,
        /// Longest.
        most: Tenths,
    },
    /// More stages than a plan may have. Nothing else is judged then.
    #[error("{stages} stages in a plan, {most} are the most")]
    TooManyStages {
        /// How many.
        stages: usize,
        /// Most.
        most: usize,
    },
    /// The plan names a stage that the intersection does not have.
    #[error("stage {} does not exist", stage.0 + 1)]
    UnknownStage {
        /// The stage.
        stage: StageIndex,
    },
    /// The stages do not come in the programmed order, nor in one that is permitted beside it; where detectors time rings, only
    /// in the programmed one.
    #[error("the stage sequence is not a permitted one")]
    Sequence,
    /// The controller can not follow a plan in this way.
    #[error("the controller can not follow a plan like this: {operation:?}")]
    Operation {
        /// How.
        operation: Operation,
    },
    /// The shortest cycle that the cabinet makes on its own way to an offset is none the intersection may run.
    #[error(
        "on its way to an offset the cabinet makes cycles down to {cycle}; the shortest that keeps every minimum is {least}"
    )]
    ShortestCycle {
        /// The shortest it makes.
        cycle: Tenths,
        /// The shortest there may be.
        least: Tenths,
    },
    /// The longest cycle that the cabinet makes on its own way to an offset is none the intersection may run.
    #[error(
        "on its way to an offset the cabinet makes cycles up to {cycle}; the longest that keeps every maximum is {most}"
    )]
    LongestCycle {
        /// The longest it makes.
        cycle: Tenths,
        /// The longest there may be.
        most: Tenths,
    },
    /// Operation by detectors is asked of a cabinet that not every lane's loop would call.
    #[error("operation by detectors needs a loop on every lane")]
    Deaf,
    /// Operation by detectors is asked where a countdown tells people when their green ends.
    #[error("operation by detectors would make the countdown display lie")]
    Countdown,
    /// Some phase gets no green in the cycle.
    #[error("phase {phase} is never served")]
    Unserved {
        /// Its name.
        phase: String,
    },
    /// Splits and cycle disagree.
    #[error("the splits sum to {sum}, the cycle is {cycle}")]
    Sum {
        /// Sum of the splits.
        sum: Tenths,
        /// Stated cycle.
        cycle: Tenths,
    },
    /// Cycle outside the intersection's range.
    #[error("cycle {cycle} is outside {min}..{max}")]
    CycleRange {
        /// The cycle.
        cycle: Tenths,
        /// Shortest permitted.
        min: Tenths,
        /// Longest permitted.
        max: Tenths,
    },
    /// A green below its stage's minimum (vehicles, and walk + clearance of pedestrians).
    #[error("stage {}: green {green} is below its minimum {min}", stage.0 + 1)]
    MinGreen {
        /// The stage.
        stage: StageIndex,
        /// Its green.
        green: Tenths,
        /// Least.
        min: Tenths,
    },
    /// A phase whose green, by late start and early cut, is below its minimum.
    #[error("phase {phase}: green {green} is below its minimum {min}")]
    PhaseGreen {
        /// Its name.
        phase: String,
        /// Its green.
        green: Tenths,
        /// Least.
        min: Tenths,
    },
    /// A green above its stage's maximum.
    #[error("stage {}: green {green} is above its maximum {max}", stage.0 + 1)]
    MaxGreen {
        /// The stage.
        stage: StageIndex,
        /// Its green.
        green: Tenths,
        /// Most.
        max: Tenths,
    },
    /// Yellow differs from the cabinet's.
    #[error("stage {}: yellow {yellow} is not the intersection's {own}", stage.0 + 1)]
    Yellow {
        /// The stage.
        stage: StageIndex,
        /// The plan's.
        yellow: Tenths,
        /// The intersection's.
        own: Tenths,
    },
    /// All red differs from the cabinet's.
    #[error("stage {}: all red {all_red} is not the intersection's {own}", stage.0 + 1)]
    AllRed {
        /// The stage.
        stage: StageIndex,
        /// The plan's.
        all_red: Tenths,
        /// The intersection's.
        own: Tenths,
    },
    /// A conflicting phase would start too soon after another ends.
    #[error("only {time} between the end of {from} and the start of {to}, which conflict and need {need}")]
    Intergreen {
        /// Phase that ends.
        from: String,
        /// Phase that starts.
        to: String,
        /// Time between.
        time: Tenths,
        /// Least time.
        need: Tenths,
    },
    /// Two conflicting phases in one stage.
    #[error("stage {}: {a} and {b} conflict", stage.0 + 1)]
    Conflict {
        /// The stage.
        stage: StageIndex,
        /// One.
        a: String,
        /// The other.
        b: String,
    },
    /// With the lanes as they are today one phase would send vehicles against those of another.
    #[error("stage {}: {a} would turn onto a reversed lane by which {b} comes towards it", stage.0 + 1)]
    Opposed {
        /// The stage.
        stage: StageIndex,
        /// Who has no lane left but the reversed one.
        a: String,
        /// Who drives on it in its new direction.
        b: String,
    },
    /// A time the cabinet can not run.
    #[error("{time} is not a multiple of the cabinet's {resolution}")]
    Resolution {
        /// The time.
        time: Tenths,
        /// The cabinet's step.
        resolution: Tenths,
    },
    /// The change does not fall on a cycle start of the plan that runs.
    #[error("the change at {at:?} is not a cycle start of the running plan")]
    NotACycleStart {
        /// The moment.
        at: Moment,
    },
    /// The new plan does not begin a cycle where the old one ends.
    #[error("the plan does not begin a cycle at {at:?}, when the running one ends")]
    Torn {
        /// The moment.
        at: Moment,
    },
    /// The cycle would change by more than the limit.
    #[error("the cycle would change from {from} to {to}, more than {percent} %")]
    CycleJump {
        /// Running.
        from: Tenths,
        /// New.
        to: Tenths,
        /// Limit.
        percent: u32,
    },
}

/// A rule on a plan alone.
pub(super) type TargetRule = fn(&Intersection, &Plan, &Limits, &mut Vec<Breach>);
/// A rule on a change from one plan to another.
pub(super) type ChangeRule = fn(&Intersection, &Change<'_>, &Limits, &mut Vec<Breach>);

/// Longest time a plan may hold, cabinets' registers being 16 bits wide.
const LONGEST: Tenths = Tenths::new(u16::MAX as u32);
/// Most stages of a plan; `field` can write no more.
const MOST_STAGES: usize = 16;

/// What keeps a plan from being judged at all: it is too large to be added up. Comes before every other rule.
pub(super) fn size(plan: &Plan) -> Vec<Breach> {
    if plan.splits.len() > MOST_STAGES {
        return vec![Breach::TooManyStages { stages: plan.splits.len(), most: MOST_STAGES }];
    }
    let times = plan.splits.iter().flat_map(|s| [s.green, s.yellow, s.all_red]).chain([plan.cycle.length()]);
    times.filter(|&time| time > LONGEST).map(|time| Breach::TooLong { time, most: LONGEST }).collect()
}

/// Every rule a plan must keep wherever it stands.
pub(super) const TARGET_RULES: [TargetRule; 16] = [
    stages_exist,
    sequence,
    everyone_served,
    sum,
    cycle_range,
    greens,
    phase_greens,
    clearances,
    intergreens,
    no_conflict,
    opposed,
    resolution,
    called,
    countdown,
    followed,
    on_its_own_way,
];

/// Every rule a change must keep.
pub(super) const CHANGE_RULES: [ChangeRule; 3] = [at_a_cycle_start, cycle_jump, seam];

fn known<'a>(at: &'a Intersection, split: &Split) -> Option<&'a crate::corridor::Stage> {
    at.stages.get(split.stage.0)
}

fn stages_exist(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    let unknown = plan.splits.iter().filter(|s| known(at, s).is_none());
    breaches.extend(unknown.map(|s| Breach::UnknownStage { stage: s.stage }));
}

fn sequence(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    // Rings under detectors keep their own order of phases, which is that of the programmed stages.
    let rings = at.rings.is_some() && !plan.operation.is_fixed_time() && !plan.is_programmed_order();
    if rings || !at.permits_order(plan.order()) {
        breaches.push(Breach::Sequence);
    }
}

fn everyone_served(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    for (index, phase) in at.phases.iter().enumerate() {
        let served =
            |s: &Split| s.green > Tenths::ZERO && known(at, s).is_some_and(|st| st.phases.contains(&PhaseIndex(index)));
        // Whose lanes are all closed needs no green; a green it has keeps its minimum all the same.
        if !plan.splits.iter().any(served) && !at.lanes.idle.contains(&PhaseIndex(index)) {
            breaches.push(Breach::Unserved { phase: phase.id.clone() });
        }
    }
}

fn sum(_: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    let sum: Tenths = plan.splits.iter().map(Split::length).sum();
    if sum != plan.cycle.length() {
        breaches.push(Breach::Sum { sum, cycle: plan.cycle.length() });
    }
}

fn cycle_range(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    let (min, max, cycle) = (at.cycle.min.length(), at.cycle.max.length(), plan.cycle.length());
    if cycle < min || cycle > max {
        breaches.push(Breach::CycleRange { cycle, min, max });
    }
}

fn greens(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    for split in &plan.splits {
        let Some(stage) = known(at, split) else { continue };
        if split.green < stage.min_green {
            breaches.push(Breach::MinGreen { stage: split.stage, green: split.green, min: stage.min_green });
        }
        if split.green > stage.max_green {
            breaches.push(Breach::MaxGreen { stage: split.stage, green: split.green, max: stage.max_green });
        }
    }
}

/// Judges what each phase really gets: a stage may be long enough, and a phase in it start too late or end too early.
fn phase_greens(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    for split in &plan.splits {
        let Some(stage) = known(at, split) else { continue };
        let short: Vec<PhaseIndex> = stage.late_starts.iter().chain(&stage.early_cuts).map(|(p, _)| *p).collect();
        for (index, phase) in at.phases.iter().enumerate().filter(|(index, _)| short.contains(&PhaseIndex(*index))) {
            let Some((_, green)) = plan.green_in_cycle(at, PhaseIndex(index)) else { continue };
            if green < phase.min_green {
                breaches.push(Breach::PhaseGreen { phase: phase.id.clone(), green, min: phase.min_green });
            }
        }
    }
}

fn clearances(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    for split in &plan.splits {
        let Some(stage) = known(at, split) else { continue };
        if split.yellow != stage.yellow {
            breaches.push(Breach::Yellow { stage: split.stage, yellow: split.yellow, own: stage.yellow });
        }
        if split.all_red != stage.all_red {
            breaches.push(Breach::AllRed { stage: split.stage, all_red: split.all_red, own: stage.all_red });
        }
    }
}

/// Judges the order the plan really runs: a short time between two conflicting phases is found even when each stage's own
/// yellow and all red are as the intersection has them.
fn intergreens(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    let n = plan.splits.len();
    for (position, split) in plan.splits.iter().enumerate() {
        follow(at, split, &plan.splits[(position + 1) % n], breaches);
    }
}

/// Judges the time between the greens of two stages of which one follows the other.
fn follow(at: &Intersection, split: &Split, next: &Split, breaches: &mut Vec<Breach>) {
    let (Some(ending), Some(starting)) = (known(at, split), known(at, next)) else { return };
    let time = split.yellow + split.all_red;
    for &from in ending.phases.iter().filter(|p| !starting.phases.contains(p)) {
        for &to in starting.phases.iter().filter(|p| !ending.phases.contains(p)) {
            let need = at.intergreens[from.0][to.0];
            if at.conflict(from, to) && time < need {
                breaches.push(Breach::Intergreen {
                    from: at.phases[from.0].id.clone(),
                    to: at.phases[to.0].id.clone(),
                    time,
                    need,
                });
            }
        }
    }
}

fn no_conflict(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    for split in &plan.splits {
        let Some(stage) = known(at, split) else { continue };
        for (i, &a) in stage.phases.iter().enumerate() {
            for &b in &stage.phases[i + 1..] {
                if at.conflict(a, b) {
                    let id = |p: PhaseIndex| at.phases[p.0].id.clone();
                    breaches.push(Breach::Conflict { stage: split.stage, a: id(a), b: id(b) });
                }
            }
        }
    }
}

fn opposed(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    for split in &plan.splits {
        let Some(stage) = known(at, split) else { continue };
        let here = |phase: &PhaseIndex| stage.phases.contains(phase);
        for (a, b) in at.lanes.opposed.iter().filter(|(a, b)| here(a) && here(b)) {
            let id = |p: &PhaseIndex| at.phases[p.0].id.clone();
            breaches.push(Breach::Opposed { stage: split.stage, a: id(a), b: id(b) });
        }
    }
}

fn called(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    if !plan.operation.is_fixed_time() && !at.is_called_everywhere() {
        breaches.push(Breach::Deaf);
    }
}

fn countdown(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    if !plan.operation.is_fixed_time() && at.cabinet.countdown {
        breaches.push(Breach::Countdown);
    }
}

fn followed(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    if plan.operation.where_it_can(at) != plan.operation {
        breaches.push(Breach::Operation { operation: plan.operation });
    }
}

/// Judges the worst cycles of a cabinet that finds its way to an offset by itself. It shortens and lengthens within every stage's
/// minimum and maximum; there must be room for that at both ends, and both ends must be cycles the intersection may run.
fn on_its_own_way(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    let Carrier::Cabinet { shortest_percent, longest_percent } = at.cabinet.profile.transitions else { return };
    let percent = |percent: u16, up: u32| {
        // Rounded to the worse side.
        Tenths::new((plan.cycle.length().count() * u32::from(percent) + up) / 100)
    };
    let whole = |green: fn(&crate::corridor::Stage) -> Tenths| -> Tenths {
        let stage = |split: &Split| {
            let clearance = Tenths::new(split.yellow.count() + split.all_red.count());
            clearance + known(at, split).map_or(Tenths::ZERO, green).min(LONGEST)
        };
        plan.splits.iter().map(stage).sum()
    };
    let least = whole(|stage| stage.min_green).max(at.cycle.min.length());
    let most = whole(|stage| stage.max_green).min(at.cycle.max.length());
    let (shortest, longest) = (percent(shortest_percent, 0), percent(longest_percent, 99));
    if shortest < least {
        breaches.push(Breach::ShortestCycle { cycle: shortest, least });
    }
    if longest > most {
        breaches.push(Breach::LongestCycle { cycle: longest, most });
    }
}

fn resolution(at: &Intersection, plan: &Plan, _: &Limits, breaches: &mut Vec<Breach>) {
    let resolution = at.cabinet.profile.time.step;
    let times = plan.splits.iter().flat_map(|s| [s.green, s.yellow, s.all_red]);
    let odd = times.chain([plan.cycle.length(), plan.offset.since_zero()]).filter(|t| !t.is_multiple_of(resolution));
    breaches.extend(odd.map(|time| Breach::Resolution { time, resolution }));
}

/// Judges the seam between two plans. A cabinet that finds its way to an offset by itself begins a plan at its own next cycle
/// start, wherever that is, and there is no seam to foretell.
fn at_a_cycle_start(at: &Intersection, change: &Change<'_>, _: &Limits, breaches: &mut Vec<Breach>) {
    if at.cabinet.profile.transitions != Carrier::Centre {
        return;
    }
    if change.running.next_cycle_start(at, change.moment) != change.moment {
        breaches.push(Breach::NotACycleStart { at: change.moment });
    }
    if change.plan.next_cycle_start(at, change.moment) != change.moment {
        breaches.push(Breach::Torn { at: change.moment });
    }
}

/// Judges what follows what at the seam: plans of different orders meet there, each sound by itself. Whoever begins with the first
/// stage has that stage's least green before him, which holds his own.
fn seam(at: &Intersection, change: &Change<'_>, _: &Limits, breaches: &mut Vec<Breach>) {
    if let (Some(last), Some(first)) = (change.running.splits.last(), change.plan.splits.first()) {
        follow(at, last, first, breaches);
    }
}

fn cycle_jump(_: &Intersection, change: &Change<'_>, limits: &Limits, breaches: &mut Vec<Breach>) {
    let (from, to) = (change.running.cycle.length(), change.plan.cycle.length());
    if from.count().abs_diff(to.count()) * 100 > from.count() * limits.cycle_change_percent {
        breaches.push(Breach::CycleJump { from, to, percent: limits.cycle_change_percent });
    }
}
