//! What the actuated cabinet's tests share: a four-legged intersection as stages or as two rings, and loops that are covered.

use crate::kit::*;
use greenwave_sim::cabinet::*;
use greenwave_sim::monitor::{Monitor, Violation, ViolationKind};
use greenwave_sim::signal::Lamp;

pub(crate) const WT: usize = 0;
pub(crate) const ET: usize = 1;
pub(crate) const WL: usize = 2;
pub(crate) const EL: usize = 3;
pub(crate) const ST: usize = 4;
pub(crate) const NT: usize = 5;
pub(crate) const SL: usize = 6;
pub(crate) const NL: usize = 7;
pub(crate) const PN: usize = 8;
pub(crate) const PS: usize = 9;
pub(crate) const PW: usize = 10;
pub(crate) const PE: usize = 11;

/// Greens of the programme: 40 + 12 + 24 + 12 s and 4 x 5 s of change: a cycle of 108 s.
pub(crate) const PROGRAMME: [i64; 4] = [400, 120, 240, 120];
pub(crate) const CYCLE: i64 = 1080;

/// Stages: arterial through, arterial left, cross through, cross left; channel p covers vehicle phase p. Who crosses the
/// arterial has a button, who crosses the other street none.
pub(crate) fn legs() -> CabinetSpec {
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
    let mut phases = vec![vehicle(80), vehicle(80), vehicle(60), vehicle(60), vehicle(80), vehicle(80)];
    phases.extend([vehicle(60), vehicle(60), walk(70, 80), walk(70, 80), walk(70, 150), walk(70, 150)]);
    (phases[PW].on_call, phases[PE].on_call) = (true, true);
    let rows: [(usize, &[usize]); 8] = [
        (WT, &[EL, ST, NT, SL, NL, PW, PE]),
        (ET, &[WL, ST, NT, SL, NL, PW, PE]),
        (WL, &[ST, NT, SL, NL, PW, PN]),
        (EL, &[ST, NT, SL, NL, PE, PS]),
        (ST, &[NL, PS, PN]),
        (NT, &[SL, PN, PS]),
        (SL, &[PS, PW]),
        (NL, &[PN, PE]),
    ];
    let mut conflicts = vec![0u64; 12];
    let mut intergreens = vec![vec![0; 12]; 12];
    for (p, others) in rows {
        for &q in others {
            conflicts[p] |= 1 << q;
            conflicts[q] |= 1 << p;
            // Unequal ones, so that skipping a stage may need more than the stage's own change.
            intergreens[p][q] = 50 + if (p + q) % 3 == 0 && q >= PN { 10 } else { 0 };
            intergreens[q][p] = 20;
        }
    }
    // What follows in the programmed order keeps to five seconds.
    for (p, q) in [(WT, PW), (WT, PE), (ET, PW), (ET, PE), (WL, PW), (EL, PE), (SL, PS), (NL, PN)] {
        intergreens[p][q] = 50;
    }
    let inputs = (0..8).map(|p| Input { channel: p, phase: p, call: Some(Memory::NonLocking), stretch: Some(0) });
    CabinetSpec {
        map: Map::reference(),
        id: "legs".into(),
        phases,
        stages: vec![
            stage(&[WT, ET, PN, PS], 150, 900),
            stage(&[WL, EL], 60, 400),
            stage(&[ST, NT, PW, PE], 220, 600),
            stage(&[SL, NL], 60, 400),
        ],
        conflicts,
        intergreens,
        cycle_min: 690,
        cycle_max: 2000,
        reference_phase: WT,
        day_plan: vec![DayEntry { from_s: 0, plan: actuated(&PROGRAMME, None) }],
        detectors: 8,
        inputs: inputs.collect(),
        ..spec()
    }
}

/// The same as two rings, lefts after throughs.
pub(crate) fn rings() -> CabinetSpec {
    let rings = vec![vec![vec![ET, WL], vec![NT, SL]], vec![vec![WT, EL], vec![ST, NL]]];
    CabinetSpec { rings, ..legs() }
}

