//! The core's questions to the optimiser, carried out on a thread of their own, one at a time.

use crate::clock::Clock;
use crate::control::{Event, Finding, Work};
use crate::corridor::Network;
use crate::optimise::Settings;
use crate::work::carry_out;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};

/// One thread at most, and the newest question that waits for it: an answer to an older one would be ignored, so its search is
/// told to stop, as is one that has taken `limit` and gives the best it has then.
pub(super) struct Worker {
    network: Arc<Network>,
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
    limit: Duration,
    busy: Option<(JoinHandle<Finding>, Arc<AtomicBool>)>,
    waiting: Option<Work>,
}

impl Worker {
    pub(super) fn new(network: Arc<Network>, settings: Settings, clock: Arc<dyn Clock>, limit: Duration) -> Self {
        Worker { network, settings: Arc::new(settings), clock, limit, busy: None, waiting: None }
    }

    /// Takes a question; an older one is forgotten, whether it still waits or is being searched.
    pub(super) fn ask(&mut self, work: Work) {
        self.waiting = Some(work);
        self.stop();
        self.start();
    }

    /// The answer that has come since, if any. Never waits.
    pub(super) async fn answer(&mut self) -> Option<Event> {
        let (done, told) = self.busy.take_if(|(task, _)| task.is_finished())?;
        // A search that died answers nothing: the core asks again when its patience ends.
        let finding = done.await.ok().filter(|_| !told.load(Ordering::Relaxed));
        self.start();
        finding.map(Event::Found)
    }

    fn stop(&self) {
        if let Some((_, told)) = &self.busy {
            told.store(true, Ordering::Relaxed);
        }
    }

    fn start(&mut self) {
        if self.busy.is_none()
            && let Some(work) = self.waiting.take()
        {
            let (network, settings, clock) = (self.network.clone(), self.settings.clone(), self.clock.clone());
            let (told, until) = (Arc::new(AtomicBool::new(false)), clock.elapsed() + self.limit);
            let hear = told.clone();
            let search = move || {
                let stop = || hear.load(Ordering::Relaxed) || clock.elapsed() >= until;
                carry_out(&network, &work, &settings, &stop)
            };
            self.busy = Some((spawn_blocking(search), told));
        }
    }
}

/// The runtime waits for its threads when the service ends.
impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::control::Origin;
    use crate::corridor::{Arm, Movement, sample};
    use crate::demand::Flows;
    use crate::plan::Plan;
    use crate::units::VehiclesPerHour;

    /// A question whose search takes minutes if it is let.
    fn endless(limit: Duration) -> (Worker, Work) {
        let network = Arc::new(sample::arterial(&[350.0; 30]));
        let mut flows = Flows::none(&network);
        for index in network.indices() {
            for from in [Arm::W, Arm::E, Arm::N] {
                flows.set(index, from, Movement::Through, VehiclesPerHour::new(800.0).unwrap());
            }
        }
        let local = |at: &crate::corridor::Intersection| {
            Plan::from_greens(at, &at.local_plan.greens, Default::default()).unwrap()
        };
        let plans: Vec<Plan> = network.intersections().iter().map(local).collect();
        let work = Work {
            id: 1,
            period: 0,
            reference: flows.clone(),
            flows,
            current: plans.clone(),
            day_plan: plans,
            neighbours: Vec::new(),
        };
        let mut settings = Settings::default();
        settings.search.resolution = crate::units::Tenths::new(1);
        (Worker::new(network, settings, Arc::new(SystemClock::new()), limit), work)
    }

    async fn wait(worker: &mut Worker) -> Event {
        loop {
            if let Some(event) = worker.answer().await {
                return event;
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_search_out_of_time_gives_the_best_it_has() {
        let (mut worker, work) = endless(Duration::ZERO);
        worker.ask(work);
        let Event::Found(finding) = wait(&mut worker).await else { panic!("an answer") };
        let origins: Vec<Origin> = finding.candidates.iter().map(|c| c.origin).collect();
        assert_eq!(origins[..2], [Origin::Keep, Origin::DayPlan]);
        let cost = |k: usize| finding.candidates[k].cost.objective_veh_s_per_h;
        assert!((1..origins.len()).all(|k| cost(k) <= cost(0) * (1.0 + 1e-9)), "nothing is worse than where it began");
    }

    #[tokio::test]
    async fn a_newer_question_ends_the_older_search_which_answers_nothing() {
        let (mut worker, work) = endless(Duration::from_secs(3600));
        worker.ask(work.clone());
        worker.ask(Work { id: 2, ..work });
        let stopped = worker.busy.as_ref().is_some_and(|(_, told)| told.load(Ordering::Relaxed));
        assert!(stopped && worker.waiting.is_some());
        // The older search ends, the newer one begins, and is told to stop as the service ends.
        while worker.waiting.is_some() {
            assert!(worker.answer().await.is_none());
            tokio::task::yield_now().await;
        }
        drop(worker);
    }
}
