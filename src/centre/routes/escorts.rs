//! Escorts: asked for, followed by positions, looked at, ended.

use super::super::acting::{Confirmation, ask, end};
use super::super::acts::{Act, Asked, EscortRow, Report, State, rows};
use super::super::asked::{EscortAsk, VehicleKind};
use super::super::desk::Room;
use super::super::door::{By, Peer, Sent};
use super::super::live::seconds;
use super::super::problem::{Fault, Problem};
use super::super::table::{OPERATOR, Route, VIEWER};
use super::interventions::Which;
use crate::control::{Event, Intervention, Order, Place, Run};
use crate::corridor::{IntersectionIndex, Network, Position};
use crate::units::{Metres, Moment};
use axum::Json;
use axum::extract::{Path, Query, State as With};
use axum::http::Method;
use axum::routing::{delete, get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Escorts told of unless all are asked for.
const RECENT: usize = 30;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/escorts", VIEWER, get(list))
            .says("the last escorts, or all that are remembered")
            .asks(&["state"])
            .gives::<Vec<EscortPage>>(),
        Route::new(Method::POST, "/api/v1/escorts", OPERATOR, post(begin))
            .says("escort a vehicle")
            .takes::<EscortAsk>()
            .gives::<EscortPage>(),
        Route::new(Method::GET, "/api/v1/escorts/{id}", VIEWER, get(one)).says("one escort").gives::<EscortPage>(),
        Route::new(Method::DELETE, "/api/v1/escorts/{id}", OPERATOR, delete(undo))
            .says("end one now")
            .gives::<EscortPage>(),
        Route::new(Method::POST, "/api/v1/escorts/{id}/position", OPERATOR, post(position))
            .says("where the vehicle is")
            .takes::<Seen>()
            .gives::<EscortPage>(),
    ]
}

/// An escort.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct EscortPage {
    pub(in crate::centre) id: u64,
    vehicle: String,
    kind: VehicleKind,
    route: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed_km_h: Option<f64>,
    starts: f64,
    /// `waiting`, `running`, `recovering`, `ended`, `refused`.
    pub(in crate::centre) state: &'static str,
    why: String,
    by: String,
    /// Who confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    second: Option<String>,
    from: f64,
    until: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
    /// The intersection it comes to next, and the metres to its stop line.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metres: Option<f64>,
    rows: Vec<EscortRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::centre) report: Option<Report>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Fault>,
}

/// An act as an escort; `None` where it is none.
pub(in crate::centre) fn page(network: &Network, act: &Act, run: Option<&Run>, now: Moment) -> Option<EscortPage> {
    let Asked::Escort(ask) = &act.asked else { return None };
    let starts = ask.starts.unwrap_or(seconds(act.from));
    let state = match act.state {
        State::Refused => "refused",
        State::Scheduled | State::Asked => "waiting",
        State::Standing if starts > seconds(now) => "waiting",
        State::Standing => "running",
        State::Ended if run.is_some() => "recovering",
        State::Ended => "ended",
    };
    let place = run.and_then(|run| run.position(now).filter(|_| run.is_under_way()));
    let told = act.report.as_ref().map(|r| r.rows.clone()).unwrap_or_default();
    Some(EscortPage {
        id: act.id,
        vehicle: ask.vehicle.clone(),
        kind: ask.kind,
        route: ask.route.clone(),
        speed_km_h: ask.speed_km_h,
        starts,
        state,
        why: ask.why.clone(),
        by: act.by.clone(),
        second: act.second.clone(),
        from: seconds(act.from),
        until: seconds(act.until),
        ended: act.ended.map(seconds),
        ended_by: act.ended_by.clone(),
        next: place.and_then(|(leg, _)| ask.route.get(leg).cloned()),
        metres: place.map(|(_, metres)| metres.get().round()),
        rows: run.map_or(told, |run| rows(network, &run.rows)),
        report: act.report.clone(),
        problems: act.problems.clone(),
    })
}

/// The page of an escort as it is now.
pub(in crate::centre) fn now(room: &Room, id: u64) -> Result<EscortPage, Problem> {
    let (network, now, acts) = (room.network(), room.street_time(), room.acts());
    let act = acts.get(id).ok_or(Problem::not_found())?;
    let run = acts.runs.iter().find(|run| run.id == id);
    page(&network, act, run, now).ok_or(Problem::not_found())
}

async fn list(With(room): With<Arc<Room>>, Query(which): Query<Which>) -> Json<Vec<EscortPage>> {
    let (network, now, acts) = (room.network(), room.street_time(), room.acts());
    let of = |act: &Act| page(&network, act, acts.runs.iter().find(|run| run.id == act.id), now);
    let most = if which.all() { usize::MAX } else { RECENT };
    Json(acts.all().filter_map(of).take(most).collect())
}

