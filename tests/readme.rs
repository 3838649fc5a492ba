//! Every command that the README shows is run, and must print what the README says it prints.
//!
//! Long replays are shortened: one day of the first kind, one seed, ten minutes; an escort is one over the tutorial street. `GREENWAVE_README=full` runs them as they
//! are shown. `emulate` and `serve` get a copy of the definition on free ports, so that two runs of this test do not meet.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

#[path = "kit/program.rs"]
mod program;

use program::Program;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// What the README shows and others run: the command that runs this test, and documentation (`.ci/run`).
const ELSEWHERE: [&str; 2] = ["cargo test --workspace --locked", "cargo doc --no-deps --open"];
/// Looks, a tenth of a second apart, after which something will not come about any more.
const MOST_LOOKS: u32 = 600;

fn readme() -> String {
    std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap()
}

/// Lines of code of the README that are commands, and commands of ours within its sentences.
fn shown(readme: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for line in readme.lines() {
        let code = line.strip_prefix("    ").filter(|l| l.starts_with("cargo ") && !ELSEWHERE.contains(l));
        all.extend(
            code.map(|l| l.strip_prefix("cargo run --release -- ").unwrap_or_else(|| panic!("who runs `{l}`?"))),
        );
        all.extend(line.split('`').skip(1).step_by(2).filter_map(|l| l.strip_prefix("greenwave ")));
    }
    all.iter().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn value<'c>(command: &'c [String], flag: &str) -> Option<&'c str> {
    let place = command.iter().position(|word| word == flag)?;
    command.get(place + 1).map(String::as_str)
}

/// A replay's or a campaign's command for a test of seconds.
fn shortened(command: &[String]) -> Vec<String> {
    if command[0] == "campaign" && std::env::var("GREENWAVE_README").is_err() {
        return ["campaign", "--pushes", "300", "--groups", "8"].map(str::to_owned).to_vec();
    }
    if command[0] == "escort" && std::env::var("GREENWAVE_README").is_err() {
        return ["escort", "corridors/three.toml", "--seeds", "1"].map(str::to_owned).to_vec();
    }
    if command[0] != "replay" || value(command, "--verify").is_some() || std::env::var("GREENWAVE_README").is_ok() {
        return command.to_vec();
    }
    let from = value(command, "--from").unwrap_or(if command[1].contains("jinan") { "08:00" } else { "07:00" });
    let to = format!("{}10", &from[..3]);
    let mut short = command.to_vec();
    for (flag, new) in [("--from", from), ("--to", to.as_str()), ("--days", "1001"), ("--seeds", "1")] {
        let place = short.iter().position(|word| word == flag);
        let first = |days: &str| match days.split(',').next().and_then(|part| part.split_once(':')) {
            Some((_, kind)) => format!("1001:{kind}"),
            None => "1001".to_owned(),
        };
        match place {
            Some(at) if flag == "--days" => short[at + 1] = first(&short[at + 1]),
            Some(at) => short[at + 1] = new.to_owned(),
            None => short.extend([flag.to_owned(), new.to_owned()]),
        }
    }
    short
}

