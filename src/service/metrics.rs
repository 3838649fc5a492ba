//! What the service counts and measures, in Prometheus' text form. Per intersection is the finest label there is.

use super::picture::{Picture, late};
use super::street_metrics::StreetMetrics;
use crate::control::{Coordinator, Decision};
use crate::corridor::Network;
use crate::field::{Answer, Ask, FieldFault, Link, Request};
use crate::units::{Moment, Shift};
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use std::time::Duration;

/// Upper ends of duration buckets, in seconds.
const BUCKETS: [f64; 16] =
    [0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0];

/// All metrics of the service.
pub struct Metrics {
    registry: Registry,
    steps: IntCounter,
    step_seconds: Histogram,
    exchange_seconds: Histogram,
    answer_seconds: Histogram,
    line_seconds: GaugeVec,
    restarts: IntGauge,
    missed: IntCounter,
    behind: Gauge,
    mode: IntGauge,
    changes: IntGauge,
    answers: IntCounterVec,
    pushes: IntCounterVec,
    cabinet_mode: IntGaugeVec,
    link: IntGaugeVec,
    cycle: GaugeVec,
    offset_error: GaugeVec,
    clock_error: GaugeVec,
    clock_drift: GaugeVec,
    on_target: IntGaugeVec,
    street: StreetMetrics,
}

impl Metrics {
    /// Metrics at zero; `armed`: whether anything is written.
    ///
    /// # Errors
    /// When two have one name, which is a bug.
    pub fn new(armed: bool) -> Result<Metrics, prometheus::Error> {
        let registry = Registry::new_custom(Some("greenwave".into()), None)?;
        let at = &["intersection"];
        let counter = |name: &str, help: &str| keep(&registry, IntCounter::new(name, help)?);
        let counters = |name: &str, help: &str, labels: &[&str]| {
            keep(&registry, IntCounterVec::new(Opts::new(name, help), labels)?)
        };
        let gauge = |name: &str, help: &str| keep(&registry, IntGauge::new(name, help)?);
        let gauges = |name: &str, help: &str| keep(&registry, IntGaugeVec::new(Opts::new(name, help), at)?);
        let reals = |name: &str, help: &str| keep(&registry, GaugeVec::new(Opts::new(name, help), at)?);
        let durations = |name: &str, help: &str| {
            let options = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
            keep(&registry, Histogram::with_opts(options)?)
        };
        gauge("armed", "1 when plans are written to cabinets, 0 in a dry run.")?.set(i64::from(armed));
        Ok(Metrics {
            steps: counter("steps_total", "Steps of the control loop that were completed.")?,
            step_seconds: durations("step_seconds", "Time the core took to decide a step.")?,
            exchange_seconds: durations("exchange_seconds", "Time until every cabinet asked in a step had answered.")?,
            answer_seconds: durations(
                "answer_seconds",
                "Time a cabinet took to answer a request, connecting included.",
            )?,
            line_seconds: reals("line_answer_seconds", "Time the cabinet took for its last answer.")?,
            restarts: gauge("line_restarts", "Tasks of lines that failed or hung and were begun anew.")?,
            missed: counter("missed_ticks_total", "Ticks that passed without a step, because the one before lasted.")?,
            behind: keep(
                &registry,
                Gauge::new("wall_clock_ahead_seconds", "How far the wall clock is ahead of the loop's time.")?,
            )?,
            mode: gauge("mode", "The core: 0 standby, 1 coordinated, 2 hold, 3 released.")?,
            changes: gauge("plan_changes", "Joint changes carried through, steps of transitions included.")?,
            answers: counters(
                "answers_total",
                "What came back, by what was asked for (beat = heartbeat) and how it went.",
                &["ask", "result"],
            )?,
            pushes: counters("pushes_total", "Plans pushed to cabinets, by result.", &["result"])?,
            cabinet_mode: gauges("cabinet_mode", "0 start-up, 1 local, 2 centre, 3 flash, 4 manual, 5 preempt.")?,
            link: gauges("link_up", "1 when the cabinet answers.")?,
            cycle: reals("cycle_seconds", "Cycle of the plan that runs.")?,
            offset_error: reals(
                "offset_error_seconds",
                "How much later than by its plan's offset the running cycle started, by the cabinet's clock.",
            )?,
            clock_error: reals(
                "clock_error_seconds",
                "How far the cabinet's clock is ahead, its answer's way included.",
            )?,

            clock_drift: reals(
                "clock_drift_ppm",
                "How fast the cabinet's clock gains on the loop's, parts in a million; absent until it was watched for long enough.",
            )?,
            on_target: gauges("on_target", "1 when the running plan is the core's target.")?,
            street: StreetMetrics::new(&registry)?,
            registry,
        })
    }

