//! What is told of the street from loops and greens, held against what its vehicles met in the plant.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use greenwave::bus::{Bus, MemoryBus};
use greenwave::corridor::{Network, StageIndex, load};
use greenwave::field::Session;
use greenwave::rig::{Demand, Rig, Run, Scenario};
use greenwave::watch::{DirectionState, Seen, Watch};
use std::sync::Arc;

/// Seven o'clock, and a quarter of an hour later.
const BEGIN: u32 = 25_200;
const FROM: u32 = 26_100;
/// An hour is compared.
const TO: u32 = 29_700;

fn network() -> Network {
    let text = include_str!("../corridors/three.toml");
    load(&[("three.toml".to_owned(), text.as_bytes().to_vec())]).unwrap_or_else(|p| panic!("{p:?}"))
}

/// The mean of what the watch tells every minute: speed outbound and inbound, km/h; and what the plant measured.
fn speeds() -> ([f64; 2], [f64; 2]) {
    let network = Arc::new(network());
    let text = include_str!("../sim/scenarios/three.toml");
    let demand = Demand::mean(&Scenario::parse("three.toml", text, |_| unreachable!()).unwrap());
    let run = Run { demand: &demand, day: 1001, seed: 3, start_s: BEGIN, from_s: FROM, to_s: TO };
    let rig = Rig::new(&network, &[], &run).unwrap();
    let mut bus = MemoryBus::new(rig.devices());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut sessions: Vec<Session> = network.indices().map(|i| Session::new(&network, i)).collect();
    let mut watch = Watch::new(network.clone());
    let (mut told, mut looks) = ([0.0; 2], 0.0);
    for second in BEGIN..TO {
        rig.advance_to(second);
        let now = rig.moment(second);
        let requests: Vec<_> = sessions.iter_mut().flat_map(|s| s.tick(now, None)).collect();
        let answers = runtime.block_on(bus.exchange(&requests)).unwrap();
        for (request, answer) in requests.iter().zip(answers) {
            let index = request.cabinet();
            let at = network.intersection(index);
            if let Some(reading) = sessions[index.0].hear(at, request.ask(), &answer, now) {
                watch.hear(index, &reading);
            }
        }
        let seen: Vec<Option<Seen<'_>>> = sessions
            .iter()
            .map(|s| {
                let (status, running) = (s.status()?, s.running()?);
                Some(Seen {
                    plan: &running.plan,
                    cycle_start: status.cycle_start,
                    stage: status.stage.checked_sub(1).map(|k| StageIndex(usize::from(k))),
                    by_stage: false,
                })
            })
            .collect();
        watch.see(now, &seen);
        if second >= FROM + 300 && second.is_multiple_of(60) {
            let street = watch.street();
            let speed = |way: &DirectionState| way.speed_km_h.unwrap();
            told[0] += speed(&street.corridors[0].outbound);
            told[1] += speed(&street.corridors[0].inbound);
            looks += 1.0;
        }
    }
    let measured = rig.finish();
    let of = |way: u8| measured.corridor.iter().find(|w| w.direction == way).unwrap().speed_km_h.unwrap();
    (told.map(|sum| sum / looks), [of(0), of(1)])
}

#[test]
fn the_speed_told_from_loops_is_the_one_vehicles_drove() {
    let (told, driven) = speeds();
    println!("told {told:.1?} km/h, driven {driven:.1?} km/h");
    for (told, driven) in told.into_iter().zip(driven) {
        assert!((told / driven - 1.0).abs() < 0.12, "told {told:.1}, driven {driven:.1} km/h");
    }
}
