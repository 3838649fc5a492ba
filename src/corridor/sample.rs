//! The synthetic arterial that tests and benches use: identical four-stage intersections at given spacings, made without a
//! definition file.
//!
//! Knows: the model. Must not know: the definition language; nothing here is a street that exists.

use super::almanac::Almanac;
use super::device::{Cabinet, Line};
use super::model::*;
use super::operation::*;
use super::profile::reference;
use crate::units::{CycleLength, Metres, MetresPerSecond, Tenths, VehiclesPerHour};
use std::net::{Ipv4Addr, SocketAddr};

const INVARIANT: &str = "a constant of the sample";

fn metres(m: f64) -> Metres {
    Metres::new(m).expect("spacings are lengths")
}

fn seconds(s: u32) -> Tenths {
    Tenths::from_seconds(s)
}

/// An arterial from west (first) to east with one intersection more than there are spacings (metres), 50 km/h, in the
/// manner of the shared workload `dongchang`: three through lanes and a left pocket on the arterial, two through lanes and a
/// left pocket on the cross streets (three on every third), right turns from the kerb lane.
///
/// Phases `WT` `WL` `ET` `EL` `ST` `SL` `NT` `NL` (through with right; left) and a pedestrian crossing over each arm. Stages:
/// arterial through, arterial left, cross through, cross left, least greens 15, 7, 22, 7 s, yellow 3 s, all red 2 s; cycles
/// 60..=160 s. The reference phase is `WT`.
///
/// # Panics
/// When a spacing is not a length.
pub fn arterial(spacings_m: &[f64]) -> Network {
    let mut network = side_by_side(1, spacings_m);
    for (i, at) in network.intersections.iter_mut().enumerate() {
        at.cabinet = cabinet(SocketAddr::from((Ipv4Addr::LOCALHOST, 15_020 + u16::try_from(i).unwrap_or(0))));
        at.id = format!("x{:02}", i + 1);
    }
    network
}

/// Many such arterials side by side in one network, without connection, with a loop at every stop line. Each cabinet has a loopback
/// address of its own, on one port.
///
/// # Panics
/// When a spacing is not a length.
pub fn arterials(count: usize, spacings_m: &[f64]) -> Network {
    let mut network = side_by_side(count, spacings_m);
    for at in &mut network.intersections {
        at.detectors = loops(&at.approaches);
    }
    network
}

/// The network with another order of the stages, by index, permitted at every intersection. The intergreens of such arterials hold in
/// any order.
#[must_use]
pub fn permitting(mut network: Network, order: &[usize]) -> Network {
    for at in &mut network.intersections {
        at.sequences.push(order.iter().copied().map(StageIndex).collect());
    }
    network
}

/// The network with a countdown display at every intersection.
#[must_use]
pub fn counting_down(mut network: Network) -> Network {
    for at in &mut network.intersections {
        at.cabinet.countdown = true;
    }
    network
}

fn side_by_side(count: usize, spacings_m: &[f64]) -> Network {
    let n = spacings_m.len() + 1;
    let speed = MetresPerSecond::from_km_h(50.0).expect(INVARIANT);
    let corridors = (0..count).map(|k| corridor(k, n * k, spacings_m, speed)).collect();
    network((0..count * n).map(|i| intersection(i, speed)).collect(), corridors)
}

/// A block: two west-east streets of two intersections each (0 and 1, 2 and 3 north of them) and the two streets that join
/// them (0 to 2, 1 to 3), so that links close a ring. Lengths in the order of these streets, metres; otherwise as
/// [`arterial`].
///
/// # Panics
/// When a length is none.
pub fn block(lengths_m: [f64; 4]) -> Network {
    let speed = MetresPerSecond::from_km_h(50.0).expect(INVARIANT);
    let streets = [(0, 1, Arm::W), (2, 3, Arm::W), (0, 2, Arm::S), (1, 3, Arm::S)];
    let corridors = streets.iter().zip(lengths_m).map(|(&(near, far, outbound_from), length_m)| {
        let carriageway = Carriageway { distance: metres(length_m), speed };
        let at = |i: usize, chainage: f64| Member { intersection: IntersectionIndex(i), chainage: metres(chainage) };
        Corridor {
            id: format!("sample-{near}-{far}"),
            name: name("样例路", "Sample Road"),
            outbound_from,
            members: vec![at(near, 0.0), at(far, length_m)],
            links: vec![Link { outbound: carriageway, inbound: carriageway }],
            weights: Vec::new(),
        }
    });
    network((0..4).map(|i| intersection(i, speed)).collect(), corridors.collect())
}

