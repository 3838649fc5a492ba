//! What goes wrong on a line, on purpose: faults a server does to its cabinet's frames and connections.
//!
//! Whoever holds the handle switches faults on and off while the server runs: for good, with a probability, or for the next few
//! requests. Chance comes from a seed. What struck is counted and listed, so that a test can hold it against a journal.

use crate::clock::Clock;
use crate::units::Moment;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Entries of the list that are kept; older ones are forgotten, their count is not.
const MOST_LISTED: usize = 1_000_000;

/// Something that goes wrong on a line. What says "carried out" reaches the device; the others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFault {
    /// The answer takes its time, and up to so much more; all that follows waits. Goes together with any other fault.
    Latency(Duration, Duration),
    /// The request is swallowed.
    Silence,
    /// Carried out, but the answer is swallowed.
    Lost,
    /// The device says no, with this code.
    Exception(u8),
    /// Carried out; half an answer, then the connection is reset.
    Reset,
    /// Carried out; half an answer, then nothing.
    Truncate,
    /// Carried out; a bit of the answer's head, function, count or address is another.
    Corrupt,
    /// Carried out; the answer bears another transaction id (in RTU, which has none: its check is wrong).
    WrongTransaction,
    /// Carried out; another unit answers.
    WrongUnit,
    /// Carried out; another function is answered.
    WrongFunction,
    /// Carried out; a register more is answered than was asked for.
    WrongCount,
    /// Carried out; the answer comes twice.
    Duplicate,
    /// Carried out; the answer comes so much later, on top of whatever is said then.
    Late(Duration),
    /// A write is carried out, and once more so much later, as a store-and-forward modem does.
    Redeliver(Duration),
    /// A write arrives so much later; nobody answers it.
    DeliverLate(Duration),
    /// Connections are accepted, and nothing that is said on them is ever read or answered.
    BlackHole,
    /// Connections are refused; those that stand go on.
    Refuse,
    /// All connections end at once.
    Drop,
}

impl LineFault {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            LineFault::Latency(..) => "latency",
            LineFault::Silence => "silence",
            LineFault::Lost => "lost",
            LineFault::Exception(_) => "exception",
            LineFault::Reset => "reset",
            LineFault::Truncate => "truncate",
            LineFault::Corrupt => "corrupt",
            LineFault::WrongTransaction => "wrong-transaction",
            LineFault::WrongUnit => "wrong-unit",
            LineFault::WrongFunction => "wrong-function",
            LineFault::WrongCount => "wrong-count",
            LineFault::Duplicate => "duplicate",
            LineFault::Late(_) => "late",
            LineFault::Redeliver(_) => "redeliver",
            LineFault::DeliverLate(_) => "deliver-late",
            LineFault::BlackHole => "black-hole",
            LineFault::Refuse => "refuse",
            LineFault::Drop => "drop",
        }
    }

    /// Whether it is about connections; all others are about single requests.
    fn is_state(self) -> bool {
        matches!(self, LineFault::BlackHole | LineFault::Refuse | LineFault::Drop)
    }

    fn writes_only(self) -> bool {
        matches!(self, LineFault::Redeliver(_) | LineFault::DeliverLate(_))
    }
}

/// A fault that struck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Struck {
    /// The line, as it was named to [`LineFaults::new`].
    pub cabinet: Arc<str>,
    /// The unit asked; 0 where it struck connections.
    pub unit: u8,
    /// Whether it struck a write.
    pub write: bool,
    /// What.
    pub fault: LineFault,
    /// When, by the clock handed over.
    pub at: Moment,
}

/// The faults of one server, shared by whoever switches them and the server that suffers them.
#[derive(Clone)]
pub struct LineFaults(Arc<Shared>);

struct Shared {
    cabinet: Arc<str>,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    state: watch::Sender<State>,
}

/// What connections must know at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Grows with every end of all connections.
    pub(super) drops: u64,
    pub(super) black_hole: bool,
    pub(super) refuse: bool,
}

struct Inner {
    chance: Pcg64Mcg,
    rules: Vec<Rule>,
    struck: VecDeque<Struck>,
    counts: BTreeMap<&'static str, u64>,
}

/// How often a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Often {
    Share(f64),
    Next(u32),
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    fault: LineFault,
    unit: Option<u8>,
    often: Often,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Strike {
    pub(super) delay: Duration,
    pub(super) fault: Option<LineFault>,
    /// A draw, for faults that need one.
    pub(super) roll: u64,
}

