//! A workload (`spec.json` and `trips.csv.gz`, schema `gw-corridor-workload/1`) as a street, vehicles and lamps.
//!
//! The files give positions of intersections; a stop line lies before its intersection by the lanes of the street it meets
//! and the radius of the corner, as `netconvert` lays them, so both simulators drive the same metres.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use greenwave_sim::arrivals::Departure;
use greenwave_sim::driver::Driver;
use greenwave_sim::random::{Entity, Stream};
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{ApproachClass, Lane, Link, Movement, Street, Turn};
use serde::Deserialize;

/// Radius of a corner, m: what lies between the stop line and the street it meets.
const CORNER_M: f32 = 4.0;
/// Signal groups of an intersection: by approach (from the west, east, south, north), left turns first or not.
const GROUPS: usize = 8;

/// Kinds of trips, as travel times are compared.
pub(crate) const CLASSES: [&str; 6] =
    ["end to end E", "end to end W", "arterial partial", "cross through", "cross to arterial", "arterial to cross"];

#[derive(Deserialize)]
struct Spec {
    schema: String,
    corridors: usize,
    intersections_per_corridor: usize,
    offsets_s: Vec<f64>,
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    spacing_m: f32,
    cross_len_m: f32,
    art_pocket_m: f32,
    cross_pocket_m: f32,
    art_lanes: usize,
    cross_lanes: usize,
    speed_mps: f32,
    lane_width_m: f32,
    cycle_s: f64,
    yellow_s: f64,
    allred_s: f64,
    stages: Vec<Stage>,
    vehicle: Vehicle,
}

#[derive(Deserialize)]
struct Stage {
    green_s: f64,
}

#[derive(Deserialize)]
struct Vehicle {
    length_m: f32,
}

/// What a workload becomes.
pub(crate) struct Workload {
    pub(crate) street: Street,
    pub(crate) departures: Vec<Departure>,
    /// Class of each departure, an index into [`CLASSES`].
    pub(crate) class: Vec<u8>,
    pub(crate) plan: Plan,
}

/// The fixed-time plan of all intersections.
pub(crate) struct Plan {
    cycle_s: f64,
    yellow_s: f64,
    starts_s: Vec<f64>,
    greens_s: Vec<f64>,
    offsets_s: Vec<f64>,
}

impl Plan {
    /// What these signal groups show at second `t`.
    pub(crate) fn lamps(&self, t: f64, groups: &[usize], lamps: &mut [Lamp]) {
        let (mut node, mut shown) = (usize::MAX, [Lamp::Red; GROUPS]);
        for (&group, lamp) in groups.iter().zip(lamps) {
            if group / GROUPS != node {
                node = group / GROUPS;
                shown = self.intersection(t, node);
            }
            *lamp = shown[group % GROUPS];
        }
    }

    fn intersection(&self, t: f64, node: usize) -> [Lamp; GROUPS] {
        let at = (t - self.offsets_s[node % self.offsets_s.len()]).rem_euclid(self.cycle_s);
        let mut lamps = [Lamp::Red; GROUPS];
        // Stages: arterial, its left turns, cross street, its left turns.
        for (stage, (start, green)) in self.starts_s.iter().zip(&self.greens_s).enumerate() {
            let lamp = match at - start {
                s if s >= 0.0 && s < *green => Lamp::Green,
                s if s >= 0.0 && s < green + self.yellow_s => Lamp::Yellow,
                _ => Lamp::Red,
            };
            let first = stage / 2 * 4 + stage % 2;
            (lamps[first], lamps[first + 2]) = (lamp, lamp);
        }
        lamps
    }
}

