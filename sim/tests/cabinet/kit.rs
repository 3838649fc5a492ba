//! What the cabinet's tests share: an installation, a centre that writes blocks by hand, and the monitor beside it.

use greenwave_sim::cabinet::*;
use greenwave_sim::monitor::{Monitor, MonitorSpec, Violation, WatchedPhase};

/// 2026-03-02 00:00:00 UTC, 0.1 s.
pub(crate) const T: i64 = 17_724_096_000;

/// Three stages; phase 0 runs on from stage 1 into stage 2; pedestrians in stages 1 and 3.
pub(crate) fn spec() -> CabinetSpec {
    let vehicle = |min_green| PhaseSpec { kind: PhaseKind::Vehicle, min_green, yellow: 30, on_call: false };
    let walk = |walk, clearance| PhaseSpec {
        kind: PhaseKind::Pedestrian { walk, clearance },
        min_green: walk + clearance,
        yellow: 0,
        on_call: false,
    };
    let stage = |phases: &[usize], min_green, max_green| StageSpec {
        phases: phases.to_vec(),
        min_green,
        max_green,
        yellow: 30,
        all_red: 20,
        late_starts: Vec::new(),
        early_cuts: Vec::new(),
    };
    let pairs = [(1, 2), (0, 3), (1, 3), (2, 3), (4, 2), (4, 3), (5, 0), (5, 1), (5, 2)];
    let mut conflicts = vec![0u64; 6];
    let mut intergreens = vec![vec![0; 6]; 6];
    for (p, q) in pairs {
        conflicts[p] |= 1 << q;
        conflicts[q] |= 1 << p;
        intergreens[p][q] = 50;
        intergreens[q][p] = 50;
    }
    CabinetSpec {
        map: Map::reference(),
        id: "dc01".into(),
        phases: vec![vehicle(70), vehicle(100), vehicle(70), vehicle(100), walk(70, 120), walk(70, 150)],
        stages: vec![stage(&[0, 1, 4], 190, 900), stage(&[0, 2], 70, 400), stage(&[3, 5], 220, 900)],
        sequences: Vec::new(),
        conflicts,
        intergreens,
        cycle_min: 630,
        cycle_max: 1800,
        reference_phase: 0,
        day_plan: vec![DayEntry { from_s: 0, plan: free(&[400, 150, 300], 679) }],
        stored_plans: Vec::new(),
        day_types: Vec::new(),
        clock_zero: ClockZero::UnixEpoch,
        utc_offset_s: 8 * 3600,
        detectors: 4,
        inputs: Vec::new(),
        rings: Vec::new(),
        centre_actuation: None,
        on_request: None,
        drift_ppm: 0,
        clock_error: 0,
        startup_flash: 0,
        startup_all_red: 0,
        heartbeat_timeout: 6000,
        countdown: false,
    }
}

pub(crate) fn free(greens: &[i64], initial_phase: i64) -> LocalPlan {
    LocalPlan { greens: greens.to_vec(), sequence: 0, offset: None, initial_phase, actuation: None }
}

pub(crate) fn coordinated(greens: &[i64], offset: i64) -> LocalPlan {
    LocalPlan { greens: greens.to_vec(), sequence: 0, offset: Some(offset), initial_phase: 0, actuation: None }
}

/// The same with these local plans from these seconds of the local day.
pub(crate) fn with_day(lines: &[(u32, LocalPlan)]) -> CabinetSpec {
    let day_plan = lines.iter().map(|(from_s, plan)| DayEntry { from_s: *from_s, plan: plan.clone() }).collect();
    CabinetSpec { day_plan, ..spec() }
}

pub(crate) fn cabinet() -> Cabinet {
    Cabinet::new(spec(), T).unwrap()
}

fn crc(words: &[u16]) -> u32 {
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
    crc32fast::hash(&bytes)
}

pub(crate) fn long(high: u16, low: u16) -> u32 {
    u32::from(high) << 16 | u32::from(low)
}

pub(crate) fn date(words: &[u16]) -> i64 {
    words.iter().fold(0, |all, &w| all << 16 | i64::from(w))
}

pub(crate) fn halves(value: u32) -> [u16; 2] {
    [(value >> 16) as u16, value as u16]
}

pub(crate) fn quarters(value: i64) -> [u16; 4] {
    [(value >> 48) as u16, (value >> 32) as u16, (value >> 16) as u16, value as u16]
}

/// Puts the right checksum into a plan block and returns it.
pub(crate) fn seal(block: &mut [u16]) -> u32 {
    let words: Vec<u16> = block[..18].iter().chain(&block[20..]).copied().collect();
    let sum = crc(&words);
    block[18..20].copy_from_slice(&halves(sum));
    sum
}

/// A plan block for [`spec`]'s stages with the reference at stage 1.
pub(crate) fn block(generation: u32, epoch: u32, greens: &[i64], offset: i64) -> Vec<u16> {
    let programmed: Vec<usize> = (0..greens.len()).collect();
    block_in(&programmed, generation, epoch, greens, offset)
}

/// The same with the stages in another order; greens by stage.
pub(crate) fn block_in(order: &[usize], generation: u32, epoch: u32, greens: &[i64], offset: i64) -> Vec<u16> {
    let mut w = vec![0u16; 116];
    w[0] = 0x4757;
    w[1] = 1;
    w[2..4].copy_from_slice(&halves(crc32fast::hash(b"dc01")));
    w[4..6].copy_from_slice(&halves(generation));
    w[6..8].copy_from_slice(&halves(epoch));
    w[8] = greens.iter().map(|g| *g as u16 + 50).sum();
    w[9] = offset as u16;
    w[10] = greens.len() as u16;
    w[11] = 1;
    w[12] = 1;
    for (place, &k) in order.iter().enumerate() {
        let record = [k as u16 + 1, greens[k] as u16, 30, 20];
        w[20 + 6 * place..24 + 6 * place].copy_from_slice(&record);
    }
    seal(&mut w);
    w
}

