//! Two readings of the register table, this one the controller's: what `field` writes and reads is pinned, word for word, to
//! the table of golden words to which the cabinet's own reading is pinned too (sim/tests/cabinet/golden.rs).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

#[path = "kit/golden.rs"]
mod golden;
#[path = "registers/profiles.rs"]
mod profiles;

use golden::{DC01, EPOCH, GENERATION, T, golden, network, own_limits, plan, poll, safe};
use greenwave::corridor::StageIndex;
use greenwave::field::{Ask, FieldFault, Mode, Op, Push, Request, Session, StageAsked, Why, identity};
use greenwave::safety::{Asked, Limits, Safe, StageAsk, StageRequest, admit_release, admit_stage_request};
use greenwave::units::Tenths;

/// The write of a tick that was made for a reason.
fn written(requests: &[Request], ask: Ask) -> (u16, Vec<u16>) {
    match requests.iter().find(|r| r.ask() == ask).map(Request::op) {
        Some(Op::Write { address, words }) => (*address, words.clone()),
        other => panic!("{ask:?}: {other:?}"),
    }
}

fn read(requests: &[Request], ask: Ask) -> Option<(u16, u16)> {
    requests.iter().find(|r| r.ask() == ask).map(|r| match r.op() {
        Op::Read { address, count, .. } => (*address, *count),
        op => panic!("{op:?}"),
    })
}

#[test]
fn a_whole_push_writes_and_reads_the_golden_words() {
    let network = network();
    let at = network.intersection(DC01);
    assert_eq!(identity("dc01"), 0x5109_fcf8);
    let mut session = Session::new(&network, DC01);

    // Status and running plan of a cabinet on its own plan.
    let asked = session.tick(T, None);
    assert_eq!((read(&asked, Ask::Poll), asked.len()), (Some((0, 104)), 1));
    let reading = session.hear(at, Ask::Poll, &Ok(poll("status-local")), T).unwrap();
    let status = session.status().unwrap().clone();
    assert_eq!(
        (status.identity, status.mode, status.fault, status.boots, status.stage),
        (Some(0x5109_fcf8), Mode::Local, 0, 0, 3)
    );
    assert_eq!((status.running, status.running_crc, status.pending), (0, Some(0x2fe0_e540), 0));
    assert_eq!((status.staged_crc, status.refusal, status.clock), (Some(0), 0, Some(T)));
    assert_eq!(status.cycle_start, T - Tenths::new(679));
    let channels: Vec<_> = reading.channels.iter().map(|c| (c.count, c.occupied)).collect();
    assert_eq!(channels, [(0x1170, 1), (3, 25), (0, 0), (65_535, 0)]); // 70000 vehicles and 6553.7 s, wrapped
    assert_eq!((reading.at, reading.boots), (T, 0));
    let asked = session.tick(T, None);
    assert_eq!((read(&asked, Ask::Limits), read(&asked, Ask::Mirror)), (Some((110, 70)), Some((200, 116))));
    session.hear(at, Ask::Poll, &Ok(poll("status-local")), T);
    session.hear(at, Ask::Limits, &Ok(own_limits(at)), T);
    session.hear(at, Ask::Mirror, &Ok(golden("running-local").1), T);
    let running = session.running().unwrap();
    assert_eq!((running.generation, running.crc), (0, 0x2fe0_e540));
    assert_eq!(running.plan.greens(), [400, 150, 300].map(Tenths::new));
    assert_eq!(running.plan.cycle.length(), Tenths::new(1000));
    assert_eq!(running.plan.offset.since_zero(), Tenths::new(321));
    assert_eq!(running.plan.next_cycle_start(at, status.cycle_start), status.cycle_start);

    // The plan block.
    session.stage(at, safe(&network), GENERATION, EPOCH);
    let asked = session.tick(T, None);
    assert_eq!(written(&asked, Ask::Stage), golden("staged"));
    assert_eq!(read(&asked, Ask::ReadBack), Some((400, 116)));
    session.hear(at, Ask::Stage, &Ok(Vec::new()), T);
    session.hear(at, Ask::ReadBack, &Ok(golden("staged").1), T);
    assert!(matches!(session.push(), Push::Staged(_)));

    // The commit: all of it but the expiry, which is this writer's own choice.
    session.commit(T + Tenths::new(1000));
    let (address, mut words) = written(&session.tick(T, None), Ask::Commit);
    assert_eq!(words[8], 240, "minutes until a plan ends that nobody renews");
    words[8] = 30;
    assert_eq!((address, words), golden("commit"));
    session.hear(at, Ask::Commit, &Ok(Vec::new()), T);
    session.hear(at, Ask::Poll, &Ok(poll("status-pending")), T);
    let status = session.status().unwrap();
    assert_eq!((status.pending, status.staged_crc, status.stage), (GENERATION, Some(0x6cd3_2dcd), 1));
    assert_eq!((status.clock, status.cycle_start), (Some(T + Tenths::new(500)), T + Tenths::new(321)));
    assert!(matches!(session.push(), Push::Confirmed(_)));

    // It runs, and is read back word for word.
    session.hear(at, Ask::Poll, &Ok(poll("status-running")), T);
    let status = session.status().unwrap();
    assert_eq!((status.mode, status.running, status.running_crc), (Mode::Centre, GENERATION, Some(0x6cd3_2dcd)));
    assert_eq!(session.running(), None, "the mirror is out of date");
    assert_eq!(read(&session.tick(T, None), Ask::Mirror), Some((200, 116)));
    session.hear(at, Ask::Mirror, &Ok(golden("staged").1), T);
    let running = session.running().unwrap();
    assert_eq!((running.generation, running.plan.clone()), (GENERATION, plan(at)));
}

