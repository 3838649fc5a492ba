//! The conflict and intergreen matrices: as written, checked against the geometry, and asked by the stages.
//!
//! Knows: which phases must never be green together, and how long the road needs between them.
//! Must not know: greens, cycles, lanes.

use super::geometry::{Meeting, may_give_way, meeting};
use super::layout::{LayoutDef, PhaseDef, StageDef};
use super::model::{Phase, PhaseIndex};
use super::permissive;
use super::problem::{At, Findings, Spot};
use super::rule::Rule;
use super::served::{Pair, phase_pairs, unknown};
use crate::units::Tenths;
use std::collections::BTreeMap;

/// Conflicts and intergreens by phase.
pub(super) struct Matrices {
    /// `conflicts[p]` has bit q set where p and q conflict; symmetric.
    pub(super) conflicts: Vec<u64>,
    /// `intergreens[p][q]`: least time from the end of p's green to the start of q's; zero where they do not conflict.
    pub(super) intergreens: Vec<Vec<Tenths>>,
    /// (gives way, has priority): pairs that meet and may be green together.
    pub(super) permissive: Vec<(PhaseIndex, PhaseIndex)>,
}

impl Matrices {
    /// Whether two phases conflict.
    pub(super) fn conflict(&self, PhaseIndex(a): PhaseIndex, PhaseIndex(b): PhaseIndex) -> bool {
        self.conflicts[a] >> b & 1 == 1
    }
}

/// Both matrices of a layout with at most 64 phases; `None` where they could not be read whole.
pub(super) fn compile(
    findings: &mut Findings,
    def: &LayoutDef,
    phases: &[Option<Phase>],
    ids: &BTreeMap<&str, usize>,
) -> Option<Matrices> {
    let subject = format!("{}, conflicts", def.subject());
    let mut conflicts = vec![0_u64; phases.len()];
    let mut written: BTreeMap<(usize, usize), Spot> = BTreeMap::new();
    let (pairs, whole) = phase_pairs(findings, &subject, def.conflicts.as_ref()?, ids);
    for Pair { phase, other, a, b } in pairs {
        if a == b {
            let message = format!("{subject}: {} is in conflict with itself", phase.value);
            findings.tell(other.spot, Rule::ConflictTwice, message, "Remove it.");
        } else if let Some(first) = written.get(&(a.min(b), a.max(b))) {
            let at = findings.locate(*first);
            let message = format!("{subject}: {} and {} are there already, at {at}", phase.value, other.value);
            findings.tell(other.spot, Rule::ConflictTwice, message, "Write each pair once, on either side.");
        } else {
            written.insert((a.min(b), a.max(b)), other.spot);
            conflicts[a] |= 1 << b;
            conflicts[b] |= 1 << a;
        }
    }
    let permissive = permissive::read(findings, def, phases, ids)?;
    if !whole {
        return None;
    }
    permissive::not_both(findings, def, &permissive, phases, &conflicts);
    missing(findings, def, phases, &conflicts, &permissive);
    let intergreens = intergreens(findings, def, phases, ids, &conflicts, &permissive)?;
    Some(Matrices { conflicts, intergreens, permissive })
}

/// How two phases meet on the road where neither gives way.
fn unsettled(phases: &[Option<Phase>], permissive: &[(PhaseIndex, PhaseIndex)], a: usize, b: usize) -> Option<Meeting> {
    let yields = |a, b| permissive.contains(&(PhaseIndex(a), PhaseIndex(b)));
    meeting(&phases[a].as_ref()?.serves, &phases[b].as_ref()?.serves, yields(a, b), yields(b, a))
}

/// Tells, phase by phase, the pairs that meet on the road and neither conflict in the matrix nor give way.
fn missing(
    findings: &mut Findings,
    def: &LayoutDef,
    phases: &[Option<Phase>],
    conflicts: &[u64],
    permissive: &[(PhaseIndex, PhaseIndex)],
) {
    for (a, phase) in phases.iter().enumerate() {
        let Some(phase) = phase else { continue };
        let lacks: Vec<(&str, String)> = phases
            .iter()
            .enumerate()
            .skip(a + 1)
            .filter(|(b, _)| conflicts[a] >> b & 1 == 0)
            .filter_map(|(b, other)| {
                let other = other.as_ref()?;
                let how = unsettled(phases, permissive, a, b)?;
                Some((other.id.as_str(), format!("{} ({})", other.id, how.verb())))
            })
            .collect();
        if lacks.is_empty() {
            continue;
        }
        let row = def.conflicts.iter().flatten().find(|(id, _)| id.value == phase.id);
        let spot = row.map_or(def.conflicts_at, |(id, _)| id.spot);
        let (ids, told): (Vec<&str>, Vec<String>) = lacks.into_iter().unzip();
        let filters = phases
            .iter()
            .flatten()
            .filter(|other| ids.contains(&other.id.as_str()))
            .any(|other| may_give_way(&phase.serves, &other.serves) || may_give_way(&other.serves, &phase.serves));
        let message = format!("{}, conflicts: {} lacks {}", def.subject(), phase.id, told.join(", "));
        let quoted: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
        let or = if filters { ", or say in gives_way who filters" } else { "" };
        findings.tell(spot, Rule::ConflictMissing, message, format!("Add {} to {}{or}.", quoted.join(", "), phase.id));
    }
}

