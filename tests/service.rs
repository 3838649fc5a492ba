//! `emulate` and `serve` as two programs on loopback, at ten times real time: control is taken, shown, handed back, and lost
//! with a killed service. The test waits for what must come about and never times how long it took.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

#[path = "kit/program.rs"]
mod program;

use greenwave::bus::{Bus, TcpBus};
use greenwave::corridor::{Network, load};
use greenwave::field::{Mode, Session};
use greenwave::units::Moment;
use program::Program;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

const SCALE: &str = "10";
/// Looks, a tenth of a second apart, after which something will not come about any more.
const MOST_LOOKS: u32 = 900;

impl Program {
    /// A word to stop, as an operator or a service manager gives it.
    fn terminate(mut self) -> ExitStatus {
        self.signal("-TERM");
        self.0.wait().unwrap()
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap().success());
    }
}

/// A copy of the tutorial's network on ports of its own, and what runs on it.
struct Street {
    folder: tempfile::TempDir,
    network: Network,
    http: SocketAddr,
    runtime: tokio::runtime::Runtime,
}

impl Street {
    fn new() -> Street {
        let folder = tempfile::tempdir().unwrap();
        let mut text = std::fs::read_to_string(root().join("corridors/three.toml")).unwrap();
        let free: Vec<TcpListener> = (0..4).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let address = |n: usize| free[n].local_addr().unwrap();
        for n in 0..3 {
            text = text.replace(&format!("127.0.0.1:1510{}", n + 1), &address(n).to_string());
        }
        std::fs::write(folder.path().join("three.toml"), &text).unwrap();
        let network = load(&[("three.toml".into(), text.into_bytes())]).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Street { folder, network, http: address(3), runtime }
    }

    fn start(&self, command: &str, more: &[&str]) -> Program {
        self.start_into(command, more, Stdio::null())
    }

    fn start_into(&self, command: &str, more: &[&str], console: Stdio) -> Program {
        let mut program = Command::new(env!("CARGO_BIN_EXE_greenwave"));
        program.arg(command).arg(self.folder.path().join("three.toml")).args(["--time-scale", SCALE]).args(more);
        program.current_dir(root()).stdout(Stdio::null()).stderr(console);
        Program(program.spawn().unwrap())
    }

    fn emulate(&self) -> Program {
        let program = self.start("emulate", &["--scenario", "sim/scenarios/three.toml", "--from", "07:00"]);
        self.until("the cabinets answer", |modes| modes.iter().all(Option::is_some));
        program
    }

    fn serve(&self, more: &[&str]) -> Program {
        self.serve_into(more, Stdio::null())
    }

    fn serve_into(&self, more: &[&str], console: Stdio) -> Program {
        let http = self.http.to_string();
        let store = self.folder.path().join("store");
        let store = store.to_str().unwrap();
        let mut args = vec!["--counts", "sim/scenarios/three/mean-workday.csv", "--http", &http, "--store", store];
        args.extend(more);
        self.start_into("serve", &args, console)
    }

    /// What each cabinet says it is doing; `None` where it does not answer.
    fn modes(&self) -> Vec<Option<Mode>> {
        let cabinets = self.network.intersections().iter().map(|i| (i.cabinet.address().unwrap(), i.cabinet.unit));
        let mut bus = TcpBus::new(cabinets, Duration::from_secs(5));
        let now = Moment::new(0);
        let mut sessions: Vec<Session> = self.network.indices().map(|i| Session::new(&self.network, i)).collect();
        let requests: Vec<_> = sessions.iter_mut().flat_map(|s| s.tick(now, None)).collect();
        let answers = self.runtime.block_on(bus.exchange(&requests)).unwrap();
        for (request, answer) in requests.iter().zip(answers) {
            let index = request.cabinet();
            sessions[index.0].hear(self.network.intersection(index), request.ask(), &answer, now);
        }
        sessions.iter().map(|s| s.status().map(|s| s.mode)).collect()
    }

    fn until(&self, what: &str, mut is: impl FnMut(&[Option<Mode>]) -> bool) {
        let mut modes = Vec::new();
        for _ in 0..MOST_LOOKS {
            modes = self.modes();
            if is(&modes) {
                return;
            }
            self.rest();
        }
        panic!("not within {MOST_LOOKS} looks: {what}: {modes:?}");
    }

    fn until_all(&self, mode: Mode) {
        self.until(&format!("all cabinets in {mode:?}"), |modes| modes.iter().all(|m| *m == Some(mode)));
    }

