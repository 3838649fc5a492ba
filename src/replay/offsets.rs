//! Offsets found by different methods for the cycles and splits of the day plans: the arms that try methods in the plant.
//!
//! Knows: the mean day's flows, the optimiser. Must not know: how runs go.

use crate::corridor::Network;
use crate::demand::Flows;
use crate::optimise::{self, Settings};
use crate::plan::Plan;
use crate::units::Shift;
use std::sync::OnceLock;

/// How offsets are found. All methods start from offsets of zero and see the same flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Exact while profiles hold, and iterated.
    Exact,
    /// The same, then refined by the whole evaluation, as `plan` climbs from the exact offsets.
    Refined,
    /// Coordinate descent over the whole evaluation.
    Descent,
    /// Each intersection by its link to the one before it alone.
    Pairwise,
}

/// What the methods work on in one period, the plans at offsets of zero.
#[derive(Debug, Clone)]
pub(super) struct Task {
    flows: Flows,
    plans: Vec<Plan>,
    settings: Settings,
}

impl Task {
    /// A period's task: flows, the plans whose cycles and splits stay, what is worth what.
    pub(super) fn new(flows: Flows, plans: &[Plan], settings: Settings) -> Task {
        Task { flows, plans: plans.iter().map(|plan| plan.at_offset(Shift::new(0))).collect(), settings }
    }

    fn by(&self, network: &Network, method: Method) -> Vec<Plan> {
        let Task { flows, plans, settings } = self;
        let exact = || optimise::optimise_offsets(network, flows, plans, settings).map(|answer| answer.plans);
        let found = match method {
            Method::Exact => exact(),
            Method::Refined => exact().and_then(|plans| optimise::descend_offsets(network, flows, &plans, settings)),
            Method::Descent => optimise::descend_offsets(network, flows, plans, settings),
            Method::Pairwise => optimise::pairwise_offsets(network, flows, plans, settings),
        };
        // There is one plan an intersection.
        found.unwrap_or_else(|| self.plans.clone())
    }
}

/// The plans of every method, made when somebody first runs it: most studies run none.
#[derive(Debug, Clone)]
pub(super) struct Methods {
    tasks: Vec<Task>,
    made: [OnceLock<Vec<Vec<Plan>>>; 4],
}

impl Methods {
    /// One task a period.
    pub(super) fn new(tasks: Vec<Task>) -> Methods {
        Methods { tasks, made: Default::default() }
    }

    /// A method's plans, by period and intersection.
    pub(super) fn by(&self, network: &Network, method: Method) -> &[Vec<Plan>] {
        self.made[method as usize].get_or_init(|| self.tasks.iter().map(|task| task.by(network, method)).collect())
    }
}
