//! What upstream loops count, held against the model: the difference under the plans in force is carried to other plans.
//!
//! Knows: platoons as counted, the scene. Must not know: how they were counted.
//!
//! A platoon that loops see is that of the plans it was seen under. Were it taken as it is, a change of the upstream plan would not
//! show; so only what it has more or less than the model is kept, and goes later and earlier with the upstream reference green.

use super::brief::Measured;
use super::scene::{Correction, Scene};
use super::state::{Judge, State, steps_of};
use crate::corridor::{Approach, DetectorKind, Intersection, IntersectionIndex};
use crate::demand::Platoon;
use crate::units::Circle;

/// Makes the model's arrivals agree with what was measured, wherever loops see a neighbour's platoons.
pub(super) fn agree(scene: &mut Scene<'_>, measured: &Measured<'_>, judge: &Judge) {
    if measured.platoons.is_empty() {
        return;
    }
    let mut state = State::new(scene, measured.under, judge);
    // Upstream first: what was learnt there leaves there, too.
    for road in scene.order.clone() {
        let (at, from) = (IntersectionIndex(scene.roads[road].at), scene.roads[road].from);
        if let Some(platoon) = measured.platoons.iter().find(|p| p.at == at && p.from == from) {
            scene.roads[road].correction = correction(scene, &state, road, platoon, measured);
        }
        state.evaluate(scene, road, judge);
    }
}

/// From the loops to the stop line, s.
fn lag_s(scene: &Scene<'_>, at: &Intersection, approach: &Approach) -> f64 {
    let mut here = at.detectors.iter().filter(|d| d.from == approach.from && d.kind == DetectorKind::Advance);
    here.next().map_or(0.0, |d| approach.speed.seconds_over(d.distance)) / scene.model.cruise_share.max(0.05)
}

fn correction(
    scene: &Scene<'_>,
    state: &State,
    road: usize,
    platoon: &Platoon,
    measured: &Measured<'_>,
) -> Option<Correction> {
    let feed = scene.roads[road].feed.as_ref()?;
    let at = scene.network.intersection(platoon.at);
    let lag_s = lag_s(scene, at, at.approach(platoon.from)?);
    let cycle = platoon.cycle.length();
    let n = steps_of(cycle);
    let cycles = [platoon.at, IntersectionIndex(feed.from)].map(|i| measured.under[i.0].cycle);
    if cycles != [platoon.cycle; 2] || platoon.flow_veh_s.len() != n || state.steps(platoon.at.0) != n {
        return None;
    }
    let mut arrivals = vec![0.0; n];
    state.arrive(scene, road, &mut arrivals);
    let (coming, counted): (f64, f64) = (arrivals.iter().sum(), platoon.flow_veh_s.iter().sum());
    if coming <= 0.0 || counted <= 0.0 {
        return None;
    }
    // How many come is the estimate's affair; the loops tell when.
    let share = coming / counted;
    let step_s = cycle.seconds() / n as f64;
    let lag = (lag_s / step_s).round() as usize;
    let more = (0..n).map(|s| platoon.flow_veh_s[(s + n - lag % n) % n] * share - arrivals[s]).collect();
    let upstream = measured.under[feed.from].offset.since_zero().seconds() / step_s;
    Some(Correction { cycle, upstream, more })
}

/// Adds a correction that goes with the upstream reference green, now at `upstream` (steps); nobody arrives less than not at all,
/// and as many arrive as before.
pub(super) fn correct(arrivals: &mut [f64], correction: &Correction, upstream: f64) {
    let n = arrivals.len();
    let before: f64 = arrivals.iter().sum();
    let turned = (upstream - correction.upstream).round();
    let later = Circle::new(n as f64).map_or(0, |circle| circle.wrap(turned) as usize);
    for (step, arrival) in arrivals.iter_mut().enumerate() {
        *arrival = (*arrival + correction.more[(step + n - later) % n]).max(0.0);
    }
    let after: f64 = arrivals.iter().sum();
    if after > 0.0 {
        arrivals.iter_mut().for_each(|a| *a *= before / after);
    }
}

#[cfg(test)]
mod tests {
    use super::super::brief::Brief;
    use super::super::settings::Settings;
    use super::super::testing;
    use super::*;
    use crate::corridor::{Network, sample};
    use crate::demand::Flows;
    use crate::optimise::predict;
    use crate::plan::Plan;
    use crate::units::Shift;

