//! Lane groups: which lanes of an approach serve which movements together, and what each group can discharge.
//!
//! Knows: one approach and its flows. Must not know: plans or neighbours. Movements of one phase spread over the lanes that
//! permit them until degrees of saturation are equal (HCM 2010 ch. 18 step 3); a lane too full to be equal is its own group.

use crate::corridor::{Approach, Intersection, Movement, PhaseIndex};

/// Lanes that discharge together in one phase.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LaneGroup {
    /// The phase; `None` for traffic no signal holds back.
    pub(super) phase: Option<PhaseIndex>,
    /// Flow wanted by movement, veh/s.
    pub(super) flows: [f64; 4],
    /// Flow wanted, veh/s.
    pub(super) flow: f64,
    /// Saturation flow, veh/s.
    pub(super) saturation: f64,
    /// Lanes that serve it, whole or in part.
    pub(super) lanes: usize,
}

impl LaneGroup {
    /// Flow ratio y.
    pub(super) fn ratio(&self) -> f64 {
        if self.saturation > 0.0 { self.flow / self.saturation } else { 0.0 }
    }

    /// The part of the group's departures that makes a movement.
    pub(super) fn share(&self, movement: Movement) -> f64 {
        if self.flow > 0.0 { self.flows[movement as usize] / self.flow } else { 0.0 }
    }
}

/// The lane groups of an approach under the flows (veh/s by movement U L T R). A movement no lane permits has no group.
pub(super) fn lane_groups(at: &Intersection, approach: &Approach, flows: [f64; 4]) -> Vec<LaneGroup> {
    let phase_of = |m: Movement| at.phase_for(approach.from, m);
    let mut phases: Vec<Option<PhaseIndex>> = Vec::new();
    for movement in Movement::ALL {
        let phase = phase_of(movement);
        if approach.movements().has(movement) && !phases.contains(&phase) {
            phases.push(phase);
        }
    }
    let mut groups = Vec::new();
    for phase in phases {
        let movements: Vec<Movement> =
            Movement::ALL.into_iter().filter(|&m| approach.movements().has(m) && phase_of(m) == phase).collect();
        // What each lane can give this phase: a lane shared between phases is divided by their flows on it.
        let lanes: Vec<(u32, f64)> = approach
            .lanes
            .iter()
            .map(|lane| {
                let of_phase = |m: &Movement| phase_of(*m) == phase;
                let all: Vec<Movement> = lane.movements.iter().collect();
                let own: Vec<Movement> = all.iter().copied().filter(of_phase).collect();
                let sum = |set: &[Movement]| set.iter().map(|&m| flows[m as usize]).sum::<f64>();
                let part =
                    if sum(&all) > 0.0 { sum(&own) / sum(&all) } else { own.len() as f64 / all.len().max(1) as f64 };
                (bits(&own), lane.saturation.per_second() * part)
            })
            .collect();
        split_by_bottleneck(phase, &movements, lanes, flows, &mut groups);
    }
    groups
}

fn bits(movements: &[Movement]) -> u32 {
    movements.iter().fold(0, |set, &m| set | 1 << m as u32)
}

/// Peels off the set of movements with the highest least degree of saturation until none is left.
fn split_by_bottleneck(
    phase: Option<PhaseIndex>,
    movements: &[Movement],
    mut lanes: Vec<(u32, f64)>,
    flows: [f64; 4],
    groups: &mut Vec<LaneGroup>,
) {
    let mut left = bits(movements);
    // At most four rounds: each takes a movement away.
    while left != 0 {
        let load = |set: u32| (0..4).filter(|m| set >> m & 1 == 1).map(|m| flows[m as usize]).sum::<f64>();
        let room = |set: u32| lanes.iter().filter(|(m, _)| m & set != 0).map(|&(_, s)| s).sum::<f64>();
        let mut worst = (left, f64::NEG_INFINITY);
        for set in 1..16_u32 {
            if set & !left != 0 || room(set) <= 0.0 {
                continue;
            }
            let ratio = load(set) / room(set);
            let larger = set.count_ones() > worst.0.count_ones();
            if ratio > worst.1 + 1e-12 || ratio > worst.1 - 1e-12 && larger {
                worst = (set, ratio);
            }
        }
        let (set, ratio) = worst;
        if ratio == f64::NEG_INFINITY {
            return;
        }
        let mut own = [0.0; 4];
        (0..4).filter(|m| set >> m & 1 == 1).for_each(|m| own[m] = flows[m]);
        let own_lanes = lanes.iter().filter(|(m, _)| m & set != 0).count();
        groups.push(LaneGroup { phase, flows: own, flow: load(set), saturation: room(set), lanes: own_lanes });
        lanes.retain(|(m, _)| m & set == 0);
        left &= !set;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::{Arm, IntersectionIndex, sample};

    #[test]
    fn shared_lanes_split_by_equal_saturation_until_they_cannot() {
        let network = sample::arterial(&[400.0]);
        let at = network.intersection(IntersectionIndex(0));
        let approach = at.approach(Arm::W).unwrap();
        let even = lane_groups(at, approach, [0.0, 0.05, 0.4, 0.05]);
        assert_eq!(even.len(), 2, "left; through with right");
        let through = even.iter().find(|g| g.flows[2] > 0.0).unwrap();
        assert!((through.flow - 0.45).abs() < 1e-12);
        assert!((through.saturation - (1800.0 + 1800.0 + 1750.0) / 3600.0).abs() < 1e-12);
        // So many right turners that they fill the kerb lane more than the through lanes: a group of their own.
        let right = lane_groups(at, approach, [0.0, 0.05, 0.2, 0.4]);
        assert_eq!(right.len(), 3);
        assert!(right.iter().any(|g| g.flows[3] > 0.0 && g.flows[2] == 0.0 && g.saturation < 0.5));
        // No flow at all still has its groups.
        assert_eq!(lane_groups(at, approach, [0.0; 4]).len(), 2);
    }
}
