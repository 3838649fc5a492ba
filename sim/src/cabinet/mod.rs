//! A signal cabinet: it runs its own plans, obeys a centre through registers, and never shows anything unsafe.
//!
//! ```text
//!  power on --> start-up (flash, all red) --> normal operation <-----> manual (a green held by hand)
//!                    ^                        |  local <-> centre            |
//!                    +------- flash <---------+------------------------------+     power off: dark, memory lost
//!
//!  spec --> guard            what may run at all
//!  block --> centre --+      what the centre wants
//!                     +--> transition --> cycle ----------------------------> lamps
//!  calendar, clock ---+                     |  programme
//!  loops, buttons ---> calls -----------> actuated (rings of slots) --> heads --> lamps
//! ```
//!
//! Knows: its installation, true time as an argument, its own clock. Must not know: the controller, traffic, the bus. This is
//! the plant's independent reading of the register table (`src/field/registers.md`): no line is shared with the other one.
//! All times are whole tenths of a second; dates since the Unix epoch UTC. A cycle begins only when the one before is over,
//! and everything that changes the plan waits for that moment.
//!
//! Deliberate deviations: intervals run on true time and the clock's drift is taken in at cycle starts, so a fast clock
//! never shortens a yellow; a restart always shows flash and all red, whatever the start-up settings say.

mod actuated;
mod actuation;
mod bend;
mod block;
mod calendar;
mod calls;
mod centre;
mod clock;
mod cycle;
mod faults;
mod guard;
mod heads;
mod map;
mod order;
mod registers;
mod request;
mod room;
mod slots;
mod spec;
mod transition;

pub use actuation::{Actuation, Input, Memory};
pub use block::Refusal;
pub use calendar::{DayType, Days};
pub use faults::{Fault, Lie};
pub use guard::Breach;
pub use map::{
    Area, ClockMap, CommitMap, DetectorMap, DownloadMap, FormMap, HeartbeatMap, Item, LimitsMap, Map, Marked, PlansMap,
    Registers, RequestMap, SelectMap, StatusMap, Stretch,
};
pub use registers::Exception;
pub use spec::{
    CabinetSpec, ClockZero, DayEntry, LocalPlan, MAX_CHANNELS, MAX_PHASES, MAX_STAGES, PhaseKind, PhaseSpec, SpecError,
    StageSpec, StoredPlan, Tenths,
};

use crate::signal::Lamp;
use actuated::{Aim, Engine, Scene};
use bend::Bend;
use block::{Asked, Plan};
use calls::Calls;
use centre::{Centre, Kept, Start};
use clock::Clock;
use cycle::Cycle;
use faults::Switches;
use heads::Head;
use spec::Table;
use transition::{Shape, shape};

/// Most cycles a prediction looks ahead: an hour of the shortest possible ones, 0.1 s of green.
const LOOK_AHEAD: usize = 36_000;

/// One lamp changing, at its exact time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LampChange {
    /// True time, 0.1 s since the Unix epoch UTC.
    pub at: Tenths,
    /// Phase index.
    pub phase: usize,
    /// What it shows from then on.
    pub lamp: Lamp,
}

/// Who is in charge; the numbers of register 4 of the reference layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Mode {
    /// Start-up sequence, or no power.
    StartUp = 0,
    /// Its own plan.
    Local = 1,
    /// The centre's plan.
    Centre = 2,
    /// Yellow flash.
    Flash = 3,
    /// A person at the panel.
    Manual = 4,
    /// Somebody else's priority.
    Preempt = 5,
}

/// What the signal heads are doing.
#[derive(Debug, Clone)]
enum Signal {
    Off,
    StartUp { flash_until: Tenths, red_until: Tenths },
    Running(Cycle),
    Flash,
}

