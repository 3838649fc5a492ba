//! The times of an intersection: stages' greens and intergreens, the reference phase, the cycle range, the local plan.
//!
//! Knows: which times must fit into which.
//! Must not know: corridors, other intersections.

use super::conflicts::Matrices;
use super::layout::{LayoutDef, StageDef};
use super::model::{CycleRange, Phase, PhaseIndex, Serves, Stage};
use super::operation::{LocalPlan, Operation};
use super::problem::{At, Findings};
use super::rule::Rule;
use super::served::unknown;
use super::signals::per;
use crate::units::{CycleLength, Tenths};
use std::collections::BTreeMap;

/// A stage from its phases: the longest least green, the longest yellow, and the all red that covers every intergreen from
/// one of its phases to a phase it does not show, in whatever order the stages come.
pub(super) fn stage(
    findings: &mut Findings,
    subject: &str,
    index: usize,
    def: &StageDef,
    shown: &Option<Vec<At<usize>>>,
    phases: &[Option<Phase>],
    matrices: Option<&Matrices>,
) -> Option<Stage> {
    let shown: Vec<usize> = shown.as_ref()?.iter().map(|at| at.value).collect();
    let served: Vec<&Phase> = shown.iter().map(|&p| phases[p].as_ref()).collect::<Option<_>>()?;
    let longest = |of: fn(&Phase) -> Tenths| served.iter().map(|p| of(p)).max().unwrap_or(Tenths::ZERO);
    let min_green = longest(|p| p.min_green);
    let max_green = def.max_green.as_ref()?;
    if max_green.value < min_green {
        let demanding = served.iter().find(|p| p.min_green == min_green).map_or("", |p| p.id.as_str());
        let at = format!("{subject}, stage {}", index + 1);
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
    let (late_starts, early_cuts) = (Vec::new(), Vec::new());
    Some(Stage { name, phases, min_green, max_green: max_green.value, yellow, all_red, late_starts, early_cuts })
}

/// The reference phase: a vehicle phase whose green starts once in the sequence.
pub(super) fn reference(
    findings: &mut Findings,
    def: &LayoutDef,
    phases: &[Option<Phase>],
    ids: &BTreeMap<&str, usize>,
    shown: &[Option<Vec<At<usize>>>],
) -> Option<PhaseIndex> {
    let id = def.reference_phase.as_ref()?;
    let subject = def.subject();
    let Some(&index) = ids.get(id.value.as_str()) else {
        unknown(findings, &format!("{subject}, reference_phase"), id, ids);
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
    if matches!(phases[index].as_ref()?.serves, Serves::Pedestrians { .. }) {
        tell("serves pedestrians".to_owned(), "Name a vehicle phase of the arterial.");
        return None;
    }
    let shown: Vec<bool> =
        shown.iter().map(|s| Some(s.as_ref()?.iter().any(|p| p.value == index))).collect::<Option<_>>()?;
    let starts = (0..shown.len()).filter(|&s| shown[s] && !shown[(s + shown.len() - 1) % shown.len()]).count();
    match starts {
        1 => return Some(PhaseIndex(index)),
        0 if shown.contains(&true) => {
            tell("is green in every stage and never starts".to_owned(), "Name a phase that starts.")
        }
        0 => {} // in no stage: told as such
        n => tell(
            format!("starts {n} times in the sequence, so an offset would mean {n} times"),
            "Name a phase that starts once.",
        ),
    }
    None
}

/// Cycle limits and local greens as written, of a layout or of an intersection that overrides some of them.
pub(super) struct Times<'d> {
    pub(super) min: Option<&'d At<Tenths>>,
    pub(super) max: Option<&'d At<Tenths>>,
    pub(super) greens: Option<&'d At<Vec<Option<At<Tenths>>>>>,
}

/// The cycle range and local plan that go with the stages.
pub(super) fn plan(
    findings: &mut Findings,
    subject: &str,
    stages: &[Stage],
    times: &Times<'_>,
) -> Option<(CycleRange, LocalPlan)> {
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
    Some((range, LocalPlan { greens: greens.into_iter().map(|g| g.value).collect(), operation: Operation::FixedTime }))
}