/// Reads `spec.json` and `trips.csv.gz` (or `trips.csv`) from `folder`; `seed` draws the drivers.
pub(crate) fn read(folder: &Path, seed: u64) -> Result<Workload, String> {
    let path = folder.join("spec.json");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let spec: Spec = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    if spec.schema != "gw-corridor-workload/1" || spec.params.stages.len() != 4 {
        return Err(format!("{}: not a gw-corridor-workload/1 of four stages", path.display()));
    }
    let (street, names) = street(&spec)?;
    let (departures, class) = departures(&trips(folder)?, &street, &names, spec.params.vehicle.length_m, seed)?;
    let p = &spec.params;
    let mut starts_s = Vec::new();
    let mut at = 0.0;
    for stage in &p.stages {
        starts_s.push(at);
        at += stage.green_s + p.yellow_s + p.allred_s;
    }
    let plan = Plan {
        cycle_s: p.cycle_s,
        yellow_s: p.yellow_s,
        starts_s,
        greens_s: p.stages.iter().map(|s| s.green_s).collect(),
        offsets_s: spec.offsets_s,
    };
    Ok(Workload { street, departures, class, plan })
}

/// The street, and the link of each edge (both parts of an approach are one link).
fn street(spec: &Spec) -> Result<(Street, BTreeMap<String, usize>), String> {
    let (p, n) = (&spec.params, spec.intersections_per_corridor);
    let mut names = BTreeMap::new();
    // By corridor: four approaches an intersection (from W, E, S, N), exits east and west, exits north and south.
    let whole = 6 * n + 2;
    let setback = |lanes: usize| (lanes + 1) as f32 * p.lane_width_m + CORNER_M;
    let (arterial, cross) = (setback(p.cross_lanes), setback(p.art_lanes));
    let mut links = Vec::new();
    for c in 0..spec.corridors {
        let base = c * whole;
        let approach = |i: usize, side: usize| base + 4 * i + side;
        let (east, west) = (base + 4 * n, base + 4 * n + 1);
        let (north, south) = (|i: usize| base + 4 * n + 2 + 2 * i, |i: usize| base + 4 * n + 3 + 2 * i);
        for i in 0..n {
            let eastward = if i + 1 < n { approach(i + 1, 0) } else { east };
            let westward = if i > 0 { approach(i - 1, 1) } else { west };
            for (side, prefix) in ["aE", "aW", "nS", "nN"].into_iter().enumerate() {
                let (left, through, right) = match side {
                    0 => (north(i), eastward, south(i)),
                    1 => (south(i), westward, north(i)),
                    2 => (westward, north(i), eastward),
                    _ => (eastward, south(i), westward),
                };
                let entry = side > 1 || (side == 0 && i == 0) || (side == 1 && i + 1 == n);
                let (lanes, length, pocket) = match side {
                    0 | 1 if entry => (p.art_lanes, p.spacing_m - arterial, p.art_pocket_m - arterial),
                    0 | 1 => (p.art_lanes, p.spacing_m, p.art_pocket_m - arterial),
                    _ => (p.cross_lanes, p.cross_len_m - cross, p.cross_pocket_m - cross),
                };
                let group = (c * n + i) * GROUPS + [0, 2, 4, 6][side];
                let name = format!("{prefix}_{c}_{i}");
                for part in ["u", "d"] {
                    names.insert(format!("{name}_{part}"), links.len());
                }
                links.push(Link {
                    name,
                    node: Some(c * n + i),
                    entry,
                    length_m: length,
                    limit_m_s: p.speed_mps,
                    lanes: lanes_of(lanes, length - pocket, group, (left, through, right)),
                    corridor: (side < 2 && !entry).then_some(side as u8),
                    approach_class: if side < 2 { ApproachClass::Arterial(side as u8) } else { ApproachClass::Side },
                });
            }
        }
        let out = |name: String, lanes: usize, length_m: f32, approach_class| Link {
            name,
            node: None,
            entry: false,
            length_m,
            limit_m_s: p.speed_mps,
            lanes: vec![Lane::new(0.0, vec![]); lanes],
            corridor: None,
            approach_class,
        };
        links.push(out(format!("aE_{c}_{n}"), p.art_lanes, p.spacing_m + arterial, ApproachClass::Arterial(0)));
        links.push(out(format!("aW_{c}_m1"), p.art_lanes, p.spacing_m + arterial, ApproachClass::Arterial(1)));
        for i in 0..n {
            for side in ["oN", "oS"] {
                let name = format!("{side}_{c}_{i}");
                links.push(out(name, p.cross_lanes, p.cross_len_m + cross, ApproachClass::Side));
            }
        }
        names.extend((east..base + whole).map(|k| (links[k].name.clone(), k)));
    }
    let nodes = spec.corridors * n;
    let street = Street::new(links, nodes, vec![], vec![], nodes * GROUPS).map_err(|e| e.to_string())?;
    Ok((street, names))
}

