//! Sets of plans: what runs, what is aimed at, what was weighed, what was.

use super::city::{running, seconds};
use crate::control::{Candidate, Cost, Decision, Origin, Verdict};
use crate::corridor::{Direction, Network};
use crate::plan::band::{common_cycle, measure};
use crate::plan::{Operation, Plan};
use crate::service::Picture;
use crate::units::Moment;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::VecDeque;

/// Sets remembered.
const MOST: usize = 200;

/// One set, one plan an intersection.
#[derive(Debug, Clone)]
pub(in crate::centre) struct Set {
    pub(in crate::centre) id: u64,
    pub(in crate::centre) made: Moment,
    origin: &'static str,
    pub(in crate::centre) plans: Vec<Plan>,
    predicted: Option<Cost>,
    measured: Measured,
}

/// What the street did while a set ran, in step.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    looks: u32,
    outbound: f64,
    inbound: f64,
}

/// All sets.
#[derive(Debug, Default)]
pub(in crate::centre) struct Shelf {
    sets: VecDeque<Set>,
    candidate: Option<Set>,
    next: u64,
}

impl Shelf {
    /// Takes the loop's next picture. `in_step`: whether everybody runs what is aimed at.
    pub(in crate::centre) fn take(&mut self, picture: &Picture, in_step: bool) {
        if self.sets.back().is_none_or(|last| last.plans != picture.targets) {
            let (origin, predicted) = whence(&picture.decisions);
            let set = self.set(picture.at, origin, picture.targets.clone(), predicted);
            self.sets.push_back(set);
            if self.sets.len() > MOST {
                self.sets.pop_front();
            }
        }
        let best =
            |a: &&Candidate, b: &&Candidate| a.cost.objective_veh_s_per_h.total_cmp(&b.cost.objective_veh_s_per_h);
        let others = picture.finding.iter().flat_map(|f| &f.candidates).filter(|c| c.plans != picture.targets);
        if let Some(best) = others.min_by(best) {
            self.candidate = Some(self.set(picture.at, origin(best.origin), best.plans.clone(), Some(best.cost)));
        }
        if let Some(set) = self.sets.back_mut().filter(|_| in_step) {
            set.measured.add(picture);
        }
    }

    fn set(&mut self, made: Moment, origin: &'static str, plans: Vec<Plan>, predicted: Option<Cost>) -> Set {
        self.next += 1;
        Set { id: self.next, made, origin, plans, predicted, measured: Measured::default() }
    }

    /// The set of an id.
    pub(in crate::centre) fn find(&self, id: u64) -> Option<&Set> {
        self.sets.iter().chain(&self.candidate).find(|set| set.id == id)
    }

    /// What was aimed at before the present target.
    pub(in crate::centre) fn before(&self) -> Option<&Set> {
        self.sets.len().checked_sub(2).and_then(|k| self.sets.get(k))
    }

    /// All of it, for pages.
    pub(in crate::centre) fn page(&self, network: &Network, picture: &Picture) -> PlansPage {
        let target = self.sets.back();
        let runs = running(picture).map(|plans| {
            let known = self.sets.iter().rev().find(|set| set.plans == plans);
            match known {
                Some(set) => set.page(network),
                None => Set {
                    id: 0,
                    made: picture.at,
                    origin: "on-the-way",
                    plans,
                    predicted: None,
                    measured: Measured::default(),
                }
                .page(network),
            }
        });
        PlansPage {
            running: runs,
            target: target.map(|set| set.page(network)),
            candidate: self.candidate.as_ref().map(|set| set.page(network)),
            history: self.sets.iter().rev().map(|set| set.page(network)).collect(),
        }
    }
}

impl Measured {
    fn add(&mut self, picture: &Picture) {
        let told = picture.street.corridors.iter().map(|c| c.outbound.speed_km_h.zip(c.inbound.speed_km_h));
        let Some(speeds) = told.collect::<Option<Vec<_>>>().filter(|all| !all.is_empty()) else { return };
        let n = speeds.len() as f64;
        self.looks += 1;
        let share = 1.0 / f64::from(self.looks);
        let mean = |of: fn(&(f64, f64)) -> f64| speeds.iter().map(of).sum::<f64>() / n;
        self.outbound += (mean(|s| s.0) - self.outbound) * share;
        self.inbound += (mean(|s| s.1) - self.inbound) * share;
    }
}

