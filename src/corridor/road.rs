//! The corridor's road: its members in outbound order and the links between neighbours.
//!
//! Knows: chainages, distances, what must lie on which link.
//! Must not know: signals' times beyond the cycle range, files other than its own.

use super::compile::name;
use super::definition::{CorridorDef, IntersectionDef, LinkDef};
use super::model::{Carriageway, Corridor, Direction, Intersection, IntersectionIndex, Link, Member, Movement};
use super::problem::{At, Findings};
use super::rule::Rule;
use super::served::nearest;
use super::signals::count_of;
use crate::units::Metres;
use std::collections::BTreeMap;

/// A member with all that is known about it: its place in the file, its chainage, the intersection if it compiled.
struct Place<'d> {
    index: usize,
    def: &'d IntersectionDef,
    id: &'d str,
    chainage: &'d At<Metres>,
    built: Option<&'d Intersection>,
}

/// The corridor of a file whose intersections, numbered from `first` in the network, are `built`.
pub(super) fn compile(
    findings: &mut Findings,
    def: &CorridorDef,
    first: usize,
    built: &[Option<Intersection>],
) -> Option<Corridor> {
    if def.intersections.len() < 2 {
        let message = format!("a corridor of {}", count_of(def.intersections.len(), "intersection", "intersections"));
        findings.tell(def.spot, Rule::MembersFew, message, "Add intersections; a green wave needs two.");
        return None;
    }
    let mut places: Vec<Place<'_>> = def
        .intersections
        .iter()
        .zip(built)
        .enumerate()
        .filter_map(|(index, (def, built))| {
            let id = def.id.as_ref()?.value.as_str();
            Some(Place { index, def, id, chainage: def.chainage.as_ref()?, built: built.as_ref() })
        })
        .collect();
    let whole = places.len() == def.intersections.len();
    places.sort_by(|a, b| a.chainage.value.get().total_cmp(&b.chainage.value.get()));
    chainages(findings, &places, whole);
    through(findings, def, &places);
    common_cycle(findings, def, &places);
    if !whole {
        return None; // with a member unknown nobody knows who the neighbours are
    }
    let links = links(findings, def, &places)?;
    on_the_road(findings, def, &places, &links);
    let members = places
        .iter()
        .map(|p| Member { intersection: IntersectionIndex(first + p.index), chainage: p.chainage.value })
        .collect();
    Some(Corridor {
        id: def.id.as_ref()?.value.clone(),
        name: def.name.clone()?,
        outbound_from: def.outbound_from.as_ref()?.value,
        members,
        links: links.into_iter().collect::<Option<_>>()?,
    })
}

