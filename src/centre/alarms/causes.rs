//! From pictures and decisions to causes of alarms.

use super::{Cause, Kind};
use crate::control::{Decision, Mode};
use crate::detection::Health as Detector;
use crate::field::{Link, Mode as CabinetMode};
use crate::service::{CabinetState, Picture};
use crate::store::Health;
use crate::units::{Moment, Tenths};

/// A clock further off than this is told.
const CLOCK_OFF: u64 = 10;
/// Late steps are told so long after the last one.
const LATE_FOR: Tenths = Tenths::from_seconds(300);

fn at(kind: Kind, place: &str) -> Cause {
    Cause { kind, place: place.to_owned(), channel: 0 }
}

/// What stands now, with its detail.
pub(super) fn standing(picture: &Picture, store: &Health, missed: &mut Option<(u64, Moment)>) -> Vec<(Cause, String)> {
    let mut found = Vec::new();
    for (intersection, cabinet) in picture.network.intersections().iter().zip(&picture.cabinets) {
        cabinet_causes(&intersection.id, cabinet, picture.armed, &mut found);
    }
    for (intersection, approaches) in picture.network.intersections().iter().zip(&picture.street.approaches) {
        for (approach, number) in approaches.iter().zip(1..).filter(|(approach, _)| approach.warns()) {
            // Without numbers that change with each step.
            let cause = Cause { kind: Kind::Full, place: intersection.id.clone(), channel: number };
            found.push((cause, approach.from.clone()));
        }
    }
    if late(picture, missed) {
        found.push((at(Kind::Late, ""), String::new()));
    }
    if picture.mode == Mode::Hold {
        found.push((at(Kind::Hold, ""), String::new()));
    }
    if let Some(trouble) = store.trouble {
        found.push((at(Kind::Store, ""), trouble.to_string()));
    }
    if store.lost + store.refused + store.damaged > 0 {
        found.push((at(Kind::StoreLoss, ""), format!("{}", store.lost + store.refused + store.damaged)));
    }
    if let Some(last) = store.set_aside.last() {
        found.push((at(Kind::StoreAside, ""), last.clone()));
    }
    if store.trimmed {
        found.push((at(Kind::StoreShort, ""), String::new()));
    }
    found
}

/// Intersections whose cabinets run the centre's plans now.
pub(super) fn in_centre(picture: &Picture) -> Vec<&str> {
    let all = picture.network.intersections().iter().zip(&picture.cabinets);
    let in_centre = |c: &CabinetState| c.status.as_ref().is_some_and(|s| s.mode == CabinetMode::Centre);
    all.filter(|(_, cabinet)| in_centre(cabinet)).map(|(at, _)| at.id.as_str()).collect()
}

fn cabinet_causes(id: &str, cabinet: &CabinetState, armed: bool, found: &mut Vec<(Cause, String)>) {
    if let Link::Lost(_) = cabinet.link {
        // Of one that is silent nothing else is known.
        found.push((at(Kind::LinkLost, id), String::new()));
        return;
    }
    let Some(status) = cabinet.status.as_ref().filter(|_| cabinet.link == Link::Up) else { return };
    if status.fault != 0 {
        found.push((at(Kind::Fault, id), format!("{}", status.fault)));
    }
    let kind = match status.mode {
        CabinetMode::Flash => Some(Kind::Flash),
        CabinetMode::Manual => Some(Kind::Manual),
        CabinetMode::Preempt => Some(Kind::Preempt),
        _ => None,
    };
    found.extend(kind.map(|kind| (at(kind, id), String::new())));
    // A dry run sets no clocks.
    if armed && cabinet.clock_off.magnitude() > CLOCK_OFF {
        // Whole seconds, so that a clock that drifts does not change its alarm with each step.
        found.push((at(Kind::Clock, id), format!("{:+.0} s", cabinet.clock_off.seconds())));
    }
}

/// Whether steps came late of late. What was missed before the first picture is not news.
fn late(picture: &Picture, missed: &mut Option<(u64, Moment)>) -> bool {
    let (before, since) = missed.unwrap_or((picture.missed, picture.at - LATE_FOR));
    let since = if picture.missed > before { picture.at } else { since };
    *missed = Some((picture.missed, since));
    picture.at.elapsed_since(since) < LATE_FOR
}

/// What a decision says is wrong.
pub(super) fn told(decision: &Decision) -> Option<(Cause, String)> {
    let plain = |kind: Kind, place: &str| Some((at(kind, place), String::new()));
    match decision {
        Decision::LeftCentre { intersection, mode } => match mode {
            // These have a state of their own, which is read off the picture.
            CabinetMode::Flash | CabinetMode::Manual | CabinetMode::Preempt => None,
            _ => plain(Kind::LeftCentre, intersection),
        },
        Decision::Unintended { intersection, .. } => plain(Kind::Unintended, intersection),
        Decision::OtherWriter { intersection, .. } => plain(Kind::OtherWriter, intersection),
        Decision::Differs { intersection, .. } => plain(Kind::Differs, intersection),
        Decision::PushFailed { intersection, why } => Some((at(Kind::PushFailed, intersection), why.to_string())),
        Decision::Lanes { intersection, breaches, .. } if !breaches.is_empty() => plain(Kind::Lanes, intersection),
        Decision::Detector { intersection, channel, health: Detector::Stuck | Detector::Chattering } => {
            let cause = Cause { kind: Kind::Detector, place: intersection.clone(), channel: *channel };
            Some((cause, format!("{channel}")))
        }
        _ => None,
    }
}

/// What a decision says is well again.
pub(super) fn taken_back(decision: &Decision) -> Option<Cause> {
    match decision {
        Decision::Detector {
            intersection,
            channel,
            health: Detector::Good | Detector::Silent | Detector::Excluded,
        } => Some(Cause { kind: Kind::Detector, place: intersection.clone(), channel: *channel }),
        _ => None,
    }
}
