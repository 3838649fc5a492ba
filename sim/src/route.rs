//! Ways through a street: by the movements at its stop lines, or the shortest to an exit.
//!
//! Knows: links and where their turns lead. Must not know: who drives, how busy it is.

use serde::Deserialize;

use crate::counts::Approach;
use crate::street::{Movement, Street};

/// A way has at most this many links.
const LONGEST: usize = 200;

/// An approach, as files name it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// Id of the intersection.
    pub intersection: String,
    /// Where the approach's traffic comes from.
    pub approach: Approach,
}

/// A way out of the street, as files name it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct To {
    /// Id of the intersection it leaves from.
    pub intersection: String,
    /// The side it leaves to.
    pub arm: Approach,
}

/// What a street calls the approaches and exits that files name.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The link of an approach.
    pub approach: &'a dyn Fn(&str, Approach) -> Option<usize>,
    /// The link that leads out of the street from an intersection to this side.
    pub exit: &'a dyn Fn(&str, Approach) -> Option<usize>,
}

impl Names<'_> {
    /// The entry link of this name.
    ///
    /// # Errors
    /// When there is no such approach, or nobody enters the street there.
    pub fn entry(&self, street: &Street, from: &From) -> Result<usize, String> {
        let (id, letter) = (&from.intersection, from.approach.letter());
        match (self.approach)(id, from.approach) {
            None => Err(format!("the street has no approach {id} {letter}; name one it has")),
            Some(link) if !street.links()[link].entry => {
                Err(format!("nobody enters the street by {id} {letter}; name an approach at its edge"))
            }
            Some(link) => Ok(link),
        }
    }

    /// The exit link of this name.
    ///
    /// # Errors
    /// When nobody leaves the street there.
    pub fn way_out(&self, to: &To) -> Result<usize, String> {
        let (id, letter) = (&to.intersection, to.arm.letter());
        (self.exit)(id, to.arm)
            .ok_or_else(|| format!("nobody leaves the street from {id} to {letter}; name an arm at its edge"))
    }

    /// The links from one place to another by the shortest way, or by these movements and then straight on.
    ///
    /// # Errors
    /// When a place is not there, or no way leads so.
    pub fn way(&self, street: &Street, from: &From, to: Option<&To>, movements: &[Move]) -> Result<Vec<u32>, String> {
        let entry = self.entry(street, from)?;
        match to {
            None => along(street, entry, movements),
            Some(to) => shortest(street, entry, self.way_out(to)?).ok_or_else(|| {
                format!("no turns lead from {} to {} {}", from.intersection, to.intersection, to.arm.letter())
            }),
        }
    }
}

/// A movement at a stop line, as files write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Move {
    /// To the left.
    L,
    /// Straight on.
    T,
    /// To the right.
    R,
    /// Back.
    U,
}

impl Move {
    fn movement(self) -> Movement {
        match self {
            Move::L => Movement::Left,
            Move::T => Movement::Through,
            Move::R => Movement::Right,
            Move::U => Movement::UTurn,
        }
    }
}

/// The links from `entry` by these movements at its stop lines, then straight on until out.
///
/// # Errors
/// Where a movement is not permitted, or the way does not lead out.
pub fn along(street: &Street, entry: usize, movements: &[Move]) -> Result<Vec<u32>, String> {
    let (mut route, mut link) = (vec![entry as u32], entry);
    let mut next = movements.iter().map(|m| m.movement()).chain(std::iter::repeat(Movement::Through));
    while street.links()[link].node.is_some() {
        let movement = next.next().unwrap_or(Movement::Through);
        let to = street.leads_to(link, movement).filter(|_| route.len() < LONGEST);
        let Some(to) = to else {
            let name = &street.links()[link].name;
            return Err(format!("{movement:?} leads nowhere from {name}; give the movements of all stop lines"));
        };
        route.push(to as u32);
        link = to;
    }
    Ok(route)
}

/// The shortest way by metres, every turn permitted but U-turns; `None` when there is none.
pub fn shortest(street: &Street, from: usize, to: usize) -> Option<Vec<u32>> {
    let links = street.links();
    let mut metres = vec![f32::INFINITY; links.len()];
    let mut before = vec![usize::MAX; links.len()];
    metres[from] = links[from].length_m;
    let mut open = vec![true; links.len()];
    for _ in 0..links.len() {
        let nearest = (0..links.len()).filter(|&l| open[l]).min_by(|&a, &b| metres[a].total_cmp(&metres[b]))?;
        open[nearest] = false;
        for turn in links[nearest].lanes.iter().flat_map(|l| &l.turns).filter(|t| t.movement != Movement::UTurn) {
            let by = metres[nearest] + links[turn.to_link].length_m;
            if by < metres[turn.to_link] {
                (metres[turn.to_link], before[turn.to_link]) = (by, nearest);
            }
        }
    }
    metres[to].is_finite().then_some(())?;
    let mut route = vec![to as u32];
    let mut link = to;
    while link != from {
        link = before[link];
        route.push(link as u32);
    }
    route.reverse();
    Some(route)
}
