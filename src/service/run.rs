//! The control loop in real time: one step a second, from the first poll to the last release.

use super::instruments::Instruments;
use super::memory::{Memory, StateFile};
use super::picture::{Desk, Painter, Step};
use super::timeline::Timeline;
use super::worker::Worker;
use crate::bus::tls::TlsClient;
use crate::bus::{Bus, LiveBus, LiveSettings, News, Stuck};
use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::control::{Coordinator, Event, Finding, Setup, Work};
use crate::corridor::{Intersection, Network};
use crate::field::{Ask, Session};
use crate::interrupt::{Interrupts, Word};
use crate::journal::Journal;
use crate::optimise::Settings;
use crate::units::Moment;
use crate::work::carry_out;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// Between two steps, by the loop's own time.
const STEP: Duration = Duration::from_secs(1);
/// At a time scale, where a step lasts less than an answer may: the least time an exchange has.
const LEAST_EXCHANGE: Duration = Duration::from_millis(200);
/// Notes about lines that are printed in one step; a thousand lines that are cut at once are one event, not a thousand.
const MOST_NEWS: usize = 10;
/// How long a search for plans may take, by real time of the street: well within the core's patience.
const SEARCH_LIMIT: Duration = Duration::from_secs(90);
/// Steps between two looks at the wall clock.
const FOLLOW_EVERY: u64 = 10;
/// Steps in which every cabinet should have taken its release.
const STOP_WITHIN: u32 = 6;
/// Times the cabinets are asked for the time, and the rest between.
const TIME_TRIES: u32 = 20;
const TIME_REST: Duration = Duration::from_millis(500);

/// How the service runs, beyond what the core is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The optimiser's settings.
    pub settings: Settings,
    /// `None`: the machine's clock. `Some(n)`: the cabinets' clocks at the start, and `n` times as fast as the machine's from
    /// then on, as emulated cabinets do; at least 1.
    pub scale: Option<u32>,
    /// Our certificate, for cabinets that are reached by TLS.
    pub security: Option<TlsClient>,
    /// On a stop leave the last plan until the heartbeat runs out, instead of handing back.
    pub hold: bool,
}

/// Where the service writes.
pub struct Sinks {
    /// Every decision, one line of JSON each.
    pub journal: Option<Box<dyn Write>>,
    /// The same for people, with notes of the service's own.
    pub console: Box<dyn Write>,
    /// Whether notes are lines of JSON too, so that all of the console is.
    pub notes_as_json: bool,
    /// Where the plans aimed at are remembered for the next run.
    pub state: Option<StateFile>,
    /// What is counted, for `/metrics` and `/healthz`.
    pub instruments: Arc<Instruments>,
    /// Who looks on, and says what people want.
    pub desk: Option<Box<dyn Desk>>,
}

/// How the service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// As it was told.
    Stopped,
    /// By a second signal, before every cabinet was handed back.
    AtOnce,
}

/// What keeps the service from running.
#[derive(Debug, thiserror::Error)]
pub enum ServeProblem {
    /// The machine.
    #[error("the machine gives no runtime: {0}")]
    Machine(#[from] io::Error),
    /// The bus.
    #[error(transparent)]
    Bus(#[from] Stuck),
    /// Nobody to take the time from.
    #[error(
        "of the cabinets that know the date none or fewer than half tell the time, and --time-scale takes it from them"
    )]
    NoTime,
}

/// Runs until a signal: the first hands every cabinet back (or with `hold` leaves them), a second ends at once.
///
/// # Errors
/// When it can not start; a cabinet's silence is no error.
pub fn serve(setup: Setup, options: &Options, clock: Arc<dyn Clock>, sinks: Sinks) -> Result<Ended, ServeProblem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(2).build()?;
    let ended = runtime.block_on(run(setup, options, clock, sinks));
    // A search that still runs has nobody left to answer.
    runtime.shutdown_background();
    ended
}

/// All that goes by one set of definitions.
struct Going {
    network: Arc<Network>,
    calendar: Calendar,
    bus: LiveBus,
    painter: Painter,
    core: Coordinator,
    worker: Worker<Work, Finding>,
}

impl Going {
    fn new(setup: Setup, bus: LiveBus, options: &Options, clock: &Arc<dyn Clock>, now: Moment) -> Going {
        let network = setup.network.clone();
        let (asked_of, settings) = (network.clone(), options.settings.clone());
        let search = move |work: &Work, stop: &dyn Fn() -> bool| carry_out(&asked_of, work, &settings, stop);
        Going {
            calendar: Calendar::new(&network),
            bus,
            painter: Painter::new(&network),
            core: Coordinator::new(setup, now),
            worker: Worker::new(Arc::new(search), clock.clone(), SEARCH_LIMIT / options.scale.unwrap_or(1).max(1)),
            network,
        }
    }
}

