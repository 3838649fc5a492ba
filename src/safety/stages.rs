//! Stage requests: what may be asked of one green, second by second, and the rules such a request keeps. One function a rule, a
//! [`RequestBreach`], a line in [`RULES`], and a mutant in `tests/requests.rs` that only this rule refuses.
//!
//! The cabinet bounds whatever it is asked for by its own minima and maxima (`src/field/registers.md`, stage request); here the same bounds
//! are kept on this side of the line, so that what is asked for is what will be done. Who calls is the cabinet's to know.

use super::Limits;
use crate::corridor::{Intersection, PhaseIndex, Stage, StageIndex};
use crate::plan::{Operation, Plan, Split};
use crate::units::{CycleLength, Moment, Shift, Tenths};
use serde::Serialize;

/// Farthest a request's expiry may lie ahead: whatever happens to us, the street is its own again by then.
pub const LONGEST_REQUEST: Tenths = Tenths::from_seconds(120);

/// What is asked of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageAsk {
    /// Keep its green until then, whether anybody comes or not.
    Hold {
        /// Until when.
        until: Moment,
    },
    /// Let its green last until then; a gap ends it as ever.
    Extend {
        /// Until when.
        until: Moment,
    },
    /// End its green as soon as minima and clearances allow.
    EndEarly,
    /// Leave it out once, if nobody calls it.
    Skip,
}

impl StageAsk {
    /// Until when a green is wanted.
    pub fn until(self) -> Option<Moment> {
        match self {
            StageAsk::Hold { until } | StageAsk::Extend { until } => Some(until),
            StageAsk::EndEarly | StageAsk::Skip => None,
        }
    }
}

/// A request, by anybody and not yet judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StageRequest {
    /// The stage: its green that runs, or the next one.
    pub stage: StageIndex,
    /// What is asked.
    pub ask: StageAsk,
    /// When it is forgotten, at most [`LONGEST_REQUEST`] ahead.
    pub expiry: Moment,
}

/// A request where and when it is made.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The request.
    pub request: &'a StageRequest,
    /// The centre's plan that runs at the cabinet.
    pub running: &'a Plan,
    /// Now.
    pub now: Moment,
}

/// One way in which a request breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum RequestBreach {
    /// The intersection has no such stage. Nothing else is judged then.
    #[error("stage {} does not exist", stage.0 + 1)]
    UnknownStage {
        /// The stage.
        stage: StageIndex,
    },
    /// The running plan does not serve the stage. Nothing else is judged then.
    #[error("stage {} is not in the plan that runs", stage.0 + 1)]
    NotInPlan {
        /// The stage.
        stage: StageIndex,
    },
    /// Displays have told people when greens and reds end.
    #[error("a countdown display stands here: what runs has been announced")]
    Countdown,
    /// The expiry is past or too far.
    #[error("it expires {ahead} tenths of a second from now, not within {most}")]
    Expiry {
        /// From now, in tenths.
        ahead: i64,
        /// Most.
        most: Tenths,
    },
    /// A green is wanted until a moment that is past or lies after the expiry.
    #[error("a green until {until:?} is over already, or lasts past the expiry {expiry:?}")]
    Until {
        /// Until when.
        until: Moment,
        /// The expiry.
        expiry: Moment,
    },
    /// A moment the cabinet cannot name.
    #[error("{at:?} is not a multiple of the cabinet's {resolution}")]
    Resolution {
        /// The moment.
        at: Moment,
        /// The cabinet's step.
        resolution: Tenths,
    },
    /// The green would be longer than its stage's maximum.
    #[error("stage {}: a green of {green} is above its maximum {max}", stage.0 + 1)]
    MaxGreen {
        /// The stage.
        stage: StageIndex,
        /// Its green.
        green: Tenths,
        /// Most.
        max: Tenths,
    },
    /// The green would end so much later than programmed that the stages after it cannot give the time back above their minima.
    #[error("stage {}: {later} past its programmed end, the stages after it give {most}", stage.0 + 1)]
    Minima {
        /// The stage.
        stage: StageIndex,
        /// Past its programmed end.
        later: Tenths,
        /// What can be given.
        most: Tenths,
    },
    /// Leaving the stage out would leave more time than the other stages take below their maxima.
    #[error("stage {}: its {split} are more than the other stages take, {most}", stage.0 + 1)]
    Maxima {
        /// The stage.
        stage: StageIndex,
        /// Its split.
        split: Tenths,
        /// What can be taken.
        most: Tenths,
    },
    /// The stage is never left out: a cycle starts with it, the offset hangs on it, or too few are left.
    #[error("stage {} is never left out", stage.0 + 1)]
    Needed {
        /// The stage.
        stage: StageIndex,
    },
    /// Somebody of the stage cannot call, so it is always called: pedestrians without a button, a lane without a loop.
    #[error("stage {}: {phase} has no button or not a loop on every lane, so it is always called", stage.0 + 1)]
    AlwaysCalled {
        /// The stage.
        stage: StageIndex,
        /// Name of the phase.
        phase: String,
    },
    /// Without the stage two conflicting phases would follow each other too soon.
    #[error("without the stage only {time} between {from} and {to}, which need {need}")]
    Neighbours {
        /// Phase that ends.
        from: String,
        /// Phase that starts.
        to: String,
        /// Time between.
        time: Tenths,
        /// Least time.
        need: Tenths,
    },
    /// The way the plan is followed has no place for the request: rings have no stages; a coordinated green has its yield point.
    #[error("not while the plan is followed by detectors here")]
    Operation,
}

