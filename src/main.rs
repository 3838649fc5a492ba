//! Parse, run, exit code; an error chain is printed once.

use std::process::ExitCode;

fn main() -> ExitCode {
    greenwave::cli::main()
}
