//! The widest two-way bands for a fixed cycle and fixed speeds: exact.
//!
//! Knows: greens on a circle and travel times. Must not know: networks, plans or traffic.
//!
//! Two bands fit a street exactly when neither is wider than the narrowest green of its direction and both together are
//! no wider than their [`alignment`](super::alignment) allows. So the permitted pairs of widths are a rectangle with one
//! corner cut off, the aim's optimum lies on the cut, and the cut's place is found without search. Left-turn sequences
//! are further tents of a signal; only where they change the *lengths* of greens is there one rectangle for each choice.

use super::alignment::{Tent, highest};
use crate::plan::band::{RealArc, common_piece};
use crate::units::Circle;
use serde::Serialize;

/// Where the through greens lie after a signal's local zero, s: outbound and inbound start and length. Each permitted
/// left-turn sequence of a signal is another of these.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BandPattern {
    /// Start of the outbound and the inbound green.
    pub start_s: [f64; 2],
    /// Their lengths; the whole cycle at most.
    pub green_s: [f64; 2],
}

/// A street for band problems: signals in outbound order, `links[i]` between signals i and i + 1.
#[derive(Debug, Clone, PartialEq)]
pub struct BandProblem {
    /// The cycle.
    pub circle: Circle,
    /// The patterns of each signal; at least one.
    pub signals: Vec<Vec<BandPattern>>,
    /// Travel times outbound and inbound (less queue clearance where wanted), s.
    pub links: Vec<[f64; 2]>,
}

/// What is to be wide.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub enum Aim {
    /// The weighted sum of the widths, each at least so wide. Without least widths one-way answers compete.
    Sum {
        /// Weight of the outbound and the inbound width.
        weights: [f64; 2],
        /// Least outbound and inbound width, s.
        least_s: [f64; 2],
    },
    /// The largest `t` with outbound at least `t` and inbound at least `k t`; then the widest sum. Never one-way.
    Proportional {
        /// Inbound over outbound; above zero.
        k: f64,
    },
    /// MAXBAND's ratio rule: `b + k bb` with `bb >= k b` for `k < 1`, equal for 1, `bb <= k b` above. For comparison with
    /// others: at `k != 1` it may hand the whole wave to one direction.
    Ratio {
        /// The ratio; above zero.
        k: f64,
    },
}

/// The optimum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BandAnswer {
    /// Offsets of the local zeros, s on the circle.
    pub offsets_s: Vec<f64>,
    /// For each signal how far its offset may move earlier and later without narrowing the bands, s.
    pub slack_s: Vec<[f64; 2]>,
    /// The chosen pattern of each signal.
    pub patterns: Vec<usize>,
    /// Outbound and inbound width, s; 0 where there is no band.
    pub widths_s: [f64; 2],
    /// The aim's value.
    pub value: f64,
}

/// Solves the problem; `None` where no answer keeps the aim's least widths, or a list has the wrong length.
pub fn widest(problem: &BandProblem, aim: Aim) -> Option<BandAnswer> {
    if !problem.is_well_formed() {
        return None;
    }
    let levels = [0, 1].map(|d| problem.levels(d));
    let mut best: Option<(Score, [f64; 2], f64)> = None;
    let mut offer = |corner: [f64; 2], position: f64| {
        if let Some((score, widths)) = aim.score(corner)
            && best.as_ref().is_none_or(|(least, ..)| score.beats(*least))
        {
            best = Some((score, widths, position));
        }
    };
    // A direction alone asks nothing of the other's greens.
    offer([levels[0][0], 0.0], 0.0);
    offer([0.0, levels[1][0]], 0.0);
    for &b in &levels[0] {
        for &bb in &levels[1] {
            let Some(mut rows) = problem.rows([b, bb]) else { continue };
            match highest(problem.circle, &mut rows) {
                None => offer([b, bb], 0.0),
                Some(at) if at.sum >= b + bb => offer([b, bb], at.position),
                Some(at) if at.sum >= 0.0 => {
                    let (low, high) = ((at.sum - bb).max(0.0), b.min(at.sum));
                    for out in aim.splits(at.sum) {
                        let out = out.clamp(low, high);
                        offer([out, at.sum - out], at.position);
                    }
                }
                Some(_) => {}
            }
        }
    }
    let (score, widths, position) = best?;
    Some(answer(problem, position, widths, score.value))
}

impl BandProblem {
    fn is_well_formed(&self) -> bool {
        self.links.len() + 1 == self.signals.len() && self.signals.iter().all(|s| !s.is_empty())
    }

