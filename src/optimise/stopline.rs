//! One lane group at its stop line: arrivals and a green in, delay and stops and departures out.
//!
//! Knows: a lane group, its effective green, the steps of its cycle. Must not know: other roads, or what delay is worth.

use super::lanes::LaneGroup;
use super::profile::add_arc;
use super::queue::{incremental_delay, serve, uniform_delay, uniform_stops};
use super::settings::Model;
use crate::units::Tenths;

/// Degree of saturation of a group without green: it waits the whole analysis period and more; finite.
const HOPELESS: f64 = 1e3;
/// Most further stops a vehicle makes in an overflow queue that takes several cycles.
const MOST_STOPS: f64 = 4.0;

/// One intersection's cycle as the model steps through it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Beat {
    pub(super) cycle: Tenths,
    pub(super) steps: usize,
    /// Length of a step, s.
    pub(super) step_s: f64,
}

impl Beat {
    /// Whether one of both cycles is a whole number of the other's.
    pub(super) fn meets(self, other: Beat) -> bool {
        let (own, its) = (self.cycle.count(), other.cycle.count());
        own == its || own.is_multiple_of(its) || its.is_multiple_of(own)
    }
}

/// What a lane group suffers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Suffered {
    /// Delay, veh s/h.
    pub(super) delay: f64,
    /// Stops an hour.
    pub(super) stops: f64,
    /// Degree of saturation.
    pub(super) saturation: f64,
    /// Longest queue of the mean cycle, vehicles.
    pub(super) longest: f64,
}

/// A lane group under a timing.
#[derive(Debug, Clone, Copy)]
pub(super) struct StopLine<'a> {
    pub(super) model: &'a Model,
    pub(super) group: &'a LaneGroup,
    /// What it can discharge while green, veh/s: its saturation flow, less where it gives way.
    pub(super) saturation: f64,
    /// Effective green: start and length, steps.
    pub(super) green: (f64, f64),
    pub(super) beat: Beat,
}

