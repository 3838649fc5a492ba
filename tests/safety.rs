//! The guard from both sides: what is sound is admitted, and every rule has a mutant that is refused by its own breach.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

mod kit;
#[path = "kit/orders.rs"]
mod orders;

use greenwave::corridor::profile::{Carrier, OperationKind, RegisterProfile};
use greenwave::corridor::{Intersection, IntersectionIndex, Network, PhaseIndex, StageIndex};
use greenwave::plan::{Operation, Plan, Split};
use greenwave::safety::{Breach, Change, Limits, admit, judge};
use greenwave::units::{CycleLength, Moment, Shift, Tenths};
use kit::{any_plan, chance, everywhere, network};
use rand::RngExt;
use std::collections::BTreeSet;
use std::sync::Arc;

const T: Moment = Moment::new(17_724_096_000);

/// A breach's name, as the journal has it.
fn name(breach: &Breach) -> String {
    let json = serde_json::to_value(breach).unwrap();
    json["rule"].as_str().unwrap().to_owned()
}

fn names(breaches: &[Breach]) -> BTreeSet<String> {
    breaches.iter().map(name).collect()
}

#[test]
fn sound_plans_are_admitted_everywhere() {
    let mut chance = chance(1);
    everywhere(|network, index, at| {
        for _ in 0..300 {
            let plan = any_plan(at, &mut chance);
            assert_eq!(judge(at, &plan, &Limits::default()), [], "{}: {plan:?}", at.id);
            let moment = plan.next_cycle_start(at, T);
            let change = Change { running: &plan, plan: &plan, moment };
            let safe = admit(network, index, change, &Limits::default()).unwrap();
            assert_eq!((safe.value(), safe.intersection(), safe.from()), (&plan, index, moment));
        }
    });
}

#[test]
fn plans_of_every_permitted_order_are_admitted_and_change_into_each_other() {
    let mut chance = chance(2);
    let network = orders::ordered();
    for index in network.indices() {
        let at = network.intersection(index);
        let permitted: Vec<Vec<StageIndex>> = at.orders().collect();
        assert_eq!(permitted.len(), if at.stages.len() == 4 { 6 } else { 2 });
        for (from, to) in permitted.iter().flat_map(|from| permitted.iter().map(move |to| (from, to))) {
            let running = any_plan(at, &mut chance).in_order(from).unwrap();
            let moment = running.next_cycle_start(at, T);
            let plan = running.in_order(to).unwrap().starting_at(at, moment);
            assert_eq!(judge(at, &plan, &Limits::default()), []);
            let safe = admit(&network, index, Change { running: &running, plan: &plan, moment }, &Limits::default());
            assert_eq!(safe.unwrap().value(), &plan);
        }
        // Turned so that another stage comes first, one twice, one left out.
        let mut wrong: Vec<Vec<StageIndex>> = permitted.clone();
        wrong.iter_mut().for_each(|order| order.rotate_left(1));
        wrong.iter().for_each(|order| {
            let plan = any_plan(at, &mut chance).in_order(order).unwrap();
            assert_eq!(judge(at, &plan, &Limits::default()), [Breach::Sequence], "{order:?}");
        });
    }
}

/// A case for the guard: an intersection, what runs, what shall run, when, under which limits.
struct Case {
    network: Network,
    at: Intersection,
    running: Plan,
    plan: Plan,
    moment: Moment,
    limits: Limits,
}

impl Case {
    /// Nothing is wrong with it: t1 of the tutorial street, cycle 100 s, the same plan before and after. What an engineer
    /// lets a change do is said here, so that another default changes no case.
    fn sound() -> Case {
        let network = network("three");
        let at = network.intersections()[0].clone();
        let greens = [36, 10, 25, 10].map(Tenths::from_seconds);
        let plan = Plan::from_greens(&at, &greens, Shift::new(321)).unwrap();
        let moment = plan.next_cycle_start(&at, T);
        Case { network, at, running: plan.clone(), plan, moment, limits: Limits { cycle_change_percent: 25 } }
    }

    /// Every rule it breaks: the target's rules on the intersection as it is here, the change's rules on the network.
    fn broken(&self) -> BTreeSet<String> {
        let change = Change { running: &self.running, plan: &self.plan, moment: self.moment };
        let judged = judge(&self.at, &self.plan, &self.limits);
        let admitted = admit(&self.network, IntersectionIndex(0), change, &self.limits);
        let changed = admitted.err().unwrap_or_default();
        let of_change = |b: &&Breach| {
            use Breach::{CycleJump, Intergreen, NotACycleStart, Torn};
            matches!(b, NotACycleStart { .. } | Torn { .. } | CycleJump { .. } | Intergreen { .. })
        };
        names(&judged).into_iter().chain(changed.iter().filter(of_change).map(name)).collect()
    }

