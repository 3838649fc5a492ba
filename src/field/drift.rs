//! A cabinet's clock, watched: how far it is off, how fast it goes, and when to set it.
//!
//! A clock that is off within what the cabinet takes in at a cycle's end is set any time nothing waits in it; more than that
//! would be a step, which is taken on the local plan only. What a correction moves is no drift: while one may be on
//! its way in, the watch rests.

use super::news::News;
use crate::units::{Moment, Shift, Tenths};

/// A clock is set when it is off by this much beyond what its step hides. Less may be the way of the answer.
const OFF: u64 = 5;
/// Most a cabinet takes in at the end of a cycle without its plan noticing.
pub(super) const SLEW: u64 = 20;
/// Polls in a row after which a clock that would have to be stepped counts as wrong: one bent word is not enough.
const WRONG_AFTER: u32 = 3;
/// A correction takes effect at a cycle's end: until then it is not repeated, nor is drift measured.
const SETTLES: Tenths = Tenths::from_seconds(300);
/// Off by more than this is told.
const TELL_OFF: u64 = 10;
/// Parts in a million beyond which drift is told.
const TELL_PPM: i64 = 50;
/// Drift is told from a watch so long that one step of the clock is less than half the bound: this many steps.
const STEPS_WATCHED: i64 = 40_000;
/// Two polls further apart than this tell of no drift between them: the line was lost.
const GAP: Tenths = Tenths::from_seconds(60);

/// What a step of the clock hides, either way.
fn hidden(step: Tenths) -> u64 {
    u64::from(step.count().saturating_sub(1) / 2)
}

#[derive(Debug, Clone, Default)]
pub(super) struct ClockWatch {
    /// The cabinet's clock less ours.
    pub(super) off: Shift,
    /// Polls in a row that found it too far off to be taken in at a cycle's end.
    wrong: u32,
    set: Option<Moment>,
    last: Option<Moment>,
    /// Time watched and how much the clock gained in it, in tenths.
    watched: i64,
    gained: i64,
    told_off: bool,
    told_ppm: bool,
}

impl ClockWatch {
    /// What a poll showed; `step` is the clock's own. It shows the step it is in, so it is taken to be in the middle of it.
    pub(super) fn hear(&mut self, off: Shift, step: Tenths, now: Moment, news: &mut Vec<News>) {
        let off = off + Shift::new(hidden(step) as i64);
        let moved = off.count() - self.off.count();
        let gap = self.last.map(|then| now.elapsed_since(then));
        let quiet = self.set.is_none_or(|then| now.elapsed_since(then) > SETTLES);
        if let Some(gap) = gap.filter(|&gap| quiet && gap <= GAP) {
            // More than a slewed correction is a clock that was stepped by somebody.
            if moved.unsigned_abs() <= SLEW {
                self.watched += i64::from(gap.count());
                self.gained += moved;
            }
        }
        (self.last, self.off) = (Some(now), off);
        self.wrong = if off.magnitude() > SLEW { self.wrong.saturating_add(1) } else { 0 };
        let ppm = self.ppm(step);
        let (far, fast) = (off.magnitude() > TELL_OFF + hidden(step), ppm.is_some_and(|p| p.abs() > TELL_PPM));
        if far && !self.told_off || fast && !self.told_ppm {
            news.push(News::ClockDrift { off, ppm });
        }
        // Told again only after it was well in between.
        self.told_off = far || self.told_off && off.magnitude() >= OFF + hidden(step);
        self.told_ppm = fast || self.told_ppm && ppm.is_some_and(|p| 2 * p.abs() > TELL_PPM);
    }

    /// How fast it gains against our time, in parts in a million, once it was watched for long enough.
    pub(super) fn ppm(&self, step: Tenths) -> Option<i64> {
        (self.watched >= STEPS_WATCHED * i64::from(step.count())).then(|| self.gained * 1_000_000 / self.watched)
    }

    /// Whether the clock is to be set: `idle` when nothing of ours is on its way into the cabinet, `local` when it runs its own
    /// plan.
    pub(super) fn due(&self, step: Tenths, now: Moment, idle: bool, local: bool) -> bool {
        let off = self.off.magnitude();
        let again = self.set.is_none_or(|then| now.elapsed_since(then) >= SETTLES);
        again && idle && off >= OFF + hidden(step) && (off <= SLEW || local)
    }

    pub(super) fn was_set(&mut self, now: Moment) {
        self.set = Some(now);
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.wrong > 0
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.wrong >= WRONG_AFTER
    }

    /// A cabinet that restarted is watched anew.
    pub(super) fn restart(&mut self) {
        let set = self.set;
        *self = ClockWatch { set, off: self.off, wrong: self.wrong, ..ClockWatch::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a clock that gains so many parts in a million, in so many hours, polled every second.
    fn told(ppm: i64, step: u32, hours: i64, first: i64) -> Vec<News> {
        let (mut watch, mut news) = (ClockWatch::default(), Vec::new());
        let mut corrected = 0;
        for second in 0..hours * 3600 {
            let now = Moment::new(second * 10);
            let exact = first - corrected + second * ppm / 100_000;
            let shown = (now.count() + exact).div_euclid(i64::from(step)) * i64::from(step);
            watch.hear(Shift::new(shown - now.count()), Tenths::new(step), now, &mut news);
            if watch.due(Tenths::new(step), now, true, true) {
                watch.was_set(now);
                corrected += watch.off.count();
            }
        }
        news
    }

    #[test]
    fn drift_is_told_once_with_its_size_though_the_clock_is_set_again_and_again() {
        for ppm in [80, -80, 300] {
            let news = told(ppm, 1, 6, 0);
            assert_eq!(news.len(), 1, "{news:?}");
            let News::ClockDrift { ppm: Some(found), .. } = news[0] else { panic!("{news:?}") };
            assert!((found - ppm).abs() <= 30, "{found} of {ppm}");
        }
        assert_eq!(told(20, 1, 12, 0), []);
        assert_eq!(told(-20, 1, 12, 0), []);
        assert_eq!(told(200, 10, 30, 0).len(), 1, "a clock of whole seconds takes longer to judge");
        assert_eq!(told(0, 10, 30, 3), [], "what the step hides is no error");
    }

    #[test]
    fn a_clock_far_off_is_told_at_once_and_once() {
        let news = told(0, 1, 1, 36_000);
        assert_eq!(news, [News::ClockDrift { off: Shift::new(36_000), ppm: None }]);
    }
}
