//! Offsets and phase patterns of a network where a link's cost depends on the difference of its ends' offsets only: the
//! least cost, with its proof.
//!
//! Knows: prices on a circle of steps. Must not know: traffic, plans, clocks. Rooms that price links (profiles held fixed)
//! come here; so do bare problems.
//!
//! ```text
//!  OffsetProblem --reduce--> core: every signal has three neighbours or more (a street has none: solved)
//!     core --cycles--> shares of every link's price among the rings it lies on: a lower bound
//!     core --order, outlook, sweep--> dynamic programming over the front, pruned by bound and best answer known
//!     fails for want of room -> ten times the room; out of room or told to stop -> best answer, bound and gap
//! ```
//!
//! Why this way: the sum of all links' least prices is 0.2 to 0.3 % below the optimum of a city, and rings close nearly all of
//! that, so a handful of pictures survives where plain elimination keeps a million.

mod cycles;
mod descend;
mod order;
mod outlook;
mod picture;
mod problem;
mod reduce;
mod rings;
mod solve;
mod sweep;
#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
mod trace;

pub use problem::{OffsetLink, OffsetProblem, Prices, Setting};
pub use solve::{Budget, OffsetSolution, solve_offsets};
