//! Register profiles: what a controller model's registers are, read from files of `kind = "profile"`.
//!
//! Knows: the profile language. Must not know: sessions, plans, what is done with a register; that is `field`'s.

mod model;

pub use model::*;
