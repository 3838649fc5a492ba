//! One cabinet's conversation: what a session asks after each answer, each silence and each lie.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

#[path = "kit/golden.rs"]
mod golden;
#[path = "field/select.rs"]
mod select;

use golden::{DC01, EPOCH, GENERATION, T, golden, network, own_limits, plan, poll, safe};
use greenwave::corridor::{Intersection, IntersectionIndex, Network};
use greenwave::field::{Ask, Difference, FaultCount, FieldFault, Link, News, Op, Push, Request, Session, Why};
use greenwave::safety::{Change, Limits, admit, admit_release};
use greenwave::units::{Moment, Tenths};

const BEAT: Option<(u64, Tenths)> = Some((1, Tenths::from_seconds(15)));
const OK: Result<Vec<u16>, FieldFault> = Ok(Vec::new());

struct Talk {
    network: Network,
    session: Session,
    now: Moment,
    /// Reads that are out.
    out: Vec<Ask>,
}

impl Talk {
    /// A cabinet that was heard once and runs its own plan.
    fn begun() -> Talk {
        let mut talk = Talk::unheard();
        talk.poll(&poll("status-local"));
        assert_eq!(talk.asks(None), [Ask::Poll, Ask::Limits, Ask::Mirror]);
        let limits = own_limits(talk.at());
        talk.hear(Ask::Limits, Ok(limits));
        talk.hear(Ask::Mirror, Ok(golden("running-local").1));
        talk.poll(&poll("status-local"));
        talk
    }

    fn unheard() -> Talk {
        let network = network();
        let session = Session::new(&network, DC01);
        Talk { network, session, now: T, out: Vec::new() }
    }

    /// The golden plan staged and verified.
    fn staged() -> Talk {
        let mut talk = Talk::begun();
        talk.stage();
        talk.hear(Ask::Stage, OK);
        talk.hear(Ask::ReadBack, Ok(golden("staged").1));
        assert!(matches!(talk.session.push(), Push::Staged(_)));
        talk
    }

    /// The commit is on its way.
    fn committed() -> Talk {
        let mut talk = Talk::staged();
        talk.session.commit(T + Tenths::new(1000));
        assert_eq!(talk.asks(BEAT)[0], Ask::Commit);
        talk
    }

    fn at(&self) -> &Intersection {
        self.network.intersection(DC01)
    }

    fn stage(&mut self) -> Vec<Ask> {
        let safe = safe(&self.network);
        self.session.stage(self.network.intersection(DC01), safe, GENERATION, EPOCH);
        self.asks(None)
    }

    fn tick(&mut self, beat: Option<(u64, Tenths)>) -> Vec<Request> {
        self.now = self.now + Tenths::from_seconds(1);
        let asked = self.session.tick(self.now, beat);
        self.out.extend(asked.iter().filter(|r| !is_write(r)).map(Request::ask));
        asked
    }

    fn asks(&mut self, beat: Option<(u64, Tenths)>) -> Vec<Ask> {
        self.tick(beat).iter().map(Request::ask).collect()
    }

    /// An answer; where nothing is out that it could answer, another tick asks first.
    fn hear(&mut self, ask: Ask, answer: Result<Vec<u16>, FieldFault>) {
        if ask == Ask::Poll && !self.out.contains(&Ask::Poll) {
            self.tick(None);
        }
        if let Some(place) = self.out.iter().position(|a| *a == ask) {
            self.out.remove(place);
        }
        self.session.hear(self.network.intersection(DC01), ask, &answer, self.now);
    }

    /// A poll's answer, its clock put right.
    fn poll(&mut self, words: &[u16]) {
        self.hear(Ask::Poll, Ok(with_clock(words, self.now)));
    }

    fn failed(&self) -> Option<Why> {
        match self.session.push() {
            Push::Failed(why) => Some(*why),
            _ => None,
        }
    }
}

fn with_clock(words: &[u16], now: Moment) -> Vec<u16> {
    let mut words = words.to_vec();
    for (place, shift) in [(23, 48), (24, 32), (25, 16), (26, 0)] {
        words[place] = (now.count() >> shift) as u16;
    }
    words
}

