//! What goes wrong on purpose: faults of lines and of cabinets by one name, read from a line of text, switched on and off by time.
//!
//! ```text
//!  t1: silence from 60 s for 30 s          *: latency 200 ms share 10 %          t2: stuck-register 22 9 from 1 min
//!  |   |       |         |
//!  |   kind    begins    lasts (without: to the end; kinds that are over at once take none)
//!  cabinet, or * for each
//! ```
//!
//! Knows: the kinds, both ways of striking. Must not know: what a centre makes of them.

use super::plant::Rig;
use crate::bus::{LineFault, LineFaults};
use crate::corridor::{IntersectionIndex, Network};
use crate::units::Shift;
use greenwave_sim::cabinet::{self, Cabinet, Lie};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A fault of a cabinet's insides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CabinetFault {
    /// No power: dark, memory lost, nobody answers; it starts up afterwards.
    PowerOff,
    /// A short power cut.
    Reboot,
    /// Power fails in the midst of the next write, after so many words of it.
    TornWrite(usize),
    /// A person at the panel holds a green.
    Manual,
    /// Somebody else's priority holds a green.
    Preempt,
    /// Yellow flash, with a latched conflict.
    Flash,
    /// The staging area reads as it lay when this began.
    LyingReadBack,
    /// A register reads a fixed value: address, value.
    StuckRegister(u16, u16),
    /// The clock runs too fast, parts per million.
    Drift(i32),
    /// The clock shows another time at once.
    ClockStep(Shift),
    /// Detector counters begin at 0; `true`: the restart counter says so.
    LostCounters(bool),
    /// A detector channel (from 1) stands still.
    DetectorDead(u8),
    /// It is always occupied.
    DetectorStuck(u8),
    /// It counts so many vehicles a second.
    DetectorChatter(u8, u32),
}

impl CabinetFault {
    /// Whether it is over as soon as it has begun.
    fn at_once(self) -> bool {
        matches!(
            self,
            CabinetFault::Reboot
                | CabinetFault::TornWrite(_)
                | CabinetFault::ClockStep(_)
                | CabinetFault::LostCounters(_)
        )
    }

    /// Does it to a cabinet.
    pub fn begin(self, at: &mut Cabinet) {
        let channel = |channel: u8| usize::from(channel.saturating_sub(1));
        match self {
            CabinetFault::PowerOff => at.power_off(),
            CabinetFault::Reboot => at.reboot(),
            CabinetFault::TornWrite(after) => at.cut_next_write(Some(after)),
            CabinetFault::Manual => at.set_manual(true),
            CabinetFault::Preempt => at.set_preempt(true),
            CabinetFault::Flash => at.set_flash(true, cabinet::Fault::Conflict),
            CabinetFault::LyingReadBack => at.lie_about_staged(true),
            CabinetFault::StuckRegister(register, value) => at.stick(register, Some(value)),
            CabinetFault::Drift(ppm) => at.set_drift(ppm),
            CabinetFault::ClockStep(by) => at.step_clock(by.count()),
            CabinetFault::LostCounters(counted) => at.lose_counters(counted),
            CabinetFault::DetectorDead(k) => at.lie_about_channel(channel(k), Some(Lie::Dead)),
            CabinetFault::DetectorStuck(k) => at.lie_about_channel(channel(k), Some(Lie::Stuck)),
            CabinetFault::DetectorChatter(k, rate) => at.lie_about_channel(channel(k), Some(Lie::Chatter(rate))),
        }
    }

    /// Takes it back, where that is possible.
    pub fn end(self, at: &mut Cabinet) {
        match self {
            CabinetFault::PowerOff => at.power_on(),
            CabinetFault::TornWrite(_) => at.cut_next_write(None),
            CabinetFault::Manual => at.set_manual(false),
            CabinetFault::Preempt => at.set_preempt(false),
            CabinetFault::Flash => at.set_flash(false, cabinet::Fault::None),
            CabinetFault::LyingReadBack => at.lie_about_staged(false),
            CabinetFault::StuckRegister(register, _) => at.stick(register, None),
            CabinetFault::Drift(_) => at.set_drift(0),
            CabinetFault::DetectorDead(k) | CabinetFault::DetectorStuck(k) | CabinetFault::DetectorChatter(k, _) => {
                at.lie_about_channel(usize::from(k.saturating_sub(1)), None);
            }
            CabinetFault::Reboot | CabinetFault::ClockStep(_) | CabinetFault::LostCounters(_) => {}
        }
    }
}