    fn green(&mut self, stage: usize, by: i64) {
        let green = &mut self.plan.splits[stage].green;
        *green = Tenths::new(u32::try_from(i64::from(green.count()) + by).unwrap());
    }

    /// Another controller.
    fn profile(&mut self, change: fn(&mut RegisterProfile)) {
        change(Arc::make_mut(&mut self.at.cabinet.profile));
    }

    /// A cabinet that finds its way to an offset by itself; that alone breaks nothing.
    fn own_way(&mut self, shortest_percent: u16, longest_percent: u16) {
        self.at.cycle.min = CycleLength::new(Tenths::new(800)).unwrap();
        self.at.cycle.max = CycleLength::new(Tenths::new(1250)).unwrap();
        Arc::make_mut(&mut self.at.cabinet.profile).transitions =
            Carrier::Cabinet { shortest_percent, longest_percent };
        assert_eq!(self.broken(), BTreeSet::new());
    }

    /// The plan's cycle made what its splits sum to, starting where it started.
    fn close(&mut self) {
        let sum = self.plan.splits.iter().map(Split::length).sum();
        self.plan.cycle = CycleLength::new(sum).unwrap();
        self.plan = self.plan.starting_at(&self.at, self.moment);
    }
}

/// A mutant: the only rule that refuses it (beside those that it breaks by logic), and how it is made.
struct Mutant {
    rule: &'static str,
    implies: &'static [&'static str],
    make: fn(&mut Case),
}

const fn mutant(rule: &'static str, make: fn(&mut Case)) -> Mutant {
    Mutant { rule, implies: &[], make }
}

