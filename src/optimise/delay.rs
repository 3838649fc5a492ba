//! What traffic would suffer under given plans: the prediction every comparison of plans rests on.
//!
//! Knows: scene and state of the evaluation model. Must not know: how plans are found, or whether they may run.
//!
//! Model (TRANSYT-like): cyclic flow profiles in steps of about a second; side streets and corridor ends arrive evenly;
//! platoons disperse by Robertson; vertical queues, periodic; effective green = green + yellow - start-up loss - clearance
//! loss; randomness and overload by HCM's d2. Deliberate deviations: queues are vertical (a back-up does not block the
//! upstream stop line), oncoming queues of filtering turns come evenly, an intersection whose cycle is no multiple or divisor of
//! its neighbour's meets evenly spread arrivals. One that runs half its neighbour's cycle is stepped through two of its own, since
//! every other green meets a platoon; what leaves it counts on as the mean of both.

use super::brief::Brief;
use super::scene::{RoadKind, Scene};
use super::settings::Settings;
use super::state::{Judge, State};
use crate::corridor::{Arm, Direction, IntersectionIndex, Network};
use crate::demand::Flows;
use crate::plan::Plan;
use serde::Serialize;

/// What the model expects under given plans and flows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The objective, penalties of breached guards included, vehicle seconds an hour.
    pub objective: f64,
    /// What each sample of flows adds to the objective, pedestrians left out; empty for a single one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objective_by_sample: Vec<f64>,
    /// Delay of all vehicles, vehicle seconds an hour.
    pub delay_veh_s_per_h: f64,
    /// The part of it on corridor approaches, `[corridor][outbound, inbound]`.
    pub corridor_veh_s_per_h: Vec<[f64; 2]>,
    /// The part of it on all other approaches.
    pub side_veh_s_per_h: f64,
    /// Vehicle passages of intersections an hour.
    pub passages_per_h: f64,
    /// Stops an hour.
    pub stops_per_h: f64,
    /// Highest degree of saturation of any lane group.
    pub worst_saturation: f64,
    /// Mean wait of pedestrians, s; `None` where nobody walks.
    pub pedestrian_wait_s: Option<f64>,
    /// Every approach, in the network's order.
    pub approaches: Vec<ApproachPrediction>,
}

impl Prediction {
    /// Mean delay per vehicle and intersection, s; `None` without traffic.
    pub fn mean_delay_s(&self) -> Option<f64> {
        (self.passages_per_h > 0.0).then(|| self.delay_veh_s_per_h / self.passages_per_h)
    }
}

/// What the model expects of one approach.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApproachPrediction {
    /// The intersection.
    pub intersection: IntersectionIndex,
    /// Where the traffic comes from.
    pub from: Arm,
    /// The corridor's index and direction it carries; `None` for a side street.
    pub corridor: Option<(usize, Direction)>,
    /// Vehicles an hour.
    pub flow_veh_h: f64,
    /// Mean delay, s a vehicle; `None` without traffic.
    pub delay_s: Option<f64>,
    /// Mean stops a vehicle; `None` without traffic.
    pub stops: Option<f64>,
    /// Highest degree of saturation of its lane groups.
    pub saturation: f64,
    /// Longest queue of the mean cycle over all lanes of its fullest lane group, vehicles.
    pub longest_queue_veh: f64,
}

/// Predicts what traffic suffers when `plans` (one an intersection, in the network's order) meet `flows`. `None` when there
/// is not one plan an intersection.
pub fn predict(network: &Network, flows: &Flows, plans: &[Plan], settings: &Settings) -> Option<Prediction> {
    Brief::new(network, &flows.clone().into(), settings).predict(plans)
}

