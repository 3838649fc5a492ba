//! Streets that cross: a square grid of signals, with its demand and a plan.
//!
//! Knows: how to build a grid of any size. Must not know: who drives it.

use greenwave_sim::arrivals::{Demand, EntryFlow, TurnShares};
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{Movement, Street};

use super::{lane, link};

/// From one stop line to the next, m.
const SPACING_M: f32 = 400.0;
const POCKET_M: f32 = 90.0;
/// Groups of an intersection: west and east, south and north; left turns first or not.
const GROUPS: usize = 8;

/// `n` by `n` intersections; approaches from west, east, south, north, intersection by intersection, then exits.
pub fn street(n: usize) -> Street {
    let node = |row: usize, column: usize| row * n + column;
    let approach = |row: usize, column: usize, side: usize| 4 * node(row, column) + side;
    let exit = |side: usize, k: usize| 4 * n * n + side * n + k;
    let mut links = Vec::new();
    for row in 0..n {
        for column in 0..n {
            let east = if column + 1 < n { approach(row, column + 1, 0) } else { exit(0, row) };
            let west = if column > 0 { approach(row, column - 1, 1) } else { exit(1, row) };
            let north = if row + 1 < n { approach(row + 1, column, 2) } else { exit(2, column) };
            let south = if row > 0 { approach(row - 1, column, 3) } else { exit(3, column) };
            for side in 0..4 {
                let (left, through, right, entry) = match side {
                    0 => (north, east, south, column == 0),
                    1 => (south, west, north, column + 1 == n),
                    2 => (west, north, east, row == 0),
                    _ => (east, south, west, row + 1 == n),
                };
                let g = GROUPS * node(row, column) + 2 * side;
                let lanes = vec![
                    lane(SPACING_M - POCKET_M, &[(Movement::Left, g + 1, left)]),
                    lane(0.0, &[(Movement::Through, g, through)]),
                    lane(0.0, &[(Movement::Through, g, through), (Movement::Right, g, right)]),
                ];
                let name = format!("{row}.{column}.{}", ["W", "E", "S", "N"][side]);
                let mut l = link(&name, Some(node(row, column)), SPACING_M, lanes);
                l.entry = entry;
                links.push(l);
            }
        }
    }
    for side in ["E", "W", "N", "S"] {
        for k in 0..n {
            links.push(link(&format!("exit.{side}{k}"), None, 300.0, vec![lane(0.0, &[]); 2]));
        }
    }
    Street::new(links, n * n, vec![], vec![], GROUPS * n * n).expect("the kit builds a valid grid")
}

/// `flow` vehicles an hour at every entry for `hours`; a tenth turns left and a tenth right at every signal.
pub fn demand(street: &Street, flow: f64, hours: f64) -> Demand {
    let entries = street.links().iter().enumerate().filter(|(_, l)| l.entry).map(|(link, _)| link);
    let approaches = street.links().iter().enumerate().filter(|(_, l)| l.node.is_some()).map(|(link, _)| link);
    Demand {
        start_s: 0.0,
        bin_s: 3600.0 * hours,
        entries: entries.map(|link| EntryFlow { link, vehicles: vec![flow * hours] }).collect(),
        shares: approaches.map(|link| TurnShares { link, by_bin: vec![[0.1, 0.8, 0.1]] }).collect(),
        heavy_share: 0.0,
    }
}

/// What these groups show at second `t` of a grid `n` wide: 100 s cycles, waves to the east.
pub fn lamps(n: usize, t: f64, groups: &[usize], lamps: &mut [Lamp]) {
    for (&group, lamp) in groups.iter().zip(lamps) {
        let (node, g) = (group / GROUPS, group % GROUPS);
        let at = (t - 30.0 * (node % n) as f64 - 50.0 * (node / n) as f64).rem_euclid(100.0);
        let from = [0.0, 38.0][g % 2] + if g < 4 { 0.0 } else { 50.0 };
        let green = [33.0, 7.0][g % 2];
        *lamp = match at - from {
            s if s >= 0.0 && s < green => Lamp::Green,
            s if s >= green && s < green + 3.0 => Lamp::Yellow,
            _ => Lamp::Red,
        };
    }
}
