//! Rings as written, expanded into the stages everything after works with.
//!
//! Knows: `[layout.NAME.rings]`: barrier groups, each with the phases of every ring in order.
//! Must not know: what phases serve, times of phases.
//!
//! The k-th stage of a group shows the k-th phase of each ring; a ring with fewer keeps its last phase green, an empty one
//! rests. A phase written twice in a row is green through both stages, which is how a ring runs on while another changes:
//!
//! ```text
//!  ring 1   WL  ET  ET | NL  ST        rings = [["WL", "ET", "ET"], ["WT", "WT", "EL"]]   three stages, leading and
//!  ring 2   WT  WT  EL | SL  NT        rings = [["NL", "ST"], ["SL", "NT"]]               lagging left; then two
//!           1   2   3    4   5
//! ```

use super::conflicts::Matrices;
use super::definition::{by_name, name};
use super::layout::StageDef;
use super::model::{Name, PhaseIndex};
use super::operation::Rings;
use super::problem::{At, Findings, Spot};
use super::reader::Table;
use super::rule::Rule;
use super::served::unknown;
use super::signals::{Signals, count_of};
use super::values;
use crate::units::Tenths;
use std::collections::{BTreeMap, BTreeSet};

/// The rings of a layout word for word.
pub(super) struct RingsDef {
    spot: Spot,
    max_green: Vec<(At<String>, At<Tenths>)>,
    walks_with: Vec<(At<String>, At<String>)>,
    groups: Vec<GroupDef>,
}

/// What lies between two barriers.
struct GroupDef {
    spot: Spot,
    name: Option<Name>,
    /// `None` where an entry was refused.
    rings: Option<Vec<At<Vec<String>>>>,
}

/// Reads the table of the rings.
pub(super) fn read(findings: &mut Findings, mut table: Table<'_>) -> RingsDef {
    let (spot, of) = (table.spot, table.subject.clone());
    for key in ["max_green_s", "group"] {
        if !table.has(key) {
            table.need(findings, key, values::text);
        }
    }
    let max_green = by_name(findings, &mut table, "max_green_s", values::seconds(values::GREEN));
    let walks_with = by_name(findings, &mut table, "walks_with", values::id);
    let groups = table.tables(findings, "group", |n| format!("{of}, group {n}"));
    let groups = groups.into_iter().map(|t| group(findings, t)).collect();
    table.close(findings);
    RingsDef { spot, max_green, walks_with, groups }
}

fn group(findings: &mut Findings, mut table: Table<'_>) -> GroupDef {
    let spot = table.spot;
    let name = name(findings, &mut table);
    let rings = table.need_list(findings, "rings", values::ids);
    table.close(findings);
    GroupDef { spot, name, rings: rings.and_then(|list| list.value.into_iter().collect()) }
}

/// The stages the rings expand to.
pub(super) fn expand(def: &RingsDef) -> Vec<StageDef> {
    let mut stages = Vec::new();
    for group in &def.groups {
        let rings = group.rings.as_deref().unwrap_or_default();
        let steps = rings.iter().map(|ring| ring.value.len()).max().unwrap_or(0);
        for step in 0..steps {
            let shown: Vec<At<String>> = rings
                .iter()
                .filter_map(|ring| {
                    let id = ring.value.get(step).or(ring.value.last())?;
                    Some(At { value: id.clone(), spot: ring.spot })
                })
                .collect();
            let names = shown.iter().map(|id| id.value.as_str()).collect::<Vec<_>>().join("+");
            let name = group
                .name
                .as_ref()
                .map(|name| Name { zh: format!("{}:{names}", name.zh), en: format!("{}: {names}", name.en) });
            // each of the phases keeps its own longest green
            let limits = def.max_green.iter().filter(|(id, _)| shown.iter().any(|s| s.value == id.value));
            let max_green = limits.map(|(_, limit)| limit).min_by_key(|limit| limit.value).cloned();
            let walks = def.walks_with.iter().filter(|(_, with)| shown.iter().any(|s| s.value == with.value));
            let walks: Vec<At<String>> = walks.map(|(id, _)| id.clone()).collect();
            let phases = shown.into_iter().chain(walks).map(Some).collect();
            stages.push(StageDef {
                spot: group.spot,
                name,
                phases: Some(At { value: phases, spot: group.spot }),
                max_green,
                late_starts: Vec::new(),
                early_cuts: Vec::new(),
            });
        }
    }
    stages
}

