//! Before and after: two periods of a corridor held against each other, from what the store kept.
//!
//! What varies independently is days. Each day's mean is taken over the times of day that both periods have, so that a morning is
//! never held against a night; the interval is Welch's, at 95 %, over days. Where a period has fewer than two days the same is
//! done with its hours, and a note says that hours of one day lean on each other, so that the interval is too narrow.

use crate::calendar::Calendar;
use crate::corridor::{Corridor, Network};
use crate::store::{Reader, Sample, Span, StoreError};
use crate::units::{Date, Moment, Tenths};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most samples of a series that one report reads.
const MOST: usize = 200_000;
/// Periods longer than this are compared by their hours' samples.
const FINE: Tenths = Tenths::from_seconds(14 * 86_400);

/// A report.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Report {
    /// What was compared: `day`, `hour`.
    by: &'static str,
    rows: Vec<Row>,
    /// How to read it.
    notes: Vec<Text>,
}

/// A text in both languages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Text {
    zh: String,
    en: String,
}

fn text(zh: &str, en: &str) -> Text {
    Text { zh: zh.to_owned(), en: en.to_owned() }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    measure: String,
    name: Text,
    unit: &'static str,
    /// Mean of the first period; absent where nothing was measured.
    a: Option<f64>,
    b: Option<f64>,
    /// Second less first.
    difference: Option<f64>,
    /// Ends of the 95 % interval; absent where there is too little to tell.
    lo: Option<f64>,
    hi: Option<f64>,
    /// Days, or hours, of both periods.
    n: usize,
    more_is_better: bool,
}

/// From one moment until another.
pub(super) type Stretch = (Moment, Moment);

/// What a report is about, by what the store calls it: measure, unit, names, whether more is better, factor.
const MEASURES: [(&str, &str, &str, &str, bool, f64); 3] = [
    ("speed_km_h", "km/h", "车速", "speed", true, 1.0),
    ("delay_s", "s", "每车延误", "delay of a vehicle", false, 1.0),
    ("arrivals_on_green", "%", "绿灯到达率", "arrivals on green", true, 100.0),
];

/// Means by group, of one series in one period: by day or by hour, then by time of day.
type Groups = BTreeMap<(Date, Option<u32>), BTreeMap<u32, (f64, f64)>>;

/// Compares two periods of a corridor.
pub(super) fn compare(
    reader: &Reader,
    network: &Network,
    corridor: &Corridor,
    a: Stretch,
    b: Stretch,
) -> Result<Report, StoreError> {
    let calendar = Calendar::new(network);
    let long = |s: Stretch| s.1.elapsed_since(s.0) > FINE;
    let span = if long(a) || long(b) { Span::Hour } else { Span::FiveMinutes };
    let days = |s: Stretch| whole_days(&calendar, s);
    let by_hour = days(a) < 2 || days(b) < 2;
    let mut rows = Vec::new();
    for (way, zh, en) in [("outbound", "上行", "outbound"), ("inbound", "下行", "inbound")] {
        let place = format!("{}/{way}", corridor.id);
        for (measure, unit, measure_zh, measure_en, more_is_better, factor) in MEASURES {
            let read = |s: Stretch| reader.samples(measure, &place, span, s.0, s.1, MOST);
            let groups = |samples: &[Sample]| grouped(&calendar, samples, factor, by_hour);
            let (a, b) = (groups(&read(a)?), groups(&read(b)?));
            let compared = Compared::of(&a, &b, by_hour);
            rows.push(Row {
                measure: format!("{measure}/{way}"),
                name: text(&format!("{measure_zh}（{zh}）"), &format!("{measure_en}, {en}")),
                unit,
                more_is_better,
                a: compared.a,
                b: compared.b,
                difference: compared.difference,
                lo: compared.interval.map(|i| i.0),
                hi: compared.interval.map(|i| i.1),
                n: compared.n,
            });
        }
    }
    Ok(Report { by: if by_hour { "hour" } else { "day" }, rows, notes: notes(by_hour) })
}

fn notes(by_hour: bool) -> Vec<Text> {
    let mut notes = vec![match by_hour {
        false => text(
            "按天比较：每天取两个时段共有的时刻求平均，差值的 95 % 区间按韦尔奇方法计算。",
            "Days are compared: each day's mean over the times of day both periods have; 95 % interval after Welch.",
        ),
        true => text(
            "某一时段不足两天，按小时比较：同一天的小时相互关联，区间偏窄。",
            "A period has fewer than two days, so hours are compared. Hours of a day lean on each other: the interval is too narrow.",
        ),
    }];
    notes.push(text(
        "由检测器推算，不是实测行程时间；两时段的天气、需求可能不同。",
        "Reckoned from detectors, no measured trips; weather and demand of the periods may differ.",
    ));
    notes
}

/// Days that a stretch touches.
fn whole_days(calendar: &Calendar, (from, until): Stretch) -> i64 {
    let last = until - Tenths::new(1);
    calendar.date(last).days() - calendar.date(from).days() + 1
}

/// Sums of a series by day (and hour), then by time of day.
fn grouped(calendar: &Calendar, samples: &[Sample], factor: f64, by_hour: bool) -> Groups {
    let mut groups = Groups::new();
    for sample in samples {
        let Some(mean) = sample.mean() else { continue };
        let second = calendar.second_of_day(sample.at);
        let key = (calendar.date(sample.at), by_hour.then_some(second / 3600));
        let sums = groups.entry(key).or_default().entry(second).or_default();
        *sums = (sums.0 + 1.0, sums.1 + mean * factor);
    }
    groups
}

/// One series of two periods.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Compared {
    a: Option<f64>,
    b: Option<f64>,
    difference: Option<f64>,
    interval: Option<(f64, f64)>,
    n: usize,
}