/// A cabinet in operation.
#[derive(Debug, Clone)]
pub struct Cabinet {
    table: Table,
    /// The day plan's plans, ready to run.
    local_plans: Vec<Plan>,
    /// The plans the centre may choose by number, ready to run.
    stored: Vec<(u16, Plan)>,
    /// Line of the day plan that runs, or ran last.
    local: usize,
    now: Tenths,
    clock: Clock,
    signal: Signal,
    /// What runs the heads in place of the cycle: an actuated plan, or one on its way back from that.
    engine: Option<Engine>,
    /// What the heads show in place of the programmed cycle while a stage request moves them.
    bend: Option<Bend>,
    heads: Vec<Head>,
    calls: Calls,
    lamps: Vec<Lamp>,
    changes: Vec<LampChange>,
    centre: Centre,
    kept: Kept,
    /// Cumulative detector values now, and where the registers began.
    detectors: Vec<(u32, f64)>,
    detector_zero: Vec<(u32, f64)>,
    /// Field number of the stage green last.
    stage: u16,
    switches: Switches,
    /// When the detectors were last heard.
    heard: Tenths,
}

impl Cabinet {
    /// Installs a cabinet and switches it on at a true time. Without a start-up sequence it stands in the midst of normal
    /// operation: a coordinated plan in step, an uncoordinated one at its initial phase.
    pub fn new(spec: CabinetSpec, power_on: Tenths) -> Result<Self, SpecError> {
        let table = Table::new(spec)?;
        let reference = |order: usize| table.orders[order].reference;
        let plan = |own: &LocalPlan| {
            let plan = Plan::new(&table, (own.greens.clone(), own.sequence), reference(own.sequence), own.offset);
            match table.spec.clock_zero {
                ClockZero::UnixEpoch => plan,
                ClockZero::LocalMidnight => plan.since_midnight(table.spec.utc_offset_s),
            }
        };
        let local_plans = table.lines.iter().map(|entry| plan(&entry.plan)).collect();
        let number = |p: &StoredPlan| {
            let like = (p.greens.clone(), p.sequence);
            (p.number, Plan::new(&table, like, reference(p.sequence), Some(p.offset)))
        };
        let stored = table.spec.stored_plans.iter().map(number).collect();
        let channels = table.spec.detectors;
        let mut cabinet = Self {
            local_plans,
            stored,
            local: 0,
            now: power_on,
            clock: Clock::new(power_on, table.spec.clock_error, table.spec.drift_ppm),
            signal: Signal::Off,
            engine: None,
            bend: None,
            heads: vec![Head::RED; table.spec.phases.len()],
            calls: Calls::new(&table.spec),
            lamps: vec![Lamp::Dark; table.spec.phases.len()],
            changes: Vec::new(),
            centre: Centre::new(&table.spec.map, power_on),
            kept: Kept::default(),
            detectors: vec![(0, 0.0); channels],
            detector_zero: vec![(0, 0.0); channels],
            stage: 0,
            switches: Switches::default(),
            heard: power_on,
            table,
        };
        let (flash, red) = (cabinet.table.spec.startup_flash, cabinet.table.spec.startup_all_red);
        if flash == 0 && red == 0 {
            cabinet.stand_in_operation();
        } else {
            cabinet.begin_start_up(flash, red);
        }
        cabinet.changes.clear();
        cabinet.announce();
        Ok(cabinet)
    }

    /// The installation's id.
    pub fn id(&self) -> &str {
        &self.table.spec.id
    }

    /// The installation.
    pub fn spec(&self) -> &CabinetSpec {
        &self.table.spec
    }

    /// Brings the cabinet to a true time, working through every change in between at its own moment. `detectors` are
    /// cumulative vehicle counts and occupied seconds of each channel; channels it does not have are ignored, missing ones
    /// stand still. A time before the last one changes nothing. What the loops saw since the last call is known at
    /// `true_time` and not before.
    pub fn advance(&mut self, true_time: Tenths, detectors: &[(u32, f64)]) {
        while let Some(at) = self.next_event().filter(|&at| at < true_time) {
            self.now = at;
            self.step();
        }
        let due = self.next_event() == Some(true_time);
        self.now = self.now.max(true_time);
        let since = std::mem::replace(&mut self.heard, self.now);
        if self.switches.lies.is_empty() {
            self.hear(detectors);
        } else {
            let overheard = self.overheard(since, detectors);
            self.hear(&overheard);
        }
        if due {
            self.step();
        } else if self.engine.is_some() || self.bend.is_some() {
            self.act();
        }
        self.centre.watch(&self.table, self.now);
    }

