//! Arguments of the commands that work on cabinets: `emulate`, `serve` and `campaign`.

use super::args::{Format, clock};
use super::audit::Place;
use super::pages::Pages;
use super::papers::Papers;
use super::prepare::Knowledge;
use crate::rig::{DayName, fault_kinds};
use clap::Args as ClapArgs;
use std::path::PathBuf;

/// Examples, and the kinds of faults.
fn emulate_help() -> String {
    format!(
        "{}{}",
        "Examples:\n  greenwave emulate corridors/dongchang-road.toml\n  greenwave emulate corridors/dongchang-road.toml --day 1005:tidal --from 07:00 --time-scale 10\n  greenwave emulate corridors/three.toml --for 600\n  greenwave emulate corridors/three.toml --fault 't1: silence from 60 s for 30 s' --fault '*: latency 200 ms share 10 %'\n\nKinds of faults:\n",
        fault_kinds()
    )
}

/// Emulate the cabinets of a network: Modbus servers (TCP, RTU over TCP, TLS) on the addresses of the definitions, driven by
/// simulated traffic.
///
/// Any Modbus client can read and write them by the register table (src/field/registers.md); `greenwave serve` controls
/// them. Their clocks show the emulated day, which goes by --time-scale times as fast as yours; `serve` with the same
/// --time-scale takes its time from them, without it sets them to the machine's time.
///
/// Runs until SIGINT or SIGTERM. Exit code 0: done; 1: a conflict monitor saw a violation.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = emulate_help()
)]
pub(super) struct Emulate {
    /// Definition files or folders of them; together they are one network.
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// The scenario that draws days (default: ../sim/scenarios/CORRIDOR.toml from the definition).
    #[arg(long, value_name = "FILE")]
    pub(super) scenario: Option<PathBuf>,
    /// The day, by number and kind. Kinds: workday, saturday, tidal, surge, shifted, school, rain.
    #[arg(long, value_name = "DAY", default_value = "1001:workday")]
    pub(super) day: DayName,
    /// Time of day at which it begins, with an empty street; traffic comes until midnight.
    #[arg(long, value_name = "HH:MM", value_parser = clock, default_value = "06:30")]
    pub(super) from: u32,
    /// Seconds of the emulated day a second of your time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(super) time_scale: u32,
    /// End after so many seconds of your time.
    #[arg(long = "for", value_name = "SECONDS")]
    pub(super) seconds: Option<u32>,
    /// Something that goes wrong: `CABINET: KIND [share N %] [from TIME] [for TIME]`, with `*` for every cabinet. Times are your
    /// time, counted from the start. May be given several times; the kinds stand below.
    #[arg(long = "fault", value_name = "FAULT")]
    pub(super) faults: Vec<String>,
    /// A file of faults, one a line; `#` begins a comment.
    #[arg(long = "faults", value_name = "FILE")]
    pub(super) fault_files: Vec<PathBuf>,
    /// Whence shares of requests are drawn.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) fault_seed: u64,
    /// Listen also on addresses that are not this machine's loopback: anybody who reaches them can change plans.
    #[arg(long)]
    pub(super) listen_any: bool,
    #[command(flatten)]
    pub(super) papers: Papers,
}

/// Control the cabinets of a network in real time. A dry run unless --arm is given: nothing is written to any cabinet.
///
/// Connects to every cabinet as its definition says (Modbus TCP, RTU over TCP, TLS), takes a step a second, and shows /metrics (Prometheus) and
/// /healthz over HTTP. Decisions go to standard error and, with --journal, to a file.
///
/// The first SIGINT or SIGTERM hands every cabinet back to its own plan and ends; a second ends at once. If serve dies,
/// cabinets go back to their own plans by themselves when their heartbeat runs out.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave serve corridors/dongchang-road.toml\n  greenwave serve corridors/dongchang-road.toml --arm --journal decisions.jsonl\n  greenwave serve corridors/dongchang-road.toml --arm --time-scale 10 --http 127.0.0.1:9465"
)]
pub(super) struct Serve {
    /// Definition files or folders of them; together they are one network.
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) knowledge: Knowledge,
    /// Write plans, heartbeats and clocks to the cabinets.
    #[arg(long)]
    pub(super) arm: bool,
    /// For emulated cabinets: take the time from their clocks, and go N times as fast as yours from then on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(super) time_scale: Option<u32>,
    /// Append every decision with its reason, one JSON line each.
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
    /// How standard error is written: for people, or one JSON line each.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) log: Format,
    /// Remember the plans aimed at in this file, so that a restart goes on with a change that was under way. Without it a
    /// restart goes on with what runs where that is a whole.
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,
    #[command(flatten)]
    pub(super) pages: Pages,
    #[command(flatten)]
    pub(super) place: Place,
    /// On a stop leave the last plans running until the heartbeat runs out, instead of handing back.
    #[arg(long)]
    pub(super) hold: bool,
    #[command(flatten)]
    pub(super) papers: Papers,
}

/// Try the field link with faults: real cores push plans over Modbus TCP to emulated cabinets while lines and cabinets go
/// wrong, and an outside judge looks into the cabinets' memories.
///
/// Orders and faults come from the seed. Cabinets are bare (no street), time is simulated: a second is over when everybody has
/// answered or is given up. Counted are plans that ran and must not (torn, unintended, older ones that came back), what
/// conflict monitors saw, faults that the journal does not name, and how soon changes were confirmed again.
///
/// Exit code 0: nothing happened that must never happen, and every fault is in the journal; 1: something did, or is not.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  greenwave campaign --pushes 2000\n  greenwave campaign --pushes 100000 --seed 7")]
pub(super) struct CampaignArgs {
    /// End when so many plan blocks were written.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(super) pushes: u64,
    /// Decides orders, faults and their moments.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Cores, each with cabinets of its own.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(super) groups: u32,
    /// Cabinets of a core.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(2..=20))]
    pub(super) members: u32,
    /// A cabinet that has not answered after so many milliseconds of your time is silent.
    #[arg(long, value_name = "MS", default_value_t = 25, value_parser = clap::value_parser!(u32).range(5..=1000))]
    pub(super) silence_ms: u32,
}
