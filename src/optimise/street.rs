//! Bands on a real corridor: from plans to a band problem and back to offsets that plans can hold, in one piece or in the
//! best sub-arterials where no two-way band runs through all.
//!
//! Knows: the network, plans, the exact solver. Must not know: flows and delay.

use super::bandwidth::{Aim, BandAnswer, BandPattern, BandProblem, widest};
use super::whole_steps::widest_on_grid;
use crate::corridor::{Corridor, Direction, Intersection, Member, Movement, Network};
use crate::plan::Plan;
use crate::plan::band::{Band, common_cycle, measure};
use crate::units::{Circle, CycleLength, Shift, Tenths};
use serde::Serialize;
use std::ops::Range;

/// A part of a corridor with its own bands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BandPart {
    /// Members of the corridor in it.
    pub members: Range<usize>,
    /// Outbound and inbound band as the rounded plans attain them, measured; `None` where there is none.
    pub attained: [Option<Band>; 2],
    /// Outbound and inbound width before rounding offsets to the resolution, s: the proven optimum of the part.
    pub optimum_s: [f64; 2],
}

/// Offsets for a corridor by bands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BandPlans {
    /// One plan an intersection of the network; those of other corridors as they were.
    pub plans: Vec<Plan>,
    /// The parts in outbound order.
    pub parts: Vec<BandPart>,
}

/// The exact bands of a corridor as one part. Cycles may be whole parts of the longest: a signal of half the cycle has two greens in
/// it. `None` when a cycle does not fit, a through green is missing or the aim's least widths cannot be had.
pub fn widest_bands(
    network: &Network,
    corridor: usize,
    plans: &[Plan],
    aim: Aim,
    resolution: Tenths,
) -> Option<BandPlans> {
    let street = Street::new(network, corridor, plans)?;
    let all = 0..street.corridor.members.len();
    let part = street.part(all, aim, resolution)?;
    Some(street.realise(&[part], resolution))
}

/// The best division of a corridor into sub-arterials: the one with the most band carried, each part's widths times the
/// travel time it covers, where a part of more than one member has both bands at least `least_s` wide. Links between parts
/// carry the band of the first-weighted direction on. `None` as in [`widest_bands`].
pub fn partition(
    network: &Network,
    corridor: usize,
    plans: &[Plan],
    weights: [f64; 2],
    least_s: f64,
    resolution: Tenths,
) -> Option<BandPlans> {
    let street = Street::new(network, corridor, plans)?;
    let n = street.corridor.members.len();
    let aim = Aim::Sum { weights, least_s: [least_s; 2] };
    // best[j]: the most band carried by members before j, and where its last part begins.
    let mut best: Vec<(f64, usize)> = vec![(0.0, 0)];
    for end in 1..=n {
        let mut choice: Option<(f64, usize)> = None;
        // Longest part first: between equals the longer wave wins.
        for (begin, before) in best.iter().enumerate() {
            let problem = street.problem(begin..end);
            let Some(answer) = widest(&problem, if end - begin == 1 { alone(weights) } else { aim }) else { continue };
            let carried: f64 =
                (0..2).map(|d| answer.widths_s[d] * weights[d] * problem.links.iter().map(|l| l[d]).sum::<f64>()).sum();
            let value = before.0 + carried;
            if choice.as_ref().is_none_or(|(least, ..)| value > least + 1e-9) {
                choice = Some((value, begin));
            }
        }
        best.push(choice?);
    }
    let mut parts = Vec::new();
    let mut end = n;
    while end > 0 {
        let begin = best[end].1;
        parts.push(street.part(begin..end, if end - begin == 1 { alone(weights) } else { aim }, resolution)?);
        end = begin;
    }
    parts.reverse();
    street.chain(&mut parts, usize::from(weights[1] > weights[0]), resolution);
    Some(street.realise(&parts, resolution))
}

/// The band problem of some members under plans, greens counted from each one's reference green. `None` as in [`widest_bands`].
pub(super) fn band_problem(
    network: &Network,
    corridor: usize,
    plans: &[Plan],
    members: Range<usize>,
) -> Option<BandProblem> {
    Some(Street::new(network, corridor, plans)?.problem(members))
}

fn alone(weights: [f64; 2]) -> Aim {
    Aim::Sum { weights, least_s: [0.0; 2] }
}

/// A solved range of members.
struct Part {
    range: Range<usize>,
    problem: BandProblem,
    answer: BandAnswer,
    optimum_s: [f64; 2],
}

struct Street<'a> {
    network: &'a Network,
    corridor: &'a Corridor,
    plans: &'a [Plan],
    circle: Circle,
    /// For each member the greens the bands may pass by.
    patterns: Vec<Vec<BandPattern>>,
}

impl<'a> Street<'a> {
    fn new(network: &'a Network, corridor: usize, plans: &'a [Plan]) -> Option<Self> {
        let corridor = network.corridors().get(corridor)?;
        let ran = corridor.members.iter().map(|member| plans.get(member.intersection.0)).collect::<Option<Vec<_>>>()?;
        let cycle = common_cycle(ran.iter().map(|plan| plan.cycle))?;
        let of = |(member, plan): (&Member, &&Plan)| {
            patterns(network.intersection(member.intersection), corridor, plan, cycle)
        };
        let patterns = corridor.members.iter().zip(&ran).map(of).collect::<Option<Vec<_>>>()?;
        Some(Street { network, corridor, plans, circle: Circle::from(cycle), patterns })
    }

