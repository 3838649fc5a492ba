//! Pedestrians: they arrive, wait for walk, and cross in the time that takes; turning vehicles see them.
//!
//! Knows: crossings, their lamps, where a turning vehicle stands on a crossing. Must not know: who drives, or where to.
//!
//! ```text
//!  first kerb (lanes that leave)                                    last kerb
//!      |----[ where a turn meets it: at_m +- 1.2 m ]-------------------|
//!      walker ->  wait at kerb (late by his reaction), walk at his speed, stand before a turning vehicle already there
//! ```

use serde::Serialize;

use crate::giveway::MARGIN_S;
use crate::random::{Entity, Stream};
use crate::signal::Lamp;
use crate::street::Street;

/// Mean walking speed, m/s (HCM 2000 chapter 18: 1.2 m/s), its deviation and bounds (assumed).
const WALK_M_S: (f64, f64, f64, f64) = (1.2, 0.12, 0.9, 1.5);
/// Who waited steps off within this time of walk, s, evenly (HCM 2000 equation 18-4 has 3.2 s for the whole group).
const STEPS_OFF_WITHIN_S: f64 = 2.5;
/// Half of the width a vehicle needs on a crossing, m: a car of 1.8 m and 0.3 m on each side.
pub(crate) const HALF_WIDTH_M: f32 = 1.2;
/// A walker who will be there this soon after the vehicle is still in its way, s.
const AFTER_S: f32 = 0.7;
/// Drivers see somebody who is about to reach the kerb and will not stop there this long before, s.
const SEEN_BEFORE_S: f64 = 3.0;

/// What a crossing's pedestrians met, over those who arrived in the measuring window.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CrossingMeasure {
    /// The crossing's name.
    pub name: String,
    /// Pedestrians who began to walk.
    pub served: u32,
    /// Pedestrians still waiting at the end.
    pub waiting: u32,
    /// Mean wait of those served, s; absent when there were none.
    pub mean_wait_s: Option<f64>,
    /// Longest wait of all, those not served included, s.
    pub max_wait_s: f64,
}

/// Somebody on a crossing.
#[derive(Debug, Clone, Copy)]
struct Walker {
    /// Way made good, m.
    gone: f32,
    speed: f32,
    /// Seconds until he steps off.
    late: f32,
    from_first: bool,
}

impl Walker {
    /// Metres until he enters and until he has left the strip around `at`; negative = behind him.
    fn strip(&self, at: f32, length: f32) -> (f32, f32) {
        let at = if self.from_first { at } else { length - at };
        (at - HALF_WIDTH_M - self.gone, at + HALF_WIDTH_M - self.gone)
    }
}

#[derive(Debug, Clone)]
struct Kerb {
    group: usize,
    per_s: f64,
    draws: Stream,
    next_s: f64,
    waiting: Vec<f64>,
    served: u32,
    sum_s: f64,
    max_s: f64,
    length: f32,
    /// Whether some turn gives way here, so that walkers are followed across.
    watched: bool,
    walks: Stream,
    on: Vec<Walker>,
    goes: bool,
}

/// All pedestrians of a street.
#[derive(Debug, Clone)]
pub(crate) struct Walkers {
    kerbs: Vec<Kerb>,
    calls: Vec<bool>,
    from_s: f64,
    to_s: f64,
    now_s: f64,
}

impl Walkers {
    /// `watched`: by crossing, whether a turn gives way there.
    pub(crate) fn new(street: &Street, watched: &[bool], seed: u64, from: (f64, f64), to_s: f64) -> Walkers {
        let (start_s, from_s) = from;
        let kerbs = street.crossings().iter().enumerate().map(|(i, c)| {
            let id = street.crossing_ids()[i];
            let mut draws = Stream::new(seed, Entity::Walkers(id));
            let per_s = f64::from(c.pedestrians_per_h) / 3600.0;
            let next_s = if per_s > 0.0 { start_s + draws.exponential() / per_s } else { f64::INFINITY };
            Kerb {
                group: c.group,
                per_s,
                draws,
                next_s,
                waiting: Vec::with_capacity(64),
                served: 0,
                sum_s: 0.0,
                max_s: 0.0,
                length: c.length_m,
                watched: watched[i],
                walks: Stream::new(seed, Entity::Walks(id)),
                on: Vec::with_capacity(if watched[i] { 64 } else { 0 }),
                goes: false,
            }
        });
        Walkers { kerbs: kerbs.collect(), calls: vec![false; street.groups()], from_s, to_s, now_s: start_s }
    }

