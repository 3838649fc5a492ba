//! The network as pages draw it: what does not change while the loop runs.

use crate::corridor::{self, DetectorKind, Direction, IntersectionIndex, Network, Serves};
use schemars::JsonSchema;
use serde::Serialize;

/// A name in the operators' two languages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct Name {
    /// Chinese.
    pub(in crate::centre) zh: String,
    /// English.
    pub(in crate::centre) en: String,
}

impl From<&corridor::Name> for Name {
    fn from(name: &corridor::Name) -> Name {
        Name { zh: name.zh.clone(), en: name.en.clone() }
    }
}

/// The whole network.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct Map {
    /// SHA-256 of the definition files.
    fingerprint: String,
    /// Local time less UTC.
    utc_offset_s: i32,
    corridors: Vec<MapCorridor>,
    intersections: Vec<MapIntersection>,
    /// Periods of the day plans.
    periods: Vec<MapPeriod>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapPeriod {
    name: Name,
    from_s: u32,
    until_s: u32,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapCorridor {
    id: String,
    name: Name,
    /// From first to last stop line, outbound.
    length_m: f64,
    members: Vec<MapMember>,
    /// Between members k and k + 1.
    links: Vec<MapLink>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapMember {
    intersection: String,
    /// From the first stop line.
    at_m: f64,
    /// The arm outbound traffic comes from.
    outbound_from: String,
    /// The arm inbound traffic comes from.
    inbound_from: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapLink {
    outbound: MapRoad,
    inbound: MapRoad,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapRoad {
    length_m: f64,
    /// Design speed.
    speed_km_h: f64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapIntersection {
    id: String,
    name: Name,
    stages: Vec<MapStage>,
    phases: Vec<MapPhase>,
    reference_phase: String,
    detectors: Vec<MapDetector>,
    cabinet: MapCabinet,
    /// Displays count down here: greens can not be moved within a cycle.
    countdown: bool,
    approaches: Vec<MapApproach>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapApproach {
    /// Where the traffic comes from.
    from: String,
    /// By lane from the median: movements, such as `TR`.
    lanes: Vec<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapStage {
    /// Field number, from 1.
    stage: usize,
    name: Name,
    phases: Vec<String>,
    min_green_s: f64,
    max_green_s: f64,
    yellow_s: f64,
    all_red_s: f64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapPhase {
    id: String,
    /// `vehicles` or `pedestrians`.
    serves: &'static str,
    /// Approach, or the arm crossed.
    from: String,
    /// Of vehicles: L, T, R, U.
    movements: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapDetector {
    channel: u16,
    from: String,
    /// From the median, from 1.
    lane: usize,
    /// `stop-line`, `advance`, `exit` or `bikes`.
    kind: &'static str,
    distance_m: f64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MapCabinet {
    line: String,
    unit: u8,
    profile: String,
}

/// Draws it up.
pub(in crate::centre) fn map(network: &Network) -> Map {
    Map {
        fingerprint: network.fingerprint().to_owned(),
        utc_offset_s: network.utc_offset_s(),
        corridors: network.corridors().iter().map(|c| corridor_of(network, c)).collect(),
        intersections: network.indices().map(|index| intersection(network, index)).collect(),
        periods: network
            .periods()
            .iter()
            .map(|p| MapPeriod { name: (&p.name).into(), from_s: p.from_s, until_s: p.to_s })
            .collect(),
    }
}

fn corridor_of(network: &Network, corridor: &corridor::Corridor) -> MapCorridor {
    let road = |link: &corridor::Link, direction| {
        let road = link.carriageway(direction);
        MapRoad { length_m: road.distance.get(), speed_km_h: road.speed.km_h() }
    };
    let link =
        |l: &corridor::Link| MapLink { outbound: road(l, Direction::Outbound), inbound: road(l, Direction::Inbound) };
    let member = |m: &corridor::Member| MapMember {
        intersection: network.intersection(m.intersection).id.clone(),
        at_m: m.chainage.get(),
        outbound_from: corridor.comes_from(Direction::Outbound).to_string(),
        inbound_from: corridor.comes_from(Direction::Inbound).to_string(),
    };
    MapCorridor {
        id: corridor.id.clone(),
        name: (&corridor.name).into(),
        length_m: corridor.members.last().map_or(0.0, |m| m.chainage.get()),
        members: corridor.members.iter().map(member).collect(),
        links: corridor.links.iter().map(link).collect(),
    }
}

fn intersection(network: &Network, index: IntersectionIndex) -> MapIntersection {
    let at = network.intersection(index);
    let phase_id = |p: &corridor::PhaseIndex| at.phases[p.0].id.clone();
    let stage = |(k, s): (usize, &corridor::Stage)| MapStage {
        stage: k + 1,
        name: (&s.name).into(),
        phases: s.phases.iter().map(phase_id).collect(),
        min_green_s: s.min_green.seconds(),
        max_green_s: s.max_green.seconds(),
        yellow_s: s.yellow.seconds(),
        all_red_s: s.all_red.seconds(),
    };
    let phase = |p: &corridor::Phase| match &p.serves {
        Serves::Vehicles { from, movements } => {
            MapPhase { id: p.id.clone(), serves: "vehicles", from: from.to_string(), movements: movements.to_string() }
        }
        Serves::Pedestrians { across, .. } => {
            MapPhase { id: p.id.clone(), serves: "pedestrians", from: across.to_string(), movements: String::new() }
        }
    };
    let detector = |d: &corridor::Detector| MapDetector {
        channel: d.channel,
        from: d.from.to_string(),
        lane: d.lane + 1,
        kind: match d.kind {
            DetectorKind::StopLine => "stop-line",
            DetectorKind::Advance => "advance",
            DetectorKind::Exit => "exit",
            DetectorKind::Bikes => "bikes",
        },
        distance_m: d.distance.get(),
    };
    let approach = |a: &corridor::Approach| MapApproach {
        from: a.from.to_string(),
        lanes: a.lanes.iter().map(|lane| lane.movements.to_string()).collect(),
    };
    MapIntersection {
        id: at.id.clone(),
        name: (&at.name).into(),
        stages: at.stages.iter().enumerate().map(stage).collect(),
        phases: at.phases.iter().map(phase).collect(),
        reference_phase: phase_id(&at.reference_phase),
        detectors: at.detectors.iter().map(detector).collect(),
        cabinet: MapCabinet {
            line: at.cabinet.line.to_string(),
            unit: at.cabinet.unit,
            profile: network.profile(index).id.clone(),
        },
        countdown: at.cabinet.countdown,
        approaches: at.approaches.iter().map(approach).collect(),
    }
}
