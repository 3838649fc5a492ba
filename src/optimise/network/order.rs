//! The order in which a sweep takes the core's signals in, so that few stand at its front at any time.
//!
//! Knows: who is joined to whom. Must not know: prices.

use super::problem::OffsetProblem;

/// One signal taken in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stage {
    /// The signal.
    pub(super) signal: usize,
    /// The front before it: signals taken in that have neighbours still outside.
    pub(super) before: Vec<usize>,
    /// Of those, who stays.
    pub(super) rest: Vec<usize>,
    /// And who has no neighbour outside any more.
    pub(super) gone: Vec<usize>,
    /// Whether the signal itself has neighbours outside.
    pub(super) stays: bool,
}

impl Stage {
    /// The front after it.
    pub(super) fn after(&self) -> Vec<usize> {
        let mut after = self.rest.clone();
        if self.stays {
            after.push(self.signal);
        }
        after
    }
}

/// Signals the order is tried from, evenly chosen in larger cores.
const MOST_STARTS: usize = 32;

/// A good order: greedy from many signals, the cheapest kept.
pub(super) fn order(core: &OffsetProblem) -> Vec<Stage> {
    let count = core.signals.len();
    let mut beside: Vec<Vec<usize>> = vec![Vec::new(); count];
    for link in &core.links {
        beside[link.ends[0]].push(link.ends[1]);
        beside[link.ends[1]].push(link.ends[0]);
    }
    let mut best: Option<(f64, Vec<Stage>)> = None;
    for start in (0..count).step_by(count.div_ceil(MOST_STARTS).max(1)) {
        let stages = greedy(&beside, start);
        let cost = stages.iter().map(|s| (s.before.len() as f64 * (core.steps as f64).ln()).exp()).sum();
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, stages));
        }
    }
    best.map(|(_, stages)| stages).unwrap_or_default()
}

fn greedy(beside: &[Vec<usize>], start: usize) -> Vec<Stage> {
    let count = beside.len();
    let mut inside = vec![false; count];
    let mut front: Vec<usize> = Vec::new();
    let mut stages = Vec::with_capacity(count);
    let mut next = Some(start);
    while let Some(signal) = next {
        inside[signal] = true;
        let open = |s: usize| beside[s].iter().any(|&b| !inside[b]);
        let (rest, gone): (Vec<usize>, Vec<usize>) = front.iter().partition(|&&s| open(s));
        let stage = Stage { signal, before: front, rest, gone, stays: open(signal) };
        front = stage.after();
        stages.push(stage);
        // Next: whoever leaves the smallest front; among them the neighbour of whoever has waited longest.
        let score = |s: usize| {
            let closes = |f: usize| beside[f].iter().all(|&b| b == s || inside[b]);
            let left = front.iter().filter(|&&f| !closes(f)).count();
            let stays = usize::from(beside[s].iter().any(|&b| !inside[b] && b != s));
            let waited = front.iter().position(|f| beside[*f].contains(&s)).unwrap_or(count);
            (left + stays, waited, s)
        };
        let near = |s: &usize| front.is_empty() || beside[*s].iter().any(|b| inside[*b]);
        next = (0..count).filter(|&s| !inside[s]).filter(near).min_by_key(|&s| score(s));
    }
    stages
}