#[test]
fn beat_clock_and_release_are_the_tables() {
    let network = network();
    let at = network.intersection(DC01);
    let mut session = Session::new(&network, DC01);
    let now = T + Tenths::new(505);
    session.tick(T, None);
    session.hear(at, Ask::Poll, &Ok(poll("status-local")), T);
    let asked = session.tick(now, Some((42, Tenths::from_seconds(60))));
    assert_eq!(written(&asked, Ask::Beat), golden("heartbeat"));
    assert!(asked.iter().all(|r| r.ask() != Ask::Clock), "the clock is right");
    // The cabinet's clock stands at T while it is 50.5 s later: on its own plan it is set.
    session.hear(at, Ask::Poll, &Ok(poll("status-local")), now);
    assert_eq!(written(&session.tick(now, Some((43, Tenths::from_seconds(60)))), Ask::Clock), golden("clock"));
    assert!(session.release(&admit_release(DC01, now)));
    assert_eq!(written(&session.tick(now, None), Ask::Release), golden("release"));
}

#[test]
fn the_heartbeat_counts_on_over_the_end_of_its_register() {
    let network = network();
    let at = network.intersection(DC01);
    let mut session = Session::new(&network, DC01);
    session.tick(T, None);
    session.hear(at, Ask::Poll, &Ok(poll("status-local")), T);
    let mut beat = |steps: u64, after: u32| {
        let now = T + Tenths::from_seconds(after);
        written(&session.tick(now, Some((steps, Tenths::from_seconds(60)))), Ask::Beat).1[0]
    };
    assert_eq!((beat(65_535, 0), beat(65_536, 4), beat(65_540, 8)), (65_535, 0, 4));
}

#[test]
fn what_is_not_of_the_table_is_no_status() {
    let network = network();
    let at = network.intersection(DC01);
    let good = poll("status-local");
    let heard = |words: Vec<u16>| {
        let mut session = Session::new(&network, DC01);
        session.tick(T, None);
        session.hear(at, Ask::Poll, &Ok(words), T).is_some()
    };
    assert!(heard(good.clone()));
    // Layout, version, identity, mode, channels, a clock beyond all time.
    for (word, value) in [(0, 0x4758), (1, 2), (2, 0), (3, 0xfcf9), (4, 6), (34, 33), (23, 0x8000), (30, 0xffff)] {
        let mut bad = good.clone();
        bad[word] = value;
        assert!(!heard(bad), "word {word} = {value:04x}");
    }
    assert!(!heard(good[..103].to_vec()) && !heard(Vec::new()));
    let long: Vec<u16> = good.iter().copied().chain([0]).collect();
    assert!(!heard(long));
}

#[test]
fn a_mirror_with_any_other_word_is_no_running_plan() {
    let network = network();
    let at = network.intersection(DC01);
    let block = golden("running-local").1;
    let believed = |words: Vec<u16>| {
        let mut session = Session::new(&network, DC01);
        session.tick(T, None);
        session.hear(at, Ask::Poll, &Ok(poll("status-local")), T);
        session.tick(T, None);
        session.hear(at, Ask::Mirror, &Ok(words), T);
        session.running().is_some()
    };
    assert!(believed(block.clone()));
    for word in 0..block.len() {
        let mut other = block.clone();
        other[word] ^= 1;
        assert!(!believed(other), "word {word}");
    }
    assert!(!believed(block[..115].to_vec()) && !believed(Vec::new()));
}

