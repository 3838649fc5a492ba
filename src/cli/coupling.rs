//! The coupling decision as a table and as JSON.

use super::say;
use super::table::wrapped;
use crate::corridor::Network;
use crate::optimise::{Coupling, Multiple};
use serde_json::{Value, json};

/// Vehicle seconds in a vehicle hour.
const HOUR_S: f64 = 3600.0;

/// One row a link and one an intersection.
pub(super) fn text(network: &Network, coupling: &Coupling) {
    say("\nCoupling 协调关系");
    say("link                           index     worth     saves");
    for link in &coupling.links {
        let [near, far] = link.ends.map(|end| network.intersection(end).id.as_str());
        say(&format!(
            "{:<28} {:>7.1} {:>9} {:>9}  {}",
            format!("{near} - {far}"),
            link.index,
            hours(link.worth_veh_s_per_h),
            hours(link.saves_veh_s_per_h),
            if link.coupled { "协调 coupled" } else { "不协调 apart" },
        ));
    }
    say("\nintersection                   cycle     worth");
    for (at, own) in network.intersections().iter().zip(&coupling.intersections) {
        let group = &coupling.groups[own.group];
        let together = match (own.multiple, group.members.len()) {
            (_, 1) => "单独 alone".to_owned(),
            (Multiple::Half, _) => format!("半周期 half of {}", group.cycle),
            (Multiple::One, _) => String::new(),
            (Multiple::Double, _) => format!("双周期 double of {}", group.cycle),
        };
        let (cycle, worth) = (own.cycle.to_string(), hours(Some(own.worth_veh_s_per_h)));
        say(format!("{:<28} {cycle:>7} {worth:>9}  {together}", at.id).trim_end());
    }
    say(&wrapped(
        "Worth, saves: vehicle hours an hour, stops included, by the model. A link's worth: the two ends alone, coupled against each \
         at its own best cycle. Saves: platoons at these cycles against the same vehicles coming evenly. An intersection's worth: what \
         its links save; where it is least, free operation is worth trying in the plant (plan --day --rounds). Index: FHWA's \
         coupling index, couple above 50, consider from 1.",
    ));
}

fn hours(veh_s: Option<f64>) -> String {
    veh_s.map_or_else(|| "-".to_owned(), |s| format!("{:.2}", s / HOUR_S))
}

/// The same for programs: intersections by their ids.
pub(super) fn value(network: &Network, coupling: &Coupling) -> Value {
    let id = |index| &network.intersection(index).id;
    let links: Vec<Value> = coupling
        .links
        .iter()
        .map(|link| {
            json!({
                "ends": link.ends.map(id),
                "coupled": link.coupled,
                "worth_veh_s_per_h": link.worth_veh_s_per_h,
                "saves_veh_s_per_h": link.saves_veh_s_per_h,
                "index": link.index,
            })
        })
        .collect();
    let intersections: Vec<Value> = network
        .intersections()
        .iter()
        .zip(&coupling.intersections)
        .map(|(at, own)| {
            json!({
                "intersection": at.id,
                "cycle_s": own.cycle.seconds(),
                "multiple": own.multiple,
                "group": own.group,
                "worth_veh_s_per_h": own.worth_veh_s_per_h,
                "free": own.free,
            })
        })
        .collect();
    let group = |g: &crate::optimise::CycleGroup| json!({ "cycle_s": g.cycle.seconds(), "members": g.members.iter().map(|&m| id(m)).collect::<Vec<_>>() });
    json!({
        "links": links,
        "groups": coupling.groups.iter().map(group).collect::<Vec<_>>(),
        "intersections": intersections,
        "estimate": coupling.estimate,
        "bound": coupling.bound.is_finite().then_some(coupling.bound),
    })
}
