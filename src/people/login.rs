//! Coming in: a try is counted, judged off the loop, and answered alike whatever was wrong.

use super::People;
use super::account::Account;
use super::manage::lock_document;
use super::password::Hashed;
use super::secret::Secret;
use super::sessions::{Identity, Via};
use super::tries::Key;
use crate::store::Write;
use crate::units::Moment;
use std::net::IpAddr;
use thiserror::Error;

/// Why somebody does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// Too many tries, of the name or from the address.
    #[error("too many tries; wait")]
    Locked {
        /// Until then.
        until: Moment,
    },
    /// Name or password is wrong, or the account is disabled: nobody is told which.
    #[error("name or password is wrong")]
    Wrong,
}

/// A try that may be judged. [`Attempt::check`] takes tens of milliseconds and belongs on a thread that may wait.
#[derive(Debug, Clone)]
pub struct Attempt {
    name: String,
    address: IpAddr,
    password: Hashed,
    known: bool,
}

/// A judged try.
#[derive(Debug, Clone)]
pub struct Checked {
    name: String,
    address: IpAddr,
    right: bool,
    /// The hash it was judged against: it must still be the account's when the answer comes.
    password: Hashed,
}

impl Attempt {
    /// Hashes the password and compares. Unknown names cost the same.
    pub fn check(self, password: &Secret) -> Checked {
        let right = self.password.is(password) && self.known;
        Checked { name: self.name, address: self.address, right, password: self.password }
    }
}

impl People {
    /// Begins a try to come in, or to confirm something as a second person.
    pub fn begin(&mut self, name: &str, address: IpAddr, now: Moment) -> Result<Attempt, Refused> {
        // Names that cannot be are counted too, cut to what a name may be.
        let name: String = name.trim().to_lowercase().chars().take(32).collect();
        let keys = [Key::Name(name.clone()), Key::address(address)];
        if let Some(until) = keys.iter().filter_map(|key| self.tries.locked_until(key, now)).max() {
            return Err(Refused::Locked { until });
        }
        let [by_name, by_address] = keys;
        let record = self.tries.count(by_name, now);
        self.tries.count(by_address, now);
        let account = self.accounts.get(&name).filter(|account| !account.disabled);
        if record.until.is_some() && self.accounts.contains_key(&name) {
            // A restart of the service does not forgive.
            self.writes.extend(lock_document(&name, &record));
        }
        let password = account.map_or_else(|| self.nobody.clone(), |account| account.password.clone());
        Ok(Attempt { name, address, password, known: account.is_some() })
    }

    /// Ends a try.
    pub fn finish(&mut self, checked: &Checked) -> Result<Identity, Refused> {
        let still = |account: &&Account| !account.disabled && account.password == checked.password;
        let account = self.accounts.get(&checked.name).filter(still).filter(|_| checked.right).ok_or(Refused::Wrong)?;
        let identity = Identity { name: account.name.clone(), role: account.role, via: Via::Password };
        let by_name = Key::Name(checked.name.clone());
        self.tries.forgive(&by_name);
        self.tries.take_back(&Key::address(checked.address));
        self.writes.push(Write::Remove { kind: super::manage::LOCK.to_owned(), key: checked.name.clone() });
        Ok(identity)
    }
}
