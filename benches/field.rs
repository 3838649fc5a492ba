//! The field link at scale: thousands of emulated cabinets in processes of their own, one real service, real Modbus TCP.
//!
//! ```text
//!   cargo bench --bench field -- --cabinets 10000 --seconds 60        poll latency, push time, CPU, memory
//!   cargo bench --bench field -- --cabinets 200 --black-hole 20       a tenth of the cabinets accepts and never answers
//!   cargo bench --bench field -- --cabinets 1000 --drop-at 30         all connections end at once, listeners shut for 3 s
//!   cargo bench --bench field -- --cabinets 140 --clients 50           clients ask the command centre meanwhile
//!   cargo bench --bench field -- --cabinets 140 --clients 50 --slow 3000   ... and others never finish a request
//! ```
//! Latency is from the moment a poll is due to its parsed reply, by the service's own histogram; CPU is user and system time of the
//! service's process alone. A benchmark measures; nothing here passes or fails.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark may die, talks and waits"
)]

#[path = "kit/clients.rs"]
mod clients;

use greenwave::bus::{LineFault, LineFaults, Serving, TcpServer};
use greenwave::clock::{Clock, SystemClock};
use greenwave::control::{Policy, Setup};
use greenwave::corridor::{Network, sample};
use greenwave::demand::DayProfile;
use greenwave::optimise::Settings;
use greenwave::plan::Plan;
use greenwave::rig::Cabinets;
use greenwave::safety::Limits;
use greenwave::service::{Desk, Instruments, Options, Sinks, serve};
use greenwave::transition::Bounds;
use greenwave::units::Shift;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::ops::Range;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Signals of one arterial of the city that is made up.
const SIGNALS: usize = 10;
/// Cabinets of one process: each needs a listener and a connection, and a process may have 20,000 descriptors here.
const MOST_A_PROCESS: usize = 5000;
/// Between two looks of the cabinets at their clocks.
const LOOK: Duration = Duration::from_millis(200);
/// Listeners stay shut so long after all connections were dropped.
const SHUT: Duration = Duration::from_secs(3);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    cabinets: usize,
    seconds: u64,
    black_hole: usize,
    drop_at: Option<u64>,
    armed: bool,
    clients: usize,
    slow: usize,
    rest_ms: u64,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|w| w == "cabinets") {
        let number = |k: usize| words[k].parse().unwrap();
        return cabinets(number(1), number(2)..number(3), number(4));
    }
    let number = |name: &str| {
        let at = words.iter().position(|w| w == name)?;
        Some(words.get(at + 1).unwrap_or_else(|| panic!("{name} needs a number")).parse::<u64>().unwrap())
    };
    let wanted = Wanted {
        cabinets: number("--cabinets").unwrap_or(1000) as usize,
        seconds: number("--seconds").unwrap_or(60),
        black_hole: number("--black-hole").unwrap_or(0) as usize,
        drop_at: number("--drop-at"),
        clients: number("--clients").unwrap_or(0) as usize,
        slow: number("--slow").unwrap_or(0) as usize,
        rest_ms: number("--rest-ms").unwrap_or(200),
        armed: !words.iter().any(|w| w == "--dry"),
    };
    measure(wanted);
}

/// A city of parallel arterials.
fn city(cabinets: usize) -> Network {
    sample::arterials(cabinets.div_ceil(SIGNALS), &[400.0; SIGNALS - 1])
}

/// The emulated cabinets of one process: served until standard input ends. Lines on it: `drop`, all connections end.
fn cabinets(all: usize, mine: Range<usize>, black_hole: usize) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let network = city(all);
    let cabinets = Cabinets::of(&network, mine.clone(), clock.utc()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (lines, servers) = runtime.block_on(async {
        let (mut lines, mut servers) = (Vec::new(), Vec::new());
        for (index, (device, _)) in mine.clone().zip(cabinets.devices()) {
            let at = &network.intersections()[index];
            let faults = LineFaults::new(&at.id, index as u64, clock.clone());
            // Spread over the city, as failing cabinets are.
            if black_hole > 0 && index % (all / black_hole) == 0 {
                faults.on(LineFault::BlackHole);
            }
            let serving = Serving { faults: Some(faults.clone()), ..Serving::default() };
            servers.push(TcpServer::serve_as(at.cabinet.address().unwrap(), device, serving).await.unwrap());
            lines.push(faults);
        }
        (lines, servers)
    });
    println!("ready");
    std::io::stdout().flush().unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            tell.send(line).unwrap();
        }
    });
    runtime.block_on(async {
        loop {
            tokio::select! {
                word = told.recv() => match word.as_deref() {
                    Some("drop") => {
                        lines.iter().for_each(|line| line.on(LineFault::Refuse));
                        lines.iter().for_each(|line| line.on(LineFault::Drop));
                        tokio::time::sleep(SHUT).await;
                        lines.iter().for_each(LineFaults::clear);
                    }
                    _ => return,
                },
                () = tokio::time::sleep(LOOK) => cabinets.advance(clock.utc()),
            }
        }
    });
    drop(servers);
}

