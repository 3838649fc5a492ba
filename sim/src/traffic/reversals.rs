//! Reversed lanes: who has the stretch now, and when it changes hands.
//!
//! ```text
//!   Has(own) ── time ─► Clears ── nobody in it, clearing time over ─► Has(other) ── time ─► Clears ──► Has(own)
//! ```
//! While it clears it is shut to both, so that nobody ever meets somebody who comes the other way.

use super::Traffic;
use crate::lanes::Shut;
use crate::reversal::Reversal;

/// Who has the stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hands {
    /// The lane of this index has it.
    Has(usize),
    /// Nobody, since this step.
    Clears(u32),
}

/// A reversed lane of a run.
#[derive(Debug, Clone)]
pub(super) struct Changing {
    reversal: Reversal,
    hands: Hands,
    /// When each stretch was shut last, s of the day.
    shut_s: [f64; 2],
}

impl Traffic {
    /// Has these lanes change hands at their times. Whoever has it by its times has it from now on, so stage them on a street
    /// whose lanes are still empty.
    pub fn reverse_lanes(&mut self, reversals: impl IntoIterator<Item = Reversal>) {
        let now = self.now_s();
        let new = |reversal: Reversal| Changing { hands: Hands::Has(due(&reversal, now)), reversal, shut_s: [now; 2] };
        self.reversals.extend(reversals.into_iter().map(new));
        self.shut_anew();
    }

    /// Which of both lanes of each reversed lane may be driven on now: the first is the one that gives it away.
    pub fn reversed_lanes(&self) -> impl Iterator<Item = [bool; 2]> + '_ {
        self.reversals.iter().map(|r| [0, 1].map(|side| r.hands == Hands::Has(side)))
    }

    /// Lets lanes change hands.
    pub(super) fn change_hands(&mut self) {
        let now = self.now_s();
        for k in 0..self.reversals.len() {
            let Changing { reversal, hands, .. } = self.reversals[k].clone();
            let due = due(&reversal, now);
            let next = match hands {
                Hands::Has(side) if side == due => continue,
                Hands::Has(_) => Hands::Clears(self.steps),
                Hands::Clears(since) => {
                    let cleared = f64::from(self.steps - since) * super::STEP_S >= reversal.clearing_s;
                    if !cleared || [0, 1].into_iter().any(|side| self.occupied(&reversal, side)) {
                        continue;
                    }
                    Hands::Has(due)
                }
            };
            let changing = &mut self.reversals[k];
            if let (Hands::Has(side), Hands::Clears(_)) = (hands, next) {
                changing.shut_s[side] = now;
            }
            changing.hands = next;
            self.shut_anew();
        }
    }

    /// Whether somebody is in the stretch on one of both lanes.
    fn occupied(&self, reversal: &Reversal, side: usize) -> bool {
        let (lane, from, to) = self.place(reversal, side);
        self.cars[lane].iter().any(|c| c.pos > from && c.pos - c.len < to)
    }

    /// Lane of a stretch, and where it lies, m from the link's start.
    fn place(&self, reversal: &Reversal, side: usize) -> (usize, f32, f32) {
        let c = &reversal.stretches[side];
        let end = self.street.links()[c.link].length_m;
        (self.map.lane(c.link, c.lane), end - c.from_m, end - c.to_m)
    }

    /// Stretches that are shut because the other direction has them, or nobody.
    pub(super) fn shut_by_reversals(&self) -> impl Iterator<Item = Shut> + '_ {
        let now = self.now_s();
        self.reversals.iter().flat_map(move |r| {
            [0, 1].into_iter().filter(|&side| r.hands != Hands::Has(side)).map(move |side| {
                let (lane, from, to) = self.place(&r.reversal, side);
                let fresh = now < r.shut_s[side] + super::closures::FRESH_S;
                Shut { lane, from, to, stands: false, passing: f32::INFINITY, fresh }
            })
        })
    }
}

/// Which lane is to have it at a time.
fn due(reversal: &Reversal, now: f64) -> usize {
    usize::from((reversal.from_s..reversal.to_s).contains(&now))
}
