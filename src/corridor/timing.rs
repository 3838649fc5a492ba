//! The times of an intersection: stages' greens and intergreens, the reference phase, the cycle range, the local plan.
//!
//! Knows: which times must fit into which.
//! Must not know: corridors, other intersections.

use super::conflicts::Matrices;
use super::layout::{LayoutDef, StageDef};
use super::model::{CycleRange, Phase, PhaseIndex, Stage};
use super::problem::{At, Findings};
use super::rule::Rule;
use super::sequence::{Order, Shown};
use super::served::unknown;
use super::signals::{Signals, per};
use crate::units::{CycleLength, Tenths};

/// Late starts or early cuts of a stage by phase index; what is not shown by the stage is left out, and told elsewhere.
fn within(
    written: &[(At<String>, At<Tenths>)],
    shown: &[usize],
    phases: &[Option<Phase>],
) -> Vec<(PhaseIndex, Tenths)> {
    let find = |id: &str| shown.iter().copied().find(|&p| phases[p].as_ref().is_some_and(|phase| phase.id == id));
    let found = written.iter().filter_map(|(id, time)| Some((PhaseIndex(find(&id.value)?), time.value)));
    found.collect()
}

/// A stage from its phases: the longest least green (late start and early cut included), the longest yellow, and the all
/// red that covers every intergreen from one of its phases to a phase it does not show, in whatever order the stages come.
pub(super) fn stage(
    findings: &mut Findings,
    signals: &Signals<'_>,
    index: usize,
    def: &StageDef,
    shown: &Option<Vec<At<usize>>>,
    phases: &[Option<Phase>],
    matrices: Option<&Matrices>,
) -> Option<Stage> {
    let shown: Vec<usize> = shown.as_ref()?.iter().map(|at| at.value).collect();
    let served: Vec<&Phase> = shown.iter().map(|&p| phases[p].as_ref()).collect::<Option<_>>()?;
    let longest = |of: fn(&Phase) -> Tenths| served.iter().map(|p| of(p)).max().unwrap_or(Tenths::ZERO);
    let (late_starts, early_cuts) = (within(&def.late_starts, &shown, phases), within(&def.early_cuts, &shown, phases));
    let off = |list: &[(PhaseIndex, Tenths)], p: usize| {
        list.iter().find(|(phase, _)| phase.0 == p).map_or(Tenths::ZERO, |(_, time)| *time)
    };
    let least = shown
        .iter()
        .zip(&served)
        .map(|(&p, phase)| (phase.min_green + off(&late_starts, p) + off(&early_cuts, p), phase.id.as_str()));
    let (min_green, demanding) =
        least.reduce(|most, next| if next.0 > most.0 { next } else { most }).unwrap_or((Tenths::ZERO, ""));
    let max_green = def.max_green.as_ref()?;
    if max_green.value < min_green {
        let at = format!("{}, stage {}", signals.subject, index + 1);
        let message =
            format!("{at}: max green {} is under the least green {min_green} of phase {demanding}", max_green.value);
        let mend = format!("Set max_green_s = {} or more.", min_green.seconds());
        findings.tell(max_green.spot, Rule::MaxGreen, message, mend);
        return None;
    }
    let yellow = longest(|p| p.yellow);
    let rows = matrices.map(|m| &m.intergreens);
    let ending = rows.iter().flat_map(|rows| shown.iter().map(|&p| &rows[p]));
    let others = |row: &Vec<Tenths>| {
        let hidden = row.iter().enumerate().filter(|(q, _)| !shown.contains(q));
        hidden.map(|(_, &length)| length).max().unwrap_or(Tenths::ZERO)
    };
    let needed = ending.map(others).max().unwrap_or(Tenths::ZERO);
    let all_red = longest(|p| p.all_red).max(needed.saturating_sub(yellow));
    let phases = shown.into_iter().map(PhaseIndex).collect();
    let name = def.name.clone()?;
    Some(Stage { name, phases, min_green, max_green: max_green.value, yellow, all_red, late_starts, early_cuts })
}

/// Late starts and early cuts are of phases that begin, or end, with their stage in every order.
pub(super) fn within_green(
    findings: &mut Findings,
    signals: &Signals<'_>,
    def: &LayoutDef,
    reference: Option<PhaseIndex>,
    (orders, shown): (&[Order], &Shown),
) {
    for (stage, written) in def.stages.iter().enumerate() {
        let of = format!("{}, stage {}", signals.subject, stage + 1);
        for (late, key, id) in (written.late_starts.iter().map(|(id, _)| (true, "late_start_s", id)))
            .chain(written.early_cuts.iter().map(|(id, _)| (false, "early_cut_s", id)))
        {
            let Some(&phase) = signals.ids.get(id.value.as_str()) else {
                unknown(findings, &format!("{of}, {key}"), id, signals.ids);
                continue;
            };
            let mut tell = |message: String, mend: &str| {
                findings.tell(id.spot, Rule::WithinGreen, format!("{of}, {key}: {} {message}", id.value), mend);
            };
            if !shown[stage].contains(&phase) {
                tell("is not green in it".to_owned(), "Name a phase of the stage.");
                continue;
            }
            if late && reference == Some(PhaseIndex(phase)) {
                let mend = "An offset counts from the reference phase's stage: start it on time, or name another.";
                tell("is the reference phase".to_owned(), mend);
            }
            let beside = |&(a, b): &(usize, usize)| {
                let (here, other) = if late { (b, a) } else { (a, b) };
                here == stage && shown[other].contains(&phase)
            };
            if let Some(order) = orders.iter().find(|order| order.steps().any(|step| beside(&step))) {
                let (when, mend) = if late {
                    ("is green before it", "State it in the stage in which the green begins.")
                } else {
                    ("is green after it", "State it in the stage in which the green ends.")
                };
                tell(format!("{when} in {}", order.name), mend);
            }
        }
    }
}

