//! The chain of the audit: each record's hash takes in the record before it, and a code made with the key vouches for the hash.
//!
//! `hash = SHA-256(hash before || canonical bytes)`, `mac = HMAC-SHA-256(key, "record" || hash)`. Canonical bytes: a format
//! name, the number, the time, and every text with its length.

use super::row::Entry;
use crate::units::Moment;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;

const FORMAT: &[u8] = b"greenwave-audit/1";

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Hash(pub(super) [u8; 32]);

impl Hash {
    /// Of what stands before the first record.
    pub(super) const NONE: Hash = Hash([0; 32]);

    /// From 64 hexadecimal digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits: Option<Vec<u8>> = text.chars().map(|c| Some(u8::try_from(c.to_digit(16)?).unwrap_or(0))).collect();
        let digits = digits.filter(|d| d.len() == 64)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Some(Hash(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The end of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last record's number; 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its time.
    pub at: Moment,
}

impl Head {
    /// Before the first record.
    pub(super) const START: Head = Head { seq: 0, hash: Hash::NONE, at: Moment::new(0) };
}

/// The hash of a record that follows `before`.
pub(super) fn link(before: &Hash, seq: u64, entry: &Entry) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(before.0);
    hasher.update(FORMAT);
    hasher.update(seq.to_be_bytes());
    hasher.update(entry.at.count().to_be_bytes());
    for text in entry.texts() {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    Hash(hasher.finalize().into())
}

/// The key that vouches for hashes. Never shown.
#[derive(Clone)]
pub(super) struct Key(pub(super) [u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    fn over(&self, what: &str, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length: this is always some.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(what.as_bytes());
        parts.iter().for_each(|part| mac.update(part));
        Some(mac)
    }

    /// The code over named parts.
    pub(super) fn sign(&self, what: &str, parts: &[&[u8]]) -> Hash {
        self.over(what, parts).map(|mac| Hash(mac.finalize().into_bytes().into())).unwrap_or_default()
    }

    /// Whether a code is right, in constant time.
    pub(super) fn vouches(&self, what: &str, parts: &[&[u8]], code: &[u8]) -> bool {
        self.over(what, parts).is_some_and(|mac| mac.verify_slice(code).is_ok())
    }
}
