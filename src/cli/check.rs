//! `greenwave check`.

use super::args::{Check, Format};
use super::{count, files, say};
use crate::corridor::{Checked, check, schema};
use anyhow::Result;
use serde_json::json;
use std::process::ExitCode;

pub(super) fn run(args: &Check) -> Result<ExitCode> {
    if args.schema {
        say(&serde_json::to_string_pretty(&schema())?);
        return Ok(ExitCode::SUCCESS);
    }
    let definitions = files::definitions(&args.paths)?;
    let checked = check(&definitions);
    let problems = checked.as_ref().err().map(Vec::as_slice).unwrap_or_default();
    match args.format {
        Format::Json => {
            let network = checked.as_ref().ok().and_then(|found| match found {
                Checked::Network(n) => Some(json!({
                    "corridors": n.corridors().iter().map(|c| &c.id).collect::<Vec<_>>(),
                    "intersections": n.intersections().len(),
                    "fingerprint": n.fingerprint(),
                })),
                Checked::Profiles(_) => None,
            });
            let profiles = checked.as_ref().ok().and_then(|found| match found {
                Checked::Network(_) => None,
                Checked::Profiles(profiles) => Some(profiles.iter().map(|p| p.id.as_str()).collect::<Vec<_>>()),
            });
            let mut report = json!({ "schema": "greenwave-check/1", "network": network, "problems": problems });
            if let Some(profiles) = profiles {
                report["profiles"] = json!(profiles);
            }
            say(&serde_json::to_string_pretty(&report)?);
        }
        Format::Text => {
            problems.iter().for_each(|p| say(&p.render()));
            match &checked {
                Ok(Checked::Profiles(profiles)) => say(&format!(
                    "{} checked: {}, no problems",
                    count(profiles.len(), "profile"),
                    profiles.iter().map(|p| p.id.as_str()).collect::<Vec<_>>().join(", ")
                )),
                Ok(Checked::Network(network)) => say(&format!(
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
