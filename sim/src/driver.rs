//! How a driver drives: car following, stopping for a signal, speed in turns.
//!
//! Knows: the Intelligent Driver Model and its parameters. Must not know: lanes, links, who is next to whom.
//!
//! Car following is the IDM (Treiber, Hennecke and Helbing 2000, Phys. Rev. E 62, 1805) with a bounded brake: the model's
//! own braking term is cut at what the situation needs, `max(3 m/s2, 1.25 dv^2 / 2s)`, because the bare model brakes far
//! harder than anybody after a lane change or at the onset of yellow (Treiber and Kesting 2013, chapter 11.3.3, make the
//! same point for their "ACC" variant; the cut here is ours). Steps are ballistic (Treiber and Kanagaraj 2015).

use serde::Serialize;

/// Gap to the vehicle ahead at standstill, m (`s0`; Treiber and Kesting 2013, table 11.2: 2 m).
pub const STANDSTILL_GAP_M: f32 = 2.0;
/// Comfortable deceleration, m/s2 (`b`; HCM and Gipps use 2 to 3; Treiber and Kesting 2013: 1.5 in towns, 2 here).
pub const COMFORT_BRAKE_M_S2: f32 = 2.0;
/// A driver stops at yellow when, after his reaction, this deceleration suffices, m/s2 (ITE yellow formula: 10 ft/s2 = 3.05 m/s2).
pub const YELLOW_BRAKE_M_S2: f32 = 3.0;
/// Time a driver takes to see yellow and reach for the brake, s (ITE yellow formula: 1.0 s).
pub const YELLOW_REACTION_S: f32 = 1.0;
/// Nobody goes through from further than this before the line, s of driving: the yellow is 3 s and would be over.
pub const YELLOW_REACH_S: f32 = 2.8;
/// The hardest braking on a dry road, m/s2.
pub const HARDEST_BRAKE_M_S2: f32 = 8.0;
/// Time gap of the default car, s (`T`); calibrated, see `tests/discharge.rs`.
pub const HEADWAY_S: f32 = 1.03;
/// Largest acceleration of the default car, m/s2 (`a`); calibrated, see `tests/discharge.rs`.
pub const ACCELERATION_M_S2: f32 = 2.2;
/// How long the first driver of a queue takes to react to green, s; calibrated with the start-up lost time.
pub const GREEN_REACTION_S: f32 = 1.0;
/// Length of a car, m.
pub const CAR_LENGTH_M: f32 = 4.8;
/// Length of a heavy vehicle, m.
pub const HEAVY_LENGTH_M: f32 = 12.0;
/// Acceleration of a heavy vehicle, m/s2.
pub const HEAVY_ACCELERATION_M_S2: f32 = 1.1;
/// Speed in a left turn, m/s.
pub const LEFT_SPEED_M_S: f32 = 8.0;
/// Speed in a right turn, m/s.
pub const RIGHT_SPEED_M_S: f32 = 6.0;
/// Speed in a U-turn, m/s.
pub const U_TURN_SPEED_M_S: f32 = 4.5;

/// One driver with his vehicle, drawn when he arrives and never changed by what happens on the street.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Driver {
    /// Desired speed as a share of the limit.
    pub speed_factor: f32,
    /// Desired time gap `T`, s.
    pub headway_s: f32,
    /// Largest acceleration `a`, m/s2.
    pub acceleration_m_s2: f32,
    /// Vehicle length, m.
    pub length_m: f32,
    /// Whether it is a heavy vehicle.
    pub heavy: bool,
}

impl Driver {
    /// The default car: the one the calibration is stated for.
    pub const CAR: Driver = Driver {
        speed_factor: 1.0,
        headway_s: HEADWAY_S,
        acceleration_m_s2: ACCELERATION_M_S2,
        length_m: CAR_LENGTH_M,
        heavy: false,
    };

    /// The default heavy vehicle.
    pub const HEAVY: Driver = Driver {
        speed_factor: 0.95,
        headway_s: 1.3,
        acceleration_m_s2: HEAVY_ACCELERATION_M_S2,
        length_m: HEAVY_LENGTH_M,
        heavy: true,
    };
}

/// The acceleration of the road ahead being free, m/s2: `a (1 - (v/v0)^4)`, never under -2 m/s2.
#[inline]
pub(crate) fn free(v: f32, v0: f32, a: f32) -> f32 {
    let r = v / v0;
    let r2 = r * r;
    (a * (1.0 - r2 * r2)).max(-2.0)
}

/// What [`follow`] wants to know of a largest acceleration `a`, worked out once a vehicle: `2 sqrt(a b)`, m/s2.
#[inline]
pub(crate) fn root(a: f32) -> f32 {
    2.0 * (a * COMFORT_BRAKE_M_S2).sqrt()
}

/// IDM acceleration, m/s2: own speed `v`, desired `v0`, net gap `gap` to something that moves at `lead`; `root` is that of
/// `a`, `s0` the gap at standstill.
#[inline]
#[expect(clippy::too_many_arguments, reason = "the model has that many parameters, and this is its inner loop")]
pub(crate) fn follow(v: f32, v0: f32, gap: f32, lead: f32, a: f32, headway: f32, root: f32, s0: f32) -> f32 {
    let closing = v - lead;
    let gap = gap.max(0.1);
    let wish = s0 + (v * headway + v * closing / root).max(0.0);
    let ratio = wish / gap;
    let wanted = free(v, v0, a) - a * ratio * ratio;
    // The bound on the brake is never under this, so mostly it need not be known.
    if wanted >= -YELLOW_BRAKE_M_S2 {
        return wanted;
    }
    let brake = closing.max(0.0);
    let hardest = (1.25 * brake * brake / (2.0 * gap)).clamp(YELLOW_BRAKE_M_S2, HARDEST_BRAKE_M_S2);
    wanted.max(-hardest)
}

/// The deceleration that stops a vehicle of speed `v` within `distance`, m/s2.
#[inline]
pub(crate) fn brake_needed(v: f32, distance: f32) -> f32 {
    v * v / (2.0 * distance.max(0.1))
}

/// The speed at which one may be `distance` before a point to be passed at `at_point`, braking comfortably, m/s.
#[inline]
pub(crate) fn approach_speed(at_point: f32, distance: f32) -> f32 {
    (at_point * at_point + 2.0 * 1.5 * distance.max(0.0)).sqrt()
}
