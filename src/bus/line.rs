//! One line of the live bus: its connection, its requests one after the other, its rests between attempts to connect.

use super::live::LiveSettings;
use super::wire::{Trouble, Wire};
use crate::clock::Clock;
use crate::corridor::Line as Way;
use crate::field::{Answer, FieldFault, Op};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

/// An attempt that is due this soon is waited for instead of being left to the next exchange.
const SOON: Duration = Duration::from_millis(50);

/// One request.
pub(super) struct Job {
    pub(super) place: usize,
    pub(super) cabinet: usize,
    pub(super) unit: u8,
    pub(super) op: Op,
}

/// The requests of one exchange. Times are the clock's.
pub(super) struct Batch {
    pub(super) jobs: Vec<Job>,
    pub(super) at: Duration,
    pub(super) by: Duration,
    pub(super) back: oneshot::Sender<Report>,
    #[cfg(test)]
    pub(super) sabotage: Option<Sabotage>,
}

/// A fault in this very program, for its test.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(super) enum Sabotage {
    Panic,
    Hang,
}

/// What came of a batch.
#[derive(Default)]
pub(super) struct Report {
    pub(super) answers: Vec<(usize, Answer)>,
    /// How long answers took, by cabinet.
    pub(super) took: Vec<(usize, Duration)>,
    pub(super) news: Vec<String>,
}

/// A line's state.
pub(super) struct Line {
    endpoint: Way,
    settings: Arc<LiveSettings>,
    clock: Arc<dyn Clock>,
    chance: Pcg64Mcg,
    wire: Option<Wire>,
    /// No attempt to connect before this.
    next: Duration,
    /// Connections in a row that came to nothing.
    failures: u32,
    /// This connection has given an answer.
    proved: bool,
    /// Units that were silent when last asked.
    silent: Vec<u8>,
    /// Why there is no connection; what the console was told last.
    trouble: Option<Trouble>,
}

impl Line {
    pub(super) fn new(endpoint: Way, seed: u64, settings: Arc<LiveSettings>, clock: Arc<dyn Clock>) -> Self {
        Line {
            endpoint,
            settings,
            clock,
            chance: Pcg64Mcg::seed_from_u64(seed),
            wire: None,
            next: Duration::ZERO,
            failures: 0,
            proved: false,
            silent: Vec::new(),
            trouble: None,
        }
    }

    /// Works until nobody is left to work for.
    pub(super) async fn work(mut self, mut batches: mpsc::Receiver<Batch>) {
        while let Some(batch) = batches.recv().await {
            #[cfg(test)]
            match batch.sabotage {
                Some(Sabotage::Panic) => panic!("sabotage"),
                Some(Sabotage::Hang) => std::future::pending().await,
                None => {}
            }
            sleep(batch.at.saturating_sub(self.clock.elapsed())).await;
            let report = self.carry(batch.jobs, batch.by).await;
            // Whoever gave up waiting is not told.
            let _ = batch.back.send(report);
        }
    }

    async fn carry(&mut self, mut jobs: Vec<Job>, by: Duration) -> Report {
        let mut report = Report::default();
        // Who was silent comes last; requests to one unit stay in their order.
        jobs.sort_by_key(|job| self.silent.contains(&job.unit));
        let mut quiet = Vec::new();
        for job in &jobs {
            // One silence of a cabinet is waited for and no more.
            let answer =
                if quiet.contains(&job.unit) { Err(FieldFault::Silence) } else { self.ask(job, by, &mut report).await };
            if answer == Err(FieldFault::Silence) {
                quiet.push(job.unit);
            }
            report.answers.push((job.place, answer));
        }
        self.silent.retain(|unit| !jobs.iter().any(|job| job.unit == *unit));
        self.silent.extend(quiet);
        self.silent.dedup();
        report
    }

    async fn ask(&mut self, job: &Job, by: Duration, report: &mut Report) -> Answer {
        let mut wire = self.wire.take();
        if wire.is_none() {
            let rest = self.next.saturating_sub(self.clock.elapsed());
            if rest > SOON {
                return Err(self.trouble.as_ref().map_or(FieldFault::Closed, |t| t.fault));
            }
            sleep(rest).await;
        }
        sleep(self.pause()).await;
        let asked = self.clock.elapsed();
        let patience = self.settings.silence.min(by.saturating_sub(asked));
        if patience.is_zero() {
            self.wire = wire;
            return Err(FieldFault::Busy);
        }
        let mut connected = wire.is_some();
        if !connected {
            self.proved = false;
            self.next = asked + self.settings.period;
        }
        // The connection leaves the line for the time of the call: if the call is cancelled or fails, it is gone.
        let (endpoint, security) = (&self.endpoint, self.settings.security.as_ref());
        let called = timeout(patience, async {
            let wire = match wire.take() {
                Some(wire) => wire,
                None => Wire::connect(endpoint, security).await?,
            };
            connected = true;
            wire.ask(job.unit, &job.op).await
        });
        match called.await {
            Ok(Ok((answer, wire))) => {
                (self.wire, self.proved, self.failures) = (Some(wire), true, 0);
                report.took.push((job.cabinet, self.clock.elapsed().saturating_sub(asked)));
                self.refused(answer == Err(FieldFault::Exception(1)), report);
                answer
            }
            Ok(Err(trouble)) => {
                let fault = trouble.fault;
                self.dropped(Some(trouble), report);
                Err(fault)
            }
            Err(_) => {
                let nobody = || Trouble { fault: FieldFault::Silence, why: "no connection: nobody answers".to_owned() };
                self.dropped((!connected).then(nobody), report);
                Err(FieldFault::Silence)
            }
        }
    }

    /// A clean answer: trouble is over, unless the cabinet's TLS gives our role no right.
    fn refused(&mut self, refused: bool, report: &mut Report) {
        if refused && matches!(self.endpoint, Way::Tls { .. }) {
            let why = "the cabinet gives the role in our certificate no right to this (exception 1)".to_owned();
            self.tell(Trouble { fault: FieldFault::Untrusted, why }, report);
        } else if self.trouble.take().is_some() {
            report.news.push("answers again".to_owned());
        }
    }

    /// The connection is gone, or was never made.
    fn dropped(&mut self, trouble: Option<Trouble>, report: &mut Report) {
        if !self.proved {
            self.failures = (self.failures + 1).min(16);
            let most = (self.settings.period * 2_u32.pow(self.failures - 1)).min(self.settings.rest);
            let rest = most.mul_f64(0.5 + 0.5 * self.chance.random::<f64>());
            self.next = self.next.max(self.clock.elapsed() + rest);
        }
        if let Some(trouble) = trouble {
            self.tell(trouble, report);
        }
    }

    /// Tells trouble once.
    fn tell(&mut self, trouble: Trouble, report: &mut Report) {
        if self.trouble.as_ref() != Some(&trouble) {
            report.news.push(trouble.why.clone());
            self.trouble = Some(trouble);
        }
    }

    /// Silence before a request on a serial line: 3.5 characters of 11 bits, and 1.75 ms above 19,200 bits a second (Modbus over
    /// serial line V1.02, 2.5.1.1).
    fn pause(&self) -> Duration {
        match &self.endpoint {
            Way::Serial { baud, .. } if *baud <= 19_200 => Duration::from_secs_f64(38.5 / f64::from((*baud).max(1))),
            Way::Serial { .. } => Duration::from_micros(1_750),
            _ => Duration::ZERO,
        }
    }
}
