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
//! pairs need no conflict. The definition may still state one, and it then holds.

use super::model::{Arm, Movement, Serves};

/// How two streams meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Whether two phases must never be green together, and why.
pub(super) fn meeting(a: &Serves, b: &Serves) -> Option<Meeting> {
    match (a, b) {
        (Serves::Pedestrians { .. }, Serves::Pedestrians { .. }) => None,
        (Serves::Pedestrians { across, .. }, Serves::Vehicles { from, movements })
        | (Serves::Vehicles { from, movements }, Serves::Pedestrians { across, .. }) => movements
            .iter()
            .any(|m| m != Movement::Right && (*from == *across || from.exit(m) == *across))
            .then_some(Meeting::Walk),
        (Serves::Vehicles { from: f, movements: m }, Serves::Vehicles { from: g, movements: n }) => {
            let pairs = || m.iter().flat_map(|x| n.iter().map(move |y| (x, y)));
            if pairs().any(|(x, y)| cross(*f, x, *g, y)) {
                Some(Meeting::Cross)
            } else if pairs().any(|(x, y)| merge(*f, x, *g, y)) {
                Some(Meeting::Merge)
            } else {
                None
            }
        }
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
            return Serves::Pedestrians { across, walk, clearance, per_hour: 0.0, half: None, on_call: false };
        }
        let movements: Movements =
            letters.map(|l| Movement::ALL.into_iter().find(|m| m.letter() == l).unwrap()).collect();
        Serves::Vehicles { from: arm(first), movements }
    }

    fn meet(a: &str, b: &str) -> Option<Meeting> {
        let (forth, back) = (meeting(&serves(a), &serves(b)), meeting(&serves(b), &serves(a)));
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
        ] {
            assert_eq!(meet(a, b), expected, "{a} {b}");
        }
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