    fn green(&self, pattern: &BandPattern, direction: usize) -> f64 {
        pattern.green_s[direction].clamp(0.0, self.circle.seconds())
    }

    /// Widths at which a pattern becomes too narrow for a direction, the widest that every signal can hold first.
    fn levels(&self, direction: usize) -> Vec<f64> {
        let green = |p: &BandPattern| self.green(p, direction);
        let most = self.signals.iter().map(|s| s.iter().map(green).fold(0.0, f64::max)).fold(f64::INFINITY, f64::min);
        let mut levels: Vec<f64> = self.signals.iter().flatten().map(|p| green(p).min(most)).collect();
        levels.sort_by(|a, b| b.total_cmp(a));
        levels.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
        levels
    }

    /// For each signal that binds the bands to each other, what each of its patterns permits that is wide enough for both;
    /// `None` where a signal has no such pattern.
    fn rows(&self, widths: [f64; 2]) -> Option<Vec<Vec<Tent>>> {
        let whole = self.circle.seconds();
        let mut rows = Vec::with_capacity(self.signals.len());
        for (signal, apart) in self.signals.iter().zip(self.apart()) {
            let mut row = Vec::with_capacity(signal.len());
            let mut free = false;
            for pattern in signal {
                let [out, inbound] = [0, 1].map(|d| self.green(pattern, d));
                if out < widths[0] - 1e-9 || inbound < widths[1] - 1e-9 {
                    continue;
                }
                // A direction that is never red leaves the other alone.
                free |= out >= whole || inbound >= whole;
                row.push(Tent { centre: pattern.centres_apart_s() + apart, peak: out + inbound });
            }
            if row.is_empty() {
                return None;
            }
            if !free {
                rows.push(row);
            }
        }
        Some(rows)
    }

    /// For each signal how long the outbound band has travelled to it less how long the inbound band has, s.
    pub(super) fn apart(&self) -> impl Iterator<Item = f64> {
        let mut apart: f64 = -self.links.iter().map(|l| l[1]).sum::<f64>();
        let steps = self.links.iter().map(|l| l[0] + l[1]).chain([0.0]);
        steps.map(move |step| {
            let here = apart;
            apart += step;
            here
        })
    }

    /// The bands that offsets and patterns attain, measured as geometry: each direction's widest piece of time that meets
    /// green everywhere.
    pub fn attained(&self, offsets_s: &[f64], patterns: &[usize]) -> [Option<RealArc>; 2] {
        [0, 1].map(|d| {
            let arcs: Vec<RealArc> = (0..self.signals.len())
                .map(|i| {
                    let pattern = self.signals[i][patterns[i]];
                    let links = if d == 0 { &self.links[..i] } else { &self.links[i..] };
                    let travelled: f64 = links.iter().map(|l| l[d]).sum();
                    let start_s = self.circle.wrap(offsets_s[i] + pattern.start_s[d] - travelled);
                    RealArc { start_s, length_s: pattern.green_s[d] }
                })
                .collect();
            common_piece(self.circle, &arcs)
        })
    }
}

impl BandPattern {
    /// From the centre of the outbound green to that of the inbound one.
    pub(super) fn centres_apart_s(&self) -> f64 {
        self.start_s[1] - self.start_s[0] + (self.green_s[1] - self.green_s[0]) / 2.0
    }
}

/// A claim that geometry does not bear out: a bug in a solver.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("bands of {claimed_s:?} s were claimed, the offsets attain {attained_s:?} s")]
pub struct Overclaimed {
    /// Outbound and inbound width as claimed, s.
    pub claimed_s: [f64; 2],
    /// The same as measured, s.
    pub attained_s: [f64; 2],
}

impl BandAnswer {
    /// The answer with no more than its offsets attain, measured as geometry.
    ///
    /// # Errors
    /// [`Overclaimed`] where more is missing than rounding takes.
    pub fn confirmed(mut self, problem: &BandProblem, aim: Aim) -> Result<Self, Overclaimed> {
        let attained_s = problem.attained(&self.offsets_s, &self.patterns).map(|b| b.map_or(0.0, |b| b.length_s));
        let overclaimed = Overclaimed { claimed_s: self.widths_s, attained_s };
        if (0..2).any(|d| self.widths_s[d] > attained_s[d] + 1e-6) {
            return Err(overclaimed);
        }
        let least = [0, 1].map(|d| self.widths_s[d].min(attained_s[d]));
        let (score, widths) = aim.score(least).ok_or(overclaimed)?;
        (self.value, self.widths_s) = (score.value, widths);
        Ok(self)
    }
}