async fn run(setup: Setup, options: &Options, clock: Arc<dyn Clock>, mut sinks: Sinks) -> Result<Ended, ServeProblem> {
    let mut signals = Interrupts::listen(&Word::Operator)?;
    let armed = setup.armed;
    let scale = options.scale.unwrap_or(1).max(1);
    let mut lines = bus(&setup.network, STEP / scale, options, clock.clone());
    let instruments = sinks.instruments.clone();
    let metrics = &instruments.metrics;
    let mut missed_in_all = 0;
    let start = match options.scale {
        None => clock.utc(),
        Some(_) => tokio::select! {
            biased;
            () = signals.next() => return Ok(Ended::Stopped),
            time = time_of_cabinets(&mut lines, &setup.network) => time?,
        },
    };
    let mut time = Timeline::new(start, clock.elapsed(), scale);
    let mut going = Going::new(setup, lines, options, &clock, start);
    let told = going.calendar.clock(start);
    sinks.note(&format!("{told} (UTC second {}), {scale} x real time", start.unix_seconds()));
    let mut memory = sinks.state.take().map(Memory::new);
    match memory.as_ref().map(|m| m.read(&going.network)).transpose() {
        Ok(aim) => aim.flatten().into_iter().for_each(|aim| going.core.resume(aim)),
        Err(why) => sinks.note(&format!("the state file is not used: {why}")),
    }
    let mut events = Vec::new();
    let mut stopping: Option<u32> = None;
    let (mut steps, mut asked) = (0_u64, start);
    let mut ticks = Ticks::new(STEP / scale);
    loop {
        tokio::select! {
            biased;
            () = signals.next() => match stopping {
                Some(_) => return Ok(Ended::AtOnce),
                None if options.hold => {
                    sinks.note("stopped; the last plans run on until the heartbeat runs out");
                    return Ok(Ended::Stopped);
                }
                None => {
                    stopping = Some(STOP_WITHIN);
                    events.push(Event::Stop);
                    continue;
                }
            },
            missed = ticks.next() => {
                metrics.missed(missed);
                missed_in_all += missed;
            }
        }
        let still = stopping.is_none() && going.core.is_still();
        if let Some(setup) = sinks.desk.as_mut().filter(|_| still).and_then(|desk| desk.replacement()) {
            let lines = bus(&setup.network, STEP / scale, options, clock.clone());
            going = Going::new(*setup, lines, options, &clock, time.at(clock.elapsed()));
            events.clear();
            sinks.note("other definitions are gone by from now on; what runs goes on");
        }
        let Going { network, calendar, bus, painter, core, worker } = &mut going;
        let finding = worker.answer().await;
        events.extend(finding.clone().map(Event::Found));
        events.extend(sinks.desk.as_mut().map(|desk| desk.orders()).unwrap_or_default());
        let begun = clock.elapsed();
        let now = time.at(begun);
        let out = core.step(now, &events);
        let decided = clock.elapsed();
        metrics.decided(decided.saturating_sub(begun), &out.decisions);
        let mut journal = Journal::default();
        journal.add(calendar, now, &out.decisions);
        sinks.lines(journal.lines());
        if let Some(work) = out.work {
            worker.ask(work);
        }
        let answers = tokio::select! {
            biased;
            () = signals.next(), if stopping.is_some() => return Ok(Ended::AtOnce),
            answers = bus.exchange(&out.requests) => answers?,
        };
        let took = clock.elapsed().saturating_sub(decided);
        metrics.exchanged(took, out.requests.iter().zip(&answers));
        let times = bus.take_times();
        metrics.lines(network, &times, bus.restarts());
        painter.answered(&times);
        sinks.news(network, &bus.take_news());
        events.clear();
        events.extend(out.requests.iter().zip(answers).map(|(request, answer)| Event::Answer {
            cabinet: request.cabinet(),
            ask: request.ask(),
            answer,
        }));
        metrics.completed(core, network, asked);
        let kept = memory.as_mut().filter(|_| armed).map(|m| m.keep(network, &core.purpose()));
        if let Some(Err(why)) = kept {
            sinks.note(&format!("the state file can not be written: {why}"));
        }
        asked = now;
        instruments.pulse.beat();
        tell_manager(steps == 0);
        steps += 1;
        let step = Step {
            number: steps,
            at: now,
            scale,
            armed,
            missed: missed_in_all,
            readings: out.readings,
            decisions: out.decisions,
            finding,
            journal: journal.into_lines(),
        };
        let picture = painter.paint(network, core, step);
        metrics.street(network, &picture);
        if sinks.desk.as_mut().is_some_and(|desk| !desk.show(picture)) {
            // Control is worth more than being looked at: it goes on without.
            sinks.desk = None;
            sinks.note("the pages have broken down; control goes on, and a restart brings them back");
        }
        if options.scale.is_none() && steps.is_multiple_of(FOLLOW_EVERY) {
            let now = time.at(clock.elapsed());
            metrics.wall_clock_ahead(time.follow(now, clock.utc()));
        }
        if let Some(left) = stopping.as_mut() {
            *left -= 1;
            let handing_back = out.requests.iter().any(|r| r.ask() == Ask::Release);
            if !handing_back || *left == 0 {
                let outcome = if armed { "every cabinet that answers was handed back" } else { "nothing was written" };
                sinks.note(&format!("stopped; {outcome}"));
                return Ok(Ended::Stopped);
            }
        }
    }
}