/// A folder that looks like the repository to the commands, and takes what they write.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["corridors", "examples", "sim"] {
        std::os::unix::fs::symlink(Path::new(ROOT).join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn run(command: &[String], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_greenwave")).args(command).current_dir(folder).output().unwrap()
}

/// What the README says a command prints or writes is there.
fn as_told(command: &[String], output: &Output, folder: &Path) {
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let says = |words: &[&str]| {
        for word in words {
            assert!(said.contains(word), "{command:?} does not say `{word}`:\n{said}");
        }
    };
    let file = |flag: &str| value(command, flag).map(|name| std::fs::read_to_string(folder.join(name)).unwrap());
    match command[0].as_str() {
        "check" if command.iter().any(|word| word == "--registers") => says(&["# Registers of profile `", "| "]),
        "check" => says(&["checked", "no problems"]),
        "escort" => says(&["travel time", "delay of all others", "recovery", "conflict monitors: 0 unsafe intervals"]),
        "campaign" => says(&["torn plans that ran ", "not in the journal ", "back within 3 cycles"]),
        "plan" if command.iter().any(|word| word == "--front") && value(command, "--choice").is_none() => {
            says(&["what wider bands cost", "outbound band", "least", "--choice N"]);
        }
        "plan" => says(&["cycle", "offset", "split of each stage", "The model expects"]),
        "optimise" => {
            let told: serde_json::Value = serde_json::from_str(&said).unwrap();
            let proven = |answer: &serde_json::Value| answer["proof"] == serde_json::json!(true);
            assert!(told["answers"].as_array().unwrap().iter().all(proven), "{command:?}: {said}");
        }
        "diagram" => {
            let svg = file("--out").unwrap_or(said);
            let words = match command.iter().any(|word| word == "--replay") {
                true => ["outbound", "inbound", "stop", "standing queue"],
                false => ["outbound", "inbound", "band", " %"],
            };
            assert!(svg.starts_with("<svg") && words.iter().all(|w| svg.contains(w)), "{command:?}");
        }
        "replay" if value(command, "--verify").is_some() => says(&["the same, byte for byte"]),
        "replay" => {
            let arms: Vec<&str> =
                value(command, "--arms").unwrap_or("isolated,actuated,fixed,greenwave").split(',').collect();
            for (place, arm) in arms.iter().enumerate() {
                for base in &arms[..place] {
                    says(&[&format!("{arm} against {base}: paired difference with 95 % interval")]);
                }
            }
            says(&["corridor speed, outbound, km/h", "corridor speed, inbound, km/h", "total delay of all vehicles"]);
            says(&["stops a vehicle", "side-street delay", "pedestrian wait", "unserved vehicles", "n = "]);
            says(&["conflict monitors: 0 violations"]);
            if arms.contains(&"greenwave") {
                says(&["joint changes of plan"]);
                assert!(said.contains("side streets") || said.contains("SIDE STREETS"), "{said}");
            }
            if let Some(page) = file("--html") {
                assert!(
                    page.starts_with("<!DOCTYPE html>")
                        && page.contains("Arrivals on green")
                        && page.contains("Before and after")
                );
            }
            if let Some(rows) = file("--csv") {
                let days = value(command, "--days").unwrap().split(',').count();
                assert!(rows.starts_with("arm,day,seed,"), "{rows}");
                assert!(std::env::var("GREENWAVE_README").is_ok() || rows.lines().count() == 1 + arms.len() * days);
            }
            if let Some(report) = file("--json") {
                let report: serde_json::Value = serde_json::from_str(&report).unwrap();
                assert_eq!(report["arms"].as_array().unwrap().len(), arms.len());
            }
            if let Some(journal) = file("--journal") {
                assert!(journal.lines().count() > 3 && journal.lines().all(|line| line.contains("\"decision\":")));
            }
        }
        "completions" => says(&["greenwave", "replay", "diagram"]),
        "man" => says(&[".TH greenwave 1", "greenwave-replay"]),
        other => panic!("say what `{other}` prints: {command:?}"),
    }
}

#[test]
fn every_command_of_the_readme_prints_what_it_says() {
    let folder = folder();
    let commands: Vec<_> =
        shown(&readme()).into_iter().filter(|c| !["emulate", "serve", "demo"].contains(&c[0].as_str())).collect();
    for name in ["check", "plan", "optimise", "diagram", "replay", "completions", "man"] {
        assert!(commands.iter().any(|c| c[0] == name), "no example of {name}");
    }
    for command in commands {
        let command = shortened(&command);
        as_told(&command, &run(&command, folder.path()), folder.path());
    }
}

impl Program {
    fn start(command: &[String], folder: &Path) -> Program {
        let mut program = Command::new(env!("CARGO_BIN_EXE_greenwave"));
        program.args(command).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::piped());
        Program(program.spawn().unwrap())
    }

    /// Stopped as by Ctrl-C: its exit code and what it said.
    fn interrupted(mut self) -> (Option<i32>, String) {
        assert!(Command::new("kill").args(["-INT", &self.0.id().to_string()]).status().unwrap().success());
        let mut said = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.0.wait().unwrap().code(), said)
    }
}

