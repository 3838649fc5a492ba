//! The widest bands whose offsets are whole steps of the cabinet's resolution: the best ones, not the nearest to others.
//!
//! Knows: greens on a circle, travel times, a step. Must not know: networks, plans or traffic.
//!
//! A band begins where some green begins, so where the bands pass is known up to whole steps: the outbound band's start
//! needs one place for each pattern of each signal, the inbound one's as many and a whole number of steps. For each
//! pair a signal's best offset is the latest step that lies before both bands, or before one of them and a circle
//! before the other: two rectangles of widths a pattern, and the best corner of what all signals permit by sorting.
//! Places are tried in the order of what bands so far apart would be worth off the grid, until that is not more than was found.

use super::bandwidth::{Aim, BandAnswer, BandProblem, Score};
use crate::units::Circle;

/// The same instant computed twice may differ by so much, s.
const SAME: f64 = 1e-9;

/// A place for both bands, and what was found there.
struct Found {
    score: Score,
    widths: [f64; 2],
    starts: [f64; 2],
}

/// Solves the problem on a grid of `step_s`. `None` as for [`widest`](super::widest), and where the cycle is no whole number
/// of steps.
pub fn widest_on_grid(problem: &BandProblem, aim: Aim, step_s: f64) -> Option<BandAnswer> {
    let steps = problem.circle.seconds() / step_s;
    let grid = Circle::new(step_s)?;
    if (steps - steps.round()).abs() > 1e-6 || steps < 0.5 {
        return None;
    }
    let ideal = super::widest(problem, aim)?;
    let sites = Sites::new(problem, grid);
    let starts = [0, 1].map(|d| sites.starts(d));
    let mut found: Option<Found> = None;
    let mut room = Vec::new();
    let mut order = sites.runs();
    let mut cells: Vec<(Score, f64)> = (0..steps.round() as u32)
        .map(|cell| f64::from(cell) * step_s)
        .filter_map(|cell| Some((sites.promise(aim, cell, &mut room)?, cell)))
        .collect();
    cells.sort_by(|a, b| b.0.value.total_cmp(&a.0.value));
    'cells: for (promise, cell) in cells {
        for &out in &starts[0] {
            for &inbound in &starts[1] {
                let least = found.as_ref().map(|f| f.score);
                if least.is_some_and(|least| !promise.beats(least)) {
                    continue 'cells;
                }
                // The one whole number of steps that brings the bands so far apart.
                let place = [out, inbound + ((cell + out - inbound) / step_s - SAME).ceil() * step_s];
                if let Some((score, widths)) = sites.best(aim, place, least, &mut order, &mut room) {
                    found = Some(Found { score, widths, starts: place });
                    if score.value >= ideal.value - SAME {
                        break 'cells;
                    }
                }
            }
        }
    }
    let found = found?;
    Some(sites.answer(&found))
}

/// One pattern at one signal in the frame of the bands.
struct Site {
    signal: usize,
    pattern: usize,
    /// How much later than at its reference a band passes here than this green starts at offset 0, outbound and inbound.
    lag: [f64; 2],
    green: [f64; 2],
}

/// The widest pair of widths at one offset.
struct Fit {
    signal: usize,
    widths: [f64; 2],
    site: usize,
    offset: f64,
}

struct Sites {
    circle: Circle,
    grid: Circle,
    sites: Vec<Site>,
    signals: usize,
}

impl Sites {
    fn new(problem: &BandProblem, grid: Circle) -> Self {
        let circle = problem.circle;
        let mut travelled = [0.0, problem.links.iter().map(|l| l[1]).sum()];
        let mut sites = Vec::new();
        for (signal, patterns) in problem.signals.iter().enumerate() {
            for (index, pattern) in patterns.iter().enumerate() {
                let lag = [0, 1].map(|d| travelled[d] - pattern.start_s[d]);
                let green = pattern.green_s.map(|g| g.clamp(0.0, circle.seconds()));
                sites.push(Site { signal, pattern: index, lag, green });
            }
            if let Some(link) = problem.links.get(signal) {
                travelled = [travelled[0] + link[0], travelled[1] - link[1]];
            }
        }
        Sites { circle, grid, sites, signals: problem.signals.len() }
    }

    /// The sites of each signal: the first, and the one behind the last.
    fn runs(&self) -> Vec<(usize, usize)> {
        let mut from = 0;
        let runs = self.sites.chunk_by(|a, b| a.signal == b.signal).map(|run| {
            from += run.len();
            (from - run.len(), from)
        });
        runs.collect()
    }

    /// Where within a step a band of a direction may start.
    fn starts(&self, direction: usize) -> Vec<f64> {
        let mut starts: Vec<f64> = self.sites.iter().map(|s| self.past(-s.lag[direction])).collect();
        starts.sort_by(f64::total_cmp);
        starts.dedup_by(|a, b| (*a - *b).abs() < SAME);
        starts
    }

    /// How long after a step of the grid a time lies.
    fn past(&self, time: f64) -> f64 {
        let past = self.grid.wrap(time);
        if self.grid.seconds() - past < SAME { 0.0 } else { past }
    }

