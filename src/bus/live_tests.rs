//! The live bus against real servers on loopback: what each fault becomes, who suffers, and who does not.

use super::super::line::Sabotage;
use super::super::{Device, LineFault, LineFaults, Serving, TcpServer};
use super::*;
use crate::clock::SystemClock;
use crate::corridor::profile::RegisterTable;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Long enough for a machine that has a lot else to do.
const PERIOD: Duration = Duration::from_millis(600);

/// Registers that hold their own address, plus a thousand times the unit.
struct Plain;

impl Device for Plain {
    fn read(&self, unit: u8, _: RegisterTable, address: u16, count: u16) -> Result<Vec<u16>, u8> {
        Ok((address..address + count).map(|a| a + 1000 * u16::from(unit)).collect())
    }

    fn write(&self, _: u8, _: u16, _: &[u16]) -> Result<(), u8> {
        Ok(())
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new())
}

async fn server(serving: Serving) -> TcpServer {
    TcpServer::serve_as(SocketAddr::from(([127, 0, 0, 1], 0)), Arc::new(Plain), serving).await.unwrap()
}

/// A server a cabinet, with its faults, and a bus to all.
async fn street(n: usize) -> (Vec<TcpServer>, Vec<LineFaults>, LiveBus) {
    let (mut servers, mut faults) = (Vec::new(), Vec::new());
    for k in 0..n {
        faults.push(LineFaults::new(&format!("t{k}"), k as u64, clock()));
        servers.push(server(Serving { faults: Some(faults[k].clone()), ..Serving::default() }).await);
    }
    let ways = servers.iter().map(|s| (Way::Tcp { address: s.address() }, 1));
    let bus = LiveBus::new(ways, LiveSettings::every(PERIOD), clock());
    (servers, faults, bus)
}

fn read() -> Op {
    Op::Read { table: RegisterTable::Holding, address: 10, count: 2 }
}

fn right() -> Answer {
    Ok(vec![1010, 1011])
}

fn to(cabinets: impl IntoIterator<Item = usize>) -> Vec<(usize, Op)> {
    cabinets.into_iter().map(|k| (k, read())).collect()
}

/// Exchanges, a period apart, until a cabinet answers again.
async fn until_well(bus: &mut LiveBus, cabinet: usize) {
    for _ in 0..60 {
        if bus.ask(to([cabinet])).await[0] == right() {
            return;
        }
        sleep(PERIOD).await;
    }
    panic!("cabinet {cabinet} never answers again: {:?}", bus.take_news());
}

#[test]
fn every_fault_is_seen_for_what_it_is_and_got_over() {
    run(async {
        let (_servers, faults, mut bus) = street(2).await;
        let long = PERIOD * 2;
        let expected = [
            (LineFault::Silence, FieldFault::Silence),
            (LineFault::Lost, FieldFault::Silence),
            (LineFault::Latency(long, Duration::ZERO), FieldFault::Silence),
            (LineFault::Truncate, FieldFault::Silence),
            (LineFault::Late(long), FieldFault::Silence),
            (LineFault::Exception(6), FieldFault::Exception(6)),
            (LineFault::Reset, FieldFault::Closed),
            (LineFault::WrongTransaction, FieldFault::Garbled),
            (LineFault::WrongUnit, FieldFault::Garbled),
            (LineFault::WrongFunction, FieldFault::Garbled),
            (LineFault::WrongCount, FieldFault::Garbled),
            (LineFault::Corrupt, FieldFault::Garbled),
            (LineFault::BlackHole, FieldFault::Silence),
        ];
        for (fault, fails) in expected {
            until_well(&mut bus, 0).await;
            match fault {
                LineFault::BlackHole => faults[0].on(fault),
                _ => faults[0].next(fault, None, 1),
            }
            let answers = bus.ask(to([0, 1, 0])).await;
            assert_eq!(answers[0], Err(fails), "{fault:?}");
            assert_eq!(answers[1], right(), "{fault:?}: the neighbour");
            if fails == FieldFault::Silence {
                assert_eq!(answers[2], Err(FieldFault::Silence), "{fault:?}: one silence is waited for");
            }
            faults[0].clear();
        }
        // a reply that comes twice ends the connection before anything is asked on it again
        until_well(&mut bus, 0).await;
        faults[0].next(LineFault::Duplicate, None, 1);
        let first = bus.ask(to([0])).await.remove(0);
        assert!(first == right() || first == Err(FieldFault::Garbled), "{first:?}");
        sleep(PERIOD).await;
        let next = bus.ask(to([0])).await.remove(0);
        assert!(next == Err(FieldFault::Garbled) || next == right(), "{next:?}");
        until_well(&mut bus, 0).await;
        assert_eq!(bus.restarts(), 0);
    });
}