    /// All of them as text.
    ///
    /// # Errors
    /// When they can not be encoded, which is a bug.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    pub(super) fn missed(&self, ticks: u64) {
        self.missed.inc_by(ticks);
    }

    pub(super) fn wall_clock_ahead(&self, by: Shift) {
        self.behind.set(by.seconds());
    }

    pub(super) fn decided(&self, took: Duration, decisions: &[Decision]) {
        self.step_seconds.observe(took.as_secs_f64());
        for decision in decisions {
            match decision {
                Decision::Activated { .. } => self.pushes.with_label_values(&["activated"]).inc(),
                Decision::PushFailed { .. } => self.pushes.with_label_values(&["failed"]).inc(),
                _ => {}
            }
        }
    }

    pub(super) fn exchanged<'a>(&self, took: Duration, answers: impl Iterator<Item = (&'a Request, &'a Answer)>) {
        self.exchange_seconds.observe(took.as_secs_f64());
        for (request, answer) in answers {
            let result = match answer {
                Ok(_) => "ok",
                Err(FieldFault::Silence) => "silence",
                Err(FieldFault::Closed) => "closed",
                Err(FieldFault::Untrusted) => "untrusted",
                Err(FieldFault::Broken) => "broken",
                Err(FieldFault::Busy) => "busy",
                Err(FieldFault::Exception(_)) => "exception",
                Err(FieldFault::Garbled) => "garbled",
            };
            self.answers.with_label_values(&[name(request.ask()), result]).inc();
        }
    }

    /// How long cabinets took to answer, and how many lines' tasks had to be begun anew.
    pub(super) fn lines(&self, network: &Network, times: &[(usize, Duration)], restarts: u64) {
        for (cabinet, took) in times {
            self.answer_seconds.observe(took.as_secs_f64());
            if let Some(at) = network.intersections().get(*cabinet) {
                self.line_seconds.with_label_values(&[at.id.as_str()]).set(took.as_secs_f64());
            }
        }
        self.restarts.set(i64::try_from(restarts).unwrap_or(i64::MAX));
    }

    /// What the street does.
    pub(super) fn street(&self, network: &Network, picture: &Picture) {
        self.street.set(network, picture);
    }

    /// The state after a complete step. What it knows of the cabinets was asked for at `asked`, in the step before.
    pub(super) fn completed(&self, core: &Coordinator, network: &Network, asked: Moment) {
        self.steps.inc();
        self.mode.set(core.mode() as i64);
        self.changes.set(core.changes() as i64);
        for ((at, session), target) in network.intersections().iter().zip(core.sessions()).zip(core.targets()) {
            let id = [at.id.as_str()];
            self.link.with_label_values(&id).set(i64::from(session.link() == Link::Up));
            let Some(status) = session.status() else { continue };
            self.cabinet_mode.with_label_values(&id).set(status.mode as i64);
            if let Some(clock) = status.clock {
                self.clock_error.with_label_values(&id).set(clock.since(asked).seconds());
            }
            if let Some(ppm) = session.clock_ppm() {
                self.clock_drift.with_label_values(&id).set(ppm as f64);
            }
            let Some(running) = session.running() else { continue };
            self.cycle.with_label_values(&id).set(running.plan.cycle.seconds());
            if let Some(late) = late(session, at) {
                self.offset_error.with_label_values(&id).set(late.seconds());
            }
            self.on_target.with_label_values(&id).set(i64::from(running.plan == *target));
        }
    }
}

pub(super) fn keep<C: prometheus::core::Collector + Clone + 'static>(
    registry: &Registry,
    c: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(c.clone()))?;
    Ok(c)
}

fn name(ask: Ask) -> &'static str {
    match ask {
        Ask::Poll => "poll",
        Ask::Limits => "limits",
        Ask::Mirror => "mirror",
        Ask::Stage => "stage",
        Ask::ReadBack => "read-back",
        Ask::Commit => "commit",
        Ask::Beat => "beat",
        Ask::Clock => "clock",
        Ask::Release => "release",
        Ask::StageRequest => "stage-request",
    }
}