    /// A pedestrian presses the button of a phase.
    pub fn press(&mut self, phase: usize) {
        if self.table.spec.phases.get(phase).is_some_and(|p| p.on_call) {
            self.calls.press(phase, &self.heads);
        }
    }

    fn hear(&mut self, detectors: &[(u32, f64)]) {
        let before = &self.detectors;
        let on = |channel: usize| match (before.get(channel), detectors.get(channel)) {
            (Some(before), Some(now)) => now.0 != before.0 || now.1 > before.1,
            _ => false,
        };
        self.calls.hear(&self.table.spec, &self.heads, self.now, on);
        for (mine, given) in self.detectors.iter_mut().zip(detectors) {
            *mine = *given;
        }
    }

    /// What each phase shows now.
    pub fn lamps(&self) -> &[Lamp] {
        &self.lamps
    }

    /// Takes the lamp changes since the last call, in order of time; within one moment reds come first, greens last. The
    /// first ones, at power-on, name every phase.
    pub fn lamp_changes(&mut self) -> Vec<LampChange> {
        std::mem::take(&mut self.changes)
    }

    /// What the cabinet's clock shows, 0.1 s since the Unix epoch UTC.
    pub fn clock(&self) -> Tenths {
        self.clock.read(self.now)
    }

    /// Who is in charge.
    pub fn mode(&self) -> Mode {
        match &self.signal {
            Signal::Off | Signal::StartUp { .. } => Mode::StartUp,
            Signal::Flash => Mode::Flash,
            Signal::Running(_) if self.switches.manual => Mode::Manual,
            Signal::Running(_) if self.switches.preempt => Mode::Preempt,
            Signal::Running(_) if self.centre.running.is_some() => Mode::Centre,
            Signal::Running(_) => Mode::Local,
        }
    }

    /// Whether a local plan is being brought to its offset in this cycle.
    pub fn in_transition(&self) -> bool {
        matches!(&self.signal, Signal::Running(cycle) if cycle.stretched)
    }

    /// True time of the running cycle's start; `None` outside normal operation.
    pub fn cycle_start(&self) -> Option<Tenths> {
        match &self.signal {
            Signal::Running(cycle) => Some(cycle.start),
            _ => None,
        }
    }

    /// Generation of the centre plan that runs; `None` while a local one does.
    pub fn running_generation(&self) -> Option<u32> {
        self.centre.running.as_ref().map(|p| p.decoded.generation)
    }

    fn cycle(&self) -> Option<&Cycle> {
        match &self.signal {
            Signal::Running(cycle) => Some(cycle),
            _ => None,
        }
    }

    /// Generation of the centre plan that waits for its activation.
    pub fn pending_generation(&self) -> Option<u32> {
        self.centre.pending.as_ref().map(|p| p.decoded.generation)
    }

    /// The block of the centre plan that runs as it lies in memory, whatever the registers show; `None` while a local one does.
    pub fn running_block(&self) -> Option<&[u16]> {
        self.centre.running.as_ref().map(|p| p.block.as_slice())
    }

    fn next_event(&self) -> Option<Tenths> {
        match &self.signal {
            Signal::Off | Signal::Flash => None,
            Signal::StartUp { flash_until, red_until } => {
                Some(if self.now < *flash_until { *flash_until } else { *red_until })
            }
            Signal::Running(cycle) => {
                let programmed = cycle.next_change(self.now);
                let engine = self.engine.as_ref();
                let own = engine.and_then(|e| e.next(&self.scene(cycle), &self.heads, &self.calls));
                programmed.into_iter().chain(own).chain(self.request_event()).min()
            }
        }
    }

