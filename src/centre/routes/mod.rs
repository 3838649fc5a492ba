//! The routes, a file for each subject.

mod feeds;
mod live;
mod machine;
mod plans;

use super::table::Route;

/// All of them.
pub(super) fn all() -> Vec<Route> {
    [machine::routes(), live::routes(), plans::routes(), feeds::routes()].into_iter().flatten().collect()
}
