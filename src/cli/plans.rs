//! `greenwave plans`: the sets of plans of a running service.

use super::args::Format;
use super::client::Service;
use super::say;
use anyhow::Result;
use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;
use ureq::http::Method;

/// The sets of plans of a running service: what runs, what is aimed at, what was weighed; approve one, go back to the one before.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave plans --token viewer.token\n  greenwave plans approve 17 --minutes 60 --why 'works at dc04' --confirm dongchang-road --token engineer.token\n  greenwave plans rollback --why 'complaints' --confirm dongchang-road --token engineer.token"
)]
pub(super) struct Plans {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    service: Service,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a set, until its time is over.
    Approve {
        /// Its number.
        id: u64,
        #[command(flatten)]
        order: Order,
    },
    /// Run what was aimed at before.
    Rollback {
        #[command(flatten)]
        order: Order,
    },
}

/// For how long, why, and that it is meant.
#[derive(Debug, ClapArgs)]
struct Order {
    /// For how long.
    #[arg(long, value_name = "N", default_value_t = 60)]
    minutes: u32,
    /// Why, for the audit.
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// The corridor's id, typed: it is meant.
    #[arg(long, value_name = "CORRIDOR")]
    confirm: Option<String>,
}

impl Order {
    fn body(&self) -> Value {
        json!({ "minutes": self.minutes, "why": self.why, "confirm": self.confirm })
    }
}

pub(super) fn run(args: &Plans) -> Result<ExitCode> {
    let client = args.service.client()?;
    let answer = match &args.command {
        None => client.get("/api/v1/plans")?,
        Some(Command::Approve { id, order }) => {
            client.send(Method::POST, &format!("/api/v1/plans/{id}/approve"), &order.body())?
        }
        Some(Command::Rollback { order }) => client.send(Method::POST, "/api/v1/plans/rollback", &order.body())?,
    };
    match (args.service.format, &args.command) {
        (Format::Text, None) => text(&answer).iter().for_each(|line| say(line)),
        _ => say(&serde_json::to_string_pretty(&answer)?),
    }
    Ok(ExitCode::SUCCESS)
}

fn text(plans: &Value) -> Vec<String> {
    let mut lines = vec!["              set  origin             cycle s  bands s      predicted veh h/h".to_owned()];
    let mut line = |what: &str, set: &Value| {
        let corridor = &set["corridors"][0];
        let number = |value: &Value| value.as_f64().map_or("-".to_owned(), |x| format!("{x:.0}"));
        lines.push(format!(
            "{what:<12}  {:>3}  {:<17}  {:>7}  {:>4} / {:<4}  {}",
            set["id"],
            set["origin"].as_str().unwrap_or("-"),
            number(&corridor["cycle_s"]),
            number(&corridor["outbound_band_s"]),
            number(&corridor["inbound_band_s"]),
            set["predicted"]["delay_veh_h_per_h"].as_f64().map_or("-".to_owned(), |x| format!("{x:.1}")),
        ));
    };
    for what in ["running", "target", "candidate"] {
        if plans[what].is_object() {
            line(what, &plans[what]);
        }
    }
    for set in plans["history"].as_array().into_iter().flatten().skip(1) {
        line("before", set);
    }
    lines
}
