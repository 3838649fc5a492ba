//! The one table of routes. Router, role check and the OpenAPI document are made from it.

use super::desk::Room;
use crate::people::Role;
use axum::http::Method;
use axum::routing::MethodRouter;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::sync::Arc;

/// Who may use a route at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    /// Anybody.
    Open,
    /// This machine itself, others as viewers.
    Machine,
    /// Somebody of a role, or of a higher one.
    Role(Role),
}

/// Viewers and all others.
pub(super) const VIEWER: Least = Least::Role(Role::Viewer);
/// Operators, engineers, admins.
pub(super) const OPERATOR: Least = Least::Role(Role::Operator);
/// Engineers, admins.
pub(super) const ENGINEER: Least = Least::Role(Role::Engineer);
/// Admins.
pub(super) const ADMIN: Least = Least::Role(Role::Admin);

/// Makes the schema of a body.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One route: a method of a path.
pub(super) struct Route {
    /// In upper case.
    pub(super) method: Method,
    /// With `{parameters}`.
    pub(super) path: &'static str,
    /// Who may.
    pub(super) least: Least,
    /// What it does, for the document.
    pub(super) summary: &'static str,
    /// Names of what may stand after `?`.
    pub(super) query: &'static [&'static str],
    /// What is to be sent.
    pub(super) body: Option<SchemaOf>,
    /// What comes back; `None`: nothing, or no JSON.
    pub(super) answer: Option<SchemaOf>,
    /// Whether what is sent is nobody's business, the audit's neither.
    pub(super) secret: bool,
    /// Who answers.
    pub(super) handler: MethodRouter<Arc<Room>>,
}

impl Route {
    pub(super) fn new(method: Method, path: &'static str, least: Least, handler: MethodRouter<Arc<Room>>) -> Route {
        Route { method, path, least, summary: "", query: &[], body: None, answer: None, secret: false, handler }
    }

    pub(super) fn says(self, summary: &'static str) -> Route {
        Route { summary, ..self }
    }

    pub(super) fn secret(self) -> Route {
        Route { secret: true, ..self }
    }

    pub(super) fn asks(self, query: &'static [&'static str]) -> Route {
        Route { query, ..self }
    }

    pub(super) fn takes<T: JsonSchema>(self) -> Route {
        Route { body: Some(|generator| generator.subschema_for::<T>()), ..self }
    }

    pub(super) fn gives<T: JsonSchema>(self) -> Route {
        Route { answer: Some(|generator| generator.subschema_for::<T>()), ..self }
    }
}
