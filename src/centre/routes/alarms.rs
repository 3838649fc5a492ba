//! Alarms: seen, put away for a while.

use super::super::alarms::AlarmPage;
use super::super::desk::Room;
use super::super::door::{By, Sent};
use super::super::problem::{Fault, Problem};
use super::super::table::{OPERATOR, Route, VIEWER};
use crate::units::Tenths;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Longest shelving, minutes: a day.
const LONGEST: u32 = 1440;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/alarms", VIEWER, get(list))
            .says("alarms that stand (state=open), or all that are remembered (state=all), the newest first")
            .asks(&["state"])
            .gives::<Vec<AlarmPage>>(),
        Route::new(Method::POST, "/api/v1/alarms/acknowledge", OPERATOR, post(acknowledge_group))
            .says("all open alarms of a group are seen")
            .takes::<Group>()
            .gives::<Seen>(),
        Route::new(Method::POST, "/api/v1/alarms/{id}/acknowledge", OPERATOR, post(acknowledge))
            .says("an alarm is seen")
            .gives::<AlarmPage>(),
        Route::new(Method::POST, "/api/v1/alarms/{id}/shelve", OPERATOR, post(shelve))
            .says("put an alarm away for a while, with a reason")
            .takes::<Shelve>()
            .gives::<AlarmPage>(),
    ]
}

#[derive(Debug, Deserialize)]
struct Which {
    state: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Group {
    group: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Seen {
    acknowledged: usize,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shelve {
    /// 1 to 1440.
    minutes: u32,
    why: String,
}

async fn list(State(room): State<Arc<Room>>, Query(which): Query<Which>) -> Json<Vec<AlarmPage>> {
    let network = room.network();
    Json(room.alarms().pages(&network, which.state.as_deref() == Some("all")))
}

async fn acknowledge(
    State(room): State<Arc<Room>>,
    Path(id): Path<u64>,
    By(me): By,
) -> Result<Json<AlarmPage>, Problem> {
    if !room.alarms().acknowledge(id, &me.name) {
        return Err(gone(&room, id));
    }
    told(&room, id)
}

async fn acknowledge_group(State(room): State<Arc<Room>>, By(me): By, Sent(sent): Sent<Group>) -> Json<Seen> {
    let network = room.network();
    let acknowledged = room.alarms().acknowledge_group(&network, &sent.group, &me.name);
    room.tell_alarms(Vec::new());
    Json(Seen { acknowledged })
}

async fn shelve(
    State(room): State<Arc<Room>>,
    Path(id): Path<u64>,
    By(me): By,
    Sent(sent): Sent<Shelve>,
) -> Result<Json<AlarmPage>, Problem> {
    let fault = |place: &str, rule: &str, mend: &str| Fault {
        place: place.to_owned(),
        rule: rule.to_owned(),
        mend: mend.to_owned(),
    };
    let (why, length) = (sent.why.trim(), sent.why.trim().chars().count());
    let mut faults = Vec::new();
    if !(1..=LONGEST).contains(&sent.minutes) {
        faults.push(fault("minutes", "range", "1 to 1440: nothing is put away for ever"));
    }
    if !(1..=500).contains(&length) {
        faults.push(fault("why", "length", "1 to 500 characters: say why"));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid().all(faults));
    }
    let until = room.street_time() + Tenths::from_seconds(sent.minutes * 60);
    if !room.alarms().shelve(id, until, why, &me.name) {
        return Err(gone(&room, id));
    }
    told(&room, id)
}

fn gone(room: &Room, id: u64) -> Problem {
    match room.alarms().page(&room.network(), id) {
        Some(_) => Problem::conflict().with("the alarm is not open any more"),
        None => Problem::not_found(),
    }
}

/// The alarm as it is now, for whoever changed it and for all who listen.
fn told(room: &Room, id: u64) -> Result<Json<AlarmPage>, Problem> {
    let page = room.alarms().page(&room.network(), id).ok_or(Problem::not_found())?;
    room.tell_alarms(vec![page.clone()]);
    Ok(Json(page))
}
