//! One lane's queue, counted in and out.

use super::minutes::{Minutes, Sums};
use crate::corridor::{Approach, Detector, DetectorKind, Intersection, IntersectionIndex, Lane, Movement, PhaseIndex};
use crate::detection::{Channel, Increment, Reading};
use crate::units::{Metres, Moment, Tenths};
use std::collections::VecDeque;

/// Room a standing vehicle takes, m.
const ROOM_M: f64 = 7.0;
/// Start-up lost time at the beginning of green (HCM 2010, chapter 31: 2 s).
const START_UP: Tenths = Tenths::from_seconds(2);
/// An upstream loop covered for this long lies under the queue.
const UNDER_QUEUE: Tenths = Tenths::from_seconds(15);
/// A stop-line loop free for this long in green, after the queue had time to start, says that nobody stands there.
const FREE_IN_GREEN: Tenths = Tenths::from_seconds(5);
/// Vehicles on their way from loop to line; more is no flow of a lane.
const MOST_COMING: usize = 128;
/// Residual queues remembered, one a green.
const RESIDUALS: usize = 4;

/// One lane with a loop upstream.
#[derive(Debug, Clone)]
pub(super) struct LaneQueue {
    pub(super) at: IntersectionIndex,
    pub(super) lane: usize,
    pub(super) phase: PhaseIndex,
    pub(super) through: bool,
    upstream: usize,
    distance: Metres,
    stop_line: Option<usize>,
    way: Tenths,
    saturation_veh_s: f64,
    coming: VecDeque<Moment>,
    /// Vehicles standing.
    pub(super) queue: f64,
    covered: Tenths,
    free: Tenths,
    believed: bool,
    was_green: bool,
    residuals: VecDeque<f64>,
    /// Between the last two ends of green.
    between: Option<Tenths>,
    ended: Option<Moment>,
    pub(super) minutes: Minutes,
}

impl LaneQueue {
    /// The queue of a lane; `None` without a loop upstream, or where the lane's vehicles need no green.
    pub(super) fn new(
        index: IntersectionIndex,
        at: &Intersection,
        approach: &Approach,
        lane: usize,
    ) -> Option<LaneQueue> {
        let form = &approach.lanes[lane];
        let movement = main_movement(form)?;
        let phase = at.phase_for(approach.from, movement)?;
        let upstream = loop_of(at, approach, lane, DetectorKind::Advance)?;
        Some(LaneQueue {
            at: index,
            lane,
            phase,
            through: movement == Movement::Through,
            upstream: usize::from(upstream.channel) - 1,
            distance: upstream.distance,
            stop_line: loop_of(at, approach, lane, DetectorKind::StopLine).map(|d| usize::from(d.channel) - 1),
            way: approach.speed.time_over(upstream.distance),
            saturation_veh_s: form.saturation.per_second(),
            coming: VecDeque::new(),
            queue: 0.0,
            covered: Tenths::ZERO,
            free: Tenths::ZERO,
            believed: false,
            was_green: false,
            residuals: VecDeque::new(),
            between: None,
            ended: None,
            minutes: Minutes::default(),
        })
    }

    /// Takes an intersection's increments, by channel from 0.
    pub(super) fn hear(&mut self, at: Moment, increments: &[Option<Increment>]) {
        let upstream = increments.get(self.upstream).copied().flatten();
        self.believed = upstream.is_some();
        if let Some(increment) = upstream {
            for _ in 0..increment.vehicles {
                if self.coming.len() < MOST_COMING {
                    self.coming.push_back(at + self.way);
                }
            }
            let covered = increment.occupied >= increment.over;
            self.covered = if covered { self.covered + increment.over } else { Tenths::ZERO };
        }
        let line = self.stop_line.and_then(|channel| increments.get(channel).copied().flatten());
        self.free = match line {
            Some(i) if i.vehicles == 0 && i.occupied == Tenths::ZERO => self.free + i.over,
            _ => Tenths::ZERO,
        };
    }

