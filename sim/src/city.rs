//! Streets that never meet, driven side by side: each on its own, on as many threads as there are, always the same bytes.
//!
//! Knows: the pieces of a street, lamps that are known beforehand. Must not know: how a piece is driven.
//!
//! A piece's run hangs on nothing outside it, so neither the number of threads nor who drives which piece first can change
//! it; sums over pieces are made in the order of the pieces, at the end. It is also the faster way on one thread: a
//! corridor's vehicles stay in the cache where a city's do not. A large piece is driven in shares, in step (`shares`).

mod shares;

use std::sync::{Arc, Mutex};

use crate::arrivals::Departure;
use crate::coming::Coming;
use crate::measure::{Measures, Tally, Window};
use crate::signal::Lamp;
use crate::street::{Piece, Street};
use crate::traffic::{Exit, Traffic};

use self::shares::Share;

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
    /// Links of each share, and lanes of their borders by pair.
    links: Vec<Vec<usize>>,
    borders: Vec<Vec<usize>>,
    shares: Vec<Share>,
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
        let mut mine: Vec<Vec<(Departure, u32)>> = vec![Vec::new(); pieces.len()];
        for (id, mut d) in departures.into_iter().enumerate() {
            let k = d.route.first().and_then(|&l| home.get(l as usize)).map_or(0, |h| h.0);
            for link in &mut d.route {
                *link = home.get(*link as usize).map_or(u32::MAX, |h| h.1);
            }
            mine[k].push((d, id as u32));
        }
        let parts = pieces.into_iter().zip(mine).map(|(piece, departures)| Part::new(piece, departures, seed, window));
        City { parts: parts.collect(), window, street }
    }

    /// How many pieces there are.
    pub fn pieces(&self) -> usize {
        self.parts.len()
    }

    /// Drives every piece until `until_s` on at most `threads` threads. `lamps(now_s, groups, out)` tells what the street's
    /// signal groups of these numbers show in the step from `now_s`.
    pub fn drive(&mut self, until_s: f64, threads: usize, lamps: &(impl Fn(f64, &[usize], &mut [Lamp]) + Sync)) {
        let threads = threads.clamp(1, self.parts.iter().map(|p| p.shares.len()).sum::<usize>().max(1));
        if threads == 1 {
            self.parts.iter_mut().for_each(|p| p.drive(until_s, 1, lamps));
            return;
        }
        // Large pieces one after the other by all, then the small ones, each by whoever is free.
        let (large, small): (Vec<_>, Vec<_>) = self.parts.iter_mut().partition(|p| p.shares.len() > 1);
        large.into_iter().for_each(|p| p.drive(until_s, threads, lamps));
        let left = Mutex::new(small.into_iter());
        let work = || {
            // A poisoned lock means that another thread is falling; the scope then falls as well.
            while let Some(part) = left.lock().ok().and_then(|mut left| left.next()) {
                part.drive(until_s, 1, lamps);
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
        self.shares().all(|s| s.traffic.idle())
    }

    /// Time after the last step, s of the day.
    pub fn now_s(&self) -> f64 {
        self.shares().next().map_or(self.window.start_s, |s| s.traffic.now_s())
    }

    fn shares(&self) -> impl Iterator<Item = &Share> {
        self.parts.iter().flat_map(|p| &p.shares)
    }

    /// As [`Traffic::meter_fuel`].
    pub fn meter_fuel(&mut self) {
        self.parts.iter_mut().flat_map(|p| &mut p.shares).for_each(|s| s.traffic.meter_fuel());
    }

    /// The most vehicles that have been on the road at once, each piece or share of one at its own moment.
    pub fn most_on_road(&self) -> usize {
        self.shares().map(|s| s.most).sum()
    }

    /// Takes who has left since the last call, piece by piece and share by share in order of time.
    pub fn take_exits(&mut self) -> Vec<Exit> {
        self.parts.iter_mut().flat_map(|p| &mut p.shares).flat_map(|s| std::mem::take(&mut s.exits)).collect()
    }

    /// Closes the books as [`Traffic::finish`] does, over all pieces.
    pub fn finish(self) -> Measures {
        let now = self.now_s();
        let mut tally = Tally::new(&self.street, self.window);
        let mut crossings = vec![Default::default(); self.street.crossings().len()];
        let mut bikes = vec![Default::default(); self.street.bike_lanes().len()];
        for Part { piece, links, shares, .. } in self.parts {
            for (k, (share, links)) in shares.into_iter().zip(&links).enumerate() {
                let (part, walked, ridden) = share.traffic.close();
                tally.add(&part, links.iter().map(|&l| (l, piece.links[l])));
                // The first share has all walkers and bicycles.
                if k == 0 {
                    piece.crossings.iter().zip(walked).for_each(|(&k, m)| crossings[k] = m);
                    piece.bike_lanes.iter().zip(ridden).for_each(|(&k, m)| bikes[k] = m);
                }
            }
        }
        tally.measures(&self.street, now, crossings, bikes)
    }
}

impl Part {
    fn new(piece: Piece, departures: Vec<(Departure, u32)>, seed: u64, window: Window) -> Part {
        let street = Arc::new(piece.street.clone());
        let links = shares::shares(&street);
        let mut home = vec![0; street.links().len()];
        for (k, links) in links.iter().enumerate() {
            links.iter().for_each(|&l| home[l] = k);
        }
        let mut mine: Vec<(Vec<Departure>, Vec<u32>)> = vec![Default::default(); links.len()];
        for (d, id) in departures {
            let k = d.route.first().and_then(|&l| home.get(l as usize)).copied().unwrap_or(0);
            mine[k].0.push(d);
            mine[k].1.push(id);
        }
        let shares = mine.into_iter().zip(&links).enumerate().map(|(k, ((departures, ids), links))| {
            let traffic = Traffic::new(street.clone(), Coming::numbered(departures, ids), seed, window);
            Share { traffic: traffic.owning(links.clone(), k == 0), exits: Vec::new(), most: 0 }
        });
        Part { shares: shares.collect(), borders: shares::borders(&street, &links), links, piece }
    }

    fn drive(&mut self, until_s: f64, threads: usize, lamps: &(impl Fn(f64, &[usize], &mut [Lamp]) + Sync)) {
        let groups = &self.piece.groups;
        let [share] = &mut self.shares[..] else {
            return shares::drive(&mut self.shares, &self.borders, groups, until_s, threads, lamps);
        };
        let mut shown = vec![Lamp::Red; groups.len()];
        while share.traffic.now_s() < until_s {
            lamps(share.traffic.now_s(), groups, &mut shown);
            share.traffic.step(&shown);
            share.note();
        }
    }
}
