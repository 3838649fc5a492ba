//! What people ask for, as it is sent, and what it means for the core. Intersections are named by id, so that what was asked for
//! yesterday can be asked for again of definitions that have changed since.

use super::problem::Fault;
use crate::control::{Ends, Escort, Intervention, OrderProblem, Vehicle, route};
use crate::corridor::{Arm, IntersectionIndex, LaneState, Movement, Network, StageIndex, Weather};
use crate::plan::Plan;
use crate::units::{Metres, MetresPerSecond, Moment, Tenths};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of intervention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::centre) enum Kind {
    Plans,
    Hold,
    Freeze,
    Local,
    Exclude,
    Lane,
    Weather,
}

/// What has become of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::centre) enum LaneIs {
    Closed,
    Reversed,
}

/// The weather.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::centre) enum Sky {
    Dry,
    Rain,
    HeavyRain,
    Snow,
}

/// Who is escorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::centre) enum VehicleKind {
    Ambulance,
    Fire,
    Vip,
}

/// A plan of a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::centre) struct GivenPlan {
    pub(in crate::centre) intersection: String,
    /// Start of the reference phase's green after the epoch, modulo the cycle.
    pub(in crate::centre) offset_s: f64,
    /// What greens and intergreens make, if it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) cycle_s: Option<f64>,
    /// Stages in their order.
    pub(in crate::centre) stages: Vec<GivenStage>,
}

/// A stage of a plan; the cycle is what greens and intergreens make.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::centre) struct GivenStage {
    /// Field number, from 1.
    pub(in crate::centre) stage: usize,
    pub(in crate::centre) green_s: f64,
}

/// An intervention, as it is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::centre) struct InterventionAsk {
    pub(in crate::centre) kind: Kind,
    /// All intersections of a corridor: local, plans of a set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) corridor: Option<String>,
    /// Ids: local, exclude (one), lane (one), plans of a set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::centre) intersections: Vec<String>,
    /// One of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) intersection: Option<String>,
    /// Detector channel, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) channel: Option<u16>,
    /// The approach of a lane: `N`, `E`, `S` or `W`, where its traffic comes from.
    #[serde(default, alias = "from", skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) arm: Option<String>,
    /// From the median, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) lane: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) state: Option<LaneIs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) weather: Option<Sky>,
    /// A set of plans by its id; or `plans`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) plan: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::centre) plans: Vec<GivenPlan>,
    pub(in crate::centre) minutes: f64,
    pub(in crate::centre) why: String,
    /// Id of a corridor it is about, typed by hand, where it is about a whole one.
    #[serde(default, skip_serializing)]
    pub(in crate::centre) confirm: Option<String>,
    /// Or a second person.
    #[serde(default, skip_serializing)]
    pub(in crate::centre) second: Option<Second>,
}

/// A second person, who confirms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::centre) struct Second {
    pub(in crate::centre) name: String,
    pub(in crate::centre) password: String,
}

/// An escort, as it is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::centre) struct EscortAsk {
    /// What it is called.
    pub(in crate::centre) vehicle: String,
    pub(in crate::centre) kind: VehicleKind,
    /// Every intersection on the way, in order.
    pub(in crate::centre) route: Vec<String>,
    /// Absent: the design speeds of the roads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) speed_km_h: Option<f64>,
    /// UTC, seconds since the epoch; absent: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) starts: Option<f64>,
    /// The arm it comes from at the first intersection; absent: straight on towards the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) arm: Option<String>,
    /// What it does at the last: `L`, `T`, `R` or `U`; absent: straight on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) last: Option<String>,
    /// Metres before the first stop line at which it starts; absent: the length of the road there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) starts_before_m: Option<f64>,
    /// Absent: as long as foretold and a quarter of an hour more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) minutes: Option<f64>,
    pub(in crate::centre) why: String,
    #[serde(default, skip_serializing)]
    pub(in crate::centre) confirm: Option<String>,
    #[serde(default, skip_serializing)]
    pub(in crate::centre) second: Option<Second>,
}

