//! The registers: what they read, what a write does, wherever the map says they lie. With the reference map this is the
//! cabinet's own reading of `src/field/registers.md`:
//!
//! ```text
//!  0..39 status   40..103 detectors   110..179 limits   200..315 running plan                            read only
//!  400..515 staged   600..609 commit   620..621 heartbeat   630..633 clock   640..641 release
//!  650..663 stage request                                                                          written whole
//! ```
//!
//! Knows: the map, the cabinet's state. Must not know: frames, function codes, sockets (FC06 is the server's to refuse).

use super::block::{self, Decoded, Refusal, blank_beside};
use super::centre::{Centre, CentrePlan, MINUTE, MINUTES};
use super::clock::SLEW;
use super::cycle::Interval;
use super::map::{Area, Item, Map, Near, Registers};
use super::spec::{Table, Tenths};
use super::{Cabinet, Mode, Signal};

/// Timeouts a heartbeat may ask for.
const TIMEOUTS: std::ops::RangeInclusive<Tenths> = 50..=6000;

/// A Modbus exception the cabinet answers with; the discriminant is its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[repr(u8)]
pub enum Exception {
    /// The function is not offered.
    #[error("illegal function (1)")]
    IllegalFunction = 1,
    /// No such register, a part of a block, or a register that can not be written.
    #[error("illegal data address (2)")]
    IllegalAddress = 2,
    /// A value or a count outside its range.
    #[error("illegal data value (3)")]
    IllegalValue = 3,
    /// Not in this mode: a person, preemption, flash or the start-up has it.
    #[error("server device busy (6)")]
    Busy = 6,
}

impl Exception {
    /// The code on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// What can be read.
#[derive(Clone, Copy)]
enum Shown {
    Status,
    Detectors,
    Limits,
    Running,
    Written(Written),
}

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Staged(usize),
    Commit,
    Select,
    Heartbeat,
    Clock,
    Release,
    Request,
}

/// The areas that can be written.
fn written(map: &Map) -> Vec<(Area, Written)> {
    let mut all = vec![(map.heartbeat.area, Written::Heartbeat), (map.release.area, Written::Release)];
    all.extend(map.clock.map(|c| (c.area, Written::Clock)));
    all.extend(map.select().map(|s| (s.area, Written::Select)));
    all.extend(map.request.map(|r| (r.area, Written::Request)));
    if let Some(load) = map.download() {
        all.push((load.commit.area, Written::Commit));
        all.extend((0..load.slots).map(|slot| (load.slot(slot), Written::Staged(usize::from(slot)))));
    }
    all
}

/// All areas that can be read, in order of their tables and addresses.
fn shown(map: &Map) -> Vec<(Area, Shown)> {
    let mut all: Vec<_> = written(map).into_iter().map(|(area, what)| (area, Shown::Written(what))).collect();
    all.push((map.status.block.area, Shown::Status));
    all.extend(map.detectors.map(|d| (d.area, Shown::Detectors)));
    all.extend(map.limits.map(|l| (l.area, Shown::Limits)));
    all.extend(map.download().map(|load| (load.running, Shown::Running)));
    all.sort_by_key(|(area, _)| area.at);
    all
}

/// What a write covers, exactly.
pub(super) fn whole_block(map: &Map, addr: u16, count: usize) -> Result<Written, Exception> {
    if count == 0 || count > usize::from(map.most_written) {
        return Err(Exception::IllegalValue);
    }
    let covered = written(map).into_iter().find(|(a, _)| a.at == addr && usize::from(a.words) == count);
    covered.map(|(_, what)| what).ok_or(Exception::IllegalAddress)
}

impl Cabinet {
    /// Reads holding registers (FC03).
    pub fn read(&self, addr: u16, count: u16) -> Result<Vec<u16>, Exception> {
        self.read_from(Registers::Holding, addr, count)
    }

