//! Turns that filter through oncoming traffic: what their green is worth once those who go first are gone.
//!
//! Knows: greens and flows of one intersection. Must not know: platoons; oncoming queues are taken to have come evenly, as HCM does.
//! Source: HCM 2010 ch. 31, permitted left turns (critical headway 4.5 s, follow-up 2.5 s, two sneakers a cycle). Pedestrians in the
//! way of turners are left to the saturation flow.

use crate::units::Circle;

/// The gap a turner takes, s.
const CRITICAL_HEADWAY_S: f64 = 4.5;
/// Between two who take the same gap, s.
const FOLLOW_UP_S: f64 = 2.5;
/// Who waits inside the intersection when the green ends, vehicles a cycle.
const SNEAKERS: f64 = 2.0;

/// A lane group's green: start and length in seconds of the cycle; what it wants and what it could discharge, veh/s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Served {
    pub(super) green: (f64, f64),
    pub(super) flow: f64,
    pub(super) saturation: f64,
}

/// What a group that gives way can discharge over its green in the mean, veh/s: all of its saturation flow while nobody who goes
/// first has green, nothing while their queue runs, and gaps after it.
pub(super) fn rate(own: Served, first: &[Served], cycle: Circle) -> f64 {
    let green = own.green.1;
    if green <= 0.0 || first.is_empty() {
        return own.saturation;
    }
    let (mut met, mut blocked, mut oncoming) = (0.0_f64, 0.0_f64, 0.0);
    for other in first {
        let together = overlap(own.green, other.green, cycle);
        let (start, length) = other.green;
        let queue = if other.flow < other.saturation {
            (other.flow * (cycle.seconds() - length) / (other.saturation - other.flow)).min(length)
        } else {
            length
        };
        met = met.max(together);
        blocked = blocked.max(overlap(own.green, (start, queue), cycle));
        oncoming += if together > 0.0 { other.flow } else { 0.0 };
    }
    let gaps = if oncoming > 0.0 {
        oncoming * (-oncoming * CRITICAL_HEADWAY_S).exp() / (1.0 - (-oncoming * FOLLOW_UP_S).exp())
    } else {
        1.0 / FOLLOW_UP_S
    };
    let sneaking = if met > 0.0 { SNEAKERS } else { 0.0 };
    let a_cycle = own.saturation * (green - met) + gaps.min(own.saturation) * (met - blocked) + sneaking;
    (a_cycle / green).min(own.saturation)
}

/// How long two greens on the circle are green together.
fn overlap(a: (f64, f64), b: (f64, f64), cycle: Circle) -> f64 {
    let mut together = 0.0;
    let from = cycle.wrap(b.0 - a.0);
    for start in [from - cycle.seconds(), from] {
        together += ((start + b.1).min(a.1) - start.max(0.0)).max(0.0);
    }
    together
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::{Arm, Intersection, IntersectionIndex, Movement, PhaseIndex, Serves, load};
    use crate::demand::Flows;
    use crate::optimise::{Settings, predict};
    use crate::plan::Plan;
    use crate::units::{Shift, VehiclesPerHour};

    fn circle(seconds: f64) -> Circle {
        Circle::new(seconds).unwrap()
    }

    fn served(start: f64, green: f64, flow: f64) -> Served {
        Served { green: (start, green), flow, saturation: 0.5 }
    }

    #[test]
    fn greens_overlap_round_the_circle() {
        for (a, b, together) in [
            ((0.0, 30.0), (10.0, 30.0), 20.0),
            ((90.0, 30.0), (0.0, 30.0), 20.0),
            ((90.0, 30.0), (50.0, 30.0), 0.0),
            ((0.0, 100.0), (20.0, 30.0), 30.0),
            ((80.0, 40.0), (10.0, 80.0), 20.0),
        ] {
            assert!((overlap(a, b, circle(100.0)) - together).abs() < 1e-9, "{a:?} {b:?}");
            assert!((overlap(b, a, circle(100.0)) - together).abs() < 1e-9, "{b:?} {a:?}");
        }
    }

    #[test]
    fn who_filters_gets_gaps_after_the_queue_and_sneaks_at_the_end() {
        let own = served(0.0, 40.0, 0.05);
        assert_eq!(rate(own, &[], circle(100.0)), 0.5);
        // 0.1 veh/s wait 60 s and are gone after 15 s; gaps of 0.1 veh/s take 0.288 veh/s for 25 s.
        let opposed = rate(own, &[served(0.0, 40.0, 0.1)], circle(100.0));
        let gaps = 0.1 * (-0.45_f64).exp() / (1.0 - (-0.25_f64).exp());
        assert!((opposed - (gaps * 25.0 + 2.0) / 40.0).abs() < 1e-9, "{opposed}");
        // A green of its own before the oncoming one is all its own.
        let leads = rate(own, &[served(15.0, 40.0, 0.1)], circle(100.0));
        assert!((leads - (0.5 * 15.0 + gaps * 10.0 + 2.0) / 40.0).abs() < 1e-9, "{leads}");
        // Oncoming traffic that never ends leaves the sneakers.
        assert!((rate(own, &[served(0.0, 40.0, 0.6)], circle(100.0)) - 2.0 / 40.0).abs() < 1e-9);
        // Nobody comes.
        assert!((rate(own, &[served(0.0, 40.0, 0.0)], circle(100.0)) - (0.4 * 40.0 + 2.0) / 40.0).abs() < 1e-9);
    }

    #[test]
    fn a_filtering_left_suffers_from_oncoming_traffic_in_the_prediction() {
        let text = include_bytes!("../../corridors/examples/full.toml");
        let network = load(&[("full.toml".to_owned(), text.to_vec())]).unwrap_or_else(|p| panic!("{p:?}"));
        let plans: Vec<Plan> = (network.intersections().iter())
            .map(|at| Plan::from_greens(at, &at.local_plan.greens, Shift::new(0)).unwrap())
            .collect();
        let filters = |i: &IntersectionIndex| {
            let at = network.intersection(*i);
            let mut pairs = at.permissive.iter();
            pairs.find_map(|(own, first)| Some((*i, left(at, *own)?, through(at, *first)?)))
        };
        let (index, left_from, oncoming_from) = network.indices().find_map(|i| filters(&i)).unwrap();
        let delay = |oncoming: f64| {
            let mut flows = Flows::none(&network);
            let mut set = |from, movement, flow: f64| {
                flows.set(index, from, movement, VehiclesPerHour::new(flow).unwrap());
            };
            set(left_from, Movement::Left, 60.0);
            set(oncoming_from, Movement::Through, oncoming);
            let prediction = predict(&network, &flows, &plans, &Settings::default()).unwrap();
            let mut approaches = prediction.approaches.into_iter();
            approaches.find(|a| a.intersection == index && a.from == left_from).unwrap().delay_s.unwrap()
        };
        let (alone, some, many) = (delay(0.0), delay(400.0), delay(900.0));
        assert!(alone < some && some < many, "{alone} {some} {many}");
    }

    fn serves(at: &Intersection, phase: PhaseIndex, movement: Movement) -> Option<Arm> {
        match at.phases[phase.0].serves {
            Serves::Vehicles { from, movements } => movements.has(movement).then_some(from),
            Serves::Pedestrians { .. } => None,
        }
    }

    fn left(at: &Intersection, phase: PhaseIndex) -> Option<Arm> {
        serves(at, phase, Movement::Left)
    }

    fn through(at: &Intersection, phase: PhaseIndex) -> Option<Arm> {
        serves(at, phase, Movement::Through)
    }
}
