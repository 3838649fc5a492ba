//! `greenwave status`: what a running service does.

use super::args::Format;
use super::client::Service;
use super::say;
use anyhow::Result;
use clap::Args as ClapArgs;
use serde_json::Value;
use std::process::ExitCode;

/// Look at a running service: whether its loop goes on, and with an API token its corridors and intersections.
///
/// Exit code 0: in control; 1: not.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave status\n  greenwave status --at https://waves.example --token viewer.token\n  greenwave status --token viewer.token --format json"
)]
pub(super) struct Status {
    /// Only whether it is in control, without a token.
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    service: Service,
}

pub(super) fn run(args: &Status) -> Result<ExitCode> {
    let client = args.service.client()?;
    let (health, _) = client.page("/healthz")?;
    let (ready, words) = client.page("/readyz")?;
    let code = if health == 200 && ready == 200 { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if args.quiet {
        say(words.trim());
        return Ok(code);
    }
    let city = client.get("/api/v1/city")?;
    match args.service.format {
        Format::Json => say(&serde_json::to_string_pretty(&city)?),
        Format::Text => text(&city).iter().for_each(|line| say(line)),
    }
    Ok(code)
}

fn text(city: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let number = |value: &Value, digits: usize| value.as_f64().map_or("-".to_owned(), |x| format!("{x:.digits$}"));
    let mut lines = vec![format!(
        "{}  {}{}  step {}",
        word(&city["clock"]),
        word(&city["mode"]),
        if city["armed"] == true { "" } else { " (dry run)" },
        city["step"]
    )];
    for corridor in city["corridors"].as_array().into_iter().flatten() {
        lines.push(String::new());
        lines.push(format!(
            "{}  cycle {} s  {}",
            word(&corridor["id"]),
            number(&corridor["cycle_s"], 0),
            if corridor["in_step"] == true { "in step" } else { "on the way" }
        ));
        for way in ["outbound", "inbound"] {
            let one = &corridor[way];
            lines.push(format!(
                "  {way:<9} {:>5} km/h of {:>4}  delay {:>5} s  on green {:>4}  band {:>4} s",
                number(&one["speed_km_h"], 1),
                number(&one["free_flow_km_h"], 0),
                number(&one["delay_s"], 1),
                one["arrivals_on_green"].as_f64().map_or("-".to_owned(), |x| format!("{:.0}%", x * 100.0)),
                number(&one["band"]["width_s"], 0),
            ));
        }
        if let Some(at) = corridor["warning"]["intersection"].as_str() {
            let soon = number(&corridor["warning"]["full_in_s"], 0);
            lines.push(format!("  fills up: {at} from {}, full in {soon} s", word(&corridor["warning"]["from"])));
        }
    }
    lines.push(String::new());
    lines.push("intersection  link  mode      stage  next s  cycle s  offset error s  on target  detectors".to_owned());
    for at in city["intersections"].as_array().into_iter().flatten() {
        let detectors = &at["detectors"];
        lines.push(format!(
            "{:<12}  {:<4}  {:<8}  {:>5}  {:>6}  {:>7}  {:>14}  {:<9}  {}/{}/{}",
            word(&at["id"]),
            word(&at["link"]),
            word(&at["mode"]),
            number(&at["stage"], 0),
            number(&at["next_stage_in_s"], 0),
            number(&at["cycle_s"], 0),
            number(&at["offset_error_s"], 1),
            if at["on_target"] == true { "yes" } else { "no" },
            detectors["good"],
            detectors["doubtful"],
            detectors["failed"],
        ));
    }
    lines
}
