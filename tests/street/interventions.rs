//! Orders of people: what each does, that it ends by itself and can be undone, what is refused, and that no storm of them shows the
//! monitors anything.

use crate::IDS;
use crate::kit::{START, Street, plans, setup, setup_of};
use greenwave::control::{Coordinator, Decision, EndedBy, Event, Intervention, Kind, Mode as CoreMode, Order};
use greenwave::corridor::{Arm, IntersectionIndex, LaneState, Weather};
use greenwave::detection::Health;
use greenwave::field::Ask;
use greenwave::plan::Plan;
use greenwave::transition::same_wave;
use greenwave::units::{Moment, Tenths};
use greenwave_sim::cabinet::{Cabinet, Mode};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

fn index(k: usize) -> IntersectionIndex {
    IntersectionIndex(k)
}

fn until(street: &Street, seconds: u32) -> Moment {
    street.rig.moment(street.second) + Tenths::from_seconds(seconds)
}

fn begin(street: &mut Street, id: u64, what: Intervention, seconds: u32) {
    let until = until(street, seconds);
    street.tell(Event::Order(Order::Begin { id, what, until }));
    street.tick();
}

fn end(street: &mut Street, id: u64) {
    street.tell(Event::Order(Order::End { id }));
    street.tick();
}

fn ended(street: &Street, place: usize, id: u64, by: EndedBy) -> bool {
    street.decided(place, |d| matches!(d, Decision::Ended { order, by: why, .. } if *order == id && *why == by))
}

/// The reasons for which the last order was refused.
fn refused(street: &Street) -> Vec<String> {
    let last = street.diary.iter().rev().find_map(|(_, d)| match d {
        Decision::RefusedOrder { problems, .. } => Some(problems.iter().map(ToString::to_string).collect()),
        _ => None,
    });
    last.unwrap_or_default()
}

fn in_step() -> Street {
    let mut street = Street::begin(true);
    street.run_until_in_step(1500);
    street
}

fn step_again(street: &mut Street, place: usize) {
    street.run_until("in step again", 2000, |s| s.decided(place, |d| *d == Decision::InStep));
}

#[test]
fn plans_of_a_person_stand_against_calendar_and_adaptation_until_they_end() {
    let mut street = in_step();
    let (day, wanted) = (street.core.targets().to_vec(), plans(&street.network, 120, [0, 500, 900]));
    let all = |plans: &[Plan]| plans.iter().cloned().enumerate().map(|(k, p)| (index(k), p)).collect::<Vec<_>>();
    let place = street.diary.len();
    begin(&mut street, 7, Intervention::Plans(all(&wanted)), 2400);
    assert!(street.decided(place, |d| matches!(d, Decision::Began { order: 7, kind: Kind::Plans, .. })));
    assert_eq!(street.core.standing().map(|s| s.id).collect::<Vec<_>>(), [7]);
    step_again(&mut street, place);
    assert!(same_wave(street.core.targets(), &wanted));
    let (asked, place) = (street.works.len(), street.diary.len());
    street.wish = Some(plans(&street.network.clone(), 110, [0, 0, 0]));
    street.run(900);
    assert_eq!(street.works.len(), asked, "nothing else is looked for");
    assert!(same_wave(street.core.targets(), &wanted));
    street.wish = None;
    street.run_until("its end", 2400, |s| ended(s, place, 7, EndedBy::Expiry));
    assert_eq!(street.core.standing().count(), 0);
    step_again(&mut street, place);
    assert!(same_wave(street.core.targets(), &day));
    street.run(400);
    assert!(street.works.len() > asked);
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
}

#[test]
fn of_two_orders_the_later_counts_and_the_earlier_comes_back() {
    let mut street = in_step();
    let day = street.core.targets().to_vec();
    let other = |street: &Street, k: usize, offset: i64| {
        let target = &street.core.targets()[k];
        vec![(index(k), target.at_offset(target.offset.since_zero().later() + greenwave::units::Shift::new(offset)))]
    };
    let (first, second) = (other(&street, 1, 100), other(&street, 1, 200));
    for (id, what) in [(1, first.clone()), (2, second.clone())] {
        begin(&mut street, id, Intervention::Plans(what.clone()), 7200);
        assert_eq!(street.core.targets()[1], what[0].1);
        assert_eq!([&street.core.targets()[0], &street.core.targets()[2]], [&day[0], &day[2]], "who is tied stays");
        let place = street.diary.len();
        step_again(&mut street, place);
    }
    street.wish = Some(plans(&street.network.clone(), 120, [0, 0, 0]));
    street.run(600);
    assert_eq!(street.core.targets()[1], second[0].1);
    end(&mut street, 2);
    assert_eq!(street.core.targets()[1], first[0].1);
    let place = street.diary.len();
    end(&mut street, 1);
    assert!(same_wave(street.core.targets(), &day));
    step_again(&mut street, place);
    assert_eq!(street.violations, 0);
}

