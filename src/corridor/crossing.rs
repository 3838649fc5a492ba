//! What holds between corridors: they cross where they meet, they can run one cycle, and no intersection is left over.
//!
//! Knows: all corridors' members. Must not know: links, days.

use super::compile::{Site, name};
use super::model::Arm;
use super::problem::{Findings, Spot};
use super::road::{Road, no_cycle};
use super::rule::Rule;
use std::collections::BTreeMap;

/// Checks the corridors against each other; `whole`: every file could be read.
pub(super) fn check(findings: &mut Findings, roads: &[Road<'_>], sites: &[Site<'_>], whole: bool) {
    arms(findings, roads);
    cycles(findings, roads);
    if whole && !roads.is_empty() && roads.iter().all(|road| road.whole) {
        left_over(findings, roads, sites);
    }
}

/// Corridors that share an intersection use different arms of it. At its ends, too, a corridor has both its arms: what comes
/// in there and what it leaves by.
fn arms(findings: &mut Findings, roads: &[Road<'_>]) {
    let mut taken: BTreeMap<(usize, Arm), (usize, Spot)> = BTreeMap::new();
    for (number, road) in roads.iter().enumerate() {
        let Some(outbound) = &road.def.outbound_from else { continue };
        for place in &road.places {
            let claim = [outbound.value, outbound.value.opposite()].map(|arm| (place.index, arm));
            let Some((other, spot)) = claim.iter().find_map(|key| taken.get(key)) else {
                taken.extend(claim.map(|key| (key, (number, place.spot))));
                continue;
            };
            let id = |number: usize| roads[number].def.id.as_ref().map_or("another", |id| id.value.as_str());
            let message = format!(
                "{}: corridor {} runs {outbound} - {} there, as corridor {} does, at {}",
                name(place.def),
                id(number),
                outbound.value.opposite(),
                id(*other),
                findings.locate(*spot),
                outbound = outbound.value,
            );
            let mend = "Mend outbound_from where they cross; where one goes on as the other, make them one corridor.";
            findings.tell(place.spot, Rule::ArmTwice, message, mend);
        }
    }
}

/// Corridors that meet, directly or by way of others, run one cycle.
fn cycles(findings: &mut Findings, roads: &[Road<'_>]) {
    let mut group: Vec<usize> = (0..roads.len()).collect();
    for a in 0..roads.len() {
        for b in 0..a {
            let meet = roads[a].places.iter().any(|p| roads[b].places.iter().any(|q| p.index == q.index));
            let (from, to) = (group[a].max(group[b]), group[a].min(group[b]));
            if meet {
                group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
            }
        }
    }
    for first in 0..roads.len() {
        let members: Vec<usize> = (0..roads.len()).filter(|&k| group[k] == first).collect();
        let (Some(&last), true) = (members.last(), members.len() > 1) else { continue };
        // a corridor at odds with itself was told so
        if members.iter().any(|&k| !roads[k].one_cycle) {
            continue;
        }
        if let Some(message) = no_cycle(members.iter().flat_map(|&k| &roads[k].places)) {
            let message = format!("{message}, which corridors that cross join");
            findings.tell(roads[last].def.spot, Rule::CommonCycle, message, "Bring their cycle limits together.");
        }
    }
}

/// Every intersection that no corridor's file places is some corridor's member.
fn left_over(findings: &mut Findings, roads: &[Road<'_>], sites: &[Site<'_>]) {
    for (index, site) in sites.iter().enumerate().filter(|(_, site)| !site.placed) {
        let Some(id) = &site.def.id else { continue };
        if !roads.iter().any(|road| road.places.iter().any(|place| place.index == index)) {
            let message = format!("{}: no corridor passes it", name(site.def));
            let mend = "Add it to a corridor as [[member]], or remove it.";
            findings.tell(id.spot, Rule::IntersectionUnused, message, mend);
        }
    }
}
