//! The core's aim on disk, so that the next run goes on with it after a kill, in the midst of a transition too.
//!
//! Knows: the file's form. Must not know: files (the command line hands over what stood there and how to write), when an aim
//! holds (the core asks the cabinets). What cannot be read or written is noted and never stops control: without it the core
//! goes on with what runs.

use crate::control::Aim;
use crate::corridor::{Network, StageIndex};
use crate::plan::{Operation, Plan};
use crate::units::{Shift, Tenths};
use serde::{Deserialize, Serialize};
use std::io;

/// Replaces a file, whole or not at all.
pub type Writer = Box<dyn FnMut(&[u8]) -> io::Result<()>>;

/// The state file, as the command line hands it over.
pub struct StateFile {
    /// What stood there; `None` where there was no file.
    pub before: Option<Vec<u8>>,
    /// Writes it anew.
    pub write: Writer,
}

/// The file, and what was written to it last.
pub(super) struct Memory {
    file: StateFile,
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
    /// By stage, from stage 1.
    greens_tenths: Vec<u32>,
    /// Field numbers of the stages in their order, where it is not the programmed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<Vec<usize>>,
    #[serde(default)]
    operation: Operation,
}

impl Memory {
    pub(super) fn new(file: StateFile) -> Memory {
        Memory { file, written: None }
    }

    /// What the file says; `Ok(None)` when there is none yet.
    pub(super) fn read(&self, network: &Network) -> Result<Option<Aim>, String> {
        let Some(bytes) = &self.file.before else { return Ok(None) };
        let page: Page = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if page.definition != network.fingerprint() {
            return Err("it is about other definitions".to_owned());
        }
        let plan = |(at, line): (&crate::corridor::Intersection, &Line)| {
            let greens: Vec<Tenths> = line.greens_tenths.iter().map(|&g| Tenths::new(g)).collect();
            let programmed = || (1..=at.stages.len()).collect();
            let numbers: Vec<usize> = line.order.clone().unwrap_or_else(programmed);
            let order = numbers.iter().map(|n| n.checked_sub(1).map(StageIndex)).collect::<Option<Vec<_>>>()?;
            let plan = Plan::from_greens_in(at, &order, &greens, Shift::new(i64::from(line.offset_tenths)))?;
            (at.id == line.intersection).then_some(Plan { operation: line.operation, ..plan })
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
            greens_tenths: plan.stage_greens().iter().map(|g| g.count()).collect(),
            order: (!plan.is_programmed_order()).then(|| plan.order().map(|stage| stage.0 + 1).collect()),
            operation: plan.operation,
        };
        let page = Page {
            definition: network.fingerprint().to_owned(),
            generation: aim.generation,
            targets: network.intersections().iter().zip(&aim.targets).map(line).collect(),
        };
        // Not tried again before the aim changes: a full disk would be told every second.
        self.written = Some(aim.clone());
        let text = serde_json::to_vec(&page).map_err(|e| e.to_string())?;
        (self.file.write)(&text).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::sample;
    use std::cell::RefCell;
    use std::rc::Rc;

    fn aim(network: &Network) -> Aim {
        let greens = [38, 10, 22, 10].map(Tenths::from_seconds);
        let plan = |(k, at)| Plan::from_greens(at, &greens, Shift::new(137 * k as i64)).unwrap();
        let mut targets: Vec<Plan> = network.intersections().iter().enumerate().map(plan).collect();
        targets[1] = targets[1].in_order(&[0, 3, 2, 1].map(StageIndex)).unwrap();
        Aim { targets, generation: 7 }
    }

    /// A memory of what stood there, and what it wrote since.
    fn memory(before: Option<Vec<u8>>) -> (Memory, Rc<RefCell<Vec<u8>>>) {
        let written = Rc::new(RefCell::new(Vec::new()));
        let there = written.clone();
        let write = Box::new(move |bytes: &[u8]| {
            *there.borrow_mut() = bytes.to_vec();
            Ok(())
        });
        (Memory::new(StateFile { before, write }), written)
    }

    #[test]
    fn an_aim_comes_back_as_it_was() {
        let network = sample::arterial(&[400.0, 500.0]);
        let (mut first, written) = memory(None);
        assert_eq!(first.read(&network), Ok(None));
        first.keep(&network, &aim(&network)).unwrap();
        let (next, _) = memory(Some(written.take()));
        assert_eq!(next.read(&network), Ok(Some(aim(&network))));
        // what has not changed is not written again
        first.keep(&network, &aim(&network)).unwrap();
        assert!(written.borrow().is_empty());
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        let (network, other) = (sample::arterial(&[400.0, 500.0]), sample::arterial(&[400.0]));
        let (mut first, written) = memory(None);
        first.keep(&network, &aim(&network)).unwrap();
        let bytes = written.take();
        assert!(memory(Some(bytes.clone())).0.read(&other).is_err());
        assert!(memory(Some(bytes[..bytes.len() / 2].to_vec())).0.read(&network).is_err());
    }

    #[test]
    fn a_full_disk_is_told_once() {
        let network = sample::arterial(&[400.0, 500.0]);
        let write = Box::new(|_: &[u8]| Err(io::Error::other("no space left")));
        let mut full = Memory::new(StateFile { before: None, write });
        assert_eq!(full.keep(&network, &aim(&network)), Err("no space left".to_owned()));
        assert_eq!(full.keep(&network, &aim(&network)), Ok(()));
    }
}
