//! The published arterial, and exhaustive search over cycles and speeds.

use super::*;

const LENGTHS: [f64; 9] = [168.0, 213.0, 335.0, 213.0, 244.0, 198.0, 122.0, 213.0, 137.0];
const GREENS: [f64; 10] = [0.53, 0.60, 0.60, 0.53, 0.52, 0.58, 0.60, 0.60, 0.60, 0.58];

fn euclid(change: Option<f64>) -> FlexibleProblem {
    FlexibleProblem {
        cycle_s: [55.0, 75.0],
        signals: GREENS.iter().map(|&g| vec![BandPattern { start_s: [0.0; 2], green_s: [g; 2] }]).collect(),
        links: LENGTHS
            .iter()
            .map(|&length_m| FlexibleLink { length_m, speeds_m_s: [[13.4, 17.9]; 2], clearance_s: [0.0; 2] })
            .collect(),
        slowness_change_s_m: change,
    }
}

#[test]
fn euclid_avenue() {
    let aim = FlexibleAim::Through(Aim::Ratio { k: 1.0 });
    for (change, share, cycle) in [(Some(0.0121), 0.281_414, 57.93), (None, 0.285_516, 55.0)] {
        let answer = widest_flexible(&euclid(change), &aim, &|| false).unwrap();
        assert!((answer.value / 2.0 - share).abs() < 1e-6, "{}", answer.value / 2.0);
        assert!(answer.bound - answer.value < 1e-8, "{} to {}", answer.value, answer.bound);
        assert!((answer.fixed.circle.seconds() - cycle).abs() < 0.01);
        let Bands::Through(bands) = &answer.bands else { panic!() };
        let real = answer.fixed.attained(&bands.offsets_s, &bands.patterns).map(|b| b.unwrap().length_s);
        for d in 0..2 {
            assert!((real[d] / answer.fixed.circle.seconds() - share).abs() < 1e-6);
        }
        for pair in answer.speeds_m_s.windows(2) {
            for d in 0..2 {
                assert!((1.0 / pair[1][d] - 1.0 / pair[0][d]).abs() <= change.unwrap_or(1.0) + 1e-9);
            }
        }
    }
}
