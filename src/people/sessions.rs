//! Sessions and API tokens. What is kept is the SHA-256 of a random secret.

use super::People;
use super::account::{Account, Refusal, seconds};
use super::role::Role;
use super::secret::{Digest, Secret};
use crate::store::{Document, Reader, StoreError, Write};
use crate::units::{Moment, Tenths};
use serde::{Deserialize, Serialize};

const SESSION: &str = "session";
const TOKEN: &str = "token";
/// Most sessions of one account; the one used longest ago ends first.
const MOST_SESSIONS: usize = 20;
/// Most tokens of one account.
const MOST_TOKENS: usize = 50;
/// The store hears this often that a session is used.
const TELL: Tenths = Tenths::from_seconds(300);
const DAY_S: u32 = 86_400;

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Unused for so long, a session is over.
    pub idle: Tenths,
    /// After so long it is over however much it was used.
    pub longest: Tenths,
}

impl Default for Limits {
    /// Two hours unused, one shift of twelve hours at most.
    fn default() -> Self {
        Limits { idle: Tenths::from_seconds(2 * 3600), longest: Tenths::from_seconds(12 * 3600) }
    }
}

/// How somebody showed who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// By password, just now.
    Password,
    /// By the session of this digest.
    Session(Digest),
    /// By the API token of this number.
    Token(String),
}

/// Somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub name: String,
    /// What they may: of a token, no more than it was made for.
    pub role: Role,
    /// How they showed it.
    pub via: Via,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    name: String,
    /// The account's when it was opened.
    epoch: u64,
    made: Moment,
    last: Moment,
    expires: Moment,
    /// Last told the store.
    #[serde(skip, default = "never")]
    told: Moment,
}

fn never() -> Moment {
    Moment::new(0)
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    id: String,
    name: String,
    label: String,
    role: Role,
    made: Moment,
    expires: Moment,
}

/// A session as its owner may see it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SessionView {
    /// The account.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// When the session ends whatever is done, UTC seconds.
    pub expires: f64,
}

/// A token as its owner may see it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TokenView {
    /// Its number.
    pub id: String,
    /// What its owner calls it.
    pub label: String,
    /// The most it may.
    pub role: Role,
    /// When it was made, UTC seconds.
    pub made: f64,
    /// When it ends, UTC seconds.
    pub expires: f64,
}

fn put<T: Serialize>(kind: &str, digest: &Digest, at: Moment, what: &T) -> Option<Write> {
    let body = serde_json::to_string(what).ok()?;
    Some(Write::Put(Document { kind: kind.to_owned(), key: digest.hex(), at, body }))
}

fn remove(kind: &str, digest: &Digest) -> Write {
    Write::Remove { kind: kind.to_owned(), key: digest.hex() }
}

fn read<T: for<'de> Deserialize<'de>>(reader: &Reader, kind: &str) -> Result<Vec<(Digest, T)>, StoreError> {
    let documents = reader.documents(kind)?;
    Ok(documents.iter().filter_map(|d| Digest::parse(&d.key).zip(serde_json::from_str(&d.body).ok())).collect())
}

impl People {
    pub(super) fn read_sessions(&mut self, reader: &Reader) -> Result<(), StoreError> {
        self.sessions = read(reader, SESSION)?.into_iter().collect();
        self.tokens = read(reader, TOKEN)?.into_iter().collect();
        Ok(())
    }

    fn holds(&self, session: &Session, now: Moment) -> bool {
        let account = self.accounts.get(&session.name);
        let same = |a: &Account| !a.disabled && a.epoch == session.epoch;
        account.is_some_and(same) && now < session.expires && now.elapsed_since(session.last) < self.limits.idle
    }

    /// Opens a session; the secret is the cookie.
    pub fn open_session(
        &mut self,
        identity: &Identity,
        random: [u8; 32],
        now: Moment,
    ) -> Option<(Secret, SessionView)> {
        self.sweep(now);
        let account = self.accounts.get(&identity.name)?;
        let (role, epoch) = (account.role, account.epoch);
        let mut own: Vec<(Moment, Digest)> =
            self.sessions.iter().filter(|(_, s)| s.name == identity.name).map(|(d, s)| (s.last, *d)).collect();
        own.sort_unstable();
        let over = (own.len() + 1).saturating_sub(MOST_SESSIONS);
        own.iter().take(over).for_each(|(_, digest)| self.end_session(digest));
        let secret = Secret::random("gws_", random);
        let expires = now + self.limits.longest;
        let session = Session { name: identity.name.clone(), epoch, made: now, last: now, expires, told: now };
        self.writes.extend(put(SESSION, &secret.digest(), now, &session));
        self.sessions.insert(secret.digest(), session);
        Some((secret, SessionView { name: identity.name.clone(), role, expires: seconds(expires) }))
    }

