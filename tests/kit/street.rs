//! The tutorial street, or another with its demand, in operation: plant, cabinets, the core, and a bus on which anything may go wrong. Second by second, as
//! replay drives it, but everything that happens is in the test's hands.

use greenwave::bus::{Bus, MemoryBus, Stuck};
use greenwave::control::{Candidate, Coordinator, Cost, Decision, Event, Finding, Origin, Policy, Setup, Work};
use greenwave::corridor::{IntersectionIndex, Network, load};
use greenwave::demand::DayProfile;
use greenwave::field::{Answer, Ask, FieldFault, Op, Request};
use greenwave::plan::Plan;
use greenwave::rig::{Demand, Rig, Run, Scenario};
use greenwave::safety::Limits;
use greenwave::transition::Bounds;
use greenwave::units::{Moment, Shift, Tenths};
use greenwave_sim::cabinet::{Cabinet, Mode};
use std::sync::Arc;

/// Half past six, in seconds of the day.
pub(crate) const START: u32 = 23_400;

/// Bends the words of an answer.
pub(crate) type Bend = Box<dyn FnOnce(&mut Vec<u16>)>;

/// What becomes of a request.
pub(crate) enum Fate {
    /// As it should be.
    Pass,
    /// It never arrives.
    Silent,
    /// It arrives, the answer does not.
    Lost,
    /// It arrives so many seconds later; the answer never does.
    Late(u32),
    /// The device says no, and does nothing.
    No(u8),
    /// It arrives; something that can not be the answer comes back.
    Garbled,
    /// It arrives; the words of the answer are bent on the way.
    Bent(Bend),
}

/// Decides the fate of a request at a second of the day.
pub(crate) type Hook = Box<dyn FnMut(&Request, u32) -> Fate>;

/// A bus with a hook, which keeps what was asked.
pub(crate) struct Line {
    inner: MemoryBus,
    pub(crate) second: u32,
    pub(crate) hook: Hook,
    late: Vec<(u32, Request)>,
    /// Every write that was asked for: when, where, why, the words.
    pub(crate) writes: Vec<(u32, IntersectionIndex, Ask, Vec<u16>)>,
}

impl Bus for Line {
    async fn exchange(&mut self, requests: &[Request]) -> Result<Vec<Answer>, Stuck> {
        let due: Vec<Request> = self.late.extract_if(.., |(at, _)| *at <= self.second).map(|(_, r)| r).collect();
        self.inner.exchange(&due).await?;
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            if let Op::Write { words, .. } = request.op() {
                self.writes.push((self.second, request.cabinet(), request.ask(), words.clone()));
            }
            let fate = (self.hook)(request, self.second);
            let arrives = !matches!(fate, Fate::Silent | Fate::Late(_) | Fate::No(_));
            let answer = if arrives {
                self.inner.exchange(std::slice::from_ref(request)).await?.remove(0)
            } else {
                Ok(Vec::new())
            };
            answers.push(match fate {
                Fate::Pass => answer,
                Fate::Silent | Fate::Lost => Err(FieldFault::Silence),
                Fate::No(code) => Err(FieldFault::Exception(code)),
                Fate::Garbled => Err(FieldFault::Garbled),
                Fate::Late(by) => {
                    self.late.push((self.second + by, request.clone()));
                    Err(FieldFault::Silence)
                }
                Fate::Bent(bend) => answer.map(|mut words| {
                    bend(&mut words);
                    words
                }),
            });
        }
        Ok(answers)
    }
}

/// A run under way.
pub(crate) struct Street {
    pub(crate) network: Arc<Network>,
    pub(crate) rig: Rig,
    pub(crate) core: Coordinator,
    pub(crate) line: Line,
    /// Second of the day that comes next.
    pub(crate) second: u32,
    events: Vec<Event>,
    /// What was decided, when.
    pub(crate) diary: Vec<(u32, Decision)>,
    /// The plans the optimiser will find best when next asked.
    pub(crate) wish: Option<Vec<Plan>>,
    /// Questions asked so far.
    pub(crate) works: Vec<Work>,
    /// Everything a step was given, and what it decided: a journal of events.
    pub(crate) record: Vec<(Moment, Vec<Event>, String)>,
    /// What the monitors saw.
    pub(crate) violations: usize,
    runtime: tokio::runtime::Runtime,
}

