//! Who is still to come: vehicles in order of the time at which they wish to enter, drawn as time goes or given.
//!
//! Knows: departures and their numbers. Must not know: entries, lanes, why somebody comes.

use std::vec::IntoIter;

use crate::arrivals::{Arrivals, Departure};
use crate::trips::Travellers;

/// Vehicles that are still to come, numbered in the order of their coming.
#[derive(Debug, Clone)]
pub struct Coming {
    drawn: Option<Drawn>,
    given: IntoIter<Departure>,
    /// Numbers of those given; empty = as they come.
    numbers: IntoIter<u32>,
    come: u32,
}

/// Who is made a vehicle of when he comes.
#[derive(Debug, Clone)]
enum Drawn {
    Arrivals(Arrivals),
    Trips(Travellers),
}

impl Drawn {
    fn next_s(&self) -> Option<f64> {
        match self {
            Drawn::Arrivals(arrivals) => arrivals.next_s(),
            Drawn::Trips(trips) => trips.next_s(),
        }
    }

    fn next(&mut self) -> Option<Departure> {
        match self {
            Drawn::Arrivals(arrivals) => arrivals.next(),
            Drawn::Trips(trips) => trips.next(),
        }
    }

    /// How many are vehicles already.
    fn kept(&self) -> usize {
        match self {
            Drawn::Arrivals(arrivals) => arrivals.kept(),
            Drawn::Trips(_) => 0,
        }
    }
}

impl Coming {
    /// Departures in order of time, with a number for each by which its vehicle is known and draws.
    pub(crate) fn numbered(departures: Vec<Departure>, numbers: Vec<u32>) -> Coming {
        Coming { drawn: None, given: departures.into_iter(), numbers: numbers.into_iter(), come: 0 }
    }

    /// Departures that are given and have not come yet.
    pub(crate) fn given(&self) -> &[Departure] {
        self.given.as_slice()
    }

    /// How many vehicles are known that have not come yet.
    pub(crate) fn kept(&self) -> usize {
        self.given.len() + self.drawn.as_ref().map_or(0, Drawn::kept)
    }

    /// How many have come.
    pub(crate) fn come(&self) -> u32 {
        self.come
    }

    /// Whether nobody comes any more.
    pub(crate) fn over(&self) -> bool {
        self.next_s().is_none()
    }

    fn next_s(&self) -> Option<f64> {
        let given = self.given.as_slice().first().map(|d| d.at_s);
        given.into_iter().chain(self.drawn.as_ref().and_then(Drawn::next_s)).reduce(f64::min)
    }

    /// The next one with his number, if he has come by `now`, s of the day. Of two at the same time the one given comes first.
    pub(crate) fn take(&mut self, now: f64) -> Option<(u32, Departure)> {
        let at = self.next_s().filter(|&at| at <= now)?;
        let given = self.given.as_slice().first().is_some_and(|d| d.at_s <= at);
        let departure = if given { self.given.next() } else { self.drawn.as_mut()?.next() }?;
        let number = self.numbers.next().unwrap_or(self.come);
        self.come += 1;
        Some((number, departure))
    }
}

impl From<Vec<Departure>> for Coming {
    /// In order of time.
    fn from(departures: Vec<Departure>) -> Coming {
        Coming::numbered(departures, Vec::new())
    }
}

impl From<Arrivals> for Coming {
    fn from(arrivals: Arrivals) -> Coming {
        Coming { drawn: Some(Drawn::Arrivals(arrivals)), ..Coming::from(Vec::new()) }
    }
}

impl From<Travellers> for Coming {
    fn from(trips: Travellers) -> Coming {
        Coming { drawn: Some(Drawn::Trips(trips)), ..Coming::from(Vec::new()) }
    }
}