fn network(intersections: Vec<Intersection>, corridors: Vec<Corridor>) -> Network {
    Network {
        intersections,
        corridors,
        periods: vec![Period { name: name("全天", "all day"), from_s: 0, to_s: 86_400 }],
        almanac: Almanac::every_day(1),
        utc_offset: 28_800,
        fingerprint: String::new(),
    }
}

fn corridor(k: usize, first: usize, spacings_m: &[f64], speed: MetresPerSecond) -> Corridor {
    let mut chainage = 0.0;
    let mut members = vec![Member { intersection: IntersectionIndex(first), chainage: metres(0.0) }];
    for (i, spacing) in spacings_m.iter().enumerate() {
        chainage += spacing;
        members.push(Member { intersection: IntersectionIndex(first + i + 1), chainage: metres(chainage) });
    }
    let links = spacings_m
        .iter()
        .map(|&spacing| {
            let carriageway = Carriageway { distance: metres(spacing), speed };
            Link { outbound: carriageway, inbound: carriageway }
        })
        .collect();
    Corridor {
        id: if k == 0 { "sample".into() } else { format!("sample-{}", k + 1) },
        name: name("样例路", "Sample Road"),
        outbound_from: Arm::W,
        members,
        links,
        weights: Vec::new(),
    }
}

/// A loop at the stop line of every lane, on channels from 1.
fn loops(approaches: &[Approach]) -> Vec<Detector> {
    let lanes = approaches.iter().flat_map(|a| (0..a.lanes.len()).map(|lane| (a.from, lane)));
    let at_line = |(k, (from, lane)): (usize, (Arm, usize))| Detector {
        channel: k as u16 + 1,
        from,
        lane,
        kind: DetectorKind::StopLine,
        distance: metres(0.0),
    };
    lanes.enumerate().map(at_line).collect()
}

fn cabinet(address: SocketAddr) -> Cabinet {
    Cabinet {
        line: Line::Tcp { address },
        unit: 1,
        profile: reference(),
        heartbeat_timeout: seconds(60),
        clock_zero: None,
        countdown: false,
    }
}

/// A loopback address of its own for every cabinet of a city.
fn own_address(i: usize) -> SocketAddr {
    let [_, high, middle, low] = u32::try_from(i + 1).unwrap_or(u32::MAX).to_be_bytes();
    SocketAddr::from((Ipv4Addr::new(127, 1 + high, middle, low), 15_502))
}

fn name(zh: &str, en: &str) -> Name {
    Name { zh: zh.into(), en: en.into() }
}

fn intersection(i: usize, speed: MetresPerSecond) -> Intersection {
    let phases = phases();
    let stages = stages();
    let together = |a: usize, b: usize| {
        a == b || stages.iter().any(|s| s.phases.contains(&PhaseIndex(a)) && s.phases.contains(&PhaseIndex(b)))
    };
    let count = phases.len();
    let conflicts = (0..count)
        .map(|a| (0..count).filter(|&b| !together(a, b)).fold(0_u64, |bits, b| bits | 1 << b))
        .collect::<Vec<_>>();
    let intergreens = (0..count)
        .map(|a| (0..count).map(|b| if together(a, b) { Tenths::ZERO } else { seconds(5) }).collect())
        .collect();
    Intersection {
        id: format!("x{:05}", i + 1),
        name: name(&format!("路口{}", i + 1), &format!("Crossing {}", i + 1)),
        position: None,
        approaches: Arm::ALL.map(|from| approach(from, i % 3 == 2, speed)).to_vec(),
        phases,
        stages,
        sequences: Vec::new(),
        rings: None,
        conflicts,
        intergreens,
        permissive: Vec::new(),
        reference_phase: PhaseIndex(0),
        cycle: CycleRange {
            min: CycleLength::new(seconds(60)).expect(INVARIANT),
            max: CycleLength::new(seconds(160)).expect(INVARIANT),
        },
        detectors: Vec::new(),
        cabinet: cabinet(own_address(i)),
        local_plan: LocalPlan { greens: [28, 10, 24, 8].map(seconds).to_vec(), operation: Operation::FixedTime },
        stored_plans: Vec::new(),
        lanes: super::Lanes::default(),
    }
}

