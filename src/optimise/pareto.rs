//! Band and delay together: the least delay of a street for every width of its two-way bands, exact.
//!
//! Knows: a street's greens and travel times, prices of offset differences. Must not know: traffic, plans.
//!
//! With the position of both bands fixed, the offsets a signal may have are arcs; the least delay over them is one walk along
//! the street. Offsets stand on a grid, so only positions matter at which a band starts with some signal's green. Positions are
//! taken in boxes, with the arcs of all a box's positions: a lower bound, and the truth if the offsets found have the bands. The
//! cheapest box is split until it has; a box once priced stays at least as dear for wider bands.

use super::bandwidth::BandProblem;
use super::network::{OffsetProblem, Setting};
use crate::plan::band::{RealArc, common_piece};
use serde::Serialize;
use std::ops::Range;
use walk::{Allowed, Walk};

#[path = "pareto_walk.rs"]
mod walk;

/// A street as both problems see it.
#[derive(Debug, Clone, Copy)]
pub struct FrontProblem<'a> {
    /// Greens and travel times: how wide bands are. A signal's patterns are its choices in `delay`.
    pub bands: &'a BandProblem,
    /// What offsets cost; links join neighbours in the street's order.
    pub delay: &'a OffsetProblem,
    /// Width of the inbound band for each second of the outbound band; 0 leaves the inbound band free.
    pub inbound_share: f64,
    /// Widths are guaranteed in multiples of this, s; above zero.
    pub level_s: f64,
}

/// One choice an engineer has: no offsets on the grid have bands this wide and cost less.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FrontPoint {
    /// The outbound band is at least this wide, the inbound band at least `inbound_share` of it, s.
    pub guarantee_s: f64,
    /// How wide they are, s; 0 where there is none.
    pub widths_s: [f64; 2],
    /// What the offsets cost.
    pub cost: f64,
    /// Offset (grid steps) and pattern of every signal.
    pub settings: Vec<Setting>,
}

/// Instants closer than this are one, s.
const SAME_S: f64 = 1e-7;

/// The whole front, from the least delay (guarantee 0) to the widest bands, each point dearer and wider than the one before.
/// `None` where the two problems are not about the same street, or `stop` says yes.
pub fn front(problem: &FrontProblem<'_>, stop: &dyn Fn() -> bool) -> Option<Vec<FrontPoint>> {
    let mut search = Search::new(problem)?;
    let mut points: Vec<FrontPoint> = vec![search.free()?];
    let most = problem.bands.circle.seconds();
    loop {
        // The next guarantee that the last point does not give.
        let widths = points.last()?.widths_s;
        let had =
            if problem.inbound_share > 0.0 { widths[0].min(widths[1] / problem.inbound_share) } else { widths[0] };
        let guarantee_s = (((had + SAME_S) / problem.level_s).floor() + 1.0) * problem.level_s;
        if guarantee_s > most {
            break;
        }
        if stop() {
            return None;
        }
        let Some(point) = search.least(guarantee_s) else { break };
        // The same cost with wider bands takes the place of the point before.
        let before = points.last()?.cost;
        if point.cost <= before + 1e-9 * before.abs() {
            points.pop();
        }
        points.push(point);
    }
    Some(points)
}

/// A box of positions: ranges of the lists of outbound and inbound starts.
#[derive(Debug, Clone)]
struct Place {
    out: Range<usize>,
    inbound: Range<usize>,
    /// No offsets for bands that pass within the box cost less, at any guarantee from the one at which this was found.
    bound: f64,
    /// The guarantee's number for which the bound was found, with the offsets that attain it.
    found: Option<(usize, Vec<Setting>)>,
}

/// What is known of the positions.
struct Search<'a> {
    problem: &'a FrontProblem<'a>,
    walk: Walk<'a>,
    /// Length of a grid step, s.
    step_s: f64,
    /// When the bands may pass the first signal, s: outbound within one grid step, inbound within the cycle.
    starts_s: [Vec<f64>; 2],
    /// All positions, each in one box.
    boxes: Vec<Place>,
    /// Guarantees asked for so far.
    asked: usize,
}

