//! Every shipped definition compiles; every bad file (or folder: one network) in `tests/corridors/` has its golden message
//! beside it, every rule a bad file; several problems are all told.
//!
//! `GREENWAVE_GOLDEN=write cargo test --test definitions` writes the golden messages anew; look at the difference.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use greenwave::corridor::{
    Arm, Checked, ClockZero, DetectorKind, Direction, Half, Intersection, Line, Movement, Network, Operation, Parity,
    PhaseIndex, Problem, RightTurn, Rule, Serves, StageIndex, check, load, profile::shipped as shipped_profiles,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The network of a file, or of a folder's files, named without their folder.
fn read(path: &Path) -> Result<Network, Vec<Problem>> {
    let paths = if path.is_dir() { entries(path, "toml") } else { vec![path.to_owned()] };
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    load(&paths.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect::<Vec<_>>())
}

fn entries(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == extension));
    files.sort();
    files
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn shipped(name: &str) -> Network {
    read(&folder("corridors").join(name)).unwrap_or_else(|problems| panic!("{}", told(&problems)))
}

fn told(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("{p}\n")).collect()
}

#[test]
fn every_shipped_definition_compiles() {
    let shipped = entries(&folder("corridors"), "toml");
    let examples = entries(&folder("corridors/examples"), "toml");
    assert!(shipped.len() >= 2 && examples.len() >= 2);
    for path in shipped.iter().chain(&examples) {
        if let Err(problems) = read(path) {
            panic!("{}", told(&problems));
        }
    }
    read(&folder("corridors")).unwrap_err(); // two days of different periods are not one network
}

#[test]
fn every_bad_file_is_told_what_is_wrong_with_it() {
    let bad = folder("tests/corridors");
    let write = std::env::var_os("GREENWAVE_GOLDEN").is_some();
    let mut networks: Vec<PathBuf> = std::fs::read_dir(&bad).unwrap().map(|entry| entry.unwrap().path()).collect();
    networks.retain(|path| path.is_dir() || path.extension().is_some_and(|e| e == "toml"));
    networks.sort();
    let mut broken = BTreeSet::new();
    let mut wrong = Vec::new();
    for path in &networks {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let Err(problems) = read(path) else { panic!("{name} is taken for good") };
        let found: String = problems.iter().map(|p| format!("{p}\n{}\n", p.render())).collect();
        let golden = bad.join(format!("{name}.txt"));
        if write {
            std::fs::write(&golden, &found).unwrap();
        }
        if std::fs::read_to_string(&golden).unwrap_or_default() != found {
            wrong.push(format!("--- {name}\n{found}"));
        }
        let named = Rule::ALL.iter().filter(|rule| name.starts_with(rule.id())).max_by_key(|rule| rule.id().len());
        if let Some(named) = named {
            assert!(problems.iter().any(|p| p.rule == *named), "{name} does not break its rule:\n{}", told(&problems));
        }
        broken.extend(problems.iter().map(|p| p.rule));
    }
    assert!(wrong.is_empty(), "golden messages differ:\n{}", wrong.concat());
    let unbroken: Vec<&Rule> =
        Rule::ALL.iter().filter(|rule| !broken.contains(rule) && **rule != Rule::NoCorridor).collect();
    assert!(unbroken.is_empty(), "rules without a bad file: {unbroken:?}");
    assert_eq!(load(&[]).unwrap_err()[0].rule, Rule::NoCorridor);
}

#[test]
fn the_reference_lists_every_rule_with_its_words() {
    let reference = std::fs::read_to_string(folder("corridors").join("README.md")).unwrap();
    for rule in Rule::ALL {
        let line = format!("| `{}` | {} |", rule.id(), rule.says());
        assert!(reference.contains(&line), "corridors/README.md lacks:\n{line}");
    }
}

