//! What is measured on the street: corridor speed, delay, stops, approaches, trips by class.
//!
//! Knows: when vehicles wished, crossed stop lines and left. Must not know: who set the lamps; comparisons between runs are
//! made elsewhere. Definitions are those of the project's contract, measures 18 and 19; every absent value is `None`.

use serde::Serialize;

use crate::bikes::BikeMeasure;
use crate::cars::NOWHERE;
use crate::driver::Driver;
use crate::emission::{Burnt, FuelMeasure};
use crate::green::{GreenUse, LaneMeasure};
use crate::progression::{Progression, ProgressionMeasure};
use crate::queue::Queue;
use crate::series::WaySeries;
use crate::spread::{Spread, SpreadMeasure};
use crate::street::{ApproachClass, Movement, Street};
use crate::traffic::STEP_S;
use crate::walkers::CrossingMeasure;

/// What is simulated and what of it is measured, s of the day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Window {
    /// The run begins (warm-up until `from_s`).
    pub start_s: f64,
    /// Vehicles that wish to enter, and link traversals that begin, from here on are measured.
    pub from_s: f64,
    /// Until here; later ones are not measured.
    pub to_s: f64,
}

impl Window {
    pub(crate) fn holds(&self, t: f64) -> bool {
        t >= self.from_s && t < self.to_s
    }
}

/// The kind of a trip by where it begins, leads and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TripClass {
    /// In and out along the arterial.
    ArterialThrough,
    /// From the arterial to a crossing street.
    ArterialToCross,
    /// From a crossing street to an end of the arterial.
    CrossToArterial,
    /// From a crossing street over part of the arterial to a crossing street.
    CrossAlongArterial,
    /// Across, without driving along.
    CrossThrough,
}

const CLASSES: [TripClass; 5] = [
    TripClass::ArterialThrough,
    TripClass::ArterialToCross,
    TripClass::CrossToArterial,
    TripClass::CrossAlongArterial,
    TripClass::CrossThrough,
];

