//! `kind = "profile"` word for word: what holds for the whole controller, then its blocks.
//!
//! Knows: the file's own keys. Must not know: how blocks rest on each other; `check` does.

use super::super::definition::{name, subject};
use super::super::problem::{At, Findings, Spot};
use super::super::reader::Table;
use super::super::rule::Rule;
use super::super::values;
use super::area::Holds;
use super::blocks::Blocks;
use super::parts::{self, Widths};
use super::{Carrier, Download, OffsetEdge, OperationKind, Plans, RegisterProfile, TimeBase, WordOrder, Words, check};

/// Orders of words.
const ORDERS: &[(&str, WordOrder)] = &[("high-first", WordOrder::HighFirst), ("low-first", WordOrder::LowFirst)];
/// Edges of the green.
const EDGES: &[(&str, OffsetEdge)] = &[("green-start", OffsetEdge::GreenStart), ("green-end", OffsetEdge::GreenEnd)];
/// Who carries transitions: whether it is the cabinet.
const CARRIERS: &[(&str, bool)] = &[("centre", false), ("cabinet", true)];
/// Operations; which a controller must have.
const OPERATIONS: [(&str, OperationKind, bool); 3] = [
    ("fixed-time", OperationKind::FixedTime, true),
    ("free", OperationKind::Free, false),
    ("actuated", OperationKind::Actuated, false),
];

/// A profile's file.
pub(in super::super) struct ProfileDef {
    /// Its id, wherever that stands.
    pub(in super::super) id: Option<At<String>>,
    /// `None` where something was told.
    pub(in super::super) profile: Option<RegisterProfile>,
}

/// Where parts of a file stand, for what is told of them together.
pub(super) struct Spots {
    /// The file's subject.
    pub(super) subject: String,
    /// `[status]`, or the file.
    pub(super) status: Spot,
    /// `operations`, or the file.
    pub(super) operations: Spot,
    /// `transitions`, or the file.
    pub(super) transitions: Spot,
}

/// Reads a profile's file.
pub(in super::super) fn read(findings: &mut Findings, mut table: Table<'_>) -> ProfileDef {
    let before = findings.count();
    subject(&mut table, "profile");
    let t = &mut table;
    let id = t.need(findings, "id", values::id);
    let name = name(findings, t);
    let zero = t.need(findings, "clock_zero", values::word(values::CLOCK_ZEROS));
    let step = t.need(findings, "step_s", values::step);
    let order = t.need(findings, "word_order", values::word(ORDERS));
    let most_read = t.need(findings, "most_read", values::whole(values::MOST_READ));
    let most_written = t.need(findings, "most_written", values::whole(values::MOST_WRITTEN));
    let edge = t.need(findings, "offset_edge", values::word(EDGES));
    let (carrier, carrier_spot) = carrier(findings, t);
    let operations_spot = t.place("operations");
    let operations = codes(findings, t, "operations", &OPERATIONS);
    let sequences = t.may(findings, "sequences", values::flag).is_some_and(|flag| flag.value);
    let time = step.zip(zero).map(|(step, zero)| TimeBase { step: step.value, zero: zero.value });
    let widths = Widths {
        instant: time.map_or(Holds::Any, |time| Holds::UpTo(time.most_instant(), "instants")),
        plan: if t.holds("select") { Holds::Any } else { Holds::UpTo(u64::from(u32::MAX), "generations") },
    };
    let mut blocks = Blocks::new(most_written.as_ref().map_or(123, |most| most.value));
    let status_spot = t.place("status");
    let status = parts::status(findings, t, &mut blocks, widths);
    let detectors = parts::detectors(findings, t, &mut blocks);
    let limits = parts::limits(findings, t, &mut blocks);
    let plans = plans(findings, t, &mut blocks, widths);
    let heartbeat = parts::heartbeat(findings, t, &mut blocks);
    let clock = parts::clock(findings, t, &mut blocks, widths);
    let release = parts::release(findings, t, &mut blocks);
    let stage_request = parts::stage_request(findings, t, &mut blocks, widths);
    blocks.check(findings);
    let said = t.subject.clone();
    table.close(findings);
    let whole = || {
        Some(RegisterProfile {
            id: id.as_ref()?.value.clone(),
            name: name?,
            words: Words { order: order?.value, most_read: most_read?.value, most_written: most_written?.value },
            time: time?,
            offset: edge?.value,
            transitions: carrier?,
            operations: operations?,
            sequences,
            status: status?,
            detectors,
            limits,
            plans: plans?,
            heartbeat: heartbeat?,
            clock,
            release: release?,
            stage_request,
        })
    };
    let profile = whole();
    if let Some(profile) = &profile {
        let spots =
            Spots { subject: said, status: status_spot, operations: operations_spot, transitions: carrier_spot };
        check::check(findings, profile, &spots);
    }
    ProfileDef { id, profile: profile.filter(|_| findings.count() == before) }
}

