//! Interventions: asked for, looked at, ended.

use super::super::acting::{Confirmation, ask, confirmed, end};
use super::super::acts::{Act, Asked, State};
use super::super::asked::{GivenPlan, InterventionAsk, Kind, LaneIs, Sky, to_type};
use super::super::desk::Room;
use super::super::door::{By, Peer, Sent};
use super::super::live::seconds;
use super::super::problem::{Fault, Problem};
use super::super::table::{OPERATOR, Route, VIEWER};
use crate::people::{Identity, Role};
use crate::units::Moment;
use axum::Json;
use axum::extract::{Path, Query, State as With};
use axum::http::Method;
use axum::routing::{delete, get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/interventions", VIEWER, get(list))
            .says("interventions that stand, or all that are remembered")
            .asks(&["state"])
            .gives::<Vec<InterventionPage>>(),
        Route::new(Method::POST, "/api/v1/interventions", OPERATOR, post(begin))
            .says("ask for one; it ends by itself")
            .takes::<InterventionAsk>()
            .gives::<InterventionPage>(),
        Route::new(Method::DELETE, "/api/v1/interventions/{id}", OPERATOR, delete(undo))
            .says("end one now")
            .gives::<InterventionPage>(),
    ]
}

/// Which of them.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    /// `all`; otherwise those that stand.
    state: Option<String>,
}

impl Which {
    pub(super) fn all(&self) -> bool {
        self.state.as_deref() == Some("all")
    }
}

/// An intervention.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::centre) struct InterventionPage {
    id: u64,
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    corridor: Option<String>,
    /// Those it names; none: everywhere.
    intersections: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arm: Option<String>,
    /// From the median, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane_is: Option<LaneIs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weather: Option<Sky>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    plans: Vec<GivenPlan>,
    why: String,
    by: String,
    /// Who confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    second: Option<String>,
    from: f64,
    until: f64,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<f64>,
    /// A person, `expiry` or `done`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Fault>,
}

/// An act as an intervention; `None` where it is an escort.
pub(in crate::centre) fn page(act: &Act) -> Option<InterventionPage> {
    let Asked::Intervention(ask) = &act.asked else { return None };
    let InterventionAsk {
        kind,
        corridor,
        intersections,
        intersection,
        channel,
        arm,
        lane,
        state,
        weather,
        plans,
        why,
        ..
    } = ask.clone();
    let named = intersections.into_iter().chain(intersection);
    let all: Vec<String> =
        if plans.is_empty() { named.collect() } else { plans.iter().map(|p| p.intersection.clone()).collect() };
    Some(InterventionPage {
        id: act.id,
        kind,
        corridor,
        intersections: all,
        channel,
        arm,
        lane,
        lane_is: state,
        weather,
        plans,
        why,
        by: act.by.clone(),
        second: act.second.clone(),
        from: seconds(act.from),
        until: seconds(act.until),
        state: act.state,
        ended: act.ended.map(seconds),
        ended_by: act.ended_by.clone(),
        problems: act.problems.clone(),
    })
}

async fn list(With(room): With<Arc<Room>>, Query(which): Query<Which>) -> Json<Vec<InterventionPage>> {
    let acts = room.acts();
    let stands = |act: &&Act| which.all() || matches!(act.state, State::Scheduled | State::Asked | State::Standing);
    Json(acts.all().filter(stands).filter_map(page).collect())
}

async fn begin(
    With(room): With<Arc<Room>>,
    By(person): By,
    peer: Peer,
    Sent(sent): Sent<InterventionAsk>,
) -> Result<Json<InterventionPage>, Problem> {
    asked(&room, &person, peer, sent, None).await
}

/// Asks for an intervention, at once or from a time on.
pub(super) async fn asked(
    room: &Arc<Room>,
    person: &Identity,
    peer: Peer,
    mut sent: InterventionAsk,
    from: Option<Moment>,
) -> Result<Json<InterventionPage>, Problem> {
    let network = room.network();
    if sent.kind == Kind::Plans {
        if person.role < Role::Engineer {
            return Err(Problem::forbidden().with("plans are an engineer's to run"));
        }
        if let Some(id) = sent.plan.take() {
            let live = room.live();
            let set = live.shelf.find(id).ok_or_else(|| {
                let mend = "Give the id of a set that is remembered.".to_owned();
                let rule = format!("there is no set of plans {id}");
                Problem::invalid().all(vec![Fault { place: "plan".into(), rule, mend }])
            })?;
            let named = sent.named(&network);
            let all = network.indices().filter(|index| named.is_empty() || named.contains(index));
            sent.plans = all.map(|index| GivenPlan::of(&network.intersection(index).id, &set.plans[index.0])).collect();
        }
    }
    let confirmation = Confirmation { typed: sent.confirm.take(), second: sent.second.take() };
    let (what, lasts) = sent.read(&network).map_err(|faults| Problem::invalid().all(faults))?;
    let act = match from {
        None => {
            let asked = (Asked::Intervention(sent), what, lasts);
            ask(room, (person, peer.0.ip()), asked, confirmation).await?
        }
        Some(from) => {
            let words = to_type(&network, &what);
            let second = confirmed(room, (person, peer.0.ip()), &words, confirmation).await?;
            let mut acts = room.acts();
            let id = acts.plan(Asked::Intervention(sent), (person.name.clone(), second), (from, from + lasts));
            acts.get(id).cloned().ok_or(Problem::not_found())?
        }
    };
    page(&act).map(Json).ok_or(Problem::not_found())
}

async fn undo(
    With(room): With<Arc<Room>>,
    By(person): By,
    Path(id): Path<u64>,
) -> Result<Json<InterventionPage>, Problem> {
    let is = room.acts().get(id).is_some_and(|act| page(act).is_some());
    if !is {
        return Err(Problem::not_found());
    }
    let now = room.street_time();
    if room.acts().take_back(id, &person.name, now) {
        let act = room.acts().get(id).cloned().ok_or(Problem::not_found())?;
        return page(&act).map(Json).ok_or(Problem::not_found());
    }
    let act = end(&room, &person, id).await?;
    page(&act).map(Json).ok_or(Problem::not_found())
}