const MUTANTS: [Mutant; 39] = [
    mutant("operation", |c| {
        c.plan.operation = Operation::Actuated;
        c.profile(|p| p.operations.retain(|(kind, _)| *kind != OperationKind::Actuated));
    }),
    mutant("shortest-cycle", |c| {
        c.own_way(80, 100);
        c.at.cycle.min = CycleLength::new(Tenths::new(801)).unwrap();
    }),
    mutant("shortest-cycle", |c| {
        // 81 s of green in 100: at 99 s no stage could keep what it has.
        c.own_way(99, 100);
        for (stage, split) in c.at.stages.iter_mut().zip(&c.plan.splits) {
            stage.min_green = split.green;
        }
    }),
    mutant("longest-cycle", |c| {
        c.own_way(100, 125);
        c.at.cycle.max = CycleLength::new(Tenths::new(1249)).unwrap();
    }),
    mutant("longest-cycle", |c| {
        c.own_way(100, 101);
        for (stage, split) in c.at.stages.iter_mut().zip(&c.plan.splits) {
            stage.max_green = split.green;
        }
    }),
    mutant("deaf", |c| {
        c.plan.operation = Operation::Free;
        c.at.detectors.clear();
    }),
    mutant("countdown", |c| {
        c.plan.operation = Operation::Actuated;
        c.at.cabinet.countdown = true;
    }),
    Mutant {
        rule: "unknown-stage",
        implies: &["sequence"], // what is not a stage is in no sequence
        make: |c| {
            c.plan.splits.push(Split { stage: StageIndex(4), ..c.plan.splits[3] });
            c.close();
        },
    },
    mutant("sequence", |c| {
        c.plan.splits.rotate_left(1);
        c.plan = c.plan.starting_at(&c.at, c.moment);
    }),
    mutant("sequence", |c| {
        // The lefts change places, which nobody permitted here.
        c.plan.splits.swap(1, 3);
    }),
    mutant("sequence", |c| {
        // Permitted, and nothing for rings that are timed by detectors.
        c.at.sequences = vec![[0, 3, 2, 1].map(StageIndex).to_vec()];
        c.plan.splits.swap(1, 3);
        assert_eq!(c.broken(), BTreeSet::new());
        c.plan.operation = Operation::Actuated;
        assert_eq!(c.broken(), BTreeSet::new());
        c.at.rings = network("examples/ring-barrier").intersections()[0].rings.clone();
    }),
    mutant("intergreen", |c| {
        // Between the last stage of what runs and the first of what shall run, each plan sound by itself.
        c.running.splits[3].all_red = Tenths::new(9);
        c.running.splits[0].all_red = Tenths::new(31);
    }),
    mutant("intergreen", |c| {
        // The same between two orders: what comes last now has a shorter time after it.
        c.running.splits.swap(1, 3);
        c.running.splits[3].all_red = Tenths::new(9);
    }),
    mutant("unserved", |c| {
        // Only an intersection that lets a stage be left out can have this one broken alone.
        c.at.stages[1].min_green = Tenths::ZERO;
        c.green(1, -100);
        c.green(0, 100);
        c.plan = c.plan.starting_at(&c.at, c.moment);
    }),
    mutant("unserved", |c| c.at.stages[3].phases.clear()),
    mutant("sum", |c| c.green(0, 1)),
    mutant("sum", |c| c.green(0, -1)),
    mutant("cycle-range", |c| {
        c.at.cycle.min = CycleLength::new(Tenths::new(1001)).unwrap();
    }),
    mutant("cycle-range", |c| {
        c.at.cycle.max = CycleLength::new(Tenths::new(999)).unwrap();
    }),
    mutant("min-green", |c| {
        c.green(1, -31);
        c.green(0, 31);
    }),
    mutant("min-green", |c| {
        c.green(2, -31); // 21.9 s: walk and clearance of the pedestrians are 22 s
        c.green(0, 31);
    }),
    mutant("phase-green", |c| {
        // The stage keeps its own minimum of 15 s, and the last 8 of its 36 s are not ET's: 28 s are left of 28.1 s.
        let phase = c.at.phases.iter().position(|p| p.id == "ET").unwrap();
        c.at.stages[0].early_cuts = vec![(PhaseIndex(phase), Tenths::from_seconds(8))];
        c.at.phases[phase].min_green = Tenths::new(281);
    }),
    mutant("phase-green", |c| {
        let phase = c.at.phases.iter().position(|p| p.id == "SL").unwrap();
        c.at.stages[3].late_starts = vec![(PhaseIndex(phase), Tenths::new(31))]; // 6.9 s of 7 s
    }),
    mutant("max-green", |c| {
        c.at.stages[0].max_green = Tenths::new(359);
    }),
    mutant("yellow", |c| {
        c.plan.splits[0].yellow = Tenths::new(31);
        c.green(0, -1);
    }),
    Mutant {
        rule: "yellow",
        implies: &["intergreen"], // a short yellow is a short time between
        make: |c| {
            c.plan.splits[0].yellow = Tenths::new(29);
            c.green(0, 1);
        },
    },
    mutant("all-red", |c| {
        c.plan.splits[0].all_red = Tenths::new(21);
        c.green(0, -1);
    }),
    Mutant {
        rule: "all-red",
        implies: &["intergreen"],
        make: |c| {
            c.plan.splits[0].all_red = Tenths::new(19);
            c.green(0, 1);
        },
    },
    mutant("intergreen", |c| {
        let phase = |id: &str| c.at.phases.iter().position(|p| p.id == id).unwrap();
        let (from, to) = (phase("NT"), phase("SL"));
        c.at.intergreens[from][to] = Tenths::new(51);
    }),
    mutant("intergreen", |c| {
        // From the last stage over the end of the cycle to the first.
        let phase = |id: &str| c.at.phases.iter().position(|p| p.id == id).unwrap();
        let (from, to) = (phase("NL"), phase("ET"));
        c.at.intergreens[from][to] = Tenths::new(41);
    }),
    mutant("conflict", |c| {
        let through = c.at.stages[2].phases.clone();
        let (a, b): (PhaseIndex, PhaseIndex) = (through[0], through[1]);
        c.at.conflicts[a.0] |= 1 << b.0;
    }),
    mutant("opposed", |c| {
        let through = &c.at.stages[0].phases;
        c.at.lanes.opposed = vec![(through[1], through[0])];
    }),
    mutant("resolution", |c| c.profile(|p| p.time.step = Tenths::new(2))), // offset 32.1 s
    mutant("resolution", |c| {
        c.profile(|p| p.time.step = Tenths::new(5));
        c.plan = c.plan.at_offset(Shift::new(320));
        c.running = c.plan.clone();
        c.moment = c.plan.next_cycle_start(&c.at, T);
        c.green(0, 1);
        c.green(2, -1);
    }),
    mutant("too-long", |c| {
        c.plan.splits[0].green = Tenths::new(u32::MAX);
        c.plan.splits[1].green = Tenths::new(u32::MAX);
    }),
    mutant("too-many-stages", |c| {
        let splits = vec![c.plan.splits[0]; 100_000];
        c.plan.splits = splits;
    }),
    mutant("not-a-cycle-start", |c| {
        c.running = c.running.at_offset(Shift::new(322));
    }),
    mutant("torn", |c| c.plan = c.plan.at_offset(Shift::new(322))),
    mutant("cycle-jump", |c| {
        c.green(0, 251);
        c.close();
    }),
];

