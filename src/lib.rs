//! greenwave (the map comes with ARCHITECTURE.md)

pub mod bus;
pub mod calendar;
pub mod cli;
pub mod control;
pub mod corridor;
pub mod demand;
pub mod detection;
pub mod field;
pub mod journal;
pub mod optimise;
pub mod plan;
pub mod replay;
pub mod report;
pub mod rig;
pub mod safety;
pub mod transition;
pub mod units;
pub mod work;
