//! The whole plant: street, cabinets and their monitors, advanced together.
//!
//! Knows: which lamp and which loop belongs to which cabinet. Must not know: who writes the registers, or why.
//!
//! ```text
//!  registers ─► cabinets ─► lamps ─► traffic ─► loops ─► cabinets' counters, calls ─► registers
//!                   │                    └─► people at kerbs ─► buttons ─► cabinets
//!                   └────► lamp changes ─► monitors ─► violations
//! ```
//! Within a step the cabinets go first, on the loops as they stand; the traffic then drives for the whole step under the
//! lamps as they are at its beginning (at most half a second old, a driver's reaction is longer).

use std::sync::Arc;

use crate::cabinet::{Cabinet, CabinetSpec, Exception, Registers, SpecError, Tenths};
use crate::coming::Coming;
use crate::measure::{Measures, Window};
use crate::monitor::{Monitor, MonitorSpec, Violation};
use crate::scene::Staged;
use crate::signal::Lamp;
use crate::street::Street;
use crate::traffic::Traffic;

/// One signalised intersection of the plant.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The cabinet.
    pub cabinet: CabinetSpec,
    /// The conflict monitor's own tables.
    pub monitor: MonitorSpec,
    /// Loop of each detector channel, index into the street's loops; `None` = the channel is not connected.
    pub channels: Vec<Option<usize>>,
}

/// Street, cabinets and monitors.
#[derive(Debug, Clone)]
pub struct World {
    traffic: Traffic,
    cabinets: Vec<Cabinet>,
    monitors: Vec<Monitor>,
    channels: Vec<Vec<Option<usize>>>,
    midnight: Tenths,
    lamps: Vec<Lamp>,
    history: Option<Vec<Shown>>,
}

/// What a signal group shows from some moment on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// From when, s of the day.
    pub at_s: f64,
    /// The signal group of the street.
    pub group: usize,
    /// What it shows.
    pub lamp: Lamp,
}

impl World {
    /// A plant at `window.start_s` of the day whose local midnight is at `midnight` (0.1 s since the Unix epoch UTC). Lamps
    /// of the street are the cabinets' phases in order.
    ///
    /// # Errors
    /// When an installation is impossible.
    pub fn new(
        street: Arc<Street>,
        coming: impl Into<Coming>,
        seed: u64,
        window: Window,
        installations: Vec<Installation>,
        midnight: Tenths,
    ) -> Result<World, SpecError> {
        let now = at(midnight, window.start_s);
        let mut world = World {
            traffic: Traffic::new(street, coming, seed, window),
            cabinets: Vec::with_capacity(installations.len()),
            monitors: Vec::with_capacity(installations.len()),
            channels: Vec::with_capacity(installations.len()),
            midnight,
            lamps: Vec::new(),
            history: None,
        };
        for installation in installations {
            world.cabinets.push(Cabinet::new(installation.cabinet, now)?);
            world.monitors.push(Monitor::new(installation.monitor, now));
            world.channels.push(installation.channels);
        }
        world.signals(now);
        Ok(world)
    }

    /// Seconds of the day.
    pub fn now_s(&self) -> f64 {
        self.traffic.now_s()
    }

    /// True time, 0.1 s since the Unix epoch UTC.
    pub fn now(&self) -> Tenths {
        at(self.midnight, self.now_s())
    }

    /// Drives on until a second of the day is reached or passed.
    pub fn advance_to(&mut self, second_of_day: f64) {
        while self.now_s() < second_of_day {
            self.traffic.step(&self.lamps);
            self.signals(at(self.midnight, self.traffic.now_s()));
        }
    }

    /// FC03 of a cabinet, or FC04 by the table.
    ///
    /// # Errors
    /// The exception it answers with.
    pub fn read(&self, cabinet: usize, table: Registers, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        self.cabinets[cabinet].read_from(table, address, count)
    }

    /// FC16 of a cabinet.
    ///
    /// # Errors
    /// The exception it answers with.
    pub fn write(&mut self, cabinet: usize, address: u16, words: &[u16]) -> Result<(), Exception> {
        self.cabinets[cabinet].write(address, words)
    }

    /// The cabinets, in the order of their installation.
    pub fn cabinets(&self) -> &[Cabinet] {
        &self.cabinets
    }

    /// One cabinet, to switch faults on.
    pub fn cabinet_mut(&mut self, cabinet: usize) -> &mut Cabinet {
        &mut self.cabinets[cabinet]
    }

    /// The traffic.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// The traffic, to switch a recorder on.
    pub fn traffic_mut(&mut self) -> &mut Traffic {
        &mut self.traffic
    }

    /// Records what every signal group shows from now on, beginning with what it shows now.
    pub fn record_lamps(&mut self) {
        let at_s = self.now_s();
        let now = self.lamps.iter().enumerate().map(|(group, &lamp)| Shown { at_s, group, lamp });
        self.history = Some(now.collect());
    }

    /// Takes what was recorded of the lamps, in order of time by signal group, leaving the recorder empty.
    pub fn take_lamps(&mut self) -> Vec<Shown> {
        self.history.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Has a scene happen from now on.
    pub fn stage(&mut self, scene: Staged) {
        self.traffic.stage(scene);
    }

    /// Whether all demand has been served.
    pub fn idle(&self) -> bool {
        self.traffic.idle()
    }

    /// What the monitors have seen so far, by cabinet.
    pub fn violations(&mut self) -> Vec<(usize, Violation)> {
        let now = self.now();
        let all = self.monitors.iter_mut().enumerate();
        all.flat_map(|(k, monitor)| monitor.violations(now).into_iter().map(move |v| (k, v))).collect()
    }

    /// Ends the run.
    pub fn finish(self) -> Measures {
        self.traffic.finish()
    }

    fn signals(&mut self, now: Tenths) {
        let loops = self.traffic.loops();
        // Whoever waits has pressed the button, where there is one.
        let mut groups = 0;
        for cabinet in &mut self.cabinets {
            let phases = cabinet.spec().phases.len();
            let calls = self.traffic.calls().iter().skip(groups).take(phases);
            calls.enumerate().filter(|(_, waits)| **waits).for_each(|(phase, _)| cabinet.press(phase));
            groups += phases;
        }
        self.lamps.clear();
        for ((cabinet, monitor), channels) in self.cabinets.iter_mut().zip(&mut self.monitors).zip(&self.channels) {
            let mut counters = [(0, 0.0); crate::cabinet::MAX_CHANNELS];
            for (counter, site) in counters.iter_mut().zip(channels) {
                if let Some(state) = site.and_then(|s| loops.get(s)) {
                    *counter = (state.count, state.occupied_s);
                }
            }
            cabinet.advance(now, &counters[..channels.len().min(counters.len())]);
            for change in cabinet.lamp_changes() {
                monitor.observe(change.at, change.phase, change.lamp);
                if let Some(history) = &mut self.history {
                    let at_s = (change.at - self.midnight) as f64 / 10.0;
                    history.push(Shown { at_s, group: self.lamps.len() + change.phase, lamp: change.lamp });
                }
            }
            self.lamps.extend_from_slice(cabinet.lamps());
        }
    }
}

/// True time of a second of the day, to the nearest tenth.
fn at(midnight: Tenths, second_of_day: f64) -> Tenths {
    midnight + (second_of_day * 10.0).round() as Tenths
}
