//! `greenwave diagram`.
use super::args::Diagram;
use anyhow::{Result, bail};
use std::process::ExitCode;
pub(super) fn run(_args: &Diagram) -> Result<ExitCode> {
    bail!("not yet")
}
