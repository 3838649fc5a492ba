//! The day plan book: for each period of the day one plan an intersection, as engineers keep it in a file.
//!
//! ```toml
//! kind = "plans"
//! definition = "<fingerprint of the definitions it was made for>"
//! made_by = "greenwave plan …"
//!
//! [[period]]
//! from = "07:00"
//! [period.at]
//! dc01 = { offset_s = 12, green_s = [40, 12, 26, 14] }
//! ```
//! Yellow and all red are not in the book: they are the intersection's. The cycle is the sum.

use super::timing::Plan;
use crate::corridor::Network;
use crate::units::{Tenths, clock};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Day plans of a network: `[period][intersection]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayPlans {
    plans: Vec<Vec<Plan>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: String,
    definition: String,
    made_by: String,
    period: Vec<PeriodEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodEntry {
    from: String,
    at: BTreeMap<String, PlanEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanEntry {
    offset_s: f64,
    green_s: Vec<f64>,
}

/// Why a file is no book of this network. All that is wrong, at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct NoBook(pub Vec<String>);

impl DayPlans {
    /// A book of plans made elsewhere; `None` unless there is one plan an intersection for every period.
    pub fn new(network: &Network, plans: Vec<Vec<Plan>>) -> Option<DayPlans> {
        let n = network.intersections().len();
        let whole = plans.len() == network.periods().len() && plans.iter().all(|p| p.len() == n);
        whole.then_some(DayPlans { plans })
    }

    /// Plans by period, then intersection.
    pub fn periods(&self) -> &[Vec<Plan>] {
        &self.plans
    }

    /// Reads a book. It must have been made for exactly these definitions: a plan for another street is worse than none.
    ///
    /// # Errors
    /// [`NoBook`] with everything that does not fit.
    pub fn parse(network: &Network, text: &str) -> Result<DayPlans, NoBook> {
        let file: File = toml::from_str(text).map_err(|e| NoBook(vec![e.to_string()]))?;
        let mut wrong = Vec::new();
        if file.kind != "plans" {
            wrong.push(format!("kind is \"{}\". Set kind = \"plans\".", file.kind));
        }
        if file.definition != network.fingerprint() {
            wrong.push(
                "the book was made for other definitions than these. Make it anew with `greenwave plan --day`.".into(),
            );
        }
        let mut plans = Vec::new();
        for (number, period) in network.periods().iter().enumerate() {
            let from = clock(period.from_s);
            let Some(entry) = file.period.get(number).filter(|e| e.from == from) else {
                wrong.push(format!(
                    "period {} of the book is not the definition's, which begins at {from}.",
                    number + 1
                ));
                continue;
            };
            plans.push(period_plans(network, entry, &mut wrong));
        }
        if file.period.len() > network.periods().len() {
            wrong.push("the book has more periods than the definition.".into());
        }
        if wrong.is_empty() { Ok(DayPlans { plans }) } else { Err(NoBook(wrong)) }
    }

    /// The book as a file.
    pub fn to_toml(&self, network: &Network, made_by: &str) -> String {
        let mut text = format!(
            "kind = \"plans\"\ndefinition = \"{}\"\nmade_by = \"{}\"\n",
            network.fingerprint(),
            made_by.replace('\\', "\\\\").replace('"', "\\\"")
        );
        for (period, plans) in network.periods().iter().zip(&self.plans) {
            let _ =
                write!(text, "\n[[period]] # {}\nfrom = \"{}\"\n[period.at]\n", period.name.en, clock(period.from_s));
            for (at, plan) in network.intersections().iter().zip(plans) {
                let greens: Vec<String> = plan.splits.iter().map(|s| seconds(s.green)).collect();
                let offset = seconds(plan.offset.since_zero());
                let cycle = plan.cycle;
                let _ = writeln!(
                    text,
                    "{} = {{ offset_s = {offset}, green_s = [{}] }} # cycle {cycle}",
                    at.id,
                    greens.join(", ")
                );
            }
        }
        text
    }
}

fn period_plans(network: &Network, entry: &PeriodEntry, wrong: &mut Vec<String>) -> Vec<Plan> {
    let from = &entry.from;
    for id in entry.at.keys().filter(|id| network.find(id).is_none()) {
        wrong.push(format!("{from}: there is no intersection {id}."));
    }
    let plan = |at: &crate::corridor::Intersection| -> Result<Plan, String> {
        let entry = entry.at.get(&at.id).ok_or_else(|| format!("{from}: no plan for {}.", at.id))?;
        let tenths = |s: f64| Tenths::parse_seconds(s).ok_or_else(|| format!("{from}, {}: {s} is no time.", at.id));
        let greens = entry.green_s.iter().map(|&s| tenths(s)).collect::<Result<Vec<_>, _>>()?;
        let plan = Plan::from_greens(at, &greens, tenths(entry.offset_s)?.later())
            .ok_or_else(|| format!("{from}, {}: {} greens for {} stages.", at.id, greens.len(), at.stages.len()))?;
        if plan.offset.since_zero() != tenths(entry.offset_s)? {
            return Err(format!("{from}, {}: offset {} is not below its cycle {}.", at.id, entry.offset_s, plan.cycle));
        }
        Ok(plan)
    };
    let (plans, errors): (Vec<_>, Vec<_>) = network.intersections().iter().map(plan).partition(Result::is_ok);
    wrong.extend(errors.into_iter().filter_map(Result::err));
    plans.into_iter().filter_map(Result::ok).collect()
}

/// Seconds with a decimal only where there is one.
fn seconds(time: Tenths) -> String {
    let tenths = time.count();
    if tenths.is_multiple_of(10) { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}
