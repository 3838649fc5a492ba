//! A delay problem out of its fields.
//!
//! Knows: the format. Must not know: how it is solved; what only the solver can see wrong, it says itself.

use super::answer::{Asked, Question};
use super::fault::Rule;
use super::fields::{Fields, Span, Table};
use crate::optimise::{DelayLink, DelayProblem, Tail};
use serde_json::Value;

const KEYS: [&str; 8] = ["id", "nodes", "cycle_s", "alpha", "beta", "stop_penalty_s", "links", "grid_s"];
const LINK: [&str; 8] =
    ["from", "to", "length_m", "travel_s", "sat_veh_s", "green_start_s", "green_s", "profile_veh_s"];

pub(super) fn question(fields: &mut Fields<'_>, table: Table<'_>, id: &Value) -> Option<Question> {
    fields.known(table, &KEYS);
    let nodes = fields.whole(table, "nodes", None);
    let cycle_s = fields.whole(table, "cycle_s", None);
    let grid_s = fields.whole(table, "grid_s", Some(1));
    let alpha = fields.number(table, "alpha", Span::NotNegative, None);
    let beta = fields.number(table, "beta", Span::NotNegative, None);
    let stop_penalty_s = fields.number(table, "stop_penalty_s", Span::NotNegative, Some(0.0));
    let list = fields.need(table, "links", "Give links, a list of objects.");
    let list = list.and_then(|value| fields.list(value, "links".into())).unwrap_or_default();
    let mut links = Vec::new();
    for (i, value) in list.iter().enumerate() {
        links.extend(link(fields, value, &format!("links[{i}]"), cycle_s));
    }
    if links.len() < list.len() {
        return None;
    }
    let problem = DelayProblem {
        nodes: nodes?,
        cycle_s: cycle_s?,
        grid_s: grid_s?,
        alpha: alpha?,
        beta: beta?,
        stop_penalty_s: stop_penalty_s?,
        tail: Tail::MEAN,
        links,
    };
    for fault in problem.faults() {
        let text = fault.to_string();
        let (message, mend) = text.split_once(". ").unwrap_or((text.trim_end_matches('.'), "Mend that."));
        fields.fault(String::new(), Rule::Solver, message.to_owned(), mend.to_owned());
    }
    Some(Question { id: id.clone(), asked: Asked::Delay(problem) })
}

fn link(fields: &mut Fields<'_>, value: &Value, path: &str, cycle_s: Option<usize>) -> Option<DelayLink> {
    let table = Table { map: fields.object(value, path)?, path };
    fields.known(table, &LINK);
    let from = fields.whole(table, "from", None);
    let to = fields.whole(table, "to", None);
    fields.number(table, "length_m", Span::PositiveUpTo(1e6), Some(1.0));
    let travel_s = fields.number(table, "travel_s", Span::NotNegative, None);
    let sat_veh_s = fields.number(table, "sat_veh_s", Span::NotNegative, None);
    let cycle = Span::UpTo(cycle_s.map_or(f64::MAX, |c| c as f64));
    let green_start_s = fields.number(table, "green_start_s", cycle, None);
    let green_s = fields.number(table, "green_s", cycle, None);
    let profile = fields.numbers(table, "profile_veh_s", Span::NotNegative, cycle_s);
    Some(DelayLink {
        from: from?,
        to: to?,
        travel_s: travel_s?,
        sat_veh_s: sat_veh_s?,
        green_start_s: green_start_s?,
        green_s: green_s?,
        profiles_veh_s: vec![profile?],
    })
}
