//! What others are told: recommended speeds and the state of signals. Both are by the programme that runs; a cabinet that does
//! not answer, or does not run a plan that is known, is left out.

use super::city::seconds;
use super::history::History;
use crate::corridor::{Direction, Link as Road, Movement, PhaseIndex};
use crate::field::Link;
use crate::service::CabinetState;
use crate::units::{Moment, Tenths};
use schemars::JsonSchema;
use serde::Serialize;

/// Slower than this share of the design speed is recommended to nobody: who crawls is overtaken.
const SLOWEST: f64 = 0.6;

/// Recommended speeds.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct SpeedFeed {
    at: f64,
    links: Vec<LinkSpeed>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct LinkSpeed {
    corridor: String,
    /// `outbound` or `inbound`.
    direction: &'static str,
    from: String,
    to: String,
    length_m: f64,
    /// For a vehicle that passes the stop line of `from` now: the speed, up to the design speed, at which it meets green at
    /// `to`; absent where no speed worth recommending does.
    #[serde(skip_serializing_if = "Option::is_none")]
    recommended_km_h: Option<f64>,
    design_km_h: f64,
}

/// States of signals.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct SignalFeed {
    at: f64,
    intersections: Vec<SignalState>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct SignalState {
    id: String,
    phases: Vec<PhaseState>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct PhaseState {
    phase: String,
    green: bool,
    /// UTC seconds at which that ends by the programme.
    until: f64,
    /// Whether the heads follow the programme now: false while a stage request is carried out or detectors decide.
    certain: bool,
}

/// Start and length of the phase's green that is on at `when`, or comes next.
fn green_from(history: &History, index: usize, phase: PhaseIndex, when: Moment) -> Option<(Moment, Tenths)> {
    let picture = history.last.as_deref()?;
    let cabinet = picture.cabinets.get(index).filter(|c| c.link == Link::Up)?;
    let plan = &cabinet.running.as_ref()?.plan;
    let (start, length) = plan.green_in_cycle(&history.network.intersections()[index], phase)?;
    let into = plan.cycle.wrap((when - start).since(cabinet.cycle_start?));
    let begun = when - into;
    Some(if into < length { (begun, length) } else { (begun + plan.cycle.length(), length) })
}

/// The speeds.
pub(in crate::centre) fn speeds(history: &History) -> Option<SpeedFeed> {
    let now = history.last.as_deref()?.at;
    let network = &*history.network;
    let mut links = Vec::new();
    for corridor in network.corridors() {
        for direction in Direction::BOTH {
            for (k, road) in corridor.links.iter().enumerate() {
                let (from, to) = match direction {
                    Direction::Outbound => (k, k + 1),
                    Direction::Inbound => (k + 1, k),
                };
                let [from, to] = [from, to].map(|k| corridor.members[k].intersection);
                let at = network.intersection(to);
                let phase = at.phase_for(corridor.comes_from(direction), Movement::Through);
                let way = road.carriageway(direction);
                links.push(LinkSpeed {
                    corridor: corridor.id.clone(),
                    direction: match direction {
                        Direction::Outbound => "outbound",
                        Direction::Inbound => "inbound",
                    },
                    from: network.intersection(from).id.clone(),
                    to: at.id.clone(),
                    length_m: way.distance.get(),
                    recommended_km_h: phase.and_then(|phase| recommended(history, to.0, phase, road, direction, now)),
                    design_km_h: way.speed.km_h(),
                });
            }
        }
    }
    Some(SpeedFeed { at: seconds(now), links })
}

fn recommended(
    history: &History,
    to: usize,
    phase: PhaseIndex,
    road: &Road,
    direction: Direction,
    now: Moment,
) -> Option<f64> {
    let way = road.carriageway(direction);
    let earliest = now + way.speed.time_over(way.distance);
    let (green, _) = green_from(history, to, phase, earliest)?;
    // On green already at the design speed, or slow enough to come when it begins.
    let arrival = if green > earliest { green } else { earliest };
    let km_h = way.distance.get() / arrival.elapsed_since(now).seconds().max(0.1) * 3.6;
    Some(km_h.min(way.speed.km_h())).filter(|speed| *speed >= SLOWEST * way.speed.km_h())
}

/// The signals.
pub(in crate::centre) fn signals(history: &History) -> Option<SignalFeed> {
    let picture = history.last.as_deref()?;
    let certain = |cabinet: &CabinetState| {
        let asked = cabinet.status.as_ref().is_some_and(|s| s.request != 0);
        !asked && cabinet.running.as_ref().is_some_and(|r| r.plan.operation.is_fixed_time())
    };
    let intersections = history.network.intersections().iter().enumerate().map(|(index, at)| {
        let certain = certain(&picture.cabinets[index]);
        let phase = |(k, phase): (usize, &crate::corridor::Phase)| {
            let (start, length) = green_from(history, index, PhaseIndex(k), picture.at)?;
            let green = start <= picture.at;
            let until = seconds(if green { start + length } else { start });
            Some(PhaseState { phase: phase.id.clone(), green, until, certain })
        };
        SignalState { id: at.id.clone(), phases: at.phases.iter().enumerate().filter_map(phase).collect() }
    });
    Some(SignalFeed { at: seconds(picture.at), intersections: intersections.collect() })
}
