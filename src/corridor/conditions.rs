//! What holds on a street today beside its definition: lanes that are closed or run the other way, and the weather.
//!
//! Knows: lanes, phases and their movements, factors with their sources. Must not know: who said so, or until when.
//!
//! | | saturation flow | free speed | source |
//! |---|---|---|---|
//! | rain | -7.2 % | -5 % | as the plant (`sim/README.md`): HCM 2010 exhibit 10-15, 2.5 to 6.4 mm/h |
//! | heavy rain | -14.1 % | -7.5 % | the same, more than 6.4 mm/h |
//! | snow | -16 % | -12 % | FHWA-HOP-07-073: capacity 12 to 20 % less whatever falls, free speed 5 to 19 %; the middle of both |

use super::model::{Arm, Intersection, IntersectionIndex, Movements, Network, PhaseIndex, Serves};
use crate::units::{MetresPerSecond, VehiclesPerHour};
use serde::{Deserialize, Serialize};

/// What has become of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaneState {
    /// Nobody drives on it.
    Closed,
    /// It leads away from the intersection instead of towards it (a tidal lane, 潮汐车道).
    Reversed,
}

/// A lane that is not used as it was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LaneUse {
    /// Where.
    pub intersection: IntersectionIndex,
    /// The approach: where its traffic comes from.
    pub from: Arm,
    /// The lane, from the median, from 0.
    pub lane: usize,
    /// How it is used.
    pub state: LaneState,
}

/// The weather on the streets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weather {
    /// No rain.
    #[default]
    Dry,
    /// Rain.
    Rain,
    /// Heavy rain.
    HeavyRain,
    /// Snow.
    Snow,
}

impl Weather {
    /// Saturation flow as a share of that in the dry.
    pub const fn flow(self) -> f64 {
        match self {
            Weather::Dry => 1.0,
            Weather::Rain => 1.0 - 0.0724,
            Weather::HeavyRain => 1.0 - 0.1413,
            Weather::Snow => 1.0 - 0.16,
        }
    }

    /// Free speed as a share of that in the dry.
    pub const fn speed(self) -> f64 {
        match self {
            Weather::Dry => 1.0,
            Weather::Rain => 0.95,
            Weather::HeavyRain => 0.925,
            Weather::Snow => 0.88,
        }
    }
}

/// Everything that holds today beside the definitions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Conditions {
    /// Lanes not used as built.
    pub lanes: Vec<LaneUse>,
    /// The weather.
    pub weather: Weather,
}

impl Conditions {
    /// Whether everything is as the definitions say.
    pub fn are_usual(&self) -> bool {
        *self == Conditions::default()
    }
}

/// What lane states make of the phases of one intersection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Lanes {
    /// Vehicle phases with no open lane left: their green is for nobody.
    pub idle: Vec<PhaseIndex>,
    /// Pairs that must not be green together: the first sends some movement onto a reversed lane, having no other for it; the
    /// second sends vehicles towards them on that lane.
    pub opposed: Vec<(PhaseIndex, PhaseIndex)>,
}

impl Lanes {
    /// Whether all lanes are as built.
    pub fn are_usual(&self) -> bool {
        self.idle.is_empty() && self.opposed.is_empty()
    }

    fn of(at: &Intersection, here: &[LaneUse]) -> Lanes {
        let mut lanes = Lanes::default();
        let barred = |from: Arm, lane: usize| here.iter().any(|u| u.from == from && u.lane == lane);
        for (index, phase) in at.phases.iter().enumerate() {
            let Serves::Vehicles { from, movements } = phase.serves else { continue };
            let Some(approach) = at.approach(from) else { continue };
            let all = || approach.lanes.iter().enumerate().filter(|(_, lane)| lane.movements.meets(movements));
            if all().all(|(k, _)| barred(from, k)) && all().next().is_some() {
                lanes.idle.push(PhaseIndex(index));
            }
            let only = |u: &&LaneUse| {
                let of_it = approach.lanes.get(u.lane).map_or(Movements::default(), |lane| lane.movements);
                let open = |m| approach.lanes.iter().enumerate().any(|(k, l)| l.movements.has(m) && !barred(from, k));
                u.state == LaneState::Reversed && u.from == from && of_it.iter().any(|m| movements.has(m) && !open(m))
            };
            if !here.iter().any(|u| only(&u)) {
                continue;
            }
            let leaves = |other: &&PhaseIndex| match at.phases[other.0].serves {
                Serves::Vehicles { from: f, movements } => f != from && movements.iter().any(|m| f.exit(m) == from),
                Serves::Pedestrians { .. } => false,
            };
            let others: Vec<PhaseIndex> = (0..at.phases.len()).map(PhaseIndex).collect();
            lanes.opposed.extend(others.iter().filter(leaves).map(|&other| (PhaseIndex(index), other)));
        }
        lanes
    }
}