/// The tutorial street.
pub(crate) fn three() -> Network {
    let text = include_str!("../../corridors/three.toml");
    load(&[("three.toml".to_owned(), text.as_bytes().to_vec())]).unwrap_or_else(|p| panic!("{p:?}"))
}

/// The tutorial's street with a controller of each profile that is shipped.
pub(crate) fn makes() -> Network {
    let text = include_str!("../../corridors/examples/makes.toml");
    load(&[("makes.toml".to_owned(), text.as_bytes().to_vec())]).unwrap_or_else(|p| panic!("{p:?}"))
}

/// Coordinated plans of one cycle for the tutorial street.
pub(crate) fn plans(network: &Network, cycle_s: u32, offsets: [i64; 3]) -> Vec<Plan> {
    let more = cycle_s - 100;
    let greens = [[36 + more, 10, 25, 10].to_vec(), vec![50 + more, 10, 24], [36 + more, 10, 25, 10].to_vec()];
    let plan = |((at, greens), offset): ((&greenwave::corridor::Intersection, Vec<u32>), i64)| {
        let greens: Vec<Tenths> = greens.into_iter().map(Tenths::from_seconds).collect();
        Plan::from_greens(at, &greens, Shift::new(offset)).unwrap()
    };
    network.intersections().iter().zip(greens).zip(offsets).map(plan).collect()
}

/// What the core of a test is given: every period has the same plans.
pub(crate) fn setup(network: &Arc<Network>, armed: bool) -> Setup {
    setup_of(network, plans(network, 100, [0, 274, 648]), armed)
}

/// The same with these plans.
pub(crate) fn setup_of(network: &Arc<Network>, plans: Vec<Plan>, armed: bool) -> Setup {
    let csv = include_bytes!("../../sim/scenarios/three/mean-workday.csv");
    Setup {
        network: network.clone(),
        profile: DayProfile::parse(network, csv).unwrap(),
        day_plans: vec![plans; network.periods().len()],
        operation: Vec::new(),
        free: Vec::new(),
        limits: Limits::default(),
        bounds: Bounds::default(),
        policy: Policy::default(),
        armed,
    }
}

impl Street {
    /// A street with the core switched on at half past six. Cabinets run the definition's own plans, each for itself.
    pub(crate) fn begin(armed: bool) -> Street {
        Street::begin_after(armed, 0, |_| ())
    }

    /// A street on which something is done to the cabinets first and time goes by before the core is switched on.
    pub(crate) fn begin_after(armed: bool, seconds: u32, prepare: impl FnOnce(&Rig)) -> Street {
        let network = Arc::new(three());
        let setup = setup(&network, armed);
        Street::of(setup, START, seconds, prepare)
    }

    /// A street with cabinets of its own, from a second of the day on.
    pub(crate) fn of(setup: Setup, start_s: u32, seconds: u32, prepare: impl FnOnce(&Rig)) -> Street {
        let network = setup.network.clone();
        // A few vehicles are enough to be counted; the plant's time goes into them.
        let scenario =
            include_str!("../../sim/scenarios/three.toml").replace("1500.0", "360.0").replace("420.0 ", "120.0 ");
        let demand = Demand::mean(&Scenario::parse("three.toml", &scenario, |_| unreachable!()).unwrap());
        let to_s = start_s + 4 * 3600;
        let run = Run { demand: &demand, day: 1001, seed: 1, start_s, from_s: start_s, to_s };
        let rig = Rig::new(&network, &[], &run).unwrap();
        prepare(&rig);
        rig.advance_to(start_s + seconds);
        let core = Coordinator::new(setup, rig.moment(start_s + seconds));
        let line = Line {
            inner: MemoryBus::new(rig.devices()),
            second: start_s,
            hook: Box::new(|_, _| Fate::Pass),
            late: Vec::new(),
            writes: Vec::new(),
        };
        Street {
            network,
            rig,
            core,
            line,
            second: start_s + seconds,
            events: Vec::new(),
            diary: Vec::new(),
            wish: None,
            works: Vec::new(),
            record: Vec::new(),
            violations: 0,
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        }
    }

