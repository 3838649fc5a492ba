//! Days around a counted hour: the hour itself as it was counted, and days that differ from it by chance and not in the mean.

use greenwave_sim::counted::Counted;
use greenwave_sim::counts::{Approach, Counts};
use greenwave_sim::day::DayKind;
use std::path::Path;

fn read(name: &str) -> Result<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
}

fn hour(street: &str) -> Counted {
    let text = read(&format!("{street}.toml")).expect("the scenario is shipped");
    Counted::parse(street, &text, read).expect("the scenario is sound")
}

fn vehicles(counts: &Counts, from_s: f64, to_s: f64, of: impl Fn(Approach) -> bool) -> f64 {
    let bin = |t: f64| ((t - counts.start_s) / counts.bin_s) as usize;
    let series = counts.series.iter().filter(|((_, from, _), _)| of(*from));
    series.map(|(_, bins)| bins[bin(from_s)..bin(to_s)].iter().sum::<f64>()).sum()
}

#[test]
fn the_hour_is_the_counts() {
    for street in ["jinan-r2", "jinan"] {
        let counted =
            Counts::parse("hour", &read(&format!("{street}/counted-hour.csv")).expect("shipped")).expect("sound");
        let day = hour(street).day(7, DayKind::Counted);
        for (key, bins) in &counted.series {
            assert_eq!(&day.series[key][96..108], bins, "{key:?}");
        }
        // and before it the assumed share of its mean
        let (mean, before) = (vehicles(&counted, 28_800.0, 32_400.0, |_| true), vehicles(&day, 0.0, 3600.0, |_| true));
        assert!((before / mean - 0.7).abs() < 1e-9, "{before} of {mean}");
    }
}

#[test]
fn the_network_counts_the_published_vehicles() {
    let counted = Counts::parse("hour", &read("jinan/counted-hour.csv").expect("shipped")).expect("sound");
    let entering = counted.series.iter().filter(|((_, _, movement), _)| movement.is_none());
    assert_eq!(entering.map(|(_, bins)| bins.iter().sum::<f64>()).sum::<f64>(), 6295.0);
}

#[test]
fn days_lie_around_the_hour() {
    let hour = hour("jinan-r2");
    let total = |counts: &Counts, of: fn(Approach) -> bool| vehicles(counts, 28_800.0, 32_400.0, of);
    let counted = total(&hour.mean(), |_| true);
    let days: Vec<f64> = (1..=200).map(|seed| total(&hour.day(seed, DayKind::Workday), |_| true) / counted).collect();
    let mean = days.iter().sum::<f64>() / 200.0;
    let sd = (days.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 199.0).sqrt();
    assert!((mean - 1.0).abs() < 0.03, "{mean}");
    assert!((0.05..0.11).contains(&sd), "{sd}");
    assert_eq!(hour.day(5, DayKind::Workday), hour.day(5, DayKind::Workday));
    assert_ne!(hour.day(5, DayKind::Workday), hour.day(6, DayKind::Workday));
    let west = |a: Approach| matches!(a, Approach::W | Approach::S);
    let share = |counts: &Counts| total(counts, west) / total(counts, |_| true);
    let moved: Vec<f64> = (1..=20).map(|s| share(&hour.day(s, DayKind::Tidal)) - share(&hour.mean())).collect();
    assert!(moved.iter().any(|m| *m > 0.05) && moved.iter().any(|m| *m < -0.05), "{moved:?}");
    assert!(moved.iter().all(|m| m.abs() > 0.05), "{moved:?}");
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let text = read("jinan-r2.toml").expect("shipped");
    let told = |text: &str| Counted::parse("x.toml", text, read).expect_err("it is wrong").to_string();
    let bad = text.replace("tide = 0.25", "tide = 1.25");
    assert!(told(&bad).contains("tide: must lie between 0 and 1"), "{}", told(&bad));
    let bad = text.replace("counted-hour.csv\"", "no.csv\"");
    assert!(told(&bad).starts_with("x.toml:"), "{}", told(&bad));
    assert!(told(&bad).contains("no.csv"), "{}", told(&bad));
    let bad = text.replace("source_memory", "source_memry");
    assert!(told(&bad).contains("source_memry"), "{}", told(&bad));
}
