//! The live bus: one task a line, so that a cabinet that is slow, silent, hostile or has met a fault in this very program never
//! makes another one wait.
//!
//! ```text
//!  exchange ──► batch ──► queue of one ──► line's task: waits for its phase ──► one request after the other ──► report
//!     │                     │ full: busy                 │ silence, doubt: the connection is dropped             │
//!     │                     │ gone: broken, begun anew   │ next attempt: >= one period later, backing off        │
//!     └──── ends at the deadline, whoever is missing ◄───┴───────────────────────────────────────────────────────┘
//! ```
//! Cabinets behind one gateway, or on one serial device, share a line: many gateways take one connection only, and a serial line
//! carries one request at a time. Who was silent last is asked last.

use super::line::{Batch, Job, Line, Report};
use super::tls::TlsClient;
use super::{Bus, Stuck};
use crate::clock::Clock;
use crate::corridor::Line as Way;
use crate::field::{Answer, FieldFault, Op, Request};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Batches a line may owe before its task is taken for hung and begun anew.
const MOST_OWED: u32 = 3;
/// Time after the deadline in which a line hands in its report.
const GRACE: Duration = Duration::from_millis(20);
/// Lines that begin a millisecond apart, until the spread is used up: a few cabinets need no spreading.
const LINES_PER_MS: u32 = 2;

/// How the bus waits.
#[derive(Debug, Clone)]
pub struct LiveSettings {
    /// Between two exchanges.
    pub period: Duration,
    /// Part of the period over which lines begin, at most.
    pub spread: f64,
    /// A request that is not answered after this is not answered.
    pub silence: Duration,
    /// An exchange ends this long after its beginning, whoever is missing.
    pub deadline: Duration,
    /// Longest rest before a connection is tried again.
    pub rest: Duration,
    /// For the jitter of the rests.
    pub seed: u64,
    /// Our certificate, for lines by TLS.
    pub security: Option<TlsClient>,
}

impl LiveSettings {
    /// For exchanges a period apart: begun over six tenths of it, ended by nine tenths.
    pub fn every(period: Duration) -> Self {
        LiveSettings {
            period,
            spread: 0.6,
            silence: period * 8 / 10,
            deadline: period * 9 / 10,
            rest: period * 8,
            seed: 0,
            security: None,
        }
    }
}

/// Something about a line that changed, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The cabinets on it, by index.
    pub cabinets: Vec<usize>,
    /// Where it leads.
    pub line: Way,
    /// What.
    pub text: String,
}

/// A line as the bus sees it.
struct Handle {
    endpoint: Way,
    cabinets: Vec<usize>,
    /// After the beginning of an exchange.
    phase: Duration,
    queue: mpsc::Sender<Batch>,
    task: JoinHandle<()>,
    owed: u32,
    restarts: u64,
}

/// Cabinets by live connections.
pub struct LiveBus {
    settings: Arc<LiveSettings>,
    clock: Arc<dyn Clock>,
    lines: Vec<Handle>,
    /// Line and unit by cabinet.
    places: Vec<(usize, u8)>,
    news: Vec<News>,
    took: Vec<(usize, Duration)>,
    #[cfg(test)]
    pub(super) sabotage: Option<(usize, super::line::Sabotage)>,
}

impl LiveBus {
    /// A bus to these cabinets; the position is the cabinet's index. Needs a runtime; connects when first asked.
    pub fn new(cabinets: impl IntoIterator<Item = (Way, u8)>, settings: LiveSettings, clock: Arc<dyn Clock>) -> Self {
        let (settings, mut ways) = (Arc::new(settings), BTreeMap::<Way, usize>::new());
        let (mut groups, mut places) = (Vec::<(Way, Vec<usize>)>::new(), Vec::new());
        for (cabinet, (endpoint, unit)) in cabinets.into_iter().enumerate() {
            let line = *ways.entry(endpoint.clone()).or_insert_with(|| {
                groups.push((endpoint, Vec::new()));
                groups.len() - 1
            });
            groups[line].1.push(cabinet);
            places.push((line, unit));
        }
        let n = u32::try_from(groups.len()).unwrap_or(u32::MAX).max(1);
        let spread = settings.period.mul_f64(settings.spread).min(Duration::from_millis(1) * n / LINES_PER_MS);
        let lines = groups.into_iter().enumerate().map(|(k, (endpoint, cabinets))| {
            let phase = spread * u32::try_from(k).unwrap_or(0) / n;
            let (queue, task) = begin(&endpoint, k, 0, &settings, &clock);
            Handle { endpoint, cabinets, phase, queue, task, owed: 0, restarts: 0 }
        });
        let lines = lines.collect();
        LiveBus {
            settings,
            clock,
            lines,
            places,
            news: Vec::new(),
            took: Vec::new(),
            #[cfg(test)]
            sabotage: None,
        }
    }