pub(crate) fn actuation() -> Actuation {
    Actuation { passage: 25, max_greens: vec![450, 200, 300, 200], recalls: Vec::new(), rest: Some(0) }
}

pub(crate) fn actuated(greens: &[i64], offset: Option<i64>) -> LocalPlan {
    LocalPlan { greens: greens.to_vec(), sequence: 0, offset, initial_phase: 0, actuation: Some(actuation()) }
}

pub(crate) fn with_plan(spec: CabinetSpec, plan: LocalPlan) -> CabinetSpec {
    CabinetSpec { day_plan: vec![DayEntry { from_s: 0, plan }], ..spec }
}

/// A cabinet, its monitor and its loops, in half seconds.
pub(crate) struct Corner {
    pub(crate) cabinet: Cabinet,
    pub(crate) now: i64,
    monitor: Monitor,
    counters: Vec<(u32, f64)>,
    log: Vec<LampChange>,
}

impl Corner {
    pub(crate) fn new(spec: CabinetSpec) -> Corner {
        let monitor = watch(&spec, T);
        let counters = vec![(0, 0.0); spec.detectors];
        let cabinet = Cabinet::new(spec, T).unwrap();
        let mut corner = Corner { cabinet, now: T, monitor, counters, log: Vec::new() };
        corner.note();
        corner
    }

    /// Half a second with these channels covered (bit k: channel k).
    pub(crate) fn step(&mut self, covered: u32) {
        self.now += 5;
        for (k, counter) in self.counters.iter_mut().enumerate() {
            counter.1 += if covered >> k & 1 == 1 { 0.5 } else { 0.0 };
        }
        self.cabinet.advance(self.now, &self.counters);
        self.note();
    }

    fn note(&mut self) {
        for change in self.cabinet.lamp_changes() {
            self.monitor.observe(change.at, change.phase, change.lamp);
            self.log.push(change);
        }
    }

    /// Goes on until `T + time`.
    pub(crate) fn until(&mut self, time: i64, covered: u32) {
        while self.now < T + time {
            self.step(covered);
        }
    }

    pub(crate) fn green(&self, phase: usize) -> bool {
        self.cabinet.lamps()[phase] == Lamp::Green
    }

    pub(crate) fn judge(&mut self) -> Vec<Violation> {
        // Nobody waits at a loop that is not covered.
        let starved = |v: &Violation| v.kind == ViolationKind::Starved;
        self.monitor.violations(self.now).into_iter().filter(|v| !starved(v)).collect()
    }

    /// Everything that lasted longer than it may on the way to red, as (phase, begin, end) after T: yellows, clearances.
    pub(crate) fn lingering(&self) -> Vec<(usize, i64, i64)> {
        let mut found = Vec::new();
        for (k, change) in self.log.iter().enumerate().filter(|(_, c)| c.lamp == Lamp::Yellow) {
            let most = match self.cabinet.spec().phases[change.phase].kind {
                PhaseKind::Vehicle => 30,
                PhaseKind::Pedestrian { clearance, .. } => clearance,
            };
            let end = self.log[k + 1..].iter().find(|c| c.phase == change.phase).map_or(self.now, |c| c.at);
            if end - change.at > most {
                found.push((change.phase, change.at - T, end - T));
            }
        }
        found
    }

    /// All greens so far as (phase, begin, end) after T in tenths, end 0 = not yet; nothing may have gone wrong.
    pub(crate) fn greens(&mut self, phases: &[usize]) -> Vec<(usize, i64, i64)> {
        assert_eq!(self.judge(), []);
        let changes = &self.log;
        let mut found = Vec::new();
        for (k, change) in changes.iter().enumerate().filter(|(_, c)| phases.contains(&c.phase)) {
            if change.lamp == Lamp::Green {
                let end = changes[k + 1..].iter().find(|c| c.phase == change.phase);
                found.push((change.phase, change.at - T, end.map_or(0, |c| c.at - T)));
            }
        }
        found
    }
}
