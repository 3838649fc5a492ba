//! The core's aim on disk, so that the next run goes on with it after a kill, in the midst of a transition too.
//!
//! Knows: the file's form. Must not know: when an aim holds (the core asks the cabinets). A file that cannot be read or
//! written is noted and never stops control: without it the core goes on with what runs.

use crate::control::Aim;
use crate::corridor::Network;
use crate::plan::Plan;
use crate::units::{Shift, Tenths};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;

/// The file, and what it says.
pub(super) struct Memory {
    path: PathBuf,
    written: Option<Aim>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    /// Fingerprint of the definitions: plans of another street are no plans.
    definition: String,
    generation: u32,
    targets: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    intersection: String,
    offset_tenths: u32,
    greens_tenths: Vec<u32>,
}

impl Memory {
    pub(super) fn at(path: PathBuf) -> Memory {
        Memory { path, written: None }
    }

    /// What the file says; `Ok(None)` when there is none yet.
    pub(super) fn read(&self, network: &Network) -> Result<Option<Aim>, String> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let page: Page = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
        if page.definition != network.fingerprint() {
            return Err("it is about other definitions".to_owned());
        }
        let plan = |(at, line): (&crate::corridor::Intersection, &Line)| {
            let greens: Vec<Tenths> = line.greens_tenths.iter().map(|&g| Tenths::new(g)).collect();
            (at.id == line.intersection)
                .then(|| Plan::from_greens(at, &greens, Shift::new(i64::from(line.offset_tenths))))?
        };
        let targets: Option<Vec<Plan>> = network.intersections().iter().zip(&page.targets).map(plan).collect();
        let targets = targets.filter(|t| t.len() == page.targets.len() && t.len() == network.intersections().len());
        let targets = targets.ok_or("its plans are not of these intersections")?;
        Ok(Some(Aim { targets, generation: page.generation }))
    }

    /// Writes an aim whole or not at all, if it differs from what was written last.
    pub(super) fn keep(&mut self, network: &Network, aim: &Aim) -> Result<(), String> {
        if self.written.as_ref() == Some(aim) {
            return Ok(());
        }
        let line = |(at, plan): (&crate::corridor::Intersection, &Plan)| Line {
            intersection: at.id.clone(),
            offset_tenths: plan.offset.since_zero().count(),
            greens_tenths: plan.greens().iter().map(|g| g.count()).collect(),
        };
        let page = Page {
            definition: network.fingerprint().to_owned(),
            generation: aim.generation,
            targets: network.intersections().iter().zip(&aim.targets).map(line).collect(),
        };
        // Not tried again before the aim changes: a full disk would be told every second.
        self.written = Some(aim.clone());
        let text = serde_json::to_vec(&page).map_err(|e| e.to_string())?;
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        fs::write(&beside, text).and_then(|()| fs::rename(&beside, &self.path)).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::sample;

    fn aim(network: &Network) -> Aim {
        let greens = [38, 10, 22, 10].map(Tenths::from_seconds);
        let plan = |(k, at)| Plan::from_greens(at, &greens, Shift::new(137 * k as i64)).unwrap();
        Aim { targets: network.intersections().iter().enumerate().map(plan).collect(), generation: 7 }
    }

    #[test]
    fn an_aim_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let network = sample::arterial(&[400.0, 500.0]);
        let mut memory = Memory::at(folder.path().join("aim.json"));
        assert_eq!(memory.read(&network), Ok(None));
        memory.keep(&network, &aim(&network)).unwrap();
        assert_eq!(memory.read(&network), Ok(Some(aim(&network))));
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (network, other) = (sample::arterial(&[400.0, 500.0]), sample::arterial(&[400.0]));
        let path = folder.path().join("aim.json");
        let mut memory = Memory::at(path.clone());
        memory.keep(&network, &aim(&network)).unwrap();
        assert!(memory.read(&other).is_err());
        let half = fs::read(&path).unwrap();
        fs::write(&path, &half[..half.len() / 2]).unwrap();
        assert!(memory.read(&network).is_err());
        assert!(Memory::at(folder.path().join("no/folder")).keep(&network, &aim(&network)).is_err());
    }
}
