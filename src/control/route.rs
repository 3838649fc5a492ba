//! The way of an escorted vehicle over intersections: by which arm it comes to each, what it does there, how far it is.
//!
//! Knows: corridors and arms. Must not know: signals, time.

use super::order::OrderProblem;
use crate::corridor::{Arm, Direction, IntersectionIndex, Movement, Network, RightTurn};
use crate::units::{Metres, MetresPerSecond};
use serde::Serialize;

/// One intersection on the way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Leg {
    /// Which.
    pub intersection: IntersectionIndex,
    /// The arm it comes from.
    pub from: Arm,
    /// What it does there.
    pub movement: Movement,
    /// Metres to this stop line from the one before; for the first, from where it starts.
    pub distance: Metres,
    /// Free speed on the way there.
    pub speed: MetresPerSecond,
}

/// What is said of a route beyond its intersections.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ends {
    /// The arm it comes from at the first intersection; straight on towards the second, if not given.
    pub from: Option<Arm>,
    /// What it does at the last intersection; straight on, if not given.
    pub last: Option<Movement>,
    /// Metres before the first stop line at which it starts; the length of the road there, if not given.
    pub starts_before: Option<Metres>,
    /// Its free speed; the roads' design speeds, if not given.
    pub speed: Option<MetresPerSecond>,
}

/// The road from one intersection to a neighbour: the arm it leaves by, the arm it comes to, length, design speed.
fn road(
    network: &Network,
    from: IntersectionIndex,
    to: IntersectionIndex,
) -> Option<(Arm, Arm, Metres, MetresPerSecond)> {
    network.corridors().iter().find_map(|corridor| {
        let pair = |k: usize| [corridor.members[k].intersection, corridor.members[k + 1].intersection];
        (0..corridor.links.len()).find_map(|k| {
            let direction = match pair(k) {
                [a, b] if [a, b] == [from, to] => Direction::Outbound,
                [a, b] if [b, a] == [from, to] => Direction::Inbound,
                _ => return None,
            };
            let (comes, way) = (corridor.comes_from(direction), corridor.links[k].carriageway(direction));
            Some((comes.opposite(), comes, way.distance, way.speed))
        })
    })
}

/// The legs of a way over these intersections, each the neighbour of the one before.
///
/// # Errors
/// Everything that is wrong with it.
pub fn route(network: &Network, over: &[IntersectionIndex], ends: Ends) -> Result<Vec<Leg>, Vec<OrderProblem>> {
    let mut problems = Vec::new();
    let mut tell = |place: String, rule: &str, mend: &str| problems.push(OrderProblem::new(place, rule, mend));
    if let Some(unknown) = over.iter().find(|i| i.0 >= network.intersections().len()) {
        tell(format!("intersection {}", unknown.0), "there is no such intersection", "Name intersections there are.");
        return Err(problems);
    }
    let id = |index: IntersectionIndex| network.intersection(index).id.clone();
    let Some((&first, rest)) = over.split_first() else {
        tell("route".to_owned(), "it names no intersection", "Name every intersection on the way, in order.");
        return Err(problems);
    };
    let mut roads = Vec::new();
    for pair in over.windows(2) {
        match road(network, pair[0], pair[1]) {
            Some(road) => roads.push(road),
            None => {
                let place = format!("{} - {}", id(pair[0]), id(pair[1]));
                tell(place, "they are not neighbours on any corridor", "Name every intersection on the way, in order.");
            }
        }
    }
    let from = ends.from.or_else(|| Some(roads.first()?.0.opposite()));
    if rest.is_empty() && from.is_none() {
        tell(id(first), "nothing says from where it comes", "Say by which arm it comes.");
    }
    let Some(from) = from.filter(|_| problems.is_empty()) else { return Err(problems) };
    let mut legs = Vec::new();
    for (k, &intersection) in over.iter().enumerate() {
        let at = network.intersection(intersection);
        let from = if k == 0 { from } else { roads[k - 1].1 };
        let Some(approach) = at.approach(from) else {
            let mend = "Say by which arm it comes, one that there is.";
            problems.push(OrderProblem::new(format!("{}, from {from}", at.id), "nothing comes from there", mend));
            continue;
        };
        let movement = match roads.get(k) {
            Some((exit, ..)) => Movement::ALL.into_iter().find(|&m| from.exit(m) == *exit).unwrap_or(Movement::Through),
            None => ends.last.unwrap_or(Movement::Through),
        };
        let slips = movement == Movement::Right && approach.right_turn == RightTurn::Channelised;
        if at.phase_for(from, movement).is_none() && !slips {
            let rule = format!("no phase serves {movement} from {from}");
            problems.push(OrderProblem::new(at.id.clone(), rule, "Choose another way."));
        }
        let (distance, speed) = match k {
            0 => (ends.starts_before.unwrap_or(approach.entry), approach.speed),
            _ => (roads[k - 1].2, roads[k - 1].3),
        };
        legs.push(Leg { intersection, from, movement, distance, speed: ends.speed.unwrap_or(speed) });
    }
    if problems.is_empty() { Ok(legs) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::sample;

    fn over(some: &[usize]) -> Vec<IntersectionIndex> {
        some.iter().copied().map(IntersectionIndex).collect()
    }

    #[test]
    fn a_way_along_a_corridor_goes_straight_on_either_way() {
        let network = sample::arterial(&[400.0, 300.0]);
        let out = route(&network, &over(&[0, 1, 2]), Ends::default()).unwrap();
        assert!(out.iter().all(|leg| (leg.from, leg.movement) == (Arm::W, Movement::Through)));
        assert_eq!(out.iter().map(|leg| leg.distance.get()).collect::<Vec<_>>(), [600.0, 400.0, 300.0]);
        let back = route(&network, &over(&[2, 1]), Ends::default()).unwrap();
        assert!(back.iter().all(|leg| (leg.from, leg.movement) == (Arm::E, Movement::Through)));
        let ends = Ends { from: Some(Arm::S), last: Some(Movement::Left), ..Ends::default() };
        let turning = route(&network, &over(&[0, 1]), ends).unwrap();
        assert_eq!(turning.iter().map(|leg| leg.movement).collect::<Vec<_>>(), [Movement::Right, Movement::Left]);
    }

    #[test]
    fn what_is_no_way_is_refused_with_every_reason() {
        let network = sample::arterial(&[400.0, 300.0]);
        let texts = |some: &[usize], ends: Ends| {
            let problems = route(&network, &over(some), ends).unwrap_err();
            problems.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(texts(&[0, 2], Ends::default())[0].contains("x01 - x03: they are not neighbours"));
        assert!(texts(&[], Ends::default())[0].contains("names no intersection"));
        assert!(texts(&[1], Ends::default())[0].contains("from where it comes"));
        assert!(texts(&[7], Ends::default())[0].contains("no such intersection"));
        let uturn = Ends { last: Some(Movement::UTurn), ..Ends::default() };
        assert!(texts(&[0, 1], uturn)[0].contains("no phase serves U from W"));
    }
}
