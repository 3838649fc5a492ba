//! The whole city at one look: what pages draw each second.

use super::super::usual::Usual;
use super::history::History;
use crate::calendar::Calendar;
use crate::corridor::{Corridor, Direction, Intersection, IntersectionIndex, Network};
use crate::detection::Health;
use crate::field::{Link, Mode as CabinetMode};
use crate::plan::Plan;
use crate::plan::band::{Band, common_cycle, measure};
use crate::service::{CabinetState, Picture};
use crate::units::{Moment, Tenths};
use crate::watch::DirectionState;
use schemars::JsonSchema;
use serde::Serialize;

/// The live picture.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct City {
    /// UTC, seconds since the epoch.
    at: f64,
    /// Local time of day.
    clock: String,
    /// Seconds of the street a second of the machine's.
    time_scale: u32,
    armed: bool,
    /// `standby`, `coordinated`, `hold`, `released`.
    mode: &'static str,
    step: u64,
    missed_steps: u64,
    plan_changes: usize,
    corridors: Vec<CityCorridor>,
    intersections: Vec<CityIntersection>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct CityCorridor {
    id: String,
    /// Longest cycle that runs on it; absent while not every cabinet is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle_s: Option<f64>,
    /// Whether everybody runs what is aimed at.
    in_step: bool,
    outbound: CityWay,
    inbound: CityWay,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<Warning>,
    cabinets: CabinetCounts,
}

#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
struct CabinetCounts {
    all: usize,
    centre: usize,
    lost: usize,
    /// In start-up, flash, manual or preempt.
    other: usize,
}

/// One way along a corridor. Absent values are not known.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct CityWay {
    #[serde(skip_serializing_if = "Option::is_none")]
    speed_km_h: Option<f64>,
    free_flow_km_h: f64,
    /// At this time on earlier days by the same day plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_km_h: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrivals_on_green: Option<f64>,
    /// The band of the plans that run; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    band: Option<CityBand>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
struct CityBand {
    width_s: f64,
    /// Width over cycle.
    share: f64,
}

/// A road that fills up.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Warning {
    intersection: String,
    from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    share_full: Option<f64>,
    /// By its trend.
    #[serde(skip_serializing_if = "Option::is_none")]
    full_in_s: Option<f64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct CityIntersection {
    id: String,
    /// `up`, `new`, `lost`.
    link: &'static str,
    /// Of the cabinet: `start-up`, `local`, `centre`, `flash`, `manual`, `preempt`; absent before it was heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    /// Field number of the stage that is green, or was last.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<usize>,
    /// By the programme.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_stage_in_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle_s: Option<f64>,
    /// Of the reference phase, after the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset_error_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_error_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_ms: Option<f64>,
    on_target: bool,
    /// A stage request is being carried out.
    requested: bool,
    fault: u16,
    detectors: DetectorCounts,
}

#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
struct DetectorCounts {
    good: usize,
    /// Silent: perhaps nobody comes.
    doubtful: usize,
    failed: usize,
}

/// Draws the picture; `None` before the loop showed one.
pub(in crate::centre) fn city(history: &History, calendar: &Calendar, usual: &Usual) -> Option<City> {
    let picture = history.last.as_deref()?;
    let network = &*history.network;
    let plans = running(picture);
    let corridor = |(k, c): (usize, &Corridor)| {
        let mut one = corridor_of(history, picture, plans.as_deref(), c, k);
        one.outbound.baseline_km_h = usual.get(&format!("{}/outbound", c.id)).copied();
        one.inbound.baseline_km_h = usual.get(&format!("{}/inbound", c.id)).copied();
        one
    };
    Some(City {
        at: seconds(picture.at),
        clock: calendar.clock(picture.at),
        time_scale: picture.scale,
        armed: picture.armed,
        mode: mode_of(picture),
        step: picture.step,
        missed_steps: picture.missed,
        plan_changes: picture.changes,
        corridors: network.corridors().iter().enumerate().map(corridor).collect(),
        intersections: network.indices().map(|index| intersection(history, picture, index)).collect(),
    })
}

/// The plans that run, where every cabinet's is known.
pub(super) fn running(picture: &Picture) -> Option<Vec<Plan>> {
    picture.cabinets.iter().map(|c| c.running.as_ref().map(|r| r.plan.clone())).collect()
}

/// Instants outside are seconds.
pub(in crate::centre) fn seconds(at: Moment) -> f64 {
    at.count() as f64 / 10.0
}

fn mode_of(picture: &Picture) -> &'static str {
    use crate::control::Mode;
    match picture.mode {
        Mode::Standby => "standby",
        Mode::Coordinated => "coordinated",
        Mode::Hold => "hold",
        Mode::Released => "released",
    }
}

