//! The cabinet's own limits, and where they differ from the definition.

use super::map::RegisterMap;
use super::words::record;
use crate::corridor::Intersection;
use crate::plan::Plan;
use crate::units::Tenths;
use serde::Serialize;

/// Known limits are read again when they are this old.
pub(super) const LIMITS_EVERY: Tenths = Tenths::from_seconds(60);

/// What a cabinet says it permits. The centre never sends what lies outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnLimits {
    /// Shortest cycle.
    pub cycle_min: Tenths,
    /// Longest cycle.
    pub cycle_max: Tenths,
    /// Its stages, from stage 1.
    pub stages: Vec<OwnStage>,
}

/// A cabinet's own limits of one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OwnStage {
    /// Least green.
    pub min_green: Tenths,
    /// Longest green.
    pub max_green: Tenths,
    /// Yellow.
    pub yellow: Tenths,
    /// All red.
    pub all_red: Tenths,
}

/// One way in which a cabinet is not the one that was defined: nothing is sent to it until a person has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum Difference {
    /// Somebody else answers at its address.
    Identity {
        /// CRC-32 of the id that was expected.
        defined: u32,
        /// What answered.
        cabinet: u32,
    },
    /// Number of stages.
    Stages {
        /// In the definition.
        defined: usize,
        /// In the cabinet.
        cabinet: usize,
    },
    /// Yellow of a stage.
    Yellow {
        /// Field number of the stage.
        stage: usize,
        /// In the definition.
        defined: Tenths,
        /// In the cabinet.
        cabinet: Tenths,
    },
    /// All red of a stage.
    AllRed {
        /// Field number of the stage.
        stage: usize,
        /// In the definition.
        defined: Tenths,
        /// In the cabinet.
        cabinet: Tenths,
    },
}

impl RegisterMap {
    /// Reads the limits block; `None` when it names more stages than there is room for.
    pub fn limits(&self, block: &[u16]) -> Option<OwnLimits> {
        let form = self.profile.limits?;
        let stages = u16::try_from(self.get(block, form.stages)?).ok()?;
        let room = form.block.words.saturating_sub(form.first) / form.stride.max(1);
        if block.len() != usize::from(form.block.words) || stages > room {
            return None;
        }
        let stage = |place: u16| {
            let time = |item| self.time(block, record(item, form.first, form.stride, place));
            Some(OwnStage {
                min_green: time(form.min_green)?,
                max_green: time(form.max_green)?,
                yellow: time(form.yellow)?,
                all_red: time(form.all_red)?,
            })
        };
        Some(OwnLimits {
            cycle_min: self.time(block, form.cycle_min)?,
            cycle_max: self.time(block, form.cycle_max)?,
            stages: (0..stages).map(stage).collect::<Option<Vec<_>>>()?,
        })
    }
}

impl OwnLimits {
    /// Everything in which the cabinet is not the intersection as defined. Minima, maxima and cycles may differ: they bound
    /// what is sent, see [`OwnLimits::permit`].
    pub fn differences(&self, at: &Intersection) -> Vec<Difference> {
        let mut found = Vec::new();
        if self.stages.len() != at.stages.len() {
            found.push(Difference::Stages { defined: at.stages.len(), cabinet: self.stages.len() });
        }
        for (stage, (own, defined)) in (1..).zip(self.stages.iter().zip(&at.stages)) {
            if own.yellow != defined.yellow {
                found.push(Difference::Yellow { stage, defined: defined.yellow, cabinet: own.yellow });
            }
            if own.all_red != defined.all_red {
                found.push(Difference::AllRed { stage, defined: defined.all_red, cabinet: own.all_red });
            }
        }
        found
    }

    /// Whether the cabinet permits a plan.
    pub fn permit(&self, plan: &Plan) -> bool {
        let cycle = plan.cycle.length();
        let green = |split: &crate::plan::Split| {
            let own = self.stages.get(split.stage.0);
            own.is_some_and(|own| split.green >= own.min_green && split.green <= own.max_green)
        };
        cycle >= self.cycle_min && cycle <= self.cycle_max && plan.splits.iter().all(green)
    }
}
