//! What people may ask of the core. Everything asked ends by itself, can be ended at any time, and is answered by decisions.
//!
//! Several may stand at once. Where they speak of the same thing, in this order:
//!
//! ```text
//! 1 given back (local, or lanes that no plan agrees with)   nothing is sent there
//! 2 plans of a person; the later order before the earlier   pinned, with every corridor they meet, until they end
//! 3 hold                                                    what is aimed at stays; nothing new is decided
//! 4 freeze                                                  the calendar is followed and nothing else
//! 5 the calendar, and what pays better                      as ever
//! ```
//! Excluded detectors, lanes and weather change what is known and what is legal, under all of these alike. Escorts ask for stages,
//! second by second, in whatever plan runs; a cabinet that is given back is not asked.

use super::escort::{Escort, Place};
use crate::corridor::{Arm, IntersectionIndex, LaneState, Weather};
use crate::plan::Plan;
use crate::units::{Moment, Tenths};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An order of a person at the centre.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Something begins.
    Begin {
        /// Its number, never used before.
        id: u64,
        /// What.
        what: Intervention,
        /// It ends then, whatever becomes of who asked for it.
        until: Moment,
    },
    /// Something ends now.
    End {
        /// Its number.
        id: u64,
    },
    /// An escorted vehicle was seen.
    Position {
        /// Number of the escort's order.
        id: u64,
        /// When.
        at: Moment,
        /// Where.
        place: Place,
    },
}

/// What a person may ask for.
#[derive(Debug, Clone, PartialEq)]
pub enum Intervention {
    /// These plans run, whatever calendar and adaptation say. Offsets count as those of the plans that run; where all of a corridor is
    /// given, they are turned together as ever.
    Plans(Vec<(IntersectionIndex, Plan)>),
    /// Targets are kept everywhere and nothing new is decided.
    Hold,
    /// The calendar is followed, without adaptation.
    Freeze,
    /// These cabinets are given back to their own plans.
    Local(Vec<IntersectionIndex>),
    /// A detector is not believed.
    Exclude {
        /// Where.
        intersection: IntersectionIndex,
        /// Channel, from 1.
        channel: u16,
    },
    /// A lane is not used as it was built.
    Lane {
        /// Where.
        intersection: IntersectionIndex,
        /// The approach: where its traffic comes from.
        from: Arm,
        /// The lane, from the median, from 0.
        lane: usize,
        /// How it is used.
        state: LaneState,
    },
    /// The weather is set; of several the latest counts.
    Weather(Weather),
    /// A vehicle is escorted over intersections.
    Escort(Escort),
}

/// What kind of thing was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Plans of a person.
    Plans,
    /// Hold.
    Hold,
    /// Freeze adaptation.
    Freeze,
    /// Release to local.
    Local,
    /// Exclude a detector.
    Exclude,
    /// A lane closed or reversed.
    Lane,
    /// Weather.
    Weather,
    /// Escort.
    Escort,
}

impl Kind {
    /// Longest time an order of this kind may stand: a day for what holds the signals, a month for what says how the street is
    /// (road works last).
    pub const fn longest(self) -> Tenths {
        match self {
            Kind::Plans | Kind::Hold | Kind::Freeze | Kind::Local | Kind::Weather | Kind::Escort => {
                Tenths::from_seconds(86_400)
            }
            Kind::Exclude | Kind::Lane => Tenths::from_seconds(31 * 86_400),
        }
    }
}

impl Intervention {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Intervention::Plans(_) => Kind::Plans,
            Intervention::Hold => Kind::Hold,
            Intervention::Freeze => Kind::Freeze,
            Intervention::Local(_) => Kind::Local,
            Intervention::Exclude { .. } => Kind::Exclude,
            Intervention::Lane { .. } => Kind::Lane,
            Intervention::Weather(_) => Kind::Weather,
            Intervention::Escort(_) => Kind::Escort,
        }
    }

    /// The intersections it names; none where it is about all of them.
    pub fn intersections(&self) -> Vec<IntersectionIndex> {
        match self {
            Intervention::Plans(plans) => plans.iter().map(|(index, _)| *index).collect(),
            Intervention::Local(all) => all.clone(),
            Intervention::Escort(escort) => escort.route.iter().map(|leg| leg.intersection).collect(),
            Intervention::Exclude { intersection, .. } | Intervention::Lane { intersection, .. } => vec![*intersection],
            Intervention::Hold | Intervention::Freeze | Intervention::Weather(_) => Vec::new(),
        }
    }
}

/// An order that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Its number.
    pub id: u64,
    /// What.
    pub what: Intervention,
    /// Since when this core has it.
    pub since: Moment,
    /// Until when.
    pub until: Moment,
}

/// Why an order ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndedBy {
    /// Its time was over.
    Expiry,
    /// A person.
    Person,
    /// It has done what it was for: the escorted vehicle is through.
    Done,
    /// The core stops.
    Stop,
}

/// One reason why an order was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderProblem {
    /// Where: an intersection, a lane, a moment.
    pub place: String,
    /// The rule it breaks.
    pub rule: String,
    /// What to do.
    pub mend: String,
}

impl OrderProblem {
    pub(super) fn new(place: impl Into<String>, rule: impl Into<String>, mend: impl Into<String>) -> Self {
        OrderProblem { place: place.into(), rule: rule.into(), mend: mend.into() }
    }
}

impl fmt::Display for OrderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.place, self.rule, self.mend)
    }
}
