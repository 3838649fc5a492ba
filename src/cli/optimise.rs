//! `greenwave optimise`.

use super::args::Optimise;
use super::{count, files, say, tell};
use crate::bare::{self, Answer};
use crate::clock::{Clock, SystemClock};
use anyhow::Result;
use serde_json::json;
use std::process::ExitCode;

pub(super) fn run(args: &Optimise) -> Result<ExitCode> {
    let mut questions = Vec::new();
    let mut faults = Vec::new();
    for path in &args.files {
        let text = files::text_or_stdin(path)?;
        match bare::read(&path.display().to_string(), &text) {
            Ok(more) => questions.extend(more),
            Err(more) => faults.extend(more),
        }
    }
    if !faults.is_empty() {
        faults.iter().for_each(|fault| tell(&fault.to_string()));
        tell(&format!("{}; nothing was solved", count(faults.len(), "problem")));
        return Ok(ExitCode::FAILURE);
    }
    let clock = SystemClock::new();
    let answers: Vec<Answer> = questions
        .iter()
        .map(|question| {
            let begun = clock.elapsed();
            let stop = || args.limit.is_some_and(|limit| (clock.elapsed() - begun).as_secs_f64() > limit);
            let mut answer = question.answer(&stop);
            answer.took((clock.elapsed() - begun).as_secs_f64() * 1e3);
            answer
        })
        .collect();
    if args.pretty {
        say(&serde_json::to_string_pretty(&json!({ "answers": answers }))?);
    } else {
        // One answer a line, so that line tools can be used too.
        let lines: Vec<String> = answers.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        say(&format!("{{\"answers\": [\n{}\n]}}", lines.join(",\n")));
    }
    let open = answers.iter().filter(|answer| !answer.proof()).count();
    if open > 0 {
        tell(&format!("{} without proof: bound above value", count(open, "answer")));
    }
    Ok(ExitCode::SUCCESS)
}
