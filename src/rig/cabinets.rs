//! Cabinets without a street: signals, registers, clocks and conflict monitors, for work on the field link alone (a campaign of
//! faults, thousands of cabinets), where vehicles would only cost time.
//!
//! Every channel counts a vehicle now and then, so that counters move as they do on a street.

use super::layout::registers;
use super::plant::{RigProblem, monitor};
use super::translate;
use crate::bus::{Device, SharedDevice};
use crate::corridor::profile::RegisterTable;
use crate::corridor::{IntersectionIndex, Network};
use crate::units::Moment;
use greenwave_sim::cabinet::{Cabinet, Fault, MAX_CHANNELS};
use greenwave_sim::monitor::{Monitor, Violation};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Between two vehicles of a channel, 0.1 s, for the first channel; each further one a little more.
const HEADWAY: i64 = 60;
/// Seconds a vehicle occupies a loop.
const OCCUPIED_S: f64 = 0.6;

/// Cabinets without a street.
#[derive(Clone)]
pub struct Cabinets {
    units: Vec<Arc<Mutex<Unit>>>,
    numbers: Vec<u8>,
    begun: Moment,
}

/// One cabinet, and who watches it.
struct Unit {
    number: u8,
    cabinet: Cabinet,
    monitor: Monitor,
    channels: usize,
    now: Moment,
    /// The next write is cut off after so many words, by a power cut.
    cut: Option<usize>,
}

impl Cabinets {
    /// The cabinets of a network, switched on at a moment with their own plans running.
    ///
    /// # Errors
    /// When the plant refuses a cabinet.
    pub fn new(network: &Network, from: Moment) -> Result<Cabinets, RigProblem> {
        Self::of(network, 0..network.intersections().len(), from)
    }

    /// Only some of them; the first of these has index 0 here.
    ///
    /// # Errors
    /// When the plant refuses a cabinet.
    pub fn of(network: &Network, some: Range<usize>, from: Moment) -> Result<Cabinets, RigProblem> {
        let all = &network.intersections()[some];
        let unit = |at| {
            let spec = translate::cabinet(network, at, &[], from);
            let channels = spec.detectors;
            let cabinet = Cabinet::new(spec, from.count())?;
            let monitor = Monitor::new(monitor(at, &[]), from.count());
            Ok(Arc::new(Mutex::new(Unit { number: at.cabinet.unit, cabinet, monitor, channels, now: from, cut: None })))
        };
        let units = all.iter().map(unit).collect::<Result<_, RigProblem>>()?;
        let numbers = all.iter().map(|at| at.cabinet.unit).collect();
        Ok(Cabinets { units, numbers, begun: from })
    }

    /// Brings every cabinet to a moment.
    pub fn advance(&self, to: Moment) {
        for unit in &self.units {
            lock(unit).advance(self.begun, to);
        }
    }

    /// The cabinets as devices, in network order, each with its unit id.
    pub fn devices(&self) -> Vec<(SharedDevice, u8)> {
        let device = |(unit, &number): (&Arc<Mutex<Unit>>, &u8)| (Arc::new(Port(unit.clone())) as SharedDevice, number);
        self.units.iter().zip(&self.numbers).map(device).collect()
    }

    /// Looks at a cabinet from the inside, as no centre can.
    pub fn look<T>(&self, index: IntersectionIndex, look: impl FnOnce(&Cabinet) -> T) -> T {
        look(&lock(&self.units[index.0]).cabinet)
    }

    /// Does something to a cabinet that a centre can not.
    pub fn harm<T>(&self, index: IntersectionIndex, harm: impl FnOnce(&mut Cabinet) -> T) -> T {
        harm(&mut lock(&self.units[index.0]).cabinet)
    }

    /// Power will fail in the midst of the cabinet's next write, after so many words of it.
    pub fn cut_next_write(&self, index: IntersectionIndex, after: usize) {
        lock(&self.units[index.0]).cut = Some(after);
    }

    /// Spares it the power cut, if no write came.
    pub fn spare_next_write(&self, index: IntersectionIndex) {
        lock(&self.units[index.0]).cut = None;
    }

    /// Yellow flash as after a conflict, or its end.
    pub fn flash(&self, index: IntersectionIndex, on: bool) {
        self.harm(index, |cabinet| cabinet.set_flash(on, Fault::Conflict));
    }

    /// Generation and words of the centre's plan that runs, as they lie in the cabinet's memory; `None` while its own does.
    pub fn runs(&self, index: IntersectionIndex) -> Option<(u32, Vec<u16>)> {
        self.look(index, |cabinet| Some((cabinet.running_generation()?, cabinet.running_block()?.to_vec())))
    }

    /// Whether a centre plan runs or waits for its activation.
    pub fn obeys(&self, index: IntersectionIndex) -> bool {
        self.look(index, |cabinet| cabinet.running_generation().is_some() || cabinet.pending_generation().is_some())
    }

    /// What the conflict monitors have seen since they were last asked.
    pub fn violations(&self) -> Vec<(IntersectionIndex, Violation)> {
        let all = self.units.iter().enumerate();
        let seen = |unit: &Arc<Mutex<Unit>>| {
            let mut unit = lock(unit);
            let now = unit.now.count();
            unit.monitor.violations(now)
        };
        all.flat_map(|(k, unit)| seen(unit).into_iter().map(move |v| (IntersectionIndex(k), v))).collect()
    }
}

fn lock(unit: &Mutex<Unit>) -> MutexGuard<'_, Unit> {
    // A cabinet whose holder panicked is as it was left; whoever panicked has told.
    unit.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Unit {
    fn advance(&mut self, begun: Moment, to: Moment) {
        let since = to.count() - begun.count();
        let mut counters = [(0, 0.0); MAX_CHANNELS];
        for (channel, counter) in counters.iter_mut().enumerate().take(self.channels) {
            let vehicles = since.max(0) / (HEADWAY + 7 * channel as i64);
            *counter = (vehicles as u32, vehicles as f64 * OCCUPIED_S);
        }
        self.cabinet.advance(to.count(), &counters[..self.channels.min(MAX_CHANNELS)]);
        for change in self.cabinet.lamp_changes() {
            self.monitor.observe(change.at, change.phase, change.lamp);
        }
        self.now = to;
    }
}

/// One cabinet's Modbus port.
struct Port(Arc<Mutex<Unit>>);

/// Gateway target device failed to respond: no such unit behind this port.
const NO_SUCH_UNIT: u8 = 11;

impl Port {
    fn unit(&self, number: u8) -> Result<MutexGuard<'_, Unit>, u8> {
        let unit = lock(&self.0);
        if unit.number == number { Ok(unit) } else { Err(NO_SUCH_UNIT) }
    }
}

impl Device for Port {
    fn read(&self, unit: u8, table: RegisterTable, address: u16, count: u16) -> Result<Vec<u16>, u8> {
        self.unit(unit)?.cabinet.read_from(registers(table), address, count).map_err(|e| e.code())
    }

    fn write(&self, unit: u8, address: u16, words: &[u16]) -> Result<(), u8> {
        let mut unit = self.unit(unit)?;
        match unit.cut.take() {
            None => unit.cabinet.write(address, words),
            Some(after) => unit.cabinet.write_torn(address, words, after, true),
        }
        .map_err(|e| e.code())
    }
}
