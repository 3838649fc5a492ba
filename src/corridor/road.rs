//! The corridor's road: its members in outbound order and the links between neighbours.
//!
//! Knows: chainages, distances, what must lie on which link.
//! Must not know: signals' times beyond the cycle range, files other than its own.

use super::compile::{Site, name};
use super::definition::{CorridorDef, IntersectionDef, LinkDef};
use super::model::{
    Approach, Arm, Carriageway, Corridor, Detector, DetectorKind, Direction, Intersection, IntersectionIndex, Link,
    Member, Movement, Period,
};
use super::problem::{At, Findings, Spot};
use super::rule::Rule;
use super::served::nearest;
use super::signals::{count_of, once};
use crate::units::Metres;
use std::collections::BTreeMap;
use std::ops::Range;

/// A member with all that is known about it: its index in the network, its chainage, the intersection if it compiled.
pub(super) struct Place<'d> {
    pub(super) index: usize,
    pub(super) def: &'d IntersectionDef,
    /// Where the corridor's file says that it is a member.
    pub(super) spot: Spot,
    id: &'d str,
    chainage: &'d At<Metres>,
    pub(super) built: Option<&'d Intersection>,
}

/// A corridor's road: who is on it, and what became of it.
pub(super) struct Road<'d> {
    pub(super) def: &'d CorridorDef,
    pub(super) places: Vec<Place<'d>>,
    /// Whether every member was found.
    pub(super) whole: bool,
    /// Whether a cycle suits every member.
    pub(super) one_cycle: bool,
    pub(super) corridor: Option<Corridor>,
}

/// The corridor of a file whose own intersections are `own` of the network's `sites`; `periods`: the network's, where they are
/// known; `whole`: every file could be read.
pub(super) fn compile<'d>(
    findings: &mut Findings,
    def: &'d CorridorDef,
    own: Range<usize>,
    sites: &'d [Site<'d>],
    (periods, whole): (Option<&[Period]>, bool),
) -> Road<'d> {
    let (mut places, found) = members(findings, def, own, sites, whole);
    places.sort_by(|a, b| a.chainage.value.get().total_cmp(&b.chainage.value.get()));
    let count = def.sites.intersections.len() + def.members.len();
    if count < 2 {
        let message = format!("a corridor of {}", count_of(count, "intersection", "intersections"));
        findings.tell(def.spot, Rule::MembersFew, message, "Add intersections; a green wave needs two.");
        return Road { def, places, whole: found, one_cycle: true, corridor: None };
    }
    chainages(findings, &places, found);
    through(findings, def, &places);
    coordinates(findings, &places);
    let weights = periods.and_then(|periods| weights(findings, def, periods));
    let one_cycle = common_cycle(findings, def, &places);
    // with a member unknown nobody knows who the neighbours are
    let corridor = if found { corridor(findings, def, &places, weights) } else { None };
    Road { def, places, whole: found, one_cycle, corridor }
}