fn corridor_of(
    history: &History,
    picture: &Picture,
    plans: Option<&[Plan]>,
    corridor: &Corridor,
    k: usize,
) -> CityCorridor {
    let network = &*history.network;
    let cabinets = || corridor.members.iter().map(|m| &picture.cabinets[m.intersection.0]);
    let cycle = plans.and_then(|plans| common_cycle(corridor.members.iter().map(|m| plans[m.intersection.0].cycle)));
    let state = picture.street.corridors.get(k);
    let way = |direction, state: Option<&DirectionState>| {
        let band = plans.and_then(|plans| measure(network, corridor, plans, 0..corridor.members.len(), direction));
        way_of(corridor, direction, state, band.zip(cycle.map(|c| c.seconds())))
    };
    let mut counts = CabinetCounts { all: corridor.members.len(), ..CabinetCounts::default() };
    for cabinet in cabinets() {
        match (cabinet.link, cabinet.status.as_ref().map(|s| s.mode)) {
            (Link::Lost(_), _) => counts.lost += 1,
            (_, Some(CabinetMode::Centre)) => counts.centre += 1,
            (_, Some(CabinetMode::Local) | None) => {}
            _ => counts.other += 1,
        }
    }
    CityCorridor {
        id: corridor.id.clone(),
        cycle_s: cycle.map(|c| c.seconds()),
        in_step: history.in_step && cabinets().all(|c| c.link == Link::Up),
        outbound: way(Direction::Outbound, state.map(|s| &s.outbound)),
        inbound: way(Direction::Inbound, state.map(|s| &s.inbound)),
        warning: warning(network, corridor, picture),
        cabinets: counts,
    }
}

fn way_of(
    corridor: &Corridor,
    direction: Direction,
    state: Option<&DirectionState>,
    band: Option<(Band, f64)>,
) -> CityWay {
    let roads = || corridor.links.iter().map(|link| link.carriageway(direction));
    let free = roads().map(|r| r.distance.get()).sum::<f64>()
        / roads().map(|r| r.speed.seconds_over(r.distance)).sum::<f64>().max(f64::MIN_POSITIVE);
    CityWay {
        speed_km_h: state.and_then(|s| s.speed_km_h),
        free_flow_km_h: free * 3.6,
        baseline_km_h: None,
        delay_s: state.and_then(|s| s.delay_s),
        arrivals_on_green: state.and_then(|s| s.arrivals_on_green),
        band: band.map(|(band, cycle)| CityBand { width_s: band.width_s, share: band.width_s / cycle }),
    }
}

/// The approach of a corridor that fills up soonest.
fn warning(network: &Network, corridor: &Corridor, picture: &Picture) -> Option<Warning> {
    let approaches =
        corridor.members.iter().filter_map(|m| Some((m, picture.street.approaches.get(m.intersection.0)?)));
    let warned = approaches.flat_map(|(m, all)| all.iter().filter(|a| a.warns()).map(move |a| (m, a)));
    let (member, worst) = warned.min_by(|(_, a), (_, b)| {
        let soon = |a: &crate::watch::ApproachState| a.full_in_s.unwrap_or(f64::INFINITY);
        soon(a).total_cmp(&soon(b)).then(b.share_full.unwrap_or(0.0).total_cmp(&a.share_full.unwrap_or(0.0)))
    })?;
    Some(Warning {
        intersection: network.intersection(member.intersection).id.clone(),
        from: worst.from.clone(),
        share_full: worst.share_full,
        full_in_s: worst.full_in_s,
    })
}

fn intersection(history: &History, picture: &Picture, index: IntersectionIndex) -> CityIntersection {
    let at = history.network.intersection(index);
    let cabinet = &picture.cabinets[index.0];
    let status = cabinet.status.as_ref();
    let running = cabinet.running.as_ref().map(|r| &r.plan);
    let (programmed, left) = stage_now(at, cabinet, picture.at).unzip();
    let told = status.map(|s| usize::from(s.stage)).filter(|s| *s > 0);
    let mut detectors = DetectorCounts::default();
    for detector in &at.detectors {
        match history.health(index, detector.channel) {
            Health::Good => detectors.good += 1,
            Health::Silent => detectors.doubtful += 1,
            Health::Stuck | Health::Chattering | Health::Excluded => detectors.failed += 1,
        }
    }
    CityIntersection {
        id: at.id.clone(),
        link: link(cabinet.link),
        mode: status.map(|s| mode(s.mode)),
        stage: told.or(programmed),
        next_stage_in_s: left.map(Tenths::seconds),
        cycle_s: running.map(|p| p.cycle.seconds()),
        offset_s: running.map(|p| p.offset.since_zero().seconds()),
        offset_error_s: cabinet.offset_error.map(|e| e.seconds()),
        clock_error_s: status.and_then(|s| s.clock).map(|_| cabinet.clock_off.seconds()),
        answer_ms: cabinet.answered_in.map(|t| t.as_secs_f64() * 1000.0),
        on_target: cabinet.on_target,
        requested: status.is_some_and(|s| s.request != 0),
        fault: status.map_or(0, |s| s.fault),
        detectors,
    }
}

/// Field number of the stage whose green or intergreen the programme is in, and the time until the next begins.
fn stage_now(at: &Intersection, cabinet: &CabinetState, now: Moment) -> Option<(usize, Tenths)> {
    let plan = &cabinet.running.as_ref()?.plan;
    let into = plan.cycle.wrap(now.since(cabinet.cycle_start?));
    let mut end = Tenths::ZERO;
    for split in &plan.splits {
        end += split.length();
        if into < end && split.stage.0 < at.stages.len() {
            return Some((split.stage.0 + 1, end - into));
        }
    }
    None
}

/// A link in a word.
pub(super) fn link(link: Link) -> &'static str {
    match link {
        Link::New => "new",
        Link::Up => "up",
        Link::Lost(_) => "lost",
    }
}

/// What a cabinet does, in a word.
pub(super) fn mode(mode: CabinetMode) -> &'static str {
    match mode {
        CabinetMode::StartUp => "start-up",
        CabinetMode::Local => "local",
        CabinetMode::Centre => "centre",
        CabinetMode::Flash => "flash",
        CabinetMode::Manual => "manual",
        CabinetMode::Preempt => "preempt",
    }
}