#[test]
fn dongchang_road_is_the_street_of_its_spec() {
    let network = shipped("dongchang-road.toml");
    let corridor = &network.corridors()[0];
    let spacing: Vec<f64> = corridor.links.iter().map(|l| l.carriageway(Direction::Inbound).distance.get()).collect();
    assert_eq!(spacing, [420.0, 350.0, 610.0, 280.0, 530.0, 720.0, 390.0, 470.0, 310.0, 650.0, 540.0]);
    let mut chainage = 0.0;
    for (member, spacing) in corridor.members.iter().zip(spacing.iter().chain([&0.0])) {
        assert_eq!(member.chainage.get(), chainage);
        chainage += spacing;
    }
    for (i, at) in network.intersections().iter().enumerate() {
        assert_eq!(at.id, format!("dc{:02}", i + 1));
        assert_eq!(at.cabinet.address().unwrap().port(), 15001 + i as u16);
        assert_eq!(at.approaches.iter().map(|a| a.lanes.len()).sum::<usize>(), if i % 3 == 2 { 16 } else { 14 });
        let minima: Vec<f64> = at.stages.iter().map(|s| s.min_green.seconds()).collect();
        assert_eq!(minima, [15.0, 7.0, 22.0, 7.0]);
        assert_eq!(at.lost_to_intergreens().seconds(), 20.0);
        assert!(at.stages[0].phases.contains(&at.reference_phase));
    }
}

#[test]
fn stored_plans_keep_their_order() {
    let text = include_str!("corridors/stored-plan-order.toml").replace("order = [2, 1, 3]", "");
    let network = load(&[("stored.toml".to_owned(), text.into_bytes())]).unwrap_or_else(|p| panic!("{}", told(&p)));
    let plans = &network.intersections()[1].stored_plans;
    let orders: Vec<Vec<usize>> = plans.iter().map(|p| p.order.iter().map(|stage| stage.0).collect()).collect();
    assert_eq!(orders, [[0, 2, 1], [0, 1, 2]]);
    let map = greenwave::field::RegisterMap::of(&network, greenwave::corridor::IntersectionIndex(1));
    let stored: Vec<Vec<usize>> = map.stored().iter().map(|(_, p)| p.order().map(|stage| stage.0).collect()).collect();
    assert_eq!(stored, orders);
}

#[test]
fn overrides_and_exceptions_reach_the_network() {
    let network = shipped("three.toml");
    let [t1, t2, t3] = network.intersections() else { panic!("three intersections") };
    assert_eq!(t3.approach(Arm::S).unwrap().entry.get(), 220.0);
    assert_eq!(t1.approach(Arm::S).unwrap().entry.get(), 300.0);
    // EL to PS takes 6 s, so the stage that shows EL ends with 3 s of all red
    assert_eq!(t2.stages[1].all_red.seconds(), 3.0);
    let phase = |id: &str| t2.phases.iter().position(|p| p.id == id).unwrap();
    assert_eq!(t2.intergreens[phase("EL")][phase("PS")].seconds(), 6.0);
    assert_eq!(t2.intergreens[phase("EL")][phase("ET")].seconds(), 0.0);
    let flows: Vec<f64> = t2
        .phases
        .iter()
        .filter_map(|p| match p.serves {
            Serves::Pedestrians { per_hour, .. } => Some(per_hour),
            Serves::Vehicles { .. } => None,
        })
        .collect();
    assert_eq!(flows, [200.0, 240.0]);
}