impl LineFaults {
    /// No faults yet, on the line of this name.
    pub fn new(cabinet: &str, seed: u64, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            chance: Pcg64Mcg::seed_from_u64(seed),
            rules: Vec::new(),
            struck: VecDeque::new(),
            counts: BTreeMap::new(),
        };
        let state = watch::Sender::new(State::default());
        LineFaults(Arc::new(Shared { cabinet: cabinet.into(), clock, inner: Mutex::new(inner), state }))
    }

    /// On, for every request, or for all connections.
    pub fn on(&self, fault: LineFault) {
        self.share(fault, None, 1.0);
    }

    /// On for a share of requests (0 to 1), of one unit or all. Faults of connections know no share.
    pub fn share(&self, fault: LineFault, unit: Option<u8>, share: f64) {
        self.rule(Rule { fault, unit, often: Often::Share(share) });
    }

    /// On for the next requests it can strike, of one unit or all.
    pub fn next(&self, fault: LineFault, unit: Option<u8>, requests: u32) {
        self.rule(Rule { fault, unit, often: Often::Next(requests) });
    }

    /// All off.
    pub fn clear(&self) {
        self.inner().rules.clear();
        self.0.state.send_modify(|s| (s.black_hole, s.refuse) = (false, false));
    }

    /// What struck since it was last asked.
    pub fn take_struck(&self) -> Vec<Struck> {
        self.inner().struck.drain(..).collect()
    }

    /// How often each fault struck, by its name, since the beginning.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.inner().counts.clone()
    }

    fn rule(&self, rule: Rule) {
        match rule.fault {
            LineFault::BlackHole => self.0.state.send_modify(|s| s.black_hole = true),
            LineFault::Refuse => self.0.state.send_modify(|s| s.refuse = true),
            LineFault::Drop => self.0.state.send_modify(|s| s.drops += 1),
            _ => self.inner().rules.push(rule),
        }
        if rule.fault.is_state() {
            self.strike(0, false, rule.fault);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> watch::Receiver<State> {
        self.0.state.subscribe()
    }

    /// Decides the fate of a request. Every rule draws, whether or not an earlier one strikes, so that one fault more does not
    /// change when the others do.
    pub(super) fn fate(&self, unit: u8, write: bool) -> Strike {
        let mut inner = self.inner();
        let Inner { chance, rules, .. } = &mut *inner;
        let mut strike = Strike::default();
        let mut all = Vec::new();
        for rule in rules.iter_mut() {
            let draw: f64 = chance.random();
            let meant = rule.unit.is_none_or(|u| u == unit) && (write || !rule.fault.writes_only());
            let strikes = meant
                && match &mut rule.often {
                    Often::Share(share) => draw < *share,
                    Often::Next(left) => *left > 0,
                };
            if !strikes {
                continue;
            }
            match rule.fault {
                LineFault::Latency(fixed, jitter) => {
                    strike.delay += fixed + jitter.mul_f64(chance.random());
                }
                fault if strike.fault.is_none() => strike.fault = Some(fault),
                _ => continue,
            }
            if let Often::Next(left) = &mut rule.often {
                *left -= 1;
            }
            all.push(rule.fault);
        }
        rules.retain(|rule| rule.often != Often::Next(0));
        strike.roll = if strike.fault.is_some() { chance.random() } else { 0 };
        drop(inner);
        all.into_iter().for_each(|fault| self.strike(unit, write, fault));
        strike
    }

    fn strike(&self, unit: u8, write: bool, fault: LineFault) {
        let struck = Struck { cabinet: self.0.cabinet.clone(), unit, write, fault, at: self.0.clock.utc() };
        let mut inner = self.inner();
        *inner.counts.entry(fault.name()).or_default() += 1;
        if inner.struck.len() == MOST_LISTED {
            inner.struck.pop_front();
        }
        inner.struck.push_back(struck);
    }
}

impl fmt::Debug for LineFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineFaults").field("cabinet", &self.0.cabinet).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    fn faults(seed: u64) -> LineFaults {
        LineFaults::new("t1", seed, Arc::new(SystemClock::new()))
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests() {
        let run = |seed: u64, more: bool| -> Vec<bool> {
            let faults = faults(seed);
            if more {
                faults.share(LineFault::Late(Duration::ZERO), Some(9), 1.0);
            }
            faults.share(LineFault::Silence, None, 0.3);
            (0..200).map(|_| faults.fate(1, false).fault.is_some()).collect()
        };
        assert_eq!(run(7, false), run(7, false));
        assert_ne!(run(7, false), run(8, false));
        let hits = run(7, false).iter().filter(|h| **h).count();
        assert!((40..80).contains(&hits), "{hits}");
        assert_eq!(run(7, true).len(), 200);
    }

    #[test]
    fn what_strikes_is_listed_and_ends_when_it_is_used_up() {
        let faults = faults(1);
        faults.next(LineFault::Exception(6), Some(2), 2);
        faults.next(LineFault::Redeliver(Duration::ZERO), None, 1);
        faults.on(LineFault::Latency(Duration::from_millis(5), Duration::ZERO));
        let fates: Vec<_> = [(1, false), (2, false), (2, true), (2, true)]
            .map(|(unit, write)| faults.fate(unit, write))
            .into_iter()
            .map(|s| (s.fault, s.delay.as_millis()))
            .collect();
        let no = Some(LineFault::Exception(6));
        let again = Some(LineFault::Redeliver(Duration::ZERO));
        assert_eq!(fates, [(None, 5), (no, 5), (no, 5), (again, 5)]);
        let counts: Vec<_> = faults.counts().into_iter().collect();
        assert_eq!(counts, [("exception", 2), ("latency", 4), ("redeliver", 1)]);
        let struck = faults.take_struck();
        assert_eq!(struck.len(), 7);
        assert_eq!((&*struck[1].cabinet, struck[1].unit, struck[1].fault.name()), ("t1", 2, "exception"));
        assert!(faults.take_struck().is_empty());
        faults.clear();
        assert_eq!(faults.fate(2, true).fault, None);
    }
}
