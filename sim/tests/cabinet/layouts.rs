//! Other layouts than the reference: what they read and write is pinned to `golden_words.txt`, and what differs in meaning is
//! held to the lamps: offsets to the end of a green, counted from midnight, plans by number, transitions of the cabinet's own.

use crate::golden::golden;
use crate::kit::*;
use greenwave_sim::cabinet::*;
use greenwave_sim::signal::Lamp;

const fn one(word: u16) -> Item {
    Item { word, width: 1 }
}

const fn two(word: u16) -> Item {
    Item { word, width: 2 }
}

const fn area(at: u16, words: u16) -> Area {
    Area { at, words, table: Registers::Holding }
}

const fn input(at: u16, words: u16) -> Area {
    Area { at, words, table: Registers::Input }
}

/// The status area of a cabinet that tells nothing but what it must.
fn mute(block: Marked, mode: u16, running: Item, pending: Item) -> StatusMap {
    StatusMap {
        block,
        identity: None,
        mode: one(mode),
        modes: Vec::new(),
        fault: None,
        boots: None,
        stage: None,
        interval: None,
        remaining: None,
        running,
        running_check: None,
        pending,
        activation: None,
        staged_check: None,
        refusal: None,
        clock: None,
        cycle_start: None,
        cycle_elapsed: None,
        heartbeat: None,
        heartbeat_left: None,
        commits: None,
        channels: None,
        request: None,
    }
}

/// `corridors/profiles/plc.toml`, by hand.
fn plc() -> Map {
    let marks = vec![(0, 0x504c)];
    let modes = [Mode::StartUp, Mode::Local, Mode::Centre, Mode::Flash, Mode::Manual, Mode::Preempt];
    let load = DownloadMap {
        running: area(2000, 78),
        staged: area(2200, 78),
        slots: 2,
        form: FormMap {
            marks: marks.clone(),
            identity: Some(two(2)),
            generation: two(4),
            epoch: None,
            cycle: one(6),
            offset: one(7),
            stages: one(8),
            reference_stage: None,
            operation: None,
            check: two(10),
            first: 14,
            stride: 4,
            stage: one(0),
            green: one(1),
            yellow: one(2),
            all_red: one(3),
        },
        commit: CommitMap { area: area(2500, 8), generation: two(0), key: two(2), activation: two(4), expiry: one(6) },
    };
    Map {
        low_first: true,
        most_read: 100,
        most_written: 100,
        step: 10,
        zero: ClockZero::LocalMidnight,
        to_green_end: true,
        own_transition: None,
        fixed_time: 0,
        free: None,
        coordinated: None,
        status: StatusMap {
            identity: Some(two(2)),
            modes: modes.into_iter().zip([9, 1, 2, 3, 4, 7]).collect(),
            fault: Some(one(5)),
            boots: Some(one(6)),
            stage: Some(one(7)),
            running_check: Some(two(10)),
            staged_check: Some(two(14)),
            refusal: Some(one(16)),
            clock: Some(two(18)),
            cycle_start: Some(two(20)),
            heartbeat: Some(one(22)),
            channels: Some(one(23)),
            ..mute(Marked { area: input(1000, 30), marks }, 4, two(8), two(12))
        },
        detectors: Some(DetectorMap {
            area: input(1100, 96),
            stride: 3,
            channels: 32,
            count: two(0),
            occupied: Some(one(2)),
        }),
        limits: None,
        plans: PlansMap::Download(Box::new(load)),
        heartbeat: HeartbeatMap { area: area(2520, 2), counter: one(0), timeout: Some(one(1)) },
        clock: Some(ClockMap { area: area(2530, 2), instant: two(0) }),
        release: Marked { area: area(2540, 1), marks: vec![(0, 0x0ff0)] },
        request: None,
    }
}

