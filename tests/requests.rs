//! Stage requests before the guard, from both sides: what is sound is admitted, and every rule has a mutant that is refused by
//! its own breach.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

mod kit;

use greenwave::corridor::{Intersection, IntersectionIndex, Network, Rings, Serves, StageIndex};
use greenwave::plan::{Operation, Plan, Split};
use greenwave::safety::{Asked, Limits, RequestBreach, StageAsk, StageRequest, admit_stage_request, judge_request};
use greenwave::units::{Moment, Shift, Tenths};
use kit::{any_plan, chance, everywhere, network};
use rand::RngExt;
use std::collections::BTreeSet;
use std::sync::Arc;

const T: Moment = Moment::new(17_724_096_000);

fn name(breach: &RequestBreach) -> String {
    let json = serde_json::to_value(breach).unwrap();
    json["rule"].as_str().unwrap().to_owned()
}

/// A case for the guard.
struct Case {
    network: Network,
    at: Intersection,
    running: Plan,
    request: StageRequest,
    now: Moment,
    limits: Limits,
}

impl Case {
    /// Nothing is wrong with it: t1 of the tutorial street, cycle 100 s, greens of 36, 10, 25 and 10 s with 19 s between, 5 s into
    /// the green of its first stage, which shall last 10 s longer than programmed.
    fn sound() -> Case {
        let network = network("three");
        let at = network.intersections()[0].clone();
        let greens = [36, 10, 25, 10].map(Tenths::from_seconds);
        let plan = Plan::from_greens(&at, &greens, Shift::new(321)).unwrap();
        let start = plan.next_cycle_start(&at, T);
        let now = start + Tenths::from_seconds(5);
        let until = start + Tenths::from_seconds(46);
        let request = StageRequest {
            stage: StageIndex(0),
            ask: StageAsk::Hold { until },
            expiry: start + Tenths::from_seconds(60),
        };
        Case { network, at, running: plan, request, now, limits: Limits::default() }
    }

    /// Stage 2, the lefts, is asked to be left out; lefts have loops.
    fn skip() -> Case {
        let mut case = Case::sound();
        (case.request.stage, case.request.ask) = (StageIndex(1), StageAsk::Skip);
        case
    }

    fn asked(&self) -> Asked<'_> {
        Asked { request: &self.request, running: &self.running, now: self.now }
    }

    fn broken(&self) -> BTreeSet<String> {
        judge_request(&self.at, &self.asked(), &self.limits).iter().map(name).collect()
    }

    /// A green until so many tenths after the cycle's start.
    fn until(&mut self, tenths: u32) {
        let until = self.running.next_cycle_start(&self.at, T) + Tenths::new(tenths);
        self.request.ask = StageAsk::Hold { until };
    }

    /// A cabinet that runs whole seconds.
    fn whole_seconds(&mut self) {
        Arc::make_mut(&mut self.at.cabinet.profile).time.step = Tenths::new(10);
    }

    fn phase(&self, id: &str) -> usize {
        self.at.phases.iter().position(|p| p.id == id).unwrap()
    }
}

