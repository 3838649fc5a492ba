//! Which streams meet: derived from the compass, for driving on the right.
//!
//! Knows: a circle around the intersection on which every arm has a way in and a way out. Two streams cross when their ends
//! alternate on that circle; two streams merge when they leave by the same arm.
//! Must not know: phases' names, stages, times.
//!
//! ```text
//!            N                clockwise from the north-west:
//!         in | out            N in 0, N out 1, E in 2, E out 3, S in 4, S out 5, W in 6, W out 7
//!    out ----+---- in
//!  W in  ----+---- out  E     in = 2 x arm, out = in + 1 (arms N E S W = 0 1 2 3)
//!        out | in
//!            S
//! ```
//!
//! A right turn yields where it merges and where pedestrians cross, as on a full green without arrow: such
//! pairs need no conflict. The definition may still state one, and it then holds. Other turns may give way where the
//! definition says so.

use super::model::{Arm, Movement, Serves};
use super::operation::Half;

/// How two streams meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meeting {
    /// Their paths cross.
    Cross,
    /// They leave by the same arm.
    Merge,
    /// Vehicles pass over the crossing while pedestrians walk.
    Walk,
}

impl Meeting {
    /// For a message: what the two do.
    pub(super) const fn verb(self) -> &'static str {
        match self {
            Meeting::Cross => "they cross",
            Meeting::Merge => "they merge",
            Meeting::Walk => "they meet on the crosswalk",
        }
    }
}

/// Whether two phases must never be green together, and the gravest reason why. `first` says that `a`'s turns give way to
/// `b`, `second` the other way round; what is so settled is left out.
pub(super) fn meeting(a: &Serves, b: &Serves, first: bool, second: bool) -> Option<Meeting> {
    let (a, b) = (streams(a), streams(b));
    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (*x, *y)));
    let settled = |x, y| first && yields(x, y) || second && yields(y, x);
    pairs.filter(|&(x, y)| !settled(x, y)).filter_map(|(x, y)| pair(x, y)).min()
}

/// Whether some turn of `a` meets `b` and may give way to it while both are green.
pub(super) fn may_give_way(a: &Serves, b: &Serves) -> bool {
    streams(a).iter().any(|x| streams(b).iter().any(|y| pair(*x, *y).is_some() && yields(*x, *y)))
}

/// Whether vehicles from `f` that make the movement `x` may give way to those from `g` that make `y`.
pub(crate) fn turn_yields((f, x): (Arm, Movement), (g, y): (Arm, Movement)) -> bool {
    yields(Stream::Vehicles(f, x), Stream::Vehicles(g, y))
}

/// One stream: vehicles of one movement, or the pedestrians of a crossing.
#[derive(Clone, Copy)]
enum Stream {
    Vehicles(Arm, Movement),
    Pedestrians(Arm, Option<Half>),
}

fn streams(serves: &Serves) -> Vec<Stream> {
    match serves {
        Serves::Vehicles { from, movements } => movements.iter().map(|m| Stream::Vehicles(*from, m)).collect(),
        Serves::Pedestrians { across, half, .. } => vec![Stream::Pedestrians(*across, *half)],
    }
}

/// How two streams meet.
fn pair(a: Stream, b: Stream) -> Option<Meeting> {
    match (a, b) {
        (Stream::Pedestrians(..), Stream::Pedestrians(..)) => None,
        (Stream::Pedestrians(across, half), Stream::Vehicles(from, m))
        | (Stream::Vehicles(from, m), Stream::Pedestrians(across, half)) => {
            // entering traffic passes over the near half, leaving traffic over the far one
            let enters = from == across && half != Some(Half::Far);
            let leaves = from.exit(m) == across && half != Some(Half::Near);
            (m != Movement::Right && (enters || leaves)).then_some(Meeting::Walk)
        }
        (Stream::Vehicles(f, x), Stream::Vehicles(g, y)) => {
            if cross(f, x, g, y) {
                Some(Meeting::Cross)
            } else {
                merge(f, x, g, y).then_some(Meeting::Merge)
            }
        }
    }
}

/// Whether the first stream may give way to the second on a full green: a left turn to oncoming traffic, a turn back to
/// whoever leaves by the same arm, and either to the pedestrians on the arm it turns into.
fn yields(a: Stream, b: Stream) -> bool {
    match (a, b) {
        (Stream::Vehicles(f, Movement::Left), Stream::Vehicles(g, y)) => {
            g == f.opposite() && matches!(y, Movement::Through | Movement::Right)
        }
        (Stream::Vehicles(f, Movement::UTurn), Stream::Vehicles(g, y)) => f != g && y != Movement::UTurn,
        (Stream::Vehicles(f, Movement::Left), Stream::Pedestrians(across, _)) => f != across,
        (Stream::Vehicles(f, Movement::UTurn), Stream::Pedestrians(across, half)) => {
            f == across && half == Some(Half::Far)
        }
        _ => false,
    }
}

/// Where a stream enters and leaves the circle.
fn ends(from: Arm, movement: Movement) -> (usize, usize) {
    (2 * from as usize, 2 * from.exit(movement) as usize + 1)
}

