//! The command line: arguments as typed, one file a command.
//!
//! Knows: every edge room. Must not know: how anything is decided or measured; it asks, and prints what it is told.

mod account;
mod args;
mod audit;
mod campaign;
mod check;
mod client;
mod coupling;
mod demo;
mod diagram;
mod emulate;
mod escort;
mod files;
mod front;
mod guests;
mod inputs;
mod live;
mod optimise;
mod overrides;
mod page;
mod pages;
mod papers;
mod plan;
mod plans;
mod prepare;
mod progress;
mod recent;
mod record;
mod relay;
mod replay;
mod scene;
mod serve;
mod shell;
mod status;
mod stores;
mod table;
mod timing;
mod verify;
mod workshop;

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

/// Runs the program: 0 done, 1 the answer is no (problems, a breach), 2 used wrongly, 3 could not be carried out.
pub fn main() -> ExitCode {
    let args = args::Args::parse();
    let done = match args.command {
        args::Command::Check(check) => check::run(&check),
        args::Command::Plan(plan) => plan::run(&plan),
        args::Command::Optimise(optimise) => optimise::run(&optimise),
        args::Command::Diagram(diagram) => diagram::run(&diagram),
        args::Command::Replay(replay) => replay::run(&replay),
        args::Command::Escort(escort) => escort::run(&escort),
        args::Command::Emulate(emulate) => emulate::run(&emulate),
        args::Command::Serve(serve) => serve::run(&serve),
        args::Command::Demo(demo) => demo::run(&demo),
        args::Command::Status(status) => status::run(&status),
        args::Command::Plans(plans) => plans::run(&plans),
        args::Command::Override(overrides) => overrides::run(&overrides),
        args::Command::Campaign(args) => campaign::run(&args),
        args::Command::Account(args) => account::run(&args),
        args::Command::Audit(args) => audit::run(&args),
        args::Command::Store(args) => stores::run(&args),
        args::Command::Completions(args) => shell::completions(&args),
        args::Command::Man => shell::man(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            tell(&format!("error: {error:#}"));
            ExitCode::from(3)
        }
    }
}

/// "1 problem", "3 problems".
fn count(things: usize, name: &str) -> String {
    if things == 1 { format!("1 {name}") } else { format!("{things} {name}s") }
}

/// Prints to standard output. A reader that has gone away ends the program quietly.
fn say(text: &str) {
    if writeln!(std::io::stdout().lock(), "{text}").is_err() {
        std::process::exit(0);
    }
}

/// Prints to standard error; there is nobody left to tell when that fails.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
