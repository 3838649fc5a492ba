//! The network as every other room may rely on it. Only `compile` makes a [`Network`]; holding one means that its promises
//! are kept: distances positive, minimum greens cover walk + pedestrian clearance and outlast late starts and early cuts,
//! conflicts known, no stage shows a conflict, intergreens kept in every permitted order, every phase served by a stage, one
//! cabinet an intersection, detector channels unique, links between existing intersections, an approach carries at most one
//! corridor, corridors that meet can run one cycle.

use super::almanac::{Almanac, DayPlan};
use super::conditions::Lanes;
use super::device::Cabinet;
use super::operation::*;
use super::position::Position;
use super::profile::RegisterProfile;
use crate::units::{CycleLength, Metres, MetresPerSecond, Tenths, VehiclesPerHour};
use serde::Serialize;
use std::fmt;

/// Index of an intersection in [`Network::intersections`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct IntersectionIndex(pub usize);

/// Index of a phase (signal group) in [`Intersection::phases`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PhaseIndex(pub usize);

/// Index of a stage in [`Intersection::stages`]; the field number of a stage is this plus one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct StageIndex(pub usize);

/// A name in the operators' two languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Name {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A compass arm. An approach is named by where its traffic comes FROM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Arm {
    /// North.
    N,
    /// East.
    E,
    /// South.
    S,
    /// West.
    W,
}

impl Arm {
    /// All arms, clockwise from north.
    pub const ALL: [Arm; 4] = [Arm::N, Arm::E, Arm::S, Arm::W];

    /// The arm on the other side.
    pub const fn opposite(self) -> Arm {
        match self {
            Arm::N => Arm::S,
            Arm::E => Arm::W,
            Arm::S => Arm::N,
            Arm::W => Arm::E,
        }
    }

    /// The arm by which traffic coming from `self` leaves after `movement`, driving on the right.
    pub const fn exit(self, movement: Movement) -> Arm {
        match (self, movement) {
            (arm, Movement::UTurn) => arm,
            (arm, Movement::Through) => arm.opposite(),
            (Arm::N, Movement::Left) | (Arm::S, Movement::Right) => Arm::E,
            (Arm::E, Movement::Left) | (Arm::W, Movement::Right) => Arm::S,
            (Arm::S, Movement::Left) | (Arm::N, Movement::Right) => Arm::W,
            (Arm::W, Movement::Left) | (Arm::E, Movement::Right) => Arm::N,
        }
    }

    /// The letter of the arm in files: `N`, `E`, `S`, `W`.
    pub const fn letter(self) -> char {
        match self {
            Arm::N => 'N',
            Arm::E => 'E',
            Arm::S => 'S',
            Arm::W => 'W',
        }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

/// What a vehicle does at an intersection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Movement {
    /// Turns back.
    UTurn,
    /// Turns left.
    Left,
    /// Goes straight on.
    Through,
    /// Turns right.
    Right,
}

impl Movement {
    /// All movements, from the median to the kerb.
    pub const ALL: [Movement; 4] = [Movement::UTurn, Movement::Left, Movement::Through, Movement::Right];

    /// The letter of the movement in files: `U`, `L`, `T`, `R`.
    pub const fn letter(self) -> char {
        match self {
            Movement::UTurn => 'U',
            Movement::Left => 'L',
            Movement::Through => 'T',
            Movement::Right => 'R',
        }
    }
}

impl fmt::Display for Movement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

/// A set of movements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Movements(u8);

impl Movements {
    /// The set with `movement` added.
    #[must_use]
    pub const fn with(self, movement: Movement) -> Self {
        Movements(self.0 | 1 << movement as u8)
    }

    /// Whether the set holds `movement`.
    pub const fn has(self, movement: Movement) -> bool {
        self.0 & 1 << movement as u8 != 0
    }

    /// Whether the two sets share a movement.
    pub const fn meets(self, other: Movements) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The movements, from the median to the kerb.
    pub fn iter(self) -> impl Iterator<Item = Movement> {
        Movement::ALL.into_iter().filter(move |&m| self.has(m))
    }
}

impl FromIterator<Movement> for Movements {
    fn from_iter<I: IntoIterator<Item = Movement>>(iter: I) -> Self {
        iter.into_iter().fold(Movements::default(), Movements::with)
    }
}

impl fmt::Display for Movements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|m| m.fmt(f))
    }
}