/// The intergreen matrix: yellow + all red of the ending phase, and the exceptions.
fn intergreens(
    findings: &mut Findings,
    def: &LayoutDef,
    phases: &[Option<Phase>],
    ids: &BTreeMap<&str, usize>,
    conflicts: &[u64],
    permissive: &[(PhaseIndex, PhaseIndex)],
) -> Option<Vec<Vec<Tenths>>> {
    let own = |a: usize| phases[a].as_ref().map_or(Tenths::ZERO, |p| p.yellow + p.all_red);
    let mut matrix: Vec<Vec<Tenths>> = (0..phases.len())
        .map(|a| (0..phases.len()).map(|b| if conflicts[a] >> b & 1 == 1 { own(a) } else { Tenths::ZERO }).collect())
        .collect();
    let mut written: BTreeMap<(usize, usize), Spot> = BTreeMap::new();
    let mut whole = true;
    for exception in &def.intergreens {
        let subject = format!("{}, intergreen", def.subject());
        let mut find = |id: &Option<At<String>>| {
            let id = id.as_ref()?;
            let found = ids.get(id.value.as_str()).copied();
            if found.is_none() {
                unknown(findings, &subject, id, ids);
            }
            found
        };
        let (from, to) = (find(&exception.from), find(&exception.to));
        let (Some(a), Some(b), Some(length)) = (from, to, &exception.length) else {
            whole = false;
            continue;
        };
        let pair = format!("{subject} {} to {}", name(&def.phases, a), name(&def.phases, b));
        if conflicts[a] >> b & 1 == 0 {
            if unsettled(phases, permissive, a, b).is_some() {
                whole = false; // told already: it is the conflict that is missing
                continue;
            }
            let message = format!("{pair}: the two do not conflict");
            findings.tell(exception.spot, Rule::IntergreenPair, message, "Remove it, or state the conflict.");
        } else if let Some(first) = written.get(&(a, b)) {
            let message = format!("{pair}: it is there already, at {}", findings.locate(*first));
            findings.tell(exception.spot, Rule::IntergreenPair, message, "Write it once.");
        }
        written.entry((a, b)).or_insert(exception.spot);
        let yellow = phases[a].as_ref().map_or(Tenths::ZERO, |p| p.yellow);
        if length.value < yellow {
            let message = format!("{pair}: {} is under the yellow of {yellow}", length.value);
            let mend = format!("Set length_s = {} or more.", yellow.seconds());
            findings.tell(length.spot, Rule::IntergreenShort, message, mend);
        }
        matrix[a][b] = length.value;
    }
    whole.then_some(matrix)
}

/// No stage shows two phases that conflict.
pub(super) fn stages(
    findings: &mut Findings,
    subject: &str,
    stages: &[StageDef],
    shown: &[Option<Vec<At<usize>>>],
    phases: &[PhaseDef],
    matrices: &Matrices,
) {
    for (index, shown) in shown.iter().enumerate().take(stages.len()) {
        let Some(shown) = shown else { continue };
        for (position, second) in shown.iter().enumerate() {
            for first in &shown[..position] {
                if matrices.conflict(PhaseIndex(first.value), PhaseIndex(second.value)) {
                    let (a, b) = (name(phases, first.value), name(phases, second.value));
                    let message =
                        format!("{subject}, stage {}: {a} and {b} conflict and are green together", index + 1);
                    findings.tell(second.spot, Rule::StageConflict, message, "Give them different stages.");
                }
            }
        }
    }
}

fn name(phases: &[PhaseDef], index: usize) -> &str {
    phases.get(index).and_then(|p| p.id.as_ref()).map_or("(nameless)", |id| id.value.as_str())
}
