//! The widest bands where cycle and speeds may be chosen within limits (Little 1966; Little, Kelson and Gartner 1981): exact
//! by branching, or with the gap that is left.
//!
//! Knows: greens as shares of a cycle, lengths, limits of speeds. Must not know: networks, plans or traffic.
//!
//! All lengths of time are shares of the cycle, so that with the frequency as a variable everything is linear. As with fixed
//! speeds ([`alignment`](super::alignment)) a signal sees only how far the centres of the bands lie apart there, and
//! permits `b + bb <= g + gg - 2 |apart - target|` for the nearest of its targets: one a left-turn sequence and whole
//! cycle. A node of the search leaves each signal a run of targets and bounds it by the hull of their tents; it is split
//! between the two targets where the programme's answer lies deepest under the hull. Where every signal has one target,
//! or lies under none, the programme is exact. Every node's speeds are also tried as fixed ones, which is what is told.

use super::bandwidth::{Aim, BandAnswer, BandPattern, BandProblem, widest};
use super::flexible_model::{Model, Node, Waiting};
use super::lp::End;
use super::multiband::{LinkBands, NoLinkBands, widest_links};
use crate::units::Circle;
use serde::Serialize;

/// Nodes looked at most.
const NODES: usize = 40_000;
/// Numbers of bases moved at most: some seconds.
const WORK: f64 = 2e9;
/// A bound so little above the best value counts as met, shares of the cycle.
pub(super) const EQUAL: f64 = 1e-9;

/// A link of a street with a choice of speeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlexibleLink {
    /// Between the stop lines, m.
    pub length_m: f64,
    /// Least and greatest speed outbound and inbound, m/s.
    pub speeds_m_s: [[f64; 2]; 2],
    /// By how much the band leaves the signal it arrives at earlier, outbound and inbound, s.
    pub clearance_s: [f64; 2],
}

/// A street whose cycle and speeds are to be chosen. Patterns are in shares of the cycle, though their fields say seconds:
/// those of a cycle of one second.
#[derive(Debug, Clone, PartialEq)]
pub struct FlexibleProblem {
    /// Least and greatest cycle, s.
    pub cycle_s: [f64; 2],
    /// The patterns of each signal, for a cycle of 1 s; those of one signal have through greens of the same lengths.
    pub signals: Vec<Vec<BandPattern>>,
    /// `links[i]` lies between signals i and i + 1.
    pub links: Vec<FlexibleLink>,
    /// By how much slowness (the inverse of speed) may change from link to link in a direction, s/m.
    pub slowness_change_s_m: Option<f64>,
}

/// What is to be wide, in shares of the cycle.
#[derive(Debug, Clone, PartialEq)]
pub enum FlexibleAim {
    /// Through bands; least widths of a sum are in seconds. `Proportional` is not offered: take `Ratio`.
    Through(Aim),
    /// Link bands, weighted as in [`widest_links`].
    Links(Vec<[f64; 2]>),
}

/// The bands of the chosen cycle and speeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Bands {
    /// Through bands, s.
    Through(BandAnswer),
    /// Link bands, s.
    Links(LinkBands),
}

/// The best choice found.
#[derive(Debug, Clone, PartialEq)]
pub struct FlexibleAnswer {
    /// The street at the chosen cycle and speeds.
    pub fixed: BandProblem,
    /// Speeds outbound and inbound, m/s.
    pub speeds_m_s: Vec<[f64; 2]>,
    /// Its bands.
    pub bands: Bands,
    /// The aim's value, shares of the cycle.
    pub value: f64,
    /// No choice is worth more, shares of the cycle.
    pub bound: f64,
    /// Nodes of the search.
    pub nodes: usize,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NoFlexibleAnswer {
    /// A list has the wrong length, a limit has nothing between its ends, or the aim is one that is not offered.
    #[error("the problem is malformed")]
    Malformed,
    /// Left-turn sequences of one signal have through greens of different lengths.
    #[error("the patterns of a signal have through greens of different lengths")]
    UnequalGreens,
    /// No cycle and speeds within the limits have such bands.
    #[error("no cycle and speeds within the limits have such bands")]
    Infeasible,
    /// None was found before the bound on the search was met.
    #[error("none found within the bound on the search")]
    NotFound,
}

impl From<NoLinkBands> for NoFlexibleAnswer {
    fn from(none: NoLinkBands) -> Self {
        match none {
            NoLinkBands::Malformed => NoFlexibleAnswer::Malformed,
            NoLinkBands::UnequalGreens => NoFlexibleAnswer::UnequalGreens,
            NoLinkBands::NoCentreLines => NoFlexibleAnswer::Infeasible,
        }
    }
}

/// Chooses cycle, speeds, patterns and offsets together; ends with the best so far once `stop` says yes.
///
/// # Errors
/// See [`NoFlexibleAnswer`].
pub fn widest_flexible(
    problem: &FlexibleProblem,
    aim: &FlexibleAim,
    stop: &dyn Fn() -> bool,
) -> Result<FlexibleAnswer, NoFlexibleAnswer> {
    if matches!(aim, FlexibleAim::Through(Aim::Proportional { .. })) {
        return Err(NoFlexibleAnswer::Malformed);
    }
    let (model, root) = Model::new(problem, aim)?;
    // One direction alone asks for no alignment, so any speeds do, and no cycle has more seconds than the longest.
    let any = model.any(&root).ok_or(NoFlexibleAnswer::Infeasible)?;
    let best = problem.at(&any).and_then(|(fixed, speeds)| attained(fixed, speeds, aim));
    let mut search = Search { aim, problem, model: &model, best, waiting: Vec::new(), doubt: f64::NEG_INFINITY };
    let (mut nodes, mut work) = (0, 0.0);
    let mut node = root;
    let mut bound = f64::INFINITY;
    // Down from the most promising node that waits, to where nothing better can be, and up to the next.
    loop {
        nodes += 1;
        let before = node.state.steps();
        let below = search.step(&mut node, bound);
        let moved = node.state.steps() - before + 1;
        work += moved as f64 * (node.state.x.len() * node.state.x.len()) as f64;
        if let Some(below) = below {
            bound = below;
            if nodes < NODES && work < WORK && !stop() {
                continue;
            }
            search.doubt = search.doubt.max(below);
        }
        let Some((waiting, over)) = search.next() else { break };
        if nodes >= NODES || work >= WORK || stop() {
            search.doubt = search.doubt.max(over);
            break;
        }
        match model.wake(waiting, &node) {
            Some(woken) => (node, bound) = (woken, over),
            None => search.doubt = search.doubt.max(over),
        }
    }
    let (best, left) = (search.best, search.doubt);
    match best {
        Some(mut best) => {
            best.bound = left.max(best.value);
            best.nodes = nodes;
            Ok(best)
        }
        None if left == f64::NEG_INFINITY => Err(NoFlexibleAnswer::Infeasible),
        None => Err(NoFlexibleAnswer::NotFound),
    }
}

/// What the search has and what it still has to look at.
struct Search<'a> {
    aim: &'a FlexibleAim,
    problem: &'a FlexibleProblem,
    model: &'a Model,
    best: Option<FlexibleAnswer>,
    waiting: Vec<(Waiting, f64)>,
    /// The bound of whatever was left unlooked at.
    doubt: f64,
}

