//! What a replay must show of itself: nothing is nothing, what is undone is undone, a placebo heals nothing, harm harms, and
//! the same seed gives the same bytes, whatever the bus and however many threads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

#[path = "kit/street.rs"]
#[expect(dead_code, reason = "only what records a run is used here")]
mod kit;

use greenwave::control::{Coordinator, Event, Policy};
use greenwave::corridor::load;
use greenwave::demand::DayProfile;
use greenwave::optimise::{Search, Settings};
use greenwave::plan::{Operation, Plan};
use greenwave::replay::{Arm, Book, BusKind, Results, Row, Shared, Study, Training, comparisons, run_arm, train};
use greenwave::rig::{DayKind, DayName, Demand, LocalEntry, Measures, Rig, Run, Scenario};
use greenwave_sim::cabinet::Cabinet;
use kit::{Fate, START, Street, plans, setup, three};
use std::sync::Arc;

const FROM_S: u32 = 25_200;

fn scenario() -> Scenario {
    Scenario::parse("three.toml", include_str!("../sim/scenarios/three.toml"), |_| unreachable!()).unwrap()
}

fn shared() -> Shared {
    let network = Arc::new(three());
    let profile = DayProfile::parse(&network, include_bytes!("../sim/scenarios/three/mean-workday.csv")).unwrap();
    let settings = Settings { search: Search { work: 20_000, ..Search::default() }, ..Settings::default() };
    let training = Training { rounds: 0, threads: 1, within: None, days: &[] };
    let fixed = train(&network, &profile, None, &settings, &training, &mut |_| ()).unwrap();
    let book = Book::new(&network, &profile, fixed, &settings).unwrap();
    Shared { network, profile, book, settings, policy: Policy::default() }
}

fn study(arms: &[Arm], days: u64, bus: BusKind, threads: usize) -> Study {
    let days = (1001..1001 + days).map(|seed| DayName { seed, kind: DayKind::Workday }).collect();
    Study {
        arms: arms.to_vec(),
        days,
        seeds_per_day: 2,
        from_s: FROM_S,
        to_s: FROM_S + 1200,
        demand: 1.0,
        bus,
        threads,
    }
}

/// Results and journals as bytes.
fn bytes(shared: &Shared, study: &Study) -> (String, String) {
    let (results, journals) = study.run(shared, &scenario(), &|| ()).unwrap();
    let journals: Vec<_> = journals.iter().flatten().map(|j| j.lines().join("\n")).collect();
    (serde_json::to_string(&results).unwrap(), journals.join("\n"))
}

/// Cabinets on given plans, without a core.
fn measured(shared: &Shared, plans: &[Plan], seed: u64) -> Measures {
    let demand = Demand::of(&scenario(), DayName { seed: 1001, kind: DayKind::Workday }).unwrap();
    let run = Run { demand: &demand, day: 1001, seed, start_s: FROM_S - 600, from_s: FROM_S, to_s: FROM_S + 1200 };
    let entry = |plan: &Plan| vec![LocalEntry { from_s: 0, plan: plan.clone(), alone: None, actuation: None }];
    let own: Vec<_> = plans.iter().map(entry).collect();
    let rig = Rig::new(&shared.network, &own, &run).unwrap();
    rig.advance_to(FROM_S + 2400);
    rig.finish()
}

fn json(measures: &Measures) -> String {
    serde_json::to_string(measures).unwrap()
}

#[test]
fn what_the_book_says_of_one_intersection_holds_in_every_arm_that_runs_the_book() {
    let shared = shared();
    let periods = shared.network.periods().len();
    let own = vec![vec![Some(Operation::Free), None, Some(Operation::FixedTime)]; periods];
    let fixed = shared.book.fixed.clone().with_own_operations(own).unwrap();
    let book = Book::new(&shared.network, &shared.profile, fixed, &shared.settings).unwrap();
    // Whether each cabinet asks its detectors, and whether it goes by no offset.
    let runs = |arm: Arm| -> Vec<(bool, bool)> {
        let own = book.own(&shared.network, arm, 1, 0..periods);
        own.iter().map(|entries| (entries[0].actuation.is_some(), entries[0].alone.is_some())).collect()
    };
    for arm in [Arm::Fixed, Arm::Greenwave, Arm::PlaceboA, Arm::Harm] {
        assert_eq!(runs(arm), [(true, true), (false, false), (false, false)], "{arm}");
    }
    assert_eq!(runs(Arm::FixedLoops), [(true, true), (true, false), (false, false)]);
    assert_eq!(runs(Arm::Isolated), [(false, true); 3]);
    assert_eq!(runs(Arm::Actuated), [(true, true); 3]);
}