#[test]
fn the_example_says_everything_and_the_network_has_it() {
    let network = shipped("examples/full.toml");
    let [large, small] = network.intersections() else { panic!("two intersections") };
    let phase = |at: &Intersection, id: &str| PhaseIndex(at.phases.iter().position(|p| p.id == id).unwrap());
    let west = large.approach(Arm::W).unwrap();
    assert_eq!(west.right_turn, RightTurn::OnRed);
    assert_eq!(
        west.bike_lane.map(|lane| (lane.width.get(), lane.bikes_per_h, lane.e_bike_share)),
        Some((3.0, 350.0, 0.8))
    );
    let areas: Vec<_> = west.lanes.iter().map(|l| l.waiting_area.map(|a| (a.length.get(), a.opens_with))).collect();
    assert_eq!(areas, [Some((14.0, phase(large, "WT"))), None, None, None]);
    assert_eq!(large.approach(Arm::S).unwrap().right_turn, RightTurn::Channelised);
    assert_eq!(large.phase_for(Arm::S, Movement::Right), None);
    let halves = |id: &str| match large.phases[phase(large, id).0].serves {
        Serves::Pedestrians { half, on_call, .. } => (half, on_call),
        Serves::Vehicles { .. } => panic!("{id} walks"),
    };
    assert_eq!(
        [halves("PN"), halves("PWn"), halves("PWf")],
        [(None, true), (Some(Half::Near), false), (Some(Half::Far), false)]
    );
    // ET starts 3 s late and needs 15 s; PN is cut 5 s early and needs 15 s
    let stage = &large.stages[0];
    assert_eq!(
        (stage.late_start(phase(large, "ET")).seconds(), stage.early_cut(phase(large, "PN")).seconds()),
        (3.0, 5.0)
    );
    assert_eq!(stage.min_green.seconds(), 20.0);
    assert_eq!(stage.late_start(phase(large, "WT")).seconds(), 0.0);
    assert_eq!(large.permissive, [(phase(large, "WL"), phase(large, "PWf"))]);
    assert_eq!(small.permissive.len(), 8);
    assert!(!small.conflict(phase(small, "WL"), phase(small, "EA")));
    assert_eq!(small.sequences, [[0, 2, 1].map(StageIndex)]);
    let kinds = |kind| {
        large.detectors.iter().filter(move |d| d.kind == kind).map(|d| (d.channel, d.from, d.lane, d.distance.get()))
    };
    assert_eq!(kinds(DetectorKind::Exit).next(), Some((17, Arm::W, 0, 40.0)));
    assert_eq!(kinds(DetectorKind::Bikes).collect::<Vec<_>>().len(), 4);
    let Operation::Actuated(actuation) = &large.local_plan.operation else { panic!("it asks its detectors") };
    assert_eq!((actuation.passage.seconds(), actuation.rest), (3.0, Some(StageIndex(0))));
    assert_eq!(actuation.recalls, [StageIndex(0)]);
    assert_eq!(actuation.max_greens.iter().map(|g| g.seconds()).collect::<Vec<_>>(), [60.0, 25.0, 45.0, 25.0]);
    assert_eq!(small.local_plan.operation, Operation::FixedTime);
    assert_eq!((large.cabinet.clock_zero, large.cabinet.countdown), (Some(ClockZero::LocalMidnight), true));
    assert_eq!((small.cabinet.clock_zero, small.cabinet.countdown), (None, false));
}

/// The greens of a phase when the stages come in an order, as tenths from the cycle's start; a run over the cycle's end is
/// found in the second of the two cycles that are laid out.
fn greens(at: &Intersection, order: &[StageIndex], phase: PhaseIndex) -> Vec<(u32, u32)> {
    let (mut now, mut greens) = (0, Vec::<(u32, u32)>::new());
    let mut before = false;
    for index in order.iter().chain(order) {
        let stage = &at.stages[index.0];
        let end = now + stage.min_green.count();
        if stage.phases.contains(&phase) {
            let stop = end - stage.early_cut(phase).count();
            match greens.last_mut() {
                Some(last) if before => last.1 = stop,
                _ => greens.push((now + stage.late_start(phase).count(), stop)),
            }
        }
        before = stage.phases.contains(&phase);
        now = end + stage.intergreen().count();
    }
    greens
}