/// One lane of an approach at its stop line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane {
    /// Movements permitted from this lane.
    pub movements: Movements,
    /// Length of the pocket; `None` for a lane that runs the whole link.
    pub pocket: Option<Metres>,
    /// Saturation flow of the lane.
    pub saturation: VehiclesPerHour,
    /// Where its vehicles may wait beyond the stop line.
    pub waiting_area: Option<WaitingArea>,
}

/// One arm's incoming traffic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Approach {
    /// Where the traffic comes from.
    pub from: Arm,
    /// Lanes from the median to the kerb.
    pub lanes: Vec<Lane>,
    /// Design speed on the approach, where no link says otherwise.
    pub speed: MetresPerSecond,
    /// Length of the road before the stop line (and after the exit) where no link joins this arm to a neighbour.
    pub entry: Metres,
    /// How its right turns are let through.
    pub right_turn: RightTurn,
    /// The bicycles' lane beside the kerb lane.
    pub bike_lane: Option<BikeLane>,
}

impl Approach {
    /// All movements some lane permits.
    pub fn movements(&self) -> Movements {
        Movements(self.lanes.iter().fold(0, |all, lane| all | lane.movements.0))
    }
}

/// What a phase gives the right of way to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Serves {
    /// Vehicles of one approach.
    Vehicles {
        /// The approach.
        from: Arm,
        /// Its movements.
        movements: Movements,
    },
    /// Pedestrians crossing one arm.
    Pedestrians {
        /// The arm they cross.
        across: Arm,
        /// Walk.
        walk: Tenths,
        /// Pedestrian clearance (flashing green), within the stage's green.
        clearance: Tenths,
        /// Pedestrians an hour, for the plant and for reports.
        per_hour: f64,
        /// Which half of the arm they cross in this phase; `None`: the whole arm.
        half: Option<Half>,
        /// In actuated operation served only when called (a push button); otherwise whenever its stage is.
        on_call: bool,
    },
}

/// A phase: one signal group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Phase {
    /// Its name in the file, such as `WT`.
    pub id: String,
    /// Whom it serves.
    pub serves: Serves,
    /// Least green.
    pub min_green: Tenths,
    /// Yellow; zero for pedestrians.
    pub yellow: Tenths,
    /// Least red of everybody after this phase's yellow.
    pub all_red: Tenths,
}

/// A stage: phases that are green together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// Its name for people.
    pub name: Name,
    /// Phases green in it.
    pub phases: Vec<PhaseIndex>,
    /// Least green of the stage: the longest minimum of its phases, walk + clearance included.
    pub min_green: Tenths,
    /// Longest green.
    pub max_green: Tenths,
    /// Yellow when every phase ends with the stage.
    pub yellow: Tenths,
    /// All red after it.
    pub all_red: Tenths,
    /// Phases whose green begins this long after the stage's (late start, 迟开); only what is not zero.
    pub late_starts: Vec<(PhaseIndex, Tenths)>,
    /// Phases whose green ends this long before the stage's (early cut, 早闭), their yellow and all red running inside the
    /// stage's green; only what is not zero.
    pub early_cuts: Vec<(PhaseIndex, Tenths)>,
}

impl Stage {
    /// Yellow and all red together: the time between this stage's green and the next.
    pub fn intergreen(&self) -> Tenths {
        self.yellow + self.all_red
    }

    /// How long after the stage's green the phase's begins.
    pub fn late_start(&self, phase: PhaseIndex) -> Tenths {
        self.late_starts.iter().find(|(p, _)| *p == phase).map_or(Tenths::ZERO, |(_, time)| *time)
    }

    /// How long before the stage's green ends the phase's does.
    pub fn early_cut(&self, phase: PhaseIndex) -> Tenths {
        self.early_cuts.iter().find(|(p, _)| *p == phase).map_or(Tenths::ZERO, |(_, time)| *time)
    }
}

/// Where a detector loop lies on its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum DetectorKind {
    /// At the stop line: counts what leaves.
    StopLine,
    /// Upstream: counts what arrives.
    Advance,
    /// On a lane that leaves by the arm: counts what enters the road there, and sees it standing when the road is full.
    Exit,
    /// At the stop line of the bicycles' lane.
    Bikes,
}

/// One loop.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detector {
    /// Channel in the cabinet, from 1.
    pub channel: u16,
    /// The approach it lies on; for [`DetectorKind::Exit`] the arm by which the traffic leaves.
    pub from: Arm,
    /// The lane, from the median, from 0: of the approach; for [`DetectorKind::Exit`] of the lanes that leave by the arm;
    /// for [`DetectorKind::Bikes`] 0, the bicycles' lane.
    pub lane: usize,
    /// Where on the lane.
    pub kind: DetectorKind,
    /// Metres before the stop line; for [`DetectorKind::Exit`] metres beyond the intersection, where the exit begins.
    pub distance: Metres,
}

