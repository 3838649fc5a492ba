//! Whether an intersection can be run through its cabinet's registers, and the plans the cabinet has stored.
//!
//! Knows: what a profile can say. Must not know: other intersections. A time that the registers cannot say is refused here, because
//! nothing rounds later.

use super::compile::name;
use super::definition::{IntersectionDef, StoredDef};
use super::model::{Intersection, StageIndex};
use super::operation::{ClockZero, StoredPlan};
use super::problem::{At, Findings};
use super::profile::Plans;
use super::rule::Rule;
use super::signals::per;
use crate::units::{CycleLength, Offset, Tenths};
use std::collections::BTreeMap;

/// A day.
const DAY: Tenths = Tenths::from_seconds(86_400);

/// Tells what of an intersection its cabinet's profile cannot say; pointed at is where the cabinet names the profile.
pub(super) fn check(findings: &mut Findings, def: &IntersectionDef, at: &Intersection) {
    let profile = &at.cabinet.profile;
    let Some(named) = def.cabinet.as_ref().and_then(|cabinet| cabinet.profile.as_ref()) else { return };
    let (who, id, step) = (name(def), &profile.id, profile.time.step);
    let mut tell = |message: String, mend: String| {
        findings.tell(named.spot, Rule::ProfileFit, format!("{who}: {message}"), mend);
    };
    let room = profile.most_stages().filter(|most| at.stages.len() > usize::from(*most));
    if let Some(most) = room {
        let mend = "Join stages, or name a profile with room for them.".to_owned();
        tell(format!("{} stages, and profile {id} has room for {most}", at.stages.len()), mend);
    }
    let channels = profile.detectors.as_ref().map_or(0, |detectors| detectors.channels);
    if let Some(beyond) = at.detectors.iter().map(|detector| detector.channel).max().filter(|most| *most > channels) {
        let mend = "Renumber the loops, or name a profile that tells them.".to_owned();
        tell(format!("detector channel {beyond}, and profile {id} has {channels}"), mend);
    }
    if !profile.tells_instants_from(at.cabinet.zero()) {
        let mend = "Leave clock_zero to the profile, or give its instants a wider form.".to_owned();
        tell(format!("clock_zero, and instants of profile {id} do not hold it"), mend);
    }
    if !at.sequences.is_empty() && !profile.sequences {
        let mend = "Leave out sequences, or name a profile that says sequences = true.".to_owned();
        tell(format!("sequences, and controllers of profile {id} run the stages in their programmed order only"), mend);
    }
    let mut whole = |time: Tenths, what: &str| {
        if !time.is_multiple_of(step) {
            let mend = format!("Give whole multiples of {} s.", step.seconds());
            tell(format!("{what} of {time} can not be said in the {step} steps of profile {id}"), mend);
        }
    };
    for (index, stage) in at.stages.iter().enumerate() {
        let times = [("least green", stage.min_green), ("yellow", stage.yellow), ("all red", stage.all_red)];
        let local = at.local_plan.greens.get(index).map(|green| ("local green", *green));
        for (what, time) in times.into_iter().chain(local) {
            whole(time, &format!("stage {}: {what}", index + 1));
        }
    }
    if profile.heartbeat.timeout.is_some() {
        whole(at.cabinet.heartbeat_timeout, "heartbeat_timeout_s");
    }
}

