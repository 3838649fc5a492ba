//! The Modbus server under peers that mean no good, and under the faults it is told to have.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

#[path = "kit/registers.rs"]
mod registers;

use greenwave::bus::frame::{Framing, Head, Reply, reply_pdu, request_pdu};
use greenwave::bus::{LineFault, LineFaults, Serving, TcpServer};
use greenwave::clock::SystemClock;
use greenwave::corridor::profile::RegisterTable;
use greenwave::field::Op;
use registers::Registers;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Longer than anything takes that comes at all.
const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough for something that must not come to come.
const A_WHILE: Duration = Duration::from_millis(150);

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

fn faults() -> LineFaults {
    LineFaults::new("t1", 7, Arc::new(SystemClock::new()))
}

async fn server(device: &Arc<Registers>, serving: Serving) -> TcpServer {
    TcpServer::serve_as(SocketAddr::from(([127, 0, 0, 1], 0)), device.clone(), serving).await.unwrap()
}

/// Bytes on a connection, as they are.
struct Raw(TcpStream);

impl Raw {
    async fn to(server: &TcpServer) -> Raw {
        Raw(TcpStream::connect(server.address()).await.unwrap())
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    async fn hear(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        timeout(PATIENCE, self.0.read_exact(&mut bytes)).await.unwrap().unwrap();
        bytes
    }

    /// What comes until nothing does for a while.
    async fn all(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 600];
        while let Ok(Ok(n @ 1..)) = timeout(A_WHILE, self.0.read(&mut chunk)).await {
            bytes.extend(&chunk[..n]);
        }
        bytes
    }

    /// Whether the other side ends it, by a close or a reset.
    async fn ends(&mut self) -> bool {
        let mut chunk = [0; 600];
        loop {
            match timeout(PATIENCE, self.0.read(&mut chunk)).await {
                Err(_) => return false,
                Ok(Ok(0) | Err(_)) => return true,
                Ok(Ok(_)) => {}
            }
        }
    }
}

const HEAD: Head = Head { transaction: 0x0102, unit: 1 };

fn read() -> Op {
    Op::Read { table: RegisterTable::Holding, address: 10, count: 2 }
}

fn write() -> Op {
    Op::Write { address: 10, words: vec![5, 6] }
}

fn ask(framing: Framing, op: &Op) -> Vec<u8> {
    framing.wrap(HEAD, &request_pdu(op))
}

fn answer(framing: Framing, op: &Op, words: &[u16]) -> Vec<u8> {
    framing.wrap(HEAD, &reply_pdu(op, &Reply::Words(words.to_vec())))
}

#[test]
fn it_answers_in_both_framings_and_tables() {
    run(async {
        for framing in [Framing::Mbap, Framing::Rtu] {
            let device = Registers::new();
            let server = server(&device, Serving { framing, ..Serving::default() }).await;
            let mut raw = Raw::to(&server).await;
            let input = Op::Read { table: RegisterTable::Input, address: 10, count: 2 };
            for (op, words) in [(write(), &[][..]), (read(), &[5, 6]), (input, &[1010, 1011])] {
                let expected = answer(framing, &op, words);
                // byte by byte, as a slow line brings it
                for byte in ask(framing, &op) {
                    raw.say(&[byte]).await;
                }
                assert_eq!(raw.hear(expected.len()).await, expected);
            }
            // two at once are answered one after the other
            raw.say(&[ask(framing, &read()), ask(framing, &write())].concat()).await;
            let both = [answer(framing, &read(), &[5, 6]), answer(framing, &write(), &[])].concat();
            assert_eq!(raw.hear(both.len()).await, both);
            // a function it does not have
            raw.say(&framing.wrap(HEAD, &[6, 0, 1, 0, 2])).await;
            let no = framing.wrap(HEAD, &[0x86, 1]);
            assert_eq!(raw.hear(no.len()).await, no);
        }
    });
}

#[test]
fn who_speaks_no_modbus_is_cut_and_others_are_not() {
    run(async {
        let device = Registers::new();
        let server = server(&device, Serving::default()).await;
        let mut good = Raw::to(&server).await;
        for hostile in [&b"GET / HTTP/1.1\r\n"[..], &[0, 1, 0, 0, 0xFF, 0xFF], &[0, 1, 0, 0, 0, 0], &[0xFF; 700]] {
            let mut raw = Raw::to(&server).await;
            raw.say(hostile).await;
            assert!(raw.ends().await, "{hostile:?}");
            good.say(&ask(Framing::Mbap, &read())).await;
            assert_eq!(good.hear(13).await, answer(Framing::Mbap, &read(), &[0, 0]));
        }
    });
}

#[test]
fn connections_are_bounded_and_idle_ones_cut() {
    run(async {
        let device = Registers::new();
        let idle = Duration::from_millis(400);
        let server = server(&device, Serving { most: 2, idle, ..Serving::default() }).await;
        let mut both = [Raw::to(&server).await, Raw::to(&server).await];
        for raw in &mut both {
            raw.say(&ask(Framing::Mbap, &read())).await;
            raw.hear(13).await;
        }
        assert!(Raw::to(&server).await.ends().await, "a third is closed");
        let [mut first, mut second] = both;
        assert!(first.ends().await && second.ends().await, "idle ones are cut");
        let mut next = Raw::to(&server).await;
        next.say(&ask(Framing::Mbap, &read())).await;
        next.hear(13).await;
    });
}

