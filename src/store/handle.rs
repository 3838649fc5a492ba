//! The handle everybody holds: it takes writes, and never waits for the disk.

use super::check::{Verdict, verify};
use super::health::{Health, Trouble};
use super::open::{self, Opener};
use super::read::Reader;
use super::row::{Entry, Recorded, Write};
use super::settings::{Settings, StoreError};
use super::worker::{Beginning, spawn};
use crate::units::Moment;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use thiserror::Error;

/// Called once, on the store's thread, when a commit is safe or will never be. It must not wait for anything.
pub type Done = Box<dyn FnOnce(Result<Recorded, Unrecorded>) + Send>;

/// Why something acknowledged one way or the other was not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unrecorded {
    /// As many writes wait as may wait.
    #[error("the store's queue is full")]
    QueueFull,
    /// The row cannot be written, whatever the disk does.
    #[error("the store refuses the row")]
    Refused,
    /// The store was closed first.
    #[error("the store is closed")]
    Closed,
    /// It is not recorded yet; it still waits and will be when the store can write again.
    #[error("not recorded yet")]
    Waiting,
}

/// One thing for the thread to do.
pub(super) enum Job {
    Row(Write),
    Commit(Vec<Write>, Done),
    Tidy(Moment),
}

#[derive(Default)]
pub(super) struct Queue {
    pub(super) jobs: VecDeque<Job>,
    /// Somebody waits for an acknowledgement.
    pub(super) urgent: bool,
    /// No handle is left.
    pub(super) closed: bool,
}

/// What handles and the thread share.
pub(super) struct Shared {
    pub(super) queue: Mutex<Queue>,
    pub(super) bell: Condvar,
    pub(super) health: Mutex<Health>,
    /// Rows with wrong checksums met by readers.
    pub(super) damaged: Arc<AtomicU64>,
}

/// Nothing that holds these locks can panic half way; if it did, the data is still whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Inner {
    shared: Arc<Shared>,
    settings: Settings,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The store. Clones are the same store; when the last is dropped, what waits is written and the thread ends.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("folder", &self.0.settings.folder).finish_non_exhaustive()
    }
}

/// A commit that may be waited for.
#[derive(Debug)]
pub struct Receipt(mpsc::Receiver<Result<Recorded, Unrecorded>>);

impl Receipt {
    /// Waits until it is recorded; [`Unrecorded::Waiting`] when that takes longer. It may be waited for again.
    pub fn wait(&self, most: Duration) -> Result<Recorded, Unrecorded> {
        match self.0.recv_timeout(most) {
            Ok(told) => told,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Unrecorded::Waiting),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(Unrecorded::Closed),
        }
    }
}

impl Store {
    /// Opens the store of a folder, making it where there is none; checks it and sets damage aside as the room's page says.
    pub fn open(settings: &Settings, opener: Opener, now: Moment) -> Result<Store, StoreError> {
        let opened = open::open(settings, opener, now)?;
        Store::around(settings, Beginning::Opened(Box::new(opened)))
    }

    /// The same for a service whose disk may be full or fail when it starts: then the store is opened as soon as that can be done.
    /// Until then writes wait in memory and are not acknowledged, the health says what the trouble is, and nothing can be read.
    /// What cannot mend itself (another service's folder, a later version) is an error as before.
    pub fn open_patiently(settings: &Settings, now: Moment) -> Result<Store, StoreError> {
        match open::open(settings, Opener::Service, now) {
            Ok(opened) => Store::around(settings, Beginning::Opened(Box::new(opened))),
            Err(error) => match Trouble::at_start(&error) {
                Some(trouble) => Store::around(settings, Beginning::Later(trouble, error.to_string(), now)),
                None => Err(error),
            },
        }
    }

