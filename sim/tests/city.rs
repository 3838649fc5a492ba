//! Streets that never meet: taken apart they are what they were together, on any number of threads.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Demand, Departure, EntryFlow, TurnShares};
use greenwave_sim::city::City;
use greenwave_sim::measure::{Measures, Window};
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{BikeLane, BikeSite, Crossing, GiveWay, Lane, Link, LoopSite, Street, Turn};
use greenwave_sim::traffic::{Exit, Traffic};
use kit::cross::{GROUPS, everybody, everybody_lamps};
use kit::grid;

const COPIES: usize = 3;
const WINDOW: Window = Window { start_s: 0.0, from_s: 300.0, to_s: 1800.0 };

/// Copies of a street with nothing between them, their links shuffled like cards.
fn copies(of: &Street) -> Arc<Street> {
    let link = |k: usize, l: usize| l * COPIES + k;
    let (nodes, groups) = (of.nodes(), of.groups());
    let (walks, rides) = (of.crossings().len(), of.bike_lanes().len());
    let turn = |k: usize, t: &Turn| Turn {
        group: t.group + k * groups,
        to_link: link(k, t.to_link),
        yields: t
            .yields
            .iter()
            .map(|y| match *y {
                GiveWay::Exit { crossing, at_m } => GiveWay::Exit { crossing: crossing + k * walks, at_m },
                GiveWay::Own { crossing, at_m } => GiveWay::Own { crossing: crossing + k * walks, at_m },
                GiveWay::Vehicles { link: l, to_link } => {
                    GiveWay::Vehicles { link: link(k, l), to_link: link(k, to_link) }
                }
                GiveWay::Bikes { lane } => GiveWay::Bikes { lane: lane + k * rides },
            })
            .collect(),
        ..t.clone()
    };
    let mut links = Vec::new();
    for l in of.links() {
        for k in 0..COPIES {
            let lanes = l.lanes.iter().map(|l| Lane { turns: l.turns.iter().map(|t| turn(k, t)).collect(), ..*l });
            links.push(Link {
                name: format!("{k}.{}", l.name),
                node: l.node.map(|n| n + k * nodes),
                lanes: lanes.collect(),
                ..l.clone()
            });
        }
    }
    let all = 0..COPIES;
    let loops = all.clone().flat_map(|k| of.loops().iter().map(move |s| LoopSite { link: link(k, s.link), ..*s }));
    let crossings = all.clone().flat_map(|k| {
        of.crossings().iter().map(move |c| Crossing {
            node: c.node + k * nodes,
            group: c.group + k * groups,
            ..c.clone()
        })
    });
    let lanes = all.clone().flat_map(|k| {
        of.bike_lanes().iter().map(move |b| BikeLane {
            link: link(k, b.link),
            group: b.group + k * groups,
            hook: b.hook.map(|h| h + k * rides),
            ..b.clone()
        })
    });
    let sites =
        all.flat_map(|k| of.bike_sites().iter().map(move |s| BikeSite { lane: s.lane + k * rides, ..*s })).collect();
    let (loops, crossings, lanes) = (loops.collect(), crossings.collect(), lanes.collect());
    let (nodes, groups) = (COPIES * nodes, COPIES * groups);
    Arc::new(Street::with_bikes(links, nodes, loops, crossings, groups, lanes, sites).expect("valid copies"))
}

fn departures(street: &Street) -> Vec<Departure> {
    let entries = (0..street.links().len()).filter(|&l| street.links()[l].entry);
    let entries: Vec<usize> = entries.collect();
    let demand = Demand {
        start_s: 0.0,
        bin_s: 1800.0,
        entries: entries.iter().map(|&link| EntryFlow { link, vehicles: vec![330.0] }).collect(),
        shares: entries.iter().map(|&link| TurnShares { link, by_bin: vec![[0.15, 0.65, 0.2]] }).collect(),
        heavy_share: 0.06,
    };
    Arrivals::draw(street, &demand, 5, 0.0, 1800.0)
}

fn lamps(now: f64, all: &mut [Lamp]) {
    for (k, lamps) in all.chunks_exact_mut(GROUPS).enumerate() {
        everybody_lamps(now + 17.0 * k as f64, lamps);
    }
}

/// What some groups show, as a city asks it.
fn show(street: &Street) -> impl Fn(f64, &[usize], &mut [Lamp]) + Sync {
    let count = street.groups();
    move |now, groups, out| {
        let mut all = vec![Lamp::Red; count];
        lamps(now, &mut all);
        groups.iter().zip(out).for_each(|(&g, lamp)| *lamp = all[g]);
    }
}

fn apart(street: &Arc<Street>, threads: usize) -> (Vec<Exit>, Measures) {
    let mut city = City::new(street.clone(), departures(street), 5, WINDOW);
    assert_eq!(city.pieces(), COPIES);
    let show = show(street);
    // In slices: how far one goes at a time does not matter either.
    city.drive(700.0, threads, &show);
    let mut exits = city.take_exits();
    city.drive(2100.0, threads, &show);
    exits.extend(city.take_exits());
    exits.sort_by_key(|e| e.vehicle);
    (exits, city.finish())
}