fn patched(status: &str, words: &[(usize, u16)]) -> Vec<u16> {
    let mut poll = poll(status);
    for &(word, value) in words {
        poll[word] = value;
    }
    poll
}

fn is_write(request: &Request) -> bool {
    matches!(request.op(), Op::Write { .. })
}

#[test]
fn nothing_but_a_poll_before_the_cabinet_is_known() {
    let mut talk = Talk::unheard();
    assert_eq!(talk.session.link(), Link::New);
    assert_eq!(talk.asks(BEAT), [Ask::Poll]);
    let safe = safe(&talk.network);
    talk.session.stage(&talk.at().clone(), safe, GENERATION, EPOCH);
    assert_eq!(talk.failed(), Some(Why::Mode));
    assert!(!talk.session.release(&admit_release(DC01, T)));
    assert_eq!(talk.asks(BEAT), [Ask::Poll]);
    talk.poll(&poll("status-local"));
    assert_eq!(talk.asks(BEAT), [Ask::Poll, Ask::Limits, Ask::Mirror, Ask::Beat]);
}

#[test]
fn the_whole_way() {
    let mut talk = Talk::begun();
    assert_eq!(talk.stage(), [Ask::Stage, Ask::ReadBack, Ask::Poll]);
    talk.hear(Ask::Stage, OK);
    assert!(matches!(talk.session.push(), Push::Staging(_)));
    talk.session.commit(T); // not yet
    assert!(!talk.asks(None).contains(&Ask::Commit));
    talk.hear(Ask::ReadBack, Ok(golden("staged").1));
    talk.session.commit(T + Tenths::new(1000));
    assert!(talk.asks(None).contains(&Ask::Commit));
    talk.hear(Ask::Commit, OK);
    assert!(matches!(talk.session.push(), Push::Committing(..)), "a written commit is not yet an accepted one");
    talk.poll(&poll("status-pending"));
    match talk.session.push() {
        Push::Confirmed(hand) => {
            assert_eq!((hand.generation(), hand.safe().value()), (GENERATION, &plan(talk.at())));
        }
        push => panic!("{push:?}"),
    }
}

#[test]
fn silence_after_a_commit_is_unknown_and_the_cabinet_is_asked() {
    let mut talk = Talk::committed();
    talk.hear(Ask::Commit, Err(FieldFault::Silence));
    talk.hear(Ask::Poll, Err(FieldFault::Silence));
    for _ in 0..2 {
        assert!(talk.asks(None).contains(&Ask::Poll));
        talk.hear(Ask::Poll, Err(FieldFault::Silence));
    }
    // However long: as long as nothing is heard, nothing is known, and nothing is written.
    for _ in 0..20 {
        assert!(matches!(talk.session.push(), Push::Committing(..)));
        // A lost cabinet is asked ever more seldom.
        let asked = (0..9).flat_map(|_| talk.tick(BEAT)).collect::<Vec<_>>();
        assert!(!asked.is_empty() && asked.iter().all(|r| r.ask() == Ask::Poll), "{asked:?}");
        while talk.out.contains(&Ask::Poll) {
            talk.hear(Ask::Poll, Err(FieldFault::Silence));
        }
    }
    let hear = |session: &mut Session, status: &str, mut now: Moment| {
        for _ in 0..9 {
            now = now + Tenths::from_seconds(1);
            if session.tick(now, None).iter().any(|r| r.ask() == Ask::Poll) {
                session.hear(talk.network.intersection(DC01), Ask::Poll, &Ok(poll(status)), now);
                return now;
            }
        }
        panic!("not asked for nine seconds");
    };
    let mut taken = talk.session.clone();
    hear(&mut taken, "status-pending", talk.now);
    assert!(matches!(taken.push(), Push::Confirmed(_)), "it had it");
    let mut not = talk.session.clone();
    let then = hear(&mut not, "status-local", talk.now);
    hear(&mut not, "status-local", then);
    assert_eq!(not.push(), &Push::Failed(Why::Fault(FieldFault::Silence)), "it did not");
}

#[test]
fn a_commit_that_already_runs_is_confirmed_too() {
    let mut talk = Talk::committed();
    talk.hear(Ask::Commit, Err(FieldFault::Garbled));
    talk.poll(&poll("status-running"));
    assert!(matches!(talk.session.push(), Push::Confirmed(_)));
}