/// A mutant: the only rule that refuses it, which sound case it was, and how it is made.
type Mutant = (&'static str, fn() -> Case, fn(&mut Case));

const MUTANTS: [Mutant; 24] = [
    ("unknown-stage", Case::sound, |c| c.request.stage = StageIndex(4)),
    ("not-in-plan", Case::sound, |c| {
        c.running.splits.remove(0);
    }),
    ("countdown", Case::sound, |c| c.at.cabinet.countdown = true),
    ("countdown", Case::skip, |c| c.at.cabinet.countdown = true),
    ("expiry", Case::skip, |c| c.request.expiry = c.now),
    ("expiry", Case::sound, |c| c.request.expiry = c.now + Tenths::new(1201)),
    ("until", Case::sound, |c| c.request.ask = StageAsk::Extend { until: c.now }),
    ("until", Case::sound, |c| c.request.expiry = c.now + Tenths::new(409)),
    ("resolution", Case::sound, |c| {
        c.whole_seconds();
        c.request.expiry = Moment::new(c.request.expiry.count() / 10 * 10);
    }),
    ("resolution", Case::skip, Case::whole_seconds),
    ("max-green", Case::sound, |c| c.at.stages[0].max_green = Tenths::new(459)),
    ("minima", Case::sound, |c| {
        // What is left above the minima is 9.9 s.
        for (k, over) in [99, 0, 0, 0].into_iter().enumerate() {
            c.at.stages[k].min_green = c.running.splits[k].green - Tenths::new(over);
        }
    }),
    ("minima", Case::sound, |c| {
        // Half a cycle is the most, whatever the stages could give.
        c.at.stages.iter_mut().for_each(|s| (s.min_green, s.max_green) = (Tenths::ZERO, Tenths::new(2000)));
        c.request.expiry = c.now + Tenths::new(1200);
        c.until(361 + 500);
    }),
    ("minima", Case::sound, |c| {
        // Coordinated, the next stage alone gives: 10 s less 3 s.
        c.running.operation = Operation::Actuated;
        c.at.stages[1].min_green = Tenths::new(1);
        c.until(360 + 100);
    }),
    ("maxima", Case::skip, |c| {
        for (k, room) in [40, 50, 40, 0].into_iter().enumerate() {
            c.at.stages[k].max_green = c.running.splits[k].green + Tenths::new(room);
        }
    }),
    ("needed", Case::skip, |c| c.running.splits.swap(0, 1)),
    ("needed", Case::skip, |c| c.at.reference_phase = c.at.stages[1].phases[0]),
    ("needed", Case::skip, |c| c.running.splits.truncate(2)),
    ("always-called", Case::skip, |c| c.at.detectors.clear()),
    ("always-called", Case::skip, |c| {
        let phase = c.at.stages[1].phases[0];
        c.at.phases[phase.0].serves = c.at.phases[c.phase("PW")].serves.clone();
    }),
    ("neighbours", Case::skip, |c| {
        let (from, to) = (c.phase("ET"), c.phase("NT"));
        c.at.intergreens[from][to] = Tenths::new(51);
    }),
    ("operation", Case::skip, |c| {
        c.running.operation = Operation::Free;
        c.at.rings = Some(rings());
    }),
    ("operation", Case::sound, |c| {
        c.running.operation = Operation::Actuated;
        c.request.ask = StageAsk::EndEarly;
    }),
    ("operation", Case::sound, |c| {
        c.running.operation = Operation::Free;
        c.at.rings = Some(rings());
    }),
];

fn rings() -> Rings {
    network("examples/ring-barrier").intersections()[0].rings.clone().unwrap()
}

/// Every breach there is, by the names of the enumeration itself: a new one is found missing here.
fn every_rule() -> BTreeSet<String> {
    let source = include_str!("../src/safety/stages.rs");
    let body = source.split("pub enum RequestBreach {").nth(1).unwrap().split("\n}").next().unwrap();
    let variant = |line: &str| {
        let line = line.strip_prefix("    ")?;
        let word = line.strip_suffix(" {").or(line.strip_suffix(','))?;
        word.chars().all(char::is_alphanumeric).then(|| kebab(word))
    };
    body.lines().filter_map(variant).collect()
}

fn kebab(name: &str) -> String {
    let upper = |(i, c): (usize, char)| if c.is_uppercase() && i > 0 { format!("-{c}") } else { c.to_string() };
    name.chars().enumerate().map(upper).collect::<String>().to_lowercase()
}

#[test]
fn a_request_speaks_of_the_green_where_the_running_order_has_it() {
    // The lefts of the side street come second: from 41 to 51 s of the cycle, and 35 s are their longest green. In the programmed
    // order they come last, from 86 s on, and nothing is asked before that.
    let mut case = Case::sound();
    case.request.stage = StageIndex(3);
    case.request.expiry = case.now + Tenths::from_seconds(100);
    case.until(770);
    assert_eq!(case.broken(), BTreeSet::new());
    case.at.sequences = vec![[0, 3, 2, 1].map(StageIndex).to_vec()];
    case.running = case.running.in_order(&case.at.sequences[0]).unwrap();
    assert_eq!(case.broken(), BTreeSet::from(["max-green".to_owned()]));
    case.until(760);
    assert_eq!(case.broken(), BTreeSet::new());
    // Whose neighbours meet when it is left out is the running order's matter: stages 1 and 3 now, not 3 and 1.
    case.request.ask = StageAsk::Skip;
    assert_eq!(case.broken(), BTreeSet::new());
    let (from, to) = (case.phase("WT"), case.phase("NT"));
    case.at.intergreens[from][to] = Tenths::new(51);
    assert_eq!(case.broken(), BTreeSet::from(["neighbours".to_owned()]));
    case.running = case.running.in_order(&[0, 1, 2, 3].map(StageIndex)).unwrap();
    assert_eq!(case.broken(), BTreeSet::new());
}

#[test]
fn every_rule_refuses_its_own_mutants_and_nobody_elses() {
    assert_eq!((Case::sound().broken(), Case::skip().broken()), Default::default());
    for (place, (rule, sound, make)) in MUTANTS.iter().enumerate() {
        let mut case = sound();
        make(&mut case);
        assert_eq!(case.broken(), BTreeSet::from([(*rule).to_owned()]), "mutant {place}");
    }
    let covered: BTreeSet<String> = MUTANTS.iter().map(|m| m.0.to_owned()).collect();
    assert_eq!(every_rule(), covered, "breaches without a mutant, or mutants of no breach");
}

#[test]
fn limits_hold_to_the_tenth() {
    let edge = |change: fn(&mut Case, u32), by: u32| {
        let mut case = Case::sound();
        change(&mut case, by);
        case.broken().into_iter().collect::<Vec<_>>().join(" ")
    };
    let longest: fn(&mut Case, u32) = |c, by| {
        c.at.stages[0].max_green = Tenths::new(500);
        c.until(by);
    };
    assert_eq!((edge(longest, 500), edge(longest, 501)), (String::new(), "max-green".to_owned()));
    let given: fn(&mut Case, u32) = |c, by| {
        for (k, over) in [99, 0, 21, 0].into_iter().enumerate() {
            c.at.stages[k].min_green = c.running.splits[k].green - Tenths::new(over);
        }
        c.until(by);
    };
    assert_eq!((edge(given, 480), edge(given, 481)), (String::new(), "minima".to_owned()));
    let far: fn(&mut Case, u32) = |c, by| c.request.expiry = c.now + Tenths::new(by);
    assert_eq!((edge(far, 1200), edge(far, 1201)), (String::new(), "expiry".to_owned()));
}

#[test]
fn a_green_is_the_one_that_runs_or_the_next() {
    // 2 s after the first stage's programmed end, held beyond it within its maximum: that green, which a hold may have kept on.
    let mut case = Case::sound();
    case.now = case.running.next_cycle_start(&case.at, T) + Tenths::new(380);
    assert_eq!(case.broken(), BTreeSet::new());
    // Until somewhere in the next one: that one, 100 s later.
    let start = case.running.next_cycle_start(&case.at, T);
    case.request.ask = StageAsk::Hold { until: start + Tenths::new(1460) };
    case.request.expiry = start + Tenths::new(1500);
    assert_eq!(case.broken(), BTreeSet::new());
    // And no longer than its maximum.
    case.at.stages[0].max_green = Tenths::new(459);
    assert_eq!(case.broken(), BTreeSet::from(["max-green".to_owned()]));
    case.at.stages[0].max_green = Tenths::new(460);
    assert_eq!(case.broken(), BTreeSet::new());
}

#[test]
fn what_is_admitted_says_where_and_when() {
    let case = Case::sound();
    let safe = admit_stage_request(&case.network, IntersectionIndex(0), case.asked(), &case.limits).unwrap();
    assert_eq!((*safe.value(), safe.intersection(), safe.from()), (case.request, IntersectionIndex(0), case.now));
    let mut bad = Case::sound();
    bad.request.expiry = bad.now;
    bad.request.stage = StageIndex(1);
    let refused = admit_stage_request(&bad.network, IntersectionIndex(0), bad.asked(), &bad.limits).unwrap_err();
    assert!(refused.len() >= 2, "all at once: {refused:?}");
}

#[test]
fn no_request_whatever_breaks_the_guard() {
    let mut chance = chance(3);
    everywhere(|network, index, at| {
        for _ in 0..300 {
            let mut plan = any_plan(at, &mut chance);
            if chance.random_range(0..4_u32) == 0 {
                let stage = chance.random_range(0..plan.splits.len());
                plan.splits.truncate(stage.max(1));
                plan.splits[0].green = Tenths::new(chance.random());
                plan.splits[0].stage = StageIndex(chance.random_range(0..9));
            }
            let now = T + Tenths::new(chance.random_range(0..5000));
            let until = T + Tenths::new(chance.random_range(0..7000));
            let ask = match chance.random_range(0..4_u32) {
                0 => StageAsk::Hold { until },
                1 => StageAsk::Extend { until },
                2 => StageAsk::EndEarly,
                _ => StageAsk::Skip,
            };
            let stage = StageIndex(chance.random_range(0..at.stages.len() + 1));
            let request = StageRequest { stage, ask, expiry: T + Tenths::new(chance.random_range(0..7000)) };
            let asked = Asked { request: &request, running: &plan, now };
            if admit_stage_request(network, index, asked, &Limits::default()).is_ok() {
                let split: &Split = plan.splits.iter().find(|s| s.stage == stage).unwrap();
                assert!(request.expiry > now && request.expiry <= now + Tenths::new(1200));
                let most = at.stages[stage.0].max_green.max(split.green) + plan.cycle.length();
                assert!(ask.until().is_none_or(|until| until <= now + most));
                let walkers = |p: &&greenwave::corridor::PhaseIndex| {
                    matches!(at.phases[p.0].serves, Serves::Pedestrians { on_call: false, .. })
                };
                assert!(ask != StageAsk::Skip || !at.stages[stage.0].phases.iter().any(|p| walkers(&p)));
            }
        }
    });
}
