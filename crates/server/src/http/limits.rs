//! Rate limits, looked at and lifted.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::problem::{Answer, Problem};
use crate::app::App;
use crate::limits::Kind;

/// The quotas, and every key that has used some of its own.
#[utoipa::path(get, path = "/v1/rate-limits", tag = "operation", responses((status = 200, body = Value)))]
pub async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    let quota = |kind| {
        let quota = app.limits.quota(kind);
        json!({ "rate": quota.rate, "burst": quota.burst })
    };
    let items: Vec<Value> = app
        .limits
        .list()
        .into_iter()
        .map(|standing| json!({ "key": standing.key, "remaining": standing.remaining, "rate": standing.quota.rate, "burst": standing.quota.burst }))
        .collect();
    Json(json!({
        "quotas": { "address": quota(Kind::Address), "endpoint": quota(Kind::Endpoint), "token": quota(Kind::Token) },
        "items": items,
        "next": null,
    }))
}

/// Give a key its whole quota back.
#[utoipa::path(delete, path = "/v1/rate-limits/{*key}", tag = "operation", params(("key" = String, Path, description = "As in the list, like `endpoint/dentrix`")), responses((status = 204), (status = 404)))]
pub async fn clear(State(app): State<Arc<App>>, Path(key): Path<String>) -> Answer<StatusCode> {
    if app.limits.clear(&key) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}