    /// Who holds this cookie or token now.
    pub fn who(&mut self, secret: &Secret, now: Moment) -> Option<Identity> {
        let digest = secret.digest();
        if let Some(session) = self.sessions.get(&digest) {
            if !self.holds(session, now) {
                self.end_session(&digest);
                return None;
            }
            let session = self.sessions.get_mut(&digest)?;
            session.last = session.last.max(now);
            if now.elapsed_since(session.told) >= TELL {
                session.told = now;
                self.writes.extend(put(SESSION, &digest, now, session));
            }
            let role = self.accounts.get(&session.name)?.role;
            return Some(Identity { name: session.name.clone(), role, via: Via::Session(digest) });
        }
        let token = self.tokens.get(&digest).filter(|token| now < token.expires)?;
        let account = self.accounts.get(&token.name).filter(|account| !account.disabled)?;
        let role = token.role.min(account.role);
        Some(Identity { name: token.name.clone(), role, via: Via::Token(token.id.clone()) })
    }

    /// The session somebody is in, as they may see it.
    pub fn session(&self, identity: &Identity) -> Option<SessionView> {
        let expires = match &identity.via {
            Via::Session(digest) => self.sessions.get(digest)?.expires,
            Via::Token(id) => self.tokens.values().find(|t| t.id == *id)?.expires,
            Via::Password => return None,
        };
        Some(SessionView { name: identity.name.clone(), role: identity.role, expires: seconds(expires) })
    }

    /// Ends a session.
    pub fn end_session(&mut self, digest: &Digest) {
        if self.sessions.remove(digest).is_some() {
            self.writes.push(remove(SESSION, digest));
        }
    }

    /// Ends what is over; call it now and then.
    pub fn sweep(&mut self, now: Moment) {
        let over: Vec<Digest> =
            self.sessions.iter().filter(|(_, session)| !self.holds(session, now)).map(|(digest, _)| *digest).collect();
        over.iter().for_each(|digest| self.end_session(digest));
        let dead = |token: &Token| now >= token.expires || !self.accounts.contains_key(&token.name);
        let over: Vec<Digest> = self.tokens.iter().filter(|(_, t)| dead(t)).map(|(digest, _)| *digest).collect();
        for digest in over {
            self.tokens.remove(&digest);
            self.writes.push(remove(TOKEN, &digest));
        }
    }

    /// Puts a session back that is to outlive a change of its account.
    pub(super) fn keep_session(&mut self, digest: Digest, mut session: Session, now: Moment) {
        if let Some(account) = self.accounts.get(&session.name) {
            session.epoch = account.epoch;
        }
        self.writes.extend(put(SESSION, &digest, now, &session));
        self.sessions.insert(digest, session);
    }

    pub(super) fn sessions_of(&self, name: &str, now: Moment) -> usize {
        self.sessions.values().filter(|s| s.name == name && self.holds(s, now)).count()
    }

    /// Makes an API token of at most one's own role; the secret is shown this once.
    pub fn make_token(
        &mut self,
        owner: &Identity,
        label: &str,
        role: Role,
        days: u32,
        random: [u8; 32],
        now: Moment,
    ) -> Result<(Secret, TokenView), Refusal> {
        let label = label.trim();
        if !(1..=64).contains(&label.chars().count()) {
            return Err(Refusal::BadLabel);
        }
        if !(1..=366).contains(&days) {
            return Err(Refusal::BadDays);
        }
        if role > owner.role {
            return Err(Refusal::RoleTooHigh);
        }
        if self.tokens.values().filter(|t| t.name == owner.name).count() >= MOST_TOKENS {
            return Err(Refusal::TooMany);
        }
        let secret = Secret::random("gwt_", random);
        let expires = now + Tenths::from_seconds(days * DAY_S);
        let token = Token {
            id: secret.digest().short(),
            name: owner.name.clone(),
            label: label.to_owned(),
            role,
            made: now,
            expires,
        };
        let view = token.view();
        self.writes.extend(put(TOKEN, &secret.digest(), now, &token));
        self.tokens.insert(secret.digest(), token);
        Ok((secret, view))
    }

    /// One's own tokens.
    pub fn tokens(&self, name: &str) -> Vec<TokenView> {
        self.tokens.values().filter(|t| t.name == name).map(Token::view).collect()
    }

    /// Ends one of one's own tokens.
    pub fn end_token(&mut self, name: &str, id: &str) -> Result<(), Refusal> {
        let found = self.tokens.iter().find(|(_, t)| t.name == name && t.id == id).map(|(digest, _)| *digest);
        let digest = found.ok_or(Refusal::NoSuchToken)?;
        self.tokens.remove(&digest);
        self.writes.push(remove(TOKEN, &digest));
        Ok(())
    }
}

impl Token {
    fn view(&self) -> TokenView {
        TokenView {
            id: self.id.clone(),
            label: self.label.clone(),
            role: self.role,
            made: seconds(self.made),
            expires: seconds(self.expires),
        }
    }
}
