//! VIP tasks over the interface.

use super::super::acting::{Confirmation, ask, end};
use super::super::acts::{Asked, Report};
use super::super::asked::{EscortAsk, Second, VehicleKind};
use super::super::desk::{Message, Room};
use super::super::door::{By, Peer, Sent};
use super::super::live::seconds;
use super::super::problem::{Fault, Problem};
use super::super::table::{ENGINEER, OPERATOR, Route, VIEWER};
use super::super::tasks::{APPROVERS, Approval, Rehearsed, Task};
use super::escorts;
use crate::control::Intervention;
use axum::Json;
use axum::extract::{Path, State as With};
use axum::http::Method;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::task::spawn_blocking;

pub(super) fn routes() -> Vec<Route> {
    let step = |path: &'static str, least, handler, says: &'static str| {
        Route::new(Method::POST, path, least, handler).says(says).takes::<Confirm>().gives::<TaskPage>()
    };
    vec![
        Route::new(Method::GET, "/api/v1/tasks", VIEWER, get(list))
            .says("tasks, the newest first")
            .gives::<Vec<TaskPage>>(),
        Route::new(Method::POST, "/api/v1/tasks", ENGINEER, post(make))
            .says("prepare an escort")
            .takes::<TaskAsk>()
            .gives::<TaskPage>(),
        Route::new(Method::GET, "/api/v1/tasks/{id}", VIEWER, get(one)).says("one task").gives::<TaskPage>(),
        step(
            "/api/v1/tasks/{id}/rehearse",
            ENGINEER,
            post(rehearse),
            "try it on the simulated street; answered at once, it takes minutes",
        ),
        step("/api/v1/tasks/{id}/approve", ENGINEER, post(approve), "approve it; two must"),
        step("/api/v1/tasks/{id}/start", OPERATOR, post(start), "hand the escort to the core"),
        step("/api/v1/tasks/{id}/end", OPERATOR, post(stop), "end it now"),
    ]
}

/// A task, as it is made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TaskAsk {
    name: String,
    /// Absent: the task's name.
    vehicle: Option<String>,
    kind: VehicleKind,
    route: Vec<String>,
    speed_km_h: Option<f64>,
    /// UTC, seconds since the epoch.
    starts: f64,
    arm: Option<String>,
    last: Option<String>,
    starts_before_m: Option<f64>,
    why: String,
}

/// A confirmation, where one is needed: a word typed by hand, or a second person.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Confirm {
    confirm: Option<String>,
    second: Option<Second>,
}

/// A task.
#[derive(Debug, Serialize, JsonSchema)]
struct TaskPage {
    id: u64,
    name: String,
    kind: VehicleKind,
    route: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed_km_h: Option<f64>,
    starts: f64,
    why: String,
    /// `draft`, `rehearsing`, `rehearsed`, `approved`, `running`, `ended`.
    state: &'static str,
    made_by: String,
    made: f64,
    approvals: Vec<Approval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rehearsal: Option<Rehearsed>,
    /// Why the last rehearsal could not be carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_rehearsed: Option<String>,
    /// Id of the escort it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    escort: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Report>,
}

fn page(room: &Room, task: &Task) -> TaskPage {
    let escort = task.escort.and_then(|id| escorts::now(room, id).ok());
    let over = escort.as_ref().is_none_or(|e| matches!(e.state, "ended" | "refused"));
    let state = match () {
        () if task.escort.is_some() => {
            if over {
                "ended"
            } else {
                "running"
            }
        }
        () if task.rehearsing => "rehearsing",
        () if task.approvals.len() >= APPROVERS => "approved",
        () if task.rehearsal.is_some() => "rehearsed",
        () => "draft",
    };
    TaskPage {
        id: task.id,
        name: task.name.clone(),
        kind: task.ask.kind,
        route: task.ask.route.clone(),
        speed_km_h: task.ask.speed_km_h,
        starts: task.ask.starts.unwrap_or_default(),
        why: task.ask.why.clone(),
        state,
        made_by: task.made_by.clone(),
        made: seconds(task.made),
        approvals: task.approvals.clone(),
        rehearsal: task.rehearsal.clone(),
        not_rehearsed: task.not_rehearsed.clone(),
        escort: task.escort,
        report: escort.and_then(|e| e.report),
    }
}

fn found(room: &Room, id: u64) -> Result<Task, Problem> {
    room.tasks().get(id).cloned().ok_or(Problem::not_found())
}

/// Changes a task, and writes that down.
fn change(room: &Room, id: u64, how: impl FnOnce(&mut Task)) -> Result<Json<TaskPage>, Problem> {
    let writes = room.tasks().change(id, how);
    writes.into_iter().for_each(|write| room.store.offer(write));
    Ok(Json(page(room, &found(room, id)?)))
}

async fn list(With(room): With<Arc<Room>>) -> Json<Vec<TaskPage>> {
    let tasks: Vec<Task> = room.tasks().all().cloned().collect();
    Json(tasks.iter().map(|task| page(&room, task)).collect())
}

async fn one(With(room): With<Arc<Room>>, Path(id): Path<u64>) -> Result<Json<TaskPage>, Problem> {
    Ok(Json(page(&room, &found(&room, id)?)))
}