/// The reference phase: a vehicle phase whose green starts once in every order of the stages.
pub(super) fn reference(
    findings: &mut Findings,
    signals: &Signals<'_>,
    def: &LayoutDef,
    stages: Option<(&[Order], &Shown)>,
) -> Option<PhaseIndex> {
    let id = def.reference_phase.as_ref()?;
    let subject = signals.subject;
    let Some(&index) = signals.ids.get(id.value.as_str()) else {
        unknown(findings, &format!("{subject}, reference_phase"), id, signals.ids);
        return None;
    };
    let mut tell = |message: String, mend: &str| {
        findings.tell(
            id.spot,
            Rule::ReferencePhase,
            format!("{subject}: reference phase {} {message}", id.value),
            mend,
        );
    };
    if !signals.vehicles(index) {
        tell("serves pedestrians".to_owned(), "Name a vehicle phase of the arterial.");
        return None;
    }
    let (orders, shown) = stages?;
    for order in orders {
        match order.starts(shown, index) {
            1 => {}
            0 if shown.iter().any(|stage| stage.contains(&index)) => {
                tell("is green in every stage and never starts".to_owned(), "Name a phase that starts.");
                return None;
            }
            0 => return None, // in no stage: told as such
            n => {
                tell(
                    format!("starts {n} times in {}, so an offset would mean {n} times", order.name),
                    "Name a phase that starts once.",
                );
                return None;
            }
        }
    }
    Some(PhaseIndex(index))
}

/// Cycle limits and local greens as written, of a layout or of an intersection that overrides some of them.
pub(super) struct Times<'d> {
    pub(super) min: Option<&'d At<Tenths>>,
    pub(super) max: Option<&'d At<Tenths>>,
    pub(super) greens: Option<&'d At<Vec<Option<At<Tenths>>>>>,
}

/// The cycle range and the local greens that go with the stages.
pub(super) fn plan(
    findings: &mut Findings,
    subject: &str,
    stages: &[Stage],
    times: &Times<'_>,
) -> Option<(CycleRange, Vec<Tenths>)> {
    let (min, max) = (times.min?, times.max?);
    let before = findings.count();
    if min.value > max.value {
        let message =
            format!("{subject}: cycle_min_s = {} is above cycle_max_s = {}", min.value.seconds(), max.value.seconds());
        findings.tell(min.spot, Rule::CycleSwapped, message, "Swap the two.");
        return None;
    }
    let lost: Tenths = stages.iter().map(Stage::intergreen).sum();
    let minima: Tenths = stages.iter().map(|s| s.min_green).sum();
    let maxima: Tenths = stages.iter().map(|s| s.max_green).sum();
    let least = minima + lost;
    if max.value < least {
        let message = format!(
            "{subject}: cycle_max_s = {} is under the least greens {minima} + intergreens {lost}",
            max.value.seconds()
        );
        let mend = format!("Set cycle_max_s = {} or more, or shorten minima.", least.seconds());
        findings.tell(max.spot, Rule::CycleMinima, message, mend);
    } else if min.value < least {
        let message = format!(
            "{subject}: cycle_min_s = {} is under the least greens {minima} + intergreens {lost}",
            min.value.seconds()
        );
        findings.tell(min.spot, Rule::CycleMinima, message, format!("Set cycle_min_s = {} or more.", least.seconds()));
    }
    if max.value > maxima + lost {
        let message = format!(
            "{subject}: cycle_max_s = {} is above the longest greens {maxima} + intergreens {lost}",
            max.value.seconds()
        );
        let mend = format!("Set cycle_max_s = {} or less, or raise max_green_s.", (maxima + lost).seconds());
        findings.tell(max.spot, Rule::CycleMaxima, message, mend);
    }
    let list = times.greens?;
    let greens = per(findings, subject, "local_green_s", list, (stages.len(), "stages"))?;
    for (index, (green, stage)) in greens.iter().zip(stages).enumerate() {
        let (low, high) = (stage.min_green, stage.max_green);
        if !(low..=high).contains(&green.value) {
            let message =
                format!("{subject}: local green {} of stage {} is outside {low} to {high}", green.value, index + 1);
            let mend = format!("Give {} to {}.", low.seconds(), high.seconds());
            findings.tell(green.spot, Rule::LocalGreen, message, mend);
        }
    }
    let cycle = greens.iter().map(|g| g.value).sum::<Tenths>() + lost;
    if findings.count() == before && !(min.value..=max.value).contains(&cycle) {
        let range = format!("{} to {}", min.value, max.value);
        let message = format!("{subject}: the local plan's cycle of {cycle} (intergreens {lost}) is outside {range}");
        findings.tell(list.spot, Rule::LocalCycle, message, "Change the local greens or the cycle limits.");
    }
    if findings.count() > before {
        return None;
    }
    let range = CycleRange { min: CycleLength::new(min.value)?, max: CycleLength::new(max.value)? };
    Some((range, greens.into_iter().map(|g| g.value).collect()))
}
