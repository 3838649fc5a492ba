//! What goes wrong with cabinets, switched on by tests, scenarios and `greenwave emulate --fault`.
//!
//! Knows: the cabinet's insides. Must not know: who injects, why. None of these may ever make the cabinet unsafe; they make
//! it dumb, deaf, forgetful or a liar towards the centre.

use super::centre::Centre;
use super::registers::{self, Exception, Written};
use super::{Cabinet, Mode, Signal, Tenths, calendar};

/// Flash shown at least after a restart, 0.1 s.
const RESTART_FLASH: Tenths = 20;

/// A latched fault; the numbers of register 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u16)]
pub enum Fault {
    /// None.
    #[default]
    None = 0,
    /// Conflicting greens.
    Conflict = 1,
    /// A green below its minimum.
    ShortGreen = 2,
    /// Plan table damaged.
    PlanTable = 3,
    /// Clock.
    Clock = 4,
}

/// Faults and panel switches now on.
#[derive(Debug, Clone, Default)]
pub(super) struct Switches {
    pub(super) manual: bool,
    /// Somebody else's priority holds a green.
    pub(super) preempt: bool,
    pub(super) fault: Fault,
    /// What the read-back of the staging slots shows instead of the truth.
    pub(super) stale_staged: Option<Vec<Vec<u16>>>,
    /// Registers that read a fixed value.
    pub(super) stuck: Vec<(u16, u16)>,
    /// Power fails in the midst of the next write, after so many words of it.
    pub(super) cut: Option<usize>,
    /// What channels do instead of counting, and what that made of their values: vehicles and seconds to be added.
    pub(super) lies: Vec<Lying>,
}

impl Switches {
    /// Whether a green is held.
    pub(super) fn held(&self) -> bool {
        self.manual || self.preempt
    }
}

/// A detector channel that lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lie {
    /// Nobody ever comes: the values stand still.
    Dead,
    /// Always occupied, no vehicles.
    Stuck,
    /// This many vehicles a second, each for a tenth of one.
    Chatter(u32),
}

/// A channel's lie and what it left behind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lying {
    channel: usize,
    lie: Option<Lie>,
    /// Vehicles and seconds by which the channel is ahead of the truth.
    ahead: (u32, f64),
}

impl Cabinet {
    /// Power fails: heads dark, memory lost. A bus should answer nothing until [`Cabinet::power_on`].
    pub fn power_off(&mut self) {
        self.signal = Signal::Off;
        self.engine = None;
        self.calls.forget(&self.table.spec);
        self.centre = Centre::new(&self.table.spec.map, self.now);
        self.clock.forget_correction();
        (self.switches.manual, self.switches.preempt) = (false, false);
        self.show();
    }

    /// Power returns at the time the cabinet was last brought to: counters begin at 0, one restart more is counted, and the
    /// heads show flash and all red before the first green. Does nothing while there is power.
    pub fn power_on(&mut self) {
        if !matches!(self.signal, Signal::Off) {
            return;
        }
        self.kept.boots = self.kept.boots.wrapping_add(1);
        self.detector_zero = self.detectors.clone();
        self.stage = 0;
        let (flash, red) = (self.table.spec.startup_flash, self.table.spec.startup_all_red);
        self.begin_start_up(flash.max(RESTART_FLASH), red);
    }

    /// Whether there is power.
    pub fn is_powered(&self) -> bool {
        !matches!(self.signal, Signal::Off)
    }

    /// A short power cut, now.
    pub fn reboot(&mut self) {
        self.power_off();
        self.power_on();
    }

    /// A write of which only the first `upto` words reach the memory; `reboot` = because power failed. Only the staged
    /// block and the heartbeat are laid down word by word; commit, clock and release act on a whole block or not at all.
    pub fn write_torn(&mut self, addr: u16, words: &[u16], upto: usize, reboot: bool) -> Result<(), Exception> {
        let cut = &words[..upto.min(words.len())];
        let done = if cut.len() == words.len() {
            self.write(addr, words)
        } else {
            registers::whole_block(&self.table.spec.map, addr, words.len()).map(|what| self.lay_torn(what, cut))
        };
        if reboot {
            self.reboot();
        }
        done
    }

    fn lay_torn(&mut self, what: Written, cut: &[u16]) {
        let map = &self.table.spec.map;
        match (what, map.download()) {
            (Written::Staged(slot), Some(load)) if !cut.is_empty() => self.centre.lay(load, slot, cut),
            (Written::Heartbeat, _) => {
                let mut words = self.centre.heartbeat.clone();
                words[..cut.len()].copy_from_slice(cut);
                self.centre.beat(map, self.now, words);
            }
            _ => {}
        }
    }

