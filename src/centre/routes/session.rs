//! Coming in: the first administrator, logging in and out, one's own password.

use super::super::desk::Room;
use super::super::door::{By, COOKIE, Peer, Sent};
use super::super::problem::{Fault, Problem};
use super::super::table::{Least, Route, VIEWER};
use super::aside;
use crate::people::{Hashed, Identity, PasswordProblem, Refusal, Refused, Secret, SessionView, Via};
use crate::store::{Entry, Write, random};
use axum::Json;
use axum::extract::State;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Passwords judged at a time: each takes 19 MiB and tens of milliseconds.
static JUDGED: Semaphore = Semaphore::const_new(2);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/v1/setup", Least::Open, get(needed))
            .says("whether the first administrator is still to be made")
            .gives::<Needed>(),
        Route::new(Method::POST, "/api/v1/setup", Least::Open, axum::routing::post(set_up))
            .says("make the first administrator, with the setup token")
            .takes::<First>()
            .secret(),
        Route::new(Method::POST, "/api/v1/session", Least::Open, axum::routing::post(log_in))
            .says("log in; sets the cookie")
            .takes::<Login>()
            .gives::<SessionView>()
            .secret(),
        Route::new(Method::GET, "/api/v1/session", VIEWER, get(me)).says("who am I").gives::<SessionView>(),
        Route::new(Method::DELETE, "/api/v1/session", VIEWER, axum::routing::delete(log_out)).says("log out"),
        Route::new(Method::PUT, "/api/v1/session/password", VIEWER, axum::routing::put(password))
            .says("set one's own password; other sessions end")
            .takes::<Passwords>()
            .secret(),
    ]
}