fn corridor(
    findings: &mut Findings,
    def: &CorridorDef,
    places: &[Place<'_>],
    weights: Option<Vec<[f64; 2]>>,
) -> Option<Corridor> {
    let links = links(findings, def, places)?;
    on_the_road(findings, def, places, &links);
    let member = |p: &Place<'_>| Member { intersection: IntersectionIndex(p.index), chainage: p.chainage.value };
    Some(Corridor {
        id: def.id.as_ref()?.value.clone(),
        name: def.name.clone()?,
        outbound_from: def.outbound_from.as_ref()?.value,
        members: places.iter().map(member).collect(),
        links: links.into_iter().collect::<Option<_>>()?,
        weights: weights?,
    })
}

/// The members, each once, and whether all could be found.
fn members<'d>(
    findings: &mut Findings,
    def: &'d CorridorDef,
    own: Range<usize>,
    sites: &'d [Site<'d>],
    whole: bool,
) -> (Vec<Place<'d>>, bool) {
    let mut places: Vec<Place<'d>> = own
        .filter_map(|index| {
            let Site { def, built, .. } = &sites[index];
            let (id, chainage) = (def.id.as_ref()?.value.as_str(), def.chainage.as_ref()?);
            Some(Place { index, def, spot: def.spot, id, chainage, built: built.as_ref() })
        })
        .collect();
    let mut found = places.len() == def.sites.intersections.len();
    for member in &def.members {
        let Some(id) = &member.intersection else {
            found = false;
            continue;
        };
        let named = |site: &Site<'_>| site.def.id.as_ref().is_some_and(|known| known.value == id.value);
        let Some(index) = sites.iter().position(named) else {
            found = false;
            if whole {
                let message = format!("member {}: there is no intersection {}", id.value, id.value);
                let known = sites.iter().filter_map(|site| Some(site.def.id.as_ref()?.value.as_str()));
                let mend = nearest(&id.value, known);
                let mend = mend.unwrap_or_else(|| "Name one that a file of the network defines.".to_owned());
                findings.tell(id.spot, Rule::Reference, message, mend);
            }
            continue;
        };
        let site = &sites[index];
        if let Some(other) = places.iter().find(|place| place.index == index) {
            let message = format!("{}: it is a member already, at {}", name(site.def), findings.locate(other.spot));
            findings.tell(id.spot, Rule::MemberTwice, message, "Remove one.");
            continue;
        }
        let Some(chainage) = &member.chainage else {
            found = false;
            continue;
        };
        let spot = member.spot;
        places.push(Place { index, def: site.def, spot, id: &id.value, chainage, built: site.built.as_ref() });
    }
    (places, found)
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
                // a member that is defined elsewhere is in order there; what is wrong is that this corridor passes it
                let own = place.def.layout.as_ref().filter(|_| place.spot == place.def.spot);
                let spot = own.map_or(place.spot, |layout| layout.spot);
                let mend = "Mend outbound_from, or give the layout a through movement there.";
                findings.tell(spot, Rule::CorridorThrough, message, mend);
            }
        }
    }
}

