//! Pedestrians: they arrive, wait for walk, and go; only their waiting is modelled.
//!
//! Knows: crossings and their lamps. Must not know: vehicles (a walker delays no turning vehicle yet).

use serde::Serialize;

use crate::random::{Entity, Stream};
use crate::signal::Lamp;
use crate::street::Street;

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
}

/// All pedestrians of a street.
#[derive(Debug, Clone)]
pub(crate) struct Walkers {
    kerbs: Vec<Kerb>,
    from_s: f64,
    to_s: f64,
}

impl Walkers {
    pub(crate) fn new(street: &Street, seed: u64, start_s: f64, from_s: f64, to_s: f64) -> Walkers {
        let kerbs = street.crossings().iter().enumerate().map(|(i, c)| {
            let mut draws = Stream::new(seed, Entity::Walkers(i as u32));
            let per_s = f64::from(c.pedestrians_per_h) / 3600.0;
            let next_s = if per_s > 0.0 { start_s + draws.exponential() / per_s } else { f64::INFINITY };
            let waiting = Vec::with_capacity(64);
            Kerb { group: c.group, per_s, draws, next_s, waiting, served: 0, sum_s: 0.0, max_s: 0.0 }
        });
        Walkers { kerbs: kerbs.collect(), from_s, to_s }
    }

    pub(crate) fn step(&mut self, lamps: &[Lamp], now_s: f64) {
        for k in &mut self.kerbs {
            while k.next_s <= now_s && k.next_s < self.to_s {
                k.waiting.push(k.next_s);
                k.next_s += k.draws.exponential() / k.per_s;
            }
            // A dark or flashing signal holds nobody: people cross as at any unsignalled crossing.
            if matches!(lamps[k.group], Lamp::Red | Lamp::Yellow) {
                continue;
            }
            for came in k.waiting.drain(..).filter(|&t| t >= self.from_s) {
                let wait = (now_s - came).max(0.0);
                k.served += 1;
                k.sum_s += wait;
                k.max_s = k.max_s.max(wait);
            }
        }
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