#[derive(Debug, Serialize, JsonSchema)]
struct Needed {
    needed: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct First {
    /// From the file the service wrote when it started.
    token: Secret,
    name: String,
    password: Secret,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    name: String,
    password: Secret,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Passwords {
    old: Secret,
    new: Secret,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let place = match refusal {
            Refusal::NoSuchAccount | Refusal::NoSuchToken => return Problem::not_found().with(refusal.to_string()),
            Refusal::LastAdmin | Refusal::NameTaken | Refusal::TooMany | Refusal::SetupDone => {
                return Problem::conflict().with(refusal.to_string()).all(vec![fault("", refusal)]);
            }
            Refusal::SetupWrong => return Problem::refused().with(refusal.to_string()),
            Refusal::BadName => "name",
            Refusal::BadPassword(_) => "password",
            Refusal::RoleTooHigh => "role",
            Refusal::BadDays => "days",
            Refusal::BadLabel => "label",
        };
        Problem::invalid().with(refusal.to_string()).all(vec![fault(place, refusal)])
    }
}

fn fault(place: &str, refusal: Refusal) -> Fault {
    Fault { place: place.to_owned(), rule: refusal.code().to_owned(), mend: format!("{} {refusal}", refusal.zh()) }
}

/// The machine's chance; without it nobody comes in.
pub(super) fn chance<const N: usize>() -> Result<[u8; N], Problem> {
    random().map_err(|_| Problem::not_now().with("the machine gives no random bytes"))
}

/// Hashes a password that may be this account's, off the thread that serves everybody.
pub(super) async fn hashed(room: &Arc<Room>, name: String, password: Secret) -> Result<Hashed, Problem> {
    let (salt, cost) = (chance()?, room.people().cost());
    let _turn = JUDGED.acquire().await.map_err(|_| Problem::not_now())?;
    let made = aside(move || Ok(Hashed::new(&name, &password, salt, cost))).await?;
    made.map_err(|problem: PasswordProblem| Refusal::BadPassword(problem).into())
}

/// Finds out whether this is somebody's password: to log in, to change it, to confirm as a second person.
pub(in crate::centre) async fn judged(
    room: &Arc<Room>,
    name: &str,
    password: Secret,
    from: IpAddr,
) -> Result<Identity, Problem> {
    // What somebody changed at the console holds from the next login on.
    let shared = room.clone();
    let refreshed = aside(move || {
        let read = |_| Problem::not_now().with("the store cannot be read");
        let reader = shared.store.reader().map_err(read)?;
        shared.people().refresh(&reader).map_err(read)
    });
    // Whoever cannot read the store still knows everybody it knew before.
    let _ = refreshed.await;
    let attempt = room.people().begin(name, from, room.clock.utc()).map_err(refusal(room))?;
    let _turn = JUDGED.acquire().await.map_err(|_| Problem::not_now())?;
    let checked = aside(move || Ok(attempt.check(&password))).await?;
    let known = room.people().account(name, room.clock.utc()).is_some();
    let judged = room.people().finish(&checked);
    if judged.is_err() {
        // Names that are none may be passwords typed into the wrong field.
        let subject = if known { name } else { "?" };
        let entry = Entry {
            from: from.to_string(),
            outcome: "refused 401".to_owned(),
            who: String::new(),
            ..Entry::system(room.clock.utc(), "password", subject, String::new())
        };
        room.store.commit(vec![Write::Audit(entry)], Box::new(drop));
    }
    judged.map_err(refusal(room))
}

fn refusal(room: &Arc<Room>) -> impl FnOnce(Refused) -> Problem {
    let now = room.clock.utc();
    move |refused| match refused {
        Refused::Wrong => Problem::refused(),
        Refused::Locked { until } => {
            let wait = until.elapsed_since(now).seconds().ceil();
            Problem::locked().with(format!("again in {wait} s"))
        }
    }
}

async fn needed(State(room): State<Arc<Room>>) -> Json<Needed> {
    Json(Needed { needed: room.people().needs_setup() })
}

async fn set_up(State(room): State<Arc<Room>>, Sent(first): Sent<First>) -> Result<Response, Problem> {
    room.people().check_setup(&first.token)?;
    let password = hashed(&room, first.name.clone(), first.password).await?;
    let identity = room.people().set_up(&first.token, &first.name, password, room.clock.utc())?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.extensions_mut().insert(identity);
    Ok(response)
}

fn cookie(room: &Room, value: &str, rest: &str) -> Option<HeaderValue> {
    let secure = if room.secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/{secure}{rest}")).ok()
}

async fn log_in(
    State(room): State<Arc<Room>>,
    Peer(peer): Peer,
    Sent(login): Sent<Login>,
) -> Result<Response, Problem> {
    let identity = match judged(&room, &login.name, login.password, peer.ip()).await {
        Ok(identity) => identity,
        Err(problem) => {
            let mut response = problem.into_response();
            if response.status() == StatusCode::TOO_MANY_REQUESTS {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
            }
            return Ok(response);
        }
    };
    let opened = room.people().open_session(&identity, chance()?, room.clock.utc());
    let (secret, view) = opened.ok_or(Problem::refused())?;
    let mut response = Json(view).into_response();
    if let Some(value) = cookie(&room, secret.reveal(), "") {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response.extensions_mut().insert(identity);
    Ok(response)
}

async fn me(State(room): State<Arc<Room>>, By(me): By) -> Result<Json<SessionView>, Problem> {
    let view = room.people().session(&me);
    view.map(Json).ok_or(Problem::nobody())
}

async fn log_out(State(room): State<Arc<Room>>, By(me): By) -> Response {
    if let Via::Session(digest) = &me.via {
        room.people().end_session(digest);
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(value) = cookie(&room, "", "; Max-Age=0") {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

async fn password(
    State(room): State<Arc<Room>>,
    Peer(peer): Peer,
    By(me): By,
    Sent(sent): Sent<Passwords>,
) -> Result<StatusCode, Problem> {
    if matches!(me.via, Via::Token(_)) {
        return Err(Problem::forbidden().with("a token does not set passwords"));
    }
    judged(&room, &me.name, sent.old, peer.ip()).await?;
    let password = hashed(&room, me.name.clone(), sent.new).await?;
    room.people().set_password(&me.name, password, &me, room.clock.utc())?;
    Ok(StatusCode::NO_CONTENT)
}
