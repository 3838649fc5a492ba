//! Scenes in files: events bring whom they say, rain falls for its time, what is wrong is told all at once.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Departure};
use greenwave_sim::counts::Approach;
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::Window;
use greenwave_sim::route::{Names, along, shortest};
use greenwave_sim::scene::{Scene, Staged};
use greenwave_sim::signal::Lamp;
use greenwave_sim::street::Street;
use greenwave_sim::traffic::Traffic;
use greenwave_sim::weather::{Rain, Weather};

const WINDOW: Window = Window { start_s: 0.0, from_s: 0.0, to_s: 20_000.0 };

/// Scenes name approaches `1` to `12` of the Dongchang Road, and its exits.
fn on(street: &Street, scene: &Scene) -> Result<Staged, Vec<String>> {
    let node = |id: &str| id.parse::<usize>().ok().filter(|k| (1..=kit::N).contains(k));
    let approach = |id: &str, from: Approach| {
        let side = Approach::ALL.iter().position(|a| *a == from)?;
        Some(kit::approach(node(id)? - 1, side))
    };
    let exit = |id: &str, arm: Approach| match (node(id)?, arm) {
        (1, Approach::W) => street.link("exit.W"),
        (12, Approach::E) => street.link("exit.E"),
        (k, Approach::N | Approach::S) => street.link(&format!("dc{k:02}.exit{}", arm.letter())),
        _ => None,
    };
    scene.on(street, Names { approach: &approach, exit: &exit })
}

const EVENT: &str = "kind = \"scene\"\nname = \"match\"\n[[event]]\nname = \"arrivals\"\nvehicles = 900.0\nfrom_h = 0.5\n\
    peak_h = 1.0\nto_h = 1.25\nfrom = [{ intersection = \"1\", approach = \"W\", share = 3.0 }, { intersection = \"12\", \
    approach = \"E\" }]\nto = [{ intersection = \"6\", arm = \"N\" }]\n";

#[test]
fn an_event_brings_whom_it_says_when_it_says_and_nobody_elses_trips_change() {
    let street = Arc::new(kit::dongchang());
    let scene = Scene::parse("match.toml", EVENT).expect("it is sound");
    let staged = on(&street, &scene).expect("the street bears it");
    let [west, east] = &staged.events[0].ways[..] else { panic!("two ways") };
    assert_eq!((west.0[0], west.1, east.1), (kit::approach(0, 0) as u32, 3.0, 1.0));
    assert_eq!((west.0.len(), east.0.len()), (7, 8), "the shortest ways to the exit");
    let (seeds, mut all, mut quarters, mut from_west) = (8, 0, [0_u32; 6], 0);
    for seed in 1..=seeds {
        let run = |staged: Option<Staged>| {
            let departures = Arrivals::draw(&street, &kit::demand(0.3, 0.25), seed, 0.0, 900.0);
            let mut traffic = Traffic::new(street.clone(), departures, seed, WINDOW);
            staged.into_iter().for_each(|s| traffic.stage(s));
            traffic.record_links(&[kit::approach(0, 0), kit::approach(11, 1)]);
            // Green for all: the event is more than any left turn's lamp would let pass.
            let lamps = vec![Lamp::Green; street.groups()];
            let mut came = Vec::new();
            let mut seen = std::collections::BTreeSet::new();
            while !traffic.idle() && traffic.now_s() < 9000.0 {
                traffic.step(&lamps);
                came.extend(traffic.take_samples().iter().filter(|s| seen.insert(s.vehicle)).map(|s| (s.at_s, s.link)));
            }
            assert!(traffic.idle(), "{} still there", traffic.on_road());
            (traffic.arrived(), came)
        };
        let ((with, came), (without, _)) = (run(Some(staged.clone())), run(None));
        all += with - without;
        for (at_s, link) in came.iter().filter(|(at, _)| *at > 1500.0) {
            quarters[((at_s - 1800.0) / 450.0).clamp(0.0, 5.0) as usize] += 1;
            from_west += usize::from(*link == kit::approach(0, 0));
        }
    }
    let share = from_west as f64 / all as f64;
    let of_all = quarters.map(|n| f64::from(n) / all as f64);
    println!(
        "{:.0} vehicles a run, {share:.3} from the west, by eighths of an hour {of_all:.3?}",
        all as f64 / seeds as f64
    );
    assert!((all as f64 / seeds as f64 - 900.0).abs() < 4.0 * (900.0 / seeds as f64).sqrt());
    assert!((share - 0.75).abs() < 0.02);
    // A triangle from 1800 over 3600 to 4500 s: its areas, shifted a little by who waits outside.
    for (got, want) in of_all.iter().zip([0.042, 0.125, 0.208, 0.292, 0.25, 0.083]) {
        assert!((got - want).abs() < 0.03, "{of_all:?}");
    }
}

#[test]
fn an_event_outside_the_window_does_not_come() {
    let street = Arc::new(kit::dongchang());
    let staged = on(&street, &Scene::parse("match.toml", EVENT).expect("it is sound")).expect("the street bears it");
    let count = |staged: Staged| {
        let mut traffic = Traffic::new(street.clone(), Vec::new(), 1, WINDOW);
        traffic.stage(staged);
        let lamps = vec![Lamp::Green; street.groups()];
        while !traffic.idle() {
            traffic.step(&lamps);
        }
        traffic.arrived()
    };
    let (before, after, all) =
        (count(staged.clone().within(0.0, 3600.0)), count(staged.clone().within(3600.0, 9000.0)), count(staged));
    assert!(before > 500 && after > 200 && before + after == all, "{before} {after} {all}");
}

