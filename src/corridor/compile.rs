//! From definition files to the network: the one door. Every problem of every file, or a [`Network`] that keeps its promises.
//!
//! Knows: files, ids across files, intersections and their overrides, wherever they are defined.
//! Must not know: where files come from; the caller reads them.

use super::cabinet::{Cabinets, Profiles};
use super::day::{self, Days};
use super::definition::{self, File, IntersectionDef, SitesDef};
use super::device::Cabinet;
use super::layout::{LayoutDef, ServesDef};
use super::model::{Intersection, Network, Serves};
use super::position::Position;
use super::problem::{At, Findings, Problem, Source, Spot};
use super::profile::RegisterProfile;
use super::rule::Rule;
use super::served::nearest;
use super::signals::{self, Layout, once};
use super::values;
use super::{crossing, fit, road, timing};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::de::DeTable;

/// What files turned out to be.
#[derive(Debug)]
pub enum Checked {
    /// A network.
    Network(Box<Network>),
    /// Register profiles and nothing else, in the files' order.
    Profiles(Vec<Arc<RegisterProfile>>),
}

/// Compiles the files of one network, given as name and bytes: the network, or all problems of all files in the files'
/// order.
///
/// # Errors
/// Every [`Problem`] that was found; at least one.
pub fn load(files: &[(String, Vec<u8>)]) -> Result<Network, Vec<Problem>> {
    let (mut findings, found) = compile(files);
    match found {
        Some(Checked::Network(network)) => Ok(*network),
        Some(Checked::Profiles(_)) => {
            no_corridor(&mut findings);
            Err(findings.into_problems())
        }
        None => Err(findings.into_problems()),
    }
}

/// Like [`load`], and takes register profiles alone for what they are.
///
/// # Errors
/// Every [`Problem`] that was found; at least one.
pub fn check(files: &[(String, Vec<u8>)]) -> Result<Checked, Vec<Problem>> {
    let (findings, found) = compile(files);
    found.ok_or_else(|| findings.into_problems())
}

/// The profiles of files that hold nothing else, without a look at those that are shipped.
pub(super) fn profiles(files: &[(String, Vec<u8>)]) -> Result<Vec<Arc<RegisterProfile>>, Vec<Problem>> {
    let (findings, read, _) = read(files);
    let profile = |file| match file {
        File::Profile(def) => def.profile.map(Arc::new),
        _ => None,
    };
    let found = read.into_iter().map(profile).collect::<Option<_>>();
    found.filter(|_| findings.is_clean()).ok_or_else(|| findings.into_problems())
}

fn no_corridor(findings: &mut Findings) {
    let spot = Spot { file: 0, start: 0, end: 0 };
    findings.tell(spot, Rule::NoCorridor, "the network has no corridor", "Give a file of kind = \"corridor\".");
}

fn compile(files: &[(String, Vec<u8>)]) -> (Findings, Option<Checked>) {
    let (mut findings, read, whole) = read(files);
    let profiles = Profiles::collect(&mut findings, &read);
    if whole && !read.is_empty() && read.iter().all(|file| matches!(file, File::Profile(_))) {
        let own = profiles.own().filter(|_| findings.is_clean());
        return (findings, own.map(Checked::Profiles));
    }
    if !read.iter().any(|file| matches!(file, File::Corridor(_))) && whole {
        no_corridor(&mut findings);
    }
    let network = network(&mut findings, &read, (&profiles, whole), files);
    (findings, network.map(|network| Checked::Network(Box::new(network))))
}

/// Reads the files; the last says whether all of all of them was.
fn read(files: &[(String, Vec<u8>)]) -> (Findings, Vec<File>, bool) {
    let texts: Vec<Result<&str, std::str::Utf8Error>> =
        files.iter().map(|(_, bytes)| std::str::from_utf8(bytes)).collect();
    let sources = files
        .iter()
        .map(|(name, bytes)| Source { name: name.clone(), text: String::from_utf8_lossy(bytes).into_owned() })
        .collect();
    let mut findings = Findings::new(sources);
    let mut read = Vec::new();
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
            Some(file) => read.push(file),
            None => whole = false,
        }
    }
    (findings, read, whole)
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

/// An intersection as written, and what became of it.
pub(super) struct Site<'d> {
    pub(super) def: &'d IntersectionDef,
    pub(super) built: Option<Intersection>,
    /// Whether a corridor's file places it; else it is some corridor's member or nobody's.
    pub(super) placed: bool,
}