    fn rest(&self) {
        self.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(100)).await });
    }

    /// Status code and body of a page; `None` while nobody listens.
    fn page(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.http).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Value of a metric by its whole name.
    fn metric(&self, name: &str) -> Option<f64> {
        let (_, text) = self.page("/metrics")?;
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    fn until_metric(&self, name: &str, is: impl Fn(f64) -> bool) {
        let mut value = None;
        for _ in 0..MOST_LOOKS {
            value = self.metric(name);
            if value.is_some_and(&is) {
                return;
            }
            self.rest();
        }
        panic!("not within {MOST_LOOKS} looks: {name} is {value:?}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn cabinets_come_under_control_and_are_handed_back() {
    let street = Street::new();
    let emulator = street.emulate();
    street.until_all(Mode::Local);
    let journal = street.folder.path().join("journal.jsonl");
    let service = street.serve(&["--arm", "--journal", journal.to_str().unwrap()]);
    street.until_all(Mode::Centre);
    street.until_metric("greenwave_cabinet_mode{intersection=\"t3\"}", |mode| mode == 2.0);
    assert_eq!(street.page("/healthz").unwrap().0, 200);
    assert_eq!(street.page("/else").unwrap().0, 404);
    assert!(street.metric("greenwave_answers_total{ask=\"beat\",result=\"ok\"}").unwrap() > 0.0);
    assert!(street.metric("greenwave_offset_error_seconds{intersection=\"t1\"}").unwrap().abs() <= 2.0);
    assert_eq!(street.metric("greenwave_armed"), Some(1.0));
    // told to stop it gives everything back, then ends well
    assert_eq!(service.terminate().code(), Some(0));
    street.until_all(Mode::Local);
    let text = std::fs::read_to_string(&journal).unwrap();
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["decision"].is_string() && line["clock"].is_string(), "{line}");
    }
    assert_eq!(text.matches("\"decision\":\"released\"").count(), 3, "{text}");
    // no monitor saw anything, or the emulator would say so
    assert_eq!(emulator.terminate().code(), Some(0));
}

#[test]
fn a_killed_service_is_outlived() {
    let street = Street::new();
    let emulator = street.emulate();
    let mut service = street.serve(&["--arm"]);
    street.until_all(Mode::Centre);
    service.0.kill().unwrap();
    service.0.wait().unwrap();
    street.until_all(Mode::Local);
    assert_eq!(emulator.terminate().code(), Some(0));
}

#[test]
fn a_service_that_hangs_is_outlived_and_takes_over_when_it_goes_on() {
    let street = Street::new();
    let emulator = street.emulate();
    let service = street.serve(&["--arm"]);
    street.until_all(Mode::Centre);
    // Its connections stay open, and nothing comes over them any more.
    service.signal("-STOP");
    street.until_all(Mode::Local);
    service.signal("-CONT");
    street.until_all(Mode::Centre);
    assert_eq!(service.terminate().code(), Some(0));
    assert_eq!(emulator.terminate().code(), Some(0));
}

#[test]
fn a_console_nobody_reads_does_not_stop_the_loop() {
    let street = Street::new();
    let emulator = street.emulate();
    let (unread, mut console) = std::io::pipe().unwrap();
    // A pipe holds 64 KiB: from now on whoever writes to it waits.
    console.write_all(&[b'.'; 65_536]).unwrap();
    let service = street.serve_into(&["--arm"], console.into());
    street.until_all(Mode::Centre);
    let steps = street.metric("greenwave_steps_total").unwrap();
    street.until_metric("greenwave_steps_total", |now| now > steps + 100.0);
    assert_eq!(street.modes(), [Some(Mode::Centre); 3]);
    drop(unread);
    assert_eq!(service.terminate().code(), Some(0));
    assert_eq!(emulator.terminate().code(), Some(0));
}

#[test]
fn a_dry_run_reads_and_writes_nothing() {
    let street = Street::new();
    let emulator = street.emulate();
    let service = street.serve(&[]);
    // longer than an armed service needs for its first plans
    street.until_metric("greenwave_steps_total", |steps| steps > 60.0);
    assert!(street.metric("greenwave_answers_total{ask=\"poll\",result=\"ok\"}").unwrap() > 60.0);
    for ask in ["beat", "clock", "stage", "commit", "release"] {
        assert!(!street.page("/metrics").unwrap().1.contains(&format!("ask=\"{ask}\"")), "{ask}");
    }
    assert_eq!(street.metric("greenwave_armed"), Some(0.0));
    assert_eq!(street.modes(), [Some(Mode::Local); 3]);
    assert_eq!(service.terminate().code(), Some(0));
    assert_eq!(emulator.terminate().code(), Some(0));
}
