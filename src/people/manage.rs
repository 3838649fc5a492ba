//! Looking after accounts: by an administrator, by oneself, at the local console, and the first one of all.

use super::People;
use super::account::{ACCOUNT, Account, AccountView, Refusal, parse_name, seconds};
use super::password::Hashed;
use super::role::Role;
use super::secret::{Digest, Secret};
use super::sessions::{Identity, Via};
use super::tries::{Key, Record};
use crate::store::{Document, Reader, StoreError, Write};
use crate::units::Moment;

pub(super) const LOCK: &str = "lock";
const MARK: &str = "console";
/// Most accounts.
const MOST: usize = 500;

/// What the console leaves in the store with every change, so that a service that runs reads again. `random` makes it a new one.
pub fn marked(now: Moment, random: [u8; 16]) -> Write {
    let body = random.iter().map(|b| format!("{b:02x}")).collect();
    Write::Put(Document { kind: MARK.to_owned(), key: MARK.to_owned(), at: now, body })
}

pub(super) fn mark(reader: &Reader) -> Result<Option<String>, StoreError> {
    Ok(reader.document(MARK, MARK)?.map(|document| document.body))
}

pub(super) fn lock_document(name: &str, record: &Record) -> Option<Write> {
    let body = serde_json::to_string(record).ok()?;
    Some(Write::Put(Document { kind: LOCK.to_owned(), key: name.to_owned(), at: record.last, body }))
}

impl People {
    pub(super) fn read_accounts(&mut self, reader: &Reader) -> Result<(), StoreError> {
        for document in reader.documents(ACCOUNT)? {
            let Ok(account) = serde_json::from_str::<Account>(&document.body) else { continue };
            // What was changed here and waits for the disk is later than what the disk has.
            let later = self.accounts.get(&account.name).is_none_or(|ours| ours.version < account.version);
            if later {
                self.accounts.insert(account.name.clone(), account);
            }
        }
        self.tries.clear();
        for document in reader.documents(LOCK)? {
            if let Ok(record) = serde_json::from_str(&document.body) {
                self.tries.set(Key::Name(document.key), record);
            }
        }
        Ok(())
    }

    /// Reads accounts and locks again where somebody at the console changed them; tells whether so. Locks of addresses are
    /// forgiven then.
    pub fn refresh(&mut self, reader: &Reader) -> Result<bool, StoreError> {
        let mark = mark(reader)?;
        if mark == self.mark && !self.unread {
            return Ok(false);
        }
        self.read_accounts(reader)?;
        if std::mem::take(&mut self.unread) {
            self.read_sessions(reader)?;
        }
        self.mark = mark;
        Ok(true)
    }

    /// Everybody, by name.
    pub fn accounts(&self, now: Moment) -> Vec<AccountView> {
        self.accounts.values().map(|account| self.view(account, now)).collect()
    }

    /// One account.
    pub fn account(&self, name: &str, now: Moment) -> Option<AccountView> {
        self.accounts.get(&parse_name(name).ok()?).map(|account| self.view(account, now))
    }

    fn view(&self, account: &Account, now: Moment) -> AccountView {
        AccountView {
            name: account.name.clone(),
            role: account.role,
            disabled: account.disabled,
            locked_until: self.tries.locked_until(&Key::Name(account.name.clone()), now).map(seconds),
            sessions: self.sessions_of(&account.name, now),
            made: seconds(account.made),
        }
    }

    /// Makes an account.
    pub fn add(&mut self, name: &str, role: Role, password: Hashed, now: Moment) -> Result<(), Refusal> {
        let name = parse_name(name)?;
        if self.accounts.contains_key(&name) {
            return Err(Refusal::NameTaken);
        }
        if self.accounts.len() >= MOST {
            return Err(Refusal::TooMany);
        }
        // Sessions and tokens of somebody who had the name before are not this one's.
        let epoch = now.count().cast_unsigned();
        let account = Account { name, role, password, disabled: false, version: 1, epoch, made: now };
        self.writes.extend(account.put(now));
        self.accounts.insert(account.name.clone(), account);
        Ok(())
    }

    /// Whether somebody else could look after accounts without this one.
    fn is_last_admin(&self, name: &str) -> bool {
        let admin = |account: &Account| account.role == Role::Admin && !account.disabled;
        self.accounts.get(name).is_some_and(admin) && !self.accounts.values().any(|a| a.name != name && admin(a))
    }

