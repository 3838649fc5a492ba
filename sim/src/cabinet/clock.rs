//! The cabinet's own clock: true time, an error that grows, and corrections that never bend a running cycle.
//!
//! Knows: whole tenths of a second. Must not know: what they are used for. Intervals are timed on true time (the
//! mains-locked time base of the cabinet), dates on this clock, which is true time plus a shift. The shift changes at cycle
//! starts only, so that no interval is ever shortened by a correction or by drift; a step (local mode only) moves the date
//! and leaves the running cycle where it is.

use super::spec::Tenths;

/// The largest correction at one cycle end, 0.1 s.
pub(super) const SLEW: Tenths = 20;

/// A drifting clock that is corrected at cycle ends.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    /// Clock less true time.
    shift: Tenths,
    /// How much too fast it runs, parts per million.
    drift_ppm: i32,
    /// True time from which drift is counted, and how much of it is already in `shift`.
    drift_since: Tenths,
    drifted: Tenths,
    /// Correction not yet applied.
    due: Tenths,
}

impl Clock {
    pub(super) fn new(now: Tenths, error: Tenths, drift_ppm: i32) -> Self {
        Self { shift: error, drift_ppm, drift_since: now, drifted: 0, due: 0 }
    }

    /// What the clock shows at a true time.
    pub(super) fn read(&self, now: Tenths) -> Tenths {
        now + self.shift
    }

    /// The correction that the end of the cycle will apply.
    pub(super) fn due(&self) -> Tenths {
        self.due
    }

    /// Asks for a correction of at most [`SLEW`] at the next cycle end; replaces one not yet applied.
    pub(super) fn correct(&mut self, by: Tenths) {
        self.due = by.clamp(-SLEW, SLEW);
    }

    /// Sets the clock at once.
    pub(super) fn step(&mut self, by: Tenths) {
        self.shift += by;
        self.due = 0;
    }

    /// A cycle ends: takes in what the clock drifted and the correction. Returns how far the clock moved.
    pub(super) fn end_of_cycle(&mut self, now: Tenths) -> Tenths {
        let total = (i64::from(self.drift_ppm) * (now - self.drift_since)).div_euclid(1_000_000);
        let drift = total - self.drifted;
        let slew = std::mem::take(&mut self.due);
        self.drifted = total;
        self.shift += drift + slew;
        drift + slew
    }

    /// The clock runs at another rate from here on; what it drifted since the last cycle start is forgotten.
    pub(super) fn set_drift(&mut self, now: Tenths, drift_ppm: i32) {
        self.drift_ppm = drift_ppm;
        self.drift_since = now;
        self.drifted = 0;
    }

    /// Forgets a correction not yet applied (it lay in memory that a restart lost).
    pub(super) fn forget_correction(&mut self) {
        self.due = 0;
    }
}
