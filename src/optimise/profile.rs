//! Cyclic flow profiles: vehicles in each step of a cycle, how platoons travel and disperse, how a green fills steps.
//!
//! Knows: rings of numbers. Must not know: roads, plans or seconds. The one place of the room that walks a ring by index.

/// The index on a ring of `n` of an index below `2 n`.
pub(super) const fn ring(index: usize, n: usize) -> usize {
    if index >= n { index - n } else { index }
}

/// Adds `factor` times `from` to `into`, `lag` steps later. The rings may differ in length when one is a whole multiple of
/// the other: a shorter one repeats, a longer one is folded to its mean. Rings that do not fit (`coupled` false) bring their
/// mean evenly. `lag` may exceed the ring.
pub(super) fn add_later(into: &mut [f64], from: &[f64], lag: usize, factor: f64, coupled: bool) {
    let (n, m) = (into.len(), from.len());
    if !coupled || (n % m != 0 && m % n != 0) {
        let mean = factor * from.iter().sum::<f64>() / m as f64;
        into.iter_mut().for_each(|a| *a += mean);
    } else if n == m {
        let lag = lag % n;
        let (wrapped, ahead) = into.split_at_mut(lag);
        for (a, q) in ahead.iter_mut().zip(from) {
            *a += factor * q;
        }
        for (a, q) in wrapped.iter_mut().zip(&from[n - lag..]) {
            *a += factor * q;
        }
    } else if n > m {
        for t in 0..n {
            into[(t + lag) % n] += factor * from[t % m];
        }
    } else {
        let folds = (m / n) as f64;
        for (t, q) in from.iter().enumerate() {
            into[(t + lag) % n] += factor / folds * q;
        }
    }
}

/// Robertson's recurrence in place: `a[t] = f q[t] + (1 - f) a[t - 1]`, periodic. Keeps the sum.
pub(super) fn disperse(profile: &mut [f64], f: f64) {
    let n = profile.len();
    if f >= 1.0 || n == 0 {
        return;
    }
    let keep = 1.0 - f;
    let mut last = 0.0;
    for a in profile.iter_mut() {
        last = f * *a + keep * last;
        *a = last;
    }
    // The pass began with nothing before it; what the periodic past adds decays geometrically.
    let mut past = last / (1.0 - keep.powi(i32::try_from(n).unwrap_or(i32::MAX)));
    let enough = past * 1e-9;
    for a in profile.iter_mut() {
        past *= keep;
        if past <= enough {
            break;
        }
        *a += past;
    }
}

/// Adds `rate` times the share of each step that lies in the arc `[start, start + length)`, in steps, `start < 2 n`.
pub(super) fn add_arc(ring_of: &mut [f64], start: f64, length: f64, rate: f64) {
    let n = ring_of.len();
    let first = start as usize;
    let mut step = ring(first, n).min(n.saturating_sub(1));
    let mut left = length.min(n as f64);
    // The rest of the step it starts in, then whole steps, then what is left.
    let head = (first as f64 + 1.0 - start).min(left);
    ring_of[step] += rate * head;
    left -= head;
    while left > 1e-12 {
        step = ring(step + 1, n);
        let piece = left.min(1.0);
        ring_of[step] += rate * piece;
        left -= piece;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispersion_keeps_vehicles_and_is_robertsons() {
        let mut a = vec![0.0; 60];
        a[50..58].fill(0.9);
        disperse(&mut a, 0.2);
        assert!((a.iter().sum::<f64>() - 7.2).abs() < 1e-9);
        for t in 0..60 {
            let q = if (50..58).contains(&t) { 0.9 } else { 0.0 };
            let before = a[(t + 59) % 60];
            assert!((a[t] - (0.2 * q + 0.8 * before)).abs() < 1e-9);
        }
    }

    #[test]
    fn an_arc_fills_its_length_also_over_the_end() {
        for (start, length) in [(0.0, 10.0), (17.5, 5.25), (3.25, 0.5), (19.9, 20.0), (0.5, 19.0), (4.0, 0.0)] {
            let mut r = vec![0.0; 20];
            add_arc(&mut r, start, length, 2.0);
            assert!((r.iter().sum::<f64>() - 2.0 * length).abs() < 1e-9, "{start} {length} {r:?}");
            assert!(r.iter().all(|&v| (0.0..=2.0 + 1e-9).contains(&v)));
        }
    }

    #[test]
    fn profiles_of_other_cycles_keep_their_vehicles() {
        let from: Vec<f64> = (0..30).map(f64::from).collect();
        for (n, coupled) in [(30, true), (60, true), (15, true), (40, true), (30, false)] {
            let mut into = vec![0.0; n];
            add_later(&mut into, &from, 17, 0.5, coupled);
            let per_step = into.iter().sum::<f64>() / n as f64;
            assert!((per_step - 0.5 * 14.5).abs() < 1e-9, "{n}");
        }
    }
}
