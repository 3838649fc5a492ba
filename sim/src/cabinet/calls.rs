//! Who called, and until when each phase is kept green.
//!
//! Knows: detector inputs, buttons, what is green. Must not know: plans, what is served next. NEMA TS 2-2003 section 3.5.3:
//! calls, locking and non-locking memory, passage timing.

use super::actuation::Memory;
use super::heads::Head;
use super::spec::{CabinetSpec, PhaseKind, Tenths};

/// A phase without a loop that calls it: called and kept green at all times (maximum recall), or nobody would ever serve it;
/// so are pedestrians without a button (pedestrian recall).
const ALWAYS: Tenths = i64::MAX / 4;

/// Calls and extensions of all phases.
#[derive(Debug, Clone)]
pub(super) struct Calls {
    /// Remembered until the phase is green.
    locked: Vec<bool>,
    /// Somebody is on a calling loop now.
    present: Vec<bool>,
    /// Last moment somebody was on an extending loop, its stretch included.
    kept: Vec<Tenths>,
}

impl Calls {
    pub(super) fn new(spec: &CabinetSpec) -> Calls {
        let blind = |p: usize| {
            let seen = spec.inputs.iter().any(|i| i.phase == p && i.call.is_some());
            match spec.phases[p].kind {
                PhaseKind::Vehicle => !seen,
                PhaseKind::Pedestrian { .. } => !spec.phases[p].on_call,
            }
        };
        let n = spec.phases.len();
        let kept = (0..n).map(|p| if blind(p) { ALWAYS } else { i64::MIN / 4 }).collect();
        Calls { locked: vec![false; n], present: (0..n).map(blind).collect(), kept }
    }

    /// Forgets everything (power cut).
    pub(super) fn forget(&mut self, spec: &CabinetSpec) {
        *self = Calls::new(spec);
    }

    /// Takes what the loops saw since the last time: channels that counted or were covered.
    pub(super) fn hear(&mut self, spec: &CabinetSpec, heads: &[Head], now: Tenths, on: impl Fn(usize) -> bool) {
        for p in 0..self.present.len() {
            self.present[p] = self.kept[p] == ALWAYS;
        }
        for input in spec.inputs.iter().filter(|i| on(i.channel)) {
            let p = input.phase;
            if let Some(memory) = input.call {
                self.present[p] = true;
                self.locked[p] |= memory == Memory::Locking && !heads[p].going();
            }
            if let Some(stretch) = input.stretch {
                self.kept[p] = self.kept[p].max(now + stretch);
            }
        }
    }

    /// A button was pressed.
    pub(super) fn press(&mut self, phase: usize, heads: &[Head]) {
        self.locked[phase] |= !heads[phase].going();
    }

    /// The phase gets its green: its memory is served.
    pub(super) fn serve(&mut self, phase: usize) {
        self.locked[phase] = false;
    }

    /// Whether somebody waits for the phase, or nobody could say so.
    pub(super) fn call(&self, phase: usize) -> bool {
        self.locked[phase] || self.present[phase]
    }

    /// The moment at which the phase gaps out, if nobody comes before.
    pub(super) fn gap(&self, phase: usize, passage: Tenths) -> Tenths {
        self.kept[phase].saturating_add(passage)
    }
}