    /// One second: the plant, the core, the bus.
    pub(crate) fn tick(&mut self) {
        self.rig.advance_to(self.second);
        let now = self.rig.moment(self.second);
        let out = self.core.step(now, &self.events);
        self.record.push((now, std::mem::take(&mut self.events), serde_json::to_string(&out.decisions).unwrap()));
        self.diary.extend(out.decisions.into_iter().map(|d| (self.second, d)));
        self.line.second = self.second;
        let answers = self.runtime.block_on(self.line.exchange(&out.requests)).unwrap();
        self.events.extend(out.requests.iter().zip(answers).map(|(request, answer)| Event::Answer {
            cabinet: request.cabinet(),
            ask: request.ask(),
            answer,
        }));
        if let Some(work) = out.work {
            self.events.extend(self.wish.take().map(|wish| Event::Found(finding(&work, wish))));
            self.works.push(work);
        }
        self.violations += self.rig.violations().len();
        self.second += 1;
    }

    /// Hands an event to the next step.
    pub(crate) fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Some seconds.
    pub(crate) fn run(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.tick();
        }
    }

    /// Until something is so; how long it took.
    pub(crate) fn run_until(&mut self, what: &str, most: u32, mut so: impl FnMut(&Street) -> bool) -> u32 {
        for second in 0..most {
            if so(self) {
                return second;
            }
            self.tick();
        }
        panic!("not within {most} s: {what}\n{:#?}", self.diary);
    }

    /// Until every cabinet runs its target.
    pub(crate) fn run_until_in_step(&mut self, most: u32) -> u32 {
        let from = self.diary.len();
        self.run_until("in step", most, |s| s.decided(from, |d| *d == Decision::InStep))
    }

    /// Whether something was decided from a place in the diary on.
    pub(crate) fn decided(&self, from: usize, what: impl Fn(&Decision) -> bool) -> bool {
        self.diary[from..].iter().any(|(_, d)| what(d))
    }

    /// Time goes by without the core.
    pub(crate) fn leave_alone(&mut self) {
        self.rig.advance_to(self.second);
        self.violations += self.rig.violations().len();
        self.second += 1;
    }

    /// Looks at a cabinet.
    pub(crate) fn at<T>(&self, index: usize, look: impl FnOnce(&Cabinet) -> T) -> T {
        self.rig.cabinet(IntersectionIndex(index), look)
    }

    /// Does something to a cabinet.
    pub(crate) fn harm(&self, index: usize, harm: impl FnOnce(&mut Cabinet)) {
        self.rig.faults().at(IntersectionIndex(index), harm);
    }

    /// What the cabinets are doing.
    pub(crate) fn modes(&self) -> [Mode; 3] {
        [0, 1, 2].map(|k| self.at(k, Cabinet::mode))
    }

    /// Writes for a reason from a second on: where, the words.
    pub(crate) fn written(&self, from: u32, ask: Ask) -> Vec<(usize, &[u16])> {
        let wanted = self.line.writes.iter().filter(|w| w.0 >= from && w.2 == ask);
        wanted.map(|w| (w.1.0, w.3.as_slice())).collect()
    }

    /// What a cabinet runs is its own plan, or word for word a block that was staged for it: never a mixture.
    pub(crate) fn assert_nothing_mixed(&self) {
        for index in 0..3 {
            if self.at(index, Cabinet::running_generation).is_some() {
                let runs = self.at(index, |c| c.read(200, 116)).unwrap();
                assert!(
                    self.written(0, Ask::Stage).contains(&(index, &runs)),
                    "cabinet {index} runs what nobody staged"
                );
            }
        }
    }
}

/// An answer of the optimiser that makes the wished plans so good that they are taken.
pub(crate) fn finding(work: &Work, wish: Vec<Plan>) -> Finding {
    // By names, so that a cost may grow another part; all that is weighed is the same but this one.
    let cost = |weighed: f64| -> Cost {
        let zero =
            ["objective_veh_s_per_h", "delay_veh_s_per_h", "stops_per_h", "side_delay_veh_s_per_h", "worst_saturation"];
        let mut parts: serde_json::Map<_, _> = zero.map(|part| (part.to_owned(), 0.0.into())).into_iter().collect();
        parts.insert("flattery_veh_s_per_h".to_owned(), weighed.into());
        serde_json::from_value(parts.into()).unwrap()
    };
    let keep = Candidate { origin: Origin::Keep, plans: work.current.clone(), cost: cost(1000.0) };
    let best = Candidate { origin: Origin::Fresh, plans: wish, cost: cost(10.0) };
    Finding { id: work.id, candidates: vec![keep, best] }
}
