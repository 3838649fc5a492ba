//! Feeds for others: speeds to recommend on signs and in navigation, and the state of signals.

use super::super::desk::Room;
use super::super::live::{SignalFeed, SpeedFeed, signals, speeds};
use super::super::problem::Problem;
use super::super::table::{Route, VIEWER};
use axum::Json;
use axum::extract::State;
use axum::http::Method;
use axum::routing::get;
use std::sync::Arc;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/feeds/speeds", VIEWER, get(recommended))
            .says("the speed at which a link's next green is met, by link and direction")
            .gives::<SpeedFeed>(),
        Route::new(Method::GET, "/api/v1/feeds/signals", VIEWER, get(state))
            .says("green or not, and until when, by phase")
            .gives::<SignalFeed>(),
    ]
}

async fn recommended(State(room): State<Arc<Room>>) -> Result<Json<SpeedFeed>, Problem> {
    speeds(&room.live().history).map(Json).ok_or(Problem::not_now())
}

async fn state(State(room): State<Arc<Room>>) -> Result<Json<SignalFeed>, Problem> {
    signals(&room.live().history).map(Json).ok_or(Problem::not_now())
}
