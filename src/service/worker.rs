//! Questions answered on a thread of their own, one at a time: the core's to the optimiser.
//!
//! Knows: the clock. Must not know: what is asked.

use crate::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};

/// Answers a question; whenever it asks whether to stop and hears yes, it ends with the best answer it has.
pub(super) type Search<Q, A> = Arc<dyn Fn(&Q, &dyn Fn() -> bool) -> A + Send + Sync>;

/// One thread at most, and the newest question that waits for it: an answer to an older one would be ignored, so its search is
/// told to stop, as is one that has taken `limit`.
pub(super) struct Worker<Q, A> {
    search: Search<Q, A>,
    clock: Arc<dyn Clock>,
    limit: Duration,
    busy: Option<(JoinHandle<A>, Arc<AtomicBool>)>,
    waiting: Option<Q>,
}

impl<Q: Send + 'static, A: Send + 'static> Worker<Q, A> {
    pub(super) fn new(search: Search<Q, A>, clock: Arc<dyn Clock>, limit: Duration) -> Self {
        Worker { search, clock, limit, busy: None, waiting: None }
    }

    /// Takes a question; an older one is forgotten, whether it still waits or is being searched.
    pub(super) fn ask(&mut self, question: Q) {
        self.waiting = Some(question);
        if let Some((_, told)) = &self.busy {
            told.store(true, Ordering::Relaxed);
        }
        self.start();
    }

    /// The answer that has come since, if any. Never waits.
    pub(super) async fn answer(&mut self) -> Option<A> {
        let (done, told) = self.busy.take_if(|(task, _)| task.is_finished())?;
        // A search that died answers nothing: the core asks again when its patience ends.
        let answer = done.await.ok().filter(|_| !told.load(Ordering::Relaxed));
        self.start();
        answer
    }

    fn start(&mut self) {
        if self.busy.is_none()
            && let Some(question) = self.waiting.take()
        {
            let (search, clock) = (self.search.clone(), self.clock.clone());
            let (told, until) = (Arc::new(AtomicBool::new(false)), clock.elapsed() + self.limit);
            let hear = told.clone();
            let task = move || search(&question, &|| hear.load(Ordering::Relaxed) || clock.elapsed() >= until);
            self.busy = Some((spawn_blocking(task), told));
        }
    }
}

/// The runtime waits for its threads when the service ends.
impl<Q, A> Drop for Worker<Q, A> {
    fn drop(&mut self) {
        if let Some((_, told)) = &self.busy {
            told.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    /// Searches until it is told to stop, or at once where the question is even.
    fn worker(limit: Duration) -> Worker<u32, u32> {
        let search = |question: &u32, stop: &dyn Fn() -> bool| {
            while question % 2 == 1 && !stop() {
                std::hint::spin_loop();
            }
            10 * question
        };
        Worker::new(Arc::new(search), Arc::new(SystemClock::new()), limit)
    }

    async fn answer(worker: &mut Worker<u32, u32>) -> u32 {
        loop {
            if let Some(answer) = worker.answer().await {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_search_out_of_time_gives_the_best_it_has() {
        let mut worker = worker(Duration::ZERO);
        worker.ask(1);
        assert_eq!(answer(&mut worker).await, 10);
    }

    #[tokio::test]
    async fn a_newer_question_ends_the_older_search_which_answers_nothing() {
        let mut worker = worker(Duration::from_secs(3600));
        worker.ask(1);
        worker.ask(3);
        worker.ask(4);
        assert_eq!(answer(&mut worker).await, 40);
        assert!(worker.busy.is_none() && worker.waiting.is_none());
    }

    #[tokio::test]
    async fn the_end_of_the_service_ends_the_search() {
        // The test ends only when its runtime's threads have.
        let mut worker = worker(Duration::from_secs(3600));
        worker.ask(1);
        drop(worker);
    }
}
