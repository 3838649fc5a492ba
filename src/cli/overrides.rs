//! `greenwave override`: what a person orders of a running service.

use super::args::Format;
use super::client::Service;
use super::say;
use anyhow::Result;
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use ureq::http::Method;

/// Order something of a running service: each order ends by itself, and can be ended before. Without a command: what stands.
///
/// An operator's token is needed, and for whole corridors their id, typed.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave override --token operator.token\n  greenwave override hold --minutes 30 --why 'accident at dc05' --confirm dongchang-road --token operator.token\n  greenwave override local --intersection dc05 --minutes 60 --why 'works at the cabinet' --token operator.token\n  greenwave override exclude --intersection dc05 --channel 3 --minutes 600 --why 'loop torn out' --token operator.token\n  greenwave override end 12 --token operator.token"
)]
pub(super) struct Overrides {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    service: Service,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LaneState {
    /// Nobody drives on it.
    Closed,
    /// It carries the opposite direction.
    Reversed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Weather {
    Dry,
    Rain,
    HeavyRain,
    Snow,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Keep what is aimed at; nothing new is decided.
    Hold(Order),
    /// Follow the calendar, without adaptation.
    Freeze(Order),
    /// Give cabinets back to their own plans.
    Local {
        /// Which. May be given several times; with --corridor all of its.
        #[arg(long = "intersection", value_name = "ID", required_unless_present = "corridor")]
        intersections: Vec<String>,
        /// A whole corridor.
        #[arg(long, value_name = "ID")]
        corridor: Option<String>,
        #[command(flatten)]
        order: Order,
    },
    /// Believe a detector no more.
    Exclude {
        /// Where.
        #[arg(long, value_name = "ID")]
        intersection: String,
        /// Its channel.
        #[arg(long, value_name = "N")]
        channel: u16,
        #[command(flatten)]
        order: Order,
    },
    /// A lane is not used as it was built.
    Lane {
        /// Where.
        #[arg(long, value_name = "ID")]
        intersection: String,
        /// The approach: where its traffic comes from (N, E, S, W).
        #[arg(long = "from", value_name = "ARM")]
        arm: String,
        /// The lane, from the median, from 1.
        #[arg(long, value_name = "N")]
        lane: u16,
        /// How it is used.
        #[arg(long, value_enum)]
        state: LaneState,
        #[command(flatten)]
        order: Order,
    },
    /// The weather is set.
    Weather {
        /// What it is.
        #[arg(long, value_enum)]
        weather: Weather,
        #[command(flatten)]
        order: Order,
    },
    /// End an order now.
    End {
        /// Its number.
        id: u64,
    },
}

/// For how long, why, and that it is meant.
#[derive(Debug, ClapArgs)]
struct Order {
    /// For how long.
    #[arg(long, value_name = "N")]
    minutes: u32,
    /// Why, for the audit.
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// The corridor's id, typed: it is meant.
    #[arg(long, value_name = "CORRIDOR")]
    confirm: Option<String>,
}

pub(super) fn run(args: &Overrides) -> Result<ExitCode> {
    let client = args.service.client()?;
    let path = "/api/v1/interventions";
    let answer = match &args.command {
        None => client.get(path)?,
        Some(Command::End { id }) => client.send(Method::DELETE, &format!("{path}/{id}"), &json!({}))?,
        Some(command) => client.send(Method::POST, path, &body(command))?,
    };
    match (args.service.format, &args.command) {
        (Format::Text, None) => text(&answer).iter().for_each(|line| say(line)),
        _ => say(&serde_json::to_string_pretty(&answer)?),
    }
    Ok(ExitCode::SUCCESS)
}

fn word<T: ValueEnum>(value: T) -> Value {
    value.to_possible_value().map_or(Value::Null, |value| Value::from(value.get_name()))
}

fn body(command: &Command) -> Value {
    let (kind, more, order) = match command {
        Command::Hold(order) => ("hold", json!({}), order),
        Command::Freeze(order) => ("freeze", json!({}), order),
        Command::Local { intersections, corridor: Some(corridor), order } => {
            ("local", json!({ "corridor": corridor, "intersections": intersections }), order)
        }
        Command::Local { intersections, corridor: None, order } => {
            ("local", json!({ "intersections": intersections }), order)
        }
        Command::Exclude { intersection, channel, order } => {
            ("exclude", json!({ "intersections": [intersection], "channel": channel }), order)
        }
        Command::Lane { intersection, arm, lane, state, order } => {
            ("lane", json!({ "intersections": [intersection], "arm": arm, "lane": lane, "state": word(*state) }), order)
        }
        Command::Weather { weather, order } => ("weather", json!({ "weather": word(*weather) }), order),
        Command::End { .. } => return Value::Null,
    };
    let mut all = more.as_object().cloned().unwrap_or_else(Map::new);
    all.insert("kind".into(), kind.into());
    all.insert("minutes".into(), order.minutes.into());
    all.insert("why".into(), order.why.clone().into());
    if let Some(confirm) = &order.confirm {
        all.insert("confirm".into(), confirm.clone().into());
    }
    Value::Object(all)
}

fn text(standing: &Value) -> Vec<String> {
    let rows = standing.as_array().cloned().unwrap_or_default();
    if rows.is_empty() {
        return vec!["nothing is ordered".to_owned()];
    }
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    rows.iter()
        .map(|row| {
            let at = row["intersections"].as_array().into_iter().flatten().map(&word).collect::<Vec<_>>().join(", ");
            format!(
                "{:>4}  {:<8}  {}  by {}: {}",
                row["id"],
                word(&row["kind"]),
                at,
                word(&row["by"]),
                word(&row["why"])
            )
        })
        .collect()
}
