//! `greenwave check`.

use super::args::{Check, Format};
use super::{count, files, say};
use crate::corridor::{load, schema};
use anyhow::Result;
use serde_json::json;
use std::process::ExitCode;

pub(super) fn run(args: &Check) -> Result<ExitCode> {
    if args.schema {
        say(&serde_json::to_string_pretty(&schema())?);
        return Ok(ExitCode::SUCCESS);
    }
    let definitions = files::definitions(&args.paths)?;
    let checked = load(&definitions);
    let problems = checked.as_ref().err().map(Vec::as_slice).unwrap_or_default();
    match args.format {
        Format::Json => {
            let network = checked.as_ref().ok().map(|n| {
                json!({
                    "corridors": n.corridors().iter().map(|c| &c.id).collect::<Vec<_>>(),
                    "intersections": n.intersections().len(),
                    "fingerprint": n.fingerprint(),
                })
            });
            let report = json!({ "schema": "greenwave-check/1", "network": network, "problems": problems });
            say(&serde_json::to_string_pretty(&report)?);
        }
        Format::Text => {
            problems.iter().for_each(|p| say(&p.render()));
            match &checked {
                Ok(network) => say(&format!(
                    "{} checked: {}, {} intersections, no problems",
                    count(definitions.len(), "file"),
                    network
                        .corridors()
                        .iter()
                        .map(|c| format!("{} {}", c.name.zh, c.name.en))
                        .collect::<Vec<_>>()
                        .join(", "),
                    network.intersections().len()
                )),
                Err(problems) => say(&count(problems.len(), "problem")),
            }
        }
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
