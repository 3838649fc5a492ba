//! Plans of one period as a table within 80 columns.

use super::say;
use super::table::{WIDTH, columns, wrapped};
use crate::corridor::Network;
use crate::optimise::Prediction;
use crate::plan::Plan;
use crate::units::{Tenths, clock};
use std::collections::BTreeSet;

/// The plans as a table: a block a corridor; of each intersection its cycle, its offset, and the split of every stage.
pub(super) fn text(
    network: &Network,
    period: &crate::corridor::Period,
    plans: &[Plan],
    predicted: Option<&Prediction>,
) {
    let (from, to) = (clock(period.from_s), clock(period.to_s));
    let cycles: BTreeSet<Tenths> = plans.iter().map(|p| p.cycle.length()).collect();
    let cycles: Vec<String> = cycles.into_iter().map(|c| c.to_string()).collect();
    let word = if cycles.len() == 1 { "cycle" } else { "cycles" };
    say(&wrapped(&format!("{} {}, {from} to {to}, {word} {}", period.name.zh, period.name.en, cycles.join(", "))));
    for corridor in network.corridors() {
        say(&format!("\n{} {} ({})", corridor.name.zh, corridor.name.en, corridor.id));
        say("intersection chainage  cycle  offset  split of each stage");
        for member in &corridor.members {
            let (at, plan) = (network.intersection(member.intersection), &plans[member.intersection.0]);
            let head = format!(
                "{:<12} {:>5.0} m {:>7} {:>7}  ",
                at.id,
                member.chainage.get(),
                plan.cycle.to_string(),
                plan.offset.since_zero().to_string(),
            );
            say(&in_columns(&head, &splits(plan)));
        }
    }
    say("\nStages by number; rows name them in the order in which they run:");
    let mut told: Vec<String> = Vec::new();
    for at in network.intersections() {
        let names: Vec<String> = at.stages.iter().enumerate().map(|(k, s)| stage_name(k, &s.name)).collect();
        let line = names.join("; ");
        if !told.contains(&line) {
            let like = network.intersections().iter().filter(|o| {
                o.stages.len() == at.stages.len() && o.stages.iter().zip(&at.stages).all(|(a, b)| a.name == b.name)
            });
            let ids: Vec<&str> = like.map(|o| o.id.as_str()).collect();
            say(&wrapped(&format!("{}: {line}", ids.join(", "))));
            told.push(line);
        }
    }
    say(&wrapped(
        "\nSplit: green, yellow and all red of a stage; splits add up to the cycle. Offset: programmed start of green of the \
         reference phase after the Unix epoch UTC, modulo the cycle.",
    ));
    if let Some(p) = predicted {
        say(&wrapped(&format!(
            "The model expects: delay {:.1} s a vehicle and intersection, {:.2} stops, worst degree of saturation {:.2}.",
            p.mean_delay_s().unwrap_or(0.0),
            if p.passages_per_h > 0.0 { p.stops_per_h / p.passages_per_h } else { 0.0 },
            p.worst_saturation
        )));
    }
}

/// "1 东西直行 east-west through".
fn stage_name(place: usize, name: &crate::corridor::Name) -> String {
    format!("{} {} {}", place + 1, name.zh, name.en)
}

/// Split of each stage, s: its green and the intergreen after it.
fn splits(plan: &Plan) -> Vec<String> {
    plan.splits.iter().map(|split| format!("{}: {:<6}", split.stage.0 + 1, split.length().to_string())).collect()
}

/// Cells behind a head, as many a line as fit a terminal.
fn in_columns(head: &str, cells: &[String]) -> String {
    let (mut text, mut used) = (head.to_owned(), columns(head));
    for cell in cells {
        let wide = columns(cell) + 1;
        if used + wide > WIDTH + 1 {
            text = format!("{}\n{}", text.trim_end(), " ".repeat(columns(head)));
            used = columns(head);
        }
        text.push_str(cell);
        text.push(' ');
        used += wide;
    }
    text.trim_end().to_owned()
}
