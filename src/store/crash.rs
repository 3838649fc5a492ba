//! What a store promises when its process is killed: both sides of the campaign that tries it.
//!
//! One process writes numbered entries and tells each number when it is acknowledged; another kills it, opens the store as a service
//! would, and looks for every number that was told.

use super::handle::Store;
use super::open::Opener;
use super::row::{Entry, Event, Sample, Write};
use super::settings::{Settings, StoreError};
use crate::units::Moment;
use std::collections::BTreeSet;
use std::sync::mpsc;

/// Commits under way at a time.
const UNDER_WAY: u64 = 8;
const ACTION: &str = "campaign";

/// Writes entries numbered from `first`, for ever; `tell` hears each number once it is acknowledged. Ends when `tell` says so.
pub fn write_until_killed(
    settings: &Settings,
    now: Moment,
    first: u64,
    mut tell: impl FnMut(u64) -> bool,
) -> Result<(), StoreError> {
    let store = Store::open(settings, Opener::Service, now)?;
    let (acknowledge, acknowledged) = mpsc::channel();
    for n in first..u64::MAX {
        let at = Moment::new(n.cast_signed() * 3000);
        store.offer(Write::Sample(Sample::one("vehicles", "campaign/1", at, n as f64)));
        store.offer(Write::Event(Event { kind: "decision".into(), at, place: "campaign".into(), body: n.to_string() }));
        let entry = Entry::system(at, ACTION, &n.to_string(), "x".repeat(usize::try_from(n % 7).unwrap_or(0) * 100));
        let done = acknowledge.clone();
        store.commit(vec![Write::Audit(entry)], Box::new(move |how| done.send((n, how.is_ok())).unwrap_or(())));
        if n % 4 == 3 {
            store.tidy(at);
        }
        let wait = n + 1 >= first + UNDER_WAY;
        while let Some((n, good)) = if wait { acknowledged.recv().ok() } else { acknowledged.try_recv().ok() } {
            if good && !tell(n) {
                return Ok(());
            }
            if wait {
                break;
            }
        }
    }
    Ok(())
}

/// What was found after a kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survived {
    /// Acknowledged entries that are not there.
    pub lost: Vec<u64>,
    /// Whether the chain verifies against its anchor.
    pub verifies: bool,
    /// Whether anything was set aside as damaged.
    pub set_aside: bool,
    /// The largest number written.
    pub last: u64,
}

/// Opens a store after a kill, as a service does, and looks for what was acknowledged.
pub fn survived(settings: &Settings, now: Moment, acknowledged: &BTreeSet<u64>) -> Result<Survived, StoreError> {
    let store = Store::open(settings, Opener::Service, now)?;
    let verifies = store.verify()?.is_good();
    let records = store.reader()?.audit(None, usize::MAX)?;
    let there: BTreeSet<u64> = records
        .iter()
        .filter(|r| r.entry.action == ACTION && r.entry.at.count() / 3000 == r.entry.subject.parse().unwrap_or(-1))
        .filter_map(|r| r.entry.subject.parse().ok())
        .collect();
    Ok(Survived {
        lost: acknowledged.difference(&there).copied().collect(),
        verifies,
        set_aside: !store.health().set_aside.is_empty(),
        last: there.last().copied().unwrap_or(0),
    })
}