#[test]
fn hold_keeps_what_is_aimed_at_and_decides_nothing() {
    let mut street = in_step();
    let (targets, asked) = (street.core.targets().to_vec(), street.works.len());
    begin(&mut street, 1, Intervention::Hold, 1500);
    street.wish = Some(plans(&street.network.clone(), 120, [0, 0, 0]));
    street.run(1490);
    assert_eq!((street.core.targets(), street.works.len()), (&targets[..], asked));
    let place = street.diary.len();
    street.run_until("it ends", 20, |s| ended(s, place, 1, EndedBy::Expiry));
    street.run_until("the wish is taken", 1000, |s| s.core.targets() != targets);
    assert!(street.works.len() > asked);
}

#[test]
fn freeze_follows_the_calendar_and_nothing_else() {
    // From twenty to nine on; at nine the calendar turns.
    let network = Arc::new(crate::kit::three());
    let mut setup = setup(&network, true);
    let later = network.periods().iter().position(|p| p.from_s == 9 * 3600).unwrap();
    setup.day_plans[later] = plans(&network, 120, [0, 333, 555]);
    let mut street = Street::of(setup, 31_200, 0, |_| ());
    street.run_until_in_step(1500);
    let asked = street.works.len();
    let place = street.diary.len();
    begin(&mut street, 1, Intervention::Freeze, 3600);
    street.wish = Some(plans(&network, 110, [0, 0, 0]));
    street.run_until("the calendar's plans", 1800, |s| s.decided(place, |d| matches!(d, Decision::Calendar { .. })));
    step_again(&mut street, place);
    assert!(same_wave(street.core.targets(), &plans(&network, 120, [0, 333, 555])));
    assert_eq!(street.works.len(), asked);
    end(&mut street, 1);
    street.run_until("adaptation again", 900, |s| s.works.len() > asked);
}

#[test]
fn who_is_given_back_is_left_alone_and_comes_back_together() {
    let mut street = in_step();
    let place = street.diary.len();
    begin(&mut street, 1, Intervention::Local(vec![index(0), index(2)]), 900);
    street.run_until("both are on their own", 400, |s| s.modes() == [Mode::Local, Mode::Centre, Mode::Local]);
    let given: Vec<_> = [0, 2].into_iter().filter(|&k| {
        street.decided(place, |d| matches!(d, Decision::Released { intersection, why: "a person gave it back" } if intersection == IDS[k]))
    }).collect();
    assert_eq!(given, [0, 2]);
    let second = street.second;
    street.wish = Some(plans(&street.network.clone(), 120, [0, 100, 200]));
    street.run(600 - (second - START) % 100);
    let staged = street.written(second, Ask::Stage);
    assert!(staged.iter().all(|(k, _)| *k == 1), "{staged:?}");
    assert!(street.written(second, Ask::Release).is_empty(), "told once");
    let place = street.diary.len();
    street.run_until("it ends", 900, |s| ended(s, place, 1, EndedBy::Expiry));
    let place = street.diary.len();
    step_again(&mut street, place);
    let first = street.diary[place..].iter().find_map(|(_, d)| match d {
        Decision::Staging { intersections, .. } => Some(intersections.clone()),
        _ => None,
    });
    assert!(first.is_some_and(|all| all.contains(&IDS[0].to_owned()) && all.contains(&IDS[2].to_owned())));
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
}

