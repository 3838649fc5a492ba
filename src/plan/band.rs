//! The bands of given plans: pure geometry on the circle, in real seconds.
//!
//! Knows: plans, the corridor, speeds. Must not know: how the plans were found. A claimed band is checked here.

use super::timing::Plan;
use crate::corridor::{Corridor, Direction, Movement, Network};
use crate::units::Circle;
use serde::Serialize;
use std::ops::Range;

/// A green wave through some members of a corridor in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Band {
    /// When its head passes the first stop line it meets, s after the clock's zero modulo the cycle.
    pub start_s: f64,
    /// How long it lasts, s.
    pub width_s: f64,
}

/// A green on a [`Circle`]: start and length, s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RealArc {
    /// Start.
    pub start_s: f64,
    /// Length; a whole circle or more is never red.
    pub length_s: f64,
}

/// The longest piece of the circle that lies in all arcs; `None` when there is none. The whole circle without arcs.
pub fn common_piece(circle: Circle, arcs: &[RealArc]) -> Option<RealArc> {
    let whole = circle.seconds();
    let bounded = || arcs.iter().filter(move |arc| arc.length_s < whole);
    if bounded().next().is_none() {
        return Some(RealArc { start_s: 0.0, length_s: whole });
    }
    // The longest piece starts where some arc starts.
    let mut best: Option<RealArc> = None;
    for first in bounded() {
        let length_s = bounded()
            .map(|arc| {
                let into = circle.wrap(first.start_s - arc.start_s);
                // The same instant computed twice may differ in its last bit.
                if whole - into < 1e-9 { arc.length_s } else { arc.length_s - into }
            })
            .fold(f64::INFINITY, f64::min);
        if length_s > 0.0 && best.is_none_or(|b| length_s > b.length_s) {
            best = Some(RealArc { start_s: circle.wrap(first.start_s), length_s });
        }
    }
    best
}

/// The widest band of a direction through the corridor's members `range` under plans (one an intersection of the network),
/// for straight-on traffic at the links' design speeds. `None` when there is none, or the cycles differ.
pub fn measure(
    network: &Network,
    corridor: &Corridor,
    plans: &[Plan],
    range: Range<usize>,
    direction: Direction,
) -> Option<Band> {
    let members = corridor.members.get(range.clone())?;
    let cycle = plans.get(members.first()?.intersection.0)?.cycle;
    let circle = Circle::from(cycle);
    let mut arcs = Vec::with_capacity(members.len());
    for (k, member) in members.iter().enumerate() {
        let plan = plans.get(member.intersection.0)?;
        if plan.cycle != cycle {
            return None;
        }
        let at = network.intersection(member.intersection);
        let Some(phase) = at.phase_for(corridor.comes_from(direction), Movement::Through) else { continue };
        let green = plan.green(at, phase)?;
        let links = match direction {
            Direction::Outbound => &corridor.links[range.start..range.start + k],
            Direction::Inbound => &corridor.links[range.start + k..range.end - 1],
        };
        let travelled: f64 = links
            .iter()
            .map(|link| link.carriageway(direction))
            .map(|road| road.speed.seconds_over(road.distance))
            .sum();
        arcs.push(RealArc {
            start_s: circle.wrap(green.start().since_zero().seconds() - travelled),
            length_s: green.length().seconds(),
        });
    }
    common_piece(circle, &arcs).map(|piece| Band { start_s: piece.start_s, width_s: piece.length_s })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::sample;
    use crate::units::{Shift, Tenths};

    fn circle(s: f64) -> Circle {
        Circle::new(s).unwrap()
    }

    #[test]
    fn common_pieces() {
        let arc = |start_s, length_s| RealArc { start_s, length_s };
        let c = circle(90.0);
        assert_eq!(common_piece(c, &[arc(80.0, 30.0), arc(5.0, 30.0)]), Some(arc(5.0, 15.0)));
        assert_eq!(common_piece(c, &[arc(0.0, 30.0), arc(40.0, 30.0)]), None);
        assert_eq!(common_piece(c, &[arc(0.0, 90.0), arc(40.0, 30.0)]), Some(arc(40.0, 30.0)));
        // Two pieces: the longer counts.
        assert_eq!(common_piece(c, &[arc(0.0, 60.0), arc(50.0, 48.0)]), Some(arc(50.0, 10.0)));
        assert_eq!(common_piece(c, &[]), Some(arc(0.0, 90.0)));
    }

    #[test]
    fn the_band_follows_distance_over_speed() {
        // 500 m at 50 km/h: 36 s. The second green 36 s later keeps the whole green outbound; inbound loses 72 s of it.
        let network = sample::arterial(&[500.0]);
        let greens = [45, 10, 25, 10].map(Tenths::from_seconds);
        let plans: Vec<Plan> = network
            .intersections()
            .iter()
            .enumerate()
            .map(|(i, at)| Plan::from_greens(at, &greens, Shift::new(360 * i as i64)).unwrap())
            .collect();
        let corridor = &network.corridors()[0];
        let out = measure(&network, corridor, &plans, 0..2, Direction::Outbound).unwrap();
        assert!((out.width_s - 45.0).abs() < 1e-9 && out.start_s.min(110.0 - out.start_s) < 1e-9);
        let inbound = measure(&network, corridor, &plans, 0..2, Direction::Inbound).unwrap();
        // At the second's stop line: 36..81, and (0 - 36 = 74)..119 on a circle of 110.
        assert!((inbound.width_s - 7.0).abs() < 1e-9, "{inbound:?}");
        assert!((measure(&network, corridor, &plans, 1..2, Direction::Inbound).unwrap().width_s - 45.0).abs() < 1e-9);
    }
}
