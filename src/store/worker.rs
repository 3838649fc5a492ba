//! The store's thread: gathers what waits, commits it together, anchors, acknowledges; and when the disk says no, tries again.

use super::anchor::Anchorer;
use super::apply::Applier;
use super::chain::Head;
use super::database;
use super::handle::{Done, Job, Shared, Unrecorded, lock};
use super::health::{Health, Trouble};
use super::open::Opened;
use super::row::{Recorded, Write};
use super::settings::Settings;
use super::tidy;
use crate::units::Moment;
use rusqlite::{Connection, TransactionBehavior};
use std::fs::File;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Rows that nobody waits for are committed this often, so that they share a flush.
const GATHER: Duration = Duration::from_secs(1);
/// Until the next try when the disk said no.
const AGAIN: Duration = Duration::from_millis(500);
/// Tries that are left when the store is closed while the disk says no.
const LAST_TRIES: u32 = 4;
/// Most jobs of one transaction.
const MOST: usize = 4096;

pub(super) struct Worker {
    db: Connection,
    anchorer: Anchorer,
    applier: Applier,
    settings: Settings,
    shared: Arc<Shared>,
    /// Held as long as the thread lives.
    _lock: Option<File>,
}

/// What is written together, and who wants to know.
type Group = Vec<(Vec<Write>, Option<Done>)>;

enum Failed {
    /// The disk; everything again later.
    Trouble(Trouble, String),
    /// This row, whatever the disk does.
    Row,
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Trouble::of(&error).map_or(Failed::Row, |trouble| Failed::Trouble(trouble, error.to_string()))
    }
}

/// How the thread begins.
pub(super) enum Beginning {
    /// With an open store.
    Opened(Box<Opened>),
    /// With one that could not be opened at this time, for this trouble.
    Later(Trouble, String, Moment),
}

pub(super) fn spawn(beginning: Beginning, settings: Settings, shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    let begin = move || match beginning {
        Beginning::Opened(opened) => Worker::new(*opened, settings, shared).run(),
        Beginning::Later(_, _, now) => {
            if let Some(opened) = opened_at_last(&settings, &shared, now) {
                Worker::new(opened, settings, shared).run();
            }
        }
    };
    std::thread::Builder::new().name("store".to_owned()).spawn(begin)
}

/// Tries until the store can be opened; `None` when the last handle went first, and nothing that waited was recorded.
fn opened_at_last(settings: &Settings, shared: &Shared, now: Moment) -> Option<Opened> {
    loop {
        let queue = lock(&shared.queue);
        let waited = shared.bell.wait_timeout_while(queue, AGAIN, |queue| !queue.closed);
        let mut queue = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(queue, _)| queue);
        if queue.closed {
            let jobs = std::mem::take(&mut queue.jobs);
            drop(queue);
            for job in jobs {
                if let Job::Commit(_, done) = job {
                    done(Err(Unrecorded::Closed));
                }
            }
            return None;
        }
        drop(queue);
        match super::open::open(settings, super::open::Opener::Service, now) {
            Ok(opened) => {
                let mut health = lock(&shared.health);
                let (lost, refused) = (health.lost, health.refused);
                *health = Health { lost, refused, ..opened.health.clone() };
                return Some(opened);
            }
            Err(error) => {
                let mut health = lock(&shared.health);
                let trouble = Trouble::at_start(&error).unwrap_or(Trouble::Disk);
                (health.trouble, health.words) = (Some(trouble), error.to_string());
            }
        }
    }
}

impl Worker {
    pub(super) fn new(opened: Opened, settings: Settings, shared: Arc<Shared>) -> Self {
        let applier = Applier::new(opened.anchorer.key.clone());
        Worker { db: opened.db, anchorer: opened.anchorer, applier, settings, shared, _lock: opened.lock }
    }

    fn run(mut self) {
        loop {
            let (jobs, closed) = self.gather();
            if jobs.is_empty() && closed {
                return;
            }
            self.together(jobs);
        }
    }

