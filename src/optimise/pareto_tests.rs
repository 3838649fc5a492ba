//! The front against exhaustion.

use super::super::bandwidth::BandPattern;
use super::super::network::{OffsetLink, Prices};
use super::super::testing::Stream;
use super::*;
use crate::units::Circle;

fn street(random: &mut Stream, n: usize, steps: usize, whole: bool) -> (BandProblem, OffsetProblem) {
    let cycle = steps as f64;
    let seconds = |x: f64| if whole { x.round() } else { x };
    let patterns: Vec<usize> = (0..n).map(|_| 1 + random.index(2)).collect();
    let pattern = |random: &mut Stream| BandPattern {
        start_s: [0.0, 0.0].map(|_: f64| seconds(random.between(0.0, cycle))),
        green_s: [0.0, 0.0].map(|_: f64| seconds(random.between(0.3 * cycle, 0.9 * cycle))),
    };
    let signals = patterns.iter().map(|&many| (0..many).map(|_| pattern(random)).collect()).collect();
    let links: Vec<[f64; 2]> = (1..n).map(|_| [0.0; 2].map(|_| seconds(random.between(0.0, 2.0 * cycle)))).collect();
    let bands = BandProblem { circle: Circle::new(cycle).unwrap(), signals, links };
    let mut links = Vec::new();
    for far in 1..n {
        for ends in [[far - 1, far], [far, far - 1]] {
            let mut prices = Prices::zero(ends.map(|e| patterns[e]), steps);
            prices.all_mut().iter_mut().for_each(|p| *p = random.between(0.0, 20.0).round());
            links.push(OffsetLink { ends, prices });
        }
    }
    let own = patterns.iter().map(|&many| (0..many).map(|_| random.between(0.0, 3.0)).collect()).collect();
    (bands, OffsetProblem::new(steps, own, links).unwrap())
}

/// Widths of the bands of settings, from the definition: the longest piece that lies in all greens.
fn widths(bands: &BandProblem, settings: &[Setting]) -> [f64; 2] {
    let width = |direction: usize| {
        let mut travelled = 0.0;
        let mut arcs = Vec::new();
        for (i, s) in settings.iter().enumerate() {
            let pattern = bands.signals[i][s.choice];
            let passed: f64 = if direction == 0 { travelled } else { -travelled };
            let start_s = bands.circle.wrap(s.offset as f64 + pattern.start_s[direction] - passed);
            arcs.push(RealArc { start_s, length_s: pattern.green_s[direction] });
            travelled += bands.links.get(i).map_or(0.0, |l| l[direction]);
        }
        common_piece(bands.circle, &arcs).map_or(0.0, |piece| piece.length_s)
    };
    [width(0), width(1)]
}

/// Widths and cost of all settings, the first offset included.
fn all(bands: &BandProblem, delay: &OffsetProblem) -> Vec<([f64; 2], f64)> {
    let n = delay.signals();
    let values: Vec<usize> = bands.signals.iter().map(|p| p.len() * delay.steps()).collect();
    let mut all = Vec::new();
    for code in 0..values.iter().product() {
        let mut left: usize = code;
        let settings: Vec<Setting> = (0..n)
            .map(|i| {
                let value = left % values[i];
                left /= values[i];
                Setting { offset: value % delay.steps(), choice: value / delay.steps() }
            })
            .collect();
        if settings[0].offset == 0 {
            all.push((widths(bands, &settings), delay.cost(&settings).unwrap()));
        }
    }
    all
}

#[test]
fn hundreds_of_small_streets_agree_with_exhaustion() {
    let mut random = Stream(31);
    let mut points = 0;
    for case in 0..300 {
        let n = 2 + random.index(2);
        let steps = if n == 2 { 12 } else { 8 };
        let (bands, delay) = street(&mut random, n, steps, case % 2 == 0);
        let inbound_share = [1.0, 0.5, 0.0, 2.0][random.index(4)];
        let level_s = if case % 2 == 0 { 1.0 } else { 0.25 };
        let problem = FrontProblem { bands: &bands, delay: &delay, inbound_share, level_s };
        let front = front(&problem, &|| false).unwrap();
        let all = all(&bands, &delay);
        let least = |g: f64| {
            let wide = all.iter().filter(|(w, _)| w[0] >= g - 1e-6 && w[1] >= g * inbound_share - 1e-6);
            wide.map(|(_, cost)| *cost).fold(f64::INFINITY, f64::min)
        };
        // Every level is answered by the first point that guarantees it, or by none where nothing does.
        let mut level = 0.0;
        while level <= steps as f64 + 1.0 {
            let wide = |p: &&FrontPoint| p.widths_s[0] >= level - 1e-6 && p.widths_s[1] >= level * inbound_share - 1e-6;
            let answered = front.iter().find(wide).map_or(f64::INFINITY, |p| p.cost);
            assert!(answered == least(level) || (answered - least(level)).abs() < 1e-9, "{case}: {level}");
            level += level_s;
        }
        for pair in front.windows(2) {
            assert!(pair[1].cost > pair[0].cost && pair[1].guarantee_s > pair[0].guarantee_s);
        }
        for point in &front {
            assert!((delay.cost(&point.settings).unwrap() - point.cost).abs() < 1e-9);
            assert_eq!(widths(&bands, &point.settings), point.widths_s);
        }
        points += front.len();
    }
    assert!(points > 600, "{points}");
}

#[test]
fn another_street_or_a_stop_is_no_front() {
    let mut random = Stream(32);
    let (bands, delay) = street(&mut random, 3, 8, true);
    let (other, _) = street(&mut random, 2, 8, true);
    let problem = FrontProblem { bands: &bands, delay: &delay, inbound_share: 1.0, level_s: 1.0 };
    assert!(front(&problem, &|| true).is_none());
    assert!(front(&FrontProblem { bands: &other, ..problem }, &|| false).is_none());
    assert!(front(&FrontProblem { level_s: 0.0, ..problem }, &|| false).is_none());
}