#[test]
fn who_is_given_back_in_the_midst_of_a_change_does_not_keep_the_others() {
    for wait in [1, 3, 6, 30] {
        let mut street = in_step();
        let place = street.diary.len();
        street.tell(Event::Aim(plans(&street.network, 120, [0, 500, 900])));
        street.run_until("staging", 60, |s| s.decided(place, |d| matches!(d, Decision::Staging { .. })));
        street.run(wait);
        begin(&mut street, 1, Intervention::Local(vec![index(1)]), 1800);
        step_again(&mut street, place);
        street.run(150);
        assert_eq!(street.modes(), [Mode::Centre, Mode::Local, Mode::Centre], "after {wait} s");
        let cycle = |k: usize| street.core.sessions()[k].running().map(|r| r.plan.cycle.length());
        assert_eq!([cycle(0), cycle(2)], [Some(Tenths::from_seconds(120)); 2], "after {wait} s");
        assert_eq!(street.violations, 0);
    }
}

#[test]
fn a_detector_put_out_of_use_is_told_as_such_and_comes_back() {
    let mut street = in_step();
    let told = |street: &Street, place: usize, is: Health| {
        let here = |d: &Decision| matches!(d, Decision::Detector { intersection, channel: 17, health } if intersection == "t2" && *health == is);
        street.decided(place, here)
    };
    let place = street.diary.len();
    let what = Intervention::Exclude { intersection: index(1), channel: 17 };
    begin(&mut street, 1, what, 3600);
    assert!(told(&street, place, Health::Excluded));
    street.run(700);
    let place = street.diary.len();
    end(&mut street, 1);
    assert!(told(&street, place, Health::Good) && ended(&street, place, 1, EndedBy::Person));
}

fn lane(at: usize, from: Arm, lane: usize, state: LaneState) -> Intervention {
    Intervention::Lane { intersection: index(at), from, lane, state }
}

#[test]
fn a_reversed_lane_that_no_plan_agrees_with_gives_the_cabinet_back_until_it_is_open() {
    let mut street = in_step();
    let place = street.diary.len();
    // The kerb lane from the west is the only one that turns right.
    begin(&mut street, 1, lane(0, Arm::W, 2, LaneState::Reversed), 1200);
    let said = street.diary[place..].iter().find_map(|(_, d)| match d {
        Decision::Lanes { intersection, breaches, replaced: false } if intersection == "t1" => Some(breaches.clone()),
        _ => None,
    });
    assert!(said.is_some_and(|breaches| breaches.iter().any(|b| b.to_string().contains("reversed lane"))));
    street.run_until("given back", 400, |s| s.modes() == [Mode::Local, Mode::Centre, Mode::Centre]);
    // Nobody can order otherwise, and adaptation goes on for the others.
    let plan = vec![(index(0), street.core.targets()[0].clone())];
    begin(&mut street, 2, Intervention::Plans(plan), 600);
    assert!(refused(&street).iter().any(|p| p.starts_with("t1: stage 1: WT would turn onto a reversed lane")));
    let asked = street.works.len();
    street.run(400);
    assert!(street.works.len() > asked && street.works.iter().all(|w| w.current.len() == 3));
    assert_eq!(street.works[asked].conditions.lanes.len(), 1);
    let place = street.diary.len();
    end(&mut street, 1);
    step_again(&mut street, place);
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
}

#[test]
fn closed_lanes_take_the_green_that_would_be_for_nobody() {
    let mut street = in_step();
    let whole = street.core.targets().to_vec();
    let place = street.diary.len();
    begin(&mut street, 1, lane(0, Arm::W, 0, LaneState::Closed), 3600);
    assert_eq!(street.core.targets(), whole, "the lefts from the east are still there");
    begin(&mut street, 2, lane(0, Arm::E, 0, LaneState::Closed), 3600);
    assert!(street.decided(place, |d| matches!(d, Decision::Lanes { replaced: true, .. })));
    let least = street.network.intersections()[0].stages[1].min_green;
    let green = |street: &Street| street.core.targets()[0].splits[1].green;
    assert_eq!((green(&street), street.core.targets()[0].cycle), (least, whole[0].cycle));
    step_again(&mut street, place);
    // What the calendar and the optimiser want later is fitted too.
    street.wish = Some(plans(&street.network.clone(), 120, [0, 274, 648]));
    let place = street.diary.len();
    street.run_until("another cycle", 1500, |s| s.core.targets()[0].cycle.length() == Tenths::from_seconds(120));
    assert_eq!(green(&street), least);
    step_again(&mut street, place);
    let place = street.diary.len();
    end(&mut street, 2);
    assert!(green(&street) > least);
    step_again(&mut street, place);
    assert_eq!((street.modes(), street.violations), ([Mode::Centre; 3], 0));
}

