//! One core with its cabinets on a line that goes wrong: orders are given, bursts strike, the outside judge watches.

use super::ledger::Ledger;
use super::mischief::{Burst, Harm};
use super::tally::{Recovery, Report};
use crate::bus::{Bus, LineFault, LineFaults, LiveBus, LiveSettings, Serving, Stuck, TcpServer};
use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::control::{Coordinator, Decision, Event, Policy, Setup};
use crate::corridor::{IntersectionIndex, Line, Network, sample};
use crate::demand::DayProfile;
use crate::field::{Answer, Push, Request};
use crate::journal::Journal;
use crate::plan::Plan;
use crate::rig::Cabinets;
use crate::safety::Limits;
use crate::transition::Bounds;
use crate::units::{Moment, Shift, Tenths};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// An order is disturbed with this probability.
const DISTURBED: f64 = 0.7;
/// Shortest and longest cycle of an order, s.
const CYCLES_S: (u32, u32) = (75, 110);
/// Faults' echoes (late answers, late deliveries) are over this long after a burst.
const ECHO: Tenths = Tenths::from_seconds(10);
/// A change that is not confirmed this long after the last fault is given up as lost.
const GIVEN_UP: Tenths = Tenths::from_seconds(900);

/// One core with its cabinets.
pub(super) struct Group {
    name: String,
    network: Arc<Network>,
    calendar: Calendar,
    core: Coordinator,
    cabinets: Cabinets,
    lines: Vec<LineFaults>,
    bus: LiveBus,
    /// Serves until the group ends.
    _servers: Vec<TcpServer>,
    ledgers: Vec<Ledger>,
    events: Vec<Event>,
    chance: Pcg64Mcg,
    silence: Duration,
    burst: Option<Burst>,
    /// The end of the last burst that is not recovered from, and whether a change was lost to it.
    struck: Option<Moment>,
    after: String,
    owed: bool,
    in_step: bool,
    /// What the journal has said of faults since the burst began.
    told: Vec<String>,
}

impl Group {
    /// A group of `members` cabinets in operation, its core about to begin.
    pub(super) async fn new(
        number: usize,
        members: usize,
        seed: u64,
        now: Moment,
        clock: &Arc<dyn Clock>,
        silence: Duration,
    ) -> Result<Group, String> {
        let mut chance = Pcg64Mcg::seed_from_u64(seed ^ (number as u64) << 32);
        let network = sample::arterial(&vec![400.0; members - 1]);
        let cabinets = Cabinets::new(&network, now).map_err(|e| e.to_string())?;
        let (mut lines, mut servers) = (Vec::new(), Vec::new());
        for (at, (device, _)) in network.intersections().iter().zip(cabinets.devices()) {
            let faults = LineFaults::new(&at.id, chance.random(), clock.clone());
            let serving = Serving { faults: Some(faults.clone()), ..Serving::default() };
            let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            servers.push(TcpServer::serve_as(any, device, serving).await.map_err(|e| e.to_string())?);
            lines.push(faults);
        }
        let units = network.intersections().iter().map(|at| at.cabinet.unit);
        let ways = servers.iter().map(|server| Line::Tcp { address: server.address() });
        // Time stands while answers are out: nobody's second is spread over.
        let settings = LiveSettings {
            period: silence,
            spread: 0.0,
            silence,
            deadline: silence * 2,
            rest: silence * 4,
            seed: chance.random(),
            security: None,
        };
        let bus = LiveBus::new(ways.zip(units), settings, clock.clone());
        let network = Arc::new(network);
        let setup = Setup {
            profile: quiet_day(&network)?,
            day_plans: vec![draw_plans(&network, &mut chance)?; network.periods().len()],
            operation: Vec::new(),
            free: Vec::new(),
            limits: Limits::default(),
            bounds: Bounds::default(),
            policy: Policy::default(),
            armed: true,
            network: network.clone(),
        };
        Ok(Group {
            name: format!("g{number:02}"),
            calendar: Calendar::new(&network),
            core: Coordinator::new(setup, now),
            ledgers: vec![Ledger::default(); members],
            network,
            cabinets,
            lines,
            bus,
            _servers: servers,
            events: Vec::new(),
            chance,
            silence,
            burst: None,
            struck: None,
            after: String::new(),
            owed: false,
            in_step: false,
            told: Vec::new(),
        })
    }