    /// Goes on to `now`, `over` after the step before; `green` is since when the lane's phase is green. Gives how many vehicles
    /// came to the line.
    pub(super) fn advance(&mut self, now: Moment, over: Tenths, green: Option<Moment>) -> u32 {
        let seconds = over.seconds();
        let mut came = 0_u32;
        while self.coming.front().is_some_and(|at| *at <= now) {
            self.coming.pop_front();
            came += 1;
        }
        let moving = green.is_some_and(|since| now.elapsed_since(since) >= START_UP);
        self.queue += f64::from(came);
        if self.covered >= UNDER_QUEUE {
            self.queue = self.queue.max(self.distance.get() / ROOM_M);
        }
        if moving {
            self.queue = (self.queue - self.saturation_veh_s * seconds).max(0.0);
            if self.free >= FREE_IN_GREEN {
                self.queue = 0.0;
            }
        }
        if self.was_green && green.is_none() {
            self.note_end(now);
        }
        self.was_green = green.is_some();
        if self.believed {
            let vehicles = f64::from(came);
            self.minutes.add(
                now,
                Sums {
                    vehicles,
                    on_green: if green.is_some() { vehicles } else { 0.0 },
                    waited_s: self.queue * seconds,
                    green_s: if green.is_some() { seconds } else { 0.0 },
                    watched_s: seconds,
                },
            );
        }
        came
    }

    fn note_end(&mut self, now: Moment) {
        self.between = self.ended.map(|then| now.elapsed_since(then));
        self.ended = Some(now);
        self.residuals.push_back(self.queue);
        if self.residuals.len() > RESIDUALS {
            self.residuals.pop_front();
        }
    }

    /// How far the queue reaches back from the line.
    pub(super) fn reach_m(&self) -> f64 {
        self.queue * ROOM_M
    }

    /// How much longer the queue is after each green, over the last greens, in metres a second; `None` before enough were seen.
    pub(super) fn grows_m_s(&self) -> Option<f64> {
        let (first, last) = (self.residuals.front()?, self.residuals.back()?);
        let steps = self.residuals.len().checked_sub(1).filter(|n| *n + 1 >= RESIDUALS)?;
        let between = self.between.filter(|b| *b > Tenths::ZERO)?.seconds();
        Some((last - first) * ROOM_M / (between * steps as f64))
    }
}

/// The movement whose green a lane waits for; `None` where all of it turns right, which hardly ever waits for it.
fn main_movement(lane: &Lane) -> Option<Movement> {
    [Movement::Through, Movement::Left, Movement::UTurn].into_iter().find(|&m| lane.movements.has(m))
}

fn loop_of<'a>(at: &'a Intersection, approach: &Approach, lane: usize, kind: DetectorKind) -> Option<&'a Detector> {
    at.detectors.iter().find(|d| d.from == approach.from && d.lane == lane && d.kind == kind)
}

/// The loops of one intersection.
#[derive(Debug, Clone)]
pub(super) struct Loops {
    channels: Vec<Option<Channel>>,
}

impl Loops {
    pub(super) fn new(at: &Intersection) -> Loops {
        let most = at.detectors.iter().map(|d| usize::from(d.channel)).max().unwrap_or(0);
        let mut channels = vec![None; most];
        at.detectors.iter().for_each(|d| channels[usize::from(d.channel) - 1] = Some(Channel::default()));
        Loops { channels }
    }

    /// What passed since the reading before, by channel from 0; `None` where it is not believed.
    pub(super) fn hear(&mut self, reading: &Reading) -> Vec<Option<Increment>> {
        let words = reading.channels.iter().copied().map(Some).chain(std::iter::repeat(None));
        let one = |(channel, words): (&mut Option<Channel>, Option<_>)| {
            channel.as_mut()?.hear(reading.at, reading.boots, words?)
        };
        self.channels.iter_mut().zip(words).map(one).collect()
    }
}