#[test]
fn weather_and_lanes_reach_the_optimiser() {
    let mut street = in_step();
    begin(&mut street, 1, Intervention::Weather(Weather::HeavyRain), 7200);
    begin(&mut street, 2, Intervention::Weather(Weather::Snow), 600);
    street.run(310);
    assert_eq!(street.works.last().unwrap().conditions.weather, Weather::Snow, "the later one");
    street.run(600);
    assert_eq!(street.works.last().unwrap().conditions.weather, Weather::HeavyRain);
    let work = street.works.last().unwrap().clone();
    let settings = greenwave::optimise::Settings::default();
    let dry = greenwave::control::Work { conditions: Default::default(), ..work.clone() };
    let cost = |w| greenwave::work::carry_out(&street.network, w, &settings, &|| true).candidates[0].cost;
    assert!(cost(&work).delay_veh_s_per_h > cost(&dry).delay_veh_s_per_h);
    assert!(cost(&work).worst_saturation > cost(&dry).worst_saturation);
}

#[test]
fn what_cannot_be_is_refused_with_every_reason() {
    let mut street = in_step();
    let targets = street.core.targets().to_vec();
    let short = Plan::from_greens(
        &street.network.intersections()[0],
        &[5, 1, 25, 10].map(Tenths::from_seconds),
        Default::default(),
    );
    let bad = vec![(index(0), short.unwrap()), (index(1), targets[1].clone()), (index(1), targets[1].clone())];
    begin(&mut street, 1, Intervention::Plans(bad), 90_000);
    let reasons = refused(&street).join("\n");
    for part in
        ["more than 86400 s", "t2: it is named twice", "t1: stage 1: green 5 s is below its minimum", "t1: stage 2"]
    {
        assert!(reasons.contains(part), "{part} in\n{reasons}");
    }
    let cases: [(Intervention, &str); 7] = [
        (Intervention::Plans(Vec::new()), "it names no intersection"),
        (Intervention::Local(Vec::new()), "it names no intersection"),
        (Intervention::Local(vec![index(3)]), "there is no such intersection"),
        (
            Intervention::Exclude { intersection: index(0), channel: 32 },
            "t1, channel 32: no detector is on this channel",
        ),
        (lane(0, Arm::W, 3, LaneState::Closed), "t1, from W, lane 4: the approach has 3 lanes"),
        (lane(1, Arm::N, 0, LaneState::Closed), "nothing comes from there"),
        (Intervention::Exclude { intersection: index(9), channel: 1 }, "there is no such intersection"),
    ];
    for (what, part) in cases {
        begin(&mut street, 2, what.clone(), 600);
        assert!(refused(&street).join("\n").contains(part), "{what:?}: {:?}", refused(&street));
    }
    begin(&mut street, 3, Intervention::Hold, 0);
    assert!(refused(&street)[0].contains("over before it begins"));
    begin(&mut street, 4, lane(0, Arm::W, 1, LaneState::Closed), 600);
    begin(&mut street, 4, Intervention::Hold, 600);
    assert!(refused(&street)[0].contains("an order of this number stands already"));
    begin(&mut street, 5, lane(0, Arm::W, 1, LaneState::Reversed), 600);
    assert!(refused(&street)[0].contains("an order on this lane stands"));
    end(&mut street, 99);
    assert!(refused(&street)[0].contains("no such order stands"));
    assert_eq!(street.core.standing().map(|s| s.id).collect::<Vec<_>>(), [4]);
    assert_eq!(street.core.targets(), targets);
    street.tell(Event::Stop);
    let place = street.diary.len();
    street.tick();
    assert!(ended(&street, place, 4, EndedBy::Stop));
    begin(&mut street, 6, Intervention::Hold, 600);
    assert!(refused(&street)[0].contains("every cabinet was handed back"));
}

