//! The bands of given plans: pure geometry on the circle, in real seconds.
//!
//! Knows: plans, the corridor, speeds. Must not know: how the plans were found. A claimed band is checked here.

use super::timing::Plan;
use crate::corridor::{Corridor, Direction, Movement, Network};
use crate::units::{Circle, CycleLength};
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
    let once: Vec<_> = arcs.iter().map(|arc| (*arc, circle)).collect();
    common_recurring_piece(circle, &once)
}

/// The same for arcs that each come back after a circle of their own, which goes into the whole one a whole number of times.
fn common_recurring_piece(circle: Circle, arcs: &[(RealArc, Circle)]) -> Option<RealArc> {
    let whole = circle.seconds();
    let bounded = || arcs.iter().filter(|(arc, own)| arc.length_s < own.seconds());
    if bounded().next().is_none() {
        return Some(RealArc { start_s: 0.0, length_s: whole });
    }
    // The longest piece starts where some arc starts.
    let mut best: Option<RealArc> = None;
    let times = |own: &Circle| (whole / own.seconds()).round() as u32;
    let starts = bounded().flat_map(|(arc, own)| (0..times(own)).map(|k| arc.start_s + f64::from(k) * own.seconds()));
    for start_s in starts {
        let length_s = bounded()
            .map(|(arc, own)| {
                let into = own.wrap(start_s - arc.start_s);
                // The same instant computed twice may differ in its last bit.
                if own.seconds() - into < 1e-9 { arc.length_s } else { arc.length_s - into }
            })
            .fold(f64::INFINITY, f64::min);
        if length_s > 0.0 && best.is_none_or(|b| length_s > b.length_s) {
            best = Some(RealArc { start_s: circle.wrap(start_s), length_s });
        }
    }
    best
}

/// The cycle after which everything has come back: the longest, into which all others go a whole number of times. `None` where one
/// does not, or there is none.
pub fn common_cycle(cycles: impl IntoIterator<Item = CycleLength> + Clone) -> Option<CycleLength> {
    let longest = cycles.clone().into_iter().max()?;
    cycles.into_iter().all(|cycle| longest.length().is_multiple_of(cycle.length())).then_some(longest)
}

/// The widest band of a direction through the corridor's members `range` under plans (one an intersection of the network),
/// for straight-on traffic at the links' design speeds. A signal of half the longest cycle has two greens in it, and so on; the band
/// comes once in the longest. `None` when there is none, or where a cycle does not go into the longest a whole number of times.
pub fn measure(
    network: &Network,
    corridor: &Corridor,
    plans: &[Plan],
    range: Range<usize>,
    direction: Direction,
) -> Option<Band> {
    let members = corridor.members.get(range.clone())?;
    let ran = members.iter().map(|m| plans.get(m.intersection.0).map(|p| p.cycle)).collect::<Option<Vec<_>>>()?;
    let circle = Circle::from(common_cycle(ran)?);
    let mut arcs = Vec::with_capacity(members.len());
    for (k, member) in members.iter().enumerate() {
        let plan = plans.get(member.intersection.0)?;
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
        let start_s = circle.wrap(green.start().since_zero().seconds() - travelled);
        arcs.push((RealArc { start_s, length_s: green.length().seconds() }, Circle::from(plan.cycle)));
    }
    common_recurring_piece(circle, &arcs).map(|piece| Band { start_s: piece.start_s, width_s: piece.length_s })
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
    fn a_signal_of_half_the_cycle_has_two_greens_in_it() {
        // 500 m at 50 km/h: 36 s. Greens of 50 s in 110 s at the ends, 20 s in 55 s between them.
        let network = sample::arterial(&[500.0, 500.0]);
        let plan = |k: usize, greens: [u32; 4], offset: i64| {
            let greens = greens.map(Tenths::from_seconds);
            Plan::from_greens(&network.intersections()[k], &greens, Shift::new(offset)).unwrap()
        };
        let with = |offset: i64| {
            let plans = [plan(0, [50, 10, 20, 10], 0), plan(1, [20, 5, 5, 5], offset), plan(2, [50, 10, 20, 10], 720)];
            let corridor = &network.corridors()[0];
            measure(&network, corridor, &plans, 0..3, Direction::Outbound)
        };
        // Both its greens pass at the first stop line: at 0 to 20 s and 55 to 75 s of the circle; 5 s earlier, 15 s of the first.
        for (offset, start_s, width_s) in [(360, 0.0, 20.0), (360 + 250, 25.0, 20.0), (360 - 50, 0.0, 15.0)] {
            let band = with(offset).unwrap();
            assert!(
                (band.width_s - width_s).abs() < 1e-9 && (band.start_s - start_s).abs() < 1e-9,
                "{offset}: {band:?}"
            );
        }
        // Two pieces, 5 s at the head of the wave and 10 s at its tail: the wider one counts.
        let band = with(360 + 400).unwrap();
        assert!((band.width_s - 10.0).abs() < 1e-9 && (band.start_s - 40.0).abs() < 1e-9, "{band:?}");
        // Every tenth of the circle tried: the same widths.
        for offset in (0..550).step_by(13) {
            let at = |t: f64, start: f64, own: f64, length: f64| circle(own).wrap(t - start) < length - 1e-6;
            let passes: Vec<bool> = (0..2200)
                .map(|k| f64::from(k) * 0.1 + 0.05)
                .map(|t| at(t, 0.0, 110.0, 50.0) && at(t, offset as f64 / 10.0 - 36.0, 55.0, 20.0))
                .collect();
            let longest = passes.split(|open| !open).map(<[bool]>::len).max().unwrap();
            let width = with(offset).map_or(0.0, |band| band.width_s);
            assert!((width - longest as f64 / 10.0).abs() < 0.11, "{offset}: {width} against {longest}");
        }
        // 90 s do not go into 110 s.
        let apart = [plan(0, [50, 10, 20, 10], 0), plan(1, [40, 10, 10, 10], 0)];
        assert_eq!(measure(&network, &network.corridors()[0], &apart, 0..2, Direction::Outbound), None);
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