/// The account of a vehicle on the road.
#[derive(Debug, Clone)]
pub(crate) struct Trip {
    /// The links it drives, entry to exit.
    pub(crate) route: Vec<u32>,
    pub(crate) wish_s: f64,
    /// When it began the link it is on (an entry link: its wish).
    pub(crate) since_s: f64,
    /// When it crossed the corridor's first stop line straight on; NaN when it did not.
    pub(crate) straight_since_s: f64,
    /// Free-flow seconds of the links behind it.
    pub(crate) free_s: f64,
    /// Steps during which it stood in the wrong lane at a green.
    pub(crate) blocks: u32,
    /// Desired speed as a share of the limit.
    pub(crate) speed_factor: f32,
    /// Fuel burnt beyond idling, g; stays 0 where nobody asks for it.
    pub(crate) burnt_g: f32,
    pub(crate) cursor: u16,
    /// Whether it is a heavy vehicle.
    pub(crate) heavy: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Way {
    metres: f64,
    seconds: f64,
    vehicles: u32,
}

impl Way {
    fn add(&mut self, metres: f64, seconds: f64) {
        self.metres += metres;
        self.seconds += seconds;
        self.vehicles += 1;
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Trips {
    wished: u32,
    out: u32,
    never_in: u32,
    delay_s: f64,
    stops: u64,
    travel_s: f64,
}

impl Trips {
    fn and(&self, more: &Trips) -> Trips {
        Trips {
            wished: self.wished + more.wished,
            out: self.out + more.out,
            never_in: self.never_in + more.never_in,
            delay_s: self.delay_s + more.delay_s,
            stops: self.stops + more.stops,
            travel_s: self.travel_s + more.travel_s,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Approach {
    vehicles: u32,
    delay_s: f64,
    queue: Queue,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    corridor: Option<u8>,
    first: bool,
    last: bool,
    length: f64,
    /// The corridor's length from its first stop line to the end of this link, where it is the last.
    whole_m: f64,
    class: ApproachClass,
}

/// Running sums of one run.
#[derive(Debug, Clone)]
pub struct Tally {
    window: Window,
    places: Vec<Place>,
    corridor: [Way; 2],
    series: [WaySeries; 2],
    whole: [Way; 2],
    classes: [Trips; 5],
    spreads: [Spread; 5],
    approaches: Vec<Approach>,
    queue_steps: u64,
    pub(crate) progression: Progression,
    pub(crate) green: GreenUse,
    /// Fuel, where it is asked for.
    pub(crate) fuel: Option<Burnt>,
    /// Vehicles that gave up their turn because they could not reach its lane.
    pub missed_turns: u32,
    /// Vehicles that left the street, warm-up included.
    pub departed: u32,
    /// Seconds driven by all vehicles on the road, warm-up included.
    pub vehicle_seconds: f64,
    /// Vehicle steps in which the no-overlap guard had to act (the brake came too late); a health figure of the model.
    pub guarded: u64,
}

impl Tally {
    pub(crate) fn new(street: &Street, window: Window) -> Tally {
        let links = street.links();
        let on = |link: Option<usize>, d: Option<u8>| d.is_some() && link.is_some_and(|l| links[l].corridor == d);
        let straight = |l: usize| street.leads_to(l, Movement::Through);
        let places = links.iter().enumerate().map(|(i, l)| Place {
            corridor: l.corridor,
            first: l.corridor.is_some()
                && !(0..links.len()).any(|o| links[o].corridor == l.corridor && straight(o) == Some(i)),
            last: l.corridor.is_some() && !on(straight(i), l.corridor),
            length: f64::from(l.length_m),
            whole_m: 0.0,
            class: l.approach_class,
        });
        let mut places: Vec<Place> = places.collect();
        // Several corridors may run a direction: each is as long as its own links, one straight on from the other.
        for first in 0..places.len() {
            if !places[first].first {
                continue;
            }
            let (mut link, mut metres) = (first, 0.0);
            for _ in 0..places.len() {
                metres += places[link].length;
                match straight(link).filter(|_| !places[link].last) {
                    Some(next) => link = next,
                    None => break,
                }
            }
            places[link].whole_m = metres;
        }
        Tally {
            window,
            places,
            corridor: Default::default(),
            series: WaySeries::both(window.from_s, window.to_s),
            whole: Default::default(),
            classes: Default::default(),
            spreads: Default::default(),
            approaches: vec![Approach::default(); links.len()],
            queue_steps: 0,
            progression: Progression::new(street, window),
            green: GreenUse::new(street, window),
            fuel: None,
            missed_turns: 0,
            departed: 0,
            vehicle_seconds: 0.0,
            guarded: 0,
        }
    }

    /// A vehicle crosses the stop line of `link` at `now`, having wished to drive it at `want` m/s.
    pub(crate) fn crosses(&mut self, trip: &mut Trip, link: usize, to: usize, movement: Movement, now: f64, want: f32) {
        let here = self.places[link];
        let free = here.length / f64::from(want);
        let took = now - trip.since_s;
        if self.window.holds(trip.since_s) {
            let a = &mut self.approaches[link];
            a.vehicles += 1;
            a.delay_s += took - free;
            if let Some(d) = here.corridor
                && movement == Movement::Through
            {
                self.corridor[usize::from(d)].add(here.length, took);
                self.series[usize::from(d)].add(trip.since_s, here.length, took);
                self.progression.drove(link, here.length, took);
            }
        }
        if here.last && movement == Movement::Through && self.window.holds(trip.straight_since_s) {
            let d = usize::from(here.corridor.unwrap_or(0));
            self.whole[d].add(here.whole_m, now - trip.straight_since_s);
        }
        let there = self.places[to];
        if movement != Movement::Through || there.corridor.is_none() {
            trip.straight_since_s = f64::NAN;
        } else if there.first {
            trip.straight_since_s = now;
        }
        trip.free_s += free;
        trip.since_s = now;
    }

    /// A vehicle leaves from the end of its last link at `now`.
    pub(crate) fn leaves(&mut self, trip: &Trip, stops: u16, now: f64, want: f32) {
        self.departed += 1;
        let last = trip.route.last().map_or(0, |&l| l as usize);
        let free = trip.free_s + self.places[last].length / f64::from(want);
        self.account(trip, stops, now, free, true);
    }

    /// A vehicle is still on the road, `pos` metres into its link, when the run ends.
    pub(crate) fn remains(&mut self, trip: &Trip, stops: u16, now: f64, pos: f32, want: f32) {
        self.account(trip, stops, now, trip.free_s + f64::from(pos / want), false);
    }

    /// A vehicle was never let in.
    pub(crate) fn never_in(&mut self, wish_s: f64, route: &[u32], heavy: bool, now: f64) {
        if self.window.holds(wish_s) {
            if let Some(fuel) = &mut self.fuel {
                fuel.add(heavy, now - wish_s, 0.0);
            }
            let c = &mut self.classes[self.class(route) as usize];
            c.wished += 1;
            c.never_in += 1;
            c.delay_s += now - wish_s;
        }
    }

    fn account(&mut self, trip: &Trip, stops: u16, now: f64, free: f64, out: bool) {
        if !self.window.holds(trip.wish_s) {
            return;
        }
        let class = self.class(&trip.route) as usize;
        if out {
            self.spreads[class].add(now - trip.wish_s);
        }
        let c = &mut self.classes[class];
        c.wished += 1;
        c.out += u32::from(out);
        c.delay_s += now - trip.wish_s - free;
        c.stops += u64::from(stops);
        c.travel_s += if out { now - trip.wish_s } else { 0.0 };
        if let Some(fuel) = &mut self.fuel {
            fuel.add(trip.heavy, now - trip.wish_s, trip.burnt_g);
        }
    }

    fn class(&self, route: &[u32]) -> TripClass {
        let side = |l: Option<&u32>| l.is_none_or(|&l| self.places[l as usize].class == ApproachClass::Side);
        match (side(route.first()), side(route.last())) {
            (false, false) => TripClass::ArterialThrough,
            (false, true) => TripClass::ArterialToCross,
            (true, false) => TripClass::CrossToArterial,
            (true, true) if route.iter().any(|&l| self.places[l as usize].class != ApproachClass::Side) => {
                TripClass::CrossAlongArterial
            }
            (true, true) => TripClass::CrossThrough,
        }
    }

    /// Notes how many vehicles queue on each link in this step (outside queues included).
    pub(crate) fn queues(&mut self, now: f64, queued: &[u32]) {
        if !self.window.holds(now) {
            return;
        }
        self.queue_steps += 1;
        for (a, &q) in self.approaches.iter_mut().zip(queued) {
            a.queue.step(q);
        }
    }

    /// Notes how far back those reach who queue on a link.
    pub(crate) fn reaches(&mut self, now: f64, link: usize, metres: f32) {
        if self.window.holds(now) {
            self.approaches[link].queue.reaches(metres);
        }
    }

    /// Adds what was counted on a piece of this street; `links` tells of its own links what they are called there and here.
    pub(crate) fn add(&mut self, piece: &Tally, links: impl Iterator<Item = (usize, usize)> + Clone) {
        let ways = self.corridor.iter_mut().chain(&mut self.whole);
        for (way, more) in ways.zip(piece.corridor.iter().chain(&piece.whole)) {
            way.metres += more.metres;
            way.seconds += more.seconds;
            way.vehicles += more.vehicles;
        }
        self.series.iter_mut().zip(&piece.series).for_each(|(way, more)| way.add_all(more));
        self.spreads.iter_mut().zip(&piece.spreads).for_each(|(s, more)| s.add_all(more));
        for (c, more) in self.classes.iter_mut().zip(&piece.classes) {
            *c = c.and(more);
        }
        for (there, here) in links.clone() {
            self.approaches[here] = piece.approaches[there];
        }
        self.progression.take(&piece.progression, links.clone());
        self.green.take(&piece.green, links);
        if let Some(more) = piece.fuel {
            self.fuel = Some(self.fuel.unwrap_or_default().and(more));
        }
        self.queue_steps = piece.queue_steps;
        self.missed_turns += piece.missed_turns;
        self.departed += piece.departed;
        self.vehicle_seconds += piece.vehicle_seconds;
        self.guarded += piece.guarded;
    }

    /// The report; call after `remains` and `never_in` of everybody left.
    pub(crate) fn measures(
        &self,
        street: &Street,
        end_s: f64,
        crossings: Vec<CrossingMeasure>,
        bikes: Vec<BikeMeasure>,
    ) -> Measures {
        let rows = street.links().iter().zip(&self.approaches).enumerate().filter_map(|(k, (l, a))| {
            let (queue_s, longest_queue_s) = a.queue.seconds(STEP_S);
            l.node.map(|node| ApproachMeasure {
                link: l.name.clone(),
                node,
                side: l.approach_class == ApproachClass::Side,
                vehicles: a.vehicles,
                mean_delay_s: mean(a.delay_s, a.vehicles),
                mean_queue: a.queue.mean(self.queue_steps),
                max_queue: a.queue.max,
                mean_reach_m: a.queue.mean_reach(),
                max_reach_m: a.queue.reach_max,
                queue_s,
                longest_queue_s,
                lanes: self.green.measures(k),
            })
        });
        let approaches: Vec<ApproachMeasure> = rows.collect();
        let all = self.classes.iter().fold(Trips::default(), |all, c| all.and(c));
        let mut every = Spread::default();
        self.spreads.iter().for_each(|s| every.add_all(s));
        let class = |k: TripClass| trips(Some(k), &self.classes[k as usize], &self.spreads[k as usize]);
        Measures {
            window: self.window,
            end_s,
            corridor: ways(&self.corridor),
            corridor_over_time: self.series.to_vec(),
            end_to_end: ways(&self.whole),
            all: trips(None, &all, &every),
            fuel: self.fuel.map(|f| f.measure()),
            classes: CLASSES.iter().map(|&k| class(k)).collect(),
            side_streets: Together::of(approaches.iter().filter(|a| a.side)),
            arterial_approaches: Together::of(approaches.iter().filter(|a| !a.side)),
            approaches,
            progression: self.progression.measures(street),
            crossings,
            bikes,
            missed_turns: self.missed_turns,
            vehicle_seconds: self.vehicle_seconds,
            guarded: self.guarded,
        }
    }
}

fn mean(sum: f64, n: u32) -> Option<f64> {
    (n > 0).then(|| sum / f64::from(n))
}

fn ways(both: &[Way; 2]) -> Vec<WayMeasure> {
    let rows = both.iter().enumerate().map(|(d, w)| WayMeasure {
        direction: d as u8,
        vehicles: w.vehicles,
        metres: w.metres,
        seconds: w.seconds,
        speed_km_h: (w.seconds > 0.0).then(|| 3.6 * w.metres / w.seconds),
    });
    rows.collect()
}

fn trips(class: Option<TripClass>, t: &Trips, spread: &Spread) -> TripMeasure {
    TripMeasure {
        class,
        wished: t.wished,
        out: t.out,
        unserved: t.wished - t.out,
        never_in: t.never_in,
        delay_s: t.delay_s,
        mean_delay_s: mean(t.delay_s, t.wished),
        mean_travel_s: mean(t.travel_s, t.out),
        stops: t.stops,
        mean_stops: mean(t.stops as f64, t.wished),
        travel: spread.measure(),
    }
}

/// Metres and seconds of one corridor direction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WayMeasure {
    /// Direction, 0 or 1.
    pub direction: u8,
    /// Link traversals (corridor) or vehicles (end to end).
    pub vehicles: u32,
    /// Sum of metres.
    pub metres: f64,
    /// Sum of seconds, waiting included.
    pub seconds: f64,
    /// Their ratio, km/h.
    pub speed_km_h: Option<f64>,
}

/// Trips of one class, or of all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TripMeasure {
    /// The class; absent = all.
    pub class: Option<TripClass>,
    /// Vehicles that wished to enter in the window.
    pub wished: u32,
    /// Of these, out at the end of the run.
    pub out: u32,
    /// Of these, not out.
    pub unserved: u32,
    /// Of these, never let in.
    pub never_in: u32,
    /// Sum of delays, s, over all that wished.
    pub delay_s: f64,
    /// Mean delay, s.
    pub mean_delay_s: Option<f64>,
    /// Mean time from wish to exit of those out, s.
    pub mean_travel_s: Option<f64>,
    /// Stops.
    pub stops: u64,
    /// Stops a vehicle.
    pub mean_stops: Option<f64>,
    /// Quantiles of the time from wish to exit of those out; `None` = nobody is out.
    pub travel: Option<SpreadMeasure>,
}

/// One approach.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApproachMeasure {
    /// Name of its link.
    pub link: String,
    /// Its intersection.
    pub node: usize,
    /// Whether it is a side street.
    pub side: bool,
    /// Vehicles that began the link in the window and passed its stop line.
    pub vehicles: u32,
    /// Their mean control delay, s: time on the link (waiting outside included) minus free flow.
    pub mean_delay_s: Option<f64>,
    /// Mean number of queueing vehicles (from below 5 km/h until above 15 km/h), outside included.
    pub mean_queue: Option<f64>,
    /// Largest number of queueing vehicles.
    pub max_queue: u32,
    /// Mean reach, m: from the stop line to the rear of the last queueing vehicle on the link, 0 when nobody queues; looked at every
    /// 5 s, whoever stopped within 20 m of the link's beginning left out.
    pub mean_reach_m: Option<f64>,
    /// Furthest reach, m.
    pub max_reach_m: f32,
    /// Seconds of the window with somebody queueing, outside included.
    pub queue_s: f64,
    /// The longest of them without a break.
    pub longest_queue_s: f64,
    /// Its lanes from the median: who crossed, and how much of their green that took.
    pub lanes: Vec<LaneMeasure>,
}

/// Several approaches together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Together {
    /// Vehicles over all of them.
    pub vehicles: u32,
    /// Mean delay over all their vehicles, s.
    pub mean_delay_s: Option<f64>,
    /// The largest mean delay of one approach, s.
    pub worst_delay_s: Option<f64>,
    /// The link of that approach.
    pub worst_link: Option<String>,
}

impl Together {
    fn of<'a>(rows: impl Iterator<Item = &'a ApproachMeasure>) -> Together {
        let (mut vehicles, mut sum, mut worst) = (0, 0.0, None::<(f64, &str)>);
        for r in rows {
            let Some(delay) = r.mean_delay_s else { continue };
            vehicles += r.vehicles;
            sum += delay * f64::from(r.vehicles);
            if worst.is_none_or(|(w, _)| delay > w) {
                worst = Some((delay, &r.link));
            }
        }
        Together {
            vehicles,
            mean_delay_s: mean(sum, vehicles),
            worst_delay_s: worst.map(|w| w.0),
            worst_link: worst.map(|w| w.1.to_owned()),
        }
    }
}

/// The result of one run; the same run gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measures {
    /// What was measured.
    pub window: Window,
    /// When the run ended, s of the day.
    pub end_s: f64,
    /// Corridor speed a direction: link traversals by vehicles that go straight on.
    pub corridor: Vec<WayMeasure>,
    /// The same by the time of day.
    pub corridor_over_time: Vec<WaySeries>,
    /// Vehicles that drove the whole corridor.
    pub end_to_end: Vec<WayMeasure>,
    /// All trips.
    pub all: TripMeasure,
    /// Fuel and CO2 of all trips; not written where nobody asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<FuelMeasure>,
    /// Trips by class.
    pub classes: Vec<TripMeasure>,
    /// All side-street approaches together, and the worst.
    pub side_streets: Together,
    /// All arterial approaches together, and the worst.
    pub arterial_approaches: Together,
    /// Every approach.
    pub approaches: Vec<ApproachMeasure>,
    /// Arrivals on green and speed at every approach of the corridor.
    pub progression: Vec<ProgressionMeasure>,
    /// Every pedestrian crossing.
    pub crossings: Vec<CrossingMeasure>,
    /// Every bicycle lane; not written when the street has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bikes: Vec<BikeMeasure>,
    /// Vehicles that gave up their turn.
    pub missed_turns: u32,
    /// Seconds driven by all vehicles, warm-up included.
    pub vehicle_seconds: f64,
    /// Vehicle steps in which the no-overlap guard acted.
    pub guarded: u64,
}

impl Trip {
    pub(crate) fn new(wish_s: f64, route: Vec<u32>, driver: Driver) -> Trip {
        let (since_s, straight_since_s) = (wish_s, f64::NAN);
        let Driver { speed_factor, heavy, .. } = driver;
        let (free_s, blocks, burnt_g, cursor) = (0.0, 0, 0.0, 0);
        Trip { route, wish_s, since_s, straight_since_s, free_s, blocks, speed_factor, burnt_g, cursor, heavy }
    }

    /// The link after the current one.
    pub(crate) fn next(&self) -> u32 {
        self.route.get(usize::from(self.cursor) + 1).copied().unwrap_or(NOWHERE)
    }
}
