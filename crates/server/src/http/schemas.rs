//! JSON Schemas and the `AsyncAPI` document: what goes in and out, for other people's tools.

use std::sync::OnceLock;

use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use pontic_wire::schemas;
use serde_json::{Value, json};

use super::problem::{Answer, Problem};

/// Every schema with its title and address.
#[utoipa::path(get, path = "/schemas/", tag = "description", security(()), responses((status = 200, body = Value)))]
pub async fn index() -> Json<Value> {
    let items = schemas::all().iter().map(|schema| {
        let read: Value = serde_json::from_str(schema.text).unwrap_or_default();
        json!({
            "name": schema.name,
            "title": read["title"],
            "description": read["description"],
            "url": format!("/schemas/{}.json", schema.name),
        })
    });
    Json(json!({ "items": items.collect::<Vec<_>>() }))
}

/// A JSON Schema (2020-12). Its references lead to others beside it.
#[utoipa::path(get, path = "/schemas/{file}", tag = "description", security(()), params(("file" = String, Path, description = "`{name}.json`, as the index lists them")), responses((status = 200, body = Value), (status = 404)))]
pub async fn get(Path(file): Path<String>) -> Answer<Response> {
    let name = file.strip_suffix(".json").ok_or_else(Problem::not_found)?;
    let schema = schemas::by_name(name).ok_or_else(Problem::not_found)?;
    let content_type = [(header::CONTENT_TYPE, "application/schema+json")];
    Ok((content_type, schema.text).into_response())
}

/// The channels and their messages (`AsyncAPI` 3.0).
#[utoipa::path(get, path = "/asyncapi.json", tag = "description", security(()), responses((status = 200, body = Value)))]
pub async fn asyncapi() -> Json<&'static Value> {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    Json(DOCUMENT.get_or_init(|| {
        let mut document: Value = serde_json::from_str(schemas::ASYNCAPI).unwrap_or_default();
        document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
        document
    }))
}