/// `corridors/profiles/plan-select.toml`, by hand.
fn select() -> Map {
    let modes = [Mode::Local, Mode::Centre, Mode::Flash, Mode::Manual, Mode::StartUp];
    Map {
        low_first: false,
        most_read: 64,
        most_written: 16,
        zero: ClockZero::UnixEpoch,
        to_green_end: false,
        own_transition: Some(Stretch { shortest_percent: 80, longest_percent: 125 }),
        status: StatusMap {
            modes: modes.into_iter().zip(0..).collect(),
            fault: Some(one(1)),
            stage: Some(one(4)),
            cycle_elapsed: Some(one(5)),
            heartbeat: Some(one(6)),
            ..mute(Marked { area: area(0, 8), marks: Vec::new() }, 0, one(2), one(3))
        },
        detectors: Some(DetectorMap { area: area(16, 16), stride: 1, channels: 16, count: one(0), occupied: None }),
        plans: PlansMap::Select(SelectMap { area: area(40, 4), number: one(0), expiry: one(1), check: two(2) }),
        heartbeat: HeartbeatMap { area: area(44, 1), counter: one(0), timeout: None },
        clock: None,
        release: Marked { area: area(45, 1), marks: vec![(0, 0x5245)] },
        ..plc()
    }
}

/// The golden installation, its local cycle begun 68 s before T.
fn with_map(map: Map) -> CabinetSpec {
    let stored = |number, greens: &[i64], offset| StoredPlan { number, greens: greens.to_vec(), sequence: 0, offset };
    let stored_plans = vec![stored(1, &[400, 150, 300], 0), stored(2, &GREENS, 320), stored(7, &GREENS, 820)];
    CabinetSpec { map, stored_plans, ..with_day(&[(0, free(&[400, 150, 300], 680))]) }
}

fn assert_reads(cabinet: &Cabinet, table: Registers, name: &str) {
    let (at, words) = golden(name);
    let read = cabinet.read_from(table, at, words.len() as u16).unwrap();
    for (k, (is, should)) in read.iter().zip(&words).enumerate() {
        assert_eq!(is, should, "{name}: word {k} is {is:04x}, should be {should:04x}");
    }
}

fn write(cabinet: &mut Cabinet, name: &str) {
    let (at, words) = golden(name);
    cabinet.write(at, &words).unwrap();
}

const LOOPS: [(u32, f64); 4] = [(70_000, 6553.7), (3, 2.5), (0, 0.0), (65_535, 6553.6)];

#[test]
fn a_plc_reads_and_writes_its_golden_words() {
    let mut cabinet = Cabinet::new(with_map(plc()), T).unwrap();
    assert_reads(&cabinet, Registers::Input, "plc-status-local");
    assert_reads(&cabinet, Registers::Holding, "plc-running-local");
    // What lies in one table is not in the other.
    assert_eq!(cabinet.read_from(Registers::Holding, 1000, 30), Err(Exception::IllegalAddress));
    assert_eq!(cabinet.read_from(Registers::Input, 2000, 78), Err(Exception::IllegalAddress));
    assert_eq!(cabinet.write(1000, &[0; 30]), Err(Exception::IllegalAddress));
    write(&mut cabinet, "plc-staged");
    assert_reads(&cabinet, Registers::Holding, "plc-staged");
    write(&mut cabinet, "plc-commit");
    cabinet.advance(T + 500, &LOOPS);
    write(&mut cabinet, "plc-heartbeat");
    write(&mut cabinet, "plc-clock");
    assert_reads(&cabinet, Registers::Holding, "plc-heartbeat");
    assert_reads(&cabinet, Registers::Holding, "plc-clock");
    assert_reads(&cabinet, Registers::Input, "plc-status-pending");
    assert_reads(&cabinet, Registers::Input, "plc-detectors");
    for (at, counter) in [(1000, 7), (1500, 8), (1900, 43)] {
        cabinet.advance(T + at, &LOOPS);
        cabinet.write(2520, &[counter, 60]).unwrap();
    }
    cabinet.advance(T + 2000, &LOOPS);
    assert_reads(&cabinet, Registers::Input, "plc-status-running");
    assert_eq!(cabinet.cycle_start(), Some(T + 1320), "the end of its first green was told");
    assert_eq!(cabinet.read(2000, 78).unwrap(), golden("plc-staged").1);
    write(&mut cabinet, "plc-release");
    cabinet.advance(T + 2320, &LOOPS);
    assert_eq!(cabinet.mode(), Mode::Local);
}

#[test]
fn a_plan_belongs_in_the_slot_of_its_generation() {
    let mut cabinet = Cabinet::new(with_map(plc()), T).unwrap();
    let staged = golden("plc-staged").1;
    cabinet.write(2278, &staged).unwrap();
    let refusal = |c: &Cabinet| c.read_from(Registers::Input, 1016, 1).unwrap()[0];
    assert_eq!(refusal(&cabinet), Refusal::Generation as u16, "an even generation in the second slot");
    write(&mut cabinet, "plc-commit");
    assert_eq!(refusal(&cabinet), Refusal::Empty as u16, "its own slot is empty");
    cabinet.write(2200, &staged).unwrap();
    write(&mut cabinet, "plc-commit");
    assert_eq!(refusal(&cabinet), 0);
}

