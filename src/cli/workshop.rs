//! The definition files as the centre may change them.

use super::files;
use super::prepare::Knowledge;
use crate::calendar::Calendar;
use crate::centre::{Expected, Workshop};
use crate::control::Setup;
use crate::corridor::Network;
use crate::optimise::{Settings, predict, propose};
use crate::units::Moment;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Seconds of demand that plans are judged for.
const AHEAD_S: u32 = 900;
/// A day ends.
const DAY_S: u32 = 86_400;

/// The files of a service, and what its cores are made with.
pub(super) struct Shop {
    pub(super) paths: Vec<PathBuf>,
    pub(super) knowledge: Knowledge,
    pub(super) armed: bool,
    pub(super) settings: Settings,
}

impl Workshop for Shop {
    fn files(&self) -> Result<Vec<(String, Vec<u8>)>, String> {
        files::definitions(&self.paths).map_err(|e| format!("{e:#}"))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        // Only files that are part of the network.
        let known = self.files()?.iter().any(|(file, _)| file == name);
        if !known {
            return Err(format!("{name} is no file of the network"));
        }
        files::write(Path::new(name), text.as_bytes()).map_err(|e| format!("{e:#}"))
    }

    fn setup(&self, network: Arc<Network>) -> Result<Setup, String> {
        let prepared = self.knowledge.prepare(&network, &self.paths, self.armed, &mut |_| ());
        prepared.map(|(setup, _)| setup).map_err(|e| format!("{e:#}"))
    }

    fn effect(&self, network: &Network, now: Moment) -> Option<Expected> {
        let second = Calendar::new(network).second_of_day(now);
        let profile = files::profile(network, &self.paths, self.knowledge.counts.as_deref()).ok()?.value;
        let flows = profile.mean(second, (second + AHEAD_S).min(DAY_S));
        let plans = propose(network, &flows, None, &self.settings).ok()?.plans;
        let expected = predict(network, &flows, &plans, &self.settings)?;
        Some(Expected {
            delay_veh_h_per_h: expected.delay_veh_s_per_h / 3600.0,
            stops_per_h: expected.stops_per_h,
            worst_saturation: expected.worst_saturation,
        })
    }
}
