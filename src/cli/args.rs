//! Arguments as typed.

use super::account::Account;
use super::audit::Audit;
use super::demo::Demo;
use super::escort::Escort;
use super::live::{CampaignArgs, Emulate, Serve};
use super::overrides::Overrides;
use super::plans::Plans;
use super::status::Status;
use super::stores::StoreArgs;
use crate::optimise::Tail;
use crate::replay::{Arm, BusKind};
use crate::rig::DayName;
use crate::units::Date;
use clap::{ArgGroup, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Adaptive green-wave control for arterial traffic signals.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Check(Check),
    Plan(Plan),
    Optimise(Optimise),
    Diagram(Diagram),
    Replay(Replay),
    Escort(Escort),
    Emulate(Emulate),
    Serve(Serve),
    Demo(Demo),
    Status(Status),
    Plans(Plans),
    Override(Overrides),
    Campaign(CampaignArgs),
    Account(Account),
    Audit(Audit),
    Store(StoreArgs),
    Completions(Completions),
    /// Print the manual as roff: the program's page, then one a command.
    Man,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Check corridor definitions: every problem of every file, with place, rule and mend.
///
/// Exit code 0: nothing wrong; 1: problems were found.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave check corridors/dongchang-road.toml\n  greenwave check corridors/three.toml --format json\n  greenwave check --schema > schema.json\n  greenwave check corridors/profiles\n  greenwave check --registers plc"
)]
pub(super) struct Check {
    /// Definition files or folders of them; together they are one network.
    #[arg(required_unless_present_any = ["schema", "registers"])]
    pub(super) paths: Vec<PathBuf>,
    /// How problems are printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Print the JSON Schema of definition files instead, for editors.
    #[arg(long, conflicts_with = "paths")]
    pub(super) schema: bool,
    /// Print the register table of a profile as Markdown instead: a shipped one by its id, or a profile's file.
    #[arg(long, value_name = "PROFILE", conflicts_with_all = ["paths", "schema"])]
    pub(super) registers: Option<PathBuf>,
}

/// Compute coordinated plans: for a period of the mean day, or the book of day plans.
///
/// Cycle, splits and offsets are optimised together against delay and stops of all vehicles. With --day the plans of every
/// period are made and, with --rounds, improved in the plant on training days.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave plan corridors/dongchang-road.toml --at 07:30\n  greenwave plan corridors/dongchang-road.toml --at 07:30 --format json\n  greenwave plan corridors/dongchang-road.toml --at 07:30 --front --members dc03-dc07\n  greenwave plan corridors/dongchang-road.toml --at 07:30 --front --members dc03-dc07 --choice 6\n  greenwave plan corridors/dongchang-road.toml --day --rounds 2 --out book.toml"
)]
#[command(group(ArgGroup::new("sampled").multiple(true)))]
pub(super) struct Plan {
    /// Definition files or folders of them; together they are one network.
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) demand: DemandFiles,
    /// Plan for the period of the day plan that this time of day lies in.
    #[arg(long, value_name = "HH:MM", value_parser = clock, default_value = "07:30", conflicts_with = "day")]
    pub(super) at: u32,
    /// Plan for the day plan of this date (default: the ordinary one).
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date, conflicts_with = "day")]
    pub(super) on: Option<Date>,
    /// Plan for several days together instead of the mean day: counts of each as with --counts, one --recent a day.
    #[arg(long, value_name = "FILE", conflicts_with = "front", group = "sampled")]
    pub(super) recent: Vec<PathBuf>,
    /// The same for days of the scenario, by number and kind as in `replay --days`; 1-99 are for training.
    #[arg(long, value_name = "DAYS", value_parser = days, conflicts_with = "front", group = "sampled")]
    pub(super) recent_days: Option<DayList>,
    /// How much the worst of these days count: the worst SHARE of them weighs WEIGHT, their mean the rest; such as 0.5:0.2
    /// (default: the mean alone).
    #[arg(long, value_name = "WEIGHT:SHARE", value_parser = tail, conflicts_with = "front", requires = "sampled")]
    pub(super) tail: Option<Tail>,
    /// Judge plans as their cabinets follow them coordinated-actuated: side streets without traffic end early, and the reference
    /// green begins early.
    #[arg(long, conflicts_with = "front")]
    pub(super) early_return: bool,
    /// What a second that a pedestrian waits is worth in seconds of a vehicle's delay: cycles, splits and orders are chosen for
    /// both. 0 leaves pedestrians to the minima of the crossings; by persons it is 1 over the persons in a vehicle, about 0.7.
    #[arg(long, value_name = "WEIGHT", value_parser = weight, default_value_t = 0.0, conflicts_with = "front")]
    pub(super) walkers: f64,
    /// Make the plans of every period: the book of day plans.
    #[arg(long)]
    pub(super) day: bool,
    /// Train in the plant on training days: choose how busy a day each plan is made for, then try so many rounds of small
    /// moves (minutes each, at 12 intersections). Without it the plans are the model's optimum for the mean day.
    #[arg(long, value_name = "N", requires = "day")]
    pub(super) rounds: Option<usize>,
    /// Improve only periods that touch this time of day, such as 06:30-09:30; the others keep the model's optimum.
    #[arg(long, value_name = "HH:MM-HH:MM", value_parser = window, requires = "day")]
    pub(super) within: Option<(u32, u32)>,
    /// Write the book here instead of to standard output.
    #[arg(long, value_name = "FILE", requires = "day")]
    pub(super) out: Option<PathBuf>,
    /// Print what wider bands cost instead: the choices between least delay and the widest two-way bands, for the cycle and splits
    /// of the plans. Where no two-way band runs through the whole corridor, for its parts.
    #[arg(long, conflicts_with = "day")]
    pub(super) front: bool,
    /// Corridor of the front (default: the first).
    #[arg(long, value_name = "ID", requires = "front")]
    pub(super) corridor: Option<String>,
    #[command(flatten)]
    pub(super) street: FrontStreet,
    /// Print the plans of this choice of the front.
    #[arg(long, value_name = "N", requires = "front", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) choice: Option<u32>,
    /// Runs at the same time (default: the machine's cores).
    #[arg(long)]
    pub(super) threads: Option<usize>,
    /// How a plan is printed.
    #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "day")]
    pub(super) format: Format,
}