#[test]
fn a_task_that_panics_or_hangs_is_begun_anew_and_alone() {
    run(async {
        let (_servers, _faults, mut bus) = street(3).await;
        until_well(&mut bus, 1).await;
        bus.sabotage = Some((1, Sabotage::Panic));
        let answers = bus.ask(to([0, 1, 2])).await;
        assert_eq!(answers, [right(), Err(FieldFault::Broken), right()]);
        until_well(&mut bus, 1).await;
        bus.sabotage = Some((1, Sabotage::Hang));
        let mut seen = Vec::new();
        for _ in 0..6 {
            let answers = bus.ask(to([0, 1, 2])).await;
            assert_eq!((&answers[0], &answers[2]), (&right(), &right()));
            seen.extend(answers[1].clone().err());
        }
        assert_eq!(seen, [FieldFault::Busy, FieldFault::Busy, FieldFault::Broken]);
        assert_eq!(bus.restarts(), 2);
        let told: Vec<String> = bus.take_news().into_iter().map(|n| n.text).collect();
        assert!(told.iter().any(|t| t.contains("failed")) && told.iter().any(|t| t.contains("hung")), "{told:?}");
    });
}

#[test]
fn black_holes_delay_nobody() {
    run(async {
        let (_servers, faults, mut bus) = street(40).await;
        bus.ask(to(0..40)).await;
        bus.take_times();
        faults[..4].iter().for_each(|f| f.on(LineFault::BlackHole));
        let mut times = Vec::new();
        for _ in 0..8 {
            let begun = bus.clock.elapsed();
            let answers = bus.ask(to(0..40)).await;
            let took = bus.clock.elapsed() - begun;
            assert!(took < PERIOD, "the next second would wait: {took:?}");
            assert!(answers[..4].iter().all(|a| matches!(a, Err(FieldFault::Silence | FieldFault::Closed))));
            assert_eq!(answers[4..], vec![right(); 36]);
            times.extend(bus.take_times().into_iter().map(|(_, t)| t));
            sleep(PERIOD - took).await;
        }
        times.sort_unstable();
        assert_eq!(times.len(), 8 * 36);
        assert!(times[times.len() / 2] < Duration::from_millis(50), "{:?}", times[times.len() / 2]);
    });
}

#[test]
fn cabinets_behind_a_gateway_share_its_only_connection() {
    run(async {
        let faults = LineFaults::new("gateway", 0, clock());
        let gateway = server(Serving { most: 1, faults: Some(faults.clone()), ..Serving::default() }).await;
        let way = Way::Tcp { address: gateway.address() };
        let ways = [1, 2, 3].map(|unit| (way.clone(), unit));
        let mut bus = LiveBus::new(ways, LiveSettings::every(PERIOD), clock());
        let unit = |u: u16| Ok(vec![1000 * u + 10, 1000 * u + 11]);
        assert_eq!(bus.ask(to([0, 1, 2])).await, [unit(1), unit(2), unit(3)]);
        // one that has died costs the others an exchange, and then is asked last
        faults.share(LineFault::Silence, Some(1), 1.0);
        for k in 0..5 {
            sleep(PERIOD).await;
            let answers = bus.ask(to([0, 1, 2])).await;
            assert_eq!(answers[0], Err(FieldFault::Silence));
            assert!(k == 0 || answers[1..] == [unit(2), unit(3)], "{k}: {answers:?}");
        }
    });
}

#[test]
fn who_is_refused_rests_longer_and_longer_and_is_told_once() {
    run(async {
        // accepts, counts, and hangs up
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let count = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = count.clone();
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
        });
        let period = Duration::from_millis(50);
        let settings = LiveSettings { rest: period * 8, ..LiveSettings::every(period) };
        let mut bus = LiveBus::new([(Way::Tcp { address }, 1)], settings, clock());
        let begun = bus.clock.elapsed();
        for _ in 0..40 {
            assert!(bus.ask(to([0])).await[0].is_err());
            sleep(period).await;
        }
        let periods = (bus.clock.elapsed() - begun).as_millis() / period.as_millis();
        let attempts = u128::from(count.load(std::sync::atomic::Ordering::SeqCst));
        assert!(attempts >= 4 && attempts <= periods / 2, "{attempts} attempts in {periods} periods");
        let news = bus.take_news();
        assert_eq!(news.len(), 1, "{news:?}");
        assert!(news[0].text.starts_with("no connection"), "{news:?}");
    });
}

#[test]
fn lines_begin_one_after_the_other() {
    run(async {
        let ways = |n: u16| (0..n).map(|k| (Way::Tcp { address: SocketAddr::from(([127, 0, 0, 1], k)) }, 1));
        let second = LiveSettings::every(Duration::from_secs(1));
        let few = LiveBus::new(ways(3), second.clone(), clock());
        assert!(few.lines.iter().all(|l| l.phase < Duration::from_millis(2)));
        let many = LiveBus::new(ways(4000), second, clock());
        let phases: Vec<_> = many.lines.iter().map(|l| l.phase).collect();
        assert!(phases.is_sorted() && phases[0].is_zero());
        assert!(phases[3999] < Duration::from_millis(600) && phases[3999] > Duration::from_millis(599));
    });
}
