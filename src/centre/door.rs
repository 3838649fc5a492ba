//! The door every request comes through: under which name, from where, by whom, and whether that person may.

use super::desk::Room;
use super::problem::Problem;
use super::table::Least;
use crate::people::{Identity, Role, Secret};
use crate::store::{Entry, Write};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE as COOKIES, HOST, HeaderName,
    HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Name of the session's cookie.
pub(super) const COOKIE: &str = "greenwave";
/// A header no form of another site can set.
const OURS: HeaderName = HeaderName::from_static("x-greenwave");
/// Says that something was done and is not on the disk yet.
const RECORDED: HeaderName = HeaderName::from_static("x-recorded");
/// Keys whose text the audit does not keep.
const SECRETS: [&str; 5] = ["password", "old", "new", "token", "secret"];
/// Longest text of a body in the audit.
const MOST_TOLD: usize = 4096;
/// A record that is not on the disk by then is waited for no longer.
const RECORD_WITHIN: Duration = Duration::from_secs(2);
/// What refusals are.
const PROBLEM: &str = "application/problem+json";
/// Longest body.
const MOST_BODY: usize = 1024 * 1024;
/// Time for a body to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Time for an answer to begin.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Pages run scripts and show pictures of ours only.
const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// What a route asks of who comes.
pub(super) struct Rule {
    /// Method and path, as the table has them.
    pub(super) action: String,
    /// Who may.
    pub(super) least: Least,
    /// Whether what is sent stays out of the audit.
    pub(super) secret: bool,
}

/// Which names the server answers under.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) bound: IpAddr,
    pub(super) more: Vec<String>,
}

impl Names {
    /// Whether a request's Host names this server: a page of another name that leads here (DNS rebinding) is none of ours.
    fn know(&self, host: &str) -> bool {
        let port = |p: &str| p.bytes().all(|b| b.is_ascii_digit());
        let name = host.rsplit_once(':').filter(|(_, p)| port(p)).map_or(host, |(name, _)| name);
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let loopback = name.eq_ignore_ascii_case("localhost") || address.as_ref().is_ok_and(IpAddr::is_loopback);
        let ours = address.is_ok_and(|ip| ip == self.bound);
        // Whoever serves on all addresses may be reached by any; a name must be told.
        let any = self.bound.is_unspecified() && name.parse::<IpAddr>().is_ok();
        (loopback && (self.bound.is_loopback() || self.bound.is_unspecified()))
            || ours
            || any
            || self.more.iter().any(|more| more.eq_ignore_ascii_case(name))
    }
}

