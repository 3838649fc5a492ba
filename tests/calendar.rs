//! Which period a moment lies in: weekdays, holidays, make-up workdays, school terms, and what hangs on the period.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use greenwave::calendar::Calendar;
use greenwave::corridor::{Network, load};
use greenwave::optimise::{Settings, predict};
use greenwave::plan::{DayPlans, Plan};
use greenwave::units::{Date, Moment, Shift};
use std::path::Path;

fn network() -> Network {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks/cross");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| (path.display().to_string(), std::fs::read(path).unwrap());
    load(&files.iter().map(read).collect::<Vec<_>>()).unwrap_or_else(|p| panic!("{p:?}"))
}

/// A moment by local date and time, UTC+8.
fn at(date: (u16, u8, u8), hour: i64, minute: i64) -> Moment {
    let midnight = Date::new(date.0, date.1, date.2).unwrap().days() * 86_400 - 8 * 3600;
    Moment::new((midnight + hour * 3600 + minute * 60) * 10)
}

#[test]
fn every_day_has_its_day_plan() {
    let network = network();
    let calendar = Calendar::new(&network);
    let of = |date, hour, minute| {
        let now = at(date, hour, minute);
        let period = calendar.period(now);
        let plan = network.day_plan_of(period);
        assert_eq!(plan, calendar.day_plan(calendar.date(now)));
        (plan.id.clone(), network.periods()[period].name.en.clone())
    };
    let is = |found: (String, String), plan: &str, period: &str| assert_eq!(found, (plan.into(), period.into()));
    // A Friday outside school terms, and one in term; the school run is cut out of the day.
    is(of((2026, 8, 28), 7, 30), "ordinary", "day");
    is(of((2026, 9, 4), 7, 9), "ordinary+school", "day");
    is(of((2026, 9, 4), 7, 10), "ordinary+school", "school run");
    is(of((2026, 9, 4), 8, 0), "ordinary+school", "day");
    is(of((2026, 9, 4), 16, 30), "ordinary+school", "school's end");
    is(of((2026, 9, 4), 20, 0), "ordinary+school", "night");
    // Saturdays and Sundays rest, whatever the term.
    is(of((2026, 9, 5), 7, 30), "rest", "all day");
    is(of((2026, 9, 6), 23, 59), "rest", "all day");
    // The National Day's week, the day after it, and the Saturday that makes up for it: work, and school.
    is(of((2026, 9, 30), 23, 59), "ordinary+school", "night");
    is(of((2026, 10, 1), 0, 0), "rest", "all day");
    is(of((2026, 10, 7), 7, 30), "rest", "all day");
    is(of((2026, 10, 8), 7, 30), "ordinary+school", "school run");
    is(of((2026, 10, 10), 7, 30), "ordinary+school", "school run");
    is(of((2026, 10, 11), 7, 30), "rest", "all day");
    // The term's last day and the first without.
    is(of((2027, 1, 22), 7, 30), "ordinary+school", "school run");
    is(of((2027, 1, 25), 7, 30), "ordinary", "day");
}

#[test]
fn every_second_of_every_day_plan_has_one_period() {
    let network = network();
    let calendar = Calendar::new(&network);
    let mut next = 0;
    for plan in &network.almanac().plans {
        assert_eq!(plan.periods.start, next, "day plans follow each other");
        next = plan.periods.end;
        let periods = &network.periods()[plan.periods.clone()];
        assert_eq!((periods[0].from_s, periods[periods.len() - 1].to_s), (0, 86_400));
        assert!(periods.windows(2).all(|w| w[0].to_s == w[1].from_s) && periods.iter().all(|p| p.from_s < p.to_s));
        for period in plan.periods.clone() {
            let [before, after] = calendar.neighbours(period);
            assert!(plan.periods.contains(&before) && plan.periods.contains(&after));
            let ends = |k: usize| network.periods()[k].to_s;
            assert_eq!(ends(before).rem_euclid(86_400), network.periods()[period].from_s);
            assert_eq!(ends(period).rem_euclid(86_400), network.periods()[after].from_s);
        }
    }
    assert_eq!(next, network.periods().len());
    let day = Date::new(2026, 9, 4).unwrap();
    for second in (0..86_400).step_by(60) {
        let period = &network.periods()[calendar.period_on(day, second)];
        assert!((period.from_s..period.to_s).contains(&second));
    }
}

#[test]
fn a_direction_counts_for_what_its_period_says() {
    let network = network();
    let weights = |name: &str| {
        let period = network.periods().iter().position(|p| p.name.en == name).unwrap();
        network.weights(period)
    };
    assert_eq!(weights("school run"), [[1.0, 1.0], [2.0, 0.5]]);
    assert_eq!(weights("night"), [[1.0, 1.0], [1.0, 1.0]]);
    // One vehicle's delay outbound costs four times the same delay inbound.
    let cost = |approach: &str, weights: Vec<[f64; 2]>| {
        let mut csv = String::from("intersection,approach,movement,start_s,vehicles\n");
        for hour in 0..24 {
            csv += &format!("w1,{approach},T,{},300\n", hour * 3600);
        }
        let profile = greenwave::demand::DayProfile::parse(&network, csv.as_bytes()).unwrap();
        let own = |at: &greenwave::corridor::Intersection| {
            Plan::from_greens(at, &at.local_plan.greens, Shift::new(0)).unwrap()
        };
        let plans: Vec<Plan> = network.intersections().iter().map(own).collect();
        let mut settings = Settings::default().weighing(weights);
        settings.objective.stop_penalty_s = 0.0;
        predict(&network, &profile.at(30_000), &plans, &settings).unwrap().objective
    };
    for (approach, factor) in [("W", 2.0), ("E", 0.5), ("S", 1.0)] {
        let (weighed, plain) = (cost(approach, weights("school run")), cost(approach, weights("night")));
        assert!(plain > 100.0 && (weighed / plain - factor).abs() < 1e-9, "{approach}: {weighed} {plain}");
    }
}

#[test]
fn a_book_of_several_day_plans_is_read_as_it_was_written() {
    let network = network();
    let plans = |period: usize| -> Vec<Plan> {
        let own = |at: &greenwave::corridor::Intersection| {
            Plan::from_greens(at, &at.local_plan.greens, Shift::new(10 * period as i64))
        };
        network.intersections().iter().map(|at| own(at).unwrap()).collect()
    };
    let book = DayPlans::new(&network, (0..network.periods().len()).map(plans).collect()).unwrap();
    let text = book.to_toml(&network, "test");
    assert_eq!(DayPlans::parse(&network, &text).unwrap(), book);
    let wrong = text.replacen("day_plan = \"rest\"", "day_plan = \"ordinary\"", 1);
    let told = DayPlans::parse(&network, &wrong).unwrap_err().to_string();
    assert!(told.contains("of day_plan = \"rest\""), "{told}");
}