/// A fault of either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Of frames and connections.
    Line(LineFault),
    /// Of the cabinet.
    Cabinet(CabinetFault),
}

/// What a kind takes beside its name.
#[derive(Clone, Copy)]
enum Takes {
    Nothing(Fault),
    Duration(fn(Duration) -> Fault),
    Number(u32, fn(u32) -> Fault),
    Signed(i32, fn(i32) -> Fault),
    Two(u32, u32, fn(u32, u32) -> Fault),
    Counted,
}

const fn line(fault: LineFault) -> Takes {
    Takes::Nothing(Fault::Line(fault))
}

const fn inside(fault: CabinetFault) -> Takes {
    Takes::Nothing(Fault::Cabinet(fault))
}

/// All kinds: name, what it takes, what it takes in words, what happens.
const KINDS: &[(&str, Takes, &str, &str)] = &[
    ("latency", Takes::Duration(|d| Fault::Line(LineFault::Latency(d, d))), "TIME", "answers take TIME to twice TIME"),
    ("silence", line(LineFault::Silence), "", "requests are swallowed"),
    ("lost", line(LineFault::Lost), "", "requests are carried out, answers swallowed"),
    (
        "exception",
        Takes::Number(255, |n| Fault::Line(LineFault::Exception(n as u8))),
        "CODE",
        "the device says no, with a Modbus exception code",
    ),
    ("reset", line(LineFault::Reset), "", "half an answer, then the connection is reset"),
    ("truncate", line(LineFault::Truncate), "", "half an answer, then nothing"),
    ("corrupt", line(LineFault::Corrupt), "", "a bit of the answer is another"),
    ("wrong-transaction", line(LineFault::WrongTransaction), "", "the answer bears another transaction id"),
    ("wrong-unit", line(LineFault::WrongUnit), "", "another unit answers"),
    ("wrong-function", line(LineFault::WrongFunction), "", "another function is answered"),
    ("wrong-count", line(LineFault::WrongCount), "", "a register more is answered than was asked for"),
    ("duplicate", line(LineFault::Duplicate), "", "the answer comes twice"),
    ("late", Takes::Duration(|d| Fault::Line(LineFault::Late(d))), "TIME", "the answer comes TIME later"),
    (
        "redeliver",
        Takes::Duration(|d| Fault::Line(LineFault::Redeliver(d))),
        "TIME",
        "a write is carried out again TIME later",
    ),
    (
        "deliver-late",
        Takes::Duration(|d| Fault::Line(LineFault::DeliverLate(d))),
        "TIME",
        "a write arrives TIME later, unanswered",
    ),
    ("black-hole", line(LineFault::BlackHole), "", "connections are accepted, nothing is answered"),
    ("refuse", line(LineFault::Refuse), "", "new connections are refused"),
    ("drop", line(LineFault::Drop), "", "all connections end at once"),
    ("power-off", inside(CabinetFault::PowerOff), "", "no power; it starts up afterwards"),
    ("reboot", inside(CabinetFault::Reboot), "", "a short power cut"),
    (
        "torn-write",
        Takes::Number(123, |n| Fault::Cabinet(CabinetFault::TornWrite(n as usize))),
        "WORDS",
        "power fails in the midst of the next write, after so many words",
    ),
    ("manual", inside(CabinetFault::Manual), "", "a person at the panel holds a green"),
    ("preempt", inside(CabinetFault::Preempt), "", "somebody else's priority holds a green"),
    ("flash", inside(CabinetFault::Flash), "", "yellow flash, with a latched conflict"),
    ("lying-read-back", inside(CabinetFault::LyingReadBack), "", "the staging area reads as it lay when this began"),
    (
        "stuck-register",
        Takes::Two(65_535, 65_535, |a, v| Fault::Cabinet(CabinetFault::StuckRegister(a as u16, v as u16))),
        "ADDRESS VALUE",
        "a register always reads VALUE",
    ),
    (
        "drift",
        Takes::Signed(100_000, |ppm| Fault::Cabinet(CabinetFault::Drift(ppm))),
        "PPM",
        "the clock runs too fast (negative: slow), parts per million",
    ),
    (
        "clock-step",
        Takes::Signed(86_400, |s| Fault::Cabinet(CabinetFault::ClockStep(Shift::new(i64::from(s) * 10)))),
        "SECONDS",
        "the clock jumps",
    ),
    ("lost-counters", Takes::Counted, "[counted]", "detector counters begin at 0; counted: as after a restart"),
    (
        "detector-dead",
        Takes::Number(32, |k| Fault::Cabinet(CabinetFault::DetectorDead(k as u8))),
        "CHANNEL",
        "a detector channel stands still",
    ),
    (
        "detector-stuck",
        Takes::Number(32, |k| Fault::Cabinet(CabinetFault::DetectorStuck(k as u8))),
        "CHANNEL",
        "a detector channel is always occupied",
    ),
    (
        "detector-chatter",
        Takes::Two(32, 100, |k, rate| Fault::Cabinet(CabinetFault::DetectorChatter(k as u8, rate))),
        "CHANNEL PER_SECOND",
        "a detector channel counts vehicles that are not there",
    ),
];

