//! Lockout: how often a name or an address may be wrong, and how long it then waits.
//!
//! The fifth try in a row for one name, and the tenth from one address, is the last for half a minute; each one after that
//! doubles the wait, up to a quarter of an hour. A right password forgives the name; a day without tries forgives everything.

use crate::units::{Moment, Tenths};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

const NAME_TRIES: u32 = 5;
const ADDRESS_TRIES: u32 = 10;
const FIRST_WAIT: Tenths = Tenths::from_seconds(30);
const LONGEST_WAIT: Tenths = Tenths::from_seconds(900);
const FORGET: Tenths = Tenths::from_seconds(86_400);
/// Most names and addresses remembered; the one tried longest ago is forgotten first.
const MOST: usize = 10_000;

/// What tries are counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Name(String),
    Address(String),
}

impl Key {
    /// Of version 6 the network counts, since one machine may have all of its addresses.
    pub(super) fn address(address: IpAddr) -> Self {
        Key::Address(match address.to_canonical() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        })
    }

    const fn free(&self) -> u32 {
        match self {
            Key::Name(_) => NAME_TRIES,
            Key::Address(_) => ADDRESS_TRIES,
        }
    }
}

/// Tries of one name or address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) count: u32,
    pub(super) last: Moment,
    pub(super) until: Option<Moment>,
}

#[derive(Debug, Default)]
pub(super) struct Tries(BTreeMap<Key, Record>);

impl Tries {
    /// Until when one is locked.
    pub(super) fn locked_until(&self, key: &Key, now: Moment) -> Option<Moment> {
        self.0.get(key).and_then(|record| record.until).filter(|until| now < *until)
    }

    /// Counts a try before it is judged.
    pub(super) fn count(&mut self, key: Key, now: Moment) -> Record {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            let oldest = self.0.iter().min_by_key(|(_, record)| record.last).map(|(key, _)| key.clone());
            oldest.map(|key| self.0.remove(&key));
        }
        let free = key.free();
        let record = self.0.entry(key).or_insert(Record { count: 0, last: now, until: None });
        if now.elapsed_since(record.last) >= FORGET {
            record.count = 0;
        }
        record.count = record.count.saturating_add(1);
        record.last = now;
        record.until = record.count.checked_sub(free).map(|beyond| {
            let wait = FIRST_WAIT.count().saturating_mul(1 << beyond.min(10)).min(LONGEST_WAIT.count());
            now + Tenths::new(wait)
        });
        *record
    }

    /// Takes a try back that turned out right.
    pub(super) fn take_back(&mut self, key: &Key) {
        if let Some(record) = self.0.get_mut(key) {
            record.count = record.count.saturating_sub(1);
            if record.count < key.free() {
                record.until = None;
            }
        }
    }

    pub(super) fn forgive(&mut self, key: &Key) -> bool {
        self.0.remove(key).is_some()
    }

    pub(super) fn set(&mut self, key: Key, record: Record) {
        self.0.insert(key, record);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
