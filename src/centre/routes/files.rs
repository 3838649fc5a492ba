//! The life of definitions: read, checked, staged, approved, applied, undone.

use super::super::desk::Room;
use super::super::door::{By, Sent};
use super::super::files::{ChangePage, Checked, FilePage, Stuck};
use super::super::problem::Problem;
use super::super::table::{ENGINEER, Route, VIEWER};
use super::aside;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/files", VIEWER, get(list)).says("definition files").gives::<Vec<FileName>>(),
        Route::new(Method::GET, "/api/v1/files/{name}", VIEWER, get(read)).says("a file's text").gives::<FilePage>(),
        Route::new(Method::POST, "/api/v1/files/{name}/check", ENGINEER, post(check))
            .says("what is wrong with a text, or what it would change")
            .takes::<Text>()
            .gives::<Checked>(),
        Route::new(Method::POST, "/api/v1/files/{name}/stage", ENGINEER, post(stage))
            .says("keep a text for approval")
            .takes::<Text>()
            .gives::<ChangePage>(),
        Route::new(Method::GET, "/api/v1/changes", VIEWER, get(changes))
            .says("changes, the newest first")
            .gives::<Vec<ChangePage>>(),
        Route::new(Method::POST, "/api/v1/changes/{id}/approve", ENGINEER, post(approve))
            .says("approve a staged change; its author must type the file's name")
            .takes::<Confirm>()
            .gives::<ChangePage>(),
        Route::new(Method::POST, "/api/v1/changes/{id}/apply", ENGINEER, post(apply))
            .says("write it; the loop takes it at the next safe point")
            .gives::<ChangePage>(),
        Route::new(Method::POST, "/api/v1/changes/{id}/undo", ENGINEER, post(undo))
            .says("put back what was before it")
            .gives::<ChangePage>(),
    ]
}

/// A file.
#[derive(Debug, Serialize, JsonSchema)]
struct FileName {
    name: String,
}

/// A file's text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
}

/// A typed confirmation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Confirm {
    /// The file's name, where the author approves alone.
    confirm: Option<String>,
}

impl From<Stuck> for Problem {
    fn from(stuck: Stuck) -> Problem {
        match stuck {
            Stuck::NotThere => Problem::not_found(),
            Stuck::NotNow(why) => Problem::conflict().with(why),
            Stuck::Machine(why) => Problem::not_now().with(why),
        }
    }
}

async fn list(State(room): State<Arc<Room>>) -> Result<Json<Vec<FileName>>, Problem> {
    aside(move || Ok(Json(room.files().names()?.into_iter().map(|name| FileName { name }).collect()))).await
}

async fn read(State(room): State<Arc<Room>>, Path(name): Path<String>) -> Result<Json<FilePage>, Problem> {
    aside(move || Ok(Json(room.files().read(&name, &room.network())?))).await
}

async fn check(
    State(room): State<Arc<Room>>,
    Path(name): Path<String>,
    Sent(sent): Sent<Text>,
) -> Result<Json<Checked>, Problem> {
    aside(move || Ok(Json(room.files().check(&name, &sent.text, &room.network(), room.street_time())?))).await
}

async fn stage(
    State(room): State<Arc<Room>>,
    Path(name): Path<String>,
    By(person): By,
    Sent(sent): Sent<Text>,
) -> Result<Json<ChangePage>, Problem> {
    aside(move || {
        let (network, now) = (room.network(), room.street_time());
        let staged = room.files().stage(&name, &sent.text, &person.name, &network, now)?;
        staged.map(Json).map_err(|problems| Problem::invalid().all(problems))
    })
    .await
}

async fn changes(State(room): State<Arc<Room>>) -> Json<Vec<ChangePage>> {
    Json(room.files().changes())
}

async fn approve(
    State(room): State<Arc<Room>>,
    Path(id): Path<u64>,
    By(person): By,
    Sent(sent): Sent<Confirm>,
) -> Result<Json<ChangePage>, Problem> {
    let mut files = room.files();
    let (author, file) = files.author(id).map(|(a, f)| (a.to_owned(), f.to_owned())).ok_or(Problem::not_found())?;
    if author == person.name && sent.confirm.as_deref() != Some(file.as_str()) {
        return Err(Problem::confirm().with(format!("another engineer approves, or type the file's name: {file}")));
    }
    Ok(Json(files.approve(id, &person.name)?))
}

async fn apply(State(room): State<Arc<Room>>, Path(id): Path<u64>) -> Result<Json<ChangePage>, Problem> {
    aside(move || Ok(Json(room.files().apply(id)?))).await
}

async fn undo(State(room): State<Arc<Room>>, Path(id): Path<u64>) -> Result<Json<ChangePage>, Problem> {
    aside(move || Ok(Json(room.files().undo(id)?))).await
}
