//! The orders in which stages may come, and what must hold in each of them.
//!
//! Knows: the programmed sequence and its alternatives, as stages shown one after the other.
//! Must not know: lengths of greens.

use super::layout::LayoutDef;
use super::model::StageIndex;
use super::problem::{At, Findings};
use super::rule::Rule;
use super::signals::count_of;

/// The phases each stage shows.
pub(super) type Shown = Vec<Vec<usize>>;

/// An order of the stages, and how messages name it.
pub(super) struct Order {
    /// The stages by index.
    pub(super) stages: Vec<usize>,
    /// `the sequence`, or `sequence 2`.
    pub(super) name: String,
}

impl Order {
    /// Each stage with the one after it, the last with the first.
    pub(super) fn steps(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let next = self.stages.iter().cycle().skip(1);
        self.stages.iter().copied().zip(next.copied())
    }

    /// Stages in which the phase's green begins: shown, and not in the stage before.
    pub(super) fn starts(&self, shown: &Shown, phase: usize) -> usize {
        self.steps().filter(|&(a, b)| !shown[a].contains(&phase) && shown[b].contains(&phase)).count()
    }
}

/// The programmed order and every alternative that could be read; the wrong ones are told.
pub(super) fn orders(findings: &mut Findings, def: &LayoutDef, count: usize) -> Vec<Order> {
    let programmed: Vec<usize> = (0..count).collect();
    let mut orders = vec![Order { stages: programmed, name: "the sequence".to_owned() }];
    let subject = format!("{}, sequences", def.subject());
    for (index, numbers) in def.sequences.iter().flat_map(|list| &list.value).enumerate() {
        let Some(numbers) = numbers.as_ref().filter(|_| count > 0) else { continue };
        let name = format!("sequence {}", index + 1);
        let stages: Vec<usize> = numbers.value.iter().map(|&n| usize::from(n).wrapping_sub(1)).collect();
        let mut sorted = stages.clone();
        sorted.sort_unstable();
        let mut tell = |message: String, mend: String| {
            findings.tell(numbers.spot, Rule::Sequence, format!("{subject}: {name} {message}"), mend);
        };
        if !sorted.iter().copied().eq(0..count) {
            let message = format!("is not each of the {} once", count_of(count, "stage", "stages"));
            tell(message, format!("List 1 to {count} in another order."));
        } else if stages[0] != 0 {
            tell("does not begin with stage 1".to_owned(), "Turn it so that stage 1 comes first.".to_owned());
        } else if let Some(same) = orders.iter().find(|order| order.stages == stages) {
            let message = format!("is that of {}", same.name);
            tell(message, "Remove it; the order of the stages is always permitted.".to_owned());
        } else {
            orders.push(Order { stages, name });
        }
    }
    orders
}

/// The alternatives among the orders.
pub(super) fn alternatives(orders: &[Order]) -> Vec<Vec<StageIndex>> {
    orders.iter().skip(1).map(|order| order.stages.iter().copied().map(StageIndex).collect()).collect()
}

/// The phases of every stage; `None` where one could not be read.
pub(super) fn shown(stages: &[Option<Vec<At<usize>>>]) -> Option<Shown> {
    stages.iter().map(|stage| Some(stage.as_ref()?.iter().map(|phase| phase.value).collect())).collect()
}
