//! Reads: as few requests as the controller's limit allows, and what came back put together again.
//!
//! Neighbours in one table are read together, over a gap only where the profile owns every register of it: a controller may
//! refuse to read what it does not have. A block longer than one read is cut where no value is torn.

use super::request::{Answer, FieldFault, Op};
use crate::corridor::profile::{
    Block, CyclePlace, DetectorBlock, Item, LimitsBlock, Plans, RegisterProfile, RegisterTable, StatusBlock,
};
use std::ops::Range;

/// One read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) table: RegisterTable,
    pub(super) at: u32,
    pub(super) count: u32,
}

impl Read {
    pub(super) fn op(self) -> Op {
        // Addresses lie below 65536 and counts below 126, which the profile's check holds.
        let word = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
        Op::Read { table: self.table, address: word(self.at), count: word(self.count) }
    }

    fn end(self) -> u32 {
        self.at + self.count
    }
}

fn range(block: &Block) -> Range<u32> {
    u32::from(block.at)..u32::from(block.at) + u32::from(block.words)
}

/// The blocks of a profile that can be read.
fn readable(profile: &RegisterProfile) -> Vec<Block> {
    let mut blocks = vec![profile.status.block];
    blocks.extend(profile.detectors.map(|d| d.block));
    blocks.extend(profile.limits.map(|l| l.block));
    match &profile.plans {
        Plans::Download(download) => {
            blocks.push(download.running);
            blocks.extend((0..download.slots).map(|slot| {
                let at = download.staged.at + slot * download.staged.words;
                Block { at, ..download.staged }
            }));
        }
        Plans::Select(select) => blocks.push(select.block),
    }
    blocks
}

/// Places, counted from a block's first register, between which a value lies: a cut there would tear it.
fn whole(items: impl IntoIterator<Item = Item>) -> Vec<Range<u32>> {
    items.into_iter().map(|i| u32::from(i.word)..u32::from(i.word) + u32::from(i.form.words())).collect()
}

fn status_items(status: &StatusBlock) -> Vec<Range<u32>> {
    let place = match status.cycle {
        CyclePlace::Start(item) | CyclePlace::Elapsed(item) => item,
    };
    let told = [
        status.identity,
        status.fault,
        status.boots,
        status.stage,
        status.interval,
        status.remaining,
        status.running_check,
        status.staged_check,
        status.refusal,
        status.clock,
        status.heartbeat,
        status.heartbeat_left,
        status.activation,
        status.commits,
        status.channels,
        status.request,
    ];
    whole(told.into_iter().flatten().chain([status.mode, status.running, status.pending, place]))
}

fn records(first: u16, stride: u16, words: u16) -> Vec<Range<u32>> {
    let (first, stride, words) = (u32::from(first), u32::from(stride.max(1)), u32::from(words));
    (0..words).map(|k| first + k * stride).take_while(|&at| at + stride <= words).map(|at| at..at + stride).collect()
}

fn detector_items(block: &DetectorBlock) -> Vec<Range<u32>> {
    records(0, block.stride, block.block.words)
}

fn limit_items(block: &LimitsBlock) -> Vec<Range<u32>> {
    let mut items = whole([block.cycle_min, block.cycle_max, block.stages]);
    items.extend(records(block.first, block.stride, block.block.words));
    items
}

/// The reads of status and detectors.
pub(super) fn poll(profile: &RegisterProfile) -> Vec<Read> {
    let mut wanted = vec![(profile.status.block, status_items(&profile.status))];
    wanted.extend(profile.detectors.as_ref().map(|d| (d.block, detector_items(d))));
    together(profile, wanted)
}

/// The reads of the cabinet's own limits.
pub(super) fn limits(profile: &RegisterProfile, block: &LimitsBlock) -> Vec<Read> {
    together(profile, vec![(block.block, limit_items(block))])
}

/// The reads of a block whose content check finds a torn value.
pub(super) fn checked(profile: &RegisterProfile, block: Block) -> Vec<Read> {
    together(profile, vec![(block, Vec::new())])
}

fn together(profile: &RegisterProfile, mut wanted: Vec<(Block, Vec<Range<u32>>)>) -> Vec<Read> {
    let most = u32::from(profile.words.most_read.max(1));
    let owned = readable(profile);
    let owns = |table: RegisterTable, mut gap: Range<u32>| {
        // Blocks do not overlap, so each one found moves on; there are at most as many as blocks.
        for _ in 0..=owned.len() {
            if gap.is_empty() {
                return true;
            }
            let next = owned.iter().filter(|b| b.table == table).map(range).find(|r| r.contains(&gap.start));
            let Some(next) = next else { return false };
            gap.start = next.end;
        }
        gap.is_empty()
    };
    wanted.sort_by_key(|(block, _)| (block.table, block.at));
    let mut reads: Vec<Read> = Vec::new();
    for (block, items) in wanted {
        let here = range(&block);
        let joins = |r: &&mut Read| {
            r.table == block.table && here.end - r.at <= most && owns(r.table, r.end().min(here.start)..here.start)
        };
        if let Some(last) = reads.last_mut().filter(joins) {
            last.count = here.end - last.at;
            continue;
        }
        let mut at = here.start;
        while at < here.end {
            let mut cut = here.end.min(at + most);
            let torn = |cut: u32| items.iter().any(|i| here.start + i.start < cut && cut < here.start + i.end);
            while cut < here.end && torn(cut) && cut > at + 1 {
                cut -= 1;
            }
            reads.push(Read { table: block.table, at, count: cut - at });
            at = cut;
        }
    }
    reads
}

/// Several reads that make one answer.
#[derive(Debug, Clone)]
pub(super) struct Gathering {
    reads: Vec<Read>,
    words: Vec<Vec<u16>>,
    heard: usize,
    fault: Option<FieldFault>,
    /// An answer came that had not the length that was asked for.
    misfit: bool,
}

impl Gathering {
    pub(super) fn of(reads: Vec<Read>) -> Self {
        Gathering { reads, words: Vec::new(), heard: 0, fault: None, misfit: false }
    }

    /// Takes the answer to the next read; whether all are in.
    pub(super) fn hear(&mut self, answer: &Answer) -> bool {
        match answer {
            Ok(words) if self.reads.get(self.heard).is_some_and(|r| r.count as usize == words.len()) => {
                self.words.push(words.clone());
            }
            Ok(_) => self.misfit = true,
            Err(fault) => self.fault = self.fault.or(Some(*fault)),
        }
        self.heard += 1;
        self.heard >= self.reads.len()
    }

    /// The first fault of the line.
    pub(super) fn fault(&self) -> Option<FieldFault> {
        self.fault
    }

    /// Whether an answer had another length than was asked for.
    pub(super) fn misfits(&self) -> bool {
        self.misfit
    }

    /// The registers of a block that was read.
    pub(super) fn block(&self, block: &Block) -> Option<Vec<u16>> {
        let here = range(block);
        let word = |at: u32| {
            let of = |(read, words): (&Read, &Vec<u16>)| {
                let inside = read.table == block.table && (read.at..read.end()).contains(&at);
                inside.then(|| words.get((at - read.at) as usize).copied()).flatten()
            };
            self.reads.iter().zip(&self.words).find_map(of)
        };
        if self.fault.is_some() || self.misfit {
            return None;
        }
        here.map(word).collect()
    }
}