#[test]
fn no_to_a_commit_is_an_answer() {
    let mut talk = Talk::committed();
    talk.hear(Ask::Commit, Err(FieldFault::Exception(3)));
    assert_eq!(talk.failed(), Some(Why::Fault(FieldFault::Exception(3))));
    let mut talk = Talk::committed();
    talk.hear(Ask::Commit, OK);
    talk.poll(&patched("status-local", &[(22, 13)]));
    assert_eq!(talk.failed(), Some(Why::Refused(13)));
}

#[test]
fn a_read_back_that_differs_in_one_bit_is_not_committed() {
    let staged = golden("staged").1;
    for word in 0..staged.len() {
        let mut talk = Talk::begun();
        talk.stage();
        talk.hear(Ask::Stage, OK);
        let mut lie = staged.clone();
        lie[word] ^= 1 << (word % 16);
        talk.hear(Ask::ReadBack, Ok(lie));
        assert_eq!(talk.failed(), Some(Why::ReadBack), "word {word}");
        talk.session.commit(T + Tenths::new(1000));
        assert!(!talk.asks(BEAT).contains(&Ask::Commit));
    }
}

#[test]
fn a_push_that_is_not_answered_rightly_fails() {
    for fault in [FieldFault::Silence, FieldFault::Garbled, FieldFault::Exception(2)] {
        for ask in [Ask::Stage, Ask::ReadBack] {
            let mut talk = Talk::begun();
            talk.stage();
            talk.hear(ask, Err(fault));
            assert_eq!(talk.failed(), Some(Why::Fault(fault)));
            // The late, right read-back of the failed push changes nothing.
            talk.hear(Ask::ReadBack, Ok(golden("staged").1));
            assert_eq!(talk.failed(), Some(Why::Fault(fault)));
        }
    }
    let mut talk = Talk::begun();
    talk.stage();
    talk.hear(Ask::ReadBack, Ok(golden("staged").1[..115].to_vec()));
    assert_eq!(talk.failed(), Some(Why::ReadBack));
}

#[test]
fn nothing_is_written_to_a_cabinet_that_is_not_well() {
    // Mode start-up, flash, manual, preempt; every fault.
    let modes = [(4, 0), (4, 3), (4, 4), (4, 5)];
    let faults = [(5, 1), (5, 2), (5, 3), (5, 4)];
    for patch in modes.into_iter().chain(faults) {
        let mut talk = Talk::staged();
        talk.poll(&patched("status-local", &[patch]));
        assert!(!talk.session.may_write());
        talk.session.commit(T + Tenths::new(1000));
        assert_eq!(talk.failed(), Some(Why::Mode), "{patch:?}");
        talk.stage();
        assert_eq!(talk.failed(), Some(Why::Mode), "{patch:?}");
        assert!(!talk.session.release(&admit_release(DC01, T)));
        for _ in 0..10 {
            let asked = talk.tick(BEAT);
            assert!(!asked.iter().any(is_write), "{patch:?}: {asked:?}");
            // Not even the clock, however wrong.
            talk.hear(Ask::Poll, Ok(patched("status-local", &[patch])));
        }
        talk.poll(&poll("status-local"));
        assert!(talk.asks(BEAT).contains(&Ask::Beat), "well again");
    }
}

#[test]
fn a_queued_commit_dies_with_its_push() {
    let mut talk = Talk::staged();
    talk.session.commit(T + Tenths::new(1000));
    talk.session.clear_push();
    assert_eq!(talk.asks(None), [Ask::Poll]);
}