/// A process of cabinets.
struct Farm(Child);

impl Farm {
    fn start(wanted: Wanted, mine: Range<usize>) -> (Farm, BufReader<ChildStdout>) {
        let words = [wanted.cabinets, mine.start, mine.end, wanted.black_hole].map(|n| n.to_string());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("cabinets")
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        (Farm(child), out)
    }

    fn tell(&mut self, word: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{word}").unwrap();
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A journal that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Clients of the centre, from the tenth second on, while the loop goes on.
fn crowd(wanted: Wanted, address: SocketAddr, token: String, network: &Network) -> std::thread::JoinHandle<()> {
    let corridors = network.corridors().iter().take(4).map(|c| format!("/api/v1/corridors/{}/diagram", c.id));
    let details = network.intersections().iter().step_by(29).map(|at| format!("/api/v1/intersections/{}", at.id));
    let mut paths: Vec<String> = vec!["/api/v1/city".into(); 12];
    paths.extend(corridors.chain(details));
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(10));
        let seconds = wanted.seconds.saturating_sub(15).max(1);
        let slow = std::thread::spawn(move || clients::dawdle(address, wanted.slow, seconds));
        let ask = |_| {
            let (token, paths, rest) = (token.clone(), paths.clone(), Duration::from_millis(wanted.rest_ms));
            std::thread::spawn(move || clients::ask(address, &token, &paths, rest, seconds))
        };
        let asking: Vec<_> = (0..wanted.clients).map(ask).collect();
        let mut took: Vec<Duration> = asking.into_iter().flat_map(|client| client.join().unwrap()).collect();
        took.sort_unstable();
        let (cut, longest) = slow.join().unwrap();
        let ms = |q| clients::quantile(&took, q);
        println!(
            "centre: {} clients, {} answers, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms; {} of {} slow ones cut, within {:.0} s",
            wanted.clients,
            took.len(),
            ms(0.5),
            ms(0.99),
            ms(1.0),
            cut,
            wanted.slow,
            longest.as_secs_f64()
        );
    })
}

fn measure(wanted: Wanted) {
    let mut farms: Vec<(Farm, BufReader<ChildStdout>)> = (0..wanted.cabinets.div_ceil(MOST_A_PROCESS))
        .map(|k| Farm::start(wanted, k * MOST_A_PROCESS..wanted.cabinets.min((k + 1) * MOST_A_PROCESS)))
        .collect();
    for (_, out) in &mut farms {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
    }
    let network = Arc::new(city(wanted.cabinets));
    let journal = Kept::default();
    let options = Options { settings: Settings::default(), scale: None, hold: false, security: None };
    let setup = setup(&network, wanted.armed);
    let idle = Usage::now();
    let kept = journal.clone();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let instruments = Arc::new(Instruments::new(wanted.armed, clock.clone()).unwrap());
    let measured = instruments.clone();
    let folder = tempfile::tempdir().unwrap();
    let centre =
        (wanted.clients + wanted.slow > 0).then(|| clients::open(&network, &instruments, &clock, folder.path()));
    let crowd = centre.as_ref().map(|(centre, token)| crowd(wanted, centre.address(), token.clone(), &network));
    let service = std::thread::spawn(move || {
        let console = Box::new(std::io::sink());
        let desk = centre.map(|(centre, _)| Box::new(centre) as Box<dyn Desk>);
        let journal: Option<Box<dyn Write>> = Some(Box::new(kept));
        let sinks = Sinks { journal, console, notes_as_json: false, state: None, instruments: measured, desk };
        serve(setup, &options, clock, sinks).unwrap()
    });
    let rest = Duration::from_secs(1);
    let (mut last, mut most_a_second) = (idle, 0.0_f64);
    for second in 0..wanted.seconds {
        if wanted.drop_at == Some(second) {
            farms.iter_mut().for_each(|(farm, _)| farm.tell("drop"));
        }
        std::thread::sleep(rest);
        let now = Usage::now();
        most_a_second = most_a_second.max(now.cpu_s - last.cpu_s);
        last = now;
    }
    if let Some(crowd) = crowd {
        crowd.join().unwrap();
    }
    let metrics = instruments.metrics.text().unwrap();
    let used = Usage::now();
    let farm: f64 = farms.iter().map(|(farm, _)| Usage::of(farm.0.id()).cpu_s).sum();
    Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status().unwrap();
    service.join().unwrap();
    println!("{} cabinets, {} s", wanted.cabinets, wanted.seconds);
    let cpu = (used.cpu_s - idle.cpu_s) / wanted.seconds as f64;
    println!(
        "service: {:.1} % of a core on average, {:.1} % in its busiest second",
        100.0 * cpu,
        100.0 * most_a_second
    );
    println!(
        "service: {:.0} MB resident; cabinets: {:.1} % of a core",
        used.rss_mb,
        100.0 * farm / wanted.seconds as f64
    );
    report(&metrics);
    pushes(&String::from_utf8(journal.0.lock().unwrap().clone()).unwrap());
}

