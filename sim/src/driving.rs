//! What is different on a stretch of street: how drivers drive in a lane, and what hampers them.
//!
//! Knows: the parameters of car following by lane, and side friction. Must not know: how anybody follows, who asks for it.
//!
//! A lane changes drivers by factors, so each keeps what makes him differ from others; a lane of which nothing is said costs
//! nothing. *Friction* stands for what disturbs traffic between intersections and is not modelled: parking, stopping buses,
//! driveways, bicycles in the lane. On each link a driver's desired speed is divided by `1 + friction * E` with `E` exponential
//! of mean 1, drawn from the vehicle's own stream for every link and cut at 4: free travel times then have the shape that
//! Robertson's (1969) recurrence says platoons have, a shift and an exponential tail, of which `friction` is the dispersion
//! factor where nobody holds up anybody. The form is ours, the size must be observed or assumed.

use serde::Deserialize;

use crate::counts::Approach;
use crate::driver::{ACCELERATION_M_S2, HEADWAY_S, STANDSTILL_GAP_M};
use crate::random::{Entity, Stream};
use crate::street::Street;

/// How drivers drive in a lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Driving {
    /// Desired speed as a multiple of the driver's own.
    pub speed: f32,
    /// Time gap `T` as a multiple of the driver's own.
    pub headway: f32,
    /// Largest acceleration `a` as a multiple of the driver's own.
    pub acceleration: f32,
    /// Gap at standstill `s0` behind other vehicles, m; before stop lines everybody stands as ever.
    pub standstill_gap_m: f32,
    /// Side friction, see above; 0 = none.
    pub friction: f32,
}

impl Default for Driving {
    fn default() -> Driving {
        Driving { speed: 1.0, headway: 1.0, acceleration: 1.0, standstill_gap_m: STANDSTILL_GAP_M, friction: 0.0 }
    }
}

/// No driver is slowed down by friction more often than this many times its mean.
const MOST: f64 = 4.0;

/// By what friction multiplies the desired speed of vehicle `id` on the link at `place` of its route.
pub(crate) fn hampered(friction: f32, seed: u64, id: u32, place: u16) -> f32 {
    let mut draws = Stream::new(seed.wrapping_add(u64::from(place) << 48), Entity::Friction(id));
    (1.0 / (1.0 + f64::from(friction) * draws.exponential().min(MOST))) as f32
}

/// Saturation flow of default cars, veh/h, and the time gap that gives it, s; measured by `--example truth`.
const SATURATION: [(f64, f64); 7] =
    [(2026.8, 0.9), (1898.7, 1.03), (1746.4, 1.2), (1593.5, 1.4), (1464.4, 1.6), (1354.6, 1.8), (1260.5, 2.0)];

/// The time gap of default cars that gives this saturation flow, s, if one within the table does.
pub fn headway_for(saturation_veh_h: f64) -> Option<f64> {
    let between = |w: &[(f64, f64)]| {
        let ((high, short), (low, long)) = (w[0], w[1]);
        let share = (1.0 / saturation_veh_h - 1.0 / high) / (1.0 / low - 1.0 / high);
        (0.0..=1.0).contains(&share).then_some(short + share * (long - short))
    };
    SATURATION.windows(2).find_map(between)
}

/// A stretch as scenario files have it: `[[driving]]`. Rows apply one after the other, each to what it names.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrivingFacts {
    /// Id of the intersection; absent, with `approach`: the whole street.
    pub intersection: Option<String>,
    /// Where the approach's traffic comes from.
    pub approach: Option<Approach>,
    /// The lane, from the median, pockets counted, the first is 1; absent: all lanes.
    pub lane: Option<usize>,
    /// Saturation flow of default cars (instead of `time_gap_s`).
    pub saturation_veh_h: Option<f64>,
    /// Time gap `T` of default cars; others keep their proportion to them.
    pub time_gap_s: Option<f64>,
    /// Largest acceleration `a` of default cars; others keep their proportion to them.
    pub acceleration_m_s2: Option<f64>,
    /// Gap at standstill `s0`.
    pub standstill_gap_m: Option<f64>,
    /// Desired speeds as a share of what they are elsewhere.
    pub speed_share: Option<f64>,
    /// Side friction.
    pub friction: Option<f64>,
}