    fn problem(&self, range: Range<usize>) -> BandProblem {
        BandProblem {
            circle: self.circle,
            signals: self.patterns[range.clone()].to_vec(),
            links: self.corridor.links[range.start..range.end - 1]
                .iter()
                .map(|link| {
                    Direction::BOTH.map(|d| {
                        let road = link.carriageway(d);
                        road.speed.seconds_over(road.distance)
                    })
                })
                .collect(),
        }
    }

    /// Solves a range of members, exactly and then on the resolution.
    fn part(&self, range: Range<usize>, aim: Aim, resolution: Tenths) -> Option<Part> {
        let problem = self.problem(range.clone());
        let optimum_s = widest(&problem, aim)?.widths_s;
        let step_s = resolution.seconds();
        // A least width that fits to the second need not fit on the grid; a step less always does.
        let answer = [aim, aim.eased(step_s)].into_iter().find_map(|aim| widest_on_grid(&problem, aim, step_s))?;
        Some(Part { range, problem, answer, optimum_s })
    }

    /// Shifts each part so that the band of a direction runs on into it from the part before (outbound) or out of it into
    /// the part before (inbound), head to head, to the nearest step.
    fn chain(&self, parts: &mut [Part], direction: usize, resolution: Tenths) {
        let head = |part: &Part, at: usize| {
            let wave = super::bandwidth::head(&part.problem, &part.answer, direction);
            let local = at - part.range.start;
            let links = &part.problem.links;
            let links = if direction == 0 { &links[..local] } else { &links[local..] };
            wave + links.iter().map(|l| l[direction]).sum::<f64>()
        };
        for k in 1..parts.len() {
            let at = parts[k].range.start;
            let road = self.corridor.links[at - 1].carriageway(Direction::BOTH[direction]);
            let over = road.speed.seconds_over(road.distance);
            let before = head(&parts[k - 1], at - 1);
            let here = head(&parts[k], at);
            let by = if direction == 0 { before + over - here } else { before - over - here };
            let by = (by / resolution.seconds()).round() * resolution.seconds();
            for offset in &mut parts[k].answer.offsets_s {
                *offset = self.circle.wrap(*offset + by);
            }
        }
    }

    /// Plans at the best offsets of the resolution for each part, measured as the plans attain them.
    fn realise(&self, parts: &[Part], resolution: Tenths) -> BandPlans {
        let mut plans = self.plans.to_vec();
        for part in parts {
            let members = &self.corridor.members[part.range.clone()];
            for (member, offset_s) in members.iter().zip(&part.answer.offsets_s) {
                let plan = &mut plans[member.intersection.0];
                *plan = plan.at_offset(nearest(*offset_s, resolution));
            }
        }
        let told = parts.iter().map(|part| {
            let range = part.range.clone();
            let attained = Direction::BOTH.map(|d| measure(self.network, self.corridor, &plans, range.clone(), d));
            BandPart { members: range, attained, optimum_s: part.optimum_s }
        });
        BandPlans { parts: told.collect(), plans }
    }
}

/// The step of the resolution nearest to a time; the best offsets are whole steps already.
fn nearest(wish_s: f64, resolution: Tenths) -> Shift {
    let step = resolution.seconds().max(0.1);
    let steps = (wish_s / step).round() as i64;
    Shift::new(steps * i64::from(resolution.count().max(1)))
}

/// The through greens of a plan after its reference phase's start, which is what offsets are counted to, on a circle that the plan's
/// cycle goes into some times. The outbound band may pass by any of its greens, which is a matter of the offset; beside it the
/// inbound band by any of them.
fn patterns(at: &Intersection, corridor: &Corridor, plan: &Plan, circle: CycleLength) -> Option<Vec<BandPattern>> {
    let reference = plan.green_in_cycle(at, at.reference_phase).map_or(Tenths::ZERO, |(start, _)| start);
    let mut pattern = BandPattern { start_s: [0.0; 2], green_s: [circle.seconds(); 2] };
    for direction in Direction::BOTH {
        if let Some(phase) = at.phase_for(corridor.comes_from(direction), Movement::Through) {
            let (start, green) = plan.green_in_cycle(at, phase)?;
            pattern.start_s[direction as usize] = start.seconds() - reference.seconds();
            if green < plan.cycle.length() {
                pattern.green_s[direction as usize] = green.seconds();
            }
        }
    }
    let times = circle.length().count() / plan.cycle.length().count();
    let beside = |k: u32| {
        let [out, inbound] = pattern.start_s;
        BandPattern { start_s: [out, inbound + f64::from(k) * plan.cycle.seconds()], ..pattern }
    };
    Some((0..times).map(beside).collect())
}

#[cfg(test)]
#[path = "street_tests.rs"]
mod tests;
