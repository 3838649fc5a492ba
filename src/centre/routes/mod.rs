//! The routes, a file for each subject.

mod feeds;
mod files;
mod live;
mod machine;
mod pages;
mod plans;

use super::table::Route;

/// All of them.
pub(super) fn all() -> Vec<Route> {
    [pages::routes(), machine::routes(), live::routes(), plans::routes(), feeds::routes(), files::routes()]
        .into_iter()
        .flatten()
        .collect()
}