/// Neighbours are as far apart by their coordinates as by their chainages; streets bend, so a fifth may differ.
fn coordinates(findings: &mut Findings, places: &[Place<'_>]) {
    for pair in places.windows(2) {
        let at = |k: usize| pair[k].built.and_then(|built| built.position);
        let (Some(a), Some(b)) = (at(0), at(1)) else { continue };
        let (apart, span) = (a.metres_to(&b), pair[1].chainage.value.get() - pair[0].chainage.value.get());
        if span > 0.0 && (apart - span).abs() > 0.2 * span {
            let subject = name(pair[1].def);
            let message = format!(
                "{subject}: {} lies {apart:.0} m away by the coordinates, {span} m by the chainages",
                name(pair[0].def)
            );
            let own = pair[1].def.latitude.as_ref().filter(|_| pair[1].spot == pair[1].def.spot);
            let spot = own.map_or(pair[1].chainage.spot, |latitude| latitude.spot);
            findings.tell(spot, Rule::CoordinatesChainage, message, "Mend the coordinates or the chainages.");
        }
    }
}

/// The directions' weights by period of the network, where the file gives any.
fn weights(findings: &mut Findings, def: &CorridorDef, periods: &[Period]) -> Option<Vec<[f64; 2]>> {
    let mut weights = if def.weights.is_empty() { Vec::new() } else { vec![[1.0; 2]; periods.len()] };
    let mut seen = BTreeMap::new();
    let mut whole = true;
    for weight in &def.weights {
        let (Some(period), Some(outbound), Some(inbound)) = (&weight.period, &weight.outbound, &weight.inbound) else {
            whole = false;
            continue;
        };
        once(findings, &mut seen, period.value.clone(), period.spot, "direction weight of period");
        let named: Vec<usize> = (0..periods.len()).filter(|&k| periods[k].name.en == period.value).collect();
        if named.is_empty() {
            let message = format!("direction weight: no period is called {}", period.value.escape_debug());
            let near = nearest(&period.value, periods.iter().map(|p| p.name.en.as_str()));
            let mend = near.unwrap_or_else(|| "Name a period by its English name.".to_owned());
            findings.tell(period.spot, Rule::Reference, message, mend);
        }
        named.into_iter().for_each(|k| weights[k] = [outbound.value, inbound.value]);
    }
    whole.then_some(weights)
}

/// Some cycle length suits every member.
fn common_cycle(findings: &mut Findings, def: &CorridorDef, places: &[Place<'_>]) -> bool {
    let message = no_cycle(places.iter());
    if let Some(message) = &message {
        findings.tell(def.spot, Rule::CommonCycle, message, "Bring their cycle limits together.");
    }
    message.is_none()
}

/// Who keeps these places from running one cycle; `None` where some cycle suits all.
pub(super) fn no_cycle<'d>(places: impl Iterator<Item = &'d Place<'d>> + Clone) -> Option<String> {
    let known = || places.clone().filter_map(|p| Some((p, p.built?.cycle)));
    let (slow, min) = known().map(|(p, c)| (p, c.min)).max_by_key(|(_, min)| *min)?;
    let (fast, max) = known().map(|(p, c)| (p, c.max)).min_by_key(|(_, max)| *max)?;
    let message = format!("no cycle suits {} ({min} or more) and {} ({max} or less)", name(slow.def), name(fast.def));
    (min > max).then_some(message)
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
                let message = format!("link {} - {}: {} is no member of the corridor", from.value, to.value, end.value);
                let near = nearest(&end.value, order.keys().copied());
                let mend =
                    near.unwrap_or_else(|| "Name a member; what other files define joins by [[member]].".to_owned());
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
        findings.tell(pair[1].spot, Rule::LinkMissing, message, mend);
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
                .map_or(place.spot, |l| l.spot);
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
            let fed = |d: &&Detector| d.from == from && d.kind != DetectorKind::Exit;
            let loops = built.detectors.iter().filter(fed).filter(|d| d.distance >= length);
            if let Some(detector) = loops.max_by(|a, b| a.distance.get().total_cmp(&b.distance.get())) {
                let (at, length) = (detector.distance.get(), length.get());
                let message = format!(
                    "{}: a loop {at} m before the stop line from {from} lies off its link of {length} m",
                    name(place.def)
                );
                findings.tell(spot, Rule::AdvancePlace, message, "Give it a layout with a shorter advance_m.");
            }
            let behind = if direction == Direction::Outbound { &pair[0] } else { &pair[1] };
            exits(findings, behind, (from.opposite(), length), (spot, built.approach(from)));
        }
    }
}

/// Exit loops on the arm by which a link is entered lie on the link, each on a lane that runs all of it.
fn exits(
    findings: &mut Findings,
    place: &Place<'_>,
    (arm, length): (Arm, Metres),
    (spot, towards): (Spot, Option<&Approach>),
) {
    let (Some(built), Some(towards)) = (place.built, towards) else { return };
    let lanes = towards.lanes.iter().filter(|lane| lane.pocket.is_none()).count();
    let loops = || built.detectors.iter().filter(|d| d.from == arm && d.kind == DetectorKind::Exit);
    if let Some(detector) = loops().find(|d| d.distance >= length) {
        let (at, length) = (detector.distance.get(), length.get());
        let message =
            format!("{}: an exit loop {at} m beyond by {arm} lies off its link of {length} m", name(place.def));
        findings.tell(spot, Rule::AdvancePlace, message, "Give it a layout with a shorter exit_m.");
    }
    if let Some(widest) = loops().map(|d| d.lane + 1).max().filter(|&widest| widest > lanes) {
        let of = count_of(lanes, "lane", "lanes");
        let message = format!("{}: an exit loop by {arm} lies on lane {widest} of a link of {of}", name(place.def));
        findings.tell(
            spot,
            Rule::AdvancePlace,
            message,
            "Give it a layout with fewer exit_channels: pockets begin later.",
        );
    }
}
