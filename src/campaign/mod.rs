//! A campaign of faults against the field link: real cores push real plans over real Modbus TCP to emulated cabinets, while lines
//! and cabinets go wrong in every way we know, and an outside judge looks into the cabinets' memories.
//!
//! Knows: the core as its edge sees it, the bus and its faults, bare cabinets. Must not know: traffic, pages, the optimiser: what to
//! push is drawn by chance, inside the limits.
//!
//! ```text
//!  order ─► core ─► requests ─► bus ═ TCP ═ faults ═ server ─► cabinet ─► monitor
//!                      │                                        │
//!                      └──────► ledger: what was meant    ◄─────┘ what runs, in memory
//! ```
//! Time is the campaign's own: a second is stepped when everybody has answered or is given up. Orders, faults and their moments come
//! from the seed; which frame a late answer meets is the machine's.

mod group;
mod ledger;
mod mischief;
mod run;
mod tally;

pub use ledger::Wrongs;
pub use run::{Campaign, CampaignProblem, campaign};
pub use tally::{Recovery, Report};