impl DrivingFacts {
    /// The first key out of range, and why.
    fn problem(&self) -> Option<&'static str> {
        let within = |x: Option<f64>, lo: f64, hi: f64| x.is_none_or(|x| (lo..=hi).contains(&x));
        let checks = [
            (
                self.intersection.is_some() == self.approach.is_some(),
                "intersection: names a stretch together with approach; give both, or none for the whole street",
            ),
            (
                self.lane.is_none_or(|l| l >= 1 && self.approach.is_some()),
                "lane: counts from the median of an approach, the first is 1; give its approach and at least 1",
            ),
            (
                self.saturation_veh_h.is_none_or(|s| headway_for(s).is_some()),
                "saturation_veh_h: must lie between 1261 and 2026; for more change time_gap_s and acceleration_m_s2",
            ),
            (
                self.saturation_veh_h.is_none() || self.time_gap_s.is_none(),
                "saturation_veh_h: sets the time gap; give it or time_gap_s",
            ),
            (within(self.time_gap_s, 0.5, 4.0), "time_gap_s: must lie between 0.5 and 4; the default car has 1.03"),
            (
                within(self.acceleration_m_s2, 0.5, 5.0),
                "acceleration_m_s2: must lie between 0.5 and 5; the default is 2.2",
            ),
            (within(self.standstill_gap_m, 1.0, 5.0), "standstill_gap_m: must lie between 1 and 5; the default is 2"),
            (within(self.speed_share, 0.3, 1.5), "speed_share: must lie between 0.3 and 1.5; 1 is as elsewhere"),
            (within(self.friction, 0.0, 1.0), "friction: must lie between 0 and 1; 0 is a street without"),
        ];
        checks.into_iter().find(|c| !c.0).map(|c| c.1)
    }

    /// The same lane as this row has it.
    fn change(&self, before: Driving) -> Driving {
        let headway_s = self.time_gap_s.or_else(|| self.saturation_veh_h.and_then(headway_for));
        let or = |value: Option<f64>, default: f32, before: f32| value.map_or(before, |v| v as f32 / default);
        Driving {
            speed: or(self.speed_share, 1.0, before.speed),
            headway: or(headway_s, HEADWAY_S, before.headway),
            acceleration: or(self.acceleration_m_s2, ACCELERATION_M_S2, before.acceleration),
            standstill_gap_m: or(self.standstill_gap_m, 1.0, before.standstill_gap_m),
            friction: or(self.friction, 1.0, before.friction),
        }
    }
}

/// The first row of a scenario file with a key out of range: its line, and what is wrong.
pub(crate) fn problem(text: &str, rows: &[DrivingFacts]) -> Option<(usize, String)> {
    let (k, problem) = rows.iter().enumerate().find_map(|(k, row)| Some((k, row.problem()?)))?;
    let line = text.lines().enumerate().filter(|(_, l)| l.trim_start().starts_with("[[driving]]")).nth(k);
    Some((line.map_or(1, |(at, _)| at + 1), format!("[[driving]]: {problem}")))
}

/// A street on which people drive as these rows say; `link_of` finds its approaches.
///
/// # Errors
/// Every row that names what the street does not have, with what to do.
pub fn on(
    mut street: Street,
    rows: &[DrivingFacts],
    link_of: impl Fn(&str, Approach) -> Option<usize>,
) -> Result<Street, Vec<String>> {
    let mut problems = Vec::new();
    for row in rows {
        let (first, end) = match (&row.intersection, row.approach) {
            (Some(id), Some(approach)) => match link_of(id, approach) {
                Some(link) => (link, link + 1),
                None => {
                    problems.push(format!("the street has no approach {id} {}; name one it has", approach.letter()));
                    continue;
                }
            },
            _ => (0, street.links().len()),
        };
        for link in first..end {
            let lanes = street.links()[link].lanes.len();
            if row.lane.is_some_and(|l| l > lanes) {
                let name = &street.links()[link].name;
                problems.push(format!("{name} has {lanes} lanes; give one of them as lane"));
                continue;
            }
            for lane in 0..lanes {
                if row.lane.is_none_or(|l| l == lane + 1) {
                    street.drive(link, lane, |before| row.change(before));
                }
            }
        }
    }
    if problems.is_empty() { Ok(street) } else { Err(problems) }
}
