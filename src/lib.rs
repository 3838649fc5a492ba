//! greenwave (the map comes with ARCHITECTURE.md)

pub mod corridor;
pub mod demand;
pub mod optimise;
pub mod plan;
pub mod units;
