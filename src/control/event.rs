//! What comes into a step and what goes out of it.

use super::decision::Decision;
use super::order::Order;
use crate::corridor::{Conditions, IntersectionIndex};
use crate::demand::{Flows, Platoon};
use crate::detection::Reading;
use crate::field::{Answer, Ask, Request};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Something that happened since the last step.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A cabinet answered, or did not.
    Answer {
        /// Which.
        cabinet: IntersectionIndex,
        /// What it was asked for.
        ask: Ask,
        /// What came back.
        answer: Answer,
    },
    /// Work is done.
    Found(Finding),
    /// Somebody at the centre wants these plans run, one an intersection. They are judged like any others, are aimed at until
    /// the calendar or a better candidate says otherwise, and come about as every change does.
    Aim(Vec<Plan>),
    /// A person orders something, or ends it.
    Order(Order),
    /// Hand every cabinet back.
    Stop,
}

/// What one step wants done.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// To be asked of the cabinets; for one cabinet in this order.
    pub requests: Vec<Request>,
    /// What was decided, and why.
    pub decisions: Vec<Decision>,
    /// To be computed off the loop.
    pub work: Option<Work>,
    /// What loops said, for whoever shows the street.
    pub readings: Vec<(IntersectionIndex, Reading)>,
}

/// A question to the optimiser.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// Comes back with the finding; an answer to an older question is ignored.
    pub id: u64,
    /// The period of the time planned for, by its index in the network.
    pub period: usize,
    /// Flows to plan for.
    pub flows: Flows,
    /// Flows of the mean day at the same time: what the day plan was made for, and proved itself on.
    pub reference: Flows,
    /// Arrivals over the cycle as upstream loops count them under the targets now; empty while plans change.
    pub platoons: Vec<Platoon>,
    /// The targets now.
    pub current: Vec<Plan>,
    /// The day plan of the time planned for.
    pub day_plan: Vec<Plan>,
    /// Day plans of the periods before and after it: a day may run early or late.
    pub neighbours: Vec<Vec<Plan>>,
    /// Lanes and weather as a person told them.
    pub conditions: Conditions,
}

/// Where a candidate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The targets as they are.
    Keep,
    /// The day plan of the period.
    DayPlan,
    /// The day plan of a neighbouring period.
    Neighbour,
    /// The targets with small moves of splits and offsets.
    Polished,
    /// The day plan with small moves.
    PolishedDayPlan,
    /// Optimised over cycle, splits and offsets.
    Fresh,
}

/// What a set of plans is predicted to cost under the flows asked about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// What is weighed: delay and stops of all vehicles, and a penalty for lane groups near or over saturation.
    pub objective_veh_s_per_h: f64,
    /// Delay of all vehicles, in vehicle-seconds an hour.
    pub delay_veh_s_per_h: f64,
    /// Stops of all vehicles, an hour.
    pub stops_per_h: f64,
    /// Delay on side streets, in vehicle-seconds an hour.
    pub side_delay_veh_s_per_h: f64,
    /// Highest degree of saturation of any lane group.
    pub worst_saturation: f64,
    /// How far the model flatters these plans, in vehicle-seconds an hour: what it promises of them over the day plan on the
    /// mean day, where the day plan was improved in the plant until nothing better was found. 0 for the day plan itself.
    pub flattery_veh_s_per_h: f64,
}

/// One set of plans to choose from, one plan an intersection.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Where it comes from.
    pub origin: Origin,
    /// The plans.
    pub plans: Vec<Plan>,
    /// What they cost.
    pub cost: Cost,
}

/// The answer to a [`Work`]: candidates, the first of them [`Origin::Keep`], the second [`Origin::DayPlan`].
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The question's.
    pub id: u64,
    /// What there is to choose from.
    pub candidates: Vec<Candidate>,
}
