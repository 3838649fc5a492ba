//! Several samples of the same hour and what they are worth together: their mean, and the mean of the worst of them.
//!
//! Knows: costs by sample. Must not know: what was sampled.

use serde::Serialize;

/// How samples are judged: their mean, and the mean of their worst part (conditional value at risk; Rockafellar and Uryasev,
/// Journal of Risk 2(3), 2000).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tail {
    /// Weight of the worst part; 0 is the mean alone, 1 the worst part alone.
    pub(super) weight: f64,
    /// Share of the samples that is the worst part; above 0, at most 1.
    pub(super) share: f64,
}

impl Tail {
    /// The mean alone.
    pub const MEAN: Tail = Tail { weight: 0.0, share: 1.0 };

    /// A tail of a weight from 0 to 1 and a share above 0, at most 1; `None` otherwise.
    pub fn new(weight: f64, share: f64) -> Option<Tail> {
        ((0.0..=1.0).contains(&weight) && share > 0.0 && share <= 1.0).then_some(Tail { weight, share })
    }

    /// Weight of the worst part; 0 is the mean alone.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Share of the samples that is the worst part.
    pub fn share(&self) -> f64 {
        self.share
    }

    /// Whether it is the mean alone.
    pub(super) fn is_mean(&self) -> bool {
        self.weight <= 0.0
    }

    /// What samples are worth together; the slice is sorted where the tail counts.
    pub(super) fn judge(self, samples: &mut [f64]) -> f64 {
        let mean = samples.iter().sum::<f64>() / samples.len() as f64;
        if self.weight <= 0.0 {
            return mean;
        }
        samples.sort_unstable_by(|a, b| b.total_cmp(a));
        let whole = self.share * samples.len() as f64;
        let worst: f64 = samples.iter().zip(self.parts(samples.len())).map(|(sample, part)| part * sample).sum();
        (1.0 - self.weight) * mean + self.weight * worst / whole
    }

    /// How much of each sample lies in the worst part, the worst sample first.
    fn parts(self, count: usize) -> impl Iterator<Item = f64> {
        let whole = self.share * count as f64;
        (0..count).map(move |rank| (whole - rank as f64).clamp(0.0, 1.0))
    }

    /// What each sample counts for at these costs; they sum to one. The judgement is the sum of the costs so weighted, and no
    /// less than that for any other costs: it is convex and these are a subgradient.
    pub(super) fn weights(self, samples: &[f64]) -> Vec<f64> {
        let count = samples.len() as f64;
        let mut order: Vec<usize> = (0..samples.len()).collect();
        order.sort_by(|&a, &b| samples[b].total_cmp(&samples[a]));
        let mut weights = vec![(1.0 - self.weight) / count; samples.len()];
        for (&sample, part) in order.iter().zip(self.parts(samples.len())) {
            weights[sample] += self.weight * part / (self.share * count);
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Stream;
    use super::*;

    #[test]
    fn the_worst_part_is_the_mean_of_the_dearest_samples() {
        let judged = |weight, share| Tail { weight, share }.judge(&mut [4.0, 1.0, 3.0, 2.0]);
        assert_eq!(judged(0.0, 0.25), 2.5);
        assert_eq!(judged(1.0, 0.25), 4.0);
        assert_eq!(judged(1.0, 0.5), 3.5);
        assert!((judged(1.0, 0.375) - (4.0 + 0.5 * 3.0) / 1.5).abs() < 1e-12);
        assert_eq!(judged(0.5, 0.25), 3.25);
    }

    #[test]
    fn weights_give_the_judgement_and_are_below_it_for_other_costs() {
        let mut random = Stream(3);
        for _ in 0..200 {
            let tail = Tail { weight: random.next(), share: random.between(0.05, 1.0) };
            let count = 1 + random.index(7);
            let costs: Vec<f64> = (0..count).map(|_| random.between(0.0, 100.0)).collect();
            let others: Vec<f64> = (0..count).map(|_| random.between(0.0, 100.0)).collect();
            let weights = tail.weights(&costs);
            let weighed = |of: &[f64]| of.iter().zip(&weights).map(|(c, w)| c * w).sum::<f64>();
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!((weighed(&costs) - tail.judge(&mut costs.clone())).abs() < 1e-9);
            assert!(weighed(&others) <= tail.judge(&mut others.clone()) + 1e-9);
        }
    }
}
