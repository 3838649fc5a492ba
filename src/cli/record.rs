//! The report of a replay as JSON (contract 21): results, what was asked for, and where the numbers come from.

use super::inputs::Inputs;
use crate::replay::{BusKind, Results, Study};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Names the form of the report.
pub(super) const SCHEMA: &str = "greenwave-replay/1";

/// The report.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    pub(super) schema: &'static str,
    pub(super) provenance: Provenance,
    pub(super) study: Asked,
    #[serde(flatten)]
    pub(super) results: &'a Results,
}

/// What was run: all that `--verify` needs, besides the files, to run it again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) arms: Vec<String>,
    pub(super) days: Vec<String>,
    pub(super) seeds_per_day: u64,
    pub(super) from_s: u32,
    pub(super) to_s: u32,
    /// How much of the scenario's vehicles; reports from before it could be asked for have all of them.
    #[serde(default = "all")]
    pub(super) demand: f64,
    /// What happens besides the ordinary days: names of scenes, with what is in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) scenes: Vec<String>,
}

fn all() -> f64 {
    1.0
}

/// Where the numbers come from. What lies in here may differ between two runs of the same results.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Provenance {
    pub(super) version: String,
    pub(super) commit: String,
    /// Hashes: SHA-256 in hexadecimal; of the definitions the network's fingerprint.
    pub(super) definition: String,
    pub(super) counts: String,
    pub(super) scenario: String,
    pub(super) plans: Option<String>,
    /// Absent where no scene was laid over the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scene: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trips: Option<String>,
    /// Where the files lay, as typed or found.
    pub(super) files: Files,
    pub(super) command: String,
    pub(super) bus: String,
}

/// Where the files lay.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Files {
    pub(super) definitions: Vec<PathBuf>,
    pub(super) counts: PathBuf,
    pub(super) scenario: PathBuf,
    pub(super) plans: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scene: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trips: Option<PathBuf>,
}

impl Asked {
    /// What a study asks for; bus and threads do not change results and are not in it.
    pub(super) fn of(study: &Study, scenes: Vec<String>) -> Asked {
        Asked {
            arms: study.arms.iter().map(ToString::to_string).collect(),
            days: study.days.iter().map(ToString::to_string).collect(),
            seeds_per_day: study.seeds_per_day,
            from_s: study.from_s,
            to_s: study.to_s,
            demand: study.demand,
            scenes,
        }
    }
}

impl Provenance {
    /// Of a run of this program on these files.
    pub(super) fn of(inputs: &Inputs, paths: &[PathBuf], bus: BusKind) -> Provenance {
        Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: env!("GREENWAVE_COMMIT").to_owned(),
            definition: inputs.network.fingerprint().to_string(),
            counts: inputs.profile.hash.clone(),
            scenario: inputs.scenario.hash.clone(),
            plans: inputs.plans.as_ref().map(|p| p.hash.clone()),
            scene: inputs.scene.as_ref().map(|s| s.hash.clone()),
            trips: inputs.trips.as_ref().map(|t| t.0.clone()),
            files: Files {
                definitions: paths.to_vec(),
                counts: inputs.profile.path.clone(),
                scenario: inputs.scenario.path.clone(),
                plans: inputs.plans.as_ref().map(|p| p.path.clone()),
                scene: inputs.scene.as_ref().map(|s| s.path.clone()),
                trips: inputs.trips.as_ref().map(|t| t.1.clone()),
            },
            command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
            bus: match bus {
                BusKind::Tcp => "tcp",
                BusKind::Memory => "memory",
            }
            .to_owned(),
        }
    }
}
