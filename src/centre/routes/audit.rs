//! Who did what, and whether the record of it is whole.

use super::super::desk::Room;
use super::super::live::seconds;
use super::super::problem::Problem;
use super::super::table::{ENGINEER, Route};
use super::{aside, unreadable};
use crate::store::AuditRecord;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most entries of one answer.
const MOST: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/audit", ENGINEER, get(list))
            .says("who did what, the newest first")
            .asks(&["before", "limit"])
            .gives::<Vec<Row>>(),
        Route::new(Method::GET, "/api/v1/audit/verify", ENGINEER, get(verify))
            .says("whether nothing was edited, deleted, reordered or cut off")
            .gives::<Verified>(),
    ]
}

#[derive(Debug, Deserialize)]
struct Page {
    before: Option<u64>,
    limit: Option<usize>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    seq: u64,
    at: f64,
    who: String,
    role: String,
    from: String,
    action: String,
    subject: String,
    /// What was sent, without secrets: JSON as text.
    body: String,
    outcome: String,
    hash: String,
}

impl From<AuditRecord> for Row {
    fn from(record: AuditRecord) -> Row {
        let AuditRecord { seq, entry, hash } = record;
        Row {
            seq,
            at: seconds(entry.at),
            who: entry.who,
            role: entry.role,
            from: entry.from,
            action: entry.action,
            subject: entry.subject,
            body: entry.body,
            outcome: entry.outcome,
            hash: hash.to_string(),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Verified {
    whole: bool,
    records: u64,
    last: u64,
    hash: String,
    /// The last record that the anchor vouches for.
    anchored: Option<u64>,
    findings: Vec<Found>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// Absent where it is the anchor that is wrong.
    record: Option<u64>,
    text: String,
}

async fn list(State(room): State<Arc<Room>>, Query(page): Query<Page>) -> Result<Json<Vec<Row>>, Problem> {
    aside(move || {
        let reader = room.store.reader().map_err(unreadable)?;
        let limit = page.limit.unwrap_or(100).min(MOST);
        let records = reader.audit(page.before, limit).map_err(unreadable)?;
        Ok(Json(records.into_iter().map(Row::from).collect()))
    })
    .await
}

async fn verify(State(room): State<Arc<Room>>) -> Result<Json<Verified>, Problem> {
    aside(move || {
        let verdict = room.store.verify().map_err(unreadable)?;
        let found = |f: &crate::store::Finding| Found { record: f.record(), text: f.to_string() };
        Ok(Json(Verified {
            whole: verdict.is_good(),
            records: verdict.records,
            last: verdict.head.seq,
            hash: verdict.head.hash.to_string(),
            anchored: verdict.anchored.map(|head| head.seq),
            findings: verdict.findings.iter().map(found).collect(),
        }))
    })
    .await
}
