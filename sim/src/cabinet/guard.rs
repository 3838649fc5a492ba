//! The cabinet's own safety check: no plan runs that breaks minima, maxima, the cycle limits, conflicts or intergreens.
//!
//! Knows: the installed table. Must not know: where a plan comes from. Every plan passes here before it may run, the
//! cabinet's own day plan at installation and the centre's at staging and again at commit. Yellow and all red are not
//! part of a plan in this cabinet: it only ever uses its own table, and a plan block that names others is refused.

use super::order::Order;
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

/// Judges the greens of a plan: count, minima and maxima, cycle limits, and the sequence they make in its order.
pub(super) fn greens(table: &Table, order: &Order, greens: &[Tenths]) -> Result<(), Breach> {
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
    sequence(table, order.stages(), greens)
}

/// The stages that may be left out of each order (bit k: stage k): neither its first nor the one on which the reference phase begins,
/// and what is left holds by itself and beside a cycle of any order, which may leave a stage out too.
pub(super) fn optional(table: &Table) -> Vec<u64> {
    let least: Vec<Tenths> = table.spec.stages.iter().map(|s| s.min_green).collect();
    let holds = |stages: &[usize]| sequence(table, stages, &least).is_ok();
    let orders = || table.orders.iter().enumerate();
    let short: Vec<(usize, usize, Vec<usize>)> = orders()
        .flat_map(|(o, order)| order.stages().iter().skip(1).map(move |&k| (o, k, order)))
        .filter(|&(_, k, order)| k != order.reference)
        .map(|(o, k, order)| (o, k, order.without(k)))
        .filter(|(_, _, left)| holds(left))
        .collect();
    let mut optional = vec![0; table.orders.len()];
    for (o, k, left) in &short {
        let whole = orders().map(|(_, order)| order.stages());
        let mut beside = whole.chain(short.iter().map(|s| s.2.as_slice()));
        if beside.all(|cycle| holds(&[left, cycle].concat())) {
            optional[*o] |= 1 << k;
        }
    }
    optional
}

/// Judges stages that come one after the other and then again from the first, with these greens by stage: minima cover the phases,
/// nothing conflicts within a stage, and every green begins at least its intergreen after each conflicting green ended.
pub(super) fn sequence(table: &Table, stages: &[usize], greens: &[Tenths]) -> Result<(), Breach> {
    let (spec, n) = (&table.spec, stages.len());
    for (place, &k) in stages.iter().enumerate() {
        let stage = &spec.stages[k];
        let (before, after) = (stages[(place + n - 1) % n], stages[(place + 1) % n]);
        for &p in &stage.phases {
            let least = match spec.phases[p].kind {
                PhaseKind::Vehicle => 0,
                PhaseKind::Pedestrian { walk, clearance } => walk + clearance,
            };
            let late = if table.serves(before, p) { 0 } else { table.late_start(k, p) };
            let cut = if table.serves(after, p) { 0 } else { table.early_cut(k, p) };
            if stage.min_green < late + least.max(spec.phases[p].min_green) + cut {
                return Err(Breach::Minimum { stage: k, phase: p });
            }
            if let Some(&q) = stage.phases.iter().find(|&&q| spec.conflicts[p] >> q & 1 == 1) {
                return Err(Breach::Conflict(p, q));
            }
        }
        endings(table, stages, greens, place)?;
    }
    Ok(())
}

/// Follows each phase that ends with the stage at a place through the stages after it until it is green again.
fn endings(table: &Table, stages: &[usize], greens: &[Tenths], place: usize) -> Result<(), Breach> {
    let (spec, n) = (&table.spec, stages.len());
    let k = stages[place];
    let next = stages[(place + 1) % n];
    let vehicle = |p: usize| spec.phases[p].kind == PhaseKind::Vehicle;
    for &p in spec.stages[k].phases.iter().filter(|&&p| !table.serves(next, p)) {
        if vehicle(p) && spec.stages[k].yellow < spec.phases[p].yellow.max(1) {
            return Err(Breach::Yellow(k));
        }
        let mut gap = table.early_cut(k, p) + spec.stages[k].yellow + spec.stages[k].all_red;
        for step in 1..=n {
            let (before, stage) = (stages[(place + step - 1) % n], stages[(place + step) % n]);
            let late = |q| if table.serves(before, q) { 0 } else { table.late_start(stage, q) };
            let close = |&&q: &&usize| spec.conflicts[p] >> q & 1 == 1 && gap + late(q) < spec.intergreens[p][q];
            if let Some(&q) = spec.stages[stage].phases.iter().find(close) {
                return Err(Breach::Intergreen(p, q));
            }
            gap += greens[stage] + spec.stages[stage].yellow + spec.stages[stage].all_red;
            if table.serves(stages[(place + step + 1) % n], p) {
                break;
            }
        }
    }
    Ok(())
}
