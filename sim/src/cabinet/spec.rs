//! What a cabinet is told when it is installed: its phases, stages, safety tables, own day plan, clock and loops.
//!
//! Knows: plain data and the rules one installation must keep; all times are whole tenths of a second. Must not know:
//! registers, the centre, what the time is. [`Table`] is the same data after [`Table::new`] looked at it once, so that the
//! rest of the cabinet never asks again whether a stage exists or a matrix is square.

use super::actuation::{Actuation, Input};
use super::calendar::DayType;
use super::guard;
use super::map::Map;
use super::order::Order;
use super::slots::{Layout, Slot};

/// Tenths of a second: a length of time, or a point of time since the Unix epoch UTC.
pub type Tenths = i64;

/// The most stages a plan block holds.
pub const MAX_STAGES: usize = 16;
/// The most signal groups a conflict word holds.
pub const MAX_PHASES: usize = 64;
/// The most detector channels the register table has room for.
pub const MAX_CHANNELS: usize = 32;
const DAY_S: u32 = 86_400;

/// Whom a phase serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseKind {
    /// Vehicles: green, yellow, red.
    Vehicle,
    /// Pedestrians: walk, flashing clearance, red. Clearance lies within the stage's green and ends with it.
    Pedestrian {
        /// Least walk, 0.1 s.
        walk: Tenths,
        /// Clearance (flashing), 0.1 s.
        clearance: Tenths,
    },
}

/// One signal group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseSpec {
    /// Whom it serves.
    pub kind: PhaseKind,
    /// Least green, 0.1 s.
    pub min_green: Tenths,
    /// Least yellow, 0.1 s; 0 for pedestrians. Fixed-time stages show their own, which must not be shorter where the phase ends.
    pub yellow: Tenths,
    /// Pedestrians only: in actuated operation they walk when somebody called; otherwise whenever their stage runs.
    pub on_call: bool,
}

/// Phases that are green together, and the interval after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSpec {
    /// Indices of its phases.
    pub phases: Vec<usize>,
    /// Least green, 0.1 s; covers every phase's minimum, pedestrian walk and clearance included.
    pub min_green: Tenths,
    /// Longest green, 0.1 s.
    pub max_green: Tenths,
    /// Yellow after its green, 0.1 s.
    pub yellow: Tenths,
    /// All red after that, 0.1 s.
    pub all_red: Tenths,
    /// Late starts: phases whose green begins this much after the stage's, 0.1 s, unless they were green before.
    pub late_starts: Vec<(usize, Tenths)>,
    /// Early cuts: phases whose green ends this much before the stage's, 0.1 s, unless they run on into the next.
    pub early_cuts: Vec<(usize, Tenths)>,
}

/// A plan of the cabinet's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPlan {
    /// Green of each stage, 0.1 s.
    pub greens: Vec<Tenths>,
    /// In which order they come: 0 the programmed one, k the k-th of [`CabinetSpec::sequences`].
    pub sequence: usize,
    /// Start of green of the reference phase after the Unix epoch UTC modulo the cycle, 0.1 s; `None` = uncoordinated, it
    /// runs on from wherever the last plan ended.
    pub offset: Option<Tenths>,
    /// Where in its cycle an uncoordinated plan stands at power-on, 0.1 s. Only used when there is no start-up sequence.
    pub initial_phase: Tenths,
    /// `None`: fixed time. With an offset the greens are splits and their ends force-offs; without one it runs free.
    pub actuation: Option<Actuation>,
}

/// A plan the centre may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPlan {
    /// What it is called, from 1.
    pub number: u16,
    /// Green of each stage, 0.1 s.
    pub greens: Vec<Tenths>,
    /// In which order they come: 0 the programmed one, k the k-th of [`CabinetSpec::sequences`].
    pub sequence: usize,
    /// Start of green of the reference phase after the Unix epoch UTC modulo the cycle, 0.1 s.
    pub offset: Tenths,
}

