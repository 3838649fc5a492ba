//! Bands that may differ from link to link (Gartner, Assmann, Lasaga and Hou 1991, "A multi-band approach to arterial
//! traffic signal optimization"), for a fixed cycle and fixed speeds: exact, with its proof.
//!
//! Knows: greens on a circle and travel times. Must not know: networks, plans or traffic.
//!
//! Each direction has one continuous centre line, which meets green at every signal; the band of a link is the widest one
//! about it that is green at both ends. With both centre lines fixed a signal holds link bands `b` and `bb` exactly when
//! `b <= g`, `bb <= gg` and `b + bb <= g + gg - 2 e` (as in [`alignment`](super::alignment)), for each pair of links that
//! meet there: a linear programme whose right-hand sides depend on the relative position `w` of the centre lines alone.
//! Its value is concave in them, so the multipliers at one `w` bound the value at every `w` at once. Between two
//! breakpoints the right-hand sides are linear in `w`; the stretch with the highest bound is tried where its bounds
//! meet, until no stretch promises more than was found.

use super::bandwidth::BandProblem;
use super::lp::{End, Program, State};
use crate::units::Circle;
use serde::Serialize;

/// Programmes solved at most; about a fifth of a second at 20 signals.
const SOLVES: usize = 2000;
/// Bounds this close to the best value count as met, s.
const EQUAL: f64 = 1e-9;

/// The best link bands found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkBands {
    /// Offsets of the local zeros, s on the circle.
    pub offsets_s: Vec<f64>,
    /// The chosen pattern of each signal.
    pub patterns: Vec<usize>,
    /// Outbound and inbound width of each link, s, as the offsets attain them.
    pub widths_s: Vec<[f64; 2]>,
    /// The weighted mean of the widths over the links, s.
    pub value: f64,
    /// No answer is worth more, s.
    pub bound: f64,
}

/// Why there are no link bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NoLinkBands {
    /// Fewer than two signals, or a list of another length than it should have.
    #[error("a list of the problem has the wrong length")]
    Malformed,
    /// Left-turn sequences of one signal have through greens of different lengths.
    #[error("the patterns of a signal have through greens of different lengths")]
    UnequalGreens,
    /// No two centre lines, one a direction, meet green at every signal.
    #[error("no pair of centre lines meets green at every signal")]
    NoCentreLines,
}

/// Maximises the mean over the links of `weights[i][0]` times the outbound and `weights[i][1]` times the inbound width.
///
/// # Errors
/// See [`NoLinkBands`].
pub fn widest_links(problem: &BandProblem, weights: &[[f64; 2]]) -> Result<LinkBands, NoLinkBands> {
    let n = problem.signals.len();
    if n < 2 || problem.links.len() + 1 != n || weights.len() + 1 != n || problem.signals.iter().any(Vec::is_empty) {
        return Err(NoLinkBands::Malformed);
    }
    let signals = signals(problem)?;
    let mut stretches = stretches(problem.circle, &signals);
    let mut links = Links::new(&signals, weights);
    let mut best: Option<(f64, f64, Vec<[f64; 2]>)> = None;
    for _ in 0..SOLVES {
        let Some((at, top)) = stretches
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.bound.total_cmp(&b.1.bound))
            .map(|(at, stretch)| (at, stretch.bound))
        else {
            return Err(NoLinkBands::NoCentreLines);
        };
        if best.as_ref().is_some_and(|b| top <= b.0 + EQUAL) {
            break;
        }
        let position = stretches[at].apex;
        let (value, cut, widths) = links.solve(&stretches[at], position);
        if let Some(widths) = widths
            && best.as_ref().is_none_or(|b| value > b.0)
        {
            best = Some((value, position, widths));
        }
        for (k, stretch) in stretches.iter_mut().enumerate() {
            stretch.take(&cut, k == at);
        }
        // What can no longer win need not be kept.
        let least = best.as_ref().map_or(f64::NEG_INFINITY, |b| b.0);
        stretches.retain(|s| s.bound > least);
        if stretches.is_empty() {
            break;
        }
    }
    let (value, position, widths) = best.ok_or(NoLinkBands::NoCentreLines)?;
    let bound = stretches.iter().map(|s| s.bound).fold(value, f64::max);
    Ok(answer(problem, position, &widths, weights, bound))
}

/// One signal: its greens, and where those of each pattern lie to each other in the frame of the bands.
struct Signal {
    green: [f64; 2],
    centres: Vec<f64>,
    /// Never red for a direction, so that the directions leave each other alone.
    free: bool,
}