/// What the service's own page says of answers, steps and faults.
fn report(metrics: &str) {
    for name in ["answer_seconds", "step_seconds", "exchange_seconds"] {
        let mut below: Vec<(f64, f64)> = Vec::new();
        for line in metrics.lines() {
            if let Some(rest) = line.strip_prefix(&format!("greenwave_{name}_bucket{{le=\"")) {
                let (bound, count) = rest.split_once("\"} ").unwrap();
                below.push((bound.parse().unwrap_or(f64::INFINITY), count.parse().unwrap()));
            }
        }
        let all = below.last().map_or(0.0, |(_, count)| *count);
        let at =
            |share: f64| below.iter().find(|(_, count)| *count >= share * all).map_or(0.0, |(bound, _)| 1e3 * bound);
        let [p50, p99, p999, most] = [0.5, 0.99, 0.999, 1.0].map(at);
        println!("{name}: {all} of them; ms at most: p50 {p50}, p99 {p99}, p99.9 {p999}, all {most}");
    }
    let told = ["missed_ticks", "steps_total", "answers_total", "line_restarts", "changes"];
    for line in metrics.lines().filter(|l| !l.starts_with('#') && told.iter().any(|name| l.contains(name))) {
        println!("{line}");
    }
}

/// When the journal says that changes were staged, committed and in step.
fn pushes(journal: &str) {
    let mut by_kind = std::collections::BTreeMap::<String, (u64, f64, f64)>::new();
    let mut zero = None;
    for line in journal.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let at = line["at"].as_f64().unwrap() / 10.0;
        let since = at - *zero.get_or_insert(at);
        let entry = by_kind.entry(line["decision"].as_str().unwrap().to_owned()).or_insert((0, since, since));
        (entry.0, entry.2) = (entry.0 + 1, since);
    }
    for (kind, (times, first, last)) in by_kind {
        println!("journal: {kind} {times} times, {first:.0} to {last:.0} s after its first line");
    }
}

fn setup(network: &Arc<Network>, armed: bool) -> Setup {
    let mut csv = String::from("intersection,approach,movement,start_s,vehicles\n");
    for at in network.intersections() {
        for approach in &at.approaches {
            writeln!(csv, "{},{},,0,100\n{},{},,43200,100", at.id, approach.from, at.id, approach.from).unwrap();
        }
    }
    let plan = |(k, at): (usize, &greenwave::corridor::Intersection)| {
        Plan::from_greens(at, &at.local_plan.greens, Shift::new(37 * (k as i64 % 20))).unwrap()
    };
    let plans: Vec<Plan> = network.intersections().iter().enumerate().map(plan).collect();
    Setup {
        profile: DayProfile::parse(network, csv.as_bytes()).unwrap(),
        day_plans: vec![plans; network.periods().len()],
        operation: Vec::new(),
        free: Vec::new(),
        limits: Limits::default(),
        bounds: Bounds::default(),
        policy: Policy::default(),
        armed,
        network: network.clone(),
    }
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy)]
struct Usage {
    cpu_s: f64,
    rss_mb: f64,
}

impl Usage {
    fn now() -> Usage {
        Usage::of(std::process::id())
    }

    /// By proc(5): user and system time in hundredths of a second, resident kilobytes.
    fn of(process: u32) -> Usage {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let kb = status.lines().find_map(|l| l.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<f64>().ok());
        Usage { cpu_s: ticks / 100.0, rss_mb: kb.unwrap() / 1024.0 }
    }
}
