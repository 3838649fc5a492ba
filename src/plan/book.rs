//! The day plan book: for each period of the day one plan an intersection, as engineers keep it in a file.
//!
//! ```toml
//! kind = "plans"
//! definition = "<fingerprint of the definitions it was made for>"
//! made_by = "greenwave plan …"
//!
//! [[period]]
//! day_plan = "weekend"        # where the definitions have more than one
//! from = "07:00"
//! isolated_demand = 1.16      # isolated plans, for comparison, are made for so much of the mean day's demand
//! actuated = true             # the plans are followed coordinated-actuated: what a stage leaves over goes to the arterial
//! free_below = 0.6            # below so much of the mean day's demand cabinets do better by their own detectors; 0: never
//! [period.at]
//! dc01 = { offset_s = 12, green_s = [40, 12, 26, 14] }
//! dc02 = { offset_s = 44, green_s = [18, 8, 12, 8], order = [1, 3, 2, 4] }  # stages in another order that is permitted
//! dc03 = { offset_s = 0, green_s = [60, 20, 40, 20], operation = "free" }    # the greens are then the longest
//! ```
//! Yellow and all red are not in the book: they are the intersection's. The cycle is the sum; greens are by stage, whatever the order.
//! `operation` is `"fixed-time"`, `"coordinated-actuated"` or `"free"`, where an intersection is followed otherwise than the period says.

