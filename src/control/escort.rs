//! An escort: a vehicle on its way over intersections, where it is, and when it will be where.
//!
//! ```text
//!            arrival within sight            its green runs, or comes in time        passed
//!   Ahead ───────────────────────► Asked ◄──────────────────────────────────► Green ──────► Passed
//!     │ no request is taken, or none can be sent: Countdown · NoRequests · Local · Lost; another comes first: Yields
//! ```
//! Between reported positions it is where its free speed brings it, and at a stop line that is red it waits. Who was never heard of
//! is taken to drive as foretold.

use super::route::Leg;
use crate::corridor::{IntersectionIndex, PhaseIndex, StageIndex};
use crate::safety::StageRequest;
use crate::units::{Metres, Moment, Tenths};
use serde::{Deserialize, Serialize};

/// A position this old says nothing any more against the vehicle having gone on.
const HEARD_OF: Tenths = Tenths::from_seconds(10);
/// Slower than this it stands in a queue, which says nothing of how fast it drives, m/s.
const MOVES_M_S: f64 = 3.0;
/// Time over which its pace is learnt, s, and the slowest it is believed to be, as a share of its free speed.
const LEARNT_S: f64 = 30.0;
const SLOWEST: f64 = 0.4;

/// Who is escorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vehicle {
    /// An ambulance.
    Ambulance,
    /// A fire engine.
    Fire,
    /// A convoy.
    Vip,
}

/// An escort, as a person asks for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Escort {
    /// What it is called.
    pub name: String,
    /// Who it is.
    pub vehicle: Vehicle,
    /// Its way.
    pub route: Vec<Leg>,
    /// When it starts, the first leg's distance before the first stop line.
    pub starts: Moment,
}

/// Where a vehicle was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// So far before the stop line of an intersection on its way, all earlier ones passed.
    Before {
        /// The intersection.
        intersection: IntersectionIndex,
        /// Metres to the line.
        metres: Metres,
    },
    /// Beyond the stop line of an intersection.
    Passed {
        /// The intersection.
        intersection: IntersectionIndex,
    },
}

impl Place {
    /// The intersection it speaks of.
    pub const fn intersection(self) -> IntersectionIndex {
        match self {
            Place::Before { intersection, .. } | Place::Passed { intersection } => intersection,
        }
    }
}

/// How far one intersection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Progress {
    /// The vehicle is still far.
    Ahead,
    /// Its green is being brought about.
    Asked,
    /// Its green runs, and is kept.
    Green,
    /// It went through.
    Passed,
    /// Another escort comes first.
    Yields {
        /// Number of its order.
        to: u64,
    },
    /// A countdown display stands there: no request is taken, its plan's green comes when it comes.
    Countdown,
    /// The controller takes no stage requests.
    NoRequests,
    /// It does not run the centre's plan: given back, a person's, somebody else's.
    Local,
    /// It does not answer.
    Lost,
}

/// One intersection of an escort.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Which.
    pub intersection: IntersectionIndex,
    /// When the vehicle would arrive, as first foretold.
    pub foretold: Moment,
    /// The same as it stands now.
    pub predicted: Moment,
    /// Its green, as far as known: from …
    pub green_from: Option<Moment>,
    /// … until.
    pub green_until: Option<Moment>,
    /// When it passed.
    pub passed: Option<Moment>,
    /// How far it has come.
    pub progress: Progress,
    /// Whether it is expected to stop there.
    pub stops: bool,
    /// Requests sent.
    pub sent: u32,
    /// Requests the guard or the cabinet refused.
    pub refused: u32,
    /// Cycles after the last request until the signals were their programme's again; absent until then.
    pub recovery_cycles: Option<u32>,
    #[serde(skip)]
    pub(super) signal: Signal,
}

/// What is remembered of one intersection's signal.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Signal {
    /// The phase that lets the vehicle through; `None` on a slip lane.
    pub(super) phase: Option<PhaseIndex>,
    /// The stage last seen, and since when.
    pub(super) seen: Option<(StageIndex, Moment)>,
    /// What was asked last, when.
    pub(super) asked: Option<(StageRequest, Moment)>,
    /// Nothing is asked again before.
    pub(super) rest_until: Option<Moment>,
    /// How long the vehicle is expected to wait.
    pub(super) wait: Tenths,
    /// Since when the programme is to be found again, and when the heads were last seen to differ.
    pub(super) released: Option<(Moment, Moment)>,
    /// Whom it was told to yield to.
    pub(super) yielded: Option<u64>,
}

