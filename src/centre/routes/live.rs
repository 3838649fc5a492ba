//! What is going on: the network, the city, a corridor's diagram, an intersection, and all of it as it happens.

use super::super::desk::{Message, Room};
use super::super::live::{City, Detail, Diagram, EventRow, Map, diagram, intersection, map};
use super::super::problem::Problem;
use super::super::table::{Route, VIEWER};
use crate::units::{Moment, Tenths};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{Stream, unfold};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// What a diagram shows when nothing is asked for: ten minutes past, two ahead.
const PAST: Tenths = Tenths::from_seconds(600);
const AHEAD: Tenths = Tenths::from_seconds(120);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/network", VIEWER, get(network)).says("what does not change").gives::<Map>(),
        Route::new(Method::GET, "/api/v1/city", VIEWER, get(city)).says("the live picture").gives::<City>(),
        Route::new(Method::GET, "/api/v1/corridors/{id}/diagram", VIEWER, get(corridor))
            .says("a corridor's time-space diagram")
            .asks(&["from", "until"])
            .gives::<Diagram>(),
        Route::new(Method::GET, "/api/v1/intersections/{id}", VIEWER, get(detail))
            .says("an intersection: splits, coordination, detectors, communications, events")
            .gives::<Detail>(),
        Route::new(Method::GET, "/api/v1/decisions", VIEWER, get(decisions))
            .says("the newest decisions of the core")
            .asks(&["limit"])
            .gives::<Vec<EventRow>>(),
        Route::new(Method::GET, "/api/v1/events", VIEWER, get(events)).says("what happens, as server-sent events"),
    ]
}

async fn network(State(room): State<Arc<Room>>) -> Json<Map> {
    Json(map(&room.network()))
}

async fn city(State(room): State<Arc<Room>>) -> Result<Response, Problem> {
    let city = room.live().city.clone().ok_or(Problem::not_now())?;
    Ok(([(CONTENT_TYPE, "application/json")], city.to_string()).into_response())
}

/// A window of time, UTC seconds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    from: Option<f64>,
    until: Option<f64>,
}

/// An instant of UTC seconds.
pub(in crate::centre) fn moment(seconds: f64) -> Option<Moment> {
    (seconds.is_finite() && seconds.abs() < 1e11).then(|| Moment::new((seconds * 10.0).round() as i64))
}

async fn corridor(
    State(room): State<Arc<Room>>,
    Path(id): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Diagram>, Problem> {
    let live = room.live();
    let corridor = live.network().corridors().iter().find(|c| c.id == id).ok_or(Problem::not_found())?;
    let now = live.history.last.as_ref().ok_or(Problem::not_now())?.at;
    let from = window.from.and_then(moment).unwrap_or(now - PAST);
    let until = window.until.and_then(moment).unwrap_or(now + AHEAD);
    diagram(&live.history, corridor, from, until).map(Json).ok_or(Problem::not_now())
}

async fn detail(State(room): State<Arc<Room>>, Path(id): Path<String>) -> Result<Json<Detail>, Problem> {
    let live = room.live();
    let index = live.network().find(&id).ok_or(Problem::not_found())?;
    intersection(&live.history, index).map(Json).ok_or(Problem::not_now())
}

/// How many of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Most {
    limit: Option<usize>,
}

async fn decisions(State(room): State<Arc<Room>>, Query(most): Query<Most>) -> Json<Vec<EventRow>> {
    let live = room.live();
    Json(live.history.events(None, most.limit.unwrap_or(200)).into_iter().map(EventRow::from).collect())
}

async fn events(State(room): State<Arc<Room>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let first = room.live().city.clone().map(|data| Message { kind: "city", data });
    Sse::new(unfold((first, room.feed.subscribe()), next))
}

/// The next message; who is too slow misses the oldest, which the next picture makes good.
async fn next(
    (first, mut feed): (Option<Message>, Receiver<Message>),
) -> Option<(Result<Event, Infallible>, (Option<Message>, Receiver<Message>))> {
    if let Some(message) = first {
        return Some((Ok(event(&message)), (None, feed)));
    }
    loop {
        match feed.recv().await {
            Ok(message) => return Some((Ok(event(&message)), (None, feed))),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

fn event(message: &Message) -> Event {
    Event::default().event(message.kind).data(message.data.as_ref())
}