/// Every breach there is, by the names of the enumeration itself: a new one is found missing here.
fn every_rule() -> BTreeSet<String> {
    let source = include_str!("../src/safety/rules.rs");
    let body = source.split("pub enum Breach {").nth(1).unwrap().split("\n}").next().unwrap();
    let variant = |line: &str| {
        let line = line.strip_prefix("    ")?;
        let word = line.strip_suffix(" {").or(line.strip_suffix(','))?;
        word.chars().all(char::is_alphanumeric).then(|| kebab(word))
    };
    body.lines().filter_map(variant).collect()
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.char_indices() {
        if c.is_uppercase() && i > 0 {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[test]
fn every_rule_refuses_its_own_mutants_and_nobody_elses() {
    assert_eq!(Case::sound().broken(), BTreeSet::new());
    for (place, mutant) in MUTANTS.iter().enumerate() {
        let mut case = Case::sound();
        (mutant.make)(&mut case);
        let expected = mutant.implies.iter().chain([&mutant.rule]).map(|s| (*s).to_owned()).collect();
        assert_eq!(case.broken(), expected, "mutant {place}, of {}", mutant.rule);
    }
    let covered: BTreeSet<String> = MUTANTS.iter().map(|m| m.rule.to_owned()).collect();
    assert_eq!(every_rule(), covered, "breaches without a mutant, or mutants of no breach");
}

#[test]
fn limits_hold_to_the_tenth() {
    let edge = |change: fn(&mut Case, i64), by: i64| {
        let mut case = Case::sound();
        change(&mut case, by);
        case.broken().into_iter().collect::<Vec<_>>().join(" ")
    };
    let cycle: fn(&mut Case, i64) = |c, by| {
        c.green(0, by);
        c.close();
    };
    assert_eq!((edge(cycle, 250), edge(cycle, 251)), (String::new(), "cycle-jump".to_owned()));
    assert_eq!((edge(cycle, -210), edge(cycle, -211)), (String::new(), "min-green".to_owned()));
    let short: fn(&mut Case, i64) = |c, by| {
        c.green(1, by);
        c.green(0, -by);
    };
    assert_eq!((edge(short, -30), edge(short, -31)), (String::new(), "min-green".to_owned()));
    let long: fn(&mut Case, i64) = |c, by| {
        c.at.stages[0].max_green = Tenths::new(360);
        c.green(0, by);
        c.green(2, -by);
    };
    assert_eq!((edge(long, 0), edge(long, 1)), (String::new(), "max-green".to_owned()));
    let slow: fn(&mut Case, i64) = |c, by| {
        c.running = c.plan.clone();
        c.at.cycle.max = CycleLength::new(Tenths::new(1000)).unwrap();
        c.green(0, by);
        c.close();
    };
    assert_eq!((edge(slow, 0), edge(slow, 1)), (String::new(), "cycle-range".to_owned()));
}

#[test]
fn all_breaches_are_told_at_once() {
    let mut case = Case::sound();
    case.green(1, -31);
    case.plan.splits[0].yellow = Tenths::new(29);
    case.plan.splits[2].all_red = Tenths::new(99);
    case.plan = case.plan.at_offset(Shift::new(7));
    let told: Vec<String> = case.broken().into_iter().collect();
    assert_eq!(told, ["all-red", "intergreen", "min-green", "sum", "torn", "yellow"]);
}

#[test]
fn no_plan_whatever_breaks_the_guard() {
    let mut chance = chance(2);
    everywhere(|network, index, at| {
        for _ in 0..200 {
            let mut plan = any_plan(at, &mut chance);
            let wild = |chance: &mut rand_pcg::Pcg64Mcg| match chance.random_range(0..4_u32) {
                0 => Tenths::ZERO,
                1 => Tenths::new(chance.random_range(0..2000)),
                2 => Tenths::new(u32::MAX),
                _ => Tenths::new(chance.random()),
            };
            let before = plan.clone();
            for _ in 0..chance.random_range(1..4_u32) {
                let stage = chance.random_range(0..plan.splits.len());
                match chance.random_range(0..6_u32) {
                    0 => plan.splits[stage].green = wild(&mut chance),
                    1 => plan.splits[stage].yellow = wild(&mut chance),
                    2 => plan.splits[stage].all_red = wild(&mut chance),
                    3 => plan.splits[stage].stage = StageIndex(chance.random_range(0..7)),
                    4 => plan.cycle = CycleLength::new(wild(&mut chance)).unwrap_or(plan.cycle),
                    _ => plan.splits.truncate(stage.max(1)),
                }
            }
            let moment = before.next_cycle_start(at, T);
            let change = Change { running: &before, plan: &plan, moment };
            let admitted = admit(network, index, change, &Limits::default());
            // Whatever passes has its splits, minima and cycle as every sound plan has.
            if let Ok(safe) = admitted {
                let sum: Tenths = safe.value().splits.iter().map(Split::length).sum();
                assert_eq!(sum, safe.value().cycle.length());
                assert!(at.stages.iter().zip(safe.value().greens()).all(|(s, g)| g >= s.min_green && g <= s.max_green));
            }
        }
    });
}
