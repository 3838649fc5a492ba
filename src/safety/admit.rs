//! The door: what is judged safe, and nothing else, becomes a [`Safe`] value. A `Safe` value cannot be made, put together
//! from parts or changed outside this file. Each way to try is shown beside what is allowed, which differs in that one
//! thing, so that the examples fail for their own reason (the code behind `compile_fail` is checked by nightly only).
//!
//! Looking is allowed; putting one together is not, its fields are private:
//!
//! ```
//! # use greenwave::{safety::Safe, plan::Plan};
//! fn look(plan: Plan, safe: Safe<Plan>) -> bool {
//!     *safe.value() == plan
//! }
//! ```
//! ```compile_fail,E0451
//! # use greenwave::{safety::Safe, plan::Plan};
//! fn forge(plan: Plan, safe: Safe<Plan>) -> Safe<Plan> {
//!     Safe { value: plan, ..safe }
//! }
//! ```
//!
//! A copy may be changed and is a mere plan again; what is safe is only lent out, and its fields cannot be reached:
//!
//! ```
//! # use greenwave::{safety::Safe, plan::Plan, units::Offset};
//! fn copy(safe: Safe<Plan>, offset: Offset) -> Plan {
//!     let mut plan = safe.value().clone();
//!     plan.offset = offset;
//!     plan
//! }
//! ```
//! ```compile_fail,E0594
//! # use greenwave::{safety::Safe, plan::Plan, units::Offset};
//! fn tamper(safe: Safe<Plan>, offset: Offset) -> Safe<Plan> {
//!     safe.value().offset = offset;
//!     safe
//! }
//! ```
//! ```compile_fail,E0616
//! # use greenwave::{safety::Safe, plan::Plan};
//! fn swap(mut safe: Safe<Plan>, plan: Plan) -> Safe<Plan> {
//!     safe.value = plan;
//!     safe
//! }
//! ```
//!
//! A release comes from [`admit_release`]; nobody else can make one:
//!
//! ```
//! # use greenwave::{corridor::IntersectionIndex, safety::{Release, Safe, admit_release}, units::Moment};
//! fn release(now: Moment) -> Release {
//!     *admit_release(IntersectionIndex(0), now).value()
//! }
//! ```
//! ```compile_fail,E0423
//! # use greenwave::{corridor::IntersectionIndex, safety::{Release, Safe, admit_release}, units::Moment};
//! fn release(now: Moment) -> Release {
//!     Release(())
//! }
//! ```
//!
//! A stage request is a mere wish until [`admit_stage_request`] has judged it, and what was judged stays as it was:
//!
//! ```
//! # use greenwave::{safety::{Safe, StageRequest}, units::Moment};
//! fn copy(safe: Safe<StageRequest>, expiry: Moment) -> StageRequest {
//!     StageRequest { expiry, ..*safe.value() }
//! }
//! ```
//! ```compile_fail,E0451
//! # use greenwave::{safety::{Safe, StageRequest}, units::Moment};
//! fn forge(safe: Safe<StageRequest>, value: StageRequest) -> Safe<StageRequest> {
//!     Safe { value, ..safe }
//! }
//! ```
//! ```compile_fail,E0594
//! # use greenwave::{safety::{Safe, StageRequest}, units::Moment};
//! fn tamper(safe: Safe<StageRequest>, expiry: Moment) -> Safe<StageRequest> {
//!     safe.value().expiry = expiry;
//!     safe
//! }
//! ```

use super::rules::{Breach, CHANGE_RULES, Limits, TARGET_RULES, size};
use super::stages::{Asked, RequestBreach, StageRequest, judge_request};
use crate::corridor::{Intersection, IntersectionIndex, Network};
use crate::plan::Plan;
use crate::units::{Moment, Tenths};

/// A value that passed every rule, for one intersection, from one moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Safe<T> {
    value: T,
    intersection: IntersectionIndex,
    from: Moment,
}

impl<T> Safe<T> {
    /// What was judged.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Where it may run, and nowhere else.
    pub fn intersection(&self) -> IntersectionIndex {
        self.intersection
    }

    /// From when: for a plan, a start of its cycle.
    pub fn from(&self) -> Moment {
        self.from
    }
}

/// Handing a cabinet back to its own plan. Always permitted, and still only made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release(());

/// A change of plan at a moment: what runs, what shall run, and when.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The plan that will be running when the change comes.
    pub running: &'a Plan,
    /// The plan to run from then on.
    pub plan: &'a Plan,
    /// The moment: a cycle start of both.
    pub moment: Moment,
}

/// Every rule the plan breaks wherever it stands; empty if it may be aimed at.
pub fn judge(at: &Intersection, plan: &Plan, limits: &Limits) -> Vec<Breach> {
    let mut breaches = size(plan);
    if !breaches.is_empty() {
        return breaches;
    }
    for rule in TARGET_RULES {
        rule(at, plan, limits, &mut breaches);
    }
    breaches
}

/// Judges a change at one intersection: the plan itself and the step to it.
///
/// # Errors
/// Every breach of every rule, at least one.
pub fn admit(
    network: &Network,
    index: IntersectionIndex,
    change: Change<'_>,
    limits: &Limits,
) -> Result<Safe<Plan>, Vec<Breach>> {
    let at = network.intersection(index);
    let too_large: Vec<Breach> = [change.running, change.plan].into_iter().flat_map(size).collect();
    if !too_large.is_empty() {
        return Err(too_large);
    }
    let mut breaches = judge(at, change.plan, limits);
    for rule in CHANGE_RULES {
        rule(at, &change, limits, &mut breaches);
    }
    if breaches.is_empty() {
        Ok(Safe { value: change.plan.clone(), intersection: index, from: change.moment })
    } else {
        Err(breaches)
    }
}

/// Judges a stage request in the plan that runs at one intersection. What it allows begins now and ends with the request's expiry.
///
/// # Errors
/// Every breach of every rule, at least one.
pub fn admit_stage_request(
    network: &Network,
    index: IntersectionIndex,
    asked: Asked<'_>,
    limits: &Limits,
) -> Result<Safe<StageRequest>, Vec<RequestBreach>> {
    let breaches = judge_request(network.intersection(index), &asked, limits);
    if breaches.is_empty() {
        Ok(Safe { value: *asked.request, intersection: index, from: asked.now })
    } else {
        Err(breaches)
    }
}

/// A release is safe at any time: the cabinet ends its cycle and goes on with its own plan.
pub fn admit_release(index: IntersectionIndex, now: Moment) -> Safe<Release> {
    Safe { value: Release(()), intersection: index, from: now + Tenths::ZERO }
}
