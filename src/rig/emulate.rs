//! A plant in the pace of the machine's clock, its cabinets on the addresses of the definitions: something to connect to.
//!
//! The cabinets' clocks show the emulated day: true time of the plant, which goes `scale` times as fast as the machine's and
//! knows nothing of the machine's date. A centre either takes its time from them or sets them, as with real cabinets.

use super::fault::{Injection, Injector, Notice, Target};
use super::plant::Rig;
use crate::bus::frame::Framing;
use crate::bus::tls::TlsServer;
use crate::bus::{Device, LineFaults, Serving, SharedDevice, TcpServer};
use crate::clock::Clock;
use crate::corridor::profile::RegisterTable;
use crate::corridor::{IntersectionIndex, Line, Network};
use crate::interrupt::{Interrupts, Word};
use greenwave_sim::cabinet::Mode;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// The plant's step: it is driven on as soon as this much of it is due.
const STEP: Duration = Duration::from_millis(500);
/// Looks at the clock in a step, so that the cabinets' clocks lag by little more than a step.
const LOOKS: u32 = 5;
/// Most that is caught up at once, in seconds of the machine's clock: answers must not wait for a plant that fell behind.
const MOST_AT_ONCE_S: f64 = 1.0;
/// Between two glances, in seconds of the machine's clock.
const GLANCE_EVERY_S: f64 = 10.0;

/// How an emulated day goes by.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Second of the day at which the plant was set up.
    pub from_s: u32,
    /// Seconds of the plant a second of the machine's clock; at least 1.
    pub scale: u32,
    /// Ends by itself after so many seconds of the machine's clock.
    pub seconds: Option<u32>,
    /// Whose word ends it before.
    pub until: Word,
}

/// What is seen at a look at the whole plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// The plant's second of the day.
    pub second_of_day: u32,
    /// Vehicles on the road.
    pub vehicles: usize,
    /// Cabinets that run the centre's plan.
    pub centre: usize,
    /// Cabinets that run their own plan.
    pub local: usize,
    /// Cabinets in start-up, flash or manual.
    pub other: usize,
    /// What the conflict monitors have seen since the beginning.
    pub violations: usize,
}

/// What is told while a plant is emulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A look at the whole.
    Glance(Glance),
    /// A fault began or ended.
    Fault(Notice),
    /// At the end: how often faults of lines struck, by kind.
    Struck(BTreeMap<&'static str, u64>),
}

/// Faults on purpose.
#[derive(Debug, Clone, Default)]
pub struct Faulty {
    /// What, where and when.
    pub faults: Vec<Injection>,
    /// Whence the lines draw their chance.
    pub seed: u64,
}

/// What keeps a plant from being emulated.
#[derive(Debug, thiserror::Error)]
pub enum EmulateProblem {
    /// An address of a definition.
    #[error("no cabinet can listen on {address}")]
    Address {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A cabinet on a serial line.
    #[error("the cabinet of {id} is on {line} (transport {}), and that is not emulated", line.transport())]
    Line {
        /// Whose.
        id: String,
        /// The way to it.
        line: Line,
    },
    /// A cabinet reached by TLS.
    #[error("the cabinet of {0} is reached by TLS: give its certificate, its key, and the authority of the clients")]
    Certificates(String),
    /// The machine.
    #[error("the machine gives no runtime: {0}")]
    Machine(#[from] io::Error),
}

/// Serves the cabinets of a plant until it is told to stop, or the end of its time; gives the last glance. `tell` hears one when all
/// cabinets listen, and every ten seconds from then on, and of every fault. `security` is for cabinets that are reached by TLS.
///
/// # Errors
/// When an address can not be bound.
pub fn emulate(
    network: &Network,
    rig: &Rig,
    pace: Pace,
    security: Option<&TlsServer>,
    faulty: Faulty,
    clock: &Arc<dyn Clock>,
    tell: &mut dyn FnMut(&Told),
) -> Result<Glance, EmulateProblem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Interrupts::listen(&pace.until)?;
        let (_servers, mut injector) = servers(network, rig, security, faulty, clock).await?;
        let last = drive(rig, &pace, &**clock, &mut signals, &mut injector, tell).await;
        tell(&Told::Struck(injector.struck()));
        Ok(last)
    })
}

