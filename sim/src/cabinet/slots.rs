//! What actuated operation times: rings of slots with barriers between groups of them.
//!
//! ```text
//!  stages:         ring 0:  stage 1 | stage 2 | stage 3 |        a barrier after each: one slot a group
//!  NEMA dual ring: ring 0:  WL  ET  | SL  NT  |                  slots of one group run after each other in their ring,
//!                  ring 1:  EL  WT  | NL  ST  |                  beside any of the other ring's; barriers are crossed together
//!                                                                a ring without phases in a group rests in an empty slot
//! ```
//!
//! Knows: the installation. Must not know: what is green. NEMA TS 2-2003 section 3.5.1 (ring structure, concurrency groups).

use super::guard::Breach;
use super::spec::{CabinetSpec, PhaseKind, SpecError, Tenths};

/// What one ring shows at a time: a stage, or a vehicle phase with the pedestrian phases it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) ring: usize,
    pub(super) group: usize,
    /// Bit p set for each phase.
    pub(super) members: u64,
    /// The stage it is; for rings `None`.
    pub(super) stage: Option<usize>,
    /// Least time between the end of its green and the next slot's, when any of its phases ends.
    pub(super) change: Tenths,
}

impl Slot {
    pub(super) fn has(&self, p: usize) -> bool {
        self.members >> p & 1 == 1
    }

    /// Its phases.
    pub(super) fn phases(&self) -> impl Iterator<Item = usize> + use<> {
        bits(self.members)
    }
}

/// The set bits of a word, ascending.
pub(super) fn bits(word: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |p| word >> p & 1 == 1)
}

/// All slots, by ring, then group, then order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) slots: Vec<Slot>,
    pub(super) rings: usize,
    pub(super) groups: usize,
}

impl Layout {
    /// The rings of an installation; `members` are its stages' phases.
    pub(super) fn new(spec: &CabinetSpec, members: &[u64]) -> Result<Layout, SpecError> {
        if spec.rings.is_empty() {
            let slot = |(k, stage): (usize, &super::spec::StageSpec)| Slot {
                ring: 0,
                group: k,
                members: members[k],
                stage: Some(k),
                change: stage.yellow + stage.all_red,
            };
            let slots = spec.stages.iter().enumerate().map(slot).collect();
            return Ok(Layout { slots, rings: 1, groups: spec.stages.len() });
        }
        let groups = spec.rings[0].len();
        let listed: Vec<usize> = spec.rings.iter().flatten().flatten().copied().collect();
        let vehicle = |&p: &usize| spec.phases.get(p).is_some_and(|x| x.kind == PhaseKind::Vehicle);
        let once = (0..spec.phases.len()).filter(vehicle).all(|p| listed.iter().filter(|&&q| q == p).count() == 1);
        let even = groups > 0 && spec.rings.iter().all(|r| r.len() == groups);
        if !even || !once || !listed.iter().all(vehicle) {
            return Err(SpecError::Shape { what: "rings" });
        }
        let mut slots = Vec::new();
        for (ring, list) in spec.rings.iter().enumerate() {
            for (group, phases) in list.iter().enumerate() {
                let slot =
                    |&p: &usize| Slot { ring, group, members: 1 << p, stage: None, change: spec.phases[p].yellow };
                slots.extend(phases.iter().map(slot));
                if phases.is_empty() {
                    slots.push(Slot { ring, group, members: 0, stage: None, change: 0 });
                }
            }
        }
        let mut layout = Layout { slots, rings: spec.rings.len(), groups };
        layout.carry(spec, members)?;
        layout.concurrent(spec)?;
        Ok(layout)
    }

    /// Hangs each pedestrian phase on the first slot it shares a stage with and beside which it never meets anybody.
    fn carry(&mut self, spec: &CabinetSpec, members: &[u64]) -> Result<(), SpecError> {
        for p in (0..spec.phases.len()).filter(|&p| spec.phases[p].kind != PhaseKind::Vehicle) {
            let meets = |slot: &Slot| slot.members & spec.conflicts[p] != 0;
            let together = |slot: &Slot| members.iter().any(|m| m >> p & 1 == 1 && m & slot.members != 0);
            let fits = |slot: &Slot| {
                let beside = self.slots.iter().filter(|o| o.group == slot.group && o.ring != slot.ring);
                together(slot) && !meets(slot) && beside.into_iter().all(|o| !meets(o))
            };
            let found = self.slots.iter().position(fits).ok_or(SpecError::Uncarried(p))?;
            self.slots[found].members |= 1 << p;
        }
        Ok(())
    }

    /// Whatever may be green beside each other must not conflict.
    fn concurrent(&self, spec: &CabinetSpec) -> Result<(), SpecError> {
        for (a, b) in self.slots.iter().flat_map(|a| self.slots.iter().map(move |b| (a, b))) {
            for p in a.phases().filter(|_| a.group == b.group && a.ring != b.ring) {
                if let Some(q) = bits(b.members & spec.conflicts[p]).next() {
                    return Err(SpecError::Unsafe(Breach::Rings(p, q)));
                }
            }
        }
        Ok(())
    }

    /// Slots of a ring between two barriers, in order.
    pub(super) fn of(&self, ring: usize, group: usize) -> impl Iterator<Item = usize> + use<'_> {
        (0..self.slots.len()).filter(move |&s| self.slots[s].ring == ring && self.slots[s].group == group)
    }
}
