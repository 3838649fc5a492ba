//! Escorts: greens that open in time and are let go again, within everything the guard, the cabinets and the monitors hold.

use crate::IDS;
use crate::kit::{Fate, START, Street, plans, setup_of, three};
use greenwave::control::{
    Decision, EndedBy, Ends, Escort, Event, Intervention, Order, Place, Progress, Row, Vehicle, route,
};
use greenwave::corridor::{Arm, IntersectionIndex, Movement, Network, load};
use greenwave::field::Ask;
use greenwave::units::{Metres, MetresPerSecond, Tenths};
use greenwave_sim::cabinet::Mode;
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

fn index(k: usize) -> IntersectionIndex {
    IntersectionIndex(k)
}

/// An escort over some intersections at 50 km/h that starts in so many seconds.
fn escort(street: &Street, over: &[usize], ends: Ends, starts_s: u32) -> Escort {
    let over: Vec<IntersectionIndex> = over.iter().copied().map(index).collect();
    let ends = Ends { speed: Some(MetresPerSecond::from_km_h(50.0).unwrap()), ..ends };
    let starts = street.rig.moment(street.second) + Tenths::from_seconds(starts_s);
    Escort {
        name: "120-1".into(),
        vehicle: Vehicle::Ambulance,
        route: route(&street.network, &over, ends).unwrap(),
        starts,
    }
}

fn begin(street: &mut Street, id: u64, what: Escort, seconds: u32) {
    let until = street.rig.moment(street.second) + Tenths::from_seconds(seconds);
    street.tell(Event::Order(Order::Begin { id, what: Intervention::Escort(what), until }));
    street.tick();
}

fn report(street: &Street, id: u64) -> Option<(Option<Tenths>, Vec<Row>)> {
    street.diary.iter().find_map(|(_, d)| match d {
        Decision::EscortReport { order, travel, rows, .. } if *order == id => Some((*travel, rows.clone())),
        _ => None,
    })
}

fn reported(street: &mut Street, id: u64) -> (Option<Tenths>, Vec<Row>) {
    street.run_until("its report", 2500, |s| report(s, id).is_some());
    report(street, id).unwrap()
}

fn ended(street: &Street, id: u64, by: EndedBy) -> bool {
    street.decided(0, |d| matches!(d, Decision::Ended { order, by: why, .. } if *order == id && *why == by))
}

fn in_step(network: Network) -> Street {
    let network = Arc::new(network);
    let setup = setup_of(&network, plans(&network, 100, [0, 274, 648]), true);
    let mut street = Street::of(setup, START, 0, |_| ());
    street.run_until_in_step(1500);
    street
}

/// Escorts at every tenth of the cycle, with requests that arrive and without: how long they take, and the most cycles of recovery.
fn travels(helped: bool, over: &[usize]) -> (Vec<f64>, u32) {
    let mut street = in_step(three());
    if !helped {
        street.line.hook =
            Box::new(|request, _| if request.ask() == Ask::StageRequest { Fate::Silent } else { Fate::Pass });
    }
    let (mut all, mut most) = (Vec::new(), 0);
    for k in 0..10 {
        let what = escort(&street, over, Ends::default(), 40);
        begin(&mut street, k, what, 900);
        let (travel, rows) = reported(&mut street, k);
        assert!(ended(&street, k, EndedBy::Done));
        all.push(travel.unwrap().seconds());
        most = rows.iter().filter_map(|row| row.recovery_cycles).max().unwrap_or(0).max(most);
        if helped {
            assert!(rows.iter().all(|row| row.progress == Progress::Passed), "{rows:#?}");
        }
        // Another tenth of the cycle for the next.
        let now = street.rig.moment(street.second).count();
        let wait = (i64::try_from(k).unwrap() * 100 + 100 - now).rem_euclid(1000) / 10;
        street.run(u32::try_from(wait).unwrap());
    }
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
    (all, most)
}

#[test]
fn an_escort_finds_green_where_without_it_it_would_wait_and_the_street_recovers() {
    for over in [&[0, 1, 2][..], &[2, 1, 0]] {
        let ((with, cycles), (without, _)) = (travels(true, over), travels(false, over));
        let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;

        assert!(cycles <= 3, "{cycles} cycles");
        assert!(mean(&with) < mean(&without) - 5.0, "with {with:?}\nwithout {without:?}");
        let free: f64 = (500.0 + 400.0 + 400.0) / (50.0 / 3.6);
        assert!(mean(&with) < 1.25 * free, "{with:?} against {free}");
    }
}

