//! What a cabinet says of itself and of its detectors.

use super::map::RegisterMap;
use super::words::{marked, record};
use crate::corridor::profile::{CabinetMode, CyclePlace, DetectorBlock};
use crate::detection::{ChannelWords, Reading};
use crate::units::Moment;

/// The status block. What the cabinet does not tell is `None`, or 0 where 0 means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Who answers: CRC-32 of the intersection's id.
    pub identity: Option<u32>,
    /// What it is doing.
    pub mode: CabinetMode,
    /// Fault code, 0 = none.
    pub fault: u16,
    /// Restart counter; 0 where it is not told.
    pub boots: u16,
    /// Field number of the stage that is or was green; 0 where it is not told.
    pub stage: u16,
    /// What runs: generation of a downloaded plan, number of a stored one; 0 = the cabinet's own.
    pub running: u32,
    /// Content check of the running plan.
    pub running_crc: Option<u32>,
    /// What waits for its activation; 0 = nothing.
    pub pending: u32,
    /// Content check of the staged plan; 0 = nothing staged.
    pub staged_crc: Option<u32>,
    /// Why the last stage or commit was refused; 0 = accepted, or not told.
    pub refusal: u16,
    /// The cabinet's clock.
    pub clock: Option<Moment>,
    /// Start of the cycle now running: by the cabinet's clock, or where it tells the time since, by ours.
    pub cycle_start: Moment,
    /// The stage request being carried out; 0 = none, or not told.
    pub request: u32,
}

impl RegisterMap {
    /// Reads the status block; `None` when it is none of this profile, which makes the reply a garbled one. Where the cabinet
    /// knows the time of day only, instants are those nearest to `near`; where it tells the time since its cycle began, the
    /// cycle began that long before `near`.
    pub fn status(&self, block: &[u16], near: Moment) -> Option<Status> {
        let form = &self.profile.status;
        if block.len() != usize::from(form.block.words) || !marked(block, &form.marks) {
            return None;
        }
        let mode = self.get(block, form.mode)?;
        let value = |item: Option<_>| match item {
            Some(item) => self.get_u32(block, item).map(Some),
            None => Some(None),
        };
        let cycle_start = match form.cycle {
            CyclePlace::Start(item) => self.instant(block, item, near)?,
            CyclePlace::Elapsed(item) => near - self.time(block, item)?,
        };
        let clock = match form.clock {
            Some(item) => Some(self.instant(block, item, near)?),
            None => None,
        };
        Some(Status {
            identity: value(form.identity)?,
            mode: form.modes.iter().find(|(_, code)| u64::from(*code) == mode)?.0,
            fault: self.code(block, form.fault)?,
            boots: self.low_word(block, form.boots)?,
            stage: self.code(block, form.stage)?,
            running: self.get_u32(block, form.running)?,
            running_crc: value(form.running_check)?,
            pending: self.get_u32(block, form.pending)?,
            staged_crc: value(form.staged_check)?,
            refusal: self.code(block, form.refusal)?,
            clock,
            cycle_start,
            request: value(form.request)?.unwrap_or(0),
        })
    }

    /// Reads the detectors; `None` when the status names more channels than there is room for. A counter's lowest 16 bits count
    /// on as the counter does whatever its width, also in another unit, since 65,536 divides every width: so a reading's
    /// counters wrap at 65,536 for every form.
    pub(super) fn reading(&self, status: &[u16], detectors: Option<&[u16]>, at: Moment, boots: u16) -> Option<Reading> {
        let (Some(form), Some(block)) = (&self.profile.detectors, detectors) else {
            return Some(Reading { at, boots, channels: Vec::new() });
        };
        let told = match self.profile.status.channels {
            Some(item) => self.get(status, item)?,
            None => u64::from(form.channels),
        };
        let channels = u16::try_from(told).ok().filter(|&n| n <= form.channels)?;
        let channels = (0..channels).map(|k| self.channel(form, block, k)).collect::<Option<Vec<_>>>()?;
        Some(Reading { at, boots, channels })
    }

    fn channel(&self, form: &DetectorBlock, block: &[u16], place: u16) -> Option<ChannelWords> {
        let low = |item| self.get(block, record(item, 0, form.stride, place)).map(|v| (v & 0xFFFF) as u16);
        let occupied = match form.occupied {
            Some(item) => low(item)?.wrapping_mul((self.step().count() & 0xFFFF) as u16),
            None => 0,
        };
        Some(ChannelWords { count: low(form.count)?, occupied })
    }

    fn low_word(&self, block: &[u16], item: Option<crate::corridor::profile::Item>) -> Option<u16> {
        item.map_or(Some(0), |item| self.get(block, item).map(|v| (v & 0xFFFF) as u16))
    }
}