/// Chainages differ and begin at zero.
fn chainages(findings: &mut Findings, places: &[Place<'_>], whole: bool) {
    if let Some(start) = places.first().filter(|p| whole && p.chainage.value.get() != 0.0) {
        let message = format!("{}: the first chainage is {} m", name(start.def), start.chainage.value.get());
        findings.tell(
            start.chainage.spot,
            Rule::ChainageStart,
            message,
            "Count chainages from the first stop line: 0.",
        );
    }
    for pair in places.windows(2) {
        if pair[0].chainage.value == pair[1].chainage.value {
            let (at, other) = (pair[1].chainage.value.get(), name(pair[0].def));
            let message = format!("{}: chainage {at} m is that of {other}", name(pair[1].def));
            findings.tell(
                pair[1].chainage.spot,
                Rule::ChainageTwice,
                message,
                "Give each its own distance from the start.",
            );
        }
    }
}

/// Every member lets the corridor's traffic go straight on, both ways.
fn through(findings: &mut Findings, def: &CorridorDef, places: &[Place<'_>]) {
    let Some(outbound) = &def.outbound_from else { return };
    for place in places {
        let Some(built) = place.built else { continue };
        for from in [outbound.value, outbound.value.opposite()] {
            if built.phase_for(from, Movement::Through).is_none() {
                let message = format!("{}: nothing goes straight on from {from}, the corridor's way", name(place.def));
                let spot = place.def.layout.as_ref().map_or(place.def.spot, |layout| layout.spot);
                let mend = "Mend outbound_from, or give the layout a through movement there.";
                findings.tell(spot, Rule::CorridorThrough, message, mend);
            }
        }
    }
}

/// Some cycle length suits every member.
fn common_cycle(findings: &mut Findings, def: &CorridorDef, places: &[Place<'_>]) {
    let known = || places.iter().filter_map(|p| Some((p, p.built?.cycle)));
    let Some((slow, min)) = known().map(|(p, c)| (p, c.min)).max_by_key(|(_, min)| *min) else { return };
    let Some((fast, max)) = known().map(|(p, c)| (p, c.max)).min_by_key(|(_, max)| *max) else { return };
    if min > max {
        let message =
            format!("no cycle suits {} ({min} or more) and {} ({max} or less)", name(slow.def), name(fast.def));
        findings.tell(def.spot, Rule::CommonCycle, message, "Bring their cycle limits together.");
    }
}

/// `links[i]` between places i and i + 1, `None` where it could not be read.
fn links(findings: &mut Findings, def: &CorridorDef, places: &[Place<'_>]) -> Option<Vec<Option<Link>>> {
    let order: BTreeMap<&str, usize> = places.iter().enumerate().rev().map(|(i, p)| (p.id, i)).collect();
    let mut found: Vec<Option<&LinkDef>> = vec![None; places.len() - 1];
    let mut readable = true;
    for link in &def.links {
        let Some([from, to]) = &link.between else {
            readable = false;
            continue;
        };
        let mut find = |end: &At<String>| {
            let found = order.get(end.value.as_str()).copied();
            if found.is_none() {
                let message = format!("link {} - {}: there is no intersection {}", from.value, to.value, end.value);
                let near = nearest(&end.value, order.keys().copied());
                let mend = near.unwrap_or_else(|| "Name an intersection of this file.".to_owned());
                findings.tell(end.spot, Rule::Reference, message, mend);
            }
            found
        };
        let (Some(a), Some(b)) = (find(from), find(to)) else {
            readable = false;
            continue;
        };
        let subject = format!("link {} - {}", from.value, to.value);
        if b == a + 1 {
            match found[a] {
                None => found[a] = Some(link),
                Some(other) => {
                    let message = format!("{subject}: it is there already, at {}", findings.locate(other.spot));
                    findings.tell(from.spot, Rule::LinkTwice, message, "Remove one.");
                }
            }
        } else if a == b + 1 {
            let message = format!("{subject}: {} comes before {} in outbound order", to.value, from.value);
            let mend = format!("Write between = [\"{}\", \"{}\"].", to.value, from.value);
            findings.tell(from.spot, Rule::LinkOrder, message, mend);
            readable = false;
        } else {
            let message = format!("{subject}: the two are no neighbours by chainage");
            findings.tell(from.spot, Rule::LinkSkips, message, "Join each member with the next.");
        }
    }
    for (pair, _) in places.windows(2).zip(&found).filter(|(_, link)| readable && link.is_none()) {
        let message = format!("{}: no link joins it with {}", name(pair[1].def), name(pair[0].def));
        let mend = format!("Add [[link]] between = [\"{}\", \"{}\"].", pair[0].id, pair[1].id);
        findings.tell(pair[1].def.spot, Rule::LinkMissing, message, mend);
    }
    let roads = places.windows(2).zip(found).map(|(pair, link)| road(findings, pair, link?)).collect();
    Some(roads)
}

/// One link; its distances agree with the chainages.
fn road(findings: &mut Findings, pair: &[Place<'_>], link: &LinkDef) -> Option<Link> {
    let span = pair[1].chainage.value.get() - pair[0].chainage.value.get();
    let (outbound, inbound) = (link.outbound_distance.as_ref()?, link.inbound_distance.as_ref()?);
    for distance in [outbound, inbound] {
        if span > 0.0 && (distance.value.get() - span).abs() > 0.1 * span {
            let (subject, is) = (format!("link {} - {}", pair[0].id, pair[1].id), distance.value.get());
            let message = format!("{subject}: {is} m is more than 10 % off the {span} m between the chainages");
            findings.tell(distance.spot, Rule::LinkChainage, message, "Mend the distance or the chainages.");
        }
    }
    Some(Link {
        outbound: Carriageway { distance: outbound.value, speed: link.outbound_speed.as_ref()?.value },
        inbound: Carriageway { distance: inbound.value, speed: link.inbound_speed.as_ref()?.value },
    })
}

/// Pockets and advance loops of the approaches that a link feeds lie on that link.
fn on_the_road(findings: &mut Findings, def: &CorridorDef, places: &[Place<'_>], links: &[Option<Link>]) {
    let Some(outbound) = &def.outbound_from else { return };
    for (pair, (link, written)) in places.windows(2).zip(links.iter().map(|link| (link, &def.links))) {
        let Some(link) = link else { continue };
        let ends = [
            (&pair[1], Direction::Outbound, outbound.value),
            (&pair[0], Direction::Inbound, outbound.value.opposite()),
        ];
        for (place, direction, from) in ends {
            let Some(built) = place.built else { continue };
            let length = link.carriageway(direction).distance;
            let spot = written
                .iter()
                .find(|l| l.between.as_ref().is_some_and(|[a, b]| a.value == pair[0].id && b.value == pair[1].id))
                .map_or(place.def.spot, |l| l.spot);
            let pockets = built.approach(from).into_iter().flat_map(|a| &a.lanes).filter_map(|lane| lane.pocket);
            if let Some(pocket) = pockets.filter(|pocket| *pocket >= length).max_by(|a, b| a.get().total_cmp(&b.get()))
            {
                let (pocket, length) = (pocket.get(), length.get());
                let message = format!(
                    "{}: a pocket of {pocket} m from {from} is not shorter than its link of {length} m",
                    name(place.def)
                );
                findings.tell(spot, Rule::PocketLength, message, "Give it a layout with a shorter pocket.");
            }
            let loops = built.detectors.iter().filter(|d| d.from == from && d.distance >= length);
            if let Some(detector) = loops.max_by(|a, b| a.distance.get().total_cmp(&b.distance.get())) {
                let (at, length) = (detector.distance.get(), length.get());
                let message = format!(
                    "{}: a loop {at} m before the stop line from {from} lies off its link of {length} m",
                    name(place.def)
                );
                findings.tell(spot, Rule::AdvancePlace, message, "Give it a layout with a shorter advance_m.");
            }
        }
    }
}