fn signals(problem: &BandProblem) -> Result<Vec<Signal>, NoLinkBands> {
    let whole = problem.circle.seconds();
    let mut signals = Vec::new();
    for (patterns, apart) in problem.signals.iter().zip(problem.apart()) {
        let green = patterns[0].green_s.map(|g| g.clamp(0.0, whole));
        if patterns.iter().any(|p| (0..2).any(|d| (p.green_s[d].clamp(0.0, whole) - green[d]).abs() > 1e-9)) {
            return Err(NoLinkBands::UnequalGreens);
        }
        let mut centres: Vec<f64> = patterns.iter().map(|p| problem.circle.wrap(p.centres_apart_s() + apart)).collect();
        centres.sort_by(f64::total_cmp);
        centres.dedup_by(|a, b| (*a - *b).abs() < 1e-12);
        signals.push(Signal { green, centres, free: green.iter().any(|&g| g >= whole) });
    }
    Ok(signals)
}

/// A line over the relative position.
#[derive(Debug, Clone, Copy)]
struct Line {
    slope: f64,
    at_zero: f64,
}

impl Line {
    fn at(self, w: f64) -> f64 {
        self.at_zero + self.slope * w
    }
}

/// A stretch of relative positions over which each signal permits a linear sum of widths, and what is known of it.
struct Stretch {
    from: f64,
    to: f64,
    /// What each signal permits; nothing where it leaves the directions alone.
    permits: Vec<Option<Line>>,
    bound: f64,
    /// Where the bounds meet: to be tried next.
    apex: f64,
    rising: Option<Line>,
    falling: Option<Line>,
}

/// All stretches on which every signal permits centre lines at all.
fn stretches(circle: Circle, signals: &[Signal]) -> Vec<Stretch> {
    let whole = circle.seconds();
    let mut turns = vec![0.0, whole];
    for signal in signals.iter().filter(|s| !s.free) {
        for (k, &centre) in signal.centres.iter().enumerate() {
            let next = signal.centres.get(k + 1).copied().unwrap_or(signal.centres[0] + whole);
            turns.push(centre);
            turns.push(circle.wrap(f64::midpoint(centre, next)));
        }
    }
    turns.sort_by(f64::total_cmp);
    let mut stretches = Vec::new();
    for pair in turns.windows(2) {
        let (mut from, mut to) = (pair[0], pair[1]);
        let middle = f64::midpoint(from, to);
        let mut permits = Vec::with_capacity(signals.len());
        for signal in signals {
            let off = signal.centres.iter().map(|c| circle.nearest(middle - c));
            let Some(off) = off.min_by(|a, b| a.abs().total_cmp(&b.abs())).filter(|_| !signal.free) else {
                permits.push(None);
                continue;
            };
            let slope = if off > 0.0 { -2.0 } else { 2.0 };
            let peak = signal.green[0] + signal.green[1];
            let line = Line { slope, at_zero: peak - 2.0 * off.abs() - slope * middle };
            let zero = -line.at_zero / slope;
            if slope > 0.0 {
                from = from.max(zero)
            } else {
                to = to.min(zero)
            }
            permits.push(Some(line));
        }
        if to >= from {
            let apex = f64::midpoint(from, to);
            stretches.push(Stretch { from, to, permits, bound: f64::INFINITY, apex, rising: None, falling: None });
        }
    }
    stretches
}

/// An upper bound at every position: a constant and a price for what each signal permits.
struct Cut {
    constant: f64,
    prices: Vec<f64>,
}

impl Stretch {
    /// Takes a bound in; `own` where it was made on this stretch.
    fn take(&mut self, cut: &Cut, own: bool) {
        let mut line = Line { slope: 0.0, at_zero: cut.constant };
        for (price, permits) in cut.prices.iter().zip(&self.permits) {
            if let Some(permits) = permits {
                line.slope += price * permits.slope;
                line.at_zero += price * permits.at_zero;
            }
        }
        let (mut rising, mut falling) = (self.rising, self.falling);
        if line.slope > 1e-12 {
            rising = Some(line);
        } else if line.slope < -1e-12 {
            falling = Some(line);
        } else {
            // Level: nothing on the stretch is worth more.
            self.bound = self.bound.min(line.at(self.from).max(line.at(self.to)));
            return;
        }
        let apex = match (rising, falling) {
            (Some(up), Some(down)) => ((down.at_zero - up.at_zero) / (up.slope - down.slope)).clamp(self.from, self.to),
            (Some(_), None) => self.to,
            _ => self.from,
        };
        let bound = [rising, falling].into_iter().flatten().map(|l| l.at(apex)).fold(f64::INFINITY, f64::min);
        if own || bound < self.bound {
            self.bound = self.bound.min(bound);
            (self.apex, self.rising, self.falling) = (apex, rising, falling);
        }
    }
}

/// The programme of link widths.
struct Links {
    program: Program,
    state: State,
    /// The signal of each row behind the variables' bounds.
    owner: Vec<usize>,
    first: usize,
    links: usize,
}

