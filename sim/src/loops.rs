//! Induction loops: what each has counted and how long it was covered.
//!
//! Knows: positions before and after a step. Must not know: registers, who reads the loop, why.
//!
//! A vehicle counts when its front passes the upstream edge; the loop is covered from then until its rear has left the
//! downstream edge, interpolated inside the step at constant speed. A vehicle that has crossed the stop line with its rear
//! still over a loop is followed into its next lane.

use serde::Serialize;

use crate::bikes::Bikes;
use crate::cars::Cars;
use crate::lanes::LaneMap;
use crate::street::Street;

/// What a loop has seen since the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct LoopState {
    /// Vehicles counted.
    pub count: u32,
    /// Time covered, s.
    pub occupied_s: f64,
    /// Whether it is covered at the end of the step.
    pub occupied: bool,
}

#[derive(Debug, Clone, Copy)]
struct Site {
    lane: usize,
    up: f32,
    down: f32,
}

/// A vehicle whose rear has not yet left the lane it came from.
#[derive(Debug, Clone, Copy)]
struct Leaver {
    id: u32,
    lane: usize,
}

/// All loops of a street.
#[derive(Debug, Clone)]
pub(crate) struct Loops {
    sites: Vec<Site>,
    states: Vec<LoopState>,
    /// Detectors in bicycle lanes (lane, metres before the line), whose states follow.
    bikes: Vec<(usize, f32)>,
    leavers: Vec<Vec<Leaver>>,
    /// Lanes with a loop so near to the stop line that a vehicle covers it after crossing.
    near: Vec<bool>,
}

/// No vehicle is longer, m.
const LONGEST_M: f32 = 20.0;

impl Loops {
    pub(crate) fn new(street: &Street, map: &LaneMap) -> Loops {
        let sites: Vec<Site> = street
            .loops()
            .iter()
            .map(|l| Site { lane: map.lane(l.link, l.lane), up: l.position_m - l.length_m, down: l.position_m })
            .collect();
        let mut near = vec![false; map.lanes.len()];
        for s in &sites {
            near[s.lane] |= map.lanes[s.lane].end - s.down < LONGEST_M;
        }
        let leavers = vec![Vec::with_capacity(8); map.lanes.len()];
        let bikes: Vec<(usize, f32)> = street.bike_sites().iter().map(|s| (s.lane, s.before_m)).collect();
        Loops { states: vec![LoopState::default(); sites.len() + bikes.len()], sites, bikes, leavers, near }
    }

    pub(crate) fn states(&self) -> &[LoopState] {
        &self.states
    }

    /// Notes that vehicle `id` left lane `from` for lane `to`.
    pub(crate) fn left(&mut self, from: usize, to: usize, id: u32) {
        if self.near[from] {
            self.leavers[from].push(Leaver { id, lane: to });
        }
    }

    /// Counts bicycles over one step of `step_s` seconds.
    pub(crate) fn bikes(&mut self, bikes: &Bikes, step_s: f64) {
        for (&(lane, before_m), state) in self.bikes.iter().zip(&mut self.states[self.sites.len()..]) {
            bikes.detect(lane, before_m, step_s, state);
        }
    }

    /// Counts one step of `step_s` seconds, after everybody has moved.
    pub(crate) fn update(&mut self, map: &LaneMap, cars: &[Cars], step_s: f32) {
        for (site, state) in self.sites.iter().zip(&mut self.states) {
            let c = &cars[site.lane];
            let leavers = &self.leavers[site.lane];
            if c.is_empty() && leavers.is_empty() {
                state.occupied = false;
                continue;
            }
            let mut covered = 0.0;
            let mut now = false;
            let mut see = |front: f32, moved: f32, len: f32| {
                let before = front - moved;
                if before < site.up && front >= site.up {
                    state.count += 1;
                }
                let (on, off) = (site.up, site.down + len);
                now |= front >= on && front < off;
                if front < on || before > off {
                    return;
                }
                covered += if moved > 0.0 {
                    let share = |x: f32| ((x - before) / moved).clamp(0.0, 1.0);
                    (share(off) - share(on)) * step_s
                } else if before < off {
                    step_s
                } else {
                    0.0
                };
            };
            for i in c.partition_point(|o| o.pos < site.up)..c.len() {
                if c[i].pos - c[i].moved - c[i].len > site.down {
                    break;
                }
                see(c[i].pos, c[i].moved, c[i].len);
            }
            let end = map.lanes[site.lane].end;
            for leaver in leavers {
                let t = &cars[leaver.lane];
                if let Some(k) = beginning(t).find(|&k| t[k].id == leaver.id) {
                    see(end + t[k].pos, t[k].moved, t[k].len);
                }
            }
            state.occupied_s += f64::from(covered.min(step_s));
            state.occupied = now;
        }
        for list in self.leavers.iter_mut().filter(|l| !l.is_empty()) {
            list.retain(|l| {
                let t = &cars[l.lane];
                beginning(t).any(|k| t[k].id == l.id && t[k].pos - t[k].len <= 0.0)
            });
        }
    }
}

fn beginning(c: &Cars) -> impl Iterator<Item = usize> + '_ {
    (0..c.len()).take_while(|&k| c[k].pos < 2.0 * LONGEST_M)
}
