//! What a replay is made of: definitions, counts, scenario and day plans, each with its place and its hash.

use super::args::DemandFiles;
use super::{files, tell};
use crate::control::Policy;
use crate::corridor::Network;
use crate::demand::DayProfile;
use crate::optimise::Settings;
use crate::plan::DayPlans;
use crate::replay::{Book, Shared, Training, train};
use crate::rig::Scenario;
use anyhow::{Result, anyhow};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything read.
pub(super) struct Inputs {
    pub(super) network: Arc<Network>,
    pub(super) profile: files::Hashed<DayProfile>,
    pub(super) scenario: files::Hashed<Scenario>,
    pub(super) plans: Option<files::Hashed<DayPlans>>,
    /// Where the scene lies that was laid over the scenario.
    pub(super) scene: Option<files::Hashed<()>>,
    /// Hash and place of the trips that the scenario's vehicles were replaced by.
    pub(super) trips: Option<(String, PathBuf)>,
}

impl Inputs {
    /// Reads what the paths name and what stands beside it.
    pub(super) fn read(paths: &[PathBuf], demand: &DemandFiles, plans: Option<&Path>) -> Result<Inputs> {
        let network = Arc::new(files::network(paths)?);
        Ok(Inputs {
            profile: files::profile(&network, paths, demand.counts.as_deref())?,
            scenario: files::scenario(&network, paths, demand.scenario.as_deref())?,
            plans: files::day_plans(&network, paths, plans)?,
            scene: None,
            trips: None,
            network,
        })
    }

    /// Lays a scene over the scenario's days.
    pub(super) fn stage(&mut self, scene: &Path) -> Result<()> {
        self.scene = Some(files::stage(&mut self.scenario.value, scene)?);
        Ok(())
    }

    /// The same with the trips of a file, if one is named.
    pub(super) fn with_trips(mut self, path: Option<&Path>) -> Result<Inputs> {
        if let Some(path) = path {
            let trips = files::trips(&self.network, self.scenario.value.clone(), path.to_path_buf())?;
            self.scenario.value = trips.value;
            self.trips = Some((trips.hash, trips.path));
        }
        Ok(self)
    }

    /// What all runs share: the book, or where there is none the model's optimum.
    pub(super) fn shared(&self) -> Result<Shared> {
        let (network, profile, settings) = (&self.network, &self.profile.value, Settings::default());
        let fixed = match &self.plans {
            Some(book) => book.value.clone(),
            None => {
                tell(
                    "There is no day plan book for this network: `fixed` is the model's optimum, not improved in the plant.",
                );
                let training = Training { rounds: 0, threads: 1, within: None, days: &[] };
                train(network, profile, None, &settings, &training, &mut |_| ())?
            }
        };
        let book = Book::new(network, profile, fixed, &settings)
            .ok_or_else(|| anyhow!("some intersection has no plan of its own within its limits"))?;
        Ok(Shared { network: network.clone(), profile: profile.clone(), book, settings, policy: Policy::default() })
    }
}