/// Whether the paths of two vehicle streams of different approaches cross.
fn cross(f: Arm, x: Movement, g: Arm, y: Movement) -> bool {
    let ((a, b), (c, d)) = (ends(f, x), ends(g, y));
    if f == g || b == d {
        return false;
    }
    let between = |p: usize| (p + 8 - a) % 8 < (b + 8 - a) % 8;
    between(c) != between(d)
}

/// Whether two vehicle streams of different approaches leave by the same arm, neither of them a right turn.
fn merge(f: Arm, x: Movement, g: Arm, y: Movement) -> bool {
    f != g && f.exit(x) == g.exit(y) && x != Movement::Right && y != Movement::Right
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::Movements;
    use crate::units::Tenths;

    fn serves(word: &str) -> Serves {
        let mut letters = word.chars();
        let first = letters.next().unwrap();
        let arm = |letter: char| Arm::ALL.into_iter().find(|a| a.letter() == letter).unwrap();
        if first == 'P' {
            let across = arm(letters.next().unwrap());
            let (walk, clearance) = (Tenths::ZERO, Tenths::ZERO);
            let half = match letters.next() {
                Some('n') => Some(Half::Near),
                Some('f') => Some(Half::Far),
                _ => None,
            };
            return Serves::Pedestrians { across, walk, clearance, per_hour: 0.0, half, on_call: false };
        }
        let movements: Movements =
            letters.map(|l| Movement::ALL.into_iter().find(|m| m.letter() == l).unwrap()).collect();
        Serves::Vehicles { from: arm(first), movements }
    }

    fn meet(a: &str, b: &str) -> Option<Meeting> {
        let (forth, back) =
            (meeting(&serves(a), &serves(b), false, false), meeting(&serves(b), &serves(a), false, false));
        assert_eq!(forth, back, "{a} {b}");
        forth
    }

    #[test]
    fn the_textbook_pairs() {
        for (a, b, expected) in [
            ("WT", "ST", Some(Meeting::Cross)),
            ("WT", "NT", Some(Meeting::Cross)),
            ("WT", "EL", Some(Meeting::Cross)),
            ("WT", "SL", Some(Meeting::Cross)),
            ("WT", "NL", Some(Meeting::Merge)),
            ("WL", "SL", Some(Meeting::Cross)),
            ("WL", "NT", Some(Meeting::Cross)),
            ("WL", "ST", Some(Meeting::Merge)),
            ("WT", "ET", None),
            ("WL", "EL", None),
            ("WTR", "ETR", None),
            ("WT", "WL", None),
            ("WR", "EL", None),
            ("WR", "NT", None),
            ("WU", "ET", Some(Meeting::Merge)),
            ("WU", "SL", Some(Meeting::Merge)),
            ("WU", "NR", None),
            ("WT", "PW", Some(Meeting::Walk)),
            ("WT", "PE", Some(Meeting::Walk)),
            ("WT", "PN", None),
            ("WL", "PN", Some(Meeting::Walk)),
            ("WR", "PS", None),
            ("PW", "PN", None),
            // a refuge: who enters by the arm passes over its near half, who leaves by it over the far one
            ("WT", "PWn", Some(Meeting::Walk)),
            ("WT", "PWf", None),
            ("WT", "PEn", None),
            ("WT", "PEf", Some(Meeting::Walk)),
            ("WU", "PWn", Some(Meeting::Walk)),
            ("WU", "PWf", Some(Meeting::Walk)),
            ("NR", "PWf", None),
        ] {
            assert_eq!(meet(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn turns_give_way_to_oncoming_traffic_and_to_pedestrians_only() {
        for (a, b, may) in [
            ("WL", "ET", true),
            ("WL", "EL", false), // they do not meet
            ("WLTR", "ELTR", true),
            ("ET", "WL", false),
            ("WL", "ST", false),
            ("WL", "NT", false),
            ("WL", "PN", true),
            ("WL", "PW", false),
            ("WT", "PE", false),
            ("WU", "ET", true),
            ("WU", "SL", true),
            ("WU", "PWf", true),
            ("WU", "PW", false),
            ("PN", "WL", false),
        ] {
            assert_eq!(may_give_way(&serves(a), &serves(b)), may, "{a} {b}");
        }
        let left = |first, second| meeting(&serves("WLTR"), &serves("ELTR"), first, second);
        assert_eq!(left(true, true), None);
        assert_eq!(left(true, false), Some(Meeting::Cross), "the left from the east crosses");
        assert_eq!(left(false, true), Some(Meeting::Cross));
    }

    #[test]
    fn a_quarter_turn_of_the_compass_changes_nothing() {
        let turned = |from: Arm| Arm::ALL[(from as usize + 1) % 4];
        for f in Arm::ALL {
            for g in Arm::ALL {
                for x in Movement::ALL {
                    for y in Movement::ALL {
                        assert_eq!(cross(f, x, g, y), cross(turned(f), x, turned(g), y));
                        assert_eq!(cross(f, x, g, y), cross(g, y, f, x));
                        assert_eq!(merge(f, x, g, y), merge(turned(f), x, turned(g), y));
                    }
                }
            }
        }
    }
}