impl Search<'_> {
    fn least(&self) -> f64 {
        self.best.as_ref().map_or(f64::NEG_INFINITY, |b| b.value)
    }

    /// Looks at a node; if something better may lie in it, goes on to its part on the answer's side and returns the bound.
    fn step(&mut self, node: &mut Node, over: f64) -> Option<f64> {
        if !self.model.narrow(node, self.least()) {
            return None;
        }
        let end = self.model.solve(node);
        if end == End::Infeasible {
            return None;
        }
        let bound = self.model.bound(node).min(over);
        if bound <= self.least() + EQUAL {
            return None;
        }
        if end == End::Unfinished {
            self.doubt = self.doubt.max(bound);
            return None;
        }
        let chosen = self.problem.at(&self.model.choice(&node.state.x));
        if let Some(answer) = chosen.and_then(|(fixed, speeds)| attained(fixed, speeds, self.aim))
            && answer.value > self.least()
        {
            self.best = Some(answer);
        }
        if bound <= self.least() + EQUAL {
            return None;
        }
        if let Some(waiting) = self.model.split(node) {
            self.waiting.push((waiting, bound));
            return Some(bound);
        }
        // Exact, yet a rounding short of being attained.
        self.doubt = self.doubt.max(bound);
        None
    }

    /// The most promising node that waits.
    fn next(&mut self) -> Option<(Waiting, f64)> {
        let least = self.least();
        self.waiting.retain(|(_, bound)| *bound > least + EQUAL);
        let (at, _) = self.waiting.iter().enumerate().max_by(|a, b| a.1.1.total_cmp(&b.1.1))?;
        Some(self.waiting.swap_remove(at))
    }
}

/// The bands of a fixed choice; their value is a share of its cycle.
fn attained(fixed: BandProblem, speeds_m_s: Vec<[f64; 2]>, aim: &FlexibleAim) -> Option<FlexibleAnswer> {
    let cycle = fixed.circle.seconds();
    let (bands, value) = match aim {
        FlexibleAim::Through(aim) => {
            let answer = widest(&fixed, *aim)?;
            let value = answer.value / cycle;
            (Bands::Through(answer), value)
        }
        FlexibleAim::Links(weights) => {
            let answer = widest_links(&fixed, weights).ok()?;
            let value = answer.value / cycle;
            (Bands::Links(answer), value)
        }
    };
    Some(FlexibleAnswer { fixed, speeds_m_s, bands, value, bound: f64::INFINITY, nodes: 0 })
}

impl FlexibleProblem {
    /// The street at a cycle and speeds.
    fn at(&self, choice: &Choice) -> Option<(BandProblem, Vec<[f64; 2]>)> {
        let circle = Circle::new(choice.cycle_s.clamp(self.cycle_s[0], self.cycle_s[1]))?;
        let scaled = |shares: [f64; 2]| shares.map(|s| s * circle.seconds());
        let patterns = |patterns: &Vec<BandPattern>| {
            let scale = |p: &BandPattern| BandPattern { start_s: scaled(p.start_s), green_s: scaled(p.green_s) };
            patterns.iter().map(scale).collect()
        };
        let signals = self.signals.iter().map(patterns).collect();
        let mut speeds = Vec::with_capacity(self.links.len());
        let mut links = Vec::with_capacity(self.links.len());
        for (link, slowness) in self.links.iter().zip(&choice.slowness_s_m) {
            let speed = [0, 1].map(|d| (1.0 / slowness[d]).clamp(link.speeds_m_s[d][0], link.speeds_m_s[d][1]));
            links.push([0, 1].map(|d| link.length_m / speed[d] - link.clearance_s[d]));
            speeds.push(speed);
        }
        Some((BandProblem { circle, signals, links }, speeds))
    }
}

/// A cycle and the slowness of every link, outbound and inbound.
pub(super) struct Choice {
    pub(super) cycle_s: f64,
    pub(super) slowness_s_m: Vec<[f64; 2]>,
}

#[cfg(test)]
#[path = "flexible_tests.rs"]
mod tests;
