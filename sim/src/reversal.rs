//! Reversed lanes: a stretch of road that one direction or the other uses, by the hour, never both.
//!
//! Knows: where the stretch lies on both approaches, when it changes hands. Must not know: who drives.
//!
//! Both approaches have the lane; the stretch is the part of it that is the same asphalt. Outside it, where the road is wide
//! enough for both near its intersections, each lane is its own direction's.

use serde::Deserialize;

use crate::closure::Closure;
use crate::counts::Approach;
use crate::route::Names;

/// A reversed lane as scenario files have it: `[[reversed_lane]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReversalFacts {
    /// The lane that gives the stretch away.
    pub of: StretchFacts,
    /// The lane of the other direction that has it from `from_h` to `to_h`, and is closed else.
    pub for_lane: StretchFacts,
    /// From when the other direction has it, hours of the day.
    pub from_h: f64,
    /// Until when, hours of the day.
    pub to_h: f64,
    /// It stays closed to both at least this long at each change, and until nobody is left in it.
    pub clearing_s: f64,
}

/// A stretch of a lane, as a closure names it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StretchFacts {
    /// Id of the intersection.
    pub intersection: String,
    /// Where the approach's traffic comes from.
    pub approach: Approach,
    /// The lane, from the median, pockets counted, the first is 1.
    pub lane: usize,
    /// Where the stretch begins, m before the stop line.
    pub from_m: f64,
    /// Where it ends, m before the stop line.
    pub to_m: f64,
}

/// A reversed lane of a street.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reversal {
    /// The stretch on the lane that gives it away, and on the one that has it for a time; their times say when each is closed at
    /// the latest, all day.
    pub stretches: [Closure; 2],
    /// When the other direction has it, s of the day.
    pub from_s: f64,
    /// Until when.
    pub to_s: f64,
    /// It stays closed to both at least this long, s.
    pub clearing_s: f64,
}

impl ReversalFacts {
    /// The keys out of range, and why.
    pub(crate) fn problems(&self) -> Vec<String> {
        let day = |h: f64| (0.0..=24.0).contains(&h);
        let both = [&self.of, &self.for_lane];
        let length = |s: &StretchFacts| s.from_m - s.to_m;
        let checks = [
            (both.iter().all(|s| s.lane >= 1), "lane: counts from the median, the first is 1; give at least 1"),
            (both.iter().all(|s| s.to_m >= 0.0), "to_m: lies at the stop line or before it; give at least 0"),
            (
                both.iter().all(|s| length(s) >= 5.0) && (length(&self.of) - length(&self.for_lane)).abs() <= 1.0,
                "from_m: both name the same stretch, at least 5 m of it; give both the same length",
            ),
            (
                (&self.of.intersection, self.of.approach) != (&self.for_lane.intersection, self.for_lane.approach),
                "for_lane: lies on the approach of the other direction; name that",
            ),
            (
                day(self.from_h) && day(self.to_h) && self.from_h < self.to_h,
                "from_h: the other direction has it before to_h, both within 0 to 24",
            ),
            ((0.0..=1800.0).contains(&self.clearing_s), "clearing_s: must lie between 0 and 1800"),
        ];
        checks.into_iter().filter(|c| !c.0).map(|c| c.1.to_owned()).collect()
    }

    /// The reversed lane on a street.
    ///
    /// # Errors
    /// The approaches that are not there.
    pub(crate) fn on(&self, names: Names<'_>) -> Result<Reversal, Vec<String>> {
        let mut problems = Vec::new();
        let stretches = [&self.of, &self.for_lane].map(|s| {
            let link = (names.approach)(&s.intersection, s.approach);
            if link.is_none() {
                let (id, letter) = (&s.intersection, s.approach.letter());
                problems.push(format!("the street has no approach {id} {letter}; name one it has"));
            }
            Closure {
                link: link.unwrap_or(0),
                lane: s.lane - 1,
                from_m: s.from_m as f32,
                to_m: s.to_m as f32,
                from_s: 0.0,
                to_s: 86_400.0,
                passing_m_s: None,
                incident: false,
            }
        });
        let (from_s, to_s) = (3600.0 * self.from_h, 3600.0 * self.to_h);
        let reversal = Reversal { stretches, from_s, to_s, clearing_s: self.clearing_s };
        if problems.is_empty() { Ok(reversal) } else { Err(problems) }
    }
}
