//! The day model: checked-in files are what the code makes, days differ as the facts say, counts become demand again.

use std::path::{Path, PathBuf};

use greenwave_sim::counts::{Approach, Counts};
use greenwave_sim::day::{DayKind, counts_csv, day, mean_day, weather};
use greenwave_sim::scenario::Scenario;
use greenwave_sim::weather::Weather;

#[path = "../examples/kit/mod.rs"]
mod kit;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn text() -> String {
    std::fs::read_to_string(folder().join("dongchang-road.toml")).expect("the scenario is checked in")
}

fn scenario() -> Scenario {
    Scenario::parse("dongchang-road.toml", &text()).expect("the scenario is sound")
}

/// The kit's link for an intersection id and approach.
fn link_of(id: &str, a: Approach) -> Option<usize> {
    let i: usize = id.strip_prefix("dc")?.parse().ok()?;
    Some(kit::approach(i - 1, Approach::ALL.iter().position(|x| *x == a)?))
}

#[test]
fn checked_in_days_are_what_the_code_makes() {
    let s = scenario();
    for (name, made) in [
        ("mean-workday.csv", mean_day(&s)),
        ("workday-1.csv", day(&s, 1, DayKind::Workday)),
        ("tidal-2.csv", day(&s, 2, DayKind::Tidal)),
    ] {
        let file = std::fs::read_to_string(folder().join("dongchang-road").join(name)).unwrap();
        assert!(file == counts_csv(&s, &made, 6), "{name} is stale: run the example make_days");
    }
    let three = mean_day(&three());
    let file = std::fs::read_to_string(folder().join("three").join("mean-workday.csv")).unwrap();
    assert!(file == counts_csv(&self::three(), &three, 6), "three is stale: run the example make_days");
}

#[test]
fn a_t_junction_lacks_one_approach_and_what_leads_into_it() {
    let (s, made) = (three(), mean_day(&three()));
    let entries: Vec<_> = made.entries.iter().map(|e| (e.0.as_str(), e.1)).collect();
    assert!(entries.contains(&("t2", Approach::S)) && !entries.contains(&("t2", Approach::N)));
    let shares = |a: Approach| made.shares.iter().find(|x| x.0 == "t2" && x.1 == a).map(|x| x.2.map(|y| y > 0.0));
    assert_eq!(shares(Approach::W), Some([false, true, true]));
    assert_eq!(shares(Approach::E), Some([true, true, false]));
    assert_eq!(shares(Approach::S), Some([true, false, true]));
    assert_eq!(shares(Approach::N), None);
    let csv = counts_csv(&s, &made, 6);
    assert!(csv.contains("t2,W,T,") && !csv.contains("t2,W,L,") && !csv.contains("t2,N,"), "{csv}");
}

#[test]
fn only_days_of_rain_are_wet_and_only_where_the_file_says_so() {
    let wet = scenario();
    for kind in DayKind::ALL {
        let expected = if kind == DayKind::Rain { Weather::Rain } else { Weather::Dry };
        assert_eq!(weather(&wet, kind), expected, "{kind:?}");
    }
    let with = |line: &str| {
        let text = text();
        let kept =
            text.lines().filter(|l| !l.starts_with("weather")).map(|l| if l == "[kinds.rain]" { line } else { l });
        Scenario::parse("x.toml", &kept.collect::<Vec<_>>().join("\n"))
    };
    let silent = with("[kinds.rain]").expect("sound");
    assert_eq!(weather(&silent, DayKind::Rain), Weather::Dry);
    let heavy = with("[kinds.rain]\nweather = \"heavy-rain\"").expect("sound");
    assert_eq!(weather(&heavy, DayKind::Rain), Weather::HeavyRain);
    let refused = with("[kinds.rain]\nweather = \"monsoon\"").expect_err("no such weather");
    assert!(refused.line > 1 && refused.problem.contains("heavy-rain"), "{refused}");
}

fn three() -> Scenario {
    let text = std::fs::read_to_string(folder().join("three.toml")).expect("the scenario is checked in");
    Scenario::parse("three.toml", &text).expect("the scenario is sound")
}