    /// The two best offsets of a site for bands that start there: the latest before the one or before the other.
    fn fits(&self, index: usize, starts: [f64; 2]) -> [Fit; 2] {
        let site = &self.sites[index];
        let whole = self.circle.seconds();
        let due = [0, 1].map(|d| starts[d] + site.lag[d]);
        [0, 1].map(|first| {
            let offset = due[first] - self.past(due[first]);
            let widths = [0, 1].map(|d| {
                let into = if d == first { self.past(due[d]) } else { self.circle.wrap(due[d] - offset) };
                let into = if whole - into < SAME { 0.0 } else { into };
                if site.green[d] < whole { (site.green[d] - into).max(0.0) } else { whole }
            });
            Fit { signal: site.signal, widths, site: index, offset }
        })
    }

    /// What no place is worth more than where the inbound band starts later than the outbound one by `apart` to a step more.
    fn promise(&self, aim: Aim, apart: f64, room: &mut Vec<Fit>) -> Option<Score> {
        let whole = self.circle.seconds();
        room.clear();
        for (site, at) in self.sites.iter().enumerate() {
            let [green, other] = at.green;
            let into = self.circle.wrap(apart + at.lag[1] - at.lag[0]);
            let past = into + self.grid.seconds() + 2.0 * SAME - whole;
            let free = past >= 0.0 || green >= whole || other >= whole;
            let early = if free { other } else { (other - into + SAME).max(0.0) };
            let late = if free { green } else { (green + past).max(0.0) };
            for widths in [[green, early], [late, other]] {
                room.push(Fit { signal: at.signal, widths, site, offset: 0.0 });
            }
        }
        self.corner(aim, None, room).map(|(score, _)| score)
    }

    /// The best corner at a place if it beats `least`.
    fn best(
        &self,
        aim: Aim,
        starts: [f64; 2],
        least: Option<Score>,
        order: &mut [(usize, usize)],
        room: &mut Vec<Fit>,
    ) -> Option<(Score, [f64; 2])> {
        room.clear();
        for k in 0..order.len() {
            let before = room.len();
            // A corner that beats the least lies in a rectangle of each signal that does.
            let (from, to) = order[k];
            let fits = (from..to).flat_map(|site| self.fits(site, starts));
            room.extend(fits.filter(|fit| beating(aim, fit.widths, least).is_some()));
            if room.len() == before {
                // The next place is likely to fail at the same signal: it is asked first.
                order[..=k].rotate_right(1);
                return None;
            }
        }
        self.corner(aim, least, room)
    }

    /// The best corner of what all signals permit, if it beats `least`.
    fn corner(&self, aim: Aim, least: Option<Score>, room: &mut [Fit]) -> Option<(Score, [f64; 2])> {
        room.sort_unstable_by(|a, b| b.widths[0].total_cmp(&a.widths[0]));
        let mut inbound = vec![-1.0_f64; self.signals];
        let mut best: Option<(Score, [f64; 2])> = None;
        for (k, fit) in room.iter().enumerate() {
            inbound[fit.signal] = inbound[fit.signal].max(fit.widths[1]);
            let out = fit.widths[0];
            if room.get(k + 1).is_some_and(|next| next.widths[0] >= out) {
                continue;
            }
            let corner = [out, inbound.iter().copied().fold(f64::INFINITY, f64::min)];
            if corner[1] >= 0.0
                && let Some((score, widths)) = beating(aim, corner, least)
                && best.as_ref().is_none_or(|b| score.beats(b.0))
            {
                best = Some((score, widths));
            }
        }
        best
    }

    /// Offsets for what was found, each the middle step of those that hold it.
    fn answer(&self, found: &Found) -> BandAnswer {
        let mut answer = BandAnswer {
            offsets_s: Vec::new(),
            slack_s: Vec::new(),
            patterns: Vec::new(),
            widths_s: found.widths,
            value: found.score.value,
        };
        let step = self.grid.seconds();
        for signal in 0..self.signals {
            let mut best: Option<(f64, Fit)> = None;
            for index in (0..self.sites.len()).filter(|&k| self.sites[k].signal == signal) {
                for fit in self.fits(index, found.starts) {
                    // How much wider than needed it is: so much earlier the offset may be.
                    let spare = (0..2)
                        .filter(|&d| found.widths[d] > 0.0)
                        .map(|d| fit.widths[d] - found.widths[d])
                        .fold(f64::INFINITY, f64::min);
                    if spare >= -SAME && best.as_ref().is_none_or(|(most, _)| spare > *most) {
                        best = Some((spare, fit));
                    }
                }
            }
            let Some((spare, fit)) = best else { continue };
            let whole = ((spare.min(self.circle.seconds()) + SAME) / step).floor();
            let back = (whole / 2.0).floor() * step;
            answer.offsets_s.push(self.circle.wrap(fit.offset - back));
            answer.slack_s.push([whole * step - back, back]);
            answer.patterns.push(self.sites[fit.site].pattern);
        }
        answer
    }
}

/// A corner's score where it beats the least.
fn beating(aim: Aim, corner: [f64; 2], least: Option<Score>) -> Option<(Score, [f64; 2])> {
    let (score, widths) = aim.score(corner)?;
    least.is_none_or(|least| score.beats(least)).then_some((score, widths))
}

#[cfg(test)]
#[path = "whole_steps_tests.rs"]
mod tests;