#[test]
fn of_two_that_meet_the_earlier_is_served_and_the_later_is_told() {
    let mut street = in_step(three());
    let (first, second) = (
        escort(
            &street,
            &[0],
            Ends { from: Some(Arm::W), starts_before: Metres::new(500.0).ok(), ..Ends::default() },
            0,
        ),
        escort(
            &street,
            &[0],
            Ends { from: Some(Arm::S), starts_before: Metres::new(600.0).ok(), ..Ends::default() },
            0,
        ),
    );
    begin(&mut street, 1, second, 600);
    begin(&mut street, 2, first, 600);
    reported(&mut street, 1);
    reported(&mut street, 2);
    let told: Vec<(u64, u64)> = street
        .diary
        .iter()
        .filter_map(|(_, d)| match d {
            Decision::EscortYields { order, to, intersection } if intersection == IDS[0] => Some((*order, *to)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(1, 2)], "told once");
    let passed = |id| report(&street, id).unwrap().1[0].passed.unwrap();
    assert!(passed(2) < passed(1));
    assert!(ended(&street, 1, EndedBy::Done) && ended(&street, 2, EndedBy::Done));
    assert_eq!(street.violations, 0);
}

#[test]
fn where_a_countdown_stands_nothing_is_asked_and_with_time_the_plan_is_moved() {
    let text = include_str!("../../corridors/three.toml");
    let line = "127.0.0.1:15102\", unit = 1,";
    let text = text.replace(line, &format!("{line} countdown = true,"));
    let network = || load(&[("three.toml".to_owned(), text.clone().into_bytes())]).unwrap_or_else(|p| panic!("{p:?}"));
    for (starts, moved) in [(30, false), (900, true)] {
        let mut street = in_step(network());
        let (second, before) = (street.second, street.core.targets().to_vec());
        // Arrive at red by programme.
        let mut wait = 0;
        while street.core.targets()[1]
            .green(
                &street.network.intersections()[1],
                street.network.intersections()[1].phase_for(Arm::W, Movement::Through).unwrap(),
            )
            .unwrap()
            .covers(
                escort(&street, &[0, 1, 2], Ends::default(), starts + wait)
                    .route
                    .iter()
                    .take(2)
                    .fold(street.rig.moment(street.second) + Tenths::from_seconds(starts + wait), |at, leg| {
                        at + leg.speed.time_over(leg.distance)
                    }),
            )
        {
            wait += 5;
        }
        let what = escort(&street, &[0, 1, 2], Ends::default(), starts + wait);
        begin(&mut street, 1, what, 2400);
        let foretold = street.diary.iter().find_map(|(_, d)| match d {
            Decision::EscortForetold { rows, .. } => Some(rows.clone()),
            _ => None,
        });
        let row = foretold.unwrap()[1].clone();
        assert_eq!(row.progress, Progress::Countdown);
        assert_eq!(street.core.targets() != before, moved);
        let (travel, rows) = reported(&mut street, 1);
        assert!(travel.is_some() && rows[1].sent == 0);
        let asked = street.written(second, Ask::StageRequest);
        assert!(asked.iter().all(|(k, _)| *k != 1), "{asked:?}");
        if moved {
            assert!(rows[1].passed.unwrap().since(rows[1].foretold).seconds() < 8.0, "{rows:#?}");
        }
        street.run_until("as before", 2000, |s| {
            s.core.targets() == before
                && s.core.sessions()[1].running().is_some_and(|r| {
                    r.plan.splits == before[1].splits
                        && before[1]
                            .cycle
                            .shorter_way(greenwave::units::Shift::new(
                                i64::from(r.plan.offset.since_zero().count())
                                    - i64::from(before[1].offset.since_zero().count()),
                            ))
                            .magnitude()
                            <= 5
                })
        });
        assert_eq!(street.violations, 0);
    }
}

#[test]
fn a_link_lost_in_the_middle_costs_that_intersection_and_no_other() {
    let mut street = in_step(three());
    let from = street.second + 20;
    street.line.hook = Box::new(move |request, second| {
        if request.cabinet() == index(1) && (from..from + 150).contains(&second) { Fate::Silent } else { Fate::Pass }
    });
    let what = escort(&street, &[0, 1, 2], Ends::default(), 30);
    begin(&mut street, 1, what, 900);
    street.run_until("it is lost", 200, |s| s.core.escorts().any(|run| run.rows[1].progress == Progress::Lost));
    let (travel, rows) = reported(&mut street, 1);
    assert!(travel.is_some() && rows[0].progress == Progress::Passed && rows[2].progress == Progress::Passed);
    assert!(ended(&street, 1, EndedBy::Done));
    street.run(600);
    assert_eq!(street.violations, 0);
}

#[test]
fn an_escort_ends_with_its_time_and_lets_everything_go() {
    let mut street = in_step(three());
    for (id, by) in [(1, EndedBy::Expiry), (2, EndedBy::Person)] {
        let what = escort(&street, &[0, 1, 2], Ends::default(), 40);
        begin(&mut street, id, what, 70);
        if by == EndedBy::Person {
            street.run(50);
            street.tell(Event::Order(Order::End { id }));
        }
        street.run_until("it ends", 100, |s| ended(s, id, by));
        assert_eq!(street.core.standing().count(), 0);
        let (travel, rows) = reported(&mut street, id);
        assert_eq!(travel, None);
        assert!(rows.iter().all(|row| row.recovery_cycles.is_none_or(|cycles| cycles <= 3)), "{rows:#?}");
        let second = street.second;
        street.run(200);
        assert!(street.written(second, Ask::StageRequest).is_empty());
    }
    assert_eq!(street.violations, 0);
}

#[test]
fn positions_correct_the_wave_and_say_when_it_has_passed() {
    let mut street = in_step(three());
    let what = escort(&street, &[0, 1, 2], Ends::default(), 0);
    let legs = what.route.clone();
    begin(&mut street, 1, what, 1200);
    // It drives at half the speed that was foretold, and stops nowhere.
    let (mut leg, mut left) = (0, legs[0].distance.get());
    while leg < 3 {
        street.run(2);
        left -= 2.0 * 25.0 / 3.6;
        let at = street.rig.moment(street.second);
        if left <= 0.0 {
            street.tell(Event::Order(Order::Position { id: 1, at, place: Place::Passed { intersection: index(leg) } }));
            leg += 1;
            left += legs.get(leg).map_or(0.0, |leg| leg.distance.get());
        } else {
            let metres = Metres::new(left).unwrap();
            let place = Place::Before { intersection: index(leg), metres };
            street.tell(Event::Order(Order::Position { id: 1, at, place }));
        }
    }
    let (travel, rows) = reported(&mut street, 1);
    let driven = legs.iter().map(|leg| leg.distance.get()).sum::<f64>() / (25.0 / 3.6);
    assert!((travel.unwrap().seconds() - driven).abs() < 10.0, "{travel:?} against {driven}");
    for row in &rows {
        let green = row.green_from.is_some_and(|from| from <= row.passed.unwrap());
        assert!(green, "{row:#?}");
    }
    let refused = |street: &Street| street.decided(0, |d| matches!(d, Decision::RefusedOrder { order: 1, .. }));
    assert!(!refused(&street));
    let (at, place) = (street.rig.moment(street.second), Place::Passed { intersection: index(0) });
    street.tell(Event::Order(Order::Position { id: 1, at, place }));
    street.tick();
    assert!(refused(&street), "it has arrived");
    assert_eq!(street.violations, 0);
}

#[test]
fn what_is_no_escort_is_refused() {
    let mut street = in_step(three());
    let sound = escort(&street, &[0, 1], Ends::default(), 10);
    let fast = |mut e: Escort| {
        e.route[0].speed = MetresPerSecond::from_km_h(200.0).unwrap();
        e
    };
    let late = |mut e: Escort| {
        e.starts = e.starts - Tenths::from_seconds(3600);
        e
    };
    let wrong = |mut e: Escort| {
        e.route[1].movement = Movement::UTurn;
        e
    };
    let cases = [
        (Escort { route: Vec::new(), ..sound.clone() }, "names no intersection"),
        (fast(sound.clone()), "nobody drives so fast"),
        (late(sound.clone()), "it started long ago"),
        (wrong(sound.clone()), "t2: no phase serves U from W"),
        (
            Escort { starts: sound.starts + Tenths::from_seconds(5000), ..sound.clone() },
            "starts after its order is over",
        ),
    ];
    for (id, (what, part)) in (1..).zip(cases) {
        begin(&mut street, id, what, 600);
        let said = street.diary.iter().rev().find_map(|(_, d)| match d {
            Decision::RefusedOrder { problems, .. } => {
                Some(problems.iter().map(ToString::to_string).collect::<String>())
            }
            _ => None,
        });
        assert!(said.as_ref().is_some_and(|s| s.contains(part)), "{part}: {said:?}");
    }
    assert_eq!(street.core.escorts().count(), 0);
}

#[test]
fn no_storm_of_escorts_shows_the_monitors_anything() {
    for seed in 0..3 {
        let mut chance = Pcg64Mcg::new(0xe5c0 + (seed << 8));
        let mut street = in_step(three());
        for id in 0..25 {
            let ways: [&[usize]; 5] = [&[0, 1, 2], &[2, 1, 0], &[1, 2], &[0], &[2]];
            let over = ways[chance.random_range(0..5)];
            let side = [Arm::S, Arm::N, Arm::E, Arm::W][chance.random_range(0..4)];
            let last = [Movement::Left, Movement::Through, Movement::Right][chance.random_range(0..3)];
            let ends = Ends { from: (over.len() == 1).then_some(side), last: Some(last), ..Ends::default() };
            let all: Vec<IntersectionIndex> = over.iter().copied().map(index).collect();
            if let Ok(route) = route(&street.network, &all, ends) {
                let starts = street.rig.moment(street.second) + Tenths::from_seconds(chance.random_range(0..60));
                let what = Escort { name: format!("{id}"), vehicle: Vehicle::Fire, route, starts };
                begin(&mut street, id, what, chance.random_range(1..400));
            }
            if chance.random_range(0..4_u32) == 0 {
                street.wish = Some(plans(&street.network.clone(), 100 + 10 * chance.random_range(0..4), [0, 300, 600]));
            }
            street.run(chance.random_range(0..90));
        }
        street.run_until("all are over", 1500, |s| s.core.standing().count() == 0 && s.core.escorts().count() == 0);
        let longest = street.diary.iter().filter_map(|(_, d)| match d {
            Decision::EscortRecovered { cycles, .. } => Some(*cycles),
            _ => None,
        });

        assert!(longest.max().is_some_and(|most| most <= 3), "seed {seed}");
        assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0), "seed {seed}");
    }
}
