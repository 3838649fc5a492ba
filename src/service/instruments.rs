//! What the loop is measured by, shared with whoever shows it.

use super::metrics::Metrics;
use crate::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A loop that completed no step for this long is not well.
const WELL_WITHIN: Duration = Duration::from_secs(3);

/// When the loop last completed a step.
pub struct Pulse {
    clock: Arc<dyn Clock>,
    /// Milliseconds of the clock, plus one; 0 = never.
    last: AtomicU64,
}

impl Pulse {
    fn new(clock: Arc<dyn Clock>) -> Self {
        Pulse { clock, last: AtomicU64::new(0) }
    }

    /// A step is complete.
    pub(super) fn beat(&self) {
        self.last.store(self.now() + 1, Ordering::Relaxed);
    }

    /// Whether a step was completed within the last three seconds.
    pub fn well(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last > 0 && u128::from((self.now() + 1).saturating_sub(last)) <= WELL_WITHIN.as_millis()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }
}

/// Metrics and pulse of one loop.
pub struct Instruments {
    /// What is counted.
    pub metrics: Metrics,
    /// Whether it goes on.
    pub pulse: Pulse,
}

impl Instruments {
    /// Of a loop that has not begun; `armed`: whether anything is written.
    ///
    /// # Errors
    /// When two metrics have one name, which is a bug.
    pub fn new(armed: bool, clock: Arc<dyn Clock>) -> Result<Instruments, prometheus::Error> {
        Ok(Instruments { metrics: Metrics::new(armed)?, pulse: Pulse::new(clock) })
    }
}