/// The commit of a plan block.
pub(crate) fn commit(block: &[u16], activation: i64, minutes: u16) -> Vec<u16> {
    let at = quarters(activation);
    let bound = crc(&[block[4], block[5], at[0], at[1], at[2], at[3]]);
    let key = halves(long(block[18], block[19]) ^ bound);
    vec![block[4], block[5], key[0], key[1], at[0], at[1], at[2], at[3], minutes, 0]
}

/// What the status block says, as far as tests ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) mode: u16,
    pub(crate) fault: u16,
    pub(crate) boots: u16,
    pub(crate) running: u32,
    pub(crate) running_crc: u32,
    pub(crate) pending: u32,
    pub(crate) staged_crc: u32,
    pub(crate) refusal: u16,
    pub(crate) clock: i64,
    pub(crate) left: u16,
    pub(crate) commits: u16,
    pub(crate) cycle_start: i64,
}

pub(crate) fn status(cabinet: &Cabinet) -> Status {
    let w = cabinet.read(0, 40).unwrap();
    Status {
        mode: w[4],
        fault: w[5],
        boots: w[6],
        running: long(w[10], w[11]),
        running_crc: long(w[12], w[13]),
        pending: long(w[14], w[15]),
        staged_crc: long(w[20], w[21]),
        refusal: w[22],
        clock: date(&w[23..27]),
        left: w[28],
        commits: w[29],
        cycle_start: date(&w[30..34]),
    }
}

/// Stages and commits a plan whose cycle starts at `start` (and so at the running plan's); returns register 22.
pub(crate) fn push(cabinet: &mut Cabinet, generation: u32, greens: &[i64], start: i64) -> u16 {
    let cycle: i64 = greens.iter().map(|g| g + 50).sum();
    let block = block(generation, 1, greens, start.rem_euclid(cycle));
    cabinet.write(400, &block).unwrap();
    cabinet.write(600, &commit(&block, start, 60)).unwrap();
    status(cabinet).refusal
}

/// The same in an order of the stages.
pub(crate) fn push_in(cabinet: &mut Cabinet, order: &[usize], generation: u32, greens: &[i64], start: i64) -> u16 {
    let cycle: i64 = greens.iter().map(|g| g + 50).sum();
    let block = block_in(order, generation, 1, greens, start.rem_euclid(cycle));
    cabinet.write(400, &block).unwrap();
    cabinet.write(600, &commit(&block, start, 60)).unwrap();
    status(cabinet).refusal
}

/// An installation with every order of its stages that its own tables permit, whichever follows whichever.
pub(crate) fn in_all_orders(mut spec: CabinetSpec) -> CabinetSpec {
    let n = spec.stages.len();
    let mut all: Vec<Vec<usize>> = vec![vec![0]];
    for _ in 1..n {
        let longer = |order: &Vec<usize>| {
            let order = order.clone();
            (0..n).filter(|k| !order.contains(k)).map(|k| [&order[..], &[k]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    for order in all.into_iter().skip(1) {
        spec.sequences.push(order);
        if Cabinet::new(spec.clone(), T).is_err() {
            spec.sequences.pop();
        }
    }
    spec
}

/// One of an installation's orders.
pub(crate) fn order_of(spec: &CabinetSpec, draw: usize) -> Vec<usize> {
    match draw % (spec.sequences.len() + 1) {
        0 => (0..spec.stages.len()).collect(),
        k => spec.sequences[k - 1].clone(),
    }
}

/// The monitor's table, written from the same installation.
pub(crate) fn watch(spec: &CabinetSpec, now: i64) -> Monitor {
    let watched = |p: &PhaseSpec| WatchedPhase {
        pedestrian: match p.kind {
            PhaseKind::Vehicle => None,
            PhaseKind::Pedestrian { walk, clearance } => Some((walk, clearance)),
        },
        min_green: p.min_green,
        yellow: 30,
        starved_after: Some(4000),
    };
    let phases = spec.phases.iter().map(watched).collect();
    Monitor::new(MonitorSpec { phases, conflicts: spec.conflicts.clone(), intergreens: spec.intergreens.clone() }, now)
}

/// Feeds what the cabinet showed to the monitor and returns its findings.
pub(crate) fn judge(monitor: &mut Monitor, cabinet: &mut Cabinet, now: i64) -> Vec<Violation> {
    for change in cabinet.lamp_changes() {
        monitor.observe(change.at, change.phase, change.lamp);
    }
    monitor.violations(now)
}

/// Greens of a plan of 100 s.
pub(crate) const GREENS: [i64; 3] = [420, 140, 290];
/// Others, of 100 s too.
pub(crate) const OTHER: [i64; 3] = [300, 250, 300];
/// A cycle start of the local plan: it runs 100 s cycles from 67.9 s before T.
pub(crate) const START: i64 = T + 1321;

/// A cabinet on which plan 5 runs since `START`.
pub(crate) fn centre() -> Cabinet {
    let mut cabinet = cabinet();
    assert_eq!(push(&mut cabinet, 5, &GREENS, START), 0);
    cabinet.advance(START, &[]);
    assert_eq!((status(&cabinet).running, status(&cabinet).mode), (5, 2));
    cabinet
}
