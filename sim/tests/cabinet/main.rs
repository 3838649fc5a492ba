//! The cabinet from outside: words in, lamps and words out, its monitor beside it.

#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod actuated;
mod calendar;
mod calls;
mod centre;
mod demand;
mod golden;
mod kit;
mod lamps;
mod layouts;
mod orders;
mod push;
mod refusals;
mod requests;
mod spec;
mod storms;
mod street;
