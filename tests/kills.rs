//! The whole service killed again and again at random moments, while somebody writes notes it acknowledges: it comes back each time,
//! is in control soon, has lost nothing it acknowledged, and its audit verifies.
//!
//!     GREENWAVE_KILLS=1000 cargo test --release --test kills -- --ignored --nocapture
//!
//! Moments come from the seed `GREENWAVE_SEED` (1). Cabinets are emulated at ten times real time; in control is counted in the
//! service's own steps, which are seconds of the street.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on may die; a campaign talks and times"
)]

#[path = "kit/program.rs"]
mod program;

use program::Program;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SCALE: &str = "10";
const PASSWORD: &str = "a word nobody guesses 7";

/// A service's place: files, ports.
struct Place {
    folder: tempfile::TempDir,
    http: SocketAddr,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let free: Vec<TcpListener> = (0..4).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let address = |n: usize| free[n].local_addr().unwrap();
        let mut text = std::fs::read_to_string(root().join("corridors/three.toml")).unwrap();
        for n in 0..3 {
            text = text.replace(&format!("127.0.0.1:1510{}", n + 1), &address(n).to_string());
        }
        std::fs::write(folder.path().join("three.toml"), text).unwrap();
        Place { http: address(3), folder }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn start(&self, command: &str, more: &[&str]) -> Program {
        let mut program = Command::new(env!("CARGO_BIN_EXE_greenwave"));
        program.arg(command).arg(self.folder.path().join("three.toml")).args(["--time-scale", SCALE]).args(more);
        program.current_dir(root()).stdout(Stdio::null()).stderr(Stdio::null());
        Program(program.spawn().unwrap())
    }

    fn serve(&self) -> Program {
        let (http, store) = (self.http.to_string(), self.store());
        let counts = "sim/scenarios/three/mean-workday.csv";
        let state = self.folder.path().join("state.json");
        let words = ["--arm", "--counts", counts, "--http", &http, "--store", store.to_str().unwrap()];
        let more = ["--state", state.to_str().unwrap()];
        self.start("serve", &[&words[..], &more[..]].concat())
    }

    /// Status, cookie and body; `None` where nobody answers.
    fn ask(
        &self,
        method: &str,
        path: &str,
        cookie: &str,
        body: Option<&Value>,
    ) -> Option<(u16, Option<String>, Value)> {
        let mut stream = TcpStream::connect_timeout(&self.http, Duration::from_secs(1)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let text = body.map_or(String::new(), Value::to_string);
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Greenwave: 1\r\nCookie: {cookie}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{text}",
            self.http,
            text.len()
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let set =
            head.lines().find_map(|line| line.to_lowercase().starts_with("set-cookie:").then(|| line[11..].trim()));
        let cookie = set.and_then(|set| set.split(';').next()).map(str::to_owned);
        Some((status, cookie, serde_json::from_str(body).unwrap_or(Value::Null)))
    }

    /// Waits until it is in control; wall time, and steps of the loop.
    fn ready(&self) -> (Duration, u64) {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if self.ask("GET", "/readyz", "", None).is_some_and(|(status, ..)| status == 200) {
                let mut stream = TcpStream::connect(self.http).unwrap();
                write!(stream, "GET /metrics HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http).unwrap();
                let mut text = String::new();
                stream.read_to_string(&mut text).unwrap();
                let steps = text.lines().find_map(|l| l.strip_prefix("greenwave_steps_total ")).unwrap();
                return (begun.elapsed(), steps.parse().unwrap());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("not in control within a minute");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
#[ignore = "minutes to an hour; the README says when it is run"]
fn killed_at_any_moment_it_comes_back_with_all_it_acknowledged() {
    let (kills, seed) = (number("GREENWAVE_KILLS", 20), number("GREENWAVE_SEED", 1));
    let mut chance = Pcg64Mcg::seed_from_u64(seed);
    let place = Place::new();
    let _street = place.start("emulate", &["--scenario", "sim/scenarios/three.toml", "--from", "07:00"]);
    let mut service = place.serve();
    place.ready();
    let token = std::fs::read_to_string(place.store().join("setup.token")).unwrap();
    let first = json!({ "token": token.trim(), "name": "officer", "password": PASSWORD });
    assert_eq!(place.ask("POST", "/api/v1/setup", "", Some(&first)).unwrap().0, 204);
    let login = json!({ "name": "officer", "password": PASSWORD });
    let cookie = place.ask("POST", "/api/v1/session", "", Some(&login)).unwrap().1.unwrap();
    let (mut written, mut longest, mut most_steps, mut next) = (0_u64, Duration::ZERO, 0, 0_u64);
    for kill in 1..=kills {
        // Notes, one after the other, until it dies in the midst of one.
        let life = Duration::from_millis(chance.random_range(0..3000));
        let (begun, pid) = (Instant::now(), service.0.id());
        let killer = std::thread::spawn(move || {
            std::thread::sleep(life);
            Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
        });
        let mut acknowledged = Vec::new();
        while begun.elapsed() < life + Duration::from_secs(5) {
            next += 1;
            let text = format!("note {next}");
            match place.ask("POST", "/api/v1/handover", &cookie, Some(&json!({ "text": text }))) {
                Some((200, ..)) => acknowledged.push(text),
                Some((status, _, body)) => panic!("{status} {body}"),
                None => break,
            }
        }
        killer.join().unwrap();
        service.0.wait().unwrap();
        service = place.serve();
        let (took, steps) = place.ready();
        (longest, most_steps) = (longest.max(took), most_steps.max(steps));
        let notes = place.ask("GET", "/api/v1/handover", &cookie, None).unwrap().2;
        let there: Vec<&str> = notes.as_array().unwrap().iter().filter_map(|n| n["text"].as_str()).collect();
        // As many as the list tells.
        for text in acknowledged.iter().rev().take(150) {
            assert!(there.contains(&text.as_str()), "kill {kill}: {text} was acknowledged and is gone");
        }
        written += acknowledged.len() as u64;
        if kill.is_multiple_of(50) || kill == kills {
            let mut verify = Command::new(env!("CARGO_BIN_EXE_greenwave"));
            let told = verify.args(["audit", "verify", "--store"]).arg(place.store()).output().unwrap();
            assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
            println!(
                "{kill} kills: {written} acknowledged, 0 lost; in control within {:.1} s and {most_steps} steps at most; {}",
                longest.as_secs_f64(),
                String::from_utf8_lossy(&told.stdout).lines().next().unwrap_or_default()
            );
        }
    }
}
