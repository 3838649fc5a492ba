//! From definition files to the network: the one door. Every problem of every file, or a [`Network`] that keeps its promises.
//!
//! Knows: files, ids across files, intersections and their overrides.
//! Must not know: where files come from; the caller reads them.

use super::definition::{self, CabinetDef, CorridorDef, File, IntersectionDef};
use super::layout::{LayoutDef, ServesDef};
use super::model::{Cabinet, Intersection, Network, Serves};
use super::problem::{At, Findings, Problem, Source, Spot};
use super::rule::Rule;
use super::served::nearest;
use super::signals::{self, Layout, once};
use super::values;
use super::{day, road, timing};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use toml::de::DeTable;

/// Compiles the files of one network, given as name and bytes: the network, or all problems of all files in the files'
/// order.
///
/// # Errors
/// Every [`Problem`] that was found; at least one.
pub fn load(files: &[(String, Vec<u8>)]) -> Result<Network, Vec<Problem>> {
    let texts: Vec<Result<&str, std::str::Utf8Error>> =
        files.iter().map(|(_, bytes)| std::str::from_utf8(bytes)).collect();
    let sources = files
        .iter()
        .map(|(name, bytes)| Source { name: name.clone(), text: String::from_utf8_lossy(bytes).into_owned() })
        .collect();
    let mut findings = Findings::new(sources);
    let mut corridors = Vec::new();
    let mut whole = true;
    for (file, text) in texts.iter().enumerate() {
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                let start = error.valid_up_to();
                let mend = "Save the file as UTF-8 (Chinese text may have been saved as GB18030).";
                findings.tell(Spot { file, start, end: start }, Rule::NotUtf8, "this byte is not UTF-8", mend);
                whole = false;
                continue;
            }
        };
        let (tree, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let span = error.span().unwrap_or(text.len()..text.len());
            let message = format!("this is not TOML: {}", error.message().replace('\n', " "));
            let spot = Spot { file, start: span.start, end: span.end };
            findings.tell(spot, Rule::Syntax, message, "Mend the line; the rest of this file is checked after that.");
        }
        if !errors.is_empty() {
            whole = false;
            continue;
        }
        match definition::read(&mut findings, file, tree.get_ref()) {
            Some(File::Corridor(corridor)) => corridors.push(corridor),
            None => whole = false,
        }
    }
    if corridors.is_empty() && whole {
        let spot = Spot { file: 0, start: 0, end: 0 };
        findings.tell(spot, Rule::NoCorridor, "the network has no corridor", "Give a file of kind = \"corridor\".");
    }
    network(&mut findings, &corridors, files).ok_or_else(|| findings.into_problems())
}

/// The fingerprint of a network's files: of one file its SHA-256; of several the SHA-256 of their SHA-256s in hexadecimal,
/// sorted, one a line. Names and order do not matter.
fn fingerprint(files: &[(String, Vec<u8>)]) -> String {
    let hex = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut each: Vec<String> = files.iter().map(|(_, bytes)| hex(bytes)).collect();
    each.sort();
    match each.as_slice() {
        [one] => one.clone(),
        _ => hex(each.iter().map(|line| format!("{line}\n")).collect::<String>().as_bytes()),
    }
}

fn network(findings: &mut Findings, defs: &[CorridorDef], files: &[(String, Vec<u8>)]) -> Option<Network> {
    let mut ids = BTreeMap::new();
    let mut cabinets = BTreeMap::new();
    let mut corridor_ids = BTreeMap::new();
    let mut intersections = Vec::new();
    let mut corridors = Vec::new();
    for def in defs {
        if let Some(id) = &def.id {
            once(findings, &mut corridor_ids, id.value.clone(), id.spot, "corridor");
        }
        let layouts: Vec<Option<Layout>> = def.layouts.iter().map(|l| signals::compile(findings, l)).collect();
        let mut used = vec![false; layouts.len()];
        let first = intersections.len();
        for at in &def.intersections {
            if let Some(id) = &at.id {
                once(findings, &mut ids, id.value.clone(), id.spot, "intersection");
            }
            one_cabinet(findings, &mut cabinets, at);
            intersections.push(intersection(findings, def, at, &layouts, &mut used));
        }
        for (layout, _) in def.layouts.iter().zip(&used).filter(|(_, used)| !**used) {
            let message = format!("{}: no intersection uses it", layout.subject());
            findings.tell(layout.name.spot, Rule::LayoutUnused, message, "Remove it, or name it as a layout.");
        }
        corridors.push(road::compile(findings, def, first, &intersections[first..]));
    }
    let day = day::compile(findings, defs);
    if !findings.is_clean() {
        return None;
    }
    let (periods, utc_offset) = day?;
    Some(Network {
        intersections: intersections.into_iter().collect::<Option<_>>()?,
        corridors: corridors.into_iter().collect::<Option<_>>()?,
        periods,
        utc_offset,
        fingerprint: fingerprint(files),
    })
}

/// A cabinet belongs to one intersection.
fn one_cabinet(findings: &mut Findings, seen: &mut BTreeMap<(SocketAddr, u16), Spot>, def: &IntersectionDef) {
    let Some(CabinetDef { address: Some(address), unit: Some(unit), .. }) = &def.cabinet else { return };
    let key = (address.value, unit.value);
    let Some(first) = seen.get(&key) else {
        seen.insert(key, address.spot);
        return;
    };
    let at = findings.locate(*first);
    let message = format!("{}: cabinet {} unit {} is another intersection's, at {at}", name(def), key.0, key.1);
    findings.tell(address.spot, Rule::CabinetTwice, message, "Give each intersection its own address or unit.");
}

