//! The command centre's side of the service: an HTTP interface, and the pages that use nothing else.
//!
//! Knows: what the loop shows (pictures), who may do what, what is remembered. Must not know: how plans are found, the bus,
//! the plant. It decides nothing about traffic: what people want goes to the core as events, and the core answers in decisions.
//!
//! ```text
//!  loop ──Picture──► Desk ──(bounded, never waits)──► collector ──► Live: city, history, plans ──► server-sent events
//!    ▲                                                                     ▲
//!    └──── events ◄──── Desk ◄──── orders ◄── route ◄── table: role ◄── door: who is it ◄── server: slow ones are cut
//! ```
//! It runs on a thread and a runtime of its own: whatever clients do, the loop's steps do not wait for it. One table of routes
//! (`table`) says method, path, least role and schemas; router, role check and the OpenAPI document are made from it, so a
//! route without a role can not exist.

mod acting;
mod acts;
mod alarms;
mod asked;
mod console;
mod desk;
mod door;
mod files;
mod keep;
mod live;
mod openapi;
mod pages;
mod problem;
mod reports;
mod routes;
mod server;
mod table;
mod tasks;
mod timed;
mod tls;
mod usual;
mod webhook;

pub use desk::{Centre, CentreProblem, CentreSetup, start};
pub use files::{Expected, Workshop};
pub use tasks::{Rehearsal, Rehearsed};
pub use tls::{PapersProblem, Tls};