/// What local plans' offsets count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockZero {
    /// 1970-01-01 00:00:00 UTC.
    #[default]
    UnixEpoch,
    /// The last local midnight (NTCIP 1202 coordination with a sync reference of midnight): plans get in step anew each day.
    LocalMidnight,
}

/// One line of the day plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayEntry {
    /// Seconds after local midnight from which it holds; before the first line of a day the last line holds.
    pub from_s: u32,
    /// The plan.
    pub plan: LocalPlan,
}

/// Everything about one installed cabinet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CabinetSpec {
    /// Where its registers lie.
    pub map: Map,
    /// The intersection's id; its CRC-32 is the cabinet's identity on the bus.
    pub id: String,
    /// Signal groups, at most 64.
    pub phases: Vec<PhaseSpec>,
    /// Stages in their programmed sequence, at most 16; the field number of a stage is its index plus one.
    pub stages: Vec<StageSpec>,
    /// Other orders a plan may run the stages in, by index: each stage once, stage 0 first. In any other it is refused.
    pub sequences: Vec<Vec<usize>>,
    /// `conflicts[p]` has bit `q` set when p and q must never have right of way together; symmetric.
    pub conflicts: Vec<u64>,
    /// `intergreens[p][q]`: least time from the end of p's green (a pedestrian group's clearance included) to the start of
    /// q's, 0.1 s; read where they conflict.
    pub intergreens: Vec<Vec<Tenths>>,
    /// Shortest cycle, 0.1 s.
    pub cycle_min: Tenths,
    /// Longest cycle, 0.1 s.
    pub cycle_max: Tenths,
    /// The phase whose start of green the offset of a local plan means.
    pub reference_phase: usize,
    /// The cabinet's own plans by local time of day, ascending.
    pub day_plan: Vec<DayEntry>,
    /// Plans the centre may choose by number, where the map says so.
    pub stored_plans: Vec<StoredPlan>,
    /// Day plans of other days than ordinary ones; the first that fits a date rules it.
    pub day_types: Vec<DayType>,
    /// What the offsets of the cabinet's own plans count from; those of plans the centre sends count from the map's zero.
    pub clock_zero: ClockZero,
    /// Local time less UTC, s.
    pub utc_offset_s: i32,
    /// Detector channels, at most 32.
    pub detectors: usize,
    /// Which channels call and extend which phases.
    pub inputs: Vec<Input>,
    /// Rings of a dual-ring cabinet, for its actuated plans: `rings[r][g]` are the vehicle phases of ring r between barrier g
    /// and the next, in order. Empty: its stages are one ring, with a barrier after each.
    pub rings: Vec<Vec<Vec<usize>>>,
    /// `Some`: the centre's plans run coordinated-actuated too.
    pub centre_actuation: Option<Actuation>,
    /// `Some`: a centre's plan may ask to be followed by detectors: free (flag 1 of its block; its greens are then the longest
    /// ones) or coordinated-actuated (flag 2). All else is as said here.
    pub on_request: Option<Actuation>,
    /// How much too fast the clock runs, parts per million.
    pub drift_ppm: i32,
    /// How much the clock is ahead at power-on, 0.1 s.
    pub clock_error: Tenths,
    /// Yellow flash after power-on, 0.1 s; 0 together with no all red = power-on lies in normal operation.
    pub startup_flash: Tenths,
    /// All red after the flash, 0.1 s; never shorter than the longest intergreen when a flash went before.
    pub startup_all_red: Tenths,
    /// Heartbeat timeout until the centre writes another, 0.1 s.
    pub heartbeat_timeout: Tenths,
    /// Displays count down to the ends of greens and reds: what runs is what was announced, and stage requests are refused.
    pub countdown: bool,
}

