//! The store: what must still be there tomorrow, in SQLite on a thread of its own.
//!
//! Knows: samples (numbers of a series, rolled up from 5 minutes to hours and days), events (JSON with a kind and a time), documents
//! (JSON by kind and key, the newest stands), and the audit, a chain of hashes whose head is anchored in a second file; how long
//! each is kept; backups; damage; full disks. Must not know: what a plan, a person's rights or HTTP is; what time it is (every row
//! brings its own, and [`Store::tidy`] is told).
//!
//! ```text
//!  anybody --offer(row)-->  +---------+        the store's thread                     readers (own connections, any thread)
//!           never waits     | bounded | --> BEGIN .. COMMIT + fsync --> anchor + fsync --> done(Recorded)
//!  anybody --commit(rows)-> |  queue  |          | full, I/O error: rows stay, one trouble in Health, again in half a second
//!           done when safe  +---------+          | a row that cannot be: refused alone, counted
//! ```
//!
//! **Acknowledged means**: committed, flushed to the disk, and (for audit entries) the new head anchored and flushed. Everything
//! queued meanwhile goes into the next transaction together.
//!
//! **Start**: the file is checked, then the chain against its anchor. A damaged file is renamed `*.damaged-TIME` and never deleted;
//! accounts and other documents that can be read with a right checksum go over to the new file. A chain that does not verify is kept
//! as a table of its own beside the new one. Either way the numbers go on after the anchored head, the first new audit entry says what
//! happened, and [`Health::set_aside`] too.
//!
//! **What a wrong byte can do**: every row carries a checksum (audit entries their hash), so a row that changed under us is left out
//! and counted, never handed on.
//!
//! **Who can forge the audit**: who has the key *and* can write the anchor. Both can lie elsewhere ([`Settings::anchor`],
//! [`Settings::key`]); beside the database they protect against accidents and against whoever can write the database only.

mod anchor;
mod apply;
mod backup;
mod chain;
mod check;
mod crash;
mod database;
mod file;
mod handle;
mod health;
mod key;
mod open;
mod read;
mod row;
mod settings;
mod tidy;
mod worker;

pub use anchor::Anchor;
pub use backup::{Backup, back_up};
pub use chain::{Hash, Head};
pub use check::{Finding, Verdict, verify, verify_file};
pub use crash::{Survived, survived, write_until_killed};
pub use file::write_private;
pub use handle::{Done, Receipt, Store, Unrecorded};
pub use health::{Health, Trouble};
pub use key::random;
pub use open::Opener;
pub use read::{AuditRecord, Reader, StoredEvent};
pub use row::{Document, Entry, Event, Recorded, Sample, Span, Write};
pub use settings::{Keep, Settings, StoreError};
