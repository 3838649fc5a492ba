//! For machines: whether the loop goes on, what it measures, what can be asked.

use super::super::desk::Room;
use super::super::openapi;
use super::super::problem::Problem;
use super::super::table::{Least, Route, VIEWER};
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/healthz", Least::Open, get(health)).says("whether the control loop goes on"),
        Route::new(Method::GET, "/readyz", Least::Open, get(ready)).says("whether it is in control"),
        Route::new(Method::GET, "/metrics", Least::Machine, get(metrics)).says("Prometheus metrics"),
        Route::new(Method::GET, "/api/v1/openapi.json", VIEWER, get(document)).says("this document"),
    ]
}

async fn health(State(room): State<Arc<Room>>) -> Response {
    match room.instruments.pulse.well() {
        true => (StatusCode::OK, "ok\n").into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "no step within 3 s\n").into_response(),
    }
}

async fn ready(State(room): State<Arc<Room>>) -> Response {
    use crate::control::Mode;
    let mode = room.live().history.last.as_ref().map(|picture| picture.mode);
    match mode {
        Some(Mode::Coordinated | Mode::Hold) if room.instruments.pulse.well() => {
            (StatusCode::OK, "ready\n").into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, "not in control\n").into_response(),
    }
}

async fn metrics(State(room): State<Arc<Room>>) -> Response {
    match room.instruments.metrics.text() {
        Ok(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => Problem::not_now().with(error.to_string()).into_response(),
    }
}

async fn document() -> Json<serde_json::Value> {
    Json(openapi::document(&super::all()))
}
