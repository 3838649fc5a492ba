//! The anchor: the audit's head in a second file, signed. A chain alone does not show that its end is missing.
//!
//! Written after each group commit that had audit entries, before they are acknowledged: a new file, flushed, renamed over the old
//! one, the folder flushed. Two processes (the service and somebody at the console) take turns by a lock on the key file, and
//! nobody turns the anchor back.

use super::chain::{Hash, Head, Key};
use super::file::{replace, sync_folder};
use super::settings::{Settings, StoreError};
use crate::units::Moment;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What the anchor file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// There is none.
    Missing,
    /// It does not read, or its signature is not by this key.
    Bad,
    /// The head it holds.
    At(Head),
}

fn parts(head: &Head) -> ([u8; 8], [u8; 8]) {
    (head.seq.to_be_bytes(), head.at.count().to_be_bytes())
}

fn text(head: &Head, key: &Key) -> String {
    let (seq, at) = parts(head);
    let code = key.sign("anchor", &[&seq, &at, &head.hash.0]);
    format!("greenwave-anchor/1 {} {} {} {code}\n", head.seq, head.at.count(), head.hash)
}

fn parse(text: &str, key: &Key) -> Option<Head> {
    let words: Vec<&str> = text.split(' ').collect();
    let [format, seq, at, hash, code] = words[..] else { return None };
    let head = Head { seq: seq.parse().ok()?, hash: Hash::parse(hash)?, at: Moment::new(at.parse().ok()?) };
    let code = Hash::parse(code.strip_suffix('\n')?)?;
    let (seq, at) = parts(&head);
    (format == "greenwave-anchor/1" && key.vouches("anchor", &[&seq, &at, &head.hash.0], &code.0)).then_some(head)
}

impl Anchor {
    /// Reads it.
    pub(super) fn read(path: &Path, key: &Key) -> Result<Anchor, StoreError> {
        match std::fs::read(path) {
            Ok(bytes) => {
                Ok(std::str::from_utf8(&bytes).ok().and_then(|t| parse(t, key)).map_or(Anchor::Bad, Anchor::At))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Anchor::Missing),
            Err(error) => Err(StoreError::File { path: path.to_owned(), error }),
        }
    }

    /// The head it holds.
    pub fn head(&self) -> Option<Head> {
        match self {
            Anchor::At(head) => Some(*head),
            _ => None,
        }
    }
}

/// Writes anchors.
#[derive(Debug, Clone)]
pub(super) struct Anchorer {
    path: PathBuf,
    key_file: PathBuf,
    pub(super) key: Key,
}

impl Anchorer {
    pub(super) fn new(settings: &Settings, key: Key) -> Self {
        Anchorer { path: settings.anchor.clone(), key_file: settings.key.clone(), key }
    }

    pub(super) fn read(&self) -> Result<Anchor, StoreError> {
        Anchor::read(&self.path, &self.key)
    }

    /// Anchors a head, unless a later one is.
    pub(super) fn write(&self, head: &Head) -> Result<(), StoreError> {
        let lock = File::open(&self.key_file).map_err(StoreError::file(&self.key_file))?;
        lock.lock().map_err(StoreError::file(&self.key_file))?;
        if let Anchor::At(there) = self.read()?
            && there.seq >= head.seq
        {
            return Ok(());
        }
        replace(&self.path, text(head, &self.key).as_bytes())?;
        sync_folder(&self.path)
    }
}
