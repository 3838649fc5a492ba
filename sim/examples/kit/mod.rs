//! Streets and lamps for the examples and tests of the plant: a single approach, and the Dongchang Road in code.
//!
//! Knows: how to build a street. The shipped definitions reach the plant through the rig instead.
#![allow(dead_code, unreachable_pub, reason = "each example and test uses a part of this kit")]

pub mod cross;
pub mod grid;
pub mod platoon;
pub mod truth;
pub mod waves;

use greenwave_sim::arrivals::{Demand, EntryFlow, TurnShares};
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::{ApproachClass, Crossing, Lane, Link, LoopSite, Movement, Street, Turn};

/// 50 km/h in m/s.
pub const LIMIT: f32 = 13.889;

/// A link with defaults that a test then changes.
pub fn link(name: &str, node: Option<usize>, length_m: f32, lanes: Vec<Lane>) -> Link {
    Link {
        name: name.to_owned(),
        node,
        entry: false,
        length_m,
        limit_m_s: LIMIT,
        lanes,
        corridor: None,
        approach_class: ApproachClass::Side,
    }
}

/// A lane with these (movement, group, link) turns.
pub fn lane(start_m: f32, turns: &[(Movement, usize, usize)]) -> Lane {
    let turns = turns.iter().map(|&(movement, group, to_link)| Turn::protected(movement, group, to_link));
    Lane::new(start_m, turns.collect())
}

/// One entry link with `lanes` lanes, one signal (group 0), one exit link of 500 m.
pub fn single(lanes: usize, length_m: f32) -> Street {
    let mut entry = link("in", Some(0), length_m, vec![lane(0.0, &[(Movement::Through, 0, 1)]); lanes]);
    entry.entry = true;
    let out = link("out", None, 500.0, vec![lane(0.0, &[]); lanes]);
    let site = LoopSite { link: 0, lane: 0, position_m: length_m - 2.0, length_m: 2.0 };
    let far = LoopSite { link: 0, lane: 0, position_m: length_m - 100.0, length_m: 2.0 };
    Street::new(vec![entry, out], 1, vec![site, far], vec![], 1).expect("the kit builds a valid street")
}

pub const SPACING_M: [f32; 11] = [420., 350., 610., 280., 530., 720., 390., 470., 310., 650., 540.];
pub const CROSS_PEAK: [f64; 12] = [430., 520., 1100., 380., 470., 1000., 560., 410., 1150., 480., 390., 1050.];
pub const N: usize = 12;

/// Groups of node `i`: W/E through+right, W/E left, S/N through+right, S/N left, then two pedestrian groups.
pub const GROUPS_A_NODE: usize = 10;

/// Link indices of the Dongchang Road: approach links by (node, side W E S N).
pub fn approach(i: usize, side: usize) -> usize {
    i * 4 + side
}

/// The Dongchang Road: 12 signals, 3 + pocket on the arterial, 2 or 3 + pocket across.
pub fn dongchang() -> Street {
    // Links 0..48: approaches W, E, S, N of each node (W of node 0 and E of node 11 are entries). Then exits.
    let exit_w = 4 * N;
    let exit_e = exit_w + 1;
    let exit_n = |i: usize| exit_w + 2 + 2 * i;
    let exit_s = |i: usize| exit_w + 3 + 2 * i;
    let eastward = |i: usize| if i + 1 < N { approach(i + 1, 0) } else { exit_e };
    let westward = |i: usize| if i > 0 { approach(i - 1, 1) } else { exit_w };
    let mut links = Vec::new();
    let mut loops = Vec::new();
    for i in 0..N {
        let cross = if i % 3 == 2 { 3 } else { 2 };
        for side in 0..4 {
            let g = i * GROUPS_A_NODE + side * 2;
            let (left, through, right) = match side {
                0 => (exit_n(i), eastward(i), exit_s(i)),
                1 => (exit_s(i), westward(i), exit_n(i)),
                2 => (westward(i), exit_n(i), eastward(i)),
                _ => (eastward(i), exit_s(i), westward(i)),
            };
            let (full, length, pocket, entry) = match side {
                0 => (3, if i == 0 { 600.0 } else { SPACING_M[i - 1] }, 100.0, i == 0),
                1 => (3, if i == N - 1 { 600.0 } else { SPACING_M[i] }, 100.0, i == N - 1),
                _ => (cross, 350.0, 110.0, true),
            };
            let mut lanes = vec![lane(length - pocket, &[(Movement::Left, g + 1, left)])];
            for k in 0..full {
                lanes.push(if k + 1 == full {
                    lane(0.0, &[(Movement::Through, g, through), (Movement::Right, g, right)])
                } else {
                    lane(0.0, &[(Movement::Through, g, through)])
                });
            }
            let mut l = link(&format!("dc{:02}.{}", i + 1, ["W", "E", "S", "N"][side]), Some(i), length, lanes);
            l.entry = entry;
            if side < 2 {
                l.approach_class = ApproachClass::Arterial(side as u8);
                l.corridor = (!entry).then_some(side as u8);
            }
            for k in 0..l.lanes.len() {
                loops.push(LoopSite { link: links.len(), lane: k, position_m: length - 2.0, length_m: 2.0 });
                if side < 2 && k > 0 {
                    loops.push(LoopSite { link: links.len(), lane: k, position_m: length - 120.0, length_m: 2.0 });
                }
            }
            links.push(l);
        }
    }
    for (name, class) in [("exit.W", 1), ("exit.E", 0)] {
        let mut l = link(name, None, 300.0, vec![lane(0.0, &[]); 3]);
        l.approach_class = ApproachClass::Arterial(class);
        links.push(l);
    }
    for i in 0..N {
        let cross = if i % 3 == 2 { 3 } else { 2 };
        for side in ["N", "S"] {
            links.push(link(&format!("dc{:02}.exit{side}", i + 1), None, 200.0, vec![lane(0.0, &[]); cross]));
        }
    }
    let crossings = (0..2 * N).map(|k| Crossing {
        name: format!("dc{:02}.{}", k / 2 + 1, ["over-arterial", "over-cross"][k % 2]),
        node: k / 2,
        group: k / 2 * GROUPS_A_NODE + 8 + k % 2,
        pedestrians_per_h: 120.0,
        length_m: 24.0,
    });
    let crossings = crossings.collect();
    Street::new(links, N, loops, crossings, N * GROUPS_A_NODE).expect("the kit builds a valid street")
}