fn approach(from: Arm, major: bool, speed: MetresPerSecond) -> Approach {
    let arterial = matches!(from, Arm::E | Arm::W);
    let through = if arterial || major { 3 } else { 2 };
    let lane = |movements: &[Movement], pocket: Option<f64>, saturation: f64| Lane {
        movements: movements.iter().copied().collect(),
        pocket: pocket.map(metres),
        saturation: VehiclesPerHour::new(saturation).expect(INVARIANT),
        waiting_area: None,
    };
    let mut lanes = vec![lane(&[Movement::Left], Some(100.0), 1700.0)];
    lanes.extend((1..through).map(|_| lane(&[Movement::Through], None, 1800.0)));
    lanes.push(lane(&[Movement::Through, Movement::Right], None, 1750.0));
    Approach {
        from,
        lanes,
        speed,
        entry: metres(if arterial { 600.0 } else { 350.0 }),
        right_turn: RightTurn::Signal,
        bike_lane: None,
    }
}

fn phases() -> Vec<Phase> {
    let vehicles = |id: &str, from: Arm, movements: &[Movement], min_green: u32| Phase {
        id: id.into(),
        serves: Serves::Vehicles { from, movements: movements.iter().copied().collect() },
        min_green: seconds(min_green),
        yellow: seconds(3),
        all_red: seconds(2),
    };
    let crossing = |id: &str, across: Arm, clearance: u32| Phase {
        id: id.into(),
        serves: Serves::Pedestrians {
            across,
            walk: seconds(7),
            clearance: seconds(clearance),
            per_hour: 60.0,
            half: None,
            on_call: false,
        },
        min_green: seconds(7 + clearance),
        yellow: Tenths::ZERO,
        all_red: Tenths::ZERO,
    };
    let on = [Movement::Through, Movement::Right];
    let left = [Movement::Left];
    vec![
        vehicles("WT", Arm::W, &on, 8),
        vehicles("WL", Arm::W, &left, 7),
        vehicles("ET", Arm::E, &on, 8),
        vehicles("EL", Arm::E, &left, 7),
        vehicles("ST", Arm::S, &on, 8),
        vehicles("SL", Arm::S, &left, 7),
        vehicles("NT", Arm::N, &on, 8),
        vehicles("NL", Arm::N, &left, 7),
        crossing("PN", Arm::N, 8),
        crossing("PS", Arm::S, 8),
        crossing("PE", Arm::E, 15),
        crossing("PW", Arm::W, 15),
    ]
}

fn stages() -> Vec<Stage> {
    let stage = |zh: &str, en: &str, phases: &[usize], min_green: u32| Stage {
        name: name(zh, en),
        phases: phases.iter().copied().map(PhaseIndex).collect(),
        min_green: seconds(min_green),
        max_green: seconds(100),
        yellow: seconds(3),
        all_red: seconds(2),
        late_starts: Vec::new(),
        early_cuts: Vec::new(),
    };
    vec![
        stage("东西直行", "arterial through", &[0, 2, 8, 9], 15),
        stage("东西左转", "arterial left", &[1, 3], 7),
        stage("南北直行", "cross through", &[4, 6, 10, 11], 22),
        stage("南北左转", "cross left", &[5, 7], 7),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_keeps_the_models_promises() {
        let network = arterial(&[420.0, 350.0]);
        assert_eq!(network.intersections().len(), 3);
        for at in network.intersections() {
            let cycle: Tenths = at.local_plan.greens.iter().copied().sum::<Tenths>() + at.lost_to_intergreens();
            assert!((at.cycle.min.length()..=at.cycle.max.length()).contains(&cycle));
            for (a, phase) in at.phases.iter().enumerate() {
                assert!(at.stages.iter().any(|s| s.phases.contains(&PhaseIndex(a))), "{} served", phase.id);
                for b in 0..at.phases.len() {
                    let (a, b) = (PhaseIndex(a), PhaseIndex(b));
                    assert_eq!(at.conflict(a, b), at.conflict(b, a));
                    assert!(
                        !at.stages
                            .iter()
                            .any(|s| { s.phases.contains(&a) && s.phases.contains(&b) && at.conflict(a, b) })
                    );
                }
            }
        }
    }
}