#[test]
fn null_and_undo_are_exact() {
    let shared = shared();
    let a = plans(&shared.network, 100, [0, 274, 648]);
    let b = plans(&shared.network, 110, [0, 500, 100]);
    let first = measured(&shared, &a, 7);
    let other = measured(&shared, &b, 7);
    assert_eq!(json(&first), json(&measured(&shared, &a, 7)), "the same plan, the same seed: exactly nothing");
    assert_ne!(json(&first), json(&other), "another plan is another run");
    assert_eq!(json(&first), json(&measured(&shared, &a, 7)), "A, B, A is A");
    // As a study reports it: an arm against itself.
    let (results, _) =
        study(&[Arm::Fixed, Arm::Fixed], 1, BusKind::Memory, 2).run(&shared, &scenario(), &|| ()).unwrap();
    assert!(results.comparisons.len() > 10);
    for row in &results.comparisons {
        let row = serde_json::to_value(row).unwrap();
        assert!(row["mean"] == 0.0 && row["lo"] == 0.0 && row["hi"] == 0.0, "{row}");
    }
    // A plan, another one and the first again, on the same cabinets through the core: in step once more, the first runs.
    let mut street = Street::begin(true);
    street.run_until_in_step(1200);
    let runs = |s: &Street| [0, 1, 2].map(|k| s.at(k, |c| c.read(208, 108)).unwrap()[12..].to_vec());
    let before = runs(&street);
    let network = street.network.clone();
    for (plans, same) in [(plans(&network, 120, [0, 333, 777]), false), (plans(&network, 100, [0, 274, 648]), true)] {
        street.wish = Some(plans);
        let place = street.diary.len();
        street.run(1500);
        assert!(street.decided(place, |d| *d == greenwave::control::Decision::InStep));
        assert_eq!(runs(&street) == before, same);
    }
}

fn row(results: &Results, measure: &str, arm: &str, against: &str) -> serde_json::Value {
    let rows = results.comparisons.iter().map(|c| serde_json::to_value(c).unwrap());
    let wanted = |r: &serde_json::Value| {
        r["measure"] == measure && r["arm"] == arm && r["against"] == against && r["unit"] == "1"
    };
    rows.into_iter().find(wanted).unwrap()
}

#[test]
fn a_placebo_heals_nothing_harm_harms_and_all_arms_meet_the_same_arrivals() {
    let shared = shared();
    let arms = [Arm::Isolated, Arm::Actuated, Arm::Fixed, Arm::PlaceboA, Arm::PlaceboB, Arm::Harm];
    let (results, journals) = study(&arms, 5, BusKind::Memory, 2).run(&shared, &scenario(), &|| ()).unwrap();
    let number = |v: &serde_json::Value, key: &str| v[key].as_f64().unwrap();
    let placebo = row(&results, "corridor speed", "placebo-b", "placebo-a");
    assert!(number(&placebo, "lo") < 0.0 && number(&placebo, "hi") > 0.0, "{placebo}");
    assert_eq!(placebo["n"], 10);
    let harm = row(&results, "corridor speed", "harm", "fixed");
    assert!(number(&harm, "hi") < 0.0, "harm is reported as a loss: {harm}");
    let wished = |r: &Row| r.seeds.iter().map(|s| (s.day, s.seed, s.measures.all.wished)).collect::<Vec<_>>();
    for arm in &results.arms[1..] {
        assert_eq!(wished(arm), wished(&results.arms[0]), "{}", arm.arm);
        assert!(arm.seeds.iter().all(|s| s.violations == 0 && s.plan_changes == 0));
    }
    assert!(journals.iter().flatten().all(|j| j.lines().is_empty()), "arms without a core decide nothing");
    // The table is made from the rows alone.
    let (again, _) = comparisons(&results.arms);
    assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&results.comparisons).unwrap());
}

