//! One channel over time: increments that survive wraps and restarts, and whether to believe them.
//!
//! ```text
//!            implausible increment                 plausible for RECOVERY
//!   Good ───────────────────────────► Chattering ─────────────────────────► Good
//!     │ occupied all the time, nothing counted, for STUCK                     ▲
//!     ├───────────────────────────────► Stuck ────────────────────────────────┤
//!     │ nothing at all for SILENT by day                                      │ counts again
//!     └───────────────────────────────► Silent ───────────────────────────────┘
//! ```
//! `Excluded` lies over all of them, for as long as a person says so.
//! A channel in any state but Good gives no increments: its lane falls back to the historical profile. `Silent` is a
//! suspicion only (a lane may be empty at night); whoever knows what to expect may demand more.

use super::reading::ChannelWords;
use crate::units::{Moment, Tenths};
use serde::Serialize;

/// Most vehicles one lane's loop can count: a headway of one second, plus the vehicle at each end of the interval.
const LEAST_HEADWAY: Tenths = Tenths::new(10);
/// Occupied without a count for this long is stuck: longer than any red.
const STUCK: Tenths = Tenths::from_seconds(600);
/// Nothing counted and never occupied for this long is silent.
const SILENT: Tenths = Tenths::from_seconds(1800);
/// A channel that misbehaved is believed again after this long without another offence.
const RECOVERY: Tenths = Tenths::from_seconds(300);

/// How far a channel may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Believed.
    Good,
    /// Occupied for ever without counting.
    Stuck,
    /// Counts more than a lane can carry.
    Chattering,
    /// Neither counts nor is occupied for a long time.
    Silent,
    /// Put out of use by a person, whatever it says.
    Excluded,
}

/// What passed between two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Increment {
    /// Vehicles.
    pub vehicles: u16,
    /// Time occupied.
    pub occupied: Tenths,
    /// Time between the readings.
    pub over: Tenths,
}

/// The memory of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    last: Option<(Moment, u16, ChannelWords)>,
    last_count: Option<Moment>,
    last_empty: Option<Moment>,
    offence: Option<Moment>,
    health: Health,
    excluded: bool,
}

impl Default for Channel {
    fn default() -> Self {
        Channel { last: None, last_count: None, last_empty: None, offence: None, health: Health::Good, excluded: false }
    }
}

impl Channel {
    /// How far the channel is believed now.
    pub fn health(&self) -> Health {
        if self.excluded { Health::Excluded } else { self.health }
    }

    /// Puts the channel out of use, or back. What it says is heard meanwhile and believed by nobody.
    pub fn exclude(&mut self, excluded: bool) {
        self.excluded = excluded;
    }

    /// Takes the next reading. `None` when there is nothing to compare with (first reading, restart, clock not moved on) or
    /// when the channel is not believed.
    pub fn hear(&mut self, at: Moment, boots: u16, words: ChannelWords) -> Option<Increment> {
        let before = self.last.replace((at, boots, words));
        self.last_count.get_or_insert(at);
        self.last_empty.get_or_insert(at);
        let (then, boots_then, words_then) = before?;
        let over = at.elapsed_since(then);
        if boots_then != boots || over == Tenths::ZERO {
            return None;
        }
        let vehicles = words.count.wrapping_sub(words_then.count);
        let occupied = Tenths::new(u32::from(words.occupied.wrapping_sub(words_then.occupied)));
        let most = over.count() / LEAST_HEADWAY.count() + 2;
        if u32::from(vehicles) > most || occupied > over + LEAST_HEADWAY {
            self.offence = Some(at);
        }
        if vehicles > 0 {
            self.last_count = Some(at);
        }
        if occupied < over {
            self.last_empty = Some(at);
        }
        self.health = self.judge(at, occupied);
        (self.health() == Health::Good).then_some(Increment { vehicles, occupied, over })
    }

    fn judge(&self, now: Moment, occupied: Tenths) -> Health {
        let lasted = |since: Option<Moment>, limit: Tenths| since.is_some_and(|s| now.elapsed_since(s) >= limit);
        if self.offence.is_some_and(|o| now.elapsed_since(o) < RECOVERY) {
            Health::Chattering
        } else if lasted(self.last_empty, STUCK) && lasted(self.last_count, STUCK) {
            Health::Stuck
        } else if lasted(self.last_count, SILENT) && occupied == Tenths::ZERO {
            Health::Silent
        } else {
            Health::Good
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(count: u16, occupied: u16) -> ChannelWords {
        ChannelWords { count, occupied }
    }

    #[test]
    fn a_wrap_is_no_spike_and_a_restart_no_count() {
        let mut channel = Channel::default();
        assert_eq!(channel.hear(Moment::new(0), 1, words(65_535, 65_530)), None);
        let increment = channel.hear(Moment::new(50), 1, words(1, 4)).unwrap();
        assert_eq!((increment.vehicles, increment.occupied), (2, Tenths::new(10)));
        assert_eq!(channel.hear(Moment::new(100), 2, words(0, 0)), None);
        assert_eq!(channel.hear(Moment::new(150), 2, words(1, 3)).unwrap().vehicles, 1);
    }

    #[test]
    fn a_jump_backwards_is_chatter_until_it_behaves() {
        let mut channel = Channel::default();
        channel.hear(Moment::new(0), 1, words(100, 0));
        assert_eq!(channel.hear(Moment::new(10), 1, words(90, 0)), None);
        assert_eq!(channel.health(), Health::Chattering);
        assert_eq!(channel.hear(Moment::new(20), 1, words(90, 0)), None);
        assert!(channel.hear(Moment::new(3020), 1, words(91, 5)).is_some());
        assert_eq!(channel.health(), Health::Good);
    }

    #[test]
    fn a_loop_occupied_through_every_red_is_stuck_and_says_nothing() {
        let mut channel = Channel::default();
        let mut heard = None;
        for second in 0..700_u16 {
            heard = channel.hear(Moment::new(i64::from(second) * 10), 1, words(7, second * 10));
        }
        assert_eq!((heard, channel.health()), (None, Health::Stuck));
    }

    #[test]
    fn who_is_put_out_of_use_says_nothing_and_comes_back_without_a_jump() {
        let mut channel = Channel::default();
        channel.hear(Moment::new(0), 1, words(0, 0));
        channel.exclude(true);
        assert_eq!((channel.hear(Moment::new(50), 1, words(3, 9)), channel.health()), (None, Health::Excluded));
        channel.exclude(false);
        let increment = channel.hear(Moment::new(100), 1, words(4, 12)).unwrap();
        assert_eq!((increment.vehicles, channel.health()), (1, Health::Good));
    }

    #[test]
    fn a_long_red_with_a_waiting_car_is_not_a_fault() {
        let mut channel = Channel::default();
        for second in 0..300_u16 {
            channel.hear(Moment::new(i64::from(second) * 10), 1, words(7, second * 10));
        }
        assert_eq!(channel.health(), Health::Good);
    }
}
