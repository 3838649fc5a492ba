//! Accounts, looked after by administrators.

use super::super::desk::Room;
use super::super::door::{By, Sent};
use super::super::problem::Problem;
use super::super::table::{ADMIN, Route};
use super::session::hashed;
use crate::people::{AccountView, Role, Secret, Via};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::routing::{delete, get, patch, post};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/accounts", ADMIN, get(list)).says("all accounts").gives::<Vec<AccountView>>(),
        Route::new(Method::POST, "/api/v1/accounts", ADMIN, post(add))
            .says("make an account")
            .takes::<New>()
            .gives::<AccountView>(),
        Route::new(Method::PATCH, "/api/v1/accounts/{name}", ADMIN, patch(change))
            .says("change an account; its sessions end")
            .takes::<Change>()
            .gives::<AccountView>(),
        Route::new(Method::DELETE, "/api/v1/accounts/{name}", ADMIN, delete(remove)).says("take an account away"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    role: Role,
    password: Secret,
}

/// What is to be different; what is absent stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    role: Option<Role>,
    disabled: Option<bool>,
    password: Option<Secret>,
    /// Forgive wrong passwords.
    #[serde(default)]
    unlock: bool,
}

/// An API token looks after no accounts: one that got away could make itself others.
fn by_hand(by: &By) -> Result<(), Problem> {
    match by.0.via {
        Via::Token(_) => Err(Problem::forbidden().with("a token does not look after accounts")),
        _ => Ok(()),
    }
}

async fn list(State(room): State<Arc<Room>>) -> Json<Vec<AccountView>> {
    Json(room.people().accounts(room.clock.utc()))
}

fn one(room: &Room, name: &str) -> Result<Json<AccountView>, Problem> {
    room.people().account(name, room.clock.utc()).map(Json).ok_or(Problem::not_found())
}

async fn add(State(room): State<Arc<Room>>, by: By, Sent(new): Sent<New>) -> Result<Json<AccountView>, Problem> {
    by_hand(&by)?;
    let password = hashed(&room, new.name.clone(), new.password).await?;
    room.people().add(&new.name, new.role, password, room.clock.utc())?;
    one(&room, &new.name)
}

async fn change(
    State(room): State<Arc<Room>>,
    Path(name): Path<String>,
    by: By,
    Sent(change): Sent<Change>,
) -> Result<Json<AccountView>, Problem> {
    by_hand(&by)?;
    let _ = one(&room, &name)?;
    let password = match change.password {
        Some(password) => Some(hashed(&room, name.clone(), password).await?),
        None => None,
    };
    {
        let (mut people, now) = (room.people(), room.clock.utc());
        if let Some(role) = change.role {
            people.set_role(&name, role, now)?;
        }
        if let Some(disabled) = change.disabled {
            people.set_disabled(&name, disabled, now)?;
        }
        if let Some(password) = password {
            people.set_password(&name, password, &by.0, now)?;
        }
        if change.unlock {
            people.unlock(&name)?;
        }
    }
    one(&room, &name)
}

async fn remove(State(room): State<Arc<Room>>, Path(name): Path<String>, by: By) -> Result<StatusCode, Problem> {
    by_hand(&by)?;
    room.people().remove(&name, room.clock.utc())?;
    Ok(StatusCode::NO_CONTENT)
}