impl Network {
    /// The network as it is under these conditions: lanes not used as built serve no movement and carry nobody, and the weather
    /// takes its share of saturation flows and speeds. Everything a compiled network promises holds as before.
    #[must_use]
    pub fn under(&self, conditions: &Conditions) -> Network {
        let mut network = self.clone();
        let (flow, speed) = (conditions.weather.flow(), conditions.weather.speed());
        let slower = |v: &mut MetresPerSecond| *v = MetresPerSecond::new(v.get() * speed).unwrap_or(*v);
        for (index, at) in network.intersections.iter_mut().enumerate() {
            let here: Vec<LaneUse> = conditions.lanes.iter().filter(|u| u.intersection.0 == index).copied().collect();
            at.lanes = Lanes::of(at, &here);
            for approach in &mut at.approaches {
                slower(&mut approach.speed);
                for (k, lane) in approach.lanes.iter_mut().enumerate() {
                    lane.saturation = VehiclesPerHour::new(lane.saturation.get() * flow).unwrap_or(lane.saturation);
                    if here.iter().any(|u| u.from == approach.from && u.lane == k) {
                        (lane.movements, lane.saturation) = (Movements::default(), VehiclesPerHour::ZERO);
                    }
                }
            }
        }
        for link in network.corridors.iter_mut().flat_map(|corridor| &mut corridor.links) {
            slower(&mut link.outbound.speed);
            slower(&mut link.inbound.speed);
        }
        network
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::sample;

    fn under(uses: &[(Arm, usize, LaneState)], weather: Weather) -> Network {
        let intersection = IntersectionIndex(0);
        let of = |&(from, lane, state): &(Arm, usize, LaneState)| LaneUse { intersection, from, lane, state };
        let lanes = uses.iter().map(of).collect();
        sample::arterial(&[400.0]).under(&Conditions { lanes, weather })
    }

    fn names(at: &Intersection, phases: impl IntoIterator<Item = PhaseIndex>) -> Vec<String> {
        phases.into_iter().map(|p| at.phases[p.0].id.clone()).collect()
    }

    #[test]
    fn usual_conditions_change_nothing() {
        assert_eq!(under(&[], Weather::Dry), sample::arterial(&[400.0]));
        assert!(Conditions::default().are_usual());
    }

    #[test]
    fn a_closed_lane_carries_nobody_and_leaves_its_phase_idle_when_it_was_the_last() {
        let network = under(&[(Arm::W, 0, LaneState::Closed)], Weather::Dry);
        let at = &network.intersections()[0];
        assert_eq!(names(at, at.lanes.idle.clone()), ["WL"]);
        assert!(at.lanes.opposed.is_empty());
        let lane = &at.approach(Arm::W).unwrap().lanes[0];
        assert!(lane.movements.is_empty() && lane.saturation.get() == 0.0);
        let network = under(&[(Arm::W, 1, LaneState::Closed)], Weather::Dry);
        assert!(network.intersections()[0].lanes.are_usual(), "two more go straight on");
    }

    #[test]
    fn a_reversed_lane_sets_whom_it_leaves_nowhere_to_go_against_those_who_come_towards_them() {
        let kerb = sample::arterial(&[400.0]).intersections()[0].approach(Arm::W).unwrap().lanes.len() - 1;
        let network = under(&[(Arm::W, kerb, LaneState::Reversed)], Weather::Dry);
        let at = &network.intersections()[0];
        let pairs: Vec<String> = at.lanes.opposed.iter().map(|(a, b)| names(at, [*a, *b]).join("-")).collect();
        // The kerb lane alone turns right: WT would send right turns against those who leave by W.
        assert!(pairs.contains(&"WT-ET".to_owned()), "{pairs:?}");
        assert!(pairs.iter().all(|p| p.starts_with("WT-")), "{pairs:?}");
        // The middle lane goes straight on, as others do.
        let network = under(&[(Arm::W, 1, LaneState::Reversed)], Weather::Dry);
        assert!(network.intersections()[0].lanes.are_usual());
    }

    #[test]
    fn weather_takes_its_share_of_flows_and_speeds() {
        let (dry, wet) = (under(&[], Weather::Dry), under(&[], Weather::HeavyRain));
        let lane = |n: &Network| n.intersections()[0].approaches[0].lanes[0].saturation.get();
        let speed = |n: &Network| n.corridors()[0].links[0].outbound.speed.get();
        assert!((lane(&wet) / lane(&dry) - 0.8587).abs() < 1e-9);
        assert!((speed(&wet) / speed(&dry) - 0.925).abs() < 1e-9);
    }
}