/// The kinds, a line each: for help.
pub fn fault_kinds() -> String {
    let line =
        |&(name, _, takes, about): &(&str, Takes, &str, &str)| format!("  {:34}{about}", format!("{name} {takes}"));
    KINDS.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A fault with its place and time.
#[derive(Debug, Clone, PartialEq)]
pub struct Injection {
    /// Which cabinet; `None` = each.
    pub cabinet: Option<String>,
    /// The kind's name.
    pub kind: &'static str,
    /// What.
    pub fault: Fault,
    /// Of a line's faults: the share of requests, 0 to 1.
    pub share: f64,
    /// When it begins, after the start.
    pub from: Duration,
    /// How long it lasts.
    pub lasts: Option<Duration>,
}

/// A line of text that is no fault: what is wrong with it, and what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fault `{text}`: {rule}. {mend}")]
pub struct FaultText {
    /// As it was written.
    pub text: String,
    /// What is wrong.
    pub rule: String,
    /// What to write.
    pub mend: String,
}

/// Words of a line, one after the other.
struct Words<'a> {
    text: &'a str,
    rest: Vec<&'a str>,
}

impl<'a> Words<'a> {
    fn wrong(&self, rule: impl Into<String>, mend: impl Into<String>) -> FaultText {
        FaultText { text: self.text.to_owned(), rule: rule.into(), mend: mend.into() }
    }

    fn next(&mut self, what: &str) -> Result<&'a str, FaultText> {
        if self.rest.is_empty() {
            return Err(self.wrong(format!("{what} is missing"), "Write it as in `t1: exception 6 from 60 s for 30 s`"));
        }
        Ok(self.rest.remove(0))
    }

    fn take(&mut self, word: &str) -> bool {
        let here = self.rest.first() == Some(&word);
        if here {
            self.rest.remove(0);
        }
        here
    }

    fn number(&mut self, what: &str, least: i64, most: i64) -> Result<i64, FaultText> {
        let word = self.next(what)?;
        let number = word.parse().ok().filter(|n| (least..=most).contains(n));
        number.ok_or_else(|| self.wrong(format!("`{word}` is no {what}"), format!("Write {least} to {most}")))
    }

    fn time(&mut self, what: &str) -> Result<Duration, FaultText> {
        let word = self.next(what)?;
        let digits = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
        let (number, glued) = word.split_at(digits);
        let unit = if glued.is_empty() { self.next(&format!("the unit of {what}"))? } else { glued };
        let scale = [("ms", 0.001), ("s", 1.0), ("min", 60.0), ("h", 3600.0)].into_iter().find(|u| u.0 == unit);
        let value = number.parse::<f64>().ok().filter(|n| n.is_finite());
        let time = value.zip(scale).map(|(n, unit)| n * unit.1).filter(|s| (0.0..=604_800.0).contains(s));
        let wrong = || self.wrong(format!("`{word}` is no {what}"), "Write a number and ms, s, min or h, such as 30 s");
        time.map(Duration::from_secs_f64).ok_or_else(wrong)
    }
}

