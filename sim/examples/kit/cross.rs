//! One crossroads with everything that may meet at it: four arms, crossings on each, bicycles where asked for.

use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Demand, EntryFlow, TurnShares};
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{BikeLane, BikeSite, Control, Crossing, GiveWay, Lane, LoopSite, Movement, Street, Turn};
use greenwave_sim::traffic::Traffic;

/// Arms, also the indices of their approach links; their exits are four further.
pub const W: usize = 0;
pub const E: usize = 1;
pub const S: usize = 2;
pub const N: usize = 3;
/// Groups: vehicles by approach, left turns by approach, crossings by arm.
pub const LEFT: usize = 4;
pub const PED: usize = 8;
pub const GROUPS: usize = 12;
/// Length of every approach, m.
pub const LENGTH: f32 = 400.0;

/// Where a movement from an arm leads.
pub fn exit(from: usize, m: Movement) -> usize {
    match m {
        Movement::UTurn => from,
        Movement::Through => [E, W, N, S][from],
        Movement::Left => [N, S, W, E][from],
        Movement::Right => [S, N, E, W][from],
    }
}

/// A crossroads in the making.
#[derive(Clone)]
pub struct Crossroads {
    /// Movements of the lanes of each approach, from the median.
    pub lanes: [Vec<Lane>; 4],
    pub exit_lanes: usize,
    pub walkers_per_h: f32,
    pub bikes: Vec<BikeLane>,
}

impl Crossroads {
    /// Nobody on foot, no lanes yet.
    pub fn new(exit_lanes: usize) -> Crossroads {
        Crossroads { lanes: std::array::from_fn(|_| Vec::new()), exit_lanes, walkers_per_h: 0.0, bikes: Vec::new() }
    }

    /// A turn from an arm that gives way to nobody.
    pub fn turn(from: usize, m: Movement, group: usize) -> Turn {
        Turn::protected(m, group, 4 + exit(from, m))
    }

    /// Walkers at the exit: the strip of the kerb lane for right turns, of the lane at the median for others.
    pub fn at_exit(&self, from: usize, m: Movement) -> GiveWay {
        let lane = if m == Movement::Right { 0.5 } else { self.exit_lanes as f32 - 0.5 };
        GiveWay::Exit { crossing: exit(from, m), at_m: 3.3 * lane }
    }

    /// Oncoming traffic straight on or to the right.
    pub fn oncoming(from: usize, m: Movement) -> GiveWay {
        let opposite = exit(from, Movement::Through);
        GiveWay::Vehicles { link: opposite, to_link: 4 + exit(opposite, m) }
    }

    /// The street.
    pub fn build(&self) -> Arc<Street> {
        let mut links = Vec::new();
        let mut loops = Vec::new();
        for (from, lanes) in self.lanes.iter().enumerate() {
            let mut lanes = lanes.clone();
            if lanes.is_empty() {
                let to = exit(from, Movement::Through);
                lanes.push(Lane::new(0.0, vec![Turn::protected(Movement::Through, from, 4 + to)]));
            }
            for lane in 0..lanes.len() {
                loops.push(LoopSite { link: from, lane, position_m: LENGTH - 2.0, length_m: 2.0 });
            }
            let mut link = super::link(["W", "E", "S", "N"][from], Some(0), LENGTH, lanes);
            link.entry = true;
            links.push(link);
        }
        for arm in 0..4 {
            let lanes = vec![Lane::new(0.0, vec![]); self.exit_lanes];
            links.push(super::link(&format!("{}.out", ["W", "E", "S", "N"][arm]), None, 400.0, lanes));
        }
        let crossings = (0..4).map(|arm| Crossing {
            name: format!("{arm}"),
            node: 0,
            group: PED + arm,
            pedestrians_per_h: self.walkers_per_h,
            length_m: 3.3 * (2 * self.exit_lanes) as f32,
        });
        let sites = (0..self.bikes.len()).map(|lane| BikeSite { lane, before_m: 20.0 }).collect();
        let (crossings, bikes) = (crossings.collect(), self.bikes.clone());
        Arc::new(Street::with_bikes(links, 1, loops, crossings, GROUPS, bikes, sites).expect("a valid crossroads"))
    }
}

/// Cars of these flows (approach, veh/h, shares) over `hours`.
pub fn traffic(street: &Arc<Street>, flows: &[(usize, f64, [f64; 3])], hours: f64, seed: u64) -> Traffic {
    mixed(street, flows, hours, seed, 0.0)
}

