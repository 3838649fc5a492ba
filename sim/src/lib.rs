//! The plant.

pub mod arrivals;
pub mod bikes;
pub mod cabinet;
mod cars;
mod change;
pub mod city;
mod conflicts;
pub mod counted;
pub mod counts;
pub mod day;
pub mod driver;
pub mod gain;
mod giveway;
mod lanes;
pub mod loops;
pub mod measure;
pub mod monitor;
pub mod progression;
pub mod random;
pub mod scenario;
pub mod series;
pub mod signal;
mod stopline;
pub mod street;
pub mod traffic;
pub mod walkers;
pub mod world;
