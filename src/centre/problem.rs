//! Bad news as problem details (RFC 9457).

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Fault {
    /// Where: a key of the body, or a line of a file.
    pub(super) place: String,
    /// What was broken.
    pub(super) rule: String,
    /// What to do.
    pub(super) mend: String,
}

/// An answer that is a refusal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Problem {
    /// About what kind; nothing more is to be read there.
    #[serde(rename = "type")]
    kind: &'static str,
    /// HTTP status.
    status: u16,
    /// A word for programs; pages translate it.
    code: &'static str,
    /// In short, for people.
    title: &'static str,
    /// What in particular.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// Everything wrong with the body, all at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Fault>,
}

impl Problem {
    const fn of(status: StatusCode, code: &'static str, title: &'static str) -> Problem {
        Problem {
            kind: "about:blank",
            status: status.as_u16(),
            code,
            title,
            detail: String::new(),
            problems: Vec::new(),
        }
    }

    pub(super) const fn nobody() -> Problem {
        Problem::of(StatusCode::UNAUTHORIZED, "not-logged-in", "log in first")
    }

    pub(super) const fn refused() -> Problem {
        Problem::of(StatusCode::UNAUTHORIZED, "wrong-credentials", "name or password is wrong")
    }

    pub(super) const fn forbidden() -> Problem {
        Problem::of(StatusCode::FORBIDDEN, "forbidden", "your role does not permit this")
    }

    pub(super) const fn not_found() -> Problem {
        Problem::of(StatusCode::NOT_FOUND, "not-found", "there is no such thing")
    }

    pub(super) const fn method() -> Problem {
        Problem::of(StatusCode::METHOD_NOT_ALLOWED, "method", "not with this method")
    }

    pub(super) const fn invalid() -> Problem {
        Problem::of(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "what was sent can not be taken")
    }

    pub(super) const fn conflict() -> Problem {
        Problem::of(StatusCode::CONFLICT, "conflict", "not in the present state")
    }

    pub(super) const fn confirm() -> Problem {
        Problem::of(
            StatusCode::PRECONDITION_REQUIRED,
            "confirmation",
            "this needs a typed confirmation or a second person",
        )
    }

    pub(super) const fn locked() -> Problem {
        Problem::of(StatusCode::TOO_MANY_REQUESTS, "locked", "too many tries; wait")
    }

    pub(super) const fn cross_site() -> Problem {
        Problem::of(StatusCode::FORBIDDEN, "cross-site", "a changing request needs the header X-Greenwave")
    }

    pub(super) const fn host() -> Problem {
        Problem::of(StatusCode::MISDIRECTED_REQUEST, "host", "this is not served under that name")
    }

    pub(super) const fn slow() -> Problem {
        Problem::of(StatusCode::REQUEST_TIMEOUT, "slow", "the request took too long to arrive")
    }

    pub(super) const fn not_now() -> Problem {
        Problem::of(StatusCode::SERVICE_UNAVAILABLE, "not-now", "the control loop has not shown anything yet")
    }

    pub(super) fn with(self, detail: impl Into<String>) -> Problem {
        Problem { detail: detail.into(), ..self }
    }

    pub(super) fn all(self, problems: Vec<Fault>) -> Problem {
        Problem { problems, ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}
