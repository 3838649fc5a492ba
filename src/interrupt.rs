//! The operator's word to a running program: SIGINT and SIGTERM, both a wish to stop.
//!
//! Knows: that the operating system passes them on. Must not know: what stopping means.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Wishes to stop, one after the other.
#[derive(Debug)]
pub struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    /// Begins to listen; from here on the signals no longer end the program by themselves. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the operating system does not pass signals on.
    pub fn listen() -> io::Result<Interrupts> {
        Ok(Interrupts { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