#[test]
fn a_link_is_lost_after_three_silences_and_back_with_a_word() {
    let mut talk = Talk::begun();
    for miss in 1..=3 {
        let answer = match miss {
            1 => Err(FieldFault::Silence),
            2 => Ok(vec![0; 104]),                                   // garbled
            _ => Ok(patched("status-local", &[(2, 0), (3, 0xbad)])), // somebody else
        };
        talk.asks(BEAT);
        talk.hear(Ask::Poll, answer);
        let lost = matches!(talk.session.link(), Link::Lost(_));
        assert_eq!(lost, miss >= 3);
    }
    let since = talk.session.link();
    talk.out.clear();
    while !talk.out.contains(&Ask::Poll) {
        talk.tick(BEAT);
    }
    talk.hear(Ask::Poll, Err(FieldFault::Exception(4)));
    assert_eq!(talk.session.link(), since, "lost since the first time");
    while !talk.out.contains(&Ask::Poll) {
        talk.tick(None);
    }
    assert!(!talk.tick(BEAT).iter().any(is_write), "no beat to who does not answer");
    talk.poll(&poll("status-local"));
    assert_eq!(talk.session.link(), Link::Up);
    talk.hear(Ask::Poll, Err(FieldFault::Silence));
    assert_eq!(talk.session.link(), Link::Up, "counted from anew");
}

#[test]
fn a_beat_only_with_a_completed_step_and_only_when_due() {
    let mut talk = Talk::begun();
    let mut beats = Vec::new();
    for second in 1..=21_u64 {
        let beat = (!(10..=13).contains(&second)).then_some((second, Tenths::from_seconds(15)));
        if let Some(request) = talk.tick(beat).iter().find(|r| r.ask() == Ask::Beat) {
            assert_eq!(*request.op(), Op::Write { address: 620, words: vec![second as u16, 150] });
            beats.push(second);
        }
        talk.poll(&poll("status-local"));
    }
    assert_eq!(beats, [1, 5, 9, 14, 18]);
}

#[test]
fn the_clock_is_set_softly_and_seldom() {
    let off = |tenths: i64, status: &str| {
        let mut talk = Talk::unheard();
        let mut set = Vec::new();
        for second in 1..=400 {
            if talk.asks(BEAT).contains(&Ask::Clock) {
                set.push(second);
            }
            let wrong = Moment::new(talk.now.count() + tenths);
            talk.hear(Ask::Poll, Ok(with_clock(&poll(status), wrong)));
        }
        set
    };
    assert_eq!(off(4, "status-local"), [0; 0], "so little may be the way of the answer");
    assert_eq!(off(-10, "status-local"), [2, 302]);
    assert_eq!(off(10, "status-running"), [2, 302], "within what the cabinet takes in at a cycle's end");
    assert_eq!(off(21, "status-running"), [0; 0], "no clock is stepped while its plan is coordinated");
    assert_eq!(off(-36_000, "status-local"), [2, 302]);
    assert_eq!(off(10, "status-pending"), [0; 0], "nothing moves what waits");
}

#[test]
fn a_release_is_repeated_until_heard_but_not_for_ever() {
    let mut talk = Talk::begun();
    assert!(talk.session.release(&admit_release(DC01, T)));
    let mut asked = 0;
    for _ in 0..10 {
        if talk.asks(None).contains(&Ask::Release) {
            asked += 1;
            talk.hear(Ask::Release, Err(FieldFault::Silence));
        }
    }
    assert_eq!(asked, 4);
    assert!(talk.session.release(&admit_release(DC01, T)));
    assert!(talk.asks(None).contains(&Ask::Release));
    talk.hear(Ask::Release, OK);
    assert!(!talk.asks(None).contains(&Ask::Release));
}

#[test]
fn what_is_safe_elsewhere_is_not_safe_here() {
    let mut talk = Talk::begun();
    let other = IntersectionIndex(0);
    let t1 = talk.network.intersection(other);
    let greens = [36, 10, 25, 10].map(Tenths::from_seconds);
    let plan = greenwave::plan::Plan::from_greens(t1, &greens, Tenths::ZERO.later()).unwrap();
    let moment = plan.next_cycle_start(t1, T);
    let safe = admit(&talk.network, other, Change { running: &plan, plan: &plan, moment }, &Limits::default()).unwrap();
    talk.session.stage(&talk.at().clone(), safe, GENERATION, EPOCH);
    assert_eq!(talk.failed(), Some(Why::Mode));
    assert!(!talk.session.release(&admit_release(other, T)));
    assert!(!talk.tick(None).iter().any(is_write));
}