use super::timing::{Operation, Plan};
use crate::corridor::{Intersection, Network, StageIndex};
use crate::units::{Tenths, clock};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Day plans of a network: `[period][intersection]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayPlans {
    plans: Vec<Vec<Plan>>,
    /// By period, in thousandths of the mean day's demand.
    isolated_demand: Vec<u32>,
    /// The same; 0 is never.
    free_below: Vec<u32>,
    /// By period.
    operations: Vec<Operation>,
    /// By period and intersection, where it is another than the period's.
    own: Vec<Vec<Option<Operation>>>,
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
    /// The day plan, where the definitions have more than one.
    #[serde(default)]
    day_plan: Option<String>,
    from: String,
    isolated_demand: f64,
    #[serde(default)]
    actuated: bool,
    #[serde(default)]
    free_below: f64,
    at: BTreeMap<String, PlanEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanEntry {
    offset_s: f64,
    green_s: Vec<f64>,
    /// Field numbers of the stages as they come; absent: the programmed order.
    #[serde(default)]
    order: Option<Vec<usize>>,
    #[serde(default)]
    operation: Option<OperationWord>,
}

/// How a plan is followed, in the words of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OperationWord {
    FixedTime,
    CoordinatedActuated,
    Free,
}

impl OperationWord {
    const ALL: [(OperationWord, Operation, &'static str); 3] = [
        (OperationWord::FixedTime, Operation::FixedTime, "fixed-time"),
        (OperationWord::CoordinatedActuated, Operation::Actuated, "coordinated-actuated"),
        (OperationWord::Free, Operation::Free, "free"),
    ];

    fn operation(self) -> Operation {
        OperationWord::ALL.iter().find(|(word, ..)| *word == self).map_or(Operation::FixedTime, |(_, is, _)| *is)
    }
}

/// The word for an operation.
fn word(operation: Operation) -> &'static str {
    OperationWord::ALL.iter().find(|(_, is, _)| *is == operation).map_or("fixed-time", |(.., word)| word)
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
        let isolated_demand = vec![1000; plans.len()];
        let (free_below, operations) = (vec![0; plans.len()], vec![Operation::FixedTime; plans.len()]);
        let own = vec![vec![None; n]; plans.len()];
        whole.then_some(DayPlans { plans, isolated_demand, free_below, operations, own })
    }

    /// The same book with the demand for which each period's isolated plans are best, as a multiple of the mean day's:
    /// between 0.5 and 2, on three decimals. `None` unless there is one a period.
    #[must_use]
    pub fn with_isolated_demand(self, factors: &[f64]) -> Option<DayPlans> {
        let isolated_demand = factors.iter().map(|&f| thousandths(f)).collect::<Option<Vec<_>>>()?;
        (factors.len() == self.plans.len()).then_some(DayPlans { isolated_demand, ..self })
    }

    /// The same book with the demand below which each period is better served by free operation, as a multiple of the mean
    /// day's: 0 (never) to 2, on three decimals. `None` unless there is one a period.
    #[must_use]
    pub fn with_free_below(self, bounds: &[f64]) -> Option<DayPlans> {
        let free_below = bounds.iter().map(|&f| bound(f)).collect::<Option<Vec<_>>>()?;
        (bounds.len() == self.plans.len()).then_some(DayPlans { free_below, ..self })
    }

    /// The same book with the periods in which its plans are followed coordinated-actuated. `None` unless there is one answer a
    /// period.
    #[must_use]
    pub fn with_actuated(self, periods: &[bool]) -> Option<DayPlans> {
        let operations = periods.iter().map(|&actuated| operation(actuated)).collect();
        (periods.len() == self.plans.len()).then_some(DayPlans { operations, ..self })
    }

    /// The same book with what some intersections do otherwise than their period says, by period and intersection. `None` unless there
    /// is one answer for each.
    #[must_use]
    pub fn with_own_operations(self, own: Vec<Vec<Option<Operation>>>) -> Option<DayPlans> {
        let whole = own.len() == self.plans.len() && own.iter().zip(&self.plans).all(|(o, p)| o.len() == p.len());
        whole.then_some(DayPlans { own, ..self })
    }

    /// By period and intersection, how a centre lets its plans be followed.
    pub fn operations(&self) -> impl Iterator<Item = Vec<Operation>> + '_ {
        let of =
            |(own, period): (&Vec<Option<Operation>>, &Operation)| own.iter().map(|o| o.unwrap_or(*period)).collect();
        self.own.iter().zip(&self.operations).map(of)
    }

    /// By period and intersection, how a plan is followed where it is otherwise than the period says.
    pub fn own_operations(&self) -> &[Vec<Option<Operation>>] {
        &self.own
    }

    /// By period, the demand below which cabinets do better on their own, as a multiple of the mean day's; 0: never.
    pub fn free_below(&self) -> impl Iterator<Item = f64> + '_ {
        self.free_below.iter().map(|&f| f64::from(f) / 1000.0)
    }

    /// The demand each period's isolated plans are made for, as a multiple of the mean day's: near saturation a plan for
    /// somewhat busier days is better on average, for isolated plans as for coordinated ones.
    pub fn isolated_demand(&self) -> impl Iterator<Item = f64> + '_ {
        self.isolated_demand.iter().map(|&f| f64::from(f) / 1000.0)
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
        let (mut plans, mut isolated_demand, mut free_below) = (Vec::new(), Vec::new(), Vec::new());
        let (mut operations, mut own) = (Vec::new(), Vec::new());
        for (number, period) in network.periods().iter().enumerate() {
            let from = clock(period.from_s);
            let plan = day_plan(network, number);
            let same = |e: &&PeriodEntry| e.from == from && e.day_plan.as_deref() == plan;
            let Some(entry) = file.period.get(number).filter(same) else {
                wrong.push(format!(
                    "period {} of the book is not the definition's, which begins at {from}{}.",
                    number + 1,
                    plan.map(|id| format!(" of day_plan = \"{id}\"")).unwrap_or_default()
                ));
                continue;
            };
            let (of_period, of_entries) = period_plans(network, entry, &mut wrong);
            plans.push(of_period);
            own.push(of_entries);
            operations.push(operation(entry.actuated));
            match thousandths(entry.isolated_demand) {
                Some(factor) => isolated_demand.push(factor),
                None => wrong.push(format!("{from}: isolated_demand {} is not in 0.5..=2.", entry.isolated_demand)),
            }
            match bound(entry.free_below) {
                Some(bound) => free_below.push(bound),
                None => wrong.push(format!("{from}: free_below {} is not in 0..=2.", entry.free_below)),
            }
        }
        if file.period.len() > network.periods().len() {
            wrong.push("the book has more periods than the definition.".into());
        }
        if wrong.is_empty() {
            Ok(DayPlans { plans, isolated_demand, free_below, operations, own })
        } else {
            Err(NoBook(wrong))
        }
    }

    /// The book as a file.
    pub fn to_toml(&self, network: &Network, made_by: &str) -> String {
        let mut text = format!(
            "kind = \"plans\"\ndefinition = \"{}\"\nmade_by = \"{}\"\n",
            network.fingerprint(),
            made_by.replace('\\', "\\\\").replace('"', "\\\"")
        );
        let bounds = self.isolated_demand().zip(self.free_below()).zip(self.operations.iter().zip(&self.own));
        let rows = network.periods().iter().zip(&self.plans).zip(bounds);
        for (number, ((period, plans), ((factor, free), (operation, own)))) in rows.enumerate() {
            let (name, from) = (&period.name.en, clock(period.from_s));
            let plan = day_plan(network, number).map(|id| format!("day_plan = \"{id}\"\n")).unwrap_or_default();
            let _ = writeln!(text, "\n[[period]] # {name}\n{plan}from = \"{from}\"\nisolated_demand = {factor:?}");
            let actuated = !operation.is_fixed_time();
            let _ = writeln!(text, "actuated = {actuated}\nfree_below = {free:?}\n[period.at]");
            for ((at, plan), own) in network.intersections().iter().zip(plans).zip(own) {
                let greens: Vec<String> = plan.stage_greens().into_iter().map(seconds).collect();
                let offset = seconds(plan.offset.since_zero());
                let cycle = plan.cycle;
                let _ = write!(text, "{} = {{ offset_s = {offset}, green_s = [{}]", at.id, greens.join(", "));
                if !plan.is_programmed_order() {
                    let numbers: Vec<String> = plan.order().map(|stage| (stage.0 + 1).to_string()).collect();
                    let _ = write!(text, ", order = [{}]", numbers.join(", "));
                }
                if let Some(own) = own {
                    let _ = write!(text, ", operation = \"{}\"", word(*own));
                }
                let _ = writeln!(text, " }} # cycle {cycle}");
            }
        }
        text
    }
}

/// The day plan that a period's entry names: none where the definitions have one only.
fn day_plan(network: &Network, period: usize) -> Option<&str> {
    (network.almanac().plans.len() > 1).then(|| network.day_plan_of(period).id.as_str())
}

/// A period's plans, and how each is followed where the entry says.
fn period_plans(
    network: &Network,
    entry: &PeriodEntry,
    wrong: &mut Vec<String>,
) -> (Vec<Plan>, Vec<Option<Operation>>) {
    let from = &entry.from;
    for id in entry.at.keys().filter(|id| network.find(id).is_none()) {
        wrong.push(format!("{from}: there is no intersection {id}."));
    }
    let plan = |at: &Intersection| -> Result<(Plan, Option<Operation>), String> {
        let entry = entry.at.get(&at.id).ok_or_else(|| format!("{from}: no plan for {}.", at.id))?;
        let tenths = |s: f64| Tenths::parse_seconds(s).ok_or_else(|| format!("{from}, {}: {s} is no time.", at.id));
        let greens = entry.green_s.iter().map(|&s| tenths(s)).collect::<Result<Vec<_>, _>>()?;
        let order = order(at, entry).map_err(|why| format!("{from}, {}: {why}", at.id))?;
        let plan = Plan::from_greens_in(at, &order, &greens, tenths(entry.offset_s)?.later())
            .ok_or_else(|| format!("{from}, {}: {} greens for {} stages.", at.id, greens.len(), at.stages.len()))?;
        if plan.offset.since_zero() != tenths(entry.offset_s)? {
            return Err(format!("{from}, {}: offset {} is not below its cycle {}.", at.id, entry.offset_s, plan.cycle));
        }
        let own = entry.operation.map(OperationWord::operation);
        if own.is_some_and(|own| own.where_it_can(at) != own || !own.is_fixed_time() && !at.may_be_actuated()) {
            return Err(format!(
                "{from}, {}: its cabinet or its loops do not let it run by detectors. Leave operation out.",
                at.id
            ));
        }
        Ok((plan, own))
    };
    let (plans, errors): (Vec<_>, Vec<_>) = network.intersections().iter().map(plan).partition(Result::is_ok);
    wrong.extend(errors.into_iter().filter_map(Result::err));
    plans.into_iter().filter_map(Result::ok).unzip()
}

/// The order of the stages that an entry names.
fn order(at: &Intersection, entry: &PlanEntry) -> Result<Vec<StageIndex>, String> {
    let programmed = || (1..=at.stages.len()).collect();
    let numbers: Vec<usize> = entry.order.clone().unwrap_or_else(programmed);
    let order: Option<Vec<StageIndex>> = numbers.iter().map(|n| n.checked_sub(1).map(StageIndex)).collect();
    order.filter(|order| at.permits_order(order.iter().copied())).ok_or_else(|| {
        let named = |order: Vec<StageIndex>| {
            let numbers: Vec<String> = order.iter().map(|stage| (stage.0 + 1).to_string()).collect();
            format!("[{}]", numbers.join(", "))
        };
        let permitted: Vec<String> = at.orders().map(named).collect();
        format!("order {numbers:?} is not permitted. Give one of {}.", permitted.join(", "))
    })
}

fn operation(actuated: bool) -> Operation {
    if actuated { Operation::Actuated } else { Operation::FixedTime }
}

fn bound(share: f64) -> Option<u32> {
    (0.0..=2.0).contains(&share).then(|| (share * 1000.0).round() as u32)
}

fn thousandths(factor: f64) -> Option<u32> {
    (0.5..=2.0).contains(&factor).then(|| (factor * 1000.0).round() as u32)
}

/// Seconds with a decimal only where there is one.
fn seconds(time: Tenths) -> String {
    let tenths = time.count();
    if tenths.is_multiple_of(10) { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::sample;

    fn book(network: &Network) -> DayPlans {
        let plan = |at: &crate::corridor::Intersection| {
            Plan::from_greens(at, &at.local_plan.greens, Tenths::new(73).later()).unwrap()
        };
        let plans: Vec<Plan> = network.intersections().iter().map(plan).collect();
        let periods = network.periods().len();
        let (factors, bounds) = (vec![1.125; periods], vec![0.55; periods]);
        let book = DayPlans::new(network, vec![plans; periods]).unwrap();
        book.with_isolated_demand(&factors)
            .unwrap()
            .with_free_below(&bounds)
            .unwrap()
            .with_actuated(&vec![true; periods])
            .unwrap()
    }

    #[test]
    fn a_book_reads_what_it_writes() {
        let network = sample::arterial(&[400.0, 300.0]);
        let book = book(&network);
        assert_eq!(DayPlans::parse(&network, &book.to_toml(&network, "a \"test\"")).unwrap(), book);
    }

    /// The same with the second intersection's stages in another order, and the first followed otherwise.
    fn turned() -> (Network, DayPlans) {
        let network = sample::permitting(sample::arterials(1, &[400.0, 300.0]), &[0, 3, 2, 1]);
        let plain = book(&network);
        let order = [0, 3, 2, 1].map(StageIndex);
        let mut plans = plain.periods().to_vec();
        plans.iter_mut().for_each(|plans| plans[1] = plans[1].in_order(&order).unwrap());
        let own = vec![vec![Some(Operation::Free), None, Some(Operation::FixedTime)]; plans.len()];
        let bounds: Vec<f64> = plain.free_below().collect();
        let book = DayPlans::new(&network, plans).unwrap().with_actuated(&vec![true; bounds.len()]).unwrap();
        (network, book.with_free_below(&bounds).unwrap().with_own_operations(own).unwrap())
    }

    #[test]
    fn orders_and_operations_of_intersections_are_read_as_they_are_written() {
        let (network, book) = turned();
        let text = book.to_toml(&network, "test");
        assert!(text.contains(", order = [1, 4, 3, 2] } # cycle"), "{text}");
        assert!(text.contains(", operation = \"free\" } # cycle") && text.contains(", operation = \"fixed-time\" }"));
        assert_eq!(DayPlans::parse(&network, &text).unwrap(), book);
        let of_first = book.operations().next().unwrap();
        assert_eq!(of_first, [Operation::Free, Operation::Actuated, Operation::FixedTime]);
        // Greens are by stage: without the order the same plan in the programmed one.
        let programmed = DayPlans::parse(&network, &text.replace(", order = [1, 4, 3, 2]", "")).unwrap();
        let (is, was) = (&programmed.periods()[0][1], &book.periods()[0][1]);
        assert_eq!(is.stage_greens(), was.stage_greens());
        assert!(is.is_programmed_order() && !was.is_programmed_order());
    }

    #[test]
    fn orders_and_operations_that_cannot_be_are_told() {
        let (network, book) = turned();
        let text = book.to_toml(&network, "test");
        for (wrong, told) in [
            ("[1, 3, 2, 4]", "order [1, 3, 2, 4] is not permitted. Give one of [1, 2, 3, 4], [1, 4, 3, 2]."),
            ("[1, 4, 3]", "is not permitted"),
            ("[0, 4, 3, 2]", "is not permitted"),
        ] {
            let error = DayPlans::parse(&network, &text.replace("[1, 4, 3, 2]", wrong)).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        let error = DayPlans::parse(&network, &text.replace("\"free\"", "\"loose\"")).unwrap_err().to_string();
        assert!(error.contains("loose") && error.contains("coordinated-actuated"), "{error}");
        let counted = sample::counting_down(network);
        let error = DayPlans::parse(&counted, &text).unwrap_err().to_string();
        assert!(error.contains("do not let it run by detectors"), "{error}");
    }

    #[test]
    fn a_book_for_other_definitions_or_with_nonsense_in_it_is_refused_with_all_reasons() {
        let network = sample::arterial(&[400.0, 300.0]);
        let text = book(&network).to_toml(&network, "test");
        let wrong = text
            .replace("1.125", "7.0")
            .replace("0.55", "-1.0")
            .replacen("offset_s = 7.3", "offset_s = 7000", 1)
            .replace("definition = \"", "definition = \"x");
        let told = DayPlans::parse(&network, &wrong).unwrap_err().to_string();
        for reason in ["other definitions", "isolated_demand 7", "free_below -1", "not below its cycle"] {
            assert!(told.contains(reason), "{reason} in {told}");
        }
    }
}
