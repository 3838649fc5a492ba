//! Register profiles: what a controller model's registers are, read from files of `kind = "profile"`.
//!
//! Knows: the profile language, and the profiles that are shipped. Must not know: sessions, plans, what is done with a register;
//! that is `field`'s.
//!
//! ```text
//!  file --read (parts, area: places inside a block)--> blocks (places of blocks) --check--> RegisterProfile --table--> Markdown
//! ```

mod area;
mod blocks;
mod check;
mod meaning;
mod model;
mod parts;
mod read;
mod shipped;
mod table;

pub use model::*;
pub(super) use read::{ProfileDef, read};
pub use shipped::{reference, shipped};
pub use table::markdown;