    /// How the running plan is run.
    fn aim(&self) -> Aim<'_> {
        let spec = &self.table.spec;
        let plan = &self.table.lines[self.local].plan;
        match self.centre.running.as_ref().and_then(|p| p.decoded.asked.as_ref()) {
            Some(Asked::Free(actuation)) => return Aim::Free(actuation),
            Some(Asked::Coordinated(actuation)) => return Aim::Coordinated(actuation),
            None => {}
        }
        match (&self.centre.running, &spec.centre_actuation, &plan.actuation) {
            (Some(_), Some(actuation), _) => Aim::Coordinated(actuation),
            (None, _, Some(actuation)) if plan.offset.is_some() => Aim::Coordinated(actuation),
            (None, _, Some(actuation)) => Aim::Free(actuation),
            _ => Aim::Fixed,
        }
    }

    fn scene<'a>(&'a self, cycle: &'a Cycle) -> Scene<'a> {
        let asked = self.wish();
        Scene { table: &self.table, cycle, aim: self.aim(), asked, now: self.now, held: self.switches.held() }
    }

    /// Lets the calls decide, where they do.
    fn decide(&mut self) {
        let Some(mut engine) = self.engine.take() else { return };
        let (mut heads, mut calls) = (std::mem::take(&mut self.heads), self.calls.clone());
        let in_step = match &self.signal {
            Signal::Running(cycle) => engine.run(&self.scene(cycle), &mut heads, &mut calls),
            _ => true,
        };
        (self.heads, self.calls) = (heads, calls);
        self.engine = (!in_step).then_some(engine);
    }

    /// The interval shown and the longest it may still last; `None`: nothing ends it of itself.
    fn interval(&self, cycle: &Cycle) -> (cycle::Interval, Option<Tenths>) {
        match &self.engine {
            Some(engine) => {
                let (interval, left, _) = engine.shows(&self.scene(cycle), &self.heads);
                (interval, left)
            }
            None => {
                let place = self.shown(cycle).place(&self.table, self.now);
                (place.interval, Some(place.left))
            }
        }
    }

    fn step(&mut self) {
        let over = match &self.signal {
            Signal::Off | Signal::Flash => false,
            Signal::StartUp { red_until, .. } => self.now >= *red_until,
            Signal::Running(cycle) => self.now >= cycle.end(),
        };
        if over {
            self.turn();
        }
        self.act();
    }

    /// Does what requests and calls want now, and shows it.
    fn act(&mut self) {
        self.attend();
        self.decide();
        self.show();
    }

    /// A cycle begins: the one place where plans change.
    fn turn(&mut self) {
        self.centre.watch(&self.table, self.now);
        let moved = self.clock.end_of_cycle(self.now);
        let at = self.clock.read(self.now);
        let late = self.plan().late(at);
        self.centre.turn(Start::new(&self.table.spec.map, at, late, moved));
        if self.centre.running.is_none() {
            self.local = calendar::line(&self.table.spec, at);
        }
        let before = self.cycle().map(|cycle| self.shown(cycle).clone());
        let local = self.centre.running.is_none();
        if local && self.keep_heads() {
            return;
        }
        let Shape { greens, stretched, .. } = shape(&self.table, self.plan(), at, local);
        let mut cycle = Cycle::new(&self.table, self.now, (greens, self.plan().order), stretched);
        if let Some(before) = before {
            cycle = cycle.after(&self.table, &before);
        }
        if self.switches.held() {
            cycle.hold(&self.table, self.now);
        }
        if let Some(bend) = &mut self.bend {
            bend.turned(&self.table, &cycle);
        }
        self.signal = Signal::Running(cycle);
        self.start_engine();
    }

    /// An actuated plan takes the heads over from whatever ran before; a fixed-time one takes them back by itself.
    fn start_engine(&mut self) {
        if !matches!(self.aim(), Aim::Fixed) && self.engine.is_none() {
            self.engine = Some(Engine::default());
        }
    }

    /// The plan that runs, or would run in normal operation.
    fn plan(&self) -> &Plan {
        self.centre.running.as_ref().map_or(&self.local_plans[self.local], |p| &p.decoded.plan)
    }

    /// The first cycle start of the running plan at or after an activation; `None` when it can not be foretold (start-up,
    /// flash, manual, the cabinet's own transition).
    fn foretell(&self, activation: Tenths) -> Option<Start> {
        let Signal::Running(cycle) = &self.signal else { return None };
        if cycle.stretched || self.switches.held() {
            return None;
        }
        let mut plan = self.plan();
        let mut centre = self.centre.running.as_ref().filter(|_| !self.centre.leave);
        let mut at = self.clock.read(cycle.end());
        let mut slew = self.clock.due();
        for _ in 0..LOOK_AHEAD {
            at += slew;
            let start = Start::new(&self.table.spec.map, at, plan.late(at), slew);
            if start.reaches(activation) {
                return Some(start);
            }
            centre = centre.filter(|p| at < p.expires);
            plan = centre.map_or_else(|| &self.local_plans[calendar::line(&self.table.spec, at)], |p| &p.decoded.plan);
            let next = shape(&self.table, plan, at, centre.is_none());
            if next.stretched {
                return None;
            }
            at += next.length;
            slew = 0;
        }
        None
    }

    /// Power-on without a start-up sequence: as if the cabinet had been running for long.
    fn stand_in_operation(&mut self) {
        let at = self.clock();
        self.local = calendar::line(&self.table.spec, at);
        let plan = &self.local_plans[self.local];
        let initial = self.table.lines[self.local].plan.initial_phase;
        let into = plan.anchor(at).map_or(initial, |anchor| at - anchor).rem_euclid(plan.cycle);
        let like = (plan.greens.clone(), plan.order);
        let cycle = Cycle::new(&self.table, self.now - into, like, false);
        self.signal = Signal::Running(cycle);
        self.start_engine();
        self.decide();
        self.show();
    }

    /// Yellow flash, then all red long enough for everybody who went on flash to clear.
    fn begin_start_up(&mut self, flash: Tenths, red: Tenths) {
        (self.engine, self.bend) = (None, None);
        let red = if flash > 0 { red.max(self.table.longest_intergreen).max(1) } else { red.max(1) };
        let flash_until = self.now + flash;
        self.signal = Signal::StartUp { flash_until, red_until: flash_until + red };
        self.local = calendar::line(&self.table.spec, self.clock());
        self.show();
    }

    /// Derives the lamps from the time and notes what changed.
    fn show(&mut self) {
        let place = match &self.signal {
            Signal::Running(cycle) => Some(self.shown(cycle).place(&self.table, self.now)),
            _ => None,
        };
        let stage = match (&self.signal, &self.engine, &place) {
            (Signal::Running(cycle), Some(engine), _) => engine.shows(&self.scene(cycle), &self.heads).2,
            (_, None, Some(place)) if place.interval == cycle::Interval::Green => Some(place.stage),
            _ => None,
        };
        if let Some(stage) = stage {
            self.stage = stage as u16 + 1;
        }
        let mut changed = Vec::new();
        for phase in 0..self.lamps.len() {
            let flash = match self.table.spec.phases[phase].kind {
                PhaseKind::Vehicle => Lamp::YellowFlash,
                PhaseKind::Pedestrian { .. } => Lamp::Dark,
            };
            let lamp = match (&self.signal, &place) {
                (Signal::Running(_), _) if self.engine.is_some() => self.heads[phase].lamp(self.now),
                (Signal::Running(_), Some(place)) => Cycle::lamp(&self.table, phase, place),
                (Signal::StartUp { flash_until, .. }, _) if self.now >= *flash_until => Lamp::Red,
                (Signal::StartUp { .. } | Signal::Flash, _) => flash,
                _ => Lamp::Dark,
            };
            if self.lamps[phase] != lamp {
                self.lamps[phase] = lamp;
                changed.push(LampChange { at: self.now, phase, lamp });
                if self.engine.is_none() {
                    self.heads[phase].shown(self.now, lamp, self.table.warning(phase));
                }
            }
        }
        changed.sort_by_key(|c| c.lamp == Lamp::Green);
        self.changes.append(&mut changed);
    }

    /// Names every lamp, for who watches from the beginning.
    fn announce(&mut self) {
        let all = self.lamps.iter().enumerate();
        self.changes.extend(all.map(|(phase, &lamp)| LampChange { at: self.now, phase, lamp }));
    }
}