#[test]
fn in_every_order_least_greens_and_intergreens_are_kept() {
    let mut seen = 0;
    let examples = ["examples/full.toml", "examples/ring-barrier.toml", "examples/makes.toml"];
    for name in ["three.toml", "dongchang-road.toml"].into_iter().chain(examples) {
        for at in shipped(name).intersections() {
            let programmed: Vec<StageIndex> = (0..at.stages.len()).map(StageIndex).collect();
            for order in at.sequences.iter().chain([&programmed]) {
                let all: Vec<_> = (0..at.phases.len()).map(|p| greens(at, order, PhaseIndex(p))).collect();
                for (p, phase) in at.phases.iter().enumerate() {
                    for &(start, stop) in &all[p] {
                        assert!(stop - start >= phase.min_green.count(), "{}: {} {start} to {stop}", at.id, phase.id);
                    }
                    for (q, other) in at.phases.iter().enumerate() {
                        if !at.conflict(PhaseIndex(p), PhaseIndex(q)) {
                            continue;
                        }
                        for &(_, stop) in &all[p] {
                            let next = all[q].iter().map(|green| green.0).find(|&start| start >= stop);
                            let gap = next.map_or(u32::MAX, |start| start - stop);
                            assert!(gap >= at.intergreens[p][q].count(), "{}: {} to {}", at.id, phase.id, other.id);
                            let within = |&&(from, to): &&(u32, u32)| from < stop && stop < to;
                            assert_eq!(all[q].iter().find(within), None, "{}: {} and {}", at.id, phase.id, other.id);
                            seen += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(seen > 1000);
}

#[test]
fn rings_become_the_stages_that_are_documented() {
    let network = shipped("examples/ring-barrier.toml");
    let [leading, lagging] = network.intersections() else { panic!("two intersections") };
    let stages = |at: &Intersection| -> Vec<String> {
        let ids =
            |phases: &[PhaseIndex]| phases.iter().map(|p| at.phases[p.0].id.as_str()).collect::<Vec<_>>().join("+");
        at.stages.iter().map(|stage| ids(&stage.phases)).collect()
    };
    assert_eq!(stages(leading), ["1+5", "2+6+P2+P6", "3+7", "4+8+P4+P8"]);
    assert_eq!(stages(lagging), ["1+6+P6", "2+6+P2+P6", "2+5+P2", "3+7", "4+8+P4+P8"]);
    assert_eq!(lagging.stages[0].name.en, "main street: 1+6");
    assert_eq!(lagging.stages[0].max_green.seconds(), 25.0, "phase 1 may have 25 s, phase 6 60 s");
    let rings = |at: &Intersection| -> Vec<Vec<Vec<String>>> {
        let ids = |group: &Vec<PhaseIndex>| group.iter().map(|p| at.phases[p.0].id.clone()).collect();
        at.rings.as_ref().unwrap().rings.iter().map(|ring| ring.iter().map(ids).collect()).collect()
    };
    assert_eq!(rings(leading), [[["1", "2"], ["3", "4"]], [["5", "6"], ["7", "8"]]]);
    assert_eq!(rings(lagging), [[["1", "2"], ["3", "4"]], [["6", "5"], ["7", "8"]]]);
}

#[test]
fn the_fingerprint_is_of_the_bytes_not_of_the_names() {
    let bytes = std::fs::read(folder("corridors").join("three.toml")).unwrap();
    let of = |name: &str| load(&[(name.to_owned(), bytes.clone())]).unwrap().fingerprint().to_owned();
    assert_eq!(of("a.toml"), of("elsewhere/b.toml"));
    assert_eq!(of("a.toml").len(), 64);
    let changed = String::from_utf8(bytes.clone()).unwrap().replace("Example Road", "Sample Road");
    assert_ne!(load(&[("a.toml".to_owned(), changed.into_bytes())]).unwrap().fingerprint(), of("a.toml"));
}

#[test]
fn jinan_is_the_network_of_its_source() {
    let folder = folder("corridors").join("jinan");
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    let network = load(&files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!((network.intersections().len(), network.corridors().len()), (12, 7));
    for corridor in network.corridors() {
        let (members, apart) = if corridor.outbound_from == Arm::W { (4, 400.0) } else { (3, 800.0) };
        assert_eq!(corridor.members.len(), members);
        for link in &corridor.links {
            assert_eq!((link.outbound.distance.get(), link.inbound.distance.get()), (apart, apart));
            assert!((link.outbound.speed.get() - 11.111).abs() < 0.001);
        }
    }
    let lanes = |at: &Intersection| at.approaches.iter().map(|a| a.lanes.len()).collect::<Vec<_>>();
    assert!(network.intersections().iter().all(|at| lanes(at) == [3; 4]));
    // the middle arterial alone is built like the network's
    let alone = shipped("jinan-r2.toml");
    for at in alone.intersections() {
        let there = network.intersection(network.find(&at.id).unwrap());
        assert_eq!((&at.approaches, &at.phases, &at.stages), (&there.approaches, &there.phases, &there.stages));
    }
}

#[test]
fn profiles_are_checked_alone_and_with_a_network() {
    let files = |paths: &[PathBuf]| -> Vec<(String, Vec<u8>)> {
        paths.iter().map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
    };
    let profiles = entries(&folder("corridors/profiles"), "toml");
    let Ok(Checked::Profiles(found)) = check(&files(&profiles)) else { panic!("profiles alone") };
    let ids: Vec<&str> = found.iter().map(|profile| profile.id.as_str()).collect();
    assert_eq!(ids, ["plan-select", "plc", "reference"]);
    assert!(found.iter().all(|profile| shipped_profiles().contains(profile)), "what is shipped is what lies there");
    assert_eq!(load(&files(&profiles)).unwrap_err()[0].rule, Rule::NoCorridor);

    // one of our own beside a street that names it
    let three = std::fs::read_to_string(folder("corridors/three.toml")).unwrap();
    let own = std::fs::read_to_string(folder("corridors/profiles/plc.toml")).unwrap().replace("\"plc\"", "\"acme\"");
    let street = three.replacen("profile = \"reference\"", "profile = \"acme\"", 1);
    assert_ne!(street, three);
    let network = load(&[("street.toml".to_owned(), street.into()), ("acme.toml".to_owned(), own.into())]).unwrap();
    let ids: Vec<&str> = network.indices().map(|index| network.profile(index).id.as_str()).collect();
    assert_eq!(ids, ["acme", "reference", "reference"]);
    let zeros: Vec<ClockZero> = network.intersections().iter().map(|at| at.cabinet.zero()).collect();
    assert_eq!(zeros, [ClockZero::LocalMidnight, ClockZero::UnixEpoch, ClockZero::UnixEpoch]);
}

#[test]
fn lines_and_stored_plans_reach_the_network() {
    let text = std::fs::read_to_string(folder("tests/corridors/stored-plans.toml")).unwrap();
    let plan = "\n[[intersection.stored_plan]]\nnumber = 7\noffset_s = 5\ngreen_s = [30, 24]\n";
    let (first, second) = text.split_once("heartbeat_timeout_s = 15 }\n").unwrap();
    let (second, _) = second.split_once("\n[[intersection.stored_plan]]").unwrap();
    let serial = "transport = \"serial\", device = \"/dev/ttyS1\", parity = \"none\"";
    let first = first.replace("address = \"127.0.0.1:15201\"", serial);
    let second = second.replace("address", "transport = \"tls\", address");
    let link = "\n[[link]]\nbetween = [\"s1\", \"s2\"]\ndistance_m = 400\nspeed_km_h = 50\n";
    let text = format!("{first}heartbeat_timeout_s = 15 }}\n{plan}{second}{link}");
    let network = load(&[("a.toml".to_owned(), text.into())]).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let [one, other] = network.intersections() else { panic!("two intersections") };
    let line = Line::Serial { device: "/dev/ttyS1".to_owned(), baud: 9600, parity: Parity::None };
    assert_eq!((&one.cabinet.line, one.cabinet.address()), (&line, None));
    assert_eq!(other.cabinet.line, Line::Tls { address: "127.0.0.1:15202".parse().unwrap() });
    assert_eq!((other.cabinet.line.transport(), other.cabinet.line.to_string().as_str()), ("tls", "127.0.0.1:15202"));
    let [stored] = one.stored_plans.as_slice() else { panic!("one stored plan") };
    assert_eq!((stored.number, stored.offset.since_zero().seconds()), (7, 5.0));
    assert_eq!(stored.offset.cycle().seconds(), 65.0, "greens and intergreens");
    assert_eq!(stored.greens.iter().map(|green| green.seconds()).collect::<Vec<_>>(), [30.0, 24.0]);
    assert!(other.stored_plans.is_empty());
}
