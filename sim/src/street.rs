//! The street: links, lanes, turns, loops and crossings, as plain data that refers only to what exists.
//!
//! Knows: geometry and which lane may go where under which lamp. Must not know: who drives, what the lamps show, how the
//! controller names things. A caller (the rig) builds the parts; [`Street::new`] checks them once, so the engine never asks.
//!
//! Positions are metres from the link's start. A link reaches from the stop line behind it (or its entry point) to its own
//! stop line, so the first metres of a link are the intersection area it comes out of.

/// Where a vehicle goes at a stop line, right-hand traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Movement {
    /// Back along the same street.
    UTurn,
    /// To the left, crossing oncoming traffic.
    Left,
    /// Straight on.
    Through,
    /// To the right.
    Right,
}

/// One movement that a lane permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// What it is, which sets its speed.
    pub movement: Movement,
    /// Its signal group: index into the flat slice of lamps.
    pub group: usize,
    /// The link it leads to.
    pub to_link: usize,
}

/// One lane of a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Where it begins, m from the link's start: 0 = full length, more = a pocket.
    pub start_m: f32,
    /// Permitted movements; empty on an exit link.
    pub turns: Vec<Turn>,
}

/// The street class of a link, which says into which row its delay is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApproachClass {
    /// On the arterial, in this direction (0 or 1).
    Arterial(u8),
    /// On a crossing street.
    Side,
}

/// A one-way stretch between two stop lines, or into or out of the street.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Unique name, for reports.
    pub name: String,
    /// The intersection at its downstream end; `None` = the link leads out.
    pub node: Option<usize>,
    /// Whether vehicles enter the street here.
    pub entry: bool,
    /// Length, m, stop line to stop line.
    pub length_m: f32,
    /// Speed limit, m/s.
    pub limit_m_s: f32,
    /// Lanes from the median to the kerb; pockets on the left come first.
    pub lanes: Vec<Lane>,
    /// The corridor direction (0 or 1) when the link lies between the corridor's first and last stop line.
    pub corridor: Option<u8>,
    /// The street it lies on: an approach's class, and an exit's, which tells where a trip ended.
    pub approach_class: ApproachClass,
}

/// One induction loop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoopSite {
    /// Link it lies in.
    pub link: usize,
    /// Lane of that link.
    pub lane: usize,
    /// Its downstream edge, m from the link's start.
    pub position_m: f32,
    /// Its length along the lane, m.
    pub length_m: f32,
}

/// One pedestrian crossing.
#[derive(Debug, Clone, PartialEq)]
pub struct Crossing {
    /// Unique name, for reports.
    pub name: String,
    /// Its intersection.
    pub node: usize,
    /// Its pedestrian lamp: index into the flat slice of lamps.
    pub group: usize,
    /// Mean arrivals, pedestrians per hour.
    pub pedestrians_per_h: f32,
}

/// Why parts do not make a street. Indices are those of the slices given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StreetError {
    /// A link names something that is not there, or has impossible measures.
    #[error("link {link} ({name}): {problem}")]
    Link {
        /// Index of the link.
        link: usize,
        /// Its name.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A loop lies outside its lane.
    #[error("loop {0}: lies outside a lane of the street")]
    Loop(usize),
    /// A crossing names a node or lamp that is not there, or has an impossible flow.
    #[error("crossing {0} ({1}): unknown node or lamp, or flow not a number of at least 0")]
    Crossing(usize, String),
    /// No entry, so nothing could ever drive.
    #[error("the street has no entry link")]
    NoEntry,
}

/// A checked street.
#[derive(Debug, Clone, PartialEq)]
pub struct Street {
    links: Vec<Link>,
    nodes: usize,
    loops: Vec<LoopSite>,
    crossings: Vec<Crossing>,
    groups: usize,
}

/// The shortest link the engine accepts, m: drivers look one link ahead, and this is what they need at 60 km/h.
pub const SHORTEST_LINK_M: f32 = 60.0;

