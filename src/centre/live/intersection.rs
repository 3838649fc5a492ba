//! One intersection in detail: split monitor, coordination diagram, detectors, communications, events.

use super::city::{link, mode, seconds};
use super::history::{History, Past};
use crate::corridor::{Approach, Detector, Intersection, IntersectionIndex, Movement, PhaseIndex, StageIndex};
use crate::detection::Health;
use crate::field::Link;
use crate::plan::Plan;
use crate::units::{Moment, Tenths};
use crate::watch::Green;
use schemars::JsonSchema;
use serde::Serialize;

/// How far back the coordination diagram goes.
const WINDOW: Tenths = Tenths::from_seconds(1800);
/// Cycles the split monitor looks at.
const CYCLES: usize = 20;
/// Events shown.
const EVENTS: usize = 100;

/// The detail.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct Detail {
    id: String,
    at: f64,
    splits: Vec<SplitRow>,
    coordination: Vec<Coordination>,
    detectors: Vec<DetectorRow>,
    communications: Communications,
    events: Vec<EventRow>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct SplitRow {
    stage: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    programmed_s: Option<f64>,
    /// Greens as they were, the newest last, of the phase that only this stage serves; absent where none is.
    used_s: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_s: Option<f64>,
}

/// The coordination diagram of an approach: each arrival at its second of the cycle.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Coordination {
    from: String,
    phase: String,
    cycle_s: f64,
    /// UTC seconds, and seconds after the cycle's start.
    arrivals: Vec<[f64; 2]>,
    /// UTC seconds of a cycle's start, and begin and end of green after it.
    greens: Vec<[f64; 3]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrivals_on_green: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platoon_ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_veh_h: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_m: Option<f64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct DetectorRow {
    channel: u16,
    from: String,
    lane: usize,
    /// `good`, `silent`, `stuck`, `chattering`.
    health: &'static str,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Communications {
    link: &'static str,
    /// Since when it is silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_since: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_error_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_drift_ppm: Option<i64>,
    /// Fault code of the cabinet, 0 = none.
    fault: u16,
    /// Its restarts.
    boots: u16,
    /// Generation of the plan that runs; 0 = its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u32>,
}

/// A line of the journal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct EventRow {
    pub(in crate::centre) at: f64,
    /// The decision, as in the journal.
    pub(in crate::centre) event: serde_json::Value,
}

/// Draws it up; `None` before the loop showed anything.
pub(in crate::centre) fn intersection(history: &History, index: IntersectionIndex) -> Option<Detail> {
    let picture = history.last.as_deref()?;
    let at = history.network.intersection(index);
    let cabinet = &picture.cabinets[index.0];
    let plan = cabinet.running.as_ref().map(|r| &r.plan);
    let past = &history.pasts[index.0];
    let status = cabinet.status.as_ref();
    let states = picture.street.approaches.get(index.0);
    let coordination = |(k, approach): (usize, &Approach)| {
        let state = states.and_then(|all| all.get(k));
        let known = plan.zip(cabinet.cycle_start);
        let (plan, start) = known?;
        let mut one = coordination(at, approach, plan, start, past, picture.at)?;
        if let Some(state) = state {
            one.arrivals_on_green = state.arrivals_on_green;
            one.platoon_ratio = state.platoon_ratio;
            one.delay_s = state.delay_s;
            one.flow_veh_h = state.flow_veh_h;
            one.queue_m = state.queue_m;
        }
        Some(one)
    };
    Some(Detail {
        id: at.id.clone(),
        at: seconds(picture.at),
        splits: (0..at.stages.len()).map(|stage| split(at, StageIndex(stage), plan, past)).collect(),
        coordination: at.approaches.iter().enumerate().filter_map(coordination).collect(),
        detectors: at.detectors.iter().map(|d| detector(history, index, d)).collect(),
        communications: Communications {
            link: link(cabinet.link),
            lost_since: match cabinet.link {
                Link::Lost(since) => Some(seconds(since)),
                _ => None,
            },
            mode: status.map(|s| mode(s.mode)),
            answer_ms: cabinet.answered_in.map(|t| t.as_secs_f64() * 1000.0),
            clock_error_s: status.and_then(|s| s.clock).map(|_| cabinet.clock_off.seconds()),
            clock_drift_ppm: cabinet.clock_ppm,
            fault: status.map_or(0, |s| s.fault),
            boots: status.map_or(0, |s| s.boots),
            generation: cabinet.running.as_ref().map(|r| r.generation),
        },
        events: history.events(Some(&at.id), EVENTS).into_iter().map(EventRow::from).collect(),
    })
}

impl From<&super::history::Event> for EventRow {
    fn from(event: &super::history::Event) -> EventRow {
        EventRow { at: seconds(event.at), event: serde_json::from_str(&event.line).unwrap_or_default() }
    }
}

fn split(at: &Intersection, stage: StageIndex, plan: Option<&Plan>, past: &Past) -> SplitRow {
    let only = |phase: &PhaseIndex| at.stages.iter().filter(|s| s.phases.contains(phase)).count() == 1;
    let phase = at.stages[stage.0].phases.iter().copied().find(only);
    let mine = past.greens.iter().rev().filter(|g| Some(g.phase) == phase).take(CYCLES);
    let mut used_s: Vec<f64> = mine.map(|g| g.until.elapsed_since(g.from).seconds()).collect();
    used_s.reverse();
    let mean_s = (!used_s.is_empty()).then(|| used_s.iter().sum::<f64>() / used_s.len() as f64);
    SplitRow { stage: stage.0 + 1, programmed_s: plan.map(|p| p.green_of(stage).seconds()), used_s, mean_s }
}

fn coordination(
    at: &Intersection,
    approach: &Approach,
    plan: &Plan,
    start: Moment,
    past: &Past,
    now: Moment,
) -> Option<Coordination> {
    let phase = at.phase_for(approach.from, Movement::Through)?;
    let into = |when: Moment| plan.cycle.wrap(when.since(start)).seconds();
    let recent = |when: &Moment| now.elapsed_since(*when) <= WINDOW;
    let arrivals = past.arrivals.iter().filter(|(when, from)| *from == approach.from && recent(when));
    let greens = past.greens.iter().filter(|g| g.phase == phase && recent(&g.from));
    let green = |g: &Green| {
        let begin = into(g.from);
        [seconds(g.from) - begin, begin, begin + g.until.elapsed_since(g.from).seconds()]
    };
    Some(Coordination {
        from: approach.from.to_string(),
        phase: at.phases[phase.0].id.clone(),
        cycle_s: plan.cycle.seconds(),
        arrivals: arrivals.map(|(when, _)| [seconds(*when), into(*when)]).collect(),
        greens: greens.map(green).collect(),
        arrivals_on_green: None,
        platoon_ratio: None,
        delay_s: None,
        flow_veh_h: None,
        queue_m: None,
    })
}

fn detector(history: &History, index: IntersectionIndex, detector: &Detector) -> DetectorRow {
    DetectorRow {
        channel: detector.channel,
        from: detector.from.to_string(),
        lane: detector.lane + 1,
        health: match history.health(index, detector.channel) {
            Health::Good => "good",
            Health::Silent => "silent",
            Health::Stuck => "stuck",
            Health::Chattering => "chattering",
            Health::Excluded => "excluded",
        },
    }
}
