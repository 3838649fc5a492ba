//! The operator's word to a running program: SIGINT and SIGTERM, both a wish to stop; or another part of the program's.
//!
//! Knows: that the operating system passes them on. Must not know: what stopping means.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Whose word counts.
#[derive(Debug, Clone)]
pub enum Word {
    /// The operator's.
    Operator,
    /// Of whoever holds the [`Switch`].
    Switch(watch::Receiver<bool>),
}

/// Stops what listens to its word.
#[derive(Debug)]
pub struct Switch(watch::Sender<bool>);

impl Switch {
    /// A switch, and its word.
    pub fn new() -> (Switch, Word) {
        let (sender, receiver) = watch::channel(false);
        (Switch(sender), Word::Switch(receiver))
    }

    /// Says stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// Wishes to stop, one after the other.
#[derive(Debug)]
pub struct Interrupts(Source);

#[derive(Debug)]
enum Source {
    Signals { interrupt: Signal, terminate: Signal },
    Switch(watch::Receiver<bool>),
}

impl Interrupts {
    /// Begins to listen; where it is to the operator, the signals from here on no longer end the program by themselves. Needs a
    /// tokio runtime.
    ///
    /// # Errors
    /// When the operating system does not pass signals on.
    pub fn listen(word: &Word) -> io::Result<Interrupts> {
        Ok(Interrupts(match word {
            Word::Operator => Source::Signals {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            },
            Word::Switch(switch) => Source::Switch(switch.clone()),
        }))
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        match &mut self.0 {
            Source::Signals { interrupt, terminate } => tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            },
            // A switch that was dropped stops too.
            Source::Switch(switch) => {
                let _ = switch.wait_for(|stop| *stop).await;
            }
        }
    }
}
