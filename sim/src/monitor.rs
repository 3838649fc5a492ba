//! An independent conflict monitor (malfunction management unit): it watches the lamps and knows only its own table.
//!
//! ```text
//!  vehicle group:     Red -> Green -> Yellow -> Red        right of way while Green; against it Green and Yellow conflict
//!  pedestrian group:  Red -> Green (walk) -> Yellow (clearance) -> Red     right of way until Red
//!  any group:         -> YellowFlash or Dark: nobody's green is judged; everybody's right of way ends with it
//! ```
//!
//! Knows: phases, conflicts, intergreens, minima, lamp changes with their times (0.1 s). Must not know: cabinets, plans,
//! stages, clocks; it shares nothing with the cabinet but [`Lamp`]. It never mends, it reports: a run with one violation is
//! a failed run.

use crate::signal::Lamp;

/// What one signal group must keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedPhase {
    /// Least walk and least clearance of a pedestrian group, 0.1 s; `None` for vehicles.
    pub pedestrian: Option<(i64, i64)>,
    /// Least green of a vehicle group; for a pedestrian group walk and clearance together, 0.1 s.
    pub min_green: i64,
    /// Least yellow of a vehicle group, 0.1 s.
    pub yellow: i64,
    /// Longest time without a green before the group counts as starved, 0.1 s; `None` = not watched.
    pub starved_after: Option<i64>,
}

/// The monitor's own table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorSpec {
    /// Signal groups.
    pub phases: Vec<WatchedPhase>,
    /// `conflicts[p]` has bit `q` set when p and q must never have right of way together.
    pub conflicts: Vec<u64>,
    /// `intergreens[p][q]`: least time from the end of p's right of way to q's green, 0.1 s; read where they conflict.
    pub intergreens: Vec<Vec<i64>>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViolationKind {
    /// Two conflicting groups had right of way, or one was green against the other's yellow.
    Conflict,
    /// A green shorter than its minimum.
    ShortGreen,
    /// A green began too soon after a conflicting one.
    ShortClearance,
    /// A yellow shorter than its minimum, or none.
    ShortYellow,
    /// A walk shorter than its minimum.
    ShortWalk,
    /// A pedestrian clearance shorter than its minimum, or none.
    ShortPedestrianClearance,
    /// No green for too long.
    Starved,
}

/// One violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// When it showed, 0.1 s since the Unix epoch UTC.
    pub time: i64,
    /// What it is.
    pub kind: ViolationKind,
    /// The groups concerned, by index.
    pub phases: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    lamp: Lamp,
    /// Since when it shows this; `None` = since before the monitor watched.
    since: Option<i64>,
    /// Since when it has been without right of way; `None` = before the monitor watched, or it has it now.
    ended: Option<i64>,
    /// Start of the green or walk of which a pedestrian clearance is the rest.
    green_since: Option<i64>,
    /// Last moment it was green, flashed or dark; for starvation.
    served: i64,
    starved: bool,
    changed: bool,
}

/// The monitor.
#[derive(Debug, Clone)]
pub struct Monitor {
    spec: MonitorSpec,
    seen: Vec<Option<Seen>>,
    now: i64,
    violations: Vec<Violation>,
}

impl Monitor {
    /// A monitor that begins to watch at a time. Groups it has no matrix row for conflict with nobody.
    pub fn new(spec: MonitorSpec, now: i64) -> Self {
        let seen = vec![None; spec.phases.len()];
        Self { spec, seen, now, violations: Vec::new() }
    }

    /// Takes one lamp change. Changes come in order of time; those of one moment are judged together. The first picture of a
    /// group is taken as having lasted for long. Groups off the table are ignored.
    pub fn observe(&mut self, at: i64, phase: usize, lamp: Lamp) {
        self.advance(at);
        let Some(slot) = self.seen.get_mut(phase) else { return };
        let Some(before) = *slot else {
            let seen =
                Seen { lamp, since: None, ended: None, green_since: None, served: at, starved: false, changed: true };
            *slot = Some(seen);
            return;
        };
        if before.lamp == lamp {
            return;
        }
        let pedestrian = self.spec.phases[phase].pedestrian.is_some();
        let right_before = right_of_way(before.lamp, pedestrian);
        let right_now = right_of_way(lamp, pedestrian);
        let mut after = Seen { lamp, since: Some(at), changed: true, ..before };
        if right_before {
            after.served = at;
        }
        after.ended = match (right_before, right_now) {
            (_, true) => None,
            (true, false) => Some(at),
            (false, false) => before.ended,
        };
        if lamp == Lamp::Green {
            after.green_since = Some(at);
            after.starved = false;
        }
        *slot = Some(after);
        self.judge_end(at, phase, before, lamp);
        if lamp == Lamp::Green {
            self.judge_start(at, phase);
        }
    }