/// Why an installation is impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A list is empty or longer than the table has room for.
    #[error("{what}: {count} given, 1..={most} possible")]
    Count {
        /// Which list.
        what: &'static str,
        /// How many it has.
        count: usize,
        /// How many it may have.
        most: usize,
    },
    /// A matrix or list does not have one entry a phase or stage, or an index points nowhere.
    #[error("{what} does not fit the phases and stages")]
    Shape {
        /// Which one.
        what: &'static str,
    },
    /// A time is negative, zero or too long for a register.
    #[error("{what} is out of range: {tenths} tenths of a second")]
    Time {
        /// Which one.
        what: &'static str,
        /// Its value, 0.1 s.
        tenths: Tenths,
    },
    /// The conflict table is not symmetric, or a phase conflicts with itself.
    #[error("conflicts of phases {0} and {1} do not agree")]
    Conflicts(usize, usize),
    /// No stage serves the phase.
    #[error("phase {0} is green in no stage")]
    Unserved(usize),
    /// The sequence of stages breaks the safety tables whatever the greens are.
    #[error("stage table: {0}")]
    Unsafe(guard::Breach),
    /// A line of the day plan breaks the cabinet's own rules.
    #[error("day plan line {line}: {breach}")]
    DayPlan {
        /// Index of the line.
        line: usize,
        /// What it breaks.
        breach: guard::Breach,
    },
    /// Lines of the day plan are not ascending, or lie outside the day.
    #[error("day plan line {0}: its time is not after the line before, or not within the day")]
    DayOrder(usize),
    /// A plan the centre may choose breaks the cabinet's own rules.
    #[error("stored plan {number}: {breach}")]
    Stored {
        /// Its number.
        number: u16,
        /// What it breaks.
        breach: guard::Breach,
    },
    /// Registers lie over each other, outside of their block, or there is no room for the installation.
    #[error("register map: {0} does not fit")]
    Map(&'static str),
    /// A pedestrian phase can not be green whenever some vehicle phase of the rings is.
    #[error("no phase in the rings can carry pedestrian phase {0}")]
    Uncarried(usize),
}

/// A checked specification with what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) spec: CabinetSpec,
    /// CRC-32 of the id.
    pub(super) identity: u32,
    /// Bit p set in `members[k]` when stage k serves phase p.
    pub(super) members: Vec<u64>,
    /// The orders in which the stages may come, the programmed one first.
    pub(super) orders: Vec<Order>,
    /// Bit k set for each order when stage k may be left out of it.
    optional: Vec<u64>,
    /// Longest time any pair of phases needs between their greens.
    pub(super) longest_intergreen: Tenths,
    /// What actuated operation times.
    pub(super) layout: Layout,
    /// First line of every day type's plan among all lines, the ordinary day's first.
    pub(super) lines: Vec<DayEntry>,
}

impl Table {
    /// Checks a specification once.
    pub(super) fn new(spec: CabinetSpec) -> Result<Self, SpecError> {
        counts(&spec)?;
        shapes(&spec)?;
        times(&spec)?;
        let members: Vec<u64> = spec.stages.iter().map(|s| s.phases.iter().fold(0, |m, &p| m | 1 << p)).collect();
        if let Some(p) = (0..spec.phases.len()).find(|p| members.iter().all(|m| m >> p & 1 == 0)) {
            return Err(SpecError::Unserved(p));
        }
        let orders = Order::all(&spec, &members)?;
        let longest_intergreen = spec.intergreens.iter().flatten().copied().max().unwrap_or(0);
        let identity = crc32fast::hash(spec.id.as_bytes());
        let layout = Layout::new(&spec, &members)?;
        let lines = spec.day_plan.iter().chain(spec.day_types.iter().flat_map(|t| &t.day_plan)).cloned().collect();
        let mut table =
            Self { spec, identity, members, orders, optional: Vec::new(), longest_intergreen, layout, lines };
        let least: Vec<Tenths> = table.spec.stages.iter().map(|s| s.min_green).collect();
        for (k, order) in table.orders.iter().enumerate() {
            guard::sequence(&table, order.stages(), &least).map_err(SpecError::Unsafe)?;
            for next in &table.orders[k + 1..] {
                // One cycle of each, over and over: both seams.
                let both = [order.stages(), next.stages()].concat();
                guard::sequence(&table, &both, &least).map_err(SpecError::Unsafe)?;
            }
        }
        if table.stages() > 2 {
            table.optional = guard::optional(&table);
        }
        for (line, entry) in table.lines.iter().enumerate() {
            let breach = |breach| SpecError::DayPlan { line, breach };
            own_plan(&table, &entry.plan.greens, entry.plan.sequence, entry.plan.offset).map_err(breach)?;
        }
        for plan in &table.spec.stored_plans {
            let breach = |breach| SpecError::Stored { number: plan.number, breach };
            own_plan(&table, &plan.greens, plan.sequence, Some(plan.offset)).map_err(breach)?;
        }
        table.spec.map.fits(table.stages(), table.spec.detectors).map_err(SpecError::Map)?;
        Ok(table)
    }

