//! The line to a cabinet: whether it answers, how often one that does not is tried, and every fault told.
//!
//! ```text
//!          an answer                3 polls missed
//!   New ─────────────► Up ────────────────────────────► Lost: polled after 1, 2, 4, 8, 8 … s, each cut by up to half
//!    │                 ▲                                  │
//!    │ 3 missed        └──────── an answer ───────────────┘
//!    └──────────────────────────────────────────────────► Lost
//!
//!   clean ──a fault──► faulty: each kind is told when it first comes, all are counted
//!     ▲                   │
//!     └── CLEAR_AFTER polls in a row without any fault: the counts are told
//! ```
//! The cut is drawn from the cabinet's index and the count of its misses, so that cabinets dropped together do not come back
//! together, and the same run tries at the same moments.

use super::news::{FaultCount, News};
use super::request::{Ask, FieldFault};
use crate::corridor::IntersectionIndex;
use crate::units::{Moment, Tenths};
use serde::Serialize;

/// Polls in a row without an answer before a link counts as lost.
const LOST_AFTER: u32 = 3;
/// Polls in a row without any fault before what went wrong counts as over.
const CLEAR_AFTER: u32 = 3;
/// Longest time between two tries of a lost cabinet, in tenths.
const LONGEST_WAIT: u32 = 80;
/// Shortest, in tenths: no more than one try a second.
const SHORTEST_WAIT: u32 = 10;

/// Whether the cabinet answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// Not heard yet.
    New,
    /// Answers.
    Up,
    /// Silent since the moment.
    Lost(Moment),
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    index: IntersectionIndex,
    pub(super) link: Link,
    misses: u32,
    polled: Option<Moment>,
    faults: Vec<FaultCount>,
    clean: u32,
}

impl Line {
    pub(super) fn new(index: IntersectionIndex) -> Self {
        Line { index, link: Link::New, misses: 0, polled: None, faults: Vec::new(), clean: 0 }
    }

    /// Whether to poll now; then it counts as polled.
    pub(super) fn poll(&mut self, now: Moment) -> bool {
        let lost = matches!(self.link, Link::Lost(_));
        let due = !lost || self.polled.is_none_or(|then| now.elapsed_since(then) >= self.wait());
        if due {
            self.polled = Some(now);
        }
        due
    }

    /// When the cabinet was last polled.
    pub(super) fn polled(&self) -> Option<Moment> {
        self.polled
    }

    /// How long a lost cabinet is left alone after a try.
    fn wait(&self) -> Tenths {
        let tries = self.misses.saturating_sub(LOST_AFTER).min(8);
        let longest = LONGEST_WAIT.min(SHORTEST_WAIT << tries);
        let cut = (u64::from(longest / 2) * (scatter(self.index.0 as u64, self.misses) >> 32)) >> 32;
        Tenths::new((longest - u32::try_from(cut).unwrap_or(0)).max(SHORTEST_WAIT))
    }

    /// A request went wrong. The kind is told when it is new.
    pub(super) fn fault(&mut self, ask: Ask, fault: FieldFault, news: &mut Vec<News>) {
        self.clean = 0;
        match self.faults.iter_mut().find(|known| known.fault == fault) {
            Some(known) => known.count = known.count.saturating_add(1),
            None => {
                self.faults.push(FaultCount { fault, count: 1 });
                news.push(News::LineFault { ask, fault });
            }
        }
    }

    /// A poll was not answered as it should have been.
    pub(super) fn missed(&mut self, now: Moment) {
        self.misses = self.misses.saturating_add(1);
        if self.misses >= LOST_AFTER && !matches!(self.link, Link::Lost(_)) {
            self.link = Link::Lost(now);
        }
    }

    /// A poll was answered; tells whether the cabinet had been lost.
    pub(super) fn answered(&mut self, news: &mut Vec<News>) -> bool {
        self.misses = 0;
        self.clean += 1;
        if self.clean >= CLEAR_AFTER && !self.faults.is_empty() {
            news.push(News::LineClear { faults: std::mem::take(&mut self.faults) });
        }
        self.clean = self.clean.min(CLEAR_AFTER);
        !matches!(std::mem::replace(&mut self.link, Link::Up), Link::Up)
    }
}

/// A number that looks like chance (the finaliser of splitmix64), of a cabinet and a count.
fn scatter(index: u64, count: u32) -> u64 {
    let mut z = (index << 32 | u64::from(count)).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds in which each of so many cabinets is polled, dropped together at second 0, silent until `back_s`.
    fn tries(cabinets: usize, back_s: u32) -> Vec<Vec<u32>> {
        let one = |k: usize| {
            let (mut line, mut seconds) = (Line::new(IntersectionIndex(k)), Vec::new());
            line.answered(&mut Vec::new());
            for second in 0..back_s {
                let now = Moment::new(0) + Tenths::from_seconds(second);
                if line.poll(now) {
                    seconds.push(second);
                    line.missed(now);
                }
            }
            seconds
        };
        (0..cabinets).map(one).collect()
    }

    #[test]
    fn a_lost_cabinet_is_tried_at_most_once_a_second_and_at_least_every_eight() {
        for seconds in tries(200, 600) {
            let gaps: Vec<u32> = seconds.windows(2).map(|w| w[1] - w[0]).collect();
            assert!(gaps.iter().all(|&gap| (1..=8).contains(&gap)), "{gaps:?}");
            assert!(seconds.len() < 600 / 4, "spaced: {}", seconds.len());
        }
    }

    #[test]
    fn a_thousand_dropped_at_once_come_back_spread_and_within_eight_seconds() {
        let tries = tries(1000, 90);
        for second in 30..80 {
            let herd = tries.iter().filter(|s| s.contains(&second)).count();
            assert!(herd < 350, "{herd} at once in second {second}");
        }
        // Whenever the line comes back, everybody is tried within eight seconds of it.
        assert!(tries.iter().all(|s| (20..80).all(|back| s.iter().any(|t| (back..=back + 8).contains(t)))));
        assert_eq!(tries, self::tries(1000, 90), "the same again");
    }

    #[test]
    fn every_kind_is_told_once_and_all_are_counted() {
        let mut line = Line::new(IntersectionIndex(0));
        let mut news = Vec::new();
        for fault in [FieldFault::Silence, FieldFault::Silence, FieldFault::Garbled, FieldFault::Silence] {
            line.fault(Ask::Poll, fault, &mut news);
        }
        assert_eq!(
            std::mem::take(&mut news),
            [FieldFault::Silence, FieldFault::Garbled].map(|fault| News::LineFault { ask: Ask::Poll, fault })
        );
        line.answered(&mut news);
        line.answered(&mut news);
        line.fault(Ask::Beat, FieldFault::Exception(4), &mut news);
        line.answered(&mut news);
        line.answered(&mut news);
        assert_eq!(news.len(), 1, "not over yet: {news:?}");
        line.answered(&mut news);
        let counts = [(FieldFault::Silence, 3), (FieldFault::Garbled, 1), (FieldFault::Exception(4), 1)];
        let faults = counts.map(|(fault, count)| FaultCount { fault, count }).to_vec();
        assert_eq!(news.last(), Some(&News::LineClear { faults }));
        line.answered(&mut news);
        assert_eq!(news.len(), 2);
    }
}
