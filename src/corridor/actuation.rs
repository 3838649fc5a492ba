//! The local plan by detectors: what is written, its defaults, and whether every stage can be called.
//!
//! Knows: stages, lanes, loops and buttons of one intersection.
//! Must not know: how a cabinet runs it.

use super::layout::LayoutDef;
use super::model::{Approach, Detector, DetectorKind, Movement, Phase, Serves, Stage, StageIndex};
use super::operation::{Actuation, Operation, RightTurn};
use super::problem::{At, Findings};
use super::rule::Rule;
use super::signals::{count_of, per};
use crate::units::Tenths;

/// Gap-out where none is written.
const PASSAGE: Tenths = Tenths::new(25);

/// The local plan's operation; `None` when something about it was told.
pub(super) fn compile(findings: &mut Findings, def: &LayoutDef, stages: &[Stage]) -> Option<Operation> {
    let Some(written) = &def.actuation else { return Some(Operation::FixedTime) };
    let before = findings.count();
    let subject = def.subject();
    let count = (stages.len(), "stages");
    let max_greens = match &written.max_green {
        Some(list) => per(findings, &subject, "local_max_green_s", list, count)?,
        None => stages.iter().map(|stage| At { value: stage.max_green, spot: def.name.spot }).collect(),
    };
    for (index, (green, stage)) in max_greens.iter().zip(stages).enumerate() {
        let (low, high) = (stage.min_green, stage.max_green);
        if !(low..=high).contains(&green.value) {
            let number = index + 1;
            let message =
                format!("{subject}: local longest green {} of stage {number} is outside {low} to {high}", green.value);
            let mend = format!("Give {} to {}.", low.seconds(), high.seconds());
            findings.tell(green.spot, Rule::LocalGreen, message, mend);
        }
    }
    let mut stage = |key: &str, number: &At<u16>| {
        let index = usize::from(number.value).checked_sub(1).filter(|&index| index < stages.len());
        if index.is_none() {
            let of = count_of(stages.len(), "stage", "stages");
            let message = format!("{subject}, {key}: there is no stage {} of {of}", number.value);
            findings.tell(number.spot, Rule::Reference, message, "Count stages from 1.");
        }
        index.map(StageIndex)
    };
    let numbers = written.recalls.iter().flat_map(|list| list.value.iter().flatten());
    let mut recalls: Vec<StageIndex> = numbers.filter_map(|number| stage("local_recalls", number)).collect();
    recalls.sort_unstable();
    recalls.dedup();
    let rest = written.rest.as_ref().and_then(|number| stage("local_rest", number));
    let max_greens = max_greens.into_iter().map(|green| green.value).collect();
    let passage = written.passage.as_ref().map_or(PASSAGE, |passage| passage.value);
    (findings.count() == before).then_some(Operation::Actuated(Actuation { passage, max_greens, recalls, rest }))
}

/// Every stage that is not recalled can be called by everybody it serves: a loop on each lane, or a button.
pub(super) fn called(
    findings: &mut Findings,
    def: &LayoutDef,
    operation: &Operation,
    (approaches, phases, stages, detectors): (&[Approach], &[Phase], &[Stage], &[Detector]),
) {
    let (Operation::Actuated(actuation), Some(written)) = (operation, &def.actuation) else { return };
    for (index, stage) in stages.iter().enumerate().filter(|(i, _)| !actuation.recalls.contains(&StageIndex(*i))) {
        let served = || stage.phases.iter().map(|phase| &phases[phase.0]);
        let mut deaf: Vec<String> = Vec::new();
        for phase in served() {
            let Serves::Vehicles { from, movements } = phase.serves else { continue };
            let Some(approach) = approaches.iter().find(|a| a.from == from) else { continue };
            for (number, lane) in approach.lanes.iter().enumerate().filter(|(_, lane)| lane.movements.meets(movements))
            {
                let yields = lane.movements.iter().all(|m| m == Movement::Right);
                let hears = detectors.iter().any(|d| {
                    d.from == from
                        && d.lane == number
                        && matches!(d.kind, DetectorKind::StopLine | DetectorKind::Advance)
                });
                let may_be_deaf = yields && approach.right_turn == RightTurn::OnRed;
                if !hears && !may_be_deaf {
                    deaf.push(format!("lane {} from {from}", number + 1));
                }
            }
        }
        let vehicles = served().any(|phase| matches!(phase.serves, Serves::Vehicles { .. }));
        let silent = served().find(|phase| matches!(phase.serves, Serves::Pedestrians { on_call: false, .. }));
        if let Some(phase) = silent.filter(|_| !vehicles) {
            deaf.push(format!("{} (no on_call)", phase.id));
        }
        if !deaf.is_empty() {
            let of = format!("{}, stage {}", def.subject(), index + 1);
            let message = format!("{of}: nothing calls it for {}", deaf.join(", "));
            let mend = format!("Give them loops (or a button), or recall it: local_recalls = [{}].", index + 1);
            findings.tell(written.spot, Rule::LocalCalls, message, mend);
        }
    }
}
