//! What the blocks of a profile owe each other.

use super::super::problem::{Findings, Spot};
use super::super::rule::Rule;
use super::read::Spots;
use super::{Carrier, OperationKind, Plans, RegisterProfile};

/// Tells what is missing for what the profile says it can do.
pub(super) fn check(findings: &mut Findings, profile: &RegisterProfile, spots: &Spots) {
    let subject = &spots.subject;
    let mut tell = |spot: Spot, rule: Rule, message: String, mend: &str| {
        findings.tell(spot, rule, format!("{subject}{message}"), mend);
    };
    let status = &profile.status;
    let mut missing = |item: bool, key: &str, why: &str| {
        if !item {
            let message = format!(", status: {key} is not told, and {why}");
            tell(spots.status, Rule::StatusTells, message, &format!("Add {key}, or leave out what rests on it."));
        }
    };
    let mut unsaid = !profile.operations.iter().all(|(kind, _)| *kind == OperationKind::FixedTime);
    match &profile.plans {
        Plans::Download(download) => {
            missing(status.running_check.is_some(), "running_check", "a push is confirmed by the running plan's");
            missing(status.staged_check.is_some(), "staged_check", "a staged plan is compared by its check");
            missing(status.clock.is_some(), "clock", "a commit activates at an instant of the cabinet's clock");
            let known = status.identity.is_some() || download.form.identity.is_some();
            missing(known, "identity", "neither does the plan block hold one: a plan could reach the wrong cabinet");
            unsaid &= download.form.operation.is_none();
        }
        Plans::Select(_) => {}
    }
    missing(profile.clock.is_none() || status.clock.is_some(), "clock", "a clock that is set is checked");
    missing(
        profile.stage_request.is_none() || status.request.is_some(),
        "request",
        "a stage request is confirmed by the counter that is being carried out",
    );
    missing(
        profile.stage_request.is_none() || status.stage.is_some(),
        "stage",
        "a stage request speaks of one that is green",
    );
    if unsaid {
        let message = ": it knows other operations than fixed-time, and its plans have no place to say so".to_owned();
        let mend = "Give the plan block an operation, or keep fixed-time alone.";
        tell(spots.operations, Rule::ProfileOperation, message, mend);
    }
    if matches!((&profile.plans, profile.transitions), (Plans::Select(_), Carrier::Centre)) {
        let message = ": transitions = \"centre\", and the centre can only pick stored plans".to_owned();
        let mend = "Write transitions = \"cabinet\", with shortest_cycle_percent and longest_cycle_percent.";
        tell(spots.transitions, Rule::ProfileTransition, message, mend);
    }
}