    fn around(settings: &Settings, beginning: Beginning) -> Result<Store, StoreError> {
        let health = match &beginning {
            Beginning::Opened(opened) => opened.health.clone(),
            Beginning::Later(trouble, words, _) => {
                Health { trouble: Some(*trouble), words: words.clone(), ..Health::default() }
            }
        };
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            bell: Condvar::new(),
            health: Mutex::new(health),
            damaged: Arc::default(),
        });
        let thread = spawn(beginning, settings.clone(), Arc::clone(&shared));
        let thread = thread.map_err(StoreError::file(&settings.folder))?;
        Ok(Store(Arc::new(Inner { shared, settings: settings.clone(), thread: Mutex::new(Some(thread)) })))
    }

    /// Where it lies.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Takes a write that may be lost when the disk is full for long. Never waits; what finds the queue full is counted.
    pub fn offer(&self, write: Write) {
        let sound = write.is_sound();
        let mut queue = lock(&self.0.shared.queue);
        let room = queue.jobs.len() < self.0.settings.most_waiting;
        if sound && room {
            queue.jobs.push_back(Job::Row(write));
        }
        drop(queue);
        if !(sound && room) {
            let mut health = lock(&self.0.shared.health);
            *(if sound { &mut health.lost } else { &mut health.refused }) += 1;
        }
    }

    /// Writes all of these in one transaction and calls `done` when they are safe on the disk. Never waits. As many again may
    /// wait as [`Store::offer`] lets, so that samples cannot crowd out what people do.
    pub fn commit(&self, writes: Vec<Write>, done: Done) {
        let mut queue = lock(&self.0.shared.queue);
        let refused = if queue.closed {
            Some(Unrecorded::Closed)
        } else if queue.jobs.len() >= self.0.settings.most_waiting * 2 {
            Some(Unrecorded::QueueFull)
        } else {
            writes.iter().any(|w| !w.is_sound()).then_some(Unrecorded::Refused)
        };
        if let Some(why) = refused {
            drop(queue);
            return done(Err(why));
        }
        queue.jobs.push_back(Job::Commit(writes, done));
        queue.urgent = true;
        drop(queue);
        self.0.shared.bell.notify_all();
    }

    /// The same, to be waited for.
    pub fn write(&self, writes: Vec<Write>) -> Receipt {
        let (tell, told) = mpsc::channel();
        self.commit(writes, Box::new(move |how| tell.send(how).unwrap_or(())));
        Receipt(told)
    }

    /// Records an audit entry.
    pub fn audit(&self, entry: Entry) -> Receipt {
        self.write(vec![Write::Audit(entry)])
    }

    /// Rolls samples up to `now` and lets go what is older than it need be. A bounded amount of work; call it every few minutes.
    pub fn tidy(&self, now: Moment) {
        let mut queue = lock(&self.0.shared.queue);
        let waits = queue.jobs.iter().any(|job| matches!(job, Job::Tidy(_)));
        if !waits {
            queue.jobs.push_back(Job::Tidy(now));
        }
    }

    /// How it is.
    pub fn health(&self) -> Health {
        let waiting = lock(&self.0.shared.queue).jobs.len();
        let mut health = lock(&self.0.shared.health).clone();
        health.waiting += waiting;
        health.damaged += self.0.shared.damaged.load(Ordering::Relaxed);
        health
    }

    /// A connection of its own to read with, for one thread. A query takes milliseconds: not for a loop that must not wait.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.0.settings.database(), Arc::clone(&self.0.shared.damaged))
    }

    /// Checks the whole audit against its anchor.
    pub fn verify(&self) -> Result<Verdict, StoreError> {
        verify(&self.0.settings)
    }

    /// Waits until everything offered so far is written.
    pub fn flush(&self, most: Duration) -> Result<Recorded, Unrecorded> {
        self.write(Vec::new()).wait(most)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        lock(&self.shared.queue).closed = true;
        self.shared.bell.notify_all();
        let thread = lock(&self.thread).take();
        // The last handle may be held by an acknowledgement, on the thread itself.
        if let Some(thread) = thread.filter(|t| t.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}