/// Solve bare bandwidth and delay problems: JSON in, proven answers in JSON out.
///
/// For comparing optimisers, without a corridor definition. A file holds one problem, an array of them, or one after the
/// other (JSON Lines); a problem with `signals` is one of bandwidth, one with `nodes` of delay. Each answer carries its
/// bound, whether that proves it, and the time of the solver, which is the one `plan` and `serve` use.
///
/// Exit code 0: answered; 1: a problem is unsound, and nothing was solved.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave optimise problems.json\n  generate-problems | greenwave optimise - > answers.json\n  greenwave optimise city.json --limit 5 --pretty"
)]
pub(super) struct Optimise {
    /// Problem files; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Give a search so many seconds at most; then its best answer is told with the bound it has (default: the search's own
    /// bounds). Fixed-cycle bandwidth needs none.
    #[arg(long, value_name = "SECONDS", value_parser = limit)]
    pub(super) limit: Option<f64>,
    /// Indent the answers.
    #[arg(long)]
    pub(super) pretty: bool,
}

/// Draw the time-space diagram of a corridor as SVG: of its plans, or with --replay of what happens under them.
///
/// With --replay the plant runs a day, and lamps are drawn as they were shown, with the ways of the vehicles in the through
/// lanes. The run is that of `replay` with its usual window or, for a time outside of it, one measured from half an hour before.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave diagram corridors/dongchang-road.toml --at 07:30 --out wave.svg\n  greenwave diagram corridors/three.toml --axes distance-time > wave.svg\n  greenwave diagram corridors/dongchang-road.toml --front 1,6 --members dc03-dc07 > choices.svg\n  greenwave diagram corridors/three.toml --replay --arm fixed --to 07:40 --queues > ways.svg"
)]
pub(super) struct Diagram {
    /// Definition files or folders of them; together they are one network.
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) demand: DemandFiles,
    /// Day plan book to draw from (default: plans/CORRIDOR.toml beside the definition; if there is none, plans are computed).
    #[arg(long, value_name = "FILE")]
    pub(super) plans: Option<PathBuf>,
    /// The period of the day plan that this time of day lies in.
    #[arg(long, value_name = "HH:MM", value_parser = clock, default_value = "07:30")]
    pub(super) at: u32,
    /// By the day plan of this date (default: the ordinary one).
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub(super) on: Option<Date>,
    /// Corridor to draw (default: the first).
    #[arg(long, value_name = "ID")]
    pub(super) corridor: Option<String>,
    /// Draw two choices of the front side by side, as `plan --front` numbers them.
    #[arg(long, value_name = "N,M", value_parser = two, conflicts_with_all = ["replay", "plans"])]
    pub(super) front: Option<[usize; 2]>,
    #[command(flatten)]
    pub(super) street: FrontStreet,
    /// Which axis goes to the right, and which upwards.
    #[arg(long, value_enum, default_value_t = AxesArg::TimeDistance)]
    pub(super) axes: AxesArg,
    /// Run the plant and draw what happened instead of what was planned.
    #[arg(long, conflicts_with = "at")]
    pub(super) replay: bool,
    /// The day that is run, by number and kind. Kinds: workday, saturday, tidal, surge, shifted, school, rain.
    #[arg(long, value_name = "DAY", default_value = "1001:workday", requires = "replay")]
    pub(super) day: DayName,
    /// Which of the day's runs, as counted by `replay --seeds`.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=999), requires = "replay")]
    pub(super) seed: u64,
    /// Who controls the corridor.
    #[arg(long, default_value = "greenwave", requires = "replay")]
    pub(super) arm: Arm,
    /// Drawn from this time of day. Default: the quarter of an hour in the middle of what `replay` measures.
    #[arg(long, value_name = "HH:MM", value_parser = clock, requires = "replay")]
    pub(super) from: Option<u32>,
    /// Drawn until this time of day, two hours later at most. Default: a quarter of an hour later.
    #[arg(long, value_name = "HH:MM", value_parser = clock, requires = "replay")]
    pub(super) to: Option<u32>,
    /// Draw the standing queues before the stop lines.
    #[arg(long, requires = "replay")]
    pub(super) queues: bool,
    /// Draw one direction only.
    #[arg(long, value_enum, default_value_t = Ways::Both, requires = "replay")]
    pub(super) direction: Ways,
    /// Draw every N-th vehicle only (default: so that about 300 a direction are drawn).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), requires = "replay")]
    pub(super) every: Option<u32>,
    /// Write the picture here instead of to standard output.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// svg: the picture; json: what is drawn, as numbers.
    #[arg(long, value_enum, default_value_t = DiagramFormat::Svg)]
    pub(super) format: DiagramFormat,
}