#[test]
fn an_offset_from_midnight_stays_where_it_was_when_midnight_comes() {
    // 20 minutes before midnight at UTC+8; 100 s do not divide the day's 86400 s but 864 times: take 70 s of cycle.
    let before = T + 16 * 36_000 - 12_000;
    let greens = [300, 100, 240];
    let spec = CabinetSpec { cycle_min: 600, ..with_map(plc()) };
    let mut cabinet = Cabinet::new(spec, before).unwrap();
    let start = cabinet.cycle_start().unwrap() + 2000;
    let cycle: i64 = greens.iter().map(|g| g + 50).sum();
    let midnight = T - 8 * 36_000;
    let mut words = golden("plc-staged").1;
    let offset = ((start - midnight) + greens[0]).rem_euclid(cycle) / 10;
    (words[6], words[7]) = (cycle as u16 / 10, offset as u16);
    for (k, green) in greens.iter().enumerate() {
        words[15 + 4 * k] = *green as u16 / 10;
    }
    let bytes = |words: &[u16]| words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<u8>>();
    let covered: Vec<u16> = words[..10].iter().chain(&words[12..]).copied().collect();
    let check = crc32fast::hash(&bytes(&covered));
    (words[10], words[11]) = (check as u16, (check >> 16) as u16);
    cabinet.write(2200, &words).unwrap();
    let activation = ((start - midnight) / 10) as u32;
    let mut commit = vec![words[4], words[5], 0, 0, activation as u16, (activation >> 16) as u16, 60, 0];
    let key = check ^ crc32fast::hash(&bytes(&[commit[0], commit[1], commit[4], commit[5]]));
    (commit[2], commit[3]) = (key as u16, (key >> 16) as u16);
    cabinet.write(2500, &commit).unwrap();
    let mut beat = 0;
    let mut t = before;
    while t < before + 30_000 {
        beat += 1;
        cabinet.write(2520, &[beat, 60]).unwrap();
        t += 200;
        cabinet.advance(t, &[]);
    }
    assert_eq!(cabinet.mode(), Mode::Centre);
    assert_eq!((cabinet.cycle_start().unwrap() - start).rem_euclid(cycle), 0, "an hour on, past midnight");
    assert_ne!((17_280_000 + 12_000) % cycle, 0);
    assert!(!cabinet.in_transition());
}

#[test]
fn a_cabinet_of_stored_plans_reads_and_writes_its_golden_words() {
    let mut cabinet = Cabinet::new(with_map(select()), T).unwrap();
    assert_reads(&cabinet, Registers::Holding, "select-status-local");
    cabinet.advance(T + 200, &LOOPS);
    write(&mut cabinet, "select-plan");
    write(&mut cabinet, "select-heartbeat");
    assert_reads(&cabinet, Registers::Holding, "select-plan");
    assert_reads(&cabinet, Registers::Holding, "select-heartbeat");
    assert_reads(&cabinet, Registers::Holding, "select-status-pending");
    assert_reads(&cabinet, Registers::Holding, "select-detectors");
    cabinet.advance(T + 1820, &LOOPS);
    assert_reads(&cabinet, Registers::Holding, "select-status-running");
    write(&mut cabinet, "select-own");
    cabinet.advance(T + 2320, &LOOPS);
    assert_eq!(cabinet.mode(), Mode::Local);
    write(&mut cabinet, "select-plan");
    write(&mut cabinet, "select-release");
    cabinet.advance(T + 3320, &LOOPS);
    assert_eq!(cabinet.mode(), Mode::Local, "released before it began");
}

