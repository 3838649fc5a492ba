//! Clients of the command centre: ones that ask and wait for the answer, and ones that never finish a request.

use greenwave::centre::{Centre, CentreSetup, Expected, Workshop, start};
use greenwave::clock::Clock;
use greenwave::control::Setup;
use greenwave::corridor::Network;
use greenwave::people::{Cost, Hashed, Identity, Limits, People, Role, Secret, Via};
use greenwave::service::Instruments;
use greenwave::store::{Opener, Settings, Store};
use greenwave::units::Moment;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Definitions that nobody edits.
struct Shut;

impl Workshop for Shut {
    fn files(&self) -> Result<Vec<(String, Vec<u8>)>, String> {
        Err("a benchmark has no files".into())
    }

    fn write(&self, _: &str, _: &str) -> Result<(), String> {
        Err("a benchmark has no files".into())
    }

    fn setup(&self, _: Arc<Network>) -> Result<Setup, String> {
        Err("a benchmark has no files".into())
    }

    fn effect(&self, _: &Network, _: Moment) -> Option<Expected> {
        None
    }
}

/// Opens the centre on a free port; gives it, and a viewer's token.
pub(crate) fn open(
    network: &Arc<Network>,
    instruments: &Arc<Instruments>,
    clock: &Arc<dyn Clock>,
    folder: &Path,
) -> (Centre, String) {
    let now = clock.utc();
    let store = Store::open(&Settings::new(folder), Opener::Service, now).unwrap();
    let mut people = People::new(Limits::default(), Cost::OWASP);
    let password = Hashed::new("bench", &Secret::new("a long word to measure with"), [7; 16], Cost::OWASP).unwrap();
    people.add("bench", Role::Viewer, password, now).unwrap();
    let owner = Identity { name: "bench".into(), role: Role::Viewer, via: Via::Password };
    let (token, _) = people.make_token(&owner, "bench", Role::Viewer, 1, [9; 32], now).unwrap();
    let setup = CentreSetup {
        network: network.clone(),
        instruments: instruments.clone(),
        clock: clock.clone(),
        store,
        people,
        workshop: Arc::new(Shut),
        rehearsal: None,
        webhook: None,
        address: "127.0.0.1:0".parse().unwrap(),
        names: Vec::new(),
        tls: None,
    };
    (start(setup).unwrap(), token.reveal().to_owned())
}

/// Asks again and again over one connection for so long, with a rest between answer and next question; how long each answer took.
pub(crate) fn ask(address: SocketAddr, token: &str, paths: &[String], rest: Duration, seconds: u64) -> Vec<Duration> {
    let mut took = Vec::new();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        for path in paths {
            let asked = Instant::now();
            write!(writer, "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
            let status = answer(&mut reader);
            assert_eq!(status, 200, "{path}");
            took.push(asked.elapsed());
            std::thread::sleep(rest);
        }
    }
    took
}

/// Reads one answer whole; its status.
fn answer(reader: &mut BufReader<TcpStream>) -> u16 {
    let (mut status, mut length) = (0, 0_usize);
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "cut");
        let line = line.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        }
        if let Some(rest) = line.strip_prefix("content-length:") {
            length = rest.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    status
}

/// Opens connections that send a byte of a head now and then and never the last; how many were cut within the time.
pub(crate) fn dawdle(address: SocketAddr, connections: usize, seconds: u64) -> (usize, Duration) {
    let mut open: Vec<(TcpStream, Instant)> = Vec::new();
    for _ in 0..connections {
        if let Ok(stream) = TcpStream::connect(address) {
            stream.set_nonblocking(true).unwrap();
            open.push((stream, Instant::now()));
        }
    }
    let (mut cut, mut longest) = (0, Duration::ZERO);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) && !open.is_empty() {
        open.retain_mut(|(stream, since)| {
            let mut byte = [0];
            let ended = stream.write(b"G").is_err() || matches!(stream.read(&mut byte), Ok(0));
            if ended {
                cut += 1;
                longest = longest.max(since.elapsed());
            }
            !ended
        });
        std::thread::sleep(Duration::from_millis(500));
    }
    (cut, longest)
}

/// The q-quantile, ms.
pub(crate) fn quantile(sorted: &[Duration], q: f64) -> f64 {
    let at = ((sorted.len() as f64 * q) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(f64::NAN, |d| d.as_secs_f64() * 1000.0)
}