/// The cycle lengths an intersection may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CycleRange {
    /// Shortest.
    pub min: CycleLength,
    /// Longest.
    pub max: CycleLength,
}

/// A signalised intersection.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Intersection {
    /// Unique in the network, such as `dc01`.
    pub id: String,
    /// For people.
    pub name: Name,
    /// Where it lies, if the file says so.
    pub position: Option<Position>,
    /// Its approaches, in the file's order.
    pub approaches: Vec<Approach>,
    /// Signal groups.
    pub phases: Vec<Phase>,
    /// Stages in their programmed sequence.
    pub stages: Vec<Stage>,
    /// Other orders in which all the stages may come, each once; the programmed order is not among them.
    pub sequences: Vec<Vec<StageIndex>>,
    /// The rings the stages were expanded from, for cabinets that run rings.
    pub rings: Option<Rings>,
    /// `conflicts[p]` has bit `q` set when phases p and q must never be green together; symmetric.
    pub conflicts: Vec<u64>,
    /// `intergreens[p][q]`: least time from the end of p's green to the start of q's; zero where they do not conflict.
    pub intergreens: Vec<Vec<Tenths>>,
    /// `(gives way, has priority)`: phases that meet and may be green together all the same, such as a left turn that
    /// filters through oncoming traffic. Not in `conflicts`: a conflict monitor lets them pass.
    pub permissive: Vec<(PhaseIndex, PhaseIndex)>,
    /// The phase whose programmed start of green the offset means; shared by all corridors through here.
    pub reference_phase: PhaseIndex,
    /// Permitted cycle lengths.
    pub cycle: CycleRange,
    /// Loops.
    pub detectors: Vec<Detector>,
    /// The controller's address and limits.
    pub cabinet: Cabinet,
    /// Fallback.
    pub local_plan: LocalPlan,
    /// Plans the cabinet has stored, for the centre to pick one by its number; empty unless its profile picks plans so.
    pub stored_plans: Vec<StoredPlan>,
    /// What lanes closed or reversed today make of its phases; nothing as it was built.
    #[serde(skip_serializing_if = "Lanes::are_usual")]
    pub lanes: Lanes,
}

impl Intersection {
    /// Whether two phases conflict.
    pub fn conflict(&self, a: PhaseIndex, b: PhaseIndex) -> bool {
        self.conflicts[a.0] >> b.0 & 1 == 1
    }

    /// The approach from an arm.
    pub fn approach(&self, from: Arm) -> Option<&Approach> {
        self.approaches.iter().find(|a| a.from == from)
    }

    /// The phase that serves a vehicle movement.
    pub fn phase_for(&self, from: Arm, movement: Movement) -> Option<PhaseIndex> {
        self.phases
            .iter()
            .position(
                |p| matches!(p.serves, Serves::Vehicles { from: f, movements } if f == from && movements.has(movement)),
            )
            .map(PhaseIndex)
    }

    /// Every order in which the stages may come, the programmed one first. Each begins with stage 1.
    pub fn orders(&self) -> impl Iterator<Item = Vec<StageIndex>> + '_ {
        let programmed = (0..self.stages.len()).map(StageIndex).collect();
        std::iter::once(programmed).chain(self.sequences.iter().cloned())
    }

    /// Whether the stages may come in this order.
    pub fn permits_order(&self, order: impl Iterator<Item = StageIndex> + Clone) -> bool {
        let programmed = (0..self.stages.len()).map(StageIndex);
        order.clone().eq(programmed) || self.sequences.iter().any(|s| order.clone().eq(s.iter().copied()))
    }

    /// The sum of all intergreens of the sequence: time in which no stage is green.
    pub fn lost_to_intergreens(&self) -> Tenths {
        self.stages.iter().map(Stage::intergreen).sum()
    }
}

/// Which way along a corridor: outbound is from its first intersection to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the first intersection to the last.
    Outbound,
    /// From the last to the first.
    Inbound,
}

impl Direction {
    /// Both.
    pub const BOTH: [Direction; 2] = [Direction::Outbound, Direction::Inbound];
}

/// One carriageway between neighbours, stop line to stop line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Carriageway {
    /// Length.
    pub distance: Metres,
    /// Design (progression) speed.
    pub speed: MetresPerSecond,
}

/// The road between two neighbouring members of a corridor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Link {
    /// Away from the first intersection.
    pub outbound: Carriageway,
    /// Towards it.
    pub inbound: Carriageway,
}