    /// Whether nothing is under way that a second could matter to.
    pub(super) fn is_quiet(&self) -> bool {
        let waits = self.core.sessions().iter().all(|s| matches!(s.push(), Push::Idle | Push::Confirmed(_)));
        waits && self.burst.is_none() && self.struck.is_none() && !self.owed
    }

    /// One step of this group's core and everything around it.
    pub(super) async fn step(&mut self, now: Moment, report: &mut Report) -> Result<(), Stuck> {
        self.cabinets.advance(now);
        self.strike(now, report);
        if self.in_step && self.burst.is_none() && self.struck.is_none() {
            self.order(now);
        }
        let out = self.core.step(now, &std::mem::take(&mut self.events));
        self.note(now, &out.decisions, report);
        for request in &out.requests {
            self.ledgers[request.cabinet().0].asked(request);
        }
        let answers = self.bus.exchange(&out.requests).await?;
        // Nobody here asks how long answers took or what the lines have to say.
        drop((self.bus.take_times(), self.bus.take_news()));
        self.events.extend(out.requests.iter().zip(answers).map(|(request, answer)| heard(request, answer)));
        for index in self.network.indices() {
            let runs = self.cabinets.runs(index);
            self.ledgers[index.0].seen(runs.as_ref().map(|(generation, words)| (*generation, words.as_slice())));
        }
        self.recover(now, report);
        Ok(())
    }

    /// Adds this group's part to the report.
    pub(super) fn close(self, report: &mut Report) {
        for ledger in &self.ledgers {
            report.add(ledger);
        }
        report.violations += self.cabinets.violations().len() as u64;
        for line in &self.lines {
            for (kind, times) in line.counts() {
                *report.struck.entry(kind).or_default() += times;
            }
        }
    }

    /// Pushes written so far.
    pub(super) fn pushes(&self) -> u64 {
        self.ledgers.iter().map(|l| l.staged).sum()
    }

    fn order(&mut self, now: Moment) {
        let Ok(plans) = draw_plans(&self.network, &mut self.chance) else { return };
        self.events.push(Event::Aim(plans));
        self.in_step = false;
        if self.chance.random_bool(DISTURBED) {
            self.burst = Some(Burst::draw(&mut self.chance, now, self.ledgers.len(), self.silence));
        }
    }

    fn strike(&mut self, now: Moment, report: &mut Report) {
        let Some(burst) = &mut self.burst else { return };
        if !burst.begun && now >= burst.begins {
            burst.begin(&self.lines, &self.cabinets);
            self.told.clear();
            self.lines.iter().for_each(|line| drop(line.take_struck()));
            for (_, harm) in burst.harms.iter().filter(|(_, harm)| !matches!(harm, Harm::Line(..))) {
                *report.struck.entry(harm.name()).or_default() += 1;
            }
        }
        if burst.begun && now >= burst.ends {
            burst.end(&self.lines, &self.cabinets);
            self.struck = Some(now);
            let harm = |(index, harm): &(IntersectionIndex, Harm)| format!("{} x{:02}", harm.name(), index.0 + 1);
            self.after = format!("{} {}", self.name, burst.harms.iter().map(harm).collect::<Vec<_>>().join(", "));
            self.burst = None;
            report.bursts += 1;
        }
    }

    fn note(&mut self, now: Moment, decisions: &[Decision], report: &mut Report) {
        let mut journal = Journal::default();
        journal.add(&self.calendar, now, decisions);
        self.told.extend(journal.lines().iter().cloned());
        report.journal_lines += decisions.len() as u64;
        for decision in decisions {
            match decision {
                Decision::InStep => (self.in_step, self.owed) = (true, false),
                Decision::Committed { .. } => self.owed = false,
                Decision::PushFailed { .. } | Decision::Abandoned { .. } | Decision::LeftCentre { .. } => {
                    self.owed = true;
                    report.failed += u64::from(matches!(decision, Decision::PushFailed { .. }));
                }
                Decision::Refused { .. } => report.refused_by_guard += 1,
                _ => {}
            }
        }
    }

