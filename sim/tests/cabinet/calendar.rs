//! The cabinet's own calendar: days of the week, dates, and what its clock counts offsets from.

use crate::kit::*;
use greenwave_sim::cabinet::*;

const HOUR: i64 = 36_000;
const DAY: i64 = 24 * HOUR;
/// T is a Monday, 08:00 local.
const MIDNIGHT: i64 = T - 8 * HOUR;
/// 2026-03-02 as days since 1970-01-01.
const MONDAY: i64 = 20_514;

/// Plans told apart by their cycle: `seconds` of it.
fn plan(seconds: i64) -> LocalPlan {
    free(&[10 * seconds - 150 - 150 - 300, 150, 300], 0)
}

fn line(hour: u32, seconds: i64) -> DayEntry {
    DayEntry { from_s: hour * 3600, plan: plan(seconds) }
}

/// Cycle of the plan that runs, s.
fn runs(cabinet: &mut Cabinet, at: i64) -> u16 {
    // A plan begins with a cycle: give it one.
    cabinet.advance(at + 1800, &[]);
    cabinet.read(208, 1).unwrap()[0] / 10
}

#[test]
fn weekdays_and_dates_have_day_plans_of_their_own() {
    let weekend = Days::Weekdays([false, false, false, false, false, true, true]);
    let mut cabinet = Cabinet::new(
        CabinetSpec {
            day_plan: vec![line(7, 100), line(20, 80)],
            day_types: vec![
                // Saturday is a make-up workday: the first that fits wins.
                DayType { days: Days::Dates(MONDAY + 5, MONDAY + 5), day_plan: vec![line(9, 110)] },
                DayType { days: weekend, day_plan: vec![line(8, 90), line(22, 85)] },
            ],
            ..spec()
        },
        T,
    )
    .unwrap();
    let at = |day: i64, hour: i64| MIDNIGHT + day * DAY + hour * HOUR;
    let story = [
        (at(0, 9), 100),
        (at(0, 21), 80),
        (at(1, 3), 80), // before the first line of Tuesday: Monday's last
        (at(4, 12), 100),
        (at(5, 3), 80), // Saturday, before its first line: Friday's last
        (at(5, 12), 110),
        (at(6, 3), 110), // Sunday: Saturday's last, which was the make-up workday's
        (at(6, 12), 90),
        (at(6, 23), 85),
        (at(7, 5), 85),
        (at(7, 12), 100),
    ];
    for (time, seconds) in story {
        assert_eq!(runs(&mut cabinet, time), seconds, "day {}", (time - MIDNIGHT) / DAY);
    }
}

#[test]
fn lines_of_every_day_type_are_judged() {
    let with = |day_plan| CabinetSpec { day_types: vec![DayType { days: Days::Dates(0, 0), day_plan }], ..spec() };
    let refused = |day_plan| Cabinet::new(with(day_plan), T).unwrap_err();
    assert_eq!(refused(vec![]), SpecError::Shape { what: "day types" });
    assert_eq!(refused(vec![line(7, 100), line(7, 90)]), SpecError::DayOrder(2));
    let short = LocalPlan { greens: vec![189, 150, 300], ..plan(100) };
    let breach = SpecError::DayPlan { line: 1, breach: Breach::Green(0) };
    assert_eq!(refused(vec![DayEntry { from_s: 0, plan: short }]), breach);
}

#[test]
fn offsets_count_from_the_epoch_or_from_local_midnight() {
    // A cycle of 70 s divides neither the time since the epoch nor a day.
    let day = [(0, coordinated(&[230, 80, 240], 100))];
    let mut by_epoch = Cabinet::new(with_day(&day), T).unwrap();
    let mut by_day = Cabinet::new(CabinetSpec { clock_zero: ClockZero::LocalMidnight, ..with_day(&day) }, T).unwrap();
    for hours in [1, 10, 30] {
        // The day after the clock counts anew, and the cabinet brings itself back into step.
        let now = T + hours * HOUR;
        by_epoch.advance(now, &[]);
        by_day.advance(now, &[]);
        let midnight = MIDNIGHT + (now - MIDNIGHT) / DAY * DAY;
        assert_eq!(by_epoch.cycle_start().unwrap().rem_euclid(700), 100);
        assert_eq!((by_day.cycle_start().unwrap() - midnight).rem_euclid(700), 100, "after {hours} h");
        // The register speaks of the epoch either way.
        let offset = i64::from(by_day.read(209, 1).unwrap()[0]);
        assert_eq!(offset, by_day.cycle_start().unwrap().rem_euclid(700));
    }
    assert!(!by_day.in_transition());
}