    /// What changed on the lines since this was last asked.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// How long answers took since this was last asked, each with its cabinet's index.
    pub fn take_times(&mut self) -> Vec<(usize, Duration)> {
        std::mem::take(&mut self.took)
    }

    /// Tasks that had to be begun anew, since the beginning.
    pub fn restarts(&self) -> u64 {
        self.lines.iter().map(|l| l.restarts).sum()
    }

    fn restart(&mut self, line: usize, why: &str) {
        let handle = &mut self.lines[line];
        handle.task.abort();
        handle.restarts += 1;
        handle.owed = 0;
        (handle.queue, handle.task) = begin(&handle.endpoint, line, handle.restarts, &self.settings, &self.clock);
        self.tell(line, format!("{why}; it was begun anew"));
    }

    fn tell(&mut self, line: usize, text: String) {
        let Handle { endpoint, cabinets, .. } = &self.lines[line];
        self.news.push(News { cabinets: cabinets.clone(), line: endpoint.clone(), text });
    }

    /// Hands a batch to its line's task; gives where the report will come, or why not.
    fn send(&mut self, line: usize, jobs: Vec<Job>, begun: Duration) -> Result<oneshot::Receiver<Report>, FieldFault> {
        let (back, report) = oneshot::channel();
        let handle = &mut self.lines[line];
        let batch = Batch {
            jobs,
            at: begun + handle.phase,
            by: begun + self.settings.deadline,
            back,
            #[cfg(test)]
            sabotage: self.sabotage.take_if(|(at, _)| *at == line).map(|(_, s)| s),
        };
        match handle.queue.try_send(batch) {
            Ok(()) => Ok(report),
            Err(TrySendError::Closed(_)) => {
                self.restart(line, "the line's task ended");
                Err(FieldFault::Broken)
            }
            Err(TrySendError::Full(_)) => Err(self.owing(line)),
        }
    }

    /// A line owes a report more.
    fn owing(&mut self, line: usize) -> FieldFault {
        self.lines[line].owed += 1;
        if self.lines[line].owed < MOST_OWED {
            return FieldFault::Busy;
        }
        self.restart(line, "the line's task hung");
        FieldFault::Broken
    }
}

impl Drop for LiveBus {
    fn drop(&mut self) {
        self.lines.iter().for_each(|line| line.task.abort());
    }
}

fn begin(
    endpoint: &Way,
    line: usize,
    restarts: u64,
    settings: &Arc<LiveSettings>,
    clock: &Arc<dyn Clock>,
) -> (mpsc::Sender<Batch>, JoinHandle<()>) {
    let (queue, batches) = mpsc::channel(1);
    let seed = settings.seed ^ (line as u64) << 20 ^ restarts;
    let line = Line::new(endpoint.clone(), seed, settings.clone(), clock.clone());
    (queue, tokio::spawn(line.work(batches)))
}

impl Bus for LiveBus {
    async fn exchange(&mut self, requests: &[Request]) -> Result<Vec<Answer>, Stuck> {
        let asked: Vec<(usize, Op)> = requests.iter().map(|r| (r.cabinet().0, r.op().clone())).collect();
        Ok(self.ask(asked).await)
    }
}

impl LiveBus {
    /// One exchange. Private: what goes to a cabinet is a [`Request`].
    async fn ask(&mut self, asked: Vec<(usize, Op)>) -> Vec<Answer> {
        let begun = self.clock.elapsed();
        let mut answers = vec![Err(FieldFault::Closed); asked.len()];
        let mut batches = BTreeMap::<usize, Vec<Job>>::new();
        for (place, (cabinet, op)) in asked.into_iter().enumerate() {
            let Some(&(line, unit)) = self.places.get(cabinet) else { continue };
            batches.entry(line).or_default().push(Job { place, cabinet, unit, op });
        }
        let end = sleep(self.settings.deadline + GRACE);
        tokio::pin!(end);
        let mut waiting = Vec::with_capacity(batches.len());
        for (line, jobs) in batches {
            let places: Vec<usize> = jobs.iter().map(|j| j.place).collect();
            match self.send(line, jobs, begun) {
                Ok(report) => waiting.push((line, places, report)),
                Err(fault) => places.into_iter().for_each(|p| answers[p] = Err(fault)),
            }
        }
        for (line, places, report) in waiting {
            let report = tokio::select! {
                biased;
                report = report => Some(report),
                () = &mut end => None,
            };
            let fault = match report {
                Some(Ok(report)) => {
                    self.lines[line].owed = 0;
                    report.answers.into_iter().for_each(|(place, answer)| answers[place] = answer);
                    self.took.extend(report.took);
                    report.news.into_iter().for_each(|text| self.tell(line, text));
                    continue;
                }
                Some(Err(_)) => {
                    self.restart(line, "the line's task failed");
                    FieldFault::Broken
                }
                None => self.owing(line),
            };
            places.into_iter().for_each(|p| answers[p] = Err(fault));
        }
        answers
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tls_tests;
