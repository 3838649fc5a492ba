//! Who is served by what: movements by phases, phases by stages, crossings by pedestrians' phases.
//!
//! Knows: lanes, phases and stages as written.
//! Must not know: times, conflicts.

use super::approaches;
use super::layout::{ApproachDef, LayoutDef, PhaseDef, ServesDef};
use super::model::{Arm, Movement, Movements};
use super::operation::Half;
use super::problem::{At, Findings, Spot};
use super::reader::distance;
use super::rule::Rule;
use super::signals::once;
use std::collections::BTreeMap;

/// Every movement a lane permits has exactly one phase, and no phase serves what no lane permits.
pub(super) fn check(findings: &mut Findings, subject: &str, def: &LayoutDef) {
    let permitted: Vec<(Arm, Option<Movements>, &ApproachDef)> =
        def.approaches.iter().filter_map(|a| Some((a.from.as_ref()?.value, lanes(a), a))).collect();
    // a phase that could not be read may be the one that is missing
    let readable = def.phases.iter().all(|p| match &p.serves {
        Some(ServesDef::Vehicles { from, movements, .. }) => from.is_some() && movements.is_some(),
        Some(ServesDef::Pedestrians { .. }) => true,
        None => false,
    });
    let vehicles: Vec<_> = def.phases.iter().filter_map(vehicles).collect();
    for (from, movements, approach) in &permitted {
        let Some(movements) = movements else { continue };
        // a slip lane has no lamp
        let lit = movements.iter().filter(|&m| m != Movement::Right || !approaches::slips(approach));
        for movement in lit {
            let mut serving = vehicles.iter().filter(|(f, m, _)| f.value == *from && m.value.has(movement));
            let Some((_, _, first)) = serving.next() else {
                if readable {
                    let spot = approach.lanes.as_ref().map_or(approach.spot, |l| l.spot);
                    let message =
                        format!("{subject}, approach {from}: no phase serves movement {movement} of its lanes");
                    let mend = format!("Add {movement} to a phase from {from}, or take it from the lanes.");
                    findings.tell(spot, Rule::MovementUnserved, message, mend);
                }
                continue;
            };
            for (_, again, phase) in serving {
                let (first, phase) = (id(first), id(phase));
                let message =
                    format!("{subject}, phase {phase}: movement {movement} from {from} belongs to phase {first}");
                findings.tell(again.spot, Rule::MovementTwice, message, "Serve each movement by one phase.");
            }
        }
    }
    for (from, movements, phase) in &vehicles {
        let of = format!("{subject}, phase {}", id(phase));
        match permitted.iter().find(|(arm, _, _)| *arm == from.value) {
            None if def.approaches.iter().any(|a| a.from.is_none()) => {} // it may be this one
            None => {
                let message = format!("{of}: there is no approach from {}", from.value);
                findings.tell(from.spot, Rule::Reference, message, format!("Add the approach from {}.", from.value));
            }
            Some((_, Some(permitted), approach)) => {
                if movements.value.has(Movement::Right) && permitted.has(Movement::Right) && approaches::slips(approach)
                {
                    let message = format!("{of}: right turns from {} are channelised, without a lamp", from.value);
                    findings.tell(movements.spot, Rule::RightTurn, message, "Take R from the phase.");
                }
                for movement in movements.value.iter().filter(|m| !permitted.has(*m)) {
                    let message = format!("{of}: no lane from {} permits movement {movement}", from.value);
                    let mend = format!("Take {movement} from the phase, or give it a lane.");
                    findings.tell(movements.spot, Rule::MovementLaneless, message, mend);
                }
            }
            Some((_, None, _)) => {}
        }
    }
    crossings(findings, subject, def, &permitted);
}

/// Pedestrians cross an arm by which vehicles come or go, and each arm by one phase, or by two that have a half each.
fn crossings(
    findings: &mut Findings,
    subject: &str,
    def: &LayoutDef,
    permitted: &[(Arm, Option<Movements>, &ApproachDef)],
) {
    let mut seen: BTreeMap<(Arm, Option<Half>), (Spot, &PhaseDef)> = BTreeMap::new();
    let known = permitted.iter().all(|(_, movements, _)| movements.is_some());
    for phase in &def.phases {
        let Some(ServesDef::Pedestrians { across: Some(across), half, .. }) = &phase.serves else { continue };
        let (arm, half) = (across.value, half.as_ref().map(|half| half.value));
        let of = format!("{subject}, phase {}", id(phase));
        let taken = match half {
            None => seen.range((arm, None)..=(arm, Some(Half::Far))).next().map(|(_, first)| first.0),
            Some(_) => seen.get(&(arm, None)).or(seen.get(&(arm, half))).map(|first| first.0),
        };
        match taken {
            Some(first) => {
                let message = format!("{of}: arm {arm} is crossed already, at {}", findings.locate(first));
                let mend = "Serve each crossing by one phase, or its near and far half by one each.";
                findings.tell(across.spot, Rule::CrossingNowhere, message, mend);
            }
            None => {
                seen.insert((arm, half), (across.spot, phase));
            }
        }
        let leaves = |from: Arm, m: &Option<Movements>| m.iter().flat_map(|m| m.iter()).any(|m| from.exit(m) == arm);
        let comes = half != Some(Half::Far) && permitted.iter().any(|(from, _, _)| *from == arm);
        let goes = half != Some(Half::Near) && permitted.iter().any(|(from, m, _)| leaves(*from, m));
        if known && !comes && !goes {
            let by = match half {
                None => "comes or goes",
                Some(Half::Near) => "comes",
                Some(Half::Far) => "goes",
            };
            let message = format!("{of}: no vehicle {by} by arm {arm}");
            findings.tell(across.spot, Rule::CrossingNowhere, message, "Name the arm the pedestrians cross.");
        }
    }
    let readable = def.phases.iter().all(|phase| match &phase.serves {
        Some(ServesDef::Pedestrians { across, .. }) => across.is_some(),
        other => other.is_some(),
    });
    for (&(arm, half), (spot, phase)) in seen.iter().filter(|_| readable) {
        let (other, word) = match half {
            Some(Half::Near) => (Half::Far, "far"),
            Some(Half::Far) => (Half::Near, "near"),
            None => continue,
        };
        if !seen.contains_key(&(arm, Some(other))) && !seen.contains_key(&(arm, None)) {
            let message = format!("{subject}, phase {}: nobody crosses the {word} half of arm {arm}", id(phase));
            let mend = format!("Add the phase of the {word} half, or leave out half.");
            findings.tell(*spot, Rule::CrossingNowhere, message, mend);
        }
    }
}

