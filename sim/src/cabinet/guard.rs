//! The cabinet's own safety check: no plan runs that breaks minima, maxima, the cycle limits, conflicts or intergreens.
//!
//! Knows: the installed table. Must not know: where a plan comes from. Every plan passes here before it may run, the
//! cabinet's own day plan at installation and the centre's at staging and again at commit. Yellow and all red are not
//! part of a plan in this cabinet: it only ever uses its own table, and a plan block that names others is refused.

use super::spec::{PhaseKind, Table, Tenths};

/// What a plan breaks; stages and phases by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// Not one green a stage.
    #[error("not one green for each stage")]
    Stages,
    /// A green is below the stage's minimum or above its maximum.
    #[error("green of stage {0} is below its minimum or above its maximum")]
    Green(usize),
    /// The sum lies outside the cycle limits.
    #[error("cycle is outside the limits")]
    Cycle,
    /// The offset is not below the cycle.
    #[error("offset is not below the cycle")]
    Offset,
    /// A stage's minimum does not cover a phase's minimum, or its walk and clearance, with its late start and early cut.
    #[error("minimum of stage {stage} does not cover phase {phase}")]
    Minimum {
        /// The stage.
        stage: usize,
        /// The phase.
        phase: usize,
    },
    /// Vehicles end with a stage that has no yellow, or a shorter one than theirs.
    #[error("stage {0} ends a vehicle green without yellow enough")]
    Yellow(usize),
    /// Two conflicting phases are green in one stage.
    #[error("phases {0} and {1} conflict and share a stage")]
    Conflict(usize, usize),
    /// Two conflicting phases may be green together in two rings.
    #[error("phases {0} and {1} conflict and stand in different rings between the same barriers")]
    Rings(usize, usize),
    /// The time between two conflicting greens is too short.
    #[error("phases {0} and {1} follow each other within their intergreen")]
    Intergreen(usize, usize),
}

/// Judges the greens of a plan: count, minima and maxima, cycle limits, and the sequence they make.
pub(super) fn greens(table: &Table, greens: &[Tenths]) -> Result<(), Breach> {
    if greens.len() != table.stages() {
        return Err(Breach::Stages);
    }
    for (k, (green, stage)) in greens.iter().zip(&table.spec.stages).enumerate() {
        if !(stage.min_green..=stage.max_green).contains(green) {
            return Err(Breach::Green(k));
        }
    }
    if !(table.spec.cycle_min..=table.spec.cycle_max).contains(&table.cycle_of(greens)) {
        return Err(Breach::Cycle);
    }
    sequence(table, greens)
}

/// Judges the sequence that is left when one stage is left out.
pub(super) fn without(table: &Table, stage: usize) -> Result<(), Breach> {
    let mut rest = table.clone();
    rest.spec.stages.remove(stage);
    rest.members.remove(stage);
    let least: Vec<Tenths> = rest.spec.stages.iter().map(|s| s.min_green).collect();
    sequence(&rest, &least)
}

/// Judges the sequence of stages with these greens: minima cover the phases, nothing conflicts within a stage, and every
/// green begins at least its intergreen after each conflicting green ended.
pub(super) fn sequence(table: &Table, greens: &[Tenths]) -> Result<(), Breach> {
    let spec = &table.spec;
    for (k, stage) in spec.stages.iter().enumerate() {
        for &p in &stage.phases {
            let least = match spec.phases[p].kind {
                PhaseKind::Vehicle => 0,
                PhaseKind::Pedestrian { walk, clearance } => walk + clearance,
            };
            let late = if table.serves(table.before(k), p) { 0 } else { table.late_start(k, p) };
            let cut = if table.serves(table.after(k), p) { 0 } else { table.early_cut(k, p) };
            if stage.min_green < late + least.max(spec.phases[p].min_green) + cut {
                return Err(Breach::Minimum { stage: k, phase: p });
            }
            if let Some(&q) = stage.phases.iter().find(|&&q| spec.conflicts[p] >> q & 1 == 1) {
                return Err(Breach::Conflict(p, q));
            }
        }
        endings(table, greens, k)?;
    }
    Ok(())
}

/// Follows each phase that ends with stage `k` through the stages after it until it is green again.
fn endings(table: &Table, greens: &[Tenths], k: usize) -> Result<(), Breach> {
    let spec = &table.spec;
    let next = table.after(k);
    let vehicle = |p: usize| spec.phases[p].kind == PhaseKind::Vehicle;
    for &p in spec.stages[k].phases.iter().filter(|&&p| !table.serves(next, p)) {
        if vehicle(p) && spec.stages[k].yellow < spec.phases[p].yellow.max(1) {
            return Err(Breach::Yellow(k));
        }
        let mut gap = table.early_cut(k, p) + spec.stages[k].yellow + spec.stages[k].all_red;
        let mut stage = next;
        for _ in 0..table.stages() {
            let late = |q| if table.serves(table.before(stage), q) { 0 } else { table.late_start(stage, q) };
            let close = |&&q: &&usize| spec.conflicts[p] >> q & 1 == 1 && gap + late(q) < spec.intergreens[p][q];
            if let Some(&q) = spec.stages[stage].phases.iter().find(close) {
                return Err(Breach::Intergreen(p, q));
            }
            gap += greens[stage] + spec.stages[stage].yellow + spec.stages[stage].all_red;
            stage = table.after(stage);
            if table.serves(stage, p) {
                break;
            }
        }
    }
    Ok(())
}
