//! What a link costs for every difference of its ends' offsets: a cyclic profile travels, disperses, and meets every possible
//! green at once.
//!
//! Knows: rings of numbers in steps of a second. Must not know: networks, roads or plans.

use super::profile::{add_arc, add_later, disperse};
use super::queue::EMPTY_VEH;

/// What a link does with its profiles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// Steps by which the head of a platoon arrives later.
    pub(super) lag: usize,
    /// Robertson's smoothing factor.
    pub(super) smoothing: f64,
}

impl Stretch {
    /// Robertson's for a mean travel time in steps: `t' = floor(beta travel + 1/2)`, `F = 1 / (1 + alpha t')`.
    pub(super) fn robertson(travel: f64, alpha: f64, beta: f64) -> Stretch {
        let lag = (beta * travel + 0.5).floor().max(0.0);
        Stretch { lag: lag as usize, smoothing: 1.0 / (1.0 + alpha * lag) }
    }

    /// The arrivals of departures.
    pub(super) fn arrivals(self, departures: &[f64]) -> Vec<f64> {
        let mut arrivals = vec![0.0; departures.len()];
        add_later(&mut arrivals, departures, self.lag, 1.0, true);
        disperse(&mut arrivals, self.smoothing);
        arrivals
    }
}

/// The capacity of each of `n` steps: saturation flow while green. The start lies on the circle.
pub(super) fn capacity(n: usize, start: f64, length: f64, saturation: f64) -> Vec<f64> {
    let mut capacity = vec![0.0; n];
    add_arc(&mut capacity, start, length, saturation);
    capacity
}

/// Cost of the periodic vertical queue for every difference: vehicle steps waited (queues at the ends of steps) plus the
/// price of a stop for every arrival in a step that begins or ends with a queue. `cost[d]` is for arrivals `d` steps earlier.
/// Arrivals must not exceed the capacity.
pub(super) fn costs(arrivals: &[f64], capacity: &[f64], stop_price: f64) -> Vec<f64> {
    let n = arrivals.len();
    let twice = [arrivals, arrivals].concat();
    let mut queue = vec![0.0; n];
    // Started empty, a cycle ends with the largest sum of any tail: exactly the periodic queue.
    for (t, room) in capacity.iter().enumerate() {
        for (q, a) in queue.iter_mut().zip(&twice[t..t + n]) {
            *q = (*q + (a - room)).max(0.0);
        }
    }
    let mut cost = vec![0.0; n];
    for (t, room) in capacity.iter().enumerate() {
        for ((q, c), a) in queue.iter_mut().zip(&mut cost).zip(&twice[t..t + n]) {
            let next = (*q + (a - room)).max(0.0);
            let stopped = if *q > EMPTY_VEH || next > EMPTY_VEH { *a } else { 0.0 };
            *c += next + stop_price * stopped;
            *q = next;
        }
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::super::testing::Stream;
    use super::*;

    /// The definition word by word: one difference, many cycles, whole recurrences.
    fn by_definition(q: &[f64], travel: f64, green: (usize, usize, f64), stop_price: f64, phi: usize) -> f64 {
        let n = q.len();
        let later = (0.8 * travel + 0.5).floor() as usize;
        let f = 1.0 / (1.0 + 0.35 * later as f64);
        let mut a = vec![0.0; n];
        let mut before = 0.0;
        for t in 0..4000 * n {
            before = f * q[t % n] + (1.0 - f) * before;
            a[(t + later) % n] = before;
        }
        let (mut queue, mut cost) = (0.0_f64, 0.0);
        for t in 0..4 * n {
            let open = (0..green.1).any(|k| (green.0 + k) % n == t % n);
            let arrivals = a[(t + phi) % n];
            let next = (queue + arrivals - if open { green.2 } else { 0.0 }).max(0.0);
            if t >= 3 * n {
                let stopped = queue > 1e-12 || next > 1e-12;
                cost += next + if stopped { stop_price * arrivals } else { 0.0 };
            }
            queue = next;
        }
        cost
    }

    #[test]
    fn every_difference_costs_what_the_definition_says() {
        let mut random = Stream(21);
        for case in 0..60 {
            let n = 20 + random.index(40);
            let green = (random.index(n), 5 + random.index(n / 2), 0.5);
            let mut q: Vec<f64> = (0..n).map(|_| random.between(0.0, 1.0).powi(4)).collect();
            let load = random.between(0.2, 0.999) * green.1 as f64 * green.2 / q.iter().sum::<f64>();
            q.iter_mut().for_each(|v| *v *= load);
            let travel = random.between(0.0, 150.0).round();
            let price = if case % 2 == 0 { 0.0 } else { 8.0 };
            let arrivals = Stretch::robertson(travel, 0.35, 0.8).arrivals(&q);
            let costs = costs(&arrivals, &capacity(n, green.0 as f64, green.1 as f64, green.2), price);
            for phi in [0, 1, n / 2, n - 1] {
                let defined = by_definition(&q, travel, green, price, phi);
                assert!((costs[phi] - defined).abs() < 1e-6 * defined.max(1.0), "{} {defined}", costs[phi]);
            }
        }
    }
}
