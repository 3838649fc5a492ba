//! What can be written, and the checksums rows carry.

use super::chain::Head;
use crate::units::{Moment, Tenths};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The length of time a sample speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// As it comes.
    FiveMinutes,
    /// Rolled up.
    Hour,
    /// Rolled up, local days.
    Day,
}

impl Span {
    /// How long it is.
    pub const fn length(self) -> Tenths {
        match self {
            Span::FiveMinutes => Tenths::from_seconds(300),
            Span::Hour => Tenths::from_seconds(3600),
            Span::Day => Tenths::from_seconds(86_400),
        }
    }
}

/// Numbers of one series over one span: how many observations, their sum, the least and the most. The mean is `sum / n`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What is measured, unit in the name: `vehicles`, `speed_km_h`.
    pub measure: String,
    /// Where: a lane group, a corridor's direction, an intersection, with slashes between parts: `dc01/W/T`.
    pub place: String,
    /// The span's beginning.
    pub at: Moment,
    /// Its length.
    pub span: Span,
    /// Observations.
    pub n: u32,
    /// Their sum.
    pub sum: f64,
    /// The least of them.
    pub least: f64,
    /// The largest of them.
    pub most: f64,
}

impl Sample {
    /// One observation of five minutes.
    pub fn one(measure: &str, place: &str, at: Moment, value: f64) -> Self {
        Sample::many(measure, place, at, 1, value)
    }

    /// `n` observations of five minutes with this mean.
    pub fn many(measure: &str, place: &str, at: Moment, n: u32, mean: f64) -> Self {
        Sample {
            measure: measure.to_owned(),
            place: place.to_owned(),
            at,
            span: Span::FiveMinutes,
            n,
            sum: mean * f64::from(n),
            least: mean,
            most: mean,
        }
    }

    /// The mean; `None` of no observations.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / f64::from(self.n))
    }

    /// Adds another span's observations.
    pub(super) fn add(&mut self, other: &Sample) {
        self.n = self.n.saturating_add(other.n);
        self.sum += other.sum;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    pub(super) fn is_sound(&self) -> bool {
        [self.sum, self.least, self.most].iter().all(|x| x.is_finite())
    }
}

/// Something that happened: a decision, a plan, a note of the shift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What kind: `decision`, `plan`, `handover`.
    pub kind: String,
    /// When.
    pub at: Moment,
    /// Where, or empty.
    pub place: String,
    /// The rest, as JSON text.
    pub body: String,
}

/// Something that stands until it is replaced: an account, a session, an alarm. Its body does not print itself, for it may hold
/// hashes of passwords.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What kind.
    pub kind: String,
    /// Its name within the kind.
    pub key: String,
    /// When it was last changed.
    pub at: Moment,
    /// The rest, as JSON text.
    pub body: String,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Document { kind, key, at, body } = self;
        // Keys of sessions and tokens are digests; eight letters tell them apart.
        let key: String = key.chars().take(8).collect();
        write!(f, "Document({kind} {key} at {} with {} bytes)", at.count(), body.len())
    }
}

/// Who did what: one entry of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// The account, or the part of the system.
    pub who: String,
    /// The role it acted in, or empty.
    pub role: String,
    /// Where from: an address, `console`.
    pub from: String,
    /// What was done, a kebab-case word.
    pub action: String,
    /// To what.
    pub subject: String,
    /// The rest, as JSON text or empty. Never a secret.
    pub body: String,
    /// How it ended: `done`, `refused`.
    pub outcome: String,
}

impl Entry {
    /// Something the system did by itself.
    pub fn system(at: Moment, action: &str, subject: &str, body: String) -> Self {
        Entry {
            at,
            who: "greenwave".to_owned(),
            role: String::new(),
            from: String::new(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            body,
            outcome: "done".to_owned(),
        }
    }

    pub(super) fn texts(&self) -> [&str; 7] {
        [&self.who, &self.role, &self.from, &self.action, &self.subject, &self.body, &self.outcome]
    }
}

/// One thing to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A sample; another one of the same series and time is replaced.
    Sample(Sample),
    /// An event, added.
    Event(Event),
    /// A document, put in the place of the one of its kind and key.
    Put(Document),
    /// A document taken away.
    Remove {
        /// Its kind.
        kind: String,
        /// Its name.
        key: String,
    },
    /// An audit entry, chained.
    Audit(Entry),
}

impl Write {
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Write::Sample(sample) => sample.is_sound(),
            _ => true,
        }
    }
}

/// What an acknowledged commit wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// The audit's head after it, where it wrote audit entries.
    pub head: Option<Head>,
}

/// The checksum of a row: every field with its length, so that no two rows look alike.
pub(super) fn checksum(table: &str, fields: &[Field<'_>]) -> i64 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(table.as_bytes());
    for field in fields {
        match field {
            Field::Number(n) => hasher.update(&n.to_be_bytes()),
            Field::Real(x) => hasher.update(&x.to_bits().to_be_bytes()),
            Field::Text(text) => {
                hasher.update(&(text.len() as u64).to_be_bytes());
                hasher.update(text.as_bytes());
            }
        }
    }
    i64::from(hasher.finalize())
}

/// A column's value in a checksum.
pub(super) enum Field<'a> {
    Number(i64),
    Real(f64),
    Text(&'a str),
}