    /// A person takes over (the running or next green is held), or hands back (the green ends when its plan says or, if it
    /// is over time, after the pedestrians' clearance; then the local plan).
    pub fn set_manual(&mut self, on: bool) {
        self.switches.manual = on;
        self.hold();
    }

    /// Somebody else's priority (a fire station's button, a level crossing) holds the running or next green, or lets it go, as a
    /// person would.
    pub fn set_preempt(&mut self, on: bool) {
        self.switches.preempt = on;
        self.hold();
    }

    fn hold(&mut self) {
        let on = self.switches.held();
        if matches!(self.mode(), Mode::Manual | Mode::Preempt) {
            self.centre.cut_off();
            self.local = calendar::line(&self.table.spec, self.clock());
        }
        if on {
            self.keep_heads();
        }
        if let Signal::Running(cycle) = &mut self.signal {
            if on {
                cycle.hold(&self.table, self.now);
            } else {
                cycle.let_go(&self.table, self.now);
            }
        }
        self.decide();
        self.show();
    }

    /// Yellow flash on (with the fault that latched it), or off, through all red to the local plan.
    pub fn set_flash(&mut self, on: bool, fault: Fault) {
        if !self.is_powered() {
            return;
        }
        if on {
            self.centre.cut_off();
            (self.switches.manual, self.switches.preempt) = (false, false);
            self.switches.fault = fault;
            self.signal = Signal::Flash;
            self.engine = None;
            self.local = calendar::line(&self.table.spec, self.clock());
            self.show();
        } else if matches!(self.signal, Signal::Flash) {
            self.switches.fault = Fault::None;
            // One tenth more of flash, so that the all red after it is as long as after a restart.
            self.begin_start_up(1, self.table.spec.startup_all_red);
        }
    }

    /// From now on the read-back of the staged block shows what lies there now, whatever is written; or the truth again.
    pub fn lie_about_staged(&mut self, on: bool) {
        let slots = 0..self.centre.staged.len();
        self.switches.stale_staged = on.then(|| slots.map(|slot| self.staged_words(slot)).collect());
    }

    /// A register, in whichever table, reads `value` from now on, or (`None`) the truth again.
    pub fn stick(&mut self, addr: u16, value: Option<u16>) {
        self.switches.stuck.retain(|s| s.0 != addr);
        self.switches.stuck.extend(value.map(|v| (addr, v)));
    }

    /// The clock runs too fast by this much from now on, parts per million.
    pub fn set_drift(&mut self, ppm: i32) {
        self.clock.set_drift(self.now, ppm);
    }

    /// Power will fail in the midst of the next write, after so many words of it; or (`None`) will not.
    pub fn cut_next_write(&mut self, after: Option<usize>) {
        self.switches.cut = after;
    }

    /// The clock shows another time at once, as after a bad time signal; the running cycle goes on as it is.
    pub fn step_clock(&mut self, by: Tenths) {
        self.clock.step(by);
    }

    /// The detector counters begin again at 0; `counted`: as if after a restart, which the restart counter shows.
    pub fn lose_counters(&mut self, counted: bool) {
        self.detector_zero = self.detectors.clone();
        if counted {
            self.kept.boots = self.kept.boots.wrapping_add(1);
        }
    }

    /// A detector channel (from 0) lies from now on, or (`None`) counts again from where the lie left it.
    pub fn lie_about_channel(&mut self, channel: usize, lie: Option<Lie>) {
        let known = self.switches.lies.iter_mut().find(|l| l.channel == channel);
        match known {
            Some(lying) => lying.lie = lie,
            None => self.switches.lies.push(Lying { channel, lie, ahead: (0, 0.0) }),
        }
    }

    /// What the channels show now, after the truth went on to `given` since they were last heard.
    pub(super) fn overheard(&mut self, since: Tenths, given: &[(u32, f64)]) -> Vec<(u32, f64)> {
        let mut shown = given.to_vec();
        for lying in &mut self.switches.lies {
            let (Some(shown), Some(&before)) = (shown.get_mut(lying.channel), self.detectors.get(lying.channel)) else {
                continue;
            };
            let truth = *shown;
            *shown = match lying.lie {
                None => (truth.0.wrapping_add(lying.ahead.0), truth.1 + lying.ahead.1),
                Some(Lie::Dead) => before,
                Some(Lie::Stuck) => (before.0, before.1 + (self.now - since) as f64 / 10.0),
                Some(Lie::Chatter(rate)) => {
                    let until = |t: Tenths| t * Tenths::from(rate) / 10;
                    let more = (until(self.now) - until(since)) as u32;
                    (before.0.wrapping_add(more), before.1 + f64::from(more) / 10.0)
                }
            };
            lying.ahead = (shown.0.wrapping_sub(truth.0), shown.1 - truth.1);
        }
        shown
    }
}