#[test]
fn a_plan_that_changed_by_itself_is_read_anew() {
    let mut talk = Talk::begun();
    assert!(talk.session.running().is_some());
    talk.poll(&patched("status-local", &[(13, 0xe541)])); // another content of the running plan
    assert!(talk.session.running().is_none());
    assert_eq!(talk.asks(None), [Ask::Poll, Ask::Mirror]);
    talk.poll(&patched("status-local", &[(13, 0xe541)]));
    talk.hear(Ask::Mirror, Err(FieldFault::Silence));
    assert_eq!(talk.asks(None), [Ask::Poll, Ask::Mirror], "until it is known");
}

/// Everything that is new, as the names of it.
fn told(talk: &mut Talk) -> Vec<News> {
    talk.session.news()
}

#[test]
fn a_cabinet_that_is_not_the_one_defined_is_told_and_gets_no_plan() {
    let mut talk = Talk::unheard();
    talk.poll(&poll("status-local"));
    talk.tick(None);
    let mut limits = own_limits(talk.at());
    limits[6 + 4 + 2] += 5; // yellow of stage 2
    limits[6 + 8 + 3] -= 1; // all red of stage 3
    talk.hear(Ask::Limits, Ok(limits.clone()));
    talk.hear(Ask::Mirror, Ok(golden("running-local").1));
    let differences = vec![
        Difference::Yellow { stage: 2, defined: Tenths::new(30), cabinet: Tenths::new(35) },
        Difference::AllRed { stage: 3, defined: Tenths::new(20), cabinet: Tenths::new(19) },
    ];
    assert_eq!(told(&mut talk), [News::Differs { differences }]);
    assert!(talk.session.may_write() && !talk.session.may_push(), "a beat it may have, a plan not");
    assert_eq!(talk.stage(), [Ask::Poll]);
    assert_eq!(talk.failed(), Some(Why::Differs));
    // Another number of stages.
    let mut talk = Talk::unheard();
    talk.poll(&poll("status-local"));
    talk.tick(None);
    limits = own_limits(talk.at());
    limits[2] = 4;
    talk.hear(Ask::Limits, Ok(limits));
    assert_eq!(told(&mut talk), [News::Differs { differences: vec![Difference::Stages { defined: 3, cabinet: 4 }] }]);
}

#[test]
fn a_plan_outside_the_cabinets_own_limits_is_never_sent() {
    // Shortest and longest cycle, minimum of stage 2, maximum of stage 3: each by a tenth.
    for (word, value) in [(0, 1001), (1, 999), (6 + 4, 141), (6 + 8 + 1, 289)] {
        let mut talk = Talk::unheard();
        talk.poll(&poll("status-local"));
        talk.tick(None);
        let mut limits = own_limits(talk.at());
        limits[word] = value;
        talk.hear(Ask::Limits, Ok(limits));
        assert!(talk.session.may_push());
        assert_eq!(talk.stage(), [Ask::Poll, Ask::Mirror]);
        assert_eq!(talk.failed(), Some(Why::Limits), "word {word}");
    }
}

#[test]
fn limits_are_read_once_a_boot_and_asked_again_until_answered() {
    let mut talk = Talk::begun();
    assert!(!talk.asks(None).contains(&Ask::Limits));
    talk.poll(&patched("status-local", &[(6, 1)]));
    assert!(!talk.session.may_push(), "a restarted cabinet may be another one");
    assert!(talk.asks(None).contains(&Ask::Limits));
    talk.hear(Ask::Limits, Err(FieldFault::Silence));
    assert!(talk.asks(None).contains(&Ask::Limits));
    talk.hear(Ask::Limits, Err(FieldFault::Exception(2)));
    assert!(talk.session.may_push(), "one that has none to tell is taken as defined");
    assert!(!talk.asks(None).contains(&Ask::Limits));
}

