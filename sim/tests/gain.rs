//! The statistics against printed tables and against numbers worked by hand.

use greenwave_sim::gain::{Estimate, absolute, relative, side_street_breach, t_quantile_975};

/// 97.5 % points of Student's t, 1..=99 degrees of freedom, as printed (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
const TABLE: [f64; 99] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042, 2.040, 2.037,
    2.035, 2.032, 2.030, 2.028, 2.026, 2.024, 2.023, 2.021, 2.020, 2.018, 2.017, 2.015, 2.014, 2.013, 2.012, 2.011,
    2.010, 2.009, 2.008, 2.007, 2.006, 2.005, 2.004, 2.003, 2.002, 2.002, 2.001, 2.000, 2.000, 1.999, 1.998, 1.998,
    1.997, 1.997, 1.996, 1.995, 1.995, 1.994, 1.994, 1.993, 1.993, 1.993, 1.992, 1.992, 1.991, 1.991, 1.990, 1.990,
    1.990, 1.989, 1.989, 1.989, 1.988, 1.988, 1.988, 1.987, 1.987, 1.987, 1.986, 1.986, 1.986, 1.986, 1.985, 1.985,
    1.985, 1.984, 1.984,
];

fn some(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

fn close(is: Option<f64>, should: f64, tolerance: f64) {
    let is = is.expect("a value");
    assert!((is - should).abs() <= tolerance, "{is} is not {should}");
}

#[test]
fn quantiles_are_the_printed_ones() {
    for (k, printed) in TABLE.iter().enumerate() {
        close(t_quantile_975(k + 1), *printed, 0.00051);
    }
    assert_eq!(t_quantile_975(0), None);
    close(t_quantile_975(100_000), 1.959_988, 1e-5);
}

#[test]
fn identical_inputs_give_exactly_nothing() {
    let values = some(&[31.7, 29.299_999_999_999_997, 0.1 + 0.2, 1e9]);
    let zero = Estimate { mean: Some(0.0), lo: Some(0.0), hi: Some(0.0), n: 4 };
    assert_eq!(relative(&values, &values), zero);
    assert_eq!(absolute(&values, &values), zero);
    let nothing = some(&[0.0; 4]);
    assert_eq!(relative(&nothing, &nothing), zero);
}

#[test]
fn worked_by_hand() {
    let (a, b) = (some(&[12.0, 11.0, 13.0]), some(&[10.0, 10.0, 10.0]));
    // r = 1.2; residuals 0, -0.1, 0.1 with a deviation of 0.1; 4.3027 * 0.1 / sqrt(3).
    let half = 4.302_653 * 0.1 / 3f64.sqrt();
    let e = relative(&a, &b);
    close(e.mean, 0.2, 1e-12);
    close(e.lo, 0.2 - half, 1e-6);
    close(e.hi, 0.2 + half, 1e-6);
    let e = absolute(&a, &b);
    close(e.mean, 2.0, 1e-12);
    close(e.hi, 2.0 + 10.0 * half, 1e-5);
    // Pairing: what both share does not widen the interval.
    let (a, b) = (some(&[11.0, 22.0, 33.0]), some(&[10.0, 20.0, 30.0]));
    let e = relative(&a, &b);
    close(e.mean, 0.1, 1e-12);
    close(e.hi.map(|hi| hi - 0.1), 0.0, 1e-12);
}

#[test]
fn the_ratio_of_means_is_not_the_mean_of_ratios() {
    close(relative(&some(&[2.0, 10.0]), &some(&[1.0, 10.0])).mean, 1.0 / 11.0, 1e-12);
}

#[test]
fn absent_values_are_absent() {
    let nothing = Estimate { mean: None, lo: None, hi: None, n: 0 };
    assert_eq!(relative(&[], &[]), nothing);
    assert_eq!(absolute(&[None, Some(1.0)], &[Some(1.0), Some(f64::NAN)]), nothing);
    let one = absolute(&[Some(3.0), None], &[Some(1.0), Some(1.0)]);
    assert_eq!(one, Estimate { mean: Some(2.0), lo: None, hi: None, n: 1 });
    let against_nothing = relative(&some(&[1.0, 2.0]), &some(&[0.0, 0.0]));
    assert_eq!(against_nothing, Estimate { n: 2, ..nothing });
    let named = one.named("delay", "s", "greenwave", "fixed");
    assert_eq!((named.measure.as_str(), named.mean, named.lo, named.n), ("delay", Some(2.0), None, 1));
}

#[test]
fn a_breach_needs_both_lower_ends() {
    let e = |lo: f64| Estimate { mean: Some(lo + 1.0), lo: Some(lo), hi: Some(lo + 2.0), n: 10 };
    assert_eq!(side_street_breach(&e(0.051), &e(3.1)), Some(true));
    assert_eq!(side_street_breach(&e(0.05), &e(3.1)), Some(false));
    assert_eq!(side_street_breach(&e(0.051), &e(3.0)), Some(false));
    assert_eq!(side_street_breach(&Estimate { lo: None, ..e(1.0) }, &e(9.0)), None);
}
