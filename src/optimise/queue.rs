//! One vertical queue at one stop line over one cycle, and the formulas for what the cycle does not show.
//!
//! Knows: arrivals and capacity in steps. Must not know: whose queue it is.
//! Sources: Lindley's recurrence; HCM 2010 eq. 18-20 (uniform delay d1) and 18-45 (incremental delay d2).

use super::profile::ring;

/// Fewer vehicles are no queue.
pub(super) const EMPTY_VEH: f64 = 1e-12;

/// What one cycle did to the queue.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Cyclic {
    /// Sum over steps of the mean queue, vehicle steps.
    pub(super) waited: f64,
    /// Vehicles that met a queue or red.
    pub(super) stopped: f64,
    /// Longest queue, vehicles.
    pub(super) longest: f64,
}

/// Runs the queue through the periodic cycle. `arrivals` and `capacity` are vehicles a step; `share` scales the arrivals,
/// which must not exceed the capacity over the cycle; `from` is the step after the green's end, where the queue is empty in
/// the ordinary case (so one pass is enough). Departures are written in place.
pub(super) fn serve(arrivals: &[f64], share: f64, capacity: &[f64], from: usize, departures: &mut [f64]) -> Cyclic {
    let mut cyclic = Cyclic::default();
    let end = pass(arrivals, share, capacity, from, 0.0, departures, &mut cyclic);
    if end > 1e-6 {
        // Started empty, a pass ends with the largest sum of any tail: exactly the periodic queue.
        cyclic = Cyclic::default();
        pass(arrivals, share, capacity, from, end, departures, &mut cyclic);
    }
    cyclic
}

fn pass(
    arrivals: &[f64],
    share: f64,
    capacity: &[f64],
    from: usize,
    start: f64,
    departures: &mut [f64],
    cyclic: &mut Cyclic,
) -> f64 {
    let n = arrivals.len();
    let from = ring(from, n);
    let mut queue = start;
    for range in [from..n, 0..from] {
        let steps = arrivals[range.clone()].iter().zip(&capacity[range.clone()]).zip(&mut departures[range]);
        for ((&arrival, &room), departure) in steps {
            let arrival = arrival * share;
            let next = (queue + (arrival - room)).max(0.0);
            *departure = queue + arrival - next;
            cyclic.waited += 0.5 * (queue + next);
            cyclic.stopped += if queue > 1e-9 || next > 1e-9 { arrival } else { 0.0 };
            cyclic.longest = cyclic.longest.max(next);
            queue = next;
        }
    }
    queue
}

/// HCM's uniform delay d1, s a vehicle: random-free arrivals at a constant rate over cycle `c` s with effective green `g` s
/// at degree of saturation `x` (taken as at most 1).
pub(super) fn uniform_delay(c: f64, g: f64, x: f64) -> f64 {
    let share = (g / c).clamp(0.0, 1.0);
    let served = (share * x.min(1.0)).min(1.0 - 1e-9);
    0.5 * c * (1.0 - share).powi(2) / (1.0 - served)
}

/// Share of uniformly arriving vehicles that stop: those that meet red or the queue of it.
pub(super) fn uniform_stops(c: f64, g: f64, x: f64) -> f64 {
    let share = (g / c).clamp(0.0, 1.0);
    let served = (share * x.min(1.0)).min(1.0 - 1e-9);
    ((1.0 - share) / (1.0 - served)).min(1.0)
}

/// HCM's incremental delay d2, s a vehicle: random arrivals and oversaturation over `period_h` hours at a capacity of
/// `capacity_veh_h`. Finite and increasing in `x` without bound on `x`.
pub(super) fn incremental_delay(x: f64, capacity_veh_h: f64, period_h: f64, k: f64) -> f64 {
    let over = x - 1.0;
    let random = 8.0 * k * x / (capacity_veh_h.max(1e-3) * period_h);
    900.0 * period_h * (over + (over * over + random).sqrt())
}

#[cfg(test)]
mod tests {
    use super::super::profile::add_arc;
    use super::*;

    #[test]
    fn uniform_arrivals_wait_as_webster_says() {
        for (c, g, y) in [(90_usize, 40.0, 0.3), (60, 20.0, 0.1), (120, 50.0, 0.4), (100, 45.0, 0.44)] {
            let saturation = 0.5;
            let arrivals = vec![saturation * y; c];
            let mut capacity = vec![0.0; c];
            add_arc(&mut capacity, 7.0, g, saturation);
            let mut departures = vec![0.0; c];
            let cyclic = serve(&arrivals, 1.0, &capacity, 7 + g as usize, &mut departures);
            let x = y * c as f64 / g;
            let delay = cyclic.waited / arrivals.iter().sum::<f64>();
            let theory = uniform_delay(c as f64, g, x);
            assert!((delay - theory).abs() < 0.01 * theory, "{delay} against {theory}");
            assert!((departures.iter().sum::<f64>() - arrivals.iter().sum::<f64>()).abs() < 1e-9);
            let stops = cyclic.stopped / arrivals.iter().sum::<f64>();
            assert!((stops - uniform_stops(c as f64, g, x)).abs() < 0.02);
        }
    }

    #[test]
    fn the_queue_is_periodic_wherever_it_starts() {
        let n = 80;
        let arrivals: Vec<f64> = (0..n).map(|t| if (20..50).contains(&t) { 0.4 } else { 0.05 }).collect();
        let mut capacity = vec![0.0; n];
        add_arc(&mut capacity, 60.0, 40.0, 0.5);
        let mut runs = Vec::new();
        for from in [0, 13, 20, 60, 79] {
            let mut departures = vec![0.0; n];
            runs.push((serve(&arrivals, 1.0, &capacity, from, &mut departures), departures));
        }
        for (cyclic, departures) in &runs {
            assert!((cyclic.waited - runs[0].0.waited).abs() < 1e-6);
            assert!(departures.iter().zip(&runs[0].1).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }

    #[test]
    fn overload_is_finite_and_worse() {
        let delays: Vec<f64> = (1..=30).map(|i| incremental_delay(f64::from(i) / 10.0, 500.0, 0.25, 0.5)).collect();
        assert!(delays.windows(2).all(|w| w[0] < w[1] && w[1].is_finite()));
        assert!((incremental_delay(1.0, 500.0, 0.25, 0.5) - 225.0 * (8.0 * 0.5 / 125.0_f64).sqrt()).abs() < 1e-9);
    }
}
