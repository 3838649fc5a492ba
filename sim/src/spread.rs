//! Travel times as a distribution: counts in bins whose number hangs on nothing, and quantiles of them.
//!
//! Knows: seconds. Must not know: trips, classes. Each bin is 1.25 % longer than the one before, so a quantile is true to 0.7 %
//! from 5 s to beyond two hours, however many trips there are.

use serde::Serialize;

const FIRST_S: f64 = 5.0;
const RATIO: f64 = 1.0125;
const BINS: usize = 600;

/// Counts by bin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spread {
    bins: Vec<u32>,
    count: u64,
}

impl Default for Spread {
    fn default() -> Spread {
        Spread { bins: vec![0; BINS], count: 0 }
    }
}

impl Spread {
    pub(crate) fn add(&mut self, seconds: f64) {
        let bin = ((seconds / FIRST_S).max(1.0).ln() / RATIO.ln()) as usize;
        self.bins[bin.min(BINS - 1)] += 1;
        self.count += 1;
    }

    pub(crate) fn add_all(&mut self, more: &Spread) {
        self.bins.iter_mut().zip(&more.bins).for_each(|(a, b)| *a += b);
        self.count += more.count;
    }

    /// The time that a share of all do not exceed, s: within its bin all are taken as evenly spread.
    fn quantile(&self, share: f64) -> f64 {
        let wanted = share * self.count as f64;
        let mut before = 0.0;
        for (bin, &n) in self.bins.iter().enumerate().filter(|(_, n)| **n > 0) {
            let n = f64::from(n);
            if before + n >= wanted {
                let (from, part) = (FIRST_S * RATIO.powi(bin as i32), ((wanted - before) / n).clamp(0.0, 1.0));
                return from * (1.0 + part * (RATIO - 1.0));
            }
            before += n;
        }
        FIRST_S * RATIO.powi(BINS as i32)
    }

    pub(crate) fn measure(&self) -> Option<SpreadMeasure> {
        (self.count > 0).then(|| SpreadMeasure {
            p10_s: self.quantile(0.10),
            p50_s: self.quantile(0.50),
            p85_s: self.quantile(0.85),
            p95_s: self.quantile(0.95),
        })
    }
}

/// Quantiles of travel times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SpreadMeasure {
    /// One in ten took no longer, s.
    pub p10_s: f64,
    /// Half took no longer, s.
    pub p50_s: f64,
    /// 85 in 100 took no longer, s.
    pub p85_s: f64,
    /// 95 in 100 took no longer, s.
    pub p95_s: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_times() {
        let times: Vec<f64> = (0..10_000).map(|i| 20.0 + 0.05 * f64::from(i)).collect();
        let mut halves = [Spread::default(), Spread::default()];
        times.iter().enumerate().for_each(|(i, &t)| halves[i % 2].add(t));
        let [mut all, more] = halves;
        all.add_all(&more);
        let m = all.measure().expect("there are times");
        for (got, share) in [(m.p10_s, 0.10), (m.p50_s, 0.50), (m.p85_s, 0.85), (m.p95_s, 0.95)] {
            let exact = times[(share * 10_000.0) as usize];
            assert!((got / exact - 1.0).abs() < 0.007, "{share}: {got} instead of {exact}");
        }
        assert_eq!(Spread::default().measure(), None);
    }

    #[test]
    fn no_time_is_too_short_or_too_long() {
        let mut spread = Spread::default();
        [0.0, 1e9].into_iter().for_each(|t| spread.add(t));
        let m = spread.measure().expect("there are times");
        assert!(m.p10_s < 5.1 && m.p95_s > 7200.0, "{m:?}");
    }
}