    /// `taken(crossing, at_m)`: whether a turning vehicle is on the crossing around `at_m`, asked by strips of turns only.
    pub(crate) fn step(&mut self, lamps: &[Lamp], now_s: f64, strips: &[Strip], taken: &[bool]) {
        let step_s = (now_s - self.now_s) as f32;
        self.now_s = now_s;
        self.calls.fill(false);
        for (crossing, k) in self.kerbs.iter_mut().enumerate() {
            while k.next_s <= now_s && k.next_s < self.to_s {
                k.waiting.push(k.next_s);
                k.next_s += k.draws.exponential() / k.per_s;
            }
            // A dark or flashing signal holds nobody: people cross as at any unsignalled crossing.
            k.goes = !matches!(lamps[k.group], Lamp::Red | Lamp::Yellow);
            if !k.on.is_empty() {
                k.walk(
                    step_s,
                    strips.iter().zip(taken).filter(|(s, t)| **t && s.crossing == crossing).map(|(s, _)| s.at_m),
                );
            }
            if !k.goes {
                self.calls[k.group] |= !k.waiting.is_empty();
                continue;
            }
            if k.watched {
                for i in 0..k.waiting.len() {
                    let waited = now_s - k.waiting[i] > 1.0;
                    k.steps_off(waited);
                }
            }
            for came in k.waiting.drain(..).filter(|&t| t >= self.from_s) {
                let wait = (now_s - came).max(0.0);
                k.served += 1;
                k.sum_s += wait;
                k.max_s = k.max_s.max(wait);
            }
        }
    }

    /// By signal group: whether a pedestrian waits for it, as a push button or a mat would say.
    pub(crate) fn calls(&self) -> &[bool] {
        &self.calls
    }

    /// Whether somebody will be on the strip around `at_m` when a vehicle comes to it in `in_s` seconds, or right after.
    pub(crate) fn in_the_way(&self, crossing: usize, at_m: f32, in_s: f32) -> bool {
        let k = &self.kerbs[crossing];
        let soon = in_s + AFTER_S;
        // From which kerb the next one will come, nobody knows; the strip may lie at that kerb.
        let at_kerb = at_m.min(k.length - at_m) <= HALF_WIDTH_M + 1.0;
        if k.goes && at_kerb && k.next_s < self.to_s.min(self.now_s + SEEN_BEFORE_S.min(f64::from(soon))) {
            return true;
        }
        k.on.iter().any(|w| {
            let (enters, leaves) = w.strip(at_m, k.length);
            leaves > 0.0 && w.late + enters.max(0.0) / w.speed < soon && w.late + leaves / w.speed > in_s - MARGIN_S
        })
    }

    /// Whether somebody is on the strip around `at_m` now.
    pub(crate) fn on_strip(&self, crossing: usize, at_m: f32) -> bool {
        let k = &self.kerbs[crossing];
        k.on.iter().any(|w| {
            let (enters, leaves) = w.strip(at_m, k.length);
            w.late <= 0.0 && w.gone > 0.0 && enters < 0.0 && leaves > 0.0
        })
    }

    /// Where everybody on a crossing is, m from its first kerb.
    pub(crate) fn places(&self, crossing: usize) -> impl Iterator<Item = f32> + '_ {
        let k = &self.kerbs[crossing];
        let off = k.on.iter().filter(|w| w.late <= 0.0 && w.gone > 0.0);
        off.map(|w| if w.from_first { w.gone } else { k.length - w.gone })
    }

    pub(crate) fn measures(&self, street: &Street, now_s: f64) -> Vec<CrossingMeasure> {
        let rows = self.kerbs.iter().zip(street.crossings()).map(|(k, c)| {
            let still: Vec<f64> = k.waiting.iter().copied().filter(|&t| t >= self.from_s).collect();
            CrossingMeasure {
                name: c.name.clone(),
                served: k.served,
                waiting: still.len() as u32,
                mean_wait_s: (k.served > 0).then(|| k.sum_s / f64::from(k.served)),
                max_wait_s: still.iter().map(|t| now_s - t).fold(k.max_s, f64::max),
            }
        });
        rows.collect()
    }
}

/// Where a turn meets a crossing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strip {
    pub(crate) crossing: usize,
    pub(crate) at_m: f32,
}

impl Kerb {
    fn steps_off(&mut self, waited: bool) {
        let (mean, sd, lo, hi) = WALK_M_S;
        let from_first = self.walks.uniform() < 0.5;
        let speed = self.walks.normal_within(mean, sd, lo, hi) as f32;
        let late = self.walks.uniform() * STEPS_OFF_WITHIN_S;
        let late = if waited { late as f32 } else { 0.0 };
        self.on.push(Walker { gone: 0.0, speed, late, from_first });
    }

    fn walk(&mut self, step_s: f32, taken: impl Iterator<Item = f32> + Clone) {
        let length = self.length;
        for w in &mut self.on {
            w.late = (w.late - step_s).max(0.0);
            if w.late > 0.0 {
                continue;
            }
            let ahead = w.speed * step_s;
            // Nobody walks into a vehicle that is already there.
            let held = taken.clone().any(|at| {
                let (enters, _) = w.strip(at, length);
                // Strips at a kerb reach behind it: who has not stepped off yet stays.
                (enters >= 0.0 && enters <= ahead) || (enters < 0.0 && w.gone == 0.0 && enters > -2.0 * HALF_WIDTH_M)
            });
            if !held {
                w.gone += ahead;
            }
        }
        self.on.retain(|w| w.gone < length);
    }
}