async fn begin(
    With(room): With<Arc<Room>>,
    By(person): By,
    peer: Peer,
    Sent(mut sent): Sent<EscortAsk>,
) -> Result<Json<EscortPage>, Problem> {
    let confirmation = Confirmation { typed: sent.confirm.take(), second: sent.second.take() };
    let read = sent.read(&room.network(), room.street_time());
    let (escort, lasts) = read.map_err(|faults| Problem::invalid().all(faults))?;
    let asked = (Asked::Escort(sent), Intervention::Escort(escort), lasts);
    let act = ask(&room, (&person, peer.0.ip()), asked, confirmation).await?;
    Ok(Json(now(&room, act.id)?))
}

async fn one(With(room): With<Arc<Room>>, Path(id): Path<u64>) -> Result<Json<EscortPage>, Problem> {
    Ok(Json(now(&room, id)?))
}

async fn undo(With(room): With<Arc<Room>>, By(person): By, Path(id): Path<u64>) -> Result<Json<EscortPage>, Problem> {
    now(&room, id)?;
    end(&room, &person, id).await?;
    Ok(Json(now(&room, id)?))
}

/// Where a vehicle was seen: before an intersection's stop line, beyond it, or at a place on the map.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// UTC, seconds since the epoch; absent: now.
    at: Option<f64>,
    intersection: Option<String>,
    /// To the stop line of `intersection`; absent: it is beyond it.
    metres: Option<f64>,
    lat: Option<f64>,
    lon: Option<f64>,
}

async fn position(
    With(room): With<Arc<Room>>,
    Path(id): Path<u64>,
    Sent(sent): Sent<Seen>,
) -> Result<Json<EscortPage>, Problem> {
    now(&room, id)?;
    let network = room.network();
    let fault = |place: &str, rule: &str, mend: &str| {
        Problem::invalid().all(vec![Fault { place: place.into(), rule: rule.into(), mend: mend.into() }])
    };
    let run = room.acts().runs.iter().find(|run| run.id == id).cloned();
    let run = run.filter(Run::is_under_way).ok_or(Problem::conflict().with("it is not under way"))?;
    let place = match (&sent.intersection, sent.lat.zip(sent.lon)) {
        (Some(name), None) => {
            let intersection = network.find(name).filter(|i| run.rows.iter().any(|row| row.intersection == *i));
            let intersection = intersection.ok_or_else(|| {
                fault("intersection", "it is not on the way", "Name one that is, or a place on the map.")
            })?;
            match sent.metres.map(Metres::new) {
                None => Place::Passed { intersection },
                Some(Ok(metres)) => Place::Before { intersection, metres },
                Some(Err(_)) => return Err(fault("metres", "it is no length", "Give metres to the stop line.")),
            }
        }
        (None, Some((latitude, longitude))) => {
            on_map(&network, &run, Position { latitude, longitude }).ok_or_else(|| {
                fault("lat", "the definitions do not say where the way lies", "Give an intersection and metres.")
            })?
        }
        _ => return Err(fault("intersection", "it names no place, or two", "Give an intersection, or lat and lon.")),
    };
    let at = sent.at.filter(|at| at.abs() < 1e11).map_or(room.street_time(), |at| Moment::new((at * 10.0) as i64));
    room.order(Event::Order(Order::Position { id, at, place }))?;
    Ok(Json(now(&room, id)?))
}

/// Metres east and north of a place, near enough for a city.
fn metres_from(origin: Position, place: Position) -> (f64, f64) {
    const METRES_A_DEGREE: f64 = 111_195.0;
    let east = (place.longitude - origin.longitude) * METRES_A_DEGREE * origin.latitude.to_radians().cos();
    (east, (place.latitude - origin.latitude) * METRES_A_DEGREE)
}

/// The place on the way that is nearest: on the straight line between two intersections that are not passed yet, as a share of its
/// length.
fn on_map(network: &Network, run: &Run, seen: Position) -> Option<Place> {
    let whereabouts = |index: IntersectionIndex| network.intersection(index).position;
    let mut best: Option<(f64, Place)> = None;
    for (k, row) in run.rows.iter().enumerate().filter(|(_, row)| row.passed.is_none()) {
        let Some(to) = whereabouts(row.intersection) else { continue };
        let from = k.checked_sub(1).and_then(|before| whereabouts(run.rows[before].intersection));
        let (x, y) = metres_from(to, seen);
        let leg = run.escort.route[k].distance.get();
        let (away, left) = match from.map(|from| metres_from(to, from)) {
            Some((dx, dy)) if dx.hypot(dy) > 1.0 => {
                let share = ((x * dx + y * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
                ((x - share * dx).hypot(y - share * dy), share * leg)
            }
            // Nobody knows from where it comes to the first: as far as it is away.
            _ => (0.0, x.hypot(y).min(leg)),
        };
        let metres = Metres::new(left).ok()?;
        if best.is_none_or(|(least, _)| away < least) {
            best = Some((away, Place::Before { intersection: row.intersection, metres }));
        }
    }
    best.map(|(_, place)| place)
}
