//! The street: links, lanes, turns, loops and crossings, as plain data that refers only to what exists.
//!
//! Knows: geometry and which lane may go where under which lamp. Must not know: who drives, what the lamps show, how the
//! controller names things. A caller (the rig) builds the parts; [`Street::new`] checks them once, so the engine never asks.
//!
//! Positions are metres from the link's start. A link reaches from the stop line behind it (or its entry point) to its own
//! stop line, so the first metres of a link are the intersection area it comes out of.

mod pieces;

use crate::driving::Driving;
pub(crate) use pieces::Piece;

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

/// How a turn is controlled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Control {
    /// By its lamp alone.
    #[default]
    Signal,
    /// By its lamp, and on red after having stopped, when those it gives way to leave a gap.
    OnRed,
    /// By nothing but those it gives way to: a channelised right turn.
    Free,
}

/// Somebody to whom a turn gives way although its lamp may be green.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GiveWay {
    /// Walkers on a crossing of the arm it leaves by.
    Exit {
        /// The crossing.
        crossing: usize,
        /// Where its path meets the crossing, m from the crossing's first kerb.
        at_m: f32,
    },
    /// Walkers on a crossing before its own stop line, on red or without a signal.
    Own {
        /// The crossing.
        crossing: usize,
        /// Where its path meets the crossing, m from the crossing's first kerb.
        at_m: f32,
    },
    /// Vehicles of another approach.
    Vehicles {
        /// The link they come from.
        link: usize,
        /// The link they go to; when it is the turn's own, only those who go to the same lane matter.
        to_link: usize,
    },
    /// Bicycles that go straight on from a bicycle lane.
    Bikes {
        /// Index of the bicycle lane.
        lane: usize,
    },
}

/// One movement that a lane permits.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// What it is, which sets its speed.
    pub movement: Movement,
    /// Its signal group: index into the flat slice of lamps.
    pub group: usize,
    /// The link it leads to.
    pub to_link: usize,
    /// What holds it besides those it gives way to.
    pub control: Control,
    /// To whom it gives way; empty = to nobody, because its green is protected.
    pub yields: Vec<GiveWay>,
}

impl Turn {
    /// A turn that goes by its lamp and gives way to nobody.
    pub const fn protected(movement: Movement, group: usize, to_link: usize) -> Turn {
        Turn { movement, group, to_link, control: Control::Signal, yields: Vec::new() }
    }
}

/// Room beyond a lane's stop line into which vehicles advance before their own green, up to a second line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WaitingArea {
    /// From the stop line to the second line, m.
    pub length_m: f32,
    /// The signal group whose green opens it.
    pub group: usize,
}

/// One lane of a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Where it begins, m from the link's start: 0 = full length, more = a pocket.
    pub start_m: f32,
    /// Permitted movements; empty on an exit link.
    pub turns: Vec<Turn>,
    /// Its waiting area.
    pub waiting: Option<WaitingArea>,
}

impl Lane {
    /// A lane without a waiting area.
    pub const fn new(start_m: f32, turns: Vec<Turn>) -> Lane {
        Lane { start_m, turns, waiting: None }
    }
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
    /// Lanes from the median to the kerb; pockets lie to the left and to the right of the full lanes.
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
    /// From kerb to kerb (or to the island), m; its first kerb is the one beside the lanes that leave the intersection.
    pub length_m: f32,
}

/// The bicycle lane of an approach, kerbside, with bicycles that go straight on or left in two stages.
#[derive(Debug, Clone, PartialEq)]
pub struct BikeLane {
    /// The approach link beside which it lies.
    pub link: usize,
    /// Its signal group, that of the vehicles straight on.
    pub group: usize,
    /// Width, m.
    pub width_m: f32,
    /// Mean arrivals, bicycles and e-bikes per hour.
    pub per_h: f32,
    /// Share of e-bikes, 0 to 1.
    pub e_bike_share: f32,
    /// Share that turns left, 0 to 1.
    pub left_share: f32,
    /// The bicycle lane with whose green those that turn left make their second stage.
    pub hook: Option<usize>,
}

