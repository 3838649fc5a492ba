//! The routes, a file for each subject.

mod accounts;
mod alarms;
mod audit;
mod escorts;
mod feeds;
mod files;
mod handover;
mod interventions;
mod live;
mod machine;
mod pages;
mod plans;
mod reports;
mod session;
mod tasks;
mod tokens;

use super::problem::Problem;
use super::table::Route;
use crate::store::StoreError;
use tokio::task::spawn_blocking;

/// All of them.
pub(super) fn all() -> Vec<Route> {
    [
        pages::routes(),
        machine::routes(),
        session::routes(),
        accounts::routes(),
        tokens::routes(),
        live::routes(),
        plans::routes(),
        alarms::routes(),
        audit::routes(),
        handover::routes(),
        reports::routes(),
        feeds::routes(),
        files::routes(),
        interventions::routes(),
        escorts::routes(),
        tasks::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Work that takes a while: not on the thread that serves everybody.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    spawn_blocking(work).await.unwrap_or_else(|_| Err(Problem::not_now()))
}

/// The store cannot be read now.
fn unreadable(error: StoreError) -> Problem {
    Problem::not_now().with(error.to_string())
}