/// Where new targets come from, and what was promised of them.
fn whence(decisions: &[Decision]) -> (&'static str, Option<Cost>) {
    for decision in decisions {
        match decision {
            Decision::Ordered { taken: true } => return ("ordered", None),
            Decision::Weighed { verdict: Verdict::Adopted, best, predicted, .. } => {
                return (origin(*best), Some(*predicted));
            }
            Decision::Weighed { verdict: Verdict::Scheduled, base, keep, .. } => return (origin(*base), Some(*keep)),
            Decision::TookOver { .. } => return ("took-over", None),
            Decision::Operation { .. } => return ("operation", None),
            _ => {}
        }
    }
    ("calendar", None)
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Keep => "keep",
        Origin::DayPlan => "day-plan",
        Origin::Neighbour => "neighbour",
        Origin::Polished => "polished",
        Origin::PolishedDayPlan => "polished-day-plan",
        Origin::Fresh => "fresh",
    }
}

/// Everything about plans.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct PlansPage {
    /// Absent while not every cabinet's plan is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<PlanSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<PlanSet>,
    /// The best that was weighed last and is not aimed at.
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<PlanSet>,
    /// What was aimed at, the newest first.
    history: Vec<PlanSet>,
}

/// A set of plans.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct PlanSet {
    /// 0: a step on the way, which no one chose.
    id: u64,
    made_at: f64,
    origin: &'static str,
    corridors: Vec<SetCorridor>,
    plans: Vec<SetPlan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicted: Option<Predicted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<MeasuredPage>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct SetCorridor {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle_s: Option<f64>,
    /// Widths of the bands, 0 when there is none.
    outbound_band_s: f64,
    inbound_band_s: f64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct SetPlan {
    intersection: String,
    cycle_s: f64,
    /// Start of the reference phase's green after the epoch.
    offset_s: f64,
    /// In the order in which they come.
    stages: Vec<SetStage>,
    /// `fixed-time`, `actuated`, `free`.
    operation: &'static str,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct SetStage {
    stage: usize,
    green_s: f64,
}

/// What the model promised, for the flows it was asked about.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
struct Predicted {
    delay_veh_h_per_h: f64,
    stops_per_h: f64,
    side_delay_veh_h_per_h: f64,
    worst_saturation: f64,
}

/// What the street did while the set ran in step, told from loops.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
struct MeasuredPage {
    minutes: f64,
    outbound_km_h: f64,
    inbound_km_h: f64,
}

impl Set {
    pub(in crate::centre) fn page(&self, network: &Network) -> PlanSet {
        let corridor = |c: &crate::corridor::Corridor| {
            let band = |direction| {
                measure(network, c, &self.plans, 0..c.members.len(), direction).map_or(0.0, |band| band.width_s)
            };
            SetCorridor {
                id: c.id.clone(),
                cycle_s: common_cycle(c.members.iter().map(|m| self.plans[m.intersection.0].cycle))
                    .map(|c| c.seconds()),
                outbound_band_s: band(Direction::Outbound),
                inbound_band_s: band(Direction::Inbound),
            }
        };
        let plan = |(at, plan): (&crate::corridor::Intersection, &Plan)| SetPlan {
            intersection: at.id.clone(),
            cycle_s: plan.cycle.seconds(),
            offset_s: plan.offset.since_zero().seconds(),
            stages: plan.splits.iter().map(|s| SetStage { stage: s.stage.0 + 1, green_s: s.green.seconds() }).collect(),
            operation: match plan.operation {
                Operation::FixedTime => "fixed-time",
                Operation::Actuated => "actuated",
                Operation::Free => "free",
            },
        };
        let predicted = |cost: Cost| Predicted {
            delay_veh_h_per_h: cost.delay_veh_s_per_h / 3600.0,
            stops_per_h: cost.stops_per_h,
            side_delay_veh_h_per_h: cost.side_delay_veh_s_per_h / 3600.0,
            worst_saturation: cost.worst_saturation,
        };
        let seen = Some(self.measured).filter(|m| m.looks > 0);
        PlanSet {
            id: self.id,
            made_at: seconds(self.made),
            origin: self.origin,
            corridors: network.corridors().iter().map(corridor).collect(),
            plans: network.intersections().iter().zip(&self.plans).map(plan).collect(),
            predicted: self.predicted.map(predicted),
            measured: seen.map(|m| MeasuredPage {
                minutes: f64::from(m.looks) / 60.0,
                outbound_km_h: m.outbound,
                inbound_km_h: m.inbound,
            }),
        }
    }
}