/// A session whose cabinet runs the golden plan since T + 132.1 s, heard at T + 200 s with this refusal and request shown.
fn running(network: &greenwave::corridor::Network) -> Session {
    let at = network.intersection(DC01);
    let mut session = Session::new(network, DC01);
    let now = T + Tenths::new(2000);
    session.tick(now, None);
    session.hear(at, Ask::Poll, &Ok(poll("status-running")), now);
    session.tick(now, None);
    session.hear(at, Ask::Poll, &Ok(poll("status-running")), now);
    session.hear(at, Ask::Limits, &Ok(own_limits(at)), now);
    session.hear(at, Ask::Mirror, &Ok(golden("staged").1), now);
    session
}

fn hold(network: &greenwave::corridor::Network) -> Safe<StageRequest> {
    let now = T + Tenths::new(2000);
    let ask = StageAsk::Hold { until: T + Tenths::new(2400) };
    let request = StageRequest { stage: StageIndex(2), ask, expiry: T + Tenths::new(2600) };
    let running = plan(network.intersection(DC01));
    admit_stage_request(network, DC01, Asked { request: &request, running: &running, now }, &Limits::default()).unwrap()
}

#[test]
fn a_stage_request_is_the_tables_and_is_followed_to_its_end() {
    let network = network();
    let at = network.intersection(DC01);
    let now = T + Tenths::new(2000);
    let shows = |session: &mut Session, refusal: u16, request: u16| {
        let mut words = poll("status-running");
        (words[22], words[35]) = (refusal, request);
        session.tick(now, None);
        session.hear(at, Ask::Poll, &Ok(words), now);
    };
    let counter = golden("stage-request").1[0];
    // Carried out, and over.
    let mut session = running(&network);
    assert!(session.request_stage(&hold(&network), now));
    assert_eq!(written(&session.tick(now, None), Ask::StageRequest), golden("stage-request"));
    session.hear(at, Ask::StageRequest, &Ok(Vec::new()), now);
    shows(&mut session, 0, counter);
    assert!(matches!(session.stage_asked(), StageAsked::Carried { .. }));
    // Withdrawn: the table's words, a second later.
    let mut withdrawn = session.clone();
    assert!(withdrawn.withdraw(now + Tenths::new(10)));
    assert_eq!(written(&withdrawn.tick(now, None), Ask::StageRequest), golden("stage-withdrawal"));
    assert!(!withdrawn.withdraw(now));
    assert_eq!(withdrawn.stage_asked(), &StageAsked::Idle);
    shows(&mut session, 0, 0);
    assert_eq!(session.stage_asked(), &StageAsked::Over);
    // Refused, with its reason.
    let mut session = running(&network);
    assert!(session.request_stage(&hold(&network), now));
    session.tick(now, None);
    session.hear(at, Ask::StageRequest, &Ok(Vec::new()), now);
    shows(&mut session, 24, 0);
    assert_eq!(session.stage_asked(), &StageAsked::Failed(Why::Refused(24)));
    // No answer: the status tells, and it is not sent again.
    for (shown, end) in [(counter, None), (0, Some(StageAsked::Failed(Why::Fault(FieldFault::Silence))))] {
        let mut session = running(&network);
        assert!(session.request_stage(&hold(&network), now));
        session.tick(now, None);
        session.hear(at, Ask::StageRequest, &Err(FieldFault::Silence), now);
        shows(&mut session, 0, shown);
        shows(&mut session, 0, shown);
        assert!(session.tick(now, None).iter().all(|r| r.ask() != Ask::StageRequest));
        match end {
            Some(end) => assert_eq!(session.stage_asked(), &end),
            None => assert!(matches!(session.stage_asked(), StageAsked::Carried { .. })),
        }
    }
    // Not on its own plan, not by a person's hand, not after its expiry; a release takes it out of the queue.
    let mut session = running(&network);
    for mode in [0, 1, 3, 4, 5] {
        let mut words = poll("status-running");
        words[4] = mode;
        session.tick(now, None);
        session.hear(at, Ask::Poll, &Ok(words), now);
        assert!(!session.request_stage(&hold(&network), now), "mode {mode}");
    }
    shows(&mut session, 0, 0);
    assert!(!session.request_stage(&hold(&network), T + Tenths::new(2600)));
    assert!(session.request_stage(&hold(&network), now));
    assert!(session.release(&admit_release(DC01, now)));
    assert!(session.tick(now, None).iter().all(|r| r.ask() != Ask::StageRequest));
    assert_eq!(session.stage_asked(), &StageAsked::Idle);
}
