//! Cabinets that have their plans stored and find their way to an offset by themselves: the whole core against small devices
//! written by hand from the profile's words.

use super::golden::crc;
use greenwave::control::{Candidate, Coordinator, Cost, Decision, Event, Finding, Mode, Origin, Policy, Setup, Work};
use greenwave::corridor::{IntersectionIndex, Network, load};
use greenwave::demand::DayProfile;
use greenwave::field::{Answer, Ask, Op, Request};
use greenwave::plan::Plan;
use greenwave::safety::Limits;
use greenwave::transition::Bounds;
use greenwave::units::{Moment, Shift, Tenths};
use std::sync::Arc;

/// 2026-03-02 00:00:00 UTC.
const T: i64 = 1_772_409_600;
/// Greens of a cycle of 100 s, in seconds.
const GREENS: [&[u32]; 3] = [&[36, 10, 25, 10], &[50, 10, 24], &[36, 10, 25, 10]];
/// Offsets of stored plans 1 (near the day plan) and 2 (far from it), in seconds.
const OFFSETS: [[i64; 2]; 3] = [[0, 50], [27, 80], [65, 10]];

/// The tutorial street with such cabinets. Plan 3 has a cycle of 110 s; the middle one has none of it.
fn street() -> Network {
    let mut text =
        include_str!("../../corridors/three.toml").replace("profile = \"reference\"", "profile = \"plan-select\"");
    // So many channels such a cabinet does not have.
    text = text.lines().filter(|line| !line.starts_with("advance_")).map(|line| format!("{line}\n")).collect();
    for (k, id) in ["t1", "t2", "t3"].into_iter().enumerate() {
        let plan = |number: usize, offset: i64, more: u32| {
            let greens: Vec<u32> =
                GREENS[k].iter().enumerate().map(|(i, g)| if i == 0 { g + more } else { *g }).collect();
            format!("[[intersection.stored_plan]]\nnumber = {number}\noffset_s = {offset}\ngreen_s = {greens:?}\n")
        };
        let mut stored = plan(1, OFFSETS[k][0], 0) + &plan(2, OFFSETS[k][1], 0);
        if id != "t2" {
            stored += &plan(3, 0, 10);
        }
        let from = text.find(&format!("id = \"{id}\"")).unwrap();
        let end = text[from..].find("\n\n").map(|at| from + at + 1).unwrap();
        text.insert_str(end, &stored);
    }
    load(&[("select.toml".to_owned(), text.into_bytes())]).unwrap_or_else(|p| panic!("{p:?}"))
}

/// A device: whole seconds, its own clock, a shift of at most a quarter of a cycle a cycle.
struct Device {
    /// Cycle and start of cycle after the epoch, modulo the cycle, by number; 0 is its own.
    plans: Vec<(i64, i64)>,
    running: usize,
    pending: usize,
    start: i64,
    lasts: i64,
    mode: u16,
    beats: Vec<u16>,
    written: Vec<(i64, u16, Vec<u16>)>,
}

impl Device {
    fn step(&mut self, now: i64) {
        while now >= self.start + self.lasts {
            self.start += self.lasts;
            if self.pending != 0 {
                (self.running, self.pending, self.mode) = (self.pending, 0, 1);
            }
            let (cycle, place) = self.plans[self.running];
            let wait = (place - self.start).rem_euclid(cycle);
            self.lasts = cycle + if self.running == 0 { 0 } else { wait.min(cycle / 4) };
        }
    }

    fn ask(&mut self, op: &Op, now: i64) -> Answer {
        match op {
            Op::Read { address: 0, count: 8, .. } => {
                let elapsed = (now - self.start) as u16;
                Ok(vec![self.mode, 0, self.running as u16, self.pending as u16, 1, elapsed, 0, 0])
            }
            Op::Read { address: 16, count: 16, .. } => Ok(vec![0; 16]),
            Op::Read { address: 40, count: 4, .. } => Ok(self.written.iter().rfind(|w| w.1 == 40).unwrap().2.clone()),
            Op::Write { address: 40, words } => {
                let check = u32::from(words[2]) << 16 | u32::from(words[3]);
                assert_eq!(check, crc(&words[..2]), "number and expiry");
                self.pending = usize::from(words[0]);
                self.written.push((now, 40, words.clone()));
                Ok(Vec::new())
            }
            Op::Write { address: 44, words } => {
                self.beats.extend(words);
                Ok(Vec::new())
            }
            Op::Write { address: 45, words } => {
                assert_eq!(words, &[0x5245]);
                (self.running, self.pending, self.mode) = (0, 0, 0);
                self.written.push((now, 45, words.clone()));
                Ok(Vec::new())
            }
            op => panic!("nobody has such registers: {op:?}"),
        }
    }
}

