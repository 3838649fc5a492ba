//! The OpenAPI 3.1 document, made from the table of routes.

use super::table::{Least, Route};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The document.
pub(super) fn document(routes: &[Route]) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths = Map::new();
    for route in routes {
        let operation = operation(route, &mut generator);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_lowercase(), operation);
        }
    }
    let problem = generator.subschema_for::<super::problem::Problem>();
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "greenwave",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The command centre's interface. Instants are UTC seconds since the epoch; every refusal is a problem detail (RFC 9457)."
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Problem": { "description": "a refusal", "content": { "application/problem+json": { "schema": problem } } }
            },
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": super::door::COOKIE },
                "token": { "type": "http", "scheme": "bearer" }
            }
        }
    })
}

fn operation(route: &Route, generator: &mut schemars::SchemaGenerator) -> Value {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| {
        json!({ "name": name.trim_start_matches('*'), "in": "path", "required": true, "schema": { "type": "string" } })
    });
    let after = route.query.iter().map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } }));
    let parameters: Vec<Value> = in_path.chain(after).collect();
    let mut done = json!({ "description": "done" });
    if let Some(schema) = route.answer {
        done["content"] = json!({ "application/json": { "schema": schema(generator) } });
    }
    let mut operation = json!({
        "summary": route.summary,
        "x-least-role": match route.least {
            Least::Open => "none",
            Least::Machine => "none from this machine, viewer from others",
            Least::Role(role) => role.name(),
        },
        "parameters": parameters,
        "responses": { "200": done, "default": { "$ref": "#/components/responses/Problem" } },
    });
    if let Some(schema) = route.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema(generator) } } });
    }
    if !matches!(route.least, Least::Open) {
        operation["security"] = json!([{ "session": [] }, { "token": [] }]);
    }
    operation
}