async fn drive(
    rig: &Rig,
    pace: &Pace,
    clock: &dyn Clock,
    signals: &mut Interrupts,
    injector: &mut Injector,
    tell: &mut dyn FnMut(&Told),
) -> Glance {
    let scale = f64::from(pace.scale);
    let mut tick = interval(STEP / (LOOKS * pace.scale.max(1)));
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let begun = clock.elapsed();
    let (mut reached, mut next_glance, mut violations) = (0.0_f64, 0.0, 0);
    loop {
        let told = tokio::select! {
            biased;
            () = signals.next() => true,
            _ = tick.tick() => false,
        };
        let wall = clock.elapsed().saturating_sub(begun).as_secs_f64();
        // Never ahead of time: the last whole step that is due.
        let due = (wall * scale / STEP.as_secs_f64()).floor() * STEP.as_secs_f64();
        reached = due.min(reached + MOST_AT_ONCE_S * scale);
        rig.advance_to_time(f64::from(pace.from_s) + reached);
        for notice in injector.advance(rig, Duration::from_secs_f64(wall)) {
            tell(&Told::Fault(notice));
        }
        violations += rig.violations().len();
        let over = told || pace.seconds.is_some_and(|most| wall >= f64::from(most));
        if over || wall >= next_glance {
            let glance = glance(rig, pace.from_s + reached as u32, violations);
            if over {
                return glance;
            }
            tell(&Told::Glance(glance));
            next_glance += GLANCE_EVERY_S;
        }
    }
}

fn glance(rig: &Rig, second_of_day: u32, violations: usize) -> Glance {
    let (vehicles, modes) = rig.look();
    let count = |mode: Mode| modes.iter().filter(|m| **m == mode).count();
    let (centre, local) = (count(Mode::Centre), count(Mode::Local));
    Glance { second_of_day, vehicles, centre, local, other: modes.len() - centre - local, violations }
}

/// A cabinet behind an address: its place in the network, its unit, itself.
type Member = (usize, u8, SharedDevice);

/// One server a line; cabinets that share one are told apart by their unit.
async fn servers(
    network: &Network,
    rig: &Rig,
    security: Option<&TlsServer>,
    faulty: Faulty,
    clock: &Arc<dyn Clock>,
) -> Result<(Vec<TcpServer>, Injector), EmulateProblem> {
    let mut gateways = BTreeMap::<&Line, (SocketAddr, Serving, Vec<Member>)>::new();
    for ((index, at), (device, unit)) in network.intersections().iter().enumerate().zip(rig.devices()) {
        let line = &at.cabinet.line;
        let (address, serving) = match line {
            Line::Tcp { address } => (*address, Serving::default()),
            Line::RtuOverTcp { address } => (*address, Serving { framing: Framing::Rtu, ..Serving::default() }),
            Line::Tls { address } => {
                let security = security.ok_or_else(|| EmulateProblem::Certificates(at.id.clone()))?;
                (*address, Serving { security: Some(security.clone()), ..Serving::default() })
            }
            Line::Serial { .. } => return Err(EmulateProblem::Line { id: at.id.clone(), line: line.clone() }),
        };
        gateways.entry(line).or_insert_with(|| (address, serving, Vec::new())).2.push((index, unit, device));
    }
    let (mut servers, mut targets, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for ((address, serving, units), seed) in gateways.into_values().zip(faulty.seed..) {
        let faults = LineFaults::new(&address.to_string(), seed, clock.clone());
        for &(index, unit, _) in &units {
            let id = network.intersections()[index].id.clone();
            targets.push(Target { index: IntersectionIndex(index), id, unit, line: lines.len() });
        }
        let serving = Serving { faults: Some(faults.clone()), ..serving };
        let units = units.into_iter().map(|(_, unit, device)| (unit, device)).collect();
        let served = TcpServer::serve_as(address, Arc::new(Gateway { units }), serving).await;
        servers.push(served.map_err(|source| EmulateProblem::Address { address, source })?);
        lines.push(faults);
    }
    targets.sort_by_key(|t| t.index);
    Ok((servers, Injector::new(faulty.faults, targets, lines)))
}

/// Gateway path unavailable: there is no such unit behind this address.
const NO_SUCH_UNIT: u8 = 11;

struct Gateway {
    units: Vec<(u8, SharedDevice)>,
}

impl Gateway {
    fn device(&self, unit: u8) -> Result<&SharedDevice, u8> {
        self.units.iter().find(|(u, _)| *u == unit).map(|(_, device)| device).ok_or(NO_SUCH_UNIT)
    }
}

impl Device for Gateway {
    fn read(&self, unit: u8, table: RegisterTable, address: u16, count: u16) -> Result<Vec<u16>, u8> {
        self.device(unit)?.read(unit, table, address, count)
    }

    fn write(&self, unit: u8, address: u16, words: &[u16]) -> Result<(), u8> {
        self.device(unit)?.write(unit, address, words)
    }
}
