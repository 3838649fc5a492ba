//! `greenwave completions` and `greenwave man`: what a package puts beside the program.

use super::args::{Args, Completions};
use super::say;
use anyhow::Result;
use clap::CommandFactory;
use std::process::ExitCode;

/// The program's name in scripts and pages.
const NAME: &str = "greenwave";

/// A script that completes commands and flags in a shell.
pub(super) fn completions(args: &Completions) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), NAME, &mut script);
    say(String::from_utf8(script)?.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// The manual: the program's page, then one a command, as roff.
pub(super) fn man() -> Result<ExitCode> {
    let mut pages = Vec::new();
    let mut command = Args::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut pages)?;
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help" && !c.is_hide_set()) {
        // a built command is displayed as `greenwave-replay`, the name of its page
        clap_mangen::Man::new(sub.clone()).render(&mut pages)?;
    }
    say(String::from_utf8(pages)?.trim_end());
    Ok(ExitCode::SUCCESS)
}