    /// Recovered: every cabinet runs a plan of ours or has one waiting, and no change is owed.
    fn recover(&mut self, now: Moment, report: &mut Report) {
        let Some(last) = self.struck else { return };
        let since = now.elapsed_since(last);
        let back = !self.owed && self.network.indices().all(|index| self.cabinets.obeys(index));
        if !back && since < GIVEN_UP || since < ECHO {
            return;
        }
        let cycle = self.core.targets().iter().map(|p| p.cycle.length()).max().unwrap_or_default();
        report.recoveries.push(Recovery { after: self.after.clone(), took: since, cycle, back });
        self.check_journal(report);
        self.struck = None;
    }

    /// Every fault that struck a line and that its end could see is in the journal, with link and kind.
    fn check_journal(&mut self, report: &mut Report) {
        for (index, line) in self.lines.iter().enumerate() {
            let id = &self.network.intersection(IntersectionIndex(index)).id;
            let mut kinds: Vec<_> = line.take_struck().into_iter().map(|s| seen_as(s.fault)).collect();
            kinds.sort_unstable();
            kinds.dedup();
            for kind in kinds.into_iter().filter(|kind| !kind.is_empty()) {
                report.visible += 1;
                let about = |text: &&String| text.contains("line-") && text.contains(id);
                if !self.told.iter().filter(about).any(|text| kind.iter().any(|kind| text.contains(kind))) {
                    report.unlogged.push(format!("{} {id}: {} is not in the journal", self.name, kind.join(" or ")));
                }
            }
        }
        self.told.clear();
    }
}

fn heard(request: &Request, answer: Answer) -> Event {
    Event::Answer { cabinet: request.cabinet(), ask: request.ask(), answer }
}

/// As what the centre's end of the line may see a fault; nothing where it need not see anything.
fn seen_as(fault: LineFault) -> &'static [&'static str] {
    use LineFault as F;
    match fault {
        F::Silence | F::Lost | F::Late(_) | F::DeliverLate(_) | F::Truncate => &["silence"],
        F::Exception(_) => &["exception"],
        // Half a frame before the end is no frame.
        F::Reset => &["closed", "garbled"],
        F::Corrupt | F::WrongTransaction | F::WrongUnit | F::WrongFunction | F::WrongCount => &["garbled"],
        // An answer in time, an answer twice, a write carried out twice, a connection nobody needed just then.
        F::Latency(..) | F::Duplicate | F::Redeliver(_) | F::BlackHole | F::Refuse | F::Drop => &[],
    }
}

/// A day on which nobody drives: the campaign is about the link.
fn quiet_day(network: &Network) -> Result<DayProfile, String> {
    let mut csv = String::from("intersection,approach,movement,start_s,vehicles\n");
    for at in network.intersections() {
        for approach in &at.approaches {
            for start_s in [0, 43_200] {
                let _ = writeln!(csv, "{},{},,{start_s},100", at.id, approach.from);
            }
        }
    }
    DayProfile::parse(network, csv.as_bytes()).map_err(|problems| problems.iter().map(|p| format!("{p:?} ")).collect())
}

/// Plans of one cycle, anywhere inside the intersections' limits.
fn draw_plans(network: &Network, chance: &mut Pcg64Mcg) -> Result<Vec<Plan>, String> {
    let cycle = Tenths::from_seconds(chance.random_range(CYCLES_S.0..=CYCLES_S.1));
    let draw = |at: &crate::corridor::Intersection| {
        let mut greens: Vec<Tenths> = at.stages.iter().map(|s| s.min_green).collect();
        let least: Tenths = greens.iter().copied().sum::<Tenths>() + at.lost_to_intergreens();
        let mut spare = cycle.count().saturating_sub(least.count());
        while spare > 0 {
            let more = spare.min(chance.random_range(1..=100));
            let stage = chance.random_range(0..greens.len());
            greens[stage] += Tenths::new(more);
            spare -= more;
        }
        let offset = Shift::new(i64::from(chance.random_range(0..cycle.count())));
        Plan::from_greens(at, &greens, offset).ok_or_else(|| format!("no plan of {cycle} at {}", at.id))
    };
    network.intersections().iter().map(draw).collect()
}