/// How messages name an intersection.
pub(super) fn name(def: &IntersectionDef) -> String {
    let id = def.id.as_ref().map_or("an intersection", |id| id.value.as_str());
    match &def.name {
        Some(name) => format!("{id} ({})", name.en),
        None => id.to_owned(),
    }
}

fn intersection(
    findings: &mut Findings,
    file: &CorridorDef,
    def: &IntersectionDef,
    layouts: &[Option<Layout>],
    used: &mut [bool],
) -> Option<Intersection> {
    let wanted = def.layout.as_ref()?;
    let Some(index) = file.layouts.iter().position(|l| l.name.value == wanted.value) else {
        let message = format!("{}: there is no layout {} in this file", name(def), wanted.value.escape_debug());
        let known = file.layouts.iter().map(|l| l.name.value.as_str());
        let mend = nearest(&wanted.value, known).unwrap_or_else(|| "Name a layout of this file.".to_owned());
        findings.tell(wanted.spot, Rule::Reference, message, mend);
        return None;
    };
    used[index] = true;
    let written = &file.layouts[index];
    named(findings, def, written);
    let shared = layouts[index].as_ref()?;
    let mut phases = shared.phases.clone();
    for phase in &mut phases {
        let own = def.pedestrians.iter().find(|(id, _)| id.value == phase.id);
        if let (Serves::Pedestrians { per_hour, .. }, Some((_, flow))) = (&mut phase.serves, own) {
            *per_hour = flow.value;
        }
    }
    let mut approaches = shared.approaches.clone();
    for approach in &mut approaches {
        let own = def.entry.iter().find(|(arm, _)| values::arm_of(&arm.value) == Some(approach.from));
        if let Some((_, entry)) = own {
            approach.entry = entry.value;
        }
    }
    for (arm, entry) in &def.entry {
        let Some(approach) = approaches.iter().find(|a| Some(a.from) == values::arm_of(&arm.value)) else { continue };
        let pockets = approach.lanes.iter().filter_map(|lane| lane.pocket).map(|p| p.get());
        let loops = shared.detectors.iter().filter(|d| d.from == approach.from).map(|d| d.distance.get());
        let longest = pockets.chain(loops).fold(0.0, f64::max);
        if entry.value.get() <= longest {
            let message = format!(
                "{}: entry_m of {} m does not hold a pocket or loop of {longest} m",
                name(def),
                entry.value.get()
            );
            findings.tell(entry.spot, Rule::PocketLength, message, format!("Set it above {longest}."));
        }
    }
    let (cycle, local_plan) = times(findings, def, shared, written)?;
    Some(Intersection {
        id: def.id.as_ref()?.value.clone(),
        name: def.name.clone()?,
        approaches,
        phases,
        stages: shared.stages.clone(),
        sequences: Vec::new(),
        rings: None,
        conflicts: shared.matrices.conflicts.clone(),
        intergreens: shared.matrices.intergreens.clone(),
        permissive: Vec::new(),
        reference_phase: shared.reference_phase,
        cycle,
        detectors: shared.detectors.clone(),
        cabinet: cabinet(def.cabinet.as_ref()?)?,
        local_plan,
    })
}

/// The cycle range and local plan: the layout's, with what the intersection overrides.
fn times(
    findings: &mut Findings,
    def: &IntersectionDef,
    shared: &Layout,
    written: &LayoutDef,
) -> Option<(super::CycleRange, super::LocalPlan)> {
    if def.cycle_min.is_none() && def.cycle_max.is_none() && def.local_green.is_none() {
        return Some((shared.cycle, shared.local_plan.clone()));
    }
    let own = timing::Times {
        min: def.cycle_min.as_ref().or(written.cycle_min.as_ref()),
        max: def.cycle_max.as_ref().or(written.cycle_max.as_ref()),
        greens: def.local_green.as_ref().or(written.local_green.as_ref()),
    };
    timing::plan(findings, &name(def), &shared.stages, &own)
}

/// What an intersection overrides by name is there in its layout.
fn named(findings: &mut Findings, def: &IntersectionDef, layout: &LayoutDef) {
    let mut no_such = |key: &str, what: &str, found: &At<String>| {
        let message = format!("{}, {key}: its layout has no {what} {}", name(def), found.value.escape_debug());
        findings.tell(found.spot, Rule::Reference, message, "Name one that it has.");
    };
    let pedestrians = |id: &str| {
        let mut phases = layout.phases.iter().filter(|p| !matches!(p.serves, Some(ServesDef::Vehicles { .. })));
        phases.any(|p| p.id.as_ref().is_none_or(|known| known.value == id))
    };
    for (phase, _) in def.pedestrians.iter().filter(|(phase, _)| !pedestrians(&phase.value)) {
        no_such("pedestrians_per_h", "pedestrian phase", phase);
    }
    let approach = |arm: &str| {
        let from = values::arm_of(arm);
        layout.approaches.iter().any(|a| a.from.as_ref().is_none_or(|known| Some(known.value) == from))
    };
    for (arm, _) in def.entry.iter().filter(|(arm, _)| !approach(&arm.value)) {
        no_such("entry_m", "approach from", arm);
    }
}

fn cabinet(def: &CabinetDef) -> Option<Cabinet> {
    Some(Cabinet {
        address: def.address.as_ref()?.value,
        unit: u8::try_from(def.unit.as_ref()?.value).ok()?,
        profile: def.profile.as_ref()?.value.clone(),
        heartbeat_timeout: def.heartbeat_timeout.as_ref()?.value,
        clock_zero: None,
        countdown: false,
    })
}