impl Street {
    /// Checks every reference and measure. `nodes` and `groups` are how many intersections and lamps there are.
    pub fn new(
        links: Vec<Link>,
        nodes: usize,
        loops: Vec<LoopSite>,
        crossings: Vec<Crossing>,
        groups: usize,
    ) -> Result<Street, StreetError> {
        for (i, link) in links.iter().enumerate() {
            if let Some(problem) = link_problem(link, &links, nodes, groups) {
                return Err(StreetError::Link { link: i, name: link.name.clone(), problem });
            }
        }
        if !links.iter().any(|l| l.entry) {
            return Err(StreetError::NoEntry);
        }
        for (i, site) in loops.iter().enumerate() {
            let inside = links.get(site.link).is_some_and(|link| {
                link.lanes.get(site.lane).is_some_and(|lane| {
                    site.length_m > 0.0
                        && site.position_m - site.length_m >= lane.start_m
                        && site.position_m <= link.length_m
                })
            });
            if !inside {
                return Err(StreetError::Loop(i));
            }
        }
        for (i, c) in crossings.iter().enumerate() {
            if c.node >= nodes || c.group >= groups || !c.pedestrians_per_h.is_finite() || c.pedestrians_per_h < 0.0 {
                return Err(StreetError::Crossing(i, c.name.clone()));
            }
        }
        Ok(Street { links, nodes, loops, crossings, groups })
    }

    /// All links; a link's index is its identity.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// How many intersections there are.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// All loops.
    pub fn loops(&self) -> &[LoopSite] {
        &self.loops
    }

    /// All pedestrian crossings.
    pub fn crossings(&self) -> &[Crossing] {
        &self.crossings
    }

    /// How many lamps a step must be given.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// The link with this name.
    pub fn link(&self, name: &str) -> Option<usize> {
        self.links.iter().position(|l| l.name == name)
    }

    /// Where `movement` leads from `link`, if any lane permits it.
    pub fn leads_to(&self, link: usize, movement: Movement) -> Option<usize> {
        let turns = self.links[link].lanes.iter().flat_map(|lane| &lane.turns);
        turns.filter(|t| t.movement == movement).map(|t| t.to_link).next()
    }
}

fn link_problem(link: &Link, links: &[Link], nodes: usize, groups: usize) -> Option<&'static str> {
    if !(link.length_m.is_finite() && link.length_m >= SHORTEST_LINK_M) {
        return Some("length_m is under 60 m: drivers look one link ahead");
    }
    if !(link.limit_m_s.is_finite() && link.limit_m_s >= 2.0) {
        return Some("limit_m_s is under 2 m/s");
    }
    if link.node.is_some_and(|n| n >= nodes) {
        return Some("node does not exist");
    }
    let pockets = link.lanes.iter().take_while(|l| l.start_m > 0.0).count();
    if pockets == link.lanes.len() {
        return Some("has no lane of full length");
    }
    if link.lanes[pockets..].iter().any(|l| l.start_m != 0.0) {
        return Some("pockets must lie left of the full lanes (start_m is 0 for a full lane)");
    }
    if link.lanes.iter().any(|l| !(l.start_m >= 0.0 && l.start_m + 15.0 <= link.length_m)) {
        return Some("a lane's start_m leaves less than 15 m of lane");
    }
    if let ApproachClass::Arterial(d) = link.approach_class
        && d > 1
    {
        return Some("arterial direction is neither 0 nor 1");
    }
    if link.corridor.is_some_and(|d| d > 1) {
        return Some("corridor direction is neither 0 nor 1");
    }
    if link.corridor.is_some() && (link.entry || link.node.is_none()) {
        return Some("a corridor link lies between two stop lines: it is no entry and has a node");
    }
    for lane in &link.lanes {
        if link.node.is_none() != lane.turns.is_empty() {
            return Some("every lane of an approach permits a movement, and no lane of an exit does");
        }
        for (i, t) in lane.turns.iter().enumerate() {
            if t.group >= groups {
                return Some("a turn's group is not a lamp");
            }
            let Some(target) = links.get(t.to_link) else { return Some("a turn leads to a link that does not exist") };
            if target.entry {
                return Some("a turn leads into an entry link");
            }
            if lane.turns[..i].iter().any(|o| o.to_link == t.to_link) {
                return Some("a lane has two turns to the same link");
            }
        }
    }
    None
}