    /// Number of stages.
    pub(super) fn stages(&self) -> usize {
        self.spec.stages.len()
    }

    /// Whether stage `k` may be left out of one of the orders.
    pub(super) fn optional(&self, order: usize, k: usize) -> bool {
        self.optional.get(order).is_some_and(|stages| stages >> k & 1 == 1)
    }

    /// Whether stage `k` serves phase `p`.
    pub(super) fn serves(&self, k: usize, p: usize) -> bool {
        self.members[k] >> p & 1 == 1
    }

    /// How much later than stage `k` the phase begins, when it begins with it.
    pub(super) fn late_start(&self, k: usize, p: usize) -> Tenths {
        of(&self.spec.stages[k].late_starts, p)
    }

    /// How much earlier than stage `k`'s green the phase's ends, when it ends with it.
    pub(super) fn early_cut(&self, k: usize, p: usize) -> Tenths {
        of(&self.spec.stages[k].early_cuts, p)
    }

    /// Whether phase `p` serves vehicles.
    pub(super) fn vehicle(&self, p: usize) -> bool {
        self.spec.phases[p].kind == PhaseKind::Vehicle
    }

    /// Yellow of a phase; none for pedestrians.
    pub(super) fn yellow(&self, p: usize) -> Tenths {
        self.spec.phases[p].yellow
    }

    /// Time between green or walk and red: a phase's yellow, or the pedestrians' clearance.
    pub(super) fn warning(&self, p: usize) -> Tenths {
        match self.spec.phases[p].kind {
            PhaseKind::Vehicle => self.yellow(p),
            PhaseKind::Pedestrian { clearance, .. } => clearance,
        }
    }

    /// Least time a phase takes once it began, pedestrian clearance included.
    pub(super) fn least(&self, p: usize) -> Tenths {
        match self.spec.phases[p].kind {
            PhaseKind::Vehicle => self.spec.phases[p].min_green,
            PhaseKind::Pedestrian { walk, clearance } => (walk + clearance).max(self.spec.phases[p].min_green),
        }
    }

    /// How long before the end of a slot's green a pedestrian phase's walk ends.
    pub(super) fn before_end(&self, slot: &Slot, p: usize) -> Tenths {
        let cut = slot.stage.map_or(0, |k| self.early_cut(k, p));
        match self.spec.phases[p].kind {
            PhaseKind::Vehicle => cut,
            PhaseKind::Pedestrian { clearance, .. } => clearance + cut,
        }
    }

    /// Least time from the end of one slot's green to the start of another's.
    pub(super) fn between(&self, from: &Slot, to: &Slot) -> Tenths {
        let pairs = from.phases().flat_map(|p| to.phases().map(move |q| (p, q)));
        let conflicting = pairs.filter(|&(p, q)| self.spec.conflicts[p] >> q & 1 == 1);
        conflicting.map(|(p, q)| self.spec.intergreens[p][q].max(self.yellow(p))).fold(from.change, Tenths::max)
    }

