//! All of it together: fold, bound, search with growing room, and say what was proven.

use super::cycles::Shares;
use super::descend::Neighbours;
use super::order::order;
use super::problem::{OffsetProblem, Setting, lowest};
use super::reduce::reduce;
use super::sweep::Sweep;

/// Rounds of sharing out before the first pass, and once more where it did not suffice.
const ROUNDS: [usize; 2] = [40, 100];
/// Pictures a stage of the first pass, and how much more room each further pass has.
const FIRST_ROOM: usize = 64;
const MORE_ROOM: usize = 16;
/// Costs closer than this share of the optimum count as equal.
const EQUAL: f64 = 1e-10;

/// How much a search may take.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    /// Pictures kept at a time, 32 bytes each and as much again while one stage is worked off.
    pub most_pictures: usize,
    /// Asked every few milliseconds; the search ends with its best answer so far once it says yes.
    pub stop: &'a dyn Fn() -> bool,
}

impl Default for Budget<'_> {
    /// Half a gigabyte, however long it takes.
    fn default() -> Self {
        Budget { most_pictures: 12_000_000, stop: &|| false }
    }
}

/// The best settings found, with what is proven about them.
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetSolution {
    /// Offset and choice of every signal.
    pub settings: Vec<Setting>,
    /// What they cost.
    pub cost: f64,
    /// No settings cost less.
    pub bound: f64,
    /// Whether the two are equal (to 1 part in 10^10): the settings are optimal.
    pub proof: bool,
}

/// The least cost, proven, or the best answer that the budget allows with a bound.
pub fn solve_offsets(problem: &OffsetProblem, budget: &Budget<'_>) -> OffsetSolution {
    let reduced = reduce(problem);
    let core = &reduced.core;
    let (settings, bound) = if core.signals.is_empty() { (Vec::new(), f64::INFINITY) } else { search(core, budget) };
    let settings = reduced.unfold(&settings);
    let cost = problem.price(&settings);
    // The bound is that of the core; an infinite one says that nothing is better than what was found.
    let bound = if bound.is_finite() { (bound + reduced.folded).min(cost) } else { cost };
    let proof = cost - bound <= 10.0 * EQUAL * cost.abs();
    OffsetSolution { settings, cost, bound: if proof { cost } else { bound }, proof }
}

/// The best settings of a core, and a bound below all others; infinite where none is needed.
fn search(core: &OffsetProblem, budget: &Budget<'_>) -> (Vec<Setting>, f64) {
    let order = order(core);
    let neighbours = Neighbours::new(core);
    let mut best = neighbours.first(core, order.iter().map(|s| s.signal));
    let mut cost = core.price(&best);
    let own: f64 = core.signals.iter().map(|own| lowest(own)).sum();
    let mut shares = Shares::equal(core);
    let mut bound = own + shares.bound;
    let mut room = FIRST_ROOM;
    let most_room = (budget.most_pictures / order.len().max(1)).max(FIRST_ROOM);
    for pass in 0.. {
        let rounds = ROUNDS.get(pass).copied().unwrap_or(0);
        let goes_on = shares.raise(rounds, budget.stop);
        bound = bound.max(own + shares.bound);
        if bound >= cost - EQUAL * cost.abs() {
            return (best, f64::INFINITY);
        }
        let sweep = if goes_on { Sweep::new(core, order.clone(), &shares) } else { None };
        let Some(sweep) = sweep else { break };
        let Some(done) = sweep.pass(cost - EQUAL * cost.abs(), room, budget.stop) else { break };
        if let Some(mut found) = done.found {
            neighbours.descend(core, &mut found);
            let found_cost = core.price(&found);
            if found_cost < cost {
                (best, cost) = (found, found_cost);
            }
        }
        if done.let_go >= cost - EQUAL * cost.abs() {
            return (best, f64::INFINITY);
        }
        bound = bound.max(done.let_go);
        if room >= most_room {
            break;
        }
        room = (room * MORE_ROOM).min(most_room);
    }
    (best, bound)
}
