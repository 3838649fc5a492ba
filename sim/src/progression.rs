//! Progression along the corridor, link by link, for vehicles that go straight on: arrivals on green, and speed.
//!
//! Knows: when a vehicle arrives, and what its head shows then. Must not know: plans, bands, pictures.
//!
//! A vehicle arrives when it crosses the stop line or joins the queue, whichever comes first (the Highway Capacity Manual's
//! field definition of the proportion P). It joins the queue where it first falls below 5 km/h on the link; the first metres
//! after the line behind do not count, for whoever starts from that line is still slow there. The share alone misleads: with
//! green for 77 % of the time, 77 % arrive on green by chance. So green is timed as well, and the platoon ratio is the share of
//! arrivals on green over the share of time that is green; 1 is chance.

use serde::Serialize;

use crate::measure::Window;
use crate::stopline::Heads;
use crate::street::{Movement, Street};

/// Metres after the link's beginning in which nobody joins a queue.
pub(crate) const STILL_STARTING_M: f32 = 20.0;

/// The through movement of one approach of the corridor.
#[derive(Debug, Clone, Copy)]
struct Head {
    to: u32,
    group: usize,
    arrivals: u32,
    on_green: u32,
    green_s: f64,
    seconds: f64,
    metres: f64,
    driven_s: f64,
}

/// Running sums of all approaches.
#[derive(Debug, Clone)]
pub(crate) struct Progression {
    window: Window,
    heads: Vec<Option<Head>>,
}

impl Progression {
    pub(crate) fn new(street: &Street, window: Window) -> Progression {
        let head = |(index, link): (usize, &crate::street::Link)| {
            link.corridor?;
            let to = street.leads_to(index, Movement::Through)? as u32;
            let mut turns = link.lanes.iter().flat_map(|l| &l.turns);
            let group = turns.find(|t| t.movement == Movement::Through)?.group;
            let (metres, driven_s) = (0.0, 0.0);
            Some(Head { to, group, arrivals: 0, on_green: 0, green_s: 0.0, seconds: 0.0, metres, driven_s })
        };
        Progression { window, heads: street.links().iter().enumerate().map(head).collect() }
    }

    /// A step of `step_s` under these heads, at `now`.
    pub(crate) fn shown(&mut self, heads: &Heads, now: f64, step_s: f64) {
        if self.window.holds(now) {
            for head in self.heads.iter_mut().flatten() {
                head.seconds += step_s;
                head.green_s += if heads.green(head.group) { step_s } else { 0.0 };
            }
        }
    }

    /// A vehicle bound for `next` arrives at the end of `link`, or of the queue before it, at `now`.
    pub(crate) fn arrives(&mut self, link: usize, next: u32, heads: &Heads, now: f64) {
        if let Some(head) = self.heads[link].as_mut().filter(|h| h.to == next && self.window.holds(now)) {
            head.arrivals += 1;
            head.on_green += u32::from(heads.green(head.group));
        }
    }

    /// A drive over `link` by a vehicle that goes straight on, one that corridor speed counts.
    pub(crate) fn drove(&mut self, link: usize, metres: f64, seconds: f64) {
        if let Some(head) = &mut self.heads[link] {
            head.metres += metres;
            head.driven_s += seconds;
        }
    }

    /// Takes over what was counted on a piece of the street; `links` tells what they are called there and here.
    pub(crate) fn take(&mut self, piece: &Progression, links: impl Iterator<Item = (usize, usize)>) {
        for (there, here) in links {
            self.heads[here] = piece.heads[there];
        }
    }

    pub(crate) fn measures(&self, street: &Street) -> Vec<ProgressionMeasure> {
        let rows = street.links().iter().zip(&self.heads).filter_map(|(link, head)| {
            let head = head.as_ref()?;
            Some(ProgressionMeasure {
                link: link.name.clone(),
                node: link.node?,
                direction: link.corridor?,
                arrivals: head.arrivals,
                on_green: head.on_green,
                green_s: head.green_s,
                seconds: head.seconds,
                metres: head.metres,
                driven_s: head.driven_s,
            })
        });
        rows.collect()
    }
}

/// Progression at one approach of the corridor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProgressionMeasure {
    /// Name of its link.
    pub link: String,
    /// Its intersection.
    pub node: usize,
    /// Direction, 0 or 1.
    pub direction: u8,
    /// Vehicles going straight on that arrived in the window.
    pub arrivals: u32,
    /// Of these, while their head was green.
    pub on_green: u32,
    /// Seconds of green in the window.
    pub green_s: f64,
    /// Seconds of the window.
    pub seconds: f64,
    /// Metres of all drives over the link that corridor speed counts.
    pub metres: f64,
    /// Seconds of these drives, waiting included.
    pub driven_s: f64,
}

impl ProgressionMeasure {
    /// Share of arrivals on green; `None` where nobody arrived.
    pub fn share_on_green(&self) -> Option<f64> {
        (self.arrivals > 0).then(|| f64::from(self.on_green) / f64::from(self.arrivals))
    }

    /// Share of arrivals on green over the share of time that was green: 1 is chance, above is progression.
    pub fn platoon_ratio(&self) -> Option<f64> {
        let green = (self.seconds > 0.0).then(|| self.green_s / self.seconds).filter(|g| *g > 0.0)?;
        Some(self.share_on_green()? / green)
    }
}