/// The same with a share of heavy vehicles.
pub fn mixed(
    street: &Arc<Street>,
    flows: &[(usize, f64, [f64; 3])],
    hours: f64,
    seed: u64,
    heavy_share: f64,
) -> Traffic {
    let demand = Demand {
        start_s: 0.0,
        bin_s: 3600.0 * hours,
        entries: flows.iter().map(|f| EntryFlow { link: f.0, vehicles: vec![f.1 * hours] }).collect(),
        shares: flows.iter().map(|f| TurnShares { link: f.0, by_bin: vec![f.2] }).collect(),
        heavy_share,
    };
    let window = Window { start_s: 0.0, from_s: 0.0, to_s: 3600.0 * hours };
    let departures = Arrivals::draw(street, &demand, seed, 0.0, 3600.0 * hours);
    Traffic::new(street.clone(), departures, seed, window)
}

/// A lamp that is green from `from` to `to` of a cycle, then yellow for 3 s.
pub fn lamp(t: f64, cycle: f64, from: f64, to: f64) -> Lamp {
    match t.rem_euclid(cycle) {
        at if at >= from && at < to => Lamp::Green,
        at if at >= to && at < to + 3.0 => Lamp::Yellow,
        _ => Lamp::Red,
    }
}

/// A pedestrian lamp: walk until `walk`, clearance until `end`.
pub fn walk(t: f64, cycle: f64, from: f64, walk: f64, end: f64) -> Lamp {
    match t.rem_euclid(cycle) {
        at if at >= from && at < walk => Lamp::Green,
        at if at >= walk && at < end => Lamp::Yellow,
        _ => Lamp::Red,
    }
}

/// A turn with its rule.
pub fn ruled(turn: Turn, control: Control, yields: Vec<GiveWay>) -> Turn {
    Turn { control, yields, ..turn }
}

/// Lanes of each exit of [`everybody`]'s crossroads.
pub const EXIT_LANES: usize = 2;

/// A crossroads where everybody meets everybody: lefts and U-turns from one lane, straight on and right from the other;
/// `heed` says to whom they give way.
pub fn everybody(heed: impl Fn(Vec<GiveWay>) -> Vec<GiveWay>) -> Arc<Street> {
    use Movement::{Left, Right, Through, UTurn};
    let mut x = Crossroads::new(EXIT_LANES);
    x.walkers_per_h = 150.0;
    for from in [W, E, S, N] {
        let opposite = exit(from, Through);
        let oncoming = [Crossroads::oncoming(from, Through), Crossroads::oncoming(from, Right)];
        let bikes = GiveWay::Bikes { lane: opposite };
        let left = [&oncoming[..], &[x.at_exit(from, Left), bikes]].concat();
        let back = [&oncoming[..], &[x.at_exit(from, UTurn)]].concat();
        let own = GiveWay::Own { crossing: from, at_m: 3.3 * 3.5 };
        let into = |link: usize| GiveWay::Vehicles { link, to_link: 4 + exit(from, Right) };
        let right =
            vec![x.at_exit(from, Right), own, GiveWay::Bikes { lane: from }, into(exit(exit(from, Right), Through))];
        let control = [Control::OnRed, Control::Signal, Control::Free, Control::OnRed][from];
        let turn = |m, control, ways| ruled(Crossroads::turn(from, m, from), control, heed(ways));
        x.lanes[from] = vec![
            Lane::new(0.0, vec![turn(Left, Control::Signal, left), turn(UTurn, Control::Signal, back)]),
            Lane::new(0.0, vec![Crossroads::turn(from, Through, from), turn(Right, control, right)]),
        ];
        x.bikes.push(BikeLane {
            link: from,
            group: from,
            width_m: 3.0,
            per_h: 500.0,
            e_bike_share: 0.7,
            left_share: 0.15,
            hook: Some(exit(from, Right)),
        });
    }
    x.build()
}

/// Its lamps at second `now`: west and east, then south and north, walkers beside them.
pub fn everybody_lamps(now: f64, lamps: &mut [Lamp]) {
    const C: f64 = 90.0;
    for (arms, walks, from) in [([W, E], [S, N], 0.0), ([S, N], [W, E], 45.0)] {
        for (arm, crossing) in arms.into_iter().zip(walks) {
            lamps[arm] = lamp(now, C, from, from + 39.0);
            lamps[PED + crossing] = walk(now, C, from, from + 18.0, from + 36.0);
        }
    }
}