/// First what is wanted, then what breaks ties.
#[derive(Debug, Clone, Copy)]
pub(super) struct Score {
    pub(super) value: f64,
    tie: f64,
}

impl Score {
    pub(super) fn beats(self, other: Score) -> bool {
        self.value > other.value + 1e-9 || (self.value > other.value - 1e-9 && self.tie > other.tie + 1e-9)
    }
}

impl Aim {
    /// The same with least widths `by` seconds less.
    pub(super) fn eased(self, by: f64) -> Aim {
        match self {
            Aim::Sum { weights, least_s } => Aim::Sum { weights, least_s: least_s.map(|l| (l - by).max(0.0)) },
            other => other,
        }
    }

    /// Outbound's share of a sum of widths, wherever an optimum may lie.
    fn splits(self, sum: f64) -> [f64; 5] {
        let half = sum / 2.0;
        match self {
            Aim::Sum { least_s, .. } => [0.0, sum, half, least_s[0], sum - least_s[1]],
            Aim::Proportional { k } | Aim::Ratio { k } => [0.0, sum, half, sum / (1.0 + k), half],
        }
    }

    /// The best widths inside a corner, with their score; `None` where the corner is too small.
    pub(super) fn score(self, [b, bb]: [f64; 2]) -> Option<(Score, [f64; 2])> {
        match self {
            Aim::Sum { weights, least_s } => {
                let enough = b >= least_s[0] - 1e-9 && bb >= least_s[1] - 1e-9;
                let score = Score { value: weights[0] * b + weights[1] * bb, tie: b.min(bb) };
                enough.then_some((score, [b, bb]))
            }
            Aim::Proportional { k } => Some((Score { value: b.min(bb / k), tie: b + bb }, [b, bb])),
            Aim::Ratio { k } => {
                let widths = if k < 1.0 {
                    [b.min(bb / k), bb]
                } else if k > 1.0 {
                    [b, bb.min(k * b)]
                } else {
                    [b.min(bb); 2]
                };
                Some((Score { value: widths[0] + k * widths[1], tie: widths[0].min(widths[1]) }, widths))
            }
        }
    }
}

/// Offsets that hold the widths at a relative position of the bands' centres, each in the middle of its slack.
fn answer(problem: &BandProblem, position: f64, widths: [f64; 2], value: f64) -> BandAnswer {
    let circle = problem.circle;
    let whole = circle.seconds();
    let mut answer =
        BandAnswer { offsets_s: Vec::new(), slack_s: Vec::new(), patterns: Vec::new(), widths_s: widths, value };
    let mut travelled = 0.0;
    for (i, (signal, apart)) in problem.signals.iter().zip(problem.apart()).enumerate() {
        // How long the outbound green may start before its band: the widest such range of any pattern.
        let mut best: Option<(usize, f64, f64)> = None;
        for (index, pattern) in signal.iter().enumerate() {
            let green = [0, 1].map(|d| problem.green(pattern, d));
            let binds = [0, 1].map(|d| widths[d] > 0.0 && green[d] < whole);
            let spare = [0, 1].map(|d| green[d] - widths[d]);
            if (0..2).any(|d| binds[d] && spare[d] < -1e-9) {
                continue;
            }
            let off = circle.nearest(position - pattern.centres_apart_s() - apart);
            for off in [off, off - whole, off + whole] {
                let other = (-spare[1] + spare[0]) / 2.0 - off;
                let (low, high) = match binds {
                    [true, true] => (other.max(0.0), (other + spare[1]).min(spare[0])),
                    [true, false] => (0.0, spare[0]),
                    [false, true] => (other, other + spare[1]),
                    [false, false] => (0.0, 0.0),
                };
                if best.is_none_or(|(_, l, h)| high - low > h - l) {
                    best = Some((index, low, high));
                }
            }
        }
        let (pattern, low, high) = best.unwrap_or((0, 0.0, 0.0));
        let half = ((high - low) / 2.0).max(0.0);
        answer.offsets_s.push(circle.wrap(travelled - f64::midpoint(low, high) - signal[pattern].start_s[0]));
        answer.slack_s.push([half, half]);
        answer.patterns.push(pattern);
        travelled += problem.links.get(i).map_or(0.0, |l| l[0]);
    }
    answer
}

/// When the head of a direction's band passes the first stop line it meets under an answer, s.
pub(super) fn head(problem: &BandProblem, answer: &BandAnswer, direction: usize) -> f64 {
    problem.attained(&answer.offsets_s, &answer.patterns)[direction].map_or(0.0, |piece| piece.start_s)
}

#[cfg(test)]
#[path = "bandwidth_tests.rs"]
mod tests;