async fn make(
    With(room): With<Arc<Room>>,
    By(person): By,
    Sent(sent): Sent<TaskAsk>,
) -> Result<Json<TaskPage>, Problem> {
    let TaskAsk { name, vehicle, kind, route, speed_km_h, starts, arm, last, starts_before_m, why } = sent;
    let vehicle = vehicle.filter(|v| !v.trim().is_empty()).unwrap_or_else(|| name.clone());
    let ask = EscortAsk {
        vehicle,
        kind,
        route,
        speed_km_h,
        starts: Some(starts),
        arm,
        last,
        starts_before_m,
        minutes: None,
        why,
        confirm: None,
        second: None,
    };
    let now = room.street_time();
    let mut faults = ask.read(&room.network(), now).err().unwrap_or_default();
    if name.trim().is_empty() {
        let (rule, mend) = ("it has no name".to_owned(), "Say what it is called.".to_owned());
        faults.push(Fault { place: "name".into(), rule, mend });
    }
    if starts <= seconds(now) {
        let mend = "Give an instant ahead; what begins now is an escort.".to_owned();
        faults.push(Fault { place: "starts".into(), rule: "it lies behind us".into(), mend });
    }
    if !faults.is_empty() {
        return Err(Problem::invalid().all(faults));
    }
    let (id, writes) = room.tasks().make(name, ask, person.name, now);
    writes.into_iter().for_each(|write| room.store.offer(write));
    Ok(Json(page(&room, &found(&room, id)?)))
}

async fn rehearse(
    With(room): With<Arc<Room>>,
    Path(id): Path<u64>,
    Sent(_): Sent<Confirm>,
) -> Result<Json<TaskPage>, Problem> {
    let task = found(&room, id)?;
    if task.escort.is_some() || task.rehearsing {
        return Err(Problem::conflict().with("it has been started, or is being rehearsed"));
    }
    let Some(stage) = room.rehearsal.clone() else {
        return Err(Problem::conflict().with("this service knows no simulated street to rehearse on"));
    };
    let network = room.network();
    let read = task.ask.read(&network, room.street_time());
    let (escort, _) = read.map_err(|faults| Problem::invalid().all(faults))?;
    let shared = room.clone();
    // It takes minutes: who asked is answered now, and everybody told when it is over.
    tokio::spawn(async move {
        let tried = spawn_blocking(move || stage.rehearse(&network, &escort)).await;
        let tried = tried.unwrap_or_else(|_| Err("the rehearsal broke down".to_owned()));
        // A task that is gone meanwhile needs nothing.
        let _ = change(&shared, id, |task| {
            task.rehearsing = false;
            match tried {
                Ok(shown) => {
                    task.rehearsal = Some(shown);
                    task.approvals.clear();
                }
                Err(why) => task.not_rehearsed = Some(why),
            }
        });
        let data = format!("{{\"task\":{id}}}").into();
        let _ = shared.feed.send(Message { kind: "intervention", data });
    });
    change(&room, id, |task| {
        task.rehearsing = true;
        task.not_rehearsed = None;
    })
}

async fn approve(
    With(room): With<Arc<Room>>,
    By(person): By,
    Path(id): Path<u64>,
    Sent(_): Sent<Confirm>,
) -> Result<Json<TaskPage>, Problem> {
    let task = found(&room, id)?;
    let refusal = match () {
        () if task.escort.is_some() => Some("it has been started"),
        () if task.rehearsing => Some("it is being rehearsed"),
        () if task.rehearsal.is_none() => Some("it has not been rehearsed"),
        () if task.rehearsal.as_ref().is_some_and(|r| r.unsafe_intervals > 0) => Some("its rehearsal was not safe"),
        () if task.approvals.iter().any(|a| a.by == person.name) => Some("you have approved it: another must"),
        () => None,
    };
    if let Some(why) = refusal {
        return Err(Problem::conflict().with(why));
    }
    let at = seconds(room.street_time());
    change(&room, id, |task| task.approvals.push(Approval { by: person.name, at }))
}

async fn start(
    With(room): With<Arc<Room>>,
    By(person): By,
    peer: Peer,
    Path(id): Path<u64>,
    Sent(sent): Sent<Confirm>,
) -> Result<Json<TaskPage>, Problem> {
    let task = found(&room, id)?;
    if task.escort.is_some() || task.approvals.len() < APPROVERS {
        return Err(Problem::conflict().with("it has been started, or not been approved by two"));
    }
    let now = room.street_time();
    let mut wanted = task.ask.clone();
    // Who starts it late starts it now.
    wanted.starts = wanted.starts.map(|starts| starts.max(seconds(now)));
    let (escort, lasts) = wanted.read(&room.network(), now).map_err(|faults| Problem::invalid().all(faults))?;
    let asked = (Asked::Escort(wanted), Intervention::Escort(escort), lasts);
    let confirmation = Confirmation { typed: sent.confirm, second: sent.second };
    let act = ask(&room, (&person, peer.0.ip()), asked, confirmation).await?;
    change(&room, id, |task| task.escort = Some(act.id))
}

async fn stop(
    With(room): With<Arc<Room>>,
    By(person): By,
    Path(id): Path<u64>,
    Sent(_): Sent<Confirm>,
) -> Result<Json<TaskPage>, Problem> {
    let escort = found(&room, id)?.escort.ok_or(Problem::conflict().with("it has not been started"))?;
    end(&room, &person, escort).await?;
    Ok(Json(page(&room, &found(&room, id)?)))
}