    /// The cycle that `greens` make together with the cabinet's own yellows and all reds.
    pub(super) fn cycle_of(&self, greens: &[Tenths]) -> Tenths {
        greens.iter().sum::<Tenths>() + self.spec.stages.iter().map(|s| s.yellow + s.all_red).sum::<Tenths>()
    }

    /// From the start of a cycle in this order to the start of stage `k`'s green.
    pub(super) fn lead(&self, order: &Order, greens: &[Tenths], k: usize) -> Tenths {
        let split = |&k: &usize| greens[k] + self.spec.stages[k].yellow + self.spec.stages[k].all_red;
        order.stages()[..order.place(k)].iter().map(split).sum()
    }

    /// How long before the end of stage `k`'s green the first of its phases ends when stage `next` follows: pedestrian
    /// clearances and early cuts.
    pub(super) fn clearance_before(&self, k: usize, next: usize) -> Tenths {
        let phases = self.spec.phases.iter().enumerate();
        let ending = phases.filter(|&(p, _)| self.serves(k, p) && !self.serves(next, p));
        ending
            .map(|(p, phase)| match phase.kind {
                PhaseKind::Vehicle => self.early_cut(k, p),
                PhaseKind::Pedestrian { clearance, .. } => clearance + self.early_cut(k, p),
            })
            .max()
            .unwrap_or(0)
    }
}

fn own_plan(table: &Table, greens: &[Tenths], order: usize, offset: Option<Tenths>) -> Result<(), guard::Breach> {
    guard::greens(table, &table.orders[order], greens)?;
    let inside = offset.is_none_or(|offset| (0..table.cycle_of(greens)).contains(&offset));
    if inside { Ok(()) } else { Err(guard::Breach::Offset) }
}

fn of(shifts: &[(usize, Tenths)], p: usize) -> Tenths {
    shifts.iter().find(|s| s.0 == p).map_or(0, |s| s.1)
}

fn counts(spec: &CabinetSpec) -> Result<(), SpecError> {
    let limited = [
        ("phases", spec.phases.len(), MAX_PHASES),
        ("stages", spec.stages.len(), MAX_STAGES),
        ("day plan lines", spec.day_plan.len(), usize::MAX),
    ];
    for (what, count, most) in limited {
        if count == 0 || count > most {
            return Err(SpecError::Count { what, count, most });
        }
    }
    if spec.detectors > MAX_CHANNELS {
        return Err(SpecError::Count { what: "detector channels", count: spec.detectors, most: MAX_CHANNELS });
    }
    Ok(())
}

fn shapes(spec: &CabinetSpec) -> Result<(), SpecError> {
    let n = spec.phases.len();
    let plans = || spec.day_plan.iter().chain(spec.day_types.iter().flat_map(|t| &t.day_plan)).map(|e| &e.plan);
    let shifted = |s: &StageSpec| s.late_starts.iter().chain(&s.early_cuts).all(|(p, _)| s.phases.contains(p));
    let fits = [
        ("conflicts", spec.conflicts.len() == n && spec.conflicts.iter().all(|&w| n == MAX_PHASES || w >> n == 0)),
        ("intergreens", spec.intergreens.len() == n && spec.intergreens.iter().all(|row| row.len() == n)),
        ("stages", spec.stages.iter().all(|s| !s.phases.is_empty() && s.phases.iter().all(|&p| p < n))),
        ("reference phase", spec.reference_phase < n),
        ("day plan", plans().all(|plan| plan.greens.len() == spec.stages.len())),
        ("stored plans", spec.stored_plans.iter().all(|plan| plan.greens.len() == spec.stages.len())),
        ("orders of day plan", plans().all(|plan| plan.sequence <= spec.sequences.len())),
        ("orders of stored plans", spec.stored_plans.iter().all(|plan| plan.sequence <= spec.sequences.len())),
        ("day types", spec.day_types.iter().all(|t| !t.day_plan.is_empty())),
        ("late starts and early cuts", spec.stages.iter().all(shifted)),
        ("inputs", spec.inputs.iter().all(|i| i.channel < spec.detectors && i.phase < n)),
        ("actuation", actuations(spec).all(|a| a.fits(spec.stages.len()))),
    ];
    if let Some((what, _)) = fits.into_iter().find(|(_, fit)| !fit) {
        return Err(SpecError::Shape { what });
    }
    for p in 0..n {
        let unequal = |&q: &usize| (spec.conflicts[p] >> q & 1) != (spec.conflicts[q] >> p & 1);
        if let Some(q) = (0..n).find(unequal) {
            return Err(SpecError::Conflicts(p, q));
        }
        if spec.conflicts[p] >> p & 1 == 1 {
            return Err(SpecError::Conflicts(p, p));
        }
    }
    let days = std::iter::once(&spec.day_plan).chain(spec.day_types.iter().map(|t| &t.day_plan));
    let mut before = 0;
    for day in days {
        let ascending = |(k, e): &(usize, &DayEntry)| *k == 0 || day[k - 1].from_s < e.from_s;
        if let Some((line, _)) = day.iter().enumerate().find(|line| !ascending(line) || line.1.from_s >= DAY_S) {
            return Err(SpecError::DayOrder(before + line));
        }
        before += day.len();
    }
    Ok(())
}

