//! What of the street's life goes to the store: decisions, plans, and what was measured, every five minutes.

use super::live::seconds;
use crate::service::Picture;
use crate::store::{Event, Sample, Store, Write};
use crate::units::Moment;
use std::collections::BTreeMap;

/// How long a sample lasts, in tenths.
const SPAN_TENTHS: i64 = 3000;

/// Sums of a series within a sample.
type Sums = BTreeMap<(&'static str, String), (u32, f64)>;

/// Collects what is to be kept.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    begun: Option<Moment>,
    sums: Sums,
    generations: BTreeMap<String, u32>,
}

impl Keeper {
    /// Takes a picture; what is complete goes to the store, which never keeps anybody waiting. Whether an interval ended with it.
    pub(super) fn take(&mut self, picture: &Picture, store: &Store) -> bool {
        for (decision, line) in picture.decisions.iter().zip(&picture.journal) {
            let place = super::live::about(decision).unwrap_or_default().to_owned();
            store.offer(Write::Event(Event { kind: "decision".into(), at: picture.at, place, body: line.clone() }));
        }
        self.plans(picture, store);
        self.measure(picture);
        // Intervals are those of the clock, so that days can be held against each other.
        let interval = Moment::new(picture.at.count().div_euclid(SPAN_TENTHS) * SPAN_TENTHS);
        let begun = *self.begun.get_or_insert(interval);
        let over = interval != begun;
        if over {
            for ((measure, place), (n, sum)) in std::mem::take(&mut self.sums) {
                store.offer(Write::Sample(Sample::many(measure, &place, begun, n, sum / f64::from(n.max(1)))));
            }
            self.begun = Some(interval);
            store.tidy(picture.at);
        }
        over
    }

    /// A plan that runs for the first time.
    fn plans(&mut self, picture: &Picture, store: &Store) {
        for (at, cabinet) in picture.network.intersections().iter().zip(&picture.cabinets) {
            let Some(running) = &cabinet.running else { continue };
            if self.generations.insert(at.id.clone(), running.generation) == Some(running.generation) {
                continue;
            }
            let plan = &running.plan;
            let body = serde_json::json!({
                "generation": running.generation,
                "cycle_s": plan.cycle.seconds(),
                "offset_s": plan.offset.since_zero().seconds(),
                "greens_s": plan.stage_greens().iter().map(|g| g.seconds()).collect::<Vec<_>>(),
                "since": cabinet.cycle_start.map(seconds),
            });
            store.offer(Write::Event(Event {
                kind: "plan".into(),
                at: picture.at,
                place: at.id.clone(),
                body: body.to_string(),
            }));
        }
    }

    fn measure(&mut self, picture: &Picture) {
        let mut add = |measure: &'static str, place: String, value: Option<f64>| {
            let Some(value) = value.filter(|v| v.is_finite()) else { return };
            let sums = self.sums.entry((measure, place)).or_default();
            *sums = (sums.0 + 1, sums.1 + value);
        };
        for corridor in &picture.street.corridors {
            for (way, state) in [("outbound", &corridor.outbound), ("inbound", &corridor.inbound)] {
                let place = format!("{}/{way}", corridor.id);
                add("speed_km_h", place.clone(), state.speed_km_h);
                add("delay_s", place.clone(), state.delay_s);
                add("arrivals_on_green", place, state.arrivals_on_green);
            }
        }
        for (at, approaches) in picture.network.intersections().iter().zip(&picture.street.approaches) {
            for approach in approaches {
                let place = format!("{}/{}", at.id, approach.from);
                add("flow_veh_h", place.clone(), approach.flow_veh_h);
                add("delay_s", place.clone(), approach.delay_s);
                add("queue_m", place, approach.queue_m);
            }
        }
    }
}
