//! The last hours: greens, arrivals, changes, events. Bounded by time and number, whatever comes.

use crate::control::Decision;
use crate::corridor::{Arm, IntersectionIndex, Network};
use crate::detection::Health;
use crate::service::Picture;
use crate::units::{CycleLength, Moment, Tenths};
use crate::watch::Green;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How far back a diagram may be scrolled.
pub(in crate::centre) const KEPT: Tenths = Tenths::from_seconds(3 * 3600);
/// Vehicles remembered at an intersection.
const MOST_ARRIVALS: usize = 20_000;
/// Changes of plans remembered.
const MOST_CHANGES: usize = 400;
/// Events remembered.
const MOST_EVENTS: usize = 4_000;

/// A joint change, from its staging on.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) staged: Moment,
    pub(super) activation: Moment,
    /// When everybody was in step again.
    pub(super) arrived: Option<Moment>,
    pub(super) intersections: usize,
    pub(super) cycle: Option<CycleLength>,
    pub(super) abandoned: bool,
}

/// A line of the journal.
#[derive(Debug, Clone)]
pub(in crate::centre) struct Event {
    pub(in crate::centre) at: Moment,
    /// The intersection it is about, if it is about one.
    pub(in crate::centre) intersection: Option<String>,
    pub(in crate::centre) line: Arc<str>,
}

/// One intersection's past.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    pub(super) greens: VecDeque<Green>,
    pub(super) arrivals: VecDeque<(Moment, Arm)>,
}

/// What is remembered.
#[derive(Debug)]
pub(in crate::centre) struct History {
    pub(in crate::centre) network: Arc<Network>,
    pub(in crate::centre) last: Option<Arc<Picture>>,
    pub(super) pasts: Vec<Past>,
    pub(super) changes: VecDeque<Change>,
    events: VecDeque<Event>,
    unbelieved: BTreeMap<(usize, u16), Health>,
    pub(in crate::centre) in_step: bool,
}

impl History {
    pub(in crate::centre) fn new(network: Arc<Network>) -> History {
        let pasts = vec![Past::default(); network.intersections().len()];
        History {
            network,
            last: None,
            pasts,
            changes: VecDeque::new(),
            events: VecDeque::new(),
            unbelieved: BTreeMap::new(),
            in_step: false,
        }
    }

    /// Takes the next picture.
    pub(in crate::centre) fn take(&mut self, picture: Arc<Picture>) {
        let now = picture.at;
        for green in &picture.greens {
            self.pasts[green.at.0].greens.push_back(*green);
        }
        for arrival in &picture.arrivals {
            self.pasts[arrival.at.0].arrivals.push_back((arrival.when, arrival.from));
        }
        for past in &mut self.pasts {
            while past.greens.front().is_some_and(|g| now.elapsed_since(g.until) > KEPT) {
                past.greens.pop_front();
            }
            while past.arrivals.len() > MOST_ARRIVALS
                || past.arrivals.front().is_some_and(|(at, _)| now.elapsed_since(*at) > KEPT)
            {
                past.arrivals.pop_front();
            }
        }
        for (decision, line) in picture.decisions.iter().zip(&picture.journal) {
            self.decided(now, decision);
            let intersection = about(decision).map(str::to_owned);
            self.events.push_back(Event { at: now, intersection, line: line.as_str().into() });
        }
        while self.events.len() > MOST_EVENTS {
            self.events.pop_front();
        }
        self.last = Some(picture);
    }

    fn decided(&mut self, now: Moment, decision: &Decision) {
        match decision {
            Decision::Staging { intersections, activation, .. } => {
                self.in_step = false;
                self.changes.push_back(Change {
                    staged: now,
                    activation: *activation,
                    arrived: None,
                    intersections: intersections.len(),
                    cycle: None,
                    abandoned: false,
                });
                if self.changes.len() > MOST_CHANGES {
                    self.changes.pop_front();
                }
            }
            Decision::Activated { cycle, .. } => {
                if let Some(change) = self.changes.back_mut() {
                    change.cycle = CycleLength::new(*cycle);
                }
            }
            Decision::Abandoned { .. } => {
                if let Some(change) = self.changes.back_mut() {
                    change.abandoned = true;
                }
            }
            Decision::InStep => {
                self.in_step = true;
                self.changes.iter_mut().filter(|c| c.arrived.is_none()).for_each(|c| c.arrived = Some(now));
            }
            Decision::Detector { intersection, channel, health } => {
                let Some(index) = self.network.find(intersection) else { return };
                match health {
                    Health::Good => self.unbelieved.remove(&(index.0, *channel)),
                    worse => self.unbelieved.insert((index.0, *channel), *worse),
                };
            }
            _ => {}
        }
    }

    /// The health of a detector.
    pub(super) fn health(&self, at: IntersectionIndex, channel: u16) -> Health {
        self.unbelieved.get(&(at.0, channel)).copied().unwrap_or(Health::Good)
    }

    /// The newest events first, of one intersection or of all.
    pub(in crate::centre) fn events(&self, of: Option<&str>, most: usize) -> Vec<&Event> {
        let mine = self.events.iter().rev().filter(|e| of.is_none() || e.intersection.as_deref() == of);
        mine.take(most).collect()
    }
}

/// The intersection a decision is about.
pub(in crate::centre) fn about(decision: &Decision) -> Option<&str> {
    match decision {
        Decision::Refused { intersection, .. }
        | Decision::Canary { intersection }
        | Decision::PushFailed { intersection, .. }
        | Decision::NoStoredPlan { intersection, .. }
        | Decision::Activated { intersection, .. }
        | Decision::LineFault { intersection, .. }
        | Decision::LineClear { intersection, .. }
        | Decision::Differs { intersection, .. }
        | Decision::OtherWriter { intersection, .. }
        | Decision::Unintended { intersection, .. }
        | Decision::ClockDrift { intersection, .. }
        | Decision::LinkLost { intersection }
        | Decision::LinkBack { intersection }
        | Decision::LeftCentre { intersection, .. }
        | Decision::Detector { intersection, .. }
        | Decision::Released { intersection, .. } => Some(intersection),
        _ => None,
    }
}