impl Links {
    fn new(signals: &[Signal], weights: &[[f64; 2]]) -> Self {
        let links = weights.len();
        let mut variables = Vec::with_capacity(2 * links);
        for d in 0..2 {
            for (l, weight) in weights.iter().enumerate() {
                let most = signals[l].green[d].min(signals[l + 1].green[d]);
                variables.push((weight[d] / links as f64, 0.0, most));
            }
        }
        let (mut program, mut state) = Program::new(&variables);
        let first = state.most.len();
        let mut owner = Vec::new();
        for (i, _) in signals.iter().enumerate().filter(|(_, s)| !s.free) {
            let here = i.saturating_sub(1)..(i + 1).min(links);
            for out in here.clone() {
                for inbound in here.clone() {
                    program.row(&mut state, vec![(out, 1.0), (links + inbound, 1.0)], 0.0);
                    owner.push(i);
                }
            }
        }
        Links { program, state, owner, first, links }
    }

    /// The value at a position, the bound that follows for all positions, and the widths if the optimum was reached.
    fn solve(&mut self, stretch: &Stretch, position: f64) -> (f64, Cut, Option<Vec<[f64; 2]>>) {
        for (row, &signal) in self.owner.iter().enumerate() {
            let permitted = stretch.permits[signal].map_or(0.0, |line| line.at(position).max(0.0));
            self.state.most[self.first + row] = permitted;
        }
        let end = self.program.solve(&mut self.state);
        let mut cut = Cut { constant: self.program.bound(&self.state), prices: vec![0.0; stretch.permits.len()] };
        for (row, price) in self.program.multipliers(&self.state) {
            if row >= self.first {
                cut.prices[self.owner[row - self.first]] += price;
                cut.constant -= price * self.state.most[row];
            }
        }
        let x = &self.state.x;
        let widths = (0..self.links).map(|l| [x[l].max(0.0), x[self.links + l].max(0.0)]).collect();
        (self.program.gain(&self.state), cut, (end == End::Optimal).then_some(widths))
    }
}

/// Offsets for link widths at a relative position of the centre lines, and what they attain.
fn answer(problem: &BandProblem, position: f64, widths: &[[f64; 2]], weights: &[[f64; 2]], bound: f64) -> LinkBands {
    let circle = problem.circle;
    let links = widths.len();
    let (mut offsets_s, mut patterns) = (Vec::new(), Vec::new());
    let mut travelled = 0.0;
    for (i, (signal, apart)) in problem.signals.iter().zip(problem.apart()).enumerate() {
        // The nearest pattern, and how far its outbound green's centre may lie from the centre line.
        let off = |k: usize| circle.nearest(position - signal[k].centres_apart_s() - apart);
        let chosen = (0..signal.len()).min_by(|&a, &b| off(a).abs().total_cmp(&off(b).abs())).unwrap_or(0);
        let green = signal[chosen].green_s.map(|g| g.clamp(0.0, circle.seconds()));
        let [out, inbound] = [0, 1].map(|d| {
            let here = i.saturating_sub(1)..(i + 1).min(links);
            let wanted = here.map(|l| widths[l][d]).fold(0.0, f64::max);
            // Never red: anywhere.
            if green[d] < circle.seconds() { (green[d] - wanted) / 2.0 } else { circle.seconds() }
        });
        let off = off(chosen);
        let late = f64::midpoint((-out).max(-inbound - off), out.min(inbound - off));
        offsets_s.push(circle.wrap(travelled - late - signal[chosen].start_s[0] - green[0] / 2.0));
        patterns.push(chosen);
        travelled += problem.links.get(i).map_or(0.0, |l| l[0]);
    }
    let widths_s = measured(problem, &offsets_s, &patterns, [0.0, position]);
    let total: f64 = widths_s.iter().zip(weights).map(|(b, a)| a[0] * b[0] + a[1] * b[1]).sum();
    let value = total / links as f64;
    LinkBands { offsets_s, patterns, widths_s, value, bound: bound.max(value) }
}

/// The link bands that offsets and patterns attain about centre lines that pass the first signal each direction meets at
/// `centres`, measured as geometry.
fn measured(problem: &BandProblem, offsets_s: &[f64], patterns: &[usize], centres: [f64; 2]) -> Vec<[f64; 2]> {
    let circle = problem.circle;
    let reach = |i: usize, d: usize| {
        let links = if d == 0 { &problem.links[..i] } else { &problem.links[i..] };
        let passes = centres[d] + links.iter().map(|l| l[d]).sum::<f64>();
        let pattern = problem.signals[i][patterns[i]];
        let green = pattern.green_s[d];
        let far = circle.nearest(passes - offsets_s[i] - pattern.start_s[d] - green / 2.0).abs();
        if green < circle.seconds() { (green - 2.0 * far).max(0.0) } else { circle.seconds() }
    };
    (0..problem.links.len()).map(|l| [0, 1].map(|d| reach(l, d).min(reach(l + 1, d)))).collect()
}

#[cfg(test)]
#[path = "multiband_tests.rs"]
mod tests;
