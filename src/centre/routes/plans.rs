//! Plans: what runs, what is aimed at, what was; two held against each other.

use super::super::asked::{InterventionAsk, Kind, Second};
use super::super::desk::Room;
use super::super::door::{By, Peer, Sent};
use super::super::live::{PlanSet, PlansPage};
use super::super::problem::{Fault, Problem};
use super::super::table::{ENGINEER, Route, VIEWER};
use super::interventions::{InterventionPage, asked};
use super::live::moment;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/plans", VIEWER, get(plans))
            .says("running, target, candidate, history")
            .gives::<PlansPage>(),
        Route::new(Method::POST, "/api/v1/plans/compare", VIEWER, post(compare))
            .says("two sets of plans beside each other")
            .takes::<Pair>()
            .gives::<Compared>(),
        Route::new(Method::POST, "/api/v1/plans/{id}/approve", ENGINEER, post(approve))
            .says("run a set until its time is over")
            .takes::<Approval>()
            .gives::<InterventionPage>(),
        Route::new(Method::POST, "/api/v1/plans/{id}/schedule", ENGINEER, post(schedule))
            .says("run a set from a time on")
            .takes::<Scheduling>()
            .gives::<InterventionPage>(),
        Route::new(Method::POST, "/api/v1/plans/rollback", ENGINEER, post(rollback))
            .says("run what was aimed at before")
            .takes::<Approval>()
            .gives::<InterventionPage>(),
    ]
}

async fn plans(State(room): State<Arc<Room>>) -> Result<Json<PlansPage>, Problem> {
    let live = room.live();
    let picture = live.history.last.as_ref().ok_or(Problem::not_now())?;
    Ok(Json(live.shelf.page(live.network(), picture)))
}

/// Two sets, by their ids.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Pair {
    a: u64,
    b: u64,
}

/// Both, and where they differ.
#[derive(Debug, Serialize, JsonSchema)]
struct Compared {
    a: PlanSet,
    b: PlanSet,
    /// Intersections whose plans differ.
    differ: Vec<String>,
}

async fn compare(State(room): State<Arc<Room>>, Sent(pair): Sent<Pair>) -> Result<Json<Compared>, Problem> {
    let live = room.live();
    let find = |id: u64| {
        live.shelf.find(id).ok_or_else(|| Problem::not_found().with(format!("there is no set of plans {id}")))
    };
    let (a, b) = (find(pair.a)?, find(pair.b)?);
    let all = live.network().intersections().iter().zip(a.plans.iter().zip(&b.plans));
    let differ = all.filter(|(_, (a, b))| a != b).map(|(at, _)| at.id.clone()).collect();
    Ok(Json(Compared { differ, a: a.page(live.network()), b: b.page(live.network()) }))
}

/// For how long a set runs, why, and that it is meant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Approval {
    /// Of this corridor only; absent: everywhere.
    corridor: Option<String>,
    minutes: f64,
    why: String,
    /// The corridor's id, typed by hand.
    confirm: Option<String>,
    /// Or a second person.
    second: Option<Second>,
}

/// The same from a time on.
#[derive(Debug, Deserialize, JsonSchema)]
struct Scheduling {
    /// When it begins, UTC seconds.
    at: f64,
    #[serde(flatten)]
    approval: Approval,
}

impl Approval {
    fn ask(self, id: u64) -> InterventionAsk {
        InterventionAsk {
            corridor: self.corridor,
            plan: Some(id),
            confirm: self.confirm,
            second: self.second,
            ..InterventionAsk::new(Kind::Plans, self.minutes, self.why)
        }
    }
}

async fn approve(
    State(room): State<Arc<Room>>,
    Path(id): Path<u64>,
    By(person): By,
    peer: Peer,
    Sent(sent): Sent<Approval>,
) -> Result<Json<InterventionPage>, Problem> {
    asked(&room, &person, peer, sent.ask(id), None).await
}

async fn schedule(
    State(room): State<Arc<Room>>,
    Path(id): Path<u64>,
    By(person): By,
    peer: Peer,
    Sent(sent): Sent<Scheduling>,
) -> Result<Json<InterventionPage>, Problem> {
    let from = moment(sent.at).filter(|at| *at > room.street_time());
    let from = from.ok_or_else(|| {
        let (rule, mend) = ("it is no time to come".to_owned(), "Give UTC seconds after now.".to_owned());
        Problem::invalid().all(vec![Fault { place: "at".into(), rule, mend }])
    })?;
    asked(&room, &person, peer, sent.approval.ask(id), Some(from)).await
}

async fn rollback(
    State(room): State<Arc<Room>>,
    By(person): By,
    peer: Peer,
    Sent(sent): Sent<Approval>,
) -> Result<Json<InterventionPage>, Problem> {
    let before = room.live().shelf.before().map(|set| set.id);
    let id = before.ok_or(Problem::conflict().with("nothing was aimed at before"))?;
    asked(&room, &person, peer, sent.ask(id), None).await
}