impl Injection {
    /// Reads a line such as `t1: silence from 60 s for 30 s`.
    ///
    /// # Errors
    /// With what is wrong and what to write.
    pub fn parse(text: &str, network: &Network) -> Result<Injection, FaultText> {
        let mut words = Words { text, rest: Vec::new() };
        let Some((cabinet, rest)) = text.split_once(':') else {
            return Err(words.wrong("no cabinet is named", "Begin with a cabinet's id and a colon, or with `*:`"));
        };
        let cabinet = cabinet.trim();
        if cabinet != "*" && network.find(cabinet).is_none() {
            let ids: Vec<&str> = network.intersections().iter().take(8).map(|i| i.id.as_str()).collect();
            return Err(
                words.wrong(format!("there is no cabinet `{cabinet}`"), format!("The first are {}", ids.join(", ")))
            );
        }
        words.rest = rest.split_whitespace().collect();
        let name = words.next("the kind")?;
        let Some(&(kind, takes, ..)) = KINDS.iter().find(|k| k.0 == name) else {
            let known: Vec<&str> = KINDS.iter().map(|k| k.0).collect();
            return Err(words.wrong(format!("there is no kind `{name}`"), format!("Write one of {}", known.join(", "))));
        };
        let fault = match takes {
            Takes::Nothing(fault) => fault,
            Takes::Duration(make) => make(words.time("time")?),
            Takes::Number(most, make) => make(words.number("number", 1, i64::from(most))? as u32),
            Takes::Signed(most, make) => make(words.number("number", -i64::from(most), i64::from(most))? as i32),
            Takes::Two(a, b, make) => {
                let first = words.number("first number", 0, i64::from(a))?;
                make(first as u32, words.number("second number", 0, i64::from(b))? as u32)
            }
            Takes::Counted => Fault::Cabinet(CabinetFault::LostCounters(words.take("counted"))),
        };
        let mut share = 1.0;
        if words.take("share") {
            share = words.number("share of requests in percent", 1, 100)? as f64 / 100.0;
            words.take("%");
            let single = matches!(fault, Fault::Line(f) if !matches!(f, LineFault::BlackHole | LineFault::Refuse | LineFault::Drop));
            if !single {
                return Err(words.wrong("only faults of requests strike a share of them", "Leave the share out"));
            }
        }
        let from = if words.take("from") { words.time("beginning")? } else { Duration::ZERO };
        let lasts = if words.take("for") { Some(words.time("length")?) } else { None };
        if let Some(word) = words.rest.first() {
            return Err(words.wrong(format!("`{word}` says nothing here"), "After the kind come: share, from, for"));
        }
        let cabinet = (cabinet != "*").then(|| cabinet.to_owned());
        Ok(Injection { cabinet, kind, fault, share, from, lasts })
    }

    fn strikes(&self, target: &Target) -> bool {
        self.cabinet.as_ref().is_none_or(|id| *id == target.id)
    }

    fn at_once(&self) -> bool {
        match self.fault {
            Fault::Line(fault) => fault == LineFault::Drop,
            Fault::Cabinet(fault) => fault.at_once(),
        }
    }
}

/// What is told of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// After the start.
    pub at: Duration,
    /// Whose.
    pub cabinet: String,
    /// The kind's name.
    pub kind: &'static str,
    /// It begins; otherwise it ends.
    pub begins: bool,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.begins { "begins" } else { "ends" };
        write!(f, "fault at {:.1} s, cabinet {}: {} {verb}", self.at.as_secs_f64(), self.cabinet, self.kind)
    }
}

/// Where a cabinet's faults strike.
#[derive(Debug, Clone)]
pub struct Target {
    /// The cabinet.
    pub index: IntersectionIndex,
    /// Its id.
    pub id: String,
    /// Its unit on its line.
    pub unit: u8,
    /// Which of the lines is its; units of one gateway share one.
    pub line: usize,
}

/// Switches faults on and off by time.
#[derive(Debug)]
pub struct Injector {
    plan: Vec<(Injection, Stage)>,
    targets: Vec<Target>,
    lines: Vec<LineFaults>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Ahead,
    On,
    Over,
}

impl Fault {
    /// What it does to the cabinet's line: without power nobody answers.
    fn of_line(self) -> Option<LineFault> {
        match self {
            Fault::Line(fault) => Some(fault),
            Fault::Cabinet(CabinetFault::PowerOff) => Some(LineFault::Silence),
            Fault::Cabinet(_) => None,
        }
    }
}

impl Injector {
    /// Nothing has begun.
    pub fn new(plan: Vec<Injection>, targets: Vec<Target>, lines: Vec<LineFaults>) -> Self {
        Injector { plan: plan.into_iter().map(|i| (i, Stage::Ahead)).collect(), targets, lines }
    }