#[test]
fn what_runs_under_our_generation_is_what_was_meant_or_is_told() {
    let mut talk = Talk::committed();
    talk.poll(&poll("status-running"));
    assert!(matches!(talk.session.push(), Push::Confirmed(_)));
    told(&mut talk);
    let hear = |talk: &mut Talk, words: Vec<u16>| {
        talk.tick(None);
        talk.poll(&poll("status-running"));
        talk.hear(Ask::Mirror, Ok(words));
    };
    // A reserved word, or a mixture of two plans: one bent reading is not believed, three are.
    let mut torn = golden("staged").1;
    torn[21] += 10;
    for _ in 0..2 {
        hear(&mut talk, torn.clone());
        assert!(talk.session.running().is_none() && !talk.session.runs_unintended());
        assert!(!told(&mut talk).iter().any(|n| matches!(n, News::Unintended { .. })));
    }
    let mut bent = talk.session.clone();
    hear(&mut talk, torn.clone());
    assert!(told(&mut talk).contains(&News::Unintended { generation: GENERATION }));
    assert!(talk.session.runs_unintended());
    hear(&mut talk, torn);
    assert!(!told(&mut talk).iter().any(|n| matches!(n, News::Unintended { .. })), "told once");
    std::mem::swap(&mut bent, &mut talk.session);
    hear(&mut talk, golden("staged").1);
    assert!(talk.session.runs_what_was_pushed() && !talk.session.runs_unintended());
    assert!(!told(&mut talk).iter().any(|n| matches!(n, News::Unintended { .. })));
}

#[test]
fn with_another_writer_there_is_no_fight() {
    let other = |words: &[(usize, u16)]| {
        let mut words = words.to_vec();
        words.push((4, 2)); // centre
        patched("status-local", &words)
    };
    // Its plan runs (10, 11) or waits (14, 15); a lower generation than ours is what ran before.
    for high in [10, 14] {
        let mut talk = Talk::staged();
        talk.poll(&other(&[(high, 2), (high + 1, 0)]));
        assert_eq!(told(&mut talk), [News::OtherWriter { generation: 0x2_0000 }]);
        assert_eq!(talk.failed(), Some(Why::OtherWriter));
        talk.stage();
        assert_eq!(talk.failed(), Some(Why::OtherWriter));
        assert!(!talk.session.release(&admit_release(DC01, T)));
        for _ in 0..10 {
            let asked = talk.tick(BEAT);
            assert!(!asked.iter().any(is_write), "not even a beat, which would keep its plan alive: {asked:?}");
            talk.poll(&other(&[(high, 2), (high + 1, 0)]));
        }
        assert_eq!(told(&mut talk), [], "told once");
        talk.poll(&poll("status-local"));
        assert!(talk.session.may_write(), "it is gone");
        let mut talk = Talk::staged();
        talk.poll(&other(&[(high, 1), (high + 1, 1)]));
        assert!(talk.session.other_writer().is_none() && told(&mut talk).is_empty());
    }
}

#[test]
fn a_plan_of_a_higher_epoch_is_not_overwritten() {
    let mut talk = Talk::unheard();
    talk.poll(&poll("status-running"));
    talk.tick(None);
    let limits = own_limits(talk.at());
    talk.hear(Ask::Limits, Ok(limits));
    talk.hear(Ask::Mirror, Ok(golden("staged").1));
    let safe = safe(&talk.network);
    let at = talk.at().clone();
    talk.session.stage(&at, safe.clone(), GENERATION + 1, EPOCH - 1);
    assert_eq!(talk.failed(), Some(Why::OtherWriter));
    talk.session.stage(&at, safe, GENERATION + 1, EPOCH);
    assert!(matches!(talk.session.push(), Push::Staging(_)));
}

#[test]
fn every_fault_of_the_line_is_told_with_its_kind() {
    let mut talk = Talk::begun();
    let kinds = [
        FieldFault::Silence,
        FieldFault::Closed,
        FieldFault::Untrusted,
        FieldFault::Broken,
        FieldFault::Busy,
        FieldFault::Garbled,
        FieldFault::Exception(6),
    ];
    for fault in kinds {
        talk.tick(None);
        talk.hear(Ask::Poll, Err(fault));
        assert_eq!(told(&mut talk), [News::LineFault { ask: Ask::Poll, fault }]);
        talk.poll(&poll("status-local"));
        talk.poll(&poll("status-local"));
        assert_eq!(told(&mut talk), []);
        talk.poll(&poll("status-local"));
        assert_eq!(told(&mut talk), [News::LineClear { faults: vec![FaultCount { fault, count: 1 }] }]);
    }
    // What can not be the answer, told by what it was.
    talk.tick(None);
    talk.hear(Ask::Poll, Ok(vec![0; 104]));
    assert_eq!(told(&mut talk), [News::LineFault { ask: Ask::Poll, fault: FieldFault::Garbled }]);
}