/// The stored plans of an intersection.
pub(super) fn stored(findings: &mut Findings, def: &IntersectionDef, at: &Intersection) -> Option<Vec<StoredPlan>> {
    let profile = &at.cabinet.profile;
    let named = def.cabinet.as_ref()?.profile.as_ref()?;
    match (&profile.plans, def.stored.first()) {
        (Plans::Select(_), None) => {
            let message = format!("{}: profile {} picks plans by number, and none is known", name(def), profile.id);
            let mend =
                "Say which plans the cabinet has stored: [[intersection.stored_plan]] with number, offset_s, green_s.";
            findings.tell(named.spot, Rule::StoredPlans, message, mend);
        }
        (Plans::Download(_), Some(first)) => {
            let message = format!("{}: profile {} takes plans by download", first.subject, profile.id);
            findings.tell(first.spot, Rule::StoredPlans, message, "Remove the stored plans, or name another profile.");
        }
        _ => {}
    }
    let mut numbers = BTreeMap::new();
    let mut plans = Vec::with_capacity(def.stored.len());
    for written in &def.stored {
        if let Some(number) = &written.number {
            if let Some(first) = numbers.get(&number.value) {
                let there = findings.locate(*first);
                let message = format!("{}: number {} is there already, at {there}", written.subject, number.value);
                findings.tell(
                    number.spot,
                    Rule::StoredPlans,
                    message,
                    "Give each plan the number the cabinet knows it by.",
                );
            } else {
                numbers.insert(number.value, number.spot);
            }
        }
        plans.push(plan(findings, written, at));
    }
    plans.into_iter().collect()
}

/// One stored plan.
fn plan(findings: &mut Findings, written: &StoredDef, at: &Intersection) -> Option<StoredPlan> {
    let subject = &written.subject;
    let list = written.greens.as_ref()?;
    let greens = per(findings, subject, "green_s", list, (at.stages.len(), "stages"))?;
    let step = at.cabinet.profile.time.step;
    let before = findings.count();
    let mut tell = |spot, message: String, mend: String| {
        findings.tell(spot, Rule::StoredPlan, format!("{subject}: {message}"), mend);
    };
    for (index, (green, stage)) in greens.iter().zip(&at.stages).enumerate() {
        let (low, high) = (stage.min_green, stage.max_green);
        if !(low..=high).contains(&green.value) {
            let message = format!("green {} of stage {} is outside {low} to {high}", green.value, index + 1);
            tell(green.spot, message, format!("Give {} to {}.", low.seconds(), high.seconds()));
        }
    }
    let numbers: Option<Vec<StageIndex>> = written
        .order
        .as_ref()
        .map(|order| order.value.iter().map(|&n| StageIndex(usize::from(n).wrapping_sub(1))).collect());
    if let (Some(order), Some(numbers)) = (&written.order, &numbers)
        && !at.permits_order(numbers.iter().copied())
    {
        let mend = "Give one of the layout's sequences, or leave it out for the programmed order.".to_owned();
        tell(order.spot, "its order is not a permitted one".to_owned(), mend);
    }
    let offset = written.offset.as_ref()?;
    let off = greens.iter().chain([offset]).filter(|time| !time.value.is_multiple_of(step));
    for At { value, spot } in off {
        tell(
            *spot,
            format!("{value} is no whole number of {step} steps"),
            "Write it as the cabinet counts.".to_owned(),
        );
    }
    let cycle = greens.iter().map(|green| green.value).sum::<Tenths>() + at.lost_to_intergreens();
    let (min, max) = (at.cycle.min.length(), at.cycle.max.length());
    if !(min..=max).contains(&cycle) {
        let message =
            format!("its cycle of {cycle} (intergreens {}) is outside {min} to {max}", at.lost_to_intergreens());
        tell(list.spot, message, "Change the greens or the cycle limits.".to_owned());
    }
    if at.cabinet.zero() == ClockZero::LocalMidnight && !DAY.is_multiple_of(cycle) {
        let message =
            format!("its cycle of {cycle} does not divide the day, which its clock counts anew from midnight");
        let mend = "Store a cycle that divides 86400 s: another offset would hold every day.".to_owned();
        tell(list.spot, message, mend);
    }
    if offset.value >= cycle {
        let mend = format!("Give less than {}.", cycle.seconds());
        tell(offset.spot, format!("the offset of {} is not below its cycle of {cycle}", offset.value), mend);
    }
    if findings.count() > before {
        return None;
    }
    let offset = Offset::new(offset.value, CycleLength::new(cycle)?)?;
    let number = written.number.as_ref()?.value;
    let order = numbers.unwrap_or_else(|| (0..at.stages.len()).map(StageIndex).collect());
    Some(StoredPlan { number, offset, greens: greens.into_iter().map(|green| green.value).collect(), order })
}