/// Faults that are collected.
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn tell(&mut self, place: &str, rule: &str, mend: &str) {
        self.0.push(Fault { place: place.to_owned(), rule: rule.to_owned(), mend: mend.to_owned() });
    }

    fn index(&mut self, network: &Network, place: &str, id: &str) -> Option<IntersectionIndex> {
        let found = network.find(id);
        if found.is_none() {
            self.tell(place, &format!("there is no intersection {id}"), "Name one there is.");
        }
        found
    }

    fn arm(&mut self, text: Option<&str>) -> Option<Arm> {
        let arm = text.and_then(|t| Arm::ALL.into_iter().find(|arm| arm.to_string() == t));
        if arm.is_none() {
            self.tell("arm", "it is none of N, E, S, W", "Say where the traffic comes from.");
        }
        arm
    }

    fn why(&mut self, why: &str) {
        if why.trim().is_empty() {
            self.tell("why", "nothing is said", "Say why: the next shift reads it.");
        }
    }

    fn minutes(&mut self, minutes: f64) -> Option<Tenths> {
        let time = Some(minutes).filter(|m| *m > 0.0).and_then(|m| Tenths::parse_seconds(60.0 * m));
        if time.is_none() {
            self.tell("minutes", "it is no length of time", "Say for how many minutes: everything ends by itself.");
        }
        time
    }
}

impl From<&OrderProblem> for Fault {
    fn from(problem: &OrderProblem) -> Fault {
        Fault { place: problem.place.clone(), rule: problem.rule.clone(), mend: problem.mend.clone() }
    }
}

impl GivenPlan {
    /// A plan as it can be written down.
    pub(in crate::centre) fn of(intersection: &str, plan: &Plan) -> GivenPlan {
        let stage = |s: &crate::plan::Split| GivenStage { stage: s.stage.0 + 1, green_s: s.green.seconds() };
        GivenPlan {
            intersection: intersection.to_owned(),
            offset_s: plan.offset.since_zero().seconds(),
            cycle_s: Some(plan.cycle.seconds()),
            stages: plan.splits.iter().map(stage).collect(),
        }
    }

    fn plan(&self, network: &Network, faults: &mut Faults) -> Option<(IntersectionIndex, Plan)> {
        let index = faults.index(network, "plans", &self.intersection)?;
        let at = network.intersection(index);
        let order: Vec<StageIndex> =
            self.stages.iter().filter_map(|s| Some(StageIndex(s.stage.checked_sub(1)?))).collect();
        let mut greens = vec![Tenths::ZERO; at.stages.len()];
        for stage in &self.stages {
            let place = stage.stage.checked_sub(1).and_then(|k| greens.get_mut(k));
            if let (Some(place), Some(green)) = (place, Tenths::parse_seconds(stage.green_s)) {
                *place = green;
            }
        }
        let offset = Tenths::parse_seconds(self.offset_s).map(Tenths::later);
        let whole = order.len() == self.stages.len() && order.len() == at.stages.len();
        let plan = Plan::from_greens_in(at, &order, &greens, offset.unwrap_or_default());
        let plan = plan.filter(|_| whole && offset.is_some());
        if plan.is_none() {
            let rule = format!("it is no plan of the {} stages of {}", at.stages.len(), at.id);
            faults.tell("plans", &rule, "Give every stage once, with its green.");
        }
        let plan = plan?;
        let makes = plan.cycle.seconds();
        if self.cycle_s.is_some_and(|says| (says - makes).abs() > 0.05) {
            let rule = format!("{}: greens and intergreens make a cycle of {makes} s", at.id);
            faults.tell("plans", &rule, "Give this cycle, or other greens.");
        }
        Some((index, plan))
    }
}