#[test]
fn offsets_of_every_method_run_and_those_that_were_optimised_lose_to_none_by_much() {
    let shared = shared();
    let arms = [Arm::OffsetsPairwise, Arm::OffsetsDescent, Arm::OffsetsExact, Arm::OffsetsRefined, Arm::Harm];
    let (results, journals) = study(&arms, 2, BusKind::Memory, 2).run(&shared, &scenario(), &|| ()).unwrap();
    let number = |v: &serde_json::Value, key: &str| v[key].as_f64().unwrap();
    for arm in ["offsets-pairwise", "offsets-descent", "offsets-exact", "offsets-refined"] {
        let harm = row(&results, "corridor speed", "harm", arm);
        assert!(number(&harm, "hi") < 0.0, "{harm}");
    }
    let refined = row(&results, "total delay of all vehicles", "offsets-refined", "offsets-pairwise");
    assert!(number(&refined, "lo") < 0.05, "{refined}");
    assert!(results.arms.iter().flat_map(|a| &a.seeds).all(|s| s.violations == 0 && s.plan_changes == 0));
    assert!(journals.iter().flatten().all(|j| j.lines().is_empty()));
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_bus_and_the_threads() {
    let shared = shared();
    let arms = [Arm::Fixed, Arm::Greenwave];
    let memory = bytes(&shared, &study(&arms, 1, BusKind::Memory, 1));
    assert!(memory.1.contains("\"activated\"") && memory.1.contains("\"weighed\""), "{}", memory.1);
    assert!(memory == bytes(&shared, &study(&arms, 1, BusKind::Memory, 3)), "threads");
    assert!(memory == bytes(&shared, &study(&arms, 1, BusKind::Tcp, 2)), "the line");
    // Arms in another order are the same arms.
    let turned =
        study(&[Arm::Greenwave, Arm::Fixed], 1, BusKind::Memory, 2).run(&shared, &scenario(), &|| ()).unwrap().0;
    for row in &turned.arms {
        assert!(memory.0.contains(&serde_json::to_string(row).unwrap()), "{}", row.arm);
    }
}

#[test]
fn the_controlled_arm_meets_the_same_arrivals_too() {
    let shared = shared();
    let demand = Demand::of(&scenario(), DayName { seed: 1002, kind: DayKind::Tidal }).unwrap();
    let run = Run { demand: &demand, day: 1002, seed: 5, start_s: FROM_S - 600, from_s: FROM_S, to_s: FROM_S + 900 };
    let outcomes = Arm::REPORTED.map(|arm| run_arm(&shared, arm, &run, BusKind::Memory).unwrap());
    assert!(outcomes[0].measures.all.wished > 300);
    for outcome in &outcomes {
        assert_eq!(outcome.measures.all.wished, outcomes[0].measures.all.wished);
        assert_eq!(outcome.violations, 0);
    }
}

#[test]
fn a_journal_of_events_replayed_gives_the_same_decisions() {
    let mut street = Street::begin(true);
    let mut number = 0_u32;
    street.line.hook = Box::new(move |_, second| {
        // Something of everything, without chance.
        number += 1;
        match number % 97 {
            13 => Fate::Lost,
            57 => Fate::Silent,
            81 if second > START + 600 => Fate::Garbled,
            _ => Fate::Pass,
        }
    });
    for round in 0..4 {
        street.wish = Some(plans(&street.network.clone(), 100 + 10 * (round % 2), [0, 300, 600]));
        street.run(600);
        street.harm(1, Cabinet::reboot);
    }
    street.tell(Event::Stop);
    street.run(5);
    assert!(street.diary.len() > 20);
    let mut again = Coordinator::new(setup(&street.network, true), street.record[0].0);
    for (now, events, decided) in &street.record {
        let out = again.step(*now, events);
        assert_eq!(serde_json::to_string(&out.decisions).unwrap(), *decided, "at {now:?}");
    }
}

/// A definition whose local plans are actuated and run in rings: it installs, runs by itself, and nobody is starved.
#[test]
fn actuated_rings_of_an_example_run_in_the_plant() {
    let (text, of) = (include_bytes!("../corridors/examples/ring-barrier.toml"), scenario());
    let network = load(&[("ring-barrier.toml".to_owned(), text.to_vec())]).unwrap();
    let demand = Demand::mean(&of);
    let run = Run { demand: &demand, day: 1, seed: 1, start_s: FROM_S, from_s: FROM_S, to_s: FROM_S + 1800 };
    let rig = Rig::new(&network, &[], &run).unwrap();
    rig.advance_to(FROM_S + 1800);
    assert_eq!(rig.violations(), []);
}

#[test]
fn lighter_traffic_is_fewer_vehicles_in_every_arm() {
    let shared = shared();
    let whole = study(&[Arm::Isolated, Arm::Actuated], 1, BusKind::Memory, 2);
    let half = Study { demand: 0.5, ..whole.clone() };
    let wished = |study: &Study| {
        let (results, _) = study.run(&shared, &scenario(), &|| ()).unwrap();
        results
            .arms
            .iter()
            .map(|row| row.seeds.iter().map(|s| f64::from(s.measures.all.wished)).sum::<f64>())
            .collect::<Vec<_>>()
    };
    let (whole, half) = (wished(&whole), wished(&half));
    assert_eq!(half[0], half[1]);
    assert!((half[0] / whole[0] - 0.5).abs() < 0.05, "{half:?} of {whole:?}");
}
