//! What happened on one corridor: lamps as they were shown, and vehicles as they drove.
//!
//! Knows: where stop lines and links lie on the corridor. Must not know: pictures; how many tracks a picture can bear.

use super::plant::{Rig, RigProblem};
use super::translate;
use crate::corridor::{Corridor, Direction, Movement, Network};
use greenwave_sim::signal::Lamp;
use greenwave_sim::traffic::Sample;
use greenwave_sim::world::Shown;
use std::collections::BTreeMap;

/// A vehicle below this stands in a queue, m/s (5 km/h, contract 18).
const STANDS_M_S: f32 = 5.0 / 3.6;
/// Metres between two standing vehicles beyond which they are not in one queue.
const APART_M: f64 = 30.0;
/// Seconds without a sample after which a track ends: the vehicle has left the through lanes.
const GONE_S: f64 = 1.5;

/// What a signal head shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Stop.
    Red,
    /// Stop if you can.
    Yellow,
    /// Go.
    Green,
    /// Dark or flashing: nobody is told anything.
    Nothing,
}

/// A vehicle's way through the corridor's through lanes.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Which way.
    pub direction: Direction,
    /// The vehicle's number in the run: the same in every arm.
    pub vehicle: u32,
    /// Second of the day and chainage, m, every second.
    pub points: Vec<(f64, f64)>,
}

/// Standing vehicles before one stop line at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Second of the day.
    pub at_s: f64,
    /// Chainage of the first standing vehicle's front, m.
    pub front_m: f64,
    /// Chainage of the last one's rear, m.
    pub back_m: f64,
}

/// One direction at one intersection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Approach {
    /// What the through traffic's head showed: from when, s of the day.
    pub lamps: Vec<(f64, Shows)>,
    /// The standing queue of the through lanes, every second in which somebody stood.
    pub queue: Vec<Standing>,
}

/// One corridor, filmed.
#[derive(Debug, Clone, PartialEq)]
pub struct Film {
    /// Second of the day from which …
    pub from_s: f64,
    /// … until which.
    pub to_s: f64,
    /// Members in outbound order: outbound, inbound.
    pub members: Vec<[Approach; 2]>,
    /// Every vehicle of the through lanes, by direction and number.
    pub tracks: Vec<Track>,
}

/// A link that is filmed: the approach of a member from the member before it or, at the ends, from outside.
#[derive(Debug, Clone, Copy)]
struct Place {
    member: usize,
    direction: Direction,
    /// Chainage of its beginning and of its stop line, m.
    begins_m: f64,
    ends_m: f64,
    length_m: f64,
    /// The signal group of its through traffic.
    group: usize,
}

/// Where a corridor's links and lamps are in the plant.
#[derive(Debug, Clone)]
pub struct Camera {
    places: BTreeMap<usize, Place>,
    through: BTreeMap<usize, Vec<bool>>,
    members: usize,
}

impl Camera {
    /// A camera on one corridor.
    ///
    /// # Errors
    /// When the plant can not build the network's street.
    pub fn on(network: &Network, corridor: &Corridor) -> Result<Camera, RigProblem> {
        let street = translate::street(network)?;
        let (mut places, mut through) = (BTreeMap::new(), BTreeMap::new());
        for (k, member) in corridor.members.iter().enumerate() {
            let at = network.intersection(member.intersection);
            let before: usize = network.intersections()[..member.intersection.0].iter().map(|i| i.phases.len()).sum();
            for direction in Direction::BOTH {
                let from = corridor.comes_from(direction);
                let (Some(approach), Some(phase), Some(link)) = (
                    at.approach(from),
                    at.phase_for(from, Movement::Through),
                    street.link_of(member.intersection, from),
                ) else {
                    continue;
                };
                let ends_m = member.chainage.get();
                let length_m = f64::from(street.street.links()[link].length_m);
                let neighbour = match direction {
                    Direction::Outbound => k.checked_sub(1),
                    Direction::Inbound => Some(k + 1),
                };
                let begins_m = match (neighbour.and_then(|n| corridor.members.get(n)), direction) {
                    (Some(other), _) => other.chainage.get(),
                    (None, Direction::Outbound) => ends_m - length_m,
                    (None, Direction::Inbound) => ends_m + length_m,
                };
                let group = before + phase.0;
                places.insert(link, Place { member: k, direction, begins_m, ends_m, length_m, group });
                through.insert(link, approach.lanes.iter().map(|l| l.movements.has(Movement::Through)).collect());
            }
        }
        Ok(Camera { places, through, members: corridor.members.len() })
    }