impl InterventionAsk {
    /// One that names nothing yet.
    pub(in crate::centre) fn new(kind: Kind, minutes: f64, why: String) -> InterventionAsk {
        InterventionAsk {
            kind,
            corridor: None,
            intersections: Vec::new(),
            intersection: None,
            channel: None,
            arm: None,
            lane: None,
            state: None,
            weather: None,
            plan: None,
            plans: Vec::new(),
            minutes,
            why,
            confirm: None,
            second: None,
        }
    }

    /// What it means, and for how long.
    pub(in crate::centre) fn read(&self, network: &Network) -> Result<(Intervention, Tenths), Vec<Fault>> {
        let mut faults = Faults::default();
        faults.why(&self.why);
        let minutes = faults.minutes(self.minutes);
        let what = self.what(network, &mut faults);
        match (what, minutes) {
            (Some(what), Some(minutes)) if faults.0.is_empty() => Ok((what, minutes)),
            _ => Err(faults.0),
        }
    }

    /// The intersections it names, by corridor or by id.
    pub(in crate::centre) fn named(&self, network: &Network) -> Vec<IntersectionIndex> {
        let mut faults = Faults::default();
        self.all(network, &mut faults)
    }

    fn all(&self, network: &Network, faults: &mut Faults) -> Vec<IntersectionIndex> {
        let mut all: Vec<IntersectionIndex> = self
            .intersections
            .iter()
            .chain(&self.intersection)
            .filter_map(|id| faults.index(network, "intersections", id))
            .collect();
        if let Some(id) = &self.corridor {
            match network.corridors().iter().find(|c| c.id == *id) {
                Some(corridor) => all.extend(corridor.members.iter().map(|m| m.intersection)),
                None => faults.tell("corridor", &format!("there is no corridor {id}"), "Name one there is."),
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    fn what(&self, network: &Network, faults: &mut Faults) -> Option<Intervention> {
        let all = self.all(network, faults);
        let one = |faults: &mut Faults| {
            if all.len() != 1 {
                faults.tell("intersections", "it is not one intersection", "Name one.");
            }
            all.first().copied().filter(|_| all.len() == 1)
        };
        match self.kind {
            Kind::Hold => Some(Intervention::Hold),
            Kind::Freeze => Some(Intervention::Freeze),
            Kind::Local if all.is_empty() => {
                faults.tell("intersections", "it names no intersection", "Name a corridor, or intersections.");
                None
            }
            Kind::Local => Some(Intervention::Local(all)),
            Kind::Exclude => {
                let intersection = one(faults);
                if self.channel.is_none() {
                    faults.tell("channel", "no detector is named", "Say which channel, from 1.");
                }
                Some(Intervention::Exclude { intersection: intersection?, channel: self.channel? })
            }
            Kind::Lane => {
                let (intersection, from) = (one(faults), faults.arm(self.arm.as_deref()));
                let lane = self.lane.and_then(|lane| lane.checked_sub(1));
                if lane.is_none() {
                    faults.tell("lane", "no lane is named", "Say which, from the median, from 1.");
                }
                if self.state.is_none() {
                    faults.tell("state", "nothing is said of it", "Say closed or reversed.");
                }
                let state = match self.state? {
                    LaneIs::Closed => LaneState::Closed,
                    LaneIs::Reversed => LaneState::Reversed,
                };
                Some(Intervention::Lane { intersection: intersection?, from: from?, lane: lane?, state })
            }
            Kind::Weather => {
                if self.weather.is_none() {
                    faults.tell("weather", "nothing is said of it", "Say dry, rain, heavy-rain or snow.");
                }
                Some(Intervention::Weather(match self.weather? {
                    Sky::Dry => Weather::Dry,
                    Sky::Rain => Weather::Rain,
                    Sky::HeavyRain => Weather::HeavyRain,
                    Sky::Snow => Weather::Snow,
                }))
            }
            Kind::Plans => {
                if self.plans.is_empty() {
                    faults.tell("plans", "it has no plan", "Give plans, or the id of a set.");
                }
                let plans = self.plans.iter().filter_map(|plan| plan.plan(network, faults)).collect();
                Some(Intervention::Plans(plans))
            }
        }
    }
}

impl EscortAsk {
    /// What it means, and for how long.
    pub(in crate::centre) fn read(&self, network: &Network, now: Moment) -> Result<(Escort, Tenths), Vec<Fault>> {
        let mut faults = Faults::default();
        faults.why(&self.why);
        if self.vehicle.trim().is_empty() {
            faults.tell("vehicle", "it has no name", "Say what it is called.");
        }
        let over: Vec<IntersectionIndex> =
            self.route.iter().filter_map(|id| faults.index(network, "route", id)).collect();
        let from = self.arm.as_deref().map(|arm| faults.arm(Some(arm)));
        let movement = |text: &String| Movement::ALL.into_iter().find(|m| m.to_string() == *text);
        let last = self.last.as_ref().map(movement);
        if last == Some(None) {
            faults.tell("last", "it is none of L, T, R, U", "Say what it does at the last intersection.");
        }
        let speed = self.speed_km_h.map(|v| MetresPerSecond::from_km_h(v).ok());
        if speed == Some(None) {
            faults.tell("speed_km_h", "it is no speed", "Give km/h above 0.");
        }
        let before = self.starts_before_m.map(|m| Metres::new(m).ok());
        if before == Some(None) {
            faults.tell("starts_before_m", "it is no length", "Give metres.");
        }
        let starts =
            self.starts.map(|s| Some(s).filter(|s| s.abs() < 1e11).map(|s| Moment::new((s * 10.0).round() as i64)));
        if starts == Some(None) {
            faults.tell("starts", "it is no instant", "Give seconds since the epoch, UTC.");
        }
        let minutes = self.minutes.map(|m| faults.minutes(m));
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        let ends = Ends {
            from: from.flatten(),
            last: last.flatten(),
            starts_before: before.flatten(),
            speed: speed.flatten(),
        };
        let legs = route(network, &over, ends).map_err(|all| all.iter().map(Fault::from).collect::<Vec<_>>())?;
        let starts = starts.flatten().unwrap_or(now);
        let driven: Tenths = legs.iter().map(|leg| leg.speed.time_over(leg.distance)).sum();
        let lasts = minutes.flatten().unwrap_or(starts.elapsed_since(now) + driven + Tenths::from_seconds(900));
        let vehicle = match self.kind {
            VehicleKind::Ambulance => Vehicle::Ambulance,
            VehicleKind::Fire => Vehicle::Fire,
            VehicleKind::Vip => Vehicle::Vip,
        };
        Ok((Escort { name: self.vehicle.clone(), vehicle, route: legs, starts }, lasts))
    }
}

/// What must be typed by hand for an intervention, one of these; nothing where it is about less than a corridor.
pub(in crate::centre) fn to_type(network: &Network, what: &Intervention) -> Vec<String> {
    let named = what.intersections();
    let has = |index: &IntersectionIndex| named.contains(index);
    let corridors = network.corridors().iter().filter(|corridor| {
        let mut members = corridor.members.iter().map(|m| m.intersection);
        match what {
            Intervention::Hold => true,
            Intervention::Escort(_) => members.any(|m| has(&m)),
            Intervention::Plans(_) | Intervention::Local(_) => members.all(|m| has(&m)),
            _ => false,
        }
    });
    let mut words: Vec<String> = corridors.map(|corridor| corridor.id.clone()).collect();
    if *what == Intervention::Hold && words.len() > 1 {
        words = vec!["city".to_owned()];
    }
    if words.is_empty() && matches!(what, Intervention::Escort(_)) {
        words.extend(named.first().map(|&index| network.intersection(index).id.clone()));
    }
    words
}
