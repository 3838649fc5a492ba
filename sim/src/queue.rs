//! Queues of an approach: how many wait, how far back they reach, for how long somebody waits.
//!
//! Knows: numbers and metres, step by step. Must not know: vehicles, lamps.

/// Steps between two looks at how far queues reach.
pub(crate) const REACH_STEPS: u32 = 10;

/// Running sums of one approach.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Queue {
    sum: f64,
    pub(crate) max: u32,
    /// Steps with somebody queueing; of these, those without a break until now, and the most of them.
    steps: u32,
    unbroken: u32,
    longest: u32,
    reach_sum: f64,
    looks: u32,
    pub(crate) reach_max: f32,
}

impl Queue {
    /// So many queue in this step.
    pub(crate) fn step(&mut self, queued: u32) {
        self.sum += f64::from(queued);
        self.max = self.max.max(queued);
        let some = u32::from(queued > 0);
        self.steps += some;
        self.unbroken = some * (self.unbroken + 1);
        self.longest = self.longest.max(self.unbroken);
    }

    /// They reach so far back now, m.
    pub(crate) fn reaches(&mut self, metres: f32) {
        self.reach_sum += f64::from(metres);
        self.looks += 1;
        self.reach_max = self.reach_max.max(metres);
    }

    /// Mean number over `steps`.
    pub(crate) fn mean(&self, steps: u64) -> Option<f64> {
        (steps > 0).then(|| self.sum / steps as f64)
    }

    /// Mean reach over all looks, m.
    pub(crate) fn mean_reach(&self) -> Option<f64> {
        (self.looks > 0).then(|| self.reach_sum / f64::from(self.looks))
    }

    /// Seconds with somebody queueing, and the longest of them without a break.
    pub(crate) fn seconds(&self, step_s: f64) -> (f64, f64) {
        (f64::from(self.steps) * step_s, f64::from(self.longest) * step_s)
    }
}
