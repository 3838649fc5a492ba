//! What a core is set up with, from the files beside the definitions.

use super::files;
use crate::control::{Policy, Setup};
use crate::corridor::Network;
use crate::optimise::Settings;
use crate::replay::{Training, train};
use crate::safety::Limits;
use crate::transition::Bounds;
use crate::work::free_choices;
use anyhow::Result;
use clap::Args as ClapArgs;
use std::path::PathBuf;
use std::sync::Arc;

/// What the core knows of the street's days.
#[derive(Debug, Clone, ClapArgs)]
pub(super) struct Knowledge {
    /// Counts of the mean day (default: ../sim/scenarios/CORRIDOR/mean-workday.csv from the definition).
    #[arg(long, value_name = "FILE")]
    pub(super) counts: Option<PathBuf>,
    /// Day plan book (default: plans/CORRIDOR.toml beside the definition; if there is none, plans are computed).
    #[arg(long, value_name = "FILE")]
    pub(super) plans: Option<PathBuf>,
    /// Let what loops upstream count over the cycle correct the optimiser's model of platoons.
    #[arg(long)]
    pub(super) measured_platoons: bool,
}

impl Knowledge {
    /// The core's setup and the optimiser's settings.
    pub(super) fn prepare(
        &self,
        network: &Arc<Network>,
        paths: &[PathBuf],
        armed: bool,
        note: &mut dyn FnMut(&str),
    ) -> Result<(Setup, Settings)> {
        let profile = files::profile(network, paths, self.counts.as_deref())?.value;
        let mut settings = Settings::default();
        settings.model.measured_platoons = self.measured_platoons;
        let day_plans = match files::day_plans(network, paths, self.plans.as_deref())? {
            Some(book) => book.value,
            None => {
                note("There is no day plan book for this network: the day plans are the model's optimum.");
                let untrained = Training { rounds: 0, threads: 1, within: None, days: &[] };
                train(network, &profile, None, &settings, &untrained, &mut |_| ())?
            }
        };
        let free = free_choices(network, &profile, &day_plans, &settings);
        let setup = Setup {
            network: network.clone(),
            profile,
            day_plans: day_plans.periods().to_vec(),
            operation: day_plans.operations().collect(),
            free,
            limits: Limits::default(),
            bounds: Bounds::default(),
            policy: Policy::default(),
            armed,
        };
        Ok((setup, settings))
    }
}
