//! What the optimiser is asked.
//!
//! Knows: the network, samples of flows, settings. Must not know: how plans are found.

use super::delay::{Prediction, prediction};
use super::samples::Samples;
use super::scene::Scene;
use super::settings::Settings;
use super::state::{Judge, State};
use crate::corridor::Network;
use crate::plan::Plan;
use std::fmt;

/// A question to the optimiser: plans for this network and these flows. Searches end by counting their work, so that the same
/// question has the same answer on any machine; told to stop before, they give the best they have.
#[derive(Clone, Copy)]
pub struct Brief<'a> {
    /// The network.
    pub network: &'a Network,
    /// What to plan for.
    pub samples: &'a Samples,
    /// Model, objective and how far to search.
    pub settings: &'a Settings,
    /// Asked after every evaluation.
    pub stop: &'a dyn Fn() -> bool,
}

impl Brief<'_> {
    /// Predicts what traffic suffers under `plans` (one an intersection, in the network's order) on the samples together.
    /// `None` when there is not one plan an intersection.
    pub fn predict(&self, plans: &[Plan]) -> Option<Prediction> {
        if plans.len() != self.network.intersections().len() {
            return None;
        }
        let scene = Scene::over(self.network, self.samples.all(), &self.settings.model);
        let judge = Judge::new(&self.settings.objective);
        let state = State::new(&scene, plans, &judge);
        Some(prediction(&scene, &state, &judge))
    }
}

impl fmt::Debug for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brief")
            .field("samples", &self.samples)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
