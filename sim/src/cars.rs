//! The vehicles of a lane, in order.
//!
//! Knows: which vehicles a lane holds, and which of them stand for certain. Must not know: how anybody decides.
//!
//! A lane's vehicles are rows in ascending position, so the leader of `i` is `i + 1` and the head of the lane is last. Rows
//! keep their capacity: a step allocates nothing once the lane has seen its fullest. Rows, not columns: a lane of a city
//! holds four vehicles on average, and a row is one cache line where fifteen columns are fifteen (measured: 1.3 times as
//! fast with 10 intersections, 1.2 with 140).
//!
//! ```text
//!   0 ......... moving, or about to ......... | standing: the head and those behind it, gap by gap | n
//! ```
//! `standing` counts the vehicles at the front end that stood still throughout the last step behind a leader who did, closer
//! than their standstill gap. Until somebody comes between them, leaves, or the head drives off, nothing a step does can
//! move those behind the head, so their steps are not computed: work goes with what moves.

use std::ops::{Deref, DerefMut};

use crate::driver::{STANDSTILL_GAP_M, follow, root};
use crate::driving::Driving;

/// `turn` of a vehicle whose lane does not permit what it wants.
pub(crate) const WRONG_LANE: u8 = 255;
/// `turn` of a vehicle on an exit link.
pub(crate) const LEAVES: u8 = 254;
/// `next` of a vehicle on its last link.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Flag: decided at yellow to go through.
pub(crate) const COMMITTED: u8 = 1;
/// Flag: in a queue (fell below 5 km/h, not yet back above 15 km/h).
pub(crate) const QUEUED: u8 = 2;
/// Flag: still in the curve, so driving at turning speed.
pub(crate) const TURNING: u8 = 4;
/// Flag: has stopped at a dark signal, or at red where one may turn on red, and may now go.
pub(crate) const RELEASED: u8 = 8;
/// Flag: has arrived at the stop line's queue of this link.
pub(crate) const ARRIVED: u8 = 16;
/// Flag: has found everybody it gives way to out of its way, and turns.
pub(crate) const GOES: u8 = 32;

/// Class of everybody who is not known by name.
pub(crate) const ORDINARY: u8 = 0;
/// Class of emergency vehicles.
pub(crate) const EMERGENCY: u8 = 1;
/// Class of buses with stops.
pub(crate) const BUS: u8 = 2;

/// One vehicle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Car {
    /// Front bumper, m from the link's start.
    pub(crate) pos: f32,
    /// Speed, m/s.
    pub(crate) vel: f32,
    /// Length, m.
    pub(crate) len: f32,
    /// Acceleration of this step, m/s2.
    pub(crate) acc: f32,
    /// Desired speed now, m/s (lower in a curve).
    pub(crate) v0: f32,
    /// Largest acceleration, m/s2.
    pub(crate) accel: f32,
    /// Time gap, s.
    pub(crate) headway: f32,
    /// Twice the root of largest acceleration times comfortable deceleration, m/s2 (see [`crate::driver::root`]).
    pub(crate) root: f32,
    /// Metres driven in the last step.
    pub(crate) moved: f32,
    /// Desired speed on this link, m/s.
    pub(crate) want: f32,
    /// Index of its departure.
    pub(crate) id: u32,
    /// Where its account is kept.
    pub(crate) trip: u32,
    /// The link it goes to next, or [`NOWHERE`].
    pub(crate) next: u32,
    /// No thought of a lane change before this step.
    pub(crate) hold: u32,
    /// Stops so far.
    pub(crate) stops: u16,
    /// Index into the lane's turns, [`WRONG_LANE`] or [`LEAVES`].
    pub(crate) turn: u8,
    /// Lanes to move before it may turn; negative = left.
    pub(crate) side: i8,
    /// Flags.
    pub(crate) flags: u8,
    /// Whether it is known by name, and as what: 0 = it is not.
    pub(crate) class: u8,
}

impl Car {
    /// Whether it is in a lane that does not permit what it wants.
    pub(crate) fn astray(&self) -> bool {
        self.side != 0 || self.turn == WRONG_LANE
    }

    /// IDM acceleration at `gap` behind something that moves at `lead`, wishing for `v0`, m/s2.
    #[inline]
    pub(crate) fn follows(&self, v0: f32, gap: f32, lead: f32) -> f32 {
        self.follows_at(v0, gap, lead, STANDSTILL_GAP_M)
    }