/// Which bands a front is about.
#[derive(Debug, ClapArgs)]
pub(super) struct FrontStreet {
    /// Bands through these members only, from one to another, such as dc03-dc07 (default: all).
    #[arg(long, value_name = "FROM-TO", requires = "front")]
    pub(super) members: Option<String>,
    /// Width of the inbound band for each second of the outbound band; 0 leaves it free (default: 1).
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "front")]
    pub(super) inbound_share: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DiagramFormat {
    /// The picture.
    Svg,
    /// What is drawn, as numbers.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AxesArg {
    /// Time to the right, distance upwards.
    TimeDistance,
    /// Distance to the right, time upwards.
    DistanceTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Ways {
    /// Outbound and inbound.
    Both,
    /// From the corridor's first intersection to its last.
    Outbound,
    /// From its last to its first.
    Inbound,
}

/// Where demand comes from.
#[derive(Debug, ClapArgs)]
pub(super) struct DemandFiles {
    /// Counts of the mean day, CSV: intersection,approach,movement,start_s,vehicles
    /// (default: ../sim/scenarios/CORRIDOR/mean-workday.csv from the definition).
    #[arg(long, value_name = "FILE")]
    pub(super) counts: Option<PathBuf>,
    /// The scenario that draws days (default: ../sim/scenarios/CORRIDOR.toml from the definition).
    #[arg(long, value_name = "FILE")]
    pub(super) scenario: Option<PathBuf>,
}

/// Replay days in closed loop and report what the control gained, against which baselines, at whose cost.
///
/// Simulated traffic drives over detectors, simulated cabinets count it, the core reads the counts over Modbus, computes
/// coordinated plans and pushes them, the cabinets run them. All arms meet the same arrivals; differences are paired.
///
/// Arms: isolated (each intersection's own best fixed plan, own cycle), actuated (each intersection by its own detectors: gap-out,
/// skips, maxima from the isolated plan), fixed (coordinated day plans, the strongest we can make from training days), greenwave
/// (starts from fixed, sees only detectors over the bus, adapts; cabinets follow its plans in fixed time, coordinated-actuated or
/// free, as the plan book says). Beside them fixed-loops (fixed, followed coordinated-actuated: what detectors alone add) and
/// greenwave-measured (its model of platoons corrected by what loops upstream count). For tests of the method: placebo-a, placebo-b (fixed with random offsets), harm (fixed with the worst offsets). To compare optimisers, the
/// cycles and splits of fixed with offsets found for the mean day: offsets-exact (exact while platoons stay as they are, iterated),
/// offsets-refined (the same, then refined by the whole evaluation, as plan does), offsets-descent (from zero, intersection after
/// intersection, until nobody moves), offsets-pairwise (each next intersection by its one link).
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave replay corridors/dongchang-road.toml\n  greenwave replay corridors/dongchang-road.toml --seeds 3 --json report.json\n  greenwave replay --verify report.json\n  greenwave replay corridors/dongchang-road.toml --days 1001:tidal --journal why.jsonl\n  greenwave replay corridors/dongchang-road.toml --arms fixed,greenwave --bus memory --format json"
)]
pub(super) struct Replay {
    /// Definition files or folders of them; together they are one network.
    #[arg(required_unless_present = "verify")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) demand: DemandFiles,
    /// A scene laid over every day (kind = "scene"): closures, incidents, reversed lanes, emergency vehicles, bus lines, events, rain.
    /// Plans know nothing of it.
    #[arg(long, value_name = "FILE")]
    pub(super) scene: Option<PathBuf>,
    /// Day plan book (default: plans/CORRIDOR.toml beside the definition; if there is none, the model's optimum is used).
    #[arg(long, value_name = "FILE")]
    pub(super) plans: Option<PathBuf>,
    /// Days by number, ranges with a dash, kinds after a colon. Kinds: workday, saturday, tidal, surge, shifted, school, rain;
    /// around a counted hour: counted (the hour itself), workday, tidal, surge.
    /// 1-99 are for training, 1001-1099 for reporting. Default: ten reporting days, ordinary and unusual.
    #[arg(long, value_name = "DAYS", value_parser = days)]
    pub(super) days: Option<DayList>,
    /// Runs a day, each with its own arrivals and drivers.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=999))]
    pub(super) seeds: u64,
    /// Arms, each compared with those before it.
    #[arg(long, value_delimiter = ',', default_value = "isolated,actuated,fixed,greenwave")]
    pub(super) arms: Vec<Arm>,
    /// Measured from this time of day; a warm-up of 15 minutes before it is not counted. Default: 06:30, or where the scenario's
    /// counts begin.
    #[arg(long, value_name = "HH:MM", value_parser = clock)]
    pub(super) from: Option<u32>,
    /// Demand stops here; the run goes on until everybody is out, 30 minutes at most. Default: 09:00, or where the scenario's
    /// counts end.
    #[arg(long, value_name = "HH:MM", value_parser = clock)]
    pub(super) to: Option<u32>,
    /// The whole day, 06:00 to 21:00.
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub(super) whole_day: bool,
    /// So much of the scenario's vehicles come, in every arm, such as 0.5: how the arms compare in lighter traffic. Plans stay
    /// those for the whole of them.
    #[arg(long = "demand", value_name = "FACTOR", value_parser = factor, default_value = "1")]
    pub(super) factor: f64,
    /// How the core reaches the cabinets.
    #[arg(long, value_enum, default_value_t = BusKind::Tcp)]
    pub(super) bus: BusKind,
    /// Runs at the same time (default: the machine's cores). Results do not depend on it.
    #[arg(long)]
    pub(super) threads: Option<usize>,
    /// Write the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Write the raw measures of every run as CSV.
    #[arg(long, value_name = "FILE")]
    pub(super) csv: Option<PathBuf>,
    /// Write a self-contained page with tables and pictures.
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Corridor in the page's time-space diagrams (default: the first).
    #[arg(long, value_name = "ID", requires = "html")]
    pub(super) corridor: Option<String>,
    /// Run again what a report says was run, and compare every byte: 0 the same, 1 not. Files that have moved since can be named.
    #[arg(long, value_name = "REPORT", conflicts_with_all = ["days", "seeds", "arms", "from", "to", "whole_day", "factor", "json", "csv", "html", "journal", "trajectories", "format", "corridor"])]
    pub(super) verify: Option<PathBuf>,
    /// Write every decision of the core with its reason, one JSON line each.
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
    /// Drive the trips of this CSV file (depart_s, route or entry and exit, class; model card of the plant) instead of the
    /// scenario's vehicles; drivers are drawn. Default day: one.
    #[arg(long, value_name = "FILE", conflicts_with = "factor")]
    pub(super) trips: Option<PathBuf>,
    /// Write where every vehicle is, every second, while the runs go: JSON lines for .jsonl, else CSV. Of several runs each has a file of
    /// its own, with arm, day and seed in its name.
    #[arg(long, value_name = "FILE")]
    pub(super) trajectories: Option<PathBuf>,
    /// Only in this part of the day, such as 07:30-07:45 (default: what is measured).
    #[arg(long, value_name = "HH:MM-HH:MM", value_parser = window, requires = "trajectories")]
    pub(super) trajectories_within: Option<(u32, u32)>,
    /// text: the table; json: the report on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// Print a script that completes commands and flags in a shell.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave completions bash > /etc/bash_completion.d/greenwave\n  greenwave completions fish > ~/.config/fish/completions/greenwave.fish"
)]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