/// Status line and text of a page; `None` while nobody answers.
fn page(at: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(at).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

/// The definition on ports that are free now, and one more of them.
fn on_free_ports(definition: &str, folder: &Path) -> (PathBuf, SocketAddr) {
    let mut text = std::fs::read_to_string(Path::new(ROOT).join(definition)).unwrap();
    let ports: Vec<String> = text
        .lines()
        .filter_map(|line| Some(line.split_once("127.0.0.1:")?.1.split('"').next()?.to_owned()))
        .map(|port| format!("127.0.0.1:{port}"))
        .collect();
    assert_eq!(ports.len(), 12, "an address a cabinet");
    let free: Vec<TcpListener> = (0..13).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    for (port, new) in ports.iter().zip(&free) {
        text = text.replace(&format!("\"{port}\""), &format!("\"{}\"", new.local_addr().unwrap()));
    }
    let copy = folder.join("street.toml");
    std::fs::write(&copy, text).unwrap();
    (copy, free[12].local_addr().unwrap())
}

#[test]
fn the_demo_of_the_readme_shows_a_street_in_control() {
    let folder = folder();
    let mut demo = shown(&readme()).into_iter().find(|c| c[0] == "demo").unwrap();
    let root = |name: &str| Path::new(ROOT).join(name).to_str().unwrap().to_owned();
    let id = Path::new(&demo[1]).file_stem().unwrap().to_str().unwrap().to_owned();
    let (copy, http) = on_free_ports(&demo[1], folder.path());
    demo[1] = copy.to_str().unwrap().to_owned();
    demo.extend(["--scenario".to_owned(), root(&format!("sim/scenarios/{id}.toml"))]);
    demo.extend(["--counts".to_owned(), root(&format!("sim/scenarios/{id}/mean-workday.csv"))]);
    demo.extend(["--http".to_owned(), http.to_string()]);
    let program = Program::start(&demo, folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ready = || page(http, "/readyz").is_some_and(|text| text.starts_with("HTTP/1.1 200"));
    for _ in 0..MOST_LOOKS {
        if ready() {
            break;
        }
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(100)).await });
    }
    assert!(ready(), "the street is in control");
    assert!(page(http, "/").unwrap().contains("<script"), "the pages are there");
    assert!(page(http, "/api/v1/city").unwrap().starts_with("HTTP/1.1 401"), "and tell nobody anything");
    let (code, said) = program.interrupted();
    assert_eq!(code, Some(0), "{said}");
    for word in ["Pages: http://", "setup token setup_", "conflict monitors: 0 violations"] {
        assert!(said.contains(word), "`{word}` is not in:\n{said}");
    }
}

#[test]
fn the_two_programs_of_the_readme_control_the_street() {
    let folder = folder();
    let all = shown(&readme());
    let command = |name: &str| all.iter().find(|c| c[0] == name).unwrap_or_else(|| panic!("no {name}")).clone();
    let (mut emulate, mut serve) = (command("emulate"), command("serve"));
    let (copy, http) = on_free_ports(&emulate[1], folder.path());
    let id = Path::new(&emulate[1]).file_stem().unwrap().to_str().unwrap().to_owned();
    let root = |name: &str| Path::new(ROOT).join(name).to_str().unwrap().to_owned();
    emulate.extend(["--scenario".to_owned(), root(&format!("sim/scenarios/{id}.toml"))]);
    serve.extend(["--counts".to_owned(), root(&format!("sim/scenarios/{id}/mean-workday.csv"))]);
    serve.extend(["--http".to_owned(), http.to_string()]);
    for command in [&mut emulate, &mut serve] {
        command[1] = copy.to_str().unwrap().to_owned();
    }
    let (emulator, service) = (Program::start(&emulate, folder.path()), Program::start(&serve, folder.path()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut metrics = String::new();
    let centre =
        |text: &str| text.lines().filter(|l| l.starts_with("greenwave_cabinet_mode{") && l.ends_with(" 2")).count();
    for _ in 0..MOST_LOOKS {
        metrics = page(http, "/metrics").unwrap_or_default();
        if centre(&metrics) == 12 {
            break;
        }
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(100)).await });
    }
    assert_eq!(centre(&metrics), 12, "every cabinet runs the centre's plan:\n{metrics}");
    for what in ["steps", "missed", "beat", "mode", "link", "cycle", "offset_error"] {
        let ours = |line: &str| line.starts_with("greenwave_") && line.contains(what);
        assert!(metrics.lines().any(ours), "/metrics does not tell of {what}:\n{metrics}");
    }
    assert!(page(http, "/healthz").unwrap().starts_with("HTTP/1.1 200"));
    let (code, said) = service.interrupted();
    assert!(code == Some(0) && said.contains("released"), "{code:?}\n{said}");
    assert_eq!(emulator.interrupted().0, Some(0));
}

#[test]
fn what_the_readme_shows_is_found_and_shortened() {
    let text = "a `greenwave man` and\n\n    cargo run --release -- replay x --days 1001-1004:tidal,1005-1007 --seeds 3\n    cargo test --workspace --locked\n";
    let found = shown(text);
    assert_eq!(found[0], ["man"]);
    if std::env::var("GREENWAVE_README").is_err() {
        let short = shortened(&found[1]).join(" ");
        assert_eq!(short, "replay x --days 1001:tidal --seeds 1 --from 07:00 --to 07:10");
    }
}

#[test]
#[should_panic(expected = "who runs")]
fn a_command_nobody_runs_is_found() {
    shown("    cargo bench\n");
}

#[test]
#[should_panic(expected = "does not say")]
fn a_command_that_says_something_else_is_found() {
    let command = ["plan", "corridors/three.toml", "--format", "json"].map(str::to_owned);
    as_told(&command, &run(&command, Path::new(ROOT)), Path::new(ROOT));
}