#[test]
fn a_core_that_comes_back_and_is_handed_its_orders_again_changes_nothing() {
    let mut street = in_step();
    let wanted = plans(&street.network, 120, [0, 500, 900]);
    let what = Intervention::Plans(wanted.iter().cloned().enumerate().map(|(k, p)| (index(k), p)).collect());
    let place = street.diary.len();
    let until = until(&street, 7200);
    let orders = [
        Order::Begin { id: 1, what, until },
        Order::Begin { id: 2, what: lane(0, Arm::W, 1, LaneState::Closed), until },
        Order::Begin { id: 3, what: Intervention::Exclude { intersection: index(1), channel: 17 }, until },
    ];
    orders.iter().cloned().for_each(|order| street.tell(Event::Order(order)));
    step_again(&mut street, place);
    let running = [0, 1, 2].map(|k| street.at(k, Cabinet::running_generation));
    (0..5).for_each(|_| street.leave_alone());
    let setup = setup_of(&street.network, plans(&street.network, 100, [0, 274, 648]), true);
    street.core = Coordinator::new(setup, street.rig.moment(street.second));
    orders.iter().cloned().for_each(|order| street.tell(Event::Order(order)));
    let (place, second) = (street.diary.len(), street.second);
    street.run_until("in control", 60, |s| s.core.mode() == CoreMode::Coordinated);
    street.run(300);
    assert_eq!([0, 1, 2].map(|k| street.at(k, Cabinet::running_generation)), running);
    assert!(street.written(second, Ask::Stage).is_empty());
    assert!(street.decided(place, |d| *d == Decision::InStep));
    assert_eq!(street.core.standing().count(), 3);
    end(&mut street, 1);
    step_again(&mut street, place);
    street.run_until("the day plan", 1500, |s| {
        s.core
            .sessions()
            .iter()
            .all(|s| s.running().is_some_and(|r| r.plan.cycle.length() == Tenths::from_seconds(100)))
    });
    assert_eq!(street.violations, 0);
}

/// Any order, sound or not.
fn any(street: &Street, chance: &mut Pcg64Mcg) -> Intervention {
    let at = index(chance.random_range(0..3));
    let arm = Arm::ALL[chance.random_range(0..4)];
    match chance.random_range(0..8_u32) {
        0 => Intervention::Hold,
        1 => Intervention::Freeze,
        2 => Intervention::Local((0..3).filter(|_| chance.random()).map(index).collect()),
        3 => Intervention::Exclude { intersection: at, channel: chance.random_range(0..33) },
        4 => lane(at.0, arm, chance.random_range(0..4), LaneState::Closed),
        5 => lane(at.0, arm, chance.random_range(0..4), LaneState::Reversed),
        6 => Intervention::Weather([Weather::Rain, Weather::Snow][chance.random_range(0..2)]),
        _ => {
            let cycle = 100 + 10 * chance.random_range(0..5);
            let offsets = [0; 3].map(|_: i32| chance.random_range(0..1000));
            let all = plans(&street.network, cycle, offsets).into_iter().enumerate();
            Intervention::Plans(all.filter(|_| chance.random()).map(|(k, plan)| (index(k), plan)).collect())
        }
    }
}

#[test]
fn no_storm_of_orders_shows_the_monitors_anything_and_afterwards_all_is_as_before() {
    for seed in 0..3 {
        let mut chance = Pcg64Mcg::new(0x0bad_5eed + (seed << 8));
        let mut street = in_step();
        let day = street.core.targets().to_vec();
        for id in 0..120 {
            let what = any(&street, &mut chance);
            begin(&mut street, id, what, chance.random_range(1..900));
            if chance.random_range(0..3_u32) == 0 {
                end(&mut street, chance.random_range(0..=id));
            }
            street.run(chance.random_range(0..60));
        }
        street.run_until("all are over", 1000, |s| s.core.standing().count() == 0);
        let place = street.diary.len();
        street.run_until("in step", 2500, |s| {
            s.modes() == [Mode::Centre; 3] && s.decided(place, |d| *d == Decision::InStep) || {
                s.core.standing().count() == 0
                    && s.core
                        .sessions()
                        .iter()
                        .zip(s.core.targets())
                        .all(|(a, b)| a.running().is_some_and(|r| r.generation != 0 && r.plan.splits == b.splits))
            }
        });
        assert!(same_wave(street.core.targets(), &day), "seed {seed}");
        assert_eq!(street.violations, 0, "seed {seed}");
        street.assert_nothing_mixed();
    }
}