/// Days as typed, in order.
#[derive(Debug, Clone)]
pub(super) struct DayList(pub(super) Vec<DayName>);

fn tail(text: &str) -> Result<Tail, String> {
    let told = || {
        format!("`{text}` is not WEIGHT:SHARE with a weight of 0 to 1 and a share above 0, at most 1, such as 0.5:0.2")
    };
    let (weight, share) = text.split_once(':').ok_or_else(told)?;
    let number = |text: &str| text.parse::<f64>().map_err(|_| told());
    Tail::new(number(weight)?, number(share)?).ok_or_else(told)
}

pub(super) fn days(text: &str) -> Result<DayList, String> {
    let mut days = Vec::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (numbers, kind) = part.split_once(':').unwrap_or((part, "workday"));
        let range: RangeInclusive<u64> = match numbers.split_once('-') {
            Some((a, b)) => number(a)?..=number(b)?,
            None => number(numbers)?..=number(numbers)?,
        };
        if range.is_empty() || range.end() - range.start() > 1000 {
            return Err(format!("`{numbers}` is no range of at most 1000 days"));
        }
        for seed in range {
            days.push(format!("{seed}:{kind}").parse()?);
        }
    }
    if days.is_empty() { Err("no days".into()) } else { Ok(DayList(days)) }
}

