//! What goes wrong with cabinets, switched on by tests and by scenarios.
//!
//! Knows: the cabinet's insides. Must not know: who injects, why. None of these may ever make the cabinet unsafe; they make
//! it dumb, deaf, forgetful or a liar towards the centre.

use super::centre::Centre;
use super::registers::{self, Exception};
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
    pub(super) fault: Fault,
    /// What the staged block's read-back shows instead of the truth.
    pub(super) stale_staged: Option<Vec<u16>>,
    /// Registers that read a fixed value.
    pub(super) stuck: Vec<(u16, u16)>,
}

impl Cabinet {
    /// Power fails: heads dark, memory lost. A bus should answer nothing until [`Cabinet::power_on`].
    pub fn power_off(&mut self) {
        self.signal = Signal::Off;
        self.engine = None;
        self.calls.forget(&self.table.spec);
        self.centre = Centre::new(self.now);
        self.clock.forget_correction();
        self.switches.manual = false;
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
            registers::whole_block(addr, words.len()).map(|()| self.lay_torn(addr, cut))
        };
        if reboot {
            self.reboot();
        }
        done
    }

    fn lay_torn(&mut self, addr: u16, cut: &[u16]) {
        if addr == registers::STAGED && !cut.is_empty() {
            self.centre.lay(cut);
        }
        if let (registers::HEARTBEAT, Some(&counter)) = (addr, cut.first()) {
            self.centre.beat(self.now, [counter, self.centre.heartbeat[1]]);
        }
    }

    /// A person takes over (the running or next green is held), or hands back (the green ends when its plan says or, if it
    /// is over time, after the pedestrians' clearance; then the local plan).
    pub fn set_manual(&mut self, on: bool) {
        self.switches.manual = on;
        let mode = self.mode();
        if on && mode == Mode::Manual {
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
            self.switches.manual = false;
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
        self.switches.stale_staged = on.then(|| self.staged_words());
    }

    /// A register reads `value` from now on, or (`None`) the truth again.
    pub fn stick(&mut self, addr: u16, value: Option<u16>) {
        self.switches.stuck.retain(|s| s.0 != addr);
        self.switches.stuck.extend(value.map(|v| (addr, v)));
    }

    /// The clock runs too fast by this much from now on, parts per million.
    pub fn set_drift(&mut self, ppm: i32) {
        self.clock.set_drift(self.now, ppm);
    }
}
