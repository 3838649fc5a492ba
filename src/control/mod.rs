//! The core: `step(now, events) -> (requests, decisions, work)`, a function of its arguments and state alone.
//!
//! Knows: sessions, the estimate, targets, the guard, the calendar.
//! Must not know: a clock, a socket, a file, a log, the plant, or how to optimise: it emits [`Work`], the edge carries it
//! out off the loop, and the [`Finding`] comes back as an event.
//!
//! ```text
//! answers ─► sessions ─► readings ─► estimator ─(every 5 min)─► Work ─► … ─► Finding ─► adapt: does a change pay?
//!    ▲                                                                                  │ yes
//!    └── requests ◄─ sessions ◄─ joint change ◄─ guard ◄─ transition step ◄─ target ◄───┤
//!                                                          orders of people ─► overrides ┘
//! ```

mod adapt;
mod adopt;
mod change;
mod coordinator;
mod decision;
mod drive;
mod escort;
mod event;
mod free;
mod mode;
mod order;
mod overrides;
mod programme;
mod route;
mod standing;
mod stored;
mod wave;

pub use adapt::Policy;
pub use adopt::Aim;
pub use coordinator::{Coordinator, Setup};
pub use decision::{Decision, Verdict};
pub use escort::{Escort, Place, Progress, Row, Run, Vehicle};
pub use event::{Candidate, Cost, Event, Finding, Origin, Output, Work};
pub use free::FreeChoice;
pub use mode::Mode;
pub use order::{EndedBy, Intervention, Kind, Order, OrderProblem, Standing};
pub use route::{Ends, Leg, route};