impl<'a> Search<'a> {
    fn new(problem: &'a FrontProblem<'a>) -> Option<Search<'a>> {
        let (bands, delay) = (problem.bands, problem.delay);
        let same = bands.signals.len() == delay.signals() && bands.links.len() + 1 == bands.signals.len();
        let sound = problem.level_s > 0.0 && problem.inbound_share >= 0.0;
        if !(same && sound) {
            return None;
        }
        let choices: Vec<usize> = bands.signals.iter().map(Vec::len).collect();
        let walk = Walk::new(delay, &choices)?;
        let step_s = bands.circle.seconds() / delay.steps() as f64;
        let starts_s = [Vec::new(), Vec::new()];
        let mut search = Search { problem, walk, step_s, starts_s, boxes: Vec::new(), asked: 0 };
        for direction in 0..2 {
            let mut phases: Vec<f64> = Vec::new();
            for (signal, patterns) in bands.signals.iter().enumerate() {
                for pattern in patterns {
                    let start = pattern.start_s[direction] - search.passed_s(signal, direction);
                    let phase = start - (start / step_s + SAME_S).floor() * step_s;
                    phases.push(phase.max(0.0));
                }
            }
            phases.sort_unstable_by(f64::total_cmp);
            phases.dedup_by(|a, b| *a - *b < SAME_S);
            // All offsets may turn together by whole grid steps, so one band's start is wanted within one of them only.
            let turns = if direction == 0 { 1 } else { delay.steps() };
            let all = (0..turns).flat_map(|k| phases.iter().map(move |p| k as f64 * step_s + p));
            search.starts_s[direction] = all.collect();
        }
        let [out, inbound] = [0, 1].map(|d| 0..search.starts_s[d].len());
        search.boxes.push(Place { out, inbound, bound: f64::NEG_INFINITY, found: None });
        Some(search)
    }

    /// When a band that is at the street's first signal at 0 passes this one, s: inbound it was here before.
    fn passed_s(&self, signal: usize, direction: usize) -> f64 {
        let travelled: f64 = self.problem.bands.links[..signal].iter().map(|l| l[direction]).sum();
        if direction == 0 { travelled } else { -travelled }
    }

    /// The least delay whatever the bands.
    fn free(&mut self) -> Option<FrontPoint> {
        let allowed = self.walk.everything();
        let (_, settings) = self.walk.least(&allowed)?;
        self.point(0.0, settings)
    }

    /// The least delay with bands at least this wide: the box with the least bound is priced, or split, until its own offsets
    /// have the bands asked for.
    fn least(&mut self, guarantee_s: f64) -> Option<FrontPoint> {
        self.asked += 1;
        let widths = [guarantee_s, guarantee_s * self.problem.inbound_share];
        loop {
            // Few boxes are split, so a search of the list costs little beside a walk.
            let of = (0..self.boxes.len()).min_by(|&a, &b| self.boxes[a].bound.total_cmp(&self.boxes[b].bound))?;
            if self.boxes[of].bound == f64::INFINITY {
                return None;
            }
            match &self.boxes[of].found {
                Some((asked, settings)) if *asked == self.asked => {
                    let point = self.point(guarantee_s, settings.clone())?;
                    let wide = |d: usize| point.widths_s[d] >= widths[d] - 4.0 * SAME_S;
                    let single = self.boxes[of].out.len() == 1 && self.boxes[of].inbound.len() == 1;
                    if single || (wide(0) && wide(1)) {
                        return Some(point);
                    }
                    self.split(of);
                }
                _ => {
                    let priced = self.price(&self.boxes[of], widths);
                    let bound = priced.as_ref().map_or(f64::INFINITY, |(cost, _)| *cost);
                    self.boxes[of].bound = self.boxes[of].bound.max(bound);
                    self.boxes[of].found = priced.map(|(_, settings)| (self.asked, settings));
                }
            }
        }
    }

    /// The least cost of offsets that each signal may have for some position of the box.
    fn price(&self, of: &Place, widths: [f64; 2]) -> Option<(f64, Vec<Setting>)> {
        let within = |direction: usize, range: &Range<usize>| {
            [self.starts_s[direction][range.start], self.starts_s[direction][range.end - 1]]
        };
        let allowed = self.allowed(widths, [within(0, &of.out), within(1, &of.inbound)])?;
        self.walk.least(&allowed)
    }

    /// Cuts a box in two where it is longest.
    fn split(&mut self, of: usize) {
        let mut half = self.boxes[of].clone();
        half.found = None;
        let length = |d: usize, range: &Range<usize>| self.starts_s[d][range.end - 1] - self.starts_s[d][range.start];
        let outbound = length(0, &half.out) > length(1, &half.inbound);
        let middle = |range: &Range<usize>| range.start + range.len() / 2;
        let whole = &mut self.boxes[of];
        whole.found = None;
        if outbound {
            whole.out.end = middle(&half.out);
            half.out.start = whole.out.end;
        } else {
            whole.inbound.end = middle(&half.inbound);
            half.inbound.start = whole.inbound.end;
        }
        self.boxes.push(half);
    }

    /// The offsets of each signal that let bands of these widths pass which are at the first signal within these times;
    /// `None` where some signal has none.
    fn allowed(&self, widths: [f64; 2], within_s: [[f64; 2]; 2]) -> Option<Allowed> {
        let bands = self.problem.bands;
        let mut allowed = self.walk.nothing();
        for (signal, patterns) in bands.signals.iter().enumerate() {
            let mut any = false;
            for (choice, pattern) in patterns.iter().enumerate() {
                // The offset lies between that of a green that starts with the band and that of one that ends with it.
                let mut arcs = [(0.0, 0.0); 2];
                let mut wide = true;
                for direction in 0..2 {
                    let green = pattern.green_s[direction];
                    let free = widths[direction] <= 0.0 || green >= bands.circle.seconds();
                    let spare = if free { bands.circle.seconds() } else { green - widths[direction] };
                    wide &= spare >= -SAME_S;
                    let start = self.passed_s(signal, direction) - pattern.start_s[direction];
                    let [early, late] = within_s[direction].map(|at| at + start);
                    arcs[direction] = (early - spare - SAME_S, late + SAME_S);
                }
                any |= wide && self.walk.allow(&mut allowed, signal, choice, arcs, self.step_s);
            }
            if !any {
                return None;
            }
        }
        Some(allowed)
    }

    fn point(&self, guarantee_s: f64, settings: Vec<Setting>) -> Option<FrontPoint> {
        let bands = self.problem.bands;
        let width = |direction: usize| {
            let arc = |(signal, s): (usize, &Setting)| {
                let pattern = bands.signals[signal][s.choice];
                let start = s.offset as f64 * self.step_s + pattern.start_s[direction];
                RealArc {
                    start_s: bands.circle.wrap(start - self.passed_s(signal, direction)),
                    length_s: pattern.green_s[direction],
                }
            };
            let arcs: Vec<RealArc> = settings.iter().enumerate().map(arc).collect();
            common_piece(bands.circle, &arcs).map_or(0.0, |piece| piece.length_s)
        };
        let cost = self.problem.delay.cost(&settings)?;
        Some(FrontPoint { guarantee_s, widths_s: [width(0), width(1)], cost, settings })
    }
}

#[cfg(test)]
#[path = "pareto_tests.rs"]
mod tests;
