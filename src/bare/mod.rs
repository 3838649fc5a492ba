//! Bare problems: bandwidth and delay problems as neutral JSON, for researchers and for comparing optimisers.
//!
//! Knows: the exchange format and the optimiser's own problems. Must not know: corridors, plans, files, clocks.
//! The solvers are those the service uses; here is only the translation to them and back.
//!
//! ```text
//!  text --read--> JSON values --band, delay (fields)--> Question   or every Fault: place, rule, mend
//!  Question --answer--> Answer, confirmed by geometry before it is told
//! ```
//!
//! Keys of the format are exempt from the house's naming of units, and its speeds are in km/h. Readings that the format
//! leaves open: in `multiband` a centre line meets green at every signal, as in the method's paper, so where no two such
//! lines exist there is no answer; keys nobody knows are refused, except `comment` and those that begin with `_`; `grid_s`
//! asks a delay problem for offsets of so many whole seconds.

mod answer;
mod band;
mod delay;
mod fault;
mod fields;
mod read;

pub use answer::{Answer, Question};
pub use fault::{Fault, Rule};
pub use read::read;
