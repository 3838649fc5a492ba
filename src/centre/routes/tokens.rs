//! One's own API tokens.

use super::super::desk::Room;
use super::super::door::{By, Sent};
use super::super::problem::Problem;
use super::super::table::{Route, VIEWER};
use super::session::chance;
use crate::people::{Role, TokenView, Via};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::routing::{delete, get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/tokens", VIEWER, get(list))
            .says("one's own API tokens")
            .gives::<Vec<TokenView>>(),
        Route::new(Method::POST, "/api/v1/tokens", VIEWER, post(make))
            .says("make an API token of at most one's own role; it is shown this once")
            .takes::<New>()
            .gives::<Made>(),
        Route::new(Method::DELETE, "/api/v1/tokens/{id}", VIEWER, delete(end)).says("end a token"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct New {
    label: String,
    role: Role,
    /// 1 to 366.
    days: u32,
}

#[derive(Serialize, JsonSchema)]
struct Made {
    /// The secret; nobody can show it again.
    token: String,
    #[serde(flatten)]
    about: TokenView,
}

async fn list(State(room): State<Arc<Room>>, By(me): By) -> Json<Vec<TokenView>> {
    Json(room.people().tokens(&me.name))
}

async fn make(State(room): State<Arc<Room>>, By(me): By, Sent(new): Sent<New>) -> Result<Json<Made>, Problem> {
    if matches!(me.via, Via::Token(_)) {
        return Err(Problem::forbidden().with("a token makes no tokens"));
    }
    let made = room.people().make_token(&me, &new.label, new.role, new.days, chance()?, room.clock.utc())?;
    Ok(Json(Made { token: made.0.reveal().to_owned(), about: made.1 }))
}

async fn end(State(room): State<Arc<Room>>, Path(id): Path<String>, By(me): By) -> Result<StatusCode, Problem> {
    room.people().end_token(&me.name, &id)?;
    Ok(StatusCode::NO_CONTENT)
}