    /// Plans of 85 s, each so many seconds after the one before.
    fn plans(network: &Network, by_s: i64) -> Vec<Plan> {
        let plan = |(k, at): (i64, &Intersection)| {
            Plan::from_greens(at, &at.local_plan.greens, Shift::new(10 * by_s * k)).unwrap()
        };
        (0..).zip(network.intersections()).map(plan).collect()
    }

    /// What ideal loops at the stop lines would count.
    fn counted(network: &Network, flows: &Flows, under: &[Plan], truth: &Settings) -> Vec<Platoon> {
        let scene = Scene::new(network, flows, &truth.model);
        let state = State::new(&scene, under, &Judge::new(&truth.objective));
        let fed = scene.roads.iter().enumerate().filter(|(_, road)| road.feed.is_some());
        fed.map(|(r, road)| {
            let cycle = under[road.at].cycle;
            let mut arrivals = vec![0.0; steps_of(cycle.length())];
            state.arrive(&scene, r, &mut arrivals);
            let step_s = cycle.seconds() / arrivals.len() as f64;
            let flow_veh_s = arrivals.iter().map(|a| a / step_s).collect();
            Platoon { at: IntersectionIndex(road.at), from: road.from, cycle, flow_veh_s }
        })
        .collect()
    }

    #[test]
    fn counts_that_agree_with_the_model_change_nothing() {
        let network = sample::arterials(1, &[420.0, 350.0, 610.0]);
        let flows = testing::flows(&network, 1500.0, 900.0, 350.0);
        let mut settings = Settings::default();
        settings.model.measured_platoons = true;
        let under = plans(&network, 13);
        let platoons = counted(&network, &flows, &under, &settings);
        assert_eq!(platoons.len(), 6);
        let samples = flows.clone().into();
        let brief = Brief::new(&network, &samples, &settings);
        let measured = Brief { measured: Some(Measured { platoons: &platoons, under: &under }), ..brief };
        for by in [13, 0, 29] {
            let tried = plans(&network, by);
            let (plain, same) = (brief.predict(&tried).unwrap(), measured.predict(&tried).unwrap());
            assert!((plain.objective - same.objective).abs() < 1e-6 * plain.objective);
        }
    }

    #[test]
    fn counts_teach_a_model_that_is_wrong_about_platoons() {
        // Platoons stay together and drive faster than the model believes.
        let network = sample::arterials(1, &[520.0, 450.0, 610.0]);
        let flows = testing::flows(&network, 1400.0, 800.0, 200.0);
        let mut believed = Settings::default();
        believed.search.change_cycle = false;
        believed.model.measured_platoons = true;
        let mut truth = believed.clone();
        (truth.model.dispersion_alpha, truth.model.dispersion_beta, truth.model.cruise_share) = (0.1, 0.95, 1.1);
        let under = plans(&network, 20);
        let platoons = counted(&network, &flows, &under, &truth);
        let samples = flows.clone().into();
        let brief = Brief::new(&network, &samples, &believed);
        let measured = Brief { measured: Some(Measured { platoons: &platoons, under: &under }), ..brief };
        let (mut plain_off, mut taught_off) = (0.0, 0.0);
        for by in (0..80).step_by(4) {
            let tried = plans(&network, by);
            let real = predict(&network, &flows, &tried, &truth).unwrap().delay_veh_s_per_h;
            let plain = brief.predict(&tried).unwrap().delay_veh_s_per_h;
            let taught = measured.predict(&tried).unwrap().delay_veh_s_per_h;
            plain_off += (plain - real).powi(2);
            taught_off += (taught - real).powi(2);
            if by == 20 {
                assert!((taught - real).abs() < 0.02 * real, "as counted: {taught} {real}, believed {plain}");
            }
        }
        assert!(taught_off < 0.5 * plain_off, "{taught_off} {plain_off}");
        // And plans made with the counts are better in truth than plans made without.
        let cost = |brief: &Brief<'_>| {
            let made = brief.propose(Some(&under)).unwrap().plans;
            predict(&network, &flows, &made, &truth).unwrap().objective
        };
        assert!(cost(&measured) < cost(&brief), "{} {}", cost(&measured), cost(&brief));
    }
}