    fn change(&mut self, name: &str, now: Moment, change: impl FnOnce(&mut Account)) -> Result<(), Refusal> {
        let name = parse_name(name).map_err(|_| Refusal::NoSuchAccount)?;
        let account = self.accounts.get_mut(&name).ok_or(Refusal::NoSuchAccount)?;
        change(account);
        account.version += 1;
        account.epoch += 1;
        let write = account.put(now);
        self.writes.extend(write);
        self.sweep(now);
        Ok(())
    }

    /// Sets the role; sessions end.
    pub fn set_role(&mut self, name: &str, role: Role, now: Moment) -> Result<(), Refusal> {
        if role != Role::Admin && parse_name(name).is_ok_and(|name| self.is_last_admin(&name)) {
            return Err(Refusal::LastAdmin);
        }
        self.change(name, now, |account| account.role = role)
    }

    /// Lets an account in or keeps it out; sessions end.
    pub fn set_disabled(&mut self, name: &str, disabled: bool, now: Moment) -> Result<(), Refusal> {
        if disabled && parse_name(name).is_ok_and(|name| self.is_last_admin(&name)) {
            return Err(Refusal::LastAdmin);
        }
        self.change(name, now, |account| account.disabled = disabled)
    }

    /// Sets the password; sessions end, but for the one it is set from.
    pub fn set_password(&mut self, name: &str, password: Hashed, by: &Identity, now: Moment) -> Result<(), Refusal> {
        let kept = match &by.via {
            Via::Session(digest) => self.sessions.remove(digest).map(|session| (*digest, session)),
            _ => None,
        };
        let done = self.change(name, now, |account| account.password = password);
        if let Some((digest, session)) = kept {
            self.keep_session(digest, session, now);
        }
        done
    }

    /// Forgives wrong passwords.
    pub fn unlock(&mut self, name: &str) -> Result<bool, Refusal> {
        let name = parse_name(name).map_err(|_| Refusal::NoSuchAccount)?;
        if !self.accounts.contains_key(&name) {
            return Err(Refusal::NoSuchAccount);
        }
        self.writes.push(Write::Remove { kind: LOCK.to_owned(), key: name.clone() });
        Ok(self.tries.forgive(&Key::Name(name)))
    }

    /// Takes an account away, with its sessions and tokens.
    pub fn remove(&mut self, name: &str, now: Moment) -> Result<(), Refusal> {
        let name = parse_name(name).map_err(|_| Refusal::NoSuchAccount)?;
        if self.is_last_admin(&name) {
            return Err(Refusal::LastAdmin);
        }
        self.accounts.remove(&name).ok_or(Refusal::NoSuchAccount)?;
        self.writes.push(Write::Remove { kind: ACCOUNT.to_owned(), key: name });
        self.sweep(now);
        Ok(())
    }

    /// Whether nobody can look after accounts yet.
    pub fn needs_setup(&self) -> bool {
        !self.unread && !self.accounts.values().any(|account| account.role == Role::Admin && !account.disabled)
    }

    /// A setup token, where one is needed; the one before it no longer counts. Belongs in a file of mode 0600.
    pub fn offer_setup(&mut self, random: [u8; 32]) -> Option<Secret> {
        let token = self.needs_setup().then(|| Secret::random("setup_", random))?;
        self.setup = Some(token.digest());
        Some(token)
    }

    /// Whether this is the setup token, before a password is hashed for it.
    pub fn check_setup(&self, token: &Secret) -> Result<(), Refusal> {
        if !self.needs_setup() {
            return Err(Refusal::SetupDone);
        }
        let right: Option<Digest> = self.setup.filter(|digest| *digest == token.digest());
        right.map(|_| ()).ok_or(Refusal::SetupWrong)
    }

    /// The first administrator, once.
    pub fn set_up(&mut self, token: &Secret, name: &str, password: Hashed, now: Moment) -> Result<Identity, Refusal> {
        self.check_setup(token)?;
        self.add(name, Role::Admin, password, now)?;
        self.setup = None;
        Ok(Identity { name: parse_name(name)?, role: Role::Admin, via: Via::Password })
    }
}
