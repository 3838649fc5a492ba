//! Every decision of the core, with its reason: what the journal keeps and people read.

use super::escort::Row;
use super::event::{Cost, Origin};
use super::mode::Mode;
use super::order::{EndedBy, Kind, OrderProblem};
use crate::corridor::Name;
use crate::detection::Health;
use crate::field::{self, Ask, Difference, FaultCount, FieldFault, Why};
use crate::safety::Breach;
use crate::units::{Moment, Shift, Tenths};
use serde::Serialize;

/// Why a candidate was or was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It saves enough to pay for the change.
    Adopted,
    /// The period's day plan, as the calendar says: nothing beats it by enough.
    Scheduled,
    /// The best candidate saves less than a change must.
    SavesTooLittle,
    /// The best candidate would save, but the last change is too recent.
    TooSoon,
    /// A change is still under way.
    Busy,
    /// No candidate passed the guard.
    Unsafe,
}

/// One thing the core decided or learnt. Intersections are named by id.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// The core's mode changed.
    Mode {
        /// Before.
        from: Mode,
        /// After.
        to: Mode,
        /// Why.
        why: &'static str,
    },
    /// Candidates were weighed against what would be done without them.
    Weighed {
        /// Outcome.
        verdict: Verdict,
        /// What would be done: keep the targets, or at a new period take its day plan.
        base: Origin,
        /// The best candidate.
        best: Origin,
        /// Predicted cost of the base.
        keep: Cost,
        /// Predicted cost of the best candidate.
        predicted: Cost,
        /// Predicted saving, in percent of the cost of delay and stops.
        saving_percent: f64,
        /// Saving a change had to reach.
        needed_percent: f64,
        /// Cycle of the targets.
        cycle_from: Tenths,
        /// Cycle of the best candidate.
        cycle_to: Tenths,
    },
    /// Somebody at the centre asked for plans.
    Ordered {
        /// Whether they are aimed at: not out of coordination, nor where the guard says no.
        taken: bool,
    },
    /// A candidate, or a step towards it, broke a rule; nothing was sent.
    Refused {
        /// Where.
        intersection: String,
        /// Every rule broken.
        breaches: Vec<Breach>,
    },
    /// A joint change was staged and is being verified.
    Staging {
        /// Intersections that change.
        intersections: Vec<String>,
        /// Each changes at its first cycle start from here on.
        activation: Moment,
        /// How many of them reach their target with this step.
        arriving: usize,
    },
    /// Every cabinet holds its plan; the canary was committed first.
    Canary {
        /// Who.
        intersection: String,
    },
    /// All the others were committed.
    Committed {
        /// How many.
        intersections: usize,
    },
    /// A push failed.
    PushFailed {
        /// Where.
        intersection: String,
        /// Why.
        why: Why,
    },
    /// A cabinet that has its plans stored has none of the cycle that is wanted: it stays on its own.
    NoStoredPlan {
        /// Where.
        intersection: String,
        /// The cycle.
        cycle: Tenths,
    },
    /// A joint change was given up before anybody committed; nothing runs that did not run before.
    Abandoned {
        /// Why.
        why: &'static str,
    },
    /// A cabinet runs what it was sent.
    Activated {
        /// Where.
        intersection: String,
        /// Generation.
        generation: u32,
        /// Cycle.
        cycle: Tenths,
        /// Offset of the reference phase.
        offset: Tenths,
        /// Whether this is its target.
        arrived: bool,
    },
    /// Cabinets are let run free, or are coordinated again.
    Operation {
        /// Free from now on.
        free: bool,
        /// Passages of all stop lines expected, vehicles an hour.
        expected_veh_h: f64,
        /// Below this cabinets do better on their own; 0: never in this period.
        bound_veh_h: f64,
    },
    /// The core started while plans of an earlier run were still in force, and goes on with them.
    TookOver {
        /// Cabinets that run them, or have them pending.
        intersections: usize,
    },
    /// Every reachable cabinet runs its target.
    InStep,
    /// A request went wrong in a way that had not come since the line was clean; from here on this kind is counted.
    LineFault {
        /// Where.
        intersection: String,
        /// What was asked.
        ask: Ask,
        /// What went wrong.
        fault: FieldFault,
    },
    /// A line is clean again.
    LineClear {
        /// Where.
        intersection: String,
        /// What went wrong meanwhile, by kind.
        faults: Vec<FaultCount>,
    },
    /// A cabinet is not the one that was defined: no plan is sent to it until a person has looked.
    Differs {
        /// Where.
        intersection: String,
        /// In what.
        differences: Vec<Difference>,
    },
    /// Somebody else's plan runs or waits in a cabinet: it is left alone as long as that is so.
    OtherWriter {
        /// Where.
        intersection: String,
        /// The plan's generation, or its number.
        generation: u32,
    },
    /// Under our generation a cabinet runs something else than was meant; it is handed back.
    Unintended {
        /// Where.
        intersection: String,
        /// The generation.
        generation: u32,
    },
    /// A cabinet's clock is off by more than a second, or gains or loses more than 50 parts in a million.
    ClockDrift {
        /// Where.
        intersection: String,
        /// The cabinet's clock less ours, in tenths.
        off: Shift,
        /// Parts in a million it gains; absent when it was not watched for long enough.
        #[serde(skip_serializing_if = "Option::is_none")]
        ppm: Option<i64>,
    },
    /// A link went silent.
    LinkLost {
        /// Where.
        intersection: String,
    },
    /// A link came back.
    LinkBack {
        /// Where.
        intersection: String,
    },
    /// A cabinet left our plan without being told to.
    LeftCentre {
        /// Where.
        intersection: String,
        /// What it does now: its own plan, a restart, flash, or a person's will.
        mode: field::Mode,
    },
    /// A detector's health changed.
    Detector {
        /// Where.
        intersection: String,
        /// Channel, from 1.
        channel: u16,
        /// Health now.
        health: Health,
    },
    /// An order of a person stands from now on.
    Began {
        /// Its number.
        order: u64,
        /// What kind of thing was asked for.
        kind: Kind,
        /// Where; none: everywhere.
        intersections: Vec<String>,
        /// It ends then by itself.
        until: Moment,
    },
    /// An order of a person stands no more.
    Ended {
        /// Its number.
        order: u64,
        /// What kind of thing was asked for.
        kind: Kind,
        /// Why.
        by: EndedBy,
    },
    /// An order of a person was refused; nothing changed.
    RefusedOrder {
        /// Its number.
        order: u64,
        /// What kind of thing was asked for; absent where nothing was to begin.
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<Kind>,
        /// Every reason.
        problems: Vec<OrderProblem>,
    },
    /// Targets disagree with the lanes as they are.
    Lanes {
        /// Where.
        intersection: String,
        /// The rules every plan breaks; none where green was for nobody.
        breaches: Vec<Breach>,
        /// Whether another plan is aimed at; otherwise the cabinet is given back.
        replaced: bool,
    },
    /// An escort begins: what is foretold of it.
    EscortForetold {
        /// Number of its order.
        order: u64,
        /// Every intersection on the way.
        rows: Vec<Row>,
    },
    /// An escorted vehicle passed an intersection.
    EscortPassed {
        /// Number of its order.
        order: u64,
        /// Where.
        intersection: String,
        /// When.
        at: Moment,
        /// When it was foretold at the start.
        foretold: Moment,
    },
    /// Two escorts meet, and the other comes first.
    EscortYields {
        /// Number of the order that waits.
        order: u64,
        /// Number of the order that is served.
        to: u64,
        /// Where.
        intersection: String,
    },
    /// Behind an escort the signals are their programme's again.
    EscortRecovered {
        /// Number of its order.
        order: u64,
        /// Where.
        intersection: String,
        /// Cycles begun after the last request until the heads differed no more.
        cycles: u32,
    },
    /// What became of an escort.
    EscortReport {
        /// Number of its order.
        order: u64,
        /// What it is called.
        name: String,
        /// From its start to the last stop line; absent when it ended before.
        #[serde(skip_serializing_if = "Option::is_none")]
        travel: Option<Tenths>,
        /// Requests sent.
        sent: u32,
        /// Requests refused.
        refused: u32,
        /// The longest recovery of any intersection, in cycles; absent where nothing was asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        recovery_cycles: Option<u32>,
        /// Every intersection on the way.
        rows: Vec<Row>,
    },
    /// The calendar's plans are aimed at while adaptation is frozen.
    Calendar {
        /// The period.
        period: Name,
    },
    /// A cabinet was handed back to its local plan.
    Released {
        /// Where.
        intersection: String,
        /// Why.
        why: &'static str,
    },
}
