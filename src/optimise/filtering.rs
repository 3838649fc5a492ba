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

/// A lane group as it gives way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Own {
    /// Green: start and length in seconds of the cycle.
    pub(super) green: (f64, f64),
    /// What it could discharge, veh/s.
    pub(super) saturation: f64,
    /// The share of its vehicles that gives way.
    pub(super) share: f64,
    /// Lanes of its own for them.
    pub(super) lanes: f64,
}

/// Who goes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct First {
    /// Green: start and length in seconds of the cycle.
    pub(super) green: (f64, f64),
    /// What it wants and what it could discharge, veh/s.
    pub(super) flow: f64,
    pub(super) saturation: f64,
    /// Those of the flow who are in the way, veh/s.
    pub(super) in_the_way: f64,
}

/// What a group some of whose vehicles give way can discharge over its green in the mean, veh/s. Who turns has all of the
/// saturation flow while nobody who goes first has green, nothing while their queue runs, and gaps after it; who does not, goes
/// on at saturation flow, behind those who wait (HCM 2010 ch. 31 takes shared lanes so in the mean).
pub(super) fn rate(own: Own, first: &[First], cycle: Circle) -> f64 {
    let green = own.green.1;
    if green <= 0.0 || first.is_empty() {
        return own.saturation;
    }
    let queue = |other: &First| {
        let (start, length) = other.green;
        let clears = if other.flow < other.saturation {
            (other.flow * (cycle.seconds() - length) / (other.saturation - other.flow)).min(length)
        } else {
            length
        };
        (start, clears)
    };
    let met = covered(own.green, first.iter().map(|other| other.green), cycle);
    let blocked = covered(own.green, first.iter().map(queue), cycle);
    let together = |other: &&First| covered(own.green, std::iter::once(other.green), cycle) > 0.0;
    let oncoming: f64 = first.iter().filter(together).map(|other| other.in_the_way).sum();
    let gaps = if oncoming > 0.0 {
        oncoming * (-oncoming * CRITICAL_HEADWAY_S).exp() / (1.0 - (-oncoming * FOLLOW_UP_S).exp())
    } else {
        1.0 / FOLLOW_UP_S
    };
    let sneaking = if met > 0.0 { SNEAKERS * own.lanes } else { 0.0 };
    let gaps = (gaps * own.lanes).min(own.saturation);
    let a_cycle = own.saturation * (green - met) + gaps * (met - blocked) + sneaking;
    let turning = (a_cycle / green).min(own.saturation);
    1.0 / ((1.0 - own.share) / own.saturation + own.share / turning)
}