impl StopLine<'_> {
    /// Vehicles the green can discharge a cycle.
    fn room(&self) -> f64 {
        self.saturation * self.green.1 * self.beat.step_s
    }

    /// Platoons: `share` of the `arrivals` (vehicles a step, `coming` in all), stepped through the cycle, or through as many cycles
    /// as the arrivals are long: every other cycle's platoon meets every other green.
    pub(super) fn platoons(
        &self,
        arrivals: &[f64],
        coming: f64,
        share: f64,
        capacity: &mut [f64],
        departures: &mut [f64],
    ) -> Suffered {
        let cycles = arrivals.len() / self.beat.steps;
        let wanted = coming * share / cycles as f64;
        if self.group.phase.is_none() || wanted <= 0.0 {
            departures.iter_mut().zip(arrivals).for_each(|(d, a)| *d = a * share);
            return Suffered::default();
        }
        let room = self.room();
        let saturation = if room > 0.0 { (wanted / room).min(HOPELESS) } else { HOPELESS };
        capacity.fill(0.0);
        for k in 0..cycles {
            let start = self.green.0 + (k * self.beat.steps) as f64;
            add_arc(capacity, start, self.green.1, self.saturation * self.beat.step_s);
        }
        let admitted = share * (1.0 / saturation).min(1.0);
        let after = (self.green.0 + self.green.1).ceil() as usize;
        let cyclic = serve(arrivals, admitted, capacity, after, departures);
        // Demand above capacity waits at least as the admitted part does.
        let over = saturation.max(1.0);
        self.suffered(
            wanted,
            saturation,
            cyclic.waited * self.beat.step_s * over / cycles as f64,
            cyclic.stopped * over / cycles as f64,
            cyclic.longest,
        )
    }

    /// Even arrivals of the flow wanted: closed forms, and departures if somebody downstream needs them.
    pub(super) fn even(&self, departures: Option<&mut [f64]>) -> Suffered {
        let c = self.beat.cycle.seconds();
        let green = self.green.1 * self.beat.step_s;
        let wanted = self.group.flow * c;
        let unheld = self.group.phase.is_none();
        let room = self.room();
        let admitted = if unheld { wanted } else { wanted.min(room) };
        if let Some(departures) = departures {
            departures.fill(0.0);
            let (rate, saturation) = (admitted / c, self.saturation);
            let clear = if unheld || saturation <= rate {
                green
            } else {
                (rate * (c - green) / (saturation - rate)).min(green)
            };
            let queued = if unheld { rate } else { saturation.min(if saturation <= rate { rate } else { saturation }) };
            let clear = clear / self.beat.step_s;
            add_arc(departures, self.green.0, clear, queued * self.beat.step_s);
            add_arc(departures, self.green.0 + clear, self.green.1 - clear, rate * self.beat.step_s);
        }
        if unheld || wanted <= 0.0 {
            return Suffered::default();
        }
        let saturation = if room > 0.0 { (wanted / room).min(HOPELESS) } else { HOPELESS };
        let waited = wanted * uniform_delay(c, green, saturation);
        let stopped = wanted * uniform_stops(c, green, saturation);
        self.suffered(wanted, saturation, waited, stopped, admitted * (1.0 - green / c).max(0.0))
    }

    /// Adds randomness and overload to what the mean cycle shows (`waited` veh s and `stopped` vehicles a cycle).
    fn suffered(&self, wanted: f64, saturation: f64, waited: f64, stopped: f64, longest: f64) -> Suffered {
        let per_hour = 3600.0 / self.beat.cycle.seconds();
        let room = self.room();
        let flow = wanted * per_hour;
        let model = self.model;
        let random = incremental_delay(saturation, room * per_hour, model.analysis_period_h, model.incremental_k);
        let overflow = random * flow / 3600.0;
        let again = if room > 0.0 { (overflow / room).min(MOST_STOPS) } else { MOST_STOPS };
        Suffered {
            delay: waited * per_hour + random * flow,
            stops: stopped * per_hour + again * flow,
            saturation,
            longest: longest + overflow,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_form_agrees_with_the_stepped_cycle() {
        let model = Model::default();
        let beat = Beat { cycle: Tenths::from_seconds(100), steps: 100, step_s: 1.0 };
        for (flow, saturation, start, length) in [
            (0.2, 1.0, 30.0, 40.0),
            (0.1, 0.5, 80.5, 30.2),
            (0.3, 1.5, 0.0, 22.0),
            (0.4, 1.0, 60.0, 30.0),
            (0.1, 1.0, 99.7, 55.5),
        ] {
            let group = LaneGroup {
                phase: Some(crate::corridor::PhaseIndex(0)),
                flows: [0.0, 0.0, flow, 0.0],
                flow,
                saturation,
                lanes: 1,
            };
            let line = StopLine { model: &model, group: &group, saturation, green: (start, length), beat };
            let (mut a, mut b, mut capacity) = (vec![0.0; 100], vec![0.0; 100], vec![0.0; 100]);
            let even = line.even(Some(&mut a));
            let stepped = line.platoons(&[flow; 100], flow * 100.0, 1.0, &mut capacity, &mut b);
            // A step that is partly green serves its arrivals at once: a little off where greens begin between steps.
            let exact = if start.fract() == 0.0 { 0.01 } else { 0.05 };
            assert!((even.delay - stepped.delay).abs() < exact * even.delay, "{even:?} {stepped:?}");
            assert!((even.stops - stepped.stops).abs() < 0.05 * even.stops, "{even:?} {stepped:?}");
            assert!((a.iter().sum::<f64>() - b.iter().sum::<f64>()).abs() < 1e-6);
            assert!(a.iter().zip(&b).all(|(x, y)| (x - y).abs() < 0.5 * saturation), "{a:?} {b:?}");
        }
    }
}
