//! What an approach has beside lanes and lamps: waiting areas, control of right turns, a bicycles' lane.
//!
//! Knows: how these lean on phases and on the orders of the stages.
//! Must not know: times.

use super::layout::{ApproachDef, WaitingDef};
use super::model::{Arm, Movement, Movements, Phase, PhaseIndex, Serves};
use super::operation::{BikeLane, RightTurn, WaitingArea};
use super::problem::{At, Findings};
use super::rule::Rule;
use super::sequence::{Order, Shown};
use super::served::unknown;
use super::signals::{Signals, count_of};

/// Right turns that are spoken of exist.
pub(super) fn right_turn(findings: &mut Findings, subject: &str, def: &ApproachDef, all: Movements) {
    if let Some(control) = &def.right_turn
        && !all.has(Movement::Right)
    {
        let message = format!("{subject}: right_turn is stated and no lane turns right");
        findings.tell(control.spot, Rule::RightTurn, message, "Remove it, or give R a lane.");
    }
}

/// Whether the approach's right turns go by a slip lane, without a phase.
pub(super) fn slips(def: &ApproachDef) -> bool {
    def.right_turn.as_ref().is_some_and(|control| control.value == RightTurn::Channelised)
}

/// The bicycles' lane; its riders go with the approach's through phase, so there must be one.
pub(super) fn bike_lane(findings: &mut Findings, subject: &str, def: &ApproachDef, all: Movements) -> Option<BikeLane> {
    let lane = def.bike_lane.as_ref()?;
    if !all.has(Movement::Through) {
        let message = format!("{subject}: a bicycles' lane, and no lane goes straight on");
        let mend = "Bicycles ride with the through phase: remove the lane, or give T a lane.";
        findings.tell(lane.spot, Rule::BikeLane, message, mend);
    }
    let lane = &lane.value;
    Some(BikeLane {
        width: lane.width.as_ref()?.value,
        bikes_per_h: lane.bikes_per_h.as_ref()?.value,
        e_bike_share: lane.e_bike_share.as_ref()?.value,
    })
}

/// The waiting area of each lane of an approach. Vehicles in an area stand in the way of others: it opens with a vehicle
/// phase and their own green comes next, in every order of the stages.
pub(super) fn waiting_areas(
    findings: &mut Findings,
    signals: &Signals<'_>,
    def: &ApproachDef,
    phases: &[Option<Phase>],
    orders: Option<(&[Order], &Shown)>,
) -> Option<Vec<Option<WaitingArea>>> {
    let lanes = &def.lanes.as_ref()?.value;
    let from = def.from.as_ref()?.value;
    let mut areas = vec![None; lanes.len()];
    let mut whole = true;
    for area in &def.waiting_areas {
        let subject = format!("{}, approach {from}, waiting area", signals.subject);
        let (Some(lane), Some(length), Some(opens)) = (&area.lane, &area.length, &area.opens_with) else {
            whole = false;
            continue;
        };
        let number = usize::from(lane.value);
        let Some(slot) = areas.get_mut(number.wrapping_sub(1)) else {
            let message = format!("{subject}: there is no lane {number} of {}", count_of(lanes.len(), "lane", "lanes"));
            findings.tell(lane.spot, Rule::Reference, message, "Count lanes from the median, from 1.");
            whole = false;
            continue;
        };
        if slot.is_some() {
            let message = format!("{subject}: lane {number} has one already");
            findings.tell(lane.spot, Rule::WaitingArea, message, "Write one for each lane.");
        }
        let Some(&phase) = signals.ids.get(opens.value.as_str()) else {
            unknown(findings, &format!("{subject}, opens_with"), opens, signals.ids);
            whole = false;
            continue;
        };
        *slot = Some(WaitingArea { length: length.value, opens_with: PhaseIndex(phase) });
        if let (Some(movements), Some((orders, shown))) = (&lanes[number - 1], orders) {
            let own = own_phases(phases, from, movements.value);
            opens_before(findings, &subject, area, signals, (phase, &own), orders, shown);
        }
    }
    whole.then_some(areas)
}

/// The phases for which vehicles of a lane wait: those of its movements; of a right turn only where it is all there is.
fn own_phases(phases: &[Option<Phase>], from: Arm, movements: Movements) -> Vec<usize> {
    let waits = |m: Movement| m != Movement::Right || movements.iter().all(|m| m == Movement::Right);
    let served: Movements = movements.iter().filter(|&m| waits(m)).collect();
    let serves = |phase: &Phase| matches!(phase.serves, Serves::Vehicles { from: f, movements } if f == from && movements.meets(served));
    (0..phases.len()).filter(|&p| phases[p].as_ref().is_some_and(serves)).collect()
}

fn opens_before(
    findings: &mut Findings,
    subject: &str,
    area: &WaitingDef,
    signals: &Signals<'_>,
    (opens, own): (usize, &[usize]),
    orders: &[Order],
    shown: &Shown,
) {
    let Some(At { value: id, spot }) = &area.opens_with else { return };
    let mut tell = |message: String, mend: &str| {
        findings.tell(*spot, Rule::WaitingArea, format!("{subject}: {message}"), mend);
    };
    if !signals.vehicles(opens) {
        return tell(format!("it opens with {id}, which serves pedestrians"), "Name a vehicle phase.");
    }
    if own.contains(&opens) {
        return tell(format!("it opens with {id}, its lane's own green"), "Name the phase that is green before.");
    }
    if shown.iter().all(|stage| stage.contains(&opens)) {
        return tell(format!("{id} is always green, so it never closes"), "Name the phase that is green before.");
    }
    for order in orders {
        let ends = order.steps().filter(|&(a, b)| shown[a].contains(&opens) && !shown[b].contains(&opens));
        if let Some((last, next)) = ends.into_iter().find(|&(_, next)| !own.iter().any(|p| shown[next].contains(p))) {
            let message = format!(
                "in {} stage {} follows {id} of stage {}, and its lane is not green in it",
                order.name,
                next + 1,
                last + 1
            );
            return tell(message, "Open it with the phase right before its lane's own green.");
        }
    }
}