/// The rings by index, checked; `None` when something about them was told.
pub(super) fn check(
    findings: &mut Findings,
    def: &RingsDef,
    signals: &Signals<'_>,
    matrices: Option<&Matrices>,
) -> Option<Rings> {
    let before = findings.count();
    let subject = format!("{}, rings", signals.subject);
    let count = def.groups.first()?.rings.as_ref()?.len();
    let mut stands: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut rings = vec![Vec::with_capacity(def.groups.len()); count];
    for (g, group) in def.groups.iter().enumerate() {
        let written = group.rings.as_ref()?;
        if written.len() != count {
            let message = format!(
                "{subject}: group {} has {}, the first has {count}",
                g + 1,
                count_of(written.len(), "ring", "rings")
            );
            findings.tell(group.spot, Rule::RingShape, message, "Give every group one list for each ring.");
            continue;
        }
        if written.iter().all(|ring| ring.value.is_empty()) {
            let message = format!("{subject}: group {} has no phase", g + 1);
            findings.tell(group.spot, Rule::RingShape, message, "Give a ring a phase, or remove the group.");
        }
        for (r, ring) in written.iter().enumerate() {
            let mut phases: Vec<PhaseIndex> = Vec::new();
            let mut last = None;
            for id in &ring.value {
                if last == Some(id) {
                    continue; // it runs on
                }
                last = Some(id);
                if stands.insert(id, (r, g)).is_some() {
                    let message = format!("{subject}: {id} stands in two places");
                    let mend = "Write it in one ring of one group; twice in a row where it runs on.";
                    findings.tell(ring.spot, Rule::RingShape, message, mend);
                }
                match signals.ids.get(id.as_str()) {
                    Some(&phase) if !signals.vehicles(phase) => {
                        let message = format!("{subject}: {id} serves pedestrians");
                        let mend = format!("Take it out, and say {id} = \"…\" in walks_with.");
                        findings.tell(ring.spot, Rule::RingShape, message, mend);
                    }
                    Some(&phase) => phases.push(PhaseIndex(phase)),
                    None => {} // told where the stages are read
                }
            }
            rings[r].push(phases);
        }
    }
    listed(findings, def, &subject, signals, &stands);
    if let Some(matrices) = matrices.filter(|_| findings.count() == before) {
        barriers(findings, def, &subject, signals, matrices, &stands);
    }
    (findings.count() == before).then_some(Rings { rings })
}

/// Every phase of the rings has its longest green; every pedestrians' phase walks with one of them.
fn listed(
    findings: &mut Findings,
    def: &RingsDef,
    subject: &str,
    signals: &Signals<'_>,
    stands: &BTreeMap<&str, (usize, usize)>,
) {
    let limited: BTreeSet<&str> = def.max_green.iter().map(|(id, _)| id.value.as_str()).collect();
    for id in stands.keys().filter(|id| !limited.contains(*id)) {
        let message = format!("{subject}: {id} has no longest green");
        findings.tell(def.spot, Rule::RingShape, message, format!("Add {id} to max_green_s."));
    }
    for (id, _) in def.max_green.iter().filter(|(id, _)| !stands.contains_key(id.value.as_str())) {
        let message = format!("{subject}, max_green_s: {} stands in no ring", id.value);
        findings.tell(id.spot, Rule::RingShape, message, "Remove it, or give it a place in a ring.");
    }
    for (id, with) in &def.walks_with {
        match signals.ids.get(id.value.as_str()) {
            None if stands.contains_key(with.value.as_str()) => {} // told where the stages are read
            None => unknown(findings, &format!("{subject}, walks_with"), id, signals.ids),
            Some(&phase) if signals.vehicles(phase) => {
                let message = format!("{subject}, walks_with: {} serves vehicles", id.value);
                findings.tell(id.spot, Rule::RingShape, message, "Name a pedestrians' phase.");
            }
            Some(_) => {}
        }
        if !stands.contains_key(with.value.as_str()) {
            let message = format!("{subject}, walks_with: {} stands in no ring", with.value);
            findings.tell(with.spot, Rule::RingShape, message, "Name a phase of a ring.");
        }
    }
}

/// Phases of different rings run together between the same barriers, in what combination the rings' own pace makes it, and
/// must be able to, with who walks beside them; those of different groups never do, which the conflict monitor is to hold.
fn barriers(
    findings: &mut Findings,
    def: &RingsDef,
    subject: &str,
    signals: &Signals<'_>,
    matrices: &Matrices,
    stands: &BTreeMap<&str, (usize, usize)>,
) {
    let placed: Vec<(&str, usize, usize, usize)> =
        stands.iter().filter_map(|(id, &(ring, group))| Some((*id, *signals.ids.get(id)?, ring, group))).collect();
    for (walk, with) in &def.walks_with {
        let spot = walk.spot;
        let (Some(&q), Some(&(ring, group))) = (signals.ids.get(walk.value.as_str()), stands.get(with.value.as_str()))
        else {
            continue;
        };
        let beside = |&&(_, p, other, at): &&(&str, usize, usize, usize)| {
            at == group && other != ring && matrices.conflict(PhaseIndex(p), PhaseIndex(q))
        };
        if let Some((met, ..)) = placed.iter().find(beside) {
            let (walk, with) = (&walk.value, &with.value);
            let message =
                format!("{subject}: {walk} walks with {with}, beside which {met} of another ring may be green");
            findings.tell(spot, Rule::RingConflict, message, "Let it walk with a phase of the other ring.");
        }
    }
    for (position, &(b, q, ring, group)) in placed.iter().enumerate() {
        for &(a, p, other, at) in &placed[..position] {
            let conflict = matrices.conflict(PhaseIndex(p), PhaseIndex(q));
            let spot = def.groups[group].spot;
            if at == group && other != ring && conflict {
                let message = format!("{subject}: {a} and {b} conflict and stand in different rings of one group");
                findings.tell(spot, Rule::RingConflict, message, "Put them into one ring, or into different groups.");
            } else if at != group && !conflict {
                let message = format!("{subject}: a barrier parts {a} and {b}, which do not conflict");
                findings.tell(spot, Rule::RingConflict, message, format!("Add \"{b}\" to the conflicts of {a}."));
            }
        }
    }
}