/// Compiles what was read; `whole` says that every file was, so that what is missing is missing.
fn network(
    findings: &mut Findings,
    read: &[File],
    (profiles, whole): (&Profiles, bool),
    files: &[(String, Vec<u8>)],
) -> Option<Network> {
    let mut corridor_ids = BTreeMap::new();
    let mut seen = Seen { ids: BTreeMap::new(), cabinets: Cabinets::new(profiles, whole) };
    let mut sites = Vec::new();
    let (mut defs, mut cities) = (Vec::new(), Vec::new());
    for file in read {
        match file {
            File::Corridor(def) => {
                if let Some(id) = &def.id {
                    once(findings, &mut corridor_ids, id.value.clone(), id.spot, "corridor");
                }
                let first = sites.len();
                build(findings, &def.sites, true, &mut seen, &mut sites);
                defs.push((def.as_ref(), first..sites.len()));
            }
            File::Intersections(def) => build(findings, def, false, &mut seen, &mut sites),
            File::City(def) => cities.push(def.as_ref()),
            File::Profile(_) => {}
        }
    }
    let days: Vec<_> = defs.iter().map(|(def, _)| &def.days).collect();
    let day = day::compile(findings, &cities, &days, whole);
    let periods = day.as_ref().map(|day| day.periods.as_slice());
    let roads: Vec<_> =
        defs.iter().map(|(def, own)| road::compile(findings, def, own.clone(), &sites, (periods, whole))).collect();
    crossing::check(findings, &roads, &sites, whole);
    if !findings.is_clean() {
        return None;
    }
    let Days { periods, almanac, utc_offset } = day?;
    let corridors = roads.into_iter().map(|road| road.corridor).collect::<Option<_>>()?;
    Some(Network {
        intersections: sites.into_iter().map(|site| site.built).collect::<Option<_>>()?,
        corridors,
        periods,
        almanac,
        utc_offset,
        fingerprint: fingerprint(files),
    })
}

/// What was seen in the files before.
struct Seen<'p> {
    ids: BTreeMap<String, Spot>,
    cabinets: Cabinets<'p>,
}

/// Builds the intersections of a file.
fn build<'d>(findings: &mut Findings, def: &'d SitesDef, placed: bool, seen: &mut Seen<'_>, sites: &mut Vec<Site<'d>>) {
    let layouts: Vec<Option<Layout>> = def.layouts.iter().map(|l| signals::compile(findings, l)).collect();
    let mut used = vec![false; layouts.len()];
    for at in &def.intersections {
        if let Some(id) = &at.id {
            once(findings, &mut seen.ids, id.value.clone(), id.spot, "intersection");
        }
        let cabinet = seen.cabinets.compile(findings, at);
        let built = intersection(findings, def, (at, cabinet), &layouts, &mut used);
        sites.push(Site { def: at, built, placed });
    }
    for (layout, _) in def.layouts.iter().zip(&used).filter(|(_, used)| !**used) {
        let message = format!("{}: no intersection uses it", layout.subject());
        findings.tell(layout.name.spot, Rule::LayoutUnused, message, "Remove it, or name it as a layout.");
    }
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
    file: &SitesDef,
    (def, cabinet): (&IntersectionDef, Option<Cabinet>),
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
    let mut built = Intersection {
        id: def.id.as_ref()?.value.clone(),
        name: def.name.clone()?,
        position: position(def),
        approaches,
        phases,
        stages: shared.stages.clone(),
        sequences: shared.sequences.clone(),
        rings: shared.rings.clone(),
        conflicts: shared.matrices.conflicts.clone(),
        intergreens: shared.matrices.intergreens.clone(),
        permissive: shared.matrices.permissive.clone(),
        reference_phase: shared.reference_phase,
        cycle,
        detectors: shared.detectors.clone(),
        cabinet: cabinet?,
        local_plan,
        stored_plans: Vec::new(),
        lanes: super::Lanes::default(),
    };
    fit::check(findings, def, &built);
    built.stored_plans = fit::stored(findings, def, &built)?;
    Some(built)
}

fn position(def: &IntersectionDef) -> Option<Position> {
    let (latitude, longitude) = (def.latitude.as_ref()?.value, def.longitude.as_ref()?.value);
    Some(Position { latitude, longitude })
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
    let (cycle, greens) = timing::plan(findings, &name(def), &shared.stages, &own)?;
    Some((cycle, super::LocalPlan { greens, operation: shared.local_plan.operation.clone() }))
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