/// An escort under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Number of its order.
    pub id: u64,
    /// What was asked for.
    pub escort: Escort,
    /// One row for every intersection on the way.
    pub rows: Vec<Row>,
    /// The leg it is on; behind the last: it is through.
    pub(super) next: usize,
    /// Metres to the next stop line, at a moment.
    left: f64,
    known: Moment,
    heard: Option<Moment>,
    /// How fast it drives where it drives, as a share of its free speed; learnt from its positions.
    pace: f64,
    /// When it was over; from then on only the way back to the programme is watched.
    pub(super) over: Option<Moment>,
}

impl Run {
    /// At its beginning.
    pub(super) fn new(id: u64, escort: Escort) -> Run {
        let mut at = escort.starts;
        let row = |leg: &Leg| {
            at = at + leg.speed.time_over(leg.distance);
            Row {
                intersection: leg.intersection,
                foretold: at,
                predicted: at,
                green_from: None,
                green_until: None,
                passed: None,
                progress: Progress::Ahead,
                stops: false,
                sent: 0,
                refused: 0,
                recovery_cycles: None,
                signal: Signal::default(),
            }
        };
        let rows = escort.route.iter().map(row).collect();
        let left = escort.route.first().map_or(0.0, |leg| leg.distance.get());
        Run { id, rows, next: 0, left, known: escort.starts, heard: None, pace: 1.0, over: None, escort }
    }

    /// The leg the vehicle is on and the metres to its stop line; `None` when it is through.
    pub fn position(&self, now: Moment) -> Option<(usize, Metres)> {
        let leg = self.escort.route.get(self.next)?;
        let driven = self.pace * leg.speed.get() * now.elapsed_since(self.known).seconds();
        Some((self.next, Metres::new((self.left - driven).max(0.0)).ok()?))
    }

    /// Whether the vehicle is still on its way.
    pub fn is_under_way(&self) -> bool {
        self.over.is_none() && self.next < self.rows.len()
    }

    /// From its first stop line's distance to the last stop line; `None` before it is there.
    pub fn travel(&self) -> Option<Tenths> {
        Some(self.rows.last()?.passed?.elapsed_since(self.escort.starts))
    }

    /// It was seen somewhere; `false` when that is behind what is known already.
    pub(super) fn see(&mut self, at: Moment, place: Place) -> bool {
        let there = self.rows[self.next..].iter().position(|row| row.intersection == place.intersection());
        let Some(there) = there.map(|k| k + self.next).filter(|_| at >= self.heard.unwrap_or(at)) else { return false };
        self.learn(at, there, place);
        let passed = match place {
            Place::Before { .. } => there,
            Place::Passed { .. } => there + 1,
        };
        self.rows[self.next..passed].iter_mut().for_each(|row| row.pass(at));
        self.next = passed;
        let next = self.escort.route.get(passed).map_or(0.0, |leg| leg.distance.get());
        self.left = match place {
            Place::Before { metres, .. } => metres.get(),
            Place::Passed { .. } => next,
        };
        (self.known, self.heard) = (at, Some(at));
        true
    }

    /// Learns from a position how fast it drives: while it moves, and slowly, for others are in its way now and then.
    fn learn(&mut self, at: Moment, there: usize, place: Place) {
        let (Some(before), Place::Before { metres, .. }) = (self.heard, place) else { return };
        let took = at.elapsed_since(before).seconds();
        let between: f64 = self.escort.route[self.next..there].iter().skip(1).map(|leg| leg.distance.get()).sum();
        let into = if there > self.next { self.escort.route[there].distance.get() } else { 0.0 };
        let speed = (self.left + between + into - metres.get()) / took.max(0.1);
        if took >= 1.0 && speed >= MOVES_M_S {
            let share = speed / self.escort.route[there].speed.get();
            let pace = self.pace + (share - self.pace) * (took / LEARNT_S).min(1.0);
            self.pace = pace.clamp(SLOWEST, 1.0);
        }
    }

