//! What plans are made for: one or more samples of the same hour's flows, such as recent days, each as likely as the others.
//!
//! Knows: flows. Must not know: where they were counted, or what is worth what.

use crate::demand::Flows;

/// At least one sample of flows.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples(Vec<Flows>);

impl Samples {
    /// Several samples; `None` without any.
    pub fn new(samples: Vec<Flows>) -> Option<Samples> {
        (!samples.is_empty()).then_some(Samples(samples))
    }

    /// All of them.
    pub fn all(&self) -> &[Flows] {
        &self.0
    }

    /// Their mean, movement by movement.
    pub fn mean(&self) -> Flows {
        let mut mean = self.0[0].clone();
        for (before, sample) in (1_u32..).zip(&self.0[1..]) {
            mean = mean.blend(sample, 1.0 / f64::from(before + 1));
        }
        mean
    }

    /// Every flow of every sample times a factor.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Samples {
        Samples(self.0.iter().map(|flows| flows.scaled(factor)).collect())
    }
}

impl From<Flows> for Samples {
    fn from(flows: Flows) -> Samples {
        Samples(vec![flows])
    }
}

#[cfg(test)]
#[path = "samples_tests.rs"]
mod tests;
