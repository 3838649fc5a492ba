//! Demand to vehicles: entry flows and turning shares become departures with drivers and whole routes.
//!
//! Knows: flows by bin, turning shares by approach, how drivers vary. Must not know: lamps, plans, how vehicles then drive;
//! so no signal plan can change who arrives, with whom at the wheel, or where to.
//!
//! Arrivals are Poisson within a bin: one chain of unit exponentials per entry, stretched over the cumulative flow.

use std::sync::Arc;

use crate::driver::Driver;
use crate::random::{Entity, Stream};
use crate::street::{Movement, Street};
use crate::weather::Weather;

/// Shares of left, through and right at one approach; they need not sum to 1.
pub type Shares = [f64; 3];

/// Flow into one entry link.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryFlow {
    /// The entry link.
    pub link: usize,
    /// Vehicles per bin; after the last bin nobody comes.
    pub vehicles: Vec<f64>,
}

/// Turning shares at the end of one approach link.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnShares {
    /// The approach link.
    pub link: usize,
    /// One for all day, or one a bin (the last stays valid).
    pub by_bin: Vec<Shares>,
}

/// Demand of a whole street.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// Start of the first bin, s of the day.
    pub start_s: f64,
    /// Width of a bin, s.
    pub bin_s: f64,
    /// Flows of the entries.
    pub entries: Vec<EntryFlow>,
    /// Shares of the approaches; one without shares goes straight on wherever it can.
    pub shares: Vec<TurnShares>,
    /// Share of heavy vehicles, 0 to 1.
    pub heavy_share: f64,
}

/// One vehicle that wishes to enter.
#[derive(Debug, Clone, PartialEq)]
pub struct Departure {
    /// When it wishes to enter, s of the day.
    pub at_s: f64,
    /// The links it drives, entry to exit.
    pub route: Vec<u32>,
    /// Who drives what.
    pub driver: Driver,
}

/// A route longer than this many links is cut by going straight on: no real trip, and every loop has a bound.
const LONGEST_ROUTE: usize = 200;

/// Draws vehicles as time goes, by time, then by entry link. Each entry draws from streams of its own and keeps the one
/// vehicle that comes next, so what is kept does not grow with the day.
#[derive(Debug, Clone)]
pub struct Arrivals {
    facts: Facts,
    entries: Vec<Entry>,
    /// The entry whose vehicle comes first.
    first: Option<usize>,
}

/// What all entries draw by.
#[derive(Debug, Clone)]
struct Facts {
    street: Arc<Street>,
    demand: Arc<Demand>,
    /// By link, where its turning shares are.
    shares: Vec<Option<usize>>,
    weather: Weather,
    from_s: f64,
    to_s: f64,
}

/// Where an entry is in its day.
#[derive(Debug, Clone)]
struct Entry {
    /// Place in the demand.
    place: usize,
    link: usize,
    times: Stream,
    who: Stream,
    bin: usize,
    /// Expected vehicles of the bins behind it, and where on that scale the next one is.
    passed: f64,
    next: f64,
    coming: Option<Departure>,
}

impl Arrivals {
    /// Departures with `from_s <= at_s < to_s`.
    pub fn new(street: Arc<Street>, demand: Demand, seed: u64, from_s: f64, to_s: f64) -> Arrivals {
        let mut shares = vec![None; street.links().len()];
        for (k, s) in demand.shares.iter().enumerate() {
            if let Some(slot) = shares.get_mut(s.link) {
                *slot = Some(k);
            }
        }
        let facts = Facts { street, demand: Arc::new(demand), shares, weather: Weather::Dry, from_s, to_s };
        let there = facts.demand.entries.iter().enumerate().filter(|(_, e)| e.link < facts.street.links().len());
        let entries = there.map(|(place, e)| {
            let mut times = Stream::new(seed, Entity::EntryTimes(e.link as u32));
            let who = Stream::new(seed, Entity::EntryDrivers(e.link as u32));
            let next = times.exponential();
            let mut entry = Entry { place, link: e.link, times, who, bin: 0, passed: 0.0, next, coming: None };
            entry.go_on(&facts);
            entry
        });
        let entries = entries.collect();
        let mut arrivals = Arrivals { facts, entries, first: None };
        arrivals.look();
        arrivals
    }

    /// The same in this weather.
    #[must_use]
    pub fn in_weather(mut self, weather: Weather) -> Arrivals {
        self.facts.weather = weather;
        self
    }

    /// All departures at once, for short runs.
    pub fn draw(street: &Street, demand: &Demand, seed: u64, from_s: f64, to_s: f64) -> Vec<Departure> {
        Arrivals::new(Arc::new(street.clone()), demand.clone(), seed, from_s, to_s).collect()
    }