/// Every way of actuated operation that is installed.
fn actuations(spec: &CabinetSpec) -> impl Iterator<Item = &Actuation> {
    let lines = spec.day_plan.iter().chain(spec.day_types.iter().flat_map(|t| &t.day_plan));
    lines.filter_map(|e| e.plan.actuation.as_ref()).chain(&spec.centre_actuation).chain(&spec.on_request)
}

fn times(spec: &CabinetSpec) -> Result<(), SpecError> {
    const WORD: Tenths = u16::MAX as Tenths;
    let mut all: Vec<(&'static str, Tenths, Tenths)> = vec![
        ("shortest cycle", spec.cycle_min, 1),
        ("longest cycle", spec.cycle_max, spec.cycle_min),
        ("start-up flash", spec.startup_flash, 0),
        ("start-up all red", spec.startup_all_red, 0),
        ("heartbeat timeout", spec.heartbeat_timeout, 1),
    ];
    for phase in &spec.phases {
        // Fixed-time stages have yellows of their own; skipping any of them does not.
        let yellow = Tenths::from(phase.kind == PhaseKind::Vehicle && actuations(spec).next().is_some());
        all.extend([("minimum green of a phase", phase.min_green, 0), ("yellow of a phase", phase.yellow, yellow)]);
        if let PhaseKind::Pedestrian { walk, clearance } = phase.kind {
            all.extend([("walk", walk, 0), ("clearance", clearance, 0)]);
        }
    }
    for stage in &spec.stages {
        all.extend([
            ("minimum green of a stage", stage.min_green, 1),
            ("maximum green of a stage", stage.max_green, stage.min_green),
            ("yellow", stage.yellow, 0),
            ("all red", stage.all_red, 0),
        ]);
        all.extend(stage.late_starts.iter().map(|s| ("late start", s.1, 0)));
        all.extend(stage.early_cuts.iter().map(|s| ("early cut", s.1, 0)));
    }
    for actuation in actuations(spec) {
        all.push(("passage", actuation.passage, 1));
        all.extend(actuation.max_greens.iter().map(|&t| ("maximum green of actuated operation", t, 1)));
    }
    all.extend(spec.inputs.iter().filter_map(|i| i.stretch).map(|t| ("detector extension", t, 0)));
    all.extend(spec.intergreens.iter().flatten().map(|&t| ("intergreen", t, 0)));
    all.extend(spec.day_plan.iter().map(|e| ("initial phase", e.plan.initial_phase, 0)));
    let wrong = all.into_iter().find(|&(_, value, least)| value < least || value > WORD);
    wrong.map_or(Ok(()), |(what, tenths, _)| Err(SpecError::Time { what, tenths }))
}
