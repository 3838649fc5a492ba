//! Who may do what: roles, accounts, sessions.
//!
//! Knows: names, roles. Must not know: HTTP, what an action does.

mod role;

pub use role::Role;
