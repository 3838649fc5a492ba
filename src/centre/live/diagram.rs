//! The time-space diagram of a corridor: greens that were and will be, bands, arrivals, changes of plans.

use super::city::{running, seconds};
use super::history::{Change, History, KEPT};
use super::map::Name;
use crate::corridor::{Arm, Corridor, Direction, IntersectionIndex, Movement, Network, PhaseIndex};
use crate::plan::Plan;
use crate::plan::band::{Band, common_cycle, measure};
use crate::units::{Circle, Moment, Tenths};
use schemars::JsonSchema;
use serde::Serialize;
use std::ops::Range;

/// How far ahead greens are told as programmed.
const AHEAD: Tenths = Tenths::from_seconds(600);
/// A band narrower than this carries nobody.
const NARROWEST_S: f64 = 4.0;
/// Repetitions of a band; a bound, where a cycle is short and the window long.
const MOST_BANDS: usize = 1_000;

/// A start and an end, UTC seconds.
type Span = [f64; 2];
/// UTC seconds and metres from the first stop line.
type Point = [f64; 2];

/// A corridor over a while.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct Diagram {
    corridor: String,
    from: f64,
    until: f64,
    /// When the loop's last step was: what lies later is programmed, not seen.
    now: f64,
    rows: Vec<Row>,
    bands: Ways<Vec<BandLine>>,
    /// When vehicles going each way came to a stop line.
    arrivals: Ways<Vec<Arrivals>>,
    /// When a vehicle that left the stop line before at the start, or at the end, of its green would come to the next.
    predicted: Ways<Vec<Predicted>>,
    changes: Vec<ChangeMark>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Ways<T> {
    outbound: T,
    inbound: T,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Row {
    intersection: String,
    at_m: f64,
    /// Greens of who goes straight on.
    outbound: Vec<Span>,
    inbound: Vec<Span>,
    /// Yellow after them.
    yellow_s: Ways<f64>,
}

/// One repetition of a band, through the whole corridor or a piece of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct BandLine {
    width_s: f64,
    /// Where its head passes each stop line.
    points: Vec<Point>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Arrivals {
    intersection: String,
    at: Vec<f64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Predicted {
    intersection: String,
    spans: Vec<Span>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct ChangeMark {
    at: f64,
    /// When everybody was in step; absent while they are on the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<f64>,
    text: Name,
}

/// Draws a corridor between two moments; what lies after now is programmed, ten minutes at most.
pub(in crate::centre) fn diagram(
    history: &History,
    corridor: &Corridor,
    from: Moment,
    until: Moment,
) -> Option<Diagram> {
    let picture = history.last.as_deref()?;
    let network = &*history.network;
    let now = picture.at;
    let from = from.max(now - KEPT);
    let until = until.min(now + AHEAD).max(from);
    let window = (from, until);
    let row = |member: &crate::corridor::Member| {
        let greens = |direction| greens(history, member.intersection, corridor.comes_from(direction), window);
        let yellow = |direction| {
            let at = network.intersection(member.intersection);
            straight(network, member.intersection, corridor.comes_from(direction))
                .map_or(0.0, |phase| at.phases[phase.0].yellow.seconds())
        };
        Row {
            intersection: network.intersection(member.intersection).id.clone(),
            at_m: member.chainage.get(),
            outbound: greens(Direction::Outbound),
            inbound: greens(Direction::Inbound),
            yellow_s: Ways { outbound: yellow(Direction::Outbound), inbound: yellow(Direction::Inbound) },
        }
    };
    let rows: Vec<Row> = corridor.members.iter().map(row).collect();
    let plans = running(picture);
    let bands = |direction| plans.as_deref().map_or_else(Vec::new, |p| bands(network, corridor, p, direction, window));
    let arrivals = |direction| arrivals(history, corridor, direction, window);
    Some(Diagram {
        corridor: corridor.id.clone(),
        from: seconds(from),
        until: seconds(until),
        now: seconds(now),
        bands: Ways { outbound: bands(Direction::Outbound), inbound: bands(Direction::Inbound) },
        arrivals: Ways { outbound: arrivals(Direction::Outbound), inbound: arrivals(Direction::Inbound) },
        predicted: Ways {
            outbound: predicted(corridor, &rows, Direction::Outbound),
            inbound: predicted(corridor, &rows, Direction::Inbound),
        },
        changes: history.changes.iter().filter(|c| c.staged <= until && c.activation >= from).map(mark).collect(),
        rows,
    })
}

fn straight(network: &Network, at: IntersectionIndex, from: Arm) -> Option<PhaseIndex> {
    network.intersection(at).phase_for(from, Movement::Through)
}

/// Greens seen, then those programmed.
fn greens(history: &History, index: IntersectionIndex, from: Arm, window: (Moment, Moment)) -> Vec<Span> {
    let Some(phase) = straight(&history.network, index, from) else { return Vec::new() };
    let past = &history.pasts[index.0].greens;
    let mine = past.iter().filter(|g| g.phase == phase && g.until >= window.0 && g.from <= window.1);
    let mut spans: Vec<(Moment, Moment)> = mine.map(|g| (g.from, g.until)).collect();
    spans.sort_unstable();
    if let Some(picture) = history.last.as_deref() {
        let at = history.network.intersection(index);
        let cabinet = &picture.cabinets[index.0];
        let known = cabinet.running.as_ref().zip(cabinet.cycle_start);
        if let Some((start, length, begun)) =
            known.and_then(|(r, begun)| r.plan.green_in_cycle(at, phase).map(|(s, l)| (s, l, begun)))
        {
            let cycle = cabinet.running.as_ref().map_or(Tenths::ZERO, |r| r.plan.cycle.length());
            let last = spans.last().map(|(_, end)| *end);
            let mut green = begun + start;
            for _ in 0..MOST_BANDS {
                if green > window.1 || cycle == Tenths::ZERO {
                    break;
                }
                // The one that is green now began before now.
                if last.is_none_or(|end| green >= end) && green + length >= picture.at {
                    spans.push((green, green + length));
                }
                green = green + cycle;
            }
        }
    }
    spans.into_iter().map(|(a, b)| [seconds(a), seconds(b)]).collect()
}

/// Pieces of a corridor with a band of their own, as long as they can be, the first from its beginning.
fn pieces(network: &Network, corridor: &Corridor, plans: &[Plan], direction: Direction) -> Vec<(Range<usize>, Band)> {
    let n = corridor.members.len();
    let wide = |range: Range<usize>| {
        measure(network, corridor, plans, range, direction).filter(|band| band.width_s >= NARROWEST_S)
    };
    let (mut found, mut first) = (Vec::new(), 0);
    while first + 1 < n {
        let piece = (first + 2..=n).rev().find_map(|end| Some((first..end, wide(first..end)?)));
        // The last of one piece is the first of the next.
        first = piece.as_ref().map_or(first + 1, |(range, _)| range.end - 1);
        found.extend(piece);
    }
    found
}

fn bands(
    network: &Network,
    corridor: &Corridor,
    plans: &[Plan],
    direction: Direction,
    window: (Moment, Moment),
) -> Vec<BandLine> {
    let times = travel(corridor, direction);
    let (begin, end) = (seconds(window.0), seconds(window.1));
    let mut lines = Vec::new();
    for (range, band) in pieces(network, corridor, plans, direction) {
        let members = &corridor.members[range.clone()];
        let Some(cycle) = common_cycle(members.iter().map(|m| plans[m.intersection.0].cycle)) else { continue };
        // When the head passes each stop line, after it passed the piece's first on its way.
        let times = &times[range];
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        let slack = times.iter().copied().fold(0.0, f64::max) - least + cycle.seconds();
        let first = begin - slack + Circle::from(cycle).wrap(band.start_s - (begin - slack));
        let heads = (0..MOST_BANDS).map(|k| first + k as f64 * cycle.seconds()).take_while(|head| *head <= end);
        lines.extend(heads.map(|head| BandLine {
            width_s: band.width_s,
            points: members.iter().zip(times).map(|(m, t)| [head + t - least, m.chainage.get()]).collect(),
        }));
    }
    lines
}

/// Time from the stop line a band meets first to each member's, s.
fn travel(corridor: &Corridor, direction: Direction) -> Vec<f64> {
    let time = |link: &crate::corridor::Link| {
        let road = link.carriageway(direction);
        road.speed.seconds_over(road.distance)
    };
    (0..corridor.members.len())
        .map(|k| match direction {
            Direction::Outbound => corridor.links[..k].iter().map(time).sum(),
            Direction::Inbound => corridor.links[k..].iter().map(time).sum(),
        })
        .collect()
}

fn arrivals(history: &History, corridor: &Corridor, direction: Direction, window: (Moment, Moment)) -> Vec<Arrivals> {
    let from = corridor.comes_from(direction);
    let at = |member: &crate::corridor::Member| {
        let past = &history.pasts[member.intersection.0].arrivals;
        let mine = past.iter().filter(|(when, arm)| *arm == from && *when >= window.0 && *when <= window.1);
        Arrivals {
            intersection: history.network.intersection(member.intersection).id.clone(),
            at: mine.map(|(when, _)| seconds(*when)).collect(),
        }
    };
    corridor.members.iter().map(at).collect()
}

/// A green of the stop line before, carried on at the design speed.
fn predicted(corridor: &Corridor, rows: &[Row], direction: Direction) -> Vec<Predicted> {
    let times = travel(corridor, direction);
    let order: Vec<usize> = match direction {
        Direction::Outbound => (0..rows.len()).collect(),
        Direction::Inbound => (0..rows.len()).rev().collect(),
    };
    order
        .windows(2)
        .map(|pair| {
            let (before, here) = (pair[0], pair[1]);
            let way = times[here] - times[before];
            let greens = match direction {
                Direction::Outbound => &rows[before].outbound,
                Direction::Inbound => &rows[before].inbound,
            };
            Predicted {
                intersection: rows[here].intersection.clone(),
                spans: greens.iter().map(|[a, b]| [a + way, b + way]).collect(),
            }
        })
        .collect()
}

fn mark(change: &Change) -> ChangeMark {
    let cycle = change.cycle.map(|c| c.seconds());
    let n = change.intersections;
    let text = match (change.abandoned, cycle) {
        (true, _) => Name { zh: "方案更换已放弃".into(), en: "change of plans given up".into() },
        (false, Some(c)) => Name {
            zh: format!("更换方案：{n} 个路口，周期 {c:.0} 秒"),
            en: format!("change of plans: {n} intersections, cycle {c:.0} s"),
        },
        (false, None) => {
            Name { zh: format!("更换方案：{n} 个路口"), en: format!("change of plans: {n} intersections") }
        }
    };
    ChangeMark { at: seconds(change.activation), until: change.arrived.map(seconds), text }
}