/// A rule on a request.
type Rule = fn(&Intersection, &Asked<'_>, &Limits, &mut Vec<RequestBreach>);

/// Every rule a request must keep.
const RULES: [Rule; 11] =
    [countdown, expiry, until, resolution, max_green, minima, maxima, needed, always_called, neighbours, operation];

/// Every breach of every rule; empty if it may be asked for.
pub fn judge_request(at: &Intersection, asked: &Asked<'_>, limits: &Limits) -> Vec<RequestBreach> {
    let stage = asked.request.stage;
    if at.stages.get(stage.0).is_none() {
        return vec![RequestBreach::UnknownStage { stage }];
    }
    if split(asked).is_none() || asked.running.splits.iter().any(|s| at.stages.get(s.stage.0).is_none()) {
        return vec![RequestBreach::NotInPlan { stage }];
    }
    let mut breaches = Vec::new();
    for rule in RULES {
        rule(at, asked, limits, &mut breaches);
    }
    breaches
}

fn position(asked: &Asked<'_>) -> Option<usize> {
    asked.running.splits.iter().position(|s| s.stage == asked.request.stage)
}

fn split<'a>(asked: &Asked<'a>) -> Option<&'a Split> {
    asked.running.splits.get(position(asked)?)
}

fn is_skip(asked: &Asked<'_>) -> bool {
    asked.request.ask == StageAsk::Skip
}

/// The programmed green a request for more of it speaks of: the one that runs, or whose maximum is not over yet, or the next.
fn green(at: &Intersection, asked: &Asked<'_>, until: Moment) -> Option<(Moment, Tenths)> {
    let lead: Tenths = asked.running.splits[..position(asked)?].iter().map(Split::length).sum();
    let green = split(asked)?.green;
    let start = asked.running.cycle_start(at).shifted(lead.later());
    let last = asked.now - start.position(asked.now);
    let most = at.stages[asked.request.stage.0].max_green;
    let here = asked.now < last + green || until <= last + most;
    Some((if here { last } else { last + asked.running.cycle.length() }, green))
}

fn countdown(at: &Intersection, _: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    if at.cabinet.countdown {
        breaches.push(RequestBreach::Countdown);
    }
}

fn expiry(_: &Intersection, asked: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    let ahead = asked.request.expiry.since(asked.now).count();
    if ahead <= 0 || ahead > LONGEST_REQUEST.later().count() {
        breaches.push(RequestBreach::Expiry { ahead, most: LONGEST_REQUEST });
    }
}

fn until(_: &Intersection, asked: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    let expiry = asked.request.expiry;
    if let Some(until) = asked.request.ask.until().filter(|&until| until <= asked.now || until > expiry) {
        breaches.push(RequestBreach::Until { until, expiry });
    }
}

fn resolution(at: &Intersection, asked: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    let resolution = at.cabinet.profile.time.step;
    let step = CycleLength::new(resolution);
    let odd = |at: &Moment| step.is_some_and(|step| step.wrap(Shift::new(at.count())) != Tenths::ZERO);
    let times = asked.request.ask.until().into_iter().chain([asked.request.expiry]).filter(odd);
    breaches.extend(times.map(|at| RequestBreach::Resolution { at, resolution }));
}

