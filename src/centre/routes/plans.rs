//! Plans: what runs, what is aimed at, what was; two held against each other.

use super::super::desk::Room;
use super::super::door::Sent;
use super::super::live::{PlanSet, PlansPage};
use super::super::problem::Problem;
use super::super::table::{Route, VIEWER};
use axum::Json;
use axum::extract::State;
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
