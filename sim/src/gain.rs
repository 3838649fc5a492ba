//! The statistics with which the plant grades: paired differences over runs, with 95 % t intervals.
//!
//! Knows: lists of numbers, one a run (seed, or seed and day), in the same order for both arms. Must not know: what they
//! measure, and who earned them.
//!
//! Relative: with `a` the arm, `b` what it is compared with, r = mean(a) / mean(b); residuals d_i = (a_i - r b_i) / mean(b);
//! the estimate is r - 1, its half-width t(0.975, n - 1) sd(d) / sqrt(n) (the linearised ratio estimator, W. G. Cochran,
//! Sampling Techniques, 3rd ed., section 6.3). Absolute: mean and half-width of the pairs' differences a_i - b_i.
//! A pair of which one value is absent or not finite is left out of both, and n says so. One pair gives a mean without an
//! interval; none gives nothing. Two equal lists give exactly 0 with an interval of exactly 0.

use serde::Serialize;

/// A side street may lose this share of its delay before it counts as a breach ([`side_street_breach`]).
pub const BREACH_RELATIVE: f64 = 0.05;
/// ... and this much, s.
pub const BREACH_S: f64 = 3.0;

/// One line of a comparison table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What was measured.
    pub measure: String,
    /// Its unit; `1` for a relative difference (0.05 = five per cent more).
    pub unit: String,
    /// The arm that is judged.
    pub arm: String,
    /// The arm it is compared with.
    pub against: String,
    /// Difference arm less against; `None` when nothing can be compared.
    pub mean: Option<f64>,
    /// Lower end of the 95 % interval; `None` below two pairs.
    pub lo: Option<f64>,
    /// Upper end.
    pub hi: Option<f64>,
    /// Pairs that went in.
    pub n: usize,
}

/// An estimate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate; `None` when there is nothing to estimate from.
    pub mean: Option<f64>,
    /// Lower end; `None` below two pairs.
    pub lo: Option<f64>,
    /// Upper end.
    pub hi: Option<f64>,
    /// Pairs that went in.
    pub n: usize,
}

impl Estimate {
    /// Names the estimate.
    pub fn named(self, measure: &str, unit: &str, arm: &str, against: &str) -> Comparison {
        let Estimate { mean, lo, hi, n } = self;
        let [measure, unit, arm, against] = [measure, unit, arm, against].map(str::to_owned);
        Comparison { measure, unit, arm, against, mean, lo, hi, n }
    }
}

/// How much larger the mean of `arm` is than that of `against`, relative to the latter (0.2 = 20 % more).
pub fn relative(arm: &[Option<f64>], against: &[Option<f64>]) -> Estimate {
    let pairs = pairs(arm, against);
    let (a, b) = (mean(pairs.iter().map(|p| p.0)), mean(pairs.iter().map(|p| p.1)));
    let identical = pairs.iter().all(|p| p.0 == p.1);
    match (a, b) {
        (Some(_), Some(_)) if identical => around(Some(0.0), &vec![0.0; pairs.len()]),
        (Some(a), Some(b)) if b != 0.0 => {
            let r = a / b;
            let residuals: Vec<f64> = pairs.iter().map(|p| (p.0 - r * p.1) / b).collect();
            around(Some(r - 1.0), &residuals)
        }
        _ => Estimate { mean: None, lo: None, hi: None, n: pairs.len() },
    }
}

/// How much larger the mean of `arm` is than that of `against`, in their own unit.
pub fn absolute(arm: &[Option<f64>], against: &[Option<f64>]) -> Estimate {
    let differences: Vec<f64> = pairs(arm, against).iter().map(|p| p.0 - p.1).collect();
    around(mean(differences.iter().copied()), &differences)
}

/// Whether a side street lost too much: the lower ends of both intervals of its delay lie above +5 % and +3 s. `None` when
/// there is no interval to judge by.
pub fn side_street_breach(relative: &Estimate, absolute_s: &Estimate) -> Option<bool> {
    Some(relative.lo? > BREACH_RELATIVE && absolute_s.lo? > BREACH_S)
}

fn pairs(a: &[Option<f64>], b: &[Option<f64>]) -> Vec<(f64, f64)> {
    let there = |x: &Option<f64>| x.filter(|v| v.is_finite());
    a.iter().zip(b).filter_map(|(a, b)| there(a).zip(there(b))).collect()
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let n = values.len();
    (n > 0).then(|| values.sum::<f64>() / n as f64)
}

/// The interval around an estimate from its residuals.
fn around(estimate: Option<f64>, residuals: &[f64]) -> Estimate {
    let n = residuals.len();
    let centre = mean(residuals.iter().copied()).unwrap_or(0.0);
    let squares: f64 = residuals.iter().map(|d| (d - centre) * (d - centre)).sum();
    let half = t_quantile_975(n.saturating_sub(1)).map(|t| t * (squares / (n - 1) as f64).sqrt() / (n as f64).sqrt());
    let end = |sign: f64| Some(estimate? + sign * half?);
    Estimate { mean: estimate, lo: end(-1.0), hi: end(1.0), n }
}

/// The 97.5 % point of Student's t with `df` degrees of freedom; `None` for 0.
///
/// The distribution function for whole degrees of freedom is the finite sum of Abramowitz and Stegun, 26.7.3 and 26.7.4; the
/// quantile is found by halving.
pub fn t_quantile_975(df: usize) -> Option<f64> {
    if df == 0 {
        return None;
    }
    let (mut lo, mut hi) = (1.9, 13.0);
    for _ in 0..60 {
        let middle = 0.5 * (lo + hi);
        if two_sided(middle, df) < 0.95 {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    Some(0.5 * (lo + hi))
}

/// P(|T| < t) for `df` degrees of freedom.
fn two_sided(t: f64, df: usize) -> f64 {
    let theta = (t / (df as f64).sqrt()).atan();
    let (sin, cos) = theta.sin_cos();
    let odd = df % 2 == 1;
    let mut term = if odd { cos } else { 1.0 };
    let mut sum = if df == 1 { 0.0 } else { term };
    let mut k = if odd { 3 } else { 2 };
    while k < df {
        term *= cos * cos * (k - 1) as f64 / k as f64;
        sum += term;
        k += 2;
    }
    if odd { (theta + sin * sum) * std::f64::consts::FRAC_2_PI } else { sin * sum }
}
