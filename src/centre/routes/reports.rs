//! Before and after.

use super::super::desk::Room;
use super::super::problem::{Fault, Problem};
use super::super::reports::{Report, Stretch, compare};
use super::super::table::{Route, VIEWER};
use super::{aside, unreadable};
use crate::units::{Moment, Tenths};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;

/// Longest period, a year.
const LONGEST: Tenths = Tenths::from_seconds(366 * 86_400);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/reports", VIEWER, get(report))
            .says("two periods of a corridor held against each other, with intervals")
            .asks(&["corridor", "a_from", "a_until", "b_from", "b_until"])
            .gives::<Report>(),
    ]
}

/// Instants in UTC seconds.
#[derive(Debug, Deserialize)]
struct Asked {
    corridor: String,
    a_from: f64,
    a_until: f64,
    b_from: f64,
    b_until: f64,
}

fn moment(seconds: f64) -> Option<Moment> {
    let tenths = (seconds * 10.0).round();
    // Further than any calendar here, and far within the numbers.
    (tenths.abs() < 1e12).then_some(Moment::new(tenths as i64))
}

fn stretch(name: &str, from: f64, until: f64) -> Result<Stretch, Fault> {
    let found = moment(from).zip(moment(until)).filter(|(a, b)| a < b && b.elapsed_since(*a) <= LONGEST);
    found.ok_or_else(|| Fault {
        place: format!("{name}_from"),
        rule: "period".into(),
        mend: "a period begins before it ends, and lasts a year at most".into(),
    })
}

async fn report(State(room): State<Arc<Room>>, Query(asked): Query<Asked>) -> Result<Json<Report>, Problem> {
    let (a, b) = (stretch("a", asked.a_from, asked.a_until), stretch("b", asked.b_from, asked.b_until));
    let (a, b) = match (a, b) {
        (Ok(a), Ok(b)) => (a, b),
        (a, b) => {
            let faults = [a.err(), b.err()].into_iter().flatten().collect();
            return Err(Problem::invalid().all(faults));
        }
    };
    aside(move || {
        let network = room.network();
        let corridor = network.corridors().iter().find(|c| c.id == asked.corridor).ok_or(Problem::not_found())?;
        let reader = room.store.reader().map_err(unreadable)?;
        Ok(Json(compare(&reader, &network, corridor, a, b).map_err(unreadable)?))
    })
    .await
}
