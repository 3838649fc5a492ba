//! The door: what is judged safe, and nothing else, becomes a [`Safe`] value. A `Safe` value cannot be made, copied from
//! parts or changed outside this file:
//!
//! ```compile_fail
//! # use greenwave::{safety::Safe, plan::Plan};
//! fn forge(plan: Plan) -> Safe<Plan> {
//!     Safe { value: plan } // its fields are private
//! }
//! ```
//!
//! ```compile_fail
//! # use greenwave::{safety::Safe, plan::Plan, units::Offset};
//! fn tamper(mut safe: Safe<Plan>, offset: Offset) {
//!     safe.value().offset = offset; // only a shared view is given out
//! }
//! ```

use super::rules::{Breach, CHANGE_RULES, Limits, TARGET_RULES};
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
    let mut breaches = Vec::new();
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

/// A release is safe at any time: the cabinet ends its cycle and goes on with its own plan.
pub fn admit_release(index: IntersectionIndex, now: Moment) -> Safe<Release> {
    Safe { value: Release(()), intersection: index, from: now + Tenths::ZERO }
}
