//! The pages themselves. There is no data in them, so that whoever may log in can see where.

use super::super::desk::Room;
use super::super::pages::{Asset, INDEX, find};
use super::super::problem::Problem;
use super::super::table::{Least, Route};
use axum::extract::Path;
use axum::http::Method;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use std::sync::Arc;

pub(super) fn routes() -> Vec<Route> {
    let index: MethodRouter<Arc<Room>> = get(|| async { send(&INDEX) });
    vec![
        Route::new(Method::GET, "/", Least::Open, index).says("the pages"),
        Route::new(Method::GET, "/assets/{*path}", Least::Open, get(asset)).says("a file of the pages"),
    ]
}

async fn asset(Path(path): Path<String>) -> Result<Response, Problem> {
    find(&path).map(send).ok_or(Problem::not_found())
}

/// Files change with the program only: a browser asks again whether it did.
fn send(asset: &Asset) -> Response {
    ([(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, "no-cache")], asset.bytes).into_response()
}
