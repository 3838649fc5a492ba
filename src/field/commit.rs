//! What makes a plan run, keeps it running and gives it back: commit, choice by number, heartbeat, clock, release.

use super::map::RegisterMap;
use super::request::Op;
use super::words::{crc, mark};
use crate::corridor::profile::{Block, Plans, SelectBlock};
use crate::units::{Moment, Tenths};

fn write(block: &Block, words: Vec<u16>) -> Op {
    Op::Write { address: block.at, words }
}

fn empty(block: &Block) -> Vec<u16> {
    vec![0; usize::from(block.words)]
}

impl RegisterMap {
    /// The commit of a staged plan block: its key binds content, generation and activation together.
    pub fn commit(&self, staged: &[u16], generation: u32, activation: Moment, expiry_min: u16) -> Option<Op> {
        let download = self.download()?;
        let form = &download.commit;
        let mut words = empty(&form.block);
        self.put(&mut words, form.generation, u64::from(generation))?;
        self.put_instant(&mut words, form.activation, activation)?;
        let bound = self.registers(&words, form.generation)?.iter().chain(self.registers(&words, form.activation)?);
        let key = self.get_u32(staged, download.form.check)? ^ crc(bound);
        self.put(&mut words, form.key, u64::from(key))?;
        self.put(&mut words, form.expiry, u64::from(expiry_min))?;
        Some(write(&form.block, words))
    }

    pub(super) fn select_block(&self) -> Option<&SelectBlock> {
        match &self.profile.plans {
            Plans::Select(select) => Some(select),
            Plans::Download(_) => None,
        }
    }

    /// The choice of a stored plan by its number.
    pub fn select(&self, number: u16, expiry_min: u16) -> Option<Op> {
        let form = self.select_block()?;
        let mut words = empty(&form.block);
        self.put(&mut words, form.number, u64::from(number))?;
        self.put(&mut words, form.expiry, u64::from(expiry_min))?;
        let bound = self.registers(&words, form.number)?.iter().chain(self.registers(&words, form.expiry)?);
        let check = crc(bound);
        self.put(&mut words, form.check, u64::from(check))?;
        Some(write(&form.block, words))
    }

    /// A heartbeat: the count of steps, wrapping with its form, and the silence after which the cabinet gives up on us.
    pub fn beat(&self, steps: u64, timeout: Tenths) -> Option<Op> {
        let form = &self.profile.heartbeat;
        let mut words = empty(&form.block);
        let mask = u64::MAX >> (64 - 16 * u32::from(form.counter.form.words()));
        self.put(&mut words, form.counter, steps & mask)?;
        if let Some(item) = form.timeout {
            // A silence between two steps of the cabinet's is the shorter: it may give up early, not late.
            let steps = timeout.count() / self.step().count();
            self.put(&mut words, item, u64::from(steps.min(u32::from(u16::MAX))))?;
        }
        Some(write(&form.block, words))
    }

    /// The clock; `None` where it can not be set.
    pub fn clock(&self, now: Moment) -> Option<Op> {
        let form = self.profile.clock?;
        let mut words = empty(&form.block);
        self.put_instant(&mut words, form.instant, now)?;
        Some(write(&form.block, words))
    }

    /// Back to the local plan.
    pub fn release(&self) -> Option<Op> {
        let form = &self.profile.release;
        let mut words = empty(&form.block);
        mark(&mut words, &form.marks)?;
        Some(write(&form.block, words))
    }
}