#[test]
fn a_stored_plan_runs_in_the_order_it_is_stored_in() {
    let mut spec = CabinetSpec { sequences: vec![vec![0, 2, 1]], ..with_map(select()) };
    spec.stored_plans[0].sequence = 1;
    let mut cabinet = Cabinet::new(spec.clone(), T).unwrap();
    let check = crc32fast::hash(&[0, 1, 0, 30]);
    cabinet.write(40, &[1, 30, (check >> 16) as u16, check as u16]).unwrap();
    let mut monitor = watch(&spec, T);
    // Phase 2 is green in stage 2 alone, phase 3 in stage 3.
    let (mut begun, mut last) = (Vec::new(), cabinet.lamps().to_vec());
    for t in (T + 320)..(T + 320 + 1500) {
        cabinet.advance(t, &[]);
        let lamps = cabinet.lamps().to_vec();
        let green = |p: &usize| lamps[*p] == Lamp::Green && last[*p] != Lamp::Green;
        begun.extend([2, 3].into_iter().filter(green));
        last = lamps;
    }
    assert_eq!((cabinet.mode(), &begun[..2]), (Mode::Centre, &[3, 2][..]), "{begun:?}");
    assert_eq!(judge(&mut monitor, &mut cabinet, T + 1820), []);
}

#[test]
fn a_number_that_is_none_is_refused_and_changes_nothing() {
    let mut cabinet = Cabinet::new(with_map(select()), T).unwrap();
    let (at, good) = golden("select-plan");
    for word in 0..good.len() {
        let mut bad = good.clone();
        bad[word] ^= 1;
        assert_eq!(cabinet.write(at, &bad), Err(Exception::IllegalValue), "word {word}");
    }
    let sealed = |number: u16, minutes: u16| {
        let check = crc32fast::hash(&[number.to_be_bytes(), minutes.to_be_bytes()].concat());
        [number, minutes, (check >> 16) as u16, check as u16]
    };
    for (number, minutes) in [(3, 30), (1, 0), (1, 1441), (0, 5)] {
        assert_eq!(cabinet.write(at, &sealed(number, minutes)), Err(Exception::IllegalValue), "plan {number}");
    }
    cabinet.set_preempt(true);
    assert_eq!(cabinet.read(0, 1).unwrap(), [3], "without a code of its own it shows as manual");
    assert_eq!(cabinet.write(at, &sealed(1, 30)), Err(Exception::Busy));
    cabinet.set_preempt(false);
    assert_eq!(cabinet.write(at, &sealed(1, 30)), Ok(()));
    assert_eq!(cabinet.read(3, 1).unwrap(), [1]);
}

#[test]
fn a_stored_plan_finds_its_offset_within_the_stretch_and_ends_when_nobody_speaks() {
    let mut cabinet = Cabinet::new(with_map(select()), T).unwrap();
    let check = crc32fast::hash(&[0, 7, 0, 30]);
    cabinet.write(40, &[7, 30, (check >> 16) as u16, check as u16]).unwrap();
    cabinet.advance(T + 320, &[]);
    assert_eq!((cabinet.mode(), cabinet.in_transition()), (Mode::Centre, true), "50 s off");
    let mut starts = vec![T + 320];
    for t in (T + 321)..(T + 5000) {
        cabinet.advance(t, &[]);
        if cabinet.cycle_start() == Some(t) {
            starts.push(t);
        }
    }
    let lengths: Vec<i64> = starts.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(lengths.iter().all(|l| (800..=1250).contains(l)), "{lengths:?}");
    assert_eq!(lengths[..3], [1250, 1250, 1000], "two cycles of 25 s more, then in step");
    assert_eq!(starts.last().unwrap().rem_euclid(1000), 820);
    cabinet.advance(T + 6320, &[]);
    assert_eq!(cabinet.mode(), Mode::Centre, "its own timeout of 600 s ends in this cycle");
    cabinet.advance(T + 6820, &[]);
    assert_eq!(cabinet.mode(), Mode::Local);
}

#[test]
fn registers_that_can_not_be_are_refused_at_installation() {
    let refused = |map: Map| match Cabinet::new(with_map(map), T) {
        Err(SpecError::Map(what)) => what,
        other => panic!("{:?}", other.map(|_| ())),
    };
    let mut over = plc();
    over.heartbeat.area.at = 2539;
    assert_eq!(refused(over), "release");
    let mut beyond = plc();
    beyond.heartbeat.timeout = Some(two(1));
    assert_eq!(refused(beyond), "heartbeat");
    let mut narrow = plc();
    narrow.status.clock = Some(Item { word: 18, width: 3 });
    assert_eq!(refused(narrow), "status");
    let mut few = select();
    few.detectors = few.detectors.map(|d| DetectorMap { channels: 3, ..d });
    assert_eq!(refused(few), "detectors");
    let mut outside = select();
    outside.release.area.at = 65_535;
    outside.release.area.words = 2;
    assert_eq!(refused(outside), "release");
}