/// Constant demand on the Dongchang Road: `level` times the peak from both ends, for `hours` from 0 s.
pub fn demand(level: f64, hours: f64) -> Demand {
    let mut entries = Vec::new();
    let mut shares = Vec::new();
    for (i, &cross) in CROSS_PEAK.iter().enumerate() {
        for side in 0..4 {
            let flow = match side {
                0 if i == 0 => 2000.0,
                1 if i == N - 1 => 2000.0,
                0 | 1 => 0.0,
                _ => cross,
            };
            if flow > 0.0 {
                entries.push(EntryFlow { link: approach(i, side), vehicles: vec![flow * level * hours] });
            }
            let s = [[0.08, 0.84, 0.08], [0.08, 0.84, 0.08], [0.16, 0.60, 0.24], [0.24, 0.60, 0.16]][side];
            shares.push(TurnShares { link: approach(i, side), by_bin: vec![s] });
        }
    }
    Demand { start_s: 0.0, bin_s: 3600.0 * hours, entries, shares, heavy_share: 0.06 }
}

/// Fixed-time lamps for the Dongchang Road: four stages, a common cycle, offsets a node.
pub struct FixedTime {
    /// Cycle, s.
    pub cycle: f64,
    /// Greens of the four stages, s (minor and major intersections).
    pub greens: [[f64; 4]; 2],
    /// Start of the first stage of each node, s.
    pub offsets: [f64; N],
}

impl FixedTime {
    /// 100 s, arterial first; offsets of a wave eastward.
    pub fn standard() -> FixedTime {
        let mut offsets = [0.0; N];
        for i in 1..N {
            offsets[i] = offsets[i - 1] + f64::from(SPACING_M[i - 1]) / 12.5;
        }
        FixedTime { cycle: 100.0, greens: [[36.0, 8.0, 26.0, 10.0], [32.0, 8.0, 28.0, 12.0]], offsets }
    }

    /// Lamps at second `t`.
    pub fn lamps(&self, t: f64, lamps: &mut [Lamp]) {
        lamps.fill(Lamp::Red);
        for i in 0..N {
            let greens = self.greens[usize::from(i % 3 == 2)];
            let mut at = (t - self.offsets[i]).rem_euclid(self.cycle);
            let mut stage = 0;
            while stage < 3 && at >= greens[stage] + 5.0 {
                at -= greens[stage] + 5.0;
                stage += 1;
            }
            let lamp = match at {
                x if x < greens[stage] => Lamp::Green,
                x if x < greens[stage] + 3.0 => Lamp::Yellow,
                _ => Lamp::Red,
            };
            let g = i * GROUPS_A_NODE;
            let (a, b) = [(0, 2), (1, 3), (4, 6), (5, 7)][stage];
            lamps[g + a] = lamp;
            lamps[g + b] = lamp;
            if stage % 2 == 0 {
                let walk = if at < 8.0 {
                    Lamp::Green
                } else if at < 20.0 {
                    Lamp::Yellow
                } else {
                    Lamp::Red
                };
                lamps[g + if stage == 0 { 9 } else { 8 }] = walk;
            }
        }
    }
}