impl Link {
    /// The carriageway of a direction.
    pub const fn carriageway(&self, direction: Direction) -> Carriageway {
        match direction {
            Direction::Outbound => self.outbound,
            Direction::Inbound => self.inbound,
        }
    }
}

/// One intersection's place in a corridor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Member {
    /// The intersection.
    pub intersection: IntersectionIndex,
    /// Distance from the corridor's first stop line.
    pub chainage: Metres,
}

/// An arterial corridor: members in outbound order, `links[i]` between members i and i + 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Corridor {
    /// Unique, such as `dongchang-road`.
    pub id: String,
    /// For people.
    pub name: Name,
    /// The arm outbound traffic comes from at every member.
    pub outbound_from: Arm,
    /// Members in outbound order; at least two.
    pub members: Vec<Member>,
    /// Roads between them; one less than members.
    pub links: Vec<Link>,
    /// Weights of outbound and inbound traffic by period; those that are not there are 1.
    pub weights: Vec<[f64; 2]>,
}

impl Corridor {
    /// The arm traffic of a direction comes from.
    pub const fn comes_from(&self, direction: Direction) -> Arm {
        match direction {
            Direction::Outbound => self.outbound_from,
            Direction::Inbound => self.outbound_from.opposite(),
        }
    }

    /// What the two directions are worth in a period, by its index in the network: outbound, inbound. 1 where nothing is said.
    pub fn weights(&self, period: usize) -> [f64; 2] {
        self.weights.get(period).copied().unwrap_or([1.0; 2])
    }
}

/// A period of a day plan: seconds after local midnight, `from < to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Period {
    /// For people.
    pub name: Name,
    /// First second of the day in it.
    pub from_s: u32,
    /// First second after it.
    pub to_s: u32,
}

/// Everything the definition files say, checked. Made only by this room's `compile`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Network {
    pub(super) intersections: Vec<Intersection>,
    pub(super) corridors: Vec<Corridor>,
    pub(super) periods: Vec<Period>,
    pub(super) almanac: Almanac,
    pub(super) utc_offset: i32,
    pub(super) fingerprint: String,
}

impl Network {
    /// Intersections in file order.
    pub fn intersections(&self) -> &[Intersection] {
        &self.intersections
    }

    /// One intersection.
    pub fn intersection(&self, index: IntersectionIndex) -> &Intersection {
        &self.intersections[index.0]
    }

    /// The registers of an intersection's cabinet.
    pub fn profile(&self, index: IntersectionIndex) -> &RegisterProfile {
        &self.intersections[index.0].cabinet.profile
    }

    /// Indices of all intersections, in order.
    pub fn indices(&self) -> impl Iterator<Item = IntersectionIndex> + use<> {
        (0..self.intersections.len()).map(IntersectionIndex)
    }

    /// The intersection of an id.
    pub fn find(&self, id: &str) -> Option<IntersectionIndex> {
        self.intersections.iter().position(|i| i.id == id).map(IntersectionIndex)
    }

    /// Corridors in file order.
    pub fn corridors(&self) -> &[Corridor] {
        &self.corridors
    }

    /// The corridor that an approach carries, by its index, and the direction; `None` on a side street. An approach carries at
    /// most one.
    pub fn carried(&self, index: IntersectionIndex, from: Arm) -> Option<(usize, Direction)> {
        let here = |c: &Corridor| c.members.iter().any(|m| m.intersection == index);
        let way = |c: &Corridor| Direction::BOTH.into_iter().find(|&d| c.comes_from(d) == from);
        self.corridors.iter().enumerate().filter(|(_, c)| here(c)).find_map(|(k, c)| Some((k, way(c)?)))
    }

    /// The periods of all day plans, one day plan after the other, each covering the whole day in order; first those of the
    /// ordinary one.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// The day plans, and which of them holds on which day.
    pub fn almanac(&self) -> &Almanac {
        &self.almanac
    }

    /// The day plan that a period belongs to.
    pub fn day_plan_of(&self, period: usize) -> &DayPlan {
        let plans = &self.almanac.plans;
        plans.iter().find(|plan| plan.periods.contains(&period)).unwrap_or(&plans[0])
    }

    /// What each corridor's directions are worth in a period: outbound, inbound.
    pub fn weights(&self, period: usize) -> Vec<[f64; 2]> {
        self.corridors.iter().map(|corridor| corridor.weights(period)).collect()
    }

    /// Local time less UTC, in seconds.
    pub fn utc_offset_s(&self) -> i32 {
        self.utc_offset
    }

    /// SHA-256 of the definition files' bytes, in hexadecimal.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}