    /// Begins and ends what is due after so much time; tells what it did.
    pub fn advance(&mut self, rig: &Rig, elapsed: Duration) -> Vec<Notice> {
        let mut told = Vec::new();
        let mut ended = false;
        for (injection, stage) in &mut self.plan {
            let over = injection.lasts.is_some_and(|lasts| elapsed >= injection.from + lasts);
            let begins = *stage == Stage::Ahead && elapsed >= injection.from;
            if !begins && (*stage != Stage::On || !over) {
                continue;
            }
            *stage = if begins && !injection.at_once() { Stage::On } else { Stage::Over };
            ended |= !begins;
            for target in self.targets.iter().filter(|t| injection.strikes(t)) {
                match (injection.fault, begins) {
                    (Fault::Cabinet(fault), true) => rig.faults().at(target.index, |c| fault.begin(c)),
                    (Fault::Cabinet(fault), false) => rig.faults().at(target.index, |c| fault.end(c)),
                    (Fault::Line(_), _) => {}
                }
                if let Some(fault) = injection.fault.of_line().filter(|_| begins) {
                    self.lines[target.line].share(fault, Some(target.unit), injection.share);
                }
                told.push(Notice { at: elapsed, cabinet: target.id.clone(), kind: injection.kind, begins });
            }
        }
        if ended {
            self.rule_lines_anew();
        }
        told
    }

    /// A line forgets all its rules together: those still on are laid again.
    fn rule_lines_anew(&self) {
        self.lines.iter().for_each(LineFaults::clear);
        for (injection, _) in self.plan.iter().filter(|(_, stage)| *stage == Stage::On) {
            for target in self.targets.iter().filter(|t| injection.strikes(t)) {
                if let Some(fault) = injection.fault.of_line() {
                    self.lines[target.line].share(fault, Some(target.unit), injection.share);
                }
            }
        }
    }

    /// How often each kind of line fault struck, over all lines.
    pub fn struck(&self) -> BTreeMap<&'static str, u64> {
        let mut all = BTreeMap::new();
        for (kind, count) in self.lines.iter().flat_map(LineFaults::counts) {
            *all.entry(kind).or_insert(0) += count;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::load;

    fn network() -> Network {
        let text = include_str!("../../corridors/three.toml");
        load(&[("three.toml".to_owned(), text.as_bytes().to_vec())]).expect("a sound file")
    }

    #[test]
    fn a_line_of_text_says_whose_what_and_when() {
        let network = network();
        let read = |text: &str| Injection::parse(text, &network).expect(text);
        let s = Duration::from_secs;
        let silence = read("t1: silence from 60 s for 0.5 min");
        assert_eq!((silence.cabinet.as_deref(), silence.from, silence.lasts), (Some("t1"), s(60), Some(s(30))));
        assert_eq!(silence.fault, Fault::Line(LineFault::Silence));
        let busy = read("*: exception 6 share 10 % from 5s");
        assert_eq!((busy.cabinet, busy.fault, busy.share), (None, Fault::Line(LineFault::Exception(6)), 0.1));
        let late = read("t2: late 200ms");
        assert_eq!((late.fault, late.from, late.lasts), (Fault::Line(LineFault::Late(s(1) / 5)), s(0), None));
        assert_eq!(read("t2: stuck-register 22 9").fault, Fault::Cabinet(CabinetFault::StuckRegister(22, 9)));
        assert_eq!(read("t2: clock-step -5").fault, Fault::Cabinet(CabinetFault::ClockStep(Shift::new(-50))));
        assert_eq!(read("t2: lost-counters").fault, Fault::Cabinet(CabinetFault::LostCounters(false)));
        assert_eq!(read("t2: lost-counters counted").fault, Fault::Cabinet(CabinetFault::LostCounters(true)));
    }

    #[test]
    fn what_is_no_fault_is_answered_with_what_to_write() {
        let network = network();
        let refused = |text: &str| Injection::parse(text, &network).expect_err(text).rule;
        for (text, rule) in [
            ("silence", "no cabinet is named"),
            ("t9: silence", "there is no cabinet `t9`"),
            ("t1:", "the kind is missing"),
            ("t1: silent", "there is no kind `silent`"),
            ("t1: exception", "number is missing"),
            ("t1: exception 256", "`256` is no number"),
            ("t1: late 5", "the unit of time is missing"),
            ("t1: late x s", "`x` is no time"),
            ("t1: silence from 5 parsecs", "`5` is no beginning"),
            ("t1: silence share 0", "`0` is no share of requests in percent"),
            ("t1: reboot share 5 %", "only faults of requests strike a share of them"),
            ("t1: silence until 5 s", "`until` says nothing here"),
        ] {
            assert_eq!(refused(text), rule, "{text}");
        }
    }
}
