//! The pure problem: signals on a circle of steps, links whose price depends on the difference of their ends' offsets.
//!
//! Knows: numbers. Must not know: where prices come from.

use serde::Serialize;

/// The price of a link for every difference of its ends' offsets and every pair of their choices.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    /// Choices at the near and the far end.
    choices: [usize; 2],
    steps: usize,
    cost: Vec<f64>,
}

impl Prices {
    /// All prices zero, for so many choices at the near and the far end.
    pub fn zero(choices: [usize; 2], steps: usize) -> Prices {
        Prices { choices, steps, cost: vec![0.0; choices[0] * choices[1] * steps] }
    }

    /// Prices of a link whose ends have one choice each: `cost[d]` where the far end's offset is `d` steps later.
    pub fn single(cost: Vec<f64>) -> Prices {
        Prices { choices: [1, 1], steps: cost.len(), cost }
    }

    /// Choices at the near and the far end.
    pub fn choices(&self) -> [usize; 2] {
        self.choices
    }

    /// Prices by later shift of the far end, for choice `a` at the near and `b` at the far end.
    pub fn row(&self, a: usize, b: usize) -> &[f64] {
        let at = (a * self.choices[1] + b) * self.steps;
        &self.cost[at..at + self.steps]
    }

    /// The same, to be set.
    pub fn row_mut(&mut self, a: usize, b: usize) -> &mut [f64] {
        let at = (a * self.choices[1] + b) * self.steps;
        &mut self.cost[at..at + self.steps]
    }

    /// All prices, row by row.
    pub(in super::super) fn all(&self) -> &[f64] {
        &self.cost
    }

    /// The same, to be set.
    pub(in super::super) fn all_mut(&mut self) -> &mut [f64] {
        &mut self.cost
    }

    /// The same link seen from its far end.
    pub(in super::super) fn turned(&self) -> Prices {
        let [ka, kb] = self.choices;
        let mut turned = Prices::zero([kb, ka], self.steps);
        for a in 0..ka {
            for b in 0..kb {
                let from = self.row(a, b);
                let to = turned.row_mut(b, a);
                to[0] = from[0];
                to[1..].iter_mut().zip(from[1..].iter().rev()).for_each(|(t, f)| *t = *f);
            }
        }
        turned
    }

    /// Adds another link between the same ends.
    pub(in super::super) fn add(&mut self, other: &Prices) {
        self.cost.iter_mut().zip(&other.cost).for_each(|(c, o)| *c += o);
    }

    /// All prices times a factor.
    pub(super) fn scale(&mut self, factor: f64) {
        self.cost.iter_mut().for_each(|c| *c *= factor);
    }

    /// Adds a price of each choice at the far end.
    pub(super) fn add_far(&mut self, own: &[f64]) {
        for a in 0..self.choices[0] {
            for (b, price) in own.iter().enumerate() {
                self.row_mut(a, b).iter_mut().for_each(|c| *c += price);
            }
        }
    }

    /// The least price.
    pub(in super::super) fn least(&self) -> f64 {
        lowest(&self.cost)
    }

    /// The least price of a ring of links cut open at a signal: both ends are that signal.
    pub(super) fn closed(&self) -> f64 {
        (0..self.choices[0]).map(|c| self.row(c, c)[0]).fold(f64::INFINITY, least)
    }
}

/// Two links in series, the signal between them at its best: circular min-plus convolution.
pub(super) fn series(first: &Prices, second: &Prices) -> Prices {
    let n = first.steps;
    let [ka, kb] = first.choices;
    let kc = second.choices[1];
    let mut both = Prices { choices: [ka, kc], steps: n, cost: vec![f64::INFINITY; ka * kc * n] };
    let mut twice = vec![0.0; 2 * n];
    for b in 0..kb {
        for c in 0..kc {
            twice[..n].copy_from_slice(second.row(b, c));
            twice[n..].copy_from_slice(second.row(b, c));
            for a in 0..ka {
                let into = both.row_mut(a, c);
                for (d, &p) in first.row(a, b).iter().enumerate() {
                    for (t, s) in into.iter_mut().zip(&twice[n - d..2 * n - d]) {
                        *t = least(*t, p + s);
                    }
                }
            }
        }
    }
    both
}

