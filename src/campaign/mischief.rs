//! A burst of faults on some cabinets of a group: what strikes, where, from when to when.

use crate::bus::{LineFault, LineFaults};
use crate::corridor::IntersectionIndex;
use crate::rig::Cabinets;
use crate::units::{Moment, Tenths};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use std::time::Duration;

/// A burst begins at most this long after the order it disturbs: staging, verifying, canary and commits take about so long.
const BEGINS_WITHIN_S: u32 = 25;
/// It lasts at most so long.
const LASTS_AT_MOST_S: u32 = 12;
/// Words of the longest write: power fails somewhere in it, or after it.
const LONGEST_WRITE: usize = 117;
/// Status register that shows the layout: stuck, it makes every status garbled.
const LAYOUT_REGISTER: u16 = 0;

/// What happens to one cabinet in a burst.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Harm {
    /// On its line, for a share of the requests.
    Line(LineFault, f64),
    /// Power fails in the midst of the next write, after so many words.
    Cut(usize),
    /// Power fails now.
    Reboot,
    /// The read-back shows what lay there before.
    Lie,
    /// A register is stuck.
    Stick,
    /// A person at the panel.
    Manual,
    /// Flash.
    Flash,
}

/// A burst.
#[derive(Debug, Clone)]
pub(super) struct Burst {
    pub(super) begins: Moment,
    pub(super) ends: Moment,
    pub(super) harms: Vec<(IntersectionIndex, Harm)>,
    pub(super) begun: bool,
}

impl Harm {
    /// Its name in the report.
    pub(super) fn name(self) -> &'static str {
        match self {
            Harm::Line(fault, _) => fault.name(),
            Harm::Cut(_) => "power-cut-in-write",
            Harm::Reboot => "reboot",
            Harm::Lie => "lying-read-back",
            Harm::Stick => "stuck-register",
            Harm::Manual => "manual",
            Harm::Flash => "flash",
        }
    }

    /// Draws one; `silence` is what the client takes for silence.
    fn draw(chance: &mut Pcg64Mcg, silence: Duration) -> Harm {
        let longer = silence * chance.random_range(2..8_u32);
        let share = [0.2, 0.5, 1.0][chance.random_range(0..3_usize)];
        let line = |fault| Harm::Line(fault, share);
        match chance.random_range(0..25_u32) {
            0 => line(LineFault::Latency(silence / 4, silence / 4)),
            1 => line(LineFault::Latency(silence, silence)),
            2 => line(LineFault::Silence),
            3 => line(LineFault::Lost),
            4 => line(LineFault::Exception(6)),
            5 => line(LineFault::Exception(4)),
            6 => line(LineFault::Reset),
            7 => line(LineFault::Truncate),
            8 => line(LineFault::Corrupt),
            9 => line(LineFault::WrongTransaction),
            10 => line(LineFault::WrongUnit),
            11 => line(LineFault::WrongFunction),
            12 => line(LineFault::WrongCount),
            13 => line(LineFault::Duplicate),
            14 => line(LineFault::Late(longer)),
            15 => line(LineFault::Redeliver(longer)),
            16 => line(LineFault::DeliverLate(longer)),
            17 => line(LineFault::BlackHole),
            18 => line(LineFault::Refuse),
            19 => line(LineFault::Drop),
            20 => Harm::Reboot,
            21 => Harm::Lie,
            22 => Harm::Stick,
            23 => [Harm::Manual, Harm::Flash][chance.random_range(0..2_usize)],
            _ => Harm::Cut(chance.random_range(0..LONGEST_WRITE)),
        }
    }
}

impl Burst {
    /// Draws a burst for a change ordered now, on one or more of `n` cabinets.
    pub(super) fn draw(chance: &mut Pcg64Mcg, now: Moment, n: usize, silence: Duration) -> Burst {
        let begins = now + Tenths::from_seconds(chance.random_range(0..BEGINS_WITHIN_S));
        let ends = begins + Tenths::from_seconds(chance.random_range(1..=LASTS_AT_MOST_S));
        let victims = if chance.random_range(0..4_u32) == 0 { chance.random_range(1..=n) } else { 1 };
        let first = chance.random_range(0..n);
        let harms = (0..victims).map(|k| (IntersectionIndex((first + k) % n), Harm::draw(chance, silence))).collect();
        Burst { begins, ends, harms, begun: false }
    }

    /// Does the harm.
    pub(super) fn begin(&mut self, lines: &[LineFaults], cabinets: &Cabinets) {
        self.begun = true;
        for &(index, harm) in &self.harms {
            match harm {
                Harm::Line(fault, share) => lines[index.0].share(fault, None, share),
                Harm::Cut(after) => cabinets.cut_next_write(index, after),
                Harm::Reboot => cabinets.harm(index, |c| c.reboot()),
                Harm::Lie => cabinets.harm(index, |c| c.lie_about_staged(true)),
                Harm::Stick => cabinets.harm(index, |c| c.stick(LAYOUT_REGISTER, Some(0))),
                Harm::Manual => cabinets.harm(index, |c| c.set_manual(true)),
                Harm::Flash => cabinets.flash(index, true),
            }
        }
    }

    /// Mends everything.
    pub(super) fn end(&self, lines: &[LineFaults], cabinets: &Cabinets) {
        for &(index, harm) in &self.harms {
            match harm {
                Harm::Line(..) => lines[index.0].clear(),
                Harm::Cut(_) => cabinets.spare_next_write(index),
                Harm::Reboot => {}
                Harm::Lie => cabinets.harm(index, |c| c.lie_about_staged(false)),
                Harm::Stick => cabinets.harm(index, |c| c.stick(LAYOUT_REGISTER, None)),
                Harm::Manual => cabinets.harm(index, |c| c.set_manual(false)),
                Harm::Flash => cabinets.flash(index, false),
            }
        }
    }
}
