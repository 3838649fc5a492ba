//! One signal at a time to its best place among its neighbours: a first answer, and the polish of others. No proof.

use super::problem::{OffsetProblem, Prices, Setting};

/// The most rounds over all signals.
const MOST_ROUNDS: usize = 50;

/// Who is joined to whom: for each signal its neighbours, with the prices from each of them.
#[derive(Debug, Clone)]
pub(super) struct Neighbours(Vec<Vec<(usize, Prices)>>);

impl Neighbours {
    /// Of a problem whose links join different signals.
    pub(super) fn new(core: &OffsetProblem) -> Neighbours {
        let mut neighbours = vec![Vec::new(); core.signals.len()];
        for link in &core.links {
            let [near, far] = link.ends;
            neighbours[far].push((near, link.prices.clone()));
            neighbours[near].push((far, link.prices.turned()));
        }
        Neighbours(neighbours)
    }

    /// A first answer: signals in this order, each at its best towards those before it, then descent.
    pub(super) fn first(&self, core: &OffsetProblem, order: impl Iterator<Item = usize>) -> Vec<Setting> {
        let mut settings = vec![Setting::default(); core.signals.len()];
        let mut placed = vec![false; core.signals.len()];
        for signal in order {
            settings[signal] = self.best(core, signal, &settings, &placed);
            placed[signal] = true;
        }
        self.descend(core, &mut settings);
        settings
    }

    /// Moves one signal after the other as long as it pays.
    pub(super) fn descend(&self, core: &OffsetProblem, settings: &mut [Setting]) {
        let placed = vec![true; settings.len()];
        for _ in 0..MOST_ROUNDS {
            let mut moved = false;
            for signal in 0..settings.len() {
                let best = self.best(core, signal, settings, &placed);
                moved |= best != settings[signal];
                settings[signal] = best;
            }
            if !moved {
                break;
            }
        }
    }

    /// The best setting of a signal among its placed neighbours; the present one if nothing is better.
    fn best(&self, core: &OffsetProblem, signal: usize, settings: &[Setting], placed: &[bool]) -> Setting {
        let n = core.steps;
        let cost = |at: Setting| {
            let beside = self.0[signal].iter().filter(|(other, _)| placed[*other]);
            let price = |(other, prices): &(usize, Prices)| {
                let other = settings[*other];
                prices.row(other.choice, at.choice)[(at.offset + n - other.offset) % n]
            };
            core.signals[signal][at.choice] + beside.map(price).sum::<f64>()
        };
        let mut best = settings[signal];
        let mut least = cost(best);
        for choice in 0..core.signals[signal].len() {
            for offset in 0..n {
                let here = cost(Setting { offset, choice });
                if here < least {
                    (best, least) = (Setting { offset, choice }, here);
                }
            }
        }
        best
    }
}
