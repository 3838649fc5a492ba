//! One street driven by several: each drives links of its own and knows of the others' what a driver sees over a stop line.
//!
//! Knows: lanes of links that others drive, near their beginning, and who drives over onto them. Must not know: threads.
//!
//! ```text
//!   change, follow ─┬─ border ─> approach, make room, move ─┬─ border ─> cross ─┬─ sent ─> loops, queues
//!   own links       others' tails    own links           others' tails     own   over to the owner
//! ```
//! Within a step drivers look at nothing else of another link than the vehicles near its beginning, and only a link's own
//! stop line behind it puts vehicles there: so shares that look at each other twice a step drive as one.

use super::{SEEN_ROOM, Traffic};
use crate::cars::{Car, Cars};
use crate::driver::Driver;
use crate::measure::Trip;

/// Vehicles are seen over a stop line as far as this, m; the last of a lane always is.
const SEEN_M: f32 = 45.0;

/// What is seen of lanes, in the order of a list of them that both sides have.
#[derive(Debug, Default)]
pub(crate) struct Border {
    counts: Vec<u32>,
    rows: Vec<Car>,
}

/// A vehicle that has been driven over to another share.
#[derive(Debug)]
pub(crate) struct Sent {
    lane: usize,
    car: Car,
    trip: Trip,
}

impl Traffic {
    /// Keeps only these links to drive; the `first` share of a street has its walkers and bicycles as well.
    pub(crate) fn owning(mut self, links: Vec<usize>, first: bool) -> Traffic {
        let mut mine = vec![false; self.cars.len()];
        links.iter().flat_map(|&l| self.map.all_lanes(l)).for_each(|lane| mine[lane] = true);
        for (cars, _) in self.cars.iter_mut().zip(&mine).filter(|(_, mine)| !**mine) {
            *cars = Cars::with_room(SEEN_ROOM);
        }
        self.strangers = vec![0; self.cars.len()];
        (self.own, self.first) = (links, first);
        self
    }

    /// Shows others what they may see of these lanes.
    pub(crate) fn show_border(&self, lanes: &[usize], border: &mut Border) {
        border.counts.clear();
        border.rows.clear();
        for &lane in lanes {
            let cars = &self.cars[lane];
            let seen = cars.partition_point(|c| c.pos < SEEN_M).max(1).min(cars.len());
            border.counts.push(seen as u32);
            border.rows.extend_from_slice(&cars[..seen]);
        }
    }

    /// Takes in what others show of these lanes.
    pub(crate) fn see_border(&mut self, lanes: &[usize], border: &Border) {
        let mut at = 0;
        for (&lane, &count) in lanes.iter().zip(&border.counts) {
            let rows = &border.rows[at..at + count as usize];
            self.cars[lane].mirror(rows);
            self.strangers[lane] = count;
            at += count as usize;
        }
    }

    /// Sends who has crossed onto these lanes over to their owner.
    pub(crate) fn send(&mut self, lanes: &[usize], out: &mut Vec<Sent>) {
        for &lane in lanes {
            for i in (0..self.cars[lane].len() - self.strangers[lane] as usize).rev() {
                let car = self.cars[lane][i];
                let gone = Trip::new(0.0, Vec::new(), Driver::CAR);
                let trip = std::mem::replace(&mut self.trips[car.trip as usize], gone);
                self.vacant.push(car.trip);
                self.on_road -= 1;
                out.push(Sent { lane, car, trip });
            }
        }
    }

    /// Takes over who has been sent.
    pub(crate) fn receive(&mut self, sent: &mut Vec<Sent>) {
        for Sent { lane, mut car, trip } in sent.drain(..) {
            car.trip = self.open(trip);
            self.cars[lane].insert(0, car);
            self.on_road += 1;
        }
    }
}
