//! The orders in which the stages may come: the programmed one, and others the cabinet is installed for.
//!
//! Knows: which stage follows which. Must not know: greens, which order runs.
//!
//! Every order begins with stage 1, so that a cycle of any order starts with the same green, and a change of orders is a change of
//! what comes after it.

use super::spec::{CabinetSpec, SpecError};

/// An order of all stages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    /// Stages as they come; the first is stage 0.
    stages: Vec<usize>,
    /// Where each stage comes.
    places: Vec<usize>,
    /// The stage at whose start the reference phase becomes green.
    pub(super) reference: usize,
}

impl Order {
    /// The programmed order and those that are permitted beside it.
    pub(super) fn all(spec: &CabinetSpec, members: &[u64]) -> Result<Vec<Order>, SpecError> {
        let n = members.len();
        let programmed: Vec<usize> = (0..n).collect();
        let mut all: Vec<Order> = Vec::new();
        for stages in std::iter::once(&programmed).chain(&spec.sequences) {
            let mut sorted = stages.clone();
            sorted.sort_unstable();
            if sorted != programmed || stages[0] != 0 || all.iter().any(|o| o.stages == *stages) {
                return Err(SpecError::Shape { what: "sequences" });
            }
            let mut places = vec![0; n];
            stages.iter().enumerate().for_each(|(place, &k)| places[k] = place);
            let served = |k: usize| members[k] >> spec.reference_phase & 1 == 1;
            let starts = |place: &usize| served(stages[*place]) && !served(stages[(place + n - 1) % n]);
            let reference = (0..n).find(starts).map_or(0, |place| stages[place]);
            all.push(Order { stages: stages.clone(), places, reference });
        }
        Ok(all)
    }

    /// The stages as they come.
    pub(super) fn stages(&self) -> &[usize] {
        &self.stages
    }

    /// Where stage `k` comes, from 0.
    pub(super) fn place(&self, k: usize) -> usize {
        self.places[k]
    }

    /// The stage after `k`.
    pub(super) fn after(&self, k: usize) -> usize {
        self.stages[(self.places[k] + 1) % self.stages.len()]
    }

    /// The stage before `k`.
    pub(super) fn before(&self, k: usize) -> usize {
        let n = self.stages.len();
        self.stages[(self.places[k] + n - 1) % n]
    }

    /// The stage after `k` when one is left out.
    pub(super) fn after_without(&self, k: usize, absent: Option<usize>) -> usize {
        let next = self.after(k);
        if Some(next) == absent { self.after(next) } else { next }
    }

    /// The stages that are left when one is left out.
    pub(super) fn without(&self, absent: usize) -> Vec<usize> {
        self.stages.iter().copied().filter(|&k| k != absent).collect()
    }
}
