//! The core's questions to the optimiser, carried out on a thread of their own, one at a time.

use crate::control::{Event, Finding, Work};
use crate::corridor::Network;
use crate::optimise::Settings;
use crate::work::carry_out;
use std::sync::Arc;
use tokio::task::{JoinHandle, spawn_blocking};

/// One thread at most, and the newest question that waits for it: an answer to an older one would be ignored.
pub(super) struct Worker {
    network: Arc<Network>,
    settings: Arc<Settings>,
    busy: Option<JoinHandle<Finding>>,
    waiting: Option<Work>,
}

impl Worker {
    pub(super) fn new(network: Arc<Network>, settings: Settings) -> Self {
        Worker { network, settings: Arc::new(settings), busy: None, waiting: None }
    }

    /// Takes a question; an older one that still waits is forgotten.
    pub(super) fn ask(&mut self, work: Work) {
        self.waiting = Some(work);
        self.start();
    }

    /// The answer that has come since, if any. Never waits.
    pub(super) async fn answer(&mut self) -> Option<Event> {
        let done = self.busy.take_if(|task| task.is_finished())?;
        // A search that died answers nothing: the core asks again when its patience ends.
        let finding = done.await.ok();
        self.start();
        finding.map(Event::Found)
    }

    fn start(&mut self) {
        if self.busy.is_none()
            && let Some(work) = self.waiting.take()
        {
            let (network, settings) = (self.network.clone(), self.settings.clone());
            self.busy = Some(spawn_blocking(move || carry_out(&network, &work, &settings)));
        }
    }
}