/// A detector in a bicycle lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BikeSite {
    /// The bicycle lane.
    pub lane: usize,
    /// Its distance before the stop line, m.
    pub before_m: f32,
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
    #[error(
        "crossing {0} ({1}): unknown node or lamp, a flow that is no number of at least 0, or a length outside 1 to 100 m"
    )]
    Crossing(usize, String),
    /// A bicycle lane, or a detector in one, names what is not there or has impossible measures.
    #[error("bicycle lane {0}: {1}")]
    Bikes(usize, &'static str),
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
    bike_lanes: Vec<BikeLane>,
    bike_sites: Vec<BikeSite>,
    /// By crossing and bicycle lane, the number its random streams have.
    crossing_ids: Vec<u32>,
    bike_ids: Vec<u32>,
    /// By link and lane, where people drive otherwise; empty = nowhere.
    driving: Vec<Vec<Driving>>,
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
        Street::with_bikes(links, nodes, loops, crossings, groups, Vec::new(), Vec::new())
    }

    /// The same with bicycle lanes and their detectors.
    pub fn with_bikes(
        links: Vec<Link>,
        nodes: usize,
        loops: Vec<LoopSite>,
        crossings: Vec<Crossing>,
        groups: usize,
        bike_lanes: Vec<BikeLane>,
        bike_sites: Vec<BikeSite>,
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
            let flow = c.pedestrians_per_h.is_finite() && c.pedestrians_per_h >= 0.0;
            if c.node >= nodes || c.group >= groups || !flow || !(1.0..=100.0).contains(&c.length_m) {
                return Err(StreetError::Crossing(i, c.name.clone()));
            }
        }
        for (i, lane) in bike_lanes.iter().enumerate() {
            if let Some(problem) = bike_problem(lane, &links, &bike_lanes, groups) {
                return Err(StreetError::Bikes(i, problem));
            }
        }
        if let Some(s) = bike_sites.iter().find(|s| s.lane >= bike_lanes.len() || !(0.0..=40.0).contains(&s.before_m)) {
            return Err(StreetError::Bikes(s.lane, "a detector in no bicycle lane, or not 0 to 40 m before its line"));
        }
        let (crossing_ids, bike_ids) = (0..crossings.len() as u32, 0..bike_lanes.len() as u32);
        let (crossing_ids, bike_ids) = (crossing_ids.collect(), bike_ids.collect());
        let street = Street {
            links,
            nodes,
            loops,
            crossings,
            groups,
            bike_lanes,
            bike_sites,
            crossing_ids,
            bike_ids,
            driving: Vec::new(),
        };
        match street.links.iter().enumerate().find_map(|(i, l)| Some((i, l, street.yields_problem(l)?))) {
            Some((link, l, problem)) => Err(StreetError::Link { link, name: l.name.clone(), problem }),
            None => Ok(street),
        }
    }

    /// Whether everybody to whom the turns of `link` give way is there.
    fn yields_problem(&self, link: &Link) -> Option<&'static str> {
        link.lanes.iter().flat_map(|l| &l.turns).flat_map(|t| &t.yields).find_map(|y| match *y {
            GiveWay::Exit { crossing, at_m } | GiveWay::Own { crossing, at_m } => {
                let there = self.crossings.get(crossing).is_some_and(|c| (0.0..=c.length_m).contains(&at_m));
                (!there).then_some("a turn gives way on a crossing that is not there, or beside it")
            }
            GiveWay::Vehicles { link, to_link } => {
                let lanes = self.links.get(link).map(|l| &l.lanes[..]).unwrap_or_default();
                let some = lanes.iter().flat_map(|l| &l.turns).any(|t| t.to_link == to_link);
                (!some).then_some("a turn gives way to a movement that is not there")
            }
            GiveWay::Bikes { lane } => {
                (lane >= self.bike_lanes.len()).then_some("a turn gives way to a bicycle lane that is not there")
            }
        })
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

    /// All bicycle lanes.
    pub fn bike_lanes(&self) -> &[BikeLane] {
        &self.bike_lanes
    }

    /// Detectors in bicycle lanes; their states follow those of the loops.
    pub fn bike_sites(&self) -> &[BikeSite] {
        &self.bike_sites
    }

    /// The number that the random streams of each crossing have.
    pub(crate) fn crossing_ids(&self) -> &[u32] {
        &self.crossing_ids
    }

    /// The number that the random streams of each bicycle lane have.
    pub(crate) fn bike_ids(&self) -> &[u32] {
        &self.bike_ids
    }

    /// Changes how people drive in a lane.
    ///
    /// # Panics
    /// When the lane is not there.
    pub fn drive(&mut self, link: usize, lane: usize, change: impl FnOnce(Driving) -> Driving) {
        if self.driving.is_empty() {
            self.driving = self.links.iter().map(|l| vec![Driving::default(); l.lanes.len()]).collect();
        }
        let slot = &mut self.driving[link][lane];
        *slot = change(*slot);
    }

    /// By lane of all links in order, how people drive there; empty = everywhere in their own way.
    pub(crate) fn driving(&self) -> Vec<Driving> {
        self.driving.iter().flatten().copied().collect()
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

/// The lanes of full length: between the pockets on the left and those on the right.
pub(crate) fn full_lanes(lanes: &[Lane]) -> std::ops::Range<usize> {
    let left = lanes.iter().take_while(|l| l.start_m > 0.0).count();
    left..lanes.len() - lanes[left..].iter().rev().take_while(|l| l.start_m > 0.0).count()
}

fn bike_problem(lane: &BikeLane, links: &[Link], lanes: &[BikeLane], groups: usize) -> Option<&'static str> {
    let share = |x: f32| (0.0..=1.0).contains(&x);
    if links.get(lane.link).is_none_or(|l| l.node.is_none()) || lane.group >= groups {
        return Some("lies at no approach, or its group is not a lamp");
    }
    if !((1.0..=10.0).contains(&lane.width_m) && lane.per_h.is_finite() && lane.per_h >= 0.0) {
        return Some("width_m is not 1 to 10 m, or per_h is no number of at least 0");
    }
    if !share(lane.e_bike_share) || !share(lane.left_share) {
        return Some("a share is not between 0 and 1");
    }
    if lane.hook.is_some_and(|h| h >= lanes.len()) || (lane.left_share > 0.0 && lane.hook.is_none()) {
        return Some("those that turn left have no lane for their second stage");
    }
    None
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
    let full = full_lanes(&link.lanes);
    if full.is_empty() {
        return Some("has no lane of full length");
    }
    if link.lanes[full].iter().any(|l| l.start_m != 0.0) {
        return Some("pockets must lie left or right of the full lanes (start_m is 0 for a full lane)");
    }
    let area = |l: &Lane| l.waiting.is_none_or(|w| (3.0..=40.0).contains(&w.length_m) && w.group < groups);
    if !link.lanes.iter().all(area) {
        return Some("a waiting area is not 3 to 40 m long, or opened by a group that is not a lamp");
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