    /// Goes on to now where nothing was heard; `open` says whether a stop line may be passed.
    pub(super) fn advance(&mut self, now: Moment, open: impl Fn(&Row) -> bool) {
        let heard_of = self.heard.is_some_and(|then| now.elapsed_since(then) < HEARD_OF);
        // At most once for every intersection.
        while let Some((k, left)) = self.position(now).filter(|_| now >= self.escort.starts) {
            if left.get() > 0.0 || heard_of || !open(&self.rows[k]) {
                return;
            }
            self.rows[k].pass(now);
            self.next += 1;
            self.left = self.escort.route.get(self.next).map_or(0.0, |leg| leg.distance.get());
            self.known = now;
        }
    }

    /// Foretells every arrival from where it is now.
    pub(super) fn predict(&mut self, now: Moment) {
        let Some((first, left)) = self.position(now) else { return };
        let mut at = now.max(self.escort.starts);
        for k in first..self.rows.len() {
            let leg = self.escort.route[k];
            let seconds = leg.speed.seconds_over(if k == first { left } else { leg.distance }) / self.pace;
            at = at + Tenths::parse_seconds(seconds).unwrap_or_default();
            self.rows[k].predicted = at;
            at = at + self.rows[k].signal.wait;
        }
    }
}

impl Row {
    fn pass(&mut self, at: Moment) {
        self.passed = Some(at);
        self.progress = Progress::Passed;
        self.signal.wait = Tenths::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::route::{Ends, route};
    use crate::corridor::sample;
    use crate::units::MetresPerSecond;

    const T: Moment = Moment::new(17_724_096_000);

    fn run() -> Run {
        let network = sample::arterial(&[400.0, 300.0]);
        let over: Vec<IntersectionIndex> = (0..3).map(IntersectionIndex).collect();
        let ends = Ends {
            speed: Some(MetresPerSecond::new(10.0).unwrap()),
            starts_before: Some(Metres::new(100.0).unwrap()),
            ..Ends::default()
        };
        let route = route(&network, &over, ends).unwrap();
        Run::new(1, Escort { name: "A".into(), vehicle: Vehicle::Ambulance, route, starts: T })
    }

    fn at(seconds: u32) -> Moment {
        T + Tenths::from_seconds(seconds)
    }

    fn predicted(run: &Run) -> Vec<f64> {
        run.rows.iter().map(|row| row.predicted.since(T).seconds()).collect()
    }

    #[test]
    fn nobody_heard_of_drives_as_foretold_and_waits_at_red() {
        let mut run = run();
        assert_eq!(predicted(&run), [10.0, 50.0, 80.0]);
        run.advance(at(12), |_| false);
        run.predict(at(12));
        assert_eq!((run.next, predicted(&run)), (0, vec![12.0, 52.0, 82.0]));
        run.advance(at(13), |_| true);
        assert_eq!((run.next, run.rows[0].passed), (1, Some(at(13))));
        run.advance(at(60), |_| true);
        assert_eq!((run.next, run.travel()), (2, None));
        run.advance(at(90), |_| true);
        assert!(!run.is_under_way());
        assert_eq!(run.travel(), Some(Tenths::from_seconds(90)));
    }

    #[test]
    fn positions_correct_what_was_foretold() {
        let mut run = run();
        let metres = |m| Metres::new(m).unwrap();
        assert!(run.see(at(20), Place::Before { intersection: IntersectionIndex(0), metres: metres(50.0) }));
        run.predict(at(21));
        assert_eq!(predicted(&run), [25.0, 65.0, 95.0]);
        // It stands at the line, and is heard of: it has not passed.
        assert!(run.see(at(27), Place::Before { intersection: IntersectionIndex(0), metres: metres(1.0) }));
        run.advance(at(35), |_| true);
        assert_eq!(run.next, 0);
        assert!(run.see(at(36), Place::Before { intersection: IntersectionIndex(1), metres: metres(390.0) }));
        assert_eq!((run.next, run.rows[0].passed), (1, Some(at(36))));
        assert!(!run.see(at(37), Place::Before { intersection: IntersectionIndex(0), metres: metres(9.0) }), "behind");
        assert!(run.see(at(99), Place::Passed { intersection: IntersectionIndex(2) }));
        assert!(!run.is_under_way());
    }
}
