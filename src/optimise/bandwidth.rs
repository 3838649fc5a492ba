//! The widest two-way bands for a fixed cycle and fixed speeds: exact, by a sweep over the relative position of the bands.
//!
//! Knows: greens on a circle and travel times. Must not know: networks, plans or traffic.
//!
//! Let the outbound band pass the first signal at 0 and the inbound band pass the last at `w`. A signal that can hold widths
//! `b` and `bb` has an offset for them exactly when `(b, bb)` lies in one of two rectangles a pattern, whose corners move
//! linearly with `w` ([`corners`]). For one `w` the best corner of the intersection is found by sorting; over `w` the value is
//! piecewise linear, so its maximum lies where two bounds meet: finitely many candidates, all tried. That is the proof.

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

/// One pattern of one signal, in the frame of the bands.
#[derive(Debug, Clone, Copy)]
struct Piece {
    signal: usize,
    pattern: usize,
    green: [f64; 2],
    /// The relative position at which both greens start with both bands.
    meet: f64,
}

/// Solves the problem; `None` where no answer keeps the aim's least widths, or a list has the wrong length.
pub fn widest(problem: &BandProblem, aim: Aim) -> Option<BandAnswer> {
    let n = problem.signals.len();
    if n == 0 || problem.links.len() + 1 != n || problem.signals.iter().any(Vec::is_empty) {
        return None;
    }
    let pieces = pieces(problem);
    let mut search =
        Search { circle: problem.circle, n, pieces: &pieces, aim, best: None, room: Vec::new(), list: Vec::new() };
    for w in standing(problem, &pieces, aim) {
        search.at(w);
    }
    if let Aim::Proportional { k } | Aim::Ratio { k } = aim {
        search.crossings(k);
    }
    let (score, w, widths) = search.best?;
    Some(answer(problem, &pieces, w, widths, score.value))
}

/// The best found so far, and what trying a position needs.
struct Search<'a> {
    circle: Circle,
    n: usize,
    pieces: &'a [Piece],
    aim: Aim,
    best: Option<(Score, f64, [f64; 2])>,
    room: Vec<(f64, usize, f64)>,
    list: Vec<[f64; 2]>,
}

impl Search<'_> {
    /// Tries all corners at a relative position.
    fn at(&mut self, w: f64) {
        corners(self.circle, self.n, self.pieces, w, &mut self.room, &mut self.list);
        for &corner in &self.list {
            let Some((score, widths)) = self.aim.score(corner) else { continue };
            if self.best.as_ref().is_none_or(|(least, ..)| score.beats(*least)) {
                self.best = Some((score, w, widths));
            }
        }
    }

    /// Tries the positions where k times the outbound bound of one piece equals the inbound bound of another. What such a
    /// crossing can be worth is known before it is tried, so nearly all are passed over.
    fn crossings(&mut self, k: f64) {
        let whole = self.circle.seconds();
        for one in self.pieces {
            for other in self.pieces {
                for (turn, back) in [(0.0, 0.0), (0.0, whole), (whole, 0.0), (whole, whole)] {
                    let bound = one.green[0] - whole - one.meet + turn;
                    let w = (other.green[1] + other.meet - back - k * bound) / (1.0 + k);
                    let width = bound + w;
                    let worth = self.aim.score([width, k * width]).map_or(0.0, |(score, _)| score.value);
                    let least = self.best.as_ref().map_or(0.0, |(score, ..)| score.value);
                    if (0.0..whole).contains(&w) && worth > least - 1e-9 && self.permits(w, [width, k * width]) {
                        self.at(w);
                    }
                }
            }
        }
    }

    /// Whether every signal can hold the widths at a relative position.
    fn permits(&self, w: f64, widths: [f64; 2]) -> bool {
        // Pieces of one signal stand together.
        self.pieces.chunk_by(|a, b| a.signal == b.signal).all(|signal| {
            signal.iter().any(|piece| {
                let (both, _) = rectangles(self.circle, piece, w);
                both.iter().any(|r| r[0] >= widths[0] - 1e-9 && r[1] >= widths[1] - 1e-9)
            })
        })
    }
}

