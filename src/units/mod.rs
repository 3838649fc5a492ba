//! Quantities and the circle: the words every other room speaks.
//!
//! Knows: tenths of a second, the signal cycle as a circle, dates, metres, speeds and flows.
//! Must not know: anything else of the house. Nobody outside this room writes a modulo on time or multiplies a speed by a
//! time by hand. Constructors parse: a [`CycleLength`] is never zero, an [`Offset`] is always below its cycle, and no NaN
//! gets in.

mod circle;
mod cycle;
mod date;
mod time;
mod traffic;

pub use circle::Circle;
pub use cycle::{Arc, CycleLength, Offset};
pub use date::Date;
pub use time::{Moment, Shift, Tenths, clock};
pub use traffic::{Metres, MetresPerSecond, NotAQuantity, Ratio, VehiclesPerHour};
