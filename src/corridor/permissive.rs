//! Who gives way on green: turns that filter through a stream which is green with them.
//!
//! Knows: `[layout.NAME.gives_way]`, and which turn may give way to whom.
//! Must not know: stages, times.

use super::geometry::may_give_way;
use super::layout::LayoutDef;
use super::model::{Phase, PhaseIndex};
use super::problem::{Findings, Spot};
use super::rule::Rule;
use super::served::{Pair, phase_pairs};
use std::collections::BTreeMap;

/// The pairs (gives way, has priority) as written, checked against the geometry; `None` where they could not be read whole.
pub(super) fn read(
    findings: &mut Findings,
    def: &LayoutDef,
    phases: &[Option<Phase>],
    ids: &BTreeMap<&str, usize>,
) -> Option<Vec<(PhaseIndex, PhaseIndex)>> {
    let subject = format!("{}, gives_way", def.subject());
    let mut seen: BTreeMap<(usize, usize), Spot> = BTreeMap::new();
    let mut pairs = Vec::new();
    let (named, mut whole) = phase_pairs(findings, &subject, def.gives_way.as_ref()?, ids);
    for Pair { phase, other, a, b } in named {
        if let Some(first) = seen.get(&(a, b)) {
            let at = findings.locate(*first);
            let message = format!("{subject}: {} gives way to {} already, at {at}", phase.value, other.value);
            findings.tell(other.spot, Rule::GivesWay, message, "Write it once.");
            continue;
        }
        seen.insert((a, b), other.spot);
        let (Some(first), Some(second)) = (&phases[a], &phases[b]) else {
            whole = false;
            continue;
        };
        if may_give_way(&first.serves, &second.serves) {
            pairs.push((PhaseIndex(a), PhaseIndex(b)));
        } else {
            let message = format!("{subject}: no turn of {} can give way to {} on green", phase.value, other.value);
            let mend = "Name a left turn and the oncoming traffic or the pedestrians it meets, or remove it.";
            findings.tell(other.spot, Rule::GivesWay, message, mend);
        }
    }
    whole.then_some(pairs)
}

/// A pair that gives way is not in the conflict matrix too.
pub(super) fn not_both(
    findings: &mut Findings,
    def: &LayoutDef,
    pairs: &[(PhaseIndex, PhaseIndex)],
    phases: &[Option<Phase>],
    conflicts: &[u64],
) {
    for &(PhaseIndex(a), PhaseIndex(b)) in pairs.iter().filter(|(a, b)| conflicts[a.0] >> b.0 & 1 == 1) {
        let (Some(first), Some(second)) = (&phases[a], &phases[b]) else { continue };
        let rows = def.gives_way.iter().flatten();
        let spot = rows
            .filter(|(id, _)| id.value == first.id)
            .find_map(|(_, others)| others.iter().find(|other| other.value == second.id))
            .map_or(def.conflicts_at, |other| other.spot);
        let message = format!("{}, gives_way: {} and {} are in conflict too", def.subject(), first.id, second.id);
        findings.tell(spot, Rule::GivesWay, message, "Keep one: a conflict never shows together, who gives way may.");
    }
}
