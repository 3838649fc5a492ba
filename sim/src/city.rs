//! Streets that never meet, driven side by side: each on its own, on as many threads as there are, always the same bytes.
//!
//! Knows: the pieces of a street, lamps that are known beforehand. Must not know: how a piece is driven.
//!
//! A piece's run hangs on nothing outside it, so neither the number of threads nor who drives which piece first can change
//! it; sums over pieces are made in the order of the pieces, at the end. It is also the faster way on one thread: a
//! corridor's vehicles stay in the cache where a city's do not.

use std::sync::{Arc, Mutex};

use crate::arrivals::Departure;
use crate::measure::{Measures, Tally, Window};
use crate::signal::Lamp;
use crate::street::{Piece, Street};
use crate::traffic::{Exit, Traffic};

/// A street in its pieces, full of traffic.
#[derive(Debug, Clone)]
pub struct City {
    street: Arc<Street>,
    window: Window,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    piece: Piece,
    traffic: Traffic,
    lamps: Vec<Lamp>,
    exits: Vec<Exit>,
    most: usize,
}

impl City {
    /// As [`Traffic::new`]; the same vehicles, drivers and pedestrians.
    pub fn new(street: Arc<Street>, departures: Vec<Departure>, seed: u64, window: Window) -> City {
        let pieces = street.pieces();
        let mut home = vec![(0, 0); street.links().len()];
        for (k, piece) in pieces.iter().enumerate() {
            for (here, &link) in piece.links.iter().enumerate() {
                home[link] = (k, here as u32);
            }
        }
        let mut mine: Vec<(Vec<Departure>, Vec<u32>)> = vec![Default::default(); pieces.len()];
        for (id, mut d) in departures.into_iter().enumerate() {
            let k = d.route.first().and_then(|&l| home.get(l as usize)).map_or(0, |h| h.0);
            for link in &mut d.route {
                *link = home.get(*link as usize).map_or(u32::MAX, |h| h.1);
            }
            mine[k].0.push(d);
            mine[k].1.push(id as u32);
        }
        let parts = pieces.into_iter().zip(mine).map(|(piece, (departures, ids))| {
            let traffic = Traffic::numbered(Arc::new(piece.street.clone()), departures, ids, seed, window);
            Part { lamps: vec![Lamp::Red; piece.groups.len()], traffic, piece, exits: Vec::new(), most: 0 }
        });
        City { parts: parts.collect(), window, street }
    }

    /// How many pieces there are, the most that threads can share.
    pub fn pieces(&self) -> usize {
        self.parts.len()
    }

    /// Drives every piece until `until_s` on at most `threads` threads. `lamps(now_s, groups, out)` tells what the street's
    /// signal groups of these numbers show in the step from `now_s`.
    pub fn drive(&mut self, until_s: f64, threads: usize, lamps: &(impl Fn(f64, &[usize], &mut [Lamp]) + Sync)) {
        let threads = threads.clamp(1, self.parts.len().max(1));
        if threads == 1 {
            self.parts.iter_mut().for_each(|p| p.drive(until_s, lamps));
            return;
        }
        let left = Mutex::new(self.parts.iter_mut());
        let work = || {
            // A poisoned lock means that another thread is falling; the scope then falls as well.
            while let Some(part) = left.lock().ok().and_then(|mut left| left.next()) {
                part.drive(until_s, lamps);
            }
        };
        std::thread::scope(|s| {
            for _ in 1..threads {
                s.spawn(work);
            }
            work();
        });
    }

    /// Whether all demand has been served and every piece is empty.
    pub fn idle(&self) -> bool {
        self.parts.iter().all(|p| p.traffic.idle())
    }

    /// Time after the last step, s of the day.
    pub fn now_s(&self) -> f64 {
        self.parts.first().map_or(self.window.start_s, |p| p.traffic.now_s())
    }

    /// The most vehicles that have been on the road at once, each piece at its own moment.
    pub fn most_on_road(&self) -> usize {
        self.parts.iter().map(|p| p.most).sum()
    }

    /// Takes who has left since the last call, piece by piece in order of time.
    pub fn take_exits(&mut self) -> Vec<Exit> {
        self.parts.iter_mut().flat_map(|p| std::mem::take(&mut p.exits)).collect()
    }

    /// Closes the books as [`Traffic::finish`] does, over all pieces.
    pub fn finish(self) -> Measures {
        let now = self.now_s();
        let mut tally = Tally::new(&self.street, self.window);
        let mut crossings = vec![Default::default(); self.street.crossings().len()];
        let mut bikes = vec![Default::default(); self.street.bike_lanes().len()];
        for Part { piece, traffic, .. } in self.parts {
            let (part, walked, ridden) = traffic.close();
            tally.add(&part, &piece.links);
            piece.crossings.iter().zip(walked).for_each(|(&k, m)| crossings[k] = m);
            piece.bike_lanes.iter().zip(ridden).for_each(|(&k, m)| bikes[k] = m);
        }
        tally.measures(&self.street, now, crossings, bikes)
    }
}

impl Part {
    fn drive(&mut self, until_s: f64, lamps: &impl Fn(f64, &[usize], &mut [Lamp])) {
        while self.traffic.now_s() < until_s {
            lamps(self.traffic.now_s(), &self.piece.groups, &mut self.lamps);
            self.traffic.step(&self.lamps);
            self.exits.extend_from_slice(self.traffic.exits());
            self.most = self.most.max(self.traffic.on_road());
        }
    }
}