#[test]
fn it_rains_for_its_time_only() {
    let rain = Rain { weather: Weather::HeavyRain, from_s: 1000.0, to_s: 2000.0 };
    let street = Arc::new(kit::single(1, 600.0));
    // Free trips of 1100 m before, in and after the rain, and across both its ends.
    let wishes = [100.0, 1200.0, 2200.0, 960.0, 1960.0];
    let mut departures: Vec<Departure> =
        wishes.map(|at_s| Departure { at_s, route: vec![0, 1], driver: Driver::CAR }).to_vec();
    departures.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    let mut traffic = Traffic::new(street, departures, 1, WINDOW);
    traffic.stage(Staged { rains: vec![rain], ..Staged::default() });
    let mut took = Vec::new();
    while !traffic.idle() {
        traffic.step(&[Lamp::Green]);
        took.extend(traffic.exits().iter().map(|e| e.at_s));
    }
    let [before, into, within, out, after] = took[..] else { panic!("{took:?}") };
    let free = 1100.0 / f64::from(kit::LIMIT);
    let wet = free / f64::from(Weather::HeavyRain.speed());
    println!(
        "free trips before, into, in, out of and after heavy rain: {:.1?}",
        [before - 100.0, into - 960.0, within - 1200.0, out - 1960.0, after - 2200.0]
    );
    assert!((before - 100.0 - free).abs() < 0.01 && (after - 2200.0 - free).abs() < 0.05);
    assert!((within - 1200.0 - wet).abs() < 0.05);
    for (took, dry_s) in [(into - 960.0, 40.0), (out - 1960.0, (1100.0 - 40.0 * 1100.0 / wet) / f64::from(kit::LIMIT))]
    {
        let wanted = dry_s + (1100.0 - dry_s * f64::from(kit::LIMIT)) * wet / 1100.0;
        assert!((took - wanted).abs() < 1.0, "{took} instead of {wanted}");
    }
    assert_eq!(traffic.tally().guarded, 0);
}

#[test]
fn saturation_flow_falls_while_it_rains() {
    let street = Arc::new(kit::single(1, 900.0));
    let car = |i: usize| Departure { at_s: 1.5 * i as f64, route: vec![0, 1], driver: Driver::CAR };
    let mut traffic = Traffic::new(street, (0..3000).map(car).collect::<Vec<_>>(), 1, WINDOW);
    traffic.stage(Staged {
        rains: vec![Rain { weather: Weather::Rain, from_s: 1200.0, to_s: 2400.0 }],
        ..Staged::default()
    });
    let mut out = Vec::new();
    for k in 1..=6 {
        let before = traffic.tally().departed;
        while traffic.now_s() < 600.0 * f64::from(k) {
            traffic.step(&[Lamp::Green]);
        }
        out.push(f64::from(traffic.tally().departed - before) * 6.0);
    }
    println!("flow by ten minutes, rain in the third and fourth: {out:.0?} veh/h");
    // After the first ten minutes and away from the changes.
    assert!(out[3] < 0.97 * out[1] && (out[5] / out[1] - 1.0).abs() < 0.02, "{out:?}");
}

#[test]
fn ways_are_by_movements_or_the_shortest() {
    let street = kit::dongchang();
    let from = kit::approach(0, 0);
    let all = along(&street, from, &[]).expect("straight on leads out");
    assert_eq!(Some(&all), shortest(&street, from, all[all.len() - 1] as usize).as_ref());
    assert_eq!(all.len(), 13);
    let back = shortest(&street, kit::approach(11, 1), all[12] as usize);
    assert_eq!(back, None, "nobody turns back");
}

#[test]
fn what_is_wrong_with_a_scene_is_told_all_at_once_with_its_lines() {
    let text = EVENT.replace("peak_h = 1.0", "peak_h = 2.0")
        + "[[rain]]\nweather = \"dry\"\nfrom_h = 3.0\nto_h = 2.0\n[[bus_line]]\nid = \"B\"\nfrom = { intersection = \"1\", \
           approach = \"W\" }\nheadway_min = 5.0\ntimetable_h = [1.0]\n[[bus_line.stop]]\nintersection = \"2\"\napproach = \"W\"\n\
           before_m = 60.0\ndwell_mean_s = 20.0\ndwell_sd_s = 40.0\n";
    let said = Scene::parse("x.toml", &text).expect_err("much is wrong").to_string();
    for words in [
        "x.toml:3: [[event]]: peak_h: must lie within from_h to to_h",
        "x.toml:11: [[rain]]: from_h",
        "x.toml:11: [[rain]]: weather: it is dry anyway",
        "x.toml:15: [[bus_line]]: headway_min: buses come by it or by timetable_h",
        "x.toml:15: [[bus_line]]: from_h",
        "x.toml:15: [[bus_line]]: stop: dwell_sd_s",
    ] {
        assert!(said.contains(words), "`{words}` is missing:\n{said}");
    }
    let street = kit::dongchang();
    let scene =
        Scene::parse("x.toml", &EVENT.replace("\"6\", arm", "\"66\", arm").replace("\"12\"", "\"5\"")).expect("sound");
    let said = on(&street, &scene).expect_err("nobody leaves there").join("\n");
    for words in ["event arrivals: nobody leaves the street from 66 to N", "nobody enters the street by 5 E"] {
        assert!(said.contains(words), "`{words}` is missing:\n{said}");
    }
}