    /// Waits until somebody waits, or for a while; takes what is there.
    fn gather(&self) -> (Vec<Job>, bool) {
        let queue = lock(&self.shared.queue);
        let waits = |queue: &mut super::handle::Queue| !queue.urgent && !queue.closed;
        let waited = self.shared.bell.wait_timeout_while(queue, GATHER, waits);
        let mut queue = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(queue, _)| queue);
        let n = queue.jobs.len().min(MOST);
        let jobs: Vec<Job> = queue.jobs.drain(..n).collect();
        queue.urgent = !queue.jobs.is_empty();
        (jobs, queue.closed)
    }

    /// All jobs in one transaction; where one of them cannot be, each in its own.
    fn together(&mut self, jobs: Vec<Job>) {
        let mut group: Group = Vec::new();
        for job in jobs {
            match job {
                Job::Row(write) => group.push((vec![write], None)),
                Job::Commit(writes, done) => group.push((writes, Some(done))),
                Job::Tidy(now) => {
                    // What was offered before it belongs into the roll-ups.
                    self.finish(std::mem::take(&mut group));
                    self.tidy(now);
                }
            }
        }
        self.finish(group);
    }

    fn finish(&mut self, group: Group) {
        if group.is_empty() {
            return;
        }
        match self.persist(&group) {
            Err(Unrecorded::Refused) if group.len() > 1 => {
                // Something in the group cannot be written, whatever the disk does: each for itself.
                for one in group {
                    self.finish(vec![one]);
                }
            }
            told => {
                if told == Err(Unrecorded::Refused) {
                    lock(&self.shared.health).refused += 1;
                }
                group.into_iter().filter_map(|(_, done)| done).for_each(|done| done(told));
            }
        }
    }

    /// Commits and anchors, however long it takes.
    fn persist(&mut self, group: &Group) -> Result<Recorded, Unrecorded> {
        let head = self.until_done(group.len(), |worker| worker.transaction(group))?;
        if let Some(head) = head {
            self.until_done(0, |worker| {
                worker.anchorer.write(&head).map_err(|error| Failed::Trouble(Trouble::Anchor, error.to_string()))
            })?;
        }
        Ok(Recorded { head })
    }

    /// Tries until it works, saying in the health why it does not.
    fn until_done<T>(
        &mut self,
        waiting: usize,
        mut attempt: impl FnMut(&mut Self) -> Result<T, Failed>,
    ) -> Result<T, Unrecorded> {
        let mut last_tries = LAST_TRIES;
        loop {
            let (trouble, words) = match attempt(self) {
                Ok(done) => {
                    let mut health = lock(&self.shared.health);
                    (health.trouble, health.waiting) = (None, 0);
                    health.words.clear();
                    return Ok(done);
                }
                Err(Failed::Row) => return Err(Unrecorded::Refused),
                Err(Failed::Trouble(trouble, words)) => (trouble, words),
            };
            {
                let mut health = lock(&self.shared.health);
                (health.trouble, health.words, health.waiting) = (Some(trouble), words, waiting);
            }
            if trouble == Trouble::Full {
                // The size bound may be what is full. On a full disk this fails as well, and does no harm.
                let trimmed = tidy::trim(&mut self.db, &self.settings).unwrap_or(false);
                lock(&self.shared.health).trimmed |= trimmed;
            }
            let queue = lock(&self.shared.queue);
            if queue.closed {
                last_tries -= 1;
                if last_tries == 0 {
                    return Err(Unrecorded::Closed);
                }
            }
            let open = |queue: &mut super::handle::Queue| !queue.closed || last_tries < LAST_TRIES;
            drop(self.shared.bell.wait_timeout_while(queue, AGAIN, open));
        }
    }

    fn transaction(&mut self, group: &Group) -> Result<Option<Head>, Failed> {
        self.applier.head_forgotten();
        let done = (|| {
            let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for write in group.iter().flat_map(|(writes, _)| writes) {
                self.applier.apply(&tx, write)?;
            }
            tx.commit()
        })();
        if let Err(error) = done {
            self.applier.forget();
            return Err(error.into());
        }
        let bytes = database::size(&self.db).map_or(0, |(_, file)| file);
        let mut health = lock(&self.shared.health);
        health.commits += 1;
        health.bytes = bytes;
        Ok(self.applier.commit())
    }

    /// Housekeeping that fails is done the next time; the health says why.
    fn tidy(&mut self, now: Moment) {
        self.applier.forget();
        match tidy::tidy(&mut self.db, &mut self.applier, &self.settings, now) {
            Ok(trimmed) => lock(&self.shared.health).trimmed |= trimmed,
            Err(error) => {
                if let Some(trouble) = Trouble::of(&error) {
                    let mut health = lock(&self.shared.health);
                    (health.trouble, health.words) = (Some(trouble), error.to_string());
                }
            }
        }
    }
}
