//! The routes, a file for each subject.

mod escorts;
mod feeds;
mod files;
mod interventions;
mod live;
mod machine;
mod pages;
mod plans;
mod tasks;

use super::table::Route;

/// All of them.
pub(super) fn all() -> Vec<Route> {
    [
        pages::routes(),
        machine::routes(),
        live::routes(),
        plans::routes(),
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