/// The smaller of two numbers that are no NaN; one machine instruction.
pub(super) fn least(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

/// The least of numbers that are no NaN.
pub(super) fn lowest(of: &[f64]) -> f64 {
    of.iter().copied().fold(f64::INFINITY, least)
}

/// A link of the problem.
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetLink {
    /// The near and the far signal.
    pub ends: [usize; 2],
    /// What it costs.
    pub prices: Prices,
}

impl OffsetLink {
    /// What the link costs under settings.
    pub(super) fn cost(&self, settings: &[Setting], n: usize) -> f64 {
        let [near, far] = self.ends.map(|e| settings[e]);
        self.prices.row(near.choice, far.choice)[(far.offset + n - near.offset) % n]
    }
}

/// Signals and links. Every signal has an offset of whole steps and one of its choices (phase patterns).
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetProblem {
    pub(super) steps: usize,
    pub(super) signals: Vec<Vec<f64>>,
    pub(super) links: Vec<OffsetLink>,
}

/// Where a signal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Setting {
    /// Offset, steps.
    pub offset: usize,
    /// Choice.
    pub choice: usize,
}

impl OffsetProblem {
    /// A problem of `steps` a cycle; `signals[i]` says what each choice of signal i costs by itself (one choice at least).
    /// Several links may join the same two signals. `None` where sizes do not fit or a number is not finite.
    pub fn new(steps: usize, signals: Vec<Vec<f64>>, links: Vec<OffsetLink>) -> Option<OffsetProblem> {
        let own = signals.iter().all(|own| !own.is_empty() && own.iter().all(|o| o.is_finite()));
        let fits = |link: &OffsetLink| {
            let choices = link.ends.map(|e| signals.get(e).map(Vec::len));
            choices == link.prices.choices.map(Some)
                && link.prices.steps == steps
                && link.prices.cost.len() == link.prices.choices[0] * link.prices.choices[1] * steps
                && link.prices.cost.iter().all(|c| c.is_finite())
        };
        (steps > 0 && own && links.iter().all(fits)).then_some(OffsetProblem { steps, signals, links })
    }

    /// What settings cost; `None` where they do not fit.
    pub fn cost(&self, settings: &[Setting]) -> Option<f64> {
        let fits = |(own, s): (&Vec<f64>, &Setting)| s.choice < own.len() && s.offset < self.steps;
        let fit = settings.len() == self.signals.len() && self.signals.iter().zip(settings).all(fits);
        fit.then(|| self.price(settings))
    }

    /// What settings that fit cost.
    pub(super) fn price(&self, settings: &[Setting]) -> f64 {
        let own: f64 = self.signals.iter().zip(settings).map(|(own, s)| own[s.choice]).sum();
        own + self.links.iter().map(|l| l.cost(settings, self.steps)).sum::<f64>()
    }

    /// For each signal the offset of the first signal of its connected part: what to take off so that the first stands at
    /// zero.
    pub fn zeros(&self, settings: &[Setting]) -> Vec<usize> {
        let mut first: Vec<usize> = (0..self.signals.len()).collect();
        for link in &self.links {
            let [one, other] = link.ends.map(|e| first[e]);
            let (low, high) = (one.min(other), one.max(other));
            first.iter_mut().filter(|f| **f == high).for_each(|f| *f = low);
        }
        first.into_iter().map(|f| settings[f].offset).collect()
    }

    /// The number of signals.
    pub fn signals(&self) -> usize {
        self.signals.len()
    }

    /// What each choice of a signal costs by itself.
    pub fn own(&self, signal: usize) -> &[f64] {
        &self.signals[signal]
    }

    /// The links.
    pub fn links(&self) -> &[OffsetLink] {
        &self.links
    }

    /// Steps of the cycle.
    pub fn steps(&self) -> usize {
        self.steps
    }
}
