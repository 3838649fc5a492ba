//! The campaign's loop.

use super::group::Group;
use super::tally::Report;
use crate::bus::Stuck;
use crate::clock::{Clock, SystemClock};
use crate::units::{Moment, Tenths};
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Campaigns begin at noon of a March day in 2026, UTC.
const BEGIN: Moment = Moment::new(1_773_057_600 * 10);
/// A step while something is under way, and while everybody only waits for an activation.
const STEP: Tenths = Tenths::from_seconds(1);
const QUIET_STEP: Tenths = Tenths::from_seconds(4);
/// The report is told of after so many pushes.
const TELL_EVERY: u64 = 1000;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Campaign {
    /// Decides orders, faults and their moments.
    pub seed: u64,
    /// Ends when so many plan blocks were written.
    pub pushes: u64,
    /// Cores, each with its own cabinets.
    pub groups: usize,
    /// Cabinets of a core.
    pub members: usize,
    /// A cabinet that has not answered after this is silent.
    pub silence: Duration,
}

/// What keeps a campaign from running.
#[derive(Debug, thiserror::Error)]
pub enum CampaignProblem {
    /// The machine.
    #[error("the machine gives no runtime: {0}")]
    Machine(#[from] std::io::Error),
    /// A group.
    #[error("a group can not be set up: {0}")]
    Group(String),
    /// The bus.
    #[error(transparent)]
    Bus(#[from] Stuck),
}

/// The campaign's time, which faults are dated by.
struct CampaignClock {
    now: AtomicI64,
    machine: SystemClock,
}

impl Clock for CampaignClock {
    fn utc(&self) -> Moment {
        Moment::new(self.now.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        self.machine.elapsed()
    }
}

/// Runs a campaign; `tell` hears how many pushes there were so far.
///
/// # Errors
/// When it can not be run; what it finds is no error.
pub fn campaign(order: &Campaign, tell: &mut dyn FnMut(u64)) -> Result<Report, CampaignProblem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(order, tell))
}

async fn run(order: &Campaign, tell: &mut dyn FnMut(u64)) -> Result<Report, CampaignProblem> {
    let clock = Arc::new(CampaignClock { now: AtomicI64::new(BEGIN.count()), machine: SystemClock::new() });
    let shared: Arc<dyn Clock> = clock.clone();
    let mut groups = Vec::with_capacity(order.groups);
    for number in 0..order.groups {
        let group = Group::new(number, order.members, order.seed, BEGIN, &shared, order.silence).await;
        groups.push(group.map_err(CampaignProblem::Group)?);
    }
    let mut reports = vec![Report::default(); order.groups];
    let (mut now, mut told) = (BEGIN, 0);
    loop {
        let pushes: u64 = groups.iter().map(Group::pushes).sum();
        if pushes / TELL_EVERY > told {
            told = pushes / TELL_EVERY;
            tell(pushes);
        }
        if pushes >= order.pushes {
            break;
        }
        now = now + if groups.iter().all(Group::is_quiet) { QUIET_STEP } else { STEP };
        clock.now.store(now.count(), Ordering::Relaxed);
        for done in join_all(groups.iter_mut().zip(&mut reports).map(|(group, report)| group.step(now, report))).await {
            done?;
        }
    }
    let mut all = Report { simulated: now.elapsed_since(BEGIN), ..Report::default() };
    for (group, report) in groups.into_iter().zip(reports) {
        all.absorb(report);
        group.close(&mut all);
    }
    Ok(all)
}