#[test]
fn days_average_to_the_mean_day() {
    let s = scenario();
    let sum = |d: greenwave_sim::day::DayCounts| d.entries.iter().flat_map(|e| &e.2).sum::<f64>();
    let mean = sum(mean_day(&s));
    let days: Vec<f64> = (1..=60).map(|seed| sum(day(&s, seed, DayKind::Workday)) / mean).collect();
    let average = days.iter().sum::<f64>() / 60.0;
    let sd = (days.iter().map(|d| (d - average).powi(2)).sum::<f64>() / 59.0).sqrt();
    assert!((average - 1.0).abs() < 0.03 && (0.045..0.10).contains(&sd), "mean {average}, sd {sd}");
}

#[test]
fn every_kind_leaves_its_mark() {
    let s = scenario();
    let west = |d: &greenwave_sim::day::DayCounts| d.entries[0].2.iter().sum::<f64>();
    let east = |d: &greenwave_sim::day::DayCounts| d.entries[1].2.iter().sum::<f64>();
    let tilt = |kind, seed| {
        let d = day(&s, seed, kind);
        west(&d) / (west(&d) + east(&d))
    };
    let spread = |kind| (1..=20).map(|seed| (tilt(kind, seed) - 0.5f64).abs()).sum::<f64>() / 20.0;
    assert!(spread(DayKind::Tidal) > 2.0 * spread(DayKind::Workday));
    let school = day(&s, 3, DayKind::School);
    let dc04 = school.entries.iter().find(|e| e.0 == "dc04" && e.1 == Approach::S).unwrap();
    assert!(dc04.2[90] > 1.3 * dc04.2[85], "7:32 is in the school window, 7:07 is not");
    let early = (1..=40)
        .filter(|&seed| {
            let d = day(&s, seed, DayKind::Surge);
            let ratio = |e: &Vec<f64>| e[84..108].iter().sum::<f64>() / e[60..84].iter().sum::<f64>();
            let ratios: Vec<f64> = d.entries[2..].iter().map(|e| ratio(&e.2)).collect();
            let middle = ratios.iter().sum::<f64>() / ratios.len() as f64;
            ratios.iter().any(|r| *r > 1.3 * middle)
        })
        .count();
    assert!((4..=25).contains(&early), "{early} of 40 surges touch the morning");
}

#[test]
fn counts_become_the_demand_they_came_from() {
    let s = scenario();
    let street = kit::dongchang();
    let made = mean_day(&s);
    let counts = Counts::parse("mean.csv", &counts_csv(&s, &made, 6)).unwrap();
    let demand = counts.demand(&street, 0.06, link_of).unwrap();
    assert_eq!(demand.entries.len(), 26);
    for (id, a, flow) in &made.entries {
        let link = link_of(id, *a).unwrap();
        let read = demand.entries.iter().find(|e| e.link == link).unwrap();
        let (want, got) = (flow.iter().sum::<f64>(), read.vehicles.iter().sum::<f64>());
        assert!((got / want - 1.0).abs() < 0.01, "{id} {a:?}: {got} instead of {want}");
    }
    let inner = demand.shares.iter().find(|x| x.link == kit::approach(5, 0)).unwrap();
    let [l, t, r] = inner.by_bin[16];
    assert!((l / (l + t + r) - 0.08).abs() < 0.002, "the west approach turns left with 8 %");
}

#[test]
fn a_wrong_scenario_says_where() {
    let unknown = text().replace("heavy_share = 0.06", "heavy_share = 0.06\nheavy_sharr = 1");
    let e = Scenario::parse("x.toml", &unknown).unwrap_err();
    assert!(e.to_string().starts_with("x.toml:11: unknown field `heavy_sharr`"), "{e}");
    let range = text().replace("heavy_share = 0.06", "heavy_share = 6");
    let e = Scenario::parse("x.toml", &range).unwrap_err();
    assert_eq!(e.to_string(), "x.toml:10: heavy_share: must lie between 0 and 1");
}