    /// Reads registers of a table: holding with FC03, input with FC04.
    pub fn read_from(&self, table: Registers, addr: u16, count: u16) -> Result<Vec<u16>, Exception> {
        let map = &self.table.spec.map;
        if count == 0 || count > map.most_read {
            return Err(Exception::IllegalValue);
        }
        let end = u32::from(addr) + u32::from(count);
        let mut words = Vec::with_capacity(usize::from(count));
        for (area, what) in shown(map).into_iter().filter(|(area, _)| area.table == table) {
            let start = u32::from(area.at);
            let (from, to) = (u32::from(addr).max(start), end.min(start + u32::from(area.words)));
            // Areas come in their order: one that leaves a gap before it lets the count come out short.
            if from < to {
                words.extend_from_slice(&self.content(what)[(from - start) as usize..(to - start) as usize]);
            }
        }
        if words.len() != usize::from(count) {
            return Err(Exception::IllegalAddress);
        }
        for &(stuck, value) in &self.switches.stuck {
            if let Some(word) = stuck.checked_sub(addr).and_then(|at| words.get_mut(usize::from(at))) {
                *word = value;
            }
        }
        Ok(words)
    }

    fn content(&self, what: Shown) -> Vec<u16> {
        let (map, centre) = (&self.table.spec.map, &self.centre);
        match what {
            Shown::Status => self.status_words(),
            Shown::Detectors => self.detector_words(),
            Shown::Limits => limit_words(&self.table),
            Shown::Running => self.running_words(),
            Shown::Written(Written::Staged(slot)) => self.staged_shown(slot),
            Shown::Written(Written::Heartbeat) => centre.heartbeat.clone(),
            Shown::Written(Written::Clock) => centre.clock_words.clone(),
            Shown::Written(Written::Select) => centre.selection.clone(),
            Shown::Written(Written::Request) => centre.requests.words.clone(),
            Shown::Written(Written::Commit) => map.download().map(|l| l.commit.area.blank()).unwrap_or_default(),
            Shown::Written(Written::Release) => map.release.area.blank(),
        }
    }

