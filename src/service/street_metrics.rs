//! What the street does, as metrics: per corridor and direction, and per intersection.

use super::metrics::keep;
use super::picture::Picture;
use crate::control::Decision;
use crate::corridor::{Direction, Network};
use crate::detection::Health;
use crate::plan::Plan;
use crate::plan::band::measure;
use crate::watch::{ApproachState, DirectionState};
use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Gauges of the street.
pub(super) struct StreetMetrics {
    speed: GaugeVec,
    free_flow: GaugeVec,
    corridor_delay: GaugeVec,
    corridor_on_green: GaugeVec,
    band: GaugeVec,
    delay: GaugeVec,
    on_green: GaugeVec,
    full: GaugeVec,
    detectors: IntGaugeVec,
    /// Who is not believed, so that a detector that goes from one fault to another counts once.
    unbelieved: Mutex<BTreeSet<(String, u16)>>,
    push_failures: IntCounterVec,
}

impl StreetMetrics {
    pub(super) fn new(registry: &Registry) -> Result<StreetMetrics, prometheus::Error> {
        let reals =
            |name: &str, help: &str, labels: &[&str]| keep(registry, GaugeVec::new(Opts::new(name, help), labels)?);
        let (way, at) = (["corridor", "direction"], ["intersection"]);
        Ok(StreetMetrics {
            speed: reals(
                "corridor_speed_km_h",
                "Mean speed of who goes straight on, waiting included, over the last minutes, told from loops.",
                &way,
            )?,
            free_flow: reals("corridor_free_flow_km_h", "The same if nobody waited.", &way)?,
            corridor_delay: reals(
                "corridor_delay_seconds",
                "Waiting of who goes straight on, per vehicle and stop line.",
                &way,
            )?,
            corridor_on_green: reals(
                "corridor_arrivals_on_green",
                "Share of who goes straight on that arrives on green.",
                &way,
            )?,
            band: reals(
                "corridor_band_seconds",
                "Width of the band of the plans that run; 0 when there is none.",
                &way,
            )?,
            delay: reals(
                "intersection_delay_seconds",
                "Waiting per vehicle, all approaches with loops upstream.",
                &at,
            )?,
            on_green: reals("intersection_arrivals_on_green", "Share of all arrivals that come on green.", &at)?,
            full: reals("intersection_road_full", "Largest share of an approach's road that its queue covers.", &at)?,
            unbelieved: Mutex::default(),
            detectors: keep(
                registry,
                IntGaugeVec::new(Opts::new("detectors_not_believed", "Detectors that are not believed."), &at)?,
            )?,
            push_failures: keep(
                registry,
                IntCounterVec::new(
                    Opts::new("push_failures_total", "Plans that could not be brought to a cabinet."),
                    &at,
                )?,
            )?,
        })
    }

    pub(super) fn set(&self, network: &Network, picture: &Picture) {
        for decision in &picture.decisions {
            match decision {
                Decision::Detector { intersection, channel, health } => {
                    self.believe(intersection, *channel, *health == Health::Good);
                }
                Decision::PushFailed { intersection, .. } => {
                    self.push_failures.with_label_values(&[intersection]).inc()
                }
                _ => {}
            }
        }
        for (state, corridor) in picture.street.corridors.iter().zip(network.corridors()) {
            self.way(&corridor.id, "outbound", &state.outbound);
            self.way(&corridor.id, "inbound", &state.inbound);
        }
        let running: Option<Vec<Plan>> =
            picture.cabinets.iter().map(|c| c.running.as_ref().map(|r| r.plan.clone())).collect();
        for corridor in network.corridors() {
            for (direction, name) in Direction::BOTH.into_iter().zip(["outbound", "inbound"]) {
                let Some(plans) = &running else { continue };
                let all = 0..corridor.members.len();
                let width = measure(network, corridor, plans, all, direction).map_or(0.0, |band| band.width_s);
                self.band.with_label_values(&[&corridor.id, name]).set(width);
            }
        }
        for (at, approaches) in network.intersections().iter().zip(&picture.street.approaches) {
            let id = [at.id.as_str()];
            set(&self.delay, &id, weighted(approaches, |a| a.delay_s));
            set(&self.on_green, &id, weighted(approaches, |a| a.arrivals_on_green));
            set(&self.full, &id, approaches.iter().filter_map(|a| a.share_full).reduce(f64::max));
        }
    }

    fn believe(&self, intersection: &str, channel: u16, good: bool) {
        let mut all = self.unbelieved.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (intersection.to_owned(), channel);
        if good {
            all.remove(&key)
        } else {
            all.insert(key)
        };
        let here = all.iter().filter(|(at, _)| at == intersection).count();
        self.detectors.with_label_values(&[intersection]).set(i64::try_from(here).unwrap_or(i64::MAX));
    }

    fn way(&self, corridor: &str, direction: &str, state: &DirectionState) {
        let labels = [corridor, direction];
        set(&self.speed, &labels, state.speed_km_h);
        set(&self.free_flow, &labels, Some(state.free_flow_km_h));
        set(&self.corridor_delay, &labels, state.delay_s);
        set(&self.corridor_on_green, &labels, state.arrivals_on_green);
    }
}

/// Mean over approaches, each by its flow.
fn weighted(approaches: &[ApproachState], of: impl Fn(&ApproachState) -> Option<f64>) -> Option<f64> {
    let told = approaches.iter().filter_map(|a| Some((of(a)?, a.flow_veh_h?)));
    let (sum, weight) = told.fold((0.0, 0.0), |(sum, all), (value, flow)| (sum + value * flow, all + flow));
    (weight > 0.0).then(|| sum / weight)
}

/// What is not known any more is not shown as if it were.
fn set(gauge: &GaugeVec, labels: &[&str], value: Option<f64>) {
    match value {
        Some(value) => gauge.with_label_values(labels).set(value),
        None => {
            let _ = gauge.remove_label_values(labels);
        }
    }
}
