//! The time-space diagram as numbers: greens by intersection, and the bands that run through them.
//!
//! Knows: plans and their geometry. Must not know: pixels and colours; `svg` draws.

use crate::corridor::{Corridor, Direction, Movement, Name, Network};
use crate::plan::{Plan, band};
use crate::units::CycleLength;
use serde::Serialize;
use std::ops::Range;

/// A band narrower than this carries no platoon and is not drawn, s.
const LEAST_BAND_S: f64 = 3.0;

/// The corridor's through green at one stop line, in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Show {
    /// Start of green after the clock's zero modulo the cycle, s.
    pub start_s: f64,
    /// Green, s.
    pub green_s: f64,
    /// Yellow after it, s; the rest of the cycle is red.
    pub yellow_s: f64,
}

/// One intersection of the diagram.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Name,
    /// Where it stands, m from the corridor's start.
    pub chainage_m: f64,
    /// Its own cycle, s.
    pub cycle_s: f64,
    /// The offset of its plan: start of the reference phase's green, s after the clock's zero.
    pub offset_s: f64,
    /// The green for outbound traffic; `None` where the plan serves none.
    pub outbound: Option<Show>,
    /// The green for inbound traffic.
    pub inbound: Option<Show>,
}

/// One band, over all members or over a part of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiagramBand {
    /// Which way it runs.
    pub direction: Direction,
    /// The members it runs through, in outbound order.
    pub members: Range<usize>,
    /// Width, s.
    pub width_s: f64,
    /// Width, % of the cycle it comes with.
    pub width_percent: f64,
    /// It comes once in this time, s: the longest cycle of its members.
    pub cycle_s: f64,
    /// Speed from its first to its last stop line, km/h.
    pub speed_km_h: f64,
    /// When its head passes each of its members, in outbound order, s; inbound the last comes first in time.
    pub head_s: Vec<f64>,
}

/// A corridor under one set of plans, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagram {
    /// The corridor.
    pub name: Name,
    /// What the plans are, for the subtitle.
    pub caption: String,
    /// The common cycle, s: the longest, into which all others go a whole number of times. `None` when one does not; bands are then over
    /// parts only.
    pub cycle_s: Option<f64>,
    /// Members in outbound order.
    pub rows: Vec<Row>,
    /// Bands of both directions: over all members where there is one, else over the parts that have one.
    pub bands: Vec<DiagramBand>,
}

impl Diagram {
    /// The diagram of a corridor under plans, one an intersection of the network. `None` when some member has no plan.
    pub fn new(network: &Network, corridor: &Corridor, plans: &[Plan], caption: &str) -> Option<Diagram> {
        let rows: Vec<Row> = corridor
            .members
            .iter()
            .map(|member| {
                let (at, plan) = (network.intersection(member.intersection), plans.get(member.intersection.0)?);
                let show = |direction| {
                    let phase = at.phase_for(corridor.comes_from(direction), Movement::Through)?;
                    let green = plan.green(at, phase)?;
                    Some(Show {
                        start_s: green.start().since_zero().seconds(),
                        green_s: green.length().seconds(),
                        yellow_s: at.phases[phase.0].yellow.seconds(),
                    })
                };
                Some(Row {
                    id: at.id.clone(),
                    name: at.name.clone(),
                    chainage_m: member.chainage.get(),
                    cycle_s: plan.cycle.seconds(),
                    offset_s: plan.offset.since_zero().seconds(),
                    outbound: show(Direction::Outbound),
                    inbound: show(Direction::Inbound),
                })
            })
            .collect::<Option<_>>()?;
        let cycles = corridor.members.iter().filter_map(|member| Some(plans.get(member.intersection.0)?.cycle));
        let cycle_s = band::common_cycle(cycles).map(CycleLength::seconds);
        let bands = Direction::BOTH.into_iter().flat_map(|way| bands(network, corridor, plans, way)).collect();
        Some(Diagram { name: corridor.name.clone(), caption: caption.to_owned(), cycle_s, rows, bands })
    }

    /// The diagram as a self-contained SVG picture.
    pub fn svg(&self, axes: super::Axes) -> String {
        super::svg::draw(self, axes)
    }

    /// The band that runs over all members in a direction.
    pub fn whole(&self, direction: Direction) -> Option<&DiagramBand> {
        self.bands.iter().find(|b| b.direction == direction && b.members.len() == self.rows.len())
    }
}

/// The band over all members, or else bands over parts of the corridor that share only their end members.
///
/// The parts are those that maximise the sum of width x length squared: the square asks for long bands, without it every
/// corridor would fall apart into single links.
fn bands(network: &Network, corridor: &Corridor, plans: &[Plan], direction: Direction) -> Vec<DiagramBand> {
    let n = corridor.members.len();
    let over = |range: Range<usize>| one(network, corridor, plans, range, direction);
    if let Some(whole) = over(0..n) {
        return vec![whole];
    }
    // best[b]: the greatest worth of members 0..=b, and the band that ends there
    let mut best: Vec<(f64, Option<DiagramBand>)> = vec![(0.0, None)];
    for b in 1..n {
        let mut choice = (best[b - 1].0, None);
        for (a, (before, _)) in best.iter().enumerate() {
            let Some(band) = over(a..b + 1) else { continue };
            let length = corridor.members[b].chainage.get() - corridor.members[a].chainage.get();
            let worth = before + band.width_s * length * length;
            if worth > choice.0 {
                choice = (worth, Some(band));
            }
        }
        best.push(choice);
    }
    let mut found = Vec::new();
    let mut b = n - 1;
    while b > 0 {
        match best[b].1.take() {
            Some(band) => {
                b = band.members.start;
                found.push(band);
            }
            None => b -= 1,
        }
    }
    found.reverse();
    found
}

/// The band over a range of members.
fn one(
    network: &Network,
    corridor: &Corridor,
    plans: &[Plan],
    members: Range<usize>,
    direction: Direction,
) -> Option<DiagramBand> {
    let band = band::measure(network, corridor, plans, members.clone(), direction)?;
    let ran = corridor.members[members.clone()].iter().filter_map(|m| Some(plans.get(m.intersection.0)?.cycle));
    let cycle = band::common_cycle(ran)?.seconds();
    if band.width_s < LEAST_BAND_S {
        return None;
    }
    let roads: Vec<_> =
        corridor.links[members.start..members.end - 1].iter().map(|link| link.carriageway(direction)).collect();
    let times: Vec<f64> = roads.iter().map(|road| road.speed.seconds_over(road.distance)).collect();
    let head_s = (0..members.len())
        .map(|k| {
            let driven = match direction {
                Direction::Outbound => &times[..k],
                Direction::Inbound => &times[k..],
            };
            band.start_s + driven.iter().sum::<f64>()
        })
        .collect();
    let (length, time): (f64, f64) = (roads.iter().map(|r| r.distance.get()).sum(), times.iter().sum());
    Some(DiagramBand {
        direction,
        members,
        width_s: band.width_s,
        width_percent: 100.0 * band.width_s / cycle,
        cycle_s: cycle,
        speed_km_h: 3.6 * length / time,
        head_s,
    })
}
