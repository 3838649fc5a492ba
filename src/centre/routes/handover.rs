//! Notes of one shift for the next.

use super::super::desk::Room;
use super::super::door::{By, Sent};
use super::super::live::seconds;
use super::super::problem::{Fault, Problem};
use super::super::table::{OPERATOR, Route, VIEWER};
use super::{aside, unreadable};
use crate::store::{Event, Write};
use crate::units::Moment;
use axum::Json;
use axum::extract::State;
use axum::http::Method;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const KIND: &str = "handover";
/// Notes told at a time.
const MOST: usize = 200;
/// Characters of a note.
const LONGEST: usize = 4000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/handover", VIEWER, get(list))
            .says("notes of the shifts, the newest first")
            .gives::<Vec<Note>>(),
        Route::new(Method::POST, "/api/v1/handover", OPERATOR, post(add))
            .says("leave a note for the next shift")
            .takes::<New>()
            .gives::<Note>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct New {
    text: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Note {
    #[serde(default)]
    at: f64,
    by: String,
    text: String,
}

async fn list(State(room): State<Arc<Room>>) -> Result<Json<Vec<Note>>, Problem> {
    aside(move || {
        let reader = room.store.reader().map_err(unreadable)?;
        let (from, until) = (Moment::new(i64::MIN), Moment::new(i64::MAX));
        let notes = reader.events(KIND, from, until, MOST).map_err(unreadable)?;
        let note = |e: crate::store::StoredEvent| {
            let note = serde_json::from_str::<Note>(&e.event.body).ok()?;
            Some(Note { at: seconds(e.event.at), ..note })
        };
        Ok(Json(notes.into_iter().filter_map(note).collect()))
    })
    .await
}

async fn add(State(room): State<Arc<Room>>, By(me): By, Sent(new): Sent<New>) -> Result<Json<Note>, Problem> {
    let text = new.text.trim();
    if text.is_empty() || text.chars().count() > LONGEST {
        let fault = Fault { place: "text".into(), rule: "length".into(), mend: format!("1 to {LONGEST} characters") };
        return Err(Problem::invalid().all(vec![fault]));
    }
    let at = room.street_time();
    let note = Note { at: seconds(at), by: me.name, text: text.to_owned() };
    let body = serde_json::json!({ "by": note.by, "text": note.text }).to_string();
    // It goes to the disk with the audit entry about it, which the door waits for.
    let event = Event { kind: KIND.to_owned(), at, place: String::new(), body };
    room.store.commit(vec![Write::Event(event)], Box::new(drop));
    Ok(Json(note))
}