fn max_green(at: &Intersection, asked: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    let (stage, Some(until)) = (asked.request.stage, asked.request.ask.until()) else { return };
    let Some((start, _)) = green(at, asked, until) else { return };
    let (green, max) = (until.elapsed_since(start), at.stages[stage.0].max_green);
    if green > max {
        breaches.push(RequestBreach::MaxGreen { stage, green, max });
    }
}

/// In fixed time one round of stages gives the time back, coordinated the next stage does; free nobody has to.
fn minima(at: &Intersection, asked: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    let (stage, Some(until)) = (asked.request.stage, asked.request.ask.until()) else { return };
    let (Some((start, green)), Some(here)) = (green(at, asked, until), position(asked)) else { return };
    let splits = &asked.running.splits;
    let gives = |s: &Split| s.green.saturating_sub(at.stages[s.stage.0].min_green);
    let most = match asked.running.operation {
        Operation::FixedTime => splits.iter().map(gives).sum::<Tenths>().min(half(asked.running)),
        Operation::Actuated => gives(&splits[(here + 1) % splits.len()]),
        Operation::Free => return,
    };
    let later = until.elapsed_since(start + green);
    if later > most {
        breaches.push(RequestBreach::Minima { stage, later, most });
    }
}

fn maxima(at: &Intersection, asked: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    let (stage, Some(split)) = (asked.request.stage, split(asked).filter(|_| is_skip(asked))) else { return };
    let takes = |s: &Split| at.stages[s.stage.0].max_green.saturating_sub(s.green);
    let most = asked.running.splits.iter().map(takes).sum::<Tenths>().min(half(asked.running));
    if asked.running.operation.is_fixed_time() && split.length() > most {
        breaches.push(RequestBreach::Maxima { stage, split: split.length(), most });
    }
}

fn half(plan: &Plan) -> Tenths {
    Tenths::new(plan.cycle.length().count() / 2)
}

/// Whether the reference phase begins with a stage of the plan that runs.
fn is_reference(at: &Intersection, asked: &Asked<'_>) -> bool {
    let serves = |s: &Split| at.stages[s.stage.0].phases.contains(&at.reference_phase);
    let splits = &asked.running.splits;
    let n = splits.len();
    position(asked).is_some_and(|k| serves(&splits[k]) && !serves(&splits[(k + n - 1) % n]))
}

fn needed(at: &Intersection, asked: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    let needed = position(asked) == Some(0) || is_reference(at, asked) || asked.running.splits.len() < 3;
    if is_skip(asked) && needed {
        breaches.push(RequestBreach::Needed { stage: asked.request.stage });
    }
}

fn always_called(at: &Intersection, asked: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    let stage = asked.request.stage;
    let phases = at.stages[stage.0].phases.iter().filter(|_| is_skip(asked));
    let deaf = phases.filter(|&&p| !at.is_called_by_somebody(p));
    breaches.extend(deaf.map(|p| RequestBreach::AlwaysCalled { stage, phase: at.phases[p.0].id.clone() }));
}

/// The stages on both sides must be able to follow each other, late starts and early cuts not counted on.
fn neighbours(at: &Intersection, asked: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    let Some(here) = position(asked).filter(|_| is_skip(asked)) else { return };
    let (splits, n) = (&asked.running.splits, asked.running.splits.len());
    let (before, after) = (&splits[(here + n - 1) % n], &splits[(here + 1) % n]);
    let time = before.yellow + before.all_red;
    let apart = |a: &Stage, b: &Stage| -> Vec<PhaseIndex> {
        a.phases.iter().copied().filter(|p| !b.phases.contains(p)).collect()
    };
    let (ending, starting) = (&at.stages[before.stage.0], &at.stages[after.stage.0]);
    for from in apart(ending, starting) {
        for to in apart(starting, ending) {
            let need = at.intergreens[from.0][to.0];
            if at.conflict(from, to) && time < need {
                let (from, to) = (at.phases[from.0].id.clone(), at.phases[to.0].id.clone());
                breaches.push(RequestBreach::Neighbours { from, to, time, need });
            }
        }
    }
}

fn operation(at: &Intersection, asked: &Asked<'_>, _: &Limits, breaches: &mut Vec<RequestBreach>) {
    let yields = asked.running.operation == Operation::Actuated
        && asked.request.ask == StageAsk::EndEarly
        && is_reference(at, asked);
    if !asked.running.operation.is_fixed_time() && at.rings.is_some() || yields {
        breaches.push(RequestBreach::Operation);
    }
}
