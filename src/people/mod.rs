//! People: who may come in, as what, and for how long.
//!
//! Knows: accounts, roles, passwords (Argon2id), sessions, API tokens, lockout, the first-run setup; what of it the store must keep.
//! Must not know: HTTP, what a role may do on the street (the table of routes says that), what time it is or where chance comes
//! from: both are arguments.
//!
//! ```text
//!  begin(name, address, now) --> Attempt --check(password): slow, off the loop--> Checked --> finish(.., now) --> Identity
//!      | locked: Refused, known name or not                                         | wrong, unknown, disabled: the same Refused
//!      +-- counts the try before it is judged, so that many at once are still many
//!  Identity --open_session(random)--> Secret (the cookie; only its SHA-256 is kept)      who(Secret, now) --> Identity
//! ```
//!
//! [`People`] is a state in memory. What changed is handed out by [`People::take_writes`], for the caller to commit together with
//! the audit entry about it. Somebody at the local console changes the store itself and leaves a mark there;
//! [`People::refresh`] sees the mark and reads again.
//!
//! An account's role, password or standing changes: its sessions end. The last administrator who can come in cannot be removed,
//! disabled or made less.

mod account;
mod login;
mod manage;
mod password;
mod role;
mod secret;
mod sessions;
mod tries;

use account::Account;
pub use account::{AccountView, Refusal, parse_name};
pub use login::{Attempt, Checked, Refused};
pub use manage::marked;
pub use password::{Cost, Hashed, PasswordProblem, check_password};
pub use role::Role;
pub use secret::{Digest, Secret};
pub use sessions::{Identity, Limits, SessionView, TokenView, Via};

use crate::store::{Reader, StoreError, Write};
use sessions::{Session, Token};
use std::collections::BTreeMap;
use tries::Tries;

/// Everybody, and what they hold.
#[derive(Debug)]
pub struct People {
    accounts: BTreeMap<String, Account>,
    sessions: BTreeMap<Digest, Session>,
    tokens: BTreeMap<Digest, Token>,
    tries: Tries,
    limits: Limits,
    cost: Cost,
    /// What unknown names are checked against, so that they take as long.
    nobody: Hashed,
    /// The hash of the setup token, until it is used.
    setup: Option<Digest>,
    /// The console's last mark that was seen.
    mark: Option<String>,
    /// The store could not be read yet: nobody is known, and nobody may be taken for the first.
    unread: bool,
    /// What the store must keep, in order.
    writes: Vec<Write>,
}

impl People {
    /// Nobody yet.
    pub fn new(limits: Limits, cost: Cost) -> Self {
        People {
            accounts: BTreeMap::new(),
            sessions: BTreeMap::new(),
            tokens: BTreeMap::new(),
            tries: Tries::default(),
            limits,
            cost,
            nobody: Hashed::nobody(cost),
            setup: None,
            mark: None,
            unread: false,
            writes: Vec::new(),
        }
    }

    /// Everybody the store knows.
    pub fn load(reader: &Reader, limits: Limits, cost: Cost) -> Result<Self, StoreError> {
        let mut people = People::new(limits, cost);
        people.read_accounts(reader)?;
        people.read_sessions(reader)?;
        people.mark = manage::mark(reader)?;
        Ok(people)
    }

    /// Nobody, until [`People::refresh`] reads a store that could not be read when the service started.
    pub fn unread(limits: Limits, cost: Cost) -> Self {
        People { unread: true, ..People::new(limits, cost) }
    }

    /// What the store must keep since the last call, in order. Commit it together with the audit entry about it.
    #[must_use]
    pub fn take_writes(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.writes)
    }

    /// What a password costs to hash here.
    pub fn cost(&self) -> Cost {
        self.cost
    }
}
