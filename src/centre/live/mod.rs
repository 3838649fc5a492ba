//! What the centre knows of the street now and of the last hours, made from the loop's pictures.

mod city;
mod diagram;
mod feeds;
mod history;
mod intersection;
mod map;
mod shelf;

pub(super) use city::{City, city, seconds};
pub(super) use diagram::{Diagram, diagram};
pub(super) use feeds::{SignalFeed, SpeedFeed, signals, speeds};
pub(super) use history::{History, about};
pub(super) use intersection::{Detail, EventRow, intersection};
pub(super) use map::{Map, Name, map};
pub(super) use shelf::{PlanSet, PlansPage, Shelf};