fn lanes_of(full: usize, pocket_from: f32, group: usize, to: (usize, usize, usize)) -> Vec<Lane> {
    let (left, through, right) = to;
    let mut lanes = vec![Lane::new(pocket_from, vec![Turn::protected(Movement::Left, group + 1, left)])];
    for k in 0..full {
        let mut turns = vec![Turn::protected(Movement::Through, group, through)];
        if k + 1 == full {
            turns.push(Turn::protected(Movement::Right, group, right));
        }
        lanes.push(Lane::new(0.0, turns));
    }
    lanes
}

fn trips(folder: &Path) -> Result<String, String> {
    let plain = folder.join("trips.csv");
    if plain.exists() {
        return std::fs::read_to_string(&plain).map_err(|e| format!("{}: {e}", plain.display()));
    }
    let packed = folder.join("trips.csv.gz");
    let out = Command::new("gzip").arg("-dc").arg(&packed).output().map_err(|e| format!("gzip: {e}"))?;
    if !out.status.success() {
        return Err(format!("{}: {}", packed.display(), String::from_utf8_lossy(&out.stderr).trim()));
    }
    String::from_utf8(out.stdout).map_err(|e| format!("{}: {e}", packed.display()))
}

fn departures(
    trips: &str,
    street: &Street,
    names: &BTreeMap<String, usize>,
    length_m: f32,
    seed: u64,
) -> Result<(Vec<Departure>, Vec<u8>), String> {
    let links = street.links();
    let mut who: Vec<Option<Stream>> = vec![None; links.len()];
    let (mut all, mut class) = (Vec::new(), Vec::new());
    for (k, line) in trips.lines().enumerate().skip(1) {
        let bad = |what: &str| format!("trips, line {}: {what}", k + 1);
        let mut cells = line.splitn(3, ',').skip(1);
        let at_s: f64 = cells.next().and_then(|c| c.parse().ok()).ok_or_else(|| bad("no time"))?;
        let mut route: Vec<u32> = Vec::new();
        for edge in cells.next().unwrap_or_default().split(' ') {
            let link = *names.get(edge).ok_or_else(|| bad("an edge that is not there"))? as u32;
            if route.last() != Some(&link) {
                route.push(link);
            }
        }
        let (Some(&first), Some(&last)) = (route.first(), route.last()) else { return Err(bad("no edges")) };
        let side = |l: u32| links[l as usize].approach_class == ApproachClass::Side;
        class.push(match (side(first), side(last)) {
            (false, false) => u8::from(links[first as usize].approach_class == ApproachClass::Arterial(1)),
            (true, true) if route.len() > 2 => 2,
            (true, true) => 3,
            (true, false) => 4,
            (false, true) => 5,
        });
        let stream = &mut who[first as usize];
        let draws = stream.get_or_insert_with(|| Stream::new(seed, Entity::EntryDrivers(first)));
        route.shrink_to_fit();
        all.push(Departure { at_s, route, driver: driver(draws, length_m) });
    }
    Ok((all, class))
}

/// The default car with the workload's length and spread of desired speeds, and the plant's own spread of the rest.
fn driver(draws: &mut Stream, length_m: f32) -> Driver {
    let car = Driver::CAR;
    Driver {
        speed_factor: draws.normal_within(1.0, 0.10, 0.2, 2.0) as f32,
        headway_s: car.headway_s * draws.normal_within(1.0, 0.10, 0.75, 1.25) as f32,
        acceleration_m_s2: car.acceleration_m_s2 * draws.normal_within(1.0, 0.10, 0.75, 1.25) as f32,
        length_m,
        heavy: false,
    }
}