    /// Starts to record.
    pub fn start(&self, rig: &Rig) {
        let links: Vec<usize> = self.places.keys().copied().collect();
        rig.with_world(|world| {
            world.traffic_mut().record_links(&links);
            world.record_lamps();
        });
    }

    /// What has been recorded since the start, between two seconds of the day.
    pub fn develop(&self, rig: &Rig, from_s: f64, to_s: f64) -> Film {
        let (samples, lamps) = rig.with_world(|world| (world.traffic_mut().take_samples(), world.take_lamps()));
        let mut members = vec![<[Approach; 2]>::default(); self.members];
        for place in self.places.values() {
            members[place.member][place.direction as usize].lamps = shown(&lamps, place.group);
        }
        let mut tracks: BTreeMap<(Direction, u32), Vec<Track>> = BTreeMap::new();
        let mut standing: BTreeMap<usize, Vec<(f64, f64)>> = BTreeMap::new();
        let mut second = f64::NAN;
        for sample in samples.iter().filter(|s| s.at_s.fract() == 0.0 && (from_s..=to_s).contains(&s.at_s)) {
            if sample.at_s != second {
                self.queues(&mut members, second, &mut standing);
                second = sample.at_s;
            }
            self.place(sample, &mut tracks, &mut standing);
        }
        self.queues(&mut members, second, &mut standing);
        let tracks = tracks.into_values().flatten().filter(|t| t.points.len() > 1).collect();
        Film { from_s, to_s, members, tracks }
    }

    /// Puts a sample where it belongs, if it lies on a through lane.
    fn place(
        &self,
        sample: &Sample,
        tracks: &mut BTreeMap<(Direction, u32), Vec<Track>>,
        standing: &mut BTreeMap<usize, Vec<(f64, f64)>>,
    ) {
        let lane = self.through.get(&sample.link).and_then(|lanes| lanes.get(sample.lane));
        let (Some(true), Some(place)) = (lane, self.places.get(&sample.link)) else { return };
        let at = |metres: f32| place.begins_m + (place.ends_m - place.begins_m) * f64::from(metres) / place.length_m;
        let mine = tracks.entry((place.direction, sample.vehicle)).or_default();
        let going_on = mine.last_mut().filter(|t| t.points.last().is_some_and(|p| sample.at_s - p.0 < GONE_S));
        let point = (sample.at_s, at(sample.position_m));
        match going_on {
            Some(track) => track.points.push(point),
            None => {
                mine.push(Track { direction: place.direction, vehicle: sample.vehicle, points: vec![point] });
            }
        }
        if sample.speed_m_s < STANDS_M_S {
            let line = |metres: f32| place.length_m - f64::from(metres);
            let vehicle = (line(sample.position_m), line(sample.position_m - sample.length_m));
            standing.entry(sample.link).or_default().push(vehicle);
        }
    }

    /// The standing queues of one second: from the first vehicle that stands back to where the next is too far away.
    fn queues(&self, members: &mut [[Approach; 2]], at_s: f64, standing: &mut BTreeMap<usize, Vec<(f64, f64)>>) {
        for (link, mut vehicles) in std::mem::take(standing) {
            vehicles.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (Some(place), Some(&(front, mut back))) = (self.places.get(&link), vehicles.first()) else { continue };
            for &(head, tail) in &vehicles {
                if head > back + APART_M {
                    break;
                }
                back = back.max(tail);
            }
            let chainage = |metres: f64| place.ends_m - (place.ends_m - place.begins_m) * metres / place.length_m;
            let standing = Standing { at_s, front_m: chainage(front), back_m: chainage(back.min(place.length_m)) };
            members[place.member][place.direction as usize].queue.push(standing);
        }
    }
}

/// What one signal group showed.
fn shown(lamps: &[Shown], group: usize) -> Vec<(f64, Shows)> {
    let mine = lamps.iter().filter(|s| s.group == group);
    let mut list: Vec<(f64, Shows)> = Vec::new();
    for s in mine {
        let shows = match s.lamp {
            Lamp::Red => Shows::Red,
            Lamp::Yellow => Shows::Yellow,
            Lamp::Green => Shows::Green,
            Lamp::Dark | Lamp::YellowFlash => Shows::Nothing,
        };
        if list.last().is_none_or(|last| last.1 != shows) {
            list.push((s.at_s, shows));
        }
    }
    list
}
