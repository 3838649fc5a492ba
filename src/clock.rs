//! The machine's clock. This is the only code that asks the machine what time it is; everybody else is told.
//!
//! Knows: the machine. Must not know: what the time is for.

use crate::units::Moment;
use std::time::Duration;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Something that knows the time.
pub trait Clock: Send + Sync {
    /// UTC, to a tenth of a second. May jump, as wall clocks do.
    fn utc(&self) -> Moment;

    /// Time since the clock was made. Never goes back and never jumps.
    fn elapsed(&self) -> Duration;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    made: Instant,
}

impl SystemClock {
    /// A clock that counts from now on.
    #[expect(clippy::disallowed_methods, reason = "this file is the clock")]
    pub fn new() -> Self {
        SystemClock { made: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this file is the clock")]
    fn utc(&self) -> Moment {
        // Before the epoch there were no signals to control.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment::new(i64::try_from(since_epoch.as_millis() / 100).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        self.made.elapsed()
    }
}