/// First what is wanted, then what breaks ties.
#[derive(Debug, Clone, Copy)]
struct Score {
    value: f64,
    tie: f64,
}

impl Score {
    fn beats(self, other: Score) -> bool {
        self.value > other.value + 1e-9 || (self.value > other.value - 1e-9 && self.tie > other.tie + 1e-9)
    }
}

impl Aim {
    /// The best widths inside a corner, with their score; `None` where the corner is too small.
    fn score(self, [b, bb]: [f64; 2]) -> Option<(Score, [f64; 2])> {
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

fn pieces(problem: &BandProblem) -> Vec<Piece> {
    let circle = problem.circle;
    let total_in: f64 = problem.links.iter().map(|l| l[1]).sum();
    let (mut out, mut inbound) = (0.0, total_in);
    let mut pieces = Vec::new();
    for (signal, patterns) in problem.signals.iter().enumerate() {
        if signal > 0 {
            out += problem.links[signal - 1][0];
            inbound -= problem.links[signal - 1][1];
        }
        for (index, pattern) in patterns.iter().enumerate() {
            let green = pattern.green_s.map(|g| g.clamp(0.0, circle.seconds()));
            let meet = circle.wrap(pattern.start_s[1] - pattern.start_s[0] + out - inbound);
            pieces.push(Piece { signal, pattern: index, green, meet });
        }
    }
    pieces
}

/// The two largest rectangles of widths a piece permits at relative position `w`: the inbound green starts before its band
/// by `z` more than the outbound green does before its own, or by a cycle less.
fn rectangles(circle: Circle, piece: &Piece, w: f64) -> ([[f64; 2]; 2], f64) {
    let z = circle.wrap(w - piece.meet);
    let [out, inbound] = piece.green;
    ([[out, (inbound - z).max(0.0)], [(out - (circle.seconds() - z)).max(0.0), inbound]], z)
}

/// All corners of the set of widths that every signal permits at `w`.
fn corners(
    circle: Circle,
    n: usize,
    pieces: &[Piece],
    w: f64,
    room: &mut Vec<(f64, usize, f64)>,
    corners: &mut Vec<[f64; 2]>,
) {
    room.clear();
    corners.clear();
    for piece in pieces {
        let (both, _) = rectangles(circle, piece, w);
        room.extend(both.map(|[b, bb]| (b, piece.signal, bb)));
    }
    room.sort_by(|x, y| y.0.total_cmp(&x.0));
    let mut inbound = vec![-1.0_f64; n];
    let mut k = 0;
    while k < room.len() {
        let b = room[k].0;
        // All rectangles at least this wide outbound.
        while k < room.len() && room[k].0 >= b - 1e-12 {
            let (_, signal, bb) = room[k];
            inbound[signal] = inbound[signal].max(bb);
            k += 1;
        }
        let bb = inbound.iter().copied().fold(f64::INFINITY, f64::min);
        if bb >= 0.0 && corners.last().is_none_or(|c| bb > c[1]) {
            corners.push([b, bb]);
        }
    }
}

/// Relative positions where a moving bound meets a standing one: with the crossings, the best one is among them.
fn standing(problem: &BandProblem, pieces: &[Piece], aim: Aim) -> Vec<f64> {
    let circle = problem.circle;
    let whole = circle.seconds();
    let mut targets = [vec![0.0], vec![0.0]];
    for (direction, list) in targets.iter_mut().enumerate() {
        // No band is wider than the narrowest signal's widest green.
        let most = (0..problem.signals.len())
            .map(|s| pieces.iter().filter(|p| p.signal == s).map(|p| p.green[direction]).fold(0.0, f64::max))
            .fold(f64::INFINITY, f64::min);
        list.extend(pieces.iter().map(|p| p.green[direction]).filter(|&g| g <= most));
    }
    match aim {
        Aim::Sum { least_s, .. } => (0..2).for_each(|d| targets[d].push(least_s[d])),
        Aim::Proportional { k } | Aim::Ratio { k } => {
            let crossed: Vec<f64> = targets[1].iter().map(|t| t / k).collect();
            let back: Vec<f64> = targets[0].iter().map(|t| t * k).collect();
            targets[0].extend(crossed);
            targets[1].extend(back);
        }
    }
    for list in &mut targets {
        list.sort_by(f64::total_cmp);
        list.dedup_by(|a, b| (*a - *b).abs() < 1e-12);
    }
    let mut all = Vec::new();
    for piece in pieces {
        all.push(circle.wrap(piece.meet));
        all.extend(targets[0].iter().map(|t| circle.wrap(piece.meet + whole - piece.green[0] + t)));
        all.extend(targets[1].iter().map(|t| circle.wrap(piece.meet + piece.green[1] - t)));
    }
    all.sort_by(f64::total_cmp);
    all.dedup_by(|a, b| (*a - *b).abs() < 1e-12);
    all
}

/// Offsets that hold the widths at `w`, each in the middle of its slack.
fn answer(problem: &BandProblem, pieces: &[Piece], w: f64, widths: [f64; 2], value: f64) -> BandAnswer {
    let circle = problem.circle;
    let mut offsets_s = Vec::new();
    let mut slack_s = Vec::new();
    let mut patterns = Vec::new();
    let mut out = 0.0;
    for signal in 0..problem.signals.len() {
        if signal > 0 {
            out += problem.links[signal - 1][0];
        }
        // Where the outbound green may start before its band: the widest such range of any piece.
        let mut best: Option<(usize, f64, f64)> = None;
        for piece in pieces.iter().filter(|p| p.signal == signal) {
            let (_, z) = rectangles(circle, piece, w);
            for z in [z, z - circle.seconds()] {
                let own = (widths[0] - piece.green[0], 0.0_f64);
                let other = (widths[1] - piece.green[1] + z, z);
                let (low, high) = if widths[0] <= 0.0 {
                    other
                } else if widths[1] <= 0.0 {
                    own
                } else {
                    (own.0.max(other.0), own.1.min(other.1))
                };
                if best.is_none_or(|(_, l, h)| high - low > h - l) {
                    best = Some((piece.pattern, low, high));
                }
            }
        }
        let (pattern, low, high) = best.unwrap_or((0, 0.0, 0.0));
        let half = ((high - low) / 2.0).max(0.0);
        let start = problem.signals[signal][pattern].start_s[0];
        offsets_s.push(circle.wrap((low + high) / 2.0 + out - start));
        slack_s.push([half, half]);
        patterns.push(pattern);
    }
    BandAnswer { offsets_s, slack_s, patterns, widths_s: widths, value }
}

/// When the head of a direction's band passes the first stop line it meets under an answer, s.
pub(super) fn head(problem: &BandProblem, answer: &BandAnswer, direction: usize) -> f64 {
    let n = problem.signals.len();
    let arcs: Vec<RealArc> = (0..n)
        .map(|i| {
            let pattern = problem.signals[i][answer.patterns[i]];
            let links = if direction == 0 { &problem.links[..i] } else { &problem.links[i..] };
            let travelled: f64 = links.iter().map(|l| l[direction]).sum();
            let start_s = problem.circle.wrap(answer.offsets_s[i] + pattern.start_s[direction] - travelled);
            RealArc { start_s, length_s: pattern.green_s[direction] }
        })
        .collect();
    common_piece(problem.circle, &arcs).map_or(0.0, |piece| piece.start_s)
}

#[cfg(test)]
#[path = "bandwidth_tests.rs"]
mod tests;