    /// When the next one wishes to enter, s of the day.
    pub(crate) fn next_s(&self) -> Option<f64> {
        self.entries[self.first?].coming.as_ref().map(|d| d.at_s)
    }

    /// How many vehicles are drawn and have not come yet.
    pub(crate) fn kept(&self) -> usize {
        self.entries.iter().filter(|e| e.coming.is_some()).count()
    }

    /// Finds who comes first.
    fn look(&mut self) {
        let waiting = self.entries.iter().enumerate().filter_map(|(k, e)| Some((k, e.link, e.coming.as_ref()?.at_s)));
        let first = waiting.min_by(|a, b| a.2.total_cmp(&b.2).then(a.1.cmp(&b.1)));
        self.first = first.map(|f| f.0);
    }
}

impl Iterator for Arrivals {
    type Item = Departure;

    fn next(&mut self) -> Option<Departure> {
        let entry = &mut self.entries[self.first?];
        let departure = entry.coming.take();
        entry.go_on(&self.facts);
        self.look();
        departure.map(|d| Departure { driver: self.facts.weather.with(d.driver), ..d })
    }
}

impl Entry {
    /// Draws the next vehicle of the window, if there is one.
    fn go_on(&mut self, facts: &Facts) {
        self.coming = loop {
            match self.draw(facts) {
                Some(d) if d.at_s < facts.from_s => {}
                other => break other.filter(|d| d.at_s < facts.to_s),
            }
        }
    }

    fn draw(&mut self, facts: &Facts) -> Option<Departure> {
        let demand = &*facts.demand;
        loop {
            let flow = *demand.entries[self.place].vehicles.get(self.bin)?;
            let flow = if flow.is_finite() { flow.max(0.0) } else { 0.0 };
            if self.next < self.passed + flow {
                let at_s = demand.start_s + demand.bin_s * (self.bin as f64 + (self.next - self.passed) / flow);
                self.next += self.times.exponential();
                let driver = driver(&mut self.who, demand.heavy_share, None);
                let route = facts.route(&mut self.who, self.link, at_s);
                return Some(Departure { at_s, route, driver });
            }
            self.passed += flow;
            self.bin += 1;
        }
    }
}

/// Draws a driver; `class` says whether his vehicle is heavy where that is known, and changes no other draw.
pub(crate) fn driver(who: &mut Stream, heavy_share: f64, class: Option<bool>) -> Driver {
    let drawn = who.uniform() < heavy_share;
    let heavy = class.unwrap_or(drawn);
    let base = if heavy { Driver::HEAVY } else { Driver::CAR };
    let speed = who.normal_within(1.0, 0.08, 0.8, 1.2) as f32;
    let headway = who.normal_within(1.0, 0.10, 0.75, 1.25) as f32;
    let accel = who.normal_within(1.0, 0.10, 0.75, 1.25) as f32;
    Driver {
        speed_factor: if heavy { speed.min(1.0) * base.speed_factor } else { speed },
        headway_s: base.headway_s * headway,
        acceleration_m_s2: base.acceleration_m_s2 * accel,
        ..base
    }
}

impl Facts {
    fn route(&self, who: &mut Stream, entry: usize, at_s: f64) -> Vec<u32> {
        let (street, demand) = (&*self.street, &*self.demand);
        let mut route = Vec::with_capacity(16);
        let (mut link, mut clock) = (entry, at_s);
        loop {
            route.push(link as u32);
            let here = &street.links()[link];
            if here.node.is_none() {
                return route;
            }
            clock += f64::from(here.length_m / here.limit_m_s);
            let bin = ((clock - demand.start_s) / demand.bin_s).max(0.0) as usize;
            let u = who.uniform();
            let shares = self.shares[link].map_or(&[][..], |k| &demand.shares[k].by_bin);
            let movement = match shares {
                _ if route.len() > LONGEST_ROUTE => Movement::Through,
                [] => Movement::Through,
                by_bin => pick(by_bin[bin.min(by_bin.len() - 1)], u),
            };
            let order = [movement, Movement::Through, Movement::Right, Movement::Left, Movement::UTurn];
            match order.into_iter().find_map(|m| street.leads_to(link, m)) {
                Some(to) if route.len() <= 2 * LONGEST_ROUTE => link = to,
                _ => return route,
            }
        }
    }
}

fn pick([l, t, r]: Shares, u: f64) -> Movement {
    let at = u * (l + t + r);
    if at < l {
        Movement::Left
    } else if at < l + t || r <= 0.0 {
        Movement::Through
    } else {
        Movement::Right
    }
}