/// A request under a fault: what comes back within a while, and whether the connection ended.
async fn under(framing: Framing, fault: LineFault, op: &Op) -> (Vec<u8>, Arc<Registers>, LineFaults) {
    let (device, faults) = (Registers::new(), faults());
    faults.next(fault, None, 1);
    let server = server(&device, Serving { framing, faults: Some(faults.clone()), ..Serving::default() }).await;
    let mut raw = Raw::to(&server).await;
    raw.say(&ask(framing, op)).await;
    (raw.all().await, device, faults)
}

#[test]
fn each_fault_does_what_it_says_once_and_is_listed() {
    run(async {
        for framing in [Framing::Mbap, Framing::Rtu] {
            let right = answer(framing, &read(), &[0, 0]);
            let ms = Duration::from_millis;
            type Is = fn(&[u8], &[u8]) -> bool;
            let faults: [(LineFault, Is); 12] = [
                (LineFault::Silence, |said, _| said.is_empty()),
                (LineFault::Lost, |said, _| said.is_empty()),
                (LineFault::Truncate, |said, right| said == &right[..right.len() / 2]),
                (LineFault::Reset, |said, right| said.len() <= right.len() / 2),
                (LineFault::Duplicate, |said, right| said == [right, right].concat()),
                (LineFault::Late(ms(60)), |said, right| said == right),
                (LineFault::Latency(ms(30), ms(30)), |said, right| said == right),
                (LineFault::Exception(6), |said, right| said.len() < right.len() && !said.is_empty()),
                (LineFault::Corrupt, |said, right| said.len() == right.len() && said != right),
                (LineFault::WrongTransaction, |said, right| said.len() == right.len() && said != right),
                (LineFault::WrongUnit, |said, right| said.len() == right.len() && said != right),
                (LineFault::WrongCount, |said, right| said.len() == right.len() + 2),
            ];
            for (fault, is) in faults {
                let (said, _, faults) = under(framing, fault, &read()).await;
                assert!(is(&said, &right), "{framing:?} {fault:?}: {said:?}");
                // whatever it was: no strict reader takes it for the reply, unless it is the reply or an honest no
                let taken = framing.reply(HEAD, &read(), &said);
                let honest = said == right || matches!(fault, LineFault::Exception(_));
                assert_eq!(matches!(taken, Ok(Some(_))), honest, "{fault:?}: {taken:?}");
                let struck: Vec<_> = faults.take_struck().into_iter().map(|s| (s.unit, s.write, s.fault)).collect();
                assert_eq!(struck, [(1, false, fault)]);
            }
            let (said, ..) = under(framing, LineFault::WrongFunction, &read()).await;
            assert!(framing.reply(HEAD, &read(), &said).is_err(), "{said:?}");
        }
    });
}

async fn until_writes(device: &Registers, count: usize) {
    for _ in 0..1000 {
        if device.writes() >= count {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("{} writes of {count}", device.writes());
}

#[test]
fn writes_are_lost_late_or_twice() {
    run(async {
        let (_, device, _) = under(Framing::Mbap, LineFault::Silence, &write()).await;
        assert_eq!(device.writes(), 0);
        let (said, device, _) = under(Framing::Mbap, LineFault::Lost, &write()).await;
        assert_eq!((said.len(), device.writes()), (0, 1));

        let (device, faults) = (Registers::new(), faults());
        let server = server(&device, Serving { faults: Some(faults.clone()), ..Serving::default() }).await;
        let mut raw = Raw::to(&server).await;
        let later = Duration::from_millis(200);
        faults.next(LineFault::Redeliver(later), None, 1);
        raw.say(&ask(Framing::Mbap, &read())).await;
        raw.hear(13).await; // reads are none of its business
        raw.say(&ask(Framing::Mbap, &write())).await;
        raw.hear(12).await;
        raw.say(&ask(Framing::Mbap, &Op::Write { address: 10, words: vec![7, 8] })).await;
        raw.hear(12).await;
        drop(raw); // the modem keeps it all the same
        assert_eq!((device.get(10), device.writes()), (7, 2));
        until_writes(&device, 3).await;
        assert_eq!(device.get(10), 5, "the old write, again");
        faults.next(LineFault::DeliverLate(later), None, 1);
        let mut raw = Raw::to(&server).await;
        raw.say(&ask(Framing::Mbap, &Op::Write { address: 10, words: vec![9] })).await;
        assert!(raw.all().await.is_empty());
        until_writes(&device, 4).await;
        assert_eq!(device.get(10), 9);
    });
}

#[test]
fn connections_vanish_in_holes_are_refused_or_all_dropped() {
    run(async {
        let (device, faults) = (Registers::new(), faults());
        let server = server(&device, Serving { faults: Some(faults.clone()), ..Serving::default() }).await;
        let question = ask(Framing::Mbap, &read());
        let mut standing = Raw::to(&server).await;
        standing.say(&question).await;
        standing.hear(13).await;
        faults.on(LineFault::Refuse);
        sleep(A_WHILE).await;
        assert!(TcpStream::connect(server.address()).await.is_err(), "refused");
        standing.say(&question).await;
        standing.hear(13).await;
        faults.on(LineFault::BlackHole);
        sleep(A_WHILE).await;
        standing.say(&question).await;
        assert!(standing.all().await.is_empty());
        faults.clear();
        let mut again = loop {
            match TcpStream::connect(server.address()).await {
                Ok(stream) => break Raw(stream),
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        };
        again.say(&question).await;
        again.hear(13).await;
        faults.on(LineFault::Drop);
        assert!(again.ends().await);
        let mut after = Raw::to(&server).await;
        after.say(&question).await;
        after.hear(13).await;
        let names: Vec<_> = faults.counts().into_keys().collect();
        assert_eq!(names, ["black-hole", "drop", "refuse"]);
    });
}
