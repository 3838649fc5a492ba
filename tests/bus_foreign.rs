//! Our client against servers that are not ours: `tests/interop/run` starts them and then this, which needs them. Register k of
//! theirs holds k.

use greenwave::bus::{Bus, LiveBus, LiveSettings};
use greenwave::clock::SystemClock;
use greenwave::corridor::{IntersectionIndex, Line, sample};
use greenwave::field::{Op, Session};
use greenwave::units::Moment;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

#[test]
#[ignore = "needs foreign servers: tests/interop/run"]
fn foreign_servers_are_read() {
    let port = |name: &str| -> SocketAddr { format!("127.0.0.1:{}", std::env::var(name).unwrap()).parse().unwrap() };
    let tcp = Line::Tcp { address: port("FOREIGN_TCP") };
    let rtu = Line::RtuOverTcp { address: port("FOREIGN_RTU") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for line in [tcp, rtu] {
            let settings = LiveSettings::every(Duration::from_secs(5));
            let mut bus = LiveBus::new([(line.clone(), 1)], settings, Arc::new(SystemClock::new()));
            let mut session = Session::new(&sample::arterial(&[400.0]), IntersectionIndex(0));
            let requests = session.tick(Moment::new(17_000_000_000), None);
            let answers = bus.exchange(&requests).await.unwrap();
            for (request, answer) in requests.iter().zip(answers) {
                let words = answer.unwrap();
                let Op::Read { address, count, .. } = request.op() else { continue };
                assert_eq!(words, (*address..*address + *count).collect::<Vec<_>>());
                println!("{line}: read {count} registers from {address}");
            }
        }
    });
}