struct Run {
    network: Arc<Network>,
    core: Coordinator,
    devices: Vec<Device>,
    now: i64,
    events: Vec<Event>,
    diary: Vec<(i64, Decision)>,
    wish: Option<Vec<Plan>>,
}

fn plans(network: &Network, more: u32, offsets: [i64; 3]) -> Vec<Plan> {
    let plan = |((at, greens), offset): ((&greenwave::corridor::Intersection, &[u32]), i64)| {
        let greens: Vec<Tenths> =
            greens.iter().enumerate().map(|(i, g)| Tenths::from_seconds(if i == 0 { g + more } else { *g })).collect();
        Plan::from_greens(at, &greens, Shift::new(offset)).unwrap()
    };
    network.intersections().iter().zip(GREENS).zip(offsets).map(plan).collect()
}

fn finding(work: &Work, wish: Vec<Plan>) -> Finding {
    let cost = |weighed: f64| Cost {
        objective_veh_s_per_h: weighed,
        delay_veh_s_per_h: 0.0,
        stops_per_h: 0.0,
        side_delay_veh_s_per_h: 0.0,
        worst_saturation: 0.0,
        flattery_veh_s_per_h: 0.0,
    };
    let keep = Candidate { origin: Origin::Keep, plans: work.current.clone(), cost: cost(1000.0) };
    Finding { id: work.id, candidates: vec![keep, Candidate { origin: Origin::Fresh, plans: wish, cost: cost(10.0) }] }
}

impl Run {
    fn begin() -> Run {
        let network = Arc::new(street());
        let csv = include_bytes!("../../sim/scenarios/three/mean-workday.csv");
        let setup = Setup {
            network: network.clone(),
            profile: DayProfile::parse(&network, csv).unwrap(),
            // 27.4 s and 64.8 s can not be said in whole seconds, and need not be: nobody sends them.
            day_plans: vec![plans(&network, 0, [0, 274, 648]); network.periods().len()],
            operation: Vec::new(),
            free: Vec::new(),
            limits: Limits::default(),
            bounds: Bounds::default(),
            policy: Policy::default(),
            armed: true,
        };
        let device = |k: usize| {
            // A cycle begins with the reference green at t1 and t3, and so it does at t2.
            let own =
                network.intersections()[k].local_plan.greens.iter().map(|g| i64::from(g.count() / 10)).sum::<i64>();
            let lost = i64::from(network.intersections()[k].lost_to_intergreens().count() / 10);
            let [near, far] = OFFSETS[k];
            Device {
                plans: vec![(own + lost, 0), (100, near), (100, far), (110, 0)],
                running: 0,
                pending: 0,
                start: T - 10 - 7 * k as i64,
                lasts: own + lost,
                mode: 0,
                beats: Vec::new(),
                written: Vec::new(),
            }
        };
        let devices = (0..3).map(device).collect();
        let core = Coordinator::new(setup, Moment::from_unix_seconds(T));
        Run { network, core, devices, now: T, events: Vec::new(), diary: Vec::new(), wish: None }
    }

    fn run(&mut self, seconds: i64) {
        for _ in 0..seconds {
            let (now, devices) = (self.now, &mut self.devices);
            devices.iter_mut().for_each(|d| d.step(now));
            let out = self.core.step(Moment::from_unix_seconds(now), &std::mem::take(&mut self.events));
            self.diary.extend(out.decisions.into_iter().map(|d| (now, d)));
            let answer = |r: &Request| Event::Answer {
                cabinet: r.cabinet(),
                ask: r.ask(),
                answer: devices[r.cabinet().0].ask(r.op(), now),
            };
            self.events = out.requests.iter().map(answer).collect();
            if let (Some(work), Some(wish)) = (&out.work, self.wish.clone()) {
                self.events.push(Event::Found(finding(work, wish)));
            }
            self.now += 1;
        }
    }