/// Before every route, those that are not there included.
pub(super) async fn every(room: Arc<Room>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let mut response = if room.names.know(host) {
        match timeout(ANSWER_WITHIN, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::slow().into_response(),
        }
    } else {
        Problem::host().into_response()
    };
    if response.status().is_client_error() && response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind != PROBLEM) {
        // Whatever refused it (a number that is none in a path or a query), it is told as every other refusal.
        response = match response.status() {
            StatusCode::NOT_FOUND => Problem::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Problem::method(),
            _ => Problem::invalid(),
        }
        .into_response();
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if room.secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Before a route: whether who asks may; after it, where something was changed: who did it.
pub(super) async fn guard(room: Arc<Room>, rule: Arc<Rule>, request: Request, next: Next) -> Response {
    let from = request.extensions().get::<Peer>().map(|p| p.0.ip());
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let identity = who(&room, request.headers());
    let least = match rule.least {
        Least::Open => None,
        Least::Machine if from.is_some_and(|ip| ip.is_loopback()) => None,
        Least::Machine => Some(Role::Viewer),
        Least::Role(role) => Some(role),
    };
    let refusal = match (least, &identity) {
        (Some(_), None) => Some(Problem::nobody()),
        (Some(least), Some(identity)) if identity.role < least => Some(Problem::forbidden()),
        _ if changes && !request.headers().contains_key(OURS) => Some(Problem::cross_site()),
        _ => None,
    };
    if !changes {
        return match refusal {
            Some(problem) => problem.into_response(),
            None => next.run(named(request, identity)).await,
        };
    }
    let subject = request.uri().path().to_owned();
    let (mut response, sent) = match refusal {
        Some(problem) => (problem.into_response(), Bytes::new()),
        None => match whole(request).await {
            Err(problem) => (problem.into_response(), Bytes::new()),
            Ok((request, sent)) => (next.run(named(request, identity.clone())).await, sent),
        },
    };
    // Whoever came in by this request is who did it.
    let identity = response.extensions_mut().remove::<Identity>().or(identity);
    if identity.is_none() && !response.status().is_success() {
        return response;
    }
    let entry = Entry {
        at: room.clock.utc(),
        who: identity.as_ref().map(|i| i.name.clone()).unwrap_or_default(),
        role: identity.map(|i| i.role.name().to_owned()).unwrap_or_default(),
        from: from.map(|ip| ip.to_string()).unwrap_or_default(),
        action: rule.action.clone(),
        subject,
        body: if rule.secret { String::new() } else { told(&sent) },
        outcome: match response.status() {
            status if status.is_success() => "done".to_owned(),
            status => format!("refused {}", status.as_u16()),
        },
    };
    if !recorded(&room, entry).await {
        // An ambulance does not wait for a disk: it was done, and is written when there is room again.
        response.headers_mut().insert(RECORDED, HeaderValue::from_static("no"));
    }
    response
}

fn named(mut request: Request, identity: Option<Identity>) -> Request {
    if let Some(identity) = identity {
        request.extensions_mut().insert(identity);
    }
    request
}

/// A request whose body has come whole, and the body.
async fn whole(request: Request) -> Result<(Request, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    match timeout(BODY_WITHIN, to_bytes(body, MOST_BODY)).await {
        Err(_) => Err(Problem::slow()),
        Ok(Err(_)) => {
            Err(Problem::invalid().with(format!("the body must come whole, and in {MOST_BODY} bytes at most")))
        }
        Ok(Ok(bytes)) => Ok((Request::from_parts(parts, Body::from(bytes.clone())), bytes)),
    }
}

/// What was sent, as the audit keeps it: without secrets, and not endless.
fn told(sent: &Bytes) -> String {
    let Ok(mut value) = serde_json::from_slice::<Value>(sent) else { return String::new() };
    hide(&mut value);
    let mut text = value.to_string();
    if text.len() > MOST_TOLD {
        let end = (0..=MOST_TOLD).rev().find(|&k| text.is_char_boundary(k)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if SECRETS.contains(&key.as_str()) && value.is_string() {
                    *value = Value::from("…");
                } else {
                    hide(value);
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(hide),
        _ => {}
    }
}

/// Commits an audit entry together with what changed of people; whether it is safe on the disk.
async fn recorded(room: &Room, entry: Entry) -> bool {
    let mut writes = room.people().take_writes();
    writes.push(Write::Audit(entry));
    let (done, told) = oneshot::channel();
    // Whoever waited may have gone.
    room.store.commit(
        writes,
        Box::new(move |how| {
            let _ = done.send(how.is_ok());
        }),
    );
    matches!(timeout(RECORD_WITHIN, told).await, Ok(Ok(true)))
}

/// Who asks, if anybody who is known.
fn who(room: &Room, headers: &HeaderMap) -> Option<Identity> {
    let secret = pass(headers)?;
    let mut people = room.people();
    let identity = people.who(&secret, room.clock.utc());
    let writes = people.take_writes();
    drop(people);
    if !writes.is_empty() {
        room.store.commit(writes, Box::new(drop));
    }
    identity
}

/// What a request carries to show who asks: a token in `Authorization`, or the session's cookie.
fn pass(headers: &HeaderMap) -> Option<Secret> {
    let bearer = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    let cookies = headers.get_all(COOKIES).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let cookie = pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value);
    bearer.or(cookie).map(Secret::new)
}

/// A JSON body.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/json") {
            return Err(Problem::invalid().with("send JSON, and say so in Content-Type"));
        }
        // The door has waited for it.
        let bytes = to_bytes(request.into_body(), MOST_BODY).await.map_err(|_| Problem::invalid())?;
        serde_json::from_slice(&bytes).map(Sent).map_err(|e| Problem::invalid().with(e.to_string()))
    }
}

/// Who asks, on routes that somebody must ask.
pub(super) struct By(pub(super) Identity);

impl<S: Sync> axum::extract::FromRequestParts<S> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Identity>().cloned().map(By).ok_or(Problem::nobody())
    }
}

/// Where a request comes from.
impl<S: Sync> axum::extract::FromRequestParts<S> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Peer>().copied().ok_or(Problem::nobody())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names_only() {
        let names = Names { bound: IpAddr::from([127, 0, 0, 1]), more: Vec::new() };
        for good in ["localhost", "localhost:9464", "127.0.0.1:9464", "127.1.2.3", "[::1]:80", "[::1]"] {
            assert!(names.know(good), "{good}");
        }
        for bad in ["", "example.org", "example.org:9464", "localhost.example.org", "10.0.0.1", "127.0.0.1.org"] {
            assert!(!names.know(bad), "{bad}");
        }
    }

    #[test]
    fn elsewhere_a_name_must_be_told() {
        let names = Names { bound: IpAddr::from([10, 0, 0, 7]), more: vec!["waves.city.example".into()] };
        for good in ["10.0.0.7:9464", "waves.city.example", "Waves.City.Example:443"] {
            assert!(names.know(good), "{good}");
        }
        for bad in ["localhost", "127.0.0.1", "10.0.0.8", "evil.example"] {
            assert!(!names.know(bad), "{bad}");
        }
    }
}
