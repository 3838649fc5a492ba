//! The door every request comes through: under which name, from where, by whom, and whether that person may.

use super::desk::Room;
use super::problem::Problem;
use super::table::Least;
use crate::people::Role;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE as COOKIES, HOST, HeaderName,
    HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Name of the session's cookie.
pub(super) const COOKIE: &str = "greenwave";
/// A header no form of another site can set.
const OURS: HeaderName = HeaderName::from_static("x-greenwave");
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

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name of the account.
    pub name: String,
    /// What it may.
    pub role: Role,
}

/// What a request carries to show who asks.
#[derive(Debug, Clone, Copy)]
pub enum Pass<'a> {
    /// The cookie of a session.
    Session(&'a str),
    /// A token in the header `Authorization`.
    Token(&'a str),
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

/// Before a route: whether who asks may.
pub(super) async fn guard(room: Arc<Room>, least: Least, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|p| p.0.ip());
    let person = who(&room, request.headers());
    let role = match least {
        Least::Open => None,
        Least::Machine if peer.is_some_and(|ip| ip.is_loopback()) => None,
        Least::Machine => Some(Role::Viewer),
        Least::Role(role) => Some(role),
    };
    match (role, &person) {
        (Some(_), None) => return Problem::nobody().into_response(),
        (Some(least), Some(person)) if person.role < least => return Problem::forbidden().into_response(),
        _ => {}
    }
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && !request.headers().contains_key(OURS) {
        return Problem::cross_site().into_response();
    }
    if let Some(person) = person {
        request.extensions_mut().insert(person);
    }
    next.run(request).await
}

/// Who asks, if anybody who is known.
fn who(room: &Room, headers: &HeaderMap) -> Option<Person> {
    room.gate.person(pass(headers)?, room.clock.utc())
}

/// What a request carries to show who asks.
pub(super) fn pass(headers: &HeaderMap) -> Option<Pass<'_>> {
    let bearer = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    let cookies = headers.get_all(COOKIES).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let cookie = pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value);
    bearer.map(Pass::Token).or(cookie.map(Pass::Session))
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
        let bytes = match timeout(BODY_WITHIN, to_bytes(request.into_body(), MOST_BODY)).await {
            Err(_) => return Err(Problem::slow()),
            Ok(Err(_)) => {
                return Err(
                    Problem::invalid().with(format!("the body must come whole, and in {MOST_BODY} bytes at most"))
                );
            }
            Ok(Ok(bytes)) => bytes,
        };
        serde_json::from_slice(&bytes).map(Sent).map_err(|e| Problem::invalid().with(e.to_string()))
    }
}

/// Who asks, on routes that somebody must ask.
pub(super) struct By(pub(super) Person);

impl<S: Sync> axum::extract::FromRequestParts<S> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Person>().cloned().map(By).ok_or(Problem::nobody())
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