/// The phases of each stage, by index; `None` where one could not be read. Every phase is in some stage.
pub(super) fn stages(
    findings: &mut Findings,
    subject: &str,
    def: &LayoutDef,
    ids: &BTreeMap<&str, usize>,
) -> Vec<Option<Vec<At<usize>>>> {
    if let Some(stage) = def.stages.get(16) {
        let message = format!("{subject}: {} stages are more than 16", def.stages.len());
        findings.tell(stage.spot, Rule::TooMany, message, "A plan holds 16 stages.");
    }
    let shown: Vec<Option<Vec<At<usize>>>> = def
        .stages
        .iter()
        .enumerate()
        .map(|(index, stage)| {
            let mut seen = BTreeMap::new();
            let mut phases = Vec::new();
            for id in stage.phases.as_ref()?.value.iter().flatten() {
                once(findings, &mut seen, id.value.clone(), id.spot, &format!("{subject}, stage {}: phase", index + 1));
                match ids.get(id.value.as_str()) {
                    Some(&phase) => phases.push(At { value: phase, spot: id.spot }),
                    None => unknown(findings, &format!("{subject}, stage {}", index + 1), id, ids),
                }
            }
            (phases.len() == stage.phases.as_ref()?.value.len()).then_some(phases)
        })
        .collect();
    if shown.iter().all(Option::is_some) {
        let shows = |index: usize| shown.iter().flatten().flatten().any(|phase| phase.value == index);
        for (index, phase) in def.phases.iter().enumerate().filter(|(index, _)| !shows(*index)) {
            let Some(id) = &phase.id else { continue };
            if ids.get(id.value.as_str()) == Some(&index) && !def.stages.is_empty() {
                let message = format!("{subject}, phase {}: it is green in no stage", id.value);
                findings.tell(id.spot, Rule::PhaseUnserved, message, "Add it to a stage, or remove it.");
            }
        }
    }
    shown
}

/// A pair of phases as a table such as `WT = ["ST", "NT"]` names it.
pub(super) struct Pair<'d> {
    pub(super) phase: &'d At<String>,
    pub(super) other: &'d At<String>,
    /// Index of the phase.
    pub(super) a: usize,
    /// Index of the other.
    pub(super) b: usize,
}

/// The pairs of such a table in its order, and whether every name in it is a phase's.
pub(super) fn phase_pairs<'d>(
    findings: &mut Findings,
    subject: &str,
    table: &'d [(At<String>, Vec<At<String>>)],
    ids: &BTreeMap<&str, usize>,
) -> (Vec<Pair<'d>>, bool) {
    let (mut pairs, mut whole) = (Vec::new(), true);
    for (phase, others) in table {
        let row = ids.get(phase.value.as_str());
        if row.is_none() {
            unknown(findings, subject, phase, ids);
            whole = false;
        }
        for other in others {
            match (row, ids.get(other.value.as_str())) {
                (_, None) => {
                    unknown(findings, &format!("{subject} of {}", phase.value), other, ids);
                    whole = false;
                }
                (Some(&a), Some(&b)) => pairs.push(Pair { phase, other, a, b }),
                (None, Some(_)) => {}
            }
        }
    }
    (pairs, whole)
}

/// Tells that no phase has this id, and names the nearest that has.
pub(super) fn unknown(findings: &mut Findings, of: &str, id: &At<String>, ids: &BTreeMap<&str, usize>) {
    let message = format!("{of}: there is no phase {}", id.value);
    let mend = nearest(&id.value, ids.keys().copied()).unwrap_or_else(|| "Name a phase of this layout.".to_owned());
    findings.tell(id.spot, Rule::Reference, message, mend);
}

/// `Did you mean …?` for the nearest of the known names, if one is near.
pub(super) fn nearest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let near = known.map(|name| (distance(found, name), name)).min()?;
    (near.0 <= 1 + found.len() / 5).then(|| format!("Did you mean {}?", near.1))
}

/// All movements of an approach's lanes; `None` when some lane could not be read.
fn lanes(approach: &ApproachDef) -> Option<Movements> {
    let lanes = &approach.lanes.as_ref()?.value;
    let lanes: Option<Vec<Movements>> = lanes.iter().map(|lane| lane.as_ref().map(|at| at.value)).collect();
    Some(lanes?.iter().flat_map(|lane| lane.iter()).collect::<Movements>())
}

fn vehicles(phase: &PhaseDef) -> Option<(&At<Arm>, &At<Movements>, &PhaseDef)> {
    match &phase.serves {
        Some(ServesDef::Vehicles { from: Some(from), movements: Some(movements), .. }) => {
            Some((from, movements, phase))
        }
        _ => None,
    }
}

fn id(phase: &PhaseDef) -> &str {
    phase.id.as_ref().map_or("(nameless)", |id| id.value.as_str())
}