    fn when(&self, what: impl Fn(&Decision) -> bool) -> Option<i64> {
        self.diary.iter().find(|(_, d)| what(d)).map(|(at, _)| *at)
    }

    fn chosen(&self, k: usize) -> Vec<(i64, u16)> {
        self.devices[k].written.iter().filter(|w| w.1 == 40).map(|w| (w.0, w.2[0])).collect()
    }
}

#[test]
fn the_nearest_stored_plans_are_picked_together_and_awaited() {
    let mut run = Run::begin();
    run.run(900);
    assert_eq!(run.core.mode(), Mode::Coordinated);
    for k in 0..3 {
        let chosen = run.chosen(k);
        assert_eq!(
            chosen.iter().map(|c| c.1).collect::<Vec<_>>(),
            [1],
            "the one whose offset is nearest, once: {:?}",
            run.diary
        );
        assert_eq!(run.devices[k].running, 1);
        assert!(run.devices[k].beats.len() > 100);
    }
    // The first is the canary; the others are told at the activation instant, to begin at their next cycle start.
    let activation = run.diary.iter().find_map(|(_, d)| match d {
        Decision::Staging { activation, .. } => Some(activation.unix_seconds()),
        _ => None,
    });
    let (first, second, third) = (run.chosen(0)[0].0, run.chosen(1)[0].0, run.chosen(2)[0].0);
    assert!(first < activation.unwrap() && second >= activation.unwrap() && third - second <= 1);
    // In step is said when the cycles start where the plans say, not when the plans were taken.
    let taken = run.diary.iter().filter(|(_, d)| matches!(d, Decision::Activated { .. })).map(|(at, _)| *at).max();
    let in_step = run.when(|d| *d == Decision::InStep).unwrap();
    assert!(in_step > taken.unwrap(), "{:?}", run.diary);
    for device in &run.devices {
        let (cycle, place) = device.plans[1];
        assert_eq!((device.start - place).rem_euclid(cycle), 0);
    }
    assert!(!run.diary.iter().any(|(_, d)| matches!(d, Decision::PushFailed { .. } | Decision::Refused { .. })));
}

#[test]
fn who_has_no_plan_of_the_cycle_stays_on_its_own_and_it_is_said_once() {
    let mut run = Run::begin();
    run.run(900);
    run.wish = Some(plans(&run.network, 10, [0, 300, 700]));
    run.run(2400);
    let without = |d: &Decision| matches!(d, Decision::NoStoredPlan { intersection, cycle } if intersection == "t2" && *cycle == Tenths::from_seconds(110));
    assert_eq!(run.diary.iter().filter(|(_, d)| without(d)).count(), 1, "{:?}", run.diary);
    assert_eq!([0, 1, 2].map(|k| run.devices[k].running), [3, 0, 3]);
    assert_eq!(run.devices[1].written.iter().filter(|w| w.1 == 45).count(), 1, "handed back once");
}

#[test]
fn somebody_elses_choice_is_left_alone() {
    let mut run = Run::begin();
    run.run(900);
    run.devices[1].pending = 2;
    run.run(600);
    let other =
        |d: &Decision| matches!(d, Decision::OtherWriter { intersection, generation: 2 } if intersection == "t2");
    assert_eq!(run.diary.iter().filter(|(_, d)| other(d)).count(), 1);
    assert_eq!((run.devices[1].running, run.chosen(1).len()), (2, 1));
    let beats = run.devices[1].beats.len();
    run.run(60);
    assert_eq!(run.devices[1].beats.len(), beats, "no beat keeps another's choice alive");
}

/// Asks that these cabinets are never sent.
#[test]
fn nothing_is_asked_that_the_profile_does_not_have() {
    let run = Run::begin();
    let mut session = greenwave::field::Session::new(&run.network, IntersectionIndex(0));
    let asked: Vec<Ask> = session.tick(Moment::from_unix_seconds(T), None).iter().map(Request::ask).collect();
    assert_eq!(asked, [Ask::Poll, Ask::Poll], "status and detectors lie apart");
    assert!(session.is_identified());
}
