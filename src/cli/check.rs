//! `greenwave check`.

use super::args::{Check, Format};
use super::{count, files, say};
use crate::corridor::profile::{markdown, shipped};
use crate::corridor::{Checked, Problem, check, schema};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(args: &Check) -> Result<ExitCode> {
    if args.schema {
        say(&serde_json::to_string_pretty(&schema())?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(profile) = &args.registers {
        return registers(profile);
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

/// Prints the register table of a profile: a shipped one by its id, or each of a file or folder.
fn registers(which: &Path) -> Result<ExitCode> {
    if let Some(profile) = shipped().iter().find(|profile| which == Path::new(&profile.id)) {
        say(markdown(profile).trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let known = || shipped().iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>().join(", ");
    let missing = || format!("{} is neither a shipped profile ({}) nor a file", which.display(), known());
    let definitions = files::definitions(&[which.to_path_buf()]).with_context(missing)?;
    match check(&definitions) {
        Ok(Checked::Profiles(profiles)) => {
            profiles.iter().for_each(|profile| say(markdown(profile).trim_end()));
            Ok(ExitCode::SUCCESS)
        }
        Ok(Checked::Network(_)) => bail!("{} is a network, not a register profile", which.display()),
        Err(problems) => {
            let all: Vec<String> = problems.iter().map(Problem::render).collect();
            bail!("{} in the profile:\n{}", count(problems.len(), "problem"), all.join("\n"))
        }
    }
}