/// A service manager that waits for it (systemd: `Type=notify`, `WatchdogSec`) is told of every completed step: a loop that is
/// stuck is ended and begun anew. Without one this does nothing.
fn tell_manager(first: bool) {
    let state = [sd_notify::NotifyState::Watchdog, sd_notify::NotifyState::Ready];
    // A manager that can not be told ends us; there is nothing better to do.
    let _ = sd_notify::notify(if first { &state } else { &state[..1] });
}

/// The cabinets' lines, as the definitions say.
fn bus(network: &Network, step: Duration, options: &Options, clock: Arc<dyn Clock>) -> LiveBus {
    let every = LiveSettings::every(step);
    let settings = LiveSettings {
        silence: every.silence.max(LEAST_EXCHANGE),
        deadline: every.deadline.max(LEAST_EXCHANGE),
        security: options.security.clone(),
        ..every
    };
    let way = |i: &Intersection| (i.cabinet.line.clone(), i.cabinet.unit);
    LiveBus::new(network.intersections().iter().map(way), settings, clock)
}

/// Ticks that do not drift; one that comes too late is passed over and counted.
struct Ticks {
    interval: tokio::time::Interval,
    period: Duration,
    last: Option<Instant>,
}

impl Ticks {
    fn new(period: Duration) -> Self {
        let mut interval = interval(period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Ticks { interval, period, last: None }
    }

    /// Waits for the next tick; gives how many passed by since the last. Safe to cancel.
    async fn next(&mut self) -> u64 {
        let at = self.interval.tick().await;
        let gap = self.last.replace(at).map_or(self.period, |last| at - last);
        // Ticks are whole periods apart; half a period more keeps the division on the right side.
        let periods = (gap + self.period / 2).as_nanos() / self.period.as_nanos().max(1);
        u64::try_from(periods).unwrap_or(u64::MAX).saturating_sub(1)
    }
}

/// The median of the cabinets' clocks that tell the day too, asked until at least half of those tell that can.
async fn time_of_cabinets(bus: &mut LiveBus, network: &Network) -> Result<Moment, ServeProblem> {
    let nobody_knows = Moment::new(0);
    for _ in 0..TIME_TRIES {
        let mut sessions: Vec<Session> = network.indices().map(|i| Session::new(network, i)).collect();
        let requests: Vec<_> = sessions.iter_mut().flat_map(|s| s.tick(nobody_knows, None)).collect();
        for (request, answer) in requests.iter().zip(bus.exchange(&requests).await?) {
            let index = request.cabinet();
            sessions[index.0].hear(network.intersection(index), request.ask(), &answer, nobody_knows);
        }
        let mut clocks: Vec<Moment> = sessions.iter().filter_map(Session::dated_clock).collect();
        clocks.sort_unstable();
        let able = sessions.iter().filter(|s| s.map().tells_the_date()).count();
        if !clocks.is_empty() && 2 * clocks.len() >= able {
            return Ok(clocks[clocks.len() / 2]);
        }
        sleep(TIME_REST).await;
    }
    Err(ServeProblem::NoTime)
}

impl Sinks {
    /// A note of the service's own; not in the journal, which holds what the core decided and nothing else.
    fn note(&mut self, text: &str) {
        let line = match self.notes_as_json {
            true => serde_json::json!({ "note": text }).to_string(),
            false => format!("greenwave serve: {text}"),
        };
        let _ = writeln!(self.console, "{line}");
    }

    /// What changed on lines to cabinets.
    fn news(&mut self, network: &Network, news: &[News]) {
        for News { cabinets, line, text } in news.iter().take(MOST_NEWS) {
            let ids = network.intersections().iter().enumerate().filter(|(k, _)| cabinets.contains(k));
            let ids: Vec<&str> = ids.map(|(_, i)| i.id.as_str()).collect();
            self.note(&format!("{} at {line}: {text}", ids.join(", ")));
        }
        if let Some(more @ 1..) = news.len().checked_sub(MOST_NEWS) {
            self.note(&format!("and {more} more lines changed"));
        }
    }

    /// Writes and flushes. Where that fails control goes on: a full disk is no reason to let go of a street.
    fn lines(&mut self, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let text = lines.iter().fold(String::new(), |all, line| all + line + "\n");
        let _ = self.console.write_all(text.as_bytes());
        let written = self.journal.as_mut().map(|file| file.write_all(text.as_bytes()).and_then(|()| file.flush()));
        if let Some(Err(error)) = written {
            self.note(&format!("the journal can not be written: {error}"));
        }
    }
}