/// The prediction a state stands for; under several samples the mean of them, where the objective does not weigh its tail, and
/// the highest saturation and longest queue of any.
pub(super) fn prediction(scene: &Scene, state: &State, judge: &Judge) -> Prediction {
    let samples = scene.samples as f64;
    let mut all = Prediction {
        objective: state.total(judge),
        objective_by_sample: if scene.samples > 1 { state.by_sample() } else { Vec::new() },
        delay_veh_s_per_h: 0.0,
        corridor_veh_s_per_h: vec![[0.0; 2]; scene.network.corridors().len()],
        side_veh_s_per_h: 0.0,
        passages_per_h: 0.0,
        stops_per_h: 0.0,
        worst_saturation: 0.0,
        pedestrian_wait_s: None,
        approaches: Vec::with_capacity(scene.roads.len()),
    };
    let approaches = scene.roads.len() / scene.samples.max(1);
    for first in 0..approaches {
        let (mut delay, mut stops, mut saturation, mut flow, mut longest) = (0.0, 0.0, 0.0_f64, 0.0, 0.0_f64);
        // The same approach under each sample.
        for road in scene.roads[first..].iter().step_by(approaches) {
            let suffered = &state.suffered[road.groups.clone()];
            delay += suffered.iter().map(|s| s.delay).sum::<f64>() / samples;
            stops += suffered.iter().map(|s| s.stops).sum::<f64>() / samples;
            saturation = suffered.iter().map(|s| s.saturation).fold(saturation, f64::max);
            longest = suffered.iter().map(|s| s.longest).fold(longest, f64::max);
            flow += road.flow * 3600.0 / samples;
        }
        let road = &scene.roads[first];
        all.delay_veh_s_per_h += delay;
        all.stops_per_h += stops;
        all.passages_per_h += flow;
        all.worst_saturation = all.worst_saturation.max(saturation);
        let corridor = match road.kind {
            RoadKind::Corridor(c, direction) => {
                all.corridor_veh_s_per_h[c][direction as usize] += delay;
                Some((c, direction))
            }
            RoadKind::Side => {
                all.side_veh_s_per_h += delay;
                None
            }
        };
        all.approaches.push(ApproachPrediction {
            intersection: IntersectionIndex(road.at),
            from: road.from,
            corridor,
            flow_veh_h: flow,
            delay_s: (flow > 0.0).then(|| delay / flow),
            stops: (flow > 0.0).then(|| stops / flow),
            saturation,
            longest_queue_veh: longest,
        });
    }
    let (waiting, people) = state.walkers.iter().fold((0.0, 0.0), |sum, w| (sum.0 + w.0, sum.1 + w.1));
    all.pedestrian_wait_s = (people > 0.0).then(|| waiting / people);
    all
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::corridor::{Movement, sample};
    use crate::optimise::queue::{incremental_delay, uniform_delay};
    use crate::units::{Shift, Tenths, VehiclesPerHour};

    fn plans(network: &Network, greens: [u32; 4]) -> Vec<Plan> {
        let greens = greens.map(Tenths::from_seconds);
        network.intersections().iter().map(|at| Plan::from_greens(at, &greens, Shift::new(0)).unwrap()).collect()
    }

    fn of(p: &Prediction, i: usize, from: Arm) -> &ApproachPrediction {
        p.approaches.iter().find(|a| a.intersection.0 == i && a.from == from).unwrap()
    }

    #[test]
    fn an_uncoordinated_approach_waits_d1_plus_d2() {
        let network = sample::arterial(&[400.0]);
        let mut flows = Flows::none(&network);
        flows.set(IntersectionIndex(0), Arm::S, Movement::Through, VehiclesPerHour::new(500.0).unwrap());
        let plans = plans(&network, [35, 10, 25, 10]);
        let p = predict(&network, &flows, &plans, &Settings::default()).unwrap();
        let capacity = (1800.0 + 1750.0) * 25.0 / 100.0;
        let x = 500.0 / capacity;
        let theory = uniform_delay(100.0, 25.0, x) + incremental_delay(x, capacity, 0.25, 0.5);
        let delay = of(&p, 0, Arm::S).delay_s.unwrap();
        assert!((delay - theory).abs() < 0.01 * theory, "{delay} against {theory}");
        assert!((p.worst_saturation - x).abs() < 1e-9);
    }

    #[test]
    fn the_ideal_one_way_offset_is_distance_over_speed() {
        // 500 m at 50 km/h are 36 s. One way, no turns, no dispersion: that offset leaves nothing but the random part.
        let network = sample::arterial(&[500.0]);
        let mut flows = Flows::none(&network);
        for i in 0..2 {
            flows.set(IntersectionIndex(i), Arm::W, Movement::Through, VehiclesPerHour::new(900.0).unwrap());
        }
        let mut settings = Settings::default();
        settings.model.dispersion_alpha = 0.0;
        settings.model.cruise_share = 1.0;
        let mut plans = plans(&network, [35, 10, 25, 10]);
        let random = {
            let capacity = (1800.0 + 1800.0 + 1750.0) * 0.35;
            incremental_delay(900.0 / capacity, capacity, 0.25, 0.5)
        };
        let mut delays = Vec::new();
        for offset in 0..100_i64 {
            plans[1] = plans[1].at_offset(Shift::new(10 * offset));
            let p = predict(&network, &flows, &plans, &settings).unwrap();
            delays.push(of(&p, 1, Arm::W).delay_s.unwrap());
        }
        let best = (0..100).min_by(|&a, &b| delays[a].total_cmp(&delays[b])).unwrap();
        assert!((delays[36] - random).abs() < 0.01, "{} against {random}", delays[36]);
        assert!(delays[36] - delays[best] < 1e-9);
        assert!(delays[86] > 30.0, "half a cycle off is bad: {}", delays[86]);
    }

    #[test]
    fn a_common_shift_changes_nothing() {
        let network = sample::arterial(&[420.0, 350.0, 610.0]);
        let flows = testing::flows(&network, 1500.0, 1300.0, 450.0);
        let base = plans(&network, [38, 10, 22, 10]);
        let staggered = |by: i64| -> Vec<Plan> {
            base.iter().enumerate().map(|(i, p)| p.at_offset(Shift::new(137 * i as i64 + by))).collect()
        };
        let a = predict(&network, &flows, &staggered(0), &Settings::default()).unwrap();
        let b = predict(&network, &flows, &staggered(530), &Settings::default()).unwrap();
        assert!((a.delay_veh_s_per_h - b.delay_veh_s_per_h).abs() < 1e-6 * a.delay_veh_s_per_h);
        assert!((a.stops_per_h - b.stops_per_h).abs() < 1e-3 * a.stops_per_h);
        let sum: f64 = a.corridor_veh_s_per_h.iter().flatten().sum::<f64>() + a.side_veh_s_per_h;
        assert!((sum - a.delay_veh_s_per_h).abs() < 1e-6 * sum);
    }

    #[test]
    fn overload_is_finite_and_grows() {
        let network = sample::arterial(&[420.0, 350.0]);
        let base = plans(&network, [38, 10, 22, 10]);
        let mut last = 0.0;
        for step in 1..12 {
            let flows =
                testing::flows(&network, 500.0 * f64::from(step), 400.0 * f64::from(step), 150.0 * f64::from(step));
            let p = predict(&network, &flows, &base, &Settings::default()).unwrap();
            assert!(p.delay_veh_s_per_h.is_finite() && p.stops_per_h.is_finite());
            assert!(p.delay_veh_s_per_h > last);
            last = p.delay_veh_s_per_h;
        }
    }
}