    /// Time goes on without a change: settles what was seen and looks for starved groups.
    pub fn advance(&mut self, now: i64) {
        if now <= self.now {
            return;
        }
        self.settle();
        self.now = now;
        for phase in 0..self.seen.len() {
            let Some(limit) = self.spec.phases[phase].starved_after else { continue };
            let Some(seen) = &mut self.seen[phase] else { continue };
            let waits = matches!(seen.lamp, Lamp::Red | Lamp::Yellow);
            if waits && !seen.starved && now - seen.served > limit {
                seen.starved = true;
                self.violations.push(Violation { time: now, kind: ViolationKind::Starved, phases: vec![phase] });
            }
        }
    }

    /// Settles everything up to a time and takes the violations found so far.
    pub fn violations(&mut self, now: i64) -> Vec<Violation> {
        self.advance(now);
        self.settle();
        std::mem::take(&mut self.violations)
    }

    /// The lamp that `before` was is over: did it last long enough?
    fn judge_end(&mut self, at: i64, phase: usize, before: Seen, lamp: Lamp) {
        if matches!(lamp, Lamp::Dark | Lamp::YellowFlash) {
            return;
        }
        let table = &self.spec.phases[phase];
        let short = |since: Option<i64>, least: i64| since.is_some_and(|s| at - s < least);
        let mut found = Vec::new();
        match (before.lamp, table.pedestrian) {
            (Lamp::Green, None) => {
                if short(before.since, table.min_green) {
                    found.push(ViolationKind::ShortGreen);
                }
                if lamp == Lamp::Red && table.yellow > 0 {
                    found.push(ViolationKind::ShortYellow);
                }
            }
            (Lamp::Yellow, None) if short(before.since, table.yellow) => found.push(ViolationKind::ShortYellow),
            (Lamp::Green, Some((walk, clearance))) => {
                if short(before.since, walk) {
                    found.push(ViolationKind::ShortWalk);
                }
                if lamp == Lamp::Red && clearance > 0 {
                    found.push(ViolationKind::ShortPedestrianClearance);
                }
            }
            (Lamp::Yellow, Some((_, clearance))) => {
                if short(before.since, clearance) {
                    found.push(ViolationKind::ShortPedestrianClearance);
                }
                if short(before.green_since, table.min_green) {
                    found.push(ViolationKind::ShortGreen);
                }
            }
            _ => {}
        }
        self.violations.extend(found.into_iter().map(|kind| Violation { time: at, kind, phases: vec![phase] }));
    }

    /// A green begins: are all conflicting ones over for long enough?
    fn judge_start(&mut self, at: i64, phase: usize) {
        for other in 0..self.seen.len() {
            let Some(seen) = &self.seen[other] else { continue };
            let least = self.spec.intergreens.get(other).and_then(|row| row.get(phase)).copied().unwrap_or(0);
            if conflict(&self.spec, other, phase) && seen.ended.is_some_and(|ended| at - ended < least) {
                let phases = vec![other, phase];
                self.violations.push(Violation { time: at, kind: ViolationKind::ShortClearance, phases });
            }
        }
    }

    /// Everything of one moment has been seen: does anything conflict that did not before?
    fn settle(&mut self) {
        let groups = self.seen.len();
        for p in 0..groups {
            for q in p + 1..groups {
                let (Some(a), Some(b)) = (&self.seen[p], &self.seen[q]) else { continue };
                let may_move = |s: &Seen| matches!(s.lamp, Lamp::Green | Lamp::Yellow);
                let right = |k: usize, s: &Seen| right_of_way(s.lamp, self.spec.phases[k].pedestrian.is_some());
                let together = may_move(a) && may_move(b) && (right(p, a) || right(q, b));
                if (a.changed || b.changed) && conflict(&self.spec, p, q) && together {
                    let phases = vec![p, q];
                    self.violations.push(Violation { time: self.now, kind: ViolationKind::Conflict, phases });
                }
            }
        }
        for seen in self.seen.iter_mut().flatten() {
            seen.changed = false;
        }
    }
}

/// Whether a picture gives right of way: vehicles on green, pedestrians on walk and clearance, everybody in flash or dark.
fn right_of_way(lamp: Lamp, pedestrian: bool) -> bool {
    match lamp {
        Lamp::Red => false,
        Lamp::Yellow => pedestrian,
        Lamp::Green | Lamp::Dark | Lamp::YellowFlash => true,
    }
}

fn conflict(spec: &MonitorSpec, p: usize, q: usize) -> bool {
    let bit = |p: usize, q: usize| spec.conflicts.get(p).is_some_and(|word| q < 64 && word >> q & 1 == 1);
    bit(p, q) || bit(q, p)
}