/// How much of a green is covered by any of the arcs.
fn covered(green: (f64, f64), arcs: impl Iterator<Item = (f64, f64)>, cycle: Circle) -> f64 {
    let mut pieces: Vec<(f64, f64)> = Vec::new();
    for (start, length) in arcs {
        let from = cycle.wrap(start - green.0);
        for from in [from - cycle.seconds(), from] {
            let piece = (from.max(0.0), (from + length).min(green.1));
            if piece.1 > piece.0 {
                pieces.push(piece);
            }
        }
    }
    pieces.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut sum, mut until) = (0.0, 0.0_f64);
    for (from, to) in pieces {
        sum += (to - from.max(until)).max(0.0);
        until = until.max(to);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::{Arm, Intersection, IntersectionIndex, Movement, PhaseIndex, Serves, load};
    use crate::demand::Flows;
    use crate::optimise::scene::Scene;
    use crate::optimise::{Settings, predict};
    use crate::plan::Plan;
    use crate::units::{Shift, VehiclesPerHour};

    fn circle(seconds: f64) -> Circle {
        Circle::new(seconds).unwrap()
    }

    fn own(share: f64, lanes: f64) -> Own {
        Own { green: (0.0, 40.0), saturation: 0.5 * lanes, share, lanes }
    }

    fn first(start: f64, green: f64, flow: f64) -> First {
        First { green: (start, green), flow, saturation: 0.5, in_the_way: flow }
    }

    #[test]
    fn greens_overlap_round_the_circle_and_are_counted_once() {
        for (a, b, together) in [
            ((0.0, 30.0), (10.0, 30.0), 20.0),
            ((90.0, 30.0), (0.0, 30.0), 20.0),
            ((90.0, 30.0), (50.0, 30.0), 0.0),
            ((0.0, 100.0), (20.0, 30.0), 30.0),
            ((80.0, 40.0), (10.0, 80.0), 20.0),
        ] {
            let over = |a, b| covered(a, std::iter::once(b), circle(100.0));
            assert!((over(a, b) - together).abs() < 1e-9, "{a:?} {b:?}");
            assert!((over(b, a) - together).abs() < 1e-9, "{b:?} {a:?}");
        }
        let several = [(5.0, 10.0), (10.0, 10.0), (95.0, 7.0), (60.0, 10.0)];
        assert!((covered((0.0, 40.0), several.into_iter(), circle(100.0)) - 17.0).abs() < 1e-9);
    }

    #[test]
    fn who_filters_gets_gaps_after_the_queue_and_sneaks_at_the_end() {
        let at = |own: Own, first: &[First]| rate(own, first, circle(100.0));
        let all = own(1.0, 1.0);
        assert_eq!(at(all, &[]), 0.5);
        // 0.1 veh/s wait 60 s and are gone after 15 s; gaps of 0.1 veh/s take 0.288 veh/s for 25 s.
        let gaps = 0.1 * (-0.45_f64).exp() / (1.0 - (-0.25_f64).exp());
        let opposed = at(all, &[first(0.0, 40.0, 0.1)]);
        assert!((opposed - (gaps * 25.0 + 2.0) / 40.0).abs() < 1e-9, "{opposed}");
        // A green of its own before the oncoming one is all its own.
        let leads = at(all, &[first(15.0, 40.0, 0.1)]);
        assert!((leads - (0.5 * 15.0 + gaps * 10.0 + 2.0) / 40.0).abs() < 1e-9, "{leads}");
        // Oncoming traffic that never ends leaves the sneakers.
        assert!((at(all, &[first(0.0, 40.0, 0.6)]) - 2.0 / 40.0).abs() < 1e-9);
        // Nobody comes: a gap every follow-up headway, a lane.
        assert!((at(all, &[first(0.0, 40.0, 0.0)]) - (0.4 * 40.0 + 2.0) / 40.0).abs() < 1e-9);
        assert!((at(own(1.0, 2.0), &[first(0.0, 40.0, 0.0)]) - (0.8 * 40.0 + 4.0) / 40.0).abs() < 1e-9);
        // Where half turn, the mean of both headways counts.
        let half = at(own(0.5, 1.0), &[first(0.0, 40.0, 0.1)]);
        assert!((1.0 / half - (0.5 / 0.5 + 0.5 / opposed)).abs() < 1e-9, "{half}");
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

    #[test]
    fn who_goes_straight_on_gives_way_to_nobody() {
        let text = include_bytes!("../../corridors/examples/full.toml");
        let network = load(&[("full.toml".to_owned(), text.to_vec())]).unwrap_or_else(|p| panic!("{p:?}"));
        let mixed = |i: IntersectionIndex| {
            let at = network.intersection(i);
            let mut pairs = at.permissive.iter();
            pairs.find_map(|(own, first)| Some((i, through(at, *own)?, through(at, *first)?)))
        };
        let (index, from, oncoming_from) = network.indices().find_map(mixed).unwrap();
        let saturation = |left: f64, oncoming: f64| {
            let mut flows = Flows::none(&network);
            let mut set = |from, movement, flow: f64| {
                flows.set(index, from, movement, VehiclesPerHour::new(flow).unwrap());
            };
            set(from, Movement::Through, 500.0);
            set(from, Movement::Left, left);
            set(oncoming_from, Movement::Through, oncoming);
            let scene = Scene::new(&network, &flows, &Settings::default().model);
            scene.filtering[index.0]
                .iter()
                .filter(|f| scene.groups[f.own].flows[Movement::Through as usize] > 0.0)
                .count()
        };
        assert_eq!(saturation(0.0, 900.0), 0, "nobody turns");
        assert_eq!(saturation(80.0, 900.0), 1, "those who turn hold up the lane they share");
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