/// Who brings a plan to its offset, and where that stands.
fn carrier(findings: &mut Findings, t: &mut Table<'_>) -> (Option<Carrier>, Spot) {
    let carrier = t.need(findings, "transitions", values::word(CARRIERS));
    let spot = carrier.as_ref().map_or(t.spot, |carrier| carrier.spot);
    let carrier = match carrier.map(|carrier| carrier.value) {
        Some(true) => {
            let shortest = t.need(findings, "shortest_cycle_percent", values::whole(values::SHORTEST));
            let longest = t.need(findings, "longest_cycle_percent", values::whole(values::LONGEST));
            shortest.zip(longest).map(|(shortest, longest)| Carrier::Cabinet {
                shortest_percent: shortest.value,
                longest_percent: longest.value,
            })
        }
        other => other.map(|_| Carrier::Centre),
    };
    (carrier, spot)
}

/// Codes by word, such as `{ local = 1, centre = 2 }`: no two alike.
pub(super) fn codes<T: Copy>(
    findings: &mut Findings,
    table: &mut Table<'_>,
    key: &'static str,
    known: &[(&'static str, T, bool)],
) -> Option<Vec<(T, u16)>> {
    let subject = format!("{}, {key}", table.subject);
    let mut inner = table.need_table(findings, key, subject.clone())?;
    let before = findings.count();
    let mut codes: Vec<(T, u16)> = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for &(word, means, must) in known {
        let parse = values::whole(values::REGISTER);
        let code = if must { inner.need(findings, word, parse) } else { inner.may(findings, word, parse) };
        let Some(code) = code else { continue };
        if let Some(other) = codes.iter().position(|(_, there)| *there == code.value) {
            let message = format!("{subject}: {word} has the code {} of {}", code.value, words[other]);
            findings.tell(code.spot, Rule::CodeTwice, message, "Give each a code of its own, as the controller does.");
        }
        codes.push((means, code.value));
        words.push(word);
    }
    inner.close(findings);
    (findings.count() == before && !codes.is_empty()).then_some(codes)
}

/// Plans by download, or by number where there is a `[select]`.
fn plans(findings: &mut Findings, t: &mut Table<'_>, blocks: &mut Blocks, widths: Widths) -> Option<Plans> {
    if !t.has("select") {
        let running = parts::running(findings, t, blocks);
        let staged = parts::staged(findings, t, blocks, running);
        let form = parts::plan(findings, t, running, widths);
        let commit = parts::commit(findings, t, blocks, widths);
        let ((staged, slots), running) = (staged?, running?);
        return Some(Plans::Download(Download { running, staged, slots, form: form?, commit: commit? }));
    }
    for key in ["running", "staged", "plan", "commit"] {
        if t.refuses(key) {
            let message = format!("{}: {key} stands beside select", t.subject);
            let mend =
                "Keep select where the centre picks a stored plan's number, else running, staged, plan and commit.";
            findings.tell(t.place(key), Rule::KeysExclude, message, mend);
        }
    }
    parts::select(findings, t, blocks).map(Plans::Select)
}
