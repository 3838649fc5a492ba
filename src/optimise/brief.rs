//! What the optimiser is asked.
//!
//! Knows: the network, samples of flows, settings. Must not know: how plans are found.

use super::delay::{Prediction, prediction};
use super::measured;
use super::samples::Samples;
use super::scene::Scene;
use super::settings::Settings;
use super::state::{Judge, State};
use crate::corridor::Network;
use crate::demand::Platoon;
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
    /// Arrivals as measured, for the model to agree with.
    pub measured: Option<Measured<'a>>,
    /// Asked between the steps of a search, many times a second; an exact search of offsets once begun is finished.
    pub stop: &'a dyn Fn() -> bool,
}

/// Arrivals over the cycle as upstream loops count them.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// What was counted.
    pub platoons: &'a [Platoon],
    /// The plans under which it was, one an intersection.
    pub under: &'a [Plan],
}

impl<'a> Brief<'a> {
    /// The question without anything measured, and no end but its work's.
    pub fn new(network: &'a Network, samples: &'a Samples, settings: &'a Settings) -> Brief<'a> {
        Brief { network, samples, settings, measured: None, stop: &|| false }
    }

    /// The scene it is about.
    pub(super) fn scene(&self) -> Scene<'a> {
        let mut scene = Scene::over(self.network, self.samples.all(), &self.settings.model);
        if let Some(measured) = self
            .measured
            .filter(|_| self.settings.model.measured_platoons)
            .filter(|m| m.under.len() == self.network.intersections().len())
        {
            measured::agree(&mut scene, &measured, &Judge::new(&self.settings.objective));
        }
        scene
    }

    /// Predicts what traffic suffers under `plans` (one an intersection, in the network's order) on the samples together.
    /// `None` when there is not one plan an intersection.
    pub fn predict(&self, plans: &[Plan]) -> Option<Prediction> {
        if plans.len() != self.network.intersections().len() {
            return None;
        }
        let scene = self.scene();
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