#[test]
fn pieces_drive_as_the_whole_does() {
    let street = copies(&everybody(|ways| ways));
    let mut whole = Traffic::new(street.clone(), departures(&street), 5, WINDOW);
    let mut shown = vec![Lamp::Red; street.groups()];
    let mut left = Vec::new();
    while whole.now_s() < 2100.0 {
        lamps(whole.now_s(), &mut shown);
        whole.step(&shown);
        left.extend_from_slice(whole.exits());
    }
    left.sort_by_key(|e| e.vehicle);
    let (exits, apart) = apart(&street, 1);
    assert!(left.len() > 3000, "{}", left.len());
    assert_eq!(left, exits);
    let whole = whole.finish();
    assert_eq!(whole.approaches, apart.approaches);
    assert_eq!(whole.crossings, apart.crossings);
    assert_eq!(whole.bikes, apart.bikes);
    assert_eq!((whole.all.wished, whole.all.out, whole.all.stops), (apart.all.wished, apart.all.out, apart.all.stops));
    // Sums over pieces are made in another order.
    assert!((whole.all.delay_s - apart.all.delay_s).abs() < 1e-6 * whole.all.delay_s);
    assert_eq!(whole.vehicle_seconds, apart.vehicle_seconds);
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let street = copies(&everybody(|ways| ways));
    let one = apart(&street, 1);
    for threads in [2, 3, 8] {
        let several = apart(&street, threads);
        assert_eq!(one.0, several.0);
        assert_eq!(format!("{:?}", one.1), format!("{:?}", several.1), "{threads} threads");
    }
}

#[test]
fn a_street_in_one_piece_is_itself() {
    let street = everybody(|ways| ways);
    let mut whole = Traffic::new(street.clone(), departures(&street), 5, WINDOW);
    let mut city = City::new(street.clone(), departures(&street), 5, WINDOW);
    assert_eq!(city.pieces(), 1);
    let mut shown = vec![Lamp::Red; street.groups()];
    while whole.now_s() < 900.0 {
        lamps(whole.now_s(), &mut shown);
        whole.step(&shown);
    }
    city.drive(900.0, 4, &show(&street));
    assert_eq!(format!("{:?}", whole.finish()), format!("{:?}", city.finish()));
}

#[test]
fn a_grid_driven_in_shares_is_the_grid_driven_at_once() {
    const SIDE: usize = 7;
    let street = Arc::new(grid::street(SIDE));
    let drawn = || Arrivals::draw(&street, &grid::demand(&street, 900.0, 0.5), 3, 0.0, 1800.0);
    let all: Vec<usize> = (0..street.groups()).collect();
    let mut whole = Traffic::new(street.clone(), drawn(), 3, WINDOW);
    whole.meter_fuel();
    let mut shown = vec![Lamp::Red; street.groups()];
    let mut left = Vec::new();
    while whole.now_s() < 1200.0 {
        grid::lamps(SIDE, whole.now_s(), &all, &mut shown);
        whole.step(&shown);
        left.extend_from_slice(whole.exits());
    }
    left.sort_by_key(|e| e.vehicle);
    assert!(left.len() > 3_000, "{}", left.len());
    let (on_road, arrived) = (whole.on_road(), whole.arrived());
    assert!(on_road > 0 && arrived > left.len(), "some are still on their way: {on_road}");
    let whole = whole.finish();
    let mut before = None;
    for threads in [1, 2] {
        let mut city = City::new(street.clone(), drawn(), 3, WINDOW);
        city.meter_fuel();
        assert_eq!(city.pieces(), 1);
        let lamps = |t: f64, groups: &[usize], out: &mut [Lamp]| grid::lamps(SIDE, t, groups, out);
        for until in [601.5, 602.0, 1200.0] {
            city.drive(until, threads, &lamps);
        }
        let mut exits = city.take_exits();
        exits.sort_by_key(|e| e.vehicle);
        assert_eq!(left, exits, "{threads} threads");
        let shared = city.finish();
        assert_eq!(whole.approaches, shared.approaches);
        assert_eq!(
            (whole.all.wished, whole.all.out, whole.all.stops),
            (shared.all.wished, shared.all.out, shared.all.stops)
        );
        assert!((whole.all.delay_s - shared.all.delay_s).abs() < 1e-6 * whole.all.delay_s);
        let litres = |m: &Measures| m.fuel.expect("it was asked for").fuel_l;
        assert!((litres(&whole) - litres(&shared)).abs() < 1e-6 * litres(&whole));
        let bytes = format!("{shared:?}");
        assert_eq!(*before.get_or_insert(bytes.clone()), bytes, "{threads} threads");
    }
}