impl Compared {
    fn of(a: &Groups, b: &Groups, by_hour: bool) -> Compared {
        let times = |groups: &Groups| -> BTreeSet<u32> { groups.values().flat_map(|g| g.keys().copied()).collect() };
        // Within a day before and after are other times of day: there nothing would be common.
        let common: Option<BTreeSet<u32>> = (!by_hour).then(|| times(a).intersection(&times(b)).copied().collect());
        let means = |groups: &Groups| -> Vec<f64> {
            let mean = |group: &BTreeMap<u32, (f64, f64)>| {
                let kept = group.iter().filter(|(time, _)| common.as_ref().is_none_or(|c| c.contains(time)));
                let (n, sum) = kept.fold((0.0, 0.0), |(n, sum), (_, one)| (n + one.0, sum + one.1));
                (n > 0.0).then(|| sum / n)
            };
            groups.values().filter_map(mean).collect()
        };
        let (a, b) = (means(a), means(b));
        let (of_a, of_b) = (moments(&a), moments(&b));
        let difference = of_a.zip(of_b).map(|(a, b)| b.mean - a.mean);
        let interval = difference.zip(of_a.zip(of_b).and_then(|(a, b)| welch(a, b)));
        Compared {
            a: of_a.map(|m| m.mean),
            b: of_b.map(|m| m.mean),
            difference,
            interval: interval.map(|(d, half)| (d - half, d + half)),
            n: a.len() + b.len(),
        }
    }
}

/// Mean of some values, and the variance of that mean.
#[derive(Debug, Clone, Copy)]
struct Moments {
    n: f64,
    mean: f64,
    /// Absent of a single value.
    variance: Option<f64>,
}

fn moments(values: &[f64]) -> Option<Moments> {
    let n = values.len() as f64;
    let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / n)?;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    Some(Moments { n, mean, variance: (values.len() > 1).then(|| squares / (n - 1.0) / n) })
}

/// Half the width of the 95 % interval of a difference of means (Welch 1947), degrees of freedom after Satterthwaite.
fn welch(a: Moments, b: Moments) -> Option<f64> {
    let (va, vb) = (a.variance?, b.variance?);
    let all = va + vb;
    if all <= 0.0 {
        // Values that are all alike say nothing about how much they vary.
        return None;
    }
    let freedom = all * all / (va * va / (a.n - 1.0) + vb * vb / (b.n - 1.0));
    Some(t_975(freedom) * all.sqrt())
}

/// The 97.5 % point of Student's t: the table of whole degrees of freedom, rounded down to be on the safe side; beyond 30 the
/// expansion of Cornish and Fisher around the normal (Abramowitz and Stegun 26.7.5).
fn t_975(freedom: f64) -> f64 {
    const TABLE: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];
    let whole = freedom.max(1.0).floor();
    if whole <= 30.0 {
        return TABLE[whole as usize - 1];
    }
    let z: f64 = 1.959_964;
    z + (z.powi(3) + z) / (4.0 * freedom) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom * freedom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_t_table_is_continued_without_a_jump() {
        assert!((t_975(30.9) - 2.042).abs() < 1e-9);
        // tables: 31 degrees 2.0395, 60 degrees 2.0003, 120 degrees 1.9799
        for (freedom, t) in [(31.0, 2.0395), (60.0, 2.0003), (120.0, 1.9799), (1e9, 1.95996)] {
            assert!((t_975(freedom) - t).abs() < 2e-4, "{freedom}: {}", t_975(freedom));
        }
    }

    #[test]
    fn welch_is_the_textbooks() {
        // NIST's example AUTO83B: 249 cars of 20.14458 and 79 of 30.48101 miles a gallon, deviations 6.41470 and 6.10771
        let of = |n: f64, mean: f64, deviation: f64| Moments { n, mean, variance: Some(deviation * deviation / n) };
        let (us, japan) = (of(249.0, 20.14458, 6.41470), of(79.0, 30.48101, 6.10771));
        let half = welch(us, japan).expect("an interval");
        // unequal variances: t = -12.94627 of the difference -10.33643, so an error of 0.79841; 136.8750 degrees of freedom
        assert!((half / t_975(136.875) - 10.33643 / 12.94627).abs() < 1e-4, "{half}");
        assert!(welch(of(3.0, 1.0, 0.0), of(3.0, 2.0, 0.0)).is_none());
        assert!(moments(&[]).is_none() && moments(&[2.0]).is_some_and(|m| m.variance.is_none()));
    }

    /// A day's place among the groups, and its sums by time.
    type Day = ((Date, Option<u32>), BTreeMap<u32, (f64, f64)>);

    fn day(n: i64, times: &[(u32, f64)]) -> Day {
        ((Date::from_days(20_000 + n), None), times.iter().map(|(at, x)| (*at, (1.0, *x))).collect())
    }

    #[test]
    fn days_are_compared_over_the_times_both_have() {
        // the second period lacks the slow evening: without looking, it would be faster
        let a: Groups = [day(0, &[(25_200, 30.0), (64_800, 10.0)]), day(1, &[(25_200, 32.0), (64_800, 12.0)])].into();
        let b: Groups = [day(7, &[(25_200, 30.0)]), day(8, &[(25_200, 32.0)])].into();
        let compared = Compared::of(&a, &b, false);
        assert_eq!((compared.a, compared.b, compared.difference, compared.n), (Some(31.0), Some(31.0), Some(0.0), 4));
        let (lo, hi) = compared.interval.expect("two days each");
        assert!((lo + hi).abs() < 1e-9 && hi > 4.0 && hi < 7.0, "{lo} {hi}");
        let nothing = Compared::of(&a, &Groups::new(), false);
        assert_eq!((nothing.b, nothing.difference, nothing.interval), (None, None, None));
    }
}