fn number(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("`{text}` is no day number"))
}

pub(super) fn clock(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no time of day; write HH:MM, 00:00 to 24:00");
    let (h, m) = text.split_once(':').ok_or_else(wrong)?;
    let (h, m): (u32, u32) = (h.parse().map_err(|_| wrong())?, m.parse().map_err(|_| wrong())?);
    let s = h * 3600 + m * 60;
    if m < 60 && s <= 86_400 { Ok(s) } else { Err(wrong()) }
}

/// What something is worth: 0 to 100.
fn weight(text: &str) -> Result<f64, String> {
    let weight = text.parse().ok().filter(|w| (0.0..=100.0).contains(w));
    weight.ok_or_else(|| format!("`{text}` is no weight between 0 and 100"))
}

fn limit(text: &str) -> Result<f64, String> {
    let limit = text.parse().ok().filter(|s| (0.001..=86_400.0).contains(s));
    limit.ok_or_else(|| format!("`{text}` is no time between 0.001 and 86400 s"))
}

fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|f| (0.05..=3.0).contains(f));
    factor.ok_or_else(|| format!("`{text}` is no factor between 0.05 and 3"))
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|f| *f == 0.0 || (0.05..=20.0).contains(f));
    share.ok_or_else(|| format!("`{text}` is no share; write 0, or a number between 0.05 and 20"))
}

fn two(text: &str) -> Result<[usize; 2], String> {
    let numbers = text.split_once(',').map(|(a, b)| [a, b].map(|n| n.trim().parse().ok().filter(|n| *n > 0)));
    match numbers {
        Some([Some(a), Some(b)]) => Ok([a, b]),
        _ => Err(format!("`{text}` is no pair of choices; write two numbers, such as 1,4")),
    }
}

fn date(text: &str) -> Result<Date, String> {
    let wrong = || format!("`{text}` is no date; write YYYY-MM-DD");
    let mut parts = text.split('-').map(|part| part.parse::<u16>().ok());
    let mut next = || parts.next().flatten().ok_or_else(wrong);
    let (year, month, day) = (next()?, next()?, next()?);
    let small = |n: u16| u8::try_from(n).map_err(|_| wrong());
    let date = Date::new(year, small(month)?, small(day)?).filter(|_| parts.next().is_none());
    date.ok_or_else(wrong)
}

fn window(text: &str) -> Result<(u32, u32), String> {
    let (from, to) = text.split_once('-').ok_or_else(|| format!("`{text}` is no window; write HH:MM-HH:MM"))?;
    let (from, to) = (clock(from)?, clock(to)?);
    if from < to { Ok((from, to)) } else { Err(format!("`{text}` ends before it begins")) }
}