    /// The same where the gap at standstill is `s0`, m.
    #[inline]
    pub(crate) fn follows_at(&self, v0: f32, gap: f32, lead: f32, s0: f32) -> f32 {
        follow(self.vel, v0, gap, lead, self.accel, self.headway, self.root, s0)
    }

    /// Takes on the ways of a lane, or lays them down again.
    #[cold]
    #[inline(never)]
    pub(crate) fn adapt(&mut self, to: &Driving, comes: bool) {
        let by = |x: f32, factor: f32| if comes { x * factor } else { x / factor };
        self.want = by(self.want, to.speed);
        // In a curve he drives as the curve wants.
        self.v0 = if self.flags & TURNING == 0 { by(self.v0, to.speed) } else { self.v0 };
        self.headway = by(self.headway, to.headway);
        self.accel = by(self.accel, to.acceleration);
        self.root = root(self.accel);
    }
}

/// What is ahead of (or behind) somebody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) pos: f32,
    pub(crate) rear: f32,
    pub(crate) vel: f32,
    pub(crate) acc: f32,
}

/// The vehicles of one lane.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cars {
    rows: Vec<Car>,
    standing: u32,
    strays: u32,
    /// Whether somebody near its beginning may still be turning, or giving way: whoever knows that nobody is says so.
    pub(crate) turned: bool,
}

impl Deref for Cars {
    type Target = [Car];

    fn deref(&self) -> &[Car] {
        &self.rows
    }
}

impl DerefMut for Cars {
    fn deref_mut(&mut self) -> &mut [Car] {
        &mut self.rows
    }
}

impl Cars {
    pub(crate) fn with_room(n: usize) -> Cars {
        Cars { rows: Vec::with_capacity(n), standing: 0, strays: 0, turned: false }
    }

    pub(crate) fn insert(&mut self, at: usize, car: Car) {
        self.standing = self.standing.min((self.rows.len() - at) as u32);
        self.strays += u32::from(car.side != 0);
        self.turned |= car.flags & (TURNING | GOES) != 0;
        self.rows.insert(at, car);
    }

    pub(crate) fn remove(&mut self, at: usize) -> Car {
        let car = self.rows.remove(at);
        self.standing = self.standing.min((self.rows.len() - at) as u32);
        self.strays -= u32::from(car.side != 0);
        car
    }

    /// Becomes what somebody else's lane is seen to be.
    pub(crate) fn mirror(&mut self, rows: &[Car]) {
        self.rows.clear();
        self.rows.extend_from_slice(rows);
        (self.standing, self.strays) = (0, rows.iter().filter(|c| c.side != 0).count() as u32);
    }

    /// Gives vehicle `i` another aim, one that this lane permits.
    pub(crate) fn redirect(&mut self, i: usize, next: u32, turn: u8) {
        let car = &mut self.rows[i];
        self.strays -= u32::from(car.side != 0);
        (car.next, car.turn, car.side) = (next, turn, 0);
    }

    /// Tells vehicle `i` anew which turn it has here and how many lanes it must move.
    pub(crate) fn aim(&mut self, i: usize, (turn, side): (u8, i8)) {
        let car = &mut self.rows[i];
        self.strays = self.strays - u32::from(car.side != 0) + u32::from(side != 0);
        (car.turn, car.side) = (turn, side);
    }

    /// How many of its vehicles must still change lanes.
    pub(crate) fn strays(&self) -> u32 {
        self.strays
    }

    /// How many vehicles at the front end stand for certain.
    pub(crate) fn standing(&self) -> usize {
        self.standing as usize
    }

    /// Sets [`Cars::standing`].
    pub(crate) fn stand(&mut self, n: usize) {
        self.standing = n as u32;
    }

    /// Vehicle `i` as others see it.
    pub(crate) fn seen(&self, i: usize) -> Seen {
        let c = &self.rows[i];
        Seen { pos: c.pos, rear: c.pos - c.len, vel: c.vel, acc: c.acc }
    }

    /// The last vehicle of the lane, nearest to its start.
    pub(crate) fn tail(&self) -> Option<Seen> {
        let c = self.rows.first()?;
        Some(Seen { pos: c.pos, rear: c.pos - c.len, vel: c.vel, acc: c.acc })
    }

    /// How many vehicles are at or behind `pos`: the index of the leader of somebody there.
    pub(crate) fn leader_of(&self, pos: f32) -> usize {
        self.rows.partition_point(|c| c.pos <= pos)
    }
}