    /// Writes holding registers (FC16). A staged plan, a commit or a clock value that is refused for what it says is a
    /// completed write: the refusal register tells.
    pub fn write(&mut self, addr: u16, words: &[u16]) -> Result<(), Exception> {
        if let Some(after) = self.switches.cut.take() {
            return self.write_torn(addr, words, after, true);
        }
        match whole_block(&self.table.spec.map, addr, words.len())? {
            Written::Staged(slot) => self.stage(slot, words),
            Written::Commit => {
                let verdict = self.commit(words);
                self.note(verdict);
            }
            Written::Select => return self.select(words),
            Written::Request => {
                let verdict = self.request(words);
                self.note(verdict);
            }
            Written::Heartbeat => {
                let map = &self.table.spec.map;
                let timeout = map.heartbeat.timeout.map(|item| map.time(words, 0, item));
                let items = [Some(map.heartbeat.counter), map.heartbeat.timeout];
                if timeout.is_some_and(|t| !TIMEOUTS.contains(&t)) || !blank_beside(words, &[], &items) {
                    return Err(Exception::IllegalValue);
                }
                self.centre.beat(map, self.now, words.to_vec());
            }
            Written::Release if words == self.table.spec.map.release.words() => {
                self.centre.give_back();
                self.act();
            }
            Written::Release => return Err(Exception::IllegalValue),
            Written::Clock => {
                if let Err(refusal) = self.set_clock(words) {
                    self.note(Err(refusal));
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, verdict: Result<(), Refusal>) {
        self.centre.refusal = verdict.map_or_else(|refusal| refusal as u16, |()| 0);
    }

    fn stage(&mut self, slot: usize, words: &[u16]) {
        let Some(load) = self.table.spec.map.download() else { return };
        self.centre.lay(load, slot, words);
        let verdict = self.centre.judge(&self.table, load, &self.kept, slot).map(|_| ());
        self.note(verdict);
    }

    fn commit(&mut self, words: &[u16]) -> Result<(), Refusal> {
        if !matches!(self.mode(), Mode::Local | Mode::Centre) {
            return Err(Refusal::Mode);
        }
        let map = &self.table.spec.map;
        let load = map.download().ok_or(Refusal::Empty)?;
        let mut plan = self.centre.examine(&self.table, load, &self.kept, self.clock(), words)?;
        let start = self.foretell(plan.activation);
        Centre::place(&self.table, &mut plan, start);
        if map.own_transition.is_none() {
            start.ok_or(Refusal::Activation)?.fits(&plan)?;
        }
        if !self.takes_over(&plan.decoded.plan) {
            return Err(Refusal::Activation);
        }
        self.centre.accept(&mut self.kept, self.now, plan);
        Ok(())
    }

    /// Takes a stored plan's number: a running one lasts longer, another one waits for the end of the cycle, 0 ends both.
    fn select(&mut self, words: &[u16]) -> Result<(), Exception> {
        let map = &self.table.spec.map;
        let select = map.select().ok_or(Exception::IllegalAddress)?;
        let bound = [select.number, select.expiry].into_iter().flat_map(|i| Map::raw(words, i)).copied();
        let (number, minutes) = (map.get(words, select.number), map.get(words, select.expiry));
        let minutes = Tenths::try_from(minutes).unwrap_or(Tenths::MAX);
        let stored = self.stored.iter().find(|p| number != 0 && u64::from(p.0) == number).map(|p| &p.1);
        let known = if number == 0 { minutes == 0 } else { stored.is_some() && MINUTES.contains(&minutes) };
        let items = [select.number, select.expiry, select.check].map(Some);
        let sound = map.get(words, select.check) == u64::from(block::crc(bound)) && blank_beside(words, &[], &items);
        if !known || !sound {
            return Err(Exception::IllegalValue);
        }
        if !matches!(self.mode(), Mode::Local | Mode::Centre) {
            return Err(Exception::Busy);
        }
        self.centre.selection = words.to_vec();
        let (clock, generation) = (self.clock(), number as u32);
        let expires = clock + minutes * MINUTE;
        match (stored, &mut self.centre.running) {
            (None, _) => {
                self.centre.give_back();
                self.act();
            }
            (Some(_), Some(running)) if running.decoded.generation == generation && !self.centre.leave => {
                running.expires = expires;
                self.centre.pending = None;
            }
            (Some(plan), _) => {
                let decoded = Decoded { generation, epoch: 0, crc: 0, plan: plan.clone(), asked: None };
                let plan = CentrePlan { decoded, block: Vec::new(), activation: clock, expires };
                self.centre.accept(&mut self.kept, self.now, plan);
            }
        }
        Ok(())
    }

    fn set_clock(&mut self, words: &[u16]) -> Result<(), Refusal> {
        let spec = &self.table.spec;
        let item = spec.map.clock.ok_or(Refusal::Clock)?.instant;
        let wanted = spec.map.instant(words, item, spec.utc_offset_s, Near::Around(self.clock()));
        let by = wanted.and_then(|at| at.checked_sub(spec.map.whole(self.clock()))).ok_or(Refusal::Clock)?;
        if by.abs() <= SLEW {
            self.clock.correct(by);
        } else if self.mode() == Mode::Local {
            self.clock.step(by);
        } else {
            return Err(Refusal::Clock);
        }
        self.centre.clock_words = words.to_vec();
        Ok(())
    }

    fn status_words(&self) -> Vec<u16> {
        let (map, centre) = (&self.table.spec.map, &self.centre);
        let status = &map.status;
        let mut w = Words { map, utc_offset_s: self.table.spec.utc_offset_s, words: status.block.words() };
        w.number(status.identity, self.table.identity);
        w.number(Some(status.mode), self.mode_code());
        w.number(status.fault, self.switches.fault as u16);
        w.number(status.boots, self.kept.boots);
        w.number(status.stage, self.stage);
        w.number(status.interval, Interval::AllRed as u16);
        if let Signal::Running(cycle) = &self.signal {
            let (interval, left) = self.interval(cycle);
            w.number(status.interval, interval as u16);
            w.time(status.remaining, left.unwrap_or(Tenths::MAX));
            w.instant(status.cycle_start, self.clock.read(cycle.start));
            w.time(status.cycle_elapsed, self.now - cycle.start);
        }
        w.number(Some(status.running), self.running_generation().unwrap_or(0));
        if let Some(load) = map.download() {
            let check = |block: &[u16]| block::checksum(&load.form, block);
            w.number(status.running_check, check(&self.running_words()));
            w.number(status.staged_check, centre.staged[centre.slot].as_deref().map_or(0, check));
        }
        if let Some(pending) = &centre.pending {
            w.number(Some(status.pending), pending.decoded.generation);
            w.instant(status.activation, pending.activation);
        }
        w.number(status.refusal, centre.refusal);
        w.instant(status.clock, self.clock());
        w.number(status.heartbeat, map.get(&centre.heartbeat, map.heartbeat.counter));
        if self.mode() == Mode::Centre {
            w.time(status.heartbeat_left, centre.heartbeat_left(&self.table, self.now));
        }
        w.number(status.commits, centre.commits);
        w.number(status.channels, self.table.spec.detectors as u16);
        w.number(status.request, centre.requests.now.as_ref().map_or(0, |r| r.counter));
        w.words
    }

    /// The map's code of the mode; of preemption without one, that of a hand at the panel.
    fn mode_code(&self) -> u16 {
        let code = |mode: Mode| self.table.spec.map.status.modes.iter().find(|m| m.0 == mode).map(|m| m.1);
        let manual = || code(Mode::Manual).filter(|_| self.mode() == Mode::Preempt);
        code(self.mode()).or_else(manual).unwrap_or(u16::MAX)
    }

    fn detector_words(&self) -> Vec<u16> {
        let map = &self.table.spec.map;
        let Some(detectors) = map.detectors else { return Vec::new() };
        let mut words = detectors.area.blank();
        let pairs = self.detectors.iter().zip(&self.detector_zero);
        for ((now, zero), channel) in pairs.zip(0..detectors.channels) {
            let at = channel * detectors.stride;
            map.put_of(&mut words, at, detectors.count, u64::from(now.0.wrapping_sub(zero.0)));
            if let Some(item) = detectors.occupied {
                // Whole steps; the sliver keeps a sum of many 0.1 s steps from falling just short of one.
                let tenths = ((now.1 - zero.1) * 10.0 + 1e-6) as u64;
                map.put_of(&mut words, at, item, tenths / map.step as u64);
            }
        }
        words
    }

    fn running_words(&self) -> Vec<u16> {
        if let Some(plan) = &self.centre.running {
            return plan.block.clone();
        }
        let Some(load) = self.table.spec.map.download() else { return Vec::new() };
        let plan = self.plan();
        let (begun, now) = match &self.signal {
            Signal::Running(cycle) => (self.clock.read(cycle.start), self.clock.read(cycle.start)),
            _ => (0, self.clock()),
        };
        block::encode_local(&self.table, load, plan, (plan.anchor(now).unwrap_or(begun), now))
    }

    pub(super) fn staged_words(&self, slot: usize) -> Vec<u16> {
        let blank = || self.table.spec.map.download().map(|load| load.staged.blank()).unwrap_or_default();
        self.centre.staged.get(slot).cloned().flatten().unwrap_or_else(blank)
    }

    fn staged_shown(&self, slot: usize) -> Vec<u16> {
        let lie = self.switches.stale_staged.as_ref().and_then(|slots| slots.get(slot)).cloned();
        lie.unwrap_or_else(|| self.staged_words(slot))
    }
}

/// The cabinet's own limits.
fn limit_words(table: &Table) -> Vec<u16> {
    let (map, spec) = (&table.spec.map, &table.spec);
    let Some(limits) = map.limits else { return Vec::new() };
    let mut words = limits.area.blank();
    map.put_time(&mut words, 0, limits.cycle_min, spec.cycle_min);
    map.put_time(&mut words, 0, limits.cycle_max, spec.cycle_max);
    map.put(&mut words, limits.stages, spec.stages.len() as u64);
    for (stage, k) in spec.stages.iter().zip(0..) {
        let at = limits.first + limits.stride * k;
        map.put_time(&mut words, at, limits.min_green, stage.min_green);
        map.put_time(&mut words, at, limits.max_green, stage.max_green);
        map.put_time(&mut words, at, limits.yellow, stage.yellow);
        map.put_time(&mut words, at, limits.all_red, stage.all_red);
    }
    words
}

/// Words being filled by the map.
struct Words<'a> {
    map: &'a Map,
    utc_offset_s: i32,
    words: Vec<u16>,
}

impl Words<'_> {
    fn number(&mut self, item: Option<Item>, value: impl Into<u64>) {
        if let Some(item) = item {
            self.map.put(&mut self.words, item, value.into());
        }
    }

    fn time(&mut self, item: Option<Item>, time: Tenths) {
        if let Some(item) = item {
            self.map.put_time(&mut self.words, 0, item, time);
        }
    }

    fn instant(&mut self, item: Option<Item>, at: Tenths) {
        if let Some(item) = item {
            self.map.put_instant(&mut self.words, item, self.utc_offset_s, at);
        }
    }
}
