//! Demand to vehicles: entry flows and turning shares become departures with drivers and whole routes.
//!
//! Knows: flows by bin, turning shares by approach, how drivers vary. Must not know: lamps, plans, how vehicles then drive;
//! so no signal plan can change who arrives, with whom at the wheel, or where to.
//!
//! Arrivals are Poisson within a bin: one chain of unit exponentials per entry, stretched over the cumulative flow.

use crate::driver::Driver;
use crate::random::{Entity, Stream};
use crate::street::{Movement, Street};

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

/// Draws vehicles.
#[derive(Debug)]
pub struct Arrivals;

/// A route longer than this many links is cut by going straight on: no real trip, and every loop has a bound.
const LONGEST_ROUTE: usize = 200;

impl Arrivals {
    /// All departures with `from_s <= at_s < to_s`, by time, then by entry link.
    pub fn draw(street: &Street, demand: &Demand, seed: u64, from_s: f64, to_s: f64) -> Vec<Departure> {
        let mut shares: Vec<&[Shares]> = vec![&[]; street.links().len()];
        for s in &demand.shares {
            if let Some(slot) = shares.get_mut(s.link) {
                *slot = &s.by_bin;
            }
        }
        let mut out = Vec::new();
        for entry in demand.entries.iter().filter(|e| e.link < street.links().len()) {
            let mut times = Stream::new(seed, Entity::EntryTimes(entry.link as u32));
            let mut who = Stream::new(seed, Entity::EntryDrivers(entry.link as u32));
            let mut next = times.exponential();
            let mut passed = 0.0;
            for (bin, &flow) in entry.vehicles.iter().enumerate() {
                let flow = if flow.is_finite() { flow.max(0.0) } else { 0.0 };
                while next < passed + flow {
                    let at_s = demand.start_s + demand.bin_s * (bin as f64 + (next - passed) / flow);
                    next += times.exponential();
                    let driver = driver(&mut who, demand.heavy_share);
                    let route = route(street, demand, &shares, &mut who, entry.link, at_s);
                    if at_s >= from_s && at_s < to_s {
                        out.push(Departure { at_s, route, driver });
                    }
                }
                passed += flow;
            }
        }
        out.sort_by(|a, b| a.at_s.total_cmp(&b.at_s).then(a.route[0].cmp(&b.route[0])));
        out
    }
}

fn driver(who: &mut Stream, heavy_share: f64) -> Driver {
    let heavy = who.uniform() < heavy_share;
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

fn route(
    street: &Street,
    demand: &Demand,
    shares: &[&[Shares]],
    who: &mut Stream,
    entry: usize,
    at_s: f64,
) -> Vec<u32> {
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
        let movement = match shares[link] {
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
