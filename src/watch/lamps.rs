//! Which phases are green, and the greens that were.

use crate::corridor::{Intersection, IntersectionIndex, PhaseIndex, StageIndex};
use crate::plan::Plan;
use crate::units::{Moment, Tenths};

/// What is known of a cabinet at a step.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The plan that runs.
    pub plan: &'a Plan,
    /// Start of a cycle of it, by our clock.
    pub cycle_start: Moment,
    /// The stage that is or was green, where the cabinet tells it.
    pub stage: Option<StageIndex>,
    /// Whether the heads may have left the programme (a stage request, operation by detectors): then the stage counts.
    pub by_stage: bool,
}

/// A green that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Green {
    /// Where.
    pub at: IntersectionIndex,
    /// Whose.
    pub phase: PhaseIndex,
    /// Its start.
    pub from: Moment,
    /// Its end; yellow follows.
    pub until: Moment,
    /// What the plan gave.
    pub programmed: Tenths,
}

/// The lamps of one intersection.
#[derive(Debug, Clone)]
pub(super) struct Lamps {
    at: IntersectionIndex,
    /// By phase: since when it is green, and how long the plan gives it.
    green: Vec<Option<(Moment, Tenths)>>,
}

impl Lamps {
    pub(super) fn new(index: IntersectionIndex, at: &Intersection) -> Lamps {
        Lamps { at: index, green: vec![None; at.phases.len()] }
    }

    /// Since when a phase is green.
    pub(super) fn since(&self, phase: PhaseIndex) -> Option<Moment> {
        self.green.get(phase.0).copied().flatten().map(|(since, _)| since)
    }

    /// Takes what is seen now; `None` when nothing is known: what was green is then no more told of. Greens that ended go to
    /// `ended`.
    pub(super) fn see(&mut self, at: &Intersection, now: Moment, seen: Option<Seen<'_>>, ended: &mut Vec<Green>) {
        let Some(seen) = seen else {
            self.green.fill(None);
            return;
        };
        for (k, lamp) in self.green.iter_mut().enumerate() {
            let phase = PhaseIndex(k);
            let programme = programme(at, phase, now, &seen);
            let given = seen.plan.green_in_cycle(at, phase).map_or(Tenths::ZERO, |(_, length)| length);
            let shows = if seen.by_stage { by_stage(at, phase, &seen).then_some(now) } else { programme };
            let end = |(since, given): (Moment, Tenths)| Green {
                at: self.at,
                phase,
                from: since,
                until: if seen.by_stage { now } else { now.min(since + given) },
                programmed: given,
            };
            match (*lamp, shows) {
                (None, Some(since)) => *lamp = Some((since, given)),
                (Some(then), None) => {
                    ended.push(end(then));
                    *lamp = None;
                }
                // A whole red between two looks, or a step of the cycle: the old green is over.
                (Some(then), Some(since)) if !seen.by_stage && since > then.0 + then.1 => {
                    ended.push(end(then));
                    *lamp = Some((since, given));
                }
                _ => {}
            }
        }
    }
}

/// Since when a phase is green by the programme.
fn programme(at: &Intersection, phase: PhaseIndex, now: Moment, seen: &Seen<'_>) -> Option<Moment> {
    let (start, length) = seen.plan.green_in_cycle(at, phase)?;
    let into = seen.plan.cycle.wrap((now - start).since(seen.cycle_start));
    (into < length).then(|| now - into)
}

fn by_stage(at: &Intersection, phase: PhaseIndex, seen: &Seen<'_>) -> bool {
    seen.stage.and_then(|s| at.stages.get(s.0)).is_some_and(|stage| stage.phases.contains(&phase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::sample;
    use crate::units::Shift;

    #[test]
    fn greens_are_told_to_the_tenth_however_seldom_one_looks() {
        let network = sample::arterial(&[400.0]);
        let (index, at) = (IntersectionIndex(0), &network.intersections()[0]);
        let greens = [38, 10, 22, 10].map(Tenths::from_seconds);
        let plan = Plan::from_greens(at, &greens, Shift::new(0)).unwrap();
        let start = plan.next_cycle_start(at, Moment::from_unix_seconds(1_000_000));
        let (mut lamps, mut ended) = (Lamps::new(index, at), Vec::new());
        let cycle = plan.cycle.length().count();
        for k in 0..(2 * cycle / 10) {
            let now = start + Tenths::new(10 * k + 3);
            let seen = Seen { plan: &plan, cycle_start: start, stage: None, by_stage: false };
            lamps.see(at, now, Some(seen), &mut ended);
        }
        for (k, _) in at.phases.iter().enumerate() {
            let (into, length) = plan.green_in_cycle(at, PhaseIndex(k)).unwrap();
            let mine: Vec<&Green> = ended.iter().filter(|g| g.phase.0 == k).collect();
            assert!(!mine.is_empty(), "phase {k}");
            for (n, green) in mine.iter().enumerate() {
                assert_eq!(green.from, start + into + Tenths::new(n as u32 * cycle), "phase {k}");
                assert_eq!(green.until.elapsed_since(green.from), length, "phase {k}");
            }
        }
    }

    #[test]
    fn where_heads_left_the_programme_the_stage_counts() {
        let network = sample::arterial(&[400.0]);
        let at = &network.intersections()[0];
        let plan = Plan::from_greens(at, &[38, 10, 22, 10].map(Tenths::from_seconds), Shift::new(0)).unwrap();
        let start = plan.next_cycle_start(at, Moment::from_unix_seconds(1_000_000));
        let (mut lamps, mut ended) = (Lamps::new(IntersectionIndex(0), at), Vec::new());
        let phase = at.stages[0].phases[0];
        for second in 0..60 {
            let stage = Some(StageIndex(usize::from(second >= 50)));
            let seen = Seen { plan: &plan, cycle_start: start, stage, by_stage: true };
            lamps.see(at, start + Tenths::from_seconds(second), Some(seen), &mut ended);
        }
        let green = ended.iter().find(|g| g.phase == phase).unwrap();
        assert_eq!(green.until, start + Tenths::from_seconds(50), "held 12 s longer than planned");
        assert_eq!(green.programmed, Tenths::from_seconds(38));
        lamps.see(at, start, None, &mut ended);
        assert_eq!(lamps.since(phase), None, "nothing is known");
    }
}
